"""What every page is made of: the frame with its answer and provenance, figures that the page holds, and its templates."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sim.figures.style import Picture
from sim.store.folder import write_text_whole

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates"
"""The frame ``page.html.j2``, its pieces ``parts.html.j2`` and the style sheet."""


@dataclass(frozen=True)
class Figure:
    """A figure as a page holds it.

    Attributes
    ----------
    name : str
        Unlike that of any other figure of the page.
    title, caption : str
        Either may be empty.
    alternative : str
        Words for those who cannot see it.
    address : str
        The picture itself, as an address.
    """

    name: str
    title: str
    caption: str
    alternative: str
    address: str

    @classmethod
    def of(cls, picture: Picture) -> "Figure":
        """Figure of a picture that was written, with its SVG inside.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        return cls(picture.name, picture.title, picture.caption, picture.alternative, inline(picture.svg))


def figures(pictures: Sequence[Picture]) -> list[Figure]:
    """Figures of pictures that were written, in their order."""
    return [Figure.of(picture) for picture in pictures]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What every page shows: its answer first, where it comes from last. The sections between are the template's.

    Attributes
    ----------
    title : str
    question : str
        What is asked, below the title.
    kind : str
        What the page is, as the browser's tab says it after the title.
    answer : str
        One sentence.
    picture : Figure, optional
        Stands beside the answer.
    quick : str
        Why the numbers of a quick run are to be mistrusted; empty when it was none. The title says it too.
    warnings : sequence of str
    bullets, sure : sequence of str
        More of what came out, and how sure it is.
    size : str
        How many runs, and of what; without a full stop.
    census : str
        Of the parameter table, such as "220 parameters: 12 evidence, …"; stands on every page.
    provenance : sequence of (str, str)
        Names and values that identify what is shown.
    last : str
        Heading of the last section.
    footer : str
    """

    title: str
    question: str
    kind: str = ""
    answer: str = ""
    picture: Figure | None = None
    quick: str = ""
    warnings: Sequence[str] = ()
    bullets: Sequence[str] = ()
    sure: Sequence[str] = ()
    size: str = ""
    census: str = ""
    provenance: Sequence[tuple[str, str]] = ()
    last: str = "Where it comes from"
    footer: str = ""

    @property
    def heading(self) -> str:
        """Title, which says that a run was quick."""
        return f"{self.title} (quick run)" if self.quick else self.title

    @property
    def assumed(self) -> str:
        """Number of assumptions, as the census has it."""
        return assumed(self.census)


def assumed(census: str) -> str:
    """Number of assumptions out of the census sentence; empty if it says something else.

    Examples
    --------
    >>> assumed("61 parameters: 14 evidence, 0 calibrated, 47 assumption")
    '47 of 61'
    """
    total = census.split(" parameters", 1)[0]
    parts = [part.split()[0] for part in census.replace(":", ",").split(", ") if part.strip().endswith("assumption")]
    return f"{parts[0]} of {total}" if parts and total.isdigit() else ""


def facts(*pairs: tuple[str, Any]) -> list[tuple[str, str]]:
    """Names with their values as text, without those that have none.

    Examples
    --------
    >>> facts(("Seed", 1), ("Commit", ""), ("Engine", None))
    [('Seed', '1')]
    """
    return [(name, str(value)) for name, value in pairs if value is not None and str(value) != ""]


def identity(manifest: Mapping[str, Any], *own: tuple[str, Any]) -> list[tuple[str, str]]:
    """What identifies a page: what it says itself, then the software behind it: version, parameters, code and libraries.

    Parameters
    ----------
    manifest : mapping
        As ``sim.store.manifest.build_manifest`` gives it; what is missing is left out.
    *own : (str, object)
        As :func:`facts` takes them.
    """
    software, code, versions = (manifest.get(key) or {} for key in ("software", "code", "versions"))
    return facts(
        *own,
        ("Software", f"{software.get('name', '')} {software.get('version', '')}".strip()),
        ("Parameter hash", manifest.get("parameter_hash")),
        ("Code identity", code.get("identity")),
        ("Rules hash", code.get("rules")),
        ("Commit", (code.get("commit") or "") + (" (with changes)" if code.get("dirty") else "")),
        ("Libraries", libraries(versions)),
        ("Ended", manifest.get("ended")),
    )


def libraries(versions: Mapping[str, str | None]) -> str:
    """Libraries with their versions; those that are not installed are left out."""
    return ", ".join(f"{name} {version}" for name, version in versions.items() if version)


@cache
def environment(*folders: Path) -> Any:
    """Templates of some folders and of the frame, strict: a name that is not given is an error, text is never taken for HTML.

    Made once: it keeps each template in the form in which it is filled in, as long as its file is the same.

    Parameters
    ----------
    *folders : pathlib.Path
        Looked through in this order, the frame's last.

    Returns
    -------
    jinja2.Environment
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader((*folders, TEMPLATES)),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_page(path: Path, page: Page, template: str, *, folder: Path = TEMPLATES, **content: Any) -> None:
    """Write a page: its own template within the frame.

    Parameters
    ----------
    path : pathlib.Path
    page : Page
    template : str
        File that extends ``page.html.j2`` and fills its block ``sections``.
    folder : pathlib.Path
        Where the template is.
    **content
        What the sections show.

    Raises
    ------
    OSError
        If the page cannot be written.
    """
    text = environment(folder).get_template(template).render(page=page, contents=[], **content)
    write_text_whole(path, text)


def inline(path: Path) -> str:
    """Picture (SVG) as an address that holds the picture itself.

    Parameters
    ----------
    path : pathlib.Path
    """
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
