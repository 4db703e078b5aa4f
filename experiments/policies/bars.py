"""What a leader could do, as bars on a timeline: an ingredient from one month to another at a share of its full dose."""

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.policies.ingredients import INGREDIENTS, Ingredient
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.messages import problems_of
from sim.scenario.schema import MONTHS_MAX, Policy

TEACHING: Final = ("meetings", "expectation", "protected-time", "clarity", "autonomy", "monitoring", "champion", "facilitator")
"""Eight ingredients that are told apart at a glance, in the order of a menu."""

MOST: Final = 24
"""Bars that are told apart on a timeline."""

_BY_NAME: Final = {one.name: one for one in INGREDIENTS}


class Bar(BaseModel):
    """An ingredient for a time.

    Attributes
    ----------
    act : str
        Name of the ingredient.
    start : int
        First month in force.
    end : int or None
        First month no longer in force; None for the horizon.
    dose : float
        Share of the full dose; what must be whole to be of any use stays whole.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    act: str = Field(max_length=60, description="what is done")
    start: int = Field(ge=0, lt=MONTHS_MAX, description="first month in force")
    end: int | None = Field(None, ge=1, le=MONTHS_MAX, description="first month no longer in force")
    dose: float = Field(1.0, gt=0, le=1, description="share of the full dose")

    @property
    def ingredient(self) -> Ingredient:
        """What is done."""
        return _BY_NAME[self.act]

    def policies(self, months: int) -> list[Policy]:
        """Its levers as policies of a scenario of so many months."""
        end = None if self.end is None or self.end >= months else self.end
        return [
            Policy(lever=lever, dose=dose, start=self.start, end=end) for lever, dose in self.ingredient.at(self.dose).items()
        ]


def read_bars(raw: object, *, months: int, where: str = "bars") -> tuple[Bar, ...]:
    """Bars that were given as plain values.

    Parameters
    ----------
    raw : object
        A list of mappings.
    months : int
        Horizon.
    where : str
        What problems are found at: ``where.2.start`` is the first month of the third bar.

    Raises
    ------
    BadInput
        With every problem of every bar.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) > MOST:
        raise BadInput([Problem(where, "these are no bars of a timeline", f"a list of at most {MOST} bars")])
    bars: list[Bar] = []
    problems: list[Problem] = []
    for at, one in enumerate(raw):
        found, wrong = _read(one, f"{where}.{at}", months)
        problems += wrong
        if found is not None:
            bars.append(found)
    problems = problems or _overlapping(bars, months, where)
    if problems:
        raise BadInput(problems)
    return tuple(bars)


def _read(raw: object, where: str, months: int) -> tuple[Bar | None, list[Problem]]:
    try:
        bar = Bar.model_validate(raw)
    except ValidationError as error:
        found = problems_of(error, file=where, model=Bar, raw=raw)
        return None, [Problem(_place(one.where, where), one.what, one.allowed, one.hint) for one in found]
    problems = []
    if bar.act not in TEACHING:
        problems.append(
            Problem(f"{where}.act", "there is no such act", f"one of {', '.join(TEACHING)}", did_you_mean(bar.act, TEACHING))
        )
    if bar.start >= months:
        problems.append(Problem(f"{where}.start", f"{bar.start} is after the last month", f"a month from 0 to {months - 1}"))
    elif bar.end is not None and bar.end <= bar.start:
        problems.append(
            Problem(f"{where}.end", f"it ends in month {bar.end}, before it begins", f"a month after {bar.start}, or none")
        )
    return bar, problems


def _place(found: str, where: str) -> str:
    """Place of a problem with points between its parts: a field of a form is called so."""
    field = found.removeprefix(where).strip(":. ")
    return f"{where}.{field}" if field else where


def _overlapping(bars: Sequence[Bar], months: int, where: str) -> list[Problem]:
    """Bars of the same act that are in force in the same month."""
    found = []
    for at, one in enumerate(bars):
        for other in bars[:at]:
            if one.act == other.act and one.start < (other.end or months) and other.start < (one.end or months):
                what = f"“{one.ingredient.title}” is there already from month {other.start} to {other.end or months}"
                found.append(Problem(f"{where}.{at}.start", what, "another time", "move one of the two bars, or take it away"))
                break
    return found


def policies_of(bars: Iterable[Bar], months: int) -> tuple[Policy, ...]:
    """Policies of bars, in their order.

    Parameters
    ----------
    bars : iterable of Bar
    months : int
        Horizon.
    """
    return tuple(policy for bar in bars for policy in bar.policies(months))


def told(bars: Iterable[Bar], months: int) -> str:
    """Bars as a person says them.

    Examples
    --------
    >>> told([Bar(act="clarity", start=12), Bar(act="champion", start=24, end=36, dose=0.5)], 84)
    'clear goals and a plan from month 12; appointed champion, 50 % of the full dose, months 24 to 36'
    """
    parts = []
    for one in bars:
        title = one.ingredient.title[:1].lower() + one.ingredient.title[1:]
        dose = "" if one.dose == 1.0 else f", {100 * one.dose:.0f} % of the full dose"
        time = f" from month {one.start}" if one.end is None or one.end >= months else f", months {one.start} to {one.end}"
        parts.append(title + dose + time)
    return "; ".join(parts) or "nothing"
