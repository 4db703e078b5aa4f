"""What happened around the people: from outside, with patients, and in the service as a whole."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from sim.codes import NO_START_YET, NOT_YET_STARTED, RestartReason, ServiceState, Signal, StopReason, Use
from sim.why.happening import DATED, EARLY, ENDED, LATE, OBSERVED, Happening
from sim.words import REASON_WORDS, joined, plural, words

_SIGNALS: Final = {
    Signal.COMMITTED: "the practice is to go on: it is committed to",
    Signal.EXPANSION_WITHOUT_DETAIL: "an expansion is announced, without a word on how",
    Signal.AWAITING_PERMISSION: "whether the practice goes on awaits permission",
    Signal.LEFT_TO_PRACTITIONERS: "whether to go on is left to the practitioners",
}
_USES: Final = {
    Use.OPERATING: "the practice operates",
    Use.SILENT: "the practice is silent: no sessions, though somebody intends to go on",
    Use.GIVEN_UP: "the practice is given up",
    Use.NEVER_STARTED: "the practice was never started",
    Use.NOT_YET_STARTED: "the practice is not yet started",
}
_UPPER: Final = (
    ("decisions_granted", "the upper level commits to the practice"),
    ("decisions_withdrawn", "the upper level withdraws"),
)
_ENDS: Final = (("completed", "completed"), ("dropped_out", "broken off"))


def from_outside(services: np.ndarray, signal: int, calendar: np.ndarray) -> Iterator[Happening]:
    """What came from outside: the upper level, what is said about the future, support, budget, new posts."""
    for name, what in _UPPER:
        for step in _changes(services[name], 0):
            yield _at(step, dated=calendar["event_upper"][step] != 0, who="upper level", kind="upper_level", words=what)
    delay = services["upper_delay"]
    for step in np.flatnonzero(delay > np.maximum(0, np.concatenate([[0], delay[:-1]]) - 1)).tolist():
        what = f"the upper level puts the question off for {plural(int(delay[step]), 'month')}"
        yield _at(step, dated=calendar["event_upper"][step] != 0, who="upper level", kind="upper_level", words=what)
    for step in _changes(services["signal"], signal):
        dated = calendar["event_signal"][step] >= 0 or calendar["event_upper"][step] != 0
        yield _at(step, dated=dated, who="service", kind="signal", words=_SIGNALS[Signal(int(services["signal"][step]))])
    supported = services["support"] > 0.0
    for step in _changes(supported, bool(supported[0])):
        kind, what = ("support_returns", "returns") if supported[step] else ("support_ends", "ends")
        yield _at(step, dated=True, who="service", kind=kind, words=f"the outside support {what}")
    for step in _changes(services["budget_lost"], 0):
        what = "loses its own money for the practice" if services["budget_lost"][step] else "has its own money for it again"
        yield _at(step, dated=calendar["event_upper"][step] != 0, who="service", kind="budget", words=f"the service {what}")
    for step in np.flatnonzero(services["posts_opened"]).tolist():
        what = f"{plural(int(services['posts_opened'][step]), 'post')} added"
        yield _at(step, dated=calendar["event_expansion"][step] > 0, who="service", kind="expansion", words=what)


def with_patients(services: np.ndarray) -> Iterator[Happening]:
    """Courses that ended, month by month, and patients who were lost with their practitioner at the end of a month."""
    counts = {name: np.diff(services[name], prepend=0) for name, _ in _ENDS}
    for step in np.flatnonzero(sum(counts.values())).tolist():
        ended = {word: int(counts[name][step]) for name, word in _ENDS if counts[name][step]}
        many = sum(ended.values())
        how = "over: " + joined([f"{number} {word}" for word, number in ended.items()]) if len(ended) > 1 else next(iter(ended))
        what = f"{many} patients' courses are {how}" if many > 1 else f"a patient's course is {how}"
        yield Happening(step + 1, "patients", "course_ends", what, part=ENDED)
    lost = np.diff(services["lost"], prepend=0)
    for step in np.flatnonzero(lost).tolist():
        what = f"{plural(int(lost[step]), 'patient')} in a course {'is' if lost[step] == 1 else 'are'} lost: nobody takes over"
        yield Happening(step, "patients", "patients_lost", what, part=LATE)


def of_service(services: np.ndarray, rows: np.ndarray, posts: int) -> Iterator[Happening]:
    """Decisions of the service about the practice, and what became of it, by behaviour and by use."""
    for step in _changes(services["stop_month"], -1):
        why = REASON_WORDS[StopReason(int(services["stop_reason"][step])).name.lower()]
        what = f"the service decides to give the practice up, for {why}"
        yield Happening(step + 1, "service", "stops_by_decision", what)
    for step in _changes(services["restart_month"], -1):
        why = REASON_WORDS[RestartReason(int(services["restart_reason"][step])).name.lower()]
        what = f"the service decides to take the practice up again; what led to it: {why}"
        yield Happening(step + 1, "service", "restarts", what)
    for step in _changes(services["use"], NO_START_YET):
        yield Happening(step + 1, "service", "use", _USES[Use(int(services["use"][step]))], part=OBSERVED)
    for step in _changes(services["state"], NOT_YET_STARTED):
        name, many = words(ServiceState(int(services["state"][step])).name.lower()), int(rows["delivering_posts"][step])
        what = f"by behaviour it is {name}: {many} of {plural(posts, 'post')} {'gives' if many == 1 else 'give'} sessions"
        yield Happening(step + 1, "service", "state", what, part=OBSERVED)
    for step in _changes(services["in_gap"], 0):
        what = "there was no session for so long that it counts as a gap" if services["in_gap"][step] else "the gap is over"
        yield Happening(step + 1, "service", "gap", what, part=OBSERVED)


def _changes(values: np.ndarray, before: int | bool) -> list[int]:
    """Steps in which a number is another one than the month before."""
    return np.flatnonzero(values != np.concatenate([[before], values[:-1]])).tolist()


def _at(step: int, *, dated: bool, **about: Any) -> Happening:
    """Happening of the early part of a month, or, if the scenario dates it, of when that month begins."""
    return Happening(month=step, part=DATED, **about) if dated else Happening(month=step + 1, part=EARLY, **about)
