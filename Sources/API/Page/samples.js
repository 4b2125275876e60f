// Pictures to try: drawn here, by rule, so that none of them is anybody's.

import { $, element } from "./dom.js";
import { encodePNG } from "./files.js";

/** Numbers from 0 to 1 that are the same each time (a linear congruence of 32 bits). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Smooth noise, about 0…1: random numbers on a grid, and cosines between them. */
function smoothNoise(random, width, height, cell) {
  const columns = Math.ceil(width / cell) + 2, rows = Math.ceil(height / cell) + 2;
  const grid = Float32Array.from({ length: columns * rows }, random);
  // How much of the next cell is mixed in at each place along an axis.
  const share = Float64Array.from({ length: Math.max(width, height) },
    (_, i) => (1 - Math.cos(Math.PI * (i / cell - Math.floor(i / cell)))) / 2);
  return (x, y) => {
    const a = share[x], b = share[y], i = Math.floor(y / cell) * columns + Math.floor(x / cell);
    const top = grid[i] * (1 - a) + grid[i + 1] * a;
    return top * (1 - b) + (grid[i + columns] * (1 - a) + grid[i + columns + 1] * a) * b;
  };
}

/** Goes through the pixels about a place: `set` gets a pixel's index and its place along turned axes. */
function about(cx, cy, reach, turn, size, set) {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(size, cy + reach); y++) {
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(size, cx + reach); x++) {
      set(y * size + x, (x - cx) * cos + (y - cy) * sin, (y - cy) * cos - (x - cx) * sin);
    }
  }
}

/** Rounded squares in a matrix, as precipitates of a superalloy lie. */
function precipitates(size, random) {
  const grey = new Float32Array(size * size).fill(0.42), step = size / 11;
  for (let i = 0; i < 169; i++) {
    const [cx, cy] = [i % 13, Math.floor(i / 13)].map((at) => (at - 0.5 + 0.5 * (random() - 0.5)) * step);
    const half = step * (0.27 + 0.16 * random()), level = 0.66 + 0.08 * random();
    about(cx, cy, step, 0.5 * (random() - 0.5), size, (at, u, v) => {
      const [a, b] = [(u / half) ** 2, (v / half) ** 2];
      if (a * a + b * b < 1) grey[at] = level;
    });
  }
  return grey;
}

/** Three levels of smooth noise: pores, one phase and another. */
function electrode(size, random) {
  const coarse = smoothNoise(random, size, size, 46), fine = smoothNoise(random, size, size, 15);
  return Float32Array.from({ length: size * size }, (_, i) => {
    const x = i % size, y = Math.floor(i / size), level = 0.72 * coarse(x, y) + 0.28 * fine(x, y);
    return level < 0.42 ? 0.12 : level < 0.57 ? 0.5 : 0.78;
  });
}

/** Bright fibres, cut across and along, in a darker ground. */
function fibres(size, random) {
  const ground = smoothNoise(random, size, size, 90);
  const grey = Float32Array.from({ length: size * size },
    (_, i) => 0.22 + 0.12 * ground(i % size, Math.floor(i / size)));
  for (let k = 0; k < 90; k++) {
    const cx = random() * size, cy = random() * size, radius = 9 + 9 * random();
    const length = k % 3 ? 1 : 3 + 5 * random();
    about(cx, cy, radius * length, 0.25 * (random() - 0.5), size, (at, u, v) => {
      const place = ((u / length) ** 2 + v * v) / radius ** 2;
      if (place < 1) grey[at] = 0.9 - 0.25 * place;
    });
  }
  return grey;
}

const SAMPLES = [
  ["Precipitates", precipitates], ["Porous electrode", electrode], ["Fibres", fibres],
];

/** Grey levels with a light blur, shading and noise, as a detector has them. */
function photograph(draw, size) {
  const random = generator(20 + draw.name.length), grey = draw(size, random);
  const shade = smoothNoise(random, size, size, size / 2), out = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x, own = grey[i], at = (j) => (j >= 0 && j < grey.length ? grey[j] : own);
      const blurred = (own + own + at(i - 1) + at(i + 1) + at(i - size) + at(i + size)) / 6;
      const noise = random() + random() + random() - 1.5;
      const level = blurred + 0.1 * (shade(x, y) - 0.5) + 0.06 * noise;
      out[y * size + x] = Math.round(255 * Math.min(1, Math.max(0, level)));
    }
  }
  return out;
}

/** A PNG of a sample. */
export const sample = (size, draw = electrode) => encodePNG(photograph(draw, size), size, size);

/** Offers the samples; `open` gets a file. */
export function prepare(open) {
  for (const [name, draw] of SAMPLES) {
    const canvas = element("canvas", { width: 256, height: 256 });
    const file = `${name.toLowerCase().replace(" ", "-")}.png`;
    $("samples").append(element("button", {
      className: "sample",
      onclick: async () => open(new File([await sample(512, draw)], file, { type: "image/png" })),
    }, canvas, element("span", { textContent: name })));
    // When there is nothing else to do.
    (window.requestIdleCallback ?? setTimeout)(() => {
      const words = Uint32Array.from(photograph(draw, 256), (level) => 0xff000000 | level * 0x010101);
      canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(words.buffer), 256), 0, 0);
    });
  }
}
