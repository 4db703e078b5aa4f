"""Run a command of ``sustain`` in this process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from click.testing import Result
from typer.testing import CliRunner

from experiments import command_line
from experiments.kit.identity import EXPERIMENTS

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
    """Copy of the rooms, beside the model and its scenarios, in an empty folder; gives the folder of the rooms."""
    for name in ("experiments", "sim", "scenarios"):
        shutil.copytree(EXPERIMENTS.with_name(name), place / name, ignore=shutil.ignore_patterns("*.pyc"))
    return place / EXPERIMENTS.name


def by_the_code_in(rooms: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with the code of a copy."""
    command, mine = [sys.executable, "-c", MAIN, *map(str, words)], os.environ | {"PYTHONPATH": str(rooms.parent)}
    return subprocess.run(command, cwd=rooms.parent, env=mine, capture_output=True, text=True, timeout=120, check=False)
