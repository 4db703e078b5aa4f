"""Who may come in: every address begins with the room's code, or with the teacher's key. Wrong ones are counted."""

from typing import Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from app.classroom.room import Room
from app.classroom.secret import same
from app.serving.pipe import POLICY

OPEN = ("/static/",)
"""What is no secret: files that every lab has."""


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
            await self._close(WebSocket(scope, receive, send))
        else:
            await refused(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is not let in; None where it is."""
        address = (scope.get("client") or ("",))[0]
        door, given = [*scope["path"].split("/"), "", ""][1:3]
        if door not in {"r", "t"}:
            return self._say(403)
        guesses = self._room.guesses
        if wait := guesses.wait(address):
            answer = self._say(429)
            answer.headers["retry-after"] = str(wait)
            return answer
        if not same(given, self._room.folder.state.code if door == "r" else self._room.key):
            guesses.wrong(address)
            return self._say(403)
        guesses.right(address)
        return self._say(410) if door == "r" and self._room.folder.state.closed else None

    async def _close(self, socket: WebSocket) -> None:
        """Close a pipe: with a word where the room is closed, so that its page does not try again."""
        code = socket.scope["path"].split("/")[2:3]
        if self._room.folder.state.closed and code and same(code[0], self._room.folder.state.code):
            await socket.accept()
        await socket.close(POLICY, self._room.words["closed_reason"])
