"""A folder is read back with its declared types, and what is wrong with it is said, all at once."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.columns import Table
from sim.problems import BadInput
from sim.store import writer as writer_module
from sim.store.hashing import file_hash
from sim.store.manifest import manifest_hash
from sim.store.reader import check_folder, data_hash_of, read_declaration, read_manifest, read_table

pytestmark = pytest.mark.portable

Make = Callable[..., Path]
TABLE = "tables/service_months.parquet"


def change_manifest(folder: Path, *, sealed: bool = False, **changes: object) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    if sealed:
        manifest["manifest_hash"] = manifest_hash(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def says(folder: Path, words: str, *, deep: bool = False) -> None:
    """The folder has one problem, said in these words, with all four parts."""
    (problem,) = check_folder(folder, deep=deep)
    assert words in problem.what
    assert problem.where.startswith(str(folder))
    assert problem.allowed
    assert problem.hint


def test_a_table_comes_back_as_declared(make_results: Make, table: Table, rows: dict[str, np.ndarray]) -> None:
    frame = read_table(make_results(), "service_months")
    assert list(frame.columns) == list(table.names)
    for column in table.columns:
        if column.categories:
            assert tuple(frame[column.name].cat.categories) == column.categories
            assert frame[column.name].cat.codes.to_numpy().tolist() == rows[column.name].tolist()
            assert not frame[column.name].cat.ordered
        else:
            assert frame[column.name].dtype == np.dtype(column.dtype)
            assert frame[column.name].to_numpy().tobytes() == rows[column.name].tobytes()
    frame.loc[0, "fidelity"] = 9.0  # the reader's own to change
    assert read_table(make_results("other"), "service_months").loc[0, "fidelity"] != 9.0


def test_a_table_comes_back_over_row_groups_and_by_column(make_results: Make, monkeypatch) -> None:
    whole = read_table(make_results(), "service_months")
    monkeypatch.setattr(writer_module, "ROW_GROUP", 9)
    parts = read_table(make_results("parts"), "service_months")
    pd.testing.assert_frame_equal(parts, whole)
    chosen = read_table(make_results("chosen"), "service_months", columns=["fidelity", "service"])
    pd.testing.assert_frame_equal(chosen, whole[["fidelity", "service"]])


def test_labels_do_not_depend_on_the_order_in_which_arrow_keeps_them(make_results: Make, tmp_path: Path) -> None:
    folder = make_results()
    stored = pq.read_table(folder / TABLE)
    index = stored.schema.get_field_index("service")
    labels = stored["service"].combine_chunks()
    turned = pa.DictionaryArray.from_arrays(pa.array(1 - labels.indices.to_numpy(), pa.int16()), labels.dictionary.take([1, 0]))
    assert turned.to_pylist() == labels.to_pylist()
    again = stored.set_column(index, stored.schema.field(index), turned)
    pq.write_table(again.replace_schema_metadata(stored.schema.metadata), tmp_path / "turned.parquet")
    assert file_hash(tmp_path / "turned.parquet") != file_hash(folder / TABLE)
    assert data_hash_of(tmp_path / "turned.parquet") == data_hash_of(folder / TABLE)


def test_a_sound_folder_has_no_problems_and_can_be_moved(make_results: Make, tmp_path: Path) -> None:
    folder = make_results(csv=True)
    assert check_folder(folder, deep=True) == []
    moved = shutil.move(folder, tmp_path / "moved")
    (Path(moved) / "my notes.txt").write_text("nothing of the run's")
    assert check_folder(str(moved), deep=True) == []


def test_folders_that_are_not_results(tmp_path: Path, make_results: Make) -> None:
    make_results("nine-services")
    says(tmp_path / "nine-service", "there is no such folder")
    assert check_folder(tmp_path / "nine-service")[0].hint == "did you mean 'nine-services'?"
    (tmp_path / "file").write_text("")
    says(tmp_path / "file", "this is a file")
    (tmp_path / "empty").mkdir()
    says(tmp_path / "empty", "not a results folder")
    (problem,) = check_folder("nul\0")
    assert problem.what


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"seed": 1, "seed": 2}', "a key is there twice"),
        (b"[]", "not an object"),
        (b"{}", "keys are missing: manifest_version, title"),
        (b'{"manifest_version": 99}', "written by a newer version"),
    ],
)
def test_manifests_that_cannot_be_used(make_results: Make, content: bytes, words: str) -> None:
    folder = make_results()
    (folder / "manifest.json").write_bytes(content)
    says(folder, words)
    with pytest.raises(BadInput):
        read_manifest(folder)
    with pytest.raises(BadInput):
        read_table(folder, "service_months")


@pytest.mark.parametrize("changes", [{"seed": 8}, {"note": "mine"}, {"manifest_hash": "0" * 64}, {"title": "Nine servicess"}])
def test_an_edited_manifest_is_found(make_results: Make, changes: dict) -> None:
    folder = make_results()
    change_manifest(folder)  # written in another way, but nothing edited
    assert check_folder(folder) == []
    change_manifest(folder, **changes)
    says(folder, "the manifest was edited or damaged")


def test_a_number_that_json_does_not_have_is_found(make_results: Make) -> None:
    folder = make_results()
    change_manifest(folder, timing={"run": float("nan")})
    says(folder, "the manifest is damaged")


def test_sealed_nonsense_is_found(make_results: Make) -> None:
    folder = make_results()
    change_manifest(folder, sealed=True, files=[])
    assert check_folder(folder)[0].what == "[]: input should be a valid dictionary"
    change_manifest(folder, sealed=True, files={"../secret": {"bytes": 1, "hash": "0" * 64}})
    says(folder, "leads out of the folder")


def test_damage_to_files_is_found_all_at_once(make_results: Make) -> None:
    folder = make_results(csv=True)
    parquet = (folder / TABLE).read_bytes()
    (folder / TABLE).write_bytes(parquet[:-20])
    (folder / "codebook.md").unlink()
    (folder / "codebook.csv").write_bytes((folder / "codebook.csv").read_bytes().replace(b"float64", b"float32"))
    with (folder / "tables" / "service_months.csv").open("ab") as stream:
        stream.write(b"1,2,3\n")
    change_manifest(folder, seed=8)
    found = {Path(problem.where).name: problem.what for problem in check_folder(folder, deep=True)}
    assert found == {
        "manifest.json": "the manifest was edited or damaged: its hash does not match",
        "service_months.parquet": f"the file is truncated: {len(parquet) - 20} of {len(parquet)} bytes",
        "service_months.csv": "the file was edited or damaged: its hash does not match",
        "codebook.csv": "the file was edited or damaged: its hash does not match",
        "codebook.md": "the file is missing",
    }


def test_a_damaged_table_is_not_read(make_results: Make) -> None:
    folder = make_results()
    whole = (folder / TABLE).read_bytes()
    for content, words in [(whole[:200], "truncated"), (whole[:-1] + b"x", "hash does not match"), (None, "missing")]:
        (folder / TABLE).unlink() if content is None else (folder / TABLE).write_bytes(content)
        says(folder, words)
        with pytest.raises(BadInput, match=words):
            read_table(folder, "service_months")


def test_truncated_parquet_is_a_problem_also_without_a_hash_to_tell(make_results: Make, tmp_path: Path) -> None:
    folder = make_results()
    whole = (folder / TABLE).read_bytes()
    broken = tmp_path / "broken.parquet"
    for content in (b"", whole[:50], whole[:-9], b"PAR1" + bytes(80) + b"PAR1"):
        broken.write_bytes(content)
        with pytest.raises(BadInput, match="cannot be read"):
            data_hash_of(broken)
    with pytest.raises(BadInput, match="cannot be read"):
        read_declaration(tmp_path / "absent.parquet")


def test_damage_anywhere_in_a_table_never_ends_in_another_exception(make_results: Make, tmp_path: Path) -> None:
    whole = (make_results() / TABLE).read_bytes()
    broken = tmp_path / "broken.parquet"
    refused = 0
    for place in range(0, len(whole) - 8, 97):
        broken.write_bytes(whole[:place] + b"\xa5" * 8 + whole[place + 8 :])
        try:
            data_hash_of(broken)
        except BadInput:
            refused += 1
    assert refused > 5  # the others changed values or what no reader needs; the file's hash tells


def test_parquet_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="no declaration"):
        read_declaration(tmp_path / "x.parquet")


def test_other_data_behind_matching_file_hashes_is_found_by_the_deep_check(make_results: Make) -> None:
    folder = make_results()
    tables = read_manifest(folder)["tables"]
    tables["service_months"]["data_hash"] = "0" * 64
    change_manifest(folder, sealed=True, tables=tables)
    assert check_folder(folder) == []
    says(folder, "the data of 'service_months' is not what the manifest says", deep=True)


def test_rows_out_of_order_behind_a_declaration_are_found(make_results: Make, tmp_path: Path) -> None:
    stored = pq.read_table(make_results() / TABLE)
    pq.write_table(stored.slice(3).take(list(range(66, -1, -1))), tmp_path / "turned.parquet")
    with pytest.raises(BadInput, match="out of key order"):
        data_hash_of(tmp_path / "turned.parquet")


def test_unknown_tables_and_columns_are_answered_with_the_nearest(make_results: Make) -> None:
    folder = make_results()
    with pytest.raises(BadInput) as caught:
        read_table(folder, "service_month")
    assert caught.value.problems[0].hint == "did you mean 'service_months'?"
    with pytest.raises(BadInput) as caught:
        read_table(folder, "service_months", columns=["fidelty", "month", "week"])
    assert caught.value.problems[0].hint == "did you mean 'fidelity'?"
    assert len(caught.value.problems) == 2
