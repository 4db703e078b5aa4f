"""Hours against what can be worked out by hand, and schedules on top of a scenario."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from experiments.policies.aims import AIMS
from experiments.policies.evaluating import MONTHS, Evaluator, Outcome, Set, from_machine_form, with_schedule
from experiments.policies.ingredients import INGREDIENTS
from experiments.policies.prices import hours_of
from experiments.policies.schedules import Schedule, only, schedule_of
from sim.codes import SUSTAINED, Use
from sim.engine import simulate
from sim.ensembles import read_ensemble
from sim.measures.hours import HOURS, SUPPORT, support
from sim.plan import Plan
from sim.scenario import read_scenario, resolve
from sim.world import prepare
from tests.plans import blank_calendar, plain_plan

pytestmark = [pytest.mark.engine, pytest.mark.portable]

STILL = ("leader_turnover", "turnover", "institutionalisation")
WHERE = Set("search", 0, 3, 2, 5)

resolving = import_module("sim.scenario.resolve")  # the package gives its function under the same name


def quiet(**doses: float) -> Plan:
    """One service of two posts without a leader, which nobody leaves and nobody is found for, a dose from month 12 on."""
    calendar = blank_calendar(36)
    for lever, dose in doses.items():
        calendar[lever][12:] = dose
    values = {"chance_leader_found": 0.0, "hours_leader_lever": 1.5, "hours_champion": 2.0, "hours_supervision_session": 1.25}
    return plain_plan((2,), months=36, service={"leader": 4}, parameters=values, off=STILL, calendar=calendar)


def extra(plan: Plan, base: Plan) -> dict[str, float]:
    found = [hours_of(one, next(simulate(one, seed=3, replicates=1)))[0] for one in (plan, base)]
    return dict(zip(HOURS, (found[0] - found[1]).tolist(), strict=True))


def test_a_lever_that_is_held_costs_its_hours() -> None:
    found = extra(quiet(expectation=0.8), quiet())
    assert found["leader"] == pytest.approx(12 * 1.5 * 0.8)
    assert {name: found[name] for name in ("supervision", "covered", "champion")} == {
        "supervision": 0.0, "covered": 0.0, "champion": 0.0,
    }  # fmt: skip


def test_supervision_and_champion_cost_those_who_have_not_stopped() -> None:
    plan = quiet(supervision=0.6, champion=0.8)
    batch = next(simulate(plan, seed=3, replicates=1))
    rows = batch.rows[0, 0, 12:]
    present = rows["full_use"] + rows["planned_adaptation"] + rows["partial_use"] + rows["waiting"]
    found = dict(zip(HOURS, hours_of(plan, batch)[0].tolist(), strict=True))
    assert (present > 0).sum() > 0
    assert found["supervision"] == pytest.approx(0.6 * 1.25 * present.sum() / 2)  # two years
    assert found["champion"] == pytest.approx(0.8 * 2.0 * (present > 0).sum() / 2)
    assert found["leader"] == pytest.approx(12 * 1.5 * 0.8)


def test_all_hours_are_counted_once() -> None:
    plan = quiet(supervision=0.6, champion=0.8, outcome_monitoring=1.0, protected_time=8.0, reallocation=0.8)
    batch = next(simulate(plan, seed=3, replicates=1))
    last, first = batch.rows[0, 0, -1], batch.rows[0, 0, 11]
    kinds = ("leader", "practitioner", "supervision", "covered", "training")
    total = sum(float(last[f"hours_{name}"] - first[f"hours_{name}"]) for name in kinds) / 2
    found = hours_of(plan, batch)
    assert found.sum() == pytest.approx(total)
    assert support(found)[0] == pytest.approx(found[0, [HOURS.index(name) for name in SUPPORT]].sum())
    assert support(found)[0] < total
    assert found[0, HOURS.index("monitoring")] > 0.0
    assert found[0, HOURS.index("covered")] > 0.0


# ---------------------------------------------------------------------------------------------------------------- evaluating


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(prepare("all-passive", months=84))


def same(one: Outcome, other: Outcome) -> bool:
    return one.machine_form() == other.machine_form()


def test_nothing_is_the_base_to_the_bit(evaluator: Evaluator) -> None:
    base = replace(read_scenario("all-passive", months=84), ensemble=read_ensemble())
    plan, own = evaluator.world_of(Schedule(), WHERE).plan, resolve(base)
    for name in ("services", "posts", "calendars"):
        assert getattr(plan, name).tobytes() == getattr(own, name).tobytes()
    assert plan.parameters.tobytes() == own.parameters[:3].tobytes()
    runs = next(simulate(replace(own, parameters=own.parameters[:3]), seed=5, replicates=6))
    found = evaluator(Schedule(), WHERE)
    for at, month in enumerate(MONTHS):
        by_run = runs.rows["kept_going"][:, :, month - 1].astype(int).sum(axis=1)
        assert found.counts[at].tolist() == by_run.reshape(2, 3).T.tolist()  # run r has world r mod 3
        assert found.kept(month) == pytest.approx(by_run.mean() / 9)
    assert found.months == pytest.approx(runs.rows["kept_going"][:, :, 12:].sum() / (6 * 9))
    last = runs.rows[:, :, -1]
    counted = {"share_given_up": last["use"] == Use.GIVEN_UP, "share_sustained": last["state"] == SUSTAINED}
    for name, holds in counted.items():
        assert found.others(name) == pytest.approx(holds.sum(axis=1).reshape(2, 3).mean(axis=0) / 9)
    assert found.others("share_kept_going") == pytest.approx(found.shares(84).mean(axis=1))
    assert not same(found, evaluator(only("facilitator"), WHERE))  # control


def test_the_old_stock_may_be_what_is_kept() -> None:
    base = replace(read_scenario("all-passive", months=84), ensemble=read_ensemble())
    found = Evaluator(prepare(base), aim=AIMS["share_sustained"])(Schedule(), WHERE)
    plan = replace(resolve(base), parameters=resolve(base).parameters[:3])
    runs = next(simulate(plan, seed=5, replicates=6)).rows["state"] == SUSTAINED
    assert found.kept(84) == pytest.approx(runs[:, :, 83].mean())
    assert found.months == pytest.approx(runs[:, :, 12:].sum() / (6 * 9))
    assert found.kept(84) != pytest.approx(found.others("share_kept_going").mean())  # the control: it is another outcome


def test_nothing_differs_before_the_start(evaluator: Evaluator) -> None:
    worlds = [evaluator.world_of(one, WHERE) for one in (Schedule(), schedule_of([("facilitator", 2, 24, 0)]))]
    runs = [next(world.batches(6)).rows for world in worlds]
    assert runs[0][:, :, :24].tobytes() == runs[1][:, :, :24].tobytes()
    assert runs[0].tobytes() != runs[1].tobytes()


def test_neither_threads_nor_storing_change_anything(evaluator: Evaluator) -> None:
    schedule = only("facilitator", "boosters")
    found = evaluator(schedule, WHERE)
    two = Evaluator(prepare("all-passive", months=84), threads=2)
    assert same(two(schedule, replace(WHERE, worlds=3, replicates=2)), found)
    assert same(from_machine_form(found.machine_form(), schedule), found)
    assert not same(evaluator(schedule, replace(WHERE, seed=6)), found)
    with pytest.raises(ValueError, match="missing"):
        from_machine_form(found.machine_form() | {"support": [1.0]}, schedule)
    with pytest.raises(ValueError, match="missing"):
        from_machine_form(found.machine_form() | {"beside": [[1]]}, schedule)


def test_of_a_schedule_only_calendars_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Evaluator(prepare("all-passive", months=84))
    made: list[str] = []
    usual = resolving._plan
    monkeypatch.setattr(resolving, "_plan", lambda scenario, *rest: made.append(scenario.name) or usual(scenario, *rest))
    one, other = (evaluator.world_of(only(name), WHERE) for name in ("facilitator", "boosters"))
    assert not made
    assert one.plan.parameters is other.plan.parameters
    assert one.plan.posts is other.plan.posts
    evaluator.world_of(Schedule(), WHERE).with_settings({"chance_leaves": 0.02})
    assert made == ["all-passive"]  # the control: another value is resolved


def test_a_set_has_its_own_worlds_and_luck(evaluator: Evaluator) -> None:
    own = resolve(evaluator.world_of(Schedule(), WHERE).scenario)
    for where in (WHERE, Set("check", 3, 4, 1, 8), Set("check", 4094, 4, 1, 8)):  # the last one begins again from the first world
        world = evaluator.world_of(Schedule(), where)
        which = (where.first + np.arange(where.worlds)) % 4096
        assert world.plan.parameters.tobytes() == own.parameters[which].tobytes()
        assert world.plan.members.tolist() == own.members[which].tolist()
        assert world.seed == where.seed


def test_a_schedule_stands_beside_the_policies_of_the_base() -> None:
    base = read_scenario("supervision-boosters", months=84)
    plan = resolve(with_schedule(base, only("boosters")))
    assert np.array_equal(np.unique(plan.calendars["supervision"][:, 12:]), [1.2])


def test_every_ingredient_moves_its_levers_and_no_other(evaluator: Evaluator) -> None:
    blank = evaluator.world_of(Schedule(), WHERE).plan.calendars
    for one in INGREDIENTS:
        calendars = evaluator.world_of(schedule_of([(one.name, 2, 18, 24)]), WHERE).plan.calendars
        moved = {name for name in calendars.dtype.names or () if not np.array_equal(calendars[name], blank[name])}
        assert moved == set(one.full)
        for lever, dose in one.full.items():
            assert np.unique(calendars[lever][:, 18:42]).tolist() == [dose]
            assert not calendars[lever][:, 42:].any()
