"""The upper level: an actor that grants, delays and withdraws, and whom leaders ask for a decision."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim import rules
from sim.codes import (
    ACTIVE,
    AWAITING_PERMISSION,
    COMMITTED,
    EXPANSION_WITHOUT_DETAIL,
    LEADER_VACANT,
    LEFT_TO_PRACTITIONERS,
    PASSIVE_SUPPORTIVE,
)
from sim.engine import trace
from sim.parameters import read_table
from sim.plan import UPPER_EVENT_DELAYS, UPPER_EVENT_GRANTS, UPPER_EVENT_WITHDRAWS, Plan
from sim.problems import BadInput
from sim.rulebook import SECOND_VERSION
from sim.scenario import read_scenario, resolve
from sim.scenario.schema import Event
from tests.comparing import assert_same, compared, twins
from tests.plans import blank_calendar, first_settings, plain_first, plain_plan, shipped, with_calendar, with_values
from tests.small_scenarios import small_scenario

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

OWN = {
    "upper_attention", "upper_money", "upper_delay", "sought", "decisions_granted", "decisions_withdrawn", "backing_withdrawn",
    "money_withdrawn", "budget_withdrawn",
}  # fmt: skip
"""State that the upper level alone carries."""
STILL = {"chance_decision_sought": 0.0, "chance_upper_withdraws": 0.0}


def fields_that_differ(first: Plan, second: Plan, replicate: int = 0) -> set[str]:
    found = compared(trace(first, seed=1, replicate=replicate), trace(second, seed=1, replicate=replicate))
    return {one.field for one in found.differences}


def decided(month: int, word: str = "grants", *, on: bool = True, **settings: Any) -> Plan:
    """The nine services, the upper level deciding in a month for all of them; nothing else is decided by it."""
    overrides = {"switch.upper_level": "on" if on else "off", "chance_upper_withdraws": 0.0, **settings}
    scenario = read_scenario("nine-services", overrides=overrides)
    return resolve(replace(scenario, events=(*scenario.events, Event(month=month, kind="upper_level", upper_level=word))))


# --- planted checks and limits


def test_a_signal_decided_in_month_0_is_the_old_committed_to_the_bit() -> None:
    committed = dict.fromkeys((f"services.{one}.signal" for one in "ABDEFGHI"), "committed")
    old = resolve(read_scenario("nine-services", overrides=first_settings() | committed))
    alone = first_settings("upper_level")
    for replicate in range(2):
        assert fields_that_differ(decided(0, **alone), old, replicate) <= OWN
        # the control: a month later is another history
        assert fields_that_differ(decided(1, **alone), old, replicate) - OWN


def test_an_upper_level_that_neither_answers_nor_withdraws_is_none_to_the_bit() -> None:
    plan = with_values(shipped("all-active")[0], {"switch_upper_level": 0})
    still = with_values(plan, {"switch_upper_level": 1, **STILL})
    assert fields_that_differ(plan, still) <= OWN
    assert fields_that_differ(plan, with_values(plan, {"switch_upper_level": 1, "chance_upper_withdraws": 0.02})) - OWN
    assert fields_that_differ(plan, with_values(plan, {"switch_upper_level": 1, "chance_decision_sought": 1.0})) - OWN


def test_without_the_switch_its_decisions_and_its_attention_move_nothing() -> None:
    plan = with_values(shipped("nine-services")[0], {"switch_upper_level": 0})
    assert not fields_that_differ(plan, decided(20, on=False))
    assert not fields_that_differ(plan, with_calendar(plan, upper_attention=1.0))
    assert fields_that_differ(plan, decided(20))


# --- a leader who seeks a decision


def asked(services: int = 300, **fields: Any) -> Plan:
    """Services in which somebody raises the practice fully and whom the upper level listens to fully."""
    months = 13
    calendar = blank_calendar(months)
    calendar["follow_up"] = 1.0
    calendar["upper_attention"] = fields.pop("attention", 1.0)
    start = {
        "leader": LEADER_VACANT, "signal": AWAITING_PERMISSION, "backing": 1.0, "upper_money": 1.0, "support_months": 0,
    }  # fmt: skip
    values = {"chance_decision_sought": 0.1, "chance_upper_withdraws": 0.0, "chance_signal_resolves": 0.0}
    return plain_plan(
        (1,) * services,
        months=months,
        service={**start, **{name: fields.pop(name) for name in ("signal", "backing", "upper_money") if name in fields}},
        parameters={**values, "chance_leader_found": 0.0, **fields},
        calendar=calendar,
    )


def committed(plan: Plan, replicate: int = 0) -> np.ndarray:
    return trace(plan, seed=1, replicate=replicate)[1].services["signal"] == COMMITTED


@pytest.mark.parametrize("signal", [AWAITING_PERMISSION, EXPANSION_WITHOUT_DETAIL, LEFT_TO_PRACTITIONERS])
def test_decisions_come_at_the_chance_that_was_set(signal: int) -> None:
    services, base = 300, 0.1
    found = committed(asked(services, signal=signal)).sum(axis=1)
    assert found[0] == 0  # asked in the first month, answered from the second on
    for months in (1, 4, 12):
        chance = 1 - (1 - base) ** months
        spread = math.sqrt(services * chance * (1 - chance))
        assert abs(found[months] - services * chance) < 4 * spread, months
    # the control: half the chance lies outside
    chance = 1 - (1 - base / 2) ** 12
    assert abs(found[12] - services * chance) > 4 * math.sqrt(services * chance * (1 - chance))


def test_an_upper_level_without_backing_and_money_puts_everything_off() -> None:
    plan = asked(backing=0.0, upper_money=0.0)
    states = trace(plan, seed=1, replicate=0)[1].services
    assert (states["decisions_granted"] == 0).all()
    assert (states["upper_delay"] > 0).any()
    assert states["upper_delay"].max() <= plan.parameters["months_upper_delay"][0]


def test_more_attention_backing_and_money_never_grant_less() -> None:
    for one in ({"attention": 0.5}, {"backing": 0.5}, {"upper_money": 0.5}, {"chance_decision_sought": 0.05}):
        assert (committed(asked(**one)).sum(axis=1) <= committed(asked()).sum(axis=1)).all()
        assert committed(asked(**one))[-1].sum() < committed(asked())[-1].sum()
    levels = np.linspace(0.0, 1.0, 11)
    for rule in (
        lambda x: rules.openness(x, 0.4, 0.2),
        lambda x: rules.openness(0.6, x, 0.2),
        lambda x: rules.openness(0.6, 0.4, x),
    ):
        assert (np.diff([rule(one) for one in levels]) > 0.0).all()
    assert rules.openness(1.0, 1.0, 1.0) == 1.0
    assert rules.chance_answered(0.2, 0.5, 3.0) == pytest.approx(0.075)
    assert rules.chance_withdrawn(0.02, 0.25, 0.5) == pytest.approx(0.0075)


def test_only_who_raises_the_practice_seeks_decisions() -> None:
    for leader, seeks in ((ACTIVE, True), (PASSIVE_SUPPORTIVE, False)):
        plan = plain_first((2, 2), service={"leader": leader}, off=("leader_turnover",), on=("upper_level",))
        assert (trace(plan, seed=1, replicate=0)[1].services["sought"] > 0.0).any() == seeks


def test_in_observed_months_nothing_is_decided_by_chance() -> None:
    plan = asked(signal=AWAITING_PERMISSION)
    plan.services["months_observed"] = 10
    found = committed(plan).sum(axis=1)
    assert (found[:10] == 0).all()
    assert found[-1] > 0


# --- dated decisions


def test_a_grant_commits_and_gives_attention_and_money() -> None:
    states = trace(decided(30, chance_upper_withdraws=0.0), seed=1, replicate=0)[1].services
    assert (states["signal"][30:] == COMMITTED).all()
    assert (states["upper_attention"][30] == 1.0).all()
    assert (states["upper_money"][30:] == 1.0).all()
    assert (states["budget_lost"][30] == 0).all()
    was_open = states["signal"][29] != COMMITTED
    assert (states["news"][30][was_open] >= 0.99).all()
    # attention decays where nobody raises the practice
    assert (states["upper_attention"][-1] < 1.0).all()


def test_while_it_is_put_off_nothing_is_settled_and_a_commitment_awaits_permission() -> None:
    months = 9
    plan = decided(30, "delays", months_upper_delay=float(months), chance_signal_resolves=0.1)
    for replicate in range(3):
        signal = trace(plan, seed=1, replicate=replicate)[1].services["signal"]
        assert (signal[30] != COMMITTED).all()
        assert (signal[30 : 30 + months] == signal[30]).all()
    assert (signal[29] == COMMITTED).any()
    assert (signal[30][signal[29] == COMMITTED] == AWAITING_PERMISSION).all()
    assert (signal[30 + months + 24] != signal[30]).any()


def test_a_withdrawal_takes_backing_attention_and_money() -> None:
    states = trace(decided(30, "withdraws", rate_backing_returns=0.0), seed=1, replicate=0)[1].services
    assert (states["signal"][30] == LEFT_TO_PRACTITIONERS).all()
    assert (states["backing"][30:] == 0.0).all()
    assert (states["upper_money"][30:] == 0.0).all()
    assert (states["budget_lost"][30:] == 1).all()
    assert (states["decisions_withdrawn"][30] == states["decisions_withdrawn"][29] + 1).all()
    # one of it that nobody attends to or backs is withdrawn in time; one that is attended to is not
    start = {"leader": LEADER_VACANT, "signal": COMMITTED, "backing": 0.0, "support_months": 0}
    calm = {"chance_upper_withdraws": 0.02, "chance_leader_found": 0.0}
    plan = plain_plan((1,) * 100, months=60, service=start, parameters=calm)
    assert trace(plan, seed=1, replicate=0)[1].services["decisions_withdrawn"][-1].mean() > 0.3
    attended = with_calendar(plan, upper_attention=1.0)
    assert (trace(attended, seed=1, replicate=0)[1].services["decisions_withdrawn"] == 0).all()


def withdrawn(returns: float, *, attention: float = 1.0, month: int = 5, months: int = 60, **fields: Any) -> Plan:
    """Services from which the upper level withdraws, while somebody goes on to raise the practice with it."""
    calendar = blank_calendar(months)
    calendar["follow_up"] = 1.0
    calendar["upper_attention"] = attention
    calendar["event_upper"][month] = UPPER_EVENT_WITHDRAWS
    start = {"leader": LEADER_VACANT, "signal": COMMITTED, "backing": 0.6, "upper_money": 0.8, "support_months": 0} | fields
    values = {"chance_decision_sought": 0.4, "chance_upper_withdraws": 0.0, "chance_budget_lost": 0.0, "chance_leader_found": 0.0}
    values |= {"rate_backing_returns": returns}
    return plain_plan((1,) * 60, months=months, service=start, parameters=values, calendar=calendar)


def after_withdrawal(plan: Plan) -> np.ndarray:
    return trace(plan, seed=1, replicate=0)[1].services[5:]


def test_a_withdrawal_can_be_undone_where_somebody_seeks_it_and_backing_returns() -> None:
    back = after_withdrawal(withdrawn(0.1))
    granted = back["decisions_granted"] > 0
    assert not granted[0].any()
    assert granted[-1].mean() > 0.5
    # what was taken returns with the grant
    assert (back["budget_lost"] == ~granted).all()
    assert (back["upper_money"][granted] == 0.8).all()
    assert (back["backing"][granted] == 0.6).all()  # who commits backs it
    assert (back["backing"][~granted] < 0.6).all()
    assert (back["upper_money"][~granted] == 0.0).all()
    # Control: where backing may not return, a withdrawal is for good.
    for_good = after_withdrawal(withdrawn(0.0))
    assert (for_good["decisions_granted"] == 0).all()
    assert (for_good["budget_lost"] == 1).all()
    # nobody seeks it: backing returns with attention, a commitment does not
    unsought = with_values(withdrawn(0.1), {"chance_decision_sought": 0.0})
    assert (after_withdrawal(unsought)["decisions_granted"] == 0).all()


def test_backing_returns_towards_what_it_was_and_no_further() -> None:
    for returns, attention in ((0.1, 1.0), (0.2, 0.5), (0.2, 1.0)):
        # nobody raises it, so that attention is what is held; chance grants nothing
        plan = with_values(withdrawn(returns, attention=attention), {"chance_decision_sought": 0.0, "rate_upper_attention": 0.0})
        found = after_withdrawal(plan)["backing"][:, 0]
        passed = np.arange(len(found))
        np.testing.assert_allclose(found, 0.6 * (1.0 - (1.0 - returns * attention) ** passed), rtol=1e-12)
        assert found[-1] < 0.6
    ends = [after_withdrawal(withdrawn(one))["decisions_granted"][20].sum() for one in (0.0, 0.03, 0.2)]
    assert ends[0] == 0 < ends[1] < ends[2]
    # a budget that was gone before is not what the withdrawal took
    gone = with_values(withdrawn(0.2), {"chance_budget_lost": 1.0})
    states = trace(gone, seed=1, replicate=0)[1].services
    before = states["budget_lost"][4] == 1
    assert (states["decisions_granted"][-1][before] > 0).any()
    assert (states["budget_lost"][5:, before] == 1).all()


def test_the_three_decisions_stand_in_the_calendar() -> None:
    words = {"grants": UPPER_EVENT_GRANTS, "delays": UPPER_EVENT_DELAYS, "withdraws": UPPER_EVENT_WITHDRAWS}
    for word, code in words.items():
        column = decided(7, word).calendars["event_upper"]
        assert (column[:, 7] == code).all()
        assert np.count_nonzero(column) == len(column)


TWICE = """kind = "upper_level"
upper_level = "grants"

[[events]]
month = 5
kind = "signal_changes"
signal = "committed"
"""


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ('kind = "upper_level"', "missing key 'upper_level'"),
        ('kind = "upper_level"\nupper_level = "refuses"', "'grants', 'delays' or 'withdraws'|grants, delays, withdraws"),
        ('kind = "leader_leaves"\nupper_level = "grants"', "leader_leaves takes no 'upper_level'"),
        (TWICE, "second signal event"),
    ],
)
def test_a_wrong_decision_is_named(event: str, message: str, tmp_path: Any) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(small_scenario("S", scenario="wrong", title="Wrong", months=13) + f"\n[[events]]\nmonth = 5\n{event}\n")
    with pytest.raises(BadInput, match=message):
        read_scenario(path)


def test_a_decision_that_nobody_hears_is_named_unless_it_is_meant(tmp_path: Any) -> None:
    path = tmp_path / "deaf.toml"
    text = small_scenario("S", scenario="deaf", title="Deaf", months=13)
    known = read_table()
    waiting = {name: replace(one, on=False) for name, one in known.switches.items() if name in SECOND_VERSION}
    table = replace(known, switches=known.switches | waiting)
    event = '\n[[events]]\nmonth = 5\nkind = "upper_level"\nupper_level = "grants"\n'
    policy = '\n[[policies]]\nlever = "leadership_programme"\ndose = 0.5\n'
    path.write_text(text + event + policy)
    assert read_scenario(path).switches == {}  # as shipped every mechanism is on
    with pytest.raises(BadInput) as caught:
        read_scenario(path, table=table)
    found = {(one.where, one.allowed) for one in caught.value.problems}
    assert found == {
        ("deaf.toml: events[1] (upper_level).kind", "[switches] upper_level = true"),
        ("deaf.toml: policies[1] (leadership_programme).lever", "[switches] leadership_programme = true"),
    }
    on = {"switch.upper_level": "on", "switch.leadership_programme": "off"}
    assert read_scenario(path, overrides=on, table=table).switches == {"upper_level": True}
    assert read_scenario(path, overrides=on).switches == {"leadership_programme": False}
    # no dose is no policy
    path.write_text(text + policy.replace("0.5", "0.0"))
    assert read_scenario(path, table=table).switches == {}


# --- twins


@pytest.mark.parametrize("name", ["nine-services", "all-active"])
def test_engines_agree_with_an_upper_level(name: str) -> None:
    plan, seed = shipped(name)
    plan = with_values(plan, {"switch_upper_level": 1, "chance_decision_sought": 0.4, "chance_upper_withdraws": 0.02})
    plan = with_calendar(plan, slice(40, 41), event_upper=2)
    assert_same(twins(with_calendar(plan, slice(20, 30), upper_attention=0.7), seed=seed, replicate=1))
