"""Problems of several readings, each once and all together; names that must be known."""

import pytest

from sim.problems import BadInput, Problem, known_name, read_each, tried

pytestmark = pytest.mark.portable

FIRST, SECOND = Problem("a", "is wrong", "right"), Problem("b", "is wrong", "right")


def refuse(*problems: Problem) -> None:
    raise BadInput(problems)


def test_problems_are_gathered_each_once() -> None:
    problems = [FIRST]
    assert tried(lambda: 7, problems) == 7
    assert tried(lambda: refuse(FIRST, SECOND, SECOND), problems) is None
    assert problems == [FIRST, SECOND]


def test_what_cannot_be_read_is_told_of_all() -> None:
    def read(text: str) -> int:
        if not text.isdecimal():
            refuse(Problem(text, "is no number"))
        return int(text)

    assert read_each(read, ["3", "0", "7"]) == [3, 0, 7]
    with pytest.raises(BadInput) as caught:
        read_each(read, ["3", "x", "7", "y", "x"])
    assert [one.where for one in caught.value.problems] == ["x", "y"]


@pytest.mark.parametrize("name", ["leadershp", "", None, 4, ["leadership"]])
def test_a_name_that_is_not_known_is_refused(name: object) -> None:
    known = ("leadership", "monitoring")
    assert known_name("leadership", known, where="study", what="study") == "leadership"
    with pytest.raises(BadInput) as caught:
        known_name(name, known, where="study", what="study")
    (problem,) = caught.value.problems
    assert (problem.where, problem.what, problem.allowed) == ("study", "there is no such study", "leadership, monitoring")
    assert problem.hint == ("did you mean 'leadership'?" if name == "leadershp" else "")
