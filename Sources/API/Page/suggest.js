// Where to paint next: the places where the classifier is least sure, away from borders of classes.

import { $ } from "./dom.js";
import { cursor, schedule } from "./cursor.js";
import { attempt, say } from "./messages.js";
import { showUncertainty } from "./live.js";
import { current, on } from "./state.js";
import { reveal, view, zoomTo } from "./view.js";

const SIDE = 96, CELL = 8;
let shown = -1;

export function prepare() {
  $("suggest").onclick = () => showBox(1);
  on("image stroke", () => { cursor.boxes = []; shown = -1; schedule(); });
}

/** Shows the next of three boxes, or the last one. */
export async function showBox(step) {
  const image = current();
  if (!image?.result) return say("There is no segmentation yet");
  await attempt("suggestion", () => showUncertainty(image));
  if (!image.uncertainty) return;
  if (!cursor.boxes.length) cursor.boxes = boxes(image);
  if (!cursor.boxes.length) return say("The classifier is sure everywhere but at borders");
  shown = (shown + step + cursor.boxes.length) % cursor.boxes.length;
  const [x, y, w, h] = cursor.boxes[shown];
  if (view.zoom < 1) zoomTo(1);
  reveal(x + w / 2, y + h / 2);
  say(`Box ${shown + 1} of ${cursor.boxes.length}: paint there what it should be`);
  schedule();
}

/** Three boxes that do not overlap, by the mean uncertainty of their inside, in cells of 8 pixels;
    cells with a border or with labels do not count. */
function boxes({ width, height, uncertainty, result, labels }) {
  const columns = Math.floor(width / CELL), rows = Math.floor(height / CELL);
  // Sums over the rectangle above and to the left of each cell.
  const sums = new Float64Array((columns + 1) * (rows + 1));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0, isPlain = true;
      const first = result.bytes[row * CELL * width + column * CELL];
      for (let y = row * CELL; isPlain && y < (row + 1) * CELL; y++) {
        for (let i = y * width + column * CELL, end = i + CELL; i < end; i++) {
          if (result.bytes[i] !== first || labels.bytes[i]) { isPlain = false; break; }
          sum += uncertainty[i];
        }
      }
      const at = (row + 1) * (columns + 1) + column + 1;
      sums[at] = (isPlain ? sum : 0) + sums[at - 1] + sums[at - columns - 1] - sums[at - columns - 2];
    }
  }
  const side = Math.min(SIDE / CELL, columns, rows), all = [];
  for (let row = 0; row + side <= rows; row += 2) {
    for (let column = 0; column + side <= columns; column += 2) {
      const top = row * (columns + 1) + column, bottom = top + side * (columns + 1);
      all.push([sums[bottom + side] - sums[bottom] - sums[top + side] + sums[top], column, row]);
    }
  }
  all.sort((a, b) => b[0] - a[0]);
  const chosen = [];
  for (const [sum, column, row] of all) {
    if (!(sum > 0) || chosen.length === 3) break;
    const isFree = chosen.every(([x, y]) => Math.abs(x - column) >= side || Math.abs(y - row) >= side);
    if (isFree) chosen.push([column, row]);
  }
  return chosen.map(([column, row]) => [column * CELL, row * CELL, side * CELL, side * CELL]);
}
