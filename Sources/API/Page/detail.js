// What is seen of a picture that is too large to be held whole: its overview is always there, and the
// part in sight comes from the server at full size when the view rests.

import { $ } from "./dom.js";
import { query, send } from "./api.js";
import { lookOptions, sendImage } from "./fields.js";
import { attempt } from "./messages.js";
import { current, on } from "./state.js";
import { view } from "./view.js";

const REST = 200, MARGIN = 128, MOST = 1 << 23;
let timer, newest = null;
/** The part that is drawn, and of which image and options. */
let shown = null;

export function prepare() {
  on("moved", () => {
    clearTimeout(timer);
    timer = setTimeout(attempt, REST, "detail", fetchPart);
  });
  on("image picture", () => { $("layer-detail").hidden = true; shown = null; });
}

/** The rectangle in sight with a margin, in whole pixels: x, y, width, height. */
function inSight({ width, height }) {
  const stage = $("stage"), { zoom } = view;
  const [x0, y0] = [view.x, view.y].map((at) => Math.max(0, Math.floor(-at / zoom - MARGIN)));
  const x1 = Math.min(width, Math.ceil((stage.clientWidth - view.x) / zoom + MARGIN));
  const y1 = Math.min(height, Math.ceil((stage.clientHeight - view.y) / zoom + MARGIN));
  return [x0, y0, x1 - x0, y1 - y0];
}

async function fetchPart() {
  const image = current();
  if (!image?.picture || image.picture.width >= image.width) return;
  const [x, y, w, h] = inSight(image);
  const isFine = view.zoom * (window.devicePixelRatio || 1) > 1.2 * image.picture.width / image.width;
  if (!isFine || w < 1 || h < 1 || w * h > MOST) return;
  const isThere = shown && shown.x <= x && shown.y <= y && shown.x + shown.w >= x + w && shown.y + shown.h >= y + h;
  if (isThere) return;
  newest?.abort();
  newest = new AbortController();
  const options = { ...lookOptions(image), output: "picture", image: await sendImage(image), region: [x, y, w, h].join() };
  const response = await send(`features${query(options)}`, { method: "POST", signal: newest.signal });
  const bitmap = await createImageBitmap(await response.blob()), canvas = $("layer-detail");
  if (image !== current()) return;
  Object.assign(canvas, { width: w, height: h, hidden: false });
  Object.assign(canvas.style, { left: `${x}px`, top: `${y}px` });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  shown = { x, y, w, h };
}
