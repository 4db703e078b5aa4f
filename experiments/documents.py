"""Keep the documents true: what is generated in them is made from the code and from the kept references.

``python -m experiments.documents`` writes it anew, and ``--check`` exits 1 when a document is out of date. With
``keep ROOM FOLDER`` a finished results folder becomes the reference of its room first. ``--images``, ``--rival-forms``
and ``--mechanisms`` run the model.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

import experiments.calibration.documents
import experiments.calibration.reference
import experiments.discovery.documents
import experiments.discovery.reference
import experiments.hypotheses.documents
import experiments.hypotheses.reference
import experiments.mine.documents
import experiments.patterns.documents
import experiments.policies.documents
import experiments.policies.reference
import experiments.runs.documents
import experiments.sensitivity.documents
import experiments.sensitivity.reference
import experiments.trials.documents
from experiments.command_line import whole_app
from experiments.keeping import mechanisms, mechanisms_told, model_tables
from experiments.keeping.blocks import ROOT, Blocks, renewed
from experiments.kit.request import Option, flag_of, requests_of
from sim import markdown
from sim.problems import BadInput

OUT_OF_DATE: Final = 1
BAD_INPUT: Final = 2


@dataclass(frozen=True)
class Chapter:
    """What a room says in the documents.

    Attributes
    ----------
    documents : tuple of str
        Where its blocks stand, within the repository.
    blocks : callable
        Its blocks, of the references in a repository.
    keep : callable or None
        Takes a finished results folder and the folder of a repository, makes the one the reference in the other, in place of the
        former, and gives the files that it wrote. Raises BadInput, before anything is written, with every reason why the folder
        cannot be the reference, and ValueError for a file that is too large for a repository. None where no results are kept.
    vouched : bool
        Whether a folder of an earlier version of the code can be kept on a maintainer's word: ``keep(..., former_code=True)``.
    """

    documents: tuple[str, ...]
    blocks: Callable[[Path], Blocks]
    keep: Callable[..., list[Path]] | None = None
    vouched: bool = False


def _chapter(room: ModuleType, *, kept: bool = True, vouched: bool = False) -> Chapter:
    """Chapter of a room's modules ``documents`` and, where results are kept, ``reference``."""
    return Chapter((room.documents.DOCUMENT,), room.documents.blocks, room.reference.keep if kept else None, vouched)


def commands() -> str:
    """Options of the commands, a table a command."""
    requests = requests_of(whole_app())
    head = ("option", "meaning", "unless given", "allowed")
    tables = [
        f"## sustain {name}\n\n" + markdown.table(head, [_option_row(*option) for option in request.options().items()])
        for name, request in sorted(requests.items())
    ]
    return "\n\n".join(tables)


def _option_row(name: str, declared: Option) -> tuple[str, ...]:
    names = [declared.metavar] if declared.positional else [declared.short, flag_of(name, declared)]
    usual = "**needed**" if declared.required else declared.otherwise.rstrip(",") or _usual(name, declared)
    quick = "" if declared.quick is None else f"; {_shown(declared.quick)} with `--quick`"
    return ", ".join(f"`{each}`" for each in names if each), declared.meaning, usual + quick, declared.allowed


def _usual(name: str, declared: Option) -> str:
    if declared.kind is bool:
        return f"`{flag_of(name, declared).split('/')[0]}`" if declared.usual else ""
    return _shown(declared.usual)


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"`{value}`" if isinstance(value, str) else f"{value:,}"


CHAPTERS: Final[Mapping[str, Chapter]] = {
    "commands": Chapter(("docs/commands.md",), lambda _: {"commands": commands}),
    "model": Chapter(model_tables.DOCUMENTS, model_tables.blocks),
    "mechanisms": Chapter((mechanisms.DOCUMENT,), mechanisms_told.blocks),
    "patterns": _chapter(experiments.patterns, kept=False),
    "second reading": Chapter((experiments.patterns.documents.TRACE,), experiments.patterns.documents.trace_blocks),
    "calibration": _chapter(experiments.calibration),
    "sensitivity": _chapter(experiments.sensitivity, vouched=True),
    "hypotheses": _chapter(experiments.hypotheses),
    "discovery": _chapter(experiments.discovery, vouched=True),
    "policies": _chapter(experiments.policies, vouched=True),
}
"""Chapters by their room, or "model"."""

DOCUMENTS: Final = tuple(dict.fromkeys(name for chapter in CHAPTERS.values() for name in chapter.documents))


def renewed_in(document: str, root: Path = ROOT) -> str:
    """Text of a document with every block as it is now.

    Raises
    ------
    ValueError
        For a block that no chapter makes, or one that is not closed.
    """
    blocks: dict[str, Callable[[], str]] = {}
    for chapter in CHAPTERS.values():
        if document in chapter.documents:
            blocks |= chapter.blocks(root)
    return renewed((root / document).read_text(encoding="utf-8"), blocks)


def stale(root: Path = ROOT, documents: Sequence[str] = DOCUMENTS) -> dict[str, str]:
    """Documents that are out of date, and the text that each should have."""
    texts = {name: renewed_in(name, root) for name in documents}
    return {name: text for name, text in texts.items() if text != (root / name).read_text(encoding="utf-8")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.documents", description=__doc__)
    alone = parser.add_mutually_exclusive_group()
    alone.add_argument("--check", action="store_true", help="change nothing; exit 1 when a document is out of date")
    alone.add_argument(
        "--images",
        action="store_true",
        help="draw the pictures of the nine services, of one service of its own and of a planned trial",
    )
    alone.add_argument(
        "--rival-forms",
        action="store_true",
        help="run every rival form against the patterns (takes minutes)",
    )
    alone.add_argument(
        "--mechanisms",
        action="store_true",
        help="run every switch on against off, and every rival form, over plausible worlds (takes minutes)",
    )
    commands = parser.add_subparsers(dest="command")
    keep = commands.add_parser("keep", help="make a finished folder the reference of its room")
    keep.add_argument("room", choices=[name for name, chapter in CHAPTERS.items() if chapter.keep], help="whose command made it")
    keep.add_argument("folder", type=Path, help="finished results folder")
    vouched = ", ".join(name for name, chapter in CHAPTERS.items() if chapter.vouched)
    keep.add_argument(
        "--former-code",
        action="store_true",
        help=f"take a folder of an earlier version; you vouch that no number would differ ({vouched})",
    )
    return parser


def _kept(room: str, folder: Path, root: Path, *, former_code: bool) -> list[Path]:
    chapter = CHAPTERS[room]
    assert chapter.keep is not None  # a choice of the parser
    return chapter.keep(folder, root, **({"former_code": former_code} if chapter.vouched else {}))


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT, documents: Sequence[str] = DOCUMENTS) -> int:
    """Write the documents anew or check them; make a folder a reference, or run what else is asked for, first.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line unless given.
    root : pathlib.Path
        Folder of the repository.
    documents : sequence of str
        Those that are looked at.

    Returns
    -------
    int
        1 when ``--check`` finds a document out of date, 2 for a folder that cannot be the reference, or a reference that does
        not fit what it was made from, else 0.
    """
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.command and (asked.check or asked.images or asked.rival_forms or asked.mechanisms):
        parser.error("'keep' stands alone: --check, --images, --rival-forms and --mechanisms are of the documents as they are")
    written: list[Path] = []
    try:
        if asked.command:
            written = _kept(asked.room, asked.folder, root, former_code=asked.former_code)
        elif asked.images:
            drawn = model_tables, experiments.mine.documents, experiments.trials.documents, experiments.runs.documents
            written = [path for one in drawn for path in one.draw_images(root)]
        elif asked.rival_forms:
            written = experiments.calibration.reference.keep_forms(root)
        elif asked.mechanisms:
            written = mechanisms.keep(root)
        for path in written:
            print(f"{path.relative_to(root).as_posix()}: {path.stat().st_size:,} bytes")
        changed = stale(root, documents)
    except BadInput as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    for name, text in changed.items():
        if asked.check:
            print(f"{name}: out of date; `python -m experiments.documents` writes it anew", file=sys.stderr)
        else:
            (root / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"{name}: written anew")
    return OUT_OF_DATE if asked.check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
