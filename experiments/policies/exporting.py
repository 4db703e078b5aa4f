"""A schedule as a scenario file that anybody can run: the base's file with the schedule's policies added."""

import json
import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from experiments.policies.schedules import HORIZON, Schedule
from sim.scenario import catalogue
from sim.scenario.definition import Scenario
from sim.scenario.schema import Policy
from sim.store.folder import write_text_whole

SCENARIOS: Final = "scenarios"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_QUESTION_MAX: Final = 400


def write_scenario(folder: Path, name: str, base: Scenario, schedule: Schedule, *, title: str) -> Path:
    """Write the scenario of a schedule.

    Parameters
    ----------
    folder : pathlib.Path
        Existing.
    name : str
        Of the scenario and, with ``.toml``, of the file.
    base : Scenario
        As it was read from a file.
    schedule : Schedule
    title : str

    Returns
    -------
    pathlib.Path
    """
    question = f"What becomes of {base.name} with: {schedule.words()}?"
    text = scenario_text(
        base, schedule.policies(), name=name, title=title, question=question, months=HORIZON, maker="sustain search"
    )
    path = folder / f"{name}.toml"
    write_text_whole(path, text)
    return path


def scenario_text(
    base: Scenario, policies: Iterable[Policy], *, name: str, title: str, question: str, months: int, maker: str
) -> str:
    """Scenario file of another scenario with policies added.

    Parameters
    ----------
    base : Scenario
        As it was read from a file.
    policies : iterable of Policy
        They come before its own.
    name, title, question : str
    months : int
        Horizon. What the base does later is left out.
    maker : str
        Command that makes the file.
    """
    raw = _beside(tomllib.loads(base.text))
    if len(question) > _QUESTION_MAX:
        question = f"{question[: _QUESTION_MAX - 2]}…?"
    head = {"schema_version": raw.pop("schema_version"), "name": name, "title": title, "question": question}
    head |= {"months": months}
    for key in head:
        raw.pop(key, None)
    for key, month in (("policies", "start"), ("events", "month")):  # as the base itself was read: what comes later is left out
        if key in raw:
            raw[key] = [one for one in raw[key] if one.get(month, 0) < months]
    own = [one.model_dump(exclude_defaults=True) for one in policies]
    whole = [*own, *raw.pop("policies", [])]
    about = f"# Made by `{maker}`: {base.name} with a schedule of policies.\n"
    return about + toml(head | ({"policies": whole} if whole else {}) | raw)


def copy_needed(folder: Path, base: Path) -> list[Path]:
    """Copy what the base's file refers to, so that the scenarios can be read where they are written.

    Parameters
    ----------
    folder : pathlib.Path
        Existing.
    base : pathlib.Path
        The base's file.

    Returns
    -------
    list of pathlib.Path
        Copies.
    """
    raw, copies = _raw(base), []
    name = raw.get("baseline", "")
    beside = base.parent / f"{name}.toml"
    if name and beside.is_file() and not any(one.name == name and one.path.samefile(beside) for one in catalogue()):
        other = _raw(beside)
        copies += _services_copied(folder, beside, other)
        write_text_whole(folder / beside.name, toml(_beside(other)))
        copies.append(folder / beside.name)
    return copies + _services_copied(folder, base, raw)


def _raw(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8-sig"))


def _beside(raw: dict[str, Any]) -> dict[str, Any]:
    """Tables of a scenario whose file of services is copied beside it."""
    return raw | ({"services_file": Path(raw["services_file"]).name} if "services_file" in raw else {})


def _services_copied(folder: Path, path: Path, raw: Mapping[str, Any]) -> list[Path]:
    if "services_file" not in raw:
        return []
    source = path.parent / raw["services_file"]
    return [Path(shutil.copyfile(source, folder / source.name))]


def toml(tables: Mapping[str, Any]) -> str:
    """Write values as TOML: plain ones first, then tables.

    Parameters
    ----------
    tables : mapping
        Of texts, numbers, truth values, lists and mappings of these.

    Examples
    --------
    >>> print(toml({"name": "a", "set": {"x": 1.0}, "policies": [{"lever": "clarity", "services": ["A", "B"]}]}))
    name = "a"
    <BLANKLINE>
    [set]
    x = 1.0
    <BLANKLINE>
    [[policies]]
    lever = "clarity"
    services = ["A", "B"]
    <BLANKLINE>
    """
    plain = [f"{_key(key)} = {_value(value)}" for key, value in tables.items() if not _is_table(value)]
    blocks = ["\n".join(plain)] if plain else []
    for key, value in tables.items():
        if isinstance(value, Mapping):
            blocks.append("\n".join([f"[{_key(key)}]", *_lines(value)]))
        elif _is_table(value):
            blocks += ["\n".join([f"[[{_key(key)}]]", *_lines(one)]) for one in value]
    return "\n\n".join(blocks) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """Text in quotation marks: JSON's escapes are TOML's, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_lines(value))} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)
