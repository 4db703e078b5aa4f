/* The teacher's page: who handed in, what they forecast, and the buttons that hold the room. It asks every second. */

import { part } from "./controls.js";
import { foundOf, strips, tableOf } from "./strip.js";
import { said, texts } from "./texts.js";

const t = texts(), EVERY = 1000;
const drawn = strips(part("strips"), t.strip);
let shown = "", state = {}, first = true;

function show(found) {
  state = found.room;
  part("lost").textContent = "";
  const text = JSON.stringify(found);
  if (text === shown) return;
  shown = text;
  const standing = state.closed ? "closed" : state.frozen ? "frozen" : "open";
  const words = new Set(found.rows.map((one) => one.word.replace(/ \(\d+\)$/, "").toLowerCase())).size;
  const parts = [t.standing[standing], said(t.counted, { hands: found.rows.length, words })];
  if (found.unread) parts.push(said(t.unread, { lines: found.unread }));
  part("standing").textContent = parts.join(" ");
  part("freeze").textContent = state.frozen ? t.thaw : t.freeze;
  part("freeze").disabled = state.closed;
  part("reveal").textContent = state.revealed ? t.cover : t.reveal;
  part("close").textContent = state.closed ? t.open : t.close;
  part("sure").hidden = true;
  part("none").hidden = found.rows.length > 0;
  part("rows").hidden = !found.rows.length;
  if (first) part("students").open = !found.rows.length; // afterwards it is the teacher's to open
  first = false;
  tableOf(part("rows"), found.rows, t.strip);
  part("found-part").hidden = !found.found.length;
  foundOf(part("found"), found.found, t.strip, part("link").textContent);
  part("no-forecasts").hidden = found.strips.length > 0;
  drawn.update(found.strips, found.more);
}

async function fetched(what, about) {
  try {
    const answer = await fetch(what, about), found = await answer.json();
    if (found.problems) part("lost").textContent = found.problems[0].what;
    else show(found);
  } catch {
    part("lost").textContent = t.lost;
  }
}

function change(states) {
  return fetched("change", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(states) });
}

async function look() {
  await fetched("class");
  setTimeout(look, EVERY);
}

part("freeze").addEventListener("click", () => change({ frozen: !state.frozen }));
part("reveal").addEventListener("click", () => change({ revealed: !state.revealed }));
part("close").addEventListener("click", () => {
  if (state.closed) { change({ closed: false }); return; }
  part("sure").hidden = false;
  part("sure").focus();
});
part("sure").addEventListener("click", () => { change({ closed: true }); part("close").focus(); });
part("page").hidden = false;
look();
