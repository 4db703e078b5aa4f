"""Chromium, driven by Playwright, and the report that it looks at; without Chromium these tests fail."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.labs import running_lab

ORDERED = {"heading-order", "page-has-heading-one"}
"""Rules that axe-core calls moderate, and that must hold: who hears a page goes through it by its headings."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing may go out: neither the page nor the browser's own errands.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.fail(f"no Chromium: install one of {', '.join(NAMES)}, or name it in CHROMIUM (Debian: apt-get install chromium)")
    # Chromium refuses to start its sandbox for root, which is who runs in a container.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=[*QUIET, *(["--no-sandbox"] if root else [])])
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small run with the command, as a user does, and give its report."""
    folder = tmp_path_factory.mktemp("browser") / "run"
    sustain = Path(sys.executable).with_name("sustain")
    done = subprocess.run(
        [sustain, "run", "nine-services", "-n", "20", "--out", folder], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return folder / "report.html"


@pytest.fixture
def complaints() -> list[str]:
    """What the page complained of, and what it tried to fetch from outside."""
    return []


@pytest.fixture
def page(browser: Browser, report: Path, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request", lambda asked: None if asked.url.startswith(("file:", "data:", "blob:")) else complaints.append(asked.url)
    )
    opened.goto(report.as_uri(), wait_until="load")
    yield opened
    context.close()


@pytest.fixture(scope="session")
def lab_address() -> Iterator[str]:
    """Open the lab with the command, as a teacher does, and give its address; at the end Ctrl-C must close it."""
    with running_lab() as lab:
        yield lab.address


LabPage = Callable[..., Page]


@pytest.fixture
def lab(browser: Browser, lab_address: str, complaints: list[str]) -> Iterator[LabPage]:
    """Open a page of the lab, each in a context of its own; what it complains of, or asks of anybody else, fails the test."""
    contexts = []
    own = (lab_address, lab_address.replace("http", "ws", 1), "data:", "blob:")

    def open_page(path: str, size: tuple[int, int, int] = (1280, 900, 1), *, address: str = lab_address) -> Page:
        allowed = (*own, address, address.replace("http", "ws", 1))
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=size[2])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(allowed) else complaints.append(asked.url))
        page.on("websocket", lambda pipe: None if pipe.url.startswith(allowed) else complaints.append(pipe.url))
        page.goto(f"{address}{path}", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def serious(page: Page) -> list[str]:
    """What axe-core finds in a page that is serious or critical, or a heading out of its order: rule and first place."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in {"serious", "critical"} or one["id"] in ORDERED
    ]
