"""Where a compiled month spends its time: ``python -m tests.bench.profile``.

The month of ``sim.compiled`` is compiled a second time with the processor's cycle counter read between its statements, so
each stage is seen where it runs, its agents in the caches and its branches taken as in a real run. Reading the counter adds
a few per cent; shares are what counts.
"""

import argparse
import ast
import inspect
from time import perf_counter
from typing import Any, Final

import numpy as np

from sim.engine import CompiledEngine, Other
from sim.scenario.reader import read_scenario
from sim.scenario.resolve import resolve
from sim.state import dtype_of
from tests.bench.counting import agent_months

TIMED: Final = ("begin", "service_month", "service_month_ends")
"""Functions of ``sim.compiled`` whose statements are timed; whoever calls them passes the counters on."""

MOST: Final = 100
"""Counters."""

TURNS: Final = 40


class _Timing(ast.NodeTransformer):
    """Reads the cycle counter after every top-level statement of the timed functions that calls something."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if node.name not in (*TIMED, "run_replicates"):
            return node
        node.decorator_list = [ast.parse("njit(nogil=True)", mode="eval").body]
        node.args.args.append(ast.arg("ticked"))
        node = self.generic_visit(node)
        if node.name in TIMED:
            body: list[ast.stmt] = [*ast.parse("before = ticks()").body]
            for statement in node.body:
                body.append(statement)
                label = _label(statement)
                if label:
                    body += ast.parse(f"now = ticks()\nticked[{self._number(label)}] += now - before\nbefore = now").body
            node.body = body
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if isinstance(node.func, ast.Name) and node.func.id in TIMED:
            node.args.append(ast.Name("ticked", ast.Load()))
        return node

    def _number(self, label: str) -> int:
        if label not in self.labels:
            self.labels.append(label)
        return self.labels.index(label)


def _label(statement: ast.stmt) -> str:
    """What a statement calls: its month function, or that it draws; empty if it calls nothing worth timing."""
    names = [one.func.id for one in ast.walk(statement) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
    months = [name for name in names if name != "range" and not name.startswith("_draw")]
    if isinstance(statement, ast.For) and "service_begins" in months:
        return "beginning of a replicate"
    if months:
        drawn = " with its draws" if any(name.startswith("_draw") for name in names) else ""
        return months[0] + drawn
    return "draws of service, leader, posts" if names and names != ["range"] else ""


def _ticks() -> Any:
    """Function for compiled code that reads the processor's cycle counter."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def ticks(typing_context: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(ir.IntType(64), [])
            return builder.call(builder.module.declare_intrinsic("llvm.readcyclecounter", fnty=kind), [])

        return types.int64(), code

    return ticks


def timed_run(plan: Any, replicates: int) -> tuple[dict[str, float], float, float]:
    """Run replicates with the counters.

    Parameters
    ----------
    plan : Plan
    replicates : int

    Returns
    -------
    shares : dict of str to float
        Share of the counted cycles, by label.
    plain, timed : float
        Seconds a replicate without and with the counters.
    """
    ordinary = CompiledEngine(plan, 1)
    from sim import compiled

    timing = _Timing()
    tree = ast.fix_missing_locations(timing.visit(ast.parse(inspect.getsource(compiled))))
    names: dict[str, Any] = {"__name__": "sim.compiled_timed", "ticks": _ticks()}
    exec(compile(tree, "sim/compiled.py with counters", "exec"), names)
    space, key = ordinary.space, ordinary.key
    rows = np.zeros((1, len(plan.services), plan.months), dtype_of("service_month"))
    ends = np.zeros((1, len(plan.posts)), dtype_of("practitioner"))
    kept = tuple(np.zeros((0, 0, 0), dtype_of(one)) for one in ("service", "leader", "practitioner", "patient"))
    # The least of many short turns, replicate by replicate: what disturbs the machine only ever adds.
    least = np.full((replicates, MOST), np.iinfo(np.int64).max)
    seconds = np.full((replicates, 2), np.inf)
    for _ in range(TURNS):
        for replicate in range(replicates):
            ticked = np.zeros(MOST, np.int64)
            one, first = np.array([replicate], np.int64), np.zeros(1, np.int64)
            began = perf_counter()
            ordinary.run(one)
            between = perf_counter()
            names["run_replicates"](
                plan.services, plan.posts, plan.calendars, plan.parameters, *key, one, first, *Other.none(1), plan.months,
                space.blanks, space.region, space.state, space.numbers, space.draws, rows, ends, 0, kept, ticked,
            )  # fmt: skip
            ended = perf_counter()
            seconds[replicate] = np.minimum(seconds[replicate], (between - began, ended - between))
            least[replicate] = np.minimum(least[replicate], ticked)
    counted = least.mean(axis=0)
    total = counted.sum()
    plain, timed = seconds.mean(axis=0).tolist()
    return {label: float(count / total) for label, count in zip(timing.labels, counted, strict=False)}, plain, timed


def main() -> None:
    """Print the profile as a table of Markdown."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("scenario", nargs="?", default="nine-services")
    reading.add_argument("-n", "--replicates", type=int, default=12)
    asked = reading.parse_args()
    plan = resolve(read_scenario(asked.scenario))
    shares, plain, timed = timed_run(plan, asked.replicates)
    agents = agent_months(plan, replicates=20)
    print(f"{plain * 1e6:.0f} microseconds a replicate, {timed * 1e6:.0f} with counters; ", end="")
    print(f"{agents:.0f} agent-months a replicate: {agents / plain / 1e6:.1f} million a second\n")
    print("| stage | share | microseconds / replicate |\n|---|---|---|")
    for label, share in sorted(shares.items(), key=lambda one: -one[1]):
        print(f"| {label} | {share:.1%} | {share * plain * 1e6:.0f} |")


if __name__ == "__main__":
    main()
