"""What ``sustain explore`` does: compute, write one file, say where it is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from app.compared import Compared
from app.explorer.asked import FILE, Asked
from app.explorer.computing import compared, explored, steps
from app.standalone import wrong_place
from experiments.kit import terminal
from experiments.kit.terminal import say_compiling
from sim.problems import BadInput, Problem
from sim.processors import processors
from sim.store.folder import write_text_whole


def run(asked: Asked) -> int:
    """Write the explorer.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    BadInput
        With everything that is wrong; nothing has been written then.
    """
    path = asked.out or FILE
    problems = wrong_place(path)
    try:
        same, comparison = compared(asked)
    except BadInput as error:
        raise BadInput([*problems, *error.problems]) from None
    if problems:
        raise BadInput(problems)
    began, started = perf_counter(), datetime.now(UTC)
    for note in comparison.notes:
        print(f"note: {note}", file=sys.stderr, flush=True)
    say_compiling()
    with terminal.ProgressShown(steps(comparison), "explore", unit="runs") as progress:
        found = explored(same, comparison, threads=asked.threads or processors(), progress=progress)
    data, path = _written(path, found, asked, started)
    if asked.as_json:
        terminal.show_json({"file": str(path), **data})
    else:
        from experiments.comparing import words

        for contrast in found.findings.contrasts:
            print(words.how_sure_in_short(found.findings, contrast))
        size = path.stat().st_size / 1e6
        print(f"{path}: {size:.1f} MB, opens in any browser ({terminal.duration(perf_counter() - began)})")
    return 0


def _written(wanted: Path, found: Compared, asked: Asked, started: datetime) -> tuple[dict[str, Any], Path]:
    """Write the page; gives what it holds, and its file."""
    from app.explorer.page import embedded, page_of
    from experiments.comparing.running import about
    from sim.store.manifest import utc_text

    data = embedded(found)
    manifest = about(found.findings, found.asked) | {"started": utc_text(started)}
    path = wanted
    try:
        with taken(wanted) as path:
            write_text_whole(path, page_of(found, data, manifest, command_of(asked, found, path)))
    except OSError as error:
        raise BadInput([Problem(str(path), f"cannot be written: {error.strerror}", "a place that can be written")]) from None
    return data, path


@contextmanager
def taken(wanted: Path) -> Iterator[Path]:
    """File of this name, or with a number behind it where another process has made one meanwhile: nothing is written over.

    The name is taken by making the file. It goes again when what is done within fails.

    Parameters
    ----------
    wanted : pathlib.Path

    Raises
    ------
    OSError
        When none can be made.
    """
    path, numbers = wanted, count(2)
    while not _made(path):
        path = wanted.with_stem(f"{wanted.stem}-{next(numbers)}")
    try:
        if path != wanted:
            print(f"note: {wanted} was made by another process meanwhile; this is {path}", file=sys.stderr, flush=True)
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _made(path: Path) -> bool:
    """Make an empty file, if there is none."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    return True


def command_of(asked: Asked, found: Compared, path: Path) -> list[str]:
    """Words of the command that makes the same file again."""
    comparison = found.comparison
    each = comparison.replicates // (asked.worlds or 1)
    words = ["sustain", "explore", *comparison.given, "-n", str(each), "--months", str(comparison.months)]
    if asked.worlds is not None:
        words += ["--worlds", str(asked.worlds)]
    return [*words, "--seed", str(comparison.seed), "--out", path.name]
