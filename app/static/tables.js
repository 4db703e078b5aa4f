/* Tables of told values: each cell a text and a smaller second line; on narrow screens a row becomes a block with its heads. */

import { put } from "./frame.js";

/* table(parent, {caption, heads, rows: [[cell, …]]}): a cell is a text, or [text, smaller text]; the first one heads its row. */
export function table(parent, { caption, heads, rows }) {
  const made = put(parent, "table", { class: "told" });
  if (caption) put(made, "caption", {}, caption); // where a heading says the same there is none
  const top = put(put(made, "thead"), "tr"), body = put(made, "tbody");
  for (const head of heads) {
    if (head) put(top, "th", { scope: "col" }, head);
    else put(top, "td");
  }
  for (const [first, ...cells] of rows) {
    const row = put(body, "tr");
    cell(put(row, "th", { scope: "row" }), first);
    cells.forEach((one, at) => cell(put(row, "td", { "data-head": heads[at + 1] ?? "" }), one));
  }
  return made;
}

function cell(where, told) {
  const [text, small] = Array.isArray(told) ? told : [told, ""];
  put(where, "span", {}, text);
  if (small) put(where, "span", { class: "small" }, small);
}

/* A table as the model's own reports have it: the name of a row, then its cells. A name that repeats is said once. */
export function grid(parent, { caption, heads, rows }) {
  return table(parent, { caption, heads, rows: rows.map(({ name, cells }) => [name, ...cells]) });
}

/* A table in place of what an element holds. */
export function fill(where, about) {
  where.replaceChildren();
  return table(where, about);
}
