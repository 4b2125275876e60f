// Projects: named, begun anew, opened again, and as one file.

import { $, element, plain, save, stem } from "./dom.js";
import { decodePNG, decodeZIP, encodeZIP, utf8 } from "./files.js";
import * as keep from "./keep.js";
import { Labels } from "./labels.js";
import { labelsPNG } from "./live.js";
import { attempt, say } from "./messages.js";
import { keyOf, show } from "./open.js";
import { adopt, emptyProject, emit, on, state } from "./state.js";

export function prepare() {
  $("projects-open").onclick = async () => {
    $("project-name").value = state.project.name;
    await list($("project-list"), 50);
    $("projects").showModal();
  };
  $("project-name").onchange = () => {
    state.project.name = $("project-name").value.trim() || "Untitled";
    keep.touch();
  };
  $("project-new").onclick = async () => {
    $("projects").close();
    adopt(emptyProject());
    localStorage.removeItem("eyepiece-project");
    await keep.claim();
    refresh();
  };
  $("export").onclick = () => attempt("export", exportProject);
  on("import", (file) => attempt("import", () => importProject(file)));
  on("image", () => { if (!state.project.current) listRecent(); });
  listRecent();
}

function refresh() {
  for (const event of ["settings", "classes", "images", "image"]) emit(event);
}

async function listRecent() {
  const place = element("ul");
  const some = await list(place, 4);
  $("recent").replaceChildren(...(some ? [element("h3", { textContent: "Or go on with" }), place] : []));
}

async function list(place, most) {
  const all = (await keep.projects().catch(() => [])).slice(0, most);
  place.replaceChildren(...all.map((one) => {
    const date = new Date(one.updated).toLocaleString();
    const text = `${one.name}, ${one.images.length} image${one.images.length > 1 ? "s" : ""}, ${date}`;
    const row = element("div", { className: "row" },
      element("button", { textContent: "Open", "aria-label": `Open ${one.name}`,
        onclick: () => attempt("project", () => open(one.id)) }),
      place.id && one.id !== state.project.id ? element("button", {
        textContent: "Delete", "aria-label": `Delete ${one.name}`,
        onclick: (event) => { event.target.closest("li").remove(); keep.removeProject(one.id); },
      }) : null);
    return element("li", {}, element("span", { textContent: text }), row);
  }));
  return all.length;
}

async function open(id) {
  $("projects").close();
  const image = await keep.openProject(id);
  if (image) await show(image);
}

async function exportProject() {
  const { name, classes, classId, settings, images } = state.project, files = [];
  const list = [];
  for (const [i, image] of images.entries()) {
    const path = `images/${i + 1}-${plain(image.name)}`, labels = `labels/${i + 1}.png`;
    files.push([path, new Uint8Array(await image.file.arrayBuffer())], [labels, await labelsPNG(image)]);
    list.push({ name: image.name, path, labels, options: image.options });
  }
  const text = JSON.stringify({ format: "eyepiece-project/1", name, classes, classId, settings, images: list }, null, 1);
  save(`${stem(name)}.eyepiece`, encodeZIP([["project.json", utf8(text)], ...files]));
}

async function importProject(file) {
  const files = decodeZIP(new Uint8Array(await file.arrayBuffer()));
  const kept = JSON.parse(new TextDecoder().decode(files.get("project.json") ?? new Uint8Array()));
  if (kept.format !== "eyepiece-project/1") throw new Error(`${file.name} is no project of this page`);
  const images = [];
  for (const one of kept.images) {
    const { width, height, samples } = await decodePNG(files.get(one.labels));
    const source = new File([files.get(one.path)], one.name);
    images.push({ key: await keyOf(source), name: one.name, file: source, options: one.options,
      width, height, views: {}, others: {}, labels: new Labels(width, height, { bytes: Uint8Array.from(samples) }) });
  }
  const { name, classes, classId, settings } = kept;
  adopt({ ...emptyProject(), name, classes, classId, settings, images });
  await keep.claim();
  for (const image of images) keep.touch(image);
  refresh();
  if (images.length) await show(images[0]);
  say(`${name} is open`);
}
