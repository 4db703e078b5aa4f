"""One self-contained page on a run: words first, then tables, figures, assumptions and how to run it again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.ensembles import lacking_in_words, lacking_warnings
from sim.figures import Pictures
from sim.figures.drawings import CAVEAT_C, is_the_study
from sim.figures.style import Picture
from sim.plan import Plan
from sim.report import bounds, explained, outcomes, run_answer, tables
from sim.report.answers import answer_or_none
from sim.report.pages import Page, figures, identity, write_page
from sim.report.reasons import why_decided
from sim.report.sentences import count, months_of, plural, turnover, what_came_out, why
from sim.scenario.diff import Difference

if TYPE_CHECKING:
    import pandas as pd

    from sim.why.explain import Explanation

REPORT: Final = "report.html"

_DEFINED: Final = (
    "months_delivery_window", "share_posts_sustained", "fidelity_high", "months_without_session", "months_without_anybody",
    "months_never_started", "gain_worthwhile",
)  # fmt: skip

NEEDED_TABLES: Final = (
    "services_start", "summary_monthly", "summary_states", "summary_fidelity", "summary_survival", "summary_endings",
    "summary_starts", "summary_numbers", "summary_decisions", "summary_replicates",
)  # fmt: skip
"""Tables that a report is made from; ``trace_practitioners`` too, if there is one, for the strip."""
NEWER_TABLES: Final = ("summary_endings",)
"""Those of them that the first version did not have: a page on its results goes without."""
OPTIONAL_TABLES: Final = ("summary_definitions", "summary_risks", "summary_luck")
"""Without the first, or without rows in it, the report says that replicates were not run again with other definitions; without
the others it tells neither risks nor how much is luck."""


def definitions_of(plan: Plan) -> dict[str, float]:
    """Parameters that define the states and outcomes, of the plan's first parameter vector."""
    return {name: float(plan.parameters[name][0]) for name in _DEFINED}


def write_report(
    folder: Path,
    *,
    title: str,
    question: str,
    frames: Mapping[str, "pd.DataFrame"],
    pictures: Pictures,
    manifest: Mapping[str, Any],
    definitions: Mapping[str, float],
    differing: Sequence[Difference] = (),
    name: str | None = None,
    other: str = "",
    explanation: "Explanation | None" = None,
    explained_by: Picture | None = None,
) -> Path:
    """Write ``report.html`` into a results folder.

    Parameters
    ----------
    folder : pathlib.Path
    title, question : str
        Of the scenario.
    frames : mapping of str to pandas.DataFrame
        NEEDED_TABLES, and OPTIONAL_TABLES if there are any; as ``service_decisions`` what ``reasons.decisions_of`` counted.
    pictures : Pictures
        What ``sim.figures.draw_all`` gave; where the picture beside the answer cannot be drawn, it is noted there.
    manifest : mapping
        Of the run: ``scenario``, ``seed``, ``replicates``, ``months``, ``engine``, ``census``, ``software``, ``code``,
        ``versions``, ``parameter_hash``, ``plan_hash``; keys that are missing are left out of the report.
    definitions : mapping of str to float
        What ``definitions_of`` gives.
    differing : sequence of Difference
        What the scenario sets otherwise than the parameter table.
    name : str, optional
        What the folder will be called, if it is to be renamed.
    other : str
        What is to be said where another version of the model made the results; NEWER_TABLES may be missing then, and what the
        scenario sets otherwise than the parameter table of this version is not told.
    explanation : Explanation, optional
        Why a service gave up, as ``explained.explanation_of`` gives it.
    explained_by : Picture, optional
        Its picture.

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
    needed = [name for name in NEEDED_TABLES if not (other and name in NEWER_TABLES)]
    missing = [name for name in needed if name not in frames] + [name for name in _DEFINED if name not in definitions]
    if missing:
        raise KeyError(f"missing for the report: {', '.join(missing)}")
    path = Path(folder) / REPORT
    page = Page(
        title=title,
        kind="simulation report",
        question=question,
        answer=run_answer.answer(frames),
        picture=answer_or_none(pictures, lambda: run_answer.picture(frames)) if run_answer.has_picture(frames) else None,
        bullets=what_came_out(frames),
        warnings=[*([other] if other else []), *lacking_warnings(manifest.get("ensemble") or {})],
        sure=[
            *run_answer.how_sure(frames, worlds=bool(manifest.get("ensemble"))),
            *outcomes.luck_sentence(frames),
            run_answer.counted(frames),
        ],
        size=_size(frames, manifest.get("ensemble")),
        census=str(manifest.get("census", "")),
        provenance=_provenance(manifest),
        last="Run it again",
        footer="Names of the study’s services and practitioners are the aliases that it published.",
    )
    name = Path(folder).name if name is None else Path(name).name
    content = _content(frames, pictures, manifest, definitions)
    differs = tables.differing_table(differing) if differing and not other else None
    told = None if explanation is None else explained.told(explanation, name, explained_by)
    write_page(path, page, "report.html.j2", **content, differs=differs, folder_name=name, other=other, explained=told)
    return path


def _size(frames: Mapping[str, "pd.DataFrame"], ensemble: Mapping[str, Any] | None) -> str:
    """What was run, in a sentence without its full stop."""
    start = frames["services_start"]
    replicates, support = int(frames["summary_states"]["replicates"].iloc[0]), int(start["support_months"].max())
    text = (
        f"A simulation of {plural(len(start), 'service')} with {plural(int(start['posts'].sum()), 'trained-practitioner post')} "
        f"over {months_of(frames)[-1]} months from training"
    )
    text += f", the first {support} of them with outside support" if support else ""
    text += f"; {plural(replicates, 'run')}, each with its own chances"
    if ensemble:
        own = plural(ensemble["parameters"], "parameter")
        return f"{text} and its own values of {own}, from {count(ensemble['members'])} plausible sets"
    return f"{text} and all with the default values of the parameters, which are one plausible set of many (no ensemble)"


def _content(
    frames: Mapping[str, "pd.DataFrame"],
    pictures: Pictures,
    manifest: Mapping[str, Any],
    definitions: Mapping[str, float],
) -> dict[str, Any]:
    """What the sections show."""
    study = is_the_study(frames)
    return {
        "why": [*why_decided(frames), *why(frames)],
        "main_table": tables.main_table(frames),
        "ends_table": outcomes.ends_table(frames, definitions),
        "risks_table": outcomes.risks_table(frames),
        "luck_table": outcomes.luck_table(frames),
        "luck_means": outcomes.luck_meaning(frames),
        "defined": outcomes.defined(frames),
        "post_tables": [tables.posts_table(frames), tables.size_table(frames)],
        "turnover": turnover(frames),
        "patient_table": tables.patients_table(frames),
        "error_table": tables.decisions_table(frames),
        "cost_table": tables.costs_table(frames),
        "pictures": figures(pictures),
        "caveat": CAVEAT_C.replace("this figure", "this table") if study else "",
        "study": study,
        "worlds": manifest.get("ensemble"),
        "definitions": definitions,
        "hangs": bounds.how_much_hangs(frames),
        "bound_tables": bounds.bound_tables(frames),
        "chosen": {str(row.kind): int(row.replicate) for row in frames["summary_replicates"].itertuples()},
    }


def _ensemble_fact(ensemble: Mapping[str, Any] | None) -> str:
    if not ensemble:
        return "none: every run has the default values"
    others = lacking_in_words(ensemble)
    own = f"{plural(ensemble['parameters'], 'parameter')}, {ensemble['hash']}"
    return f"{ensemble['name']}: {ensemble['members']:,} members, {own}" + (f"; {others}" if others else "")


def _provenance(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What identifies a run."""
    scenario = manifest.get("scenario") or {}
    return identity(
        manifest,
        ("Scenario", scenario.get("name")),
        ("Seed", manifest.get("seed")),
        ("Runs (replicates)", manifest.get("replicates")),
        ("Months", manifest.get("months")),
        ("Engine", manifest.get("engine")),
        ("Ensemble", _ensemble_fact(manifest.get("ensemble"))),
        ("Scenario hash", scenario.get("hash")),
    )
