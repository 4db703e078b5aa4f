"""Run a command of ``sustain`` in this process."""

import json
from pathlib import Path
from typing import Final

from click.testing import Result
from typer.testing import CliRunner

from experiments import command_line

APP: Final = command_line.whole_app()


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
