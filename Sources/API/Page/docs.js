// The HTTP interface to read and to try, from the server's own openapi.yaml.

import { prepare, send } from "./api.js";
import { $, element } from "./dom.js";
import { parse } from "./yaml.js";

prepare(async () => window.prompt("A token is needed to read this"), () => {});

const server = new URL(".", document.baseURI).href.replace(/\/$/, "");
let api;

/** What a reference leads to. */
const resolved = (node) => (node?.$ref
  ? node.$ref.split("/").slice(1).reduce((place, key) => place[key], api) : node);

/** Words in which `code` is set as such. */
function prose(text, name = "p") {
  const parts = String(text ?? "").split("`").map((part, i) =>
    (i % 2 ? element("code", { textContent: part }) : part));
  return element(name, {}, ...parts);
}

function valuesOf({ schema = {} }) {
  if (schema.enum) return schema.enum.join(" ");
  const bounds = [schema.minimum, schema.maximum].filter((bound) => bound != null).join("…");
  return [schema.type, bounds].filter(Boolean).join(" ");
}

const row = (...cells) => element("tr", {}, ...cells);

function parametersOf(all) {
  if (!all.length) return "";
  return element("table", {},
    row(...["parameter", "values", "meaning"].map((textContent) => element("th", { textContent, scope: "col" }))),
    ...all.map((one) => row(
      element("td", { textContent: one.name + (one.in === "path" ? " (path)" : "") }),
      element("td", {}, valuesOf(one), one.schema?.default == null ? null
        : element("span", { className: "soft", textContent: `, else ${one.schema.default}` })),
      prose(one.description, "td"))));
}

/** The operation by curl, Python and JavaScript. */
function examples(verb, path, { hasBody, parameters, responses }) {
  const needed = parameters.filter((one) => one.example != null && ["x", "y", "classifier"].includes(one.name));
  const query = needed.length ? `?${needed.map((one) => `${one.name}=${one.example}`).join("&")}` : "";
  const url = server + path.replace(/\{(\w+)\}/g, (_, name) => name.toUpperCase()) + query;
  const type = Object.keys((responses[200] ?? responses[201])?.content ?? {})[0];
  const file = { "image/png": "answer.png", "application/json": "answer.json", "application/x-npy": "answer.npy" }[type] ?? "answer";
  const isPlain = verb === "POST" && hasBody || verb === "GET";
  return {
    curl: `curl ${isPlain ? "" : `-X ${verb} `}${hasBody ? "--data-binary @FILE " : ""}'${url}'${verb === "DELETE" ? "" : ` -o ${file}`}`,
    Python: `from urllib.request import Request, urlopen\nanswer = urlopen(Request("${url}", method="${verb}"${hasBody ? ', data=open("FILE", "rb").read()' : ""}))\nbody = answer.read()`,
    JavaScript: `const answer = await fetch("${url}"${verb === "GET" ? "" : `, { method: "${verb}"${hasBody ? ", body: file" : ""} }`});\nconst body = new Uint8Array(await answer.arrayBuffer());`,
  };
}

function article(verb, path, { operationId, summary, description, requestBody, parameters = [], responses = {} }) {
  const body = resolved(requestBody), known = parameters.map(resolved);
  const code = examples(verb, path, { hasBody: Boolean(body), parameters: known, responses });
  return element("article", { id: operationId },
    element("h2", {}, element("span", { className: "method", textContent: verb }), ` ${path}`),
    prose(summary), description && prose(description),
    body && prose(`Body: ${body.description ?? Object.keys(body.content ?? {}).join(", ")}`),
    parametersOf(known),
    ...Object.entries(code).flatMap(([language, textContent]) => [
      element("p", { className: "soft", textContent: language }), element("pre", { textContent, tabIndex: 0 })]),
    verb === "GET" && !path.includes("{") ? tryOut(path) : null,
    element("details", {}, element("summary", { textContent: "Answers" }),
      element("table", {}, ...Object.entries(responses).map(([status, one]) =>
        row(element("td", { textContent: status }), prose(resolved(one)?.description, "td"))))));
}

function tryOut(path) {
  const answer = element("pre", { hidden: true, tabIndex: 0 });
  const onclick = async () => {
    answer.textContent = await send(path.slice(1)).then(
      async (response) => `${response.status}\n${(await response.text()).slice(0, 20_000)}`,
      (error) => `${error.status ?? ""}\n${error.message}`);
    answer.hidden = false;
  };
  return element("div", {}, element("button", { textContent: "Try it", onclick }), answer);
}

try {
  api = parse(await (await send("openapi.yaml")).text());
  $("operations").replaceChildren();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (!operation?.operationId) continue;
      const verb = method.toUpperCase();
      $("paths").append(element("a", { href: `#${operation.operationId}` },
        element("span", { className: "method", textContent: verb }), path));
      $("operations").append(article(verb, path, operation));
    }
  }
  $(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  $("operations").replaceChildren(element("p", { textContent: error.message }));
}
document.body.dataset.ready = "yes";
