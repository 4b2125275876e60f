// The segmentation that follows the brush: one request at a time, and the newest wins.

import { $ } from "./dom.js";
import { bytes, json, Problem, query, send } from "./api.js";
import { askable, forget, makeField } from "./fields.js";
import { encodePNG } from "./files.js";
import { complain, say, settle } from "./messages.js";
import { current, emit, on, settings, state } from "./state.js";
import { isPainting } from "./tools.js";
import { dimResult } from "./view.js";

const REST = 80;
/** A final answer that takes longer is preceded by a preview. */
const PATIENCE = 250;

let timer, running = null, next = null, lastTook = 0, dimmer;

export function prepare() {
  on("labels", () => { if (settings().live && isPainting()) rest(); });
  on("stroke", () => {
    const image = current();
    if (image) image.isOutdated = true;
    if (settings().live) follow();
  });
  on("image back", () => { if (current()) resume(current()); });
  on("field", (image) => {
    if (image === current()) resume(image);
    else if (current() && image.field?.state === "ready" && image.labels?.labelled) follow();
  });
}

/** Goes on where an image has labels or the set has a classifier, and no result of them. */
function resume(image) {
  if (!settings().live && image.result) return;
  const now = featuresNow(image), { result } = image;
  const isBetter = now && result && (now.features !== result.features || result.views);
  if (!result || image.isOutdated || isBetter) follow();
}

/** Waits until the pointer rests, then shows a preview. */
function rest() {
  clearTimeout(timer);
  timer = setTimeout(() => ask("lda"), REST);
}

/** Shows what the labels of now give: a preview where the result takes long, then the result. */
export function follow() {
  clearTimeout(timer);
  if (lastTook > PATIENCE) ask("lda");
  ask("logistic");
}

/** Asks for a segmentation; a preview gives way to a result, and any to a newer one. */
function ask(kind) {
  const image = current();
  if (!image || !canAsk(image)) return;
  const job = { kind, image, version: image.labels.version, at: performance.now() };
  if (running) {
    const isPreviewOfNow = running.kind === "lda" && running.version === job.version;
    if (!isPreviewOfNow && kind === "logistic") running.abort.abort();
    next = job;
    return;
  }
  run(job);
}

/** Why there is nothing to show, in words; empty if there is. */
export function lack(image) {
  const present = new Set(labelledImages().flatMap((one) => one.labels.classesPresent));
  if (image.imported && !present.size) return "";
  const { classes } = state.project;
  if (present.size > 1) return "";
  if (!present.size) return `Paint a few strokes of each class; begin with “${classes[0]?.name}”.`;
  const missing = classes.find((one) => !present.has(one.id));
  return missing ? `Now paint some of “${missing.name}”.` : "Add a second class and paint some of it.";
}

export const labelledImages = () =>
  state.project.images.filter((image) => image.labels?.labelled > 0);

function canAsk(image) {
  const text = lack(image);
  const now = featuresNow(image);
  $("hint").textContent = text || (now ? "" : "The segmentation follows when the features are ready.");
  return !text && now !== null;
}

/** What can be asked now, `{features, path, views}`: the chosen features, or classical ones while the
    encoder works; null before. */
function featuresNow(image) {
  const { features } = settings(), chosen = askable(image, features);
  // A classifier of several images needs whole fields.
  const isAlone = labelledImages().every((one) => one === image);
  if (chosen && (isAlone || !chosen.views)) return { features, ...chosen };
  const early = askable(image, "classical");
  return early && { features: "classical", ...early };
}

async function run(job) {
  running = job;
  job.abort = new AbortController();
  clearTimeout(dimmer);
  dimmer = setTimeout(() => dimResult(true), 150);
  try {
    await segment(job);
    settle("segmentation");
  } catch (error) {
    if (error.name !== "AbortError") await fail(job, error);
  }
  running = null;
  if (next) {
    const newest = next;
    next = null;
    run(newest);
  } else {
    clearTimeout(dimmer);
    dimResult(false);
  }
}

async function fail(job, error) {
  if (error instanceof Problem && [404, 410].includes(error.status)) {
    await forget(job.image).catch(() => {});
    return;
  }
  complain("segmentation", error, follow);
}

async function segment(job) {
  const { image, kind, abort: { signal } } = job;
  const { features, path, views } = featuresNow(image) ?? {};
  if (!path) return;
  // What is chosen by the server takes its time; a preview has the usual features.
  const seen = kind === "lda" && features === "auto" ? "hybrid" : features;
  const options = { clean: settings().clean, format: "raw", views };
  const others = labelledImages().filter((one) => one !== image);
  job.version = image.labels.version;
  let got;
  if (image.labels.labelled > 0 && !others.length) {
    const body = await labelsPNG(image);
    signal.throwIfAborted();
    got = await bytes(`${path}/segmentation${query({ ...options, features: seen, kind })}`,
      { method: "POST", body, signal });
  } else {
    const classifier = await train({ features: seen, kind, signal });
    got = await bytes(`${path}/segmentation${query({ ...options, classifier })}`, { signal });
  }
  const took = performance.now() - job.at;
  if (kind === "logistic") lastTook = took;
  if (got.bytes.length !== image.width * image.height) {
    throw new Error(`The answer has ${got.bytes.length} pixels, the image ${image.width * image.height}`);
  }
  image.result = {
    bytes: got.bytes, classifier: got.response.headers.get("Eyepiece-Classifier"), features, kind,
    views, clean: options.clean,
  };
  image.uncertainty = null;
  if (kind === "logistic") {
    image.isOutdated = image.labels.version !== job.version;
    const early = views ? ", from the views that are there"
      : features !== settings().features ? ", from classical features until the others are ready" : "";
    const notice = features === "auto" ? got.response.headers.get("Eyepiece-Notice") ?? "" : "";
    say(`Segmentation updated in ${(took / 1000).toFixed(2)} s${early}. ${notice.replaceAll('"', "")}`);
  }
  emit("result", image);
  if (settings().view === "uncertain" && kind === "logistic") await showUncertainty(image);
}

/** The labels as a PNG whose grey levels are the classes' numbers. */
export const labelsPNG = (image) => encodePNG(image.labels.bytes, image.width, image.height);

/** Trains one classifier on all images that have labels, and returns its id; with `named` its file
    has the classes' names and colours. */
export async function train({ features, kind, signal, named = true }) {
  const examples = [];
  for (const image of labelledImages()) {
    const { path, views } = askable(image, features) ?? {};
    if (!path || views) {
      // It takes part when its features are there.
      makeField(image);
      continue;
    }
    if (image.labelsSent?.version !== image.labels.version) {
      const version = image.labels.version;
      const kept = await json("images", { method: "POST", body: await labelsPNG(image), signal });
      image.labelsSent = { version, name: kept.image };
    }
    examples.push({ field: image.field.id, labels: image.labelsSent.name });
  }
  const classes = state.project.classes.map(({ id, name, color }) => ({ id, name, color }));
  const body = JSON.stringify({ examples, features, kind, ...(named && { classes }) });
  const headers = { "Content-Type": "application/json" };
  return (await json("classifiers", { method: "POST", body, headers, signal })).id;
}

/** Fetches how unsure each pixel is, as bytes. */
export async function showUncertainty(image) {
  if (!image.result?.classifier || image.uncertainty) return;
  const { classifier, features, clean } = image.result;
  const { path, views } = askable(image, features) ?? {};
  if (!path) return;
  const options = { classifier, clean, output: "uncertainty", format: "raw", views };
  const response = await send(`${path}/segmentation${query(options)}`);
  const levels = new Float32Array(await response.arrayBuffer());
  if (image.result?.classifier !== classifier) return;
  image.uncertainty = Uint8Array.from(levels, (level) => Math.round(255 * level));
  emit("result", image);
}
