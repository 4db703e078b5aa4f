"""What came out about one's own service, in plain sentences and plain values."""

from typing import Any, Final

import numpy as np

from experiments.kit.words import minus
from experiments.mine.finding import LEADING, Difference, Findings, Question
from experiments.mine.forecasting import TOLD
from experiments.mine.matching import NEEDED, Match
from experiments.mine.tables import MEANT
from sim.report.sentences import NBSP, count

NAMED: Final = {
    "kept_going": "kept going",
    "high_every_look": "high at every look",
    "operating": "operating",
    "silent": "silent",
    "given_up": "given up",
}
"""Measures as a reader sees them."""

CLEAR: Final = 2.0
"""Standard errors beyond which a difference is told as one."""

ASSUMED: Final = (
    "All this follows from the model's assumptions, most of which are no evidence. It is no knowledge about your service, and no "
    "ground for a decision about it."
)


def title_of(question: Question) -> str:
    """What a page and a manifest call it."""
    return f"{question.mine.service.name}, as it is in month {question.now}"


def shown_months(question: Question) -> list[int]:
    """Months that are told: now, yearly looks after it, the horizon."""
    looks = [month for month in range(12, question.months, 12) if month > question.now]
    return [question.now, *looks, question.months]


def matched_sentence(match: Match, observations: int) -> str:
    """How many histories did what was seen."""
    kept, said = len(match.kept), f"of {count(match.tried)} histories of the model did what was seen"
    if not observations:
        all_of_them = f"all {count(match.tried)} histories count"
        return f"Nothing is said to have been seen: {all_of_them}, and the forecast is that of any such service."
    return f"{count(kept)} {said} ({_percent(kept / match.tried)})."


def refusal(question: Question, match: Match) -> list[str]:
    """Why nothing is forecast, and which observation is the implausible one."""
    observations, worst = question.mine.observations, match.implausible
    one, without = observations[worst], int(match.without[worst])
    alone = _percent(float(match.alone[worst]))
    said = [
        f"That is too few for a forecast: {NEEDED} are needed.",
        f"The implausible observation: {one.words}.",
        f"Of all histories {alone} agree with it alone. Without it {count(without)} would match.",
    ]
    if without < NEEDED:
        said.append(
            "No single observation is to blame: leaving out any one of them is not enough. They do not go together in the model."
        )
    said.append(
        "Check the file, above all this observation and its tolerance. If everything is right, the model does not know services "
        "like yours; then it cannot say what comes."
    )
    return said


def summary(findings: Findings) -> dict[str, Any]:
    """Everything that is told, as plain values that JSON can hold."""
    question, months = findings.question, shown_months(findings.question)
    return {
        "title": title_of(question),
        "service": question.mine.service.name,
        "now": question.now,
        "months": question.months,
        "seed": question.seed,
        "ensemble": question.ensemble.name,
        "tried": findings.match.tried,
        "matched": len(findings.match.kept),
        "lived_on": findings.lived,
        "futures_of_each": findings.each,
        "seen": seen(question, findings.match),
        "forecast": [{"month": month} | {name: _share(findings, name, month) for name in TOLD} for month in months],
        "months_to_come": {name: dict(zip(("mean", "error"), findings.months_to_come[name], strict=True)) for name in LEADING},
        "policies": [
            {"policy": one.name, "title": one.title} | _changes(one.changes) | {"hours_a_year": one.hours}
            for one in findings.acted
        ],
        "descriptions": [
            {"part": one.part, "own": one.own, "other": one.other, "matched": one.matched, "tried": one.tried}
            | _changes(one.changes)
            for one in findings.described
        ],
        "reading": reading(findings),
    }


def seen(question: Question, match: Match) -> list[dict[str, Any]]:
    """What was seen, with how many histories agree, as plain values."""
    return [
        {"observation": one.words, "month": one.month, "agree_alone": float(alone), "matched_without": int(without)}
        for one, alone, without in zip(question.mine.observations, match.alone, match.without, strict=True)
    ]


def refused(question: Question, match: Match) -> dict[str, Any]:
    """A refusal as plain values."""
    return {
        "service": question.mine.service.name,
        "now": question.now,
        "tried": match.tried,
        "matched": len(match.kept),
        "needed": NEEDED,
        "forecast": None,
        "implausible": question.mine.observations[match.implausible].words,
        "seen": seen(question, match),
        "reading": [matched_sentence(match, len(question.mine.observations)), *refusal(question, match)],
    }


def _share(findings: Findings, name: str, month: int) -> dict[str, float | None]:
    share = findings.shares[name]
    values = {key: float(getattr(share, key)[month - 1]) for key in ("mean", "error", "monte_carlo", "low", "high")}
    return {key: value if np.isfinite(value) else None for key, value in values.items()}


def _changes(changes: dict[str, Difference]) -> dict[str, Any]:
    return {
        name: {"share": one.other, "difference": one.value, "error": one.error} if (one := changes.get(name)) else None
        for name in LEADING
    }


def answer(findings: Findings) -> str:
    """The forecast in one sentence."""
    question, last = findings.question, findings.question.months
    said = [f"{NAMED[name]} {interval(_share(findings, name, last))}" for name in ("kept_going", "operating", "given_up")]
    return (
        f"In month {last}, of the futures of {question.mine.service.name} that the model holds for possible: {', '.join(said)}."
    )


def reading(findings: Findings) -> list[str]:
    """What came out, in plain sentences."""
    question = findings.question
    mean, error = findings.months_to_come["operating"]
    left = question.months - question.now
    found = [
        matched_sentence(findings.match, len(question.mine.observations)),
        answer(findings),
        f"Of the {left} months to come it operates in {mean:.1f} on average (± {2 * error:.1f}).",
    ]
    return [*found, luck(findings), *_best(findings), *_parts(findings), ASSUMED]


def luck(findings: Findings) -> str:
    """What the intervals are."""
    now = findings.question.now
    largest = max(float(np.nanmax(share.monte_carlo[now:])) for share in findings.shares.values())
    return (
        f"Intervals are 95 %. They hold two kinds of luck: that only {count(findings.lived)} histories live on, and that each "
        f"has only {findings.each} futures. More futures alone would move a share by at most ± {200 * largest:.1f} points."
    )


def how_sure(findings: Findings) -> list[str]:
    """What the brackets of the answer are, that worlds are in them, and what no interval holds."""
    sets = count(findings.question.ensemble.members)
    worlds = (
        f"The futures are over plausible worlds: each history has one of {sets} plausible sets of values, and those that match "
        "are of the worlds that go with what was seen."
    )
    return [luck(findings), worlds, ASSUMED]


def _best(findings: Findings) -> list[str]:
    """Which policies clearly change how often the service keeps going, or operates where no history has."""
    if not findings.acted:
        return []
    measure = leading(findings)
    clear = [one for one in findings.acted if abs(one.changes[measure].value) > CLEAR * one.changes[measure].error > 0.0]
    better = sorted((one for one in clear if one.changes[measure].value > 0.0), key=lambda one: -one.changes[measure].value)
    if not better:
        return [f"No policy from now on clearly raises the share {NAMED[measure]}."]
    best = better[0]
    gain, hours = 100 * best.changes[measure].value, best.hours["support"]
    sentence = (
        f"Of {len(findings.acted)} policies from now on, “{best.title}” changes most: {signed(gain)} points "
        f"{NAMED[measure]} in month {findings.question.months}, for {hours:,.0f} hours of support a year."
    )
    return [sentence]


def _parts(findings: Findings) -> list[str]:
    """Which part of the description the answer hangs on most."""
    measure = leading(findings)
    told = [one for one in findings.described if one.changes]
    if not told:
        return []
    most = max(told, key=lambda one: abs(one.changes[measure].value))
    change = most.changes[measure]
    if abs(change.value) <= CLEAR * change.error:
        return ["No part of the description, replaced by what another of the nine services has, clearly changes the answer."]
    sentence = (
        f"Of the description, {most.part} matters most: with {shown(most.other)} instead of {shown(most.own)} it would be "
        f"{signed(100 * change.value)} points {NAMED[measure]}."
    )
    return [sentence]


def leading(findings: Findings) -> str:
    """Measure by which policies are told: keeping going, or operating where hardly any history has kept going to now."""
    return "kept_going" if float(findings.shares["kept_going"].mean[findings.question.now - 1]) >= 0.5 else "operating"


def interval(share: dict[str, float | None]) -> str:
    """Share with its interval, such as ``25 % (23 to 27)``."""
    mean, low, high = (share[name] or 0.0 for name in ("mean", "low", "high"))
    return f"{100 * mean:.0f}{NBSP}% ({100 * low:.0f} to {100 * high:.0f})"


def points(change: dict[str, float] | None) -> str:
    """Difference with its 95 % interval, in percentage points."""
    if change is None:
        return "–"
    value, reach = 100 * change["difference"], 196 * change["error"]
    if value == 0.0 and reach < 1e-4:  # rounding of a variance that is nothing
        return "the same"
    return f"{signed(value)} ({signed(value - reach)} to {signed(value + reach)})"


def signed(value: float) -> str:
    """Whole number with its sign; what is rounded to 0 has none.

    Examples
    --------
    >>> signed(12.4), signed(-0.2), signed(-1234.0)
    ('+12', '0', '−1,234')
    """
    return minus(f"{value:+,.0f}") if round(value) else "0"


def shown(value: Any) -> str:
    """Value of a description as a reader sees it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).replace("_", " ")


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def measures_in_words() -> list[str]:
    """What the measures mean, a sentence each."""
    return [f"{NAMED[name].capitalize()}: {MEANT[name]}." for name in TOLD]
