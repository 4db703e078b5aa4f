"""Ensembles of another version of the model: accepted, and what they have no values for is told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from experiments.kit import terminal
from experiments.sweeps.reading import study_of
from sim.ensembles import PLAUSIBLE_FILE, lacking, read_ensemble, values_in_words
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble
from sim.proof import replay
from tests.experiments.commanding import sustain
from tests.small_scenarios import small_scenario

pytestmark = [pytest.mark.usefixtures("undrawn"), pytest.mark.portable]

TABLE = read_table()
NEW = ("gain_adapted", "share_incumbent_active", "share_waiting_stops")


def older() -> Ensemble:
    """The shipped ensemble without what an earlier version did not have."""
    return read_ensemble().without(NEW)


def test_the_shipped_ensemble_lacks_nothing() -> None:
    assert lacking(read_ensemble().parameters) == {}
    free = TABLE.free(TABLE.switched_on())
    assert set(free) <= set(read_ensemble().parameters)
    assert not {name for name, one in TABLE.parameters.items() if one.replaced_by} & set(free)


def test_what_an_ensemble_lacks_is_counted_where_it_acts() -> None:
    free = len(TABLE.free(TABLE.switched_on()))
    assert lacking(older().parameters) == {"lacks": 3, "free": free}
    assert lacking([*older().parameters, NEW[0]]) == {"lacks": 2, "free": free}  # a scenario sets it
    off = TABLE.switched_on() - {"newcomers_alike"}
    old = {name for name, one in TABLE.parameters.items() if one.replaced_by == "newcomers_alike"}
    assert set(TABLE.free(off)) - set(TABLE.free(TABLE.switched_on())) == old
    assert lacking(older().parameters, on=[off])["free"] == free + 4


def test_a_run_says_so_everywhere(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(small_scenario("A", months=13), encoding="utf-8")
    settings: dict[str, Any] = {NEW[0]: 0.1}
    free = len(TABLE.free(TABLE.switched_on()))
    out = tmp_path / "older"
    run = sim.run(tmp_path / "mine.toml", replicates=2, ensemble=older(), settings=settings, out=out)
    assert (run.manifest["ensemble"]["lacks"], run.manifest["ensemble"]["free"]) == (2, free)
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["ensemble"]["lacks"] == 2
    told = f"no values for 2 of {free} free parameters, which stand at their defaults"
    assert f"it has {told}" in values_in_words(run.manifest["ensemble"])
    assert f"The ensemble has {told}" in " ".join((out / "report.html").read_text(encoding="utf-8").split())
    assert replay(out).equal
    whole = sim.run(tmp_path / "mine.toml", replicates=2, out=tmp_path / "whole")  # the control
    assert "lacks" not in whole.manifest["ensemble"]
    assert "free parameters" not in values_in_words(whole.manifest["ensemble"])
    assert "The ensemble has no values" not in (tmp_path / "whole" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("every_member", [False, True])
def test_a_sweep_says_so(every_member: bool) -> None:
    few = Ensemble("older", older().parameters, older().values[:3], np.ones(3), "0" * 64)
    given: dict[str, Any] = {"scenarios": ["nine-services"], "every_member": every_member, "replicates": 1, "name": "small"}
    told = study_of(ensemble=few, factors={NEW[0]: [0.0, 0.1]}, **given).values_in_words
    assert "; it has no values for 2 of " in told  # the design sets the third
    if not every_member:
        whole = study_of(factors={NEW[0]: [0.0, 0.1]}, **given)
        assert "no values" not in whole.values_in_words  # the control


def test_commands_tell_it_once_before_they_begin(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.note_lacking("plausible", read_ensemble().parameters)
    assert capsys.readouterr().err == ""  # the control
    terminal.note_lacking("older", older().parameters)
    said = capsys.readouterr().err
    assert said.startswith("note: the ensemble older has no values for 3 of ")
    assert said.count("\n") == 1


def test_checking_its_file_says_so_too(tmp_path: Path) -> None:
    lines = PLAUSIBLE_FILE.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    left = [at for at, name in enumerate(names) if name not in NEW]
    for name, kept in (("older.csv", left), ("whole.csv", list(range(len(names))))):
        text = "\n".join(",".join(line.split(",")[at] for at in kept) for line in lines[:40])
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    checked = sustain("check", str(tmp_path / "older.csv"), str(tmp_path / "whole.csv"))
    assert checked.exit_code == 0
    older_line, whole_line = checked.stdout.splitlines()
    free = len(TABLE.free(TABLE.switched_on()))
    assert older_line.endswith(f"older.csv: ok (ensemble; it has no values for 3 of {free} free parameters, which stand at their "
                               "defaults, as where another version of the model found it)")  # fmt: skip
    assert whole_line.endswith("whole.csv: ok (ensemble)")
