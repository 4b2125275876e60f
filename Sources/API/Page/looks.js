// The features as pictures: their components as colours, attention, and what is like a pixel.

import { bytes, query } from "./api.js";
import { askable } from "./fields.js";
import { complain } from "./messages.js";
import { change, current, emit, on, settings } from "./state.js";

let newest = null;

export function prepare() {
  on("similar", showSimilar);
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
    if (["features", "attention"].includes(settings().view)) {
      fetchFeatureView(image, settings().view).catch((error) => complain("view", error));
    }
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
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  if (!path) return complain("view", { title: "Not yet", message: "What is like a pixel is known when the features are ready." });
  newest?.abort();
  newest = new AbortController();
  try {
    await fetchView(image, "similar", `${path}/similarity${query({ x, y, format: "png", views })}`, newest.signal);
    if (settings().view !== "similar") change({ view: "similar" });
  } catch (error) {
    complain("view", error, () => showSimilar([x, y]));
  }
}
