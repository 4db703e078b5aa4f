"""The search finds a known front, the same way for the same seed, and runs no schedule twice."""

import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.policies.evaluating import Outcome, Set
from experiments.policies.ingredients import NAMES
from experiments.policies.schedules import MOST, Schedule
from experiments.policies.searching import beginning, need_pymoo, non_dominated, objectives, search, worth_it
from experiments.policies.stored import EVALUATED, Evaluated
from sim.problems import BadInput
from tests.experiments.policies.made_up import WHERE, front, known

pytestmark = pytest.mark.portable


def asked(schedules: list[Schedule]) -> list[Outcome]:
    return [known(one) for one in schedules]


def found_front(outcomes: list[Outcome]) -> set[tuple[float, ...]]:
    values = objectives(outcomes, outcomes[0])
    return {tuple((np.abs(values[at]).round(6)).tolist()) for at in non_dominated(values)}


def test_a_known_front_is_found() -> None:
    outcomes = search(asked, evaluations=700, seed=3)
    assert len(outcomes) == 700
    assert len({one.schedule.key for one in outcomes}) == 700
    assert outcomes[0].schedule == Schedule()
    assert found_front(outcomes) == front()
    assert len(front()) > 5


def test_chance_alone_does_not_find_it() -> None:
    """Control: as many schedules drawn at random miss some of the front."""
    from experiments.policies.schedules import decoded

    drawn = beginning(700, np.random.default_rng(3))
    outcomes = asked(list({one.key: one for one in map(decoded, drawn)}.values()))
    assert found_front(outcomes) != front()


def test_the_same_seed_goes_the_same_way_and_leaves_global_numbers_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[union-attr,index] # noqa: NPY002
    one, same, other = (search(asked, evaluations=200, seed=seed) for seed in (0, 0, 2**64 - 1))
    keys = [[each.schedule.key for each in found] for found in (one, same, other)]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index] # noqa: NPY002


def test_more_evaluations_go_on_the_same_way() -> None:
    few, many = (search(asked, evaluations=count, seed=1) for count in (150, 260))
    assert [one.schedule.key for one in many[:150]] == [one.schedule.key for one in few]


@pytest.mark.parametrize("evaluations", [1, 2, 13])
def test_few_evaluations(evaluations: int) -> None:
    assert len(search(asked, evaluations=evaluations, seed=1)) == evaluations


def test_the_first_generation_has_nothing_singles_and_everything() -> None:
    from experiments.policies.schedules import decoded, only, singles

    genes = beginning(40, np.random.default_rng(0))
    assert genes.shape == (40, len(MOST))
    assert (genes >= 0).all()
    assert (genes <= MOST).all()
    first = [decoded(one) for one in genes]
    assert first[: len(NAMES) + 2] == [Schedule(), *singles(), only(*NAMES)]
    assert len({one.key for one in first}) == 40


# -------------------------------------------------------------------------------------------------------------------- fronts


def test_dominated_and_not() -> None:
    values = np.array(
        [[1.0, -1.0, -5.0], [2.0, -1.0, -5.0], [2.0, -3.0, -1.0], [1.0, -1.0, -5.0], [0.0, 0.0, 0.0], [3.0, -2.9, -1.0]]
    )
    assert non_dominated(values).tolist() == [0, 2, 3, 4]
    assert non_dominated(values[:1]).tolist() == [0]


def test_what_costs_more_must_be_better_by_a_margin() -> None:
    values = np.array([[3.0, -0.50, -0.52], [1.0, -0.50, -0.50], [2.0, -0.50, -0.51], [4.0, -0.50, -0.53], [5.0, -0.9, -0.1]])
    assert non_dominated(values).tolist() == [0, 1, 2, 3, 4]
    assert worth_it(values, 0.025).tolist() == [1, 3, 4]
    assert worth_it(values, 0.001).tolist() == [1, 2, 0, 3, 4]


# ------------------------------------------------------------------------------------------------------------------ the store


def test_what_was_evaluated_is_not_run_again(tmp_path: Path) -> None:
    runs: list[str] = []

    def counted(schedule: Schedule, where: Set) -> Outcome:
        runs.append(schedule.key)
        if len(runs) == 150:
            raise KeyboardInterrupt
        return known(schedule, where)

    with pytest.raises(KeyboardInterrupt):
        search(lambda some: Evaluated(tmp_path, counted)(some, WHERE), evaluations=200, seed=1)
    store = Evaluated(tmp_path, counted)
    assert store.count(WHERE) == 149
    resumed = search(lambda some: store(some, WHERE), evaluations=200, seed=1)
    assert len(runs) == 201  # the one that was interrupted twice
    straight = search(asked, evaluations=200, seed=1)
    for one, other in zip(resumed, straight, strict=True):
        assert one.machine_form() == other.machine_form()
    assert store.missing([Schedule()], Set("check", 0, 2, 2, 1)) == 1


@pytest.mark.parametrize("torn", [b'{"set":"search","sched', b'{"set":"search"}\n', b"\xff\xfe\n"])
def test_a_torn_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    Evaluated(tmp_path, known)([Schedule()], WHERE)
    whole = (tmp_path / EVALUATED).read_bytes()
    (tmp_path / EVALUATED).write_bytes(whole + torn)
    store = Evaluated(tmp_path, known)
    assert store.count(WHERE) == 1
    assert (tmp_path / EVALUATED).read_bytes() == whole
    (tmp_path / EVALUATED).write_bytes(whole[:-1])
    assert Evaluated(tmp_path, known).count(WHERE) == 0


def test_without_pymoo_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymoo", None)
    with pytest.raises(BadInput, match="pymoo"):
        need_pymoo()
