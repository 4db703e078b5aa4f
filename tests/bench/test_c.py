"""The compiled engine beside the same rules in C: to the byte first, then by time, in turn, on one processor."""

from collections.abc import Callable
from dataclasses import replace
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
from tests.bench.counting import interleaved, machine, ratio, spread
from tests.bench.in_c import ALL_INLINED, FLAGS, Library, compilers, in_c
from tests.plans import shipped, with_services
from tests.sim.branch_run import designed

GATE: Final = 1.05
"""Of the compiled engine's time over that of the same rules in C, by whichever way of compiling C is the fastest here."""
ROUNDS: Final = 41
EACH: Final = 64
"""Replicates of a round: a whole batch of ``simulate``."""

ANY_PROCESSOR: Final = tuple(one for one in FLAGS if one != "-march=native")

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
def library(request: pytest.FixtureRequest, source: str, tmp_path_factory: pytest.TempPathFactory) -> Library:
    arguments = handed(shipped("nine-services")[0], 1)
    return Library(source, arguments, tmp_path_factory.mktemp(request.param) / "rules.so", request.param)


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
def test_a_run_is_the_same_to_the_byte(library: Library, name: str) -> None:
    arguments = RUNS[name]()
    assert written(library, arguments) == written(compiled.run_replicates, arguments)


def test_every_branch_of_the_rules_is_the_same_to_the_byte(library: Library) -> None:
    differ = []
    for name, plan, seed in designed():
        arguments = handed(plan, 2, seed=seed, traced=True)
        if written(library, arguments) != written(compiled.run_replicates, arguments):
            differ.append(name)
    assert not differ


def test_a_change_in_the_last_bit_of_one_constant_is_seen(source: str, tmp_path: Path) -> None:
    if not FOUND:
        pytest.skip(WITHOUT)
    own, other = (number(one).text for one in (5.9109374720e01, np.nextafter(5.9109374720e01, 100.0)))  # of ``normal``
    assert source.count(own) == 1
    arguments = RUNS["nine services"]()
    changed = Library(source.replace(own, other), arguments, tmp_path / "changed.so", next(iter(FOUND)))
    assert written(changed, arguments) != written(compiled.run_replicates, arguments)


# --- the time


@pytest.mark.skipif(not FOUND, reason=WITHOUT)
@pytest.mark.parametrize("values", ["one set of values", "the plausible ensemble"])
def test_the_compiled_engine_takes_hardly_longer_than_c(source: str, values: str, tmp_path: Path) -> None:
    plan = shipped("nine-services")[0] if values == "one set of values" else over_the_ensemble()
    arguments = handed(plan, EACH)
    runs: dict[str, Callable[[], object]] = {"compiled": lambda: compiled.run_replicates(*arguments)}
    for compiler, version in FOUND.items():
        print(f"\n{version}; {' '.join(FLAGS)}")
        for way, flags in {"": FLAGS, ", all inlined": (*FLAGS, ALL_INLINED), ", any processor": ANY_PROCESSOR}.items():
            one = Library(source, arguments, tmp_path / f"{len(runs)}.so", compiler, flags)
            runs[f"C, {compiler}{way}"] = one.ready(*arguments)
    runs["compiled again"] = runs["compiled"]
    seconds = interleaved(runs, rounds=ROUNDS)
    print(f"\n{machine()}; nine services, {values}, {ROUNDS} rounds of {EACH} replicates in turn, one processor\n")
    print("| | ms / replicate | noise | compiled takes, of its time |")
    print("|---|---:|---:|---:|")
    for name, times in seconds.items():
        slower, noise = ratio(seconds["compiled"], times)
        print(f"| {name} | {np.median(times) / EACH * 1e3:.3f} | {spread(times):.0%} | {slower:.3f} ± {noise:.3f} |")
    again, _ = ratio(seconds["compiled again"], seconds["compiled"])
    assert 0.97 <= again <= 1.03, "the machine is too restless: the compiled engine differs from itself"
    fastest = max(ratio(seconds["compiled"], times)[0] for name, times in seconds.items() if name.startswith("C,"))
    assert fastest <= GATE


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
    library = Library(in_c(_mixed, (np.arange(3), results)), (np.arange(3), results), tmp_path / "mixed.so", next(iter(FOUND)))
    rng = np.random.default_rng(1)
    for size in range(40):
        values = rng.integers(-50, 50, size)
        library(values, results)
        found = results.copy()
        _mixed(values, results)
        assert found.tobytes() == results.tobytes()


@pytest.mark.parametrize(("function", "what"), [(_of_python, r"the call sum\(values\)"), (_in_any_order, "changes something")])
def test_what_is_not_known_is_refused_with_its_place(function: Callable[..., object], what: str) -> None:
    with pytest.raises(Unknown, match=rf"test_c\.py:\d+: .*{what}"):
        in_c(function, (np.zeros(3),))
