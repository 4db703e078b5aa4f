"""The page of two worlds: a scenario that ships, and the same with bars on a timeline; the same people, the same luck."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from app.compared import Compared, arm_of, frame_of
from app.pages.asking import Ask, Page, going_on, unknown
from app.pages.lab import Lab, with_added
from app.texts import texts_of
from experiments.comparing.asked import Asked
from experiments.comparing.asking import Comparison
from experiments.comparing.finding import Findings, Row
from experiments.comparing.growing import Part, part_of, together
from experiments.comparing.quantities import GROUPS, HOURS, KEPT_GOING
from experiments.comparing.tables import plain
from experiments.policies import bars
from sim.measures import REGION
from sim.problems import BadInput, Problem, tried
from sim.world import World

NAME: Final = "two-worlds"

LAST: Final = 500
"""Pairs of the best picture."""

FILE: Final = "world-b"

PRESETS: Final = (
    "nine-services", "all-passive", "all-active", "high-turnover", "low-turnover", "few-patients", "budget-cut", "workload-shock",
    "leadership-programme", "unsupported",
)  # fmt: skip
"""Worlds to begin with."""

_WORDS: Final = texts_of(NAME)
CALLED: Final = (_WORDS["world_a"], _WORDS["world_b"])
"""What the two are called on the page."""

_WANTED: Final = (KEPT_GOING, *HOURS)
_KEYS: Final = ("scenario", "bars", "unit")


@dataclass(frozen=True)
class Chosen:
    """What a message asks for.

    Attributes
    ----------
    comparison : Comparison
        Of as many pairs as the best picture has.
    unit : int
        Place in the menu of services.
    toml : str
        Scenario file of the second world.
    key : hashable
        What the results hang on.
    """

    comparison: Comparison
    unit: int
    toml: str
    key: Hashable


def ask(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """Read what a message asks for: ``{"scenario": …, "bars": […], "unit": …}``.

    Raises
    ------
    BadInput
        With every problem.
    """
    chosen = _chosen(asked, lab)
    comparison = chosen.comparison
    first, second = comparison.arms
    units = (comparison.units(0), comparison.units(1))

    def run(at: int, end: int, wanted: Callable[[], bool]) -> Part:
        return part_of((first, second), units, np.arange(at, end, dtype=np.int64), _WANTED, go_on=going_on(wanted))

    return Ask(chosen.key, LAST, run, partial(_told, chosen), together)


PAGE: Final = Page(NAME, ask)


# ------------------------------------------------------------------------------------------------------------------ reading


def _chosen(asked: Mapping[str, Any], lab: Lab) -> Chosen:
    problems = unknown(asked, _KEYS)
    name = asked.get("scenario", PRESETS[0])
    if name not in PRESETS:
        problems.append(Problem("scenario", "this world is not in the menu", ", ".join(PRESETS)))
        raise BadInput(problems)
    base = lab.world(name)
    found = tried(lambda: bars.read_bars(asked.get("bars", []), months=base.months), problems) or ()
    names = ("", *base.services)
    unit = asked.get("unit", "")
    if unit not in names:
        problems.append(Problem("unit", "there is no such service", f"all services, or one of {', '.join(base.services)}"))
    if problems:
        raise BadInput(problems)
    policies = bars.policies_of(found, base.months)
    other, text = with_added(base, policies, told=bars.told(found, base.months), count=len(found), name=FILE)
    return Chosen(_comparison(name, base, other), names.index(unit), text, (NAME, name, policies, base.seed))


def _comparison(name: str, base: World, other: World) -> Comparison:
    return Comparison((name, f"{FILE}.toml"), (base, other), LAST)


# ------------------------------------------------------------------------------------------------------------------ telling


def _told(chosen: Chosen, results: Sequence[Part], replicates: int) -> dict[str, Any]:
    whole = together(results)
    comparison = replace(chosen.comparison, replicates=replicates)
    findings = Findings(comparison, whole.measured, comparison.units(0), ())
    asked = Asked(names=list(comparison.given), replicates=replicates, months=comparison.months, seed=comparison.seed)
    compared = Compared(asked, findings, (whole.pair,))
    units = [chosen.unit]
    arm = arm_of(compared, 1, units, main=False, called=CALLED)
    return frame_of(compared, units) | {
        "unit": chosen.unit,
        "arm": arm,
        "effect": plain(Row(1, GROUPS[0], REGION, KEPT_GOING, findings.effect(1, KEPT_GOING)), findings),
        "posts": _by_posts(findings),
        "command": arm["command"],
        "toml": chosen.toml,
        "file": f"{FILE}.toml",
    }


def _by_posts(findings: Findings) -> list[dict[str, Any]]:
    """Effect on services with the same number of posts."""
    groups = [(len(unit.services), unit.name) for unit in findings.units if unit.group == GROUPS[2]]
    rows = [Row(1, GROUPS[2], name, KEPT_GOING, findings.effect(1, KEPT_GOING, group=GROUPS[2], unit=name)) for _, name in groups]
    return [{"services": count, **plain(row, findings)} for (count, _), row in zip(groups, rows, strict=True)]
