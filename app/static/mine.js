import { lines, states } from "./charts.js";
import { clearProblems, copy, field, foundOut, linked, part, save, showProblems, showRoom, showState, textOf } from "./controls.js";
import { list, put } from "./frame.js";
import { anewByLink, linkTo, readLink, writeLink } from "./link.js";
import { connect } from "./pipe.js";
import { fill } from "./tables.js";
import { said, texts } from "./texts.js";

/* The page of one's own service: a form, or a file that was opened, goes to the lab; the answer gets better by itself. */

const t = texts(), MOST = 12, BYTES = 60000;
const ORDER = ["name", "setting", "staff", "posts", "leader", "signal", "selection", "format", "pool", "inflow", "meetings", "backing", "outcome_monitoring"];
const KINDS = Object.keys(t.kinds);
const FIRST = {
  delivering: { posts: 2, tolerance: 0 }, fidelity: { score: 4, error: 0.25 }, leaders: { change: "leaves", months_tolerance: 2 },
  patients: { started: 8, tolerance: 2 }, waiting: { posts: 1, tolerance: 0 },
};
const LEAST = { month: 1, score: 1, staff: 1, posts: 0 };
const STEPS = { score: 0.1, error: 0.05, inflow: 0.1, backing: 0.1, outcome_monitoring: 0.1 };
let form = {
  name: "Ours", setting: "primary", staff: 14, posts: 4, leader: "passive_supportive", signal: "left_to_practitioners", selection: "in_passing",
  format: "individual", pool: 12, inflow: 1, meetings: "mentioned", backing: 0.3, outcome_monitoring: 0.3, now: 18,
  delivering: [{ month: 18, posts: 2, tolerance: 1 }],
};
let acting = false, text, file, filled = false;
const charts = {};

/* What the link says; the lab tells what cannot be, beside its field. */
function begin() {
  anewByLink();
  const state = linked(readLink(), part("linked")) ?? {};
  acting = state.acting === true;
  if (typeof state.text === "string") { text = state.text; file = typeof state.file === "string" ? state.file : ""; }
  else if (state.form && typeof state.form === "object" && !Array.isArray(state.form)) form = { ...state.form };
  for (const kind of KINDS) if (!Array.isArray(form[kind]) || !form[kind].every((row) => row && typeof row === "object")) delete form[kind];
}

const wish = () => (text === undefined ? { form, acting } : { text, acting });

function ask() {
  writeLink(text === undefined ? wish() : { ...wish(), file });
  pipe.ask(wish());
}

/* The form counts from now on. */
function changed() {
  text = undefined;
  part("opened").textContent = "";
  part("open").value = "";
  ask();
}

// ------------------------------------------------------------------------------------------------------------------ the form

const known = (control) => {
  if (control.type !== "number") return control.value;
  return control.value === "" ? undefined : control.valueAsNumber;
};

const plain = (value) => (typeof value === "string" || typeof value === "number" ? value : undefined);

function control(parent, holder, key, name, label) {
  const words = t.options[key]?.map((word) => [word, t.words[word]]);
  const about = words ? { options: words } : key === "name" ? { kind: "text", maxlength: 60 } : { kind: "number", min: LEAST[key] ?? 0, step: STEPS[key] ?? 1 };
  const made = field(parent, { name, label, value: plain(holder[key]), ...about });
  // A word that is not in the menu, from a link or a file, stays until it is changed: the lab says what it thinks of it.
  made.addEventListener("change", () => { holder[key] = known(made); if (holder[key] === undefined) delete holder[key]; changed(); });
}

function draw() {
  part("about").replaceChildren();
  part("past").replaceChildren();
  for (const key of ORDER) control(part("about"), form, key, key, t[key]);
  control(part("past"), form, "now", "now", t.now);
  rows();
}

function rows() {
  const holder = part("rows");
  holder.replaceChildren();
  for (const kind of KINDS) (form[kind] ?? []).forEach((row, at) => {
    const box = put(holder, "fieldset", { class: "controls" }), { title, ...keys } = t.kinds[kind];
    put(box, "legend", {}, title);
    for (const [key, label] of Object.entries(keys)) control(box, row, key, `${kind}.${at}.${key}`, label);
    const button = put(put(box, "p", { class: "field" }), "button", { type: "button", class: "remove", "aria-label": `${t.remove}: ${title}` }, t.remove);
    button.addEventListener("click", () => {
      form[kind].splice(at, 1);
      if (!form[kind].length) delete form[kind];
      rows();
      part("changed").textContent = said(t.removed, { title });
      part("adding").querySelector("select").focus();
      changed();
    });
  });
  part("no-rows").hidden = holder.childElementCount > 0;
}

function adding() {
  const kind = field(part("adding"), { name: "add", label: t.add, options: KINDS.map((one) => [one, t.kinds[one].title]) });
  const button = put(put(part("adding"), "p", { class: "field" }), "button", { type: "button", id: "add" }, t.add_button);
  button.addEventListener("click", () => {
    const there = form[kind.value] ?? [];
    if (there.length >= MOST) return;
    const taken = new Set(there.map((one) => one.month));
    let month = Number.isInteger(form.now) ? form.now : 1;
    while (month > 1 && taken.has(month)) month -= 1;
    form[kind.value] = [...there, { month, ...FIRST[kind.value] }];
    rows();
    part("changed").textContent = said(t.added, { title: t.kinds[kind.value].title });
    part("rows").querySelector(`[name="${kind.value}.${there.length}.month"]`).focus();
    changed();
  });
  part("acting").checked = acting;
  part("acting").addEventListener("change", () => { acting = part("acting").checked; ask(); });
  part("open").addEventListener("change", opened);
}

async function opened() {
  const [one] = part("open").files;
  if (!one) return;
  const read = await textOf(one, BYTES);
  if (typeof read !== "string") {
    part("opened").textContent = read === null ? t.too_large : t.unreadable;
    return;
  }
  text = read;
  file = one.name;
  filled = false;
  ask();
}

// ------------------------------------------------------------------------------------------------------------------ the answer

function answered({ data, final }) {
  clearProblems(part("form"));
  if (text !== undefined && !filled) {
    form = structuredClone(data.form);
    draw();
    part("opened").textContent = said(data.form_is_whole ? t.opened : t.opened_more, { file: file || data.file });
    filled = true;
  }
  const counts = Object.fromEntries(["matched", "tried", "of"].map((name) => [name, data[name].toLocaleString("en")]));
  const notes = [said(data.stage === "matching" ? t.matching : t.matched, counts)];
  if (data.stage === "matching") notes.push(data.forecast ? t.early : t.waiting);
  if (data.stage === "policies" && acting) notes.push(said(t.trying, { done: data.policies.length }));
  part("runs").textContent = notes.join(" ");
  const sentence = data.stage === "refused" ? t.refused : data.answer ?? "";
  if (part("sentence").textContent !== sentence) part("sentence").textContent = sentence;
  refused(data);
  part("more").hidden = false;
  part("pictures").hidden = !data.shares;
  if (data.shares) pictures(data);
  part("policies-part").hidden = !data.policies.length;
  if (data.policies.length) fill(part("policies"), { caption: said(t.policies_caption, data), heads: t.policies_heads, rows: policies(data) });
  part("seen-part").hidden = !data.seen.length;
  fill(part("seen"), { heads: t.seen_heads, rows: data.seen.map((one) => [one.observation, `${(100 * one.agree_alone).toPrecision(2)} %`, one.matched_without.toLocaleString("en")]) });
  list(part("reading"), data.stage === "refused" ? [] : data.reading);
  list(part("meanings"), data.meanings);
  part("to-lead").href = linkTo("lead", { text: data.toml });
  part("command").textContent = data.command;
  part("copied").textContent = "";
  part("toml").onclick = () => save(data.file, data.toml, "application/toml");
  if (final && sentence) foundOut("mine", said(t.found_what, data), sentence);
}

function refused(data) {
  const where = part("refused");
  where.hidden = data.stage !== "refused";
  where.replaceChildren();
  if (where.hidden) return;
  const near = data.without >= data.needed ? said(t.nearest, { nearest: data.nearest, without: data.without.toLocaleString("en") }) : t.nearest_none;
  for (const one of [near, ...data.reading]) put(where, "p", {}, one);
}

function pictures(data) {
  const months = Array.from({ length: data.months }, (_, at) => at + 1), mark = { month: data.now, label: t.now_mark };
  const label = Object.fromEntries(data.meanings.map((one) => [one.split(":")[0].toLowerCase().replaceAll(" ", "_"), one.split(":")[0].toLowerCase()]));
  const series = ["operating", "silent", "given_up"].map((name) => ({ name, label: label[name] ?? name, values: data.shares[name].mean }));
  const stack = { title: t.states_title, description: said(t.states_said, data), unit: "share", months, mark, series };
  const { mean, low, high } = data.shares.kept_going;
  const line = { title: t.line_title, description: t.line_said, unit: "share", months, mark, series: [{ name: "kept_going", label: label.kept_going, values: mean, low, high }] };
  for (const [name, kind, content] of [["stack", states, stack], ["kept", lines, line]]) {
    if (charts[name]) charts[name].update(content, true);
    else {
      const other = name === "stack" ? "kept" : "stack";
      charts[name] = kind(part(name), content, { place: data.months, onPlace: (month) => charts[other]?.setPlace(month, true) });
    }
  }
}

function policies(data) {
  const hours = (value) => (Math.round(value) > 0 ? "+" : "") + Math.round(value).toLocaleString("en").replace("-", "−");
  return [...data.policies].sort((one, other) => other.kept_going.difference - one.kept_going.difference)
    .map((one) => [one.title, one.told.kept_going, one.told.operating, hours(one.hours_a_year.support), hours(one.hours_a_year.practitioner)]);
}

begin();
part("page").hidden = false;
draw();
adding();
const pipe = connect({
  page: "mine", onAnswer: answered, onRoom: showRoom,
  onProblems: (problems) => {
    if (text !== undefined) part("opened").textContent = "";
    showProblems(part("form"), problems)?.focus({ preventScroll: true });
  },
  onState: (state, reason) => showState(part("state"), state, reason),
});
part("form").addEventListener("submit", (event) => event.preventDefault());
part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
ask();
