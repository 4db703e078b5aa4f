"""Leaving patterns out where it is known what the others say of them."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.calibration import leaving, walking
from experiments.calibration.emulating import Emulator
from experiments.patterns.reading import read_patterns

PATTERN = read_patterns().patterns[0]
PARAMETERS = 4


def band(name, low, high):
    return replace(PATTERN, id=name, pattern=name.split(".")[0], low=low, high=high, target=(low + high) / 2)


def line(at):
    """Foretells parameter ``at`` itself."""
    linear = np.zeros(1 + PARAMETERS)
    linear[0], linear[1 + at] = 0.5, 0.5
    return Emulator(linear, np.zeros((0, 2), np.int64), np.zeros(0), 0.02, 1.0)


# P1 and P2 hang on the same parameter, P3 and P10 on one each
BANDS = (
    band("P1.a", 0.6, 0.7),
    band("P2.implied", 0.55, 0.75),
    band("P3.alone", 0.1, 0.2),
    band("P10.x", 0.4, 0.6),
    band("P10.y", 0.0, 1.0),
)
EMULATORS = (line(0), line(0), line(1), line(2), line(3))


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    prior = rng.random((400, PARAMETERS))
    seen = np.stack([prior[:, k] for k in (0, 0, 1, 2, 3)], axis=1)
    found = leaving.leave_out(walking.Target(BANDS, EMULATORS), rng.random((200, PARAMETERS)), seen, steps=150)
    return {(one.left, one.pattern.id): one for one in found}


def test_what_is_left_out():
    assert leaving.left_out(BANDS) == [
        ("P1", (0,)), ("P2", (1,)), ("P3", (2,)), ("P10", (3, 4)), ("P10.x", (3,)), ("P10.y", (4,)),
    ]  # fmt: skip
    assert leaving.left_out(BANDS[:1]) == []  # nothing would be left to fit


def test_a_pattern_that_another_implies_is_foretold(rows):
    one = rows["P2", "P2.implied"]
    assert one.inside
    assert one.without.mean == pytest.approx(0.65, abs=0.02)
    assert one.without.within > 0.95
    assert one.learned < 0.25
    assert one.verdict == "foretold"


def test_a_pattern_that_stands_alone_is_as_wide_as_the_prior(rows):
    one = rows["P3", "P3.alone"]
    assert not one.inside
    assert one.learned == pytest.approx(1.0, abs=0.15)
    assert one.without.mean == pytest.approx(0.5, abs=0.08)
    assert one.without.within < 0.25
    assert one.verdict.startswith("not foretold")
    assert one.fitted.mean == pytest.approx(0.15, abs=0.02)  # with it, it is met
    assert one.fitted.within > 0.7


def test_a_mean_within_the_tolerance_is_not_enough(rows):
    one = rows["P10.x", "P10.x"]  # the middle of the prior, by chance of where its band lies
    assert one.inside
    assert one.without.within < 0.5
    assert one.verdict.startswith("mean within")


def test_what_the_prior_meets_anyway_is_no_success(rows):
    one = rows["P10.y", "P10.y"]  # a band as wide as the prior
    assert one.inside
    assert one.without.within > 0.9
    assert "hardly narrow" in one.verdict


def test_range_is_that_of_a_measurement(rows):
    one = rows["P1", "P1.a"].fitted
    # a uniform number from .6 to .7, and the emulator's error twice: of where chains may walk, and of what would be measured
    reach = 1.645 * np.sqrt(0.1**2 / 12 + 2 * 0.02**2)
    assert one.low == pytest.approx(0.65 - reach, abs=0.012)
    assert one.high == pytest.approx(0.65 + reach, abs=0.012)


def test_threads_do_not_matter():
    start = np.random.default_rng(2).random((20, PARAMETERS))
    target, seen = walking.Target(BANDS, EMULATORS), np.full((5, 5), np.nan)
    one, two = (leaving.leave_out(target, start, seen, steps=10, threads=n) for n in (1, 3))
    assert [row.without for row in one] == [row.without for row in two]
    assert np.isnan(one[0].learned)
