"""Instruments of the second version's patterns on batches made by hand: a known answer, and a control that gives another."""

from collections.abc import Callable

import numpy as np
import pytest

from experiments.patterns import lasting
from experiments.patterns.checking import measure_cohort
from experiments.patterns.cohorts import COHORTS, plan_of
from experiments.patterns.seen import Seen
from sim.codes import LEADER_VACANT, PASSIVE_SUPPORTIVE
from sim.parameters import SWITCH_PREFIX, record
from tests.experiments.patterns.hand_made import blank_seen

pytestmark = pytest.mark.portable


def teams(seen: Seen) -> None:
    """The more leave in a year, the lower its fidelity; control: the higher. Who left in other years does not count."""
    order = np.arange(13)
    for first, last in ((1, 13), (25, 37)):
        seen.batch.rows["leavers"][:, :, first - 1] = 5
        seen.batch.rows["leavers"][:, :, last - 1] = 5 + order
        seen.batch.rows["fidelity_clinic"][0, :, last - 2] = 4.0 - 0.1 * order
        seen.batch.rows["fidelity_clinic"][1, :, last - 2] = 2.0 + 0.1 * order
        # of the sessions that are given it is the other way round: a rater of the clinic does not see that
        seen.batch.rows["fidelity"][0, :, last - 2] = 2.0 + 0.1 * order
        seen.batch.rows["fidelity"][1, :, last - 2] = 4.0 - 0.1 * order


def units(seen: Seen) -> None:
    """Three of thirty provide, with 4.5; control: all, with 3."""
    seen.batch.rows["delivering_posts"][0, :3, 11] = 1
    seen.batch.rows["fidelity"][0, :3, 11] = 4.5
    seen.batch.rows["delivering_posts"][1, :, 11] = 2
    seen.batch.rows["fidelity"][1, :, 11] = 3.0


def people(seen: Seen) -> None:
    """Ten used it, two are followed by others, four still use it and lost half a point; control: all stay and gained half."""
    assert seen.traces is not None
    trace = seen.traces.practitioners
    trace["volunteer"] = 1
    trace["fidelity"][:, 11] = 4.5
    trace["delivers"][:, 11, :10] = 1
    trace["person"][0, 35, :2] = 1
    trace["delivers"][0, 35, [0, 2, 3, 4, 5]] = 1
    trace["fidelity"][0, 35] = 4.0
    trace["delivers"][1, 35, :10] = 1
    trace["fidelity"][1, 35] = 5.0


def ended(seen: Seen) -> None:
    """Of 16 services 12 began, 2 of them go on in full, 2 adapted, 6 of the other 8 have parts; control: none has."""
    rows = seen.batch.rows
    rows["started"][:, :12, 56] = 3
    rows["full_use"][:, :2, 56] = 1
    rows["planned_adaptation"][:, 2:4, 56] = 1
    rows["partial_use"][0, 4:10, 56] = 1
    rows["partial_use"][:, 0, 56] = 1


def led(seen: Seen) -> None:
    """Two of four dimensions fall by .8 as they are rated; control: engagement falls, which is not on the scale.

    A unit without a leader, or without anybody trained, is not rated: its zeros do not count.
    """
    rows = seen.batch.rows
    rows["leader_type"] = PASSIVE_SUPPORTIVE
    rows["trained"] = 3
    for one in lasting.DIMENSIONS:
        rows[f"perceived_{one}"] = 2.5
    for one in ("proactive", "supportive"):
        rows[f"perceived_{one}"][0, :, 35] = 1.7
    rows["perceived_engagement"][:, :, 11] = 0.5
    rows["perceived_engagement"][:, :, 35] = 0.2
    for place, month in ((0, 11), (1, 35)):
        rows["leader_type"][:, place, month] = LEADER_VACANT
        for one in lasting.DIMENSIONS:
            rows[f"perceived_{one}"][:, place, month] = 0.0
    rows["trained"][:, 2, 35] = 0
    for one in lasting.DIMENSIONS:
        rows[f"perceived_{one}"][:, 2, 35] = 0.0


CASES: dict[str, tuple[str, Callable[[Seen], None], float, float]] = {
    "turnover_with_fidelity_1": ("teams", teams, -1.0, 1.0),
    "turnover_with_fidelity_3": ("teams", teams, -1.0, 1.0),
    "units_providing": ("unsupported", units, 0.1, 1.0),
    "fidelity_of_providers": ("unsupported", units, 4.5, 3.0),
    "use_kept": ("workforce", people, 0.5, 1.0),
    "fidelity_of_users": ("workforce", people, -0.5, 0.5),
    "parts_left": ("workforce", ended, 0.75, 0.0),
    "leadership_drift": ("climate", led, -0.4, 0.0),
}


def test_every_instrument_has_a_case() -> None:
    assert set(CASES) == set(lasting.INSTRUMENTS)


@pytest.mark.parametrize("name", lasting.INSTRUMENTS)
def test_the_known_answer_and_the_control(name: str) -> None:
    cohort, setting, known, control = CASES[name]
    seen = blank_seen(cohort, traced=COHORTS[cohort].traced)
    setting(seen)
    assert lasting.INSTRUMENTS[name](seen) == pytest.approx([known, control], abs=1e-9)


def test_a_team_that_gave_nothing_has_no_score() -> None:
    seen = blank_seen("teams")
    teams(seen)
    seen.batch.rows["fidelity_clinic"][:, 3, 11] = 0.0
    np.testing.assert_allclose(lasting.turnover_with_fidelity_1(seen), [-1.0, 1.0], atol=1e-12)
    seen.batch.rows["fidelity_clinic"][:, 3, 11] = 1.0  # the control: the lowest score would count
    assert (np.abs(lasting.turnover_with_fidelity_1(seen)) < 0.9).all()


def test_what_needs_a_trace_says_so() -> None:
    with pytest.raises(ValueError, match="trace"):
        lasting.use_kept(blank_seen("workforce"))


@pytest.mark.engine
def test_nobody_is_trained_in_units_without_support() -> None:
    plan = plan_of("unsupported", 0)
    assert (plan.services["support_months"] == 0).all()
    assert (plan.posts["months_to_retirement"] == 0.0).all()
    found = measure_cohort(COHORTS["unsupported"], ["units_providing"], replicates=8, seed=1)["units_providing"].mean()
    alone = record({"chance_successor_passive": 0.0, "chance_successor_active": 0.1})
    seldom = measure_cohort(COHORTS["unsupported"], ["units_providing"], alone, replicates=8, seed=1)["units_providing"].mean()
    assert seldom < found / 2
    there = record({}, {"turnover": False})  # the control: whoever stands in the plan stays, and is trained
    stay = measure_cohort(COHORTS["unsupported"], ["units_providing"], there, replicates=8, seed=1)["units_providing"].mean()
    assert stay > 0.9 > found
    assert SWITCH_PREFIX + "turnover" not in COHORTS["unsupported"].fixed
