"""What a course is worth, as the decision errors judge it, against what courses give in the simulation."""

import numpy as np
import pytest

from sim.engine import simulate, trace
from sim.months.deciding import worth_it
from sim.parameters import as_tuple
from sim.plan import Plan
from tests.plans import INDIVIDUAL, plain_plan

pytestmark = pytest.mark.portable

# Hours enough, nobody decides, nobody leaves or picks patients: courses run as planned, so only attendance, dropout and
# relapse stand between a full course and what it gives; of these enough that a formula without them is seen to miss.
CALM = {
    "chance_dropout": 0.025,
    "chance_relapse": 0.04,
    "share_relapse_loses": 0.4,
    "hours_capacity": 400.0,
    "chance_stops": 0.0,
    "chance_waits": 0.0,
    "chance_cuts": 0.0,
    "chance_adapts": 0.0,
    "slope_fidelity": 0.0,
    "recovery_mean": 2.5,
}
OFF = ("turnover", "leader_turnover", "selective_recruiting", "adaptation")


def calm(**service: float) -> Plan:
    start = {"format": INDIVIDUAL, "pool": 400, "inflow": 20.0, "eligibility_checked": 0, **service}
    return plain_plan((6,) * 4, months=84, service=start, parameters=CALM, off=OFF)


def realised(plan: Plan) -> tuple[float, float]:
    """Mean gain of an ended course and its standard error over replicates."""
    each = []
    for batch in simulate(plan, seed=5, replicates=160):
        last = batch.rows[:, :, -1]
        ended = (last["completed"] + last["dropped_out"] + last["lost"]).sum(axis=1)
        each.append(last["benefit_sum"].sum(axis=1) / ended)
    gains = np.concatenate(each)
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))


def expected(plan: Plan) -> float:
    p = as_tuple(plan.parameters[0])
    _, found = trace(plan, seed=5, replicate=0)
    one = found.services[-1, 0].view(np.recarray)
    return worth_it(one, p) + p.gain_worthwhile


@pytest.mark.engine
@pytest.mark.parametrize("service", [{}, {"functioning_mean": 0.3, "share_demanding": 0.4}])
def test_expected_net_benefit_is_what_courses_give(service: dict[str, float]) -> None:
    plan = calm(**service)
    gain, error = realised(plan)
    assert abs(expected(plan) - gain) < 0.05 * gain + 2 * error
    # Control: without dropout and relapse in the formula it would be missed.
    careless = plan.parameters.copy()
    careless["chance_dropout"] = careless["chance_relapse"] = 0.0
    blind = Plan(**{**plan.__dict__, "parameters": careless})
    assert abs(expected(blind) - gain) > 0.05 * gain + 2 * error
