"""Aggregates are what the rows say: counted while runs are under way, they equal what is counted from the rows."""

from dataclasses import replace

import numpy as np
import pytest

from sim import codes
from sim.engine import Batch, CompiledEngine, MesaEngine, blank_batch, simulate
from sim.history import STATES, STATUSES
from sim.measures import Summary, outcome_vector
from sim.measures.survival import Spells
from sim.plan import Plan
from sim.tallies import FIDELITY_BINS, MEASURES, Counts, Tally
from tests.plans import plain_plan, shipped, shortened, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

RUNS = np.arange(30, dtype=np.int64)


@pytest.fixture(scope="module")
def region() -> Plan:
    return shortened(shipped("nine-services")[0], 26)


@pytest.fixture(scope="module")
def ran(region: Plan) -> Batch:
    """Thirty replicates, with rows."""
    return CompiledEngine(region, 1).run(RUNS)[0]


def same(one: Counts, other: Counts) -> bool:
    return all(a.dtype == b.dtype == np.int64 and np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def counted(plan: Plan, *batches: Batch) -> tuple[Counts, int]:
    tally = Tally(plan)
    for batch in batches:
        tally.add(batch)
    return tally.take()


def by_hand(plan: Plan, batch: Batch) -> Counts:
    """The same counts by numpy from the rows, unit by unit."""
    tally, rows = Tally(plan), batch.rows
    columns = [rows["state"] == code for code in range(len(STATES))]
    columns += [rows[name] for name in ("delivering_posts", *STATUSES)]
    columns += [rows["use"] == code for code in range(3)]
    posts = ("operating_posts", "silent_posts", "given_up_posts", "kept_going_posts", "high_look_posts")
    columns += [rows[name] for name in ("kept_going", "high_every_look", *posts)]
    values = np.stack(columns, axis=-1).astype(np.int64)  # replicate, service, month, measure
    each = np.stack([values[:, unit.services].sum(axis=1) for unit in tally.units], axis=1)
    at = np.array(tally.landmarks) - 1
    edges = np.linspace(1.0, 5.0, FIDELITY_BINS + 1)
    fidelity = np.zeros((len(tally.units), len(at), FIDELITY_BINS), np.int64)
    for place, unit in enumerate(tally.units):
        for mark, month in enumerate(at):
            found = rows["fidelity"][:, unit.services, month]
            fidelity[place, mark] = np.histogram(found[found > 0.0], edges)[0]
    counted = []
    for ending in (rows["state"] == codes.ABANDONED, rows["in_gap"] == 1, rows["use"] == codes.GIVEN_UP):
        spells = Spells(len(plan.services), plan.months)
        spells.add(rows["sessions"], ending)
        counted += [
            np.stack([one[unit.services].sum(axis=0) for unit in tally.units]) for one in (spells.events, spells.censored)
        ]
    return Counts(each.sum(axis=0), (each * each).sum(axis=0), fidelity, *counted)


def test_running_and_counting_equals_counting_rows_and_numpy(region: Plan, ran: Batch) -> None:
    tally = Tally(region)
    tally.run(CompiledEngine(region, 1), RUNS)
    counts, runs = tally.take()
    assert runs == 30
    assert counts.totals.shape == (len(tally.units), 26, len(MEASURES))
    assert same(counts, counted(region, ran)[0])
    assert same(counts, by_hand(region, ran))
    assert all(one.any() for one in counts), "nothing was compared"


def test_it_equals_what_the_summary_says_of_the_same(region: Plan, ran: Batch) -> None:
    summary, (counts, runs) = Summary(region), counted(region, ran)
    summary.add(ran)
    mean, mcse = summary.means()
    names = [f"share_{state}" for state in STATES]
    names += ["posts_delivering" if one == "delivering_posts" else one for one in MEASURES[len(STATES) : len(MEASURES) - 10]]
    names += [f"share_{one}" for one in ("operating", "silent", "given_up", "kept_going", "high_every_look")]
    names += [f"posts_{one}" for one in ("operating", "silent", "given_up", "kept_going", "high_every_look")]
    from sim.measures import OUTCOME_NAMES

    for at, name in enumerate(names):
        total, squares = counts.totals[:, :, at], counts.squares[:, :, at]
        per = np.array(
            [
                len(u.services) if name.startswith("share_") else region.services["posts"][u.services].sum()
                for u in Tally(region).units
            ]
        )
        place = OUTCOME_NAMES.index(name)
        seen = slice(11, None) if name.endswith("every_look") else slice(None)  # undefined before the first look
        assert np.array_equal((total / runs / per[:, None])[:, seen], mean[place][:, seen]), name
        error = np.sqrt((runs * squares - total * total).astype(float) / (float(runs) ** 2 * (runs - 1.0))) / per[:, None]
        assert np.array_equal(error[:, seen], mcse[place][:, seen]), name
    for at, unit in enumerate(summary.units):
        events, censored, _ = summary.spells_of(unit)
        assert np.array_equal(counts.events[at], events)
        assert np.array_equal(counts.censored[at], censored)
        for ending, name in (("first gap", "gap"), ("given up", "given_up")):
            events, censored, _ = summary.spells_of(unit, ending)
            assert np.array_equal(getattr(counts, f"{name}_events")[at], events)
            assert np.array_equal(getattr(counts, f"{name}_censored")[at], censored)


def test_squares_give_the_error_of_the_runs_own_values(region: Plan, ran: Batch) -> None:
    (counts, runs), values = counted(region, ran), outcome_vector(region, [ran])["share_sustained"]
    total = int(counts.totals[0, -1, STATES.index("sustained")])
    squares = int(counts.squares[0, -1, STATES.index("sustained")])
    services = len(region.services)
    assert total / runs / services == pytest.approx(values.mean(), rel=1e-14)  # numpy adds shares in another order
    error = np.sqrt((runs * squares - total**2) / (runs * runs * (runs - 1))) / services
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(runs), rel=1e-12)
    assert error > 0.0


@pytest.mark.parametrize("size", [1, 7, 29])
def test_order_and_batches_do_not_matter(region: Plan, ran: Batch, size: int) -> None:
    parts = [ran.some(slice(at, at + size)) for at in range(0, len(RUNS), size)]
    assert same(counted(region, ran)[0], counted(region, *parts[::-1])[0])
    tally, engine = Tally(region), CompiledEngine(region, 1)
    order = np.random.default_rng(size).permutation(RUNS)
    for at in range(0, len(order), size):
        tally.run(engine, order[at : at + size])
    assert same(tally.take()[0], counted(region, ran)[0])


CHANGES = {
    "state": ("totals", codes.ABANDONED),
    "delivering_posts": ("squares", 7),
    "vacant": ("totals", 9),
    "fidelity": ("fidelity", 1.05),
    "sessions": ("censored", 0),
    "use": ("given_up_events", codes.GIVEN_UP),
    "in_gap": ("gap_events", 1),
}


@pytest.mark.parametrize("field", CHANGES)
def test_one_altered_row_is_seen(region: Plan, ran: Batch, field: str) -> None:
    # the control of the tests above
    name, value = CHANGES[field]
    rows = ran.rows.copy()
    if field == "sessions":
        rows[field][3, 2, :] = value
    else:
        rows[field][3, 2, 23] = value
    assert not np.array_equal(rows[field], ran.rows[field])
    altered = counted(region, ran._replace(rows=rows))[0]
    whole = counted(region, ran)[0]
    assert not np.array_equal(getattr(altered, name), getattr(whole, name))
    assert not same(by_hand(region, ran), altered)


def test_taking_starts_anew(region: Plan, ran: Batch) -> None:
    tally = Tally(region)
    tally.add(ran)
    first, _ = tally.take()
    nothing, runs = tally.take()
    assert runs == 0
    assert not any(one.any() for one in nothing)
    tally.add(ran)
    assert same(tally.take()[0], first)


def test_no_replicate_counts_nothing(region: Plan) -> None:
    tally, none = Tally(region), np.zeros(0, np.int64)
    tally.run(CompiledEngine(region, 1), none)
    tally.add(blank_batch(region, 0))
    counts, runs = tally.take()
    assert runs == 0
    assert not any(one.any() for one in counts)


@pytest.mark.parametrize(("posts", "months"), [((1,), 1), ((1,), 30), ((3, 2), 1)])
def test_one_service_and_one_month(posts: tuple[int, ...], months: int) -> None:
    plan = plain_plan(posts, months=months)
    tally = Tally(plan)
    tally.run(CompiledEngine(plan, 5), RUNS)
    counts, _ = tally.take()
    (batch,) = simulate(plan, seed=5, replicates=30)
    assert same(counts, by_hand(plan, batch))
    assert (counts.totals[0, :, : len(STATES)].sum(axis=1) == 30 * len(posts)).all()  # every service has one state


def test_bins_are_closed_below_and_the_last_one_above_too() -> None:
    plan = plain_plan((1,), months=12)
    for bin_, low in enumerate(np.arange(10, 50) / 10.0):
        for value, expected in ((low, bin_), (low + 0.05, bin_), (low - 0.001, max(bin_ - 1, 0))):
            batch = blank_batch(plan, 1)
            batch.rows["fidelity"][0, 0, 11] = value
            assert counted(plan, batch)[0].fidelity[0, -1].tolist() == [int(at == expected) for at in range(40)], value
    batch = blank_batch(plan, 1)
    batch.rows["fidelity"][0, 0, 11] = 5.0
    assert counted(plan, batch)[0].fidelity[0, -1, 39] == 1


# ------------------------------------------------------------------------------------------------------------------- members


def members(plan: Plan) -> Plan:
    """Three parameter records."""
    three = np.repeat(plan.parameters, 3)
    three["chance_leaves"] = [0.0069, 0.0145, 0.0293]
    three["months_delivery_window"] = [3.0, 1.0, 6.0]
    three["switch_turnover"] = [1, 0, 1]
    return replace(plan, parameters=three)


def test_members_are_those_that_are_given(region: Plan) -> None:
    plan, runs = members(region), np.repeat(np.arange(4, dtype=np.int64), 3)
    which = np.tile(np.array([2, 0, 1]), 4)
    batch, _ = CompiledEngine(plan, 1).run(runs, members=which)
    assert batch.members.tolist() == which.tolist()
    vector = outcome_vector(plan, [batch])
    alone: dict[int, dict[str, np.ndarray]] = {}
    for member in range(3):
        own = replace(plan, parameters=plan.parameters[member : member + 1])
        rows, _ = CompiledEngine(own, 1).run(np.arange(4, dtype=np.int64))
        assert np.array_equal(batch.rows[which == member], rows.rows)
        assert np.array_equal(batch.ends[which == member], rows.ends)
        alone[member] = outcome_vector(own, [rows])
        for name, values in vector.items():
            np.testing.assert_array_equal(values[which == member], alone[member][name], err_msg=name)
    # the control: the members differ, also in what only the length of the delivery window decides
    assert not np.array_equal(alone[0]["share_sustained@mean"], alone[2]["share_sustained@mean"])
    tally = Tally(plan)
    tally.run(CompiledEngine(plan, 1), runs, which)
    assert same(tally.take()[0], counted(plan, batch)[0])


def test_without_members_the_plan_says_which(region: Plan) -> None:
    plan = members(region)
    compiled, _ = CompiledEngine(plan, 1).run(np.array([4, 5, 9], np.int64))
    given, _ = CompiledEngine(plan, 1).run(np.array([4, 5, 9], np.int64), members=np.array([1, 2, 0]))
    assert compiled.members.tolist() == [1, 2, 0]
    assert np.array_equal(compiled.rows, given.rows)
    other, _ = CompiledEngine(plan, 1).run(np.array([4, 5, 9], np.int64), members=np.array([1, 2, 1]))
    assert not np.array_equal(compiled.rows, other.rows)
    assert MesaEngine(shortened(plan, 1), 1).run(np.array([4, 5], np.int64))[0].members.tolist() == [1, 2]


@pytest.mark.parametrize("wrong", [[0, 1, 3], [-1, 0, 0], [0, 0], [0, 0, 0, 0]])
def test_members_that_are_not_there_are_refused(region: Plan, wrong: list[int]) -> None:
    plan, runs = members(region), np.arange(3, dtype=np.int64)
    with pytest.raises(ValueError, match="a member of 0 to 2 is needed for each replicate"):
        CompiledEngine(plan, 1).run(runs, members=np.array(wrong))
    tally = Tally(plan)
    with pytest.raises(ValueError, match="a member of 0 to 2"):
        tally.run(CompiledEngine(plan, 1), runs, np.array(wrong))
    assert tally.take()[1] == 0


def test_room_that_is_used_again_leaves_nothing_of_what_was_there(region: Plan, ran: Batch) -> None:
    room = blank_batch(region, 8)
    engine = CompiledEngine(with_values(region, {"chance_leaves": 0.0293}), 9)
    engine.run(np.arange(8, dtype=np.int64), into=room)
    again, _ = CompiledEngine(region, 1).run(RUNS[5:10], into=room)
    assert np.shares_memory(again.rows, room.rows)
    assert np.array_equal(again.rows, ran.rows[5:10])
    assert np.array_equal(again.ends, ran.ends[5:10])
