"""Schedules that were evaluated, a line each in one file: what is finished is kept whatever happens, and never run again."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

from experiments.policies.evaluating import Outcome, Set, from_machine_form
from experiments.policies.schedules import Schedule, from_key

EVALUATED: Final = "evaluated.jsonl"
_FLUSHED: Final = 20
"""Lines after which the file is brought to disk."""


class Evaluate(Protocol):
    """Whatever evaluates a schedule: the simulation, or a function whose front is known."""

    def __call__(self, schedule: Schedule, where: Set) -> Outcome:
        """Run a schedule on worlds and luck."""


class Evaluated:
    """Evaluates what was not evaluated before; to be used by one process at a time.

    Parameters
    ----------
    folder : pathlib.Path
        Where the file is, or will be.
    evaluate : Evaluate
    """

    def __init__(self, folder: Path, evaluate: Evaluate) -> None:
        self._path = folder / EVALUATED
        self._evaluate = evaluate
        self._found: dict[tuple[str, str], Outcome] = {}
        self._read()

    def _read(self) -> None:
        """Take what is in the file; what a crash left half written at its end is cut off."""
        if not self._path.exists():
            return
        whole = 0
        with self._path.open("rb") as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                try:
                    form = json.loads(line)
                    one = from_machine_form(form, from_key(form["schedule"]))
                    self._found[form["set"], one.schedule.key] = one
                except (ValueError, KeyError, TypeError):
                    break
                whole += len(line)
        if whole < self._path.stat().st_size:
            os.truncate(self._path, whole)

    def count(self, where: Set) -> int:
        """Schedules of a set that are there already."""
        return sum(name == where.name for name, _ in self._found)

    def missing(self, schedules: Iterable[Schedule], where: Set) -> int:
        """How many of some schedules are not there yet."""
        return sum((where.name, key) not in self._found for key in {one.key for one in schedules})

    def __call__(
        self, schedules: Iterable[Schedule], where: Set, *, progress: Callable[[int], None] | None = None
    ) -> list[Outcome]:
        """Outcomes of schedules, in order.

        Parameters
        ----------
        schedules : iterable of Schedule
        where : Set
        progress : callable, optional
            Called with 1 after each schedule that had to be run.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        asked = list(schedules)
        if self.missing(asked, where):
            with self._path.open("ab") as stream:
                try:
                    for at, one in enumerate(asked, start=1):
                        if (where.name, one.key) in self._found:
                            continue
                        found = self._evaluate(one, where)
                        line = json.dumps({"set": where.name} | found.machine_form(), separators=(",", ":"))
                        stream.write(line.encode() + b"\n")
                        self._found[where.name, one.key] = found
                        if at % _FLUSHED == 0:
                            _to_disk(stream.fileno(), stream.flush)
                        if progress is not None:
                            progress(1)
                finally:
                    _to_disk(stream.fileno(), stream.flush)
        return [self._found[where.name, one.key] for one in asked]


def _to_disk(handle: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(handle)
