import math
import re
from html.parser import HTMLParser

import pytest

from sim.figures import draw_all
from sim.report import NEEDED_TABLES, definitions_of, write_report
from sim.report.run_answer import counted
from sim.report.sentences import counted_note, per_cent, what_came_out, why

pytestmark = pytest.mark.portable

MANIFEST = {
    "census": "61 parameters: 14 evidence, 0 calibrated, 47 assumption",
    "seed": 7,
    "replicates": 6,
    "months": 24,
    "engine": "compiled",
    "scenario": {"name": "by-hand", "hash": "ab"},
    "software": {"name": "practice-sustainment", "version": "1"},
    "code": {"identity": "ef", "commit": None, "dirty": None},
}


class Page(HTMLParser):
    """Tags, text and addresses of a page; complains of tags that are not closed in order."""

    EMPTY = ("meta", "img", "br", "link")

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).replace("\N{NO-BREAK SPACE}", " ").split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def written(tmp_path, frames_of):
    def write(plan, *, count=6, drawn=True, title="By hand", manifest=MANIFEST):
        frames = frames_of(plan, count=count)
        pictures = draw_all(tmp_path / "figures", frames) if drawn else []
        path = write_report(
            tmp_path, title=title, question="What becomes of it?", frames=frames, pictures=pictures, manifest=manifest,
            definitions=definitions_of(plan),
        )  # fmt: skip
        return path.read_text(encoding="utf-8")

    return write


def test_the_page_stands_alone_and_can_be_read_aloud(plan, written):
    text = written(plan)
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
    images = page.all("img")
    assert len(images) == 9  # one beside the answer
    assert all(one["src"].startswith("data:image/svg+xml;base64,") and len(one["alt"]) > 40 for one in images)
    assert all(head.get("scope") in {"col", "row"} for head in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) == 7
    assert not page.all("script")
    assert not page.all("link")
    identifiers = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(set(identifiers)) == len(identifiers)
    targets = [one["href"][1:] for one in page.all("a")]
    assert set(targets) <= set(identifiers)
    without_pictures = re.sub(r"data:image[^\"]*", "", text)
    assert "http://" not in without_pictures
    assert "https://" not in without_pictures


def test_it_says_what_was_asked_what_came_out_and_what_was_assumed(plan, written):
    said = Page(written(plan, drawn=False)).text
    for words in ("What becomes of it?", "North", "South", "month 24", "Counted: in", "61 parameters", "47 of 61 parameters",
                  "Almost all numbers in the model are assumptions", "sustain replay", "Monte Carlo standard error",
                  "For fidelity at 12 months there are data", "No session for 9 months",
                  "a gap 9 months without a session", "nobody has intended to use the practice for 3 months"):  # fmt: skip
        assert words in said
    assert "Service C" not in said
    for words in ("Risks", "luck alone decides", "hare of luck"):  # nothing of what its tables are not there for
        assert words not in said


def test_service_c_never_comes_without_its_caveat(plan_of, written):
    plan = plan_of(names="ABCDEFGHI", posts=[1] * 9, leaders=[1, 1, 0, *[1] * 6])
    said = Page(written(plan, drawn=False, count=2)).text
    assert said.count("the study cannot separate these") >= 4


def test_text_of_a_scenario_cannot_become_part_of_the_page(plan, written):
    text = written(plan, drawn=False, title="<script>alert(1)</script>")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(("names", "count"), [(["Only"], 1), ([f"s{at}" for at in range(61)], 2)])
def test_one_service_once_and_too_many_services(plan_of, written, names, count):
    plan = plan_of(names=names, posts=[1] * len(names), leaders=[4] * len(names), months=13)
    said = Page(written(plan, drawn=False, count=count, manifest={})).text
    assert ("Groups of services" in said) == (len(names) > 60)
    assert "nan" not in said.lower().replace("finance", "")


def test_a_missing_table_is_named(tmp_path, plan, frames_of):
    frames = {name: frame for name, frame in frames_of(plan).items() if name != "summary_decisions"}
    with pytest.raises(KeyError, match="summary_decisions"):
        write_report(tmp_path, title="", question="", frames=frames, pictures=[], manifest={}, definitions=definitions_of(plan))
    assert "summary_decisions" in NEEDED_TABLES
    assert not (tmp_path / "report.html").exists()


def test_counts_in_the_summary_by_hand(plan, batch_of, frames_of):
    from sim.history import to_frame
    from sim.measures import Summary

    batch = batch_of(plan, 4)
    batch.rows["state"] = 4
    batch.rows["state"][0, :, -1] = 0
    batch.rows["state"][1, 0, -1] = 0
    batch.rows["kept_going"][0, :, -1] = 1
    batch.rows["kept_going"][1, 0, -1] = 1
    summary = Summary(plan)
    summary.add(batch)
    frames = {"services_start": frames_of(plan)["services_start"]}
    frames |= {name: to_frame(table, rows) for name, (table, rows) in summary.tables().items()}
    said = " ".join([*what_came_out(frames), counted(frames)]).replace("\N{NO-BREAK SPACE}", " ")
    # in one run both keep going, in one one of two (not fewer than half), in two none
    assert "in 2 of 4 runs fewer than half of the 2 services have kept going" in said
    assert "38 % ± 24 sustain it" in said
    assert "No service gave a session in any run." in said
    assert "decision" not in " ".join(why(frames))


@pytest.mark.parametrize(
    ("share", "error", "digits", "expected"),
    [
        (0.2732, 0.004, None, "27.3 % ± 0.4"),
        (0.27, 0.02, None, "27 % ± 2"),
        (0.27, math.nan, None, "27 %"),
        (math.nan, math.nan, None, "–"),
        (0.002, 0.001, 0, "<1 % ± <1"),
        (0.999, 0.0, 0, ">99 % ± 0"),
        (1.0, 0.0, 0, "100 % ± 0"),
    ],
)
def test_shares_in_words(share, error, digits, expected):
    assert per_cent(share, error, digits=digits).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_what_is_the_same_in_every_run_is_counted():
    def said(*given, **more):
        return per_cent(*given, **more).replace("\N{NO-BREAK SPACE}", " ")

    assert said(0.0, 0.0, digits=0, runs=5) == "0 of 5"
    assert said(1.0, 0.0, runs=1000) == "1,000 of 1,000"
    assert said(0.2, 0.1, runs=5) == "20 % ± 10"
    # nothing seen in five runs would still happen to a share of 45 % once in twenty times
    assert math.isclose(0.55**5, 0.05, abs_tol=0.001)
    assert "up to 46 %" in counted_note(5).replace("\N{NO-BREAK SPACE}", " ")
    assert "up to 0.3 %" in counted_note(1000).replace("\N{NO-BREAK SPACE}", " ")


def test_all_that_share_the_last_place_are_named(plan_of, batch_of, frames_of):
    from sim.history import to_frame
    from sim.measures import Summary

    plan = plan_of(names="ABCD", posts=[1] * 4, leaders=[1] * 4)
    batch = batch_of(plan, 5)
    batch.rows["state"] = 4
    batch.rows["state"][:3, 1] = 0
    batch.rows["kept_going"][:3, 1] = 1

    def said():
        summary = Summary(plan)
        summary.add(batch)
        frames = {"services_start": frames_of(plan)["services_start"]}
        frames |= {name: to_frame(table, rows) for name, (table, rows) in summary.tables().items()}
        return " ".join(what_came_out(frames)).replace("\N{NO-BREAK SPACE}", " ")

    assert re.search(r"Most often kept going to month 24: service B \(60 % ± \d+\);", said())
    assert "least often: services A, C and D (0 of 5 runs)." in said()
    batch.rows["state"] = 4
    batch.rows["kept_going"] = 0
    assert "no service has kept going more often than another" in said()
    assert "none of the services (in any of 5 runs) sustained" in said()
    assert "all (in all 5 runs) have abandoned it" in said()
    assert "± 0 " not in said()
