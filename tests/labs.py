"""A running lab, opened by its command."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Running(NamedTuple):
    """A lab that is open: its address, with a slash at the end, and the number of its process."""

    address: str
    process: int


@contextmanager
def running_lab(*words: object) -> Iterator[Running]:
    """The lab of a command, at any port that is free; at the end Ctrl-C must close it."""
    command = [Path(sys.executable).with_name("sustain"), "lab", "--port", "0", "--no-browser", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    late = threading.Timer(600, process.kill)  # nothing waits for ever
    late.start()
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+/", line)
        assert address is not None, line + process.stderr.read()
        yield Running(address[0], process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, process.stderr.read()
    finally:
        late.cancel()
        process.kill()
        process.communicate()
