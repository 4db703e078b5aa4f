"""Ensembles as files, and the plausible one that ships: sets of parameter values, each with a weight."""

from sim.ensembles.choosing import chosen_ensemble, values_in_words, with_member
from sim.ensembles.reading import PLAUSIBLE, PLAUSIBLE_FILE, SWITCH, WEIGHT, about, ensemble_file, ensemble_of, read_ensemble

__all__ = [
    "PLAUSIBLE",
    "PLAUSIBLE_FILE",
    "SWITCH",
    "WEIGHT",
    "about",
    "chosen_ensemble",
    "ensemble_file",
    "ensemble_of",
    "read_ensemble",
    "values_in_words",
    "with_member",
]
