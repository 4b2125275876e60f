// The scale bar, where the file tells how large a pixel is.

import { $ } from "./dom.js";
import { current, on } from "./state.js";
import { view } from "./view.js";

const UNITS = [["m", 1], ["mm", 1e-3], ["µm", 1e-6], ["nm", 1e-9], ["pm", 1e-12]];

/** Metres along a side of a pixel; undefined where it is not known. */
export const metres = (image) =>
  Number(image?.pixelSize?.width ?? image?.source?.["pixel-width"]) || undefined;

export function prepare() {
  on("moved image picture field", show);
}

/** A bar of 1, 2 or 5 times a power of ten, about 100 pixels wide. */
function show() {
  const size = metres(current()), bar = $("scale-bar");
  bar.hidden = !size;
  if (!size) return;
  const wanted = 100 * size / view.zoom, power = 10 ** Math.floor(Math.log10(wanted));
  const length = power * [5, 2, 1].find((step) => step * power <= wanted);
  bar.style.width = `${length / size * view.zoom}px`;
  bar.firstChild.textContent = inWords(length);
}

function inWords(length) {
  const [unit, factor] = UNITS.find(([, factor]) => length >= factor * 0.999) ?? UNITS.at(-1);
  return `${Number((length / factor).toPrecision(3))} ${unit}`;
}

/** The length between two places of an image: in pixels, and in metres where their size is known. */
export function lengthOf(image, [[ax, ay], [bx, by]]) {
  const pixels = Math.hypot(bx - ax, by - ay), size = metres(image);
  return `${pixels.toFixed(1)} px${size ? ` = ${inWords(pixels * size)}` : ""}`;
}
