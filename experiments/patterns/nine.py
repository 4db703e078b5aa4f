"""Instruments for the nine services at month 12: what visits, interviews and registers of the first year would have shown.

The cohort ends at month 12, so what the engine keeps of practitioners after the last month is what an interview then finds.
Every instrument takes ``Seen`` and gives one value a replicate, shape (n,).
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from experiments.patterns.seen import Seen
from experiments.patterns.statistics import mean_where, rank_correlation_where, ratio, spread_where
from sim.codes import POST_VACANT

MONTH: Final = 12
EIGHT: Final = "ABCDFGHI"
"""Services with a fidelity score."""

SEVEN: Final = "ABDFGHI"
"""Services in which dilemmas are told of: without C, where they are few, and E, where nobody had a patient."""

UNCLEAR: Final = "AFG"
"""Services that were told of an expansion, or await permission."""

HIGH: Final = 4.0
MONTHS_DILEMMA: Final = 3
"""Months of the first year with a dilemma from which on an interview would hear of it: a quarter."""

MIDDLE: Final = 0.5
HIGH_SHARE: Final = 0.75
_INTEND: Final = ("full_use", "planned_adaptation", "waiting")


def _scores(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Fidelity of the eight at the visit, and who has a score."""
    scores = seen.services("fidelity", MONTH, seen.places(EIGHT))
    return scores, scores > 0


def mean_score(seen: Seen) -> np.ndarray:
    """Mean fidelity of the eight."""
    return mean_where(*_scores(seen))


def spread_of_scores(seen: Seen) -> np.ndarray:
    """Standard deviation of fidelity between the eight."""
    return spread_where(*_scores(seen))


def lowest_score(seen: Seen) -> np.ndarray:
    """Lowest fidelity of the eight."""
    scores, scored = _scores(seen)
    found = np.where(scored, scores, np.inf).min(axis=1)
    return np.where(scored.any(axis=1), found, np.nan)


def highest_score(seen: Seen) -> np.ndarray:
    """Highest fidelity of the eight."""
    scores, scored = _scores(seen)
    return np.where(scored.any(axis=1), scores.max(axis=1), np.nan)


def services_at_4(seen: Seen) -> np.ndarray:
    """Services of the eight with high fidelity."""
    return np.asarray((_scores(seen)[0] >= HIGH).sum(axis=1), np.float64)


def e_no_patients(seen: Seen) -> np.ndarray:
    """1 where E has begun no course."""
    return np.asarray(seen.services("started", MONTH, seen.places("E"))[:, 0] == 0, np.float64)


def _share(seen: Seen, fields: tuple[str, ...], services: str) -> np.ndarray:
    """Share of the trained of some services whose status is one of these."""
    places = seen.places(services)
    found = sum(seen.services(one, MONTH, places).sum(axis=1) for one in fields)
    return ratio(np.asarray(found), seen.services("trained", MONTH, places).sum(axis=1))


def intend_to_continue(seen: Seen) -> np.ndarray:
    """Trained of the eight who intend to go on."""
    return _share(seen, _INTEND, EIGHT)


def have_stopped(seen: Seen) -> np.ndarray:
    """Trained of the eight who have stopped."""
    return _share(seen, ("stopped",), EIGHT)


def continue_in_afg(seen: Seen) -> np.ndarray:
    """Trained of A, F and G who intend to go on."""
    return _share(seen, _INTEND, UNCLEAR)


def waiting_in_afg(seen: Seen) -> np.ndarray:
    """Trained of A, F and G who wait."""
    return _share(seen, ("waiting",), UNCLEAR)


def waiting_afg_minus_c(seen: Seen) -> np.ndarray:
    """Share waiting in A, F and G minus that in C."""
    return waiting_in_afg(seen) - _share(seen, ("waiting",), "C")


def _asked(seen: Seen, posts: np.ndarray) -> np.ndarray:
    """Trained volunteers who are there at the interview; who left at the end of that very month still was."""
    there = (seen.ends("status", posts) != POST_VACANT) | (seen.ends("leaving", posts) == 1)
    return there & (seen.ends("volunteer", posts) == 1)


def services_with_autonomy(seen: Seen) -> np.ndarray:
    """Services, of nine, whose mean perceived autonomy lies above the middle."""
    high = []
    for place in seen.places("ABCDEFGHI"):
        posts = seen.posts_of(np.array([place]))
        high.append(mean_where(seen.ends("autonomy", posts), _asked(seen, posts)) >= MIDDLE)
    return np.asarray(np.sum(high, axis=0), np.float64)


def _dilemmas(seen: Seen, services: str) -> tuple[np.ndarray, np.ndarray]:
    """Who reports dilemmas, and who is asked."""
    posts = seen.posts_of(seen.places(services))
    return seen.ends("dilemma_months", posts) >= MONTHS_DILEMMA, _asked(seen, posts)


def report_dilemmas(seen: Seen) -> np.ndarray:
    """Asked practitioners of the seven who report dilemmas."""
    return mean_where(*_dilemmas(seen, SEVEN))


def report_dilemmas_in_c(seen: Seen) -> np.ndarray:
    """Asked practitioners of C who report dilemmas."""
    return mean_where(*_dilemmas(seen, "C"))


def services_with_dilemmas(seen: Seen) -> np.ndarray:
    """Services, of the seven, in which somebody reports dilemmas."""
    found = []
    for one in SEVEN:
        reports, asked = _dilemmas(seen, one)
        found.append((reports & asked).any(axis=1))
    return np.asarray(np.sum(found, axis=0), np.float64)


def _difficult(seen: Seen, services: str) -> np.ndarray:
    """Share of those asked who have seen patients and believe in less than what makes a course worthwhile to them."""
    posts = seen.posts_of(seen.places(services))
    little = seen.ends("belief", posts) < seen.parameter("gain_threshold")
    return mean_where(little & (seen.ends("seen_patients", posts) > 0), _asked(seen, posts))


def reception_difficult(seen: Seen) -> np.ndarray:
    """Difficulty with reception in all nine."""
    return _difficult(seen, "ABCDEFGHI")


def reception_difficult_in_c(seen: Seen) -> np.ndarray:
    """Difficulty with reception in C."""
    return _difficult(seen, "C")


def patients_per_practitioner(seen: Seen) -> np.ndarray:
    """Courses begun in the first year, for each post."""
    return ratio(seen.services("started", MONTH).sum(axis=1), np.array(int(seen.plan.services["posts"].sum())))


def fidelity_with_engagement(seen: Seen) -> np.ndarray:
    """Rank correlation of fidelity with the leader's actual engagement over the eight."""
    scores, scored = _scores(seen)
    return rank_correlation_where(scores, seen.services("engagement", MONTH, seen.places(EIGHT)), scored)


def c_on_top(seen: Seen) -> np.ndarray:
    """1 where C has the highest score, alone."""
    scores, _ = _scores(seen)
    others = np.delete(scores, EIGHT.index("C"), axis=1)
    return np.asarray(scores[:, EIGHT.index("C")] > others.max(axis=1), np.float64)


def lost_in_first_year(seen: Seen) -> np.ndarray:
    """People who left within twelve months: those counted at the last observation, and those of that month's end."""
    return seen.services("leavers", MONTH).sum(axis=1) + seen.ends("leaving").sum(axis=1)


def services_using_monitoring(seen: Seen) -> np.ndarray:
    """Services in which outcome figures are used for judging by half or more."""
    return np.asarray((seen.services("monitoring_use", MONTH) >= MIDDLE).sum(axis=1), np.float64)


def quality_improvement(seen: Seen) -> np.ndarray:
    """Services high on organisational quality improvement.

    The mean of three things that a rater would look for: regular strategic review, outcome figures used for judging, fidelity
    figures used (dose times belief); high is 4 on a scale from 1 to 5, a mean share of three quarters.
    """
    fidelity = seen.services("fidelity_monitoring", MONTH) * seen.services("monitoring_belief", MONTH)
    level = (seen.services("review", MONTH) + seen.services("monitoring_use", MONTH) + fidelity) / 3.0
    return np.asarray((level >= HIGH_SHARE).sum(axis=1), np.float64)


INSTRUMENTS: Final[dict[str, Callable[[Seen], np.ndarray]]] = {
    one.__name__: one
    for one in (
        mean_score,
        spread_of_scores,
        lowest_score,
        highest_score,
        services_at_4,
        e_no_patients,
        intend_to_continue,
        have_stopped,
        services_with_autonomy,
        report_dilemmas,
        services_with_dilemmas,
        report_dilemmas_in_c,
        reception_difficult,
        reception_difficult_in_c,
        patients_per_practitioner,
        fidelity_with_engagement,
        c_on_top,
        waiting_in_afg,
        continue_in_afg,
        waiting_afg_minus_c,
        lost_in_first_year,
        services_using_monitoring,
        quality_improvement,
    )
}
