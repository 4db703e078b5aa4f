"""A claim read otherwise, against effects that are known."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from experiments.hypotheses import outcomes, stability, tables
from experiments.hypotheses.estimating import estimate
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.robustness import stability_grid, stability_overview, stability_words
from experiments.hypotheses.schema import Rule
from experiments.hypotheses.stability import HOLDS, ByWorld, Sources, differing, moved_effect, others_of
from experiments.hypotheses.worlds import Point
from sim.scenario import read_scenario
from tests.experiments.hypotheses.made_up import by_world, found_of, made_up

pytestmark = pytest.mark.portable


def test_weights_count_worlds_as_if_they_were_there_more_often():
    rng = np.random.default_rng(1)
    values = {"with": 0.1 + 0.1 * rng.standard_normal((40, 8)), "without": np.zeros((40, 8))}
    contrast, members = {"with": 1.0, "without": -1.0}, np.arange(40)
    plain = estimate(values, contrast, members=members)
    same = estimate(values, contrast, members=members, weights=np.full(40, 3.0))  # the control
    # Not to the bit: versions of NumPy add up in different orders.
    assert asdict(same) == pytest.approx(asdict(plain), rel=1e-12, nan_ok=True)
    heavy = np.where(members < 20, 3.0, 1.0)
    found = estimate(values, contrast, members=members, weights=heavy)
    mean = values["with"].mean(axis=1)
    assert found.mean == pytest.approx(np.average(mean, weights=heavy))
    thrice = np.concatenate([np.repeat(np.arange(20), 3), np.arange(20, 40)])
    often = estimate({arm: runs[thrice] for arm, runs in values.items()}, contrast, members=thrice)
    assert (found.mean, found.error) == pytest.approx((often.mean, often.error))
    assert found.mcse > plain.mcse  # fewer equal worlds


def sources(change: float, weights=None) -> Sources:
    main = by_world(0.1, 40)
    first = ByWorld(main.mean[:20] + change, main.variance[:20], main.still[:20], main.members[:20], 8)
    return Sources(
        horizon=84, main=main, toward=main.effect(Rule()), weights=weights, at_outcome=lambda _: main, ensembles={},
        at_point=lambda _: (first, np.full(20, change)),
    )  # fmt: skip


def test_a_point_of_the_first_worlds_moves_the_mean_of_all():
    for change in (0.0, -0.07):
        one = sources(change)
        found = moved_effect(one, one.at_point(""), Rule())
        assert found.mean == pytest.approx(one.toward.mean + change)
        assert found.low < found.mean < found.high
        own = one.at_point("")[0].effect(Rule())
        assert own.mean < found.mean  # the control: the first worlds are not all
        assert found.sign_share == own.sign_share


def test_what_stands_otherwise_is_found_and_nothing_else():
    found = found_of(read_hypothesis("H1"))
    (claim,) = found.claims
    assert claim.readings[0].stands == HOLDS
    assert [(one.kind, one.name) for one in differing(claim.readings)] == [("ensemble", "second")]
    assert others_of(claim.readings) == tuple(one for one in claim.readings[1:] if one.toward is not None)
    assert [one for one in claim.readings if one.toward is None] == []
    read_high = [one.outcome for one in claim.readings if one.kind == "cut"]  # keeping going asks for no fidelity by itself
    assert read_high == [f"share_high_every_look_{cut}" for cut in (37, 40, 43)]
    assert "otherwise in 1 of" in stability_words(found)[0]
    grid, front = stability_grid(found), stability_overview([found])
    assert [len(cells) for _, cells in grid.rows] == [2] * len(claim.readings)
    (row,) = front.rows
    assert row[1][2].text == "1 of 1 otherwise"
    assert row[1][3].text == "the same"
    head, rows = tables.stability([found])
    assert len(rows) == len(claim.readings)
    assert [row[head.index("same")] for row in rows].count(0) == 1


def test_what_there_is_not_is_said():
    (claim,) = found_of(read_hypothesis("H1")).claims
    rule = Rule()
    none = replace(sources(0.0), toward=made_up(0.2))
    notes = {one.kind: one.note for one in stability.readings_of(claim.judged.claim, rule, none)}
    assert notes["ensemble"] == stability.ONE_ENSEMBLE
    assert notes["weights"] == stability.NOT_RECORDED
    told = {one.kind for one in stability.readings_of(claim.judged.claim, rule, replace(none, weights=np.ones(40))) if one.toward}
    assert "weights" in told


def test_every_claim_that_ships_can_be_read_at_its_own_month_and_outcome():
    for name in shipped():
        file = read_hypothesis(name).file
        for claim in file.claims:
            there = set(outcomes.other_readings(claim.outcome, file.months))
            month = claim.outcome.partition("@")[2]
            if month != "mean":
                assert set(claim.outcome.split("+")) <= there or "@" in claim.outcome


def test_another_definition_is_set_in_the_scenario_and_holds_in_every_world():
    scenario = read_scenario("all-passive")
    one = Point("fidelity_high=3.7").of(scenario)
    assert one.set_values["fidelity_high"] == 3.7
    assert Point("fidelity_high=3.7").is_form
    assert not Point("belief=smoothing").is_definition  # the control
