"""Every number that the teaching guide quotes is what the lab and the commands give, at full length."""

import json
from pathlib import Path

import pytest

from app.pages.lab import Lab
from tests import teaching
from tests.experiments.commanding import sustain

pytestmark = [pytest.mark.verification, pytest.mark.engine]

NUMBERS = teaching.numbers()


def test_numbers_of_the_lab() -> None:
    wanted = [one for one in NUMBERS if teaching.of_the_lab(one.source)]
    assert {one.name: said for one, said in teaching.computed(Lab(), wanted)} == {one.name: one.says for one in wanted}


def test_numbers_of_trials(tmp_path: Path) -> None:
    wanted = [one for one in NUMBERS if not teaching.of_the_lab(one.source)]
    (command,) = {one.source for one in wanted}
    done = sustain(*command.split()[1:], "--out", tmp_path / "trial")
    assert done.exit_code == 0, done.output
    found = teaching.trial_values(tmp_path / "trial")
    assert {one.name: teaching.as_said(one.form, found) for one in wanted} == {one.name: one.says for one in wanted}


@pytest.mark.parametrize("command", sorted({one.command for one in NUMBERS if one.command}))
def test_commands_give_the_numbers_of_the_lab(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    effects = json.loads(sustain(*command.split()[1:], "--json").stdout)["effects"]
    (effect,) = [one for one in effects if (one["group"], one["outcome"]) == ("region", "share_kept_going")]
    found = {name: 100 * effect[name] for name in ("difference", "low", "high")}
    (difference,) = [one for one in NUMBERS if one.command == command and "{difference" in one.form]
    assert teaching.as_said(difference.form, found) == difference.says
