"""What happened to people: in the posts and to who leads, read from the trace, every change once."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from sim.codes import (
    FORCE_COMMITMENT,
    FORCE_NEWS,
    FORCES,
    FULL_USE,
    LEADER_VACANT,
    PARTIAL_USE,
    PLANNED_ADAPTATION,
    POST_VACANT,
    STOPPED,
    UNTRAINED,
    WAITING,
    LeaderType,
)
from sim.plan import LEADER_EVENT_ARRIVES, LEADER_EVENT_LEAVES
from sim.why.happening import DATED, DECIDED, EARLY, LATE, Happening
from sim.words import FORCE_WORDS, leader_words, with_article

TERMS: Final = ("hazard", "reception", "commitment", "dilemma", "course_end", "support")
"""Terms of a decision, in the order of the field ``decision_terms``: the chance a month, and the factors that made it."""

_DECISIONS: Final = {
    (FULL_USE, PLANNED_ADAPTATION): "agrees on an adaptation",
    (PARTIAL_USE, PLANNED_ADAPTATION): "turns the cuts into an agreed adaptation",
    (FULL_USE, PARTIAL_USE): "cuts the practice down to parts",
    (PLANNED_ADAPTATION, PARTIAL_USE): "lets the adaptation slide into cuts",
    (WAITING, PARTIAL_USE): "no longer waits, and uses parts",
    (STOPPED, PARTIAL_USE): "takes up parts again",
    (WAITING, FULL_USE): "no longer waits, and resumes",
    (STOPPED, FULL_USE): "starts again",
    (PARTIAL_USE, FULL_USE): "goes back to the whole",
}
"""What a change of status is called; waiting and stopping have the same words wherever they come from."""
_WAITS, _STOPS = "waits for what is to come", "stops"


def changed(before: int, status: int) -> str:
    """What a practitioner's change of status is called.

    Parameters
    ----------
    before, status : int
        PractitionerStatus.

    Examples
    --------
    >>> changed(FULL_USE, PARTIAL_USE)
    'cuts the practice down to parts'
    """
    return _WAITS if status == WAITING else _STOPS if status == STOPPED else _DECISIONS[before, status]


def holder(alias: str, person: int, *, added: bool = False) -> str:
    """Who holds a post: its first holder has the post's name, without what stands in brackets.

    Parameters
    ----------
    alias : str
    person : int
        How many people have held the post before; nobody has held a reserve post as number 0.
    added : bool
        Whether the post was a reserve post.
    """
    before = person - 1 if added else person
    name = alias.partition(" (")[0]  # what stands in brackets is no name
    if before <= 0:
        return name
    return f"{name}'s {_ordinal(before)}successor"


def _ordinal(number: int) -> str:
    """Which successor, with a space behind it; empty for the first."""
    if number <= 4:
        return ("", "second ", "third ", "fourth ")[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} "


def in_posts(
    people: np.ndarray, services: np.ndarray, names: Sequence[str], established: int, calendar: np.ndarray, hours: float
) -> Iterator[Happening]:
    """What happened in the posts: month by month every change of status, and nothing else."""
    for post in range(established):
        yield Happening(0, names[post], "trained", f"{holder(names[post], 0)} is trained", post=post, becomes=FULL_USE, part=LATE)
    begins = np.full((1, len(names)), FULL_USE)
    begins[0, established:] = POST_VACANT
    statuses = np.concatenate([begins, people["status"]])
    persons = np.concatenate([np.zeros_like(begins), people["person"]])
    decided = people["decided_month"] == np.arange(len(people))[:, None]
    moved = (statuses[1:] != statuses[:-1]) | (persons[1:] != persons[:-1]) | decided
    for step, post in np.argwhere(moved):
        yield from _post_month(
            people[step, post],
            people[step - 1, post] if step else None,
            int(statuses[step, post]),
            names[post],
            (int(step), int(post)),
            added=post >= established,
            dated=bool(step) and int(calendar["event_post_leaves"][step - 1]) == post,
            school=_school(services, int(step), hours),
        )


def _post_month(
    now: np.void, before: np.void | None, status: int, alias: str, at: tuple[int, int], *, added: bool, dated: bool, school: str
) -> Iterator[Happening]:
    """What happened in a post between two observations, in its order.

    Raises
    ------
    RuntimeError
        When that does not come to the status that the trace has.
    """
    step, post = at
    person = 0 if before is None else int(before["person"])
    who = holder(alias, person, added=added)
    another = int(now["person"]) != person
    if status != POST_VACANT and (another or now["status"] == POST_VACANT):
        retires = before is not None and before["months_to_retirement"] <= 1
        how = "leaves, as was foreseen for this month" if dated else "retires" if retires else "leaves"
        status = POST_VACANT
        yield Happening(step, alias, "leaves", f"{who} {how}", post=post, becomes=status, part=LATE)
    if another:
        who = holder(alias, int(now["person"]), added=added)
        status = UNTRAINED
        what = f"somebody comes to the new post {who}, untrained" if added and now["person"] == 1 else f"{who} comes, untrained"
        yield Happening(step + 1, alias, "arrives", what, post=post, becomes=status)
    elif status == UNTRAINED and now["status"] < POST_VACANT:
        status = FULL_USE
        yield Happening(step, alias, "trained", f"{who} is trained{school}", post=post, becomes=status, part=LATE)
    if now["decided_month"] == step:
        status = int(now["status"])
        yield _decision(now, who, alias, step, post)
    if status != now["status"]:
        raise RuntimeError(f"{alias}, month {step + 1}: what happened does not come to the status of the trace")


def _decision(now: np.void, who: str, alias: str, step: int, post: int) -> Happening:
    """A change of what the holder of a post intends."""
    before, status = int(now["status_before"]), int(now["status"])
    what = changed(before, status)
    if now["by_service"] == 1:
        how = "finishes what runs" if status == WAITING else what
        return Happening(
            step + 1, alias, "decides", f"{who} {how}, as the practice is given up here", post=post, becomes=status, part=DECIDED
        )
    terms = dict(zip(TERMS, now["decision_terms"].tolist(), strict=True))
    if (before, status) == (STOPPED, FULL_USE):
        terms["news"] = terms.pop("course_end")
    tipped = tuple(_force(bit, before) for bit in FORCES if int(now["tipped"]) & bit)
    return Happening(step + 1, alias, "decides", f"{who} {what}", tipped, terms, post, status, DECIDED)


def _force(bit: int, before: int) -> str:
    """Words of a force, by what it tipped: commitment makes stop where it is low, and start again where it is high."""
    if bit == FORCE_COMMITMENT and before == STOPPED:
        return "high commitment"
    if bit == FORCE_NEWS and before == WAITING:
        return "that the future was settled"
    return FORCE_WORDS[FORCES[bit]]


def _school(services: np.ndarray, step: int, hours: float) -> str:
    """How those were trained who were trained at the end of the month before; empty where it was both ways, or cannot be told."""
    if step == 0 or hours <= 0.0:
        return ""
    trained, spent = (services[name][step] - services[name][step - 1] for name in ("successors_trained", "hours_training"))
    formally = round(float(spent) / hours)
    return " by a colleague" if formally == 0 else " in a course" if formally == trained else ""


def of_leader(leaders: np.ndarray, kind: int, calendar: np.ndarray) -> Iterator[Happening]:
    """Who leads. A leader who leaves by chance does so at the end of a month, one whose leaving is dated when it begins."""
    yield Happening(0, "leader", "leader_begins", f"{_who_leads(kind)} leads", becomes=kind, part=LATE)
    person = 0
    for step, (now, another) in enumerate(zip(leaders["type"].tolist(), leaders["person"].tolist(), strict=True)):
        event = int(calendar["event_leader"][step])
        if another != person:
            # in the month of a dated event chance is not told from it: the same post, the same months
            foreseen = event in (LEADER_EVENT_LEAVES, LEADER_EVENT_ARRIVES)
            part = DATED if foreseen else LATE
            yield Happening(step, "leader", "leader_leaves", "the leader leaves", becomes=LEADER_VACANT, part=part)
            kind = LEADER_VACANT
        if now != kind:
            came, month, part = (kind == LEADER_VACANT, step, DATED) if event else (kind == LEADER_VACANT, step + 1, EARLY)
            what = f"{_who_leads(now)} comes" if came else f"the leader now leads as {_who_leads(now)}"
            yield Happening(month, "leader", "leader_arrives" if came else "leader_becomes", what, becomes=now, part=part)
        elif another != person and now != LEADER_VACANT:
            raise RuntimeError(f"leader, month {step + 1}: nobody came, and somebody leads")
        kind, person = now, another


def _who_leads(kind: int) -> str:
    return "nobody" if kind == LEADER_VACANT else with_article(leader_words(LeaderType(kind).name.lower()))
