"""What ``sustain lab`` does: bind, warm up, listen, close."""

import os
import socket
import sys
import threading
import webbrowser
from typing import Final

import uvicorn

from app.pages.lab import Lab
from app.queue import Queue
from app.serving.asked import Asked
from app.serving.limits import MESSAGE_BYTES
from app.serving.listening import BACKLOG, LOOPBACK, bound
from app.serving.patience import Patient
from app.serving.server import Site, application
from app.serving.workers import Workers
from experiments.kit.terminal import say_compiling
from sim.problems import BadInput
from sim.processors import processors

THREADS: Final = 2
"""Threads that compute, at most: more would only take each other's time from the pages."""

GRACE_SECONDS: Final = 2

WARM: Final = ("nine-services", "baseline")
"""Scenarios that are prepared before anybody comes."""


def run(asked: Asked) -> int:
    """Open the lab and serve until it is closed.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    BadInput
        When it cannot listen where it was asked to.
    """
    problems = asked.wrong()
    if problems:
        raise BadInput(problems)
    listener = bound(LOOPBACK, asked.value("port"))
    with listener:
        lab, queue = warm(), Queue()
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/"
        site = Site(lab, queue, hosts=(LOOPBACK, "localhost"))
        with computing(queue, asked.threads):
            serve(site, listener, address, show=asked.show)
    return 0


def computing(queue: Queue, threads: int | None) -> Workers:
    """Threads that compute what a queue holds.

    Parameters
    ----------
    queue : Queue
    threads : int or None
        As it was asked for.
    """
    return Workers(queue, min(THREADS, threads or processors()))


def warm() -> Lab:
    """What the pages share, with the engine compiled: nobody who comes waits for that."""
    say_compiling()
    lab = Lab()
    for name in WARM:
        lab.world(name).warm().run(1)
    return lab


def serve(site: Site, listener: socket.socket, address: str, *, show: bool, said: str = "") -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    site : Site
    listener : socket.socket
        Bound.
    address : str
        Of the first page.
    show : bool
        Whether to open it in the browser.
    said : str
        Printed when it can be reached; where it is, unless given.
    """
    config = uvicorn.Config(
        application(site),
        http=Patient,
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
        server_header=False,
        proxy_headers=False,  # an address is whose it is, not what a header says
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32 * 1024,
    )
    said = said or f"The lab is open at {address} (Ctrl-C closes it)"
    server = _Told(config, address, said, show and _may_show())
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        print("The lab is closed.", file=sys.stderr, flush=True)


class _Told(uvicorn.Server):
    """Says where it is once it can be reached."""

    def __init__(self, config: uvicorn.Config, address: str, said: str, show: bool) -> None:
        super().__init__(config)
        self._address, self._said, self._show = address, said, show

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        print(self._said, flush=True)
        if self._show:
            threading.Thread(target=webbrowser.open, args=(self._address,), daemon=True).start()


def _may_show() -> bool:
    """Whether somebody sits before a screen here."""
    screen = sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return screen and sys.stdout.isatty() and not os.environ.get("CI")
