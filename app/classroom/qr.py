"""The room's address as a QR code, in letters for a terminal and as a picture for a page."""

from typing import Final

BORDER: Final = 4
"""Light modules around the code, as its standard asks for."""

_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_DARK_ON_LIGHT: Final = "\x1b[30;107m"
_AS_BEFORE: Final = "\x1b[0m"


def modules_of(text: str) -> list[list[int]]:
    """Modules of the code with their border, row by row: 1 is dark.

    Parameters
    ----------
    text : str
    """
    import segno

    return [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=BORDER)]


def as_text(text: str, *, coloured: bool) -> str:
    """Code in letters, two rows of modules a line.

    Parameters
    ----------
    text : str
    coloured : bool
        Say to the terminal that dark is black and light is white. Else the light modules are drawn: most terminals are dark.
    """
    rows = modules_of(text)
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    drawn = 1 if coloured else 0
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        halves = "".join(_HALVES[int(bool(a) == drawn), int(bool(b) == drawn)] for a, b in zip(upper, lower, strict=True))
        lines.append(f"{_DARK_ON_LIGHT}{halves}{_AS_BEFORE}" if coloured else halves)
    return "\n".join(lines)


def as_path(text: str) -> tuple[int, str]:
    """Code as a picture.

    Parameters
    ----------
    text : str

    Returns
    -------
    size : int
        Modules a side, with the border.
    path : str
        Of all dark modules, as SVG has it.
    """
    rows = modules_of(text)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return len(rows), path
