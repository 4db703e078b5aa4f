"""``sustain patterns``: the table with its misses, JSON, the exit status, what bad input gets."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from experiments.patterns import commands
from experiments.patterns.commands import number, read_stages
from experiments.runs.commands import app

pytestmark = pytest.mark.portable

commands.add_to(app)
commands.add_to(app)  # once is enough


def sustain(*words: str) -> Result:
    return CliRunner().invoke(app, ["patterns", *words])


def test_the_command_is_there_once() -> None:
    assert [one.name for one in app.registered_commands].count("patterns") == 1
    assert "Exit status 1" in " ".join(sustain("--help").output.split())


@pytest.mark.engine
def test_the_table_shows_every_pattern_of_the_stage_with_its_verdict() -> None:
    done = sustain("--stage", "1", "-n", "40")
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.output.splitlines() if line.startswith("P")}
    assert lines["P1.mean"].rstrip().endswith("yes, must hold")
    assert lines["P9.improvement"].rstrip().endswith("yes")
    assert "P10.none" not in lines
    assert "fitted statements within tolerance" in done.output


@pytest.mark.engine
def test_what_is_not_measured_is_said_to_be() -> None:
    lines = {line.split()[0]: line for line in sustain("--stage", "3", "-n", "1").output.splitlines() if line.startswith("P")}
    assert lines["P10.retest_client"].rstrip().endswith("not measured")
    rows = {one["id"]: one for one in json.loads(sustain("--stage", "3", "-n", "1", "--json").stdout)["patterns"]}
    assert rows["P10.retest_client"]["value"] is None


@pytest.mark.engine
def test_a_pattern_that_must_hold_and_does_not_ends_with_status_1() -> None:
    done = sustain("--stage", "1", "-n", "20", "--set", "weight_structure=0.5", "--set", "competence_ceiling_mean=0.76")
    assert done.exit_code == 1
    assert "MISS, must hold" in done.output
    assert "must hold and does not: P1.mean" in done.output


@pytest.mark.engine
def test_json_is_for_programs() -> None:
    done = sustain("--stage", "1", "-n", "5", "--json", "--set", "weight_structure=0.5", "--set", "competence_ceiling_mean=0.76")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert "P1.mean" in found["failed"]
    rows = {one["id"]: one for one in found["patterns"]}
    assert rows["P9.improvement"]["value"] == 0.0
    assert not rows["P1.mean"]["inside"]


def test_that_no_mechanism_waits_is_told_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.patterns import checking
    from sim.parameters import read_table

    seen = []

    def check(scenario: Any, **_: Any) -> list[Any]:
        seen.append(scenario)
        return []

    monkeypatch.setattr(checking, "check", check)
    usual, every = sustain("--stage", "1", "-n", "1"), sustain("--stage", "1", "-n", "1", "--every-mechanism")
    assert (usual.exit_code, every.exit_code) == (0, 0)
    assert every.stderr.count("no mechanism waits") == 1
    assert "no mechanism waits" not in usual.stderr
    assert every.stdout == usual.stdout
    assert [one.switches_on for one in seen] == [frozenset(read_table().switches)] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stage", "4"), "unknown stage '4'"),
        (("--stage", ""), "unknown stage ''"),
        (("-n", "none"), "'none'"),
        (("--scenario", "nine-service"), "nine-services"),
        (("--set", "chance_wait=1"), "did you mean 'chance_waits'"),
    ],
)
def test_bad_input_is_told_and_ends_with_status_2(words: tuple[str, ...], said: str) -> None:
    done = sustain(*words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_other_services_than_the_nine_are_refused() -> None:
    done = sustain("--scenario", "national", "--stage", "1", "-n", "1")
    assert done.exit_code == 2
    assert done.stderr.count("of the study is missing") == 9


def test_stages_and_numbers() -> None:
    assert read_stages("3, 1,1") == (1, 3)
    assert [number(one) for one in (None, 4.6123, 0.0, 0.00021)] == ["–", "4.61", "0", "0.00021"]
