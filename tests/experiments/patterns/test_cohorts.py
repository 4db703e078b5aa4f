"""Emulated cohorts: size and horizon as said, parameters put in, protocol fixed, the same services whatever the parameters."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.patterns.cohorts import COHORTS, VARIANTS, plan_of, shortened
from sim.parameters import record
from sim.problems import BadInput
from sim.scenario import read_scenario, resolve

pytestmark = pytest.mark.portable

SIZES = {
    "nine": (9, 37, 12), "nine_later": (9, 37, 84),  # six of the posts are held in reserve
    "sites": (53, 159, 24), "patients": (29, 58, 26), "skills": (42, 84, 18),
    "programme": (21, 252, 12), "climate": (19, 228, 36), "workforce": (16, 48, 57),
    "unsupported": (30, 150, 12), "teams": (13, 104, 37),
}  # fmt: skip


@pytest.mark.parametrize("name", COHORTS)
def test_size_horizon_and_cost(name: str) -> None:
    cohort = COHORTS[name]
    plan = cohort.plan_with()
    assert (len(plan.services), len(plan.posts), plan.months) == SIZES[name]
    assert plan.calendars.shape[1] == cohort.months
    assert cohort.post_months == SIZES[name][1] * SIZES[name][2]


@pytest.mark.parametrize("name", COHORTS)
def test_records_are_put_in_and_the_protocol_stays_fixed(name: str) -> None:
    cohort = COHORTS[name]
    records = np.concatenate([record({"gain_course": 0.25}), record({"gain_course": 0.5, "chance_stops": 0.01})])
    before = records.copy()
    plan = cohort.plan_with(records)
    assert plan.parameters["gain_course"].tolist() == [0.25, 0.5]
    for field, value in cohort.fixed.items():
        assert (plan.parameters[field] == value).all()
    untouched = [one for one in records.dtype.names or () if one not in cohort.fixed]
    assert (plan.parameters[untouched] == before[untouched]).all()
    assert (records == before).all()  # the caller's own stay as they were
    usual = cohort.plan_with()
    assert (plan.services == usual.services).all()
    assert plan.posts.tobytes() == usual.posts.tobytes()


def test_variants_are_other_services_of_the_same_design() -> None:
    for cohort in COHORTS.values():
        assert cohort.variants == (1 if cohort.stage < 3 else VARIANTS)
    first, second = (plan_of("climate", one) for one in range(2))
    assert set(first.service_names).isdisjoint(second.service_names)
    assert (first.services["clarity"] != second.services["clarity"]).any()
    assert (first.services["posts"] == second.services["posts"]).all()


def test_the_study_can_be_another_scenario_of_the_nine_or_a_plan() -> None:
    scenario = read_scenario("all-active")
    early = shortened(scenario, 12)
    assert early.months == 12
    assert (early.services["leader"] == 0).all()
    assert (plan_of("nine", 0).services["leader"] != 0).any()  # control
    from_plan = shortened(resolve(scenario), 12)
    assert from_plan.calendars.tobytes() == early.calendars.tobytes()
    assert shortened(read_scenario("nine-services", months=12), 84).months == 84  # a scenario goes on as it stands at its end
    with pytest.raises(BadInput, match="the plan ends after 12"):
        shortened(early, 84)
    others = tuple(one for one in scenario.services if one.name not in "BC")
    with pytest.raises(BadInput) as caught:
        shortened(replace(scenario, services=others), 12)
    assert [one.what for one in caught.value.problems] == [f"service '{one}' of the study is missing" for one in "BC"]


def test_the_nine_are_cut_out_of_their_scenario_unchanged() -> None:
    whole = resolve(read_scenario("nine-services"))
    for name, months in (("nine", 12), ("nine_later", 84)):
        plan = plan_of(name, 0)
        assert plan.services.tobytes() == whole.services.tobytes()
        assert plan.calendars.tobytes() == np.ascontiguousarray(whole.calendars[:, :months]).tobytes()
