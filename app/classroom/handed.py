"""What a student hands in: one line of JSON, checked as it comes and again when it is read from a folder."""

import json
import re
import unicodedata
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sim.problems import BadInput, Problem
from sim.scenario.messages import problems_of

VERSION: Final = 1
BYTES: Final = 16 * 1024
"""Of one hand-in at most: 24 decisions of a game with their forecasts take 4 kB."""

KEPT_BYTES: Final = 8 * BYTES
"""Of one line of a folder at most: letters beyond ASCII, and what was left out, take more bytes there than on their way."""

DECISIONS: Final = 240
FORECASTS: Final = 8
"""A chance and a range at the beginning of a game and after each third of its time are six."""

FOUND: Final = 4
"""Answers that a page found."""

WORD_LETTERS: Final = 24
_WORD: Final = re.compile(r"[^\W_][\w .'-]*")
"""A letter or digit first: a spreadsheet takes a cell that begins with = + - or @ for a formula."""

_ROW: Final = re.compile(r"(\w+)(?:\[\d+\](?: \([^)]*\))?)?")
"""Field, or row of one, in the place of a problem."""

_ID: Final = "^[0-9a-f]{32}$"


def _line(text: str) -> str:
    """Text of one line that is fit for a cell of a table."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if not _WORD.match(text) or not text.isprintable():
        raise ValueError("must begin with a letter or a digit, and be of one line")
    return text


def _word(text: str) -> str:
    text = _line(text)
    if not _WORD.fullmatch(text):
        raise ValueError("must be of letters, digits, spaces, full stops, hyphens and apostrophes")
    return text


Label = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_line)]
Sentence = Annotated[str, Field(min_length=1, max_length=600), AfterValidator(_line)]
Link = Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,39}#v1=[A-Za-z0-9%._~!*'()-]{1,8000})?$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Whole = Annotated[int, Field(ge=-(10**9), le=10**9)]
Plain = bool | Whole | Number | Annotated[str, Field(max_length=200)] | None
Cell = Plain | Annotated[list[Plain], Field(max_length=24)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Forecast(_Strict):
    """Something that a student said beforehand."""

    what: Label = Field(description="What is forecast, in the words of the page; the result of the same name is held against it.")
    kind: Literal["chance", "value"] = Field("value", description="A chance that something happens, or a number.")
    unit: Literal["share", "points", "number"] = Field("number", description="How it is shown.")
    value: Number = Field(description="The chance, from 0 to 1, or the number.")
    low: Number | None = Field(None, description="Lower end of the range that was given.")
    high: Number | None = Field(None, description="Upper end.")

    @model_validator(mode="after")
    def _sound(self) -> "Forecast":
        if self.kind == "chance" and not 0 <= self.value <= 1:
            raise ValueError("a chance is a number from 0 to 1")
        if (self.low is None) != (self.high is None):
            raise ValueError("a range has two ends")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("the lower end of a range is not above the upper one")
        return self


class Result(_Strict):
    """What came out of what was forecast."""

    what: Label = Field(description="As in the forecast.")
    value: Number = Field(description="The number; of a chance 1 where it happened, else 0.")


class Found(_Strict):
    """Something that a student found out, where nothing was forecast."""

    what: Sentence = Field(description="The question.")
    said: Sentence = Field(description="The answer, in one sentence of the page.")
    link: Link = Field("", description="The page as it was, after the lab's address; empty where it is too long.")


class HandIn(_Strict):
    """What is handed in."""

    version: Literal[1] = Field(VERSION, description="Of this form.")
    id: str = Field(pattern=_ID, description="Drawn at random when a page is loaded: the same again replaces what was handed in.")
    page: Name = Field(description="Page that it comes from.")
    word: Annotated[str, Field(min_length=1, max_length=WORD_LETTERS), AfterValidator(_word)] = Field(
        description="Code word that the student chose; no name."
    )
    forecasts: list[Forecast] = Field(default_factory=list, max_length=FORECASTS, description="What was forecast.")
    decisions: list[Annotated[dict[Name, Cell], Field(max_length=12)]] = Field(
        default_factory=list, max_length=DECISIONS, description="What was decided, in its order."
    )
    results: list[Result] = Field(default_factory=list, max_length=FORECASTS, description="What came out.")
    found: list[Found] = Field(default_factory=list, max_length=FOUND, description="What was found out.")
    again: bool = Field(False, description="Whether what came out had been shown before it was said; the room says so.")
    time: str = Field("", max_length=40, description="When it was handed in, UTC.")

    @field_validator("forecasts", "results")
    @classmethod
    def _named_once(cls, rows: list[Any]) -> list[Any]:
        names = [one.what for one in rows]
        if len(set(names)) < len(names):
            raise ValueError("each thing is forecast once")
        return rows

    @property
    def about(self) -> str:
        """What the forecasts are of: the page, what was decided, what came out; the same of the same worlds, or game."""
        return json.dumps([self.page, self.decisions, [(one.what, one.value) for one in self.results]])

    def line(self) -> str:
        """The hand-in as one line of JSON, without its end; in ASCII, as some letters end a line for some readers."""
        return json.dumps(self.model_dump(), allow_nan=False, separators=(",", ":"))


def read(text: str | bytes, where: str = "hand-in", most: int = BYTES) -> HandIn:
    """Hand-in of a text.

    Parameters
    ----------
    text : str or bytes
        JSON.
    where : str
        For messages.
    most : int
        Bytes that it may have.

    Raises
    ------
    BadInput
        With everything that is wrong.
    """
    if len(text if isinstance(text, bytes) else text.encode("utf-8", "replace")) > most:
        raise BadInput([Problem(where, "is too long", f"at most {most // 1024} kB")])
    try:
        raw = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadInput([Problem(where, "cannot be read", "one object of JSON, as the pages save it")]) from None
    if not isinstance(raw, dict):
        raise BadInput([Problem(where, "is no hand-in", "one object of JSON, as the pages save it")])
    try:
        return HandIn.model_validate(raw)
    except ValidationError as error:
        raise BadInput(_problems_of(error, where, raw)) from None


def _problems_of(error: ValidationError, where: str, raw: object) -> list[Problem]:
    """What is wrong, once for each field or row: a form of the pages never sends such a thing, but for the code word."""
    found: dict[str, Problem] = {}
    for one in problems_of(error, file=where, model=HandIn, raw=raw):
        place, row = one.where.removeprefix(f"{where}: "), _ROW.match(one.where.removeprefix(f"{where}: "))
        if row is None:
            found.setdefault("", Problem(where, one.what, ", ".join(HandIn.model_fields)))
            continue
        field = HandIn.model_fields.get(row[1])
        allowed = field.description if field is not None and field.description else ", ".join(HandIn.model_fields)
        detail = place[len(row[0]) :].lstrip(".")
        found.setdefault(row[0], Problem(f"{where}: {row[0]}", f"{detail}: {one.what}" if detail else one.what, allowed))
    return list(found.values())


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
