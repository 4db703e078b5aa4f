"""A walk as plain values for JSON, and as a table; what one patient with other luck would have changed, too."""

from math import isnan
from typing import Any

from sim.codes import PractitionerStatus, ServiceState, Signal, Use
from sim.state import COMPONENTS
from sim.why.courses import Course, End, WhatIf
from sim.why.happening import Happening
from sim.why.story import in_full
from sim.why.walk import Walk
from sim.words import plural, words


def signal_words(code: int) -> str:
    """What has been said about the future, in words."""
    return words(Signal(code).name.lower())


def status_words(code: int) -> str:
    """What a practitioner intends, or the state of the post, in words."""
    return words(PractitionerStatus(code).name.lower())


def as_plain(one: Walk) -> dict[str, Any]:
    """Walk as plain values that JSON can hold: what is not known is null."""
    return {
        "service": one.service,
        "replicate": one.replicate,
        "post": one.name,
        "numbers": [each._asdict() for each in one.numbers],
        "components": list(COMPONENTS),
        "months": [
            {
                "month": step.month,
                "holder": step.holder or None,
                "status": PractitionerStatus(step.status).name.lower(),
                "status_words": status_words(step.status),
                "signal": signal_words(step.signal),
                "delivers": step.delivers,
                "components": [None if isnan(share) else share for share in step.components],
                "values": [None if isnan(value) else value for value in row],
                "moves": [each._asdict() for each in step.moves],
                "happened": [in_full(each) for each in step.happenings],
                "decision": None if step.decision is None else _decision(step.decision),
            }
            for step, row in zip(one.steps, one.values.tolist(), strict=True)
        ],
        "patients": [plain_course(each) for each in one.courses],
    }


def _decision(one: Happening) -> dict[str, Any]:
    return {"words": one.words, "tipped": list(one.tipped), "terms": one.terms}


def plain_course(one: Course) -> dict[str, Any]:
    """A patient's course as plain values; what did not come to be is null."""
    plain = one._asdict() | {"looks": [each._asdict() for each in one.looks]}
    unknown = [name for name in ("begun", "ended") if plain[name] < 0] + (["gained"] if isnan(one.gained) else [])
    return plain | dict.fromkeys(unknown)


def as_rows(one: Walk) -> tuple[list[str], list[list[Any]]]:
    """Walk as a table: the names of its columns, and a row a month.

    Beside the numbers each month has its status, its decision, and for every move that was asked the chance and the draw.
    """
    streams = list(dict.fromkeys(move.stream for step in one.steps for move in step.moves))
    heads = ["month", "holder", "status", "signal", "decision", "tipped"]
    heads += [each.key for each in one.numbers] + [f"practitioner.components {name}" for name in COMPONENTS]
    heads += [f"{what} {stream}" for stream in streams for what in ("chance", "draw")]
    rows = []
    for step, values in zip(one.steps, one.values.tolist(), strict=True):
        made = {move.stream: move for move in step.moves}
        decision = step.decision
        said = ["", ""] if decision is None else [decision.words, "; ".join(decision.tipped)]
        row: list[Any] = [step.month, step.holder, status_words(step.status), signal_words(step.signal), *said]
        row += ["" if isnan(value) else value for value in (*values, *step.components)]
        for stream in streams:
            row += [made[stream].chance, made[stream].draw] if stream in made else ["", ""]
        rows.append(row)
    return heads, rows


def plain_what_if(one: WhatIf) -> dict[str, Any]:
    """A life with one patient's other luck as plain values, beside the life as it was."""
    return {
        "patient": plain_course(one.course),
        "how": one.how,
        "apart": one.twin.apart,
        "chain": [each._asdict() for each in one.twin.chain],
        "differing": one.twin.differing.tolist(),
        "ends": [_plain_end(each) for each in one.ends],
        "statuses": [[PractitionerStatus(code).name.lower() for code in line] for line in one.statuses.tolist()],
        "held": [each._asdict() for each in one.held],
        "words": in_words(one),
    }


def _plain_end(one: End) -> dict[str, Any]:
    return {
        "status": status_words(one.status),
        "use": words(Use(one.use).name.lower()),
        "state": words(ServiceState(one.state).name.lower()),
        "months_operating": one.operating,
        "gained": None if isnan(one.gained) else one.gained,
    }


def in_words(one: WhatIf) -> str:
    """What one patient's other luck changed, in two or three sentences."""
    if one.twin.apart < 0:
        return "Nothing at all is otherwise."
    first, second = one.ends
    said = f"The two lives are alike for {plural(one.twin.apart, 'month')}."
    otherwise = (one.statuses[0] != one.statuses[1]).nonzero()[0]
    if len(otherwise):
        month = int(otherwise[0])
        before, after = (status_words(int(line[month])) for line in one.statuses)
        said += f" In month {month + 1} what the practitioner intends is otherwise for the first time: {after}, not {before}."
    else:
        said += " What the practitioner intends is the same in every month."
    more = second.operating - first.operating
    if not more:
        return f"{said} The service gives the practice for as many months, {first.operating}."
    how = f"{plural(abs(more), 'month')} {'more' if more > 0 else 'fewer'}"
    return f"{said} The service gives the practice for {how}: {second.operating}, not {first.operating}."
