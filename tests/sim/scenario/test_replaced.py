"""Numbers of the first version that a mechanism has replaced: refused where they are set and do nothing, read where they act."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine import CompiledEngine
from sim.ensembles import read_ensemble
from sim.parameters import GONE, read_table
from sim.problems import BadInput
from sim.scenario import check_file, read_scenario, resolve
from sim.scenario.definition import Scenario, from_machine_form
from sim.scenario.overrides import with_settings

pytestmark = pytest.mark.portable

HEAD = 'schema_version = 1\nname = "{name}"\ntitle = "Mine"\nquestion = "What?"\n'
REPLACED = {name: one for name, one in read_table().parameters.items() if one.replaced_by}
SHARE, SWITCH = "share_new_leader_active", "newcomers_alike"


def written(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(HEAD.format(name=name) + text, encoding="utf-8")
    return path


def problems(name_or_path: Any, **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as refused:
        read_scenario(name_or_path, overrides={name.replace("__", "."): value for name, value in settings.items()})
    return [(one.where, one.what) for one in refused.value.problems]


def test_there_are_nine_and_what_acts_instead_is_named() -> None:
    assert len(REPLACED) == 9
    named = {name: one.instead for name, one in REPLACED.items()}
    assert named.pop("share_duties_checked") == named.pop("share_formal_training") == ()
    for name, instead in named.items():
        assert instead, name
        assert all(read_table().acts(one) for one in instead)


@pytest.mark.parametrize("name", REPLACED)
def test_a_file_that_sets_one_is_refused_and_without_its_mechanism_read(name: str, tmp_path: Path) -> None:
    one = REPLACED[name]
    says = f"[parameters]\n{name} = {one.high}\n"
    (found,) = check_file(written(tmp_path, says))
    assert found.where == f"mine.toml: parameters.{name}"
    assert found.what == f"'{name}' does nothing here: '{one.replaced_by}' has numbers of its own in its place"
    assert found.allowed == (", ".join(one.instead) or f"no value of it while '{one.replaced_by}' is on")
    assert f"[switches] {one.replaced_by} = false" in found.hint
    assert check_file(written(tmp_path, "[parameters]\nchance_leaves = 0.02\n")) == []  # the control
    path = written(tmp_path, f"{says}[switches]\n{one.replaced_by} = false\n")
    assert check_file(path) == []
    assert read_scenario(path).record()[name][0] == one.high


def test_the_tables_own_value_is_set_too(tmp_path: Path) -> None:
    assert len(check_file(written(tmp_path, f"[parameters]\n{SHARE} = {REPLACED[SHARE].value}\n"))) == 1


def test_from_outside_the_file() -> None:
    what = f"'{SHARE}' does nothing here: '{SWITCH}' has numbers of its own in its place"
    assert problems("nine-services", **{SHARE: "0.3"}) == [(f"--set {SHARE}", what)]
    assert problems("nine-services", **{SHARE: 0.3, "hours_monitoring": 3.0})[0] == (f"--set {SHARE}", what)
    assert len(problems("nine-services", **{SHARE: 0.3, "hours_monitoring": 3.0, "chance_leave": 1})) == 3  # all at once
    with pytest.raises(BadInput, match="does nothing here"):
        sim.run("nine-services", replicates=1, months=2, settings={SHARE: 0.3})
    off = read_scenario("nine-services", overrides={SHARE: "0.3", f"switch.{SWITCH}": "off"})  # the control
    assert off.parameters == {SHARE: 0.3}


def test_a_mechanism_that_is_turned_on_from_outside(tmp_path: Path) -> None:
    path = written(tmp_path, f"[parameters]\n{SHARE} = 0.3\n[switches]\n{SWITCH} = false\n")
    read_scenario(path)
    assert [where for where, _ in problems(path, **{f"switch__{SWITCH}": "on"})] == [f"mine.toml: parameters.{SHARE}"]


def test_a_baseline_answers_for_itself(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "scenarios" / "baseline.toml").read_text(encoding="utf-8")
    base = tmp_path / "base.toml"
    says = text.replace('name = "baseline"', 'name = "base"') + f"\n[parameters]\n{SHARE} = 0.3\n"
    base.write_text(says, encoding="utf-8")
    path = written(tmp_path, 'baseline = "base"\n')
    assert [where for where, _ in problems(path)] == [f"base.toml: parameters.{SHARE}"]
    path = written(tmp_path, f'baseline = "base"\n[switches]\n{SWITCH} = false\n')
    assert read_scenario(path).parameters == {SHARE: 0.3}  # it acts here
    base.write_text(says + f"[switches]\n{SWITCH} = false\n", encoding="utf-8")
    assert check_file(written(tmp_path, f'baseline = "base"\n[switches]\n{SWITCH} = true\n')) == []  # it acts there


def test_values_that_nobody_set_are_let_through() -> None:
    scenario = read_scenario("nine-services")
    shipped = read_ensemble()
    assert set(REPLACED) <= set(shipped.parameters)
    resolve(replace(scenario, ensemble=shipped))
    stored = replace(scenario, parameters={SHARE: 0.3}, settled=("hours_monitoring",))  # as an earlier version ran it
    again = from_machine_form(stored.machine_form())
    assert (again.parameters, again.settled) == ({SHARE: 0.3}, ("hours_monitoring",))
    assert with_settings(scenario, {SHARE: 0.3}).parameters == {SHARE: 0.3}


def test_with_the_mechanism_off_the_old_number_moves_something() -> None:
    often = read_scenario("nine-services", months=36, overrides={"chance_leader_leaves": 0.04})
    off = read_scenario("nine-services", months=36, overrides={"chance_leader_leaves": 0.04, f"switch.{SWITCH}": "off"})

    def ran(scenario: Scenario, share: float) -> bytes:
        batch, _ = CompiledEngine(resolve(with_settings(scenario, {SHARE: share})), 1).run(np.arange(3))
        return bytes(batch.rows.tobytes())

    assert ran(often, 0.0) == ran(often, 0.3)
    assert ran(off, 0.0) != ran(off, 0.3)


def test_names_that_are_gone_say_what_stands_in_their_place(tmp_path: Path) -> None:
    table = read_table()
    assert not set(GONE) & {*table.parameters, *table.switches, *table.forms}
    name = "factor_newcomer_engagement"
    (found,) = check_file(written(tmp_path, f"[parameters]\n{name} = 0.8\n"))
    assert found.what == f"unknown parameter '{name}'"
    assert found.hint == GONE[name]
    members = tmp_path / "members.csv"
    members.write_text(f"weight,chance_leaves,{name}\n1,0.02,0.8\n", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_ensemble(members)
    assert [one.hint for one in refused.value.problems] == [GONE[name]]
    (control,) = check_file(written(tmp_path, "[parameters]\nchance_leave = 0.02\n"))
    assert "did you mean 'chance_leaves'" in control.hint
    for says in GONE.values():  # what they name exists
        assert all(word.strip(".,") in table.parameters for word in says.split() if "_" in word)
