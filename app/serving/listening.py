"""The place where the lab listens: bound before anything is computed, so that a port in use is told at once."""

import errno
import socket
from typing import Final

from sim.problems import BadInput, Problem

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 256


def bound(host: str, port: int) -> socket.socket:
    """A socket at an address; nobody can connect to it before it listens.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free.

    Raises
    ------
    BadInput
        When the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise BadInput([problem_of(error, host, port)]) from None
    return found


def problem_of(error: OSError, host: str, port: int) -> Problem:
    """Why an address cannot be had, in words."""
    if error.errno == errno.EADDRINUSE:
        what = f"port {port} is in use: another program listens there, perhaps another lab"
        return Problem("--port", what, "a port that is free", "--port 0 takes any that is free; or end the other program")
    if error.errno in {errno.EACCES, errno.EPERM}:
        what = f"you may not listen on port {port}"
        return Problem("--port", what, "a port from 1024 on", "such as --port 8765")
    what = f"this machine cannot listen at {host}: {error.strerror}"
    return Problem("--host", what, "an address of this machine", f"such as {LOOPBACK}")
