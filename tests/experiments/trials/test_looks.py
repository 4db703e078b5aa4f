"""What is so in a month, by the strategies of the estimand; losses."""

import numpy as np
import pytest

from experiments.trials.looks import NEVER, first_events
from experiments.trials.recorded import CLOSED_MONTHS, at, since
from tests.experiments.trials.small import trials_of


def test_treatment_policy_takes_what_is_so(folder):
    trials = trials_of(folder)
    delivering, posts = trials.bank.columns["delivering"], trials.bank.posts
    np.testing.assert_array_equal(trials.looks(12).truth, delivering[..., 23] / posts)
    np.testing.assert_array_equal(trials.looks(0).truth, delivering[..., 11] / posts)


def first_given_up(bank, start=12):
    """Month in which giving up first sets in after the randomisation, found month by month."""
    given_up = bank.columns["given_up"]
    found = np.full(given_up.shape[:3], 10**6)
    for month in range(start + 1, given_up.shape[3] + 1):
        now = (given_up[..., month - 1] == 1) & (given_up[..., month - 2] == 0)
        found = np.where(now & (found > month), month, found)
    return found


def test_composite_lets_who_gives_up_count_as_the_worst(folder):
    trials = trials_of(folder, gives_up="composite")
    bank, plain = trials.bank, trials_of(folder).looks(12).truth
    happened = first_given_up(bank) <= 24
    assert 0.02 < happened.mean() < 0.9
    assert (trials.looks(12).truth[happened] == 0.0).all()
    np.testing.assert_array_equal(trials.looks(12).truth[~happened], plain[~happened])
    assert not trials.looks(0).worst.any()


def test_while_before_reads_the_month_before(folder):
    trials = trials_of(folder, gives_up="while_before")
    bank, truth = trials.bank, trials.looks(12).truth
    first = first_given_up(bank)
    for place in np.argwhere(first <= 24)[:200]:
        c, w, s = place
        month = max(first[c, w, s] - 1, 12)
        assert truth[c, w, s] == bank.columns["delivering"][c, w, s, month - 1] / bank.posts[w, s]
    plain = trials_of(folder).looks(12).truth
    assert (truth != plain).any()


def test_what_was_so_at_the_randomisation_is_no_event(folder):
    trials = trials_of(folder)
    found = first_events(trials.study, trials.bank)
    given_up, started = trials.bank.columns["given_up"], trials.bank.columns["started"]
    before = given_up[..., 11] == 1
    always = before & (given_up[..., 11:] == 1).all(axis=-1)
    assert always.any()
    assert (found["service_gives_up"][always] == NEVER).all()
    assert (found["service_gives_up"][before & ~always] > 13).all()
    closed = found["closes_recruitment"]
    assert (closed > 12 + CLOSED_MONTHS - 1).all()
    for c, w, s in np.argwhere(closed < NEVER)[:100]:
        month = closed[c, w, s]
        assert started[c, w, s, month - 1] == started[c, w, s, month - 1 - CLOSED_MONTHS]
        assert started[c, w, s, 11] > started[c, w, s, 11 - CLOSED_MONTHS]
    assert 0.0 < (closed < NEVER).mean() < 0.6


def test_a_leader_who_leaves_before_the_randomisation_is_no_event_of_the_trial(folder):
    trials = trials_of(folder, leaves="composite")
    vacant = trials.bank.columns["vacant"]
    only_before = (vacant[..., :12] == 1).any(axis=-1) & ~(vacant[..., 12:] == 1).any(axis=-1)
    assert only_before.any()
    assert not trials.looks(12).worst[only_before].any()


def test_running_totals_are_read_as_differences():
    series = {"started": np.array([[1, 1, 4, 6]])}
    assert since(series, "started", 4, 2).tolist() == [5.0]
    assert since(series, "started", 2, 0).tolist() == [1.0]
    assert at(series, "started", np.array([3])).tolist() == [4.0]
    assert CLOSED_MONTHS == 6


def test_losses_hang_on_whether_a_service_has_given_up(folder):
    trials = trials_of(folder, loss="services_a_year = 0.1\ngiven_up_a_year = 0.5")
    lost, given_up = trials.looks(12).lost, trials.bank.columns["given_up"][..., 12:].sum(axis=-1)
    assert lost[given_up == 0] == pytest.approx(0.1)
    assert lost[given_up == 12] == pytest.approx(0.5)
    between = (given_up > 0) & (given_up < 12)
    assert ((lost[between] > 0.1) & (lost[between] < 0.5)).all()
    drawn = trials.drawn(60)
    unseen = [np.isnan(trials.seen(drawn, month).value) for month in (0, 6, 12)]
    assert not unseen[0].any()
    assert (unseen[1] <= unseen[2]).all()  # nobody comes back
    which = trials.places(drawn)
    assert unseen[2].mean() == pytest.approx(lost[which].mean(), abs=4 * np.sqrt(0.25 / unseen[2].size))
    assert not np.isnan(trials_of(folder).seen(drawn, 12).value).any()
