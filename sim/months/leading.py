"""Stage 2: a month of the leader (ODD, submodel 2). Leaders act only through the channels written here."""

from sim.codes import CONTROLLING, LEADER_VACANT, UNAVAILABLE
from sim.inlining import inlined as month
from sim.months.leaders import leader_dimensions_now
from sim.months.rising import leader_is_moved
from sim.months.upper import decision_is_sought
from sim.rules import (
    autonomy_support_given,
    carried_mass,
    consideration_next,
    decline_next,
    engagement_next,
    held_beyond,
    institutionalisation_next,
    lack_of_leader,
    raising,
    raising_passive,
    routine_next,
    share,
    upkeep_next,
)


@month
def leader_leads(leader, service, p, policy):
    """Raise the practice or not, and what follows through each channel.

    A passive-supportive leader is positive when asked but raises nothing, so consideration fades; an active one states
    expectations, keeps goals and plan current, removes barriers, arranges supervision, successors and monitoring and backs
    planned adaptation. A vacant post does nothing. ``policy`` doses act beside the leader ("somebody acts for the leader").
    """
    present = 0.0 if leader.type == LEADER_VACANT else 1.0
    leadership_moves(leader, service, p, policy, present)
    leader_raises(leader, service, p, present)
    raised = max(leader.raising, policy.follow_up)
    service.raised = raised
    service.leadership_received = service.leadership_received + raised
    supportive = max(leader.supportive, 4.0 * policy.follow_up)
    knowledgeable = max(leader.knowledgeable, 4.0 * policy.follow_up)
    decision_is_sought(service, p, raised, knowledgeable)
    kept = institutionalisation_moves(service, p, raised)
    function_is_filled(leader, service, p, policy, present, kept)
    hours_are_protected(leader, service, p, policy, present, raised, supportive, kept)
    stated = expectation_is_stated(leader, service, p, policy, raised, kept)
    goals_are_kept(service, p, policy, raised, kept)
    barriers_are_removed(service, p, policy, raised, knowledgeable)
    supervision_is_arranged(service, p, policy, raised, knowledgeable, kept)
    promotion = monitoring_is_arranged(service, p, policy, raised, knowledgeable, kept)
    hired = people_are_provided(service, p, policy, present, raised, kept)
    backing = adaptation_is_backed(leader, service, p, policy, raised, supportive, kept)
    autonomy_is_supported(service, p, policy, present, raised, supportive, kept)
    held = held_by_policy(service, p, policy, stated, promotion, backing, hired)
    leader_spends_hours(leader, service, p, present, raised, held)
    service.championing_floor = policy.champion
    service.acted_for = policy.follow_up


@month
def leadership_moves(leader, service, p, policy, present):
    """A leadership programme raises the four dimensions while it lasts; without one they decline (two switches).

    What is gained belongs to the person: it is forgotten after the end, refreshed by another dose, and goes with the leader. The
    decline belongs to the place: it goes on while the post is vacant, and who comes begins with it, so that nobody leads better
    merely for being new.
    """
    dose = 0.0
    if p.switch_leadership_programme == 1:
        dose = policy.leadership_programme * present
        leader.gained = upkeep_next(leader.gained, dose, p.rate_programme, p.rate_programme_forgotten, 0.0)
    if p.switch_leadership_declines == 1:
        leader.declined = decline_next(leader.declined, p.rate_leadership_declines, dose, p.decline_leadership_most)
    if present > 0.0:
        leader_dimensions_now(leader, p)
    service.programme = dose


@month
def leader_raises(leader, service, p, present):
    """Engagement fades, what the leader knows of the practice grows; both decide how far it is raised unasked.

    A programme keeps engagement up while it lasts. With *passive raising* leaders below the threshold raise something too (R51).
    """
    leader.unattended = leader.unattended + 1
    if present > 0.0:
        leader.tenure = leader.tenure + 1
        leader.engagement = engagement_next(leader.engagement, leader.perseverant, p.rate_engagement_decay)
        leader.engagement = max(leader.engagement, p.engagement_programme * service.programme)
        learning = p.rate_informed * (1.0 + service.championing)
        leader.informed = leader.informed + share(learning) * (1.0 - leader.informed)
    leader.raising = raising(leader.engagement, leader.informed, leader.proactive, p.threshold_proactive)
    if p.switch_passive_raising == 1:
        little = raising_passive(leader.engagement, leader.informed, leader.proactive, p.share_raised_passive)
        leader.raising = max(leader.raising, little)
    if p.switch_bottom_up == 1:
        leader_is_moved(leader, service, p, present)


@month
def institutionalisation_moves(service, p, raised):
    """What is kept without the person (share)."""
    if p.switch_institutionalisation == 1:
        service.institutionalisation = institutionalisation_next(
            service.institutionalisation, raised, service.plan_now, p.rate_institutionalisation, p.rate_deinstitutionalisation
        )
    else:
        service.institutionalisation = 0.0
    return service.institutionalisation


@month
def carried_on(level, given, part, p, kept):
    """A routine's next level, as far as the organisation carries it (R52): ``part`` of what is or was given, share.

    0 with the switch *routines* off, or where ``part`` is 0.
    """
    if p.switch_routines == 0:
        return 0.0
    return routine_next(level, part * given, p.rate_upkeep_decay, kept)


@month
def function_is_filled(leader, service, p, policy, present, kept):
    """What the leader's post leaves undone of schedule, referrals, supervision and permission (share); 0 when off.

    Any holder does it as far as informed of the practice, an unavailable one in part; somebody who acts for the leader, as far as
    the dose goes; what is institutionalised needs nobody.
    """
    if p.switch_incumbent_function == 0:
        service.leader_lack = 0.0
        return
    filled = present * leader.informed
    if leader.type == UNAVAILABLE:
        filled = filled * p.share_function_unavailable
    service.leader_lack = lack_of_leader(filled, policy.follow_up, kept)


@month
def raised_by_voice(service, p, raised):
    """How far the extra workload is raised with the leader (share): by the leader, or by those who carry the practice."""
    if p.switch_critical_mass == 0:
        return raised
    return max(raised, p.share_voice * carried_mass(service.carriers, p.posts_half_mass))


@month
def hours_are_protected(leader, service, p, policy, present, raised, supportive, kept):
    """Consideration for the extra workload, and whether colleagues really take work over.

    What has been reallocated stays so as far as it is considered.
    """
    fading = p.rate_consideration_fading if p.switch_fading == 1 else 0.0
    heard = raised_by_voice(service, p, raised)
    leader.consideration = consideration_next(leader.consideration, heard, supportive, p.rate_consideration, fading) * present
    service.routine_consideration = carried_on(
        service.routine_consideration, leader.consideration, p.routine_consideration, p, kept
    )
    considered = max(leader.consideration, service.routine_consideration)
    service.reallocation = upkeep_next(
        service.reallocation, heard * supportive / 4.0, p.rate_reallocation, p.rate_upkeep_decay, max(kept, considered)
    )
    taken_over = max(service.reallocation, policy.reallocation)
    # somebody who acts for a vacant leader considers the workload as far as the dose goes
    if present == 0.0:
        considered = max(service.routine_consideration, policy.follow_up)
    granted = p.hours_protected * considered + policy.protected_time + p.hours_programme_protected * service.programme
    service.protected_time = granted * taken_over * service.budget_kept


@month
def expectation_is_stated(leader, service, p, policy, raised, kept):
    """Expectation that the leader states (share): by whoever raises the practice; a controlling leader states it strongest.

    As a routine the organisation goes on to state it: the greater of the two is returned.
    """
    stated = raised
    if leader.type == CONTROLLING:
        stated = max(stated, leader.engagement)
    stated = share(stated)
    service.routine_expectation = carried_on(service.routine_expectation, stated, p.routine_expectation, p, kept)
    stated = max(stated, service.routine_expectation)
    service.expectation_stated = max(stated, policy.expectation)
    return stated


@month
def goals_are_kept(service, p, policy, raised, kept):
    """Clarity of goals, the plan, and what meetings are used for; a goal that has become clearer is news, as far as it has."""
    before = service.clarity_now
    worked_on = max(raised, p.weight_review * service.review)
    service.clarity = upkeep_next(service.clarity, worked_on, p.rate_goals, p.rate_upkeep_decay, kept)
    service.plan = upkeep_next(service.plan, worked_on, p.rate_goals, p.rate_upkeep_decay, kept)
    # meetings examine the practice as long as somebody puts it on their agenda: they do not keep themselves up
    if p.switch_meetings_lapse == 1:
        service.review_kept = upkeep_next(service.review_kept, raised, p.rate_goals, p.rate_upkeep_decay, kept)
    service.clarity_now = max(service.clarity, policy.clarity)
    service.plan_now = max(service.plan, policy.clarity)
    service.news = max(service.news, service.clarity_now - before)


@month
def barriers_are_removed(service, p, policy, raised, knowledgeable):
    """Remove barriers: the leader as far as knowledge reaches, reviews, and slowly from below."""
    removed = p.rate_barriers * raised * knowledgeable / 4.0 + p.rate_barriers_review * service.review
    removed = removed + p.rate_barriers_below * (1.0 - p.share_permission_vacant * service.leader_lack)
    removed = share(removed + policy.barrier_removal)
    service.barriers = service.barriers * (1.0 - removed)


@month
def supervision_is_arranged(service, p, policy, raised, knowledgeable, kept):
    """Supervision that the service arranges itself, once the outside supervision is gone."""
    wanted = p.sessions_supervision_arranged * raised * knowledgeable / 4.0 * (1.0 - service.support)
    if wanted > service.supervision_arranged:
        service.supervision_arranged = wanted
    else:
        lost = p.rate_upkeep_decay * (1.0 - kept)
        service.supervision_arranged = service.supervision_arranged + lost * (wanted - service.supervision_arranged)
    held = service.supervision_arranged * (1.0 - p.share_supervision_vacant * service.leader_lack)
    service.supervision = held * service.budget_kept + policy.supervision


@month
def monitoring_is_arranged(service, p, policy, raised, knowledgeable, kept):
    """Arrange monitoring, by knowledgeable engagement; it is believed in only where it is promoted, explained and resourced.

    Returns how far the leader promotes it (share). While the outside support hands figures out nobody arranges more: at month
    12 no practitioner used them as a tool (study).
    """
    knows = raised * knowledgeable / 4.0 * (1.0 - service.support)
    service.routine_monitoring = carried_on(service.routine_monitoring, knows, p.routine_monitoring, p, kept)
    knows = max(knows, service.routine_monitoring)
    service.outcome_monitoring_now = share(
        max(service.outcome_monitoring, p.dose_monitoring_active * knows) + policy.outcome_monitoring
    )
    service.fidelity_monitoring_now = share(
        max(service.fidelity_monitoring, p.dose_monitoring_active * knows) + policy.fidelity_monitoring
    )
    promotion = p.share_monitoring_promoted * knows
    promoted = max(promotion, policy.monitoring_belief)
    rate = p.rate_monitoring_belief if promoted > service.monitoring_belief else p.rate_upkeep_decay * (1.0 - kept)
    service.monitoring_belief = service.monitoring_belief + rate * (promoted - service.monitoring_belief)
    # outcome figures handed out by the outside support cost hours and count as monitoring too
    service.monitoring_dose = max(service.outcome_monitoring_now, p.dose_monitoring_supported * service.support)
    service.monitoring_use = service.monitoring_dose * service.monitoring_belief
    return promotion


@month
def people_are_provided(service, p, policy, present, raised, kept):
    """Chance that successors are trained, and hiring beyond routine; returns the hiring that is the service's own (share)."""
    carried = max(raised, kept)
    chance = p.chance_successor_passive * present * (1.0 - carried) + p.chance_successor_active * carried
    service.chance_successor = max(share(chance), policy.successor_training)
    service.routine_selection = carried_on(service.routine_selection, raised, p.routine_selection, p, kept)
    hired = max(raised, service.routine_selection)
    service.hiring = max(hired, policy.hiring)
    return hired


@month
def adaptation_is_backed(leader, service, p, policy, raised, supportive, kept):
    """Back planned adaptation, unasked or when asked; returns the leader's own backing, or the routine's if more (share)."""
    asked = p.share_backing_asked * leader.engagement
    backing = share(max(raised, asked) * supportive / 4.0)
    service.routine_backing = carried_on(service.routine_backing, backing, p.routine_backing, p, kept)
    backing = max(backing, service.routine_backing)
    backing = share(backing) if p.switch_adaptation == 1 else 0.0
    service.adaptation_backing = max(backing, backing_by_policy(p, policy))
    return backing


@month
def backing_by_policy(p, policy):
    """Backing of planned adaptation that a policy holds (share); none with the mechanism off."""
    return policy.adaptation_backing if p.switch_adaptation == 1 else 0.0


@month
def autonomy_is_supported(service, p, policy, present, raised, supportive, kept):
    """Autonomy support as given: nobody gives it in a vacant post beyond what colleagues leave to each other, or a routine."""
    given = autonomy_support_given(supportive, raised, p.share_trust)
    service.routine_autonomy = carried_on(service.routine_autonomy, given, p.routine_autonomy, p, kept)
    given = max(given, service.routine_autonomy)
    if present == 0.0:
        given = max(given, p.autonomy_support_vacant)
    service.autonomy_support_given = share(given + service.autonomy_support_shift + policy.autonomy_support)


@month
def held_by_policy(service, p, policy, stated, promotion, backing, hired):
    """What a policy holds beyond what the service has by itself, in full doses: each costs somebody hours.

    Not among them is what is paid in other hours (protected time, supervision, monitoring, meetings, training of successors),
    and what is not the leader's to give (outside support, signal, backing, budget, workload, patients).
    """
    held = held_beyond(policy.expectation, stated) + held_beyond(policy.reallocation, service.reallocation)
    held = held + held_beyond(policy.clarity, min(service.clarity, service.plan)) + held_beyond(policy.autonomy_support, 0.0)
    held = held + held_beyond(policy.monitoring_belief, promotion) + held_beyond(backing_by_policy(p, policy), backing)
    return held + held_beyond(policy.hiring, hired) + policy.champion + policy.barrier_removal


@month
def leader_spends_hours(leader, service, p, present, raised, held):
    """Hours of whoever leads: being there, raising the practice, what policies hold, monitoring, reviews, a programme."""
    leader.hours = (
        p.hours_leader_reactive * leader.engagement * present
        + p.hours_leader_active * raised
        + p.hours_leader_lever * held
        + p.hours_leader_monitoring * (service.outcome_monitoring_now + service.fidelity_monitoring_now)
        + p.hours_leader_review * service.review
        + p.hours_leader_programme * service.programme
    )
    service.hours_leader = service.hours_leader + leader.hours
