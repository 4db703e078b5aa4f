"""Limits in which the engine has to give a known answer: retirement, no turnover, no noise, a single post.

Scenarios stay within the bounds of the parameter table; a limit proper (a noise of zero) that the table does not allow is set
on the plan and said to be so.
"""

import math
from typing import Any

import numpy as np
import pytest

from sim.codes import POST_VACANT
from sim.engine import Trace, simulate, trace
from sim.parameters import read_table
from sim.plan import Plan
from tests.plans import with_values
from tests.verification.exact import ALPHA, SEED, shared, spread_seen, walking_posterior
from tests.verification.regimes import ALIKE, AT_EASE, BUSY, NO_RETIREMENT, PATIENTS, plan_of, values_of

pytestmark = [pytest.mark.verification, pytest.mark.engine]


def states_of(plan: Plan, engine: str = "compiled", replicate: int = 0) -> Trace:
    return trace(plan, seed=SEED, replicate=replicate, engine=engine)[1]


# --- retirement and turnover


@pytest.mark.parametrize("due", [1, 7, 13, 40])
def test_retirement_comes_in_its_month(due: int) -> None:
    """Whoever has not left before leaves in the month that is due, and nobody a month later or, with turnover off, at all."""
    from scipy import stats

    count, hazard, first_year = 300, 0.0069, 0.2

    def leavers(month: int, *off: str) -> np.ndarray:
        post = {"months_to_retirement": float(month)}
        values = {"chance_leaves": hazard, "factor_first_year": first_year}
        plan = plan_of(count, 1, months=due + 3, post=post, parameters=values, off=("exhaustion", *off))
        return next(iter(simulate(plan, seed=SEED, replicates=1))).rows["leavers"][0]

    left = leavers(due)  # who leaves at the end of a month is seen to be gone in the next
    still = np.prod([1 - hazard * (first_year if month <= 12 else 1.0) for month in range(1, due)])
    assert stats.binomtest(int((left[:, due - 1] == 0).sum()), count, float(still)).pvalue > ALPHA
    assert (left[:, due] >= 1).all()
    # the controls: due a month later, and the switch
    assert (leavers(due + 1)[:, due] == 0).mean() > 0.5
    assert leavers(due, "turnover").max() == 0


def test_no_turnover_is_a_hazard_of_none() -> None:
    """The switch off, and a hazard of zero without retirement (outside the table's bounds), give the same region to the bit."""
    said: dict[str, Any] = {
        "months": 84,
        "service": {**PATIENTS, "leader": "active", "months_observed": 0},
        "post": {"months_to_retirement": NO_RETIREMENT},
    }
    stays = with_values(plan_of(6, 3, **said), {"chance_leaves": 0.0, "chance_leader_leaves": 0.0})
    off = plan_of(6, 3, **said, off=("turnover", "leader_turnover"))
    table = plan_of(6, 3, **said)
    rows = [next(iter(simulate(plan, seed=SEED, replicates=8))).rows for plan in (stays, off, table)]
    assert rows[0].tobytes() == rows[1].tobytes()
    assert rows[0]["leavers"].max() == rows[0]["vacant"].max() == 0
    assert (rows[0]["leader_type"] == 0).all()
    # the control: the table's hazards
    assert rows[2]["leavers"].max() > 0
    assert (rows[2]["leader_type"] != 0).any()


# --- no noise, one post


NOISELESS = {  # outside the table's bounds
    "gain_spread": 0.0,
    "noise_seen": 0.0,
    "functioning_spread": 0.0,
    "share_never_attends": 0.0,
    "attendance_low": 1.0,
    "chance_stops": 0.0,
    # nobody comes to parts, by cuts or on giving up waiting: a course in parts is shorter and gains less
    "chance_cuts": 0.0,
    "chance_gives_up": 0.0,
}


@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_without_noise_every_course_gains_the_same_and_one_look_is_enough(engine: str) -> None:
    plan = plan_of(
        8,
        2,
        months=60,
        service=PATIENTS,
        parameters={
            **ALIKE,
            **BUSY,
            # with the noise some drop out and some never come, but most complete their course
            "chance_dropout": 0.02,
            # four sessions a month, or three, end a course before it is cut off for having lasted too long (13 months or more)
            "sessions_month": 4.0,
            "sessions_course": 33.0,
            "share_absence": 0.0,
            "chance_relapse": 0.0,
            "slope_fidelity": 0.0,
            "recovery_mean": 3.1,
            "recovery_spread": 0.2,
        },
        off=("turnover", "adaptation", "selective_recruiting", "feedback", "parts_last"),
    )
    p = values_of(plan)
    quiet, loud = (states_of(one, engine) for one in (with_values(plan, NOISELESS), plan))
    months = math.ceil(p["sessions_course"] / 4)
    gain = p["gain_course"] * 4 * months / p["sessions_course"]

    def as_known(states: Trace) -> list[bool]:
        last, one = states.services[-1], states.practitioners
        assert (one["dilemma"] == 0).all(), "hours are short"
        looked = np.cumsum(one["seen_count"], axis=0) > 0
        assert last["completed"].sum() >= 15, "too few courses"
        assert looked.any()
        return [
            bool(last["dropped_out"].sum() == 0),
            np.allclose(last["benefit_sum"], last["completed"] * gain, rtol=1e-12),
            np.allclose(one["belief"][looked], p["ratio_rosy"] * p["gain_course"], rtol=1e-9),
        ]

    def lengths(states: Trace) -> set[int]:
        return set(states.patients["months"][states.patients["ended"] == 1].tolist())

    assert all(as_known(quiet))
    assert not any(as_known(loud))
    assert lengths(quiet) == {months}
    fewer = with_values(plan, {**NOISELESS, "sessions_month": 3.0})
    assert lengths(states_of(fewer, engine)) == {math.ceil(p["sessions_course"] / 3)} != {months}


def test_a_single_post_has_no_peer_no_partner_and_no_heir() -> None:
    """One service of one post: nobody shares, takes over or reports beside it; the whole register is its own, a month old."""
    leaves = 30
    service = {**PATIENTS, "format": "group", "pooling": "region", "outcome_monitoring": 1.0, "monitoring_belief": 0.6}
    said: dict[str, Any] = {"months": 60, "service": service, "parameters": BUSY, "off": ("turnover",)}
    event = ({"month": leaves, "kind": "practitioner_leaves", "post": "p0"},)
    lost, kept = 0, 0
    for replicate in range(12):
        alone = states_of(plan_of(1, 1, post={"dilemma_free": False}, events=event, **said), replicate=replicate)
        assert (alone.practitioners["partner"] == -1).all()
        assert (alone.services["single_carrier"] == 0).all()
        assert (alone.practitioners["status"][leaves + 1] >= POST_VACANT).all()
        running = int(alone.practitioners["course_patients"][leaves, 0])
        before, after = alone.services[[leaves, leaves + 1]]["lost"][:, 0]
        assert after - before == running
        lost += running
        pair = states_of(plan_of(1, 2, post={"dilemma_free": False}, events=event, **said), replicate=replicate)
        first = int(pair.practitioners["course_patients"][leaves, 0])
        kept += first - int(pair.services["lost"][leaves + 1, 0] - pair.services["lost"][leaves, 0])
    assert lost > 0
    assert kept > 0  # the control: with a partner a group goes on
    plan = plan_of(1, 1, **{**said, "service": {**service, "format": "individual"}})
    p = values_of(plan)
    states = states_of(plan)
    one, use = states.practitioners, states.services["monitoring_use"][:, 0]
    kappa = 1 + (p["weight_few_patients"] - 1) * (1 - use)
    noise = np.array([float(spread_seen(p, share)) for share in use])
    far = {}
    for pooling in ("region", "service"):
        count, total = shared(states, 0, 0, pooling)
        seen = np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
        prior, doubt = float(one["belief"][0, 0]), p["belief_drift"] ** 2
        mean, _ = walking_posterior(prior, p["belief_spread"] ** 2, doubt, count * kappa / noise, seen)
        far[pooling] = np.abs(one["belief"][:, 0] / mean - 1).max()
    assert far["region"] < 1e-9
    assert far["service"] > 1e-3


def test_regimes_are_what_a_scenario_may_say() -> None:
    from sim.problems import BadInput

    table = read_table().parameters
    for name, value in {**ALIKE, **AT_EASE}.items():
        assert table[name].low <= value <= table[name].high
    with pytest.raises(BadInput):
        plan_of(1, 1, months=12, parameters={"chance_stops": 0.0})
