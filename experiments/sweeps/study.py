"""A study, read and checked: scenarios × design points × replicates, each with a member of the ensemble."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from experiments.sweeps.designs import Design, Factor
from experiments.sweeps.schema import STUDY_VERSION
from experiments.worlds.pairing import deciding
from sim.ensembles import lacking_in, lacking_in_words, values_in_words
from sim.measures import LEADING
from sim.parameters.ensemble import Ensemble, order, packed, plain_bytes, unpacked
from sim.parameters.ensemble import from_machine_form as ensemble_of_form
from sim.scenario.definition import Scenario
from sim.scenario.definition import from_machine_form as scenario_of

MAIN_OUTCOMES: Final = (
    *LEADING,
    *(f"{LEADING[0]}@{mark}" for mark in (24, 48)),
    "months_kept_going",
    "posts_delivering",
    "fidelity",
    "helped_per_post",
    "false_rejections_per_post",
    "hours_practitioner_per_post",
    "hours_leader_per_service",
    "share_sustained",
    "share_sustained@24",
    "share_sustained@48",
    "share_drifted",
    "share_abandoned",
    "share_ever_abandoned",
    "months_sustained",
    "months_to_first_abandonment",
)
"""Outcomes on every row unless the study names others, what leads first and the old stocks last; those of a month only where the
horizon lies beyond it."""

_TITLES: Final = ("name", "title", "question", "overridden")


@dataclass(frozen=True, eq=False)
class Study:
    """A study, complete.

    Run q (0 to ``runs`` - 1) of a scenario and point has the random numbers of replicate q of the seed and the parameter values
    of world q, the same at every point and in every scenario: what ``sustain run`` gives replicate q. With ``every_member``,
    run q has member ``q % members`` instead, so that each is run at every point.

    Attributes
    ----------
    name, title, question : str
    scenarios : tuple of Scenario
        With the study's horizon, where it has one.
    replicates : int
        Of every scenario and point; with ``every_member`` of every member too.
    seed : int
    keep : tuple of str
        Some of ``outcomes``, ``aggregates``, ``monthly``.
    outcomes : tuple of str
        Names of the outcome vector, in its order.
    design : Design
    ensemble : Ensemble or None
        Without the parameters that are factors: these have the values of the design. None: the default values in every run.
    every_member : bool
        Run every point with every member.
    overridden : tuple of str
        Parameters of the ensemble that are factors.
    text : str
        The file as it was written; empty for a study that a program made.
    """

    name: str
    title: str
    question: str
    scenarios: tuple[Scenario, ...]
    replicates: int
    seed: int
    keep: tuple[str, ...]
    outcomes: tuple[str, ...]
    design: Design
    ensemble: Ensemble | None = None
    every_member: bool = False
    overridden: tuple[str, ...] = ()
    text: str = ""

    @property
    def members(self) -> int:
        """Members with which every point is run; 1 where each run has a world of its own, or the default values."""
        return self.ensemble.members if self.ensemble and self.every_member else 1

    @cached_property
    def worlds(self) -> np.ndarray:
        """Member of each world, int64, shape (worlds,): run q has that of world q mod worlds."""
        return members_by_world(self.ensemble, every_member=self.every_member)

    @property
    def values_in_words(self) -> str:
        """Which parameter values the runs have."""
        one = self.ensemble
        if one is None:
            return values_in_words(None)
        if self.every_member:
            others = lacking_in_words(self._lacking)
            every = f"ensemble {one.name}: every point is run with each of {one.members:,} sets of values"
            return every + (f"; it has {others}" if others else "")
        about = {"name": one.name, "members": one.members, "parameters": len(one.parameters)}
        return values_in_words(about | self._lacking)

    @property
    def _lacking(self) -> dict[str, int]:
        """Free parameters of which the ensemble has no values, and that neither the design nor every scenario sets."""
        if self.ensemble is None:
            return {}
        return lacking_in(self.scenarios, (*self.ensemble.parameters, *(one.name for one in self.design.factors)))

    @property
    def runs(self) -> int:
        """Runs of every scenario and point."""
        return self.members * self.replicates

    @property
    def total(self) -> int:
        """All runs."""
        return len(self.scenarios) * self.design.points * self.runs

    def machine_form(self) -> dict[str, Any]:
        """Everything that the study says, resolved: plain values that JSON can hold. :func:`from_machine_form` reads it back."""
        form = self._frame()
        for one, array in zip(form["design"]["factors"], self.design.values, strict=True):
            one["values"] = packed(array)
        if self.ensemble:
            form["ensemble"] = self.ensemble.machine_form()
        return form

    def _frame(self) -> dict[str, Any]:
        """Machine form without the arrays."""
        design, ensemble = self.design, self.ensemble
        factors = [
            {
                "name": one.name,
                "kind": one.kind,
                "unit": one.unit,
                "labels": list(one.labels),
                "whole": one.whole,
            }
            for one in design.factors
        ]
        members = ensemble and {
            "name": ensemble.name,
            "parameters": list(ensemble.parameters),
            "members": ensemble.members,
            "text_hash": ensemble.text_hash,
        }
        return {
            "schema_version": STUDY_VERSION,
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "scenarios": [one.machine_form() for one in self.scenarios],
            "replicates": self.replicates,
            "seed": self.seed,
            "keep": list(self.keep),
            "outcomes": list(self.outcomes),
            "design": {"kind": design.kind, "points": design.points, "factors": factors},
            "ensemble": members,
            "every_member": self.every_member,
            "overridden": list(self.overridden),
        }

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what decides the rows: the machine form without titles, and without replicates, so that a study may grow.

        A scenario counts by what :func:`deciding` leaves of it.
        """
        form = {key: value for key, value in self._frame().items() if key not in (*_TITLES, "replicates")}
        form["scenarios"] = [deciding(one) for one in form["scenarios"]]
        if form["ensemble"]:
            form["ensemble"] = {key: value for key, value in form["ensemble"].items() if key not in ("name", "text_hash")}
        arrays = [*self.design.values, *([self.ensemble.values, self.ensemble.weights] if self.ensemble else [])]
        digest = hashlib.sha256()
        digest.update(json.dumps(form, sort_keys=True, separators=(",", ":")).encode())
        for one in arrays:  # their numbers, not their packing, which may change with a library
            digest.update(plain_bytes(one))
        return digest.hexdigest()


def from_machine_form(form: Mapping[str, Any]) -> Study:
    """Study that a machine form describes: the way back from ``study.json``.

    Parameters
    ----------
    form : mapping
        As :meth:`Study.machine_form` gives it.

    Raises
    ------
    sim.problems.BadInput
        When a scenario of the form has a parameter, switch or form that the table does not know, or out of its bounds.
    KeyError, pydantic.ValidationError
        When the form was edited into something that is no study.
    """
    design, ensemble = form["design"], form["ensemble"]
    factors = tuple(
        Factor(one["name"], one["kind"], one["unit"], tuple(one["labels"]), one["whole"]) for one in design["factors"]
    )
    values = tuple(
        unpacked(one["values"], "i2" if factor.labels else "f8") for one, factor in zip(design["factors"], factors, strict=True)
    )
    return Study(
        name=form["name"],
        title=form["title"],
        question=form["question"],
        scenarios=tuple(scenario_of(one) for one in form["scenarios"]),
        replicates=form["replicates"],
        seed=form["seed"],
        keep=tuple(form["keep"]),
        outcomes=tuple(form["outcomes"]),
        design=Design(design["kind"], factors, values),
        ensemble=ensemble_of_form(ensemble) if ensemble else None,
        every_member=form.get("every_member", True),  # so it was before it could be told
        overridden=tuple(form.get("overridden", ())),
    )


def members_by_world(ensemble: Ensemble | None, *, every_member: bool) -> np.ndarray:
    """Member of each world, int64: of those that a run over the ensemble has, or every member once; -1 without an ensemble."""
    if ensemble is None:
        return np.full(1, -1)
    return np.arange(ensemble.members) if every_member else order(ensemble.weights)
