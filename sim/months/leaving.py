"""Stage 10: people leave, successors are trained, patients are handed over or lost (ODD, submodel 10)."""

from sim.codes import (
    EMPTY,
    FULL_USE,
    GROUP,
    IN_COURSE,
    INDEPENDENT,
    LEADER_VACANT,
    LOST,
    NOT_ENDED,
    PARTIAL_USE,
    POST_VACANT,
    STOPPED,
    UNTRAINED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.months.continuing import chance_formal, chance_informal, closed
from sim.months.delivering import course_counted
from sim.months.leaders import leader_leaves_post
from sim.portable import log
from sim.rules import chance_leaving, share, taught
from sim.state import COMPONENTS, SLOTS


@month
def practitioner_leaves(practitioner, p, policy, draws):
    """Turnover and retirement. Trained volunteers rarely leave in their first year (pattern P8); exhaustion adds to it (W9)."""
    practitioner.leaving = 0
    if practitioner.status == POST_VACANT:
        return
    practitioner.months_in_post = practitioner.months_in_post + 1
    practitioner.experience = practitioner.experience + 1.0 / 12.0
    goes = False
    if p.switch_turnover == 1:
        practitioner.months_to_retirement = max(0, practitioner.months_to_retirement - 1)
        protected = 1.0
        if practitioner.volunteer == 1 and practitioner.months_in_post <= 12:
            protected = p.factor_first_year
        exhaustion = practitioner.exhaustion if p.switch_exhaustion == 1 else p.exhaustion_mean
        chance = chance_leaving(p.chance_leaves, exhaustion, p.exhaustion_mean, log(p.odds_leaving_exhausted), protected)
        goes = draws.leaves < chance or practitioner.months_to_retirement == 0
    if policy.event_post_leaves == practitioner.post:
        goes = True
    if goes:
        practitioner.leaving = 1
        if practitioner.status != UNTRAINED:
            practitioner.post_lapsed = 1 if practitioner.status == STOPPED else 0
        practitioner.status = POST_VACANT
        practitioner.champion = 0
        practitioner.asks = 0
        practitioner.competence = 0.0
        practitioner.hours_need = 0.0
        practitioner.hours_given = 0.0
        practitioner.dilemma = 0.0


@month
def successor_trained(practitioner, service, p, draws):
    """An untrained successor is trained, formally at the service's chance, else informally by a colleague who can.

    Informal training passes on a share of the best colleague's skill, and of the components: drift in transmission. Design.
    In the form *independent* no colleague trains anybody. With *successors taught* a training gives what one gave the
    volunteers, no more, and a colleague passes on a share of what the colleague has by now, of skill and of each component, and
    the colleague's own view of how whole it is.
    """
    if practitioner.status != UNTRAINED or practitioner.months_in_post == 0 or closed(service, p):
        return
    trained = 0.0
    formally = 0
    learnable = skill_to_learn(service, p)
    if draws.trained < chance_formal(practitioner, service, p):
        formally = 1
        further = p.share_formal_training if p.switch_successors_taught == 0 else 0.0
        trained = practitioner.competence_start + further * (practitioner.ceiling - practitioner.competence_start)
        for k in range(len(COMPONENTS)):
            practitioner.components[k] = 1.0
    elif learnable > 0.0 and draws.trained_informally < chance_informal(practitioner, service, p):
        trained = share(p.share_skill_transmitted * learnable)
        for k in range(len(COMPONENTS)):
            practitioner.components[k] = p.share_skill_transmitted
        if p.switch_successors_taught == 1:
            trained = taught(learnable, p.share_skill_transmitted, practitioner.ceiling)
            for k in range(len(COMPONENTS)):
                practitioner.components[k] = taught(service.teacher_components[k], p.share_components_transmitted, 1.0)
            # what a colleague passes on is taken for the whole: nobody misses what was never shown (M10)
            practitioner.fidelity_self = service.teacher_view
    if trained > 0.0:
        practitioner.competence = trained
        practitioner.status = FULL_USE
        practitioner.months_in_status = 0
        practitioner.group_target = 3 if service.format == GROUP else 1
        practitioner.trained_here = 1
        practitioner.counted = 1
        practitioner.trained_formally = formally


@month
def skill_to_learn(service, p):
    """Skill that a colleague could pass on (share); 0 where nobody teaches."""
    if p.form_peers == INDEPENDENT:
        return 0.0
    if p.switch_successors_taught == 1 or p.switch_living_practice == 1:
        return service.teacher_skill
    return service.informal_skill


@month
def patient_moved(source, target):
    """Move a patient with their whole course from one slot to another, which must be empty; the source becomes empty."""
    target.state = source.state
    target.functioning = source.functioning
    target.too_demanding = source.too_demanding
    target.engagement = source.engagement
    target.response = source.response
    target.recovery = source.recovery
    target.recovery_start = source.recovery_start
    target.recovery_seen = source.recovery_seen
    target.months = source.months
    target.months_seen = source.months_seen
    target.offered_seen = source.offered_seen
    target.looks = source.looks
    target.attended_seen = source.attended_seen
    target.sessions_offered = source.sessions_offered
    target.sessions_attended = source.sessions_attended
    target.relapsed = source.relapsed
    target.seen_now = 0
    target.ended = NOT_ENDED
    target.person = target.person + 1
    source.state = EMPTY
    source.seen_now = 0


@month
def taker_of(service, practitioners, i):
    """Post that can take over the patients of post i: the group's partner, or a colleague with individual courses; -1 none."""
    former = practitioners[i]
    if service.format == GROUP:
        if former.partner >= 0:
            mate = practitioners[former.partner]
            # who waits finishes running courses, so may go on with this one
            if mate.status <= WAITING and mate.course_patients == 0 and mate.recruited_patients == 0:
                return former.partner
        return -1
    best = -1
    for j in range(service.posts):
        if j != i and practitioners[j].status <= PARTIAL_USE:
            if best < 0 or practitioners[j].course_patients < practitioners[best].course_patients:
                best = j
    return best


@month
def service_hands_over(service, practitioners, patients, p, draws):
    """Patients of posts whose holder left or stopped: handed over to a colleague, or lost (counted as such)."""
    for i in range(service.posts):
        practitioner = practitioners[i]
        service.leavers = service.leavers + practitioner.leaving
        service.successors_trained = service.successors_trained + practitioner.trained_here
        service.hours_training = service.hours_training + p.hours_training * practitioner.trained_formally
        practitioner.trained_here = 0
        practitioner.trained_formally = 0
        if practitioner.status >= STOPPED and practitioner.course_patients > 0:
            taker = taker_of(service, practitioners, i)
            # a co-leader who already sees the patients goes on; a colleague takes over with a chance
            certain = service.format == GROUP
            if taker >= 0 and (certain or draws[i].handover < p.chance_handed_over):
                hand_over(practitioners[taker], patients, i, taker)
            for k in range(SLOTS):
                patient = patients[i * SLOTS + k]
                if patient.state == IN_COURSE:
                    patient.ended = LOST
                    course_counted(service, patient, p)
                    patient.state = EMPTY
            practitioner.course_patients = 0


@month
def hand_over(taker, patients, i, j):
    """Move patients in courses from the slots of post i to empty slots of post j, as far as there are any."""
    for k in range(SLOTS):
        source = patients[i * SLOTS + k]
        if source.state == IN_COURSE:
            free = -1
            for m in range(SLOTS):
                if free < 0 and patients[j * SLOTS + m].state == EMPTY:
                    free = m
            if free >= 0:
                patient_moved(source, patients[j * SLOTS + free])
                taker.course_patients = taker.course_patients + 1
                taker.slots_used = 1


@month
def leader_leaves(leader, service, p, draws):
    """Leader turnover: the post is vacant from next month."""
    if p.switch_leader_turnover == 0 or service.chancy == 0 or leader.type == LEADER_VACANT:
        return
    if draws.leaves < p.chance_leader_leaves:
        leader_leaves_post(leader, service)
