"""From what is seen of trials to estimates: which analysis of the field each word of a study file is."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from experiments.trials.analyses import Estimates, cluster_t, gee, mixed, permutation, wedge
from experiments.trials.designs import Drawn, allocated, random
from experiments.trials.drawing import Trials
from experiments.trials.fitting import PERMUTED as ALLOCATIONS
from experiments.trials.instruments import Seen

AT_A_TIME: Final = 30_000_000
"""Numbers of allocations that are held at once."""

CORRECTIONS: Final = {
    "gee_mancl_derouen": "mancl_derouen",
    "gee_kauermann_carroll": "kauermann_carroll",
    "gee_fay_graubard": "fay_graubard",
    "gee_morel": "morel",
    "gee_uncorrected": "none",
}


def estimates(
    trials: Trials, drawn: Drawn, month: int, analysis: str, *, members: int | None = None, null: bool = False
) -> Estimates:
    """Estimates of trials, analysed in one way.

    Parameters
    ----------
    trials : Trials
    drawn : Drawn
        Of them.
    month : int
        Months after the randomisation; of a stepped wedge the longest exposure.
    analysis : str
        A word of the study file.
    members : int, optional
        Practitioners of a service who are asked at most, in place of what the study file says.
    null : bool
        Nothing is done in any arm.
    """
    file = trials.study.file
    alpha = file.analysis.alpha
    if file.design.kind == "stepped_wedge":
        seen = trials.seen_in_periods(drawn, null=null)
        model = "exposure" if analysis == "exposure_time" else "immediate"
        longest = month // (file.design.step_months or 1)
        return wedge(seen.value, drawn.group + 1, model=model, longest=longest, alpha=alpha)  # type: ignore[arg-type]
    seen = trials.seen(drawn, month, null=null, members=members)
    arm, other = _arms(drawn.group, file.design.kind)
    stratum = drawn.stratum if file.design.kind in ("stratified", "matched") else None
    about: dict[str, Any] = {"alpha": alpha}
    if analysis == "cluster_baseline":
        baseline = trials.seen(drawn, 0, null=null, members=members).value
        return cluster_t(seen.value, arm, stratum=stratum, baseline=baseline, **about)
    if analysis in ("cluster_t", "cluster_t_weighted"):
        weight = _counts(seen) if analysis == "cluster_t_weighted" else None
        return cluster_t(seen.value, arm, stratum=stratum, weight=weight, other=other, **about)
    if analysis == "permutation":
        return _permuted(trials, drawn, seen, arm, other, alpha)
    return _of_members(analysis, trials)(_members(seen), arm, **about)


def _of_members(analysis: str, trials: Trials) -> Callable[..., Estimates]:
    """Analysis of the values of practitioners."""
    if analysis.startswith("mixed_"):
        df = analysis.removeprefix("mixed_")
        return lambda members, arm, alpha: mixed(members, arm, df=df, alpha=alpha)  # type: ignore[arg-type]
    link: Any = "logit" if trials.study.file.estimand.summary == "odds_ratio" else "identity"
    correction: Any = CORRECTIONS.get(analysis, "mancl_derouen")
    if analysis == "independence":
        weighting = trials.study.file.estimand.weighting
        return lambda members, arm, alpha: gee(members, arm, link=link, exchangeable=False, weighting=weighting, alpha=alpha)
    return lambda members, arm, alpha: gee(members, arm, correction=correction, link=link, alpha=alpha)


def _arms(group: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Arm of each service, and its level of the other factor of a factorial design."""
    if kind != "factorial":
        return group, None
    return np.isin(group, (1, 3)).astype(np.int64), np.isin(group, (2, 3)).astype(np.int64)


def _members(seen: Seen) -> np.ndarray:
    """Values of practitioners; a service's own where there are none."""
    return seen.value[..., None] if seen.members is None else seen.members


def _counts(seen: Seen) -> np.ndarray:
    return np.asarray((~np.isnan(_members(seen))).sum(axis=-1), np.float64)


def _permuted(trials: Trials, drawn: Drawn, seen: Seen, arm: np.ndarray, other: np.ndarray | None, alpha: float) -> Estimates:
    """Permutation test by the scheme that allocated: what is tested is dealt anew, all else stays as it is.

    Services of further arms stay where they are, and so does the other factor of a factorial design.
    """
    count, services = arm.shape
    rng = random(trials.study, "permute", services)
    stratum = drawn.stratum
    if other is None and arm.max() <= 1 and trials.study.file.design.kind == "parallel":
        # any order of the services is as good: one list serves all trials
        dealt = allocated(rng, np.zeros((ALLOCATIONS, services), np.int64), 2)
        return permutation(seen.value, arm, dealt == 1, alpha=alpha)
    apart = stratum * 2 + (0 if other is None else other)
    apart = np.where(arm > 1, apart.max() + 1, apart)  # dealt among themselves, and not looked at
    step = max(1, AT_A_TIME // (ALLOCATIONS * services))
    parts = []
    for first in range(0, count, step):
        strata = apart[first : first + step]
        dealt = allocated(rng, np.repeat(strata, ALLOCATIONS, axis=0), 2).reshape(len(strata), ALLOCATIONS, services)
        parts.append(permutation(seen.value[first : first + step], arm[first : first + step], dealt == 1, alpha=alpha))
    names = ("estimate", "error", "df", "lower", "upper", "p", "failed", "at_bound")
    return Estimates(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))
