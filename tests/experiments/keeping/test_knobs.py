import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from experiments.executors.many import FailedFast
from experiments.keeping import knobs_kept
from experiments.keeping.blocks import ROOT
from experiments.keeping.knobs import document
from experiments.keeping.paired import (
    DUMMY,
    FIRST,
    MAIN,
    Difference,
    Finding,
    Knob,
    difference,
    differences,
    is_outcome,
    knobs_of,
    plan_of,
    threshold,
    with_dummy,
)
from experiments.keeping.searching import Measured, rounds, scenarios, search
from sim.measures import OUTCOME_NAMES
from sim.parameters import parameter_hash, read_table, record
from sim.rulebook import mechanisms_of, same_rules, same_settings
from sim.scenario import read_scenario
from tests.thoroughly import some

PAGE = Path(__file__).resolve().parents[3] / "docs" / "knobs.md"
TABLE = read_table()
KNOBS = knobs_of(TABLE)


def moves(found):
    return any(one.mean != 0.0 or one.error > 0.0 for one in found.values())


@pytest.mark.engine
def test_every_knob_moves_an_outcome_of_some_replicate():
    """Whether the difference is more than luck is asked in tests/verification; here one changed bit is enough."""
    todo = some(KNOBS, len(KNOBS) // 3)
    # nine in ten show it in two replicates, at half the price of six; what acts rarely is looked for in sixty, as the search does
    soonest = sorted(scenarios()[:-1], key=lambda name: name not in (FIRST, "programme-ends", "monitoring-believed"))
    rounds = ((FIRST, 2), *((name, count) for count in (6, 60) for name in soonest))
    for name, count in rounds:
        plan = plan_of(name, dummy=False)
        with ThreadPoolExecutor(2) as pool:
            measured = partial(differences, plan, seed=3, replicates=count)
            found = list(pool.map(measured, todo))
        todo = [knob for knob, each in zip(todo, found, strict=True) if not moves(each)]
        if not todo:
            break
    assert [knob.name for knob in todo] == []


def short(plan, months):
    return replace(plan, months=months, calendars=np.ascontiguousarray(plan.calendars[:, :months]))


def test_a_dummy_is_found_dead_where_a_knob_is_found_alive():
    plan = short(plan_of(FIRST), 15)  # the Mesa engine takes any record; the compiled one would compile anew for the dummy
    capacity = next(knob for knob in KNOBS if knob.name == "hours_capacity")
    assert moves(differences(plan, capacity, seed=3, replicates=2, engine="mesa"))
    found = differences(plan, Knob(DUMMY, DUMMY, -1e6, 1e6), seed=3, replicates=2, engine="mesa")
    assert not moves(found)
    assert not Finding(Knob(DUMMY, DUMMY, -1e6, 1e6), FIRST, max(found.values(), key=lambda one: one.ratio)).alive


def knob_called(name):
    return next(knob for knob in KNOBS if knob.name == name)


def test_what_a_mechanism_has_replaced_moves_something_only_where_that_is_off():
    knob = knob_called("gain_adaptation")
    assert knob.without == "switch_agreed_core"
    plan = plan_of(FIRST, dummy=False)
    assert moves(differences(plan, knob, seed=3, replicates=6))
    assert not moves(differences(plan, replace(knob, without=""), seed=3, replicates=6))  # the control


def test_the_mean_of_exhaustion_cancels_in_leaving_and_is_told_as_such():
    knob, plan = knob_called("exhaustion_mean"), plan_of(FIRST, dummy=False)
    found = differences(plan, knob, seed=3, replicates=6)
    assert found["exhaustion"].mean > 0.2
    assert "exhaustion" not in differences(
        plan, knob_called("exhaustion_spread"), seed=3, replicates=6
    )  # it has to move an outcome
    others = {name: one for name, one in found.items() if name != "exhaustion"}
    assert not any(one.real for one in others.values())


def test_a_search_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    names = ("hours_capacity", "commitment_mean", "fading")
    knobs = tuple(knob_called(name) for name in names)
    done = []

    def few(replicates):
        return ((FIRST, replicates),)

    def measured_here(plan, knob, *, seed, replicates, engine="compiled"):
        if replicates > 1:  # one replicate is asked to compile
            done.append(knob.name)
            if len(done) == 3:
                raise RuntimeError("stopped")
        return {name: Difference(name, float(len(knob.name)), 0.01, replicates) for name in MAIN}

    monkeypatch.setattr("experiments.keeping.searching.rounds", few)
    monkeypatch.setattr("experiments.keeping.searching.differences", measured_here)
    monkeypatch.setattr("experiments.keeping.searching.plan_of", lambda name: name)
    monkeypatch.setattr("experiments.keeping.paired.THREADS", 1)
    path, identity = tmp_path / "knobs.md.partial", {"rules": "a", "seed": 1}
    with pytest.raises(FailedFast):
        search(knobs, replicates=200, measured=Measured(path, identity))
    path.write_text(path.read_text() + '{"scenario": "nine-serv')  # a line that was cut off
    again = Measured(path, identity)
    assert len(again) == 2
    whole = search(knobs, replicates=200, measured=again)
    assert (sorted(done[:2]), done[3:]) == (sorted(set(names) - {done[2]}), [done[2]])
    del done[:]
    done.extend(["", "", ""])
    assert whole == search(knobs, replicates=200)
    assert len(Measured(path, {**identity, "rules": "b"})) == 0  # the control: other rules are another search
    assert len(Measured(path, identity)) == 0
    again.end()
    assert not path.exists()


def test_the_dearest_scenario_is_tried_last():
    assert rounds(200)[0] == (FIRST, 200)
    assert rounds(200)[-1] == ("national", 32)
    assert [one for one in rounds(200) if one[0] == "upper-level-grants"] == [
        ("upper-level-grants", 200),
        ("upper-level-grants", 1000),
    ]


def test_the_dummy_changes_no_value_of_the_record():
    wider = with_dummy(record())
    assert wider.dtype.names == (*record().dtype.names, DUMMY)
    assert parameter_hash(wider[list(record().dtype.names)]) == parameter_hash(record())


def test_luck_is_not_taken_for_an_effect():
    random = np.random.default_rng(5)
    noise = [difference("x", random.normal(size=40), random.normal(size=40)) for _ in range(2000)]
    assert sum(one.ratio > 2.0 for one in noise) > 20
    assert not any(one.real for one in noise)
    assert difference("x", np.zeros(40), random.normal(2.0, 1.0, size=40)).real


def test_a_difference_that_every_replicate_shows_is_real():
    one = difference("x", np.zeros(5), np.ones(5))
    assert one.ratio == np.inf
    assert one.real
    assert difference("x", np.ones(5), np.ones(5)).ratio == 0.0


def test_an_outcome_that_is_mostly_undefined_proves_nothing():
    high = np.array([1.0, np.nan, np.nan, np.nan, 1.0])
    assert difference("x", np.zeros(5), high).ratio == 0.0
    half = difference("x", np.zeros(4), np.array([1.0, 2.0, np.nan, 3.0]))
    assert (half.mean, half.pairs) == (2.0, 3)


@pytest.mark.parametrize("pairs", [16, 50, 200])
def test_the_threshold_is_students(pairs):
    from scipy import stats as scipy_stats  # comes with statsmodels

    luck = scipy_stats.norm.sf(5.0)
    assert threshold(pairs) == pytest.approx(scipy_stats.t.isf(luck, pairs - 1), rel=0.01)


def test_outcomes_are_results_and_not_states_on_the_way():
    taken = {name for name in OUTCOME_NAMES if is_outcome(name)}
    assert set(MAIN) <= taken
    assert {"share_sustained", "climate", "leadership_gap", "false_rejections_per_post", "hours_leader_per_service"} <= taken
    assert not taken & {"commitment", "belief", "readiness", "competence", "posts_waiting", "engagement", "consideration"}
    assert is_outcome("fidelity@12")
    assert not is_outcome("competence@12")


def rows(heading):
    part = PAGE.read_text(encoding="utf-8").split("| knob |")[heading]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")]


def acting():
    waiting = {name for name, one in TABLE.parameters.items() if one.switch and not TABLE.switches[one.switch].on}
    waiting |= {name for name, one in TABLE.switches.items() if not one.on}
    return [one for one in KNOBS if one.name not in waiting]


def test_the_page_lists_exactly_the_knobs_that_act_and_finds_each_alive():
    """If this fails, the parameter table has changed: run ``python -m experiments.keeping.knobs``."""
    listed, expected = rows(1), acting()
    assert [row[0] for row in listed] == [one.name for one in expected] == [row[0] for row in rows(2)]
    assert [(row[1], row[2]) for row in listed] == [(one.shown(one.low), one.shown(one.high)) for one in expected]
    assert {row[3] for row in listed} == {"alive"}
    assert {row[4] for row in listed} <= set(scenarios())


def test_the_page_belongs_to_these_values():
    """If this fails, the parameter table has changed: run ``python -m experiments.keeping.knobs``."""
    text = PAGE.read_text(encoding="utf-8")
    recorded = re.search(r"parameter values: `(\w+)`", text)
    assert recorded
    assert same_settings(recorded[1], parameter_hash(record()))
    assert not same_settings(recorded[1], parameter_hash(record({"commitment_mean": 0.8})))  # the control
    assert re.search(r"control, a parameter that nothing reads: dead \(largest difference over all scenarios: 0\)", text)


def test_the_page_belongs_to_these_rules():
    """If this fails, a rule has changed: run ``python -m experiments.keeping.knobs``."""
    recorded = re.search(r"rules: `(\w+)`", PAGE.read_text(encoding="utf-8"))
    assert recorded
    on = {row[0] for row in rows(1) if row[0] in TABLE.switches}
    on |= mechanisms_of(read_scenario(name) for name in {row[4] for row in rows(1)})
    assert same_rules(recorded[1], on=on)
    assert not same_rules("0" * 64, on=on)  # the control


def test_the_page_says_which_knobs_are_dead():
    alive = Difference("share_sustained", 0.1, 0.01, 200)
    nothing = Difference("share_sustained", 0.0, 0.0, 200)
    main = (alive, nothing, nothing)
    findings = {knob.name: Finding(knob, FIRST, alive, main) for knob in KNOBS}
    findings["hours_capacity"] = replace(findings["hours_capacity"], best=nothing)
    findings[DUMMY] = Finding(Knob(DUMMY, DUMMY, 0.0, 1.0), FIRST, alive, main)
    text = document(findings, TABLE, seed=1, replicates=200)
    assert f"{len(KNOBS) - 1} alive, 1 dead: hours_capacity" in text
    assert "| hours_capacity | 130 | 165 | DEAD |" in text
    assert "a parameter that nothing reads: ALIVE" in text
    assert "| fading | off | on | alive | nine-services | 200 | share_sustained | 0.1 | 0.01 | 10.0 |" in text
    assert "| fading | off | on | **+0.1 ± 0.01** | 0 | 0 |" in text


def test_the_page_is_made_of_the_numbers_that_are_kept_beside_it():
    """If this fails, one of the two was changed alone: run ``python -m experiments.keeping.knobs``."""
    kept = knobs_kept.read(ROOT)
    told = {name: kept.record[name] for name in ("seed", "replicates")}
    text = document(kept.findings, TABLE, **told)
    rules = re.compile(r"rules: `\w+`")  # of the day of the search, as the record has it; that they are these is asked above
    assert rules.sub("", text) == rules.sub("", PAGE.read_text(encoding="utf-8"))
    assert f"rules: `{kept.record['rules']}`" in PAGE.read_text(encoding="utf-8")
    one = kept.findings["fading"]
    other = kept.findings | {"fading": replace(one, best=replace(one.best, mean=2.0 * one.best.mean))}
    assert document(other, TABLE, **told) != text  # the control


def test_what_is_kept_is_read_back_to_the_last_digit(tmp_path):
    third = Difference("share_sustained", 1.0 / 3.0, 0.1 / 3.0, 200)
    main = tuple(replace(third, outcome=name) for name in MAIN)
    findings = {"hours_capacity": Finding(knob_called("hours_capacity"), FIRST, third, main)}
    knobs_kept.write(tmp_path / knobs_kept.REFERENCE, findings, {"seed": 1})
    assert knobs_kept.read(tmp_path).findings == findings
    moved = replace(
        TABLE, parameters={**TABLE.parameters, "hours_capacity": replace(TABLE.parameters["hours_capacity"], low=1.0)}
    )
    assert knobs_kept.read(tmp_path, moved).findings == {}  # of other bounds
    assert knobs_kept.read(tmp_path / "nowhere") is None
