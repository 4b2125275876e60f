// Files come in: pictures become images of the project, label images become labels.

import { $ } from "./dom.js";
import { Problem, query, send } from "./api.js";
import { lookOptions, sendImage } from "./fields.js";
import { decodePNG } from "./files.js";
import { keptImage, othersOf } from "./keep.js";
import { Labels } from "./labels.js";
import { ask, complain, say } from "./messages.js";
import { addClass, classOf, copyOfClasses, current, emit, emitStep, state } from "./state.js";

/** Pictures with more pixels are held as an overview with sides of at most so many. */
const MOST = 4096 * 4096, OVERVIEW = 4096;

export function prepare() {
  $("file").onchange = () => {
    openFiles([...$("file").files]);
    $("file").value = "";
  };
  for (const button of document.querySelectorAll("[data-open]")) {
    button.onclick = () => $("file").click();
  }
  const dropping = (isOver) => document.body.classList.toggle("dropping", isOver);
  document.ondragover = (event) => { event.preventDefault(); dropping(true); };
  document.ondragleave = (event) => { if (!event.relatedTarget) dropping(false); };
  document.ondrop = (event) => {
    event.preventDefault();
    dropping(false);
    openFiles([...event.dataTransfer.files]);
  };
  document.onpaste = (event) => openFiles([...event.clipboardData.files]);
}

export async function openFiles(files) {
  for (const file of files) {
    try {
      if (/\.eyepiece$/i.test(file.name)) {
        emit("import", file);
        continue;
      }
      if (current() && await isLabels(file)) continue;
      await openImage(file);
    } catch (error) {
      error.title = `${file.name}: ${error.title ?? "it cannot be opened"}`.replace(": The body", "");
      complain(`open ${file.name}`, error, () => openFiles([file]));
    }
  }
}

/** The digest of a file, or where the browser gives none (plain http), another number of its bytes. */
export async function keyOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (crypto.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761);
    b = Math.imul(b ^ byte, 1597334677);
  }
  return `x${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}-${bytes.length}`;
}

async function openImage(file) {
  const key = await keyOf(file);
  const known = state.project.images.find((image) => image.key === key);
  if (known) return show(known);
  const image = { key, name: file.name, file, options: {}, views: {}, others: {} };
  // Strokes that were painted on this picture before, in whatever project.
  const kept = await keptImage(key);
  if (kept) Object.assign(image, { options: kept.options ?? {}, kept, others: othersOf(kept) });
  state.project.images.push(image);
  if (state.project.name === "Untitled" && state.project.images.length === 1) {
    state.project.name = file.name;
  }
  try {
    await show(image);
  } catch (error) {
    state.project.images = state.project.images.filter((one) => one !== image);
    emit("images");
    throw error;
  }
}

/** Makes an image the current one: its picture at once, all else as it comes. */
export async function show(image) {
  $("stage").classList.add("loading");
  try {
    if (!image.picture) await loadPicture(image);
  } finally {
    $("stage").classList.remove("loading");
  }
  state.project.current = image;
  emit("images");
  emit("image");
}

/** Lays out labels for the picture's size; what was kept of another size is not used. */
function setSize(image, width, height) {
  if (image.width !== width || image.height !== height) {
    Object.assign(image, { width, height, result: null, uncertainty: null, clusters: null });
  }
  if (image.labels?.width === width && image.labels.height === height) return;
  const kept = image.kept?.width === width && image.kept.height === height ? image.kept : {};
  image.labels = new Labels(width, height, kept);
  image.kept = null;
}

/** The browser decodes what it can, which is seen at once; the rest, and parts and channels, come from
    the server. */
async function loadPicture(image) {
  const isPlain = !Object.values(lookOptions(image)).some((value) => value != null);
  const bitmap = isPlain && await pixelsOf(image.file) <= MOST
    ? await createImageBitmap(image.file, { imageOrientation: "none" }).catch(() => null) : null;
  if (!bitmap) return fetchPicture(image);
  image.picture = bitmap;
  setSize(image, bitmap.width, bitmap.height);
  fetchPicture(image).catch(() => {});
}

/** How many pixels a file that the browser reads has, without decoding them; 0 of another. */
async function pixelsOf(file) {
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  await new Promise((done) => { picture.onload = picture.onerror = done; });
  URL.revokeObjectURL(picture.src);
  return picture.naturalWidth * picture.naturalHeight;
}

/** Width and height of what is looked at, where the server tells that of the file. */
function sizeOf({ options, source, fileSize: { width, height } = {} }) {
  const [, , w, h] = options.crop?.split(",").map(Number) ?? [];
  return w ? [w, h] : source?.size?.split("x").map(Number) ?? [width, height];
}

/** The picture as the features see it: one page, its channels, its levels. */
async function fetchPicture(image) {
  const name = await sendImage(image);
  const isLarge = ([width, height]) => width * height > MOST;
  const resize = isLarge(sizeOf({ ...image, source: null })) ? OVERVIEW : undefined;
  const options = { ...lookOptions(image), output: "picture", image: name, resize };
  let response;
  try {
    response = await send(`features${query(options)}`, { method: "POST" });
  } catch (error) {
    if (error instanceof Problem && error.kind === "channel-needed" && !image.options.channel) {
      image.options.channel = "mean";
      say("This picture's channels are no colours: their mean is shown; choose another above.");
      return fetchPicture(image);
    }
    throw error;
  }
  image.source = readSource(response.headers.get("Eyepiece-Source") ?? "");
  const bitmap = await createImageBitmap(await response.blob());
  const [width, height] = resize ? sizeOf(image) : [bitmap.width, bitmap.height];
  const isOther = image.width !== width || image.height !== height;
  image.picture = bitmap;
  setSize(image, width, height);
  if (image !== current()) return;
  emit(isOther ? "image" : "picture");
}

/** Looks at another part of the file: the picture, the features and the labels are of it. */
export async function lookAgain(image, options) {
  const before = { options: { ...image.options }, labels: image.labels };
  const [page, next] = [image.options.page ?? 0, options.page ?? image.options.page ?? 0];
  if (page !== next) {
    // Each page has labels of its own, from now on: what is drawn meanwhile finds some.
    image.others[page] = image.labels;
    image.labels = image.others[next] ?? new Labels(image.width, image.height, {});
    delete image.others[next];
  }
  Object.assign(image.options, options);
  image.views = {};
  image.result = image.uncertainty = image.clusters = null;
  try {
    await fetchPicture(image);
    emit("image");
  } catch (error) {
    Object.assign(image, before, { kept: null });
    complain("picture", error, () => lookAgain(image, options));
  }
}

/** A dictionary of a structured field (RFC 9651): words and numbers. */
function readSource(text) {
  const entries = text.matchAll(/([\w-]+)=(?:"([^"]*)"|([^,]*))/g);
  return Object.fromEntries(Array.from(entries, ([, key, word, number]) => [key, word ?? Number(number)]));
}

// MARK: Label images

/** Takes a PNG of the current image's size with few values as labels, if that is wanted. */
async function isLabels(file) {
  const image = current();
  if (!image?.labels || !/png$/i.test(file.type || file.name)) return false;
  const picture = await decodePNG(new Uint8Array(await file.arrayBuffer())).catch(() => null);
  if (!picture || picture.width !== image.width || picture.height !== image.height) return false;
  const bytes = labelsOf(picture);
  if (!bytes) return false;
  const values = [...new Set(bytes)].filter((value) => value && value < 255).sort((a, b) => a - b);
  const wanted = await ask("Labels or another image?",
    `${file.name} has ${values.length} values beside 0, and the size of ${image.name}. `
    + "Take it as the labels of this image? They replace what is painted; this can be undone.",
    "Take as labels");
  if (!wanted) return false;
  const before = copyOfClasses();
  for (const id of values) while (!classOf(id) && addClass() !== id);
  image.labels.replace(bytes, `labels of ${file.name}`, before);
  emitStep();
  return true;
}

/** The classes of a picture with at most 20 values: as they are if they count 1, 2, 3, else their
    ranks; 0 and black stay unlabelled. Null if it has more. */
function labelsOf({ channels, samples, width, height }) {
  const area = width * height, numbers = new Map([[0, 0]]), found = [];
  const step = channels === 2 ? 1 : Math.min(3, channels);
  const numberAt = (i) => {
    let number = 0;
    for (let k = 0; k < step; k++) number = number * 65536 + samples[i * channels + k];
    return number;
  };
  for (let i = 0; i < area; i++) {
    const number = numberAt(i);
    if (!numbers.has(number)) {
      found.push(number);
      numbers.set(number, found.length);
      if (found.length > 20) return null;
    }
  }
  if (step === 1) {
    const isCounted = found.every((value) => value <= 20 || value === 255);
    found.sort((a, b) => a - b).forEach((value, i) => numbers.set(value, isCounted ? value : i + 1));
  }
  return found.length ? Uint8Array.from({ length: area }, (_, i) => numbers.get(numberAt(i))) : null;
}
