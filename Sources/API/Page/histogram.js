// The histogram of the picture, and the two levels that become black and white.

import { $ } from "./dom.js";
import { lookAgain } from "./open.js";
import { current, on } from "./state.js";

const BINS = 128, SIDE = 512;
/** The two levels as parts of the range that is shown, and the one that is dragged. */
let ends = [0, 1], held = -1;

export function prepare() {
  on("image picture", show);
  const canvas = $("histogram");
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    held = Math.abs(at(event) - ends[0]) < Math.abs(at(event) - ends[1]) ? 0 : 1;
    move(at(event));
  };
  canvas.onpointermove = (event) => { if (held >= 0) move(at(event)); };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (held >= 0) apply(...ends);
    held = -1;
  };
  for (const [i, name] of ["low", "high"].entries()) {
    $(name).onchange = () => {
      const [low, high] = [Number($("low").value), Number($("high").value)];
      if (low < high) lookAgain(current(), { scale: `${low},${high}` });
      else $(name).value = levels()[i];
    };
  }
  $("levels-auto").onclick = () => lookAgain(current(), { scale: undefined });
}

/** The levels of the file that are black and white now. */
const levels = () => ["low", "high"].map((name) => Number(current()?.source?.[name]));

function move(part) {
  ends[held] = held ? Math.max(part, ends[0] + 0.02) : Math.min(part, ends[1] - 0.02);
  draw();
}

/** Looks at the picture between two parts of the range that is shown. */
function apply(from, to) {
  const [low, high] = levels();
  if (!(low < high) || (from < 0.005 && to > 0.995)) return;
  const level = (part) => Number((low + part * (high - low)).toPrecision(6));
  lookAgain(current(), { scale: `${level(from)},${level(to)}` });
}

function show() {
  const image = current(), [low, high] = levels();
  $("levels").hidden = !(image?.picture && low < high);
  if ($("levels").hidden) return;
  [ends, held] = [[0, 1], -1];
  [$("low").value, $("high").value] = [low, high];
  $("levels-auto").disabled = !image.options.scale;
  if ($("levels").open) draw();
  else $("levels").ontoggle = draw;
}

/** Counts of the picture's levels, of every so manyth pixel where it is large. */
function counts({ picture }) {
  const part = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * part)));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height), found = new Uint32Array(BINS);
  for (let i = 0; i < data.length; i += 4) {
    found[Math.floor((data[i] + data[i + 1] + data[i + 2]) / 3 * BINS / 256)]++;
  }
  return found;
}

function draw() {
  const image = current();
  if (!image?.picture || !$("levels").open) return;
  if (image.histogram?.of !== image.picture) image.histogram = { of: image.picture, counts: counts(image) };
  const canvas = $("histogram"), context = canvas.getContext("2d"), { width, height } = canvas;
  const found = image.histogram.counts, most = Math.sqrt(Math.max(...found)), style = getComputedStyle(canvas);
  context.clearRect(0, 0, width, height);
  context.fillStyle = style.color;
  for (const [i, count] of found.entries()) {
    const tall = Math.sqrt(count) / most * (height - 4);
    context.fillRect(i * width / BINS, height - tall, width / BINS - 0.5, tall);
  }
  context.fillStyle = style.accentColor;
  for (const end of ends) context.fillRect(Math.min(width - 3, Math.max(0, end * width - 1.5)), 0, 3, height);
}
