"""Figures, tables and sentences on hypotheses, from effects that are made up."""

import math
from dataclasses import replace

import pytest

from experiments.hypotheses import beside, figures, grids, report, tables
from experiments.hypotheses.estimating import Luck
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.schema import Curve
from experiments.hypotheses.verdicts import ASSUMED, Knockout
from experiments.hypotheses.words import number, paragraph, proper, sure_words, toward_words
from sim.figures.style import drawing
from tests.experiments.hypotheses.made_up import KNOCKOUTS, found_of, size_of

pytestmark = pytest.mark.portable


@pytest.fixture(scope="module")
def first():
    return found_of(read_hypothesis("H1"))


def test_curves_that_ship_draw_what_is_stated_at_every_point():
    drawn = [(read_hypothesis(name), one) for name in shipped() for one in read_hypothesis(name).file.curves]
    assert len(drawn) >= 2
    for hypothesis, one in drawn:
        assert {*one.points, *one.references, one.against} <= set(hypothesis.arms)
        lines = beside.curve_of(found_of(hypothesis), one)
        assert list(lines) == ["share_kept_going@48", "share_kept_going"]
        assert all(len(points) == len(one.points) for points in lines.values())


def test_a_curve_has_the_effects_of_its_arms_in_order_and_no_others(first):
    stated = {(next(iter(one.contrast)), one.outcome): one for one, _ in first.also}
    one = Curve(title="t", axis="a", points={"from_24": 24.0, "from_6": 6.0, "goals": 30.0, "nowhere": 40.0}, against="passive")
    lines = beside.curve_of(first, one)
    for outcome, arms in (("share_kept_going", ("from_6", "from_24", "goals")), ("share_kept_going@48", ("from_6", "from_24"))):
        assert [effect.mean for _, effect in lines[outcome]] == [size_of(stated[arm, outcome]) for arm in arms]
    assert [place for place, _ in lines["share_kept_going"]] == [6.0, 24.0, 30.0]
    assert beside.curve_of(first, replace_curve(one, against="active")) == {}  # the control: nothing is stated against it


def replace_curve(one: Curve, **changes) -> Curve:
    return Curve.model_validate(one.model_dump() | changes)


def test_a_curve_names_its_level_lines_and_what_they_stand_for(first, tmp_path):
    with drawing():
        picture = beside.curve(tmp_path, first, 0)
    assert "passive throughout, 10.0 %" in picture.caption
    assert "active from the start, 11.0 %" in picture.caption
    assert picture.svg.exists()
    assert "6 gives" in picture.alternative
    nothing = replace(first, also=())
    assert beside.curve(tmp_path, nothing, 0) is None


def test_what_a_curve_shows_is_not_drawn_again_as_bars(first, tmp_path):
    with drawing():
        shown = beside.parts(tmp_path, first)
    told = {one.title: one.alternative for one in shown}
    kept = next(text for title, text in told.items() if "kept going" in title)
    assert "clear goals and a current plan, alone" in kept  # the control
    assert "leaders who become active in month 6" not in kept
    # a curve shows one unit: what is in another is drawn as bars
    received = next(text for title, text in told.items() if "leadership received" in title)
    assert "leaders who become active in month 6" in received


def test_effects_are_told_by_months_of_leadership_received(first):
    asked = [one for one, _ in first.also if one.outcome == "leadership_received"]
    compared = [one for one in asked if sum(one.contrast.values()) == 0.0]
    assert len(compared) == len(asked) - 1 == 11  # the other one is a level
    also = tuple(
        (one, replace(effect, mean=24.0, low=20.0, high=28.0)) if one in asked else (one, effect) for one, effect in first.also
    )
    grid = grids.received_grid(replace(first, also=also))
    told = dict(grid.rows)
    assert set(told) == {proper(one.says) for one in compared}
    effect = next(effect.mean for one, effect in first.also if one.name == "from_6")
    assert told["leaders who become active in month 6"][2].text == f"{50.0 * effect:+.1f} percentage points"
    unsure = tuple((one, replace(effect, low=-1.0) if one in asked else effect) for one, effect in also)
    assert {cells[2].text for _, cells in grids.received_grid(replace(first, also=unsure)).rows} == {"–"}
    without = tuple((one, effect) for one, effect in also if one not in asked)
    assert grids.received_grid(replace(first, also=without)) is None  # the control
    assert grids.received_grid(found_of(read_hypothesis("H2"))) is None


def test_labels_are_whole_and_rows_do_not_overlap():
    long = "false rejections, monitoring dose 1/3, belief worked towards -0.4, where there are few patients"
    labels, places = beside.labels_of(["short", long, "short"])
    assert labels[1].replace("\n", " ") == long.replace("-0.4", "−0.4")
    assert "\n" in labels[1]
    heights = [0.14 * (1 + one.count("\n")) for one in labels]
    for at in range(2):
        assert places[at] - places[at + 1] > 0.5 * (heights[at] + heights[at + 1])


@pytest.mark.parametrize("name", ["H2", "H6"])
def test_every_figure_of_a_hypothesis_with_a_surface_is_drawn(tmp_path, name):
    found = found_of(read_hypothesis(name))
    with drawing():
        pictures = figures.draw_all(tmp_path, found)
    assert any(one.name.endswith("-surface") for one in pictures)
    for one in pictures:
        assert one.caption
        assert one.alternative
        assert one.png.exists()


NOTED = (
    *KNOCKOUTS,
    Knockout("leader_turnover", 0.3, 0.01, already="off in every arm"),
    Knockout("fading", 0.051, 0.01, near=True),
)


def test_notes_on_knock_outs_stand_in_table_page_figure_and_sentence(tmp_path):
    hypothesis = read_hypothesis("H10")
    found, plain = found_of(hypothesis, NOTED), found_of(hypothesis)
    assert found.verdict == ASSUMED
    head, rows = tables.knockouts([found])
    told = {row[head.index("off")]: dict(zip(head, row, strict=True)) for row in rows}
    assert told["leader_turnover"]["already"] == "off in every arm"
    assert (told["belief=smoothing"]["label"], told["turnover"]["label"]) == ("belief by smoothing instead", "turnover")
    assert (told["fading"]["near"], told["turnover"]["near"], told["turnover"]["already"]) == (1, 0, "")
    page = {name: " ".join(f"{cell.text} {cell.small}" for cell in cells) for name, cells in report.knockout_grid(found).rows}
    assert "already off in every arm" in page["leader turnover"]
    assert "within luck" in page["fading"]
    assert "the claim hangs on it" in page["turnover"]
    assert "does not decide" in page["hesitation"]
    assert "does not decide" in page["belief by smoothing instead"]
    with drawing():
        noted, without = (figures.knockouts(tmp_path, one).caption for one in (found, plain))
    assert "A ring:" in noted
    assert "*:" in noted
    assert "A ring:" not in without  # the control
    assert "*:" not in without
    assert "without fading the effect is so near" in " ".join(sure_words(found))
    assert "so near" not in " ".join(paragraph(plain))  # the control


def test_numbers_are_told_alike_and_nothing_has_no_sign():
    assert number(-0.00001, "share_sustained", 84) == "0.0"
    assert number(-0.0006, "share_sustained", 84) == "−0.1"
    assert number(1172.4, "hours_leader_per_service", 84) == "+1,172"
    assert number(0.0421, "fidelity", 84, like=2.0) == "+0.04"
    assert proper("all-passive moved by -0.6") == "all-passive moved by −0.6"


def test_several_claims_are_numbered_and_a_single_one_is_not():
    many, one = (paragraph(found_of(read_hypothesis(name))) for name in ("H2", "H1"))
    assert [said[:2] for said in many[:3]] == ["1.", "2.", "3."]
    assert not one[0].startswith("1.")
    assert "claim 1 has" in many[-1]
    assert "it has" in one[-1]


def test_an_error_that_was_not_seen_is_told_as_a_bound_or_as_not_known():
    found = found_of(read_hypothesis("H1"))
    (claim,) = found.claims
    told = {}
    for luck in (Luck(0.005, seen=True), Luck(0.005, seen=False), Luck(math.nan, seen=False)):
        one = replace(found, claims=(replace(claim, luck=luck),))
        told[luck] = (report.pairing_grid(one).rows[0][1][1].text, paragraph(one)[-1])
    (seen, late), (bound, up_to), (unknown, said) = told.values()
    assert (seen, bound, unknown) == ("0.5", "at most 0.5", "not known")
    assert "has 0.5 instead of 0.1" in late
    assert "has up to 0.5 instead of 0.1" in up_to
    assert "not known, as no run differed" in said


def test_a_claim_of_no_benefit_is_told_as_what_is_left(tmp_path):
    found, plain = (found_of(read_hypothesis(name)) for name in ("H7", "H10"))
    with drawing():
        told, other = (figures.worlds(tmp_path, one).caption for one in (found, plain))
    assert "Of a claim of no benefit" in told
    assert "Of a claim of no benefit" not in other  # the control
    assert "below the smallest effect" in report.knockout_grid(found).heads[2]


def test_every_claim_that_ships_is_whole_above_its_panel():
    claims = [one.says for name in shipped() for one in read_hypothesis(name).file.claims]
    titles = [beside.balanced(f"9. {one}", figures.TITLE_ROOM, figures.TITLE_LINES) for one in claims]
    assert not [one for one in titles if "…" in one]
    assert "…" in beside.balanced("9. " + max(claims, key=len), figures.TITLE_ROOM, 1)  # the control


def test_what_every_effect_that_ships_is_stands_whole_below_its_panel():
    files = [read_hypothesis(name).file for name in shipped()]
    told = [toward_words(claim, file.months) for file in files for claim in file.claims]
    assert not [one for one in told if "…" in beside.balanced(one, figures.AXIS_ROOM, figures.AXIS_LINES)]
    assert "…" in beside.balanced(max(told, key=len), figures.AXIS_ROOM, 2)  # the control
