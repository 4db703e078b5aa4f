"""How much hangs on the definitions: the same replicates with each definition at its bounds."""

import math

import numpy as np
import pytest

from sim.codes import ABANDONED, SUSTAINED
from sim.engine import simulate
from sim.history import STATES, to_frame
from sim.measures import BOUNDS, DEFINITIONS, definition_rows, definitions
from sim.measures.definitions import MOST_REPLICATES, affordable, counts_of
from sim.parameters import read_table
from sim.produce import Job, produce
from sim.report.bounds import bound_tables, how_much_hangs
from sim.runs import run
from sim.store.hashing import TableHash
from sim.world import prepare
from tests.plans import plain_first, plain_plan, shipped, shipped_first, with_values

pytestmark = pytest.mark.engine

SEED, COUNT = 11, 12
DELIVERING = len(STATES)
"""Place of the delivering posts in what ``counts_of`` gives."""
HELPED = DELIVERING + 1
HISTORIES = DELIVERING + 5
"""Place of what has become of services and posts, which definitions do move."""
NAMES = definitions._NAMES


@pytest.fixture(scope="module")
def study():
    """The first version, in which no definition acts on what anybody does."""
    return shipped_first("nine-services")[0]


@pytest.fixture(scope="module")
def whole():
    """The nine services with every mechanism."""
    return shipped("nine-services")[0]


@pytest.fixture(scope="module")
def frame(study):
    return to_frame(*definition_rows(study, seed=SEED, replicates=COUNT))


def counted(plan, name, *values):
    return [counts_of(with_values(plan, {name: value}), seed=SEED, replicates=COUNT) for value in values]


def digest(table, rows):
    found = TableHash(table)
    found.update(rows)
    return found.digest()


def test_every_definition_is_a_parameter_and_one_of_the_report():
    from sim.report import definitions_of

    assert set(DEFINITIONS) <= set(read_table().parameters)
    assert set(DEFINITIONS) == set(definitions_of(plain_plan()))


def test_a_higher_bar_for_fidelity_never_makes_more_sustained(study):
    low, middle, high = counted(study, "fidelity_high", 3.7, 4.0, 4.3)
    assert np.all(low[:, SUSTAINED] >= middle[:, SUSTAINED])
    assert np.all(middle[:, SUSTAINED] >= high[:, SUSTAINED])
    # The control: the bar does move something, and by the same check the other way round would fail.
    assert not np.all(high[:, SUSTAINED] >= low[:, SUSTAINED])
    # Nothing that anybody does is touched.
    assert np.array_equal(low[:, DELIVERING:HISTORIES], high[:, DELIVERING:HISTORIES])
    assert np.array_equal(low[:, ABANDONED], high[:, ABANDONED])


def test_more_posts_asked_for_never_makes_more_sustained(study):
    low, high = counted(study, "share_posts_sustained", 1 / 3, 0.75)
    assert np.all(low[:, SUSTAINED] >= high[:, SUSTAINED])
    assert low[:, SUSTAINED].sum() > high[:, SUSTAINED].sum()


def test_a_longer_wait_never_makes_more_abandoned(study):
    for name, short, long in (("months_without_session", 6.0, 12.0), ("months_without_anybody", 2.0, 6.0)):
        soon, late = counted(study, name, short, long)
        assert np.all(soon[:, ABANDONED] >= late[:, ABANDONED]), name
        assert np.array_equal(soon[:, DELIVERING:HISTORIES], late[:, DELIVERING:HISTORIES]), name


def test_a_longer_window_never_makes_fewer_posts_deliver():
    # Without outside support nobody scores fidelity over the window, and in the first version it only counts and acts on nothing.
    plan = plain_first((2, 3, 4), months=48, service={"support_months": 0})
    short, middle, long = counted(plan, "months_delivery_window", 3.0, 4.0, 6.0)
    assert np.all(short[:, DELIVERING] <= middle[:, DELIVERING])
    assert np.all(middle[:, DELIVERING] <= long[:, DELIVERING])
    assert short[:, DELIVERING].sum() < long[:, DELIVERING].sum()
    assert np.array_equal(short[:, HELPED:HISTORIES], long[:, HELPED:HISTORIES])


def test_a_higher_worthwhile_benefit_helps_fewer_and_keeps_the_sum_of_rejections(study):
    low, high = counted(study, "gain_worthwhile", 0.0, 0.2)
    assert np.all(low[:, HELPED] >= high[:, HELPED])
    assert low[:, HELPED].sum() > high[:, HELPED].sum()
    # What counts as worth it decides only which of the rejections were false.
    assert np.array_equal(low[:, HELPED + 1] + low[:, HELPED + 2], high[:, HELPED + 1] + high[:, HELPED + 2])
    assert np.all(low[:, HELPED + 1] >= high[:, HELPED + 1])
    assert np.array_equal(low[:, : len(STATES)], high[:, : len(STATES)])


MOVES = {
    "months_delivery_window": ("share_operating", "posts_operating", "share_silent"),
    "fidelity_high": ("share_sustained", "share_high_every_look"),
    "share_posts_sustained": ("share_sustained",),
    "months_without_session": ("share_abandoned", "share_kept_going", "posts_kept_going"),
    "months_without_anybody": ("share_given_up", "posts_given_up"),
    "months_never_started": ("share_never_started",),
    "gain_worthwhile": ("helped_per_post",),
}
"""Outcomes that each definition moves, between its bounds."""


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_definition_really_changes_something_and_not_what_it_does_not_define(study, name):
    known = read_table().parameters[name]
    plan = study
    if name == "months_never_started":  # whoever is late is still to come at an early month only
        plan = plain_plan((1, 2, 3), months=8, service={"pool": 1, "inflow": 0.3})
    low, high = (counts_of(with_values(plan, {name: value}), seed=SEED, replicates=COUNT) for value in (known.low, known.high))
    for outcome in MOVES[name]:
        place = NAMES.index(outcome)
        assert low[:, place].sum() != high[:, place].sum(), outcome
    if name not in {"months_delivery_window", "months_without_session"}:
        kept = NAMES.index("share_kept_going")
        assert np.array_equal(low[:, kept], high[:, kept])


def test_with_every_mechanism_only_two_definitions_act_on_what_anybody_does(whole):
    """The window acts by fidelity that is scored over it; from when on nobody is left, a service has to decide to begin again."""
    acting = {"months_delivery_window", "months_without_anybody"}
    for name in DEFINITIONS:
        known = read_table().parameters[name]
        low, high = counted(whole, name, known.low, known.high)
        fields = slice(DELIVERING, HELPED if name == "gain_worthwhile" else HISTORIES)
        assert np.array_equal(low[:, fields], high[:, fields]) == (name not in acting), name
    # and this one no more where services decide nothing
    plan = with_values(whole, {"switch_service_decides": 0})
    low, high = counted(plan, "months_without_anybody", 2.0, 6.0)
    assert np.array_equal(low[:, DELIVERING:HISTORIES], high[:, DELIVERING:HISTORIES])


def test_longer_definitions_of_histories_never_make_them_worse(study):
    soon, late = counted(study, "months_without_session", 6.0, 12.0)
    for outcome in ("share_kept_going", "posts_kept_going"):
        assert np.all(soon[:, NAMES.index(outcome)] <= late[:, NAMES.index(outcome)])
    soon, late = counted(study, "months_without_anybody", 2.0, 6.0)
    for outcome in ("share_given_up", "posts_given_up"):
        assert soon[:, NAMES.index(outcome)].sum() > late[:, NAMES.index(outcome)].sum()
    low, high = counted(study, "fidelity_high", 3.7, 4.3)
    high_look = NAMES.index("share_high_every_look")
    assert np.all(low[:, high_look] >= high[:, high_look])
    assert np.array_equal(low[:, NAMES.index("share_operating")], high[:, NAMES.index("share_operating")])


def test_table_by_hand(study, frame):
    assert frame["definition"].astype(str).tolist() == [name for name in DEFINITIONS for _ in BOUNDS]
    assert frame["bound"].astype(str).tolist() == list(BOUNDS) * len(DEFINITIONS)
    assert np.allclose(frame[[f"share_{state}" for state in STATES]].sum(axis=1), 1.0)
    assert set(frame["replicates"]) == {COUNT}
    assert set(frame["month"]) == {study.months}
    for name in DEFINITIONS:
        one = frame[frame["definition"] == name]
        assert one["value"].tolist() == [getattr(read_table().parameters[name], which) for which in ("low", "value", "high")]
    row = frame[(frame["definition"] == "fidelity_high") & (frame["bound"] == "high")].iloc[0]
    own, moved = (
        np.array([(batch.rows["state"][:, :, -1] == SUSTAINED).mean(axis=1)[0] for batch in simulate(
            plan, seed=SEED, replicates=COUNT, batch=1)])
        for plan in (study, with_values(study, {"fidelity_high": 4.3}))
    )  # fmt: skip
    assert row["share_sustained"] == pytest.approx(moved.mean())
    assert row["change_sustained"] == pytest.approx((moved - own).mean())
    assert row["change_sustained_mcse"] == pytest.approx((moved - own).std(ddof=1) / math.sqrt(COUNT))
    # The control: errors that forget the pairing are others.
    assert row["change_sustained_mcse"] != pytest.approx(math.hypot(moved.std(ddof=1), own.std(ddof=1)) / math.sqrt(COUNT))


def test_own_definition_changes_nothing(frame):
    own = frame[frame["bound"] == "run"]
    changes = [name for name in frame.columns if name.startswith("change_")]
    assert len(changes) == 12
    assert (own[changes] == 0.0).all(axis=None)
    assert own["share_sustained"].nunique() == 1


def test_threads_change_nothing(study):
    once = digest(*definition_rows(study, seed=SEED, replicates=5))
    assert digest(*definition_rows(study, seed=SEED, replicates=5, threads=2)) == once
    assert digest(*definition_rows(study, seed=SEED, replicates=5, threads=20)) == once
    # The control: other draws are other data.
    assert digest(*definition_rows(study, seed=SEED + 1, replicates=5)) != once


def test_value_of_the_run_is_that_of_the_scenario():
    plan = plain_plan(parameters={"fidelity_high": 4.3}, months=18)
    table = to_frame(*definition_rows(plan, seed=1, replicates=2))
    mine = table[table["definition"] == "fidelity_high"].set_index("bound")
    assert mine.loc["run", "value"] == mine.loc["high", "value"] == 4.3
    assert mine.loc["high", "change_sustained"] == 0.0


def test_members_that_differ_in_a_definition_have_no_value():
    plan = plain_plan(months=12)
    plan.parameters.resize(2, refcheck=False)
    plan.parameters[1] = plan.parameters[0]
    plan.parameters["fidelity_high"] = (3.8, 4.2)
    table = to_frame(*definition_rows(plan, seed=1, replicates=2))
    own = table[table["bound"] == "run"].set_index("definition")["value"]
    assert own.isna().tolist() == [name == "fidelity_high" for name in DEFINITIONS]
    assert "3.7 to 4.3" in str(bound_tables({"summary_definitions": table})[0].rows)


def test_one_replicate_has_no_error(study):
    table = to_frame(*definition_rows(study, seed=SEED, replicates=1))
    assert table["change_sustained_mcse"].isna().all()
    assert "Of these runs 1 was made again" in how_much_hangs({"summary_definitions": table})
    assert "nan" not in str(bound_tables({"summary_definitions": table}))


def test_work_stays_small(study):
    assert affordable(study, 10_000) == MOST_REPLICATES
    assert affordable(study, 7) == 7
    assert [affordable(study, count) for count in (50, 100, 195, 600, 749, 750)] == [12, 12, 13, 40, 49, 50]
    # 15 runs of each replicate: 75,000, 900,000, 2,700,000 and 5,400,000 service-months
    found = [affordable(plain_plan((1,) * services, months=60), 10_000) for services in (100, 1000, 3000, 6000)]
    assert found == [13, 2, 1, 0]
    assert affordable(shipped("national")[0], 20) == 2


def test_what_is_too_large_is_told(study, monkeypatch):
    monkeypatch.setattr(definitions, "affordable", lambda *_: 0)
    table = to_frame(*definition_rows(study, seed=SEED, replicates=3))
    assert len(table) == 0
    assert list(table.columns) == list(definitions.definitions_table().names)
    for frames in ({"summary_definitions": table}, {}):
        assert "were not run again" in how_much_hangs(frames)
        assert bound_tables(frames) == []


@pytest.mark.usefixtures("undrawn")
def test_folder_with_an_empty_table_is_sound(tmp_path, monkeypatch):
    from sim.proof import replay
    from sim.store.reader import check_folder

    monkeypatch.setattr(definitions, "affordable", lambda *_: 0)
    found = run("nine-services", replicates=2, months=12, seed=3, threads=1, out=tmp_path / "large")
    assert found.definitions.empty
    assert check_folder(found.folder, deep=True) == []
    assert replay(found.folder).equal
    assert "were not run again" in found.report.read_text(encoding="utf-8")
    monkeypatch.undo()
    again = replay(found.folder)  # the control: with rows the table is another
    assert [one.table for one in again.differences] == ["summary_definitions"]


def test_both_engines_give_the_same_table():
    plan = plain_plan((2, 1), months=14)
    found = {}
    for engine in ("compiled", "mesa"):
        parts = {}
        produce(
            Job(plan, seed=5, replicates=2, engine=engine),
            lambda table, rows, parts=parts: parts.update({table.name: (table, rows)}),
        )
        found[engine] = digest(*parts["summary_definitions"])
    assert found["compiled"] == found["mesa"]


def test_report_says_what_it_means(frame):
    frames = {"summary_definitions": frame}
    text = how_much_hangs(frames).replace("\N{NO-BREAK SPACE}", " ")
    states = frame[frame["definition"] != "gain_worthwhile"]
    low, high = states["share_kept_going"].min(), states["share_kept_going"].max()
    assert f"between {100 * low:.0f} % and {100 * high:.0f} %" in text
    assert "how long a service may be without a session matters most for that" in text
    grids = bound_tables(frames)
    assert [len(grid.rows) for grid in grids] == [6, 6, 3]
    assert [grid.heads[1] for grid in grids[:2]] == ["Kept going, at low", "High at every look, at low"]
    assert all(len(cells) == len(grid.heads) - 1 for grid in grids for _, cells in grid.rows)
    assert "High fidelity: 3.7 to 4.3 (here 4)" in [name for name, _ in grids[0].rows]
    still = frame.assign(share_kept_going=0.25)
    assert "stays at 25" in how_much_hangs({"summary_definitions": still})


def test_values_are_replaced_in_every_record_of_a_copy() -> None:
    plan = prepare("nine-services", months=2).plan
    before = plan.parameters.tobytes()
    turned = with_values(plan, {"fidelity_high": 4.3, "switch_turnover": 0})
    assert set(turned.parameters["fidelity_high"]) == {4.3}
    assert not turned.parameters["switch_turnover"].any()
    assert turned.parameters["chance_leaves"].tobytes() == plan.parameters["chance_leaves"].tobytes()
    assert plan.parameters.tobytes() == before != turned.parameters.tobytes()
