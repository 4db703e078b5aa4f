"""The page of one's own service in a browser: by keyboard, at two widths, its file, and what cannot be."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage, serious

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900, 1), "phone": (390, 844, 1)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SERVICE = Path(__file__).resolve().parents[2] / "docs" / "services" / "half-left.toml"


def link(state: Any) -> str:
    return f"mine#v1={urllib.parse.quote(json.dumps(state))}"


def told(page: Page, start: str = "Matched") -> str:
    """The sentence, once all histories are tried."""
    expect(page.locator("#runs")).to_contain_text("of 20,000 histories", timeout=60_000)
    assert page.locator("#runs").inner_text().startswith(start)
    return page.locator("#sentence").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_that_nothing_cuts(lab: LabPage, size: str) -> None:
    page = lab("mine", SIZES[size])
    assert "the model holds for possible" in told(page)
    expect(page.locator("#command")).to_have_text("sustain mine my-service.toml")
    assert page.evaluate(OVER) == 0
    assert serious(page) == []


def test_by_keyboard_alone(lab: LabPage) -> None:
    page = lab("mine")
    before = told(page)
    page.locator("[name=leader]").focus()
    page.keyboard.press("Home")
    expect(page.locator("#sentence")).not_to_have_text(before, timeout=30_000)
    page.locator("#adding select").focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "waiting.0.month"
    assert page.locator("#changed").inner_text() == "How many wait to be told how to go on was added."
    page.locator("#rows .remove").last.press("Enter")
    expect(page.locator("#rows fieldset")).to_have_count(1)
    assert page.evaluate("document.activeElement.name") == "add"


def test_problems_stand_beside_their_fields(lab: LabPage) -> None:
    page = lab("mine")
    told(page)
    for name, value, what in (
        ("staff", "1e300", "not a whole number"),
        ("delivering.0.posts", "900", "900 of 4 posts is impossible"),
        ("now", "500", "leaves no month"),
    ):
        kept = page.locator(f"[name='{name}']").input_value()
        page.locator(f"[name='{name}']").fill(value)
        page.locator(f"[name='{name}']").press("Tab")
        expect(page.locator(f"[name='{name}']")).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".field .problem").first).to_contain_text(what)
        page.locator(f"[name='{name}']").fill(kept)
        page.locator(f"[name='{name}']").press("Tab")
        expect(page.locator(".problem")).to_have_count(0, timeout=30_000)


def test_a_file_is_opened_saved_and_the_link_holds_it(lab: LabPage, tmp_path: Path) -> None:
    page = lab("mine")
    told(page)
    page.locator("#open").set_input_files(SERVICE)
    expect(page.locator("#opened")).to_contain_text("half-left.toml", timeout=30_000)
    expect(page.locator("[name=name]")).to_have_value("Northside")
    expect(page.locator("#runs")).to_have_text("Matched 544 of 20,000 histories.", timeout=60_000)  # as docs/my-service.md says
    with page.expect_download() as download:
        page.locator("#toml").click()
    assert download.value.suggested_filename == "half-left.toml"
    assert Path(download.value.path()).read_text("utf-8") == SERVICE.read_text("utf-8")
    page.reload()
    expect(page.locator("[name=name]")).to_have_value("Northside")
    page.locator("[name=name]").fill("<img src=x onerror=alert(1)>")
    page.locator("[name=name]").press("Tab")
    expect(page.locator("#sentence")).to_contain_text("<img src=x onerror=alert(1)>", timeout=30_000)
    large = tmp_path / "large.toml"
    large.write_text("# \n" * 30_000, encoding="utf-8")
    page.locator("#open").set_input_files(large)
    expect(page.locator("#opened")).to_contain_text("larger than 60 kB")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('services_file = "../../../etc/passwd"\n', encoding="utf-8")
    page.locator("#open").set_input_files(wrong)
    expect(page.locator(".problems")).to_contain_text("reads no services from elsewhere")


def test_what_no_run_does_is_refused(lab: LabPage) -> None:
    seen = [{"month": 6, "posts": 0}, {"month": 12, "posts": 4}, {"month": 18, "posts": 0}]
    form = {
        "name": "Ours", "setting": "primary", "staff": 14, "posts": 4, "leader": "active", "signal": "committed",
        "selection": "in_passing", "format": "individual", "pool": 12, "inflow": 1, "now": 18, "delivering": seen,
    }  # fmt: skip
    page = lab(link({"form": form}))
    assert told(page) == "No plausible run of the model looks like your service."
    expect(page.locator("#refused")).to_contain_text("0 of 4 posts deliver in month")
    expect(page.locator("#pictures")).to_be_hidden()
