"""Outcomes that mean what they say, on histories made by hand: pauses, gaps, giving up, restarts, vacancies, yearly looks."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.codes import FULL_USE, POST_VACANT, STOPPED, UNTRAINED, WAITING, ServiceState, Use
from sim.engine import CompiledEngine
from sim.history import USES, to_frame
from sim.measures import HISTORIES, Summary, outcome_vector
from sim.measures.luck import LUCKY, luck_design, luck_of, luck_rows
from sim.measures.summary import FIDELITY_BINS
from sim.measures.values import values_of
from sim.months.observing import lowest_at_look, practitioner_observed, service_observed, state_of
from sim.months.recording import posts_recorded
from sim.parameters import as_tuple, record
from sim.rules import CUTS, fidelity_of_clinic
from sim.state import FIELDS, start_value
from tests.plans import plain_plan, shipped, shipped_first, shortened

P = as_tuple(record()[0])
GAP, NOBODY, WINDOW = int(P.months_without_session), int(P.months_without_anybody), int(P.months_delivery_window)
OPERATING, SILENT, GIVEN_UP, NEVER, NOT_YET = USES


def agent(entity: str, **values: Any) -> Any:
    """An agent with every field at its start value, but those given."""
    return SimpleNamespace(**{field.name: start_value(field) for field in FIELDS[entity]} | values)


def life(*posts: Any, p: Any = P, fidelity: float = 4.5, **of_service: Any) -> list[SimpleNamespace]:
    """What is observed of a service: for each post a string, a letter a month; of the service and its first post each month.

    ``x`` a session, ``.`` none though the holder intends, ``w`` waits, ``s`` has stopped, ``v`` vacant, ``u`` untrained,
    ``d`` delivers at a fidelity of 3.8, ``e`` at 3.0, ``l`` gives a last session and stops in the same month.
    """
    status = {"w": WAITING, "s": STOPPED, "v": POST_VACANT, "u": UNTRAINED, "l": STOPPED}
    scores = {"d": 3.8, "e": 3.0}
    service = agent("service", posts=len(posts), established=len(posts), **of_service)
    people = [agent("practitioner", post=at, counted=1, started=1, structure=0.8) for at in range(len(posts))]
    found = []
    for step, letters in enumerate(zip(*posts, strict=True)):
        for one, letter in zip(people, letters, strict=True):
            one.status = status.get(letter, FULL_USE)
            one.sessions = 4 if letter in "xdel" else 0
            one.fidelity = scores.get(letter, fidelity)
            practitioner_observed(one, service, p, 1.0, step)
        service.sessions = sum(one.sessions for one in people)
        service_observed(service, people, p, step)
        row = SimpleNamespace()
        posts_recorded(row, service, people)
        copy = SimpleNamespace(**vars(service))
        copy.first = SimpleNamespace(**vars(people[0]))
        copy.row = row
        found.append(copy)
    return found


def uses(months: list[SimpleNamespace]) -> list[str]:
    return [USES[one.use] for one in months]


def test_a_pause_of_eight_months_is_none_and_one_of_nine_is_a_gap() -> None:
    short, long = life("x" + "." * (GAP - 1) + "xx"), life("x" + "." * GAP + "xx")
    assert [one.kept_going for one in short] == [1] * (GAP + 2)
    assert not any(one.in_gap or one.restarted_gap for one in short)
    assert [one.kept_going for one in long] == [1] * GAP + [0] * 3  # for good, whatever comes later
    assert [one.in_gap for one in long] == [0] * GAP + [1, 0, 0]
    assert [one.restarted_gap for one in long] == [0] * (GAP + 1) + [1, 1]
    # somebody intends all the time: silent once the window is empty, never given up
    assert uses(long) == [OPERATING] * WINDOW + [SILENT] * (GAP + 1 - WINDOW) + [OPERATING] * 2
    assert not long[-1].restarted_given_up


def test_nobody_for_three_months_gives_up_at_once_and_until_a_session() -> None:
    months = life("xx" + "s" * (NOBODY - 1) + "." + "s" * NOBODY + ".." + "x")
    # one month short of giving up; then giving up although the window may hold a session; intending again is not enough
    assert uses(months) == [OPERATING] * 5 + [SILENT] * 2 + [GIVEN_UP] * 3 + [OPERATING]
    assert [one.restarted_given_up for one in months] == [0] * 10 + [1]
    assert months[-1].kept_going == 1  # less than nine months in all
    assert not months[-1].restarted_gap
    soon = life("x" + "s" * NOBODY + "x")
    assert uses(soon) == [OPERATING] * NOBODY + [GIVEN_UP, OPERATING]
    # the window still held the session: given up counts at once
    assert soon[NOBODY].delivering_posts == 1


@pytest.mark.parametrize("letter", ["s", "v", "u"])
def test_stopped_vacant_and_untrained_intend_nothing_and_who_waits_does(letter: str) -> None:
    assert uses(life("x" + letter * 6))[-1] == GIVEN_UP
    assert uses(life("x" + "w" * 6))[-1] == SILENT
    # one who waits beside it keeps the service from giving up, but not the post
    beside = life("x" + letter * 6, "." + "w" * 6)
    assert uses(beside)[-1] == SILENT
    assert beside[-1].row.given_up_posts == 1


def test_who_stops_in_a_month_with_a_session_counts_it_as_a_month_of_nobody() -> None:
    assert uses(life("xl" + "s" * (NOBODY - 1))) == [OPERATING] * NOBODY + [GIVEN_UP]


def test_a_decision_of_the_service_gives_up_service_and_post_in_the_same_month() -> None:
    decided = life("xl", stopped_by_decision=1)
    assert uses(decided)[-1] == GIVEN_UP
    assert USES[decided[-1].first.use] == GIVEN_UP
    # whoever goes on has not given up
    assert USES[life("xx", stopped_by_decision=1)[-1].first.use] == OPERATING
    assert uses(life("xl"))[-1] == OPERATING  # the control: without a decision it takes three months


def test_without_a_session_nobody_has_started_even_if_nobody_intends() -> None:
    limit = int(P.months_never_started)
    months = life("s" * (limit + 1))
    assert uses(months) == [NOT_YET] * (limit - 1) + [NEVER] * 2
    assert not any(one.kept_going or one.in_gap for one in months)
    assert uses(life("." * 20 + "x"))[-1] == OPERATING


def test_a_post_has_kept_going_when_its_successor_goes_on_soon_enough() -> None:
    soon = life("xx" + "v" * 4 + "u" * 3 + "x", "x" * 10)
    assert soon[-1].first.kept_going == 1
    assert soon[-1].first.restarted_given_up == 1  # nobody in the post had intended for months
    late = life("xx" + "v" * 4 + "u" * 5 + "x", "x" * 12)
    assert late[-1].first.kept_going == 0
    assert late[-1].first.restarted_gap == 1
    assert late[-1].kept_going == 1  # the service as a whole had no gap
    assert late[-1].row.kept_going_posts == 1


def test_posts_are_counted_once_each() -> None:
    months = life("x" * 12, "x" + "w" * 11, "x" + "s" * 11, "." * 12)
    row = months[-1].row
    assert (row.operating_posts, row.silent_posts, row.given_up_posts, row.never_started_posts) == (1, 1, 1, 1)
    assert (row.kept_going_posts, row.in_gap_posts) == (1, 2)


def test_looks_are_yearly_and_the_one_of_month_12_counts_only_until_month_24() -> None:
    assert [lowest_at_look(0.0, 4.2, 11), lowest_at_look(3.0, 4.2, 23)] == [4.2, 4.2]
    assert [lowest_at_look(4.2, 4.5, 35), lowest_at_look(4.2, 3.9, 35), lowest_at_look(0.0, 4.9, 47)] == [4.2, 3.9, 0.0]
    low_first = life("e" * 12 + "x" * 36)
    assert [low_first[at].high_every_look for at in (10, 11, 22, 23, 47)] == [0, 0, 0, 1, 1]
    low_later = life("x" * 30 + "e" * 6 + "x" * 24)
    assert [low_later[at].high_every_look for at in (11, 23, 34, 35, 59)] == [1, 1, 1, 0, 0]
    silent_at_a_look = life("x" * 30 + "." * 7 + "x" * 24)
    assert [silent_at_a_look[at].high_every_look for at in (23, 35, 60)] == [1, 0, 0]
    assert silent_at_a_look[-1].lowest_look == 0.0


def test_the_cuts_are_three_readings_of_one_history() -> None:
    months = life("d" * 24, "x" * 24, "e" * 24)
    row = months[-1].row
    assert CUTS == (3.7, 4.0, 4.3)
    assert (row.high_look_posts_37, row.high_look_posts_40, row.high_look_posts_43) == (2, 1, 1)
    assert row.high_look_posts == 1
    strict = life("d" * 24, "x" * 24, "e" * 24, p=P._replace(fidelity_high=3.7))
    assert strict[-1].row.high_look_posts == 2
    assert strict[-1].row.high_look_posts_40 == 1  # the fixed cuts stay where they are


def test_of_a_single_post_post_and_service_are_the_same() -> None:
    rng = np.random.default_rng(1)
    names = ("use", "kept_going", "in_gap", "restarted_gap", "restarted_given_up", "lowest_look", "high_every_look")
    for _ in range(60):
        letters = "".join(rng.choice(list("xx.wsvude"), rng.integers(1, 14)).repeat(rng.integers(1, 9)))
        for month in life(letters):
            assert [getattr(month, name) for name in names] == [getattr(month.first, name) for name in names], letters


@pytest.mark.parametrize(("posts", "needed"), [(3, 1), (6, 2), (9, 3), (300, 100), (1023, 341), (4, 2), (1, 1)])
def test_a_third_of_the_posts_is_asked_for_exactly(posts: int, needed: int) -> None:
    third = P._replace(share_posts_sustained=1.0 / 3.0)
    for delivering in (needed - 1, needed):
        service = agent(
            "service", posts=posts, established=posts, delivering_posts=delivering, fidelity=4.5, first_session_month=0
        )
        expected = ServiceState.SUSTAINED if delivering == needed else ServiceState.SHRUNKEN
        assert state_of(service, third, 1, 30) == expected
    # the control: a little more than a third asks for one more, as .34 did
    service = agent("service", posts=3, established=3, delivering_posts=1, fidelity=4.5, first_session_month=0)
    assert state_of(service, P._replace(share_posts_sustained=0.34), 1, 30) == ServiceState.SHRUNKEN


def test_a_raters_score_counts_posts_that_do_not_deliver_against_structure() -> None:
    assert fidelity_of_clinic(4.2, 0.8, 1.0, 0.4) == 4.2
    assert fidelity_of_clinic(4.2, 0.8, 0.5, 0.4) == pytest.approx(4.2 - 4.0 * 0.4 * 0.8 * 0.5)
    alone, beside = life("x" * 5), life("x" * 5, "s" * 5)
    assert alone[-1].fidelity_clinic == alone[-1].fidelity == beside[-1].fidelity
    assert beside[-1].fidelity_clinic == pytest.approx(4.5 - 4.0 * P.weight_structure * 0.8 * 0.5)
    assert life("." * 5)[-1].fidelity_clinic == 0.0


# ------------------------------------------------------------------------------------------------------------- in whole runs


@pytest.fixture(scope="module")
def study() -> Any:
    plan = shipped("nine-services")[0]
    batch, _ = CompiledEngine(plan, 3).run(np.arange(40, dtype=np.int64))
    return plan, batch


def series(plan: Any, batch: Any) -> dict[str, np.ndarray]:
    from sim.measures import units_of

    return {value.name: value.floats()[:, 0] for value in values_of(plan, batch, units_of(plan)[:1])}


@pytest.mark.engine
def test_every_service_and_every_post_makes_one_thing_of_the_practice(study: Any) -> None:
    found = series(*study)
    for kind in ("share", "posts"):
        parts = [found[f"{kind}_{use}"] for use in USES]
        np.testing.assert_allclose(np.sum(parts, axis=0), 1.0)
        assert all((part > 0).any() for part in parts)
    # operating is what the states call sustained, shrunken or drifted, by the definitions as they stand
    old = found["share_sustained"] + found["share_shrunken"] + found["share_drifted"]
    # but for services that have decided to give up, while the window holds a session or courses are finished
    rows = study[1].rows
    giving = (rows["state"] < ServiceState.DORMANT) & (rows["use"] == Use.GIVEN_UP)
    np.testing.assert_allclose(found["share_operating"] + giving.mean(axis=1), old)
    assert giving.any()
    plan = shipped_first("nine-services")[0]
    first = series(plan, CompiledEngine(plan, 3).run(np.arange(40, dtype=np.int64))[0])
    live = first["share_sustained"] + first["share_shrunken"] + first["share_drifted"]
    np.testing.assert_allclose(first["share_operating"], live)  # where no service decides
    assert not np.allclose(found["share_given_up"], found["share_abandoned"])  # the control: giving up and silence are two


@pytest.mark.engine
def test_histories_only_ever_get_worse(study: Any) -> None:
    plan, batch = study
    found = series(plan, batch)
    kept, begun = batch.rows["kept_going"], np.cumsum(batch.rows["sessions"], axis=2) > 0
    assert (np.diff(kept, axis=2)[begun[:, :, :-1]] <= 0).all()
    for name in ("share_high_every_look", "posts_high_every_look", "share_high_every_look_37", "posts_high_every_look_43"):
        assert np.isnan(found[name][:, :11]).all()
        assert (np.diff(found[name][:, 23:], axis=1) <= 0).all()
    for kind in ("share", "posts"):
        by_cut = [found[f"{kind}_high_every_look_{cut}"][:, 11:] for cut in ("37", "40", "43")]
        assert all((low >= high).all() for low, high in pairwise(by_cut))
        assert (by_cut[0] > by_cut[2]).any()
        np.testing.assert_array_equal(found[f"{kind}_high_every_look"], found[f"{kind}_high_every_look_40"])
    for name in ("share_ever_gap", "share_ever_given_up", "share_restarted_gap", "months_operating", "months_kept_going"):
        assert (np.diff(found[name], axis=1) >= 0).all()
    assert (np.diff(found["share_kept_going"][:, 40:], axis=1) > 0).sum() < (np.diff(found["share_operating"], axis=1) > 0).sum()


@pytest.mark.engine
def test_started_is_kept_going_or_had_a_gap(study: Any) -> None:
    found = series(*study)
    started = 1.0 - found["share_never_started"] - found["share_not_yet_started"]
    np.testing.assert_allclose(started, found["share_kept_going"] + found["share_ever_gap"])
    assert (found["share_silent_nine_months"] <= found["share_ever_gap"] + 1e-12).all()


@pytest.mark.engine
def test_services_of_one_post_are_their_posts() -> None:
    # where the service decides nothing that its one practitioner does not
    plan = plain_plan((1, 1, 1), months=84, off=("service_decides",))
    batch, _ = CompiledEngine(plan, 5).run(np.arange(60, dtype=np.int64))
    found = series(plan, batch)
    pairs = [one.name.removeprefix("share_") for one in HISTORIES if one.name.startswith("share_")]
    shared = [name for name in pairs if f"posts_{name}" in found]
    assert len(shared) >= 10
    for name in (*shared, "never_started", "not_yet_started"):
        np.testing.assert_array_equal(found[f"share_{name}"], found[f"posts_{name}"], err_msg=name)
    np.testing.assert_array_equal(found["months_operating"], found["months_operating_per_post"])


@pytest.mark.engine
def test_tables_say_the_same(study: Any) -> None:
    plan, batch = study
    summary = Summary(plan)
    summary.add(batch)
    frames = {name: to_frame(table, rows) for name, (table, rows) in summary.tables().items()}
    endings, starts = frames["summary_endings"], frames["summary_starts"]
    region = endings[endings["group"] == "region"]
    rows = batch.rows
    for ending, there in (("first gap", rows["in_gap"] == 1), ("given up", rows["use"] == Use.GIVEN_UP)):
        events = region[region["ending"] == ending]["events"].sum()
        assert events == there.any(axis=2).sum() > 0
    at_start = region[region["since_first_session"] == 0]
    assert set(at_start["at_risk"]) == set(starts[starts["group"] == "region"]["started"])
    risks = frames["summary_risks"]
    assert set(risks["since_first_session"]) == {24, 48, 72}
    mine = risks[(risks["group"] == "region") & (risks["ending"] == "given up") & (risks["since_first_session"] == 48)].iloc[0]
    curve = region[(region["ending"] == "given up") & (region["since_first_session"] == 48)].iloc[0]
    assert mine["risk"] == 1.0 - curve["survival"]
    assert mine["low"] <= mine["risk"] <= mine["high"]
    bins = frames["summary_fidelity_bins"]
    last = bins[(bins["group"] == "region") & (bins["month"] == 84)].set_index("bin")["values"]
    scores = rows["fidelity"][:, :, -1]
    expected, _ = np.histogram(scores[scores > 0], np.linspace(1.0, 5.0, 41))
    assert last.sum() == (scores > 0).sum()
    assert np.abs(last.to_numpy() - expected).sum() <= 2  # a score on a bin's edge may fall to either side
    assert FIDELITY_BINS % 40 == 0


@pytest.mark.engine
def test_the_vector_has_them_along_the_way(study: Any) -> None:
    plan, batch = study
    names = ["share_kept_going@24", "share_high_every_look_43@48", "posts_operating", "months_kept_going", "fidelity_clinic"]
    found = outcome_vector(plan, [batch], names)
    assert set(found) == set(names)
    assert found["share_kept_going@24"].tolist() == (batch.rows["kept_going"][:, :, 23].mean(axis=1)).tolist()
    clinic, sessions = found["fidelity_clinic"], outcome_vector(plan, [batch], ["fidelity"])["fidelity"]
    given = ~np.isnan(sessions)  # where no service gives a session there is nothing to rate
    assert given.mean() > 0.4
    assert (clinic[given] < sessions[given]).mean() > 0.8


# ---------------------------------------------------------------------------------------------------------------------- luck


def test_luck_by_hand() -> None:
    # two cells of two: within (2 + 0) / 2 = 1, means 1 and 4, between 4.5 - 1 / 2
    luck, within, between = luck_of(np.array([[0.0, 2.0], [4.0, 4.0]]))
    assert (within, between, luck) == (1.0, 4.0, 0.2)
    assert np.isnan(luck_of(np.ones((3, 4)))[0])
    assert luck_of(np.array([[0.0, 1.0], [0.0, 1.0]]))[0] == 1.0
    assert luck_of(np.array([[0.0, 0.0], [1.0, 1.0]]))[0] == 0.0


@pytest.mark.parametrize(("low", "high", "share"), [(0.2, 0.8, 0.64), (0.5, 0.5, 1.0), (0.0, 1.0, 0.0), (0.1, 0.5, 0.17 / 0.21)])
def test_luck_of_chances_in_closed_form(low: float, high: float, share: float) -> None:
    # half of the cells at either chance: within = mean of p (1 - p), whole = mean p (1 - mean p)
    rng = np.random.default_rng(4)
    chances = np.repeat([low, high], 20_000)[:, None]
    found = luck_of((rng.random((40_000, 8)) < chances).astype(float))[0]
    assert found == pytest.approx(share, abs=0.012)


@pytest.mark.engine
def test_luck_of_a_run_is_a_share_and_without_chance_there_is_less_of_it() -> None:
    plan = shortened(shipped("nine-services")[0], 30)
    frame = to_frame(*luck_rows(plan, seed=2))
    assert set(frame["group"]) == {"region"}  # one world: of a single service there is nothing to hold luck against
    assert set(frame["month"]) == {24, 30}
    assert set(frame["what"]) == set(LUCKY)
    known = frame["luck"].dropna()
    assert len(known) > 8
    assert known.between(0.0, 1.0).all()
    two = replace(plan, parameters=np.repeat(plan.parameters, 2))
    two.parameters["chance_stops"] = [0.0, 0.5]
    two.parameters["chance_restarts"] = [1.0, 0.0]
    of_worlds = to_frame(*luck_rows(replace(two, members=np.arange(2)), seed=2))
    assert {"region", "service"} <= set(of_worlds["group"])
    kept = of_worlds[(of_worlds["what"] == "operating") & (of_worlds["month"] == 30)]
    assert kept["luck"].median() < 0.75  # worlds that differ so much leave less to luck
    assert (
        kept["luck"].median()
        < to_frame(*luck_rows(replace(two, parameters=two.parameters[[0, 0]]), seed=2))
        .query("what == 'operating' and month == 30")["luck"]
        .median()
    )


def test_luck_takes_little_work() -> None:
    plan = shipped("nine-services")[0]
    assert luck_design(plan) == (1, 16)
    assert luck_design(replace(plan, parameters=np.repeat(plan.parameters, 100))) == (24, 8)
    assert luck_design(shipped("national")[0]) == (1, 2)
    assert luck_design(plain_plan((1,) * 5000, months=84)) == (0, 0)
