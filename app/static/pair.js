import { WORDS, told } from "./frame.js";
import { said } from "./texts.js";

/* What two worlds show beside each other, as data of charts and as a sentence; the explorer and the lab say it the same way.
 *
 * view: {data, arm, place, unit, measure, month, shown}: place is that of the unit in the numbers, unit that in the menu
 * (0: all services), shown "states" or "uses".
 */

const months = (data) => Array.from({ length: data.months }, (_, at) => at + 1);
const whole = ({ data, unit }) => data.runs * (unit ? 1 : data.services);
const alone = ({ data, unit }) => Boolean(unit) || data.services === 1;
const support = (data) => (data.support ? { month: data.support, label: WORDS.pair.support_ends } : undefined);
const counted = (view) => (alone(view) ? WORDS.pair.one_of_runs : WORDS.pair.services);

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
  // A difference of shares cannot be larger than all, whatever an interval of few pairs would have.
  const within = (one) => Math.max(-1, Math.min(1, one));
  const side = (sign) => values.map((value, at) => (reach[at] === null || same[at] ? null : within(value + sign * reach[at])));
  return { values, same, low: side(-1), high: side(1) };
}

/* What the chosen month says, in one sentence. */
export function sentence(view) {
  const { data, arm, month, unit } = view, gap = difference(view), at = month - 1;
  const [value, low, high] = [gap.values[at], gap.low[at], gap.high[at]], name = data.units[unit];
  const many = unit === 0 && data.services > 1;
  const does = data.differences[view.measure].said, w = WORDS.pair, runs = { runs: data.runs.toLocaleString("en") };
  const here = { month, short: arm.short, runs: said(w.runs, runs) };
  const digits = low === null || Math.abs(100 * (high - low)) >= 4 ? 0 : 1;
  const number = (one) => told(Math.abs(one), "number", digits);
  if (gap.same[at])
    return said(w.same, here);
  if (low === null || (low <= 0 && high >= 0)) {
    const between = low === null ? "" : said(w.early_between, { low: told(low, "points", digits), high: told(high, "points", digits) });
    const units = many ? w.services : w.one_of_runs;
    return said(w.early, { ...here, runs: said(w.runs_first, runs), value: told(value, "points", digits), units, between });
  }
  const more = value > 0 ? w.more : w.fewer, sides = [low, high].map((one) => 100 * Math.abs(one)).sort((a, b) => a - b);
  const what = said(many ? w.what_services : w.what_runs, { more, does, name: unit || data.services === 1 ? name : w.it });
  return said(w.told, { ...here, value: number(100 * value), what, low: number(sides[0]), high: number(sides[1]) });
}

/* Shares of what services are in, of one of the two. */
export function stacked(view, scenario, title) {
  const { data } = view, labels = data[view.shown];
  const series = Object.entries(labels).map(([name, label]) => ({ name, label, values: shares(view, scenario, name) }));
  const description = said(WORDS.pair.stacked, { units: counted(view) });
  return { title, description, unit: "share", months: months(data), series, mark: support(data) };
}

/* The difference with its band, and the spread where there is one. */
export function gapped(view) {
  const { data, arm } = view, w = WORDS.pair;
  const series = [{ name: "difference", label: w.difference, key: w.difference_key, ...difference(view) }];
  if (view.unit === 0 && view.measure === "kept_going" && (data.services > 1 || arm.spread.apart) && arm.spread.low.some((one) => one !== null)) {
    series.push({
      name: "spread", low: arm.spread.low, high: arm.spread.high,
      ...(arm.spread.apart
        ? { label: w.worlds, key: w.worlds_key }
        : { label: w.pairs, key: w.pairs_key }),
    });
  }
  return {
    title: said(w.difference_title, arm), unit: "points", months: months(data), series, mark: support(data),
    description: said(w.difference_said, { units: counted(view), does: data.differences[view.measure].said }),
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
