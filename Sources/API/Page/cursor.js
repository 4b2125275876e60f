// What is drawn over the sheet in the screen's own pixels: the brush, a polygon, boxes, the grid.

import { $ } from "./dom.js";
import { capsule, snap } from "./shapes.js";
import { classOf, current, on, settings, state } from "./state.js";
import { view } from "./view.js";

/** Where the brush is, in pixels of the image; null when it is away. */
export const cursor = { place: null, isKeyboard: false, points: [], box: null, boxes: [] };

let frame = 0;

export function prepare() {
  on("moved image size classes settings tool", schedule);
}

export function schedule() {
  frame ||= requestAnimationFrame(drawCursor);
}

function drawCursor() {
  frame = 0;
  const canvas = $("cursor"), stage = $("stage"), ratio = window.devicePixelRatio || 1;
  const width = Math.round(stage.clientWidth * ratio), height = Math.round(stage.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const image = current();
  if (!image) return;
  context.setTransform(ratio, 0, 0, ratio, ratio * view.x, ratio * view.y);
  if (view.zoom >= 8) drawGrid(context, image);
  for (const [index, box] of cursor.boxes.entries()) drawBox(context, box, String(index + 1));
  if (cursor.box) drawBox(context, cursor.box, "");
  drawPoints(context);
  if (cursor.place) drawBrush(context, image);
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

function drawGrid(context, image) {
  const { zoom, x, y } = view, stage = $("stage");
  const from = [Math.max(0, Math.floor(-x / zoom)), Math.max(0, Math.floor(-y / zoom))];
  const to = [
    Math.min(image.width, Math.ceil((stage.clientWidth - x) / zoom)),
    Math.min(image.height, Math.ceil((stage.clientHeight - y) / zoom)),
  ];
  context.beginPath();
  for (let i = from[0]; i <= to[0]; i++) {
    context.moveTo(i * zoom, from[1] * zoom);
    context.lineTo(i * zoom, to[1] * zoom);
  }
  for (let i = from[1]; i <= to[1]; i++) {
    context.moveTo(from[0] * zoom, i * zoom);
    context.lineTo(to[0] * zoom, i * zoom);
  }
  context.lineWidth = 0.5;
  context.strokeStyle = "rgb(128 128 128 / 0.5)";
  context.stroke();
}

function drawBox(context, [x, y, w, h], text) {
  const { zoom } = view;
  context.beginPath();
  context.rect(x * zoom, y * zoom, w * zoom, h * zoom);
  stroke(context, "#ffd23f");
  if (!text) return;
  context.font = "600 13px system-ui, sans-serif";
  context.fillStyle = "rgb(0 0 0 / 0.75)";
  context.fillRect(x * zoom, y * zoom, 18, 18);
  context.fillStyle = "#ffd23f";
  context.fillText(text, x * zoom + 5, y * zoom + 14);
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
}

/** The outline of the pixels that a stamp would set. */
function drawBrush(context, image) {
  const [x, y] = cursor.place, { zoom } = view;
  const isBrush = state.tool === "brush" || state.tool === "eraser";
  if (isBrush) {
    const size = settings().brush, [cx, cy] = snap(x, y, size), spans = [];
    capsule(cx, cy, cx, cy, size, image.width, image.height, (row, from, to) => {
      spans.push([row, from, to]);
    });
    context.beginPath();
    for (const [row, , to] of spans) {
      context.lineTo(to * zoom, row * zoom);
      context.lineTo(to * zoom, (row + 1) * zoom);
    }
    for (const [row, from] of spans.reverse()) {
      context.lineTo(from * zoom, (row + 1) * zoom);
      context.lineTo(from * zoom, row * zoom);
    }
    context.closePath();
    const color = state.tool === "eraser" ? "#fff" : classOf(state.project.classId)?.color;
    stroke(context, color);
  }
  if (cursor.isKeyboard || !isBrush) {
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x * zoom + 3 * dx, y * zoom + 3 * dy);
      context.lineTo(x * zoom + 11 * dx, y * zoom + 11 * dy);
    }
    stroke(context);
  }
}
