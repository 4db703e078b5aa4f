"""What references share: small results of a full run, kept with the source, shown in a document.

Discovery and search stand in ``docs/policies.md``, a generated block each; ``python -m experiments.discovery.documents`` and
``python -m experiments.policies.documents`` write it anew, and with a finished results folder make that the reference first.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from experiments.keeping.blocks import OUT_OF_DATE, ROOT, Blocks, renewed, small_picture
from experiments.kit.tables import csv_text
from sim.problems import BadInput, Problem
from sim.store.folder import write_text_whole

DOCUMENT: Final = "docs/policies.md"
NOT_YET: Final = "Not yet run in full on the shipped ensemble."
BAD_INPUT: Final = 2
MOST_BYTES: Final = 100_000
"""Size that a kept table may have."""
MOST_PICTURE: Final = 150_000
"""Size that a kept picture may have."""
COLOURS: Final = 256
"""Fewer would take the colour of a mark that stands once for that of its neighbours."""

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


def read_reference(folder: Path, name: str) -> Reference | None:
    """Reference in a folder whose record has a name; None without one."""
    path = folder / name
    return Reference(folder, json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def finished(folder: Path, name: str, command: str) -> dict[str, Any]:
    """JSON of a finished results folder.

    Raises
    ------
    BadInput
        When there is none that can be read.
    """
    try:
        return dict(json.loads((folder / name).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        what = f"{name} cannot be read: {error}"
        raise BadInput([Problem(str(folder), what, f"a finished folder of `sustain {command}`")]) from None


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
    allowed = f"`sustain {command}` with the shipped ensemble, scenarios and code"
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
    return f"{ended.day} {ended:%B %Y}, {commit}{dirty}, code `{record['code'][:12]}`"


def former_words(record: Mapping[str, Any]) -> str:
    """Sentence on a run of former code; empty for one of the code that was there when it was kept."""
    if not record["former_code"]:
        return ""
    return (
        "**The run is of an earlier version of the code than the one that it was kept with**; that nothing that changed in "
        "between alters a number is the maintainers' word, not a check. "
    )


def outdated(command: str, record: Mapping[str, Any], changed: Sequence[str]) -> str:
    """What is said instead of figures that are of another model or ensemble than the present."""
    return (
        f"{NOT_YET} Since the last full run ({made_words(record)}) {', '.join(changed)} changed, so that its figures are not "
        f"shown. `sustain {command}` runs it again."
    )


def share_words(part: int, whole: int) -> str:
    """Share in per cent with its 95 % interval (Wilson).

    Examples
    --------
    >>> share_words(61, 73), share_words(0, 0)
    ('84 % (73 to 90)', '–')
    """
    if not whole:
        return "–"
    low, high = interval(part, whole)
    return f"{100 * part / whole:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def interval(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson)."""
    from scipy.stats import binomtest

    found = binomtest(part, whole).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


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


def write_record(path: Path, record: Mapping[str, Any]) -> Path:
    """Write what is known of a run."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def keep_picture(drawn: Path | None, target: Path) -> list[Path]:
    """Keep a figure, packed; where none was drawn, the one of an earlier reference is removed.

    Raises
    ------
    ValueError
        When it is too large.
    """
    target.unlink(missing_ok=True)
    if drawn is None or not drawn.exists():
        return []
    picture = small_picture(drawn, colours=COLOURS)
    if len(picture) > MOST_PICTURE:
        raise ValueError(f"{target.name} would take {len(picture):,} bytes; {MOST_PICTURE:,} are allowed")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture)
    return [target]


# ------------------------------------------------------------------------------------------------------------- the document

Keep = Callable[[Path, Path, bool], list[Path]]
"""Make a folder the reference within a repository, former code or not; gives what was written."""


def main(arguments: Sequence[str] | None, *, root: Path = ROOT, module: str, command: str, keep: Keep, blocks: Blocks) -> int:
    """Make a folder the reference, and write the document anew or check it.

    Parameters
    ----------
    arguments : sequence of str or None
        None for those of the command line.
    root : pathlib.Path
        Folder of the repository.
    module, command : str
        What is run, and what makes the folder.
    keep : callable
    blocks : mapping of str to callable
        What makes the blocks of this room; those of others stay as they are.

    Returns
    -------
    int
        1 when ``--check`` finds the document out of date, 2 for a folder that cannot be the reference, else 0.
    """
    about = f"Write {DOCUMENT} anew, from the reference or a finished folder."
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("folder", nargs="?", type=Path, help=f"finished folder of sustain {command}, to be the reference")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the document is out of date")
    parser.add_argument(
        "--former-code", action="store_true", help="take a folder of an earlier version; you vouch that no number would differ"
    )
    asked = parser.parse_args(arguments)
    if asked.folder is not None and asked.check:
        parser.error("--check changes nothing: leave the folder out")
    if asked.folder is not None:
        try:
            written = keep(asked.folder, root, asked.former_code)
        except BadInput as error:
            print(error, file=sys.stderr)
            return BAD_INPUT
        for path in written:
            print(f"{path.relative_to(root).as_posix()}: {path.stat().st_size:,} bytes")
    path = root / DOCUMENT
    text = path.read_text(encoding="utf-8")
    new = renewed(text, blocks, others=True)
    if asked.check and new != text:
        print(f"{path.name}: out of date; `python -m {module}` writes it anew", file=sys.stderr)
        return OUT_OF_DATE
    if new != text:
        path.write_text(new, encoding="utf-8", newline="\n")
        print(f"{path.name}: written anew")
    return 0
