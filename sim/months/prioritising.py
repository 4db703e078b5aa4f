"""Stage 3: what practitioners perceive, and what they give their hours to (ODD, submodel 3)."""

from sim.codes import (
    BY_WEIGHING,
    CO_LEADS,
    GROUP,
    IN_COURSE,
    LEADS,
    PARTIAL_USE,
    PLANNED_ADAPTATION,
    POST_VACANT,
    RECRUITED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.months.continuing import closed, colleagues_hours, leads_alone
from sim.months.learning import championing_felt
from sim.rules import (
    approach,
    clip,
    dilemma,
    hesitation,
    hours_given,
    hours_of_figures,
    readiness,
    readiness_weighed,
    share,
    squeezed,
)
from sim.state import SLOTS


@month
def practitioner_perceives(practitioner, service, leader, p):
    """Leader engagement, autonomy support and expectation as perceived: the actual, through the person's own slant (L3)."""
    if practitioner.status == POST_VACANT:
        return
    goodwill = p.weight_goodwill * leader.engagement
    # where the organisation states expectations as a routine, that is seen as engagement too
    seen = share(max(leader.raising, goodwill, service.routine_expectation) + practitioner.leader_view)
    practitioner.perceived_engagement = approach(practitioner.perceived_engagement, seen, p.rate_perception)
    support = share(service.autonomy_support_given + practitioner.leader_view)
    practitioner.autonomy_support = approach(practitioner.autonomy_support, support, p.rate_perception)
    championed = championing_felt(practitioner, service, p)
    stated = share(max(service.expectation_stated, p.expectation_champion * championed) + practitioner.leader_view)
    practitioner.expectation = approach(practitioner.expectation, stated, p.rate_perception)
    # directive control is felt as a loss of autonomy
    against = max(0.0, practitioner.expectation - practitioner.autonomy_support)
    own = share(practitioner.autonomy_trait * (1.0 - p.share_autonomy_lost * against))
    practitioner.autonomy = approach(practitioner.autonomy, own, p.rate_perception)


@month
def wants_patients(practitioner, service):
    """Patients the practitioner would ask for the next course (count), from intention, role, course and place left."""
    if practitioner.status > PARTIAL_USE or practitioner.role != LEADS:
        return 0
    if service.format == GROUP:
        if practitioner.course_patients > 0:
            return 0
        return max(0, practitioner.group_target - practitioner.recruited_patients)
    return max(0, practitioner.group_target - practitioner.recruited_patients - practitioner.course_patients)


@month
def hours_on_figures(practitioner, service, p):
    """Hours that outcome figures take this month; none with *monitoring burden* off.

    With *monitoring minutes* they follow from the patients in courses (R62), of whom co-leaders look after half each.
    """
    if p.switch_monitoring_burden == 0:
        return 0.0
    if p.switch_monitoring_minutes == 1:
        mine = 0.5 if practitioner.partner >= 0 else 1.0
        return hours_of_figures(
            p.minutes_figure, mine * practitioner.shared_patients, p.times_figure_month, service.monitoring_dose
        )
    return p.hours_monitoring * service.monitoring_dose


@month
def hours_on_audits(service, p):
    """Hours that fidelity monitoring takes this month; none with *monitoring burden* off."""
    return p.hours_fidelity_monitoring * service.fidelity_monitoring_now if p.switch_monitoring_burden == 1 else 0.0


@month
def readiness_felt(practitioner, p):
    """Readiness to take the hours from other duties (share): R13, or R58 in the form *weighing*."""
    pull = p.weight_directive_pull if p.switch_directive_pull == 1 else 0.0
    if p.form_readiness == BY_WEIGHING:
        return readiness_weighed(
            practitioner.autonomy,
            practitioner.commitment,
            practitioner.hesitation,
            pull,
            practitioner.autonomy_support,
            practitioner.expectation,
        )
    return readiness(
        practitioner.autonomy,
        practitioner.commitment,
        practitioner.hesitation,
        pull,
        practitioner.autonomy_support,
        practitioner.expectation,
    )


@month
def practitioner_prioritises(practitioner, service, patients, p, policy, draws):
    """Need against free hours, the dilemma, hesitation, readiness, hours given; what is squeezed; new courses begin.

    Squeezed first is preparation, then recruiting, last the booked sessions. Barriers and monitoring cost hours that
    cannot be squeezed. Where weekly capacity was checked beforehand, other duties are lower, unless a check only selects.
    """
    practitioner.asks = 0
    practitioner.hours_need = 0.0
    practitioner.hours_given = 0.0
    practitioner.dilemma = 0.0
    practitioner.hesitation = 0.0
    practitioner.delivery = 1.0
    practitioner.recruiting = 1.0
    practitioner.preparation = 1.0
    practitioner.hours_over = 0.0
    practitioner.hours_monitoring = 0.0
    freed = p.share_duties_checked * service.capacity_checked if p.switch_check_selects == 0 else 0.0
    duties = practitioner.other_duties * (1.0 - freed) + policy.workload
    duties = duties + colleagues_hours(practitioner, service)
    free = p.hours_capacity - duties + practitioner.spare_time + service.protected_time
    practitioner.hours_free = max(0.0, free)
    practitioner.hours_other = max(0.0, duties)
    if practitioner.status > WAITING:
        practitioner.readiness = 0.0
        return

    wanted = wants_patients(practitioner, service)
    kept = 1.0
    if practitioner.status == PLANNED_ADAPTATION or practitioner.status == PARTIAL_USE:
        kept = p.share_hours_adapted
    running = practitioner.shared_patients
    if service.format == GROUP:
        courses = 1.0 if running > 0 else 0.0
        usual = p.share_replaced_group
        length = p.hours_session_group
        each = p.hours_preparation_group
        if practitioner.partner >= 0:
            each = 0.5 * each  # co-leaders share the preparation
    else:
        courses = float(running)
        usual = p.share_replaced_individual
        length = p.hours_session_individual
        each = p.hours_preparation_individual
    sessions = p.sessions_month * courses * length * (1.0 - usual) * kept
    preparing = p.sessions_month * courses * each * kept
    recruiting = p.hours_recruiting * (1.0 + p.ratio_recruiting_vacant * service.leader_lack) if wanted > 0 else 0.0
    busy = 1.0 if courses > 0.0 or wanted > 0 else 0.0
    figures, audits = busy * hours_on_figures(practitioner, service, p), busy * hours_on_audits(service, p)
    practitioner.hours_monitoring = figures + audits
    overhead = busy * p.hours_barrier * service.barriers + figures
    overhead = overhead + audits
    overhead = overhead + busy * p.hours_schedule_vacant * service.leader_lack
    if courses > 0.0:
        overhead = overhead + p.hours_lone_leader * leads_alone(practitioner, service, p)
    if p.switch_bottom_up == 1:
        overhead = overhead + busy * p.hours_justifying * service.justification
    need = sessions + preparing + recruiting + overhead
    practitioner.hours_need = need
    # "I spend 45 min on every session, so I might as well use it on IMR": room is made without conflict (study, Hanna)
    if practitioner.dilemma_free == 1:
        practitioner.hours_free = max(practitioner.hours_free, need)
    practitioner.dilemma = dilemma(need, practitioner.hours_free)
    if practitioner.dilemma > 0.0:
        practitioner.dilemma_months = practitioner.dilemma_months + 1

    if p.switch_hesitation == 1:
        practitioner.hesitation = clip(
            hesitation(p.weight_hesitation, practitioner.uncertainty, practitioner.dilemma, practitioner.autonomy_support),
            -1.0,
            1.0,
        )
    practitioner.readiness = readiness_felt(practitioner, p)
    given = hours_given(need, practitioner.hours_free, practitioner.readiness)
    practitioner.hours_given = given
    practitioner.hours_over = max(0.0, given - practitioner.hours_free)

    deficit = need - given
    practitioner.preparation = squeezed(preparing, deficit)
    deficit = max(0.0, deficit - preparing)
    practitioner.recruiting = squeezed(recruiting, deficit)
    deficit = max(0.0, deficit - recruiting)
    practitioner.delivery = squeezed(sessions, deficit)
    practitioner.asks = int(wanted * practitioner.recruiting + 0.5)

    course_begins(practitioner, service, patients, p, draws)


@month
def course_begins(practitioner, service, patients, p, draws):
    """Begin a course when enough patients wait: chance a month = chance_course_start x readiness (ODD, submodel 3).

    A group needs ``patients_group_minimum`` patients, or two after four months of recruiting; an individual series one.
    Intention is required: those who wait finish running courses and start none. Nor does a course begin where the service has
    given the practice up, unless it has decided to begin again and that decision stands.
    """
    if practitioner.recruited_patients > 0:
        practitioner.months_recruiting = practitioner.months_recruiting + 1
    else:
        practitioner.months_recruiting = 0
    if practitioner.status > PARTIAL_USE or practitioner.role == CO_LEADS or practitioner.recruited_patients == 0:
        return
    if closed(service, p):
        return
    if service.format == GROUP:
        if practitioner.course_patients > 0:
            return
        few = practitioner.recruited_patients < p.patients_group_minimum
        if few and (practitioner.months_recruiting < p.months_recruiting_patience or practitioner.recruited_patients < 2):
            return
    if draws.course_start >= p.chance_course_start * practitioner.readiness:
        return
    for k in range(SLOTS):
        patient = patients[practitioner.post * SLOTS + k]
        if patient.state == RECRUITED:
            patient.state = IN_COURSE
            practitioner.course_patients = practitioner.course_patients + 1
            practitioner.started = practitioner.started + 1
    practitioner.recruited_patients = 0
    practitioner.months_recruiting = 0
    practitioner.shared_patients = practitioner.course_patients
    # how many are wanted for the next course: groups of 3-6, one or two individual series
    if service.format == GROUP:
        practitioner.group_target = 3 + min(3, int(4.0 * draws.group_size))
    else:
        practitioner.group_target = 2 if draws.group_size < p.share_two_series else 1
