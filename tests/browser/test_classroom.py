"""The classroom in browsers: students who never see each other, the teacher's page, wrong codes, a flood, a killed server."""

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.handing import raw
from tests.browser.conftest import serious

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PREDICT = "two-worlds#v1=" + '{"predict":true}'.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")


class Open(NamedTuple):
    """A room that is open, and its process."""

    process: subprocess.Popen[str]
    students: str
    teacher: str
    folder: Path
    port: int


@contextmanager
def opened_room(folder: Path, port: int = 0) -> Iterator[Open]:
    """A room on this machine alone, opened with the command."""
    words = ["lab", "--class", "--host", "127.0.0.1", "--port", str(port), "--folder", folder, "--threads", "1"]
    command = [str(Path(sys.executable).with_name("sustain")), *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    late = threading.Timer(300, process.kill)  # nothing waits for ever
    late.start()
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "closes the lab" in line:
                break
        students, teacher = re.findall(r"http://\S+/", said)[:2]
        yield Open(process, students, teacher, folder, int(students.split(":")[2].split("/")[0]))
    finally:
        late.cancel()
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with opened_room(tmp_path_factory.mktemp("room") / "class") as found:
        yield found
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(30) == 0


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, complaints: list[str]) -> Iterator[Visit]:
    """Open an address, each time as somebody else; a request to anybody else's address fails the test."""
    contexts = []

    def open_page(address: str, size: tuple[int, int] = SIZES["desk"], *, quiet: bool = False) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        if not quiet:
            page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        own = re.match(r"http(://[^/]+/)", address)[1]
        allowed = ("http" + own, "ws" + own, "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(allowed) else complaints.append(asked.url))
        page.on("websocket", lambda pipe: None if pipe.url.startswith(allowed) else complaints.append(pipe.url))
        page.goto(address, wait_until="load")
        return page

    yield open_page
    for context in contexts:
        assert context.cookies() == []
        context.close()
    assert complaints == []


def asked(address: str, body: object = None) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of a request as one of the lab's own pages makes it."""
    origin = re.match(r"http://[^/]+", address)[0]
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers={"origin": origin})
    try:
        with urllib.request.urlopen(request, timeout=20) as found:
            return found.status, found.read().decode(), dict(found.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), {name.lower(): value for name, value in error.headers.items()}


def change(room: Open, **states: bool) -> None:
    assert asked(f"{room.teacher}change", states)[0] == 200


def predicted(page: Page, point: int, low: int, high: int) -> None:
    """Forecast on the page of two worlds, so that it is finished."""
    for name, value in (("point", point), ("low", low), ("high", high)):
        page.locator(f"#predicting [name={name}]").fill(str(value))
    page.locator("#predicting button").click()
    expect(page.locator("#predicted")).to_contain_text("You expected", timeout=30_000)


def test_two_students_and_their_teacher(room: Open, visit: Visit) -> None:
    one, other = visit(room.students + PREDICT), visit(room.students + PREDICT, SIZES["phone"])
    teacher = visit(room.teacher)
    expect(teacher.locator("#none")).to_be_visible()
    assert teacher.locator("#link").inner_text() == room.students
    assert teacher.locator(".qr").is_visible()
    for page, word, guess in ((one, "Otter", (4, -50, 50)), (other, "Badger", (90, 80, 95))):
        expect(page.locator("#runs")).to_have_text("500 runs", timeout=30_000)
        predicted(page, *guess)
        page.locator("#hand-in-word").fill("=1+1")
        page.locator("#hand-in-word").press("Enter")
        expect(page.locator("#hand-in-state")).to_contain_text("Must begin with a letter")
        expect(page.locator("#hand-in-word")).to_have_attribute("aria-invalid", "true")
        page.locator("#hand-in-word").fill(word)
        page.locator("#hand-in-word").press("Enter")
        expect(page.locator("#hand-in-state")).to_have_text(f"Handed in as {word}. It is kept. Handing in again replaces it.")
        assert page.locator("#hand-in-word").get_attribute("aria-invalid") is None
    assert "Badger" not in one.content()
    assert "Otter" not in other.content()
    expect(teacher.locator("#rows tbody tr")).to_have_count(2, timeout=10_000)
    expect(teacher.locator("#standing")).to_have_text("The room is open. 2 handed in, 2 code words.")
    assert teacher.locator("#strips circle").count() == 3  # a dot each, and the ring of the cursor
    assert "what came out" not in teacher.locator("#strips").inner_text()
    teacher.locator("#reveal").click()
    expect(teacher.locator("#strips .scores")).to_have_text("Ranges that held what came out: 1 of 2 (50\u00a0%).")
    assert "what came out" in (teacher.locator("#strips svg").first.text_content() or "")
    expect(one.locator("#room")).to_have_text("Your teacher shows what came out.")
    expect(other.locator("#room")).to_be_visible()
    lines = (room.folder / "handed-in.jsonl").read_text().splitlines()
    assert [json.loads(line)["word"] for line in lines] == ["Otter", "Badger"]
    # the same page hands in again, now that what came out is shown: the first one stays
    one.locator("#hand-in-word").fill("Lynx")
    one.locator("#hand-in-word").press("Enter")
    expect(one.locator("#hand-in-state")).to_contain_text("does not count as a forecast")
    expect(teacher.locator("#rows tbody tr")).to_have_count(3, timeout=10_000)
    expect(teacher.locator("#rows tbody tr").nth(2)).to_contain_text("said again")
    assert teacher.locator("#strips circle").count() == 3
    with teacher.expect_download() as saved:
        teacher.locator("a[href='handed-in.csv']").click()
    assert Path(saved.value.path()).read_text("utf-8-sig").splitlines()[1].startswith('"Otter","two-worlds",')
    with one.expect_download() as file:
        one.locator("#hand-in-save").click()
    assert json.loads(Path(file.value.path()).read_text())["word"] == "Lynx"
    change(room, revealed=False)


def test_what_was_found_on_a_page_without_forecasts_is_handed_in_with_its_link(room: Open, visit: Visit) -> None:
    teacher = visit(room.teacher)
    for name, word in (("mine", "Heron"), ("trial", "Crane")):
        page = visit(f"{room.students}{name}")
        page.locator("#hand-in-word").wait_for(timeout=90_000)
        page.locator("#hand-in-word").fill(word)
        page.locator("#hand-in-word").press("Enter")
        expect(page.locator("#hand-in-state")).to_contain_text(f"Handed in as {word}. It is kept.")
        row = teacher.locator("#found tbody tr", has_text=word)
        expect(row).to_contain_text(page.locator("#sentence").inner_text(), timeout=10_000)
        assert row.locator("a").get_attribute("href") == page.url
    assert serious(teacher) == []


def test_freeze_takes_no_moves_and_the_last_is_made_when_it_goes_on(room: Open, visit: Visit) -> None:
    page, teacher = visit(room.students + "two-worlds"), visit(room.teacher)
    expect(page.locator("#runs")).to_have_text("500 runs", timeout=30_000)
    before = page.locator("#sentence").inner_text()
    teacher.locator("#freeze").click()
    expect(page.locator("#held")).to_be_visible()
    expect(page.locator("#held")).to_contain_text("Eyes up")
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(page.locator("#held")).to_be_visible()
    # a page that does not mind is refused by the server
    move = """() => { const menu = document.querySelector('[name=scenario]');
        menu.value = 'all-active'; menu.dispatchEvent(new Event('change')); }"""
    page.evaluate(move)
    expect(page.locator("#form .problems")).to_contain_text("Eyes up")
    expect(page.locator("#sentence")).to_contain_text("cannot be computed yet")  # and no picture of the world before stands there
    late, idle = visit(room.students + "two-worlds"), visit(room.students)  # who comes late is held, too
    expect(late.locator("#held")).to_be_visible()
    expect(idle.locator("#held")).to_be_visible()
    teacher.locator("#freeze").click()
    for one in (page, late, idle):
        expect(one.locator("#held")).to_be_hidden()
    expect(page.locator("#sentence")).not_to_have_text(before, timeout=30_000)
    expect(page.locator("#form .problems")).to_have_count(0)
    expect(late.locator("#runs")).to_have_text("500 runs", timeout=30_000)


def test_a_closed_room_says_so(room: Open, visit: Visit) -> None:
    page, teacher = visit(room.students + "two-worlds"), visit(room.teacher)
    expect(page.locator("#runs")).to_have_text("500 runs", timeout=30_000)
    teacher.locator("#close").focus()
    teacher.keyboard.press("Enter")
    expect(teacher.locator("#sure")).to_be_focused()
    teacher.keyboard.press("Enter")
    expect(teacher.locator("#standing")).to_contain_text("The room is closed.")
    expect(page.locator("#state")).to_have_text(
        "The lab has closed this page: the room is closed. If it opens again, load this page again."
    )
    again = visit(room.students + "two-worlds", quiet=True)
    expect(again.locator("h1")).to_have_text("The room is closed")
    assert asked(f"{room.students}hand-in", raw(77))[0] == 410
    assert asked(room.students)[0] == 410
    teacher.locator("#close").click()
    expect(teacher.locator("#standing")).to_contain_text("The room is open.")
    assert asked(room.students)[0] == 200


def test_flooding_is_told_and_slowed_and_others_do_not_notice(room: Open, visit: Visit) -> None:
    page = visit(room.students)
    flood = """address => new Promise(done => {
        const pipe = new WebSocket(address), heard = {slow: 0, problems: 0};
        pipe.onopen = () => { for (let at = 0; at < 300; at++) pipe.send(JSON.stringify({page: 'none', id: at, asked: {}})); };
        pipe.onmessage = ({data}) => {
            const told = JSON.parse(data);
            if (told.slow) heard.slow++;
            if (told.problems) heard.problems++;
        };
        setTimeout(() => { pipe.close(); done(heard); }, 1500);
    })"""
    heard = page.evaluate(flood, room.students.replace("http", "ws") + "pipe")
    assert heard["slow"] > 0
    assert heard["problems"] < 100  # 40 at once and 20 a second
    other = visit(room.students + "two-worlds")
    expect(other.locator("#runs")).to_have_text("500 runs", timeout=30_000)
    statuses = [asked(f"{room.students}hand-in", raw(1000))[0] for _ in range(45)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert asked(room.students)[0] == 200


def test_a_killed_server_keeps_what_was_handed_in(tmp_path: Path, visit: Visit) -> None:
    with opened_room(tmp_path / "class") as first:
        assert asked(f"{first.students}hand-in", raw(1, "otter"))[0] == 200
        change(first, frozen=True)
        first.process.kill()
        first.process.wait(30)
    with opened_room(tmp_path / "class", first.port) as again:
        assert again.students == first.students
        assert again.teacher != first.teacher  # the key is never written down
        teacher = visit(again.teacher)
        expect(teacher.locator("#standing")).to_have_text("The pages are frozen. 1 handed in, 1 code words.")
        expect(teacher.locator("#rows tbody th")).to_have_text("otter")
        assert asked(f"{again.students}hand-in", raw(2, "stoat"))[0] == 200
        wrong_codes(again, visit)
        teacher.close()  # it asks every second, also of a server that just ends


def wrong_codes(room: Open, visit: Visit) -> None:
    """Wrong codes are refused in words, which tell nothing of the right one; who is in stays in."""
    code = room.students.split("/")[4]
    other = room.students.replace(code, f"{(int(code) + 1) % 10**6:06d}")
    page = visit(other, quiet=True)
    expect(page.locator("h1")).to_have_text("This room code is wrong")
    assert code not in page.content()
    assert {asked(other)[0] for _ in range(12)} == {403}
    assert asked(room.students)[0] == 200
    assert asked(room.teacher[:-5] + "wrong/")[0] == 403


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_and_all_can_use_it(room: Open, visit: Visit, size: str) -> None:
    for at in range(12):
        asked(f"{room.students}hand-in", raw(100 + at, "a word of many letters"))
    teacher = visit(room.teacher, SIZES[size])
    expect(teacher.locator("#strips svg").first).to_be_visible()
    assert teacher.evaluate(OVER) <= 0
    assert serious(teacher) == []
    small = "[...document.querySelectorAll('button, .buttons a')].filter(one => one.offsetHeight && one.offsetHeight < 44).length"
    assert teacher.evaluate(small) == 0


def test_files_alone_make_the_same_strips(tmp_path: Path, browser: Browser, complaints: list[str]) -> None:
    for at in range(3):
        (tmp_path / f"{at}.json").write_text(json.dumps(raw(at, f"word {at}"), indent=1))
    found = [{"what": "What may come of Ours?", "said": f"In month 84, {'of the futures ' * 12}.", "link": "mine#v1=%7B%7D"}]
    (tmp_path / "3.json").write_text(json.dumps(raw(3, "word 3", page="mine", forecasts=[], results=[], found=found)))
    (tmp_path / "letter.json").write_text("<script>")
    command = [Path(sys.executable).with_name("sustain"), "class", str(tmp_path), "--out", str(tmp_path / "told.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    page = browser.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url))
    page.goto((tmp_path / "told.html").as_uri())
    assert page.locator("#rows tbody tr").count() == 4
    assert page.locator("#found tbody tr").count() == 1
    assert page.locator("h2", has_text="What was found out").is_visible()
    assert page.locator("#found a").get_attribute("href") == "http://127.0.0.1:8765/mine#v1=%7B%7D"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.locator("#strips circle").count() == 4
    assert page.locator(".scores").inner_text() == "Ranges that held what came out: 3 of 3 (100\u00a0%)."
    assert "letter.json" in page.locator("main").inner_text()
    page.close()
    assert complaints == []
