import { clearProblems, field, part } from "./controls.js";
import { put } from "./frame.js";
import { capital, done, fill, lifeAsked, lifeFields, lifeOfLink, menuOf, opened, percent, shown } from "./life.js";
import { linkTo, writeLink } from "./link.js";
import { people, rowsOf } from "./people.js";
import { said, texts } from "./texts.js";

/* The page of one practitioner: months by key; what is seen, what is true, what is decided; one patient who goes well. */

const t = texts();
const chosen = { scenario: "nine-services", service: "D", bars: [], policies: [], replicate: 2, post: "2", month: 1, patient: null };
let data, chart, both;

function begin() {
  const state = lifeOfLink(chosen);
  if (typeof state.post === "string" || Number.isInteger(state.post)) chosen.post = String(state.post);
  if (Number.isInteger(state.month) && state.month >= 1 && state.month <= 84) chosen.month = state.month;
  if (Number.isInteger(state.patient)) chosen.patient = state.patient;
  chosen.replicate ??= 0;
}

function ask() {
  writeLink(chosen);
  const post = /^\d+$/.test(chosen.post) ? Number(chosen.post) : chosen.post;
  pipe.ask({ ...lifeAsked(chosen), post, patient: chosen.patient });
}

function answered({ data: found }) {
  clearProblems(part("form"));
  const first = !data, asked = data?.what_if?.patient?.number !== found.what_if?.patient?.number;
  data = found;
  chosen.service = data.service;
  part("answer").hidden = false;
  done(chosen, part("done"));
  menuOf(part("choosing"), "service", data.services.map((name) => [name, name]), data.service);
  menuOf(part("choosing"), "post", data.posts.map((name, at) => [String(at + 1), name]), String(data.posts.indexOf(data.post) + 1));
  if (first) chart = people(part("people"), picture(), { place: chosen.month, onPlace: (month) => go(month, "chart") });
  else chart.update(picture(), true);
  part("toml").hidden = !data.toml;
  part("command").textContent = data.command;
  part("copied").textContent = "";
  part("to-why").href = linkTo("why", { ...lifeAsked(chosen), replicate: chosen.replicate });
  patients();
  whatIf(asked && !first);
  show();
}

function picture() {
  const told = data.people, post = data.posts.indexOf(data.post), months = Array.from({ length: told.months }, (_, at) => at + 1);
  const series = rowsOf(told).filter((row, at) => at === post || row.kind !== "status");
  const happened = Object.fromEntries(data.walk.months.filter((one) => one.happened.length).map((one) => [one.month, one.happened]));
  return { title: said(t.picture, { name: data.post, service: data.service, replicate: data.walk.replicate }), description: t.picture_said, months, series, words: told.words, happened };
}

// ------------------------------------------------------------------------------------------------------------------- a month

function go(month, from = "") {
  chosen.month = Math.min(Math.max(1, month), data.walk.months.length);
  if (from !== "chart") chart.setPlace(chosen.month, true);
  writeLink(chosen);
  show(from);
}

function show(from = "") {
  const step = data.walk.months[chosen.month - 1];
  const range = part("month");
  range.max = data.walk.months.length;
  range.value = chosen.month;
  range.setAttribute("aria-valuetext", `${t.month} ${chosen.month}`);
  part("month-told").textContent = chosen.month;
  part("before").disabled = chosen.month <= 1;
  part("after").disabled = chosen.month >= data.walk.months.length;
  part("next").disabled = !later();
  // the chart reads its month aloud itself
  part("sentence").setAttribute("aria-live", from === "chart" ? "off" : "polite");
  part("sentence").textContent = sentence(step);
  beside(step);
  decides(step);
}

const later = () => data.walk.months.find((one) => one.month > chosen.month && one.decision)?.month;

function valueOf(step, key) {
  return step.values[data.walk.numbers.findIndex((one) => one.key === key)];
}

function sentence(step) {
  if (!step.holder) return said(t.nobody, { month: step.month });
  const parts = [said(t.is, { month: step.month, who: step.holder, status: step.status_words })];
  if (step.decision) parts.push(said(t.decided_now, { words: capital(step.decision.words) }) + met(step));
  const belief = valueOf(step, "practitioner.belief"), truth = valueOf(step, "gain_to_expect");
  if (belief !== null) parts.push(said(t.believes, { belief: shown(belief), truth: shown(truth) }));
  return parts.join(" ");
}

function met(step) {
  const move = step.moves.find((one) => one.happens);
  return move ? ` ${said(t.met, { chance: percent(move.chance, 1), draw: move.draw.toFixed(3) })}` : "";
}

function beside(step) {
  const body = part("beside"), { numbers } = data.walk;
  body.replaceChildren();
  let about = "";
  const headed = (meaning) => {
    const row = put(body, "tr");
    put(put(row, "th", { scope: "row" }), "span", { class: "line" }, meaning);
    return row;
  };
  const lines = [...new Set(numbers.filter((one) => one.line >= 0).map((one) => one.line))];
  for (const line of lines) {
    const [seen, truth] = ["sees", "true"].map((column) => numbers.findIndex((one) => one.line === line && one.column === column));
    const first = numbers[seen < 0 ? truth : seen];
    if (first.about !== about) {
      put(put(body, "tr", { class: "about" }), "th", { colspan: 3, scope: "colgroup" }, capital(about = first.about));
      if (numbers.some((each) => each.about === about && each.key === "practitioner.expectation")) put(headed(t.signal), "td", { colspan: 2, class: "words" }, step.signal);
      if (numbers.some((each) => each.about === about && each.key === "practitioner.competence"))
        data.walk.components.forEach((name, at) => {
          const row = headed(said(t.component, { name }));
          for (const cell of ["", shown(step.components[at])]) put(row, "td", {}, cell);
        });
    }
    const row = put(body, "tr"), head = put(row, "th", { scope: "row" });
    for (const at of [seen, truth]) if (at >= 0) put(head, "span", { class: "line" }, `${at === truth && seen >= 0 ? `${t.true_mark} ${numbers[at].meaning}` : capital(numbers[at].meaning)} (${numbers[at].unit})`);
    for (const at of [seen, truth]) put(row, "td", {}, at < 0 ? "" : shown(step.values[at]));
  }
}

function decides(step) {
  const list = part("moves");
  list.replaceChildren();
  part("decided").textContent = !step.holder ? t.nobody_decides : step.decision ? `${capital(step.decision.words)}.` : step.moves.length ? t.stays : t.no_draw;
  part("draws-said").hidden = !step.moves.length;
  for (const move of step.moves) {
    const item = put(list, "li", { class: move.happens ? "happens" : "" });
    put(item, "span", { class: "move" }, capital(move.words));
    put(item, "span", { class: "chance" }, said(t.chance, { chance: percent(move.chance, 2), draw: move.draw.toFixed(4) }));
    put(item, "strong", {}, move.happens ? t.happens : t.not);
    const gauge = put(item, "span", { class: "gauge", "aria-hidden": "true" });
    gauge.append(bar(move));
    const factors = Object.entries(move.factors).filter(([, value]) => Math.abs(value - 1) > 1e-9);
    if (factors.length) put(item, "span", { class: "hint" }, factors.map(([name, value]) => said(t.factor, { name: t.terms[name], value: value.toFixed(2) })).join("; "));
  }
  const tipped = part("tipped");
  tipped.replaceChildren();
  if (step.decision?.terms) put(tipped, "p", {}, step.decision.tipped.length ? said(t.tipped, { forces: step.decision.tipped.join(", ") }) : t.not_tipped);
  const weighs = part("weighs");
  weighs.replaceChildren();
  data.walk.numbers.forEach((one, at) => {
    if (one.column !== "weighs") return;
    put(weighs, "dt", {}, `${capital(one.meaning)} (${one.unit})`);
    put(weighs, "dd", {}, shown(step.values[at]));
  });
}

/* Chance as a bar from 0 to 1 and the draw as a mark on it. */
function bar({ chance, draw }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 200 14");
  svg.setAttribute("preserveAspectRatio", "none");
  const one = (name, about) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(about)) made.setAttribute(key, value);
    svg.append(made);
  };
  one("rect", { x: 0, y: 3, width: 200, height: 8, fill: "#E6E6E6" });
  one("rect", { x: 0, y: 3, width: Math.max(1, 200 * chance), height: 8, fill: "#D55E00" });
  one("path", { d: `M${200 * draw} 0 v14`, stroke: "#222222", "stroke-width": 2.5, "vector-effect": "non-scaling-stroke" });
  return svg;
}

// ------------------------------------------------------------------------------------------------------------------ patients

function patients() {
  const rows = data.walk.patients.map((one) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = t.go_well;
    button.setAttribute("aria-label", said(t.go_well_of, { number: one.number }));
    button.addEventListener("click", () => { chosen.patient = one.number; ask(); });
    return [String(one.number), button, String(one.asked), shown(one.gained), `${one.attended} ${t.of} ${one.offered}`, one.end ? said(t.ended, { end: one.end, month: one.ended }) : t.goes_on];
  });
  if (rows.length) fill(part("patients"), t.patient_heads, rows);
  else fill(part("patients"), [t.no_patients], []);
}

function whatIf(focus) {
  const found = data.what_if;
  part("what-if").hidden = !found;
  if (!found) return;
  part("what-if-title").textContent = said(t.what_if, { number: found.patient.number });
  part("what-if-said").textContent = found.words;
  const [one, two] = found.ends;
  part("what-if-ends").textContent = said(t.ends, {
    gained: shown(one.gained), other: shown(two.gained), status: one.status, then: two.status, use: one.use, after: two.use,
  });
  const months = Array.from({ length: data.people.months }, (_, at) => at + 1);
  const series = found.statuses.map((values, at) => ({ name: `life-${at}`, label: t.lives[at], kind: "status", values, from: 1 }));
  const shownData = { title: t.both, description: t.both_said, months, series, words: data.people.words };
  if (both) both.update(shownData, true);
  else both = people(part("both"), shownData, { place: chosen.month });
  fill(part("chain"), t.chain_heads, found.chain.slice(0, 24).map((each) => [`${each.month}`, `${capital(each.who)}: ${each.meaning} (${each.unit})`, shown(each.first), shown(each.second)]));
  part("sham").textContent = said(data.sham.apart < 0 ? t.sham_same : t.sham_other, { held: data.sham.held });
  if (focus) part("what-if-title").focus();
}

/* The numbers of all months. */
function table() {
  const { numbers, months } = data.walk, streams = [...new Set(months.flatMap((one) => one.moves.map((move) => move.stream)))];
  const text = (value) => (value === null || value === undefined ? "" : /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const heads = ["month", "holder", "status", "signal", "decision", "tipped", ...numbers.map((one) => one.key), ...data.walk.components.map((one) => `practitioner.components ${one}`), ...streams.flatMap((one) => [`chance ${one}`, `draw ${one}`])];
  const rows = months.map((one) => [
    one.month, one.holder, one.status_words, one.signal, one.decision?.words, one.decision?.tipped.join("; "), ...one.values, ...one.components,
    ...streams.flatMap((stream) => { const move = one.moves.find((each) => each.stream === stream); return [move?.chance, move?.draw]; }),
  ]);
  return `${[heads, ...rows].map((row) => row.map(text).join(",")).join("\n")}\n`;
}

begin();
part("page").hidden = false;
lifeFields(part("choosing"), chosen, (what) => {
  if (what === "scenario" || what === "service") chosen.post = "1";
  chosen.replicate ??= 0;
  chosen.patient = null;
  ask();
});
const post = field(part("choosing"), { name: "post", label: t.post, options: [[chosen.post, chosen.post]], value: chosen.post });
post.addEventListener("change", () => { chosen.post = post.value; chosen.patient = null; ask(); });
part("month").addEventListener("input", () => go(part("month").valueAsNumber));
part("before").addEventListener("click", () => go(chosen.month - 1));
part("after").addEventListener("click", () => go(chosen.month + 1));
part("next").addEventListener("click", () => go(later() ?? chosen.month));
part("as-it-was").addEventListener("click", () => { chosen.patient = null; ask(); part("patients").closest("[tabindex]").focus(); });
/* Anywhere but in a field, a chart or a frame that scrolls, the arrow keys go from month to month. */
document.addEventListener("keydown", (event) => {
  if (!data || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, [role=img], [role=region]")) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) { event.preventDefault(); go(chosen.month + step); }
});
const pipe = opened({ page: "walk", onAnswer: answered, data: () => data, numbers: () => ["walk.csv", table()] });
ask();
