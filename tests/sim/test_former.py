"""Results of the first version of the model: drawn and replayed for what they are. Those of this version are told as before."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from experiments.runs.actions import draw_run
from sim import rulebook
from sim.problems import BadInput
from sim.proof import replay
from sim.remake import stored_scenario
from sim.runs import run
from sim.store.manifest import finish
from sim.store.reader import check_folder, read_manifest
from sim.store.version import other_version
from tests.experiments.commanding import refused, sustain

pytestmark = [pytest.mark.usefixtures("undrawn"), pytest.mark.portable]

FIRST = Path(__file__).parents[1] / "former" / "first-version.tar.xz"
OTHER = "made by another version of the model (practice-sustainment 0.1.0, commit 6098e1e211cf, code 5ae10a3725de)"
ANEW = "sustain run two-services.toml -n 2 --seed 7 --months 13 --no-ensemble"


@pytest.fixture
def first(tmp_path):
    """Folder that the first version wrote; the test's own."""
    with tarfile.open(FIRST) as kept:
        kept.extractall(tmp_path, filter="data")
    return tmp_path / "first-version"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of this version; not to be changed."""
    folder = tmp_path_factory.mktemp("present") / "run"
    return run("nine-services", replicates=2, months=13, seed=7, ensemble=None, figures=False, out=folder).folder


@pytest.fixture
def mine(written, tmp_path):
    """Copy of it, which a test may change."""
    return Path(shutil.copytree(written, tmp_path / "mine"))


def code_of(folder, **changes):
    """Change what a manifest says of the code, and make its hash right."""
    manifest = read_manifest(folder)
    finish(folder, manifest | {"code": manifest["code"] | changes})


def test_the_kept_folder_is_whole_and_names_no_machine(first):
    assert check_folder(first, deep=True) == []
    manifest = read_manifest(first)
    assert "summary_endings" not in manifest["tables"]
    assert "rules" not in manifest["code"]
    assert set(manifest["platform"]) == {"system", "machine", "implementation", "byte_order", "processors"}
    for path in (*first.glob("*.json"), *first.glob("*.toml")):
        assert "/home" not in path.read_text(encoding="utf-8")
        assert "/tmp" not in path.read_text(encoding="utf-8")


def test_its_report_is_drawn_in_its_own_words(first):
    before = {name: table["data_hash"] for name, table in read_manifest(first)["tables"].items()}
    found = sustain("report", first)
    assert found.exit_code == 0, found.output
    assert OTHER in found.stderr
    assert ANEW in found.stderr
    text = (first / "report.html").read_text(encoding="utf-8")
    summary = text[text.index('id="summary"') : text.index("<nav")]
    assert OTHER in summary
    assert ANEW in summary
    assert "services sustain the practice at month 13" in summary
    assert "the same data come out; this one computes other numbers" in " ".join(text.split())
    for newer in ("kept going", "given up", "Who goes on", "Implementation drivers", "otherwise than the parameter table, but"):
        assert newer not in text
    assert "nan" not in summary.lower()
    assert check_folder(first, deep=True) == []
    assert {name: table["data_hash"] for name, table in read_manifest(first)["tables"].items()} == before


def test_its_replay_says_first_that_it_is_of_another_version(first):
    found = sustain("replay", first)
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    here = f"0.1.0, rules {rulebook.rules_hash()[:12]}"
    assert lines[0].startswith(f"These results were {OTHER}, not by this one ({here}): numbers differ as they must")
    assert "install practice-sustainment 0.1.0 at commit 6098e1e211cf8d3345c73f69d83e3f7e39bfbb2f" in lines[0]
    assert ANEW in lines[0]
    assert "differs (" not in found.stdout
    assert lines[-1].startswith("different: ")
    told = json.loads(sustain("replay", first, "--json").stdout)
    assert told["equal"] is False
    assert OTHER in told["other_version"]


def test_it_is_refused_when_it_was_tampered_with(first):
    table = first / "tables" / "summary_states.parquet"
    table.write_bytes(table.read_bytes()[:-10])
    for command in ("report", "replay"):
        assert "the file is truncated" in refused(command, first)


def test_a_comparison_with_it_says_so(first, tmp_path):
    text = (first / "scenario.toml").read_text(encoding="utf-8").replace('name = "two-services"', 'name = "others"')
    worthwhile = json.loads((first / "scenario.json").read_text(encoding="utf-8"))["parameters"]["gain_worthwhile"]
    text = text.replace("inflow = 1.0", "inflow = 2.0", 1) + f"\n[parameters]\ngain_worthwhile = {worthwhile!r}\n"
    (tmp_path / "others.toml").write_text(text, encoding="utf-8")
    given = (first, tmp_path / "others.toml", "-n", "2", "--no-ensemble", "--out", tmp_path / "both")
    found = sustain("compare", *given)
    assert found.exit_code == 0, found.output
    assert f"its tables are not read: these results were {OTHER}" in " ".join(found.output.split())


def test_results_of_this_version_are_not_told_so(mine, capsys):
    assert read_manifest(mine)["code"]["rules"] == rulebook.rules_hash()
    assert other_version(read_manifest(mine), stored_scenario(mine), mine) is None
    found = replay(mine)
    assert found.equal
    assert found.other_version == ""
    assert draw_run(mine) == 0
    assert "another version of the model" not in capsys.readouterr().err
    text = (mine / "report.html").read_text(encoding="utf-8")
    assert "another version of the model" not in text
    assert "Who goes on" in text


def test_numbers_of_this_version_that_were_changed_are_told_as_before(mine):
    finish(mine, read_manifest(mine) | {"seed": 8})
    found = sustain("replay", mine)
    assert found.exit_code == 1
    assert "region_monthly: differs (" in found.stdout
    assert "another version of the model" not in found.stdout
    table = mine / "tables" / "region_monthly.parquet"
    table.write_bytes(table.read_bytes()[:-100])
    assert "the file is truncated" in refused("replay", mine)
    assert "the file is truncated" in refused("report", mine)


def test_a_table_of_this_version_that_is_missing_is_named(mine):
    manifest = read_manifest(mine)
    (mine / manifest["tables"].pop("summary_endings")["file"]).unlink()
    finish(mine, manifest)
    with pytest.raises(BadInput, match="summary_endings"):
        draw_run(mine)


def test_rules_that_are_named_decide(mine):
    def told():
        found = other_version(read_manifest(mine), stored_scenario(mine), mine)
        return "" if found is None else found.said

    code_of(mine, identity="0" * 64)  # set out otherwise, with the same rules
    assert told() == ""
    code_of(mine, rules="1" * 64)
    assert "rules 111111111111" in told()
    code_of(mine, rules=rulebook.PROVEN_EQUAL[-1].before)  # proven with every mechanism on
    assert told() == ""
    code_of(mine, rules=next(pair.before for pair in rulebook.PROVEN_EQUAL if pair.off))  # with those off that are on here
    assert told()


def test_without_named_rules_number_and_parameters_decide(mine):
    manifest = read_manifest(mine)
    code = {name: value for name, value in manifest["code"].items() if name != "rules"}
    scenario = stored_scenario(mine)
    assert other_version(manifest | {"code": code}, scenario, mine) is None
    other = manifest | {"code": code | {"identity": "0" * 64}}
    assert other_version(other, scenario, mine) is None
    assert other_version(other | {"parameter_hash": "0" * 64}, scenario, mine) is not None
    found = other_version(other | {"software": {"name": "practice-sustainment", "version": "0.0.9"}}, scenario, mine)
    assert found is not None
    assert "practice-sustainment 0.0.9" in found.said
    assert found.anew == "“sustain run nine-services -n 2 --seed 7 --months 13 --no-ensemble”"


def test_a_replay_that_is_equal_all_the_same(mine):
    code_of(mine, rules="1" * 64)
    found = sustain("replay", mine)
    assert found.exit_code == 0
    assert "and come out the same." in found.stdout.splitlines()[0]
    assert found.stdout.splitlines()[-1].startswith("equal: ")
