"""First screens of the pages on hypotheses, from effects that are made up: of the study's, and of one's own."""

from contextlib import nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from experiments.hypotheses.contrasts import QUICK, Sizes
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.report import write_report
from tests.browser.first_screens import faults
from tests.drawing import not_drawn
from tests.experiments.hypotheses.made_up import filled_in, found_of
from tests.experiments.hypotheses.test_answers import foretold, ran_of, record_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["full", "quick"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the pages of all hypotheses that ship."""
    folder = tmp_path_factory.mktemp("hypotheses")
    found = [foretold() if name.startswith("h03") else found_of(read_hypothesis(name)) for name in shipped()]
    quick = request.param == "quick"
    with not_drawn(but_answers=True) if quick else nullcontext():  # what a quick page says otherwise stands above its figures
        pictures = write_report(folder, ran_of(found, folder, QUICK if quick else Sizes()), record_of(found))
    assert pictures.failed == []
    return folder


def test_the_front_page(browser: Browser, study: Path) -> None:
    assert faults(browser, study / "report.html") == []


def test_every_page_of_a_hypothesis(browser: Browser, study: Path) -> None:
    pages = sorted((study / "pages").iterdir())
    assert len(pages) == 13
    assert {page.name: told for page in pages if (told := faults(browser, page))} == {}


def test_a_hypothesis_of_ones_own(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(filled_in(), encoding="utf-8")
    found = [found_of(read_hypothesis(file))]
    write_report(tmp_path, ran_of(found, tmp_path, Sizes()), record_of(found))
    assert faults(browser, tmp_path / "report.html") == []
    assert faults(browser, tmp_path / "pages" / "mine.html") == []
    spoilt = tmp_path / "spoilt.html"
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    spoilt.write_text(text.replace("<main", '<div style="height: 60rem"></div><main', 1), encoding="utf-8")
    assert len(faults(browser, spoilt)) >= 2  # the control
