"""Who leads: the four dimensions of leadership, types of leaders, leaving and taking the post (ODD, submodel 2).

How a leader leads, month by month, is in ``sim.months.leading``.
"""

from sim.codes import ACTIVE, CONTROLLING, LEADER_VACANT, PASSIVE_SUPPORTIVE, UNAVAILABLE, UNSUPPORTIVE_TRUSTING
from sim.inlining import inlined as month
from sim.months.picking import one_of_four
from sim.plan import LEADER_EVENT_ARRIVES, LEADER_EVENT_BECOMES, LEADER_EVENT_LEAVES
from sim.portable import normal
from sim.rules import clip, decline_next, dimension_now, engagement_next

PICKED_TYPES = (PASSIVE_SUPPORTIVE, ACTIVE, CONTROLLING, UNSUPPORTIVE_TRUSTING, UNAVAILABLE)
"""Types of newcomers in the order in which shares are told; the first is who is none of the others."""


@month
def leader_dimensions(leader, p, spread):
    """Set the four implementation-leadership dimensions from the type; ``spread`` is the person's standard normal deviate.

    Means and spread of staff-rated units (L2); how far each type lies from them is an assumption.
    """
    kind = leader.type
    lift = p.scale_leader_spread * spread
    near = p.gap_leader_type
    high = p.lift_leader_active
    proactive = p.scale_proactive
    knowledgeable = p.scale_knowledgeable
    supportive = p.scale_supportive
    perseverant = p.scale_perseverant
    if kind == ACTIVE:
        proactive = proactive + high
        knowledgeable = knowledgeable + high
        supportive = supportive + high
        perseverant = perseverant + high
    elif kind == PASSIVE_SUPPORTIVE:
        proactive = proactive - near
        knowledgeable = knowledgeable - near
        perseverant = perseverant - near
    elif kind == UNSUPPORTIVE_TRUSTING:
        proactive = proactive - near
        knowledgeable = knowledgeable - near
        supportive = supportive - near
        perseverant = perseverant - near
    elif kind == UNAVAILABLE:
        proactive = proactive - 2.0 * near
        knowledgeable = knowledgeable - 2.0 * near
        supportive = supportive - near
        perseverant = perseverant - 2.0 * near
    elif kind == CONTROLLING:
        proactive = proactive + high
        knowledgeable = knowledgeable + high
        supportive = supportive - 2.0 * near
        perseverant = perseverant + high
    leader.proactive_own = clip(proactive + lift, 0.0, 4.0)
    leader.knowledgeable_own = clip(knowledgeable + lift, 0.0, 4.0)
    leader.supportive_own = clip(supportive + lift, 0.0, 4.0)
    leader.perseverant_own = clip(perseverant + lift, 0.0, 4.0)
    leader_dimensions_now(leader, p)


@month
def leader_dimensions_now(leader, p):
    """The four dimensions as they are now: the person's own, what a programme has added, what has been lost since (R53)."""
    gained = leader.gained
    declined = leader.declined
    leader.proactive = dimension_now(leader.proactive_own, p.lift_programme, gained, declined)
    leader.knowledgeable = dimension_now(leader.knowledgeable_own, p.lift_programme, gained, declined)
    leader.supportive = dimension_now(leader.supportive_own, p.lift_programme, gained, declined)
    leader.perseverant = dimension_now(leader.perseverant_own, p.lift_programme, gained, declined)


@month
def leader_engagement_at_start(kind, p):
    """Engagement with which a leader of a type takes the post up (share); 0 for a vacant post. Assumption."""
    if kind in (ACTIVE, CONTROLLING):
        return p.engagement_active
    if kind == PASSIVE_SUPPORTIVE:
        return p.engagement_passive
    if kind == UNSUPPORTIVE_TRUSTING:
        return p.engagement_unsupportive
    if kind == UNAVAILABLE:
        return p.engagement_unavailable
    return 0.0


@month
def leader_type_drawn(chance, p):
    """Type of a newcomer: mostly passive-supportive, from one uniform. Assumption (distribution).

    With *newcomers alike* from the types of those who led at the start (A8), so that change alone makes leaders no better.
    """
    if p.switch_newcomers_alike == 1:
        picked = one_of_four(
            chance,
            p.share_incumbent_active,
            p.share_incumbent_controlling,
            p.share_incumbent_unsupportive,
            p.share_incumbent_unavailable,
        )
    else:
        picked = one_of_four(
            chance,
            p.share_new_leader_active,
            p.share_new_leader_controlling,
            p.share_new_leader_unsupportive,
            p.share_new_leader_unavailable,
        )
    return PICKED_TYPES[picked]


@month
def leader_leaves_post(leader, service):
    """Empty the leader's post: what a leader carried in person goes, what is institutionalised stays with the service.

    So does the decline of leadership that nobody works on: it is the place's (``leader.declined``, ``leader.unattended``).
    """
    leader.type = LEADER_VACANT
    leader.engagement = 0.0
    leader.raising = 0.0
    leader.consideration = 0.0
    leader.informed = 0.0
    leader.proactive = 0.0
    leader.knowledgeable = 0.0
    leader.supportive = 0.0
    leader.perseverant = 0.0
    leader.proactive_own = 0.0
    leader.knowledgeable_own = 0.0
    leader.supportive_own = 0.0
    leader.perseverant_own = 0.0
    leader.gained = 0.0
    leader.moved = 0.0
    leader.tenure = 0
    leader.vacant_months = 0
    leader.person = leader.person + 1
    # whoever comes has not asked yet what it is good for
    service.justification = 0.0
    service.leader_changes = service.leader_changes + 1


@month
def leader_takes_post(leader, service, kind, p, deviate):
    """A newcomer of a type takes the post, little informed; that somebody new has come is news to the practitioners."""
    leader.type = kind
    leader_dimensions(leader, p, deviate)
    leader.engagement = leader_engagement_at_start(kind, p)
    leader.informed = p.informed_newcomer
    leader.consideration = 0.0
    leader.tenure = 0
    leader.vacant_months = 0
    service.news = max(service.news, p.news_new_leader)


@month
def leadership_begins_anew(leader):
    """Somebody has worked on who leads here, or how: from now on as on the first day."""
    leader.declined = 0.0
    leader.unattended = 0


@month
def engagement_by_now(leader, p):
    """Engagement of who takes the post by routine: as if this person had led here all the time (R4, month by month).

    Newcomers are drawn from the same distribution as incumbents as they are by now, so that nobody is more engaged merely for
    being new. Perseverance has declined over those months as it does without a programme, down to where it stands (R53, R65).
    """
    engagement = leader_engagement_at_start(leader.type, p)
    declined = 0.0
    for _ in range(leader.unattended):
        declined = min(leader.declined, decline_next(declined, p.rate_leadership_declines, 0.0, p.decline_leadership_most))
        perseverant = dimension_now(leader.perseverant_own, p.lift_programme, 0.0, declined)
        engagement = engagement_next(engagement, perseverant, p.rate_engagement_decay)
    return engagement


@month
def leader_arrives(leader, service, p, policy, draws):
    """Leader events of the calendar, and the filling of a vacant leader post."""
    if policy.event_leader == LEADER_EVENT_LEAVES:
        if leader.type != LEADER_VACANT:
            leader_leaves_post(leader, service)
    elif policy.event_leader == LEADER_EVENT_ARRIVES:
        if leader.type != LEADER_VACANT:
            leader_leaves_post(leader, service)
        leadership_begins_anew(leader)
        leader_takes_post(leader, service, policy.event_leader_type, p, normal(draws.dimensions))
    elif policy.event_leader == LEADER_EVENT_BECOMES:
        # the same person leads otherwise from now on, say after a leadership programme; on a vacant post, somebody new
        leadership_begins_anew(leader)
        if leader.type == LEADER_VACANT:
            leader_takes_post(leader, service, policy.event_leader_type, p, normal(draws.dimensions))
        leader.type = policy.event_leader_type
        service.justification = 0.0
        leader_dimensions(leader, p, normal(draws.dimensions))
        leader.engagement = leader_engagement_at_start(leader.type, p)
    elif leader.type == LEADER_VACANT:
        leader.vacant_months = leader.vacant_months + 1
        if service.chancy == 1 and draws.arrives < p.chance_leader_found:
            # incumbents stand at the mean of their type; a spread would put some newcomers above the threshold of raising
            deviate = 0.0 if p.switch_newcomers_alike == 1 else normal(draws.dimensions)
            leader_takes_post(leader, service, leader_type_drawn(draws.type, p), p, deviate)
            if p.switch_newcomers_alike == 1:
                leader.engagement = engagement_by_now(leader, p)
