"""What references share: small results of a full run, kept with the source, shown in a document.

``python -m experiments.documents keep ROOM FOLDER`` makes a finished results folder the reference of its room.
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from experiments.keeping.blocks import ROOT
from experiments.kit.tables import csv_text
from experiments.worlds.luck import share_between
from sim.problems import BadInput, Problem
from sim.rulebook import rules_hash
from sim.store.folder import write_text_whole

NOT_YET: Final = "Not yet run in full with what ships."
MOST_BYTES: Final = 100_000
"""Size that a kept table may have."""
MOST_PICTURE: Final = 150_000
"""Size that a kept picture may have."""
COLOURS: Final = 256
"""Fewer would take the colour of a mark that stands once for that of its neighbours."""
FEW_COLOURS: Final = 64
"""Of a picture without such marks."""

PACKAGED: Final = Path(__file__).resolve().parents[1] / "_kept"
"""The copy that an installed package has of what is kept, by the same paths as in the repository; a clone has none."""

_OTHER_CODE: Final = "is of another version of the software"


@dataclass(frozen=True, eq=False)
class Reference:
    """A run whose small results are kept.

    Attributes
    ----------
    folder : pathlib.Path
    record : dict
        What is known of the run.
    """

    folder: Path
    record: dict[str, Any]

    def rows(self, name: str) -> list[dict[str, str]]:
        """Rows of a table; none where there is no such table."""
        path = self.folder / f"{name}.csv"
        return read_rows(path) if path.exists() else []


R = TypeVar("R", bound=Reference)


def home() -> Path:
    """Folder within which kept results lie, such as ``results/reference/hypotheses``: the repository, else the packaged copy."""
    return ROOT if (ROOT / "results" / "reference").is_dir() else PACKAGED


def read_reference(folder: Path, name: str) -> Reference | None:
    """Reference in a folder whose record has a name; None without one."""
    path = folder / name
    return Reference(folder, json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def shown(
    reference: R | None, *, changed_since: Callable[[R], list[str]], sections: Callable[[R], Iterable[str]], command: str
) -> str:
    """What came out of a reference run, section by section; a sentence where there is nothing to be shown.

    Parameters
    ----------
    reference : Reference or None
        None when there is no such run.
    changed_since : callable
        What the run hangs on and is otherwise now, in words: figures of another model are not shown.
    sections : callable
    command : str
        What runs it.
    """
    if reference is None:
        return NOT_YET
    changed = changed_since(reference)
    if changed:
        return (
            f"{NOT_YET} Since the last full run ({made_words(reference.record)}) {', '.join(changed)} changed, so that its "
            f"figures are not shown. `sustain {command}` runs it again."
        )
    return "\n\n".join(section for section in sections(reference) if section)


def finished(folder: Path, name: str, command: str, *, kind: str | None = None) -> dict[str, Any]:
    """JSON of a finished results folder.

    Raises
    ------
    BadInput
        When there is none that can be read, or it is of another kind.
    """
    allowed = f"a finished folder of `sustain {command}`"
    try:
        content = dict(json.loads((folder / name).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadInput([Problem(str(folder), f"{name} cannot be read: {error}", allowed)]) from None
    if kind is not None and content.get("kind") != kind:
        raise BadInput([Problem(str(folder), f"is of kind {content.get('kind')}", allowed)])
    return content


def origin(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of where its run comes from."""
    return {
        "ended": manifest["ended"],
        "seed": manifest["seed"],
        "commit": manifest["code"].get("commit") or "",
        "dirty": bool(manifest["code"].get("dirty")),
        "rules": rules_hash(),
        "parameter_hash": manifest["parameter_hash"],
    }


@lru_cache(maxsize=1)
def shipped_ensemble() -> str:
    """Hash of the ensemble that ships."""
    from sim.ensembles import read_ensemble

    return read_ensemble().text_hash


def refuse(folder: Path, reasons: Mapping[str, bool], *, command: str, other_code: bool) -> None:
    """Refuse a folder that cannot be the reference.

    Parameters
    ----------
    folder : pathlib.Path
    reasons : mapping of str to bool
        Reasons in words, and whether they are so.
    command : str
        What makes such folders.
    other_code : bool
        Whether the code that decides numbers is not the present one, and nobody has vouched for it.

    Raises
    ------
    BadInput
        With every reason.
    """
    allowed = f"`sustain {command}` with what ships: values, scenarios and code"
    problems = [Problem(str(folder), what, allowed, "run it again") for what, is_so in reasons.items() if is_so]
    if other_code:
        hint = "run it again; --former-code takes it nevertheless, if what changed since alters no number, and says so"
        problems.append(Problem(str(folder), _OTHER_CODE, allowed, hint))
    if problems:
        raise BadInput(problems)


def made_words(record: Mapping[str, Any]) -> str:
    """When a run ended, from which commit and code."""
    ended = datetime.fromisoformat(record["ended"])
    commit = f"commit `{record['commit'][:12]}`" if record["commit"] else "no commit known"
    dirty = " with changes" if record["dirty"] else ""
    code = f", code `{record['code'][:12]}`" if "code" in record else ""  # older references do not say it
    return f"{ended.day} {ended:%B %Y}, {commit}{dirty}{code}"


def former_words(record: Mapping[str, Any]) -> str:
    """Sentence on a run of former code; empty for one of the code that was there when it was kept."""
    if not record.get("former_code"):
        return ""
    return (
        "**The run is of an earlier version of the code than the one that it was kept with**; that nothing that changed in "
        "between alters a number is the maintainers' word, not a check. "
    )


def trial_words(smaller: Sequence[str]) -> str:
    """Sentence on a run of smaller sizes than the full one, such as "worlds 2 instead of 200"; empty without any."""
    if not smaller:
        return ""
    return f"**A trial, not the full run** ({', '.join(smaller)}): nothing is to be learned from it. "


def share_words(part: int, whole: int) -> str:
    """Share in per cent with its 95 % interval (Wilson).

    Examples
    --------
    >>> share_words(61, 73), share_words(0, 0)
    ('84 % (73 to 90)', '–')
    """
    if not whole:
        return "–"
    low, high = share_between(part, whole)
    return f"{100 * part / whole:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


# ------------------------------------------------------------------------------------------------------------------ files


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write a table, the columns named and no other.

    Raises
    ------
    ValueError
        When it is too large to be kept.
    """
    write_text_whole(path, csv_text(columns, ([row.get(name) for name in columns] for row in rows), digits=None))
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} would take {path.stat().st_size:,} bytes; {MOST_BYTES:,} are allowed")
    return path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Folder to write a reference into; it takes the place of the former one when everything in it is written."""
    new = target.with_name(f".{target.name}-new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def files_of(folder: Path) -> list[Path]:
    """Every file of a folder, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def write_record(path: Path, record: Mapping[str, Any]) -> Path:
    """Write what is known of a run."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def small_picture(drawn: Path, *, colours: int = COLOURS) -> bytes:
    """PNG with few colours, which takes a third of the place."""
    from io import BytesIO

    from PIL import Image  # comes with matplotlib

    packed = BytesIO()
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        few.save(packed, format="PNG", optimize=True)
    return packed.getvalue()


def keep_picture(drawn: Path | None, target: Path, *, colours: int = COLOURS) -> list[Path]:
    """Keep a figure, packed; where none was drawn, the one of an earlier reference is removed.

    Raises
    ------
    ValueError
        When it is too large.
    """
    if drawn is None or not drawn.exists():
        target.unlink(missing_ok=True)
        return []
    picture = small_picture(drawn, colours=colours)
    if len(picture) > MOST_PICTURE:
        raise ValueError(f"{target.name} would take {len(picture):,} bytes; {MOST_PICTURE:,} are allowed")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture)
    return [target]
