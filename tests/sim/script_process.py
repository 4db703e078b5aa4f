"""Runs scripts in children of one process that has loaded Numba, which takes most of the time of a script of its own.

Not a test, but run by ``test_cache.py``. Reads a request a line, as JSON, and answers with exit status, output and errors.
Nothing of ``sim`` is loaded here: each child finds the package in its own folder.
"""

import atexit
import json
import os
import sys
import tempfile
import traceback
from typing import Any

from numba import njit


def child(script: str, folder: str, environment: dict[str, str]) -> int:
    """Run a script as if Python had been begun in a folder; its exit status."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path.insert(0, folder)
    status = 1
    try:
        exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    return status


def answer(request: dict[str, Any]) -> list[Any]:
    """Run a script in a child."""
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        process = os.fork()
        if process == 0:
            status = 99
            try:
                os.dup2(told.fileno(), 1)
                os.dup2(said.fileno(), 2)
                status = child(**request)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)
        _, status = os.waitpid(process, 0)
        told.seek(0)
        said.seek(0)
        return [os.waitstatus_to_exitcode(status), told.read().decode(), said.read().decode()]


def main() -> None:
    """Answer requests until there are no more."""
    njit(lambda value: 2.0 * value)(1.5)  # loads what the compiler needs
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
