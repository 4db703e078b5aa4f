"""From a study file, or from Python, to a Study: read, look up, check; every problem at once."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from experiments.sweeps.building import design_in
from experiments.sweeps.given import STUB, Given, ensemble_in, flat, outcomes_of, scenarios_of
from experiments.sweeps.schema import KEEPS, NO_ENSEMBLE, STUDY_VERSION, StudyFile
from experiments.sweeps.study import Study
from sim.ensembles import PLAUSIBLE, read_ensemble
from sim.ensembles.cells import cells_of, read_cells
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, tried
from sim.scenario.catalogue import file_named
from sim.scenario.definition import Scenario
from sim.scenario.files import parse_toml, read_text
from sim.scenario.messages import problems_of, tidy

STUDIES: Final = Path(__file__).resolve().parents[1] / "studies"
"""Folder of the studies that ship."""

RUNS_MAX: Final = 2**32
"""Runs of one scenario and point: so many replicates have random numbers of their own."""

_KIND: Final = "a study file (TOML)"


def read_study(
    name_or_path: str | Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    ensemble: str | Path | None = None,
    every_member: bool | None = None,
    table: ParameterTable | None = None,
) -> Study:
    """Read a study, with all its checks.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        Name of a shipped study, or a file.
    replicates, seed, months : int, optional
        Instead of the file's.
    ensemble : str or pathlib.Path, optional
        Instead of the study's: ``plausible`` for the shipped one, ``none`` for the default values, else a file anywhere.
    every_member : bool, optional
        Instead of the file's.
    table : ParameterTable, optional
        The shipped one by default.

    Returns
    -------
    Study

    Raises
    ------
    BadInput
        With every problem found.
    """
    path = find_study(name_or_path)
    text = read_text(path, _KIND)
    given = Given(parse_toml(text, path.name), path.name, path.parent, text, table=table or read_table())
    asked: dict[str, Any] = {"replicates": replicates, "seed": seed, "months": months}
    problems = _wrong_numbers(asked)
    if ensemble not in (None, PLAUSIBLE, NO_ENSEMBLE):
        given.ensemble = tried(partial(read_ensemble, ensemble, table=given.table), problems)
        ensemble = None
    asked |= {"ensemble": ensemble, "every_member": every_member}
    given.raw = given.raw | {key: value for key, value in asked.items() if value is not None and not problems}
    name = given.raw.get("name")
    if isinstance(name, str) and name != path.stem:
        what = f"the name '{name}' differs from the file's"
        problems.append(Problem(f"{path.name}: name", what, f"'{path.stem}'", "rename the file or the study"))
    return resolved(given, problems)


def study_of(
    *,
    scenarios: Sequence[str | Path | Scenario],
    factors: Mapping[str, Any] | None = None,
    design: str | Mapping[str, Any] | None = None,
    points: Mapping[str, Any] | None = None,
    ensemble: Mapping[str, Any] | Ensemble | str | Path | None = PLAUSIBLE,
    every_member: bool = False,
    replicates: int = 200,
    seed: int = 1,
    months: int | None = None,
    keep: Sequence[str] = ("outcomes", "aggregates"),
    outcomes: Sequence[str] | None = None,
    name: str = "study",
    title: str = "",
    question: str = "",
    table: ParameterTable | None = None,
) -> Study:
    """Make a study in Python, with the checks that a file gets.

    Parameters
    ----------
    scenarios : sequence of str, pathlib.Path or Scenario
        Names of shipped scenarios, files, or scenarios that were read.
    factors : mapping, optional
        For each factor a list of levels, or a mapping with ``levels``, or ``low``, ``high`` and ``scale``.
    design : str or mapping, optional
        A kind, or a mapping with ``kind`` and what it takes; ``factorial`` when there are factors, ``table`` with points.
    points : mapping, optional
        Points of a table design: a column a factor, such as a data frame.
    ensemble : str, path, mapping, Ensemble or None
        Sets of parameter values of which each run has one: ``"plausible"`` for the shipped ones, a CSV or Parquet file, or a
        column a parameter and a row a member. None: the default values in every run. What a factor sets holds in all.
    every_member : bool
        Run every point with every member, ``replicates`` times each.
    replicates, seed : int
    months : int, optional
        Not with scenarios that were read already: they have their horizon.
    keep, outcomes : sequence of str, optional
    name, title, question : str
    table : ParameterTable, optional

    Returns
    -------
    Study

    Raises
    ------
    BadInput
        With every problem found.
    """
    listed = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    ready = {one.name: one for one in listed if isinstance(one, Scenario)}
    raw = {
        "schema_version": STUDY_VERSION,
        "name": name,
        "title": title or name,
        "question": question or "What changes with the settings?",
        "scenarios": [one.name if isinstance(one, Scenario) else str(one) for one in listed],
        "replicates": replicates,
        "seed": seed,
        "keep": _listed(keep),
        "ensemble": NO_ENSEMBLE if ensemble is None else PLAUSIBLE,
        "every_member": every_member,
        "factors": {
            key: _plain(one) if isinstance(one, Mapping) else {"levels": _plain(one)} for key, one in (factors or {}).items()
        },
    }
    optional = {
        "months": None if ready else months, "outcomes": _listed(outcomes), "design": _design(design, factors, points)
    }  # fmt: skip
    raw |= {key: value for key, value in optional.items() if value is not None}
    given = Given(raw, name, scenarios=ready, table=table or read_table())
    problems = _wrong_scenarios(list(ready.values()), months)
    tried(partial(_hand_over, given, points, ensemble), problems)
    return resolved(given, problems)


def _wrong_scenarios(ready: Sequence[Scenario], months: int | None) -> list[Problem]:
    """What scenarios that were read already cannot have."""
    problems = []
    if ready and months is not None:
        what = f"a horizon for scenarios that were read already: {', '.join(scenario.name for scenario in ready)}"
        problems.append(Problem("months", what, "names of scenarios", "give read_scenario the months"))
    owned = [scenario.name for scenario in ready if scenario.ensemble is not None]
    if owned:
        hint = "give its ensemble to the study: ensemble=scenario.ensemble"
        problems.append(Problem("scenarios", f"with an ensemble of their own: {', '.join(owned)}", "scenarios without one", hint))
    return problems


def _design(
    design: str | Mapping[str, Any] | None, factors: Mapping[str, Any] | None, points: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Design as a file has it; None for a single point."""
    if design is None and (factors or points is not None):
        design = "table" if points is not None else "factorial"
    plain: Mapping[str, Any] | None = {"kind": design} if isinstance(design, str) else design and _plain(design)
    return plain


def _hand_over(
    given: Given, points: Mapping[str, Any] | None, ensemble: Mapping[str, Any] | Ensemble | str | Path | None
) -> None:
    """Give points and ensemble as a program has them."""
    given.cells = None if points is None else cells_of(points, "points")
    if isinstance(ensemble, str | Path) and ensemble != PLAUSIBLE:
        given.ensemble = read_cells(Path(ensemble), "ensemble")
    elif isinstance(ensemble, Ensemble):
        given.ensemble = ensemble
    elif isinstance(ensemble, Mapping):
        given.ensemble = cells_of(ensemble, "ensemble")


def _listed(words: Sequence[str] | None) -> list[str] | None:
    return [words] if isinstance(words, str) else None if words is None else list(words)


def _plain(value: Any) -> Any:
    """Value with Python's own numbers in place of NumPy's, lists in place of tuples and arrays."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_plain(one) for one in value] if isinstance(value, list | tuple | range) else value


def _wrong_numbers(asked: Mapping[str, object]) -> list[Problem]:
    """Problems of numbers that come from the command line or a program; those of a file are found with the file."""
    problems = []
    for key, value in asked.items():
        if value is None:
            continue
        try:
            StudyFile.model_validate({**STUB, key: value})
        except ValidationError as error:
            found = problems_of(error, file="", model=StudyFile, raw={key: value})
            problems += [Problem(key, one.what, one.allowed, one.hint) for one in found]
    return problems


def resolved(given: Given, problems: list[Problem]) -> Study:
    """Study of what was given.

    Raises
    ------
    BadInput
        With these problems and all others.
    """
    raw, file = given.raw, given.file
    raw["factors"] = flat(raw.get("factors", {}))
    try:
        StudyFile.model_validate(raw)
    except ValidationError as error:
        # of a factor, and of the design, more can be said on their own
        problems += [
            one
            for one in problems_of(error, file=file, model=StudyFile, raw=raw)
            if not one.where.startswith(f"{file}: factors.")
        ]
    scenarios, found = scenarios_of(given)
    problems += found
    ensemble, found = ensemble_in(given)
    problems += found
    design, found = design_in(given, scenarios)
    problems += found
    every_member = given.plain("every_member")
    if every_member and given.ensemble is None and given.plain("ensemble") == NO_ENSEMBLE:
        what = "there is no ensemble whose members could be run"
        problems.append(Problem(f"{file}: every_member", what, "an ensemble", f'ensemble = "{PLAUSIBLE}"'))
    varied = {one.name for one in design.factors} if design is not None else set()
    overridden = tuple(name for name in (ensemble.parameters if ensemble else ()) if name in varied)
    ensemble = ensemble and ensemble.without(overridden)
    outcomes, found = outcomes_of(given, scenarios)
    problems += found
    replicates = given.plain("replicates")
    keep = given.plain("keep")
    if len(set(keep)) < len(keep):
        problems.append(Problem(f"{file}: keep", "a word stands twice", "every word once"))
    if ensemble is not None and every_member and ensemble.members * replicates > RUNS_MAX:
        what = f"{ensemble.members:,} members x {replicates:,} replicates are more runs than have random numbers of their own"
        problems.append(Problem(f"{file}: replicates", what, f"members x replicates up to {RUNS_MAX:,}"))
    if problems or design is None:
        raise BadInput(tidy(problems))
    return Study(
        name=raw["name"],
        title=raw["title"],
        question=raw["question"],
        scenarios=tuple(scenarios),
        replicates=replicates,
        seed=given.plain("seed"),
        keep=tuple(word for word in KEEPS if word in keep),
        outcomes=outcomes,
        design=design,
        ensemble=ensemble,
        every_member=every_member,
        overridden=overridden,
        text=given.text,
    )


def find_study(name_or_path: str | Path) -> Path:
    """File of a study.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        A file of the user's, or the name of a shipped study.

    Raises
    ------
    BadInput
        When there is neither.
    """
    return file_named(name_or_path, {path.stem: path for path in sorted(STUDIES.glob("*.toml"))}, what="study")


def check_study(path: str | Path, *, table: ParameterTable | None = None) -> list[Problem]:
    """Problems of a study file; empty when it can be used.

    Parameters
    ----------
    path : str or pathlib.Path
    table : ParameterTable, optional
    """
    try:
        read_study(path, table=table)
    except BadInput as error:
        return error.problems
    return []


def json_schema() -> dict[str, Any]:
    """JSON Schema of study files, for editors."""
    return StudyFile.model_json_schema()
