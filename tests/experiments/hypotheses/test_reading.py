"""Hypothesis files: those that ship, and what is refused."""

import re
from typing import get_args

import pytest

from experiments.hypotheses import reading
from experiments.hypotheses.measuring import service_outcomes
from experiments.hypotheses.outcomes import FORETOLD, at_month, months_of
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.schema import Foretold, HypothesisFile
from sim.problems import BadInput
from tests.experiments.commanding import refused
from tests.experiments.hypotheses.made_up import filled_in

TEXT = (reading.STUDIES / "template.toml").read_text(encoding="utf-8")


def written(tmp_path, *changes: tuple[str, str]):
    text = filled_in()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path) -> str:
    with pytest.raises(BadInput) as error:
        read_hypothesis(path)
    return "\n".join(f"{one.where}: {one.what} | {one.allowed} | {one.hint}" for one in error.value.problems)


def test_the_thirteen_ship_and_can_be_run():
    files = shipped()
    found = [read_hypothesis(name) for name in files]
    assert [one.file.hypothesis for one in found] == [f"H{number}" for number in range(1, 14)]
    for one in found:
        assert one.file.claims or one.file.foretelling
        assert one.file.rule.sign_share == 0.8
        assert one.file.months == 84
        assert re.fullmatch(r"[0-9a-f]{64}", one.hash)
        assert all(claim.smallest > 0.0 for claim in one.file.claims)
        mains = [claim.smallest for claim in one.file.claims if claim.outcome.startswith("share_kept_going")]
        assert set(mains) <= {0.05}  # the rule's default


def test_every_claim_that_ships_can_be_read_at_three_months():
    for name in shipped():
        one = read_hypothesis(name)
        for claim in one.file.claims:
            found = [at_month(claim.outcome, month, one.file.months) for month in months_of(one.file.months)]
            assert None not in found, (name, claim.name)
            assert len(set(found)) == 3, (name, claim.name)
    assert at_month("hours_leader_per_service", 24, 84) is None  # the control: what is not measured on the way


def test_a_template_that_nobody_filled_in_is_refused(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(TEXT.replace('name = "template" ', 'name = "mine" '), encoding="utf-8")
    said = refused("hypotheses", file, "--quick", "--out", tmp_path / "out")
    for key in reading.TO_FILL_IN:
        assert f"mine.toml: {key}: is still that of the template" in said
    assert "allowed: your own text: what was expected, in a sentence" in said
    assert "hint: fill it in before anything runs" in said
    assert not (tmp_path / "out").exists()
    assert said == refused("check", file)
    part = problems(written(tmp_path, ('source = "A talk."', 'source = " Where the idea comes from.\\n"')))
    assert "mine.toml: source: is still" in part
    assert part.count("is still that of the template") == 1
    read_hypothesis(written(tmp_path))  # the control


def test_an_arm_that_sets_a_number_which_a_mechanism_has_replaced_is_refused(tmp_path):
    old, share, off = '"services.all.consideration" = 0.8', "share_new_leader_active = 0.3", '"switch.newcomers_alike" = "off"'
    found = problems(written(tmp_path, (old, f"{old}, {share}")))
    assert found.startswith("mine.toml: arms.with (--set share_new_leader_active): 'share_new_leader_active' does nothing here")
    assert "| share_incumbent_active | turn it off to have the old number act: switch.newcomers_alike=off" in found
    one = read_hypothesis(written(tmp_path, (old, f"{old}, {share}, {off}")))  # the control
    assert one.arms["with"].parameters == {"share_new_leader_active": 0.3}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "mine" ', 'name = "My_First try" ', "mine.toml: name: 'My_First try' {} hyphens | such as 'my-first-try'"),
        ('name = "more_keep_going"', 'name = "Keep going!"', "name: 'Keep going!' {} underscores | such as 'keep_going'"),
        ("[arms.with]", '[arms."With It"]', "mine.toml: arms.With It: 'With It' {} underscores | such as 'with_it'"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_told_with_one_that_can(tmp_path, old, new, said):
    assert said.format("cannot be used here | lower-case words joined by") in problems(written(tmp_path, (old, new)))


def test_what_ships_is_told_from_an_edited_copy_of_it(tmp_path):
    assert all(read_hypothesis(name).is_shipped for name in shipped())
    assert not read_hypothesis(written(tmp_path)).is_shipped
    path = shipped()["h04-goals-and-plan"]
    copy = tmp_path / path.name
    copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_hypothesis(copy).is_shipped
    copy.write_text(path.read_text(encoding="utf-8").replace("smallest = 0.05", "smallest = 0.04"), encoding="utf-8")
    assert not read_hypothesis(copy).is_shipped


def test_a_number_a_name_or_a_file(tmp_path):
    name = next(iter(shipped()))
    assert read_hypothesis("H1").file.name == read_hypothesis("h1").file.name == read_hypothesis(name).file.name
    assert read_hypothesis(written(tmp_path)).file.name == "mine"
    with pytest.raises(BadInput, match="unknown hypothesis 'H14'") as caught:
        read_hypothesis("H14")
    assert "H1 to H13" in caught.value.problems[0].allowed
    with pytest.raises(BadInput, match="folder"):
        read_hypothesis(tmp_path)


def test_what_may_be_foretold_is_what_is_measured_of_services():
    assert get_args(Foretold) == tuple(FORETOLD)
    assert {*FORETOLD, *(f"{one}@24" for one in FORETOLD)} <= set(service_outcomes(84))
    asked = read_hypothesis("H3").file.foretelling
    assert (asked.outcome, asked.former) == ("kept_going", "sustained")


def test_another_wording_is_another_hypothesis(tmp_path):
    one = read_hypothesis(written(tmp_path)).hash
    other = read_hypothesis(written(tmp_path, ("Does clarity help?", "What else?"))).hash
    assert one != other


FIRST = ' }\noutcome = "share_kept_going"'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("smallest = 0.05 ", "smallest = -1 "), "smallest"),
        (("with = 1, without = -1" + FIRST, "with = 1, without = -0.5" + FIRST), "add up to 0.5"),
        (("with = 1, without = -1" + FIRST, "wit = 1, without = -1" + FIRST), "no arm 'wit'"),
        (('outcome = "share_kept_going"', 'outcome = "share_kept_gong"'), "no outcome"),
        (("about = [] ", 'about = ["turnver"] '), "no mechanism"),
        (('direction = "higher" ', 'direction = "up" '), "direction"),
        (('lever = "clarity"', 'lever = "clartiy"'), "unknown lever"),
        (("dose = 0.8", "dose = 8.0"), "out of bounds"),
        (('scenario = "all-passive"\n\n', 'scenario = "all-pasive"\n\n'), "unknown scenario"),
        (('name = "mine" ', 'name = "other" '), "is 'other'"),
        (("[budget]", "[budget]\nmuch = 3"), "much"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, change, told):
    assert told in problems(written(tmp_path, change))


def test_all_problems_at_once(tmp_path):
    said = problems(
        written(tmp_path, ('outcome = "share_kept_going"', 'outcome = "nothing"'), ("about = [] ", 'about = ["none"] '))
    )
    assert "no outcome" in said
    assert "no mechanism" in said


def test_arms_that_cannot_be_compared_are_refused(tmp_path):
    said = problems(
        written(
            tmp_path,
            ('[arms.with]\nscenario = "all-passive"\n', '[arms.with]\nscenario = "national"\n'),
            ('set = { "services.all.consideration" = 0.8 }\n', ""),
        )
    )
    assert "arms.with: lacks the services A, B, C, D, E and 4 more" in said
    assert "the services of arm 'without'" in said


def test_the_template_explains_every_table():
    known = set(HypothesisFile.model_fields)
    said = set(re.findall(r"^(?:# (?=\[))?\[*([a-z_]+)", TEXT, re.MULTILINE)) & known  # behind a mark too, where it is a table
    assert known - said == {"surface", "foretelling"}


def test_a_former_claim_of_the_template_can_be_used(tmp_path):
    head, former, rest = re.split(r"^(# \[\[former\]\]\n(?:# .*\n)+)", TEXT, flags=re.MULTILINE)
    used = "".join(line.removeprefix("# ") for line in former.splitlines(keepends=True))
    one = read_hypothesis(written(tmp_path, (former, used)))
    assert [claim.name for claim in one.file.former] == ["more_deliver"]
    assert "posts_delivering" in one.outcomes
    assert (head + used + rest).count("[[former]]") == 1
    assert read_hypothesis(written(tmp_path)).file.former == []  # the control


def test_outcomes_are_added_up_and_what_is_not_of_one_kind_is_refused(tmp_path):
    first = ('outcome = "share_kept_going"', 'outcome = "share_drifted+share_abandoned"')
    assert read_hypothesis(written(tmp_path, first)).outcomes[:2] == ("share_drifted", "share_abandoned")
    assert "of one kind" in problems(written(tmp_path, (first[0], 'outcome = "share_drifted+fidelity"')))
    assert "no outcome" in problems(written(tmp_path, (first[0], 'outcome = "share_drifted+nothing"')))


def test_an_unknown_arm_of_a_curve_is_refused(tmp_path):
    text = (
        (reading.STUDIES / "h01-active-leadership.toml").read_text(encoding="utf-8").replace('"h01-active-leadership"', '"mine"')
    )
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    read_hypothesis(file)  # the control
    file.write_text(text.replace('against = "passive"', 'against = "pasive"'), encoding="utf-8")
    with pytest.raises(BadInput, match="there is no arm 'pasive'"):
        read_hypothesis(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mixed_from = 0.2", "mixed_from = 0.9", "is 0.9, not below sign_share"),
        ("interval = 0.95", "interval = 1.0", "1.0 is out of bounds"),
        ("interval = 0.95", "interval = 0.0", "0.0 is out of bounds"),
        ("smallest = 0.05 ", "error = 1e-300\nsmallest = 0.05 ", "1e-300 is out of bounds"),
    ],
)
def test_a_rule_that_decides_nothing_is_refused(tmp_path, old, new, said):
    read_hypothesis(written(tmp_path))  # the control
    with pytest.raises(BadInput, match=re.escape(said)):
        read_hypothesis(written(tmp_path, (old, new)))
