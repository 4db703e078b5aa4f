"""Who takes a practitioner post, and with which traits (ODD, submodel 1)."""

from sim.codes import POST_VACANT, UNTRAINED
from sim.inlining import inlined as month
from sim.portable import normal
from sim.rules import clip, share
from sim.state import COMPONENTS, DECISION_TERMS


@month
def post_filled(practitioner, service, p, draws):
    """Whether somebody takes a vacant post this month; an engaged leader's hiring up to doubles the chance.

    A reserve post is nobody's until it is opened; then somebody of the untrained staff takes it at once.
    """
    if practitioner.status != POST_VACANT or practitioner.post >= service.posts:
        return False
    if practitioner.reserve == 1:
        return True
    return draws.fills < share(p.chance_post_filled * (1.0 + service.hiring))


@month
def person_traits(practitioner, p, draws):
    """Traits of a person who takes a post, drawn from the population; addressed by post, so the same in every scenario."""
    practitioner.autonomy_trait = share(p.autonomy_mean + p.autonomy_spread * normal(draws.autonomy))
    practitioner.autonomy = practitioner.autonomy_trait
    practitioner.commitment_trait = share(p.commitment_mean + p.commitment_spread * normal(draws.commitment))
    practitioner.belief = p.belief_mean + p.belief_spread * normal(draws.belief)
    practitioner.belief_variance = p.belief_spread * p.belief_spread
    practitioner.other_duties = duties_of(p, draws.duties)
    practitioner.spare_time = p.hours_spare_maximum * draws.spare_hours if draws.spare_willing < p.share_spare_time else 0.0
    practitioner.leader_view = clip(p.spread_leader_view * normal(draws.leader_view), -1.0, 1.0)
    practitioner.experience = 2.0 * p.years_experience_mean * draws.experience
    practitioner.months_to_retirement = months_left(practitioner.experience, p, draws.retirement)
    practitioner.exhaustion_trait = share(p.exhaustion_mean + p.exhaustion_spread * normal(draws.exhaustion))
    practitioner.exhaustion = practitioner.exhaustion_trait


@month
def duties_of(p, chance):
    """Other duties of a person (hours/month), from one uniform."""
    return max(0.0, p.hours_duties_mean + p.hours_duties_spread * normal(chance))


@month
def months_left(experience, p, chance):
    """Months until retirement: a career, uniform within 20 % of ``years_career``, minus experience; a year at least."""
    career = p.years_career * (0.8 + 0.4 * chance)
    return max(12, int(12.0 * (career - experience)))


@month
def person_ceiling(practitioner, service, p, draws):
    """Skill reached under supervision: N(mean, spread) plus the service's own effect, unrelated to leadership (design)."""
    practitioner.ceiling = clip(
        p.competence_ceiling_mean + p.competence_ceiling_spread * normal(draws.ceiling) + service.skill_effect, 0.3, 1.0
    )
    practitioner.competence_start = clip(
        p.competence_start_mean + p.competence_start_spread * normal(draws.skill), 0.05, practitioner.ceiling
    )


@month
def person_enters(practitioner, service, p, draws):
    """A successor takes a vacant post, untrained."""
    person_traits(practitioner, p, draws)
    person_ceiling(practitioner, service, p, draws)
    if p.switch_successors_taught == 1:
        # a colleague who did not come forward when volunteers were trained
        practitioner.commitment_trait = share(practitioner.commitment_trait - p.commitment_not_volunteer)
        practitioner.belief = practitioner.belief - p.belief_not_volunteer
    practitioner.person = practitioner.person + 1
    practitioner.status = UNTRAINED
    practitioner.reserve = 0
    practitioner.champion = 0
    practitioner.dilemma_free = 0
    practitioner.volunteer = 0
    practitioner.months_in_post = 0
    practitioner.months_in_status = 0
    practitioner.competence = 0.0
    practitioner.commitment = practitioner.commitment_trait
    practitioner.frustration = 0.0
    practitioner.evaluation_fatigue = 0.0
    practitioner.voice = 0.0
    practitioner.pessimism = 0.0
    practitioner.autonomy_support = service.autonomy_support_given
    practitioner.expectation = service.expectation_stated
    practitioner.uncertainty = service.signal_level if p.switch_mixed_signals == 1 else p.uncertainty_committed
    practitioner.perceived_engagement = 0.0
    practitioner.seen_patients = 0
    practitioner.waiting_months = 0
    practitioner.dilemma_months = 0
    practitioner.months_not_worth = 0
    practitioner.fidelity = 1.0
    practitioner.fidelity_self = 1.0
    practitioner.regularity = 1.0
    practitioner.group_target = 1
    practitioner.asks = 0
    # no decision of the predecessor is the newcomer's
    practitioner.status_before = UNTRAINED
    practitioner.decided_month = -1
    practitioner.tipped = 0
    practitioner.by_service = 0
    practitioner.carries = 0
    for k in range(DECISION_TERMS):
        practitioner.decision_terms[k] = 0.0
    for k in range(len(COMPONENTS)):
        practitioner.components[k] = 1.0
