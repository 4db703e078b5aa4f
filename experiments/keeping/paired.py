"""Paired comparisons: one knob at two values, all else and the random numbers equal, over the outcomes (ODD, observation).

A knob is a parameter between its bounds, a mechanism switch, or a rival form against the default. A record may carry one field
more than the table, a *dummy* that nothing reads: a comparison that finds it to matter proves nothing.
"""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from experiments.executors.many import JobFailed, run_many
from experiments.executors.pools import pool_of
from sim.codes import ServiceState
from sim.engine import Batch, simulate
from sim.measures import outcome_vector
from sim.parameters import FORM_PREFIX, SWITCH_PREFIX, ParameterTable
from sim.plan import Plan, with_values
from sim.world import prepare

Found = TypeVar("Found")

DEVIATE: Final = 5.0
"""Normal deviate that is taken as proof. Some 80 outcomes of some 230 knobs are looked at in up to a dozen scenarios: at 2
standard errors thousands would be passed by luck, at 5 (6 in 10 million for each look) hardly one in ten such tables has one."""

SEED: Final = 1

THREADS: Final = 2

DUMMY: Final = "dummy"
"""A parameter that nothing reads."""

FIRST: Final = "nine-services"

MAIN: Final = ("share_kept_going", "fidelity", "helped_per_post")
"""Outcomes whose direction is shown for every knob."""

_DECIDED: Final = ("false_rejections_per_post", "true_rejections_per_post", "false_continuations_per_post")
_PATIENTS: Final = (
    "started_per_post", "completed_per_post", "reached_per_post", "helped_per_post", "dropped_out_per_post", "lost_per_post",
    "share_half_attended", "benefit_per_course", "benefit_per_post", "benefit_gap", "helped_per_1000_hours",
)  # fmt: skip
_PROCESS: Final = ("climate", "leadership_gap", "dilemma_months_per_post", "waiting_months_per_post")
_BEHAVIOUR: Final = ("posts_delivering", "months_sustained", "months_to_first_abandonment", "fidelity", "fidelity_measured")
_PREFIXES: Final = ("share_", "hours_")

OF_ITS_OWN: Final = {"exhaustion_mean": "exhaustion"}
"""Parameters that say where a scale begins, and the mean that they move. Leaving reads how far somebody is from the mean, so that
the mean itself cancels: it decides nothing, and says how exhausted people are told to be."""


@dataclass(frozen=True)
class Knob:
    """A parameter between its bounds, a switch, or a rival form.

    Attributes
    ----------
    name : str
    field : str
        In the parameter record.
    low, high : float
        Values compared; 0 and 1 of a switch; of a form the codes of the default and of the rival.
    words : tuple of str
        Words of the codes; empty for numbers.
    needs : str
        Switch field to be on on both sides, of a mechanism that is off unless a scenario turns it on; else empty.
    without : str
        Switch field to be off on both sides, of a mechanism that has numbers of its own in its place; else empty.
    """

    name: str
    field: str
    low: float
    high: float
    words: tuple[str, ...] = ()
    needs: str = ""
    without: str = ""

    def shown(self, value: float) -> str:
        """Value as the table of knobs shows it."""
        return self.words[int(value)] if self.words else f"{value:g}"


@dataclass(frozen=True)
class Difference:
    """Paired difference of one outcome, high minus low.

    Attributes
    ----------
    outcome : str
    mean, error : float
        Mean over replicates and its Monte Carlo standard error.
    pairs : int
        Replicates in which both sides are defined.
    """

    outcome: str
    mean: float
    error: float
    pairs: int

    @property
    def ratio(self) -> float:
        """Size of the difference in standard errors; infinite where it is the same in every replicate."""
        if self.error > 0.0:
            return abs(self.mean) / self.error
        return 0.0 if self.mean == 0.0 else math.inf

    @property
    def real(self) -> bool:
        """Whether luck is ruled out, for the number of pairs that there are."""
        return self.ratio > threshold(self.pairs)


@dataclass(frozen=True)
class Finding:
    """What was found of one knob.

    Attributes
    ----------
    knob : Knob
    scenario : str
        Where it moves an outcome, or the last that was tried.
    best : Difference
        Of the largest ratio.
    main : tuple of Difference
        Of the outcomes MAIN in the first scenario.
    """

    knob: Knob
    scenario: str
    best: Difference
    main: tuple[Difference, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether a real effect was found."""
        return self.best.real


def threshold(pairs: int) -> float:
    """Ratio that is as unlikely with a standard error from so many pairs as DEVIATE is with a known one (Student's t).

    Expansion of Fisher and Cornish; from 16 pairs on it is right to one part in a hundred.

    Examples
    --------
    >>> [round(threshold(pairs), 1) for pairs in (16, 200, 100_000)]
    [8.2, 5.2, 5.0]
    """
    free = max(1, pairs - 1)
    z = DEVIATE
    terms = (
        z,
        (z**3 + z) / 4.0,
        (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0,
        (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0,
    )
    return sum(term / free**power for power, term in enumerate(terms))


def is_outcome(name: str) -> bool:
    """Whether a member of the outcome vector is an outcome, not a state on the way to one."""
    base = name.partition("@")[0]
    return base.startswith(_PREFIXES) or base in _BEHAVIOUR + _PATIENTS + _DECIDED + _PROCESS


def _field(switch: str) -> str:
    """Field of a switch in the parameter record; nothing of no switch."""
    return SWITCH_PREFIX + switch if switch else ""


def knobs_of(table: ParameterTable) -> tuple[Knob, ...]:
    """Every parameter, every switch and every rival form, in file order."""
    parameters = (
        Knob(one.name, one.name, one.low, one.high, needs=_field(one.switch), without=_field(one.replaced_by))
        for one in table.parameters.values()
    )
    switches = (Knob(name, SWITCH_PREFIX + name, 0.0, 1.0, ("off", "on")) for name in table.switches)
    forms = (
        Knob(f"forms.{name}={word}", FORM_PREFIX + name, 0.0, float(code), one.words)
        for name, one in table.forms.items()
        for code, word in enumerate(one.words)
        if code
    )
    return (*parameters, *switches, *forms)


def with_dummy(record: np.ndarray) -> np.ndarray:
    """Parameter record with the field that nothing reads."""
    names = record.dtype.names or ()
    wider = np.dtype([(name, record.dtype[name]) for name in names] + [(DUMMY, np.dtype("f8"))], align=True)
    copy = np.zeros(record.shape, wider)
    for name in names:
        copy[name] = record[name]
    return copy


def plan_of(scenario: str, *, dummy: bool = True) -> Plan:
    """Plan of a shipped scenario, with the dummy in its parameter record unless told otherwise."""
    plan = prepare(scenario, ensemble=None).plan
    return replace(plan, parameters=with_dummy(plan.parameters)) if dummy else plan


def outcomes(
    plan: Plan, knob: Knob, value: float, *, seed: int, replicates: int, engine: str = "compiled"
) -> dict[str, np.ndarray]:
    """Outcomes of every replicate with one knob at one value."""
    around = ({knob.needs: 1.0} if knob.needs else {}) | ({knob.without: 0.0} if knob.without else {})
    run = with_values(plan, around | {knob.field: value})
    along: list[np.ndarray] = []
    vector = outcome_vector(run, _with_states(simulate(run, seed=seed, replicates=replicates, engine=engine), along))
    shares = np.concatenate(along)
    for state in ServiceState:
        vector.setdefault(f"share_{state.name.lower()}@mean", shares[:, state])
    mine = OF_ITS_OWN.get(knob.field)
    return {name: values for name, values in vector.items() if is_outcome(name) or name == mine}


def _with_states(batches: Iterable[Batch], into: list[np.ndarray]) -> Iterator[Batch]:
    """Pass batches on; keep the share of service-months in each state, which some definitions move for a few months only."""
    for batch in batches:
        state = batch.rows["state"]
        into.append(np.stack([(state == one).mean(axis=(1, 2)) for one in ServiceState], axis=1))
        yield batch


def difference(outcome: str, low: np.ndarray, high: np.ndarray) -> Difference:
    """Paired difference; replicates in which either side is undefined are left out, and with them most of it is nothing."""
    paired = high - low
    known = paired[~np.isnan(paired)]
    if len(known) < 2 or 2 * len(known) < len(paired):
        return Difference(outcome, 0.0, 0.0, len(known))
    return Difference(outcome, float(known.mean()), float(known.std(ddof=1) / math.sqrt(len(known))), len(known))


def differences(plan: Plan, knob: Knob, *, seed: int, replicates: int, engine: str = "compiled") -> dict[str, Difference]:
    """Paired differences of every outcome between the low and the high value of a knob."""
    low = outcomes(plan, knob, knob.low, seed=seed, replicates=replicates, engine=engine)
    high = outcomes(plan, knob, knob.high, seed=seed, replicates=replicates, engine=engine)
    return {name: difference(name, low[name], high[name]) for name in low if name in high}


def strongest(found: Iterable[Difference]) -> Difference:
    """Difference of the largest ratio; the first of equals."""
    return max(found, key=lambda one: one.ratio)


def all_of(
    measured: Callable[[Knob], Found], knobs: Sequence[Knob], finished: Callable[[Knob, Found], None] = lambda *_: None
) -> list[Found]:
    """What is measured of every knob, in their order, on all processors; the first failure ends it.

    Parameters
    ----------
    measured : callable
        Called in a thread.
    knobs : sequence of Knob
    finished : callable, optional
        Told of each as it ends, one after the other.
    """
    results: dict[Knob, Found] = {}

    def ended(knob: Knob, found: Found) -> None:
        results[knob] = found
        finished(knob, found)

    def failed(failure: JobFailed[Knob]) -> None:
        print(failure.traceback or failure.message, file=sys.stderr, flush=True)

    with pool_of("threads", THREADS) as pool:
        run_many(measured, knobs, pool, finished=ended, failed=failed, fail_fast=True)
    return [results[knob] for knob in knobs]
