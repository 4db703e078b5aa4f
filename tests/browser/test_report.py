"""The report as a reader meets it: in a browser, with no network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.first_screens import faults

pytestmark = pytest.mark.browser

PICTURES = """() => [...document.querySelectorAll('img, figure svg')].map(one => {
    const box = one.getBoundingClientRect();
    const loaded = one.tagName !== 'IMG' || (one.complete && one.naturalWidth > 0);
    return loaded && box.width > 50 && box.height > 20;
})"""


def test_the_first_screen(browser: Browser, report: Path) -> None:
    assert faults(browser, report) == []


def test_opens_alone_and_without_complaint(page: Page, complaints: list[str]) -> None:
    assert page.title()
    assert page.locator("h1").count() == 1
    assert complaints == []


def test_a_complaint_would_be_noticed(page: Page, complaints: list[str]) -> None:
    page.evaluate("() => { console.error('control'); const one = new Image(); one.src = 'https://example.org/one.png'; }")
    page.wait_for_timeout(200)
    assert "control" in complaints
    assert "https://example.org/one.png" in complaints


def test_every_picture_is_shown(page: Page) -> None:
    shown = page.evaluate(PICTURES)
    assert len(shown) >= 5
    assert all(shown)


def test_pictures_have_words_for_those_who_cannot_see_them(page: Page) -> None:
    silent = page.evaluate(
        "() => [...document.querySelectorAll('img')].filter(one => !(one.getAttribute('alt') || '').trim()).length"
    )
    assert silent == 0
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_nine_services_are_in_a_table(page: Page) -> None:
    rows = page.evaluate("() => [...document.querySelectorAll('table')].map(one => one.tBodies[0]?.rows.length ?? 0)")
    assert max(rows) >= 9


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_runs_out_at_the_side(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 1
