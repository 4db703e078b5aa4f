"""Patterns measured on runs: the same however they are put into batches, with records, scenarios and plans; failures told."""

import time
from dataclasses import replace

import numpy as np
import pytest

from experiments.patterns import checking
from experiments.patterns.checking import check, chunk, failures, measure_cohort, result_of, runs_of
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.reading import read_patterns
from sim.parameters import record
from sim.problems import BadInput
from sim.scenario import read_scenario, resolve

pytestmark = pytest.mark.portable

PATTERNS = {one.id: one for one in read_patterns().patterns}


def values_of(results) -> dict[str, float | None]:
    return {one.id: one.value for one in results}


def test_a_result_is_the_mean_with_its_error_and_its_place_in_the_band() -> None:
    pattern = PATTERNS["P1.mean"]
    found = result_of(pattern, np.array([[4.5, 4.6, 4.7, np.nan]]))
    assert found.value == pytest.approx(4.6)
    assert found.mcse == pytest.approx(np.std([4.5, 4.6, 4.7], ddof=1) / np.sqrt(3))
    assert (found.inside, found.undefined) == (True, 1)
    assert not result_of(pattern, np.array([[4.2, 4.3]])).inside  # control
    assert result_of(pattern, np.array([[4.6]])).mcse is None
    assert result_of(pattern, np.full((1, 3), pattern.low)).inside  # the band holds its ends
    for nothing in (None, np.full((1, 2), np.nan)):
        none = result_of(pattern, nothing)
        assert (none.value, none.mcse, none.inside) == (None, None, False)


def test_members_share_their_random_numbers_so_the_error_is_over_replicates() -> None:
    pattern = PATTERNS["P1.mean"]
    one = np.array([[4.5, 4.6, 4.7, 4.8]])
    alone, doubled = result_of(pattern, one), result_of(pattern, np.vstack([one, one]))
    assert doubled.value == pytest.approx(alone.value)
    assert doubled.mcse == pytest.approx(alone.mcse)  # and not smaller by the root of two


def test_what_must_hold_and_does_not_is_a_failure() -> None:
    good, bad = (result_of(PATTERNS["P1.mean"], np.full((1, 2), value)) for value in (4.6, 4.0))
    optional = result_of(PATTERNS["P1.spread"], np.full((1, 2), 9.0))
    assert failures([good, bad, optional]) == [bad]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stages": (1, 4)}, "unknown stage '4'"),
        ({"stages": ()}, "none is given"),
        ({"replicates": 0}, "a whole number from 1"),
        ({"replicates": "many"}, "'many'"),
        ({"seed": -1}, "'-1'"),
    ],
)
def test_bad_numbers_are_problems(given, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check(**given)


def test_runs_are_counted() -> None:
    assert runs_of((1,), 5) == 5
    assert runs_of((1, 2, 3), 5, members=2) == 5 * 2 * len(COHORTS)


@pytest.mark.engine
def test_stage_1_is_the_same_in_whatever_batches_and_moves_with_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    once = check(stages=(1,), replicates=24, progress=counted.append)
    assert sum(counted) == 24
    with monkeypatch.context() as small:
        small.setattr(checking, "BYTES", 400_000)
        assert 1 < chunk(COHORTS["nine"].plan_with(), traced=False) < 10
        assert check(stages=(1,), replicates=24) == once
    assert [one.id for one in once] == [one.id for one in read_patterns().of(stages=(1,))]
    assert values_of(check(stages=(1,), replicates=24, seed=2)) != values_of(once)
    unskilled = check(record({"competence_ceiling_mean": 0.76}), stages=(1,), replicates=24)
    assert values_of(unskilled)["P1.mean"] < values_of(once)["P1.mean"]


@pytest.mark.engine
def test_scenario_plan_and_record_agree_and_another_scenario_does_not() -> None:
    usual = check(stages=(1,), replicates=12)
    scenario = read_scenario("nine-services")
    assert check(scenario, stages=(1,), replicates=12) == usual
    assert check(resolve(scenario), stages=(1,), replicates=12) == usual
    assert check(record(), stages=(1,), replicates=12) == usual
    active = values_of(check(read_scenario("all-active"), stages=(1,), replicates=12))
    assert active["P7.waiting"] != values_of(usual)["P7.waiting"]
    fewer = read_scenario("nine-services", overrides={"chance_waits": 0.02})
    assert check(fewer, stages=(1,), replicates=12) == check(record({"chance_waits": 0.02}), stages=(1,), replicates=12)


@pytest.mark.engine
def test_each_record_is_measured_as_if_alone_and_replicates_go_on() -> None:
    names = ["mean_score", "waiting_in_afg", "reception_difficult"]
    records = np.concatenate([record(), record({"gain_threshold": 0.45, "chance_waits": 0.1})])
    both = measure_cohort(COHORTS["nine"], names, records, replicates=6, seed=4)
    for at in range(2):
        alone = measure_cohort(COHORTS["nine"], names, records[at : at + 1], replicates=6, seed=4)
        for name in names:
            assert both[name][at].tolist() == alone[name][0].tolist()
    assert both["reception_difficult"][0].tolist() != both["reception_difficult"][1].tolist()
    later = measure_cohort(COHORTS["nine"], names, records, replicates=2, seed=4, first=4)
    assert later["mean_score"].tolist() == both["mean_score"][:, 4:].tolist()


@pytest.mark.engine
def test_cohorts_of_other_studies_run_a_variant_a_replicate(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [one.instrument for one in read_patterns().of(cohort="patients") if one.measured]
    small = replace(COHORTS["patients"], variants=2)
    whole = measure_cohort(small, names, replicates=5, seed=1)
    assert all(np.isfinite(one).all() for one in whole.values())
    monkeypatch.setattr(checking, "BYTES", 1)
    for name, one in measure_cohort(small, names, replicates=5, seed=1).items():
        assert one.tolist() == whole[name].tolist()
    later = measure_cohort(small, names, replicates=2, seed=1, first=3)
    assert later["never_came"].tolist() == whole["never_came"][:, 3:].tolist()


@pytest.mark.engine
def test_the_instruments_of_stage_1_cost_far_less_than_the_runs() -> None:
    cohort = COHORTS["nine"]
    names = [one.instrument for one in read_patterns().of(stages=(1,)) if one.measured]
    measure_cohort(cohort, names, replicates=8, seed=1)

    def seconds(wanted: list[str]) -> float:
        begun = time.process_time()  # of the processor: what else the machine does is not counted
        measure_cohort(cohort, wanted, replicates=600, seed=1)
        return time.process_time() - begun

    runs, both = (min(seconds(wanted) for _ in range(3)) for wanted in ([], names))
    assert both < 1.5 * runs  # a few per cent, as measured; room for a busy machine
