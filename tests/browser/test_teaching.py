"""The first session of the teaching guide, followed word for word in a browser, and the links of the others."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import teaching
from tests.browser.conftest import LabPage

pytestmark = pytest.mark.browser

TEXTS = teaching.texts()
SAYS = {one.name: one.says for one in teaching.numbers()}


def link(session: int, number: int) -> str:
    """To copy, the first of a session is 1."""
    return teaching.links(TEXTS[f"session-{session}.md"])[number - 1]


def kept(page: Page, name: str) -> None:
    """Keep a picture where a folder is named, to be looked at."""
    if folder := os.environ.get("TEACHING_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def predict(page: Page, point: str, low: str, high: str) -> None:
    expect(page.locator("#runs")).to_have_text("500 runs", timeout=30_000)
    expect(page.locator("#answer")).to_be_hidden()
    for name, value in (("point", point), ("low", low), ("high", high)):
        page.locator(f"#predicting [name={name}]").fill(value)
    page.get_by_role("button", name="Show what comes out").click()


def test_tasks_1_and_2_reveal_what_the_guide_says(lab: LabPage) -> None:
    page = lab(link(1, 1))
    predict(page, "30", "10", "50")
    expect(page.locator("#predicted")).to_contain_text(f"The model says {SAYS['protected-time']}: your range does not hold it")
    expect(page.locator("#sentence")).to_contain_text("Month 84")
    for name in ("protected-time-leader", "protected-time-covered"):
        more, between = SAYS[name].rstrip(")").split(" (")
        row = page.locator("#hours tr", has_text=more)
        expect(row).to_contain_text(between)
    expect(page.locator("#sure")).to_contain_text(f"plausible worlds lie between {SAYS['protected-time-worlds']}")
    kept(page, "1-1")
    # by hand, as beside link 1.2
    page.locator(".remove").first.click()
    page.locator("[name=add]").select_option("facilitator")
    page.get_by_role("button", name="Add", exact=True).click()
    predict(page, "30", "10", "50")
    expect(page.locator("#predicted")).to_contain_text(
        f"The model says {SAYS['facilitator']}: your range holds it", timeout=30_000
    )
    kept(page, "1-2-by-hand")
    # a link put over the address of the same page
    page.goto(page.url.partition("#")[0].rpartition("/")[0] + "/" + link(1, 3))
    predict(page, "20", "10", "30")
    expect(page.locator("#predicted")).to_contain_text(f"The model says {SAYS['facilitator-24']}", timeout=30_000)
    kept(page, "1-3")


def test_task_3_is_a_game_that_can_be_played(lab: LabPage) -> None:
    page = lab(link(1, 4))
    expect(page.locator("#forecast")).to_be_visible(timeout=30_000)  # asked before anything can be done
    steps = 0
    kept(page, "1-4-start")
    while not page.locator("#ending").is_visible():
        if page.locator("#forecast").is_visible():
            for name, value in (("chance", "50"), ("low", "20"), ("high", "60")):
                page.locator(f"#forecast [name={name}]").fill(value)
            page.get_by_role("button", name="That is what I expect").click()
            expect(page.locator("#forecast")).to_be_hidden()
        if steps == 0:
            for title in ("Raise it every month", "Follow-up meetings", "Training of successors"):
                page.get_by_label(title).check()
        before = page.locator("#sentence").inner_text()
        page.get_by_role("button", name="Until something happens").click()
        expect(page.locator("#sentence")).not_to_have_text(before, timeout=30_000)
        steps += 1
        assert steps < 60
    expect(page.locator("#end-said")).to_contain_text("The practice was given in 72 of them")
    assert steps <= 25  # the guide says that it is about twenty
    kept(page, "1-4-end")


@pytest.mark.parametrize(("number", "name"), [(6, "lead-raising")])
def test_the_end_of_a_game_opens(lab: LabPage, number: int, name: str) -> None:
    page = lab(link(1, number))
    expect(page.locator("#end-said")).to_be_visible(timeout=30_000)
    told = page.locator("#end-said").inner_text()
    assert f"given in {SAYS[name].split()[0]} of them" in told
    kept(page, f"1-{number}")


def test_links_of_session_2_open_what_they_say(lab: LabPage) -> None:
    page = lab(link(2, 1))
    expect(page.locator("#sentence")).to_contain_text(
        f"Believed gain of a course: {SAYS['belief-6']} points; to be expected: {SAYS['expected-6']}.", timeout=30_000
    )
    kept(page, "2-1")
    for month in (19, 24, 27, 31, 36, 37):
        page.get_by_role("button", name="Next decision").click()
        expect(page.locator("#sentence")).to_contain_text(f"Month {month}.")
    kept(page, "2-1-end")
    for number in (1, 2, 3, 4):
        page = lab(link(2, 1 + number))
        expect(page.locator("#what-if-said")).to_contain_text(SAYS[f"patient-{number}"], timeout=30_000)
    kept(page, "2-5")
    page = lab(link(2, 7))
    expect(page.locator("#sentence")).to_contain_text("One thing would have prevented it", timeout=30_000)
    kept(page, "2-7")
