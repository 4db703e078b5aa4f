"""One self-contained page on a run: words first, then tables, figures, assumptions and how to run it again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.figures import Picture
from sim.figures.drawings import CAVEAT_C, is_the_study
from sim.plan import Plan
from sim.report import bounds, tables
from sim.report.pages import environment, inline
from sim.report.sentences import months_of, plural, turnover, what_came_out, why

if TYPE_CHECKING:
    import pandas as pd

REPORT: Final = "report.html"
_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates"

_DEFINED: Final = (
    "months_delivery_window", "share_posts_sustained", "fidelity_high", "months_without_session", "months_without_anybody",
    "months_never_started", "gain_worthwhile",
)  # fmt: skip

NEEDED_TABLES: Final = (
    "services_start", "summary_monthly", "summary_states", "summary_fidelity", "summary_survival", "summary_starts",
    "summary_numbers", "summary_decisions", "summary_replicates",
)  # fmt: skip
"""Tables that a report is made from; ``trace_practitioners`` too, if there is one, for the strip."""
OPTIONAL_TABLES: Final = ("summary_definitions",)
"""Without it, or without rows in it, the report says that replicates were not run again with other definitions."""


def definitions_of(plan: Plan) -> dict[str, float]:
    """Parameters that define the states and outcomes, of the plan's first parameter vector."""
    return {name: float(plan.parameters[name][0]) for name in _DEFINED}


def write_report(
    folder: Path,
    *,
    title: str,
    question: str,
    frames: Mapping[str, "pd.DataFrame"],
    pictures: Sequence[Picture],
    manifest: Mapping[str, Any],
    definitions: Mapping[str, float],
    name: str | None = None,
) -> Path:
    """Write ``report.html`` into a results folder.

    Parameters
    ----------
    folder : pathlib.Path
    title, question : str
        Of the scenario.
    frames : mapping of str to pandas.DataFrame
        NEEDED_TABLES, and OPTIONAL_TABLES if there are any.
    pictures : sequence of Picture
        What ``sim.figures.draw_all`` gave.
    manifest : mapping
        Of the run: ``scenario``, ``seed``, ``replicates``, ``months``, ``engine``, ``census``, ``software``, ``code``,
        ``versions``, ``parameter_hash``, ``plan_hash``; keys that are missing are left out of the report.
    definitions : mapping of str to float
        What ``definitions_of`` gives.
    name : str, optional
        What the folder will be called, if it is to be renamed.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    KeyError
        If a needed table or definition is missing.
    OSError
        If a file cannot be read or written.
    """
    missing = [name for name in NEEDED_TABLES if name not in frames] + [name for name in _DEFINED if name not in definitions]
    if missing:
        raise KeyError(f"missing for the report: {', '.join(missing)}")
    templates = environment(_TEMPLATES)
    page = templates.get_template("report.html.j2").render(
        **_context(folder if name is None else Path(name), title, question, frames, pictures, manifest, definitions)
    )
    path = Path(folder) / REPORT
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _context(
    folder: Path,
    title: str,
    question: str,
    frames: Mapping[str, "pd.DataFrame"],
    pictures: Sequence[Picture],
    manifest: Mapping[str, Any],
    definitions: Mapping[str, float],
) -> dict[str, Any]:
    """Everything that the template shows."""
    start = frames["services_start"]
    study = is_the_study(frames)
    grids = [tables.posts_table(frames), tables.size_table(frames)]
    return {
        "title": title,
        "question": question,
        "services": plural(len(start), "service"),
        "posts": plural(int(start["posts"].sum()), "trained-practitioner post"),
        "months": months_of(frames)[-1],
        "replicates": int(frames["summary_states"]["replicates"].iloc[0]),
        "support": int(start["support_months"].max()),
        "came_out": what_came_out(frames),
        "why": why(frames),
        "main_table": tables.main_table(frames),
        "post_tables": grids,
        "turnover": turnover(frames),
        "patient_table": tables.patients_table(frames),
        "error_table": tables.decisions_table(frames),
        "cost_table": tables.costs_table(frames),
        "pictures": [(picture, inline(picture.svg)) for picture in pictures],
        "caveat": CAVEAT_C.replace("this figure", "this table") if study else "",
        "study": study,
        "census": str(manifest.get("census", "")),
        "worlds": manifest.get("ensemble"),
        "assumed": _share_assumed(str(manifest.get("census", ""))),
        "definitions": definitions,
        "hangs": bounds.how_much_hangs(frames),
        "bound_tables": bounds.bound_tables(frames),
        "facts": _facts(manifest),
        "folder": Path(folder).name,
        "chosen": {str(row.kind): int(row.replicate) for row in frames["summary_replicates"].itertuples()},
    }


def _share_assumed(census: str) -> str:
    """Number of assumptions out of the census sentence, as '47 of 61'; empty if it says something else."""
    total = census.split(" parameters", 1)[0]
    assumed = [part.split()[0] for part in census.replace(":", ",").split(", ") if part.strip().endswith("assumption")]
    return f"{assumed[0]} of {total}" if assumed and total.isdigit() else ""


def _ensemble_fact(one: Mapping[str, Any] | None) -> str:
    return (
        f"{one['name']}: {one['members']:,} members, {plural(one['parameters'], 'parameter')}, {one['hash']}"
        if one
        else "none: every run has the default values"
    )


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What identifies a run, as pairs of label and text."""
    software, code = manifest.get("software") or {}, manifest.get("code") or {}
    found = [
        ("Scenario", (manifest.get("scenario") or {}).get("name", "")),
        ("Software", f"{software.get('name', '')} {software.get('version', '')}".strip()),
        ("Seed", manifest.get("seed", "")),
        ("Runs (replicates)", manifest.get("replicates", "")),
        ("Months", manifest.get("months", "")),
        ("Engine", manifest.get("engine", "")),
        ("Ensemble", _ensemble_fact(manifest.get("ensemble"))),
        ("Scenario hash", (manifest.get("scenario") or {}).get("hash", "")),
        ("Parameter hash", manifest.get("parameter_hash", "")),
        ("Code identity", code.get("identity", "")),
        ("Commit", (code.get("commit") or "") + (" (with changes)" if code.get("dirty") else "")),
        ("Run ended", manifest.get("ended", "")),
    ]
    return [(label, str(text)) for label, text in found if str(text) != ""]
