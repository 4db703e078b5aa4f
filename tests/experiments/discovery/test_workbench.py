"""The adapter of PRIM: a planted box is recovered with either version of the library, and nothing is printed or warned."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.discovery import workbench
from experiments.discovery.workbench import INSTALL, Box, Limit, candidates, load_workbench, need_workbench
from sim.problems import BadInput
from tests.experiments.discovery import planted

pytestmark = pytest.mark.portable

ROOT = Path(workbench.__file__).parents[2]


def best(boxes: list[Box], inputs: pd.DataFrame, fails: np.ndarray) -> Box:
    """Box that agrees best with the failures."""
    return max(
        (one for one in boxes if one.limits and not one.holds(inputs).all()),
        key=lambda one: np.corrcoef(one.holds(inputs), fails)[0, 1],
    )


def test_a_planted_box_is_recovered() -> None:
    inputs = planted.inputs(400, seed=5)
    fails = planted.in_box(inputs)
    box = best(candidates(inputs, fails), inputs, fails)
    assert {(one.name, one.side) for one in box.limits} == {("load", "above"), ("turnover", "below")}
    values = {one.name: one.value for one in box.limits}
    assert values["load"] == pytest.approx(0.6, abs=0.04)
    assert values["turnover"] == pytest.approx(0.5, abs=0.04)
    inside = box.holds(inputs)
    assert (inside & fails).sum() / fails.sum() > 0.9
    assert (inside & fails).sum() / inside.sum() > 0.9
    assert all(one.quasi_p < 1e-6 for one in box.limits)


def test_a_limit_at_each_side_of_one_input() -> None:
    inputs = planted.inputs(400, seed=6)
    fails = ((inputs["clarity"] > 0.35) & (inputs["clarity"] < 0.65)).to_numpy()
    box = best(candidates(inputs, fails), inputs, fails)
    assert {(one.name, one.side) for one in box.limits} == {("clarity", "above"), ("clarity", "below")}
    assert box.names == ("clarity",)


def test_weak_limits_are_taken_away() -> None:
    inputs = planted.inputs(200, seed=7)
    found = candidates(inputs, planted.fails(inputs, seed=8))
    assert all(one.quasi_p <= workbench.SIGNIFICANT for box in found for one in box.limits)
    assert all(len(box.names) <= workbench.MOST_DIMENSIONS for box in found)


def test_which_worlds_lie_in_a_box() -> None:
    inputs = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [5.0, 5.0, 1.0]})
    box = Box((Limit("a", "above", 1.0), Limit("b", "below", 4.0)))
    assert box.holds(inputs).tolist() == [False, False, True]
    assert box.holds(inputs, without=("b",)).tolist() == [False, True, True]
    assert Box().holds(inputs).all()


def test_the_labels_and_inputs_stay_as_they_were() -> None:
    inputs = planted.inputs(150, seed=9)
    fails = planted.in_box(inputs)
    before = inputs.copy(), fails.copy()
    first = candidates(inputs, fails)
    pd.testing.assert_frame_equal(inputs, before[0])
    assert (fails == before[1]).all()
    assert candidates(inputs, fails) == first


def test_importing_it_prints_and_warns_nothing() -> None:
    code = "from experiments.discovery.workbench import load_workbench; load_workbench()"
    words = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_other_warnings_are_heard() -> None:
    with pytest.warns(UserWarning, match="something else"), workbench._quiet():
        warnings.warn("something else", UserWarning, stacklevel=1)


@pytest.mark.parametrize("need", [need_workbench, load_workbench])
@pytest.mark.parametrize("name", ["ema_workbench", "sklearn"])
def test_a_missing_library_is_a_problem(monkeypatch: pytest.MonkeyPatch, need: Callable[[], object], name: str) -> None:
    need()  # the control
    for each in [name, *(each for each in sys.modules if each.startswith(f"{name}."))]:
        monkeypatch.setitem(sys.modules, each, None)
    with pytest.raises(BadInput) as caught:
        need()
    assert f"the library {name}" in caught.value.problems[0].what
    assert caught.value.problems[0].hint == INSTALL


def test_what_the_library_stands_on_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    load_workbench()
    for each in [each for each in sys.modules if each.startswith("ema_workbench.analysis")]:
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.setitem(sys.modules, "seaborn", None)
    need_workbench()  # it only looks
    with pytest.raises(BadInput, match="the library seaborn"):
        load_workbench()


def test_a_library_that_is_spared_is_there_for_others() -> None:
    import json

    with workbench._without("json"):  # loaded already: it stays
        assert sys.modules["json"] is json
    with workbench._without("no_such_library"), pytest.raises(ImportError):
        import_module("no_such_library")
    assert "no_such_library" not in sys.modules
