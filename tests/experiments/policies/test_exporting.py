"""A schedule written as a scenario file is read back as the same plan."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.policies.evaluating import with_schedule
from experiments.policies.exporting import copy_needed, toml, write_scenario
from experiments.policies.ingredients import NAMES
from experiments.policies.schedules import Schedule, only, schedule_of
from sim.plan import Plan
from sim.scenario import catalogue, check_file, read_scenario, resolve

pytestmark = pytest.mark.portable

SCHEDULE = schedule_of([("clarity", 2, 12, 0), ("monitoring", 1, 18, 24), ("champion", 2, 36, 12)])


def written(folder: Path, base: Path | str, schedule: Schedule = SCHEDULE) -> tuple[Plan, Plan]:
    """Plan of the file that is written, and the plan that it should have."""
    own = read_scenario(base, months=84)
    copy_needed(folder, Path(base) if isinstance(base, Path) else next(one.path for one in catalogue() if one.name == base))
    path = write_scenario(folder, "mine", own, schedule, title="Mine")
    assert check_file(path) == []
    return resolve(read_scenario(path)), resolve(with_schedule(own, schedule))


def assert_same(one: Plan, other: Plan) -> None:
    assert one.months == other.months == 84
    assert one.service_names == other.service_names
    assert one.post_names == other.post_names
    for name in ("services", "posts", "calendars", "parameters"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@pytest.mark.parametrize(
    "base", ["all-passive", "all-active", "active-from-24", "baseline", "cuts-planned", "vacancy", "rival-threshold"]
)
def test_shipped_scenarios_of_all_kinds_can_be_the_base(tmp_path: Path, base: str) -> None:
    found, expected = written(tmp_path, base)
    assert_same(found, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]
    assert found.calendars.tobytes() != resolve(read_scenario(base, months=84)).calendars.tobytes()  # control


@pytest.mark.parametrize("schedule", [Schedule(), only(*NAMES)])
def test_nothing_and_everything(tmp_path: Path, schedule: Schedule) -> None:
    assert_same(*written(tmp_path, "all-passive", schedule))
    assert len(read_scenario(tmp_path / "mine.toml").question) <= 400


def test_a_base_of_ones_own_with_its_files(tmp_path: Path) -> None:
    home, there = tmp_path / "home", tmp_path / "there"
    home.mkdir()
    there.mkdir()
    (home / "lists").mkdir()
    (home / "lists" / "ours.csv").write_text(
        "name,setting,staff,posts,leader,signal,selection,format,pool,inflow\n"
        "North,primary,14,3,passive_supportive,committed,requested,individual,12,1.0\n",
        encoding="utf-8",
    )
    head = 'schema_version = 1\ntitle = "Ours"\nquestion = "What of \\"ours\\"?"\n'
    (home / "ours.toml").write_text(
        f'{head}name = "ours"\nbaseline = ""\nmonths = 120\nservices_file = "lists/ours.csv"\n'
        '[[policies]]\nlever = "clarity"\ndose = 0.1\nstart = 100\n[[policies]]\nlever = "hiring"\ndose = 0.1\nstart = 20\n',
        encoding="utf-8",
    )
    (home / "other.toml").write_text(
        f'{head}name = "other"\nbaseline = "ours"\n[[changes]]\nservices = ["North"]\nset = {{ staff = 20 }}\n', encoding="utf-8"
    )
    for base in ("ours", "other"):
        folder = there / base
        folder.mkdir()
        found = written(folder, home / f"{base}.toml")
        shutil.move(folder, tmp_path / f"moved-{base}")
        assert_same(*found)
        assert_same(resolve(read_scenario(tmp_path / f"moved-{base}" / "mine.toml")), found[1])
    assert {path.name for path in (tmp_path / "moved-other").iterdir()} == {"mine.toml", "ours.toml", "ours.csv"}
    assert np.array_equal(found[0].services["staff"], [20])


PLAIN = st.one_of(st.text(st.characters(exclude_categories=("Cs",))), st.integers(-(2**60), 2**60), st.booleans(),
                  st.floats(allow_nan=False, allow_infinity=False))  # fmt: skip
KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)
TABLES = st.dictionaries(
    KEYS, st.one_of(PLAIN, st.lists(PLAIN, max_size=3), st.dictionaries(KEYS, PLAIN, max_size=2)), max_size=3
)


@given(st.dictionaries(KEYS, st.one_of(PLAIN, TABLES, st.lists(TABLES, min_size=1, max_size=3)), max_size=4))
def test_toml_is_read_back(tables: dict[str, Any]) -> None:
    assert tomllib.loads(toml(tables)) == tables
