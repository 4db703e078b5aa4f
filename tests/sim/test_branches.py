"""Every branch of the month functions and rules, and every change of state, is taken on the Mesa path."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import sim
from sim.codes import LeaderType, PractitionerStatus, ServiceState, SlotState

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
RARE: set[tuple[str, int, int]] = set()
"""Changes that can happen but need not be met: each with its reason."""

Changes = dict[str, Counter[tuple[int, int]]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, dict[str, int]]], Changes]:
    """Coverage by file, and changes of state; in a process of its own, whose measuring is not mixed up with pytest-cov's."""
    folder = tmp_path_factory.mktemp("branches")
    settings = folder / "coveragerc"
    settings.write_text(
        f"[run]\nbranch = true\ndata_file = {folder / 'data'}\ninclude =\n    */sim/months/*\n    */sim/rules.py\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment["PYTHONPATH"] = str(ROOT)
    environment["NUMBA_DISABLE_JIT"] = "1"  # Mesa needs no compiler
    script = Path(__file__).with_name("branch_run.py")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", str(script)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report = [sys.executable, "-m", "coverage", "json", f"--rcfile={settings}", "-q", "-o", str(folder / "report.json")]
    subprocess.run(report, cwd=ROOT, env=environment, check=True, capture_output=True)
    files = json.loads((folder / "report.json").read_text())["files"]
    changes: Changes = {name: Counter() for name in ("service", "leader", "practitioner", "patient")}
    for entity, before, after, times in json.loads(done.stdout.splitlines()[-1]):
        changes[entity][before, after] = times
    return files, changes


def test_branches_of_month_functions_and_rules_are_taken(run: tuple[dict[str, dict], Changes]) -> None:
    files, _ = run
    assert {Path(name).name for name in files} >= {
        "rules.py",
        *(path.name for path in (ROOT / "sim" / "months").glob("[a-z]*.py")),
    }
    covered = sum(one["summary"]["covered_branches"] for one in files.values())
    total = sum(one["summary"]["num_branches"] for one in files.values())
    assert total > 300
    missing = [f"{name}: {one['missing_branches']}" for name, one in files.items() if one["missing_branches"]]
    print(f"branches taken on the Mesa path: {covered} of {total}, {100 * covered / total:.2f} %")
    print("not taken (from line, to line):", *missing, sep="\n  ")
    assert 100 * covered / total >= FLOOR, missing


@pytest.mark.parametrize(
    ("entity", "possible", "names"),
    [
        ("practitioner", PRACTITIONER, PractitionerStatus),
        ("patient", SLOT, SlotState),
        ("service", SERVICE, ServiceState),
        ("leader", LEADER, LeaderType),
    ],
)
def test_every_change_of_state_is_taken(run: tuple[dict[str, dict], Changes], entity: str, possible: set, names: type) -> None:
    seen = run[1][entity]
    table = [
        f"{names(one).name:>24} -> {names(other).name:<24} {seen[one, other]:>6}" for one, other in sorted(possible | set(seen))
    ]
    print(f"changes of a {entity}:", *table, sep="\n")
    rare = {(one, other) for kind, one, other in RARE if kind == entity}
    assert not [f"{names(one).name} -> {names(other).name}" for one, other in possible - rare if not seen[one, other]]
    # who becomes another leader is another type at once, by event
    beyond = set(seen) - possible if entity != "leader" else set()
    assert not [f"{names(one).name} -> {names(other).name}" for one, other in beyond]
