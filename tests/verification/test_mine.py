"""Are the chances that ``sustain mine`` tells right? Simulated services whose future is known, and what was seen of them.

``MINE_IMAGES=docs/images`` draws the picture that the documents show.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim
from experiments.keeping.kept import FEW_COLOURS, keep_picture
from experiments.kit.identity import EXPERIMENTS
from experiments.mine.matching import match, shortened
from experiments.mine.reading import read_mine
from sim.ensembles import read_ensemble
from sim.processors import processors
from sim.world import prepare
from tests.experiments.mine.reliability_figure import NAME, draw
from tests.experiments.mine.validating import TRUTHS, coverage, lives, matching, off_the_line, reliability, seen_of, validate

pytestmark = [pytest.mark.verification, pytest.mark.engine]

SEED = int(os.environ.get("VERIFICATION_SEED", "1"))
SERVICES = 1500
HISTORIES = 20_000
FUTURES = 400


def own():
    """The service of the first example: four posts, a passive leader."""
    mine = read_mine(EXPERIMENTS.with_name("docs") / "services" / "half-left.toml")
    return prepare(replace(mine.scenario, ensemble=read_ensemble()), seed=SEED)


CASES = {
    "Own: month 24 for 48": (lambda: shortened(own(), 48), 24, "operating"),
    "D: month 24 for 48": (lambda: shortened(sim.prepare("nine-services", seed=SEED).only("D"), 48), 24, "operating"),
    "Own: month 18 for 84": (own, 18, "kept_going"),
}
"""World, now and measure at the horizon, by heading."""


@pytest.fixture(scope="module")
def validations():
    found = {}
    for heading, (world, now, measure) in CASES.items():
        found[heading] = validate(
            world(),
            now,
            services=SERVICES,
            histories=HISTORIES,
            futures=FUTURES,
            seed=SEED,
            measure=measure,
            threads=processors(),
        )
    return found


@pytest.mark.parametrize("heading", CASES)
def test_what_was_seen_tells_something_and_is_calibrated(validations, heading):
    found = validations[heading]
    told = found.told
    own_gain, own_error = found.better(found.chances)
    other_gain, other_error = found.better(found.shuffled)
    bins = reliability(found.chances[told], found.ends[told])
    print(f"{heading}: {told.sum()} of {len(told)} forecast")
    for name, chances in (("own", found.chances), ("unconditional", found.base), ("shuffled", found.shuffled)):
        print(f"  Brier {name} {found.brier(chances).mean():.4f}")
    print(f"  better by {own_gain:.4f} (± {own_error:.4f}); shuffled {other_gain:.4f} (± {other_error:.4f})")
    print("  " + ", ".join(f"{one.chance:.2f}: {one.share:.2f}" for one in bins), f"p {off_the_line(bins):.2f}")
    assert told.mean() > 0.9
    assert own_gain > 3.0 * own_error
    assert off_the_line(bins) > 0.001
    # controls: what was seen of another service must do no better than nothing, and is not calibrated; nor are bolder chances
    assert other_gain < 2.0 * other_error
    assert off_the_line(reliability(found.shuffled[told], found.ends[told])) < 0.001
    odds = np.log(found.chances[told] / (1.0 - found.chances[told])).clip(-6, 6)
    bolder = 1.0 / (1.0 + np.exp(-3.0 * (odds - odds.mean()) - odds.mean()))
    assert off_the_line(reliability(bolder, found.ends[told])) < 0.001


def test_intervals_cover_what_very_many_histories_give():
    held, naive, count = coverage(
        own(), 18, sets=10, repeats=25, histories=8_000, reference=200_000, futures=1_200, seed=SEED, measure="operating",
        threads=processors(),
    )  # fmt: skip
    print(f"{count} intervals of 95 %: {100 * held:.1f} % hold the share; if every future were a history: {100 * naive:.1f} %")
    assert 0.91 <= held <= 0.99
    assert naive < held - 0.03  # the control: luck of few matches is more than Monte Carlo error


def test_the_bank_matches_as_the_command_does():
    world, now, random = own(), 18, np.random.default_rng(SEED)
    truths = lives(world, TRUTHS, 5, now, measure="operating", threads=1)
    bank = lives(world, 0, 2_000, now, measure="operating", threads=1)
    for row in truths.rows:
        observations = seen_of(row, now, random)
        assert matching(bank, observations).tolist() == match(world, observations, now, 2_000, threads=1).kept.tolist()


def test_the_picture_is_drawn(validations, tmp_path):
    picture = draw(tmp_path, validations)
    assert picture.png.stat().st_size > 10_000
    if folder := os.environ.get("MINE_IMAGES"):
        keep_picture(picture.png, Path(folder) / f"{NAME}.png", colours=FEW_COLOURS)
