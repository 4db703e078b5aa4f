"""The command ``sustain``: what it prints, what it writes, what bad input gets."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sim
from experiments import command_line
from experiments.executors.signals import Stopped, stop_on_signals, unheard
from experiments.kit import terminal
from experiments.kit.files import named_or_free
from experiments.kit.options import read_settings
from experiments.runs import actions as running
from experiments.runs import citing
from sim.history import STATES
from sim.parameters import read_table
from sim.problems import BadInput, Problem
from sim.scenario import catalogue
from sim.store.holding import hold
from tests.experiments.commanding import APP, by_the_code_in, copied, refused, sustain

pytestmark = pytest.mark.portable

ROOT = Path(sim.__file__).parents[1]
SMALL = ("--months", "13", "-n", "2", "--seed", "7", "--threads", "1", "--no-figures")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of a small run; not to be changed."""
    folder = tmp_path_factory.mktemp("command") / "run"
    assert sustain("run", "nine-services", *SMALL, "--out", folder).exit_code == 0
    return folder


@pytest.fixture
def mine(written, tmp_path):
    """A copy that a test may damage."""
    return Path(shutil.copytree(written, tmp_path / "mine"))


# ------------------------------------------------------------------------------------------------------------------- the start


def command(*words, folder=ROOT, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "experiments.command_line", *words],
        capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip


def spent_by_children():
    """Seconds of the processor that ended processes took; what else the machine does is not counted."""
    spent = os.times()
    return spent.children_user + spent.children_system


def test_help_is_quick_and_complete():
    seconds = []
    for _ in range(3):
        before = spent_by_children()
        found = command("--help")
        seconds.append(spent_by_children() - before)
    assert found.returncode == 0
    names = [one.name or one.callback.__name__ for one in APP.registered_commands]
    assert set(names) == {
        "scenarios", "new", "check", "show", "diff", "compare", "parameters", "run", "report", "replay", "cite", "schema",
        "sweep", "merge", "rerun", "replicates", "patterns", "sensitivity", "calibrate", "recover", "why",
        "hypotheses", "discover", "search", "mine", "trial", "explore", "lab", "class",
    }  # fmt: skip
    for name in names:  # a whole sentence, not one cut off
        assert re.search(rf"^  {name} +[A-Z].*[^.]\.$", found.stdout, re.MULTILINE)
    assert min(seconds) < 0.4


def test_help_imports_nothing_heavy():
    heavy = (
        "SALib", "ema_workbench", "matplotlib", "mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic", "pymoo", "rocrate",
        "scipy", "sklearn", "statsmodels",
    )  # fmt: skip
    script = (
        "import sys\nfrom experiments.command_line import whole_app\nwhole_app()\n"
        f"print(set({heavy}) & set(sys.modules), 'typer' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set() True"


@pytest.mark.parametrize("name", [one.name or one.callback.__name__ for one in APP.registered_commands])
def test_every_command_has_examples(name):
    found = sustain(name, "--help")
    assert found.exit_code == 0
    assert re.search(rf"Examples?:\n    ?sustain {name}", found.stdout)


def test_version():
    assert sustain("--version").stdout.strip() == f"sustain {sim.__version__}"


def test_no_command_shows_help():
    assert "Commands:" in sustain().output


def test_unknown_command():
    assert "No such command" in refused("rnu")


def test_one_installation():
    own = {name: str(ROOT / name / "__init__.py") for name in command_line.ROOMS}
    assert command_line.shadowed(own) == []
    assert command_line.shadowed(own | {"sim": None})[0].startswith("sim: is taken from a folder without __init__.py")


@pytest.mark.parametrize("name", ["sim", "app"])
def test_shadowing_file_is_named(tmp_path, name):
    (tmp_path / f"{name}.py").write_text("")
    found = command("--help", folder=tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert found.returncode == 2
    assert f"{name}: is taken from {tmp_path / f'{name}.py'}" in found.stderr
    assert "Traceback" not in found.stderr
    # The control: without it all is well from that folder.
    (tmp_path / f"{name}.py").unlink()
    assert command("--version", folder=tmp_path).returncode == 0


def test_without_the_lab_the_other_commands_are_there(tmp_path):
    found = by_the_code_in(copied(tmp_path), "--help")
    assert found.returncode == 0, found.stderr
    assert re.search(r"^  compare ", found.stdout, re.MULTILINE)
    assert not re.search(r"^  explore ", found.stdout, re.MULTILINE)
    (tmp_path / "app.py").write_text("")  # somebody's own file hides nothing then
    assert by_the_code_in(tmp_path / "experiments", "--version").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_signals_that_are_ignored_stay_so():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        stop_on_signals()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        with pytest.raises(Stopped) as caught:
            signal.raise_signal(signal.SIGTERM)
        assert caught.value.code == 128 + signal.SIGTERM
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timers")
def test_at_the_end_of_a_command_no_alarm_is_left_and_what_was_noted_is_told():
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in names}
    try:
        for number in names[1:3]:
            signal.signal(number, signal.SIG_DFL)
        stop_on_signals()
        as_import = compile("import signal; signal.raise_signal(signal.SIGTERM)", "<frozen importlib._bootstrap>", "exec")
        exec(as_import, {})  # the end of the import, and of the command, come before the alarm
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0  # the control: it would ring
        assert unheard() == signal.SIGTERM
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
        assert unheard() == 0
    finally:
        unheard()
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_letter_that_the_terminal_lacks(tmp_path):
    (tmp_path / "r\N{LATIN SMALL LETTER O WITH STROKE}d.toml").write_text("seed = -1")
    found = command("check", "r\N{LATIN SMALL LETTER O WITH STROKE}d.toml", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert found.returncode == 2
    assert "r?d.toml: " in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("error", "where", "what"),
    [
        (OSError(28, "No space left on device", "/some/file"), "/some/file", "No space left on device"),
        (PermissionError(13, "Permission denied"), "this machine", "Permission denied"),
        (MemoryError(), "this machine", "the memory is used up"),
    ],
)
def test_what_the_machine_refuses_is_a_problem(monkeypatch, error, where, what):
    def fails():
        raise error

    monkeypatch.setattr("sim.scenario.catalogue", fails)
    told = refused("scenarios")
    assert told.startswith(f"{where}: ")
    assert what in told
    assert "allowed: " in told
    assert "hint: " in told


# ------------------------------------------------------------------------------------------------------------- what can be read


def test_scenarios():
    found = sustain("scenarios")
    assert all(entry.name in found.stdout and entry.question in found.stdout for entry in catalogue())
    listed = json.loads(sustain("scenarios", "--json").stdout)
    assert [one["name"] for one in listed] == [entry.name for entry in catalogue()]


def test_show():
    found = sustain("show", "nine-services", "--order", "--set", "switch.turnover=off", "--set", "chance_leader_leaves=0.02")
    assert re.search(r"^C +5 +primary +group +15 +active ", found.stdout, re.MULTILINE)
    assert "leaves_support" in found.stdout
    assert "practitioner_decides" in found.stdout
    assert re.search(r"^switch.turnover +off +on", found.stdout, re.MULTILINE)
    usual = re.escape(f"{read_table().parameters['chance_leader_leaves'].value:g}")
    assert re.search(rf"^chance_leader_leaves +0\.02 +{usual} +per month$", found.stdout, re.MULTILINE)
    assert re.search(r"^forms.deciding +threshold +hazard", sustain("show", "rival-threshold").stdout, re.MULTILINE)
    assert re.search(
        r"^forms.rosy +ratio +shift", sustain("show", "all-active", "--set", "forms.rosy=ratio").stdout, re.MULTILINE
    )


def test_show_policies_and_a_large_region():
    assert re.search(r"^supervision +", sustain("show", "supervision-boosters").stdout, re.MULTILINE)
    assert "... and 1960 more" in sustain("show", "national").stdout


def test_show_json():
    form = json.loads(sustain("show", "nine-services", "--json", "--order", "--months", "20").stdout)
    assert form["months"] == 20
    assert len(form["services"]) == 9
    assert form["order"][0]["function"] == "service_outside_world"
    assert "order" not in json.loads(sustain("show", "nine-services", "--json").stdout)


def test_diff():
    found = sustain("diff", "nine-services", "all-active")
    assert "unavailable" in found.stdout
    rows = json.loads(sustain("diff", "nine-services", "all-active", "--json").stdout)
    assert {"where", "a", "b", "unit"} == set(rows[0])
    assert re.search(
        r"^forms.peers +linked +independent", sustain("diff", "nine-services", "rival-independent").stdout, re.MULTILINE
    )
    assert sustain("diff", "nine-services", "nine-services").stdout.strip() == "nine-services and nine-services say the same"


def test_diff_tells_the_problems_of_both():
    told = refused("diff", "nine-servces", "all-actve")
    assert "did you mean 'nine-services'?" in told
    assert "did you mean 'all-active'?" in told


def test_parameters():
    table = read_table()
    found = sustain("parameters").stdout
    assert all(name in found for name in [*table.parameters, *table.switches, *(f"forms.{name}" for name in table.forms)])
    assert table.census() in found
    some = sustain("parameters", "leader").stdout
    assert "chance_leader_leaves" in some
    assert "autonomy_mean" not in some


def test_one_parameter():
    found = sustain("parameters", "chance_leader_leaves").stdout
    one = read_table().parameters["chance_leader_leaves"]
    assert f"{one.value:g} ({one.low:g} to {one.high:g}) {one.unit}" in found
    assert "status" in found
    evidence = next(one for one in read_table().parameters.values() if one.status == "evidence")
    assert read_table().sources[evidence.source].citation in sustain("parameters", evidence.name).stdout
    assert "when off" in sustain("parameters", "switch.turnover").stdout


def test_one_form():
    for name in ("deciding", "forms.deciding"):
        found = sustain("parameters", name).stdout
        assert read_table().forms["deciding"].question in found
        assert re.search(r"^  hazard +a chance a month.*\(default\)$", found, re.MULTILINE)
        assert re.search(r"^  threshold +at once", found, re.MULTILINE)
        assert "source  assumption" in found
    assert read_table().sources["P17"].citation in sustain("parameters", "forms.rosy").stdout
    every = sustain("parameters", "forms").stdout
    assert all(f"forms.{name}" in every for name in read_table().forms)
    some = sustain("parameters", "belief").stdout  # parameters have the word in their names too
    assert "belief_mean" in some
    assert "forms.belief" in some
    assert "deciding" not in some
    assert "did you mean 'deciding'?" in refused("parameters", "decidin_g")


def test_parameters_json():
    table = read_table()
    found = json.loads(sustain("parameters", "--json").stdout)
    assert found["census"] == table.census_counts()
    assert [one["name"] for one in found["parameters"]] == list(table.parameters)
    assert [one["name"] for one in found["switches"]] == list(table.switches)
    assert [one["name"] for one in found["forms"]] == list(table.forms)
    assert found["forms"][0]["options"] == table.forms["deciding"].options
    assert {one["source"] for one in found["parameters"] if one["source"]} == set(found["sources"])


def test_unknown_parameter():
    assert "did you mean 'chance_leader_leaves'?" in refused("parameters", "chance_leadr_leaves")


def test_cite():
    found = sustain("cite").stdout
    assert sim.__version__ in found
    assert "NCT02077829" in found
    bibtex = sustain("cite", "--bibtex").stdout
    assert bibtex.count("{") == bibtex.count("}")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    title = re.search(r'^title: "(.*)"$', citation, re.MULTILINE).group(1)
    assert title in bibtex
    assert title in found
    assert f"({citing.YEAR})" in found
    folded, articles = " ".join(citation.split()), (citing.STUDY_TITLE, citing.COMPANION_TITLE)
    for said in (citing.REGISTRATION_URL, citing.STUDY_DOI, citing.COMPANION_DOI, *articles):  # in all three the same
        assert said in found
        assert said in bibtex
        assert said in folded
    for year, authors in ((citing.STUDY_YEAR, citing.STUDY_AUTHORS), (citing.COMPANION_YEAR, citing.COMPANION_AUTHORS)):
        family, given = authors[-1]
        assert f"& {family}, {given} ({year})" in found
        assert " and ".join(", ".join(one) for one in authors) in bibtex
        assert " ".join(f"- family-names: {one} given-names: {other}" for one, other in authors) + f" year: {year}" in folded
    sources = tomllib.loads((ROOT / "sim" / "sources.toml").read_text(encoding="utf-8"))["sources"]
    assert sources["study"]["doi"] == citing.STUDY_DOI


def test_schema():
    assert "services" in json.loads(sustain("schema").stdout)["properties"]


def test_check(tmp_path):
    good = ROOT / "scenarios" / "nine-services.toml"
    assert sustain("check", good).stdout == f"{good}: ok (scenario)\n"
    bad = tmp_path / "bad.toml"
    bad.write_text('schema_version = 1\nname = "bad"\ntitle = "Bad"\nquestion = "?"\nmonts = 3\nseed = -1\n')
    found = sustain("check", good, bad)
    assert found.exit_code == 2
    assert found.stdout == f"{good}: ok (scenario)\n"
    assert "unknown key 'monts'" in found.stderr
    assert "did you mean 'months'?" in found.stderr
    assert "2 problems" in found.stderr
    as_json = sustain("check", good, bad, "--json")
    assert as_json.exit_code == 2
    rows = json.loads(as_json.stdout)
    assert rows[str(good)] == []
    assert {"where", "what", "allowed", "hint"} == set(rows[str(bad)][0])


def test_check_a_folder_and_what_never_ends(tmp_path):
    assert f"{tmp_path.name}: is a folder, not a file" in refused("check", tmp_path)
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe.csv")
        os.mkfifo(tmp_path / "pipe.toml")
        told = refused("check", "/dev/zero", tmp_path / "pipe.csv", tmp_path / "pipe.toml")
        assert told.count("is a device or a pipe, not a file") == 3


def test_check_every_invalid_case():
    cases = sorted(path for path in (ROOT / "tests" / "cases" / "invalid").iterdir() if path.suffix in {".toml", ".csv"})
    found = sustain("check", *cases, "--json")
    assert found.exit_code == 2
    assert len(json.loads(found.stdout)) == len(cases) >= 60


# -------------------------------------------------------------------------------------------------------------------- running


@pytest.mark.engine
def test_run(tmp_path):
    found = sustain("run", "nine-services", *SMALL, "--out", tmp_path / "run", "--csv")
    assert found.exit_code == 0
    for name in [*"ABCDEFGHI", "all services"]:
        assert re.search(rf"^{name} +12 ", found.stdout, re.MULTILINE)
    assert ": % of 2 replicates\n" in found.stdout
    heads = next(line for line in found.stdout.splitlines() if line.startswith("service"))
    told = ["kept going", "operating", "sustained"]  # what leads before the old stock
    assert sorted(told, key=heads.index) == told
    assert "old stock" in found.stdout
    assert read_table().census() in found.stdout
    assert f"Results: {tmp_path / 'run'}" in found.stdout
    assert "Report:" not in found.stdout
    assert "tables of about" in found.stderr
    assert (tmp_path / "run" / "tables" / "region_monthly.csv").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.engine
def test_run_json(tmp_path):
    found = sustain("run", "nine-services", *SMALL, "--out", tmp_path / "run", "--json", "--set", "switch.turnover=off")
    told = json.loads(found.stdout)
    assert told["folder"] == str(tmp_path / "run")
    assert told["report"] is None
    assert (told["replicates"], told["months"], told["seed"], told["engine"]) == (2, 13, 7, "compiled")
    assert told["tables"]["region_monthly"]["rows"] == 26
    assert len(told["states"]) == 10 * 2
    assert sum(told["states"][0][name] for name in STATES) == pytest.approx(1.0)
    assert list(told["states"][0])[2:4] == ["kept_going", "given_up"]


@pytest.mark.engine
def test_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        assert sustain("run", "nine-services", *SMALL).exit_code == 0
        assert (tmp_path / "results" / f"nine-services-{number}" / "manifest.json").is_file()
    (tmp_path / "results" / ".nine-services-3.partial").mkdir()
    names = {
        "nine-services": "nine-services-4",
        "mine/own.toml": "own-1",
        "all-passive+mine/own.toml": "all-passive+own-1",
    }
    for scenario, name in names.items():
        with named_or_free(None, scenario) as folder:
            assert folder == Path("results") / name
    with named_or_free(None, "+".join(["expectations"] * 30)) as folder:
        assert len(folder.name) < 200  # file systems end at 255
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "nine-services-1", "nine-services-2", ".nine-services-3.partial",
    }  # fmt: skip


@pytest.mark.once
def test_two_unnamed_runs_at_once_take_two_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with named_or_free(None, "nine-services") as one, named_or_free(None, "nine-services") as other:
        assert {one.name, other.name} == {"nine-services-1", "nine-services-2"}
        (other / "x").write_text("results")
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["nine-services-2"]
    with named_or_free(None, "nine-services") as again:
        assert again.name == "nine-services-1"


def test_what_a_killed_unnamed_run_left_is_told_with_its_place(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    left = Path("results", ".nine-services-1.partial")
    left.mkdir(parents=True)
    lock = hold(left / ".lock")  # a run that is alive: the control
    try:
        with named_or_free(None, "nine-services") as folder:
            assert folder.name == "nine-services-2"
    finally:
        os.close(lock)
    assert capsys.readouterr().err == ""
    with named_or_free(None, "nine-services") as folder:
        assert folder.name == "nine-services-2"
    assert f"a run that was killed left '{left}' (hidden); it can be removed" in capsys.readouterr().err
    Path("results", "nine-services-1").mkdir()  # taken by its name, and empty
    with named_or_free(None, "nine-services"):
        assert f"left '{left}' (hidden) and the empty '{left.parent / 'nine-services-1'}'; they can" in capsys.readouterr().err
    shutil.rmtree(left)
    with named_or_free(None, "nine-services"):
        assert capsys.readouterr().err == ""  # the control: it may have been made this moment
    os.utime("results/nine-services-1", (0, 0))
    with named_or_free(None, "nine-services"):
        assert f"left the empty '{left.parent / 'nine-services-1'}'; it can be removed" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").write_text("a file")
    assert "results cannot be written here" in refused("run", "nine-services", *SMALL)


@pytest.mark.engine
def test_scenarios_together(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "all-passive+expectations"
    assert sustain("run", name, *SMALL).exit_code == 0
    folder = tmp_path / "results" / f"{name}-1"
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["scenario"]["name"] == name
    assert (folder / "scenario.toml").read_text(encoding="utf-8").startswith("# --- all-passive.toml\n")
    assert "equal" in sustain("replay", folder).stdout
    assert sustain("check", name).stdout == f"{name}: ok (scenario)\n"
    assert f"{name}: " in sustain("show", name).stdout
    assert [one["where"] for one in json.loads(sustain("diff", "all-passive", name, "--json").stdout)] == ["policies"]
    assert "did you mean 'expectations'?" in refused("run", "all-passive+expectatons", *SMALL)
    assert "nothing stands on one side" in refused("run", "all-passive+", *SMALL)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.engine
@pytest.mark.once
def test_run_with_report_and_make_it_anew(tmp_path):
    words = ("run", "nine-services", *(word for word in SMALL if word != "--no-figures"), "--out", tmp_path / "run")
    assert f"Report: {tmp_path / 'run' / 'report.html'}" in sustain(*words).stdout
    (tmp_path / "run" / "report.html").write_text("damaged")
    found = sustain("report", tmp_path / "run")
    assert found.exit_code == 0
    assert f"Report: {tmp_path / 'run' / 'report.html'}" in found.stdout
    assert "<html" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert sustain("replay", tmp_path / "run").exit_code == 0


@pytest.mark.engine
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nine-servces",), "did you mean 'nine-services'?"),
        (("no/such.toml",), "no such file"),
        (("nine-services", "-n", "0"), "--replicates: '0' cannot be"),
        (("nine-services", "-n", "few"), "--replicates: 'few' cannot be"),
        (("nine-services", "-n", "1e3", "--seed", "1_4"), "2 problems"),
        (("nine-services", "--set", "chance_leader_leaves=0,03"), "write a decimal point: 0.03"),
        (("nine-services", "--months", "0"), "--months: '0' cannot be"),
        (("nine-services", "--seed", "-1"), "--seed: '-1' cannot be"),
        (("nine-services", "--threads", "0"), "--threads: '0' cannot be"),
        (("nine-services", "--engine", "mess"), "did you mean 'mesa'?"),
        (("nine-services", "--keep", "patient"), "did you mean 'patients'?"),
        (("nine-services", "--set", "chance_leader_leave=0.1"), "did you mean 'chance_leader_leaves'?"),
        (("nine-services", "--set", "chance_leader_leaves=9"), "9 is out of bounds"),
        (("nine-services", "--set", "chance_leader_leaves"), "is not NAME=VALUE"),
        (("nine-services", "--set", "switch.turnover=off", "--set", "switch.turnover=on"), "is set twice"),
        (("nine-services", "--no-such-option"), "No such option"),
        ((), "Missing argument"),
    ],
)
def test_run_refuses(tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    assert expected in refused("run", *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
def test_run_tells_everything_at_once(tmp_path):
    told = refused("run", "nine-servces", "-n", 0, "--months", 0, "--seed", -1, "--engine", "x", "--out", tmp_path / "run")
    assert "5 problems" in told
    assert "did you mean 'nine-services'?" in told


@pytest.mark.engine
def test_run_refuses_a_used_folder(written):
    before = {path: path.stat().st_mtime_ns for path in written.rglob("*")}
    assert "in use already" in refused("run", "nine-services", *SMALL, "--out", written)
    assert {path: path.stat().st_mtime_ns for path in written.rglob("*")} == before


@pytest.mark.engine
def test_run_refuses_a_folder_below_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert "is a file, not a folder" in refused("run", "nine-services", *SMALL, "--out", tmp_path / "file" / "run")


@pytest.mark.engine
def test_bad_input_in_a_process_of_its_own(tmp_path):
    found = command("run", "nine-services", "-n", "0", folder=tmp_path)
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.splitlines() == [
        "--replicates: '0' cannot be",
        "    allowed: a whole number from 1 to 10,000,000",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
def test_interrupt_is_told_in_one_line(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.runs.produce", stop)
    found = sustain("run", "nine-services", *SMALL, "--out", tmp_path / "run")
    assert found.exit_code == 130
    assert found.stderr.splitlines()[-1] == "interrupted: nothing was written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
def test_replay(written):
    found = sustain("replay", written)
    assert found.exit_code == 0
    assert re.match(r"equal: all \d+ tables have the same data hashes", found.stdout)
    told = json.loads(sustain("replay", written, "--json").stdout)
    assert told["equal"] is True
    assert told["differences"] == []


@pytest.mark.engine
def test_replay_of_something_else_exits_1(mine):
    from sim.store.manifest import finish
    from sim.store.reader import read_manifest

    finish(mine, read_manifest(mine) | {"seed": 8, "versions": {"numpy": "1.0"}})
    found = sustain("replay", mine)
    assert found.exit_code == 1
    assert re.search(r"^region_monthly: differs \([0-9a-f]{12} in the folder, [0-9a-f]{12} now\)$", found.stdout, re.MULTILINE)
    assert "note: numpy 1.0 then" in found.stdout
    assert found.stdout.splitlines()[-1].startswith("different: ")
    assert json.loads(sustain("replay", mine, "--json").stdout)["equal"] is False


@pytest.mark.engine
@pytest.mark.parametrize("name", ["report", "replay"])
@pytest.mark.parametrize("damage", ["truncated", "edited", "not a folder", "no manifest", "not there"])
def test_damaged_folder(mine, name, damage):
    if damage == "truncated":
        table = mine / "tables" / "region_monthly.parquet"
        table.write_bytes(table.read_bytes()[:-100])
        expected = "the file is truncated"
    elif damage == "edited":
        text = (mine / "manifest.json").read_text(encoding="utf-8")
        (mine / "manifest.json").write_text(text.replace('"seed": 7', '"seed": 8'), encoding="utf-8")
        expected = "the manifest was edited or damaged"
    elif damage == "not a folder":
        mine = mine / "manifest.json"
        expected = "this is a file, not a folder"
    elif damage == "no manifest":
        (mine / "manifest.json").unlink()
        expected = "'manifest.json' is missing"
    else:
        mine = mine.with_name("mien")
        expected = "did you mean 'mine'?"
    before = set(mine.parent.rglob("*"))
    assert expected in refused(name, mine)
    assert set(mine.parent.rglob("*")) == before


# ---------------------------------------------------------------------------------------------------------------- small things


def test_settings_are_taken_apart():
    assert read_settings(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}
    assert read_settings(None) == {}
    with pytest.raises(BadInput) as caught:
        read_settings(["=1", "a=", "b", "c=1", "c=2"])
    assert len(caught.value.problems) == 4


def test_progress_in_lines(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "QUIET_SECONDS", 0.0)
    with terminal.ProgressShown(4, "a run") as shown:
        for _ in range(4):
            shown(1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0] == "a run: 1 of 4 replicates"
    assert re.fullmatch(r"a run: 2 of 4 replicates, [\d,]+/s, \d+ s left", lines[1])


def test_progress_is_quiet_when_it_is_quick(capsys):
    with terminal.ProgressShown(4, "a run") as shown:
        shown(2)
    assert capsys.readouterr() == ("", "")


def test_progress_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.ProgressShown(4, "a run") as shown:
        shown(3)
        assert shown._bar is not None
        assert shown._bar.tasks[0].completed == 3


def test_large_region_is_summed_up(written, capsys, monkeypatch):
    monkeypatch.setattr(running, "SHOWN_SERVICES", 3)
    running.show_run(sim.Run.open(written))
    told = capsys.readouterr().out
    assert "all services" in told
    assert not re.search(r"^A +12", told, re.MULTILINE)
    of = "plausible worlds and luck together, as each run has a world of its own"
    assert re.match(rf"How sure is that\? In the 2 runs [0-9]( to [1-9])? services have kept going: {of}\. The ", told), told


def test_words():
    assert terminal.duration(3599) == "59 min 59 s"
    assert terminal.duration(-1) == "0 s"
    assert running._percent(0.0) == "."
    assert running._percent(0.004) == "<1"
    assert running._percent(0.256) == "26"


def test_problems_are_counted(capsys):
    terminal.show_problems([Problem("a", "is wrong"), Problem("b", "is wrong", "c", "d")])
    assert capsys.readouterr().err.splitlines() == [
        "a: is wrong", "b: is wrong", "    allowed: c", "    hint: d", "2 problems",
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------- ensembles


def members_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("weight,commitment_mean,chance_leaves\n1,0.5,0.01\n3,0.9,0.02\n")
    return path


def test_a_run_is_over_the_shipped_ensemble_unless_told_otherwise(tmp_path):
    from sim.ensembles import read_ensemble

    shipped = read_ensemble()
    found = sustain("run", "nine-services", *SMALL, "--out", tmp_path / "usual")
    assert f"one of {shipped.members:,} sets of values for {len(shipped.parameters)} parameters" in found.stdout
    told = json.loads(sustain("run", "nine-services", *SMALL, "--out", tmp_path / "json", "--json").stdout)
    assert told["ensemble"]["members"] == shipped.members
    assert sustain("replay", tmp_path / "usual").exit_code == 0
    plain = sustain("run", "nine-services", *SMALL, "--out", tmp_path / "plain", "--no-ensemble", "--json")
    assert json.loads(plain.stdout)["ensemble"] is None
    hashes = [
        json.loads((tmp_path / name / "manifest.json").read_text())["tables"]["services_monthly"]["data_hash"]
        for name in ("usual", "json", "plain")
    ]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.once
def test_an_ensemble_of_ones_own(tmp_path):
    words = ("--ensemble-file", members_file(tmp_path))
    found = json.loads(sustain("run", "nine-services", *SMALL, "--out", tmp_path / "run", *words, "--json").stdout)
    assert (found["ensemble"]["name"], found["ensemble"]["members"]) == ("mine", 2)
    advice = [
        json.loads(sustain("replicates", "nine-services", "--error", "0.04", "--months", "24", *more, "--json").stdout)["rounds"]
        for more in (words, ("--no-ensemble",))
    ]
    assert advice[0][0]["replicates"] == advice[1][0]["replicates"]
    assert advice[0] != advice[1]


def test_advice_over_an_ensemble_is_about_the_runs_that_it_advises(tmp_path):
    words = ("--ensemble-file", members_file(tmp_path), "--months", "24", "--seed", "5")
    told = json.loads(sustain("replicates", "nine-services", "--error", "0.03", *words, "--json").stdout)["rounds"][-1]
    sustain("run", "nine-services", "-n", told["replicates"], *words, "--no-figures", "--out", tmp_path / "run")
    import sim

    ends = sim.Run.open(tmp_path / "run").services_monthly
    last = ends[ends["month"] == ends["month"].max()]
    assert last["kept_going"].mean() == pytest.approx(told["mean"], abs=1e-9)


def test_bad_input_of_an_ensemble(tmp_path):
    told = refused("run", "nine-services", "-n", 0, "--ensemble-file", tmp_path / "none.csv", "--out", tmp_path / "run")
    assert "there is no such file" in told
    assert "--replicates: '0' cannot be" in told
    both = refused("run", "nine-services", "--no-ensemble", "--ensemble-file", members_file(tmp_path), "--out", tmp_path / "run")
    assert "cannot be joined with --no-ensemble" in both
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("commitment_mean,comitment_joint\n7,0.1\n")
    told = refused("run", "nine-services", "--ensemble-file", wrong, "--out", tmp_path / "run")
    assert "commitment_mean" in told
    assert "comitment_joint" in told
    assert not (tmp_path / "run").exists()
