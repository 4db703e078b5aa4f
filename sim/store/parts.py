"""The part store of a sweep: what a job made is put there whole, proven when read again, and made again where it is not.

A job's files go to ``KIND/NAME.parquet``; its record, ``jobs/NAME.json``, is written last, and only with it the job
counts as done. Whoever is killed, at whatever moment, leaves the job done or not done, never half done.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

from sim.problems import BadInput, Problem, path_of
from sim.store import holding, placing
from sim.store.encoding import JOBS, Part, PartFile, encode, is_kind, is_name, part_name, record_text
from sim.store.hashing import canonical_json, file_hash
from sim.store.identity import STORE, as_problem, differences, identity_text, read_identity, refuse_foreign

__all__ = ["JOBS", "STORE", "Part", "PartFile", "PartStore", "encode", "part_name"]

_READ_ONLY: Final = (errno.EROFS, errno.EACCES, errno.EPERM)


class PartStore:
    """Store of a sweep's parts; made by ``create_or_open`` or ``open``.

    Opening writes nothing, so that a complete store can be read where nothing can be written. Several processes may
    use one store at once; so may the threads of one.

    Attributes
    ----------
    folder : pathlib.Path
    identity : dict
        What the parts depend on; a store holds parts of one identity only.
    about : dict
        What was said when the store was made and decides nothing.
    damaged : list of str
        One sentence for each part that ``verified`` found damaged.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        self.folder = folder
        self.identity: dict[str, Any] = json.loads(canonical_json(dict(identity)))
        self.about: dict[str, Any] = json.loads(canonical_json(dict(about)))
        self.damaged: list[str] = []
        self._identity_hash = hashlib.sha256(canonical_json(self.identity)).hexdigest()
        self._working = placing.WorkingFolder(folder)

    @classmethod
    def create_or_open(
        cls,
        folder: str | Path,
        identity: Mapping[str, Any],
        *,
        about: Mapping[str, Any] | None = None,
        restart: bool = False,
    ) -> Self:
        """Open the store in a folder, or make it; several processes may do so at the same time.

        Parameters
        ----------
        folder : str or pathlib.Path
            Folders above it are made.
        identity : mapping
            Plain JSON: what the parts depend on. Key ``code`` is that of the sources.
        about : mapping, optional
            Plain JSON; kept of who made the store. Texts ``version`` and ``commit`` are shown when code differs.
        restart : bool
            Remove all parts first and give the store this identity. Not while another process uses it.

        Raises
        ------
        BadInput
            When the store is of another identity (every key that differs), is damaged, or was made by a newer version;
            when the folder holds other things; when it cannot be written.
        """
        folder = path_of(folder, "folder")
        store = cls(folder, identity, about or {})
        try:
            with as_problem(folder):
                if not os.path.lexists(folder / STORE):
                    refuse_foreign(folder)
                    store._write_identity(first=True)
                elif restart:
                    store.prune(())
                    store._write_identity(first=False)
            found = read_identity(folder)
            problems = differences(folder, found, {"identity": store.identity, "about": store.about})
            if problems:
                raise BadInput(problems)
        except BaseException:
            store.close()
            raise
        store.about = found["about"]
        return store

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Open the store that is in a folder.

        Parameters
        ----------
        folder : str or pathlib.Path

        Raises
        ------
        BadInput
            When there is none, or it is damaged or of a newer version.
        """
        folder = path_of(folder, "folder")
        found = read_identity(folder)
        return cls(folder, found["identity"], found["about"])

    def _write_identity(self, *, first: bool) -> None:
        """Write ``store.json``; with ``first`` not over that of a process that was faster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = identity_text(self.identity, self.about)
        self._working.place(self.folder / STORE, text.encode("utf-8"), first=first)
        with suppress(OSError):  # a place may be written below a folder that is not ours to open
            placing.sync_folder(self.folder.resolve().parent)

    def path(self, kind: str, name: str) -> Path:
        """Place of a job's rows of one kind."""
        return self.folder / kind / f"{name}.parquet"

    def _record_path(self, name: str) -> Path:
        return self.folder / JOBS / f"{name}.json"

    def names(self) -> list[str]:
        """Names of the jobs that are done, sorted.

        Raises
        ------
        BadInput
            When the folder cannot be read.
        """
        return self._named(JOBS, ".json")

    def _named(self, place: str, ending: str) -> list[str]:
        """Names of the store's own files in one of its folders, sorted."""
        with as_problem(self.folder, "read"):
            try:
                found = os.listdir(self.folder / place)  # noqa: PTH208 - a million names, no need for a Path of each
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(one.removesuffix(ending) for one in found if one.endswith(ending) and is_name(one.removesuffix(ending)))

    def _kinds(self) -> list[str]:
        """Kinds of which there is a folder, sorted."""
        with os.scandir(self.folder) as found:
            return sorted(one.name for one in found if is_kind(one.name) and one.is_dir(follow_symlinks=False))

    def is_done(self, name: str) -> bool:
        """Whether a job has a record; ``verified`` looks at its files as well."""
        return self._record_path(name).is_file()

    def record(self, name: str) -> dict[str, Any]:
        """Record of a job that is done.

        Returns
        -------
        dict
            ``name``, ``identity`` (hash), ``about`` and ``files``: for each kind ``rows``, ``bytes``, ``data_hash`` and
            ``file_hash``.

        Raises
        ------
        BadInput
            When it is missing, damaged, or of a store of another identity.
        """
        path = self._record_path(name)
        again = "give the same command again: it makes what is missing"
        try:
            record = json.loads(path.read_bytes())
            proof = record.pop("record_hash")
            if proof != hashlib.sha256(canonical_json(record)).hexdigest() or record["name"] != name:
                raise ValueError("its hash does not match")
        except FileNotFoundError:
            raise BadInput([Problem(str(path), "this job is not done", "a job that is done", again)]) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadInput([Problem(str(path), "the record is damaged", "a record as it was written", again)]) from None
        if record["identity"] != self._identity_hash:
            raise BadInput([Problem(str(path), "the record is of another study or code", "a record of this store", again)])
        return dict(record)

    def verified(self, names: Iterable[str], *, progress: Callable[[int], None] | None = None) -> set[str]:
        """Prove jobs by their records, the sizes of their files and the files' hashes.

        What is damaged is removed, the record first, so that it is made again, and told in ``damaged``.

        Parameters
        ----------
        names : iterable of str
        progress : callable, optional
            Called with the number of jobs looked at so far.

        Returns
        -------
        set of str
            Names of the jobs that are whole; the others are to be done.

        Raises
        ------
        BadInput
            When something cannot be read for another reason than damage.
        """
        there = set(self.names())
        whole: set[str] = set()
        for number, name in enumerate(names, 1):
            if name in there:
                with as_problem(self.folder, "read"):
                    wrong = self._damage(name)
                if wrong:
                    self.damaged.append(wrong)
                    self._discard_damaged(name)
                else:
                    whole.add(name)
            if progress is not None:
                progress(number)
        return whole

    def _damage(self, name: str) -> str:
        """What is wrong with a job that has a record; empty when nothing is."""
        try:
            record = self.record(name)
        except BadInput as error:
            return f"{JOBS}/{name}.json: {error.problems[0].what}"
        for kind, expected in record["files"].items():
            try:
                size = self.path(kind, name).stat().st_size
                if size != expected["bytes"]:
                    return f"{kind}/{name}.parquet: {size} bytes instead of {expected['bytes']}"
                if file_hash(self.path(kind, name)) != expected["file_hash"]:
                    return f"{kind}/{name}.parquet: changed, its hash does not match"
            except (FileNotFoundError, IsADirectoryError):
                return f"{kind}/{name}.parquet: missing"
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return f"{kind}/{name}.parquet: the disk cannot read it"
        return ""

    def _discard_damaged(self, name: str) -> None:
        """Remove a damaged job where that can be done: a store that is only read says so and stays as it is."""
        with as_problem(self.folder):
            try:
                self._discard(name)
            except OSError as error:
                if error.errno not in _READ_ONLY:
                    raise

    def _discard(self, name: str) -> None:
        """Remove a job, the record first: without it, whatever else is left does not count."""
        try:
            self._record_path(name).unlink()
        except FileNotFoundError:  # another process is at it and may make the job again by now
            return
        placing.sync_folder(self.folder / JOBS)
        for kind in self._kinds():
            self.path(kind, name).unlink(missing_ok=True)

    def put(self, part: Part) -> None:
        """Put what a job made in its place; the same part twice, also by two processes at once, changes nothing.

        Parameters
        ----------
        part : Part

        Raises
        ------
        ValueError
            For a name or kind that is not the store's, a kind twice, or bytes other than their hash says.
        BadInput
            When it cannot be written; nothing is left of the file that could not.
        """
        content = record_text(part, self._identity_hash)
        with as_problem(self.folder):
            found = self._found(part.name)
            if found == content and self._has_its_files(part):
                return
            if found:  # of other content: it must not count while its files are replaced
                self._discard(part.name)
            # Where no record was found, another process may put one this moment: an equal one, which may stay.
            kinds = {file.kind for file in part.files}
            for kind in self._kinds():
                if kind not in kinds:  # left by who was killed and made more of this job than there is now
                    self.path(kind, part.name).unlink(missing_ok=True)
            for file in part.files:
                self._working.place(self.path(file.kind, part.name), file.content)
            placing.passes("before record")
            self._working.place(self._record_path(part.name), content)
            placing.passes("after record")

    def _found(self, name: str) -> bytes:
        """Record of a job as it lies there; empty when there is none."""
        try:
            return self._record_path(name).read_bytes()
        except FileNotFoundError:
            return b""

    def _has_its_files(self, part: Part) -> bool:
        """Whether all files of a part are there, by their sizes."""
        try:
            return all(self.path(file.kind, part.name).stat().st_size == len(file.content) for file in part.files)
        except FileNotFoundError:
            return False

    def prune(self, names: Iterable[str]) -> None:
        """Remove the store's files of other jobs than these, and what dead processes left.

        Only files named as the store names them are touched. All jobs of the study are to be given, not a shard's.

        Parameters
        ----------
        names : iterable of str
            Jobs to keep.

        Raises
        ------
        BadInput
            When something cannot be removed.
        """
        kept = set(names)
        with as_problem(self.folder):
            for name in self.names():
                if name not in kept:
                    self._record_path(name).unlink(missing_ok=True)
            if (self.folder / JOBS).is_dir():
                placing.sync_folder(self.folder / JOBS)
            for kind in self._kinds():
                for name in self._named(kind, ".parquet"):
                    if name not in kept:
                        self.path(kind, name).unlink(missing_ok=True)
            placing.remove_abandoned(self.folder)

    def tidy(self) -> None:
        """Remove what dead processes left, where that can be done; nothing is said where it cannot."""
        with suppress(OSError):
            placing.remove_abandoned(self.folder)

    @contextmanager
    def alone(self, *, said: Callable[[str], None] | None = None) -> Iterator[None]:
        """Wait until no other process is within this for the same store, for an hour at most: for what is not a job's.

        Parameters
        ----------
        said : callable, optional
            Told, in a sentence, for whom it waits and until when.

        Raises
        ------
        BadInput
            When another process is within it all that time, or the store cannot be written; also for an OSError within.
        """
        with as_problem(self.folder), holding.alone(self.folder / STORE, shown=str(self.folder), said=said):
            yield

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """Give an empty folder on the store's file system; what is left in it goes, also after this process was killed.

        Raises
        ------
        BadInput
            When it cannot be made; also for an OSError within.
        """
        with as_problem(self.folder), TemporaryDirectory(dir=self._working.entered(), prefix="made-") as place:
            yield Path(place)

    def close(self) -> None:
        """Remove this process's working folder."""
        self._working.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()
