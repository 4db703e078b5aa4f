/* What the pages of one life have in common: the fields that choose it, its state in the link, its tables. */

import { copy, field, linked, part, save, showProblems, showRoom, showState } from "./controls.js";
import { put, told } from "./frame.js";
import { anewByLink, readLink } from "./link.js";
import { connect } from "./pipe.js";
import { said, texts } from "./texts.js";

const t = texts();

/* What the link says of a life; what cannot be is passed over, or told by the lab. */
export function lifeOfLink(chosen) {
  anewByLink();
  const state = linked(readLink(), part("linked")) ?? {};
  if (typeof state.scenario === "string") chosen.scenario = state.scenario;
  for (const name of ["service", "unit"]) if (typeof state[name] === "string" && state[name]) chosen.service = state[name];
  for (const name of ["bars", "policies"]) if (Array.isArray(state[name])) chosen[name] = state[name];
  if (state.replicate === null || Number.isInteger(state.replicate)) chosen.replicate = state.replicate;
  return state;
}

export const lifeAsked = ({ scenario, service, bars, policies, replicate }) => ({ scenario, service, bars, policies, replicate });

/* Fields of a life; scenarios by their words, services with the first answer. */
export function lifeFields(where, chosen, onChange) {
  const known = Object.entries(t.presets);
  const scenario = field(where, {
    name: "scenario", label: t.scenario,
    options: Object.hasOwn(t.presets, chosen.scenario) ? known : [[chosen.scenario, chosen.scenario], ...known], value: chosen.scenario,
  });
  const service = field(where, { name: "service", label: t.service_label, options: [[chosen.service, chosen.service]], value: chosen.service });
  const replicate = field(where, { name: "replicate", label: t.replicate, hint: t.replicate_hint, kind: "number", min: 0, max: 199, step: 1, value: chosen.replicate ?? "" });
  scenario.addEventListener("change", () => { chosen.scenario = scenario.value; chosen.service = ""; onChange("scenario"); });
  service.addEventListener("change", () => { chosen.service = service.value; onChange("service"); });
  replicate.addEventListener("change", () => { chosen.replicate = replicate.value === "" ? null : replicate.valueAsNumber; onChange("replicate"); });
}

export function menuOf(where, name, options, value) {
  const menu = where.querySelector(`[name=${name}]`);
  const same = menu.options.length === options.length && options.every(([one], at) => menu.options[at].value === one);
  if (!same) {
    menu.replaceChildren();
    for (const [one, text] of options) put(menu, "option", { value: one }, text);
  }
  menu.value = value;
}

/* The pipe of the page, and its buttons: numbers() gives the name of the file and its text. */
export function opened({ page, onAnswer, data, numbers }) {
  part("form").addEventListener("submit", (event) => event.preventDefault());
  part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
  part("toml").addEventListener("click", () => save(data().file, data().toml, "application/toml"));
  part("csv").addEventListener("click", () => save(...numbers(), "text/csv"));
  return connect({
    page, onAnswer, onRoom: showRoom,
    onProblems: (problems) => showProblems(part("form"), problems)?.focus({ preventScroll: true }),
    onState: (state, reason) => showState(part("state"), state, reason),
  });
}

/* What is done in this world, in words; nothing where it is as it ships. */
export function done(chosen, where) {
  const many = chosen.bars.length + chosen.policies.length;
  where.textContent = many ? said(many === 1 ? t.changed_one : t.changed, { many }) : "";
  where.hidden = !many;
}

/* Rows of a table with heads; the first cell of each row is its head. */
export function fill(table, heads, rows, caption) {
  table.replaceChildren();
  if (caption) put(table, "caption", {}, caption);
  const top = put(put(table, "thead"), "tr"), body = put(table, "tbody");
  const wordy = (cell) => !(cell instanceof Node) && /[a-z]{3}/i.test(cell);
  heads.forEach((head, at) => put(top, "th", { scope: "col", class: at && rows.length && wordy(rows[0][at]) ? "words" : "" }, head));
  for (const [name, ...cells] of rows) {
    const row = put(body, "tr");
    put(row, "th", { scope: "row" }, name);
    for (const cell of cells) {
      const place = put(row, "td");
      if (cell instanceof Node) place.append(cell);
      else {
        place.textContent = cell;
        if (wordy(cell)) place.className = "words";
      }
    }
  }
}

/* A number with as many digits as can be told apart. */
export function shown(value) {
  if (value === null || value === undefined) return "–";
  return told(value, "number", Number.isInteger(value) ? 0 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

export const percent = (value, digits = 0) => told(value, "share", digits);

export function shareTold({ share, of, error }) {
  return share === null ? t.not_known : said(t.share, { share: percent(share), error: (100 * error).toFixed(0), of });
}

export const capital = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}` : "");

/* Sentences of happenings by month. */
export function byMonth(story) {
  const found = {};
  for (const one of story) (found[Math.max(1, one.month)] ??= []).push(one.words);
  return found;
}
