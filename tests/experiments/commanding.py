"""Run a command of ``sustain`` in this process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result
from typer.testing import CliRunner

from experiments import command_line
from experiments.kit.identity import EXPERIMENTS
from sim.store.reader import check_folder

APP: Final = command_line.whole_app()
MAIN: Final = "from experiments.command_line import main; main()"


def sustain(*words: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(APP, [str(word) for word in words], catch_exceptions=False)


def refused(*words: object) -> str:
    """Standard error of a command that must refuse its input: exit status 2, nothing on standard output, no traceback."""
    found = sustain(*words)
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    return found.stderr


def hashes(folder: Path) -> dict[str, str]:
    """Data hashes of the tables."""
    tables = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tables"]
    return {name: one["data_hash"] for name, one in tables.items()}


def copied(place: Path) -> Path:
    """Copy of the rooms, beside the model and its scenarios, in an empty folder; gives the folder of the rooms.

    Times are copied too, so that Python's own compiled files, which hold them, are good for every source that is not edited.
    """
    for name in ("experiments", "sim", "scenarios"):
        shutil.copytree(EXPERIMENTS.with_name(name), place / name)
    return place / EXPERIMENTS.name


def by_the_code_in(rooms: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with the code of a copy."""
    command, mine = [sys.executable, "-c", MAIN, *map(str, words)], os.environ | {"PYTHONPATH": str(rooms.parent)}
    return subprocess.run(command, cwd=rooms.parent, env=mine, capture_output=True, text=True, timeout=600, check=False)


def tables_of(folder: Path) -> dict[str, bytes]:
    """Bytes of every table of results."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.suffix in (".csv", ".parquet")}


def drawn_again(folder: Path, *, table: str) -> None:
    """A study's page and figures are drawn anew by `sustain report`, and no table changes; a table that was edited is refused.

    Parameters
    ----------
    folder : pathlib.Path
        May be changed.
    table : str
        File of a table in it.
    """
    pages = {path: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".html", ".svg")}
    before = tables_of(folder)
    for at, path in enumerate(pages):
        if at % 2:
            path.unlink()
        else:
            path.write_text("damaged", encoding="utf-8")
    done = sustain("report", folder)
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 1
    assert tables_of(folder) == before
    assert check_folder(folder, deep=True) == []
    assert {path for path in pages if path.exists()} == set(pages)
    assert all(path.read_bytes() != b"damaged" for path in pages)
    kept = (folder / table).read_bytes()
    (folder / table).write_bytes(kept[:-1])  # the control
    assert table in refused("report", folder)
    (folder / table).write_bytes(kept)


def a_page_fails(words: Sequence[object], folder: Path, target: str) -> None:
    """A finished folder that is taken up again keeps its tables when its page fails; the next command makes the page.

    Parameters
    ----------
    words : sequence of object
        Command that made the folder.
    folder : pathlib.Path
        May be changed.
    target : str
        What makes the page.
    """
    before, manifest = tables_of(folder), folder / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    assert told["not_made"] == []
    manifest.write_text(json.dumps(told | {"not_made": ["planted"]}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, _broken)
        failed = sustain(*words)
    assert failed.exit_code == 1, failed.output
    assert "could not be made (MemoryError: planted); the tables are there, and the same command tries again" in failed.stderr
    assert tables_of(folder) == before
    assert check_folder(folder) == []
    done = sustain(*words)
    assert done.exit_code == 0, done.output
    assert tables_of(folder) == before
    assert check_folder(folder) == []
    assert json.loads(manifest.read_text(encoding="utf-8"))["not_made"] == []


def _broken(*_: object, **__: object) -> None:
    raise MemoryError("planted")
