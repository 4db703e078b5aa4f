"""Figures and report come after the tables are in their place: what of them fails costs nothing that was computed."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import sim
from experiments.runs.redrawing import redraw
from sim.figures import Pictures, drawings
from sim.figures.files import FigureFiles, figure_files
from sim.figures.letters import missing_letters
from sim.figures.style import Picture, drawing, save
from sim.proof import replay
from sim.remake import draw
from sim.report.answers import answer_picture
from sim.runs import run
from sim.store.reader import check_folder
from tests.drawing import not_drawn
from tests.experiments.commanding import sustain
from tests.small_scenarios import small_scenario

ROOT = Path(sim.__file__).parents[1]


def fails(*_, **__):
    raise ValueError("on purpose\nand more lines")


@pytest.fixture
def named(tmp_path):
    """A scenario whose service has a name."""

    def write(name):
        path = tmp_path / "named.toml"
        text = small_scenario(name, scenario="named", title=f"One service, a year: {name}", months=13)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.usefixtures("undrawn")
def test_a_figure_that_fails_is_named_and_everything_else_is_there(named, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(drawings, "fidelity", fails)
    found = run(named("Ours"), replicates=2, out=tmp_path / "run", announce=said.append)
    assert [(one.name, one.reason) for one in found.not_made] == [("fidelity", "ValueError: on purpose")]
    assert "fidelity could not be made (ValueError: on purpose)" in said
    assert any(f"`sustain report {tmp_path / 'run'}`" in sentence for sentence in said)
    assert check_folder(found.folder) == []
    assert replay(found.folder).equal
    drawn = {path.name for path in (found.folder / "figures").iterdir()}
    assert "states.svg" in drawn
    assert "fidelity.svg" not in drawn
    assert found.report is not None


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("what", ["sim.figures.draw_all", "sim.report.write_report", "sim.store.reader.read_table"])
def test_whatever_fails_the_tables_stay_and_the_report_can_be_made_later(named, tmp_path, monkeypatch, capsys, what):
    with monkeypatch.context() as patch:
        patch.setattr(what, fails)
        with pytest.warns(RuntimeWarning, match="could not be made"):
            found = run(named("Ours"), replicates=2, out=tmp_path / "run")
    assert found.not_made
    assert check_folder(found.folder) == []
    assert redraw(found.folder, again=print, figures={}) == 0  # the control: nothing is in the way now
    assert f"Report: {found.folder / 'report.html'}" in capsys.readouterr().out
    assert check_folder(found.folder) == []
    assert len(list((found.folder / "figures").iterdir())) >= 6


@pytest.mark.usefixtures("undrawn")
def test_a_report_that_was_whole_stays_when_a_new_one_fails(named, tmp_path, monkeypatch):
    found = run(named("Ours"), replicates=2, out=tmp_path / "run")
    before = {path: path.read_bytes() for path in found.folder.rglob("*") if path.is_file()}
    with monkeypatch.context() as patch:
        patch.setattr(drawings, "states", fails)
        assert [one.name for one in draw(found.folder).failed] == ["states"]
    assert {path: path.read_bytes() for path in found.folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("undrawn")
def test_the_command_ends_with_1_and_keeps_the_folder(named, tmp_path, monkeypatch):
    path = named("Ours")
    with monkeypatch.context() as patch:
        patch.setattr(drawings, "states", fails)
        done = sustain("run", path, "-n", 2, "--out", tmp_path / "run")
        assert sustain("report", tmp_path / "run").exit_code == 1
    assert done.exit_code == 1
    assert "states could not be made" in done.stderr
    assert "Results: " in done.stdout
    assert check_folder(tmp_path / "run") == []
    assert sustain("report", tmp_path / "run").exit_code == 0
    assert sustain("run", path, "-n", 2, "--out", tmp_path / "other").exit_code == 0  # the control


@pytest.mark.usefixtures("undrawn")
def test_ctrl_c_while_figures_are_drawn_keeps_the_tables(named, tmp_path, monkeypatch):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    path = named("Ours")
    monkeypatch.setattr(drawings, "states", pressed)
    done = sustain("run", path, "-n", 2, "--out", tmp_path / "run")
    assert done.exit_code == 130
    assert "the tables are complete in" in done.stderr.splitlines()[-1]
    assert check_folder(tmp_path / "run") == []


def test_a_library_that_cannot_be_loaded_costs_no_table(named, tmp_path):
    script = (
        "import sys\nsys.modules['matplotlib'] = None  # as where memory ends while it is loaded\n"
        "from experiments.command_line import main\nmain()"
    )
    words = ["run", named("Ours"), "-n", "2", "--out", tmp_path / "run"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False, cwd=ROOT, timeout=240
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "figures could not be made (ModuleNotFoundError" in done.stderr
    assert check_folder(tmp_path / "run") == []


# ---------------------------------------------------------------------------------------------------------------------- texts


def texts_of(name):
    """Figure with a text, as a figure of a run has it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    FigureCanvasAgg(figure)
    figure.add_subplot().set_title(name)
    return figure


@pytest.mark.parametrize("name", ["$$", "A $ and B $", "$\\nosuch{$", "a_b^c", "%&#"])
def test_names_are_drawn_as_they_are_written(name, tmp_path):
    with drawing():
        figure = texts_of(name)
        assert save(figure, tmp_path, "one", title="", caption="", alternative="").missing == ""
        (title,) = [text for text in figure.findobj(lambda one: hasattr(one, "get_text")) if text.get_text() == name]
        assert not title.get_parse_math()


def test_a_formula_would_be_one_without_that(tmp_path):
    from matplotlib import rc_context

    with rc_context({"text.parse_math": True}), pytest.raises(ValueError, match="nosuch"):  # the control
        save(texts_of("$\\nosuch{$"), tmp_path, "one", title="", caption="", alternative="")


def test_names_with_dollar_signs_run_from_end_to_end(named, tmp_path):
    with figure_files(FigureFiles(("svg",))):
        found = run(named("A $ and B $"), replicates=2, out=tmp_path / "run")
    assert found.not_made == ()
    assert "A $ and B $" in found.report.read_text(encoding="utf-8")


def test_letters_that_the_font_lacks_are_said(named, tmp_path):
    said = []
    with drawing():
        assert missing_letters(texts_of("Sør 東京 東")) == "東京"
        assert missing_letters(texts_of("Sør")) == ""
    with warnings.catch_warnings(), figure_files(FigureFiles(("svg",))):
        warnings.simplefilter("error")
        found = run(named("東京"), replicates=2, out=tmp_path / "run", announce=said.append)
    assert "the figures' font has no signs for 東, 京: a box stands for each" in said
    assert "The font of the figure has no signs for 東, 京: a box stands for each." in found.report.read_text(encoding="utf-8")
    with not_drawn():  # letters are looked for before
        assert not any("no signs" in sentence for sentence in _said(named("Nord"), tmp_path / "control"))
        assert any("no signs" in sentence for sentence in _said(named("東京"), tmp_path / "undrawn"))


def test_letters_that_the_font_lacks_are_said_beside_an_answer_too():
    def caption_of(name):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return answer_picture(lambda: texts_of(name), caption="What it means.", alternative="A name.").caption

    assert caption_of("Sør 東京") == "What it means. The font of the figure has no signs for 東, 京: a box stands for each."
    assert caption_of("Sør") == "What it means."


def _said(path, out):
    said = []
    run(path, replicates=2, out=out, announce=said.append)
    return said


def test_pictures_know_what_failed():
    pictures = Pictures()
    picture = Picture("a", "", "", "", Path("a.png"), Path("a.svg"), missing="東")
    pictures.add("a", lambda: picture)
    pictures.add("b", lambda: None)
    pictures.add("c", fails)
    assert (list(pictures), pictures.missing) == ([picture], "東")
    assert [str(one) for one in pictures.failed] == ["c could not be made (ValueError: on purpose)"]


@pytest.mark.usefixtures("undrawn")
def test_the_picture_beside_the_answer_costs_nothing_but_itself(named, tmp_path, monkeypatch):
    def fails(*_):
        raise ValueError("on purpose")

    with monkeypatch.context() as patch:
        patch.setattr("sim.report.run_answer._drawn", fails)
        with pytest.warns(RuntimeWarning, match="answer could not be made"):
            found = run(named("Ours"), replicates=2, threads=1, out=tmp_path / "run")
    assert [str(one) for one in found.not_made] == ["answer could not be made (ValueError: on purpose)"]
    page = (found.folder / "report.html").read_text(encoding="utf-8")
    assert "The service has kept the practice going to month" in page
    assert draw(found.folder).failed == []
    again = (found.folder / "report.html").read_text(encoding="utf-8")  # the control
    assert again.count("<img") == page.count("<img") + 1
