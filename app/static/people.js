import { OverMonths, hatching } from "./charts.js";
import { INK, SOFT, WORDS, drawn, within } from "./frame.js";

/* People as rows over months: what each intends as colour and pattern, the leader and the practice below them.
 *
 * people(el, data, options): {title, description, months: [1, 2, …], words: {status: {…}, leader: {…}, use: {…}},
 *   series: [{name, label, kind, values: ["full_use", …], from}], happened: {month: [sentence]}, turns?: [month], mark?}
 */

/* Colour and hatch, as the figures have them; a test says so. */
export const PEOPLE_LOOKS = {
  status: {
    full_use: ["#009E73", ""],
    planned_adaptation: ["#56B4E9", ""],
    partial_use: ["#E69F00", "////"],
    waiting: ["#F0E442", ""],
    stopped: ["#D55E00", "xxxx"],
    vacant: ["#E6E6E6", ""],
    untrained: ["#999999", "...."],
  },
  leader: {
    active: ["#0072B2", ""],
    passive_supportive: ["#A6C8E4", ""],
    unsupportive_trusting: ["#A6C8E4", "\\\\\\\\"],
    unavailable: ["#CFCFCF", "...."],
    vacant: ["#FFFFFF", ""],
    controlling: ["#CC79A7", "++++"],
  },
  use: {
    operating: ["#009E73", ""],
    silent: ["#F0E442", ""],
    given_up: ["#D55E00", "xxxx"],
    never_started: ["#999999", "...."],
    not_yet_started: ["#E6E6E6", ""],
  },
};
const ROW = 2.1; // letters

class People extends OverMonths {
  draw() {
    const em = parseFloat(getComputedStyle(this.picture).fontSize) || 16, { series } = this.data;
    const longest = Math.max(...series.map((one) => one.label.length));
    this.sheet((series.length * ROW + 4) * em, within(5, 0.5 * longest + 1, 9));
    this.range = [0, 1];
    this.inside();
    this.axes();
    const { top, bottom } = this.area;
    this.bar = this.line(0, top, 0, bottom, { stroke: INK, "stroke-width": 2 });
    this.spots = drawn(this.svg, "g");
    this.cursor();
  }

  /* Middle of a month's bar; month m is drawn from m - 1 to m. */
  x(month) { return this.edge(month - 0.5); }

  edge(month) {
    const { months } = this.data, { left, right } = this.area;
    return left + ((month - months[0] + 1) / months.length) * (right - left);
  }

  placeAt(x) {
    const { months } = this.data, { left, right } = this.area;
    return months[0] + within(0, Math.floor(((x - left) / (right - left)) * months.length), months.length - 1);
  }

  scale() {
    const em = this.letter, { series } = this.data;
    series.forEach((one, at) => this.text(this.area.left - 0.5 * em, this.middle(at) + 0.28 * em, one.label, { "text-anchor": "end", fill: INK }));
  }

  axes() {
    super.axes();
    const { top, bottom } = this.area, em = this.letter;
    for (const [at, month] of (this.data.turns ?? []).entries()) {
      this.line(this.x(month), top, this.x(month), bottom, { stroke: INK, "stroke-dasharray": "1 2" });
      this.text(this.x(month), top - 0.2 * em, String(at + 1), { "text-anchor": "middle", fill: INK, "font-weight": 700 });
    }
  }

  middle(at) {
    const { top, bottom } = this.area, { series } = this.data;
    return top + ((at + 0.5) / series.length) * (bottom - top);
  }

  inside() {
    const { months, series } = this.data, holder = drawn(this.svg, "defs"), height = 0.72 * ROW * this.letter;
    series.forEach((one, row) => {
      for (const [first, last, name] of runs(one)) {
        const about = { x: this.edge(months[first] - 1), width: this.edge(months[last]) - this.edge(months[first] - 1), y: this.middle(row) - height / 2, height };
        const [colour, hatch] = PEOPLE_LOOKS[one.kind][name];
        drawn(this.svg, "rect", { ...about, fill: colour, stroke: SOFT, "stroke-width": 0.7 });
        if (hatch) drawn(this.svg, "rect", { ...about, fill: `url(#${hatching(holder, `${this.id}-${one.kind}-${name}`, hatch)})` });
      }
    });
  }

  explain() {
    const { series, words } = this.data;
    for (const kind of ["status", "leader", "use"]) {
      const seen = new Set(series.filter((one) => one.kind === kind).flatMap((one) => one.values.slice((one.from ?? 1) - 1)));
      for (const [name, [colour, hatch]] of Object.entries(PEOPLE_LOOKS[kind])) {
        if (!seen.has(name)) continue;
        const label = kind === "status" ? words[kind][name] : `${WORDS[kind]}: ${words[kind][name]}`;
        this.swatch(label, (svg) => {
          drawn(svg, "rect", { width: 26, height: 14, fill: colour, stroke: SOFT });
          if (hatch) drawn(svg, "rect", { width: 26, height: 14, fill: `url(#${hatching(svg, `${this.id}-key-${kind}-${name}`, hatch)})` });
        });
      }
    }
  }

  readOne(one, at) {
    if (this.data.months[at] < (one.from ?? 1)) return "";
    return `${one.label} ${this.data.words[one.kind][one.values[at]]}`;
  }

  reading() {
    const happened = this.data.happened?.[this.place] ?? [];
    return [super.reading(), ...happened.map((one) => `${one[0].toUpperCase()}${one.slice(1)}.`)].join(" ");
  }

  numbers() {
    const { months, series, words, happened } = this.data;
    const heads = [WORDS.month, ...series.map((one) => one.label), ...(happened ? [WORDS.happened] : [])];
    const rows = months.map((month, at) => [
      String(month), ...series.map((one) => (month < (one.from ?? 1) ? "" : words[one.kind][one.values[at]])),
      ...(happened ? [(happened[month] ?? []).join("; ")] : []),
    ]);
    return [heads, rows];
  }
}

/* Runs of months with the same name: [first place, last place, name]. */
function runs({ values, from = 1 }) {
  const found = [];
  for (let at = from - 1; at < values.length; at++) {
    if (found.length && found.at(-1)[2] === values[at] && found.at(-1)[1] === at - 1) found.at(-1)[1] = at;
    else found.push([at, at, values[at]]);
  }
  return found;
}

/* Rows of a history as the lab tells them. */
export function rowsOf(told, names = (row) => row.name) {
  return told.rows.map((row, at) => ({ ...row, name: `row-${at}`, label: shortly(names(row)) }));
}

function shortly(name) {
  const short = name.split(" (")[0];
  return short.length <= 17 ? short : `${short.slice(0, 11)}…${short.slice(-5)}`;
}

export function people(el, data, options) { return new People(el, data, options).handle(); }
