"""Luck that branches and draws that are held: on both engines, and only where they are asked for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.addresses import service_key
from sim.codes import POST_VACANT
from sim.engine import Batch, CompiledEngine, MesaEngine, Other, Trace
from sim.holds import NEVER, NO_HOLDS, SETS, Hold, ReplayTape, holds_of
from sim.plan import Plan, cut
from sim.streams import STREAM_SETS
from sim.tape import Tape
from tests.comparing import assert_same, compared
from tests.plans import shipped, shortened, with_values

pytestmark = pytest.mark.engine

SEED = 7
MONTHS = 30
OTHER = 2**31 + 5


@pytest.fixture(scope="module")
def plan() -> Plan:
    found, _ = shipped("nine-services")
    few = shortened(cut(found, (0, 3)), MONTHS)
    few.posts["months_to_retirement"] = np.nan  # drawn, and so held where a test says
    return few


def ran(
    plan: Plan, other: Other | None = None, *, replicate: int = 4, member: int = 0, mesa: bool = False
) -> tuple[Batch, Trace]:
    engine: Any = (MesaEngine if mesa else CompiledEngine)(plan, SEED)
    batch, traces = engine.run(np.array([replicate]), members=np.array([member]), other=other, traced=True)
    return batch, Trace(*(one[0] for one in traces))


def branched(word: int, *held: Hold) -> Other:
    return Other(np.array([word]), np.array([OTHER]), holds_of(held))


@pytest.mark.portable
@pytest.mark.bounds
@pytest.mark.parametrize("word", [0, 1, 13, 30, NEVER])
def test_both_engines_branch_alike(plan: Plan, word: int) -> None:
    assert_same(compared(ran(plan, branched(word)), ran(plan, branched(word), mesa=True)))


def test_a_branch_has_the_same_months_before_it_and_others_after(plan: Plan) -> None:
    own, other = ran(plan)[1].practitioners, ran(plan, branched(13))[1].practitioners
    assert own[:12].tobytes() == other[:12].tobytes()  # month 12 has month word 13
    assert own[12:].tobytes() != other[12:].tobytes()


def test_a_branch_before_month_0_is_the_other_replicate(plan: Plan) -> None:
    assert_same(compared(ran(plan, branched(0)), ran(plan, replicate=OTHER)))
    assert compared(ran(plan, branched(1)), ran(plan, replicate=OTHER)).differences  # its people are the first one's


def test_a_branch_that_never_comes_is_no_branch(plan: Plan) -> None:
    assert_same(compared(ran(plan, branched(NEVER)), ran(plan)))


def test_a_branch_keeps_its_world(plan: Plan) -> None:
    two = replace(plan, parameters=np.concatenate([plan.parameters, with_values(plan, {"chance_leaves": 0.05}).parameters]))
    first, second = ran(two, branched(0), member=1), ran(two, replicate=OTHER, member=1)
    assert_same(compared(first, second))
    assert compared(first, ran(two, replicate=OTHER, member=0)).differences  # the control: another world is another run


HELD = (
    Hold("practitioner.leaves", 0.999_999),
    Hold("patient.noise_seen", 0.5, first=6),
    Hold("intake.response", 0.3, post=1),
    Hold("leader.leaves", 0.000_001, service="D", first=9, end=10),
    Hold("person.commitment", 0.9),
    Hold("service_start.skill", 0.2),
    Hold("service.expands", 0.4, slot=0),
    Hold("recruited.withdraws", 0.99, first=2, end=20),
    Hold("decision.gives_up", 0.000_001, first=24),
    Hold("parts.from_stopped", 0.1),
)


@pytest.mark.portable
@pytest.mark.bounds
@pytest.mark.parametrize("word", [NEVER, 13])
def test_both_engines_hold_alike(plan: Plan, word: int) -> None:
    held = ran(plan, branched(word, *HELD))
    assert_same(compared(held, ran(plan, branched(word, *HELD), mesa=True)))
    assert compared(held, ran(plan, branched(word))).differences


@pytest.mark.parametrize("one", HELD, ids=[one.stream for one in HELD])
def test_each_alone_on_both_engines(plan: Plan, one: Hold) -> None:
    assert_same(compared(ran(plan, branched(NEVER, one)), ran(plan, branched(NEVER, one), mesa=True)))


def test_every_set_is_held_by_one_of_them() -> None:
    assert {one.stream.partition(".")[0] for one in HELD} == set(SETS) == set(STREAM_SETS)


NOBODY_LEAVES = (Hold("practitioner.leaves", 0.999_999), Hold("person.retirement", 0.999_999))


def test_who_has_no_bad_luck_does_not_leave(plan: Plan) -> None:
    assert ran(plan)[0].rows["leavers"].sum() > 0  # the control
    assert ran(plan, branched(NEVER, *NOBODY_LEAVES))[0].rows["leavers"].sum() == 0


def test_one_post_in_one_month(plan: Plan) -> None:
    held = (*NOBODY_LEAVES, Hold("practitioner.leaves", 1e-9, service="A", post=0, first=5, end=6))
    _, trace = ran(plan, branched(NEVER, *held))
    vacant = (trace.practitioners["status"] == POST_VACANT) & (trace.practitioners["reserve"] == 0)
    assert not vacant[:6].any()  # who leaves in month 5 is gone from month 6 on
    assert vacant[6].nonzero()[0].tolist() == [0]


def test_a_draw_held_at_what_it_is_changes_nothing(plan: Plan) -> None:
    tape, key = Tape(SEED, 4), service_key("D")
    held = []
    for month in range(MONTHS):
        draws = tape.draws("leader", key, 0, 0, month + 1)
        held += [Hold(f"leader.{name}", getattr(draws, name), "D", first=month, end=month + 1) for name in ("leaves", "arrives")]
    assert_same(compared(ran(plan, branched(NEVER, *held)), ran(plan)))


def test_a_tape_without_holds_or_branch_is_the_tape() -> None:
    plain, replayed, key = Tape(SEED, 3), ReplayTape(SEED, 3), service_key("D")
    for name in STREAM_SETS:
        assert plain.draws(name, key, 0, 0, 4) == replayed.draws(name, key, 0, 0, 4)
    assert len(NO_HOLDS) == 0


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Hold("patient.luck"), "there is no stream 'patient.luck'"),
        (Hold("attendance"), "there is no stream 'attendance'"),
        (Hold("patient.dropout", 1.0), "a draw is held at a number between 0 and 1, not at 1.0"),
        (Hold("patient.dropout", float("nan")), "a draw is held at a number between 0 and 1"),
        (Hold("patient.dropout", post=1024), "post must be from 0 to 1023"),
        (Hold("patient.dropout", slot=-2), "slot must be from 0 to 255"),
        (Hold("patient.dropout", first=5, end=5), "months 5 to 5 are none"),
        (Hold("patient.dropout", first=-2), "months -2 to"),
    ],
)
def test_what_cannot_be_held_is_refused(one: Hold, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        holds_of([one])
