"""Measures: the outcomes (ODD, observation) over replicates, with Monte Carlo standard errors.

Definitions of the states are parameters of the model; here they are only counted. Every share is also given per post and by
the number of posts N, because "at least half of the posts" means other things in a service of three than in one of five.
"""

from sim.measures.definitions import BOUNDS, DEFINITIONS, definition_rows
from sim.measures.histories import CUT_NAMES, HISTORIES
from sim.measures.luck import LUCKY, luck_of, luck_rows
from sim.measures.summary import Summary
from sim.measures.survival import ENDINGS, RISK_MONTHS, Survival, kaplan_meier
from sim.measures.units import GROUPS, REGION, Unit, units_of
from sim.measures.values import LEADING, OLD_STOCKS, OUTCOME_NAMES, OUTCOMES, TOLD_OF_ARMS
from sim.measures.vector import outcome_vector, vector_names

__all__ = [
    "BOUNDS",
    "CUT_NAMES",
    "DEFINITIONS",
    "ENDINGS",
    "GROUPS",
    "HISTORIES",
    "LEADING",
    "LUCKY",
    "OLD_STOCKS",
    "OUTCOMES",
    "OUTCOME_NAMES",
    "REGION",
    "RISK_MONTHS",
    "TOLD_OF_ARMS",
    "Summary",
    "Survival",
    "Unit",
    "definition_rows",
    "kaplan_meier",
    "luck_of",
    "luck_rows",
    "outcome_vector",
    "units_of",
    "vector_names",
]
