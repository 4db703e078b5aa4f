"""Pages: every template stands in the one frame, and a page says what it is."""

import re
from pathlib import Path

import pytest

import experiments
import sim
from experiments.kit.page import FEW, QUICK, quick_note, write_study_page
from experiments.policies.asked import Asked as Searched
from sim.report.pages import TEMPLATES, Page, assumed, environment, facts, identity, write_page
from sim.report.tables import Cell, Grid

FRAME = {"page.html.j2", "parts.html.j2"}
PAGES = sorted(
    path
    for root in (Path(sim.__file__).parent, Path(experiments.__file__).parent)
    for path in root.rglob("*.html.j2")
    if path.name not in FRAME
)


def alone(template: str) -> list[str]:
    """What a template has of its own that the frame gives."""
    found = [] if template.startswith('{% extends "page.html.j2" %}') else ["no frame"]
    return found + re.findall(r"<(?:!DOCTYPE|html|head|style|header|footer|nav|table|figure|h1)\b", template)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_page_stands_in_the_frame(path):
    assert alone(path.read_text(encoding="utf-8")) == []


def test_a_page_of_its_own_would_be_noticed():
    assert alone("<!DOCTYPE html><table>") == ["no frame", "<!DOCTYPE", "<table"]


def test_frame_and_style_stand_once():
    roots = [Path(sim.__file__).parent, Path(experiments.__file__).parent]
    assert len(PAGES) >= 9
    assert [path.parent for root in roots for path in root.rglob("*.css")] == [TEMPLATES]


@pytest.fixture
def written(tmp_path):
    (tmp_path / "small.html.j2").write_text(
        '{% extends "page.html.j2" %}{% from "parts.html.j2" import section with context %}'
        '{% block sections %}{% call section("first", "First & last") %}<p>{{ said }}</p>{% endcall %}{% endblock %}'
    )

    def write(page):
        write_page(tmp_path / "page.html", page, "small.html.j2", folder=tmp_path, said="<b>")
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    return write


CENSUS = "61 parameters: 14 evidence, 0 calibrated, 47 assumption"


def test_answer_comes_first_and_provenance_last(written):
    text = written(Page(title="A", question="Why?", answer="So.", bullets=["more"], census=CENSUS, provenance=[("Seed", "7")]))
    places = [text.index(part) for part in ("<h1>A</h1>", "Why?", "So.", "more", 'href="#first"', "&lt;b&gt;", CENSUS, "Seed")]
    assert places == sorted(places)
    assert "First &amp; last" in text
    assert "47 of 61 parameters" in text
    assert "quick" not in text.lower()


def test_a_quick_run_says_so_in_its_title(written):
    text = written(Page(title="A", question="", quick="Few runs."))
    assert "<title>A (quick run)</title>" in text
    assert "<h1>A (quick run)</h1>" in text
    assert "Few runs." in text


def test_what_identifies_a_run_leaves_out_what_is_not_known():
    code = {"identity": "ab", "commit": "cd", "dirty": True}
    about = {"software": {"name": "s", "version": "1"}, "code": code, "versions": {"numpy": "2", "mesa": None}}
    assert identity(about) == [
        ("Software", "s 1"), ("Code identity", "ab"), ("Commit", "cd (with changes)"), ("Libraries", "numpy 2"),
    ]  # fmt: skip
    assert identity({}) == []
    assert facts(("a", 0), ("b", None), ("c", "")) == [("a", "0")]
    assert assumed("something else") == ""


@pytest.mark.parametrize(("given", "quick"), [
    ({"quick": True}, True),
    ({}, False),
    ({"worlds": 6}, True),  # as few as --quick takes, however it was asked
    ({"worlds": 7, "evaluations": 41, "check_worlds": 9}, False),
    ({"quick": True, "worlds": 60}, True),  # the others are few still
])  # fmt: skip
def test_a_run_is_quick_by_its_sizes(given, quick):
    asked = Searched(**given)
    assert bool(quick_note(Searched, {name: asked.value(name) for name in ("worlds", "evaluations", "check_worlds")})) == quick


@pytest.mark.parametrize("quick", ["", QUICK])
def test_title_and_answer_of_a_quick_run_say_so(tmp_path, quick):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "plain.html.j2").write_text('{% extends "page.html.j2" %}', encoding="utf-8")
    page = Page(title="Which one?", question="Why?", answer="This one.", quick=quick)
    write_study_page(tmp_path / "page.html", page, "plain.html.j2", room=str(tmp_path / "report.py"))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "This one." in text
    assert ("<h1>Which one? (quick run)</h1>" in text) == bool(quick)
    assert (f"{FEW} This one." in text) == bool(quick)


@pytest.mark.parametrize("columns", [4, 12])
def test_a_table_with_very_many_columns_says_that_it_scrolls(columns):
    rows = tuple((f"row {at}", tuple(Cell("1") for _ in range(columns - 1))) for at in range(20))
    grid = Grid("wide", "A caption.", tuple(f"head {at}" for at in range(columns)), rows)
    text = environment().from_string('{% from "parts.html.j2" import table with context %}{{ table(grid) }}').render(grid=grid)
    assert ('class="cue table"' in text) == ('class="dense"' in text) == (columns == 12)
    # what folds a long table looks at what stands next to it
    assert re.search(r'class="unfold".*?</label>\s*<div class="scroll"', text, re.DOTALL)
