"""What of a study file does not fit together: design, months, instrument, analysis and estimand."""

from collections.abc import Iterator
from typing import Final

from experiments.trials.recorded import MEASURES
from experiments.trials.schema import StudyFile
from sim.problems import Problem

SEEN_BY: Final[dict[str, tuple[str, ...]]] = {
    "posts_delivering": ("truth", "still_using"),
    "fidelity": ("truth", "fidelity_visit"),
    "leadership": ("truth", "leadership_scale"),
    "climate": ("truth", "climate_scale"),
    "sessions_per_post": ("truth", "claims"),
    "patient_gain": ("truth", "client_scale", "clinician_scale"),
}
"""Instruments that see a measure; others are read off records without error."""

RECORDS: Final = ("truth",)

OF_STAFF: Final = ("still_using", "leadership_scale", "climate_scale")
"""Instruments of which each practitioner gives a value."""

WEDGE: Final = ("exposure_time", "immediate_effect")

OF_MEMBERS: Final = (
    "cluster_t_weighted", "gee_mancl_derouen", "gee_kauermann_carroll", "gee_fay_graubard", "gee_morel", "gee_uncorrected",
    "mixed_between_within", "mixed_satterthwaite", "independence",
)  # fmt: skip
"""Analyses of the values of practitioners."""

GEE: Final = tuple(one for one in OF_MEMBERS if one.startswith("gee_"))

OF_ODDS: Final = (*GEE, "independence")
"""Analyses that can estimate an odds ratio."""

OF_MANY: Final = ("gee_kauermann_carroll", "gee_fay_graubard", "gee_morel")
"""Analyses that reject somewhat too often where services are few: with 10 services and shares of few posts 6 to 7 % at a level of
5 %, as measured (docs/trials.md)."""

MANY: Final = 20
"""Services from which on they may decide."""

PERMUTED: Final = 999
"""Allocations of a permutation test: no p is below 1 over one more."""

ANTI_CONSERVATIVE: Final = ("gee_uncorrected", "immediate_effect")
"""Analyses that are shown as warnings: they reject too often, or estimate something else."""


def has_members(file: StudyFile) -> bool:
    """Whether what is seen has a value for each practitioner."""
    return file.measurement.instrument in OF_STAFF or (
        file.measurement.instrument == "truth" and MEASURES[file.estimand.measure].members
    )


def instruments_of(measure: str) -> tuple[str, ...]:
    """Instruments that see a measure."""
    return SEEN_BY.get(measure, RECORDS)


def unfit(file: StudyFile, name: str) -> list[Problem]:
    """Everything that does not fit.

    Parameters
    ----------
    file : StudyFile
    name : str
        Of the file, for messages.
    """
    found = [*_wrong_arms(file), *_wrong_design(file), *_wrong_months(file), *_wrong_analysis(file), *_wrong_estimand(file)]
    allowed = instruments_of(file.estimand.measure)
    if file.measurement.instrument not in allowed:
        what = f"{file.measurement.instrument} does not see {file.estimand.measure}"
        found.append(Problem("measurement.instrument", what, ", ".join(allowed)))
    if file.measurement.members is not None and not has_members(file):
        what = f"{file.measurement.instrument} of {file.estimand.measure} is of a service as a whole"
        found.append(Problem("measurement.members", what, "none", "leave it out"))
    return [Problem(f"{name}: {one.where}", one.what, one.allowed, one.hint) for one in found]


def _wrong_arms(file: StudyFile) -> Iterator[Problem]:
    names = [arm.name for arm in file.arms]
    for at, one in enumerate(names):
        if one in names[:at]:
            yield Problem(f"arms[{at + 1}].name", f"'{one}' stands twice", "every name once")
    two = {"stepped_wedge": "usual and what is rolled out", "matched": "one for each of a pair"}
    if file.design.kind in two and len(names) != 2:
        what = f"{len(names)} arms, in a design of kind {file.design.kind}"
        yield Problem("arms", what, f"two: {two[file.design.kind]}")
    if file.design.kind == "factorial" and len(names) != 3:
        yield Problem("arms", f"{len(names)} arms, in a factorial design", "three: usual, and the two that are also combined")
    if file.design.contamination and (len(names) != 2 or file.design.kind == "stepped_wedge"):
        what = f"in a {file.design.kind} design of {len(names)} arms it is not said whose policies spread to whom"
        yield Problem("design.contamination", what, "0, or two parallel arms")


def groups_of(file: StudyFile) -> int:
    """Groups into which services are allocated."""
    if file.design.kind == "stepped_wedge":
        return file.design.sequences or 1
    return 4 if file.design.kind == "factorial" else len(file.arms)


def _wrong_design(file: StudyFile) -> Iterator[Problem]:
    design, groups = file.design, groups_of(file)
    least = 2 * groups
    if design.services < least:
        word = "sequences" if design.kind == "stepped_wedge" else "arms" if design.kind != "factorial" else "combinations"
        what = f"{design.services} services for {groups} {word}"
        yield Problem("design.services", what, f"{least} or more: two services at least in each")
    if design.kind == "matched" and design.services % 2:
        yield Problem("design.services", f"{design.services} services cannot be paired", "an even number")
    for key, kind in (("strata", "stratified"), ("match", "matched")):
        given = getattr(design, key)
        if design.kind == kind and not given:
            yield Problem(f"design.{key}", f"a design of kind {kind} says by what", "setting, leader, posts, delivering")
        elif design.kind != kind and given:
            yield Problem(f"design.{key}", f"goes with kind = '{kind}' alone", "leave it out", f"or set kind to '{kind}'")
    for key in ("sequences", "step_months"):
        given = getattr(design, key) is not None
        if (design.kind == "stepped_wedge") != given:
            what = "a stepped wedge needs it" if not given else "goes with kind = 'stepped_wedge' alone"
            yield Problem(f"design.{key}", what, "a whole number" if not given else "leave it out")


def periods_of(file: StudyFile) -> list[int]:
    """Months at which the periods of a stepped wedge end, from the randomisation; one more than sequences."""
    steps, months = file.design.sequences or 0, file.design.step_months or 0
    return [months * period for period in range(1, steps + 2)]


def _wrong_months(file: StudyFile) -> Iterator[Problem]:
    months, kind = file.measurement.months, file.design.kind
    if sorted(set(months)) != months:
        yield Problem("measurement.months", "are not in order, each once", "months that rise")
    if min(months) < 0:
        yield Problem("measurement.months", f"{min(months)} is before the randomisation", "months from 0")
    if kind == "stepped_wedge" and file.design.sequences and file.design.step_months:
        wanted = periods_of(file)
        if months != wanted:
            listed = ", ".join(map(str, wanted))
            what = "are not the ends of the periods, one before the first crossing and one after each"
            yield Problem("measurement.months", what, listed, "or change sequences and step_months")
        longest = wanted[-1] - file.design.step_months
        if file.estimand.month % file.design.step_months or not 0 < file.estimand.month <= longest:
            what = f"{file.estimand.month} months after the crossing are beyond the horizon, or within a period"
            allowed = f"a multiple of step_months up to {longest}"
            yield Problem("estimand.month", what, allowed, "in a stepped wedge it is the longest exposure that counts")
    elif file.estimand.month not in months:
        what = f"nobody looks in month {file.estimand.month}"
        yield Problem("estimand.month", what, f"one of measurement.months: {', '.join(map(str, months))}", "add it there")
    if max(months) > 240:
        yield Problem("measurement.months", f"{max(months)} is beyond the longest follow-up", "months up to 240")


def _wrong_analysis(file: StudyFile) -> Iterator[Problem]:
    wedge, members = file.design.kind == "stepped_wedge", has_members(file)
    for at, word in enumerate((file.analysis.primary, *file.analysis.also)):
        where = "analysis.primary" if at == 0 else f"analysis.also[{at}]"
        if wedge != (word in WEDGE):
            what = f"{word} does not fit a design of kind {file.design.kind}"
            yield Problem(where, what, ", ".join(WEDGE) if wedge else "an analysis of parallel arms")
        elif word in OF_MEMBERS and not members:
            what = f"{word} is of the values of practitioners, and what is seen is one value a service"
            yield Problem(where, what, "cluster_t, cluster_baseline, permutation")
        elif word in OF_MEMBERS and file.design.kind in ("matched", "factorial"):
            yield Problem(where, f"{word} does not fit a {file.design.kind} design", "cluster_t, permutation")
        elif word == "cluster_baseline" and (file.design.kind in ("matched", "factorial") or 0 not in file.measurement.months):
            what = "adjusts for the value at the randomisation, which needs month 0 among measurement.months and parallel arms"
            yield Problem(where, what, "cluster_t", "add 0 to measurement.months")
    if file.analysis.primary in ANTI_CONSERVATIVE:
        yield Problem(
            "analysis.primary", f"{file.analysis.primary} is shown as a warning only", "an analysis that keeps its level"
        )
    if file.analysis.primary in file.analysis.also:
        yield Problem("analysis.also", f"{file.analysis.primary} is the primary analysis", "others")
    if file.analysis.primary in OF_MANY and file.design.services < MANY:
        what = f"{file.analysis.primary} rejects too often with {file.design.services} services"
        yield Problem(
            "analysis.primary", what, "cluster_t, permutation, gee_mancl_derouen", f"or {MANY} services; it may stand in also"
        )
    words = (file.analysis.primary, *file.analysis.also)
    if "permutation" in words and file.analysis.alpha < 2 / (PERMUTED + 1):
        what = f"with {PERMUTED} allocations no p is below {1 / (PERMUTED + 1):g}"
        yield Problem("analysis.alpha", what, f"{2 / (PERMUTED + 1):g} or more", "or leave permutation out")
    lists: dict[str, list[str]] = {
        "analysis.also": [*file.analysis.also],
        "design.strata": [*file.design.strata],
        "design.match": [*file.design.match],
    }
    for where, given in lists.items():
        for one in sorted({one for one in given if given.count(one) > 1}):
            yield Problem(where, f"{one} stands twice", "every word once", "leave one out")


def _wrong_estimand(file: StudyFile) -> Iterator[Problem]:
    asked, measure = file.estimand, MEASURES[file.estimand.measure]
    ratio = asked.summary == "odds_ratio"
    if ratio and not measure.binary:
        yield Problem("estimand.summary", f"an odds ratio of {asked.measure}, which is no share", "difference")
    if ratio and asked.effect == "cluster_specific":
        what = "an odds ratio within a service is of no analysis that is offered"
        yield Problem(
            "estimand.effect", what, "marginal", "or summary = 'difference', which is the same within and over services"
        )
    for at, word in enumerate((file.analysis.primary, *file.analysis.also)):
        if ratio and measure.binary and word not in OF_ODDS:
            where = "analysis.primary" if at == 0 else f"analysis.also[{at}]"
            yield Problem(where, f"{word} estimates a difference", ", ".join(OF_ODDS), "or summary = 'difference'")
    if asked.measure == "given_up" and asked.service_gives_up == "while_before":
        what = "before a service gives up it has not given up: nothing would be left to compare"
        yield Problem("estimand.service_gives_up", what, "treatment_policy", "or choose another measure")
    if asked.measure == "patient_gain" and asked.no_sessions == "lowest":
        what = "a gain has no lowest value that a service without ended courses could have"
        yield Problem("estimand.no_sessions", what, "where_defined", "services in which no course has ended are left out")
    if asked.weighting == "member" and not has_members(file):
        what = f"posts cannot weigh: {file.measurement.instrument} of {asked.measure} is one value a service"
        yield Problem("estimand.weighting", what, "cluster")
