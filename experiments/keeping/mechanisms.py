"""What each mechanism moves: every switch, on against off, and every rival form, over plausible worlds, paired by luck.

``python -m experiments.documents --mechanisms`` runs it, keeps the table (``results/reference/mechanisms``) and renews
``docs/mechanisms.md``. One side of each pair is the model as it ships; on the other one switch or form stands the other way.
Mechanisms that wait to be calibrated are turned on, with their own parameters drawn over their bounds: nothing has narrowed them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.keeping import kept
from experiments.keeping.occasions import OCCASIONS
from experiments.keeping.paired import FIRST, SEED, Knob, all_of, knobs_of
from experiments.worlds.estimating import by_world, merged, moments, still_worlds
from sim.engine import simulate
from sim.measures import outcome_vector
from sim.parameters import ParameterTable, parameter_hash, read_table
from sim.plan import Plan, with_values
from sim.rulebook import rules_hash
from sim.scenario.reader import read_scenario
from sim.world import prepare

DOCUMENT: Final = "docs/mechanisms.md"
REFERENCE: Final = "results/reference/mechanisms"
TABLE: Final = "mechanisms"
OCCASIONS_TABLE: Final = "occasions"
RECORD: Final = "mechanisms.json"
COMMAND: Final = "python -m experiments.documents --mechanisms"

WORLDS: Final = 200
REPLICATES: Final = 8
"""Of each world: 1,600 pairs a mechanism, whose error of a share of nine services is some .3 percentage points."""

_ROUNDING: Final = 1e-12
SCENARIO: Final = "scenario"
COLUMNS: Final = ("mechanism", "kind", "low", "high", "outcome", "base", "mean", "error", "mcse", "spread", "still")


@dataclass(frozen=True)
class Headline:
    """An outcome that is shown of every mechanism.

    Attributes
    ----------
    name : str
        As ``sim.measures.vector_names`` has it.
    words : str
    scale : float
        What a difference is multiplied by to be shown: 100 for shares, in percentage points.
    form : str
        How it is then written.
    """

    name: str
    words: str
    scale: float = 100.0
    form: str = "+.1f"

    @property
    def in_points(self) -> bool:
        """Whether it is a share, of which a percentage point can be told."""
        return self.scale == 100.0


USE: Final = (
    Headline("share_kept_going", "kept going"),
    Headline("share_high_every_look", "high at every look"),
    Headline("share_operating", "operating"),
    Headline("share_silent", "silent"),
    Headline("share_given_up", "given up"),
    Headline("share_restarted_gap", "restarted"),
)
"""What services do with the practice."""

STOCKS: Final = (
    Headline("share_sustained", "sustained"),
    Headline("share_abandoned", "abandoned"),
    Headline("posts_delivering", "posts delivering"),
    Headline("fidelity", "fidelity", 1.0, "+.2f"),
    Headline("helped_per_post", "helped a post", 1.0, "+.2f"),
    Headline("reached_per_post", "reached a post", 1.0, "+.2f"),
)
"""The headlines of the first version, fidelity and patients."""

HEADLINES: Final = (*USE, *STOCKS)
"""All at the horizon."""


def mechanisms_of(table: ParameterTable) -> tuple[Knob, ...]:
    """Every switch and every rival form, in file order."""
    return tuple(knob for knob in knobs_of(table) if knob.words)


def starting(table: ParameterTable, knob: Knob) -> float:
    """Value that a switch or form has in the model as it ships."""
    return float(table.record()[knob.field][0])


def own_parameters(table: ParameterTable, members: np.ndarray, seed: int = SEED) -> dict[str, np.ndarray]:
    """Values of the parameters that belong to a switch, over their bounds; f8, shape (worlds,), each by its name.

    Drawn in as many equal strata as there are members, so that few worlds span the bounds; worlds of one member have one value.

    Parameters
    ----------
    table : ParameterTable
    members : numpy.ndarray
        int, shape (worlds,): which member a world has.
    seed : int
    """
    random = np.random.default_rng([seed, 13])
    _, members = np.unique(members, return_inverse=True)
    count = int(members.max()) + 1
    drawn = {}
    for one in table.parameters.values():
        if one.switch:
            place = (random.permutation(count) + random.random(count)) / count
            drawn[one.name] = one.low + place[members] * (one.high - one.low)
    return drawn


def base_plan(*, worlds: int, scenario: str = FIRST, seed: int = SEED) -> tuple[Plan, np.ndarray]:
    """Plan of the scenario as it ships, with a parameter record a world, and the member of each world."""
    plan = prepare(scenario).among(np.arange(worlds)).plan  # a copy of its parameters
    parameters, members = plan.parameters, plan.members
    for name, values in own_parameters(read_table(), members, seed).items():
        parameters[name] = values
    return replace(plan, parameters=parameters, members=members), members


def outcomes(plan: Plan, *, seed: int, replicates: int, field: str = "", value: float = 0.0) -> dict[str, np.ndarray]:
    """Headlines of every run, with one field of the record at a value; f8, shape (worlds, replicates) each."""
    worlds = len(plan.parameters)
    if field:
        plan = with_values(plan, {field: value})
    batches = simulate(plan, seed=seed, replicates=worlds * replicates)
    vector = outcome_vector(plan, batches, [one.name for one in HEADLINES])
    return {name: values.reshape(-1, worlds).T for name, values in vector.items()}


def row_of(knob: Knob, outcome: str, base: np.ndarray, paired: np.ndarray, members: np.ndarray) -> dict[str, Any]:
    """What a mechanism does to an outcome, with its errors.

    Parameters
    ----------
    knob : Knob
    outcome : str
    base, paired : numpy.ndarray
        f8, shape (worlds, replicates): as it ships, and high minus low.
    members : numpy.ndarray
        int, shape (worlds,).
    """
    found = moments(merged(*by_world(paired), members))
    return {
        "mechanism": knob.name, "kind": "form" if "=" in knob.name else "switch", "low": knob.shown(knob.low),
        "high": knob.shown(knob.high), "outcome": outcome, "base": _digits(float(np.nanmean(base))),
        "mean": _digits(found.mean), "error": _digits(found.error), "mcse": _digits(found.mcse),
        "spread": _digits(found.spread), "still": int(still_worlds(paired).all()),
    }  # fmt: skip


def _digits(value: float) -> str:
    """Number as it is kept. A sum of shares that cancel is nothing, whatever is left of the rounding."""
    return "" if math.isnan(value) else "0" if abs(value) < _ROUNDING else f"{value:.5g}"


def measured(
    knobs: Sequence[Knob], *, worlds: int = WORLDS, replicates: int = REPLICATES, seed: int = SEED, scenario: str = FIRST
) -> list[dict[str, Any]]:
    """What each mechanism moves: a row a mechanism and headline.

    Parameters
    ----------
    knobs : sequence of Knob
        Switches and forms.
    worlds, replicates, seed : int
    scenario : str
    """
    table = read_table()
    plan, members = base_plan(worlds=worlds, scenario=scenario, seed=seed)
    base = outcomes(plan, seed=seed, replicates=replicates)  # compiles before the threads start

    def rows(knob: Knob) -> list[dict[str, Any]]:
        ships = starting(table, knob)
        turned = knob.low if ships == knob.high else knob.high
        other = outcomes(plan, seed=seed, replicates=replicates, field=knob.field, value=turned)
        sign = 1.0 if turned == knob.high else -1.0
        return [row_of(knob, one.name, base[one.name], sign * (other[one.name] - base[one.name]), members) for one in HEADLINES]

    return [row for found in all_of(rows, knobs) for row in found]


def measured_there(
    rows: Sequence[Mapping[str, Any]], *, worlds: int = WORLDS, replicates: int = REPLICATES
) -> list[dict[str, Any]]:
    """What mechanisms that move little in a table move where they have an occasion: a row a mechanism and headline.

    Parameters
    ----------
    rows : sequence of mapping
        As :func:`measured` gives them.
    worlds, replicates : int
    """
    by = by_mechanism([{name: str(value) for name, value in row.items()} for row in rows])
    small = [name for name, found in by.items() if moves_little(found)]
    unexplained = [name for name in small if name not in OCCASIONS]
    if unexplained:
        raise LookupError(f"experiments.keeping.occasions has no reason for {', '.join(unexplained)}")
    knobs = {knob.name: knob for knob in mechanisms_of(read_table())}
    found = []
    for scenario in dict.fromkeys(OCCASIONS[name].scenario for name in small):
        mine = [knobs[name] for name in small if OCCASIONS[name].scenario == scenario]
        there = measured(mine, worlds=worlds, replicates=replicates, scenario=scenario)
        found += [{SCENARIO: scenario, **row} for row in there]
    return found


def by_mechanism(rows: Sequence[Mapping[str, str]]) -> dict[str, dict[str, Mapping[str, str]]]:
    """Rows by mechanism, in their order, and by outcome."""
    names = dict.fromkeys(row["mechanism"] for row in rows)
    return {name: {row["outcome"]: row for row in rows if row["mechanism"] == name} for name in names}


def largest(found: Mapping[str, Mapping[str, str]]) -> Headline | None:
    """Share that a mechanism moves most; None where it moves none in any run."""
    shares = [one for one in HEADLINES if one.in_points and found[one.name]["mean"]]
    moved = [one for one in shares if found[one.name]["still"] != "1"]
    return max(moved, key=lambda one: abs(float(found[one.name]["mean"])), default=None)


def moves_little(found: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a mechanism moves no share by a percentage point."""
    most = largest(found)
    return most is None or 100.0 * abs(float(found[most.name]["mean"])) < 1.0


def scenario_hashes() -> dict[str, str]:
    """Hashes of the scenarios that mechanisms are run in, by name."""
    return {name: read_scenario(name).hash for name in sorted({FIRST, *(one.scenario for one in OCCASIONS.values())})}


def keep(
    root: Path,
    rows: Sequence[Mapping[str, Any]] | None = None,
    there: Sequence[Mapping[str, Any]] | None = None,
    *,
    worlds: int = WORLDS,
    replicates: int = REPLICATES,
) -> list[Path]:
    """Keep what each mechanism moves.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the repository.
    rows : sequence of mapping, optional
        As :func:`measured` gives them; measured unless given, which takes minutes.
    there : sequence of mapping, optional
        As :func:`measured_there` gives them; measured unless given.
    worlds, replicates : int

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    from sim.store.manifest import commit

    if rows is None:
        rows = measured(mechanisms_of(read_table()), worlds=worlds, replicates=replicates)
    if there is None:
        there = measured_there(rows, worlds=worlds, replicates=replicates)
    record = {
        "scenario": FIRST,
        "months": read_scenario(FIRST).months,
        "worlds": worlds,
        "replicates": replicates,
        "seed": SEED,
        "commit": commit(),
        "rules": rules_hash(),
        "values": parameter_hash(read_table().record()),
        "ensemble": kept.shipped_ensemble(),
        "scenarios": scenario_hashes(),
    }
    with kept.replacing(root / REFERENCE) as place:
        kept.write_rows(place / f"{TABLE}.csv", COLUMNS, rows)
        kept.write_rows(place / f"{OCCASIONS_TABLE}.csv", (SCENARIO, *COLUMNS), there)
        kept.write_record(place / RECORD, record)
    return kept.files_of(root / REFERENCE)
