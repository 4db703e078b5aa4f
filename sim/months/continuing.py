"""What becomes of a practice in a service as a whole: who carries it, who can teach it, giving it up and taking it up again.

Runs early in the month, on the state at its start (ODD, second version). Every part does nothing where its switch is off.
"""

from sim.codes import (
    COMMITTED,
    GIVEN_UP,
    GROUP,
    POST_VACANT,
    STOPPED,
    UNTRAINED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.months.picking import one_of_four
from sim.rules import carried_mass, hazard_by_reason, nobodys_practice, shared_load
from sim.state import COMPONENTS


@month
def service_takes_stock(service, leader, practitioners, p, step, draws):
    """Count who carries the practice, find who can teach it, share the duties of vacant posts, decide about the practice."""
    watched = p.switch_successors_taught == 1 or p.switch_living_practice == 1 or p.switch_critical_mass == 1
    if watched or p.switch_service_decides == 1:
        carriers_counted(service, practitioners)
    if p.switch_successors_taught == 1 or p.switch_living_practice == 1:
        teacher_found(service, practitioners, p)
    if p.switch_vacancy_load == 1:
        duties_shared(service, practitioners, p)
    if p.switch_service_decides == 1:
        service_decides(service, leader, practitioners, p, step, draws)


@month
def carries(practitioner):
    """Whether the holder of a post carries the practice (1): intends to use it, and gave a session within the delivery window.

    The window is the post's; sessions of a predecessor are not the holder's.
    """
    own = practitioner.months_since_session < practitioner.months_in_post
    if practitioner.status <= WAITING and practitioner.delivers == 1 and own:
        return 1
    return 0


@month
def carriers_counted(service, practitioners):
    """Mark and count the posts whose holders carry the practice."""
    count = 0
    for i in range(service.posts):
        practitioner = practitioners[i]
        practitioner.carries = carries(practitioner)
        count = count + practitioner.carries
    service.carriers = count


@month
def counted_posts(service, practitioners):
    """Posts that count: those established at the start, and the added ones in which somebody trained has been."""
    count = 0
    for i in range(service.posts):
        count = count + practitioners[i].counted
    return count


@month
def teacher_found(service, practitioners, p):
    """Skill and components of the colleague who would teach: the most skilled; in a living practice, of those who carry it."""
    best = -1
    skill = 0.0
    for i in range(service.posts):
        colleague = practitioners[i]
        able = colleague.status < STOPPED and (p.switch_living_practice == 0 or colleague.carries == 1)
        if able and colleague.competence > skill:
            skill = colleague.competence
            best = i
    service.teacher_skill = skill
    for k in range(len(COMPONENTS)):
        service.teacher_components[k] = practitioners[best].components[k] if best >= 0 else 0.0
    service.teacher_view = practitioners[best].fidelity_self if best >= 0 else 1.0


@month
def duties_shared(service, practitioners, p):
    """Hours that vacant posts, and untrained successors, leave to each colleague: all who are present, and those trained.

    An added post has no duties to leave, and its holder none to share, before somebody trained has held it.
    """
    vacant = 0
    untrained = 0
    for i in range(service.posts):
        if practitioners[i].counted == 1:
            if practitioners[i].status == POST_VACANT:
                vacant = vacant + 1
            elif practitioners[i].status == UNTRAINED:
                untrained = untrained + 1
    present = counted_posts(service, practitioners) - vacant
    service.vacancy_hours = shared_load(p.hours_vacancy, vacant, present)
    service.untrained_hours = shared_load(p.hours_vacancy * p.share_untrained_load, untrained, present - untrained)


@month
def colleagues_hours(practitioner, service):
    """Duties that the holder of a post takes over from vacant posts and untrained successors, hours/month; 0 when off."""
    if practitioner.status < POST_VACANT:
        return service.vacancy_hours + service.untrained_hours
    if practitioner.status == UNTRAINED and practitioner.counted == 1:
        return service.vacancy_hours
    return 0.0


@month
def service_decides(service, leader, practitioners, p, step, draws):
    """Give the practice up, or take it up again: decisions of the service, each with its reason and month."""
    if service.restart_stands == 1:
        # carried out, or gone by without a session; what ran on from before the practice was given up carries nothing out
        carried_out = service.sessions > 0 and begun_since(service)
        if carried_out or step - service.restart_month >= p.months_decision_stands:
            service.restart_stands = 0
        return
    if service.chancy == 0:
        return  # what the service decided in the months that were observed is known
    if service.use == GIVEN_UP or service.stopped_by_decision == 1:
        practice_taken_up(service, leader, practitioners, p, step, draws)
    elif service.first_session_month >= 0:
        practice_given_up(service, practitioners, p, step, draws)


@month
def begun_since(service):
    """Whether a course has begun since the service last decided to give the practice up; true without such a decision.

    Courses that ran then are finished. Their sessions are the end of the old practice, not the start of a new one.
    """
    return service.started > service.started_when_stopped


@month
def given_up(service, p):
    """Whether the service has given the practice up: by decision, or since nobody has intended to use it for some months."""
    nobody = service.months_nobody >= p.months_without_anybody
    return service.stopped_by_decision == 1 or (service.first_session_month >= 0 and nobody)


@month
def practice_given_up(service, practitioners, p, step, draws):
    """The service gives the practice up for money, for lack of priority or for want of people (S2), by one draw.

    Each reason weighs the more, the fewer carry the practice and the less a leader wants it, as far as these two count (R68).
    Enough posts are as many as there are, at most. People are wanting in posts that have been carried: an added post in which
    nobody has been trained yet is no loss.
    """
    supported = 1.0 + service.support * (p.factor_decisions_supported - 1.0)
    signal = service.signal_level if p.switch_mixed_signals == 1 else p.uncertainty_committed
    wanting = 0
    counted = counted_posts(service, practitioners)
    for i in range(service.posts):
        if practitioners[i].counted == 1 and practitioners[i].status >= POST_VACANT:
            wanting = wanting + 1
    enough = min(p.posts_carry_enough, counted)
    nobodys = nobodys_practice(
        service.carriers, enough, p.weight_carried_kept, service.expectation_stated, p.weight_expectation_kept
    )
    money = hazard_by_reason(p.chance_stops_money, (1.0 - service.budget_kept) * nobodys, supported)
    priority = hazard_by_reason(p.chance_stops_priority, signal * nobodys, supported)
    workforce = hazard_by_reason(p.chance_stops_workforce, wanting / counted * nobodys, supported)
    reason = one_of_four(draws.gives_up, money, priority, workforce, 0.0)
    if reason > 0:
        service.stopped_by_decision = 1
        service.stop_month = step
        service.stop_reason = reason  # StopReason has this order
        service.started_when_stopped = service.started


@month
def practice_taken_up(service, leader, practitioners, p, step, draws):
    """The service takes the practice up again: a new leader or goal, money or mandate, a champion, patients who ask.

    Somebody must be there, and patients to ask. The decision stands for some months or until a session is given.
    """
    champion = service.championing_floor
    present = 0
    for i in range(service.posts):
        one = practitioners[i]
        if one.status != POST_VACANT:
            present = present + 1
        if one.champion == 1:
            champion = max(champion, one.commitment)
    if present == 0 or service.pool <= 0:
        return
    mandate = max(service.support, service.news if service.signal == COMMITTED else 0.0)
    first = hazard_by_reason(p.chance_restart_leader, service.news * leader.raising, 1.0)
    second = hazard_by_reason(p.chance_restart_mandate, mandate * service.budget_kept, 1.0)
    third = hazard_by_reason(p.chance_restart_champion, champion, 1.0)
    fourth = hazard_by_reason(p.chance_restart_patients, patients_who_ask(service), 1.0)
    reason = one_of_four(draws.takes_up, first, second, third, fourth)
    if reason > 0:
        service.restart_stands = 1
        service.restart_month = step
        service.restart_reason = reason  # RestartReason has this order
        service.stopped_by_decision = 0


@month
def patients_who_ask(service):
    """How far there are patients for everybody: eligible ones over the posts established at the start, at most 1 (share)."""
    return min(1.0, service.pool / service.established)


@month
def closed(service, p):
    """Whether the practice is given up and nothing was decided since: nobody takes it up alone, nobody is trained."""
    if p.switch_service_decides == 0 or service.restart_stands == 1:
        return False
    return service.use == GIVEN_UP or service.stopped_by_decision == 1


@month
def others_carry(practitioner, service, p):
    """Strength of the colleagues who carry the practice beside a practitioner (share); 0 with *critical mass* off."""
    if p.switch_critical_mass == 0:
        return 0.0
    return carried_mass(service.carriers - practitioner.carries, p.posts_half_mass)


@month
def leads_alone(practitioner, service, p):
    """How far the leader of a group is alone with it (share): without a partner, the less the more colleagues carry the practice.

    0 with *critical mass* off, in individual format and without a group.
    """
    if p.switch_critical_mass == 0 or service.format != GROUP or practitioner.partner >= 0:
        return 0.0
    if practitioner.shared_patients == 0:
        return 0.0
    return 1.0 - others_carry(practitioner, service, p)


@month
def chance_formal(practitioner, service, p):
    """Chance a month that an untrained successor is trained formally.

    In a living practice somebody must carry it, or the service have decided to take it up again. Where nobody carries it and no
    such decision can be taken, since the practice has never begun or since services decide nothing, a part of the training goes
    on: as far as leaders and mandates send people to it all the same. Who follows on somebody who had stopped is trained less
    often, but for such a decision: the post no longer carries the practice.
    """
    chance = service.chance_successor
    if p.switch_living_practice == 1 and service.carriers == 0 and service.restart_stands == 0:
        if service.first_session_month >= 0 and p.switch_service_decides == 1:
            return 0.0
        chance = chance * p.share_trained_uncarried
    if practitioner.post >= service.established and practitioner.person == 1:
        # an expansion trains those who come to its posts
        chance = max(chance, p.chance_added_trained)
    return chance * follows_a_stop(practitioner, service, p)


@month
def chance_informal(practitioner, service, p):
    """Chance a month that a colleague who can teaches an untrained successor; without a leader less of it is permitted."""
    chance = p.chance_informal_training * (1.0 - p.share_permission_vacant * service.leader_lack)
    return chance * follows_a_stop(practitioner, service, p)


@month
def follows_a_stop(practitioner, service, p):
    """Factor on the training of a successor whose predecessor had stopped; 1 for others and where a restart was decided."""
    if p.switch_successors_taught == 1 and practitioner.post_lapsed == 1 and service.restart_stands == 0:
        return p.factor_post_lapsed
    return 1.0
