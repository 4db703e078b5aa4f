"""Files of results folders: plain JSON, pages that may fail, the one manifest, where folders are."""

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.kit.command import is_redrawing, words_given
from sim.problems import BadInput, Problem
from sim.store.folder import LOCK, YOUNG, write_text_whole
from sim.store.holding import is_held

if TYPE_CHECKING:
    from sim.figures import NotMade
    from sim.scenario.definition import Scenario
    from sim.store.writer import TableRecord


class Pages:
    """Makes pages and figures of tables that are in their place: what goes wrong is named, and costs no table.

    Parameters
    ----------
    again : str
        What makes once more what could not be made.

    Attributes
    ----------
    not_made : list of NotMade
        What could not be made.
    """

    def __init__(self, again: str = "the same command tries again") -> None:
        self._again = again
        self.not_made: list[NotMade] = []

    @classmethod
    def not_tried(cls, name: str) -> "Pages":
        """Pages of a folder whose tables are in their place, before any page is: what a kill meanwhile leaves behind.

        Parameters
        ----------
        name : str
        """
        from sim.figures import NotMade

        pages = cls()
        pages.not_made.append(NotMade(name, "not tried yet"))
        return pages

    @property
    def status(self) -> int:
        """Exit status: 1 when something could not be made."""
        return 1 if self.not_made else 0

    def make(self, name: str, page: Callable[[], object]) -> None:
        """Make a page or figures.

        Parameters
        ----------
        name : str
            Of what is made.
        page : callable
            Makes it; gives the pictures in it, with those that could not be made, if it has any.
        """
        from sim.figures import Pictures, not_made

        pictures = Pictures()
        try:
            made = page()
            pictures = made if isinstance(made, Pictures) else pictures
            failed = pictures.failed
        except Exception as error:
            failed = [not_made(name, error)]
        if pictures.note:
            print(pictures.note, file=sys.stderr, flush=True)
        self.not_made += failed
        for one in failed:
            print(f"{one}; the tables are there, and {self._again}", file=sys.stderr, flush=True)


def manifest_of(
    settings: Mapping[str, Any],
    *,
    kind: str,
    title: str,
    scenarios: Sequence["Scenario"],
    seed: int,
    replicates: int,
    tables: Iterable["TableRecord"],
    inputs: Sequence[str],
    started: datetime,
    timing: Mapping[str, float],
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """Manifest of a study, in the form of a run's; :func:`finish_manifest` adds what comes after the tables.

    Parameters
    ----------
    settings : mapping
        What decides the numbers and what is asked of them, as plain JSON.
    kind : str
        What such a folder is called.
    title : str
    scenarios : sequence of Scenario
        That were run.
    seed, replicates : int
    tables : iterable of TableRecord
    inputs : sequence of str
        Files in the folder that it was made from.
    started : datetime.datetime
    timing : mapping of str to float
        Seconds by stage.
    extra : mapping
        Further keys.
    """
    import numpy as np

    from sim.parameters import parameter_hash
    from sim.store.hashing import canonical_json
    from sim.store.manifest import build_manifest

    return build_manifest(
        title=title,
        scenario_name=" and ".join(dict.fromkeys(one.name for one in scenarios)),
        scenario_text=json.dumps(settings, indent=1, ensure_ascii=False),
        plan_hash=hashlib.sha256(canonical_json(settings)).hexdigest(),
        parameter_hash=parameter_hash(np.concatenate([one.record() for one in scenarios])),
        seed=seed,
        replicates=replicates,
        months=max(one.months for one in scenarios),
        engine="compiled",
        census=scenarios[0].table.census(),
        tables=tables,
        inputs=inputs,
        started=started,
        ended=datetime.now(UTC),
        timing=timing,
        extra={"kind": kind, "settings": dict(settings), "command": words_given(), **extra},
    )


def finish_manifest(
    folder: Path, manifest: Mapping[str, Any], made: Iterable[str], *, timing: Mapping[str, float], pages: Pages
) -> dict[str, Any]:
    """Write ``manifest.json`` and the crate's metadata, the last of all.

    Parameters
    ----------
    folder : pathlib.Path
    manifest : mapping
        As :func:`manifest_of` gives it.
    made : iterable of str
        Files and folders beside the tables; those that could not be made are passed over.
    timing : mapping of str to float
        Seconds by stage, those of the pages too.
    pages : Pages

    Returns
    -------
    dict
        The manifest as written.
    """
    from sim.figures.files import asked_files
    from sim.store.manifest import finish, utc_text

    seconds = {name: round(one, 3) for name, one in {**timing, "total": sum(timing.values())}.items()}
    ended = max(utc_text(datetime.now(UTC)), manifest["started"])  # somebody may have set the clock back meanwhile
    later = {"ended": ended, "timing": seconds, "not_made": [str(one) for one in pages.not_made]}
    later |= {"figures": asked_files().as_plain()}
    return finish(folder, dict(manifest) | later | {"files": {}}, made=[*files_in(folder, made)])


def pages_are_made(manifest: Mapping[str, Any]) -> bool:
    """Whether all pages and figures are there, in the files that are asked now, and not to be drawn anew.

    Parameters
    ----------
    manifest : mapping
    """
    from sim.figures.files import FigureFiles, asked_files

    figures = manifest.get("figures", FigureFiles().as_plain())
    return not is_redrawing() and not manifest.get("not_made") and figures == asked_files().as_plain()


def files_in(folder: Path, names: Iterable[str]) -> Iterator[str]:
    """Names of files, those in folders too; of what is there."""
    for name in names:
        path = folder / name
        if path.is_dir():
            yield from (one.relative_to(folder).as_posix() for one in sorted(path.rglob("*")) if one.is_file())
        elif path.is_file():
            yield name


def copied(before: Path, now: Path) -> None:
    """Copy finished runs of an older folder."""
    if before.is_dir():
        shutil.copytree(before, now, dirs_exist_ok=True)
    elif before.exists():
        shutil.copyfile(before, now)


def made_by() -> dict[str, Any]:
    """Software that makes a folder: what is told of a folder of another version."""
    from sim import __version__
    from sim.store.manifest import commit, library_versions

    return {"version": __version__, "commit": commit()["commit"] or "", "libraries": library_versions()}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain values as JSON, whole or not at all; not finite numbers are refused.

    Parameters
    ----------
    path : pathlib.Path
    value : mapping
    """
    write_text_whole(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def stored_summary(folder: Path, name: str) -> dict[str, Any]:
    """Summary that a finished analysis has written.

    Parameters
    ----------
    folder : pathlib.Path
    name : str
        Of the file.

    Raises
    ------
    BadInput
        When it cannot be read.
    """
    try:
        return dict(json.loads((folder / name).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadInput(
            [
                Problem(
                    str(folder / name),
                    f"cannot be read: {error}",
                    "the file as it was written",
                    "--restart makes it anew, or choose another folder with --out",
                )
            ]
        ) from None


RESULTS: Final = Path("results")
"""Folder under which runs are written unless another is named."""

STEM_LONGEST: Final = 150
"""Letters of a scenario's name in the name of its folder: a combination of many may be longer than a file system allows."""


@contextmanager
def named_or_free(out: Path | None, scenario: str) -> Iterator[Path]:
    """Folder that is named, or the first ``results/SCENARIO-NUMBER`` that is free, held until something is in it.

    The number is taken by making the folder, so that two runs at once take two.

    Parameters
    ----------
    out : pathlib.Path or None
    scenario : str
        Name or path, or several joined by ``+``.

    Raises
    ------
    BadInput
        When nothing stands on one side of a ``+``, or no folder can be made.
    """
    if out is not None:
        yield out
        return
    folder = _first_free(scenario)
    try:
        yield folder
    finally:
        for made in (folder, RESULTS):
            with suppress(OSError):  # something is in it
                made.rmdir()


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _note_left(what: str) -> None:
    them = "they" if " and " in what else "it"
    print(f"note: a run that was killed left {what}; {them} can be removed", file=sys.stderr, flush=True)


def _first_free(scenario: str) -> Path:
    from sim.scenario.catalogue import stem_of

    stem = stem_of(scenario)[:STEM_LONGEST] or "run"
    try:
        RESULTS.mkdir(exist_ok=True)
        for number in count(1):
            folder = RESULTS / f"{stem}-{number}"
            working = RESULTS / f".{folder.name}.partial"
            if working.exists():
                if is_held(working / LOCK) is False:
                    _note_left(f"'{working}' (hidden)" + (f" and the empty '{folder}'" if _is_empty(folder) else ""))
                continue
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
            if _is_empty(folder) and time.time() - folder.stat().st_mtime > YOUNG:
                _note_left(f"the empty '{folder}'")
    except OSError as error:
        what = f"results cannot be written here: {error.strerror}"
        allowed = "a place that can be written"
        raise BadInput([Problem(str(RESULTS), what, allowed, "name another folder with --out")]) from error
    raise AssertionError("numbers do not end")
