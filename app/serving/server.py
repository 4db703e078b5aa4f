"""The lab as a web application: pages, their files, one pipe each; nothing from elsewhere, and nothing for others.

The server holds no state of any page. It answers only to its own names, so that no other web page can reach it through a name
that leads here, and opens a pipe only for pages that it gave out itself.
"""

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from app.pages import PAGES
from app.pages.asking import Page
from app.pages.lab import Lab
from app.queue import Queue
from app.serving.pipe import POLICY, TRY_LATER, Pipes, Room
from app.texts import as_script, texts_of
from sim.report.pages import environment

HERE: Final = Path(__file__).resolve().parents[1]

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-cache",
}
"""Of every answer. ``no-cache``: a browser asks whether its file is still the newest."""


@dataclass(frozen=True)
class Site:
    """What the application is made of.

    Attributes
    ----------
    lab : Lab
    queue : Queue
    hosts : collection of str
        Names and addresses of this server without a port, as browsers write them; others are refused.
    pages : sequence of Page
    prefix : str
        First part of every address, such as ``/r/123456``; empty for none.
    room : Room, optional
        What stands above the pages.
    routes : sequence of BaseRoute
        More addresses, outside the prefix.
    guard : Middleware, optional
        What every request passes first.
    """

    lab: Lab
    queue: Queue
    hosts: Collection[str]
    pages: Sequence[Page] = PAGES
    prefix: str = ""
    room: Room | None = None
    routes: Sequence[BaseRoute] = ()
    guard: Middleware | None = None
    templates: Environment = field(default_factory=lambda: environment(HERE / "templates"))

    @property
    def names(self) -> tuple[str, ...]:
        """Pages that ask, in the order of the menu."""
        return tuple(page.name for page in self.pages)

    def said(self, status: int, *, outside: bool = False) -> HTMLResponse:
        """A page that says in words why there is no other.

        Parameters
        ----------
        status : int
        outside : bool
            For who is not let in: it has no link that tells of the prefix.
        """
        words = texts_of("said")["statuses"]
        return self.page("said", status=status, outside=outside, said=words.get(str(status), words["500"]))

    def page(self, name: str, *, status: int = 200, outside: bool = False, **more: Any) -> HTMLResponse:
        """A page.

        Parameters
        ----------
        name : str
            Of its template and section of words.
        status : int
        outside : bool
            Without a link to any other page.
        **more
            For the template.
        """
        words = texts_of(name)
        menu = [] if outside else [(one, texts_of(one)["title"]) for one in self.names]
        root = "/" if outside else f"{self.prefix}/"
        about: dict[str, Any] = {"t": words, "name": name, "root": root, "menu": menu, "texts": as_script(words)}
        about["held"] = self.room is not None and not outside
        text = self.templates.get_template(f"{name}.html.j2").render(about | more)
        return HTMLResponse(text, status_code=status)


def application(site: Site) -> Starlette:
    """The lab as an ASGI application; ``app.state.pipes`` are its open pipes.

    Parameters
    ----------
    site : Site
    """
    pipes = Pipes(site.lab, site.queue, {page.name: page for page in site.pages}, site.room)

    async def home(_request: Request) -> Response:
        return site.page("home", leads={name: texts_of(name)["lead"] for name in site.names})

    async def page(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in site.names:
            raise HTTPException(404)
        return site.page(name)

    async def pipe(socket: WebSocket) -> None:
        if socket.headers.get("origin") != f"http://{socket.headers.get('host')}":
            await socket.close(POLICY, "only the lab's own pages may ask")
        elif pipes.has_place(socket):
            await pipes.serve(socket)
        else:
            await socket.accept()
            await socket.close(TRY_LATER, "too many pages are open: close some, or come back later")

    async def said(request: Request, error: Exception) -> Response:
        # who came by another way than the prefix may not know it
        outside = not request.url.path.startswith(f"{site.prefix}/")
        answer = site.said(error.status_code if isinstance(error, HTTPException) else 500, outside=outside)
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    @contextlib.asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        pipes.threads.shutdown(wait=False, cancel_futures=True)

    files = Mount("/static", StaticFiles(directory=HERE / "static"))
    own: list[BaseRoute] = [
        Route("/", home),
        WebSocketRoute("/pipe", pipe),
        files,
        Route("/{name}", page),
    ]
    routes = [*site.routes, files, Mount(site.prefix, routes=own)] if site.prefix else [*site.routes, *own]
    middleware = [Middleware(Guard, hosts=frozenset(site.hosts), refused=site.said(400, outside=True))]
    app = Starlette(
        routes=routes,
        middleware=[*middleware, *([site.guard] if site.guard else [])],
        exception_handlers={HTTPException: said, Exception: said},
        lifespan=life,
    )
    app.state.pipes = pipes
    return app


class Guard:
    """Answers only to the lab's own names, and adds to every answer what browsers are to keep to.

    Parameters
    ----------
    app : ASGIApp
    hosts : frozenset of str
    refused : Response
        For another name.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], refused: Response) -> None:
        self._app, self._hosts, self._refused = app, hosts, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif host_of(Headers(scope=scope).get("host", "")) in self._hosts:
            await self._app(scope, receive, guarded)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(POLICY, "this is not the lab's name")
        else:
            await self._refused(scope, receive, guarded)


def host_of(header: str) -> str:
    """Name in a ``Host`` header, without the port.

    Examples
    --------
    >>> host_of("127.0.0.1:8765"), host_of("[::1]:8765"), host_of("localhost")
    ('127.0.0.1', '[::1]', 'localhost')
    """
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0].lower()
