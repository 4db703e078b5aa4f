"""Difference equations for mechanisms of the second version, written from the ODD: no function of the engines is called here.

Each is exact for any number of services, since no service depends on another. There are three: giving up and taking up again
for the first time, a leader's routines after the leader has gone, and a decided expansion.
"""

from typing import Any, Final

import numpy as np

LED: Final[dict[str, Any]] = {"leader": "passive_supportive", "leader_informed": 0.0, "months_observed": 0}
"""A leader who stays and raises nothing: months in which chance decides need somebody in the post, or somebody would come."""

NOTHING_RAISED: Final[dict[str, float]] = {
    # the leader is far below the threshold from which the practice is raised at all
    "gap_leader_type": 1.8,
    "threshold_proactive": 2.5,
    "scale_proactive": 2.5,
}

# --- services that give the practice up, and take it up again

DECIDING_SERVICE: Final[dict[str, Any]] = {
    **LED,
    "pool": 100_000,
    "share_demanding": 0.0,
    # the practice is fully expected from the start, so that nobody waits: the hazard of waiting is base x u x (1 - x)
    "expectation_at_start": 1.0,
}
DECIDING_VALUES: Final[dict[str, float]] = {
    **NOTHING_RAISED,
    # nobody stops for long: most committed, so a month's chance to stop is 1e-4 at most, and to restart .95. A service in which
    # nobody has used the practice for months has then decided so
    "commitment_mean": 0.95,
    "slope_commitment": 6.0,
    "slope_reception": 0.0,
    "chance_stops": 0.001,
    "chance_restarts": 0.08,
    "months_without_anybody": 6.0,
    "weight_progress": 0.0,
    "weight_autonomy_support": 0.0,
    "weight_reactance": 0.0,
    "weight_fatigue": 0.0,
    "weight_comprehensive": 0.0,
    # readiness is what is expected, 1, and own judgement, the commitment that stays as it is
    "autonomy_mean": 0.6,
    "share_autonomy_lost": 0.0,
    "weight_hesitation": 0.0,
    "weight_directive_pull": 0.0,
    # a course begins as readiness has it, with the first patient who agrees and still wants to: not at once, so that it matters
    # that a practice has to begin before it can be given up
    "chance_course_start": 0.2,
    "chance_accepts": 0.35,
    "chance_withdraws": 0.15,
    # four sessions a month, all given
    "sessions_month": 4.0,
    "share_absence": 0.0,
    # who carries the practice or wants it holds nothing back: every hazard is a constant
    "weight_carried_kept": 0.0,
    "weight_expectation_kept": 0.0,
    # often enough to be counted
    "uncertainty_left": 0.6,
    "uncertainty_committed": 0.1,
    "chance_stops_money": 0.06,
    "chance_stops_priority": 0.04,
    "chance_restart_champion": 0.05,
    "chance_restart_patients": 0.02,
}
DECIDING_OFF: Final = ("turnover", "leader_turnover", "adaptation", "peer_influence", "institutionalisation", "reactance")
CUT: Final = 0.5
"""Share of protected time and supervision that a policy takes away for good."""
CHAMPIONED: Final = 0.8
"""Strength of a champion whom a policy appoints."""
DECIDING_POLICIES: Final = (
    {"lever": "expectation", "dose": 1.0},
    {"lever": "budget_cut", "dose": CUT},
    {"lever": "champion", "dose": CHAMPIONED},
)


def deciding_region(p: dict[str, float], months: int) -> dict[str, np.ndarray]:
    """Services of one post until they decide for the first time to give the practice up, and to take it up again.

    Before its first session a service gives nothing up. Its practitioner asks one patient a month until one agrees; who has
    agreed waits for the course, and may withdraw, after which nobody is asked for a month.

    Returns
    -------
    dict of str to numpy.ndarray
        Shape (months,) each, shares of services: ``gave_up``, ``again``: have decided so at least once; ``money``: the last
        decision to give up was for money.
    """
    ready = p["autonomy_mean"] * p["commitment_mean"] + 1 - p["autonomy_mean"]
    starts = p["chance_course_start"] * ready
    accepts, stays = p["chance_accepts"], 1 - p["chance_withdraws"]
    money = p["chance_stops_money"] * CUT
    priority = p["chance_stops_priority"] * p["uncertainty_left"]
    up_again = p["chance_restart_champion"] * CHAMPIONED + p["chance_restart_patients"]
    idle, asking, waiting = 1.0, 0.0, 0.0
    operating = given_up = again = 0.0
    out: dict[str, list[float]] = {name: [] for name in ("gave_up", "again", "money")}
    for _ in range(months):
        # decisions of the service see the state at the start of the month
        taken_up = up_again * given_up
        stopped = (money + priority) * operating
        given_up, again, operating = given_up + stopped - taken_up, again + taken_up, operating - stopped
        agreed = accepts * asking
        ready_to_begin = waiting + agreed
        begun = starts * ready_to_begin
        left = ready_to_begin - begun
        idle, asking, waiting = left * (1 - stays), idle + asking - agreed, left * stays
        operating += begun
        out["gave_up"].append(given_up + again)
        out["again"].append(again)
        # each decision is for money with the same chance, the first as well as the last
        out["money"].append((given_up + again) * money / (money + priority))
    return {name: np.array(values) for name, values in out.items()}


# --- leaders who leave, and what the organisation goes on doing

ROUTINE_SERVICE: Final[dict[str, Any]] = {
    "leader": "active",
    "leader_informed": 0.2,
    "months_observed": 0,
    "clarity": 0.4,
    "plan": 0.6,
    "institutionalisation": 0.0,
    "expectation_at_start": 0.2,
}
ROUTINE_VALUES: Final[dict[str, float]] = {
    # the active leader raises the practice from the start; of who follows everybody is passive, stands at the type's mean, and
    # raises nothing: what is left is what the organisation has made its own
    **NOTHING_RAISED,
    "lift_leader_active": 1.2,
    "scale_perseverant": 2.7,
    "share_incumbent_active": 0.0,
    "share_incumbent_controlling": 0.0,
    "share_incumbent_unsupportive": 0.0,
    "share_incumbent_unavailable": 0.0,
    # half of the leaders are gone within 23 months, so that rise and decay are seen together
    "chance_leader_leaves": 0.03,
    "engagement_active": 0.9,
    "rate_engagement_decay": 0.05,
    "rate_informed": 0.2,
    # meetings go on to examine the practice for a while, which keeps its goals and plan up a little;
    # much is institutionalised in a few years, and some of it lost in the years after
    "rate_institutionalisation": 0.06,
    "rate_deinstitutionalisation": 0.03,
    "rate_goals": 0.15,
    "weight_review": 0.4,
    "rate_upkeep_decay": 0.1,
    "routine_expectation": 0.6,
    "rate_perception": 0.4,
}
ROUTINE_OFF: Final = ("turnover", "adaptation")
ROUTINE_ON: Final = ("routines", "newcomers_alike")


def routine_region(p: dict[str, float], service: dict[str, Any], months: int) -> dict[str, np.ndarray]:
    """Services whose active leader leaves by chance: the course of each is told by the month of leaving, the mean is over months.

    Nothing but that month is left to luck. So the equations may be as curved as they are (institutionalisation slows the decay of
    what it carries, a routine is the greater of what is given and what is left): the mean is taken last.

    Returns
    -------
    dict of str to numpy.ndarray
        Shape (months,) each, mean over services: ``institutionalisation``, ``plan``, ``clarity``; ``expectation`` as perceived.
    """
    proactive = min(4.0, p["scale_proactive"] + p["lift_leader_active"])
    perseverant = min(4.0, p["scale_perseverant"] + p["lift_leader_active"])
    reach = (proactive - p["threshold_proactive"]) / (4 - p["threshold_proactive"])
    tires = p["rate_engagement_decay"] * (1 - perseverant / 4)
    # courses by how many months the first leader has led: 1, 2, ... or all of them
    led = np.arange(1, months + 1)
    shares = p["chance_leader_leaves"] * (1 - p["chance_leader_leaves"]) ** (led - 1)
    shares[-1] = 1 - shares[:-1].sum()
    kept = np.full(months, service["institutionalisation"])
    plan, clarity = np.full(months, service["plan"]), np.full(months, service["clarity"])
    meetings, routine, perceived = np.zeros(months), np.zeros(months), np.full(months, service["expectation_at_start"])
    engagement, informed = p["engagement_active"], service["leader_informed"]
    out: dict[str, list[float]] = {name: [] for name in ("institutionalisation", "plan", "clarity", "expectation")}
    for month in range(months):
        engagement *= 1 - tires
        informed += p["rate_informed"] * (1 - informed)
        raised = np.where(led > month, engagement * informed * reach, 0.0)
        grows = p["rate_institutionalisation"] * raised * plan * (1 - kept)
        kept = kept + grows - p["rate_deinstitutionalisation"] * (1 - raised) * kept
        fades = p["rate_upkeep_decay"] * (1 - kept)
        routine = np.maximum(p["routine_expectation"] * raised, routine * (1 - fades))
        # goals and plan are worked on by who raises the practice, or in the meetings that the leader got to examine it last month
        by_goals = np.maximum(raised, p["weight_review"] * meetings)
        plan, clarity, meetings = (
            level + p["rate_goals"] * worked * (1 - level) - fades * (1 - worked) * level
            for level, worked in ((plan, by_goals), (clarity, by_goals), (meetings, raised))
        )
        perceived = perceived + p["rate_perception"] * (np.maximum(raised, routine) - perceived)
        for name, course in (("institutionalisation", kept), ("plan", plan), ("clarity", clarity), ("expectation", perceived)):
            out[name].append(float(shares @ course))
    return {name: np.array(values) for name, values in out.items()}


# --- an expansion that was promised and is decided

POSTS_PROMISED: Final = 4
DECIDED: Final = 6
"""Month in which the expansion, announced before without detail, is decided."""
EXPANDING_SERVICE: Final[dict[str, Any]] = {
    **LED,
    "signal": "expansion_without_detail",
    "reserve_posts": POSTS_PROMISED,
    "upper_money": 1.0,
    "plan": 0.9,
}
EXPANDING_VALUES: Final[dict[str, float]] = {
    **NOTHING_RAISED,
    # often enough to be counted; each post takes a fifth of the money, so that the next is opened later
    "chance_expands": 0.3,
    "money_post": 0.2,
    # the plan, which nobody keeps up, is forgotten within a few years
    "rate_upkeep_decay": 0.02,
    "chance_added_trained": 0.1,
    # nobody is trained otherwise
    "chance_successor_passive": 0.0,
    "chance_informal_training": 0.0,
}
EXPANDING_OFF: Final = ("turnover", "leader_turnover", "institutionalisation")
EXPANDING_EVENTS: Final = ({"month": DECIDED, "kind": "signal_changes", "signal": "committed"},)


def expanding_region(p: dict[str, float], service: dict[str, Any], months: int) -> dict[str, np.ndarray]:
    """Services that open promised posts one by one, as far as plan and money go, and train who takes them.

    Returns
    -------
    dict of str to numpy.ndarray
        Shape (months,) each: posts of a service that were opened (``added_posts``) and whose holder was trained
        (``added_trained``), mean over services.
    """
    opened = np.zeros(POSTS_PROMISED + 1)
    opened[0] = 1.0
    number = np.arange(POSTS_PROMISED + 1)
    money = np.maximum(0.0, service["upper_money"] - p["money_post"] * number)
    plan, untrained, trained = service["plan"], 0.0, 0.0
    out: dict[str, list[float]] = {name: [] for name in ("added_posts", "added_trained")}
    for month in range(months):
        if month >= DECIDED:
            more = opened * p["chance_expands"] * plan * money
            more[-1] = 0.0
            opened = opened - more
            opened[1:] += more[:-1]
            untrained += float(more.sum())
        plan *= 1 - p["rate_upkeep_decay"]
        out["added_posts"].append(float(number @ opened))
        out["added_trained"].append(trained)
        # who took a post this month may be trained at its end already
        learn = p["chance_added_trained"] * untrained
        untrained, trained = untrained - learn, trained + learn
    return {name: np.array(values) for name, values in out.items()}
