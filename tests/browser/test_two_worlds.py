"""The page of two worlds in a browser: by keyboard alone, at three widths, its link, forecasts, and hostile links."""

import json
import re
import urllib.parse
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage, serious

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900, 1), "phone": (390, 844, 1), "zoomed to 200 %": (640, 450, 2)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def link(state: Any, version: int = 1) -> str:
    return f"two-worlds#v{version}={urllib.parse.quote(json.dumps(state))}"


def told(page: Page) -> str:
    """The sentence, once the best picture is there."""
    expect(page.locator("#runs")).to_have_text("500 runs", timeout=30_000)
    return page.locator("#sentence").inner_text()


def state_of(page: Page) -> Any:
    return json.loads(urllib.parse.unquote(page.evaluate("location.hash").partition("=")[2]))


def test_everything_by_keyboard_alone(lab: LabPage) -> None:
    page = lab("two-worlds")
    before = told(page)
    page.locator(".bar").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowLeft", "-", "PageUp"):
        page.keyboard.press(key)
    expect(page.locator(".bar")).to_have_attribute("aria-label", "Protected time: from month 26 to 83, 90 per cent")
    assert [page.locator(f"[name='bars.0.{name}']").input_value() for name in ("start", "end", "dose")] == ["26", "83", "90"]
    expect(page.locator("#sentence")).not_to_have_text(before, timeout=30_000)
    page.locator("[name=add]").focus()
    page.keyboard.press("End")  # the last of the menu
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".bar")).to_have_count(2)
    assert "Facilitator" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert page.locator("#changed").inner_text() == "Facilitator was added."
    page.keyboard.press("Delete")
    expect(page.locator(".bar")).to_have_count(1)
    assert page.evaluate("document.activeElement.className") == "bar"
    assert page.locator("#changed").inner_text() == "Facilitator was taken away."


def test_the_link_is_the_state(lab: LabPage) -> None:
    state = {
        "scenario": "all-active",
        "unit": "D",
        "month": 40,
        "measure": "operating",
        "bars": [{"act": "champion", "start": 20, "dose": 0.5}],
    }
    page = lab(link(state))
    first = told(page)
    assert first.startswith("Month 40, “Appointed champion, 50 % of the full dose from month 20”")
    kept = state_of(page)
    assert (kept["scenario"], kept["unit"], kept["month"], kept["measure"]) == ("all-active", "D", 40, "operating")
    page.reload()
    assert told(page) == first
    other = lab("two-worlds")  # somebody else sees nothing of it
    assert told(other) != first


@pytest.mark.parametrize(
    ("path", "expected"),
    [(link({}, 9), "another version"), ("two-worlds#v1=%7Bx", "not whole"), ("two-worlds#nonsense", "not whole")],
)
def test_a_link_that_cannot_be_used_is_said(lab: LabPage, path: str, expected: str) -> None:
    page = lab(path)
    told(page)
    expect(page.locator("#linked")).to_contain_text(expected)


def test_bad_bars_are_told_beside_their_fields(lab: LabPage) -> None:
    bars = [{"act": "clarity", "start": 12, "dose": 1}, {"act": "clarity", "start": 30, "dose": 1}]
    page = lab(link({"bars": bars}))
    field = page.locator("[name='bars.1.start']")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert (
        "is there already from month 12 to 84"
        in page.locator(f"#{field.get_attribute('aria-describedby').split()[-1]}").inner_text()
    )
    expect(page.locator("#sentence")).to_contain_text("cannot be computed yet")
    assert not page.locator("#answer").is_visible()  # it would be of the world before
    assert not page.locator("#toml").is_visible()
    page.locator(".remove").nth(1).click()
    told(page)
    assert page.locator(".problem").count() == 0


def test_predict_first_covers_the_pictures(lab: LabPage) -> None:
    page = lab("two-worlds")
    told(page)
    page.evaluate("document.addEventListener('lab:finished', (event) => { window.finished = event.detail; })")
    page.locator("#predict").check()
    expect(page.locator("#predicting")).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.locator("#sentence")).to_contain_text("covered")
    assert "more services of 100" not in page.locator("body").inner_text()
    for name, value in (("point", "4"), ("low", "8"), ("high", "9")):
        page.locator(f"#predicting [name={name}]").fill(value)
    page.locator("#predicting button").click()
    expect(page.locator("#predicted")).to_contain_text("the least not above your guess")
    page.locator("#predicting [name=low]").fill("-50")
    page.locator("#predicting button").click()
    expect(page.locator("#predicted")).to_contain_text("You expected +4.0 (−50.0 to +9.0) for all services together.")
    expect(page.locator("#answer")).to_be_visible()
    finished = page.wait_for_function("window.finished", timeout=30_000).json_value()
    assert finished["forecasts"][0]["value"] == 0.04
    assert finished["decisions"][0]["act"] == "protected-time"
    page.reload()  # the forecast stands in the link
    told(page)
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("#predicted")).to_contain_text("You expected +4.0 (−50.0 to +9.0)")
    expect(page.locator("#hand-in")).to_be_visible(timeout=30_000)
    page.locator("[name=scenario]").select_option("all-active")  # control: of another world nothing has been said
    expect(page.locator("#predicting")).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()
    page.reload()
    expect(page.locator("#sentence")).to_contain_text("covered")


def test_a_forecast_in_a_link_that_cannot_be_one_covers_the_pictures(lab: LabPage) -> None:
    page = lab(link({"predict": True, "forecast": {"point": 4, "low": 8, "high": 9}}))
    expect(page.locator("#sentence")).to_contain_text("covered")
    expect(page.locator("#answer")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut(lab: LabPage, size: str) -> None:
    page = lab("two-worlds", SIZES[size])
    told(page)
    assert page.evaluate(OVER) == 0
    assert serious(page) == []


def test_a_page_that_cannot_be_used_by_all_is_found_out(lab: LabPage) -> None:
    page = lab("two-worlds")
    told(page)
    page.evaluate("document.querySelector('[name=add]').labels[0].remove()")
    assert any("select-name" in one for one in serious(page))


def with_pipes_in_hand(lab: LabPage) -> Page:
    """The page, with its pipes in ``window.opened``."""
    page = lab("")
    keep = """const Own = WebSocket; window.opened = [];
        window.WebSocket = class extends Own { constructor(...all) { super(...all); window.opened.push(this); } };"""
    page.context.add_init_script(keep)
    page.goto(page.url + "two-worlds")
    return page


def test_a_page_whose_place_went_to_another_takes_one_with_its_next_move(lab: LabPage) -> None:
    page = with_pipes_in_hand(lab)
    told(page)
    page.evaluate("window.opened[0].dispatchEvent(new CloseEvent('close', {code: 4001}))")
    expect(page.locator("#state")).to_contain_text("another one needed its place")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.opened.length") == 1  # it does not take the place back at once
    page.locator("[name='bars.0.dose']").fill("50")
    page.locator("[name='bars.0.dose']").press("Tab")
    expect(page.locator("#sentence")).to_contain_text("50 % of the full dose", timeout=30_000)
    expect(page.locator("#state")).to_be_empty()
    assert page.evaluate("window.opened.length") == 2


def test_a_lost_pipe_is_opened_again(lab: LabPage) -> None:
    page = with_pipes_in_hand(lab)
    first = told(page)
    with page.expect_websocket():
        page.evaluate("window.opened[0].close()")
    page.locator("[name='bars.0.dose']").fill("50")
    page.locator("[name='bars.0.dose']").press("Tab")
    expect(page.locator("#sentence")).to_contain_text("50 % of the full dose", timeout=30_000)
    assert told(page) != first


def test_the_picture_that_is_saved_is_the_chart(lab: LabPage) -> None:
    page = lab("two-worlds")
    told(page)
    with page.expect_download() as saved:
        page.locator("#svg").click()
    text = saved.value.path().read_text(encoding="utf-8")
    assert saved.value.suggested_filename == "difference.svg"
    assert "months since training" in text
    assert "support ends" in text


def test_only_the_first_and_the_best_picture_are_read_aloud(lab: LabPage) -> None:
    page = lab("")
    listen = """addEventListener("DOMContentLoaded", () => { window.heard = []; const line = document.getElementById("sentence");
        if (!line) return;
        const note = () => window.heard.push(line.getAttribute("aria-live"));
        new MutationObserver(note).observe(line, { childList: true }); });"""
    page.context.add_init_script(listen)
    page.goto(page.url + "two-worlds")
    told(page)
    heard = page.evaluate("window.heard")
    assert heard[0] == "polite"
    assert heard.count("polite") <= 2


@pytest.mark.parametrize("state", ["two-worlds#v1=%7B%22unit%22%3A%22%5Cud800%22%7D", link({"unit": "x" * 70_000})])
def test_what_cannot_be_sent_is_said_once(lab: LabPage, complaints: list[str], state: str) -> None:
    page = lab("")
    opened: list[str] = []
    page.on("websocket", lambda pipe: opened.append(pipe.url))
    page.goto(page.url + state)
    expect(page.locator("main")).to_contain_text(re.compile("letter that is none|64 kB"))
    page.wait_for_timeout(1200)
    assert len(opened) == 1
