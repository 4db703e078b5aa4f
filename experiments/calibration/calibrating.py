"""Calibrate from beginning to end: waves, ensemble, tables, figures, in a folder that the same command goes on with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.calibration import ROOM, waves
from experiments.calibration.tables import patterns_table, waves_table, widths_table
from experiments.executors.pools import Pool
from experiments.kit.files import Pages
from experiments.kit.folder import StudyFolder
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.measuring import REPLICATES, Bench, Measured
from experiments.patterns.reading import PatternTable, read_patterns
from experiments.worlds import ensembles
from experiments.worlds.prior import EVERY, Prior, Structure, prior_of
from sim.ensembles import SWITCH
from sim.figures.style import Pictures
from sim.parameters import read_table
from sim.problems import BadInput, Problem, did_you_mean
from sim.remake import FIGURES
from sim.report.sentences import plural
from sim.store.folder import write_text_whole
from sim.store.hashing import text_hash

KIND: Final = "calibration"
ENSEMBLE: Final = "ensemble.csv"
WAVES: Final = "waves.csv"

OTHER_SEED: Final = 1_000_003
"""Added to the seed for runs that nothing was chosen by."""

LEAST: Final[Mapping[str, int]] = {"members": 500, "effective_sample_size": 200, "distinct_starts": 100}
"""What an ensemble must have to be relied on."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Calibrated:
    """What a calibration came to.

    Attributes
    ----------
    folder : pathlib.Path
    found : waves.Found
    effective : float
        Effective sample size of the weights.
    starts : int
        Distinct draws of the prior that the chains of the accepted began from.
    seconds : float
    pages : Pages
        Knows what of the figures could not be made.
    """

    folder: Path
    found: waves.Found
    effective: float
    starts: int
    seconds: float
    pages: Pages

    @property
    def short(self) -> list[str]:
        """What the ensemble lacks of ``LEAST``, in words."""
        return short_of(
            {"members": len(self.found.values), "effective_sample_size": self.effective, "distinct_starts": self.starts}
        )


def short_of(about: Mapping[str, Any]) -> list[str]:
    """What an ensemble lacks of ``LEAST``, in words; nothing when it can be relied on."""
    return [
        f"{name.replace('_', ' ')} {about[name]:.0f} instead of at least {least}"
        for name, least in LEAST.items()
        if about[name] < least
    ]


def identity(prior: Prior, patterns: PatternTable, plan: waves.Plan, seed: int, leave_out: Sequence[str]) -> dict[str, Any]:
    """What decides the parts of a calibration's store."""
    kept = [[one.id, one.low, one.high, one.cohort, one.instrument, one.fitted, one.measured] for one in patterns.patterns]
    found = {
        "kind": KIND,
        "code": ROOM.runs_identity(),
        "prior": [[name, float(low), float(high)] for name, low, high in zip(prior.names, prior.low, prior.high, strict=True)],
        "fixed": {name: one.value for name, one in prior.table.parameters.items() if name not in prior.names},
        "patterns": kept,
        "plan": asdict(plan),
        "seed": seed,
        "leave_out": sorted(leave_out),
    }
    return found | ({"structure": list(prior.structure.words)} if prior.structure.words else {})


def patterns_hash(patterns: PatternTable) -> str:
    """Hash of the statements and their tolerances."""
    return text_hash(repr([(one.id, one.low, one.high) for one in patterns.patterns]))


def used(patterns: PatternTable, plan: waves.Plan, structure: Structure | None = None) -> PatternTable:
    """Patterns of the plan's cohorts, fitted or not as the structure has it."""
    patterns = patterns.where(every=(structure or Structure()).complete(read_table()))
    if not plan.cohorts:
        return patterns
    return PatternTable(tuple(one for one in patterns.patterns if one.cohort in plan.cohorts), patterns.sources)


def most_runs(plan: waves.Plan, structure: Structure | None = None) -> int:
    """Runs of a calibration whose last wave takes all its rounds and fails nobody."""
    cohorts = {one.cohort for one in used(read_patterns(), plan, structure).patterns if one.fitted and one.measured}
    vectors = plan.first + sum(plan.waves) + plan.last * plan.rounds * (1 + plan.again) + plan.wanted
    return vectors * sum(REPLICATES[name] for name in cohorts)


def wrong_patterns(
    plan: waves.Plan, leave_out: Sequence[str], patterns: PatternTable | None = None, *, structure: Structure | None = None
) -> list[Problem]:
    """Problems of the patterns that are left out of a plan's."""
    patterns = used(patterns or read_patterns(), plan, structure)
    fitted = [one.id for one in patterns.patterns if one.fitted and one.measured]
    problems = [
        Problem("--leave-out", f"'{name}' is no fitted pattern", "the id of a fitted pattern", did_you_mean(name, fitted))
        for name in leave_out
        if name not in fitted
    ]
    if not set(fitted) - set(leave_out):
        problems.append(Problem("--leave-out", "leaves no pattern to fit", "all but one at the most", "leave out fewer"))
    return problems


def calibrate(
    out: Path,
    pool: Pool,
    *,
    plan: waves.Plan | None = None,
    seed: int = 1,
    leave_out: Sequence[str] = (),
    fixed: Sequence[str] = (),
    structure: Structure | None = None,
    patterns: PatternTable | None = None,
    restart: bool = False,
    say: Say = lambda _: None,
    progress: Callable[[int], None] | None = None,
) -> Calibrated:
    """Find the plausible ensemble.

    Parameters
    ----------
    out : pathlib.Path
        Results folder: a new one, or that of the same calibration, which is gone on with.
    pool : Pool
    plan : waves.Plan, optional
        How much is run.
    seed : int
    leave_out : sequence of str
        Patterns that are not required, to be predicted.
    fixed : sequence of str
        Parameters that stay at the table's value.
    structure : Structure, optional
        Rival forms and mechanisms that are off.
    patterns : PatternTable, optional
        The shipped ones unless given.
    restart : bool
        Remove what is there first.
    say : callable
        Told a sentence now and then.
    progress : callable, optional
        Called with the number of runs finished since the last call.

    Raises
    ------
    BadInput
        When something asked for does not exist, the folder is another calibration's, or no vector is plausible.
    """
    plan = plan or waves.Plan()
    problems = wrong_patterns(plan, leave_out, patterns, structure=structure)
    patterns = used(patterns or read_patterns(), plan, structure)
    if problems:
        raise BadInput(problems)
    prior = prior_of(fixed=fixed, structure=structure)
    form = identity(prior, patterns, plan, seed, leave_out)
    with StudyFolder(out, form, kind=KIND, store=True, restart=restart) as place:
        bench = Bench(prior, patterns, pool, place.store, seed, REPLICATES, progress)
        found = waves.match(bench, plan, seed=seed, leave_out=leave_out, say=say)
        if not len(found.values):
            write_text_whole(out / WAVES, waves_table(found))
            hint = "more rounds or waves; waves.csv says how many patterns hold at once"
            raise BadInput([Problem(str(out), "no vector reproduces all patterns", "at least one", hint)])
        again = Bench(prior, patterns, pool, place.store, seed + OTHER_SEED, REPLICATES, progress)
        say("measuring the ensemble anew with random numbers that nothing was chosen by")
        other = again.measure(found.values, again.fitted(), wave=len(plan.waves) + 2)
        place.lap("runs")
        about = _about(prior, patterns, plan, seed, found, other, leave_out, fixed, place.timing["runs"])
        with place.alone(again=True):
            _write(place, bench, found, other, about)
    starts = len(np.unique(found.starts))
    return Calibrated(out, found, ensembles.effective(found.weights), starts, place.timing["runs"], place.pages)


def _write(place: StudyFolder, bench: Bench, found: waves.Found, other: Measured, about: Mapping[str, Any]) -> None:
    """Write tables and ensemble, then the figures, and last the manifest."""
    folder, prior = place.working, bench.prior
    made = {WAVES: waves_table(found), "patterns.csv": patterns_table(found, other), "widths.csv": widths_table(prior, found)}
    for name, text in made.items():
        write_text_whole(folder / name, text)
    # what was on is a column of ones, so that the file says by itself what its values belong to
    turned_on = tuple(f"{SWITCH}{name}" for name in prior.structure.turned_on(prior.table))
    values = np.hstack([found.values, np.ones((len(found.values), len(turned_on)))])
    ensembles.write_ensemble(folder / ENSEMBLE, (*prior.names, *turned_on), values, found.weights, about, uncapped=found.raw)
    manifest = place.manifest(
        title=f"Calibration: parameter vectors that reproduce {plural(len(found.required), 'pattern')}",
        scenarios=[COHORTS[name].build(0) for name in bench.fitted()],
        seed=bench.seed,
        replicates=max(bench.replicates[name] for name in bench.fitted()),
        extra={"members": len(found.values)},
    )

    def figures() -> Pictures:
        from experiments.calibration.figures import draw

        return draw(folder, prior, found, other)

    place.pages.make("figures", figures)
    place.lap("figures")
    place.finish(manifest, made=[*made, ENSEMBLE, "ensemble.json", FIGURES])


def held_again(found: waves.Found, other: Measured) -> dict[str, float]:
    """How the ensemble fares with random numbers that nothing was chosen by.

    Returns
    -------
    dict of str to float
        ``all_again``: weighted share of the members that meet every required statement again; ``missed_again``: weighted mean
        number of required statements that a member misses.
    """
    inside = other.of(found.required).inside()
    weights = found.weights / found.weights.sum()
    missed = len(found.required) - inside.sum(axis=1)
    return {"all_again": round(float(weights @ (missed == 0)), 4), "missed_again": round(float(weights @ missed), 2)}


def is_whole(structure: Structure, plan: waves.Plan, held: Sequence[str] = ()) -> bool:
    """Whether a calibration is one that can be shipped: in full, with every mechanism as in the table or all of them on.

    Parameters
    ----------
    structure : Structure
    plan : waves.Plan
    held : sequence of str
        Patterns left out and parameters fixed.
    """
    return plan == waves.Plan() and not held and structure.said in ((), (EVERY,))


def _about(
    prior: Prior,
    patterns: PatternTable,
    plan: waves.Plan,
    seed: int,
    found: waves.Found,
    other: Measured,
    leave_out: Sequence[str],
    fixed: Sequence[str],
    seconds: float,
) -> dict[str, Any]:
    best = ensembles.medoid(prior.shares(found.values), found.weights)
    words = [f"--leave-out {one}" for one in leave_out] + [f"--fixed {one}" for one in fixed]
    words += ["--every-mechanism" if one == EVERY else f"--set {one}" for one in prior.structure.said]
    words += ["--quick"] if plan == waves.QUICK else []
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join([f"sustain calibrate --seed {seed}", *words]),
        "whole": is_whole(prior.structure, plan, (*leave_out, *fixed)),
        "structure": list(prior.structure.words),
        "seconds": round(seconds, 1),
        "code": ROOM.runs_identity(),
        "patterns": patterns_hash(patterns),
        "plan": asdict(plan),
        "members": len(found.values),
        "effective_sample_size": round(ensembles.effective(found.weights), 1),
        "distinct_starts": len(np.unique(found.starts)),
        "effective_sample_size_uncapped": round(found.uncapped, 1),
        "capped": found.capped,
        **held_again(found, other),
        "required": list(found.required),
        "set_aside": list(found.aside),
        "medoid": best,
        "medoid_values": dict(zip(prior.names, found.values[best].tolist(), strict=True)),
    }


def as_json(done: Calibrated) -> Mapping[str, Any]:
    """Sum a calibration up, for JSON."""
    return {
        "folder": str(done.folder),
        "members": len(done.found.values),
        "effective_sample_size": round(done.effective, 1),
        "distinct_starts": done.starts,
        "required": len(done.found.required),
        "set_aside": list(done.found.aside),
        "short_of": done.short,
        "seconds": round(done.seconds, 1),
    }
