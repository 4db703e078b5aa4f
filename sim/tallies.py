"""Whole-number aggregates of many replicates, counted while they run: no trajectory is kept, and no order matters.

For every unit (the region, services, groups of services) and month: how many services are in each state and how many posts
have each status, as sums over replicates and sums of squares of the replicates' counts, which give means and Monte Carlo
standard errors exactly. Beside them a histogram of the services' fidelity at the landmarks, and the spells from the first
session to the first abandonment, the first gap and giving up. Whole numbers add up to the same whatever the batches, processes
and order.
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from sim.codes import ABANDONED, FULL_USE, GIVEN_UP, PARTIAL_USE, PLANNED_ADAPTATION, POST_VACANT, STOPPED, UNTRAINED, WAITING
from sim.compiled import run_replicates
from sim.engine import Batch, CompiledEngine, Other, blank_batch, members_of
from sim.history import STATES, STATUSES, USES, landmarks
from sim.inlining import borrowed, inlined
from sim.measures.units import Unit, units_of
from sim.plan import Plan
from sim.state import dtype_of

MEASURES: Final = (
    *STATES, "delivering_posts", *(f"posts_{status}" for status in STATUSES), *USES[:3], "kept_going", "high_every_look",
    "operating_posts", "silent_posts", "given_up_posts", "kept_going_posts", "high_look_posts",
)  # fmt: skip
"""What is counted for every unit and month: services by state, posts that give sessions, posts by status; services by what is
made of the practice and by their histories, posts likewise. Before the first yearly look nothing is high at every look."""

FIDELITY_LOW: Final = 1.0
BINS_PER_POINT: Final = 10
FIDELITY_BINS: Final = 40
"""Bins of 0.1 on the scale from 1 to 5; the last holds 5.0 as well."""

_DELIVERING: Final = len(STATES)
_POSTS: Final = _DELIVERING + 1
"""Place of the first status; those of the states come first."""
_USES: Final = _POSTS + len(STATUSES)
_HISTORIES: Final = _USES + 3
"""Place of the first use, and of what follows them."""
_COUNTED: Final = len(MEASURES)


class Counts(NamedTuple):
    """Counts over replicates.

    Attributes
    ----------
    totals, squares : numpy.ndarray
        int64, shape (units, months, MEASURES): sums over replicates of a unit's count and of its square.
    fidelity : numpy.ndarray
        int64, shape (units, landmarks, FIDELITY_BINS): services with a fidelity in each bin.
    events, censored : numpy.ndarray
        int64, shape (units, months + 1): spells of 0, 1, ... months from the first session to the first abandonment, or to
        the horizon.
    gap_events, gap_censored, given_up_events, given_up_censored : numpy.ndarray
        The same for the first gap, and for giving up for the first time.
    """

    totals: np.ndarray
    squares: np.ndarray
    fidelity: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    gap_events: np.ndarray
    gap_censored: np.ndarray
    given_up_events: np.ndarray
    given_up_censored: np.ndarray


@inlined
def spell_added(events, censored, begun, ended):
    """Add a spell from the month ``begun`` to the month ``ended``, or to the horizon where that is 0."""
    if ended > 0:
        events[ended - begun] += 1
    else:
        censored[len(censored) - 1 - begun] += 1


@njit(nogil=True, cache=True)
def add_replicates(rows, unit_first, unit_places, marks, scratch, counts):
    """Add replicates to the counts.

    Parameters
    ----------
    rows : numpy.ndarray
        SERVICE_MONTH, shape (replicates, services, months).
    unit_first, unit_places : numpy.ndarray
        int64: the units of service s are ``unit_places[unit_first[s] : unit_first[s + 1]]``.
    marks : numpy.ndarray
        int64, shape (months,): place of the landmark that a month is, or -1.
    scratch : numpy.ndarray
        int64, shape (units, months, MEASURES), all zero; left so.
    counts : tuple of numpy.ndarray
        As in ``Counts``.
    """
    rows, unit_first, unit_places, marks, scratch = borrowed((rows, unit_first, unit_places, marks, scratch))
    counts = borrowed(counts)
    totals, squares, fidelity, events, censored, gap_events, gap_censored, given_up_events, given_up_censored = counts
    units, months, measures = scratch.shape
    for r in range(rows.shape[0]):
        for s in range(rows.shape[1]):
            begun = 0
            abandoned = 0
            gap = 0
            given_up = 0
            first, last = unit_first[s], unit_first[s + 1]
            for m in range(months):
                row = rows[r, s, m]
                if begun == 0 and row.sessions > 0:
                    begun = m + 1
                if abandoned == 0 and row.state == ABANDONED:
                    abandoned = m + 1
                if gap == 0 and row.in_gap == 1:
                    gap = m + 1
                if given_up == 0 and row.use == GIVEN_UP:
                    given_up = m + 1
                place = -1
                if marks[m] >= 0 and row.fidelity > 0.0:
                    place = min(max(int((row.fidelity - FIDELITY_LOW) * BINS_PER_POINT + 1e-9), 0), FIDELITY_BINS - 1)
                for at in range(first, last):
                    unit = unit_places[at]
                    mine = scratch[unit, m]
                    mine[row.state] += 1
                    mine[_DELIVERING] += row.delivering_posts
                    mine[_POSTS + FULL_USE] += row.full_use
                    mine[_POSTS + PLANNED_ADAPTATION] += row.planned_adaptation
                    mine[_POSTS + PARTIAL_USE] += row.partial_use
                    mine[_POSTS + WAITING] += row.waiting
                    mine[_POSTS + STOPPED] += row.stopped
                    mine[_POSTS + POST_VACANT] += row.vacant
                    mine[_POSTS + UNTRAINED] += row.untrained
                    if row.use <= GIVEN_UP:
                        mine[_USES + row.use] += 1
                    mine[_HISTORIES] += row.kept_going
                    mine[_HISTORIES + 1] += row.high_every_look
                    mine[_HISTORIES + 2] += row.operating_posts
                    mine[_HISTORIES + 3] += row.silent_posts
                    mine[_HISTORIES + 4] += row.given_up_posts
                    mine[_HISTORIES + 5] += row.kept_going_posts
                    mine[_HISTORIES + 6] += row.high_look_posts
                    if place >= 0:
                        fidelity[unit, marks[m], place] += 1
            if begun > 0:
                for at in range(first, last):
                    spell_added(events[unit_places[at]], censored[unit_places[at]], begun, abandoned)
                    spell_added(gap_events[unit_places[at]], gap_censored[unit_places[at]], begun, gap)
                    spell_added(given_up_events[unit_places[at]], given_up_censored[unit_places[at]], begun, given_up)
        for unit in range(units):
            for m in range(months):
                for k in range(measures):
                    value = scratch[unit, m, k]
                    totals[unit, m, k] += value
                    squares[unit, m, k] += value * value
                    scratch[unit, m, k] = 0


@njit(nogil=True, cache=True)
def run_and_add(
    starts,
    posts,
    calendars,
    parameters,
    key_low,
    key_high,
    replicates,
    members,
    branches,
    others,
    holds,
    months,
    space,
    rows,
    ends,
    kept,
    traces,
    units,
    counts,
):
    """Run replicates one after the other and count each at once; of no more than one are the rows in memory.

    Parameters
    ----------
    starts, posts, calendars, parameters, key_low, key_high, replicates, members, branches, others, holds, months
        As ``sim.compiled.run_replicates`` takes them.
    space : tuple
        Work space of this thread.
    rows, ends : numpy.ndarray
        Room for one replicate.
    kept : int
        0. An argument, because the compiler makes a second engine for a number that it knows.
    traces : tuple of numpy.ndarray
        Of no replicate.
    units : tuple
        ``unit_first``, ``unit_places``, ``marks``, ``scratch`` of ``add_replicates``.
    counts : tuple of numpy.ndarray
    """
    blanks, region, state, numbers, draws = space
    unit_first, unit_places, marks, scratch = units
    for r in range(replicates.shape[0]):
        run_replicates(
            starts,
            posts,
            calendars,
            parameters,
            key_low,
            key_high,
            replicates[r : r + 1],
            members[r : r + 1],
            branches[r : r + 1],
            others[r : r + 1],
            holds,
            months,
            blanks,
            region,
            state,
            numbers,
            draws,
            rows,
            ends,
            kept,
            traces,
        )
        add_replicates(rows, unit_first, unit_places, marks, scratch, counts)


class Tally:
    """Counts of one plan's replicates.

    Parameters
    ----------
    plan : Plan
    region_only : bool
        Count for the region alone.

    Attributes
    ----------
    units : tuple of Unit
        What is counted for, the region first.
    landmarks : tuple of int
        Months of the fidelity histograms.
    replicates : int
        Counted since the counts were taken last.

    Examples
    --------
    ``tally.run(engine, replicates)`` for counts alone, or ``tally.add(batch)`` for rows that are there; then ``tally.take()``.
    """

    def __init__(self, plan: Plan, *, region_only: bool = False) -> None:
        self.plan = plan
        self.units: tuple[Unit, ...] = units_of(plan)[:1] if region_only else units_of(plan)
        self.landmarks = landmarks(plan.months)
        of_service: list[list[int]] = [[] for _ in plan.services]
        for place, unit in enumerate(self.units):
            for service in unit.services.tolist():
                of_service[service].append(place)
        first = np.cumsum([0, *(len(one) for one in of_service)], dtype=np.int64)
        places = np.array([place for one in of_service for place in one], np.int64)
        marks = np.full(plan.months, -1, np.int64)
        marks[np.array(self.landmarks) - 1] = np.arange(len(self.landmarks))
        self._shape = (len(self.units), plan.months, _COUNTED)
        self._units = (first, places, marks, np.zeros(self._shape, np.int64))
        self._room = blank_batch(plan, 1)
        self._traces = tuple(np.zeros((0, 0, 0), dtype_of(one)) for one in ("service", "leader", "practitioner", "patient"))
        self._start()

    def _start(self) -> None:
        units, months, _ = self._shape
        fidelity = np.zeros((units, len(self.landmarks), FIDELITY_BINS), np.int64)
        spells = [np.zeros((units, months + 1), np.int64) for _ in range(6)]
        self._counts = Counts(np.zeros(self._shape, np.int64), np.zeros(self._shape, np.int64), fidelity, *spells)
        self._units[3][:] = 0  # an interrupted replicate may have left something
        self.replicates = 0

    def add(self, batch: Batch) -> None:
        """Count replicates whose rows are there."""
        add_replicates(batch.rows, *self._units, tuple(self._counts))
        self.replicates += len(batch.replicates)

    def run(self, engine: CompiledEngine, replicates: np.ndarray, members: np.ndarray | None = None) -> None:
        """Run and count replicates.

        Parameters
        ----------
        engine : CompiledEngine
            Of this tally's plan, or of one that differs from it in parameters only.
        replicates : numpy.ndarray
            int64, shape (n,).
        members : numpy.ndarray, optional
            As ``CompiledEngine.run`` takes them.
        """
        plan, space = engine.plan, engine.space
        run_and_add(
            plan.services,
            plan.posts,
            plan.calendars,
            plan.parameters,
            engine.key[0],
            engine.key[1],
            replicates,
            members_of(plan, replicates, members),
            *Other.none(len(replicates)),
            plan.months,
            (space.blanks, space.region, space.state, space.numbers, space.draws),
            self._room.rows,
            self._room.ends,
            0,
            self._traces,
            self._units,
            tuple(self._counts),
        )
        self.replicates += len(replicates)

    def take(self) -> tuple[Counts, int]:
        """Counts since the last time and of how many replicates; counting starts anew."""
        found = self._counts, self.replicates
        self._start()
        return found
