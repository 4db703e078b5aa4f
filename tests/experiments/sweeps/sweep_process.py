"""Processes that run the command `sustain sweep` and are killed, interrupted or refused while they do.

``serve`` has everything loaded and forks a child for each request that it reads, one a line, as JSON, so that there can be many;
the child runs the command as it is, from its entry point on, some in a place that refuses.
"""

import ctypes
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache as remembered
from hashlib import sha256
from pathlib import Path
from typing import Any

import typer.main

from sim import cache

cache.prepare()  # first of all: compiled code is found by where it is looked for

from experiments import command_line  # noqa: E402
from experiments.sweeps import running  # noqa: E402
from experiments.sweeps.jobs import Block  # noqa: E402
from sim.store import placing  # noqa: E402
from sim.store.parts import PartStore  # noqa: E402
from sim.store.placing import WorkingFolder  # noqa: E402
from tests.experiments.sweeps import sweep_work  # noqa: E402
from tests.sim.store.part_process import place_at_once  # noqa: E402

BLOCKS = (Block(1, 3), Block(2, 6))
"""Jobs of a few runs: of one point, some of its runs; and of two points, all of theirs."""

NOBODY = 65534

FSYNC = os.fsync

TIMES = ("started", "ended", "timing", "manifest_hash")
"""What a manifest says of when it was, not of what came out."""

TIMED = ("report.html", "ro-crate-metadata.json")
"""Files in which times stand."""

LOG = "log.jsonl"

CHANGING = re.compile(r"[^/]*-[0-9]+-[0-9a-f]{8}|[0-9]{3}-[0-9]{8}-[0-9]{8}-[0-9a-f]{8}|made-[^/]*|[0-9]+(?=\.part$)")
"""Names that are others at other times: working folders, jobs, what is made, files under way."""

CHANGES = ("open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir")
"""What the interpreter tells before it changes something on the disk."""


def results(folder: Path) -> dict[str, str]:
    """Hash of every file in a results folder, hidden ones too, times left out; of the log nothing."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    hashes = {name: sha256(path.read_bytes()).hexdigest() for name, path in found.items() if name != LOG}
    hashes |= {name: "is there" for name in TIMED if name in hashes}
    if "manifest.json" in found:
        manifest = json.loads(found["manifest.json"].read_bytes())
        kept = {key: value for key, value in manifest.items() if key not in TIMES}
        kept["files"] = {name: entry for name, entry in manifest["files"].items() if name not in TIMED}
        hashes["manifest.json"] = sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    return hashes


# --------------------------------------------------------------------------------------------------------------------- controls


def unverified(self: PartStore, names: Any, *, progress: Any = None) -> set[str]:
    """Believe every record."""
    return set(names) & set(self.names())


CONTROLS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "no rename": lambda: setattr(WorkingFolder, "place", place_at_once),
    "unverified": lambda: setattr(PartStore, "verified", unverified),
}


# --------------------------------------------------------------------------------------------------------------------- a command


def command(words: list[str]) -> int:
    """Run `sustain` with these words; its exit status."""
    sys.argv = ["sustain", *words]
    try:
        command_line.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def tell_changes(folder: Path, step: Callable[[str], None]) -> None:
    """Have a function called before every change of a file below a folder, by this process."""
    home = str(folder)

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event not in CHANGES or not isinstance(given[0], str | Path):
            return
        if event == "open" and not given[2] & (os.O_WRONLY | os.O_RDWR):
            return
        path = str(given[1] if event in {"os.rename", "os.link"} else given[0])
        if path.startswith(home) and not path.endswith(LOG):
            step(f"{event} {CHANGING.sub('NAME', path.removeprefix(home))}")

    sys.addaudithook(hook)


def child(request: dict[str, Any], told: int, start: int) -> int:
    """Run a command, telling each step; at the step that the request names, a signal comes; at some, the folder is copied."""
    steps = 0
    copied = set(request.get("copied_at", ()))

    def at_step(step: str) -> None:
        nonlocal steps
        os.write(told, step.encode() + b"\n")
        here, steps = steps, steps + 1
        if here in copied and Path(request["folder"]).exists():
            shutil.copytree(request["folder"], f"{request['copies']}/{here}", symlinks=True)
        if here == request.get("at"):
            os.kill(os.getpid(), getattr(signal, request.get("signal", "SIGKILL")))

    CONTROLS[request.get("control", "")]()
    if "work" in request:
        running.compute = getattr(sweep_work, request["work"])
        os.environ[sweep_work.PLACE] = request["place"]
    running.blocks_of = lambda _: tuple(Block(*one) for one in request.get("blocks", ())) or BLOCKS
    placing.passes = at_step
    tell_changes(Path(request["folder"]), at_step)
    os.read(start, 1)  # ends when the server lets all children go
    return command([*request["words"], "--out", request["folder"]])


def begin(request: dict[str, Any], gate: int, opened: int) -> tuple[int, Any, Any]:
    """Fork a child that waits at the gate."""
    told, said = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - they are closed when the child has ended
    process = os.fork()
    if process == 0:
        status = 99
        try:
            os.close(opened)
            for stream in (1, 2):
                os.dup2(said.fileno(), stream)
            if request.get("session"):
                os.setsid()
            status = child(request, told.fileno(), gate)
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(status)
    return process, told, said


def end(process: int, told: Any, said: Any) -> dict[str, Any]:
    """Wait for a child and tell how it ended."""
    _, status = os.waitpid(process, 0)
    with told, said:
        told.seek(0)
        said.seek(0)
        steps = told.read().decode().splitlines()
        return {"status": os.waitstatus_to_exitcode(status), "steps": steps, "said": said.read().decode()}


def begin_all(requests: list[dict[str, Any]]) -> list[tuple[int, Any, Any]]:
    """Fork children and let them go at the same moment."""
    gate, opened = os.pipe()
    children = [begin(one, gate, opened) for one in requests]
    os.close(gate)
    os.close(opened)
    return children


def ask(requests: list[dict[str, Any]]) -> dict[str, Any]:
    """Run commands, all at the same time; a signal ``after`` some seconds goes to the first."""
    children = begin_all(requests)
    started = time.perf_counter()
    if "after" in requests[0]:
        time.sleep(requests[0]["after"])
        os.kill(children[0][0], getattr(signal, requests[0].get("signal", "SIGKILL")))
    return {"answer": [end(*one) for one in children], "seconds": time.perf_counter() - started}


def warm_up(words: list[str]) -> None:
    """Import and compile now what else every child would."""
    with tempfile.TemporaryDirectory() as place, redirect_stdout(sys.stderr):
        assert command([*words, "--out", f"{place}/sweep"]) == 0
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def serve(words: list[str]) -> None:
    """Answer requests until there are no more.

    A list is commands that run at the same time; ``begin`` is one that goes on until its ``end`` is asked, by its number;
    ``place`` is a function of a place that refuses.
    """
    typer.main.get_command = remembered(typer.main.get_command)  # each child would put all commands together anew
    warm_up(words)
    under_way = dict[int, tuple[int, Any, Any]]()
    # a process that is killed loses nothing of what it has told the system: only a power cut would, and that is no matter here
    os.fsync = lambda _: None
    for line in sys.stdin:
        request = json.loads(line)
        if "place" in request:
            answer = in_a_child(PLACES[request["place"]], request["words"], Path(request["folder"]), request["rooms"])
        elif "begin" in request:
            (one,) = begin_all([request["begin"]])
            answer, under_way[one[0]] = one[0], one
        else:
            answer = end(*under_way.pop(request["end"])) if "end" in request else ask(request)
        print(json.dumps(answer), flush=True)


# ---------------------------------------------------------------------------------------------------------- places that refuse


def in_a_child(work: Callable[..., Any], *given: Any) -> Any:
    """What a function gives that changes its process for good; None where it fails."""
    answer = tempfile.TemporaryFile()  # noqa: SIM115
    process = os.fork()
    if process == 0:
        try:
            os.fsync = FSYNC
            answer.write(json.dumps(work(*given)).encode())
            answer.flush()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.waitpid(process, 0)
    with answer:
        answer.seek(0)
        return json.loads(answer.read() or b"null")


def mounting(*_: object) -> bool:
    """Have mounts of this process's own, which nobody else sees; whether that is allowed."""
    users, mounts = 0x10000000, 0x20000  # CLONE_NEWUSER, CLONE_NEWNS
    own, unshare = (os.getuid(), os.getgid()), ctypes.CDLL(None).unshare
    try:
        if unshare(mounts):
            if unshare(users | mounts):
                return False
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            for kind, number in zip("ug", own, strict=True):
                Path(f"/proc/self/{kind}id_map").write_text(f"0 {number} 1", encoding="ascii")
        return subprocess.run(["mount", "--make-rprivate", "/"], check=False, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:  # users of their own are restricted, or there is no such program
        return False


def told(words: list[str], folder: Path) -> dict[str, Any]:
    """Run a command in a child that is like its parent."""
    (answer,) = ask([{"words": words, "folder": str(folder)}])["answer"]
    return {"status": answer["status"], "said": answer["said"], "left": results(folder) if folder.exists() else {}}


def full_disk(words: list[str], place: Path, rooms: list[int]) -> list[dict[str, Any]]:
    """On a disk of 4 MiB on which others leave less and less room; at last they leave."""
    mounting()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    found = []
    for room in rooms:
        (place / "others").write_bytes(bytes(4 * 1024 * 1024 - room))
        found.append(told(words, place / "sweep"))
    (place / "others").unlink()
    return [*found, told(words, place / "sweep")]


def limited_files(words: list[str], place: Path, rooms: list[int]) -> list[dict[str, Any]]:
    """Where files may not grow beyond a size; at last they may."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    found = []
    for room in [*rooms, before[0]]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        found.append(told(words, place / "sweep"))
    return found


def read_only_mount(words: list[str], place: Path, _: list[int]) -> list[dict[str, Any]]:
    """On a disk that is mounted read-only."""
    mounting()
    subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
    return [told(words, folder) for folder in sorted(place.iterdir()) if folder.is_dir()]


def read_only_user(words: list[str], place: Path, _: list[int]) -> list[dict[str, Any]]:
    """As a user who may not write there, and perhaps not read this program either."""
    cache.is_warm = lambda: True  # compiled code is the first user's; it is loaded
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return [told(words, folder) for folder in sorted(place.iterdir()) if folder.is_dir()]


PLACES: dict[str, Callable[[list[str], Path, list[int]], Any]] = {
    one.__name__: one for one in (mounting, full_disk, limited_files, read_only_mount, read_only_user)
}
