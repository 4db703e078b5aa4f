"""The page on which a service is led: what a leader can know at the moment, and all that was at the end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from app.pages.asking import Ask, Page, going_on, unknown
from app.pages.lab import Lab
from app.pages.life import folder_of
from experiments.leading.acts import ACTS, HOURS, MOST, hours_of
from experiments.leading.ending import Chance, Ending, Way, ended, unseen_of
from experiments.leading.forecasts import Forecast, asked_at, read_forecasts
from experiments.leading.game import (
    FILE,
    QUARTER,
    SERVICES,
    Decision,
    Game,
    Life,
    begin,
    lived,
    own_policies,
    read_decisions,
    scenario_file,
    spans_of,
)
from experiments.leading.own import own_world
from experiments.leading.seeing import next_stop, seen
from sim.problems import BadInput, Problem, tried
from sim.world import World

NAME: Final = "lead"
SCENARIO: Final = "nine-services"

LUCK: Final = 3
"""Number of luck to begin with: a life in which the hours do not suffice for everything."""

EVENT: Final = "event"
"""Instead of a month: until something happens."""

KEPT: Final = 6
"""Services of one's own that are kept."""

_KEYS: Final = ("service", "text", "luck", "hours", "decisions", "forecasts", "now")


def ask(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """Read what a message asks for: ``{"service": "D", "luck": 1, "hours": 12, "decisions": […], "forecasts": […], "now": 15}``.

    Instead of a service there may be the ``text`` of a file on one's own.

    Raises
    ------
    BadInput
        With every problem.
    """
    problems = unknown(asked, _KEYS)
    base, service = _led(asked, lab, problems)
    game = begin(base, service, luck=asked.get("luck", LUCK), hours=asked.get("hours", HOURS))
    decisions = tried(lambda: read_decisions(asked.get("decisions", []), game), problems) or ()
    forecasts = tried(lambda: read_forecasts(asked.get("forecasts", []), game), problems) or ()
    now = asked.get("now", game.start)
    last = decisions[-1].month if decisions else game.start - 1
    if now != EVENT and (isinstance(now, bool) or not isinstance(now, int) or not last < now <= game.months):
        problems.append(Problem("now", "it cannot be this month", f"a month from {last + 1} to {game.months}, or {EVENT}"))
    elif now == EVENT and not decisions:
        problems.append(Problem("now", "nothing has been decided yet", f"month {game.start}"))
    if problems:
        raise BadInput(problems)

    def run(_first: int, _last: int, wanted: Callable[[], bool]) -> dict[str, Any]:
        return _answer(game, decisions, forecasts, now, going_on(wanted))

    key = (NAME, game.world.hash, game.base.seed, service, game.luck, game.hours, decisions, forecasts, now)
    return Ask(key, 1, run, lambda results, _replicates: results[0])


PAGE: Final = Page(NAME, ask)


def _led(asked: Mapping[str, Any], lab: Lab, problems: list[Problem]) -> tuple[World, str]:
    """World of the game, and the name of the service that is led.

    Raises
    ------
    BadInput
        With these problems and those of what is to be led, where there are any.
    """
    text, service = asked.get("text"), asked.get("service", SERVICES[0])
    if text is None:
        if service not in SERVICES:
            problems.append(Problem("service", "this service is not in the menu", ", ".join(SERVICES)))
        if problems:
            raise BadInput(problems)
        return lab.world(SCENARIO), service
    if not isinstance(text, str) or "service" in asked:
        problems.append(Problem("text", "this is no file on one service", "its text, and no other service"))
    if problems:
        raise BadInput(problems)
    base = lab.base  # not in make: the lab is locked there
    world: World = lab.kept(NAME, text, lambda: own_world(base, text), most=KEPT)
    return world, world.services[0]


# ------------------------------------------------------------------------------------------------------------------ telling


def _answer(
    game: Game, decisions: Sequence[Decision], forecasts: Sequence[Forecast], now: int | str, wanted: Callable[[], None]
) -> dict[str, Any]:
    """All that the page shows at a moment; what comes later only when the game is over."""
    life, alone = lived(game, decisions), len(game.base.services) == 1
    month = next_stop(game, life, decisions[-1].month) if isinstance(now, str) else now
    folder = folder_of(FILE, life.world, game.replicate)
    return {
        "service": game.service,
        "luck": game.luck,
        # whose luck it is, whatever is decided
        "life": f"{game.base.hash[:8] if alone else game.service}-{game.luck}",
        "replicate": game.replicate,
        "start": game.start,
        "months": game.months,
        "now": month,
        "quarter": QUARTER,
        "hours": game.hours,
        "most": MOST,
        "acts": [{"name": one.name, "hours": one.hours(game.parameters)} for one in ACTS],
        "asked_at": asked_at(game),
        "seen": _seen(game, life, month, decisions),
        "steps": [{"month": one.month, "acts": one.acts, "hours": hours_of(one.acts, game.parameters)} for one in decisions],
        "ended": _ended(ended(game, decisions, forecasts, wanted=wanted), game) if month == game.months else None,
        "file": f"{FILE}.toml",
        "toml": scenario_file(game, decisions),
        "scenario": None if alone else SCENARIO,
        "policies": [one.model_dump(exclude_defaults=True) for one in own_policies(game, decisions)],
        "command": f"sustain run {FILE}.toml -n {game.replicate + 1} --out {folder}",
        "why": f"sustain why {folder} --service {game.service} --replicate {game.replicate} --outcome not-delivering --fate",
    }


def _seen(game: Game, life: Life, month: int, decisions: Sequence[Decision]) -> dict[str, Any]:
    """What can be known, and how it has been so far."""
    since = decisions[-1].month if decisions else None
    now = seen(game, life, month, since=since)
    before = unseen_of(life)
    return {
        "posts": [one._asdict() for one in now.posts],
        "claimed_now": now.claimed,
        "claimed": before.claimed[:month].tolist(),
        "measured": _plain(before.measured[:month]),
        "leader": now.leader,
        "leader_leaves": now.leader_leaves,
        "signal": now.signal,
        "visit": now.visit,
        "events": [{"month": one.month, "words": one.words} for one in now.events],
        "past": [{"month": one.month, "words": one.words} for one in seen(game, life, month).events],
        "hours": now.hours,
        "hours_all": now.hours_all,
    }


def _ended(found: Ending, game: Game) -> dict[str, Any]:
    """The end of a game as plain JSON."""
    unseen = found.unseen
    return {
        "own": _way(found.own, game),
        "passive": _way(found.passive, game),
        "best": _way(found.best, game),
        "tried": found.tried,
        "came": found.came,
        "months": found.months,
        "score": found.score._asdict() if found.score is not None else None,
        "knowing": [_chance(one) for one in found.knowing],
        "fate": {
            "chance": _plain(1.0 - found.fate.risk[1:]),
            "lucks": found.fate.lucks,
            "turning": [
                {"month": one.month, "change": -one.rise, "words": one.words, "proof": one.proof} for one in found.fate.turning
            ],
        },
        "unseen": {
            "claimed": unseen.claimed.tolist(),
            "delivering": unseen.delivering.tolist(),
            "measured": _plain(unseen.measured),
            "rated": _plain(unseen.rated),
            "true": _plain(unseen.true),
        },
    }


def _way(way: Way, game: Game) -> dict[str, Any]:
    rows = way.life.rows
    return {
        "delivering": rows["delivering_posts"].tolist(),
        "given": bool(way.life.operating[-1]),
        "months": int(way.life.operating[game.start :].sum()),
        "chance": _chance(way.chance),
        "hours": way.hours,
        "spent": way.spent,
        "spans": [{"act": act, "start": start, "end": end} for act, start, end in spans_of(way.decisions, game.months)],
    }


def _chance(one: Chance) -> dict[str, Any]:
    return one._asdict()


def _plain(values: np.ndarray) -> list[float | None]:
    """Numbers as JSON has them: what is not known is null."""
    return [float(one) if np.isfinite(one) else None for one in values]
