"""First screens of the hypotheses' pages: sentences, pictures, whose they are, what the record shows."""

import re
from dataclasses import replace

import numpy as np
import pytest

from experiments.hypotheses import answers, figures, report, running, words
from experiments.hypotheses.contrasts import QUICK, Sizes
from experiments.hypotheses.controls import CASES, Controls
from experiments.hypotheses.estimating import Luck
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.running import Ran
from experiments.hypotheses.schema import Claim
from experiments.hypotheses.verdicts import MIXED, NOT_SUPPORTED, SUPPORTED, judge
from experiments.kit.files import Pages
from sim.figures.style import drawing
from sim.parameters import read_table
from tests.experiments.hypotheses.made_up import filled_in, found_of, made_up, prior_behaving

pytestmark = [pytest.mark.usefixtures("undrawn"), pytest.mark.portable]


def found_as(hypothesis, verdict: str, *, high: float = 0.3) -> Found:
    """A hypothesis all of whose claims have a verdict, and an interval that ends there."""
    found = found_of(hypothesis)
    claims = tuple(
        replace(one, judged=replace(one.judged, verdict=verdict, breaking=(), toward=replace(one.judged.toward, high=high)))
        for one in found.claims
    )
    return replace(found, claims=claims)


def foretold() -> Found:
    """H3, made up: fidelity alone has an area of .55, with leadership .62."""
    hypothesis = read_hypothesis("H3")
    asked = hypothesis.file.foretelling
    claims = []
    for name, says, mean, smallest in (("no_guide", "fidelity is no guide", 0.05, 0.0), ("adds", "leadership adds", 0.07, 0.02)):
        claim = Claim(
            name=name, says=says, contrast={"study": 1.0, "nothing": -1.0}, outcome="kept_going", direction="higher",
            smallest=smallest,
        )  # fmt: skip
        effect = made_up(mean)
        claims.append(ClaimFound(judge(claim, effect, (), hypothesis.file.rule), effect, (), (), Luck(0.005, seen=True), 0.01))
    model = {"auc_error": 0.01, "auc_spread": 0.02, "r2": 0.1}
    models = {
        "fidelity": model | {"auc": 0.55},
        "leadership": model | {"auc": 0.6},
        "fidelity + leadership": model | {"auc": 0.62},
    }
    cohort = {"services": 9, "share": 0.3, "models": models, "range": {"mean": 4.5, "sd": 0.2}}
    extra = {"cohorts": dict.fromkeys(asked.arms, cohort)}
    return Found(
        hypothesis, tuple(claims), (), {}, {one.judged.claim.name: np.linspace(0.0, 0.1, 30) for one in claims}, 8, extra
    )


# ------------------------------------------------------------------------------------------------------------------ sentences


def test_the_answer_is_one_sentence_with_verdict_claim_and_effect():
    for name in shipped():
        found = foretold() if name.startswith("h03") else found_of(read_hypothesis(name))
        said = answers.answer_of(found)
        assert said.endswith("."), said
        assert not re.search(r"[.!?] [A-Z]", said), said
        assert said.lower().startswith(words.verdict_of(found))
        assert "the model gives" in said
    one = found_as(read_hypothesis("H1"), SUPPORTED)
    assert re.fullmatch(
        r"Supported: “with active .+”; the model gives \+\d+\.\d percentage points \(95\N{NO-BREAK SPACE}% .+\)\.",
        answers.answer_of(one),
    )
    assert "all 3 claims hold; for “" in answers.answer_of(found_as(read_hypothesis("H2"), SUPPORTED))
    assert "none of 3 claims holds; for “" in answers.answer_of(found_as(read_hypothesis("H2"), NOT_SUPPORTED))


def test_an_interval_of_another_level_is_called_by_it():
    one = found_of(read_hypothesis("H1"))
    rule = one.hypothesis.file.rule.model_copy(update={"interval": 0.9})
    other = replace(one, hypothesis=replace(one.hypothesis, file=one.hypothesis.file.model_copy(update={"rule": rule})))
    assert "95\N{NO-BREAK SPACE}% interval" in answers.answer_of(one)
    assert "90\N{NO-BREAK SPACE}% interval" in answers.answer_of(other)
    assert "90\N{NO-BREAK SPACE}% interval" in words.claims_words(other)[0]


def test_all_are_counted_by_verdict():
    several = [
        found_as(read_hypothesis(f"H{at}"), verdict)
        for at, verdict in ((1, SUPPORTED), (2, MIXED), (4, MIXED), (5, NOT_SUPPORTED))
    ]
    assert answers.answer_of_all(several) == "Of 4 hypotheses 1 is supported, 2 mixed and 1 not supported in the model."
    assert answers.answer_of_all(several[:1]).startswith("H1 is supported: “")


def test_mixed_with_the_interval_on_the_other_side_has_a_word_of_its_own():
    hypothesis = read_hypothesis("H2")
    against, mixed = (found_as(hypothesis, MIXED, high=high) for high in (-0.01, 0.3))
    assert words.verdict_of(against) == words.AGAINST == "contradicted on average"
    assert words.verdict_of(mixed) == MIXED  # the control
    assert words.verdict_of(found_as(hypothesis, NOT_SUPPORTED, high=-0.01)) == NOT_SUPPORTED
    some = replace(mixed, claims=(against.claims[0], *mixed.claims[1:]))
    assert words.verdict_of(some) == MIXED  # one claim of several
    grid = report.verdict_grid([some], quick=False)
    assert [cells[-1].text for _, cells in grid.rows] == [words.AGAINST, MIXED, MIXED]
    assert "On average it is the other way" in words.claims_words(some)[0]
    assert some.verdict == MIXED  # as the rule and the tables have it


# ------------------------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("name", [*shipped()])
def test_every_hypothesis_has_a_picture_beside_its_answer(name):
    found = foretold() if name.startswith("h03") else found_of(read_hypothesis(name))
    with drawing():
        drawn = answers.picture_of(found)
    assert drawn.address.startswith("data:image/svg+xml")
    assert drawn.caption
    assert drawn.alternative.count(";") >= len(found.claims[: answers.MOST_CLAIMS]) - 1


def test_claims_of_one_unit_are_drawn_in_it_and_of_several_in_smallest_effects():
    one = found_of(read_hypothesis("H1"))
    (row,), axis, origin = answers.rows_of(one)
    assert row.mean == pytest.approx(100.0 * one.claims[0].effect.mean)
    assert (row.limit, row.above, origin) == (5.0, True, 0.0)
    assert "percentage points" in axis
    rows, axis, _ = answers.rows_of(found_of(read_hypothesis("H4")))  # months, and a share
    assert "multiples" in axis
    assert [row.limit for row in rows] == [-1.0, -1.0]
    assert not any(row.above for row in rows)


def test_areas_under_the_curve_are_shown_themselves(tmp_path):
    found = foretold()
    guide, adds = answers.rows_of(found)[0]
    assert guide.mean == pytest.approx(0.55)
    assert (guide.limit, guide.above) == (0.6, False)
    assert (adds.beside, adds.limit) == (0.55, pytest.approx(0.57))
    assert adds.mean == pytest.approx(0.62)
    assert "an area of 0.550" in answers.given(found.claims[0], found.hypothesis.file)
    assert "a gain of +0.070" in answers.given(found.claims[1], found.hypothesis.file)
    assert [cells[1].text for _, cells in report.verdict_grid([found], quick=False).rows] == ["0.550", "+0.070"]
    with drawing():
        assert "area under the curve (0.5 is chance)" in figures.worlds(tmp_path, found).caption


@pytest.mark.parametrize("count", [1, 13, 40])
def test_all_verdicts_have_a_picture_however_many(count):
    by_word = dict.fromkeys(words.ORDER, ()) | {SUPPORTED: [f"X{at}" for at in range(count)]}
    with drawing():
        figure = answers.drawn_tiles({word: list(names) for word, names in by_word.items()})
    assert len(figure.axes[0].patches) == count


# ---------------------------------------------------------------------------------------------------------------------- pages


def ran_of(found, folder, sizes: Sizes, edited=None) -> Ran:
    """What came of a command, made up; all controls behave."""
    one = found[0].claims[0].judged
    judged = {case.name: replace(one, verdict=case.may[0], toward=made_up(0.0)) for case in CASES}
    return Ran(folder, tuple(found), Controls(judged), edited or {}, 1.0, 10, Pages(), sizes, prior_behaving(), ())


def record_of(found) -> dict:
    """What of a record the pages read."""
    return {
        "hypotheses": [{"name": one.hypothesis.file.name, "run": "ab" * 32} for one in found],
        "worlds": 24, "different_worlds": 24,
        "runs": 10, "census": read_table().census(), "made": "2026-01-01T00:00:00+00:00", "version": "0", "seconds": 1.0,
        "code": {"runs": "a", "verdicts": "b"}, "ensemble": {"name": "e", "members": 3, "hash": "c"}, "libraries": {},
    }  # fmt: skip


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(filled_in(), encoding="utf-8")
    return found_of(read_hypothesis(path))


def pages_of(folder, found, sizes=Sizes()):  # noqa: B008 - it cannot change
    folder.mkdir(exist_ok=True)
    pictures = report.write_report(folder, ran_of(found, folder, sizes), record_of(found))
    every = {path.name: path.read_text(encoding="utf-8") for path in (folder / "report.html", *(folder / "pages").iterdir())}
    return pictures, every


def test_a_quick_run_says_so_in_titles_and_verdicts(tmp_path, own, capsys):
    _, pages = pages_of(tmp_path / "quick", [own], QUICK)
    _, plain = pages_of(tmp_path / "full", [own])
    for name, page in pages.items():
        assert "(quick run)</h1>" in page
        assert re.search(r"<title>[^<]*\(quick run\)", page)
        assert re.search(r'class="said">Quick run, not to be relied on: ', page)
        assert "quick" not in plain[name].lower().replace("quickly", "")  # the control
    assert "(verdicts of a quick run)" in pages["report.html"]
    assert all("How sure is that?" in page.partition("<nav")[0] for page in pages.values())
    from experiments.hypotheses.commands import show

    for sizes, said in ((QUICK, True), (Sizes(), False)):
        show(ran_of([own], tmp_path, sizes))
        assert ("(quick run: decide nothing by it)" in capsys.readouterr().out) == said


def test_a_run_is_quick_by_its_sizes_however_they_were_asked(own):
    assert QUICK.is_quick(own.hypothesis)
    assert Sizes(worlds=24).is_quick(own.hypothesis)
    assert Sizes(replicates_most=2).is_quick(own.hypothesis)
    assert not Sizes().is_quick(own.hypothesis)
    assert not Sizes(worlds=100, replicates_knockout=2).is_quick(own.hypothesis)


def test_whose_hypotheses_they_are(own):
    study, another = (found_of(read_hypothesis(name)) for name in ("H1", "H4"))
    assert report.headed([study, another])[0] == "Hypotheses of the study, tested in the model"
    assert report.headed([own]) == ("A hypothesis of one’s own, tested in the model", own.hypothesis.file.question)
    assert report.headed([own, own])[0].startswith("Hypotheses of one’s own,")
    assert report.headed([study, own])[0].startswith("Hypotheses of the study and of one’s own,")
    assert not any("the study" in text for text in report.headed([own, own]))


def test_what_was_written_before_is_said_only_where_the_folder_shows_it(tmp_path, own):
    folder = tmp_path / "out"
    _, pages = pages_of(folder, [own])
    assert "What is stated" in pages["mine.html"]
    assert "before" not in pages["mine.html"].split("What is stated")[1].split("</dl>")[0].replace("before the runs", "")
    assert "was noted" not in pages["report.html"]
    running.stated(folder, [own.hypothesis])
    _, pages = pages_of(folder, [own])
    assert "What was written before it ran" in pages["mine.html"]
    assert re.search(
        r"Noted on \d{4}-\d\d-\d\d, \d\d:\d\d UTC, with the hash of the file, before its first run", pages["mine.html"]
    )
    assert "The text of every hypothesis was noted" in pages["report.html"]
    edited = replace(own, hypothesis=replace(own.hypothesis, text=own.hypothesis.text + "# another\n"))
    _, pages = pages_of(folder, [edited])
    assert "What is stated" in pages["mine.html"]
    assert "was noted" not in pages["report.html"]
    assert report.written_words(["X1"], [own, edited]).startswith("The text of X1 was noted")


@pytest.mark.once
def test_a_figure_that_fails_costs_neither_the_front_page_nor_any_other(tmp_path, own, monkeypatch):
    def fail(*_, **__):
        raise ValueError("no room")

    for place, name, missing in (
        ("experiments.hypotheses.figures.overview", "overview", "mean over plausible worlds with its 95 % interval, in units"),
        ("experiments.hypotheses.report.picture_of_all", "overview-answer", "A tile for each hypothesis"),
        ("experiments.hypotheses.report.picture_of", "mine-answer", "Green: as claimed"),
        ("experiments.hypotheses.report.write_page_of", "pages/mine.html", ""),
        ("experiments.hypotheses.report.write_front", "report.html", ""),
    ):
        folder = tmp_path / name.replace("/", "-")
        folder.mkdir()
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            pictures = report.write_report(folder, ran_of([own], folder, Sizes()), record_of([own]))
        assert [str(one) for one in pictures.failed] == [f"{name} could not be made (ValueError: no room)"]
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
        assert there == {"report.html", "pages/mine.html"} - {name}
        text = " ".join((folder / one).read_text(encoding="utf-8") for one in there)
        assert "the model gives" in text
        assert not missing or missing not in text
    _, pages = pages_of(tmp_path / "whole", [own])  # the control
    assert "A tile for each hypothesis" in pages["report.html"]
    assert "Green: as claimed" in pages["mine.html"]


def test_pages_have_words_in_place_of_names(tmp_path):
    found = [foretold(), *(found_of(read_hypothesis(name)) for name in ("H1", "H2", "H10"))]
    folder = tmp_path / "out"
    folder.mkdir()
    running.stated(folder, [one.hypothesis for one in found])
    _, pages = pages_of(folder, found)
    for one in found:
        text = re.sub(
            r"<code>.*?</code>|<style>.*?</style>|data:[^\"]*|<[^>]*>", " ", pages[f"{one.hypothesis.file.name}.html"], flags=re.S
        )
        slugs = {arm.scenario for arm in one.hypothesis.file.arms.values()} | set(read_table().parameters)
        slugs = {slug for slug in slugs if "_" in slug or "-" in slug}
        assert not [slug for slug in slugs if re.search(rf"(?<![\w-]){re.escape(slug)}(?![\w-])", text)]
    assert "All leaders passive-supportive at the start" in pages["h01-active-leadership.html"]
    assert "The nine services of the study (fidelity 4.50" in pages["h03-fidelity-foretells.html"]


def test_a_curve_over_months_of_beginning_warns_of_reading_it_as_the_later_the_better(tmp_path):
    from experiments.hypotheses.beside import curve

    found = found_of(read_hypothesis("H1"))
    with drawing():
        begin, last = (curve(tmp_path, found, at).caption for at in (0, 1))
    assert "at one month only" in begin
    assert "it does not follow that beginning later is better" in begin
    assert "at one month only" in last
    assert "beginning later" not in last  # the control
