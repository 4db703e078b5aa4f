"""Free parameters: what acts is free, with every mechanism more of it, and what a pattern has as its target too."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.patterns.reading import read_patterns
from experiments.worlds import prior
from experiments.worlds.prior import Structure, all_act, every_setting, prior_of, structure_of, waiting
from sim.parameters import STATE_DEFINITIONS, ParameterTable, read_table

pytestmark = pytest.mark.portable

TABLE = read_table()
DECAY = next(one for one in read_patterns().patterns if one.id == "P10.decay")


def with_some_off() -> ParameterTable:
    """The shipped table, were two mechanisms of it still to be calibrated, with a parameter or more each."""
    off = {name: replace(TABLE.switches[name], on=False) for name in ("parts_last", "upper_level")}
    needed = {"chance_parts_again": "parts_last", "share_parts_stay": "parts_last", "months_upper_delay": "upper_level"}
    parameters = {name: replace(TABLE.parameters[name], switch=switch) for name, switch in needed.items()}
    return replace(TABLE, switches=TABLE.switches | off, parameters=TABLE.parameters | parameters)


LATER = with_some_off()


def test_as_shipped_no_mechanism_waits_and_every_one_acts() -> None:
    assert waiting(TABLE) == ()
    assert every_setting(TABLE) == {}
    usual, every = structure_of({})[0], structure_of({}, every=True)[0]
    assert every == usual == Structure()
    assert usual.complete(TABLE)
    assert usual.said == ()
    mine = prior_of()
    assert all_act(mine.records(mine.draws(2, 1)), TABLE)
    free = {name for name, one in TABLE.parameters.items() if one.status != "evidence"} - set(STATE_DEFINITIONS)
    assert set(mine.names) == free
    # what a mechanism has replaced does nothing and is drawn all the same: the ensembles that ship were found so
    assert {name for name, one in TABLE.parameters.items() if one.replaced_by} <= set(mine.names)
    # what a required pattern has as its target too is no figure that is fixed
    assert "months_half_life" in free


def test_every_mechanism_makes_its_parameters_free_and_turns_it_on() -> None:
    every, problems = structure_of({}, LATER, every=True)
    assert not problems
    assert every.turned_on(LATER) == waiting(LATER)
    assert set(waiting(LATER)) == {"parts_last", "upper_level"}
    assert every_setting(LATER) == dict.fromkeys((f"switch.{name}" for name in waiting(LATER)), "on")
    assert every.complete(LATER)
    usual, whole = prior_of(LATER), prior_of(LATER, structure=every)
    theirs = {name for name, one in LATER.parameters.items() if one.switch and one.status != "evidence"}
    assert len(theirs) == 3
    assert set(whole.names) - set(usual.names) == theirs
    assert set(usual.names) < set(whole.names)
    record = whole.records(whole.draws(2, 1))
    assert all_act(record, LATER)
    assert not all_act(usual.records(usual.draws(2, 1)), LATER)  # the control


def test_one_mechanism_frees_its_own_parameters_only() -> None:
    name = waiting(LATER)[0]
    one, problems = structure_of({f"switch.{name}": "on"}, LATER)
    assert not problems
    assert not one.complete(LATER)
    mine = {parameter for parameter, row in LATER.parameters.items() if row.switch == name and row.status != "evidence"}
    assert set(prior_of(LATER, structure=one).names) - set(prior_of(LATER).names) == mine
    assert mine


def test_all_but_one_mechanism_is_not_every_mechanism() -> None:
    name = waiting(LATER)[-1]
    most, problems = structure_of({f"switch.{name}": "off"}, LATER, every=True)
    assert not problems
    assert not most.complete(LATER)
    assert set(most.turned_on(LATER)) == set(waiting(LATER)) - {name}


@pytest.mark.parametrize(("table", "said"), [(TABLE, ()), (LATER, ("every mechanism",))])
def test_a_mechanism_that_is_on_in_the_table_may_be_off_in_the_complete_model(
    table: ParameterTable, said: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prior, "read_table", lambda: table)
    found, problems = structure_of({"switch.reactance": "off"}, table, every=True)
    assert not problems
    assert found.complete(table)
    assert {word.split("=")[0] for word in found.words} == {"switch.reactance", *every_setting(table)}
    assert found.said == (*said, "switch.reactance=off")


def test_a_mechanism_of_the_second_version_may_be_off_too() -> None:
    found, problems = structure_of({"switch.parts_last": "off"}, every=True)
    assert not problems
    assert found.said == ("switch.parts_last=off",)
    assert found.complete(TABLE)


def test_the_half_life_is_wide_enough_for_any_protection_by_practice() -> None:
    """Free, it must not be forced to a bound by the pattern that has its figure: some half-life gives the band for each value."""
    whole, protection = prior_of(), TABLE.parameters["protection_practice"]
    at = whole.names.index("months_half_life")
    for averted in (protection.low, protection.high):
        lost = [1.0 - 2.0 ** (-6.0 * (1.0 - averted) / months) for months in (whole.high[at], whole.low[at])]
        assert lost[0] < DECAY.low < lost[1]
    assert np.isclose(2.0 ** (-6.0 / 8.3), 1.0 - DECAY.target, atol=0.005)  # the two are one figure
