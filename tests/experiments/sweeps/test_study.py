"""A study's machine form and hash: what decides the rows counts, what does not does not."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from experiments.sweeps.designs import Design, Factor
from experiments.sweeps.reading import study_of
from experiments.sweeps.study import MAIN_OUTCOMES, Study, from_machine_form
from sim.measures import vector_names
from sim.parameters.ensemble import LISTED_MAX, Ensemble
from sim.scenario import read_scenario

pytestmark = pytest.mark.portable

MEMBERS = {"chance_waits": [0.03, 0.04, 0.05], "weight": [1.0, 2.0, 3.0]}


def made(**given: Any) -> Study:
    defaults: dict[str, Any] = {
        "scenarios": ["nine-services", "all-active"],
        "factors": {"chance_leaves": [0.01, 0.02], "switch.fading": ["on", "off"], "services.A.leader": ["vacant", "active"]},
        "ensemble": MEMBERS,
        "replicates": 4,
        "months": 36,
    }
    defaults["every_member"] = (defaults | given)["ensemble"] is not None
    return study_of(**(defaults | given))


def test_counts() -> None:
    study = made()
    assert (study.design.points, study.members, study.runs, study.total) == (8, 3, 12, 192)
    plain = study_of(scenarios=["nine-services"], replicates=5)
    assert (plain.design.kind, plain.design.points, plain.members, plain.runs, plain.total) == ("none", 1, 1, 5, 5)
    assert [one.months for one in study.scenarios] == [36, 36]


def test_weights_have_mean_one() -> None:
    ensemble = made().ensemble
    assert ensemble is not None
    assert ensemble.weights.tolist() == [0.5, 1.0, 1.5]
    assert ensemble.values.tolist() == [[0.03], [0.04], [0.05]]


def test_machine_form_is_json_and_leads_back() -> None:
    study = made()
    text = json.dumps(study.machine_form(), allow_nan=False)
    again = from_machine_form(json.loads(text))
    assert json.dumps(again.machine_form(), allow_nan=False) == text
    assert again.hash == study.hash
    assert [again.design.settings(one) for one in range(8)] == [study.design.settings(one) for one in range(8)]
    assert again.scenarios == tuple(replace(one, text="", path="", overrides={}) for one in study.scenarios)
    assert json.dumps(replace(study, seed=2).machine_form()) != text


def test_undefined_values_and_long_arrays_lead_back_too() -> None:
    rng = np.random.default_rng(1)
    for points in (LISTED_MAX, LISTED_MAX + 1):
        numbers, words = rng.random(points), rng.integers(-1, 2, points).astype("i2")
        numbers[::3] = np.nan
        factors = (
            Factor("chance_leaves", "parameter", "per month"),
            Factor("switch.fading", "switch", "category", ("off", "on")),
        )
        study = replace(made(), design=Design("table", factors, (numbers, words)))
        form = json.loads(json.dumps(study.machine_form(), allow_nan=False))
        assert isinstance(form["design"]["factors"][0]["values"], dict) == (points > LISTED_MAX)
        again = from_machine_form(form)
        for one, other in zip(study.design.values, again.design.values, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        assert again.hash == study.hash


def test_hash_does_not_see_titles_and_replicates() -> None:
    study = made()
    assert made(name="other", title="Other", question="Why?", replicates=9).hash == study.hash
    scenarios = [replace(one, title="x", question="y", replicates=3, seed=9) for one in study.scenarios]
    assert replace(study, scenarios=tuple(scenarios)).hash == study.hash
    assert replace(study, text="# another comment").hash == study.hash
    ensemble = study.ensemble
    assert ensemble is not None
    assert replace(study, ensemble=replace(ensemble, name="other", text_hash="")).hash == study.hash
    zero = Design("table", study.design.factors[:1], (np.array([0.0]),))
    minus = Design("table", study.design.factors[:1], (np.array([-0.0]),))
    assert replace(study, design=zero).hash == replace(study, design=minus).hash


CHANGES: dict[str, dict[str, Any]] = {
    "seed": {"seed": 2},
    "keep": {"keep": ["outcomes"]},
    "outcomes": {"outcomes": ["fidelity"]},
    "months": {"months": 37},
    "order of scenarios": {"scenarios": ["all-active", "nine-services"]},
    "scenario": {"scenarios": ["nine-services", "all-passive"]},
    "one ulp of a level": {"factors": {"chance_leaves": [0.01, np.nextafter(0.02, 1)]}},
    "levels": {"factors": {"chance_leaves": [0.01, 0.02]}},
    "order of levels": {"factors": {"chance_leaves": [0.02, 0.01]}},
    "factor": {"factors": {"chance_waits": [0.03]}, "ensemble": None},
    "design": {"factors": {"chance_leaves": [0.01, 0.02]}, "design": "one-at-a-time"},
    "member": {"ensemble": MEMBERS | {"chance_waits": [0.03, 0.04, 0.06]}},
    "weight": {"ensemble": MEMBERS | {"weight": [1.0, 1.0, 1.0]}},
    "no ensemble": {"ensemble": None},
}


def test_hash_sees_everything_else() -> None:
    hashes = {name: made(**change).hash for name, change in CHANGES.items()}
    hashes["as it was"] = made().hash
    assert len(set(hashes.values())) == len(hashes)


def test_hash_reads_values_by_place() -> None:
    """The same bytes in other arrays, or under another name, are another study."""
    study = made(ensemble=None)
    one, other = Factor("chance_leaves", "parameter", ""), Factor("chance_waits", "parameter", "")
    first, second = np.array([0.03, 0.04]), np.array([0.05, 0.06])
    designs = [
        Design("table", (one, other), (first, second)),
        Design("table", (one, other), (second, first)),
        Design("table", (other, one), (first, second)),
        Design("table", (one,), (np.concatenate([first, second]),)),
    ]
    assert len({replace(study, design=design).hash for design in designs}) == len(designs)


def test_main_outcomes_exist_and_those_of_a_month_only_within_the_horizon() -> None:
    assert set(MAIN_OUTCOMES) <= set(vector_names(84))
    assert set(made(months=84).outcomes) == set(MAIN_OUTCOMES)
    missing = {one for one in MAIN_OUTCOMES if one.endswith("@48")}
    assert missing
    assert set(made(months=36).outcomes) == set(MAIN_OUTCOMES) - missing
    assert made(outcomes=["all"]).outcomes == vector_names(36)
    assert made(outcomes="all").outcomes == vector_names(36)
    assert made(outcomes=["months_sustained", "fidelity"]).outcomes == ("months_sustained", "fidelity")  # in their own order


def test_the_shortest_horizon_decides_the_outcomes() -> None:
    scenarios = [read_scenario("nine-services", months=24), read_scenario("all-active", months=60)]
    assert "share_sustained@24" not in study_of(scenarios=scenarios).outcomes
    assert "share_sustained@24" in study_of(scenarios=scenarios[1:]).outcomes


def test_an_ensemble_object_is_checked_like_a_table() -> None:
    ensemble = Ensemble("posterior", ("chance_waits",), np.array([[0.03], [0.05]]), np.array([0.5, 1.5]), "abc")
    study = made(ensemble=ensemble)
    assert study.ensemble is ensemble
    with pytest.raises(Exception, match="5 is out of bounds"):
        made(ensemble=replace(ensemble, values=np.array([[0.03], [5.0]])))
