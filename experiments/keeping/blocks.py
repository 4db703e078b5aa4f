"""Generated blocks of a document, made from the code.

A block begins with ``<!-- generated: NAME -->`` and ends with ``<!-- end -->``.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

Blocks = Mapping[str, Callable[[], str]]
"""What makes the text of each block."""

ROOT: Final = Path(__file__).resolve().parents[2]
"""Folder of the repository."""

_BLOCK: Final = re.compile(r"<!-- generated: (?P<name>[a-z0-9-]+) -->\n(?P<text>.*?)<!-- end -->", re.DOTALL)


def renewed(text: str, blocks: Blocks) -> str:
    """Text with every block as the code has it now.

    Parameters
    ----------
    text : str
    blocks : mapping of str to callable
        What makes each block.

    Raises
    ------
    ValueError
        For a block that nothing makes, or one that is not closed.
    """
    begun = text.count("<!-- generated: ")
    places = list(_BLOCK.finditer(text))
    if len(places) != begun or any("<!-- generated: " in place["text"] for place in places):
        raise ValueError(f"{begun} blocks begin, but not every one is closed by <!-- end --> before the next")
    for place in places:
        if place["name"] not in blocks:
            raise ValueError(f"nothing makes the block '{place['name']}'; there are {', '.join(blocks)}")

    def made(place: re.Match[str]) -> str:
        return f"<!-- generated: {place['name']} -->\n\n{blocks[place['name']]()}\n\n<!-- end -->"

    return _BLOCK.sub(made, text)
