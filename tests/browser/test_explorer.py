"""The static explorer and the lab's charts in a browser: by keyboard alone, at three widths, with nothing from elsewhere."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from app.standalone import STATIC, script_of
from app.texts import as_script, texts_of
from tests.browser.conftest import serious

pytestmark = pytest.mark.browser

MONTHS = 36
HOSTILE = "<img src=x onerror='window.hacked=1'>"
SIZES = {"desk": (1280, 900, 1), "phone": (390, 844, 1), "zoomed to 200 %": (640, 450, 2)}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

MOVING = """() => [...document.querySelectorAll('*')].map(one => getComputedStyle(one))
    .filter(one => parseFloat(one.transitionDuration) > 0 || one.animationName !== 'none').length"""
PLACES = """() => [...document.querySelectorAll('.chart-picture circle')].slice(1)
    .map(one => [Number(one.getAttribute('cx')), Number(one.getAttribute('cy'))])"""

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Explorer of three scenarios, one with a hostile title, made with the command."""
    folder = tmp_path_factory.mktemp("browser")
    hostile = folder / "hostile.toml"
    text = f'schema_version = 1\nname = "hostile"\ntitle = "{HOSTILE}"\nquestion = "What?"\n'
    hostile.write_text(f'{text}[[policies]]\nlever = "clarity"\ndose = 1.0\nstart = 12\n', encoding="utf-8")
    words = ["explore", "nine-services", "nine-services+leadership-programme", hostile, "-n", "40", "--months", str(MONTHS)]
    command = [Path(sys.executable).with_name("sustain"), *words, "--out", folder / "explorer.html"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "explorer.html"


@pytest.fixture
def opened(browser: Browser, complaints: list[str]) -> Iterator[Opened]:
    """Open a page; what it complains of, or asks of anybody else, fails the test at its end."""
    contexts = []

    def open_page(path: Path, size: tuple[int, int, int] = SIZES["desk"], *, link: str = "") -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=size[2])
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url))
        page.goto(f"{path.as_uri()}{link}", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"#{name} .chart")


def now(page: Page, name: str) -> str:
    return str(chart(page, name).locator(".chart-now").inner_text())


# ------------------------------------------------------------------------------------------------------------- the explorer


def test_everything_by_keyboard_alone(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("() => document.activeElement.id || document.activeElement.className"))
        if seen[-1] == "copy":
            break
    order = ["policy", "unit", "measure", "month", "view", "chart-picture", "hours", "copy"]
    assert [one for one in dict.fromkeys(seen) if one in order] == order
    assert seen.count("chart-picture") == 4
    outline = page.locator("#copy").evaluate("one => getComputedStyle(one).outlineWidth")
    assert outline == "3px"
    before = page.locator("#sentence").inner_text()
    page.locator("#policy").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#sentence").inner_text() != before
    page.locator("#unit").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert chart(page, "first").locator("h3").inner_text().startswith("B: ")
    page.locator("#month").focus()
    page.keyboard.press("Home")
    assert page.locator("#month-told").inner_text() == "1"
    assert now(page, "second").startswith("Month 1: ")


def test_the_month_cursor_reads_aloud_and_all_charts_follow(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    assert now(page, "first").startswith(f"Month {MONTHS}: ")
    chart(page, "first").locator(".chart-picture").focus()
    steps = {"Home": 1, "ArrowRight": 2, "ArrowLeft": 1, "ArrowDown": 1, "PageUp": 13, "End": MONTHS, "PageDown": 24}
    for key, month in steps.items():
        page.keyboard.press(key)
        assert now(page, "first").startswith(f"Month {month}: ")
    assert [now(page, name)[:9] for name in ("second", "difference")] == ["Month 24:", "Month 24:"]
    assert page.locator("#month").input_value() == "24"
    assert "Every policy at month 24" in chart(page, "every").inner_text()
    # One voice: the chart that was moved.
    lives = [chart(page, name).locator(".chart-now").get_attribute("aria-live") for name in ("first", "second", "difference")]
    assert lives == ["polite", "off", "off"]
    label = chart(page, "first").locator(".chart-picture").get_attribute("aria-label") or ""
    assert now(page, "first") in label
    assert chart(page, "first").locator("[role=img]").count() == 1


def test_the_table_has_the_numbers_of_the_cursor(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    one = chart(page, "difference")
    button = one.locator("button")
    assert button.get_attribute("aria-expanded") == "false"
    assert not one.locator("table").is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    rows = one.locator("tbody tr")
    assert rows.count() == MONTHS
    cells = [cell.inner_text() for cell in rows.nth(MONTHS - 1).locator("th, td").all()]
    assert cells[0] == str(MONTHS)
    assert f"difference {cells[1]} ({cells[2]} to {cells[3]})" in now(page, "difference")
    page.locator("#measure").select_option("sustained")  # an open table follows
    assert one.locator("thead th").count() == 4
    page.keyboard.press("Tab")
    button.press("Space")
    assert not one.locator("table").is_visible()


def test_the_sentence_says_what_the_interval_says(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    data = json.loads(page.locator("#explorer-data").text_content() or "")
    whole, kinds = data["runs"] * data["services"], set()
    for month in range(1, MONTHS + 1):
        page.locator("#month").fill(str(month))
        said = page.locator("#sentence").inner_text()
        arm = data["arms"][0]
        value = (arm["counts"]["kept_going"][0][month - 1] - data["base"]["counts"]["kept_going"][0][month - 1]) / whole
        reach = arm["reach"]["kept_going"][0][month - 1]
        if abs(value) > reach:
            kinds.add("clear")
            assert f"{abs(100 * value):.0f} " in said or f"{abs(100 * value):.1f} " in said
            assert "services of 100" in said
            assert "too early" not in said
        elif value == 0 and reach == data["unseen"]:
            kinds.add("same")
            assert "no difference in any run" in said
            assert "difference 0.0, nine" in now(page, "difference")  # and no band
        else:
            kinds.add("early")
            assert "too early to tell" in said
    assert kinds == {"clear", "same", "early"}


def test_the_address_says_what_is_chosen(opened: Opened, explorer: Path) -> None:
    first = opened(explorer)
    first.locator("#unit").select_option("3")
    first.locator("#month").fill("20")
    link = first.evaluate("() => location.hash")
    second = opened(explorer, link=link)
    assert second.locator("#sentence").inner_text() == first.locator("#sentence").inner_text()
    assert second.locator("#unit").input_value() == "3"
    wrong = opened(explorer, link="#policy=__proto__&unit=Z&month=1e9&measure=toString&view=x")
    assert now(wrong, "first").startswith(f"Month {MONTHS}: ")
    assert wrong.locator("#measure").input_value() == "kept_going"


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_runs_out_at_the_side(opened: Opened, explorer: Path, size: tuple[int, int, int]) -> None:
    page = opened(explorer, size)
    for button in page.locator(".chart button").all():
        button.click()
    assert page.evaluate(OVER) <= 0
    assert serious(page) == []
    small = page.evaluate(
        "() => [...document.querySelectorAll('.chart svg text')].map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(small) >= 12
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.chart-picture')].flatMap(one => {
            const box = one.getBoundingClientRect();
            return [...one.querySelectorAll('text')].map(each => each.getBoundingClientRect())
                .filter(each => each.left < box.left - 8 || each.right > box.right + 8).length;
        })"""
    )
    assert set(wide) == {0}
    page.evaluate("() => { document.querySelector('h1').style.width = '3000px'; }")
    assert page.evaluate(OVER) > 0  # the control


def test_a_page_that_cannot_be_used_by_all_is_found_out(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    page.evaluate("document.querySelector('#policy').labels[0].remove()")
    page.evaluate("document.querySelector('#sentence').style.color = '#ddd'")
    found = serious(page)
    assert any("select-name" in one for one in found)
    assert any("color-contrast" in one for one in found)


def test_names_stay_text(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    page.locator("#policy").select_option("1")
    for button in page.locator(".chart button").all():
        button.click()
    assert HOSTILE in chart(page, "second").locator("h3").inner_text()
    assert HOSTILE in page.locator("#sentence").inner_text()
    assert page.locator("img").count() == page.locator(".answer figure img").count() == 1  # the page's own picture
    assert page.evaluate("() => window.hacked") is None


def test_it_prints_and_nothing_moves(opened: Opened, explorer: Path) -> None:
    page = opened(explorer)
    assert page.locator(".controls").first.is_visible()
    assert page.evaluate(MOVING) == 0
    page.emulate_media(media="print")
    assert not page.locator(".controls").first.is_visible()
    assert not page.locator(".chart button").first.is_visible()
    assert chart(page, "first").locator("svg").first.is_visible()


def test_a_request_to_another_origin_would_be_noticed(
    browser: Browser, explorer: Path, tmp_path: Path, complaints: list[str]
) -> None:
    text = explorer.read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(text.replace("<main", '<img src="https://example.org/x.png" alt=""><main', 1), encoding="utf-8")
    page = browser.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith("file:") else complaints.append(asked.url))
    page.goto(spoilt.as_uri(), wait_until="load")
    page.close()
    assert any("example.org" in one for one in complaints)


# --------------------------------------------------------------------------------------------------------------- the charts


@pytest.fixture
def drawn(opened: Opened, tmp_path: Path) -> Callable[..., Page]:
    """Draw one chart on a page of its own; it is `chart` there."""

    def draw(kind: str, data: dict[str, Any], size: tuple[int, int, int] = SIZES["phone"]) -> Page:
        css, script = (STATIC / "lab.css").read_text(encoding="utf-8"), script_of(("texts", "frame", "dots", "charts"))
        page = tmp_path / "chart.html"
        page.write_text(
            f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>t</title><style>{css}</style><div id="one"></div>'
            f'<script type="application/json" id="texts">{as_script(texts_of("explorer"))}</script>'
            f'<script type="module">{script}\nwindow.failed = "";\n'
            f'try {{ window.chart = {kind}(document.getElementById("one"), {json.dumps(data)}); }}\n'
            "catch (error) { window.failed = error.message; }</script></html>",
            encoding="utf-8",
        )
        return opened(page, size)

    return draw


def over_months(**more: Any) -> dict[str, Any]:
    return {"title": "T", "description": "What it shows.", "unit": "points", "months": [1, 2, 3], "series": [], **more}


def test_lines_have_a_zero_line_bands_and_gaps(drawn: Callable[..., Page]) -> None:
    one = {"name": "a", "label": "A", "values": [-0.02, None, 0.031], "low": [-0.05, None, 0.01], "high": [0.01, None, 0.052]}
    page = drawn("lines", over_months(series=[one]))
    page.locator(".chart-picture").focus()
    assert now(page, "one") == "Month 3: A +3.1 (+1.0 to +5.2)."
    page.keyboard.press("ArrowLeft")
    assert now(page, "one") == "Month 2: A not known."
    page.keyboard.press("ArrowLeft")
    assert now(page, "one") == "Month 1: A −2.0 (−5.0 to +1.0)."
    assert page.locator(".chart-picture polygon").count() == 2  # on both sides of the gap
    assert page.locator('.chart-picture line[stroke="#222222"][stroke-width="1.5"]').count() == 1


def test_a_new_description_is_read_aloud(drawn: Callable[..., Page]) -> None:
    page = drawn("lines", over_months(series=[{"name": "a", "label": "A", "values": [0.1, 0.2, 0.3]}]))
    said = page.locator(".chart-said")
    assert said.get_attribute("aria-live") == "off"  # nothing is said before anything happens
    page.evaluate("data => window.chart.update(data)", over_months(description="Another.", series=[]))
    assert (said.inner_text(), said.get_attribute("aria-live")) == ("Another.", "polite")
    page.evaluate("data => window.chart.update(data, true)", over_months(description="Quiet.", series=[]))
    assert (said.inner_text(), said.get_attribute("aria-live")) == ("Quiet.", "off")


@pytest.mark.parametrize("months", [1, 2, 240])
def test_states_of_any_horizon(drawn: Callable[..., Page], months: int) -> None:
    shares = {"sustained": ("sustained", 0.75), "drifted": (HOSTILE, 0.25)}
    series = [{"name": name, "label": label, "values": [share] * months} for name, (label, share) in shares.items()]
    page = drawn("states", over_months(unit="share", months=list(range(1, months + 1)), series=series))
    assert now(page, "one").startswith(f"Month {months}: sustained 75.0\u00a0%, {HOSTILE} 25.0\u00a0%")
    assert page.locator(".chart-picture polygon").count() == 3  # the hatch lies over its colour
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(".chart-picture svg text").all_text_contents()[:5] == [f"{one}\u00a0%" for one in (0, 25, 50, 75, 100)]
    assert page.evaluate(OVER) <= 0
    assert "NaN" not in page.locator(".chart-picture").inner_html()


def test_a_strip_of_forecasts(drawn: Callable[..., Page]) -> None:
    values = (0.2, 0.2, 0.2, 0.9, None)
    points = [{"label": f"forecast {at}", "value": value} for at, value in enumerate(values, start=1)]
    data = {
        "title": "T",
        "description": "D.",
        "unit": "share",
        "points": points,
        "mark": {"value": 0.6, "label": "what came out"},
    }
    page = drawn("dots", data)
    page.locator(".chart-picture").focus()
    page.keyboard.press("Home")
    assert now(page, "one") == "1 of 5: forecast 1, 20.0\u00a0%."
    page.keyboard.press("End")
    assert now(page, "one") == "5 of 5: forecast 5, not known."
    places = page.evaluate(PLACES)
    assert len(places) == 4
    assert len({place[0] for place in places}) == 2  # equal forecasts stand above each other
    assert len({tuple(place) for place in places}) == 4
    assert "what came out" in page.locator(".chart-picture svg").text_content()


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("lines", over_months(months=[]), "needs months"),
        ("states", over_months(series=[{"name": "a", "label": "A", "values": [1]}]), "has not as many numbers as months"),
        ("dots", {"title": "T", "description": "D", "unit": "share", "points": []}, "needs points"),
    ],
)
def test_data_that_cannot_be_drawn(drawn: Callable[..., Page], kind: str, data: dict[str, Any], message: str) -> None:
    page = drawn(kind, data)
    assert message in page.evaluate("() => window.failed")
    assert page.locator(".chart").count() == 0  # nothing half-drawn
