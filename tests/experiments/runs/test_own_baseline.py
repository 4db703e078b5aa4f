"""A what-if on a service of one's own, as scenarios/README.md shows it, from whatever folder the command runs."""

import json
from pathlib import Path

import pytest

from sim.scenario import check_file, read_scenario
from tests.experiments.commanding import sustain
from tests.quoted import write_scenarios

README = Path(__file__).parents[3] / "scenarios" / "README.md"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Both files in a folder; the command runs elsewhere, where another file has the baseline's name."""
    text = README.read_text(encoding="utf-8")
    section = text[text.index("## A what-if on a service of one's own") : text.index("## How a difference works")]
    folder, elsewhere = tmp_path / "ours", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "mine.toml").write_text("wrong", encoding="utf-8")
    (elsewhere / "mine").write_text("wrong", encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    assert write_scenarios(section, folder) == ["mine", "mine-engaged"]
    return folder / "mine.toml", folder / "mine-engaged.toml"


@pytest.mark.usefixtures("undrawn")
def test_check_diff_run_and_compare_take_it(files: tuple[Path, Path], tmp_path: Path) -> None:
    mine, engaged = files
    assert sustain("check", *files).exit_code == 0
    (difference,) = json.loads(sustain("diff", *files, "--json").stdout)
    assert "leader_becomes" in difference["b"]
    ran = sustain("run", engaged, "-n", "3", "--no-figures", "--out", tmp_path / "run")
    assert ran.exit_code == 0
    compared = sustain("compare", mine, engaged, "-n", "4", "--out", tmp_path / "compared")
    assert compared.exit_code == 0, compared.output
    assert read_scenario(engaged).services == read_scenario(mine).services


@pytest.mark.parametrize("name", ["mine", "mine.toml", "../ours/mine"])
def test_names_are_those_of_the_files_folder(files: tuple[Path, Path], name: str) -> None:
    path = files[1]
    path.write_text(path.read_text(encoding="utf-8").replace('"mine"', f'"{name}"'), encoding="utf-8")
    assert check_file(path) == []
    assert read_scenario(path).service_names == ("Ours",)


def test_a_name_that_is_not_there_has_the_nearest_as_a_hint(files: tuple[Path, Path]) -> None:
    mine, engaged = files
    mine.rename(mine.with_name("nine.toml"))  # a file of the right name in the working folder is not taken for it
    problem, *_ = check_file(engaged)  # and what comes of it: no service is known
    assert problem.what == "no scenario 'mine'"
    assert problem.hint == "did you mean 'nine'?"
