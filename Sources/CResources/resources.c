// The files that are part of the program.
#include "resources.h"

#include <stddef.h>

#pragma clang diagnostic ignored "-Wc23-extensions"
#define FILE(name) static const uint8_t name[] = {
#define END };

FILE(api_js)
#embed "../API/Page/api.js"
END
FILE(app_css)
#embed "../API/Page/app.css"
END
FILE(apply_js)
#embed "../API/Page/apply.js"
END
FILE(clusters_js)
#embed "../API/Page/clusters.js"
END
FILE(colours_js)
#embed "../API/Page/colours.js"
END
FILE(crop_js)
#embed "../API/Page/crop.js"
END
FILE(cursor_js)
#embed "../API/Page/cursor.js"
END
FILE(detail_js)
#embed "../API/Page/detail.js"
END
FILE(docs_css)
#embed "../API/Page/docs.css"
END
FILE(docs_html)
#embed "../API/Page/docs.html"
END
FILE(docs_js)
#embed "../API/Page/docs.js"
END
FILE(dom_js)
#embed "../API/Page/dom.js"
END
FILE(download_js)
#embed "../API/Page/download.js"
END
FILE(fields_js)
#embed "../API/Page/fields.js"
END
FILE(files_js)
#embed "../API/Page/files.js"
END
FILE(histogram_js)
#embed "../API/Page/histogram.js"
END
FILE(icon_svg)
#embed "../API/Page/icon.svg"
END
FILE(index_html)
#embed "../API/Page/index.html"
END
FILE(keep_js)
#embed "../API/Page/keep.js"
END
FILE(keys_js)
#embed "../API/Page/keys.js"
END
FILE(labels_js)
#embed "../API/Page/labels.js"
END
FILE(layers_js)
#embed "../API/Page/layers.js"
END
FILE(live_js)
#embed "../API/Page/live.js"
END
FILE(looks_js)
#embed "../API/Page/looks.js"
END
FILE(main_js)
#embed "../API/Page/main.js"
END
FILE(measure_js)
#embed "../API/Page/measure.js"
END
FILE(messages_js)
#embed "../API/Page/messages.js"
END
FILE(open_js)
#embed "../API/Page/open.js"
END
FILE(panels_js)
#embed "../API/Page/panels.js"
END
FILE(pointer_js)
#embed "../API/Page/pointer.js"
END
FILE(projects_js)
#embed "../API/Page/projects.js"
END
FILE(samples_js)
#embed "../API/Page/samples.js"
END
FILE(scale_js)
#embed "../API/Page/scale.js"
END
FILE(shapes_js)
#embed "../API/Page/shapes.js"
END
FILE(state_js)
#embed "../API/Page/state.js"
END
FILE(strip_js)
#embed "../API/Page/strip.js"
END
FILE(suggest_js)
#embed "../API/Page/suggest.js"
END
FILE(tools_js)
#embed "../API/Page/tools.js"
END
FILE(view_js)
#embed "../API/Page/view.js"
END
FILE(yaml_js)
#embed "../API/Page/yaml.js"
END
FILE(models_json)
#embed "../../Config/models.json"
END
FILE(openapi_yaml)
#embed "../../openapi.yaml"
END

#define ROW(name, bytes) {name, bytes, sizeof bytes},

static const struct resource resources[] = {
  ROW("page/api.js", api_js)
  ROW("page/app.css", app_css)
  ROW("page/apply.js", apply_js)
  ROW("page/clusters.js", clusters_js)
  ROW("page/colours.js", colours_js)
  ROW("page/crop.js", crop_js)
  ROW("page/cursor.js", cursor_js)
  ROW("page/detail.js", detail_js)
  ROW("page/docs.css", docs_css)
  ROW("page/docs.html", docs_html)
  ROW("page/docs.js", docs_js)
  ROW("page/dom.js", dom_js)
  ROW("page/download.js", download_js)
  ROW("page/fields.js", fields_js)
  ROW("page/files.js", files_js)
  ROW("page/histogram.js", histogram_js)
  ROW("page/icon.svg", icon_svg)
  ROW("page/index.html", index_html)
  ROW("page/keep.js", keep_js)
  ROW("page/keys.js", keys_js)
  ROW("page/labels.js", labels_js)
  ROW("page/layers.js", layers_js)
  ROW("page/live.js", live_js)
  ROW("page/looks.js", looks_js)
  ROW("page/main.js", main_js)
  ROW("page/measure.js", measure_js)
  ROW("page/messages.js", messages_js)
  ROW("page/open.js", open_js)
  ROW("page/panels.js", panels_js)
  ROW("page/pointer.js", pointer_js)
  ROW("page/projects.js", projects_js)
  ROW("page/samples.js", samples_js)
  ROW("page/scale.js", scale_js)
  ROW("page/shapes.js", shapes_js)
  ROW("page/state.js", state_js)
  ROW("page/strip.js", strip_js)
  ROW("page/suggest.js", suggest_js)
  ROW("page/tools.js", tools_js)
  ROW("page/view.js", view_js)
  ROW("page/yaml.js", yaml_js)
  ROW("models.json", models_json)
  ROW("openapi.yaml", openapi_yaml)
};

const struct resource *resource_at(int index) {
  const int count = sizeof resources / sizeof *resources;
  return index >= 0 && index < count ? &resources[index] : NULL;
}
