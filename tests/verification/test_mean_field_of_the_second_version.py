"""Regions of ever more services against difference equations for mechanisms of the second version, one at a time.

As in ``test_mean_field.py``: the error of the regional mean falls as one over the square root of the number of services, and with
a mechanism that the equations do not have it does not. Services do not depend on each other, so the equations are exact for any
number of them.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
import pytest

from sim.codes import StopReason
from sim.engine import simulate
from sim.plan import Plan
from sim.rulebook import SECOND_VERSION
from tests.plans import with_values
from tests.verification import twins_of_the_second_version as twins
from tests.verification.exact import SEED
from tests.verification.regimes import OTHERS, values_of
from tests.verification.test_mean_field import (
    BAND,
    DRAWS,
    FLAT,
    MONTHS,
    SIZES,
    Errors,
    alike_plan,
    errors_of,
    errs_as_independent,
    slope,
    tell,
    unbiased,
)

pytestmark = [pytest.mark.verification, pytest.mark.engine]

Twin = Callable[[dict[str, float]], dict[str, np.ndarray]]


def off_but(*on: str, also: tuple[str, ...]) -> tuple[str, ...]:
    """Mechanisms that are off: those of the second version but for some, and others besides."""
    return (*also, *(name for name in SECOND_VERSION if name not in on))


def deciding_plan(count: int, others: int = OTHERS) -> Plan:
    return alike_plan(
        count,
        others,
        values=twins.DECIDING_VALUES,
        service=twins.DECIDING_SERVICE,
        off=off_but("service_decides", also=twins.DECIDING_OFF),
        policies=twins.DECIDING_POLICIES,
    )


def routine_plan(count: int, others: int = OTHERS) -> Plan:
    off = off_but(*twins.ROUTINE_ON, also=twins.ROUTINE_OFF)
    return alike_plan(count, others, values=twins.ROUTINE_VALUES, service=twins.ROUTINE_SERVICE, off=off)


def expanding_plan(count: int, others: int = OTHERS) -> Plan:
    return alike_plan(
        count,
        others,
        values=twins.EXPANDING_VALUES,
        service=twins.EXPANDING_SERVICE,
        off=off_but("expansion", also=twins.EXPANDING_OFF),
        events=twins.EXPANDING_EVENTS,
    )


def deciding_twin(p: dict[str, float]) -> dict[str, np.ndarray]:
    return twins.deciding_region(p, MONTHS)


def routine_twin(p: dict[str, float]) -> dict[str, np.ndarray]:
    return twins.routine_region(p, twins.ROUTINE_SERVICE, MONTHS)


def expanding_twin(p: dict[str, float]) -> dict[str, np.ndarray]:
    return twins.expanding_region(p, twins.EXPANDING_SERVICE, MONTHS)


def seen(rows: np.ndarray, name: str) -> np.ndarray:
    """An outcome of a twin in the rows of a run; float or bool, shape (replicates, services, months)."""
    if name == "gave_up":
        return rows["stop_month"] >= 0
    if name == "again":
        return rows["restart_month"] >= 0
    if name == "money":
        return rows["stop_reason"] == StopReason.MONEY
    return rows[name]


class Regime(NamedTuple):
    """A regime with its equations.

    Attributes
    ----------
    plan : callable
        From the number of services, and the draw of values that are not set.
    twin : callable
        From the parameter values; outcomes of shape (months,).
    controls : dict of str to tuple
        What is changed in the engine and not in the equations, and the outcomes in which it must show.
    shares : tuple of str
        Outcomes that are shares of independent services, of which the size of the error is known too.
    """

    plan: Callable[..., Plan]
    twin: Twin
    controls: dict[str, tuple[Mapping[str, float], tuple[str, ...]]]
    shares: tuple[str, ...] = ()


REGIMES: Final[dict[str, Regime]] = {
    "giving up": Regime(
        deciding_plan,
        deciding_twin,
        {
            "services decide nothing": ({"switch_service_decides": 0}, ("gave_up", "again", "money")),
            "held back by who carries it": ({"weight_carried_kept": 0.5}, ("gave_up", "again")),
            "no champion counts": ({"chance_restart_champion": 0.0}, ("again",)),
        },
        ("gave_up", "again", "money"),
    ),
    "routines": Regime(
        routine_plan,
        routine_twin,
        {
            "routines off": ({"switch_routines": 0}, ("expectation",)),
            "institutionalisation off": ({"switch_institutionalisation": 0}, ("institutionalisation", "plan", "expectation")),
            "nobody leaves": ({"switch_leader_turnover": 0}, ("institutionalisation", "plan", "clarity", "expectation")),
        },
    ),
    "expansion": Regime(
        expanding_plan,
        expanding_twin,
        {
            "expansion off": ({"switch_expansion": 0}, ("added_posts", "added_trained")),
            "posts cost no money": ({"money_post": 0.0}, ("added_posts", "added_trained")),
        },
    ),
}


def region(name: str, sizes: tuple[tuple[int, int], ...], changed: Mapping[str, float] | None = None) -> list[Errors]:
    """Errors of a regime by size; with ``changed`` values in the engine the equations stay those of the regime."""
    found = []
    for count, replicates in sizes:
        plan = REGIMES[name].plan(count)
        twin = REGIMES[name].twin(values_of(plan))
        found.append(errors_of(with_values(plan, changed or {}), twin, tuple(twin), replicates, read=seen))
    return found


@pytest.fixture(scope="module", params=sorted(REGIMES))
def regime(request: pytest.FixtureRequest) -> tuple[str, list[Errors]]:
    return request.param, region(request.param, SIZES)


def test_error_falls_as_the_square_root(regime: tuple[str, list[Errors]]) -> None:
    name, errors = regime
    for outcome in errors[0].by_outcome:
        tell(name, errors, outcome)
    for outcome in errors[0].by_outcome:
        assert BAND[0] <= slope(errors, outcome) <= BAND[1], outcome


def test_no_bias_is_left_and_shares_err_as_those_of_independent_services(regime: tuple[str, list[Errors]]) -> None:
    name, errors = regime
    unbiased(name, errors[-1])
    known = REGIMES[name]
    if known.shares:
        errs_as_independent(name, errors, known.twin(values_of(known.plan(1))), known.shares)


def test_with_another_mechanism_the_error_stays(regime: tuple[str, list[Errors]]) -> None:
    name, errors = regime
    sizes = tuple((count, replicates // 6) for count, replicates in (SIZES[0], SIZES[-1]))
    for what, (changed, outcomes) in REGIMES[name].controls.items():
        found = region(name, sizes, changed)
        for outcome in outcomes:
            times = found[-1].size(outcome) / errors[-1].size(outcome)
            print(f"{name}, {what}, {outcome}: slope {slope(found, outcome):.2f}; at {sizes[-1][0]} services {times:.0f} times")
            assert slope(found, outcome) > FLAT
            assert times > 5


@pytest.mark.parametrize("name", sorted(REGIMES))
def test_values_that_the_regime_does_not_set_move_nothing(name: str) -> None:
    known = REGIMES[name]
    # for what a service gave up last is another matter: how often it has done so by then depends on how long courses last
    outcomes = set(known.twin(values_of(known.plan(1)))) - {"money"}
    table, *drawn = (next(iter(simulate(known.plan(60, others), seed=SEED, replicates=2))).rows for others in (0, *DRAWS))
    for rows in drawn:
        for outcome in outcomes:
            np.testing.assert_array_equal(seen(rows, outcome), seen(table, outcome))


@pytest.mark.parametrize("name", sorted(REGIMES))
def test_the_other_engine_gives_the_same_region(name: str) -> None:
    plan = REGIMES[name].plan(6)
    compiled, mesa, other = (
        next(iter(simulate(plan, seed=seed, replicates=1, engine=engine))).rows.tobytes()
        for seed, engine in ((SEED, "compiled"), (SEED, "mesa"), (SEED + 1, "compiled"))
    )
    assert compiled == mesa != other
