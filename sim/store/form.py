"""What a manifest may say: types and bounds of its entries, so that one that was edited is refused and never believed."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sim.problems import Problem
from sim.scenario.schema import MONTHS_MAX
from sim.store.hashing import text_hash

REPLICATES_MAX: Final = 10_000_000
_HASH: Final = r"^[0-9a-f]{64}$"


def _below(name: str) -> str:
    """Refuse a name that leads out of the folder."""
    if not is_below(name):
        raise ValueError("leads out of the folder")
    return name


def is_below(name: str) -> bool:
    """Whether a name is that of a file below the folder, wherever it is read: no way up, no drive, no backslash.

    Parameters
    ----------
    name : str
        Relative, with forward slashes.
    """
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name or name == "")


Below = Annotated[str, AfterValidator(_below)]
Hash = Annotated[str, Field(pattern=_HASH)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(ge=0.0)]


def _moment(text: str) -> str:
    """Refuse what is no time with a zone."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without a zone")
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)


class SoftwareEntry(_Entry):
    """Software that wrote a folder."""

    name: str
    version: str


class CodeEntry(_Entry):
    """Code that ran."""

    identity: Hash
    rules: Hash | None = None
    commit: str | None = None
    dirty: bool | None = None


class ScenarioEntry(_Entry):
    """Scenario that ran."""

    name: str
    text: str
    hash: Hash


class TableEntry(_Entry):
    """A table of the folder."""

    rows: Count
    data_hash: Hash
    file: Below
    file_hash: Hash
    bytes: Count
    meaning: str
    csv: Below | None = None
    csv_hash: str | None = None


class FileEntry(_Entry):
    """A file of the folder that is no table."""

    bytes: Count
    hash: Hash


class ManifestForm(_Entry):
    """A manifest, as far as every folder has the same."""

    manifest_version: int = Field(ge=1)
    title: str
    software: SoftwareEntry
    code: CodeEntry
    versions: dict[str, str | None]
    platform: dict[str, str | int | None]
    scenario: ScenarioEntry
    plan_hash: Hash
    parameter_hash: str
    seed: int = Field(ge=0, lt=2**64)
    replicates: int = Field(ge=0, le=REPLICATES_MAX)
    months: int = Field(ge=0, le=MONTHS_MAX)
    engine: str
    math_library: str
    started: Moment
    ended: Moment
    timing: dict[str, Seconds]
    census: str
    inputs: list[Below]
    agent: dict[str, str] | None
    tables: dict[str, TableEntry]
    files: dict[Below, FileEntry]


def wrong_entries(manifest: dict[str, Any], where: str, hint: str) -> list[Problem]:
    """Problems of a manifest's entries; empty when each is of its type and within its bounds.

    Parameters
    ----------
    manifest : dict
    where : str
        File, for messages.
    hint : str
    """
    try:
        ManifestForm.model_validate(_as_stored(manifest))
    except ValidationError as error:
        return [
            Problem(f"{where}: {'.'.join(str(part) for part in one['loc'])}", _what(one), "what the run wrote", hint)
            for one in error.errors(include_url=False)
        ]
    return [Problem(f"{where}: {place}", what, allowed, hint) for place, what, allowed in _contradictions(manifest)]


def _contradictions(manifest: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Entries that are right by themselves and do not go together: place, what is wrong, what is allowed."""
    files = ", ".join(manifest["files"]) or "none: no file is listed"
    for name in manifest["inputs"]:
        if name not in manifest["files"]:
            yield "inputs", f"'{name}' is none of the files that are listed", files
    started, ended = (datetime.fromisoformat(manifest[name]) for name in ("started", "ended"))
    if ended < started:
        yield "ended", f"{manifest['ended']} is before it started", f"{manifest['started']} or later"
    if text_hash(manifest["scenario"]["text"]) != manifest["scenario"]["hash"]:
        yield "scenario", "the text is not that of the hash", "what the run wrote"


def _as_stored(manifest: dict[str, Any]) -> dict[str, Any]:
    """Manifest with "" as None where a table was not written as CSV."""
    tables = manifest.get("tables")
    if not isinstance(tables, dict):
        return manifest
    plain = {
        name: entry | {"csv": entry.get("csv") or None} if isinstance(entry, dict) else entry for name, entry in tables.items()
    }
    return manifest | {"tables": plain}


def _what(error: Any) -> str:
    """Words of pydantic's on an entry, with the value, cut short."""
    value = repr(error["input"])
    return f"{value if len(value) <= 60 else value[:57] + '...'}: {error['msg'][:1].lower()}{error['msg'][1:]}"
