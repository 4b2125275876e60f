// Bytes become colours: tables of 256 words, and rectangles of canvases.

import { isHatched, state } from "./state.js";
import { rgb } from "./files.js";

const word = (r, g, b, a) => (a << 24 | b << 16 | g << 8 | r) >>> 0;

/** Two tables, of which stripes of hatched classes take turns. */
export function classTables(classes = state.project.classes) {
  const plain = new Uint32Array(256), striped = new Uint32Array(256);
  for (const { id, color } of classes) {
    const [r, g, b] = rgb(color);
    plain[id] = striped[id] = word(r, g, b, 255);
    if (isHatched(id)) striped[id] = word(r >> 2, g >> 2, b >> 2, 255);
  }
  plain[255] = striped[255] = word(128, 128, 128, 255);
  return [plain, striped];
}

// A map of one rising lightness, from dark violet to yellow: points of it, and lines between them.
const RAMP = [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]];

/** Of numbers from 0 to 255. */
export const rampTable = Uint32Array.from({ length: 256 }, (_, i) => {
  const place = i / 255 * (RAMP.length - 1), at = Math.min(RAMP.length - 2, Math.floor(place));
  const [r, g, b] = RAMP[at].map((low, k) =>
    Math.round(low + (RAMP[at + 1][k] - low) * (place - at)));
  return word(r, g, b, 255);
});

/** Draws a rectangle of bytes into a canvas of the image's size. */
export function draw(context, bytes, width, [x0, y0, x1, y1], [plain, striped]) {
  const image = new ImageData(x1 - x0, y1 - y0);
  const words = new Uint32Array(image.data.buffer);
  for (let y = y0, out = 0; y < y1; y++) {
    for (let x = x0, i = y * width + x0; x < x1; x++, i++, out++) {
      words[out] = ((x + y) & 4 ? striped : plain)[bytes[i]];
    }
  }
  context.putImageData(image, x0, y0);
}

/** The same of the pixels alone that have another class within two pixels in their row or column. */
export function drawOutlines(context, bytes, width, height, [x0, y0, x1, y1], [plain]) {
  const image = new ImageData(x1 - x0, y1 - y0);
  const words = new Uint32Array(image.data.buffer);
  for (let y = y0, out = 0; y < y1; y++) {
    for (let x = x0, i = y * width + x0; x < x1; x++, i++, out++) {
      const value = bytes[i];
      const isEdge = x > 1 && bytes[i - 2] !== value || x + 2 < width && bytes[i + 2] !== value
        || y > 1 && bytes[i - 2 * width] !== value
        || y + 2 < height && bytes[i + 2 * width] !== value;
      if (isEdge) words[out] = plain[value];
    }
  }
  context.putImageData(image, x0, y0);
}
