"""Regions of ever more services against difference equations for endlessly many.

Two regimes. *Turnover*: every hazard is a constant and posts are independent, so the equations are exact expectations, and
the errors have a known variance. *Register*: services learn from the region's common register, so each depends on the mean of
all (a mean field); the equations hold in the limit of many services, where the register's mean loses its luck. Both stay
within the table's bounds. The error must fall as one over the square root of the number of services; with a mechanism that
the equations do not have (the controls) it must not. The equations are those of the first version: in the second one posts
of a service share duties, and leaders are moved by whom they lead, so that no post is independent.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pytest

from sim.engine import simulate
from sim.plan import Plan
from sim.rulebook import SECOND_VERSION
from tests.plans import with_services, with_values
from tests.verification import twins
from tests.verification.exact import ALPHA, SEED, against_counts
from tests.verification.regimes import ALIKE, AT_EASE, LONG, NO_RETIREMENT, OTHERS, plan_of, values_of

pytestmark = [pytest.mark.verification, pytest.mark.engine]

SIZES: Final = ((100, 96), (400, 48), (1600, 24), (6400, 12))
"""Services, and replicates of so many."""
BAND: Final = (-0.65, -0.35)
"""Slope of log error over log services; -0.5 is the square root, and 0.15 some four standard errors of the slope."""
FLAT: Final = -0.25
"""A slope above this is no convergence."""
MONTHS: Final = 60
AT: Final = (23, 35, 47, 59)
"""Months at which errors are looked at (index)."""
DRAWS: Final = (101, 102, 103, 104)
"""Draws of the values that a regime does not set: it must hold with each."""


class Errors(NamedTuple):
    """Errors of the regional mean: services, replicates, and by outcome an array of shape (replicates, months of AT)."""

    services: int
    replicates: int
    by_outcome: dict[str, np.ndarray]

    def size(self, name: str) -> float:
        """Root mean square over replicates and months."""
        return float(np.sqrt((self.by_outcome[name] ** 2).mean()))


def alike_plan(count: int, others: int, *, values: Mapping[str, float], **said: Any) -> Plan:
    """Plan of services of one post each, alike and at ease, with a regime's values and whatever else it says."""
    return plan_of(count, 1, months=MONTHS, parameters={**ALIKE, **AT_EASE, **values}, others=others, **said)


def register_plan(count: int, others: int = OTHERS) -> Plan:
    return alike_plan(
        count,
        others,
        values=twins.REGISTER_VALUES,
        service=twins.REGISTER_SERVICE,
        off=(*twins.REGISTER_OFF, *SECOND_VERSION),
        policies=twins.REGISTER_POLICIES,
    )


def turnover_plan(count: int, others: int = OTHERS) -> Plan:
    return alike_plan(
        count,
        others,
        values={**LONG, **twins.TURNOVER_VALUES},
        service=twins.TURNOVER_SERVICE,
        post={"months_to_retirement": NO_RETIREMENT},
        off=(*twins.TURNOVER_OFF, *SECOND_VERSION),
        policies=twins.TURNOVER_POLICIES,
    )


def written(rows: np.ndarray, name: str) -> np.ndarray:
    """An outcome as it stands in the rows."""
    return rows[name]


def errors_of(
    plan: Plan,
    twin: dict[str, np.ndarray],
    names: Iterable[str],
    replicates: int,
    seed: int = SEED,
    read: Callable[[np.ndarray, str], np.ndarray] = written,
) -> Errors:
    """Errors of regional means against a twin; ``read`` gives an outcome's array, shape (replicates, services, months)."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for batch in simulate(plan, seed=seed, replicates=replicates):
        for name, found in parts.items():
            found.append(read(batch.rows, name).mean(axis=1)[:, AT] - twin[name][list(AT)])
    return Errors(len(plan.services), replicates, {name: np.concatenate(found) for name, found in parts.items()})


def slope(errors: list[Errors], name: str) -> float:
    """Slope of log error over log services, by least squares."""
    return float(np.polyfit(np.log([one.services for one in errors]), np.log([one.size(name) for one in errors]), 1)[0])


def tell(what: str, errors: list[Errors], name: str) -> None:
    scaled = " ".join(f"{one.size(name) * np.sqrt(one.services):.3f}" for one in errors)
    sizes = ", ".join(str(one.services) for one in errors)
    print(f"{what}, {name}: slope {slope(errors, name):.2f}; error x sqrt(services) {scaled} at {sizes}")


def errs_as_independent(what: str, errors: list[Errors], twin: dict[str, np.ndarray], names: tuple[str, ...]) -> None:
    """Assert that shares err as much as those of independent ones do.

    n error^2 / (p (1 - p)) is chi-square over the replicates, if whatever is counted is independent and the twin is exact.
    """
    from scipy import stats

    tests = len(errors) * len(names) * len(AT)
    lowest = 1.0
    for one in errors:
        for name in names:
            for place, month in enumerate(AT):
                share = twin[name][month]
                variance = share * (1 - share) / one.services
                statistic = float((one.by_outcome[name][:, place] ** 2).sum() / variance)
                both = 2 * min(stats.chi2.sf(statistic, one.replicates), stats.chi2.cdf(statistic, one.replicates))
                lowest = min(lowest, float(both))
    print(f"{what}, variance of the errors: lowest p of {tests} comparisons {lowest:.4f}")
    assert lowest > 1e-3 / tests  # one false alarm in a thousand runs over all of them


def unbiased(what: str, largest: Errors) -> None:
    """Assert that at the largest size the mean error over replicates is within its Student band, in every outcome and month."""
    from scipy import stats

    worst = min(float(stats.ttest_1samp(found, 0.0, axis=0).pvalue.min()) for found in largest.by_outcome.values())
    tests = len(largest.by_outcome) * len(AT)
    print(f"{what}, bias at {largest.services} services: lowest p of {tests} comparisons {worst:.4f}")
    assert worst > ALPHA


# --- posts that change hands

STATUSES: Final = ("full_use", "partial_use", "waiting", "stopped", "vacant", "untrained")


@pytest.fixture(scope="module")
def turnover() -> list[Errors]:
    found = []
    for count, replicates in SIZES:
        plan = turnover_plan(count)
        twin = twins.turnover_region(values_of(plan), MONTHS)
        found.append(errors_of(plan, twin, (*STATUSES, "competence"), replicates))
    return found


def test_turnover_region_converges_as_the_square_root(turnover: list[Errors]) -> None:
    for name in (*STATUSES, "competence"):
        tell("turnover", turnover, name)
        assert BAND[0] <= slope(turnover, name) <= BAND[1], name


def test_turnover_region_errs_as_much_as_independent_posts_do(turnover: list[Errors]) -> None:
    twin = twins.turnover_region(values_of(turnover_plan(1)), MONTHS)
    errs_as_independent("turnover", turnover, twin, STATUSES)


def test_turnover_region_is_distributed_as_the_twin_says() -> None:
    """Counts of posts by status, 40,000 posts a month: chi-square; a hazard that is a tenth off is refused."""
    plan = turnover_plan(4000)
    p = values_of(plan)
    rows = np.concatenate([batch.rows for batch in simulate(plan, seed=SEED + 1, replicates=10)])
    wrong = twins.turnover_region({**p, "chance_leaves": p["chance_leaves"] * 0.9}, MONTHS)
    twin = twins.turnover_region(p, MONTHS)
    for month in AT:
        counts = np.array([rows[name][:, :, month].sum() for name in STATUSES], float)
        right = against_counts(counts, np.array([twin[name][month] for name in STATUSES]))
        other = against_counts(counts, np.array([wrong[name][month] for name in STATUSES]))
        seen = f"chi2 {right.statistic:.1f} on {right.freedom}, p {right.chance:.3f}; hazard a tenth lower {other.chance:.0e}"
        print(f"turnover, month {month + 1}: {seen}")
        assert right.agrees
        assert other.refused


def test_values_that_the_turnover_region_does_not_set_move_nothing() -> None:
    table, *drawn = (next(iter(simulate(turnover_plan(60, others), seed=SEED, replicates=2))).rows for others in (0, *DRAWS))
    for rows in drawn:
        for name in (*STATUSES, "competence"):
            np.testing.assert_array_equal(rows[name], table[name])


@pytest.mark.parametrize(("switch", "names"), [("turnover", ("vacant", "full_use")), ("competence_decay", ("competence",))])
def test_turnover_region_without_a_mechanism_does_not_converge(
    turnover: list[Errors], switch: str, names: tuple[str, ...]
) -> None:
    found = []
    for count, replicates in (SIZES[0], SIZES[-1]):
        plan = with_values(turnover_plan(count), {f"switch_{switch}": 0})
        twin = twins.turnover_region(values_of(plan), MONTHS)
        found.append(errors_of(plan, twin, names, replicates // 6))
    for name in names:
        tell(f"turnover, {switch} off", found, name)
        assert slope(found, name) > FLAT
        assert found[-1].size(name) > 5 * turnover[-1].size(name)


# --- a region with a common register

LEARNED: Final = ("full_use", "partial_use", "waiting", "stopped", "belief", "commitment")


def register_errors(sizes: Iterable[tuple[int, int]], change: Any = None) -> list[Errors]:
    found = []
    for count, replicates in sizes:
        plan = register_plan(count)
        twin = twins.register_region(values_of(plan), twins.REGISTER_SERVICE, MONTHS)
        found.append(errors_of(change(plan) if change else plan, twin, LEARNED, replicates))
    return found


@pytest.fixture(scope="module")
def register() -> list[Errors]:
    return register_errors(SIZES)


def test_register_region_converges_as_the_square_root(register: list[Errors]) -> None:
    for name in LEARNED:
        tell("register", register, name)
        assert BAND[0] <= slope(register, name) <= BAND[1], name


def test_register_region_has_no_bias_left(register: list[Errors]) -> None:
    unbiased("register", register[-1])


@pytest.mark.parametrize("others", DRAWS)
def test_values_that_the_register_region_does_not_set_leave_it_in_the_limit(register: list[Errors], others: int) -> None:
    """They may change how many patients are looked at, so the luck in the register, but not what it tends to."""
    place = 2
    count, _ = SIZES[place]
    plan = register_plan(count, others)
    found = errors_of(plan, twins.register_region(values_of(plan), twins.REGISTER_SERVICE, MONTHS), LEARNED, 12)
    unbiased(f"register, other values {others}", found)
    for name in LEARNED:
        assert found.size(name) < 2 * register[place].size(name), name
    assert next(iter(simulate(register_plan(20, others), seed=SEED, replicates=4))).rows["in_dilemma"].max() == 0


CONTROLS: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "reception off": (lambda plan: with_values(plan, {"switch_reception": 0}), ("belief", "commitment")),
    # who learns from own patients believes the same on average, so is as committed, which is all but linear in belief; that
    # beliefs differ shows in the hazards of dropping, which are not
    "own patients only": (lambda plan: with_services(plan, pooling=0), ("stopped", "partial_use")),
    "figures less believed": (lambda plan: with_services(plan, monitoring_belief=0.0), ("belief", "commitment")),
}
"""Another mechanism in the engine, and the outcomes in which it must show."""


@pytest.mark.parametrize("control", sorted(CONTROLS))
def test_register_region_with_another_mechanism_does_not_converge(register: list[Errors], control: str) -> None:
    sizes = tuple((count, replicates // 6) for count, replicates in (SIZES[0], SIZES[-1]))
    change, names = CONTROLS[control]
    found = register_errors(sizes, change)
    for name in names:
        tell(f"register, {control}", found, name)
        assert slope(found, name) > FLAT
        assert found[-1].size(name) > 3 * register[-1].size(name)


def test_what_luck_has_no_part_in_is_the_twin_to_rounding() -> None:
    """No noise enters uncertainty, expectation and autonomy support: every post of every replicate is the twin itself."""
    names = ("uncertainty", "expectation", "autonomy_support")
    plan = register_plan(20)
    twin = twins.register_region(values_of(plan), twins.REGISTER_SERVICE, MONTHS)
    rows = next(iter(simulate(plan, seed=SEED, replicates=4))).rows
    for name in names:
        np.testing.assert_allclose(rows[name], np.broadcast_to(twin[name], rows[name].shape), rtol=0, atol=1e-13)
    # the control: people who differ
    noisy = with_values(plan, {"spread_leader_view": 0.1})
    rows = next(iter(simulate(noisy, seed=SEED, replicates=4))).rows
    assert np.abs(rows["autonomy_support"] - twin["autonomy_support"]).max() > 0.05


def test_a_twin_that_learns_nothing_is_another_region() -> None:
    """The coupling matters in this regime: without it the equations say something else by far more than the errors."""
    p = values_of(register_plan(1))
    learns, stays = (twins.register_region(p, twins.REGISTER_SERVICE, MONTHS, learning=one) for one in (True, False))
    assert abs(learns["belief"] - stays["belief"])[-1] > 0.08
    assert abs(learns["commitment"] - stays["commitment"])[-1] > 0.05
    assert abs(learns["full_use"] - stays["full_use"]).max() > 0.02


@pytest.mark.parametrize("regime", [register_plan, turnover_plan])
def test_the_other_engine_gives_the_same_region(regime: Any) -> None:
    """What converges is the model, not one of its engines: Mesa's rows are the compiled ones to the bit."""
    plan = regime(6)
    compiled, mesa, other = (
        next(iter(simulate(plan, seed=seed, replicates=1, engine=engine))).rows.tobytes()
        for seed, engine in ((SEED, "compiled"), (SEED, "mesa"), (SEED + 1, "compiled"))
    )
    assert compiled == mesa != other
