// The keyboard: a key for each button, and painting without a pointer.

import { $, element } from "./dom.js";
import { cursor, schedule } from "./cursor.js";
import { follow } from "./live.js";
import { look } from "./panels.js";
import { held } from "./pointer.js";
import { change, chooseClass, current, settings, state } from "./state.js";
import { showBox } from "./suggest.js";
import { step } from "./strip.js";
import * as tools from "./tools.js";
import { fit, reveal, showOriginal, view, zoomBy, zoomTo } from "./view.js";

const LIST = [
  ["1 – 9", "class"], ["0", "strokes on or off"], ["b", "brush"], ["e", "eraser; hold for a while"],
  ["f", "fill"], ["p", "polygon"], ["l", "lasso"], ["h", "move; or Space and drag"],
  ["s", "what is like a pixel"], ["m", "measure a length"], ["[  ]", "brush size; or Alt and wheel"], ["x", "the last two classes"],
  ["z  Ctrl-Z", "undo"], ["Shift-Z  Ctrl-Y", "redo"], ["+  −", "zoom; or wheel"], [".", "fit"],
  [",", "one to one"], ["o", "outlines"], ["u", "uncertainty"], ["\\", "hold: the picture alone"],
  ["j  k", "next, previous place to paint"], ["r", "segment now"], ["v", "live on or off"],
  ["Alt-click", "take the class there"], ["PageUp  PageDown", "image"],
  ["arrows", "move the crosshair; Shift: by 10"], ["Enter", "stamp; hold, with arrows: stroke"],
  ["Escape", "take the stroke back"], ["?", "these keys"],
];

/** The tool to go back to when `e` is let go. */
let before = null, pressedAt = 0;
let isStroking = false;

export function prepare() {
  $("key-list").append(...LIST.flatMap(([key, text]) =>
    [element("dt", { textContent: key }), element("dd", { textContent: text })]));
  $("help").onclick = () => $("keys").showModal();
  document.addEventListener("keydown", press);
  document.addEventListener("keyup", release);
}

const isTyping = (target) =>
  target.matches("select, textarea, input:not([type=checkbox], [type=range])")
  || document.querySelector("dialog[open]");

const TOOLS = { b: "brush", f: "fill", p: "polygon", l: "lasso", h: "hand", s: "similar", m: "measure" };

const ACTIONS = {
  "[": () => tools.resizeBrush(0.8), "]": () => tools.resizeBrush(1.25),
  x: () => chooseClass(state.project.lastClassId),
  z: () => tools.undo(), Z: () => tools.undo(true),
  "+": () => zoomAtCursor(1.25), "=": () => zoomAtCursor(1.25), "-": () => zoomAtCursor(0.8),
  ".": fit, ",": () => zoomTo(1),
  o: () => change({ outline: !settings().outline }),
  u: () => look(settings().view === "uncertain" ? "result" : "uncertain"),
  0: () => change({ showLabels: !settings().showLabels }),
  r: follow, v: () => { change({ live: !settings().live }); if (settings().live) follow(); },
  j: () => showBox(1), k: () => showBox(-1),
  "?": () => $("keys").showModal(),
  PageUp: () => step(-1), PageDown: () => step(1),
};

function zoomAtCursor(factor) {
  if (!cursor.place) return zoomBy(factor);
  zoomBy(factor, view.x + cursor.place[0] * view.zoom, view.y + cursor.place[1] * view.zoom);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function press(event) {
  if (isTyping(event.target)) return;
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(key)) {
    event.preventDefault();
    tools.undo(key.toLowerCase() === "y" || event.shiftKey);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const onStage = event.target === $("stage") || event.target === document.body;
  if (onStage && pressOnStage(event)) return;
  if (key === "\\") showOriginal(true);
  else if (key === "e" && !event.repeat) {
    before = state.tool;
    pressedAt = performance.now();
    tools.chooseTool("eraser");
  } else if (/^[1-9]$/.test(key)) chooseClass(Number(key));
  else if (TOOLS[key]) tools.chooseTool(TOOLS[key]);
  else if (ACTIONS[key]) ACTIONS[key]();
  else return;
  event.preventDefault();
}

/** What the keys do that are other things on buttons; returns whether it was one. */
function pressOnStage(event) {
  const { key } = event, image = current();
  if (!image) return false;
  if (key === " ") held.space = true;
  else if (key === "Escape") {
    isStroking = false;
    tools.cancel();
  } else if (ARROWS[key]) {
    const [dx, dy] = ARROWS[key], by = event.shiftKey ? 10 : 1;
    const [x, y] = place(image);
    const clamp = (at, end) => Math.min(end - 0.5, Math.max(0.5, at));
    cursor.place = [clamp(x + dx * by, image.width), clamp(y + dy * by, image.height)];
    cursor.isKeyboard = true;
    reveal(...cursor.place);
    if (isStroking) tools.move([cursor.place]);
    schedule();
  } else if (key === "Enter") {
    if (event.repeat) return true;
    cursor.place = place(image);
    cursor.isKeyboard = true;
    if (state.tool === "polygon" && cursor.points.length > 2 && isLast(cursor)) tools.closePolygon();
    else {
      isStroking = true;
      tools.down(cursor.place);
    }
    schedule();
  } else return false;
  event.preventDefault();
  return true;
}

/** Whether the crosshair stands on the polygon's last corner. */
const isLast = ({ points, place: [x, y] }) => points.at(-1)[0] === x && points.at(-1)[1] === y;

/** The crosshair, in the middle of a pixel. */
function place(image) {
  const [x, y] = cursor.place ?? [image.width / 2, image.height / 2];
  return [Math.floor(x) + 0.5, Math.floor(y) + 0.5];
}

function release(event) {
  if (event.key === "\\") showOriginal(false);
  if (event.key === " ") held.space = false;
  if (event.key === "Enter" && isStroking) {
    isStroking = false;
    tools.up();
  }
  if (event.key === "e" && before) {
    if (performance.now() - pressedAt > 400) tools.chooseTool(before);
    before = null;
  }
}
