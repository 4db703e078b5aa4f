"""What ``sustain class`` does: read a folder of hand-ins, write one page and one table."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.classroom import table
from app.classroom.asked import FILE, Asked
from app.classroom.handed import HandIn
from app.classroom.keeping import FULL, STATE, newest_of, read_folder_file
from app.standalone import whole_page, wrong_place
from app.texts import texts_of
from experiments.kit import terminal
from sim.parameters import read_table
from sim.problems import BadInput, Problem, path_of
from sim.report.pages import Page
from sim.report.sentences import plural
from sim.store.folder import write_text_whole

TEMPLATE: Final = Path(__file__).resolve().parent / "templates" / "class.html.j2"
MODULES: Final = ("texts", "frame", "dots", "charts", "strip", "classpage")


def run(asked: Asked) -> int:
    """Write page and table.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    BadInput
        With everything that is wrong; nothing has been written then.
    """
    page = asked.out or Path(FILE)
    rows = page.with_suffix(".csv")
    problems = [*wrong_place(page), *wrong_place(rows)]
    try:
        handed, unread = read_folder(str(asked.folder))
    except BadInput as error:
        raise BadInput([*problems, *error.problems]) from None
    if problems:
        raise BadInput(problems)
    for one in unread:
        print(f"note: {one}", file=sys.stderr)
    found = table.told(handed, revealed=True)
    command = ["sustain", "class", str(asked.folder), "--out", str(page)]
    try:
        write_text_whole(rows, "\ufeff" + table.as_csv(handed))
        write_text_whole(page, page_of(found, unread, command))
    except OSError as error:
        raise BadInput([Problem(str(page), f"cannot be written: {error.strerror}", "a place that can be written")]) from None
    if asked.as_json:
        terminal.show_json({"page": str(page), "table": str(rows), "unread": [str(one) for one in unread], **found})
    else:
        print(f"{plural(len(handed), 'hand-in')}: {page} opens in any browser, {rows} in a spreadsheet")
    return 0


def read_folder(given: str) -> tuple[list[HandIn], list[Problem]]:
    """Hand-ins of a folder, each in its newest version, and what could not be read.

    Parameters
    ----------
    given : str

    Raises
    ------
    BadInput
        When there is no such folder, or nothing in it that was handed in.
    """
    path = path_of(given, "folder")
    hint = "the folder of a room, or one with files that students saved"
    try:
        files = sorted(one for one in path.iterdir() if one.suffix in {".json", ".jsonl"} and one.name != STATE and one.is_file())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput([Problem(given[:80], f"cannot be read as a folder: {reason}", "a folder", hint)]) from None
    handed: list[HandIn] = []
    unread: list[Problem] = []
    for file in files:
        try:
            if file.stat().st_size > FULL:
                raise OSError(0, "it is too long")
            found, problems = read_folder_file(file)
        except OSError as error:
            unread.append(Problem(file.name, f"cannot be read: {error.strerror}"))
            continue
        handed += found
        unread += problems
    if not handed:
        problem = Problem(given[:80], "holds nothing that was handed in", "files that end in .jsonl or .json", hint)
        raise BadInput([problem, *unread])
    return newest_of(sorted(handed, key=lambda one: one.time)), unread


def page_of(found: dict[str, Any], unread: Sequence[Problem], command: list[str]) -> str:
    """Text of the page.

    Parameters
    ----------
    found : dict
        As :func:`app.classroom.table.told` gives it.
    unread : sequence of Problem
    command : list of str
        Words of the command that makes the page again.
    """
    page = Page(
        title="What a class forecast",
        kind="class",
        question="How far were the forecasts from what came out?",
        size=plural(len(found["rows"]), "hand-in"),
        census=read_table().census(),
        provenance=[("Command", shlex.join(command))],
    )
    return whole_page(
        TEMPLATE,
        page,
        words="classroom",
        modules=MODULES,
        data={"found": found, "words": texts_of("classroom")["strip"]},
        found=found,
        notes=[f"{one.where}: {one.what}" for one in unread],
    )
