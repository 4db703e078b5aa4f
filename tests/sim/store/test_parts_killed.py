"""Whatever happens to the process, the machine's disk or the other process: a part is there whole or not at all."""

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.columns import Column, Table
from sim.problems import BadInput
from sim.store import placing
from sim.store.identity import refuse_foreign
from sim.store.parts import Part, PartStore, encode, part_name
from tests.sim.store.part_process import IDENTITY, fill, snapshot
from tests.thoroughly import so_many

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked, stopped and killed")

RUNS = Table("runs", ("run",), (Column("run", "i4", "count", "Run."), Column("share", "f8", "share 0-1", "Share.")), "Runs.")
TALLIES = Table("tallies", ("run",), (Column("run", "i4", "count", "Run."), Column("total", "i8", "count", "Sum.")), "Tallies.")
ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # threads of the linear algebra do not survive a fork
RANDOM_KILLS = so_many(15, 30)
AT_ONCE = so_many(5, 15)
"""How often several run at the same time, each time otherwise interleaved."""


def made(number: int) -> Part:
    """A part of a few kB, each larger than the one before."""
    rows = 150 * (number + 1)
    random_numbers = np.random.default_rng(number)
    run = np.arange(rows, dtype="i4")
    files = [encode(RUNS, {"run": run, "share": random_numbers.uniform(size=rows)})]
    if number != 1:  # not every job has every kind
        files.append(encode(TALLIES, {"run": run, "total": random_numbers.integers(0, 1 << 40, rows)}))
    return Part(part_name(0, number, 0, "89abcdef"), tuple(files), {"scenario": "s", "runs": [0, rows]})


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return [made(number) for number in range(3)]


@pytest.fixture(scope="module")
def expected(parts: list[Part], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of a sweep that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "sweep"
    fill(folder, parts)
    found = snapshot(folder)
    assert len(found) == 1 + 3 + 3 + 2
    assert {name.split("/")[0] for name in found} == {"store.json", "jobs", "runs", "tallies"}
    return found


@pytest.fixture(scope="module")
def parts_file(parts: list[Part], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parts") / "parts.pickle"
    path.write_bytes(pickle.dumps(parts))
    path.parent.chmod(0o755)
    return path


Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def server(parts_file: Path) -> Iterator[Ask]:
    """Gives the answer of a process that forks a child for each request."""
    command = [sys.executable, "-m", "tests.sim.store.part_process", "serve", str(parts_file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(requests: object) -> dict[str, Any]:
            print(json.dumps(requests), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()
        assert process.wait(300) == 0


def unsound(folder: Path, expected: dict[str, str]) -> list[str]:
    """What can be seen in a store, apart from the working folders, that must never be seen."""
    found = {name: value for name, value in snapshot(folder).items() if not name.startswith(placing.PARTIAL)}
    wrong = [f"{name} is not whole" for name, value in found.items() if value != expected.get(name)]
    for name in found:
        if name.startswith("jobs/"):
            part = name.removeprefix("jobs/").removesuffix(".json")
            wrong += [f"{name} speaks of {one}" for one in expected if part in one and one not in found]
    return wrong


def kill_everywhere(server: Ask, home: Path, expected: dict[str, str], control: str = "") -> list[str]:
    """Kill a child at each step, resume, and say all that was unsound."""
    (whole,) = server([{"folder": str(home / "whole"), "control": control}])["answer"]
    assert whole["status"] == 0, whole
    wrong = []
    for at, step in enumerate(whole["steps"]):
        folder = home / f"at {at}"
        (killed,) = server([{"folder": str(folder), "control": control, "at": at}])["answer"]
        assert killed["status"] == -9, killed
        assert killed["steps"] == whole["steps"][: at + 1]
        wrong += [f"{at} {step}: {one}" for one in unsound(folder, expected)]
        (resumed,) = server([{"folder": str(folder), "control": control}])["answer"]
        assert resumed["status"] == 0, resumed
        wrong += [f"{at} {step}: differs after it was resumed"] * (snapshot(folder) != expected)
        wrong += [f"{at} {step}: a working folder is left"] * (folder / placing.PARTIAL).exists()
    return wrong


def test_killed_at_each_step_and_resumed_it_ends_as_if_undisturbed(server: Ask, tmp_path: Path, expected) -> None:
    assert kill_everywhere(server, tmp_path, expected) == []
    (whole,) = server([{"folder": str(tmp_path / "steps")}])["answer"]
    files = ["before write", "during write", "after write", "before rename", "after rename"]
    job = [*files, *files, "before record", *files, "after record"]
    assert whole["steps"] == [*files, *job, *files, "before record", *files, "after record", *job]


def test_the_same_harness_catches_stores_that_are_wrong(server: Ask, tmp_path: Path, expected) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    in_place = kill_everywhere(server, tmp_path / "a", expected, "no rename")
    assert any("is not whole" in one for one in in_place)
    too_early = kill_everywhere(server, tmp_path / "b", expected, "record first")
    assert any("speaks of" in one for one in too_early)


def test_killed_at_random_moments_and_resumed_it_ends_as_if_undisturbed(server: Ask, tmp_path: Path, expected) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    moments = random.Random(seed)
    duration = min(server([{"folder": str(tmp_path / f"whole {number}")}])["seconds"] for number in range(3))
    kills = unfinished = 0
    for number in range(20 * RANDOM_KILLS):
        if kills >= RANDOM_KILLS and unfinished:
            break
        folder = tmp_path / str(number)
        for _ in range(moments.choice((1, 1, 2, 4))):  # also kill who resumes
            (killed,) = server([{"folder": str(folder), "after": moments.uniform(0, duration)}])["answer"]
            kills += killed["status"] == -9
            unfinished += killed["status"] == -9 and killed["steps"][-1:] not in ([], ["after record"])
            assert unsound(folder, expected) == []
        (resumed,) = server([{"folder": str(folder)}])["answer"]
        assert resumed["status"] == 0, resumed
        assert snapshot(folder) == expected
        shutil.rmtree(folder)
    assert kills >= RANDOM_KILLS
    assert unfinished > 0  # some fell into the writing itself


def test_two_processes_that_write_the_same_jobs_at_once_harm_nothing(server: Ask, tmp_path: Path, expected) -> None:
    for number in range(AT_ONCE):
        folder = tmp_path / str(number)
        requests = [{"folder": str(folder)}, {"folder": str(folder), "stride": -1}, {"folder": str(folder)}]
        assert [one["status"] for one in server(requests)["answer"]] == [0, 0, 0]
        assert snapshot(folder) == expected


def test_one_of_two_is_killed_and_the_other_goes_on(server: Ask, tmp_path: Path, parts: list[Part], expected) -> None:
    moments = random.Random(5)
    duration = server([{"folder": str(tmp_path / "whole")}])["seconds"]
    statuses = []
    for number in range(15):
        folder = tmp_path / str(number)
        requests = [{"folder": str(folder), "after": moments.uniform(0, duration)}, {"folder": str(folder), "stride": -1}]
        killed, other = server(requests)["answer"]
        statuses.append(killed["status"])
        assert other["status"] == 0, other
        assert unsound(folder, expected) == []
        fill(folder, parts)  # also removes what the dead process left
        assert snapshot(folder) == expected
    assert -9 in statuses


def test_of_two_studies_at_once_one_gets_the_folder(server: Ask, tmp_path: Path) -> None:
    for number in range(10):
        folder = tmp_path / str(number)
        requests = [{"folder": str(folder), "identity": {**IDENTITY, "study": digit * 64}} for digit in "78"]
        steps = [one["steps"][-1] for one in server(requests)["answer"]]
        refusals = [one for one in steps if one.startswith("refused: the store was made for another 'study': ")]
        assert len(refusals) == 1, steps
        assert steps.count("after record") == 1


def test_a_store_that_another_makes_meanwhile_is_not_taken_for_something_else(tmp_path: Path, parts: list[Part]) -> None:
    fill(tmp_path / "sweep", parts)
    refuse_foreign(tmp_path / "sweep")  # as if it had been there since a moment
    (tmp_path / "sweep" / "store.json").unlink()
    with pytest.raises(BadInput, match="is in use already and holds no sweep"):  # the control
        refuse_foreign(tmp_path / "sweep")


def test_a_working_folder_is_removed_only_when_its_process_is_dead(server: Ask, tmp_path: Path, expected) -> None:
    folder = tmp_path / "sweep"
    assert server([{"folder": str(folder), "at": 8, "stand": True}])["answer"] == "standing"
    with PartStore.open(folder) as store:
        store.prune([])
        (held,) = (folder / placing.PARTIAL).iterdir()
        assert sorted(one.name for one in held.iterdir()) == ["1.part", "lock"]
        assert server("go on")["answer"][0]["status"] == 0
        assert snapshot(folder) == expected
    (killed,) = server([{"folder": str(tmp_path / "killed"), "at": 8}])["answer"]
    assert killed["status"] == -9
    assert any((tmp_path / "killed" / placing.PARTIAL).iterdir())
    with PartStore.open(tmp_path / "killed") as store:
        store.prune([])
        assert snapshot(tmp_path / "killed").keys() == {"store.json"}
        assert not (tmp_path / "killed" / placing.PARTIAL).exists()


# --------------------------------------------------------------------------------------------------------- places that refuse


def run_in(command: str, parts_file: Path, place: Path, before: list[str]) -> dict[str, Any]:
    words = [*before, sys.executable, "-m", "tests.sim.store.part_process", command, str(parts_file), str(place)]
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def mounting() -> list[str]:
    """Words before a command that lets it mount what nobody else sees."""
    for words in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        try:
            subprocess.run([*words, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=True, timeout=300)
        except (OSError, subprocess.SubprocessError):
            continue
        return words
    pytest.skip("mounting is not allowed here; the test beside this one needs no mount")


def check_full(found: dict[str, Any], folder: Path, expected: dict[str, str], reason: str, *, done: int) -> None:
    (problem,) = found["problems"]
    assert problem["where"] == str(folder)
    assert reason in problem["what"]
    assert "finished jobs are kept: the same command continues" in problem["hint"]
    assert all(expected[name] == value for name, value in found["left"].items())  # nothing half written, nothing temporary
    assert sum(name.startswith("jobs/") for name in found["left"]) == done
    assert found["again"] == []
    assert found["end"] == expected


def test_a_full_disk_loses_nothing(tmp_path: Path, parts: list[Part], mounting: list[str]) -> None:
    larger = [*parts, made(30)]  # the last one is more than the room that is left
    (tmp_path / "larger").write_bytes(pickle.dumps(larger))
    fill(tmp_path / "sweep", larger)
    (tmp_path / "place").mkdir()
    found = run_in("full_disk", tmp_path / "larger", tmp_path / "place", mounting)
    check_full(found, tmp_path / "place" / "sweep", snapshot(tmp_path / "sweep"), "No space left on device", done=3)


def test_a_limit_on_files_loses_nothing(tmp_path: Path, parts_file: Path, expected) -> None:
    found = run_in("limited_files", parts_file, tmp_path, [])
    check_full(found, tmp_path / "sweep", expected, "File too large", done=1)


def ready_to_read(place: Path, parts: list[Part]) -> None:
    fill(place / "whole", parts)
    fill(place / "damaged", parts)
    path = place / "damaged" / "runs" / f"{parts[0].name}.parquet"
    path.write_bytes(path.read_bytes()[:-1])


def check_read_only(found: dict[str, Any], place: Path, parts: list[Part], expected: dict[str, str], reason: str) -> None:
    names = [part.name for part in parts]
    assert found["whole"] == names
    assert found["rows"] == 150
    assert found["end"] == expected
    assert found["sound"] == names[1:]
    size = len(parts[0].files[0].content)
    assert found["damaged"] == [f"runs/{names[0]}.parquet: {size - 1} bytes instead of {size}"]
    for work, folder in (("put", "whole"), ("again", "damaged"), ("create", "new"), ("restart", "whole")):
        (problem,) = found[work]
        assert problem["where"] == str(place / folder)
        assert problem["what"] == f"the sweep's folder cannot be written: {reason}"
        assert "make it writable" in problem["hint"] or "permissions" in problem["hint"]


def test_a_read_only_disk_can_be_read(tmp_path: Path, parts: list[Part], parts_file: Path, expected, mounting) -> None:
    ready_to_read(tmp_path, parts)
    found = run_in("read_only_mount", parts_file, tmp_path, mounting)
    check_read_only(found, tmp_path, parts, expected, "Read-only file system")


def test_who_may_only_read_can_read(parts: list[Part], expected) -> None:
    with tempfile.TemporaryDirectory() as name:  # others may not look into pytest's own folders
        place = Path(name)
        ready_to_read(place, parts)
        (place / "parts.pickle").write_bytes(pickle.dumps(parts))
        folders = [place, *(one for one in place.rglob("*") if one.is_dir())]
        for one in folders:
            one.chmod(0o555)
        try:
            found = run_in("read_only_user", place / "parts.pickle", place, [])
        finally:
            for one in folders:
                one.chmod(0o755)
        check_read_only(found, place, parts, expected, "Permission denied")
