import { dots, lines, states } from "./charts.js";
import { clearProblems, copy, field, linked, part, save, savePicture, showProblems, showRoom, showState } from "./controls.js";
import { list, put, tabled, told } from "./frame.js";
import { anewByLink, linkTo, readLink, writeLink } from "./link.js";
import { difference, gapped, hours, sentence, stacked, titles } from "./pair.js";
import { connect } from "./pipe.js";
import { said, texts } from "./texts.js";
import { timeline } from "./timeline.js";

/* The page of two worlds: what is chosen goes into the link and to the lab; pictures get better by themselves. */

const t = texts(), MONTHS = 84, MOST = 24;
const MEASURES = ["kept_going", "sustained", "operating", "high_every_look"];
/* It begins with something that can be seen. */
const chosen = {
  scenario: "nine-services", unit: "", measure: "kept_going", month: MONTHS, shown: "states", predict: false,
  bars: [{ act: "protected-time", start: 12, end: null, dose: 1 }],
};
let data, forecast, best = false, fresh = true, loud = true;
const charts = {};

const number = (value, low, high) => Number.isFinite(value) && value >= low && value <= high;

function soundBar(bar) {
  return bar && Object.hasOwn(t.acts, bar.act) && Number.isInteger(bar.start) && number(bar.dose, 0.01, 1)
    && (bar.end === null || bar.end === undefined || Number.isInteger(bar.end));
}

/* What the link says; what is not there or cannot be is passed over. */
function begin() {
  anewByLink();
  const state = linked(readLink(), part("linked")) ?? {};
  if (Object.hasOwn(t.presets, state.scenario)) chosen.scenario = state.scenario;
  if (typeof state.unit === "string") chosen.unit = state.unit;
  if (MEASURES.includes(state.measure)) chosen.measure = state.measure;
  if (Number.isInteger(state.month) && number(state.month, 1, MONTHS)) chosen.month = state.month;
  if (["states", "uses"].includes(state.shown)) chosen.shown = state.shown;
  if (Array.isArray(state.bars) && state.bars.every(soundBar)) chosen.bars = state.bars.slice(0, MOST).map(({ act, start, end, dose }) => ({ act, start, end: end ?? null, dose }));
  chosen.predict = state.predict === true;
  if (chosen.predict && soundForecast(state.forecast)) {
    const { point, low, high } = state.forecast;
    forecast = { point, low, high };
  }
}

/* Three numbers from -100 to 100, the guess within its range. */
function soundForecast(one) {
  return one && [one.point, one.low, one.high].every((value) => number(value, -100, 100)) && one.low <= one.point && one.point <= one.high;
}

/* The link holds the forecast, too: it is not lost when the page is loaded again. */
const keep = () => writeLink(forecast ? { ...chosen, forecast } : chosen);

const view = () => ({ data, arm: { ...data.arm, short: data.arm.short || t.own_short }, place: 0, unit: data.unit, measure: chosen.measure, month: chosen.month, shown: chosen.shown });

const covered = () => chosen.predict && !forecast;

// ------------------------------------------------------------------------------------------------------------------ moves

/* What was expected of other worlds is not expected of these. */
function anew() {
  forecast = undefined;
  ask();
}

function ask() {
  best = false;
  fresh = true;
  part("hand-in").hidden = true;
  keep();
  pipe.ask({ scenario: chosen.scenario, bars: chosen.bars, unit: chosen.unit });
  part("no-bars").hidden = chosen.bars.length > 0;
  part("to-why").href = linkTo("why", { scenario: chosen.scenario, service: chosen.unit, bars: chosen.bars, replicate: null });
  predicting();
}

function answered({ n, last, final, data: found }) {
  clearProblems(part("form"));
  const first = !data;
  data = found;
  loud = fresh || final; // the pictures between get better without a word
  fresh = false;
  part("runs").textContent = final ? said(t.runs_all, { n }) : said(t.runs, { n, last });
  if (first) make();
  show();
  score();
  best = final;
  finish();
}

/* What is seen would be of the world before: it is covered until this one can be computed. */
function wrong(problems) {
  part("answer").hidden = part("more").hidden = true;
  part("runs").textContent = part("predicted").textContent = "";
  part("sentence").textContent = t.not_yet;
  showProblems(part("form"), problems)?.focus({ preventScroll: true });
}

// ------------------------------------------------------------------------------------------------------------------ pictures

function make() {
  units();
  uncover();
  const moved = (name) => ({ place: chosen.month, onPlace: (month) => { chosen.month = month; showMonth(name); } });
  const [one, two] = titles(view());
  charts.first = states(part("first"), stacked(view(), data.base, one), moved("first"));
  charts.second = states(part("second"), stacked(view(), data.arm, two), moved("second"));
  charts.difference = lines(part("difference"), gapped(view()), moved("difference"));
  charts.posts = dots(part("posts"), posts(), { place: 1 });
}

function uncover() {
  part("answer").hidden = part("more").hidden = covered() || !data;
}

/* Services of this world; the one that was chosen may not be among them. */
function units() {
  const menu = part("worlds").querySelector("[name=unit]");
  const names = data.units.slice(1);
  if (menu.options.length === names.length + 1) return;
  menu.replaceChildren();
  put(menu, "option", { value: "" }, t.all);
  for (const name of names) put(menu, "option", { value: name }, said(t.service, { name }));
  menu.value = chosen.unit;
}

function show() {
  uncover();
  if (covered()) {
    part("sentence").textContent = t.covered;
    return;
  }
  const [one, two] = titles(view());
  charts.first.update(stacked(view(), data.base, one), true);
  charts.second.update(stacked(view(), data.arm, two), true);
  charts.difference.update(gapped(view()), true);
  charts.posts.update(posts(), true);
  table();
  list(part("sure"), data.arm.sure);
  part("command").textContent = data.command;
  part("copied").textContent = "";
  predicting();
  showMonth();
}

function showMonth(from) {
  const field = part("looking").querySelector("[name=month]");
  field.value = chosen.month;
  field.setAttribute("aria-valuetext", `${t.month} ${chosen.month}`);
  part("month-told").textContent = chosen.month;
  const words = sentence(view());
  part("sentence").setAttribute("aria-live", from || !loud ? "off" : "polite");
  if (part("sentence").textContent !== words) part("sentence").textContent = words;
  for (const name of ["first", "second", "difference"]) if (name !== from) charts[name].setPlace(chosen.month, true);
  keep();
}

function posts() {
  const points = data.posts.map((one) => ({
    label: said(one.services === 1 ? t.posts_label_one : t.posts_label, { posts: one.unit, services: one.services }), value: one.difference, low: one.low, high: one.high,
  }));
  return { title: said(t.posts_title, { months: data.months }), description: t.posts_said, unit: "points", rows: true, points };
}

function table() {
  tabled(part("hours"), { caption: said(t.hours_caption, { months: data.months }), heads: t.hours_heads, rows: hours(view()) });
}

/* The numbers of the two pictures and of the difference, a row a month. */
function numbers() {
  const of = view(), gap = difference(of), heads = ["month"], columns = [];
  for (const [world, scenario] of [["a", data.base], ["b", data.arm]])
    for (const one of stacked(of, scenario, "").series) { heads.push(`${world}_${one.name}`); columns.push(one.values); }
  heads.push(`difference_${chosen.measure}`, "low", "high");
  columns.push(gap.values, gap.low, gap.high);
  const rows = Array.from({ length: data.months }, (_, at) => [at + 1, ...columns.map((column) => column[at] ?? "")].join(","));
  return `${[heads.join(","), ...rows].join("\n")}\n`;
}

// ------------------------------------------------------------------------------------------------------------------ forecasts

function predicting() {
  const form = part("predicting");
  form.hidden = !covered();
  if (form.hidden || form.childElementCount) return;
  const about = { kind: "number", min: -100, max: 100, step: 1, required: "" };
  const fields = [
    field(form, { name: "point", label: said(t.predict_point, { month: MONTHS }), ...about }),
    field(form, { name: "low", label: t.predict_low, ...about }), field(form, { name: "high", label: t.predict_high, ...about }),
  ];
  put(put(form, "p", { class: "field" }), "button", { type: "submit" }, t.predict_show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [point, low, high] = fields.map((one) => one.valueAsNumber);
    if (!soundForecast({ point, low, high })) {
      part("predicted").textContent = t.predict_wrong;
      fields.find((one) => !number(one.valueAsNumber, -100, 100))?.focus();
      return;
    }
    forecast = { point, low, high };
    keep();
    reveal();
  });
}

function reveal() {
  if (!data) return;
  show();
  score();
  part("sentence").focus();
  finish();
}

/* What was expected beside what comes out, which gets better with the picture. */
function score() {
  if (!forecast) return;
  const { difference: found, low, high } = data.effect, points = (one) => told(one, "points", 1);
  const hit = 100 * found >= forecast.low && 100 * found <= forecast.high;
  part("predicted").setAttribute("aria-live", loud ? "polite" : "off");
  part("predicted").textContent = said(t.predict_told, {
    ...Object.fromEntries(Object.entries(forecast).map(([name, one]) => [name, points(one / 100)])),
    found: points(found), from: points(low), to: points(high), hit: hit ? t.predict_hit : t.predict_miss,
  });
}

/* What can be handed in is of the best picture, so that the same two worlds have the same result for a whole class. */
function finish() {
  if (!best || !forecast) return;
  document.dispatchEvent(new CustomEvent("lab:finished", { detail: {
    page: "two-worlds",
    forecasts: [{ what: said(t.predict_what, { month: MONTHS }), kind: "value", unit: "points", value: forecast.point / 100, low: forecast.low / 100, high: forecast.high / 100 }],
    decisions: chosen.bars,
    results: [{ what: said(t.predict_what, { month: MONTHS }), value: data.effect.difference }],
  } }));
}

// ------------------------------------------------------------------------------------------------------------------ the form

function menus() {
  const worlds = part("worlds"), looking = part("looking");
  const scenario = field(worlds, { name: "scenario", label: t.scenario, value: chosen.scenario, options: Object.entries(t.presets) });
  const unit = field(worlds, { name: "unit", label: t.unit, options: [["", t.all]] });
  if (chosen.unit) put(unit, "option", { value: chosen.unit }, said(t.service, { name: chosen.unit }));
  unit.value = chosen.unit;
  scenario.addEventListener("change", () => { chosen.scenario = scenario.value; chosen.unit = unit.value = ""; anew(); });
  unit.addEventListener("change", () => { chosen.unit = unit.value; anew(); });
  const act = field(part("adding"), { name: "add", label: t.add, options: Object.entries(t.acts).map(([name, one]) => [name, `${one.title}: ${one.said}`]) });
  const button = put(put(part("adding"), "p", { class: "field" }), "button", { type: "button", id: "add" }, t.add_button);
  button.addEventListener("click", () => {
    if (chosen.bars.length >= MOST) return;
    const last = chosen.bars.filter((one) => one.act === act.value).map((one) => one.end ?? MONTHS);
    chosen.bars = [...chosen.bars, { act: act.value, start: Math.min(Math.max(12, ...last), MONTHS - 1), end: null, dose: 1 }];
    bars.set(chosen.bars);
    bars.focus(chosen.bars.length - 1);
    part("changed").textContent = said(t.added, { title: t.acts[act.value].title });
    anew();
  });
  const seen = [["measure", t.measure, [["kept_going", ""], ["sustained", ""], ["operating", ""], ["high_every_look", ""]]], ["shown", t.shown, [["states", t.states], ["uses", t.uses]]]];
  for (const [name, label, options] of seen) {
    const menu = field(looking, { name, label, options });
    menu.addEventListener("change", () => { chosen[name] = menu.value; loud = true; show(); });
  }
  const month = field(looking, { name: "month", label: t.month, kind: "range", min: 1, max: MONTHS, step: 1, value: chosen.month });
  month.parentElement.classList.add("whole");
  month.labels[0].append(" ");
  put(month.labels[0], "output", { id: "month-told", for: month.id });
  month.addEventListener("input", () => { chosen.month = Number(month.value); loud = true; showMonth(); });
  part("predict").checked = chosen.predict;
  part("predict").addEventListener("change", () => { chosen.predict = part("predict").checked; part("predicted").textContent = ""; anew(); });
}

/* Words of the measures come with the first answer. */
function measures() {
  const menu = part("looking").querySelector("[name=measure]");
  for (const option of menu.options) option.textContent = data.differences[option.value].menu;
  menu.value = chosen.measure;
  part("looking").querySelector("[name=shown]").value = chosen.shown;
}

begin();
part("page").hidden = false;
menus();
const bars = timeline(part("bars"), {
  months: MONTHS, texts: t,
  onChange: (next) => { chosen.bars = next; anew(); },
  onRemove: (title) => { part("changed").textContent = said(t.removed, { title }); },
});
bars.set(chosen.bars);
const pipe = connect({
  page: "two-worlds", onProblems: wrong, onRoom: showRoom,
  onAnswer: (answer) => { answered(answer); measures(); },
  onState: (state, reason) => showState(part("state"), state, reason),
});
part("form").addEventListener("submit", (event) => event.preventDefault());
part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
part("toml").addEventListener("click", () => save(data.file, data.toml, "application/toml"));
part("csv").addEventListener("click", () => save("two-worlds.csv", numbers(), "text/csv"));
part("svg").addEventListener("click", () => savePicture("difference.svg", part("difference")));
ask();
