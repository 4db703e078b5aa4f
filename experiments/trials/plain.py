"""What came out about a trial that is planned, as plain values that JSON can hold."""

import math
from typing import Any

from experiments.trials.finding import Findings
from experiments.trials.fitting import ANTI_CONSERVATIVE
from experiments.trials.operating import Operating, Share
from experiments.trials.words import answer, bullets, plain_spaces, planned, sure


def summary(findings: Findings, ensemble: str) -> dict[str, Any]:
    """Everything that is told, as plain values that JSON can hold."""
    study, one = findings.study, planned(findings)
    return {
        "name": study.file.name,
        "title": study.file.title,
        "hash": study.hash,
        "seed": study.file.seed,
        "ensemble": ensemble,
        "worlds": findings.trials.bank.worlds,
        "services_of_the_bank": findings.trials.bank.services,
        "answer": plain_spaces(answer(findings)),
        "reading": [plain_spaces(text) for text in (*bullets(findings), *sure(findings))],
        "simulated_one_by_one": findings.direct,
        "planned": _operating(one),
        "analyses": [_operating(other) for other in findings.operating],
        "curve": [_point(other) for other in findings.curve],
        "months": [_point(other) for other in findings.map if other.services == study.file.design.services],
        "practitioners_asked": [_point(other) for other in findings.asked],
        "sizes": [
            {
                "month": size.month,
                "practitioners": size.members,
                "services": size.services,
                "low": size.low,
                "high": size.high,
                "largest": size.largest,
                "largest_power": _number(size.largest_power.value),
            }
            for size in findings.sizes
        ],
        "surrogates": [
            {
                "month": at.month,
                "same_sign": at.same_sign.value,
                "explained": _number(at.explained),
                "slope": _number(at.slope),
                "kept": _number(at.kept),
                "not_confirmed": _number(at.false_promise),
            }
            for at in findings.surrogates
        ],
        "intracluster_correlation": {"true": _share(findings.alike.true), "seen": _share(findings.alike.seen)},
        "cluster_autocorrelation": _share(findings.alike.autocorrelation),
        "check": None
        if findings.check is None
        else {
            "drawn": _share(findings.check.drawn),
            "simulated": _share(findings.check.simulated),
            "trials": findings.check.trials,
            "formula": _number(findings.check.formula),
        },
    }


def _number(value: float) -> float | None:
    return None if not math.isfinite(value) else float(value)


def _share(share: Share) -> dict[str, float | None]:
    return {"value": _number(share.value), "error": _number(share.error)}


def _point(one: Operating) -> dict[str, Any]:
    return {"services": one.services, "month": one.month, "practitioners": one.members, "power": _share(one.power)}


def _operating(one: Operating) -> dict[str, Any]:
    shares = {
        name: _share(getattr(one, name))
        for name in ("power", "power_fitted", "type_one", "truth", "estimate", "bias", "coverage")
    }
    numbers = {name: _number(getattr(one, name)) for name in ("wrong_sign", "exaggeration", "width")}
    about = {"analysis": one.analysis, "services": one.services, "month": one.month, "trials": one.trials}
    return (
        about
        | {"warning_only": one.analysis in ANTI_CONSERVATIVE}
        | shares
        | numbers
        | {
            "failures": dict(one.failures),
            "failures_nothing_done": dict(one.failures_null),
        }
    )
