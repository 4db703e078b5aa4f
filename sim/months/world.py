"""Stage 1 of the month: the outside world, the leader's post, vacancies and eligible patients (ODD, submodel 1)."""

from numba.extending import register_jitable as month

from sim.codes import (
    ACTIVE,
    AWAITING_PERMISSION,
    CO_LEADS,
    COMMITTED,
    CONTROLLING,
    EMPTY,
    EXPANSION_WITHOUT_DETAIL,
    GROUP,
    LEADER_VACANT,
    LEADS,
    LEFT_TO_PRACTITIONERS,
    NO_COURSE_ROLE,
    NOT_ENDED,
    PARTIAL_USE,
    PASSIVE_SUPPORTIVE,
    RECRUITED,
    UNAVAILABLE,
    UNSUPPORTIVE_TRUSTING,
    WAITING,
)
from sim.months.expanding import level_promised, referred_more, service_expands
from sim.months.upper import upper_level_acts
from sim.plan import LEADER_EVENT_ARRIVES, LEADER_EVENT_BECOMES, LEADER_EVENT_LEAVES, SUPPORT_EVENT_LEAVES, SUPPORT_EVENT_RETURNS
from sim.portable import normal
from sim.rules import clip, dimension_now, engagement_next, level_of_signal, response_mean, share, whole_number
from sim.state import REST_MONTHS, SLOTS


@month
def service_outside_world(service, p, policy, step, start, draws):
    """Dated events, outside support, the signal, the budget, and eligible patients who arrive or may be asked again.

    ``policy`` is the calendar's month, ``step`` the month's number from 0, ``start`` the service's start in the plan. In
    months that were observed, who led and what was said are known: chance moves neither (``service.chancy``).
    """
    if policy.event_support == SUPPORT_EVENT_LEAVES:
        service.left_support = 1
    elif policy.event_support == SUPPORT_EVENT_RETURNS:
        service.left_support = 0
    service.chancy = 1 if step >= start.months_observed else 0
    offered = 1.0 if step < start.support_months and service.left_support == 0 else 0.0
    service.support = share(offered + policy.outside_support)

    service.news = service.news * (1.0 - p.rate_news_fading)
    if p.switch_upper_level == 1:
        upper_level_acts(service, p, policy, draws)
    if policy.event_signal >= 0:
        if policy.event_signal == COMMITTED and service.signal != COMMITTED:
            service.news = 1.0
        service.signal = policy.event_signal
    elif service.chancy == 1 and service.upper_delay == 0 and signal_is_open(service.signal):
        # what was announced or asked for is settled one day, for or against
        if draws.signal < p.chance_signal_resolves * p.share_resolved_committed:
            service.signal = COMMITTED
            service.news = 1.0
        elif draws.signal < p.chance_signal_resolves:
            service.signal = LEFT_TO_PRACTITIONERS
    level = level_of_signal(
        service.signal, p.uncertainty_committed, p.uncertainty_expansion, p.uncertainty_awaiting, p.uncertainty_left
    )
    service_expands(service, p, policy, start, draws)
    level = level_promised(service, p, level)
    review = max(service.review_kept, policy.strategic_meetings)
    # meetings tied to a leadership programme follow its dose of last month
    review = max(review, p.share_programme_meetings * service.programme)
    level = level * (1.0 - p.share_review_clears * review)
    service.signal_level = level
    if policy.signal > 0.0 and level > p.uncertainty_committed:
        service.signal_level = p.uncertainty_committed + (1.0 - policy.signal) * (level - p.uncertainty_committed)
    service.review = review
    service.backing_now = share(service.backing + policy.backing)

    # budget: documented fidelity and backing protect it; only once the project's own money is gone
    if service.support <= 0.0 and service.budget_lost == 0:
        risk = p.chance_budget_lost * (1.0 - service.backing_now) * (1.0 - p.weight_documentation * service.documentation)
        if draws.budget < risk:
            service.budget_lost = 1
    service.budget_kept = share(1.0 - policy.budget_cut) * (1.0 - p.share_budget_lost * service.budget_lost)

    # those who refused six months ago may be asked again
    service.functioning_now = share(service.functioning_mean + policy.functioning)
    service.demanding_now = share(service.share_demanding + policy.demanding_share)
    back = service.resting[REST_MONTHS - 1]
    for k in range(REST_MONTHS - 1):
        service.resting[REST_MONTHS - 1 - k] = service.resting[REST_MONTHS - 2 - k]
    service.resting[0] = 0
    service.pool = service.pool + back
    rate = service.inflow * max(0.0, 1.0 + policy.inflow) * (1.0 - p.share_referrals_vacant * service.leader_lack)
    rate = rate * referred_more(service, start)
    arriving = whole_number(rate, draws.inflow)
    if policy.event_pool < 0 and service.pool + arriving + policy.event_pool < 0:
        arriving = arriving - (service.pool + arriving)
    else:
        arriving = arriving + policy.event_pool
    service.pool = service.pool + arriving
    service.pool_added = service.pool_added + arriving

    new = p.chance_barrier * (1.0 - p.share_backing_prevents * service.backing_now)
    if draws.barrier < new:
        service.barriers = service.barriers + 1.0


@month
def signal_is_open(signal):
    """Whether the future was announced or asked for and is not settled."""
    return signal in (AWAITING_PERMISSION, EXPANSION_WITHOUT_DETAIL)


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
        return leader_type_alike(chance, p)
    edge = p.share_new_leader_active
    if chance < edge:
        return ACTIVE
    edge = edge + p.share_new_leader_controlling
    if chance < edge:
        return CONTROLLING
    edge = edge + p.share_new_leader_unsupportive
    if chance < edge:
        return UNSUPPORTIVE_TRUSTING
    edge = edge + p.share_new_leader_unavailable
    if chance < edge:
        return UNAVAILABLE
    return PASSIVE_SUPPORTIVE


@month
def leader_type_alike(chance, p):
    """Type of a newcomer from the distribution of incumbents, from the same uniform (A8)."""
    edge = p.share_incumbent_active
    if chance < edge:
        return ACTIVE
    edge = edge + p.share_incumbent_controlling
    if chance < edge:
        return CONTROLLING
    edge = edge + p.share_incumbent_unsupportive
    if chance < edge:
        return UNSUPPORTIVE_TRUSTING
    edge = edge + p.share_incumbent_unavailable
    if chance < edge:
        return UNAVAILABLE
    return PASSIVE_SUPPORTIVE


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
    being new. Perseverance has declined evenly over those months, if at all (R53).
    """
    engagement = leader_engagement_at_start(leader.type, p)
    months = leader.unattended
    for i in range(months):
        declined = leader.declined * (i + 1) / months
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


@month
def service_allocates(service, practitioners, patients, draws):
    """Share the eligible patients among those who want to ask; if the pool is smaller than the asks, by a post-addressed draw.

    Marks the lowest empty slots of a post as ``asked`` and turns the page on what happened in the slots last month.
    """
    posts = service.posts
    for i in range(posts):
        wanted = practitioners[i].asks
        # patients whom posts of higher priority want; equal draws go to the lower post
        before = 0
        for j in range(posts):
            if j != i and practitioners[j].asks > 0:
                mine = draws[i].priority
                other = draws[j].priority
                if other < mine or (other == mine and j < i):
                    before = before + practitioners[j].asks
        granted = service.pool - before
        if granted > wanted:
            granted = wanted
        if granted > 0:
            practitioners[i].slots_used = 1
        if practitioners[i].slots_used == 0:
            continue
        for k in range(SLOTS):
            patient = patients[i * SLOTS + k]
            patient.asked = 0
            patient.ended = NOT_ENDED
            patient.seen_now = 0
            if granted > 0 and patient.state == EMPTY:
                patient.asked = 1
                granted = granted - 1


@month
def patient_asked(patient, practitioner, service, p, draws):
    """A patient is asked; about half accept (P3) and wait for a course.

    Practitioners learn whom to ask: the more patients seen, the higher the functioning of those asked and the fewer for
    whom the programme is too demanding (study, Frida; switch *selective recruiting*).
    """
    if draws.accepts >= p.chance_accepts:
        return
    learned = 0.0
    if p.switch_selective_recruiting == 1:
        seen = practitioner.seen_patients
        learned = p.share_selective * seen / (seen + p.patients_to_learn)
    if service.eligibility_checked == 1:
        learned = max(learned, p.share_checked)
    patient.functioning = share(service.functioning_now + p.functioning_spread * (normal(draws.functioning) + learned))
    demanding = service.demanding_now * (1.0 - learned)
    patient.too_demanding = 1 if draws.demanding < demanding else 0
    patient.response = response_mean(patient.functioning, p.gain_course, p.slope_functioning) + p.gain_spread * normal(
        draws.response
    )
    # some who sign up hardly come (P1: 18 % never)
    if draws.engagement < p.share_never_attends:
        patient.engagement = 0.0
    else:
        spread = (draws.engagement - p.share_never_attends) / (1.0 - p.share_never_attends)
        patient.engagement = share(p.attendance_low + (1.0 - p.attendance_low) * spread)
    patient.recovery = clip(p.recovery_mean + p.recovery_spread * normal(draws.recovery), 1.0, 5.0)
    patient.recovery_start = patient.recovery
    patient.recovery_seen = patient.recovery
    patient.months = 0
    patient.months_seen = 0
    patient.sessions_offered = 0
    patient.sessions_attended = 0
    patient.attended_seen = 0
    patient.offered_seen = 0
    patient.looks = 0
    patient.seen_now = 0
    patient.relapsed = 0
    patient.ended = NOT_ENDED
    patient.state = RECRUITED
    patient.person = patient.person + 1


@month
def service_counts_asked(service, practitioners, patients):
    """Count those asked, those who accepted and those who refused; the latter are not asked again for six months."""
    for i in range(service.posts):
        if practitioners[i].slots_used == 1:
            for k in range(SLOTS):
                patient = patients[i * SLOTS + k]
                if patient.asked == 1:
                    service.pool = service.pool - 1
                    service.asked = service.asked + 1
                    if patient.state == EMPTY:
                        service.refused = service.refused + 1
                        service.resting[0] = service.resting[0] + 1
                    else:  # counted at once, or they would be wanted a second time
                        practitioners[i].recruited_patients = practitioners[i].recruited_patients + 1


@month
def service_arranges_roles(service, practitioners):
    """Who leads and who co-leads: in group format neighbouring posts pair up; the one whose group runs leads.

    Without a running group the lower post leads while it intends to, else its partner. A post without a partner leads alone.
    Writes ``role``, ``partner`` and ``shared_patients`` from the state at the start of the stage.
    """
    for i in range(service.posts):
        practitioner = practitioners[i]
        practitioner.role = LEADS
        practitioner.partner = -1
        practitioner.shared_patients = practitioner.course_patients
        other = i + 1 if i % 2 == 0 else i - 1
        if service.format == GROUP and other < service.posts:
            mate = practitioners[other]
            intends = practitioner.status <= PARTIAL_USE
            mate_intends = mate.status <= PARTIAL_USE
            if practitioner.course_patients > 0:
                if mate.course_patients == 0 and mate.status <= WAITING:
                    practitioner.partner = other
            elif mate.course_patients > 0:
                if practitioner.status <= WAITING:
                    practitioner.role = CO_LEADS
                    practitioner.partner = other
                    practitioner.shared_patients = mate.course_patients
                else:
                    practitioner.role = NO_COURSE_ROLE
            elif intends and mate_intends:
                practitioner.partner = other
                # a group half recruited stays with whom it was recruited for
                mine = practitioner.recruited_patients * 2 + (1 if i < other else 0)
                theirs = mate.recruited_patients * 2 + (1 if other < i else 0)
                if theirs > mine:
                    practitioner.role = CO_LEADS
                    practitioner.shared_patients = 0
