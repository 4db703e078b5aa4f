/* What the pages' forms have in common: problems beside their fields, what the lab is doing, copying and saving. */

import { put } from "./frame.js";
import { said, texts } from "./texts.js";

export const part = (name) => document.getElementById(name);

let made = 0;

/* A labelled native control: field(parent, {name, label, hint, kind, value, min, max, step, options: [[value, text]]}). */
export function field(parent, { name, label, hint, kind = "text", options, value, ...about }) {
  const holder = put(parent, "p", { class: "field" }), id = `field-${++made}`;
  put(holder, "label", { for: id }, label);
  const attributes = { id, name, ...Object.fromEntries(Object.entries(about).filter(([, one]) => one !== undefined)) };
  const control = options ? put(holder, "select", attributes)
    : put(holder, kind === "textarea" ? "textarea" : "input", kind === "textarea" ? attributes : { type: kind, ...attributes });
  for (const [one, text] of options ?? []) put(control, "option", { value: one }, text);
  if (kind === "checkbox") control.checked = Boolean(value);
  else if (value !== undefined && value !== null) control.value = value;
  if (hint) {
    put(holder, "span", { class: "hint", id: `${id}-hint` }, hint);
    control.setAttribute("aria-describedby", `${id}-hint`);
  }
  return control;
}

export function clearProblems(root) {
  for (const one of root.querySelectorAll(".problem")) one.remove();
  for (const one of root.querySelectorAll("[aria-invalid]")) {
    one.removeAttribute("aria-invalid");
    const kept = (one.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !id.startsWith("problem-"));
    if (kept.length) one.setAttribute("aria-describedby", kept.join(" "));
    else one.removeAttribute("aria-describedby");
  }
  for (const one of root.querySelectorAll(".problems")) one.remove();
}

/* Each problem stands beside the field that it names, else in a list above the form. */
export function showProblems(root, problems) {
  clearProblems(root);
  const rest = [];
  let first;
  for (const problem of problems) {
    const control = [...root.querySelectorAll("[name]")].find((one) => one.getAttribute("name") === problem.where);
    if (!control) { rest.push(problem); continue; }
    const id = `problem-${++made}`;
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
    put(control.closest(".field") ?? control.parentElement, "span", { class: "problem", id }, problemTold(problem));
    first ??= control;
  }
  const box = document.createElement("div");
  box.className = "problems";
  box.setAttribute("role", "alert");
  put(box, "p", {}, texts().problems);
  const list = put(box, "ul");
  for (const problem of rest.length ? rest : problems)
    put(list, "li", {}, (rest.length ? placed(problem.where) : `${nameOf(root, problem.where)}: `) + problemTold(problem));
  root.prepend(box);
  return first;
}

/* Where in a file; what is no place in a file says nothing. */
function placed(where) {
  const at = where.indexOf(": ");
  return at < 0 ? "" : `${where.slice(at + 2)}: `;
}

function nameOf(root, where) {
  const control = [...root.querySelectorAll("[name]")].find((one) => one.getAttribute("name") === where);
  return control?.labels?.[0]?.textContent ?? where;
}

export function problemTold({ what, allowed, hint }) {
  const parts = [`${what[0].toUpperCase()}${what.slice(1)}.`];
  if (allowed) parts.push(said(texts().allowed, { allowed }));
  if (hint) parts.push(`${hint[0].toUpperCase()}${hint.slice(1)}${/[.?!]$/.test(hint) ? "" : "."}`);
  return parts.join(" ");
}

/* What the lab is doing, in a line that is read aloud. */
export function showState(where, state, reason = "") {
  const words = { computing: texts().computing, lost: texts().lost, slow: texts().slow, quiet: texts().quiet, fault: texts().fault, closed: said(texts().closed, { reason }) };
  where.textContent = words[state] ?? "";
  where.dataset.state = state;
}

/* What a class is told, above the page; while it is held, before everything. */
export function showRoom(state) {
  const where = part("room");
  where.textContent = state.said ?? "";
  where.hidden = !state.said;
  hold(Boolean(state.frozen) && !state.closed, state.said);
}

function hold(held, words) {
  let over = part("held");
  if (!over) {
    if (!held) return;
    over = put(document.body, "dialog", { id: "held", class: "held", "aria-labelledby": "held-said" });
    put(over, "p", { id: "held-said", tabindex: "-1" });
    over.addEventListener("close", () => { if (over.dataset.held) over.showModal(); }); // Escape ends it only for a moment
  }
  over.dataset.held = held ? "1" : "";
  over.firstChild.textContent = words;
  if (held && !over.open) over.showModal();
  else if (!held) over.close();
}

/* Says it when a link cannot be used; gives the state of one that can. */
export function linked(found, where) {
  if (found.wrong) where.textContent = found.wrong === "version" ? texts().other_version : texts().broken_link;
  return found.state;
}

export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/* The picture of a chart as a file of its own. */
export function savePicture(name, chart) {
  const svg = chart.querySelector(".chart-picture svg").cloneNode(true);
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("font-family", "sans-serif");
  save(name, new XMLSerializer().serializeToString(svg), "image/svg+xml");
}

/* Text of a file that was chosen; null where it has more than so many bytes, undefined where it cannot be read. */
export async function textOf(file, most) {
  try {
    if (file.size > most) return null;
    const text = await file.text();
    return new TextEncoder().encode(JSON.stringify(text)).length > most + 4000 ? null : text; // as a message it is longer than as a file
  } catch {
    return undefined;
  }
}

/* What a page found out can be handed in: a question, and its answer in one sentence. */
export function foundOut(page, what, answer, decisions = []) {
  document.dispatchEvent(new CustomEvent("lab:finished", { detail: { page, decisions, found: [{ what, said: answer }] } }));
}

export async function copy(where, told) {
  try {
    await navigator.clipboard.writeText(where.textContent);
    told.textContent = texts().copied;
  } catch {
    getSelection().selectAllChildren(where);
    told.textContent = texts().marked;
  }
}
