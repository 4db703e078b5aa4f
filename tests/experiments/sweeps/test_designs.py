"""Designs: every point where it belongs, and controls that are not designs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.sweeps.designs import AS_IT_IS, Design, Factor, Range, factorial, one_at_a_time, spread

pytestmark = pytest.mark.portable

NUMBER = Factor("chance_leaves", "parameter", "per month")
STAFF = Factor("services.A.staff", "service", "people", whole=True)
LEADER = Factor("services.all.leader", "service", "category", ("active", "passive", "vacant"))
SWITCH = Factor("switch.fading", "switch", "category", ("off", "on"))


def points_of(design: Design) -> list[tuple[float, ...]]:
    return list(zip(*(one.tolist() for one in design.values), strict=True))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_factorial_is_every_combination_in_order(sizes: list[int]) -> None:
    factors = [Factor(f"p{at}", "parameter", "") for at in range(len(sizes))]
    levels = [np.arange(size) + 10.0 * at for at, size in enumerate(sizes)]
    assert points_of(factorial(factors, levels)) == list(itertools.product(*(one.tolist() for one in levels)))


def test_one_at_a_time_begins_with_the_scenario_as_it_is() -> None:
    design = one_at_a_time([NUMBER, SWITCH], [np.array([0.01, 0.02]), np.array([1], "i2")])
    assert [design.settings(point) for point in range(design.points)] == [
        {},
        {"chance_leaves": 0.01},
        {"chance_leaves": 0.02},
        {"switch.fading": "on"},
    ]


def strata(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """How many values lie in each of as many equal parts of the range."""
    return np.bincount(((values - low) / (high - low) * len(values)).astype(int), minlength=len(values))


def test_latin_hypercube_has_one_point_in_every_stratum_of_every_factor() -> None:
    factors = [Factor(f"p{at}", "parameter", "") for at in range(3)]
    design = spread(
        "latin-hypercube", factors, [Range(-1.0, 3.0), Range(0.0, 1.0), Range(0.01, 1.0, log=True)], points=50, seed=7
    )
    first, second, third = design.values
    assert strata(first, -1.0, 3.0).tolist() == [1] * 50
    assert strata(second, 0.0, 1.0).tolist() == [1] * 50
    assert strata(np.log(third), np.log(0.01), 0.0).tolist() == [1] * 50
    assert strata(third, 0.01, 1.0).tolist() != [1] * 50  # control: not spread over the numbers themselves
    control = np.random.default_rng(7).uniform(-1.0, 3.0, 50)
    assert strata(control, -1.0, 3.0).tolist() != [1] * 50


def test_sobol_points_are_balanced_in_every_pair_of_factors() -> None:
    factors = [Factor(f"p{at}", "parameter", "") for at in range(2)]
    first, second = spread("sobol", factors, [Range(0.0, 1.0)] * 2, points=64, seed=3).values
    cells = np.bincount((first * 8).astype(int) * 8 + (second * 8).astype(int), minlength=64)
    assert cells.tolist() == [1] * 64
    one, other = spread("latin-hypercube", factors, [Range(0.0, 1.0)] * 2, points=64, seed=3).values
    control = np.bincount((one * 8).astype(int) * 8 + (other * 8).astype(int), minlength=64)
    assert control.tolist() != [1] * 64  # a Latin hypercube balances each factor alone


@pytest.mark.parametrize("kind", ["latin-hypercube", "sobol"])
def test_levels_and_whole_numbers_are_taken_in_equal_shares(kind: str) -> None:
    levels, words = np.array([0.1, 0.5, 2.0, 7.0]), np.array([2, 0], "i2")
    design = spread(kind, [NUMBER, LEADER, STAFF], [levels, words, Range(20.0, 23.0)], points=64, seed=1)
    number, leader, staff = design.values
    assert [int((number == one).sum()) for one in levels] == [16] * 4
    assert leader.dtype == np.dtype("i2")
    assert [int((leader == code).sum()) for code in (0, 1, 2)] == [32, 0, 32]
    assert np.unique(staff, return_counts=True)[0].tolist() == [20.0, 21.0, 22.0, 23.0]
    assert np.unique(staff, return_counts=True)[1].tolist() == [16] * 4  # rounding alone would give the ends half as many


@pytest.mark.parametrize("kind", ["latin-hypercube", "sobol"])
def test_a_seed_decides_the_points(kind: str) -> None:
    def made(seed: int) -> list[tuple[float, ...]]:
        return points_of(spread(kind, [NUMBER, STAFF], [Range(0.0, 1.0), Range(1.0, 9.0)], points=16, seed=seed))

    assert made(5) == made(5)
    assert made(5) != made(6)
    assert made(0) != made(1)
    assert made(7) != made(2**32 + 7)


@given(st.floats(1e-6, 1e3), st.floats(1.001, 1e4), st.booleans(), st.integers(0, 2**63))
@settings(max_examples=40, deadline=None)
def test_points_stay_within_their_range(low: float, factor: float, log: bool, seed: int) -> None:
    (values,) = spread("latin-hypercube", [NUMBER], [Range(low, low * factor, log=log)], points=20, seed=seed).values
    assert values.min() >= low
    assert values.max() <= low * factor


def test_settings_and_structure_of_a_point() -> None:
    design = Design(
        "table",
        (NUMBER, STAFF, LEADER, SWITCH),
        (
            np.array([0.01, np.nan]),
            np.array([30.0, np.nan]),
            np.array([1, AS_IT_IS], "i2"),
            np.array([0, 1], "i2"),
        ),
    )
    assert design.settings(0) == {
        "chance_leaves": 0.01,
        "services.A.staff": 30,
        "services.all.leader": "passive",
        "switch.fading": "off",
    }
    assert type(design.settings(0)["services.A.staff"]) is int
    assert design.settings(1) == {"switch.fading": "on"}
    assert design.structure(0) == (("services.A.staff", 30), ("services.all.leader", "passive"))
    assert design.structure(1) == ()
    for point in (2, -1):
        with pytest.raises(IndexError, match="2 points"):
            design.settings(point)
    assert Design("none").points == 1
    assert Design("none").settings(0) == {}


def test_a_design_cannot_be_written_into() -> None:
    design = factorial([NUMBER], [np.array([1.0, 2.0])])
    with pytest.raises(ValueError, match="read-only"):
        design.values[0][0] = 5.0
