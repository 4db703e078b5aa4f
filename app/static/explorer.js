import { lines, states, dots } from "./charts.js";
import { list, put, tabled } from "./frame.js";
import { difference, gapped, hours, sentence, stacked, titles } from "./pair.js";
import { said, texts } from "./texts.js";

/* The page of the static explorer: menus, a slider of months, and charts of what was computed beforehand. */

const t = texts();
const data = JSON.parse(document.getElementById("explorer-data").textContent);
const part = (name) => document.getElementById(name);
const chosen = { policy: 0, unit: 0, measure: Object.keys(data.differences)[0], month: data.months, view: "states" };

function view() {
  const { policy, unit, measure, month, view: shown } = chosen;
  return { data, arm: data.arms[policy], place: unit, unit, measure, month, shown };
}

function every() {
  const at = chosen.month - 1;
  const points = data.arms.map((arm) => {
    const gap = difference(view(), arm);
    return { label: arm.short, value: gap.values[at], low: gap.low[at], high: gap.high[at] };
  });
  return {
    title: said(t.every, chosen), unit: "points", rows: true, points,
    description: said(t.every_said, {
      units: chosen.unit || data.services === 1 ? t.charts.pair.one_of_runs : t.charts.pair.services,
      does: data.differences[chosen.measure].said,
    }),
  };
}

function showHours() {
  tabled(part("hours"), { caption: said(t.hours_caption, data), heads: t.hours_heads, rows: hours(view()) });
}

/* The address says what is chosen, so that it can be sent on; a choice that is not there is passed over. */
function readAddress() {
  const link = new URLSearchParams(location.hash.slice(1));
  const arm = data.arms.findIndex((one) => one.name === link.get("policy")), unit = data.units.indexOf(link.get("unit"));
  const month = Number(link.get("month"));
  if (arm >= 0) chosen.policy = arm;
  if (unit >= 0) chosen.unit = unit;
  if (Object.hasOwn(data.differences, link.get("measure"))) chosen.measure = link.get("measure");
  if (["states", "uses"].includes(link.get("view"))) chosen.view = link.get("view");
  if (Number.isInteger(month) && month >= 1 && month <= data.months) chosen.month = month;
}

function writeAddress() {
  const { measure, month, view } = chosen;
  const link = new URLSearchParams({ policy: data.arms[chosen.policy].name, unit: data.units[chosen.unit], measure, month, view });
  history.replaceState(null, "", `#${link}`);
}

const charts = {};

/* All but the sentence is quiet: one voice is enough. */
function showMonth(from) {
  part("month").value = chosen.month;
  part("month").setAttribute("aria-valuetext", said(t.month_told, chosen));
  part("month-told").textContent = chosen.month;
  part("sentence").setAttribute("aria-live", from ? "off" : "polite");
  part("sentence").textContent = sentence(view());
  for (const name of ["first", "second", "difference"]) if (name !== from) charts[name].setPlace(chosen.month, true);
  charts.every.update(every(), true);
  writeAddress();
}

function showAll() {
  const [first, second] = titles(view());
  charts.first.update(stacked(view(), data.base, first), true);
  charts.second.update(stacked(view(), data.arms[chosen.policy], second), true);
  charts.difference.update(gapped(view()), true);
  showHours();
  list(part("sure"), data.arms[chosen.policy].sure);
  part("command").textContent = data.arms[chosen.policy].command;
  part("copied").textContent = "";
  showMonth();
}

function menu(name, entries, number) {
  for (const [value, text] of entries) put(part(name), "option", { value }, text);
  part(name).value = chosen[name];
  part(name).addEventListener("change", () => {
    chosen[name] = number ? Number(part(name).value) : part(name).value;
    showAll();
  });
}

function begin() {
  readAddress();
  part("explorer").hidden = false;
  menu("policy", data.arms.map((one, at) => [at, one.short]), true);
  menu("unit", data.units.map((one, at) => [at, at ? said(t.service, { name: one }) : one]), true);
  menu("measure", Object.entries(data.differences).map(([name, words]) => [name, words.menu]));
  menu("view", []);
  part("month").max = data.months;
  part("month").addEventListener("input", () => {
    chosen.month = Number(part("month").value);
    showMonth();
  });
  const moved = (name) => ({ place: chosen.month, onPlace: (month) => { chosen.month = month; showMonth(name); } });
  const [first, second] = titles(view());
  charts.first = states(part("first"), stacked(view(), data.base, first), moved("first"));
  charts.second = states(part("second"), stacked(view(), data.arms[chosen.policy], second), moved("second"));
  charts.difference = lines(part("difference"), gapped(view()), moved("difference"));
  charts.every = dots(part("every"), every(), { place: 1 });
  part("copy").addEventListener("click", copy);
  showAll();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(part("command").textContent);
    part("copied").textContent = t.copied;
  } catch {
    getSelection().selectAllChildren(part("command"));
    part("copied").textContent = t.marked;
  }
}

begin();
