"""Instruments: without error they show what is so; with their errors, what follows in closed form."""

import numpy as np
import pytest

from tests.experiments.trials.small import trials_of

FEW = {"measurement": "members = 2"}


def seen(folder, month=12, *, services=60, members=None, **changed):
    trials = trials_of(folder, count=800, **changed)
    drawn = trials.drawn(services)
    return trials, trials.seen(drawn, month, members=members), trials.places(drawn)


def still(**numbers):
    told = {"response": 1.0, "desirable": 0.0, "forgotten": 0.0} | numbers
    return {
        "instrument": "still_using",
        "measurement": "[measurement.still_using]\n" + "\n".join(f"{k} = {v}" for k, v in told.items()),
    }


def test_truth_is_what_is_so(folder):
    _, found, _ = seen(folder)
    np.testing.assert_allclose(found.value, found.true)


def test_still_using_without_errors_is_the_share_of_those_present(folder):
    trials, found, which = seen(folder, **still())
    present, delivering = (trials.looks(12).__getattribute__(name)[which] for name in ("present", "delivering"))
    there = present > 0
    np.testing.assert_allclose(found.value[there], np.minimum(delivering, present)[there] / present[there])
    assert np.isnan(found.value[~there]).all()


def test_desirability_lifts_what_is_seen_by_just_so_much(folder):
    _, found, _ = seen(folder, **still(desirable=0.3, forgotten=0.1))
    _, honest, _ = seen(folder, **still())
    share = honest.value
    expected = share * 0.9 + (1 - share) * 0.3
    gap = (found.value - expected)[~np.isnan(expected)]
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(gap.size)
    assert abs((found.value - share)[~np.isnan(share)].mean()) > 10 * gap.std() / np.sqrt(gap.size)


def test_who_does_not_answer_is_not_there(folder):
    trials, found, which = seen(folder, **still(response=0.4))
    present = trials.looks(12).present[which]
    answers = (~np.isnan(found.members)).sum(axis=-1)
    assert (answers <= present).all()
    assert answers.sum() / present.sum() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / present.sum()))


def test_no_more_practitioners_are_asked_than_said_and_they_are_drawn_at_random(folder):
    _, found, _ = seen(folder, members=2)
    answers = (~np.isnan(found.members)).sum(axis=-1)
    assert answers.max() == 2
    gap = found.value - found.true
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(gap.size)
    assert gap.std() > 0.05


def test_a_rater_is_unbiased_but_for_the_ceiling(folder):
    changed = {"measure": "fidelity", "instrument": "fidelity_visit", "estimand": 'no_sessions = "where_defined"',
               "measurement": "[measurement.fidelity_visit]\nerror = 0.2\nitems = 13"}  # fmt: skip
    _, found, _ = seen(folder, **changed)
    there = ~np.isnan(found.true)
    assert (np.isnan(found.value) == ~there).all()
    assert np.allclose(np.round(found.value[there] * 13), found.value[there] * 13)
    low = there & (found.true < 4.0)
    gap = (found.value - found.true)[low]
    assert gap.std() == pytest.approx(0.2, abs=0.02)
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(gap.size)
    assert found.value[there].max() <= 5.0
    near = there & (found.true > 4.95)
    if near.any():
        assert (found.value - found.true)[near].mean() < 0


def test_without_sessions_a_score_is_the_lowest_where_that_is_said(folder):
    changed = {"measure": "fidelity", "instrument": "fidelity_visit"}
    trials, found, which = seen(folder, **changed)
    nothing = np.isnan(trials.looks(12).counts["fidelity"][which])
    assert nothing.any()
    assert (found.value[nothing] == 1.0).all()
    assert (found.true[nothing] == 1.0).all()


def test_staff_scales_have_the_spread_that_is_said(folder):
    changed = {"measure": "leadership", "instrument": "leadership_scale",
               "measurement": "[measurement.leadership_scale]\nresponse = 1.0\nspread = 0.3"}  # fmt: skip
    trials, found, which = seen(folder, **changed)
    level = trials.looks(12).counts["leadership"][which]
    inside = (level > 1.2) & (level < 2.8)
    gap = (found.members - level[..., None])[inside]
    gap = gap[~np.isnan(gap)]
    assert gap.std() == pytest.approx(0.3, abs=0.02)
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(gap.size)
    assert np.nanmin(found.members) >= 0.0
    assert np.nanmax(found.members) <= 4.0


def test_claims_miss_what_is_not_on_record(folder):
    changed = {"measure": "sessions_per_post", "instrument": "claims", "measurement": "[measurement.claims]\nrecorded = 0.5"}
    _, found, _ = seen(folder, **changed)
    assert found.value.mean() == pytest.approx(0.5 * found.true.mean(), rel=0.02)


def test_clinicians_see_twice_the_change(folder):
    def mean(instrument):
        _, found, _ = seen(folder, measure="patient_gain", instrument=instrument, estimand='no_sessions = "where_defined"')
        return np.nanmean(found.value), np.nanmean(found.true)

    client, true = mean("client_scale")
    clinician, _ = mean("clinician_scale")
    assert client == pytest.approx(true, abs=0.03)
    assert clinician == pytest.approx(2 * true, abs=0.04)


def test_an_event_that_counts_as_the_worst_is_seen_as_the_worst(folder):
    trials, found, which = seen(folder, gives_up="composite", **still(desirable=1.0))
    worst = trials.looks(12).worst[which]
    assert worst.any()
    assert (found.value[worst] == 0.0).all()
    assert np.nanmax(found.members[worst]) == 0.0


def test_who_does_not_answer_does_not_count_as_the_worst(folder):
    """A service whose courses ended, but of which nobody is rated, is missing; one without sessions is the lowest."""
    rare = {"measurement": "[measurement.client_scale]\nresponse = 0.05", "estimand": 'no_sessions = "where_defined"'}
    trials, found, which = seen(folder, measure="patient_gain", instrument="client_scale", **rare)
    undefined = trials.looks(12).undefined[which]
    assert np.isnan(found.value[~undefined]).mean() > 0.3
    assert np.nanmean(found.value) == pytest.approx(np.nanmean(found.true), abs=0.08)
    _, visits, place = seen(folder, measure="fidelity", instrument="fidelity_visit")
    assert (
        visits.value[trials_of(folder, measure="fidelity", instrument="fidelity_visit").looks(12).undefined[place]] == 1.0
    ).all()
