"""The one field table: every number that the simulation carries, with unit, bounds and meaning.

From these rows come the structured NumPy types of the compiled engine, the attributes of the Mesa agents, the
columns of the recorded history, the codebook and the state tables of the ODD. A field is written here and nowhere else.

``FIELDS[entity]`` is a tuple of :class:`Field`; ``dtype_of(entity)`` the aligned structured type.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

COMPONENTS: Final = (
    "structure",
    "goal setting and follow-up",
    "cognitive-behavioural techniques",
    "homework",
    "significant others and relapse plan",
)
"""The five fidelity components, in the order of the array field ``components`` (evidence F15)."""

STRUCTURE: Final = 0
GOALS: Final = 1
TECHNIQUES: Final = 2
HOMEWORK: Final = 3
OTHERS: Final = 4
"""Place of each component."""

WINDOW_MAX: Final = 6
"""Longest delivery window, in months (the bound of the parameter ``months_delivery_window``)."""
SLOTS: Final = 6
"""Patient slots of one post: the largest group (ODD, entities: groups of 3-6)."""
REST_MONTHS: Final = 6
"""Months for which a patient who refused is not asked again (ODD, submodel 1)."""
DECISION_TERMS: Final = 6
"""Terms kept of a post's last status decision, in the array field ``decision_terms``."""

TERM_HAZARD: Final = 0
TERM_RECEPTION: Final = 1
TERM_COMMITMENT: Final = 2
TERM_DILEMMA: Final = 3
TERM_COURSE_END: Final = 4
TERM_SUPPORT: Final = 5
"""Place of each term; ``sim.months.deciding`` says what they mean."""


class Field(NamedTuple):
    """One number of one entity's state.

    Attributes
    ----------
    name : str
    dtype : str
        NumPy type: ``f8``, ``i8``; a shape is given in ``length``.
    unit : str
    low, high : float
        Bounds that the value keeps at the end of every month (tested).
    meaning : str
    start : float
        Value before month 0 unless the plan gives another.
    length : int
        0 for a scalar, else the length of a fixed array.
    """

    name: str
    dtype: str
    unit: str
    low: float
    high: float
    meaning: str
    start: float = 0.0
    length: int = 0


INF: Final = float("inf")


def _share(name: str, meaning: str, start: float = 0.0) -> Field:
    return Field(name, "f8", "share 0-1", 0.0, 1.0, meaning, start)


def _hours(name: str, meaning: str) -> Field:
    return Field(name, "f8", "hours", 0.0, INF, meaning)


def _count(name: str, meaning: str, start: float = 0.0, high: float = INF) -> Field:
    return Field(name, "i8", "count", 0.0, high, meaning, start)


def _flag(name: str, meaning: str) -> Field:
    return Field(name, "i8", "0 or 1", 0.0, 1.0, meaning)


def _code(name: str, kind: str, high: float, meaning: str, start: float = 0.0, low: float = 0.0) -> Field:
    return Field(name, "i8", f"code ({kind})", low, high, meaning, start)


SERVICE: Final = (
    Field("key", "i8", "32-bit hash", 0, 2**32 - 1, "address of the service's random numbers, from its name"),
    _count("index", "place of the service in the plan"),
    _count("posts", "trained-practitioner posts there are: established at the start, and added"),
    _count("established", "trained-practitioner posts established at the start (N), by which outcomes are measured"),
    _count("posts_opened", "posts added by an expansion this month"),
    _code("setting", "Setting", 1, "primary or specialised care"),
    _count("staff", "employees of the service"),
    _code("format", "Format", 1, "individual or group courses"),
    _code("selection", "Selection", 2, "how practitioners were selected for training"),
    _share("briefing", "how far practitioners were told beforehand what the practice takes"),
    _flag("eligibility_checked", "whether somebody checked beforehand that eligible patients exist"),
    _flag("capacity_checked", "whether weekly capacity was checked beforehand"),
    Field("pool", "i8", "patients", 0, INF, "eligible patients who can be asked this month"),
    Field("resting", "i8", "patients", 0, INF, "patients who refused, by months until they can be asked again", 0, REST_MONTHS),
    Field("inflow", "f8", "patients/month", 0, INF, "mean number of newly eligible patients"),
    _share("functioning_mean", "mean functioning of the eligible patients", 0.5),
    _share("share_demanding", "share of eligible patients for whom the programme is too demanding"),
    _share("functioning_now", "mean functioning of the eligible patients, with policies", 0.5),
    _share("demanding_now", "share of eligible patients for whom the programme is too demanding, with policies"),
    _share("clarity", "clarity of goals and vision"),
    _share("clarity_now", "the same, with policies"),
    _share("plan", "how far an implementation plan exists and is current"),
    _share("plan_now", "the same, with policies"),
    _code("signal", "Signal", 3, "what has been said about the future"),
    _share("signal_level", "uncertainty carried by the signal now (policies and backing lower it)"),
    _share("review_kept", "how far staff meetings examine barriers, progress and backing"),
    _share("review", "the same, with policies"),
    _code("meetings", "Meetings", 2, "what staff meetings are used for"),
    _share("reallocation", "share of protected work really taken over by colleagues"),
    _share("backing", "backing by organisation and municipality"),
    _share("backing_now", "the same, with policies"),
    Field("barriers", "f8", "barriers", 0, INF, "barriers outstanding"),
    _share("institutionalisation", "what stays of clarity, plan and supervision when the leader goes"),
    _share("routine_expectation", "expectation that the organisation states as a routine, as far as it is carried"),
    _share("routine_consideration", "consideration for the extra workload as a routine"),
    _share("routine_monitoring", "knowledgeable engagement in monitoring as a routine"),
    _share("routine_selection", "hiring for the practice as a routine"),
    _share("routine_backing", "backing of planned adaptation as a routine"),
    _share("routine_autonomy", "autonomy support as a routine"),
    _flag("promised", "an expansion was announced and is not off the table"),
    _share("promise", "how far an announced expansion is still believed"),
    _count("added_delivering", "added posts that gave a session within the delivery window"),
    _share("upper_attention", "attention of the upper level (organisation, municipality) to the practice"),
    _share("upper_money", "money that the upper level has for the practice"),
    _share("backing_withdrawn", "backing before the upper level withdrew: what it may grow back to"),
    _share("money_withdrawn", "money that it took by withdrawing, since its last grant"),
    _flag("budget_withdrawn", "the budget was lost by a withdrawal, since the last grant"),
    Field("upper_delay", "i8", "months", 0, INF, "months for which the upper level has put the question off"),
    _share("sought", "chance that the upper level answers next month"),
    _count("decisions_granted", "commitments that the upper level made, since the start"),
    _count("decisions_withdrawn", "withdrawals of the upper level, since the start"),
    _share("justification", "how far practitioners have to justify the practice to this leader"),
    _share("voice", "how far practitioners raised the practice with their leader last month"),
    _share("programme", "dose of a leadership programme that the leader takes part in"),
    _share("raised", "how far the practice was raised this month, by the leader or by who acts for the leader"),
    Field(
        "leadership_received",
        "f8",
        "months",
        0,
        INF,
        "months of leadership received: sum of how far the practice was raised, since the start",
    ),
    Field("support", "f8", "dose 0-1", 0, 1, "outside support now (training, supervision, visits, outcome figures)"),
    _flag("left_support", "the service has left the outside supervision"),
    _flag("chancy", "whether chance may change leader and signal this month; 0 while they are known"),
    Field("supervision", "f8", "sessions/month", 0, INF, "supervision sessions held per practitioner this month"),
    Field("supervision_arranged", "f8", "sessions/month", 0, INF, "supervision that the service arranges for itself"),
    _share("outcome_monitoring", "dose of outcome monitoring that the service runs itself"),
    _share("fidelity_monitoring", "dose of fidelity monitoring that the service runs itself"),
    _share("outcome_monitoring_now", "dose of outcome monitoring this month, with policies"),
    _share("fidelity_monitoring_now", "dose of fidelity monitoring this month, with policies"),
    _share("monitoring_dose", "dose of outcome figures this month, the outside support's included"),
    _share("monitoring_belief", "how far practitioners see monitoring as a tool of their own"),
    _share("monitoring_use", "outcome figures really used for judging: dose x belief"),
    _code("pooling", "Pooling", 2, "whose patients believed outcome figures are pooled over", 1),
    _share("documentation", "fidelity documented to upper levels", 0),
    _flag("budget_lost", "the service's resources for the practice were cut in this run"),
    _share("budget_kept", "share of protected time and own supervision that the budget leaves", 1.0),
    Field("skill_effect", "f8", "share", -1, 1, "the service's own effect on reachable competence"),
    _share("expectation_stated", "explicit expectation as stated"),
    _share("autonomy_support_given", "autonomy support as given"),
    _share("acted_for", "how far somebody acts for the leader, by policy"),
    Field("autonomy_support_shift", "f8", "share", -1, 1, "the service's own shift in autonomy support"),
    _share("championing_floor", "least strength of championing, by policy"),
    Field("protected_time", "f8", "hours/month", 0, INF, "protected time granted to each practitioner"),
    _share("adaptation_backing", "how far planned adaptation is agreed and reviewed"),
    _share("chance_successor", "chance a month that an untrained successor is trained"),
    _share("hiring", "how far vacancies are filled faster than by routine"),
    _share("championing", "champion's strength in the service (0 without one)"),
    _share("news", "a new leader, a goal or a commitment that has come up, fading"),
    _share("share_delivering", "share of posts that gave a session last month"),
    Field("energy", "f8", "share -1-1", -1, 1, "group energy: mean progress seen by those who deliver"),
    _share("informal_skill", "best competence among trained colleagues, passed on informally"),
    Field("seen_sum", "f8", "points x patients", -INF, INF, "sum of progress observed this month over the service's patients"),
    _count("seen_count", "patients observed this month in the service"),
    Field(
        "fidelity", "f8", "scale 1-5", 0, 5, "fidelity in the delivery window, weighted by sessions; 0 = undefined, no session"
    ),
    Field("fidelity_measured", "f8", "scale 1-5", 0, 5, "last fidelity score of an outside visit or own monitoring; 0 = none"),
    Field("climate", "f8", "scale 0-4", 0, 4, "implementation climate: expected, supported, recognised"),
    Field("climate_actual", "f8", "scale 0-4", 0, 4, "the same of what is stated, given and recognised, whoever perceives it"),
    _count("delivering_posts", "posts that gave a session within the delivery window"),
    Field("sessions", "i8", "sessions", 0, INF, "sessions given this month"),
    Field(
        "months_since_session", "i8", "months", 0, INF, "months since the last session (counted from month 0 before the first)"
    ),
    Field("months_nobody", "i8", "months", 0, INF, "months in a row with every post stopped, vacant or untrained"),
    Field("first_session_month", "i8", "month", -1, INF, "month of the first session; -1 = none yet", -1),
    Field("first_abandoned_month", "i8", "month", -1, INF, "month of the first abandonment; -1 = none yet", -1),
    _code("state", "ServiceState", 6, "what the service does with the practice, by behaviour", 6),
    _flag("restarted", "a session was given again after an abandonment"),
    _flag("single_carrier", "one post alone delivers"),
    _count("pool_added", "patients who became eligible since the start"),
    _count("asked", "patients asked since the start"),
    _count("refused", "patients who refused since the start"),
    _count("started", "patients who began a course since the start"),
    _count("completed", "patients who completed since the start"),
    _count("dropped_out", "patients who dropped out since the start"),
    _count("lost", "patients lost when their practitioner left, since the start"),
    _count("withdrew", "recruited patients who returned to the pool before a course, since the start"),
    _count("attended_half", "ended courses in which at least half of the sessions was attended"),
    Field("benefit_sum", "f8", "IMR-scale points", -INF, INF, "true gain over all ended courses"),
    Field("benefit_low_sum", "f8", "IMR-scale points", -INF, INF, "the same, patients of below-mean functioning"),
    _count("ended_low", "ended courses of patients of below-mean functioning"),
    _count("helped", "ended courses with at least the minimal worthwhile benefit"),
    _count("false_rejections", "stops or cuts tipped by reception where the practice was worth it"),
    _count("true_rejections", "stops or cuts tipped by reception where it was not"),
    _count("false_continuations", "posts that went on for more than 12 months where it was not worth it"),
    _hours("hours_leader", "leader hours since the start"),
    _hours(
        "hours_practitioner",
        "practitioner hours since the start, net of the usual care replaced; those of monitoring and of a champion included, "
        "supervision not",
    ),
    _hours("hours_supervision", "supervision hours since the start"),
    _hours("hours_monitoring", "monitoring hours since the start (of which hours_practitioner holds those that were found)"),
    _hours(
        "hours_covered",
        "work of practitioners really taken over by colleagues (protected time), since the start; a transfer, not to be added to "
        "the practitioner hours that it makes room for",
    ),
    _hours("hours_training", "hours of training successors, since the start"),
    _count("leavers", "practitioners who left since the start"),
    _count("successors_trained", "successors trained since the start"),
    _count("leader_changes", "leaders lost since the start"),
    _count("carriers", "posts whose holder intends and gave a session within the delivery window, at the start of the month"),
    _share("teacher_skill", "skill of the colleague who would teach a successor"),
    Field("teacher_components", "f8", "share 0-1", 0, 1, "components of that colleague, in the order of COMPONENTS", 0.0, 5),
    Field("teacher_view", "f8", "scale 1-5", 1, 5, "fidelity of that colleague's own, as the colleague perceives it", 1.0),
    Field("vacancy_hours", "f8", "hours/month", 0, INF, "duties of vacant posts that fall on each colleague present"),
    Field("untrained_hours", "f8", "hours/month", 0, INF, "duties of untrained successors that fall on each trained colleague"),
    _share("leader_lack", "what the leader's post leaves undone"),
    _flag("stopped_by_decision", "the service has given the practice up by decision"),
    _count("started_when_stopped", "patients who had begun a course when it last decided so"),
    _code("stop_reason", "StopReason", 3, "why it last decided so"),
    Field("stop_month", "i8", "month", -1, INF, "month of that decision; -1 = none", -1),
    _flag("restart_stands", "a decision to take the practice up again stands and is not yet carried out"),
    _code("restart_reason", "RestartReason", 4, "why the service last decided to take it up again"),
    Field("restart_month", "i8", "month", -1, INF, "month of that decision; -1 = none", -1),
    _code("use", "Use", 4, "what is made of the practice, by sessions and by who intends", 4),
    _flag("kept_going", "started, and since the first session never so long without one that it counts as a gap"),
    _flag("in_gap", "started, and now so long without a session that it counts as a gap"),
    _flag("restarted_gap", "a session was given again after a gap"),
    _flag("restarted_given_up", "a session was given again after the practice had been given up"),
    Field("lowest_look", "f8", "scale 1-5", 0, 5, "lowest fidelity at a yearly look; 0 = no look yet, or one without sessions"),
    _flag("high_every_look", "fidelity was high at every yearly look"),
    Field("fidelity_clinic", "f8", "scale 1-5", 0, 5, "fidelity as a rater scores the clinic; 0 = undefined, no session"),
)

LEADER: Final = (
    _code("type", "LeaderType", 5, "how the leader leads", 1),
    Field("proactive", "f8", "scale 0-4", 0, 4, "implementation leadership: raises the practice, removes barriers"),
    Field("knowledgeable", "f8", "scale 0-4", 0, 4, "implementation leadership: knows how, reacts to figures"),
    Field("supportive", "f8", "scale 0-4", 0, 4, "implementation leadership: backs practitioners, considers their load"),
    Field("perseverant", "f8", "scale 0-4", 0, 4, "implementation leadership: carries on"),
    Field("proactive_own", "f8", "scale 0-4", 0, 4, "the person's own proactivity, without a programme"),
    Field("knowledgeable_own", "f8", "scale 0-4", 0, 4, "the person's own knowledge, without a programme"),
    Field("supportive_own", "f8", "scale 0-4", 0, 4, "the person's own supportiveness, without a programme"),
    Field("perseverant_own", "f8", "scale 0-4", 0, 4, "the person's own perseverance, without a programme"),
    _share("gained", "what the person has gained by a leadership programme and not forgotten"),
    _share("moved", "how far practitioners have moved the leader to raise the practice; fades"),
    Field("declined", "f8", "scale 0-4", 0, INF, "decline of the four dimensions at this place; it stays when leaders change"),
    Field("unattended", "i8", "months", 0, INF, "months since the start, or since an event brought or changed a leader"),
    _share("engagement", "current actual engagement in the practice"),
    _share("raising", "how far the leader raises the practice unasked this month"),
    _share("consideration", "consideration for the extra workload; fades unless raised again"),
    _share("informed", "how far the leader knows what the practice is"),
    Field("tenure", "i8", "months", 0, INF, "months in the post"),
    Field("vacant_months", "i8", "months", 0, INF, "months for which the post has been vacant"),
    _hours("hours", "hours spent on the practice this month"),
    _count("person", "how many leaders have held the post before"),
)

PRACTITIONER: Final = (
    _count("post", "place of the post in its service"),
    _flag("reserve", "a reserve post that no expansion has opened yet: it stands empty and counts nowhere"),
    _flag("counted", "established at the start, or added and held by somebody trained since: its being empty is a lack"),
    _code("status", "PractitionerStatus", 6, "what the practitioner intends, or the state of the post"),
    _count("person", "how many people have held the post before"),
    _flag("champion", "keeps the practice on the agenda for colleagues"),
    _flag("volunteer", "one of those trained at month 0"),
    Field("months_in_post", "i8", "months", 0, INF, "months since the person took the post"),
    Field("months_in_status", "i8", "months", 0, INF, "months since the status last changed"),
    Field("months_to_retirement", "i8", "months", 0, INF, "months until retirement"),
    Field("experience", "f8", "years", 0, INF, "years of clinical experience"),
    _share("autonomy", "perceived autonomy (A)"),
    _share("autonomy_trait", "the person's own level of perceived autonomy"),
    _share("autonomy_support", "felt support of autonomy by the leader (S)"),
    _share("expectation", "explicit expectation as perceived (x)"),
    _share("uncertainty", "uncertainty about what is expected (u)"),
    Field("leader_view", "f8", "share", -1, 1, "person's own slant in perceiving the leader"),
    _share("perceived_engagement", "leader engagement as the practitioner perceives it"),
    Field("other_duties", "f8", "hours/month", 0, INF, "duties other than the practice"),
    Field("spare_time", "f8", "hours/month", 0, INF, "spare time the person is willing to use"),
    _share("competence", "skill in the practice (k)"),
    _share("ceiling", "skill that this person reaches under supervision"),
    _share("competence_start", "skill right after training"),
    Field("components", "f8", "share 0-1", 0, 1, "fidelity components kept, in the order of COMPONENTS", 1.0, 5),
    Field("belief", "f8", "IMR-scale points/course", -INF, INF, "belief in what a course gains my patients: mean (m)"),
    Field("belief_variance", "f8", "points^2", 0, INF, "the same: variance (v)"),
    _count("seen_patients", "patients whose progress was seen so far; weighs what is known of whom to recruit"),
    Field("seen_sum", "f8", "points x patients", -INF, INF, "sum of progress observed this month over own patients"),
    _count("seen_count", "own patients observed this month"),
    _share("commitment", "commitment to the practice (c)"),
    _share("commitment_trait", "the person's own level of commitment"),
    _share("frustration", "frustration with carrying it from below"),
    _share("exhaustion", "emotional exhaustion; drives leaving only"),
    _share("exhaustion_trait", "the person's own level of exhaustion"),
    _share("evaluation_fatigue", "tiredness of evaluations"),
    _share("voice", "how far the practitioner raises the practice with the leader this month"),
    _share("pessimism", "expectation that raising it moves nothing"),
    _code("role", "CourseRole", 2, "leads or co-leads this month"),
    Field("partner", "i8", "post", -1, 1023, "post shared a group with; -1 = none", -1),
    Field("course_patients", "i8", "patients", 0, SLOTS, "patients in own running courses"),
    Field("shared_patients", "i8", "patients", 0, SLOTS, "patients in the course worked in, own or co-led"),
    Field("recruited_patients", "i8", "patients", 0, SLOTS, "patients recruited and waiting for a course"),
    _flag("slots_used", "some slot of the post holds or has just held a patient; 0: all its slots are blank and are passed over"),
    Field("months_recruiting", "i8", "months", 0, INF, "months since the first patient now waiting was recruited"),
    Field("course_months", "i8", "months", 0, INF, "months for which the longest own course has run"),
    Field("module", "f8", "modules", 0, 10, "module reached by the most advanced own course"),
    Field("group_target", "i8", "patients", 1, SLOTS, "patients wanted for the next course", 1),
    _count("started", "patients who began a course led from this post"),
    _flag("dilemma_free", "the practice replaces usual care hour for hour"),
    Field("asks", "i8", "patients", 0, SLOTS, "patients the practitioner wants to ask next month"),
    _flag("course_ended", "a course of the post ended this month"),
    _hours("hours_need", "hours the practice needs this month, net of usual care replaced"),
    _hours("hours_free", "hours free for it"),
    _hours("hours_given", "hours given to it"),
    _hours("hours_over", "hours given beyond the free ones"),
    _hours("hours_other", "hours of other duties"),
    _hours("hours_monitoring", "hours that monitoring needs of it: outcome figures and fidelity"),
    _share("dilemma", "prioritisation dilemma D: share of need beyond free hours"),
    Field("hesitation", "f8", "share", -1, 1, "hesitation h: autonomy that nobody supports"),
    _share("readiness", "readiness to take the hours from other duties (pi)"),
    _share("preparation", "share of the preparation done", 1.0),
    _share("recruiting", "share of the recruiting done", 1.0),
    _share("delivery", "share of the booked sessions for which hours were given", 1.0),
    Field("sessions", "i8", "sessions", 0, 255, "sessions given this month (own or co-led; all courses)"),
    Field("sessions_booked", "f8", "sessions", 0, 255, "sessions booked this month"),
    Field("sessions_each", "i8", "sessions", 0, 31, "sessions given this month in each course"),
    Field("sessions_window", "i8", "sessions", 0, 255, "sessions of the last months, newest first", 0, WINDOW_MAX),
    Field("fidelity_window", "f8", "scale 1-5", 0, 5, "fidelity of the last months, newest first", 0, WINDOW_MAX),
    _share("regularity", "recent share of booked sessions given", 1.0),
    Field("fidelity", "f8", "scale 1-5", 1, 5, "true fidelity of what is given (F)", 1.0),
    Field("fidelity_self", "f8", "scale 1-5", 1, 5, "fidelity as the practitioner perceives it", 1.0),
    _flag("delivers", "gave a session within the delivery window"),
    Field("months_since_session", "i8", "months", 0, INF, "months since the last own session"),
    Field("waiting_months", "i8", "months", 0, INF, "months spent waiting, this person"),
    Field("dilemma_months", "i8", "months", 0, INF, "months with a dilemma, this person"),
    Field("months_not_worth", "i8", "months", 0, INF, "months in a row of going on where the practice is not worth it"),
    _code("rejected", "Rejection", 2, "this month reception tipped a stop or a cut"),
    _flag("continues_falsely", "this month the post has gone on for over 12 months where the practice is not worth it"),
    _flag("leaving", "the person left this month"),
    _flag("trained_here", "a successor was trained this month (cleared once counted)"),
    _flag("trained_formally", "not by a colleague but in a training (cleared once counted)"),
    Field("status_before", "i8", "code (PractitionerStatus)", 0, 6, "status before the last decision", 0),
    Field("decided_month", "i8", "month", -1, INF, "month of the last decision that changed the status; -1 = none", -1),
    Field("tipped", "i8", "bit set (FORCES)", 0, 2047, "forces without any one of which that decision had gone the other way"),
    Field("decision_terms", "f8", "factor", 0, INF, "terms of that decision (see sim.months.deciding)", 0.0, DECISION_TERMS),
    _flag("by_service", "that decision was the service's, not the person's"),
    _flag("carries", "intends and gave a session within the delivery window, at the start of the month"),
    _flag("post_lapsed", "the last trained holder of the post had stopped before leaving"),
    _share("structure", "structure of what is given, as it enters fidelity"),
    Field("structure_window", "f8", "share 0-1", 0, 1, "structure of the last months, newest first", 0, WINDOW_MAX),
    _code("use", "Use", 4, "what is made of the practice in the post, by sessions and by whether its holder intends", 4),
    Field("first_session_month", "i8", "month", -1, INF, "month of the post's first session; -1 = none yet", -1),
    Field("months_nobody", "i8", "months", 0, INF, "months in a row in which nobody in the post intends to use the practice"),
    _flag("kept_going", "the post started, and since its first session never so long without one that it counts as a gap"),
    _flag("in_gap", "the post started, and is now so long without a session that it counts as a gap"),
    _flag("restarted_gap", "a session was given again in the post after a gap"),
    _flag("restarted_given_up", "a session was given again in the post after the practice had been given up"),
    Field("lowest_look", "f8", "scale 1-5", 0, 5, "lowest fidelity at a yearly look; 0 = no look yet, or one without sessions"),
    _flag("high_every_look", "fidelity of the post was high at every yearly look"),
)

PATIENT: Final = (
    _count("post", "post whose slot this is"),
    _count("slot", "slot within the post"),
    _code("state", "SlotState", 2, "empty, recruited, in a course"),
    _flag("asked", "somebody is asked for this slot this month"),
    _share("functioning", "functioning", 0.5),
    _flag("too_demanding", "the programme is too demanding for this person"),
    _share("engagement", "tendency to attend", 0.5),
    Field("response", "f8", "IMR-scale points/course", -INF, INF, "what a full course in standard form would gain this person"),
    Field("recovery", "f8", "IMR scale 1-5", 1, 5, "true recovery score", 3.0),
    Field("recovery_start", "f8", "IMR scale 1-5", 1, 5, "the same at the start of the course", 3.0),
    Field("recovery_seen", "f8", "IMR scale 1-5", 1, 5, "the same when progress was last looked at", 3.0),
    Field("months", "i8", "months", 0, INF, "months in the course"),
    Field("months_seen", "i8", "months", 0, INF, "months in the course when progress was last looked at"),
    Field("offered_seen", "i8", "sessions", 0, INF, "sessions given in the course when progress was last looked at"),
    Field("sessions_offered", "i8", "sessions", 0, INF, "sessions given in this course"),
    Field("sessions_attended", "i8", "sessions", 0, INF, "sessions attended in this course"),
    _flag("relapsed", "a relapse happened this month"),
    Field("attended_seen", "i8", "sessions", 0, INF, "sessions attended when progress was last looked at"),
    _count("looks", "times that progress was looked at in the course"),
    _flag("seen_now", "progress was looked at this month"),
    Field(
        "seen_pace",
        "f8",
        "IMR-scale points/course",
        -INF,
        INF,
        "true progress since it was last looked at, on the scale of a course",
    ),
    Field("seen_noise", "f8", "IMR-scale points/course", -INF, INF, "error of that look"),
    _code("ended", "CourseEnd", 4, "how the course ended, in the month in which it did"),
    _count("person", "how many people have held the slot before"),
)

REGION: Final = (
    Field("seen_fixed", "i8", "2^-20 points x patients", -INF, INF, "progress observed last month over the region, fixed point"),
    _count("seen_count", "patients observed last month over the region"),
    Field("adding_fixed", "i8", "2^-20 points x patients", -INF, INF, "the same, being added this month"),
    _count("adding_count", "the same, being added this month"),
)

SERVICE_MONTH: Final = (
    _code("state", "ServiceState", 6, "what the service does with the practice, by behaviour"),
    _code("leader_type", "LeaderType", 5, "how the leader leads"),
    _count("delivering_posts", "posts that gave a session within the delivery window"),
    _count("trained", "posts whose holder is trained"),
    _count("full_use", "posts in full use"),
    _count("planned_adaptation", "posts with planned adaptation"),
    _count("partial_use", "posts in partial use (ad hoc cuts)"),
    _count("waiting", "posts waiting"),
    _count("stopped", "posts whose holder stopped"),
    _count("vacant", "vacant posts"),
    _count("untrained", "posts with an untrained successor"),
    _count("sessions", "sessions given this month"),
    _count("course_patients", "patients in running courses"),
    _count("in_dilemma", "trained practitioners with a prioritisation dilemma"),
    Field(
        "fidelity", "f8", "scale 1-5", 0, 5, "fidelity in the delivery window, weighted by sessions; undefined without sessions"
    ),
    Field("fidelity_measured", "f8", "scale 1-5", 0, 5, "last fidelity score by a visit or own monitoring; undefined before one"),
    Field("fidelity_self", "f8", "scale 1-5", 0, 5, "fidelity as practitioners perceive it, mean"),
    Field("climate", "f8", "scale 0-4", 0, 4, "implementation climate"),
    Field("climate_actual", "f8", "scale 0-4", 0, 4, "implementation climate of what is stated, given and recognised"),
    Field("leadership_proactive", "f8", "scale 0-4", 0, 4, "implementation leadership: proactive; 0 without a leader"),
    Field("leadership_knowledgeable", "f8", "scale 0-4", 0, 4, "implementation leadership: knowledgeable; 0 without a leader"),
    Field("leadership_supportive", "f8", "scale 0-4", 0, 4, "implementation leadership: supportive; 0 without a leader"),
    Field("leadership_perseverant", "f8", "scale 0-4", 0, 4, "implementation leadership: perseverant; 0 without a leader"),
    Field("perceived_proactive", "f8", "scale 0-4", 0, 4, "the same as practitioners perceive it, mean: proactive"),
    Field("perceived_knowledgeable", "f8", "scale 0-4", 0, 4, "the same as practitioners perceive it, mean: knowledgeable"),
    Field("perceived_supportive", "f8", "scale 0-4", 0, 4, "the same as practitioners perceive it, mean: supportive"),
    Field("perceived_perseverant", "f8", "scale 0-4", 0, 4, "the same as practitioners perceive it, mean: perseverant"),
    _share("acted_for", "how far somebody acts for the leader, by policy"),
    _share("support", "outside support now, dose"),
    _share("plan_now", "how far a plan exists and is current, with policies"),
    _share("backing", "backing by organisation and municipality, with policies"),
    _share("documentation", "fidelity documented to upper levels"),
    _share("raising", "how far the leader raises the practice unasked"),
    _share("engagement", "leader engagement, actual"),
    _share("perceived_engagement", "leader engagement as practitioners perceive it, mean"),
    _share("consideration", "consideration for the extra workload"),
    _share("clarity", "clarity of goals and vision"),
    _share("plan", "how far a plan exists and is current"),
    _share("signal_level", "uncertainty carried by the signal about the future"),
    _share("institutionalisation", "what stays when the leader goes"),
    Field("barriers", "f8", "barriers", 0, INF, "barriers outstanding"),
    Field("supervision", "f8", "sessions/month", 0, INF, "supervision arranged by the service, per practitioner"),
    Field("protected_time", "f8", "hours/month", 0, INF, "protected time, per practitioner"),
    _share("monitoring_use", "outcome figures really used for judging"),
    _share("monitoring_belief", "how far practitioners see monitoring as a tool of their own"),
    _share("fidelity_monitoring", "dose of fidelity monitoring, with policies"),
    _share("review", "strategic review meetings"),
    _share("dilemma", "prioritisation dilemma, mean over those whose practice needs hours"),
    _share("readiness", "readiness to take hours from other duties, mean"),
    _share("commitment", "commitment, mean"),
    Field("belief", "f8", "IMR-scale points/course", -INF, INF, "belief in what a course gains own patients, mean"),
    _share("uncertainty", "uncertainty about what is expected, mean"),
    _share("autonomy_support", "felt autonomy support, mean"),
    _share("expectation", "explicit expectation as perceived, mean"),
    _share("competence", "skill in the practice, mean"),
    _share("frustration", "frustration, mean"),
    _share("exhaustion", "exhaustion, mean"),
    _count("pool", "eligible patients who can be asked"),
    _flag("restarted", "a session was given again after an abandonment"),
    _flag("single_carrier", "one post alone delivers"),
    _count("started", "patients who began a course, since the start"),
    _count("completed", "patients who completed, since the start"),
    _count("dropped_out", "patients who dropped out, since the start"),
    _count("lost", "patients lost when their practitioner left or stopped, since the start"),
    _count("attended_half", "ended courses of which at least half was attended, since the start"),
    _count("helped", "ended courses with at least the minimal worthwhile benefit, since the start"),
    Field("benefit_sum", "f8", "IMR-scale points", -INF, INF, "true gain over ended courses, since the start"),
    Field("benefit_low_sum", "f8", "IMR-scale points", -INF, INF, "the same, patients of below-mean functioning"),
    _count("ended_low", "ended courses of patients of below-mean functioning, since the start"),
    _count("false_rejections", "stops or cuts tipped by reception where the practice was worth it, since the start"),
    _count("true_rejections", "the same where it was not, since the start"),
    _count("false_continuations", "posts that went on for over 12 months where it was not worth it, since the start"),
    _count("leavers", "practitioners who left, since the start"),
    _hours("hours_leader", "leader hours, since the start"),
    _hours(
        "hours_practitioner", "practitioner hours, since the start; those of monitoring and a champion included, supervision not"
    ),
    _hours("hours_supervision", "supervision hours, since the start"),
    _hours("hours_monitoring", "monitoring hours, since the start; a part of the practitioner hours, not to be added to them"),
    _hours("hours_covered", "work taken over by colleagues, since the start; not to be added to practitioner hours"),
    _hours("hours_training", "hours of training successors, since the start"),
    Field(
        "leadership_received",
        "f8",
        "months",
        0,
        INF,
        "months of leadership received: sum of how far the practice was raised, since the start",
    ),
    _count("decisions_granted", "commitments that the upper level made, since the start"),
    _count("decisions_withdrawn", "withdrawals of the upper level, since the start"),
    _code("stop_reason", "StopReason", 3, "why the service last decided to give the practice up"),
    Field("stop_month", "i8", "month", -1, INF, "month of that decision; -1 = none", -1),
    _code("restart_reason", "RestartReason", 4, "why the service last decided to take the practice up again"),
    Field("restart_month", "i8", "month", -1, INF, "month of that decision; -1 = none", -1),
    _count("added_posts", "posts added by an expansion; counted in no other column of posts"),
    _count("added_trained", "added posts whose holder is trained"),
    _count("added_delivering", "added posts that gave a session within the delivery window"),
    _code("use", "Use", 4, "what is made of the practice, by sessions and by who intends"),
    _flag("kept_going", "started, and since the first session never so long without one that it counts as a gap"),
    _flag("in_gap", "started, and now so long without a session that it counts as a gap"),
    _flag("restarted_gap", "a session was given again after a gap"),
    _flag("restarted_given_up", "a session was given again after the practice had been given up"),
    Field(
        "lowest_look",
        "f8",
        "scale 1-5",
        0,
        5,
        "lowest fidelity at a yearly look; undefined before one or after one without sessions",
    ),
    _flag("high_every_look", "fidelity was high at every yearly look"),
    Field("fidelity_clinic", "f8", "scale 1-5", 0, 5, "fidelity as a rater scores the clinic; undefined without sessions"),
    _count("operating_posts", "posts that gave a session within the delivery window and have not given up"),
    _count("silent_posts", "posts that started and gave no session within the delivery window, not given up"),
    _count("given_up_posts", "posts that started and have been given up"),
    _count("never_started_posts", "posts without a session although the time for it is over"),
    _count("kept_going_posts", "posts that started and never had a gap"),
    _count("in_gap_posts", "posts that started and are now in a gap"),
    _count("restarted_gap_posts", "posts that gave a session again after a gap"),
    _count("restarted_given_up_posts", "posts that gave a session again after having been given up"),
    _count("high_look_posts", "posts whose fidelity was high at every yearly look"),
    _count("high_look_posts_37", "posts whose fidelity was at least 3.7 at every yearly look"),
    _count("high_look_posts_40", "posts whose fidelity was at least 4.0 at every yearly look"),
    _count("high_look_posts_43", "posts whose fidelity was at least 4.3 at every yearly look"),
)
"""What is recorded of every service, month and replicate."""

FIELDS: Final = {
    "region": REGION,
    "service": SERVICE,
    "leader": LEADER,
    "practitioner": PRACTITIONER,
    "patient": PATIENT,
    "service_month": SERVICE_MONTH,
}
"""Fields of each entity, in storage order."""


@lru_cache
def dtype_of(entity: str) -> np.dtype:
    """Aligned structured type of one entity's state.

    Parameters
    ----------
    entity : str
        A key of FIELDS.

    Returns
    -------
    numpy.dtype
    """
    rows = [(f.name, f.dtype, (f.length,)) if f.length else (f.name, f.dtype) for f in FIELDS[entity]]
    return np.dtype(rows, align=True)


def blank(entity: str, count: int) -> np.ndarray:
    """Records of an entity with every field at its start value.

    Parameters
    ----------
    entity : str
    count : int

    Returns
    -------
    numpy.ndarray
        Structured, shape (count,).
    """
    records = np.zeros(count, dtype_of(entity))
    for field in FIELDS[entity]:
        records[field.name] = field.start
    return records


def start_value(field: Field) -> float | int | list[float] | list[int]:
    """Start value of a field as a plain Python number, or a list of them for an array field."""
    one = float(field.start) if field.dtype == "f8" else int(field.start)
    return [one] * field.length if field.length else one
