"""Bringing the shards of a sweep together."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from experiments.sweeps.gather import Gathered
from experiments.sweeps.gathering import gather_into, other_version, stored_replicates, stored_study, write_study
from experiments.sweeps.jobs import Block, jobs_of
from experiments.sweeps.running import Swept, Watcher
from experiments.sweeps.study import Study
from sim.problems import BadInput, Problem
from sim.store.parts import Part, PartStore


def merge(folders: Sequence[Path], out: Path, *, report: bool = True, watcher: Watcher | None = None) -> Swept:
    """Bring the parts of several folders of one study together, and gather if none is missing.

    Parameters
    ----------
    folders : sequence of pathlib.Path
        Of shards.
    out : pathlib.Path
        One of them, or a new one.
    report : bool
    watcher : Watcher, optional

    Raises
    ------
    BadInput
        When they are not of one study, seed and code, one of them is damaged, or of another version of the model. Nothing is
        written then.
    """
    watcher, began, started = watcher or Watcher(), perf_counter(), datetime.now(UTC)
    stores = [PartStore.open(one) for one in folders]
    problems = [
        Problem(
            str(one.folder),
            f"is not of the same {key} as {stores[0].folder}",
            "shards of one study, made by one version",
            "shards that were begun with other numbers of replicates are cut otherwise" if key == "jobs" else "",
        )
        for one in stores[1:]
        for key in sorted({*stores[0].identity, *one.identity})
        if one.identity.get(key) != stores[0].identity.get(key)
    ]
    if problems:
        raise BadInput(problems)
    known = [_study_in(*pair) for pair in zip(folders, stores, strict=True)]
    known += [stored_study(out)] if stored_replicates(out) else []  # nobody's replicates are to be lost
    study = max(known, key=lambda one: one.replicates)
    blocks = tuple(Block(*pair) for pair in stores[0].identity["jobs"])
    with PartStore.create_or_open(out, stores[0].identity, about=stores[0].about) as target:
        names = [job.name for job in jobs_of(study, blocks, str(target.identity["code"]))]
        for store in stores:
            if store.folder.resolve() != out.resolve():
                _copy(store, target, names, watcher)
        with target.alone(said=watcher.said):
            write_study(study, out)
        whole = target.verified(names)
        for sentence in target.damaged:
            watcher.said(f"{sentence}: sweep again to make it anew")
        found = Gathered()
        if len(whole) == len(names):
            found = gather_into(study, target, out, names, (), started, began, report=report, said=watcher.said) or found
        seconds = perf_counter() - began
        return Swept(out, len(names), len(whole), study.total, found.failed, 0, seconds, found.pages)


def missing_jobs(folder: Path) -> int:
    """Jobs of a sweep that its folder does not hold, or not whole.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BadInput
        When it is no sweep's, or of another version of the model.
    """
    with PartStore.open(folder) as store:
        blocks = tuple(Block(*pair) for pair in store.identity["jobs"])
        names = [job.name for job in jobs_of(_study_in(folder, store), blocks, str(store.identity["code"]))]
        return len(names) - len(store.verified(names))


def _study_in(folder: Path, store: PartStore) -> Study:
    """Study that a folder holds.

    Raises
    ------
    BadInput
        When this version makes another study of it than the parts were made for: it has parameters or mechanisms more.
    """
    study = stored_study(folder)
    what = other_version(store, study)
    if not what:
        return study
    hint = "`sustain sweep` as before, with another --out, makes it anew with this version; or use the version that made it"
    raise BadInput([Problem(str(folder), what, "the folder of a sweep by this version of the model", hint)])


def _copy(store: PartStore, target: PartStore, names: Sequence[str], watcher: Watcher) -> None:
    """Copy what is whole."""
    from sim.store.encoding import PartFile

    for name in sorted(store.verified(names)):
        record = store.record(name)
        files = tuple(
            PartFile(kind, store.path(kind, name).read_bytes(), one["rows"], one["data_hash"], one["file_hash"])
            for kind, one in record["files"].items()
        )
        target.put(Part(name, files, record["about"]))
    for sentence in store.damaged:
        watcher.said(f"{store.folder}: {sentence}")
