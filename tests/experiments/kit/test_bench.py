"""Runs that are asked for: what is stored is read, the rest is run once and stored, and what fails costs nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from experiments.executors.pools import Pool, pool_of
from experiments.kit.bench import Rows, gathered
from sim.columns import Column, Table
from sim.problems import BadInput
from sim.store.encoding import Part, encode, part_name
from sim.store.parts import PartStore

pytestmark = pytest.mark.usefixtures("unsynced")

TABLE = Table("squares", ("number",), (Column("number", "i8", "", "n"), Column("square", "f8", "", "n²")), "Squares.")
IDENTITY = {"kind": "squares", "code": "a"}


@dataclass(frozen=True)
class Task:
    number: int

    @property
    def name(self) -> str:
        return part_name(0, 0, self.number, f"{self.number:064x}")


def square(task: Task) -> Part:
    """Square of a number; seven has none."""
    if task.number == 7:
        raise ArithmeticError("seven")
    columns = {"number": np.array([task.number], np.int64), "square": np.array([float(task.number**2)])}
    return Part(task.name, (encode(TABLE, columns),), {"failed": 0})


@pytest.fixture(params=["serial", "threads"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    with pool_of(request.param, 2) as found:
        yield found


def squares(numbers: list[int], pool: Pool, store: PartStore | None, *, runs: bool = True) -> tuple[dict[int, float], list[int]]:
    """Squares by number, and the numbers in the order in which they were told of."""
    found: dict[int, float] = {}
    told: list[int] = []

    def take(task: Task, rows: Rows) -> None:
        found[task.number] = float(rows["square"][0])
        assert rows["number"].tolist() == [task.number]

    gathered(
        [Task(one) for one in numbers], square if runs else None, pool, store, take=take,
        place=lambda task: f"number {task.number}", done=lambda task: told.append(task.number),
    )  # fmt: skip
    return found, told


def test_what_is_stored_is_read_and_the_rest_is_run(tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    with PartStore.create_or_open(tmp_path / "mine", IDENTITY) as store:
        first, order = squares([1, 2, 2], pool, store)
        assert (first, sorted(order)) == ({1: 1.0, 2: 4.0}, [1, 2])  # threads finish in any order
        found, told = squares([3, 2, 4, 1], pool, store)
        assert found == {1: 1.0, 2: 4.0, 3: 9.0, 4: 16.0}
        assert told[:2] == [2, 1]  # what is there comes first, in the order asked
        monkeypatch.setattr(f"{__name__}.square", None)
        assert squares([4, 3], pool, store)[0] == {3: 9.0, 4: 16.0}
    assert squares([], pool, None) == ({}, [])


def test_without_a_store_everything_is_run(pool: Pool) -> None:
    assert squares([5, 6], pool, None)[0] == {5: 25.0, 6: 36.0}


def test_what_fails_is_told_and_what_others_gave_is_kept(tmp_path: Path, pool: Pool) -> None:
    with PartStore.create_or_open(tmp_path / "mine", IDENTITY) as store:
        with pytest.raises(BadInput) as caught:
            squares([1, 7, 2], pool, store)
        (problem,) = caught.value.problems
        assert (problem.where, problem.what) == ("number 7", "ArithmeticError: seven")
        assert len(store.names()) == 2


def test_a_damaged_part_is_run_again(tmp_path: Path, pool: Pool) -> None:
    with PartStore.create_or_open(tmp_path / "mine", IDENTITY) as store:
        squares([1, 2], pool, store)
        store.path("squares", Task(2).name).write_bytes(b"garbage")
        assert squares([1, 2], pool, store)[0] == {1: 1.0, 2: 4.0}


def test_where_nothing_is_run_all_that_is_missing_is_told(tmp_path: Path, pool: Pool) -> None:
    with PartStore.create_or_open(tmp_path / "mine", IDENTITY) as store:
        squares([1], pool, store)
        assert squares([1], pool, store, runs=False)[0] == {1: 1.0}
        with pytest.raises(BadInput, match="is not stored") as caught:
            squares([1, 2, 3], pool, store, runs=False)
        assert [one.where for one in caught.value.problems] == [f"{store.folder}: {Task(number).name}" for number in (2, 3)]
        # of many the first few are named, and how many more there are
        with pytest.raises(BadInput) as caught:
            squares([*range(10, 60)], pool, store, runs=False)
        first, *_, last = caught.value.problems
        assert len(caught.value.problems) == 4
        assert first.where == f"{store.folder}: {Task(10).name}"
        assert last.what.startswith("and 47 more jobs")
