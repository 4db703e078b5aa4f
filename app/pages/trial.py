"""The page on which a trial is planned: a bank that is looked at from all sides; as ``sustain trial`` says it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from app.pages.asking import Ask, going_on, packed, unknown, unpacked
from app.pages.lab import Lab
from experiments.policies.exporting import toml
from experiments.trials import words
from experiments.trials.finding import Findings
from experiments.trials.plain import summary
from experiments.trials.protocol import estimand_of
from experiments.trials.reading import Study, shipped
from experiments.trials.viewing import LOSSES, Banked, choices_of, chosen_study, shipped_study, tables_of
from sim.ensembles import PLAUSIBLE
from sim.problems import BadInput, tried

NAME: Final = "trial"

FIRST: Final = "leadership-24"

KEPT: Final = 3
"""Whole banks that are kept, beside those that somebody looks at. One that is not whole stays; each study has one at most."""

ANSWERS: Final = 200
"""Answers that are kept, each of some kB: who asks for the same again, or in a class, waits for no bank."""

MAKING: Final = 480
"""Steps of a first answer, in which the bank is made."""

_ANSWERS: Final = f"answers of {NAME}"

_KEYS: Final = ("study", "services", "month", *LOSSES)


def ask(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """Read what a message asks for: ``{"study": …, "services": …, "month": …, "services_a_year": …, "given_up_a_year": …}``.

    Raises
    ------
    BadInput
        With every problem.
    """
    problems = unknown(asked, _KEYS)
    name = asked.get("study", FIRST)
    loss = {key: asked[key] for key in LOSSES if asked.get(key) is not None}
    study = tried(lambda: chosen_study(name, services=asked.get("services"), month=asked.get("month"), loss=loss), problems)
    if problems or study is None:
        raise BadInput(problems)
    file = study.file
    key = (NAME, file.name, file.design.services, file.estimand.month, file.loss.model_dump_json())
    answer = lab.known(_ANSWERS, key)
    if answer is not None:
        return Ask((*key, 1), 1, lambda _first, _end, _wanted: answer, _unpacked)
    base = lab.base
    banked: Banked = lab.kept(NAME, name, lambda: Banked(str(name), base), most=KEPT, busy=_is_busy)
    last = 1 if banked.ready else MAKING

    def run(first: int, end: int, wanted: Callable[[], bool]) -> bytes:
        steps = end * banked.steps // last
        banked.make(first * banked.steps // last, steps, going_on(wanted))
        so_far = {"bank": {"done": steps, "of": banked.steps}, "menu": menu()}
        if end < last:
            return packed(so_far)
        found = packed(so_far | _told(study, banked))  # not in what `kept` calls: the lab is locked there
        return lab.kept(_ANSWERS, key, lambda: found, most=ANSWERS)

    return Ask((*key, last), last, run, _unpacked)


def _unpacked(results: Sequence[bytes], _replicates: int) -> dict[str, Any]:
    """The last of the results holds all."""
    return unpacked(results[-1])


def _is_busy(banked: Banked) -> bool:
    return banked.busy


def menu() -> dict[str, Any]:
    """What the page's controls offer, by study."""
    found = {}
    for name in shipped():
        file = shipped_study(name).file
        own = {"services": file.design.services, "month": file.estimand.month} | file.loss.model_dump()
        found[name] = {"title": file.title, "question": file.question, "own": own, **choices_of(shipped_study(name))}
    return found


def _told(study: Study, banked: Banked) -> dict[str, Any]:
    findings = banked.findings(study)
    file = f"{study.file.name}.toml"
    return summary(findings, PLAUSIBLE) | {
        "sentence": words.plain_spaces(words.verdict(findings)),
        "estimand": [[name, words.plain_spaces(text)] for name, text in estimand_of(findings)],
        "published": list(words.PUBLISHED),
        "field": [[size, text] for size, text in words.FIELD],
        "unit": findings.study.measure.unit,
        "measure": findings.study.measure.title,
        "effects": _effects(findings),
        "trials": study.file.trials,
        "month": study.file.estimand.month,
        "wanted": study.file.analysis.power,
        "toml": toml(tables_of(study)),
        "file": file,
        "command": f"sustain trial {file}",
    }


def _effects(findings: Findings) -> list[dict[str, Any]]:
    """The true effect in each month that is looked at, over plausible worlds; and what is seen of it, arm by arm."""
    found = []
    for one in findings.months:
        effects = one.effects[~np.isnan(one.effects)]
        if one.month > 0 and len(effects):
            low, high = (float(edge) for edge in np.quantile(effects, [0.05, 0.95]))
            found.append({"month": one.month, "mean": float(effects.mean()), "low": low, "high": high})
    return found
