"""Before month 0: a service, its leader and its posts as the plan has them."""

from sim.codes import FULL_USE, GROUP, IN_PASSING, JOINT_DECISION, LEADER_VACANT, POST_VACANT, STRATEGIC
from sim.inlining import inlined as month
from sim.months.joining import duties_of, months_left, person_ceiling, person_traits
from sim.months.leaders import leader_dimensions, leader_engagement_at_start
from sim.portable import normal
from sim.rules import fewer_duties, level_of_signal, share, uncertainty_target


@month
def service_begins(service, leader, start, index, p, draws):
    """Set a service and its leader to the plan's start. ``start`` is a SERVICE_START record."""
    service.key = start.key
    service.index = index
    service.posts = start.posts
    service.established = start.posts
    service.setting = start.setting
    service.staff = start.staff
    service.format = start.format
    service.selection = start.selection
    service.briefing = start.briefing
    service.eligibility_checked = start.eligibility_checked
    service.capacity_checked = start.capacity_checked
    service.pool = start.pool
    service.pool_added = start.pool
    service.inflow = start.inflow
    service.functioning_mean = start.functioning_mean
    service.share_demanding = start.share_demanding
    service.clarity = start.clarity
    service.clarity_now = start.clarity
    service.plan = start.plan
    service.plan_now = start.plan
    service.signal = start.signal
    service.meetings = start.meetings
    service.review_kept = 1.0 if service.meetings == STRATEGIC else 0.0
    service.reallocation = start.reallocation
    service.backing = start.backing
    service.upper_attention = start.upper_attention
    service.upper_money = start.upper_money
    service.justification = start.justification
    service.barriers = start.barriers
    service.institutionalisation = start.institutionalisation
    service.outcome_monitoring = start.outcome_monitoring
    service.fidelity_monitoring = start.fidelity_monitoring
    service.monitoring_belief = start.monitoring_belief
    service.pooling = start.pooling
    service.autonomy_support_shift = start.autonomy_support_shift
    service.expectation_stated = start.expectation_at_start
    service.signal_level = level_of_signal(
        service.signal, p.uncertainty_committed, p.uncertainty_expansion, p.uncertainty_awaiting, p.uncertainty_left
    )
    service.skill_effect = p.competence_service_spread * normal(draws.skill)
    leader.type = start.leader
    if leader.type == LEADER_VACANT:
        leader.proactive = 0.0
        leader.knowledgeable = 0.0
        leader.supportive = 0.0
        leader.perseverant = 0.0
        leader.engagement = 0.0
        leader.informed = 0.0
        leader.consideration = 0.0
    else:
        # the study's leaders were met: they stand at their type, without a draw
        leader_dimensions(leader, p, 0.0)
        leader.engagement = leader_engagement_at_start(leader.type, p)
        leader.informed = start.leader_informed
        leader.consideration = start.consideration
        leader.tenure = start.leader_tenure


@month
def practitioner_begins(practitioner, service, start, post, p, fatigue, draws):
    """Set a post to the plan's start, with its trained volunteer; NaN in the POST_START record leaves what was drawn.

    Joint selection draws the more willing, with working years ahead; being asked in passing does not (design, H9). A check of
    capacity draws who has room (R59); the numbers for it are drawn whether there is one or not.
    """
    practitioner.post = post
    practitioner.counted = 1
    person_traits(practitioner, p, draws)
    person_ceiling(practitioner, service, p, draws)
    if p.switch_willing_selected == 1:
        if service.selection == JOINT_DECISION:
            practitioner.commitment_trait = share(practitioner.commitment_trait + p.commitment_joint)
        elif service.selection == IN_PASSING:
            practitioner.commitment_trait = share(practitioner.commitment_trait - p.commitment_in_passing)
    if p.switch_check_room == 1 and service.capacity_checked == 1:
        other = duties_of(p, draws.duties_second)
        practitioner.other_duties = fewer_duties(practitioner.other_duties, other, draws.check_decides, p.share_check_decides)
    if start.experience == start.experience:
        practitioner.experience = start.experience
        practitioner.months_to_retirement = months_left(start.experience, p, draws.retirement)
    if service.selection == JOINT_DECISION:
        # nobody is sent who is about to retire
        practitioner.months_to_retirement = max(practitioner.months_to_retirement, 36)
    if start.months_to_retirement == start.months_to_retirement:
        practitioner.months_to_retirement = int(start.months_to_retirement)
    if start.other_duties == start.other_duties:
        practitioner.other_duties = start.other_duties
    if start.spare_time == start.spare_time:
        practitioner.spare_time = start.spare_time
    if start.autonomy == start.autonomy:
        practitioner.autonomy_trait = start.autonomy
    if start.commitment == start.commitment:
        practitioner.commitment_trait = start.commitment
    practitioner.autonomy = practitioner.autonomy_trait
    practitioner.commitment = practitioner.commitment_trait
    practitioner.belief = practitioner.belief + start.belief_shift
    practitioner.frustration = start.frustration
    practitioner.pessimism = start.pessimism
    practitioner.dilemma_free = start.dilemma_free
    practitioner.champion = start.champion
    practitioner.volunteer = 1
    practitioner.status = FULL_USE
    practitioner.competence = practitioner.competence_start
    practitioner.evaluation_fatigue = fatigue
    practitioner.autonomy_support = share(p.autonomy_support_vacant + service.autonomy_support_shift)
    practitioner.expectation = service.expectation_stated
    practitioner.uncertainty = uncertainty_target(
        service.signal_level,
        service.clarity,
        service.expectation_stated,
        p.weight_signal,
        p.weight_clarity,
        p.weight_expectation_clears,
    )
    if p.switch_mixed_signals == 0:
        practitioner.uncertainty = p.uncertainty_committed
    practitioner.group_target = 4 if service.format == GROUP else 1
    practitioner.partner = -1


@month
def reserve_begins(practitioner, post):
    """Set a reserve post: it stands empty until the practice is expanded."""
    practitioner.post = post
    practitioner.reserve = 1
    practitioner.status = POST_VACANT
    practitioner.partner = -1


@month
def patient_begins(patient, post, slot):
    """Set the address of an empty slot."""
    patient.post = post
    patient.slot = slot
