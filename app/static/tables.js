/* Tables and lists of texts. */

import { put } from "./frame.js";

/* A table in place of what an element holds; the first cell of each row is its head. */
export function grid(where, caption, heads, rows) {
  const table = document.createElement("table");
  put(table, "caption", {}, caption);
  const top = put(put(table, "thead"), "tr"), body = put(table, "tbody");
  for (const head of heads) put(top, "th", { scope: "col" }, head);
  for (const [first, ...cells] of rows) {
    const row = put(body, "tr");
    put(row, "th", { scope: "row" }, first);
    for (const cell of cells) put(row, "td", {}, cell);
  }
  where.replaceChildren(table);
}

export function list(where, lines) {
  where.replaceChildren(...lines.map((text) => put(document.createElement("ul"), "li", {}, text)));
}
