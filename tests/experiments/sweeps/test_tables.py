"""Tables of points and members: CSV, Parquet and Python give the same; every wrong cell is named by row and column."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.sweeps.reading import read_study, study_of
from experiments.sweeps.study import Study
from sim.ensembles.cells import SHOWN_MAX
from sim.problems import BadInput

pytestmark = pytest.mark.portable

HEAD = 'schema_version = 1\nname = "mine"\ntitle = "Mine"\nquestion = "What?"\nscenarios = ["nine-services"]\n'
TABLE = HEAD + '[design]\nkind = "table"\nfile = "{}"\n'
MEMBERS = HEAD + 'ensemble = "{}"\n'
POINTS = """# a comment
chance_leaves,switch.fading,services.A.leader,services.A.staff
0.01,on,vacant,30
,off,,

 1.5e-2 ,TRUE,active,31
"""

Read = Callable[..., Study]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def made(study: str, table: str, name: str = "points.csv") -> Study:
        (tmp_path / "mine.toml").write_text(study.format(name), encoding="utf-8")
        (tmp_path / name).write_text(table, encoding="utf-8")
        return read_study(tmp_path / "mine.toml")

    return made


def said(read: Read, study: str, table: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read(study, table)
    assert all(one.where and one.what for one in caught.value.problems)
    return [f"{one.where}: {one.what}" for one in caught.value.problems]


def test_points_of_a_csv(read: Read) -> None:
    design = read(TABLE, POINTS).design
    assert design.kind == "table"
    assert [design.settings(one) for one in range(design.points)] == [
        {"chance_leaves": 0.01, "switch.fading": "on", "services.A.leader": "vacant", "services.A.staff": 30},
        {"switch.fading": "off"},
        {"chance_leaves": 0.015, "switch.fading": "on", "services.A.leader": "active", "services.A.staff": 31},
    ]


def test_csv_parquet_and_python_give_the_same(read: Read, tmp_path: Path) -> None:
    study = read(TABLE, POINTS)
    frame = pd.DataFrame(
        {
            "chance_leaves": [0.01, None, 0.015],
            "switch.fading": [True, False, True],
            "services.A.leader": ["vacant", None, "active"],
            "services.A.staff": pd.array([30, None, 31], dtype="Int64"),
        }
    )
    frame.to_parquet(tmp_path / "points.parquet")
    (tmp_path / "mine.toml").write_text(TABLE.format("points.parquet"), encoding="utf-8")
    assert read_study(tmp_path / "mine.toml").hash == study.hash
    assert study_of(scenarios=["nine-services"], points=frame).hash == study.hash
    assert study_of(scenarios=["nine-services"], points=frame.to_dict("list")).hash == study.hash
    frame.loc[0, "chance_leaves"] = 0.011
    assert study_of(scenarios=["nine-services"], points=frame).hash != study.hash  # control


def test_wrong_cells_are_named_by_row_and_column(read: Read) -> None:
    table = (
        "chance_leaves,switch.fading,services.A.leader,services.A.staff,chance_waits\n"
        '0.01,on,active,30,"0,03"\n'
        "# the rows below are wrong\n"
        "0.5,maybe,vacnt,2.5,inf\n"
        "x,on,,0,\n"
    )
    assert said(read, TABLE, table) == [
        "points.csv: row 5, column chance_leaves: 'x' is not a number",
        "points.csv: row 4, column chance_leaves: 0.5 is out of bounds",
        "points.csv: row 4, column switch.fading: 'maybe' is neither on nor off",
        "points.csv: row 4, column services.A.leader: unknown word 'vacnt'",
        "points.csv: row 4, column services.A.staff: 2.5 is not a whole number",
        "points.csv: row 5, column services.A.staff: 0 is out of bounds",
        "points.csv: row 2, column chance_waits: '0,03' is not a number",
        "points.csv: row 4, column chance_waits: 'inf' is not a number",
    ]


def test_what_a_scenario_refuses_is_named_by_its_row(read: Read) -> None:
    (sentence,) = said(read, TABLE, "services.all.staff\n40\n2\n50\n")
    assert sentence.startswith("points.csv: row 3, column services.all.staff: 2 employees, but")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("chance_leaves;switch.fading\n0,01;on\n", "points.csv: row 1: cells are separated by semicolons"),
        ("chance_leaves,switch.fading\n0.01\n", "points.csv: row 2: has 1 cells, the header 2"),
        ('chance_leaves,switch.fading\n0.01,"on\n', "points.csv: row 2: is not CSV: unexpected end of data"),
        ("chance_leaves,switch.fading\n", "points.csv: holds no rows"),
        ("chance_leaves,switch.fading\n,\n0.01,on\n", "points.csv: row 2: every cell is empty"),
        (
            "chance_leaves,chance_leaves\n0.01,0.01\n",
            "points.csv: column chance_leaves: column 'chance_leaves' stands more than once",
        ),
        ("chance_leaves,\n0.01,1\n", "points.csv: column (no name): unknown parameter ''"),
        ("chance_leavs\n0.01\n", "points.csv: column chance_leavs: unknown parameter 'chance_leavs'"),
        ("# nothing\n", "points.csv: holds no header"),
    ],
)
def test_tables_that_are_none(read: Read, table: str, sentence: str) -> None:
    assert said(read, TABLE, table) == [sentence]


def test_a_table_with_factors_beside_it(read: Read) -> None:
    text = TABLE + "[factors.chance_waits]\nlevels = [0.03]\n"
    assert said(read, text, "chance_leaves\n0.01\n") == ["mine.toml: factors: factors beside a table: chance_waits"]


def test_files_that_are_none(tmp_path: Path, read: Read) -> None:
    (tmp_path / "mine.toml").write_text(TABLE.format("no.csv"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"mine.toml: design.file: 'no.csv': no such file"):
        read_study(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_text(TABLE.format("no.parquet"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"mine.toml: design.file: 'no.parquet': no such file"):
        read_study(tmp_path / "mine.toml")
    with pytest.raises(BadInput, match=r"'points.parquet' is not a Parquet file"):
        read(TABLE, "chance_leaves\n0.01\n", "points.parquet")
    with pytest.raises(BadInput, match=r"'points.xlsx' is neither .csv nor .parquet"):
        read(TABLE, "x", "points.xlsx")


def test_many_wrong_cells_are_counted(read: Read) -> None:
    sentences = said(read, TABLE, "chance_leaves,switch.fading\n" + "5,up\n" * 50)
    assert len(sentences) == 2 * (SHOWN_MAX + 1)
    assert sentences[SHOWN_MAX] == "points.csv: column chance_leaves: and 30 more cells that cannot be used"


def test_members(read: Read) -> None:
    ensemble = read(MEMBERS, "chance_leaves,weight,chance_waits\n0.01,1,0.03\n0.02,3,0.04\n", "members.csv").ensemble
    assert ensemble is not None
    assert ensemble.parameters == ("chance_leaves", "chance_waits")
    assert ensemble.values.tolist() == [[0.01, 0.03], [0.02, 0.04]]
    assert ensemble.weights.tolist() == [0.5, 1.5]
    unweighted = read(MEMBERS, "chance_leaves\n0.01\n0.02\n", "members.csv").ensemble
    assert unweighted is not None
    assert unweighted.weights.tolist() == [1.0, 1.0]
    assert unweighted.text_hash != ensemble.text_hash


def test_members_that_are_none(read: Read) -> None:
    table = "chance_leaves,gain_corse,weight,chance_waits,switch.fading\n0.01,1,0,5,on\n,1,x,nan,on\n0.02,1,-1,inf,on\n"
    assert said(read, MEMBERS, table) == [
        "points.csv: row 3, column chance_leaves: the cell is empty",
        "points.csv: column gain_corse: unknown parameter 'gain_corse'",
        "points.csv: row 3, column weight: 'x' is not a number",
        "points.csv: row 2, column weight: 0 is no weight",
        "points.csv: row 4, column weight: -1 is no weight",
        "points.csv: row 3, column chance_waits: 'nan' is not a number",
        "points.csv: row 4, column chance_waits: 'inf' is not a number",
        "points.csv: row 2, column chance_waits: 5 is out of bounds",
        "points.csv: column switch.fading: is not 1 in every row",
    ]
    assert said(read, MEMBERS, "weight\n1\n") == ["points.csv: holds no parameter"]


def test_infinite_and_missing_numbers_from_python() -> None:
    with pytest.raises(BadInput, match="inf is not a finite number"):
        study_of(scenarios=["nine-services"], points={"chance_leaves": [np.inf, 0.01]})
    with pytest.raises(BadInput, match="points: column chance_leaves: is a single value"):
        study_of(scenarios=["nine-services"], points={"chance_leaves": 0.01})
    with pytest.raises(BadInput, match="row 2, column chance_leaves: the cell is empty"):
        study_of(scenarios=["nine-services"], ensemble={"chance_leaves": [0.01, np.nan]})


def test_a_million_points_are_checked_at_once() -> None:
    values = np.random.default_rng(1).uniform(0.01, 0.02, 1_000_000)
    study = study_of(scenarios=["nine-services"], points={"chance_leaves": values, "services.A.clarity": values})
    np.testing.assert_array_equal(study.design.values[0], values)
