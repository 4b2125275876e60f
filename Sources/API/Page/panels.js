// The panel at the side: classes, views, and how it is segmented.

import { entryOf, valuesOf } from "./api.js";
import { fetchClusters } from "./clusters.js";
import { $, count, element, percent } from "./dom.js";
import { fieldPath, makeField } from "./fields.js";
import { lookAgain } from "./open.js";
import { fetchFeatureView } from "./looks.js";
import { follow, labelledImages, showUncertainty } from "./live.js";
import { complain, say } from "./messages.js";
import {
  addClass, change, chooseClass, copyOfClasses, current, emit, isHatched, on, settings, state,
} from "./state.js";
import { chooseTool, undo } from "./tools.js";
import { fit, isFeatureView, zoomBy, zoomTo } from "./view.js";

const VIEWS = {
  picture: "Picture", result: "Segmentation", uncertain: "Uncertainty", features: "Features",
  attention: "Attention", similar: "Like a pixel", clusters: "Clusters",
};
const CHOICES = {
  features: { auto: "chosen by the server", hybrid: "deep and classical", deep: "deep", classical: "classical" },
  clean: { none: "none", guided: "along edges", majority: "majority", area: "small areas", crf: "random field", mrf: "random field" },
  quality: { draft: "draft, fastest", standard: "standard", fine: "fine, slow" },
};

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
  const number = element("button", {
    type: "button", className: "number", textContent: one.id, title: isHatched(one.id) ? "hatched" : "",
    "aria-label": `Paint ${one.name}`, "aria-pressed": isChosen, onclick: () => chooseClass(one.id),
  });
  if (one.id < 10) number.setAttribute("aria-keyshortcuts", one.id);
  return element("li", { className: isChosen ? "chosen" : "", data: { id: one.id } }, number,
    element("input", {
      type: "color", value: one.color, "aria-label": `Colour of ${one.name}`,
      onchange: (event) => edit({ color: event.target.value.toUpperCase() }),
    }),
    element("input", {
      type: "text", value: one.name, maxLength: 60, "aria-label": `Name of class ${one.id}`,
      onchange: (event) => edit({ name: event.target.value.trim() || `class ${one.id}` }),
    }),
    element("button", {
      type: "button", className: "icon", textContent: "lock",
      "aria-label": `Lock ${one.name}`, "aria-pressed": Boolean(one.isLocked),
      title: "A locked class is not painted over", onclick: () => edit({ isLocked: !one.isLocked }),
    }),
    element("button", {
      type: "button", className: "icon", textContent: "✕", "aria-label": `Delete ${one.name}`,
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
  emit("labels");
  emit("stroke");
}

// MARK: Views

function prepareViews() {
  const buttons = Object.entries(VIEWS).map(([view, text]) => element("button", {
    type: "button", role: "radio", textContent: text, data: { view },
    onclick: () => look(view),
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
  const show = () => {
    for (const button of buttons) {
      const isShown = button.dataset.view === settings().view;
      button.setAttribute("aria-checked", isShown);
      button.tabIndex = isShown ? 0 : -1;
    }
    const opacity = isFeatureView() ? settings().featureOpacity ?? 1 : settings().opacity;
    $("opacity").value = 100 * opacity;
    $("outline").checked = settings().outline;
    $("show-labels").checked = settings().showLabels;
  };
  $("opacity").oninput = () => {
    const opacity = $("opacity").value / 100;
    change(isFeatureView() ? { featureOpacity: opacity } : { opacity });
  };
  $("outline").onchange = () => change({ outline: $("outline").checked });
  $("show-labels").onchange = () => change({ showLabels: $("show-labels").checked });
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
export async function look(view) {
  const image = current();
  if (view !== settings().view) change({ view });
  if (!image) return;
  try {
    if (view === "uncertain") await showUncertainty(image);
    else if (view === "clusters") await fetchClusters(image);
    else if (view === "similar" && !image.views.similar) {
      chooseTool("similar");
      say("Click a pixel: what is like it lights up");
    } else if (isFeatureView() && view !== "similar") await fetchFeatureView(image, view);
  } catch (error) {
    complain("view", error, () => look(view));
  }
}

// MARK: How it is segmented

async function prepareChoices() {
  const fill = (name, values) => {
    const known = CHOICES[name];
    $(name).replaceChildren(...values.map((value) =>
      element("option", { value, textContent: known[value] ?? value })));
    $(name).value = settings()[name];
  };
  const show = () => {
    for (const name of Object.keys(CHOICES)) $(name).value = settings()[name];
    $("live").checked = settings().live;
    $("only-free").checked = settings().onlyFree;
  };
  fill("features", ["auto", "hybrid", "deep", "classical"]);
  fill("clean", ["none", "guided"]);
  fill("quality", ["draft", "standard", "fine"]);
  $("features").onchange = () => { change({ features: $("features").value }); follow(); };
  $("clean").onchange = () => { change({ clean: $("clean").value }); follow(); };
  $("quality").onchange = () => {
    change({ quality: $("quality").value });
    if (current()) makeField(current());
  };
  $("live").onchange = () => { change({ live: $("live").checked }); if (settings().live) follow(); };
  $("only-free").onchange = () => change({ onlyFree: $("only-free").checked });
  $("train").onclick = () => {
    follow();
    if (current() && !fieldPath(current())) makeField(current());
  };
  on("settings", show);
  show();
  // What this server has beyond these.
  const features = await valuesOf("features");
  if (features.length) fill("features", features);
  const clean = Object.keys(CHOICES.clean);
  const words = await entryOf("clean");
  fill("clean", clean.filter((name) => name === "none" || words.includes(`\`${name}`)));
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
  $("page").value = image.options.page ?? 0;
  $("channel").replaceChildren(
    element("option", { value: "mean", textContent: "mean" }),
    ...Array.from({ length: source.channels }, (_, i) =>
      element("option", { value: i, textContent: i })));
  $("channel").value = image.options.channel ?? "mean";
  $("page").onchange = () => lookAgain(image, { page: Number($("page").value) });
  $("channel").onchange = () => lookAgain(image, { channel: $("channel").value });
}
