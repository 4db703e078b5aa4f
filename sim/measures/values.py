"""Outcomes of one replicate: what is measured of a unit at each month (ODD, observation)."""

from collections.abc import Container, Iterator
from functools import partial
from typing import Final

import numpy as np

from sim import codes
from sim.engine import Batch
from sim.history import STATES, STATUSES, window_sessions, windows_of
from sim.measures.framework import VIEWS, Framework
from sim.measures.histories import HISTORIES, of_histories
from sim.measures.totals import (
    Computed,
    Outcome,
    Posts,
    Totals,
    Value,
    amount_per_post,
    fixed,
    hours_of,
    hours_per_post,
    months_of,
    ratio,
    total_of,
    words,
)
from sim.measures.units import Unit
from sim.plan import Plan

OUTCOMES: Final = (
    *HISTORIES,
    *(Outcome(f"share_{name}", "share 0-1", f"services {words(name)}") for name in STATES),
    Outcome("share_ever_abandoned", "share 0-1", "services that have been abandoned at least once"),
    Outcome("share_restarted", "share 0-1", "services that gave a session again after an abandonment"),
    Outcome("share_single_carrier", "share 0-1", "services in which one post alone delivers"),
    Outcome("posts_delivering", "share of posts", "posts that gave a session within the delivery window"),
    *(Outcome(f"posts_{name}", "share of posts", f"posts: {words(name)}") for name in STATUSES),
    Outcome("sessions_per_post", "sessions/month", "sessions given this month, per post"),
    Outcome("patients_per_post", "patients", "patients in running courses, per post"),
    Outcome("started_per_post", "patients", "patients who began a course since the start, per post"),
    Outcome("completed_per_post", "patients", "patients who completed since the start, per post"),
    Outcome("reached_per_post", "patients", "ended courses of which at least half was attended, since the start, per post"),
    Outcome("helped_per_post", "patients", "ended courses with at least the minimal worthwhile benefit, per post"),
    Outcome("dropped_out_per_post", "patients", "patients who dropped out since the start, per post"),
    Outcome("lost_per_post", "patients", "patients lost when their practitioner left or stopped, since the start, per post"),
    Outcome("false_rejections_per_post", "decisions", "stops or cuts tipped by reception where it was worth it, per post"),
    Outcome("true_rejections_per_post", "decisions", "stops or cuts tipped by reception where it was not worth it, per post"),
    Outcome("false_continuations_per_post", "decisions", "going on for over 12 months where it was not worth it, per post"),
    Outcome("leavers_per_post", "people", "practitioners who left since the start, per post"),
    Outcome("dilemma_months_per_post", "months", "months with a prioritisation dilemma since the start, per post"),
    Outcome("waiting_months_per_post", "months", "months spent waiting since the start, per post"),
    Outcome("months_sustained", "months", "months sustained since the start, per service"),
    Outcome("fidelity", "scale 1-5", "fidelity, weighted by the sessions of the window; undefined without sessions"),
    Outcome("fidelity_clinic", "scale 1-5", "fidelity as a rater scores a clinic, mean of the services that gave sessions"),
    Outcome("fidelity_measured", "scale 1-5", "last fidelity score, mean of the services that have one"),
    Outcome("fidelity_self", "scale 1-5", "fidelity as trained practitioners perceive it"),
    Outcome(
        "dilemma", "share 0-1", "prioritisation dilemma, mean over posts with a need, services weighted by posts not stopped"
    ),
    Outcome("in_dilemma", "share of trained", "trained practitioners with a prioritisation dilemma"),
    Outcome("perceived_engagement", "share 0-1", "leader engagement as practitioners perceive it"),
    Outcome(
        "leadership_gap",
        "share -1-1",
        "leader engagement as perceived minus actual, over trained posts; below 0 for leaders who raise nothing",
    ),
    *(
        Outcome(name, "share 0-1", f"{words(name)}, mean over trained posts")
        for name in ("readiness", "commitment", "uncertainty", "autonomy_support", "expectation", "competence", "frustration")
    ),
    Outcome("exhaustion", "share 0-1", "exhaustion, mean over trained posts"),
    Outcome("belief", "IMR-scale points/course", "belief in what a course gains own patients, mean over trained posts"),
    Outcome("climate", "scale 0-4", "implementation climate, mean over services"),
    *(
        Outcome(name, "share 0-1", f"{words(name)}, mean over services")
        for name in ("engagement", "raising", "consideration", "clarity", "plan", "signal_level", "institutionalisation")
    ),
    *(Outcome(*view) for view in VIEWS),
    Outcome("leadership_received", "months", "months of leadership received since the start, mean over services"),
    Outcome("barriers", "barriers", "barriers outstanding, mean over services"),
    Outcome("supervision", "sessions/month", "supervision arranged by the service per practitioner, mean over services"),
    Outcome("protected_time", "hours/month", "protected time per practitioner, mean over services"),
    Outcome("monitoring_use", "share 0-1", "outcome figures really used for judging, mean over services"),
    Outcome("share_half_attended", "share of ended", "ended courses of which at least half was attended"),
    Outcome("benefit_per_course", "IMR-scale points", "true gain per ended course"),
    Outcome("benefit_per_post", "IMR-scale points", "true gain over all ended courses, per post"),
    Outcome("benefit_gap", "IMR-scale points", "equity: gain per ended course, higher functioning minus below-mean functioning"),
    Outcome("helped_per_1000_hours", "patients", "patients helped per 1,000 practitioner hours; undefined below one hour"),
    Outcome("hours_leader_per_service", "hours", "leader hours since the start, per service"),
    Outcome("hours_practitioner_per_post", "hours", "practitioner hours since the start, net of usual care, per post"),
    Outcome("hours_supervision_per_post", "hours", "supervision hours since the start, per post"),
    Outcome("hours_monitoring_per_post", "hours", "monitoring hours since the start, per post"),
    Outcome(
        "hours_covered_per_post",
        "hours",
        "work taken over by colleagues since the start, per post; not to be added to practitioner hours",
    ),
    Outcome("hours_training_per_post", "hours", "hours of training successors since the start, per post"),
)
"""Every monthly outcome, in the order of the tables."""

OUTCOME_NAMES: Final = tuple(outcome.name for outcome in OUTCOMES)

LEADING: Final = ("share_kept_going", "share_given_up", "share_high_every_look", "share_operating", "share_silent")
"""What results lead with, in the order in which it is told: what has become of the practice, and what is made of it."""

OLD_STOCKS: Final = tuple(f"share_{name}" for name in STATES[: codes.ABANDONED + 1])
"""What results led with in the first version: services in a state at one month. They stand after what leads, and are named so."""

TOLD_OF_ARMS: Final = (*LEADING, OLD_STOCKS[0])
"""What studies tell of each thing that they compare, at the horizon: what leads, and the old stock last."""

_OF_POSTS: Final = (("posts_delivering", "delivering_posts"), *((f"posts_{name}", name) for name in STATUSES))
"""Shares of the established posts."""
_PER_POST: Final = (
    ("sessions_per_post", "sessions"),
    ("patients_per_post", "course_patients"),
    *(
        (f"{name}_per_post", name)
        for name in ("started", "completed", "helped", "dropped_out", "lost", "false_rejections", "true_rejections")
    ),
    ("reached_per_post", "attended_half"),
    ("false_continuations_per_post", "false_continuations"),
    ("leavers_per_post", "leavers"),
)
"""Amounts over the posts that are there."""
_OVER_TRAINED: Final = (
    "fidelity_self", "perceived_engagement", "readiness", "commitment", "uncertainty", "autonomy_support",
    "expectation", "competence", "frustration", "exhaustion", "belief",
)  # fmt: skip
_NOT_STOPPED: Final = ("full_use", "planned_adaptation", "partial_use", "waiting")
"""Trained practitioners who use the practice, or intend to."""

_OVER_SERVICES: Final = (
    "climate", "engagement", "raising", "consideration", "clarity", "plan", "signal_level", "institutionalisation",
    "leadership_received", "barriers", "supervision", "protected_time", "monitoring_use",
)  # fmt: skip
_HOURS: Final = (
    ("hours_practitioner_per_post", "hours_practitioner"),
    ("hours_supervision_per_post", "hours_supervision"),
    ("hours_monitoring_per_post", "hours_monitoring"),
    ("hours_covered_per_post", "hours_covered"),
    ("hours_training_per_post", "hours_training"),
)


def values_of(
    plan: Plan,
    batch: Batch,
    units: tuple[Unit, ...],
    wanted: Container[str] = OUTCOME_NAMES,
    *,
    before: list[np.ndarray] | None = None,
) -> Iterator[Value]:
    """Outcomes of a batch of replicates, in no particular order.

    Parameters
    ----------
    plan : Plan
    batch : Batch
    units : tuple of Unit
    wanted : container of str
        Names of outcomes; the others are not computed.
    before : list of numpy.ndarray, optional
        Needed where the batch is a block of a region: sums over the blocks before it (empty at the first), brought up to date.
        The outcomes are those of the region at its last block, and mean nothing before.

    Yields
    ------
    Value
        One for each wanted one of OUTCOMES.

    Raises
    ------
    ValueError
        For a block without the sums before it.
    """
    if before is None and not (batch.first == 0 and batch.is_last(plan)):
        raise ValueError("these are not all services of the plan: outcomes of a block need the sums over the blocks before it")
    totals = Totals(batch, units, before)
    posts = Posts(totals, plan)
    services = np.array([len(unit.services) for unit in units], dtype=float)
    for name, compute in (
        *of_histories(totals, services, posts.established),
        *_of_states(totals, services),
        *_of_posts(totals, posts),
        *_of_people(totals, plan),
        *_of_services(totals, services),
        *_of_framework(totals, plan, services),
        *_of_patients(totals, posts),
        *_of_hours(totals, posts, services),
    ):
        if name in wanted:
            yield compute(name)


def _of_states(totals: Totals, services: np.ndarray) -> Computed:
    def in_state(name: str) -> Value:
        code = STATES.index(name.removeprefix("share_"))
        return Value(name, totals.over(totals.field("state") == code), services, None)

    def sustained(name: str) -> Value:
        return Value(name, np.cumsum(totals.over(totals.field("state") == codes.SUSTAINED), axis=2), services, None)

    def ever(name: str) -> Value:
        abandoned = np.maximum.accumulate(totals.field("state") == codes.ABANDONED, axis=2)
        return Value(name, totals.over(abandoned), services, None)

    yield from ((f"share_{state}", in_state) for state in STATES)
    yield "months_sustained", sustained
    yield "share_ever_abandoned", ever
    for field in ("restarted", "single_carrier"):
        yield f"share_{field}", partial(total_of, totals, field, services)


def _of_posts(totals: Totals, posts: Posts) -> Computed:
    for name, field in _OF_POSTS:
        yield name, partial(total_of, totals, field, posts.established)
    for name, field in _PER_POST:
        yield name, partial(amount_per_post, totals, posts, field)
    for name, field in (("dilemma_months_per_post", "in_dilemma"), ("waiting_months_per_post", "waiting")):
        yield name, partial(months_of, totals, field, posts.established)


def _of_people(totals: Totals, plan: Plan) -> Computed:
    """Fidelity, and means over trained posts."""

    def fidelity(name: str) -> Value:
        weights = window_sessions(totals.field("sessions"), windows_of(plan, totals.batch))
        return fixed(name, *ratio(totals.over(totals.field("fidelity") * weights), totals.over(weights)))

    def scored(name: str) -> Value:
        scored = totals.field(name)
        return fixed(name, *ratio(totals.over(scored), totals.over(scored > 0.0)))

    def gap(name: str) -> Value:
        between = totals.field("perceived_engagement") - totals.field("engagement")
        return fixed(name, *ratio(totals.over(between * totals.field("trained")), totals.of("trained")))

    def dilemma(name: str) -> Value:
        # who has stopped has no need: a service that has given up must not count as one without a dilemma
        intending = np.sum([totals.field(status) for status in _NOT_STOPPED], axis=0)
        return fixed(name, *ratio(totals.over(totals.field(name) * intending), totals.over(intending)))

    def over_trained(name: str) -> Value:
        return fixed(name, *ratio(totals.over(totals.field(name) * totals.field("trained")), totals.of("trained")))

    yield "fidelity", fidelity
    for name in ("fidelity_clinic", "fidelity_measured"):
        yield name, scored
    yield "in_dilemma", lambda name: fixed(name, *ratio(totals.of(name), totals.of("trained")))
    yield "leadership_gap", gap
    yield "dilemma", dilemma
    yield from ((name, over_trained) for name in _OVER_TRAINED)


def _of_services(totals: Totals, services: np.ndarray) -> Computed:
    for name in _OVER_SERVICES:
        yield name, lambda name: fixed(name, totals.of(name) / services[None, :, None])


def _of_framework(totals: Totals, plan: Plan, services: np.ndarray) -> Computed:
    framework = Framework(plan, totals.batch)

    def seen(name: str) -> Value:
        values, by_trained = framework.view(name)
        if by_trained:
            return fixed(name, *ratio(totals.over(values * totals.field("trained")), totals.of("trained")))
        return fixed(name, totals.over(values) / services[None, :, None])

    yield from ((view.name, seen) for view in VIEWS)


def _of_patients(totals: Totals, posts: Posts) -> Computed:
    def ended() -> np.ndarray:
        return totals.of("completed") + totals.of("dropped_out") + totals.of("lost")

    def per_hours(name: str) -> Value:
        hours = totals.of("hours_practitioner")
        return fixed(name, *ratio(1000.0 * totals.of("helped"), np.where(hours >= 1.0, hours, 0.0)))

    def gap(name: str) -> Value:
        gain_low, ended_low = totals.of("benefit_low_sum"), totals.of("ended_low")
        low, low_defined = ratio(gain_low, ended_low)
        high, high_defined = ratio(totals.of("benefit_sum") - gain_low, ended() - ended_low)
        both = low_defined & high_defined
        return fixed(name, np.where(both, high - low, 0.0), both)

    yield "share_half_attended", lambda name: fixed(name, *ratio(totals.of("attended_half"), ended()))
    yield "benefit_per_course", lambda name: fixed(name, *ratio(totals.of("benefit_sum"), ended()))
    yield "benefit_per_post", lambda name: fixed(name, totals.of("benefit_sum") / posts.there_so_far)
    yield "helped_per_1000_hours", per_hours
    yield "benefit_gap", gap


def _of_hours(totals: Totals, posts: Posts, services: np.ndarray) -> Computed:
    for name, field in _HOURS:
        yield name, partial(hours_per_post, totals, posts, field)
    yield "hours_leader_per_service", partial(hours_of, totals, "hours_leader", services)
