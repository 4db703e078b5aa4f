"""The month as one printed list: which function runs for whom, in which order. Both engines follow it (tested)."""

from typing import Final, NamedTuple


class Stage(NamedTuple):
    """One stage of the month; every agent of ``entity`` goes through it before the next stage begins.

    Attributes
    ----------
    entity : str
        ``service``, ``leader``, ``practitioner``, ``patient`` or ``region``.
    function : str
        Name of the month function in ``sim.months``.
    submodel : int
        Number of the submodel in the ODD.
    meaning : str
    """

    entity: str
    function: str
    submodel: int
    meaning: str


ORDER: Final = (
    Stage("service", "service_outside_world", 1, "dated events, outside support, signal, budget, eligible patients arrive"),
    Stage("leader", "leader_arrives", 1, "leader events; a vacant leader post may be filled"),
    Stage("practitioner", "post_filled", 1, "vacant posts are filled with untrained successors"),
    Stage("service", "service_takes_stock", 1, "who carries the practice and can teach it; decisions of the service about it"),
    Stage("service", "service_allocates", 1, "eligible patients are shared among those who ask"),
    Stage("patient", "patient_asked", 1, "patients are asked; about half accept"),
    Stage("service", "service_counts_asked", 1, "who accepted waits for a course; who refused is not asked again for six months"),
    Stage("leader", "leader_leads", 2, "the leader raises the practice or not; channels follow"),
    Stage("service", "service_arranges_roles", 3, "who leads and who co-leads a group"),
    Stage("practitioner", "practitioner_perceives", 3, "engagement, autonomy support, expectation as perceived"),
    Stage("practitioner", "practitioner_prioritises", 3, "need, dilemma, hesitation, readiness, hours; courses begin"),
    Stage("service", "service_gives_sessions", 4, "sessions are given or missed"),
    Stage("patient", "patient_month", 4, "attendance, gain, relapse, dropout, completion"),
    Stage("patient", "recruited_month", 4, "some recruited patients no longer want to"),
    Stage("service", "service_counts_ended", 4, "ended courses are counted"),
    Stage("practitioner", "practitioner_counts_patients", 4, "slots are cleared; the end of a course is noted"),
    Stage("practitioner", "practitioner_hears_of_end", 4, "co-leaders hear of the end of their group"),
    Stage("practitioner", "practitioner_sees", 5, "progress of the patients is seen"),
    Stage("service", "service_pools", 5, "what was seen is summed over colleagues"),
    Stage("practitioner", "practitioner_believes", 5, "belief that the practice helps my patients"),
    Stage("practitioner", "practitioner_learns", 6, "competence, components, fidelity"),
    Stage("service", "service_within", 7, "what colleagues notice of each other"),
    Stage("practitioner", "practitioner_feels", 7, "uncertainty, frustration, exhaustion, fatigue, commitment"),
    Stage("practitioner", "practitioner_decides", 8, "stop, wait, adapt, cut, resume or restart"),
    Stage("practitioner", "practitioner_observed", 9, "delivery window of the post"),
    Stage("service", "service_observed", 9, "state of the service by behaviour"),
    Stage("practitioner", "practitioner_leaves", 10, "turnover and retirement"),
    Stage("practitioner", "successor_trained", 10, "untrained successors are trained"),
    Stage("service", "service_hands_over", 10, "patients of those who left or stopped are handed over or lost"),
    Stage("leader", "leader_leaves", 10, "leader turnover"),
    Stage("service", "region_adds", 5, "the service reports to the regional register"),
    Stage("region", "region_month", 5, "the register's page is turned; read next month"),
)
"""Stages of one month. ``service_recorded`` and ``worth_it`` read state at the observation and the decision."""
