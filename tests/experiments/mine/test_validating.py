"""How forecasts are judged: planted chances that are right score well, others do not; the steps are the command's own."""

import numpy as np
import pytest

from tests.experiments.mine.reliability_figure import draw
from tests.experiments.mine.small import mine_of, world_of
from tests.experiments.mine.validating import TRUTHS, Validation, coverage, lives, off_the_line, reliability, seen_of, validate


@pytest.fixture
def planted():
    random = np.random.default_rng(3)
    chances = random.uniform(0.05, 0.95, 3000)
    ends = random.random(3000) < chances
    return Validation(chances, random.permutation(chances), float(ends.mean()), ends)


def test_right_chances_are_better_and_shuffled_ones_are_not(planted):
    gain, error = planted.better(planted.chances)
    assert gain > 10 * error
    gain, error = planted.better(planted.shuffled)
    assert gain < -5 * error
    assert planted.better(np.full(3000, planted.base)) == (0.0, 0.0)


def test_right_chances_lie_on_the_line(planted):
    bins = reliability(planted.chances, planted.ends)
    assert sum(one.services for one in bins) == 3000
    assert off_the_line(bins) > 0.01
    assert off_the_line(reliability(planted.chances**2, planted.ends)) < 1e-6


def test_what_is_not_forecast_is_not_judged(planted):
    chances = planted.chances.copy()
    chances[:100] = np.nan
    found = Validation(chances, planted.shuffled, planted.base, planted.ends)
    assert len(found.brier(found.chances)) == 2900


@pytest.mark.engine
def test_simulated_services_are_forecast(tmp_path):
    world = world_of(mine_of(tmp_path))
    found = validate(world, 18, services=30, histories=1500, futures=100, seed=1, measure="operating", threads=2)
    assert found.told.sum() >= 15
    assert ((found.chances[found.told] >= 0) & (found.chances[found.told] <= 1)).all()
    assert sorted(found.shuffled[~np.isnan(found.shuffled)]) == sorted(found.chances[~np.isnan(found.chances)])
    assert draw(tmp_path, {"trial": found}).png.exists()
    held, naive, count = coverage(
        world, 18, sets=1, repeats=2, histories=1500, reference=3000, futures=100, seed=1, measure="operating", threads=2
    )
    assert 0.0 <= naive <= held <= 1.0
    assert count == 2


@pytest.mark.engine
def test_what_is_seen_of_a_simulated_service_agrees_with_it(tmp_path):
    from experiments.mine.observations import agreeing

    truths = lives(world_of(mine_of(tmp_path)), TRUTHS, 200, 18, measure="kept_going", threads=1)
    random = np.random.default_rng(1)
    agree = np.array([agreeing(truths.rows[[at]], seen_of(truths.rows[at], 18, random)).all() for at in range(200)])
    assert 0.9 < agree.mean() < 1.0  # a rater is off by more than two errors now and then
    counted = [
        agreeing(truths.rows[[at]], [one for one in seen_of(truths.rows[at], 18, random) if one.kind != "fidelity"]).all()
        for at in range(200)
    ]
    assert all(counted)
