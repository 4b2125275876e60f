// The project is kept in the browser after each step, and found again when the page is opened.

import { $ } from "./dom.js";
import { Labels } from "./labels.js";
import { complain, settle } from "./messages.js";
import { adopt, emit, on, state } from "./state.js";

const DELAY = 500;
/** `opened` is done when there is a database, or none can be had. */
let database, opened, timer = 0, savedAt = 0, flushedAt = -DELAY;
/** Images whose labels or options were changed since they were kept. */
const changed = new Set();

export function prepare() {
  on("stroke field", () => touch(state.project.current));
  on("classes settings image images", () => touch());
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  window.addEventListener("pagehide", flush);
  setInterval(showAge, 1000);
  opened = open().catch(({ message }) =>
    complain("keeping", { title: "This browser keeps nothing for this page", message }));
}

async function open() {
  const request = indexedDB.open("eyepiece", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("projects", { keyPath: "id" });
    request.result.createObjectStore("images", { keyPath: "key" });
  };
  database = await done(request);
  if (changed.size) flush();
}

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function read(store, key) {
  await opened;
  return database && done(database.transaction(store).objectStore(store).get(key));
}

// MARK: Writing

/** Notes that something is to be kept. */
export function touch(image) {
  if (image) changed.add(image);
  const wait = Math.max(30, DELAY - (performance.now() - flushedAt));
  timer ||= setTimeout(flush, wait);
}

function flush() {
  clearTimeout(timer);
  timer = 0;
  flushedAt = performance.now();
  const { project } = state;
  if (!database || state.isReadOnly || !project.images.length) return;
  try {
    const transaction = database.transaction(["projects", "images"], "readwrite");
    for (const image of changed) {
      if (image.labels) transaction.objectStore("images").put(recordOf(image));
    }
    changed.clear();
    transaction.objectStore("projects").put({
      id: project.id, name: project.name, updated: Date.now(), classes: project.classes,
      classId: project.classId, settings: project.settings, batch: project.batch,
      images: project.images.map((image) => image.key), current: project.current?.key,
    });
    transaction.oncomplete = () => {
      savedAt = Date.now();
      settle("keeping");
      showAge();
    };
    transaction.onabort = () => refuse(transaction.error);
    // So that it ends even when the page does.
    transaction.commit();
    localStorage.setItem("eyepiece-project", project.id);
  } catch (error) {
    refuse(error);
  }
}

function refuse(error) {
  const quota = error?.name === "QuotaExceededError";
  complain("keeping", {
    title: "The last strokes are not kept",
    message: quota ? "The browser's room for this page is full. Export the project, then close others."
      : String(error?.message ?? error),
  }, flush);
}

function recordOf(image) {
  const { key, name, file, options, width, height, labels } = image;
  return {
    key, name, file, options, width, height, ...labels.state, pixelSize: image.pixelSize,
    others: Object.entries(image.others ?? {}).map(([page, { width, height, state }]) =>
      [page, { width, height, ...state }]),
  };
}

function showAge() {
  const seconds = Math.round((Date.now() - savedAt) / 1000);
  $("saved").textContent = !savedAt || !state.project.images.length ? ""
    : seconds < 5 ? "saved" : seconds < 90 ? `saved ${seconds} s ago`
      : `saved ${Math.round(seconds / 60)} min ago`;
}

// MARK: Reading

/** What is kept of an image: its options, size and labels; undefined where there is nothing. */
export const keptImage = (key) => read("images", key);

/** The labels of an image's other pages. */
export const othersOf = ({ others = [] }) => Object.fromEntries(others.map(([page, one]) =>
  [page, new Labels(one.width, one.height, one)]));

/** The projects that are kept, the latest first. */
export async function projects() {
  await opened;
  if (!database) return [];
  const all = await done(database.transaction("projects").objectStore("projects").getAll());
  return all.sort((a, b) => b.updated - a.updated);
}

/** Opens a kept project, the last one by default; returns the image to show, if there is one. */
export async function openProject(id = localStorage.getItem("eyepiece-project")) {
  const kept = id && await read("projects", id);
  if (!kept) return null;
  const images = [];
  for (const key of kept.images) {
    const one = await keptImage(key);
    if (!one) continue;
    const { name, file, options, width, height, pixelSize } = one;
    images.push({ key, name, file, options, width, height, pixelSize, views: {},
      labels: new Labels(width, height, one), others: othersOf(one) });
  }
  if (!images.length) return null;
  const { classes, classId, settings, name, batch } = kept;
  adopt({ id: kept.id, name, classes, classId, lastClassId: classId, settings, batch, images, current: null });
  localStorage.setItem("eyepiece-project", kept.id);
  emit("settings");
  emit("classes");
  await claim();
  return images.find((image) => image.key === kept.current) ?? images[0];
}

/** Removes a project, and the images that no other has. */
export async function removeProject(id) {
  const all = await projects(), imagesOf = (some) => some.flatMap((one) => one.images);
  const left = imagesOf(all.filter((one) => one.id !== id)), gone = imagesOf(all.filter((one) => one.id === id));
  const transaction = database.transaction(["projects", "images"], "readwrite");
  transaction.objectStore("projects").delete(id);
  for (const key of gone) if (!left.includes(key)) transaction.objectStore("images").delete(key);
}

let release = null;

/** Makes this the one tab that writes to the project; a second one only looks. */
export function claim() {
  release?.();
  navigator.storage?.persist?.().catch(() => {});
  if (!navigator.locks) return Promise.resolve();
  return new Promise((resolve) => {
    navigator.locks.request(`eyepiece ${state.project.id}`, { ifAvailable: true }, (lock) => {
      state.isReadOnly = !lock;
      $("read-only").hidden = Boolean(lock);
      resolve();
      return lock ? new Promise((end) => { release = end; }) : undefined;
    });
  });
}
