"""An option is declared once: its help, its value where none is given, and its bounds come from the same place."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from experiments.kit.request import (
    REPLICATES_MAX,
    SEED_MAX,
    WORLDS_MAX,
    Request,
    command,
    flag_of,
    months,
    option,
    quick,
    replicates,
    requests_of,
    seed,
    switch,
    threads,
    workers,
)  # fmt: skip
from experiments.sensitivity import asked as sensitivity
from sim.parameters.ensemble import WORLDS
from sim.runs import check_settings
from sim.scenario.schema import MONTHS_MAX
from sim.store import form
from tests.experiments.commanding import APP, refused, sustain

COMMANDS = requests_of(APP)
PLAIN = {"scenarios", "new", "check", "diff", "parameters", "report", "replay", "cite", "schema"}
"""Commands without numbers, whose few words are declared where they stand."""
NEEDED = {
    "compare": ("all-passive", "all-active"), "mine": ("nowhere",), "recover": ("nowhere",), "replicates": ("nine-services",),
    "run": ("nine-services",), "show": ("nine-services",), "sweep": ("protected-time",),
    "trial": ("nowhere",), "why": ("nowhere",),
}  # fmt: skip
"""Arguments without which a command does not begin."""
NUMBERS = [
    (name, field)
    for name, request in COMMANDS.items()
    for field, declared in request.options().items()
    if declared.kind in (int, float)
]


def test_every_command_but_a_few_has_its_request():
    assert {str(registered.name or registered.callback.__name__) for registered in APP.registered_commands} == {*COMMANDS} | PLAIN
    assert len(COMMANDS) == 20


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """A request for a test."""

    name: str | None = option("Who is greeted", kind=str, usual="you", positional=True, metavar="[NAME]")
    worlds: Any = option("Worlds", usual=400, quick=4, low=2, high=500, hint="fewer are chance")
    share: Any = option("Share", kind=float, usual=0.5, low=0, high=1)
    runs: Any = option("Runs", otherwise="as many as it takes", low=1, short="-n")
    tags: Any = option("Words", kind=list, flag="--tag")
    seed: Any = seed("Seed")
    months: Any = months()
    workers: Any = workers()
    quick: bool = quick()


def app(run):
    made = typer.Typer(rich_markup_mode=None)
    made.callback()(lambda: None)
    command(made, Asked, run, name="greet", short_help="Greet.", help="Greet somebody.")
    command(made, Asked, run, name="greet", short_help="Again.", help="Not added twice.")
    return made


def test_a_command_gets_what_was_given():
    seen = []
    made = app(lambda asked: seen.append(asked))
    done = CliRunner().invoke(
        made,
        ["greet", "me", "--worlds", "7", "--share", "0.25", "-n", "many", "--tag", "a", "--tag", "b", "--quick"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    assert seen == [Asked(name="me", worlds=7, share=0.25, runs="many", tags=["a", "b"], quick=True)]
    assert CliRunner().invoke(app(lambda _: 3), ["greet"]).exit_code == 3


def test_help_says_what_holds_where_nothing_is_given():
    told = re.sub(r"\s+", " ", CliRunner().invoke(app(print), ["greet", "--help"], env={"COLUMNS": "200"}).output)
    for words in (
        "Who is greeted; you unless given.",
        "Worlds; 400 unless given.",
        "Runs; as many as it takes unless given.",
        "Words.",
    ):
        assert words in told
    assert "-n, --runs" in told or "--runs -n" in told


def test_values_where_none_is_given():
    names = ("worlds", "share", "runs", "name")
    assert [Asked().value(name) for name in names] == [400, 0.5, None, "you"]
    assert [Asked(quick=True).value(name) for name in names] == [4, 0.5, None, "you"]
    assert Asked(worlds=9, quick=True).value("worlds") == 9
    assert Asked.usual() == {"name": "you", "worlds": 400, "share": 0.5, "seed": 1}


def test_all_that_is_wrong_is_told_at_once():
    asked = Asked(worlds=501, share=1.0, runs="many", seed=-1, months=0, workers=True)
    problems = {problem.where: problem for problem in asked.wrong()}
    assert set(problems) == {"--worlds", "--share", "--runs", "--seed", "--months", "--workers"}
    assert problems["--worlds"].hint == "fewer are chance"
    assert problems["--worlds"].allowed == "a whole number from 2 to 500"
    assert problems["--share"].allowed == "a number between 0 and 1"
    assert Asked(worlds=2, share=0.999, runs=1, seed=SEED_MAX).wrong() == []


@pytest.mark.parametrize(("name", "field"), NUMBERS)
def test_every_number_of_every_command_is_told_and_bounded(name, field):
    request = COMMANDS[name]
    declared = request.options()[field]
    flag = flag_of(field, declared)
    told = re.sub(r"\s+", " ", sustain(name, "--help").stdout)
    assert declared.help in told
    assert request(**{field: None}).wrong() == []
    for value in (declared.usual, declared.quick):
        assert value is None or request(**{field: value}).wrong() == []
    beyond = (declared.high or 0) + 1 if declared.kind is int else declared.high
    for value in (beyond, (declared.low or 0) - 1, "many"):
        assert f"{flag}: '" in refused(name, *NEEDED.get(name, ()), flag, value)


def test_bounds_that_are_written_twice_are_equal():
    assert WORLDS_MAX == WORLDS
    assert REPLICATES_MAX == form.REPLICATES_MAX
    names = ("replicates", "months", "threads", "seed")
    for name, make in zip(names, (replicates("Runs"), months(), threads(), seed("Seed")), strict=True):
        bounds = make.metadata["option"]
        assert check_settings(**{name: int(bounds.low)}) == check_settings(**{name: int(bounds.high)}) == []
        assert len(check_settings(**{name: int(bounds.low) - 1}) + check_settings(**{name: int(bounds.high) + 1})) == 2
    assert Asked.options()["months"].high == MONTHS_MAX


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_told_as_it_is_declared(name):
    told = re.sub(r"\s+", "", sustain(name, "--help").stdout)  # lines break within words too
    for field, declared in COMMANDS[name].options().items():
        assert declared.help.replace(" ", "") in told
        assert declared.positional or flag_of(field, declared).split("/")[0] in told


def test_a_switch_may_be_on_off_or_left_to_the_command():
    @dataclass(frozen=True, kw_only=True)
    class Switches(Request):
        """A request of switches."""

        named: str | None = option("Who", kind=str, positional=True, required=True, metavar="NAME")
        plain: bool = switch("Plain")
        on: bool = switch("On", flag="--on/--off", usual=True)
        open: bool | None = switch("Open", flag="--open/--shut", usual=None)

    seen = []
    made = typer.Typer(rich_markup_mode=None)
    made.callback()(lambda: None)
    command(made, Switches, seen.append, name="switch", short_help="Switch.")
    for words in (["x"], ["x", "--plain", "--off", "--shut"], ["x", "--open"]):
        assert CliRunner().invoke(made, ["switch", *words]).exit_code == 0
    assert seen == [Switches(named="x"), Switches(named="x", plain=True, on=False, open=False), Switches(named="x", open=True)]
    assert (seen[0].plain, seen[0].on, seen[0].open) == (False, True, None)
    assert CliRunner().invoke(made, ["switch"]).exit_code == 2
    assert "unless given" not in CliRunner().invoke(made, ["switch", "--help"]).output


def test_a_path_is_a_path():
    assert sensitivity.Asked.options()["bounds"].kind is Path
