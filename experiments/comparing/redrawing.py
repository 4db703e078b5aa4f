"""The page of a comparison drawn anew: its folder says what was compared, which must come out as its tables have it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiments.comparing.asking import Comparison, arms_of
from experiments.comparing.finding import compare
from experiments.comparing.running import COMPARISON, SCENARIOS, add_pages
from experiments.kit.files import Pages, stored_summary
from sim.problems import BadInput, Problem
from sim.processors import processors
from sim.remake import FIGURES
from sim.scenario.definition import from_machine_form
from sim.store.hashing import code_identity
from sim.store.reader import read_manifest
from sim.store.version import made_by


def redraw(folder: Path, *, progress: Callable[[int], None] | None = None) -> Pages:
    """Draw figures and page of a comparison anew.

    Parameters
    ----------
    folder : pathlib.Path
        Sound, with a manifest.
    progress : callable, optional
        Told how many runs are finished since the last call.

    Returns
    -------
    Pages
        Knows what could not be made.

    Raises
    ------
    BadInput
        When what is compared does not come out as the tables have it, as by another version of the software.
    """
    from experiments.comparing.tables import write_tables

    manifest, found = read_manifest(folder), stored_summary(folder, COMPARISON)
    comparison = comparison_in(folder, found)
    shown = _option(found, "--replicate")
    findings = compare(comparison, threads=processors(), replicate=shown, progress=progress)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as place:
        again = {one.name: one.data_hash for one in write_tables(Path(place), findings)}
    there = {name: table["data_hash"] for name, table in manifest["tables"].items()}
    other = sorted(name for name in {*again, *there} if again.get(name) != there.get(name))
    if other:
        wrote = "" if manifest["code"]["identity"] == code_identity() else f"; {made_by(manifest)} made them"
        what = f"its tables come out otherwise now ({', '.join(other)}): this version computes other numbers{wrote}"
        hint = "`" + " ".join(found["command"]) + "` compares anew, into another folder"
        raise BadInput([Problem(str(folder), what, "the version of the software that wrote the folder", hint)])
    pages = Pages(f"`sustain report {folder}` tries again")
    seconds = {name: one for name, one in manifest["timing"].items() if name != "total"}
    shutil.rmtree(folder / FIGURES, ignore_errors=True)  # other formats may be asked for now
    add_pages(folder, findings, found, manifest, pages, seconds=seconds)
    return pages


def comparison_in(folder: Path, found: dict[str, Any]) -> Comparison:
    """Comparison that a folder holds.

    Parameters
    ----------
    folder : pathlib.Path
    found : dict
        What its ``compare.json`` says.

    Raises
    ------
    BadInput
        When a scenario in it is none for this version of the software.
    """
    from pydantic import ValidationError

    scenarios, problems = [], []
    for one in found["scenarios"]:
        path = folder / SCENARIOS / f"{one['name']}.json"
        try:
            scenarios.append(from_machine_form(json.loads(path.read_text(encoding="utf-8"))))
        except BadInput as error:
            problems += [replace(problem, where=f"{path}: {problem.where}") for problem in error.problems]
        except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
            what = f"is no scenario for this version: {str(error).splitlines()[0]}"
            problems.append(Problem(str(path), what, "a scenario's machine form", "compare anew, into another folder"))
    if problems:
        raise BadInput(problems)
    worlds = _option(found, "--worlds")
    return Comparison(
        tuple(one["given"] for one in found["scenarios"]),
        arms_of(scenarios, worlds),
        found["replicates"],
        tuple(found["notes"]),
    )


def _option(found: dict[str, Any], name: str) -> int | None:
    """Value of an option in the command that a comparison keeps; None where it was not given."""
    words = found["command"]
    return int(words[words.index(name) + 1]) if name in words else None
