"""The files of a figure: which formats, how wide. Asked once, for all figures that are drawn meanwhile."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sim.problems import BadInput, Problem, did_you_mean

FORMATS: Final = ("svg", "png", "pdf")
USUAL_FORMATS: Final = ("svg", "png")

CENTIMETRES: Final = {"cm": 1.0, "mm": 0.1, "in": 2.54}
"""Centimetres of each unit of a width."""

NARROWEST: Final = 8.0
WIDEST: Final = 100.0
"""Widths that a figure may have, in centimetres."""

DRAWN_WIDTH: Final = 9.0
"""Inches of a figure as it is laid out; another width scales it as a whole, its letters too."""

LETTERS: Final = 8.0
"""Points of small letters as they are laid out."""

SMALL_LETTERS: Final = 5.0
"""Points below which journals refuse letters."""

SCREEN_DPI: Final = 150
PRINT_DPI: Final = 300
"""Dots an inch of a PNG, and of one that has a stated width."""

_SQUEEZED: Final = 3
"""Of zlib's 1 to 9, for a PNG: its usual 6 takes half as long again for a tenth fewer bytes."""

_WIDTH: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?(cm|mm|in)?")
_SIZE: Final = re.compile(rb' (width|height)="([0-9.]+)pt"')


@dataclass(frozen=True)
class FigureFiles:
    """How figures are written.

    Attributes
    ----------
    formats : tuple of str
        Of FORMATS.
    width : float or None
        In centimetres; as they are laid out (22.9 cm) if None.
    """

    formats: tuple[str, ...] = USUAL_FORMATS
    width: float | None = None

    @property
    def scale(self) -> float:
        """Width that is asked, in parts of that which is laid out."""
        return 1.0 if self.width is None else self.width / (DRAWN_WIDTH * CENTIMETRES["in"])

    @property
    def note(self) -> str:
        """Sentence on letters that are small at this width; empty where they are not."""
        points = LETTERS * self.scale
        return (
            f"figures of {self.width:g} cm: small letters are {points:.1f} points high; many journals ask for {SMALL_LETTERS:g}"
            if points < SMALL_LETTERS
            else ""
        )

    def as_plain(self) -> dict[str, Any]:
        """Plain values, for a manifest."""
        return {"formats": list(self.formats), "width_cm": self.width}


_USUAL: Final = FigureFiles()
_asked: ContextVar[FigureFiles] = ContextVar("figure_files", default=_USUAL)
_pages: ContextVar[Path | None] = ContextVar("folder of pictures that only pages hold", default=None)


def asked_files() -> FigureFiles:
    """How figures are to be written at present."""
    return _asked.get()


def pages_folder() -> Path | None:
    """Where pictures are that only pages hold; None where every picture is a file that was asked."""
    return _pages.get()


@contextmanager
def figure_files(files: FigureFiles, *, pages: Path | None = None) -> Iterator[None]:
    """Write all figures of the meantime so; pages hold SVG pictures of their own where no such file is asked.

    Parameters
    ----------
    files : FigureFiles
    pages : pathlib.Path, optional
        Where those pictures go; a folder for the meantime unless given.
    """
    with nullcontext(pages) if pages else TemporaryDirectory(prefix="pictures-") as place:
        before, pages_before = _asked.set(files), _pages.set(Path(place))
        try:
            yield
        finally:
            _asked.reset(before)
            _pages.reset(pages_before)


def read_files(formats: Sequence[str] | str | None, width: str | float | None) -> FigureFiles:
    """Formats and width as a person writes them.

    Parameters
    ----------
    formats : str or sequence of str or None
        Of FORMATS, also several joined by commas; USUAL_FORMATS if None.
    width : str or float or None
        Such as ``17.4cm``, ``174mm`` or ``6.85in``; a bare number is in centimetres.

    Raises
    ------
    BadInput
        With every problem.

    Examples
    --------
    >>> read_files("pdf,png", "5 in")
    FigureFiles(formats=('pdf', 'png'), width=12.7)
    >>> read_files(None, None)
    FigureFiles(formats=('svg', 'png'), width=None)
    """
    problems: list[Problem] = []
    given = USUAL_FORMATS if formats is None else (formats,) if isinstance(formats, str) else formats
    names = [name.strip().lower() for text in given for name in str(text).split(",")]
    for name in dict.fromkeys(names):
        if name not in FORMATS:
            what = f"unknown format '{name}'" if name else "a format is missing"
            problems.append(Problem("--figure-format", what, ", ".join(FORMATS), did_you_mean(name, FORMATS)))
    centimetres = None if width is None else _centimetres(str(width), problems)
    if problems:
        raise BadInput(problems)
    return FigureFiles(tuple(dict.fromkeys(names)), centimetres)


def _centimetres(width: str, problems: list[Problem]) -> float | None:
    """Width in centimetres; None, with a problem added, for what is none."""
    match = _WIDTH.fullmatch(width.strip().lower())
    found = round(float(match[1]) * CENTIMETRES[match[2] or "cm"], 6) if match else 0.0
    if match and NARROWEST <= found <= WIDEST:
        return found
    what = f"{found:g} cm is out of bounds" if match else f"'{width}' is no width"
    hint = "letters cannot be read then" if match and found < NARROWEST else "a bare number is in centimetres"
    allowed = f"{NARROWEST:g} to {WIDEST:g} cm, such as 17.4cm, 174mm or 6.85in"
    problems.append(Problem("--figure-width", what, allowed, hint))
    return None


def write_figure(figure: Any, folder: Path, name: str, *, title: str) -> Path:
    """Write a figure in every format that is asked, the same bytes each time; gives the SVG picture that a page may hold.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    folder : pathlib.Path
    name : str
        File name without ending.
    title : str

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    files, pages = _asked.get(), _pages.get()
    folder.mkdir(parents=True, exist_ok=True)
    place_no_absent_labels(figure)
    scale = files.scale
    if "png" in files.formats:
        made = {"compress_level": _SQUEEZED} | ({} if files.width is None else {"dpi": (PRINT_DPI, PRINT_DPI)})
        dots = SCREEN_DPI if files.width is None else PRINT_DPI * scale
        figure.savefig(folder / f"{name}.png", dpi=dots, metadata={"Software": None, "Title": title}, pil_kwargs=made)
    if "pdf" in files.formats:
        about = {"CreationDate": None, "Creator": None, "Producer": None, "Title": title}
        figure.savefig(folder / f"{name}.pdf", metadata=about)
        if files.width is not None:
            _scale_pdf(folder / f"{name}.pdf", scale, title)
    wanted = folder / f"{name}.svg"
    as_asked = pages is None or ("svg" in files.formats and files.width is None)
    aside = wanted if as_asked or pages is None else pages / wanted.name
    aside.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(aside, metadata={"Date": None, "Creator": None, "Title": title})
    if "svg" in files.formats and aside != wanted:
        shutil.copyfile(aside, wanted)
        _scale_svg(wanted, scale)
    return aside


def place_no_absent_labels(figure: Any) -> None:
    """Spare the search for a place for labels that axes do not have: at every drawing it measures the letters of all ticks.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if not axis.label.get_text():
                axis.set_label_coords(0.0, 0.0)


def _scale_svg(path: Path, scale: float) -> None:
    """Give a drawing another size: its own coordinates stay, as ``viewBox`` names them."""

    def sized(match: re.Match[bytes]) -> bytes:
        return b' %s="%gpt"' % (match[1], float(match[2]) * scale)

    path.write_bytes(_SIZE.sub(sized, path.read_bytes(), count=2))  # both stand in the first tag


def _scale_pdf(path: Path, scale: float, title: str) -> None:
    """Give a page another size, with all that is on it."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(path.read_bytes())))
    writer.pages[0].scale_by(scale)
    writer.metadata = {"/Title": title}
    with path.open("wb") as stream:
        writer.write(stream)
