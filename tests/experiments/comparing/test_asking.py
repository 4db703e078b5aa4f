"""What can be compared, and everything that is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from experiments.comparing import asking
from experiments.comparing.quantities import same_units, units_compared
from sim.ensembles import read_ensemble
from sim.problems import BadInput
from sim.scenario import Scenario
from sim.store.manifest import finish
from sim.store.reader import read_manifest
from sim.world import prepare
from tests.experiments.comparing.small import TWIN, asked, one_service, other, written

pytestmark = [pytest.mark.usefixtures("unsynced"), pytest.mark.portable]


def problems(*names: str, **options: Any) -> list[str]:
    """Problems of a comparison that must be refused."""
    with pytest.raises(BadInput) as error:
        asked(*names, **options)
    return [str(one) for one in error.value.problems]


def test_scenarios_get_one_seed_one_number_of_replicates_and_one_ensemble(tmp_path: Path) -> None:
    mine = other(tmp_path, "mine", "seed = 7\nreplicates = 3\n\n[parameters]\nchance_leaves = 0.02")
    found = asked("nine-services", mine, replicates=50)
    assert found.names == ("nine-services", "mine")
    assert {(one.seed, one.replicates) for one in found.scenarios} == {(1, 50)}
    assert found.notes == ("seed 1 holds for all: the same luck; mine has 7 of its own",)
    base, changed = (one.plan.parameters for one in found.arms)
    assert np.unique(changed["chance_leaves"]).tolist() == [0.02]
    rest = [name for name in base.dtype.names if name != "chance_leaves"]
    assert all(np.array_equal(base[name], changed[name]) for name in rest)  # the same world in every pair
    assert found.worlds == 50
    assert asked(mine, "nine-services", replicates=50).seed == 7
    assert asked("nine-services", mine, seed=0).seed == 0
    assert asked("nine-services", mine, ensemble=False).worlds == 1


def test_what_scenarios_have_in_common_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[str] = []
    usual = Scenario.records
    monkeypatch.setattr(Scenario, "records", lambda self, *rest: made.append(self.name) or usual(self, *rest))
    names = ("all-passive", "all-active", "all-passive+expectations")
    found = asked(*names, replicates=4)
    assert made == ["all-passive"]
    assert len({id(one.plan.parameters) for one in found.arms}) == 1
    assert [one.hash for one in found.arms] == [prepare(name).hash for name in names]
    made.clear()
    mine = other(tmp_path, "mine", "[parameters]\nchance_leaves = 0.02")
    asked("nine-services", mine, replicates=4)
    assert "mine" in made  # the control: its values are its own


def test_settings_and_months_hold_in_every_scenario() -> None:
    found = asked("all-passive", "all-active", settings={"switch.turnover": "off"}, months=30)
    assert [(one.switches, one.months) for one in found.scenarios] == [({"turnover": False}, 30)] * 2


def test_services_are_found_by_name_in_whatever_order_they_stand(tmp_path: Path) -> None:
    found = asked("all-passive", "all-active")
    base, twisted = (one.plan for one in found.arms)
    order = np.arange(9)[::-1]
    names = tuple(twisted.service_names[at] for at in order)
    turned = replace(twisted, services=twisted.services[order], service_names=names)
    units = units_compared(base)
    for one, two in zip(units, same_units(units, base, turned), strict=True):
        assert (one.group, one.name) == (two.group, two.name)
        assert [base.service_names[at] for at in one.services] == [names[at] for at in two.services]


# ------------------------------------------------------------------------------------------------------------------- refusals


def test_fewer_than_two_and_one_twice() -> None:
    (few,) = problems("all-active")
    assert "only 'all-active' is given" in few
    (twice,) = problems("all-active", "nine-services", "all-active")
    assert "all-active: is given twice" in twice


def test_two_that_say_the_same(tmp_path: Path) -> None:
    (same,) = problems("nine-services", "baseline")
    assert "baseline: says the same as nine-services" in same
    assert asked("nine-services", written(tmp_path, "twin", TWIN)).names[1] == "twin"  # a policy of dose 0 is said, if nothing
    (seeds,) = problems("nine-services", other(tmp_path, "mine", "seed = 7"))
    assert "says the same" in seeds


def test_two_of_one_name(tmp_path: Path) -> None:
    mine = other(tmp_path, "all-active", "[parameters]\nchance_leaves = 0.02")
    (found,) = problems("all-active", mine)
    assert "all-active: 2 of the scenarios are called so" in found


def test_others_that_cannot_be_paired_are_told_at_once(tmp_path: Path) -> None:
    lines = problems(one_service(tmp_path, "base"), one_service(tmp_path, "more", months=36), "all-active")
    assert len(lines) == 4
    assert "more: has 36 months, base has 24" in lines[0]
    assert "hint: --months gives all of them the same" in lines[0]
    assert "all-active: has 84 months, base has 24" in lines[1]


def test_other_definitions_are_refused_and_the_same_in_all_are_not(tmp_path: Path) -> None:
    (found,) = problems("nine-services", other(tmp_path, "mine", "[parameters]\nfidelity_high = 3.9"))
    assert "mine: fidelity_high is 3.9" in found
    assert "hint: --set fidelity_high=VALUE gives all the same" in found
    assert len(asked("all-active", "all-passive", settings={"fidelity_high": "3.9", "chance_leaves": "0.02"}).arms) == 2


def test_a_definition_that_differs_from_world_to_world(tmp_path: Path) -> None:
    mine = other(tmp_path, "mine", "[parameters]\ngain_worthwhile = 0.1")
    (found,) = problems("nine-services", mine)
    assert "gain_worthwhile is 0.1, in nine-services another one in every world" in found


def test_everything_is_told_at_once() -> None:
    lines = problems(
        "nope", "all-active", "all-active", months=0, seed=-1, replicates=10, replicate=10, threads=0,
        settings={"chance_leafs": "1"}, ensemble=False, ensemble_file=Path("none.csv"),
    )  # fmt: skip
    for words in (
        "--months: '0'", "--seed: '-1'", "--threads: '0'", "--replicate: '10'", "--ensemble-file: cannot be joined",
        "is given twice", "'nope'", "chance_leafs",
    ):  # fmt: skip
        assert sum(words in line for line in lines) == 1, (words, lines)


def test_too_many_replicates_for_the_memory() -> None:
    (found,) = problems("all-passive", "all-active", replicates=10_000_000)
    assert "the outcomes of all replicates would take about" in found


# ------------------------------------------------------------------------------------------------------------- results folders


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two results folders of one scenario with different settings, not to be changed."""
    home = tmp_path_factory.mktemp("runs")
    ensemble = read_ensemble()
    sim.run("nine-services", replicates=2, months=13, seed=5, ensemble=ensemble, out=home / "first", figures=False)
    settings = {"switch.turnover": "off"}
    sim.run("nine-services", replicates=2, months=13, settings=settings, ensemble=None, out=home / "second", figures=False)
    return home / "first", home / "second"


@pytest.mark.engine
def test_results_folders_stand_for_their_scenarios(runs: tuple[Path, Path]) -> None:
    found = asked(*map(str, runs))
    assert found.names == ("first", "second")
    assert (found.seed, found.months) == (5, 13)
    assert [one.switches for one in found.scenarios] == [{}, {"turnover": False}]
    first, second = runs
    assert found.notes == (
        "seed 5 holds for all: the same luck; second has 1 of its own",
        f"{first}: its scenario is run again, its tables are not read",
        f"{second}: its scenario is run again, its tables are not read",
        f"{second}: was run over the default values; here with the ensemble plausible",
    )
    assert np.array_equal(*(one.plan.parameters["commitment_mean"] for one in found.arms))
    mixed = asked(str(first), "all-active", months=13)
    assert mixed.names == ("first", "all-active")


@pytest.mark.engine
def test_folders_that_cannot_stand_for_a_scenario(runs: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = map(str, runs)
    lines = problems(first, second, settings={"switch.turnover": "off"})
    assert sum("--set cannot change the scenario of a results folder" in line for line in lines) == 2
    assert "its scenario has 13 months, not 24" in problems(first, "all-active", months=24)[0]
    (tmp_path / "empty").mkdir()
    assert "this is not a results folder" in problems("nine-services", str(tmp_path / "empty"))[0]


@pytest.mark.engine
def test_folders_of_other_code_are_run_again_and_those_of_another_schema_refused(
    runs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(runs[0], tmp_path / "old")
    monkeypatch.setattr(asking, "code_identity", lambda: "0" * 64)
    found = asked(str(tmp_path / "old"), str(runs[1]))
    assert "its tables are not read; other code wrote it" in found.notes[1]
    form = json.loads((tmp_path / "old" / "scenario.json").read_text(encoding="utf-8"))
    (tmp_path / "old" / "scenario.json").write_text(json.dumps(form | {"schema_version": 0}), encoding="utf-8")
    assert "scenario.json" in problems(str(tmp_path / "old"), str(runs[1]))[0]  # damaged: the manifest has another hash
    finish(tmp_path / "old", read_manifest(tmp_path / "old"))
    (line,) = problems(str(tmp_path / "old"), str(runs[1]))
    assert "its scenario has schema_version 0" in line


def test_some_worlds_with_several_runs_each() -> None:
    found = asked("all-passive", "all-active", worlds=20, replicates=3)
    assert (found.replicates, found.worlds, {one.worlds for one in found.arms}) == (60, 20, {20})
    members = found.members
    assert members is not None
    assert members.tolist() == members[:20].tolist() * 3
    assert asked("all-passive", "all-active", worlds=20).replicates == 160


@pytest.mark.parametrize(
    ("options", "words"),
    [({"worlds": 1}, "'1' cannot be"), ({"worlds": "x"}, "'x' cannot be"), ({"worlds": 9, "ensemble": False}, "no worlds")],
)
def test_worlds_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        asked("all-passive", "all-active", **options)
