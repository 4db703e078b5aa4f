"""The fate of a life: what it starts and ends with, that it is a martingale, and that its turns are what happened."""

import numpy as np
import pytest

import sim
from sim.problems import BadInput
from sim.why.explain import as_plain, explain, post_of, typical
from sim.why.fate import Fate, fate, withheld
from sim.why.happening import Happening
from sim.why.outcomes import outcome_of, replicates_with
from sim.why.story import story
from sim.world import World
from tests.thoroughly import so_many

pytestmark = pytest.mark.engine

GIVEN_UP = outcome_of("given-up")
MONTHS = 48
LIVES = so_many(40, 60)


@pytest.fixture(scope="module")
def d() -> World:
    return sim.prepare("nine-services", months=MONTHS).only("D")


@pytest.fixture(scope="module")
def curves(d: World) -> list[Fate]:
    return [fate(d, replicate, GIVEN_UP, every=12, lucks=40) for replicate in range(LIVES)]


def risks(curves: list[Fate], month: int) -> np.ndarray:
    return np.array([one.risk[one.months.tolist().index(month)] for one in curves])


def test_it_ends_with_what_happened(d: World, curves: list[Fate]) -> None:
    assert risks(curves, MONTHS).tolist() == GIVEN_UP.holds(d.run(LIVES)).astype(float).tolist()
    assert all(one.error[-1] == 0.0 for one in curves)
    assert all((one.error[:-1] > 0.0).all() for one in curves)  # that of a hundred lucks none did is no certainty


def test_it_starts_with_the_rate_among_independent_runs(d: World) -> None:
    member, lucks = 5, 400
    start = fate(d, 5, GIVEN_UP, every=MONTHS, lucks=lucks, member=member).risk[0]
    independent = GIVEN_UP.holds(d.run(np.arange(1000, 1000 + lucks), members=np.full(lucks, member))).mean()
    error = np.sqrt(2 * max(independent * (1 - independent), 1 / lucks) / lucks)
    assert abs(start - independent) <= 3 * error
    other = GIVEN_UP.holds(
        d.with_settings({"services.all.leader": "active"}).run(np.arange(lucks), members=np.full(lucks, member))
    )
    assert abs(start - other.mean()) > 3 * error  # the control: another service has another rate


@pytest.mark.parametrize("month", [12, 24, 36])
def test_its_mean_stays_what_it_was(curves: list[Fate], month: int) -> None:
    """A martingale over lives: what is learned on the way moves single curves, not their mean. The same lucks are reused."""
    changes = risks(curves, month) - risks(curves, 0)
    error = changes.std(ddof=1) / np.sqrt(len(changes))
    assert abs(changes.mean()) <= 3 * error + 1e-9
    assert changes.std() > 0.05  # the control: single curves do move


def test_large_changes_are_looked_at_month_by_month(curves: list[Fate]) -> None:
    for one in curves:
        assert (np.diff(one.months) >= 1).all()
        for turn in one.turning:
            at = one.months.tolist().index(turn.month)
            assert one.months[at - 1] == turn.month - 1
            assert one.risk[at] - one.risk[at - 1] == pytest.approx(turn.rise)
    assert sum(len(one.turning) for one in curves) > LIVES / 2


@pytest.mark.parametrize("kind", ["leaves", "decides", "leader_leaves"])
def test_what_is_withheld_does_not_happen(d: World, kind: str) -> None:
    tried = 0
    for replicate in range(40):
        for one in story(d, replicate, "D").happenings:
            if one.kind != kind or "retires" in one.words or (kind == "decides" and one.terms is None):
                continue
            without = story(d, replicate, "D", held=withheld([one], one.month))
            same = [each for each in without.happenings if (each.month, each.kind, each.post) == (one.month, kind, one.post)]
            assert same == []
            before = [each for each in without.happenings if each.month < one.month]
            assert before == [each for each in story(d, replicate, "D").happenings if each.month < one.month]
            tried += 1
            break
    assert tried > 10


def test_a_proof_speaks_of_what_did_not_come(curves: list[Fate]) -> None:
    """Who retires does so whatever is drawn: nothing is said to have been withheld then, or only the rest."""
    turns = [turn for one in curves for turn in one.turning]
    said = [turn for turn in turns if turn.proof]
    assert 0 < len(said) < len(turns)
    for turn in said:
        if "without it" not in turn.proof:
            assert turn.proof.split("“")[1].split("”")[0] in turn.words


def test_a_reserve_post_that_nobody_opened_is_not_explained() -> None:
    grown = sim.prepare("expansion", months=24).only("A")
    names = grown.plan.post_names
    assert "reserve" in names[-1]
    with pytest.raises(BadInput, match="was never opened"):
        explain(grown, "A", replicates=20, post=names[-1], outcome="not-delivering", with_fate=False)


def test_a_look_that_never_was_is_not_explained() -> None:
    with pytest.raises(BadInput, match="has no yearly look at fidelity"):
        explain(sim.prepare("nine-services", months=8), "D", replicates=5, outcome="not-high")


@pytest.mark.parametrize("how", [{"every": 0}, {"lucks": 1}])
def test_a_curve_of_nothing_is_refused(d: World, how: dict) -> None:
    with pytest.raises(ValueError, match="two lucks at least"):
        fate(d, 0, GIVEN_UP, **how)


def test_what_hangs_on_no_draw_is_not_withheld() -> None:
    assert withheld([Happening(3, "service", "state", "by behaviour it is drifted")], 3) == []


# ------------------------------------------------------------------------------------------------------------- one explanation


def test_a_typical_life_is_in_the_middle(d: World) -> None:
    which, months, looked = replicates_with(d, GIVEN_UP, 250)
    assert looked == 250
    assert which.tolist() == np.flatnonzero(GIVEN_UP.holds(d.run(250))).tolist()
    middle = months[which.tolist().index(typical(which, months))]
    assert (months < middle).mean() <= 0.5 <= (months <= middle).mean()


def test_an_explanation_is_whole(d: World) -> None:
    found = explain(d, "D", replicates=120, twin_of=("follow-up",))
    plain = as_plain(found)
    assert plain["typical"]
    assert plain["chance"]["of"] == 120
    assert found.headline().startswith("D has given the practice up in ")
    assert len(plain["help"]["sets"]) == 2 ** len(plain["help"]["contrasts"])
    assert sum(plain["remove"]["shapley"].values()) == pytest.approx(float(plain["remove"]["sets"][-1]["prevented"]))
    assert plain["twin"]["apart"] == 12
    assert plain["fate"]["risk"][-1] == 1.0
    again = explain(d, "D", replicates=120, replicate=found.replicate, with_fate=False)
    assert as_plain(again)["help"] == plain["help"]
    assert as_plain(again)["fate"] is None


def test_a_post_is_explained(d: World) -> None:
    by_name = explain(d, "D", replicates=60, post="Dina", with_fate=False)
    by_number = explain(d, "D", replicates=60, post=2, with_fate=False)
    assert by_name.post == by_number.post == "Dina"
    assert by_name.replicate == by_number.replicate
    assert by_name.help.smallest == by_number.help.smallest
    assert post_of(d, "1") == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"replicate": 60}, "the run has no replicate 60"),
        ({"replicate": -1}, "the run has no replicate -1"),
        ({"post": 9}, "D has no post '9'"),
        ({"post": "Dinna"}, "did you mean 'Dina'"),
        ({"outcome": "sustained"}, "unknown outcome 'sustained'"),
        ({"outcome": "abandoned", "post": 1}, "an outcome of services, not of a post"),
        ({"twin_of": ("folow-up",)}, "did you mean 'follow-up'"),
        ({"twin_of": ("follow-up", "nobody-left")}, "contrasts of two kinds"),
    ],
)
def test_what_cannot_be_explained_is_refused(d: World, asked: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        explain(d, "D", replicates=60, **asked)


def test_what_never_happened_is_not_explained(d: World) -> None:
    led = d.with_settings({"services.all.leader": "active"}).with_policies([{"lever": "follow_up", "dose": 1.0, "start": 0}])
    kept = led.with_settings({"switch.turnover": "off", "switch.service_decides": "off"})
    with pytest.raises(BadInput, match="in every one of 5 replicates"):
        explain(kept, "D", replicates=5)
