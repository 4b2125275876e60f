// Groups of like pixels, found by the server without labels: a click makes one of them part of a class.

import { $ } from "./dom.js";
import { bytes, query } from "./api.js";
import { classTables } from "./colours.js";
import { askable } from "./fields.js";
import { attempt, say } from "./messages.js";
import { change, classOf, COLORS, current, emit, emitStep, indexAt, locks, on, settings, state } from "./state.js";

/** Pixels of a cluster that become labels: enough for a classifier, and no more than it takes. */
const SAMPLE = 3000;

export function prepare() {
  on("cluster", merge);
  const fetch = (image) => { if (image) attempt("view", () => fetchClusters(image)); };
  on("field", (image) => { if (image === current() && settings().view === "clusters") fetch(image); });
  $("clusters").onchange = () => {
    change({ clusters: Number($("clusters").value) });
    fetch(current());
  };
  const show = () => {
    $("clusters-line").hidden = settings().view !== "clusters";
    $("clusters").value = settings().clusters;
  };
  on("settings", show);
  show();
}

/** Fetches the clusters of an image, once for each number of them. */
export async function fetchClusters(image) {
  const { path, views } = askable(image) ?? {}, k = settings().clusters;
  if (!path) return say("Clusters are found when the features are ready");
  const key = `${path} ${k} ${views ? image.field.viewsDone : ""}`;
  if (image.clusters?.key === key) return;
  const got = await bytes(`${path}/clusters${query({ k, format: "raw", views })}`);
  image.clusters = { key, bytes: got.bytes, samples: samplesOf(got.bytes) };
  emit("result", image);
  say("Click a cluster: it becomes part of the chosen class");
}

/** Of each cluster the places of at most so many pixels, spread evenly over it. */
function samplesOf(all) {
  const counts = new Uint32Array(256), samples = [];
  for (let i = 0; i < all.length; i++) counts[all[i]]++;
  const passed = new Float64Array(256);
  for (let i = 0; i < all.length; i++) {
    const id = all[i], share = Math.min(1, SAMPLE / counts[id]), before = passed[id];
    passed[id] += share;
    if (Math.floor(passed[id]) > Math.floor(before)) (samples[id] ??= []).push(i);
  }
  return samples;
}

/** Labels the cluster at a place as the chosen class, or as none. */
function merge(place, isErasing) {
  const image = current(), { clusters, labels, width } = image;
  const at = indexAt(image, place);
  if (!clusters || at == null) return;
  const id = isErasing ? 0 : state.project.classId, closed = locks(), cluster = clusters.bytes[at];
  labels.begin(`cluster ${cluster}, ${classOf(id)?.name ?? "none"}`);
  for (const i of clusters.samples[cluster] ?? []) {
    const row = Math.floor(i / width);
    labels.set(row, i - row * width, i - row * width + 1, id, closed);
  }
  if (labels.commit()) emitStep();
  emit("result", image);
}

/** Tables of the clusters' colours: those that are part of a class have the class's. */
export function clusterTables({ clusters, labels }) {
  const [plain] = classTables();
  const own = classTables(Array.from({ length: 16 }, (_, i) => ({ id: i + 1, color: COLORS[(i + 2) % COLORS.length] })));
  const table = own[0].map((word, id) => {
    const classId = labels.bytes[clusters.samples[id]?.[0]];
    return classId ? plain[classId] : word & 0x00ffffff | (id % 2 ? 0x66 : 0x99) << 24;
  });
  return [table, table];
}
