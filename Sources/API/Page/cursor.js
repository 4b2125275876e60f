// What is drawn over the sheet in the screen's own pixels: the brush, a polygon, boxes, the grid.

import { $ } from "./dom.js";
import { lengthOf } from "./scale.js";
import { capsule, snap } from "./shapes.js";
import { classOf, current, on, settings, state } from "./state.js";
import { view } from "./view.js";

/** Where the brush is, in pixels of the image; null when it is away. */
export const cursor = { place: null, isKeyboard: false, points: [], box: null, boxes: [] };

let frame = 0, isStale = true, tipOf = "";

export function prepare() {
  on("image", () => { cursor.points = []; });
  on("moved image size classes settings tool", schedule);
}

/** Draws all of it again in the next frame. */
export function schedule() {
  isStale = true;
  follow();
}

/** Moves the brush alone in the next frame: nothing else is drawn for a pointer that moves. */
export function follow() {
  frame ||= requestAnimationFrame(drawCursor);
}

function drawCursor() {
  frame = 0;
  const isDrawing = cursor.points.length || cursor.box || state.tool === "polygon";
  if (isStale || isDrawing) drawAll();
  isStale = false;
  moveTip();
}

function sized(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const ratio = () => window.devicePixelRatio || 1;

function drawAll() {
  const stage = $("stage"), scale = ratio(), image = current();
  const context = sized($("cursor"), Math.round(stage.clientWidth * scale), Math.round(stage.clientHeight * scale));
  if (!image) return;
  context.setTransform(scale, 0, 0, scale, scale * view.x, scale * view.y);
  if (view.zoom >= 8) drawGrid(context, image);
  for (const [index, box] of cursor.boxes.entries()) drawBox(context, box, String(index + 1));
  if (cursor.box) drawBox(context, cursor.box, "");
  drawPoints(context);
}

/** Two lines, dark and light, so that one of them is seen on any picture. */
function stroke(context, color = "#fff") {
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 0.65)";
  context.stroke();
  context.lineWidth = 1.4;
  context.strokeStyle = color;
  context.stroke();
}

function line(context, x0, y0, x1, y1) {
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
}

/** Words on a dark ground, whose corner is at a place. */
function write(context, text, x, y, color) {
  context.font = "600 13px system-ui, sans-serif";
  context.fillStyle = "rgb(0 0 0 / 0.75)";
  context.fillRect(x, y, context.measureText(text).width + 11, 19);
  context.fillStyle = color;
  context.fillText(text, x + 5, y + 14);
}

function drawGrid(context, image) {
  const { zoom, x, y } = view, stage = $("stage");
  const [left, top] = [x, y].map((at) => Math.max(0, Math.floor(-at / zoom)) * zoom);
  const right = Math.min(image.width, Math.ceil((stage.clientWidth - x) / zoom)) * zoom;
  const bottom = Math.min(image.height, Math.ceil((stage.clientHeight - y) / zoom)) * zoom;
  context.beginPath();
  for (let at = left; at <= right; at += zoom) line(context, at, top, at, bottom);
  for (let at = top; at <= bottom; at += zoom) line(context, left, at, right, at);
  context.lineWidth = 0.5;
  context.strokeStyle = "rgb(128 128 128 / 0.5)";
  context.stroke();
}

function drawBox(context, [x, y, w, h], text) {
  const { zoom } = view;
  context.beginPath();
  context.rect(x * zoom, y * zoom, w * zoom, h * zoom);
  stroke(context, "#ffd23f");
  if (text) write(context, text, x * zoom, y * zoom, "#ffd23f");
}

function drawPoints(context) {
  const { points } = cursor, { zoom } = view;
  if (!points.length) return;
  context.beginPath();
  points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x * zoom, y * zoom));
  if (state.tool === "polygon" && cursor.place) {
    context.lineTo(cursor.place[0] * zoom, cursor.place[1] * zoom);
  }
  stroke(context, classOf(state.project.classId)?.color);
  if (state.tool === "measure" && points.length === 2) {
    write(context, lengthOf(current(), points), points[1][0] * zoom + 10, points[1][1] * zoom - 22, "#fff");
  }
}

/** Lays the brush, drawn once for its size, where the pointer is. */
function moveTip() {
  const tip = $("tip"), isBrush = state.tool === "brush" || state.tool === "eraser";
  tip.hidden = !cursor.place || !current();
  if (tip.hidden) return;
  const { zoom } = view, size = isBrush ? settings().brush : 1;
  const color = state.tool === "eraser" ? "#fff" : classOf(state.project.classId)?.color;
  const cross = cursor.isKeyboard || !isBrush, key = [zoom, size, color, cross, isBrush, ratio()].join();
  const margin = 14, side = Math.ceil(size * zoom) + 2 * margin, middle = side / 2;
  if (key !== tipOf) {
    tipOf = key;
    const context = sized(tip, Math.round(side * ratio()), Math.round(side * ratio()));
    Object.assign(tip.style, { width: `${side}px`, height: `${side}px` });
    context.setTransform(ratio(), 0, 0, ratio(), ratio() * middle, ratio() * middle);
    if (isBrush) drawBrush(context, size, zoom, color);
    if (cross) drawCross(context);
  }
  const [x, y] = isBrush ? snap(...cursor.place, size).map((half) => half / 2) : cursor.place;
  tip.style.transform = `translate(${view.x + x * zoom - middle}px, ${view.y + y * zoom - middle}px)`;
}

/** The outline of the pixels that a stamp sets, about its middle. */
function drawBrush(context, size, zoom, color) {
  // The same brush in the middle of a small image.
  const room = size + 2, half = (room + (room - size) % 2) / 2, spans = [];
  const [cx, cy] = snap(half, half, size);
  capsule(cx, cy, cx, cy, size, room + 2, room + 2, (y, from, to) => spans.push([y, from, to]));
  const at = (x, y) => [(x - cx / 2) * zoom, (y - cy / 2) * zoom];
  context.beginPath();
  for (const [y, , to] of spans) {
    context.lineTo(...at(to, y));
    context.lineTo(...at(to, y + 1));
  }
  for (const [y, from] of spans.reverse()) {
    context.lineTo(...at(from, y + 1));
    context.lineTo(...at(from, y));
  }
  context.closePath();
  stroke(context, color);
}

function drawCross(context) {
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) line(context, 3 * dx, 3 * dy, 11 * dx, 11 * dy);
  stroke(context);
}
