// What is said: one line for results, and cards for what went wrong, with a way on.

import { $, element } from "./dom.js";
import { state } from "./state.js";

let timer;

/** Says something that needs no answer. */
export function say(text) {
  $("status").textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { $("status").textContent = ""; }, 12_000);
}

/** Shows what went wrong, until it is closed or tried again; one card for each `subject`. */
export function complain(subject, error, retry) {
  if (error?.name === "AbortError") return;
  settle(subject);
  // The banner says so, and these go on by themselves.
  if (error.name === "Away" && /^(field|segmentation|view|measure|batch)/.test(subject)) return;
  const text = element("p", { textContent: error.message ?? String(error) });
  const card = element("div", { className: "card", role: "alert", data: { subject } },
    element("strong", { textContent: error.title ?? "That did not work" }), text);
  const row = element("div", { className: "row" });
  if (retry) {
    row.append(element("button", {
      type: "button", textContent: "Retry",
      onclick: () => { settle(subject); retry(); },
    }));
  }
  row.append(element("button", {
    type: "button", className: "quiet", textContent: "Close", onclick: () => settle(subject),
  }));
  card.append(row);
  $("cards").append(card);
  if (error.retryAfter && retry) countDown(card, error.retryAfter, subject, retry);
}

function countDown(card, seconds, subject, retry) {
  const line = element("p");
  card.insertBefore(line, card.lastChild);
  const tick = () => {
    if (!card.isConnected) return;
    line.textContent = `Trying again in ${seconds} s`;
    if (seconds-- > 0) setTimeout(tick, 1000);
    else { settle(subject); retry(); }
  };
  tick();
}

/** Takes a subject's card away. */
export function settle(subject) {
  for (const card of $("cards").children) if (card.dataset.subject === subject) card.remove();
}

/** A question with two answers. */
export function ask(title, text, yes) {
  const dialog = $("question");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("button[value=yes]").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Asks for the token; null if none was given. */
export function askForToken(wasWrong) {
  const dialog = $("token");
  if (dialog.open) {
    return new Promise((resolve) => dialog.addEventListener("close",
      () => resolve(sessionStorage.getItem("eyepiece-token")), { once: true }));
  }
  $("token-wrong").hidden = !wasWrong;
  $("token-text").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "ok" ? $("token-text").value.trim() || null : null);
    }, { once: true });
  });
}

/** Shows whether the server answers. */
export function showAway(isAway) {
  if (state.isAway === isAway) return false;
  state.isAway = isAway;
  $("away").hidden = !isAway;
  return true;
}
