"""Leading a service in a browser: a whole game by keyboard, undo, the link, the file, widths, hostile links."""

import json
import re
import tomllib
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.classroom.handed import read
from tests.browser.conftest import LabPage, serious

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900, 1), "phone": (390, 844, 1), "zoomed to 200 %": (640, 450, 2)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
DECISIONS = [{"month": 12, "acts": ["clarity", "meetings"]}, {"month": 33, "acts": ["raising", "successors"]}]
FORECASTS = [{"month": month, "chance": 0.5, "low": 10, "high": 60} for month in (12, 36, 60)]
ENDED = {"service": "D", "luck": 3, "hours": 12, "decisions": DECISIONS, "forecasts": FORECASTS, "now": 84}


def link(state: Any) -> str:
    return f"lead#v1={urllib.parse.quote(json.dumps(state))}"


def state_of(page: Page) -> Any:
    return json.loads(urllib.parse.unquote(page.evaluate("location.hash").partition("=")[2]))


def ready(page: Page, month: int) -> None:
    expect(page.locator("#sentence")).to_contain_text(f"Month {month}", timeout=30_000)


def foretell(page: Page, chance: int, low: int, high: int) -> None:
    """Fill the forecast in with keys; the first field has the focus or gets it."""
    page.locator("#forecasting [name=chance]").focus()
    for value in (chance, low, high):
        page.keyboard.type(str(value))
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    expect(page.locator("#acting")).to_be_visible()


def test_a_whole_game_by_keyboard(lab: LabPage) -> None:
    page = lab("lead")
    page.evaluate("document.addEventListener('lab:finished', (event) => { (window.finished ??= []).push(event.detail); })")
    ready(page, 12)
    expect(page.locator("#acting")).to_be_hidden()  # first a forecast
    foretell(page, 40, 20, 60)
    assert page.evaluate("document.activeElement.id") == "act-raising"
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#sum")).to_contain_text("2 of 3 acts")
    steps, now = 0, 12
    while now < 84:
        if page.locator("#forecast").is_visible():
            foretell(page, 50, 20, 70)
        button = "event" if steps == 1 else "month" if steps == 0 else "quarter"
        page.locator(f"#{button}").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#sentence")).not_to_contain_text(f"Month {now} of", timeout=10_000)
        now, steps = state_of(page)["now"], steps + 1
    assert 15 < steps < 30
    expect(page.locator("#ending")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "end-title"
    game = state_of(page)
    assert game["forecasts"][0]["month"] == 12
    assert len(game["forecasts"]) == 3
    assert game["decisions"][0] == {"month": 12, "acts": ["raising", "clarity"]}
    (detail,) = page.evaluate("window.finished")
    read(json.dumps({"id": "0" * 32, "word": "otter", **detail}))  # it can be handed in
    assert detail["page"] == "lead"
    assert detail["decisions"] == [{"service": "D", "luck": 3, "hours": 12}, *game["decisions"]]
    assert [one["value"] for one in detail["forecasts"] if one["kind"] == "chance"] == [0.4, 0.5, 0.5]
    assert [(one["low"], one["high"]) for one in detail["forecasts"] if one["kind"] == "value"] == [(20, 60), (20, 70), (20, 70)]
    assert [one["what"] for one in detail["results"]] == [one["what"] for one in detail["forecasts"]]
    assert detail["results"][0]["value"] in {0, 1}
    assert "Brier score" in page.locator("#score").inner_text()
    spans = re.findall(r"months (\d+) to (\d+)", page.locator("#best-said").inner_text())
    assert spans  # control: there is something that is counted
    assert {start for start, _ in spans} == {"12"}  # as decisions, files and bars count: the support ends when 12 are over
    expect(page.locator("footer")).to_contain_text("month 12 is when 12 months are over")
    page.locator("#back").focus()
    page.keyboard.press("Enter")  # the end can be taken back too
    expect(page.locator("#playing")).to_be_visible()
    assert len(state_of(page)["decisions"]) == steps - 1
    expect(page.locator("#acting")).to_be_visible()  # who knows the end is asked for no forecast
    expect(page.locator("#foreseen")).to_be_visible()
    assert state_of(page)["forecasts"] == []
    assert page.evaluate("document.activeElement.id") == "do-title"
    page.locator("#quarter").click()
    expect(page.locator("#ending")).to_be_visible(timeout=10_000)
    expect(page.locator("#score")).to_contain_text("no forecasts")
    assert len(page.evaluate("window.finished")) == 1  # the first game is what can be handed in
    page.locator("#again").click()
    ready(page, 12)
    expect(page.locator("#acting")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "do-title"
    page.locator("#choosing summary").click()
    page.locator("[name=luck]").fill("4")
    page.locator("#setup button").click()
    expect(page.locator("#forecast")).to_be_visible()  # control: of another life nothing is known


def test_undo_is_the_game_as_it_was(lab: LabPage) -> None:
    state = ENDED | {"decisions": DECISIONS[:1], "forecasts": FORECASTS[:1], "now": 33}
    page = lab(link(state))
    ready(page, 33)
    before = page.locator("#playing").inner_text()
    page.locator("#act-successors").check()
    page.locator("#act-meetings").uncheck()
    page.locator("#quarter").click()
    ready(page, 36)
    expect(page.locator("#forecast")).to_be_visible()
    page.locator("#undo").click()
    ready(page, 33)
    assert page.locator("#playing").inner_text() == before
    assert state_of(page) == state
    page.locator("#undo").focus()
    page.keyboard.press("Enter")
    ready(page, 12)
    expect(page.locator("#undo")).to_be_disabled()
    assert page.evaluate("document.activeElement.id") == "do-title"  # a disabled button would leave the focus nowhere


def test_the_link_brings_the_game_back_to_be_handed_in(lab: LabPage) -> None:
    page = lab(link(ENDED))
    ready(page, 84)
    expect(page.locator("#hand-in-word")).to_be_visible()
    words = page.locator("#ending").inner_text()
    page.reload()
    ready(page, 84)
    assert page.locator("#ending").inner_text() == words
    assert state_of(page) == ENDED | {"known": ["D-3"]}
    expect(page.locator("#hand-in-word")).to_be_visible()
    other = lab(link(ENDED | {"luck": 4}))
    ready(other, 84)
    assert other.locator("#ending").inner_text() != words  # control
    short = lab(link(ENDED | {"forecasts": FORECASTS[:2]}))
    ready(short, 84)
    assert short.locator("#hand-in-word").count() == 0  # control: without all its forecasts it is no finished game


def test_the_file_holds_the_decisions(lab: LabPage) -> None:
    page = lab(link(ENDED))
    ready(page, 84)
    with page.expect_download() as saved:
        page.locator("#toml").click()
    found = tomllib.loads(saved.value.path().read_text(encoding="utf-8"))
    assert saved.value.suggested_filename == "led-service.toml"
    policies = {(one["lever"], one["start"], one.get("end")) for one in found["policies"]}
    assert policies == {
        ("clarity", 12, 33), ("strategic_meetings", 12, 33), ("barrier_removal", 12, 33), ("follow_up", 33, None),
        ("successor_training", 33, None),
    }  # fmt: skip
    assert all(one["services"] == ["D"] for one in found["policies"])


def test_a_move_that_is_pressed_twice_is_one_move(lab: LabPage) -> None:
    page = lab(link({"forecasts": FORECASTS[:1]}))
    ready(page, 12)
    page.locator("#quarter").evaluate("(one) => { one.click(); one.click(); one.click(); }")
    ready(page, 15)
    assert len(state_of(page)["decisions"]) == 1
    page.locator("#month").click()
    ready(page, 16)
    assert [one["month"] for one in state_of(page)["decisions"]] == [12, 15]


def test_too_many_acts_and_hours_are_said_before_they_are_asked(lab: LabPage) -> None:
    page = lab(link({"forecasts": FORECASTS[:1]}))
    ready(page, 12)
    for name in ("clarity", "expectation", "autonomy", "successors"):
        page.locator(f"#act-{name}").check()
    expect(page.locator("#sum")).to_contain_text("too much at once")
    expect(page.locator("#quarter")).to_be_disabled()
    page.locator("#act-successors").uncheck()
    expect(page.locator("#quarter")).to_be_enabled()
    page = lab(link({"luck": 3, "forecasts": FORECASTS[:1], "hours": 1}))
    ready(page, 12)
    page.locator("#act-clarity").check()
    expect(page.locator("#sum")).to_contain_text("That is too much")


def test_a_wrong_forecast_is_told(lab: LabPage) -> None:
    page = lab("lead")
    ready(page, 12)
    for name, value in (("chance", "40"), ("low", "50"), ("high", "20")):
        page.locator(f"#forecasting [name={name}]").fill(value)
    page.locator("#forecast button").click()
    expect(page.locator("#forecast-wrong")).to_contain_text("the lower end first")
    expect(page.locator("#acting")).to_be_hidden()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"decisions": [{"month": 3, "acts": ["clarity"]}]}, "Nothing can be decided then"),
        ({"decisions": [{"month": 12, "acts": ["clarity", "clarity"]}], "now": 15}, "These are no acts"),
        ({"luck": 1e12}, "This is no number of luck"),
        ({"forecasts": [{"month": 12, "chance": 9, "low": "<img src=x onerror=alert(1)>", "high": 1}]}, "This is no chance"),
        ({"now": 10**9}, "It cannot be this month"),
    ],
)
def test_hostile_links_are_told_and_a_new_game_begins(lab: LabPage, state: Any, expected: str) -> None:
    page = lab(link(state))
    expect(page.locator("#page")).to_contain_text(expected, timeout=30_000)
    if "luck" in state:
        assert page.locator("[name=luck]").get_attribute("aria-invalid") == "true"
        page.locator("[name=luck]").fill("5")
        page.locator("#setup button").click()
    else:
        page.locator("#restart").click()
    ready(page, 12)
    assert page.locator(".problems").count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_and_nothing_is_hidden_from_anybody(lab: LabPage, size: str) -> None:
    for state, month in (({}, 12), (ENDED, 84)):
        page = lab(link(state), SIZES[size])
        ready(page, month)
        page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        assert page.evaluate(OVER) == 0
        assert serious(page) == []


def test_months_of_the_fate_are_read_with_the_decision(lab: LabPage) -> None:
    page = lab(link(ENDED))
    ready(page, 84)
    picture = page.locator("#fate .chart-picture")
    picture.focus()
    page.keyboard.press("Home")
    for _ in range(32):
        page.keyboard.press("ArrowRight")
    label = picture.get_attribute("aria-label") or ""
    assert "Month 33: chance" in label
    assert "You: Raise it every month, Training of successors." in label
    assert page.locator("#fate .chart-picture svg circle").count() == 3  # two decisions and the cursor
    assert "you 0" in page.locator("#ways .chart-now").inner_text() or "you 1" in page.locator("#ways .chart-now").inner_text()
    assert ".0" not in page.locator("#ways .chart-now").inner_text()  # posts are counted
    assert page.locator("#turning li").count() > 0
    expect(page.locator("#turning-said")).to_contain_text("need not be the cause")
    expect(page.locator("#no-command")).to_be_visible()


def test_fidelity_is_drawn_where_its_gap_can_be_seen(lab: LabPage) -> None:
    page = lab(link(ENDED))
    ready(page, 84)
    axes = {
        name: page.locator(f"#{name} .chart-picture text[text-anchor=end]").all_text_contents()
        for name in ("fidelity", "claimed")
    }
    assert min(map(float, axes["fidelity"])) >= 1.0
    assert min(map(float, axes["claimed"])) == 0.0  # control: posts are counted from none


OURS = Path(__file__).resolve().parents[2] / "docs" / "services" / "half-left.toml"


def test_a_service_of_ones_own_is_led_from_its_file_and_from_my_service(lab: LabPage, tmp_path: Path) -> None:
    page = lab("lead")
    expect(page.locator("#playing")).to_be_visible(timeout=30_000)
    page.locator("#choosing summary").click()
    assert not page.locator("[name=text]").is_visible()
    page.locator("[name=service]").select_option("own")
    page.locator("#setup button").click()
    expect(page.locator("#setup .problem")).to_contain_text("No file is chosen")
    large = tmp_path / "large.toml"
    large.write_text("#" * 40_001)
    page.locator("[name=text]").set_input_files(large)
    page.locator("#setup button").click()
    expect(page.locator("#setup .problem")).to_contain_text("larger than 40 kB")
    broken = tmp_path / "broken.toml"
    broken.write_text(OURS.read_text().replace("staff = 14", "staff = 3"))
    page.locator("[name=text]").set_input_files(broken)
    page.locator("#setup button").click()
    expect(page.locator("#problems")).to_contain_text("(Northside).staff: 3 employees")
    expect(page.locator("#forecasting input")).to_have_count(3)  # the game as it was goes on
    assert "text" not in state_of(page)
    page.locator("[name=text]").set_input_files(OURS)
    page.locator("#setup button").click()
    expect(page.locator("#chosen")).to_have_text("Northside, luck 3, 12 hours a month")
    expect(page.locator("#problems .problems")).to_have_count(0)
    foretell(page, 40, 20, 60)
    page.locator("#quarter").click()
    expect(page.locator("#sentence")).to_contain_text("Month 15 of 84", timeout=10_000)
    page.reload()
    expect(page.locator("#sentence")).to_contain_text("Month 15 of 84", timeout=10_000)
    state = state_of(page)
    ended = lab(link({"text": state["text"], "decisions": DECISIONS, "now": 84}))
    expect(ended.locator("#ending")).to_be_visible(timeout=30_000)
    assert ended.locator("#links a").count() == 0  # those pages look at scenarios that ship
    assert ended.locator("#more").inner_text().count("Northside") > 0
    mine = lab("mine")
    expect(mine.locator("#to-lead")).to_be_visible(timeout=60_000)
    mine.locator("#to-lead").click()
    expect(mine.locator("#chosen")).to_have_text("Ours, luck 3, 12 hours a month", timeout=30_000)
    mine.locator("#choosing summary").click()
    mine.locator("[name=service]").select_option("G")
    mine.locator("#setup button").click()
    expect(mine.locator("#chosen")).to_have_text("G, luck 3, 12 hours a month")
    assert "text" not in state_of(mine)
    assert serious(mine) == []


def test_what_did_not_change_is_not_read_aloud_again(lab: LabPage) -> None:
    page = lab(link({"forecasts": FORECASTS[:1]}))
    ready(page, 12)
    watch = "new MutationObserver(() => { window.said = (window.said ?? 0) + 1; })"
    page.evaluate(watch + ".observe(document.getElementById('sum'), { childList: true, characterData: true, subtree: true })")
    page.locator("#month").click()
    ready(page, 13)
    assert not page.evaluate("window.said")
    page.locator("#act-clarity").check()
    expect(page.locator("#sum")).to_contain_text("1 of 3 acts")
    assert page.evaluate("window.said") == 1  # control
