"""Turnover a year: accepted where the chance a month is set, converted, and realised in a run."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.parameters import read_table
from sim.problems import BadInput
from sim.scenario import check_file, read_scenario
from sim.scenario.rates import YEARLY, monthly_chance, yearly_share

HEAD = 'schema_version = 1\nname = "mine"\ntitle = "A"\nquestion = "What?"\nmonths = 24\n'
ALONE = """\
baseline = ""
[parameters]
turnover = 0.2
[switches]
exhaustion = false
[[services]]
name = "Ours"
setting = "primary"
staff = 500
leader = "active"
signal = "committed"
selection = "requested"
format = "individual"
pool = 12
inflow = 1.0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


@given(st.floats(0.0, 0.999))
def test_conversion_and_back(yearly: float) -> None:
    assert math.isclose(yearly_share(monthly_chance(yearly)), yearly, rel_tol=1e-4, abs_tol=1e-9)
    assert math.isclose((1.0 - monthly_chance(yearly)) ** 12, 1.0 - yearly, rel_tol=1e-4, abs_tol=1e-5)


@pytest.mark.parametrize("name", YEARLY)
def test_a_file_and_a_setting_say_the_same(tmp_path: Path, name: str) -> None:
    chance = monthly_chance(0.2)
    read = read_scenario(written(tmp_path, f"[parameters]\n{name} = 0.2\n"))
    assert read.parameters[YEARLY[name]] == chance
    assert read_scenario("baseline", overrides={name: "0.2"}).parameters[YEARLY[name]] == chance
    assert read_scenario("baseline", overrides={name: 0.2}).parameters[YEARLY[name]] == chance
    assert read.record()[YEARLY[name]][0] == chance


@pytest.mark.parametrize("name", YEARLY)
@pytest.mark.parametrize(
    ("value", "said"), [("0.5", "out of bounds"), ("20", "no share"), ("-0.1", "no share"), ("1.0", "no share")]
)
def test_what_cannot_be_is_told_a_year(tmp_path: Path, name: str, value: str, said: str) -> None:
    (problem,) = check_file(written(tmp_path, f"[parameters]\n{name} = {value}\n"))
    assert said in problem.what
    assert problem.allowed.startswith("a share a year from 0.0")
    with pytest.raises(BadInput, match=said):
        read_scenario("baseline", overrides={name: value})


def test_bounds_of_a_year_are_those_of_a_month(tmp_path: Path) -> None:
    (problem,) = check_file(written(tmp_path, "[parameters]\nturnover = 0.9\n"))
    low, high = (float(word) for word in problem.allowed.split(";")[0].removeprefix("a share a year from ").split(" to "))
    one = read_table().parameters["chance_leaves"]
    for share in (low, high):
        assert one.low <= monthly_chance(share) <= one.high
    assert not one.low <= monthly_chance(low - 0.001) <= one.high
    assert not one.low <= monthly_chance(high + 0.001) <= one.high


def test_the_same_said_twice_is_refused(tmp_path: Path) -> None:
    (problem,) = check_file(written(tmp_path, "[parameters]\nturnover = 0.2\nchance_leaves = 0.02\n"))
    assert "say the same" in problem.what
    with pytest.raises(BadInput, match="says the same"):
        read_scenario("baseline", overrides={"turnover": "0.2", "chance_leaves": "0.02"})


def test_a_word_speaks_of_the_switch() -> None:
    with pytest.raises(BadInput, match=r"write switch\.turnover=off"):
        read_scenario("baseline", overrides={"turnover": "off"})


def test_turnover_is_realised_where_nothing_else_makes_people_leave(tmp_path: Path) -> None:
    """Without exhaustion, first year and retirement as many leave a year as was said; a twelfth a month would be too few."""
    people = "".join(f'[[services.practitioners]]\nalias = "p{at}"\nmonths_to_retirement = 720\n' for at in range(200))
    count = 60
    run = sim.run(written(tmp_path, ALONE + people), replicates=count, figures=False, ensemble=None)
    rows = run.services_monthly.sort_values(["replicate", "month"])
    # volunteers rarely leave in their first year, and who leaves at the end of a month is in the next row
    after = rows[rows["month"] > 13]
    before = rows[rows["month"] == 13]["leavers"].sum()
    left = rows[rows["month"] == 24]["leavers"].sum() - before
    exposed = (200 - after["vacant"]).sum() + left
    error = math.sqrt(left) / exposed * 12  # of a share a year
    assert len(after) == 11 * count
    assert abs(yearly_share(left / exposed) - 0.2) < 3 * error
    assert abs((1.0 - 0.2 / 12) ** 12 - 0.8) > 3 * error


def test_a_run_tells_the_turnover_that_was_realised() -> None:
    run = sim.run("nine-services", replicates=4, months=24, figures=False)
    rows = run.services_monthly
    posts = run.services_start["posts"].sum()
    left = rows[rows["month"] == 24]["leavers"].sum()
    exposed = (posts * 4 * 24 - rows["vacant"].sum()) + left
    assert np.isclose(run.realised_turnover(), yearly_share(left / exposed))
    none = sim.run("nine-services", replicates=2, months=12, figures=False, settings={"switch.turnover": "off"})
    assert none.realised_turnover() < 0.03  # a dated event of the study still acts
