"""Who may come in: every address begins with the room's code, or with the teacher's key. Wrong codes are counted.

Wrong keys are not: a key of 192 bits is found by nobody, and a teacher's page with the key of yesterday asks every second.
"""

from typing import Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from app.classroom.room import Room
from app.classroom.secret import same
from app.serving.pipe import POLICY

OPEN = ("/static/",)
"""What is no secret: files that every lab has."""

CLOSED = 410
"""Status for who has the code of a room that is closed."""


class Sayer(Protocol):
    """Gives a page that says something in words, and tells nothing of the room."""

    def __call__(self, status: int) -> Response:
        """Page of a status."""


class Doors:
    """Lets in who knows the code or the key; nobody else learns anything, nor how near a guess was.

    Parameters
    ----------
    app : ASGIApp
    room : Room
    say : Sayer
    """

    def __init__(self, app: ASGIApp, room: Room, say: Sayer) -> None:
        self._app, self._room, self._say = app, room, say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan" or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._close(WebSocket(scope, receive, send), refused.status_code)
        else:
            await refused(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is not let in; None where it is."""
        address = (scope.get("client") or ("",))[0]
        door, given = [*scope["path"].split("/"), "", ""][1:3]
        if door not in {"r", "t"}:
            return self._say(403)
        guesses = self._room.guesses
        if door == "t":
            if not same(given, self._room.key):
                return self._say(403)
            guesses.right(address)
            return None
        if wait := guesses.wait(address):
            answer = self._say(429)
            answer.headers["retry-after"] = str(wait)
            return answer
        if not same(given, self._room.folder.state.code):
            guesses.wrong(address)
            return self._say(403)
        guesses.right(address)
        return self._say(CLOSED) if self._room.folder.state.closed else None

    async def _close(self, socket: WebSocket, status: int) -> None:
        """Close a pipe: with a word for who has the code of a closed room. Nobody else learns that it is closed."""
        if status == CLOSED:
            await socket.accept()
        await socket.close(POLICY, self._room.words["closed_reason"])
