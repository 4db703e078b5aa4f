"""A scenario reads no table from outside its folder unless that is allowed, and nothing of a file that is none is shown."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from sim.problems import BadInput
from sim.scenario import check_file, files_outside_allowed, read_scenario
from sim.scenario.catalogue import catalogue
from tests.experiments.commanding import refused, sustain
from tests.experiments.trials.small import written
from tests.small_scenarios import small_scenario

HEADER = "name,setting,staff,posts,leader,signal,selection,format,pool,inflow"
ROW = "Nord,primary,14,3,passive_supportive,committed,requested,individual,12,1.0"
HEAD = 'schema_version = 1\nname = "mine"\ntitle = "A"\nquestion = "What?"\nmonths = 26\n'
SECRET = "root:x:0:0:secret"


def naming(folder: Path, file: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mine.toml"
    text = 'schema_version = 1\nname = "mine"\ntitle = "A"\nquestion = "What?"\nmonths = 6\n'
    path.write_text(f'{text}services_file = "{file}"\n', encoding="utf-8")
    return path


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "services.csv"
    path.write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("way", ["above", "absolute", "link", "absent"])
def test_a_table_outside_is_refused_unless_allowed(tmp_path: Path, outside: Path, way: str) -> None:
    link = tmp_path / "in" / "link.csv"
    names = {"above": "../services.csv", "absolute": outside.as_posix(), "link": "link.csv", "absent": "../nothing.csv"}
    path = naming(tmp_path / "in", names[way])
    link.symlink_to(outside)
    (problem,) = check_file(path)
    assert problem.where == "mine.toml: services_file"
    assert problem.what == f"'{names[way]}' lies outside the folder of the file that names it"
    assert "--allow-outside" in problem.hint
    with files_outside_allowed():
        if way == "absent":
            assert "no such file" in check_file(path)[0].what
        else:
            assert read_scenario(path).service_names == ("Nord",)
    assert check_file(path)  # allowed there, and no longer


def test_a_table_in_the_folder_or_below_is_read(tmp_path: Path, outside: Path) -> None:
    folder = tmp_path / "in"
    (folder / "tables").mkdir(parents=True)
    outside.rename(folder / "tables" / "services.csv")
    for name in ("tables/services.csv", "tables/../tables/services.csv", (folder / "tables" / "services.csv").as_posix()):
        assert check_file(naming(folder, name)) == []


@pytest.mark.parametrize(
    "command", [["check"], ["show"], ["diff", "baseline"], ["run", "-n", "1", "--no-figures"], ["compare", "baseline"]]
)
def test_commands_take_the_flag(tmp_path: Path, outside: Path, command: list[str]) -> None:
    assert outside.exists()
    path = naming(tmp_path / "in", "../services.csv")
    assert "lies outside the folder" in refused(*command, str(path))
    if command[0] in ("check", "show", "diff"):
        sustain(*command, str(path), "--allow-outside")
        assert "lies outside the folder" in refused(*command, str(path))


def test_nothing_of_a_file_that_is_no_table_is_shown(tmp_path: Path) -> None:
    secret = tmp_path / "passwd"
    secret.write_text(f"{SECRET}\n{SECRET}:/bin/sh,x\n", encoding="utf-8")
    path = naming(tmp_path / "in", "../passwd")
    told = "\n".join(map(str, check_file(path)))
    with files_outside_allowed():
        (problem,) = check_file(path)
    assert "secret" not in told + str(problem)
    assert problem.what == "holds none of the columns of a table of services"


def test_tables_of_studies_are_held_to_it_too(tmp_path: Path) -> None:
    from experiments.sweeps.reading import check_study

    (tmp_path / "points.csv").write_text("chance_leaves\n0.01\n", encoding="utf-8")
    (tmp_path / "in").mkdir()
    study = tmp_path / "in" / "mine.toml"
    text = 'schema_version = 1\nname = "mine"\ntitle = "A"\nquestion = "What?"\nscenarios = ["nine-services"]\nreplicates = 2\n'
    table = '[design]\nkind = "table"\nfile = "../points.csv"\n'
    for said, key in (
        ('ensemble = "../points.csv"\n', "ensemble"),
        (table, "design.file"),
    ):
        study.write_text(text + said, encoding="utf-8")
        (problem,) = check_study(study)
        assert problem.where == f"mine.toml: {key}"
        with files_outside_allowed():
            assert not check_study(study)


def test_scenarios_of_studies_and_arms_of_hypotheses_are_held_to_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.hypotheses.reading import read_hypothesis
    from experiments.sweeps.reading import check_study
    from tests.experiments.runs.test_hostile import HYPOTHESIS, STUDY

    folder = tmp_path / "in"
    folder.mkdir()
    monkeypatch.chdir(folder)
    base = 'schema_version = 1\nname = "mine"\ntitle = "A"\nquestion = "What?"\nmonths = 6\n'
    for place in (tmp_path, folder):
        (place / "mine.toml").write_text(base, encoding="utf-8")
    path = folder / "small.toml"
    for named, refused_ in (
        ("../mine.toml", True),
        (f"{tmp_path}/mine.toml", True),
        ("../absent.toml", True),
        ("mine.toml", False),
    ):
        path.write_text(STUDY.replace('"all-active"', f'"{named}"'), encoding="utf-8")
        told = "\n".join(map(str, check_study(path)))
        assert ("lies outside the folder of the file that names it" in told) == refused_
        assert refused_ or not told
        path.write_text(HYPOTHESIS.replace('"all-active"', f'"{named}"'), encoding="utf-8")
        with pytest.raises(BadInput) if refused_ else nullcontext() as caught:
            read_hypothesis(path)
        assert not refused_ or f"arms.with ({named}): '" in str(caught.value)
    path.write_text(STUDY.replace('"all-active"', '"../mine.toml"'), encoding="utf-8")
    with files_outside_allowed():
        assert check_study(path) == []


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario that stands alone in it, below it and outside, and a link to the one outside."""
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    for place in (tmp_path, folder, folder / "below"):
        (place / "base.toml").write_text(small_scenario("Ours", scenario="base"), encoding="utf-8")
    (folder / "link.toml").symlink_to(tmp_path / "base.toml")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("named", ["../base", "../base.toml", "../in/../base", "link", "../absent", "/etc/absent"])
def test_a_baseline_outside_is_refused_unless_allowed(around: Path, named: str) -> None:
    path = around / "mine.toml"
    path.write_text(f'{HEAD}baseline = "{named}"\n', encoding="utf-8")
    problem, *_ = check_file(path)
    assert problem.where == "mine.toml: baseline"
    told = named if named.endswith(".toml") else f"{named}.toml"
    assert problem.what == f"'{told}' lies outside the folder of the file that names it"
    with files_outside_allowed():
        if "absent" in named:
            assert "no scenario" in check_file(path)[0].what
        elif named != "link":
            assert read_scenario(path).service_names == ("Ours",)
        else:
            assert [one.where for one in check_file(path)] == ["link.toml: name"]  # it was read


@pytest.mark.parametrize("named", ["base", "below/base.toml", "../in/base", "baseline"])
def test_a_baseline_in_the_folder_or_that_ships_is_read(around: Path, named: str) -> None:
    path = around / "mine.toml"
    path.write_text(f'{HEAD}baseline = "{named}"\n', encoding="utf-8")
    assert check_file(path) == []


OUTSIDE = (
    "../base.toml", "../absent.toml", "../base.conf", "../absent.conf", "../base", "/etc/passwd", "../base.toml + all-passive",
    "all-passive+../base.toml", "../base.TOML", "link.toml",
)  # fmt: skip


@pytest.mark.parametrize("named", [*OUTSIDE, "base.toml", "below/base.toml"])
def test_scenarios_of_trials_are_held_to_it_too(around: Path, named: str) -> None:
    (around.parent / "base.conf").write_text("no = [table\n", encoding="utf-8")
    path = written(around)
    text = path.read_text(encoding="utf-8").replace("[population]", f'[population]\nscenario = "{named}"')
    path.write_text(text, encoding="utf-8")
    if named not in OUTSIDE:
        (around / "below" / "base.toml").write_text(small_scenario("Theirs", scenario="base"), encoding="utf-8")
        assert "ok (trial)" in sustain("check", path).stdout
        return
    told = refused("check", path)
    assert "population.scenario" in told
    assert "lies outside the folder of the file that names it" in told or "unknown scenario" in told
    for word in ("no such file", "TOML (", "not valid"):  # what it is, and whether there is such a file, is not told
        assert word not in told
    if named == "../base.toml":
        assert "ok (trial)" in sustain("check", path, "--allow-outside").stdout


def test_arms_of_hypotheses_are_held_to_it_in_the_same_way(around: Path) -> None:
    from experiments.hypotheses.reading import read_hypothesis
    from tests.experiments.runs.test_hostile import HYPOTHESIS

    path = around / "small.toml"
    for named in OUTSIDE:
        path.write_text(HYPOTHESIS.replace('"all-active"', f'"{named}"'), encoding="utf-8")
        with pytest.raises(BadInput, match=r"lies outside the folder|unknown scenario"):
            read_hypothesis(path)


@pytest.mark.parametrize("way", ["name", "file", "path", "path without ending"])
def test_a_baseline_that_ships_may_be_named_in_any_way(around: Path, way: str) -> None:
    shipped = catalogue()[0].path
    named = {
        "name": "baseline",
        "file": "baseline.toml",
        "path": str(shipped),
        "path without ending": str(shipped.with_suffix("")),
    }
    path = around / "mine.toml"
    path.write_text(f'{HEAD}baseline = "{named[way]}"\n', encoding="utf-8")
    if way == "file":
        assert "no scenario 'baseline.toml'" in check_file(path)[0].what  # a file is looked for beside this one
        path = around / "copies" / "mine.toml"
        shutil.copytree(shipped.parent, path.parent)
        path.write_text(f'{HEAD}baseline = "{named[way]}"\n', encoding="utf-8")
    assert check_file(path) == []
    with files_outside_allowed():
        assert check_file(path) == []


def test_commands_that_read_studies_take_the_flag(around: Path) -> None:
    for command in ("trial", "mine", "explore", "report"):
        assert "--allow-outside" in sustain(command, "--help").stdout
    assert "--allow-outside" not in sustain("replay", "--help").stdout  # control


@pytest.mark.parametrize("address", ["s3://bucket/run", "file:///results/run", "http://host/run", "gs://x", "hdfs:/x"])
def test_a_folder_of_results_is_no_address(address: str, tmp_path: Path) -> None:
    from sim.store.folder import ResultsFolder
    from sim.store.parts import PartStore

    with pytest.raises(BadInput, match="is an address, not a folder of this machine"):
        ResultsFolder(address)
    with pytest.raises(BadInput, match="is an address"):
        PartStore.create_or_open(Path(address), {"code": ""})
    assert "is an address" in refused("run", "nine-services", "-n", "1", "--out", address)
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sim

    monkeypatch.chdir(tmp_path)
    made = sim.run("nine-services", replicates=2, months=3, out="abc:1", csv=True, figures=False)
    assert len(made.table("services_monthly"))
    assert (tmp_path / "abc:1" / "tables" / "services_monthly.csv").is_file()
    assert len(sim.Run.open("abc:1").table("services_monthly"))
