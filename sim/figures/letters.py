"""Letters that a figure's font has no sign for: the caption says so."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def letters_of(figure: Any) -> Iterator[tuple[str, str]]:
    """Write a figure without a warning for each letter that its font lacks: the caption says so instead.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Yields
    ------
    str, str
        The letters, and the sentence for the caption with a space before it; both empty where there are none.
    """
    missing = missing_letters(figure)
    with warnings.catch_warnings():
        if missing:
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        said = f" The font of the figure has no signs for {', '.join(missing)}: a box stands for each." if missing else ""
        yield missing, said


def missing_letters(figure: Any) -> str:
    """Letters of a figure's texts that its font has no sign for, each once.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """
    from matplotlib.font_manager import fontManager, get_font
    from matplotlib.text import Text

    missing: dict[str, None] = {}
    for text in figure.findobj(Text):
        letters = dict.fromkeys(letter for letter in text.get_text() if not letter.isspace())
        if not letters:  # as most labels of ticks; to find a font takes time
            continue
        font = get_font(fontManager.findfont(text.get_fontproperties()))
        missing |= dict.fromkeys(letter for letter in letters if font.get_char_index(ord(letter)) == 0)
    return "".join(missing)
