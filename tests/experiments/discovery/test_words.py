"""Sentences say what was found, what was not, and how sure it is."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer

from experiments.discovery.analysing import FAILURES, Finding, Findings
from experiments.discovery.asked import Asked
from experiments.discovery.conditions import Input
from experiments.discovery.figures import _glance as drawn_bars
from experiments.discovery.figures import rates
from experiments.discovery.finding import Control, Region, Score
from experiments.discovery.settings import Settings, settings_of
from experiments.discovery.words import (
    chance,
    headline,
    how_sure,
    in_short,
    leaf_words,
    meaning,
    sentence,
    short_answer,
    warnings_of,
)
from experiments.discovery.workbench import Box, Limit
from experiments.worlds.luck import share_between
from tests.experiments.discovery import planted

LEVEL, EFFECT = FAILURES
KNOWN = {
    "leaders": Input("leaders", "leader turnover", "per cent a month", 0.003, 0.04, condition=True),
    "load": Input("load", "extra workload", "hours a month", 0.0, 15.0, condition=True),
}
BOX = Box((Limit("leaders", "above", 0.029, 0.001), Limit("load", "above", 6.0, 0.01)))
SCORE = Score(worlds=200, failures=100, inside=73, failures_inside=61)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return settings_of(Asked(worlds=100))


def finding(region: Region | None, *, failure: object = LEVEL, failed: int = 200) -> Finding:
    control = Control((region,) * 20) if region else None
    fails = np.arange(400) < failed
    return Finding(failure, np.zeros(400), fails, 0.07, 16, region, control, None)  # type: ignore[arg-type]


def findings(one: Finding) -> Findings:
    worlds = planted.worlds(planted.inputs(400, 1))
    return Findings(
        type(worlds)(worlds.inputs, KNOWN, worlds.training), np.arange(400), np.zeros((planted.OUTCOMES, 2, 400, 12)), (one,)
    )


def region(test: Score, box: Box = BOX) -> Region:
    return Region((), box, SCORE, test, ((SCORE, test),), 0)


def test_a_region(settings: Settings) -> None:
    one = finding(region(SCORE))
    assert sentence(one, findings(one), settings) == (
        "Active leadership keeps fewer than half of the services going where leader turnover is above 2.9 % a month AND extra "
        "workload is above 6.0 hours a month: 61 % of all failures lie there (coverage), and 84 % of the worlds there are "
        "failures (density); elsewhere 31 % fail."
    )
    effect = finding(region(SCORE), failure=EFFECT)
    assert sentence(effect, findings(effect), settings).startswith(
        "Active leadership adds less than 5 percentage points to passive support where leader turnover is above"
    )
    assert "less than 50 % of the services keep going to month 84" in meaning(one, settings)
    assert "with the same luck" in meaning(effect, settings)


def test_a_box_that_does_not_hold_is_no_region(settings: Settings) -> None:
    one = finding(region(Score(200, 100, 73, 37)))
    text = sentence(one, findings(one), settings)
    assert "no region was found" in text
    assert "does not hold on the other (51 % of the worlds there are failures, elsewhere 50 %; p = 0.5" in text
    nothing = finding(region(SCORE, Box()))
    assert sentence(nothing, findings(nothing), settings).endswith("more often than elsewhere. More worlds might find one.")


@pytest.mark.parametrize(("failed", "words"), [(6, "too few to look"), (395, "too few that do not fail to look")])
def test_too_few(settings: Settings, failed: int, words: str) -> None:
    one = finding(None, failed=failed)
    assert f"in {failed} of 400 worlds: {words}" in sentence(one, findings(one), settings)


def test_how_sure(settings: Settings) -> None:
    one = finding(region(SCORE))
    noise, own, control = how_sure(one, findings(one))
    assert noise.endswith("is expected to put 7 % of the worlds on the wrong side of the line.")
    assert own.startswith("On the half that the box was found on, coverage is 61 % and density 84 %")
    assert "in 20 of 20 tries, MORE than chance allows: do not rely on the region. In 20 of them the box did as well" in control
    held = finding(region(Score(200, 100, 73, 37)))
    assert "in 0 of 20 tries, no more than chance allows" in how_sure(held, findings(held))[-1]


def test_another_policy_by_its_name(settings: Settings) -> None:
    other = settings_of(Asked(policy="supervision-boosters", base="baseline", worlds=100))
    one = finding(region(SCORE))
    assert sentence(one, findings(one), other).startswith(
        f"The policy “{other.policy.title}” keeps fewer than half of the services going where"
    )
    assert other.policy.title != other.policy.name


def test_a_leaf_in_words() -> None:
    path = (("load", "above", 3.0), ("leaders", "below", 0.02), ("load", "above", 6.0))
    assert leaf_words(path, KNOWN) == "extra workload is above 6.0 hours a month and leader turnover is below 2.0 % a month"
    assert leaf_words((), KNOWN) == "everywhere"


def test_small_probabilities_stay_readable() -> None:
    assert [chance(p) for p in (0.0000917, 0.001, 0.0312, 0.5)] == ["less than 0.001", "0.001", "0.031", "0.5"]
    assert "with probability less than 0.001." in how_sure(finding(region(SCORE)), findings(finding(region(SCORE))))[1]


def sound(region: Region, **about: object) -> Finding:
    """Finding whose control found nothing."""
    empty = Score(200, 100, 0, 0)
    nothing = Region((), Box(), SCORE, empty, ((SCORE, empty),), -1)
    return replace(finding(region, **about), control=Control((nothing,) * 20))  # type: ignore[arg-type]


def test_the_page_leads_with_one_sentence(settings: Settings) -> None:
    one = sound(region(SCORE))
    assert short_answer(one, settings, KNOWN) == (
        "Active leadership keeps fewer than half of the services going in 84 % of the worlds where leader turnover is above 2.9 "
        "% a month and extra workload is above 6.0 hours a month, and in 31 % elsewhere."
    )
    share, control = in_short(findings(one), settings)
    assert share.startswith("61 % of all failures lie in this region.")
    assert control == "With failures dealt out at random, 0 of 20 searches came to a region as good."


def test_a_region_that_the_control_finds_everywhere_is_no_answer(settings: Settings) -> None:
    one = finding(region(SCORE))
    assert short_answer(one, settings, KNOWN) == (
        "Active leadership keeps fewer than half of the services going in 200 of 400 worlds, and no conditions were found in "
        "which it does so more often."
    )
    assert "do not rely on it" in in_short(findings(one), settings)[0]
    few = finding(None, failed=395)
    assert short_answer(few, settings, KNOWN).endswith("in 395 of 400 worlds: too few of the others to say what sets them apart.")


def test_what_makes_it_doubtful_is_a_warning() -> None:
    good = sound(region(SCORE))
    assert warnings_of(findings(good)) == []
    noisy = replace(good, misclassified=0.11)
    (said,) = warnings_of(findings(noisy))
    assert said.startswith("Failure in level: 12 replicates a world: chance in the runs is expected to put 11 %")
    (unsound,) = warnings_of(findings(finding(region(SCORE))))
    assert unsound == "Failure in level: the control found regions where there are none."


def lines_of(one: Finding) -> list[float]:
    """Lengths of the thin lines of the small picture, in parts of the axis, from top to bottom."""
    figure = drawn_bars(rates(one))
    (axis,) = figure.axes
    reaches = [bars.lines[2][0].get_segments()[0] for bars in axis.containers if isinstance(bars, ErrorbarContainer)]
    return [float(reach[1][0] - reach[0][0]) for reach in reaches]


def test_bars_of_nothing_and_of_everything_have_a_line_too() -> None:
    some = lines_of(sound(region(SCORE)))
    assert len(some) == 2
    every = lines_of(sound(region(Score(worlds=200, failures=20, inside=20, failures_inside=20))))  # all inside, none outside
    assert every == pytest.approx([1 - share_between(20, 20)[0], share_between(0, 180)[1]])
    assert min(every) > 0.01
    low, high = share_between(61, 73)
    assert some[0] == pytest.approx(high - low)  # the control: a share that is neither
    assert some[0] == pytest.approx(4 * np.sqrt(61 / 73 * 12 / 73 / 73), rel=0.05)


def test_the_clearer_region_comes_first() -> None:
    weak, clear = sound(region(Score(200, 100, 73, 50))), sound(region(SCORE), failure=EFFECT)
    both = replace(findings(weak), each=(weak, clear))
    assert headline(both) is clear
    assert headline(replace(both, each=(clear, weak))) is clear
    assert headline(replace(both, each=(weak, finding(None)))) is weak
