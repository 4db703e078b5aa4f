"""What ``sustain class`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from experiments.kit.request import Request, as_json, option, out

FILE: Final = "class.html"


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    folder: str | None = option(
        "Folder with what was handed in: of a room, or files that students sent", kind=str, positional=True, required=True,
        metavar="FOLDER",
    )  # fmt: skip
    out: Path | None = out(FILE, meaning="Page to write, not there yet; the table is written beside it as CSV", metavar="FILE")
    as_json: bool = as_json()
