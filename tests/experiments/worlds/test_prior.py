"""Free parameters: what acts is free, with every mechanism more of it, and what a pattern has as its target too."""

import numpy as np
import pytest

from experiments.patterns.reading import read_patterns
from experiments.worlds.prior import FREED, all_act, every_setting, prior_of, structure_of, waiting
from sim.parameters import read_table

pytestmark = pytest.mark.portable

TABLE = read_table()
DECAY = next(one for one in read_patterns().patterns if one.id == "P10.decay")


def test_every_mechanism_makes_its_parameters_free_and_turns_it_on() -> None:
    every, problems = structure_of({}, every=True)
    assert not problems
    assert every.turned_on(TABLE) == waiting(TABLE)
    assert every.complete(TABLE)
    usual, whole = prior_of(), prior_of(structure=every)
    theirs = {name for name, one in TABLE.parameters.items() if one.switch and one.status != "evidence"}
    assert set(whole.names) - set(usual.names) == theirs | set(FREED)
    assert set(usual.names) < set(whole.names)
    record = whole.records(whole.draws(2, 1))
    assert all_act(record, TABLE)
    assert not all_act(usual.records(usual.draws(2, 1)), TABLE)  # the control


def test_one_mechanism_frees_its_own_parameters_only() -> None:
    name = waiting(TABLE)[0]
    one, problems = structure_of({f"switch.{name}": "on"})
    assert not problems
    assert not one.complete(TABLE)
    mine = {parameter for parameter, row in TABLE.parameters.items() if row.switch == name and row.status != "evidence"}
    assert set(prior_of(structure=one).names) - set(prior_of().names) == mine
    assert mine


def test_all_but_one_mechanism_is_not_every_mechanism() -> None:
    name = waiting(TABLE)[-1]
    most, problems = structure_of({f"switch.{name}": "off"}, every=True)
    assert not problems
    assert not most.complete(TABLE)
    assert set(most.turned_on(TABLE)) == set(waiting(TABLE)) - {name}
    assert not set(FREED) & set(prior_of(structure=most).names)


def test_a_mechanism_that_is_on_in_the_table_may_be_off_in_the_complete_model() -> None:
    found, problems = structure_of({"switch.reactance": "off"}, every=True)
    assert not problems
    assert found.complete(TABLE)
    assert found.said == ("every mechanism", "switch.reactance=off")
    assert set(every_setting()) < {word.split("=")[0] for word in found.words}


def test_the_half_life_is_wide_enough_for_any_protection_by_practice() -> None:
    """Free, it must not be forced to a bound by the pattern that has its figure: some half-life gives the band for each value."""
    whole, protection = prior_of(structure=structure_of({}, every=True)[0]), TABLE.parameters["protection_practice"]
    at = whole.names.index("months_half_life")
    for averted in (protection.low, protection.high):
        lost = [1.0 - 2.0 ** (-6.0 * (1.0 - averted) / months) for months in (whole.high[at], whole.low[at])]
        assert lost[0] < DECAY.low < lost[1]
    assert np.isclose(2.0 ** (-6.0 / 8.3), 1.0 - DECAY.target, atol=0.005)  # the two are one figure
