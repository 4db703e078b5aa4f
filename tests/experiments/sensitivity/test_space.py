"""What is varied and what is asked: bounds, ensembles, options; everything wrong is said at once."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.sensitivity.asked import Asked
from experiments.sensitivity.quantities import DIFFERENCE, headline, joined, outcome_names, quantities_of
from experiments.sensitivity.samples import INSTALL, need_salib
from experiments.sensitivity.settings import settings_of
from experiments.sensitivity.space import medoid, narrowed, read_ensemble, space_of
from sim.measures.definitions import DEFINITIONS as EVERY_DEFINITION
from sim.parameters import STATE_DEFINITIONS as DEFINITIONS
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem
from sim.scenario import read_scenario

pytestmark = pytest.mark.portable

TABLE = read_table()


def problems_of(function: Any, *given: Any, **options: Any) -> list[Problem]:
    with pytest.raises(BadInput) as found:
        function(*given, **options)
    return found.value.problems


def written(folder: Path, text: str, name: str = "narrow.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_space_is_the_table_without_the_definitions() -> None:
    space = space_of(TABLE)
    assert set(DEFINITIONS) < set(EVERY_DEFINITION)
    acting = {name for name in TABLE.parameters if TABLE.acts(name)}
    assert set(space.names) == acting - set(DEFINITIONS) <= set(TABLE.parameters) - set(DEFINITIONS)
    assert set(space_of(TABLE, definitions=True).names) == acting
    at = space.names.index("chance_leader_leaves")
    one = TABLE.parameters["chance_leader_leaves"]
    assert (space.low[at], space.high[at], space.units[at]) == (one.low, one.high, one.unit)
    some = space.only(["hours_capacity", "chance_leaves"])
    assert some.names == ("hours_capacity", "chance_leaves")
    assert some.high.tolist() == [TABLE.parameters[name].high for name in some.names]


def test_a_parameter_is_varied_if_it_acts_in_one_of_the_scenarios() -> None:
    usual = TABLE.switched_on()
    without = usual - {"newcomers_alike"}
    old = {name for name, one in TABLE.parameters.items() if one.replaced_by == "newcomers_alike"}
    assert len(old) == 4
    assert not old & set(space_of(TABLE, on=(usual,)).names)
    assert old <= set(space_of(TABLE, on=(without,)).names)
    both = space_of(TABLE, on=(usual, without))
    assert set(both.names) == set(space_of(TABLE).names) | old
    assert "share_incumbent_active" in both.names


def test_narrower_bounds(tmp_path: Path) -> None:
    path = written(tmp_path, "parameter,low,high\nchance_leaves,0.012,0.02\nhours_capacity,140,150\n")
    space, narrow = space_of(TABLE), narrowed(space_of(TABLE), path, table=TABLE)
    for name, ends in {"chance_leaves": (0.012, 0.02), "hours_capacity": (140.0, 150.0)}.items():
        at = space.names.index(name)
        assert (narrow.low[at], narrow.high[at]) == ends
    assert int((narrow.low != space.low).sum()) == 2
    assert space_of(TABLE).low.tolist() == space.low.tolist()


def test_everything_wrong_with_bounds_is_said_at_once(tmp_path: Path) -> None:
    lines = (
        "parameter,low,high",
        "chance_leafs,0.01,0.02",
        "fidelity_high,3.8,4.2",
        "hours_capacity,1,150",
        "chance_leaves,0.02,0.012",
        "chance_waits,,0.05",
        "chance_waits,0.03,soon",
    )
    found = problems_of(narrowed, space_of(TABLE), written(tmp_path, "\n".join(lines) + "\n"), table=TABLE)
    said = "\n".join(str(one) for one in found)
    assert "narrow.csv: row 2, column parameter: unknown parameter 'chance_leafs'" in said
    assert "did you mean 'chance_leaves'?" in said
    assert "'fidelity_high' defines an outcome and is not varied" in said
    assert "add --definitions" in said
    assert "row 4, column low: 1 is out of bounds" in said
    assert "low (0.02) is not below high (0.012)" in said
    assert "row 6, column low: no number" in said
    assert "row 7, column high: soon is not a number" in said or "'soon' is not a number" in said
    assert "'chance_waits' stands twice" in said
    assert all(one.allowed for one in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parameter,lo,high\nchance_leaves,0.01,0.02\n", ["unknown column 'lo'", "has no column 'low'"]),
        ("parameter,low,high\n", ["holds no rows"]),
        ("parameter,low,high,high\nchance_leaves,0.01,0.02,0.02\n", ["column 'high' stands more than once"]),
    ],
)
def test_columns_of_bounds(tmp_path: Path, text: str, said: list[str]) -> None:
    found = problems_of(narrowed, space_of(TABLE), written(tmp_path, text), table=TABLE)
    assert [one.what for one in found] == said


def test_bounds_that_are_no_table(tmp_path: Path) -> None:
    (found,) = problems_of(narrowed, space_of(TABLE), tmp_path / "narrow.txt", table=TABLE)
    assert found.where == "--bounds"
    (found,) = problems_of(narrowed, space_of(TABLE), tmp_path / "none.csv", table=TABLE)
    assert "none.csv" in found.what


def test_the_medoid_is_the_member_nearest_to_all_others() -> None:
    names = ("chance_leaves", "hours_capacity")
    values = np.array([[0.011, 131.0], [0.015, 140.0], [0.016, 141.0], [0.014, 142.0], [0.028, 164.0]])
    row, found = medoid(Ensemble("e", names, values, np.ones(5), ""), TABLE)
    assert row in {1, 2, 3}
    assert found == dict(zip(names, values[row].tolist(), strict=True))
    heavy = np.array([0.1, 0.1, 0.1, 0.1, 9.0])
    assert medoid(Ensemble("e", names, values, heavy, ""), TABLE)[0] == 4
    many = np.repeat(values, 200, axis=0)  # more than are held at once
    assert medoid(Ensemble("e", names, many, np.ones(1000), ""), TABLE)[1] == found


def test_with_an_ensemble_what_is_not_varied_stands_at_its_medoid(tmp_path: Path) -> None:
    path = written(tmp_path, "chance_leaves,weight\n0.011,1\n0.013,1\n0.02,1\n", "plausible.csv")
    settings = settings_of(Asked(ensemble=path))
    assert settings.medoid == {"chance_leaves": 0.013}
    assert (settings.ensemble, settings.medoid_row) == ("plausible", 1)
    assert [one.record()["chance_leaves"][0] for one in settings.scenarios] == [0.013, 0.013]
    assert settings.machine_form() != settings_of(Asked()).machine_form()
    bad = written(tmp_path, "chance_leafs\n0.01\n", "bad.csv")
    assert "unknown parameter" in problems_of(read_ensemble, bad, table=TABLE)[0].what


def test_what_a_scenario_sets_is_neither_varied_nor_taken_from_an_ensemble(tmp_path: Path) -> None:
    head = 'schema_version = 1\nname = "mine"\ntitle = "Mine"\nquestion = "Mine?"\n'
    scenario = str(written(tmp_path, head + "[parameters]\nchance_leaves = 0.025\n", "mine.toml"))
    path = written(tmp_path, "chance_leaves,chance_waits\n0.011,0.04\n", "plausible.csv")
    settings = settings_of(Asked(scenarios=(scenario, "baseline"), ensemble=path))
    assert settings.held == ("chance_leaves",)
    assert "chance_leaves" not in settings.space.names
    assert len(settings.space) == len(space_of(TABLE)) - 1
    records = [one.record() for one in settings.scenarios]
    assert [one["chance_leaves"][0] for one in records] == [0.025, 0.011]
    assert [one["chance_waits"][0] for one in records] == [0.04, 0.04]
    narrow = written(tmp_path, "parameter,low,high\nchance_leaves,0.012,0.02\n")
    (found,) = problems_of(settings_of, Asked(scenarios=(scenario, "baseline"), bounds=narrow))
    assert found.what == "'chance_leaves' is set by a scenario and is not varied"


def test_the_usual_and_the_quick() -> None:
    settings = settings_of(Asked())
    assert [one.name for one in settings.scenarios] == ["all-passive", "all-active"]
    numbers = (settings.trajectories, settings.base, settings.replicates, settings.keep, settings.seed, settings.months)
    assert numbers == (20, 512, 10, 20, 1, 84)
    quick = settings_of(Asked(quick=True, base=32))
    assert (quick.trajectories, quick.base, quick.months) == (4, 32, 18)  # what is asked stands above
    assert settings_of(Asked(quick=True, months=24)).months == 24


def test_what_decides_the_numbers_is_in_the_machine_form(tmp_path: Path) -> None:
    path = written(tmp_path, "parameter,low,high\nchance_leaves,0.012,0.02\n")
    asked: list[dict[str, Any]] = [
        {}, {"screen": 21}, {"base": 256}, {"replicates": 11}, {"months": 60}, {"seed": 2}, {"keep": 19}, {"bounds": path},
        {"definitions": True}, {"scenarios": ("nine-services",)}, {"scenarios": ("all-active", "all-passive")},
    ]  # fmt: skip
    forms = [settings_of(Asked(**one)).machine_form() for one in asked]
    assert len({repr(one) for one in forms}) == len(asked)
    assert settings_of(Asked(workers=2)).machine_form() == forms[0]


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    asked = Asked(
        scenarios=("all-activ", "all-active"), screen=1, base=500, replicates=1, months="soon", seed=-1, keep=0, workers="many",
        bounds=tmp_path / "none.csv", ensemble=tmp_path / "none.parquet",
    )  # fmt: skip
    found = problems_of(settings_of, asked)
    said = {one.where for one in found}
    assert {"--screen", "--base", "--replicates", "--seed", "--keep", "--workers", "--bounds", "--ensemble"} <= said
    assert any("months" in one.where for one in found)
    base = next(one for one in found if one.where == "--base")
    assert base.allowed == "a power of two, such as 256 or 512"
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("all-active", "all-passive", "baseline"), "3 scenarios"),
        (("all-active", "all-active"), "'all-active' stands twice"),
        (("all-activ",), "unknown scenario 'all-activ'"),
    ],
)
def test_scenarios_that_cannot_be(names: tuple[str, ...], said: str) -> None:
    found = problems_of(settings_of, Asked(scenarios=names))
    assert any(said in one.what for one in found)


def test_two_horizons_cannot_be_compared(tmp_path: Path) -> None:
    text = 'schema_version = 1\nname = "shorter"\ntitle = "Shorter"\nquestion = "Shorter?"\nmonths = 30\n'
    path = written(tmp_path, text, "shorter.toml")
    (found,) = problems_of(settings_of, Asked(scenarios=(str(path), "all-active")))
    assert found.what == "the horizons differ (shorter 30, all-active 84 months)"
    assert settings_of(Asked(scenarios=(str(path), "all-active"), months=30)).months == 30


def test_quantities() -> None:
    assert outcome_names(84) == (
        "share_kept_going@24", "share_kept_going@48", "share_kept_going", "share_given_up", "share_high_every_look",
        "share_operating", "share_silent", "false_rejections_per_post", "share_sustained",
    )  # fmt: skip
    assert outcome_names(24) == outcome_names(84)[2:]
    assert "share_high_every_look" not in outcome_names(11)  # there is no look before month 12
    one, other = read_scenario("all-passive"), read_scenario("all-active")
    found = quantities_of([one, other])
    assert len(found) == 19
    assert headline(found).name == f"{DIFFERENCE}: share_kept_going"
    assert headline(found).title == "difference: services that kept going, month 84, all-active minus all-passive"
    assert headline(quantities_of([one])).name == "all-passive: share_kept_going"
    values = {(q.scenario, q.outcome.name): np.full((2, 3), float(at)) for at, q in enumerate(found[:-1])}
    values["all-active", "share_kept_going"] = np.array([[5.0, 6.0, np.nan], [1.0, 2.0, 3.0]])
    both = joined(found, values)
    assert both[found[-1]].tolist()[1] == [-1.0, 0.0, 1.0]  # within point and replicate
    assert np.isnan(both[found[-1]][0, 2])


def test_without_salib_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    need_salib()
    monkeypatch.setitem(sys.modules, "SALib", None)
    (found,) = problems_of(need_salib)
    assert found.hint == INSTALL == "pip install 'practice-sustainment[analysis]'"
    assert "SALib" in found.what


def test_the_shipped_ensemble_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = read_ensemble(Path("plausible"), table=read_table())
    _, values = medoid(shipped, read_table())
    known = read_table().parameters
    moved = [name for name, value in values.items() if known[name].value != value]
    assert set(moved) <= {"months_tipping", "rate_smoothing"}  # the default vector is its medoid
    (tmp_path / "plausible").write_text("weight,commitment_mean\n1,0.5\n2,0.6\n")  # a file of that name comes first
    with pytest.raises(BadInput):
        read_ensemble(Path("plausible"), table=read_table())
