"""What no message may say: words of the machinery below, which help nobody to mend anything."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sim.problems import Problem

RAW: Final = re.compile(
    r"\bNone\b|pattern|\bstring\b|\binput\b|\bvalid\b|validation|dictionary|instance|parse|permitted|boolean|integer|"
    r"\bfield required\b|<class|object at|Traceback|\[\[|\^\["
)

WRONG: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1e300, 0.5, 10**30, "", "A" * 300, [], {}, [1], ["x"], {"a": 1}, [[]], [1] * 300, "12", "\u202e", "=1",
)  # fmt: skip
"""What may stand in the place of anything."""


def raw_words(problems: Sequence[Problem]) -> list[str]:
    """Problems that are not in plain words."""
    return [str(one) for one in problems if RAW.search(f"{one.what} {one.allowed} {one.hint}")]


def spoilt(whole: Any) -> Iterator[Any]:
    """A value with something else, or nothing, in each of its places."""
    for place in _places(whole):
        for wrong in WRONG:
            yield _with(whole, place, lambda holder, key, wrong=wrong: holder.__setitem__(key, wrong))
        yield _with(whole, place, lambda holder, key: holder.__delitem__(key))


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*above, key)
        yield from _places(part, (*above, key))


def _with(whole: Any, place: tuple[Any, ...], change: Any) -> Any:
    copied = json.loads(json.dumps(whole))
    holder = copied
    for key in place[:-1]:
        holder = holder[key]
    change(holder, place[-1])
    return copied
