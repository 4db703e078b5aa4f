"""Replay: run a results folder's scenario again and compare what came out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.columns import Table
from sim.problems import BadInput, Problem, path_of
from sim.produce import Job, Rows, plan_hash, produce
from sim.remake import stored_scenario
from sim.scenario import Scenario, resolve
from sim.store.hashing import TableHash, code_identity
from sim.store.manifest import Difference, compare_hashes, library_versions
from sim.store.reader import check_folder, read_manifest


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
    """

    equal: bool
    differences: tuple[Difference, ...]
    tables: dict[str, str]
    notes: tuple[str, ...]


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
    return Replay(not differences, differences, new, tuple(_notes(manifest, job)))


def _job(manifest: Mapping[str, Any], scenario: Scenario, threads: int, folder: Path) -> Job:
    """Job that the manifest tells of."""
    from sim.runs import check_settings

    keep = manifest.get("keep", "default")
    asked = {"replicates": manifest["replicates"], "seed": manifest["seed"], "engine": manifest["engine"]}
    problems = check_settings(**asked, keep=keep, threads=threads)
    if manifest["months"] != scenario.months:
        problems.append(
            Problem("months", f"are {manifest['months']}", f"{scenario.months}, as the scenario of the folder has it")
        )
    if problems:
        where = str(folder / "manifest.json")
        raise BadInput([Problem(f"{where}: {one.where}", one.what, one.allowed, one.hint) for one in problems])
    return Job(plan=resolve(scenario), **asked, threads=threads, keep=keep)


def _notes(manifest: Mapping[str, Any], job: Job) -> list[str]:
    """Say what is not the same beside the data."""
    notes = []
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
