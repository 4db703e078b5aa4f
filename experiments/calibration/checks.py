"""Check a calibration: recovery of known parameters, patterns left out, and the ensemble against every pattern."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import numpy as np

from experiments.calibration import ROOM, recovery, waves
from experiments.calibration.calibrating import ENSEMBLE
from experiments.calibration.emulating import fit
from experiments.calibration.leaving import Left, leave_out
from experiments.calibration.recovery import Recovery, Size
from experiments.calibration.stored import Stored, open_stored
from experiments.calibration.tables import DIGITS
from experiments.executors.pools import Pool
from experiments.kit.files import Pages, finish_manifest, manifest_of
from experiments.kit.tables import csv_text
from experiments.kit.terminal import keeping
from experiments.kit.words import label_of
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.measuring import REPLICATES, Measured
from experiments.patterns.predictive import Predicted, predicted
from experiments.patterns.reading import Pattern, PatternTable
from sim.figures.style import Pictures
from sim.problems import BadInput, Problem
from sim.remake import FIGURES
from sim.store.folder import write_text_whole
from sim.store.hashing import file_hash

CHECKS: Final = "checks"
PAGE: Final = "checks.html"
SUMMARY: Final = "checks.json"

TOP: Final = 0.05
"""Share of a pattern's foretold variance from which a parameter is listed."""


@dataclass(frozen=True)
class Amount:
    """How much is done.

    Attributes
    ----------
    size : Size
        Of recovery.
    chains, steps : int
        For each pattern that is left out.
    """

    size: Size = field(default_factory=Size)
    chains: int = 200
    steps: int = 1_500


QUICK: Final = Amount(recovery.QUICK, 60, 200)


@dataclass(frozen=True)
class Checked:
    """What the checks came to.

    Attributes
    ----------
    folder : pathlib.Path
    stored : Stored
    recovery : Recovery
    patterns : tuple of Pattern
        Fitted in recovery.
    shares : numpy.ndarray
        f8, shape (patterns, parameters), as ``recovery.constrained`` gives them.
    left : list of Left
    predicted : list of Predicted
        Every pattern of the file, in its order.
    members : Measured
    uses : dict of str to str
        How each pattern was used.
    seed : int
    started : datetime.datetime
    seconds : float
    pages : Pages
        Knows what of figures and page could not be made.
    """

    folder: Path
    stored: Stored
    recovery: Recovery
    patterns: tuple[Pattern, ...]
    shares: np.ndarray
    left: list[Left]
    predicted: list[Predicted]
    members: Measured
    uses: dict[str, str]
    seed: int
    started: datetime
    seconds: float
    pages: Pages


def check(
    folder: Path,
    pool: Pool,
    *,
    amount: Amount | None = None,
    seed: int = 1,
    threads: int = 2,
    patterns: PatternTable | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Checked:
    """Check the calibration in a folder and write ``checks`` in it, whole or not at all.

    Parameters
    ----------
    folder : pathlib.Path
    pool : Pool
        For patterns that nothing was fitted to.
    amount : Amount, optional
    seed : int
        Of what is held out, and of the chains.
    threads : int
        For the chains; does not matter to what comes out.
    patterns : PatternTable, optional
        The shipped ones unless given.
    say : callable
        Told a sentence now and then.

    Raises
    ------
    BadInput
        When the folder is no finished calibration of these patterns and parameters, or cannot be written.
    """
    started, began = datetime.now(UTC), perf_counter()
    amount = amount or Amount()
    stored = open_stored(folder, patterns=patterns)
    try:
        shares, first = stored.first()
        required, aside = waves.required_of(first, stored.leave_out)
        mine = first.of(required)
        say(f"recovering {len(stored.prior.names)} parameters of vectors that are known")
        recovered = recovery.recover(
            stored.prior.names, mine.patterns, shares, mine.mean, size=amount.size, seed=seed, threads=threads
        )
        emulators = [fit(shares, mine.mean[:, k]) for k in range(len(required))]
        say("leaving out a pattern at a time")
        target = stored.target(near=False)
        start = stored.prior.shares(stored.prior.draws(amount.chains, [seed, 5]))
        left = leave_out(target, start, mine.mean, steps=amount.steps, seed=seed, threads=threads)
        say("holding the ensemble against every pattern")
        members = stored.members(pool)
    finally:
        stored.store.close()
    uses = dict.fromkeys(required, "required") | dict.fromkeys(
        aside, "set aside: fewer than 1 in 1,000 draws of the prior met it"
    )
    uses |= dict.fromkeys(stored.leave_out, "left out of the fit")
    done = Checked(
        folder / CHECKS, stored, recovered, mine.patterns, recovery.constrained(emulators), left,
        predictions(stored.patterns, members, stored.weights), members, uses, seed, started,
        perf_counter() - began, Pages(),
    )  # fmt: skip
    write(done)
    return done


def sound(done: Checked) -> bool:
    """Whether the coverage of what is narrowed is as promised, and both controls were noticed; also where nothing is narrowed."""
    fit, *controls = done.recovery.pooled
    if np.isnan(fit.cover50):
        return True
    return not fit.short and not fit.wide and all(one.short for one in controls)


def predictions(patterns: PatternTable, members: Measured, weights: np.ndarray) -> list[Predicted]:
    """Sum up what the members give for each pattern, of which some cannot be measured."""
    at = {one.id: k for k, one in enumerate(members.patterns)}
    nothing = np.full(len(weights), np.nan)
    return [
        predicted(one, members.mean[:, at[one.id]], members.error[:, at[one.id]], weights)
        if one.id in at
        else predicted(one, nothing, nothing, weights)
        for one in patterns.patterns
    ]


def write(done: Checked) -> None:
    """Write tables and manifest beside what is there and put them in its place together; then make figures and page."""
    fitted = dict.fromkeys(one.cohort for one in done.patterns)
    made, timing = texts(done), {"checks": done.seconds}
    manifest = manifest_of(
        {"code": ROOM.identity(), "seed": done.seed, "calibration": file_hash(done.stored.store.folder / ENSEMBLE)},
        kind=CHECKS,
        title="Checks of a calibration",
        scenarios=[COHORTS[name].build(0) for name in fitted],
        seed=done.seed,
        replicates=max(REPLICATES[name] for name in fitted),
        tables=(),
        inputs=(),
        started=done.started,
        timing={},
        extra={},
    )
    try:
        with TemporaryDirectory(dir=done.folder.parent, prefix=".checks-") as place:
            new = Path(place) / CHECKS
            new.mkdir()
            for name, text in made.items():
                write_text_whole(new / name, text)
            finish_manifest(new, manifest, made, timing=timing, pages=Pages.not_tried(PAGE))
            if done.folder.exists():
                done.folder.rename(Path(place) / "before")
            new.rename(done.folder)

        def page() -> Pictures:
            from experiments.calibration.checks_page import write_page

            return write_page(done.folder, done)

        with keeping(f"the tables are complete in {done.folder}"):
            done.pages.make(PAGE, page)
            finish_manifest(done.folder, manifest, [*made, PAGE, FIGURES, "patterns"], timing=timing, pages=done.pages)
    except OSError as error:
        raise BadInput(
            [Problem(str(done.folder), f"cannot be written: {error.strerror or error}", "a folder to write")]
        ) from None


# --------------------------------------------------------------------------------------------------------------------- tables


def texts(done: Checked) -> dict[str, str]:
    """Tables by the names of their files."""
    found = done.recovery
    top = [
        (one.id, found.names[int(k)], shares[k], label_of(found.names[int(k)]))
        for one, shares in zip(done.patterns, done.shares, strict=True)
        for k in np.argsort(-shares, kind="stable")
        if shares[k] >= TOP
    ]
    left = [
        [
            one.left, one.pattern.id, one.pattern.target, one.pattern.low, one.pattern.high,
            one.without.mean, one.without.low, one.without.high, one.without.within,
            one.fitted.mean, one.fitted.low, one.fitted.high, one.fitted.within,
            *one.prior, one.prior_within, one.learned, one.explained, one.verdict,
        ]
        for one in done.left
    ]  # fmt: skip
    rows = [
        [one.parameter, *list(asdict(one).values())[1:-1], int(one.identifiable), label_of(one.parameter)] for one in found.rows
    ]
    pooled = [list(asdict(one).values()) for one in found.pooled]
    seen = [
        [one.result.id, done.uses.get(one.result.id, "prediction" if one.result.measured else "not measured"),
         one.result.target, one.result.low, one.result.high, one.result.value, one.result.mcse, one.low, one.middle, one.high,
         one.members_inside, int(one.result.inside)]
        for one in done.predicted
    ]  # fmt: skip
    tables: dict[str, tuple[tuple[str, ...], Sequence[Sequence[Any]]]] = {
        "recovery.csv": (
            ("parameter", "p_uniform", "cover50", "cover90", "error50", "error90", "width90", "identifiable", "label"), rows
        ),
        "coverage.csv": (("of", "cover50", "cover90", "error50", "error90"), pooled),
        "constrained.csv": (("pattern", "parameter", "share", "label"), top),
        "left_out.csv": (
            ("left_out", "pattern", "target", "low", "high", "mean_without", "q05_without", "q95_without", "chance_without",
             "mean_with", "q05_with", "q95_with", "chance_with", "prior_q05", "prior_q95",
             "prior_within", "width_of_prior", "explained",
             "verdict"),
            left,
        ),
        "predictive.csv": (
            ("pattern", "use", "target", "low", "high", "mean", "mcse", "q05", "q50", "q95", "members_inside", "inside"), seen
        ),
    }  # fmt: skip
    told_text = json.dumps(as_json(done), indent=1) + "\n"
    return {name: csv_text(head, body, digits=DIGITS) for name, (head, body) in tables.items()} | {SUMMARY: told_text}


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def uniform(found: Recovery) -> tuple[float, int]:
    """Smallest p of the rank histograms times their number (Bonferroni, at most 1), and how many lie below .05."""
    each = np.array([one.uniform for one in found.rows])
    return min(1.0, float(each.min()) * len(each)), int((each < 0.05).sum())


def as_json(done: Checked) -> Mapping[str, Any]:
    """Sum the checks up, for JSON."""
    found = done.recovery
    smallest, below = uniform(found)
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(done.seconds, 1),
        "code": ROOM.identity(),
        "same_code_as_calibration": done.stored.same_code,
        "seed": done.seed,
        "held_out": len(found.truths),
        "fitted_to": found.vectors,
        "chains": found.states.shape[1],
        "steps_kept": round(found.kept, 3),
        "parameters": len(found.names),
        "identifiable": [one.parameter for one in found.rows if one.identifiable],
        "identifiable_but_coverage_off": [one.parameter for one in found.rows if one.identifiable and not one.covered],
        "ranks": {"smallest_p_times_tests": _plain(smallest), "below_05": below, "expected_below_05": 0.05 * len(found.rows)},
        "coverage": {
            one.name: {name: _plain(value) for name, value in asdict(one).items() if name != "name"}
            | {"too_seldom": one.short, "too_often": one.wide}
            for one in found.pooled
        },
        "twice_the_steps": {"width": _plain(found.longer[0]), "difference": _plain(found.longer[1])},
        "left_out": {f"{one.left}: {one.pattern.id}": one.verdict for one in done.left},
        "patterns_inside": sum(one.result.inside for one in done.predicted if one.result.fitted),
        "patterns_fitted": sum(one.result.fitted and one.result.measured for one in done.predicted),
        "missed": [one.result.id for one in done.predicted if one.result.measured and not one.result.inside],
    }
