// What is said: one line for results, and cards for what went wrong, with a way on.

import { $, element } from "./dom.js";
import { state } from "./state.js";

let timer;

/** Says something that needs no answer, and more of it where the pointer rests on it. */
export function say(text, more = text) {
  Object.assign($("status"), { textContent: text, title: more });
  clearTimeout(timer);
  timer = setTimeout(() => { $("status").textContent = ""; }, 12_000);
}

/** Shows what went wrong, until it is closed or tried again; one card for each `subject`. */
export function complain(subject, error, retry) {
  if (error.name === "AbortError") return;
  settle(subject);
  // The banner says so, and these go on by themselves.
  if (error.name === "Away" && /^(field|segmentation|view|measure|batch)/.test(subject)) return;
  const line = element("p"), again = () => { settle(subject); retry(); };
  const made = card(subject, "alert", error.title ?? "That did not work",
    element("p", { textContent: error.message ?? String(error) }), line,
    retry && element("button", { textContent: "Retry", onclick: again }),
    element("button", { className: "quiet", textContent: "Close", onclick: () => settle(subject) }));
  if (error.retryAfter && retry) countDown(made, line, error.retryAfter, again);
}

/** Shows a card with a title and more. */
export function card(subject, role, title, ...children) {
  settle(subject);
  const made = element("div", { className: "card", role, data: { subject } },
    element("strong", { textContent: title }), ...children);
  $("cards").append(made);
  return made;
}

function countDown(made, line, seconds, then) {
  if (!made.isConnected) return;
  line.textContent = `Trying again in ${seconds} s`;
  if (seconds > 0) setTimeout(countDown, 1000, made, line, seconds - 1, then);
  else then();
}

/** Does something, and shows where that fails, with a way to try again. */
export async function attempt(subject, act) {
  try {
    return await act();
  } catch (error) {
    complain(subject, error, () => attempt(subject, act));
  }
}

/** Takes a subject's card away. */
export function settle(subject) {
  for (const card of $("cards").children) if (card.dataset.subject === subject) card.remove();
}

/** Opens a dialog, and returns what it is closed with. */
async function answerOf(dialog) {
  dialog.returnValue = "";
  if (!dialog.open) dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue;
}

/** A question with two answers. */
export async function ask(title, text, yes) {
  const dialog = $("question");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("button[value=yes]").textContent = yes;
  return await answerOf(dialog) === "yes";
}

/** Asks for the token, of several requests once; null if none was given. */
export async function askForToken(wasWrong) {
  if (!$("token").open) {
    $("token-wrong").hidden = !wasWrong;
    $("token-text").value = "";
  }
  return await answerOf($("token")) === "ok" && $("token-text").value.trim() || null;
}

/** Shows whether the server answers. */
export function showAway(isAway) {
  if (state.isAway === isAway) return false;
  state.isAway = isAway;
  $("away").hidden = !isAway;
  return true;
}
