"""Processes that fill a part store and are killed, held up or refused while they do; light, so that there can be many.

``serve`` forks a child for each request that it reads, one JSON object a line, and answers with one. The other commands
do one thing and print what came of it. Parts are read from a file: nothing here needs Arrow.
"""

import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.problems import BadInput
from sim.store import placing
from sim.store.parts import Part, PartStore
from sim.store.placing import WorkingFolder

IDENTITY = {"study": "5" * 64, "code": "c" * 64, "block": 4}
NOBODY = 65534


def snapshot(folder: Path) -> dict[str, str]:
    """Hash of every file by its path."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def fill(folder: Path, parts: list[Part], identity: dict[str, Any] | None = None) -> None:
    """Do what a sweep does with its store: see what is there, make what is missing, tidy up."""
    names = [part.name for part in parts]
    with PartStore.create_or_open(folder, identity or IDENTITY) as store:
        whole = store.verified(names)
        for part in parts:
            if part.name not in whole:
                store.put(part)
        store.prune(names)


# ---------------------------------------------------------------------------------------------- controls: stores that are wrong


def place_at_once(self: WorkingFolder, target: Path, content: bytes, *, first: bool = False) -> bool:
    """Write into the place itself."""
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    placing.write_through(target, content)
    placing.passes("before rename")
    placing.passes("after rename")
    return True


def put_record_first(self: PartStore, part: Part) -> None:
    """Say that the job is done before it is."""
    from sim.store.encoding import record_text

    self._working.place(self._record_path(part.name), record_text(part, self._identity_hash))
    for file in part.files:
        self._working.place(self.path(file.kind, part.name), file.content)


CONTROLS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "no rename": lambda: setattr(WorkingFolder, "place", place_at_once),
    "record first": lambda: setattr(PartStore, "put", put_record_first),
}


# ------------------------------------------------------------------------------------------------------------------ the server


def child(request: dict[str, Any], parts: list[Part], told: int, start: int) -> None:
    """Fill a store, telling each step; end at the step, or stand still there, if the request says so."""
    steps = 0

    def at_step(step: str) -> None:
        nonlocal steps
        os.write(told, step.encode() + b"\n")
        if steps == request.get("at"):
            os.kill(os.getpid(), signal.SIGSTOP if request.get("stand") else signal.SIGKILL)
        steps += 1

    CONTROLS[request.get("control", "")]()
    placing.passes = at_step
    os.read(start, 1)  # ends when the server lets all children go
    try:
        fill(Path(request["folder"]), parts[:: request.get("stride", 1)], request.get("identity"))
    except BadInput as error:
        os.write(told, f"refused: {error.problems[0].what}\n".encode())


def begin(requests: list[dict[str, Any]], parts: list[Part]) -> list[tuple[int, int]]:
    """Fork a child for each request and let them go at the same moment."""
    gate, opened = os.pipe()
    children = []
    for request in requests:
        heard, told = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                os.close(opened)
                child(request, parts, told, gate)
            except BaseException as error:
                os.write(told, f"failed: {error!r}\n".encode())
                os._exit(1)
            os._exit(0)
        os.close(told)
        children.append((process, heard))
    os.close(gate)
    os.close(opened)
    return children


def end(process: int, heard: int) -> dict[str, Any]:
    """Wait for a child and say how it ended and what it told."""
    with os.fdopen(heard) as stream:
        steps = stream.read().splitlines()
    _, status = os.waitpid(process, 0)
    return {"status": os.waitstatus_to_exitcode(status), "steps": steps}


def serve(parts: list[Part]) -> None:
    """Answer requests until there are no more."""
    # a process that is killed loses nothing of what it has told the system: only a power cut would, and that is no matter here
    os.fsync = lambda _: None
    standing: tuple[int, int] | None = None
    for line in sys.stdin:
        requests = json.loads(line)
        started = time.perf_counter()
        if requests == "go on":
            assert standing is not None
            os.kill(standing[0], signal.SIGCONT)
            answer: Any = [end(*standing)]
        else:
            children = begin(requests, parts)
            if "after" in requests[0]:
                time.sleep(requests[0]["after"])
                os.kill(children[0][0], signal.SIGKILL)
            if requests[0].get("stand"):
                standing = children[0]
                os.waitpid(standing[0], os.WUNTRACED)
                answer = "standing"
            else:
                answer = [end(*one) for one in children]
        print(json.dumps({"answer": answer, "seconds": time.perf_counter() - started}), flush=True)


# ---------------------------------------------------------------------------------------------------- places that refuse


def refused(work: Callable[[], object]) -> list[dict[str, str]]:
    """Problems that work is refused with; none when it is not."""
    try:
        work()
    except BadInput as error:
        return error.as_rows()
    return []


def meet_a_full_disk(folder: Path, parts: list[Part], lift: Callable[[], None]) -> dict[str, Any]:
    """Fill a store until the system refuses, lift what it refuses for, and go on."""
    problems = refused(lambda: fill(folder, parts))
    left = snapshot(folder)
    lift()
    again = refused(lambda: fill(folder, parts))
    return {"problems": problems, "left": left, "again": again, "end": snapshot(folder)}


def full_disk(parts: list[Part], place: Path) -> dict[str, Any]:
    """On a disk of 1 MiB that is nearly full."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    (place / "others").write_bytes(bytes(1024 * 1024 - 48 * 1024))
    return meet_a_full_disk(place / "sweep", parts, (place / "others").unlink)


def limited_files(parts: list[Part], place: Path) -> dict[str, Any]:
    """Where files may not grow beyond the first part's."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    small, *large = parts
    room = max(len(file.content) for file in small.files)
    assert all(max(len(file.content) for file in one.files) > room for one in large)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    lift = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)  # noqa: E731
    return meet_a_full_disk(place / "sweep", parts, lift)


def read_only_mount(parts: list[Part], place: Path) -> dict[str, Any]:
    """In a place that is mounted read-only."""
    subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
    return only_read(parts, place)


def read_only_user(parts: list[Part], place: Path) -> dict[str, Any]:
    """As a user who may not write there."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return only_read(parts, place)


def only_read(parts: list[Part], place: Path) -> dict[str, Any]:
    """Use a complete store, a damaged one and none, all where nothing can be written."""
    names = [part.name for part in parts]
    with PartStore.create_or_open(place / "whole", IDENTITY) as store:
        whole = sorted(store.verified(names))
        store.prune(names)
        store.put(parts[0])  # is there already
        rows = store.record(names[0])["files"]["runs"]["rows"]
        put = refused(lambda: store.put(Part("000-00000000-00009999-00000000", parts[0].files, {})))
    with PartStore.open(place / "damaged") as store:
        sound = sorted(store.verified(names))
        damaged = store.damaged
        again = refused(lambda: store.put(parts[0]))
    create = refused(lambda: PartStore.create_or_open(place / "new", IDENTITY))
    restart = refused(lambda: PartStore.create_or_open(place / "whole", IDENTITY, restart=True))
    return {
        "whole": whole, "rows": rows, "put": put, "sound": sound, "damaged": damaged, "again": again, "create": create,
        "restart": restart, "end": snapshot(place / "whole"),
    }  # fmt: skip


COMMANDS: dict[str, Callable[[list[Part], Path], dict[str, Any]]] = {
    one.__name__: one for one in (full_disk, limited_files, read_only_mount, read_only_user)
}

if __name__ == "__main__":
    given: list[Part] = pickle.loads(Path(sys.argv[2]).read_bytes())
    if sys.argv[1] == "serve":
        serve(given)
    else:
        print(json.dumps(COMMANDS[sys.argv[1]](given, Path(sys.argv[3]))))
