"""The compiled engine: the month functions over NumPy records, many replicates in one call, the interpreter lock released.

Nothing of the behaviour stands here: this is the order of ``sim.order.ORDER``, the loops, and the filling of the draws.
Memory is one region however many replicates are run.
"""

from typing import Any, Final

import numpy as np
from numba import njit

from sim.cache import prepare
from sim.codes import IN_COURSE, POOL_REGION, RECRUITED, STOPPED, WAITING
from sim.holds import SETS, hold
from sim.inlining import borrowed, inlined, overwrite
from sim.months.beginning import patient_begins, practitioner_begins, reserve_begins, service_begins
from sim.months.continuing import service_takes_stock
from sim.months.deciding import practitioner_decides, worth_it
from sim.months.delivering import (
    patient_month,
    practitioner_counts_patients,
    practitioner_hears_of_end,
    recruited_month,
    service_counts_ended,
    service_gives_sessions,
)
from sim.months.joining import person_enters, post_filled
from sim.months.leaders import leader_arrives
from sim.months.leading import leader_leads
from sim.months.learning import practitioner_feels, practitioner_learns, service_within
from sim.months.leaving import leader_leaves, practitioner_leaves, service_hands_over, successor_trained
from sim.months.observing import practitioner_observed, service_observed
from sim.months.prioritising import practitioner_perceives, practitioner_prioritises
from sim.months.receiving import practitioner_believes, practitioner_sees, region_adds, region_month, service_pools
from sim.months.recording import service_recorded
from sim.months.world import (
    patient_asked,
    service_allocates,
    service_arranges_roles,
    service_counts_asked,
    service_outside_world,
)
from sim.state import SLOTS
from sim.streams import KIND_LEADER, KIND_PATIENT, KIND_PRACTITIONER, KIND_SERVICE, STREAM_SETS
from sim.tape import fill

_SERVICE_START_FIRST: Final = STREAM_SETS["service_start"].first_block
_PERSON_FIRST: Final = STREAM_SETS["person"].first_block
_INTAKE_FIRST: Final = STREAM_SETS["intake"].first_block
_RECRUITED_FIRST: Final = STREAM_SETS["recruited"].first_block
_DECISION_FIRST: Final = STREAM_SETS["decision"].first_block
_PARTS_FIRST: Final = STREAM_SETS["parts"].first_block

# Before anything is compiled: machine code of other sources must not be taken for that of these.
prepare()

# One function a size: with a constant number of blocks the generator computes them side by side, three times as fast.


@inlined
def _draw_1(row, holds, which, key_low, key_high, key, kind, post, slot, first, word, replicate):
    fill(row, 1, key_low, key_high, key, kind, post, slot, first, word, replicate)
    hold(row, holds, which, key, post, slot, word)


@inlined
def _draw_2(row, holds, which, key_low, key_high, key, kind, post, slot, first, word, replicate):
    fill(row, 2, key_low, key_high, key, kind, post, slot, first, word, replicate)
    hold(row, holds, which, key, post, slot, word)


@inlined
def _draw_4(row, holds, which, key_low, key_high, key, kind, post, slot, first, word, replicate):
    fill(row, 4, key_low, key_high, key, kind, post, slot, first, word, replicate)
    hold(row, holds, which, key, post, slot, word)


BLOCKS: Final = {
    "service_start": 1,
    "service": 2,
    "leader": 1,
    "practitioner": 4,
    "person": 4,
    "patient": 1,
    "intake": 2,
    "recruited": 1,
    "decision": 1,
    "parts": 1,
}
"""Blocks that the calls of this module draw of each set (tested against STREAM_SETS)."""


@inlined
def begin(starts, posts, p, key_low, key_high, replicate, holds, blanks, state, numbers, draws):
    """Set every service of a region to its start (month word 0 of the tape)."""
    blank_service, blank_leader, blank_practitioner, blank_patient = blanks
    services, leaders, practitioners, patients = state
    for s in range(starts.shape[0]):
        start = starts[s]
        overwrite(services[s], blank_service[0])
        overwrite(leaders[s], blank_leader[0])
        _draw_1(numbers[0][0], holds, 0, key_low, key_high, start.key, KIND_SERVICE, 0, 0, _SERVICE_START_FIRST, 0, replicate)
        service_begins(services[s], leaders[s], start, s, p, draws[0][0])
        for i in range(start.posts):
            at = start.first_post + i
            overwrite(practitioners[at], blank_practitioner[0])
            _draw_4(numbers[4][0], holds, 4, key_low, key_high, start.key, KIND_PRACTITIONER, i, 0, _PERSON_FIRST, 0, replicate)
            begun = posts[at]
            practitioner_begins(practitioners[at], services[s], begun, i, p, start.evaluation_fatigue, draws[4][0])
        for i in range(start.reserve):
            at = start.first_post + start.posts + i
            overwrite(practitioners[at], blank_practitioner[0])
            reserve_begins(practitioners[at], start.posts + i)
        for i in range(start.posts + start.reserve):
            at = start.first_post + i
            for k in range(SLOTS):
                overwrite(patients[at * SLOTS + k], blank_patient[0])
                patient_begins(patients[at * SLOTS + k], i, k)


@inlined
def service_month(
    start,
    policy,
    p,
    step,
    key_low,
    key_high,
    replicate,
    holds,
    region,
    service,
    leader,
    practitioners,
    patients,
    numbers,
    draws,
    row,
):
    """One month of one service, in the order of ``sim.order.ORDER``."""
    posts = practitioners.shape[0]  # reserve posts included
    key = start.key
    word = step + 1
    if p.switch_upper_level == 1 or p.switch_expansion == 1:
        _draw_2(numbers[1][0], holds, 1, key_low, key_high, key, KIND_SERVICE, 0, 0, 0, word, replicate)
    else:  # the second block is the upper level's and the expansion's
        _draw_1(numbers[1][0], holds, 1, key_low, key_high, key, KIND_SERVICE, 0, 0, 0, word, replicate)
    _draw_1(numbers[2][0], holds, 2, key_low, key_high, key, KIND_LEADER, 0, 0, 0, word, replicate)
    for i in range(posts):
        _draw_4(numbers[3][i], holds, 3, key_low, key_high, key, KIND_PRACTITIONER, i, 0, 0, word, replicate)
    mine = draws[3]
    person = draws[4][0]
    patient_draws = draws[5][0]
    intake = draws[6][0]
    recruited = draws[7][0]
    decision = draws[8][0]
    parts = draws[9][0]

    service_outside_world(service, p, policy, step, start, draws[1][0])
    leader_arrives(leader, service, p, policy, draws[2][0])
    for i in range(posts):
        if post_filled(practitioners[i], service, p, mine[i]):
            _draw_4(numbers[4][0], holds, 4, key_low, key_high, key, KIND_PRACTITIONER, i, 0, _PERSON_FIRST, word, replicate)
            person_enters(practitioners[i], service, p, person)
    if p.switch_service_decides == 1:
        _draw_1(numbers[8][0], holds, 8, key_low, key_high, key, KIND_SERVICE, 0, 0, _DECISION_FIRST, word, replicate)
    service_takes_stock(service, leader, practitioners, p, step, decision)
    service_allocates(service, practitioners, patients, mine)
    for i in range(posts):
        if practitioners[i].slots_used == 0:
            continue
        for k in range(SLOTS):
            patient = patients[i * SLOTS + k]
            if patient.asked == 1:
                _draw_2(numbers[6][0], holds, 6, key_low, key_high, key, KIND_PATIENT, i, k, _INTAKE_FIRST, word, replicate)
                patient_asked(patient, practitioners[i], service, p, intake)
    service_counts_asked(service, practitioners, patients)
    leader_leads(leader, service, p, policy)
    service_arranges_roles(service, practitioners)
    for i in range(posts):
        practitioner_perceives(practitioners[i], service, leader, p)
    for i in range(posts):
        practitioner_prioritises(practitioners[i], service, patients, p, policy, mine[i])
    service_gives_sessions(service, practitioners, p, mine)
    for i in range(posts):
        if practitioners[i].slots_used == 0:
            continue
        for k in range(SLOTS):
            patient = patients[i * SLOTS + k]
            if patient.state == IN_COURSE:
                _draw_1(numbers[5][0], holds, 5, key_low, key_high, key, KIND_PATIENT, i, k, 0, word, replicate)
                patient_month(patient, practitioners[i], service, p, patient_draws)
    for i in range(posts):
        if practitioners[i].slots_used == 0:
            continue
        for k in range(SLOTS):
            patient = patients[i * SLOTS + k]
            if patient.state == RECRUITED:
                _draw_1(numbers[7][0], holds, 7, key_low, key_high, key, KIND_PATIENT, i, k, _RECRUITED_FIRST, word, replicate)
                recruited_month(patient, practitioners[i], p, recruited)
    service_counts_ended(service, practitioners, patients, p)
    for i in range(posts):
        practitioner_counts_patients(practitioners[i], service, patients, p)
    for i in range(posts):
        practitioner_hears_of_end(practitioners[i], practitioners)
    for i in range(posts):
        practitioner_sees(practitioners[i], service, patients, p)
    service_pools(service, practitioners)
    for i in range(posts):
        practitioner_believes(practitioners[i], service, region, p)
    for i in range(posts):
        practitioner_learns(practitioners[i], service, p)
    service_within(service, practitioners, p)
    for i in range(posts):
        practitioner_feels(practitioners[i], service, p)
    worth = worth_it(service, p)
    for i in range(posts):
        if p.switch_parts_last == 1 and WAITING <= practitioners[i].status <= STOPPED:  # nobody else reads it
            _draw_1(numbers[9][0], holds, 9, key_low, key_high, key, KIND_PRACTITIONER, i, 0, _PARTS_FIRST, word, replicate)
        practitioner_decides(practitioners[i], service, p, worth, step, mine[i], parts)
    for i in range(posts):
        practitioner_observed(practitioners[i], service, p, worth, step)
    service_observed(service, practitioners, p, step)
    service_recorded(row, service, leader, practitioners)


@inlined
def service_month_ends(policy, p, region, service, leader, practitioners, patients, draws):
    """The rest of the month, after the observation: people leave, successors are trained, the register is told."""
    posts = practitioners.shape[0]  # reserve posts included
    mine = draws[3]
    for i in range(posts):
        practitioner_leaves(practitioners[i], p, policy, mine[i])
    for i in range(posts):
        successor_trained(practitioners[i], service, p, mine[i])
    service_hands_over(service, practitioners, patients, p, mine)
    leader_leaves(leader, service, p, draws[2][0])
    region_adds(region, service)


@njit(nogil=True, cache=True)
def run_replicates(
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
    blanks,
    region,
    state,
    numbers,
    draws,
    rows,
    ends,
    kept,
    traces,
):
    """Run replicates one after the other in one thread.

    Parameters
    ----------
    starts, posts, calendars, parameters : numpy.ndarray
        Of the plan.
    key_low, key_high : int
        Words of the seed.
    replicates : numpy.ndarray
        int64, shape (replicates,): which random numbers.
    members : numpy.ndarray
        int64, shape (replicates,): which parameter record.
    branches, others : numpy.ndarray
        int64, shape (replicates,): from which month word on the random numbers are another replicate's, and whose.
    holds : numpy.ndarray
        HOLD (see ``sim.holds``): draws that are replaced.
    months : int
    blanks, region, state, numbers, draws
        Work space of this thread (see :class:`Workspace`).
    rows : numpy.ndarray
        SERVICE_MONTH, shape (replicates, services, months), written.
    ends : numpy.ndarray
        Practitioner records at the end, shape (replicates, posts), written.
    kept : int
        1: copy the state at every observation into ``traces`` (then of shape (replicates, months, ...)), else 0.
    traces : tuple of numpy.ndarray
        Service, leader, practitioner and patient records, written if kept.
    """
    starts, posts, calendars, parameters, holds = borrowed((starts, posts, calendars, parameters, holds))
    replicates, members, branches, others = borrowed((replicates, members, branches, others))
    blanks, region, state, numbers, draws = borrowed((blanks, region, state, numbers, draws))
    rows, ends, traces = borrowed((rows, ends, traces))
    services, leaders, practitioners, patients = state
    count = starts.shape[0]
    together = False
    for s in range(count):
        if starts[s].pooling == POOL_REGION:
            together = True
    for r in range(replicates.shape[0]):
        p = parameters[members[r]]
        luck = others[r] if branches[r] <= 0 else replicates[r]
        begin(starts, posts, p, key_low, key_high, luck, holds, blanks, state, numbers, draws)
        region[0].seen_fixed = 0
        region[0].seen_count = 0
        region[0].adding_fixed = 0
        region[0].adding_count = 0
        # Services meet in nothing but the region's register. Where nobody reads it, a service's months run one after the
        # other, so that its state stays in the processor's first cache; else all services go through a month together.
        for n in range(count * months):
            step = n // count if together else n % months
            s = n % count if together else n // months
            start = starts[s]
            first = start.first_post
            last = first + start.posts + start.reserve
            policy = calendars[start.calendar, step]
            luck = others[r] if step + 1 >= branches[r] else replicates[r]
            own = practitioners[first:last]
            slots = patients[first * SLOTS : last * SLOTS]
            service_month(
                start,
                policy,
                p,
                step,
                key_low,
                key_high,
                luck,
                holds,
                region[0],
                services[s],
                leaders[s],
                own,
                slots,
                numbers,
                draws,
                rows[r, s, step],
            )
            if kept == 1:
                overwrite(traces[0][r, step, s], services[s])
                overwrite(traces[1][r, step, s], leaders[s])
                for i in range(first, last):
                    overwrite(traces[2][r, step, i], practitioners[i])
                for k in range(first * SLOTS, last * SLOTS):
                    overwrite(traces[3][r, step, k], patients[k])
            service_month_ends(policy, p, region[0], services[s], leaders[s], own, slots, draws)
            if s == count - 1:
                region_month(region[0])
        for i in range(practitioners.shape[0]):
            overwrite(ends[r, i], practitioners[i])


class Workspace:
    """State and draws of one region for one thread.

    Parameters
    ----------
    services, posts : int
        Over the whole plan.
    most_posts : int
        Of the largest service.
    """

    def __init__(self, services: int, posts: int, most_posts: int) -> None:
        from sim.addresses import draws_dtype
        from sim.state import blank

        entities = ("service", "leader", "practitioner", "patient")
        self.blanks = tuple(blank(entity, 1) for entity in entities)
        self.region = blank("region", 1)
        self.state = tuple(
            blank(entity, count) for entity, count in zip(entities, (services, services, posts, posts * SLOTS), strict=True)
        )
        numbers = []
        records: list[Any] = []
        for name in SETS:
            rows = most_posts if name == "practitioner" else 1
            one = np.zeros((rows, 4 * STREAM_SETS[name].blocks))
            numbers.append(one)
            records.append(one.view(draws_dtype(name))[:, 0])
        self.numbers = tuple(numbers)
        self.draws = tuple(records)
