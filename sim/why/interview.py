"""An interview guide: what the state at a month would give each practitioner reason to bring up, by the topics of the study.

The study asked its practitioners about ten topics after twelve months (Table 2, interview guide). The guide lays beside each
topic what the model knows of a practitioner then, as numbers and as percentiles among all practitioners of the same scenario.
Which numbers stand for which topic is an assumption, written in ``topics.toml``. High and low are meant among these
practitioners: who has least of what all have much of is low. Nobody is made to speak, and nobody has the name of one who did:
practitioners are numbered.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.codes import POST_VACANT
from sim.engine import Trace
from sim.problems import BadInput, Problem
from sim.state import FIELDS
from sim.world import World

MONTH: Final = 12
"""Month at whose end the study asked."""

REPLICATES: Final = 200
"""Replicates of a reference unless told otherwise."""

HIGH: Final = 75.0
LOW: Final = 25.0
"""Percentiles from which on, and up to which, a number gives reason to bring something up. Assumption."""

_PLACE: Final = {"service": 0, "leader": 1, "practitioner": 2}
"""Entities whose fields a guide can ask for, by their place in a trace."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Asked(_Read):
    """A number of the state under a topic; ``topics.toml`` says what its keys mean."""

    field: str = Field(pattern=r"^(service|leader|practitioner)\.[a-z_]+$")
    words: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    high: str = Field(min_length=1)
    low: str = Field(min_length=1)

    @property
    def unit(self) -> str:
        """Unit of the number, as the field table has it."""
        entity, _, name = self.field.partition(".")
        return next(field.unit for field in FIELDS[entity] if field.name == name)


class Topic(_Read):
    """A topic and its numbers."""

    name: str
    title: str
    fields: tuple[Asked, ...] = Field(min_length=1, strict=False)


class _File(_Read):
    topics: tuple[Topic, ...] = Field(min_length=1, strict=False)


class Reference(NamedTuple):
    """All practitioners in office at a month, over many replicates of a scenario.

    Attributes
    ----------
    month, replicates : int
    practitioners : int
        How many they are.
    values : mapping of str to numpy.ndarray
        Their numbers by field, f8, shape (practitioners,), sorted.
    """

    month: int
    replicates: int
    practitioners: int
    values: Mapping[str, np.ndarray]


class Row(NamedTuple):
    """One number of one practitioner.

    Attributes
    ----------
    topic, title : str
    field, words, unit : str
    practitioner : str
        ``practitioner 1`` holds the first post of the service.
    value : float or None
        None for a post in which nobody trained is in office.
    percentile : float or None
        From 0 to 100, among all practitioners of the reference; ties count half (midrank).
    reason : str
        What there is reason to bring up; empty where the number is neither high nor low among them, or there is none.
    """

    topic: str
    title: str
    field: str
    words: str
    unit: str
    practitioner: str
    value: float | None
    percentile: float | None
    reason: str


@lru_cache
def topics() -> tuple[Topic, ...]:
    """Topics in the order of the study's guide, as ``topics.toml`` has them."""
    path = Path(__file__).with_name("topics.toml")
    return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).topics


def in_office(practitioners: np.ndarray) -> np.ndarray:
    """Who is asked: those who hold a post and were trained, whether they go on or have stopped; bool, shape of the records."""
    return np.asarray(practitioners["status"] < POST_VACANT)


def percentile(value: float, reference: np.ndarray) -> float:
    """Share of a reference below a value, and half of the share that is equal to it, in per cent.

    Parameters
    ----------
    value : float
    reference : numpy.ndarray
        Sorted, shape (n,), n at least 1.

    Returns
    -------
    float
        0 to 100; 50 for the median, also among equals.

    Examples
    --------
    >>> percentile(2.0, np.array([1.0, 2.0, 2.0, 5.0])), percentile(0.0, np.array([0.0, 0.0]))
    (50.0, 50.0)
    """
    below, upto = (int(np.searchsorted(reference, value, side)) for side in ("left", "right"))
    return 50.0 * (below + upto) / len(reference)


def reference(world: World, replicates: int = REPLICATES, *, month: int = MONTH) -> Reference:
    """Trace a scenario many times up to a month and keep what its practitioners' numbers are then.

    Parameters
    ----------
    world : World
        With all its services; over an ensemble each replicate has another of its plausible worlds.
    replicates : int
        From 0. A percentile p over n practitioners has a sampling error of about the root of p (100 - p) / n, and more where
        those of one service are alike: the numbers of a service count once for each of its practitioners.
    month : int

    Raises
    ------
    BadInput
        For a month that the world does not reach, or in which nobody is in office.
    """
    short = _until(world, month)
    parts = [_numbers_of(short.trace(replicate)[1], short) for replicate in range(replicates)]
    values = {field: np.sort(np.concatenate([part[field] for part in parts])) for field in _fields()} if parts else {}
    count = len(next(iter(values.values()), ()))
    if count == 0:
        what = f"nobody is in office at month {month} in {replicates} replicates"
        raise BadInput([Problem("month", what, "a month with practitioners")])
    return Reference(month, replicates, count, values)


def guide(world: World, replicate: int, service: str, among: Reference, *, member: int | None = None) -> list[Row]:
    """Lay the state of a service's practitioners beside the topics.

    Parameters
    ----------
    world : World
    replicate : int
    service : str
    among : Reference
        Of the same scenario; its month is the guide's.
    member : int, optional
        Set of parameter values; that of the replicate unless given.

    Returns
    -------
    list of Row
        By topic, number and practitioner; posts that are not opened are left out.

    Raises
    ------
    BadInput
        When there is no such service, or the month is beyond the horizon.
    """
    mine = _until(world if world.services == (service,) else world.only(service), among.month)
    trace = mine.trace(replicate, member=member)[1]
    people = trace.practitioners[-1]
    asked = in_office(people)
    rows = []
    for topic in topics():
        for one in topic.fields:
            numbers = _spread(trace, mine, one.field)
            for post in np.flatnonzero(people["reserve"] == 0).tolist():
                value = float(numbers[post]) if asked[post] else None
                rank = None if value is None else percentile(value, among.values[one.field])
                rows.append(
                    Row(
                        topic.name,
                        topic.title,
                        one.field,
                        one.words,
                        one.unit,
                        f"practitioner {post + 1}",
                        value,
                        rank,
                        _reason(one, rank),
                    )
                )
    return rows


def in_lines(rows: list[Row]) -> list[str]:
    """Guide as lines of text: a topic, and under it who has reason to bring what up.

    Parameters
    ----------
    rows : list of Row
        As :func:`guide` gives them.
    """
    lines = []
    for title, of_topic in groupby(rows, lambda row: row.title):
        lines.append(f"{title}")
        told = [row for row in of_topic if row.reason]
        lines += [
            f"  {row.practitioner} has reason to bring up: {row.reason} "
            f"({row.words}: {row.value:.2f}, {row.unit}; percentile {row.percentile:.0f})"
            for row in sorted(told, key=lambda row: row.practitioner)
        ]
        if not told:
            lines.append("  nothing stands out")
    return lines


def _reason(one: Asked, rank: float | None) -> str:
    if rank is None or LOW < rank < HIGH:
        return ""
    return one.high if rank >= HIGH else one.low


def _fields() -> list[str]:
    """Fields of all topics, each once."""
    return list(dict.fromkeys(one.field for topic in topics() for one in topic.fields))


def _until(world: World, month: int) -> World:
    """The same world, over after a month: what comes later moves nothing before.

    Raises
    ------
    BadInput
        For a month that the world does not reach.
    """
    if not 1 <= month <= world.months:
        raise BadInput([Problem("month", f"month {month} is not in this run", f"1 to {world.months}")])
    plan = replace(world.plan, months=month, calendars=world.plan.calendars[:, :month].copy())
    return replace(world, plan=plan)


def _numbers_of(trace: Trace, world: World) -> dict[str, np.ndarray]:
    """Numbers of those in office at the last month, by field; f8, shape (practitioners,)."""
    asked = in_office(trace.practitioners[-1])
    return {field: _spread(trace, world, field)[asked] for field in _fields()}


def _spread(trace: Trace, world: World, field: str) -> np.ndarray:
    """A number at the last month, of every post: what is the service's or the leader's stands at each of its posts; f8."""
    entity, _, name = field.partition(".")
    values = trace[_PLACE[entity]][-1][name].astype(np.float64)
    if entity == "practitioner":
        return np.asarray(values)
    starts = world.plan.services
    return np.repeat(values, starts["posts"] + starts["reserve"])
