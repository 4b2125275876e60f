// Mouse, pen and fingers on the stage.

import { $ } from "./dom.js";
import { cursor, follow, schedule } from "./cursor.js";
import { classOf, current, indexAt, on, state } from "./state.js";
import * as tools from "./tools.js";
import { imagePlace, panBy, view, zoomBy, zoomTo } from "./view.js";

/** Pointers that are down, by their id: where they are. */
const down = new Map();
/** What the pointers do: `paint`, `pan` or `pinch`. */
let doing = null;
let pinch = null;
let penWasSeen = false;
export const held = { space: false };

export function prepare() {
  const stage = $("stage");
  stage.onpointerdown = begin;
  stage.onpointermove = move;
  stage.onpointerup = stage.onpointercancel = stage.onlostpointercapture = end;
  stage.onpointerleave = () => { cursor.place = null; schedule(); showReadout(); };
  stage.ondblclick = () => { if (state.tool === "polygon") tools.closePolygon(); };
  // Firefox would select the picture with one stroke and drag it with the next.
  stage.oncontextmenu = stage.ondragstart = (event) => event.preventDefault();
  stage.addEventListener("wheel", (event) => {
    if (!current()) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    if (event.altKey) tools.resizeBrush(event.deltaY < 0 ? 1.25 : 0.8);
    else if (event.shiftKey) panBy(-event.deltaY - event.deltaX, 0);
    else {
      zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)),
        event.clientX - box.left, event.clientY - box.top);
    }
  }, { passive: false });
  window.addEventListener("blur", stop);
  on("result image tool moved", showReadout);
}

/** The tool that an event means: the far end and the side button of a pen erase. */
function toolOf(event) {
  if (event.button === 5 || event.buttons & 32 || event.button === 2) return "eraser";
  return state.tool;
}

function begin(event) {
  if (!current() || event.target.closest("button, a, input")) return;
  $("stage").focus({ preventScroll: true });
  $("stage").setPointerCapture(event.pointerId);
  down.set(event.pointerId, [event.clientX, event.clientY]);
  if (event.pointerType === "pen") penWasSeen = true;
  cursor.isKeyboard = false;
  const fingers = event.pointerType === "touch" && down.size > 1;
  if (fingers) {
    if (doing === "paint") tools.cancel();
    doing = "pinch";
    pinch = spread();
  } else if (doing) {
    return;
  } else if (event.button === 1 || held.space || state.tool === "hand"
    || (event.pointerType === "touch" && penWasSeen)) {
    doing = "pan";
  } else if (event.altKey && event.button === 0) {
    tools.pick(imagePlace(event));
  } else if (event.button === 0 || event.button === 2 || event.button === 5) {
    doing = "paint";
    cursor.place = imagePlace(event);
    tools.down(imagePlace(event), toolOf(event));
  }
  schedule();
}

function spread() {
  const [a, b] = [...down.values()];
  return { distance: Math.hypot(a[0] - b[0], a[1] - b[1]) || 1,
    x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
}

function move(event) {
  if (!current()) return;
  const last = down.get(event.pointerId);
  if (last) down.set(event.pointerId, [event.clientX, event.clientY]);
  cursor.place = imagePlace(event);
  if (!last && event.pointerType !== "touch") cursor.isKeyboard = false;
  if (doing === "pan" && last) panBy(event.clientX - last[0], event.clientY - last[1]);
  else if (doing === "pinch" && down.size > 1) {
    const next = spread(), box = $("stage").getBoundingClientRect();
    panBy(next.x - pinch.x, next.y - pinch.y);
    zoomTo(view.zoom * next.distance / pinch.distance, next.x - box.left, next.y - box.top);
    pinch = next;
  } else if (doing === "paint" && last) {
    const all = event.getCoalescedEvents?.() ?? [];
    tools.move((all.length ? all : [event]).map(imagePlace));
  }
  follow();
  showReadout();
}

function end(event) {
  if (!down.delete(event.pointerId)) return;
  if (doing === "paint") {
    if (event.type === "pointercancel") tools.cancel();
    else tools.up();
  }
  if (down.size === 0) doing = null;
  if (event.pointerType === "touch") { cursor.place = null; schedule(); }
}

/** Ends whatever is under way, when the window is left. */
function stop() {
  if (doing === "paint") tools.up();
  down.clear();
  doing = null;
  held.space = false;
}

// MARK: What is under the pointer

let waiting = 0;

/** Tells of the place under the pointer, ten times a second at most: the words cost a layout. */
function showReadout() {
  waiting ||= setTimeout(() => { waiting = 0; tell(); }, 100);
}

function tell() {
  const image = current(), line = $("readout"), at = image && cursor.place && indexAt(image, cursor.place);
  if (at == null) {
    line.textContent = image ? `${image.width} × ${image.height} px` : "";
    return;
  }
  const named = (id) => classOf(id)?.name ?? `class ${id}`;
  const [x, y] = cursor.place.map(Math.floor), parts = [`x ${x}  y ${y}`];
  if (image.labels.bytes[at]) parts.push(`painted: ${named(image.labels.bytes[at])}`);
  if (image.result) parts.push(`result: ${named(image.result.bytes[at])}`);
  if (image.uncertainty) parts.push(`uncertainty ${(image.uncertainty[at] / 255).toFixed(2)}`);
  parts.push(`${view.zoom >= 1 ? view.zoom.toFixed(1).replace(".0", "") : view.zoom.toFixed(2)}×`);
  line.textContent = parts.join("   ");
}
