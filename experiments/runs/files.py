"""Every kind of file that ``sustain`` reads: which kind a file is, what is wrong with it, and the schema of each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.problems import BadInput, Problem, did_you_mean

_TOML: Final = "a scenario, study, hypothesis, record, service or trial file (TOML)"
_TABLES: Final = (".csv", ".parquet")


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    name : str
        As ``sustain schema`` takes it and ``sustain check`` tells it.
    check : callable
        Problems of a file of this kind.
    schema : callable or None
        JSON Schema; None for tables, which have none.
    note : callable or None
        What to know of a sound file; an empty text for nothing.
    """

    name: str
    check: Callable[[Path], list[Problem]]
    schema: Callable[[], dict[str, Any]] | None = None
    note: Callable[[Path], str] | None = None


def kind_of(path: Path) -> Kind:
    """Kind of a file, by its suffix and by the keys or columns that only one kind has.

    Parameters
    ----------
    path : pathlib.Path
        A file that cannot be read counts as a scenario, whose reader says what is wrong.
    """
    return KINDS[_name_of(path)]


def _name_of(path: Path) -> str:
    if path.suffix.lower() in _TABLES:
        return "ensemble" if _holds_parameters(path) else "services"
    keys = _keys_of(path)
    if "hypothesis" in keys and "run" in keys:
        return "record"
    if keys & {"estimand", "measurement"}:
        return "trial"
    if keys & {"hypothesis", "claims", "arms", "foretelling"}:
        return "hypothesis"
    if "seen" in keys:
        return "mine"
    return "study" if "scenarios" in keys else "scenario"


def _keys_of(path: Path) -> set[str]:
    """Keys at the top of a TOML file; none where it cannot be read."""
    from sim.scenario.files import parse_toml, read_text

    try:
        return set(parse_toml(read_text(path, _TOML), path.name))
    except BadInput:
        return set()


def _holds_parameters(path: Path) -> bool:
    """Whether a table is one of parameters, a row a set of values: most of its columns are parameters."""
    from sim.ensembles import UNCAPPED, WEIGHT
    from sim.ensembles.cells import read_cells
    from sim.parameters import read_table

    if path.suffix.lower() == ".parquet":
        return True  # services come as CSV only
    try:
        names = read_cells(path, str(path)).names
    except BadInput:
        return False
    known = {*read_table().parameters, WEIGHT, UNCAPPED}
    return 2 * sum(name in known for name in names) > len(names)


def _check_scenario(path: Path) -> list[Problem]:
    from sim.scenario import check_file

    return check_file(path)


def _check_study(path: Path) -> list[Problem]:
    from experiments.sweeps.reading import check_study

    return check_study(path)


def _check_hypothesis(path: Path) -> list[Problem]:
    from experiments.hypotheses.reading import read_hypothesis

    return _problems_of(lambda: read_hypothesis(path))


def _check_record(path: Path) -> list[Problem]:
    from experiments.hypotheses.records import check_record

    return check_record(path)


def _check_mine(path: Path) -> list[Problem]:
    from experiments.mine.reading import check_mine

    return check_mine(path)


def _check_trial(path: Path) -> list[Problem]:
    from experiments.trials.reading import check_study

    return check_study(path)


def _check_ensemble(path: Path) -> list[Problem]:
    from sim.ensembles import read_ensemble

    return _problems_of(lambda: read_ensemble(path))


def _note_of_ensemble(path: Path) -> str:
    """What the ensemble lacks of the free parameters of the present model."""
    from sim.ensembles import lacking, lacking_in_words, read_ensemble

    return lacking_in_words(lacking(read_ensemble(path).parameters))


def _problems_of(read: Callable[[], object]) -> list[Problem]:
    try:
        read()
    except BadInput as error:
        return error.problems
    return []


def _scenario_schema() -> dict[str, Any]:
    from sim.scenario import json_schema

    return json_schema()


def _study_schema() -> dict[str, Any]:
    from experiments.sweeps.reading import json_schema

    return json_schema()


def _hypothesis_schema() -> dict[str, Any]:
    from experiments.hypotheses.schema import HypothesisFile

    return HypothesisFile.model_json_schema()


def _record_schema() -> dict[str, Any]:
    from experiments.hypotheses.records import RecordFile

    return RecordFile.model_json_schema()


def _mine_schema() -> dict[str, Any]:
    from experiments.mine.schema import json_schema

    return json_schema()


def _trial_schema() -> dict[str, Any]:
    from experiments.trials.schema import json_schema

    return json_schema()


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("scenario", _check_scenario, _scenario_schema),
        Kind("services", _check_scenario),
        Kind("study", _check_study, _study_schema),
        Kind("hypothesis", _check_hypothesis, _hypothesis_schema),
        Kind("record", _check_record, _record_schema),
        Kind("mine", _check_mine, _mine_schema),
        Kind("trial", _check_trial, _trial_schema),
        Kind("ensemble", _check_ensemble, note=_note_of_ensemble),
    )
}
"""By name. The table of a study's points is checked with the study that names it."""


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema of a kind of file, for editors.

    Parameters
    ----------
    name : str

    Raises
    ------
    BadInput
        For a kind that there is not, or one that is a table.
    """
    kinds = {kind.name: kind.schema for kind in KINDS.values() if kind.schema is not None}
    schema = kinds.get(name)
    if schema is None:
        hint = did_you_mean(name, kinds) or ("tables have no JSON Schema: `sustain check` reads them" if name in KINDS else "")
        raise BadInput([Problem("sustain schema", f"there is no schema of '{name}'", ", ".join(kinds), hint)])
    return schema()
