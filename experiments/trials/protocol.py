"""Skeleton of a protocol: what is known from the planning, in the order of ADEMP and CONSORT; the rest is left open.

Items are told in own words after CONSORT for cluster trials (2012) and for stepped-wedge trials (2018), and after ADEMP
(Morris and others 2019).
"""

import math
from collections.abc import Iterator
from typing import Final

from experiments.trials import words
from experiments.trials.finding import Findings
from experiments.trials.fitting import periods_of
from experiments.trials.schema import StudyFile
from sim.markdown import literal, table
from sim.report.sentences import count, per_cent

LEFT: Final = "**left to you**"

DESIGNS: Final = {
    "parallel": "parallel arms, services allocated by permuted blocks",
    "stratified": "parallel arms, services allocated by permuted blocks within strata",
    "matched": "matched pairs of services, one of each pair allocated to each arm",
    "stepped_wedge": "stepped wedge: all services begin as usual and cross over in random order",
    "factorial": "two by two factorial, services allocated by permuted blocks",
}


POPULATIONS: Final = {
    "narrow": "services like the nine of the source study",
    "wide": "a wide mix of services (the scenario national)",
    "scenario": "the services of a scenario file",
}


def protocol(findings: Findings, ensemble: str) -> str:
    """The skeleton, as Markdown.

    Parameters
    ----------
    findings : Findings
    ensemble : str
        Name of the ensemble.
    """
    return words.plain_spaces("\n\n".join(_parts(findings, ensemble))) + "\n"


def _parts(findings: Findings, ensemble: str) -> Iterator[str]:
    study = findings.study.file
    yield f"# Protocol skeleton: {literal(study.title)}"
    yield (
        f"Made from the study file `{study.name}` ({findings.study.hash[:12]}). What the planning knows is filled in; "
        f"what it cannot know is {LEFT}. {words.ASSUMED}"
    )
    yield "## Sample size, in two sentences to paste"
    yield f"> {sample_size(findings, ensemble)}"
    yield "## The estimand"
    yield table(("What", "Said"), estimand_of(findings))
    yield "## The simulation behind the sample size (ADEMP)"
    yield table(("Part", "What was done"), _ademp(findings, ensemble))
    wedge = study.design.kind == "stepped_wedge"
    yield f"## Items of CONSORT for {'stepped-wedge' if wedge else 'cluster'} trials"
    yield table(("Item", "What it asks", "Known from here"), _items(findings))


def sample_size(findings: Findings, ensemble: str) -> str:
    """Two sentences on the sample size and its justification."""
    study, one = findings.study.file, words.planned(findings)
    size = words.size_at_month(findings)
    first = (
        f"With {count(one.services)} services, the primary analysis ({words.ANALYSES[one.analysis]}) at a two-sided level of "
        f"{words.level(findings)} has a power of "
        f"{per_cent(one.power.value, one.power.error)} to show the effect on {findings.study.measure.title} "
        f"{words.when(findings)}"
    )
    if size is not None:
        needed = f"{words.size_told(size)} services are needed for {per_cent(study.analysis.power)}"
        first += f"; {needed}"
    correlation = findings.alike.seen.value
    alike = "" if math.isnan(correlation) else f", an intracluster correlation of {correlation:.2f}"
    failed = sum(one.failures.values())
    fits = f"; {per_cent(failed)} of fits failed and count as not significant" if failed else ""
    second = (
        f"The true effect ({words.effect_told(findings, one.truth.value)}){alike} and the losses were not assumed but come from "
        f"an agent-based simulation of practice sustainment over {count(findings.trials.bank.worlds)} plausible parameter sets "
        f"(ensemble {ensemble}), from which {count(one.trials)} trials were drawn and analysed; type I error with nothing "
        "done in "
        f"any arm was {per_cent(one.type_one.value, one.type_one.error)}{fits}."
    )
    return f"{first}. {second}"


def estimand_of(findings: Findings) -> list[tuple[str, str]]:
    """What the trial is to find out: each part, and what the study file says of it."""
    study, asked = findings.study.file, findings.study.file.estimand
    arms = literal("; ".join(one.title for one in study.arms))
    return [
        ("Population of clusters", literal(asked.clusters)),
        ("Arms", arms),
        ("Measure", findings.study.measure.meaning),
        ("When", words.when(findings).strip("()")),
        ("Summary", f"{asked.summary.replace('_', ' ')}, {asked.effect.replace('_', '-')}"),
        (
            "Weighting",
            "cluster average: every service the same"
            if asked.weighting == "cluster"
            else "participant average: every post the same",
        ),
        ("A service gives up", words.STRATEGIES[asked.service_gives_up]),
        ("Recruitment closes", words.STRATEGIES[asked.closes_recruitment]),
        ("The leader’s post falls vacant", words.STRATEGIES[asked.leader_leaves]),
        (
            "No sessions to be scored",
            "counts as the lowest score" if asked.no_sessions == "lowest" else "the service is left out",
        ),
    ]


def _ademp(findings: Findings, ensemble: str) -> list[tuple[str, str]]:
    study, bank = findings.study.file, findings.trials.bank
    measured = study.measurement
    analyses = "; ".join(words.ANALYSES[one.analysis] for one in findings.operating)
    drawn = "trials are draws without replacement from one world; who answers has no memory of earlier answers"
    trials = words.DIRECT if findings.direct else drawn
    return [
        ("Aims", literal(study.question)),
        (
            "Data-generating mechanisms",
            (
                f"{count(bank.services)} services ({POPULATIONS[study.population.kind]}) in each of {count(bank.worlds)} "
                "worlds of the "
                f"ensemble {ensemble}, "
                f"simulated under {len(bank.conditions)} conditions with the same luck; " + trials
            ),
        ),
        ("Estimands", "as above; the truth is exact in each world, as every service is known under every condition"),
        (
            "Methods",
            f"{analyses}; measured by {measured.instrument.replace('_', ' ')} in months {', '.join(map(str, measured.months))}",
        ),
        (
            "Performance measures",
            (
                f"power, type I error, bias, coverage, wrong signs, exaggeration, failed fits, over {count(study.trials)} "
                "trials; errors by worlds"
            ),
        ),
    ]


def _items(findings: Findings) -> list[tuple[str, str, str]]:
    study = findings.study.file
    design = study.design
    wedge = design.kind == "stepped_wedge"
    layout = f"{DESIGNS[design.kind]}; {count(design.services)} services"
    if wedge:
        ends = periods_of(study)
        layout += f", {design.sequences} sequences, {len(ends)} periods of {design.step_months} months"
    balance = ", ".join((*design.strata, *design.match)) or "nothing"
    loss = study.loss
    months = ", ".join(map(str, study.measurement.months))
    looked = f"{findings.study.measure.title} by {study.measurement.instrument.replace('_', ' ')}, months {months}"
    rows = [
        ("Title", "says that clusters were randomised" + (", by a stepped wedge" if wedge else ""), literal(study.title)),
        (
            "Background",
            "why clusters and not people",
            "the programme works on leaders, whom all practitioners of a service share; " + LEFT,
        ),
        ("Objectives", "whether they are about clusters, people or both", literal(study.question)),
        ("Design", "kind, and how it applies to clusters", layout),
        (
            "Participants",
            "who may take part: clusters, and people in them",
            f"{literal(study.estimand.clusters)}; {LEFT}: inclusion, consent",
        ),
        (
            "Interventions",
            "what is given in each arm, and to whom",
            literal("; ".join(one.title for one in study.arms)) + f"; {LEFT}: who gives it",
        ),
        ("Outcomes", "how and when, and on which level", looked),
        ("Sample size", "clusters, members, correlation and its uncertainty", "the two sentences above"),
        ("Sequence", "how the allocation is made, and what is balanced", f"permuted blocks; balanced: {balance}"),
        ("Concealment", "who knew when, above all whether before recruitment of members", LEFT),
        ("Blinding", "who knew the allocation", f"{LEFT}; staff who answer know it"),
        (
            "Analysis",
            "how clusters are dealt with" + (", and time" if wedge else ""),
            "; ".join(words.ANALYSES[one] for one in (study.analysis.primary, *study.analysis.also)),
        ),
        (
            "Losses",
            "of clusters and of members, after allocation",
            (
                f"{per_cent(loss.services_a_year)} of services a year, {per_cent(loss.given_up_a_year)} of those that have given "
                f"up; {LEFT}: reasons"
            ),
        ),
        ("Harms", "to clusters and to people", LEFT),
        ("Registration, protocol, funding", "where they are", LEFT),
        ("Generalisability", "to which clusters", f"{POPULATIONS[study.population.kind]}; {LEFT}"),
    ]
    return [*rows[:4], *(_periods(study) if wedge else ()), *rows[4:]]


def _periods(study: StudyFile) -> list[tuple[str, str, str]]:
    """Items of a stepped wedge alone, after the design."""
    return [
        (
            "Periods",
            "when data are gathered, and a diagram",
            f"at the end of each period: months {', '.join(map(str, periods_of(study)))}",
        ),
        (
            "Time",
            "how secular change and growing effects are dealt with",
            "period effects; an effect for each exposure; the immediate-effect model as a warning",
        ),
    ]
