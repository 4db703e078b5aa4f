"""From the command to verdicts: small runs of the real thing."""

import csv
import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest

from experiments.executors.pools import SerialExecutor, borrowed
from experiments.hypotheses import (
    cohorts,
    contrasts,
    controls,
    finding,
    foretelling,
    measuring,
    outcomes,
    reading,
    running,
    stability,
)
from experiments.hypotheses.contrasts import Sizes
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.prior import prior_worlds
from experiments.hypotheses.verdicts import SIGNS
from experiments.hypotheses.worlds import Point, arm_in, points_of, worlds_of
from sim.engine import simulate
from sim.ensembles import read_ensemble
from sim.measures import outcome_vector, vector_names
from sim.parameters import read_table
from sim.parameters.ensemble import records_with
from sim.problems import BadInput
from sim.scenario import plan_hash, read_scenario, resolve
from sim.store.holding import is_held
from sim.store.identity import STORE
from sim.store.parts import PartStore
from sim.store.reader import check_folder
from tests.experiments.commanding import drawn_again, refused, sustain, tables_of
from tests.experiments.hypotheses.made_up import filled_in

pytestmark = pytest.mark.usefixtures("unsynced", "undrawn")  # the folder that a fixture makes is drawn thoroughly

TINY = Sizes(
    worlds=20, worlds_knockout=20, replicates=2, replicates_most=2, replicates_knockout=2, draws_prior=20, replicates_prior=2
)
FORMER = """[[former]]
name = "fewer_deliver"
says = "at least five in a hundred posts fewer deliver at month 84"
contrast = { with = 1, without = -1 }
outcome = "posts_delivering"
direction = "lower"
smallest = 0.05

"""
FEW = (Point(), Point("turnover"), Point("belief=smoothing"))


@pytest.fixture(scope="module")
def pool():
    return borrowed(SerialExecutor())


@pytest.fixture(scope="module")
def worlds():
    return worlds_of(read_ensemble(), 20)


@pytest.fixture(scope="module", autouse=True)
def few_points():
    """Controls at a few points, and all in fewer worlds than `sustain hypotheses --quick` takes, of which CI makes one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contrasts, "QUICK", replace(contrasts.QUICK, worlds=20, worlds_knockout=4, draws_prior=20))
        patch.setattr(controls, "points_of", lambda _: FEW)
        yield


@pytest.fixture(scope="module")
def done(tmp_path_factory, few_points, drawn_thoroughly):
    """The template, run by the command."""
    place = tmp_path_factory.mktemp("hypotheses")
    file = place / "mine.toml"
    file.write_text(text(), encoding="utf-8")
    found = sustain("hypotheses", file, "--quick", "--out", place / "out", "--workers", 1)
    return place, found


def text() -> str:
    return filled_in()


@pytest.mark.portable
def test_runs_are_those_of_the_plan_with_the_worlds_parameters(pool, worlds):
    scenario = read_scenario("all-passive")
    wanted = Wanted(scenario, Point("turnover"), ("share_sustained", "fidelity"), 20, 3, 5)
    found = Bench(worlds, pool).measure([wanted])[0]
    off = Point("turnover").of(scenario)
    records = records_with(off.record(), worlds.parameters, worlds.within(off.set_values))
    plan = replace(resolve(off), parameters=records)  # by hand, without anything that is prepared
    direct = outcome_vector(plan, simulate(plan, seed=5, replicates=60), wanted.outcomes)
    for name in wanted.outcomes:
        for world in range(20):
            assert np.array_equal(found[name][world], direct[name][world::20], equal_nan=True)
    assert not plan.parameters["switch_turnover"].any()
    arm = arm_in(scenario, worlds, Point("turnover"), 5)
    assert (arm.hash, arm.seed) == (plan_hash(plan), 5)
    assert arm_in(scenario, worlds, Point(), 5).plan.parameters["switch_turnover"].all()
    turned = replace(worlds, values=worlds.values[::-1])
    assert arm_in(scenario, turned, Point("turnover"), 5).hash != arm.hash  # the control: worlds in another order


def test_more_replicates_begin_with_the_same_and_what_is_stored_is_not_run(tmp_path, pool, worlds, monkeypatch):
    monkeypatch.setattr(measuring, "RUNS_JOB", 400)  # the first count is a whole job
    scenario = read_scenario("all-passive")
    few, many = (Wanted(scenario, Point(), ("share_sustained",), 20, count, 5) for count in (20, 25))
    told = []
    with PartStore.create_or_open(tmp_path / "x", running.identity_of(worlds)) as store:
        first = Bench(worlds, pool, store).measure([few])[0]["share_sustained"]
        both = Bench(worlds, pool, store, told.append).measure([many])[0]["share_sustained"]
        parts = len(store.names())
        again = Bench(worlds, pool, store).measure([many, few])
        assert len(store.names()) == parts
    assert np.array_equal(both[:, :20], first)
    assert np.array_equal(again[0]["share_sustained"], both)
    assert np.array_equal(again[1]["share_sustained"], first)
    assert sum(told) == 20 * 25


def test_every_mechanism_and_rival_form_is_a_point():
    table = read_table()
    points = points_of(table)
    assert points[0] == Point()
    on = {name for name, one in table.switches.items() if one.on}
    assert {point.name for point in points if not point.is_form} == {"", *on}
    assert {point.name.split("=")[0] for point in points if point.is_form} == set(table.forms)
    scenario = read_scenario("all-passive")
    for point in points[1:]:
        stands = point.of(scenario)
        assert (stands.switches, stands.forms) != (scenario.switches, scenario.forms)


def test_worlds_are_a_fair_mixture_of_the_ensemble():
    ensemble = read_ensemble()
    many = worlds_of(ensemble, 1024)
    mean = ensemble.weights @ ensemble.values / ensemble.weights.sum()
    spread = ensemble.values.std(axis=0)
    assert np.max(np.abs(many.values.mean(axis=0) - mean) / spread) < 0.05
    assert np.array_equal(worlds_of(ensemble, 40).values, many.values[:40])
    with pytest.raises(BadInput):
        worlds_of(ensemble, 5000)


@pytest.mark.portable
def test_the_command_writes_verdicts_tables_pages_and_a_record(done):
    place, found = done
    assert found.exit_code in (0, 1)  # so few runs may miss a control
    out = place / "out"
    record = json.loads((out / "hypotheses.json").read_text())
    one = record["hypotheses"][0]
    assert one["hash"] == reading.read_hypothesis(place / "mine.toml").hash
    assert one["verdict"] in ("supported", "assumed", "mixed", "not supported")
    assert record["controls"]["planted"]["mean"] == pytest.approx(0.1, abs=0.08)
    with (out / "verdicts.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["verdict"] for row in rows] == [claim["verdict"] for claim in one["claims"]]
    with (out / "knockouts.csv").open() as stream:
        assert len(list(csv.DictReader(stream))) == len(points_of(read_table())) - 1
    page = (out / "pages" / "mine.html").read_text()
    assert "What was written before it ran" in page
    assert one["hash"] in page
    assert "Planted" in (out / "report.html").read_text() or "planted" in (out / "report.html").read_text()
    assert not list(out.rglob("*.part"))


def test_its_pages_are_drawn_anew(done, tmp_path):
    place, _ = done
    drawn_again(shutil.copytree(place / "out", tmp_path / "out"), table="verdicts.csv")


def test_a_page_that_fails_costs_no_table(done, tmp_path, monkeypatch):
    place, _ = done
    out = shutil.copytree(place / "out", tmp_path / "out")
    monkeypatch.setattr("experiments.hypotheses.report.write_report", None)
    found = sustain("hypotheses", place / "mine.toml", "--quick", "--out", out, "--workers", 1)
    assert found.exit_code == 1
    assert "figures and pages could not be made (TypeError: " in found.stderr
    assert tables_of(out) == tables_of(place / "out")
    assert check_folder(out) == []
    assert not (out / "report.html").exists()


def test_a_study_that_is_edited_after_it_ran_is_said_to_be(done):
    place, _ = done
    file = place / "mine.toml"
    assert running.stated(place / "out", [reading.read_hypothesis(file)]) == {}  # the control
    file.write_text(text().replace("smallest = 0.05 ", "smallest = 0.01 "), encoding="utf-8")
    after = sustain("hypotheses", file, "--quick", "--out", place / "out", "--workers", 1)
    assert "was edited after it had first run here" in after.stdout
    assert "edited after it had first run here" in (place / "out" / "pages" / "mine.html").read_text()
    assert json.loads((place / "out" / "hypotheses.json").read_text())["hypotheses"][0]["edited_after"]


def test_what_the_team_concludes_is_shown_by_the_next_run(done):
    place, _ = done
    page, record = place / "out" / "pages" / "mine.html", place / "out" / "records" / "mine.toml"
    assert "is not on record" in page.read_text()  # the control
    text = record.read_text().replace('result = ""', 'result = "More <b>sustain</b>."').replace("verdict = ", "# \nverdict = ")
    record.write_text(text, encoding="utf-8")
    sustain("hypotheses", place / "mine.toml", "--quick", "--out", place / "out", "--workers", 1)
    assert record.read_text() == text
    assert "More &lt;b&gt;sustain&lt;/b&gt;." in page.read_text()
    assert "is not on record" not in page.read_text()
    assert "is on record" in (place / "out" / "report.html").read_text()


@pytest.fixture(scope="module")
def controlled(pool, worlds, few_points):
    return controls.run_controls(Bench(worlds, pool), worlds=20, worlds_knockout=20, replicates=8)


@pytest.mark.portable
def test_controls_behave(controlled):
    assert controlled.problems == ()
    assert controlled.planted.toward.mean - controlled.inert.toward.mean == pytest.approx(controls.PLANTED)
    assert controlled.judged["planted_hanging"].breaking == ("turnover",)
    assert controlled.judged["inert_policy"].toward.mean == 0.0


@pytest.mark.parametrize("case", controls.CASES, ids=lambda case: case.name)
def test_a_control_that_does_not_behave_is_said(controlled, case):
    wrong = next(one for one in ("supported", "not supported") if one not in case.may)
    one = replace(controlled.judged[case.name], verdict=wrong)
    (said,) = controls.Controls({**controlled.judged, case.name: one}).problems
    assert case.says in said


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("planted", {"mean": 0.2}, "is estimated as 0.2"),
        ("inert", {"mean": 0.06}, "luck alone is estimated"),
        ("inert_policy", {"mean": 0.001}, "changes something with the same luck"),
    ],
)
def test_an_estimate_that_is_off_is_said(controlled, name, change, says):
    one = controlled.judged[name]
    moved = replace(one, toward=replace(one.toward, **change))
    (said,) = controls.Controls({**controlled.judged, name: moved}).problems
    assert says in said


def test_a_hypothesis_of_prediction(tmp_path, pool, worlds, monkeypatch):
    monkeypatch.setattr(foretelling, "points_of", lambda _: FEW)
    text = (reading.STUDIES / "h03-fidelity-foretells.toml").read_text(encoding="utf-8")
    text = text.replace('"h03-fidelity-foretells"', '"mine"').replace('scenario = "national"', 'scenario = "all-active"')
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    found = foretelling.foretell(
        reading.read_hypothesis(file), Bench(worlds, pool), Sizes(20, 20, 4, 4, 4, draws_prior=20), others=[other_ensemble()]
    )
    assert [(one.judged.claim.name, one.judged.claim.outcome) for one in found.claims] == [
        ("no_guide", "kept_going"), ("adds", "kept_going"),
    ]  # fmt: skip
    assert {one.judged.claim.outcome for one in found.former} == {"sustained"}  # as it was foretold before: it decides nothing
    assert all(one.prior is None and not one.readings and one.knockouts for one in found.former)
    assert [one.effect.mean for one in found.former] != [one.effect.mean for one in found.claims]
    for cohort in found.extra["cohorts"].values():
        assert all(0.0 < model["auc"] < 1.0 for model in cohort["models"].values())
        assert cohort["worlds"] + 0 >= cohort["worlds_left_out"]
    assert [[two.name for two in one.knockouts] for one in found.claims] == [[point.name for point in FEW[1:]]] * 2
    for one in found.claims:
        assert one.prior is not None
        assert one.sign in SIGNS
        kinds = [(two.kind, two.name) for two in one.readings if two.toward is not None]
        assert kinds[:2] == [("as it is", "as it is"), ("ensemble", "made-up")]
        assert kinds[2] == ("weights", "without the cap")
        assert kinds[3:] == [("form", "belief=smoothing"), ("month", "24"), ("month", "48"), ("month", "84")]
        # what is foretold of single services has no counterpart under a cut
        assert [two.note for two in one.readings if two.kind == "cut"] == ["hangs on no cut"] * 3


def other_ensemble():
    """Worlds of another ensemble: draws of the prior."""
    return replace(prior_worlds(20), name="made-up")


def test_a_claim_is_read_over_every_ensemble_month_form_and_cut(tmp_path, pool, worlds, monkeypatch):
    monkeypatch.setattr(finding, "points_of", lambda _: FEW)
    uncapped = replace(worlds, uncapped=np.linspace(0.5, 1.5, 20))
    # the later claim asks for something that hangs on what is called high
    shipped = (reading.STUDIES / "h13-directive-control.toml").read_text(encoding="utf-8")
    assert shipped.count('outcome = "share_kept_going"\ndirection') == 1
    cut = shipped.replace('outcome = "share_kept_going"\ndirection', 'outcome = "share_high_every_look"\ndirection')
    (tmp_path / "cut.toml").write_text(cut.replace('"h13-directive-control"', '"cut"'), encoding="utf-8")
    one = reading.read_hypothesis(tmp_path / "cut.toml")
    with PartStore.create_or_open(tmp_path / "x", running.identity_of(worlds)) as store:
        bench = Bench(uncapped, pool, store)
        found = finding.find(one, bench, TINY, others=[other_ensemble()])
        parts, runs = len(store.names()), bench.runs
        again = finding.find(one, Bench(uncapped, pool, store), TINY, others=[other_ensemble()])
        assert len(store.names()) == parts  # resumed, nothing is run twice
    assert runs > 0
    assert [claim.readings for claim in again.claims] == [claim.readings for claim in found.claims]
    early, late = found.claims  # posts delivering at month 24, services high at every look at the horizon
    there = {(two.kind, two.name): two for two in late.readings}
    assert [key for key in there if key[0] != "form"] == [
        ("as it is", "as it is"), ("ensemble", "made-up"), ("weights", "without the cap"), ("month", "24"), ("month", "48"),
        ("month", "84"), ("cut", "3.7"), ("cut", "4"), ("cut", "4.3"),
    ]  # fmt: skip
    assert ("form", "belief=smoothing") in there
    for key in (("month", "84"), ("cut", "4")):  # the claim as it is; what pairing was worth is told where it was measured
        own = there[key].toward
        assert replace(own, correlation=0.0, reduction=0.0) == replace(late.judged.toward, correlation=0.0, reduction=0.0)
    assert there["cut", "3.7"].toward.mean != there["cut", "4.3"].toward.mean
    assert there["weights", "without the cap"].toward.mean != late.judged.toward.mean
    assert there["ensemble", "made-up"].toward.mean != late.judged.toward.mean
    hanging = [two.note for two in early.readings if two.kind == "cut"]
    assert hanging == ["hangs on no cut"] * 3
    assert {two.name: two.toward for two in early.readings if two.kind == "month"}["24"] == early.judged.toward
    going = finding.find(reading.read_hypothesis(reading.STUDIES / "h13-directive-control.toml"), Bench(worlds, pool), TINY)
    cuts = {two.name: two for two in going.claims[1].readings if two.kind == "cut"}
    assert {name: two.outcome for name, two in cuts.items()} == {
        "3.7": "share_high_every_look_37", "4": "share_high_every_look_40", "4.3": "share_high_every_look_43",
    }  # fmt: skip
    # what was kept going at any fidelity is read as what was kept high
    assert cuts["4"].toward.mean == pytest.approx(late.judged.toward.mean, abs=1e-12)
    assert going.claims[1].judged.toward.mean != cuts["4"].toward.mean
    capped = finding.find(one, Bench(replace(worlds, uncapped=None), pool), replace(TINY, draws_prior=20))
    notes = {two.kind: two.note for two in capped.claims[0].readings}
    assert notes["weights"] == stability.NOT_RECORDED
    assert notes["ensemble"] == stability.ONE_ENSEMBLE


def test_outcomes_that_hang_on_what_is_called_high_are_those_that_are_named(pool, worlds):
    scenario, names = read_scenario("all-active"), vector_names(84)
    low, high = (
        Bench(worlds, pool).measure([Wanted(scenario, Point(f"fidelity_high={cut:g}"), names, 20, 4, 5)])[0] for cut in (3.7, 4.3)
    )
    moved = {name.partition("@")[0] for name in names if not np.array_equal(low[name], high[name], equal_nan=True)}
    unnamed = {name for name in moved if f"{name}_37" not in names}
    assert unnamed == {name for name in outcomes.ON_CUT if name in names}


def test_former_claims_are_judged_beside_and_decide_nothing(tmp_path, pool, worlds, monkeypatch):
    monkeypatch.setattr(finding, "points_of", lambda _: FEW)
    former = text().replace("[[also]]", FORMER + "[[also]]", 1)
    (tmp_path / "mine.toml").write_text(former, encoding="utf-8")
    one = reading.read_hypothesis(tmp_path / "mine.toml")
    found = finding.find(one, Bench(worlds, pool), TINY)
    (old,) = found.former
    assert old.judged.claim.name == "fewer_deliver"
    assert old.prior is None
    assert old.readings == ()
    assert found.verdict == found.claims[0].judged.verdict
    assert one.deciding_hash == replace(one, file=one.file.model_copy(update={"former": []})).deciding_hash
    (tmp_path / "mine.toml").write_text(former.replace('"posts_delivering"', '"posts_deliverin"'), encoding="utf-8")
    with pytest.raises(BadInput, match="'posts_deliverin' is no outcome"):
        reading.read_hypothesis(tmp_path / "mine.toml")


@pytest.mark.portable
def test_areas_and_their_luck_against_scores_whose_area_is_known():
    rng = np.random.default_rng(1)
    yes = rng.random(4000) < 0.5
    assert cohorts.area(rng.standard_normal(4000) + yes, yes) == pytest.approx(0.5 * math.erfc(-0.5), abs=0.02)
    assert cohorts.area(rng.standard_normal(4000), yes) == pytest.approx(0.5, abs=0.03)  # the control
    assert cohorts.area(np.ones(10), np.arange(10) < 5) == 0.5  # ties count half
    assert math.isnan(cohorts.area(np.zeros(5), np.array([True, True, True, True, False])))
    # 400 worlds of 160 services in 8 parts: the jackknife's variance against that between worlds, which are alike
    world, part = np.repeat(np.arange(400), 160), np.tile(np.repeat(np.arange(8), 20), 400)
    sustained = rng.random(len(world)) < 0.4
    score = rng.standard_normal(len(world)) + 0.8 * sustained
    cohort = cohorts.Cohort(world, part, {"fidelity": score}, sustained)
    values, variances = cohorts.by_world(cohort, [score], [1.0])
    assert variances.mean() == pytest.approx(values.var(ddof=1), rel=0.2)
    nothing, none = cohorts.by_world(cohort, [score, score], [1.0, -1.0])  # what is ranked twice alike differs by nothing
    assert not nothing.any()
    assert not none.any()


def test_what_goes_along_with_an_effect_is_found_and_noise_is_not(worlds, pool):
    bench = Bench(worlds_of(read_ensemble(), 200), pool)
    at = bench.worlds.parameters.index("chance_leaves")
    rng = np.random.default_rng(1)
    values = bench.worlds.values[:, at]
    found = finding.correlates_of(-values / values.std() + 0.3 * rng.standard_normal(200), bench, 200)
    assert found[0].name == "chance_leaves"
    assert found[0].rank < -0.8
    assert not finding.correlates_of(rng.standard_normal(200), bench, 200)


def test_when_it_was_stated_is_written_by_one_process_at_a_time(tmp_path, pool, worlds, monkeypatch):
    locked = []

    def look(folder, _):
        locked.append(is_held(folder / STORE))
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "stated", look)
    file = tmp_path / "mine.toml"
    file.write_text(text(), encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        running.run_hypotheses(
            [reading.read_hypothesis(file)], tmp_path / "out", worlds, pool=pool, sizes=Sizes(20, 20, 4, 4, 4), others=[]
        )
    assert locked == [True]
    assert is_held(tmp_path / "out" / STORE) is False  # the control


def test_bad_input_is_refused_with_every_problem():
    said = refused("hypotheses", "H99", "nothing.toml")
    assert "H99" in said
    assert "nothing.toml" in said
    assert "one of the two" in refused("hypotheses", "--quick", "--full")
    assert "20 to 4,096" in refused("hypotheses", "--worlds", 3)
    assert "named twice" in refused("hypotheses", "H4", "h04-goals-and-plan")


def test_lists_and_template():
    assert sustain("hypotheses", "--list").stdout.count("\n") == 13
    assert sustain("hypotheses", "--template").stdout == (reading.STUDIES / "template.toml").read_text(encoding="utf-8")


def test_a_scenario_that_is_edited_after_it_ran_is_said_to_be(tmp_path):
    one = reading.read_hypothesis("H4")
    assert running.stated(tmp_path, [one]) == {}
    assert running.stated(tmp_path, [one]) == {}  # the control
    name, arm = next(iter(one.arms.items()))
    moved = replace(one, arms=one.arms | {name: replace(arm, months=arm.months + 1)})
    if moved.arms[name].hash == arm.hash:
        pytest.fail("another horizon is another scenario")
    (when,) = running.stated(tmp_path, [moved]).values()
    assert f"scenario of {name}" in when


def test_verdicts_can_be_found_anew_from_stored_runs(tmp_path, pool, worlds, monkeypatch, changed_code):
    monkeypatch.setattr(finding, "points_of", lambda _: FEW)
    one = reading.read_hypothesis("H4")
    told = []
    with PartStore.create_or_open(tmp_path / "x", running.identity_of(worlds)) as store:
        first = finding.find(one, Bench(worlds, pool, store), TINY)
        parts = len(store.names())
    changed_code(runs=False)
    with PartStore.create_or_open(tmp_path / "x", running.identity_of(worlds)) as store:
        again = finding.find(one, Bench(worlds, pool, store, told.append), TINY)
        assert len(store.names()) == parts
    assert [claim.judged for claim in again.claims] == [claim.judged for claim in first.claims]
    assert running.run_hash(first, worlds, TINY) != running.run_hash(first, worlds_of(read_ensemble(), 24), TINY)


def test_what_is_added_beside_the_claims_is_told_apart_from_what_decides(tmp_path):
    one = reading.read_hypothesis("H1")
    file = one.file
    assert running.stated(tmp_path, [one]) == {}
    fewer = replace(one, file=file.model_copy(update={"also": file.also[:1]}), text=one.text + "# shorter")
    (when,) = running.stated(tmp_path, [fewer]).values()
    assert when.endswith(running.BESIDE)
    changes = {
        "claims": [file.claims[0].model_copy(update={"smallest": 0.01})],
        "rule": file.rule.model_copy(update={"sign_share": 0.5}),
        "seed": 2,
        "prediction": "something else",
    }
    for name, value in changes.items():  # the controls
        (when,) = running.stated(tmp_path, [replace(one, file=file.model_copy(update={name: value}), text=name)]).values()
        assert not when.endswith(running.BESIDE), name
    arm = replace(one.arms["active"], months=96)
    (when,) = running.stated(tmp_path, [replace(one, arms=one.arms | {"active": arm}, text="arm")]).values()
    assert not when.endswith(running.BESIDE)
