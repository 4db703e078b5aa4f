"""What every page shares: where its templates are, and pictures that the page itself holds."""

import base64
from pathlib import Path
from typing import Any


def environment(*folders: Path) -> Any:
    """Templates of some folders, strict: a name that is not given is an error, and text is never taken for HTML.

    Parameters
    ----------
    *folders : pathlib.Path
        Looked through in this order.

    Returns
    -------
    jinja2.Environment
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def inline(path: Path) -> str:
    """Picture (SVG) as an address that holds the picture itself.

    Parameters
    ----------
    path : pathlib.Path
    """
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
