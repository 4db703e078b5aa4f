"""One pipe to each open page: messages come in, answers go out. All that a pipe remembers is the newest move.

A message holds everything that is asked for, so that a lost pipe is opened again and the message sent once more. Of the messages
that come while one is being read only the newest is kept. Reading and telling are done in threads of their own: neither may hold
up the pipes of others.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.jobs import Answer, Job
from app.pages.asking import Ask, Page
from app.pages.lab import Lab
from app.queue import Queue
from app.serving.limits import (
    ADDRESS_SOCKETS,
    BURST,
    MESSAGE_BYTES,
    QUIET_SECONDS,
    RATE,
    SOCKETS,
    Bucket,
    check_letters,
    read_message,
)
from sim.problems import BadInput, Problem

SEND_SECONDS: Final = 20.0
"""A page that takes nothing for so long has gone."""

POLICY: Final = 1008
"""Code with which a pipe is closed that breaks a rule."""

TOO_BIG: Final = 1009
TRY_LATER: Final = 1013
QUIET: Final = 4001
"""For a page whose place another one needs: it opens its pipe again with its next move."""

QUIET_REASON: Final = "this page was quiet, and another one needs its place"


class Room(Protocol):
    """What may stand above the pages, such as a class."""

    def refusal(self) -> str:
        """Why no move is taken now, in words without a full stop at their end; empty where moves are taken."""

    def state(self) -> dict[str, Any]:
        """What every page is told when it opens its pipe, and when it changes."""


class Pipes:
    """All open pipes; everything here happens in the thread of the event loop.

    Parameters
    ----------
    lab : Lab
    queue : Queue
    pages : mapping of str to Page
    room : Room, optional
    """

    def __init__(self, lab: Lab, queue: Queue, pages: Mapping[str, Page], room: Room | None = None) -> None:
        self.lab, self.queue, self.pages, self.room = lab, queue, pages, room
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="lab-words")
        self._open: set[Pipe] = set()
        self._addresses: Counter[str] = Counter()
        self._goodbyes: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def has_place(self, socket: WebSocket) -> bool:
        """Whether there is a place for one more page, in all and, where others may come in, for its address.

        Where there is none, the page that has been quiet for longest gives its own, if it has been so for long enough.
        """
        address = address_of(socket)
        crowded = self.room is not None and self._addresses[address] >= ADDRESS_SOCKETS
        if not crowded and len(self) < SOCKETS:
            return True
        quiet = [one for one in self._open if one.quiet >= QUIET_SECONDS and (not crowded or one.address == address)]
        if not quiet:
            return False
        pipe = max(quiet, key=lambda one: one.quiet)
        self._leave(pipe)
        goodbye = asyncio.create_task(pipe.close(QUIET, QUIET_REASON))
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)
        return True

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it goes."""
        await socket.accept()
        pipe = Pipe(socket, self)
        self._open.add(pipe)
        self._addresses[pipe.address] += 1
        try:
            await pipe.serve()
        finally:
            self._leave(pipe)

    def _leave(self, pipe: "Pipe") -> None:
        """Free the place of a page, once."""
        if pipe in self._open:
            self._open.discard(pipe)
            self._addresses -= Counter([pipe.address])  # forgets who has none left
            self.queue.leave(pipe)

    def tell(self, message: dict[str, Any]) -> None:
        """Tell every open page."""
        for pipe in self._open:
            pipe.say(message)

    async def close(self, reason: str) -> None:
        """Close every pipe with a word."""
        await asyncio.gather(*(pipe.close(POLICY, reason) for pipe in tuple(self._open)))


def address_of(socket: WebSocket) -> str:
    """Address that a page comes from."""
    return socket.client.host if socket.client else ""


class Pipe:
    """The pipe of one page.

    Parameters
    ----------
    socket : WebSocket
        Accepted.
    pipes : Pipes
    """

    def __init__(self, socket: WebSocket, pipes: Pipes) -> None:
        self._socket, self._pipes = socket, pipes
        self.address = address_of(socket)
        self._heard = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._newest: str | None = None  # a message that is not read yet
        self._moves = asyncio.Event()
        self._number = 0
        self._page = ""
        self._ask: Ask | None = None
        self._results: list[Any] = []
        self._answer: Answer | None = None  # the newest that is not told yet
        self._said: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    async def serve(self) -> None:
        """Take messages and give answers until the page goes, or breaks a rule."""
        if self._pipes.room is not None:
            self.say({"room": self._pipes.room.state()})
        tasks = [asyncio.create_task(one()) for one in (self._receiving, self._reading, self._telling)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for error in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect | RuntimeError | TimeoutError):
                    logging.getLogger(__name__).error("a pipe ended", exc_info=error)

    @property
    def quiet(self) -> float:
        """Seconds since the page asked, was last answered, or came."""
        return time.monotonic() - self._heard

    def say(self, message: dict[str, Any]) -> None:
        """Say something that is not an answer."""
        self._said.append(message)
        self._news.set()

    async def close(self, code: int, reason: str) -> None:
        """Close with a word, if it is not closed."""
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                await asyncio.wait_for(self._socket.close(code, reason), SEND_SECONDS)
            except (RuntimeError, TimeoutError):
                return  # the page was quicker

    # ------------------------------------------------------------------------------------------------------------ inwards

    async def _receiving(self) -> None:
        bucket = Bucket(RATE, BURST, time.monotonic)
        while True:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            text = event.get("text")
            if text is None or len(text.encode("utf-8", "surrogatepass")) > MESSAGE_BYTES:
                await self.close(TOO_BIG, "a message is text of at most 64 kB")
                return
            self._newest, self._heard = text, time.monotonic()
            self._moves.set()
            wait = bucket.take()
            if wait:  # what comes in the meantime waits in the socket: whoever floods it is slowed
                self.say({"slow": True})
                await asyncio.sleep(wait)

    async def _reading(self) -> None:
        while True:
            await self._moves.wait()
            self._moves.clear()
            text, self._newest = self._newest, None
            if text is None:
                continue
            number = 0
            try:
                page, number, asked = read_message(text)
                check_letters(asked)
                ask = await self._in_a_thread(partial(self._asked, page, asked))
            except BadInput as error:
                self._forget(number)
                self.say({"id": number, "problems": error.as_rows()})
                continue
            except Exception:
                logging.getLogger(__name__).exception("a message could not be read")
                self._forget(number)
                self.say({"id": number, "fault": True})
                continue
            if self._newest is None:  # else a newer move takes its place before it begins
                self._put(page, number, ask)

    def _asked(self, page: str, asked: Mapping[str, Any]) -> Ask:
        if page not in self._pipes.pages:
            allowed = ", ".join(self._pipes.pages)
            raise BadInput([Problem("page", "there is no such page", allowed, "load the page again")])
        refusal = "" if self._pipes.room is None else self._pipes.room.refusal()
        if refusal:
            raise BadInput([Problem("room", refusal)])
        return self._pipes.pages[page].ask(asked, self._pipes.lab)

    def _forget(self, number: int) -> None:
        """The move before is not answered any more: this one took its place, even if it is none."""
        self._pipes.queue.leave(self)
        self._number, self._ask, self._results, self._answer = number, None, [], None

    def _put(self, page: str, number: int, ask: Ask) -> None:
        self._page, self._number, self._ask, self._results, self._answer = page, number, ask, [], None
        try:
            self._pipes.queue.put(self, Job(ask.key, ask.last, self._answered, ask))
        except RuntimeError:
            return  # the lab is closing

    # ----------------------------------------------------------------------------------------------------------- outwards

    def _answered(self, answer: Answer) -> None:
        """An answer of the queue, in whatever thread."""
        self._loop.call_soon_threadsafe(self._arrived, answer)

    def _arrived(self, answer: Answer) -> None:
        """An answer of the queue, in the thread of the loop."""
        if not answer.wanted() or answer.job.payload is not self._ask:
            return
        self._results += [chunk.result for chunk in answer.chunks]
        self._answer = answer
        self._news.set()

    async def _telling(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._said:
                await self._send(self._said.pop(0))
            answer, ask, results, self._answer = self._answer, self._ask, list(self._results), None
            if answer is None or ask is None:
                continue
            message = {"id": self._number, "page": self._page}
            told, whole = await self._in_a_thread(partial(told_of, answer, ask, results))
            if answer.wanted() and ask is self._ask:
                self._results[: len(results)] = whole
                if "data" not in told:  # better pictures would fail as well
                    self._forget(self._number)
                await self._send(message | told)
                self._heard = time.monotonic()

    async def _send(self, message: dict[str, Any]) -> None:
        await asyncio.wait_for(self._socket.send_json(message), SEND_SECONDS)

    async def _in_a_thread(self, what: Callable[[], Any]) -> Any:
        return await self._loop.run_in_executor(self._pipes.threads, what)


def told_of(answer: Answer, ask: Ask, results: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """What a page is told of an answer: data, problems, or that there is a fault here; and its results, joined."""
    try:
        if answer.error is not None:
            raise answer.error
        whole = results if ask.joined is None or len(results) < 2 else [ask.joined(results)]
        data = ask.told(whole, answer.pairs)
    except BadInput as error:
        return {"problems": error.as_rows()}, results
    except Exception:
        logging.getLogger(__name__).exception("an answer could not be given")
        return {"fault": True}, results
    return {"n": answer.pairs, "last": ask.last, "final": answer.final, "data": data}, whole
