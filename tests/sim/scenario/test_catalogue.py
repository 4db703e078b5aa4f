"""Every shipped policy does what its name says, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from sim import codes
from sim.engine import simulate, trace
from sim.parameters import read_table
from sim.plan import LEVERS, SERVICE_START, Plan
from sim.rulebook import SECOND_VERSION
from sim.scenario import catalogue, diff, find, from_machine_form, read_scenario, resolve
from tests.plans import shipped

pytestmark = pytest.mark.portable

INGREDIENTS = {
    "follow-up": {"strategic_meetings": 0.8, "barrier_removal": 0.3},
    "expectations": {"expectation": 0.8},
    "protected-time": {"protected_time": 8.0, "reallocation": 0.8},
    "goals-and-plan": {"clarity": 0.8},
    "autonomy-support": {"autonomy_support": 0.4},
    "monitoring-believed": {"outcome_monitoring": 1.0, "fidelity_monitoring": 1.0, "monitoring_belief": 0.8},
    "planned-adaptation": {"adaptation_backing": 0.8},
    "successor-training": {"successor_training": 0.3},
    "joint-selection": {},
    "champion": {"champion": 0.8},
}
"""Levers of each and their doses, from month 12 on."""

ALL = {lever: dose for levers in INGREDIENTS.values() for lever, dose in levers.items()}

POLICIES = {
    **{name: (levers, 12, 84) for name, levers in INGREDIENTS.items()},
    "all-ingredients": (ALL, 12, 84),
    "monitoring-imposed": ({"outcome_monitoring": 1.0, "fidelity_monitoring": 1.0}, 12, 84),
    "no-autonomy-support": ({"autonomy_support": -1.0}, 0, 84),
    "supervision-boosters": ({"supervision": 0.6}, 12, 84),
    "facilitator": ({"follow_up": 0.8}, 12, 84),
    "facilitator-for-6-months": ({"follow_up": 0.8}, 12, 18),
    "facilitator-for-12-months": ({"follow_up": 0.8}, 12, 24),
    "facilitator-for-24-months": ({"follow_up": 0.8}, 12, 36),
    "expectations-without-support": ({"expectation": 0.8, "autonomy_support": -0.4}, 12, 84),
    "cuts-planned": ({"adaptation_backing": 1.0}, 0, 84),
    "demanding-patients": ({"demanding_share": 0.6, "functioning": -0.2}, 0, 84),
    "low-functioning-patients": ({"functioning": -0.2}, 12, 84),
    "few-patients": ({"inflow": -0.6}, 12, 84),
    "mixed-patients": ({"demanding_share": 0.2}, 12, 84),
    "workload-shock": ({"workload": 12.0}, 24, 36),
    "budget-cut": ({"budget_cut": 0.6}, 36, 84),
    "vacancy-with-champion": ({"champion": 0.8}, 18, 42),
    "programme-ends": ({"leadership_programme": 1.0}, 12, 24),
}
"""Levers, first month in force, first month no longer in force."""

PASSIVE = ("active-from-6", "active-from-12", "active-from-24", "active-from-36", "vacancy", "vacancy-with-champion")
SELECTED = {"selection", "briefing", "eligibility_checked", "capacity_checked"}


def plan_of(name: str) -> Plan:
    return resolve(read_scenario(name))


def fields_that_differ(a: str, b: str) -> set[str]:
    one, other = plan_of(a).services, plan_of(b).services
    return {name for name in SERVICE_START.names or () if name != "calendar" and (one[name] != other[name]).any()}


def where(a: str, b: str) -> set[str]:
    """Kinds of difference, without the names of the services."""
    return {row.where.split(" (")[0].split(".")[0] for row in diff(read_scenario(a), read_scenario(b))}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_moves_its_levers_in_its_months_and_no_other(name: str) -> None:
    levers, start, end = POLICIES[name]
    calendars = plan_of(name).calendars
    for lever in LEVERS:
        expected = np.zeros(84)
        expected[start:end] = levers.get(lever.name, 0.0)
        assert (calendars[lever.name] == expected).all(), lever.name


@pytest.mark.parametrize(
    "name",
    [name for name in POLICIES if name not in {*PASSIVE, "joint-selection", "all-ingredients", "cuts-planned", "programme-ends"}],
)
def test_a_policy_that_adds_levers_changes_nothing_else(name: str) -> None:
    assert where("baseline", name) == {"policies"}
    assert read_scenario(name).events == read_scenario("baseline").events


def test_every_scenario_without_a_policy_moves_no_lever() -> None:
    without = {entry.name for entry in catalogue()} - set(POLICIES) - {"boosters-quarterly", "programme-refreshed"}
    for name in without:
        assert read_scenario(name).policies == (), name
    assert without >= {"all-active", "leadership-programme", "cuts-ad-hoc", "vacancy"}


# --- ingredients


def test_all_ingredients_are_the_single_ones_together() -> None:
    together = read_scenario("+".join(INGREDIENTS))
    assert together.hash == read_scenario("all-ingredients").hash
    assert read_scenario("+".join(list(INGREDIENTS)[:-1])).hash != together.hash  # the control
    assert where("baseline", "all-ingredients") == {"policies", "services"}


def test_selection_is_changed_and_nothing_else() -> None:
    assert fields_that_differ("baseline", "joint-selection") == SELECTED
    assert fields_that_differ("joint-selection", "selected-in-passing") == SELECTED
    assert where("baseline", "joint-selection") == where("baseline", "selected-in-passing") == {"services"}
    assert (plan_of("joint-selection").services["selection"] == codes.JOINT_DECISION).all()
    assert (plan_of("selected-in-passing").services["selection"] == codes.IN_PASSING).all()
    assert plan_of("joint-selection").calendars.tobytes() == plan_of("baseline").calendars.tobytes()


# --- leaders


@pytest.mark.parametrize("month", [6, 12, 24, 36])
def test_leaders_become_active_late_and_are_passive_till_then(month: int) -> None:
    name = f"active-from-{month}"
    assert fields_that_differ("all-passive", name) == set()
    assert where("all-passive", name) == {"events"}
    late, never = plan_of(name).calendars, plan_of("all-passive").calendars
    assert (late["event_leader"][:, month] == 3).all()
    assert (late["event_leader_type"][:, month] == codes.ACTIVE).all()
    late["event_leader"][:, month] = 0
    assert late.tobytes() == never.tobytes()  # without the one event the same


def test_active_and_late_active_leaders_differ_by_date_only() -> None:
    # all-active: from the start, with leaders who know the practice as active ones do
    assert fields_that_differ("all-active", "active-from-6") == {"leader", "leader_informed"}
    events = [{(one.kind, one.leader_type) for one in read_scenario(f"active-from-{month}").events} for month in (6, 12, 24, 36)]
    assert events == [{("leaves_support", None), ("leader_becomes", "active")}] * 4


def test_a_programme_makes_the_leaders_active_when_the_support_ends() -> None:
    assert where("baseline", "leadership-programme") == {"events"}
    (event,) = [one for one in read_scenario("leadership-programme").events if one not in read_scenario("baseline").events]
    assert (event.month, event.kind, event.leader_type, event.services) == (12, "leader_becomes", "active", "all")


def test_controlling_and_active_differ_in_the_type_only() -> None:
    assert fields_that_differ("all-active", "all-controlling") == {"leader"}
    assert where("all-active", "all-controlling") == {"services"}
    assert (plan_of("all-controlling").services["leader"] == codes.CONTROLLING).all()


def test_institutionalised_or_not_differs_in_that_only() -> None:
    assert fields_that_differ("active-leader-leaves", "active-leader-leaves-institutionalised") == {"institutionalisation"}
    assert where("active-leader-leaves", "active-leader-leaves-institutionalised") == {"services"}
    assert (plan_of("active-leader-leaves-institutionalised").services["institutionalisation"] == 0.9).all()


@pytest.mark.engine
@pytest.mark.parametrize("name", ["vacancy", "vacancy-with-champion"])
def test_a_vacancy_lasts_from_18_to_41(name: str) -> None:
    quick = {"chance_leader_found": 0.5, "chance_leader_leaves": 0.003}
    plan = resolve(read_scenario(name, overrides=quick))
    for replicate in range(20):
        kinds = trace(plan, seed=1, replicate=replicate)[1].leaders["type"]
        assert (kinds[18:42] == codes.LEADER_VACANT).all()
        assert (kinds[17] != codes.LEADER_VACANT).any()
        assert (kinds[42] == codes.PASSIVE_SUPPORTIVE).any()
    still = resolve(read_scenario(name, overrides={"switch.leader_turnover": "off"}))
    kinds = trace(still, seed=1, replicate=0)[1].leaders["type"]
    assert (np.delete(kinds, np.s_[18:42], axis=0) == codes.PASSIVE_SUPPORTIVE).all()


@pytest.mark.engine
def test_a_post_left_to_chance_would_be_filled() -> None:
    # the control: one event in month 18, and chance at its lowest
    scenario = read_scenario("vacancy", overrides={"chance_leader_found": 0.05})
    once = scenario.machine_form()
    once["events"] = [one for one in once["events"] if not 18 < one["month"] < 42]
    plan = resolve(from_machine_form(once))
    kinds = np.stack([trace(plan, seed=1, replicate=replicate)[1].leaders["type"] for replicate in range(10)])
    assert (kinds[:, 18:42] != codes.LEADER_VACANT).any()


def test_vacancies_differ_in_the_champion_only() -> None:
    assert where("vacancy", "vacancy-with-champion") == {"policies"}
    assert where("all-passive", "vacancy") == {"events"}


# --- adaptation, boosters


def test_cuts_are_made_by_plan_or_ad_hoc_at_equal_hours() -> None:
    planned, ad_hoc = read_scenario("cuts-planned"), read_scenario("cuts-ad-hoc")
    same = ("share_hours_adapted", "chance_restores")
    assert [planned.set_values[name] for name in same] == [ad_hoc.set_values[name] for name in same]
    assert (planned.switches, ad_hoc.switches) == ({"parts_last": False}, {"adaptation": False, "parts_last": False})
    rows = {row.where for row in diff(planned, ad_hoc)}
    assert rows == {"parameters.chance_adapts", "parameters.chance_cuts", "switches.adaptation", "policies"}


@pytest.mark.engine
def test_about_as_many_hours_are_saved_by_plan_as_ad_hoc() -> None:
    def using(name: str, *states: str) -> np.ndarray:
        rows = np.concatenate([batch.rows for batch in simulate(shipped(name)[0], seed=1, replicates=100)])
        return np.sum([rows[one] for one in states], axis=0).sum(axis=1).mean(axis=0) / 31

    planned, ad_hoc = (using(name, "planned_adaptation", "partial_use") for name in ("cuts-planned", "cuts-ad-hoc"))
    assert np.abs(planned - ad_hoc)[3:].max() < 0.05
    assert planned[6:36].min() > 0.05  # later few services are left
    assert using("cuts-ad-hoc", "planned_adaptation").max() == 0.0
    by_plan = using("cuts-planned", "planned_adaptation")
    assert by_plan[6:].mean() > 0.75 * planned[6:].mean()


def test_boosters_come_every_third_month() -> None:
    calendars = plan_of("boosters-quarterly").calendars
    given = np.flatnonzero(calendars["supervision"][0])
    assert given.tolist() == list(range(14, 84, 3))
    assert set(calendars["supervision"][:, given].ravel()) == {1.0}
    assert where("baseline", "boosters-quarterly") == {"policies"}
    assert {one.lever for one in read_scenario("boosters-quarterly").policies} == {"supervision"}


# --- the second version


SWITCHED = {
    "programme-ends": {"leadership_programme"},
    "programme-refreshed": {"leadership_programme"},
    "two-carriers": {"critical_mass"},
    "five-carriers": {"critical_mass"},
    "expansion": {"expansion"},
    "expansion-decided": {"expansion", "upper_level"},
}
"""Mechanisms that a scenario asks about and names, so that it has them whatever the table says."""


def test_a_scenario_names_the_mechanisms_that_it_asks_about_and_no_other() -> None:
    known = read_table()
    waiting = {name: replace(one, on=False) for name, one in known.switches.items() if name in SECOND_VERSION}
    table = replace(known, switches=known.switches | waiting)
    for name, mechanisms in SWITCHED.items():
        assert read_scenario(name, table=table).switches == dict.fromkeys(mechanisms, True), name
        assert read_scenario(name).switches == {}, name  # as shipped all are on


@pytest.mark.parametrize(
    ("without", "pair", "mechanism"),
    [
        ("upper-level-absent", "baseline", "upper_level"),
        ("nobody-speaks-up", "baseline", "bottom_up"),
        ("active-leader-leaves-no-routines", "active-leader-leaves-institutionalised", "routines"),
    ],
)
def test_a_scenario_without_a_mechanism_differs_from_its_pair_in_nothing_else(without: str, pair: str, mechanism: str) -> None:
    differences = diff(read_scenario(pair), read_scenario(without))
    assert [(one.where, one.a, one.b) for one in differences] == [(f"switches.{mechanism}", "true", "false")]


def test_refreshers_are_all_that_they_add_to_a_programme() -> None:
    assert where("programme-ends", "programme-refreshed") == {"policies"}
    ends, refreshed = (plan_of(name).calendars["leadership_programme"] for name in ("programme-ends", "programme-refreshed"))
    assert (ends[:, :28] == refreshed[:, :28]).all()
    assert np.flatnonzero(refreshed[0, 28:] == 0.5).tolist() == list(range(1, 56, 6))


def test_decisions_of_the_upper_level_are_all_that_they_add_to_it() -> None:
    for word, months in (("grants", [24]), ("delays", [12, 18]), ("withdraws", [24])):
        name = f"upper-level-{word}"
        assert where("baseline", name) == {"events"}
        found = [one for one in read_scenario(name).events if one.kind == "upper_level"]
        assert [(one.month, one.upper_level, one.services) for one in found] == [(month, word, "all") for month in months]


def test_less_support_is_less_support_and_nothing_else() -> None:
    assert fields_that_differ("baseline", "unsupported") == {"support_months"}
    assert where("baseline", "unsupported") == {"services"}
    assert where("baseline", "supervisor-leaves") == {"events"}
    assert (plan_of("supervisor-leaves").calendars["event_support"][:, 6] == 1).all()
    assert where("baseline", "low-turnover") == where("baseline", "high-turnover") == {"parameters"}


def test_two_and_five_carriers_differ_in_posts_and_in_patients_for_them() -> None:
    two, five = plan_of("two-carriers"), plan_of("five-carriers")
    assert fields_that_differ("two-carriers", "five-carriers") == {"posts", "first_post", "pool", "inflow"}
    for name in ("pool", "inflow"):
        np.testing.assert_allclose(two.services[name] / two.services["posts"], five.services[name] / five.services["posts"])
    assert two.service_names == five.service_names


# --- what the files say of themselves


def test_every_policy_says_what_it_costs() -> None:
    silent = {
        "baseline",
        "nine-services",
        "national",
        "high-turnover",
        "low-turnover",
        "rival-independent",
        "rival-smoothing",
        "rival-threshold",
    }
    for entry in catalogue():
        head = find(entry.name).read_text(encoding="utf-8").split("schema_version", 1)[0]
        assert ("\n# Cost: " in head or head.startswith("# Cost: ")) == (entry.name not in silent), entry.name


def test_the_readme_lists_every_scenario_once() -> None:
    readme = find("baseline").with_name("README.md").read_text(encoding="utf-8")
    for entry in catalogue():
        assert readme.count(f"| [`{entry.name}`]({entry.name}.toml) | {entry.question} |") == 1
