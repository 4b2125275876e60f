// The HTTP interface to read and to try, from the server's own openapi.yaml.

import { description, prepare } from "./api.js";
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

function parametersOf(operation) {
  const all = (operation.parameters ?? []).map(resolved);
  if (!all.length) return null;
  return element("table", {}, element("thead", {}, element("tr", {},
    ...["parameter", "values", "meaning"].map((textContent) => element("th", { textContent, scope: "col" })))),
  element("tbody", {}, ...all.map((one) => element("tr", {},
    element("td", { textContent: one.name + (one.in === "path" ? " (path)" : "") }),
    element("td", {}, valuesOf(one), one.schema?.default == null ? null
      : element("span", { className: "soft", textContent: `, else ${one.schema.default}` })),
    prose(one.description, "td")))));
}

/** The operation by curl, Python and JavaScript. */
function examples(method, path, operation) {
  const needed = (operation.parameters ?? []).map(resolved).filter((one) => one.in === "query" && one.example != null && ["x", "y", "classifier"].includes(one.name));
  const query = needed.length ? `?${needed.map((one) => `${one.name}=${one.example}`).join("&")}` : "";
  const url = server + path.replace(/\{(\w+)\}/g, (_, name) => name.toUpperCase()) + query;
  const hasBody = Boolean(operation.requestBody), type = Object.keys(operation.responses?.["200"]?.content ?? operation.responses?.["201"]?.content ?? {})[0] ?? "";
  const file = { "image/png": "answer.png", "application/json": "answer.json", "application/x-npy": "answer.npy" }[type] ?? "answer";
  const verb = method === "post" && hasBody || method === "get" ? "" : `-X ${method.toUpperCase()} `;
  return [
    ["curl", `curl ${verb}${hasBody ? "--data-binary @FILE " : ""}'${url}'${method === "delete" ? "" : ` -o ${file}`}`],
    ["Python", `from urllib.request import Request, urlopen\nanswer = urlopen(Request("${url}", method="${method.toUpperCase()}"${hasBody ? ', data=open("FILE", "rb").read()' : ""}))\nbody = answer.read()`],
    ["JavaScript", `const answer = await fetch("${url}"${method === "get" ? "" : `, { method: "${method.toUpperCase()}"${hasBody ? ", body: file" : ""} }`});\nconst body = new Uint8Array(await answer.arrayBuffer());`],
  ];
}

function article(method, path, operation) {
  const made = element("article", { id: operation.operationId },
    element("h2", {}, element("span", { className: "method", textContent: method.toUpperCase() }), ` ${path}`),
    prose(operation.summary));
  if (operation.description) made.append(prose(operation.description));
  if (operation.requestBody) made.append(prose(`Body: ${resolved(operation.requestBody).description ?? Object.keys(resolved(operation.requestBody).content ?? {}).join(", ")}`));
  made.append(parametersOf(operation) ?? "");
  for (const [language, code] of examples(method, path, operation)) {
    made.append(element("p", { className: "soft", textContent: language }), element("pre", { textContent: code, tabIndex: 0 }));
  }
  if (method === "get" && !path.includes("{")) made.append(tryOut(path));
  const statuses = Object.entries(operation.responses ?? {}).map(([status, one]) => [status, resolved(one)]);
  made.append(element("details", {}, element("summary", { textContent: "Answers" }),
    element("table", {}, ...statuses.map(([status, one]) => element("tr", {}, element("td", { textContent: status }), prose(one?.description, "td"))))));
  return made;
}

function tryOut(path) {
  const answer = element("pre", { hidden: true, tabIndex: 0 });
  return element("div", {}, element("button", {
    type: "button", textContent: "Try it",
    onclick: async () => {
      const token = sessionStorage.getItem("eyepiece-token");
      const got = await fetch(new URL(path.slice(1), document.baseURI), { headers: token ? { Authorization: `Bearer ${token}` } : {} })
        .then(async (response) => `${response.status}\n${(await response.text()).slice(0, 20_000)}`, (error) => String(error));
      answer.textContent = got;
      answer.hidden = false;
    },
  }), answer);
}

try {
  api = parse(await description());
  $("operations").replaceChildren();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (!operation?.operationId) continue;
      $("paths").append(element("a", { href: `#${operation.operationId}` }, element("span", { className: "method", textContent: method.toUpperCase() }), path));
      $("operations").append(article(method, path, operation));
    }
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  $("operations").replaceChildren(element("p", { textContent: error.message }));
}
document.body.dataset.ready = "yes";
