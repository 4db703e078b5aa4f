"""Run hypotheses into a folder that can be left and taken up: parts of runs, tables, verdicts, pages."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.executors.pools import Pool
from experiments.hypotheses import ROOM
from experiments.hypotheses.contrasts import Sizes
from experiments.hypotheses.controls import CASES, Controls, run_controls
from experiments.hypotheses.finding import ClaimFound, Found, find
from experiments.hypotheses.foretelling import foretell
from experiments.hypotheses.measuring import Bench
from experiments.hypotheses.prior import PRIOR_CASES, PriorControls, run_prior_controls
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.records import check_records, write_records
from experiments.hypotheses.stability import Reading, differing, others_of
from experiments.hypotheses.tables import PAGES, write_tables
from experiments.hypotheses.worlds import distinct, worlds_of
from experiments.kit.files import Pages, write_json
from experiments.kit.folder import StudyFolder
from experiments.kit.words import label_of
from sim.ensembles import lacking, read_ensemble, shipped_files
from sim.figures.style import Pictures
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble, plain_bytes
from sim.problems import BadInput, Problem
from sim.remake import FIGURES, REPORT
from sim.store.folder import write_text_whole
from sim.store.hashing import canonical_json
from sim.store.holding import PATIENCE

KIND: Final = "hypotheses"
RECORD: Final = "hypotheses.json"
HISTORY: Final = "stated.json"
"""When each hypothesis was first run in this folder, and with which text."""

BESIDE: Final = "; only what decides nothing"
"""Added to the time of a first run when claims, their arms and the rule are as they were then."""

ANOTHER: Final = ": its verdict is that of another text"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Ran:
    """What came of a command.

    Attributes
    ----------
    folder : pathlib.Path
    found : tuple of Found
    controls : Controls
    edited : dict of str to str
        For each hypothesis whose file was changed after it first ran here: when that was.
    seconds : float
    runs : int
    pages : Pages
        Knows what of figures and pages could not be made.
    sizes : Sizes
        How much was run.
    prior : PriorControls
        Controls over draws of the prior.
    others : tuple of Ensemble
        Worlds of the other ensembles over which claims were read.
    """

    folder: Path
    found: tuple[Found, ...]
    controls: Controls
    edited: dict[str, str]
    seconds: float
    runs: int
    pages: Pages
    sizes: Sizes
    prior: PriorControls
    others: tuple[Ensemble, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Controls that did not come out as they must, in words."""
        return (*self.controls.problems, *self.prior.problems)


def identity_of(worlds: Ensemble) -> dict[str, Any]:
    """Identity that stored runs must match, beside what their names say."""
    return {"kind": KIND, "code": ROOM.runs_identity(), "ensemble": worlds.text_hash}


def run_hypotheses(
    hypotheses: Sequence[Hypothesis],
    out: Path,
    ensemble: Ensemble,
    *,
    pool: Pool,
    sizes: Sizes,
    others: Sequence[Ensemble] | None = None,
    restart: bool = False,
    say: Say = lambda _: None,
    progress: Callable[[int], None] | None = None,
) -> Ran:
    """Run hypotheses and the controls, judge, and write everything down.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
    out : pathlib.Path
        Results folder: a new one, or one to go on with.
    ensemble : Ensemble
    pool : Pool
    sizes : Sizes
    others : sequence of Ensemble, optional
        Ensembles over which claims are read too; all that ship unless given, but for those that are the first one again.
    restart : bool
        Remove what is there first.
    say : callable
    progress : callable, optional

    Raises
    ------
    BadInput
        When the folder is of other code or of another ensemble, or runs failed.
    """
    check_records(out, hypotheses)
    count = max(sizes.of(one, "worlds") for one in hypotheses)
    worlds = worlds_of(ensemble, count)
    beside = tuple(worlds_of(one, count) for one in (_shipped() if others is None else others) if not alike(one, ensemble))
    with StudyFolder(out, identity_of(worlds), kind=KIND, store=True, restart=restart) as place:
        with place.held(PATIENCE):
            edited = stated(out, hypotheses)
        for name, when in edited.items():
            say(f"{name} was edited after it had run here ({when})" + ("" if when.endswith(BESIDE) else ANOTHER))
        bench = Bench(worlds, pool, place.store, progress)
        say("controls: planted effects, a policy that does nothing, and luck alone")
        first = hypotheses[0]
        controls = run_controls(
            bench,
            worlds=min(sizes.of(first, "worlds"), count),
            worlds_knockout=min(sizes.of(first, "worlds_knockout"), count),
            replicates=sizes.of(first, "replicates"),
        )
        say("controls over the prior: planted signs, and arms that are the same")
        prior = run_prior_controls(bench, max(sizes.of(one, "draws_prior") for one in hypotheses))
        found = []
        for one in hypotheses:
            say(f"{one.file.hypothesis}: {one.file.title}")
            if one.file.foretelling:
                found.append(foretell(one, bench, sizes, others=beside))
            else:
                found.append(find(one, bench, sizes, others=beside, say=say))
            say(f"{one.file.hypothesis}: {found[-1].verdict}")
        place.lap("runs")
        ran = Ran(out, tuple(found), controls, edited, place.timing["runs"], bench.runs, place.pages, sizes, prior, beside)
        with place.alone(again=True):  # what a team has put on record since is shown
            write_results(place, ran, about(ran, ensemble, worlds, sizes))
    return ran


def _shipped() -> list[Ensemble]:
    """All ensembles that ship."""
    return [read_ensemble(path) for path in shipped_files().values()]


def alike(one: Ensemble, other: Ensemble) -> bool:
    """Whether two ensembles are the same, whatever they are called.

    Parameters
    ----------
    one, other : Ensemble
    """
    return (
        one.parameters == other.parameters
        and np.array_equal(one.values, other.values)
        and np.array_equal(one.weights, other.weights)
    )


def write_results(place: StudyFolder, ran: Ran, record: dict[str, Any]) -> None:
    """Write tables, record and what is to be filled in, then the pages, and last the manifest.

    Parameters
    ----------
    place : StudyFolder
    ran : Ran
    record : dict
        As :func:`about` gives it.
    """
    folder = place.working
    made = write_tables(folder, ran.found)
    write_json(folder / RECORD, record)
    write_records(folder, ran.found, {one["name"]: one["run"] for one in record["hypotheses"]})
    hypotheses = [one.hypothesis for one in ran.found]
    manifest = place.manifest(
        title="; ".join(one.file.title for one in hypotheses),
        scenarios=[arm for one in hypotheses for arm in one.arms.values()],
        seed=hypotheses[0].file.seed,
        replicates=max(one.replicates for one in ran.found),
        extra={"hypotheses": {one["hypothesis"]: one["run"] for one in record["hypotheses"]}},
    )

    def report() -> Pictures:
        from experiments.hypotheses.report import write_report

        return write_report(folder, ran, record)

    place.pages.make("figures and pages", report)
    place.lap("report")
    place.finish(manifest, made=[*made, RECORD, REPORT, FIGURES, PAGES])


def stated(out: Path, hypotheses: Sequence[Hypothesis]) -> dict[str, str]:
    """Note when each hypothesis first ran here, and say which were edited since: their file, or a scenario of their arms.

    Parameters
    ----------
    out : pathlib.Path
    hypotheses : sequence of Hypothesis

    Returns
    -------
    dict of str to str
        By number: when the first text ran, and what was edited if that was not the file itself.
    """
    known = history(out)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    edited = {}
    for one in hypotheses:
        scenarios = {name: arm.hash for name, arm in one.arms.items()}
        now_stated = {"hash": one.hash, "deciding": one.deciding_hash, "first_run": now, "scenarios": scenarios}
        first = known.setdefault(one.file.name, now_stated)
        moved = sorted(name for name, hash_ in scenarios.items() if first["scenarios"].get(name, hash_) != hash_)
        if first["hash"] != one.hash:
            beside = first["deciding"] == one.deciding_hash
            edited[one.file.hypothesis] = first["first_run"] + (BESIDE if beside else "")
        elif moved:
            edited[one.file.hypothesis] = f"{first['first_run']}; scenario of {', '.join(moved)}"
    write_text_whole(out / HISTORY, json.dumps(known, indent=1) + "\n")
    return edited


def history(out: Path) -> dict[str, dict[str, Any]]:
    """By name: text and time of a hypothesis' first run in a folder; empty where nothing ran.

    Raises
    ------
    BadInput
        When it cannot be read.
    """
    path = out / HISTORY
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        raise BadInput([Problem(str(path), "cannot be read", "what this command wrote", "remove it to begin anew")]) from None


def noted_before(out: Path, hypothesis: Hypothesis) -> str:
    """When the present text and scenarios were noted, before the first run here; empty where the folder does not show that.

    Parameters
    ----------
    out : pathlib.Path
    hypothesis : Hypothesis
    """
    first = history(out).get(hypothesis.file.name, {})
    same = first.get("hash") == hypothesis.hash
    scenarios = all(first.get("scenarios", {}).get(name) == arm.hash for name, arm in hypothesis.arms.items())
    return str(first.get("first_run", "")) if same and scenarios else ""


def about(ran: Ran, ensemble: Ensemble, worlds: Ensemble, sizes: Sizes) -> dict[str, Any]:
    """Everything that a reader or a program needs to know of a run; plain JSON without NaN."""
    from sim import __version__
    from sim.store.manifest import commit, library_versions

    controls = {
        case.name: {"says": case.says, "may": list(case.may), "verdict": one.verdict, **plain(asdict(one.toward))}
        for case, one in ((case, ran.controls.judged[case.name]) for case in CASES)
    }
    over_prior = {
        case.name: {
            "says": case.says,
            "must": case.must,
            "sign": ran.prior.sign(case),
            **plain(asdict(ran.prior.effects[case.name])),
        }
        for case in PRIOR_CASES
    }
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "commit": commit(),
        "libraries": library_versions(),
        "code": {"runs": ROOM.runs_identity(), "verdicts": ROOM.identity()},
        "ensemble": {"name": ensemble.name, "members": ensemble.members, "hash": ensemble.text_hash}
        | lacking(ensemble.parameters),
        "worlds": worlds.members,
        "different_worlds": distinct(worlds),
        "sizes": plain(asdict(sizes)),
        "seconds": round(ran.seconds, 1),
        "runs": ran.runs,
        "census": read_table().census(),
        "controls": {**controls, "problems": list(ran.controls.problems)},
        "controls_prior": {**over_prior, "problems": list(ran.prior.problems)},
        "other_ensembles": [{"name": one.name, "hash": one.text_hash} for one in ran.others],
        "hypotheses": [
            {"run": run_hash(one, worlds, sizes), **_told(one, ran.edited.get(one.hypothesis.file.hypothesis, ""))}
            for one in ran.found
        ],
    }


def run_hash(found: Found, worlds: Ensemble, sizes: Sizes) -> str:
    """SHA-256 of all that decides a hypothesis' verdict: code, worlds, sizes, its text and the scenarios of its arms."""
    hypothesis = found.hypothesis
    what = {
        "code": ROOM.identity(), "worlds": hashlib.sha256(plain_bytes(worlds.values)).hexdigest(),
        "sizes": asdict(sizes), "stated": [hypothesis.hash, *(arm.hash for arm in hypothesis.arms.values())],
    }  # fmt: skip
    return hashlib.sha256(canonical_json(what)).hexdigest()


def _told(found: Found, edited: str) -> dict[str, Any]:
    file = found.hypothesis.file
    return {
        "name": file.name,
        "hypothesis": file.hypothesis,
        "title": file.title,
        "hash": found.hypothesis.hash,
        "edited_after": edited,
        "seed": file.seed,
        "verdict": found.verdict,
        "replicates": found.replicates,
        "scenarios": {name: one.hash for name, one in found.hypothesis.arms.items()},
        "claims": [_claim(one) for one in found.claims],
        "former": [_claim(one) for one in found.former],
        "also": [{"name": one.name, "outcome": one.outcome, **plain(asdict(effect))} for one, effect in found.also],
        **plain(found.extra),
    }


def _claim(one: ClaimFound) -> dict[str, Any]:
    """What is told of a claim."""
    claim = one.judged.claim
    told: dict[str, Any] = {
        "name": claim.name,
        "says": claim.says,
        "verdict": one.judged.verdict,
        "outcome": claim.outcome,
        "smallest": claim.smallest,
        "effect": plain(asdict(one.effect)),
        "toward": plain(asdict(one.judged.toward)),
        "reasons": list(one.judged.reasons),
        "breaking": list(one.judged.breaking),
        "correlates": [{**asdict(two), "label": label_of(two.name)} for two in one.correlates],
        "enough": one.enough,
    }
    if one.prior is not None:
        told |= {"prior": plain(asdict(one.prior)), "sign": one.sign}
    if one.readings:
        told["stability"] = {
            "readings": len(others_of(one.readings)),
            "differing": [_named(two) for two in differing(one.readings)],
        }
    return told


def _named(one: Reading) -> dict[str, str]:
    return {"kind": one.kind, "name": one.name, "stands": one.stands}


def plain(value: Any) -> Any:
    """Value as JSON can hold it: what is not a finite number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
