"""Difference-equation twins of a region, written from the ODD: no function of the engines is called here.

A twin carries what an average over endlessly many services would show. It is exact in that limit only where nothing but
averages enters: see the regimes below.
"""

from typing import Any, Final

import numpy as np

FULL, PARTIAL, WAITING, STOPPED, VACANT, UNTRAINED = range(6)
"""Places in the twins' vectors of shares."""


def _near(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(value, low), high)


# --- a region that learns from its common register

REGISTER_SERVICE: Final[dict[str, Any]] = {
    "pool": 100_000,
    "share_demanding": 0.0,
    "clarity": 0.9,
    "plan": 0.0,
    "outcome_monitoring": 1.0,
    "monitoring_belief": 0.3,
    "pooling": "region",
    "autonomy_support_shift": 0.3,
    "expectation_at_start": 0.5,
    "evaluation_fatigue": 0.6,
}
REGISTER_VALUES: Final[dict[str, float]] = {
    # nothing beside reception, signals, autonomy and fatigue of evaluations enters commitment and decisions
    "factor_course_end": 1.0,
    "weight_validation": 0.0,
    "weight_comprehensive": 0.0,
    # whom one treats tells nothing, a course goes its way, four sessions a month are given
    "slope_functioning": 0.0,
    "slope_fidelity": 0.0,
    "gain_partial": 1.0,
    "chance_relapse": 0.0,
    "sessions_month": 4.0,
    "share_absence": 0.0,
    "sessions_course": 48.0,
    "attendance_low": 0.7,
    "chance_dropout": 0.005,
    "odds_dropout_feedback": 1.19,
    # a course in parts is looked at for nearly as long as any other: how long people attend it is not in the equations
    "share_modules_partial": 0.9,
    # scores stay far from the ends of the scale, 1 and 5, where gains would be cut off
    "recovery_mean": 3.1,
    "recovery_spread": 0.2,
    "chance_accepts": 0.65,
    # a register that is large outweighs what was believed before, a single early dropout does not
    "belief_drift": 0.1,
    "belief_spread": 0.05,
    "gain_spread": 0.2,
    "noise_seen": 0.1,
    # as many looks as there can be from the first months on: courses begin at once, few withdraw
    "chance_course_start": 1.0,
    "chance_withdraws": 0.01,
    # strong coupling: what is learned is far from the prior, first above and then below it, and moves commitment and decisions;
    # the threshold lies amid, so that the pull of belief stays within its limits
    "rate_monitoring_belief": 0.02,
    "gain_course": 0.32,
    "ratio_rosy": 2.0,
    "belief_mean": 0.46,
    "gain_threshold": 0.32,
    "gain_scale": 0.3,
    "slope_reception": 2.0,
    "weight_progress": 0.3,
    # commitment stays between its limits, and differences in it that luck brings stay small against what a hazard is curved by:
    # the mean of a hazard is that of the mean commitment only up to the square of slope x difference
    "commitment_mean": 0.8,
    "rate_commitment": 0.12,
    "slope_commitment": 2.0,
    # autonomy support as one perceives it is .75: above what is expected, so that nobody feels controlled
    "autonomy_mean": 0.9,
    "autonomy_support_vacant": 0.45,
    "share_autonomy_lost": 0.4,
    "weight_autonomy_support": 0.4,
    "weight_reactance": 0.5,
    "rate_perception": 0.2,
    # fatigue of evaluations begins above what it settles at, and its pull is felt
    "weight_evaluation_fatigue": 0.2,
    "rate_evaluation_fatigue": 0.05,
    "weight_fatigue": 0.2,
    # uncertainty moves, from .4 to .7, and is never cut off at 0 or 1; the signal does not count as resolved
    "uncertainty_left": 0.55,
    "uncertainty_committed": 0.2,
    "weight_signal": 1.0,
    "weight_clarity": 0.4,
    "weight_expectation_clears": 0.4,
    "rate_uncertainty": 0.4,
    "rate_upkeep_decay": 0.1,
    "weight_hesitation": 0.3,
    # decisions often enough to be counted, and ways back, so that every status is in use
    "chance_stops": 0.012,
    "chance_cuts": 0.03,
    "chance_waits": 0.12,
    "chance_restarts": 0.08,
    "chance_restores": 0.2,
    "chance_resumes": 0.06,
    "weight_commitment_resumes": 0.4,
    "chance_gives_up": 0.04,
    "share_gives_up_stops": 0.4,
}
REGISTER_OFF: Final = (
    "turnover",
    "leader_turnover",
    "adaptation",
    "selective_recruiting",
    "peer_influence",
    "institutionalisation",
    "over_weighting",
)
STATED: Final = 0.5
"""Expectation that a policy states."""
PROMOTED: Final = 0.9
"""Belief in monitoring that a policy works towards."""
REGISTER_POLICIES: Final = (
    {"lever": "expectation", "dose": STATED},
    {"lever": "monitoring_belief", "dose": PROMOTED},
)


def looked_at(p: dict[str, float], use: float) -> float:
    """Mean attendance in the looks at patients: those who attend more stay longer, so are looked at more often.

    A patient who comes attends a share e of the sessions, uniform from ``attendance_low`` to 1, leaves each month with chance
    2 d (1 - e), lowered by figures that are used, and is looked at in months 3, 6, 9, 12 and on leaving.
    """
    e = np.linspace(p["attendance_low"], 1.0, 2001)
    leaving = p["chance_dropout"] * 2 * (1 - e) * (1 - use * (1 - 1 / p["odds_dropout_feedback"]))
    staying, looks = np.ones_like(e), np.zeros_like(e)
    for month in range(1, round(p["sessions_course"] / p["sessions_month"]) + 1):
        looks += staying if month % 3 == 0 else staying * leaving
        staying = staying * (1 - leaving)
    return float(np.average(e, weights=looks))


def register_region(p: dict[str, float], service: dict[str, Any], months: int, *, learning: bool = True) -> dict[str, np.ndarray]:
    """Region in which believed figures are pooled over all: in the limit everybody believes what the register said last month.

    Parameters
    ----------
    p : dict
        Parameter values.
    service : dict
        Start of the services, as REGISTER_SERVICE.
    months : int
    learning : bool
        False leaves the belief at its prior: a mechanism missing, for controls.

    Returns
    -------
    dict of str to numpy.ndarray
        Shape (months,) each: shares of posts by status, and means of what practitioners are like.
    """
    shares = np.array([1.0, 0.0, 0.0, 0.0])
    clarity, believed = service["clarity"], service["monitoring_belief"]
    support = p["autonomy_support_vacant"] + service["autonomy_support_shift"]
    given = support
    x, autonomy, c = service["expectation_at_start"], p["autonomy_mean"], p["commitment_mean"]
    signal = p["uncertainty_left"]
    u = _near(p["weight_signal"] * signal + p["weight_clarity"] * (1 - clarity) - p["weight_expectation_clears"] * x)
    fatigue, m = service["evaluation_fatigue"], p["belief_mean"]
    reported = m
    out: dict[str, list[float]] = {}
    for _ in range(months):
        clarity *= 1 - p["rate_upkeep_decay"]
        believed += p["rate_monitoring_belief"] * (PROMOTED - believed)
        support += p["rate_perception"] * (given - support)
        x += p["rate_perception"] * (STATED - x)
        own = p["autonomy_mean"] * (1 - p["share_autonomy_lost"] * max(0.0, x - support))
        autonomy += p["rate_perception"] * (own - autonomy)
        h = p["weight_hesitation"] * min(1.0, u) * (1 - support)
        if learning:
            m = reported
        # true progress of those who are looked at, and what is seen beyond it: the same for every look at anybody
        beyond = (p["ratio_rosy"] - 1) * (1 - believed) * (1 + p["attendance_low"]) / 2
        reported = p["gain_course"] * (looked_at(p, believed) + beyond)
        target = p["weight_signal"] * signal + p["weight_clarity"] * (1 - clarity) - p["weight_expectation_clears"] * x
        u += p["rate_uncertainty"] * (_near(target) - u)
        tired = _near(p["weight_evaluation_fatigue"] * (1 - believed))
        fatigue += p["rate_evaluation_fatigue"] * (tired - fatigue)
        pull = _near((m - p["gain_threshold"]) / p["gain_scale"], -2.0, 2.0)
        push = p["weight_autonomy_support"] * autonomy * (support - 0.5) - p["weight_reactance"] * max(0.0, x - support)
        target = p["commitment_mean"] + p["weight_progress"] * pull + push - p["weight_fatigue"] * fatigue
        c += p["rate_commitment"] * (_near(target) - c)

        little = np.exp(-p["slope_commitment"] * (c - 0.5))
        seen = np.exp(-p["slope_reception"] * pull)
        stops = min(0.95, p["chance_stops"] * seen * little)
        waits = min(0.95, p["chance_waits"] * u * (1 - x) * (1 + h))
        cuts = min(0.95, p["chance_cuts"] * seen * little)
        restores = p["chance_restores"] * x * c
        resumes = p["chance_resumes"] * (x + p["weight_commitment_resumes"] * c)
        gives_up = p["chance_gives_up"] * little
        restarts = p["chance_restarts"] * x / little
        goes_on = (1 - stops) * (1 - waits)
        step = np.zeros((4, 4))
        step[FULL] = [goes_on * (1 - cuts), goes_on * cuts, (1 - stops) * waits, stops]
        step[PARTIAL] = [goes_on * restores, goes_on * (1 - restores), (1 - stops) * waits, stops]
        halves = p["share_gives_up_stops"]
        left = (1 - resumes) * gives_up
        step[WAITING] = [resumes, left * (1 - halves), 1 - resumes - left, left * halves]
        step[STOPPED] = [restarts, 0.0, 0.0, 1 - restarts]
        shares = shares @ step
        now = {
            "full_use": shares[FULL],
            "partial_use": shares[PARTIAL],
            "waiting": shares[WAITING],
            "stopped": shares[STOPPED],
            "belief": m,
            "commitment": c,
            "uncertainty": u,
            "expectation": x,
            "autonomy_support": support,
        }
        for name, value in now.items():
            out.setdefault(name, []).append(float(value))
    return {name: np.array(values) for name, values in out.items()}


# --- a region in which people leave and are followed

TURNOVER_SERVICE: Final[dict[str, Any]] = {"expectation_at_start": STATED}
TURNOVER_VALUES: Final[dict[str, float]] = {
    # commitment stays at its trait, so every hazard is a constant
    "weight_progress": 0.0,
    "weight_autonomy_support": 0.0,
    "weight_fatigue": 0.0,
    "weight_comprehensive": 0.0,
    "weight_validation": 0.0,
    "factor_course_end": 1.0,
    "commitment_mean": 0.8,
    "slope_commitment": 2.0,
    "chance_informal_training": 0.0,
    # skill rests on linear equations: the floor is the start, the ceiling is never cut off
    "share_skill_kept": 0.0,
    "competence_start_mean": 0.42,
    "competence_ceiling_mean": 0.76,
    "competence_ceiling_spread": 0.02,
    "competence_service_spread": 0.05,
    # learned fast enough and lost slowly enough to be seen within the five years
    "rate_learning": 0.3,
    "months_half_life": 8.3,
    "share_formal_training": 0.7,
    # often enough to be counted
    "uncertainty_committed": 0.3,
    "chance_leaves": 0.0293,
    "factor_first_year": 0.3,
    "chance_post_filled": 0.1,
    "chance_stops": 0.012,
    "chance_cuts": 0.03,
    "chance_waits": 0.12,
    "chance_restores": 0.2,
    "chance_resumes": 0.06,
    "weight_commitment_resumes": 0.4,
    "chance_resolved_resumes": 0.4,
    "chance_gives_up": 0.04,
    "share_gives_up_stops": 0.4,
}
TURNOVER_OFF: Final = (
    "leader_turnover",
    "adaptation",
    "mixed_signals",
    "exhaustion",
    "hesitation",
    "reception",
    "reactance",
    "frustration",
    "peer_influence",
    "institutionalisation",
)
TRAINED: Final = 0.05
"""Chance a month that a policy has an untrained successor trained."""
SUPERVISED: Final = 24
"""Months of full supervision."""
TURNOVER_POLICIES: Final = (
    {"lever": "expectation", "dose": STATED},
    {"lever": "successor_training", "dose": TRAINED},
    {"lever": "supervision", "dose": 8.0, "end": SUPERVISED},
)


def decisions_alone(p: dict[str, float]) -> np.ndarray:
    """Chances a month to go from one status to another with constant hazards, no patients, nobody to restart; shape (4, 4)."""
    little = np.exp(-p["slope_commitment"] * (p["commitment_mean"] - 0.5))
    stops, cuts, gives_up = (p[f"chance_{name}"] * little for name in ("stops", "cuts", "gives_up"))
    waits = p["chance_waits"] * p["uncertainty_committed"] * (1 - STATED)
    restores = p["chance_restores"] * STATED * p["commitment_mean"]
    own = STATED + p["weight_commitment_resumes"] * p["commitment_mean"]
    resumes = p["chance_resumes"] * own + p["chance_resolved_resumes"]
    goes_on = (1 - stops) * (1 - waits)
    halves = p["share_gives_up_stops"]
    left = (1 - resumes) * gives_up
    step = np.zeros((4, 4))
    step[FULL] = [goes_on * (1 - cuts), goes_on * cuts, (1 - stops) * waits, stops]
    step[PARTIAL] = [goes_on * restores, goes_on * (1 - restores), (1 - stops) * waits, stops]
    step[WAITING] = [resumes, left * (1 - halves), 1 - resumes - left, left * halves]
    step[STOPPED, STOPPED] = 1.0
    return step


def turnover_region(p: dict[str, float], months: int) -> dict[str, np.ndarray]:
    """Region in which posts change hands and skill with them; exact expectations for any number of posts.

    Returns
    -------
    dict of str to numpy.ndarray
        Shape (months,) each: shares of posts by status, and ``competence``, the mean over all posts of the skill of the
        trained (none: 0).
    """
    step = decisions_alone(p)
    # volunteers and trained successors: shares by status, and skill times share
    people = np.zeros((2, 4))
    people[0, FULL] = 1.0
    skill = people * p["competence_start_mean"]
    vacant = untrained = 0.0
    start, ceiling = p["competence_start_mean"], p["competence_ceiling_mean"]
    decay = np.log(2) / p["months_half_life"]
    names = ("full_use", "partial_use", "waiting", "stopped")
    out: dict[str, list[float]] = {name: [] for name in (*names, "vacant", "untrained", "competence")}
    for month in range(months):
        filled = p["chance_post_filled"] * vacant
        vacant, untrained = vacant - filled, untrained + filled
        falls = -decay * (skill - start * people)
        rises = p["rate_learning"] * (ceiling * people - skill)
        learns = np.broadcast_to(np.arange(4) != STOPPED, (2, 4)) & (month < SUPERVISED)
        skill = skill + np.where(learns, rises, falls)
        people, skill = people @ step, skill @ step
        for place, name in enumerate(names):
            out[name].append(float(people[:, place].sum()))
        out["vacant"].append(vacant)
        out["untrained"].append(untrained)
        out["competence"].append(float(skill.sum()))
        hazard = p["chance_leaves"] * np.array([[p["factor_first_year"] if month < 12 else 1.0], [1.0]])
        vacant += float((hazard * people).sum()) + p["chance_leaves"] * untrained
        untrained *= 1 - p["chance_leaves"]
        people, skill = people * (1 - hazard), skill * (1 - hazard)
        new = TRAINED * untrained
        untrained -= new
        people[1, FULL] += new
        skill[1, FULL] += new * (start + p["share_formal_training"] * (ceiling - start))
    return {name: np.array(values) for name, values in out.items()}
