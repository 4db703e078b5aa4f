"""Study files: what is read, and what bad input gets: where, what, allowed, hint, all at once."""

import datetime
import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.sweeps.given import Given
from experiments.sweeps.reading import check_study, find_study, json_schema, read_study, resolved, study_of
from sim.ensembles import read_ensemble
from sim.parameters import read_table
from sim.problems import BadInput, Problem
from sim.scenario import read_scenario
from sim.scenario.overrides import with_settings

pytestmark = pytest.mark.portable

HEAD = 'schema_version = 1\nname = "mine"\ntitle = "Mine"\nquestion = "What?"\n'
SCENARIOS = 'scenarios = ["nine-services", "all-active"]\n'
FACTORIAL = HEAD + SCENARIOS + '[design]\nkind = "factorial"\n'
SPREAD = HEAD + SCENARIOS + '[design]\nkind = "latin-hypercube"\npoints = 8\n'
JARGON = ("pydantic", "Input should", "validation", "type=", "Traceback", "NoneType", "ValueError", "dict", "--set")

ALL_ACTIVE = read_scenario("all-active")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_whole_study(write: Write, tmp_path: Path) -> None:
    write((find_study("protected-time").parents[2] / "scenarios" / "all-active.toml").read_text(encoding="utf-8").replace(
        'name = "all-active"', 'name = "beside"'), "beside.toml")  # fmt: skip
    write("chance_waits,weight\n0.03,1\n0.05,3\n", "members.csv")
    text = (
        HEAD
        + """scenarios = ["nine-services", "beside.toml"]
replicates = 3
seed = 0
months = 30
keep = ["monthly", "outcomes"]
outcomes = ["fidelity", "share_sustained@24"]
ensemble = "members.csv"
every_member = true
[design]
kind = "factorial"
[factors.chance_leaves]
levels = [0.01, 0.02]
[factors.switch.fading]
levels = [true, "off"]
[factors.forms.belief]
levels = ["smoothing", "bayes"]
[factors."services.A.staff"]
levels = [20, 30.0]
[factors.services.all.eligibility_checked]
levels = [false]
"""
    )
    study = read_study(write(text))
    assert [one.name for one in study.scenarios] == ["nine-services", "beside"]
    assert [one.months for one in study.scenarios] == [30, 30]
    assert (study.replicates, study.seed, study.keep) == (3, 0, ("outcomes", "monthly"))
    assert study.outcomes == ("fidelity", "share_sustained@24")
    assert study.ensemble is not None
    assert study.ensemble.name == "members"
    assert study.text == text
    assert [(one.name, one.kind, one.unit, one.labels, one.whole) for one in study.design.factors] == [
        ("chance_leaves", "parameter", "per month", (), False),
        ("switch.fading", "switch", "category", ("off", "on"), False),
        ("forms.belief", "form", "category", ("bayes", "smoothing"), False),
        ("services.A.staff", "service", "people", (), True),
        ("services.all.eligibility_checked", "service", "category", ("false", "true"), False),
    ]
    assert study.design.settings(0) == {
        "chance_leaves": 0.01,
        "switch.fading": "on",
        "forms.belief": "smoothing",
        "services.A.staff": 20,
        "services.all.eligibility_checked": "false",
    }
    assert study.total == 2 * 16 * 2 * 3
    for point in range(study.design.points):  # what a point sets can be set
        for name in ("nine-services", "all-active"):
            read_scenario(name, overrides=study.design.settings(point))
    other = read_study(tmp_path / "mine.toml", replicates=5, seed=7, months=40, every_member=False, ensemble="plausible")
    assert (other.replicates, other.seed, other.scenarios[0].months, other.total) == (5, 7, 40, 2 * 16 * 5)
    assert other.ensemble is not None
    assert other.ensemble.name == "plausible"


def test_from_python_the_same_study(write: Write) -> None:
    text = SPREAD + "seed = 4\n[factors.chance_leaves]\nlow = 0.01\n[factors.switch.fading]\nlevels = [true, false]\n"
    made = study_of(
        scenarios=("nine-services", read_scenario("all-active")),
        factors={"chance_leaves": {"low": np.float64(0.01)}, "switch.fading": np.array([True, False])},
        design={"kind": "latin-hypercube", "points": np.int64(8), "seed": 4},
    )
    assert made.hash == read_study(write(text)).hash
    table = study_of(scenarios=["nine-services"], points={"chance_leaves": np.array([0.01, 0.02]), "switch.fading": ["on", None]})
    assert [table.design.settings(one) for one in (0, 1)] == [
        {"chance_leaves": 0.01, "switch.fading": "on"},
        {"chance_leaves": 0.02},
    ]


def test_a_range_left_out_is_the_parameter_tables() -> None:
    study = study_of(scenarios=["nine-services"], factors={"chance_leaves": {}}, design="one-at-a-time")
    assert study.design.values[0].tolist()[1:] == [0.0069, 0.0293]
    study = study_of(scenarios=["nine-services"], factors={"chance_leaves": {}}, design={"kind": "sobol", "points": 1024})
    values = study.design.values[0]
    assert 0.0069 <= values.min() < 0.007
    assert 0.0292 < values.max() <= 0.0293


USUAL = f"{read_table().parameters['chance_leaves'].value:g}"

MISTAKES: dict[str, tuple[str, str]] = {
    "no scenarios": (HEAD, "mine.toml: scenarios: missing key 'scenarios'"),
    "unknown key": (HEAD + SCENARIOS + "replicate = 3", "unknown key 'replicate'|did you mean 'replicates'?"),
    "other name": (HEAD.replace("mine", "other") + SCENARIOS, "the name 'other' differs from the file's|'mine'"),
    "version": (HEAD.replace("1", "2") + SCENARIOS, "schema_version: 2 is out of bounds"),
    "unknown scenario": (HEAD + 'scenarios = ["nine-service"]', "scenarios[1]: unknown scenario 'nine-service'|mean 'nine"),
    "no such file": (HEAD + 'scenarios = ["no.toml"]', "scenarios[1]: no such file: 'no.toml'"),
    "scenario twice": (HEAD + 'scenarios = ["national", "national"]', "scenarios[2]: scenario 'national' stands twice"),
    "empty scenarios": (HEAD + "scenarios = []", "scenarios: is an empty list"),
    "replicates": (HEAD + SCENARIOS + "replicates = 0", "replicates: 0 is out of bounds|from 1 to 10000000"),
    "text for a number": (HEAD + SCENARIOS + 'seed = "1"', "seed: '1' is text, not a number|without quotation marks"),
    "months": (HEAD + SCENARIOS + "months = 1201", "months: 1201 is out of bounds|from 1 to 1200"),
    "keep": (HEAD + SCENARIOS + 'keep = ["outcome"]', "keep[1]: unknown word 'outcome'"),
    "keep twice": (HEAD + SCENARIOS + 'keep = ["outcomes", "outcomes"]', "keep: a word stands twice"),
    "outcome": (HEAD + SCENARIOS + 'outcomes = ["fidelty"]', "outcomes[1]: unknown outcome 'fidelty'|did you mean 'fidelity'?"),
    "late outcome": (
        HEAD + SCENARIOS + 'months = 36\noutcomes = ["fidelity@48"]',
        "unknown outcome 'fidelity@48'|fidelity@12, fidelity@24, fidelity@mean|the shortest horizon is 36 months",
    ),
    "all and others": (HEAD + SCENARIOS + 'outcomes = ["all", "fidelity"]', "outcomes[1]: 'all' beside other names"),
    "outcome twice": (HEAD + SCENARIOS + 'outcomes = ["fidelity", "fidelity"]', "outcomes[2]: 'fidelity' stands twice"),
    "no design": (HEAD + SCENARIOS + "[factors.chance_leaves]\nlevels = [0.01]", 'factors without a [design]|kind = "factorial"'),
    "empty design": (FACTORIAL, "factors: an empty design: nothing is varied|leave [design] out"),
    "kind": (FACTORIAL.replace("factorial", "factoral"), "design.kind: unknown word 'factoral'|did you mean 'factorial'?"),
    "points of a factorial": (
        FACTORIAL + "points = 8\n[factors.chance_leaves]\nlevels = [0.01]",
        "design.points: factorial takes no 'points'|delete it, or change the kind",
    ),
    "no points": (SPREAD.replace("points = 8", "[factors.chance_leaves]"), "missing key 'points', which latin-hypercube needs"),
    "power of two": (
        SPREAD.replace("latin-hypercube", "sobol").replace("8", "100") + "[factors.chance_leaves]",
        "design.points: 100 is no power of two|such as 64 or 128",
    ),
    "no file": (FACTORIAL.replace("factorial", "table"), "design: missing key 'file', which table needs"),
    "unknown parameter": (
        FACTORIAL + "[factors.chance_leave]\nlevels = [0.01]",
        "factors.chance_leave: unknown parameter 'chance_leave'|did you mean 'chance_leaves'?",
    ),
    "unknown switch": (FACTORIAL + '[factors.switch.fadin]\nlevels = ["on"]', "unknown switch 'fadin'|did you mean 'fading'?"),
    "a switch as a parameter": (FACTORIAL + '[factors.fading]\nlevels = ["on"]', "'fading' is a switch|write switch.fading"),
    "unknown form": (FACTORIAL + '[factors.forms.beleif]\nlevels = ["bayes"]', "unknown form 'beleif'|did you mean 'belief'?"),
    "a form as a parameter": (FACTORIAL + '[factors.deciding]\nlevels = ["hazard"]', "'deciding' is a form|write forms.deciding"),
    "no form of it": (FACTORIAL + '[factors.forms.belief]\nlevels = ["bays"]', "'bays' is no form of belief|bayes, smoothing"),
    "no words of a form": (SPREAD + "[factors.forms.belief]", 'missing key \'levels\'|levels = ["bayes", "smoothing"]'),
    "a field as a parameter": (FACTORIAL + '[factors.leader]\nlevels = ["vacant"]', "'leader' is a field|services.all.leader"),
    "unknown service": (FACTORIAL + '[factors.services.Z.leader]\nlevels = ["vacant"]', "unknown service 'Z'|all, A, B, C"),
    "a service of one scenario": (
        FACTORIAL.replace("nine-services", "national") + "[factors.services.A.clarity]\nlevels = [0.1]",
        "unknown service 'A' in scenario national|applies to every scenario",
    ),
    "unknown field": (FACTORIAL + "[factors.services.A.leadr]\nlevels = [1]", "unknown key 'leadr'|did you mean 'leader'?"),
    "no field": (FACTORIAL + "[factors.services.A]\nlevels = [1]", "unknown key 'levels'"),
    "out of bounds": (
        FACTORIAL + "[factors.chance_leaves]\nlevels = [0.01, 0.5]",
        f"factors.chance_leaves.levels[2]: 0.5 is out of bounds|from 0.0069 to 0.0293 (per month)|the table's value is {USUAL}",
    ),
    "text for a level": (FACTORIAL + '[factors.chance_leaves]\nlevels = ["0.01"]', "levels[1]: '0.01' is text, not a number"),
    "true for a level": (FACTORIAL + "[factors.services.A.clarity]\nlevels = [true]", "levels[1]: true is no number"),
    "neither on nor off": (FACTORIAL + '[factors.switch.fading]\nlevels = ["of"]', "'of' is neither on nor off|on, off"),
    "unknown word": (FACTORIAL + '[factors.services.A.leader]\nlevels = ["vacnt"]', "unknown word 'vacnt'|mean 'vacant'?"),
    "not whole": (FACTORIAL + "[factors.services.A.staff]\nlevels = [20.5]", "levels[1]: 20.5 is not a whole number"),
    "fewer staff than posts": (
        FACTORIAL + "[factors.services.all.staff]\nlevels = [1]",
        "levels[1]: 1 employees, but|in scenario nine-services: services (|more like it",
    ),
    "level twice": (FACTORIAL + "[factors.services.A.staff]\nlevels = [20, 30, 20.0]", "levels[3]: 20.0 is level 1 too"),
    "a share a year": (FACTORIAL + "[factors.turnover]\nlevels = [0.1, 0.2]",
                       "'turnover' is a share a year|0.2 a year is chance_leaves = 0.0184235|on and off is switch.turnover"),
    "leaders a year": (FACTORIAL + "[factors.leader_turnover]\nlevels = [0.1, 0.2]",
                       "'leader_turnover' is a share a year|chance_leader_leaves = 0.0184235"),
    "switch twice": (FACTORIAL + '[factors.switch.fading]\nlevels = ["on", true]', "levels[2]: true is level 1 too"),
    "no levels": (FACTORIAL + "[factors.chance_leaves]", "missing key 'levels', which a factorial design needs|[0.0069, 0.0293]"),
    "empty levels": (FACTORIAL + "[factors.chance_leaves]\nlevels = []", "factors.chance_leaves.levels: is an empty list"),
    "no words": (SPREAD + "[factors.switch.fading]", 'factors.switch.fading: missing key \'levels\'|levels = ["off", "on"]'),
    "levels and a range": (SPREAD + "[factors.chance_leaves]\nlevels = [0.01]\nlow = 0.01", "'low' beside 'levels'"),
    "low above high": (SPREAD + "[factors.chance_leaves]\nlow = 0.02\nhigh = 0.01", "low (0.02) is not below high (0.01)"),
    "low out of bounds": (SPREAD + "[factors.chance_leaves]\nlow = 0.001", "factors.chance_leaves.low: 0.001 is out of bounds"),
    "logarithm": (SPREAD + '[factors.weight_hesitation]\nscale = "log"', "scale: a logarithm of low (-0.2)|a low above 0"),
    "logarithm of a level": (SPREAD + '[factors.chance_waits]\nlevels = [0.04]\nscale = "log"', "scale: 'scale' beside 'levels'"),
    "scale of two levels": (
        SPREAD.replace('"latin-hypercube"\npoints = 8', '"one-at-a-time"') + '[factors.chance_waits]\nscale = "log"',
        "one-at-a-time takes no 'scale'",
    ),
    "field without a range": (SPREAD + "[factors.services.A.inflow]\nlow = 1.0", "factors.services.A.inflow: missing key 'high'"),
    "unknown key of a factor": (FACTORIAL + "[factors.chance_leaves]\nlevel = [0.01]", "level: unknown key 'level'|'levels'?"),
    "explosion": (
        FACTORIAL + "".join(f"[factors.{name}]\nlevels = {[round(low + at / 1e4, 6) for at in range(220)]}\n" for name, low in
                            (("commitment_mean", 0.5), ("gain_spread", 0.3), ("attendance_low", 0.3))),
        "design: 220 x 220 x 220 = 10,648,000 points with 3 factors|at most 10,000,000 points",
    ),
    "not TOML": (HEAD + "scenarios = [", "is not valid TOML"),
}  # fmt: skip


def texts(problems: list[Problem]) -> str:
    return "\n".join(str(one) for one in problems)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_its_message(name: str, write: Write) -> None:
    text, wanted = MISTAKES[name]
    problems = check_study(write(text))
    for part in wanted.split("|"):
        assert part in texts(problems)
    assert not [word for word in JARGON if word in texts(problems)]
    for one in problems:
        assert one.where.startswith("mine.toml")
        assert one.what
        assert one.allowed
    assert len(problems) <= 2


def test_all_mistakes_at_once(write: Write) -> None:
    text = HEAD + (
        'scenarios = ["nine-service", "all-active"]\nreplicates = -1\nkeep = ["x"]\noutcomes = ["y"]\n'
        '[design]\nkind = "sobol"\npoints = 3\n[factors.nothing]\n[factors.chance_leaves]\nlow = 5.0\n[factors.switch.fading]\n'
    )
    wheres = [one.where.removeprefix("mine.toml: ") for one in check_study(write(text))]
    assert wheres == [
        "replicates",
        "keep[1]",
        "scenarios[1]",
        "design.points",
        "factors.nothing",
        "factors.chance_leaves.low",
        "factors.switch.fading",
        "outcomes[1]",
    ]


def test_what_a_factor_sets_the_members_do_not(write: Write) -> None:
    write("chance_leaves,chance_waits,gain_course\n0.01,0.03,0.4\n", "members.csv")
    design = '[design]\nkind = "factorial"\n[factors.chance_leaves]\nlevels = [0.01]\n[factors.gain_course]\nlevels = [0.3]\n'
    study = read_study(write(HEAD + SCENARIOS + 'ensemble = "members.csv"\n' + design))
    assert study.ensemble is not None
    assert study.ensemble.parameters == ("chance_waits",)
    assert study.overridden == ("chance_leaves", "gain_course")
    for name in ("plausible", "none"):
        assert check_study(write(HEAD + SCENARIOS + f'ensemble = "{name}"\n' + design)) == []


def test_which_values_a_study_has(write: Write) -> None:
    shipped = read_ensemble()
    for text, every in (("", False), ('ensemble = "plausible"\n', False), ("every_member = true\n", True)):
        study = read_study(write(HEAD + SCENARIOS + text))
        assert study.ensemble is not None
        assert np.array_equal(study.ensemble.values, shipped.values)
        assert study.every_member is every
        assert study.runs == study.replicates * (shipped.members if every else 1)
    assert read_study(write(HEAD + SCENARIOS + 'ensemble = "none"\n')).ensemble is None
    made = study_of(scenarios=["nine-services"])
    assert made.ensemble is not None
    assert made.hash == study_of(scenarios=["nine-services"], ensemble=shipped).hash
    assert made.hash != study_of(scenarios=["nine-services"], ensemble=None).hash
    assert made.hash != study_of(scenarios=["nine-services"], every_member=True).hash
    (problem,) = check_study(write(HEAD + SCENARIOS + 'ensemble = "none"\nevery_member = true\n'))
    assert problem.where == "mine.toml: every_member"
    with pytest.raises(BadInput, match="with an ensemble of their own: nine-services"):
        study_of(scenarios=[replace(read_scenario("nine-services"), ensemble=shipped)])


def test_a_scenario_file_beside_the_study_is_not_looked_for_elsewhere(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(HEAD + 'scenarios = ["beside"]')
    write(HEAD.replace("mine", "beside"), "beside.toml")
    monkeypatch.chdir(path.parent)
    (problem,) = check_study(path)
    assert problem.hint == 'for a file beside this one write "beside.toml"'


def test_scenarios_together(write: Write) -> None:
    write(HEAD.replace("mine", "beside") + '[[policies]]\nlever = "champion"\ndose = 0.5\n', "beside.toml")
    names = ["all-passive", "all-passive+expectations", "all-passive+beside.toml"]
    study = read_study(write(HEAD + f"scenarios = {names}"))
    assert [one.name for one in study.scenarios] == ["all-passive", "all-passive+expectations", "all-passive+beside"]
    assert [[one.lever for one in each.policies] for each in study.scenarios] == [[], ["expectation"], ["champion"]]
    made = study_of(scenarios=names[:2])
    assert [one.hash for one in made.scenarios] == [one.hash for one in study.scenarios[:2]]
    (problem,) = check_study(write(HEAD + 'scenarios = ["all-passive+expectatons"]'))
    assert str(problem).startswith("mine.toml: scenarios[1]: expectatons: unknown scenario 'expectatons'")
    problems = check_study(write(HEAD + 'scenarios = ["all-pasive+beside"]'))
    assert [one.hint for one in problems] == ["did you mean 'all-passive'?", 'for a file beside this one write "beside.toml"']


def test_problems_of_a_scenario_are_said_with_their_place(write: Write) -> None:
    write(HEAD.replace("mine", "bad") + '[[policies]]\nlever = "hirng"\ndose = 0.5\n', "bad.toml")
    (problem,) = check_study(write(HEAD + 'scenarios = ["bad.toml"]'))
    assert problem.where == "mine.toml: scenarios[1]: bad.toml: policies[1] (hirng).lever"


def test_more_runs_than_random_numbers(write: Write) -> None:
    write("chance_leaves\n" + "0.01\n" * 500, "members.csv")
    (problem,) = check_study(write(HEAD + SCENARIOS + 'replicates = 10000000\nensemble = "members.csv"\nevery_member = true'))
    assert problem.what.startswith("500 members x 10,000,000 replicates")


@pytest.mark.parametrize(
    "asked", [{"replicates": 0}, {"seed": -1}, {"months": 1.5}, {"months": True}, {"replicates": "9"}], ids=str
)
def test_numbers_from_outside_the_file(asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        read_study("protected-time", **asked)
    assert [one.where for one in caught.value.problems] == list(asked)


def test_from_python_bad_input_is_said_like_a_files() -> None:
    with pytest.raises(BadInput) as caught:
        study_of(
            scenarios=[read_scenario("nine-services"), "nine-services", "nothing"],
            factors={"chance_leaves": [0.01, 0.5], 7: [1]},  # type: ignore[dict-item]
            design="sobol",
            ensemble={"chance_waits": [1.0], "gain_course": [0.1, 0.2]},
            months=3,
            replicates=0,
            keep="outcome",
        )
    said = texts(caught.value.problems)
    for part in (
        "months: a horizon for scenarios that were read already: nine-services",
        "study: scenarios[2]: scenario 'nine-services' stands twice",
        "study: scenarios[3]: unknown scenario 'nothing'",
        "factors.chance_leaves.levels[2]: 0.5 is out of bounds",
        "unknown parameter '7'",
        "missing key 'points'",
        "ensemble: the columns differ in length",
        "replicates: 0 is out of bounds",
        "keep[1]: unknown word 'outcome'",
    ):
        assert part in said


def test_files_that_a_program_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"study: design.file: 'points.csv': no such file"):
        study_of(scenarios=["nine-services"], design={"kind": "table", "file": "points.csv"})
    (tmp_path / "points.csv").write_text("chance_leaves\n0.01\n", encoding="utf-8")
    study = study_of(scenarios=["nine-services"], design={"kind": "table", "file": "points.csv"})
    assert study.design.settings(0) == {"chance_leaves": 0.01}
    (tmp_path / "members.csv").write_text("chance_waits\n0.03\n", encoding="utf-8")
    assert study_of(scenarios=["nine-services"], ensemble="members.csv").members == 1


def test_finding_a_study() -> None:
    assert find_study("uncertainty").name == "uncertainty.toml"
    with pytest.raises(BadInput, match="unknown study 'uncertanty'") as caught:
        find_study("uncertanty")
    assert caught.value.problems[0].hint == "did you mean 'uncertainty'?"
    with pytest.raises(BadInput, match="no such file"):
        find_study("somewhere/uncertainty.toml")


def test_a_folder_in_the_place_of_a_study_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="folder"):
        read_study(tmp_path)


def test_json_schema_knows_every_key() -> None:
    schema = json_schema()
    assert {"scenarios", "design", "factors", "ensemble"} <= set(schema["properties"])
    assert {"DesignTable", "FactorTable"} == set(schema["$defs"])


NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, float("nan"), float("inf"), "", "x", "\x00", "a" * 5000, [], [[]], [None], ["x"], {}, {"a": 1},
    {"a": {"b": {"c": 1}}}, datetime.date(2020, 1, 1), [10**400], "/dev/zero", "../x.csv", "points.parquet", [{}],
    ["/dev/zero.toml"],
)  # fmt: skip


def problems_of(raw: dict[str, Any], folder: Path) -> list[Problem]:
    """What is said of a study; anything but BadInput is an error of the test."""
    raw = {"schema_version": 1, "name": "x", "title": "x", "question": "x", "scenarios": ["all-active"]} | raw
    try:
        resolved(Given(raw, "x.toml", folder, scenarios={"all-active": ALL_ACTIVE}), [])
    except BadInput as error:
        return error.problems
    return []


KEYS = ("scenarios", "replicates", "months", "keep", "outcomes", "ensemble", "design", "factors", "title", "seed")


@pytest.mark.parametrize("key", KEYS)
def test_nothing_but_bad_input_comes_of_nasty_values(key: str, tmp_path: Path) -> None:
    found = [problems_of({key: value}, tmp_path) for value in NASTY]
    assert sum(bool(one) for one in found) > len(NASTY) // 2
    assert all(one.where and one.what and one.allowed for problems in found for one in problems)


@pytest.mark.parametrize("kind", ["factorial", "latin-hypercube", "sobol", "one-at-a-time", "table"])
def test_nor_of_nasty_designs_and_factors(kind: str, tmp_path: Path) -> None:
    names = ("chance_leaves", "switch.fading", "services.A.staff", "services.A.leader", "services", "switch", "services.", "")
    for value, name, key in itertools.product(NASTY, names, ("levels", "low", "scale")):
        raw = {"design": {"kind": kind, "points": 4}, "factors": {name: {key: value}}}
        assert all(one.where and one.what and one.allowed for one in problems_of(raw, tmp_path))


SHARE, SWITCH = "share_new_leader_active", "switch.newcomers_alike"


@pytest.mark.parametrize(
    ("given", "acts"),
    [
        ({"factors": {SHARE: [0.1, 0.3]}}, False),
        ({"factors": {SHARE: [0.1, 0.3], SWITCH: ["on"]}}, False),
        ({"factors": {SHARE: [0.1, 0.3], SWITCH: ["on", "off"]}}, True),
        ({"factors": {SHARE: [0.1, 0.3], SWITCH: ["off"]}}, True),
        ({"design": "one-at-a-time", "factors": {SHARE: [0.1, 0.3], SWITCH: ["off"]}}, False),  # each is moved alone
        ({"design": {"kind": "latin-hypercube", "points": 8}, "factors": {SHARE: {"low": 0.1, "high": 0.3}}}, False),
        ({"points": {SHARE: [0.1, math.nan], SWITCH: ["on", "off"]}}, False),  # where it is off, nothing is set
        ({"points": {SHARE: [0.1, 0.3], SWITCH: ["on", "off"]}}, True),
        ({"points": {SHARE: [0.1, 0.3], "chance_leaves": [0.01, 0.02]}}, False),
        ({"factors": {"share_incumbent_active": [0.1, 0.3]}}, True),  # the control: what acts in its place
    ],
    ids=str,
)
def test_a_factor_that_a_mechanism_has_replaced_acts_at_some_point_or_is_refused(given: dict[str, Any], acts: bool) -> None:
    asked: dict[str, Any] = {"scenarios": ["nine-services"], "replicates": 1, "ensemble": None, "name": "mine"} | given
    if acts:
        assert study_of(**asked).design.points > 0
        return
    with pytest.raises(BadInput) as refused:
        study_of(**asked)
    (found,) = refused.value.problems
    assert found.where.endswith(SHARE)
    assert found.what == f"'{SHARE}' does nothing here: 'newcomers_alike' has numbers of its own in its place"
    assert found.allowed == "share_incumbent_active"
    assert "newcomers_alike" in found.hint
    assert not any(word in str(found) for word in JARGON)


def test_a_replaced_factor_acts_where_one_of_the_scenarios_has_the_mechanism_off() -> None:
    off = read_scenario("all-active", overrides={SWITCH: "off"})
    asked: dict[str, Any] = {"replicates": 1, "ensemble": None, "name": "mine", "factors": {SHARE: [0.1, 0.3]}}
    assert study_of(scenarios=["nine-services", off], **asked).design.points == 2
    with pytest.raises(BadInput, match="does nothing here"):
        study_of(scenarios=["nine-services", ALL_ACTIVE], **asked)


def test_one_run_of_such_a_point_can_be_made_again() -> None:
    factors = {SHARE: [0.1], SWITCH: ["on", "off"]}
    study = study_of(scenarios=["nine-services"], replicates=1, ensemble=None, name="mine", factors=factors)
    for point in range(study.design.points):
        assert with_settings(study.scenarios[0], study.design.settings(point)).parameters == {SHARE: 0.1}
