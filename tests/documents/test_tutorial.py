"""The tutorial is run as it stands, with as many replicates as it says, and prints what it says."""

import contextlib
import io
from pathlib import Path

import matplotlib as mpl
import pyarrow.parquet as pq
import pytest

from experiments.keeping.blocks import ROOT
from tests.drawing import not_drawn
from tests.experiments.commanding import sustain
from tests.quoted import blocks, commands, write_scenarios
from tests.rscript import columns_named, run_r, tables_named

pytestmark = pytest.mark.engine

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which all commands of the tutorial have run; the runs' own figures and reports are left out."""
    folder = tmp_path_factory.mktemp("tutorial")
    with contextlib.chdir(folder), not_drawn():
        assert write_scenarios(TUTORIAL, folder) == ["my-service"]
        for words in commands(TUTORIAL):
            undrawn = ["--no-figures"] if words[0] == "run" else []
            done = sustain(*words, *undrawn)
            assert done.exit_code == 0, f"sustain {' '.join(words)}\n{done.output}"
    return folder


@pytest.fixture(scope="module")
def printed(followed: Path) -> str:
    """Run the Python code in that folder, block by block; what it prints."""
    said = io.StringIO()
    with contextlib.chdir(followed), contextlib.redirect_stdout(said), mpl.rc_context({"backend": "agg"}):
        for code in blocks(TUTORIAL, "python"):
            exec(code, {})
    return said.getvalue()


def test_the_python_code_prints_what_the_tutorial_says(printed: str) -> None:
    drawn, asked = blocks(TUTORIAL, "text")
    assert printed.split() == [*drawn.split(), *asked.split()]


def test_what_is_asked_in_python_is_what_the_comparison_found(followed: Path) -> None:
    effects = pq.read_table(followed / "results" / "comparison" / "tables" / "effects.parquet").to_pandas()
    found = effects[(effects["group"] == "region") & (effects["outcome"] == "share_kept_going")].iloc[0]
    none, shipped, _ = blocks(TUTORIAL, "text")[1].splitlines()
    said = f"0.3: {100 * found['difference']:+.1f} points, Monte Carlo error {100 * found['mcse']:.1f}"
    assert shipped == said
    assert none != said.replace("0.3:", "0.1:")  # the control: another dose is another answer


def test_the_python_code_draws_its_figure(followed: Path, printed: str) -> None:
    assert printed
    assert (followed / "kept-going.png").read_bytes().startswith(b"\x89PNG")


def test_what_the_tutorial_concludes_is_what_came_out(followed: Path) -> None:
    # "more often loses it", "in about half of the runs, 12 in a hundred more", "fidelity is not higher", "hardly more often high"
    effects = pq.read_table(followed / "results" / "comparison" / "tables" / "effects.parquet").to_pandas()
    region = effects[effects["group"] == "region"].set_index("outcome")
    assert region.loc["share_kept_going", "low"] > 0
    assert region.loc["share_kept_going", "mean_base"] < 0.5
    assert abs(region.loc["share_kept_going", "mean_other"] - 0.5) < 0.05
    assert abs(region.loc["share_kept_going", "difference"] - 0.12) < 0.01
    assert region.loc["fidelity", "low"] < 0 < region.loc["fidelity", "high"]
    assert abs(region.loc["share_high_every_look", "difference"]) < 0.01


def test_where_nobody_leaves_the_policy_does_next_to_nothing(followed: Path) -> None:
    # the control of the tutorial's own conclusion
    effects = pq.read_table(followed / "results" / "no-turnover" / "tables" / "effects.parquet").to_pandas()
    region = effects[effects["group"] == "region"].set_index("outcome")
    assert abs(region.loc["share_kept_going", "difference"]) < 0.01


def test_the_r_code_names_tables_and_columns_that_exist(followed: Path) -> None:
    (code,) = blocks(TUTORIAL, "r")
    (table,) = tables_named(code)
    there = set(pq.read_schema(followed / "results" / "ours" / "tables" / table).names)
    assert columns_named(code) - {"policy"} <= there  # `policy` is made by the code itself
    assert "month" in columns_named(code)


def test_the_r_code_runs_where_r_is(followed: Path) -> None:
    (code,) = blocks(TUTORIAL, "r")
    if run_r(code, followed):
        assert (followed / "kept-going-r.png").is_file()


@pytest.mark.usefixtures("followed")
def test_a_command_that_fails_is_caught(tmp_path: Path) -> None:
    # the control: the tutorial's own command where its scenario is missing
    with contextlib.chdir(tmp_path):
        assert sustain(*commands(TUTORIAL)[0]).exit_code != 0
