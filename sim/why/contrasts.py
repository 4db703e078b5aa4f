"""What could have been otherwise: contrasts, each one change to the life of a service, and plans with some of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.holds import Hold, holds_of
from sim.parameters import SWITCH_PREFIX, read_table
from sim.plan import LEVERS, Plan
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import find, with_calendars
from sim.scenario.checks import check_policy
from sim.scenario.files import parse_toml, read_text
from sim.scenario.messages import problems_of
from sim.scenario.schema import MONTHS_MAX, EventKind, Policy, Sentence
from sim.world import World

FILE: Final = Path(__file__).with_name("contrasts.toml")
KINDS: Final = ("remove", "help")
"""Something that happened is undone, or somebody does something more: two questions, two tables."""

MIDDLE: Final = 0.5
"""A draw in the middle of what can be drawn."""

MOST: Final = 10
"""Contrasts of one kind at most: all their subsets are replayed."""

SWITCH: Final = "switch."


class Contrast(BaseModel):
    """One change to the life of a service; the file says what each part means."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,29}$")
    kind: Literal["remove", "help"]
    words: Annotated[Sentence, Field(max_length=120)]
    values: dict[str, float] = {}
    without: tuple[EventKind, ...] = ()
    held: tuple[str, ...] = ()
    policies_of: str = ""
    anchor: str = ""

    def policies(self, months: int) -> tuple[Policy, ...]:
        """Policies that are added, as far as they begin before the horizon."""
        found = _policies_of(self.policies_of) if self.policies_of else ()
        cut = (one.model_copy(update={"end": min(one.end, months)}) if one.end is not None else one for one in found)
        return tuple(one for one in cut if one.start < months)

    def record_values(self) -> dict[str, float]:
        """Fields of the parameter record and their values."""
        return {name.replace(SWITCH, SWITCH_PREFIX, 1): value for name, value in self.values.items()}


class _ContrastFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    contrasts: list[Contrast]


@lru_cache
def _policies_of(scenario: str) -> tuple[Policy, ...]:
    tables = parse_toml(read_text(find(scenario), "a scenario file (TOML)"), scenario)
    return tuple(Policy.model_validate(one) for one in tables.get("policies", ()))


def read_contrasts(path: str | Path | None = None) -> tuple[Contrast, ...]:
    """Contrasts of a file, in its order.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        TOML file; the shipped one unless given.

    Raises
    ------
    BadInput
        With every problem found: an unknown value, switch, stream or scenario, a name that comes twice, too many of a kind.
    """
    place = FILE if path is None else Path(path)
    text = read_text(place, "a file of contrasts (TOML)")
    tables = parse_toml(text, place.name)
    try:
        found = _ContrastFile.model_validate(tables).contrasts
    except ValidationError as error:
        raise BadInput(problems_of(error, file=place.name, model=_ContrastFile, raw=tables)) from None
    problems = [
        problem for number, one in enumerate(found) for problem in _problems_of(one, f"{place.name}: contrasts[{number}]")
    ]
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [Problem(place.name, f"two contrasts are called '{name}'", "a name of its own for each") for name in twice]
    for kind in KINDS:
        if (many := sum(one.kind == kind for one in found)) > MOST:
            problems.append(
                Problem(place.name, f"{many} contrasts of kind '{kind}'", f"up to {MOST}: all their sets are replayed")
            )
    if problems:
        raise BadInput(problems)
    return tuple(found)


def _problems_of(one: Contrast, where: str) -> list[Problem]:
    table, problems = read_table(), []
    for name in one.values:
        switch = name.removeprefix(SWITCH)
        if name.startswith(SWITCH):
            problems += table.check_switch(switch, f"{where}.values")
        elif name not in table.parameters:
            hint = did_you_mean(name, table.parameters)
            problems.append(Problem(f"{where}.values", f"unknown parameter '{name}'", "a parameter, or switch.NAME", hint))
    for stream in one.held:
        try:
            holds_of([Hold(stream)])
        except ValueError as error:
            what, _, allowed = str(error).partition(": ")
            problems.append(Problem(f"{where}.held", what, allowed))
    if one.policies_of:
        try:
            found = _policies_of(one.policies_of)
        except BadInput as error:
            problems += [Problem(f"{where}.policies_of", each.what, each.allowed, each.hint) for each in error.problems]
        else:
            for number, policy in enumerate(found, 1):
                place = f"{where}.policies_of: policies[{number}]"
                problems += check_policy(policy.model_copy(update={"services": "all"}), place, months=MONTHS_MAX, known=())
            if not found:
                problems.append(
                    Problem(f"{where}.policies_of", f"'{one.policies_of}' has no policies", "a scenario with policies")
                )
    if not (one.values or one.without or one.held or one.policies_of):
        problems.append(Problem(where, f"'{one.name}' changes nothing", "one of values, without, held, policies_of"))
    return problems


def chosen(contrasts: Sequence[Contrast], *, kind: str | None = None, names: Iterable[str] | None = None) -> tuple[Contrast, ...]:
    """Contrasts of a kind, or those that are named.

    Raises
    ------
    BadInput
        For a kind or name that there is not, or names of both kinds.
    """
    if kind is not None and kind not in KINDS:
        raise BadInput([Problem("kind", f"unknown kind '{kind}'", ", ".join(KINDS), did_you_mean(str(kind), KINDS))])
    known = {one.name: one for one in contrasts}
    wanted = list(known) if names is None else list(dict.fromkeys(names))
    allowed = ", ".join(known)
    unknown = [name for name in wanted if name not in known]
    problems = [Problem("contrasts", f"unknown contrast '{name}'", allowed, did_you_mean(name, known)) for name in unknown]
    if problems:
        raise BadInput(problems)
    found = tuple(known[name] for name in wanted if kind is None or known[name].kind == kind)
    if names is not None and len({known[name].kind for name in wanted}) > 1:
        what = "contrasts of two kinds"
        raise BadInput([Problem("contrasts", what, "those of one kind: remove, or help", "ask twice; they answer two questions")])
    return found


class Variants:
    """Lives of one service with some of the contrasts: plans, and what is held of luck.

    Parameters
    ----------
    world : World
        Of one service.
    contrasts : sequence of Contrast
    """

    def __init__(self, world: World, contrasts: Sequence[Contrast]) -> None:
        self.world = world
        self.contrasts = tuple(contrasts)
        self._calendars: dict[tuple[object, ...], tuple[np.ndarray, np.ndarray]] = {}

    def life(self, mask: int, members: np.ndarray) -> tuple[World, np.ndarray]:
        """World with the contrasts of a set, of some members of the ensemble; and its holds.

        Parameters
        ----------
        mask : int
            Bit i is contrast i.
        members : numpy.ndarray
            int64, shape (lives,): places of their parameter records in the plan.

        Returns
        -------
        World, numpy.ndarray
            The world has a record for each life, in this order; without any contrast it says what it said before.
        """
        mine = [one for at, one in enumerate(self.contrasts) if mask >> at & 1]
        records = self.world.plan.parameters[members]  # a copy
        for one in mine:
            for name, value in one.record_values().items():
                records[name] = value
        plan = replace(self.world.plan, parameters=records, members=self.world.plan.members[members])
        plan = self._with_calendars(plan, mine)
        held = [Hold(stream, MIDDLE) for one in mine for stream in one.held]
        return replace(self.world, plan=plan), holds_of(held)

    def inert(self, at: int, member: int) -> bool:
        """Whether a contrast changes nothing in a life of a member: so it is already, or it begins after the horizon."""
        (own, _), (with_it, holds) = (self.life(mask, np.array([member])) for mask in (0, 1 << at))
        same_values = own.plan.parameters.tobytes() == with_it.plan.parameters.tobytes()
        return same_values and not len(holds) and _mine(own.plan).tobytes() == _mine(with_it.plan).tobytes()

    def _with_calendars(self, plan: Plan, mine: Sequence[Contrast]) -> Plan:
        added = tuple(policy for one in mine for policy in one.policies(plan.months))
        without = frozenset(kind for one in mine for kind in one.without)
        scenario = self.world.scenario
        events = tuple(event for event in scenario.events if event.kind not in without)
        if not added and len(events) == len(scenario.events):
            return plan
        key = (tuple(one.name for one in mine if one.policies_of), without)
        if key not in self._calendars:
            kept = with_calendars(plan, replace(scenario, events=events))
            more = _mine(with_calendars(plan, replace(scenario, policies=added, events=())))
            # a service says which of the calendars is its own
            self._calendars[key] = (kept.services, _at_least(kept, more))
        services, calendars = self._calendars[key]
        return replace(plan, services=services, calendars=calendars)


def _mine(plan: Plan) -> np.ndarray:
    """Calendar of the one service of a plan; CALENDAR, shape (months,)."""
    return plan.calendars[int(plan.services["calendar"][0])]


def _at_least(plan: Plan, more: np.ndarray) -> np.ndarray:
    """Calendars of a plan of one service with doses that are at least those of another one: what is done is not doubled."""
    calendars = plan.calendars.copy()
    mine = calendars[int(plan.services["calendar"][0])]
    for lever in LEVERS:
        mine[lever.name] = np.where(more[lever.name] != 0.0, np.maximum(mine[lever.name], more[lever.name]), mine[lever.name])
    return calendars


def named(contrasts: Sequence[Contrast], mask: int) -> tuple[str, ...]:
    """Names of the contrasts of a set."""
    return tuple(one.name for at, one in enumerate(contrasts) if mask >> at & 1)


def told(contrasts: Sequence[Contrast], mask: int) -> str:
    """Words of the contrasts of a set: "goals had been clear and the plan current, and supervision had gone on"."""
    words = [one.words for at, one in enumerate(contrasts) if mask >> at & 1]
    if len(words) < 2:
        return words[0] if words else "nothing had been otherwise"
    return ", ".join(words[:-1]) + f", and {words[-1]}"
