"""Parameters in plain words: every one has some, no two have the same."""

import pytest

from sim.parameters import read_table
from sim.report.tables import differing_table
from sim.scenario import from_table, read_scenario

pytestmark = pytest.mark.portable


def test_every_parameter_has_words_of_its_own() -> None:
    labels = [one.label for one in read_table().parameters.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)
    assert not [label for label in labels if "_" in label or label.endswith(".") or len(label) > 70]


def test_names_in_words() -> None:
    label = read_table().label
    assert label("chance_leaves") == "turnover of practitioners"
    assert label("switch.fading") == "fading (switch)"
    assert label("forms.belief") == "belief (form)"
    assert label("services.A.leader") == "services.A.leader"


def test_what_a_scenario_sets_otherwise_than_the_table() -> None:
    settings = {"chance_leaves": 0.02, "switch.fading": "off", "forms.belief": "smoothing"}
    differing = from_table(read_scenario("nine-services", overrides=settings))
    usual = read_table().parameters["chance_leaves"].value
    rows = [(one.where, one.a, one.b) for one in differing]
    assert rows == [
        ("chance_leaves", f"{usual:g}", "0.02"),
        ("switch.fading", "on", "off"),
        ("forms.belief", "bayes", "smoothing"),
    ]
    table = differing_table(differing)
    assert table.rows[0][0] == "turnover of practitioners"
    assert from_table(read_scenario("nine-services")) == []
