"""Every branch of the month functions and rules, and every change of state, is taken on the Mesa path."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import coverage
import pytest

import sim
from sim.codes import LeaderType, PractitionerStatus, ServiceState, SlotState
from tests.thoroughly import THOROUGHLY

FLOOR = 99.0
ROOT = Path(sim.__file__).parent.parent
F, P, A, W, S, V, U = map(int, PractitionerStatus)  # full use, planned, partial (ad hoc), waiting, stopped, vacant, untrained
PRACTITIONER = (
    {(F, P), (F, A), (F, W), (F, S)}  # a user drops, adapts, cuts
    | {(P, A), (P, W), (P, S)}  # an adaptation that loses its backing erodes
    | {(A, F), (A, P), (A, W), (A, S)}
    | {(W, F), (W, A), (W, S)}  # resumes, or gives up
    | {(S, F), (S, A)}  # restarts, or takes up parts
    | {(one, V) for one in (F, P, A, W, S, U)}  # leaves
    | {(V, U), (U, F)}  # a successor comes and is trained
)
SLOT = {
    (SlotState.EMPTY, SlotState.RECRUITED),
    (SlotState.RECRUITED, SlotState.IN_COURSE),
    (SlotState.RECRUITED, SlotState.EMPTY),
    (SlotState.IN_COURSE, SlotState.EMPTY),
    (SlotState.EMPTY, SlotState.IN_COURSE),  # taken over from a colleague
}
GIVING = (ServiceState.SUSTAINED, ServiceState.SHRUNKEN, ServiceState.DRIFTED)
SILENT = (ServiceState.DORMANT, ServiceState.ABANDONED)
SERVICE = (
    {(ServiceState.NOT_YET_STARTED, one) for one in (*GIVING, ServiceState.NEVER_STARTED)}
    | {(ServiceState.NEVER_STARTED, one) for one in GIVING}
    | {(one, other) for one in GIVING for other in (*GIVING, *SILENT) if one != other}
    | {(ServiceState.DORMANT, one) for one in (*GIVING, ServiceState.ABANDONED)}
    | {(ServiceState.ABANDONED, one) for one in GIVING}
)
LEADER = {
    (one, LeaderType.VACANT) for one in LeaderType if one != LeaderType.VACANT
} | {(LeaderType.VACANT, one) for one in LeaderType if one != LeaderType.VACANT}  # fmt: skip
POSSIBLE: dict[str, set[tuple[int, int]]] = {"practitioner": PRACTITIONER, "patient": SLOT, "service": SERVICE, "leader": LEADER}
RARE: set[tuple[str, int, int]] = set()
"""Changes that can happen but need not be met: each with its reason."""

Files = dict[str, dict[str, Any]]
Changes = dict[str, Counter[tuple[int, int]]]


def measured(folder: Path, plans: str) -> tuple[Files, Changes]:
    """Coverage by file, and changes of state; in a process of its own, whose measuring is not mixed up with pytest-cov's."""
    settings = folder / "coveragerc"
    settings.write_text(
        f"[run]\nbranch = true\ndata_file = {folder / plans}\ninclude =\n    */sim/months/*\n    */sim/rules.py\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment["PYTHONPATH"] = str(ROOT)
    environment["NUMBA_DISABLE_JIT"] = "1"  # Mesa needs no compiler
    script = Path(__file__).with_name("branch_run.py")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", str(script), plans]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = coverage.Coverage(config_file=str(settings))  # it measures nothing here
    found.load()
    found.json_report(outfile=str(folder / "report.json"))
    changes: Changes = {name: Counter() for name in POSSIBLE}
    for entity, before, after, times in json.loads(done.stdout.splitlines()[-1]):
        changes[entity][before, after] = times
    return json.loads((folder / "report.json").read_text())["files"], changes


def share_taken(files: Files) -> float:
    """Branches that are taken, in per cent."""
    covered, total = (sum(one["summary"][what] for one in files.values()) for what in ("covered_branches", "num_branches"))
    assert total > 300
    print(f"branches taken on the Mesa path: {covered} of {total}, {100 * covered / total:.2f} %")
    return 100 * covered / total


def not_taken(changes: Changes, entity: str) -> list[tuple[int, int]]:
    """Changes that are possible and were not met."""
    rare = {(one, other) for kind, one, other in RARE if kind == entity}
    return [change for change in POSSIBLE[entity] - rare if not changes[entity][change]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Changes]:
    """Of a few plans where they do; of all of them where something is missing, and when everything is tried."""
    folder = tmp_path_factory.mktemp("branches")
    if not THOROUGHLY:
        files, changes = measured(folder, "few")
        if share_taken(files) >= FLOOR and not any(not_taken(changes, entity) for entity in POSSIBLE):
            return files, changes
    return measured(folder, "every")


def test_branches_of_month_functions_and_rules_are_taken(run: tuple[Files, Changes]) -> None:
    files, _ = run
    assert {Path(name).name for name in files} >= {
        "rules.py",
        *(path.name for path in (ROOT / "sim" / "months").glob("[a-z]*.py")),
    }
    missing = [f"{name}: {one['missing_branches']}" for name, one in files.items() if one["missing_branches"]]
    print("not taken (from line, to line):", *missing, sep="\n  ")
    assert share_taken(files) >= FLOOR, missing


@pytest.mark.parametrize(
    ("entity", "names"),
    [("practitioner", PractitionerStatus), ("patient", SlotState), ("service", ServiceState), ("leader", LeaderType)],
)
def test_every_change_of_state_is_taken(run: tuple[Files, Changes], entity: str, names: type) -> None:
    seen, possible = run[1][entity], POSSIBLE[entity]
    table = [
        f"{names(one).name:>24} -> {names(other).name:<24} {seen[one, other]:>6}" for one, other in sorted(possible | set(seen))
    ]
    print(f"changes of a {entity}:", *table, sep="\n")
    assert not [f"{names(one).name} -> {names(other).name}" for one, other in not_taken(run[1], entity)]
    # who becomes another leader is another type at once, by event
    beyond = set(seen) - possible if entity != "leader" else set()
    assert not [f"{names(one).name} -> {names(other).name}" for one, other in beyond]
