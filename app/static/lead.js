import { clearProblems, copy, field, linked, part, save, showProblems, showRoom, showState, textOf } from "./controls.js";
import { ending } from "./ending.js";
import { list, put, tabled } from "./frame.js";
import { chart, months, number, titles } from "./leading.js";
import { anewByLink, readLink, writeLink } from "./link.js";
import { connect } from "./pipe.js";
import { said, texts } from "./texts.js";

/* The page on which a service is led. All that a game is stands in the link: service (or the text of a file on one's own), luck, hours, decisions and forecasts, and whose
 * end has been seen. Who has seen how a life ends can lead it again, but what is then said of it is no forecast: none is asked, and
 * nothing of it is handed in. */

const t = texts(), EVENT = "event", OWN = "own", LIFE = /^([A-Z]|[0-9a-f]{8})-\d{1,2}$/, MOST_KNOWN = 150, MOST_BYTES = 40000;
const game = { service: "D", text: undefined, luck: 3, hours: 12, decisions: [], forecasts: [], now: undefined, known: [] };
let data, chosen = new Set(), finishing = false, returning = false, drawn;
/* The game as it was before a move that has no answer yet; a move that is refused is none. */
let before, waiting = false;

const whole = (value) => Number.isInteger(value);

/* What the link says; what cannot be of any game is passed over, the lab tells the rest. */
function begin() {
  anewByLink();
  const state = linked(readLink(), part("linked")) ?? {};
  if (Object.hasOwn(t.services, state.service)) game.service = state.service;
  if (typeof state.text === "string") game.text = state.text;
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
  const { known: _, service, ...asked } = game;
  pipe.ask(game.text === undefined ? { service, ...asked } : asked); // what is undefined is not sent
}

function keep() {
  const { known, ...state } = game;
  writeLink(known.length ? game : state);
}

/* Whose luck it is, whatever is decided: the end of this life has been seen. */
const foreseen = () => game.known.includes(data.life);

/* A move that was refused, or that failed, is taken back. */
function refused() {
  waiting = finishing = returning = false;
  if (!before) return;
  Object.assign(game, before);
  before = undefined;
  keep();
  if (data && !data.ended) forecasting();
}

function answered({ data: found }) {
  clearProblems(part("problems"));
  clearProblems(part("setup"));
  waiting = false;
  before = undefined;
  data = found;
  game.now = data.now;
  if (data.ended && !foreseen()) game.known = [...game.known, data.life].slice(-MOST_KNOWN);
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
  const fields = ["luck", "hours", "service", "text"], setup = problems.filter((one) => fields.includes(one.where));
  part("choosing").open ||= setup.length > 0;
  if (setup.length) showProblems(part("setup"), setup)?.focus();
  const rest = problems.filter((one) => !setup.includes(one));
  if (!rest.length) return;
  showProblems(part("problems"), rest);
  const closed = rest.some((one) => one.where === "room");
  if (closed || part("restart")) return;
  const button = put(part("problems"), "button", { type: "button", id: "restart" }, t.problems_again);
  button.addEventListener("click", () => { button.remove(); anew(data ? {} : { text: undefined }); });
}

// ------------------------------------------------------------------------------------------------------------------ moves

function anew(change = {}) {
  before = data && { ...game };
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

const happened = ({ month, words }) => said(t.past_event, { month, words });

function know() {
  const { seen, now, start } = data;
  part("happened").textContent = game.decisions.length ? t.happened : t.happened_before;
  list(part("events"), seen.events.length ? seen.events.map(happened) : [t.nothing]);
  const table = tabled(part("people"), {
    heads: t.people_heads, rows: seen.posts.map((one) => [one.who, "", one.rates === null ? "" : number(one.rates)]),
  });
  seen.posts.forEach((one, at) => {
    const cell = table.tBodies[0].rows[at].cells[1];
    put(cell, "span", { class: "says", "data-says": one.says }, one.leaves ? `${t.says[one.says]}; ${t.leaves.post}` : t.says[one.says]);
  });
  list(part("otherwise"), [
    t.leaders[seen.leader], ...(seen.leader_leaves ? [t.leaves.leader] : []), t.signals[seen.signal],
    seen.visit ? said(t.visit, { month: seen.visit[0], score: number(seen.visit[1]) }) : t.no_visit,
    said(t.hours_last, { hours: number(seen.hours), all: number(seen.hours_all, 0) }),
  ]);
  chart("claims", {
    title: t.claims, description: t.claims_said, unit: "posts", months: months(1, now), ...(now > start ? { mark: { month: start, label: t.begins } } : {}),
    series: [{ name: "claimed", label: t.claims_label, values: seen.claimed }],
  });
}

function logged() {
  const past = data.seen.past.map((one) => [one.month, 0, happened(one)]);
  const own = data.steps.map((one) => [one.month, 1, said(t.log_act, { month: one.month, acts: titles(one.acts) })]);
  const all = [...past, ...own].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  part("log-box").hidden = false;
  list(part("log"), all.map(([, , text]) => text));
}

function acts() {
  part("acts-title").textContent = said(t.acts_legend, { most: data.most });
  const holder = part("acts");
  if (drawn !== JSON.stringify(data.acts)) {
    drawn = JSON.stringify(data.acts);
    holder.replaceChildren();
    for (const { name, hours } of data.acts) {
      const item = put(holder, "li"), box = put(item, "input", { type: "checkbox", id: `act-${name}`, name, "aria-describedby": `said-${name}` });
      const label = put(item, "label", { for: box.id });
      put(label, "b", {}, `${t.acts[name].title} (${hours < 0.05 ? t.act_free : said(t.act_hours, { hours: number(hours) })})`);
      put(label, "span", { class: "hint", id: `said-${name}` }, t.acts[name].said);
      box.addEventListener("change", () => { if (box.checked) chosen.add(name); else chosen.delete(name); summed(); });
    }
  }
  for (const box of holder.querySelectorAll("input")) box.checked = chosen.has(box.name);
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

function end() {
  ending(data, game);
  if (!finishing) return;
  finishing = false;
  part("end-title").focus();
}

// ------------------------------------------------------------------------------------------------------------------ the form

function setup() {
  const form = part("setup");
  const options = [...Object.entries(t.services), [OWN, t.own]], value = game.text === undefined ? game.service : OWN;
  const service = field(form, { name: "service", label: t.service, options, value });
  const file = field(form, { name: "text", label: t.file, hint: t.file_hint, kind: "file", accept: ".toml" });
  const luck = field(form, { name: "luck", label: t.luck, kind: "number", min: 0, max: 49, step: 1, value: game.luck });
  const time = field(form, { name: "hours", label: t.hours_field, kind: "number", min: 0, max: 40, step: 1, value: game.hours });
  put(put(form, "p", { class: "field" }), "button", { type: "submit" }, t.begin_new);
  const chosenFile = () => { file.closest(".field").hidden = service.value !== OWN; };
  chosenFile();
  service.addEventListener("change", chosenFile);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblems(form);
    const own = service.value === OWN, [one] = file.files, text = own && one ? await textOf(one, MOST_BYTES) : game.text;
    if (own && !text) {
      showProblems(form, [{ where: "text", what: one ? t.file_wrong : t.file_missing }])?.focus();
      return;
    }
    anew({ ...(own ? { text } : { service: service.value, text: undefined }), luck: luck.valueAsNumber, hours: time.valueAsNumber });
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
