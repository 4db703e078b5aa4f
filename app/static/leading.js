import { lines } from "./charts.js";
import { part } from "./controls.js";
import { told } from "./frame.js";
import { texts } from "./texts.js";

/* What the months of a game and its end have in common on the page *Lead a service*. */

const t = texts(), charts = {};

export const number = (value, digits = 1) => told(value, "number", digits);
export const percent = (value) => told(value, "number", 0);
export const titles = (acts) => (acts.length ? acts.map((name) => t.acts[name].title).join(", ") : t.nothing_done);
export const months = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

/* A chart in the element of that name: made once, then drawn anew, with its last month read. */
export function chart(name, about) {
  if (charts[name]) {
    charts[name].update(about, true);
    charts[name].setPlace(about.months.at(-1), true);
  } else charts[name] = lines(part(name), about, {});
}
