"""Variances of effects of a stepped wedge by the formulas of the field, beside which those of the analyses are held.

Sources: Hussey and Hughes 2007; Kenny and others 2022 (effects by exposure).
"""

import math

import numpy as np


def wedge_variance(within: float, between: float, crossings: list[int], periods: int) -> float:
    """Variance of an immediate effect of a stepped wedge, with cluster-period means as observations.

    Parameters
    ----------
    within : float
        Variance of the mean of a cluster in a period, given the cluster.
    between : float
        Variance between clusters.
    crossings : list of int
        For each cluster the first period, from 0, in which it is exposed.
    periods : int

    Examples
    --------
    >>> round(wedge_variance(1.0, 0.5, [1, 2, 3], 4), 4)
    1.0
    """
    exposed = [[1 if period >= crossing else 0 for period in range(periods)] for crossing in crossings]
    clusters = len(crossings)
    total = sum(map(sum, exposed))
    by_period = sum(sum(row[period] for row in exposed) ** 2 for period in range(periods))
    by_cluster = sum(sum(row) ** 2 for row in exposed)
    upper = clusters * within * (within + periods * between)
    apart = total**2 + clusters * periods * total - periods * by_period - clusters * by_cluster
    lower = (clusters * total - by_period) * within + apart * between
    return upper / lower


def wedge_exposure_variance(
    within: float, between: float, crossings: list[int], periods: int, *, longest: int | None = None
) -> float:
    """Variance of the effect of a stepped wedge averaged over periods of exposure, each with an effect of its own.

    Parameters
    ----------
    within, between, crossings, periods
        As :func:`wedge_variance` takes them.
    longest : int, optional
        Periods of exposure that are averaged over; all unless given.

    Returns
    -------
    float
        Infinite where some effect of exposure cannot be told from the periods.

    Examples
    --------
    >>> wedge_exposure_variance(1.0, 0.5, [1, 2, 3], 4) > wedge_variance(1.0, 0.5, [1, 2, 3], 4)
    True
    """
    exposure = np.maximum(np.arange(periods) - np.array(crossings)[:, None] + 1, 0)
    most = int(exposure.max())
    effects = (exposure[..., None] == np.arange(1, most + 1)).astype(float)
    design = np.concatenate([np.broadcast_to(np.eye(periods), (len(crossings), periods, periods)), effects], axis=2)
    inverse = np.linalg.inv(within * np.eye(periods) + between)
    information = np.einsum("cpi,pq,cqj->ij", design, inverse, design)
    if np.linalg.matrix_rank(information) < len(information):
        return math.inf
    counted = min(longest or most, most)
    contrast = np.concatenate([np.zeros(periods), np.where(np.arange(most) < counted, 1.0 / counted, 0.0)])
    return float(contrast @ np.linalg.solve(information, contrast))
