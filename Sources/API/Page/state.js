// What is open: a project of images and classes, and who wants to know when it changes.

/** Okabe and Ito's colours without black, in an order for grey pictures; beyond them, hatched. */
export const COLORS = [
  "#D55E00", "#56B4E9", "#F0E442", "#009E73", "#CC79A7", "#0072B2", "#E69F00",
];

export const isHatched = (id) => Math.floor((id - 1) / COLORS.length) % 2 === 1;

const usual = () => ({
  view: "result", features: "auto", quality: "draft", clean: "none", live: true, opacity: 0.5,
  featureOpacity: 1, outline: false, showLabels: true, brush: 12, clusters: 6, onlyFree: false, seconds: 9,
});

const one = (id) => ({ id, name: `class ${id}`, color: COLORS[(id - 1) % COLORS.length] });

export function emptyProject() {
  return {
    id: `${Date.now().toString(36)}-${Math.floor(Math.random() * 1e9).toString(36)}`,
    name: "Untitled", classes: [one(1), one(2)], classId: 1, lastClassId: 2, images: [],
    current: null, settings: usual(),
  };
}

export const state = {
  project: emptyProject(),
  tool: "brush",
  isReadOnly: false,
  isAway: false,
};

/** The image that is looked at; null where there is none. */
export const current = () => state.project.current;
export const settings = () => state.project.settings;

export function adopt(project) {
  state.project = { ...project, settings: { ...usual(), ...project.settings } };
}

const listeners = new Map();

/** Events: `image` another is shown, `images` the list changed, `labels` were changed, `stroke` a step
    ended, `classes`, `settings`, `field` its state, `result`, `tool`, `size` of an image. */
export function on(names, listener) {
  for (const name of names.split(" ")) {
    listeners.set(name, [...(listeners.get(name) ?? []), listener]);
  }
}

export function emit(name, ...details) {
  for (const listener of listeners.get(name) ?? []) listener(...details);
}

export function change(settings, value) {
  state.project.settings = { ...state.project.settings, ...settings };
  emit("settings", settings, value);
}

// MARK: Classes

export const classOf = (id) => state.project.classes.find((one) => one.id === id);

/** A new class has the lowest free number: numbers are never given out again to shift others. */
export function addClass() {
  const { classes } = state.project;
  let id = 1;
  while (classes.some((one) => one.id === id)) id++;
  if (id > 254) return null;
  classes.push(one(id));
  classes.sort((a, b) => a.id - b.id);
  chooseClass(id);
  emit("classes");
  return id;
}

export function chooseClass(id) {
  const { project } = state;
  if (!classOf(id)) return;
  if (id !== project.classId) project.lastClassId = project.classId;
  project.classId = id;
  emit("classes");
}

/** For each number, whether its class is locked. */
export function locks() {
  const all = new Uint8Array(256);
  for (const one of state.project.classes) if (one.isLocked) all[one.id] = 1;
  return all;
}

export const copyOfClasses = () => state.project.classes.map((one) => ({ ...one }));

// MARK: Pixels

/** The index of the pixel at a place in an image; undefined outside. */
export function indexAt({ width, height }, [x, y]) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  return column >= 0 && row >= 0 && column < width && row < height ? row * width + column : undefined;
}

/** Tells that a step of the labels ended. */
export function emitStep() {
  emit("labels");
  emit("stroke");
}
