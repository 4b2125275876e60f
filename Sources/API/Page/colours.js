// Bytes become colours: tables of 256 words, and rectangles of canvases.

import { isHatched, state } from "./state.js";
import { rgb } from "./files.js";

const word = (r, g, b, a) => (a << 24 | b << 16 | g << 8 | r) >>> 0;

/** Two tables, of which stripes of hatched classes take turns; the same one twice without such classes. */
export function classTables(classes = state.project.classes) {
  const plain = new Uint32Array(256), striped = new Uint32Array(256);
  for (const { id, color } of classes) {
    const [r, g, b] = rgb(color);
    plain[id] = striped[id] = word(r, g, b, 255);
    if (isHatched(id)) striped[id] = word(r >> 2, g >> 2, b >> 2, 255);
  }
  plain[255] = striped[255] = word(128, 128, 128, 255);
  return [plain, classes.some(({ id }) => isHatched(id)) ? striped : plain];
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

/** An image of a part of some bytes, a pixel for 2ⁿ of them along each side; `isSeen` tells whether
    there is a colour in it. Of a block the first byte counts that is not 0; without bytes it is clear. */
export function image(bytes, width, part, level, [plain, striped]) {
  const { made, words, step } = blank(part, level), [x0, y0, x1, y1] = part;
  let isSeen = 0;
  if (bytes && !level && plain === striped) {
    for (let y = y0, out = 0; y < y1; y++) {
      for (let i = y * width + x0, end = y * width + x1; i < end; i++) isSeen |= words[out++] = plain[bytes[i]];
    }
    return { image: made, isSeen };
  }
  for (let y = y0, out = 0; bytes && y < y1; y += step) {
    const below = Math.min(y1, y + step);
    for (let x = x0; x < x1; x += step, out++) {
      let value = bytes[y * width + x];
      if (!value && level) value = firstOf(bytes, width, x, y, Math.min(x1, x + step), below);
      isSeen |= words[out] = ((x + y) >> level & 4 ? striped : plain)[value];
    }
  }
  return { image: made, isSeen };
}

function blank([x0, y0, x1, y1], level) {
  const step = 1 << level, made = new ImageData(Math.ceil((x1 - x0) / step), Math.ceil((y1 - y0) / step));
  return { made, words: new Uint32Array(made.data.buffer), step };
}

function firstOf(bytes, width, x0, y0, x1, y1) {
  for (let y = y0; y < y1; y++) {
    for (let i = y * width + x0, end = y * width + x1; i < end; i++) if (bytes[i]) return bytes[i];
  }
  return 0;
}

/** The same of the pixels alone that have another class within two pixels in their row or column. */
export function outlines(bytes, width, height, part, level, [plain]) {
  const { made, words, step } = blank(part, level), near = 2 * step, [x0, y0, x1, y1] = part;
  for (let y = y0, out = 0; y < y1; y += step) {
    for (let x = x0, i = y * width + x0; x < x1; x += step, i += step, out++) {
      const value = bytes[i];
      const isEdge = x >= near && bytes[i - near] !== value
        || x + near < width && bytes[i + near] !== value
        || y >= near && bytes[i - near * width] !== value
        || y + near < height && bytes[i + near * width] !== value;
      if (isEdge) words[out] = plain[value];
    }
  }
  return { image: made, isSeen: 1 };
}
