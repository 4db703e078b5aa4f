"""A manifest that was edited is refused entry by entry, whatever it says and whatever its hash."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.runs.redrawing import redraw
from sim.problems import BadInput
from sim.proof import replay
from sim.runs import run
from sim.store.form import is_below, wrong_entries
from sim.store.manifest import build_manifest, manifest_hash
from sim.store.reader import check_folder, read_manifest
from tests.thoroughly import so_many

IMPOSSIBLE = [
    ("manifest_version", None), ("manifest_version", True), ("manifest_version", 0), ("manifest_version", "1"),
    ("scenario", None), ("scenario", "nine-services"), ("replicates", 10**12), ("replicates", -1), ("replicates", "2"),
    ("replicates", True), ("replicates", 2.5), ("months", -1), ("months", 10**9), ("months", 14), ("seed", 2**64), ("seed", None),
    ("engine", 3), ("engine", "steam"), ("inputs", ["../scenario.toml"]), ("inputs", ["/etc/hostname"]), ("inputs", ["C:x"]),
    ("inputs", None), ("tables", []), ("tables", {"services_start": None}), ("files", {"../x": {"bytes": 1, "hash": "a" * 64}}),
    ("files", {"x": 3}), ("code", {}), ("versions", None), ("timing", {"total": "long"}), ("keep", 7), ("keep", "everything"),
    ("inputs", ["nope.csv"]), ("inputs", ["tables"]), ("replicates", 0), ("replicates", 3), ("replicates", 10_000_000),
    ("months", 0), ("months", 12), ("ended", "2001-01-01T00:00:00+00:00"), ("ended", "x"), ("ended", "2099-01-01T00:00:00"),
    ("timing", {"total": -1}), ("census", "999 evidence"), ("title", "Another one"),
]  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of a small run without figures; not to be changed."""
    folder = tmp_path_factory.mktemp("form") / "run"
    return run("nine-services", replicates=2, months=13, out=folder, figures=False, ensemble=None).folder


def edited(folder, place, key, value):
    """A copy whose manifest says something else, with the hash that belongs to it."""
    copy = Path(shutil.copytree(folder, place))
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest[key] = value
    manifest["manifest_hash"] = manifest_hash(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return copy


def test_what_a_run_wrote_is_right(written):
    assert wrong_entries(read_manifest(written), "manifest.json", "") == []
    assert replay(written).equal


@pytest.mark.parametrize(("key", "value"), IMPOSSIBLE)
def test_impossible_entries_are_refused_by_replay_and_report(written, tmp_path, key, value):
    copy = edited(written, tmp_path / "copy", key, value)
    with pytest.raises(BadInput, match=key):
        replay(copy)
    with pytest.raises(BadInput, match=key):
        redraw(copy, again=print, figures={})
    assert not (copy / "report.html").exists()


def test_a_manifest_without_files_or_with_other_rows_is_refused_by_replay_and_report(written, tmp_path):
    tables = read_manifest(written)["tables"]
    tables["worlds"]["rows"] = 4
    copies = [edited(written, tmp_path / "files", "files", {}), edited(written, tmp_path / "tables", "tables", tables)]
    for copy, said in zip(copies, ("'scenario.toml' is none of the files", "'worlds' has 2 rows"), strict=True):
        for prove in (replay, lambda folder: redraw(folder, again=print, figures={})):
            with pytest.raises(BadInput, match=said):
                prove(copy)


@pytest.mark.usefixtures("undrawn")
def test_a_page_is_not_drawn_by_another_plan_than_ran(written, tmp_path):
    copy = edited(written, tmp_path / "copy", "plan_hash", "0" * 64)
    assert any("another plan" in note for note in replay(copy).notes)
    with pytest.raises(BadInput, match="another plan"):
        redraw(copy, again=print, figures={})
    code = read_manifest(copy)["code"]
    older = edited(copy, tmp_path / "older", "code", code | {"identity": "0" * 64})  # whose plans may be other ones
    assert redraw(older, again=print, figures={}) == 0


def test_a_report_is_not_made_from_tables_that_were_edited(written, tmp_path):
    copy = Path(shutil.copytree(written, tmp_path / "copy"))
    tables = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))["tables"]
    tables["services_start"]["data_hash"] = "0" * 64
    copy = edited(copy, tmp_path / "other", "tables", tables)
    assert check_folder(copy) == []  # each file is as the manifest says; only the data are not
    with pytest.raises(BadInput, match="the data of 'services_start' is not what the manifest says"):
        redraw(copy, again=print, figures={})


ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({}))


@settings(max_examples=so_many(30, 60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_manifest_ends_in_a_traceback(written, tmp_path_factory, data):
    manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
    key = data.draw(st.sampled_from(sorted(set(manifest) - {"manifest_hash"})))
    value = manifest[key]
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        inner = data.draw(st.sampled_from(sorted(value)))
        value = value | {inner: data.draw(ODD)}
    else:
        value = data.draw(ODD)
    copy = edited(written, tmp_path_factory.mktemp("fuzz") / "copy", key, value)
    check_folder(copy)
    problems = wrong_entries(json.loads((copy / "manifest.json").read_text(encoding="utf-8")), "manifest.json", "")
    assert all(problem.what and problem.where for problem in problems)
    if problems:
        with pytest.raises(BadInput):
            read_manifest(copy)


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("a", True),
        ("a/b.csv", True),
        ("..", False),
        ("a/../b", False),
        ("/a", False),
        ("C:a", False),
        ("a\\b", False),
        ("", False),
    ],
)
def test_below(name, below):
    assert is_below(name) == below


@pytest.mark.parametrize(("back", "seconds"), [(timedelta(hours=-1), 7.5), (timedelta(seconds=9), 9.0)])
def test_nothing_ends_before_it_began(back, seconds):
    started = datetime(2026, 3, 1, 12, tzinfo=UTC)
    manifest = build_manifest(
        title="", scenario_name="", scenario_text="", plan_hash="", parameter_hash="", seed=1, replicates=1, months=1, engine="",
        started=started, ended=started + back, timing={"total": 7.5, "simulation": 2.0}, census="", tables=(),
    )  # fmt: skip
    ended = datetime.fromisoformat(manifest["ended"])
    assert ended - started == timedelta(seconds=int(seconds))
