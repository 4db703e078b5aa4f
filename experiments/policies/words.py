"""What a policy search says, in sentences with their numbers."""

import math
from typing import Any, Final

from experiments.kit.words import in_worlds, minus, outcome_of
from experiments.policies.aims import Aim
from experiments.policies.evaluating import MONTHS
from experiments.policies.finding import LAST, MARGIN, Findings, Judged, lost
from experiments.policies.ingredients import STARTS
from experiments.policies.prices import SUPPORT_ENDS
from experiments.policies.settings import Settings
from experiments.policies.tables import beside, costs
from sim.measures.hours import SUPPORT
from sim.report.sentences import NBSP, count, per_cent, plural

_YEARS: Final = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}[(LAST - SUPPORT_ENDS) // 12]
_TWO: Final = 2.0
"""Standard errors that tell two numbers apart."""


def share(value: float, error: float = math.nan) -> str:
    """Share in per cent, with its standard error.

    Examples
    --------
    >>> share(0.7312, 0.0121).replace(chr(160), " "), share(0.0004).replace(chr(160), " ")
    ('73.1 % ± 1.2', '0 %')
    """
    if math.isnan(error) and not math.isnan(value):
        return f"{100 * value:.0f}{NBSP}%"
    return per_cent(value, error, digits=1)


def points(value: float) -> str:
    """Difference of shares in percentage points."""
    return minus(f"{100 * value:+.1f}") + f"{NBSP}percentage points"


def hours(value: float) -> str:
    """Hours in words."""
    return minus(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}") + f"{NBSP}hours"


def title_of(settings: Settings) -> str:
    """Title of the search."""
    return f"Which policy keeps the practice, at what price? {settings.base.title}"


def name_of(one: Judged) -> str:
    """Name by which a report calls a schedule."""
    return f"frontier-{one.frontier}" if one.frontier else one.outcome.schedule.words()


def answer_name(findings: Findings) -> str:
    """Name by which a report calls the answer: its number on the frontier, if it has one."""
    if findings.answer.frontier:
        return f"schedule {findings.answer.frontier} of the frontier"
    return "the answer" if findings.answered else "the nearest schedule"


def asked_words(settings: Settings) -> str:
    """What was asked for, as the end of a sentence."""
    return (
        f"keeps {share(settings.share)} of the services {settings.aim.kept} month {LAST}, {_YEARS} years after the outside "
        f"support, in {share(settings.worlds_share)} of plausible worlds"
    )


def short_answer(findings: Findings, settings: Settings) -> str:
    """One sentence: what it takes, or that nothing found does it.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    one = findings.answer
    price, worlds = hours(one.price), in_worlds(one.above.normal, one.above.error, one.above.members)
    after = f"month {LAST}, {_YEARS} years after the outside support"
    services = f"{share(settings.share)} of the services"
    keep = f"{services} {settings.aim.kept} {after}"
    if not findings.answered:
        return (
            f"No schedule that was found keeps {keep} in {share(settings.worlds_share)} of plausible worlds; the nearest does in "
            f"{worlds}, for {price} of extra support a service and year."
        )
    if one.price < 0.05:
        return f"Without any extra support, {services} {settings.aim.do} {after}, in {worlds}."
    return f"About {price} of extra support a service and year keep {keep}, in {worlds}."


def in_short(findings: Findings, settings: Settings) -> list[str]:
    """Sentences below the answer: what is done in these hours, what they change, and what else becomes of services.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    one, base = findings.answer, findings.base
    which = "The cheapest schedule found that does so is" if findings.answered else "That schedule is"
    close = " Whether it reaches the share of worlds asked for is not certain." if _close(one, settings) else ""
    with_it, without = (share(each.outcome.kept(LAST), each.errors[-1]) for each in (one, base))
    return [
        f"{which} {one.outcome.schedule.words()}.{close if findings.answered else ''}",
        f"On average {with_it} of the services {settings.aim.do} month {LAST}; with nothing added, {without}.",
        _others(findings, settings),
    ]


def _others(findings: Findings, settings: Settings) -> str:
    """What else becomes of services at the last month, with the answer and with nothing added; the old stock last."""
    told = []
    for name in settings.aim.beside:
        shares = [share(beside(findings, one, name)[0]) for one in (findings.answer, findings.base)]
        told.append(f"{told_outcome(name)} {shares[0]} ({shares[1]})")
    return f"At month {LAST}, with nothing added in brackets: {'; '.join(told)}."


def told_outcome(name: str) -> str:
    """Words for an outcome that is told beside what the search is after, without its month."""
    return outcome_of(name, LAST).title.removesuffix(f", month {LAST}")


def came_out(findings: Findings, settings: Settings) -> list[str]:
    """Sentences on what else came out: single ingredients, pairs, other times, what the search had seen.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    return [*_best(findings), _timing(findings, settings.aim), _curse(findings)]


def reading(findings: Findings, settings: Settings) -> str:
    """One paragraph that says what came out.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    return " ".join([_base(findings, settings), answer(findings, settings), *came_out(findings, settings)])


def _base(findings: Findings, settings: Settings) -> str:
    one = findings.base
    first, last = (share(one.outcome.kept(month), error) for month, error in zip(MONTHS, one.errors, strict=True))
    return (
        f"With nothing added, {last} of the services of “{settings.base.title}” {settings.aim.do} month {LAST} "
        f"({first} {settings.aim.until} month {MONTHS[0]})."
    )


def answer(findings: Findings, settings: Settings) -> str:
    """The sentence that answers the question asked."""
    one = findings.answer
    average = share(one.outcome.kept(LAST), one.errors[-1])
    name = f"{name_of(one)}; " if one.frontier else "not on the frontier; "
    found = (
        f"{one.outcome.schedule.words()} ({name}{average} of the services on average, {share(settings.share)} or "
        f"more in {in_worlds(one.above.normal, one.above.error, one.above.members)} by the normal model and "
        f"{share(one.above.beta)} by the beta-binomial one; "
        f"{settings.aim.done} for {one.outcome.months:.0f} of {LAST - SUPPORT_ENDS} months) for {hours(one.price)} of "
        "support a service and year"
    )
    if findings.answered:
        return f"The cheapest schedule found that {asked_words(settings)} is: {found}{_close(one, settings)}."
    return f"No schedule found {asked_words(settings)}; nearest comes: {found}."


def _close(one: Judged, settings: Settings) -> str:
    """What is to be added where the answer hangs on a hair."""
    if not one.above.normal - _TWO * one.above.error >= settings.worlds_share:  # of an error that is not known too
        return "; that it reaches the share of worlds is not certain, as the error says"
    return ""


def _best(findings: Findings) -> list[str]:
    """The best of the single ingredients and of the pairs."""
    said = []
    for source, words in (("single", "single ingredient"), ("pair", "pair")):
        one = max((one for one in findings.judged if one.source == source), key=lambda one: one.outcome.kept(LAST))
        said.append(
            f"The best {words} at full dose all the time is {one.outcome.schedule.words()}: "
            f"{share(one.outcome.kept(LAST), one.errors[-1])} for {hours(one.price)}."
        )
    return said


def _timing(findings: Findings, aim: Aim) -> str:
    """What a later start does to the answer."""
    early, late = findings.timing[0], findings.timing[len(STARTS) - 1]
    told = [f"{points(late.kept(month) - early.kept(month))} {aim.until} month {month}" for month in MONTHS]
    months = minus(f"{late.months - early.months:+.0f}")
    price = hours(float(late.support.mean() - early.support.mean()))
    return (
        f"If all its ingredients went on to the end, beginning at month {STARTS[-1]} instead of {STARTS[0]} would change the "
        f"share of services {aim.done} by {' and '.join(told)}, the months {aim.done} of a service by {months}, and the price by "
        f"{price}."
    )


def _curse(findings: Findings) -> str:
    """What was lost when the search's front was evaluated anew."""
    chosen, fixed = lost(findings, LAST)
    text = f"Evaluated anew, the schedules that looked best in the search changed by {points(-chosen)} at month {LAST} on average"
    if not math.isnan(fixed):
        text += f", those that nobody chose by their results by {points(-fixed)}: luck had added {points(chosen - fixed)}"
    return f"{text}; all numbers here are the new ones."


def how_sure(findings: Findings, settings: Settings) -> list[str]:
    """Sentences on errors, regret and what was tried.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    return [
        _tried(findings, settings),
        spread_words(findings),
        _regretted(findings),
        _flattery(),
        "A search finds what it finds: a better schedule may exist. More evaluations would tell.",
    ]


def _tried(findings: Findings, settings: Settings) -> str:
    where, check = settings.search, settings.check
    chosen = sum(each.chosen for each in findings.judged)
    again = settings.seen_again
    return (
        f"The search tried {plural(findings.evaluated, 'schedule')} on {plural(where.worlds, 'world')} with "
        f"{plural(where.replicates, 'run')} each. The {count(chosen)} that no other beat, the single ingredients and the pairs "
        f"were run anew, with other luck, on the next {plural(check.worlds, 'world')} with {plural(check.replicates, 'run')} "
        f"each; {count(again)} of these have values of parameters that a world of the search had too."
    )


def spread_words(findings: Findings) -> str:
    """How far plausible worlds differ with the answer, and what ± means."""
    one = findings.answer
    return (
        "± is one standard error of a mean over worlds: what other worlds and other luck would change. With "
        f"{answer_name(findings)}, plausible worlds differ by a standard deviation of "
        f"{100 * one.above.between:.0f} percentage points; luck in what was seen of one world has one of "
        f"{100 * one.above.luck:.0f}, which is taken out of the share of worlds."
    )


def _regretted(findings: Findings) -> str:
    regret = findings.answer.regret
    return (
        f"Regret of {answer_name(findings)}, against the best schedule of at most its price in each world and with "
        f"luck taken out: {100 * regret.mean:.1f} percentage points on average, "
        f"{100 * regret.tail:.1f} or less in nine worlds of ten. As seen "
        f"it would be {100 * regret.most:.1f}, with luck of a standard deviation of {100 * regret.luck:.1f} in one world."
    )


def _flattery() -> str:
    return (
        "The frontier is chosen by the numbers that are shown, and so flatters itself a little once more. Schedules that cost "
        f"more than another and keep at most {100 * MARGIN:g} percentage points more are left out; neighbours may still be "
        "alike."
    )


def cost_words(findings: Findings, one: Judged) -> str:
    """The largest kinds of hours of a schedule, in words."""
    found = costs(findings, one)
    shown = sorted((name for name in SUPPORT if abs(found[name]) >= 0.5), key=lambda name: -abs(found[name]))
    return ", ".join(f"{name} {minus(f'{found[name]:.0f}')}" for name in shown[:4]) or "next to none"


def summary(findings: Findings, settings: Settings) -> dict[str, Any]:
    """What is said, as plain values that JSON can hold.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    return {"reading": reading(findings, settings), "how_sure": how_sure(findings, settings)}
