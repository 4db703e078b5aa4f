"""What a class handed in, as a table, as a strip of dots for each thing that was forecast, and with its scores."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.classroom.handed import Forecast, HandIn
from app.texts import sections
from experiments.leading.scoring import brier, coverage

MEANINGS: Final = {
    "word": "Code word that the student chose, with a number where it came twice; a text in quotation marks: NA is a word too",
    "page": "Page of the lab that it comes from",
    "time": "When it was handed in (UTC)",
    "what": "What was forecast, in the words of the page; empty in a row of a hand-in without a forecast",
    "kind": "chance: that something happens; value: a number",
    "unit": "How it is shown: share (0 to 1), points or number",
    "forecast": "The chance, from 0 to 1, or the number",
    "low": "Lower end of the range that was given; empty where none was",
    "high": "Upper end of the range that was given; empty where none was",
    "result": "What came out: of a chance 1 where it happened, else 0; empty where the hand-in does not have it",
    "within": "Whether the result lies in the range: yes or no; empty where there is no range or no result",
    "squared_error": "Squared distance of a chance from what came out (0 to 1); empty for other forecasts",
    "decisions": "What was decided in a game, in its order, as JSON",
    "found": "What was found out, as JSON",
    "again": "yes where what came out had been shown before it was said: such a forecast has no score",
}
"""Columns of the CSV and what they mean."""

COLUMNS: Final = tuple(MEANINGS)
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
    lines = [",".join(COLUMNS)]
    for label, one in zip(labels_of(handed), handed, strict=True):
        first = {"word": label, "page": one.page, "time": one.time, "again": "yes" if one.again else ""}
        first |= {"decisions": json.dumps(one.decisions, ensure_ascii=False)}
        first |= {"found": json.dumps([each.model_dump() for each in one.found], ensure_ascii=False)}
        rows = [first | _cells(each, _result(one, each), scored=not one.again) for each in one.forecasts] or [first]
        lines += [",".join(_cell(row.get(name)) for name in COLUMNS) for row in rows]
    return "\r\n".join([*lines, ""])


def codebook() -> str:
    """What each column of the table means, as CSV."""
    return "\r\n".join(["column,meaning", *(f"{_cell(name)},{_cell(meaning)}" for name, meaning in MEANINGS.items()), ""])


def _cell(value: object) -> str:
    """Cell of a CSV: texts in quotation marks, so that a code word such as NA is not taken for a missing value."""
    if isinstance(value, str) and value:
        return '"' + value.replace('"', '""') + '"'
    return "" if value is None or value == "" else str(value)


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
