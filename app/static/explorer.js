import { lines, states, dots } from "./charts.js";
import { put, told } from "./frame.js";

/* The page of the static explorer: menus, a slider of months, and charts of what was computed beforehand. */

const data = JSON.parse(document.getElementById("explorer-data").textContent);
const part = (name) => document.getElementById(name);
const months = Array.from({ length: data.months }, (_, at) => at + 1);
const chosen = { policy: 0, unit: 0, measure: Object.keys(data.differences)[0], month: data.months, view: "states" };

/* Share of services, by month. */
function shares(scenario, name, unit) {
  const whole = data.runs * (unit ? 1 : data.services);
  return scenario.counts[name][unit].map((count) => count / whole);
}

/* Difference by month, from the whole counts, with its interval. */
function difference(arm, name, unit) {
  const whole = data.runs * (unit ? 1 : data.services), before = data.base.counts[name][unit], reach = arm.reach[name][unit];
  const values = arm.counts[name][unit].map((count, at) => (count - before[at]) / whole);
  // Where no pair of runs differs there is no band: what runs that were not made leave possible would hide all else.
  const same = values.map((value, at) => value === 0 && reach[at] === data.unseen);
  const side = (sign) => values.map((value, at) => (reach[at] === null || same[at] ? null : value + sign * reach[at]));
  return { values, same, low: side(-1), high: side(1) };
}

/* What the chosen month says, in one sentence. */
function sentence() {
  const arm = data.arms[chosen.policy], gap = difference(arm, chosen.measure, chosen.unit), at = chosen.month - 1;
  const [value, low, high] = [gap.values[at], gap.low[at], gap.high[at]], name = data.units[chosen.unit];
  const many = chosen.unit === 0 && data.services > 1;
  const does = data.differences[chosen.measure].said, runs = `in ${data.runs.toLocaleString("en")} runs over plausible worlds`;
  const digits = low === null || Math.abs(100 * (high - low)) >= 4 ? 0 : 1;
  const number = (one) => told(Math.abs(one), "number", digits);
  if (gap.same[at])
    return `Month ${chosen.month}, “${arm.short}”: ${runs}, no difference in any run.`;
  if (low === null || (low <= 0 && high >= 0)) {
    const between = low === null ? "" : ` (95\u00a0% interval ${told(low, "points", digits)} to ${told(high, "points", digits)})`;
    return `Month ${chosen.month}, “${arm.short}”: too early to tell. ${runs[0].toUpperCase()}${runs.slice(1)}, the difference is ` +
      `${told(value, "points", digits)} ${many ? "services" : "runs"} of 100${between}.`;
  }
  const more = value > 0 ? "more" : "fewer", sides = [low, high].map((one) => 100 * Math.abs(one)).sort((a, b) => a - b);
  const what = many ? `${more} services of 100 ${does}` : `${more} runs of 100 in which ${chosen.unit || data.services === 1 ? name : "it"} is among those that ${does}`;
  return `Month ${chosen.month}, “${arm.short}”: ${runs}, ${number(100 * value)} ${what} (${number(sides[0])} to ${number(sides[1])}).`;
}

function stacked(scenario, title) {
  const labels = data[chosen.view];
  const series = Object.entries(labels).map(([name, label]) => ({ name, label, values: shares(scenario, name, chosen.unit) }));
  const description = `Share of ${chosen.unit || data.services === 1 ? "runs" : "services"} in each state, month by month.`;
  return { title, description, unit: "share", months, series, mark: support() };
}

function support() {
  return data.support ? { month: data.support, label: "support ends" } : undefined;
}

function gapped() {
  const arm = data.arms[chosen.policy], gap = difference(arm, chosen.measure, chosen.unit);
  const series = [{ name: "difference", label: "difference", key: "difference, with its 95 % interval for the number of runs", ...gap }];
  if (chosen.unit === 0 && chosen.measure === "kept_going" && (data.services > 1 || arm.spread.apart)) {
    series.push({
      name: "spread", low: arm.spread.low, high: arm.spread.high,
      ...(arm.spread.apart
        ? { label: "nine of ten worlds", key: "between these lie nine of ten plausible worlds, luck taken out" }
        : { label: "nine of ten pairs of runs", key: "between these lie nine of ten pairs of runs: plausible worlds and luck together" }),
 });
  }
  return {
    title: `Difference: ${arm.short}`, unit: "points", months, series, mark: support(),
    description: `Percentage points of ${chosen.unit || data.services === 1 ? "runs" : "services"} that ${data.differences[chosen.measure].said}: with the policy minus without it, the same people and the same luck.`,
  };
}

function every() {
  const at = chosen.month - 1;
  const points = data.arms.map((arm) => {
    const gap = difference(arm, chosen.measure, chosen.unit);
    return { label: arm.short, value: gap.values[at], low: gap.low[at], high: gap.high[at] };
  });
  return {
    title: `Every policy at month ${chosen.month}`, unit: "points", rows: true, points,
    description: `Difference in percentage points of ${chosen.unit || data.services === 1 ? "runs" : "services"} that ${data.differences[chosen.measure].said}, with its 95 % interval.`,
  };
}

function hours() {
  const table = document.createElement("table");
  put(table, "caption", {}, `From the start to month ${data.months}: more hours with the policy than without it.`);
  const top = put(put(table, "thead"), "tr"), body = put(table, "tbody");
  for (const head of ["Hours", "Difference", "95 % interval"]) put(top, "th", { scope: "col" }, head);
  for (const one of data.arms[chosen.policy].hours[chosen.unit]) {
    const row = put(body, "tr");
    put(row, "th", { scope: "row" }, one.title);
    put(row, "td", {}, one.more);
    put(row, "td", {}, one.between);
  }
  part("hours").replaceChildren(table);
}

function listed(where, texts) {
  where.replaceChildren();
  for (const text of texts) put(where, "li", {}, text);
}

/* The address says what is chosen, so that it can be sent on; a choice that is not there is passed over. */
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const arm = data.arms.findIndex((one) => one.name === said.get("policy")), unit = data.units.indexOf(said.get("unit"));
  const month = Number(said.get("month"));
  if (arm >= 0) chosen.policy = arm;
  if (unit >= 0) chosen.unit = unit;
  if (Object.hasOwn(data.differences, said.get("measure"))) chosen.measure = said.get("measure");
  if (["states", "uses"].includes(said.get("view"))) chosen.view = said.get("view");
  if (Number.isInteger(month) && month >= 1 && month <= data.months) chosen.month = month;
}

function writeAddress() {
  const { measure, month, view } = chosen;
  const said = new URLSearchParams({ policy: data.arms[chosen.policy].name, unit: data.units[chosen.unit], measure, month, view });
  history.replaceState(null, "", `#${said}`);
}

const charts = {};

function titles() {
  const where = chosen.unit ? `${data.units[chosen.unit]}: ` : "";
  return [where + data.base.title, where + data.arms[chosen.policy].short];
}

/* All but the sentence is quiet: one voice is enough. */
function showMonth(from) {
  part("month").value = chosen.month;
  part("month").setAttribute("aria-valuetext", `month ${chosen.month}`);
  part("month-told").textContent = chosen.month;
  part("sentence").setAttribute("aria-live", from ? "off" : "polite");
  part("sentence").textContent = sentence();
  for (const name of ["first", "second", "difference"]) if (name !== from) charts[name].setPlace(chosen.month, true);
  charts.every.update(every(), true);
  writeAddress();
}

function showAll() {
  const [first, second] = titles();
  charts.first.update(stacked(data.base, first), true);
  charts.second.update(stacked(data.arms[chosen.policy], second), true);
  charts.difference.update(gapped(), true);
  hours();
  listed(part("sure"), data.arms[chosen.policy].sure);
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
  menu("unit", data.units.map((one, at) => [at, at ? `service ${one}` : one]), true);
  menu("measure", Object.entries(data.differences).map(([name, words]) => [name, words.menu]));
  menu("view", []);
  part("month").max = data.months;
  part("month").addEventListener("input", () => {
    chosen.month = Number(part("month").value);
    showMonth();
  });
  const moved = (name) => ({ place: chosen.month, onPlace: (month) => { chosen.month = month; showMonth(name); } });
  const [first, second] = titles();
  charts.first = states(part("first"), stacked(data.base, first), moved("first"));
  charts.second = states(part("second"), stacked(data.arms[chosen.policy], second), moved("second"));
  charts.difference = lines(part("difference"), gapped(), moved("difference"));
  charts.every = dots(part("every"), every(), { place: 1 });
  part("copy").addEventListener("click", copy);
  showAll();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(part("command").textContent);
    part("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(part("command"));
    part("copied").textContent = "Marked: copy it with the keyboard.";
  }
}

begin();
