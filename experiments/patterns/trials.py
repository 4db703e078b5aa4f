"""Instruments for emulated cohorts of sites, clinics and practitioners: what those studies would have measured."""

from collections.abc import Callable
from typing import Final

import numpy as np

from experiments.patterns.seen import Seen
from experiments.patterns.statistics import clustering, correlation_where, difference, mean_where, ratio, spread_where
from sim.codes import POST_VACANT
from sim.plan import LEADER_EVENT_BECOMES
from sim.rules import climate

HIGH: Final = 4.0
FLOOR: Final = 1.0
"""Score of a site where nothing is in place: the lowest of the scale."""

# ------------------------------------------------------------------------------------------------------- supported sites


def rise_to_12(seen: Seen) -> np.ndarray:
    """Mean fidelity at month 12, nothing in place counting as the lowest score, above that score."""
    scores = seen.services("fidelity", 12)
    return np.asarray(np.where(scores > 0, scores, FLOOR).mean(axis=1) - FLOOR)


def change_12_to_24(seen: Seen) -> np.ndarray:
    """Mean change of fidelity over sites that are scored at both."""
    early, late = seen.services("fidelity", 12), seen.services("fidelity", 24)
    return mean_where(late - early, (early > 0) & (late > 0))


def high_at_24(seen: Seen) -> np.ndarray:
    """Share of sites with high fidelity at month 24."""
    return np.asarray((seen.services("fidelity", 24) >= HIGH).mean(axis=1))


# ----------------------------------------------------------------------------------------------------------------- skills


def _boosted(seen: Seen) -> np.ndarray:
    """Services with booster supervision after month 12; bool."""
    return np.asarray(seen.plan.calendars["supervision"][seen.plan.services["calendar"], 12] > 0)


def _lost(seen: Seen, services: np.ndarray) -> np.ndarray:
    """Share of the gain up to month 12 that is lost by month 18; nobody leaves in this cohort."""
    trained, later = (seen.services("competence", month, services).mean(axis=1) for month in (12, 18))
    start = seen.ends("competence_start", seen.posts_of(services)).mean(axis=1)
    return ratio(trained - later, trained - start)


def gain_lost_alone(seen: Seen) -> np.ndarray:
    """Share of the training gain lost in six months without supervision."""
    return _lost(seen, np.flatnonzero(~_boosted(seen)))


def gain_lost_boosted(seen: Seen) -> np.ndarray:
    """Share of the training gain lost in six months with boosters."""
    return _lost(seen, np.flatnonzero(_boosted(seen)))


# -------------------------------------------------------------------------------------------------------------- workforce


def months_of_use(seen: Seen) -> np.ndarray:
    """Mean months from a person's first to last session, both included, over all who gave one; as claims would show."""
    if seen.traces is None:
        raise ValueError("months of use need a trace")
    person = seen.traces.practitioners["person"]
    gave = seen.traces.practitioners["sessions"] > 0
    # when the holder leaves, the post is vacant and gives nothing, so sessions belong to the person of the record
    months = np.arange(gave.shape[1])[None, :, None]
    total, people = np.zeros(len(gave)), np.zeros(len(gave))
    for one in range(int(person.max()) + 1):
        mine = gave & (person == one)
        first = np.where(mine, months, gave.shape[1]).min(axis=1)
        last = np.where(mine, months, -1).max(axis=1)
        used = mine.any(axis=1)
        total += np.where(used, last - first + 1, 0).sum(axis=1)
        people += used.sum(axis=1)
    return ratio(total, people)


def _rate(seen: Seen, first: int, last: int) -> np.ndarray:
    """Monthly rate of leaving between two months: leavers over occupied posts."""
    held = [int(seen.plan.services["posts"].sum()) - seen.services("vacant", month).sum(axis=1) for month in range(first, last)]
    left = [seen.services("leavers", month).sum(axis=1) for month in (first, last)]
    return ratio(left[1] - left[0], np.sum(held, axis=0))


def left_in_33(seen: Seen) -> np.ndarray:
    """Share who leave within 33 months at the rate of months 12 to 45."""
    return np.asarray(1.0 - (1.0 - _rate(seen, 12, 45)) ** 33)


def gone_first_year(seen: Seen) -> np.ndarray:
    """Share of the trained who leave within twelve months; a row counts who left before its month."""
    return ratio(seen.services("leavers", 13).sum(axis=1), np.array(int(seen.plan.services["posts"].sum())))


# ---------------------------------------------------------------------------------------------------- leadership programme


def _treated(seen: Seen) -> np.ndarray:
    """Services whose leader takes part in the programme; bool."""
    return np.asarray(seen.plan.calendars["event_leader"][seen.plan.services["calendar"], 0] == LEADER_EVENT_BECOMES)


def _of_posts(seen: Seen, of_services: np.ndarray) -> np.ndarray:
    """What is true of a service, for each of its posts (last axis)."""
    return np.repeat(of_services, seen.plan.services["posts"], axis=-1)


def _present(seen: Seen) -> np.ndarray:
    """Posts held at the last observation."""
    return np.asarray((seen.ends("status") != POST_VACANT) | (seen.ends("leaving") == 1))


def climate_perceived(seen: Seen) -> np.ndarray:
    """Implementation climate as each practitioner perceives it at the last month: scale 0-4, shape (n, posts).

    Expectation and support are the person's own. Recognition is the service's and follows from the climate on record, in
    which the other two stand as means over the posts that are held; each sees it through the slant with which the leader is seen.
    """
    there = _present(seen)
    expected, supported = seen.ends("expectation"), seen.ends("autonomy_support")
    recorded = seen.services("climate", seen.plan.months)
    held = np.add.reduceat(there, seen.firsts(), axis=1, dtype=np.float64)
    means = np.add.reduceat(np.where(there, expected + supported, 0.0), seen.firsts(), axis=1) / np.maximum(held, 1.0)
    recognised = np.clip(recorded * 3.0 / 4.0 - means, 0.0, 1.0)
    own = np.clip(_of_posts(seen, recognised) + seen.ends("leader_view"), 0.0, 1.0)
    return climate(expected, supported, own)  # type: ignore[arg-type, return-value]  # of arrays


def effect_on_leadership(seen: Seen) -> np.ndarray:
    """Difference of the arms in perceived engagement, in standard deviations."""
    return difference(seen.ends("perceived_engagement"), _present(seen), _of_posts(seen, _treated(seen)))


def effect_on_climate(seen: Seen) -> np.ndarray:
    """Difference of the arms in perceived climate, in standard deviations."""
    return difference(climate_perceived(seen), _present(seen), _of_posts(seen, _treated(seen)))


def climate_per_leadership(seen: Seen) -> np.ndarray:
    """Effect on climate relative to that on leadership."""
    return ratio(effect_on_climate(seen), effect_on_leadership(seen))


def effect_on_fidelity(seen: Seen) -> np.ndarray:
    """Difference of the arms in fidelity as a share of its scale, 0 for a post that does not deliver."""
    given = np.where(seen.ends("delivers") == 1, (seen.ends("fidelity") - FLOOR) / 4.0, 0.0)
    treated, every = _of_posts(seen, _treated(seen)), np.ones(given.shape, bool)
    return mean_where(given, every & treated) - mean_where(given, every & ~treated)


def clustering_of_fidelity(seen: Seen) -> np.ndarray:
    """Clustering of the fidelity of posts that deliver."""
    return clustering(seen.ends("fidelity"), seen.ends("delivers") == 1, seen.firsts(), _treated(seen))


def clustering_of_climate(seen: Seen) -> np.ndarray:
    """Clustering of perceived climate."""
    return clustering(climate_perceived(seen), _present(seen), seen.firsts(), _treated(seen))


# ---------------------------------------------------------------------------------------------------------------- climate

CLIMATE_MONTHS: Final = (12, 36)


def _climates(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    early, late = (seen.services("climate", month) for month in CLIMATE_MONTHS)
    return early, late


def climate_mean(seen: Seen) -> np.ndarray:
    """Mean climate of the clinics."""
    return np.asarray(_climates(seen)[0].mean(axis=1))


def climate_spread(seen: Seen) -> np.ndarray:
    """Standard deviation of climate between the clinics."""
    early, _ = _climates(seen)
    return spread_where(early, np.ones(early.shape, bool))


def climate_drift(seen: Seen) -> np.ndarray:
    """Change of mean climate over two years."""
    early, late = _climates(seen)
    return np.asarray((late - early).mean(axis=1))


def climate_stability(seen: Seen) -> np.ndarray:
    """Correlation of climate with itself two years later."""
    early, late = _climates(seen)
    return correlation_where(early, late, np.ones(early.shape, bool))


INSTRUMENTS: Final[dict[str, Callable[[Seen], np.ndarray]]] = {
    one.__name__: one
    for one in (
        rise_to_12,
        change_12_to_24,
        high_at_24,
        gain_lost_alone,
        gain_lost_boosted,
        months_of_use,
        left_in_33,
        gone_first_year,
        effect_on_leadership,
        effect_on_climate,
        climate_per_leadership,
        effect_on_fidelity,
        clustering_of_fidelity,
        clustering_of_climate,
        climate_mean,
        climate_spread,
        climate_drift,
        climate_stability,
    )
}
