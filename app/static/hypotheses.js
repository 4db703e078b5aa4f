import { dots } from "./charts.js";
import { clearProblems, copy, linked, part, problemTold, showProblems, showRoom, showState } from "./controls.js";
import { put } from "./frame.js";
import { linkTo, readLink } from "./link.js";
import { connect } from "./pipe.js";
import { grid, table } from "./tables.js";
import { said, texts } from "./texts.js";

/* The page of hypotheses: a list of all, and one in full. What it says comes from the kept run. */

const t = texts(), POINTS = "percentage points";
let chosen = "", moved = false, shown = "";

function begin() {
  const state = linked(readLink(), part("linked")) ?? {};
  chosen = typeof state.hypothesis === "string" ? state.hypothesis : "";
  part("page").hidden = false;
  moved = chosen !== "";
  pipe.ask({ hypothesis: chosen });
}

/* A choice is a link: it can be opened in a page of its own, and the way back leads to the choice before. */
function follow() {
  const state = readLink().state ?? {};
  const next = typeof state.hypothesis === "string" ? state.hypothesis : "";
  if (next === chosen) return;
  chosen = next;
  moved = true;
  pipe.ask({ hypothesis: chosen });
}

function answered({ data }) {
  clearProblems(part("page"));
  overview(data.all);
  part("one").hidden = !data.one;
  if (data.one) whole(data.one);
  part("command").textContent = data.command;
  part("copied").textContent = "";
  if (moved && data.one) part("one-title").focus();
  moved = false;
}

/* A link may name what is not there: that is said, and the rest is shown. */
function wrong(problems) {
  if (!chosen) {
    showProblems(part("page"), problems);
    return;
  }
  part("linked").textContent = problems.map(problemTold).join(" ");
  chosen = "";
  moved = false;
  pipe.ask({ hypothesis: chosen });
}

// ------------------------------------------------------------------------------------------------------------------ all

function badge(parent, verdict, told) {
  const one = put(parent, "span", { class: "verdict", "data-verdict": verdict });
  put(one, "span", { "aria-hidden": "true", class: "mark" }, t.marks[verdict]);
  put(one, "span", {}, told);
}

function overview(all) {
  part("sentence").textContent = all.answer;
  items(part("notices"), all.notices);
  const list = part("all");
  list.replaceChildren();
  for (const one of all.hypotheses) {
    const item = put(list, "li"), current = one.hypothesis === chosen;
    const way = put(item, "a", { href: linkTo("hypotheses", { hypothesis: one.hypothesis }) }, said(t.named, one));
    if (current) way.setAttribute("aria-current", "true");
    badge(item, one.verdict, one.told);
    put(item, "p", { class: "hint" }, one.question);
    if (one.readings) put(item, "p", { class: "hint" }, said(t.same, one));
  }
  const { run } = all;
  part("run").textContent = run
    ? said(t.run, { ...run, made: run.made.slice(0, 10), commit: run.commit.slice(0, 12), runs: run.runs.toLocaleString("en") })
    : t.no_run;
}

function items(where, lines) {
  where.replaceChildren();
  where.hidden = !lines.length;
  for (const line of lines) put(where, "li", {}, line);
}

// ------------------------------------------------------------------------------------------------------------------ one

function whole(one) {
  part("one-title").textContent = said(t.named, one);
  part("question").textContent = one.question;
  part("verdict").replaceChildren();
  badge(part("verdict"), one.verdict, one.told);
  part("answer").textContent = one.answer;
  const about = part("about");
  about.replaceChildren();
  for (const name of ["prediction", "reasoning", "source"]) {
    put(about, "dt", {}, t.about[name]);
    put(about, "dd", {}, one[name]);
  }
  part("edited").textContent = one.edited ? said(t.edited, { when: one.edited }) : "";
  part("found").hidden = !one.claims.length;
  if (one.claims.length) evidence(one);
}

function evidence(one) {
  effects(one);
  items(part("sentences"), one.sentences);
  items(part("sure"), one.sure);
  items(part("prior-said"), one.prior);
  hangs(one);
  items(part("stability-said"), one.stability);
  for (const name of ["prior", "knockouts", "stability", "former"]) {
    const where = part(`grid-${name}`), found = one.grids[name];
    where.replaceChildren();
    where.closest("details").hidden = !found;
    if (one.hypothesis !== shown) where.closest("details").open = false;
    if (found) grid(where, found);
  }
  shown = one.hypothesis;
}

function effects(one) {
  const rows = one.claims.map((claim) => [
    [claim.says, said(t.of_outcome, claim)],
    [claim.told[0], said(t.between, { low: claim.told[1], high: claim.told[2] })],
    claim.share,
    claim.hangs_on.join(", ") || t.none,
    `${t.marks[claim.verdict]} ${claim.verdict_told}`,
  ]);
  part("effects").replaceChildren();
  table(part("effects"), { caption: said(t.effects_caption, one), heads: t.effects_heads, rows });
  const drawn = one.claims.every((claim) => claim.unit === POINTS && claim.mean !== null);
  part("chart").replaceChildren();
  if (!drawn) return;
  const points = one.claims.map((claim) => ({ label: claim.says, value: claim.mean / 100, low: claim.low / 100, high: claim.high / 100 }));
  dots(part("chart"), { title: t.chart, description: said(t.chart_said, one), unit: "points", rows: true, points: points.map((point, at) => ({ ...point, label: said(t.claim, { number: at + 1 }) })) });
}

function hangs(one) {
  const named = one.claims.map((claim, at) => (claim.hangs_on.length ? said(t.hangs, { number: at + 1, what: claim.hangs_on.join(", ") }) : "")).filter(Boolean);
  items(part("hangs"), named.length ? named : [t.hangs_on_none]);
}

const pipe = connect({ page: "hypotheses", onAnswer: answered, onProblems: wrong, onState: (state, reason) => showState(part("state"), state, reason), onRoom: showRoom });
addEventListener("hashchange", follow);
part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
begin();
