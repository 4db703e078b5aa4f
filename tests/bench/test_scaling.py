"""Time and memory as replicates and services grow. Each measurement is a process of its own, so that memory is its own."""

import json
import subprocess
import sys
from typing import Any, Final

import numpy as np

from tests.bench.counting import machine

SLOPE_LOW, SLOPE_HIGH = 0.95, 1.07
REPLICATES: Final = (100, 1_000, 10_000, 100_000)
SERVICES: Final = (9, 90, 900, 20_000)
MEMORY_FLAT: Final = 1.25
"""Peak memory of the most replicates over that of a tenth of them: flat, but for what the allocator keeps."""

CHILD: Final = """
import json, resource, sys, time
from dataclasses import replace
import numpy as np
from sim.engine import simulate
from sim.scenario.reader import read_scenario
from sim.scenario.resolve import resolve

asked = json.loads(sys.argv[1])
plan = resolve(read_scenario("nine-services"))
months = asked["months"]
plan = replace(plan, months=months, calendars=plan.calendars[:, :months])
services, posts = [], []
for number in range(asked["services"]):
    one = plan.services[number % len(plan.services)].copy()
    own = plan.posts[one["first_post"] : one["first_post"] + one["posts"]]
    one["key"], one["first_post"] = number, last if number else 0
    last = int(one["first_post"]) + len(own)
    services.append(one)
    posts.append(own)
names = tuple(str(number) for number in range(len(services)))
plan = replace(
    plan, services=np.array(services, plan.services.dtype), posts=np.concatenate(posts), service_names=names, post_names=()
)
for _ in simulate(plan, seed=1, replicates=1):
    pass  # loads the compiled code
times = []
for _ in range(asked["rounds"]):
    before = time.thread_time()
    sustained = 0
    for batch in simulate(plan, seed=1, replicates=asked["replicates"]):
        sustained += int((batch.rows["state"][:, :, -1] == 0).sum())  # streamed: nothing else is kept
    times.append(time.thread_time() - before)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": min(times), "peak": peak * (1 if sys.platform == "darwin" else 1024), "posts": len(plan.posts)}))
"""


def measured(*, services: int, months: int, replicates: int, rounds: int) -> dict[str, Any]:
    """Least processor time of some rounds, and peak memory, in a process of its own."""
    asked = json.dumps({"services": services, "months": months, "replicates": replicates, "rounds": rounds})
    done = subprocess.run([sys.executable, "-c", CHILD, asked], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def slope(sizes: list[float], seconds: list[float]) -> float:
    """Slope of the straight line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def show(what: str, sizes: tuple[int, ...], found: list[dict[str, Any]]) -> None:
    print(f"\n\n{machine()}; processor time, least of several\n\n| {what} | seconds | peak memory, MB |\n|---|---|---|")
    for size, one in zip(sizes, found, strict=True):
        print(f"| {size:,} | {one['seconds']:.4f} | {one['peak'] / 1e6:.0f} |")


def test_replicates() -> None:
    # two services and a year, so that a hundred thousand replicates take seconds
    found = [measured(services=2, months=12, replicates=many, rounds=max(1, 10_000 // many)) for many in REPLICATES]
    show("replicates, two services, 12 months", REPLICATES, found)
    line = slope([float(one) for one in REPLICATES], [one["seconds"] for one in found])
    grown = found[-1]["peak"] / found[-2]["peak"]
    print(f"\nslope {line:.3f} (gate {SLOPE_LOW} to {SLOPE_HIGH}); ten times the replicates take {grown:.2f} times the memory")
    assert SLOPE_LOW <= line <= SLOPE_HIGH
    assert grown <= MEMORY_FLAT


def test_services() -> None:
    found = [
        measured(services=many, months=12, replicates=max(1, 4_500 // many), rounds=max(1, min(5, 9_000 // many)))
        for many in SERVICES
    ]
    each = [one["seconds"] / max(1, 4_500 // many) for one, many in zip(found, SERVICES, strict=True)]
    for one, seconds in zip(found, each, strict=True):
        one["seconds"] = seconds
    show("services, 12 months, seconds a replicate", SERVICES, found)
    line = slope([float(one["posts"]) for one in found], each)
    print(f"\nslope against posts {line:.3f} (gate {SLOPE_LOW} to {SLOPE_HIGH})")
    assert SLOPE_LOW <= line <= SLOPE_HIGH
