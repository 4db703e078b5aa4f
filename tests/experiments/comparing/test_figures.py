"""Figures of comparisons: no text cut off or covered, captions that say what was chosen, the same bytes each time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.comparing import answer, figures, words, worlds_figure
from experiments.comparing.figures import draw_all, told_interval
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import told_outcome
from experiments.comparing.words import NOT_APART, came_out
from experiments.comparing.worlds_figure import draw_pair, shown_services
from sim.figures.style import Picture, drawing
from sim.plan import room_of
from sim.report.answers import spread_out
from tests.experiments.comparing.small import TWIN, compared, one_service, written
from tests.experiments.sweeps.test_figures import misplaced

pytestmark = pytest.mark.engine


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Figures by name, kept instead of written: writing is the slow part."""
    seen: dict[str, Any] = {}

    def keep(figure: Any, folder: Path, name: str, *, title: str, caption: str, alternative: str) -> Picture:
        seen[name] = figure
        return Picture(name, title, caption, alternative, folder / f"{name}.png", folder / f"{name}.svg")

    for module in (figures, worlds_figure):
        monkeypatch.setattr(module, "save", keep)
    return seen


@pytest.fixture(scope="module")
def four() -> Findings:
    names = ("nine-services", "all-active", "high-turnover", "demanding-patients")
    return compared(*names, replicates=12, months=26)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Findings]:
    """Odd cases: nothing differs, one run, one service."""
    home = tmp_path_factory.mktemp("scenarios")
    own = [one_service(home, name, leader=leader, months=84) for name, leader in (("ours", "active"), ("theirs", "vacant"))]
    return {
        "twin": compared("nine-services", written(home, "twin", TWIN), replicates=3, months=20),
        "one run": compared("all-passive", "all-active", replicates=1, months=1),
        "one service": compared(*own, replicates=16),
    }


def look(findings: Findings, folder: Path, seen: dict[str, Any]) -> list[Picture]:
    pictures = draw_all(folder, findings)
    for one in pictures:
        assert len(one.caption) > 80
        assert len(one.alternative) > 30
        assert "nan" not in one.caption + one.alternative
        readable(seen[one.name])
    return pictures


def readable(figure: Any) -> None:
    """No text is cut off or covered."""
    assert misplaced(figure) == []


def test_every_figure_of_several_contrasts(four: Findings, tmp_path: Path, looked_at: dict[str, Any]) -> None:
    pictures = look(four, tmp_path, looked_at)
    assert [one.name for one in pictures] == ["differences", "months", "services", "worlds-1", "worlds-2", "worlds-3"]
    pair = four.pairs[0]
    assert pair is not None
    caption = pictures[3].caption
    assert f"replicate {pair.replicate}, the first whose difference" in caption
    assert "is the (lower) median of all pairs" in caption


@pytest.mark.parametrize("case", ["twin", "one run", "one service"])
def test_odd_cases(case: str, others: dict[str, Findings], tmp_path: Path, looked_at: dict[str, Any]) -> None:
    pictures = look(others[case], tmp_path, looked_at)
    assert len(pictures) == 4


def test_long_names_fit(four: Findings, tmp_path: Path, looked_at: dict[str, Any]) -> None:
    arms = titled(four, [f"Every service with another leader, twice the turnover and no follow-up {at}" for at in range(4)])
    plan = four.comparison.base.plan
    long = tuple(f"The Community Mental Health Centre of the Old Town {name}" for name in plan.service_names)
    pair = four.pairs[0]
    assert pair is not None
    worlds = replace(
        pair, plan=replace(plan, service_names=long, post_names=("A practitioner of a very long name",) * len(plan.posts)),
    )  # fmt: skip
    look(replace(arms, pairs=(worlds,)), tmp_path, looked_at)
    above = headings(looked_at["worlds-1"])
    assert ["\n" in one and f"{at}" in one for at, one in enumerate(above)] == [True, True]  # what they differ in can be seen


def headings(figure: Any) -> list[str]:
    """Of the panels that have one, from left to right."""
    return [title for axis in figure.axes if (title := axis.get_title(loc="left"))]


def titled(findings: Findings, titles: list[str]) -> Findings:
    """The same with other titles of its scenarios."""
    arms = zip(findings.comparison.arms, titles, strict=True)
    again = tuple(replace(one, scenario=replace(one.scenario, title=title)) for one, title in arms)
    return replace(findings, comparison=replace(findings.comparison, arms=again))


def test_figures_call_scenarios_by_their_titles(four: Findings, tmp_path: Path, looked_at: dict[str, Any]) -> None:
    first, *others = titles = ["The first one", "The second one", "The third one", "The fourth one"]
    pictures = {one.name: one for one in look(titled(four, titles), tmp_path, looked_at)}

    def legend(name: str) -> list[str]:
        return [text.get_text() for each in looked_at[name].legends for text in each.get_texts()]

    assert legend("differences") == others
    assert looked_at["differences"].legends[0].get_title().get_text() == f"Difference from “{first}”"
    assert legend("months") == legend("services") == titles
    assert f"“{others[0]}” minus “{first}”: " in pictures["differences"].alternative
    for at, other in enumerate(others, start=1):
        name = f"worlds-{at}"
        assert headings(looked_at[name]) == [first, other]
        assert f"“{first}” (left) and “{other}” (right)" in pictures[name].caption


def test_no_two_scenarios_are_called_the_same(four: Findings) -> None:
    titles = ["All passive", "All passive + Stated expectations", "Stated expectations", "Another"]
    assert len({words.title_at(titled(four, titles), at) for at in range(4)}) == 4


def test_rows_are_those_of_the_posts_that_were_there_from_the_start(four: Findings) -> None:
    pair = four.pairs[0]
    assert pair is not None
    assert pair.plan.services["reserve"].sum() == 6  # which stand behind those of A and F
    assert len(pair.post_names) == len(pair.base.status) == len(pair.other.status) == pair.plan.services["posts"].sum() == 31
    assert not [name for name in pair.post_names if "reserve" in name]
    for service, row in zip(pair.plan.services, pair.first_rows, strict=True):
        assert pair.post_names[row] == pair.plan.post_names[service["first_post"]]


def test_many_services_show_those_that_differ(four: Findings, tmp_path: Path, looked_at: dict[str, Any]) -> None:
    pair = four.pairs[0]
    assert pair is not None
    many = pair.plan
    times = 4
    services = np.tile(many.services, times)
    services["first_post"] = np.cumsum(room_of(services)) - room_of(services)
    names = tuple(f"{name}{at}" for at in range(times) for name in many.service_names)
    plan = replace(many, services=services, service_names=names, post_names=many.post_names * times)
    base, other = (
        replace(one, state=np.tile(one.state, (times, 1)), status=np.tile(one.status, (times, 1)),
                person=np.tile(one.person, (times, 1)))
        for one in (pair.base, pair.other)
    )  # fmt: skip
    first_ones = replace(base, state=base.state.copy(), status=base.status.copy(), person=base.person.copy())
    first_ones.state[-9:] = other.state[-9:]  # the last nine do not differ
    first_ones.status[-31:] = other.status[-31:]
    first_ones.person[-31:] = other.person[-31:]
    large = replace(pair, plan=plan, base=first_ones, other=other)
    shown = shown_services(large)
    assert sum(services["posts"][shown]) <= worlds_figure.MOST_POSTS
    assert max(shown) < 27
    with drawing():
        picture = draw_pair(large, tmp_path, "worlds-1")
    assert f"{len(shown)} of 36 services are shown" in picture.caption
    readable(looked_at["worlds-1"])


def test_the_same_findings_give_the_same_bytes(others: dict[str, Findings], tmp_path: Path) -> None:
    one = others["one service"]
    first, again = draw_all(tmp_path / "a", one), draw_all(tmp_path / "b", one)
    for a, b in zip(first, again, strict=True):
        assert a.png.read_bytes() == b.png.read_bytes()
        assert a.svg.read_bytes() == b.svg.read_bytes()
    assert len({one.png.read_bytes() for one in first}) == len(first)


def test_differences_as_text(four: Findings, others: dict[str, Findings]) -> None:
    share = told_outcome("share_kept_going", 20)
    assert told_interval(others["twin"].effect(1, "share_kept_going"), share) == "0, the same in every pair"
    assert told_interval(others["one run"].effect(1, "fidelity"), told_outcome("fidelity", 1)) == "not defined in any pair"
    assert told_interval(others["one run"].effect(1, "share_kept_going"), share) == "0.0 (one pair)"
    effect = replace(
        four.effect(1, "share_kept_going"), difference=0.1234, mcse=0.01, low=0.1, high=0.1468, pairs=12, differing=4
    )
    assert told_interval(effect, share) == "+12.3  [+10.0 to +14.7]"


def test_more_scenarios_than_a_figure_holds(tmp_path: Path, looked_at: dict[str, Any]) -> None:
    names = ("nine-services", "all-active", "all-passive", "high-turnover", "demanding-patients", "monitoring-believed")
    many = compared(*names, "monitoring-imposed", replicates=2, months=14)
    with drawing():
        pictures = [one(many, tmp_path) for one in (figures.forest, figures.over_months, figures.by_unit)]
    assert all("The first 5 of 6 other scenarios are shown" in one.caption for one in pictures)
    for one in pictures:
        readable(looked_at[one.name])
    assert came_out(many)[-1] == "1 further scenario in the tables."
    assert len(many.pairs) == 3


def test_very_many_services_are_grouped_by_posts(four: Findings, tmp_path: Path, looked_at: dict[str, Any]) -> None:
    posts = tuple(unit for unit in four.units if unit.group == "posts")
    grouped = replace(
        four, units=posts, measured=tuple(
            replace(one, units={name: values[:, -len(posts) :] for name, values in one.units.items()}) for one in four.measured
        ), pairs=(None,),
    )  # fmt: skip
    pictures = look(grouped, tmp_path, looked_at)
    assert [one.title for one in pictures] == ["Paired differences", "Kept going over time", "By number of posts"]
    assert "3 posts +" in pictures[2].alternative


# ---------------------------------------------------------------------------------------------------------- the first screen


def test_the_picture_beside_the_answer_can_be_read(four: Findings, others: dict[str, Findings]) -> None:
    for findings in (four, *others.values()):
        with drawing():
            figure = answer._drawn(findings, answer._shown(findings))
            readable(figure)
        picture = answer.picture(findings)
        assert picture.address.startswith("data:image/svg+xml;base64,")
        assert "nan" not in picture.caption + picture.alternative


def test_names_beside_lines_keep_their_distance() -> None:
    assert spread_out([0.2, 0.2, 0.2], apart=0.1) == pytest.approx([0.2, 0.3, 0.4])
    assert spread_out([1.0, 0.99], apart=0.1) == pytest.approx([1.0, 0.9], abs=0.011)  # none beyond the top
    assert spread_out([0.1, 0.9], apart=0.1) == [0.1, 0.9]


def test_one_sentence_for_one_contrast_and_for_several(four: Findings, others: dict[str, Findings]) -> None:
    def said(findings: Findings) -> str:
        return answer.answer(findings).replace("\N{NO-BREAK SPACE}", " ")

    shares = [float(track.mean[-1]) for track in four.tracks]
    assert said(four).startswith(
        ("Of 3 scenarios, most services keep going", "With none of 3 scenarios more services keep going")
    )
    best = 1 + int(np.argmax(shares[1:]))
    assert f"“{four.comparison.scenarios[best].title}”" in said(four)
    assert f"{100 * shares[best]:.0f} %" in said(four)
    assert said(others["twin"]).endswith("as many as with “The nine services of the study”: the same in every pair of runs.")


def test_what_holds_for_all_contrasts_is_said_once(four: Findings) -> None:
    sure = answer.how_sure(four)
    assert sure.count(NOT_APART) == 1
    assert sure[-1] == NOT_APART
    assert sum("on average" in one for one in sure) == 3


def test_a_single_service_is_told_by_counting_pairs(others: dict[str, Findings]) -> None:
    findings = others["one service"]
    sure = " ".join(answer.how_sure(findings))
    assert "Nine of ten pairs lie between" not in sure  # a pair differs by -1, 0 or 1
    effect = findings.effect(1, "share_kept_going")
    told = words.only_with_one(findings, 1)
    more, fewer = (int(text.split()[0]) for text in (told.split("of runs, ")[1], told.split(" only, ")[1]))
    assert more + fewer == effect.differing > 0
    assert (more - fewer) / effect.pairs == pytest.approx(effect.difference)
    assert told in sure


def test_a_difference_that_luck_could_make_is_not_called_more_or_fewer(others: dict[str, Findings], four: Findings) -> None:
    unclear = others["one service"]
    assert not unclear.effect(1, "share_kept_going").clear
    assert answer.answer(unclear).endswith("16 pairs of runs cannot tell this difference from none.")
    clear = compared("nine-services", "all-active", replicates=12, months=26)
    assert clear.effect(1, "share_kept_going").clear
    assert "cannot tell" not in answer.answer(clear)  # the control


def test_few_pairs_say_no_nine_of_ten() -> None:
    two = compared("all-passive", "all-active", replicates=2, months=26)
    said = " ".join(answer.how_sure(two))
    assert "Nine of ten" not in said
    assert "too few to say how far pairs differ" in said or "could still differ" in said
    assert "too few" in words.too_few(two.effect(1, "share_kept_going"))
    enough = compared("all-passive", "all-active", replicates=20, months=26)  # control: one of twenty lies beyond each side
    seen = [one.over_worlds(1, "share_kept_going") for one in (two, enough)]
    assert [one.enough for one in seen if one is not None] == [False, True]
    assert "Nine of ten pairs lie between" in " ".join(answer.how_sure(enough))
    alike = replace(enough.effect(1, "share_kept_going"), differing=0)
    assert words.same_in_all(alike).replace("\N{NO-BREAK SPACE}", " ").startswith("None of 20 pairs differs; up to 14 %")
