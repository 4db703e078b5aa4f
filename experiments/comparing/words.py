"""What a comparison found, in sentences with their numbers, and how sure that is."""

import math
from collections.abc import Sequence
from typing import Final

from experiments.comparing.effects import ERROR_OF_OTHERS, ERROR_OF_SHARES, Effect
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import (
    HOURS,
    KEPT_GOING,
    SERVICE_MONTHS,
    difference_unit,
    digits_of,
    scale_of,
    told_outcome,
)
from experiments.kit.words import Outcome, decimal, in_worlds
from experiments.worlds.spread import OverWorlds
from sim.report.sentences import NBSP, bound, count, plural, still_possible

NOT_APART: Final = (
    "So few runs of the same worlds cannot tell the two apart; 8 runs in each of 200 worlds would (--worlds 200 -n 8)."
)

_MOST_TOLD: Final = 5
"""Contrasts that get sentences."""


def title_of(findings: Findings) -> str:
    """Title of a comparison, from the titles of its scenarios."""
    base, *others = (one.title for one in findings.comparison.scenarios)
    more = f" and {count(len(others) - 2)} more" if len(others) > 2 else ""
    return f"{' / '.join(others[:2])}{more}, compared with: {base}"


def title_at(findings: Findings, at: int) -> str:
    """A scenario as a reader sees it: its title, or that of what is joined to the base; its name where titles are the same.

    Parameters
    ----------
    findings : Findings
    at : int
        Place of the scenario, 0 for the base.
    """
    titles = [one.title for one in findings.comparison.scenarios]
    shown = [short_title(titles, one) for one in range(len(titles))]
    return shown[at] if shown.count(shown[at]) == 1 else findings.comparison.names[at]


def short_title(titles: Sequence[str], at: int) -> str:
    """Title of what is joined to the base, the first of the titles, or the whole."""
    return titles[at].removeprefix(f"{titles[0]} + ") if at else titles[0]


def minus_base(findings: Findings, contrast: int, called: tuple[str, str] | None = None) -> str:
    """What a difference is of, as the beginning of a sentence."""
    base, other = called or quoted(findings, contrast)
    return f"{other} minus {base}"


def quoted(findings: Findings, contrast: int) -> tuple[str, str]:
    """Titles of the base and the other scenario, as sentences have them."""
    return f"“{title_at(findings, 0)}”", f"“{title_at(findings, contrast)}”"


def value(effect: Effect, outcome: Outcome, which: str) -> str:
    """Mean of the base or the other scenario as a reader sees it, shares in per cent."""
    scale = scale_of(outcome)
    text = decimal(scale * getattr(effect, which), digits_of(scale * effect.mcse, share=outcome.share))
    return f"{text}{NBSP}%" if outcome.share and text != "–" else text


def difference(effect: Effect, outcome: Outcome) -> str:
    """Difference, without its unit."""
    scale = scale_of(outcome)
    return decimal(scale * effect.difference, digits_of(scale * effect.mcse, share=outcome.share), signed=True)


def interval(effect: Effect, outcome: Outcome) -> str:
    """95 % interval, without its unit; said in words where there is none."""
    if effect.pairs and effect.differing == 0:
        return "the same in every pair"
    if not math.isfinite(effect.low):
        return "–"
    scale = scale_of(outcome)
    digits = digits_of(scale * effect.mcse, share=outcome.share)
    return f"{decimal(scale * effect.low, digits, signed=True)} to {decimal(scale * effect.high, digits, signed=True)}"


def error(effect: Effect, outcome: Outcome) -> str:
    """Monte Carlo standard error of the difference, with two significant digits."""
    scaled = scale_of(outcome) * effect.mcse
    if not math.isfinite(scaled):
        return "–"
    return "0" if scaled == 0.0 else f"{scaled:.{max(0, 1 - math.floor(math.log10(scaled)))}f}"


def times(effect: Effect) -> str:
    """Variance reduction as a reader sees it."""
    return decimal(effect.variance_reduction, 0 if effect.variance_reduction >= 100.0 else 1)


def needed(effect: Effect) -> str:
    """Replicates needed as a reader sees them."""
    return "–" if effect.needed is None else count(effect.needed)


def how_sure_in_short(findings: Findings, contrast: int) -> str:
    """What ``spread_of`` says, after what it is about, as a terminal prints it."""
    return " ".join(["How sure is that?", *spread_of(findings, contrast)])


def spread_of(findings: Findings, contrast: int, called: tuple[str, str] | None = None) -> list[str]:
    """Sentences on the effect at the horizon over plausible worlds, and the Monte Carlo error beside it.

    Parameters
    ----------
    findings : Findings
    contrast : int
        Place of the other scenario, from 1.
    called : tuple of str, optional
        What the base and the other one are called; their titles unless given.
    """
    months = findings.comparison.months
    outcome, effect = told_outcome(KEPT_GOING, months), findings.effect(contrast, KEPT_GOING)
    head = (
        f"{minus_base(findings, contrast, called)}, services that kept going to month {months}: "
        f"{difference(effect, outcome)} {difference_unit(outcome)} on average"
    )
    found = findings.over_worlds(contrast, KEPT_GOING)
    luck = error(effect, outcome).replace("–", "not known")
    if found is None:
        return [f"{head} (Monte Carlo error {luck}), at the default values: plausible worlds are not looked at."]
    scale = scale_of(outcome)
    low, high = (decimal(scale * one, 1 if outcome.share else 2, signed=True) for one in (found.low, found.high))
    if not found.apart:
        if effect.pairs and effect.differing == 0:
            together = same_in_all(effect)
        elif findings.services == 1:
            together = f"{only_with_one(findings, contrast, called)}: plausible worlds and luck together."
        elif not found.enough:
            together = too_few(effect)
        else:
            together = f"Nine of ten pairs lie between {low} and {high}: plausible worlds and luck together."
        return [f"{head} (error {luck}).", together, NOT_APART]
    more, share = sign_of(found)
    between = (
        f"Nine of ten plausible worlds lie between {low} and {high}, with luck taken out ({plural(found.runs, 'pair')} in "
        f"{plural(found.members, 'world')}); the difference is {'above' if more else 'below'} 0 in "
        f"{in_worlds(share, found.sign_error, found.members)}."
    )
    luck, both = (decimal(scale * error, 2) for error in (found.mcse, found.error))
    return [f"{head}.", between, f"Monte Carlo error of the mean {luck}; with the choice of worlds {both}."]


def too_few(effect: Effect) -> str:
    """That so few pairs say nothing of how far pairs differ."""
    many = plural(effect.pairs, "pair")
    return f"{many} of runs {'is' if effect.pairs == 1 else 'are'} too few to say how far pairs differ."


def same_in_all(effect: Effect) -> str:
    """That no pair differs, and how many could."""
    others = f"up to {bound(still_possible(effect.pairs))} of all pairs could still differ"
    if effect.pairs == 1:
        return f"The one pair that was run does not differ; {others}."
    return f"None of {count(effect.pairs)} pairs differs; {others}."


def sign_of(world: OverWorlds) -> tuple[bool, float]:
    """Whether the difference is above 0 in most worlds, and the share of worlds with the sign of most."""
    more = world.sign_share >= 0.5
    return more, world.sign_share if more else 1.0 - world.sign_share


def only_with_one(findings: Findings, contrast: int, called: tuple[str, str] | None = None) -> str:
    """Pairs in which one service keeps going with one of two scenarios only: a difference is -1, 0 or 1 in each."""
    effect = findings.effect(contrast, KEPT_GOING)
    more = round((effect.differing + effect.difference * effect.pairs) / 2)
    base, other = called or quoted(findings, contrast)
    return (
        f"Of {plural(effect.pairs, 'pair')} of runs, {count(more)} keep going with {other} only, "
        f"{count(effect.differing - more)} with {base} only"
    )


def came_out(findings: Findings) -> list[str]:
    """Sentences on the main effects of each contrast."""
    months = findings.comparison.months
    share = told_outcome(KEPT_GOING, months)
    said = []
    for contrast in list(findings.contrasts)[:_MOST_TOLD]:
        effect = findings.effect(contrast, KEPT_GOING)
        name = minus_base(findings, contrast)
        text = (
            f"{name}: {value(effect, share, 'other')} of services kept going to month {months} instead "
            f"of {value(effect, share, 'base')}, a difference of {_whole(effect, share)}."
        )
        lasting = findings.effect(contrast, SERVICE_MONTHS)
        text += _unclear(effect, findings.comparison.replicates)
        text += f" Summed over months: {_whole(lasting, told_outcome(SERVICE_MONTHS, months))} until the first gap, per service."
        said.append(text)
        said.append(f"In hours, {name} from the start to month {months}: {_hours(findings, contrast)}.")
    left = len(findings.others) - _MOST_TOLD
    return said + ([f"{plural(left, 'further scenario')} in the tables."] if left > 0 else [])


def _whole(effect: Effect, outcome: Outcome) -> str:
    """Difference with its unit and interval."""
    if effect.pairs and effect.differing == 0:
        return f"0 {difference_unit(outcome)} (the same in every pair)"
    between = f" (95{NBSP}% interval {interval(effect, outcome)})" if math.isfinite(effect.low) else ""
    return f"{difference(effect, outcome)} {difference_unit(outcome)}{between}"


def _unclear(effect: Effect, replicates: int) -> str:
    if effect.clear or effect.differing == 0 or not math.isfinite(effect.low):
        return ""
    return f" With {plural(replicates, 'pair')}, the difference at the end cannot be told from none."


def _hours(findings: Findings, contrast: int) -> str:
    """Differences in hours of each kind."""
    told_hours = []
    for name in HOURS:
        outcome = told_outcome(name, findings.comparison.months)
        told_hours.append(f"{difference(findings.effect(contrast, name), outcome)} {outcome.title}")
    return ", ".join(told_hours)


def how_sure(findings: Findings) -> list[str]:
    """Sentences on what the intervals are about and what they are not."""
    comparison = findings.comparison
    said = [about_worlds(findings)]
    said.append(
        "The intervals are Monte Carlo intervals: how far more replicates would move the means. They say nothing of what the "
        "assumptions may have wrong, and a share of pairs that go one way would say no more: such shares are not given."
    )
    first = findings.effect(1, KEPT_GOING)
    if math.isfinite(first.variance_reduction):
        said.append(
            f"What the pairing is worth: for the share that kept going to month {comparison.months} "
            f"(“{title_at(findings, 1)}”), runs with worlds and luck of their own would have to be {times(first)} times as many "
            f"for the same error (correlation of the two in a pair {decimal(first.correlation, 2)})."
        )
    if first.needed is not None:
        said.append(
            f"For a Monte Carlo standard error of {100 * ERROR_OF_SHARES:g} percentage points that difference takes "
            f"{plural(first.needed, 'simulated run')}, which is no sample size of a trial; {count(comparison.replicates)} were "
            f"run. What is no share is counted for an "
            f"error of {100 * ERROR_OF_OTHERS:g}{NBSP}% of the outcome’s standard deviation between runs."
        )
    undefined = _undefined(findings)
    if undefined:
        said.append(undefined)
    rows = len(findings.rows)
    said.append(
        f"The table effects has {count(rows)} intervals. About one in twenty leaves its true mean out by luck alone: an outcome "
        "picked for its interval proves nothing."
    )
    return said


def about_worlds(findings: Findings) -> str:
    """What the pairs' worlds are, and whether luck could be told apart from them."""
    comparison = findings.comparison
    if comparison.ensemble is None:
        return (
            "All replicates have the default values: pairs differ from each other by luck alone, and nothing is said of other "
            "plausible values."
        )
    found = findings.over_worlds(1, KEPT_GOING)
    members = plural(comparison.ensemble.members, "plausible set")
    if comparison.replicates > comparison.worlds:
        said = (
            f"Each of {plural(comparison.worlds, 'world')}, of {members} of values, has about "
            f"{comparison.replicates / comparison.worlds:.0f} pairs. The intervals of the table are about the mean over these "
            "worlds; for the mean over all plausible ones they are too short."
        )
    else:
        said = (
            f"Each pair has a world of its own, one of {members} of values: what differs from pair to pair is luck and world "
            "mixed, and the interval is about the mean over worlds, not about any one of them."
        )
    if found is None or not found.apart:
        return (
            f"{said} How much the effect differs between worlds cannot be told apart from luck here: it takes several runs a "
            "world, such as 8 in each of 200 worlds (--worlds 200 -n 8)."
        )
    return (
        f"{said} Pairs with the same set of values differ by luck alone: that is how luck is taken out. The share of worlds is "
        f"that of a normal distribution, and so are the nine of ten "
        f"(standard deviation between worlds {decimal(100 * found.spread, 1)} percentage points)."
    )


def _undefined(findings: Findings) -> str:
    """Sentence on main outcomes that are not defined in every pair; empty if all are."""
    runs = findings.comparison.replicates
    rows = [row for row in findings.main if row.effect.pairs < runs]
    if not rows:
        return ""
    worst = min(rows, key=lambda row: row.effect.pairs)
    title = told_outcome(worst.outcome, findings.comparison.months).title
    return (
        f"Some outcomes are not defined in every run: {title} in {plural(worst.effect.pairs, 'pair')} of {count(runs)} "
        f"(“{title_at(findings, worst.contrast)}”). Such a difference is one between runs in which both go on, not between "
        "all."
    )
