"""Stage 8: the monthly decision about the practice, with its terms and the forces that tipped it (ODD, submodel 8).

``decision_terms`` of a post keeps, for its last change of status: 0 the hazard; 1 the factor of reception; 2 of commitment;
3 of the dilemma; 4 of the end of a course (or of news, when restarting); 5 of the outside support.

A force *tipped* the decision if, with the same draw U, U < hazard but U >= hazard with that force at its neutral value. The
set may be empty: then no single force decided, the decision is over-determined.

In the form *threshold* a level that is the same for all stands in the place of U: a change happens once its hazard, which holds
all the forces, has passed the level and clearly exceeds the hazard of the way back. Nothing is left to luck; no
random number is moved.
"""

from sim.codes import (
    BY_THRESHOLD,
    FORCE_BACKING,
    FORCE_CHAMPION,
    FORCE_COMMITMENT,
    FORCE_COURSE_END,
    FORCE_DILEMMA,
    FORCE_EXPECTATION,
    FORCE_HESITATION,
    FORCE_NEWS,
    FORCE_RECEPTION,
    FORCE_SUPPORT,
    FORCE_UNCERTAINTY,
    FULL_USE,
    NOT_REJECTED,
    PARTIAL_USE,
    PLANNED_ADAPTATION,
    REJECTED_FALSELY,
    REJECTED_TRULY,
    STOPPED,
    WAITING,
)
from sim.inlining import inlined as month
from sim.months.continuing import closed
from sim.months.delivering import gain_when_adapted
from sim.months.learning import championing_felt
from sim.months.resting import hazard_parts_again, hazard_parts_waiting, lasting, share_that_stops
from sim.rules import (
    expected_benefit,
    gain_of_feedback,
    hazard_drop,
    hazard_resume,
    hazard_waiting,
    level_of_tipping,
    monthly,
    reception_pull,
    response_mean,
    retention,
    tilt,
)
from sim.state import TERM_COMMITMENT, TERM_COURSE_END, TERM_DILEMMA, TERM_HAZARD, TERM_RECEPTION, TERM_SUPPORT


@month
def to_be_passed(chance, way_back, p):
    """What a hazard has to pass for its change to happen: the post's random number U, or the level of the form *threshold*."""
    if p.form_deciding == BY_THRESHOLD:
        return level_of_tipping(p.months_tipping, way_back, p.factor_course_end)
    return chance


@month
def status_changes(practitioner, status, step, tipped, hazard, reception, commitment, dilemma_factor, course_end, supported):
    """Change the status and keep the terms of the decision."""
    practitioner.status_before = practitioner.status
    practitioner.status = status
    if status > PARTIAL_USE:
        practitioner.asks = 0  # who no longer intends to use the practice asks nobody next month
    practitioner.months_in_status = 0
    practitioner.decided_month = step
    practitioner.by_service = 0
    practitioner.tipped = tipped
    practitioner.decision_terms[TERM_HAZARD] = hazard
    practitioner.decision_terms[TERM_RECEPTION] = reception
    practitioner.decision_terms[TERM_COMMITMENT] = commitment
    practitioner.decision_terms[TERM_DILEMMA] = dilemma_factor
    practitioner.decision_terms[TERM_COURSE_END] = course_end
    practitioner.decision_terms[TERM_SUPPORT] = supported


@month
def drop_tipped(chance, base, reception, commitment, dilemma_factor, course_end, supported):
    """Forces that tipped a decision to drop: the bits whose neutralisation alone (factor 1) reverses it.

    A factor below 1 holds back; its removal cannot reverse a decision that was taken, so it never tips.
    """
    tipped = 0
    if chance >= hazard_drop(base, 1.0, commitment, dilemma_factor, course_end, supported):
        tipped = tipped + FORCE_RECEPTION
    if chance >= hazard_drop(base, reception, 1.0, dilemma_factor, course_end, supported):
        tipped = tipped + FORCE_COMMITMENT
    if chance >= hazard_drop(base, reception, commitment, 1.0, course_end, supported):
        tipped = tipped + FORCE_DILEMMA
    if chance >= hazard_drop(base, reception, commitment, dilemma_factor, 1.0, supported):
        tipped = tipped + FORCE_COURSE_END
    return tipped


@month
def worth_it(service, p):
    """Expected net benefit of a course in the best mode that the service can deliver, minus what is worthwhile (points).

    Net of attendance, dropout and relapse, for the eligible patients as they are, not for those whom practitioners pick.
    """
    present = 0.5 * (1.0 + p.attendance_low)
    months = min(p.months_course_maximum, p.sessions_course / (p.sessions_month * (1.0 - p.share_absence)))
    leaving = min(1.0, p.chance_dropout * 2.0 * (1.0 - present))
    kept = retention(leaving, p.chance_relapse, p.share_relapse_loses, months)
    attendance = (1.0 - p.share_never_attends) * present * kept
    mean = response_mean(service.functioning_now, p.gain_course, p.slope_functioning)
    best = expected_benefit(
        mean,
        attendance,
        service.demanding_now,
        service.functioning_now,
        gain_when_adapted(p),
        p.share_rescued,
        service.adaptation_backing,
    )
    if p.switch_feedback == 1:
        best = best + gain_of_feedback(service.monitoring_use, p.effect_feedback, p.recovery_spread, attendance, 1.0)
    return best - p.gain_worthwhile


@month
def practitioner_decides(practitioner, service, p, worth, step, draws, parts):
    """Stop, wait, adapt, cut, resume or restart, each by its own draw; the first in this order that happens.

    ``worth`` is what ``worth_it`` gives for the service; ``parts`` are the draws of *parts last*. Hazards are multiplied at the
    end of a course, when 'form a new group?' is asked, and lowered while the outside support lasts.
    """
    practitioner.months_in_status = practitioner.months_in_status + 1
    practitioner.rejected = NOT_REJECTED
    status = practitioner.status
    if status > STOPPED:
        return
    if status == WAITING:
        practitioner.waiting_months = practitioner.waiting_months + 1
    if closed(service, p) and status != STOPPED:
        service_is_followed(practitioner, step)
        return
    pull = reception_pull(practitioner.belief, p.gain_threshold, p.gain_scale)
    reception = tilt(p.slope_reception, pull) if p.switch_reception == 1 else 1.0
    commitment = tilt(p.slope_commitment, practitioner.commitment - 0.5)
    dilemma_factor = 1.0 + p.slope_dilemma * practitioner.dilemma
    course_end = p.factor_course_end if practitioner.course_ended == 1 else 1.0
    supported = 1.0 + service.support * (p.factor_decisions_supported - 1.0)
    if status == WAITING:
        waiting_ends(practitioner, service, p, step, commitment, supported, draws, parts)
    elif status == STOPPED:
        practice_restarts(practitioner, service, p, step, reception, commitment, supported, draws, parts)
    else:
        use_goes_on(practitioner, service, p, step, reception, commitment, dilemma_factor, course_end, supported, draws)
    # a stop or a cut that reception tipped: right or wrong? Who had stopped and takes up parts rejects nothing
    dropped = practitioner.status == STOPPED or practitioner.status == PARTIAL_USE
    if dropped and practitioner.status != status and status != STOPPED:
        if practitioner.tipped & FORCE_RECEPTION != 0:
            practitioner.rejected = REJECTED_FALSELY if worth >= 0.0 else REJECTED_TRULY


@month
def service_is_followed(practitioner, step):
    """The service has given the practice up: no new course; who has none running stops. The decision is the service's."""
    running = practitioner.course_patients > 0 or practitioner.shared_patients > 0
    status = WAITING if running else STOPPED
    if practitioner.status != status:
        status_changes(practitioner, status, step, 0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
        practitioner.by_service = 1


@month
def drift_shown(service):
    """How far somebody shows what has become of fidelity: visits from outside, or monitoring that is believed in (share)."""
    return max(service.support, service.fidelity_monitoring_now * service.monitoring_belief)


@month
def hazard_restoring(p, shown, expectation, commitment):
    """Chance a month to go from parts back to full use: when drift is shown, or full use expected."""
    return monthly(p.chance_restores * max(shown, expectation) * commitment)


@month
def hazard_adapting(service, p, reception, dilemma_factor, course_end):
    """Chance a month of a planned adaptation, agreed and reviewed: the strains that make others drop, answered with backing."""
    return hazard_drop(p.chance_adapts * service.adaptation_backing, reception, 1.0, dilemma_factor, course_end, 1.0)


@month
def hazard_restarting(p, news, champion, expectation, willing):
    """Chance a month to restart after stopping."""
    return monthly(p.chance_restarts * (news + champion + expectation) * willing)


@month
def chance_resolved(service, p):
    """Chance a month to resume because the signal is resolved; with mixed signals off every signal counts as resolved."""
    clear = service.signal_level <= p.uncertainty_committed or p.switch_mixed_signals == 0
    return p.chance_resolved_resumes if clear else 0.0


@month
def use_goes_on(practitioner, service, p, step, reception, commitment, dilemma_factor, course_end, supported, draws):
    """Decisions of somebody who uses the practice: stop, wait, adapt with backing, cut ad hoc, or restore full use."""
    status = practitioner.status
    kept = lasting(practitioner, service, p)
    # who uses parts has reasons to stay with them
    stay = kept if status == PARTIAL_USE else 1.0
    hazard = hazard_drop(p.chance_stops * stay, reception, commitment, dilemma_factor, course_end, supported)
    back = 0.0
    if service.pool > 0:
        champion = championing_felt(practitioner, service, p)
        back = hazard_restarting(p, service.news, champion, practitioner.expectation, 1.0 / commitment)
    chance = to_be_passed(draws.stops, back, p)
    if chance < hazard:
        tipped = drop_tipped(chance, p.chance_stops * stay, reception, commitment, dilemma_factor, course_end, supported)
        status_changes(practitioner, STOPPED, step, tipped, hazard, reception, commitment, dilemma_factor, course_end, supported)
        return
    u = practitioner.uncertainty
    x = practitioner.expectation
    h = practitioner.hesitation
    hazard = hazard_waiting(p.chance_waits * stay, u, x, h, course_end, supported)
    back = hazard_resume(p.chance_resumes, x, practitioner.commitment, p.weight_commitment_resumes, chance_resolved(service, p))
    if status == PARTIAL_USE:
        back = max(back, hazard_drop(p.chance_gives_up, 1.0, commitment, 1.0, 1.0, supported))
        if p.switch_parts_last == 1:
            back = max(back, hazard_parts_waiting(practitioner, service, p, supported))
    chance = to_be_passed(draws.waits, back, p)
    if chance < hazard:
        tipped = 0
        if chance >= hazard_waiting(p.chance_waits * stay, min(u, p.uncertainty_committed), x, h, course_end, supported):
            tipped = tipped + FORCE_UNCERTAINTY
        if chance >= hazard_waiting(p.chance_waits * stay, u, x, 0.0, course_end, supported):
            tipped = tipped + FORCE_HESITATION
        if chance >= hazard_waiting(p.chance_waits * stay, u, x, h, 1.0, supported):
            tipped = tipped + FORCE_COURSE_END
        status_changes(practitioner, WAITING, step, tipped, hazard, 1.0, 1.0, 1.0, course_end, supported)
        return
    # an adaptation that has lost its backing erodes into ad hoc cuts
    base = p.chance_cuts
    if status == PLANNED_ADAPTATION:
        base = p.chance_cuts * (1.0 - service.adaptation_backing)
    cutting = hazard_drop(base, reception, commitment, dilemma_factor, course_end, supported)
    adapting = hazard_adapting(service, p, reception, dilemma_factor, course_end)
    # as a way back each is weighed without the end of a course, which level_of_tipping counts itself
    cutting_back, adapting_back = cutting, adapting
    if p.form_deciding == BY_THRESHOLD:
        cutting_back = hazard_drop(base, reception, commitment, dilemma_factor, 1.0, supported)
        adapting_back = hazard_adapting(service, p, reception, dilemma_factor, 1.0)
    if status != PLANNED_ADAPTATION and p.switch_adaptation == 1:
        # from full use nothing leads straight back
        back = cutting_back * (1.0 - service.adaptation_backing) if status == PARTIAL_USE else 0.0
        chance = to_be_passed(draws.adapts, back, p)
        if chance < adapting:
            tipped = FORCE_BACKING
            if chance >= hazard_adapting(service, p, 1.0, dilemma_factor, course_end):
                tipped = tipped + FORCE_RECEPTION
            if chance >= hazard_adapting(service, p, reception, 1.0, course_end):
                tipped = tipped + FORCE_DILEMMA
            if chance >= hazard_adapting(service, p, reception, dilemma_factor, 1.0):
                tipped = tipped + FORCE_COURSE_END
            status_changes(
                practitioner, PLANNED_ADAPTATION, step, tipped, adapting, reception, 1.0, dilemma_factor, course_end, 1.0
            )
            return
    willing = practitioner.commitment * kept
    restoring = hazard_restoring(p, drift_shown(service), practitioner.expectation, willing)
    if status != PARTIAL_USE:
        chance = to_be_passed(draws.cuts, restoring if status != PLANNED_ADAPTATION else adapting_back, p)
        if chance < cutting:
            tipped = drop_tipped(chance, base, reception, commitment, dilemma_factor, course_end, supported)
            status_changes(
                practitioner, PARTIAL_USE, step, tipped, cutting, reception, commitment, dilemma_factor, course_end, supported
            )
    else:
        chance = to_be_passed(draws.restarts, cutting_back, p)
        if chance < restoring:
            tipped = 0
            if chance >= hazard_restoring(p, drift_shown(service), 0.0, willing):
                tipped = tipped + FORCE_EXPECTATION
            if chance >= hazard_restoring(p, 0.0, practitioner.expectation, willing):
                tipped = tipped + FORCE_SUPPORT
            status_changes(practitioner, FULL_USE, step, tipped, restoring, 1.0, commitment, 1.0, 1.0, supported)


@month
def waiting_ends(practitioner, service, p, step, commitment, supported, draws, parts):
    """Resume when expected to or when the signal resolves; else in time give up, towards parts or altogether."""
    resolved = chance_resolved(service, p)
    c = practitioner.commitment
    x = practitioner.expectation
    # what would make wait again
    back = hazard_waiting(p.chance_waits, practitioner.uncertainty, x, practitioner.hesitation, 1.0, supported)
    hazard = hazard_resume(p.chance_resumes, x, c, p.weight_commitment_resumes, resolved)
    chance = to_be_passed(draws.leaves_waiting, back, p)
    if chance < hazard:
        tipped = 0
        if chance >= hazard_resume(p.chance_resumes, 0.0, c, p.weight_commitment_resumes, resolved):
            tipped = tipped + FORCE_EXPECTATION
        if chance >= hazard_resume(p.chance_resumes, x, c, p.weight_commitment_resumes, 0.0):
            tipped = tipped + FORCE_NEWS
        status_changes(practitioner, FULL_USE, step, tipped, hazard, 1.0, commitment, 1.0, 1.0, supported)
        return
    if p.switch_parts_last == 1:
        hazard = hazard_parts_waiting(practitioner, service, p, supported)
        if to_be_passed(parts.from_waiting, back, p) < hazard:
            status_changes(practitioner, PARTIAL_USE, step, 0, hazard, 1.0, 1.0, 1.0, 1.0, supported)
            return
    hazard = hazard_drop(p.chance_gives_up, 1.0, commitment, 1.0, 1.0, supported)
    chance = to_be_passed(draws.gives_up_waiting, back, p)
    if chance < hazard:
        tipped = 0
        if chance >= hazard_drop(p.chance_gives_up, 1.0, 1.0, 1.0, 1.0, supported):
            tipped = FORCE_COMMITMENT
        # what decides is also what says how: its lower part stops altogether
        if chance < hazard * share_that_stops(p):
            status_changes(practitioner, STOPPED, step, tipped, hazard, 1.0, commitment, 1.0, 1.0, supported)
        else:
            status_changes(practitioner, PARTIAL_USE, step, tipped, hazard, 1.0, commitment, 1.0, 1.0, supported)


@month
def practice_restarts(practitioner, service, p, step, reception, commitment, supported, draws, parts):
    """Restart after a new leader, a goal, a champion, or an expectation that is stated; needs patients to ask.

    Where the service has given the practice up it needs the service's decision, which is news as long as it stands.
    """
    if service.pool <= 0 or closed(service, p):
        return
    news = 1.0 if service.restart_stands == 1 else service.news
    champion = championing_felt(practitioner, service, p)
    x = practitioner.expectation
    willing = 1.0 / commitment
    hazard = hazard_restarting(p, news, champion, x, willing)
    # what would make stop again, before there is a dilemma or a course
    back = hazard_drop(p.chance_stops, reception, commitment, 1.0, 1.0, supported)
    chance = to_be_passed(draws.restarts, back, p)
    if chance < hazard:
        tipped = 0
        if chance >= hazard_restarting(p, 0.0, champion, x, willing):
            tipped = tipped + FORCE_NEWS
        if chance >= hazard_restarting(p, news, 0.0, x, willing):
            tipped = tipped + FORCE_CHAMPION
        if chance >= hazard_restarting(p, news, champion, 0.0, willing):
            tipped = tipped + FORCE_EXPECTATION
        if chance >= hazard_restarting(p, news, champion, x, 1.0):
            tipped = tipped + FORCE_COMMITMENT
        status_changes(practitioner, FULL_USE, step, tipped, hazard, 1.0, willing, 1.0, news, 1.0)
    elif p.switch_parts_last == 1:
        parts_taken_up(practitioner, service, p, step, reception, commitment, supported, parts)


@month
def parts_taken_up(practitioner, service, p, step, reception, commitment, supported, parts):
    """Who stopped takes up parts again, out of belief and commitment, where patients ask."""
    liked = 1.0 / reception
    willing = 1.0 / commitment
    hazard = hazard_parts_again(service, p, liked, willing)
    # what would make stop again, before there is a dilemma or a course
    stops = p.chance_stops * lasting(practitioner, service, p)
    chance = to_be_passed(parts.from_stopped, hazard_drop(stops, reception, commitment, 1.0, 1.0, supported), p)
    if chance < hazard:
        tipped = 0
        if chance >= hazard_parts_again(service, p, 1.0, willing):
            tipped = tipped + FORCE_RECEPTION
        if chance >= hazard_parts_again(service, p, liked, 1.0):
            tipped = tipped + FORCE_COMMITMENT
        status_changes(practitioner, PARTIAL_USE, step, tipped, hazard, liked, willing, 1.0, 1.0, 1.0)
