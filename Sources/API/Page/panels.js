// The panel at the side: classes, views, and how it is segmented.

import { fetchClusters } from "./clusters.js";
import { $, count, element, percent } from "./dom.js";
import { fieldPath, makeField } from "./fields.js";
import { lookAgain } from "./open.js";
import { fetchFeatureView } from "./looks.js";
import { follow, labelledImages, showUncertainty } from "./live.js";
import { attempt, say } from "./messages.js";
import {
  addClass, change, chooseClass, copyOfClasses, current, emit, emitStep, isHatched, on, settings, state,
} from "./state.js";
import { chooseTool, undo } from "./tools.js";
import { fit, isFeatureView, zoomBy, zoomTo } from "./view.js";

const VIEWS = {
  picture: "Picture", result: "Segmentation", uncertain: "Uncertainty", features: "Features",
  attention: "Attention", similar: "Like a pixel", clusters: "Clusters",
};
const CHOICES = {
  features: { auto: "automatic", hybrid: "deep and classical", deep: "deep", classical: "classical" },
  clean: { none: "none", guided: "along edges", majority: "majority", area: "small areas", crf: "random field" },
  quality: { draft: "draft, fastest", standard: "standard", fine: "fine, slow" },
};

/** Check boxes by their names in the document, and the settings that they are. */
const SWITCHES = { live: "live", "only-free": "onlyFree", outline: "outline", "show-labels": "showLabels" };

export function prepare() {
  prepareTools();
  prepareViews();
  prepareChoices();
  $("class-add").onclick = () => addClass() ?? say("There are 254 classes already");
  on("classes", showClasses);
  on("labels found", () => { waiting ||= setTimeout(showCounts, 100); });
  on("image", () => { showClasses(); showFile(); });
  on("picture", showFile);
  showClasses();
}

// MARK: Tools

function prepareTools() {
  const buttons = document.querySelectorAll("[data-tool]");
  const show = () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", button.dataset.tool === state.tool);
    }
    $("stage").classList.toggle("hand", state.tool === "hand");
    $("brush-size").value = settings().brush;
    // 1 to 400 pixels, in equal ratios.
    $("brush").value = 100 * Math.log(settings().brush) / Math.log(400);
    $("brush").setAttribute("aria-valuetext", `${settings().brush} pixels`);
  };
  for (const button of buttons) button.onclick = () => chooseTool(button.dataset.tool);
  $("brush").oninput = () => change({ brush: Math.round(400 ** ($("brush").value / 100)) });
  $("undo").onclick = () => undo();
  $("redo").onclick = () => undo(true);
  $("zoom-in").onclick = () => zoomBy(1.25);
  $("zoom-out").onclick = () => zoomBy(0.8);
  $("zoom-fit").onclick = fit;
  $("zoom-one").onclick = () => zoomTo(1);
  on("tool settings", show);
  show();
}

// MARK: Classes

let shown = "", waiting = 0;

function showClasses() {
  const { classes, classId } = state.project;
  const key = JSON.stringify([classes, classId]);
  if (key !== shown) {
    shown = key;
    const focused = document.activeElement?.closest?.("#classes li")?.dataset.id;
    $("classes").replaceChildren(...classes.map((one) => row(one, one.id === classId)));
    if (focused) document.querySelector(`#classes li[data-id="${focused}"] .number`)?.focus();
  }
  showCounts();
}

function showCounts() {
  waiting = clearTimeout(waiting);
  const { labels, found } = current() ?? {};
  for (const item of $("classes").children) {
    const painted = labels?.counts[item.dataset.id] ?? 0, part = found?.[item.dataset.id];
    const words = [painted ? `${count(painted)} px painted` : "nothing painted"];
    if (part != null) words.push(percent(part));
    item.querySelector(".count").textContent = labels ? words.join(" · ") : "";
  }
}

function row(one, isChosen) {
  const edit = (values) => { Object.assign(one, values); shown = ""; emit("classes"); };
  return element("li", { className: isChosen ? "chosen" : "", data: { id: one.id } },
    element("button", {
      className: "number", textContent: one.id, title: isHatched(one.id) ? "hatched" : "",
      "aria-label": `Paint ${one.name}`, "aria-pressed": isChosen,
      ...(one.id < 10 && { "aria-keyshortcuts": one.id }), onclick: () => chooseClass(one.id),
    }),
    element("input", {
      type: "color", value: one.color, "aria-label": `Colour of ${one.name}`,
      onchange: (event) => edit({ color: event.target.value.toUpperCase() }),
    }),
    element("input", {
      type: "text", value: one.name, maxLength: 60, "aria-label": `Name of class ${one.id}`,
      onchange: (event) => edit({ name: event.target.value.trim() || `class ${one.id}` }),
    }),
    element("button", {
      className: "icon", textContent: "lock",
      "aria-label": `Lock ${one.name}`, "aria-pressed": Boolean(one.isLocked),
      title: "A locked class is not painted over", onclick: () => edit({ isLocked: !one.isLocked }),
    }),
    element("button", {
      className: "icon", textContent: "✕", "aria-label": `Delete ${one.name}`,
      disabled: state.project.classes.length < 2, onclick: () => removeClass(one.id),
    }),
    element("span", { className: "count" }));
}

/** Deletes a class and its strokes; those of other images too. The current image's step undoes it. */
function removeClass(id) {
  const before = copyOfClasses(), name = before.find((one) => one.id === id)?.name;
  state.project.classes = state.project.classes.filter((one) => one.id !== id);
  if (state.project.classId === id) chooseClass(state.project.classes[0].id);
  for (const image of new Set([current(), ...labelledImages()])) {
    image?.labels.replace(image.labels.bytes.map((value) => (value === id ? 0 : value)),
      `delete ${name}`, image === current() ? before : undefined);
  }
  emit("classes");
  emitStep();
}

// MARK: Views

function prepareViews() {
  const buttons = Object.entries(VIEWS).map(([view, text]) => element("button", {
    role: "radio", textContent: text, data: { view }, onclick: () => look(view),
  }));
  $("views").append(...buttons);
  $("views").onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = buttons.findIndex((button) => button.dataset.view === settings().view);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  };
  const opacity = () => (isFeatureView() ? "featureOpacity" : "opacity");
  const show = () => {
    for (const button of buttons) {
      const isShown = button.dataset.view === settings().view;
      button.setAttribute("aria-checked", isShown);
      button.tabIndex = isShown ? 0 : -1;
    }
    $("opacity").value = 100 * settings()[opacity()];
  };
  $("opacity").oninput = () => change({ [opacity()]: $("opacity").value / 100 });
  on("settings", show);
  on("image back", () => {
    const { view } = settings();
    look(view === "similar" && !current()?.views.similar ? "result" : view);
  });
  on("stroke", () => {
    if (isFeatureView() && current()?.labels.labelled) change({ view: "result" });
  });
  show();
}

/** Shows a view, and fetches what it needs. */
export function look(view) {
  const image = current();
  if (view !== settings().view) change({ view });
  if (!image) return;
  if (view === "similar" && !image.views.similar) {
    chooseTool("similar");
    say("Click a pixel: what is like it lights up");
  } else if (view === "uncertain") say("Bright pixels are uncertain; at borders of classes some always are");
  const get = { uncertain: showUncertainty, clusters: fetchClusters, features: fetchFeatureView,
    attention: fetchFeatureView }[view];
  if (get) attempt("view", () => get(image, view));
}

// MARK: How it is segmented

function prepareChoices() {
  const show = () => {
    for (const name of Object.keys(CHOICES)) $(name).value = settings()[name];
    for (const name of Object.keys(SWITCHES)) $(name).checked = settings()[SWITCHES[name]];
  };
  for (const [name, words] of Object.entries(CHOICES)) {
    $(name).append(...Object.entries(words).map(([value, textContent]) => element("option", { value, textContent })));
    $(name).onchange = () => {
      change({ [name]: $(name).value });
      if (name !== "quality") follow();
      else if (current()) makeField(current());
    };
  }
  for (const [name, key] of Object.entries(SWITCHES)) {
    $(name).onchange = () => {
      change({ [key]: $(name).checked });
      if (key === "live" && settings().live) follow();
    };
  }
  $("train").onclick = () => {
    follow();
    if (current() && !fieldPath(current())) makeField(current());
  };
  on("settings", show);
  show();
}

// MARK: The file

function showFile() {
  const image = current(), source = image?.source;
  $("crop").hidden = !image;
  $("crop").textContent = image?.options.crop ? "Whole image" : "Crop…";
  $("pages").hidden = !(source?.pages > 1);
  $("channels").hidden = !(source?.kind === "channels");
  if (!source) return;
  $("page").max = source.pages - 1;
  $("page").title = `0 to ${source.pages - 1}`;
  $("page").value = image.options.page ?? 0;
  $("channel").replaceChildren(...["mean", ...Array(source.channels).keys()].map((value) =>
    element("option", { value, textContent: value })));
  $("channel").value = image.options.channel ?? "mean";
  $("page").onchange = () => lookAgain(image, { page: Number($("page").value) });
  $("channel").onchange = () => lookAgain(image, { channel: $("channel").value });
}
