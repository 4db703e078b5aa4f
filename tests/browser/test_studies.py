"""First screens of the pages of studies, written from few runs or from findings that took none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.first_screens import DESK, PHONE, faults, opened
from tests.experiments.commanding import sustain

pytestmark = pytest.mark.browser


def search(folder: Path) -> Path:
    """Page of a search over outcomes by a formula."""
    from experiments.policies.report import write_report
    from tests.experiments.policies.test_finding import found, settings

    write_report(folder, found(0.45), settings(share=0.45), manifest={}, name="mine")
    return folder / "report.html"


def discovery(folder: Path) -> Path:
    """Page of a small discovery."""
    place = folder / "mine"
    done = sustain("discover", "--quick", "--shuffles", "1", "--out", place)
    assert done.exit_code == 0, done.output
    return place / "report.html"


def sensitivity(folder: Path) -> Path:
    """Page of a sensitivity analysis of functions."""
    from experiments.sensitivity.asked import Asked
    from experiments.sensitivity.report import write_report
    from experiments.sensitivity.settings import settings_of
    from tests.experiments.sensitivity.known import several

    write_report(folder, several(4), settings_of(Asked()), manifest={}, runs=12_345, failed=0, name="mine")
    return folder / "report.html"


def sweep(folder: Path) -> Path:
    """Page of a made-up sweep."""
    from experiments.sweeps.report import write_sweep_report
    from tests.experiments.sweeps.made_up import made_up

    study, frames, manifest = made_up(kind="factorial", many=2)
    write_sweep_report(folder, study=study, frames=frames, manifest=manifest, name="mine")
    return folder / "report.html"


def checks(folder: Path) -> Path:
    """Page of the checks of a calibration on few vectors."""
    from experiments.calibration import calibrating
    from experiments.calibration.checks import check
    from experiments.executors.pools import pool_of
    from tests.experiments.calibration.test_checks import AMOUNT, PLAN, easy

    with pool_of("threads", 2) as pool:
        calibrated = calibrating.calibrate(folder / "mine", pool, plan=PLAN, seed=3, patterns=easy())
        return check(calibrated.folder, pool, amount=AMOUNT, patterns=easy()).folder / "checks.html"


PAGES: tuple[Callable[[Path], Path], ...] = (search, discovery, sensitivity, sweep, checks)


@pytest.fixture(scope="module", params=PAGES, ids=lambda one: one.__name__)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of a study of each kind."""
    made: Path = request.param(tmp_path_factory.mktemp("browser"))
    return made


def test_the_first_screen(browser: Browser, study: Path) -> None:
    assert faults(browser, study) == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=str)
def test_every_picture_is_shown_and_has_words(browser: Browser, study: Path, size: tuple[int, int]) -> None:
    with opened(browser, study, size) as page:
        pictures = page.evaluate(
            "() => [...document.querySelectorAll('img')].map(one => [one.complete && one.naturalWidth > 0, one.alt.trim()])"
        )
        assert len(pictures) >= 4
        assert all(shown and words for shown, words in pictures)
        assert page.locator(".answer figure figcaption").inner_text().strip()


def test_on_paper_there_is_nothing_to_click(browser: Browser, study: Path) -> None:
    with opened(browser, study, DESK) as page:
        assert page.locator("nav").is_visible()
        page.emulate_media(media="print")
        assert [one for one in ("nav", ".skip", ".cue", ".unfold") if page.locator(f"{one} >> visible=true").count()] == []
