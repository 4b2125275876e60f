// The features of an image: made by the server once, asked for ever after.

import { $ } from "./dom.js";
import { json, Problem, query, send } from "./api.js";
import { complain, say, settle } from "./messages.js";
import { current, emit, on, settings, state } from "./state.js";

const POLL = 300;

export function prepare() {
  on("image back", () => { if (current()) makeField(current()); showProgress(); });
  on("field", showProgress);
  $("cancel").onclick = () => {
    const field = current()?.field;
    if (!field) return;
    field.state = "stopped";
    field.abort.abort();
    if (field.isAsync) send(`fields/${field.id}`, { method: "DELETE" }).catch(() => {});
    showProgress();
  };
  $("make").onclick = () => makeField(current());
  setInterval(showProgress, 250);
}

/** The options that say what of the file is looked at. */
export const lookOptions = (image) => ({
  page: image.options.page || undefined, channel: image.options.channel,
  crop: image.options.crop, scale: image.options.scale,
});

/** The options that say how it is encoded: with the layers that classifiers are best offered. */
const fieldOptions = (image) => ({ quality: settings().quality, for: "segmentation", ...lookOptions(image) });

/** The image's name on the server, where it is sent if it is not there. */
export async function sendImage(image, signal, again = false) {
  if (image.sent && !again) return image.sent;
  const kept = await json("images", { method: "POST", body: image.file, signal });
  [image.sent, image.fileSize] = [kept.image, kept.size];
  return image.sent;
}

/** A field of an image that can be asked, or will be: makes it where there is none.

    `image.field` is `{state, id, progress, views, promise, …}`; its state is `sending`,
    `waiting`, `encoding`, `ready`, `failed` or `stopped`. */
export function makeField(image) {
  const wanted = query(fieldOptions(image));
  const { field } = image;
  if (field?.wanted === wanted && !["failed", "stopped"].includes(field.state)) return field.promise;
  field?.abort?.abort();
  const made = { wanted, state: "sending", begun: performance.now(), abort: new AbortController() };
  image.field = made;
  made.promise = make(image, made).then((description) => {
    made.state = "ready";
    made.description = description;
    image.pixelSize = description.source?.pixelSize ?? image.pixelSize;
    settle(`field ${image.key}`);
    const seconds = (performance.now() - made.begun) / 1000;
    if (made.wasMade) {
      const perMegapixel = seconds / (image.width * image.height / 1e6);
      state.project.settings.seconds = perMegapixel;
      say(`Features of ${image.name} are ready (${seconds.toFixed(1)} s)`);
    }
    if (image.field === made) emit("field", image);
    return made;
  }).catch((error) => {
    if (image.field === made && made.state !== "stopped") {
      made.state = "failed";
      made.error = error;
      complain(`field ${image.key}`, error, () => makeField(image));
    }
    emit("field", image);
    throw error;
  });
  made.promise.catch(() => {});
  emit("field", image);
  return made.promise;
}

async function make(image, made, isSecond = false) {
  const { signal } = made.abort;
  const name = await sendImage(image, signal, isSecond);
  made.state = "encoding";
  made.predicted = settings().seconds * image.width * image.height / 1e6;
  let response;
  try {
    response = await send(`fields${query({ ...fieldOptions(image), image: name })}`,
      { method: "POST", headers: { Prefer: "respond-async" }, signal });
  } catch (error) {
    // Images are dropped where there is no room: it is sent again, once.
    if (error instanceof Problem && error.status === 404 && !isSecond) {
      return make(image, made, true);
    }
    throw error;
  }
  const description = await response.json();
  made.id = description.id;
  made.wasMade = response.status !== 200;
  if (response.status !== 202) return description;
  return follow(image, made, description);
}

/** Asks again and again how far a field is that is made meanwhile. */
async function follow(image, made, first) {
  let field = first;
  made.isAsync = true;
  for (;;) {
    made.state = field.state === "waiting" ? "waiting" : "encoding";
    made.progress = field.progress ?? 0;
    made.left = field.secondsLeft ?? field.seconds;
    made.toldAt = performance.now();
    if (field.viewsDone > 0) made.views = `${field.viewsDone} of ${field.views} views`;
    const isNews = made.viewsDone !== field.viewsDone;
    made.viewsDone = field.viewsDone ?? 0;
    if (isNews) emit("field", image);
    await new Promise((resolve) => setTimeout(resolve, POLL));
    made.abort.signal.throwIfAborted();
    field = await json(`fields/${made.id}`, { signal: made.abort.signal });
    if (field.state === "failed") {
      throw new Problem(500, field.problem ?? { title: "The features could not be made" });
    }
    if (!field.state || field.state === "ready") return field;
  }
}

/** Where a field can be asked for a set of features: `{path, views}`, or null where it cannot yet.

    One that is made in the background answers for classical features at once, for others as soon as
    its first view is there. */
export function askable(image, features = "hybrid") {
  const { field } = image, path = `fields/${field?.id}`;
  if (field?.state === "ready") return { path };
  if (!field?.isAsync || !["waiting", "encoding"].includes(field.state)) return null;
  if (features === "classical") return { path };
  return field.viewsDone > 0 ? { path, views: "partial" } : null;
}

/** The field's path once it is made; null before. */
export const fieldPath = (image) => (image.field?.state === "ready" ? askable(image).path : null);

/** The last of the layers of an image's field, where it has several: it suffices for a preview, in half
    the time. */
export function lastLayer({ field }) {
  const layers = `${field?.description?.request?.layer ?? ""}`.split(",");
  return layers.length > 1 ? Math.max(...layers) : undefined;
}

/** Called where the server knows a field no more: it is made again, without a word. */
export function forget(image) {
  image.field = null;
  return makeField(image);
}

// MARK: Progress

function showProgress() {
  const image = current(), field = image?.field;
  const isBusy = field && ["sending", "waiting", "encoding"].includes(field.state);
  $("progress").hidden = !isBusy;
  $("make").hidden = !(field && ["failed", "stopped"].includes(field.state));
  if (!isBusy) {
    $("progress-bar").value = 0;
    return;
  }
  const past = (performance.now() - field.begun) / 1000;
  const part = field.progress ?? Math.min(0.97, past / Math.max(1, field.predicted ?? 10));
  const left = field.left != null ? field.left - (performance.now() - field.toldAt) / 1000
    : (field.predicted ?? 10) - past;
  const words = {
    sending: "sending", waiting: "waiting for a turn",
    encoding: left > 0.5 ? `${Math.ceil(left)} s left` : "almost done",
  }[field.state];
  $("progress-bar").value = part;
  $("progress-text").textContent = `features: ${words}${field.views ? `, ${field.views}` : ""}`;
}
