"""What came out about a trial that is planned, in plain sentences."""

import math
from typing import Final

import numpy as np

from experiments.kit.words import decimal, minus
from experiments.trials.finding import Findings
from experiments.trials.operating import Operating, Share, Size
from sim.report.sentences import NBSP, count, per_cent, still_possible

ASSUMED: Final = (
    "The effect is what follows from the model's assumptions, most of which are no evidence. Power for an effect that does not "
    "exist is worth nothing: read it as what a trial would show if the model were right."
)

DIRECT: Final = (
    "Services pool their figures over the region, so every trial was simulated by itself and no sizes are searched. The "
    "truth is that of "
    "a region in which all services are in one arm; in a trial they are mixed, so bias and coverage hold what arms do to "
    "each other."
)

ANALYSES: Final = {
    "cluster_t": "t test of services",
    "cluster_t_weighted": "t test of services, weighted by practitioners",
    "cluster_baseline": "t test of services, adjusted for the start",
    "permutation": "permutation test of services",
    "gee_mancl_derouen": "GEE, Mancl and DeRouen",
    "gee_kauermann_carroll": "GEE, Kauermann and Carroll",
    "gee_fay_graubard": "GEE, Fay and Graubard",
    "gee_morel": "GEE, Morel, Bokossa and Neerchal",
    "gee_uncorrected": "GEE, uncorrected, normal deviate",
    "mixed_between_within": "mixed model, between-within",
    "mixed_satterthwaite": "mixed model, Satterthwaite",
    "independence": "independence estimating equations",
    "exposure_time": "effect by time since the crossing",
    "immediate_effect": "immediate-effect model",
}
"""Analyses as a reader sees them."""

FIELD: Final = (
    (15, "15 units (IFIP)"),
    (21, "21 clinics (WISDOM)"),
    (39, "39 clinics (Norway, psychosis)"),
    (43, "43 services (Norway, LOCI)"),
    (60, "60 programmes (US, LOCI)"),
)
"""Sizes of the field's own trials (evidence D9)."""

PUBLISHED: Final = (0.10, 0.26)
"""Intracluster correlations published for mental-health implementation trials: upper level .10, implementation outcomes .26
(evidence D6, D7)."""

TOLD_FAILURES: Final = 0.05
"""Share of fits that fail from which it is told at once."""

MANY_EVENTS: Final = 0.5
"""Share of services with an event from which a strategy other than treatment policy decides the answer."""

STRATEGIES: Final = {
    "treatment_policy": "counts as it is, whatever happens (treatment policy)",
    "composite": "counts as the worst value from then on (composite)",
    "while_before": "the value before it counts (while not yet happened)",
}


def effect_told(findings: Findings, value: float, *, signed: bool = True) -> str:
    """An effect as a reader sees it: points of shares, units of scales, odds ratios."""
    if math.isnan(value):
        return "–"
    measure = findings.study.measure
    if findings.study.file.estimand.summary == "odds_ratio":
        return f"an odds ratio of {math.exp(value):.2f}"
    if measure.unit == "share 0-1":
        return f"{decimal(100 * value, 1, signed=signed)} percentage points"
    return f"{decimal(value, 2, signed=signed)} {unit_told(measure.unit)}"


def unit_told(unit: str) -> str:
    """Unit behind a number: points of a scale, or what it is."""
    return f"points ({unit.replace('-', '–')})" if unit.startswith("scale") else unit


def level_told(findings: Findings, value: float) -> str:
    """A mean of the measure as a reader sees it."""
    if math.isnan(value):
        return "–"
    return per_cent(value) if findings.study.measure.unit == "share 0-1" else decimal(value, 2)


def power_told(share: Share, trials: int) -> str:
    """Power in per cent with its error; counted where all trials agree."""
    return per_cent(share.value, share.error, runs=trials)


def size_told(size: Size) -> str:
    """Services that are needed."""
    if size.services is None:
        return f"more than {count(size.largest)}"
    low, high = size.low or size.services, size.high
    upper = f"{count(high)}" if high is not None else f"over {count(size.largest)}"
    return f"{count(size.services)} ({count(low)} to {upper})"


def planned(findings: Findings) -> Operating:
    """The trial as planned, by the primary analysis."""
    return findings.operating[0]


def size_at_month(findings: Findings) -> Size | None:
    """Services that are needed in the month of the estimand."""
    month = findings.study.file.estimand.month
    return next((one for one in findings.sizes if one.month == month and one.members is None), None)


def answer(findings: Findings) -> str:
    """One sentence: the power of the trial, and what it would take."""
    one, size = planned(findings), size_at_month(findings)
    wanted = per_cent(findings.study.file.analysis.power)
    failed = sum(one.failures.values())
    said = (
        f"A trial of {count(one.services)} services is significant in {per_cent(one.power.value, runs=one.trials)} of cases "
        f"{when(findings)}"
    )
    said += f" ({per_cent(failed)} of fits fail)" if failed >= TOLD_FAILURES else ""
    if size is None:
        return f"{said}."
    if size.services is None:
        return f"{said}; even {count(size.largest)} services do not reach {wanted}."
    verb = "would be needed" if size.services > one.services else "would do"
    return f"{said}; {count(size.services)} {verb} for {wanted}."


def verdict(findings: Findings) -> str:
    """What a planner is told first: how often the trial sees nothing, with its power and the error of that."""
    one, file = planned(findings), findings.study.file
    said = f"Your {file.estimand.month}-month trial of {count(one.services)} services"
    power = power_told(one.power, one.trials)
    if one.power.value >= file.analysis.power:
        return f"{said} sees the effect: its power is {power}."
    missed = 100 * (1.0 - one.power.value)
    return f"{said} will see nothing in {missed:.0f} of 100 cases: its power is {power}."


def when(findings: Findings) -> str:
    """When the effect is looked at."""
    month = findings.study.file.estimand.month
    if findings.study.file.design.kind == "stepped_wedge":
        return f"over exposures of up to {month} months"
    return f"in month {month}"


def bullets(findings: Findings) -> list[str]:
    """What came out, a sentence each."""
    return [
        *_truth(findings),
        *_seen(findings),
        *_follow_up(findings),
        *_surrogates(findings),
        *_wedge(findings),
        *_alike(findings),
        *events_told(findings),
        *([DIRECT] if findings.direct else []),
    ]


def sure(findings: Findings) -> list[str]:
    """How sure that is."""
    one = planned(findings)
    said = [
        (
            f"Power {power_told(one.power, one.trials)}: the error is that of other plausible worlds and other trials, of which "
            f"{count(findings.trials.bank.worlds)} and {count(one.trials)} were drawn."
        ),
        (
            f"Where nothing is done in any arm, {per_cent(one.type_one.value, one.type_one.error, runs=one.trials)} of "
            f"trials are significant; {level(findings)} is meant."
        ),
    ]
    if not math.isnan(one.wrong_sign):
        said.append(
            f"Of the trials that are significant {per_cent(one.wrong_sign)} have the wrong sign, and their estimates are on "
            "average "
            f"{one.exaggeration:.1f} times the truth."
        )
    said += _assurance(findings)
    if findings.check is not None:
        check = findings.check
        said.append(
            f"{count(check.trials)} trials that were simulated one by one, with luck of their own, give "
            f"{power_told(check.simulated, check.trials)}."
        )
    return [*said, ASSUMED]


def _assurance(findings: Findings) -> list[str]:
    """How power differs between worlds."""
    by_world = known_worlds(planned(findings))
    if len(by_world) < 2:
        return []
    wanted = findings.study.file.analysis.power
    low, high = np.quantile(by_world, [0.05, 0.95])
    enough = float((by_world >= wanted).mean())
    return [
        (
            f"Assurance: power differs between worlds, from {per_cent(float(low))} to {per_cent(float(high))} in nine of ten; it "
            "reaches "
            f"{per_cent(wanted)} in {per_cent(enough, runs=len(by_world))} of them."
        )
    ]


def known_worlds(one: Operating) -> np.ndarray:
    """Power in the worlds in which it is known."""
    return np.asarray(one.by_world[~np.isnan(one.by_world)])


def _truth(findings: Findings) -> list[str]:
    effects = findings.months[-1].effects if findings.study.file.design.kind == "stepped_wedge" else _effects(findings)
    low, high = np.quantile(effects, [0.05, 0.95])
    mean = float(effects.mean())
    arm, measure = findings.study.file.arms[1].title, findings.study.measure.title
    said = f"In truth “{arm}” changes {measure} by {effect_told(findings, mean)} {when(findings)}"
    spread = f"from {effect_told(findings, float(low))} to {effect_told(findings, float(high))} in nine of ten worlds"
    return [f"{said}, averaged over {count(len(effects))} plausible worlds ({spread})."]


def _effects(findings: Findings) -> np.ndarray:
    month = findings.study.file.estimand.month
    return next(one.effects for one in findings.months if one.month == month)


def _seen(findings: Findings) -> list[str]:
    one = planned(findings)
    gap = one.bias.value
    if math.isnan(gap) or math.isnan(one.bias.error) or abs(gap) < 2 * one.bias.error:
        return []
    smaller = abs(one.estimate.value) < abs(one.truth.value)
    return [
        (
            f"What is seen is {effect_told(findings, one.estimate.value)}: the instrument, the losses and the analysis show "
            f"{'less' if smaller else 'more'} than is so."
        )
    ]


def _follow_up(findings: Findings) -> list[str]:
    """The least follow-up at which the trial as planned sees anything."""
    wanted, services = findings.study.file.analysis.power, findings.study.file.design.services
    mine = [one for one in findings.map if one.services == services]
    if not mine:
        return []
    enough = next((one for one in mine if one.power.value >= wanted), None)
    if enough is not None:
        return [f"The least follow-up at which {count(services)} services have {per_cent(wanted)} power is month {enough.month}."]
    best = max(mine, key=lambda one: one.power.value)
    return [
        (
            f"In none of the months looked at do {count(services)} services have {per_cent(wanted)} power; the most is "
            f"{per_cent(best.power.value, runs=best.trials)}, in month {best.month}."
        )
    ]


def _surrogates(findings: Findings) -> list[str]:
    at = [one for one in findings.surrogates if one.month <= 12]
    if not at:
        return []
    one, late = at[-1], findings.study.file.estimand.month
    worlds = findings.trials.bank.worlds
    same = one.same_sign.value
    agree = f"all {count(worlds)}" if same == 1.0 else f"{per_cent(same)} of"
    said = f"The effect in month {one.month} has the sign of that in month {late} in {agree} worlds"
    said += f" (up to {per_cent(still_possible(worlds))} of all plausible ones could still differ)" if same == 1.0 else ""
    if not math.isnan(one.explained):
        said += f", and explains {per_cent(one.explained)} of how much worlds differ later"
    if not math.isnan(one.false_promise):
        said += f"; of the trials that are significant then, {per_cent(one.false_promise)} are not in month {late}"
    return [f"{said}."]


def _wedge(findings: Findings) -> list[str]:
    found = [one for one in findings.operating if one.analysis == "immediate_effect"]
    if not found:
        return []
    one = found[0]
    return [
        (
            f"The usual immediate-effect model estimates {effect_told(findings, one.estimate.value)} on average where "
            f"{effect_told(findings, one.truth.value)} is so: effects grow with exposure, and it takes them for whole at once."
        )
    ]


def _alike(findings: Findings) -> list[str]:
    one = findings.alike
    if math.isnan(one.seen.value):
        return []
    low, high = PUBLISHED
    return [
        (
            f"The intracluster correlation of what is seen comes out as {one.seen.value:.2f} (published: {low:.2f} to "
            f"{high:.2f}); "
            "it was not put in."
        )
    ]


def level(findings: Findings) -> str:
    """The two-sided level, with the digits that it has."""
    return f"{100 * findings.study.file.analysis.alpha:g}{NBSP}%"


def events_told(findings: Findings) -> list[str]:
    """What happens to services after the randomisation, where it is not let be; and a programme that fills posts."""
    asked, said = findings.study.file.estimand, []
    for name, (usual, other) in findings.events.items():
        strategy = getattr(asked, name)
        if strategy == "treatment_policy":
            continue
        text = f"{EVENTS[name]}: in {per_cent(usual)} of services as usual and {per_cent(other)} in the second arm"
        many = max(usual, other) >= MANY_EVENTS
        said.append(f"{text}; {STRATEGIES[strategy]}." + (" That happens to so many that it decides the answer." if many else ""))
    if any(event.kind == "leader_becomes" for _, events in findings.study.doings for event in events):
        vacant = float((findings.trials.bank.columns["vacant"][0, ..., findings.study.start - 1] == 1).mean())
        said.append(
            f"A leader who becomes another one also fills a post that is vacant, as {per_cent(vacant)} are at the "
            "randomisation: that is "
            "part of the effect."
        )
    return said


EVENTS: Final = {
    "service_gives_up": "The service gives up",
    "leader_leaves": "The leader’s post falls vacant",
    "closes_recruitment": "Recruitment closes",
}
"""Events after the randomisation."""


def failures_told(one: Operating) -> str:
    """How fits failed, in words."""
    if not one.failures:
        return "none"
    return "; ".join(f"{name} {per_cent(share)}" for name, share in one.failures.items())


def plain_spaces(text: str) -> str:
    """Text with spaces that may break."""
    return text.replace(NBSP, " ")


def signed_points(value: float) -> str:
    """Difference for a table, with a sign."""
    return "–" if math.isnan(value) else minus(f"{value:+.3g}")
