"""What the README quotes is run: every `sustain` line in order, the Python lines, the scenarios; what it points at exists."""

import importlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments import command_line
from experiments.calibration import waves
from experiments.hypotheses import contrasts, controls, finding
from experiments.hypotheses.worlds import Point
from experiments.keeping.blocks import ROOT
from experiments.sensitivity import analysing
from tests.quoted import blocks, commands, write_scenarios
from tests.thoroughly import THOROUGHLY, some

pytestmark = pytest.mark.engine
app = command_line.whole_app()

README = (ROOT / "README.md").read_text(encoding="utf-8")
FEW = "2"
SOME = "8"
"""Replicates of a sweep, of which a later line runs the eighth again."""
SHORT = "14"
"""Horizon: past the end of the support, so that policies of month 12 act."""


def shortened(words: list[str]) -> list[str]:
    """The same command with few replicates, a short horizon and no figures; what is quick, quicker still, in this process."""
    if words[0] == "replicates":
        return [*words, "--months", SHORT]
    if words[0] == "patterns":
        return [*words, "--stage", "1", "-n", "8"]
    if words[0] in {"calibrate", "hypotheses"} and "--list" not in words:
        return [*words, "--workers", "1"]
    if words[0] == "sensitivity":
        return [*words, "--screen", "3", "--base", "8", "--replicates", "2", "--months", "13", "--keep", "3"]
    if words[0] == "discover":
        return [*words, "--replicates", "2", "--months", "18", "--shuffles", "0", "--parameters", "0"]
    if words[0] == "mine":
        return [*words, "--histories", "200", "--futures", "100"]
    if words[0] == "trial" and "--template" not in words:
        return [*words, "--services", "60", "--worlds", "8", "--trials", "100"]
    if words[0] == "search":
        return [*words, "--worlds", "2", "--replicates", "1", "--evaluations", "16", "--check-worlds", "2"]
    if words[0] in {"compare", "explore"}:
        return [FEW if word == "200" else word for word in words] + ["--months", "25"]
    if words[0] not in {"run", "sweep"}:
        return words
    few = FEW if words[0] == "run" else SOME
    if "-n" in words:
        words = [*words]
        words[words.index("-n") + 1] = few
    else:
        words = [*words, "-n", few]
    whole = words == ["run", "nine-services", "-n", few]  # of which `sustain why` explains what comes late
    return [*words, *([] if whole else ["--months", SHORT]), "--no-figures" if words[0] == "run" else "--no-report"]


@pytest.fixture
def quicker_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `--quick` means for the commands whose options say nothing smaller; CI runs one of them as it is."""
    monkeypatch.setattr(waves, "QUICK", replace(waves.QUICK, first=150, waves=(40,), last=40, steps=100, last_steps=20, wanted=5))
    for module in (controls, finding):  # test_running.py finds a claim at every point
        monkeypatch.setattr(module, "points_of", lambda _: (Point(), Point("turnover")))
    monkeypatch.setattr(contrasts, "QUICK", replace(contrasts.QUICK, worlds=12, worlds_knockout=6, services=18, draws_prior=12))
    monkeypatch.setattr(analysing, "MORRIS_RESAMPLES", 50)


STUDIES = frozenset({"calibrate", "sensitivity", "hypotheses", "discover", "search", "patterns", "replicates", "trial"})
"""Commands that stand on no line before them; they take as long as all the others, so these are tested beside them."""


def but_some_alone(quoted: list[list[str]]) -> list[list[str]]:
    """Runs stand on those before them, but on none whose settings are its own: of these a few."""
    alone = [words for words in quoted if words[0] == "run" and {"--set", "--no-ensemble"} & {*words}]
    assert len(alone) >= 4
    chosen = some(alone, 1)
    return [words for words in quoted if words not in alone or words in chosen]


@pytest.mark.usefixtures("undrawn", "unsynced", "quicker_still")
@pytest.mark.parametrize("studies", [True, False], ids=["studies", "runs"])
def test_every_command_runs_as_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, studies: bool) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_scenarios(README, tmp_path) == ["clear-goals", "my-service", "leaders"]
    quoted = [words for words in commands(README) if (words[0] in STUDIES) == studies]
    assert len(quoted) >= 8
    for words in some(quoted, 2) if studies else but_some_alone(quoted):
        short = shortened(words)
        if short == shortened(["sensitivity"]):  # as short as the quick one, which is quoted too
            continue
        done = CliRunner().invoke(app, short)
        assert done.exit_code == 0, f"sustain {' '.join(words)}\n{done.output}"
    for name in (
        ("try-calibration", "try-hypotheses") * THOROUGHLY if studies else ("nine-services-1", "protected-time", "leaders")
    ):
        assert (tmp_path / "results" / name / "manifest.json").is_file()


def test_the_line_on_reading_a_sweep_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_scenarios(README, tmp_path)
    quoted = re.findall(r'`(pandas\.read_parquet\("[^`]*"\))`', README)
    assert len(quoted) == 1
    words = shortened(["sweep", "leaders.toml", "--out", "results/leaders"])
    assert CliRunner().invoke(app, words).exit_code == 0
    rows = eval(quoted[0], {"pandas": importlib.import_module("pandas")})
    assert len(rows) == 3 * 2 * int(SOME)
    assert {"services.D.leader", "switch.turnover", "share_sustained"} <= set(rows.columns)


def test_a_command_that_does_not_exist_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the control of the test above
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["conquer", "nine-services"]).exit_code != 0
    assert CliRunner().invoke(app, ["run", "no-such-scenario", "-n", FEW]).exit_code != 0


def test_the_python_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    quoted = blocks(README, "python")
    assert quoted
    found: dict[str, Any] = {}
    for text in quoted:  # each goes on where the one before ended
        short, changed = re.subn(r"replicates=\d+", f"replicates={FEW}, months={SHORT}", text)
        assert changed == 1
        exec(short, found)
        assert list(found["run"].state_shares()["service"])[-1] == "all services"
        for name in re.findall(r"`run\.(\w+)`", README):
            assert len(getattr(found["run"], name))


def test_make_targets_and_extras_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", "\n".join(blocks(README, "sh")), re.MULTILINE):
        assert f"\n{target}:" in makefile
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    quoted = re.search(r"pip install -e '\.\[([a-z,]+)\]'", README)
    assert quoted is not None
    assert set(quoted[1].split(",")) <= set(extras)


DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/teaching/*.md", "scenarios/*.md", "experiments/studies/*.md", "results/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", text):
        aim = (path.parent / target).resolve() if target else path
        assert aim.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", aim.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_files_named_in_the_choices_exist() -> None:
    text = (ROOT / "docs" / "choices.md").read_text(encoding="utf-8")
    named = re.findall(r"`(sim/[\w/]+\.\w+)`", text)
    assert named
    assert [one for one in named if not (ROOT / one).is_file()] == []
