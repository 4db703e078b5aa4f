"""The manifest: what ran, from what, by what, and the hashes of all that came out."""

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from sim import __version__
from sim.rulebook import present_rules
from sim.store.crate import CRATE, write_crate
from sim.store.folder import write_text_whole
from sim.store.hashing import SCHEMA_VERSION, canonical_json, code_identity, file_hash, text_hash
from sim.store.writer import TableRecord

MANIFEST: Final = "manifest.json"
MANIFEST_VERSION: Final = 1
SOFTWARE: Final = "practice-sustainment"
LIBRARIES: Final = ("numpy", "numba", "mesa", "pandas", "pyarrow")

REQUIRED: Final = (
    "manifest_version", "title", "software", "code", "versions", "platform", "scenario", "plan_hash", "parameter_hash",
    "seed", "replicates", "months", "engine", "math_library", "started", "ended", "timing", "census", "inputs", "agent",
    "schema_version", "tables", "files", "manifest_hash",
)  # fmt: skip
"""Keys that every manifest has."""


def library_versions() -> dict[str, str | None]:
    """Versions of Python and of the libraries that compute or store results; None for one that is not installed."""
    versions: dict[str, str | None] = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def machine() -> dict[str, str | int | None]:
    """Kind of machine, with nothing that tells which machine it is."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "implementation": platform.python_implementation(),
        "byte_order": sys.byteorder,
        "processors": os.cpu_count(),
    }


def commit(package: Path | None = None) -> dict[str, str | bool | None]:
    """Commit of the sources that ran and whether they differ from it.

    Parameters
    ----------
    package : pathlib.Path, optional
        Folder of the package; that of ``sim`` unless given, which is asked for once a process: it runs what it has loaded,
        whatever is changed or committed meanwhile.

    Returns
    -------
    dict
        ``commit`` and ``dirty``; both None without git, or when the sources are not the repository's own (a wheel
        installed below somebody's checkout must not claim that checkout's commit).
    """
    return dict(_own_commit()) if package is None else _commit_of(Path(package))


@cache
def _own_commit() -> dict[str, str | bool | None]:
    """Commit of ``sim``."""
    return _commit_of(Path(__file__).resolve().parents[1])


def _commit_of(folder: Path) -> dict[str, str | bool | None]:
    """Commit of the sources in a folder."""
    # A hook's GIT_DIR would point at another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20, env=environment, check=False
            )
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    if not git("ls-files", "--", "*.py"):
        return {"commit": None, "dirty": None}
    changes = git("status", "--porcelain", "--", ".")
    return {"commit": git("rev-parse", "HEAD"), "dirty": None if changes is None else bool(changes)}


def utc_text(moment: datetime) -> str:
    """Time as ISO 8601 in UTC to the second.

    Raises
    ------
    ValueError
        For a time without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def build_manifest(
    *,
    title: str,
    scenario_name: str,
    scenario_text: str,
    plan_hash: str,
    parameter_hash: str,
    seed: int,
    replicates: int,
    months: int,
    engine: str,
    started: datetime,
    ended: datetime,
    timing: Mapping[str, float],
    census: str,
    tables: Iterable[TableRecord],
    math_library: str = "portable",
    inputs: Sequence[str] = (),
    agent: Mapping[str, str] | None = None,
    url: str = "",
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build the manifest of a run, but for the files beside the tables: ``finish`` adds those.

    Parameters
    ----------
    title : str
        What the run is about, in a few words.
    scenario_name, scenario_text : str
        Name and full text.
    plan_hash, parameter_hash : str
        Hashes of the resolved plan and of the parameters' values.
    seed, replicates, months : int
    engine : str
    started, ended : datetime.datetime
        With a time zone. A clock that was set back meanwhile does not let a run end before it began: the longest of ``timing`` is
        taken then.
    timing : mapping of str to float
        Seconds of each stage.
    census : str
        Sentence that says how many parameters are evidence, calibrated, assumption.
    tables : iterable of TableRecord
    math_library : str
        Whose exp and log the engine used.
    inputs : sequence of str
        Files in the folder that the run was made from, such as its scenario; relative, with forward slashes.
    agent : mapping, optional
        Who ran it, if they want to be named: ``id`` (such as an ORCID address) and ``name``.
    url : str
        Home page of the software.
    extra : mapping, optional
        Further keys, such as what was kept.

    Returns
    -------
    dict
        Plain JSON values, without ``files`` and ``manifest_hash``.
    """
    if ended < started:  # somebody set the clock back meanwhile; the stages were timed by another one
        ended = started + timedelta(seconds=max(timing.values(), default=0.0))
    manifest: dict[str, Any] = {
        "manifest_version": MANIFEST_VERSION,
        "title": title,
        "software": {"name": SOFTWARE, "version": __version__, "url": url},
        "code": {"identity": code_identity(), "rules": present_rules(), **commit()},
        "versions": library_versions(),
        "platform": machine(),
        "scenario": {"name": scenario_name, "text": scenario_text, "hash": text_hash(scenario_text)},
        "plan_hash": plan_hash,
        "parameter_hash": parameter_hash,
        "seed": int(seed),
        "replicates": int(replicates),
        "months": int(months),
        "engine": engine,
        "math_library": math_library,
        "started": utc_text(started),
        "ended": utc_text(ended),
        "timing": {name: round(float(seconds), 3) for name, seconds in timing.items()},
        "census": census,
        "inputs": list(inputs),
        "agent": None if agent is None else dict(agent),
        "schema_version": SCHEMA_VERSION,
        "tables": {record.name: {key: value for key, value in asdict(record).items() if key != "name"} for record in tables},
    }
    clash = sorted(set(extra or {}) & {*manifest, "files", "manifest_hash"})
    if clash:
        raise ValueError(f"keys of the manifest's own: {', '.join(clash)}")
    return manifest | dict(extra or {})


def manifest_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of all but ``manifest_hash`` itself: shows that a manifest was edited."""
    return hashlib.sha256(canonical_json({key: value for key, value in manifest.items() if key != "manifest_hash"})).hexdigest()


def list_files(folder: Path, manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Size and hash of every file in a results folder that is neither a table nor the manifest, nor hidden.

    Returns
    -------
    dict
        By relative name with forward slashes, in order: ``{"bytes": …, "hash": …}``.
    """
    tables = {one for table in manifest["tables"].values() for one in (table["file"], table["csv"])}
    found = {path.relative_to(folder).as_posix(): path for path in Path(folder).rglob("*") if path.is_file()}
    return {
        name: {"bytes": found[name].stat().st_size, "hash": file_hash(found[name])}
        for name in sorted(found)
        if name not in tables and name != MANIFEST and not any(part.startswith(".") for part in name.split("/"))
    }


def finish(folder: Path, manifest: Mapping[str, Any], *, made: Iterable[str] = ()) -> dict[str, Any]:
    """Write the crate's metadata and ``manifest.json``, once every other file is in the folder.

    Call it again after a figure or the report was made anew: tables and what is said of the run stay as they were, and
    files that somebody else put into the folder are not taken in.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    manifest : mapping
        As ``build_manifest`` gives it: every file in the folder is the run's. Or as ``sim.store.reader.read_manifest``
        read it: the files that it names are.
    made : iterable of str
        Further files, made since: relative, with forward slashes.

    Returns
    -------
    dict
        The manifest as written.
    """
    own = {*manifest["files"], *made, CRATE} if "files" in manifest else None

    def files() -> dict[str, dict[str, Any]]:
        return {name: entry for name, entry in list_files(folder, whole).items() if own is None or name in own}

    whole = {key: value for key, value in manifest.items() if key not in ("files", "manifest_hash")}
    with _kept_on_failure(Path(folder) / CRATE):
        write_crate(folder, {**whole, "files": {name: entry for name, entry in files().items() if name != CRATE}})
        whole["files"] = files()
        whole["manifest_hash"] = manifest_hash(whole)
        write_text_whole(Path(folder) / MANIFEST, json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return whole


@contextmanager
def _kept_on_failure(path: Path) -> Iterator[None]:
    """Leave a file as it was, or absent, where what follows fails: an older manifest goes on to be right about it."""
    before = path.with_name(f".{path.name}.before")
    was_there = path.exists()
    try:
        if was_there:
            shutil.copyfile(path, before)
    except BaseException:
        before.unlink(missing_ok=True)
        raise
    try:
        yield
    except BaseException:
        if was_there:
            before.replace(path)
        else:
            path.unlink(missing_ok=True)
        raise
    before.unlink(missing_ok=True)


@dataclass(frozen=True)
class Difference:
    """A table that is not the same in two runs.

    Attributes
    ----------
    table : str
    old, new : str or None
        Data hashes; None where the table is missing.
    """

    table: str
    old: str | None
    new: str | None


def compare_hashes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Difference, ...]:
    """List the tables whose data hash differs, or that only one of two runs has.

    Parameters
    ----------
    old, new : mapping of str to str
        Data hashes by table: of the run that is replayed, of the replay.

    Returns
    -------
    tuple of Difference
        Empty when the replay is equal; in the order of the tables, the old run's first.
    """
    names = [*old, *(name for name in new if name not in old)]
    return tuple(Difference(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))
