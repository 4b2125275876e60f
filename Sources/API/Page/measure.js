// How much of the image each class covers.

import { json, query } from "./api.js";
import { $, count, element, percent } from "./dom.js";
import { askable } from "./fields.js";
import { attempt } from "./messages.js";
import { metres } from "./scale.js";
import { classOf, current, emit, on, state } from "./state.js";

export const MEASURES = { objects: "Objects", interfaces: "Interfaces", correlation: "Two-point correlation" };
const ROWS = 200;

export function prepare() {
  on("result image classes", () => { waiting ||= setTimeout(show, 60); });
  show();
}

let waiting = 0, tables = {}, tablesOf = "";

/** Pixels of each class in the result. */
function fractions(image) {
  const counts = new Uint32Array(256), { bytes } = image.result;
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]]++;
  return state.project.classes.map((one) => ({ ...one, pixels: counts[one.id],
    fraction: counts[one.id] / bytes.length }));
}

export const micrometres = (image) => metres(image) && metres(image) * 1e6;

/** A cell of a CSV (RFC 4180). What a table program would take for a formula is led by an apostrophe. */
export function cell(value) {
  const words = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}

const csv = (cells) => cells.map(cell).join(",") + "\r\n";

/** The fractions of a result as rows of a CSV, the names of the columns first. */
export function csvRows(image) {
  const size = micrometres(image), area = size ? ["area_um2"] : [];
  return [csv(["image", "class", "name", "pixels", "fraction", ...area]),
    ...fractions(image).map((one) => csv([image.name, one.id, one.name, one.pixels,
      one.fraction.toFixed(6), ...(size ? [(one.pixels * size * size).toPrecision(6)] : [])]))];
}

/** The query of a measurement of an image, or null where there is none yet. */
export function measurement(image, of, format) {
  const { result } = image, now = result && askable(image, result.features);
  if (!now || now.views || !result.classifier) return null;
  const { classifier, clean } = result;
  return `${now.path}/measurements${query({ classifier, clean, of, format })}`;
}

function show() {
  waiting = 0;
  const image = current();
  if (!image?.result) {
    $("measures").replaceChildren(element("p", { className: "small", textContent: "Fractions appear with the first segmentation." }));
    $("summary").textContent = "";
    return;
  }
  const rows = fractions(image);
  image.found = Object.fromEntries(rows.map((one) => [one.id, one.fraction]));
  emit("found");
  const key = `${image.key} ${image.result.classifier} ${image.result.clean}`;
  if (tablesOf !== key) {
    [tables, tablesOf] = [{}, key];
    if (image.result.kind === "logistic") fetchFractions(image, key);
  }
  const intervals = tables.fractions;
  const head = ["class", "pixels", "fraction", intervals && "95 % interval"].filter(Boolean);
  const body = rows.map((one) => {
    const name = element("td", {}, element("span", { className: "swatch", style: { background: one.color } }), one.name);
    const cells = [count(one.pixels), percent(one.fraction)];
    if (intervals) cells.push(intervalOf(intervals.find((row) => row.id === one.id)));
    return element("tr", {}, name, ...cells.map((text) => element("td", { textContent: text })));
  });
  $("measures").replaceChildren(table(head, body));
  $("summary").textContent = "These are fractions of this image’s pixels, as the classifier sees them"
    + (intervals ? "; the intervals are for the material that it is a part of." : ".");
  $("stage").setAttribute("aria-label", `Picture ${image.name}: `
    + rows.map((one) => `${one.name} covers ${percent(one.fraction)}`).join(", "));
  offerMore(image);
}

function table(head, rows) {
  return element("table", {}, element("thead", {}, element("tr", {},
    ...head.map((textContent) => element("th", { textContent, scope: "col" })))), element("tbody", {}, ...rows));
}

/** The two ends of a row's interval; none of a class that covers all or nothing. */
function intervalOf(row) {
  const ends = [row?.ci_low, row?.ci_high];
  return ends.every(Number.isFinite) ? ends.map(percent).join(" – ") : "–";
}

async function fetchFractions(image, key) {
  const path = measurement(image, "fractions", "json");
  const answer = path && await json(path).catch(() => null);
  if (!answer || tablesOf !== key) return;
  tables.fractions = answer.rows;
  show();
}

function offerMore(image) {
  const place = element("div", { className: "scroll" });
  const buttons = Object.entries(MEASURES).map(([of, textContent]) => element("button", {
    textContent, onclick: () => attempt("measure", () => showTable(image, of, place)) }));
  $("measures").append(element("div", { className: "row" }, ...buttons), place);
}

async function showTable(image, of, place) {
  const path = measurement(image, of, "json");
  if (!path) return;
  const { rows } = await json(path);
  // The image is the one that is looked at; columns without a value need a pixel size.
  const keys = Object.keys(rows[0] ?? {}).filter((key) => !["image", "id"].includes(key) && rows.some((row) => row[key] !== null));
  const text = (value, key, row) => (key === "class" ? classOf(row.id)?.name ?? value
    : typeof value === "number" ? Number(value.toPrecision(4)) : value ?? "–");
  place.replaceChildren(
    element("p", { className: "small", textContent: `${MEASURES[of]}: ${rows.length} rows`
      + (rows.length > ROWS ? `, the first ${ROWS} shown; all are in the CSV` : "") }),
    table(keys.map((key) => key.replaceAll("_", " ")), rows.slice(0, ROWS).map((row) => element("tr", {},
      ...keys.map((key) => element("td", { textContent: text(row[key], key, row) }))))));
}
