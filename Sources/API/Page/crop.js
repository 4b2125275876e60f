// A part of the file is looked at alone: an info bar below a picture is no part of the specimen.

import { $ } from "./dom.js";
import { ask, say } from "./messages.js";
import { lookAgain } from "./open.js";
import { current, on } from "./state.js";
import { chooseTool } from "./tools.js";

export function prepare() {
  $("crop").onclick = () => {
    if (current().options.crop) return showWhole(current());
    chooseTool("crop");
    say("Drag a rectangle over what is to be looked at");
  };
  on("crop", cut);
}

const numbers = (crop) => crop?.split(",").map(Number) ?? [0, 0];

async function cut([x, y, width, height]) {
  const image = current(), [left, top] = numbers(image.options.crop);
  chooseTool("brush");
  const wanted = await ask("Look at this part alone?",
    `The picture becomes ${width} × ${height} pixels; strokes outside and the steps of undo go.`, "Crop");
  if (!wanted) return;
  image.kept = { width, height, bytes: image.labels.rectangleBytes([x, y, x + width, y + height]) };
  await lookAgain(image, { crop: [left + x, top + y, width, height].join() });
}

/** Goes back to the whole picture, and puts the labels where they belong. */
async function showWhole(image) {
  const [x, y] = numbers(image.options.crop), part = image.labels.bytes, { width: w, height: h } = image;
  const [width, height] = image.source?.size?.split("x").map(Number) ?? [];
  if (width) {
    const bytes = new Uint8Array(width * height);
    for (let row = 0; row < h; row++) {
      bytes.set(part.subarray(row * w, (row + 1) * w), (y + row) * width + x);
    }
    image.kept = { width, height, bytes };
  }
  await lookAgain(image, { crop: undefined });
}
