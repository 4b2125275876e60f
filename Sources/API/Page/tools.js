// What each tool does with places in the image, by pointer and by keys.

import { cursor, follow, schedule } from "./cursor.js";
import { lengthOf } from "./scale.js";
import { capsule, polygon, region, snap } from "./shapes.js";
import { say } from "./messages.js";
import {
  change, chooseClass, classOf, copyOfClasses, current, emit, emitStep, indexAt, locks, settings, state,
} from "./state.js";

/** The stroke under way. */
let stroke = null;

export function chooseTool(tool) {
  cancel();
  state.tool = tool;
  emit("tool");
}

const value = (tool) => (tool === "eraser" ? 0 : state.project.classId);

function fill(shape, name, tool) {
  const { labels } = current(), closed = locks(), { onlyFree } = settings();
  labels.begin(name);
  shape((y, from, to) =>
    labels.set(y, from, to, value(tool), closed, onlyFree && value(tool) !== 0));
  if (labels.commit()) emitStep();
}

/** Begins at a place; `tool` may be another than the chosen one for once. */
export function down([x, y], tool = state.tool) {
  const image = current();
  if (!image || (state.isReadOnly && tool !== "measure")) return;
  if (settings().view === "clusters" && tool !== "measure" && tool !== "similar") {
    emit("cluster", [x, y], tool === "eraser");
  } else if (tool === "brush" || tool === "eraser") {
    const text = tool === "eraser" ? "erase" : `stroke, ${classOf(state.project.classId)?.name}`;
    image.labels.begin(text);
    stroke = { image, tool, size: settings().brush, last: null, closed: locks(),
      onlyFree: settings().onlyFree };
    extend([x, y]);
  } else if (["lasso", "crop", "measure"].includes(tool)) {
    stroke = { image, tool, start: [x, y] };
    cursor.points = tool === "crop" ? [] : [[x, y]];
  } else if (tool === "polygon") {
    addCorner(x, y);
  } else if (tool === "fill") {
    const { width, height, labels } = image, at = indexAt(image, [x, y]);
    if (at != null) fill((set) => region(labels.bytes, width, height, at, set), "fill", tool);
  } else if (tool === "similar") {
    emit("similar", [Math.floor(x), Math.floor(y)]);
  }
}

/** Goes on to further places. */
export function move(places) {
  if (!stroke) return;
  for (const place of places) {
    if (stroke.tool === "lasso") cursor.points.push(place);
    else if (stroke.tool === "measure") cursor.points = [stroke.start, place];
    else if (stroke.tool === "crop") cursor.box = boxOf(stroke.image, stroke.start, place);
    else extend(place);
  }
  follow();
}

/** Joins the last place and this one, so that a fast pointer leaves no gap. */
function extend([x, y]) {
  const { image, size, closed, onlyFree, tool } = stroke;
  const here = snap(x, y, size), last = stroke.last ?? here;
  if (stroke.last && here[0] === last[0] && here[1] === last[1]) return;
  const id = value(tool);
  capsule(...last, ...here, size, image.width, image.height, (row, from, to) =>
    image.labels.set(row, from, to, id, closed, onlyFree && id !== 0));
  stroke.last = here;
  emit("labels");
}

/** Ends the stroke where it is. */
export function up() {
  if (!stroke) return;
  const { image, tool } = stroke;
  stroke = null;
  if (tool === "measure") {
    if (cursor.points.length === 2) say(lengthOf(image, cursor.points));
  } else if (tool === "lasso") {
    const { points } = cursor;
    cursor.points = [];
    fill((set) => polygon(points, image.width, image.height, set), "lasso", tool);
  } else if (tool === "crop") {
    const { box } = cursor;
    cursor.box = null;
    if (box?.[2] > 8 && box[3] > 8) emit("crop", box);
  } else if (image.labels.commit()) {
    emit("stroke");
  }
  schedule();
}

/** The rectangle of whole pixels with two corners, inside the image: x, y, width, height. */
function boxOf({ width, height }, [ax, ay], [bx, by]) {
  const clamp = (at, end) => Math.min(end, Math.max(0, Math.round(at)));
  const [x0, x1] = [clamp(Math.min(ax, bx), width), clamp(Math.max(ax, bx), width)];
  const [y0, y1] = [clamp(Math.min(ay, by), height), clamp(Math.max(ay, by), height)];
  return [x0, y0, x1 - x0, y1 - y0];
}

/** Takes the stroke or the polygon back. */
export function cancel() {
  cursor.points = [];
  cursor.box = null;
  const open = stroke?.image.labels.open;
  if (open) stroke.image.labels.cancel();
  stroke = null;
  if (open) emitStep();
  schedule();
}

export const isPainting = () => stroke !== null;

// MARK: Polygon

function addCorner(x, y) {
  const [first] = cursor.points;
  const near = first && Math.hypot(x - first[0], y - first[1]) < Math.max(3, current().width / 200);
  if (near && cursor.points.length > 2) closePolygon();
  else cursor.points.push([x, y]);
  schedule();
}

export function closePolygon() {
  const { points } = cursor, image = current();
  cursor.points = [];
  if (!image || points.length < 3) return;
  fill((set) => polygon(points, image.width, image.height, set), "polygon", "polygon");
  schedule();
}

// MARK: Classes and steps

/** Chooses the class that is seen at a place. */
export function pick(place) {
  const image = current(), at = indexAt(image, place);
  const id = image.labels.bytes[at] || image.result?.bytes[at];
  if (id) chooseClass(id);
}

export function undo(isRedo = false) {
  const image = current();
  if (!image || state.isReadOnly) return;
  if (stroke) return cancel();
  const step = image.labels[isRedo ? "redo" : "undo"](copyOfClasses());
  if (!step) return say(isRedo ? "Nothing to redo" : "Nothing to undo");
  if (step.classes) {
    state.project.classes = step.classes;
    if (!classOf(state.project.classId)) state.project.classId = step.classes[0]?.id ?? 1;
    emit("classes");
  }
  say(`${isRedo ? "Redone" : "Undone"}: ${step.name}`);
  emitStep();
}

export function resizeBrush(factor) {
  const { brush } = settings();
  const next = Math.round(brush * factor);
  change({ brush: Math.min(400, Math.max(1, next === brush ? brush + Math.sign(factor - 1) : next)) });
}
