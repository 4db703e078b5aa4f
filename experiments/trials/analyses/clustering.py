"""How alike members of a cluster are, and a cluster is to itself later: intracluster correlation and cluster autocorrelation."""

import numpy as np

from experiments.trials.analyses.estimates import of_clusters


def intracluster(members: np.ndarray, *, group: np.ndarray | None = None) -> np.ndarray:
    """Intracluster correlation by analysis of variance, within groups (Donner and Koval 1980); f8, shape (trials,).

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, members); NaN where there is none.
    group : numpy.ndarray, optional
        int, shape (trials, clusters): arms, whose means are taken out.

    Returns
    -------
    numpy.ndarray
        NaN where fewer than two clusters, or no cluster of two members, are there. It may be below 0.
    """
    count, mean, squares = of_clusters(members, ~np.isnan(members))
    within = squares.sum(axis=(1, 2))
    groups = np.zeros(count.shape, np.int64) if group is None else group
    between, spent, squared = np.zeros(len(count)), np.zeros(len(count)), np.zeros(len(count))
    for one in range(int(groups.max(initial=0)) + 1):
        weight = np.where(groups == one, count, 0.0)
        total = weight.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = (weight * mean).sum(axis=1) / total
            squared += np.nan_to_num((weight**2).sum(axis=1) / total)
        between += np.nansum(weight * (mean - middle[:, None]) ** 2, axis=1)
        spent += total > 0
    clusters, every = (count > 0).sum(axis=1), count.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (every - squared) / (clusters - spent)
        among, inside = between / (clusters - spent), within / (every - clusters)
        found = (among - inside) / (among + (size - 1.0) * inside)
    return np.where((clusters > spent) & (every > clusters), found, np.nan)


def autocorrelation(early: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Correlation of the values of clusters at two looks, over clusters; f8, shape (trials,).

    Of true values it is the cluster autocorrelation; of values that are seen it is less, by what is measured with error.

    Parameters
    ----------
    early, late : numpy.ndarray
        f8, shape (trials, clusters); pairs with a NaN are left out.
    """
    there = ~(np.isnan(early) | np.isnan(late))
    count = there.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (
            np.where(there, values - (np.where(there, values, 0.0).sum(axis=1) / count)[:, None], 0.0) for values in (early, late)
        )
        found = (one * two).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    return np.where(count > 2, found, np.nan)
