"""The page of one's own service: what may come, given what was seen; as ``sustain mine`` says it."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from app.pages.asking import Ask, Page, going_on, unknown
from app.pages.lab import Lab
from experiments.mine import words
from experiments.mine.asked import FUTURES, HISTORIES
from experiments.mine.finding import Findings, Question
from experiments.mine.forecasting import TOLD
from experiments.mine.forms import form_of, is_whole, of_form, tables_of
from experiments.mine.growing import Growing, Grown, Part, grown
from experiments.mine.matching import NEEDED
from experiments.mine.reading import Mine, read_mine_text
from experiments.policies.exporting import toml
from sim.ensembles import read_ensemble
from sim.problems import BadInput, Problem

NAME: Final = "mine"

KEPT: Final = 6
"""Questions whose histories are kept."""

_KEYS: Final = ("form", "text", "acting")


def ask(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """Read what a message asks for: ``{"form": {…}}`` or ``{"text": "…"}``, and ``"acting": true`` with policies from now on.

    Raises
    ------
    BadInput
        With every problem.
    """
    mine, text = _read(asked)
    acting = bool(asked.get("acting", False))
    seen = json.dumps(mine.seen.model_dump(mode="json"), sort_keys=True)
    key = (NAME, mine.scenario.hash, seen, mine.scenario.seed, acting)

    base = lab.base  # not in make: the lab is locked there

    def make() -> Growing:
        question = Question(mine, read_ensemble(), HISTORIES, FUTURES, mine.scenario.seed, 1)
        return Growing(question, acting=acting, beside=base)

    growing: Growing = lab.kept(NAME, key, make, most=KEPT)

    def run(first: int, last: int, wanted: Callable[[], bool]) -> Part:
        return growing.part(first, last, going_on(wanted))

    return Ask(key, growing.last, run, partial(_told, growing, mine, text))


PAGE: Final = Page(NAME, ask)


# ------------------------------------------------------------------------------------------------------------------ reading


def _read(asked: Mapping[str, Any]) -> tuple[Mine, str]:
    problems = unknown(asked, _KEYS)
    if not isinstance(asked.get("acting", False), bool):
        problems.append(Problem("acting", "is neither yes nor no", "true or false"))
    form, text = asked.get("form"), asked.get("text")
    if isinstance(text, str) and form is None and not problems:
        return read_mine_text(text), text
    if not isinstance(form, Mapping) or text is not None:
        problems.append(Problem("form", "neither a form nor a file is there", "one of the two"))
        raise BadInput(problems)
    tables, found = tables_of(form)
    if problems or found:
        raise BadInput([*problems, *found])
    text = toml(tables)
    try:
        return read_mine_text(text), text
    except BadInput as error:
        raise BadInput([of_form(one) for one in error.problems]) from None


# ------------------------------------------------------------------------------------------------------------------ telling


def _told(growing: Growing, mine: Mine, text: str, results: Sequence[Part], replicates: int) -> dict[str, Any]:
    question = growing.question
    found = grown(question, results)
    file = f"{mine.scenario.name}.toml"
    return {
        "stage": _stage(growing, found, replicates),
        "tried": found.match.tried,
        "of": question.histories,
        "matched": len(found.match.kept),
        "needed": NEEDED,
        "service": mine.service.name,
        "now": question.now,
        "months": question.months,
        "seen": words.seen(question, found.match),
        "form": form_of(mine),
        "form_is_whole": is_whole(mine),
        "meanings": words.measures_in_words(),
        **_forecast(question, found),
        "toml": text,
        "file": file,
        "command": f"sustain mine {file}",
    }


def _stage(growing: Growing, found: Grown, replicates: int) -> str:
    if found.early or (found.findings is None and found.match.tried < growing.question.histories):
        return "matching"
    if found.findings is None:
        return "refused"
    return "done" if replicates >= growing.last else "policies"


def _forecast(question: Question, found: Grown) -> dict[str, Any]:
    if found.findings is None:
        refused = found.match.tried == question.histories
        worst = found.match.implausible if question.mine.observations else None
        nearest = None if worst is None else question.mine.observations[worst].words
        without = None if worst is None else int(found.match.without[worst])
        return {
            "reading": words.refusal(question, found.match) if refused else [],
            "forecast": None, "shares": None, "policies": [], "nearest": nearest, "without": without,
        }  # fmt: skip
    summary = words.summary(found.findings)
    return {
        "answer": words.answer(found.findings),
        "reading": summary["reading"],
        "forecast": summary["forecast"],
        "shares": _shares(found.findings),
        "policies": [] if found.early else [_policy(one) for one in summary["policies"]],
    }


def _shares(findings: Findings) -> dict[str, dict[str, list[float]]]:
    """Every month of the forecast."""
    return {
        name: {part: [float(one) for one in getattr(findings.shares[name], part)] for part in ("mean", "low", "high")}
        for name in TOLD
    }


def _policy(one: dict[str, Any]) -> dict[str, Any]:
    """A policy with its changes in words."""
    return one | {"told": {name: words.points(one[name]) for name in ("kept_going", "operating")}}
