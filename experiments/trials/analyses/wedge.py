"""Stepped wedge: the effect by the time since the crossing, and the immediate-effect model beside it as a warning.

An effect that grows with exposure is averaged by the immediate-effect model with weights of which some are negative: what it
estimates is no average of the effects, and its sign may be another (Kenny and others 2022). Effects by exposure are free here.
"""

from typing import Final, Literal

import numpy as np

from experiments.trials.analyses.clusters import inverses
from experiments.trials.analyses.estimates import FINE, NO_VARIANCE, SINGULAR, TOO_FEW, Estimates, left_nothing, told

_SHARP: Final = 1e-8
"""What is left of a period that a cluster fits by itself: below it no correction can be worked out."""


def wedge(
    value: np.ndarray,
    crossing: np.ndarray,
    *,
    model: Literal["exposure", "immediate"] = "exposure",
    longest: int | None = None,
    only: int | None = None,
    exchangeable: bool = True,
    correlation: float | None = None,
    weight: np.ndarray | None = None,
    alpha: float = 0.05,
) -> Estimates:
    """Effect of crossing over, averaged over periods of exposure; Mancl and DeRouen's errors, t(clusters - 2).

    Parameters
    ----------
    value : numpy.ndarray
        f8, shape (trials, clusters, periods): mean of a cluster in a period; NaN is left out.
    crossing : numpy.ndarray
        int, shape (trials, clusters): first period, from 0, in which a cluster is exposed.
    model : str
        ``exposure``: an effect for each period of exposure; ``immediate``: one effect, whole at once and for good.
    longest : int, optional
        Periods of exposure that are averaged over; all unless given.
    only : int, optional
        The one period of exposure whose effect is estimated, 1 the first, in place of an average.
    exchangeable : bool
        Periods of a cluster are taken as equally correlated, by a correlation from a first fit; else as independent.
    correlation : float, optional
        Correlation of two periods of a cluster that is known, in place of one that is estimated.
    weight : numpy.ndarray, optional
        f8, shape (trials, clusters, periods): members of each mean; with periods as independent only. The estimate and its error
        are then those of the members one by one, as independent.
    alpha : float

    Raises
    ------
    ValueError
        When weights are given and periods are not taken as independent; when no cluster is exposed as long as ``only``.
    """
    if weight is not None and exchangeable:
        raise ValueError("weight: only periods that are taken as independent can be weighted; give exchangeable=False")
    design, contrast = _design(value.shape, crossing, model, longest, only)
    there = ~np.isnan(value)
    root = there * (1.0 if weight is None else np.sqrt(np.nan_to_num(weight)))
    response = np.where(there, value, 0.0) * root
    design = design * root[..., None]
    whole = (response**2).sum(axis=(1, 2))
    beta, inverse, singular = _solved(response, design)
    if exchangeable:
        parts = _part(response - np.einsum("tcpk,tk->tcp", design, beta), there, correlation)
        response, design = _less_mean(response, there, parts), _less_mean(design, there[..., None], parts[..., None])
        beta, inverse, singular = _solved(response, design)
    left = response - np.einsum("tcpk,tk->tcp", design, beta)
    error, sharp = _mancl_derouen(left, design, inverse, contrast, there)
    clusters = there.any(axis=2).sum(axis=1)
    df = (clusters - 2).astype(float)
    nothing = left_nothing((left**2).sum(axis=(1, 2)), whole)
    failed = np.select([df <= 0, singular | sharp, nothing], [TOO_FEW, SINGULAR, NO_VARIANCE], FINE)
    return told(np.einsum("tk,tk->t", beta, contrast), error, df, failed=failed, alpha=alpha)


def by_exposure(value: np.ndarray, crossing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effect for each period of exposure, by least squares; NaN where it cannot be told.

    Parameters
    ----------
    value, crossing : numpy.ndarray
        As :func:`wedge` takes them.

    Returns
    -------
    effects : numpy.ndarray
        f8, shape (trials, exposures).
    exposures : numpy.ndarray
        int, shape (exposures,): periods since the crossing, 1 the first.
    """
    design, _ = _design(value.shape, crossing, "exposure", None, None)
    there = ~np.isnan(value)
    beta, _, singular = _solved(np.where(there, value, 0.0), np.where(there[..., None], design, 0.0))
    effects = np.where(singular[:, None], np.nan, beta[:, value.shape[2] :])
    return effects, np.arange(1, effects.shape[1] + 1)


def _design(
    shape: tuple[int, ...], crossing: np.ndarray, model: str, longest: int | None, only: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the model and what of them is estimated; f8, shapes (trials, clusters, periods, columns), (trials, columns)."""
    trials, clusters, periods = shape
    exposure = np.maximum(np.arange(periods) - crossing[..., None] + 1, 0)
    time = np.broadcast_to(np.eye(periods), (trials, clusters, periods, periods))
    if model == "immediate":
        columns = (exposure > 0).astype(float)[..., None]
        weights = np.ones(1)
    else:
        most = int(exposure.max(initial=1))
        columns = (exposure[..., None] == np.arange(1, most + 1)).astype(float)
        counted = min(longest or most, most)
        weights = np.where(np.arange(most) < counted, 1.0 / counted, 0.0)
        if only is not None:
            weights = (np.arange(1, most + 1) == only).astype(float)
            if not weights.any():
                raise ValueError(f"only: {only}; no cluster is exposed for other than 1 to {most} periods")
    contrast = np.concatenate([np.zeros(periods), weights])
    return np.concatenate([time, columns], axis=-1), np.broadcast_to(contrast, (trials, len(contrast)))


def _solved(response: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    inverse, singular = inverses(np.einsum("tcpi,tcpj->tij", design, design, optimize=True))
    return np.einsum("tij,tcpj,tcp->ti", inverse, design, response, optimize=True), inverse, singular


def _part(left: np.ndarray, there: np.ndarray, known: float | None) -> np.ndarray:
    """Part of a cluster's mean that is taken away, so that its periods are no longer correlated; f8, shape (trials, clusters)."""
    left, count = np.where(there, left, 0.0), there.sum(axis=2)
    squares, total = (left**2).sum(axis=2), left.sum(axis=2)
    pairs = (count * (count - 1.0)).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = squares.sum(axis=1) / count.sum(axis=1)
        correlation = np.nan_to_num((total**2 - squares).sum(axis=1) / pairs / variance)
    correlation = np.clip(correlation, 0.0, 0.99)[:, None] if known is None else known
    return np.asarray(1.0 - np.sqrt((1.0 - correlation) / (1.0 + (count - 1.0) * correlation)))


def _less_mean(values: np.ndarray, there: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Values less a part of the cluster's mean over its periods (axis 2)."""
    count = np.maximum(there.sum(axis=2, keepdims=True), 1)
    mean = np.where(there, values, 0.0).sum(axis=2, keepdims=True) / count
    return np.where(there, values - part[:, :, None] * mean, 0.0)


def _mancl_derouen(
    left: np.ndarray, design: np.ndarray, inverse: np.ndarray, contrast: np.ndarray, there: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Standard error, residuals of each cluster corrected for what it fits by itself, and where that cannot be done."""
    inside = np.einsum("tcpi,tij,tcqj->tcpq", design, inverse, design, optimize=True)
    rest = np.eye(left.shape[2]) - inside
    values, vectors = np.linalg.eigh((rest + np.swapaxes(rest, -1, -2)) / 2.0)
    sharp = np.asarray((values[..., 0] < _SHARP).any(axis=1))
    safe = np.where(values < _SHARP, 1.0, values)
    along = np.einsum("tcpq,tcp->tcq", vectors, np.where(there, left, 0.0)) / safe
    corrected = np.einsum("tcpq,tcq->tcp", vectors, along)
    score = np.einsum("tcpi,tcp->tci", design, corrected)
    moves = np.einsum("tk,tki,tci->tc", contrast, inverse, score, optimize=True)
    return np.sqrt((moves**2).sum(axis=1)), sharp
