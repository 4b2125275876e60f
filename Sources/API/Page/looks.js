// The features as pictures: their components as colours, attention, and what is like a pixel.

import { bytes, query } from "./api.js";
import { askable } from "./fields.js";
import { attempt, say } from "./messages.js";
import { change, current, emit, indexAt, on, settings } from "./state.js";

let newest = null;

export function prepare() {
  on("similar", (place) => attempt("view", () => showSimilar(place)));
  on("field", (image) => {
    const now = askable(image);
    if (image !== current() || !now) return;
    const id = `${image.field.id} ${now.views ? image.field.viewsDone : ""}`;
    if (image.viewsOf !== id) {
      for (const url of Object.values(image.views)) URL.revokeObjectURL(url);
      Object.assign(image, { views: {}, viewsOf: id });
    }
    const { view } = settings();
    // Before anything is painted, the features are the first thing to be seen.
    if (!image.labels.labelled && !image.result && view === "result") change({ view: "features" });
    const { view: shown } = settings();
    if (["features", "attention"].includes(shown)) attempt("view", () => fetchFeatureView(image, shown));
  });
}

async function fetchView(image, view, path, signal) {
  const got = await bytes(path, { signal });
  if (image.views[view]) URL.revokeObjectURL(image.views[view]);
  image.views[view] = URL.createObjectURL(new Blob([got.bytes], { type: "image/png" }));
  emit("features");
}

/** Fetches components or attention, once the field is there. */
export async function fetchFeatureView(image, view) {
  const { path, views } = askable(image) ?? {};
  if (!path || image.views[view] || views && view === "attention") return;
  const name = view === "features" ? "pca" : "attention";
  await fetchView(image, view, `${path}/${name}${query({ format: "png", views })}`);
}

/** Shows what is like a pixel. */
async function showSimilar([x, y]) {
  const image = current(), { path, views } = askable(image) ?? {};
  if (indexAt(image, [x, y]) == null) return;
  if (!path) return say("What is like a pixel is known when the features are ready");
  newest?.abort();
  newest = new AbortController();
  await fetchView(image, "similar", `${path}/similarity${query({ x, y, format: "png", views })}`, newest.signal);
  if (settings().view !== "similar") change({ view: "similar" });
}
