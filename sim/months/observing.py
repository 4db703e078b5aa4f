"""Stage 9: observation, before anybody leaves; it consumes no randomness (ODD, submodel 9)."""

from typing import Final

from sim.codes import (
    ABANDONED,
    DORMANT,
    DRIFTED,
    GIVEN_UP,
    NEVER_STARTED,
    NO_START,
    NO_START_YET,
    NOT_YET_STARTED,
    OPERATING,
    PARTIAL_USE,
    POST_VACANT,
    REJECTED_FALSELY,
    REJECTED_TRULY,
    SHRUNKEN,
    SILENT,
    STOPPED,
    SUSTAINED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.months.continuing import begun_since, counted_posts, given_up
from sim.rules import FIRST_LOOK, HIGH_FIDELITY, LOOKS_EVERY, climate, fidelity_of_clinic, share
from sim.state import WINDOW_MAX

POSTS_ROUNDING: Final = 1e-9
"""Posts by which a share of posts may miss a whole number through rounding alone: far more than it does, for 1,024 posts."""


@month
def practitioner_observed(practitioner, service, p, worth, step):
    """Roll the post's delivery window; a post *delivers* if it gave a session within the window (by behaviour, not by label)."""
    for k in range(WINDOW_MAX - 1):
        practitioner.sessions_window[WINDOW_MAX - 1 - k] = practitioner.sessions_window[WINDOW_MAX - 2 - k]
        practitioner.fidelity_window[WINDOW_MAX - 1 - k] = practitioner.fidelity_window[WINDOW_MAX - 2 - k]
        practitioner.structure_window[WINDOW_MAX - 1 - k] = practitioner.structure_window[WINDOW_MAX - 2 - k]
    practitioner.sessions_window[0] = practitioner.sessions
    practitioner.fidelity_window[0] = practitioner.fidelity if practitioner.sessions > 0 else 0.0
    practitioner.structure_window[0] = practitioner.structure if practitioner.sessions > 0 else 0.0
    practitioner.delivers = 0
    for k in range(WINDOW_MAX):
        if k < p.months_delivery_window and practitioner.sessions_window[k] > 0:
            practitioner.delivers = 1
    practitioner.months_nobody = practitioner.months_nobody + 1 if practitioner.status > WAITING else 0
    given = practitioner.sessions > 0
    session_noted(practitioner, p, step, given)
    practitioner.use = use_of(practitioner, post_given_up(practitioner, service, p), practitioner.delivers == 1, given, p, step)
    if looked_at(step):
        practitioner.lowest_look = lowest_at_look(practitioner.lowest_look, fidelity_in_window(practitioner, p), step)
    practitioner.high_every_look = 1 if practitioner.lowest_look >= p.fidelity_high else 0
    practitioner.continues_falsely = 0
    goes_on = practitioner.status <= PARTIAL_USE and practitioner.sessions > 0
    if worth < 0.0 and goes_on:
        practitioner.months_not_worth = practitioner.months_not_worth + 1
        practitioner.continues_falsely = 1 if practitioner.months_not_worth == 13 else 0
    elif worth >= 0.0 or practitioner.status >= STOPPED:
        practitioner.months_not_worth = 0


@month
def service_observed(service, practitioners, p, step):
    """Fidelity in the window, delivering posts, the state of the service, its climate, decision errors and hours."""
    weight = 0
    total = 0.0
    structure = 0.0
    delivering = 0
    added = 0
    counted = counted_posts(service, practitioners)
    started = 0
    nobody = 1
    perceived = 0
    expected = 0.0
    supported = 0.0
    hours = 0.0
    championed = service.championing_floor
    for i in range(service.posts):
        practitioner = practitioners[i]
        started = started + practitioner.started
        if i < service.established:
            delivering = delivering + practitioner.delivers
        else:  # added posts count for sessions, fidelity and hours, not against the posts established at the start
            added = added + practitioner.delivers
        weight, total, structure = window_added(practitioner, p, weight, total, structure)
        if practitioner.status <= WAITING:
            nobody = 0
        if practitioner.status != POST_VACANT:
            perceived = perceived + 1
            expected = expected + practitioner.expectation
            supported = supported + practitioner.autonomy_support
        hours = hours + practitioner.hours_given
        if practitioner.rejected == REJECTED_FALSELY:
            service.false_rejections = service.false_rejections + 1
        elif practitioner.rejected == REJECTED_TRULY:
            service.true_rejections = service.true_rejections + 1
        service.false_continuations = service.false_continuations + practitioner.continues_falsely
        # leading and co-leading practitioners are supervised and fill in figures alike
        if practitioner.status <= WAITING:
            # taken over is no more than was given to the practice
            service.hours_covered = service.hours_covered + min(service.protected_time, practitioner.hours_given)
            if practitioner.champion == 1:
                championed = 1.0
            service.hours_supervision = service.hours_supervision + p.hours_supervision_session * (
                service.support * p.sessions_supervision_supported + service.supervision
            )
            if p.switch_monitoring_minutes == 1:
                service.hours_monitoring = service.hours_monitoring + practitioner.hours_monitoring
            elif practitioner.sessions > 0 and p.switch_monitoring_burden == 1:
                service.hours_monitoring = service.hours_monitoring + p.hours_monitoring * service.monitoring_dose
                service.hours_monitoring = (
                    service.hours_monitoring + p.hours_fidelity_monitoring * service.fidelity_monitoring_now
                )
    service.started = started
    if nobody == 0:
        hours = hours + p.hours_champion * championed
    service.hours_practitioner = service.hours_practitioner + hours
    service.delivering_posts = delivering
    service.added_delivering = added
    service.single_carrier = 1 if delivering + added == 1 and counted > 1 else 0
    service.fidelity = total / weight if weight > 0 else 0.0
    service.fidelity_clinic = 0.0
    if weight > 0:
        service.fidelity_clinic = fidelity_of_clinic(
            service.fidelity, structure / weight, (delivering + added) / counted, p.weight_structure
        )

    fidelity_visit(service, p, step)
    recognised = share(max(service.protected_time / p.hours_protected, service.documentation, service.review))
    service.climate_actual = climate(service.expectation_stated, service.autonomy_support_given, recognised)
    if perceived > 0:
        service.climate = climate(expected / perceived, supported / perceived, recognised)
    else:
        service.climate = 0.0

    if service.sessions > 0 and service.first_abandoned_month >= 0 and service.state == ABANDONED:
        service.restarted = 1
    # courses that ran when the service decided to give up are finished: their sessions are no restart
    again = service.sessions > 0 and begun_since(service)
    session_noted(service, p, step, again)
    service.months_nobody = service.months_nobody + 1 if nobody == 1 else 0
    service.state = state_of(service, p, weight, step)
    if service.state == ABANDONED and service.first_abandoned_month < 0:
        service.first_abandoned_month = step
    service.use = use_of(service, given_up(service, p), weight > 0, again, p, step)
    if looked_at(step):
        service.lowest_look = lowest_at_look(service.lowest_look, service.fidelity, step)
    service.high_every_look = 1 if service.lowest_look >= p.fidelity_high else 0


@month
def session_noted(one, p, step, again):
    """Note of a service or a post whether a session was given this month: its first one, the time since, gaps and restarts.

    ``again`` says whether a session given now would be one after giving up, not one of a course that ran on.
    A *gap* is there once ``months_without_session`` months have gone by without a session since the first one. Who has one
    has not *kept going*, whatever comes later.
    """
    if one.sessions > 0:
        if one.first_session_month < 0:
            one.first_session_month = step
            one.kept_going = 1
        if one.in_gap == 1:
            one.restarted_gap = 1
        if one.use == GIVEN_UP and again:
            one.restarted_given_up = 1
        one.months_since_session = 0
    else:
        one.months_since_session = one.months_since_session + 1
    one.in_gap = 0
    if one.first_session_month >= 0 and one.months_since_session >= p.months_without_session:
        one.in_gap = 1
        one.kept_going = 0


@month
def post_given_up(practitioner, service, p):
    """Whether the practice is given up in a post: by decision of the service, or since nobody in it has intended for some months.

    To intend is full use, planned adaptation, parts or waiting; ``given_up`` says the same of a service.
    """
    decided = service.stopped_by_decision == 1 and practitioner.status > WAITING
    return decided or practitioner.months_nobody >= p.months_without_anybody


@month
def use_of(one, gives_up, delivers, again, p, step):
    """What a service or a post makes of the practice (``Use``); of who started, one of operating, silent and given up.

    Given up counts at once, even while the delivery window still holds a session or courses are finished, and until a session
    is given again (``again``).
    Silent is who gave no session within the window and has not given up.
    """
    if one.first_session_month < 0:
        if step + 1 >= p.months_never_started:
            return NO_START
        return NO_START_YET
    if gives_up or (one.use == GIVEN_UP and not again):
        return GIVEN_UP
    if delivers:
        return OPERATING
    return SILENT


@month
def looked_at(step):
    """Whether this is a month of the yearly look at fidelity: 12, 24, 36 and so on."""
    return (step + 1) % LOOKS_EVERY == 0


@month
def lowest_at_look(lowest, fidelity, step):
    """Lowest fidelity at the looks so far; 0 once a look found no session in the window.

    Looks count for good from month 24 on; until then the look of month 12 stands for them.
    """
    if step + 1 <= FIRST_LOOK:
        return fidelity
    return min(lowest, fidelity)


@month
def fidelity_in_window(practitioner, p):
    """Fidelity of a post in the delivery window, weighted by sessions as a service's is; 0 without a session."""
    weight, total, _ = window_added(practitioner, p, 0, 0.0, 0.0)
    return total / weight if weight > 0 else 0.0


@month
def window_added(practitioner, p, weight, total, structure):
    """Sums over the delivery window, a post's added to those so far: sessions, and fidelity and its structure by sessions."""
    for k in range(WINDOW_MAX):
        if k < p.months_delivery_window:
            weight = weight + practitioner.sessions_window[k]
            total = total + practitioner.sessions_window[k] * practitioner.fidelity_window[k]
            structure = structure + practitioner.sessions_window[k] * practitioner.structure_window[k]
    return weight, total, structure


@month
def state_of(service, p, sessions_in_window, step):
    """State of a service by behaviour (ODD, observation).

    A service where nobody delivers is dormant, even if all its posts wait, until nine months have passed without a session
    or nobody is left. An abandoned service stays so until a session is given again.
    """
    if service.first_session_month < 0:
        if step + 1 >= p.months_never_started:
            return NEVER_STARTED
        return NOT_YET_STARTED
    if service.months_since_session >= p.months_without_session or service.months_nobody >= p.months_without_anybody:
        return ABANDONED
    if service.state == ABANDONED and service.sessions == 0:
        return ABANDONED
    if sessions_in_window == 0:
        return DORMANT
    if service.fidelity < p.fidelity_high:
        return DRIFTED
    # a third of three posts is one: what a share of posts asks for is a whole number up to rounding
    if service.delivering_posts >= p.share_posts_sustained * service.established - POSTS_ROUNDING:
        return SUSTAINED
    return SHRUNKEN


@month
def fidelity_visit(service, p, step):
    """Score by the outside team (months 6 and 12) or by own fidelity monitoring, twice a year; without sessions no score.

    External audit has next to no error (F13). A good score is documentation towards upper levels; it ages.
    """
    service.documentation = service.documentation * (1.0 - p.rate_documentation_ages)
    if (step + 1) % 6 == 0 and service.fidelity > 0.0:
        dose = max(service.support, service.fidelity_monitoring_now)
        if dose > 0.0:
            service.fidelity_measured = service.fidelity
            if service.fidelity >= HIGH_FIDELITY:
                service.documentation = max(service.documentation, dose)
