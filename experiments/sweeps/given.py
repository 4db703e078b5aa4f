"""What a study is made of before it is checked, and its parts one by one: scenarios, ensemble, outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from experiments.sweeps.schema import NO_ENSEMBLE, STUDY_VERSION, StudyFile
from experiments.sweeps.study import MAIN_OUTCOMES
from experiments.worlds.pairing import twins
from sim.ensembles import PLAUSIBLE_FILE, chosen_ensemble, ensemble_file, ensemble_of, read_ensemble
from sim.ensembles.cells import Cells, read_cells
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.catalogue import files_named, find_all
from sim.scenario.definition import Scenario
from sim.scenario.fence import beside
from sim.scenario.reader import read_files

STUB: Final = {"schema_version": STUDY_VERSION, "name": "x", "title": "x", "question": "x", "scenarios": ["x"]}
"""The least that a study file says: with one key more, that key is checked alone."""


@dataclass
class Given:
    """What a study is made of, before it is checked.

    Attributes
    ----------
    raw : dict
        As the file has it.
    file : str
        For messages.
    folder : pathlib.Path or None
        Where files beside the study are; None for a study from Python.
    text : str
    scenarios : mapping of str to Scenario
        Those that a program hands over ready, by the name under which ``raw`` lists them.
    cells : Cells, optional
        Points of a table design that a program hands over.
    ensemble : Cells or Ensemble, optional
        That a program hands over; else what ``raw`` names.
    table : ParameterTable
    """

    raw: dict[str, Any]
    file: str
    folder: Path | None = None
    text: str = ""
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    cells: Cells | None = None
    ensemble: Cells | Ensemble | None = None
    table: ParameterTable = field(default_factory=read_table)

    def plain(self, key: str) -> Any:
        """Value of a top-level key if it is there and valid, else the schema's default."""
        default = StudyFile.model_fields[key].get_default()
        if key not in self.raw:
            return default
        try:
            return getattr(StudyFile.model_validate({**STUB, key: self.raw[key]}), key)
        except ValidationError:
            return default


def flat(factors: Any) -> Any:
    """Factors by their whole names: TOML reads ``[factors.switch.turnover]``, without quotation marks, as tables in tables.

    Parameters
    ----------
    factors : object
        What the file has there; anything but tables is left as it is.
    """
    if not isinstance(factors, dict):
        return factors
    flat: dict[str, Any] = {}
    for name, value in factors.items():
        if name in ("switch", "forms", "services") and isinstance(value, dict):
            for key, one in value.items():
                inner = one.items() if name == "services" and isinstance(one, dict) else ()
                flat |= {f"{name}.{key}.{word}": last for word, last in inner} or {f"{name}.{key}": one}
        else:
            flat[name] = value
    return flat


def scenarios_of(given: Given) -> tuple[list[Scenario], list[Problem]]:
    """Scenarios that the study lists, as far as they can be read.

    Parameters
    ----------
    given : Given

    Returns
    -------
    scenarios : list of Scenario
    problems : list of Problem
    """
    listed = given.raw.get("scenarios")
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    months = given.plain("months")
    for number, name in enumerate(listed if isinstance(listed, list) else [], 1):
        where = f"{given.file}: scenarios[{number}]"
        if not isinstance(name, str):
            continue  # said by the validation of the whole file
        try:
            scenario = given.scenarios.get(name) or read_files(_files(name, given), months=months, table=given.table)
        except BadInput as error:
            found = [(where if one.where == name else f"{where}: {one.where}", one) for one in error.problems]
            problems += [Problem(place, one.what, one.allowed, one.hint) for place, one in found]
            continue
        if scenario.name in [one.name for one in scenarios]:
            problems.append(
                Problem(where, f"scenario '{scenario.name}' stands twice", "every scenario once", "delete one of the two")
            )
        scenarios.append(scenario)
    names = [scenario.name for scenario in scenarios]
    return scenarios, problems + twins(scenarios, where=lambda name: f"{given.file}: scenarios[{names.index(name) + 1}]")


def _files(name: str, given: Given) -> tuple[Path, ...]:
    """Files of a scenario that a study names, or of several joined by ``+``."""
    folder = given.folder
    if folder is None:
        return find_all(name)
    return files_named(name, folder, file=given.file)


def ensemble_in(given: Given) -> tuple[Ensemble | None, list[Problem]]:
    """Ensemble that the study names, or that a program hands over.

    Parameters
    ----------
    given : Given
    """
    if isinstance(given.ensemble, Cells):
        return ensemble_of(given.ensemble, "ensemble", table=given.table)
    file = given.plain("ensemble")
    try:
        if given.ensemble is not None:
            return chosen_ensemble(given.ensemble, table=given.table), []
        if file == NO_ENSEMBLE:
            return None, []
        folder, where = given.folder or Path(), f"{given.file}: ensemble"
        if ensemble_file(folder, file) == PLAUSIBLE_FILE:
            return read_ensemble(), []
        place = beside(folder, file, where)
        return ensemble_of(read_cells(place, where), place.stem, table=given.table)
    except BadInput as error:
        return None, error.problems


def outcomes_of(given: Given, scenarios: Sequence[Scenario]) -> tuple[tuple[str, ...], list[Problem]]:
    """Names of the outcomes on every row: those that the shortest horizon has.

    Parameters
    ----------
    given : Given
    scenarios : sequence of Scenario
    """
    from sim.measures import vector_names

    months = min((one.months for one in scenarios), default=1)
    known = vector_names(months)
    asked = given.plain("outcomes")
    if asked is None:
        return tuple(name for name in known if name in MAIN_OUTCOMES), []
    if list(asked) == ["all"]:
        return known, []
    problems = []
    for number, name in enumerate(asked, 1):
        where = f"{given.file}: outcomes[{number}]"
        if name == "all":
            problems.append(Problem(where, "'all' beside other names", '["all"], or names', "leave the others out"))
        elif name not in known and scenarios:
            base, _, view = name.partition("@")
            late = base in known and view.isdecimal() and f"{base}@mean" in known
            views = [one for one in known if one.startswith(f"{base}@")]
            allowed = ", ".join(views) if late else ", ".join(MAIN_OUTCOMES) + ', ...; ["all"] for all of them'
            hint = f"the shortest horizon is {months} months" if late else did_you_mean(name, known)
            problems.append(Problem(where, f"unknown outcome '{name}'", allowed, hint))
        elif list(asked).index(name) < number - 1:
            problems.append(Problem(where, f"'{name}' stands twice", "every outcome once", "delete one of the two"))
    return tuple(name for name in known if name in asked), problems
