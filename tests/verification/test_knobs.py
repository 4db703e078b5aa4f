import pytest

from experiments.keeping.knobs import REQUIRED
from experiments.keeping.paired import DUMMY, Knob, knobs_of
from experiments.keeping.searching import search
from sim.parameters import read_table

pytestmark = [pytest.mark.verification, pytest.mark.engine]


def test_every_knob_moves_an_outcome_by_more_than_its_monte_carlo_error():
    """Other replicates than those of ``docs/knobs.md``, so that the page is confirmed, not repeated."""
    knobs = knobs_of(read_table())
    findings = search((*knobs, Knob(DUMMY, DUMMY, 0.0, 1.0)), seed=20, replicates=200)
    assert [knob.name for knob in knobs if findings[knob.name].best.ratio <= REQUIRED] == []
    assert [knob.name for knob in knobs if not findings[knob.name].alive] == []
    assert findings[DUMMY].best.mean == 0.0
    assert findings[DUMMY].best.error == 0.0
