"""The page on which a trial is planned, in a browser: by keyboard, at two widths, its link, and what cannot be."""

import json
import urllib.parse
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage, serious

pytestmark = pytest.mark.browser

SIZES = {"desk": (960, 900, 1), "phone": (390, 844, 1)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def link(state: Any) -> str:
    return f"trial#v1={urllib.parse.quote(json.dumps(state))}"


def told(page: Page) -> str:
    """The sentence, once the bank is there."""
    expect(page.locator("#sentence")).to_contain_text("its power is", timeout=60_000)
    return page.locator("#sentence").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_that_nothing_cuts(lab: LabPage, size: str) -> None:
    page = lab("trial", SIZES[size])
    assert told(page).startswith("Your 24-month trial of 24 services will see nothing in ")
    expect(page.locator("#command")).to_have_text("sustain trial leadership-24-mine.toml")
    assert page.evaluate(OVER) == 0
    assert serious(page) == []


def test_by_keyboard_alone_and_the_link_is_the_state(lab: LabPage) -> None:
    page = lab("trial")
    told(page)
    page.locator("[name=services]").focus()
    page.keyboard.press("End")
    expect(page.locator("#sentence")).to_contain_text("trial of 96 services", timeout=30_000)
    page.locator("[name=month]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#sentence")).to_contain_text("Your 23-month trial of 96", timeout=30_000)
    before = told(page)
    page.locator("[name=given_up_a_year]").fill("30")
    page.locator("[name=given_up_a_year]").press("Tab")
    expect(page.locator("#sentence")).not_to_have_text(before, timeout=30_000)
    state = json.loads(urllib.parse.unquote(page.evaluate("location.hash").partition("=")[2]))
    assert state == {"study": "leadership-24", "services": 96, "month": 23, "given_up_a_year": 0.3}
    said = told(page)
    page.reload()
    assert told(page) == said
    assert page.locator("[name=given_up_a_year]").input_value() == "30"


def test_what_cannot_be_stands_beside_its_field(lab: LabPage) -> None:
    page = lab("trial")
    told(page)
    page.locator("[name=services_a_year]").fill("95")
    page.locator("[name=services_a_year]").press("Tab")
    expect(page.locator("[name=services_a_year]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field .problem")).to_contain_text("no share that can be lost")


@pytest.mark.parametrize("state", [{"study": "../../etc/passwd"}, {"services": 1e300}, {"services": 5000}, {"study": "<script>"}])
def test_hostile_links_are_refused_in_words(lab: LabPage, state: dict[str, Any]) -> None:
    page = lab(link(state))
    expect(page.locator(".problems")).to_contain_text("This cannot be computed yet", timeout=30_000)
    assert "passwd" not in page.locator(".problems").inner_text()
