"""The page on R: its code is run where R is, and everywhere names only tables and columns that exist."""

from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from experiments.keeping.blocks import ROOT
from tests.experiments.commanding import sustain
from tests.quoted import blocks, commands
from tests.rscript import columns_named, run_r, tables_named

pytestmark = pytest.mark.engine

PAGE = (ROOT / "docs" / "r.md").read_text(encoding="utf-8")
CODE = "\n".join(blocks(PAGE, "r"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the results that the page reads, from its own commands with few replicates."""
    made = tmp_path_factory.mktemp("r")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        for words in commands(PAGE):
            few = [*words, "-n", "2", "--months", "14", "--no-figures" if words[0] == "run" else "--no-report"]
            done = sustain(*few)
            assert done.exit_code == 0, done.output
    return made


def columns_there(folder: Path) -> set[str]:
    tables = [pq.read_schema(folder / "results" / "nine" / "tables" / name) for name in tables_named(CODE)]
    runs = ds.dataset(folder / "results" / "sweep" / "runs").schema
    return {name for schema in [*tables, runs] for name in schema.names}


def test_every_table_and_column_that_the_page_names_exists(folder: Path) -> None:
    assert tables_named(CODE) == {"summary_monthly.parquet", "services_end.parquet"}
    named = columns_named(CODE)
    assert {"group", "unit", "month", "mean", "mcse", "outcome", "hours_protected", "scenario"} <= named
    assert named <= columns_there(folder)


def test_a_column_that_does_not_exist_is_caught(folder: Path) -> None:
    # the control
    wrong = CODE.replace("select(unit, month, mean, mcse)", "select(unit, month, mean, mean_error)")
    assert wrong != CODE
    assert columns_named(wrong) - columns_there(folder) == {"mean_error"}


def test_the_code_runs_where_r_is(folder: Path) -> None:
    if run_r(CODE, folder):
        assert (folder / "services.png").is_file()
