"""An ensemble says which mechanisms it was found with, and is refused where they are off."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.patterns.commands import not_turned_on
from experiments.worlds.prior import structure_of, waiting
from sim.ensembles import SWITCH, read_ensemble, with_member
from sim.parameters import read_table
from sim.parameters.ensemble import from_machine_form
from sim.problems import BadInput
from sim.scenario import read_scenario, resolve

pytestmark = pytest.mark.portable

OFF, ON = "routines", "turnover"
SHIPPED = read_table()
TABLE = replace(SHIPPED, switches=SHIPPED.switches | {OFF: replace(SHIPPED.switches[OFF], on=False)})
"""The shipped table, were one mechanism still to be calibrated."""


def written(folder: Path, column: str, *cells: str) -> Path:
    path = folder / "mine.csv"
    rows = [f"1,0.2{7 + k},{cell}" for k, cell in enumerate(cells)]
    path.write_text("\n".join([f"weight,gain_threshold,{column}", *rows]) + "\n", encoding="utf-8")
    return path


def test_what_was_on_is_read_and_kept(tmp_path: Path) -> None:
    found = read_ensemble(written(tmp_path, f"{SWITCH}{OFF}", "1", "1"), table=TABLE)
    assert (found.parameters, found.turned_on, found.members) == (("gain_threshold",), (OFF,), 2)
    assert with_member(found, 1).turned_on == (OFF,)
    assert from_machine_form(found.machine_form()).turned_on == (OFF,)
    weighed = with_member(replace(found, uncapped=np.array([0.5, 1.5])), 1)
    assert (weighed.weights.tolist(), weighed.uncapped.tolist()) == ([1.0], [1.0])  # type: ignore[union-attr]
    assert read_ensemble().turned_on == ()
    assert "turned_on" not in read_ensemble().machine_form()  # manifests stay as they were


def test_a_mechanism_that_the_table_has_on_by_now_needs_nothing(tmp_path: Path) -> None:
    assert waiting(SHIPPED) == ()
    for name in (ON, OFF):
        assert read_ensemble(written(tmp_path, f"{SWITCH}{name}", "1", "1")).turned_on == ()
    assert read_ensemble(written(tmp_path, f"{SWITCH}{ON}", "1", "1"), table=TABLE).turned_on == ()


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        (SWITCH + "routine", ("1", "1"), "unknown switch 'routine'"),
        (SWITCH + OFF, ("1", "0"), "is not 1 in every row"),
        (SWITCH + OFF, ("1", "yes"), "is not 1 in every row"),
        (SWITCH + OFF, ("1", ""), "is not 1 in every row"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(tmp_path: Path, column: str, cells: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_ensemble(written(tmp_path, column, *cells), table=TABLE)


def test_it_is_refused_where_they_are_off(tmp_path: Path) -> None:
    found = read_ensemble(written(tmp_path, f"{SWITCH}{OFF}", "1", "1"), table=TABLE)
    scenario = read_scenario("nine-services", months=3, table=TABLE)
    with pytest.raises(BadInput, match=f"off here: {OFF}"):
        resolve(replace(scenario, ensemble=found))
    on = read_scenario("nine-services", months=3, overrides={f"switch.{OFF}": "on"}, table=TABLE)
    assert resolve(replace(on, ensemble=found)).parameters[f"switch_{OFF}"].all()
    resolve(replace(scenario, ensemble=read_ensemble()))  # the control: one that was found with the table's mechanisms


def test_the_patterns_are_not_measured_over_it_where_they_are_off() -> None:
    usual, every = structure_of({}, TABLE)[0], structure_of({}, TABLE, every=True)[0]
    (problem,) = not_turned_on((OFF,), usual, "--ensemble-file")
    assert OFF in problem.what
    assert not_turned_on((OFF,), every, "--ensemble-file") == not_turned_on((), usual, "--ensemble-file") == []
