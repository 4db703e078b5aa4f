import { clearProblems, copy, field, linked, part, problemTold, showProblems, showRoom, showState } from "./controls.js";
import { put } from "./frame.js";
import { linkTo, readLink, writeLink } from "./link.js";
import { connect } from "./pipe.js";
import { table } from "./tables.js";
import { said, texts } from "./texts.js";

/* The page of numbers: results as one types, and one number in full. */

const t = texts(), KINDS = ["parameter", "switch", "form", "lever"], STATUSES = ["evidence", "calibrated", "assumption"];
const chosen = { words: "", status: "", kind: "", all: false, one: "" };
let controls, moved = false;

const plain = (value) => String(Number(value.toPrecision(6))).replace("-", "−");

function take(state) {
  chosen.words = typeof state.words === "string" ? state.words.slice(0, 200) : "";
  chosen.status = STATUSES.includes(state.status) ? state.status : "";
  chosen.kind = KINDS.includes(state.kind) ? state.kind : "";
  chosen.all = state.all === true;
  chosen.one = typeof state.one === "string" ? state.one : "";
}

function begin() {
  take(linked(readLink(), part("linked")) ?? {});
  const form = part("form");
  const any = (names, words) => [["", t.any], ...names.map((name) => [name, words[name]])];
  controls = {
    words: field(form, { name: "words", label: t.search, hint: t.search_hint, kind: "search", value: chosen.words, maxlength: 200, spellcheck: "false" }),
    status: field(form, { name: "status", label: t.status, options: any(STATUSES, t.statuses), value: chosen.status }),
    kind: field(form, { name: "kind", label: t.kind, options: any(KINDS, t.kinds), value: chosen.kind }),
  };
  for (const [name, control] of Object.entries(controls)) {
    control.addEventListener("input", () => {
      chosen[name] = control.value;
      chosen.all = false;
      ask();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  part("more").addEventListener("click", () => { chosen.all = true; ask(); });
  part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
  part("page").hidden = false;
  moved = chosen.one !== "";
  pipe.ask({ ...chosen });
}

function ask() {
  moved = false;
  writeLink(chosen);
  pipe.ask({ ...chosen });
}

/* Somebody follows a link of this page, or goes back. */
function follow() {
  const before = chosen.one;
  take(readLink().state ?? {});
  for (const [name, control] of Object.entries(controls)) control.value = chosen[name];
  moved = chosen.one !== before && chosen.one !== "";
  pipe.ask({ ...chosen });
}

/* A link may name what is not there: that is said, and the rest is shown. */
function wrong(problems) {
  if (problems.every((one) => one.where === "one")) {
    part("linked").textContent = problems.map(problemTold).join(" ");
    chosen.one = "";
    ask();
    return;
  }
  showProblems(part("form"), problems);
}

// ------------------------------------------------------------------------------------------------------------------ list

function answered({ data }) {
  clearProblems(part("form"));
  const { statuses, acting, waiting, kinds } = data.census;
  part("census").textContent = said(t.census, { ...statuses, acting, waiting, switches: kinds.switch, forms: kinds.form, levers: kinds.lever });
  count(data);
  part("rows").replaceChildren();
  for (const row of data.rows) listed(part("rows"), row);
  part("more").hidden = data.rows.length >= data.count;
  part("more").textContent = said(t.all, data);
  part("one").hidden = !data.one;
  if (data.one) whole(data.one);
  part("command").textContent = data.command;
  part("copied").textContent = "";
  if (moved && data.one) part("one-title").focus();
  moved = false;
}

function count({ count: number, rows, near }) {
  const told = number === 0 ? t.nothing : number === 1 ? t.count_one : said(t.count, { count: number });
  part("count").textContent = `${told}${number === 0 && near ? ` ${said(t.near, { near })}` : ""}${rows.length < number ? ` ${said(t.first, { first: rows.length })}` : ""}`;
}

function listed(list, row) {
  const item = put(list, "li"), current = row.name === chosen.one;
  const way = put(item, "a", { href: linkTo("numbers", { ...chosen, one: row.name }) }, row.label);
  if (current) way.setAttribute("aria-current", "true");
  badge(item, row);
  put(item, "code", {}, row.name);
  put(item, "p", { class: "hint" }, short(row));
}

function badge(parent, { kind, status }) {
  const one = put(parent, "span", { class: "verdict", "data-status": status || kind });
  put(one, "span", { "aria-hidden": "true", class: "mark" }, t.marks[status || kind]);
  put(one, "span", {}, status ? t.statuses[status] : t.kinds[kind]);
}

function short(row) {
  if (row.value !== null) return said(t.short, { value: plain(row.value), low: plain(row.low), high: plain(row.high), unit: row.unit });
  if (row.kind === "lever") return said(t.short_lever, { low: plain(row.low), high: plain(row.high), unit: row.unit, note: row.note });
  return said(t.short_choice, { usual: row.usual, note: row.note });
}

// ------------------------------------------------------------------------------------------------------------------ one

function fact(list, name, value) {
  if (!value) return undefined;
  put(list, "dt", {}, t.facts[name]);
  return put(list, "dd", {}, value);
}

function whole(one) {
  part("one-title").textContent = one.label;
  part("one-name").textContent = one.name;
  part("one-status").replaceChildren();
  badge(part("one-status"), one);
  const facts = part("facts");
  facts.replaceChildren();
  if (one.status) fact(facts, "rests", said(t.rests[one.status], one));
  if (one.value !== null) fact(facts, "value", `${plain(one.value)} ${one.unit}`);
  if (one.low !== null) fact(facts, one.kind === "lever" ? "dose" : "bounds", said(t.bounds, { low: plain(one.low), high: plain(one.high), unit: one.unit }));
  fact(facts, "usual", one.usual);
  for (const [word, says] of one.options) put(facts, "dt", {}, said(t.option, { word })) && put(facts, "dd", {}, says);
  source(facts, one);
  fact(facts, "note", one.note);
  fact(facts, "only", one.only ? said(one.instead.length ? t.only_instead : t.only, { only: one.only, instead: one.instead.join(", ") }) : "");
  fact(facts, "group", one.group);
  fact(facts, "read_by", one.read_by.join(", "));
  moves(one);
}

function source(facts, one) {
  const where = fact(facts, "source", one.source || (one.status ? t.no_source : ""));
  if (!where) return;
  if (one.locator) put(where, "span", { class: "small" }, said(t.locator, one));
  if (one.doi) put(where, "span", { class: "small" }, `DOI ${one.doi}`);
}

const differs = (row, doubt) => (row.real ? row.told : [row.told, doubt]);

function moves(one) {
  const where = part("moves"), found = one.moves;
  where.replaceChildren();
  states(where, one);
  for (const pairs of found.knobs) knob(where, pairs);
  for (const pairs of found.mechanisms) mechanism(where, pairs);
  if (found.sensitivity) sensitivity(where, found.sensitivity);
  if (found.recovery) {
    put(where, "h4", {}, t.recovery);
    put(where, "p", {}, said(found.recovery.identifiable ? t.learned : t.not_learned, found.recovery));
  }
  if (one.kind === "lever") levers(where, found.hypotheses);
}

/* What is not there, or of another model, is said. */
function states(where, one) {
  const needed = { parameter: ["knobs", "sensitivity", "recovery"], switch: ["knobs", "mechanisms"], form: ["knobs", "mechanisms"], lever: [] }[one.kind];
  for (const name of needed) {
    const state = one.moves.states[name];
    if (state !== "current") put(where, "p", { class: "notice" }, said(t.states[state], { what: t.runs_of[name] }));
  }
}

function knob(where, pairs) {
  put(where, "h4", {}, t.knobs);
  const rows = [pairs.best, ...pairs.main].map((row, at) => [[row.outcome, at ? "" : t.surest], differs(row, t.not_proven), `± ${row.error}`, row.unit]);
  table(where, { caption: said(t.knobs_caption, { ...pairs, pairs: pairs.best.pairs }), heads: t.knobs_heads, rows });
}

function mechanism(where, pairs) {
  put(where, "h4", {}, t.mechanisms);
  const rows = pairs.rows.map((row) => [row.outcome, differs(row, t.not_told), `± ${row.error}`, row.unit]);
  table(where, { caption: said(t.mechanisms_caption, pairs), heads: t.knobs_heads, rows });
  if (pairs.why) put(where, "p", {}, pairs.why);
}

function sensitivity(where, found) {
  put(where, "h4", {}, t.sensitivity);
  put(where, "p", {}, said(!found.varied ? t.not_varied : !found.above ? t.below : found.indexed ? t.indexed : t.above, found));
  if (found.indexed && !found.indices.length) put(where, "p", {}, t.no_share);
  if (found.indices.length) {
    const rows = found.indices.map((row) => [row.outcome, row.total || t.not_told, row.first || t.not_told]);
    table(where, { caption: t.shares_caption, heads: t.shares_heads, rows });
  }
  if (found.alone.length) {
    const rows = found.alone.map((row) => [row.value, row.told, `± ${row.error}`]);
    table(where, { caption: said(t.alone_caption, found), heads: t.alone_heads, rows });
  }
}

function levers(where, hypotheses) {
  put(where, "p", {}, hypotheses.length ? t.tried : t.not_tried);
  const list = put(where, "ul");
  for (const one of hypotheses) put(put(list, "li"), "a", { href: linkTo("hypotheses", { hypothesis: one.hypothesis }) }, `${one.hypothesis}: ${one.title}`);
}

const pipe = connect({ page: "numbers", onAnswer: answered, onProblems: wrong, onState: (state, reason) => showState(part("state"), state, reason), onRoom: showRoom });
addEventListener("hashchange", follow);
begin();
