"""The compiled engine beside the same rules in C: to the byte first, then by time, in turn, on one processor."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from sim import compiled
from sim.codes import POOL_REGION
from sim.engine import CompiledEngine, Other
from sim.ensembles import chosen_ensemble
from sim.holds import Hold, holds_of
from sim.plan import Plan
from sim.portable import normal
from sim.scenario import read_scenario, resolve
from tests.bench.c_program import Unknown, number
from tests.bench.counting import interleaved, machine, ratio
from tests.bench.in_c import ALL_INLINED, FLAGS, InC, compilers, in_c, library
from tests.plans import shipped, with_services
from tests.sim.branch_run import designed

GATE: Final = 1.05
"""Of the compiled engine's time over that of the same rules in C, by whichever way of compiling C is the fastest here."""
PROCESSES: Final = 9
"""Where a process happens to have its code and its pages moves the ratio by some per cent, for as long as it lives."""
ROUNDS: Final = 11
"""In each process."""
EACH: Final = 64
"""Replicates of a round: a whole batch of ``simulate``."""
WAYS: Final = {
    "": FLAGS,
    ", all inlined": (*FLAGS, ALL_INLINED),
    ", any processor": tuple(one for one in FLAGS if one != "-march=native"),
}
"""Of compiling C."""

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = "import sys; from tests.bench.test_c import in_turn; in_turn(sys.argv[1])"

FOUND: Final = compilers()
WITHOUT: Final = "neither gcc nor clang is here: the rules cannot be compiled from C"

Arguments = tuple[Any, ...]


def handed(plan: Plan, replicates: int, *, seed: int = 1, other: Other | None = None, traced: bool = False) -> Arguments:
    """What the compiled engine hands to its machine code for a run."""
    seen: list[Arguments] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "run_replicates", lambda *arguments: seen.append(arguments))
        CompiledEngine(plan, seed).run(np.arange(replicates, dtype=np.int64), other=other, traced=traced)
    return seen[0]


def written(run: Callable[..., object], arguments: Arguments) -> list[bytes]:
    """Bytes of rows, ends and traces after a run, which finds nothing there of what another one wrote."""
    *_, rows, ends, _, traces = arguments
    results = [one for one in (rows, ends, *traces) if one.size]
    for one in results:
        one.view(np.uint8)[...] = 255
    run(*arguments)
    return [one.tobytes() for one in results]


@pytest.fixture(scope="module")
def source() -> str:
    return in_c(compiled.run_replicates, handed(shipped("nine-services")[0], 1))


@pytest.fixture(scope="module", params=FOUND or [pytest.param("", marks=pytest.mark.skip(reason=WITHOUT))])
def rules(request: pytest.FixtureRequest, source: str, tmp_path_factory: pytest.TempPathFactory) -> InC:
    path = library(source, tmp_path_factory.mktemp(request.param) / "rules.so", request.param)
    return InC(path, handed(shipped("nine-services")[0], 1))


# --- the same bits


def over_the_ensemble() -> Plan:
    return resolve(replace(read_scenario("nine-services"), ensemble=chosen_ensemble()))


def branched(count: int) -> Other:
    """Luck that branches at another month in each replicate, and two streams that are held."""
    branches = 7 * np.arange(count, dtype=np.int64)
    held = (Hold("practitioner.leaves", 0.2, first=20, end=50), Hold("patient.attendance"))
    return Other(branches, np.arange(count, dtype=np.int64) + 2**31, holds_of(held))


RUNS: Final[dict[str, Callable[[], Arguments]]] = {
    "nine services": lambda: handed(shipped("nine-services")[0], 8, traced=True),
    "over the plausible ensemble": lambda: handed(over_the_ensemble(), 8, traced=True),
    "figures pooled over the region": lambda: handed(
        with_services(shipped("monitoring-believed")[0], pooling=POOL_REGION), 8, traced=True
    ),
    "many policies": lambda: handed(shipped("all-ingredients")[0], 8, traced=True),
    "other luck, and draws that are held": lambda: handed(shipped("nine-services")[0], 8, other=branched(8), traced=True),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_the_same_to_the_byte(rules: InC, name: str) -> None:
    arguments = RUNS[name]()
    assert written(rules, arguments) == written(compiled.run_replicates, arguments)


def test_every_branch_of_the_rules_is_the_same_to_the_byte(rules: InC) -> None:
    differ = []
    for name, plan, seed in designed():
        arguments = handed(plan, 2, seed=seed, traced=True)
        if written(rules, arguments) != written(compiled.run_replicates, arguments):
            differ.append(name)
    assert not differ


def test_a_change_in_the_last_bit_of_one_constant_is_seen(source: str, tmp_path: Path) -> None:
    if not FOUND:
        pytest.skip(WITHOUT)
    own, other = (number(one).text for one in (5.9109374720e01, np.nextafter(5.9109374720e01, 100.0)))  # of ``normal``
    assert source.count(own) == 1
    arguments = RUNS["nine services"]()
    changed = library(source.replace(own, other), tmp_path / "changed.so", next(iter(FOUND)))
    assert written(InC(changed, arguments), arguments) != written(compiled.run_replicates, arguments)


# --- the time


VALUES: Final[dict[str, Callable[[], Plan]]] = {
    "one set of values": lambda: shipped("nine-services")[0],
    "the plausible ensemble": over_the_ensemble,
}


def in_turn(folder: str) -> None:
    """Print the seconds of each round by values and by what ran; for a process of its own, with libraries that are compiled."""
    told = {}
    for values, plan in VALUES.items():
        arguments = handed(plan(), EACH)
        runs: dict[str, Callable[[], object]] = {"compiled": partial(compiled.run_replicates, *arguments)}
        for path in sorted(Path(folder).glob("*.so"), key=lambda one: one.stem):
            runs[path.stem] = InC(path, arguments).ready(*arguments)
        runs["compiled again"] = runs["compiled"]
        told[values] = interleaved(runs, rounds=ROUNDS)
    print(json.dumps(told))


@pytest.mark.skipif(not FOUND, reason=WITHOUT)
def test_the_compiled_engine_takes_hardly_longer_than_c(source: str, tmp_path: Path) -> None:
    for compiler in FOUND:
        for way, flags in WAYS.items():
            library(source, tmp_path / f"C, {compiler}{way}.so", compiler, flags)
    told = []
    for _ in range(PROCESSES):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=600
        )
        told.append(json.loads(ran.stdout))
    print(f"\n\n{machine()}; {'; '.join(FOUND.values())}; {' '.join(FLAGS)}")
    print(f"Nine services, {PROCESSES} processes with {ROUNDS} rounds of {EACH} replicates in turn, one processor\n")
    print("| values | | ms / replicate | compiled takes, of its time | in single processes |")
    print("|---|---|---:|---:|---:|")
    ratios = {}
    for values in VALUES:
        for name in told[0][values]:
            each = [ratio(one[values]["compiled"], one[values][name])[0] for one in told]
            took = np.median([np.median(one[values][name]) for one in told]) / EACH * 1e3
            ratios[values, name] = float(np.median(each))
            print(f"| {values} | {name} | {took:.3f} | {np.median(each):.3f} | {min(each):.3f} to {max(each):.3f} |")
    for values in VALUES:
        again = ratios[values, "compiled again"]
        assert 0.97 <= again <= 1.03, "the machine is too restless: the compiled engine differs from itself"
        assert max(one for (which, name), one in ratios.items() if which == values and name.startswith("C,")) <= GATE


# --- the translator


def _mixed(values: Any, results: Any) -> None:
    total = 0
    for i in range(values.shape[0]):
        if values[i] < -40 or not (values[i] > 3 or i > 0):
            continue
        low, high = min(values[i], 0), max(values[i], -0.5, i)
        total = total + low // 3 + abs(low) % 7 + low % 5 + high / 2 - int(high * -0.3)
    results[0] = total if -1e9 < total <= 1e9 and values.shape[0] > 0 else normal(0.3)


def _of_python(values: Any) -> None:
    values[0] = sum(values)


def _changes(values: Any) -> float:
    values[0] = values[0] + 1.0
    return 1.0


def _in_any_order(values: Any) -> None:
    values[1] = values[0] + _changes(values)


@pytest.mark.skipif(not FOUND, reason=WITHOUT)
def test_c_counts_as_python_does(tmp_path: Path) -> None:
    results = np.zeros(1)
    arguments = (np.arange(3), results)
    mixed = InC(library(in_c(_mixed, arguments), tmp_path / "mixed.so", next(iter(FOUND))), arguments)
    rng = np.random.default_rng(1)
    for size in range(40):
        values = rng.integers(-50, 50, size)
        mixed(values, results)
        found = results.copy()
        _mixed(values, results)
        assert found.tobytes() == results.tobytes()


@pytest.mark.parametrize(("function", "what"), [(_of_python, r"the call sum\(values\)"), (_in_any_order, "changes something")])
def test_what_is_not_known_is_refused_with_its_place(function: Callable[..., object], what: str) -> None:
    with pytest.raises(Unknown, match=rf"test_c\.py:\d+: .*{what}"):
        in_c(function, (np.zeros(3),))
