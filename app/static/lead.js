import { clearProblems, copy, field, linked, part, save, showProblems, showRoom, showState } from "./controls.js";
import { lines } from "./charts.js";
import { put, tabled, told } from "./frame.js";
import { anewByLink, linkTo, readLink, writeLink } from "./link.js";
import { connect } from "./pipe.js";
import { said, texts } from "./texts.js";

/* The page on which a service is led. All that a game is stands in the link: service, luck, hours, decisions and forecasts, and whose
 * end has been seen. Who has seen how a life ends can lead it again, but what is then said of it is no forecast: none is asked, and
 * nothing of it is handed in. */

const t = texts(), EVENT = "event", LIFE = /^[A-Z]-\d{1,2}$/, MOST_KNOWN = 150;
const game = { service: "D", luck: 3, hours: 12, decisions: [], forecasts: [], now: undefined, known: [] };
const charts = {};
let data, chosen = new Set(), finishing = false, returning = false, drawn;
/* The game as it was before a move that has no answer yet; a move that is refused is none. */
let before, waiting = false;

const whole = (value) => Number.isInteger(value);
const number = (value, digits = 1) => told(value, "number", digits);
const titles = (acts) => (acts.length ? acts.map((name) => t.acts[name].title).join(", ") : t.nothing_done);
const percent = (value) => told(value, "number", 0);

/* What the link says; what cannot be of any game is passed over, the lab tells the rest. */
function begin() {
  anewByLink();
  const state = linked(readLink(), part("linked")) ?? {};
  if (Object.hasOwn(t.services, state.service)) game.service = state.service;
  for (const name of ["luck", "hours"]) if (Number.isFinite(state[name])) game[name] = state[name];
  const sound = (one) => one && whole(one.month) && Array.isArray(one.acts) && one.acts.every((act) => Object.hasOwn(t.acts, act));
  if (Array.isArray(state.decisions) && state.decisions.every(sound)) game.decisions = state.decisions.map(({ month, acts }) => ({ month, acts }));
  if (Array.isArray(state.forecasts) && state.forecasts.every((one) => one && whole(one.month)))
    game.forecasts = state.forecasts.map(({ month, chance, low, high }) => ({ month, chance, low, high }));
  if (Array.isArray(state.known)) game.known = state.known.filter((one) => typeof one === "string" && LIFE.test(one)).slice(-MOST_KNOWN);
  if (whole(state.now)) game.now = state.now;
  else if (game.decisions.length) game.now = EVENT;
}

function ask() {
  waiting = true;
  keep();
  const { known: _, ...asked } = game;
  pipe.ask(asked); // what is undefined is not sent
}

function keep() {
  const { known, ...state } = game;
  writeLink(known.length ? game : state);
}

/* Whose luck it is, whatever is decided: the end of this life has been seen. */
const life = () => `${game.service}-${game.luck}`;
const foreseen = () => game.known.includes(life());

/* A move that was refused, or that failed, is taken back. */
function refused() {
  waiting = finishing = returning = false;
  if (!before) return;
  Object.assign(game, before);
  before = undefined;
  keep();
}

function answered({ data: found }) {
  clearProblems(part("problems"));
  clearProblems(part("setup"));
  waiting = false;
  before = undefined;
  data = found;
  game.now = data.now;
  if (data.ended && !foreseen()) game.known = [...game.known, life()].slice(-MOST_KNOWN);
  keep();
  chosen = new Set(game.decisions.at(-1)?.acts ?? []);
  show();
  if (returning) refocus();
  returning = false;
}

/* The button of a move may be hidden or disabled after it. */
function refocus() {
  const one = document.activeElement;
  if (one !== document.body && !one.disabled && one.checkVisibility()) return;
  (part("forecast").hidden ? part("do-title") : part("forecasting").querySelector("input")).focus();
}

function wrong(problems) {
  refused();
  part("choosing").open ||= problems.some((one) => ["luck", "hours", "service"].includes(one.where));
  const setup = problems.filter((one) => ["luck", "hours", "service"].includes(one.where));
  if (setup.length) showProblems(part("setup"), setup)?.focus();
  const rest = problems.filter((one) => !setup.includes(one));
  if (!rest.length) return;
  showProblems(part("problems"), rest);
  const closed = rest.some((one) => one.where === "room");
  if (closed || part("restart")) return;
  const button = put(part("problems"), "button", { type: "button", id: "restart" }, t.problems_again);
  button.addEventListener("click", () => { button.remove(); anew(); });
}

// ------------------------------------------------------------------------------------------------------------------ moves

function anew(change = {}) {
  before = undefined;
  Object.assign(game, change, { decisions: [], forecasts: [], now: undefined });
  part("forecasting").replaceChildren();
  returning = true;
  ask();
}

function go(now) {
  if (waiting || over() || due()) return;
  before = { ...game };
  game.decisions = [...game.decisions, { month: data.now, acts: data.acts.map((one) => one.name).filter((name) => chosen.has(name)) }];
  finishing = true;
  game.now = now === EVENT ? EVENT : Math.min(now, data.months);
  ask();
}

function undo() {
  const last = game.decisions.at(-1);
  if (!last || waiting) return;
  before = { ...game };
  game.decisions = game.decisions.slice(0, -1);
  game.now = last.month;
  game.forecasts = foreseen() ? [] : game.forecasts.filter((one) => one.month <= last.month);
  finishing = false;
  returning = true;
  ask();
}

const due = () => data.ended === null && !foreseen() && data.asked_at.filter((month) => month <= data.now).length > game.forecasts.length;

const used = () => data.acts.filter((one) => chosen.has(one.name)).reduce((sum, one) => sum + one.hours, 0);
const over = () => chosen.size > data.most || used() > data.hours + 1e-9;

// ------------------------------------------------------------------------------------------------------------------ the moment

function show() {
  const { ended, now, months, seen } = data;
  part("chosen").textContent = said(t.chosen, { service: data.service, luck: data.luck, hours: data.hours });
  part("time").max = months - data.start;
  part("time").value = now - data.start;
  part("playing").hidden = Boolean(ended);
  part("foreseen").hidden = Boolean(ended) || !foreseen();
  part("ending").hidden = !ended;
  part("more").hidden = false;
  part("undo").disabled = !game.decisions.length;
  part("command").textContent = data.command;
  part("why").textContent = data.why;
  part("why").parentElement.hidden = part("no-command").hidden = !ended;
  part("copied").textContent = "";
  logged();
  if (ended) return end();
  const news = game.decisions.length ? seen.events : seen.events.filter((one) => one.month > 0);
  const events = news.length ? said(t.said_events, { events: newest(news) }) : t.said_quiet;
  part("sentence").textContent = said(t.said, { now, months, claimed: seen.claimed_now, posts: seen.posts.length, events });
  know();
  acts();
  return forecasting();
}

/* The last three pieces of news; all of them stand in the list. */
function newest(news) {
  const more = news.length > 3 ? said(t.said_more, { count: news.length - 3 }) : "";
  return news.slice(-3).map((one) => one.words).join("; ") + more;
}

function items(where, texts_) {
  where.replaceChildren();
  for (const text of texts_) put(where, "li", {}, text);
}

const happened = ({ month, words }) => said(t.past_event, { month, words });

function know() {
  const { seen, now, start } = data;
  part("happened").textContent = game.decisions.length ? t.happened : t.happened_before;
  items(part("events"), seen.events.length ? seen.events.map(happened) : [t.nothing]);
  const table = tabled(part("people"), {
    heads: t.people_heads, rows: seen.posts.map((one) => [one.who, "", one.rates === null ? "" : number(one.rates)]),
  });
  seen.posts.forEach((one, at) => {
    const cell = table.tBodies[0].rows[at].cells[1];
    put(cell, "span", { class: "says", "data-says": one.says }, one.leaves ? `${t.says[one.says]}; ${t.leaves.post}` : t.says[one.says]);
  });
  items(part("otherwise"), [
    t.leaders[seen.leader], ...(seen.leader_leaves ? [t.leaves.leader] : []), t.signals[seen.signal],
    seen.visit ? said(t.visit, { month: seen.visit[0], score: number(seen.visit[1]) }) : t.no_visit,
    said(t.hours_last, { hours: number(seen.hours), all: number(seen.hours_all, 0) }),
  ]);
  chart("claims", {
    title: t.claims, description: t.claims_said, unit: "posts", months: months(1, now), ...(now > start ? { mark: { month: start, label: t.begins } } : {}),
    series: [{ name: "claimed", label: t.claims_label, values: seen.claimed }],
  });
}

const months = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

function chart(name, about) {
  if (charts[name]) {
    charts[name].update(about, true);
    charts[name].setPlace(about.months.at(-1), true);
  } else charts[name] = lines(part(name), about, {});
}

function logged() {
  const past = data.seen.past.map((one) => [one.month, 0, happened(one)]);
  const own = data.steps.map((one) => [one.month, 1, said(t.log_act, { month: one.month, acts: titles(one.acts) })]);
  const all = [...past, ...own].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  part("log-box").hidden = false;
  items(part("log"), all.map(([, , text]) => text));
}

function acts() {
  part("acts-title").textContent = said(t.acts_legend, { most: data.most });
  const list = part("acts");
  if (drawn !== JSON.stringify(data.acts)) {
    drawn = JSON.stringify(data.acts);
    list.replaceChildren();
    for (const { name, hours } of data.acts) {
      const item = put(list, "li"), box = put(item, "input", { type: "checkbox", id: `act-${name}`, name, "aria-describedby": `said-${name}` });
      const label = put(item, "label", { for: box.id });
      put(label, "b", {}, `${t.acts[name].title} (${hours < 0.05 ? t.act_free : said(t.act_hours, { hours: number(hours) })})`);
      put(label, "span", { class: "hint", id: `said-${name}` }, t.acts[name].said);
      box.addEventListener("change", () => { if (box.checked) chosen.add(name); else chosen.delete(name); summed(); });
    }
  }
  for (const box of list.querySelectorAll("input")) box.checked = chosen.has(box.name);
  summed();
}

function summed() {
  const about = { used: number(used()), hours: data.hours, count: chosen.size, most: data.most };
  const words = said(chosen.size > data.most ? t.sum_many : over() ? t.sum_over : t.sum, about);
  if (part("sum").textContent !== words) part("sum").textContent = words; // what is written again is read aloud again
  part("sum").dataset.over = String(over());
  for (const name of ["quarter", "month", "event"]) part(name).disabled = over();
}

function forecasting() {
  const wanted = due(), form = part("forecast"), span = data.months - data.start;
  form.hidden = !wanted;
  part("acting").hidden = wanted;
  if (!wanted) return;
  part("forecast-said").textContent = said(t.forecast_said, { now: data.now });
  const holder = part("forecasting");
  if (!holder.childElementCount) {
    field(holder, { name: "chance", label: said(t.chance, { months: data.months }), kind: "number", min: 0, max: 100, step: 1, required: "" });
    field(holder, { name: "low", label: said(t.low, { span }), kind: "number", min: 0, max: span, step: 1, required: "" });
    field(holder, { name: "high", label: t.high, kind: "number", min: 0, max: span, step: 1, required: "" });
  }
  if (game.decisions.length) holder.querySelector("input").focus();
}

function forecast(event) {
  event.preventDefault();
  const inputs = [...part("forecasting").querySelectorAll("input")], [chance, low, high] = inputs.map((one) => one.valueAsNumber);
  const span = data.months - data.start, fits = (value, most) => value >= 0 && value <= most;
  const right = fits(chance, 100) && whole(low) && whole(high) && fits(low, span) && fits(high, span) && low <= high;
  part("forecast-wrong").textContent = right ? "" : said(t.forecast_wrong, { span });
  if (!right) { inputs.find((one) => !one.checkValidity())?.focus(); return; }
  game.forecasts = [...game.forecasts, { month: data.now, chance: chance / 100, low, high }];
  keep();
  for (const one of inputs) one.value = "";
  forecasting();
  part("acts").querySelector("input").focus();
}

// ------------------------------------------------------------------------------------------------------------------ the end

const spans = (list) => list.map(({ act, start, end }) => said(t.span, { act: t.acts[act].title, start, end })).join("; ") || t.nothing_done;

function end() {
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
  items(part("own-acts"), changes().map((one) => said(t.act_step, { month: one.month, acts: titles(one.acts) })));
  part("best-said").textContent = said(t.best_said, { spans: spans(ended.best.spans), tried: ended.tried });
  turning();
  scored();
  unseen();
  hours();
  links();
  if (game.forecasts.length === data.asked_at.length) finished();
  if (!finishing) return;
  finishing = false;
  part("end-title").focus();
}

/* Decisions that differ from the one before. */
function changes() {
  return data.steps.filter((one, at) => titles(one.acts) !== (at ? titles(data.steps[at - 1].acts) : ""));
}

function turning() {
  const { chance, turning: turns } = data.ended.fate;
  part("turning-said").hidden = !turns.length;
  items(part("turning"), turns.length ? turns.map((one) => {
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

// ------------------------------------------------------------------------------------------------------------------ the form

function setup() {
  const form = part("setup");
  const service = field(form, { name: "service", label: t.service, options: Object.entries(t.services), value: game.service });
  const luck = field(form, { name: "luck", label: t.luck, kind: "number", min: 0, max: 49, step: 1, value: game.luck });
  const time = field(form, { name: "hours", label: t.hours_field, kind: "number", min: 0, max: 40, step: 1, value: game.hours });
  put(put(form, "p", { class: "field" }), "button", { type: "submit" }, t.begin_new);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearProblems(form);
    anew({ service: service.value, luck: luck.valueAsNumber, hours: time.valueAsNumber });
  });
}

begin();
part("page").hidden = false;
setup();
const pipe = connect({
  page: "lead", onProblems: wrong, onRoom: (room) => { showRoom(room); if (!data && !waiting) ask(); }, onAnswer: answered,
  onState: (state, reason) => { if (state === "fault") refused(); showState(part("state"), state, reason); },
});
part("forecast").addEventListener("submit", forecast);
part("acting").addEventListener("submit", (event) => { event.preventDefault(); go(data.now + data.quarter); });
part("month").addEventListener("click", () => go(data.now + 1));
part("event").addEventListener("click", () => go(EVENT));
for (const name of ["undo", "back"]) part(name).addEventListener("click", undo);
part("again").addEventListener("click", () => anew());
part("copy").addEventListener("click", () => copy(part("command"), part("copied")));
part("toml").addEventListener("click", () => save(data.file, data.toml, "application/toml"));
ask();
