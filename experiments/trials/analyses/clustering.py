"""How alike members of a cluster are, and a cluster is to itself later: intracluster correlation and cluster autocorrelation."""

from typing import NamedTuple

import numpy as np

from experiments.trials.analyses.gee import summed
from experiments.trials.analyses.mixed import fitted


class CrossSections(NamedTuple):
    """How alike members of clusters are in repeated cross sections.

    Attributes
    ----------
    within : numpy.ndarray
        f8, shape (trials,): correlation of two members of a cluster in the same period; it may be below 0.
    autocorrelation : numpy.ndarray
        f8, shape (trials,): correlation of two members of a cluster in different periods over that within a period, as Hooper and
        others have it (2016); NaN where ``within`` is not above 0.
    """

    within: np.ndarray
    autocorrelation: np.ndarray


def intracluster_restricted(members: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """Intracluster correlation by restricted maximum likelihood, two arms taken out; f8, shape (trials,), never below 0.

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, members); NaN where there is none.
    arm : numpy.ndarray
        int, shape (trials, clusters), 0 and 1.

    Returns
    -------
    numpy.ndarray
        NaN where the model cannot be fitted or no cluster has two members.
    """
    found = summed(members, arm)
    fit = fitted(found)
    known = fit.converged & (found.count.max(axis=1, initial=0.0) > 1)
    return np.where(known, fit.ratio / (1.0 + fit.ratio), np.nan)


def cross_sections(members: np.ndarray, *, group: np.ndarray | None = None) -> CrossSections:
    """Correlations of members of a cluster within a period and between periods, other members being asked in each.

    By moments of the means of clusters: their variance in a period is that of clusters and a part of the members' own, which the
    members tell; their covariance between periods has nothing of the members.

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, periods, members); NaN where there is none.
    group : numpy.ndarray, optional
        int, shape (trials, clusters): arms, whose means of each period are taken out.
    """
    there = ~np.isnan(members)
    count = there.sum(axis=3).astype(float)
    filled = np.where(there, members, 0.0)
    mean = np.divide(filled.sum(axis=3), count, out=np.full(count.shape, np.nan), where=count > 0)
    squares = (np.where(there, members - mean[..., None], 0.0) ** 2).sum(axis=(1, 2, 3))
    groups = np.zeros(count.shape[:2], np.int64) if group is None else group
    periods = range(count.shape[2])
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = squares / (count - (count > 0)).sum(axis=(1, 2))
        each = [_covariance(mean[:, :, one], mean[:, :, one], groups) for one in periods]
        shares = np.nanmean(np.where(count > 0, 1.0 / count, np.nan), axis=1)
        among = np.nanmean(np.stack(each, axis=1) - inside[:, None] * shares, axis=1)
        across = [_covariance(mean[:, :, one], mean[:, :, two], groups) for two in periods for one in range(two)]
        within = among / (among + inside)
        later = np.nanmean(np.stack(across, axis=1), axis=1) / among
    return CrossSections(within, np.where(within > 0, later, np.nan))


def _covariance(early: np.ndarray, late: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Covariance over clusters within groups, of those that have both values; f8, shape (trials,)."""
    there = ~(np.isnan(early) | np.isnan(late))
    total, spent = np.zeros(len(early)), np.zeros(len(early))
    for one in range(int(groups.max(initial=0)) + 1):
        mine = there & (groups == one)
        count = mine.sum(axis=1)
        first, second = (
            np.where(mine, values - (np.where(mine, values, 0.0).sum(axis=1) / count)[:, None], 0.0) for values in (early, late)
        )
        total += (first * second).sum(axis=1)
        spent += count > 0
    return total / (there.sum(axis=1) - spent)


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
    there = ~np.isnan(members)
    count = there.sum(axis=2).astype(float)
    filled = np.where(there, members, 0.0)
    mean = np.divide(filled.sum(axis=2), count, out=np.zeros(count.shape), where=count > 0)
    within = (np.where(there, members - mean[..., None], 0.0) ** 2).sum(axis=(1, 2))
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

    Of true values it is the cluster autocorrelation; of values that are seen it is less, by what is measured with error:
    :func:`cross_sections` takes that out where members are known.

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
