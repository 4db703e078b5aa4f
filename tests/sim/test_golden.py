"""One run's data hashes, pinned: they must hold on every machine, Python and library version that the project supports.

A golden number can pin a mistake, so each has an oracle beside it: the other engine gives the same hash, and the counts that
can be checked by hand hold. When results change on purpose, the changelog says "Results change" and the hashes are set anew.
"""

import pytest

from sim.runs import run

GOLDEN = {
    "services_monthly": "dacb79f4743321eebea8509fb88369127a7ce2faff01f8bf47b1bf908c17ff7b",
    "practitioners_end": "3b44c5612c26b05c030f39485bc5ec9cf861d0d8420f4803e7382e25d22f1bfd",
}
BEFORE_FORMS = {
    "services_monthly": "dacb79f4743321eebea8509fb88369127a7ce2faff01f8bf47b1bf908c17ff7b",
    "practitioners_end": "3b44c5612c26b05c030f39485bc5ec9cf861d0d8420f4803e7382e25d22f1bfd",
}
"""Of the model as it was before it had rival forms, with the options that it had then: the forms add, and change nothing."""
REPLICATES, MONTHS = 3, 84


@pytest.mark.engine
def test_the_options_of_before_there_were_forms_give_what_was_before(tmp_path):
    settings = {"forms.deciding": "hazard", "forms.belief": "bayes", "forms.peers": "linked", "forms.rosy": "ratio"}
    done = run(
        "nine-services", replicates=REPLICATES, months=MONTHS, seed=7, settings=settings, out=tmp_path / "run", figures=False
    )
    assert {name: done.manifest["tables"][name]["data_hash"] for name in BEFORE_FORMS} == BEFORE_FORMS


@pytest.mark.engine
@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_hashes_of_the_nine_services_hold_everywhere(engine, tmp_path):
    done = run("nine-services", replicates=REPLICATES, months=MONTHS, seed=7, engine=engine, out=tmp_path / "run", figures=False)
    found = {name: table["data_hash"] for name, table in done.manifest["tables"].items() if name in GOLDEN}
    assert found == GOLDEN
    rows = done.services_monthly
    assert len(rows) == 9 * MONTHS * REPLICATES
    # Control: another seed gives other hashes.
    other = run(
        "nine-services", replicates=REPLICATES, months=MONTHS, seed=8, engine=engine, out=tmp_path / "other", figures=False
    )
    assert all(other.manifest["tables"][name]["data_hash"] != value for name, value in GOLDEN.items())
