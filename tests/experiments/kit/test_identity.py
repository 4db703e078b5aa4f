"""What decides a study's numbers: every file of its room but for a named list, so that no old answer is shown as a new one."""

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer

from experiments.kit.identity import BELOW, EXPERIMENTS, LISTS, Room, _identity
from sim.store.hashing import code_identity, identity_with
from tests.experiments.commanding import copied, refused, sustain

WITHOUT = {"keeping", "leading", "runs"}
"""Rooms without results of their own: documents are kept in one, games are played in one, runs are called from one."""

STUDIES = sorted(
    one.parent.name for one in EXPERIMENTS.glob("*/__init__.py") if one.parent.name not in WITHOUT | {room.name for room in BELOW}
)


FOLDERS = {"trials": {"analyses"}}
"""Folders within rooms that decide as the modules beside them do."""


def room_of(name: str) -> Room:
    """Room by its name."""
    found: Room = import_module(f"experiments.{name}").ROOM
    return found


ROOMS = (*BELOW, *map(room_of, STUDIES))
NAMES = [one.name for one in ROOMS]


def identities(room: Room, root: Path) -> tuple[str, str]:
    """Identity of a room and that of its runs, in a tree of files."""
    whole, runs = (identity_with("sim", room.sources(root, judged=judged)) for judged in (True, False))
    return whole, runs


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms, beside the model and its scenarios."""
    return copied(tmp_path_factory.mktemp("tree"))


# ------------------------------------------------------------------------------------------------------------------- the lists


def test_every_room_with_results_says_what_does_not_decide() -> None:
    rooms = {one.parent.name for one in EXPERIMENTS.glob("*/__init__.py")}
    assert rooms == {*NAMES} | WITHOUT
    assert all(one.name == name for one, name in zip(ROOMS, NAMES, strict=True))


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_lists_name_what_is_there_and_nothing_twice(room: Room) -> None:
    modules = {name.removesuffix(".py") for name in room.files() if name.endswith(".py")}
    listed = [*room.shows, *room.judges]
    assert {*listed} <= modules
    assert len(listed) == len({*listed})
    assert {*room.conducts} <= modules - {*room.shows}
    folder = EXPERIMENTS / room.name
    assert all((folder / one).is_dir() for one in room.asks)
    others = {one.split("/")[0] for one in room.files() if one.count("/") and not room.is_asked(one)}
    assert others == FOLDERS.get(room.name, set()), "a folder of code or data within a room decides"


@pytest.mark.parametrize("name", STUDIES)
def test_where_the_lists_stand_nothing_else_does(name: str) -> None:
    body = ast.parse((EXPERIMENTS / name / LISTS).read_text(encoding="utf-8")).body
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[-1], ast.AnnAssign)
    assert all(isinstance(one, ast.ImportFrom) for one in body[1:-1])


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_a_change_of_what_decides_is_noticed_and_one_of_what_shows_is_not(room: Room, tree: Path) -> None:
    before = identities(room, tree)
    for name, path in room.files(tree).items():
        kept = path.read_bytes()
        path.write_bytes(kept + b"\n# changed\n")
        try:
            whole, runs = (one != other for one, other in zip(identities(room, tree), before, strict=True))
        finally:
            path.write_bytes(kept)
        shown = room.is_shown(name) or room.is_asked(name)
        assert whole == (not shown), name
        assert runs == (not shown and not room.is_judging(name)), name
    assert identities(room, tree) == before


@pytest.mark.parametrize("name", STUDIES)
def test_a_change_below_a_study_is_noticed(name: str, tree: Path) -> None:
    room = room_of(name)
    before = identities(room, tree)
    used = {one.name for one in room.uses}
    for below in ("worlds/ensembles.py", *(one for one in room.sources(tree) if one.split("/")[0] in used)):
        kept = (tree / below).read_bytes()
        (tree / below).write_bytes(kept + b"\n# changed\n")
        assert all(one != other for one, other in zip(identities(room, tree), before, strict=True)), below
        (tree / below).write_bytes(kept)


def test_a_new_module_decides_until_it_is_named(tree: Path) -> None:
    room = room_of("discovery")
    before = identities(room, tree)
    new = tree / "discovery" / "hidden.py"
    new.write_text("LINE = 0.5\n", encoding="utf-8")
    assert identities(room, tree) != before
    new.unlink()


def test_calibration_counts_the_patterns_and_sensitivity_the_sweeps() -> None:
    assert "patterns/patterns.toml" in room_of("calibration").sources()
    assert "sweeps/work.py" in room_of("sensitivity").sources()
    assert "sweeps/gather.py" not in room_of("sensitivity").sources()
    assert not [one for one in room_of("hypotheses").sources() if "/studies/" in one]


def test_identities_stand_on_that_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    room = room_of("policies")
    assert room.identity() == identity_with(code_identity(), room.sources())
    before = room.identity()
    monkeypatch.setattr("sim.store.hashing.code_identity", lambda: "0" * 64)
    _identity.cache_clear()
    try:
        assert room.identity() != before
    finally:
        _identity.cache_clear()


# ---------------------------------------------------------------------------------- no number hides in what only shows


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """What a module imports of the rooms, such as ``discovery/words``, and whether within a function only; types left out."""

    def within(node: ast.AST, *, lazy: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.ImportFrom) and (child.module or "").startswith("experiments."):
                parts = str(child.module).split(".")[1:]
                yield from ((f"{parts[0]}/{one}", lazy) for one in (parts[1:2] or [name.name for name in child.names]))
            if isinstance(child, ast.Import):
                yield from ((one.name.removeprefix("experiments.").replace(".", "/"), lazy) for one in child.names)
            yield from within(child, lazy=lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    return within(ast.parse(path.read_text(encoding="utf-8")), lazy=False)


def leaks(room: Room, root: Path) -> list[str]:
    """Imports by which a number could come from where no number is looked for."""
    shown = {f"{one.name}/{module}" for one in ROOMS if one not in BELOW for module in one.shows}
    judging = {f"{one.name}/{module}" for one in ROOMS for module in one.judges}
    own = {f"{room.name}/{name}": path for name, path in room.files(root).items() if name.endswith(".py")}
    found = []
    for name, path in own.items():
        module = name.removeprefix(f"{room.name}/").removesuffix(".py")
        if module in room.shows:
            continue
        for other, lazy in imported(path):
            if other in shown and not (lazy and module in room.conducts):
                found.append(f"{name} imports {other}, which only shows")
            if other in judging and module not in room.judges and other.startswith(f"{room.name}/"):
                found.append(f"{name} decides runs and imports {other}, which does not")
    return found


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_what_decides_imports_nothing_that_only_shows(room: Room) -> None:
    assert leaks(room, EXPERIMENTS) == []


def test_a_number_that_hides_is_seen(tree: Path) -> None:
    words, analysing = tree / "discovery" / "words.py", tree / "discovery" / "analysing.py"
    kept = analysing.read_text(encoding="utf-8")
    for planted in (
        "from experiments.discovery.words import LINE\n",
        "from experiments.discovery import words\n",
        "import experiments.discovery.words\n",
        "def line():\n    from experiments.discovery.words import LINE\n    return LINE\n",
    ):
        analysing.write_text(kept + planted, encoding="utf-8")
        assert len(leaks(room_of("discovery"), tree)) == 1, planted
    analysing.write_text(kept, encoding="utf-8")
    measuring = tree / "hypotheses" / "measuring.py"
    kept = measuring.read_text(encoding="utf-8")
    measuring.write_text(f"{kept}from experiments.hypotheses.verdicts import judge\n", encoding="utf-8")
    assert len(leaks(room_of("hypotheses"), tree)) == 1
    measuring.write_text(kept, encoding="utf-8")
    assert words.exists()


# ------------------------------------------------------------------------------------------------- no old answer is shown as new

COMMANDS = {
    "calibration": ("calibrate --quick", "calibration.waves.match"),
    "discovery": ("discover --quick", "discovery.running._discover"),
    "hypotheses": ("hypotheses H4 --quick --workers 1", "hypotheses.running.run_controls"),
    "mine": (f"mine {EXPERIMENTS.with_name('docs') / 'services' / 'half-left.toml'} --quick", "mine.running.find"),
    "policies": ("search --quick", "policies.running._compute"),
    "sensitivity": ("sensitivity --quick", "sensitivity.running._compute"),
    "trials": ("trial leadership-24 --quick", "trials.running.find"),
    "sweeps": ("sweep protected-time -n 2 --executor serial", "sweeps.running._Sweep._compute"),
}


@pytest.mark.usefixtures("unsynced")
@pytest.mark.parametrize("name", STUDIES)
def test_a_folder_that_other_code_began_is_not_gone_on_with(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed_code: Callable[..., None]
) -> None:
    if name in ("comparing", "patterns"):  # never write into a folder that is there; nothing at all
        assert name not in COMMANDS
        return
    command, computing = COMMANDS[name]

    def interrupt(*_: object, **__: object) -> None:
        raise typer.Exit(9)

    monkeypatch.setattr(f"experiments.{computing}", interrupt)
    words = (*command.split(), "--out", tmp_path / "mine")
    assert sustain(*words).exit_code == 9
    assert sustain(*words).exit_code == 9, "the same code goes on"
    changed_code()
    assert "is of another version of the software" in " ".join(refused(*words).split())
