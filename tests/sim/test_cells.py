"""Numbers of a table's columns: read fast, and not deaf to signals meanwhile."""

import os
import signal
import time
from collections.abc import Iterator
from types import FrameType

import numpy as np
import pytest

from sim.ensembles.cells import Cells, numbers_of

pytestmark = [
    pytest.mark.portable,
    pytest.mark.skipif(os.name == "nt", reason="a timer that sends a signal is POSIX"),
]


def cells_of(texts: list[str]) -> Cells:
    return Cells("table.csv", ("number",), (texts,), range(2, len(texts) + 2), "")


@pytest.fixture
def alarm() -> Iterator[None]:
    """An alarm that raises, as Ctrl-C does."""

    def rings(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, rings)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("milliseconds", [60, 100, 140, 180, 220, 260])
def test_what_a_handler_raises_is_heard(milliseconds: int) -> None:
    column = cells_of([f"{value / 7:.17g}" for value in range(400_000)])

    def read_and_wait() -> None:
        numbers_of(column, 0)
        time.sleep(2)  # a machine that has read all before the alarm hears it here

    signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
    with pytest.raises(KeyboardInterrupt):
        read_and_wait()


def test_numbers_are_those_that_python_reads() -> None:
    texts = ["0.1", "1e-3", "", "-7", "+2.5E2", "123456789.123456789"]
    found, problems = numbers_of(cells_of(texts), 0)
    assert problems == []
    assert np.array_equal(found, [0.1, 1e-3, np.nan, -7.0, 250.0, 123456789.123456789], equal_nan=True)
    _, problems = numbers_of(cells_of(["1", "1.2.3", "1e999"]), 0)
    assert len(problems) == 2
