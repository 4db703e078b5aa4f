"""Scenarios or arms that say the same under two names are refused, whatever the study."""

import pytest

from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.worlds.pairing import twins
from sim.problems import BadInput
from sim.scenario import read_scenario
from tests.experiments.commanding import refused, sustain

TWICE = """
schema_version = 1
name = "twice"
title = "The same twice"
question = "Are these two scenarios?"
scenarios = [{names}]
replicates = 5
"""


def test_the_order_and_the_name_are_no_difference():
    pairs = [("all-passive+expectations", "expectations+all-passive"), ("baseline", "nine-services")]
    for first, second in pairs:
        (problem,) = twins([read_scenario(first), read_scenario(second)])
        assert problem.what == f"says the same as {read_scenario(first).name}"
    assert twins([read_scenario("all-passive"), read_scenario("all-active")]) == []  # the control


def test_a_sweep_refuses_them_with_their_places(tmp_path):
    path = tmp_path / "twice.toml"
    names = '"all-passive+expectations", "expectations+all-passive", "baseline", "nine-services"'
    path.write_text(TWICE.format(names=names), encoding="utf-8")
    said = refused("sweep", path, "--foretell")
    assert "twice.toml: scenarios[2]: says the same as all-passive+expectations" in said
    assert "twice.toml: scenarios[4]: says the same as baseline" in said
    path.write_text(TWICE.format(names='"all-passive+expectations", "baseline"'), encoding="utf-8")  # the control
    assert sustain("sweep", path, "--foretell").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("sensitivity", "--scenario", "baseline", "--scenario", "nine-services"),
        ("discover", "baseline", "--base", "nine-services"),
        ("compare", "baseline", "nine-services"),
    ],
)
def test_so_does_every_command_that_compares(words):
    assert "says the same as" in refused(*words)


def test_a_contrast_of_arms_that_say_the_same_is_refused(tmp_path):
    text = shipped()["h01-active-leadership"].read_text(encoding="utf-8")
    path = tmp_path / "h01-active-leadership.toml"
    path.write_text(text, encoding="utf-8")
    assert len(read_hypothesis(path).arms) > 2  # the control
    path.write_text(text.replace('scenario = "all-active"', 'scenario = "all-passive"'), encoding="utf-8")
    with pytest.raises(BadInput, match=r"arm '\w+' says the same as arm '\w+'"):
        read_hypothesis(path)
