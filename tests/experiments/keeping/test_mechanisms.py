"""What each mechanism moves: pairs the right way round, worlds and luck as they should be, sentences by the numbers."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.keeping import mechanisms as room
from experiments.keeping import mechanisms_told as page_of
from experiments.keeping.blocks import ROOT, renewed
from experiments.keeping.kept import read_rows
from experiments.keeping.mechanisms import HEADLINES, Knob
from experiments.keeping.occasions import OCCASIONS
from sim.measures import vector_names
from sim.parameters import read_table
from sim.scenario.reader import read_scenario

WORLDS, REPLICATES = 12, 2
KNOBS = {knob.name: knob for knob in room.mechanisms_of(read_table())}
SHARES = [one.name for one in HEADLINES if one.in_points]


def found(knob: Knob) -> dict[str, dict[str, str]]:
    rows = room.measured([knob], worlds=WORLDS, replicates=REPLICATES)
    return {row["outcome"]: {name: str(value) for name, value in row.items()} for row in rows}


def test_every_switch_and_rival_form_is_there_and_no_parameter() -> None:
    table = read_table()
    forms = {f"forms.{name}={word}" for name, one in table.forms.items() for word in one.words[1:]}
    assert set(KNOBS) == set(table.switches) | forms
    assert {one.name for one in HEADLINES} <= set(vector_names(84))
    assert len(room.STOCKS) == 6
    assert len(room.USE) == 6


@pytest.mark.engine
def test_differences_are_on_minus_off_whatever_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    known = read_table()
    table = replace(known, switches=known.switches | {"service_decides": replace(known.switches["service_decides"], on=False)})
    monkeypatch.setattr("sim.scenario.reader.read_table", lambda: table)
    monkeypatch.setattr(room, "read_table", lambda: table)
    ships_on, ships_off = found(KNOBS["turnover"]), found(KNOBS["service_decides"])
    assert table.switches["turnover"].on
    assert not table.switches["service_decides"].on
    plan, _ = room.base_plan(worlds=WORLDS)
    for knob, rows in ((KNOBS["turnover"], ships_on), (KNOBS["service_decides"], ships_off)):
        on, off = (room.outcomes(plan, seed=1, replicates=REPLICATES, field=knob.field, value=value) for value in (1.0, 0.0))
        for one in HEADLINES:
            expected = np.nanmean(on[one.name] - off[one.name], axis=1).mean()
            if np.isfinite(on[one.name] - off[one.name]).all():
                assert float(rows[one.name]["mean"]) == pytest.approx(expected, abs=2e-5)
            ship = on if table.switches[knob.name].on else off
            assert float(rows[one.name]["base"]) == pytest.approx(np.nanmean(ship[one.name]), rel=1e-4)


@pytest.mark.engine
def test_a_control_that_nothing_reads_moves_nothing_at_all() -> None:
    still = replace(KNOBS["turnover"], low=1.0, high=1.0)
    assert {row["still"] for row in found(still).values()} == {"1"}
    assert page_of.sentence("turnover", found(still)) == "`turnover` moves none of them in any run."


def test_own_parameters_span_their_bounds_and_are_one_a_member() -> None:
    known, members = read_table(), np.array([7, 3, 7, 9, 1, 3])
    assert room.own_parameters(known, members) == {}  # as shipped none waits
    waiting = {name: replace(known.parameters[name], switch="routines") for name in ("routine_expectation", "routine_autonomy")}
    table = replace(known, parameters=known.parameters | waiting)
    drawn = room.own_parameters(table, members)
    assert set(drawn) == {name for name, one in table.parameters.items() if one.switch}
    for name, values in drawn.items():
        one = table.parameters[name]
        assert ((values >= one.low) & (values <= one.high)).all()
        assert values[0] == values[2]
        assert values[1] == values[5]
        # one in each quarter: four members
        strata = np.floor(4.0 * (np.unique(values) - one.low) / (one.high - one.low)).astype(int)
        assert sorted(strata) == [0, 1, 2, 3], name


def rows_of(mean: float, error: float, spread: float, *, still: str = "0") -> dict[str, dict[str, str]]:
    row = {"base": "0.5", "mcse": "0.001", "mean": f"{mean}", "error": f"{error}", "spread": f"{spread}", "still": still}
    return {one.name: {**row, "outcome": one.name, "mechanism": "turnover"} for one in HEADLINES}


@pytest.mark.parametrize(
    ("mean", "error", "spread", "said"),
    [
        (0.012, 0.001, 0.0, ""),
        (-0.012, 0.001, 0.0, ""),
        (0.004, 0.001, 0.001, "moves no share by a point: {largest} +0.4 ± 0.1 points"),
        (0.004, 0.001, 0.001, "hardly any world reaches a point either."),
        (0.004, 0.004, 0.001, "as far as was seen"),
        (-0.002, 0.001, 0.02, "worlds differ: in some it moves a point or more."),
    ],
)
def test_a_sentence_is_told_of_what_moves_less_than_a_point(mean: float, error: float, spread: float, said: str) -> None:
    text = page_of.sentence("turnover", rows_of(mean, error, spread))
    assert text == "" if not said else said.format(largest=HEADLINES[0].words) in text


def test_one_share_of_a_point_is_enough_to_say_nothing() -> None:
    rows = rows_of(0.001, 0.001, 0.0)
    rows[SHARES[-1]]["mean"] = "0.03"
    assert page_of.sentence("turnover", rows) == ""
    # what is no share is no point
    rows = rows_of(0.001, 0.001, 0.0)
    rows["fidelity"]["mean"] = "0.5"
    assert page_of.sentence("turnover", rows) != ""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    shutil.copyfile(ROOT / room.DOCUMENT, tmp_path / room.DOCUMENT)
    return tmp_path


def page(root: Path) -> str:
    return renewed((root / room.DOCUMENT).read_text(encoding="utf-8"), page_of.blocks(root))


def test_the_page_shows_a_kept_table_and_nothing_of_another_model(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"`{room.COMMAND}` runs it." in page(repository)
    names = ("turnover", "routines")
    kinds: dict[str, Callable[[], dict[str, dict[str, str]]]] = {
        "turnover": lambda: rows_of(-0.25, 0.01, 0.05),
        "routines": lambda: rows_of(0.001, 0.0005, 0.0),
    }
    rows = [
        {**row, "mechanism": name, "kind": "switch", "low": "off", "high": "on"}
        for name in names
        for row in kinds[name]().values()
    ]
    there = [
        {"scenario": OCCASIONS["routines"].scenario, **row, "mean": "-0.031"} for row in rows if row["mechanism"] == "routines"
    ]
    written = room.keep(repository, rows, there)
    assert {path.name for path in written} == {"mechanisms.csv", "mechanisms.json", "occasions.csv"}
    text = page(repository)
    assert f"{OCCASIONS['routines'].why}. In `{OCCASIONS['routines'].scenario}`: kept going −3.1 ± 0.1 points." in text
    assert "| `turnover` | **−25.0 ± 1.0** |" in text
    assert "off until calibrated" not in text  # as shipped every mechanism is on
    assert "- `routines` moves no share by a point" in text
    assert "- `turnover`" not in text
    known = read_table()
    waiting = replace(known, switches=known.switches | {"routines": replace(known.switches["routines"], on=False)})
    with monkeypatch.context() as patched:
        patched.setattr(room, "read_table", lambda: waiting)
        patched.setattr(page_of, "read_table", lambda: waiting)
        room.keep(repository, rows, there)
        text = page(repository)
        assert "`routines` *off until calibrated*" in text
        assert "Mechanisms marked *off until calibrated* are turned on here" in text
    room.keep(repository, rows, there)
    monkeypatch.setattr(page_of, "same_rules", lambda *_, **__: False)
    assert "the rules changed" in page(repository)
    assert "−25.0" not in page(repository)


def test_everything_that_moves_less_than_a_point_has_a_reason_and_an_occasion() -> None:
    kept_rows = read_rows(ROOT / room.REFERENCE / f"{room.TABLE}.csv")
    little = {name for name, found in room.by_mechanism(kept_rows).items() if room.moves_little(found)}
    assert little <= set(OCCASIONS)
    there = read_rows(ROOT / room.REFERENCE / f"{room.OCCASIONS_TABLE}.csv")
    assert {row["mechanism"]: row["scenario"] for row in there} == {name: OCCASIONS[name].scenario for name in little}


@pytest.mark.parametrize("name", OCCASIONS)
def test_a_scenario_with_an_occasion_has_the_mechanism_as_it_ships(name: str) -> None:
    knob, scenario = KNOBS[name], read_scenario(OCCASIONS[name].scenario)
    assert float(scenario.record()[knob.field][0]) == room.starting(read_table(), knob)


@pytest.mark.engine
def test_what_moves_little_is_measured_where_it_has_an_occasion() -> None:
    rows = [
        {**row, "mechanism": name, "kind": "switch", "low": "off", "high": "on"}
        for name, mean in (("leadership_programme", 0.0), ("turnover", -0.2))
        for row in rows_of(mean, 0.001, 0.0).values()
    ]
    unexplained = [{**row, "mechanism": "turnover"} for row in rows_of(0.0, 0.001, 0.0).values()]
    with pytest.raises(LookupError, match="no reason for turnover"):
        room.measured_there(unexplained, worlds=WORLDS, replicates=REPLICATES)
    there = room.measured_there(rows, worlds=WORLDS, replicates=REPLICATES)
    assert {(row["mechanism"], row["scenario"]) for row in there} == {("leadership_programme", "programme-ends")}
    assert any(row["still"] == 0 for row in there)
    assert {row["still"] for row in room.measured([KNOBS["leadership_programme"]], worlds=WORLDS, replicates=REPLICATES)} == {1}
