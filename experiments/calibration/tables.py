"""The tables of a calibration: waves, patterns over the ensemble, what is left of each parameter's bounds."""

from typing import Final

from experiments.calibration import waves
from experiments.kit.tables import csv_text
from experiments.kit.words import label_of
from experiments.patterns.measuring import Measured
from experiments.patterns.predictive import predicted
from experiments.worlds import ensembles
from experiments.worlds.prior import Prior

DIGITS: Final = 5
"""Significant digits of the tables."""


def waves_table(found: waves.Found) -> str:
    """Waves, a line each: vectors, share of patterns inside, share of vectors with all inside."""
    columns = ("wave", "vectors", "inside", "all", "kept", "accepted", "effective")
    lines = [[line.get(name) for name in columns] for line in found.history]
    rows = ([None if one is None else float(one) for one in line] for line in lines)
    return csv_text(columns, rows, digits=DIGITS)


def patterns_table(found: waves.Found, other: Measured) -> str:
    """Patterns over the ensemble: with the seed it was chosen by, and with another."""
    first = {one.id: k for k, one in enumerate(found.measured.patterns)}
    rows = []
    for k, one in enumerate(other.patterns):
        at = first[one.id]
        here = predicted(one, found.measured.mean[:, at], found.measured.error[:, at], found.weights)
        there = predicted(one, other.mean[:, k], other.error[:, k], found.weights)
        kind = "aside" if one.id in found.aside else "required" if one.id in found.required else "predicted"
        numbers = (here.result.value, there.result.value, there.low, there.middle, there.high)
        rows.append([one.id, kind, one.target, one.low, one.high, *numbers, there.members_inside])
    head = ("pattern", "use", "target", "low", "high", "mean", "mean_other_seed", "q05", "q50", "q95", "members_inside")
    return csv_text(head, rows, digits=DIGITS)


def widths_table(prior: Prior, found: waves.Found) -> str:
    """Parameters: prior bounds, weighted 5, 50 and 95 %, and the width left of the prior's 90 %."""
    q05, q50, q95 = ensembles.quantiles(found.values, found.weights, (0.05, 0.5, 0.95))
    left = (q95 - q05) / (0.9 * (prior.high - prior.low))
    rows = [
        [name, prior.table.parameters[name].unit, *numbers, label_of(name)]
        for name, *numbers in zip(prior.names, prior.low, prior.high, q05, q50, q95, left, strict=True)
    ]
    return csv_text(("parameter", "unit", "low", "high", "q05", "q50", "q95", "width_left", "label"), rows, digits=DIGITS)
