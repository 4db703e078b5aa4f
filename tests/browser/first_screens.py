"""The first screen of a page, as somebody sees it who gives it five seconds: the answer, its picture, nothing cut off."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

DESK = (1280, 900)
PHONE = (390, 844)

_BOX = "one => { const box = one.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }"
_OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SMALLEST = """() => Math.min(...[...document.querySelectorAll('main p, main li, main td, main th, main figcaption, main dd')]
    .filter(one => one.innerText.trim() && one.getBoundingClientRect().width > 0)
    .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
_CUT = """() => [...document.querySelectorAll('main p, main li, main td, main h1, main h2, main h3, main figcaption, main dd')]
    .filter(one => !one.closest('.scroll') && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(one => one.innerText.slice(0, 60))"""


@contextmanager
def opened(browser: Browser, path: Path, size: tuple[int, int]) -> Iterator[Page]:
    """Page of a file in a window of a size, without a network."""
    context = browser.new_context(offline=True, viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(path.as_uri(), wait_until="load")
    yield page
    context.close()


def box_of(page: Page, selector: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the one element."""
    left, top, right, bottom = page.locator(selector).evaluate(_BOX)
    return left, top, right, bottom


def within(box: tuple[float, float, float, float], size: tuple[int, int]) -> bool:
    """Whether a box lies in the first screen, whole."""
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1] and box[3] > box[1]


def faults(browser: Browser, path: Path) -> list[str]:
    """What is wrong with the first screen of a page at both widths; empty when nothing is.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    path : pathlib.Path
        Of the page.
    """
    told: list[str] = []
    for size in (DESK, PHONE):
        with opened(browser, path, size) as page:
            told += [f"{size[0]} px: {one}" for one in _of(page, size)]
    return told


def _of(page: Page, size: tuple[int, int]) -> list[str]:
    told = []
    if page.locator(".said").count() != 1:
        return ["there is no one answer"]
    if not within(box_of(page, ".said"), size):
        told.append("the answer is not within the first screen")
    if page.locator(".answer figure img").count() != 1:
        told.append("there is no one picture beside the answer")
    elif size == DESK and not within(box_of(page, ".answer figure img"), size):
        told.append("the picture is not within the first screen")
    elif not page.locator(".answer figure img").evaluate("one => one.complete && one.naturalWidth > 0"):
        told.append("the picture is not shown")
    checks: dict[str, Any] = {"the page is wider than the window by": page.evaluate(_OVER), "cut off:": page.evaluate(_CUT)}
    told += [f"{name} {value}" for name, value in checks.items() if value and value != 1]
    if page.evaluate(_SMALLEST) < 12:
        told.append("letters smaller than 12 px")
    return told
