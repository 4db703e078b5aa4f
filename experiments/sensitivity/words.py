"""What a sensitivity analysis says, in sentences with their numbers."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from experiments.kit.words import label_of, outcome_of
from experiments.sensitivity.analysing import MUCH_NOISE, WIDEST, Noise, replicates_needed
from experiments.sensitivity.figures import told_indices
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.quantities import Quantity
from experiments.sensitivity.settings import Settings
from sim.report.sentences import count, plural

MOST_NAMED: Final = 3
"""Parameters that the answer names."""
NOTHING_ELSE: Final = 0.9
"""Share above which what is left cannot be told from nothing."""
MOST_TOLD: Final = 12
"""Names listed in a sentence."""


def title_of() -> str:
    """Title of the analysis."""
    return "Which assumptions carry the results?"


def question_of(settings: Settings) -> str:
    """Question of the page, with the scenarios that it is asked of."""
    titles = " and ".join(f"“{one.title}”" for one in settings.scenarios)
    return f"Of all the numbers that had to be assumed, which ones does the outcome hang on? Asked of {titles}."


def headline_words(findings: Findings, settings: Settings) -> str:
    """The outcome that is told first, in a sentence, with the titles of its scenarios."""
    title = settings.scenarios[-1].title
    own = outcome_of(findings.headline.outcome.name, settings.months).title
    if not findings.headline.is_effect:
        return f"{own}: “{title}”"
    return f"the difference in {own}, between “{settings.scenarios[0].title}” and “{title}”"


def short_answer(findings: Findings) -> str:
    """One sentence: what the main outcome hangs on most.

    Parameters
    ----------
    findings : Findings
    """
    found = findings.indices.get(findings.headline)
    tried = plural(len(findings.space), "assumption")
    if found is None or not findings.passed:
        return f"None of {tried} does more to any outcome than chance."
    order = [at for at in np.argsort(-np.nan_to_num(found.total), kind="stable").tolist() if found.important[at]][:MOST_NAMED]
    if not order:
        return f"Of {tried}, none can be told from chance in what it does to the result."
    names = [f"“{label_of(findings.survivors[at].name)}”" for at in order]
    listed_names = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Of {tried}, the result hangs most on {listed_names}."


def in_short(findings: Findings) -> list[str]:
    """Sentences below the answer: how much of the variance, and how many parameters do more than chance."""
    return came_out(findings)[:2]


def came_out(findings: Findings) -> list[str]:
    """Sentences on what came out, the most asked first.

    Parameters
    ----------
    findings : Findings
    """
    passed, kept, all_of = len(findings.passed), findings.kept, len(findings.space)
    if not passed:
        none = f"None of {plural(all_of, 'parameter')} does more to any outcome than chance"
        return [f"{none}: with more trajectories or replicates some may."]
    said = []
    one = findings.headline
    said.append(f"Of the variance of “{one.title}” over the parameters’ bounds, {_most(findings, one)}.")
    said.append(f"Of {plural(all_of, 'parameter')}, {count(passed)} {_do(passed)} more to some outcome than chance.")
    if passed > kept:
        left = [label_of(survivor.name) for survivor in findings.passed[kept:]]
        said.append(
            f"The {count(kept)} largest went on; the others stayed at their base values, and so are in no share of variance: "
            f"{listed(left)}."
        )
    others = [quantity for quantity in findings.quantities if quantity is not one and quantity in findings.indices]
    return said + [f"{quantity.title[:1].upper()}{quantity.title[1:]}: {_most(findings, quantity)}." for quantity in others]


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


def _most(findings: Findings, quantity: Quantity) -> str:
    found = findings.indices[quantity]
    if np.isnan(found.total).all():
        return "nothing can be said, as there is none"
    if not found.important.any():
        return "no parameter's share can be told from chance"
    return f"the largest shares are those of {told_indices(findings, quantity, 4)} (total index)"


def listed(names: list[str]) -> str:
    """Names in a sentence, each in quotation marks as it may hold a comma; the first of very many."""
    more = len(names) - MOST_TOLD
    return ", ".join(f"“{name}”" for name in names[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def how_sure(findings: Findings, *, runs: int = 0, failed: int = 0) -> list[str]:
    """Sentences on noise, precision and failures; what asks for more runs says how many.

    Parameters
    ----------
    findings : Findings
    runs, failed : int
        Of all stages.
    """
    said = []
    noisy = {one: it.noise for one, it in findings.indices.items() if it.noise.share > MUCH_NOISE}
    if noisy:
        told = "; ".join(f"{one.title} {100 * it.share:.0f} %" for one, it in noisy.items())
        said.append(
            f"Much of the variance is chance, not parameters ({told}): there the indices are blurred. {_cure(findings, noisy)}"
        )
    elif findings.indices:
        most = max((it.noise.share for it in findings.indices.values() if math.isfinite(it.noise.share)), default=0.0)
        said.append(f"Chance makes up at most {100 * most:.0f} % of the variance of any outcome.")
    wide = {one: it for one, it in findings.indices.items() if it.base_needed}
    if wide:
        needed = max(it.base_needed for it in wide.values())
        told = "; ".join(f"{one.title} ± {it.widest:.3g}" for one, it in wide.items())
        said.append(
            f"Some important indices are known to no better than ± {WIDEST:g} ({told}). As the error falls with the square root "
            f"of the base samples, about --base {needed} would do."
        )
    elif any(it.important.any() for it in findings.indices.values()):
        said.append(f"Every important index is known to ± {WIDEST:g} or better, but for what chance adds to it.")
    short = {it.noise.blocks for it in findings.screened.values()} | {it.noise.blocks for it in findings.indices.values()}
    if failed:
        said.append(
            f"{plural(failed, 'run')} of {count(runs)} failed. Trajectories and base samples with a failed run were left out "
            f"(as few as {min(short)} remain): if runs fail because of what a parameter is set to, the rest speaks only for "
            "where they do not."
        )
    return said


def _cure(findings: Findings, noisy: Mapping[Quantity, Noise]) -> str:
    """How many replicates would do."""
    needed = [replicates_needed(one, findings.replicates) for one in noisy.values() if one.share < NOTHING_ELSE]
    if not needed:
        return "So few replicates do not say how many would do."
    other = len(noisy) - len(needed)
    more = f", and more where it is {100 * NOTHING_ELSE:.0f} % or more" if other else ""
    return f"About {count(max(needed))} replicates would bring it to {100 * MUCH_NOISE:.0f} %{more}."
