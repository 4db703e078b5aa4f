"""Whatever happens to a sweep, the same command given again ends it as if nothing had happened."""

import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from experiments.sweeps.reading import read_study
from experiments.sweeps.running import Watcher, sweep
from sim.store.holding import NOTE
from sim.store.placing import PARTIAL
from sim.store.reader import check_folder
from tests.experiments.sweeps.sweep_process import BLOCKS, CHANGING, LOG, TIMED, results
from tests.thoroughly import so_many, some

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked, limited and looked up in /proc")

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # threads of the linear algebra do not survive a fork
RANDOM_KILLS = so_many(2, 10)
"""At moments that are others each time; every kind of step has a kill of its own besides."""
MANY = 40
"""Replicates of a sweep that takes long enough to be caught in the middle of it."""
AT_ONCE = so_many(1, 4)
"""How often two run at the same time, each time otherwise interleaved."""
WAITED = 300
"""Seconds within which what must end has ended, however busy the machine."""

STUDY = """
schema_version = 1
name = "small"
title = "Small"
question = "Is anything lost?"
scenarios = ["nine-services", "all-active"]
replicates = 6
seed = 1
months = 6
keep = ["outcomes", "aggregates"]
[design]
kind = "factorial"
[factors.hours_protected]
levels = [1.0, 8.0]
"""

KEPT = "what is finished is kept; the same command goes on"

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    folder.chmod(0o755)
    (folder / "small.toml").write_text(STUDY, encoding="utf-8")
    return str(folder / "small.toml")


@pytest.fixture(scope="module")
def words(study: str) -> list[str]:
    """The command, but for its folder."""
    return ["sweep", study, "--no-report", "--executor", "serial"]


@pytest.fixture(scope="module")
def server(words: list[str]) -> Iterator[Ask]:
    """Gives the answer of a process that forks a child for each request."""
    # no module of its own: each worker process of a child's would load that
    script = "import sys; from tests.experiments.sweeps.sweep_process import serve; serve(sys.argv[1:])"
    command = [sys.executable, "-c", script, *words]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, cwd=ROOT, env=ENVIRONMENT, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(requests: list[dict[str, Any]] | dict[str, Any]) -> Any:
            print(json.dumps(requests), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()
        assert process.wait(WAITED) == 0


@pytest.fixture(scope="module")
def run(server: Ask, words: list[str]) -> Ask:
    """Gives the answer to one command."""

    def run(folder: Path, *more: str, **request: Any) -> dict[str, Any]:
        (answer,) = server([{"words": [*words, *more], "folder": str(folder), **request}])["answer"]
        return answer

    return run


@pytest.fixture(scope="module")
def undisturbed(run: Ask, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A sweep that nobody disturbed: its folder, what is in it, the steps that it took."""
    folder = tmp_path_factory.mktemp("undisturbed") / "sweep"
    done = run(folder)
    assert done["status"] == 0, done["said"]
    return {"folder": folder, "results": results(folder), "steps": done["steps"]}


@pytest.fixture(scope="module")
def expected(undisturbed: dict[str, Any]) -> dict[str, str]:
    return undisturbed["results"]


@pytest.fixture(scope="module")
def many(run: Ask, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is in the folder of a larger sweep."""
    folder = tmp_path_factory.mktemp("many") / "sweep"
    assert run(folder, "-n", str(MANY))["status"] == 0
    return results(folder)


def lines(folder: Path) -> list[dict[str, Any]]:
    """The run log."""
    return [json.loads(one) for one in (folder / LOG).read_text(encoding="utf-8").splitlines()]


def is_temporary(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def unsound(folder: Path, expected: dict[str, str]) -> list[str]:
    """What can be seen in a folder that must never be seen: a file under its own name that is not whole."""
    found = results(folder) if folder.exists() else {}
    return [name for name, value in found.items() if not is_temporary(name) and value != expected.get(name)]


def different(folder: Path, expected: dict[str, str]) -> list[str]:
    """Files that are not as in an undisturbed sweep, too many or too few."""
    found = results(folder)
    return sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name)) + check_folder(folder)


def jobs_in(folder: Path) -> int:
    return len(list((folder / "jobs").glob("*.json")))


# ------------------------------------------------------------------------------------------------------------- nobody disturbs it


def test_an_undisturbed_sweep_has_every_run_once(undisturbed, run: Ask, tmp_path: Path) -> None:
    import pandas as pd

    folder = undisturbed["folder"]
    names = {name.split("/")[0] for name in undisturbed["results"]}
    parts = {"runs", "tallies", "fidelity_counts", "survival_counts", "jobs"}
    texts = {"store.json", "study.json", "study.toml", "codebook.csv", "codebook.md", "manifest.json", TIMED[1]}
    assert names == parts | texts | {"tables"}
    rows = pd.read_parquet(folder / "runs")
    assert len(rows) == 24
    assert not rows.duplicated(["scenario", "point", "run"]).any()
    assert rows.groupby(["scenario", "point"], observed=True)["run"].apply(sorted).tolist() == [list(range(6))] * 4
    tallies = pd.read_parquet(folder / "tables" / "tallies.parquet")
    assert not tallies.duplicated(["scenario", "point", "group", "unit", "month", "measure"]).any()
    assert set(tallies["runs"]) == {6}
    run(tmp_path / "again")
    assert different(tmp_path / "again", undisturbed["results"]) == []


def test_the_same_command_again_changes_nothing(undisturbed, run: Ask, tmp_path: Path) -> None:
    shutil.copytree(undisturbed["folder"], tmp_path / "sweep")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sweep").rglob("*")}
    done = run(tmp_path / "sweep")
    assert (done["status"], done["steps"]) == (0, [])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sweep").rglob("*")} == before


# ------------------------------------------------------------------------------------------------------------- it is killed


def moments_of_all_kinds(steps: Sequence[str], seed: int) -> list[int]:
    """Of each named step one occurrence; and one of every other change on the disk that such a step does not stand beside."""
    choose = random.Random(seed)
    places = {step: [at for at, one in enumerate(steps) if one == step] for step in steps}
    beside = re.compile(r"os.rename /[a-z_]+/NAME|open .*\.part$|os.mkdir /[a-z_]+_counts")
    return sorted(choose.choice(every) for step, every in places.items() if not beside.match(step))


def shape(folder: Path) -> dict[str, int]:
    """Names of all files, those that are others at other times made alike, and how many there are."""
    return Counter(CHANGING.sub("NAME", path.relative_to(folder).as_posix()) for path in folder.rglob("*"))


def test_killed_at_any_step_and_resumed_it_ends_as_if_undisturbed(undisturbed, run: Ask, tmp_path: Path) -> None:
    """What a process that is killed leaves is what is on the disk at that moment: copied in one run, at all of them."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    steps, expected = undisturbed["steps"], undisturbed["results"]
    named = {"before write", "during write", "after write", "before rename", "after rename", "before record", "after record"}
    assert named < set(steps)
    moments = moments_of_all_kinds(steps, seed)
    assert len(moments) > 30
    moments = some(moments, 10)
    left = tmp_path / "left"
    left.mkdir()
    assert run(tmp_path / "whole", copied_at=moments, copies=str(left))["steps"] == steps
    for at in random.Random(seed).sample(moments[1:], so_many(1, 3)):  # it is what a kill leaves
        folder = tmp_path / str(at)
        assert run(folder, at=at)["status"] == -signal.SIGKILL
        assert shape(folder) == shape(left / str(at)), steps[at]
    seen: dict[frozenset[tuple[str, str]], int] = {}
    for at in moments:
        folder = left / str(at)
        assert unsound(folder, expected) == [], steps[at]
        found = (
            frozenset((CHANGING.sub("NAME", name), value) for name, value in results(folder).items())
            if folder.exists()
            else frozenset()
        )
        if seen.setdefault(found, at) != at:  # nothing else was on the disk at the moment before
            continue
        kept, whole = jobs_in(folder), (folder / "manifest.json").exists()
        resumed = run(folder)
        assert resumed["status"] == 0, (steps[at], resumed["said"])
        assert different(folder, expected) == [], steps[at]
        (*_, last) = (one for one in lines(folder) if one["what"] == "began")
        assert whole or (last["kept"], last["jobs"]) == (kept, 5 - kept)  # nothing is done again


def test_killed_at_random_moments_and_resumed_it_ends_as_if_undisturbed(
    server: Ask, run: Ask, words: list[str], tmp_path: Path, many
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    moments = random.Random(seed)
    more = ("-n", str(MANY))  # so that most of the time goes by between the first job and the last
    threads = [*words[:-1], "threads", "--workers", "2", *more]
    whole = tmp_path / "whole"
    duration = server([{"words": threads, "folder": str(whole)}])["seconds"]
    kills = between = 0
    for number in range(10 * RANDOM_KILLS):
        if kills >= RANDOM_KILLS and between:
            break
        folder = tmp_path / str(number)
        for _ in range(moments.choice((1, 2, 4))):  # also kill who resumes
            request = {"words": threads, "folder": str(folder), "after": moments.uniform(0, duration)}
            (killed,) = server([request])["answer"]
            kills += killed["status"] == -signal.SIGKILL
            between += killed["status"] == -signal.SIGKILL and 0 < jobs_in(folder) < jobs_in(whole)
            assert unsound(folder, many) == []
        assert run(folder, *more)["status"] == 0
        assert different(folder, many) == []
        shutil.rmtree(folder)
    print(f"{kills} kills, {between} of them between the first job and the last")
    assert kills >= RANDOM_KILLS
    assert between > 0


def test_the_same_comparison_catches_what_is_wrong(undisturbed, run: Ask, tmp_path: Path) -> None:
    expected = undisturbed["results"]
    whole = run(tmp_path / "whole", control="no rename")
    halves = [at for at, step in enumerate(whole["steps"]) if step == "during write"]
    seen = []
    for at in halves[2:6]:
        run(tmp_path / str(at), control="no rename", at=at)
        seen += unsound(tmp_path / str(at), expected)
    assert len(seen) == 4  # half a file under its own name
    folder = tmp_path / "damaged"
    shutil.copytree(undisturbed["folder"], folder)
    (folder / "manifest.json").unlink()
    part = sorted((folder / "tallies").iterdir())[0]
    part.write_bytes(part.read_bytes()[:-1])
    run(folder, control="unverified")  # whatever it says
    assert different(folder, expected) != []
    (folder / "runs" / "more.parquet").touch()
    assert "runs/more.parquet" in different(folder, expected)


@pytest.mark.parametrize("damage", ["cut short", "changed", "lost", "record"])
def test_a_damaged_part_is_made_again_and_that_is_said(undisturbed, run: Ask, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "sweep"
    shutil.copytree(undisturbed["folder"], folder)
    part = sorted((folder / ("jobs" if damage == "record" else "runs")).iterdir())[2]
    content = part.read_bytes()
    part.write_bytes(content[:-100] if damage in {"cut short", "record"} else content[:50] + b"X" + content[51:])
    if damage == "lost":
        part.unlink()
    done = run(folder)
    assert done["status"] == 0
    assert re.search(rf"{part.parent.name}/{part.name}: .*: will be made again", done["said"])
    assert different(folder, undisturbed["results"]) == []
    (*_, last) = (one for one in lines(folder) if one["what"] == "began")
    assert (last["jobs"], last["kept"]) == (1, 4)


# ------------------------------------------------------------------------------------------------------------- it is interrupted


@pytest.mark.parametrize(("name", "status", "how"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "stopped")])
def test_a_signal_at_any_step_stops_it_cleanly(undisturbed, run: Ask, tmp_path: Path, name: str, status: int, how: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    steps, expected = undisturbed["steps"], undisturbed["results"]
    moments = set(random.Random(seed).sample(range(len(steps)), so_many(1, 5)))
    # while it is noted who is at work, and while the note is taken away, it stops as cleanly
    noted = {step.split()[0]: at for at, step in enumerate(steps) if step.endswith(NOTE)}
    assert set(noted) == {"open", "os.remove"}
    for at in sorted(moments | set(noted.values())):
        folder = tmp_path / str(at)
        stopped = run(folder, at=at, signal=name)
        assert stopped["status"] == status, (steps[at], stopped)
        assert stopped["said"].splitlines()[-1] == f"{how}: {KEPT}", steps[at]
        assert "Traceback" not in stopped["said"]
        assert [one for one in (results(folder) if folder.exists() else {}) if is_temporary(one)] == []
        assert unsound(folder, expected) == []
        assert run(folder)["status"] == 0
        assert different(folder, expected) == [], steps[at]


def lives(process: int) -> bool:
    """Whether a process of somebody else's has not ended."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"


def processes_of(session: int) -> list[str]:
    """Processes of a session that live."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                state, _, _, number = (place / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(number) == session and state not in "ZX":
                    found.append((place / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it has ended meanwhile
                continue
    return found


STOPPED = (
    (["--executor", "processes", "--workers", "2"], "SIGINT", 130),
    (["--executor", "processes", "--workers", "2"], "SIGKILL", -9),
    (["--cluster", "local:2"], "SIGINT", 130),
    (["--cluster", "local:2"], "SIGKILL", -9),
    (["--executor", "threads"], "SIGTERM", 143),
)


def test_who_is_stopped_mid_run_leaves_no_process(server: Ask, run: Ask, study: str, many, tmp_path: Path) -> None:
    for where, name, status in some(STOPPED, 1):
        folder = tmp_path / f"{where[1]}-{name}"
        stopped_mid_run(server, run, ["sweep", study, "-n", str(MANY), "--no-report", *where], many, folder, name, status)


def stopped_mid_run(server: Ask, run: Ask, words: list[str], many: dict[str, str], folder: Path, name: str, status: int) -> None:
    """Stop a sweep in the middle, look for its processes, and go on with it."""
    begun = run(folder, "-n", str(MANY), at=20)  # so that the jobs are small
    assert begun["status"] == -signal.SIGKILL
    kept = jobs_in(folder)
    request = {"words": words, "folder": str(folder), "session": True, "work": "compute_unhurried", "place": str(folder)}
    process = server({"begin": request})
    try:
        while jobs_in(folder) < kept + 3:
            assert lives(process), server({"end": process})
            time.sleep(0.01)
        if name == "SIGINT":
            os.killpg(process, signal.SIGINT)  # as a terminal does
        else:
            os.kill(process, getattr(signal, name))
        asked = time.monotonic()
        while processes_of(process) and time.monotonic() < asked + WAITED:
            time.sleep(0.02)
        assert processes_of(process) == []
        print(words, name, f"{time.monotonic() - asked:.2f} s")  # two seconds at most where nothing else is going on
    finally:
        if processes_of(process):
            os.killpg(process, signal.SIGKILL)
    ended = server({"end": process})
    assert ended["status"] == status, ended["said"]
    if status > 0:
        assert ended["said"].splitlines()[-1].endswith(KEPT), ended["said"]
        assert "Traceback" not in ended["said"]
    done = jobs_in(folder)
    assert kept < done < 2 * MANY // 3 + MANY // 6, "not stopped in the middle"
    assert unsound(folder, many) == []
    resumed = run(folder, "-n", str(MANY))
    assert resumed["status"] == 0
    assert different(folder, many) == []


# ------------------------------------------------------------------------------------------------------------- workers are lost


def test_a_worker_killed_mid_run_loses_nothing(run: Ask, tmp_path: Path, expected) -> None:
    for where in some([["--executor", "processes", "--workers", "2"], ["--cluster", "local:2"]], 1):
        place = tmp_path / where[1]
        place.mkdir()
        done = run(place / "sweep", *where, work="compute_or_die_once", place=str(place))
        assert (place / "died").exists(), where
        assert done["status"] == 0, (where, done["said"])
        assert "Traceback" not in done["said"]
        assert different(place / "sweep", expected) == [], where
        assert sorted(one["what"] for one in lines(place / "sweep")) == ["began", "ended", *["job"] * 5]


def test_a_dask_worker_restarted_mid_run_loses_nothing(study: str, tmp_path: Path, expected) -> None:
    from distributed import Client, LocalCluster

    from experiments.executors.pools import cluster_pool

    restarted = []
    quiet: dict[str, Any] = {"dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
    # the only one: for a moment there is none; of two workers one is restarted in the executors' own test
    with LocalCluster(n_workers=1, threads_per_worker=1, **quiet) as cluster, Client(cluster) as client:

        class Restarts(Watcher):
            def ran(self, runs: int, failed: int) -> None:
                if not restarted:
                    restarted.append(client.restart_workers(list(client.nthreads())[:1], timeout=60))

        with cluster_pool(cluster.scheduler_address) as pool:
            done = sweep(read_study(study), tmp_path / "sweep", pool=pool, blocks=BLOCKS, report=False, watcher=Restarts())
    assert len(restarted) == 1
    assert (done.complete, done.failed) == (True, 0)
    assert different(tmp_path / "sweep", expected) == []


def test_memory_that_is_used_up_in_a_worker_is_told_and_made_good(run: Ask, tmp_path: Path, many) -> None:
    import pandas as pd

    folder = tmp_path / "sweep"
    options = ("-n", "64", "--executor", "processes", "--workers", "2")
    assert run(tmp_path / "whole", "-n", "64", blocks=[[1, 64], [1, 64]])["status"] == 0
    short = run(folder, *options, blocks=[[1, 64], [1, 64]], work="compute_short_of_memory", place=str(tmp_path))
    assert short["status"] == 1, short["said"]
    assert "128 of 256 runs failed: see tables/failures.parquet and the report" in short["said"]
    assert "2 of 4 jobs are finished: the same command does the rest" in short["said"]
    failures = pd.read_parquet(folder / "tables" / "failures.parquet")
    assert failures[["scenario", "point", "run", "runs", "stage"]].to_numpy().tolist() == [
        ["all-active", 0, 0, 64, "worker"], ["all-active", 1, 0, 64, "worker"],
    ]  # fmt: skip
    assert set(failures["type"]) <= {"MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "RuntimeError"}  # of a thread
    assert max(len(one) for one in failures["message"]) <= 300
    assert check_folder(folder) == []
    assert run(folder, "-n", "64")["status"] == 0
    assert different(folder, results(tmp_path / "whole")) == []


# ------------------------------------------------------------------------------------------------------------- places that refuse


@pytest.fixture(scope="module")
def run_in(server: Ask, words: list[str]) -> Ask:
    """Gives what commands say in a place that a child changes first; a rest of its words may be others."""

    def run_in(name: str, place: Path, rooms: Sequence[int] = (), words: list[str] = words) -> list[dict[str, Any]]:
        found = server({"place": name, "words": words, "folder": str(place), "rooms": list(rooms)})
        assert found is not None, name
        return found

    return run_in


@pytest.fixture(scope="module")
def mounting(run_in: Ask, tmp_path_factory: pytest.TempPathFactory) -> None:
    """For tests that mount what nobody else sees."""
    if not run_in("mounting", tmp_path_factory.mktemp("mounting")):
        pytest.skip("mounting is not allowed here; the test beside this one needs no mount")


def check_refusals(found: list[dict[str, Any]], folder: Path, expected: dict[str, str], reason: str) -> None:
    """All but the last were refused, kept what they had, and the last made the rest."""
    *refused, last = found
    counts = []
    for one in refused:
        assert one["status"] == 2, one
        assert f"{folder}: the sweep's folder cannot be written: {reason}" in one["said"]
        assert "finished jobs are kept: the same command continues" in one["said"]
        assert "Traceback" not in one["said"]
        assert all(expected[name] == value for name, value in one["left"].items())  # nothing half, nothing temporary
        counts.append(sum(name.startswith("jobs/") for name in one["left"]))
    assert counts == sorted(counts)
    assert last["status"] == 0, last["said"]
    assert last["left"] == expected
    print("jobs that were finished at each refusal", counts)


@pytest.mark.usefixtures("mounting")
def test_a_full_disk_loses_nothing(run_in: Ask, expected, undisturbed, tmp_path: Path) -> None:
    pages = [-(-path.stat().st_size // 4096) * 4096 for path in undisturbed["folder"].rglob("*") if path.is_file()]
    rooms = [int(sum(pages) * share) for share in (0.02, 0.15, 0.3, 0.5, 0.7, 0.8, 0.9, 0.96)]
    (tmp_path / "place").mkdir()
    found = run_in("full_disk", tmp_path / "place", rooms)
    check_refusals(found, tmp_path / "place" / "sweep", expected, "No space left on device")


def test_a_limit_on_files_loses_nothing(run_in: Ask, expected, undisturbed, tmp_path: Path) -> None:
    (tmp_path / "sweep").mkdir()
    for name in ("store.json", "study.json", "study.toml"):  # larger than any part, they would be refused first
        shutil.copy(undisturbed["folder"] / name, tmp_path / "sweep")
    largest = max(path.stat().st_size for path in (undisturbed["folder"] / "runs").iterdir())
    found = run_in("limited_files", tmp_path, (4_000, largest - 1, largest - 1))
    check_refusals(found, tmp_path / "sweep", expected, "File too large")


def ready_to_read(place: Path, folder: Path) -> None:
    """A complete sweep, one without tables, one without a job, and one with a damaged part."""
    for name in ("complete", "damaged", "no job", "no tables"):
        shutil.copytree(folder, place / name)
    (place / "no tables" / "manifest.json").unlink()
    sorted((place / "no job" / "jobs").iterdir())[0].unlink()
    part = sorted((place / "damaged" / "runs").iterdir())[0]
    part.write_bytes(part.read_bytes()[:-1])


def check_read_only(found: list[dict[str, Any]], place: Path, expected: dict[str, str], reason: str) -> None:
    complete, *others = found
    assert complete["status"] == 0, complete["said"]
    assert "Results: " in complete["said"]
    assert complete["left"] == expected
    for one, name in zip(others, ("damaged", "no job", "no tables"), strict=True):
        assert one["status"] == 2, one["said"]
        assert f"{place / name}: the sweep's folder cannot be written: {reason}" in one["said"]
        assert "Traceback" not in one["said"]
    assert "bytes instead of" in others[0]["said"]


@pytest.mark.usefixtures("mounting")
def test_a_read_only_disk_can_be_read(run_in: Ask, undisturbed, tmp_path: Path) -> None:
    ready_to_read(tmp_path, undisturbed["folder"])
    found = run_in("read_only_mount", tmp_path)
    check_read_only(found, tmp_path, undisturbed["results"], "Read-only file system")


def test_who_may_only_read_can_read(run_in: Ask, undisturbed) -> None:
    with tempfile.TemporaryDirectory() as name:  # others may not look into pytest's own folders
        place = Path(name)
        ready_to_read(place, undisturbed["folder"])
        (place / "small.toml").write_text(STUDY, encoding="utf-8")
        folders = [place, *(one for one in place.rglob("*") if one.is_dir())]
        for one in folders:
            one.chmod(0o555)
        try:
            words = ["sweep", str(place / "small.toml"), "--no-report", "--executor", "serial"]
            found = run_in("read_only_user", place, words=words)
        finally:
            for one in folders:
                one.chmod(0o755)
        check_read_only(found, place, undisturbed["results"], "Permission denied")


# ------------------------------------------------------------------------------------------------------------- several at once


@pytest.mark.parametrize("shards", [[], ["1/2", "2/2"]], ids=["the same", "shards"])
def test_two_at_once_in_one_folder_harm_nothing(
    server: Ask, run: Ask, words: list[str], tmp_path: Path, expected, shards: list[str]
) -> None:
    for number in range(AT_ONCE):
        folder = tmp_path / str(number)
        more = [["--shard", one] for one in shards] or [[], []]
        found = server([{"words": [*words, *one], "folder": str(folder)} for one in more])["answer"]
        assert [one["status"] for one in found] == [0, 0], found
        assert different(folder, expected) == []
        assert not (folder / PARTIAL).exists()
        assert run(folder)["steps"] == []  # it is complete: who ended last has gathered


def test_one_of_two_is_killed_and_the_other_goes_on(server: Ask, run: Ask, words: list[str], tmp_path: Path, expected) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    moments = random.Random(seed)
    duration = server([{"words": words, "folder": str(tmp_path / "whole")}])["seconds"]
    kills = 0
    for number in range(so_many(2, 4)):
        folder = tmp_path / str(number)
        killed, other = server([
            {"words": words, "folder": str(folder), "after": moments.uniform(0, duration / 2)},
            {"words": words, "folder": str(folder)},
        ])["answer"]  # fmt: skip
        kills += killed["status"] == -signal.SIGKILL
        assert other["status"] == 0, other
        assert unsound(folder, expected) == []
        assert run(folder)["status"] == 0
        assert different(folder, expected) == []
    assert kills > 0
