// Small words for the document.

export const $ = (id) => document.getElementById(id);

/** An element with properties; text is only ever set as text. Buttons send no form. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  if (name === "button") made.type = "button";
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-") || key === "role" || key === "for") made.setAttribute(key, value);
    else if (key === "style") Object.assign(made.style, value);
    else if (key === "data") Object.assign(made.dataset, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Offers bytes as a file. */
export function save(name, bytes, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const percent = (part) => `${(100 * part).toFixed(part < 0.1 ? 2 : 1)} %`;
const numbers = new Intl.NumberFormat("en");
export const count = (number) => numbers.format(number);

/** A file's name without its ending. */
export const stem = (name) => name.replace(/\.[^.]*$/, "") || "image";

/** A name that every file system takes. */
export const plain = (name) => name.replace(/[^\w.-]/g, "_");
