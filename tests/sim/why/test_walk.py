"""One practitioner, month by month: chances are the model's own, both engines walk alike, words are those of the field table."""

import json
from itertools import islice

import numpy as np
import pytest

import sim
from sim.codes import POST_VACANT
from sim.holds import Hold
from sim.problems import BadInput
from sim.state import FIELDS
from sim.why.moves import Move
from sim.why.walk import LINES, OF_MORE, WEIGHS, Walk, numbers_of_walk, walk
from sim.why.walked import as_plain, as_rows
from sim.world import World

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def nine() -> World:
    return sim.prepare("nine-services")


@pytest.fixture(scope="module")
def walks(nine: World) -> list[Walk]:
    withdrawn = sim.prepare("upper-level-withdraws")
    found = [walk(nine, replicate, "D", post) for replicate in (0, 2) for post in range(2)]
    return [*found, walk(nine, 1, "A", 0), walk(withdrawn, 0, "A", 0)]


def agrees(one: Walk) -> bool:
    """Whether the move that happens, and its chance, are those of the trace; where none happens, nobody decided."""
    for step in one.steps:
        happened = [move for move in step.moves if move.happens]
        decision = step.decision
        own = decision is not None and decision.terms is not None
        if own != bool(happened) or len(happened) > 1 or any(move.happens for move in step.moves[:-1]):
            return False
        if decision is not None and decision.terms is not None and decision.terms["hazard"] != happened[0].chance:
            return False
    return True


def test_the_chances_are_those_of_the_decisions_to_the_bit(walks: list[Walk]) -> None:
    assert all(agrees(one) for one in walks)
    assert sum(step.decision is not None for one in walks for step in one.steps) > 10
    first = next(one for one in walks if any(step.decision is not None for step in one.steps))
    wrong = [
        step._replace(moves=tuple(move._replace(chance=np.nextafter(move.chance, 1)) for move in step.moves))
        for step in first.steps
    ]
    assert not agrees(Walk(**{**vars(first), "steps": tuple(wrong)}))


def moves_with_chances(one: Walk) -> list[tuple[int, Move]]:
    """Months and moves that did not come, one a month, whichever streams there are in turn."""
    quiet = [(step.month - 1, step.moves) for step in one.steps if step.moves and not step.moves[-1].happens]
    return [(step, moves[step % len(moves)]) for step, moves in islice(quiet, 0, None, 7)]


def test_a_draw_just_below_the_chance_makes_it_come_and_one_just_above_does_not(nine: World) -> None:
    own = walk(nine, 2, "D", 1)
    tried = moves_with_chances(own)
    assert len({move.stream for _, move in tried}) >= 3
    for step, move in tried:
        ends = {}
        for side in (0.0, 1.0):
            held = (Hold(move.stream, float(np.nextafter(move.chance, side)), "D", 1, first=step, end=step + 1),)
            decided = walk(nine, 2, "D", 1, held=held).steps[step]
            ends[side] = decided.decision is not None
            assert decided.moves[-1].happens == ends[side]
        assert ends == {0.0: True, 1.0: False}, (step, move)


def test_both_engines_walk_alike(nine: World) -> None:
    one, other, another = (
        walk(nine, replicate, "D", 1, engine=engine) for replicate, engine in ((2, "compiled"), (2, "mesa"), (3, "mesa"))
    )
    assert one.steps == other.steps
    assert one.courses == other.courses
    assert np.array_equal(one.values, other.values, equal_nan=True)
    assert one.steps != another.steps


def test_words_and_units_are_those_of_the_field_table() -> None:
    numbers = numbers_of_walk()
    table = {f"{entity}.{field.name}": field for entity, fields in FIELDS.items() for field in fields}
    for one in numbers:
        if one.key not in OF_MORE:
            assert (one.meaning, one.unit) == (table[one.key].meaning, table[one.key].unit)
        assert one.unit
    assert len(numbers) == sum(bool(line.sees) + bool(line.true) for line in LINES) + len(WEIGHS)
    assert len({one.key for one in numbers}) == len(numbers)


def test_numbers_are_those_of_the_trace(nine: World) -> None:
    alone = nine.only("D")
    trace = alone.trace(2)[1]
    one = walk(nine, 2, "D", 1)
    place = {number.key: at for at, number in enumerate(one.numbers)}
    there = trace.practitioners["status"][:, 1] != POST_VACANT
    for key, values in (
        ("practitioner.belief", trace.practitioners["belief"][:, 1]),
        ("leader.engagement", trace.leaders["engagement"][:, 0]),
        ("service.signal_level", trace.services["signal_level"][:, 0]),
    ):
        assert np.array_equal(one.values[there, place[key]], values[there])
    assert np.isnan(one.values[~there]).all()
    looked = trace.practitioners["seen_count"][:, 1] > 0
    assert np.array_equal(~np.isnan(one.values[:, place["progress_seen"]]), looked & there)
    assert [step.holder == "" for step in one.steps] == (~there).tolist()


def test_plain_values_and_rows_say_the_same(nine: World) -> None:
    one = walk(nine, 2, "D", 1)
    plain = json.loads(json.dumps(as_plain(one), allow_nan=False))
    heads, rows = as_rows(one)
    assert len(plain["months"]) == len(rows) == 84
    assert len(set(heads)) == len(heads)
    for month, row in zip(plain["months"], rows, strict=True):
        named = dict(zip(heads, row, strict=True))
        for number, value in zip(plain["numbers"], month["values"], strict=True):
            assert named[number["key"]] == ("" if value is None else value)
        for move in month["moves"]:
            assert (named[f"chance {move['stream']}"], named[f"draw {move['stream']}"]) == (move["chance"], move["draw"])
        assert named["decision"] == (month["decision"] or {"words": ""})["words"]


def test_where_a_level_decides_there_is_no_draw() -> None:
    world = sim.prepare("nine-services", months=24, settings={"forms.deciding": "threshold"})
    one = walk(world, 0, "D", 0)
    assert not any(step.moves for step in one.steps)


def test_what_there_is_not_is_refused(nine: World) -> None:
    with pytest.raises(BadInput):
        walk(nine, 0, "Z", 0)
    with pytest.raises(ValueError, match="has the posts 0 to"):
        walk(nine, 0, "D", 9)
