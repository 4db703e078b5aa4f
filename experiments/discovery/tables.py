"""The tables of a scenario discovery: worlds, limits of the chosen boxes, all boxes; and the numbers of its summary."""

from typing import Any

import numpy as np

from experiments.discovery.analysing import Finding, Findings
from experiments.discovery.finding import Region, Score
from experiments.discovery.outcomes import column
from experiments.discovery.sampling import SIDES
from experiments.kit.tables import csv_text
from experiments.worlds.estimating import merged, moments
from sim.measures import TOLD_OF_ARMS


def texts(findings: Findings) -> dict[str, str]:
    """Every table, by the name of its file."""
    return {"worlds.csv": worlds_table(findings), "limits.csv": limits_table(findings), "boxes.csv": boxes_table(findings)}


def worlds_table(findings: Findings) -> str:
    """Every world, a line each: half, member, outcomes, inputs."""
    means = dict(zip(TOLD_OF_ARMS, findings.outcomes.mean(axis=3), strict=True))
    columns = {
        "world": np.arange(len(findings.members)),
        "half": np.where(findings.worlds.training, "training", "test"),
        "member": findings.members,
        **{column(side, name): mean for name, both in means.items() for side, mean in zip(SIDES, both, strict=True)},
        **{f"fails_{one.failure.name}": one.fails.astype(int) for one in findings.each},
        **{name: findings.worlds.inputs[name].to_numpy() for name in findings.worlds.inputs.columns},
    }
    return csv_text(list(columns), zip(*columns.values(), strict=True))


def limits_table(findings: Findings) -> str:
    """Limits of the chosen boxes; what each is in words last."""
    known = findings.worlds.known
    rows = [
        [one.failure.name, limit.name, limit.side, limit.value, limit.quasi_p, int(one.region.found), known[limit.name].label]
        for one in findings.each
        if one.region is not None
        for limit in one.region.box.limits
    ]
    return csv_text(["failure", "input", "side", "value", "quasi_p", "holds", "label"], rows)


def boxes_table(findings: Findings) -> str:
    """Every box that was looked at, with its numbers on both halves."""
    names = ("inside", "failures_inside", "coverage", "density")
    rows = [
        [
            one.failure.name,
            number,
            int(number == one.region.chosen),
            *(getattr(half, name) for half in halves for name in names),
        ]
        for one in findings.each
        if one.region is not None
        for number, halves in enumerate(one.region.steps)
    ]
    heads = [f"{half}_{name}" for half in ("training", "test") for name in names]
    return csv_text(["failure", "box", "chosen", *heads], rows)


def levels(findings: Findings) -> dict[str, dict[str, float | None]]:
    """Every outcome of base and policy and their difference, means over worlds with standard errors; None where not defined."""
    found = {}
    for name, (base, policy) in zip(TOLD_OF_ARMS, findings.outcomes.mean(axis=3), strict=True):
        row: dict[str, float | None] = {}
        for what, values in (("base", base), ("policy", policy), ("difference", policy - base)):
            known = bool(np.isfinite(values).all())
            spread = moments(merged(values, np.zeros(len(values)), findings.members)).error if known else np.nan
            row[what] = round(float(values.mean()), 6) if known else None
            row[f"{what}_error"] = round(float(spread), 6) if np.isfinite(spread) else None
        found[name] = row
    return found


def numbers(finding: Finding) -> dict[str, Any]:
    """What came out of one kind of failure, as plain JSON; None for what is not defined."""
    region, control = finding.region, finding.control
    return {
        "line": finding.failure.line,
        "failures": int(finding.fails.sum()),
        "worlds": len(finding.fails),
        "misclassified": round(finding.misclassified, 4),
        "replicates_needed": finding.needed,
        "region": None if region is None else _region(region),
        "control": None
        if control is None
        else {"shuffles": len(control.regions), "held": control.held, "allowed": control.allowed, "sound": control.sound},
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        "found": region.found,
        "limits": [
            {"input": one.name, "side": one.side, "value": one.value, "quasi_p": one.quasi_p} for one in region.box.limits
        ],
        "training": _score(region.train),
        "test": _score(region.test) | {"p": region.test.p},
        "screened": [{"parameter": one.name, "rank_correlation": round(one.correlation, 4)} for one in region.screened],
    }


def _score(score: Score) -> dict[str, Any]:
    names = ("coverage", "density", "elsewhere", "base", "agreement")
    ratios = {name: None if np.isnan(getattr(score, name)) else round(getattr(score, name), 4) for name in names}
    counts = ("worlds", "failures", "inside", "failures_inside")
    return {name: getattr(score, name) for name in counts} | ratios
