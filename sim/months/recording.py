"""What is written down of a service each month, at the moment of observation. Reads state, consumes no randomness."""

from sim.codes import (
    FULL_USE,
    GIVEN_UP,
    LEADER_VACANT,
    NO_START,
    OPERATING,
    PARTIAL_USE,
    PLANNED_ADAPTATION,
    POST_VACANT,
    SILENT,
    UNTRAINED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.rules import CUTS, clip


@month
def service_recorded(row, service, leader, practitioners):
    """Fill one SERVICE_MONTH row: counts by status, means over trained practitioners, the service's and leader's state.

    Means are over the posts whose holder is trained (0 when there is none); that of the dilemma is over those with a need.
    """
    row.state = service.state
    row.leader_type = leader.type
    row.delivering_posts = service.delivering_posts
    row.sessions = service.sessions
    row.fidelity = service.fidelity
    row.fidelity_measured = service.fidelity_measured
    row.climate = service.climate
    row.climate_actual = service.climate_actual
    row.acted_for = service.acted_for
    row.support = service.support
    row.plan_now = service.plan_now
    row.backing = service.backing_now
    row.documentation = service.documentation
    leadership_recorded(row, service, leader, practitioners)
    row.raising = leader.raising
    row.engagement = leader.engagement
    row.consideration = leader.consideration
    row.clarity = service.clarity_now
    row.plan = service.plan
    row.signal_level = service.signal_level
    row.institutionalisation = service.institutionalisation
    row.barriers = service.barriers
    row.supervision = service.supervision
    row.protected_time = service.protected_time
    row.monitoring_use = service.monitoring_use
    row.monitoring_belief = service.monitoring_belief
    row.fidelity_monitoring = service.fidelity_monitoring_now
    row.review = service.review
    row.pool = service.pool
    row.restarted = service.restarted
    row.single_carrier = service.single_carrier
    row.started = service.started
    row.completed = service.completed
    row.dropped_out = service.dropped_out
    row.lost = service.lost
    row.attended_half = service.attended_half
    row.helped = service.helped
    row.benefit_sum = service.benefit_sum
    row.benefit_low_sum = service.benefit_low_sum
    row.ended_low = service.ended_low
    row.false_rejections = service.false_rejections
    row.true_rejections = service.true_rejections
    row.false_continuations = service.false_continuations
    row.leavers = service.leavers
    row.hours_leader = service.hours_leader
    row.hours_practitioner = service.hours_practitioner
    row.hours_supervision = service.hours_supervision
    row.hours_monitoring = service.hours_monitoring
    row.hours_covered = service.hours_covered
    row.hours_training = service.hours_training
    row.leadership_received = service.leadership_received
    row.stop_reason = service.stop_reason
    row.stop_month = service.stop_month
    row.restart_reason = service.restart_reason
    row.restart_month = service.restart_month
    row.decisions_granted = service.decisions_granted
    row.decisions_withdrawn = service.decisions_withdrawn
    row.use = service.use
    row.kept_going = service.kept_going
    row.in_gap = service.in_gap
    row.restarted_gap = service.restarted_gap
    row.restarted_given_up = service.restarted_given_up
    row.lowest_look = service.lowest_look
    row.high_every_look = service.high_every_look
    row.fidelity_clinic = service.fidelity_clinic
    posts_recorded(row, service, practitioners)
    full = 0
    planned = 0
    partial = 0
    waiting = 0
    stopped = 0
    vacant = 0
    untrained = 0
    patients = 0
    troubled = 0
    needing = 0
    dilemma = 0.0
    trained = 0
    commitment = 0.0
    belief = 0.0
    uncertainty = 0.0
    support = 0.0
    expectation = 0.0
    perceived = 0.0
    competence = 0.0
    frustration = 0.0
    exhaustion = 0.0
    readiness = 0.0
    own_view = 0.0
    added_trained = 0
    for i in range(service.posts):
        practitioner = practitioners[i]
        patients = patients + practitioner.course_patients
        if i >= service.established:
            # added posts are told apart: shares and means stay those of the posts established at the start
            if practitioner.status < POST_VACANT:
                added_trained = added_trained + 1
            continue
        if practitioner.status == FULL_USE:
            full = full + 1
        elif practitioner.status == PLANNED_ADAPTATION:
            planned = planned + 1
        elif practitioner.status == PARTIAL_USE:
            partial = partial + 1
        elif practitioner.status == WAITING:
            waiting = waiting + 1
        elif practitioner.status == POST_VACANT:
            vacant = vacant + 1
        elif practitioner.status == UNTRAINED:
            untrained = untrained + 1
        else:
            stopped = stopped + 1
        if practitioner.status < POST_VACANT:
            trained = trained + 1
            commitment = commitment + practitioner.commitment
            belief = belief + practitioner.belief
            uncertainty = uncertainty + practitioner.uncertainty
            support = support + practitioner.autonomy_support
            expectation = expectation + practitioner.expectation
            perceived = perceived + practitioner.perceived_engagement
            competence = competence + practitioner.competence
            frustration = frustration + practitioner.frustration
            exhaustion = exhaustion + practitioner.exhaustion
            readiness = readiness + practitioner.readiness
            own_view = own_view + practitioner.fidelity_self
            if practitioner.hours_need > 0.0:
                needing = needing + 1
                dilemma = dilemma + practitioner.dilemma
                if practitioner.dilemma > 0.0:
                    troubled = troubled + 1
    row.added_posts = service.posts - service.established
    row.added_trained = added_trained
    row.added_delivering = service.added_delivering
    row.full_use = full
    row.planned_adaptation = planned
    row.partial_use = partial
    row.waiting = waiting
    row.stopped = stopped
    row.vacant = vacant
    row.untrained = untrained
    row.course_patients = patients
    row.in_dilemma = troubled
    row.dilemma = dilemma / needing if needing > 0 else 0.0
    row.trained = trained
    shared = 1.0 / trained if trained > 0 else 0.0
    row.commitment = commitment * shared
    row.belief = belief * shared
    row.uncertainty = uncertainty * shared
    row.autonomy_support = support * shared
    row.expectation = expectation * shared
    row.perceived_engagement = perceived * shared
    row.competence = competence * shared
    row.frustration = frustration * shared
    row.exhaustion = exhaustion * shared
    row.readiness = readiness * shared
    row.fidelity_self = own_view * shared


@month
def leadership_recorded(row, service, leader, practitioners):
    """Four dimensions of implementation leadership (0-4): the leader's own, and as seen through each practitioner's slant.

    A view: no rule reads it. The slant is that by which practitioners perceive engagement (L3), on this scale four times as
    large. Perceived is the mean over posts whose holder is trained; without a leader all are 0, since there is nobody to rate.
    """
    proactive = 0.0
    knowledgeable = 0.0
    supportive = 0.0
    perseverant = 0.0
    raters = 0
    if leader.type != LEADER_VACANT:
        for i in range(service.established):
            if practitioners[i].status < POST_VACANT:
                slant = 4.0 * practitioners[i].leader_view
                proactive = proactive + clip(leader.proactive + slant, 0.0, 4.0)
                knowledgeable = knowledgeable + clip(leader.knowledgeable + slant, 0.0, 4.0)
                supportive = supportive + clip(leader.supportive + slant, 0.0, 4.0)
                perseverant = perseverant + clip(leader.perseverant + slant, 0.0, 4.0)
                raters = raters + 1
    shared = 1.0 / raters if raters > 0 else 0.0
    row.perceived_proactive = min(4.0, proactive * shared)
    row.perceived_knowledgeable = min(4.0, knowledgeable * shared)
    row.perceived_supportive = min(4.0, supportive * shared)
    row.perceived_perseverant = min(4.0, perseverant * shared)
    # an empty post has no dimensions (``leader_leaves_post``)
    row.leadership_proactive = leader.proactive
    row.leadership_knowledgeable = leader.knowledgeable
    row.leadership_supportive = leader.supportive
    row.leadership_perseverant = leader.perseverant


@month
def posts_recorded(row, service, practitioners):
    """Count the service's posts by what is made of the practice in them, and by their histories."""
    operating = 0
    silent = 0
    given_up = 0
    never = 0
    kept_going = 0
    in_gap = 0
    after_gap = 0
    after_given_up = 0
    high = 0
    low_cut = 0
    middle_cut = 0
    high_cut = 0
    for i in range(service.established):
        practitioner = practitioners[i]
        if practitioner.use == OPERATING:
            operating = operating + 1
        elif practitioner.use == SILENT:
            silent = silent + 1
        elif practitioner.use == GIVEN_UP:
            given_up = given_up + 1
        elif practitioner.use == NO_START:
            never = never + 1
        kept_going = kept_going + practitioner.kept_going
        in_gap = in_gap + practitioner.in_gap
        after_gap = after_gap + practitioner.restarted_gap
        after_given_up = after_given_up + practitioner.restarted_given_up
        high = high + practitioner.high_every_look
        if practitioner.lowest_look >= CUTS[0]:
            low_cut = low_cut + 1
        if practitioner.lowest_look >= CUTS[1]:
            middle_cut = middle_cut + 1
        if practitioner.lowest_look >= CUTS[2]:
            high_cut = high_cut + 1
    row.operating_posts = operating
    row.silent_posts = silent
    row.given_up_posts = given_up
    row.never_started_posts = never
    row.kept_going_posts = kept_going
    row.in_gap_posts = in_gap
    row.restarted_gap_posts = after_gap
    row.restarted_given_up_posts = after_given_up
    row.high_look_posts = high
    row.high_look_posts_37 = low_cut
    row.high_look_posts_40 = middle_cut
    row.high_look_posts_43 = high_cut
