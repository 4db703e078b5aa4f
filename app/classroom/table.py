"""What a class handed in, as a table, as a strip of dots for each thing that was forecast, and with its scores."""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.classroom.handed import Forecast, HandIn
from app.texts import sections
from experiments.leading.scoring import brier, coverage

COLUMNS = (
    "word",
    "page",
    "time",
    "what",
    "kind",
    "unit",
    "forecast",
    "low",
    "high",
    "result",
    "within",
    "squared_error",
    "decisions",
    "found",
    "again",
)
"""Of the CSV: a row for each forecast, or one for a hand-in without any."""


STRIPS: Final = 20
"""Drawn at most: the pages of the lab ask for fewer things, and nobody reads more."""


@dataclass(frozen=True)
class Said:
    """One forecast of one student, with what came out, if that is there."""

    word: str
    forecast: Forecast
    result: float | None


def labels_of(handed: Sequence[HandIn]) -> list[str]:
    """Code words, with a number where one page was handed in under the same word more than once.

    Parameters
    ----------
    handed : sequence of HandIn
    """
    seen: Counter[tuple[str, str, bool]] = Counter()
    found = []
    for one in handed:
        seen[key := (one.page, one.word.casefold(), one.again)] += 1
        found.append(one.word if seen[key] == 1 else f"{one.word} ({seen[key]})")
    return found


def told(handed: Sequence[HandIn], *, revealed: bool) -> dict[str, Any]:
    """Everything that a page shows of a class, as plain JSON. What came out is in it only when it is revealed.

    What was said again, after what came out was shown, is in the rows, without a score, and in no strip.
    Of what was forecast it has the :data:`STRIPS` things that most code words forecast, and says how many ``more`` there are.

    Parameters
    ----------
    handed : sequence of HandIn
        As :attr:`app.classroom.keeping.Folder.newest` gives them.
    revealed : bool
    """
    labels = labels_of(handed)
    rows = [
        {
            "word": label,
            "page": one.page,
            "title": title_of(one.page),
            "time": one.time,
            "forecasts": len(one.forecasts),
            "decisions": len(one.decisions),
            "again": one.again,
            "scores": scores_of(_said(label, one)) if revealed else {},
        }
        for label, one in zip(labels, handed, strict=True)
    ]
    groups: dict[tuple[str, str, str, str], list[Said]] = {}
    words: dict[tuple[str, str, str, str], set[str]] = {}
    for label, one in zip(labels, handed, strict=True):
        for each in _said(label, one):
            key = (one.page, each.forecast.what, each.forecast.kind, each.forecast.unit)
            groups.setdefault(key, []).append(each)
            words.setdefault(key, set()).add(one.word.casefold())
    drawn = set(sorted(groups, key=lambda key: len(words[key]), reverse=True)[:STRIPS])
    strips = [_strip(key, group, revealed) for key, group in groups.items() if key in drawn]
    found = [
        {"word": label, "title": title_of(one.page), **each.model_dump()}
        for label, one in zip(labels, handed, strict=True)
        for each in one.found
    ]
    return {"rows": rows, "strips": strips, "more": len(groups) - len(strips), "found": found, "revealed": revealed}


def _said(label: str, one: HandIn) -> list[Said]:
    """Forecasts of a hand-in that were said before what came out was shown."""
    return [] if one.again else [Said(label, each, _result(one, each)) for each in one.forecasts]


def title_of(page: str) -> str:
    """Title of a page; its name where this lab has no such page.

    Parameters
    ----------
    page : str
    """
    return str(sections().get(page, {}).get("title", page))


def scores_of(said: Sequence[Said]) -> dict[str, Any]:
    """Scores of forecasts whose results are there: Brier of chances, coverage of ranges; how many each is of.

    Parameters
    ----------
    said : sequence of Said
    """
    there = [(one.forecast, one.result) for one in said if one.result is not None]
    chances = [(each.value, result) for each, result in there if each.kind == "chance" and result in (0.0, 1.0)]
    ranges = [(each.low, each.high, result) for each, result in there if each.low is not None and each.high is not None]
    found: dict[str, Any] = {}
    if chances:
        found |= {"brier": brier(*zip(*chances, strict=True)), "chances": len(chances)}
    if ranges:
        found |= {"coverage": coverage(*zip(*ranges, strict=True)), "ranges": len(ranges)}
    return found


def _strip(key: tuple[str, str, str, str], group: Sequence[Said], revealed: bool) -> dict[str, Any]:
    """One strip: a dot for each forecast; once revealed, what came out beside them, and the scores."""
    page, what, kind, unit = key
    results = sorted({one.result for one in group if one.result is not None})
    return {
        "page": page,
        "what": what,
        "kind": kind,
        "unit": "share" if kind == "chance" else unit,
        "points": [
            {"label": one.word, "value": one.forecast.value, "low": one.forecast.low, "high": one.forecast.high}
            | ({"result": one.result} if revealed else {})
            for one in group
        ],
        # where every student had a run of their own there is no one line to draw
        "result": results[0] if revealed and len(results) == 1 else None,
        "results": len(results) if revealed else 0,
        "scores": scores_of(group) if revealed else {},
    }


def _result(one: HandIn, forecast: Forecast) -> float | None:
    """What came out of a forecast; None where the hand-in does not have it."""
    return next((each.value for each in one.results if each.what == forecast.what), None)


def as_csv(handed: Sequence[HandIn]) -> str:
    """Table of all forecasts, for a spreadsheet.

    Parameters
    ----------
    handed : sequence of HandIn
    """
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    rows.writeheader()
    for label, one in zip(labels_of(handed), handed, strict=True):
        first = {"word": label, "page": one.page, "time": one.time, "again": "yes" if one.again else ""}
        first |= {"decisions": json.dumps(one.decisions, ensure_ascii=False)}
        first |= {"found": json.dumps([each.model_dump() for each in one.found], ensure_ascii=False)}
        rows.writerows([first | _cells(each, _result(one, each), scored=not one.again) for each in one.forecasts] or [first])
    return text.getvalue()


def _cells(each: Forecast, result: float | None, *, scored: bool) -> dict[str, Any]:
    scores = scores_of([Said("", each, result)]) if scored else {}
    return {
        "what": each.what,
        "kind": each.kind,
        "unit": each.unit,
        "forecast": each.value,
        "low": each.low,
        "high": each.high,
        "result": result,
        "within": {1.0: "yes", 0.0: "no"}.get(scores.get("coverage", -1.0), ""),
        "squared_error": scores.get("brier", ""),
    }


def as_lines(handed: Sequence[HandIn]) -> str:
    """Everything that was handed in, a line of JSON each."""
    return "".join(f"{one.line()}\n" for one in handed)
