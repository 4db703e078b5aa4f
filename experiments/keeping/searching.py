"""Search for an effect of every knob, scenario by scenario; what was measured is kept, so that a stopped search goes on."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from experiments.keeping.paired import FIRST, MAIN, SEED, Difference, Finding, Knob, all_of, differences, plan_of, strongest
from experiments.kit.terminal import ProgressShown
from sim.store.folder import write_text_whole

REPLICATES: Final = 200

MORE_REPLICATES: Final = 5
"""Times as many for knobs that have shown nothing in any scenario."""

REPLICATES_LAST: Final = 32
"""Of the national scenario, whose replicates are 2,000 services each."""

LAST: Final = "national"

BETWEEN: Final = (
    "active-leader-leaves", "all-active", "all-passive", "demanding-patients", "high-turnover", "joint-selection",
    "monitoring-believed", "monitoring-imposed", "no-autonomy-support", "rival-independent", "rival-smoothing",
    "rival-threshold",
    "supervision-boosters",
    "programme-ends", "active-leader-leaves-institutionalised", "upper-level-delays", "expansion",
    "expansion-decided", "upper-level-withdraws", "upper-level-grants",
)  # fmt: skip
"""Scenarios that are tried between the two. Not the whole catalogue: these reach every mechanism that a knob can move, and a knob
that moves nothing is looked for in each of them, at a cost that grows with the list."""


def scenarios() -> tuple[str, ...]:
    """Scenarios in the order in which they are tried: the nine services first, the national one, the dearest, last."""
    return (FIRST, *BETWEEN, LAST)


def rounds(replicates: int) -> tuple[tuple[str, int], ...]:
    """Scenarios and numbers of replicates in the order in which they are tried: all, once more with more replicates, the last."""
    small = scenarios()[:-1]
    more = ((name, MORE_REPLICATES * replicates) for name in small)
    return (*((name, replicates) for name in small), *more, (LAST, min(replicates, REPLICATES_LAST)))


class Measured:
    """What was measured of each knob in each scenario: kept in a file, a line each, as soon as it is known.

    Parameters
    ----------
    path : pathlib.Path or None
        Of the file; None keeps nothing. A file of another identity is begun anew.
    identity : mapping
        Of the model and the settings: plain values.
    """

    def __init__(self, path: Path | None, identity: Mapping[str, Any]) -> None:
        self._path = path
        self._known: dict[tuple[str, int, str], tuple[Difference, tuple[Difference, ...]]] = {}
        if path is None:
            return
        lines = list(_lines(path))
        if not lines or lines[0] != dict(identity):
            lines = [dict(identity)]
        write_text_whole(path, "".join(json.dumps(one) + "\n" for one in lines))  # without a line that was cut off
        for one in lines[1:]:
            best, *main = (Difference(**each) for each in one["found"])
            self._known[one["scenario"], one["replicates"], one["knob"]] = best, tuple(main)

    def __len__(self) -> int:
        return len(self._known)

    def has(self, scenario: str, count: int, knob: Knob) -> bool:
        """Whether a knob has been measured in a scenario."""
        return (scenario, count, knob.name) in self._known

    def found(self, scenario: str, count: int, knob: Knob) -> tuple[Difference, tuple[Difference, ...]]:
        """Difference of the largest ratio and those of the main outcomes, of a knob that has been measured."""
        return self._known[scenario, count, knob.name]

    def keep(self, scenario: str, count: int, knob: Knob, found: Mapping[str, Difference]) -> None:
        """Keep what was measured."""
        best, main = strongest(found.values()), tuple(found[one] for one in MAIN)
        self._known[scenario, count, knob.name] = best, main
        if self._path is not None:
            line = {"scenario": scenario, "replicates": count, "knob": knob.name, "found": [asdict(one) for one in (best, *main)]}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def end(self) -> None:
        """Take the file away: what it holds is written elsewhere."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of a file that are whole; the last may have been cut off."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                return


def search(
    knobs: Sequence[Knob], *, seed: int = SEED, replicates: int = REPLICATES, measured: Measured | None = None
) -> dict[str, Finding]:
    """Look for an effect of every knob, going on to the next scenario only with those that have shown none.

    Parameters
    ----------
    knobs : sequence of Knob
    seed : int
    replicates : int
        Of the first round; see :func:`rounds`.
    measured : Measured, optional
        What an earlier search has measured; what this one measures is kept there.

    Returns
    -------
    dict of str to Finding
        By the knob's name. A knob without effect has the scenario of its largest ratio.
    """
    if measured is None:  # one that is empty is a place to keep things, too
        measured = Measured(None, {})
    findings: dict[str, Finding] = {}
    todo = list(knobs)
    for name, count in rounds(replicates):
        if not todo:
            break
        began = time.monotonic()
        _measure(name, count, [knob for knob in todo if not measured.has(name, count, knob)], seed, measured)
        for knob in todo:
            best, main = measured.found(name, count, knob)
            before = findings.get(knob.name)
            if before is None:
                findings[knob.name] = Finding(knob, name, best, main)
            elif best.ratio > before.best.ratio:
                findings[knob.name] = replace(before, scenario=name, best=best)
        todo = [knob for knob in todo if not findings[knob.name].alive]
        print(f"{name}, {count} replicates: {len(todo)} left after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return findings


def _measure(name: str, count: int, knobs: Sequence[Knob], seed: int, measured: Measured) -> None:
    """Measure knobs in one scenario."""
    if not knobs:
        return
    plan = plan_of(name)

    def of_one(knob: Knob) -> dict[str, Difference]:
        return differences(plan, knob, seed=seed, replicates=count)

    differences(plan, knobs[0], seed=seed, replicates=1)  # compiles before the threads start
    with ProgressShown(len(knobs), name, unit="knobs") as shown:

        def finished(knob: Knob, found: Mapping[str, Difference]) -> None:
            measured.keep(name, count, knob, found)
            shown(1)

        all_of(of_one, knobs, finished)
