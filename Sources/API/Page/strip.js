// The images of the project, one of which is shown.

import { $, element } from "./dom.js";
import { attempt } from "./messages.js";
import { show } from "./open.js";
import { emit, on, state } from "./state.js";

export function prepare() {
  on("images image", draw);
  on("result picture", drawThumbnails);
}

const number = (image) => state.project.images.indexOf(image);

function draw() {
  const { images, current } = state.project;
  document.title = current ? `${current.name} – Eyepiece` : "Eyepiece";
  $("strip").replaceChildren(...images.map((image) => element("button", {
    role: "option", "aria-selected": image === current, title: image.name,
    data: { key: image.key },
    onclick: () => open(image),
    onkeydown: (event) => { if (event.key === "Delete") remove(image); },
  }, element("canvas", { width: 36, height: 28 }), element("span", { textContent: image.name }))));
  drawThumbnails();
}

function drawThumbnails() {
  state.project.images.forEach(async (image, i) => {
    image.picture ?? (image.thumbnail ??= await createImageBitmap(image.file, { resizeWidth: 72 }).catch(() => null));
    const picture = image.picture ?? image.thumbnail;
    const context = $("strip").children[i]?.firstChild.getContext("2d");
    if (context && picture) context.drawImage(picture, 0, 0, 36, 28);
  });
}

const open = (image) => attempt(`open ${image.name}`, () => show(image));

/** Shows the next image, or the one before. */
export function step(by) {
  const { images, current } = state.project;
  if (images.length > 1) open(images[(number(current) + by + images.length) % images.length]);
}

/** Takes an image out of the project; its labels stay kept under its digest. */
function remove(image) {
  if (image === state.project.current) step(1);
  if (image === state.project.current) return;
  state.project.images.splice(number(image), 1);
  emit("images");
}
