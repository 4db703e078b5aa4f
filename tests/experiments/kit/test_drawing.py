"""Options of figures: every command that draws has them, and they are heard."""

import pytest
import typer.testing

from experiments.command_line import DRAWING
from experiments.kit.drawing import add_figure_options
from tests.experiments.commanding import APP, refused, sustain
from tests.small_scenarios import small_scenario

OTHERS = [one.name or one.callback.__name__ for one in APP.registered_commands]


@pytest.mark.parametrize("name", sorted({*OTHERS}))
def test_commands_that_draw_have_the_options(name):
    shown = sustain(name, "--help").output
    assert ("--figure-format" in shown) == ("--figure-width" in shown) == (name in DRAWING)


def test_options_are_added_once():
    add_figure_options(APP, DRAWING)
    typer.testing._get_command.cache_clear()  # put together by now, without what was just added
    assert sustain("report", "--help").output.count("--figure-width") == 1


def test_what_cannot_be_is_refused_before_anything_runs(tmp_path):
    said = refused("run", "nine-services", "-n", 1, "--out", tmp_path / "run", "--figure-format", "pfd", "--figure-width", 900)
    assert "did you mean 'pdf'?" in said
    assert "900 cm is out of bounds" in said
    assert "2 problems" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("undrawn")
def test_a_run_and_its_report_hear_them(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(small_scenario("Ours"), encoding="utf-8")
    words = (path, "-n", 1, "-m", 12, "--threads", 1, "--out", tmp_path / "run")
    done = sustain("run", *words, "--figure-format", "png", "--figure-format", "pdf", "--figure-width", "10cm")
    assert done.exit_code == 0
    assert "small letters are 3.5 points high" in done.stderr
    figures = tmp_path / "run" / "figures"
    assert {path.suffix for path in figures.iterdir()} == {".png", ".pdf"}
    assert sustain("report", tmp_path / "run", "--figure-format", "svg").exit_code == 0
    assert {path.suffix for path in figures.iterdir()} == {".svg"}
