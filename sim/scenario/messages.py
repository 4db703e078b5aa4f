"""Problems in a scenario file, in words that help to mend it.

Pydantic finds what is wrong; here its findings become where, what, allowed and hint, without its vocabulary.
Places count from 1: ``services[2] (B).staff`` is the second service's staff.
"""

import math
import re
import sys
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sim.problems import Problem, did_you_mean
from sim.scenario.letters import UNSEEN, unseen
from sim.scenario.values import number_hint, number_of

_TYPE_WORDS: Final = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "text in quotation marks",
    list: "a list",
    dict: "a table",
}


def _unwrap(annotation: Any) -> list[Any]:
    """Members of a union without None, without Annotated."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [leaf for member in get_args(annotation) for leaf in _unwrap(member) if leaf is not type(None)]
    if hasattr(annotation, "__metadata__"):
        return _unwrap(annotation.__origin__)
    return [annotation]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Model that a field holds, directly or as a list's items."""
    for one in _unwrap(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
        if get_origin(one) is list:
            return _model_in(get_args(one)[0])
    return None


def words_of(info: FieldInfo) -> list[str]:
    """Words that a field accepts; empty when it takes no fixed words."""
    return [str(word) for one in _unwrap(info.annotation) if get_origin(one) is Literal for word in get_args(one)]


def unit_of(info: FieldInfo) -> str:
    """Unit of a field."""
    extra = info.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def bounds_of(info: FieldInfo) -> str:
    """Bounds of a numeric field in words; empty when it has none."""
    keys = ("ge", "gt", "le", "lt")
    found = {key: getattr(one, key) for one in info.metadata for key in keys if getattr(one, key, None) is not None}
    if not found:
        return ""
    if "ge" in found and found.get("ge") == found.get("le"):
        return f"{found['ge']}"
    low = f"{found['ge']}" if "ge" in found else f"more than {found['gt']}"
    if "lt" in found:
        return f"from {low} to below {found['lt']}"
    return f"from {low} to {found['le']}" if "le" in found else f"from {low}"


def allowed_of(info: FieldInfo) -> str:
    """What a field accepts, in words.

    Parameters
    ----------
    info : pydantic.fields.FieldInfo

    Returns
    -------
    str
        For instance ``a whole number from 1 to 1200 (months)``.
    """
    words = words_of(info)
    kinds = [get_origin(one) or one for one in _unwrap(info.annotation) if get_origin(one) is not Literal]
    if words and not kinds:
        return ", ".join(words)
    if words:
        return unit_of(info)
    if _model_in(info.annotation):
        return "tables" if list in kinds else "a table"
    text = " or ".join(dict.fromkeys(_TYPE_WORDS.get(kind, "text in quotation marks") for kind in kinds))
    bounds, unit = bounds_of(info), unit_of(info)
    text = f"{text} {bounds}" if bounds else text
    return f"{text} ({unit})" if unit and unit not in text and unit not in ("text", "word", "number") else text


def _label(item: Any) -> str:
    """Name of a list's item, to be found by eye."""
    if isinstance(item, Mapping):
        for key in ("name", "alias", "lever", "kind"):
            if isinstance(item.get(key), str) and item[key]:
                return f" ({item[key]})"
    return ""


def place(location: Sequence[str | int], raw: Any) -> str:
    """Path to a place in a file, list items counted from 1 and named.

    Parameters
    ----------
    location : sequence of str or int
    raw : object
        What the file holds.

    Examples
    --------
    >>> place(("services", 0, "staff"), {"services": [{"name": "A"}]})
    'services[1] (A).staff'
    """
    text = ""
    for step in location:
        if isinstance(step, int):
            raw = raw[step] if isinstance(raw, Sequence) and not isinstance(raw, str) and step < len(raw) else None
            text += f"[{step + 1}]{_label(raw)}"
        else:
            raw = raw.get(step) if isinstance(raw, Mapping) else None
            text += f".{step}" if text else step
    return text


def shown(value: Any) -> str:
    """Value as a message quotes it: short, text in quotation marks."""
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else _plain(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(value: Any) -> str:
    """Value as text; of a whole number that is too long for that, only its length."""
    try:
        return str(value)
    except ValueError:
        return f"a whole number of more than {sys.get_int_max_str_digits():,} digits"


def listed(names: Sequence[str], total: int) -> str:
    """Names of services as a message lists them: nine at most, or ``all``.

    Parameters
    ----------
    names : sequence of str
    total : int
        Number of services that there are.
    """
    if len(names) == total > 1:
        return "all"
    return ", ".join(names[:9]) + (f" and {len(names) - 9} more" if len(names) > 9 else "")


def kind_of(value: Any) -> str:
    """What kind of value a file holds, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{shown(value)} (true or false)"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, datetime | date | time):
        return f"the {'date' if isinstance(value, date) else 'time of day'} {value.isoformat()}"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    return f"the number {shown(value)}" if isinstance(value, int | float) else f"the value {shown(value)}"


def _find(
    model: type[BaseModel], location: Sequence[str | int]
) -> tuple[list[str | int], type[BaseModel] | None, FieldInfo | None]:
    """Follow an error's location through the models; union branches that pydantic adds to it fall away."""
    real: list[str | int] = []
    info: FieldInfo | None = None
    here: type[BaseModel] | None = model
    for step in location:
        if isinstance(step, int):
            real.append(step)
        elif here is not None and step in here.model_fields:
            info = here.model_fields[step]
            real.append(step)
            nested = _model_in(info.annotation)
            here = nested or None
        elif here is None and info is not None and dict in [get_origin(one) for one in _unwrap(info.annotation)]:
            real.append(step)  # a key of a free table, such as parameters
        elif step is location[-1] and here is not None:
            real.append(step)
    return real, here, info


_JOINED: Final = {
    rf"^[a-z0-9]+({joint}[a-z0-9]+)*$": (joint, called) for joint, called in (("-", "hyphens"), ("_", "underscores"))
}
"""Patterns of names of lower-case words: what joins them, and what that is called."""


_ELSEWHERE: Final = {
    "seen": "a file that says what has been seen of a service is asked by `sustain mine`",
    "estimand": "a study file is asked by `sustain trial`",
}
"""Keys at the top of files of another kind, and who reads these."""


def _one(error: Mapping[str, Any], file: str, model: type[BaseModel], raw: Any) -> Problem:
    location = list(error["loc"])
    kind, value = str(error["type"]), error["input"]
    if kind == "extra_forbidden":
        parent, owner, _ = _find(model, location[:-1])
        known = list((owner or model).model_fields)
        hint = _ELSEWHERE.get(str(location[-1]), "") if len(location) == 1 else ""
        hint = hint or did_you_mean(str(location[-1]), known)
        return Problem(f"{file}: {place([*parent, location[-1]], raw)}", f"unknown key '{location[-1]}'", ", ".join(known), hint)
    if location[-1:] == ["[key]"]:  # the name of a table that is named freely
        location, value = location[:-1], str(location[-2])
    real, _, info = _find(model, location)
    where = f"{file}: {place(real, raw)}" if real else file
    joined_by = _JOINED.get(str(error.get("ctx", {}).get("pattern", "")))
    if kind == "string_pattern_mismatch" and joined_by and isinstance(value, str) and value and not list(unseen(value)):
        joint, called = joined_by
        better = re.sub(r"[^a-z0-9]+", joint, value.lower()).strip(joint)
        return Problem(
            where,
            f"{shown(value)} cannot be used here",
            f"lower-case words joined by {called}",
            f"such as '{better}'" if better else "",
        )
    allowed = allowed_of(info) if info is not None else "a table"
    if kind == "missing":
        meaning = info.description if info is not None else ""
        return Problem(where, f"missing key '{location[-1]}'", allowed, f"it says: {meaning}" if meaning else "")
    what, hint = _what(kind, value, info, error.get("ctx", {}))
    if isinstance(value, str) and info is not None and words_of(info):
        begun = [word for word in words_of(info) if value and word.startswith(value)]
        hint = f"did you mean '{begun[0]}'?" if len(begun) == 1 else did_you_mean(value, words_of(info)) or hint
    return Problem(where, what, allowed, hint)


def _what(kind: str, value: Any, info: FieldInfo | None, about: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with a value, and what to do about it."""
    if kind == "value_error":  # what a model's own check says, in words
        return str(about["error"]), ""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number", "leave the key out where the value is unknown"
    if kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        return f"{shown(value)} is out of bounds", ""
    if kind == "literal_error" and isinstance(value, str):
        return f"unknown word {shown(value)}", ""
    if kind in (UNSEEN, "string_pattern_mismatch") and isinstance(value, str) and (letters := list(unseen(value))):
        place, letter = letters[0]
        return f"{shown(value)} holds {letter} as character {place}", "delete it, or type the name anew"
    if kind == "string_too_long":
        return f"{shown(value)} has {len(value):,} characters", f"up to {about['max_length']:,} can be used"
    if kind in ("string_pattern_mismatch", "string_too_short"):
        if value == "":
            return "is empty", "give it a text"
        hint = "up to 60 characters that can be seen, no spaces at the ends; see scenarios/README.md"
        return f"{shown(value)} cannot be used here", hint
    if kind in ("too_short", "list_too_short"):
        return "is an empty list", "leave the key out, or give at least one"
    if kind in ("too_long", "list_too_long"):
        return "has too many entries", ""
    if isinstance(value, str) and info is not None:
        try:
            number_of(value)
        except ValueError:
            if number_hint(value) and not {int, float}.isdisjoint(_unwrap(info.annotation)):
                return f"{shown(value)} is not a number", number_hint(value)
        else:
            return f"{shown(value)} is text, not a number", "write the number without quotation marks"
    if isinstance(value, datetime | date | time):
        months = info is not None and "month" in unit_of(info)
        return f"is {kind_of(value)}", "months are counted from the training, which is month 0: write a number" if months else ""
    if kind == "int_type" and isinstance(value, float):
        return f"{value} is not a whole number", ""
    return f"is {kind_of(value)}", ""


def problems_of(error: ValidationError, *, file: str, model: type[BaseModel], raw: Any) -> list[Problem]:
    """Problems that a validation found.

    Parameters
    ----------
    error : pydantic.ValidationError
    file : str
        Name of the file, for the place.
    model : type of pydantic.BaseModel
        Model that was validated against.
    raw : object
        What the file holds.

    Returns
    -------
    list of Problem
        One a place: a value refused by every member of a union is reported once.
    """
    found: dict[tuple[str, str], Problem] = {}
    for one in error.errors(include_url=False):
        problem = _one(one, file, model, raw)
        key = (problem.where, problem.what if problem.what.startswith(("unknown key", "missing key")) else "")
        found.setdefault(key, problem)
    return list(found.values())


def tidy(problems: Sequence[Problem]) -> list[Problem]:
    """Problems fit for a terminal: each once, long quotations cut, nothing unprintable.

    Parameters
    ----------
    problems : sequence of Problem

    Returns
    -------
    list of Problem
    """

    def clean(text: str, most: int) -> str:
        printable = "".join(one if one.isprintable() else "?" for one in text)
        return printable if len(printable) <= most else printable[: most - 3] + "..."

    cleaned = [
        Problem(clean(one.where, 240), clean(one.what, 240), clean(one.allowed, 1200), clean(one.hint, 240)) for one in problems
    ]
    return list(dict.fromkeys(cleaned))
