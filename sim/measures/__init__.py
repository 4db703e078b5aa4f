"""Measures: the outcomes (ODD, observation) over replicates, with Monte Carlo standard errors.

Definitions of the states are parameters of the model; here they are only counted. Every share is also given per post and by
the number of posts N, because "at least half of the posts" means other things in a service of three than in one of five.
"""

from sim.measures.definitions import BOUNDS, DEFINITIONS, definition_rows
from sim.measures.summary import Summary
from sim.measures.survival import Survival, kaplan_meier
from sim.measures.units import GROUPS, REGION, Unit, units_of
from sim.measures.values import OUTCOME_NAMES, OUTCOMES
from sim.measures.vector import outcome_vector, vector_names

__all__ = [
    "BOUNDS",
    "DEFINITIONS",
    "GROUPS",
    "OUTCOMES",
    "OUTCOME_NAMES",
    "REGION",
    "Summary",
    "Survival",
    "Unit",
    "definition_rows",
    "kaplan_meier",
    "outcome_vector",
    "units_of",
    "vector_names",
]
