"""From a hypothesis file to arms that can be run: read, look up, check; every problem at once."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from experiments.hypotheses.outcomes import parts_of
from experiments.hypotheses.schema import WEIGHT_LEAST, Claim, HypothesisFile
from experiments.worlds.pairing import twins, unlike
from sim.measures import vector_names
from sim.parameters import ParameterTable, is_finite, read_table
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.catalogue import file_named, files_named
from sim.scenario.checks import check_policy
from sim.scenario.definition import Scenario
from sim.scenario.files import parse_toml, read_text
from sim.scenario.messages import problems_of, tidy
from sim.scenario.reader import read_files
from sim.store.hashing import canonical_json, text_hash

STUDIES: Final = Path(__file__).parent / "studies"
"""Folder of the hypotheses that ship."""

TEMPLATE: Final = "template"
"""A file to begin one's own with; no hypothesis."""

TO_FILL_IN: Final = ("title", "question", "prediction", "source", "reasoning")
"""Texts of the template that everybody has of their own."""

_KIND: Final = "a hypothesis file (TOML)"
_SUMS_TO_NOTHING: Final = 1e-9


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis that can be run.

    Attributes
    ----------
    file : HypothesisFile
    arms : dict of str to Scenario
        By name, in the file's order; all of one horizon and with the same services.
    text : str
        The file as it was written.
    """

    file: HypothesisFile
    arms: dict[str, Scenario]
    text: str

    @property
    def hash(self) -> str:
        """SHA-256 of the file's text: that of another wording is another hypothesis."""
        return text_hash(self.text)

    @property
    def deciding_hash(self) -> str:
        """SHA-256 of what decides the verdict: claims, their arms, rule, sizes; another text beside it changes nothing there."""
        file, asked = self.file, self.file.foretelling
        named = list(self.claimed_arms) if asked is None else [asked.arms[0], asked.arms[-1]]
        judged = None if asked is None else asked.model_dump(mode="json", exclude={"arms"})
        scenarios = [self.arms[name].hash for name in named]
        what = {
            "claims": [one.model_dump(mode="json") for one in file.claims], "foretelling": judged, "scenarios": scenarios,
            "arms": named if asked is None else [], "rule": file.rule.model_dump(mode="json"), "seed": file.seed,
            "budget": file.budget.model_dump(mode="json"), "months": file.months, "about": list(file.about),
            "prediction": file.prediction,
        }  # fmt: skip
        return hashlib.sha256(canonical_json(what)).hexdigest()

    @property
    def is_shipped(self) -> bool:
        """Whether it is one of those that ship, word for word."""
        path = shipped().get(self.file.name)
        return path is not None and text_hash(read_text(path, _KIND)) == self.hash

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that a run has to give, without repetition."""
        asked = (*self.file.estimates, *_surfaces(self.file))
        return tuple(dict.fromkeys(name for one in asked for name in parts_of(one.outcome)))

    @property
    def claimed_arms(self) -> tuple[str, ...]:
        """Arms that a claim stands on: what decides the verdict."""
        return self.arms_of(self.file.claims)

    def arms_of(self, claims: Iterable[Claim]) -> tuple[str, ...]:
        """Arms that some claims stand on, in the file's order."""
        named = {arm for one in claims for arm in one.contrast}
        return tuple(name for name in self.arms if name in named)


def shipped() -> dict[str, Path]:
    """Files of the shipped hypotheses by name, in order of their numbers."""
    found = {one.stem: one for one in STUDIES.glob("*.toml") if one.stem != TEMPLATE}
    return dict(sorted(found.items()))


def find(name_or_path: str | Path) -> Path:
    """File of a hypothesis: a file of the user's, a shipped one's name, or its number such as H4.

    Raises
    ------
    BadInput
        When there is none.
    """
    files = shipped()
    numbers = {f"H{int(name.split('-')[0][1:])}": path for name, path in files.items()}
    text = str(name_or_path)
    number = f"H{int(text[1:])}" if text[:1] in {"h", "H"} and text[1:].isascii() and text[1:].isdigit() else text
    known = f"H1 to H{len(numbers)}, a name such as {next(iter(files), '')}"
    return file_named(number if number in numbers else name_or_path, numbers | files, what="hypothesis", known=known)


def read_hypothesis(name_or_path: str | Path, *, table: ParameterTable | None = None) -> Hypothesis:
    """Read a hypothesis, with all its checks.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        A number such as H4, a name, or a file.
    table : ParameterTable, optional

    Raises
    ------
    BadInput
        With every problem found.
    """
    path, table = find(name_or_path), table or read_table()
    text = read_text(path, _KIND)
    raw, name = parse_toml(text, path.name), path.name
    try:
        file = HypothesisFile.model_validate(whole_numbers_as_such(raw))
    except ValidationError as error:
        raise BadInput(tidy(problems_of(error, file=name, model=HypothesisFile, raw=raw))) from None
    problems = [] if file.name == path.stem else [Problem(f"{name}: name", f"is '{file.name}'", f"'{path.stem}'", "rename one")]
    arms, found = arms_of(file, name, path.parent, table)
    problems += [
        *found,
        *_not_filled_in(file, name),
        *_wrong_rule(file, name),
        *_wrong_names(file, name, table),
        *_wrong_contrasts(file, name),
        *_wrong_outcomes(file, name),
    ]
    if not found and file.claims:  # the cohorts of a question of prediction need not be alike
        problems += _unlike_arms(arms, name) + _twin_arms(file, arms, name)
    if problems:
        raise BadInput(tidy(problems))
    return Hypothesis(file, arms, text)


def whole_numbers_as_such(raw: Any) -> Any:
    """The file with whole numbers where numbers are allowed: TOML tells 1 from 1.0, people do not."""
    if not isinstance(raw, dict):
        return raw
    found = dict(raw)
    for key in ("claims", "former", "also"):
        if isinstance(found.get(key), list):
            found[key] = [_numbers(one, ("contrast",), ("smallest", "error")) for one in found[key]]
    if isinstance(found.get("rule"), dict):
        found["rule"] = _numbers(found["rule"], (), tuple(found["rule"]))
    if isinstance(found.get("arms"), dict):
        found["arms"] = {name: _arm(one) for name, one in found["arms"].items()}
    return found


def _arm(table: Any) -> Any:
    found = _numbers(table, ("set",), ())
    if isinstance(found, dict) and isinstance(found.get("policies"), list):
        found["policies"] = [_numbers(one, (), ("dose",)) for one in found["policies"]]
    return found


def _numbers(table: Any, tables: Iterable[str], keys: Iterable[str]) -> Any:
    if not isinstance(table, dict):
        return table
    found = {key: _real(value) if key in keys else value for key, value in table.items()}
    for key in tables:
        if isinstance(found.get(key), dict):
            found[key] = {name: _real(value) for name, value in found[key].items()}
    return found


def _real(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and is_finite(value) else value


def arms_of(file: HypothesisFile, name: str, folder: Path, table: ParameterTable) -> tuple[dict[str, Scenario], list[Problem]]:
    """Scenarios of the arms that can be read, and the problems of the others.

    Parameters
    ----------
    file : HypothesisFile
    name : str
        Of the file, for messages.
    folder : pathlib.Path
        In which an arm's own scenario file is looked for first.
    table : ParameterTable
    """
    arms, problems = {}, []
    for arm, said in file.arms.items():
        where = f"{name}: arms.{arm}"
        try:
            files = files_named(said.scenario, folder, file=name)
            scenario = read_files(files, overrides=dict(said.set), months=file.months, table=table)
            for number, policy in enumerate(said.policies, 1):
                at = f"{where}.policies[{number}]"
                problems += check_policy(policy, at, months=file.months, known=scenario.service_names)
            arms[arm] = replace(scenario, policies=(*scenario.policies, *said.policies))
        except BadInput as error:
            problems += [Problem(f"{where} ({one.where})", one.what, one.allowed, one.hint) for one in error.problems]
    return arms, problems


def _wrong_names(file: HypothesisFile, name: str, table: ParameterTable) -> list[Problem]:
    """Mechanisms that do not exist, and names that stand twice."""
    problems = [
        Problem(f"{name}: about", f"'{one}' is no mechanism", ", ".join(table.switches), did_you_mean(one, table.switches))
        for one in file.about
        if one not in table.switches
    ]
    seen: set[str] = set()
    for one in file.estimates:
        if one.name in seen:
            problems.append(Problem(f"{name}: {one.name}", "the name stands twice", "every name once"))
        seen.add(one.name)
    if file.foretelling and (file.claims or file.former or file.also or file.surface):
        hint = "state two hypotheses"
        problems.append(Problem(f"{name}: foretelling", "stands beside claims of contrasts", "one of the two", hint))
    if not file.claims and file.foretelling is None:
        problems.append(Problem(name, "claims nothing", "[[claims]] or [foretelling]", "say what is expected before it is run"))
    return problems


def _not_filled_in(file: HypothesisFile, name: str) -> list[Problem]:
    """Texts that are still those of the template: nobody stated them."""
    template = parse_toml((STUDIES / f"{TEMPLATE}.toml").read_text(encoding="utf-8"), TEMPLATE)
    hint = "fill it in before anything runs: the report shows it as what was expected"
    problems = []
    for key in TO_FILL_IN:
        text = getattr(file, key)
        if text.strip() == template[key].strip():
            what = f"is still that of the template: '{text.split('?')[0].strip()}{'?' if '?' in text else ''}'"
            allowed = f"your own text: {HypothesisFile.model_fields[key].description}"
            problems.append(Problem(f"{name}: {key}", what, allowed, hint))
    return problems


def _wrong_rule(file: HypothesisFile, name: str) -> list[Problem]:
    least, most = file.rule.mixed_from, file.rule.sign_share
    if least < most:
        return []
    hint = "a share between the two is called mixed"
    return [Problem(f"{name}: rule.mixed_from", f"is {least:g}, not below sign_share", f"a share below {most:g}", hint)]


def _wrong_contrasts(file: HypothesisFile, name: str) -> list[Problem]:
    problems = []
    for one in file.estimates:
        where = f"{name}: {one.name}.contrast"
        problems += [_no_arm(arm, where, file) for arm in one.contrast if arm not in file.arms]
        total = sum(one.contrast.values())
        if any(abs(weight) < WEIGHT_LEAST for weight in one.contrast.values()):
            what, allowed = (
                "has a weight that is 0 or next to nothing",
                f"numbers from {WEIGHT_LEAST:g}, or -{WEIGHT_LEAST:g}, on",
            )
            problems.append(Problem(where, what, allowed, "leave out an arm that does not count"))
        elif isinstance(one, Claim) and abs(total) > _SUMS_TO_NOTHING:
            what = f"the weights add up to {total:g}"
            hint = "compare arms with arms, such as { with = 1, without = -1 }"
            problems.append(Problem(where, what, "weights that add up to 0", hint))
    asked = file.foretelling.arms if file.foretelling else ()
    for curve in file.curves:
        named = (*curve.points, *curve.references, curve.against)
        problems += [_no_arm(arm, f"{name}: curves", file) for arm in named if arm not in file.arms]
    for arm in surface_arms(file).values():
        if arm not in file.arms:
            problems.append(_no_arm(arm, f"{name}: surface", file))
    return problems + [_no_arm(arm, f"{name}: foretelling.arms", file) for arm in asked if arm not in file.arms]


def surface_arms(file: HypothesisFile) -> dict[tuple[str, str, str], str]:
    """Arms of the heat map by panel, row and column."""
    map_ = file.surface
    if map_ is None:
        return {}
    return {(p, r, c): f"{r}_{c}_{p}" for p in map_.panels for r in map_.rows for c in map_.columns}


def _no_arm(arm: str, where: str, file: HypothesisFile) -> Problem:
    return Problem(where, f"there is no arm '{arm}'", ", ".join(file.arms), did_you_mean(arm, file.arms))


def _wrong_outcomes(file: HypothesisFile, name: str) -> list[Problem]:
    known = vector_names(file.months)
    allowed = "an outcome of the region, or several joined by +"
    problems = []
    for one in (*file.estimates, *_surfaces(file)):
        where = f"{name}: {getattr(one, 'name', 'surface')}.outcome"
        wrong = [part for part in parts_of(one.outcome) if part not in known]
        problems += [Problem(where, f"'{part}' is no outcome", allowed, did_you_mean(part, known)) for part in wrong]
        kinds = {part.partition("_")[0] for part in parts_of(one.outcome)}
        if not wrong and len(kinds) > 1:
            problems.append(Problem(where, "adds up what is not of one kind", "shares with shares, hours with hours"))
    return problems


def _surfaces(file: HypothesisFile) -> tuple[Any, ...]:
    return (file.surface,) if file.surface else ()


def _twin_arms(file: HypothesisFile, arms: Mapping[str, Scenario], name: str) -> list[Problem]:
    """Contrasts of arms that say the same: nothing can come of them."""
    problems = []
    for one in file.estimates:
        named = {arm: arms[arm] for arm in one.contrast if arm in arms}
        problems += [replace(problem, where=f"{name}: {one.name}.contrast") for problem in twins(named, what="arm")]
    return problems


def _unlike_arms(arms: Mapping[str, Scenario], name: str) -> list[Problem]:
    """Why arms cannot be compared with the first."""
    (first, base), *others = arms.items()
    hints = {"months_hint": "", "set_hint": "set {name} alike in every arm"}
    problems: list[Problem] = []
    for arm, one in others:
        problems += unlike(base, one, where=f"{name}: arms.{arm}", called=f"arm '{first}'", **hints)
    return problems
