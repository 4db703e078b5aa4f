"""The results folder of a study: one life, from its beginning to its manifest.

It is begun with what decides its numbers, and gone on with by whoever asks the same; what is asked otherwise is told as problems.
Tables come first. Pages are tried when the tables are in place: one that cannot be made is named, and costs no number. The
manifest is written last: a folder that has one is finished.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from experiments.kit import terminal
from experiments.kit.command import is_redrawing
from experiments.kit.files import Pages, copied, finish_manifest, made_by, manifest_of, pages_are_made, stored_summary, write_json
from sim.problems import BadInput, Problem, path_of
from sim.store import holding
from sim.store.folder import give_name
from sim.store.identity import STORE
from sim.store.manifest import MANIFEST

if TYPE_CHECKING:
    from sim.scenario.definition import Scenario
    from sim.store.parts import PartStore
    from sim.store.writer import TableRecord

SETTINGS: Final = "settings.json"
"""What decides the numbers of a folder that holds no store; of one that does, ``store.json`` says so."""

_ALLOWED: Final = "a folder that does not exist yet, or that of the same analysis"
_OTHER: Final = "--restart removes what is there and begins anew; or choose another folder with --out"
_NOT_DRAWN: Final = "what wrote the folder draws its pages anew; the command that made it, with --restart, begins anew"


class StudyFolder:
    """Results folder of a study; to be used by ``with``.

    With a store, finished jobs lie in it from the beginning, and so it has its name from the beginning. Without, it is
    ``.NAME.unfinished`` beside that place until everything is in it. Either is gone on with when the same is asked again.

    Parameters
    ----------
    out : pathlib.Path
        Results folder to be.
    form : mapping
        What decides the numbers, as plain JSON; ``code`` is the identity of the sources.
    kind : str
        What the manifest of such a folder calls it.
    store : bool
        Whether finished jobs lie in a store of parts.
    asked : mapping, optional
        What is asked of these runs, as plain JSON: a finished folder that was asked something else is taken up again.
    keeps : sequence of str
        Without a store: files and folders of finished runs, which are taken over then.
    restart : bool
        Remove what is there of another analysis, or of the same.

    Raises
    ------
    BadInput
        When the place is used by something else, or by another analysis.

    Attributes
    ----------
    out, working : pathlib.Path
        What it is in the end, and where to write.
    complete : bool
        Whether everything that is asked is there already.
    pages : Pages
        Makes pages and figures, and knows what could not be made.
    timing : dict of str to float
        Seconds by stage.
    """

    def __init__(
        self,
        out: Path,
        form: Mapping[str, Any],
        *,
        kind: str,
        store: bool = False,
        asked: Mapping[str, Any] | None = None,
        keeps: Sequence[str] = (),
        restart: bool = False,
    ) -> None:
        path_of(out, "--out")
        if "\0" in str(out):
            raise BadInput([Problem(repr(str(out)), "a name cannot hold a NUL", _ALLOWED, "choose another folder")])
        self.out, self.working = out.resolve(), out.resolve()
        self.complete = False
        self.pages = Pages()
        self.timing: dict[str, float] = {}
        self._shown, self._kind, self._restart, self._keeps = str(out), kind, restart, keeps
        self._form, self._asked = (dict(json.loads(json.dumps(one))) for one in ({"kind": kind} | dict(form), asked or {}))
        self._started, self._since = datetime.now(UTC), perf_counter()
        self._record = STORE if store else SETTINGS
        self._store: PartStore | None = None
        self._is_held = False
        if not store:
            self.working = self.out.with_name(f".{self.out.name}.unfinished")
        try:
            problems = self._begun()
        except OSError as error:
            what = f"results cannot be written here: {error.strerror or error}"
            problems = [Problem(self._shown, what, "a place that can be written", "choose another folder")]
        if problems:
            raise BadInput(problems)
        if store:
            self._store = self._opened()

    def __enter__(self) -> Self:
        """Return the folder."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()

    @property
    def name(self) -> str:
        """What the folder is called in the end."""
        return self.out.name

    def announce(self) -> None:
        """Say where results are written."""
        beside = f"{self.working.name} beside {self._shown}, which it becomes at the end"
        print(f"writing to {self._shown if self.working == self.out else beside}", file=sys.stderr, flush=True)

    def show(self, summary: str, tell: Callable[[dict[str, Any], Path], None], *, as_json: bool) -> dict[str, Any]:
        """Print what came out, as it is stored.

        Parameters
        ----------
        summary : str
            File of the summary.
        tell : callable
            Prints it, with the folder, for a person.
        as_json : bool
            Print it for a program instead.

        Raises
        ------
        BadInput
            When it cannot be read.
        """
        found = stored_summary(self.out, summary)
        if as_json:
            terminal.show_json({"folder": self._shown} | found)
        else:
            tell(found, Path(self._shown))
        return found

    @property
    def store(self) -> "PartStore":
        """Store of the parts; only for a folder that was begun with one."""
        if self._store is None:
            raise ValueError("this folder has no store")
        return self._store

    # ----------------------------------------------------------------------------------------------------------------- beginning

    def _begun(self) -> list[Problem]:
        """Problems of what is there; says whether it is complete, and makes the working folder."""
        if self.out.exists() and not self.out.is_dir():
            return [Problem(self._shown, "there is a file of this name", _ALLOWED, "choose another folder")]
        if self._restart and holding.is_held(self.working / self._record):
            who = holding.holder_of(holding.note_of(self.working / self._record))
            hint = "wait until it has ended: --restart would take away what it works on"
            return [Problem(self._shown, f"{who} is at work on the same", "one process at a time", hint)]
        there = self.out.is_dir() and any(one.name != holding.PARTIAL for one in self.out.iterdir())
        if there and not self._is_ours():
            return [Problem(self._shown, "the folder is in use already", _ALLOWED, "choose another folder")]
        if there and not self._restart:
            problems = self._differences(self.out)
            self.complete = not problems and self._is_finished()
            if problems or self.complete or self.working == self.out:
                return problems
        return [] if self.working == self.out else self._work_begun(anew=self._restart, take_over=there and not self._restart)

    def _work_begun(self, *, anew: bool, take_over: bool) -> list[Problem]:
        """Begin or go on with the folder of another name."""
        if anew and self.working.exists():
            shutil.rmtree(self.working)
        self._restart = self._restart or take_over  # what is there stays until the new one is complete
        self.working.mkdir(parents=True, exist_ok=True)
        if (self.working / SETTINGS).exists():
            return self._differences(self.working)
        for name in self._keeps if take_over else ():
            copied(self.out / name, self.working / name)
        write_json(self.working / SETTINGS, self._form)  # last: what has it has all that was taken over
        return []

    def _opened(self) -> "PartStore":
        """Store of the parts."""
        from sim.store.parts import PartStore

        if self._restart:
            self._unfinish()
        return PartStore.create_or_open(self.out, self._form, about=made_by(), restart=self._restart)

    def _differences(self, folder: Path) -> list[Problem]:
        """What is asked otherwise than the folder has it."""
        try:
            there = json.loads((folder / self._record).read_text(encoding="utf-8"))
            there = there["identity"] if self._record == STORE else there
            names = dict.fromkeys([*there, *self._form])
        except (OSError, ValueError, TypeError, KeyError):
            return [Problem(str(folder / self._record), "cannot be read", "the file as it was written", _OTHER)]
        problems, hint = [], _NOT_DRAWN if is_redrawing() else _OTHER
        for name in names:
            before, now = there.get(name), self._form.get(name)
            if before != now:
                what = (
                    "is of another version of the software"
                    if name == "code"
                    else f"has {name} = {_short(before)}, not {_short(now)}"
                )
                problems.append(Problem(self._shown, what, _ALLOWED, hint))
        return problems

    def _manifest(self) -> dict[str, Any]:
        """Manifest that is there; empty where there is none that can be read."""
        try:
            return dict(json.loads((self.out / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def _is_ours(self) -> bool:
        """Whether the place holds an analysis of this kind."""
        if self._record == STORE:
            try:
                there = json.loads((self.out / STORE).read_text(encoding="utf-8"))
                return bool(there["identity"].get("kind") == self._kind)
            except (ValueError, KeyError, TypeError, AttributeError):
                return True  # damaged, which is said
            except OSError:
                return False
        return bool(self._manifest().get("kind") == self._kind)

    def _is_finished(self) -> bool:
        """Whether the place holds what is asked, with all its pages."""
        manifest = self._manifest()
        return bool(manifest) and manifest.get("asked", {}) == self._asked and pages_are_made(manifest)

    # ------------------------------------------------------------------------------------------------------------------- results

    @contextmanager
    def held(self, patience: float = 0.0) -> Iterator[None]:
        """Keep other processes from the same results; within it, :meth:`alone` waits for nobody.

        What is finished stays until :meth:`alone`: an interruption before that costs nothing.

        Parameters
        ----------
        patience : float
            Seconds that are waited.

        Raises
        ------
        BadInput
            When another process is at it for longer.
        """
        with holding.alone(self.working / self._record, patience, shown=self._shown, said=_said):
            self._is_held = True
            try:
                yield
            finally:
                self._is_held = False

    @contextmanager
    def alone(self, patience: float = holding.PATIENCE, *, again: bool = False) -> Iterator[bool]:
        """Wait until no other process writes the same results; gives whether there is still something to be done.

        Parameters
        ----------
        patience : float
            Seconds that are waited.
        again : bool
            Write the same once more where it is finished.

        Raises
        ------
        BadInput
            When another process is at it for longer.
        """
        with ExitStack() as stack:
            try:
                if not self._is_held:
                    stack.enter_context(self.held(patience))
            except FileNotFoundError:  # another process has just given the folder its name
                yield False
                return
            finished = self.working == self.out and self._is_finished() and not again
            left = (self.working / self._record).exists() and not finished
            if left:
                self._unfinish()
            yield left

    def _unfinish(self) -> None:
        """Take away what an earlier end left: nothing of it is to be mixed with what comes."""
        if self.working != self.out:
            for path in self.working.iterdir():
                if path.name not in (SETTINGS, holding.PARTIAL, *self._keeps):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            return
        manifest = self._manifest()
        tables = [one.get(name, "") for one in manifest.get("tables", {}).values() for name in ("file", "csv")]
        (self.working / MANIFEST).unlink(missing_ok=True)
        for name in [*tables, *manifest.get("files", {})]:
            path = self.working / name
            if name and name != self._record and path.resolve().is_relative_to(self.working):
                path.unlink(missing_ok=True)

    def lap(self, stage: str) -> None:
        """Say that a stage has ended: its time is kept."""
        now = perf_counter()
        self.timing[stage], self._since = now - self._since, now

    def manifest(
        self,
        *,
        title: str,
        scenarios: Sequence["Scenario"],
        seed: int,
        replicates: int,
        tables: Iterable["TableRecord"] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Manifest as it stands, for pages to show: :meth:`finish` adds what comes of them; see :func:`manifest_of`."""
        return manifest_of(
            self._form | self._asked,
            kind=self._kind,
            title=title,
            scenarios=scenarios,
            seed=seed,
            replicates=replicates,
            tables=tables,
            inputs=[self._record],
            started=self._started,
            timing=self.timing,
            extra={"asked": self._asked} | dict(extra or {}),
        )

    def finish(self, manifest: Mapping[str, Any], made: Iterable[str]) -> None:
        """Write the manifest, the last of all, and give the folder its name.

        Parameters
        ----------
        manifest : mapping
            As :meth:`manifest` gives it.
        made : iterable of str
            Files and folders beside the tables; those that could not be made are passed over.

        Raises
        ------
        BadInput
            When the place was taken meanwhile; everything stays in the working folder.
        """
        finish_manifest(self.working, manifest, [self._record, *made], timing=self.timing, pages=self.pages)
        if self.working != self.out:
            self._rename()
        self.complete = True

    def _rename(self) -> None:
        """Give the folder its name."""
        holding.unsign(self.working / self._record)
        old = self.out.with_name(f".{self.out.name}.replaced")
        shutil.rmtree(old, ignore_errors=True)
        aside = old if self._restart and self._is_ours() else None
        give_name(self.working, self.out, shown=self._shown, work="analysis", allowed=_ALLOWED, aside=aside)
        shutil.rmtree(old, ignore_errors=True)


def _said(sentence: str) -> None:
    """Tell who sits at the terminal."""
    print(sentence, file=sys.stderr, flush=True)


def _short(value: object) -> str:
    """Value as a problem shows it."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
