"""From shipped and written scenarios to plans."""

from collections import Counter
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from sim import codes
from sim.parameters import read_table
from sim.plan import LEVERS, POST_START, SERVICE_START, Plan, room_of
from sim.problems import BadInput
from sim.scenario import catalogue, read_scenario, resolve, schema
from sim.scenario.resolve import WORDS, dose_by_month

pytestmark = pytest.mark.portable

HEAD = 'schema_version = 1\nname = "{name}"\ntitle = "T"\nquestion = "Q?"\n'
SERVICE = """
[[services]]
name = "{name}"
setting = "specialised"
staff = 14
posts = 2
leader = "controlling"
signal = "awaiting_permission"
selection = "requested"
format = "group"
pool = 12
inflow = 1.5
"""


def plan_of(folder: Path, text: str, *, months: int | None = None, stands_alone: bool = False) -> Plan:
    path = folder / "case.toml"
    alone = 'baseline = ""\n' if stands_alone else ""
    path.write_text(HEAD.format(name="case") + alone + text, encoding="utf-8")
    return resolve(read_scenario(path, months=months))


@pytest.fixture(scope="module")
def nine() -> Plan:
    return resolve(read_scenario("nine-services"))


def service(plan: Plan, name: str) -> np.void:
    return plan.services[plan.service_names.index(name)]


def calendar(plan: Plan, name: str) -> np.ndarray:
    return plan.calendars[service(plan, name)["calendar"]]


def posts(plan: Plan, name: str) -> np.ndarray:
    row = service(plan, name)
    return plan.posts[row["first_post"] : row["first_post"] + row["posts"]]


def test_words_are_those_of_the_codes() -> None:
    words = {
        "setting": schema.SettingWord,
        "format": schema.FormatWord,
        "selection": schema.SelectionWord,
        "signal": schema.SignalWord,
        "meetings": schema.MeetingsWord,
        "pooling": schema.PoolingWord,
        "leader": schema.LeaderWord,
    }
    assert {key: set(get_args(one)) for key, one in words.items()} == {
        key: {member.name.lower() for member in enum} for key, enum in WORDS.items()
    }


def test_nine_services(nine: Plan) -> None:
    assert nine.months == 84
    assert nine.service_names == tuple("ABCDEFGHI")
    assert nine.services.dtype == SERVICE_START
    assert nine.posts.dtype == POST_START
    staff = nine.services["staff"]
    assert (staff.sum(), np.median(staff), staff.min(), staff.max()) == (138, 12, 9, 31)
    assert (staff >= nine.services["posts"]).all()
    assert nine.services["posts"].sum() == 31
    assert len(nine.posts) == len(nine.post_names) == room_of(nine.services).sum() == 37
    assert nine.services["reserve"].tolist() == [2, 0, 0, 0, 0, 4, 0, 0, 0]
    assert nine.services["posts"].tolist() == [3, 3, 5, 3, 3, 4, 3, 3, 4]
    assert nine.services["first_post"].tolist() == [0, 5, 8, 13, 16, 19, 27, 30, 33]
    assert np.isfinite([nine.services[name].astype(float) for name in SERVICE_START.names or ()]).all()
    assert len(set(nine.services["key"])) == 9


def test_table_1_of_the_study() -> None:
    services = read_scenario("nine-services").services
    people = [post for one in services for post in one.post_table()]
    named = [one for one in people if "not interviewed" not in one.alias]
    assert len(people) == 31
    assert len(named) == 26
    assert Counter(one.discipline for one in named) == {
        "nursing": 14,
        "therapy_or_pedagogy": 6,
        "social_work": 5,
        "medicine_or_psychology": 1,
    }
    years = [one.experience for one in named if one.experience is not None]
    # the study gives a mean of 12.3 and a standard deviation of 8.4
    assert np.mean(years) == pytest.approx(12.3, abs=0.1)
    assert np.std(years, ddof=1) == pytest.approx(8.4, abs=0.1)
    assert all(one.alias.startswith(service.name) for service in services for one in service.post_table())
    assert [service.name for service in services if service.setting == "specialised"] == ["E", "G"]
    assert {one.alias: one.experience for one in named}["Dina"] == 39


def test_section_6_rows(nine: Plan) -> None:
    leaders = {name: codes.LeaderType(service(nine, name)["leader"]).name.lower() for name in nine.service_names}
    assert leaders == dict.fromkeys("ABDFI", "passive_supportive") | {
        "C": "active",
        "E": "unavailable",
        "G": "unsupportive_trusting",
        "H": "vacant",
    }
    signals = {name: codes.Signal(service(nine, name)["signal"]).name.lower() for name in nine.service_names}
    assert signals == dict.fromkeys("BDEHI", "left_to_practitioners") | dict.fromkeys("AF", "expansion_without_detail") | {
        "C": "committed",
        "G": "awaiting_permission",
    }
    assert service(nine, "C")["meetings"] == codes.STRATEGIC
    assert service(nine, "C")["selection"] == codes.JOINT_DECISION
    for name in ("clarity", "plan", "reallocation", "backing", "briefing", "expectation_at_start"):
        assert nine.services[name].argmax() == 2
    assert service(nine, "A")["evaluation_fatigue"] == nine.services["evaluation_fatigue"].max()
    assert [bool(service(nine, name)["eligibility_checked"]) for name in "BE"] == [False, False]
    assert service(nine, "E")["pool"] + 12 * service(nine, "E")["inflow"] < 1
    assert posts(nine, "D")["spare_time"].tolist() == [0, 0, 0]
    # frustration in D is a prediction, not a start
    assert posts(nine, "D")["frustration"].max() == 0
    david, hanna = nine.post_names.index("David"), nine.post_names.index("Hanna")
    assert nine.posts["months_to_retirement"][david] == np.nanmin(nine.posts["months_to_retirement"])
    assert np.flatnonzero(nine.posts["champion"]).tolist() == [hanna]
    assert nine.posts["dilemma_free"].sum() == 2
    assert nine.posts["dilemma_free"][hanna]


def test_what_is_left_out_is_drawn(nine: Plan) -> None:
    bob = nine.posts[nine.post_names.index("Bob")]
    assert bob["experience"] == 14
    for name in ("months_to_retirement", "other_duties", "spare_time", "autonomy", "commitment"):
        assert np.isnan(bob[name])
    assert bob["belief_shift"] == 0


def test_events_of_the_first_year(nine: Plan) -> None:
    leaves, arrives = calendar(nine, "E"), calendar(nine, "H")
    assert np.flatnonzero(leaves["event_support"]).tolist() == [7]
    assert np.flatnonzero(arrives["event_leader"]).tolist() == [9]
    assert arrives["event_leader_type"][9] == codes.PASSIVE_SUPPORTIVE
    assert (nine.calendars["event_signal"] == -1).all()
    assert (nine.calendars["event_post_leaves"] == -1).all()


def test_services_with_the_same_calendar_share_it(nine: Plan) -> None:
    assert nine.calendars.shape == (3, 84)
    assert nine.services["calendar"].tolist() == [0, 0, 0, 0, 1, 0, 0, 2, 0]


def test_a_policy_of_dose_zero_is_the_baseline_bit_for_bit(nine: Plan, tmp_path: Path) -> None:
    for dose in ("0.0", "-0.0"):
        text = "".join(f'[[policies]]\nlever = "{one.name}"\ndose = {dose}\nservices = ["A"]\n' for one in LEVERS)
        assert plan_of(tmp_path, text).calendars.tobytes() == nine.calendars.tobytes()
    changed = plan_of(tmp_path, '[[policies]]\nlever = "clarity"\ndose = 0.1\nservices = ["A"]\n')
    assert changed.calendars.tobytes() != nine.calendars.tobytes()


def test_start_end_and_taper(tmp_path: Path) -> None:
    text = '[[policies]]\nlever = "supervision"\ndose = 0.8\nstart = 12\nend = 24\ntaper = 3\nservices = ["B"]\n'
    doses = calendar(plan_of(tmp_path, text), "B")["supervision"]
    assert (doses[:12] == 0).all()
    assert (doses[12:24] == 0.8).all()
    assert doses[24:28] == pytest.approx([0.6, 0.4, 0.2, 0.0])
    assert (doses[27:] == 0).all()
    assert (calendar(plan_of(tmp_path, text), "A")["supervision"] == 0).all()
    short = calendar(plan_of(tmp_path, text, months=25), "B")["supervision"]
    assert short.tobytes() == doses[:25].tobytes()


@pytest.mark.parametrize(("end", "taper", "months"), [(None, 0, 5), (3, 0, 5), (3, 1, 5), (3, 10, 5), (5, 10, 5), (84, 3, 84)])
def test_dose_by_month_stays_within_the_horizon(end: int | None, taper: int, months: int) -> None:
    policy = schema.Policy(lever="clarity", dose=1.0, start=1, end=end, taper=taper)
    doses = dose_by_month(policy, months)
    assert len(doses) == months
    assert doses[0] == 0
    assert (np.diff(doses[1:]) <= 0).all()
    assert ((doses >= 0) & (doses <= 1)).all()


def test_doses_add_up_within_the_bounds(tmp_path: Path) -> None:
    one = '[[policies]]\nlever = "clarity"\ndose = {}\nstart = {}\nservices = ["A"]\n'
    doses = calendar(plan_of(tmp_path, one.format(0.4, 0) + one.format(0.3, 10) + one.format(0.9, 20)), "A")["clarity"]
    assert doses[[0, 10, 20]] == pytest.approx([0.4, 0.7, 1.0])


def test_every_kind_of_event(tmp_path: Path) -> None:
    text = """
events = [
    { month = 1, kind = "leader_leaves", services = ["A"] },
    { month = 2, kind = "leader_arrives", leader_type = "active", services = ["A"] },
    { month = 3, kind = "leader_becomes", leader_type = "controlling", services = ["A"] },
    { month = 4, kind = "signal_changes", signal = "committed", services = ["A"] },
    { month = 5, kind = "leaves_support", services = ["A"] },
    { month = 6, kind = "returns_to_support", services = ["A"] },
    { month = 7, kind = "pool_changes", patients = 5, services = ["A"] },
    { month = 7, kind = "pool_changes", patients = -2, services = ["A"] },
    { month = 8, kind = "practitioner_leaves", post = "Ann", services = ["A"] },
]
"""
    rows = calendar(plan_of(tmp_path, text), "A")
    assert rows["event_leader"][:5].tolist() == [0, 1, 2, 3, 0]
    assert rows["event_leader_type"][2:4].tolist() == [codes.ACTIVE, codes.CONTROLLING]
    assert rows["event_signal"][3:6].tolist() == [-1, codes.COMMITTED, -1]
    assert rows["event_support"][4:8].tolist() == [0, 1, 2, 0]
    assert rows["event_pool"][6:9].tolist() == [0, 3, 0]
    assert rows["event_post_leaves"][7:10].tolist() == [-1, 2, -1]


def test_a_service_of_ones_own(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SERVICE.format(name="North"), months=1, stands_alone=True)
    row = plan.services[0]
    assert plan.months == 1
    assert plan.calendars.shape == (1, 1)
    assert plan.post_names == ("North-1", "North-2")
    assert (row["leader"], row["signal"], row["format"]) == (codes.CONTROLLING, codes.AWAITING_PERMISSION, codes.GROUP)
    assert row["support_months"] == 12
    assert np.isnan(plan.posts["experience"]).all()


def test_own_services_replace_the_baseline_with_its_events(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SERVICE.format(name="E"))
    assert plan.service_names == ("E",)
    assert not calendar(plan, "E")["event_support"].any()


def test_order_of_services_changes_no_key_and_no_calendar(tmp_path: Path) -> None:
    forth = plan_of(tmp_path, SERVICE.format(name="North") + SERVICE.format(name="South"))
    back = plan_of(tmp_path, SERVICE.format(name="South") + SERVICE.format(name="North"))
    assert service(forth, "North")["key"] == service(back, "North")["key"]


def test_names_that_differ_only_in_how_they_are_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="looks like"):
        plan_of(tmp_path, SERVICE.format(name="N\u00f8rd\u00e9") + SERVICE.format(name="N\u00f8rde\u0301"))


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_every_shipped_scenario_resolves(entry: object) -> None:
    scenario = read_scenario(entry.name)  # type: ignore[attr-defined]
    plan = resolve(scenario)
    assert scenario.question.endswith("?")
    assert plan.parameters.dtype == read_table().dtype
    assert room_of(plan.services).sum() == len(plan.posts) == len(plan.post_names)
    assert plan.services["calendar"].max() == len(plan.calendars) - 1
    for lever in LEVERS:
        assert (plan.calendars[lever.name] >= lever.low).all()
        assert (plan.calendars[lever.name] <= lever.high).all()


def test_passive_and_active_differ_in_the_leaders_only() -> None:
    passive, active = resolve(read_scenario("all-passive")), resolve(read_scenario("all-active"))
    differing = [name for name in SERVICE_START.names or () if (passive.services[name] != active.services[name]).any()]
    assert differing == ["leader", "leader_informed"]
    assert (active.services["leader"] == codes.ACTIVE).all()
    assert passive.calendars.tobytes() == active.calendars.tobytes()
    assert passive.posts.tobytes() == active.posts.tobytes()


def test_believed_and_imposed_differ_in_belief_only() -> None:
    believed, imposed = resolve(read_scenario("monitoring-believed")), resolve(read_scenario("monitoring-imposed"))
    names = believed.calendars.dtype.names or ()
    differing = [name for name in names if (believed.calendars[name] != imposed.calendars[name]).any()]
    assert differing == ["monitoring_belief"]


def test_leaders_leave_at_month_24() -> None:
    plan = resolve(read_scenario("active-leader-leaves"))
    assert (plan.calendars["event_leader"][:, 24] == 1).all()
    assert plan.calendars["event_leader"].sum() == len(plan.calendars)


def test_national() -> None:
    plan = resolve(read_scenario("national"))
    assert len(plan.services) == 2000
    assert len(set(plan.services["key"].tolist())) == 2000
    assert plan.calendars.shape == (1, 84)
    shares = np.bincount(plan.services["leader"], minlength=6) / 2000
    assert shares[codes.ACTIVE] == pytest.approx(0.12, abs=0.03)
    assert shares[codes.PASSIVE_SUPPORTIVE] == pytest.approx(0.54, abs=0.04)
    assert np.median(plan.services["staff"]) == pytest.approx(13, abs=1)
    assert (plan.services["staff"] >= plan.services["posts"]).all()
