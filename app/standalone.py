"""A page that is one file: it opens anywhere, loads nothing, and what runs in it is named by its digest."""

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import Any, Final

from app.texts import as_script, texts_of
from sim.problems import Problem
from sim.report.pages import Page, environment

STATIC: Final = Path(__file__).resolve().parent / "static"

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js";\n', re.MULTILINE)


def script_of(names: tuple[str, ...]) -> str:
    """Modules as one: what they import from each other stands above them.

    Parameters
    ----------
    names : tuple of str
        Of files in ``app/static``, in the order in which they need each other.
    """
    text = "\n".join(_IMPORT.sub("", (STATIC / f"{name}.js").read_text(encoding="utf-8")) for name in names)
    return re.sub(r"^export (?=function|class|const)", "", text, flags=re.MULTILINE)


def allowed(script: str) -> str:
    """Part of the page's security policy that lets this script run, and no other."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"; script-src 'sha256-{digest}'"


def whole_page(template: Path, page: Page, *, words: str, modules: tuple[str, ...], data: Any, **more: Any) -> str:
    """Text of a page with its style, script, words and data inside.

    Parameters
    ----------
    template : pathlib.Path
    page : Page
    words : str
        Section of its words.
    modules : tuple of str
        As :func:`script_of` takes them.
    data : object
        What the script shows, as plain JSON.
    **more
        What else the template needs.
    """
    script, texts = script_of(modules), texts_of(words)
    return str(
        environment(template.parent)
        .get_template(template.name)
        .render(
            page=page,
            contents=[],
            css=(STATIC / "lab.css").read_text(encoding="utf-8"),
            script=script,
            allowed=allowed(script),
            data=as_script(data),
            t=texts,
            texts=as_script(texts),
            **more,
        )
    )


def wrong_place(path: Path) -> list[Problem]:
    """Why a file cannot be written at a place; nothing is made to find out."""
    hint = "choose another name with --out"
    try:
        if path.exists() or path.is_symlink():
            return [Problem(str(path), "is there already", "a file that does not exist yet", hint)]
        folder = path.parent
        if not folder.is_dir():
            return [
                Problem(str(path), f"there is no folder '{folder}'", "a file in a folder that exists", "make the folder first")
            ]
        if not os.access(folder, os.W_OK):
            return [Problem(str(path), "cannot be written here", "a place that can be written", hint)]
    except (OSError, ValueError) as error:
        return [Problem(str(path)[:80], f"cannot be the name of a file ({error})", "a name such as explorer.html", hint)]
    return []
