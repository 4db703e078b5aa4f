"""Stages 6 and 7: competence, fidelity, and the climate within (ODD, submodels 6 and 7)."""

from sim.codes import INDEPENDENT, PARTIAL_USE, PLANNED_ADAPTATION, POST_VACANT, STOPPED, UNTRAINED, WAITING
from sim.inlining import inlined as month
from sim.months.continuing import leads_alone
from sim.months.rising import unheard, voices_are_raised
from sim.rules import (
    HIGH_FIDELITY,
    approach,
    autonomy_push,
    clip,
    competence_supervised,
    competence_unsupervised,
    component_next,
    exhaustion_target,
    fidelity,
    frustration_target,
    held_to_agreement,
    load_unforeseen,
    reception_pull,
    share,
    supervision_dose,
    uncertainty_target,
)
from sim.state import GOALS, HOMEWORK, OTHERS, STRUCTURE, TECHNIQUES


@month
def practitioner_learns(practitioner, service, p):
    """Competence, the five components, true and self-perceived fidelity.

    Practitioners do not notice their own drift (M10): self-perceived fidelity follows true fidelity up at once and down
    slowly, unless fidelity is monitored. Who knows to be below the goal works on the components again.
    """
    if practitioner.status == POST_VACANT or practitioner.status == UNTRAINED:
        return
    dose = supervision_dose(
        service.support * p.sessions_supervision_supported + service.supervision, p.sessions_supervision_enough
    )
    if practitioner.status == STOPPED:
        dose = 0.0  # who has stopped comes to no supervision
    practising = 1.0 if practitioner.sessions > 0 else 0.0
    change = dose * competence_supervised(practitioner.competence, practitioner.ceiling, p.rate_learning)
    if p.switch_competence_decay == 1:
        low = practitioner.competence_start + p.share_skill_kept * (practitioner.ceiling - practitioner.competence_start)
        if practitioner.competence > low:
            change = change + (1.0 - dose) * competence_unsupervised(
                practitioner.competence, low, p.months_half_life, p.protection_practice, practising
            )
    practitioner.competence = share(practitioner.competence + change)

    short = clip(p.fidelity_goal - practitioner.fidelity_self, 0.0, 1.0)
    focus = share(dose + p.share_focus * short)
    cut_home = 0.0
    cut_others = 0.0
    if practitioner.status == PARTIAL_USE:
        cut_home = p.rate_ad_hoc_cut
        cut_others = p.rate_ad_hoc_cut
    elif practitioner.status == PLANNED_ADAPTATION:
        # an agreed adaptation keeps the core, and what is dropped is the periphery
        cut_others = p.rate_planned_cut
        if p.switch_agreed_core == 1:
            cut_home = p.rate_planned_cut
        else:
            focus = max(focus, service.adaptation_backing)
    parts = practitioner.components
    before_structure, before_goals, before_techniques = parts[STRUCTURE], parts[GOALS], parts[TECHNIQUES]
    parts[STRUCTURE] = component_next(parts[STRUCTURE], focus, p.rate_restore, p.rate_erosion, p.fragility_structure, 0.0)
    parts[GOALS] = component_next(parts[GOALS], focus, p.rate_restore, p.rate_erosion, p.fragility_goals, 0.0)
    parts[TECHNIQUES] = component_next(parts[TECHNIQUES], focus, p.rate_restore, p.rate_erosion, p.fragility_techniques, 0.0)
    parts[HOMEWORK] = component_next(parts[HOMEWORK], focus, p.rate_restore, p.rate_erosion, p.fragility_homework, cut_home)
    parts[OTHERS] = component_next(parts[OTHERS], focus, p.rate_restore, p.rate_erosion, p.fragility_others, cut_others)
    if practitioner.status == PLANNED_ADAPTATION and p.switch_agreed_core == 1:
        backing = service.adaptation_backing
        parts[STRUCTURE] = held_to_agreement(before_structure, parts[STRUCTURE], p.level_core_agreed, backing)
        parts[GOALS] = held_to_agreement(before_goals, parts[GOALS], p.level_core_agreed, backing)
        parts[TECHNIQUES] = held_to_agreement(before_techniques, parts[TECHNIQUES], p.level_core_agreed, backing)
    kept = (parts[STRUCTURE] + parts[GOALS] + parts[TECHNIQUES] + parts[HOMEWORK] + parts[OTHERS]) / 5.0
    if practitioner.sessions_booked > 0:
        given = share(practitioner.sessions / practitioner.sessions_booked)
        practitioner.regularity = approach(practitioner.regularity, given, p.rate_regularity)
    covered = p.share_modules_partial if practitioner.status == PARTIAL_USE else 1.0
    structure = p.weight_regularity * practitioner.regularity + (1.0 - p.weight_regularity) * kept * covered
    loss = p.loss_unprepared * (1.0 - p.share_support_prepares * service.support)
    practitioner.structure = structure
    practitioner.fidelity = fidelity(structure, practitioner.competence, practitioner.preparation, p.weight_structure, loss)

    if practitioner.fidelity > practitioner.fidelity_self:
        practitioner.fidelity_self = practitioner.fidelity
    else:
        # imposed figures are not used: fidelity monitoring shows drift as far as it is believed in
        shown = max(service.support, service.fidelity_monitoring_now * service.monitoring_belief)
        rate = p.rate_notice_drift + (1.0 - p.rate_notice_drift) * shown
        practitioner.fidelity_self = approach(practitioner.fidelity_self, practitioner.fidelity, rate)


@month
def service_within(service, practitioners, p):
    """What colleagues notice of each other: who delivers, group energy, championing, skill that can be passed on.

    With *peer influence* off nothing of it enters commitment. In the form *independent* moreover nobody learns from a colleague
    or is championed by one (``championing_felt``, ``successor_trained``).
    """
    delivering = 0
    present = 0
    energy = 0.0
    champion = 0.0
    skill = 0.0
    for i in range(service.posts):
        colleague = practitioners[i]
        if colleague.status != POST_VACANT and colleague.counted == 1:  # who is new in an added post takes nothing away
            present = present + 1
        if colleague.sessions > 0:
            delivering = delivering + 1
            energy = energy + reception_pull(colleague.belief, p.gain_threshold, p.gain_scale)
        if colleague.champion == 1 and colleague.status <= WAITING:
            champion = max(champion, colleague.commitment)
        if colleague.status < STOPPED and colleague.competence > skill:
            skill = colleague.competence
    service.share_delivering = delivering / present if present > 0 else 0.0
    service.energy = energy / (2.0 * delivering) if delivering > 0 else 0.0
    service.championing = max(champion, service.championing_floor)
    service.informal_skill = skill
    voices_are_raised(service, practitioners, p)


@month
def championing_felt(practitioner, service, p):
    """Championing that a practitioner meets: the service's, or in the form *independent* nobody's but one's own (share).

    A policy that appoints a champion is no colleague: it reaches everybody in either form.
    """
    if p.form_peers != INDEPENDENT:
        return service.championing
    if practitioner.champion == 1 and practitioner.status <= WAITING:
        return max(practitioner.commitment, service.championing_floor)
    return service.championing_floor


@month
def practitioner_feels(practitioner, service, p):
    """Uncertainty, frustration, exhaustion, evaluation fatigue, commitment.

    Exhaustion drives leaving only; practice-level factors drive dropping the practice (T4).
    """
    if practitioner.status == POST_VACANT:
        return
    if p.switch_mixed_signals == 1:
        target = uncertainty_target(
            service.signal_level,
            service.clarity_now,
            practitioner.expectation,
            p.weight_signal,
            p.weight_clarity,
            p.weight_expectation_clears,
        )
        practitioner.uncertainty = approach(practitioner.uncertainty, target, p.rate_uncertainty)
    else:
        practitioner.uncertainty = p.uncertainty_committed

    carried = 1.0 if practitioner.status <= WAITING and practitioner.hours_need > 0.0 else 0.0
    in_vain = unheard(practitioner, service, p)
    if p.switch_frustration == 1:
        target = frustration_target(carried, practitioner.dilemma, practitioner.perceived_engagement, practitioner.commitment)
        practitioner.frustration = approach(practitioner.frustration, share(target + in_vain), p.rate_frustration)
    else:
        practitioner.frustration = 0.0

    # what colleagues have really taken over is no longer worked
    taken_over = min(service.protected_time, practitioner.hours_given)
    worked = practitioner.hours_other + practitioner.hours_given - taken_over
    if p.switch_monitoring_untiring == 1:
        # hours for monitoring are worked, but they do not exhaust (W14)
        worked = worked - min(practitioner.hours_monitoring, practitioner.hours_given - taken_over)
    target = exhaustion_target(practitioner.exhaustion_trait, worked, p.hours_capacity, p.weight_workload)
    target = share(target + p.weight_lone_leader * leads_alone(practitioner, service, p))
    practitioner.exhaustion = approach(practitioner.exhaustion, target, p.rate_exhaustion)
    target = share(
        p.weight_evaluation_fatigue
        * (service.monitoring_dose + service.fidelity_monitoring_now)
        * (1.0 - service.monitoring_belief)
    )
    if p.switch_monitoring_burden == 0:
        target = 0.0
    practitioner.evaluation_fatigue = approach(practitioner.evaluation_fatigue, target, p.rate_evaluation_fatigue)

    if practitioner.status == UNTRAINED:
        return
    progress = reception_pull(practitioner.belief, p.gain_threshold, p.gain_scale)
    reactance = p.weight_reactance if p.switch_reactance == 1 else 0.0
    push = autonomy_push(
        practitioner.autonomy, practitioner.autonomy_support, practitioner.expectation, p.weight_autonomy_support, reactance
    )
    target = practitioner.commitment_trait + p.weight_progress * progress + push
    if p.switch_peer_influence == 1 and p.form_peers != INDEPENDENT:
        target = target + p.weight_energy * service.energy + p.weight_peers * (service.share_delivering - p.share_peers_neutral)
    shown = max(service.support, service.fidelity_monitoring_now * service.monitoring_belief)
    if practitioner.fidelity >= HIGH_FIDELITY:
        target = target + p.weight_validation * shown
    target = target - p.weight_dilemma * practitioner.dilemma - p.weight_frustration * practitioner.frustration
    target = target - p.weight_fatigue * practitioner.evaluation_fatigue
    if p.switch_bottom_up == 1:
        target = target - p.weight_pessimism * practitioner.pessimism
    # the programme felt as too comprehensive, the more so the less one was told beforehand of what it takes
    known = 0.0
    if p.switch_check_known == 1 and practitioner.volunteer == 1:
        known = p.share_load_known * service.capacity_checked
    target = target - p.weight_comprehensive * carried * load_unforeseen(service.briefing, known)
    practitioner.commitment = approach(practitioner.commitment, share(target), p.rate_commitment)
