"""The lab's server: whom it answers, what it sends along, what hostile messages get."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from uvicorn.server import ServerState

from app.jobs import Unwanted
from app.pages.asking import Ask, Page
from app.pages.lab import Lab
from app.queue import Queue
from app.serving import limits
from app.serving.limits import MESSAGE_BYTES, Bucket, read_message
from app.serving.patience import Patient
from app.serving.server import HEADERS, Site, application
from app.serving.workers import Workers
from sim.problems import BadInput, Problem

HOST = "testserver"
ORIGIN = {"origin": f"http://{HOST}"}


def counting(asked: Any, _lab: Lab) -> Ask:
    """A page that adds up replicates, with whatever can go wrong."""
    if asked.get("bad"):
        raise BadInput([Problem("one", "is wrong", "right"), Problem("two", "is wrong, too")])
    if asked.get("broken") == "reading":
        raise ZeroDivisionError("/secret/path")

    def run(first: int, last: int, _wanted: Any) -> int:
        if asked.get("broken") == "running":
            raise ZeroDivisionError("/secret/path")
        if asked.get("broken") == "unwanted":
            raise Unwanted
        return sum(range(first, last))

    def told(results: Any, replicates: int) -> dict[str, Any]:
        return {"sum": sum(results), "of": replicates, "broken": 1 // (asked.get("broken") != "telling")}

    return Ask(json.dumps(asked), 130, run, told)


@pytest.fixture
def client() -> Iterator[TestClient]:
    queue = Queue()
    site = Site(Lab(), queue, hosts=(HOST,), pages=(Page("two-worlds", counting),))
    with Workers(queue, 1), TestClient(application(site), raise_server_exceptions=False) as found:
        yield found


@contextmanager
def piped(client: TestClient) -> Iterator[WebSocketTestSession]:
    """A pipe of a page that leaves: the test client cancels what still runs for it, and says so."""
    with suppress(CancelledError), client.websocket_connect("/pipe", headers=ORIGIN) as pipe:
        yield pipe


def message(number: int = 1, page: str = "two-worlds", **asked: Any) -> str:
    return json.dumps({"page": page, "id": number, "asked": asked})


def test_answers_get_better_and_hold_every_replicate(client: TestClient) -> None:
    with piped(client) as pipe:
        pipe.send_text(message(7, x=1))
        seen = [pipe.receive_json()]
        while not seen[-1]["final"]:
            seen.append(pipe.receive_json())
    assert {one["id"] for one in seen} == {7}
    assert seen[-1] == {
        "id": 7, "page": "two-worlds", "n": 130, "last": 130, "final": True,
        "data": {"sum": sum(range(130)), "of": 130, "broken": 1},
    }  # fmt: skip
    assert all(one["data"]["sum"] == sum(range(one["n"])) for one in seen)


def test_a_newer_move_is_the_one_that_is_answered(client: TestClient) -> None:
    with piped(client) as pipe:
        for number in range(1, 9):
            pipe.send_text(message(number, x=number))
        last = pipe.receive_json()
        while not (last["id"] == 8 and last["final"]):
            before, last = last["id"], pipe.receive_json()
            assert last["id"] >= before  # what was replaced is not answered afterwards


@pytest.mark.parametrize("broken", ["reading", "running", "telling"])
def test_a_fault_is_said_without_a_trace_and_the_pipe_goes_on(client: TestClient, broken: str) -> None:
    with piped(client) as pipe:
        pipe.send_text(message(1, broken=broken))
        assert pipe.receive_json() in ({"id": 1, "fault": True}, {"id": 1, "page": "two-worlds", "fault": True})
        pipe.send_text(message(2))
        assert pipe.receive_json()["data"]["of"] > 0


def test_every_problem_is_told_by_its_field(client: TestClient) -> None:
    with piped(client) as pipe:
        pipe.send_text(message(3, bad=True))
        found = pipe.receive_json()
    assert [(one["where"], one["what"]) for one in found["problems"]] == [("one", "is wrong"), ("two", "is wrong, too")]


HOSTILE = {
    "no JSON": "{",
    "not a number": '{"page": "two-worlds", "id": 1, "asked": {"x": NaN}}',
    "5,000 digits": f'{{"page": "two-worlds", "id": 1, "asked": {{"x": {"9" * 5000}}}}}',
    "deep": '{"page": "two-worlds", "id": 1, "asked": {"x": ' + "[" * 5000 + "]" * 5000 + "}}",
    "half a letter": '{"page": "two-worlds", "id": 1, "asked": {"x": "\\ud800"}}',
    "a list": "[1, 2]",
    "a number that is none": '{"page": "two-worlds", "id": true, "asked": {}}',
    "another key": '{"page": "two-worlds", "id": 1, "asked": {}, "file": "/etc/passwd"}',
    "another page": message(1, page="../../etc/passwd"),
    "a page that is none": '{"page": ["two-worlds"], "id": 1, "asked": {}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_are_refused_and_the_pipe_goes_on(client: TestClient, name: str) -> None:
    with piped(client) as pipe:
        pipe.send_text(HOSTILE[name])
        assert "problems" in pipe.receive_json()
        pipe.send_text(message(2))
        assert pipe.receive_json()["id"] == 2


@pytest.mark.parametrize("what", ["x" * (MESSAGE_BYTES + 1), b"bytes"])
def test_what_is_too_long_or_no_text_ends_the_pipe(client: TestClient, what: str | bytes) -> None:
    with piped(client) as pipe:
        pipe.send_text(what) if isinstance(what, str) else pipe.send_bytes(what)
        with pytest.raises(WebSocketDisconnect) as ended:
            pipe.receive_json()
    assert ended.value.code == 1009


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": f"https://{HOST}"}])
def test_no_other_page_opens_a_pipe(client: TestClient, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/pipe", headers=headers):
        pass


def test_it_answers_to_no_other_name(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    other = client.get("/", headers={"host": "evil.example"})
    assert other.status_code == 400
    assert "This is not the lab" in other.text
    with pytest.raises(WebSocketDisconnect):
        client.websocket_connect("/pipe", headers={"host": "evil.example", "origin": "http://evil.example"}).__enter__()


@pytest.mark.parametrize(
    "path", ["/nothing", "/two-worlds/more", "/static/../texts.toml", "/static/%2e%2e/texts.toml", "/static/nothing.js"]
)
def test_what_is_not_there_is_said_in_words(client: TestClient, path: str) -> None:
    found = client.get(path)
    assert found.status_code == 404
    assert "There is no such page" in found.text


def test_every_answer_says_what_browsers_are_to_keep_to(client: TestClient) -> None:
    for path in ("/", "/two-worlds", "/static/pipe.js", "/nothing"):
        found = client.get(path)
        assert {name: found.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["content-security-policy"]
    assert "set-cookie" not in client.get("/two-worlds").headers


def test_the_first_page_is_small(client: TestClient) -> None:
    page = client.get("/two-worlds").text
    modules = ["charts", "controls", "dots", "frame", "handin", "link", "pair", "pipe", "texts", "timeline", "two-worlds"]
    files = [f"/static/{name}.js" for name in modules] + ["/static/lab.css", "/static/pages.css"]
    assert len(page) + sum(len(client.get(file).content) for file in files) <= 100_000


def test_a_bucket_slows_who_floods() -> None:
    now = [0.0]
    bucket = Bucket(10.0, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == pytest.approx([0.0, 0.0, 0.0, 0.1])
    now[0] = 10.0
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.0]  # what was not used is not saved beyond the burst
    assert bucket.take() > 0


def test_a_message_is_read_whole() -> None:
    assert read_message(message(5, x=[1, {"y": None}])) == ("two-worlds", 5, {"x": [1, {"y": None}]})


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads no body."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


GET = b"GET / HTTP/1.1\r\nhost: a\r\n"
POST = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "patient"),
    [(b"", False), (GET, False), (GET + b"\r\n" + GET, False), (POST, False), (GET + b"\r\n", True), (POST + b"x" * 100, True)],
    ids=["nothing", "half a head", "half a second one", "a body that nobody reads", "a whole request", "a whole body"],
)
def test_a_request_that_never_ends_is_closed(sent: bytes, patient: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEADER_SECONDS", 0.2)

    async def closed() -> bool:
        config = uvicorn.Config(_nothing, log_config=None)
        config.load()
        made = partial(Patient, config, ServerState(), {})
        async with await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(sent)
            try:
                for _ in range(6):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(), 0.1)
                        return True
                    writer.write(b"" if patient else b"x")  # a byte now and then does not help
            except ConnectionError:
                return True
            finally:
                writer.close()
        return False

    assert asyncio.run(closed()) is not patient
