"""What ``sustain why --walk`` does: one practitioner, month by month."""

import csv
import sys
import textwrap
from typing import TYPE_CHECKING, Final

from experiments.kit import terminal
from experiments.runs.asked import AskedWhy
from experiments.runs.explaining import WIDTH, differences
from sim.problems import BadInput, Problem

if TYPE_CHECKING:
    from sim.why.courses import WhatIf
    from sim.why.moves import Move
    from sim.why.walk import Step, Walk
    from sim.world import World

LOOKED: Final = (
    "practitioner.belief",
    "gain_to_expect",
    "practitioner.dilemma",
    "practitioner.commitment",
    "practitioner.uncertainty",
)
"""Numbers that the terminal shows; --json and --csv have all."""
CHAIN: Final = 8
"""Differences between two lives that the terminal shows."""


def walk_through(world: "World", replicates: int, asked: AskedWhy) -> int:
    """Walk through the months of one post of a run, and say what one patient changed.

    Raises
    ------
    BadInput
        With every problem of what is asked.
    """
    problems = _needed(asked)
    if problems:
        raise BadInput(problems)
    from sim.why.courses import what_if
    from sim.why.explain import checked_replicate, post_of, typical_of
    from sim.why.outcomes import outcome_of
    from sim.why.walk import walk
    from sim.why.walked import as_plain, as_rows, plain_what_if

    service = str(asked.service)
    alone = world if world.services == (service,) else world.only(service)
    post = post_of(alone, str(asked.post))
    outcome = outcome_of(asked.value("outcome"), post=post)
    if asked.replicate is None:
        number, _ = typical_of(alone, outcome, replicates, post=post)
    else:
        number = checked_replicate(asked.replicate, replicates)
    one = walk(alone, number, service, post)
    other = None if asked.patient is None else what_if(alone, number, service, post, asked.patient)
    if asked.as_json:
        terminal.show_json(as_plain(one) | {"what_if": None if other is None else plain_what_if(other)})
        return 0
    if asked.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        heads, rows = as_rows(one)
        writer.writerows([heads, *rows])
        return 0
    print("\n".join([*_lines(one), *(_what_if(other) if other is not None else [])]))
    return 0


def _needed(asked: AskedWhy) -> list[Problem]:
    """Problems of options that a walk needs, or has no use for."""
    needs = {"--service": asked.service, "--post": asked.post}
    found = [Problem(name, "a walk is one of one post", f"{name} with --walk") for name, given in needs.items() if given is None]
    beside = {"--fate": asked.fate, "--twin": asked.twin, "--interview": asked.interview, "--out": asked.out}
    found += [Problem(name, "is of no use to a walk", "without --walk") for name, given in beside.items() if given]
    if asked.csv and asked.as_json:
        found.append(Problem("--csv", "is asked for with --json", "one of them"))
    if asked.csv and asked.patient is not None:
        found.append(Problem("--patient", "has no table", "with --json, or without --csv"))
    return found


def _lines(one: "Walk") -> list[str]:
    """Walk as lines of text: the chosen numbers a month, what could have been decided, and what happened."""
    place = {number.key: at for at, number in enumerate(one.numbers)}
    lines = [f"{one.name} of {one.service}, replicate {one.replicate}, month by month", ""]
    lines += [
        f"  {letter}  {one.numbers[place[key]].meaning}, {one.numbers[place[key]].unit}"
        for letter, key in zip("abcde", LOOKED, strict=True)
    ]
    lines += ["", "month  status                " + "".join(f"{letter:>7}" for letter in "abcde")]
    for step, values in zip(one.steps, one.values.tolist(), strict=True):
        shown = "".join("       " if (value := values[place[key]]) != value else f"{value:>7.2f}" for key in LOOKED)
        lines.append(f"{step.month:>5}  {_status(step):<22}{shown}")
        lines += [f"       {_asked(move)}" for move in step.moves if move.happens]
        lines += _wrapped(_happened(step))
    return [*lines, "", *_patients(one)]


def _status(step: "Step") -> str:
    from sim.why.walked import status_words

    return status_words(step.status)


def _asked(move: "Move") -> str:
    return f"{move.words}: chance {100 * move.chance:.2f} %, draw {move.draw:.4f}"


def _happened(step: "Step") -> list[str]:
    from sim.why.story import in_full

    return [in_full(one) for one in step.happenings]


def _wrapped(told: list[str]) -> list[str]:
    return [line for one in told for line in textwrap.wrap(one, WIDTH, initial_indent=" " * 7, subsequent_indent=" " * 9)]


def _patients(one: "Walk") -> list[str]:
    lines = ["Patients of the post"] if one.courses else ["The post had no patient of its own"]
    for each in one.courses:
        gained = "no course" if each.gained != each.gained else f"gained {each.gained:+.2f} points"
        lines.append(f"  {each.number:>2}  asked in month {each.asked:>2}; {gained}; {each.end or 'goes on'}")
    return lines


def _what_if(one: "WhatIf") -> list[str]:
    from sim.why.walked import in_words

    lines = ["", f"What if patient {one.course.number} had gone well?", *textwrap.wrap(in_words(one), WIDTH), ""]
    return [*lines, *differences(one.twin.chain[:CHAIN])]
