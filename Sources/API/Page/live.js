// The segmentation that follows the brush: one request at a time, and the newest wins.

import { $ } from "./dom.js";
import { bytes, post, Problem, query, send } from "./api.js";
import { askable, forget, lastLayer, makeField } from "./fields.js";
import { deflate, encodePNG } from "./files.js";
import { complain, say, settle } from "./messages.js";
import { current, emit, on, settings, state } from "./state.js";
import { isPainting } from "./tools.js";
import { dimResult } from "./view.js";

const REST = 80;
/** A final answer that takes longer is preceded by a preview. */
const PATIENCE = 250;

/** A preview has about so many pixels; its cost does not grow with the image. */
const PREVIEW = 1 << 18;

/** Of images with more pixels the server keeps the labels, and is sent the rectangle that changed. */
const LARGE = 4 << 20;

let timer, running = null, queue = [], lastTook = 0, dimmer;

export function prepare() {
  on("labels", () => {
    if (!settings().live || !isPainting()) return;
    const { image, kind, version, abort } = running ?? {};
    // So that the server is free when the stroke ends.
    if (kind === "logistic" && image === current() && version < image.labels.version) abort.abort();
    rest();
  });
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
  ask(...(lastTook > PATIENCE ? ["lda", "logistic"] : ["logistic"]));
}

/** Asks for segmentations in place of those that wait; what is under way gives way to a result, unless
    it is the preview of the labels of now. */
function ask(...kinds) {
  const image = current();
  if (!image || !canAsk(image)) return;
  queue = kinds.map((kind) => ({ kind, image, version: image.labels.version, at: performance.now() }));
  if (!running) return next();
  const isPreviewOfNow = running.kind === "lda" && running.image === image
    && running.version === image.labels.version;
  if (isPreviewOfNow) queue = queue.filter((job) => job.kind !== "lda");
  else if (kinds.includes("logistic")) running.abort.abort();
}

/** Why there is nothing to show, in words; empty if there is. */
function lack(image) {
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

async function next() {
  const job = running = queue.shift();
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
  if (queue.length) return next();
  clearTimeout(dimmer);
  dimResult(false);
}

async function fail(job, error) {
  job.image.labels.sent = null;
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
  // What is chosen by the server takes its time; a preview has what was chosen the last time.
  const seen = kind === "lda" && features === "auto" ? image.chosen ?? "hybrid" : features;
  const layer = kind === "lda" && seen !== "classical" ? lastLayer(image) : undefined;
  const { width, height } = image;
  const step = kind === "lda" ? Math.min(16, Math.ceil(Math.sqrt(width * height / PREVIEW))) : 1;
  const options = { clean: settings().clean, format: "raw", views, step: step > 1 ? step : undefined };
  const others = labelledImages().filter((one) => one !== image);
  job.version = image.labels.version;
  let got;
  if (image.labels.labelled > 0 && !others.length) {
    const isLarge = width * height > LARGE && !views;
    const body = isLarge ? await keepLabels(image) && "" : await fewBits(image);
    signal.throwIfAborted();
    got = await bytes(`${path}/segmentation${query({ ...options, features: seen, kind, layer })}`,
      { method: "POST", body, signal });
  } else {
    const classifier = await train({ features: seen, kind, layer, signal });
    got = await bytes(`${path}/segmentation${query({ ...options, classifier })}`, { signal });
  }
  const took = performance.now() - job.at;
  if (kind === "logistic") lastTook = took;
  const across = Math.ceil(width / step), expected = across * Math.ceil(height / step);
  if (got.bytes.length !== expected) {
    throw new Error(`The answer has ${got.bytes.length} pixels instead of ${expected}`);
  }
  image.result = {
    bytes: spread(got.bytes, image, step, across), classifier: got.response.headers.get("Eyepiece-Classifier"), features, kind,
    views, clean: options.clean, version: job.version,
  };
  image.uncertainty = null;
  if (kind === "logistic") {
    image.isOutdated = image.labels.version !== job.version;
    const early = views ? ", from the views that are there"
      : features !== settings().features ? ", from classical features until the others are ready" : "";
    const notice = features === "auto" ? got.response.headers.get("Eyepiece-Notice") ?? "" : "";
    const chosen = notice.match(/auto took (\w+)/)?.[1];
    image.chosen = chosen ?? image.chosen;
    say(`Segmentation updated in ${(took / 1000).toFixed(2)} s${early}${chosen ? `, by ${chosen} features` : ""}`, notice);
  }
  emit("result", image);
  if (settings().view === "uncertain" && kind === "logistic") await showUncertainty(image);
}

/** What was answered for every `step`-th pixel, for all. */
function spread(some, { width, height }, step, across) {
  if (step === 1) return some;
  const all = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width, from = (y / step | 0) * across;
    if (y % step) all.copyWithin(row, row - width, row);
    else for (let x = 0; x < width; x++) all[row + x] = some[from + (x / step | 0)];
  }
  return all;
}

/** The labels as a PNG whose grey levels are the classes' numbers. */
export const labelsPNG = (image) => encodePNG(image.labels.bytes, image.width, image.height);

/** The same in as few bits a pixel as the numbers take, which is made and sent the sooner. */
function fewBits({ labels: { bytes, counts }, width, height }) {
  const last = counts.findLastIndex((count) => count > 0);
  return encodePNG(bytes, width, height, null, last < 4 ? 2 : last < 16 ? 4 : 8);
}

/** Has the server keep an image's labels at its field, and returns their name: what was painted since
    the last time is sent, or all. It is never broken off, so that what the server has is known. */
async function keepLabels({ labels, field: { id } }) {
  const { sent } = labels, part = labels.takeUnsent(), path = `fields/${id}/labels`;
  const isKnown = sent?.id === id;
  if (isKnown && !part) return sent.name;
  labels.sent = null;
  const headers = { "Content-Encoding": "deflate" };
  let answer;
  if (isKnown) {
    const [x, y, right, bottom] = part, w = right - x, h = bottom - y;
    const body = await deflate(labels.rectangleBytes(part));
    answer = await send(`${path}${query({ x, y, w, h })}`,
      { method: "PATCH", body, headers: { ...headers, "If-Match": sent.tag } })
      // Others painted there, or they are gone.
      .catch((error) => { if (![404, 412].includes(error.status)) throw error; });
  }
  answer ??= await send(path, { method: "PUT", body: await deflate(labels.bytes), headers });
  labels.sent = { id, tag: answer.headers.get("ETag"), name: (await answer.json()).labels };
  return labels.sent.name;
}

/** Trains one classifier on all images that have labels, and returns its id; with `named` its file
    has the classes' names and colours. */
export async function train({ features, kind, layer, signal, named = true }) {
  const examples = [];
  for (const image of labelledImages()) {
    const { path, views } = askable(image, features) ?? {};
    if (!path || views) {
      // It takes part when its features are there.
      makeField(image);
      continue;
    }
    examples.push({ field: image.field.id, labels: await keepLabels(image) });
  }
  const classes = state.project.classes.map(({ id, name, color }) => ({ id, name, color }));
  return (await post("classifiers", { examples, features, kind, layer, ...(named && { classes }) }, signal)).id;
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
