/* Accessible charts in SVG: no library, no build step, nothing loaded.
 *
 * states(el, data, options)  shares of what services are in, stacked, over months
 * lines(el, data, options)   one or more lines with bands, over months
 * dots(el, data, options)    forecasts as a strip of dots, or one row each with its interval
 *
 * Each draws into an element and gives {update(data, quiet), setPlace(number, quiet), place}. `data` is plain JSON:
 *   states, lines: {title, description, unit, months: [1, 2, …], mark?: {month, label},
 *                   series: [{name, label, key?, values?: […], low?: […], high?: […]}]}, key: longer label of the legend
 *                   flags?: [{month, label, said}]: marks above the months, said when their month is read
 *   dots:          {title, description, unit, rows?: true, mark?: {value, label}, points: [{label, value, low?, high?}]}
 *                   near: true: the axis of lines holds their values alone, without the 0, where a gap between them is what matters
 * unit: "share" (0 to 1, told in per cent), "points" (a difference of shares, told in percentage points), or a word.
 * A value that is not known is null. options: {place, onPlace(number)}: the month, or the number of the point, that is read.
 * `quiet` changes what is shown and reads nothing aloud: for charts that follow another one.
 */

import { Dots } from "./dots.js";
import { Chart, GRID, INK, LINES, SOFT, WORDS, drawn, ticks, told, within } from "./frame.js";

/* Colour and hatch, as sim/figures/style.py has them; a test says so. */
export const LOOKS = {
  sustained: ["#009E73", ""],
  shrunken: ["#56B4E9", ""],
  drifted: ["#E69F00", "////"],
  dormant: ["#F0E442", ""],
  abandoned: ["#D55E00", "xxxx"],
  never_started: ["#999999", "...."],
  not_yet_started: ["#E6E6E6", ""],
  operating: ["#009E73", ""],
  silent: ["#F0E442", ""],
  given_up: ["#D55E00", "xxxx"],
};
const HATCH = "#5b5b5b";
const HATCHES = {
  "////": ["M-1 7 L7 -1 M-1 1 L1 -1 M5 7 L7 5"], xxxx: ["M0 0 L6 6 M6 0 L0 6"], "....": ["M2 3 h2"],
  "\\\\": ["M-1 -1 L7 7 M-1 5 L1 7 M5 -1 L7 1"], "++++": ["M0 3 h6 M3 0 v6"],
};

function monthTicks(first, last, most) {
  const span = last - first;
  let step = span > 24 ? 12 : span > 12 ? 6 : span > 4 ? 3 : 1;
  while (span / step > most) step *= 2;
  const found = [];
  for (let at = Math.ceil(first / step) * step; at <= last; at += step) found.push(at);
  return found;
}

/* Charts over months. */
export class OverMonths extends Chart {
  places() { return [this.data.months[0], this.data.months.at(-1)]; }

  check({ months, series }) {
    const size = months?.length;
    if (!size || !Array.isArray(series)) throw new Error("a chart over months needs months and series");
    for (const one of series)
      for (const part of ["values", "low", "high"])
        if (one[part] && one[part].length !== size) throw new Error(`${one.name}: ${part} has not as many numbers as months`);
  }

  x(month) {
    const { months } = this.data, { left, right } = this.area, span = months.at(-1) - months[0];
    return span ? left + ((month - months[0]) / span) * (right - left) : (left + right) / 2;
  }

  y(value) {
    const { top, bottom } = this.area, [low, high] = this.range;
    return bottom - ((value - low) / (high - low)) * (bottom - top);
  }

  placeAt(x) {
    const { months } = this.data, { left, right } = this.area;
    return Math.round(months[0] + within(0, (x - left) / (right - left), 1) * (months.at(-1) - months[0]));
  }

  draw() {
    const em = parseFloat(getComputedStyle(this.picture).fontSize) || 16;
    this.sheet(within(12.5 * em, this.picture.clientWidth * 0.5, 17 * em), 3.6);
    this.range = this.span();
    this.inside();
    this.axes();
    this.bar = this.line(0, this.area.top, 0, this.area.bottom, { stroke: INK, "stroke-width": 2 });
    this.spots = drawn(this.svg, "g");
    this.cursor();
  }

  axes() {
    const { left, right, top, bottom } = this.area, { months, mark } = this.data, em = this.letter;
    this.scale();
    for (const month of monthTicks(months[0], months.at(-1), (right - left) / (3 * em))) {
      this.line(this.x(month), bottom, this.x(month), bottom + 0.3 * em, { stroke: SOFT });
      this.text(this.x(month), bottom + 1.2 * em, String(month), { "text-anchor": "middle" });
    }
    this.line(left, bottom, right, bottom, { stroke: SOFT });
    this.text((left + right) / 2, bottom + 2.4 * em, WORDS.months, { "text-anchor": "middle" });
    this.flags();
    if (!mark || mark.month < months[0] || mark.month > months.at(-1)) return;
    const x = this.x(mark.month);
    this.line(x, top, x, bottom, { stroke: INK, "stroke-dasharray": "4 2" });
    this.text(x + 0.3 * em, bottom - 0.5 * em, mark.label,
      { fill: INK, stroke: "#fff", "stroke-width": 4, "paint-order": "stroke", "stroke-linejoin": "round" });
  }

  /* What stands beside the axis on the left. */
  scale() {
    const { unit } = this.data, em = this.letter;
    for (const value of ticks(...this.range, unit === "share" ? 4 : 5))
      this.text(this.area.left - 0.4 * em, this.y(value) + 0.28 * em, told(value, unit, this.digits ?? 0), { "text-anchor": "end" });
  }

  /* Marks stand on two levels, so that neighbours can be told apart. */
  flags() {
    const { top, bottom } = this.area, em = this.letter, { months } = this.data;
    (this.data.flags ?? []).filter(({ month }) => month >= months[0] && month <= months.at(-1)).forEach(({ month, label }, at) => {
      const x = this.x(month), y = top + (at % 2 ? 1.9 : 0.7) * em;
      this.line(x, y, x, bottom, { stroke: SOFT, "stroke-dasharray": "1 4" });
      drawn(this.svg, "circle", { cx: x, cy: y, r: 0.62 * em, fill: "#fff", stroke: INK });
      this.text(x, y + 0.28 * em, label, { "text-anchor": "middle", fill: INK });
    });
  }

  cursor() {
    const x = this.x(this.place), at = this.data.months.indexOf(this.place);
    this.bar.setAttribute("x1", x);
    this.bar.setAttribute("x2", x);
    this.spots.replaceChildren();
    for (const [value, colour] of this.marked(at))
      if (Number.isFinite(value)) drawn(this.spots, "circle", { cx: x, cy: this.y(value), r: 5, fill: colour, stroke: "#fff", "stroke-width": 2 });
  }

  reading() {
    const at = this.data.months.indexOf(this.place);
    const flags = (this.data.flags ?? []).filter((one) => one.month === this.place).map((one) => ` ${one.said}.`).join("");
    return `${WORDS.month} ${this.place}: ${this.data.series.map((one) => this.readOne(one, at)).filter(Boolean).join(", ")}.${flags}`;
  }

  readOne(one, at) {
    const value = one.values ? ` ${told(one.values[at], this.data.unit)}` : "";
    return one.label + value + this.between(one, at);
  }

  between(one, at) {
    if (!Number.isFinite(one.low?.[at]) || !Number.isFinite(one.high[at])) return one.values ? "" : ` ${WORDS.unknown}`;
    const { unit } = this.data, text = `${told(one.low[at], unit)} ${WORDS.to} ${told(one.high[at], unit)}`;
    return one.values ? ` (${text})` : ` ${text}`;
  }

  numbers() {
    const { months, series, unit } = this.data, columns = [];
    for (const one of series) {
      if (one.values) columns.push([one.label, one.values]);
      if (one.low) columns.push([`${one.label}, ${WORDS.low}`, one.low], [`${one.label}, ${WORDS.high}`, one.high]);
    }
    const rows = months.map((month, at) => [String(month), ...columns.map(([, values]) => told(values[at], unit))]);
    return [[WORDS.month, ...columns.map(([head]) => head)], rows];
  }

  marked() { return []; }
}

/* Shares stacked from below in the order of the series. */
class Stacked extends OverMonths {
  span() { return [0, 1]; }

  inside() {
    const { months, series } = this.data, below = months.map(() => 0);
    const holder = drawn(this.svg, "defs");
    // A single month is a bar as wide as the area.
    const xs = months.length > 1 ? months.map((month) => this.x(month)) : [this.area.left, this.area.right];
    const at = (place) => (months.length > 1 ? place : 0);
    for (const one of series) {
      const lower = xs.map((x, place) => `${x},${this.y(below[at(place)])}`);
      one.values.forEach((value, place) => { below[place] += value ?? 0; });
      const upper = xs.map((x, place) => `${x},${this.y(below[at(place)])}`);
      const points = [...lower, ...upper.reverse()].join(" ");
      const [colour, hatch] = LOOKS[one.name] ?? ["#E6E6E6", ""];
      drawn(this.svg, "polygon", { points, fill: colour, stroke: "#fff", "stroke-width": 1 });
      if (hatch) drawn(this.svg, "polygon", { points, fill: `url(#${hatching(holder, `${this.id}-${one.name}`, hatch)})` });
    }
  }

  explain() {
    for (const { name, label, key } of this.data.series) {
      const [colour, hatch] = LOOKS[name] ?? ["#E6E6E6", ""];
      this.swatch(key ?? label, (svg) => {
        drawn(svg, "rect", { width: 26, height: 14, fill: colour, stroke: SOFT });
        if (hatch) drawn(svg, "rect", { width: 26, height: 14, fill: `url(#${hatching(svg, `${this.id}-key-${name}`, hatch)})` });
      });
    }
  }

  readOne(one, at) { return one.values[at] > 0 ? super.readOne(one, at) : ""; }
}

export function hatching(parent, id, hatch) {
  const one = drawn(parent, "pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" });
  for (const path of HATCHES[hatch]) drawn(one, "path", { d: path, stroke: HATCH, "stroke-width": hatch === "...." ? 2 : 0.9, fill: "none" });
  return id;
}

/* Lines with bands; a line at zero where differences are shown. */
class Lines extends OverMonths {
  look(at) { return LINES[at % LINES.length]; }

  span() {
    const { series, unit } = this.data;
    this.digits = 0;
    if (unit === "share") return [0, 1];
    const all = series.flatMap((one) => [one.values, one.low, one.high].flatMap((part) => part ?? [])).filter(Number.isFinite);
    if (this.data.near && all.length) return this.around(Math.min(...all), Math.max(...all));
    const least = unit === "points" ? 0.02 : 0.1;
    const low = Math.min(0, ...all), high = Math.max(0, ...all), more = Math.max(least, high - low) * 0.06;
    this.digits = high - low < (unit === "points" ? 0.05 : 5) ? 1 : 0;
    return [low - more, Math.max(high, low + least) + more];
  }

  around(low, high) {
    const more = Math.max(0.1, high - low) * 0.06;
    this.digits = high - low < 5 ? 1 : 0;
    return [low - more, high + more];
  }

  inside() {
    const { months, series, unit } = this.data, { left, right } = this.area;
    for (const value of ticks(...this.range, unit === "share" ? 4 : 5)) this.line(left, this.y(value), right, this.y(value));
    if (this.range[0] < 0) this.line(left, this.y(0), right, this.y(0), { stroke: INK, "stroke-width": 1.5 });
    series.forEach((one, at) => {
      if (one.low) this.band(one, this.look(at)[0], !one.values);
    });
    series.forEach((one, at) => {
      if (!one.values) return;
      const [colour, dashes] = this.look(at);
      const path = this.pieces(months.map((_, place) => place).filter((place) => Number.isFinite(one.values[place])))
        .map((piece) => `M${piece.map((place) => `${this.x(months[place])} ${this.y(one.values[place])}`).join("L")}`).join("");
      drawn(this.svg, "path", { d: path, fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes });
    });
  }

  /* Runs of neighbours: a gap stays a gap. */
  pieces(places) {
    const found = [];
    for (const place of places) {
      if (found.length && found.at(-1).at(-1) === place - 1) found.at(-1).push(place);
      else found.push([place]);
    }
    return found;
  }

  band(one, colour, outer) {
    const { months } = this.data;
    for (const piece of this.pieces(months.map((_, place) => place).filter((place) => Number.isFinite(one.low[place]) && Number.isFinite(one.high[place])))) {
      const points = [...piece.map((place) => [place, one.low]), ...[...piece].reverse().map((place) => [place, one.high])]
        .map(([place, side]) => `${this.x(months[place])},${this.y(side[place])}`).join(" ");
      const looks = outer ? { fill: "none", stroke: colour, "stroke-dasharray": "2 3", "stroke-width": 1.5 } : { fill: colour, "fill-opacity": 0.25 };
      drawn(this.svg, "polygon", { points, ...looks });
    }
  }

  marked(at) {
    return this.data.series.map((one, place) => [one.values?.[at], this.look(place)[0]]);
  }

  explain() {
    this.data.series.forEach((one, at) => {
      const [colour, dashes] = this.look(at);
      this.swatch(one.key ?? one.label, (svg) => {
        if (one.low && one.values) drawn(svg, "rect", { y: 1, width: 26, height: 12, fill: colour, "fill-opacity": 0.25 });
        if (one.low && !one.values)
          drawn(svg, "rect", { x: 1, y: 2, width: 24, height: 10, fill: "none", stroke: colour, "stroke-dasharray": "2 3", "stroke-width": 1.5 });
        if (one.values) drawn(svg, "line", { x1: 0, y1: 7, x2: 26, y2: 7, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes });
      });
    });
  }
}

export function states(el, data, options) { return new Stacked(el, data, options).handle(); }
export function lines(el, data, options) { return new Lines(el, data, options).handle(); }
export function dots(el, data, options) { return new Dots(el, data, options).handle(); }
