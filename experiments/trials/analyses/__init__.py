"""Analyses of cluster trials as pure functions of arrays, for many trials at once; they know nothing of the simulation.

>>> import numpy as np
>>> values = np.array([[1.0, 2.0, 3.0, 5.0]])
>>> found = cluster_t(values, np.array([[0, 0, 1, 1]]))
>>> found.estimate, found.df
(array([2.5]), array([2.]))
"""

from experiments.trials.analyses.clustering import autocorrelation, intracluster
from experiments.trials.analyses.clusters import cluster_t, permutation
from experiments.trials.analyses.estimates import FAILURES, FINE, Estimates
from experiments.trials.analyses.gee import gee
from experiments.trials.analyses.mixed import mixed
from experiments.trials.analyses.wedge import by_exposure, wedge

__all__ = [
    "FAILURES",
    "FINE",
    "Estimates",
    "autocorrelation",
    "by_exposure",
    "cluster_t",
    "gee",
    "intracluster",
    "mixed",
    "permutation",
    "wedge",
]
