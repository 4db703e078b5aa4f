"""What would have prevented it: exact, the same on both engines, and right where the answer was planted."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import sim
from experiments.worlds.estimating import merged, moments
from sim.order import ORDER
from sim.problems import BadInput
from sim.scenario import find, resolve
from sim.scenario.schema import Event
from sim.why.aggregate import _means, aggregate
from sim.why.contrasts import Contrast, Variants, chosen, named, read_contrasts, told
from sim.why.outcomes import OUTCOMES, outcome_of
from sim.why.prevented import ANY, NOTHING, ONE, TOGETHER, Lives, Prevented, Tried, every_set, in_words, lived, prevented, shapley
from sim.why.shares import Share
from sim.why.twin import twin, writers
from sim.why.yardsticks import shams
from sim.world import World

pytestmark = pytest.mark.engine

GIVEN_UP = outcome_of("given-up")
CONTRASTS = read_contrasts()
HELP, REMOVE = chosen(CONTRASTS, kind="help"), chosen(CONTRASTS, kind="remove")


@pytest.fixture(scope="module")
def world() -> World:
    return sim.prepare("nine-services", months=48)


@pytest.fixture(scope="module")
def d(world: World) -> World:
    return world.only("D")


def who_gave_up(world: World, count: int) -> np.ndarray:
    return np.flatnonzero(GIVEN_UP.holds(world.run(300)))[:count].astype(np.int64)


# ------------------------------------------------------------------------------------------------------------------ exactness


@pytest.mark.parametrize("contrasts", [HELP, REMOVE], ids=["help", "remove"])
def test_no_contrast_is_the_run_to_the_bit(d: World, contrasts: tuple[Contrast, ...]) -> None:
    replicates = np.arange(12, dtype=np.int64)
    life, holds = Variants(d, contrasts).life(0, d.members(replicates))
    batch = life.run(replicates, members=np.arange(12), held=holds)
    assert batch.rows.tobytes() == d.run(replicates).rows.tobytes()
    changed, holds = Variants(d, contrasts).life(1, d.members(replicates))
    assert changed.run(replicates, members=np.arange(12), held=holds).rows.tobytes() != batch.rows.tobytes()  # the control


@pytest.mark.parametrize("one", CONTRASTS, ids=[one.name for one in CONTRASTS])
def test_both_engines_agree_on_every_contrast(world: World, one: Contrast) -> None:
    h = world.only("H")
    life, holds = Variants(h, [one]).life(1, h.members([5]))
    fast, slow = (life.run([5], members=np.zeros(1, np.int64), held=holds, engine=engine) for engine in ("compiled", "mesa"))
    assert fast.rows.tobytes() == slow.rows.tobytes()
    assert fast.ends.tobytes() == slow.ends.tobytes()
    several = np.arange(20, dtype=np.int64)
    lives, holds = Variants(h, [one]).life(1, h.members(several))
    assert lives.run(several, members=several, held=holds).rows.tobytes() != h.run(several).rows.tobytes()  # the control


def test_a_contrast_is_what_its_scenario_is(world: World) -> None:
    d = world.only("D")
    life, _ = Variants(d, chosen(CONTRASTS, names=["follow-up"])).life(1, d.members([0, 1, 2]))
    shipped = sim.prepare("facilitator", months=48).only("D")
    assert life.run(3, members=np.arange(3)).rows.tobytes() == shipped.run(3).rows.tobytes()


def test_many_lives_at_once_are_each_by_itself(d: World) -> None:
    variants, replicates = Variants(d, REMOVE), np.array([2, 9, 4])
    together = every_set(variants, replicates, d.members(replicates), GIVEN_UP)
    for at, replicate in enumerate(replicates):
        alone = every_set(variants, np.array([replicate]), d.members([replicate]), GIVEN_UP)
        assert [one.happened[at] for one in together] == [one.happened[0] for one in alone]
        assert [one.hours[at] for one in together] == [one.hours[0] for one in alone]


@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_shares_add_up(count: int) -> None:
    values = np.random.default_rng(count).random((1 << count, 3))
    np.testing.assert_allclose(shapley(values).sum(axis=0), values[-1] - values[0], atol=1e-12)


def test_shares_by_all_orders() -> None:
    from itertools import permutations

    values = np.random.default_rng(3).random(16)
    orders = list(permutations(range(4)))
    by_order = np.zeros(4)
    for order in orders:
        mask = 0
        for at in order:
            by_order[at] += values[mask | 1 << at] - values[mask]
            mask |= 1 << at
    np.testing.assert_allclose(shapley(values), by_order / len(orders), atol=1e-12)


# ------------------------------------------------------------------------------------------------------------ planted answers


def planted(prevents: set[int], count: int = 3) -> Prevented:
    tried = tuple(
        Tried(mask, mask in prevents, 0, float(mask))
        for mask in sorted(range(1 << count), key=lambda mask: (mask.bit_count(), mask))
    )
    contrasts = tuple(Contrast(name=f"c{at}", kind="help", words=f"c{at} had been", values={"pace": 1}) for at in range(count))
    values = np.array([float(mask in prevents) for mask in range(1 << count)])
    return Prevented("D", 0, "given-up", "help", contrasts, tried, shapley(values), Share(0.3, 9), Share(0.0, 6), ())


@pytest.mark.parametrize(
    ("prevents", "ending", "smallest", "responsibility", "said"),
    [
        ({1, 3, 5, 7}, ONE, [1], [1.0, 0.0, 0.0], "One thing would have prevented it: if c0 had been."),
        ({1, 2, 3, 5, 6, 7}, ANY, [1, 2], [1.0, 1.0, 0.0], "Any of these would have prevented it: if c0 had been; or if c1"),
        ({3, 7}, TOGETHER, [3], [0.5, 0.5, 0.0], "Only together: if c0 had been, and c1 had been."),
        (set(), NOTHING, [], [0.0, 0.0, 0.0], "Nothing of what is tried here would have prevented it"),
        ({1, 6}, ONE, [1, 6], [1.0, 0.5, 0.5], "So would 1 other smallest set."),
    ],
)
def test_four_endings(prevents: set[int], ending: str, smallest: list[int], responsibility: list[float], said: str) -> None:
    found = planted(prevents)
    assert found.ending == ending
    assert [one.mask for one in found.smallest] == smallest
    assert list(found.responsibility.values()) == responsibility
    assert said in in_words(found)


def test_more_may_bring_it_back() -> None:
    assert planted({1, 3, 5, 7}).undone_by_more.share == 0.0
    assert planted({1}).undone_by_more == Share(1.0, 2)


NOT_DELIVERING = outcome_of("not-delivering")
CALM = {f"switch.{name}": "off" for name in ("turnover", "leader_turnover", "service_decides", "mixed_signals")}
HOLDERS = ("Chris", "Christine", "Carl", "Cate", "Celine")
LEAVING = tuple(Event(month=16 + at, kind="practitioner_leaves", post=one, services=["C"]) for at, one in enumerate(HOLDERS))
EMPTIED = tuple(Event(month=at, kind="pool_changes", patients=-1000, services=["C"]) for at in (20, 30, 40))
STAYED = Contrast(name="stayed", kind="remove", words="nobody had left", without=("practitioner_leaves",))
PATIENTS = Contrast(name="patients", kind="remove", words="there had been patients", without=("pool_changes",))
FILLED = Contrast(
    name="filled",
    kind="remove",
    words="posts had been filled",
    values={"chance_post_filled": 1.0, "chance_successor_active": 1.0},
)
IDLE = Contrast(name="idle", kind="remove", words="skill had not faded", values={"switch.competence_decay": 0})


def planted_world(events: tuple[Event, ...]) -> World:
    """Service C, of which nothing ends but what is planted: posts are never filled, and the pool is large and not filled up."""
    calm = sim.prepare("nine-services", months=84, settings=CALM, ensemble=None).only("C")
    scenario = replace(calm.scenario, events=events)
    plan = resolve(scenario)
    plan.parameters["chance_post_filled"] = 0.0
    plan.services["pool"], plan.services["inflow"] = 500, 0.0
    return replace(calm, scenario=scenario, plan=plan)


@pytest.mark.parametrize(
    ("events", "contrasts", "ending", "smallest"),
    [
        (LEAVING, (STAYED, PATIENTS, IDLE), ONE, [("stayed",)]),  # a single cause
        (EMPTIED, (STAYED, PATIENTS, IDLE), ONE, [("patients",)]),
        (LEAVING, (STAYED, FILLED, IDLE), ANY, [("filled",), ("stayed",)]),  # two things were needed: undoing either is enough
        (LEAVING + EMPTIED, (STAYED, PATIENTS, IDLE), TOGETHER, [("stayed", "patients")]),  # one would have done: pre-emption
        (LEAVING + EMPTIED, (STAYED, IDLE), NOTHING, []),  # the same, and the other one is not asked about
    ],
    ids=["leaving", "patients", "both needed", "either enough", "not asked"],
)
def test_a_cause_that_was_planted_comes_out_as_such(
    events: tuple[Event, ...], contrasts: tuple[Contrast, ...], ending: str, smallest: list[tuple[str, ...]]
) -> None:
    """In the model itself: replayed, and not by a rule on sets."""
    assert not NOT_DELIVERING.holds(planted_world(()).run(20)).any()  # without what is planted nothing ends
    world = planted_world(events)
    for replicate in range(4):
        found = prevented(world, replicate, contrasts, NOT_DELIVERING, lucks=10, worlds=1)
        assert found.ending == ending
        assert sorted(named(contrasts, one.mask) for one in found.smallest) == smallest


def test_what_changes_nothing_is_told_so(world: World) -> None:
    short = sim.prepare("nine-services", months=12).only("D")
    replicate = int(np.flatnonzero(NOT_DELIVERING.holds(short.run(300)))[0])
    found = prevented(short, replicate, HELP, NOT_DELIVERING, lucks=10, worlds=2)
    assert set(found.inert) == {one.name for one in HELP}  # all of them begin in month 12
    assert "Nothing could be tried" in in_words(found)
    off = world.with_settings({"switch.competence_decay": "off"}).only("D")
    again = prevented(off, int(who_gave_up(off, 1)[0]), REMOVE, GIVEN_UP, lucks=10, worlds=2)
    assert again.inert == ("skill-kept",)


def test_what_is_done_already_is_not_doubled() -> None:
    led = sim.prepare("facilitator", months=48).only("D")
    life, _ = Variants(led, chosen(CONTRASTS, names=["follow-up"])).life(1, led.members([0]))
    assert life.plan.calendars["follow_up"].max() == 0.8
    found = prevented(led, int(who_gave_up(led, 1)[0]), HELP, GIVEN_UP, lucks=10, worlds=2)
    assert "follow-up" in found.inert
    assert not any("follow-up" in named(HELP, one.mask) for one in found.smallest)


def test_other_worlds_are_others() -> None:
    alone = sim.prepare("nine-services", months=48, ensemble=None).only("D")
    found = prevented(alone, int(who_gave_up(alone, 1)[0]), HELP, GIVEN_UP, lucks=10, worlds=20)
    assert all(share.of == 0 for _, share in found.other_worlds)  # a run of one world has no other


# ------------------------------------------------------------------------------------------------------- what stands beside it


def test_shams_undo_next_to_nothing(d: World) -> None:
    replicates = who_gave_up(d, 60)
    undone = [shams(d, int(one), int(d.members([one])[0]), GIVEN_UP) for one in replicates]
    count = sum(one.of for one in undone)
    assert count == 6 * len(replicates)
    assert sum(one.share * one.of for one in undone) / count <= 0.02


def test_a_change_that_is_none_of_the_shams_undoes_more(d: World) -> None:
    """The control: the same count with a change that matters."""
    replicates = who_gave_up(d, 60)
    found = lived(Variants(d, chosen(CONTRASTS, names=["follow-up"])), 1, replicates, d.members(replicates), GIVEN_UP)
    assert (~found.happened).mean() > 0.1


def test_the_answer_has_all_that_stands_beside_it(d: World) -> None:
    replicate = int(who_gave_up(d, 1)[0])
    found = prevented(d, replicate, HELP, GIVEN_UP, lucks=100, worlds=30)
    assert len(found.tried) == 2 ** len(HELP)
    assert found.tried[0] == Tried(0, False, 0, 0.0)
    assert 0 < found.background.share < 1
    assert found.background.of == 100
    assert abs(found.shapley.sum() - float(found.tried[-1].prevented)) < 1e-12
    for mask, share in found.other_worlds:
        assert 0 <= share.share <= 1
        assert share.of <= 30
        assert mask in {one.mask for one in found.smallest}
    follow_up = next(one for one in found.tried if one.mask == 1)
    assert follow_up.hours > 0


def test_what_did_not_happen_is_not_explained(d: World) -> None:
    kept = int(np.flatnonzero(~GIVEN_UP.holds(d.run(300)))[0])
    with pytest.raises(BadInput, match=f"D has not given it up in replicate {kept}"):
        prevented(d, kept, HELP, GIVEN_UP)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_nothing_seen_is_no_certainty(share: float) -> None:
    assert 0.01 < Share(share, 30).error < 0.1
    assert np.isnan(Share(share, 0).error)


# ----------------------------------------------------------------------------------------------------------------- outcomes


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcomes_of_services_and_posts(world: World, name: str) -> None:
    a = world.only("A")
    batch, outcome = a.run(40), outcome_of(name)
    assert outcome.holds(batch).shape == (40,)
    assert outcome.holds(batch).dtype == bool
    if outcome.of_post is not None:
        assert outcome.holds(batch, 1).shape == (40,)
    else:
        with pytest.raises(BadInput, match="an outcome of services, not of a post"):
            outcome_of(name, post=1)


def test_an_outcome_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadInput, match="did you mean 'given-up'"):
        outcome_of("givenup")


# ----------------------------------------------------------------------------------------------------------------- over lives


def test_many_answers_add_up_to_their_counts(world: World) -> None:
    *each, together = aggregate(world, REMOVE, GIVEN_UP, services=["A", "D"], lives=24, replicates=200)
    assert [one.service for one in each] == ["A", "D"]
    assert together.lives == sum(one.lives for one in each) == 24
    for name in together.alone:
        mine = sum(one.alone[name].share * one.lives for one in each) / together.lives
        assert together.alone[name].share == pytest.approx(mine)
    assert sum(one.share for one in together.endings.values()) == pytest.approx(1.0)
    assert together.endings[NOTHING].share < 1.0


def test_services_of_one_run_are_not_counted_as_independent() -> None:
    rng = np.random.default_rng(1)
    world = rng.normal(0.5, 0.3, 60)
    values = (rng.random((9, 60)) < np.clip(world, 0, 1)).astype(float).reshape(-1, 1)
    replicates = np.tile(np.arange(60), 9)
    mean, error = _means(values, replicates)
    own = values.reshape(9, 60).mean(axis=0)
    assert mean[0] == pytest.approx(own.mean())
    assert error[0] == pytest.approx(own.std(ddof=1) / np.sqrt(60))
    assert Share(float(mean[0]), 540, float(error[0])).error == error[0]
    assert error[0] > 1.5 * Share(float(mean[0]), 540).error
    apart, alone = _means(values, np.arange(540))  # the control: lives of replicates of their own
    assert apart == mean
    assert alone[0] == pytest.approx(Share(float(mean[0]), 540).error, rel=0.01)
    assert np.isnan(_means(values, np.zeros(540, np.int64))[1]).all()
    assert Share(1.0, 40, 0.0).error > 0.0  # no spread seen is not no error


# ---------------------------------------------------------------------------------------------------------------------- twins


def test_twins_part_where_the_policy_begins(d: World) -> None:
    replicate = int(who_gave_up(d, 1)[0])
    found = twin(d, replicate, Variants(d, HELP), 1, GIVEN_UP)
    assert found.apart == 12
    assert found.chain[0].month == 13  # months of a story are counted from 1
    assert [(one.month, one.stage) for one in found.chain] == sorted((one.month, one.stage) for one in found.chain)
    assert not found.differing[:12].any()
    assert found.differing[12] > 0
    assert found.happened[0]
    assert twin(d, replicate, Variants(d, HELP), 0, GIVEN_UP).apart == -1  # the control: the same life twice


def test_every_field_that_changes_has_a_stage_that_writes_it(d: World) -> None:
    """Read from the month functions; a field that differs between twins is written by some stage."""
    found = twin(d, int(who_gave_up(d, 1)[0]), Variants(d, HELP), 2 ** len(HELP) - 1, GIVEN_UP)
    assert len(found.chain) > 60
    known = set(writers())
    assert ("practitioner", "readiness") in known
    assert ("leader", "engagement") in known
    nobody = [one.field for one in found.chain if one.stage == len(ORDER)]
    assert len(nobody) <= 0.1 * len(found.chain), nobody


# ------------------------------------------------------------------------------------------------------------------- the file

GOOD = '[[contrasts]]\nname = "a"\nkind = "help"\nwords = "a"\npolicies_of = "champion"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + GOOD, "two contrasts are called 'a'"),
        (GOOD.replace("champion", "champoin"), "champoin"),
        (GOOD.replace("champion", "all-passive"), "'all-passive' has no policies"),
        (GOOD.replace('policies_of = "champion"', "values = { chance_leavs = 0 }"), "did you mean 'chance_leaves'"),
        (GOOD.replace('policies_of = "champion"', 'values = { "switch.turnovr" = 0 }'), "turnover"),
        (GOOD.replace('policies_of = "champion"', 'held = ["patient.luck"]'), "there is no stream 'patient.luck'"),
        (GOOD.replace('policies_of = "champion"', ""), "'a' changes nothing"),
        (GOOD.replace("help", "both"), "kind"),
        (GOOD + 'colour = "red"\n', "unknown key 'colour'"),
        ("".join(GOOD.replace('"a"', f'"a{at}"', 1) for at in range(11)), "up to 10"),
        ("[[contrasts", "TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Any, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_contrasts(path)
    assert said in str(refused.value)


def test_policies_of_a_contrast_are_checked_as_those_of_a_scenario(tmp_path: Any) -> None:
    shipped = find("champion").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(shipped.replace('name = "champion"', 'name = "own"').replace("dose = ", "dose = 9"), encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('"champion"', f'"{own}"'), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_contrasts(path)
    assert "is out of bounds for champion" in refused.value.problems[0].what
    sound = tmp_path / "sound.toml"
    sound.write_text(shipped.replace('name = "champion"', 'name = "sound"'), encoding="utf-8")
    path.write_text(GOOD.replace('"champion"', f'"{sound}"'), encoding="utf-8")
    assert read_contrasts(path)[0].policies(84)


def test_contrasts_of_two_kinds_are_not_mixed() -> None:
    with pytest.raises(BadInput, match="contrasts of two kinds"):
        chosen(CONTRASTS, names=["follow-up", "nobody-left"])
    with pytest.raises(BadInput, match="did you mean 'follow-up'"):
        chosen(CONTRASTS, names=["followup"])
    assert told(HELP, 0b11) == "somebody had followed up for the leader, and time had been protected and really covered"
    assert told(HELP, 0) == "nothing had been otherwise"


def test_no_life_is_a_copy_that_others_write_to(d: World) -> None:
    before = d.hash
    lived(Variants(d, REMOVE), 2 ** len(REMOVE) - 1, np.arange(4), d.members(4), GIVEN_UP)
    assert d.hash == before
    assert replace(d).hash == before
    assert Lives._fields == ("happened", "months", "hours")


def test_errors_over_lives_are_those_over_worlds_where_replicates_have_as_many_lives_and_only_there() -> None:
    values = np.random.default_rng(4).normal(size=(12, 1))

    def over_worlds(members: np.ndarray) -> tuple[float, float]:
        found = moments(merged(values[:, 0], np.zeros(12), members))
        return found.mean, found.error

    alike, unlike = np.repeat(np.arange(4), 3), np.repeat(np.arange(4), [1, 2, 3, 6])
    assert [one[0] for one in _means(values, alike)] == pytest.approx(over_worlds(alike), rel=1e-12)
    mean, error = _means(values, unlike)
    assert mean[0] == pytest.approx(over_worlds(unlike)[0], rel=1e-12)
    assert error[0] != pytest.approx(over_worlds(unlike)[1], rel=0.01)
