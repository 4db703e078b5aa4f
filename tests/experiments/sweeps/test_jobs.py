"""Jobs: every run once, names in the order of the rows, and in the names all that decides rows and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from experiments.sweeps.designs import Design, Factor
from experiments.sweeps.jobs import RUNS_MAX, Block, Job, Jobs, blocks_of, job_count, jobs_of, packed_form, part_of, single
from experiments.sweeps.study import Study
from sim.parameters.ensemble import Ensemble
from sim.scenario.definition import Scenario
from sim.store.encoding import is_name
from tests.experiments.sweeps.small import made
from tests.strategies import WIDELY

pytestmark = pytest.mark.portable

LEAVES = Factor("chance_leaves", "parameter", "per month")


@cache
def plain() -> Study:
    return made(factors=None)


@cache
def national() -> Any:
    """A scenario of two thousand services."""
    return made(scenarios=["national"], factors=None).scenarios


def sized(points: int, replicates: int, members: int = 1) -> Study:
    """Study of so many points, runs and members."""
    design = Design("table", (LEAVES,), (np.linspace(0.007, 0.029, points),))
    ensemble = None
    if members > 1:
        ensemble = Ensemble("m", ("chance_waits",), np.linspace(0.03, 0.05, members)[:, None], np.ones(members), "")
    return replace(plain(), design=design, replicates=replicates, ensemble=ensemble, every_member=members > 1)


def test_what_jobs_have_in_common_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    study, blocks = sized(4, 5), [Block(1, 2)] * 2
    form_of, worked_out = Scenario.machine_form, list[str]()

    def noted(one: Scenario) -> dict[str, Any]:
        worked_out.append(one.name)
        return form_of(one)

    monkeypatch.setattr(Scenario, "machine_form", noted)
    jobs = Jobs(study, blocks, "c")
    first, again = list(jobs), list(jobs)
    assert worked_out == [one.name for one in study.scenarios]
    assert len(jobs) == len(first) == 24
    alone = list(jobs_of(study, blocks, "c"))
    for one, other, third in zip(first, again, alone, strict=True):
        assert one.name == other.name == third.name
        assert one.form == other.form == third.form
        assert one.form == packed_form(study.scenarios[one.scenario])
    assert {one.name for one in first}.isdisjoint(names_of(study, blocks, code="d"))  # the control


def names_of(study: Study, blocks: Sequence[Block] | None = None, code: str = "c") -> list[str]:
    return [job.name for job in jobs_of(study, blocks or blocks_of(study), code)]


@WIDELY
@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(1, 25), st.integers(1, 70)), min_size=2, max_size=2),
)
@example(20, 5, 1, [(20, 5), (1, 1)])
def test_jobs_hold_every_run_once(points: int, replicates: int, members: int, sizes: list[tuple[int, int]]) -> None:
    study = sized(points, replicates, members)
    blocks = [Block(*one) for one in sizes]
    jobs = list(jobs_of(study, blocks, "c"))
    times = np.zeros((2, points, study.runs), int)
    for job in jobs:
        assert job.design.values[0].tolist() == study.design.values[0][job.first_point :][: job.design.points].tolist()
        times[job.scenario, job.first_point : job.first_point + job.design.points, job.first_run : job.first_run + job.runs] += 1
        assert job.first_run + job.runs <= study.runs
        assert job.first_point + job.design.points <= points
    assert (times == 1).all()
    assert sum(job.total for job in jobs) == study.total
    assert len(jobs) == job_count(study, blocks)
    names = [job.name for job in jobs]
    assert all(map(is_name, names))
    assert names == sorted(set(names))
    assert sorted(jobs, key=lambda job: (job.scenario, job.first_point, job.first_run)) == jobs


@settings(WIDELY, max_examples=40)
@given(st.integers(1, 50_000), st.integers(1, 50_000), st.sampled_from([("outcomes",), ("aggregates",), ("monthly",)]))
def test_blocks_are_of_one_point_or_of_whole_points(points: int, replicates: int, keep: tuple[str, ...]) -> None:
    study = replace(sized(points, replicates), keep=keep)
    for block in blocks_of(study):
        assert block.points == 1 or block.runs >= study.runs
        assert 1 <= block.points * block.runs <= RUNS_MAX
    ((small, _), (large,)) = blocks_of(study), blocks_of(replace(study, scenarios=national()))
    assert large.points * large.runs <= small.points * small.runs


def test_small_sweeps_are_cut_for_all_processors() -> None:
    study = sized(64, 200)
    assert len(names_of(study)) >= 8
    assert len(names_of(sized(2, 2))) == 2  # but not into crumbs


# ----------------------------------------------------------------------------------------------------------------------- names

DECIDING: dict[str, dict[str, Any]] = {
    "seed": {"seed": 4},
    "keep": {"keep": ["outcomes"]},
    "outcomes": {"outcomes": ["fidelity"]},
    "months": {"months": 14},
    "order of scenarios": {"scenarios": ["all-active", "nine-services"]},
    "another scenario": {"scenarios": ["nine-services", "all-passive"]},
    "one ulp of a level": {"factors": {"chance_leaves": [float(np.nextafter(0.01, 1)), float(np.nextafter(0.02, 1))]}},
    "another factor": {"factors": {"chance_waits": [0.03, 0.04]}},
    "order of levels": {"factors": {"chance_leaves": [0.02, 0.01]}},
    "an ensemble": {"ensemble": {"chance_waits": [0.03, 0.05]}},
    "the ensemble's numbers": {"ensemble": {"chance_waits": [0.03, 0.06]}},
    "the ensemble's order": {"ensemble": {"chance_waits": [0.05, 0.03]}},
    "the ensemble's parameter": {"ensemble": {"months_delivery_window": [3.0, 5.0]}},
    "a member more": {"ensemble": {"chance_waits": [0.03, 0.05, 0.05]}, "replicates": 2},
}


def base(**given: Any) -> Study:
    return made(**({"factors": {"chance_leaves": [0.01, 0.02]}, "replicates": 6} | given))


BLOCKS = (Block(1, 3), Block(1, 3))


def test_names_change_with_everything_that_decides_rows() -> None:
    found = {name: names_of(base(**change), BLOCKS) for name, change in DECIDING.items()} | {
        "as it was": names_of(base(), BLOCKS)
    }
    found["code"] = names_of(base(), BLOCKS, "d")
    every = [name for names in found.values() for name in names]
    assert len(set(every)) == len(every)


def replace_first(services: Any, **fields: Any) -> Any:
    return (services[0].model_copy(update=fields), *services[1:])


def test_a_scenarios_every_word_counts() -> None:
    study, before = base(), names_of(base(), BLOCKS)
    one = study.scenarios[0]
    for change in (
        {"services": replace_first(one.services, clarity=0.99)},
        {"switches": {"turnover": False}},
        {"parameters": {"chance_waits": 0.031}},
        {"policies": study.scenarios[1].policies, "events": (), "months": 12},
    ):
        names = names_of(replace(study, scenarios=(replace(one, **change), study.scenarios[1])), BLOCKS)
        assert not set(names[:4]) & set(before)
        assert names[4:] == before[4:]  # the other scenario's runs are what they were


def test_one_level_changes_the_jobs_of_its_point_alone() -> None:
    before, after = names_of(base(), BLOCKS), names_of(base(factors={"chance_leaves": [0.01, 0.021]}), BLOCKS)
    assert [one == other for one, other in zip(before, after, strict=True)] == 2 * [True, True, False, False]
    longer = names_of(base(factors={"chance_leaves": [0.01, 0.02, 0.029]}), BLOCKS)
    assert set(before) < set(longer)


def test_names_change_with_nothing_else() -> None:
    study, before = base(), names_of(base(), BLOCKS)
    same = {
        "titles": base(name="other", title="Other", question="Why?"),
        "text": replace(study, text="# a comment"),
        "scenarios' titles": replace(
            study, scenarios=tuple(replace(s, title="T", question="Q", seed=99, replicates=7, text="#") for s in study.scenarios)
        ),
    }
    for name, one in same.items():
        assert one.hash == study.hash, name
        assert names_of(one, BLOCKS) == before, name
    weighted = [base(ensemble={"chance_waits": [0.03, 0.05], "weight": w}, replicates=3) for w in ([1.0, 3.0], [2.0, 1.0])]
    renamed = replace(weighted[0], ensemble=replace(weighted[0].ensemble, name="other", text_hash="abc"))
    assert names_of(weighted[0], BLOCKS) == names_of(weighted[1], BLOCKS) == names_of(renamed, BLOCKS)
    zeros = [replace(study, design=Design("table", (LEAVES,), (np.array([value, 0.01]),))) for value in (0.0, -0.0)]
    assert names_of(zeros[0], BLOCKS) == names_of(zeros[1], BLOCKS)  # there is one zero


def test_a_study_that_grows_keeps_its_jobs() -> None:
    before, after = names_of(base(), BLOCKS), names_of(base(replicates=8), BLOCKS)
    assert set(before) < set(after)
    assert len(after) == 12
    shorter = names_of(base(replicates=5), BLOCKS)
    assert len(set(shorter) & set(before)) == 4  # the second job of a point holds two runs instead of three


def test_a_single_run_is_the_same_work_as_in_its_job() -> None:
    study = sized(5, 4)
    job = single(study, 1, 3, 2)
    assert (job.scenario, job.first_point, job.first_run, job.runs, job.total) == (1, 3, 2, 1, 1)
    assert job.design.settings(0) == study.design.settings(3)
    (holder,) = [one for one in jobs_of(study, [Block(5, 4), Block(5, 4)], "") if one.scenario == 1]
    assert isinstance(holder, Job)
    assert holder.form == job.form


@pytest.mark.parametrize(("first", "points", "expected"), [(0, 2, [0, 1]), (3, 9, [3, 4]), (4, 1, [4])])
def test_part_of_a_design(first: int, points: int, expected: list[int]) -> None:
    whole = sized(5, 1).design
    part = part_of(whole, first, points)
    assert [part.settings(at) for at in range(part.points)] == [whole.settings(at) for at in expected]
