"""Which values a run has: the plausible ensemble unless another one, or none, is asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.ensembles.cells import cells_of
from sim.ensembles.reading import PLAUSIBLE, UNCAPPED, WEIGHT, ensemble_of, read_ensemble
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem
from sim.scenario.definition import Scenario


def chosen_ensemble(
    which: Ensemble | str | Path | None = PLAUSIBLE, *, table: ParameterTable | None = None, where: str = "ensemble"
) -> Ensemble | None:
    """Ensemble that is asked for; None for the default values in every replicate.

    Parameters
    ----------
    which : Ensemble, str, pathlib.Path or None
        ``"plausible"`` for the shipped one, a CSV or Parquet file, one that a program made, or None for none.
    table : ParameterTable, optional
    where : str
        What messages call the argument.

    Raises
    ------
    BadInput
        When it is none of these, or cannot be used.
    """
    if which is None:
        return None
    if isinstance(which, Ensemble):
        uncapped = {} if which.uncapped is None else {UNCAPPED: which.uncapped}
        columns = {WEIGHT: which.weights} | uncapped | dict(zip(which.parameters, which.values.T, strict=True))
        _, problems = ensemble_of(cells_of(columns, which.name), which.name, table=table or read_table())
        if problems:
            raise BadInput(problems)
        return which
    if not isinstance(which, str | Path):
        allowed = f'"{PLAUSIBLE}", a CSV or Parquet file, an Ensemble, or None for the default values'
        raise BadInput([Problem(where, f"'{which}' is no ensemble", allowed)])
    return read_ensemble(None if which == PLAUSIBLE else which, table=table)


def with_member(ensemble: Ensemble | None, member: int, *, where: str = "member") -> Ensemble:
    """Ensemble of one member of another.

    Parameters
    ----------
    ensemble : Ensemble or None
    member : int
        From 0.
    where : str
        What messages call the argument.

    Raises
    ------
    BadInput
        When there is no such member.
    """
    if ensemble is None:
        what = "is a member of no ensemble: the default values are asked for"
        raise BadInput([Problem(where, what, "an ensemble", f'ensemble="{PLAUSIBLE}", or leave the member out')])
    given: object = member
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 0 <= given < ensemble.members:
        allowed = f"a whole number from 0 to {ensemble.members - 1}"
        raise BadInput([Problem(where, f"'{member}' is no member of {ensemble.name}", allowed, "the first member is 0")])
    one = slice(int(given), int(given) + 1)
    alone = np.ones(1)
    return replace(ensemble, values=ensemble.values[one], weights=alone, uncapped=None if ensemble.uncapped is None else alone)


def values_in_words(about: Mapping[str, Any] | None) -> str:
    """Which parameter values the replicates of a run have, as pages, tables and the terminal say it.

    Parameters
    ----------
    about : mapping or None
        ``name``, ``members`` and ``parameters`` of the ensemble, as a manifest has them; with what :func:`lacking` gives.

    Examples
    --------
    >>> values_in_words(None)
    'no ensemble: every replicate has the default values'
    >>> values_in_words({"name": "plausible", "members": 652, "parameters": 214})
    'ensemble plausible: each replicate has one of 652 sets of values for 214 parameters'
    """
    if about is None:
        return "no ensemble: every replicate has the default values"
    sets = f"one of {about['members']:,} sets" if about["members"] > 1 else "the one set"
    parameters = f"{about['parameters']} parameter{'' if about['parameters'] == 1 else 's'}"
    said, others = f"ensemble {about['name']}: each replicate has {sets} of values for {parameters}", lacking_in_words(about)
    return f"{said}; it has {others}" if others else said


def lacking(names: Iterable[str], *, table: ParameterTable | None = None, on: Sequence[Collection[str]] = ()) -> dict[str, int]:
    """Free parameters of the model of which an ensemble has no values, since another version of the model found it.

    Parameters
    ----------
    names : iterable of str
        Parameters that the ensemble, or a scenario, sets.
    table : ParameterTable, optional
    on : sequence of collection of str
        Mechanisms that are on, of each scenario; none is a scenario that has them as the table does.

    Returns
    -------
    dict of str to int
        How many it ``lacks`` of how many that are ``free``; empty where it lacks none.
    """
    table = table or read_table()
    free = set().union(*(table.free(each) for each in on or (table.switched_on(),)))
    left = free - set(names)
    return {"lacks": len(left), "free": len(free)} if left else {}


def lacking_in(scenarios: Sequence[Scenario], names: Iterable[str]) -> dict[str, int]:
    """What :func:`lacking` finds of scenarios that are run together: a parameter that every one of them sets needs no values.

    Parameters
    ----------
    scenarios : sequence of Scenario
        At least one.
    names : iterable of str
        Parameters that the ensemble, or a design, sets.
    """
    common = set.intersection(*(set(one.set_values) for one in scenarios))
    return lacking({*names, *common}, table=scenarios[0].table, on=[one.switches_on for one in scenarios])


def lacking_warnings(about: Mapping[str, Any]) -> list[str]:
    """What a page says before any number of what :func:`lacking` found; nothing where that is nothing."""
    others = lacking_in_words(about)
    return [f"The ensemble has {others}."] if others else []


def lacking_in_words(about: Mapping[str, Any]) -> str:
    """Say, as the end of a sentence, what :func:`lacking` found; nothing where that is nothing.

    Examples
    --------
    >>> lacking_in_words({"lacks": 79, "free": 266})
    'no values for 79 of 266 free parameters, which stand at their defaults, as where another version of the model found it'
    >>> lacking_in_words({})
    ''
    """
    if not about.get("lacks"):
        return ""
    some = f"{about['lacks']} of {about['free']} free parameters"
    return f"no values for {some}, which stand at their defaults, as where another version of the model found it"
