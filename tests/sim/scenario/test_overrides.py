"""Settings on a scenario that was read give what reading its file with them gives."""

from typing import Any

import numpy as np
import pytest

from sim.parameters import read_table
from sim.problems import BadInput
from sim.scenario import catalogue, read_scenario
from sim.scenario.overrides import with_settings

pytestmark = pytest.mark.portable

SETTINGS: list[dict[str, Any]] = [
    {},
    {"chance_leaves": 0.02},
    {"chance_leaves": "0.0145"},  # the table's own value
    {"switch.fading": "off", "switch.turnover": False},
    {"switch.fading": "on"},
    {"services.all.leader": "vacant", "services.all.staff": 4000, "services.all.eligibility_checked": "false"},
    {"services.all.clarity": 0.5, "chance_waits": 0.05, "switch.reactance": "off"},
    {"forms.belief": "smoothing", "forms.peers": "linked"},
    {"forms.deciding": "hazard"},  # the default, also where the scenario has the rival
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.once
@pytest.mark.uncounted
def test_the_same_as_reading_with_them(settings: dict[str, Any]) -> None:
    for entry in catalogue():
        if entry.name == "national" and len(settings) > 1:
            continue  # two thousand services, read again
        scenario = read_scenario(entry.name)
        changed = with_settings(scenario, settings)
        read = read_scenario(entry.name, overrides=settings)
        assert changed == read
        assert changed.hash == read.hash
        np.testing.assert_array_equal(changed.record(), read.record())
        if settings.get("chance_leaves") == 0.02:
            assert changed.hash != scenario.hash  # control


def test_settings_on_settings() -> None:
    first = {"chance_leaves": 0.02, "services.A.leader": "vacant", "switch.fading": "off", "forms.belief": "smoothing"}
    default = read_table().parameters["chance_leaves"].value
    second = {"chance_leaves": default, "services.all.leader": "active", "switch.fading": "on", "forms.belief": "bayes"}
    twice = with_settings(with_settings(read_scenario("nine-services"), first), second)
    assert twice.parameters == {}
    assert twice.switches == {}
    assert twice.forms == {}
    assert {one.leader for one in twice.services} == {"active"}


def test_one_service_before_all() -> None:
    settings = {"services.A.leader": "vacant", "services.all.leader": "active"}
    for order in (settings, dict(reversed(settings.items()))):
        changed = with_settings(read_scenario("nine-services"), order)
        assert [one.leader for one in changed.services] == ["vacant"] + ["active"] * 8


def test_what_cannot_be_set_is_said_all_at_once() -> None:
    settings = {"chance_leave": 1, "switch.fadng": "off", "services.Z.leader": "active", "services.A.staff": 2.5}
    settings |= {"forms.beleif": "bayes", "forms.belief": "bays"}
    with pytest.raises(BadInput) as caught:
        with_settings(read_scenario("nine-services"), settings)
    with pytest.raises(BadInput) as read:
        read_scenario("nine-services", overrides=settings)
    assert caught.value.as_rows() == read.value.as_rows()
    assert len(caught.value.problems) == 6


def test_fewer_staff_than_posts() -> None:
    with pytest.raises(BadInput, match="1 employees, but"):
        with_settings(read_scenario("nine-services"), {"services.A.staff": 1})


def test_values_of_no_kind() -> None:
    with pytest.raises(BadInput, match="the value is a list"):
        with_settings(read_scenario("nine-services"), {"chance_leaves": [0.01]})  # type: ignore[dict-item]
