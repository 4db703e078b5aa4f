import { Chart, INK, LINES, SOFT, WORDS, drawn, ticks, told, within } from "./frame.js";

/* One dot a forecast: stacked where they meet, or a row each. */
export class Dots extends Chart {
  keys() { return WORDS.keysOfDots; }

  check({ points }) {
    if (!Array.isArray(points) || !points.length) throw new Error("a strip of dots needs points");
  }

  places() { return [1, this.data.points.length]; }

  otherKeys() {
    return this.data.rows ? { ArrowDown: this.place + 1, ArrowUp: this.place - 1, PageDown: this.place + 12, PageUp: this.place - 12 } : {};
  }

  x(value) {
    const { left, right } = this.area, [low, high] = this.range;
    return left + ((value - low) / (high - low)) * (right - left);
  }

  draw() {
    const { points, rows, unit, mark } = this.data, em = parseFloat(getComputedStyle(this.picture).fontSize) || 16;
    const all = points.flatMap((one) => [one.value, one.low, one.high]).concat(mark ? [mark.value] : []).filter(Number.isFinite);
    const low = unit === "share" ? 0 : Math.min(0, ...all), high = unit === "share" ? 1 : Math.max(low + (unit === "points" ? 0.02 : 0.1), ...all);
    const more = unit === "share" ? 0 : 0.05 * (high - low);
    this.range = [low - more, high + more];
    const height = rows ? (points.length * 2.6 + 4) * em : 12 * em;
    this.sheet(height, 1.2, 1.4);
    const { top, bottom, left, right } = this.area;
    for (const value of ticks(...this.range, within(3, (right - left) / (4 * em), 8))) {
      this.line(this.x(value), top, this.x(value), bottom, value === 0 ? { stroke: INK, "stroke-width": 1.5 } : {});
      this.text(this.x(value), bottom + 1.2 * em, told(value, unit, high - low < (unit === "points" ? 0.05 : 5) && unit !== "share" ? 1 : 0), { "text-anchor": "middle" });
    }
    this.line(left, bottom, right, bottom, { stroke: SOFT });
    this.ring = drawn(this.svg, "circle", { r: 0.62 * em, fill: "none", stroke: INK, "stroke-width": 2 });
    this.centres = rows ? points.map((one, at) => [this.x(one.value), top + (at + 0.7) * 2.6 * em]) : this.stacked(0.34 * em);
    points.forEach((one, at) => this.point(one, ...this.centres[at], rows));
    if (mark && Number.isFinite(mark.value)) {
      this.line(this.x(mark.value), top, this.x(mark.value), bottom, { stroke: LINES[1][0], "stroke-width": 2.5 });
      const right_half = this.x(mark.value) > (left + right) / 2;
      this.text(this.x(mark.value) + (right_half ? -0.4 : 0.4) * em, top + 0.6 * em, mark.label, { fill: INK, "text-anchor": right_half ? "end" : "start" });
    }
    this.cursor();
  }

  point(one, x, y, rows) {
    const colour = LINES[0][0], em = this.letter;
    if (rows) this.text(this.area.left + 0.35 * em, y - 0.65 * em, one.label, { fill: INK, stroke: "#fff", "stroke-width": 8, "paint-order": "stroke" });
    if (rows && Number.isFinite(one.low) && Number.isFinite(one.high))
      this.line(this.x(one.low), y, this.x(one.high), y, { stroke: colour, "stroke-width": 3 });
    if (Number.isFinite(one.value)) drawn(this.svg, "circle", { cx: x, cy: y, r: 0.34 * em, fill: colour, stroke: "#fff" });
  }

  /* Centres of dots that do not overlap: each as low as it can stand, the smallest value first. */
  stacked(radius) {
    const { points } = this.data, { top, bottom } = this.area, found = points.map(() => [NaN, NaN]), levels = [];
    const order = points.map((_, at) => at).filter((at) => Number.isFinite(points[at].value)).sort((a, b) => points[a].value - points[b].value);
    for (const at of order) {
      const x = this.x(points[at].value);
      let level = levels.findIndex((last) => x - last >= 2 * radius);
      if (level < 0) level = levels.push(0) - 1;
      levels[level] = x;
      found[at] = [x, level];
    }
    const step = Math.min(2.1 * radius, (bottom - top - radius) / Math.max(1, levels.length));
    return found.map(([x, level]) => [x, bottom - radius - 2 - level * step]);
  }

  placeAt(x, y) {
    const gaps = this.centres.map(([cx, cy]) => (this.data.rows ? Math.abs(cy - y) : Math.hypot(cx - x, cy - y)));
    return gaps.reduce((best, gap, at) => (gap < gaps[best] || Number.isNaN(gaps[best]) ? at : best), 0) + 1;
  }

  cursor() {
    const [x, y] = this.centres[this.place - 1];
    this.ring.setAttribute("cx", Number.isFinite(x) ? x : -99);
    this.ring.setAttribute("cy", Number.isFinite(y) ? y : -99);
  }

  reading() {
    const { points, unit } = this.data, one = points[this.place - 1];
    const between = Number.isFinite(one.low) ? ` (${told(one.low, unit)} ${WORDS.to} ${told(one.high, unit)})` : "";
    return `${this.place} ${WORDS.of} ${points.length}: ${one.label ? `${one.label}, ` : ""}${told(one.value, unit)}${between}.`;
  }

  numbers() {
    const { points, unit } = this.data, bands = points.some((one) => Number.isFinite(one.low));
    const rows = points.map((one) => [one.label ?? "", told(one.value, unit), ...(bands ? [told(one.low, unit), told(one.high, unit)] : [])]);
    return [[WORDS.which, WORDS.value, ...(bands ? [WORDS.low, WORDS.high] : [])], rows];
  }

  explain() {}
}
