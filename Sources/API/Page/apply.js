// One classifier over all images of the project: as a batch of jobs that the server finishes also
// without the page, or image by image where it keeps no jobs; and the results as one archive.

import { bytes, json, post, Problem, query, send } from "./api.js";
import { $, element, plain, save, stem } from "./dom.js";
import { fieldPath, lookOptions, makeField, sendImage } from "./fields.js";
import { encodeTIFF, encodeZIP, utf8 } from "./files.js";
import { touch } from "./keep.js";
import { labelsPNG, train } from "./live.js";
import { csvRows, micrometres } from "./measure.js";
import { attempt, card, say, settle } from "./messages.js";
import { emit, on, settings, state } from "./state.js";

const POLL = 1000;
/** The batch that is watched. */
let watched = null;

export function prepare() {
  on("images back", () => { if (state.project.batch) attempt("batch", () => watch(false)); });
}

/** Trains the classifier, with the classes' names, on all labels. */
export const trainAll = () => train({ features: settings().features, kind: "logistic" });

/** Segments every image, and saves the results. */
export async function applyToAll() {
  const { project } = state, { images } = project, { features, quality, clean } = settings();
  const unopened = images.find((image) => !image.labels);
  if (unopened) throw new Error(`${unopened.name} was not opened yet`);
  const options = { classifier: await trainAll(), clean, format: "raw" };
  const run = { ...options, features, quality, keys: images.map((image) => image.key) };
  // Fields that are there are taken, whichever of their layers the classifier sees.
  const layer = images.find((image) => image.field?.description)?.field.description.request.layer;
  const jobs = [];
  for (const image of images) jobs.push({ image: await sendImage(image), name: image.name, ...lookOptions(image) });
  try {
    run.id = (await post("batches", { name: project.name, defaults: { ...options, layer }, jobs })).id;
  } catch (error) {
    if (!(error instanceof Problem) || ![404, 405].includes(error.status)) throw error;
    return archive(run, await oneByOne(images, options));
  }
  project.batch = run;
  touch();
  await watch(true);
}

async function oneByOne(images, options) {
  const found = [];
  for (const [i, image] of images.entries()) {
    tell(i, images.length);
    await makeField(image);
    found.push((await bytes(`${fieldPath(image)}/segmentation${query(options)}`)).bytes);
  }
  return found;
}

/** Follows the project's batch to its end; its results are saved, or offered where the page was closed
    meanwhile. */
async function watch(isAsked) {
  const { project } = state, run = project.batch;
  if (watched === run.id) return;
  watched = run.id;
  settle("batch");
  try {
    for (;;) {
      const batch = await json(`batches/${run.id}`).catch((error) => {
        if (error.status !== 404) throw error;
      });
      if (state.project !== project || project.batch !== run) return hide();
      if (!batch) return finish(project, "The batch is forgotten by the server");
      tell(batch.total - batch.waiting - batch.running, batch.total, batch.endsIn, () => send(`batches/${run.id}`, { method: "DELETE" }));
      if (batch.cancelled && batch.ended) return finish(project, "Applying to all images was cancelled");
      if (batch.ended) break;
      await new Promise((go) => setTimeout(go, POLL));
    }
    hide();
    if (isAsked) return await collect(project, run);
    offer(project, run);
  } finally {
    watched = null;
  }
}

/** Where the page was opened again meanwhile. */
function offer(project, run) {
  const choice = (className, textContent, act) => element("button", {
    className, textContent, onclick: () => { settle("batch"); attempt("batch", act); } });
  card("batch", "status", "All images are segmented",
    choice("primary", "Save the results", () => collect(project, run)),
    choice("quiet", "Leave them", () => finish(project, "")));
}

async function collect(project, run) {
  const lines = new TextDecoder().decode((await bytes(`batches/${run.id}/results?format=ndjson`)).bytes)
    .trim().split("\n").map((line) => JSON.parse(line)).sort((a, b) => a.place - b.place);
  const found = [];
  for (const line of lines) found.push(line.state === "done" ? (await bytes(line.path.slice(1))).bytes : null);
  await archive(run, found, lines);
  finish(project, "");
}

function finish(project, words) {
  hide();
  project.batch = undefined;
  touch();
  if (words) say(words);
}

// MARK: How far it is

function tell(done, total, left, cancel) {
  $("applying").hidden = false;
  $("applying-bar").value = done / total;
  $("applying-text").textContent = `${done} of ${total} images${left > 1 ? `, ${Math.ceil(left)} s left` : ""}`;
  $("applying-cancel").hidden = !cancel;
  $("applying-cancel").onclick = () => cancel().catch(() => {});
}

const hide = () => { $("applying").hidden = true; };

// MARK: The archive

/** Saves label TIFFs, painted labels, one table, the classifier and a note. */
async function archive(run, found, lines = []) {
  hide();
  const { classes, images, name } = state.project, files = [], rows = [], failed = [];
  for (const [i, key] of run.keys.entries()) {
    const image = images.find((one) => one.key === key), all = found[i];
    if (!image) continue;
    if (all?.length !== image.width * image.height) {
      failed.push(`  ${image.name}: ${lines[i]?.problem?.title ?? lines[i]?.state ?? "it has another size now"}`);
      continue;
    }
    image.result = { bytes: all, classifier: run.classifier, features: run.features, kind: "logistic", clean: run.clean };
    const base = `${i + 1}-${plain(stem(image.name))}`;
    files.push([`${base}-classes.tif`, encodeTIFF(all, image.width, image.height, classes, micrometres(image))]);
    if (image.labels.labelled) files.push([`${base}-labels.png`, await labelsPNG(image)]);
    rows.push(...csvRows(image).slice(rows.length ? 1 : 0));
  }
  const file = await bytes(`classifiers/${run.classifier}`);
  files.push(["fractions.csv", utf8(rows.join(""))], ["classifier.safetensors", file.bytes],
    ["README.txt", utf8(note(run, failed))]);
  save(`${stem(name)}-results.zip`, encodeZIP(files), "application/zip");
  say(`${run.keys.length - failed.length} images are segmented and saved`);
  emit("result", state.project.current);
}

const note = (run, failed) => `${state.project.name}: results of ${new Date().toISOString()}
Classifier ${run.classifier}, logistic regression on ${run.features === "auto" ? "features that the server chose" : `${run.features} features`}
(detail: ${run.quality}, clean-up: ${run.clean}), trained on the labels in this archive.
Values in *-classes.tif are the numbers of the classes:
${state.project.classes.map((one) => `  ${one.id}  ${one.name}  ${one.color}`).join("\n")}
fractions.csv has the pixels of each class in each image.
${failed.length ? `Without a result:\n${failed.join("\n")}\n` : ""}`;
