"""What each mechanism moves: every switch, on against off, and every rival form, over plausible worlds, paired by luck.

``python -m experiments.documents --mechanisms`` runs it, keeps the table (``results/reference/mechanisms``) and renews
``docs/mechanisms.md``. One side of each pair is the model as it ships; on the other one switch or form stands the other way.
Mechanisms that wait to be calibrated are turned on, with their own parameters drawn over their bounds: nothing has narrowed them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.keeping import kept
from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.paired import FIRST, SEED, Knob, all_of, knobs_of
from experiments.kit.words import minus
from experiments.worlds.estimating import by_world, merged, moments, still_worlds
from sim import markdown
from sim.engine import simulate
from sim.ensembles import read_ensemble
from sim.measures import outcome_vector
from sim.parameters import ParameterTable, parameter_hash, read_table
from sim.plan import Plan
from sim.rulebook import rules_hash, same_rules
from sim.scenario.reader import read_scenario
from sim.scenario.resolve import resolve

DOCUMENT: Final = "docs/mechanisms.md"
REFERENCE: Final = "results/reference/mechanisms"
TABLE: Final = "mechanisms"
RECORD: Final = "mechanisms.json"
COMMAND: Final = "python -m experiments.documents --mechanisms"

WORLDS: Final = 200
REPLICATES: Final = 8
"""Of each world: 1,600 pairs a mechanism, whose error of a share of nine services is some .3 percentage points."""

SIDES: Final = 1.645
"""Standard deviations around the mean within which nine of ten worlds lie."""

ERRORS: Final = 2.0
"""Errors beyond which a difference is printed bold."""

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

_HEAD: Final = """\
One mechanism at a time is put the other way round, in {worlds} worlds of the plausible ensemble, {replicates} replicates each, of
the scenario `{scenario}` over {months} months. Both sides have the same worlds and the same random numbers. The model as it ships
has {first}. Shown is **on minus off** (a rival form minus the default) at the horizon, ± its standard error over worlds and luck
together; bold where it is more than twice that. Shares are in percentage points, fidelity in points of the scale, patients a post
in patients.{waiting}
"""
_WAITING: Final = """\
 Mechanisms marked *off until calibrated* are turned on here; their own parameters are drawn over their bounds, world
by world, as nothing has narrowed them yet."""


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
    plan = resolve(replace(read_scenario(scenario), ensemble=read_ensemble()))
    parameters, members = plan.parameters[:worlds].copy(), plan.members[:worlds]
    for name, values in own_parameters(read_table(), members, seed).items():
        parameters[name] = values
    return replace(plan, parameters=parameters, members=members), members


def outcomes(plan: Plan, *, seed: int, replicates: int, field: str = "", value: float = 0.0) -> dict[str, np.ndarray]:
    """Headlines of every run, with one field of the record at a value; f8, shape (worlds, replicates) each."""
    worlds = len(plan.parameters)
    if field:
        parameters = plan.parameters.copy()
        parameters[field] = value
        plan = replace(plan, parameters=parameters)
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
    return "" if math.isnan(value) else f"{value:.5g}"


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


def keep(
    root: Path, rows: Sequence[Mapping[str, Any]] | None = None, *, worlds: int = WORLDS, replicates: int = REPLICATES
) -> list[Path]:
    """Keep what each mechanism moves.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the repository.
    rows : sequence of mapping, optional
        As :func:`measured` gives them; measured unless given, which takes minutes.
    worlds, replicates : int

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    from sim.store.manifest import commit

    if rows is None:
        rows = measured(mechanisms_of(read_table()), worlds=worlds, replicates=replicates)
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
    }
    with kept.replacing(root / REFERENCE) as place:
        kept.write_rows(place / f"{TABLE}.csv", COLUMNS, rows)
        kept.write_record(place / RECORD, record)
    return kept.files_of(root / REFERENCE)


# ------------------------------------------------------------------------------------------------------------------ the page


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {"mechanisms": partial(results, root)}


def changed_since(one: kept.Reference) -> list[str]:
    """What the run hangs on and is otherwise now, in words."""
    found = {
        "the default values": one.record["values"] != parameter_hash(read_table().record()),
        "the ensemble": one.record["ensemble"] != kept.shipped_ensemble(),
        # every mechanism of the table was on in one of its rows
        "the rules": not same_rules(one.record["rules"], on=read_table().switches),
    }
    return [what for what, changed in found.items() if changed]


def results(root: Path = ROOT) -> str:
    """Table and sentences of the kept run; a sentence where there is none, or one of another model."""
    run = kept.read_reference(root / REFERENCE, RECORD)
    if run is None:
        return f"{kept.NOT_YET} `{COMMAND}` runs it."
    changed = changed_since(run)
    if changed:
        return f"{kept.NOT_YET} Since the last full run {', '.join(changed)} changed. `{COMMAND}` runs it again."
    return told(run.record, run.rows(TABLE))


def told(record: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> str:
    """Text of the page's block.

    Parameters
    ----------
    record : mapping
        What is known of the run.
    rows : sequence of mapping
        Of the kept table.
    """
    by = {name: {row["outcome"]: row for row in rows if row["mechanism"] == name} for name in _names(rows)}
    first = next(iter(by.values()))
    ships = ", ".join(f"{one.words} {_level(one, float(first[one.name]['base']))}" for one in HEADLINES)
    head = _HEAD.format(
        worlds=record["worlds"],
        replicates=record["replicates"],
        scenario=record["scenario"],
        months=record["months"],
        first=ships,
        waiting="" if all(one.on for one in read_table().switches.values()) else _WAITING,
    )
    sentences = [sentence(name, found) for name, found in by.items()]
    small = [f"- {one}" for one in sentences if one] or ["Every mechanism moves a share by a point or more."]
    least = "## Mechanisms that move less than a point\n\nOf the shares above; the largest is told.\n"
    tables = (part for columns in (USE, STOCKS) for part in (_table(by, columns), ""))
    return "\n".join((head, *tables, least, *small))


def _names(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    return iter(dict.fromkeys(row["mechanism"] for row in rows))


def _level(one: Headline, value: float) -> str:
    return f"{100 * value:.0f} %" if one.in_points else f"{value:.2f}"


def _table(by: Mapping[str, Mapping[str, Mapping[str, str]]], columns: Sequence[Headline]) -> str:
    switches = read_table().switches
    rows = []
    for name, found in by.items():
        off = name in switches and not switches[name].on
        called = f"`{name}`" + (" *off until calibrated*" if off else "")
        rows.append((called, *(_cell(one, found[one.name]) for one in columns)))
    return markdown.table(("mechanism", *(one.words for one in columns)), rows, right=range(1, 1 + len(columns)))


def _cell(one: Headline, row: Mapping[str, str]) -> str:
    """Difference with its error; bold when it is beyond ERRORS of them."""
    if row["still"] == "1":
        return "0"
    if not row["mean"] or not row["error"]:
        return "–"
    mean, error = one.scale * float(row["mean"]), one.scale * float(row["error"])
    text = f"{minus(f'{mean:{one.form}}')} ± {error:{one.form.lstrip('+')}}"
    seen = any(digit in "123456789" for digit in f"{mean:{one.form}}")  # what is shown as nothing is not stressed
    return f"**{text}**" if seen and abs(mean) > ERRORS * error else text


def sentence(name: str, found: Mapping[str, Mapping[str, str]]) -> str:
    """What is said of a mechanism that moves no share by a point; nothing of one that does.

    It names the largest, and whether the worlds, which the bounds of every parameter in the mechanism go into, reach a point.

    Parameters
    ----------
    name : str
        Of the mechanism.
    found : mapping of str to mapping
        Its rows, by outcome.
    """
    shares = [one for one in HEADLINES if one.in_points and found[one.name]["mean"]]
    moved = [one for one in shares if found[one.name]["still"] != "1"]
    if not moved:
        return f"`{name}` moves none of them in any run."
    largest = max(moved, key=lambda one: abs(float(found[one.name]["mean"])))
    row = found[largest.name]
    mean, error, spread = (100.0 * float(row[key] or 0.0) for key in ("mean", "error", "spread"))
    if abs(mean) >= 1.0:
        return ""
    reach = SIDES * math.hypot(spread, error)
    low, high = mean - reach, mean + reach
    sure = abs(mean) + ERRORS * error < 1.0
    how = "moves no share by a point" if sure else "moves no share by a point as far as was seen"
    worlds = (
        "hardly any world reaches a point either" if max(-low, high) < 1.0 else "worlds differ: in some it moves a point or more"
    )
    numbers = (
        f"{minus(f'{mean:+.1f}')} ± {error:.1f} points, nine of ten worlds from {minus(f'{low:+.1f}')} to {minus(f'{high:+.1f}')}"
    )
    return f"`{name}` {how}: {largest.words} {numbers}; {worlds}."
