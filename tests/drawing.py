"""Figures whose looks no test asks about."""

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import pytest

from tests.thoroughly import THOROUGHLY

PIXEL: Final = base64.b64decode(b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAG7buVgAAAABJRU5ErkJggg==")
NOTHING: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1"/>\n'


@contextmanager
def not_drawn(*, but_answers: bool = False, but_lines: bool = False) -> Iterator[None]:
    """Figures are made whole, but their files hold a single pixel, or nothing: writing them is what takes the time.

    Parameters
    ----------
    but_answers : bool
        Draw the pictures beside the answers, on the first screen of a page.
    but_lines : bool
        Draw what is an SVG; nothing but a PNG is spared.
    """
    from matplotlib.figure import Figure

    draw = really_drawn()

    def write(figure: Figure, place: Any, **given: Any) -> None:
        if hasattr(place, "write"):  # the picture beside an answer, which only the page holds
            draw(figure, place, **given) if but_answers else place.write(NOTHING)
        elif but_lines and Path(place).suffix == ".svg":
            draw(figure, place, **given)
        elif Path(place).suffix == ".pdf":
            _empty_page(Path(place))
        else:
            Path(place).write_bytes(PIXEL if Path(place).suffix == ".png" else NOTHING)

    write.really = draw  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", write)
        yield


def drawn_where_all_is_tried(*, but_lines: bool = False) -> AbstractContextManager[None]:
    """Figures are drawn where everything is tried, else they are but there; see :func:`not_drawn`."""
    return nullcontext() if THOROUGHLY else not_drawn(but_lines=but_lines)


def _empty_page(place: Path) -> None:
    """A PDF that can be read again, to be scaled."""
    from pypdf import PdfWriter

    page = PdfWriter()
    page.add_blank_page(100, 100)
    with place.open("wb") as stream:
        page.write(stream)


def really_drawn() -> Callable[..., None]:
    """What writes a figure, also where figures are not drawn."""
    from matplotlib.figure import Figure

    return getattr(Figure.savefig, "really", Figure.savefig)
