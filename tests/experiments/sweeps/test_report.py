import re
import time

import pytest

import experiments.sweeps.report as written
from experiments.kit.words import mean_and_error, outcome_of
from experiments.sweeps.report import write_sweep_report
from tests.experiments.sweeps.made_up import made_up
from tests.thoroughly import so_many


def plain(text):
    """Text of a page without tags, and with plain spaces."""
    text = re.sub(r"<style>.*?</style>|<img[^>]*>", " ", text, flags=re.S)
    text = re.sub(r"<[^>]+>", " ", text).replace("&amp;", "&").replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Write a report on a made-up sweep and give its text; with figures only where they are looked at."""

    def write(*, changed=None, figures=False, **given):
        if not figures:
            monkeypatch.setattr(written, "draw_all", lambda *_: [])
        study, frames, manifest = made_up(**given)
        if changed:
            changed(study, frames, manifest)
        write_sweep_report(tmp_path, study=study, frames=frames, manifest=manifest, name="out")
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return write


@pytest.mark.portable
@pytest.mark.usefixtures("undrawn")
def test_says_what_was_run_and_what_came_out(page):
    html = page(kind="factorial", many=2, figures=True, own={"hours_protected": 6.5})
    text = plain(html)
    assert "4,800 runs: 2 scenarios × 12 design points × 200 replicates; 84 months from training." in text
    assert "Services that kept going, month 84: from " in text
    assert "Of the factors, “protected time” does most to “services that kept going, month 84”: " in text
    assert "protected time hours_protected 1, 2, 4, 8 hours/month 6.5" in text
    assert "leader of all services services.all.leader active, passive-supportive, unavailable" in text
    assert "215 parameters: 19 evidence, 0 calibrated, 196 assumption" in text
    assert "failed" not in text
    assert html.count("<figure") == 10  # one of them beside the answer


@pytest.mark.portable
@pytest.mark.parametrize(("kind", "begins"), [
    ("factorial", "Services that kept going, month 84 by protected time, with “"),
    ("one-at-a-time", "Services that kept going, month 84 by protected time, with “"),
    ("sobol", "Services that kept going, month 84 by protected time, with “"),
    (None, "Bars of services that kept going, month 84."),
])  # fmt: skip
def test_the_page_leads_with_one_sentence_and_a_picture(page, kind, begins):
    html = page(kind=kind)
    said, picture = re.findall(r'<p class="said">(.*?)</p>.*?<img [^>]*alt="([^"]+)"', html, flags=re.DOTALL)[0]
    assert "protected time" in said or kind is None
    assert picture.startswith(begins)
    assert "could not be made" not in html


@pytest.mark.portable
@pytest.mark.usefixtures("undrawn")
def test_is_one_file_that_fetches_nothing(page):
    html = page(kind=None, failed=1, figures=True)
    outside = re.findall(r"""(?:src|href)=["'](?!data:image/svg\+xml;base64,|#)([^"']*)""", html)
    assert outside == []
    assert "://" not in html
    assert "<script" not in html
    anchors = set(re.findall(r'href="#([^"]+)"', html))
    assert anchors <= set(re.findall(r'id="([^"]+)"', html))
    assert all(re.findall(r'<img [^>]*alt="([^"]+)"', html))


@pytest.mark.portable
def test_failures_are_in_the_title_and_can_be_run_again(page):
    html = page(kind="factorial", many=2, failed=3)
    assert "<title>Does protected time keep the practice going? — 3 of 4,800 runs failed – sweep report</title>" in html
    text = plain(html)
    assert "2 runs: ZeroDivisionError: float division by zero (job)" in text
    assert "sustain rerun OUT 000-00000000-00000002" in text
    assert "hours_protected = 1, services.all.leader = active" in text
    assert "— 1 of 4,800 runs failed" in plain(page(kind="factorial", many=2, failed=1))


@pytest.mark.portable
def test_rows_of_failures_count_their_runs(page):
    def many_in_a_row(_, frames, __):
        frames["failures"] = frames["failures"].assign(runs=50)

    text = plain(page(kind="factorial", many=2, failed=40, changed=many_in_a_row))
    assert "— 2,000 of 4,800 runs failed" in text
    assert "The first 15 of 40 rows" in text
    assert "point 0, 50 runs from 3" in text


@pytest.mark.portable
def test_failed_runs_that_are_not_listed_count_too(page):
    def many_more(_, __, manifest):
        manifest["failed"] = 2500

    text = plain(page(kind="factorial", many=2, failed=40, changed=many_more))
    assert "— 2,500 of 4,800 runs failed" in text
    assert "2,500 runs failed and are in no figure and no table." in text
    assert "2,500 of 4,800 runs failed. They are in no figure" in text
    assert "The table lists 40 of 2,500 failed runs" in text
    assert "The table lists" not in plain(page(kind="factorial", many=2, failed=40))


@pytest.mark.portable
def test_several_members_make_an_upper_bound_of_the_error(page):
    several = page(kind="sobol", many=2, points=8, members=3)
    assert several.count("an upper bound of the Monte Carlo error") == 1
    assert several.index("How far to trust it") < several.index("upper bound") < several.index("A sweep says what follows")
    assert "upper bound" not in page(kind="sobol", many=2, points=8)


@pytest.mark.portable
def test_nothing_but_failures(page):
    def only(_, frames, __):
        frames["summary"] = frames["summary"].iloc[:0]
        for name in ("tallies", "survival_counts", "fidelity_counts"):
            frames[name] = frames[name].iloc[:0]

    html = page(kind="factorial", many=1, failed=1600, changed=only, figures=True)
    text = plain(html)
    assert "— 1,600 of 1,600 runs failed" in text
    assert "None of 1,600 runs gave an outcome." in text
    assert "<figure" not in html


@pytest.mark.parametrize("given", [
    {"kind": None, "scenarios": ("nine-services",), "replicates": 1},
    {"kind": None, "months": 7, "outcomes": ("share_kept_going", "fidelity")},
    {"kind": "one-at-a-time", "many": 2, "scenarios": ("nine-services",), "replicates": 2},
    {"kind": "sobol", "many": 2, "points": 2, "members": 3, "aggregates": False},
    {"kind": "latin-hypercube", "many": 4, "points": 24, "members": 2},
])  # fmt: skip
@pytest.mark.portable
def test_small_and_odd_sweeps(page, given):
    text = plain(page(**given))
    assert "nan" not in re.sub("[a-z]nan|nan[a-z]", "", text)
    assert "How many replicates?" in text
    assert ("With one run for each scenario and point" in text) == (given.get("replicates") == 1)


@pytest.mark.portable
def test_how_many_replicates(page):
    text = plain(page(kind="factorial", many=1, scenarios=("nine-services",)))
    # made up: a standard deviation of a quarter of the mean, over 200 runs
    assert re.search(r"Services that kept going, month 84 \d\.\d points \d+ % 200 800 runs protected time = \d", text)


@pytest.mark.portable
def test_the_first_screen_says_how_sure_that_is_and_calls_scenarios_by_their_titles(page):
    html = page(kind="factorial", many=2)
    first = html.partition("<nav")[0]
    assert "How sure is that?" in first
    assert "plausible worlds are not looked at" in first
    assert "“All leaders active at the start”" in plain(html) or "All leaders active at the start" in plain(html)
    shown = html.partition('id="outcomes"')[2].partition("</section>")[0]
    assert "all-active" not in shown  # a slug
    assert "All leaders active" in shown


@pytest.mark.portable
def test_no_factor_is_said_to_act_when_it_need_not(page):
    def flat(_, frames, __):
        summary = frames["summary"]
        frames["summary"] = summary.assign(mean=0.5 + 0.001 * (summary["point"] % 2), mcse=0.02)

    assert "No factor moves “services that kept going, month 84” so much that means alone" in plain(
        page(kind="factorial", many=2, changed=flat)
    )
    assert "No factor moves" not in plain(page(kind="factorial", many=2))


@pytest.mark.portable
def test_what_users_write_is_escaped(page):
    def script(study, *_):
        study["title"] = "<script>alert(1)</script>"

    html = page(kind=None, aggregates=False, changed=script)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_very_many_points(page):
    points = so_many(50_000, 200_000)
    begun = time.process_time()  # of the processor: what else the machine does is not counted
    text = plain(page(
        kind="latin-hypercube", many=3, points=points, outcomes=("share_kept_going", "fidelity"), aggregates=False, figures=True,
    ))  # fmt: skip
    assert f"{400 * points:,} runs: 2 scenarios × {points:,} design points × 200 replicates" in text
    assert f"750 of {points:,} points are drawn" in text
    assert time.process_time() - begun < 30 * points / 200_000


@pytest.mark.parametrize(("name", "value", "error", "expected"), [
    ("share_kept_going", 0.4213, 0.0041, "42.1 % ± 0.4"),
    ("share_kept_going", 0.4213, 0.02, "42 % ± 2"),
    ("fidelity", 4.0712, 0.013, "4.07 ± 0.01"),
    ("hours_leader_per_service", 1234.5, 12.0, "1,234 ± 12"),
    ("leadership_gap", -0.25, 0.01, "\N{MINUS SIGN}0.25 ± 0.01"),
    ("fidelity", float("nan"), 0.1, "–"),
])  # fmt: skip
@pytest.mark.portable
def test_numbers_have_the_digits_that_their_error_allows(name, value, error, expected):
    assert mean_and_error(outcome_of(name, 84), value, error).replace("\N{NO-BREAK SPACE}", " ") == expected
