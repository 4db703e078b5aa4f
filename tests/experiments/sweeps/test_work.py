"""A job's rows are what its runs give one by one, to the bit; a run that fails is told and harms no other."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim
from experiments.sweeps import work
from experiments.sweeps.declared import shape_of
from experiments.sweeps.designs import Design, Factor
from experiments.sweeps.jobs import Block, Job, ShippedEnsemble, jobs_of
from experiments.sweeps.rows import count_rows, own_value, point_values, unit_places
from experiments.sweeps.study import Study
from experiments.sweeps.work import compute
from sim.engine import CompiledEngine, simulate
from sim.measures import outcome_vector, vector_names
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem
from sim.scenario import read_scenario, resolve
from sim.scenario.overrides import with_settings
from sim.store.parts import Part
from sim.tallies import Tally
from tests.experiments.sweeps.small import FACTORS, MEMBERS, equal, made

pytestmark = pytest.mark.portable

KEYS = ["scenario", "point", "run"]


def frame(part: Part, kind: str) -> pd.DataFrame:
    (content,) = (one.content for one in part.files if one.kind == kind)
    return pq.read_table(pa.BufferReader(content)).to_pandas()


def rows(parts: list[Part], kind: str) -> pd.DataFrame:
    return pd.concat([frame(one, kind) for one in parts], ignore_index=True)


def jobs(study: Study, points: int, runs: int) -> list[Job]:
    return list(jobs_of(study, [Block(points, runs)] * len(study.scenarios), "c"))


def settings_of(study: Study, point: int, run: int) -> dict[str, Any]:
    settings = dict(study.design.settings(point))
    if study.ensemble:
        settings |= dict(zip(study.ensemble.parameters, study.ensemble.values[run % study.members].tolist(), strict=True))
    return settings


def one_by_one(study: Study) -> Iterator[tuple[str, int, int, dict[str, float]]]:
    """Scenario, point, run and outcomes of every run, each from a plan of its own."""
    for scenario in study.scenarios:
        for point in range(study.design.points):
            for run in range(study.runs):
                plan = resolve(with_settings(scenario, settings_of(study, point, run)))
                (batch,) = simulate(plan, seed=study.seed, replicates=1, first=run)
                vector = outcome_vector(plan, [batch])
                yield scenario.name, point, run, {name: float(vector[name][0]) for name in study.outcomes}


# ------------------------------------------------------------------------------------------------------------------ to the bit


@pytest.mark.engine
@pytest.mark.parametrize(("points", "runs"), [(8, 6), (1, 4), (3, 6)])
def test_rows_are_those_of_single_runs(points: int, runs: int) -> None:
    study = made(ensemble=MEMBERS, replicates=3, outcomes=["all"])
    found = rows([compute(one) for one in jobs(study, points, runs)], "runs")
    expected = list(one_by_one(study))
    assert len(found) == len(expected) == study.total
    assert [tuple(row) for row in found[KEYS].itertuples(index=False)] == [one[:3] for one in expected]
    for name in vector_names(13):
        assert equal(found[name], [one[3][name] for one in expected]), name
    assert found["member"].tolist() == [one[2] % 2 for one in expected]
    for factor in study.design.factors:  # every row says what it was run with
        assert [study.design.settings(point)[factor.name] for point in found["point"]] == found[factor.name].tolist()
    assert found["months_delivery_window"].tolist() == [(3.0, 6.0)[one[2] % 2] for one in expected]
    # the control: factors, members and runs do make a difference
    assert len({tuple(one[3].items()) for one in expected}) > 60


@pytest.mark.engine
@pytest.mark.parametrize("ensemble", [None, "plausible"])
def test_rows_are_those_of_sim_run(ensemble: str | None) -> None:
    study = made(keep=["outcomes", "monthly"], replicates=3, scenarios=["nine-services"], ensemble=ensemble, every_member=False)
    parts = [compute(one) for one in jobs(study, 4, 3)]
    outcomes, monthly = rows(parts, "runs"), rows(parts, "monthly")
    for point in (0, 5):
        alone = sim.run(
            "nine-services", replicates=3, seed=3, months=13, settings=study.design.settings(point), threads=1, ensemble=ensemble
        )
        last = alone.region_monthly.query("month == 13")
        mine = outcomes[outcomes["point"] == point]
        assert equal(mine["posts_delivering"], last["posts_delivering"])
        assert mine["member"].tolist() == alone.worlds["member"].tolist()
        there = monthly[monthly["point"] == point].drop(columns=["scenario", "point"]).rename(columns={"run": "replicate"})
        theirs = alone.services_monthly
        shared = [name for name in there.columns if name in theirs.columns and name != "service"]
        assert len(shared) > 60
        for name in shared:
            assert there[name].astype(str).tolist() == theirs[name].astype(str).tolist(), name
        assert [alone.services_start["service"].tolist()[at] for at in there["service"]] == theirs["service"].tolist()


@pytest.mark.engine
@pytest.mark.parametrize("every", [False, True])
def test_rows_do_not_depend_on_how_runs_are_cut(every: bool) -> None:
    study = made(ensemble=MEMBERS | {"commitment_mean": [0.6, 0.8]}, every_member=every, replicates=7, keep=["outcomes"])
    whole, parts = (rows([compute(one) for one in jobs(study, *block)], "runs") for block in ((8, 20), (1, 3)))
    parts = parts.sort_values(KEYS).reset_index(drop=True)
    assert whole.equals(parts)
    assert set(whole["member"]) == {0, 1}
    other = made(ensemble=None, replicates=7, keep=["outcomes"])  # the control
    names = list(study.outcomes)
    assert not whole[names].equals(rows([compute(one) for one in jobs(other, 8, 20)], "runs")[names])


@pytest.mark.engine
def test_a_factor_holds_in_every_member() -> None:
    factors = {"chance_waits": [0.04], "hours_protected": [8.0]}
    study = made(ensemble=MEMBERS, every_member=False, replicates=4, factors=factors, scenarios=["nine-services"])
    (part,) = (compute(one) for one in jobs(study, 1, 4))
    settings = {"chance_waits": 0.04, "hours_protected": 8.0}
    left = Ensemble("m", ("months_delivery_window",), np.array([[3.0], [6.0]]), np.array([0.5, 1.5]), "")
    alone = sim.run("nine-services", replicates=4, seed=3, months=13, settings=settings, ensemble=left)
    last = alone.region_monthly.query("month == 13")
    assert equal(rows([part], "runs")["posts_delivering"], last["posts_delivering"])


def test_the_shipped_ensemble_is_sent_by_its_name() -> None:
    study = made(ensemble="plausible", every_member=False, replicates=2)
    (job, *_) = jobs(study, 8, 2)
    assert isinstance(job.ensemble, ShippedEnsemble)
    assert job.ensemble.without == ("hours_protected",)
    assert len(pickle.dumps(job)) < 20_000
    assert study.ensemble is not None
    assert np.array_equal(job.ensemble.read().values, study.ensemble.values)
    changed = replace(study, ensemble=replace(study.ensemble, values=study.ensemble.values * 1.0000001))
    assert isinstance(next(iter(jobs(changed, 8, 2))).ensemble, Ensemble)  # the control: the same name and hash, other numbers
    with pytest.raises(BadInput, match="another plausible ensemble"):
        compute(replace(job, ensemble=ShippedEnsemble("0" * 64, ())))


@pytest.mark.engine
def test_counts_are_those_of_single_runs() -> None:
    study = made(ensemble=MEMBERS, replicates=2, keep=["aggregates"])
    both = replace(study, keep=("outcomes", "aggregates"))
    only = [compute(one) for one in jobs(study, 8, 4)]
    beside = [compute(one) for one in jobs(both, 8, 4)]
    shape = shape_of(study)
    for kind in ("tallies", "fidelity_counts", "survival_counts"):
        found = rows(only, kind)
        expected = []
        for at, scenario in enumerate(study.scenarios):
            for point in range(study.design.points):
                tally, plans = None, [resolve(with_settings(scenario, settings_of(study, point, run))) for run in range(4)]
                for run, plan in enumerate(plans):
                    tally = tally or Tally(plan)
                    (batch,) = simulate(plan, seed=study.seed, replicates=1, first=run)
                    tally.add(batch)
                assert tally is not None
                counts, runs = tally.take()
                head = {"scenario": at, "point": point}
                places = unit_places(shape, tally.units)
                expected.append(pd.DataFrame(count_rows(shape, counts, runs, places, tally.landmarks, head)[kind]))
        whole = pd.concat(expected, ignore_index=True)
        assert len(whole) == len(found) > 0
        for name in found.columns:
            codes = found[name].cat.codes if isinstance(found[name].dtype, pd.CategoricalDtype) else found[name]
            assert codes.tolist() == whole[name].tolist(), (kind, name)
        assert found.equals(rows(beside, kind))


@pytest.mark.engine
def test_a_job_is_the_same_bytes_wherever_it_is_sent() -> None:
    for job in jobs(made(replicates=2), 3, 2)[:2]:
        assert compute(pickle.loads(pickle.dumps(job))) == compute(job)


ROOM = "expansion"
"""Without it nothing is held in reserve; posts in reserve count nowhere, so that such points may share a plan too."""


def test_posts_in_reserve_do_nothing_where_nothing_can_open_them() -> None:
    scenario = read_scenario("nine-services", months=13)
    bare, full = resolve(with_settings(scenario, {f"switch.{ROOM}": "off"})), resolve(scenario)
    held = replace(full, parameters=bare.parameters)
    rows = [np.concatenate([batch.rows for batch in simulate(plan, seed=3, replicates=8)]) for plan in (bare, held, full)]
    assert full.services["reserve"].sum() > 0 == bare.services["reserve"].sum()
    assert rows[0].tobytes() == rows[1].tobytes()


def test_only_the_parameter_record_of_a_plan_depends_on_parameters_switches_and_forms() -> None:
    # so that points that differ in nothing else can share a plan
    scenario, table = read_scenario("nine-services", months=13), read_table()
    before = resolve(scenario)
    settings: list[dict[str, Any]] = [{name: one.high} for name, one in table.parameters.items()]
    settings += [{f"switch.{name}": "off"} for name in table.switches if name != ROOM]
    settings += [{f"forms.{name}": one.words[-1]} for name, one in table.forms.items()]
    changed = 0
    for setting in settings:
        plan = resolve(with_settings(scenario, setting))
        assert plan.months == before.months
        for name in ("services", "posts", "calendars"):
            assert getattr(plan, name).tobytes() == getattr(before, name).tobytes(), setting
        changed += int(plan.parameters.tobytes() != before.parameters.tobytes())
    assert changed > 0.9 * len(settings)


# ------------------------------------------------------------------------------------------------------------------- failures


def told(part: Part) -> list[tuple[int, int, int, str, str, str]]:
    return [(one["point"], one["run"], one["runs"], one["stage"], one["type"], one["message"]) for one in part.about["failures"]]


def without(data: pd.DataFrame, gone: list[tuple[int, int]]) -> pd.DataFrame:
    pairs = list(zip(data["point"], data["run"], strict=True))
    return data[[one not in gone for one in pairs]].reset_index(drop=True)


class Failing:
    """Makes runs with turnover fail in the engine as compiled code would: the whole batch raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, runs: set[int], error: BaseException) -> None:
        self.calls = 0
        run, tally = CompiledEngine.run, Tally.run

        def run_or_raise(engine: CompiledEngine, replicates: np.ndarray, **options: Any) -> Any:
            self.calls += 1
            if runs & set(replicates.tolist()) and self.hit(engine, replicates, options.get("members")):
                raise error
            return run(engine, replicates, **options)

        def tally_or_raise(one: Tally, engine: CompiledEngine, replicates: np.ndarray, members: Any = None) -> None:
            if runs & set(replicates.tolist()) and self.hit(engine, replicates, members):
                half = len(replicates) // 2
                tally(one, engine, replicates[:half], members[:half])  # some are counted before it raises
                raise error
            tally(one, engine, replicates, members)

        self.runs = runs
        monkeypatch.setattr(CompiledEngine, "run", run_or_raise)
        monkeypatch.setattr(Tally, "run", tally_or_raise)

    def hit(self, engine: CompiledEngine, replicates: np.ndarray, members: Any) -> bool:
        """Whether one of the runs is to fail and has turnover."""
        on = engine.plan.parameters["switch_turnover"][members] == 1
        return bool((np.isin(replicates, list(self.runs)) & on).any())


FAILED = [(point, run) for point in (0, 2) for run in (2, 4)]
"""Points with turnover, each with one without it behind it in the same batch, and the runs that are made to fail."""


@pytest.fixture
def four() -> Study:
    factors = {name: FACTORS[name] for name in ("services.D.leader", "switch.turnover")}
    return made(scenarios=["nine-services"], factors=factors)


@pytest.mark.engine
@pytest.mark.parametrize("keep", [("outcomes",), ("outcomes", "aggregates", "monthly"), ("monthly", "aggregates")])
def test_a_run_that_raises_is_told_and_harms_no_other(
    four: Study, monkeypatch: pytest.MonkeyPatch, keep: tuple[str, ...]
) -> None:
    study = replace(four, keep=keep)
    (job,) = jobs(study, 4, 5)
    whole = compute(job)
    assert (whole.about["failed"], whole.about["failures"]) == (0, [])
    Failing(monkeypatch, {2, 4}, ZeroDivisionError("division\n by zero"))
    part = compute(job)
    assert part.about["failed"] == 4
    assert told(part) == [(*one, 1, "simulate", "ZeroDivisionError", "division by zero") for one in FAILED]
    assert part.about["failures"][0]["settings"] == study.design.settings(0)
    for kind in {"runs", "monthly"} & {one.kind for one in part.files}:
        assert frame(part, kind).equals(without(frame(whole, kind), FAILED))
    if "aggregates" in keep:
        assert_counts_of_the_others(part, study)


@pytest.mark.engine
def test_a_run_that_raises_while_only_counting(four: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    study = replace(four, keep=("aggregates",))
    (job,) = jobs(study, 4, 5)
    Failing(monkeypatch, {2, 4}, ZeroDivisionError("division by zero"))
    part = compute(job)
    assert told(part) == [(*one, 1, "simulate", "ZeroDivisionError", "division by zero") for one in FAILED]
    assert_counts_of_the_others(part, study)


def assert_counts_of_the_others(part: Part, study: Study) -> None:
    found = frame(part, "tallies")
    assert set(zip(found["point"], found["runs"], strict=True)) == {(0, 3), (1, 5), (2, 3), (3, 5)}
    region = found[(found["group"] == "region") & (found["month"] == 13)]
    for point in range(4):
        scenario = with_settings(study.scenarios[0], dict(study.design.settings(point)))
        plan = resolve(scenario)
        good = [run for run in range(5) if (point, run) not in FAILED]
        states = [next(simulate(plan, seed=3, replicates=1, first=run)).rows["state"][0, :, -1] for run in good]
        sustained = region[(region["point"] == point) & (region["measure"] == "sustained")]
        assert int(sustained["total"].sum()) == sum(int((one == 0).sum()) for one in states)
        assert int(sustained["squares"].sum()) == sum(int((one == 0).sum()) ** 2 for one in states)


@pytest.mark.engine
def test_all_runs_fail(four: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    for keep in (("outcomes", "aggregates"), ("aggregates",)):
        (job,) = jobs(replace(four, keep=keep), 4, 5)
        with monkeypatch.context() as patch:
            failing = Failing(patch, set(range(5)), ValueError())
            part = compute(job)
        assert failing.calls > 0
        assert part.about["failed"] == 10
        assert {one[3:] for one in told(part)} == {("simulate", "ValueError", "ValueError")}  # it says nothing of itself
        assert set(frame(part, "tallies")["point"]) == {1, 3}


@pytest.mark.engine
def test_an_infinite_outcome_is_a_failure(four: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    (job,) = jobs(four, 4, 5)
    whole = compute(job)

    def infinite(plan: Any, batches: Any, names: Any) -> Any:
        found = outcome_vector(plan, batches, names)
        found["fidelity"][(batches[0].replicates == 3)] = np.inf
        found["climate"] = np.full(len(found["fidelity"]), -np.inf)  # not among the study's outcomes: nobody asks for it
        return found

    monkeypatch.setattr(work, "outcome_vector", infinite)
    study_outcomes = job.shape.outcomes
    assert "fidelity" in study_outcomes
    assert "climate" not in study_outcomes
    part = compute(job)
    assert told(part) == [(point, 3, 1, "measure", "ArithmeticError", "infinite: fidelity") for point in range(4)]
    assert frame(part, "runs").equals(without(frame(whole, "runs"), [(point, 3) for point in range(4)]))
    assert set(frame(part, "tallies")["runs"]) == {4}


@pytest.mark.engine
@pytest.mark.parametrize("keep", [("outcomes", "aggregates"), ("aggregates",), ("monthly",)])
def test_a_combination_that_cannot_be_is_told_once_a_point(monkeypatch: pytest.MonkeyPatch, keep: tuple[str, ...]) -> None:
    factors = {"services.A.staff": [12, 13], "services.A.format": ["group", "individual"], "switch.turnover": ["on", "off"]}
    study = replace(made(scenarios=["nine-services"], factors=factors, replicates=3), keep=keep)
    (job,) = jobs(study, 8, 3)
    whole = compute(job)

    def together(scenario: Any, settings: Any) -> Any:
        if settings == {"services.A.staff": 13, "services.A.format": "group"}:
            raise BadInput([Problem("services (A)", "13 employees cannot be in one group")])
        return with_settings(scenario, settings)

    monkeypatch.setattr(work, "with_settings", together)
    part = compute(job)
    assert [one[:5] for one in told(part)] == [(4, 0, 3, "resolve", "BadInput"), (5, 0, 3, "resolve", "BadInput")]
    assert "13 employees cannot be" in told(part)[0][5]
    assert part.about["failed"] == 6
    assert part.about["failures"][1]["settings"] == study.design.settings(5)
    for file in part.files:
        before = frame(whole, file.kind)
        assert frame(part, file.kind).equals(before[~before["point"].isin([4, 5])].reset_index(drop=True))


@pytest.mark.engine
@pytest.mark.parametrize("keep", [("outcomes",), ("aggregates",)])
def test_want_of_memory_goes_through(four: Study, monkeypatch: pytest.MonkeyPatch, keep: tuple[str, ...]) -> None:
    (job,) = jobs(replace(four, keep=keep), 4, 5)
    with monkeypatch.context() as patch:
        Failing(patch, {2}, MemoryError())
        with pytest.raises(MemoryError):
            compute(job)

    def no_room(*_: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(work, "resolve", no_room)
        with pytest.raises(MemoryError):
            compute(job)


@pytest.mark.engine
def test_many_failures_are_counted_and_the_first_told(four: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "FAILURES_TOLD", 3)
    Failing(monkeypatch, {2, 4}, ValueError("no"))
    (job,) = jobs(four, 4, 5)
    part = compute(job)
    assert (part.about["failed"], len(part.about["failures"])) == (4, 3)


# --------------------------------------------------------------------------------------------------------- values on the rows


def test_point_values_are_the_scenarios_own_where_a_point_leaves_them() -> None:
    scenario = read_scenario(
        "nine-services", overrides={"chance_waits": "0.05", "switch.fading": "off", "forms.peers": "independent"}
    )
    factors = (
        Factor("chance_waits", "parameter", "per month"),
        Factor("chance_leaves", "parameter", "per month"),
        Factor("switch.fading", "switch", "category", ("off", "on")),
        Factor("services.C.leader", "service", "category", ("vacant", "active")),
        Factor("services.D.leader", "service", "category", ("vacant",)),
        Factor("services.all.leader", "service", "category", ("vacant", "active")),
        Factor("services.A.staff", "service", "people", (), True),
        Factor("services.all.staff", "service", "people", (), True),
        Factor("services.A.eligibility_checked", "service", "category", ("false", "true")),
        Factor("forms.peers", "form", "category", ("linked", "independent")),
        Factor("forms.rosy", "form", "category", ("shift", "ratio")),
    )
    values = tuple(np.array([-1, 0], "i2") if one.labels else np.array([np.nan, 7.0]) for one in factors)
    found = point_values(Design("table", factors, values), scenario)
    staff = {one.name: one.staff for one in scenario.services}
    assert found["chance_waits"].tolist() == [0.05, 7.0]
    assert found["chance_leaves"].tolist() == [read_table().parameters["chance_leaves"].value, 7.0]
    assert found["switch.fading"].tolist() == [0, 0]
    assert found["services.C.leader"].tolist() == [1, 0]  # active, which is one of the labels
    assert found["services.D.leader"].tolist() == [1, 0]  # another word: as in the scenario
    assert found["services.all.leader"].tolist() == [2, 0]  # the services do not agree
    assert found["services.A.staff"].tolist() == [staff["A"], 7.0]
    assert len(set(staff.values())) > 1
    assert np.isnan(found["services.all.staff"][0])
    checked = str(scenario.services[0].eligibility_checked).lower()
    assert found["services.A.eligibility_checked"].tolist() == [("false", "true").index(checked), 0]
    assert own_value(factors[2], scenario) == "off"
    assert (found["forms.peers"].tolist(), found["forms.rosy"].tolist()) == ([1, 0], [0, 0])


@pytest.mark.engine
def test_forms_are_levels_like_others() -> None:
    factors = {"forms.deciding": ["threshold", "hazard"], "forms.peers": ["linked", "independent"]}
    study = made(scenarios=["nine-services"], factors=factors, replicates=2, outcomes=["all"])
    found = rows([compute(one) for one in jobs(study, 3, 2)], "runs")
    expected = list(one_by_one(study))
    for name in vector_names(13):
        assert equal(found[name], [one[3][name] for one in expected]), name
    assert found["forms.deciding"].tolist() == ["threshold"] * 4 + ["hazard"] * 4
    assert len(set(found["commitment"])) == 8


@pytest.mark.engine
def test_rows_of_one_at_a_time_have_every_factors_value() -> None:
    study = made(
        scenarios=[read_scenario("nine-services", overrides={"hours_protected": 6.5}, months=13)], months=None,
        design="one-at-a-time", replicates=2,
        factors={"hours_protected": [1.0], "switch.turnover": ["off"], "services.D.leader": ["vacant"]},
    )  # fmt: skip
    found = rows([compute(one) for one in jobs(study, 4, 2)], "runs").drop_duplicates("point")
    assert found["hours_protected"].tolist() == [6.5, 1.0, 6.5, 6.5]
    assert found["switch.turnover"].tolist() == ["on", "on", "off", "on"]
    assert found["services.D.leader"].tolist() == ["passive_supportive"] * 3 + ["vacant"]  # the scenario's own
