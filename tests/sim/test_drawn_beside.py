"""Figures that a second process draws, and those that are drawn on one sheet, are the same bytes; whatever becomes of it."""

import subprocess
import sys
from contextlib import nullcontext

import pytest

from experiments.kit import drawing as options
from sim.figures import NEEDED_TABLES, OPTIONAL_TABLES, draw_all, drawers, drawings, sheets, style
from sim.figures.beside import Beside, Order, drawn_beside, helper_of_now
from sim.figures.files import FigureFiles, figure_files
from sim.figures.style import drawing
from sim.runs import run
from tests.experiments.commanding import MAIN
from tests.small_scenarios import small_scenario

pytestmark = pytest.mark.uncounted

NAMES = ("uses", "states", "fidelity", "survival", "strip", "dilemma", "drivers", "leadership")


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def tables_of(scenario):
    found = run(scenario, replicates=2, months=13)
    return {name: found.table(name) for name in (*NEEDED_TABLES, *OPTIONAL_TABLES) if name in found.tables}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Tables of one service over a year."""
    path = tmp_path_factory.mktemp("scenario") / "mine.toml"
    path.write_text(small_scenario("Ours", months=13), encoding="utf-8")
    return tables_of(path)


# --------------------------------------------------------------------------------------------------------------------- sheets


def drawn(tables, folder, *, again):
    with drawing(), sheets.sheets_again() if again else nullcontext():
        pictures = [draw() for draw in drawers(folder, tables, fidelity_high=4.0).values()]
    return [(one.name, one.title, one.caption, one.alternative, one.missing) for one in pictures]


@pytest.fixture(scope="module")
def own(one, tmp_path_factory):
    """Folder of the figures of one service, each on a sheet of its own, and what is told of them."""
    folder = tmp_path_factory.mktemp("own")
    return folder, drawn(one, folder, again=False)


def test_figures_on_one_sheet_are_those_on_sheets_of_their_own(one, own, tmp_path):
    folder, told = own
    assert drawn(one, tmp_path / "again", again=True) == told
    assert bytes_of(tmp_path / "again") == bytes_of(folder)
    assert len(told) == len(NAMES)
    nine = tables_of("nine-services")  # with other headings, scores and legends
    with figure_files(FigureFiles(("svg",))):
        assert drawn(nine, tmp_path / "nine-again", again=True) == drawn(nine, tmp_path / "nine-own", again=False)
    assert bytes_of(tmp_path / "nine-again") == bytes_of(tmp_path / "nine-own")


def test_control_a_sheet_that_is_not_cleared_shows(one, own, tmp_path, monkeypatch):
    def keep(figure):
        free = sheets._sheets.get()
        if free is not None and figure in free.taken:
            free.free[free.taken.pop(figure)] = figure, list(figure.axes)

    monkeypatch.setattr("sim.figures.style.give_back", keep)
    with figure_files(FigureFiles(("svg",))):
        drawn(one, tmp_path / "again", again=True)
    mine, other = bytes_of(own[0]), bytes_of(tmp_path / "again")
    assert mine["uses.svg"] == other["uses.svg"]  # the first on the sheet
    assert mine["states.svg"] != other["states.svg"]


@pytest.mark.usefixtures("undrawn")
def test_the_sheet_of_a_figure_that_fails_is_not_used_again(one, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(style, "_new_grid", _counted(made, style._new_grid))
    draw_all(tmp_path / "well", one)
    assert len(made) == 1
    monkeypatch.setattr(drawings, "support_words", _fails_once())
    failed = draw_all(tmp_path / "failing", one).failed
    assert [each.name for each in failed] == ["states"]
    assert len(made) == 3


def _counted(made, make):
    def counted(*given):
        made.append(given)
        return make(*given)

    return counted


def _fails_once():
    turns = iter([True])

    def words(_):
        if next(turns, False):
            raise ValueError("on purpose")
        return ""

    return words


# ------------------------------------------------------------------------------------------------------------- second process


def test_a_second_process_draws_the_same(one, own, tmp_path):
    folder, told = own
    with drawn_beside() as helper:
        both = draw_all(tmp_path / "both", one)
    assert helper.note == ""
    assert bytes_of(tmp_path / "both") == bytes_of(folder)
    assert [(each.name, each.caption) for each in both] == [(name, caption) for name, _, caption, *_ in told]
    assert [each.name for each in both] == list(NAMES)
    assert (both.failed, helper_of_now()) == ([], None)


def test_a_second_process_draws_files_as_they_are_asked(one, own, tmp_path):
    with figure_files(FigureFiles(("pdf",), 12.0)):
        with drawn_beside() as helper:
            both = draw_all(tmp_path / "both", one)
        pages = {each.name: each.svg.read_bytes() for each in both}  # the pictures of pages, which are not among the files
        alone = drawn(one, tmp_path / "alone", again=False)
    assert helper.note == ""
    assert {f"{name}.svg": content for name, content in pages.items()} == {
        name: content for name, content in bytes_of(own[0]).items() if name.endswith(".svg")
    }
    assert bytes_of(tmp_path / "both") == bytes_of(tmp_path / "alone")
    assert {name.rpartition(".")[2] for name in bytes_of(tmp_path / "both")} == {"pdf"}
    assert [each.name for each in both] == [name for name, *_ in alone]


def test_it_takes_its_share_and_ends(one, tmp_path):
    helper = Beside()
    process = helper._process
    here = []
    made = helper.share(Order(one, tmp_path, 4.0), NAMES, here.append)
    assert helper.note == ""
    assert sorted([*made, *here]) == sorted(NAMES)
    assert "leadership" in made  # the last is always drawn there, and waited for
    assert all((tmp_path / f"{name}.svg").exists() == (name in made) for name in NAMES)
    assert process.returncode is not None


SERVER = """
import pickle, sys
pickle.load(sys.stdin.buffer)
while True:
    pickle.load(sys.stdin.buffer)
    {does}
    sys.stdout.buffer.flush()
"""


@pytest.mark.parametrize(
    ("does", "note"),
    [
        ("raise SystemExit", "ended too early"),
        ("import os; os._exit(1)", "ended too early"),
        ("sys.stdout.write('no picture')", "ended too early"),
        ("import time; time.sleep(600)", "had not finished 0.5 seconds after all else"),
        (
            "pickle.dump((False, None), sys.stdout.buffer)",
            "",
        ),  # a figure that fails there is drawn here, and told by this process
    ],
)
def test_whatever_becomes_of_it_every_figure_is_drawn_here(does, note, tmp_path):
    here = []
    with drawn_beside(longest=0.5, command=(sys.executable, "-c", SERVER.format(does=does))) as helper:
        assert helper.share(Order({}, tmp_path, 4.0), NAMES, here.append) == {}
    assert sorted(here) == sorted(NAMES)
    assert (note in helper.note) if note else helper.note == ""


def test_a_process_that_cannot_begin_costs_nothing(tmp_path):
    here = []
    with drawn_beside(command=(str(tmp_path / "no such program"),)) as helper:
        assert helper.share(Order({}, tmp_path, 4.0), NAMES, here.append) == {}
    assert here == list(NAMES)
    assert "could not begin" in helper.note


def test_ctrl_c_while_figures_are_drawn_ends_it_before_their_folder_goes(tmp_path):
    def pressed(_):
        raise KeyboardInterrupt

    helper = Beside(command=(sys.executable, "-c", SERVER.format(does="import time; time.sleep(600)")))
    process = helper._process
    with pytest.raises(KeyboardInterrupt):
        helper.share(Order({}, tmp_path, 4.0), NAMES, pressed)
    assert process.returncode is not None


def test_it_ends_when_the_first_process_is_gone(tmp_path):
    script = (
        "import os, sys\nfrom sim.figures.beside import Beside\n"
        "print(Beside()._process.pid, flush=True)\nsys.stdin.read()\nos._exit(9)  # puts nothing away"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert int(first.stdout.readline())
        first.stdin.close()
        assert first.wait(60) == 9
        assert first.stdout.read() == b""  # closed by both: the second process has nothing of the first's but its own pipes
    helper = Beside()
    helper._process.stdin.close()
    assert helper._process.wait(60) == 0  # the end of its input is its own
    helper.stop()


def test_only_a_command_that_is_a_process_of_its_own_begins_another(monkeypatch):
    monkeypatch.setattr(options, "processors", lambda: 2)
    with options.two_drawing():
        assert helper_of_now() is None
    token = options.own_process.set(True)
    try:
        with options.two_drawing(wanted=False):
            assert helper_of_now() is None
        with options.two_drawing():
            assert helper_of_now() is not None
        monkeypatch.setattr(options, "processors", lambda: 1)
        with options.two_drawing():
            assert helper_of_now() is None
    finally:
        options.own_process.reset(token)


def test_the_command_draws_what_the_function_draws(own, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(small_scenario("Ours", months=13), encoding="utf-8")
    with figure_files(FigureFiles(("svg",))):
        run(path, replicates=2, out=tmp_path / "function")
    words = ["run", path, "-n", "2", "--out", tmp_path / "command"]
    done = subprocess.run([sys.executable, "-c", MAIN, *words], capture_output=True, text=True, check=True, timeout=240)
    assert "second process" not in done.stderr
    drawn = bytes_of(tmp_path / "command" / "figures")
    assert drawn == bytes_of(own[0])
    vector = {name: content for name, content in drawn.items() if name.endswith(".svg")}
    assert vector == bytes_of(tmp_path / "function" / "figures")


@pytest.mark.usefixtures("undrawn")
def test_what_this_process_has_to_do_first_is_done_once_while_the_second_draws(one, tmp_path):
    done = []
    with drawn_beside():
        both = draw_all(tmp_path / "both", one, first=lambda: done.append(helper_of_now()._process.poll()))
    alone = draw_all(tmp_path / "alone", one, first=lambda: done.append("alone"))
    assert done == [None, "alone"]  # the second process was there, and at work
    assert [each.name for each in both] == [each.name for each in alone]


def test_what_fails_first_ends_the_second_process(tmp_path):
    def fails():
        raise RuntimeError("of the first task")

    here = []
    with drawn_beside() as helper:
        process = helper._process
        with pytest.raises(RuntimeError, match="of the first task"):
            helper.share(Order({}, tmp_path, 4.0), NAMES, here.append, first=fails)
    assert here == []
    assert process.returncode is not None
