"""The classroom without its server: secrets, guesses, what is handed in and how it is kept and told."""

import asyncio
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.classroom import addresses, guesses, handed, keeping, opening, qr, routes, secret, table
from app.classroom.keeping import HANDED, STATE, Folder, Full
from app.classroom.room import Room
from app.pages.lab import Lab
from app.queue import Queue
from app.serving import limits, pipe
from app.serving.asked import Asked
from app.serving.server import application
from experiments.kit.terminal import interrupted
from sim.problems import BadInput
from tests.app import handing
from tests.app.plain_words import raw_words
from tests.app.queueing import Clock
from tests.experiments.commanding import refused, sustain

pytestmark = pytest.mark.portable


# ------------------------------------------------------------------------------------------------- secrets and their guesses


def test_a_code_has_six_digits_and_differs() -> None:
    codes = {secret.new_code() for _ in range(50)}
    assert len(codes) > 40
    assert all(secret.is_code(code) for code in codes)
    assert not any(secret.is_code(text) for text in ("", "12345", "1234567", "12345a", "１２３４５６", "123456\n"))
    assert len({secret.new_key() for _ in range(50)}) == 50
    assert len(secret.new_key()) >= 32


@pytest.mark.parametrize(
    ("one", "other", "equal"), [("123456", "123456", True), ("123456", "123457", False), ("é\ud800", "1", False)]
)
def test_secrets_are_compared_whole(one: str, other: str, equal: bool) -> None:
    assert secret.same(one, other) is equal


def test_one_address_has_so_many_guesses_and_then_one_in_ten_seconds() -> None:
    clock = Clock()
    found = guesses.Guesses(clock)
    for _ in range(10):
        assert found.wait("a") == 0
        found.wrong("a")
    assert found.wait("a") == 10
    assert found.wait("b") == 0
    clock.now += 9.5
    assert found.wait("a") == 1
    clock.now += 0.5
    assert found.wait("a") == 0
    found.wrong("a")
    assert found.wait("a") == 10


def test_all_addresses_together_have_so_many_but_nobody_who_is_in_is_shut_out() -> None:
    clock = Clock()
    found = guesses.Guesses(clock)
    found.right("student")
    for at in range(60):
        assert found.wait(f"stranger {at}") == 0
        found.wrong(f"stranger {at}")
    assert found.wait("another stranger") == 5
    assert found.wait("student") == 0
    clock.now += 3600
    tried = 0
    while not found.wait("yet another"):
        found.wrong(f"new {tried}")
        tried += 1
    assert tried == 60  # what was not used is not saved up


def test_what_is_remembered_of_addresses_has_an_end() -> None:
    found = guesses.Guesses(Clock())
    for at in range(guesses.MOST_ADDRESSES + 10):
        found.wrong(f"{at}")
        found.right(f"{at}")
    assert len(found._each) == len(found._known) == guesses.MOST_ADDRESSES


# ----------------------------------------------------------------------------------------------------- addresses and QR code


def test_own_addresses_without_the_loop_and_each_once() -> None:
    answers = dict(zip(addresses.PROBES, ("192.168.1.5", "192.168.1.5", "127.0.0.1", "10.0.0.7"), strict=True))
    assert addresses.own_addresses(answers.__getitem__) == ["192.168.1.5", "10.0.0.7"]

    def nowhere(probe: str) -> str:
        raise OSError("network is unreachable")

    assert addresses.own_addresses(nowhere) == []


def test_finding_them_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def sends(*about: object) -> None:
        pytest.fail("something was sent or looked up")

    class Quiet(socket.socket):
        send = sendall = sendto = sendmsg = sends

    monkeypatch.setattr(socket, "socket", Quiet)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getfqdn"):
        monkeypatch.setattr(socket, name, sends)
    assert all(not addresses.is_loopback(one) for one in addresses.own_addresses())


@pytest.mark.parametrize(
    ("host", "loop"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("192.168.1.5", False), ("x", False)]
)
def test_loopback(host: str, loop: bool) -> None:
    assert addresses.is_loopback(host) is loop


def test_links() -> None:
    assert addresses.link("192.168.1.5", 8765, "/r/123456/") == "http://192.168.1.5:8765/r/123456/"
    assert addresses.link("fe80::1", 1, "/") == "http://[fe80::1]:1/"


LINK = "http://192.168.178.23:8765/r/123456/"


def test_the_code_in_letters_is_the_code() -> None:
    modules = qr.modules_of(LINK)
    size = len(modules)
    assert {len(row) for row in modules} == {size}
    assert not any(any(row) for row in (*modules[: qr.BORDER], *modules[-qr.BORDER :]))
    halves = {sign: pair for pair, sign in {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}.items()}
    for coloured in (False, True):
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in qr.as_text(LINK, coloured=coloured).splitlines()]
        drawn = [[halves[sign][half] for sign in line] for line in lines for half in (0, 1)]
        assert [[int(bool(one) == coloured) for one in row] for row in drawn[:size]] == [
            [int(bool(one)) for one in row] for row in modules
        ]
    assert qr.as_text("another", coloured=False) != qr.as_text(LINK, coloured=False)


def test_the_code_as_a_picture_has_every_dark_module() -> None:
    size, path = qr.as_path(LINK)
    modules = qr.modules_of(LINK)
    assert size == len(modules)
    places = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)}
    assert places == {(x, y) for y, row in enumerate(modules) for x, dark in enumerate(row) if dark}


# ------------------------------------------------------------------------------------------------------------- what is handed in


def test_a_hand_in_comes_back_as_it_was() -> None:
    one = handing.handed(word="  Otter  7 ")
    assert one.word == "Otter 7"
    assert handed.read(one.line()) == one
    assert "\n" not in one.line()
    assert json.loads(one.line())["decisions"] == [{"month": 3, "acts": ["coach"]}]


HOSTILE = {
    "a formula": {"word": "=1+1"},
    "a tag": {"word": "<img src=x>"},
    "nothing": {"word": " "},
    "another line": {"word": "a\nb\x00"},
    "a word that is a number": {"word": 7},
    "too long": {"word": "a" * 25},
    "turned letters": {"word": "a\u202eb"},
    "a path": {"page": "../etc/passwd"},
    "a field too many": {"admin": True},
    "no number": {"id": "7"},
    "another version": {"version": 2},
    "a formula in a forecast": {"forecasts": [{"what": "=cmd", "value": 1}]},
    "a chance above 1": {"forecasts": [{"what": "a", "kind": "chance", "value": 1.5}]},
    "half a range": {"forecasts": [{"what": "a", "value": 1, "low": 0}]},
    "a range turned round": {"forecasts": [{"what": "a", "value": 1, "low": 2, "high": 0}]},
    "a huge number": {"forecasts": [{"what": "a", "value": 1e300}]},
    "the same twice": {"forecasts": [{"what": "a", "value": 1}, {"what": "a", "value": 2}]},
    "too many forecasts": {"forecasts": [{"what": f"a{at}", "value": 1} for at in range(9)]},
    "a tree of decisions": {"decisions": [{"a": {"b": {}}}]},
    "too many decisions": {"decisions": [{}] * 241},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_is_refused_in_words(change: dict) -> None:
    with pytest.raises(BadInput) as found:
        handed.read(json.dumps(handing.raw() | change))
    assert len(found.value.problems) == 1
    assert found.value.problems[0].where.startswith(f"hand-in: {next(iter(change))}")
    assert all(one.what and one.allowed for one in found.value.problems)
    assert raw_words(found.value.problems) == []


@pytest.mark.parametrize("name", ["", "=1", "\u202e"])
def test_a_field_without_a_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(BadInput) as found:
        handed.read(json.dumps(handing.raw() | {name: 1}))
    (problem,) = found.value.problems
    assert problem.where == "hand-in"
    assert "forecasts" in problem.allowed


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 9000, '{"id": NaN}', "9" * 5000, "x" * 20_000, b"\xff\xfe{"])
def test_what_is_no_hand_in_at_all(text: str | bytes) -> None:
    with pytest.raises(BadInput) as found:
        handed.read(text)
    assert len(found.value.problems) == 1


@given(st.text(max_size=40))
def test_any_word_is_kept_as_a_plain_cell_or_refused(word: str) -> None:
    try:
        one = handing.handed(word=word)
    except BadInput:
        return
    assert one.word[0] not in "=+-@\t\r"
    assert one.word.isprintable()
    assert not set(one.word) & set('<>&"`')
    assert handed.read(one.line()) == one


# ----------------------------------------------------------------------------------------------------------------- the folder


def test_a_folder_goes_on_after_a_restart(tmp_path: Path) -> None:
    with Folder(tmp_path / "class") as first:
        code = first.state.code
        assert not first.again
        kept = first.hand_in(handing.handed(1))
        assert kept.time.endswith("+00:00")
        first.change(frozen=True, revealed=True)
    with Folder(tmp_path / "class") as again:
        assert again.again
        assert again.state == keeping.State(code, frozen=True, revealed=True, sealed=1)
        assert again.handed == [kept]
        again.hand_in(handing.handed(2, "badger"))
    assert [json.loads(line)["word"] for line in (tmp_path / "class" / HANDED).read_text().splitlines()] == ["otter", "badger"]
    assert (tmp_path / "class").stat().st_mode & 0o077 == 0
    with Folder(tmp_path / "other") as other:  # the control
        assert other.handed == []


def test_the_same_again_is_kept_once_and_a_change_replaces(tmp_path: Path) -> None:
    with Folder(tmp_path / "class") as folder:
        first = folder.hand_in(handing.handed(1))
        assert folder.hand_in(handing.handed(1)) == first
        assert len(folder.handed) == 1
        folder.hand_in(handing.handed(2, "badger"))
        folder.hand_in(handing.handed(1, "stoat"))
        assert [one.word for one in folder.newest] == ["stoat", "badger"]
        assert len((folder.path / HANDED).read_text().splitlines()) == 3


def other(number: int, value: float) -> handed.HandIn:
    """A hand-in with another forecast."""
    return handing.handed(number, forecasts=[{"what": handing.WHAT, "unit": "points", "value": value}])


def test_what_is_said_after_the_reveal_replaces_nothing_and_counts_as_no_forecast(tmp_path: Path) -> None:
    with Folder(tmp_path / "class") as folder:
        first = folder.hand_in(handing.handed(1))
        assert not folder.hand_in(other(2, 0.4)).again
        assert not folder.hand_in(other(2, 0.5)).again  # control: before the reveal it replaces
        assert len(folder.newest) == 2
        folder.change(revealed=True)
        assert folder.hand_in(handing.handed(1)) == first  # the same once more is no other forecast
        assert folder.hand_in(other(1, 0.15)).again
        assert folder.hand_in(other(3, 0.15)).again  # a page that was loaded again has another number
        task = {"results": [{"what": handing.WHAT, "value": 0.05}]}
        assert not folder.hand_in(handing.handed(5, **task)).again  # control: of other worlds nothing has been shown
        folder.change(revealed=False)
    with Folder(tmp_path / "class") as folder:  # also after a restart, and when it is covered
        assert folder.hand_in(other(1, 0.16)).again
        found = [(int(one.id, 16), one.again) for one in folder.newest]
        assert found == [(1, False), (2, False), (1, True), (3, True), (5, False)]
        told = table.told(folder.newest, revealed=True)
        assert [one["value"] for one in told["strips"][0]["points"]] == [0.1, 0.5, 0.1]
        assert [row["again"] for row in told["rows"]] == [False, False, True, True, False]
        assert [bool(row["scores"]) for row in told["rows"]] == [True, False, False, False, True]
        rows = list(csv.DictReader(io.StringIO(table.as_csv(folder.newest))))
        assert [row["again"] for row in rows] == ["", "", "yes", "yes", ""]


def test_a_page_cannot_say_that_it_is_not_said_again(tmp_path: Path) -> None:
    with Folder(tmp_path / "class") as folder:
        assert not folder.hand_in(handing.handed(1, again=True)).again
        folder.change(revealed=True)
        assert folder.hand_in(handing.handed(2, again=False)).again
        found = [{"what": "Will it last?", "said": "Nobody knows."}]
        assert not folder.hand_in(handing.handed(3, forecasts=[], found=found)).again  # nothing is forecast in it


LINK = "mine#v1=%7B%22form%22%3A%7B%7D%7D"


def test_what_was_found_is_told_with_its_link(tmp_path: Path) -> None:
    found = [{"what": "Will  it\u00a0last?", "said": "In 40 of 100 futures.", "link": LINK}]
    one = handing.handed(1, "stoat", page="mine", forecasts=[], results=[], decisions=[], found=found)
    told = table.told([one], revealed=False)
    assert told["found"] == [
        {"word": "stoat", "title": "My service", "what": "Will it last?", "said": "In 40 of 100 futures.", "link": LINK}
    ]
    assert json.loads(next(csv.DictReader(io.StringIO(table.as_csv([one]))))["found"])[0]["link"] == LINK
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "a.jsonl").write_text(one.line())
    done = sustain("class", tmp_path / "sent", "--out", tmp_path / "told.html")
    assert done.exit_code == 0, done.output
    assert "What was found out" in (tmp_path / "told.html").read_text()


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "//elsewhere.org/#v1=a", "mine", "../t/#v1=a", "mine#v1=a b", "mine#v1=" + "a" * 8001]
)
def test_a_link_that_leads_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(BadInput):
        handing.handed(1, found=[{"what": "Why?", "said": "So.", "link": link}])


LETTERS = "a\u2028b\u2029c\x85d\x0b\x0c\x1c\x1d\x1ee\r\nf"


def test_letters_that_end_a_line_elsewhere_come_back(tmp_path: Path) -> None:
    odd = handing.handed(1, decisions=[{"note": LETTERS}])
    sent = json.dumps(handing.raw(2, decisions=[{"note": "\u4e2d" * 200} for _ in range(24)]), ensure_ascii=False)
    large = handed.read(sent)
    assert len(sent.encode()) < handed.BYTES < len(large.line())
    with Folder(tmp_path / "class") as folder:
        kept = [folder.hand_in(odd), folder.hand_in(large)]
    with (tmp_path / "class" / HANDED).open("a", encoding="utf-8", newline="") as file:  # as an editor may have saved it
        file.write(json.dumps(kept[0].model_dump() | {"id": f"{3:032x}"}, ensure_ascii=False) + "\r\n")
    with Folder(tmp_path / "class") as folder:
        assert folder.unread == []
        assert folder.handed[:2] == kept
        assert folder.handed[2].decisions == odd.decisions


def test_what_would_not_come_back_is_not_acknowledged(tmp_path: Path) -> None:
    grows = "a" + "\u0958" * 119  # one letter here, two as it is kept
    with Folder(tmp_path / "class") as folder, pytest.raises(BadInput):
        folder.hand_in(handing.handed(1, forecasts=[{"what": grows, "value": 1}]))
    assert (tmp_path / "class" / HANDED).read_bytes() == b""


def test_one_process_writes(tmp_path: Path) -> None:
    with Folder(tmp_path / "class"), pytest.raises(BadInput, match="another lab has this room open"):
        Folder(tmp_path / "class")
    Folder(tmp_path / "class").close()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(BadInput, match="holds other files"):
        Folder(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(BadInput, match="cannot be used"):
        Folder(tmp_path / "letter.txt")
    with pytest.raises(BadInput, match="cannot be used"):
        Folder(tmp_path / "not" / "there")
    with pytest.raises(BadInput, match="cannot be used"):
        Folder(Path("a\0b"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1, "code": "12"}', '{"version": 1, "code": "123456", "frozen": 3}', '{"version": 2}']
)
def test_a_state_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    Folder(tmp_path / "class").close()
    (tmp_path / "class" / STATE).write_text(text)
    with pytest.raises(BadInput) as found:
        Folder(tmp_path / "class")
    assert "remove room.json" in found.value.problems[0].hint


def test_a_line_that_a_sudden_stop_left_open_stays_and_is_told(tmp_path: Path) -> None:
    with Folder(tmp_path / "class") as folder:
        folder.hand_in(handing.handed(1))
    with (tmp_path / "class" / HANDED).open("a") as file:
        file.write('{"version":1,"id":"00')
    with Folder(tmp_path / "class") as folder:
        assert [one.where for one in folder.unread] == ["handed-in.jsonl: line 2"]
        folder.hand_in(handing.handed(2))
    assert len(keeping.read_folder_file(tmp_path / "class" / HANDED)[0]) == 2


def test_a_full_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 2)
    with Folder(tmp_path / "class") as folder:
        folder.hand_in(handing.handed(1))
        folder.hand_in(handing.handed(2))
        with pytest.raises(Full, match="takes no more"):
            folder.hand_in(handing.handed(3))
        monkeypatch.setattr(keeping, "MOST", 9)
        monkeypatch.setattr(keeping, "FULL", 10)
        with pytest.raises(Full, match="takes no more"):
            folder.hand_in(handing.handed(3))
        assert len(folder.handed) == 2


def no_room(handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Folder(tmp_path / "class") as folder:
        folder.hand_in(handing.handed(1))
        before = (folder.path / HANDED).read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", no_room)
            with pytest.raises(Full, match="No space left"):
                folder.hand_in(handing.handed(2))
            with pytest.raises(OSError, match="No space left"):
                folder.change(closed=True)
        assert (folder.path / HANDED).read_bytes() == before
        assert not folder.state.closed
        folder.hand_in(handing.handed(2))


def test_it_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Folder(tmp_path / "class") as folder:
        seen, sync = [], os.fsync
        monkeypatch.setattr(os, "fsync", lambda handle: (seen.append((folder.path / HANDED).read_text()), sync(handle)))
        folder.hand_in(handing.handed(1))
        assert len(seen) == 1
        assert seen[0].endswith("\n")


KILLED = """
    import sys
    from pathlib import Path
    from app.classroom.keeping import Folder
    from tests.app.handing import handed
    folder = Folder(Path(sys.argv[1]))
    for number in range(10000):
        folder.hand_in(handed(number))
        print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "class")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as one:
        assert one.stdout is not None
        for _ in range(20):
            last = one.stdout.readline()
        one.send_signal(signal.SIGKILL)
        rest = one.stdout.read().split()
    acknowledged = int(rest[-1] if rest else last)
    with Folder(tmp_path / "class") as folder:  # and its lock is gone
        assert {int(one.id, 16) for one in folder.handed} >= set(range(acknowledged + 1))


# ------------------------------------------------------------------------------------------------------------- table and scores


CHANCE = {"what": "Delivers at month 84", "kind": "chance", "value": 0.8}


def class_of_three() -> list[handed.HandIn]:
    chance = {"page": "lead", "forecasts": [CHANCE], "results": [{"what": CHANCE["what"], "value": 1}]}
    return [handing.handed(1), handing.handed(2, "Otter", results=[]), handing.handed(3, "badger", **chance)]


def test_what_came_out_is_told_only_when_it_is_revealed() -> None:
    before, after = (table.told(class_of_three(), revealed=revealed) for revealed in (False, True))
    assert "0.15" not in json.dumps(before)
    assert not any(row["scores"] for row in before["rows"])
    assert [row["word"] for row in before["rows"]] == ["otter", "Otter (2)", "badger"]
    difference, chance = after["strips"]
    assert difference["result"] == 0.15
    assert [one["result"] for one in difference["points"]] == [0.15, None]
    assert difference["scores"] == {"coverage": 1.0, "ranges": 1}
    assert chance["unit"] == "share"
    assert chance["scores"] == {"brier": pytest.approx(0.04), "chances": 1}
    assert [row["title"] for row in after["rows"]] == ["Two worlds", "Two worlds", table.title_of("lead")]
    assert after["rows"][2]["scores"] == chance["scores"]
    own = [handing.handed(1), handing.handed(2, results=[{"what": handing.WHAT, "value": 0.3}])]
    strip = table.told(own, revealed=True)["strips"][0]
    assert (strip["result"], strip["results"]) == (None, 2)  # each had a run of their own
    assert strip["scores"] == {"coverage": 0.5, "ranges": 2}


def test_one_student_does_not_bury_what_the_class_forecast() -> None:
    def invented(number: int) -> list[dict]:
        return [{"what": f"invented {number} {at}", "value": 1} for at in range(8)]

    flood = [handing.handed(at, "stoat", forecasts=invented(at), results=[]) for at in range(37)]
    again = [handing.handed(40 + at, "stoat", forecasts=invented(0), results=[]) for at in range(3)]
    found = table.told([*flood, *again, handing.handed(50), handing.handed(51, "badger")], revealed=False)
    assert (len(found["strips"]), found["more"]) == (20, 37 * 8 + 1 - 20)
    assert found["strips"][-1]["what"] == handing.WHAT
    few = table.told([*flood[:2], handing.handed(50)], revealed=False)  # the control
    assert (len(few["strips"]), few["more"]) == (17, 0)


def test_the_tables_hold_everything() -> None:
    rows = list(
        csv.DictReader(io.StringIO(table.as_csv([*class_of_three(), handing.handed(4, "stoat", forecasts=[], results=[])])))
    )
    assert [row["word"] for row in rows] == ["otter", "Otter (2)", "badger", "stoat"]
    assert [row["within"] for row in rows] == ["yes", "", "", ""]
    assert float(rows[2]["squared_error"]) == pytest.approx(0.04)
    assert not any(cell.startswith(tuple("=+-@")) for row in rows for cell in row.values())
    lines = table.as_lines(class_of_three()).splitlines()
    assert [handed.read(line) for line in lines] == class_of_three()


# ------------------------------------------------------------------------------------------------------------------ opening it


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_beyond_this_machine_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(BadInput, match="nobody can be asked here") as found:
        opening.agreed(["192.168.1.5"], yes=False)
    assert "192.168.1.5" in str(found.value)
    assert "--yes" in str(found.value)
    opening.agreed(["192.168.1.5"], yes=True)
    opening.agreed(["127.0.0.1", "localhost"], yes=False)
    monkeypatch.setattr(sys, "stdin", Terminal())
    asked = []
    for answer in ("", "n", "nein"):
        with pytest.raises(BadInput, match="it was not opened"):
            opening.agreed(["192.168.1.5"], yes=False, ask=lambda text, answer=answer: asked.append(text) or answer)
    opening.agreed(["192.168.1.5"], yes=False, ask=lambda _text: " Y ")
    assert asked == ["Open it? [y/N] "] * 3


def test_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "own_addresses", lambda: ["192.168.1.5", "10.0.0.7"])
    problems: list = []
    assert opening.places(None, problems) == ("192.168.1.5", ["192.168.1.5"])
    assert opening.places("10.0.0.7", problems) == ("10.0.0.7", ["10.0.0.7"])
    assert opening.places("127.0.0.1", problems)[1] == ["127.0.0.1", "localhost"]
    assert opening.places("0.0.0.0", problems)[1] == ["192.168.1.5", "10.0.0.7", "127.0.0.1", "localhost"]
    assert problems == []
    for wrong in ("example.org", "a" * 300, "192.168.1.5:80", "\0", ""):
        opening.places(wrong, problems)
        assert problems.pop().what.endswith("is no address")
    monkeypatch.setattr(opening, "own_addresses", list)
    opening.places(None, problems)
    assert [one.what for one in problems] == ["this machine is in no network"]
    assert opening.places("0.0.0.0", problems)[1] == ["127.0.0.1", "localhost"]


def test_a_new_room_has_a_folder_of_its_own(tmp_path: Path) -> None:
    def now() -> datetime:
        return datetime(2026, 11, 29, 12, tzinfo=UTC)

    assert opening.new_folder(tmp_path, now).name == "class-2026-11-29"
    (tmp_path / "class-2026-11-29").mkdir()
    assert opening.new_folder(tmp_path, now).name == "class-2026-11-29-2"


def test_what_the_terminal_says(tmp_path: Path) -> None:
    with Folder(tmp_path / "class") as folder:
        room = Room(folder)
        said = opening.told(room, "http://x/students/", "http://x/teacher/")
        assert folder.state.code in said
        assert "http://x/teacher/" in said
        folder.hand_in(handing.handed(1))
        folder.change(frozen=True)
    for path in (tmp_path / "class").iterdir():
        assert room.key not in path.read_text()
    with Folder(tmp_path / "class") as folder:
        said = opening.told(Room(folder), "http://x/", "http://y/")
    assert "The room goes on, with 1 handed in. It is still frozen." in said


@pytest.mark.parametrize("words", [["--folder", "x"], ["--host", "127.0.0.1"], ["--yes"]])
def test_what_only_a_class_has_is_refused_without_one(words: list[str]) -> None:
    assert "is only for a class" in refused("lab", *words)


# --------------------------------------------------------------------------------------------------------- doors and routes


@pytest.fixture
def client(tmp_path: Path) -> Iterator[tuple[TestClient, Room]]:
    with Folder(tmp_path / "class") as folder:
        room = Room(folder)
        site = opening.site_of(room, Lab(), Queue(), ["testserver"], f"http://testserver{room.prefix}/")
        with TestClient(application(site), raise_server_exceptions=False) as found:
            yield found, room


OWN = {"origin": "http://testserver"}


def test_nobody_learns_the_code_or_the_key(client: tuple[TestClient, Room]) -> None:
    web, room = client
    secrets = (room.folder.state.code, room.key)
    for path in (
        "/",
        "/two-worlds",
        "/r",
        "/r/",
        "/t/",
        "/r/x/",
        f"/t/{secrets[0]}/",
        f"/r/{secrets[1]}/",
        "/pipe",
        "/nothing",
        "/static/none.js",
    ):
        found = web.get(path)
        assert found.status_code == (404 if "static" in path else 403)
        assert not any(one in found.text for one in secrets)
        assert not any(one in str(found.headers) for one in secrets)
    other = web.get(f"{room.prefix}/", headers={"host": "evil.example"})
    assert other.status_code == 400
    assert not any(one in other.text for one in secrets)
    student = web.get(f"{room.prefix}/two-worlds")
    assert student.status_code == 200
    assert room.key not in student.text
    assert "set-cookie" not in student.headers
    assert web.get("/static/pages.css").status_code == 200


def test_after_so_many_wrong_codes_an_address_waits(client: tuple[TestClient, Room]) -> None:
    web, room = client
    for _ in range(10):
        assert web.get("/r/x/").status_code == 403
    found = web.get(f"{room.prefix}/")
    assert found.status_code == 429
    assert found.headers["retry-after"] == "10"
    assert web.get(f"/t/{room.key}x/").status_code == 403
    assert web.get(f"{room.teacher}/").status_code == 200  # a key needs no limit; and with it the address is in
    assert web.get(f"{room.prefix}/").status_code == 200


def test_wrong_codes_shut_nobody_out_at_an_address_that_is_in(client: tuple[TestClient, Room]) -> None:
    web, room = client
    assert web.get(f"{room.prefix}/").status_code == 200
    for _ in range(100):
        assert web.get("/r/000000x/").status_code == 403
    assert [web.get(f"{door}/").status_code for door in (room.prefix, room.teacher)] == [200, 200]
    assert room.guesses.wait("stranger") == 0


def test_what_a_page_is_told_of_a_held_room_reads_well(client: tuple[TestClient, Room]) -> None:
    web, room = client
    room.folder.change(frozen=True)
    with suppress(CancelledError), web.websocket_connect(f"{room.prefix}/pipe", headers=OWN) as one:
        one.receive_json()
        one.send_json({"page": "two-worlds", "id": 1, "asked": {}})
        told = one.receive_json()["problems"][0]
        assert told["what"].endswith("Nothing is lost")  # the page puts the full stop
        assert not told["allowed"]
    assert "load this page again" in room.words["told"]["closed"]
    assert len(room.words["closed_reason"].encode()) <= 123  # more a browser does not take
    assert "load this page again" in room.words["closed_reason"]


def test_one_address_takes_no_more_than_half_of_the_places(
    client: tuple[TestClient, Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, room = client
    monkeypatch.setattr(pipe, "ADDRESS_SOCKETS", 2)
    path = f"{room.prefix}/pipe"
    with suppress(CancelledError), ExitStack() as places:
        for _ in range(2):
            places.enter_context(web.websocket_connect(path, headers=OWN)).receive_json()
        with pytest.raises(WebSocketDisconnect) as ended, web.websocket_connect(path, headers=OWN) as third:
            third.receive_json()
        assert ended.value.code == pipe.TRY_LATER
        elsewhere = TestClient(web.app, client=("elsewhere", 1), raise_server_exceptions=False)
        with suppress(CancelledError), elsewhere.websocket_connect(path, headers=OWN) as other:
            assert "room" in other.receive_json()
    with suppress(CancelledError), web.websocket_connect(path, headers=OWN) as again:
        assert "room" in again.receive_json()  # a place that was left is free


def test_where_all_places_are_taken_a_quiet_page_gives_its_own(
    client: tuple[TestClient, Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, room = client
    monkeypatch.setattr(pipe, "ADDRESS_SOCKETS", 2)
    monkeypatch.setattr(pipe, "QUIET_SECONDS", 0.2)
    path = f"{room.prefix}/pipe"
    elsewhere = TestClient(web.app, client=("elsewhere", 1), raise_server_exceptions=False)
    with suppress(CancelledError), ExitStack() as places:
        far = places.enter_context(elsewhere.websocket_connect(path, headers=OWN))
        one, other = (places.enter_context(web.websocket_connect(path, headers=OWN)) for _ in range(2))
        for each in (far, one, other):
            each.receive_json()
        time.sleep(0.3)
        one.send_json({"page": "none", "id": 1, "asked": {}})  # the first that came, but the last that asked
        assert one.receive_json()["id"] == 1
        third = places.enter_context(web.websocket_connect(path, headers=OWN))
        assert "room" in third.receive_json()
        with pytest.raises(WebSocketDisconnect) as ended:
            other.receive_json()
        assert ended.value.code == pipe.QUIET
        for each in (far, one, third):  # the control: nobody else lost a place, and one of another address needs none
            each.send_json({"page": "none", "id": 2, "asked": {}})
            assert each.receive_json()["id"] == 2
        with pytest.raises(WebSocketDisconnect) as refused_, web.websocket_connect(path, headers=OWN) as fourth:
            fourth.receive_json()
        assert refused_.value.code == pipe.TRY_LATER  # all have asked just now


def test_a_body_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.01)

    async def nothing() -> dict:
        return await asyncio.sleep(20, {"type": "http.request", "body": b"", "more_body": False})

    headers = [(b"host", b"a"), (b"origin", b"http://a")]
    with pytest.raises(HTTPException) as ended:
        asyncio.run(routes._body(Request({"type": "http", "headers": headers}, nothing)))
    assert ended.value.status_code == 408


def test_a_stopped_lab_says_where_what_was_handed_in_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_about: object, **_more: object) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(opening, "warm", Lab)
    monkeypatch.setattr(opening, "serve", stopped)
    with pytest.raises(SystemExit) as ended:
        opening.run(Asked(classroom=True, host="127.0.0.1", port=0, folder=tmp_path / "class", threads=1))
    assert interrupted("stopped", ended.value) == f"stopped: what was handed in is in {tmp_path / 'class'}"


def opened(web: TestClient, path: str) -> bool:
    """Whether a pipe was opened, if only to be closed with a word; else the door was shut without one."""
    try:
        with web.websocket_connect(path, headers=OWN):
            return True
    except WebSocketDisconnect:
        return False


def test_a_closed_room_tells_its_code_to_nobody_who_has_to_wait(client: tuple[TestClient, Room]) -> None:
    web, room = client
    room.folder.change(closed=True)
    for _ in range(10):
        assert not opened(web, "/r/x/pipe")
    assert not opened(web, f"{room.prefix}/pipe")  # as for a wrong one
    room.guesses.right("testclient")
    assert opened(web, f"{room.prefix}/pipe")
    assert not opened(web, "/r/x/pipe")


def test_only_the_labs_own_pages_hand_in_or_change(client: tuple[TestClient, Room]) -> None:
    web, room = client
    for headers in ({}, {"origin": "http://evil.example"}, {"origin": "null"}):
        assert web.post(f"{room.prefix}/hand-in", json=handing.raw(), headers=headers).status_code == 403
        assert web.post(f"{room.teacher}/change", json={"closed": True}, headers=headers).status_code == 403
    assert not room.folder.state.closed
    assert room.folder.handed == []
    assert web.post(f"{room.prefix}/hand-in", json=handing.raw(), headers=OWN).json()["kept"]
    assert web.get(f"{room.prefix}/hand-in").status_code == 404


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"code": true}', '{"frozen": 1}', '{"frozen": true, "code": "1"}', "[" * 9000])
def test_a_change_that_is_none(client: tuple[TestClient, Room], body: str) -> None:
    web, room = client
    assert web.post(f"{room.teacher}/change", content=body, headers=OWN).status_code == 400
    assert room.folder.state.told == {"frozen": False, "revealed": False, "closed": False}


def test_too_much_is_refused(client: tuple[TestClient, Room], monkeypatch: pytest.MonkeyPatch) -> None:
    web, room = client
    assert web.post(f"{room.prefix}/hand-in", content="x" * (handed.BYTES + 1), headers=OWN).status_code == 413
    monkeypatch.setattr(keeping, "MOST", 0)
    full = web.post(f"{room.prefix}/hand-in", json=handing.raw(), headers=OWN)
    assert full.status_code == 507
    assert "takes no more" in full.json()["problems"][0]["what"]
    statuses = [web.post(f"{room.prefix}/hand-in", json=handing.raw(), headers=OWN).status_code for _ in range(40)]
    assert statuses[-1] == 429


def test_only_of_the_labs_pages_is_handed_in(client: tuple[TestClient, Room]) -> None:
    web, room = client
    found = web.post(f"{room.prefix}/hand-in", json=handing.raw(page="invented"), headers=OWN).json()
    assert [(one["where"], one["what"]) for one in found["problems"]] == [("hand-in: page", "there is no such page")]
    assert room.folder.handed == []


def test_the_teacher_gets_everything(client: tuple[TestClient, Room]) -> None:
    web, room = client
    for number, word in ((1, "otter"), (2, "badger"), (1, "stoat")):
        web.post(f"{room.prefix}/hand-in", json=handing.raw(number, word), headers=OWN)
    lines = web.get(f"{room.teacher}/handed-in.jsonl")
    assert [json.loads(line)["word"] for line in lines.text.splitlines()] == ["otter", "badger", "stoat"]
    assert "attachment" in lines.headers["content-disposition"]
    assert [row.split(",")[0] for row in web.get(f"{room.teacher}/handed-in.csv").text.splitlines()[1:]] == ["stoat", "badger"]
    for path in ("class", "handed-in.csv", "handed-in.jsonl", "change"):
        assert web.get(f"{room.prefix}/{path}").status_code == 404  # students get none of it


# ---------------------------------------------------------------------------------------------------------------- files alone


def test_files_that_were_sent_are_gathered(tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    times = {"time": "2026-11-29T10:00:00+00:00"}
    (tmp_path / "sent" / "a.json").write_text(json.dumps(handing.raw(1, "otter", **times), indent=2))
    (tmp_path / "sent" / "b.jsonl").write_text(
        handing.handed(2, "badger").line() + "\n" + handing.handed(1, "stoat", time="2026-11-29T11").line()
    )
    (tmp_path / "sent" / "room.json").write_text("{}")
    (tmp_path / "sent" / "c.json").write_text("{")
    done = sustain("class", tmp_path / "sent", "--out", tmp_path / "told.html", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [row["word"] for row in found["rows"]] == ["badger", "stoat"]
    assert len(found["unread"]) == 1
    assert (tmp_path / "told.csv").read_text("utf-8-sig").startswith("word,page")
    again = refused("class", tmp_path / "sent", "--out", tmp_path / "told.html")
    assert "is there already" in again


def test_nothing_to_gather_is_told(tmp_path: Path) -> None:
    assert "holds nothing that was handed in" in refused("class", tmp_path, "--out", tmp_path / "told.html")
    assert "cannot be read as a folder" in refused("class", tmp_path / "none", "--out", tmp_path / "told.html")
    assert list(tmp_path.iterdir()) == []
