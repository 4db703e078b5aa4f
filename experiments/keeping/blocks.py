"""Generated blocks of a document: written anew from the code, or checked.

A block begins with ``<!-- generated: NAME -->`` and ends with ``<!-- end -->``.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

Blocks = Mapping[str, Callable[[], str]]
"""What makes the text of each block."""

ROOT: Final = Path(__file__).resolve().parents[2]
"""Folder of the repository."""

OUT_OF_DATE: Final = 1


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown table, without a line break at the end."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(_cell(one) for one in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text that stays within its cell and is not taken for HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


PICTURE_BYTES: Final = 200_000
"""Size that a picture of the repository may have."""

PICTURE_COLOURS: Final = 64


def small_picture(drawn: Path, *, colours: int = PICTURE_COLOURS) -> bytes:
    """PNG with few colours, which takes a third of the place."""
    from io import BytesIO

    from PIL import Image  # comes with matplotlib

    packed = BytesIO()
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        few.save(packed, format="PNG", optimize=True)
    return packed.getvalue()


_BLOCK: Final = re.compile(r"<!-- generated: (?P<name>[a-z0-9-]+) -->\n(?P<text>.*?)<!-- end -->", re.DOTALL)


def renewed(text: str, blocks: Blocks, *, others: bool = False) -> str:
    """Text with every block as the code has it now.

    Parameters
    ----------
    text : str
    blocks : mapping of str to callable
        What makes each block.
    others : bool
        Leave blocks that nothing here makes as they are: another room makes them.

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
        if place["name"] not in blocks and not others:
            raise ValueError(f"nothing makes the block '{place['name']}'; there are {', '.join(blocks)}")

    def made(place: re.Match[str]) -> str:
        if place["name"] not in blocks:
            return place[0]
        return f"<!-- generated: {place['name']} -->\n\n{blocks[place['name']]()}\n\n<!-- end -->"

    return _BLOCK.sub(made, text)


def main(
    arguments: Sequence[str] | None = None,
    *,
    path: Path,
    blocks: Blocks,
    module: str,
) -> int:
    """Write the tables anew, or check them; 1 when ``--check`` finds them out of date, else 0."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description="Write a document's tables anew, or check them.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the tables are out of date")
    asked = parser.parse_args(arguments)
    text = path.read_text(encoding="utf-8")
    new = renewed(text, blocks)
    if asked.check:
        if new != text:
            print(f"{path.name}: out of date; `python -m {module}` writes it anew", file=sys.stderr)
        return OUT_OF_DATE if new != text else 0
    if new != text:
        path.write_text(new, encoding="utf-8", newline="\n")
        print(f"{path.name}: written anew")
    return 0
