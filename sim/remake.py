"""What can be made again from a results folder: its scenario, and its figures and report."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from sim.figures import Pictures, not_made
from sim.problems import BadInput, Problem
from sim.scenario import Scenario, from_machine_form, from_table, resolve
from sim.scenario.schema import MONTHS_MAX
from sim.store.crate import CRATE
from sim.store.manifest import MANIFEST

if TYPE_CHECKING:
    from sim.figures.style import Picture
    from sim.why.explain import Explanation

FORM: Final = "scenario.json"
"""Machine form of the scenario in a results folder."""

FIGURES: Final = "figures"
"""Folder of the figures in a results folder."""

REPORT: Final = "report.html"

_HINT: Final = "use the version of the software that wrote it, or run the scenario again"


def stored_scenario(folder: Path) -> Scenario:
    """Scenario of a results folder, from its machine form.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BadInput
        When there is none, or it is no scenario for this version of the software.
    """
    from pydantic import ValidationError

    where = str(folder / FORM)
    if (folder / "study.json").exists() and not (folder / FORM).exists():
        hint = "`sustain report` draws a sweep's pages anew, `sustain rerun` runs one of its runs again"
        raise BadInput([Problem(str(folder), "this is the folder of a sweep", "the folder of a run", hint)])
    kind = _kind(folder)
    if kind and not (folder / FORM).exists():
        hint = "`sustain report` draws its pages anew"
        raise BadInput([Problem(str(folder), f"this is the folder of a study ({kind})", "the folder of a run", hint)])
    try:
        scenario = from_machine_form(json.loads((folder / FORM).read_text(encoding="utf-8")))
        if scenario.months not in range(1, MONTHS_MAX + 1):
            raise ValueError(f"a horizon of {scenario.months} months")
    except BadInput as error:
        raise BadInput(
            [Problem(f"{where}: {one.where}", one.what, one.allowed, one.hint or _HINT) for one in error.problems]
        ) from None
    except OSError as error:
        raise BadInput([Problem(where, f"cannot be read: {error.strerror}", "the file that the run wrote", _HINT)]) from None
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        what = f"is no scenario for this version: {reason}"
        raise BadInput([Problem(where, what, "a scenario's machine form", _HINT)]) from None
    return scenario


def _kind(folder: Path) -> str:
    """What the manifest of a study calls its folder; empty for that of a run, or where none can be read."""
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def draw(folder: Path, *, name: str | None = None, timed: bool = False) -> Pictures:
    """Draw the figures and write the report of a results folder, and put them into its manifest.

    Parameters
    ----------
    folder : pathlib.Path
        With sound tables and manifest. What it has of figures and report stays until the new ones are complete.
    name : str, optional
        What the folder will be called.
    timed : bool
        Put the time that it took into the manifest: when it is part of the run.

    Returns
    -------
    Pictures
        What was drawn, and in ``failed`` what could not be made: figures, or the page. Where something failed, an older report
        and its figures stay as they were; without one, what could be made is put into the folder.

    Raises
    ------
    BadInput
        When the folder is not sound.
    """
    from sim.figures import draw_all
    from sim.report import definitions_of, write_report
    from sim.report.explained import explanation_of
    from sim.store.manifest import finish
    from sim.store.reader import read_manifest
    from sim.store.version import other_version

    before = perf_counter()
    manifest = read_manifest(folder)
    scenario = stored_scenario(folder)
    other = other_version(manifest, scenario, folder.resolve())
    frames = _frames(folder, manifest["tables"], of_another_version=other is not None)
    definitions = definitions_of(resolve(scenario))
    with TemporaryDirectory(dir=folder, prefix=".making-") as place:
        making = Path(place)
        (making / FIGURES).mkdir()
        why = _Why(making / FIGURES, lambda: None if other is not None else explanation_of(scenario, manifest, frames))
        high = definitions["fidelity_high"]
        pictures = _or_failed("figures", lambda: draw_all(making / FIGURES, frames, fidelity_high=high, first=why))
        why()  # where not even the drawing could begin
        pictures.failed += why.pictures.failed
        write_page = partial(
            write_report,
            making,
            title=scenario.title,
            question=scenario.question,
            frames=frames,
            pictures=pictures,
            manifest=manifest,
            definitions=definitions,
            differing=from_table(scenario),
            name=name or folder.resolve().name,
            other=other.on_a_page if other is not None else "",
            explanation=why.explanation,
            explained_by=why.pictures[0] if why.pictures else None,
        )
        try:
            write_page()
        except Exception as error:
            pictures.failed.append(not_made(REPORT, error))
        if pictures.failed and (folder / REPORT).exists():
            return pictures
        with _in_place_of_old(folder, making):
            if timed:
                seconds = round(perf_counter() - before, 3)
                total = round(manifest["timing"]["total"] + seconds, 3)
                manifest["timing"] |= {"figures": seconds, "total": total}
            made = [
                *([REPORT] if (folder / REPORT).exists() else []),
                *(path.relative_to(folder).as_posix() for path in (folder / FIGURES).rglob("*")),
            ]
            finish(folder, manifest, made=made)
    return pictures


def _frames(folder: Path, there: Mapping[str, Any], *, of_another_version: bool) -> dict[str, Any]:
    """Tables that figures and report need, and those they use where they are there."""
    from sim.figures import NEEDED_TABLES, OPTIONAL_TABLES
    from sim.report import NEEDED_TABLES as REPORTED_TABLES
    from sim.report import NEWER_TABLES
    from sim.report import OPTIONAL_TABLES as REPORTED_IF_THERE
    from sim.report.reasons import DECIDED, decisions_of
    from sim.store.reader import read_table

    needed = dict.fromkeys((*NEEDED_TABLES, *REPORTED_TABLES))
    if of_another_version:
        needed = {one: None for one in needed if one in there or one not in NEWER_TABLES}
    optional = [one for one in (*OPTIONAL_TABLES, *REPORTED_IF_THERE) if one in there]
    frames: dict[str, Any] = {one: read_table(folder, one) for one in dict.fromkeys((*needed, *optional))}
    if (decided := decisions_of(folder)) is not None:
        frames[DECIDED] = decided
    return frames


class _Why:
    """Why a service gave up, and the picture of it; found at the first call, while a second process draws, if there is one.

    Parameters
    ----------
    folder : pathlib.Path
        Of the figures.
    find : callable
        Explains; None where there is nothing to explain.
    """

    def __init__(self, folder: Path, find: "Callable[[], Explanation | None]") -> None:
        self.explanation: Explanation | None = None
        self.pictures = Pictures()
        self._folder = folder
        self._find = find
        self._asked = False

    def __call__(self) -> None:
        if not self._asked:
            self._asked = True
            self.pictures.add("why", self._drawn)

    def _drawn(self) -> "Picture | None":
        from sim.figures.explained import explained

        self.explanation = found = self._find()
        if found is None:
            return None
        return explained(found.story, self._folder, "why", title=f"{found.service} in replicate {found.replicate}")


def _or_failed(name: str, draw: Callable[[], Pictures]) -> Pictures:
    """Pictures; none, and the reason, where not even the library can be loaded."""
    try:
        return draw()
    except Exception as error:
        pictures = Pictures()
        pictures.failed.append(not_made(name, error))
        return pictures


@contextmanager
def _in_place_of_old(folder: Path, making: Path) -> Iterator[None]:
    """Put new figures and report in the place of the old ones, which come back if anything fails before all is done."""
    old = making / ".old"
    old.mkdir()
    if (folder / CRATE).exists():
        shutil.copy2(folder / CRATE, old / CRATE)
    moved: list[str] = []
    try:
        for name in (FIGURES, REPORT):
            moved.append(name)
            if (folder / name).exists():
                (folder / name).rename(old / name)
            if (making / name).exists():
                (making / name).rename(folder / name)
        yield
    except BaseException:
        for name in moved:
            if (folder / name).exists() and not (making / name).exists():
                (folder / name).rename(making / name)
            if (old / name).exists():
                (old / name).rename(folder / name)
        if (old / CRATE).exists():
            (old / CRATE).replace(folder / CRATE)
        raise
