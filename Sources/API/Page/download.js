// Results as files, and one classifier over all images.

import { bytes, has, query } from "./api.js";
import { $, element, save, stem } from "./dom.js";
import { fieldPath, makeField } from "./fields.js";
import { encodePNG, encodeTIFF, encodeZIP } from "./files.js";
import { labelsPNG, train } from "./live.js";
import { fractions, measurement, MEASURES } from "./measure.js";
import { complain, say } from "./messages.js";
import { metres } from "./scale.js";
import { current, settings, state } from "./state.js";

export function prepare() {
  $("download-open").onclick = () => { list(); $("downloads").showModal(); };
}

const text = (words) => new TextEncoder().encode(words);
const micrometres = (image) => metres(image) && metres(image) * 1e6;

async function list() {
  const image = current(), result = image?.result, base = image ? stem(image.name) : "";
  const offer = (title, about, act, isThere) => {
    const run = async () => {
      try {
        await act();
      } catch (error) {
        complain("download", error, run);
      }
    };
    const about_ = element("span", { className: "small", textContent: about });
    return element("div", {}, element("div", {}, element("strong", { textContent: title }), element("br"), about_),
      element("button", { type: "button", textContent: "Save", "aria-label": `Save ${title}`, disabled: !isThere, onclick: run }));
  };
  const { width, height } = image ?? {}, { classes } = state.project;
  const rows = [
    offer("Segmentation, PNG", "8-bit palette: the value is the class, the colour is its colour",
      async () => save(`${base}-classes.png`, await encodePNG(result.bytes, width, height, classes), "image/png"), result),
    offer("Segmentation, TIFF", "opens in ImageJ with colours and pixel size",
      () => save(`${base}-classes.tif`, encodeTIFF(result.bytes, width, height, classes, micrometres(image)), "image/tiff"), result),
    offer("Fractions, CSV", "of this image, with intervals where the server gives them",
      async () => save(`${base}-fractions.csv`, await fractionsCSV(image), "text/csv"), result),
    offer("Painted labels, PNG", "0 where nothing is painted; can be dropped here again",
      async () => save(`${base}-labels.png`, await encodePNG(image.labels.bytes, width, height, classes), "image/png"), image?.labels.labelled),
    offer("Classifier", "numbers and text alone (safetensors): for other images, by script or by others", saveClassifier, result),
    offer("All images, ZIP", "the classifier applied to every image here: label TIFFs, CSV, the classifier, a note",
      applyToAll, result),
  ];
  if (result && await has("/fields/{id}/measurements")) {
    for (const of of ["objects", "interfaces", "correlation"]) {
      rows.splice(3, 0, offer(`${MEASURES[of]}, CSV`, "measured by the server", async () => {
        const got = await bytes(measurement(image, of, "csv"));
        save(`${base}-${of}.csv`, got.bytes, "text/csv");
      }, measurement(image, of)));
    }
  }
  const script = element("pre", { textContent: result ? snippet(image) : "# after the first segmentation", tabIndex: 0 });
  $("download-list").replaceChildren(...rows, element("h3", { textContent: "The same by script" }), script,
    element("div", { className: "row" }, element("button", {
      type: "button", textContent: "Save the script", disabled: !result,
      onclick: () => save(`${base}.py`, text(script.textContent), "text/x-python"),
    })));
}

/** A row of a CSV (RFC 4180). What a table program would take for a formula is led by an apostrophe. */
const csv = (cells) => cells.map((cell) => {
  const words = typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}).join(",") + "\r\n";

function ownCSV(image) {
  const size = micrometres(image), area = size ? ["area_um2"] : [];
  return csv(["image", "class", "name", "pixels", "fraction", ...area])
    + fractions(image).map((one) => csv([image.name, one.id, one.name, one.pixels,
      one.fraction.toFixed(6), ...(size ? [(one.pixels * size * size).toPrecision(6)] : [])])).join("");
}

/** The server's table, with intervals; where it has none or is away, the page's own. */
async function fractionsCSV(image) {
  const path = measurement(image, "fractions", "csv");
  if (path && await has("/fields/{id}/measurements")) {
    const got = await bytes(path).catch(() => null);
    if (got) return got.bytes;
  }
  return text(ownCSV(image));
}

// MARK: Classifier

const trainNamed = () => train({ features: settings().features, kind: "logistic" });

async function saveClassifier() {
  const got = await bytes(`classifiers/${await trainNamed()}`);
  save(`${stem(state.project.name)}-classifier.safetensors`, got.bytes);
}

// MARK: All images

async function applyToAll() {
  const { images, name } = state.project, files = [], rows = [];
  const classifier = await trainNamed();
  $("downloads").close();
  for (const [i, image] of images.entries()) {
    say(`${i + 1} of ${images.length}: ${image.name}`);
    if (!image.labels) throw new Error(`${image.name} was not opened yet`);
    await makeField(image);
    const options = { classifier, clean: settings().clean, format: "raw" };
    const got = await bytes(`${fieldPath(image)}/segmentation${query(options)}`);
    image.result = { bytes: got.bytes, classifier, features: settings().features, kind: "logistic", clean: options.clean };
    const base = `${i + 1}-${stem(image.name).replace(/[^\w.-]/g, "_")}`;
    const tiff = encodeTIFF(got.bytes, image.width, image.height, state.project.classes, micrometres(image));
    files.push([`${base}-classes.tif`, tiff]);
    if (image.labels.labelled) files.push([`${base}-labels.png`, await labelsPNG(image)]);
    const table = ownCSV(image).split("\r\n");
    rows.push(...(rows.length ? table.slice(1, -1) : table.slice(0, -1)));
  }
  const file = await bytes(`classifiers/${classifier}`);
  files.push(["fractions.csv", text(rows.join("\r\n") + "\r\n")], ["classifier.safetensors", file.bytes],
    ["README.txt", text(note(classifier))]);
  save(`${stem(name)}-results.zip`, encodeZIP(files), "application/zip");
  say(`${images.length} images are segmented and saved`);
}

const note = (classifier) => `${state.project.name}: results of ${new Date().toISOString()}
Classifier ${classifier}, logistic regression on ${settings().features} features
(detail: ${settings().quality}, clean-up: ${settings().clean}), trained on the labels in this archive.
Values in *-classes.tif are the numbers of the classes:
${state.project.classes.map((one) => `  ${one.id}  ${one.name}  ${one.color}`).join("\n")}
fractions.csv has the pixels of each class in each image.
`;

// MARK: By script

function snippet(image) {
  const { features, quality, clean } = settings();
  const look = Object.entries(image.options).filter(([, value]) => value).map(([key, value]) => `&${key}=${encodeURIComponent(value)}`).join("");
  const server = new URL(".", document.baseURI).href.replace(/\/$/, "");
  const [picture, labels] = [image.name, `${stem(image.name)}-labels.png`].map((name) => JSON.stringify(name));
  return `# The segmentation of this page by script. Needs nothing but Python.
import json, urllib.request

SERVER = "${server}"

def ask(path, body=None):
    request = urllib.request.Request(SERVER + path, data=body)  # with a token: headers={"Authorization": "Bearer …"}
    with urllib.request.urlopen(request) as answer:
        return answer.read(), answer.headers

field = json.loads(ask("/fields?quality=${quality}${look}", open(${picture}, "rb").read())[0])["id"]
labels = open(${labels}, "rb").read()  # "Painted labels, PNG"
classes, head = ask(f"/fields/{field}/segmentation?features=${features}&clean=${clean}", labels)
open("classes.png", "wb").write(classes)
classifier = head["Eyepiece-Classifier"]

# Another image with the same classifier:
# other = json.loads(ask("/fields?quality=${quality}${look}", open("other.tif", "rb").read())[0])["id"]
# open("other-classes.png", "wb").write(ask(f"/fields/{other}/segmentation?classifier={classifier}&clean=${clean}")[0])
`;
}
