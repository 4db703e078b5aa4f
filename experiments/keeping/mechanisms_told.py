"""What ``docs/mechanisms.md`` says of the kept tables: how much each mechanism moves, and why some move little."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.keeping import kept
from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.mechanisms import (
    COMMAND,
    HEADLINES,
    OCCASIONS_TABLE,
    RECORD,
    REFERENCE,
    SCENARIO,
    STOCKS,
    TABLE,
    USE,
    Headline,
    by_mechanism,
    largest,
    moves_little,
    scenario_hashes,
)
from experiments.keeping.occasions import OCCASIONS
from experiments.kit.words import minus
from sim import markdown
from sim.parameters import parameter_hash, read_table
from sim.rulebook import same_rules

SIDES: Final = 1.645
"""Standard deviations around the mean within which nine of ten worlds lie."""

ERRORS: Final = 2.0
"""Errors beyond which a difference is printed bold."""

_HEAD: Final = """\
One mechanism at a time is put the other way round, in {worlds} worlds of the plausible ensemble, {replicates} replicates each, of
the scenario `{scenario}` over {months} months. Both sides have the same worlds and the same random numbers. The model as it ships
has {first}. Shown is **on minus off** (a rival form minus the default) at the horizon, ± its standard error over worlds and luck
together; bold where it is more than twice that. Shares are in percentage points, fidelity in points of the scale, patients a post
in patients.{waiting}
"""
_LEAST: Final = """\
Of the shares above; the largest is told. Then comes what the mechanism needs before it acts, as the equations have it, and what
it moves in a shipped scenario that gives it an occasion, over as many worlds and replicates: again the largest of these shares.
"""
_WAITING: Final = """\
 Mechanisms marked *off until calibrated* are turned on here; their own parameters are drawn over their bounds, world
by world, as nothing has narrowed them yet."""


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {"mechanisms": partial(results, root)}


def changed_since(one: kept.Reference) -> list[str]:
    """What the run hangs on and is otherwise now, in words."""
    found = {
        "the default values": one.record["values"] != parameter_hash(read_table().record()),
        "the ensemble": one.record["ensemble"] != kept.shipped_ensemble(),
        "a scenario": one.record.get("scenarios") != scenario_hashes(),
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
    return told(run.record, run.rows(TABLE), run.rows(OCCASIONS_TABLE))


def told(record: Mapping[str, Any], rows: Sequence[Mapping[str, str]], there: Sequence[Mapping[str, str]] = ()) -> str:
    """Text of the page's block.

    Parameters
    ----------
    record : mapping
        What is known of the run.
    rows, there : sequence of mapping
        Of the kept tables.
    """
    by, elsewhere = by_mechanism(rows), by_mechanism(there)
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
    little = [name for name, found in by.items() if moves_little(found)]
    small = [f"- {sentence(name, by[name])}{occasion(name, elsewhere.get(name))}" for name in little]
    small = small or ["Every mechanism moves a share by a point or more."]
    least = f"## Mechanisms that move less than a point\n\n{_LEAST}"
    still = [f"`{name}`" for name in little if name in elsewhere and moves_little(elsewhere[name])]
    if still:
        small.append(f"\nLess than a point in either: {', '.join(still)}.")
    tables = (part for columns in (USE, STOCKS) for part in (_table(by, columns), ""))
    return "\n".join((head, *tables, least, *small))


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
    bare = one.form.lstrip("+")
    seen = any(digit in "123456789" for digit in f"{mean:{bare}}")  # what is shown as nothing has no sign and no stress
    text = f"{minus(f'{mean:{one.form}}') if seen else f'{0.0:{bare}}'} ± {error:{bare}}"
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
    most = largest(found)
    if most is None:
        return f"`{name}` moves none of them in any run."
    row = found[most.name]
    mean, error, spread = (100.0 * float(row[key] or 0.0) for key in ("mean", "error", "spread"))
    if not moves_little(found):
        return ""
    reach = SIDES * math.hypot(spread, error)
    low, high = mean - reach, mean + reach
    sure = abs(mean) + ERRORS * error < 1.0
    how = "moves no share by a point" if sure else "moves no share by a point as far as was seen"
    worlds = (
        "hardly any world reaches a point either" if max(-low, high) < 1.0 else "worlds differ: in some it moves a point or more"
    )
    numbers = f"{_points(mean, error)}, nine of ten worlds from {minus(f'{low:+.1f}')} to {minus(f'{high:+.1f}')}"
    return f"`{name}` {how}: {most.words} {numbers}; {worlds}."


def occasion(name: str, there: Mapping[str, Mapping[str, str]] | None) -> str:
    """What a mechanism needs before it acts, and what it moves where that is given; a blank before it, or nothing.

    Parameters
    ----------
    name : str
        Of the mechanism.
    there : mapping of str to mapping, optional
        Its rows in the scenario that gives it an occasion, by outcome.
    """
    if name not in OCCASIONS:
        return ""
    why = f" {OCCASIONS[name].why}."
    if there is None:
        return why
    most, scenario = largest(there), next(iter(there.values()))[SCENARIO]
    if most is None:
        return f"{why} In `{scenario}` it moves none of them in any run."
    row = there[most.name]
    mean, error = (100.0 * float(row[key] or 0.0) for key in ("mean", "error"))
    known = "" if abs(mean) > ERRORS * error else ", which is not told from nothing"
    return f"{why} In `{scenario}`: {most.words} {_points(mean, error)}{known}."


def _points(mean: float, error: float) -> str:
    """Percentage points with their error; finer where rounding would make a whole point of less."""
    digits = 2 if round(abs(mean), 1) == 1.0 else 1
    return f"{minus(f'{mean:+.{digits}f}')} ± {error:.{digits}f} points"
