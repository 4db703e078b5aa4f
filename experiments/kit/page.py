"""Pages of the studies: the frame that all pages have, with the folder that a study's own templates are in."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import Request
from sim.report.pages import Page, write_page

QUICK: Final = "Few runs, to see what the page looks like. A full run would give other numbers: decide nothing by these."
"""What a page says of a quick run."""

FEW: Final = "Quick run, not to be relied on:"
"""Before the answer of a quick run."""


def write_study_page(path: Path, page: Page, template: str, *, room: str, **content: Any) -> None:
    """Write the page of a study.

    Parameters
    ----------
    path : pathlib.Path
    page : Page
    template : str
        Of the room's folder ``templates``.
    room : str
        File of a module of the study (``__file__``).
    **content
        What the sections show.

    Raises
    ------
    OSError
        If the page cannot be written.
    """
    if page.quick and page.answer:
        page = replace(page, answer=f"{FEW} {page.answer}")
    write_page(path, page, template, folder=Path(room).resolve().parent / "templates", **content)


def quick_note(request: type[Request], sizes: Mapping[str, float]) -> str:
    """What a page says of a run of this size: QUICK, or nothing.

    Parameters
    ----------
    request : type
        The command's request, which declares its options.
    sizes : mapping of str to float
        Of the run, by the name of their option. It was quick when one of them is not larger than ``--quick`` makes it, however
        that was asked.
    """
    declared = request.options()
    return QUICK if any(size <= declared[name].quick for name, size in sizes.items()) else ""
