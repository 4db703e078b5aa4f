"""First screens of comparisons; those of a run and of the studies are tested with them."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.first_screens import PHONE, faults, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of a small comparison, made with the command."""
    folder = tmp_path_factory.mktemp("browser") / "compared"
    command = [Path(sys.executable).with_name("sustain"), "compare", "all-passive", "all-active", "-n", "8", "--out", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "report.html"


def test_a_comparison(browser: Browser, comparison: Path) -> None:
    assert faults(browser, comparison) == []


@pytest.mark.parametrize(
    ("part", "instead", "fault"),
    [
        ('<p class="said">', '<p style="height: 60rem"></p><p class="said">', "the answer is not within the first screen"),
        ('<p class="said">', "<p>", "there is no one answer"),
        ("<main", '<div style="width: 2000px">wide</div><main', "the page is wider than the window"),
    ],
)
def test_a_fault_would_be_noticed(
    browser: Browser, comparison: Path, tmp_path: Path, part: str, instead: str, fault: str
) -> None:
    text = comparison.read_text(encoding="utf-8")
    assert part in text
    spoilt = tmp_path / "report.html"
    spoilt.write_text(text.replace(part, instead, 1), encoding="utf-8")
    assert any(fault in one for one in faults(browser, spoilt))


def test_a_long_table_is_short_on_a_phone_until_it_is_asked_for(browser: Browser, comparison: Path) -> None:
    with opened(browser, comparison, PHONE) as page:
        page.locator("details summary").first.click()
        table = page.locator(".unfold + label + .scroll table").first
        hidden = table.locator("tr.later").first
        assert not hidden.is_visible()
        page.locator(".unfold + label").first.click()
        assert hidden.is_visible()
    with opened(browser, comparison, (1280, 900)) as page:
        page.locator("details summary").first.click()
        assert page.locator("tr.later").first.is_visible()
        assert not page.locator(".unfold").first.is_visible()
