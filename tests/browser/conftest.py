"""Chromium, driven by Playwright, and the report that it looks at; without Chromium these tests fail."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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
