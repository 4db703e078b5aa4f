"""Instruments of the emulated cohorts on batches made by hand: a known answer, and a control that gives another."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from experiments.patterns import patients, trials
from experiments.patterns.patients import CLIENTS, CLINICIANS, RETESTED, courses
from experiments.patterns.seen import Seen
from sim.codes import BY_RATIO, BY_SHIFT, COMPLETED, DROPPED_OUT, IN_COURSE, POST_VACANT, WITHDREW_BEFORE_START
from sim.rules import climate
from tests.experiments.patterns.hand_made import blank_seen
from tests.plans import with_values

pytestmark = pytest.mark.portable

Setting = Callable[[Seen], None]


def rows(seen: Seen, field: str, month: int, known: float, control: float, services: slice | np.ndarray = slice(None)) -> None:
    seen.batch.rows[field][0, services, month - 1] = known
    seen.batch.rows[field][1, services, month - 1] = control


def sites(seen: Seen) -> None:
    """All at 4.5 at month 12 and 4.3 at 24; control: one in 53 gives nothing at 12, all low at 24."""
    rows(seen, "fidelity", 12, 4.5, 4.5)
    rows(seen, "fidelity", 24, 4.3, 3.5)
    seen.batch.rows["fidelity"][1, 0, 11] = 0.0


def skilled(seen: Seen) -> None:
    """From .5 to .9; alone to .7 and with boosters to .9; control: alone nothing is lost, with boosters all."""
    boosted = trials._boosted(seen)
    seen.batch.ends["competence_start"] = 0.5
    rows(seen, "competence", 12, 0.9, 0.9)
    rows(seen, "competence", 18, 0.7, 0.9, np.flatnonzero(~boosted))
    rows(seen, "competence", 18, 0.9, 0.5, np.flatnonzero(boosted))


def leaving(seen: Seen) -> None:
    """33 leave in 33 months of 48 occupied posts and one before month 13; control: twice as many, none before."""
    for month in range(1, 58):
        since = max(0, min(month, 45) - 12)
        early = 1 if month >= 13 else 0
        rows(seen, "leavers", month, early + since, 2 * max(0, since - 1), slice(0, 1))


def use(seen: Seen) -> None:
    """Post 0: months 3 to 12, then another person in 20 only; control: the gap is filled by the first person."""
    assert seen.traces is not None
    gave, person = seen.traces.practitioners["sessions"], seen.traces.practitioners["person"]
    gave[:, [2, 11, 19], 0] = 4
    person[0, 15:, 0] = 1


def programme(seen: Seen) -> None:
    """Perceived 1 above 0 with a spread of 1 in both arms; control: no difference. Likewise for climate and fidelity."""
    ends = seen.batch.ends
    treated = trials._of_posts(seen, trials._treated(seen))
    noise = np.where(np.arange(len(treated)) % 2 == 0, 0.1, -0.1)
    for field in ("perceived_engagement", "expectation", "autonomy_support"):
        ends[field] = 0.5 + noise
        ends[field][0] += np.where(treated, 0.2, 0.0)
    for at in range(2):
        own = ends["expectation"][at] + ends["autonomy_support"][at]
        held = np.add.reduceat(own, seen.firsts()) / seen.plan.services["posts"]
        seen.batch.rows["climate"][at, :, -1] = climate(held, 0.0, 0.3)  # recognition .3
    ends["delivers"], ends["fidelity"] = 1, 3.0
    ends["fidelity"][0, treated] = 5.0
    ends["delivers"][1, treated] = 0


def clustered(seen: Seen) -> None:
    """Services differ and posts within them do not; control: posts differ and services do not."""
    between = trials._of_posts(seen, np.arange(21) / 21.0)
    within = np.tile(np.arange(12) / 12.0, 21)
    for at, values in enumerate((between, within)):
        seen.batch.ends["fidelity"][at] = 3 + values
        seen.batch.ends["expectation"][at] = values
        held = np.add.reduceat(values, seen.firsts()) / 12
        seen.batch.rows["climate"][at, :, -1] = climate(held, 0.0, 0.0)
    seen.batch.ends["delivers"] = 1


def climates(seen: Seen) -> None:
    """1.00 to 1.90 in steps of .05, half a point up two years later; control: reversed."""
    early = 1.0 + 0.05 * np.arange(19)
    seen.batch.rows["climate"][:, :, 11] = early
    seen.batch.rows["climate"][0, :, 35] = early + 0.5
    seen.batch.rows["climate"][1, :, 35] = early[::-1]


def control_spread(seen: Seen) -> None:
    climates(seen)
    seen.batch.rows["climate"][1, :, 11] = 2.0


CASES: dict[str, tuple[str, Setting, float, float]] = {
    "rise_to_12": ("sites", sites, 3.5, 3.5 * 52 / 53),
    "change_12_to_24": ("sites", sites, -0.2, -1.0),
    "high_at_24": ("sites", sites, 1.0, 0.0),
    "gain_lost_alone": ("skills", skilled, 0.5, 0.0),
    "gain_lost_boosted": ("skills", skilled, 0.0, 1.0),
    "months_of_use": ("workforce", use, 5.5, 18.0),
    "left_in_33": ("workforce", leaving, 1 - (1 - 34 / (48 * 33)) ** 33, 1 - (1 - 64 / (48 * 33)) ** 33),
    "gone_first_year": ("workforce", leaving, 2 / 48, 0.0),
    "effect_on_leadership": ("programme", programme, 2.0, 0.0),
    "effect_on_climate": ("programme", programme, 2.0, 0.0),
    "climate_per_leadership": ("programme", programme, 1.0, np.nan),
    "effect_on_fidelity": ("programme", programme, 0.5, -0.5),
    "clustering_of_fidelity": ("programme", clustered, 1.0, -1 / 11),
    "clustering_of_climate": ("programme", clustered, 1.0, -1 / 11),
    "climate_mean": ("climate", control_spread, 1.45, 2.0),
    "climate_spread": ("climate", control_spread, 0.05 * np.std(np.arange(19), ddof=1), 0.0),
    "climate_drift": ("climate", climates, 0.5, 0.0),
    "climate_stability": ("climate", climates, 1.0, -1.0),
}


def test_every_instrument_has_a_case() -> None:
    assert set(CASES) == set(trials.INSTRUMENTS)


@pytest.mark.parametrize("name", trials.INSTRUMENTS)
def test_the_known_answer_and_the_control(name: str) -> None:
    cohort, setting, known, control = CASES[name]
    seen = blank_seen(cohort, traced=name == "months_of_use")
    setting(seen)
    found = trials.INSTRUMENTS[name](seen)
    expected = [known, control]
    assert found == pytest.approx(expected, abs=0.03 if name.startswith("effect_on_") else 1e-9, nan_ok=True)


def test_who_is_not_there_perceives_nothing() -> None:
    seen = blank_seen("programme")
    programme(seen)
    before = trials.effect_on_leadership(seen)
    seen.batch.ends["status"][:, 0] = POST_VACANT
    seen.batch.ends["perceived_engagement"][:, 0] = 0.0
    after = trials.effect_on_leadership(seen)
    assert abs(after - before).max() < 0.05
    seen.batch.ends["leaving"][:, 0] = 1  # control: who leaves this very month still was there
    assert trials.effect_on_leadership(seen)[0] < after[0]


def test_arms_are_read_from_the_plan() -> None:
    assert trials._treated(blank_seen("programme")).sum() == 11
    assert trials._boosted(blank_seen("skills")).sum() == 21
    assert trials._treated(blank_seen("climate")).sum() == 0


def test_what_needs_a_trace_says_so() -> None:
    with pytest.raises(ValueError, match="trace"):
        trials.months_of_use(blank_seen("workforce"))
    with pytest.raises(ValueError, match="trace"):
        patients.never_came(blank_seen("patients"))


# -------------------------------------------------------------------------------------------------------------- patients


def trial(**control: float) -> Seen:
    """100 patients who begin in month 2 and complete in month 12, 40 of 42 sessions; 20 of 120 withdrew.

    Of the 100, the first ten dropped out in month 6 after 10 sessions, the next ten never came. Everybody else gains .3 but
    every second .1. In the control ``control`` replaces the values.
    """
    seen = blank_seen("patients", traced=True)
    seen = replace(seen, plan=with_values(seen.plan, {"sessions_course": 42.0}))
    assert seen.traces is not None
    cells = seen.traces.patients
    for at in range(2):
        there = cells[at]
        values = control if at else {}
        there["person"][:, :120] = 1
        there["recovery_start"][:, :100] = 3.0 + 0.01 * np.arange(100)
        there["recovery"][:] = there["recovery_start"]
        there["state"][1:11, :100] = IN_COURSE
        there["months"][1:12, :100] = np.arange(1, 12)[:, None]
        there["sessions_offered"][1:12, :100] = np.round(np.linspace(4, 42, 11))[:, None]
        there["sessions_attended"][11, 20:100] = values.get("attended", 40)
        there["ended"][11, 10:100] = COMPLETED
        there["recovery"][11, 20:100] += values.get("gain", 0.3)
        there["recovery"][11, 21:100:2] += values.get("more", -0.2)
        leave = int(values.get("dropped", 10))
        there["state"][5:, :leave] = 0
        there["months"][6:, :leave] = 0
        there["sessions_attended"][5, :leave] = 10
        there["ended"][5, :leave] = DROPPED_OUT
        there["ended"][11, 10:20] = DROPPED_OUT  # a course that nobody came to is not completed
        there["ended"][11, :leave] = 0
        there["ended"][3, 100:120] = WITHDREW_BEFORE_START if values.get("withdraw", True) else 0
    return seen


def test_courses_are_found_once_each() -> None:
    found = courses(trial())
    assert found.there.sum(axis=1).tolist() == [100, 100]
    assert found.withdrew.tolist() == [20, 20]
    assert [(found.ended[0][found.there[0]] == one).sum() for one in (COMPLETED, DROPPED_OUT)] == [80, 20]


def test_a_slots_next_patient_is_another_course_and_late_ones_are_not_of_the_trial() -> None:
    seen = trial()
    assert seen.traces is not None
    cells = seen.traces.patients
    cells["state"][1, 6:10, 0] = IN_COURSE  # after the dropout of month 6
    cells["person"][1, 6:, 0] = 2
    cells["months"][1, 6:10, 0] = np.arange(1, 5)
    assert courses(seen).there.sum(axis=1).tolist() == [100, 100]  # began in month 7: too late
    cells["months"][1, 6:10, 0] = np.arange(3, 7)  # control: as if begun in month 5
    seen.kept.clear()
    assert courses(seen).there.sum(axis=1).tolist() == [100, 101]


@pytest.mark.parametrize(
    ("name", "control", "expected"),
    [
        ("never_came", {"withdraw": False}, (30 / 120, 10 / 100)),
        ("came_to_half", {"attended": 20}, (80 / 120, 0.0)),
        ("dropped_out", {"dropped": 5}, (0.2, 0.15)),
        ("effect_of_all", {"gain": 0.0, "more": 0.0}, (80 * 0.2 / 120 / np.std(0.01 * np.arange(100), ddof=1), 0.0)),
    ],
)
def test_attendance_and_effect(name: str, control: dict[str, float], expected: tuple[float, float]) -> None:
    seen = trial(**control)
    if name == "dropped_out":  # the five who go on to the end complete
        assert seen.traces is not None
        seen.traces.patients["ended"][1, 11, 5:10] = COMPLETED
        seen.traces.patients["sessions_attended"][1, 11, 5:10] = 40
    assert patients.INSTRUMENTS[name](seen) == pytest.approx(expected, abs=1e-9)


def test_changes_as_rated() -> None:
    seen = trial(gain=1.3, more=-0.2)
    errors = patients.errors(seen)
    own = np.where(np.arange(CLIENTS) % 2 == 0, 0.3, 0.1) + np.sqrt(2) * 0.18 * errors[0, 0, :CLIENTS]
    assert patients.change_client(seen)[0] == pytest.approx(own.mean(), abs=1e-12)
    assert patients.spread_client(seen)[0] == pytest.approx(own.std(ddof=1), abs=1e-12)
    values = {name: float(seen.plan.parameters[name][0]) for name in ("ratio_rosy", "gain_course", "attendance_low")}
    true = np.where(np.arange(CLINICIANS) % 2 == 0, 0.3, 0.1)
    noise = np.sqrt(2) * 0.16 * errors[0, 1, :CLINICIANS]
    beyond = (values["ratio_rosy"] - 1) * values["gain_course"] * (1 + values["attendance_low"]) / 2
    for form, seen_change in ((BY_SHIFT, true + beyond + noise), (BY_RATIO, values["ratio_rosy"] * true + noise)):
        rated = replace(seen, plan=with_values(seen.plan, {"form_rosy": form}))
        assert patients.change_clinician(rated)[0] == pytest.approx(seen_change.mean(), abs=1e-12)
        assert patients.spread_clinician(rated)[0] == pytest.approx(seen_change.std(ddof=1), abs=1e-12)
    assert patients.change_client(seen)[1] > 0.9  # control: a point more
    flat = trial(more=0.0)
    assert patients.spread_client(flat)[1] < patients.spread_client(flat)[0] + 0.05
    assert patients.spread_clinician(flat)[1] < patients.spread_clinician(flat)[0]  # control: all gain the same


def test_completers_are_those_above_seventy_percent() -> None:
    assert np.isnan(patients.change_client(trial(attended=29))[1])  # 29 of 42
    assert np.isfinite(patients.change_client(trial(attended=30))[1])


def test_retest_hangs_on_the_error_of_a_look() -> None:
    seen = trial()
    records = np.repeat(seen.plan.parameters, 2)
    records["noise_seen"] = [0.0, 0.8]
    object.__setattr__(seen.plan, "parameters", records)
    seen.batch.members[:] = [0, 1]
    found = patients.retest_clinician(seen)
    assert found[0] == pytest.approx(1.0, abs=1e-12)
    error = 0.8 * 3 * float(records["sessions_month"][0]) / float(records["sessions_course"][0]) / np.sqrt(2)
    spread = np.std(0.01 * np.arange(100))
    assert found[1] == pytest.approx(spread**2 / (spread**2 + error**2), abs=0.1)
    assert RETESTED > 100  # so all of them are rated


def test_errors_hang_on_seed_and_replicate_alone() -> None:
    seen = trial()
    both = patients.errors(seen)
    alone = Seen(seen.plan, seen.batch._replace(replicates=seen.batch.replicates[1:]), None, 1)
    assert (patients.errors(alone)[0] == both[1]).all()
    assert (both[0] != both[1]).any()
    assert (patients.errors(Seen(seen.plan, seen.batch, None, 2)) != both).any()


def test_every_patient_instrument_is_tested_here() -> None:
    tested = {"never_came", "came_to_half", "dropped_out", "effect_of_all", "retest_clinician"}
    assert tested | {"change_client", "change_clinician", "spread_client", "spread_clinician"} == set(patients.INSTRUMENTS)
