// Results as files.

import { applyToAll, trainAll } from "./apply.js";
import { bytes } from "./api.js";
import { $, element, save, stem } from "./dom.js";
import { encodePNG, encodeTIFF, utf8 } from "./files.js";
import { cell, csvRows, measurement, MEASURES, micrometres } from "./measure.js";
import { attempt } from "./messages.js";
import { current, settings, state } from "./state.js";

export function prepare() {
  $("download-open").onclick = () => { list(); $("downloads").showModal(); };
}

function list() {
  const image = current(), result = image?.result, base = image ? stem(image.name) : "";
  const offer = (title, about, act, isThere) => element("div", {},
    element("div", {}, element("strong", { textContent: title }), element("br"),
      element("span", { className: "small", textContent: about })),
    element("button", { textContent: "Save", "aria-label": `Save ${title}`, disabled: !isThere,
      onclick: () => attempt("download", act) }));
  const { width, height } = image ?? {}, { classes } = state.project;
  const rows = [
    offer("Segmentation, PNG", "8-bit palette: the value is the class, the colour is its colour",
      async () => save(`${base}-classes.png`, await encodePNG(result.bytes, width, height, classes), "image/png"), result),
    offer("Segmentation, TIFF", "opens in ImageJ with colours and pixel size",
      () => save(`${base}-classes.tif`, encodeTIFF(result.bytes, width, height, classes, micrometres(image)), "image/tiff"), result),
    offer("Fractions, CSV", "of this image, with intervals where the server gives them",
      async () => save(`${base}-fractions.csv`, await fractionsCSV(image), "text/csv"), result),
    ...Object.entries(MEASURES).map(([of, title]) => offer(`${title}, CSV`, "measured by the server",
      async () => save(`${base}-${of}.csv`, named((await bytes(measurement(image, of, "csv"))).bytes, image), "text/csv"),
      result && measurement(image, of))),
    offer("Painted labels, PNG", "0 where nothing is painted; can be dropped here again",
      async () => save(`${base}-labels.png`, await encodePNG(image.labels.bytes, width, height, classes), "image/png"), image?.labels.labelled),
    offer("Classifier", "numbers and text alone (safetensors): for other images, by script or by others", saveClassifier, result),
    offer("All images, ZIP", "the classifier applied to every image here: label TIFFs, CSV, the classifier, a note",
      () => { $("downloads").close(); return applyToAll(); }, result),
  ];
  const script = element("pre", { textContent: result ? snippet(image) : "# after the first segmentation", tabIndex: 0 });
  $("download-list").replaceChildren(...rows, element("h3", { textContent: "The same by script" }), script,
    element("div", { className: "row" }, element("button", {
      textContent: "Save the script", disabled: !result,
      onclick: () => save(`${base}.py`, script.textContent, "text/x-python"),
    })));
}

/** A table of the server's, with the file's name where it has the image's digest. */
const named = (table, { name }) =>
  utf8(new TextDecoder().decode(table).replace(/^sha256-[0-9a-f]{64}/gm, () => cell(name)));

/** The server's table, with intervals; where it has none or is away, the page's own. */
async function fractionsCSV(image) {
  const path = measurement(image, "fractions", "csv");
  const got = path && await bytes(path).catch(() => null);
  return got ? named(got.bytes, image) : utf8(csvRows(image).join(""));
}

// MARK: Classifier

async function saveClassifier() {
  const got = await bytes(`classifiers/${await trainAll()}`);
  save(`${stem(state.project.name)}-classifier.safetensors`, got.bytes);
}

// MARK: By script

function snippet(image) {
  const { features, quality, clean } = settings();
  const look = Object.entries(image.options).filter(([, value]) => value).map(([key, value]) => `&${key}=${encodeURIComponent(value)}`).join("");
  const server = new URL(".", document.baseURI).href.replace(/\/$/, "");
  const [picture, labels] = [image.name, `${stem(image.name)}-labels.png`].map((name) => JSON.stringify(name));
  const fields = `/fields?for=segmentation&quality=${quality}${look}`;
  return `# The segmentation of this page by script. Needs nothing but Python.
import json, urllib.request

SERVER = "${server}"

def ask(path, body=None):
    request = urllib.request.Request(SERVER + path, data=body)  # with a token: headers={"Authorization": "Bearer …"}
    with urllib.request.urlopen(request) as answer:
        return answer.read(), answer.headers

field = json.loads(ask("${fields}", open(${picture}, "rb").read())[0])["id"]
labels = open(${labels}, "rb").read()  # "Painted labels, PNG"
classes, head = ask(f"/fields/{field}/segmentation?features=${features}&clean=${clean}", labels)
open("classes.png", "wb").write(classes)
classifier = head["Eyepiece-Classifier"]

# Another image with the same classifier:
# other = json.loads(ask("${fields}", open("other.tif", "rb").read())[0])["id"]
# open("other-classes.png", "wb").write(ask(f"/fields/{other}/segmentation?classifier={classifier}&clean=${clean}")[0])
`;
}
