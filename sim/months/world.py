"""Stage 1 of the month: the outside world, the leader's post, vacancies and eligible patients (ODD, submodel 1)."""

from sim.codes import (
    AWAITING_PERMISSION,
    CO_LEADS,
    COMMITTED,
    EMPTY,
    EXPANSION_WITHOUT_DETAIL,
    GROUP,
    LEADS,
    LEFT_TO_PRACTITIONERS,
    NO_COURSE_ROLE,
    NOT_ENDED,
    PARTIAL_USE,
    RECRUITED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.months.expanding import level_promised, referred_more, service_expands
from sim.months.upper import upper_level_acts
from sim.plan import SUPPORT_EVENT_LEAVES, SUPPORT_EVENT_RETURNS
from sim.portable import normal
from sim.rules import clip, level_of_signal, response_mean, share, whole_number
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
