"""Study files: what is read, and what bad input gets."""

import json

import pytest

from experiments.trials.reading import conditions_of, read_study, shipped
from experiments.trials.schema import json_schema
from sim.problems import BadInput
from tests.experiments.trials.small import ARM, WEDGE, study_of, template, text_of, written


def problems_of(folder, **changed):
    with pytest.raises(BadInput) as caught:
        study_of(folder, **changed)
    return [str(one) for one in caught.value.problems]


def test_shipped_studies_and_the_template_are_sound(tmp_path):
    assert set(shipped()) == {"leadership-24", "monitoring-40", "wedge-12", "successors-60"}
    for name in shipped():
        assert read_study(name).conditions
    path = tmp_path / "template.toml"
    path.write_text(template(), encoding="utf-8")
    assert read_study(path).file.design.services == 40


def test_a_study_without_an_estimand_is_refused_and_told_why(tmp_path):
    path = tmp_path / "small.toml"
    text = text_of()
    begin, end = text.index("[estimand]"), text.index("[population]")
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_study(path)
    (problem,) = caught.value.problems
    assert "missing key 'estimand'" in problem.what
    assert "before anything is run" in problem.hint


@pytest.mark.parametrize(
    ("changed", "where", "what"),
    [
        ({"design": 'kind = "parallel"\nservices = 3'}, "design.services", "3 services for 2 arms"),
        ({"design": 'kind = "parallel"\nservices = 121'}, "design.services", "more than the bank holds"),
        ({"instrument": "sundial"}, "measurement.instrument", "sundial"),
        ({"instrument": "fidelity_visit"}, "measurement.instrument", "does not see posts_delivering"),
        ({"months": "[0, 6]"}, "estimand.month", "nobody looks in month 12"),
        ({"months": "[12, 6]"}, "measurement.months", "not in order"),
        ({"primary": "exposure_time"}, "analysis.primary", "does not fit a design of kind parallel"),
        ({"primary": "gee_uncorrected"}, "analysis.primary", "warning only"),
        ({"analysis": 'also = ["cluster_t"]'}, "analysis.also", "is the primary analysis"),
        ({"measure": "kept_going", "primary": "mixed_satterthwaite"}, "analysis.primary", "one value a service"),
        ({"measure": "kept_going", "weighting": "member"}, "estimand.weighting", "posts cannot weigh"),
        ({"measure": "kept_going", "estimand": 'summary = "odds_ratio"'}, "analysis.primary", "estimates a difference"),
        ({"design": 'kind = "matched"\nservices = 24'}, "design.match", "says by what"),
        ({"design": 'kind = "stratified"\nservices = 24'}, "design.strata", "says by what"),
        ({"design": 'kind = "parallel"\nservices = 24\nsequences = 3'}, "design.sequences", "stepped_wedge"),
        ({"analysis": 'also = ["permutation", "permutation"]'}, "analysis.also", "permutation stands twice"),
        ({"design": 'kind = "stratified"\nservices = 24\nstrata = ["posts", "posts"]'}, "design.strata", "posts stands twice"),
        ({"primary": "gee_morel", "design": 'kind = "parallel"\nservices = 10'}, "analysis.primary", "rejects too often"),
        ({"primary": "permutation", "analysis": "alpha = 0.001"}, "analysis.alpha", "no p is below"),
        ({"measure": "given_up", "gives_up": "while_before"}, "estimand.service_gives_up", "nothing would be left"),
        ({"measure": "patient_gain"}, "estimand.no_sessions", "no lowest value"),
        (
            {"estimand": 'summary = "odds_ratio"', "primary": "gee_morel", "analysis": 'also = ["cluster_t"]'},
            "analysis.also[1]",
            "estimates a difference",
        ),
        (WEDGE | {"design": WEDGE["design"].replace("12", "5")}, "design.services", "two services at least in each"),
        (WEDGE | {"months": "[3, 6, 9]"}, "measurement.months", "ends of the periods"),
        (WEDGE | {"month": 12}, "estimand.month", "beyond the horizon"),
        ({"arms": ARM.replace('"follow_up"', '"folow_up"')}, "arms[2].policies[1].lever", "unknown lever"),
        ({"arms": ARM.replace("start = 0", "start = 40")}, "arms[2].policies[1].start", "after the horizon"),
        ({"arms": '[[arms]]\nname = "other"\ntitle = "Other"'}, "arms[2]", "does the same as 'usual'"),
        (
            {"arms": '[[arms]]\nname = "other"\ntitle = "Other"\nscenario = "baseline"'},
            "arms[2].scenario",
            "no policy and no event",
        ),
        ({"arms": '[[arms]]\nname = "other"\ntitle = "Other"\nscenario = "nowhere"'}, "arms[2].scenario", "nowhere"),
        ({"kind": "scenario", "loss": "services_a_year = 2.0"}, "loss.services_a_year", "out of bounds"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(tmp_path, changed, where, what):
    found = problems_of(tmp_path, **changed)
    assert any(where in one and what in one for one in found), found


def test_all_problems_are_told_at_once(tmp_path):
    found = problems_of(tmp_path, months="[6, 0]", primary="immediate_effect", design='kind = "matched"\nservices = 5')
    for where in ("measurement.months", "analysis.primary", "design.match", "design.services", "estimand.month"):
        assert any(where in one for one in found), (where, found)


def test_an_arm_that_cannot_be_read_is_not_told_to_do_nothing(tmp_path):
    found = problems_of(tmp_path, arms='[[arms]]\nname = "other"\ntitle = "Other"\nscenario = "nowhere"')
    assert len(found) == 1


def test_a_bank_that_no_memory_holds_is_refused(tmp_path):
    path = written(tmp_path)
    with pytest.raises(BadInput, match="more than a bank holds"):
        read_study(path, services=20_000, worlds=4_096)


def test_unknown_study_is_told_what_there_is():
    with pytest.raises(BadInput) as caught:
        read_study("leadership-42")
    assert "leadership-24" in str(caught.value.problems[0])


def test_a_folder_in_the_place_of_a_study_is_said_to_be_one(tmp_path):
    with pytest.raises(BadInput, match="folder"):
        read_study(tmp_path)


def test_policies_begin_at_the_randomisation_and_end_within_the_horizon(tmp_path):
    study = study_of(tmp_path, arms=ARM + "end = 90\n")
    (policy,) = [one for one in study.scenario(study.conditions[1]).policies if one.lever == "follow_up"]
    assert (policy.start, policy.end) == (12, None)
    assert study.months == 24


def test_conditions_of_designs(tmp_path):
    wedge = study_of(tmp_path, **WEDGE)
    assert [one.begins for one in wedge.conditions] == [0, 3, 6, 9]
    assert wedge.column == (1, 2, 3)
    other = ARM.replace("follow-up", "clarity").replace("Follow-up", "Clarity").replace("follow_up", "clarity")
    factorial = study_of(tmp_path, design='kind = "factorial"\nservices = 24', arms=ARM + other)
    assert [one.arms for one in factorial.conditions] == [(), (1,), (2,), (1, 2)]
    levers = {one.lever for one in factorial.scenario(factorial.conditions[3]).policies}
    assert {"follow_up", "clarity"} <= levers
    reached = study_of(tmp_path, design='kind = "parallel"\nservices = 24\ncontamination = 0.25')
    assert reached.column == (2, 1)
    doses = [one.dose for one in reached.scenario(reached.conditions[2]).policies if one.lever == "follow_up"]
    assert doses == [0.25]
    assert conditions_of(reached.file)[2].name == "usual-reached"


def test_narrow_services_are_copies_of_the_nine_with_what_happens_to_them(tmp_path):
    study = study_of(tmp_path, kind="narrow")
    assert len({one.name for one in study.population.services}) == 120
    described = {(one.setting, one.staff, one.leader) for one in read_study("successors-60").population.services}
    assert len(described) <= 9
    left = next(one for one in study.population.events if one.kind == "leaves_support")
    assert 1 < len(left.services) < 40  # of the copies of E
    assert all(name.startswith("T-") for name in left.services)


def test_what_is_known_of_services_is_put_in(tmp_path):
    path = written(tmp_path)
    path.write_text(path.read_text().replace("worlds = 8", "worlds = 8\n[population.fields]\nposts = 7"), encoding="utf-8")
    assert {one.posts for one in read_study(path).population.services} == {7}
    path.write_text(path.read_text().replace("posts = 7", "poosts = 7"), encoding="utf-8")
    with pytest.raises(BadInput, match="poosts"):
        read_study(path)


def test_schema_is_json():
    assert "estimand" in json.loads(json.dumps(json_schema()))["required"]
