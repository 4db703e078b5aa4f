"""Which scenarios can be compared run by run, and what is said of those that cannot."""

from pathlib import Path

import pytest

from experiments.worlds.pairing import unlike
from sim.scenario import read_scenario
from sim.scenario.definition import Scenario
from tests.experiments.comparing.small import one_service

pytestmark = pytest.mark.portable


def of_one(tmp_path: Path, name: str, **given: object) -> Scenario:
    return read_scenario(one_service(tmp_path, name, **given))  # type: ignore[arg-type]


def test_the_same_services_under_another_policy_can_be_compared(tmp_path: Path) -> None:
    assert unlike(read_scenario("all-passive"), read_scenario("all-active")) == []
    assert unlike(of_one(tmp_path, "base"), of_one(tmp_path, "passive", leader="passive_supportive")) == []


def test_horizon_services_and_posts(tmp_path: Path) -> None:
    base = of_one(tmp_path, "base")
    months, posts = map(str, unlike(base, of_one(tmp_path, "more", posts=5, months=36)))
    assert "more: has 36 months, base has 24" in months
    assert "allowed: one horizon" in months
    assert "more: has other numbers of posts: Ours 5, not 4" in posts
    assert "allowed: the services of base, each with as many posts" in posts
    lacks, more = map(str, unlike(base, read_scenario("all-active", months=24)))
    assert "all-active: lacks the service Ours" in lacks
    assert "all-active: has besides the services A, B, C, D, E and 4 more" in more


@pytest.mark.parametrize(
    ("name", "value"), [("fidelity_high", 3.9), ("months_delivery_window", 5), ("share_posts_sustained", 0.4)]
)
def test_definitions_of_outcomes(name: str, value: float) -> None:
    base = read_scenario("nine-services")
    (found,) = unlike(base, read_scenario("all-active", overrides={name: value}))
    assert f"{name} is {value:g}, in nine-services {base.record()[name][0]:g}" in found.what
    assert found.hint == f"--set {name}=VALUE gives all the same"
    assert unlike(base, read_scenario("all-active", overrides={name: base.record()[name][0].item()})) == []


def test_places_names_and_hints_are_the_askers() -> None:
    other = read_scenario("all-active", months=60, overrides={"fidelity_high": 3.9})
    words = {"where": "mine: arms.b", "called": "arm 'a'", "months_hint": "m", "set_hint": "set {name}"}
    months, high = unlike(read_scenario("all-passive"), other, **words)
    assert (months.where, months.what, months.hint) == ("mine: arms.b", "has 60 months, arm 'a' has 84", "m")
    assert (high.where, high.hint) == ("mine: arms.b", "set fidelity_high")
    assert ", in arm 'a' " in high.what
