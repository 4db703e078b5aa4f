"""Pages of the studies: the frame that all pages have, with the folder that a study's own templates are in."""

from pathlib import Path
from typing import Any, Final

from sim.report.pages import Page, write_page

QUICK: Final = "Few runs, to see what the page looks like. A full run would give other numbers: decide nothing by these."
"""What a page says of a quick run."""


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
    write_page(path, page, template, folder=Path(room).resolve().parent / "templates", **content)
