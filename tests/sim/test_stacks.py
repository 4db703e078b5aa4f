"""Deep calls with room do not ask the system for memory at every call."""

import subprocess
import sys

import pytest

from sim.stacks import with_room

SCRIPT = """
import resource, sys
from sim.stacks import with_room

def leaf():
    return 0

def worst(depth):
    \"\"\"Page faults of the depth at which calls cost most of them.\"\"\"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(2_000):
        leaf()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return max(own, worst(depth - 1)) if depth else own

print({call})
"""


def faults(call: str) -> int:
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(call=call)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="page faults are counted by the system's own means")
def test_no_depth_asks_for_memory_at_every_call() -> None:
    assert faults("with_room(lambda: worst(400))") < 100
    if sys.implementation.name == "cpython" and sys.version_info < (3, 12):
        assert faults("worst(400)") >= 1_000  # the control: some depth does


def test_what_is_done_gives_and_raises_as_before() -> None:
    assert with_room(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        with_room(lambda: 1 // 0)
