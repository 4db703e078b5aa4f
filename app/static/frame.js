/* What every chart of the lab has: words, numbers, and the frame with its keys, its sentence and its table. */

import { texts } from "./texts.js";

export const INK = "#222222", SOFT = "#4c565c", GRID = "#dddddd";
/* Colour and dashes of lines in their order: blue, vermillion, green, ink. */
export const LINES = [["#0072B2", ""], ["#D55E00", "8 3"], ["#00795A", "2 3"], ["#222222", "9 3 2 3"]];

/* Every word that a chart says by itself. */
export const WORDS = texts().charts;

const NAMES = "http://www.w3.org/2000/svg";
let made = 0;

export function drawn(parent, name, about = {}, text) {
  const one = document.createElementNS(NAMES, name);
  for (const [key, value] of Object.entries(about)) one.setAttribute(key, value);
  if (text !== undefined) one.textContent = text;
  parent.append(one);
  return one;
}

export function put(parent, name, about = {}, text) {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(about)) one.setAttribute(key, value);
  if (text !== undefined) one.textContent = text;
  parent.append(one);
  return one;
}

/* A number as a reader sees it; what is rounded to 0 has no sign, and whole numbers of things have no decimals. */
export function told(value, unit, digits = 1) {
  if (value === null || value === undefined || !Number.isFinite(value)) return WORDS.unknown;
  const shown = unit === "share" || unit === "points" ? 100 * value : value;
  const counted = !["share", "points", "number"].includes(unit) && Number.isInteger(value);
  const text = Math.abs(shown).toFixed(counted ? 0 : digits);
  const sign = Number(text) === 0 ? "" : shown < 0 ? "−" : unit === "points" ? "+" : "";
  return sign + text + (unit === "share" ? "\u00a0%" : "");
}

/* A table in place of what an element holds; the first cell of each row is its head. Gives the table. */
export function tabled(where, { caption, heads, rows }) {
  const table = document.createElement("table");
  if (caption) put(table, "caption", {}, caption);
  const top = put(put(table, "thead"), "tr"), body = put(table, "tbody");
  for (const head of heads) put(top, "th", { scope: "col" }, head);
  for (const [name, ...cells] of rows) {
    const row = put(body, "tr");
    put(row, "th", { scope: "row" }, name);
    for (const cell of cells) put(row, "td", {}, cell);
  }
  where.replaceChildren(table);
  return table;
}

/* Texts in place of what a list holds. */
export function list(where, lines) {
  where.replaceChildren();
  for (const text of lines) put(where, "li", {}, text);
}

export function within(low, value, high) {
  return Math.min(high, Math.max(low, value));
}

/* Round steps that divide an axis into about so many parts. */
export function ticks(low, high, parts) {
  const rough = (high - low) / parts || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) found.push(at * step);
  return found;
}

/* What all charts have: title, picture with a cursor, sentence, reading, legend, table. Others say what is drawn and read. */
export class Chart {
  constructor(el, data, options = {}) {
    this.check(data); // before anything is drawn
    this.options = options;
    this.id = `chart-${++made}`;
    this.root = put(el, "div", { class: "chart", role: "group", "aria-labelledby": `${this.id}-title` });
    this.title = put(this.root, "h3", { id: `${this.id}-title`, class: "chart-title" });
    this.said = put(this.root, "p", { class: "chart-said" });
    this.legend = put(this.root, "ul", { class: "chart-legend" });
    this.picture = put(this.root, "div", { class: "chart-picture", role: "img", tabindex: "0", "aria-describedby": `${this.id}-keys` });
    this.now = put(this.root, "p", { class: "chart-now" });
    put(this.root, "p", { class: "chart-keys", id: `${this.id}-keys` }, this.keys());
    this.button = put(this.root, "button", { type: "button", "aria-expanded": "false", "aria-controls": `${this.id}-table` }, WORDS.show);
    this.table = put(this.root, "div", { class: "chart-table", id: `${this.id}-table`, role: "region", tabindex: "0", hidden: "" });
    this.button.addEventListener("click", () => this.toggle());
    this.picture.addEventListener("keydown", (event) => this.key(event));
    this.picture.addEventListener("click", (event) => this.pointed(event));
    this.update(data, true);
    new ResizeObserver(() => {
      if (this.picture.clientWidth !== this.width) this.draw();
    }).observe(this.picture);
  }

  keys() { return WORDS.keys; }

  update(data, quiet = false) {
    this.check(data);
    this.data = data;
    const places = this.places();
    this.place = within(places[0], this.place ?? this.options.place ?? places.at(-1), places.at(-1));
    this.title.textContent = data.title;
    this.say(this.said, data.description, quiet);
    this.legend.replaceChildren();
    this.draw();
    this.explain();
    this.table.setAttribute("aria-label", `${data.title}: ${WORDS.table}`);
    if (!this.table.hidden) this.fill();
    this.read(true);
  }

  setPlace(place, quiet = false) {
    const places = this.places(), before = this.place;
    this.place = within(places[0], place, places.at(-1));
    if (this.place === before) return;
    this.cursor();
    this.read(quiet);
    if (!quiet && this.options.onPlace) this.options.onPlace(this.place);
  }

  /* Text that is read aloud when it changes, unless it follows another chart. */
  say(where, text, quiet) {
    where.setAttribute("aria-live", quiet ? "off" : "polite");
    where.textContent = text;
  }

  read(quiet) {
    this.say(this.now, this.reading(), quiet);
    this.picture.setAttribute("aria-label", `${this.data.title}. ${this.data.description} ${this.now.textContent}`);
  }

  key(event) {
    const places = this.places(), here = this.place;
    const steps = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1,
      PageUp: here + 12, PageDown: here - 12, Home: places[0], End: places.at(-1), ...this.otherKeys() };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.setPlace(steps[event.key]);
  }

  otherKeys() { return {}; }

  pointed(event) {
    const box = this.picture.getBoundingClientRect();
    this.setPlace(this.placeAt(event.clientX - box.left, event.clientY - box.top));
  }

  toggle() {
    this.table.hidden = !this.table.hidden;
    this.button.setAttribute("aria-expanded", String(!this.table.hidden));
    this.button.textContent = this.table.hidden ? WORDS.show : WORDS.hide;
    if (!this.table.hidden) this.fill();
  }

  fill() {
    const [heads, rows] = this.numbers();
    tabled(this.table, { caption: this.data.title, heads, rows });
  }

  /* A fresh drawing area as wide as there is room, in the size of the reader's letters. */
  sheet(height, left, right = 1) {
    this.width = this.picture.clientWidth;
    this.letter = parseFloat(getComputedStyle(this.picture).fontSize) || 16;
    const width = Math.max(220, this.width), em = this.letter;
    this.area = { left: left * em, right: width - right * em, top: 0.8 * em, bottom: height - 2.9 * em };
    const svg = document.createElementNS(NAMES, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("font-size", 0.8 * em);
    this.picture.replaceChildren(svg);
    this.svg = svg;
    return svg;
  }

  text(x, y, text, about = {}) {
    return drawn(this.svg, "text", { x, y, fill: SOFT, ...about }, text);
  }

  line(x1, y1, x2, y2, about = {}) {
    return drawn(this.svg, "line", { x1, y1, x2, y2, stroke: GRID, ...about });
  }

  swatch(label, paint) {
    const item = put(this.legend, "li"), svg = drawn(item, "svg", { viewBox: "0 0 26 14", "aria-hidden": "true" });
    paint(svg);
    put(item, "span", {}, label);
  }

  handle() {
    const chart = this;
    return {
      update: (data, quiet) => chart.update(data, quiet),
      setPlace: (place, quiet) => chart.setPlace(place, quiet),
      get place() { return chart.place; },
    };
  }
}
