"""One patient with other luck: the sham changes nothing, the patient goes well, and nobody else's luck moves."""

import math

import numpy as np
import pytest

import sim
from sim.codes import IN_COURSE
from sim.problems import BadInput
from sim.state import SLOTS
from sim.tape import Tape
from sim.why.courses import AS_GOOD, Course, courses_of, what_if
from sim.why.fate import NOT_NOW
from sim.world import World

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def alone() -> World:
    return sim.prepare("nine-services").only("D")


def patients(world: World, replicate: int) -> list[tuple[int, Course]]:
    trace = world.trace(replicate)[1]
    return [(post, one) for post in range(3) for one in courses_of(trace, post)]


def test_the_sham_changes_nothing_to_the_bit_and_the_patient_who_goes_well_does(alone: World) -> None:
    tried = patients(alone, 2)
    assert len(tried) >= 5
    for post, course in tried:
        sham = what_if(alone, 2, "D", post, course.number, how="sham")
        assert sham.held
        assert sham.twin.apart == -1
        assert not sham.twin.chain
        assert not sham.twin.differing.any()
        well = what_if(alone, 2, "D", post, course.number)
        assert well.twin.apart == course.asked - 1  # nothing is otherwise before the patient is asked
        assert (well.statuses[0] == sham.statuses).all()


def test_who_goes_well_gains_no_less_and_neither_drops_out_nor_relapses(alone: World) -> None:
    gains = []
    for replicate in range(3):
        for post, course in patients(alone, replicate):
            found = what_if(alone, replicate, "D", post, course.number)
            trace = alone.trace(replicate, held=found.held)[1]
            mine = trace.patients[:, post * SLOTS + course.slot]
            mine = mine[mine["person"] == course.person]
            assert not mine["relapsed"].any()
            again = next(one for one in courses_of(trace, post) if (one.slot, one.person) == (course.slot, course.person))
            assert again.end != "dropped out"
            assert again.response >= course.response
            if not math.isnan(course.gained + again.gained):
                gains.append(again.gained - course.gained)
    assert len(gains) > 10
    assert np.mean(gains) > 0.5


def test_only_this_patient_has_other_luck(alone: World) -> None:
    post, course = patients(alone, 2)[0]
    found = what_if(alone, 2, "D", post, course.number)
    assert {(one.service, one.post, one.slot) for one in found.held} == {("D", post, course.slot)}
    assert {one.stream for one in found.held} == {
        "intake.response", "intake.engagement", "intake.demanding", "patient.relapse", "patient.dropout",
    }  # fmt: skip
    own = Tape(alone.seed, 2).draws("intake", int(alone.plan.services["key"][0]), post, course.slot, course.asked)
    values = {one.stream: one.value for one in found.held}
    assert values["intake.response"] == max(AS_GOOD, own.response)
    assert values["patient.dropout"] == NOT_NOW
    # whoever has the slot next has luck of their own
    trace = alone.trace(2, held=found.held)[1]
    again = next(one for one in courses_of(trace, post) if (one.slot, one.person) == (course.slot, course.person))
    assert all(one.end <= (again.ended if again.ended > 0 else alone.months) for one in found.held)


def test_courses_are_those_of_the_slots(alone: World) -> None:
    trace = alone.trace(2)[1]
    for post in range(3):
        known = courses_of(trace, post)
        assert [one.number for one in known] == list(range(1, len(known) + 1))
        for slot in range(SLOTS):
            records = trace.patients[:, post * SLOTS + slot]
            in_course = {int(person) for person in records["person"][records["state"] == IN_COURSE]}
            assert in_course <= {one.person for one in known if one.slot == slot}
        for one in known:
            assert one.attended <= one.offered
            assert one.begun == -1 or one.asked <= one.begun
            assert all(one.begun <= look.month <= (one.ended if one.ended > 0 else 84) for look in one.looks)


def test_what_there_is_not_is_refused(alone: World) -> None:
    with pytest.raises(BadInput, match="no patient 99"):
        what_if(alone, 0, "D", 0, 99)
    with pytest.raises(ValueError, match="how is one of"):
        what_if(alone, 0, "D", 0, 1, how="badly")
