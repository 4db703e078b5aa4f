"""Numbers of options, and problems that are gathered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from experiments.kit.options import Numbers, checked, tried, versions_of, wrong_numbers
from sim.problems import BadInput, Problem

pytestmark = pytest.mark.portable

FIRST, SECOND = Problem("a", "is wrong", "right"), Problem("b", "is wrong", "right")


@dataclass(frozen=True)
class Asked(Numbers):
    usual: ClassVar[Mapping[str, Any]] = {"worlds": 400, "check-worlds": 10}
    usual_quick: ClassVar[Mapping[str, Any]] = {"worlds": 4}

    worlds: Any = None
    check_worlds: Any = None
    workers: Any = None
    quick: bool = False


def refuse(*problems: Problem) -> None:
    raise BadInput(problems)


def test_what_is_given_stands_before_what_is_usual() -> None:
    names = ("worlds", "check-worlds", "workers")
    assert [Asked().number(name) for name in names] == [400, 10, None]
    assert [Asked(quick=True).number(name) for name in names] == [4, None, None]
    assert [Asked(0, "x", 2, quick=True).number(name) for name in names] == [0, "x", 2]


def test_numbers_out_of_range_and_words_are_told_at_once() -> None:
    ranges = {"worlds": (2, 4096), "check-worlds": (2, 5), "workers": (1, 8)}
    first, second = wrong_numbers(Asked("many", 6), ranges, hints={"worlds": "fewer are chance"})
    assert str(first) == str(Problem("--worlds", "'many' cannot be", "a whole number from 2 to 4,096", "fewer are chance"))
    assert (second.where, second.what, second.hint) == ("--check-worlds", "'6' cannot be", "")
    assert wrong_numbers(Asked(2, 5, 8), ranges) == []
    assert len(wrong_numbers(Asked(2.0, 5), ranges)) == 1


def test_problems_are_gathered_each_once() -> None:
    problems = [FIRST]
    assert tried(lambda: 7, problems) == 7
    assert tried(lambda: refuse(FIRST, SECOND, SECOND), problems) is None
    assert problems == [FIRST, SECOND]


def test_libraries_and_input_are_checked_together() -> None:
    assert checked(lambda: None, lambda: 7) == 7
    for need, read, expected in (
        (lambda: refuse(FIRST), lambda: refuse(SECOND), [FIRST, SECOND]),
        (lambda: refuse(FIRST), lambda: 7, [FIRST]),
        (lambda: None, lambda: refuse(SECOND), [SECOND]),
    ):
        with pytest.raises(BadInput) as caught:
            checked(need, read)
        assert list(caught.value.problems) == expected


def test_versions_are_those_that_are_installed() -> None:
    assert versions_of(["numpy"]) == {"numpy": np.__version__}
