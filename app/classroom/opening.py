"""What ``sustain lab --class`` does: ask, bind, hold the teacher's folder, print what opens the room, serve."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.middleware import Middleware

from app.classroom import qr
from app.classroom.addresses import in_words, is_address, is_loopback, link, own_addresses
from app.classroom.guard import Doors
from app.classroom.keeping import Folder
from app.classroom.room import Room
from app.classroom.routes import routes_of
from app.pages.lab import Lab
from app.queue import Queue
from app.serving.asked import Asked
from app.serving.listening import bound
from app.serving.opening import computing, serve, warm
from app.serving.server import Site
from experiments.kit.terminal import keeping
from sim.problems import BadInput, Problem

EVERYWHERE: Final = ("0.0.0.0", "::")


def run(asked: Asked) -> int:
    """Open the lab to a class and serve until it is closed.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    BadInput
        When it cannot be opened where it was asked to, the folder cannot be used, or nobody agreed.
    """
    problems = asked.wrong()
    host, hosts = places(asked.host, problems)
    if problems:
        raise BadInput(problems)
    agreed(hosts, yes=asked.yes)
    with bound(host, asked.value("port")) as listener, Folder(asked.folder or new_folder(Path())) as folder:
        room = Room(folder)
        port = listener.getsockname()[1]
        shown = host if host not in EVERYWHERE else hosts[0]
        students, teacher = (link(shown, port, f"{door}/") for door in (room.prefix, room.teacher))
        kept = f"what was handed in is in {folder.path}"
        with keeping(kept):
            lab, queue = warm(), Queue()
            site = site_of(room, lab, queue, hosts, students)
            with computing(queue, asked.threads):
                serve(site, listener, students, show=False, said=told(room, students, teacher))
        print(f"{kept[:1].upper()}{kept[1:]}.", file=sys.stderr)
    return 0


def site_of(room: Room, lab: Lab, queue: Queue, hosts: list[str], students: str) -> Site:
    """The lab's pages behind the room's doors.

    Parameters
    ----------
    room : Room
    lab : Lab
    queue : Queue
    hosts : list of str
        Names of this server.
    students : str
        Link that they open.
    """
    made: list[Site] = []
    site = Site(
        lab,
        queue,
        hosts=tuple(f"[{one}]" if ":" in one else one for one in hosts),
        prefix=room.prefix,
        room=room,
        routes=routes_of(room, lambda: made[0], students),
        guard=Middleware(Doors, room=room, say=lambda status: made[0].said(status, outside=True)),
    )
    made.append(site)
    return site


def places(host: str | None, problems: list[Problem]) -> tuple[str, list[str]]:
    """Where to listen, and by which names this machine is reached there.

    Parameters
    ----------
    host : str or None
        As it was asked for.
    problems : list of Problem
        Gets what is wrong.
    """
    own = own_addresses()
    if host is not None and not is_address(host):
        hint = "such as 192.168.1.5; without --host it is found"
        problems.append(Problem("--host", f"'{host[:80]}' is no address", "an address of this machine, or localhost", hint))
    if host is None and not own:
        hint = "join a network, or name an address with --host; --host 127.0.0.1 is for this machine alone"
        problems.append(Problem("--host", "this machine is in no network", "an address of this machine", hint))
        return "", []
    if host in EVERYWHERE:
        return str(host), [*own, "127.0.0.1", "localhost"]
    found = host or own[0]
    return found, list(dict.fromkeys([found, "127.0.0.1", "localhost"])) if is_loopback(found) else [found]


def agreed(hosts: list[str], *, yes: bool, ask: Callable[[str], str] = input) -> None:
    """Ask before others can reach this machine.

    Parameters
    ----------
    hosts : list of str
    yes : bool
        Agreed already.
    ask : callable, optional
        Asks in the terminal.

    Raises
    ------
    BadInput
        When nobody agreed, or there is nobody to ask.
    """
    beyond = [one for one in hosts if not is_loopback(one)]
    if yes or not beyond:
        return
    what = f"The lab will be open to everybody in the network of this machine ({in_words(beyond)}) who has the room's code."
    if not sys.stdin.isatty():
        hint = "add --yes if that is wanted; --host 127.0.0.1 keeps it on this machine"
        raise BadInput([Problem("--class", f"nobody can be asked here. {what}", "a terminal, or --yes", hint)])
    print(what, file=sys.stderr)
    print("It loads nothing from elsewhere, and Ctrl-C closes it.", file=sys.stderr)
    try:
        answer = ask("Open it? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise BadInput([Problem("--class", "it was not opened", "", "--host 127.0.0.1 keeps it on this machine")])


def new_folder(home: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Path:
    """Folder of a new room, called by the day, that is not there yet.

    Parameters
    ----------
    home : pathlib.Path
    now : callable, optional
    """
    day = f"class-{now().astimezone():%Y-%m-%d}"
    number, found = 1, home / day
    while found.exists():
        number += 1
        found = home / f"{day}-{number}"
    return found


def told(room: Room, students: str, teacher: str) -> str:
    """What the terminal says when the room is open.

    Parameters
    ----------
    room : Room
    students, teacher : str
        Links.
    """
    state = room.folder.state
    again = f"The room goes on, with {len(room.folder.newest)} handed in." if room.folder.again else "The room is open."
    standing = [name for name in ("frozen", "closed") if state.told[name]]
    lines = [
        "",
        qr.as_text(students, coloured=sys.stdout.isatty()),
        "",
        again + (f" It is still {' and '.join(standing)}." if standing else ""),
        f"  Students:    {students}   (code {state.code})",
        f"  You alone:   {teacher}   (keep it to yourself)",
        f"  Handed in:   {room.folder.path}",
    ]
    lines += [f"note: {one}" for one in room.folder.unread]
    return "\n".join([*lines, "Ctrl-C closes the lab.", ""])
