"""For all tests: compiled code of these very sources, whichever module a test imports first, and signals that are heard."""

import gc
import signal
from collections.abc import Iterator
from functools import cache as remembered

import pytest
import typer.testing
from hypothesis import HealthCheck, settings

from experiments.command_line import NEW_OBJECTS
from sim import cache
from tests.drawing import drawn_where_all_is_tried, not_drawn, really_drawn

cache.prepare()

# How long an example takes says how busy the machine is, not whether it is right.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# A shell without job control makes what it starts in the background deaf to Ctrl-C, and children inherit it. Tests that
# interrupt a command need it to listen, wherever they are run from.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as under nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The test runner of the command line would put all commands together anew for each of hundreds of calls.
typer.testing._get_command = remembered(typer.testing._get_command)

gc.set_threshold(NEW_OBJECTS)  # as the command does: tests call what it does in this process, which holds far more objects


def pytest_collection_finish() -> None:
    """Never look through thousands of tests and their modules for garbage again: they live to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def undrawn() -> Iterator[None]:
    """For tests that make a report again and look at nothing of its figures but that they are there."""
    with not_drawn():
        yield


@pytest.fixture(scope="module")
def drawn_thoroughly() -> Iterator[None]:
    """For a folder that a whole module looks at: its figures are drawn where everything is tried, else they are but there."""
    with drawn_where_all_is_tried():
        yield


@pytest.fixture(scope="module")
def drawn_in_lines() -> Iterator[None]:
    """The same for figures that no other test draws: of those that are not drawn thoroughly, the SVG is."""
    with drawn_where_all_is_tried(but_lines=True):
        yield


@pytest.fixture
def drawn(undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that looks at its figures in a module where the others do not."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", really_drawn())
