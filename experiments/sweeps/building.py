"""The design of a study: from what [design] and [factors] say to the points, with all that is wrong with them."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from experiments.sweeps.designs import AS_IT_IS, Design, Factor, Range, Taken, factorial, one_at_a_time, spread
from experiments.sweeps.factors import SWITCH, factor_of, taken_of
from experiments.sweeps.given import Given
from experiments.sweeps.schema import CELLS_MAX, POINTS_MAX, DesignTable, FactorTable
from experiments.sweeps.tables import design_of
from sim.ensembles.cells import read_cells
from sim.problems import BadInput, Problem
from sim.scenario.checks import replaced
from sim.scenario.definition import Scenario
from sim.scenario.fence import beside
from sim.scenario.messages import problems_of

TAKES: Final[dict[str, tuple[str, ...]]] = {
    "factorial": (),
    "latin-hypercube": ("points", "seed"),
    "sobol": ("points", "seed"),
    "one-at-a-time": (),
    "table": ("file",),
}
"""Keys of [design] beside its kind: the others are refused, as nothing would read them."""

_OFF: Final = 0
"""Code of a mechanism that a point turns off."""


def design_in(given: Given, scenarios: Sequence[Scenario]) -> tuple[Design | None, list[Problem]]:
    """Design of a study, or what is wrong with it.

    Parameters
    ----------
    given : Given
    scenarios : sequence of Scenario
        Those that could be read.

    Returns
    -------
    design : Design or None
    problems : list of Problem
    """
    raw, file = given.raw, given.file
    tables = raw["factors"] if isinstance(raw["factors"], dict) else {}
    if "design" not in raw:
        if not tables:
            return Design("none"), []
        allowed = f"kind = one of {', '.join(TAKES)}"
        return None, [Problem(file, "factors without a [design]", allowed, 'for instance [design] with kind = "factorial"')]
    try:
        asked = DesignTable.model_validate(raw["design"])
    except ValidationError:  # said by the validation of the whole file; the factors can be looked at all the same
        return None, _taken(given, tables, "latin-hypercube", scenarios)[2]
    problems = _key_problems(given, asked)
    if asked.kind == "table":
        found, more = _table(given, asked, tables, scenarios)
        return found, problems + more + _replaced(found, f"{file}: design", scenarios)
    factors, taken, found_here = _taken(given, tables, asked.kind, scenarios)
    problems += found_here
    if not tables:
        hint = "give a [factors.NAME] table with its levels, or leave [design] out to run the scenarios as they are"
        problems.append(Problem(f"{file}: factors", "an empty design: nothing is varied", "at least one factor", hint))
    if problems:
        return None, problems
    made, problems = _made(given, asked, factors, taken)
    return made, problems + _replaced(made, f"{file}: factors", scenarios)


def _replaced(design: Design | None, where: str, scenarios: Sequence[Scenario]) -> list[Problem]:
    """Factors that do nothing at any point: a mechanism is on, wherever they are set, that has numbers of its own in their place.

    One that does something at some point is no problem: what becomes of it when the mechanism is turned on may be asked.
    """
    if design is None or not scenarios:
        return []
    values = {one.name: array for one, array in zip(design.factors, design.values, strict=True)}
    problems = []
    for name, array in values.items():
        one = scenarios[0].table.parameters.get(name)
        if one is None or not one.replaced_by:
            continue
        turned = values.get(SWITCH + one.replaced_by, np.full(len(array), AS_IT_IS))[~np.isnan(array)]
        as_it_is = any(not scenario.is_on(one.replaced_by) for scenario in scenarios)
        if not (turned == _OFF).any() and not (as_it_is and (turned == AS_IT_IS).any()):
            problems.append(replaced(f"{where}.{name}", one))
    return problems


def _key_problems(given: Given, asked: DesignTable) -> list[Problem]:
    """Problems of the keys of [design]: those that its kind does not take or needs."""
    where, takes = f"{given.file}: design", TAKES[asked.kind]
    problems = [
        Problem(f"{where}.{key}", f"{asked.kind} takes no '{key}'", ", ".join(("kind", *takes)), "delete it, or change the kind")
        for key in ("points", "seed", "file")
        if key in asked.model_fields_set and key not in takes
    ]
    needed = [key for key in ("points", "file") if key in takes and getattr(asked, key) is None and given.cells is None]
    problems += [Problem(where, f"missing key '{key}', which {asked.kind} needs", ", ".join(("kind", *takes))) for key in needed]
    if asked.kind == "sobol" and asked.points is not None and asked.points.bit_count() != 1:
        below = 1 << (asked.points.bit_length() - 1)
        what = f"{asked.points:,} is no power of two, which a Sobol' sequence needs to be balanced"
        problems.append(Problem(f"{where}.points", what, f"a power of two, such as {below:,} or {2 * below:,}"))
    return problems


def _table(
    given: Given, asked: DesignTable, tables: Mapping[str, Any], scenarios: Sequence[Scenario]
) -> tuple[Design | None, list[Problem]]:
    problems = []
    if tables:
        what = f"factors beside a table: {', '.join(tables)}"
        problems.append(Problem(f"{given.file}: factors", what, "no factors", "the columns of the table are the factors"))
    cells = given.cells
    if cells is None:
        if asked.file is None:
            return None, problems
        try:
            where = f"{given.file}: design.file"
            cells = read_cells(beside(given.folder or Path(), asked.file, where), where)
        except BadInput as error:
            return None, problems + error.problems
    design, found = design_of(cells, table=given.table, scenarios=scenarios)
    return design, problems + found


def _taken(
    given: Given, tables: Mapping[str, Any], kind: str, scenarios: Sequence[Scenario]
) -> tuple[list[Factor], list[Taken], list[Problem]]:
    """Factors with what each takes, in the order of the file."""
    factors, taken, problems = [], [], []
    for name, raw in tables.items():
        where = f"{given.file}: factors.{name}"
        spec: FactorTable | None = None
        try:
            spec = FactorTable.model_validate(raw)
        except ValidationError as error:
            found = problems_of(error, file=where, model=FactorTable, raw=raw)
            problems += [
                Problem(one.where.replace(f"{where}: ", f"{where}.", 1), one.what, one.allowed, one.hint) for one in found
            ]
        factor, found = factor_of(str(name), where, table=given.table, scenarios=scenarios)
        problems += found
        if factor is not None and spec is not None:
            what, found = taken_of(factor, spec, where, kind=kind, table=given.table, scenarios=scenarios)
            problems += found
            if what is not None:
                factors.append(factor)
                taken.append(what)
    return factors, taken, problems


def _made(
    given: Given, asked: DesignTable, factors: Sequence[Factor], taken: Sequence[Taken]
) -> tuple[Design | None, list[Problem]]:
    """Design of checked factors, unless it has too many points."""
    levels = [one for one in taken if not isinstance(one, Range)]
    sizes = [len(one) for one in levels]
    points, told = asked.points or 0, ""
    if asked.kind == "factorial":
        points, told = math.prod(sizes), " x ".join(str(size) for size in sizes) + " = "
    elif asked.kind == "one-at-a-time":
        points, told = 1 + sum(sizes), "1 + " + " + ".join(str(size) for size in sizes) + " = "
    if points > POINTS_MAX or points * len(factors) > CELLS_MAX:
        most = min(POINTS_MAX, CELLS_MAX // len(factors))
        hint = "fewer factors or levels, or a latin-hypercube" if told else "fewer points"
        what = f"{told}{points:,} points with {len(factors)} factors"
        return None, [Problem(f"{given.file}: design", what, f"at most {most:,} points for so many factors", hint)]
    if asked.kind == "factorial":
        return factorial(factors, levels), []
    if asked.kind == "one-at-a-time":
        return one_at_a_time(factors, levels), []
    return spread(asked.kind, factors, taken, points=points, seed=asked.seed), []
