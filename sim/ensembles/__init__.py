"""Ensembles as files, and the plausible one that ships: sets of parameter values, each with a weight."""

from sim.ensembles.choosing import (
    chosen_ensemble,
    lacking,
    lacking_in,
    lacking_in_words,
    lacking_warnings,
    values_in_words,
    with_member,
)
from sim.ensembles.reading import (
    PLAUSIBLE,
    PLAUSIBLE_FILE,
    SWITCH,
    UNCAPPED,
    WEIGHT,
    about,
    ensemble_file,
    ensemble_of,
    read_ensemble,
    shipped_files,
)

__all__ = [
    "PLAUSIBLE",
    "PLAUSIBLE_FILE",
    "SWITCH",
    "UNCAPPED",
    "WEIGHT",
    "about",
    "chosen_ensemble",
    "ensemble_file",
    "ensemble_of",
    "lacking",
    "lacking_in",
    "lacking_in_words",
    "lacking_warnings",
    "read_ensemble",
    "shipped_files",
    "values_in_words",
    "with_member",
]
