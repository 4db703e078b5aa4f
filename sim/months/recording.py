"""What is written down of a service each month, at the moment of observation. Reads state, consumes no randomness."""

from numba.extending import register_jitable as month

from sim.codes import FULL_USE, PARTIAL_USE, PLANNED_ADAPTATION, POST_VACANT, UNTRAINED, WAITING


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
    row.decisions_granted = service.decisions_granted
    row.decisions_withdrawn = service.decisions_withdrawn
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
    for i in range(service.posts):
        practitioner = practitioners[i]
        patients = patients + practitioner.course_patients
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
