"""Runs: into memory, into a folder, interrupted, refused, replayed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import sim
from sim import produce, runs
from sim.blocks import held_bytes
from sim.codes import POOL_REGION
from sim.columns import Column, Table
from sim.engine import simulate
from sim.ensembles import PLAUSIBLE_FILE, read_ensemble
from sim.history import STATES
from sim.measures.values import LEADING
from sim.parameters import parameter_hash, read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput
from sim.proof import replay
from sim.remake import draw
from sim.result import Run
from sim.runs import run
from sim.scenario import plan_hash, read_scenario, resolve
from sim.store.manifest import finish
from sim.store.reader import check_folder, read_manifest
from tests.drawing import drawn_where_all_is_tried
from tests.small_scenarios import small_scenario
from tests.thoroughly import some

pytestmark = [pytest.mark.engine, pytest.mark.portable]

ROOT = Path(sim.__file__).parents[1]
SMALL = {"replicates": 3, "months": 14, "seed": 7, "threads": 1}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A small run in a folder; not to be changed."""
    return run("nine-services", **SMALL, figures=False, out=tmp_path_factory.mktemp("runs") / "small")


def hashes(one):
    return {name: table["data_hash"] for name, table in one.manifest["tables"].items()}


def problems_of(**options):
    with pytest.raises(BadInput) as caught:
        run(**({"scenario": "nine-services"} | SMALL | options))
    return caught.value.problems


def test_importing_is_cheap():
    script = "import sim, sys; heavy = {'numpy', 'numba', 'pandas', 'pyarrow', 'pydantic'}; print(heavy & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_three_lines_in_a_notebook():
    found = sim.run("nine-services", **SMALL)
    assert isinstance(found.region_monthly, pd.DataFrame)
    assert len(found.region_monthly) == 3 * 14
    assert len(found.services_monthly) == 3 * 14 * 9
    assert len(found.services_end) == 3 * 9
    assert len(found.practitioners_end) == 3 * (31 + 6)  # six posts are held in reserve
    assert found.services_start["service"].astype(str).tolist() == list("ABCDEFGHI")
    assert set(found.outcomes["month"]) == set(range(1, 15))
    assert found.folder is None
    assert found.report is None
    assert found.services_monthly is found.services_monthly
    assert "3 replicates of 14 months, seed 7" in repr(found)
    assert "all services" not in found._repr_html_()
    assert "%" in found._repr_html_()


@pytest.mark.once
def test_the_plausible_ensemble_is_the_default():
    usual = run("nine-services", **SMALL)
    shipped = read_ensemble()
    assert usual.manifest["ensemble"]["members"] == shipped.members > 1
    rows = usual.services_monthly
    for same in ("plausible", shipped, PLAUSIBLE_FILE):
        assert rows.equals(run("nine-services", **SMALL, ensemble=same).services_monthly)
    default = run("nine-services", **SMALL, ensemble=None)
    assert default.manifest["ensemble"] is None
    assert not rows.equals(default.services_monthly)  # the control


def test_an_ensemble_that_is_none_is_told_with_the_rest(tmp_path):
    found = problems_of(ensemble=3, replicates=0)
    assert [one.where for one in found] == ["replicates", "ensemble"]
    assert '"plausible"' in found[1].allowed
    (problem,) = problems_of(ensemble=tmp_path / "none.csv")
    assert "no such file" in problem.what
    strange = Ensemble("mine", ("autonomy_men", "autonomy_mean"), np.array([[0.5, 7.0]]), np.ones(1), "")
    assert {one.what.split("'")[0] for one in problems_of(ensemble=strange)} == {"unknown parameter ", "7 is out of bounds"}


@pytest.mark.parametrize(
    ("ensemble", "said"), [("plausible", "ensemble plausible: each"), (None, "no ensemble: every replicate")]
)
def test_tables_and_codebook_say_which_values_they_stand_on(tmp_path, ensemble, said):
    folder = run("nine-services", **SMALL, figures=False, ensemble=ensemble, out=tmp_path / "run").folder
    for path in (folder / "tables").glob("*.parquet"):
        assert pq.read_schema(path).metadata[b"parameter_values"].decode().startswith(said)
    assert f"Parameter values: {said}" in (folder / "codebook.md").read_text(encoding="utf-8")


def test_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        sim.runn  # noqa: B018
    assert {"run", "Run", "replay", "BadInput"} <= set(dir(sim))


def test_folder_says_the_same_as_memory(written):
    memory = run("nine-services", **SMALL)
    assert memory.tables == written.tables
    for name in written.tables:
        assert memory.table(name).equals(written.table(name)), name  # to the bit, and of the same types
    # The control: another seed is another run.
    other = run("nine-services", **(SMALL | {"seed": 8}))
    assert not other.region_monthly.equals(written.region_monthly)


def test_folder_holds_what_it_should(written):
    folder = written.folder
    assert check_folder(folder, deep=True) == []
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"manifest.json", "ro-crate-metadata.json", "scenario.toml", "scenario.json", "codebook.csv", "codebook.md"} <= names
    assert {f"tables/{name}.parquet" for name in written.tables} <= names
    assert not any(name.startswith("figures") or name == "report.html" for name in names)
    one = written.manifest
    assert (one["seed"], one["replicates"], one["months"], one["engine"]) == (7, 3, 14, "compiled")
    assert one["scenario"]["text"] == (folder / "scenario.toml").read_text(encoding="utf-8")
    assert one["inputs"] == ["scenario.toml", "scenario.json"]
    assert one["settings"] == {}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_typical_and_extreme_replicate_are_kept_in_full(written):
    two = {written.manifest["typical_replicate"], written.manifest["extreme_replicate"]}
    for name, agents in (("services", 9), ("leaders", 9), ("practitioners", 37), ("patients", 37 * 6)):
        trace = written.table(f"trace_{name}")
        assert set(trace["replicate"]) == two
        assert len(trace) == len(two) * 14 * agents
        assert sorted(set(trace["month"])) == list(range(1, 15))


def test_trace_agrees_with_what_is_recorded_monthly(written):
    replicate = written.manifest["typical_replicate"]
    monthly, posts = (
        one[one["replicate"] == replicate] for one in (written.services_monthly, written.table("trace_practitioners"))
    )
    for status in ("full_use", "waiting", "vacant"):
        # posts that are held in reserve count nowhere
        counted = (
            ((posts["status"] == status) & (posts["reserve"] == 0))
            .groupby([posts["service"], posts["month"]], observed=True)
            .sum()
        )
        recorded = monthly.set_index(["service", "month"])[status]
        assert recorded.tolist() == counted.reindex(recorded.index).tolist()


KEPT = (
    ("practitioners", {"trace_practitioners"}),
    ("patients", {"trace_patients"}),
    ("all", {"trace_services", "trace_leaders", "trace_practitioners", "trace_patients"}),
)


def test_more_is_kept_on_request(tmp_path, written):
    for keep, every in some(KEPT, 1):
        kept = run("nine-services", **SMALL, figures=False, keep=keep, out=tmp_path / keep)
        for name in produce.TRACES["all"]:
            assert set(kept.table(name)["replicate"]) == ({0, 1, 2} if name in every else set(written.table(name)["replicate"]))
        # Keeping more changes nothing of what is kept anyway.
        same = {name: digest for name, digest in hashes(kept).items() if name not in every}
        assert same == {name: digest for name, digest in hashes(written).items() if name not in every}
        assert replay(kept.folder).equal


@pytest.mark.once
def test_size_is_foretold(tmp_path):
    options = SMALL | {"replicates": 30, "months": 24}
    job = produce.Job(resolve(read_scenario("nine-services", months=24)), seed=7, replicates=30, keep="practitioners")
    foretold, memory = produce.foretell(job)
    kept = run("nine-services", **options, figures=False, keep="practitioners", out=tmp_path / "kept")
    rows = {name: table["rows"] for name, table in kept.manifest["tables"].items() if not name.startswith("summary")}
    assert rows == produce.rows_of(job)
    found = sum(table["bytes"] for table in kept.manifest["tables"].values())
    assert found / 2 < foretold < found * 2
    assert memory > foretold
    assert produce.foretell(job, csv=True)[0] > 2 * foretold


def test_csv_on_request(tmp_path):
    found = run("nine-services", **SMALL, figures=False, csv=True, out=tmp_path / "csv")
    plain = pd.read_csv(found.folder / "tables" / "region_monthly.csv")
    assert plain["sessions"].tolist() == found.region_monthly["sessions"].tolist()


@pytest.mark.once
def test_threads_change_nothing(tmp_path, written):
    both = run("nine-services", **(SMALL | {"threads": 2}), figures=False, out=tmp_path / "two")
    assert hashes(both) == hashes(written)


@pytest.mark.once
def test_engines_write_identical_hashes(tmp_path, written):
    twin = run("nine-services", **SMALL, figures=False, engine="mesa", out=tmp_path / "mesa")
    assert hashes(twin) == hashes(written)
    assert replay(twin.folder).equal


def test_report_and_figures(tmp_path):
    with drawn_where_all_is_tried():
        found = run("nine-services", **SMALL, out=tmp_path / "run")
    assert found.report == tmp_path / "run" / "report.html"
    assert "<html" in found.report.read_text(encoding="utf-8")
    assert list(found.folder.rglob("*.png"))
    assert check_folder(found.folder) == []


def test_settings_are_used_and_recorded(tmp_path, written):
    found = run(
        "nine-services", **SMALL, figures=False, settings={"switch.turnover": "off", "services.A.pool": 0}, out=tmp_path / "set"
    )
    assert found.manifest["settings"] == {"switch.turnover": "off", "services.A.pool": "0"}
    assert found.manifest["plan_hash"] != written.manifest["plan_hash"]
    assert found.manifest["parameter_hash"] != written.manifest["parameter_hash"]
    assert replay(found.folder).equal


@pytest.mark.once
def test_a_rival_form_is_recorded_and_replayed(tmp_path, written):
    settings = {"forms.deciding": "threshold"}
    found = run("nine-services", **SMALL, figures=False, settings=settings, out=tmp_path / "set")
    assert found.manifest["settings"] == settings
    assert found.manifest["parameter_hash"] != written.manifest["parameter_hash"]
    form = json.loads((found.folder / "scenario.json").read_text(encoding="utf-8"))
    assert form["forms"] == {name: one.default for name, one in read_table().forms.items()} | {"deciding": "threshold"}
    assert replay(found.folder).equal
    rival = run("rival-threshold", **SMALL, figures=False, out=tmp_path / "rival")
    hashes = [{name: one["data_hash"] for name, one in each.manifest["tables"].items()} for each in (found, rival, written)]
    assert hashes[0] == hashes[1] != hashes[2]


# ------------------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "where", "what"),
    [
        ({"replicates": 0}, "replicates", "0 is out of bounds"),
        ({"replicates": 2.5}, "replicates", "'2.5' is not a whole number"),
        ({"replicates": True}, "replicates", "'True' is not a whole number"),
        ({"months": 0}, "months", "0 is out of bounds"),
        ({"seed": -1}, "seed", "-1 is out of bounds"),
        ({"seed": 2**64}, "seed", "is out of bounds"),
        ({"threads": 0}, "threads", "0 is out of bounds"),
        ({"engine": "compild"}, "engine", "unknown engine 'compild'"),
        ({"keep": "everything"}, "keep", "unknown keep 'everything'"),
        ({"scenario": "nine-servces"}, "nine-servces", "unknown scenario"),
        ({"settings": {"chance_leader_leave": 0.1}}, "--set chance_leader_leave", "unknown parameter"),
        ({"scenario": None}, "scenario", "'None' is neither a name nor a path"),
        ({"settings": ["a"]}, "settings", "is a list, not names with values"),
        ({"settings": {3: 4}}, "settings[3]", "the name is not a text"),
        ({"settings": {"chance_leader_leaves": None}}, "settings['chance_leader_leaves']", "the value is"),
        ({"months": "13"}, "months", "'13' is not a whole number"),
        ({"settings": {"chance_leader_leaves": 9}}, "--set chance_leader_leaves", "9 is out of bounds"),
    ],
)
def test_bad_input(tmp_path, options, where, what):
    found = problems_of(**options, out=tmp_path / "run")
    assert len(found) == 1
    assert found[0].where == where
    assert what in found[0].what
    assert found[0].allowed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("opens", [Run.open, replay])
def test_what_is_no_path_is_refused(opens):
    with pytest.raises(BadInput, match="folder: '5' is no path"):
        opens(5)


def test_a_number_is_no_folder():
    found = problems_of(out=5)
    assert [(one.where, one.what) for one in found] == [("out", "'5' is no path")]
    assert all(one.allowed and one.hint for one in found)


def test_all_problems_at_once(tmp_path):
    wrong = {"replicates": 0, "months": 0, "seed": -1, "engine": "x", "settings": {"chance_leader_leave": 1}}
    found = problems_of(**wrong, out=tmp_path / "run")
    assert [one.where for one in found] == ["replicates", "months", "seed", "engine", "--set chance_leader_leave"]
    assert found[-1].hint == "did you mean 'chance_leader_leaves'?"


def test_used_folder(tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").write_text("mine")
    assert "in use already" in problems_of(out=tmp_path / "used")[0].what
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["mine.txt"]


def test_folder_below_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert "is a file, not a folder" in problems_of(out=tmp_path / "file" / "run")[0].what


def test_more_than_the_memory(tmp_path):
    found = problems_of(replicates=1_000_000, months=84)
    assert "GB of memory" in found[0].what
    assert "results folder" in found[0].hint


def test_more_than_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "_free_bytes", lambda _: 1000)
    assert re.search(r"about \d+\.\d [kM]B, and 1\.0 kB are free", problems_of(out=tmp_path / "run")[0].what)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.once
def test_mesa_is_refused_for_what_takes_long(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "MESA_SMALL", 0)
    monkeypatch.setattr(runs, "mesa_seconds", lambda _: 7200.0)
    found = problems_of(engine="mesa", out=tmp_path / "run")[0]
    assert found.what == "the Mesa engine would take about 2.0 hours"
    assert "--force" in found.hint
    assert list(tmp_path.iterdir()) == []
    # Forced, or when it is quick enough, it runs.
    assert run("nine-services", **SMALL, engine="mesa", force=True).manifest["engine"] == "mesa"
    monkeypatch.setattr(runs, "mesa_seconds", lambda _: 3.0)
    assert run("nine-services", **SMALL, engine="mesa").manifest["engine"] == "mesa"


@pytest.mark.once
def test_mesa_is_refused_for_the_region_after_a_short_probe(tmp_path):
    """The real scenario and the real estimate; a machine would have to be far faster than any to be let through."""
    before = time.process_time()  # of the processor: what else the machine does is not counted
    with pytest.raises(BadInput, match="the Mesa engine would take about"):
        run("national", replicates=20, engine="mesa", out=tmp_path / "run")
    assert time.process_time() - before < 30
    assert list(tmp_path.iterdir()) == []
    job = produce.Job(resolve(read_scenario("national")), seed=1, replicates=20, engine="mesa")
    assert produce.mesa_seconds(job) > 2 * runs.MESA_SECONDS


@pytest.mark.once
def test_more_than_the_memory_in_one_batch(tmp_path, monkeypatch):
    plan = resolve(read_scenario("nine-services", months=14))
    held = held_bytes(plan, 3)
    batch = next(simulate(plan, seed=1, replicates=3))
    assert held == 3 * (batch.rows.nbytes + batch.ends.nbytes)
    assert held_bytes(plan, 1000, 4) > held_bytes(plan, 1000) > held
    # a region of 20,000 services over a century needs more than most machines have, where it cannot be cut into blocks
    large = replace(plan, months=1200, services=np.resize(plan.services, 20_000), posts=np.resize(plan.posts, 60_000))
    assert held_bytes(large, 1) < 1e9
    large.services["pooling"] = POOL_REGION
    assert held_bytes(large, 1) > 10e9
    monkeypatch.setattr(runs, "_memory_bytes", lambda: held - 1)
    found = problems_of(out=tmp_path / "run")[0]
    assert "one batch would take about" in found.what
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(runs, "_memory_bytes", lambda: held)
    assert run("nine-services", **SMALL, figures=False, out=tmp_path / "run").report is None
    monkeypatch.setattr(runs, "_memory_bytes", lambda: 10**6)
    assert "one batch" in problems_of(out=tmp_path / "other", keep="all")[0].what


@pytest.mark.once
def test_time_of_mesa_is_estimated_from_a_probe(monkeypatch):
    plan = resolve(read_scenario("nine-services", months=48))
    clock = iter([10.0, 12.0])
    monkeypatch.setattr(produce, "perf_counter", lambda: next(clock))
    # a probe of all nine services over 24 months took two seconds: 48 months and five replicates take ten times as long
    assert produce.mesa_seconds(produce.Job(plan, seed=1, replicates=5, engine="mesa")) == pytest.approx(20.0)


def test_region_too_large_to_be_kept_unasked(monkeypatch):
    monkeypatch.setattr(produce, "TRACE_BYTES", 1)
    found = run("nine-services", **SMALL)
    assert not any(name.startswith("trace") for name in found.tables)
    assert found.manifest["typical_replicate"] is None


def test_failure_leaves_nothing(tmp_path):
    def fails(replicates):
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        run("nine-services", **SMALL, out=tmp_path / "above" / "run", progress=fails)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.once
def test_interrupt_leaves_nothing(tmp_path):
    signals = (
        ("SIGINT", 130, "interrupted: nothing was written"),
        ("SIGTERM", 143, "stopped: nothing was written"),
        ("SIGHUP", 129, "stopped: nothing was written"),
    )
    for name, status, last in some(signals, 1):
        assert interrupted(tmp_path, getattr(signal, name)) == (status, last)
        assert list(tmp_path.iterdir()) == []


def interrupted(place, number):
    """Exit status and last words of a run that gets a signal while it writes its tables."""
    command = [sys.executable, "-m", "experiments.command_line", "run", "nine-services", "-n", "200000", "--no-figures"]
    with subprocess.Popen(
        [*command, "--out", str(place / "run")], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            working = place / ".run.partial" / "tables"
            until = time.monotonic() + 300
            while not working.exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            assert working.exists()
            os.kill(process.pid, number)
            told, said = process.communicate(timeout=300)
        finally:
            process.kill()  # nothing of a failed test goes on, to slow or fail the next
    assert told == ""
    assert "Traceback" not in said
    return process.returncode, said.splitlines()[-1]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.once
def test_report_is_made_whole_or_stays_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    path.write_text(small_scenario("Ours"), encoding="utf-8")
    folder = run(path, **SMALL, out=tmp_path / "run").folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    rename = Path.rename

    def fails(*_, **__):
        raise OSError(28, "on purpose")

    def refuses(path, target):
        return fails() if Path(target) == folder / "report.html" and ".old" not in path.parts else rename(path, target)

    steps = ("pathlib.Path.rename", lambda path, target: refuses(path, target)), ("sim.store.manifest.write_text_whole", fails)
    for step in some(steps, 1):
        with monkeypatch.context() as patch:
            patch.setattr(*step)
            with pytest.raises(OSError, match="on purpose"):
                draw(folder)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    (folder / "figures" / "mine.txt").write_text("somebody's")
    draw(folder)  # the control
    assert check_folder(folder) == []
    assert {path for path in folder.rglob("*") if path.is_file()} == set(before)


# -------------------------------------------------------------------------------------------------------------------- results


def test_open_a_folder(written):
    found = Run.open(written.folder)
    assert found.tables == written.tables
    assert found.survival.equals(written.survival)
    assert str(written.folder) in repr(found)


def test_table_that_is_not_there(written):
    with pytest.raises(BadInput) as caught:
        written.table("region_montly")
    assert caught.value.problems[0].hint == "did you mean 'region_monthly'?"


def test_state_shares_add_up(written):
    shares = written.state_shares()
    assert shares["service"].tolist() == [name for name in [*"ABCDEFGHI", "all services"] for _ in (12, 14)]
    assert shares.columns.tolist() == ["service", "month", *(name.removeprefix("share_") for name in LEADING), *STATES]
    assert shares[list(STATES)].sum(axis=1).round(12).eq(1.0).all()
    assert shares[["operating", "silent", "given_up", "never_started", "not_yet_started"]].sum(axis=1).round(12).eq(1.0).all()
    ends = written.services_end.query("service == 'A'")
    expected = (ends["state_month_12"] == "sustained").mean()
    assert shares.query("service == 'A' and month == 12")["sustained"].item() == pytest.approx(expected)
    kept = ends["kept_going"].mean()
    assert shares.query("service == 'A' and month == 14")["kept_going"].item() == pytest.approx(kept)


def test_state_shares_of_a_folder_of_the_first_version(written):
    old = written.table("summary_states").drop(columns=[*LEADING, *(f"{name}_mcse" for name in LEADING)])
    shares = Run({"months": 14}, ("summary_states",), {"summary_states": old}.__getitem__).state_shares()
    assert shares.columns.tolist() == ["service", "month", *STATES]


# --------------------------------------------------------------------------------------------------------------------- replay


def edited(folder, **changes):
    """Change a manifest as somebody would who also knows how to make its hash right."""
    manifest = read_manifest(folder) | changes
    finish(folder, manifest)


@pytest.fixture
def mine(tmp_path, written):
    """A small run that a test may damage."""
    return Path(shutil.copytree(written.folder, tmp_path / "mine"))


def test_replay_is_equal(written):
    found = replay(written.folder)
    assert found.equal
    assert found.differences == ()
    assert found.notes == ()
    assert found.tables == hashes(written)


def test_replay_sees_another_seed(mine):
    edited(mine, seed=8)
    found = replay(mine)
    assert not found.equal
    assert "region_monthly" in {one.table for one in found.differences}
    assert "services_start" not in {one.table for one in found.differences}


def test_replay_sees_another_scenario(mine):
    form = json.loads((mine / "scenario.json").read_text(encoding="utf-8"))
    form["services"][0]["pool"] = 0
    (mine / "scenario.json").write_text(json.dumps(form), encoding="utf-8")
    edited(mine)
    found = replay(mine)
    assert not found.equal
    assert "the scenario is resolved into another plan than it was" in found.notes


@pytest.mark.once
def test_replay_names_other_code(mine):
    manifest = read_manifest(mine)
    edited(mine, code=manifest["code"] | {"identity": "0" * 64}, versions=manifest["versions"] | {"numpy": "1.0"})
    found = replay(mine)
    assert found.equal
    assert found.notes[0].startswith("the code differs: 000000000000 wrote the results")
    assert found.notes[1].startswith("numpy 1.0 then")


@pytest.mark.parametrize("damage", ["truncated", "missing", "manifest", "scenario"])
@pytest.mark.once
def test_replay_refuses_what_is_damaged(mine, damage):
    table = mine / "tables" / "region_monthly.parquet"
    if damage == "truncated":
        table.write_bytes(table.read_bytes()[:-100])
    elif damage == "missing":
        table.unlink()
    else:
        name = "manifest.json" if damage == "manifest" else "scenario.json"
        text = (mine / name).read_text(encoding="utf-8")
        (mine / name).write_text(
            text.replace('"seed": 7' if damage == "manifest" else '"staff": 12', '"seed": 8'), encoding="utf-8"
        )
    with pytest.raises(BadInput) as caught:
        replay(mine)
    assert all(one.hint for one in caught.value.problems)


@pytest.mark.parametrize(
    "change",
    [{"parameters": {"unheard_of": 1.0}}, {"services": [{"name": "A"}]}, {"services": None}, {"months": "many"}],
)
def test_replay_of_another_version_is_refused_in_words(mine, change):
    form = json.loads((mine / "scenario.json").read_text(encoding="utf-8"))
    (mine / "scenario.json").write_text(json.dumps(form | change), encoding="utf-8")
    edited(mine)
    with pytest.raises(BadInput, match=r"scenario\.json"):
        replay(mine)


def test_replay_of_a_manifest_that_asks_for_nonsense(mine):
    edited(mine, replicates=0, keep="everything")
    with pytest.raises(BadInput) as caught:
        replay(mine)
    assert len(caught.value.problems) == 2


@pytest.mark.once
def test_plan_hash_sees_every_part():
    scenario = read_scenario("nine-services", months=14)
    plan = resolve(scenario)
    assert plan_hash(plan) == plan_hash(resolve(scenario)) == plan_hash(plan, parameters=parameter_hash(plan.parameters))
    assert plan_hash(plan) != plan_hash(plan, parameters=parameter_hash(plan.posts))  # the control: it does count
    others = ({"settings": {"services.A.pool": 3}}, {"settings": {"switch.turnover": "off"}}, {"months": 15})
    found = {run("nine-services", **(SMALL | {"replicates": 1, "ensemble": None} | one)).manifest["plan_hash"] for one in others}
    assert len(found | {plan_hash(plan)}) == 4


def test_tables_of_the_sink_are_declared():
    given = []
    job = produce.Job(resolve(read_scenario("nine-services", months=2)), seed=1, replicates=1)
    done = produce.produce(job, lambda table, rows: given.append((table, rows)))
    assert all(isinstance(table, Table) and isinstance(table.columns[0], Column) for table, _ in given)
    assert (done.typical, done.extreme) == (0, 0)
    assert set(done.seconds) == {"simulation", "definitions", "luck", "tables"}
