"""What the figures and tables of a sweep's report need, out of the study and the gathered tables.

Means are kept as arrays of shape (scenarios, points), so that 200,000 points cost no more than a few such arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from experiments.kit.words import Outcome, label_of, minus, outcome_of
from experiments.sweeps.pairs import Paired, Runs
from experiments.sweeps.study import Study
from sim.measures import LEADING, OLD_STOCKS
from sim.words import words

if TYPE_CHECKING:
    import pandas as pd

AS_IS: Final = "as in the scenario"
"""What a factor is called at a point that does not set it."""

_HEADLINES: Final = (*LEADING, "fidelity", "helped_per_post", "posts_delivering")
_LAST: Final = (*OLD_STOCKS, "share_ever_abandoned", "months_sustained", "months_to_first_abandonment")
"""What results led with in the first version, and what is made of it: told last."""


class Values(NamedTuple):
    """One outcome at every scenario and point, each array of shape (scenarios, points); NaN where there is no run.

    Attributes
    ----------
    mean, mcse : numpy.ndarray
        Over runs; MCSE is NaN for a single run.
    runs : numpy.ndarray
        Runs in which the outcome is defined.
    """

    mean: np.ndarray
    mcse: np.ndarray
    runs: np.ndarray


@dataclass(frozen=True)
class ShownFactor:
    """One factor of the design.

    Attributes
    ----------
    name : str
    kind : str
        ``parameter``, ``switch``, ``form`` or ``service``.
    unit : str
    labels : tuple of str
        Words that the codes in ``values`` stand for; empty for numbers.
    values : numpy.ndarray
        Float, shape (points,): the number, or the code of the word; NaN where the scenario's own holds.
    """

    name: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    values: np.ndarray

    @property
    def title(self) -> str:
        """Name as a reader sees it."""
        return label_of(self.name)

    @property
    def axis(self) -> str:
        """Title with its unit; words have none."""
        return self.title if self.labels or not self.unit else f"{self.title} ({self.unit})"

    @property
    def levels(self) -> np.ndarray:
        """Different values, ascending, without NaN."""
        return np.unique(self.values[~np.isnan(self.values)])

    @property
    def ordered(self) -> bool:
        """Whether more and less mean something: numbers, and whatever has two levels."""
        return not self.labels or len(self.levels) <= 2

    @property
    def places(self) -> np.ndarray:
        """Where the points stand on an axis: at their numbers, or words one after the other; shape (points,)."""
        found = np.searchsorted(self.levels, self.values).astype(float) if self.labels else self.values
        return np.where(np.isnan(self.values), np.nan, found)

    def text(self, value: float, *, digits: int = 4) -> str:
        """One value as a reader sees it, without unit."""
        if np.isnan(value):
            return AS_IS
        return words(self.labels[int(value)]) if self.labels else minus(f"{value:.{digits}g}")


class Digest:
    """A sweep as its report sees it.

    Parameters
    ----------
    study : Study
    frames : mapping of str to pandas.DataFrame
        Gathered tables: ``summary``, and whichever of ``tallies``, ``survival_counts``, ``fidelity_counts`` and ``failures``
        there are.
    failed : int, optional
        Runs that failed, if that is known: the table of failures does not list all of them where very many did.
    runs : callable, optional
        Gives the value of an outcome in every run, part by part; None where only means are known.

    Attributes
    ----------
    names : tuple of str
        Of the scenarios.
    kind : str
        Of the design; empty for a study without factors.
    points : int
    factors : tuple of ShownFactor
    months : int
        Longest horizon.
    """

    def __init__(
        self, study: Study, frames: Mapping[str, "pd.DataFrame"], *, failed: int | None = None, runs: Runs | None = None
    ) -> None:
        self.study, self.frames, self.runs = study, frames, runs
        self._failed = failed or 0
        self.names = tuple(one.name for one in study.scenarios)
        self.points = study.design.points
        self.factors = tuple(
            ShownFactor(one.name, one.kind, one.unit, one.labels, _numbers(values))
            for one, values in zip(study.design.factors, study.design.values, strict=True)
        )
        self.kind = study.design.kind if self.factors else ""
        self.months = max(one.months for one in study.scenarios)
        self._kept: dict[str, Values] = {}
        self._paired: dict[str, Paired] = {}

    def called(self, room: int = 60) -> tuple[str, ...]:
        """Scenarios as a reader sees them: by their titles, cut where they have no room; by their names where these are alike.

        Parameters
        ----------
        room : int
            Letters that a title may have.
        """
        titles = tuple(one.title for one in self.study.scenarios)
        titles = tuple(one if len(one) <= room else f"{one[: room - 1].rstrip()}…" for one in titles)
        return titles if len(set(titles)) == len(titles) else self.names

    @property
    def total(self) -> int:
        """Runs of the whole sweep, failed ones too."""
        return self.study.total

    @cached_property
    def failed(self) -> int:
        """Runs that failed, listed or not."""
        return max(self._failed, self.listed)

    @cached_property
    def listed(self) -> int:
        """Failed runs that the table of failures lists."""
        failures = self.frames.get("failures")
        return 0 if failures is None else int(failures["runs"].sum())

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes of the study that at least one run defines, in the study's order."""
        summary = self.frames.get("summary")
        if summary is None or summary.empty:
            return ()
        there = set(summary.loc[summary["mean"].notna(), "outcome"].astype(str).unique())
        return tuple(outcome_of(name, self.months) for name in self.study.outcomes if name in there)

    @cached_property
    def headlines(self) -> tuple[Outcome, ...]:
        """The same outcomes, what leads first and the old stocks last."""
        asked = {name: at for at, name in enumerate(_HEADLINES)}
        return tuple(sorted(self.outcomes, key=lambda one: (_is_old(one), asked.get(one.name, len(asked)))))

    def values(self, outcome: str) -> Values:
        """One outcome at every scenario and point."""
        if outcome not in self._kept:
            self._kept[outcome] = self._values(outcome)
        return self._kept[outcome]

    def paired(self, outcome: str) -> Paired | None:
        """Runs of equal number of an outcome, by level; None where only means are known."""
        if self.runs is None:
            return None
        if outcome not in self._paired:
            self._paired[outcome] = Paired(self, outcome)
        return self._paired[outcome]

    def _values(self, outcome: str) -> Values:
        table = self.frames["summary"]
        one = table[table["outcome"] == outcome]
        at = (self.places(one), one["point"].to_numpy())
        shape = (len(self.names), self.points)
        mean, mcse, runs = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int64)
        for array, column in ((mean, "mean"), (mcse, "mcse"), (runs, "runs")):
            array[at] = one[column].to_numpy()
        return Values(mean, mcse, runs)

    def places(self, table: "pd.DataFrame") -> np.ndarray:
        """Place of each row's scenario in ``names``; shape (rows,)."""
        codes, labels = table["scenario"].factorize()
        return np.array([self.names.index(str(label)) for label in labels], dtype=np.int64)[codes]

    def setting(self, point: int) -> str:
        """What a point sets, as a reader sees it."""
        told = [f"{one.title} = {one.text(one.values[point])}" for one in self.factors if not np.isnan(one.values[point])]
        return "; ".join(told) or AS_IS  # labels may hold commas

    @cached_property
    def varying(self) -> tuple[Outcome, ...]:
        """Outcomes that are not the same at every point, the headlines first."""
        return tuple(one for one in self.headlines if _varies(self.values(one.name).mean))

    @cached_property
    def support(self) -> int:
        """Month at which the outside support ends, if that is one month throughout the sweep; else 0."""
        if any(one.name.endswith(".support_months") for one in self.factors):
            return 0
        ends = {service.support_months for scenario in self.study.scenarios for service in scenario.services}
        return ends.pop() if len(ends) == 1 else 0

    @property
    def unweighted(self) -> bool:
        """Whether counts over runs, which have no weights, are not what the weights of the ensemble's members would give."""
        ensemble = self.study.ensemble
        return ensemble is not None and self.study.every_member and bool(np.any(ensemble.weights != ensemble.weights[0]))

    def own(self, scenario: int, factor: ShownFactor) -> float:
        """Value of a factor in a scenario as it is; NaN for words, and where services differ."""
        one = self.study.scenarios[scenario]
        if factor.labels:
            return float("nan")
        if factor.kind == "parameter":
            return float(one.record()[factor.name][0])
        service, _, field = factor.name.removeprefix("services.").rpartition(".")
        told = {float(getattr(each, field)) for each in one.services if service in ("all", each.name)}
        return told.pop() if len(told) == 1 else float("nan")


def _is_old(outcome: Outcome) -> bool:
    return outcome.name.partition("@")[0] in _LAST


def _varies(mean: np.ndarray) -> bool:
    low, high = np.nanmin(mean, axis=1, initial=np.inf), np.nanmax(mean, axis=1, initial=-np.inf)
    return bool(np.any(high > low))


def _numbers(values: np.ndarray) -> np.ndarray:
    """Values of a design as floats, with NaN where the scenario's own holds."""
    return values if values.dtype.kind == "f" else np.where(values < 0, np.nan, values.astype(float))
