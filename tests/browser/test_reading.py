"""Hypotheses and numbers in a browser: by keyboard alone, at three widths, deep links, and links to what is not there."""

import json
import urllib.parse
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage, serious

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900, 1), "phone": (390, 844, 1), "zoomed to 200 %": (640, 450, 2)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def link(name: str, **state: Any) -> str:
    return f"{name}#v1={urllib.parse.quote(json.dumps(state))}"


def tab_to(page: Page, selector: str, most: int = 40) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by Tab")


def test_a_number_is_found_and_read_by_keyboard_alone(lab: LabPage) -> None:
    page = lab("numbers")
    expect(page.locator("#census")).to_contain_text("parameters are assumptions")
    tab_to(page, "[name=words]")
    page.keyboard.type("leader turnover")
    expect(page.locator("#count")).to_have_text("2 found.")
    expect(page.locator("#rows li")).to_have_count(2)
    tab_to(page, "[name=kind]")
    page.keyboard.type("parameter")
    expect(page.locator("#count")).to_have_text("1 found.")
    expect(page.locator("#rows code").first).to_have_text("chance_leader_leaves")
    tab_to(page, "#rows a")
    page.keyboard.press("Enter")
    expect(page.locator("#one-title")).to_be_focused()
    expect(page.locator("#one-name")).to_have_text("chance_leader_leaves")
    expect(page.locator("#moves")).to_contain_text("services that kept going")
    expect(page.locator("#command")).to_have_text("sustain parameters chance_leader_leaves")
    page.go_back()
    expect(page.locator("#one")).to_be_hidden()
    assert page.locator("[name=words]").input_value() == "leader turnover"


def test_a_search_in_vain_says_so_and_all_can_be_listed(lab: LabPage) -> None:
    page = lab("numbers")
    expect(page.locator("#rows li")).to_have_count(25)
    page.locator("#more").click()
    expect(page.locator("#more")).to_be_hidden()
    assert page.locator("#rows li").count() > 300
    page.locator("[name=words]").fill("leadr turnover")
    expect(page.locator("#count")).to_contain_text("Nothing has all these words. Did you mean")
    page.locator("[name=words]").fill("<img src=x onerror=alert(1)>")
    expect(page.locator("#count")).to_contain_text("Nothing has all these words")
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize(
    ("path", "title"),
    [(link("numbers", one="belief_mean"), "belief in the practice at the start, mean"),
     (link("hypotheses", hypothesis="H10"), "H10: When an engaged leader leaves")],
)  # fmt: skip
def test_a_deep_link_leads_to_one(lab: LabPage, path: str, title: str) -> None:
    page = lab(path)
    expect(page.locator("#one-title")).to_have_text(title)
    expect(page.locator("#one-title")).to_be_focused()
    expect(page.locator(".listing [aria-current]")).to_have_count(1)


@pytest.mark.parametrize("path", [link("numbers", one="nonsense"), link("hypotheses", hypothesis="H99")])
def test_a_link_to_what_is_not_there_is_said_and_the_rest_is_shown(lab: LabPage, path: str) -> None:
    page = lab(path)
    expect(page.locator("#linked")).to_contain_text("Allowed:")
    expect(page.locator(".listing li").first).to_be_visible()
    expect(page.locator("#one")).to_be_hidden()


def test_a_hypothesis_is_read_by_keyboard_alone(lab: LabPage) -> None:
    page = lab("hypotheses")
    expect(page.locator("#all li")).to_have_count(13)
    tab_to(page, "#all a")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#one-title")).to_have_text("H2: Autonomy, and support of it")
    expect(page.locator("#one-title")).to_be_focused()
    expect(page.locator("#verdict")).to_contain_text("mixed")
    assert page.locator("#effects tbody tr").count() == 3
    tab_to(page, "summary")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#grid-knockouts tbody tr").count() > 40
    expect(page.locator("#command")).to_have_text("sustain hypotheses H2")
    page.go_back()
    expect(page.locator("#one")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", [link("numbers", one="forms.belief", words="belief"), link("hypotheses", hypothesis="H1")])
def test_nothing_is_cut(lab: LabPage, size: str, path: str) -> None:
    page = lab(path, SIZES[size])
    expect(page.locator("#one-title")).to_be_focused()
    for summary in page.locator("main details:not([hidden]) summary").all():
        summary.click()
    assert page.evaluate(OVER) == 0
    assert serious(page) == []


def test_a_row_on_a_phone_says_what_its_numbers_are(lab: LabPage) -> None:
    page = lab(link("hypotheses", hypothesis="H1"), SIZES["phone"])
    cell = page.locator("#effects tbody td").first
    expect(cell).to_be_visible()
    assert cell.evaluate("(one) => getComputedStyle(one, '::before').content") == '"Effect: "'
    wide = lab(link("hypotheses", hypothesis="H1"))
    cell = wide.locator("#effects tbody td").first
    expect(cell).to_be_visible()
    assert cell.evaluate("(one) => getComputedStyle(one, '::before').content") == "none"  # control
