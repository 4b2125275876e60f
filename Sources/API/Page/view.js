// The sheet: picture, feature picture, result and labels over each other, moved by CSS alone.

import { $ } from "./dom.js";
import { classTables, draw, drawOutlines, rampTable } from "./colours.js";
import { current, emit, on, settings, state } from "./state.js";

const sheet = () => $("sheet");
const contexts = {};
/** Zoom in CSS pixels for a pixel of the image, and where its corner lies on the stage. */
export const view = { zoom: 1, x: 0, y: 0, isFitted: true };

const AT_ONCE = 1 << 20;
let frame = 0;
let resultRows = null;

export function prepare() {
  for (const name of ["picture", "result", "labels"]) {
    contexts[name] = $(`layer-${name}`).getContext("2d");
  }
  on("image size", showImage);
  on("picture", () => {
    const { picture, width, height } = current();
    contexts.picture.drawImage(picture, 0, 0, width, height);
  });
  on("labels", schedule);
  on("classes", () => { if (isOther("colours", coloursKey())) { redrawLabels(); redrawResult(); } });
  on("settings", () => {
    showLayers();
    if (isOther("look", `${settings().view === "uncertain"} ${settings().outline}`)) redrawResult();
  });
  on("result", () => { showLayers(); redrawResult(); });
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

const coloursKey = () => state.project.classes.map((one) => one.id + one.color).join();

/** Shows the current image, at the size that fits. */
function showImage() {
  const image = current();
  $("empty").hidden = Boolean(image);
  sheet().hidden = !image;
  if (!image) return;
  const { width, height } = image;
  for (const name of ["picture", "result", "labels"]) {
    const canvas = $(`layer-${name}`);
    // Setting a size clears a canvas.
    canvas.width = width;
    canvas.height = height;
  }
  Object.assign(sheet().style, { width: `${width}px`, height: `${height}px` });
  if (image.picture) contexts.picture.drawImage(image.picture, 0, 0, width, height);
  redrawLabels();
  redrawResult();
  showLayers();
  fit();
}

// MARK: Layers

const FEATURE_VIEWS = ["features", "attention", "similar"];

export const isFeatureView = () => FEATURE_VIEWS.includes(settings().view);

/** Shows what the view says, without drawing anything. */
function showLayers() {
  const image = current();
  if (!image) return;
  const { view: shown, opacity, featureOpacity = 1, showLabels } = settings();
  const feature = $("layer-feature"), url = isFeatureView() ? image.views?.[shown] : null;
  feature.hidden = !url;
  if (url && feature.src !== url) feature.src = url;
  Object.assign(feature.style, {
    width: `${image.width}px`, height: `${image.height}px`, opacity: featureOpacity,
  });
  const result = $("layer-result");
  result.hidden = !["result", "uncertain"].includes(shown);
  result.style.opacity = settings().outline && shown === "result" ? 1 : opacity;
  $("layer-labels").hidden = !showLabels;
}

export function showOriginal(isOriginal) {
  sheet().classList.toggle("original", isOriginal);
}

/** Dims the overlay while a newer one is on its way. */
export function dimResult(isDim) {
  $("layer-result").classList.toggle("stale", isDim);
  $("busy").hidden = !isDim;
}

function redrawLabels() {
  const image = current();
  if (!image) return;
  image.labels.takeDirty();
  draw(contexts.labels, image.labels.bytes, image.width, [0, 0, image.width, image.height],
    classTables());
}

function redrawResult() {
  const image = current();
  if (!image) return;
  const isUncertain = settings().view === "uncertain";
  const bytes = isUncertain ? image.uncertainty : image.result?.bytes;
  if (!bytes || bytes.length !== image.width * image.height) {
    contexts.result.clearRect(0, 0, image.width, image.height);
    return;
  }
  resultRows = { image, bytes, isUncertain, isOutline: settings().outline && !isUncertain, y: 0 };
  schedule();
}

/** Draws a part of the result, so that painting goes on meanwhile. */
function drawResultRows() {
  const { image, bytes, isUncertain, isOutline, y } = resultRows;
  const end = Math.min(image.height, y + Math.ceil(AT_ONCE / image.width));
  const part = [0, y, image.width, end];
  if (isOutline) {
    drawOutlines(contexts.result, bytes, image.width, image.height, part, classTables());
  } else {
    const tables = isUncertain ? [rampTable, rampTable] : classTables();
    draw(contexts.result, bytes, image.width, part, tables);
  }
  resultRows.y = end;
  if (end === image.height || image !== current()) resultRows = null;
  else schedule();
}

function schedule() {
  frame ||= requestAnimationFrame(drawChanges);
}

/** Draws what was painted since the last frame. */
function drawChanges() {
  frame = 0;
  const image = current(), dirty = image?.labels.takeDirty();
  if (dirty) draw(contexts.labels, image.labels.bytes, image.width, dirty, classTables());
  if (resultRows) drawResultRows();
}

// MARK: Zoom

function place() {
  const { zoom, x, y } = view;
  sheet().style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
  sheet().classList.toggle("pixels", zoom >= 2);
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
