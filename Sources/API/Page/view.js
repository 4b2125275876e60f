// The sheet: picture, feature picture, result and labels over each other, moved by CSS alone.

import { $ } from "./dom.js";
import { clusterTables } from "./clusters.js";
import { classTables, image as paint, outlines, rampTable } from "./colours.js";
import { Layer } from "./layers.js";
import { current, emit, on, settings, state } from "./state.js";

const sheet = () => $("sheet");
let picture, tables;
/** Zoom in CSS pixels for a pixel of the image, and where its corner lies on the stage. */
export const view = { zoom: 1, x: 0, y: 0, isFitted: true };

let frame = 0;
/** The layers of the result and of the labels. */
const layers = {};

export function prepare() {
  picture = $("layer-picture").getContext("2d");
  tables = classTables();
  layers.labels = new Layer($("layer-labels"), (part, level) =>
    paint(current().labels.bytes, current().width, part, level, tables));
  layers.result = new Layer($("layer-result"), paintResult, () => emit("drawn", current()));
  on("image size", showImage);
  on("picture", () => drawPicture(current()));
  on("labels", schedule);
  on("classes", () => {
    if (!isOther("colours", state.project.classes.map((one) => one.id + one.color).join())) return;
    tables = classTables();
    redraw("labels", "result");
  });
  on("settings", () => {
    showLayers();
    if (isOther("look", `${overlayOf()} ${settings().outline}`)) redraw("result");
  });
  on("result", () => { showLayers(); redraw("result"); });
  on("features", showLayers);
  new ResizeObserver(() => { view.isFitted ? fit() : place(); }).observe($("stage"));
}

const last = {};

/** Whether what is drawn depends on something that is not as it was. */
function isOther(name, value) {
  const before = last[name];
  last[name] = value;
  return before !== value;
}

/** Shows the current image, at the size that fits. */
function showImage() {
  const image = current();
  $("empty").hidden = Boolean(image);
  sheet().hidden = !image;
  if (!image) return;
  const { width, height } = image;
  Object.assign(sheet().style, { width: `${width}px`, height: `${height}px` });
  image.labels.takeDirty();
  for (const layer of Object.values(layers)) layer.reset(width, height);
  showLayers();
  fit();
  drawPicture(image);
}

/** Pixels of a picture that is drawn whole: more take time in each frame that shows them smaller. */
const WHOLE = 1 << 22;
let pictureLevel = 0;

/** How often the picture's sides are halved for the zoom. */
function levelOf({ picture: bitmap, width }) {
  if (!bitmap || bitmap.width * bitmap.height <= WHOLE) return 0;
  const shown = view.zoom * (window.devicePixelRatio || 1) * width / bitmap.width;
  return Math.max(0, Math.min(6, Math.floor(Math.log2(1 / shown) + 0.01)));
}

/** Draws a picture, of which there is an overview alone where it is large, at the image's size. */
function drawPicture(one) {
  const canvas = $("layer-picture"), { picture: bitmap, width, height } = one;
  pictureLevel = levelOf(one);
  // It clears the canvas.
  [canvas.width, canvas.height] = [bitmap?.width ?? width, bitmap?.height ?? height]
    .map((side) => Math.ceil(side / (1 << pictureLevel)));
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  picture.imageSmoothingQuality = "medium";
  if (bitmap) picture.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}

// MARK: Layers

const FEATURE_VIEWS = ["features", "attention", "similar"];

export const isFeatureView = () => FEATURE_VIEWS.includes(settings().view);

/** Shows what the view says, without drawing anything. */
function showLayers() {
  const image = current();
  if (!image) return;
  const { view: shown, opacity, featureOpacity, showLabels } = settings();
  const feature = $("layer-feature"), url = isFeatureView() ? image.views?.[shown] : null;
  feature.hidden = !url;
  if (url && feature.src !== url) feature.src = url;
  Object.assign(feature.style, {
    width: `${image.width}px`, height: `${image.height}px`, opacity: featureOpacity,
  });
  const result = $("layer-result");
  result.hidden = !["result", "uncertain", "clusters"].includes(shown);
  result.style.opacity = settings().outline && shown === "result" ? 1 : opacity;
  $("layer-labels").hidden = !showLabels;
  schedule();
}

export function showOriginal(isOriginal) {
  sheet().classList.toggle("original", isOriginal);
}

/** Dims the overlay while a newer one is on its way. */
export function dimResult(isDim) {
  $("layer-result").classList.toggle("stale", isDim);
  $("busy").hidden = !isDim;
}

const overlayOf = () =>
  (["uncertain", "clusters"].includes(settings().view) ? settings().view : "result");

function paintResult(part, level) {
  const image = current(), shown = overlayOf();
  const bytes = { clusters: image.clusters?.bytes, uncertain: image.uncertainty, result: image.result?.bytes }[shown];
  if (bytes?.length !== image.width * image.height) return paint(null, 0, part, level, tables);
  const colours = shown === "uncertain" ? [rampTable, rampTable]
    : shown === "clusters" ? clusterTables(image) : tables;
  return settings().outline && shown !== "uncertain"
    ? outlines(bytes, image.width, image.height, part, level, colours)
    : paint(bytes, image.width, part, level, colours);
}

function redraw(...names) {
  for (const name of names) layers[name].touch();
  schedule();
}

function schedule() {
  frame ||= requestAnimationFrame(drawChanges);
}

/** Draws what was changed since the last frame, as far as it is seen. */
function drawChanges() {
  frame = 0;
  const image = current(), stage = $("stage"), { zoom, x, y } = view;
  if (!image) return;
  if (levelOf(image) !== pictureLevel) drawPicture(image);
  const dirty = image.labels.takeDirty();
  if (dirty) layers.labels.touch(dirty);
  const seen = [-x, -y, stage.clientWidth - x, stage.clientHeight - y].map((at) => at / zoom);
  let isLeft = false;
  for (const layer of Object.values(layers)) {
    layer.look(zoom * (window.devicePixelRatio || 1), seen);
    if (!layer.place.hidden) isLeft = layer.draw() || isLeft;
  }
  if (isLeft) schedule();
}

// MARK: Zoom

function place() {
  const { zoom, x, y } = view;
  sheet().style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
  sheet().classList.toggle("pixels", zoom >= 2);
  schedule();
  emit("moved");
}

export function fit() {
  const image = current(), stage = $("stage");
  if (!image || !stage.clientWidth) return;
  view.zoom = Math.min(stage.clientWidth / image.width, stage.clientHeight / image.height, 8);
  view.x = (stage.clientWidth - image.width * view.zoom) / 2;
  view.y = (stage.clientHeight - image.height * view.zoom) / 2;
  view.isFitted = true;
  place();
}

/** Zooms about a place of the stage, its middle by default. */
export function zoomBy(factor, x = $("stage").clientWidth / 2, y = $("stage").clientHeight / 2) {
  zoomTo(view.zoom * factor, x, y);
}

export function zoomTo(zoom, x = $("stage").clientWidth / 2, y = $("stage").clientHeight / 2) {
  const next = Math.min(64, Math.max(0.02, zoom)), factor = next / view.zoom;
  view.x = x - (x - view.x) * factor;
  view.y = y - (y - view.y) * factor;
  view.zoom = next;
  view.isFitted = false;
  place();
}

export function panBy(dx, dy) {
  view.x += dx;
  view.y += dy;
  view.isFitted = false;
  place();
}

/** The place in the image of a pointer event, in pixels; not a whole number. */
export function imagePlace(event) {
  const stage = $("stage").getBoundingClientRect();
  return [
    (event.clientX - stage.left - view.x) / view.zoom,
    (event.clientY - stage.top - view.y) / view.zoom,
  ];
}

/** Moves a place of the image into sight. */
export function reveal(x, y) {
  const stage = $("stage"), left = view.x + x * view.zoom, top = view.y + y * view.zoom;
  const dx = Math.max(24 - left, 0) + Math.min(stage.clientWidth - 24 - left, 0);
  const dy = Math.max(24 - top, 0) + Math.min(stage.clientHeight - 24 - top, 0);
  if (dx || dy) panBy(dx, dy);
}
