/* Bars on a timeline: what is done, from when to when, how much; each with three numbers that say and set the same.
 *
 * timeline(el, {bars, months, texts, onChange(bars), onRemove(title)}) gives {set(bars), focus(at)}.
 */

import { field } from "./controls.js";
import { put, within } from "./frame.js";
import { said } from "./texts.js";

const YEAR = 12, STEP = 0.1, LEAST = 0.1, EDGE = 14;

const rounded = (dose) => Math.round(within(LEAST, dose, 1) * 100) / 100;

export function timeline(el, { months, texts, onChange, onRemove }) {
  let bars = [], rows = [];

  const endOf = (bar) => bar.end ?? months;
  const titleOf = (bar) => texts.acts[bar.act]?.title ?? bar.act;

  function changed(at, part) {
    const bar = { ...bars[at], ...part };
    bar.start = within(0, Math.round(bar.start), months - 1);
    const end = within(bar.start + 1, Math.round(endOf(bar)), months);
    bar.end = end >= months ? null : end;
    bar.dose = rounded(bar.dose);
    bars = bars.map((one, place) => (place === at ? bar : one));
    show(at);
    onChange(bars);
  }

  function removed(at) {
    const [gone] = bars.slice(at, at + 1);
    bars = bars.filter((_, place) => place !== at);
    build();
    (rows[Math.min(at, rows.length - 1)]?.bar ?? document.getElementById("add"))?.focus();
    onRemove(titleOf(gone));
    onChange(bars);
  }

  function key(event, at) {
    const bar = bars[at], { shiftKey, key: name } = event;
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -YEAR, PageUp: YEAR }[name];
    if (move !== undefined) changed(at, shiftKey ? { end: endOf(bar) + move } : { start: Math.min(bar.start + move, endOf(bar) - 1) });
    else if (name === "+" || name === "=") changed(at, { dose: bar.dose + STEP });
    else if (name === "-") changed(at, { dose: bar.dose - STEP });
    else if (name === "Delete") removed(at);
    else return;
    event.preventDefault();
  }

  /* Near an edge the edge is dragged, else the whole bar; what is asked is asked when it is let go. */
  function grabbed(event, at) {
    const { bar, track } = rows[at], box = bar.getBoundingClientRect(), width = track.clientWidth, from = event.clientX, old = bars[at];
    const edge = event.clientX - box.left < EDGE ? "start" : box.right - event.clientX < EDGE ? "end" : "both";
    bar.setPointerCapture(event.pointerId);
    const moved = (now) => {
      const by = Math.round(((now.clientX - from) / width) * months), end = endOf(old);
      const next = edge === "start" ? { start: within(0, old.start + by, end - 1) }
        : edge === "end" ? { end: within(old.start + 1, end + by, months) }
          : { start: within(0, old.start + by, months - (end - old.start)), end: within(end - old.start, end + by, months) };
      bars = bars.map((one, place) => (place === at ? { ...old, ...next } : one));
      show(at);
    };
    const done = () => {
      bar.removeEventListener("pointermove", moved);
      if (bars[at] !== old) changed(at, {});
    };
    bar.addEventListener("pointermove", moved);
    bar.addEventListener("lostpointercapture", done, { once: true });
  }

  function show(at) {
    const bar = bars[at], row = rows[at], end = endOf(bar);
    row.bar.style.left = `${(100 * bar.start) / months}%`;
    row.bar.style.width = `${(100 * (end - bar.start)) / months}%`;
    row.bar.style.opacity = String(0.45 + 0.55 * bar.dose);
    row.bar.setAttribute("aria-label", said(texts.bar, {
      title: titleOf(bar), start: bar.start, end: bar.end === null || bar.end === undefined ? texts.to_end : bar.end, dose: Math.round(100 * bar.dose),
    }));
    for (const [name, value] of [["start", bar.start], ["end", end], ["dose", Math.round(100 * bar.dose)]]) row[name].value = value;
  }

  function numbers(item, at) {
    const holder = put(item, "div", { class: "numbers" }), row = rows[at];
    const about = [["start", 0, months - 1, texts.start], ["end", 1, months, texts.end], ["dose", 10, 100, texts.dose]];
    for (const [name, min, max, label] of about) {
      row[name] = field(holder, { name: `bars.${at}.${name}`, label, kind: "number", min, max, step: name === "dose" ? 5 : 1 });
      row[name].setAttribute("aria-label", `${titleOf(bars[at])}: ${label}`);
      row[name].addEventListener("change", () => {
        const value = row[name].valueAsNumber;
        if (Number.isFinite(value)) changed(at, { [name]: name === "dose" ? value / 100 : value });
        else show(at);
      });
    }
    const button = put(holder, "button", { type: "button", class: "remove" }, texts.remove);
    button.setAttribute("aria-label", `${texts.remove}: ${titleOf(bars[at])}`);
    button.addEventListener("click", () => removed(at));
  }

  function build() {
    el.replaceChildren();
    rows = [];
    bars.forEach((bar, at) => {
      const item = put(el, "li"), row = {};
      rows.push(row);
      put(item, "strong", {}, titleOf(bar));
      put(item, "p", { class: "hint" }, texts.acts[bar.act]?.said ?? "");
      row.track = put(item, "div", { class: "track" });
      for (let month = YEAR; month < months; month += YEAR) put(row.track, "span", { class: "tick", "aria-hidden": "true" }).style.left = `${(100 * month) / months}%`;
      row.bar = put(row.track, "button", { type: "button", class: "bar", "aria-describedby": "bar-keys" });
      row.bar.addEventListener("keydown", (event) => key(event, at));
      row.bar.addEventListener("pointerdown", (event) => grabbed(event, at));
      numbers(item, at);
      show(at);
    });
  }

  return {
    set(next) { bars = next; build(); },
    focus(at) { rows[at]?.bar.focus(); },
    get bars() { return bars; },
  };
}
