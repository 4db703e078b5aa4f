"""The manifest says what ran, without saying on whose machine."""

import getpass
import json
import platform
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

import sim
from sim.store import manifest as manifest_module
from sim.store.hashing import code_identity, file_hash, text_hash
from sim.store.manifest import REQUIRED, Difference, commit, compare_hashes, finish, manifest_hash, utc_text
from sim.store.reader import check_folder, read_manifest

pytestmark = pytest.mark.portable

Make = Callable[..., Path]


def test_manifest_says_what_ran(make_results: Make) -> None:
    folder = make_results(csv=True)
    manifest = read_manifest(folder)
    assert set(manifest) == set(REQUIRED)
    assert manifest["software"] == {"name": "practice-sustainment", "version": sim.__version__, "url": ""}
    assert manifest["code"]["identity"] == code_identity()
    assert set(manifest["versions"]) == {"python", "numpy", "numba", "mesa", "pandas", "pyarrow"}
    assert manifest["versions"]["python"] == platform.python_version()
    assert manifest["scenario"]["hash"] == text_hash(manifest["scenario"]["text"])
    assert (manifest["started"], manifest["ended"]) == ("2025-01-02T03:04:05+00:00", "2025-01-02T03:04:09+00:00")
    assert manifest["math_library"] == "portable"
    assert set(manifest["files"]) == {
        "codebook.csv", "codebook.md", "figures/status over time.svg", "ro-crate-metadata.json", "scenario.toml"
    }  # fmt: skip
    for name, entry in manifest["files"].items():
        assert entry == {"bytes": (folder / name).stat().st_size, "hash": file_hash(folder / name)}


def test_manifest_names_neither_machine_nor_user_nor_place(make_results: Make, tmp_path: Path) -> None:
    folder = make_results()
    words = [platform.node(), str(tmp_path), str(Path.home()), str(Path(sim.__file__).parent)]
    if len(getpass.getuser()) > 4:
        words.append(getpass.getuser())
    for name in ("manifest.json", "ro-crate-metadata.json"):
        text = (folder / name).read_text(encoding="utf-8")
        assert [word for word in words if word and word in text] == []
        assert "nine-services" in text  # control: what is there is found


def test_manifest_hash_covers_everything_but_itself(make_results: Make) -> None:
    manifest = read_manifest(make_results())
    assert manifest_hash({**manifest, "manifest_hash": "x"}) == manifest["manifest_hash"]
    for key in set(REQUIRED) - {"manifest_hash"}:
        assert manifest_hash({**manifest, key: "changed"}) != manifest["manifest_hash"], key


def test_two_runs_at_the_same_time_of_day_differ_in_nothing(make_results: Make) -> None:
    one, two, other = make_results("one"), make_results("two"), make_results("three", seed=8)
    for name in ("manifest.json", "ro-crate-metadata.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
        assert (one / name).read_bytes() != (other / name).read_bytes()


def test_finishing_again_takes_in_a_new_figure_and_keeps_the_rest(make_results: Make) -> None:
    folder = make_results()
    before = read_manifest(folder)
    (folder / "report.html").write_text("<html></html>", encoding="utf-8")
    (folder / "codebook.md").write_text("changed", encoding="utf-8")
    (folder / ".hidden").write_text("a file manager's", encoding="utf-8")
    (folder / "notes.txt").write_text("somebody's", encoding="utf-8")
    (folder / "tables" / "mine.parquet").write_text("somebody's", encoding="utf-8")
    assert [Path(problem.where).name for problem in check_folder(folder)] == ["codebook.md"]
    after = finish(folder, before, made=["report.html"])
    assert check_folder(folder, deep=True) == []
    assert set(after["files"]) - set(before["files"]) == {"report.html"}
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"files", "manifest_hash"}
    crate = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert "report.html" in {entity["@id"] for entity in crate["@graph"]}
    assert finish(folder, after) == after


def test_extra_keys_are_kept_and_may_not_hide_the_manifests_own(make_results: Make) -> None:
    assert read_manifest(make_results(extra={"keep": "all"}))["keep"] == "all"
    with pytest.raises(ValueError, match="of the manifest's own: files, seed"):
        make_results("other", extra={"seed": 1, "files": {}})


def test_inputs_must_be_in_the_folder(make_results: Make, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not in the folder: plan\.json"):
        make_results(inputs=["scenario.toml", "plan.json"])
    assert list(tmp_path.iterdir()) == []


def test_times_need_a_zone() -> None:
    with pytest.raises(ValueError, match="a time needs a zone"):
        utc_text(datetime(2025, 1, 1))  # noqa: DTZ001 -- the fault that is tested
    assert utc_text(datetime.fromisoformat("2025-01-01T02:30:00.9+02:00")) == "2025-01-01T00:30:00+00:00"


def test_compare_hashes_lists_what_differs_and_what_is_missing() -> None:
    old = {"a": "1", "b": "2", "c": "3"}
    assert compare_hashes(old, {"c": "3", "a": "1", "b": "2"}) == ()
    assert compare_hashes(old, {"a": "1", "b": "0", "d": "4"}) == (
        Difference("b", "2", "0"),
        Difference("c", "3", None),
        Difference("d", None, "4"),
    )


def test_a_library_that_is_not_installed_has_no_version(monkeypatch) -> None:
    monkeypatch.setattr(manifest_module, "LIBRARIES", ("numpy", "no-such-library-at-all"))
    versions = manifest_module.library_versions()
    assert versions["no-such-library-at-all"] is None
    assert versions["numpy"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch) -> Path:
    """A package that is all there is in a repository of its own."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, str(tmp_path / "no-such-file"))
    home = tmp_path / "repository"
    (home / "sim").mkdir(parents=True)
    (home / "sim" / "rules.py").write_text("a = 1\n")
    run = ["git", "-C", str(home), "-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "sim"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*run, *words], check=True, capture_output=True)
    return home / "sim"


def test_commit_is_that_of_the_sources_and_says_whether_they_differ(package: Path, monkeypatch) -> None:
    found = commit(package)
    assert len(str(found["commit"])) == 40
    assert found["dirty"] is False
    (package.parent / "results.txt").write_text("beside the sources")
    monkeypatch.setenv("GIT_DIR", str(package / "nowhere"))
    assert commit(package) == found
    (package / "rules.py").write_text("a = 2\n")
    assert commit(package) == {**found, "dirty": True}


def test_no_commit_is_claimed_for_sources_that_are_not_the_repositorys(package: Path, tmp_path: Path, monkeypatch) -> None:
    installed = package.parent / "environment" / "sim"
    installed.mkdir(parents=True)
    (installed / "rules.py").write_text("a = 1\n")
    nothing = {"commit": None, "dirty": None}
    assert commit(installed) == nothing
    assert commit(package) != nothing
    monkeypatch.setenv("PATH", str(tmp_path))  # no git there
    assert commit(package) == nothing
