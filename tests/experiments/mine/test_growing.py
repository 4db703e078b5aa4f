"""The forecast that grows: in the end what ``sustain mine`` finds, to the last digit; left when nobody wants it."""

from pathlib import Path

import numpy as np
import pytest

from experiments.mine import words
from experiments.mine.finding import Question, find, matched
from experiments.mine.growing import MATCHING, STAGE, Growing, Grown, grown
from experiments.mine.matching import NEEDED
from sim.ensembles import read_ensemble
from tests.experiments.mine.small import SEEN, mine_of

pytestmark = pytest.mark.engine


def question_of(folder: Path, seen: str = SEEN, histories: int = 600) -> Question:
    return Question(mine_of(folder, seen), read_ensemble(), histories, 60, 1, 1)


def wanted() -> None:
    pass


def grow(growing: Growing, *ends: int) -> Grown:
    starts = (0, *ends[:-1])
    return grown(growing.question, [growing.part(first, last, wanted) for first, last in zip(starts, ends, strict=True)])


def test_in_the_end_it_is_what_the_command_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.mine.growing.POLICIES", ("follow-up", "champion"))
    question = question_of(tmp_path)
    world = question.world()
    monkeypatch.setattr("experiments.mine.finding.variants_of", lambda *_: ())
    monkeypatch.setattr("experiments.mine.finding.actions_of", _two(monkeypatch))
    whole = find(question, world, matched(question, world, told=lambda _: None), stage=lambda *_: lambda _: None)
    growing = Growing(question, acting=True)
    assert growing.last == MATCHING + 3 * STAGE
    steps = tuple(range(60, growing.last + 1, 60))
    found = grow(growing, *steps)
    assert found.findings is not None
    assert not found.early
    assert words.summary(found.findings) == words.summary(whole)
    assert np.array_equal(found.match.agree, whole.match.agree)
    other = Growing(Question(question.mine, question.ensemble, 600, 60, 2, 1), acting=True)
    assert words.summary(grow(other, *steps).findings) != words.summary(whole)  # type: ignore[arg-type]  # control: another seed


def _two(monkeypatch: pytest.MonkeyPatch) -> object:
    from experiments.mine.acting import actions_of

    return lambda world, now: actions_of(world, now, ("follow-up", "champion"))


def test_it_is_the_same_however_it_is_cut(tmp_path: Path) -> None:
    question = question_of(tmp_path)
    one, other = Growing(question, acting=False), Growing(question, acting=False)
    last = one.last
    first, second = grow(one, 12, 60, MATCHING, last), grow(other, MATCHING, last)
    assert words.summary(first.findings) == words.summary(second.findings)  # type: ignore[arg-type]
    late = Growing(question, acting=False).part(MATCHING, last, wanted)  # what others tried is tried anew
    assert late.whole is not None
    assert first.findings is not None
    assert late.whole.months_to_come == first.findings.months_to_come


def test_first_pictures_are_of_the_histories_so_far(tmp_path: Path) -> None:
    growing = Growing(question_of(tmp_path, "[seen]\nnow = 18\n"), acting=False)
    found = grow(growing, 60)
    assert found.early
    assert found.match.tried == 600 * 60 // MATCHING
    assert found.findings is not None
    assert found.findings.lived == 40


def test_too_few_are_not_forecast(tmp_path: Path) -> None:
    seen = "[seen]\nnow = 18\ndelivering = [{ month = 6, posts = 0 }, { month = 12, posts = 4 }, { month = 18, posts = 0 }]\n"
    growing = Growing(question_of(tmp_path, seen), acting=True)
    found = grow(growing, MATCHING, growing.last)
    assert len(found.match.kept) < NEEDED
    assert found.findings is None
    assert not found.early


def test_what_nobody_wants_is_left(tmp_path: Path) -> None:
    class Left(Exception):
        pass

    done: list[int] = []

    def go_on() -> None:
        done.append(1)
        if len(done) == 2:
            raise Left

    growing = Growing(question_of(tmp_path, histories=6000), acting=False)
    with pytest.raises(Left):
        growing.part(0, MATCHING, go_on)
    assert len(done) == 2
