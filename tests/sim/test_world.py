"""A prepared world: the same to the bit as any other run of its plan, whatever ran before and on whichever thread."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import sim
from sim.codes import GIVEN_UP
from sim.engine import ENGINES, CompiledEngine
from sim.holds import HOLD, Hold
from sim.problems import BadInput
from sim.scenario import read_scenario, resolve, with_calendars
from sim.scenario.schema import Policy
from sim.world import MEASURES, Shares, World, paired, stream
from sim.world.accumulate import flags_of
from sim.world.asked import other_luck
from sim.world.rooms import BATCHES
from tests.comparing import assert_same, compared

pytestmark = pytest.mark.engine

LED: dict[str, Any] = {"lever": "follow_up", "dose": 1.0, "start": 12}
SOME = np.array([3, 0, 17])


@pytest.fixture(scope="module")
def world() -> World:
    return sim.prepare("nine-services", months=30)


@pytest.fixture(scope="module")
def led(world: World) -> World:
    return world.with_policies([*world.policies, LED])


def bits(world: World, replicates: Any = SOME, **how: Any) -> bytes:
    batch = world.run(replicates, **how)
    return batch.rows.tobytes() + batch.ends.tobytes()


# ----------------------------------------------------------------------------------------------------- equal plan, equal bits


def test_it_is_the_run_of_the_same_name(world: World) -> None:
    run = sim.run("nine-services", months=30, replicates=3, threads=1)
    rows = world.run(3).rows
    monthly = run.services_monthly
    for name in ("sessions", "readiness", "commitment", "hours_leader"):
        assert monthly[name].to_numpy().tolist() == rows[name].reshape(-1).tolist()
    assert run.worlds["member"].to_list() == world.plan.members[world.members(3)].tolist()


def test_a_prepared_scenario_is_the_one_that_is_read(world: World) -> None:
    again = sim.prepare(world.scenario)
    assert again.hash == world.hash
    assert again.seed == world.seed
    assert sim.prepare("nine-services", months=30, seed=5).seed == 5
    assert sim.prepare("nine-services", months=30, ensemble=None).worlds == 1
    assert sim.prepare(world.scenario, settings={"chance_leaves": 0.02}).hash != world.hash  # the control


def test_nothing_hangs_on_what_ran_before(world: World, led: World) -> None:
    before = bits(world)
    bits(led)
    world.only("D").run(2)
    world.run(SOME, branch=7)
    world.run(SOME, held=[Hold("practitioner.leaves", 0.999)])
    assert bits(world) == before
    assert bits(led) != before  # the control


def test_other_luck_compiles_nothing_anew(world: World) -> None:
    from sim.compiled import run_replicates

    d = world.only("D")
    d.run(2)
    d.run(1, held=[Hold("practitioner.leaves", 0.999)])
    d.run(2, branch=[3, 4], others=np.array([8, 9]))
    d.trace(0, branch=3)
    assert len(run_replicates.signatures) == 1


def test_nothing_hangs_on_the_thread(world: World, led: World) -> None:
    alone = {name: bits(one) for name, one in (("world", world), ("led", led))}
    with ThreadPoolExecutor(4) as pool:
        several = [(name, pool.submit(bits, one)) for _ in range(6) for name, one in (("world", world), ("led", led))]
        assert all(found.result(timeout=120) == alone[name] for name, found in several)


def test_a_room_is_written_over_and_says_the_same(world: World) -> None:
    room = world.room(5)
    assert bits(world, into=room) == bits(world)
    assert world.room(3) is room
    assert world.room(3, place=1) is not room


def test_a_service_alone_has_the_rooms_of_its_region_and_only_some_are_kept(world: World) -> None:
    alone = world.only("D")
    room = alone.room(5)
    assert world.only("D").room(4) is room
    assert bits(alone, into=room) == bits(alone)
    for place in range(1, 1 + BATCHES):
        world.room(1, place=place)
    assert alone.room(4) is not room


@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_both_engines(world: World, engine: str) -> None:
    d = world.only("D")
    how: dict[str, Any] = {"branch": 9, "held": [Hold("leader.leaves", 0.9)]}
    assert_same(compared(d.trace(4, **how), d.trace(4, engine=engine, **how)))
    assert bits(d, [4], **how) == bits(d, [4], engine=engine, **how)


# -------------------------------------------------------------------------------------------------------------------- policies


def test_policies_are_those_of_a_scenario(world: World, led: World) -> None:
    plan = resolve(led.scenario)
    assert led.hash == sim.prepare(led.scenario).hash != world.hash
    assert with_calendars(world.plan, led.scenario).calendars.tobytes() == plan.calendars.tobytes()
    assert led.plan.parameters is world.plan.parameters  # shared, not made again
    assert led.with_policies(world.policies).hash == world.hash
    assert world.with_policies([Policy(**LED)]).policies == (Policy(**LED),)


def test_a_dose_of_zero_is_no_policy(world: World) -> None:
    assert bits(world.with_policies([*world.policies, LED | {"dose": 0.0}])) == bits(world)


def test_policies_that_cannot_be_are_refused_all_at_once(world: World) -> None:
    wrong = [
        LED | {"dose": 2},
        LED | {"lever": "folow_up"},
        LED | {"start": 99},
        {"dose": 1.0, "start": 0},
        "follow_up",
        LED | {"services": ["X"]},
    ]
    with pytest.raises(BadInput) as refused:
        world.with_policies(wrong)  # type: ignore[arg-type]
    said = "\n".join(str(one) for one in refused.value.problems)
    for part in (
        "2 is out of bounds for follow_up",
        "unknown lever 'folow_up'",
        "starts in month 99",
        "missing key",
        "is no policy",
        "X",
    ):
        assert part in said


def test_settings_are_those_of_a_reader(world: World) -> None:
    mine = world.with_settings({"chance_leaves": 0.02, "switch.expansion": "off"})
    read = sim.prepare("nine-services", months=30, settings={"chance_leaves": 0.02, "switch.expansion": "off"})
    assert mine.hash == read.hash != world.hash
    with pytest.raises(BadInput, match="chance_leavs"):
        world.with_settings({"chance_leavs": 0.02})


# ------------------------------------------------------------------------------------------------------------ another scenario


def test_another_scenario_shares_what_does_not_differ(world: World) -> None:
    policies, services, values = (
        read_scenario(name, months=30) for name in ("supervision-boosters", "all-active", "high-turnover")
    )
    ensemble = world.scenario.ensemble
    assert ensemble is not None
    for scenario in (policies, services, values):
        other = world.with_scenario(replace(scenario, ensemble=ensemble))
        assert other.hash == sim.prepare(scenario.name, months=30).hash != world.hash
        shared = scenario is not values
        assert (other.plan.parameters is world.plan.parameters) == shared
        assert (other.plan.posts is world.plan.posts) == (scenario is policies)
        assert bits(other) == bits(sim.prepare(scenario.name, months=30))


def test_what_differs_is_never_shared(world: World) -> None:
    """Each of these would be another plan, if the one that was resolved before were taken for it."""
    scenario, ensemble = world.scenario, world.scenario.ensemble
    assert ensemble is not None
    moved = ensemble.values.copy()
    moved[0, 0] += 1e-3
    others = {
        "parameters": replace(scenario, parameters={"chance_leaves": 0.02}),
        "settled": replace(scenario, settled=(ensemble.parameters[0],)),
        "switches": replace(scenario, switches={"turnover": False}),
        "forms": replace(scenario, forms={"deciding": "threshold"}),
        "months": replace(scenario, months=29),
        "no ensemble": replace(scenario, ensemble=None),
        "values": replace(scenario, ensemble=replace(ensemble, values=moved)),
        "weights": replace(scenario, ensemble=replace(ensemble, weights=ensemble.weights[::-1])),
        "service": replace(scenario, services=scenario.services[::-1]),
    }
    for what, other in others.items():
        found = world.with_scenario(other)
        assert found.hash == World(other, resolve(other), 1).hash != world.hash, what
        assert found.plan.members.tolist() == other.members().tolist(), what
    alike = replace(scenario, ensemble=replace(ensemble, values=ensemble.values.copy(), name="another name"))
    assert world.with_scenario(alike).plan.parameters is world.plan.parameters  # the control


def test_some_of_the_worlds(world: World) -> None:
    which = np.array([9, 4, 4])
    few = world.among(which)
    assert few.worlds == 3
    assert few.plan.members.tolist() == world.plan.members[which].tolist()
    own = [world.run([number], members=which[number % 3 : number % 3 + 1]).rows.tobytes() for number in (0, 1, 5)]
    assert [few.run([number]).rows.tobytes() for number in (0, 1, 5)] == own
    assert few.run([1]).rows.tobytes() != world.run([1]).rows.tobytes()  # the control
    for changed in (few.with_policies([LED]), few.with_settings({"chance_leaves": 0.02}), few.with_seed(4)):
        assert changed.plan.members.tolist() == few.plan.members.tolist()
    values = few.with_settings({"chance_leaves": 0.02})
    assert values.hash == world.with_settings({"chance_leaves": 0.02}).among(which).hash
    blank = sim.prepare("nine-services", months=2, ensemble=None)
    assert blank.among(np.zeros(4, int)).with_settings({"chance_leaves": 0.02}).worlds == 4
    for wrong in ([], [4096], [-1], [[1]], [0.5]):
        with pytest.raises(ValueError, match="worlds: "):
            world.among(np.array(wrong))


def test_members_may_be_chosen(world: World) -> None:
    members = np.array([7, 2])
    chosen = sim.prepare(world.scenario, members=members)
    assert chosen.plan.members.tolist() == [7, 2]
    at = [int(np.flatnonzero(world.plan.members == one)[0]) for one in members]
    assert chosen.hash == world.among(np.array(at)).hash != sim.prepare(world.scenario, members=members[::-1]).hash
    for scenario, wrong in ((world.scenario, [10**6]), (world.scenario, [-1]), (replace(world.scenario, ensemble=None), [0])):
        with pytest.raises(ValueError, match="members: numbers below"):
            sim.prepare(scenario, members=np.array(wrong))


def test_other_luck_for_all_costs_nothing(world: World) -> None:
    other = world.with_seed(world.seed + 1)
    assert other.plan is world.plan
    assert bits(other) == bits(sim.prepare("nine-services", months=30, seed=world.seed + 1)) != bits(world)
    for wrong in (-1, 2**64, True, 1.0):
        with pytest.raises(BadInput, match="is no seed"):
            world.with_seed(wrong)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_are_the_same_replicates(world: World, threads: int) -> None:
    told: list[int] = []
    whole = world.run(np.arange(5, 75))
    parts = list(world.batches(70, first=5, threads=threads, progress=told.append))
    assert np.concatenate([one.replicates for one in parts]).tolist() == [*range(5, 75)]
    assert np.concatenate([one.rows for one in parts]).tobytes() == whole.rows.tobytes()
    assert np.concatenate([one.ends for one in parts]).tobytes() == whole.ends.tobytes()
    assert sum(told) == 70
    assert next(world.batches(70)).rows.tobytes() != parts[0].rows.tobytes()  # the control: other replicates


def test_batches_of_both_engines(world: World) -> None:
    d = world.only("D")
    rows = [np.concatenate([one.rows for one in d.batches(2, first=3, engine=engine)]).tobytes() for engine in ENGINES]
    assert rows[0] == rows[1]
    with pytest.raises(ValueError, match="engine 'mesaa'"):
        list(d.batches(1, engine="mesaa"))
    with pytest.raises(ValueError, match="at least one replicate"):
        list(d.batches(0))


# ------------------------------------------------------------------------------------------------------------- one service alone


@pytest.mark.parametrize("name", ["A", "D", "I"])
def test_one_service_alone_is_what_it_is_among_all(led: World, name: str) -> None:
    alone, at = led.only(name), led.services.index(name)
    assert alone.services == (name,)
    for branch in (None, 0, 11):
        assert alone.run(SOME, branch=branch).rows[:, 0].tobytes() == led.run(SOME, branch=branch).rows[:, at].tobytes()
    assert alone.run(SOME).rows[:, 0].tobytes() != led.run(SOME).rows[:, at - 1].tobytes()  # the control


def test_policies_of_a_service_alone(world: World) -> None:
    mine = [LED | {"services": ["D"]}, LED | {"lever": "clarity", "services": ["A"]}]
    one_by_one = world.only("D").with_policies([mine[0]])
    assert bits(world.with_policies(mine).only("D")) == bits(one_by_one)


def test_who_reads_the_register_is_not_cut_out(world: World) -> None:
    pooled = world.with_settings({"services.all.pooling": "region"})
    with pytest.raises(BadInput, match="reads the outcome figures of the whole region"):
        pooled.only("D")
    with pytest.raises(BadInput, match="there is no service 'Z'"):
        world.only("Z")


# ------------------------------------------------------------------------------------------------------------------- branches


def test_a_branch_after_so_many_months(world: World) -> None:
    own, other = world.run(SOME).rows, world.run(SOME, branch=11).rows
    assert own[:, :, :11].tobytes() == other[:, :, :11].tobytes()
    assert own[:, :, 11:].tobytes() != other[:, :, 11:].tobytes()
    assert bits(world, branch=30) == bits(world)  # the whole life lived through
    luck = 2**31 + 9
    assert bits(world, branch=0, others=luck) == bits(world, np.full(3, luck), members=world.members(SOME))


def test_the_engine_is_compiled_for_one_kind_of_array(world: World) -> None:
    """Other lucks of each replicate, given whole, or one for all: an array that nobody may write to would be another kind."""
    for others in (None, 2**31 + 5, [2**31, 2**31 + 1, 2**31 + 2], np.arange(2**31, 2**31 + 3)):
        other = other_luck(world.plan, 3, 11, others, ())
        assert other is not None
        for one in other:
            assert one.flags.writeable
            assert one.flags.c_contiguous


def test_a_branch_of_each(world: World) -> None:
    months, lucks = np.array([0, 5, 30]), 2**31 + np.arange(3)
    rows = world.run(SOME, branch=months, others=lucks).rows
    for at, (month, luck) in enumerate(zip(months, lucks, strict=True)):
        assert rows[at].tobytes() == world.run(SOME[at : at + 1], branch=int(month), others=int(luck)).rows[0].tobytes()


@pytest.mark.parametrize("branch", [-1, 31])
def test_a_branch_beyond_the_horizon_is_refused(world: World, branch: int) -> None:
    with pytest.raises(ValueError, match="a branch after 0 to 30 months"):
        world.run(1, branch=branch)


@pytest.mark.parametrize("replicates", [[-1], [2**32], [[1, 2]], -5, True, 1.5, [1.7]])
def test_replicates_that_are_none_are_refused(world: World, replicates: Any) -> None:
    with pytest.raises(ValueError, match="replicates"):
        world.run(replicates)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"branch": 3, "others": -7}, "replicates are whole numbers"),
        ({"branch": 3, "others": [2**32 + 9] * 3}, "replicates are whole numbers"),
        ({"others": 7}, "say after how many months"),
        ({"branch": 3.9}, "a branch: whole numbers are needed"),
        ({"engine": "mesaa"}, "engine 'mesaa' is not one of"),
        ({"held": [Hold("leader.leaves", service="Z")]}, "a service is held that is none of A, B"),
        ({"held": [Hold("leader.leaves", post=2)]}, "leader: its streams are of no post"),
        ({"held": [Hold("practitioner.leaves", slot=2)]}, "practitioner: its streams are of no slot"),
        ({"held": np.zeros(1, HOLD)}, "holds no stream at a number between 0 and 1"),
        ({"held": np.array([(3, 99, -1, -1, -1, 0, 5, 0.5)], HOLD)}, "holds no stream"),
        ({"held": np.zeros(2)}, "holds are records of HOLD"),
    ],
)
def test_what_cannot_be_asked_is_refused(world: World, how: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        world.run(SOME, **how)


def test_a_scenario_that_was_read_keeps_its_horizon(world: World) -> None:
    with pytest.raises(BadInput, match="has its own horizon and ensemble"):
        sim.prepare(world.scenario, months=36)
    with pytest.raises(BadInput, match="has its own horizon and ensemble"):
        sim.prepare(world.scenario, ensemble=None)


def test_a_seed_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="is no seed"):
        sim.prepare("nine-services", seed=-1)


# --------------------------------------------------------------------------------------------------------------------- pictures


def test_pictures_grow_to_what_all_replicates_say(world: World) -> None:
    pictures = list(stream(world, first=8, last=45, chunk=20, threads=2))
    assert [one.replicates for one in pictures] == [8, 28, 45]
    rows = world.run(45).rows
    flags = flags_of(rows)
    by_replicate = flags.mean(axis=1)
    last = pictures[-1]
    np.testing.assert_allclose(last.shares[0], by_replicate.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(last.errors[0], by_replicate.std(axis=0, ddof=1) / np.sqrt(45), atol=1e-12)
    np.testing.assert_allclose(last.shares[4], flags[:, 3].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(last.errors[4], flags[:, 3].std(axis=0, ddof=1) / np.sqrt(45), atol=1e-12)
    assert last.share("given_up", unit=4)[-1] == pytest.approx((rows["use"][:, 3, -1] == GIVEN_UP).mean())
    seen = np.ma.masked_equal(rows["fidelity"], 0.0).mean(axis=1)
    np.testing.assert_allclose(last.fidelity[2], np.ma.median(seen, axis=0).filled(np.nan), atol=1e-12)


def test_states_add_up(world: World) -> None:
    last = next(stream(world, first=10, last=10))
    np.testing.assert_allclose(last.shares[..., :7].sum(axis=-1), 1.0, atol=1e-12)
    assert MEASURES[:7] == tuple(state.name.lower() for state in sim.codes.ServiceState)  # type: ignore[attr-defined]


@pytest.mark.parametrize("threads", [1, 3])
def test_pictures_hang_neither_on_threads_nor_on_chunks(world: World, led: World, threads: int) -> None:
    whole = list(paired(world, led, first=40, last=40, threads=1))[-1]
    parts = list(paired(world, led, first=7, last=40, chunk=11, threads=threads))[-1]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one.shares, other.shares, atol=1e-12)
        np.testing.assert_allclose(one.errors, other.errors, atol=1e-12)


def test_pairs_differ_by_what_their_runs_differ_by(world: World, led: World) -> None:
    pair = list(paired(world, led, first=30, last=30))[-1]
    first, second = flags_of(world.run(30).rows), flags_of(led.run(30).rows)
    region = second.mean(axis=1) - first.mean(axis=1)
    np.testing.assert_allclose(pair.difference.shares[0], region.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(pair.difference.errors[0], region.std(axis=0, ddof=1) / np.sqrt(30), atol=1e-12)
    one = second[:, 3].astype(float) - first[:, 3]
    np.testing.assert_allclose(pair.difference.errors[4], one.std(axis=0, ddof=1) / np.sqrt(30), atol=1e-12)
    assert np.isnan(pair.difference.fidelity).all()
    assert abs(pair.difference.shares).max() > 0.05  # the control: the policy does something


def test_a_stream_ends_when_nobody_wants_more(world: World) -> None:
    asked = iter([True, False])
    found = list(stream(world, first=5, last=500, chunk=5, wanted=lambda: next(asked)))
    assert [one.replicates for one in found] == [5, 10]


def test_an_error_is_not_known_of_one_replicate(world: World) -> None:
    assert np.isnan(next(stream(world, first=1, last=1)).errors).all()
    assert Shares(2, 3).picture().replicates == 0


def test_what_cannot_be_paired_or_streamed_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="the same services, months, seed"):
        list(paired(world, world.only("D")))
    with pytest.raises(ValueError, match="1 <= first <= last"):
        list(stream(world, first=0))


def test_an_engine_turns_to_no_plan_of_another_size(world: World) -> None:
    engine = CompiledEngine(world.plan, 1)
    assert engine.over(world.plan, 2).key == (2, 0)
    with pytest.raises(ValueError, match="work space for"):
        engine.over(resolve(read_scenario("national")), 1)
