"""Run a study into a results folder that can be left and taken up at any time."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from textwrap import shorten
from time import perf_counter
from typing import Any, Final

from experiments.executors.many import JobFailed, run_many
from experiments.executors.pools import Pool
from experiments.kit.files import Pages, made_by, pages_are_made
from experiments.sweeps import ROOM
from experiments.sweeps.gather import Gathered
from experiments.sweeps.gathering import STUDY_TEXT, gather_into, gave_way, stored_replicates, write_study
from experiments.sweeps.jobs import Block, Job, Jobs, blocks_json, blocks_of
from experiments.sweeps.study import Study
from experiments.sweeps.work import compute
from sim.problems import BadInput, Problem
from sim.remake import REPORT
from sim.store.hashing import canonical_json
from sim.store.parts import STORE, Part, PartStore

LOG: Final = "log.jsonl"

MESSAGE_MAX: Final = 300
"""Letters that are told of why a job gave no result: NumPy spells out every field of an array that has no room."""


class Watcher:
    """Told how a sweep gets on; does nothing, to be told apart by what is overridden."""

    def began(self, runs: int, kept: int) -> None:
        """``runs`` are to be done, ``kept`` of all are there already."""

    def ran(self, runs: int, failed: int) -> None:
        """So many more runs are done, so many of them failed."""

    def said(self, sentence: str) -> None:
        """Something that a person wants to know."""


@dataclass(frozen=True)
class Swept:
    """How a sweep ended.

    Attributes
    ----------
    folder : pathlib.Path
    jobs, finished : int
        Jobs of the whole study, and how many of them are in the folder.
    runs, failed : int
        Runs of the whole study, and how many failed so far.
    lost : int
        Of the failed ones, those whose job gave no result at all; another try does them again.
    seconds : float
    pages : Pages
        Knows what of figures and report could not be made.
    """

    folder: Path
    jobs: int
    finished: int
    runs: int
    failed: int
    lost: int
    seconds: float
    pages: Pages = field(default_factory=Pages)

    @property
    def complete(self) -> bool:
        """Whether every job is in the folder."""
        return self.finished == self.jobs


def identity_of(study: Study, blocks: Sequence[Block]) -> dict[str, Any]:
    """What a store's parts depend on."""
    return {"study": study.hash, "code": ROOM.runs_identity(), "jobs": blocks_json(blocks)}


def stored_blocks(folder: Path, study: Study) -> tuple[Block, ...]:
    """Size of the jobs: as the store has it, for a study may have grown since; else what the study asks for."""
    with suppress(BadInput, KeyError, TypeError, ValueError):
        stored = tuple(Block(int(points), int(runs)) for points, runs in PartStore.open(folder).identity["jobs"])
        if len(stored) == len(study.scenarios):  # of another study, that is said, and not of its jobs
            return stored
    return blocks_of(study)


def sweep(
    study: Study,
    out: Path,
    *,
    pool: Pool,
    shard: tuple[int, int] = (1, 1),
    fail_fast: bool = False,
    restart: bool = False,
    report: bool = True,
    blocks: Sequence[Block] | None = None,
    watcher: Watcher | None = None,
) -> Swept:
    """Run what is missing of a study, and gather when nothing is.

    Parameters
    ----------
    study : Study
    out : pathlib.Path
        Results folder: a new one, or that of the same study, which is gone on with.
    pool : Pool
    shard : tuple of int
        (k, n): only every n-th job, the k-th of each n, from 1. Several shards may share a folder, also at the same time.
    fail_fast : bool
        Stop at the first run that fails.
    restart : bool
        Remove what is there first.
    report : bool
        Write the report.
    blocks : sequence of Block, optional
        Size of the jobs, for tests: the tables do not depend on it.
    watcher : Watcher, optional

    Returns
    -------
    Swept

    Raises
    ------
    BadInput
        When the folder is another study's or cannot be written. What is finished stays.
    experiments.executors.many.FailedFast
        After the first failure, if asked for.
    """
    cut = blocks or (blocks_of(study) if restart else stored_blocks(out, study))
    return _Sweep(study, out, pool, cut, watcher or Watcher()).run(shard, fail_fast, restart, report)


class _Sweep:
    def __init__(self, study: Study, out: Path, pool: Pool, blocks: Sequence[Block], watcher: Watcher) -> None:
        self.study, self.out, self.pool, self.watcher = study, out, pool, watcher
        self.blocks = tuple(blocks)
        self.failed, self.lost = 0, list[dict[str, Any]]()
        self.restart = False
        self.began = perf_counter()
        self.started = datetime.now(UTC)

    def run(self, shard: tuple[int, int], fail_fast: bool, restart: bool, report: bool) -> Swept:
        known = (self.out / STORE).exists()
        if not restart:
            self._refuse_to_shrink()
        self.restart = restart
        with PartStore.create_or_open(self.out, identity_of(self.study, self.blocks), about=made_by(), restart=restart) as store:
            names = [job.name for job in self._jobs]
            there = store.verified(names) if known else set()
            for sentence in store.damaged:
                self.watcher.said(f"{sentence}: will be made again")
            mine = set(names[shard[0] - 1 :: shard[1]])
            todo = mine - there
            if not todo and len(there) == len(names) and self._is_gathered(report=report):
                store.tidy()
                if set(store.names()) - set(names):  # of a smaller sweep that was killed when this one had gathered
                    with store.alone(said=self.watcher.said):
                        store.prune(names)
                return self._swept(names, len(there), self._gathered_before())
            self._write_study(store)
            self._compute(store, todo, there, fail_fast, turn=known)
            finished = sum(store.is_done(name) for name in names)
            gathered = None
            with store.alone(said=self.watcher.said):
                if gave_way(self.study, store, self.out):
                    return self._swept(names, finished, Gathered())
            if finished == len(names) or (self.lost and shard == (1, 1)):
                gathered = gather_into(
                    self.study, store, self.out, names, self.lost, self.started, self.began,
                    report=report, said=self.watcher.said,
                )  # fmt: skip
            return self._swept(names, finished, gathered or Gathered())

    @cached_property
    def _jobs(self) -> Jobs:
        return Jobs(self.study, self.blocks, ROOM.runs_identity())

    def _refuse_to_shrink(self) -> None:
        """Refuse fewer replicates than the folder holds: gathering would remove what the others cost."""
        there = stored_replicates(self.out)
        if there > self.study.replicates:
            what = f"holds {there:,} replicates, more than the {self.study.replicates:,} asked for"
            hint = f"--replicates {there} goes on with it; or choose another folder (--restart removes what is there)"
            raise BadInput([Problem(str(self.out), what, f"{there:,} replicates or more", hint)])

    def _is_gathered(self, *, report: bool) -> bool:
        """Whether the tables of this study, in its present words, by this code, are there, whole, and the report if wanted."""
        from sim.store.manifest import MANIFEST
        from sim.store.reader import check_folder, read_manifest

        if not (self.out / MANIFEST).exists() or check_folder(self.out):
            return False
        if report and not (self.out / REPORT).exists():
            return False
        text = self.out / STUDY_TEXT
        if self.study.text and not (text.exists() and text.read_text(encoding="utf-8") == self.study.text):
            return False
        manifest = read_manifest(self.out)
        if report and not pages_are_made(manifest):
            return False
        return bool(manifest.get("study_runs") == self.study.total and manifest.get("gathered_by") == ROOM.identity())

    def _gathered_before(self) -> Gathered:
        """What the manifest says of failures: they are no fewer for being told again."""
        from sim.store.reader import read_manifest

        found = Gathered()
        found.failed = int(read_manifest(self.out).get("failed", 0))
        return found

    def _write_study(self, store: PartStore) -> None:
        with store.alone(said=self.watcher.said):
            if not self.restart:
                self._refuse_to_shrink()  # another process may have begun with more
            write_study(self.study, self.out)

    def _compute(self, store: PartStore, todo: set[str], there: set[str], fail_fast: bool, *, turn: bool) -> None:
        log = _Log(self.out)
        shape = {job.name: job.total for job in self._jobs} if todo else {}
        self.watcher.began(sum(shape[name] for name in todo), sum(shape.get(name, 0) for name in there))
        log.add("began", jobs=len(todo), kept=len(there), executor=self.pool.kind, workers=self.pool.workers, pid=os.getpid())

        def finished(job: Job, part: Part) -> None:
            store.put(part)
            failed = int(part.about["failed"])
            self.failed += failed
            log.add("job", name=job.name, runs=job.total, failed=failed)
            self.watcher.ran(job.total, failed)
            if failed and fail_fast:
                from experiments.executors.many import FailedFast

                one = part.about["failures"][0]
                raise FailedFast(JobFailed(job, one["stage"], one["type"], one["message"], 1, ""))

        def failed(failure: JobFailed[Job]) -> None:
            job = failure.job
            self.lost.append(_lost_rows(failure))
            log.add(
                "lost", name=job.name, stage=failure.stage, type=failure.type, message=failure.message, trace=failure.traceback
            )
            self.watcher.ran(job.total, job.total)

        missing = (job for job in self._turned(turn) if job.name in todo and not self._done_by_another(store, job, log))
        try:
            run_many(compute, missing, self.pool, finished=finished, failed=failed, fail_fast=fail_fast)
        except BaseException as error:
            log.add("ended", why=type(error).__name__)
            raise
        log.add("ended", why="done")

    def _turned(self, turn: bool) -> Iterator[Job]:
        """Jobs in order; in a folder that others may be at work in, from somewhere in the middle, so as not to race them."""
        start = random.Random().randrange(len(self._jobs)) if turn else 0
        yield from islice(self._jobs, start, None)
        yield from islice(self._jobs, start)

    def _done_by_another(self, store: PartStore, job: Job, log: "_Log") -> bool:
        if not store.is_done(job.name):
            return False
        log.add("found", name=job.name)
        self.watcher.ran(job.total, 0)
        return True

    def _swept(self, names: Sequence[str], finished: int, gathered: Gathered) -> Swept:
        lost = sum(int(one["runs"]) for one in self.lost)
        failed = gathered.failed or self.failed + lost
        seconds = perf_counter() - self.began
        return Swept(self.out, len(names), finished, self.study.total, failed, lost, seconds, gathered.pages)


def _lost_rows(failure: JobFailed[Job]) -> dict[str, Any]:
    """Failure of a whole job, as a row."""
    job = failure.job
    place = {"scenario": job.scenario, "point": job.first_point, "run": job.first_run, "runs": job.total}
    message = shorten(failure.message, MESSAGE_MAX, placeholder=" …") or failure.type
    return place | {"stage": failure.stage, "type": failure.type, "message": message, "settings": job.design.settings(0)}


class _Log:
    """Run log: a line of JSON for everything that happens. A line is written at once, so several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG

    def add(self, what: str, **said: Any) -> None:
        """Add a line; a log that cannot be written stops nothing."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "what": what, **said}
        with suppress(OSError), self._path.open("ab", buffering=0) as stream:
            stream.write(canonical_json(line) + b"\n")
