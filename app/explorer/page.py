"""The explorer's page: the frame of every page, with its charts, its data and what reproduces it inside."""

import base64
import hashlib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.explorer.computing import Explored
from app.explorer.embedding import short_title
from app.texts import as_script, texts_of
from experiments.comparing import answer, words
from experiments.comparing.report import provenance
from sim.report.pages import Page, environment
from sim.report.sentences import plural

STATIC: Final = Path(__file__).resolve().parents[1] / "static"
TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
MODULES: Final = ("texts", "frame", "dots", "charts", "pair", "explorer")
"""Modules in the order in which they need each other."""

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js";\n', re.MULTILINE)


def script_of(names: tuple[str, ...] = MODULES) -> str:
    """Modules as one: what they import from each other stands above them.

    Parameters
    ----------
    names : tuple of str
        Of files in ``app/static``.
    """
    text = "\n".join(_IMPORT.sub("", (STATIC / f"{name}.js").read_text(encoding="utf-8")) for name in names)
    return re.sub(r"^export (?=function|class|const)", "", text, flags=re.MULTILINE)


def allowed(script: str) -> str:
    """Part of the page's security policy that lets this script run, and no other."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"; script-src 'sha256-{digest}'"


def page_of(explored: Explored, data: Mapping[str, Any], manifest: Mapping[str, Any], given: list[str]) -> str:
    """Text of the page.

    Parameters
    ----------
    explored : Explored
    data : mapping
        As :func:`app.explorer.embedding.embedded` gives it.
    manifest : mapping
        As :func:`experiments.comparing.running.about` gives it.
    given : list of str
        Words of the command that makes the page again.
    """
    findings, comparison = explored.findings, explored.comparison
    services, texts = len(comparison.base.services), texts_of("explorer")
    page = Page(
        title=texts["title"].format(title=comparison.scenarios[0].title),
        kind="explorer",
        question=texts["question"],
        answer=answer.answer(findings),
        size=f"{plural(comparison.replicates, 'pair')} of runs for each of {plural(len(findings.others), 'policy', 'policies')}, "
        f"{plural(services, 'service')}, {comparison.months} months from training",
        census=str(manifest["census"]),
        provenance=[("Command", shlex.join(given)), *provenance(manifest, findings)[1:]],
    )
    script = script_of()
    return str(
        environment(TEMPLATES)
        .get_template("explorer.html.j2")
        .render(
            page=page,
            contents=[],
            css=(STATIC / "lab.css").read_text(encoding="utf-8"),
            script=script,
            allowed=allowed(script),
            data=as_script(data),
            t=texts,
            texts=as_script(texts),
            notes=comparison.notes,
            read=words.how_sure(findings),
            scenarios=[(short_title(explored, at), _question(explored, at)) for at in range(len(comparison.arms))],
        )
    )


def _question(explored: Explored, at: int) -> str:
    """Question of a scenario, or of what is joined to the base."""
    base, one = (explored.comparison.scenarios[place].question for place in (0, at))
    return one.partition(base)[2].strip() or one
