"""The results folder of a long analysis: made under another name, gone on with by the same command, renamed at the end."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from sim.problems import BadInput, Problem
from sim.store import placing
from sim.store.folder import write_text_whole
from sim.store.manifest import MANIFEST

SETTINGS: Final = "settings.json"
KIND: Final = "sensitivity"
SUMMARY: Final = "summary.json"

_ALLOWED: Final = "a folder that does not exist yet, or that of the same analysis"
_OTHER: Final = "--restart removes what is there and begins anew; or choose another folder with --out"


class AnalysisFolder:
    """Folder that is named as asked only when everything is in it.

    Until then it is ``.NAME.unfinished`` beside that place, and is gone on with whenever the same analysis is asked again.

    Parameters
    ----------
    out : pathlib.Path
        Results folder to be.
    form : mapping
        What decides the numbers, as plain JSON.
    restart : bool
        Remove what is there of another analysis, or of the same.
    kind : str
        What the manifest of such a folder calls it.

    Raises
    ------
    BadInput
        When the place is used by something else, or by another analysis.

    Attributes
    ----------
    working : pathlib.Path
        Where to write.
    complete : bool
        Whether the whole analysis is there already.
    """

    def __init__(self, out: Path, form: Mapping[str, Any], *, restart: bool = False, kind: str = KIND) -> None:
        self.out = out.resolve()
        self._shown = str(out)
        self._form = dict(json.loads(json.dumps(form)))
        self._restart = restart
        self._kind = kind
        self.working = self.out.with_name(f".{self.out.name}.unfinished")
        self.complete = False
        problems = self._taken()
        if problems:
            raise BadInput(problems)

    def _taken(self) -> list[Problem]:
        """Problems of what is there; says whether it is complete, and makes the working folder."""
        if self.out.exists() and not self.out.is_dir():
            return [Problem(self._shown, "there is a file of this name", _ALLOWED, "choose another folder")]
        if self.out.is_dir() and any(self.out.iterdir()):
            if not self._is_ours():
                return [Problem(self._shown, "the folder is in use already", _ALLOWED, "choose another folder")]
            if not self._restart:
                self.complete = True
                return self._differences(self.out)
        if self._restart and self.working.exists():
            shutil.rmtree(self.working)
        self.working.mkdir(parents=True, exist_ok=True)
        if (self.working / SETTINGS).exists():
            return self._differences(self.working)
        write_text_whole(self.working / SETTINGS, json.dumps(self._form, indent=1, ensure_ascii=False) + "\n")
        return []

    def _differences(self, folder: Path) -> list[Problem]:
        """What is asked otherwise than the folder has it."""
        try:
            there = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            names = dict.fromkeys([*there, *self._form])
        except (OSError, ValueError, TypeError):
            return [Problem(str(folder / SETTINGS), "cannot be read", "the file as it was written", _OTHER)]
        problems = []
        for name in names:
            one, other = there.get(name), self._form.get(name)
            if one != other:
                what = (
                    "is of another version of the software"
                    if name == "code"
                    else f"has {name} = {_short(one)}, not {_short(other)}"
                )
                problems.append(Problem(self._shown, what, _ALLOWED, _OTHER))
        return problems

    def _is_ours(self) -> bool:
        """Whether the place holds a finished analysis of this kind."""
        try:
            return bool(json.loads((self.out / MANIFEST).read_text(encoding="utf-8"))["kind"] == self._kind)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Wait until no other process ends the same analysis; gives whether there is still something to be done."""
        with ExitStack() as stack:
            try:
                stack.enter_context(placing.alone(self.working / SETTINGS))
                there = (self.working / SETTINGS).exists()
            except FileNotFoundError:  # another process has just given the folder its name
                there = False
            yield there

    def finish(self) -> None:
        """Give the folder its name.

        Raises
        ------
        BadInput
            When the place was taken meanwhile; everything stays in the working folder.
        """
        old = self.out.with_name(f".{self.out.name}.replaced")
        shutil.rmtree(old, ignore_errors=True)
        try:
            if self._restart and self._is_ours():
                self.out.rename(old)
            with suppress(FileNotFoundError):
                self.out.rmdir()  # empty when we began; Windows renames only to a name that is free
            self.working.rename(self.out)
        except OSError as error:
            what = f"the folder was taken or locked while the analysis was under way ({error.strerror})"
            hint = f"the results are complete in '{self.working.name}' beside it: rename that folder"
            raise BadInput([Problem(self._shown, what, _ALLOWED, hint)]) from error
        shutil.rmtree(old, ignore_errors=True)
        self.complete = True


def _short(value: object) -> str:
    """Value as a problem shows it."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def stored_summary(folder: Path, name: str = SUMMARY) -> dict[str, Any]:
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
        raise BadInput([Problem(str(folder / name), f"cannot be read: {error}", "the file as it was written", _OTHER)]) from None


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


def _first_free(scenario: str) -> Path:
    from sim.scenario.catalogue import stem_of

    stem = stem_of(scenario)[:STEM_LONGEST] or "run"
    try:
        RESULTS.mkdir(exist_ok=True)
        for number in count(1):
            folder = RESULTS / f"{stem}-{number}"
            if (RESULTS / f".{folder.name}.partial").exists():
                continue
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        what = f"results cannot be written here: {error.strerror}"
        allowed = "a place that can be written"
        raise BadInput([Problem(str(RESULTS), what, allowed, "name another folder with --out")]) from error
    raise AssertionError("numbers do not end")
