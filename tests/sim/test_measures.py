import math

import numpy as np
import pytest

from sim.codes import ABANDONED, FORCE_RECEPTION, FORCE_UNCERTAINTY, STOPPED, SUSTAINED, WAITING
from sim.engine import simulate
from sim.history import STATES, STATUSES, to_frame
from sim.measures import OUTCOME_NAMES, Summary, kaplan_meier, outcome_vector, units_of, vector_names
from sim.store.hashing import TableHash
from tests.plans import plain_plan

pytestmark = pytest.mark.portable


def summarised(plan, *batches):
    summary = Summary(plan)
    for batch in batches:
        summary.add(batch)
    return summary


def simulate_one(plan, replicates=4):
    (batch,) = simulate(plan, seed=1, replicates=replicates, batch=replicates)
    return batch


def batch_with(batch, service, **fields):
    """The batch with some fields of a service replaced in all months."""
    rows = batch.rows.copy()
    for name, value in fields.items():
        rows[name][:, service] = value
    return batch._replace(rows=rows)


def intending(batch):
    """Posts of the first service that use the practice or intend to; shape (replicates, months)."""
    return sum(batch.rows[name][:, 0] for name in ("full_use", "planned_adaptation", "partial_use", "waiting"))


def cut(batch, size):
    return [batch.some(slice(at, at + size)) for at in range(0, len(batch.replicates), size)]


def hashes(summary):
    found = {}
    for name, (table, rows) in summary.tables().items():
        digest = TableHash(table)
        digest.update(rows)
        found[name] = digest.digest()
    return found


def frames(summary):
    return {name: to_frame(table, rows) for name, (table, rows) in summary.tables().items()}


def one(frame, **wanted):
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_share_and_its_error_by_hand(plan, batch_of):
    batch = batch_of(plan, 4)
    batch.rows["state"][0, 0, 11] = SUSTAINED
    row = one(frames(summarised(plan, batch))["summary_states"], group="service", unit="North", month=12)
    assert row["share_sustained"] == 0.25
    # sample variance of (1, 0, 0, 0) is 1/4; the error of the mean is sqrt(1/4/4)
    assert row["share_sustained_mcse"] == pytest.approx(0.25, abs=1e-15)
    region = one(frames(summarised(plan, batch))["summary_states"], group="region", month=12)
    assert region["share_sustained"] == 0.125
    assert region["share_sustained_mcse"] == pytest.approx(0.125, abs=1e-15)


def test_one_replicate_has_no_error(plan, random_batch):
    table = frames(summarised(plan, random_batch(plan, 1)))["summary_monthly"]
    assert table["mcse"].isna().all()


def test_a_constant_has_no_error_at_all(plan, batch_of):
    batch = batch_of(plan, 50)
    batch.rows["clarity"] = 0.1
    row = one(frames(summarised(plan, batch))["summary_monthly"], group="region", outcome="clarity", month=3)
    assert row["mean"] == pytest.approx(0.1, abs=1e-6)
    assert row["mcse"] == 0.0


@pytest.mark.parametrize("size", [1, 3, 7])
def test_results_do_not_depend_on_the_batch_size(plan, random_batch, size):
    batch = random_batch(plan, 10)
    assert hashes(summarised(plan, *cut(batch, size))) == hashes(summarised(plan, batch))


def test_a_change_in_one_value_would_be_seen(plan, random_batch):
    batch = random_batch(plan, 10)
    before = hashes(summarised(plan, batch))
    batch.rows["clarity"][3, 1, 5] += 0.01
    assert hashes(summarised(plan, batch))["summary_monthly"] != before["summary_monthly"]


def test_shares_are_conserved(plan, random_batch):
    table = frames(summarised(plan, random_batch(plan, 9)))["summary_monthly"]
    for names in ([f"share_{name}" for name in STATES], [f"posts_{name}" for name in STATUSES]):
        mine = table[table["outcome"].isin(names)]
        total = mine.groupby(["group", "unit", "month"], observed=True)["mean"].sum()
        assert np.allclose(total, 1.0)


def test_every_outcome_is_there_and_in_the_region_a_mean_of_the_services(plan, random_batch):
    table = frames(summarised(plan, random_batch(plan, 9)))["summary_monthly"]
    assert tuple(table["outcome"].cat.categories) == OUTCOME_NAMES
    mine = table[(table["outcome"] == "climate") & (table["month"] == 4)]
    services = mine[mine["group"] == "service"]["mean"]
    assert float(mine[mine["group"] == "region"]["mean"].iloc[0]) == pytest.approx(services.mean(), abs=2e-6)


def test_means_over_trained_posts_by_hand(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.rows["trained"][0, :, 0] = [2, 1]
    batch.rows["commitment"][0, :, 0] = [0.9, 0.3]
    batch.rows["in_dilemma"][0, :, 0] = [1, 1]
    table = frames(summarised(plan, batch))["summary_monthly"]
    assert one(table, group="region", outcome="commitment", month=1)["mean"] == pytest.approx(0.7, abs=1e-6)
    assert one(table, group="region", outcome="in_dilemma", month=1)["mean"] == pytest.approx(2 / 3, abs=1e-6)
    assert one(table, group="region", outcome="dilemma_months_per_post", month=24)["mean"] == pytest.approx(2 / 3)
    undefined = one(table, group="region", outcome="commitment", month=2)
    assert math.isnan(undefined["mean"])
    assert undefined["replicates"] == 0


def test_patients_by_hand(plan, batch_of):
    batch = batch_of(plan, 1)
    last = batch.rows[0, :, -1]
    last["completed"], last["dropped_out"], last["lost"] = [3, 1], [1, 0], [1, 0]
    last["attended_half"], last["helped"] = [2, 1], [2, 0]
    last["benefit_sum"], last["hours_practitioner"] = [0.9, 0.3], [300.0, 100.0]
    table = frames(summarised(plan, batch))["summary_monthly"]
    found = {name: one(table, group="region", outcome=name, month=24)["mean"] for name in OUTCOME_NAMES}
    assert found["share_half_attended"] == pytest.approx(0.5, abs=1e-6)
    assert found["benefit_per_course"] == pytest.approx(0.2, abs=1e-6)
    assert found["helped_per_1000_hours"] == pytest.approx(5.0, abs=1e-6)
    assert found["hours_practitioner_per_post"] == pytest.approx(400 / 3, abs=0.004)
    assert found["reached_per_post"] == pytest.approx(1.0)


def test_kaplan_meier_by_hand():
    # four spells: abandoned at 3, still going at 5, abandoned at 6, still going at 8
    events, censored = np.zeros(10, np.int64), np.zeros(10, np.int64)
    events[[3, 6]], censored[[5, 8]] = 1, 1
    found = kaplan_meier(events, censored)
    assert found.survival[:9].tolist() == pytest.approx([1, 1, 1, 0.75, 0.75, 0.75, 0.375, 0.375, 0.375])
    assert math.isnan(found.survival[9])
    assert found.at_risk.tolist() == [4, 4, 4, 4, 3, 3, 2, 1, 1, 0]
    # Greenwood at 6: 0.375 * sqrt(1/(4*3) + 1/(2*1)); the band by log-minus-log
    error = 0.375 * math.sqrt(1 / 12 + 1 / 2)
    width = math.exp(1.959963984540054 * error / (0.375 * abs(math.log(0.375))))
    assert found.low[6] == pytest.approx(0.375**width)
    assert found.high[6] == pytest.approx(0.375 ** (1 / width))
    assert (found.low[3:9] < found.survival[3:9]).all()


def by_statsmodels(events, censored):
    """Survival, and its standard error by Greenwood's formula, at the months of events."""
    from statsmodels.duration.survfunc import SurvfuncRight

    months = np.arange(len(events))
    time = np.concatenate([np.repeat(months, events), np.repeat(months, censored)])
    status = np.repeat([1, 0], [events.sum(), censored.sum()])
    return SurvfuncRight(time, status)


def test_kaplan_meier_equals_statsmodels_bit_for_bit():
    rng = np.random.default_rng(3)
    for _ in range(200):
        events = rng.integers(0, 9, 40) * (rng.random(40) < 0.3)
        censored = rng.integers(0, 9, 40) * (rng.random(40) < 0.3)
        censored[20] += 1  # somebody was looked at, and somebody has the event
        events[3] += 1
        found, expected = kaplan_meier(events, censored), by_statsmodels(events, censored)
        at = expected.surv_times.astype(int)
        assert found.survival[at].tolist() == expected.surv_prob.tolist()
        between = np.flatnonzero((found.at_risk > 0) & (events == 0))[1:]
        assert (found.survival[between] == found.survival[between - 1]).all()
        inside = (expected.surv_prob > 0) & (expected.surv_prob < 1)
        chance = expected.surv_prob[inside]
        width = np.exp(1.959963984540054 * expected.surv_prob_se[inside] / (chance * np.abs(np.log(chance))))
        assert found.low[at][inside] == pytest.approx(chance**width)
        assert found.high[at][inside] == pytest.approx(chance ** (1 / width))


def test_kaplan_meier_differs_from_a_curve_of_other_spells():  # the control of the test above
    events, censored = np.array([0, 3, 2, 0, 1]), np.array([0, 0, 4, 0, 5])
    other = by_statsmodels(events, np.add(censored, [0, 1, 0, 0, 0]))
    assert (kaplan_meier(events, censored).survival[[1, 2, 4]] != other.surv_prob).all()


@pytest.mark.parametrize(("events", "censored", "end"), [([0, 0, 0], [0, 0, 5], 1.0), ([0, 0, 5], [0, 0, 0], 0.0)])
def test_kaplan_meier_at_its_ends(events, censored, end):
    found = kaplan_meier(np.array(events), np.array(censored))
    assert found.survival[2] == found.low[2] == found.high[2] == end


def test_survival_without_a_start_is_undefined():
    assert np.isnan(kaplan_meier(np.zeros(3, np.int64), np.zeros(3, np.int64)).survival).all()


def test_survival_runs_from_the_first_session_and_leaves_out_those_who_never_began(plan, batch_of):
    batch = batch_of(plan, 3)
    batch.rows["sessions"][0, 0, 4] = 1  # first session at month 5
    batch.rows["state"][0, 0, 10:] = ABANDONED  # abandoned at month 11: a spell of 6
    batch.rows["sessions"][1, 0, 2] = 1  # still going at month 24: a spell of 21
    found = frames(summarised(plan, batch))
    starts = one(found["summary_starts"], group="service", unit="North")
    assert (starts["started"], starts["never_started"], starts["abandoned"], starts["median_first_session"]) == (2, 1, 1, 3)
    south = one(found["summary_starts"], group="service", unit="South")
    assert south["started"] == 0
    assert np.isnan(south["median_first_session"])
    survival = found["summary_survival"]
    north = survival[(survival["group"] == "service") & (survival["unit"] == "North")].set_index("since_first_session")
    assert north["survival"][5] == 1.0
    assert north["survival"][6] == 0.5
    assert north["at_risk"][21] == 1


def test_fidelity_quantiles_are_right_to_a_bin(plan, random_batch):
    batch = random_batch(plan, 400)
    found, count = summarised(plan, batch).fidelity_quantiles()
    values = batch.rows["fidelity"][:, 0, 6]
    values = values[values > 0]
    north = [unit.name for unit in units_of(plan)].index("North")
    assert count[north, 6] == len(values)
    assert found[north, 6] == pytest.approx(np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf"), abs=0.0101)


def test_typical_and_extreme_replicates(plan, batch_of):
    batch = batch_of(plan, 4, first=10)
    batch.rows["state"][1:3, 0] = SUSTAINED  # 11 and 12: one service sustained, the mean is one
    batch.rows["state"][3] = SUSTAINED  # 13: both, 10: none; equally far, the lower number counts
    summary = summarised(plan, *cut(batch, 3))
    assert (summary.typical, summary.extreme) == (11, 10)


def test_forces_are_counted_from_the_bits_of_decisions_only(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.ends["status"][0] = [WAITING, STOPPED, STOPPED]
    batch.ends["tipped"][0] = [FORCE_UNCERTAINTY, FORCE_UNCERTAINTY | FORCE_RECEPTION, 0]
    batch.ends["decided_month"][0] = [3, 4, 5]
    table = frames(summarised(plan, batch))["summary_decisions"]
    stopped = table[(table["group"] == "region") & (table["status"] == "stopped")].set_index("force")
    assert stopped["tipped"][stopped["tipped"] > 0].to_dict() == {"uncertainty": 1, "patient reception": 1, "no single force": 1}
    assert set(stopped["decided"]) == {2}
    batch.ends["decided_month"] = -1
    assert frames(summarised(plan, batch))["summary_decisions"]["tipped"].sum() == 0


def test_numbers_of_services_add_up_to_the_replicates(plan, random_batch):
    table = frames(summarised(plan, random_batch(plan, 9)))["summary_numbers"]
    assert set(table.groupby(["state", "month"], observed=True)["replicates"].sum()) == {9}


def test_vector_has_the_mean_of_the_summary(plan, random_batch):
    batch = random_batch(plan, 8)
    vector = outcome_vector(plan, cut(batch, 3))
    table = frames(summarised(plan, batch))["summary_monthly"]
    assert len(vector) >= 40
    for name in ("share_sustained", "climate", "helped_per_post", "hours_leader_per_service"):
        assert vector[name].shape == (8,)
        assert vector[name].mean() == pytest.approx(one(table, group="region", outcome=name, month=24)["mean"])
    assert vector["share_sustained@12"].mean() == pytest.approx(
        one(table, group="region", outcome="share_sustained", month=12)["mean"]
    )


@pytest.mark.parametrize("months", [1, 12, 24, 84, 85])
def test_names_of_the_vector_are_what_it_gives(plan_of, random_batch, months):
    plan = plan_of(months=months)
    found = outcome_vector(plan, [random_batch(plan, 2)])
    assert tuple(found) == vector_names(months)
    assert {name for name in found if "@" not in name} == {*OUTCOME_NAMES, "months_to_first_abandonment"}
    marks = {name.partition("@")[2] for name in found if name.startswith("fidelity@")}
    assert marks == {"mean", *(str(month) for month in (12, 24, 36, 48, 60, 84) if month < months)}


def test_a_part_of_the_vector_is_the_same_as_in_the_whole(plan, random_batch):
    batches = cut(random_batch(plan, 8), 3)
    whole = outcome_vector(plan, batches)
    rng = np.random.default_rng(1)
    drawn = [rng.choice(list(whole), size, replace=False).tolist() for size in (2, 5, 20, 60)]
    for names in [*([name] for name in whole), *drawn, list(whole)]:
        part = outcome_vector(plan, iter(batches), names)
        assert list(part) == [name for name in whole if name in names]  # in the vector's own order
        for name, values in part.items():
            np.testing.assert_array_equal(values, whole[name], err_msg=name)
    assert outcome_vector(plan, batches, iter(["fidelity", "climate"])).keys() == {"fidelity", "climate"}
    assert outcome_vector(plan, batches, ["no_such_outcome"]) == {}
    assert [values.shape for values in outcome_vector(plan, [], ["fidelity", "climate@12"]).values()] == [(0,), (0,)]
    # the control: columns do differ
    assert len({values.tobytes() for values in whole.values()}) > 80


def test_vector_is_undefined_where_nothing_was_delivered(plan, batch_of):
    vector = outcome_vector(plan, [batch_of(plan, 2)])
    assert np.isnan(vector["fidelity"]).all()
    assert np.isnan(vector["months_to_first_abandonment"]).all()


def test_groups_stand_in_for_many_services(plan_of):
    few, many = plan_of(), plan_of(names=[f"s{at}" for at in range(61)], posts=[1] * 61, leaders=[1] * 61)
    assert {unit.group for unit in units_of(few)} == {"region", "service", "leader", "posts"}
    assert {unit.group for unit in units_of(many)} == {"region", "leader", "posts"}


def test_services_may_have_the_names_of_groups(plan_of, random_batch):
    plan = plan_of(names=["2", "active", "all services"], posts=[1, 2, 1], leaders=[1, 0, 0])
    assert hashes(summarised(plan, random_batch(plan, 2)))


def test_sums_stay_exact_however_large(plan, batch_of):
    batch = batch_of(plan, 2)
    batch.rows["sessions"] = 2**40
    batch.rows["sessions"][0] += 3
    row = one(
        frames(summarised(plan, batch))["summary_monthly"], group="service", unit="South", outcome="sessions_per_post", month=1
    )
    assert row["mcse"] == pytest.approx(1.5, rel=1e-12)


@pytest.mark.engine
def test_giving_up_is_no_way_out_of_a_dilemma():
    busy = {"post": {"other_duties": 150.0, "spare_time": 0.0}, "service": {"pool": 60}, "months": 24}
    stays = plain_plan((3, 3), parameters={"chance_stops": 0.0, "chance_waits": 0.0}, off=("turnover",), **busy)
    rows = simulate_one(stays)
    given_up = [batch_with(rows, 1, full_use=0, planned_adaptation=0, partial_use=0, waiting=0, stopped=3, dilemma=0.0)]
    both, alone = (outcome_vector(stays, one, ["dilemma", "dilemma@mean"]) for one in ([rows], given_up))
    assert (both["dilemma@mean"] > 0.0).all()
    first = np.mean([row["dilemma"] for row in rows.rows[:, 0].T], axis=0)
    # of two services one has given up: what is left is the other's dilemma, not half of it
    np.testing.assert_allclose(alone["dilemma@mean"], first, atol=1e-6)
    half = (rows.rows["dilemma"][:, 0] / 2.0).mean(axis=1)
    assert (np.abs(alone["dilemma@mean"] - half) > 0.01).all()  # the control: weighted by who was trained
    gone = [batch_with(given_up[0], 0, full_use=0, planned_adaptation=0, partial_use=0, waiting=0, stopped=3, dilemma=0.0)]
    assert np.isnan(outcome_vector(stays, gone, ["dilemma"])["dilemma"]).all()


def test_a_mean_can_be_taken_of_the_months_to_a_landmark():
    plan = plain_plan((2,), months=30, service={"pool": 60}, post={"other_duties": 150.0})
    rows = simulate_one(plan)
    found = outcome_vector(plan, [rows], ["dilemma@mean", "dilemma@mean24"])
    monthly = np.where(intending(rows) > 0, rows.rows["dilemma"][:, 0], np.nan)
    np.testing.assert_allclose(found["dilemma@mean24"], np.nanmean(monthly[:, :24], axis=1), atol=1e-6)
    np.testing.assert_allclose(found["dilemma@mean"], np.nanmean(monthly, axis=1), atol=1e-6)
    assert (found["dilemma@mean"] != found["dilemma@mean24"]).any()
