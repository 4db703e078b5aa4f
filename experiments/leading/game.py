"""One game: a service, its luck, and decisions; every life is run from its first month with all decisions so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from experiments.leading.acts import BY_NAME, HOURS, HOURS_MOST, MOST, NAMES, hours_of
from experiments.policies.exporting import scenario_text
from sim.codes import OPERATING
from sim.engine import Trace
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.schema import Policy
from sim.why.story import Story, told_from
from sim.world import World

SERVICES: Final = ("D", "G", "H")
"""Services of the study to choose from: left to its practitioners; awaiting a permission; with a vacant leader's post."""

LUCKS: Final = 50
"""Numbers of luck that there are."""

TRIED: Final = 4
"""Lives of a number of luck: the first in which the practice is in use when the support ends is the one."""

QUARTER: Final = 3
LONGEST: Final = 12
"""Months after which the time stands still whatever happens."""

LEAST: Final = 12
"""Months to be led, at least."""

FILE: Final = "led-service"


class Decision(NamedTuple):
    """What is done from a month on, until the next decision.

    Attributes
    ----------
    month : int
        Completed months since the training: it is in force from the next month on.
    acts : tuple of str
        Names; none: nothing is done.
    """

    month: int
    acts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Game:
    """A service that is led.

    Attributes
    ----------
    base : World
        With all services that the scenario has.
    world : World
        The service alone, with the luck that it has among all.
    luck : int
        Number of the game.
    replicate : int
        Replicate of the scenario that this is.
    member : int
        Place of its parameter values.
    start : int
        Completed months when the first decision is taken: the outside support ends.
    hours : float
        Hours a month that the leader has for acts.
    """

    base: World
    world: World
    luck: int
    replicate: int
    member: int
    start: int
    hours: float

    @property
    def service(self) -> str:
        """Name of the service."""
        return self.world.services[0]

    @property
    def months(self) -> int:
        """Horizon: the game ends when so many months are over."""
        return self.world.months

    @property
    def parameters(self) -> np.void:
        """Parameter values of this life's world."""
        found: np.void = self.world.plan.parameters[self.member]
        return found

    def led(self, decisions: Sequence[Decision]) -> World:
        """The service under decisions."""
        return self.world.with_policies([*policies_of(decisions, self.months), *self.world.policies])


@dataclass(frozen=True, eq=False)
class Life:
    """The service's life under decisions.

    Attributes
    ----------
    world : World
        Of the service alone, with the decisions as policies.
    rows : numpy.ndarray
        SERVICE_MONTH, shape (months,).
    trace : Trace
    story : Story
    """

    world: World
    rows: np.ndarray
    trace: Trace
    story: Story

    @property
    def operating(self) -> np.ndarray:
        """Whether the practice is given, by month; bool, shape (months,)."""
        return np.asarray(self.rows["use"] == OPERATING)


def begin(base: World, service: object, *, luck: object, hours: object = HOURS) -> Game:
    """A game.

    Parameters
    ----------
    base : World
        May have several services: one is led. A service of one's own is a world that has only this one.
    service : str
    luck : int
        Which life it is to be; the same for everybody who says the same number.
    hours : float
        Hours a month that the leader has.

    Raises
    ------
    BadInput
        With every problem; the place of each is the name of the parameter.
    """
    problems = []
    if isinstance(luck, bool) or not isinstance(luck, int) or not 0 <= luck < LUCKS:
        problems.append(Problem("luck", "this is no number of luck", f"a whole number from 0 to {LUCKS - 1}"))
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= HOURS_MOST:
        problems.append(Problem("hours", "so many hours cannot be led with", f"a number from 0 to {HOURS_MOST}"))
    if not isinstance(service, str) or service not in base.services:
        names = ", ".join(base.services[:40])
        problems.append(Problem("service", "there is no such service", names, did_you_mean(str(service)[:80], base.services)))
    if problems or not (isinstance(service, str) and isinstance(luck, int) and isinstance(hours, int | float)):
        raise BadInput(problems)
    world = base if base.services == (service,) else base.only(service)
    supported = int(world.plan.services["support_months"][0])
    start = max(1, min(supported, world.months - LEAST))  # before the first month is over there is nothing to be known
    tried = np.arange(luck * TRIED, (luck + 1) * TRIED)
    batch = world.run(tried)
    alive = batch.rows["use"][:, 0, max(0, start - 1)] == OPERATING
    which = int(np.argmax(alive)) if alive.any() else 0
    return Game(base, world, luck, int(tried[which]), int(batch.members[which]), start, float(hours))


def lived(game: Game, decisions: Sequence[Decision]) -> Life:
    """The life of the service from its first month to the horizon, as if nothing else were ever decided.

    Parameters
    ----------
    game : Game
    decisions : sequence of Decision
        In the order of months.
    """
    world = game.led(decisions)
    batch, trace = world.trace(game.replicate, member=game.member)
    rows = batch.rows[0, 0]
    return Life(world, rows, trace, told_from(world, game.replicate, rows, trace, game.member))


def spans_of(decisions: Sequence[Decision], months: int) -> list[tuple[str, int, int]]:
    """Each act with the first month in force and the first one no longer so; what goes on over decisions is one span.

    Examples
    --------
    >>> spans_of([Decision(12, ("clarity",)), Decision(15, ("clarity", "meetings")), Decision(18, ())], 84)
    [('clarity', 12, 18), ('meetings', 15, 18)]
    """
    found: list[tuple[str, int, int]] = []
    for one, (start, end) in zip(decisions, pairwise([*(each.month for each in decisions), months]), strict=True):
        for act in one.acts:
            at = next((place for place, span in enumerate(found) if span[0] == act and span[2] == start), None)
            if at is None:
                found.append((act, start, end))
            else:
                found[at] = (act, found[at][1], end)
    return found


def policies_of(decisions: Sequence[Decision], months: int, *, service: str | None = None) -> tuple[Policy, ...]:
    """Decisions as policies of a scenario.

    Parameters
    ----------
    decisions : sequence of Decision
    months : int
        Horizon.
    service : str, optional
        Whose they are; of all services unless given.
    """
    whose: Any = "all" if service is None else [service]
    return tuple(
        Policy(lever=lever, dose=dose, start=start, end=None if end == months else end, services=whose)
        for act, start, end in spans_of(decisions, months)
        for lever, dose in BY_NAME[act].levers.items()
    )


def own_policies(game: Game, decisions: Sequence[Decision]) -> tuple[Policy, ...]:
    """Decisions as policies of the scenario that the game is of: only this service has them."""
    alone = game.base.services == (game.service,)
    return policies_of(decisions, game.months, service=None if alone else game.service)


def hours_planned(game: Game, decisions: Sequence[Decision]) -> float:
    """Hours of the leader that decisions take from the first to the horizon, at most."""
    return sum((end - start) * BY_NAME[act].hours(game.parameters) for act, start, end in spans_of(decisions, game.months))


def scenario_file(game: Game, decisions: Sequence[Decision]) -> str:
    """Scenario file of the life: run, its replicate and service are this game to the bit.

    Parameters
    ----------
    game : Game
        Of a scenario that was read from a file.
    decisions : sequence of Decision
    """
    policies = own_policies(game, decisions)
    title = f"Service {game.service} as I led it"[:60]
    question = f"What became of service {game.service}, replicate {game.replicate}, as it was led in the lab?"
    return scenario_text(
        game.base.scenario, policies, name=FILE, title=title, question=question, months=game.months, maker="sustain lab"
    )


def read_decisions(raw: object, game: Game) -> tuple[Decision, ...]:
    """Decisions that were given as plain values: ``[{"month": 12, "acts": ["clarity"]}, …]``.

    Raises
    ------
    BadInput
        With every problem; places are such as ``decisions.2.acts``.
    """
    most = game.months - game.start
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) > most:
        raise BadInput([Problem("decisions", "these are no decisions", f"a list of at most {most}")])
    found: list[Decision] = []
    problems: list[Problem] = []
    for at, one in enumerate(raw):
        where = f"decisions.{at}"
        if not isinstance(one, Mapping) or set(one) != {"month", "acts"}:
            problems.append(Problem(where, "this is no decision", "a month and acts"))
            continue
        month, acts = one["month"], one["acts"]
        first = found[-1].month + 1 if found else game.start
        if isinstance(month, bool) or not isinstance(month, int) or not first <= month < game.months:
            allowed = f"a month from {first} to {game.months - 1}, each later than the one before"
            problems.append(Problem(f"{where}.month", "nothing can be decided then", allowed))
            continue
        wrong = _acts_problem(acts, game, f"{where}.acts")
        if wrong is not None:
            problems.append(wrong)
            continue
        found.append(Decision(month, tuple(name for name in NAMES if name in acts)))
    if problems:
        raise BadInput(problems)
    return tuple(found)


def _acts_problem(acts: object, game: Game, where: str) -> Problem | None:
    """What is wrong with the acts of a decision."""
    if not isinstance(acts, list) or not all(isinstance(one, str) for one in acts) or len(set(acts)) != len(acts):
        return Problem(where, "these are no acts", "a list of names, none twice")
    unknown = [one for one in acts if one not in BY_NAME]
    if unknown:
        return Problem(where, "there is no such act", f"one of {', '.join(NAMES)}", did_you_mean(unknown[0][:80], NAMES))
    if len(acts) > MOST:
        return Problem(where, f"these are {len(acts)} acts", f"at most {MOST} at the same time")
    needed = hours_of(acts, game.parameters)
    if needed > game.hours:
        return Problem(where, f"they take {needed:.1f} hours a month", f"at most {game.hours:g} hours", "leave one of them out")
    return None
