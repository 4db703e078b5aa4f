"""Stage 4: sessions and patients (ODD, submodel 4)."""

from sim.codes import (
    CO_LEADS,
    COMPLETED,
    DROPPED_OUT,
    EMPTY,
    GROUP,
    IN_COURSE,
    LEADS,
    NOT_ENDED,
    PARTIAL_USE,
    RECRUITED,
    STOPPED,
    WITHDREW_BEFORE_START,
)
from sim.inlining import inlined as month
from sim.months.continuing import others_carry
from sim.portable import normal
from sim.rules import clip, gain, gain_factor, gain_of_feedback, off_track, response_mean, whole_number
from sim.state import SLOTS


@month
def service_gives_sessions(service, practitioners, p, draws):
    """Sessions of every post: booked x share for which hours were given x (1 - absence), a whole number.

    A group is held when either of its leaders can hold it; both see the same patients and both count the sessions.
    """
    total = 0
    for i in range(service.posts):
        practitioner = practitioners[i]
        practitioner.sessions = 0
        practitioner.sessions_each = 0
        practitioner.sessions_booked = 0.0
        if practitioner.role == LEADS and practitioner.course_patients > 0:
            can = practitioner.delivery if practitioner.status < STOPPED else 0.0
            if practitioner.partner >= 0:
                can = max(can, practitioners[practitioner.partner].delivery)
            courses = 1 if service.format == GROUP else practitioner.course_patients
            # a colleague who carries the practice steps in
            absent = p.share_absence * (1.0 - p.share_absence_covered * others_carry(practitioner, service, p))
            each = whole_number(p.sessions_month * can * (1.0 - absent), draws[i].absence)
            practitioner.sessions_each = each
            practitioner.sessions = each * courses
            practitioner.sessions_booked = p.sessions_month * courses
            total = total + practitioner.sessions
    for i in range(service.posts):
        practitioner = practitioners[i]
        if practitioner.role != LEADS and practitioner.partner >= 0:
            mate = practitioners[practitioner.partner]
            practitioner.sessions = mate.sessions
            practitioner.sessions_each = mate.sessions_each
            practitioner.sessions_booked = mate.sessions_booked
    service.sessions = total


@month
def gain_when_adapted(p):
    """Extra gain under planned adaptation at functioning 0 (share): with *agreed core* it may be nothing, or harm."""
    return p.gain_adapted if p.switch_agreed_core == 1 else p.gain_adaptation


@month
def gain_fed_back(patient, service, p, attended):
    """What outcome figures that are really used add to the month's gain (R63); more for who is known not to be on track (M2).

    A patient is known not to be on track by the last look: less gained than is usual at such functioning for what was attended.
    """
    effect = p.effect_feedback
    usual = response_mean(patient.functioning, p.gain_course, p.slope_functioning)
    gained = patient.recovery_seen - patient.recovery_start
    if patient.looks > 0 and off_track(gained, usual, patient.attended_seen, p.sessions_course):
        effect = p.effect_feedback_off_track
    return gain_of_feedback(service.monitoring_use, effect, p.recovery_spread, attended, p.sessions_course)


@month
def patient_month(patient, practitioner, service, p, draws):
    """A month in a course: attendance, gain, relapse, dropout, completion, and what there is to be seen of it.

    A relapse loses part of what was gained. Dropout is likelier the less a patient is inclined to attend and, where outcome
    figures are used, less likely (M3, *feedback dropout*). With *feedback* such figures add to what is gained (M2). The course
    is complete when its sessions have been given.
    """
    patient.relapsed = 0
    patient.months = patient.months + 1
    given = practitioner.sessions_each
    patient.sessions_offered = patient.sessions_offered + given
    attended = whole_number(given * patient.engagement, draws.attendance)
    patient.sessions_attended = patient.sessions_attended + attended
    factor = gain_factor(
        practitioner.status, patient.too_demanding, patient.functioning, gain_when_adapted(p), p.share_rescued, p.gain_partial
    )
    gained = gain(patient.response, attended, p.sessions_course, factor, practitioner.fidelity, p.slope_fidelity)
    if p.switch_feedback == 1:
        gained = gained + gain_fed_back(patient, service, p, attended)
    patient.recovery = clip(patient.recovery + gained, 1.0, 5.0)
    if draws.relapse < p.chance_relapse:
        patient.relapsed = 1
        above = patient.recovery - patient.recovery_start
        if above > 0.0:
            patient.recovery = patient.recovery - p.share_relapse_loses * above

    length = p.sessions_course
    if practitioner.status == PARTIAL_USE:
        length = length * p.share_modules_partial
    leaving = p.chance_dropout * 2.0 * (1.0 - patient.engagement)
    if p.switch_feedback_dropout == 1:
        leaving = leaving * (1.0 - service.monitoring_use * (1.0 - 1.0 / p.odds_dropout_feedback))
    if patient.sessions_offered >= length or patient.months >= p.months_course_maximum:
        # a course that somebody never came to is not completed
        patient.ended = COMPLETED if patient.sessions_attended > 0 else DROPPED_OUT
    elif draws.dropout < leaving:
        patient.ended = DROPPED_OUT

    # progress since it was last looked at, per session given, on the scale of a whole course; quarterly and at exit, and only
    # of those who came
    since = patient.months - patient.months_seen
    came = patient.sessions_attended > patient.attended_seen
    if came and (since >= 3 or (patient.ended != NOT_ENDED and since > 0)):
        given_since = patient.sessions_offered - patient.offered_seen
        pace = (patient.recovery - patient.recovery_seen) * p.sessions_course / given_since
        patient.seen_now = 1
        patient.looks = patient.looks + 1
        patient.seen_pace = pace
        patient.seen_noise = p.noise_seen * normal(draws.noise_seen)
        patient.recovery_seen = patient.recovery
        patient.months_seen = patient.months
        patient.attended_seen = patient.sessions_attended
        patient.offered_seen = patient.sessions_offered


@month
def recruited_month(patient, practitioner, p, draws):
    """A month of waiting for a course: some no longer want it; all return to the pool when their practitioner stops."""
    if patient.state == RECRUITED and (draws.withdraws < p.chance_withdraws or practitioner.status >= STOPPED):
        patient.ended = WITHDREW_BEFORE_START


@month
def practitioner_counts_patients(practitioner, service, patients, p):
    """Clear the slots of patients whose course ended, keep the post's counts, and note that a course ended.

    A completed individual series, or the end of a group (nobody left in it), is 'the end of a course'.
    """
    practitioner.course_ended = 0
    if practitioner.slots_used == 0:
        return
    before = practitioner.course_patients
    used = 0
    running = 0
    waiting = 0
    ended = 0
    practitioner.course_months = 0
    practitioner.module = 0.0
    for k in range(SLOTS):
        patient = patients[practitioner.post * SLOTS + k]
        # a slot that was touched this month is blank again only after the page has been turned
        if patient.state != EMPTY or patient.asked == 1:
            used = 1
        if patient.ended != NOT_ENDED:
            if patient.ended <= DROPPED_OUT:
                ended = ended + 1
            patient.state = EMPTY
        elif patient.state == IN_COURSE:
            running = running + 1
            if patient.months > practitioner.course_months:
                practitioner.course_months = patient.months
                practitioner.module = clip(10.0 * patient.sessions_offered / p.sessions_course, 0.0, 10.0)
        elif patient.state == RECRUITED:
            waiting = waiting + 1
    practitioner.course_patients = running
    practitioner.recruited_patients = waiting
    practitioner.slots_used = used
    if service.format == GROUP:
        if before > 0 and running == 0:
            practitioner.course_ended = 1
    elif ended > 0:
        practitioner.course_ended = 1


@month
def service_counts_ended(service, practitioners, patients, p):
    """Add the courses that ended this month to the service's counts (before their slots are cleared)."""
    for i in range(service.posts):
        if practitioners[i].slots_used == 1:
            for k in range(SLOTS):
                patient = patients[i * SLOTS + k]
                if patient.ended == WITHDREW_BEFORE_START:
                    service.withdrew = service.withdrew + 1
                    service.pool = service.pool + 1
                elif patient.ended != NOT_ENDED:
                    course_counted(service, patient, p)


@month
def course_counted(service, patient, p):
    """Count one ended course: how it ended, whether half was attended, and the true gain in all, and by functioning."""
    if patient.ended == COMPLETED:
        service.completed = service.completed + 1
    elif patient.ended == DROPPED_OUT:
        service.dropped_out = service.dropped_out + 1
    else:
        service.lost = service.lost + 1
    gained = patient.recovery - patient.recovery_start
    service.benefit_sum = service.benefit_sum + gained
    if patient.functioning < service.functioning_mean:
        service.benefit_low_sum = service.benefit_low_sum + gained
        service.ended_low = service.ended_low + 1
    if gained >= p.gain_worthwhile:
        service.helped = service.helped + 1
    # who completed is judged against what was offered; who left early against a full course, as the trials do
    if 2.0 * patient.sessions_attended >= min(1.0 * patient.sessions_offered, p.sessions_course) and patient.ended == COMPLETED:
        service.attended_half = service.attended_half + 1
    elif 2.0 * patient.sessions_attended >= p.sessions_course:
        service.attended_half = service.attended_half + 1


@month
def practitioner_hears_of_end(practitioner, practitioners):
    """A co-leader's course ended when the leading partner's did; reads only the partner's count of before this stage."""
    if practitioner.role == CO_LEADS and practitioner.partner >= 0 and practitioners[practitioner.partner].course_ended == 1:
        practitioner.course_ended = 1
