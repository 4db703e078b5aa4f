import { dots } from "./charts.js";
import { clearProblems, copy, field, foundOut, linked, part, save, showProblems, showRoom, showState } from "./controls.js";
import { list, put, told } from "./frame.js";
import { anewByLink, readLink, writeLink } from "./link.js";
import { connect } from "./pipe.js";
import { fill } from "./tables.js";
import { said, texts } from "./texts.js";

/* The page on which a trial is planned: its choices go into the link and to the lab; the numbers are those of the command. */

const t = texts(), LOSSES = ["services_a_year", "given_up_a_year"];
const chosen = { study: "leadership-24" };
const charts = {}, fields = {};
let menu;

/* What the link says; what cannot be is told by the lab, beside its field. */
function begin() {
  anewByLink();
  const state = linked(readLink(), part("linked")) ?? {};
  if (typeof state.study === "string") chosen.study = state.study;
  for (const name of ["services", "month", ...LOSSES]) if (Number.isFinite(state[name])) chosen[name] = state[name];
}

function ask() {
  writeLink(chosen);
  pipe.ask({ ...chosen }); // what is undefined is not sent
}

// ------------------------------------------------------------------------------------------------------------------ controls

function make() {
  const about = part("controls"), names = Object.entries(menu).map(([name, one]) => [name, one.title]);
  fields.study = field(about, { name: "study", label: t.study, options: names, value: chosen.study });
  fields.study.addEventListener("change", () => {
    for (const name of Object.keys(chosen)) delete chosen[name];
    chosen.study = fields.study.value;
    set();
    ask();
  });
  for (const [name, choices] of [["services", "services"], ["month", "months"]]) {
    fields[name] = field(about, { name, label: t[name], kind: "range", min: 0, step: 1 });
    fields[name].labels[0].append(" ");
    const output = put(fields[name].labels[0], "output", { for: fields[name].id });
    const show = () => {
      const value = menu[chosen.study][choices][Number(fields[name].value)];
      output.textContent = value;
      fields[name].setAttribute("aria-valuetext", String(value));
      return value;
    };
    fields[name].show = show;
    fields[name].addEventListener("input", () => { chosen[name] = show(); });
    fields[name].addEventListener("change", () => { chosen[name] = show(); ask(); });
  }
  for (const name of LOSSES) {
    fields[name] = field(about, { name, label: t[name], hint: t.loss_hint, kind: "number", min: 0, max: 60, step: 1 });
    fields[name].addEventListener("change", () => {
      chosen[name] = Number.isFinite(fields[name].valueAsNumber) ? fields[name].valueAsNumber / 100 : undefined;
      ask();
    });
  }
  set();
}

/* The controls as the study, or the link, has them. */
function set() {
  const one = menu[chosen.study];
  if (!one) return;
  part("question").textContent = one.question;
  for (const [name, choices] of [["services", "services"], ["month", "months"]]) {
    const place = one[choices].indexOf(chosen[name] ?? one.own[name]);
    fields[name].max = one[choices].length - 1;
    fields[name].value = Math.max(0, place);
    fields[name].show();
  }
  for (const name of LOSSES) fields[name].value = Math.round(1000 * (chosen[name] ?? one.own[name])) / 10;
}

// ------------------------------------------------------------------------------------------------------------------ the answer

function answered({ data, final }) {
  menu ??= data.menu;
  if (!fields.study) make();
  clearProblems(part("form"));
  if (!data.planned) {
    part("runs").textContent = said(t.making, data.bank);
    return;
  }
  part("answer").hidden = part("more").hidden = false;
  part("runs").textContent = said(t.badge, { trials: data.trials, worlds: data.worlds, services: data.services_of_the_bank });
  if (part("sentence").textContent !== data.sentence) part("sentence").textContent = data.sentence;
  draw("power", power(data), data.curve.findIndex((one) => one.services === data.planned.services));
  draw("months", months(data), data.months.findIndex((one) => one.month === data.month));
  draw("effects", effects(data), data.effects.findIndex((one) => one.month === data.month));
  fill(part("numbers"), { heads: t.numbers_heads, rows: numbers(data) });
  fill(part("estimand"), { heads: t.estimand_heads, rows: data.estimand });
  list(part("reading"), data.reading);
  part("command").textContent = data.command;
  part("copied").textContent = "";
  part("toml").onclick = () => save(data.file, data.toml, "application/toml");
  if (final) foundOut("trial", menu[chosen.study].question, data.sentence, [{ ...chosen }]);
}

/* A row each; the one that was chosen is the one that is read. */
function draw(name, content, own) {
  part(name).hidden = !content.points.length;
  if (!content.points.length) return;
  const place = Math.max(0, own) + 1;
  if (charts[name]) {
    charts[name].update(content, true);
    charts[name].setPlace(place, true);
  } else charts[name] = dots(part(name), content, { place });
}

const point = (label, { value, error }) => ({ label, value, low: error === null ? null : Math.max(0, value - 2 * error), high: error === null ? null : Math.min(1, value + 2 * error) });

function power(data) {
  const points = data.curve.map((one) => point(said(t.power_label, one), one.power));
  return { title: said(t.power_title, data), description: t.power_said, unit: "share", rows: true, points, mark: { value: data.wanted, label: t.wanted } };
}

function months(data) {
  const points = data.months.map((one) => point(said(t.months_label, one), one.power));
  return { title: said(t.months_title, { services: data.planned.services }), description: t.months_said, unit: "share", rows: true, points };
}

const unit = (data) => (data.unit === "share 0-1" ? "points" : "number");

function effects(data) {
  const points = data.effects.map((one) => ({ label: said(t.months_label, one), value: one.mean, low: one.low, high: one.high }));
  return { title: said(t.effects_title, data), description: t.effects_said, unit: unit(data), rows: true, points };
}

function numbers(data) {
  const { power: found, type_one: one, truth, estimate } = data.planned, icc = data.intracluster_correlation.seen;
  const share = ({ value, error }) => `${told(value, "share", 1)} ${error === null ? "" : said(t.error, { error: told(error, "share", 1) })}`.trim();
  const effect = ({ value }) => (value === null ? "–" : said(unit(data) === "points" ? t.points : "{value}", { value: told(value, unit(data), unit(data) === "points" ? 1 : 2) }));
  const [low, high] = data.published.map((edge) => edge.toFixed(2));
  const rows = [
    [t.power, share(found), t.power_meant], [t.type_one, share(one), said(t.type_one_said, { level: "5 %" })],
    [t.truth, effect(truth), t.truth_said], [t.estimate, effect(estimate), t.estimate_said],
  ];
  if (icc.value !== null) rows.push([t.icc, icc.value.toFixed(2), said(t.icc_said, { low, high })]);
  return rows;
}

begin();
part("page").hidden = false;
const pipe = connect({
  page: "trial", onAnswer: answered, onRoom: showRoom,
  onProblems: (problems) => showProblems(part("form"), problems)?.focus({ preventScroll: true }),
  onState: (state, reason) => showState(part("state"), state, reason),
});
part("form").addEventListener("submit", (event) => event.preventDefault());
part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
ask();
