"""A game is run anew at every move: what was lived stays to the bit, and its scenario file runs to the same life."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from experiments.leading.acts import ACTS, NAMES, hours_of
from experiments.leading.game import (
    SERVICES,
    TRIED,
    Decision,
    Game,
    Life,
    begin,
    hours_planned,
    lived,
    policies_of,
    read_decisions,
    scenario_file,
    spans_of,
)
from experiments.worlds.beginning import own_of
from sim.codes import OPERATING
from sim.plan import LEVERS
from sim.problems import BadInput
from sim.result import Run
from sim.scenario import read_scenario
from sim.world import World
from tests.experiments.commanding import sustain
from tests.experiments.leading.conftest import LED

pytestmark = pytest.mark.engine

OTHER = (*LED, Decision(45, ("monitoring", "autonomy")), Decision(60, ()))


def same(one: Life, other: Life, months: int) -> bool:
    """Whether all that is recorded of the first months is the same to the bit: rows, and the state of every agent."""
    pairs = [(one.rows, other.rows), *zip(one.trace, other.trace, strict=True)]
    return all(
        np.array_equal(np.ascontiguousarray(a[:months]).view("u1"), np.ascontiguousarray(b[:months]).view("u1")) for a, b in pairs
    )


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_lived_stays_whatever_is_decided_later(region: World, service: str) -> None:
    game = begin(region, service, luck=2)
    one, other = lived(game, LED), lived(game, OTHER)
    assert same(one, other, 45)
    assert not same(one, other, 46)  # control: from month 46 on it is another life
    earlier = lived(game, (Decision(12, ("clarity",)), *OTHER[1:]))
    assert not same(one, earlier, 13)  # control: another decision at the start is seen in the first month


def test_undoing_is_the_same_life(game: Game) -> None:
    first = lived(game, LED)
    lived(game, OTHER)
    assert same(first, lived(game, LED), game.months)


@pytest.mark.usefixtures("undrawn")
def test_the_file_runs_to_the_same_life_by_the_command(game: Game, tmp_path: Path) -> None:
    file = tmp_path / "led-service.toml"
    file.write_text(scenario_file(game, LED), encoding="utf-8")
    found = sustain("run", file, "-n", game.replicate + 1, "--out", tmp_path / "run", "--no-figures")
    assert found.exit_code == 0, found.output
    monthly = Run.open(tmp_path / "run").services_monthly
    rows = monthly[(monthly["service"] == "D") & (monthly["replicate"] == game.replicate)]
    own, passive = lived(game, LED).rows, lived(game, ()).rows
    assert len(rows) == game.months
    for column in ("sessions", "hours_leader", "hours_practitioner", "delivering_posts"):
        assert rows[column].to_list() == own[column].tolist()
    assert rows["hours_leader"].to_list() != passive["hours_leader"].tolist()  # control: the decisions are in the file
    compared = sustain("compare", "nine-services", file, "-n", 4, "--json")
    assert compared.exit_code == 0, compared.output


def test_the_file_is_the_same_world_and_leaves_the_other_services_alone(game: Game, region: World, tmp_path: Path) -> None:
    file = tmp_path / "led-service.toml"
    file.write_text(scenario_file(game, LED), encoding="utf-8")
    batch = sim.prepare(file).run([game.replicate])
    assert batch.rows[0, 3].tobytes() == lived(game, LED).rows.tobytes()
    assert batch.rows[0, 3].tobytes() != game.world.run([game.replicate]).rows[0, 0].tobytes()  # control
    untouched = [0, 1, 2, *range(4, 9)]
    assert batch.rows[0, untouched].tobytes() == region.run([game.replicate]).rows[0, untouched].tobytes()
    file.write_text(scenario_file(game, ()), encoding="utf-8")
    assert sim.prepare(file).run([game.replicate]).rows.tobytes() == region.run([game.replicate]).rows.tobytes()


def test_a_service_of_ones_own_can_be_led(region: World, tmp_path: Path) -> None:
    alone = sim.prepare("nine-services").only("D")
    game = begin(alone, "D", luck=1)
    assert same(lived(game, LED), lived(begin(region, "D", luck=1), LED), 84)


def test_a_number_of_luck_is_one_life_and_another_number_another(region: World) -> None:
    first, again, other = (begin(region, "D", luck=luck) for luck in (1, 1, 2))
    assert first.replicate == again.replicate
    assert first.replicate // TRIED == 1
    assert other.replicate // TRIED == 2
    assert lived(first, ()).rows["use"][first.start - 1] == OPERATING


DECISIONS = st.lists(
    st.tuples(st.integers(12, 83), st.lists(st.sampled_from(NAMES), max_size=3, unique=True)),
    max_size=24,
    unique_by=lambda one: one[0],
).map(lambda all_: tuple(Decision(month, tuple(acts)) for month, acts in sorted(all_)))


@given(DECISIONS)
@settings(max_examples=60, deadline=None)
def test_spans_say_what_the_decisions_say(decisions: tuple[Decision, ...]) -> None:
    spans = spans_of(decisions, 84)
    assert len(set(spans)) == len(spans)
    for month in range(84):
        now = next((one.acts for one in reversed(decisions) if one.month <= month), ())
        assert sorted(act for act, start, end in spans if start <= month < end) == sorted(now)
    for act, _, end in spans:  # what goes on is one span: it has no other one of the same act at its end
        assert not any(other == act and start == end for other, start, _ in spans)


def test_hours_are_those_of_the_months(game: Game) -> None:
    monthly = hours_of(("meetings", "clarity", "protected-time"), game.parameters)
    later = hours_of(("raising", "successors"), game.parameters)
    assert hours_planned(game, LED) == pytest.approx(18 * monthly + 54 * later, rel=1e-12)
    assert hours_planned(game, ()) == 0.0


def test_every_act_is_of_a_shipped_policy() -> None:
    levers = {lever.name for lever in LEVERS}
    base = read_scenario("baseline")
    shipped = {"raising": "facilitator", "meetings": "follow-up", "clarity": "goals-and-plan", "expectation": "expectations",
               "autonomy": "autonomy-support", "protected-time": "protected-time", "monitoring": "monitoring-believed",
               "successors": "successor-training"}  # fmt: skip
    assert set(shipped) == set(NAMES)
    for act in ACTS:
        policies, _ = own_of(read_scenario(shipped[act.name]), base)
        assert dict(act.levers) == {one.lever: one.dose * act.share for one in policies}
        assert set(act.levers) <= levers


@pytest.mark.parametrize("name", [act.name for act in ACTS])
def test_an_act_takes_the_hours_that_the_model_counts(region: World, name: str) -> None:
    nothing = {
        "leader": "vacant",
        "meetings": "not_raised",
        "clarity": 0.0,
        "plan": 0.0,
        "reallocation": 0.0,
        "months_observed": 24,
    }
    empty = region.only("D").with_settings({f"services.D.{field}": value for field, value in nothing.items()})
    game = begin(empty, "D", luck=0)
    act = next(one for one in ACTS if one.name == name)

    def hours(*acts: str) -> float:
        """Hours of the leader in the first month, without those of monitoring that nobody ordered."""
        life = lived(game, (Decision(12, acts),))
        now, ordered = life.trace.services[12, 0], acts == ("monitoring",)
        arranged = 0.0 if ordered else now["outcome_monitoring_now"] + now["fidelity_monitoring_now"]
        return float(life.trace.leaders[12, 0]["hours"] - game.parameters["hours_leader_monitoring"] * arranged)

    assert hours() == 0.0
    assert hours(name) == pytest.approx(act.hours(game.parameters), abs=1e-9)
    assert hours(name) != pytest.approx(act.hours(game.parameters) + 0.01, abs=1e-9)  # control


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("clarity", "decisions"),
        ([{"month": 12}], "decisions.0"),
        ([3], "decisions.0"),
        ([{"month": 11, "acts": []}], "decisions.0.month"),
        ([{"month": 84, "acts": []}], "decisions.0.month"),
        ([{"month": True, "acts": []}], "decisions.0.month"),
        ([{"month": 20, "acts": []}, {"month": 20, "acts": []}], "decisions.1.month"),
        ([{"month": 12, "acts": ["magic"]}], "decisions.0.acts"),
        ([{"month": 12, "acts": ["clarity", "clarity"]}], "decisions.0.acts"),
        ([{"month": 12, "acts": "clarity"}], "decisions.0.acts"),
        ([{"month": 12, "acts": [["clarity"]]}], "decisions.0.acts"),
        ([{"month": 12, "acts": list(NAMES[:4])}], "decisions.0.acts"),
        ([{"month": 12, "acts": []}] * 500, "decisions"),
    ],
)
def test_bad_decisions_are_told(game: Game, raw: object, place: str) -> None:
    with pytest.raises(BadInput) as told:
        read_decisions(raw, game)
    assert [one.where for one in told.value.problems] == [place]


def test_what_takes_more_hours_than_there_are_is_told(region: World, game: Game) -> None:
    raw = [{"month": 12, "acts": ["raising", "meetings", "clarity"]}]
    needed = hours_of(raw[0]["acts"], game.parameters)  # type: ignore[arg-type]
    enough = begin(region, "D", luck=1, hours=needed + 0.01)
    assert len(read_decisions(raw, enough)) == 1
    with pytest.raises(BadInput, match="hours a month"):
        read_decisions(raw, begin(region, "D", luck=1, hours=needed - 0.01))


def test_good_decisions_are_read_in_the_order_of_the_form(game: Game) -> None:
    found = read_decisions([{"month": 12, "acts": ["protected-time", "clarity"]}, {"month": 15, "acts": []}], game)
    assert found == (Decision(12, ("clarity", "protected-time")), Decision(15, ()))
    assert policies_of(found, 84)[0].end == 15


def test_a_bad_game_is_told_at_once(region: World) -> None:
    with pytest.raises(BadInput) as told:
        begin(region, "Z", luck=-1, hours=float("nan"))
    assert [one.where for one in told.value.problems] == ["luck", "hours", "service"]
