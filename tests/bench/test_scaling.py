"""Time and memory as replicates and services grow. Each measurement is a process of its own, so that memory is its own."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

import numpy as np
import pytest

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

LARGE: Final = 20_000
"""Services of the largest region that is meant to fit two threads and LARGE_BYTES, over 84 months."""
LARGE_BYTES: Final = 2e9
LARGE_CHILD: Final = """
import json, resource, sys, time
from dataclasses import replace
from sim.blocks import simulate_in_blocks
from sim.ensembles import chosen_ensemble
from sim.measures import Summary
from sim.runs import run
from sim.scenario import read_scenario, resolve

file, out = sys.argv[1:]
before = time.perf_counter()
if out:
    run(file, replicates=4, threads=2, figures=False, out=out)
else:
    plan = resolve(replace(read_scenario(file), ensemble=chosen_ensemble("plausible")))
    summary = Summary(plan)
    for batch in simulate_in_blocks(plan, seed=1, replicates=4, threads=2):
        summary.add(batch)
        del batch  # before the next is made: where services are linked, it holds a whole replicate
    summary.tables()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": time.perf_counter() - before, "peak": peak * (1 if sys.platform == "darwin" else 1024)}))
"""


def measured(*, services: int, months: int, replicates: int, rounds: int) -> dict[str, Any]:
    """Least processor time of some rounds, and peak memory, in a process of its own."""
    asked = json.dumps({"services": services, "months": months, "replicates": replicates, "rounds": rounds})
    done = subprocess.run([sys.executable, "-c", CHILD, asked], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured_large(folder: Path, *, linked: bool, tables: bool) -> dict[str, Any]:
    """Seconds by the clock and peak memory of four replicates of the national scenario with LARGE services."""
    text = Path("scenarios/national.toml").read_text().replace('name = "national"', 'name = "large"')
    text = text.replace("count = 2000", f"count = {LARGE}")
    if linked:
        fields = "[synthetic.fields]\n"
        text = text.replace(fields, fields + 'pooling = { distribution = "choice", shares = { region = 1.0 } }\n')
    file, out = folder / "large.toml", folder / "run"
    file.write_text(text)
    asked = [sys.executable, "-c", LARGE_CHILD, str(file), str(out) if tables else ""]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    rmtree(out, ignore_errors=True)  # 1.7 GB of tables
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


@pytest.mark.parametrize("tables", [False, True])
def test_memory_of_a_large_region(tables: bool, tmp_path: Path) -> None:
    apart, linked = (measured_large(tmp_path, linked=one, tables=tables) for one in (False, True))
    for words, one in (("services apart", apart), ("services linked by pooled figures", linked)):
        print(f"\n{LARGE:,} x 84 x 4, tables {tables}, {words}: {one['seconds']:.0f} s, {one['peak'] / 1e9:.2f} GB")
    assert apart["peak"] < LARGE_BYTES
    # the control: linked, the rows of a replicate are there as a whole, and the measurement sees them
    assert linked["peak"] > apart["peak"] + 1e9
