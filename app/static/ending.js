import { part } from "./controls.js";
import { list, put, tabled, told } from "./frame.js";
import { chart, months, number, percent, titles } from "./leading.js";
import { linkTo } from "./link.js";
import { said, texts } from "./texts.js";

/* The end of a game of *Lead a service*: between its ghosts, the chance month by month, forecasts, what was not seen, hours. */

const t = texts();
let data, game;

const spans = (found) => found.map(({ act, start, end }) => said(t.span, { act: t.acts[act].title, start, end })).join("; ") || t.nothing_done;

export function ending(of, played) {
  [data, game] = [of, played];
  const { ended, start } = data, span = data.months - start;
  const came = ended.came ? t.came : t.gone;
  part("sentence").textContent = said(t.said_end, { months: data.months, came });
  part("end-said").textContent = said(t.end_said, {
    service: data.service, span, months: ended.months, came, own: percent(100 * ended.own.chance.chance),
    passive: percent(100 * ended.passive.chance.chance), best: percent(100 * ended.best.chance.chance),
  });
  const mark = { month: start, label: t.begins }, all = months(1, data.months);
  const flags = changes().map((one, at) => ({ month: one.month, label: String(at + 1), said: said(t.act_said, { acts: titles(one.acts) }) }));
  chart("ways", {
    title: t.ways, description: t.ways_said, unit: "posts", months: all, mark,
    series: ["own", "passive", "best"].map((name) => ({ name, label: t[`ways_${name}`], values: ended[name].delivering })),
  });
  chart("fate", {
    title: t.fate, description: said(t.fate_said, { lucks: ended.fate.lucks }), unit: "share", months: all, flags,
    series: [{ name: "fate", label: t.fate_label, values: ended.fate.chance }],
  });
  list(part("own-acts"), changes().map((one) => said(t.act_step, { month: one.month, acts: titles(one.acts) })));
  part("best-said").textContent = said(t.best_said, { spans: spans(ended.best.spans), tried: ended.tried });
  turning();
  scored();
  unseen();
  hours();
  links();
  if (game.forecasts.length === data.asked_at.length) finished();
}

/* Decisions that differ from the one before. */
function changes() {
  return data.steps.filter((one, at) => titles(one.acts) !== (at ? titles(data.steps[at - 1].acts) : ""));
}

function turning() {
  const { chance, turning: turns } = data.ended.fate;
  part("turning-said").hidden = !turns.length;
  list(part("turning"), turns.length ? turns.map((one) => {
    const after = chance[one.month - 1], early = one.month <= data.start ? ` ${t.before_you}` : "";
    const proof = one.proof ? ` ${one.proof[0].toUpperCase()}${one.proof.slice(1)}.` : "";
    return said(t.turning_one, { month: one.month + early, before: percent(100 * (after - one.change)), after: percent(100 * after), words: one.words }) + proof;
  }) : [t.no_turning]);
}

const range = ({ low, high }) => `${low}–${high}`;

function scored() {
  const { ended } = data;
  const rows = game.forecasts.map((one, at) => {
    const knowing = ended.knowing[at];
    return [String(one.month), told(one.chance, "share", 0), range(one), told(knowing.chance, "share", 0), range(knowing)];
  });
  tabled(part("scored"), { heads: t.forecast_heads, rows });
  part("scored").hidden = part("knowing-said").hidden = !ended.score;
  part("score").textContent = ended.score ? said(t.score, {
    came: ended.came ? t.score_came : t.score_gone, months: ended.months, brier: number(ended.score.brier, 2),
    covered: ended.score.covered, forecasts: ended.score.forecasts,
  }) : t.no_forecasts;
}

function unseen() {
  const { unseen: found } = data.ended, all = months(1, data.months), later = all.slice(data.start);
  const overs = later.filter((month) => found.claimed[month - 1] > found.delivering[month - 1]).length;
  const both = later.filter((month) => found.true[month - 1] !== null && found.rated[month - 1] !== null);
  const gap = both.reduce((sum, month) => sum + found.rated[month - 1] - found.true[month - 1], 0) / (both.length || 1);
  const gapped = both.length ? said(t.unseen_gap, { gap: number(Math.abs(gap), 2), side: gap >= 0 ? t.below : t.above }) : "";
  part("unseen-said").textContent = said(t.unseen_said, { over: overs, span: later.length, gap: gapped });
  const mark = { month: data.start, label: t.begins };
  chart("claimed", {
    title: t.claimed_title, description: t.claimed_said, unit: "posts", months: all, mark,
    series: [{ name: "claimed", label: t.said_label, values: found.claimed }, { name: "delivering", label: t.done_label, values: found.delivering }],
  });
  chart("fidelity", {
    title: t.fidelity_title, description: t.fidelity_said, unit: "points of the scale", months: all, mark, near: true,
    series: ["rated", "measured", "true"].map((name) => ({ name, label: t[`${name}_label`], values: found[name] })),
  });
}

function hours() {
  const { own, passive, best } = data.ended;
  const body = Object.keys(t.kinds).map((kind) => [t.kinds[kind], ...[own, passive, best].map((one) => number(one.spent[kind], 0))]);
  tabled(part("spent"), { caption: t.hours_caption, heads: t.hours_heads, rows: body });
}

/* Other pages that look at this life, where the lab has them. */
function links() {
  const life = { scenario: data.scenario, policies: data.policies, service: data.service, replicate: data.replicate, outcome: "not-delivering" };
  part("links").replaceChildren();
  if (!data.scenario) return; // of a service of one's own: those pages look at scenarios that ship
  for (const page of ["why", "walk"])
    if (document.querySelector(`nav a[href$="/${page}"]`)) put(part("links"), "a", { href: linkTo(page, life) }, t[`see_${page}`]);
}

/* Who hands a finished game in hears it here. */
function finished() {
  const { ended, service, luck, hours: time } = data, forecasts = [], results = [];
  for (const { month, chance, low, high } of game.forecasts) {
    const chanced = said(t.said_chance, { months: data.months, month }), ranged = said(t.said_range, { month });
    forecasts.push({ what: chanced, kind: "chance", unit: "share", value: chance });
    forecasts.push({ what: ranged, kind: "value", unit: "number", value: (low + high) / 2, low, high });
    results.push({ what: chanced, value: Number(ended.came) }, { what: ranged, value: ended.months });
  }
  const decisions = [{ service, luck, hours: time }, ...game.decisions];
  document.dispatchEvent(new CustomEvent("lab:finished", { detail: { page: "lead", forecasts, decisions, results } }));
}
