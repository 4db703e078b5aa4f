"""The pages of one life in a browser: months by key, one patient who goes well, the risk that gets better, links between them."""

import csv
import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import sim
from sim.why.walk import walk
from sim.why.walked import as_rows
from tests.browser.conftest import LabPage, serious
from tests.browser.test_two_worlds import OVER, SIZES

pytestmark = pytest.mark.browser

STATE = {"scenario": "nine-services", "service": "D", "replicate": 2}


def link(page: str, state: Any) -> str:
    return f"{page}#v1={urllib.parse.quote(json.dumps(state))}"


def state_of(page: Page) -> Any:
    return json.loads(urllib.parse.unquote(page.evaluate("location.hash").partition("=")[2]))


def walking(lab: LabPage, size: tuple[int, int, int] = (1280, 900, 1), **state: Any) -> Page:
    page = lab(link("walk", STATE | {"post": 2} | state), size)
    expect(page.locator("#answer")).to_be_visible(timeout=30_000)
    return page


def asking_why(lab: LabPage, size: tuple[int, int, int] = (1280, 900, 1), **state: Any) -> Page:
    page = lab(link("why", STATE | state), size)
    expect(page.locator("#runs")).to_contain_text("Risk from 100 other lucks", timeout=30_000)
    return page


def test_months_by_key_and_one_patient_who_goes_well(lab: LabPage) -> None:
    page = walking(lab)
    sentence = page.locator("#sentence")
    assert sentence.inner_text().startswith("Month 1. Dina: full use.")
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    expect(sentence).to_contain_text(
        "Month 19. Dina: waiting. Dina waits for what is to come. The chance was 2.0 %, the draw 0.007."
    )
    expect(page.locator("#moves .happens")).to_contain_text("It happens")
    page.keyboard.press("ArrowRight")  # on a button
    expect(sentence).to_contain_text("Month 20.")
    page.locator("#month").focus()
    page.keyboard.press("ArrowLeft")  # in the native control
    expect(sentence).to_contain_text("Month 19.")
    page.locator("#people .chart-picture").focus()
    page.keyboard.press("PageUp")  # in the picture
    expect(sentence).to_contain_text("Month 31.")
    assert state_of(page)["month"] == 31
    assert page.locator("#sentence").get_attribute("role") == "status"
    page.locator("#patients button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#what-if-said")).to_contain_text("The two lives are alike for 1 month.")
    expect(page.locator("#sham")).to_contain_text("Nothing at all differs")
    expect(page.locator("#what-if-title")).to_be_focused()
    page.reload()
    expect(page.locator("#what-if-title")).to_have_text("What if patient 1 had gone well?", timeout=30_000)
    page.locator("#to-why").click()
    expect(page.locator("#sentence")).to_contain_text("this is replicate 2", timeout=30_000)


def test_the_numbers_are_saved_as_the_command_writes_them(lab: LabPage) -> None:
    page = walking(lab)
    with page.expect_download() as saved:
        page.locator("#csv").click()
    heads, *rows = csv.reader(Path(saved.value.path()).read_text(encoding="utf-8").splitlines())
    expected, numbers = as_rows(walk(sim.prepare("nine-services", months=84), 2, "D", 1))
    assert heads == expected
    assert [[plain(cell) for cell in row] for row in rows] == [[plain(cell) for cell in row] for row in numbers]


def plain(cell: object) -> object:
    """Cell as a number, however that is written."""
    try:
        return float(str(cell))
    except ValueError:
        return cell


def test_story_risk_and_tables(lab: LabPage) -> None:
    page = asking_why(lab, service="E", replicate=3)
    expect(page.locator("#sentence")).to_contain_text("E has given the practice up in")
    assert page.locator("#turning li").count() >= 1
    assert page.locator("#story li").count() > 10
    page.locator("#people .chart-picture").focus()
    page.keyboard.press("Home")
    expect(page.locator("#people .chart-now")).to_contain_text("Month 1: Eline full use")
    expect(page.locator("#fate .chart-now")).to_contain_text("Month 1:")  # both pictures show the same month
    details = page.locator("#tables details").first
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(details.locator("tbody tr")).to_have_count(128)
    page.locator("[name=outcome]").select_option("drifted")
    expect(page.locator("#sentence")).to_contain_text("drifted", timeout=30_000)
    assert state_of(page)["outcome"] == "drifted"


def test_from_two_worlds_by_one_click(lab: LabPage) -> None:
    page = lab("two-worlds")
    expect(page.locator("#answer")).to_be_visible(timeout=30_000)
    page.locator("#to-why").click()
    expect(page.locator("#done")).to_contain_text("1 thing", timeout=30_000)
    expect(page.locator("#command")).to_contain_text("my-world.toml")
    page.locator("#to-walk").click()
    expect(page.locator("#sentence")).to_contain_text("Month 1.", timeout=30_000)


@pytest.mark.parametrize("name", ["walk", "why"])
def test_problems_stand_beside_their_fields(lab: LabPage, name: str) -> None:
    page = lab(link(name, {**STATE, "service": "<img src=x onerror=alert(1)>", "replicate": 999, "scenario": "nine-services"}))
    field = page.locator("[name=replicate]")
    expect(field).to_have_attribute("aria-invalid", "true", timeout=30_000)
    assert page.locator("img").count() == 0
    expect(page.locator("[name=service]")).to_have_attribute("aria-invalid", "true")
    page.locator("[name=scenario]").select_option("all-active")
    field.fill("3")
    field.press("Tab")
    expect(page.locator("#answer")).to_be_visible(timeout=30_000)
    assert page.locator(".problem").count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut(lab: LabPage, size: str) -> None:
    for page in (walking(lab, SIZES[size], month=36, patient=1), asking_why(lab, SIZES[size])):
        assert page.evaluate(OVER) == 0
        assert serious(page) == []
        for button in page.locator("main button:visible").all()[:6]:
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44


def test_a_heading_out_of_its_order_is_found_out(lab: LabPage) -> None:
    page = walking(lab)
    page.evaluate("document.querySelector('#answer > h2').remove()")  # the chart's own heading is of the third level
    assert any("heading-order" in one for one in serious(page))
