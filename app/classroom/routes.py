"""Addresses of a room: where students hand in, and the teacher's page with what it does."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.classroom import qr, table
from app.classroom.handed import BYTES, HandIn, read
from app.classroom.keeping import Full
from app.classroom.room import Room
from app.serving import limits
from sim.problems import BadInput, Problem

if TYPE_CHECKING:
    from app.serving.server import Site

STATES: Final = ("frozen", "revealed", "closed")


def routes_of(room: Room, site: "Callable[[], Site]", link: str) -> list[BaseRoute]:
    """Routes of a room.

    Parameters
    ----------
    room : Room
    site : callable
        Gives the lab's pages.
    link : str
        That students open, whole.
    """

    async def hand_in(request: Request) -> Response:
        return await _handed_in(request, room, site().names)

    async def page(_request: Request) -> Response:
        size, path = qr.as_path(link)
        return site().page("classroom", link=link, code=room.folder.state.code, size=size, path=path)

    async def shown(_request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(_shown, room))

    async def change(request: Request) -> Response:
        return await _changed(request, room)

    async def lines(_request: Request) -> Response:
        return _file(table.as_lines(list(room.folder.handed)), "handed-in.jsonl", "application/jsonl")

    async def rows(_request: Request) -> Response:
        # the mark says to spreadsheets that it is UTF-8
        return _file("\ufeff" + table.as_csv(room.folder.newest), "handed-in.csv", "text/csv")

    teacher = [
        Route("/", page),
        Route("/class", shown),
        Route("/change", change, methods=["POST"]),
        Route("/handed-in.jsonl", lines),
        Route("/handed-in.csv", rows),
    ]
    return [Route(f"{room.prefix}/hand-in", hand_in, methods=["POST"]), Mount("/t/{key}", routes=teacher)]


def _file(text: str, name: str, kind: str) -> Response:
    return Response(text, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _shown(room: Room) -> dict[str, Any]:
    now = room.folder.state
    return {"room": room.state(), "unread": len(room.folder.unread), **table.told(room.folder.newest, revealed=now.revealed)}


async def _body(request: Request) -> bytes:
    """Body of a request of the lab's own pages.

    Raises
    ------
    HTTPException
        For one of another page, or a body that is too long or takes too long.
    """
    if request.headers.get("origin") != f"http://{request.headers.get('host')}":
        raise HTTPException(403)
    body = b""
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > BYTES:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    return body


def _kept(body: bytes, room: Room, pages: Sequence[str]) -> HandIn:
    """Keep a hand-in of one of the lab's pages."""
    one = read(body)
    if one.page not in pages:
        raise BadInput([Problem("hand-in: page", "there is no such page", ", ".join(pages), "load the page again")])
    return room.folder.hand_in(one)


async def _handed_in(request: Request, room: Room, pages: Sequence[str]) -> Response:
    """Keep what a student hands in; it is acknowledged when it is on the disk."""
    address = request.client.host if request.client else ""
    if wait := room.wait(address):
        return _refused(429, "hand-in", room.words["too_fast"], {"retry-after": str(int(wait) + 1)})
    room.count(address)
    try:
        kept = await run_in_threadpool(_kept, await _body(request), room, pages)
    except BadInput as error:
        return JSONResponse({"problems": error.as_rows()})
    except Full as error:
        return _refused(507, "hand-in", str(error))
    return JSONResponse({"kept": True, "word": kept.word, "time": kept.time, "again": kept.again})


def _refused(status: int, where: str, what: str, headers: dict[str, str] | None = None) -> Response:
    problem = BadInput([Problem(where, what)])
    return JSONResponse({"problems": problem.as_rows()}, status_code=status, headers=headers)


async def _changed(request: Request, room: Room) -> Response:
    """Freeze, reveal, close, or take it back; every open page is told."""
    try:
        wanted = json.loads(await _body(request))
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if (
        not isinstance(wanted, dict)
        or not wanted
        or not all(name in STATES and isinstance(on, bool) for name, on in wanted.items())
    ):
        raise HTTPException(400)
    try:
        await run_in_threadpool(lambda: room.folder.change(**wanted))
    except OSError as error:
        return _refused(507, "room", f"it could not be written: {error.strerror}")
    pipes = request.app.state.pipes
    pipes.tell({"room": room.state()})
    if room.folder.state.closed:
        await pipes.close(room.words["closed_reason"])
    return JSONResponse(await run_in_threadpool(_shown, room))
