"""Runs over an ensemble: which replicate has which values, and that the folder proves it."""

import json
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.parameters import read_table
from sim.parameters.ensemble import WORLDS, Ensemble, from_machine_form, order
from sim.problems import BadInput
from sim.proof import replay
from sim.scenario import plan_hash, read_scenario, resolve
from sim.scenario.definition import from_machine_form as scenario_of

pytestmark = pytest.mark.portable

NAMES = ("commitment_mean", "chance_leaves")


def ensemble(*, weights=(1.0, 1.0, 2.0)):
    """Three members: little, middling and much commitment and leaving."""
    values = np.array([[0.45, 0.008], [0.7, 0.012], [0.94, 0.02]])
    return Ensemble("three", NAMES, values, np.array(weights) / np.mean(weights), "0" * 64)


def test_any_number_of_first_worlds_has_members_as_often_as_their_weights_say():
    rng = np.random.default_rng(1)
    weights = rng.exponential(size=50)
    worlds = order(weights)
    assert len(worlds) == WORLDS
    for count in (64, 200, 1000, WORLDS):
        found = np.bincount(worlds[:count], minlength=50) / count
        # van der Corput's discrepancy is below (log2 n + 2) / n
        assert np.abs(found - weights / weights.sum()).max() <= (np.log2(count) + 2.0) / count
    random = rng.choice(50, 1000, p=weights / weights.sum())  # the control: chance is farther off
    found = np.bincount(random, minlength=50) / 1000
    assert np.abs(found - weights / weights.sum()).max() > (np.log2(1000) + 2.0) / 1000


def test_a_member_without_weight_has_no_world():
    assert set(order(np.array([0.0, 1.0, 0.0, 1.0, 0.0])).tolist()) == {1, 3}


def test_machine_form_and_back():
    one = ensemble()
    other = from_machine_form(json.loads(json.dumps(one.machine_form())))
    assert (other.name, other.parameters, other.text_hash) == (one.name, one.parameters, one.text_hash)
    assert np.array_equal(other.values, one.values)
    assert np.array_equal(other.weights, one.weights)


def test_what_the_scenario_sets_holds_in_every_world_and_survives_the_folder():
    usual = read_table().parameters["chance_leaves"].value
    for value in (0.025, usual):  # the usual value too: that it was set is not to be seen from the value
        found = replace(read_scenario("nine-services", overrides={"chance_leaves": value}), ensemble=ensemble())
        records = found.records()
        assert len(records) == WORLDS
        assert set(records["chance_leaves"].tolist()) == {value}
        assert set(records["commitment_mean"].tolist()) == {0.45, 0.7, 0.94}
        again = scenario_of(json.loads(json.dumps(found.machine_form())))
        assert plan_hash(resolve(again)) == plan_hash(resolve(found))
        assert again.hash == found.hash
    free = replace(read_scenario("nine-services"), ensemble=ensemble())
    assert set(free.records()["chance_leaves"].tolist()) == {0.008, 0.012, 0.02}
    assert "ensemble" not in read_scenario("nine-services").machine_form()


def test_a_folder_holds_its_worlds_when_the_default_values_move():
    found = replace(read_scenario("nine-services", overrides={"chance_leaves": 0.025}), ensemble=ensemble())
    form = found.machine_form()
    table = read_table()
    moved = {
        name: replace(table.parameters[name], value=value) for name, value in (("commitment_mean", 0.6), ("chance_leaves", 0.02))
    }
    other = replace(table, parameters=table.parameters | moved)
    assert other.parameters["commitment_mean"].value != table.parameters["commitment_mean"].value
    assert np.array_equal(scenario_of(form, table=other).records(), found.records())
    plain = read_scenario("nine-services")  # without an ensemble the values of the run hold, as ever
    assert np.array_equal(scenario_of(plain.machine_form(), table=other).records(), plain.records())


def test_a_member_out_of_bounds_is_refused():
    form = replace(read_scenario("nine-services"), ensemble=ensemble()).machine_form()
    form["ensemble"]["values"][0] = 7.0
    with pytest.raises(BadInput, match="commitment_mean"):
        scenario_of(form)


@pytest.mark.engine
def test_a_replicate_is_that_of_its_member_alone():
    run = sim.run("nine-services", replicates=8, months=24, ensemble=ensemble())
    worlds = order(ensemble().weights)[:8]
    assert len(set(worlds.tolist())) == 3
    rows = run.services_monthly
    for replicate, member in enumerate(worlds):
        settings = dict(zip(NAMES, ensemble().values[member].tolist(), strict=True))
        alone = sim.run("nine-services", replicates=8, months=24, settings=settings, ensemble=None).services_monthly
        mine, theirs = (one[one["replicate"] == replicate].reset_index(drop=True) for one in (rows, alone))
        assert mine.equals(theirs)
    # the control: the default values give others
    assert not rows.equals(sim.run("nine-services", replicates=8, months=24, ensemble=None).services_monthly)


@pytest.mark.engine
def test_both_engines_give_the_same():
    both = [
        sim.run("nine-services", replicates=3, months=14, ensemble=ensemble(), engine=one).manifest["tables"]
        for one in ("compiled", "mesa")
    ]
    hashes = [{name: table["data_hash"] for name, table in one.items()} for one in both]
    assert hashes[0] == hashes[1]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.engine
def test_a_folder_replays_and_tells_its_ensemble(tmp_path):
    folder = tmp_path / "run"
    found = sim.run("nine-services", replicates=4, months=24, ensemble=ensemble(), out=folder, settings={"chance_leaves": 0.025})
    about = {"name": "three", "members": 3, "hash": "0" * 64, "parameters": 1}  # one is set
    free = len(read_table().free(read_table().switched_on()))
    assert found.manifest["ensemble"] == about | {"lacks": free - 2, "free": free}
    assert replay(folder).equal
    text = (folder / "report.html").read_text()
    assert "3 plausible sets" in text
    assert "three: 3 members, 1 parameter," in text
    form = json.loads((folder / "scenario.json").read_text())
    assert form["ensemble"]["parameters"] == ["commitment_mean"]
    plain = sim.run("nine-services", replicates=4, months=24, ensemble=None, out=tmp_path / "plain")
    assert plain.manifest["ensemble"] is None
    page = (tmp_path / "plain" / "report.html").read_text()
    assert "plausible sets" not in page
    assert "all with the default values of the parameters" in page
    assert "none: every run has the default values" in page


@pytest.mark.engine
def test_a_table_says_what_each_replicate_was_run_with():
    run = sim.run("nine-services", replicates=8, months=2, ensemble=ensemble())
    worlds, members = run.worlds, order(ensemble().weights)[:8]
    assert run.tables.index("worlds") == 1
    assert list(worlds.columns) == ["replicate", "world", "member", *NAMES]
    assert worlds["replicate"].tolist() == worlds["world"].tolist() == list(range(8))
    assert worlds["member"].tolist() == members.tolist()
    assert worlds[list(NAMES)].to_numpy().tolist() == ensemble().values[members].tolist()
    assert len(set(members.tolist())) == 3  # the control: not all alike
    held = sim.run("nine-services", replicates=2, months=2, ensemble=ensemble(), settings={NAMES[0]: 0.7}).worlds
    assert list(held.columns) == ["replicate", "world", "member", NAMES[1]]
    none = sim.run("nine-services", replicates=2, months=2, ensemble=None).worlds
    assert none.to_dict("list") == {"replicate": [0, 1], "world": [0, 0], "member": [-1, -1]}


@pytest.mark.engine
def test_worlds_come_round_and_stay_the_same(monkeypatch):
    monkeypatch.setattr("sim.scenario.definition.order", lambda weights: order(weights, 4))
    worlds = sim.run("nine-services", replicates=10, months=1, ensemble=ensemble()).worlds
    assert worlds["world"].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert (worlds.drop(columns="replicate").groupby("world").nunique() == 1).all(axis=None)
