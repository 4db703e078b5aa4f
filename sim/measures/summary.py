"""Streaming summary of a run: counts and exact sums over batches of replicates; memory does not grow with replicates.

Everything kept is a whole number, so the result depends neither on the batch size nor on the number of threads.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from sim import codes
from sim.columns import Table
from sim.engine import Batch
from sim.history import added_on, landmarks
from sim.measures import tables as declare
from sim.measures.survival import ENDINGS, RISK_MONTHS, Spells, Survival, endings_of, kaplan_meier
from sim.measures.units import Unit, unit_codes, units_of
from sim.measures.values import OUTCOME_NAMES, values_of
from sim.plan import Plan, room_of

FIDELITY_LOW: Final = 1.0
FIDELITY_BIN: Final = 0.01
FIDELITY_BINS: Final = 400
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

CANDIDATES: Final = 2000
"""The typical and the extreme replicate are chosen among the first so many."""

_COUNTED: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "sustained": lambda rows: rows["state"] == codes.SUSTAINED,
    "abandoned": lambda rows: rows["state"] == codes.ABANDONED,
    "operating": lambda rows: rows["use"] == codes.OPERATING,
    "given_up": lambda rows: rows["use"] == codes.GIVEN_UP,
    "kept_going": lambda rows: rows["kept_going"] == 1,
}
"""What services are counted by in each replicate, from the rows of a batch."""


def _by_service(mask: np.ndarray, service: np.ndarray) -> np.ndarray:
    """How many posts are so, by service: every service has a post."""
    return np.bincount(service, weights=mask.sum(axis=0)).astype(np.int64)


class Summary:
    """Outcomes of a run with Monte Carlo standard errors, added up batch by batch.

    Parameters
    ----------
    plan : Plan

    Attributes
    ----------
    units : tuple of Unit
        What results are given for.
    replicates : int
        Added so far.

    Examples
    --------
    ``summary = Summary(plan)``, then ``summary.add(batch)`` for every batch in replicate order, then ``summary.tables()``.
    A batch may come as blocks of its services, one after the other.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.units: tuple[Unit, ...] = units_of(plan)
        self.replicates = 0
        services, months, units = len(plan.services), plan.months, len(self.units)
        shape = (len(OUTCOME_NAMES), units, months)
        self._sums = np.zeros(shape, np.int64)
        self._squares = np.zeros(shape, object)  # Python's integers: squares of hours outgrow 64 bits
        self._defined = np.zeros(shape, np.int64)
        self._divisors = np.ones((len(OUTCOME_NAMES), units))
        self._fidelity = np.zeros((units, months, FIDELITY_BINS), np.int64)
        self._spells = {ending: Spells(services, months) for ending in ENDINGS}
        self._landmarks = landmarks(months)
        self._numbers = np.zeros((len(_COUNTED), len(self._landmarks), services + 1), np.int64)
        self._decisions = np.zeros((services, len(declare.DECIDED), len(declare.FORCE_LABELS)), np.int64)
        self._deciders = np.zeros((services, len(declare.DECIDED)), np.int64)
        self._candidates: list[np.ndarray] = []
        self._candidate_numbers: list[int] = []
        self._sustained = np.zeros(months, np.int64)
        self._under_way: list[int] = []  # replicates of which some services are still to come
        self._next = 0
        self._carried: list[np.ndarray] = []
        self._numbers_so_far: dict[str, np.ndarray] = {}

    def add(self, batch: Batch) -> None:
        """Add a batch of replicates, or the next block of one.

        Raises
        ------
        ValueError
            For a block that is not the next one.
        """
        last = self._follow(batch)
        whole = last and batch.first == 0
        for value in values_of(self.plan, batch, self.units, before=None if whole else self._carried):
            if last:
                self._add_value(OUTCOME_NAMES.index(value.name), value.numerator, value.divisor, value.defined)
        self._add_fidelity(batch)
        for spells, ending in zip(self._spells.values(), endings_of(batch), strict=True):
            spells.add(batch.rows["sessions"], ending, batch.places)
        self._add_numbers(batch, last)
        self._add_decisions(batch)

    def _follow(self, batch: Batch) -> bool:
        """Whether no block of these replicates comes after this one, which must be the next."""
        mine, last = batch.replicates.tolist(), batch.is_last(self.plan)
        if batch.first != self._next or (batch.first and mine != self._under_way):
            waited = f"service {self._next} of replicates {self._under_way or 'to come'}"
            raise ValueError(f"blocks out of order: waited for {waited}, not for service {batch.first} of replicates {mine}")
        self._under_way, self._next = ([], 0) if last else (mine, batch.places.stop)
        self.replicates += len(mine) if last else 0
        return last

    def _add_value(self, at: int, numerator: np.ndarray, divisor: np.ndarray, defined: np.ndarray | None) -> None:
        self._divisors[at] = divisor
        self._sums[at] += numerator.sum(axis=0)
        fits = int(np.abs(numerator).max()) ** 2 * len(numerator) < 2**63
        wide = numerator if fits else numerator.astype(object)
        self._squares[at] += (wide * wide).sum(axis=0)
        self._defined[at] += len(numerator) if defined is None else defined.sum(axis=0)

    def _add_fidelity(self, batch: Batch) -> None:
        """Histogram of the services' fidelity, for each unit and month."""
        fidelity = batch.rows["fidelity"]
        place = np.clip(np.floor((fidelity - FIDELITY_LOW) / FIDELITY_BIN + 1e-9), 0, FIDELITY_BINS - 1).astype(np.int64)
        month = np.broadcast_to(np.arange(fidelity.shape[2]), fidelity.shape)
        flat = month * FIDELITY_BINS + place
        known = fidelity > 0.0
        size = fidelity.shape[2] * FIDELITY_BINS
        for at, unit in enumerate(self.units):
            mine = unit.within(batch.places)
            found = flat[:, mine][known[:, mine]]
            self._fidelity[at] += np.bincount(found, minlength=size).reshape(-1, FIDELITY_BINS)

    def _add_numbers(self, batch: Batch, last: bool) -> None:
        """Number of services sustained, abandoned and so on, and the candidates for a typical replicate."""
        services = len(self.plan.services)
        for at, (name, is_so) in enumerate(_COUNTED.items()):
            count = added_on(self._numbers_so_far.pop(name, None), is_so(batch.rows))
            if not last:
                self._numbers_so_far[name] = count
                continue
            for place, month in enumerate(self._landmarks):
                self._numbers[at, place] += np.bincount(count[:, month - 1], minlength=services + 1)
            if name == "sustained":
                self._sustained += count.sum(axis=0)
                room = CANDIDATES - len(self._candidates)
                self._candidates += list(count[:room].astype(np.int32))
                self._candidate_numbers += batch.replicates[:room].tolist()

    def _add_decisions(self, batch: Batch) -> None:
        """Forces that tipped the decision by which each post came to be what it is at the end."""
        ends, places = batch.ends, batch.places
        status, tipped = ends["status"], ends["tipped"]
        service = np.repeat(np.arange(batch.rows.shape[1]), room_of(self.plan.services[places]))
        decided = ends["decided_month"] >= 0
        for at, code in enumerate(declare.DECIDED):
            mine = decided & (status == code)
            self._deciders[places, at] += _by_service(mine, service)
            for force, bit in enumerate(declare.FORCE_BITS):
                tipping = mine & (tipped & bit != 0) if bit else mine & (tipped == 0)
                self._decisions[places, at, force] += _by_service(tipping, service)

    # ------------------------------------------------------------------------------------------------------------ results

    @property
    def typical(self) -> int:
        """Replicate whose share of sustained services runs nearest to the mean; the lowest number of several."""
        return self._candidate_numbers[int(np.argmin(self._distances()))]

    @property
    def extreme(self) -> int:
        """Replicate whose share of sustained services runs farthest from the mean; the lowest number of several."""
        return self._candidate_numbers[int(np.argmax(self._distances()))]

    def _distances(self) -> np.ndarray:
        if not self._candidates:
            raise ValueError("no replicate was added")
        gaps = np.array(self._candidates, dtype=np.int64) * self.replicates - self._sustained
        return (gaps.astype(float) ** 2).sum(axis=1)

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and their Monte Carlo standard errors.

        Returns
        -------
        mean, mcse : numpy.ndarray
            Shape (outcomes, units, months); the mean is NaN where no replicate has a value, the error where fewer than two have.
        """
        count = self._defined
        divisor = self._divisors[:, :, None]
        mean = np.divide(self._sums, count, out=np.full(count.shape, np.nan), where=count > 0) / divisor
        # n * sum of squares - (sum)^2 loses all digits in floats when values hardly differ; Python's integers keep them.
        exact: Any = count.astype(object) * self._squares - self._sums.astype(object) ** 2
        several = count > 1
        below = count.astype(float) ** 2 * (count - 1.0)
        mcse = np.full(count.shape, np.nan)
        mcse[several] = np.sqrt(exact.astype(float)[several] / below[several])
        return mean, mcse / divisor

    def fidelity_quantiles(self) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles of fidelity from the histograms, right to a bin (0.01), and how many values they stand on.

        Returns
        -------
        quantiles : numpy.ndarray
            Shape (units, months, quantiles).
        values : numpy.ndarray
            int64, shape (units, months).
        """
        below = np.cumsum(self._fidelity, axis=2)
        total = below[:, :, -1]
        result = np.full((*total.shape, len(QUANTILES)), np.nan)
        for at, share in enumerate(QUANTILES):
            wanted = np.maximum(share * total, 1e-9)
            place = np.minimum((below < wanted[:, :, None]).sum(axis=2), FIDELITY_BINS - 1)
            inside = np.take_along_axis(self._fidelity, place[:, :, None], axis=2)[:, :, 0]
            before = np.take_along_axis(below, place[:, :, None], axis=2)[:, :, 0] - inside
            part = np.divide(wanted - before, inside, out=np.zeros(total.shape), where=inside > 0)
            result[:, :, at] = np.where(total > 0, FIDELITY_LOW + FIDELITY_BIN * (place + part), np.nan)
        return result, total

    def spells_of(self, unit: Unit, ending: str = "abandoned") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Counts of events, of censored spells, and of first sessions by month (place 0: none), over a unit's services."""
        spells, mine = self._spells[ending], unit.services
        return spells.events[mine].sum(axis=0), spells.censored[mine].sum(axis=0), spells.first_sessions[mine].sum(axis=0)

    def tables(self) -> dict[str, tuple[Table, dict[str, np.ndarray]]]:
        """Summary tables, each with its declaration.

        Returns
        -------
        dict
            ``summary_monthly``, ``summary_states``, ``summary_fidelity``, ``summary_fidelity_bins``, ``summary_survival``,
            ``summary_endings``, ``summary_risks``, ``summary_starts``, ``summary_numbers``,
            ``summary_decisions``, ``summary_replicates``.
        """
        means = self.means()
        fits = {ending: [kaplan_meier(*self.spells_of(unit, ending)[:2]) for unit in self.units] for ending in ENDINGS}
        found = (
            self._monthly(*means),
            self._states(*means),
            self._fidelity_rows(),
            self._fidelity_bins(),
            declare.filled(declare.survival_table(self.units), self._curves(fits["abandoned"])),
            self._endings(fits),
            self._risks(fits),
            self._starts(),
            self._number_rows(),
            self._decision_rows(),
            declare.filled(declare.replicates_table(), {"kind": np.array([0, 1]), "replicate": [self.typical, self.extreme]}),
        )
        return {table.name: (table, rows) for table, rows in found}

    def _monthly(self, mean: np.ndarray, mcse: np.ndarray) -> tuple[Table, dict[str, np.ndarray]]:
        group, unit = unit_codes(self.units)
        outcomes, units, months = mean.shape
        every = np.indices((units, outcomes, months)).reshape(3, -1)
        swapped = {name: np.swapaxes(one, 0, 1) for name, one in (("mean", mean), ("mcse", mcse), ("replicates", self._defined))}
        keys = {"group": group[every[0]], "unit": unit[every[0]], "outcome": every[1], "month": every[2] + 1}
        return declare.filled(declare.monthly_table(self.units), keys | swapped)

    def _states(self, mean: np.ndarray, mcse: np.ndarray) -> tuple[Table, dict[str, np.ndarray]]:
        quantiles, values = self.fidelity_quantiles()
        group, unit = unit_codes(self.units)
        at = np.array(self._landmarks) - 1
        count = len(at)
        parts: dict[str, Any] = {
            "group": np.repeat(group, count),
            "unit": np.repeat(unit, count),
            "month": np.tile(at + 1, len(self.units)),
            "services": np.repeat([len(one.services) for one in self.units], count),
            "replicates": np.full(len(self.units) * count, self.replicates),
            "fidelity_values": values[:, at],
        }
        for place, name in enumerate(declare.QUANTILE_NAMES):
            parts[name] = quantiles[:, at, place]
        for name in declare.WIDE_OUTCOMES:
            place = OUTCOME_NAMES.index(name)
            parts[name] = mean[place][:, at]
            parts[f"{name}_mcse"] = mcse[place][:, at]
        return declare.filled(declare.states_table(self.units), parts)

    def _fidelity_rows(self) -> tuple[Table, dict[str, np.ndarray]]:
        quantiles, values = self.fidelity_quantiles()
        group, unit = unit_codes(self.units)
        every = np.indices(values.shape).reshape(2, -1)
        parts: dict[str, Any] = {"group": group[every[0]], "unit": unit[every[0]], "month": every[1] + 1, "values": values}
        parts |= {name: quantiles[:, :, place] for place, name in enumerate(declare.QUANTILE_NAMES)}
        return declare.filled(declare.fidelity_table(self.units), parts)

    def _fidelity_bins(self) -> tuple[Table, dict[str, np.ndarray]]:
        """Distribution of fidelity at the landmarks, in bins of 0.1."""
        at = np.array(self._landmarks) - 1
        counts = self._fidelity[:, at].reshape(len(self.units), len(at), declare.WIDE_BINS, -1).sum(axis=3)
        group, unit = unit_codes(self.units)
        every = np.indices(counts.shape).reshape(3, -1)
        parts: dict[str, Any] = {"group": group[every[0]], "unit": unit[every[0]], "month": at[every[1]] + 1}
        parts |= {"bin": every[2], "values": counts}
        return declare.filled(declare.fidelity_bins_table(self.units), parts)

    def _curves(self, fits: list[Survival]) -> dict[str, Any]:
        """Columns of the units' curves one after the other."""
        times = self.plan.months + 1
        group, unit = unit_codes(self.units)
        parts: dict[str, Any] = {"group": np.repeat(group, times), "unit": np.repeat(unit, times)}
        names = {"months": "since_first_session"}
        for name in fits[0]._fields:
            parts[names.get(name, name)] = np.concatenate([getattr(fit, name) for fit in fits])
        return parts

    def _endings(self, fits: Mapping[str, list[Survival]]) -> tuple[Table, dict[str, np.ndarray]]:
        found = [self._curves(fits[ending]) | {"ending": at} for at, ending in enumerate(ENDINGS[:2])]
        size = len(self.units) * (self.plan.months + 1)
        parts = {name: np.concatenate([np.broadcast_to(one[name], size) for one in found]) for name in found[0]}
        return declare.filled(declare.endings_table(self.units), parts)

    def _risks(self, fits: Mapping[str, list[Survival]]) -> tuple[Table, dict[str, np.ndarray]]:
        times = [month for month in RISK_MONTHS if month < self.plan.months]
        group, unit = unit_codes(self.units)
        rows = []
        for at, ending in enumerate(ENDINGS):
            for place, fit in enumerate(fits[ending]):
                for time in times:
                    risk = 1.0 - fit.survival[time], 1.0 - fit.high[time], 1.0 - fit.low[time]
                    rows.append((at, group[place], unit[place], time, fit.at_risk[time], *risk))
        table = declare.risks_table(self.units)
        parts = {name: np.array([row[at] for row in rows]) for at, name in enumerate(table.names)}
        return declare.filled(table, parts)

    def _starts(self) -> tuple[Table, dict[str, np.ndarray]]:
        group, unit = unit_codes(self.units)
        parts: dict[str, Any] = {"group": group, "unit": unit}
        rows = []
        for one in self.units:
            events, _, first = self.spells_of(one)
            started = int(first[1:].sum())
            middle = int(np.searchsorted(np.cumsum(first[1:]), started / 2.0)) + 1 if started else math.nan
            rows.append((started, int(first[0]), middle, int(events.sum())))
        for place, name in enumerate(("started", "never_started", "median_first_session", "abandoned")):
            parts[name] = np.array([row[place] for row in rows])
        return declare.filled(declare.starts_table(self.units), parts)

    def _number_rows(self) -> tuple[Table, dict[str, np.ndarray]]:
        places = np.argwhere(self._numbers > 0)
        parts = {
            "state": np.array([declare.COUNTED.index(name) for name in _COUNTED])[places[:, 0]],
            "month": np.array(self._landmarks)[places[:, 1]],
            "services": places[:, 2],
            "replicates": self._numbers[tuple(places.T)],
        }
        return declare.filled(declare.numbers_table(), parts)

    def _decision_rows(self) -> tuple[Table, dict[str, np.ndarray]]:
        group, unit = unit_codes(self.units)
        tipped = np.stack([self._decisions[one.services].sum(axis=0) for one in self.units])
        decided = np.stack([self._deciders[one.services].sum(axis=0) for one in self.units])
        every = np.indices(tipped.shape).reshape(3, -1)
        parts: dict[str, Any] = {
            "group": group[every[0]],
            "unit": unit[every[0]],
            "status": np.array(declare.DECIDED)[every[1]],
            "force": every[2],
            "tipped": tipped,
            "decided": np.broadcast_to(decided[:, :, None], tipped.shape),
        }
        return declare.filled(declare.decisions_table(self.units), parts)
