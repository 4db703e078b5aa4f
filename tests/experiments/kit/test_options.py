"""Numbers of options, and problems that are gathered."""

import numpy as np
import pytest

from experiments.kit.options import checked, versions_of
from sim.problems import BadInput, Problem

pytestmark = pytest.mark.portable

FIRST, SECOND = Problem("a", "is wrong", "right"), Problem("b", "is wrong", "right")


def refuse(*problems: Problem) -> None:
    raise BadInput(problems)


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
