/* What a page has finished, such as forecasts or a game, can be handed in to the teacher, or saved as a file to be sent.
 *
 * A page says so by the event "lab:finished" on the document, whose detail has
 *   page       its name
 *   forecasts  [{what, kind: "chance" | "value", unit: "share" | "points" | "number", value, low?, high?}]; a chance is 0 to 1
 *   decisions  [{…}] of plain values and lists of them
 *   results    [{what, value}]: what came out of the forecasts of the same words
 *   found      [{what, said}]: a question and what was found out, where nothing was forecast; the link of the page is added
 * A later event replaces the earlier one. The form stands in the page's element "hand-in", else at its end.
 */

import { part, save } from "./controls.js";
import { put } from "./frame.js";
import { said, texts } from "./texts.js";

const t = texts().hand_in, VERSION = 1, MOST_LINK = 8000;
/* In a room every address begins with its code; without one there is nobody to hand in to. */
const room = /^\/r\/\d{6}\//.exec(location.pathname)?.[0];
const id = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
let finished, form, word, state, button;

function make() {
  form = put(part("hand-in") ?? part("main"), "form", { class: "controls hand-in", "aria-label": t.title, autocomplete: "off", novalidate: "" });
  put(form, "h2", { class: "whole" }, t.title);
  put(form, "p", { class: "whole" }, room ? t.said : t.file_said);
  const holder = put(form, "p", { class: "field" });
  put(holder, "label", { for: "hand-in-word" }, t.word);
  word = put(holder, "input", { id: "hand-in-word", name: "word", type: "text", maxlength: 24, required: "", "aria-describedby": "hand-in-state" });
  const buttons = put(form, "p", { class: "field buttons" });
  if (room) button = put(buttons, "button", { type: "submit" }, t.button);
  put(buttons, "button", { type: "button", id: "hand-in-save" }, t.save).addEventListener("click", saved);
  state = put(form, "p", { class: "whole", id: "hand-in-state", role: "status" });
  form.addEventListener("submit", (event) => { event.preventDefault(); if (room) send(); else saved(); });
}

const handed = () => ({ version: VERSION, id, word: word.value, time: new Date().toISOString(), ...finished });

/* The page as it is, after the lab's address; a link that is too long to be handed in is left out. */
function linkOf(page) {
  return location.hash.length > 1 && location.hash.length <= MOST_LINK ? page + location.hash : "";
}

function tell(text, wrong = false) {
  state.textContent = text;
  if (wrong) word.setAttribute("aria-invalid", "true");
  else word.removeAttribute("aria-invalid");
  if (wrong) word.focus();
}

async function send() {
  let answer, found;
  try {
    answer = await fetch(`${room}hand-in`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(handed()) });
    found = await answer.json();
  } catch {
    tell(t.failed);
    return;
  }
  if (found.kept) {
    tell(said(found.again ? t.kept_again : t.kept, { word: found.word }));
    button.textContent = t.again;
    return;
  }
  const own = found.problems.find((one) => one.where.endsWith("word")) ?? found.problems[0];
  tell(`${own.what[0].toUpperCase()}${own.what.slice(1)}.`, own.where.endsWith("word"));
}

function saved() {
  if (!word.value.trim()) { word.focus(); return; }
  const name = word.value.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "-");
  save(`hand-in-${finished.page}-${name}.json`, `${JSON.stringify(handed(), null, 1)}\n`, "application/json");
  tell(t.saved);
}

document.addEventListener("lab:finished", ({ detail }) => {
  const { page, forecasts = [], decisions = [], results = [], found = [] } = detail;
  finished = { page, forecasts, decisions, results, found: found.map((one) => ({ ...one, link: linkOf(page) })) };
  if (!form) make();
  else tell("");
  form.parentElement.hidden = false;
});
