import { told } from "./frame.js";

/* What two worlds show beside each other, as data of charts and as a sentence; the explorer and the lab say it the same way.
 *
 * view: {data, arm, place, unit, measure, month, shown}: place is that of the unit in the numbers, unit that in the menu
 * (0: all services), shown "states" or "uses".
 */

const months = (data) => Array.from({ length: data.months }, (_, at) => at + 1);
const whole = ({ data, unit }) => data.runs * (unit ? 1 : data.services);
const alone = ({ data, unit }) => Boolean(unit) || data.services === 1;
const support = (data) => (data.support ? { month: data.support, label: "support ends" } : undefined);

/* Share of services, by month. */
function shares(view, scenario, name) {
  return scenario.counts[name][view.place].map((count) => count / whole(view));
}

/* Difference by month, from the whole counts, with its interval. */
export function difference(view, arm = view.arm) {
  const { data, measure, place } = view, before = data.base.counts[measure][place], reach = arm.reach[measure][place];
  const values = arm.counts[measure][place].map((count, at) => (count - before[at]) / whole(view));
  // Where no pair of runs differs there is no band: what runs that were not made leave possible would hide all else.
  const same = values.map((value, at) => value === 0 && reach[at] === data.unseen);
  const side = (sign) => values.map((value, at) => (reach[at] === null || same[at] ? null : value + sign * reach[at]));
  return { values, same, low: side(-1), high: side(1) };
}

/* What the chosen month says, in one sentence. */
export function sentence(view) {
  const { data, arm, month, unit } = view, gap = difference(view), at = month - 1;
  const [value, low, high] = [gap.values[at], gap.low[at], gap.high[at]], name = data.units[unit];
  const many = unit === 0 && data.services > 1;
  const does = data.differences[view.measure].said, runs = `in ${data.runs.toLocaleString("en")} runs over plausible worlds`;
  const digits = low === null || Math.abs(100 * (high - low)) >= 4 ? 0 : 1;
  const number = (one) => told(Math.abs(one), "number", digits);
  if (gap.same[at])
    return `Month ${month}, “${arm.short}”: ${runs}, no difference in any run.`;
  if (low === null || (low <= 0 && high >= 0)) {
    const between = low === null ? "" : ` (95\u00a0% interval ${told(low, "points", digits)} to ${told(high, "points", digits)})`;
    return `Month ${month}, “${arm.short}”: too early to tell. ${runs[0].toUpperCase()}${runs.slice(1)}, the difference is ` +
      `${told(value, "points", digits)} ${many ? "services" : "runs"} of 100${between}.`;
  }
  const more = value > 0 ? "more" : "fewer", sides = [low, high].map((one) => 100 * Math.abs(one)).sort((a, b) => a - b);
  const what = many ? `${more} services of 100 ${does}` : `${more} runs of 100 in which ${unit || data.services === 1 ? name : "it"} is among those that ${does}`;
  return `Month ${month}, “${arm.short}”: ${runs}, ${number(100 * value)} ${what} (${number(sides[0])} to ${number(sides[1])}).`;
}

/* Shares of what services are in, of one of the two. */
export function stacked(view, scenario, title) {
  const { data } = view, labels = data[view.shown];
  const series = Object.entries(labels).map(([name, label]) => ({ name, label, values: shares(view, scenario, name) }));
  const description = `Share of ${alone(view) ? "runs" : "services"} in each state, month by month.`;
  return { title, description, unit: "share", months: months(data), series, mark: support(data) };
}

/* The difference with its band, and the spread where there is one. */
export function gapped(view) {
  const { data, arm } = view;
  const series = [{ name: "difference", label: "difference", key: "difference, with its 95 % interval for the number of runs", ...difference(view) }];
  if (view.unit === 0 && view.measure === "kept_going" && (data.services > 1 || arm.spread.apart)) {
    series.push({
      name: "spread", low: arm.spread.low, high: arm.spread.high,
      ...(arm.spread.apart
        ? { label: "nine of ten worlds", key: "between these lie nine of ten plausible worlds, luck taken out" }
        : { label: "nine of ten pairs of runs", key: "between these lie nine of ten pairs of runs: plausible worlds and luck together" }),
 });
  }
  return {
    title: `Difference: ${arm.short}`, unit: "points", months: months(data), series, mark: support(data),
    description: `Percentage points of ${alone(view) ? "runs" : "services"} that ${data.differences[view.measure].said}: with the policy minus without it, the same people and the same luck.`,
  };
}

/* Titles of the two pictures. */
export function titles({ data, arm, unit }) {
  const where = unit ? `${data.units[unit]}: ` : "";
  return [where + data.base.title, where + arm.short];
}

/* Rows of the table of hours: what, difference, interval. */
export function hours({ arm, place }) {
  return arm.hours[place].map((one) => [one.title, one.more, one.between]);
}
