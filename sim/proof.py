"""Replay: run a results folder's scenario again and compare what came out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sim import __version__
from sim.columns import Table
from sim.problems import BadInput, Problem, path_of
from sim.produce import Job, Rows, produce
from sim.remake import stored_scenario
from sim.scenario import Scenario, plan_hash, resolve
from sim.store.hashing import TableHash, code_identity
from sim.store.manifest import MANIFEST, Difference, compare_hashes, library_versions
from sim.store.reader import check_folder, read_manifest
from sim.store.version import other_version

_AGAIN: Final = "restore the folder from a copy, or run the scenario again"


@dataclass(frozen=True)
class Replay:
    """What a replay showed.

    Attributes
    ----------
    equal : bool
        Every table has the same data hash.
    differences : tuple of Difference
        Tables that differ, or that only one of the two runs has.
    tables : dict of str to str
        Data hashes of the replay.
    notes : tuple of str
        What else is not the same: code, libraries, machine.
    other_version : str
        What is to be said where another version of the model made the results; empty where this one did.
    """

    equal: bool
    differences: tuple[Difference, ...]
    tables: dict[str, str]
    notes: tuple[str, ...]
    other_version: str = ""


def replay(folder: str | Path, *, threads: int = 1, progress: Callable[[int], None] | None = None) -> Replay:
    """Run the scenario of a results folder again, with its seed and engine, and compare the data hashes.

    Nothing is written.

    Parameters
    ----------
    folder : str or pathlib.Path
    threads : int
        Of the compiled engine; the result does not depend on it.
    progress : callable, optional
        Told how many replicates are finished since the last call.

    Returns
    -------
    Replay

    Raises
    ------
    BadInput
        When the folder is damaged or its scenario is none for this version of the software.
    """
    place = path_of(folder, "folder")
    problems = check_folder(place, deep=True)
    if problems:
        raise BadInput(problems)
    manifest = read_manifest(place)
    scenario = stored_scenario(place)
    job = _job(manifest, scenario, threads, place)
    hashes: dict[str, TableHash] = {}

    def sink(table: Table, rows: Rows) -> None:
        if table.name not in hashes:
            hashes[table.name] = TableHash(table)
        hashes[table.name].update(rows)

    produce(job, sink, progress=progress)
    new = {name: one.digest() for name, one in hashes.items()}
    old = {name: one["data_hash"] for name, one in manifest["tables"].items()}
    differences = compare_hashes(old, new)
    other = other_version(manifest, scenario, place.resolve())
    said = other.after_a_replay(equal=not differences) if other is not None else ""
    return Replay(not differences, differences, new, tuple(_notes(manifest, job)), said)


def _job(manifest: Mapping[str, Any], scenario: Scenario, threads: int, folder: Path) -> Job:
    """Job that the manifest tells of."""
    problems = manifest_problems(manifest, scenario, folder)
    if problems:
        raise BadInput(problems)
    asked = {name: manifest[name] for name in ("replicates", "seed", "engine")}
    return Job(plan=resolve(scenario), **asked, threads=threads, keep=manifest.get("keep", "default"))


def manifest_problems(manifest: Mapping[str, Any], scenario: Scenario, folder: Path) -> list[Problem]:
    """What the manifest of a run says otherwise than its scenario and its tables: neither is run again, nor drawn, then.

    Parameters
    ----------
    manifest : mapping
        As ``sim.store.reader.read_manifest`` gives it.
    scenario : Scenario
        As :func:`stored_scenario` gives it.
    folder : pathlib.Path

    Returns
    -------
    list of Problem
    """
    from sim.runs import check_settings

    asked = {name: manifest[name] for name in ("replicates", "seed", "engine")}
    problems = check_settings(**asked, keep=manifest.get("keep", "default"))
    expected = {"title": scenario.title, "months": scenario.months}
    if manifest["code"]["identity"] == code_identity():  # another version may count its parameters otherwise
        expected["census"] = scenario.table.census()
    if "worlds" in manifest["tables"]:  # a row a replicate
        expected["replicates"] = manifest["tables"]["worlds"]["rows"]
    out_of_bounds = {one.where for one in problems}
    for name, value in expected.items():
        if manifest[name] != value and name not in out_of_bounds:
            whose = "the tables of the folder have" if name == "replicates" else "the scenario of the folder has"
            problems.append(Problem(name, f"the manifest says {manifest[name]!r}", f"{value!r}, as {whose} it", _AGAIN))
    where = str(folder / MANIFEST)
    return [replace(one, where=f"{where}: {one.where}") for one in problems]


def page_problems(folder: Path) -> list[Problem]:
    """What keeps the pages of a run from being drawn: a manifest that says otherwise than the scenario and the tables beside it.

    Parameters
    ----------
    folder : pathlib.Path
        With sound tables and manifest.

    Raises
    ------
    BadInput
        When its scenario is none for this version of the software.
    """
    manifest, scenario = read_manifest(folder), stored_scenario(folder)
    problems = manifest_problems(manifest, scenario, folder)
    if manifest["code"]["identity"] == code_identity() and manifest["plan_hash"] != plan_hash(resolve(scenario)):
        what = "the scenario of the folder is resolved into another plan than the one that ran"
        problems.append(Problem(f"{folder / MANIFEST}: plan_hash", what, "the scenario that ran", _AGAIN))
    return problems


def _notes(manifest: Mapping[str, Any], job: Job) -> list[str]:
    """Say what is not the same beside the data."""
    notes = []
    if manifest["software"]["version"] != __version__:
        notes.append(f"version {manifest['software']['version']} of the software then, {__version__} now")
    identity = code_identity()
    if manifest["code"]["identity"] != identity:
        notes.append(f"the code differs: {manifest['code']['identity'][:12]} wrote the results, {identity[:12]} replays them")
    if manifest["plan_hash"] != plan_hash(job.plan):
        notes.append("the scenario is resolved into another plan than it was")
    now = library_versions()
    for name, version in manifest["versions"].items():
        if now.get(name) != version:
            notes.append(f"{name} {version or 'absent'} then, {now.get(name) or 'absent'} now")
    return notes
