import { lines } from "./charts.js";
import { clearProblems, field, part, savePicture } from "./controls.js";
import { put } from "./frame.js";
import { byMonth, capital, done, fill, lifeAsked, lifeFields, lifeOfLink, menuOf, opened, percent, shareTold, shown } from "./life.js";
import { linkTo, writeLink } from "./link.js";
import { people, rowsOf } from "./people.js";
import { said, texts } from "./texts.js";

/* The page of one explanation: people as rows, the risk with its turns, what made it happen, what would have helped, the story. */

const t = texts();
const chosen = { scenario: "nine-services", service: "E", bars: [], policies: [], replicate: null, outcome: "given-up", month: 84 };
let data, rows, curve;

function begin() {
  const state = lifeOfLink(chosen);
  if (typeof state.outcome === "string") chosen.outcome = state.outcome;
  if (Number.isInteger(state.month) && state.month >= 1 && state.month <= 84) chosen.month = state.month;
}

function ask() {
  writeLink(chosen);
  pipe.ask({ ...lifeAsked(chosen), outcome: chosen.outcome });
}

function answered({ final, data: found }) {
  clearProblems(part("form"));
  const first = !data;
  data = found;
  chosen.service = data.service;
  part("answer").hidden = false;
  done(chosen, part("done"));
  part("runs").textContent = said(final ? t.fate_final : t.fate_soon, { lucks: data.fate.lucks });
  menuOf(part("choosing"), "service", data.services.map((name) => [name, name]), data.service);
  if (first) {
    rows = people(part("people"), picture(), { place: chosen.month, onPlace: (month) => moved(month, curve) });
    curve = lines(part("fate"), risk(), { place: chosen.month, onPlace: (month) => moved(Math.max(1, month), rows) });
  } else {
    rows.update(picture(), true);
    curve.update(risk(), true);
  }
  const words = [data.headline, ...["remove", "help"].map((kind) => data.explained?.[kind].answer ?? "")].filter(Boolean).join(" ");
  if (part("sentence").textContent !== words) part("sentence").textContent = words;
  turning(final);
  tables();
  story();
  part("toml").hidden = !data.toml;
  part("command").textContent = data.command;
  part("to-walk").href = linkTo("walk", { ...lifeAsked(chosen), replicate: data.replicate });
}

function moved(month, other) {
  chosen.month = month;
  other?.setPlace(month, true);
  writeLink(chosen);
}

function picture() {
  const { people: told } = data, months = Array.from({ length: told.months }, (_, at) => at + 1);
  const described = said(t.people_said, { replicate: data.replicate, service: data.service });
  return { title: said(t.people, { service: data.service }), description: described, months, series: rowsOf(told), words: told.words, happened: byMonth(data.story), turns: data.fate.turning.map((one) => one.month) };
}

/* The risk after each month; straight from one month that was looked at to the next. */
function risk() {
  const { months, risk: values, error } = data.fate, size = months.at(-1) + 1, place = new Map(months.map((month, at) => [month, at]));
  const every = Array.from({ length: size }, (_, month) => month);
  const at = (month, of) => { const [one, other, share] = between(months, place, month); return of(one) * (1 - share) + of(other) * share; };
  const clip = (value) => Math.min(1, Math.max(0, value));
  return {
    title: t.fate, description: said(t.fate_said, { lucks: data.fate.lucks }), unit: "share", months: every,
    series: [{
      name: "risk", label: t.risk, key: t.risk_key, values: every.map((month) => at(month, (one) => values[one])),
      low: every.map((month) => clip(at(month, (one) => values[one] - 2 * error[one]))), high: every.map((month) => clip(at(month, (one) => values[one] + 2 * error[one]))),
    }],
  };
}

/* Places of the two months that were looked at around a month, and how far it is from the first to the second. */
function between(months, place, month) {
  if (place.has(month)) return [place.get(month), place.get(month), 0];
  const after = months.findIndex((one) => one > month);
  return [after - 1, after, (month - months[after - 1]) / (months[after] - months[after - 1])];
}

function turning(final) {
  const where = part("turning"), turns = data.fate.turning;
  where.replaceChildren();
  put(where, "h3", {}, t.turning);
  if (!turns.length) { put(where, "p", {}, final ? t.no_turning : t.turning_soon); return; }
  const list = put(where, "ol");
  for (const one of turns) {
    const item = put(list, "li");
    put(item, "strong", {}, said(one.rise > 0 ? t.up : t.down, { month: one.month, points: Math.abs(100 * one.rise).toFixed(0) }));
    put(item, "span", {}, ` ${capital(one.words)}.`);
    if (one.proof) put(item, "span", {}, ` ${capital(one.proof)}.`);
  }
  put(where, "p", { class: "hint" }, t.turning_said);
}

function tables() {
  const where = part("tables");
  where.replaceChildren();
  if (!data.explained) return;
  for (const kind of ["remove", "help"]) {
    const one = data.explained[kind], section = put(where, "section", { "aria-labelledby": `${kind}-title` });
    put(section, "h2", { id: `${kind}-title` }, t.kinds[kind]);
    put(section, "p", { class: "answer-line" }, one.answer);
    put(section, "p", {}, `${said(t.ending, { ending: one.ending })} ${t.endings[one.ending]}`);
    const words = Object.fromEntries(one.contrasts.map((each) => [each.name, each.words]));
    contrasts(section, kind, one, words);
    const worlds = new Map(one.other_worlds.map((each) => [each.set.join(), each]));
    if (one.smallest.length) {
      const smallest = one.smallest.map((each) => [each.set.map((name) => words[name]).join("; "), shown(each.hours), shown(each.months), worlds.has(each.set.join()) ? shareTold(worlds.get(each.set.join())) : ""]);
      framed(section, t.smallest, t.smallest_heads, smallest);
    }
    put(section, "p", {}, said(t.beside, { background: shareTold(one.background), shams: Math.round(one.shams.of * one.shams.share), of: one.shams.of }));
    if (one.undone_by_more.of && one.undone_by_more.share >= 0.005) put(section, "p", {}, said(t.more, { share: percent(one.undone_by_more.share) }));
    sets(section, one, words);
  }
}

function contrasts(section, kind, one, words) {
  const alone = new Set(one.sets.filter((each) => each.prevented && each.set.length === 1).map((each) => each.set[0]));
  const body = one.contrasts.map(({ name }) => [
    capital(words[name]), alone.has(name) ? t.prevents : one.inert.includes(name) ? t.inert : t.does_not,
    shown(one.responsibility[name]), shown(one.shapley[name]),
  ]);
  framed(section, t.contrasts[kind], t.contrast_heads, body);
}

/* All sets, opened by who wants them. */
function sets(section, one, words) {
  const more = put(section, "details");
  put(more, "summary", {}, said(t.all_sets, { many: one.sets.length, prevent: one.sets.filter((each) => each.prevented).length }));
  more.addEventListener("toggle", () => {
    if (!more.open || more.querySelector("table")) return;
    const body = one.sets.map((each) => [each.set.map((name) => words[name]).join("; ") || t.nothing_else, each.prevented ? t.prevents : t.does_not, shown(each.months), shown(each.hours)]);
    framed(more, t.sets, t.set_heads, body);
  });
}

function framed(where, caption, heads, body) {
  const frame = put(where, "div", { class: "chart-table ifs tall", tabindex: "0", role: "region", "aria-label": caption });
  fill(put(frame, "table"), heads, body, caption);
}

function story() {
  const list = part("story");
  list.replaceChildren();
  const months = new Map();
  for (const one of data.story) months.set(one.month, [...(months.get(one.month) ?? []), capital(one.words)]);
  for (const [month, told] of months) {
    const item = put(list, "li");
    put(item, "strong", {}, said(t.in_month, { month }));
    put(item, "span", {}, ` ${told.join(". ")}.`);
  }
}

function table() {
  const { months, risk: values, error } = data.fate;
  return `${["month,risk,error", ...months.map((month, at) => [month, values[at], error[at]].join(","))].join("\n")}\n`;
}

begin();
part("page").hidden = false;
lifeFields(part("choosing"), chosen, (what) => {
  if (what !== "replicate") { chosen.replicate = null; part("choosing").querySelector("[name=replicate]").value = ""; }
  ask();
});
const outcome = field(part("choosing"), {
  name: "outcome", label: t.outcome, value: chosen.outcome,
  options: Object.hasOwn(t.outcomes, chosen.outcome) ? Object.entries(t.outcomes) : [[chosen.outcome, chosen.outcome], ...Object.entries(t.outcomes)],
});
outcome.addEventListener("change", () => { chosen.outcome = outcome.value; ask(); });
const pipe = opened({ page: "why", onAnswer: answered, data: () => data, numbers: () => ["risk.csv", table()] });
part("svg").addEventListener("click", () => savePicture("life.svg", part("people")));
ask();
