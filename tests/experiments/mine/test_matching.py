"""Which histories do what was seen, and what is not read from the columns: who leads."""

import numpy as np
import pytest

from experiments.mine.matching import Match, match, shortened
from experiments.mine.observations import agreeing
from sim.codes import LEADER_VACANT
from tests.experiments.mine.small import mine_of, world_of

pytestmark = pytest.mark.engine

MANY = 400


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return world_of(mine_of(tmp_path_factory.mktemp("mine"), "[seen]\nnow = 18\n"))


def observed(tmp_path, text):
    return mine_of(tmp_path, f"[seen]\nnow = 18\n{text}\n").observations


def found(world, observations, **about):
    return match(world, observations, 18, MANY, threads=2, **about)


def test_a_shortened_world_has_the_same_histories(world):
    assert shortened(world, 18).run(40).rows.tobytes() == world.run(40).rows[:, :, :18].copy().tobytes()


def test_what_agrees_is_what_the_rows_say(world, tmp_path):
    seen = (
        "delivering = [{ month = 18, posts = 3 }]\nwaiting = [{ month = 15, posts = 0 }]\n"
        "fidelity = [{ month = 12, score = 4.2, error = 0.1 }]\n"
        "patients = [{ month = 18, in_courses = 2, started = 6, tolerance = 1 }]"
    )
    rows = world.run(MANY).rows[:, 0]
    agree = found(world, observed(tmp_path, seen)).agree.T
    assert (agree[0] == (rows["delivering_posts"][:, 17] == 3)).all()
    assert (agree[1] == (np.abs(rows["fidelity_clinic"][:, 11] - 4.2) <= 0.2)).all()
    assert (agree[2] == (np.abs(rows["course_patients"][:, 17] - 2) <= 1)).all()
    assert (agree[3] == (np.abs(rows["started"][:, 17] - 6) <= 1)).all()
    assert (agree[4] == (rows["waiting"][:, 14] == 0)).all()
    assert all(0 < one.sum() < MANY for one in agree)
    early = rows["delivering_posts"][:, 16] == 3
    assert (agree[0] != early).any()  # the control: another month is another observation


def test_leaders_are_read_from_their_own_state(world, tmp_path):
    """Who is replaced at once by somebody of the same type leaves no mark in the rows."""
    (leaves,) = (found(world, observed(tmp_path, 'leader = [{ month = 9, change = "leaves", months_tolerance = 8 }]')).agree.T,)
    (stays,) = (found(world, observed(tmp_path, 'leader = [{ month = 17, change = "stays" }]')).agree.T,)
    assert (leaves[0] != stays[0]).all()
    left = np.array([world.trace(one)[1].services["leader_changes"][16, 0] > 0 for one in range(MANY)])
    assert (leaves[0] == left).all()
    rows = world.run(MANY).rows[:, 0]
    marked = (rows["leader_type"][:, :17] == LEADER_VACANT).any(axis=1)
    assert marked.sum() < left.sum()  # the control: the rows alone would miss some


def test_a_new_leader_is_seen_to_arrive(world, tmp_path):
    arrives = observed(tmp_path, 'leader = [{ month = 9, change = "arrives", months_tolerance = 9 }]')
    typed = observed(tmp_path, 'leader = [{ month = 9, change = "arrives", type = "active", months_tolerance = 9 }]')
    any_type, active = (found(world, one).agree[:, 0] for one in (arrives, typed))
    assert 0 < active.sum() < any_type.sum() < MANY
    for one in np.flatnonzero(any_type)[:20]:
        assert world.trace(int(one))[1].leaders["person"][:18, 0].max() > 0


def test_an_event_of_the_leader_is_seen_in_its_month(tmp_path):
    from tests.experiments.mine.small import SERVICE

    event = SERVICE + 'months_observed = 12\n[[events]]\nmonth = 8\nkind = "leader_leaves"\n'
    for month, all_of_them in ((9, True), (8, False)):  # completed months: it happens in the ninth
        mine = mine_of(
            tmp_path, f'[seen]\nnow = 12\nleader = [{{ month = {month}, change = "leaves", months_tolerance = 0 }}]\n', event
        )
        agree = match(world_of(mine), mine.observations, 12, 40, threads=1).agree
        assert agree.all() == all_of_them


def test_what_is_left_out_is_counted():
    agree = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0], [0, 1, 1]], bool)
    one = Match(5, agree)
    assert one.kept.tolist() == [0]
    assert one.alone.tolist() == [0.6, 1.0, 0.4]
    assert one.without.tolist() == [2, 1, 3]
    assert one.implausible == 2


def test_stopping_early_keeps_the_first(world, tmp_path):
    seen = observed(tmp_path, 'delivering = [{ month = 18, posts = 3 }]\nleader = [{ month = 17, change = "stays" }]')
    whole, early = found(world, seen), found(world, seen, enough=20)
    assert early.tried < MANY
    assert early.kept.tolist() == [one for one in whole.kept.tolist() if one < early.tried]


def test_threads_do_not_matter(world, tmp_path):
    seen = observed(tmp_path, "delivering = [{ month = 18, posts = 3 }]")
    one, two = (match(world, seen, 18, MANY, threads=threads) for threads in (1, 2))
    assert (one.agree == two.agree).all()


def test_other_numbers_without_sessions_have_no_fidelity(world):
    rows = world.run(MANY).rows[:, 0]
    from experiments.mine.observations import Observation

    anything = Observation("fidelity", 18, -9.0, 9.0, 4.0, -1, "")
    assert (agreeing(rows, [anything])[:, 0] == (rows["fidelity_clinic"][:, 17] > 0)).all()
