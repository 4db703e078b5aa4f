"""What is asked for, checked: scenarios that can be compared pair by pair, with everything that is wrong told at once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from experiments.comparing.asked import REPLICATES, RUNS_A_WORLD, Asked
from experiments.comparing.measuring import held_bytes
from experiments.comparing.quantities import same_units, units_compared
from experiments.kit.options import read_settings, worlds_of
from experiments.worlds.pairing import twins, unlike
from experiments.worlds.spread import run_members
from sim.ensembles import lacking_in, lacking_in_words, values_in_words
from sim.measures.units import Unit
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, tried
from sim.remake import FORM, stored_scenario
from sim.runs import MEMORY
from sim.scenario import Scenario, catalogue, diff, read_scenario
from sim.scenario.schema import SCHEMA_VERSION
from sim.store.hashing import code_identity
from sim.store.reader import check_folder, read_manifest
from sim.store.version import other_version
from sim.world import World, prepare


@dataclass(frozen=True)
class Comparison:
    """Scenarios that can be compared, the base first.

    Attributes
    ----------
    given : tuple of str
        As they were asked for.
    arms : tuple of World
        Their scenarios, prepared, under the names that tables and figures give them: all with the same seed, number of replicates
        and ensemble. What two of them have in common is held once.
    replicates : int
    notes : tuple of str
        What a reader should know of how they were made alike.
    """

    given: tuple[str, ...]
    arms: tuple[World, ...]
    replicates: int
    notes: tuple[str, ...] = ()

    @property
    def base(self) -> World:
        """What the others are compared with."""
        return self.arms[0]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """What is compared."""
        return tuple(one.scenario for one in self.arms)

    @property
    def seed(self) -> int:
        """Seed of all."""
        return self.base.seed

    @property
    def months(self) -> int:
        """Horizon of all."""
        return self.base.months

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return tuple(one.name for one in self.scenarios)

    @property
    def ensemble(self) -> Ensemble | None:
        """Ensemble of all scenarios; None for the default values."""
        return self.scenarios[0].ensemble

    @property
    def worlds(self) -> int:
        """Worlds of the replicates: 1 without an ensemble."""
        return min(self.replicates, self.base.worlds)

    @property
    def values_in_words(self) -> str:
        """Which parameter values the pairs have."""
        one = self.ensemble
        if one is None:
            return values_in_words(None)
        about = {"name": one.name, "members": one.members, "parameters": len(self.scenarios[0].moved)}
        return values_in_words(about | lacking_in(self.scenarios, one.parameters))

    @property
    def members(self) -> np.ndarray | None:
        """Parameter set of each replicate, int, shape (replicates,); None without an ensemble."""
        if self.ensemble is None:
            return None
        return run_members(self.ensemble, self.scenarios[0].set_values, self.replicates, self.base.worlds)

    def units(self, at: int) -> tuple[Unit, ...]:
        """Units beside the region, in the plan of one scenario."""
        return same_units(units_compared(self.base.plan), self.base.plan, self.arms[at].plan)


def comparison_of(asked: Asked) -> Comparison:
    """Read and check what is asked for.

    Parameters
    ----------
    asked : Asked

    Raises
    ------
    BadInput
        With everything that is wrong.
    """
    names, worlds, each = tuple(asked.names or ()), asked.sound("worlds"), asked.sound("replicates")
    if each is None:
        each = REPLICATES if worlds is None else RUNS_A_WORLD
    count = each if worlds is None else each * worlds
    problems = asked.wrong()
    sound = all(problem.where not in ("--replicates", "--worlds", "--replicate") for problem in problems)
    problems += _worlds_without_ensemble(asked) + (_wrong_replicate(asked.replicate, count) if sound else [])
    ensemble, wrong = worlds_of(asked.ensemble, asked.ensemble_file)
    problems += wrong + _wrong_names(names)
    settings = tried(partial(read_settings, asked.settings), problems) or {}
    found: dict[str, Scenario] = {}
    notes: list[str] = []
    for name in dict.fromkeys(names):
        if (one := tried(partial(_read, name, settings, months=asked.sound("months")), problems)) is not None:
            found[name] = one[0]
            notes += one[1]
    scenarios = tuple(found.values())
    seed = asked.sound("seed")
    alike = tuple(
        replace(one, seed=scenarios[0].seed if seed is None else seed, replicates=count, ensemble=ensemble) for one in scenarios
    )
    if names[0] in found:
        problems += _wrong_together(alike)
    if problems:
        raise BadInput(dict.fromkeys(problems))  # what is set wrongly is wrong in every scenario
    arms = arms_of(alike, worlds)
    problems = _too_large(arms, count)
    if problems:
        raise BadInput(problems)
    notes = [*_about_seed(scenarios, alike[0].seed), *notes, *_about_ensembles(names, scenarios, ensemble)]
    others = lacking_in_words({} if ensemble is None else lacking_in(scenarios, ensemble.parameters))
    notes += [f"the ensemble {ensemble.name} has {others}"] if ensemble is not None and others else []
    return Comparison(names, arms, count, tuple(notes))


def _worlds_without_ensemble(asked: Asked) -> list[Problem]:
    if asked.sound("worlds") is None or asked.ensemble or asked.ensemble_file is not None:
        return []
    return [Problem("--worlds", "there are no worlds without an ensemble", "runs over an ensemble", "leave out --no-ensemble")]


def arms_of(scenarios: Sequence[Scenario], worlds: int | None) -> tuple[World, ...]:
    """Scenarios prepared, the base first: of the others only what differs from the base is resolved.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Of the same seed, each with an ensemble or each without.
    worlds : int or None
        The first so many worlds: run r has world r modulo their number. All that there are if None.

    Raises
    ------
    BadInput
        When one of them cannot be resolved.
    """
    base = prepare(scenarios[0])
    arms = (base, *(base.with_scenario(one) for one in scenarios[1:]))
    return arms if worlds is None else tuple(one.among(np.arange(min(worlds, one.worlds))) for one in arms)


def _wrong_replicate(number: int | None, replicates: int) -> list[Problem]:
    if number is None or number < replicates:
        return []
    what = f"'{number}' is none of the replicates that are run"
    return [Problem("--replicate", what, f"a whole number from 0 to {replicates - 1:,}", "leave it out for the median pair")]


def _wrong_names(names: Sequence[str]) -> list[Problem]:
    """Too few scenarios, or one given twice."""
    problems = []
    if len(names) < 2:
        hint = "such as sustain compare all-passive all-active"
        problems.append(Problem("scenarios", f"only '{names[0]}' is given", "two scenarios or more, the base first", hint))
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return problems + [Problem(name, "is given twice", "every scenario once", "leave one of the two out") for name in twice]


# ------------------------------------------------------------------------------------------------------------------- reading


def is_folder(name: str) -> bool:
    """Whether a results folder is meant: a folder that is not called as a shipped scenario is."""
    try:
        return name not in {entry.name for entry in catalogue()} and Path(name).is_dir()
    except (OSError, ValueError):  # a name that no folder can have
        return False


def _read(name: str, settings: Mapping[str, str], *, months: int | None) -> tuple[Scenario, list[str]]:
    """Scenario of a name, a file or a results folder, and what to note about it."""
    if not is_folder(name):
        return read_scenario(name, overrides=settings, months=months), []
    folder = Path(name)
    problems = check_folder(folder)
    if problems:
        raise BadInput(problems)
    problems = _wrong_folder(folder, settings)
    if problems:
        raise BadInput(problems)
    manifest, scenario = read_manifest(folder), stored_scenario(folder)
    if months is not None and months != scenario.months:
        what = f"its scenario has {scenario.months} months, not {months}"
        raise BadInput([Problem(name, what, f"--months {scenario.months}, or none", "name the scenario instead of the folder")])
    note = f"{name}: its scenario is run again, its tables are not read"
    other = other_version(manifest, scenario, folder.resolve())
    if other is not None:
        note += f": {other.said}"
    elif manifest["code"]["identity"] != code_identity():
        note += f"; other code wrote it ({manifest['code']['identity'][:12]})"
    return replace(scenario, name=folder.resolve().name, seed=int(manifest["seed"])), [note]


def _wrong_folder(folder: Path, settings: Mapping[str, str]) -> list[Problem]:
    """What keeps a sound results folder from standing for its scenario."""
    problems = []
    if settings:
        what = "--set cannot change the scenario of a results folder"
        problems.append(Problem(str(folder), what, "names and files of scenarios with --set", "name the scenario instead"))
    try:
        version = json.loads((folder / FORM).read_text(encoding="utf-8"))["schema_version"]
    except (OSError, ValueError, KeyError, TypeError):
        return problems  # whoever reads the scenario says it better
    if version != SCHEMA_VERSION:
        what = f"its scenario has schema_version {version}"
        hint = "run the scenario again with this version of the software"
        problems.append(Problem(str(folder / FORM), what, f"schema_version {SCHEMA_VERSION}", hint))
    return problems


# ------------------------------------------------------------------------------------------------------------ what goes together


def _wrong_together(scenarios: Sequence[Scenario]) -> list[Problem]:
    """What keeps scenarios from being compared pair by pair, each against the base."""
    problems = twins(scenarios)
    names = [one.name for one in scenarios]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            what = f"{names.count(name)} of the scenarios are called so"
            problems.append(Problem(name, what, "names that tell them apart", "rename the file or the folder"))
    for other in scenarios[1:]:
        problems += unlike(scenarios[0], other)
    return problems


def _too_large(arms: Sequence[World], replicates: int) -> list[Problem]:
    """Outcomes of every replicate that do not fit the memory."""
    size = len(arms) * held_bytes(arms[0].months, len(units_compared(arms[0].plan)), replicates)
    if size <= MEMORY:
        return []
    what = f"the outcomes of all replicates would take about {size / 1e9:.0f} GB of memory"
    return [Problem("replicates", what, f"up to {MEMORY / 1e9:.0f} GB", "fewer replicates, or fewer scenarios at a time")]


# --------------------------------------------------------------------------------------------------------------------- notes


def _about_seed(scenarios: Sequence[Scenario], seed: int) -> list[str]:
    others = [f"{one.name} has {one.seed}" for one in scenarios if one.seed != seed]
    return [f"seed {seed} holds for all: the same luck; {', '.join(others)} of its own"] if others else []


def _about_ensembles(given: Iterable[str], scenarios: Sequence[Scenario], ensemble: Ensemble | None) -> list[str]:
    """Results folders whose run was over other worlds than the comparison is."""
    asked = None if ensemble is None else ensemble.text_hash
    words = "the default values" if ensemble is None else f"the ensemble {ensemble.name}"
    notes = []
    for name, one in zip(given, scenarios, strict=True):
        own = None if one.ensemble is None else one.ensemble.text_hash
        if is_folder(name) and own != asked:
            notes.append(f"{name}: was run over {'the default values' if own is None else 'another ensemble'}; here with {words}")
    return notes


def changes(comparison: Comparison, at: int) -> list[tuple[str, str, str, str]]:
    """What a scenario changes of the base: place, value there, value here, unit."""
    return [(one.where, one.a, one.b, one.unit) for one in diff(comparison.scenarios[0], comparison.scenarios[at])]
