"""What may come of the kept histories: the past stays, errors are honest, policies meet the same luck."""

import numpy as np
import pytest

from experiments.mine.acting import POLICIES, actions_of
from experiments.mine.describing import variants_of
from experiments.mine.finding import apart
from experiments.mine.forecasting import TOLD, chosen, futures_of, share_of, wilson
from sim.scenario import read_scenario
from tests.experiments.mine.small import SERVICE, mine_of, world_of

pytestmark = pytest.mark.engine

NOW = 18


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    return mine_of(tmp_path_factory.mktemp("mine"))


@pytest.fixture(scope="module")
def world(mine):
    return world_of(mine)


@pytest.fixture(scope="module")
def futures(world):
    return futures_of(world, np.arange(60), 5, NOW, threads=2)


def test_the_past_is_the_historys_own(world, futures):
    own = world.run(60).rows[:, 0]
    operating = futures.of("operating")
    assert (operating[:, :, :NOW] == (own["use"][:, None, :NOW] == 0)).all()
    assert (operating[:, :, NOW:].std(axis=1) > 0).any()  # the control: luck differs afterwards


def test_a_history_has_the_same_luck_whatever_is_kept_beside_it(world, futures):
    alone = futures_of(world, np.array([7, 30]), 5, NOW, threads=1)
    assert (alone.flags == futures.flags[[7, 30]]).all()
    assert (alone.hours == futures.hours[[7, 30]]).all()


def test_states_and_shares_add_up(futures):
    together = sum(futures.of(name)[:, :, 30:].astype(int) for name in ("operating", "silent", "given_up"))
    assert together.max() == 1
    for name in TOLD:
        share = share_of(futures.of(name))
        assert ((share.low <= share.mean) & (share.mean <= share.high)).all()
        assert (share.monte_carlo <= share.error + 1e-12).mean() > 0.8


def test_errors_are_those_of_known_chances():
    """Two levels of luck with known spread: the stated error is the real one, and without clusters it would be too small."""
    random = np.random.default_rng(5)
    means, errors, naive = [], [], []
    for _ in range(400):
        own = random.beta(1.0, 2.0, 50)
        flags = random.random((50, 8)) < own[:, None]
        share = share_of(flags)
        means.append(float(share.mean))
        errors.append(float(share.error))
        naive.append(np.sqrt(share.mean * (1 - share.mean) / flags.size))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.1)
    assert np.mean(naive) < 0.7 * np.std(means)  # the control


def test_intervals_cover():
    """Of 95 % intervals about 95 % hold the truth, also for small shares; intervals half as wide would not."""
    random = np.random.default_rng(6)
    for mean in (0.05, 0.3, 0.9):
        held = half = 0
        for _ in range(500):
            flags = random.random((40, 5)) < random.beta(2 * mean, 2 * (1 - mean), 40)[:, None]
            share = share_of(flags)
            held += bool(share.low <= mean <= share.high)
            middle, reach = (share.low + share.high) / 2, (share.high - share.low) / 4
            half += bool(abs(mean - middle) <= reach)
        assert 0.92 <= held / 500 <= 0.99
        assert half / 500 < 0.85


def test_what_never_happened_has_a_bound():
    share = share_of(np.zeros((30, 5), bool))
    assert share.low == 0.0
    assert share.high == pytest.approx(wilson(np.array(0.0), np.array(30))[1])
    assert 0.1 < share.high < 0.13


def test_few_histories_have_more_futures_each():
    histories, each = chosen(np.arange(40), 2000)
    assert (len(histories), each) == (40, 50)
    histories, each = chosen(np.arange(9000), 2000)
    assert (len(histories), each) == (1000, 2)
    assert len(set(histories.tolist())) == 1000


def test_policies_begin_now_and_meet_the_same_luck(world, futures):
    actions = actions_of(world, NOW)
    assert [one.name for one in actions] == list(POLICIES)
    for one in actions:
        calendars = one.world.plan.calendars
        assert (calendars[:, :NOW] == world.plan.calendars[:, :NOW]).all()
        assert (calendars[:, NOW] != world.plan.calendars[:, NOW]).all()
    led = futures_of(actions[POLICIES.index("facilitator")].world, np.arange(60), 5, NOW, threads=2)
    assert (led.flags[:, :, :NOW] == futures.flags[:, :, :NOW]).all()
    assert led.of("operating")[:, :, -1].mean() > futures.of("operating")[:, :, -1].mean() + 0.1
    assert led.hours[..., 0].mean() > futures.hours[..., 0].mean()


def test_doses_are_those_of_the_shipped_files(world):
    for one in actions_of(world, NOW):
        shipped = read_scenario(one.name)
        own = {(policy.lever, policy.dose) for policy in one.world.scenario.policies}
        assert own == {
            (policy.lever, policy.dose) for policy in shipped.policies if policy not in read_scenario("baseline").policies
        }


def test_hours_are_from_now_on(world, futures):
    batch = world.run([3], branch=NOW, others=[2**31 + 3 * 5])
    row = batch.rows[0, 0]["hours_practitioner"]
    assert futures.hours[3, 0, -1] == pytest.approx(row[-1] - row[NOW - 1])
    assert row[NOW - 1] > 0  # the control: before now hours were spent too


def test_descriptions_are_replaced_by_what_the_nine_services_have(mine, world):
    variants = list(variants_of(mine, world))
    nine = read_scenario("baseline").services
    by_part = {}
    for one in variants:
        by_part.setdefault(one.part, []).append(one.other)
        if one.part != "posts":
            assert one.other in [getattr(service, one.part) for service in nine]
        assert one.other != getattr(mine.service, one.part)
        assert one.world.plan.service_names == world.plan.service_names  # the same luck
    assert set(by_part) == {"setting", "staff", "leader", "signal", "selection", "format", "pool", "inflow", "posts"}
    assert by_part["posts"] == [5]  # with fewer, 4 of 4 posts could not have delivered
    assert by_part["inflow"] == [min(one.inflow for one in nine), max(one.inflow for one in nine)]


def test_a_description_that_changes_nothing_is_no_difference():
    same = np.array([0.2, 0.5, 0.9])
    assert apart(np.arange(3), same, np.arange(3), same).error == pytest.approx(0.0, abs=1e-7)
    other = apart(np.arange(3), same, np.arange(3, 6), same)
    assert other.value == 0.0
    assert other.error > 0.1  # the control: other histories might have come out otherwise


def test_differences_have_the_error_that_they_show():
    random = np.random.default_rng(7)
    shown, stated = [], []
    for _ in range(300):
        both = random.random(120)
        one, other = both[:80] + 0.1 * random.random(80), both[40:] + 0.1 * random.random(80)
        difference = apart(np.arange(80), one, np.arange(40, 120), other)
        shown.append(difference.value)
        stated.append(difference.error)
    assert np.mean(stated) == pytest.approx(np.std(shown), rel=0.15)


def test_the_service_is_the_described_one(world):
    assert SERVICE.count("posts = 4") == 1
    assert int(world.plan.services["posts"][0]) == 4
