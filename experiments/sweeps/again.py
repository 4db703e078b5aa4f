"""One run of a sweep again: what a row says can be seen to be so, and a failure can be looked into."""

import math
import re
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments.sweeps.declared import RUNS
from experiments.sweeps.gathering import other_version, stored_study
from experiments.sweeps.jobs import Job, ShippedEnsemble, single
from experiments.sweeps.study import Study, members_by_world
from experiments.sweeps.work import scenario_of_form
from sim.ensembles import with_member
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.overrides import with_settings
from sim.store.parts import PartStore


def again(folder: Path, name: str, *, engine: str = "compiled") -> dict[str, Any]:
    """Run one run of a sweep again.

    Parameters
    ----------
    folder : pathlib.Path
    name : str
        ``SCENARIO:POINT:RUN``.
    engine : str

    Returns
    -------
    dict
        ``scenario``, ``settings``, ``outcomes`` (None where undefined), ``failure`` (None, or ``stage``, ``type``,
        ``message``), ``traceback``, ``failed_in_the_sweep``, ``equal`` (to the stored row; None without one),
        ``as_in_the_sweep`` and ``other_version`` (that another version of the model made the sweep, or nothing).

    Raises
    ------
    BadInput
        When there is no such run, folder or engine.
    """
    store = PartStore.open(folder)
    study = stored_study(folder)
    scenario, point, run = _place(study, name)
    _check_engine(engine)
    job = single(study, scenario, point, run)
    settings = settings_of(job)
    found: dict[str, Any] = {"scenario": study.scenarios[scenario].name, "settings": settings, "outcomes": {}, "traceback": ""}
    found |= {"failure": None, "failed_in_the_sweep": False, "equal": None, "as_in_the_sweep": True}
    found["other_version"] = other_version(store, study)
    stage = "resolve"
    try:
        plan = _plan(job)
        stage = "simulate"
        batch = _batch(plan, job, engine)
        stage = "measure"
        found["outcomes"] = _outcomes(plan, batch, study)
    except Exception as error:
        message = " ".join(str(error).split()) or type(error).__name__
        found["failure"] = {"stage": stage, "type": type(error).__name__, "message": message}
        found["traceback"] = traceback.format_exc()
        found["as_in_the_sweep"] = False
        return found
    row, covered = _stored(store, study, (scenario, point, run))
    if row is not None:
        found["equal"] = found["as_in_the_sweep"] = row == found["outcomes"]
    elif covered and "outcomes" in study.keep:
        found |= {"failed_in_the_sweep": True, "equal": False, "as_in_the_sweep": False}
    return found


def _place(study: Study, name: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9}):([0-9]{1,12})", name.strip())
    limits = (len(study.scenarios), study.design.points, study.runs)
    allowed = "SCENARIO:POINT:RUN, up to " + ":".join(str(one - 1) for one in limits)
    if match is None:
        raise BadInput([Problem(f"run {name}", "is not SCENARIO:POINT:RUN", allowed, "three numbers from 0, such as 0:12:5")])
    place = tuple(int(one) for one in match.groups())
    words = ("scenario", "point", "run")
    problems = [
        Problem(f"run {name}", f"there is no {word} {value}", allowed, "all three are counted from 0")
        for word, value, limit in zip(words, place, limits, strict=True)
        if value >= limit
    ]
    if problems:
        raise BadInput(problems)
    return place[0], place[1], place[2]


def _check_engine(engine: str) -> None:
    from sim.engine import ENGINES

    if engine not in ENGINES:
        raise BadInput([Problem("engine", f"unknown engine '{engine}'", ", ".join(ENGINES), did_you_mean(engine, ENGINES))])


def settings_of(job: Job) -> dict[str, Any]:
    """What the design sets for a job of one run; where every member is run, also what the member does."""
    settings: dict[str, Any] = dict(job.design.settings(0))
    one = _member(job)
    if one is not None and job.every_member:
        settings |= dict(zip(one.parameters, one.within(scenario_of_form(job.form).set_values)[0].tolist(), strict=True))
    return settings


def _member(job: Job) -> Ensemble | None:
    """Member of the ensemble that a job of one run has; None without an ensemble."""
    ensemble = job.ensemble.read() if isinstance(job.ensemble, ShippedEnsemble) else job.ensemble
    if ensemble is None:
        return None
    worlds = members_by_world(ensemble, every_member=job.every_member)
    return with_member(ensemble, int(worlds[job.first_run % len(worlds)]))


def _plan(job: Job) -> Any:
    from sim.scenario import resolve

    scenario, settings = scenario_of_form(job.form), dict(job.design.settings(0))
    return resolve(replace(with_settings(scenario, settings) if settings else scenario, ensemble=_member(job)))


def _batch(plan: Any, job: Job, engine: str) -> Any:
    from sim.engine import CompiledEngine, MesaEngine

    one = np.array([job.first_run], np.int64)
    return (CompiledEngine if engine == "compiled" else MesaEngine)(plan, job.seed).run(one)[0]


def _outcomes(plan: Any, batch: Any, study: Study) -> dict[str, float | None]:
    from sim.measures import outcome_vector

    found = outcome_vector(plan, [batch], study.outcomes)
    values = {name: float(found[name][0]) if name in found else math.nan for name in study.outcomes}
    infinite = [name for name, value in values.items() if math.isinf(value)]
    if infinite:
        raise ArithmeticError("infinite: " + ", ".join(infinite))
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _stored(store: PartStore, study: Study, place: tuple[int, int, int]) -> tuple[dict[str, float | None] | None, bool]:
    """Outcomes in the sweep's row, None where there is none, and whether its job is done."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    scenario, point, run = place
    covered = False
    for name in store.names():
        about = store.record(name)["about"] if int(name.split("-", 1)[0]) == scenario else None
        if about is None or not 0 <= point - about["first_point"] < about["points"]:
            continue
        if not 0 <= run - about["first_run"] < about["runs"]:
            continue
        covered = True
        if store.path(RUNS, name).exists():
            table = pq.read_table(store.path(RUNS, name).absolute(), columns=["point", "run", *study.outcomes])
            rows = table.filter(pc.and_(pc.equal(table["point"], point), pc.equal(table["run"], run))).to_pylist()
            if rows:
                values = {one: rows[0][one] for one in study.outcomes}
                return {one: None if value is None or math.isnan(value) else value for one, value in values.items()}, True
    return None, covered
