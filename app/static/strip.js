/* What a class handed in: a table of who, and a strip of dots for each thing that was forecast. Of the teacher's page, and of the
 * page that `sustain class` writes. `words` are those of [classroom.strip]. */

import { dots } from "./charts.js";
import { put, tabled, told } from "./frame.js";
import { said } from "./texts.js";

const share = (hit, count) => told(hit / count, "share", 0);

/* The table, in a frame that scrolls by itself. */
export function tableOf(where, rows, words) {
  const cells = rows.map((one) => {
    const { coverage, ranges, brier } = one.scores;
    const held = ranges ? `${Math.round(coverage * ranges)} / ${ranges}` : "";
    return [one.word, one.title, one.again ? words.again : one.forecasts, one.decisions, held, brier === undefined ? "" : told(brier, "", 2), clock(one.time)];
  });
  tabled(where, { caption: words.caption, heads: words.heads, rows: cells });
}

/* What was found out, with a link to the page as it was; `root` is the lab's address. */
export function foundOf(where, rows, words, root) {
  const table = tabled(where, { heads: words.found_heads, rows: rows.map((one) => [one.word, one.title, one.what, one.said, ""]) });
  rows.forEach(({ link }, at) => { if (link) put(table.tBodies[0].rows[at].cells[4], "a", { href: root + link }, words.open); });
}

/* Time of the reader; the date too where it is not today. */
function clock(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return "";
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], { ...(today ? {} : { dateStyle: "short" }), timeStyle: "short" });
}

/* A keeper of strips: each stays the same chart while forecasts come in. */
export function strips(where, words) {
  const kept = new Map(), rest = document.createElement("p");
  where.after(rest);
  return {
    update(found, more) {
      const keys = new Set();
      for (const one of found)
        for (const [name, data] of drawings(one, words)) {
          const key = JSON.stringify([one.page, one.kind, one.unit, one.what, name]);
          keys.add(key);
          if (!kept.has(key)) {
            const holder = put(where, "section", { class: "strip" });
            kept.set(key, { holder, shown: "", chart: dots(put(holder, "div"), data, { place: 1 }), scores: put(holder, "p", { class: "scores" }) });
          }
          const strip = kept.get(key), text = JSON.stringify(data);
          if (strip.shown !== text) strip.chart.update(data, true);
          strip.shown = text;
          strip.scores.textContent = name === "said" ? scored(one.scores, words) : "";
        }
      for (const [key, { holder }] of kept)
        if (!keys.has(key)) {
          holder.remove();
          kept.delete(key);
        }
      rest.textContent = more ? said(words.more, { count: more }) : "";
    },
  };
}

/* The forecasts; and, where each student had a run of their own, how far off each was. */
function drawings(one, words) {
  const { what, unit, points, result, results } = one, found = [];
  const parts = [spread(points.map((each) => each.value), unit, words)];
  if (one.kind === "value" && results > 1) parts.push(words.own);
  const mark = result === null ? {} : { mark: { value: result, label: words.mark } };
  found.push(["said", { title: what, description: parts.join(" "), unit, points: points.map(({ label, value, low, high }) => ({ label, value, low, high })), ...mark }]);
  if (one.kind === "value" && results > 1) {
    const off = points.filter((each) => each.result !== null).map(({ label, value, result: came }) => ({ label, value: value - came }));
    found.push(["off", { title: said(words.error, { what }), description: said(words.error_said, { count: off.length }), unit: unit === "share" ? "points" : unit, points: off, mark: { value: 0, label: words.error_mark } }]);
  }
  return found;
}

function spread(values, unit, words) {
  const order = [...values].sort((a, b) => a - b), show = (value) => told(value, unit);
  const parts = { count: order.length, low: show(order[0]), high: show(order.at(-1)), middle: show(order[Math.floor(order.length / 2)]) };
  return said(order.length === 1 ? words.said_one : words.said, parts);
}

function scored({ brier, chances, coverage, ranges }, words) {
  const parts = [];
  if (ranges) parts.push(said(words.held, { hit: Math.round(coverage * ranges), count: ranges, share: share(coverage * ranges, ranges) }));
  if (chances) parts.push(said(words.brier, { count: chances, score: told(brier, "", 2) }));
  return parts.join(" ");
}
