"""A sweep's data depend on the study alone: not on who ran it, how it was cut, in which order, or how often it was begun."""

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.executors.many import FailedFast
from experiments.executors.pools import borrowed, cluster_pool, pool_of
from experiments.sweeps import running, work
from experiments.sweeps.gathering import stored_study
from experiments.sweeps.jobs import Block, Job, jobs_of
from experiments.sweeps.merging import merge
from experiments.sweeps.moments import Moments
from experiments.sweeps.running import Watcher
from experiments.sweeps.study import Study
from experiments.sweeps.work import compute
from sim import Run
from sim.problems import BadInput
from sim.scenario import read_scenario
from sim.store.parts import PartStore
from sim.store.reader import check_folder, data_hash_of, read_declaration
from tests.crates import DEPRECATED, issues_of
from tests.experiments.sweeps.small import FACTORS, MEMBERS, data, equal, files, made, manifest_of, state, swept
from tests.thoroughly import some

pytestmark = pytest.mark.usefixtures("unsynced")

TWO = {name: FACTORS[name] for name in ("hours_protected", "services.D.leader")}
WHOLE = [Block(4, 5)] * 2
CUT = [Block(1, 3)] * 2


@pytest.fixture(scope="module")
def study() -> Study:
    """Two scenarios, four points, five runs each."""
    return made(factors=TWO, keep=["outcomes", "aggregates", "monthly"])


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep in whole jobs; not to be changed."""
    place = tmp_path_factory.mktemp("sweep") / "whole"
    done = swept(study, place, blocks=WHOLE)
    assert (done.jobs, done.finished, done.runs, done.failed, done.lost, done.complete) == (2, 2, 40, 0, 0, True)
    return place


@pytest.fixture(scope="module")
def cut(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sweep in 16 jobs; not to be changed."""
    place = tmp_path_factory.mktemp("sweep") / "cut"
    assert swept(study, place, blocks=CUT).jobs == 16
    return place


# ------------------------------------------------------------------------------------------------------------ whoever runs it


def test_the_executor_changes_nothing(study: Study, cut: Path, tmp_path: Path) -> None:
    for name in some(["threads", "processes", "local:2"], 1):
        with cluster_pool(name) if name.startswith("local") else pool_of(name, 2) as pool:
            swept(study, tmp_path / name, pool=pool, blocks=CUT)
        assert files(tmp_path / name) == files(cut), name
        assert data(tmp_path / name) == data(cut), name


@pytest.mark.portable
def test_the_size_of_jobs_changes_nothing(study: Study, folder: Path, cut: Path, tmp_path: Path) -> None:
    assert data(cut) == data(folder)
    assert len(data(folder)) == 7
    for at, blocks in enumerate([[Block(3, 5), Block(1, 4)], [Block(1, 1), Block(2, 5)]]):
        swept(study, tmp_path / str(at), blocks=blocks)
        assert data(tmp_path / str(at)) == data(folder)
        assert set(files(tmp_path / str(at))) != set(files(folder))  # the jobs did differ


def test_a_change_of_the_study_is_seen_in_every_table(study: Study, folder: Path, tmp_path: Path) -> None:
    # the control of all these tests
    swept(replace(study, seed=4), tmp_path / "other", blocks=WHOLE)
    same = [name for name, found in data(tmp_path / "other").items() if found == data(folder)[name]]
    assert same == ["points"]  # the settings, which the seed does not change


class Shuffled(ThreadPoolExecutor):
    """Threads whose jobs end in another order than they began."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        def slowed(*arguments: Any, **more: Any) -> Any:
            time.sleep(random.random() * 0.02)
            return fn(*arguments, **more)

        return super().submit(slowed, *given, **named)


def log_of(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_order_in_which_jobs_end_changes_nothing(study: Study, cut: Path, tmp_path: Path) -> None:
    with Shuffled(6) as executor:
        swept(study, tmp_path / "sweep", pool=borrowed(executor), blocks=CUT)
    order = [line["name"] for line in log_of(tmp_path / "sweep") if line["what"] == "job"]
    assert sorted(order) == PartStore.open(cut).names()
    assert order != sorted(order), "nothing was shuffled"
    assert files(tmp_path / "sweep") == files(cut)


def test_a_sweep_that_is_begun_again_and_again_ends_as_one_that_was_not(study: Study, cut: Path, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    class Stops(Watcher):
        def __init__(self) -> None:
            self.left = 4

        def ran(self, runs: int, failed: int) -> None:
            self.left -= 1
            if self.left == 0:
                raise Enough

    kept: list[int] = []

    class Told(Watcher):
        def began(self, runs: int, kept_runs: int) -> None:
            kept.extend([runs, kept_runs])

    for _ in range(3):
        with pytest.raises(Enough):
            swept(study, tmp_path / "sweep", blocks=CUT, watcher=Stops())
        assert not (tmp_path / "sweep" / "manifest.json").exists()
    swept(study, tmp_path / "sweep", blocks=CUT, watcher=Told())
    assert sum(kept) == 40
    assert kept[1] > 0
    assert files(tmp_path / "sweep") == files(cut)
    names = [line["name"] for line in log_of(tmp_path / "sweep") if line["what"] == "job"]
    assert len(names) == len(set(names))  # no job is done twice
    assert [line["what"] for line in log_of(tmp_path / "sweep")].count("ended") == 4


# --------------------------------------------------------------------------------------------------------------------- shards


def test_shards_in_folders_of_their_own_and_brought_together(study: Study, cut: Path, tmp_path: Path) -> None:
    for number, jobs in ((1, 6), (2, 5), (3, 5)):
        done = swept(study, tmp_path / str(number), blocks=CUT, shard=(number, 3))
        assert (done.jobs, done.finished, done.complete) == (16, jobs, False)
        assert not (tmp_path / str(number) / "manifest.json").exists()
    two = merge([tmp_path / "3", tmp_path / "1"], tmp_path / "some", report=False)
    assert (two.finished, two.complete) == (11, False)
    assert not (tmp_path / "some" / "manifest.json").exists()
    before = {number: files(tmp_path / number) for number in "123"}
    done = merge([tmp_path / number for number in "312"], tmp_path / "whole", report=False)
    assert done.complete
    assert files(tmp_path / "whole") == files(cut)
    assert data(tmp_path / "whole") == data(cut)
    assert {number: files(tmp_path / number) for number in "123"} == before
    assert merge([tmp_path / number for number in "312"], tmp_path / "1", report=False).complete  # into one of them
    assert files(tmp_path / "1") == files(cut)
    last = swept(study, tmp_path / "some")  # what is missing can be run as well
    assert last.complete
    assert files(tmp_path / "some") == files(cut)


def test_shards_in_one_folder(study: Study, cut: Path, tmp_path: Path) -> None:
    place = tmp_path / "sweep"
    for number in (2, 3):
        assert not swept(study, place, blocks=CUT, shard=(number, 3)).complete
    assert merge([place], place, report=False).finished == 10
    assert swept(study, place, shard=(1, 3)).complete  # the last one gathers
    assert files(place) == files(cut)
    assert merge([place], place, report=False).complete
    assert files(place) == files(cut)


def test_shards_of_different_studies_are_not_brought_together(study: Study, tmp_path: Path) -> None:
    swept(study, tmp_path / "a", blocks=CUT, shard=(1, 12))
    swept(replace(study, seed=4), tmp_path / "b", blocks=CUT, shard=(2, 12))
    with pytest.raises(BadInput) as caught:
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c", report=False)
    (problem,) = caught.value.problems
    assert "is not of the same study" in problem.what
    assert not (tmp_path / "c").exists()
    with pytest.raises(BadInput, match="no such folder"):
        merge([tmp_path / "nowhere"], tmp_path / "c", report=False)


# -------------------------------------------------------------------------------------------------------------------- growing


@pytest.mark.portable
def test_twenty_replicates_and_then_fifty_are_fifty(tmp_path: Path) -> None:
    study = made(replicates=50, factors=TWO)
    swept(study, tmp_path / "once")
    for at, blocks in enumerate(some([[Block(3, 20), Block(4, 20)], [Block(1, 7), Block(1, 20)]], 1)):
        place = tmp_path / str(at)
        first = swept(replace(study, replicates=20), place, blocks=blocks)
        before = set(files(place))
        assert first.runs == 160
        for replicates in (30, 50):
            swept(replace(study, replicates=replicates), place)
        assert data(place) == data(tmp_path / "once")
        kept = [name for name in before if name.startswith("runs/")]
        assert len(set(files(place)) & set(kept)) >= len(kept) / 2  # what was there has not been done again
        assert stored_study(place).replicates == 50
        assert manifest_of(place)["study_runs"] == 400


def test_growing_over_a_job_that_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study, blocks = made(replicates=7, factors=TWO), [Block(2, 3), Block(4, 3)]
    swept(study, tmp_path / "once")
    swept(replace(study, replicates=3), tmp_path / "grown", blocks=blocks)
    with monkeypatch.context() as patch:
        patch.setattr(running, "compute", losing("000-00000002-00000003"))
        done = swept(study, tmp_path / "grown")
    assert (done.complete, done.lost, done.failed, done.finished) == (False, 6, 6, done.jobs - 1)
    summary = pd.read_parquet(tmp_path / "grown" / "tables" / "summary.parquet").query("outcome == 'share_sustained'")
    assert sorted(summary["runs"].unique()) == [4, 7]
    assert manifest_of(tmp_path / "grown")["failed"] == 6
    assert swept(study, tmp_path / "grown").complete
    assert data(tmp_path / "grown") == data(tmp_path / "once")


def losing(beginning: str) -> Callable[[Job], Any]:
    """Work that raises for the job of a name."""

    def done(job: Job) -> Any:
        if job.name.startswith(beginning):
            raise RuntimeError("the worker\nhas no such library")
        return compute(job)

    return done


def test_a_lost_job_is_told_and_tried_again(study: Study, cut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(running, "compute", losing("001-00000003-00000003"))
        done = swept(study, tmp_path / "sweep", blocks=CUT)
    assert (done.jobs, done.finished, done.failed, done.lost, done.complete) == (16, 15, 2, 2, False)
    (row,) = pd.read_parquet(tmp_path / "sweep" / "tables" / "failures.parquet").to_dict("records")
    assert (row["scenario"], row["point"], row["run"], row["runs"]) == ("all-active", 3, 3, 2)
    assert (row["stage"], row["type"], row["message"]) == ("job", "RuntimeError", "the worker has no such library")
    assert json.loads(row["settings"]) == study.design.settings(3)
    assert row["command"] == "sustain rerun . 1:3:3"
    assert "2 of 40 runs failed" in manifest_of(tmp_path / "sweep")["title"]
    assert swept(study, tmp_path / "sweep").complete
    assert files(tmp_path / "sweep") == files(cut)  # failures.parquet is gone too


# ---------------------------------------------------------------------------------------------------------------------- again


def test_again_does_nothing_and_writes_nothing(study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(job: Job) -> Any:
        raise AssertionError("a job is done again")

    monkeypatch.setattr(running, "compute", never)
    before = state(folder)
    done = swept(study, folder)
    assert (done.jobs, done.finished, done.failed, done.complete) == (2, 2, 0, True)
    assert state(folder) == before


def test_what_is_damaged_is_made_again(study: Study, cut: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(cut, tmp_path / "sweep"))
    names, told = PartStore.open(place).names(), list[str]()
    part = place / "tallies" / f"{names[3]}.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    (place / "runs" / f"{names[7]}.parquet").unlink()
    (place / "jobs" / f"{names[9]}.json").unlink()
    (place / "tables" / "summary.parquet").write_bytes(b"")

    class Hears(Watcher):
        def said(self, sentence: str) -> None:
            told.append(sentence)

    swept(study, place, watcher=Hears())
    assert files(place) == files(cut)
    assert check_folder(place) == []
    assert len(told) == 2
    assert all(one.endswith("will be made again") for one in told)
    (place / "tables" / "summary.parquet").write_bytes(b"")  # a table alone
    swept(study, place)
    assert files(place) == files(cut)


def test_restart_computes_everything_again(study: Study, cut: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(cut, tmp_path / "sweep"))
    swept(study, place, restart=True, blocks=CUT)
    assert files(place) == files(cut)
    assert [line["what"] for line in log_of(place)].count("job") == 32
    other = replace(study, seed=4, replicates=2)  # another study may take the folder over
    swept(other, place, restart=True)
    swept(other, tmp_path / "fresh")
    assert files(place) == files(tmp_path / "fresh")


def refused(study: Study, place: Path) -> Any:
    before = state(place)
    with pytest.raises(BadInput) as caught:
        swept(study, place)
    assert state(place) == before
    (problem,) = caught.value.problems
    return problem


def test_a_store_of_other_code_is_refused(study: Study, folder: Path, changed_code: Callable[..., None]) -> None:
    ours = PartStore.open(folder).identity["code"]
    changed_code()
    problem = refused(study, folder)
    assert problem.where == str(folder / "store.json")
    assert f"it was made by code {ours[:8]}" in problem.what  # says which ...
    assert "version 0.1.0" in problem.what
    assert "this is code eeeeeeee" in problem.what
    assert "choose another folder" in problem.hint  # ... and offers what
    assert "use that code" in problem.hint
    assert "--restart" in problem.hint


def test_tables_are_gathered_anew_by_other_code_and_runs_are_kept(
    study: Study, folder: Path, tmp_path: Path, changed_code: Callable[..., None]
) -> None:
    place = Path(shutil.copytree(folder, tmp_path / "mine"))
    before, parts = manifest_of(place), state(place / "runs")
    swept(study, place)
    assert manifest_of(place) == before
    changed_code(runs=False)
    swept(study, place)
    after = manifest_of(place)
    assert before["gathered_by"] != after["gathered_by"] == "d" * 64
    assert state(place / "runs") == parts
    assert data(place) == data(folder)


@pytest.mark.parametrize("change", [{"seed": 4}, {"months": 14}, {"factors": TWO | {"hours_protected": [1.0, 9.0]}}])
def test_a_study_that_has_changed_is_refused(folder: Path, change: dict[str, Any]) -> None:
    problem = refused(made(**({"factors": TWO, "keep": ["outcomes", "aggregates", "monthly"]} | change)), folder)
    assert "the store was made for another 'study'" in problem.what
    assert "--restart" in problem.hint


# ---------------------------------------------------------------------------------------------------------- what is in a folder


@pytest.mark.portable
def test_the_runs_are_one_table_and_the_summary_is_of_them(study: Study, cut: Path) -> None:
    runs = pd.read_parquet(cut / "runs")
    assert len(runs) == 40
    keys = list(zip(runs["scenario"].cat.codes, runs["point"], runs["run"], strict=True))
    assert keys == sorted(keys)
    summary = pd.read_parquet(cut / "tables" / "summary.parquet")
    assert len(summary) == 2 * 4 * len(study.outcomes)
    for (scenario, point), mine in runs.groupby(["scenario", "point"], observed=True):
        there = summary[(summary["scenario"] == scenario) & (summary["point"] == point)]
        moments = Moments(1, len(study.outcomes))
        moments.add(mine[list(study.outcomes)].to_numpy()[None], np.ones(5))
        for name, values in moments.results().items():
            assert equal(there[name], values[0]), name
    points = pd.read_parquet(cut / "tables" / "points.parquet")
    assert len(points) == 8
    expected = runs.drop_duplicates(["scenario", "point"])[points.columns].reset_index(drop=True)
    assert points.astype(str).equals(expected.astype(str))
    monthly = pd.read_parquet(cut / "monthly")
    assert len(monthly) == 40 * 9 * 13
    assert not monthly.duplicated(["scenario", "point", "run", "service", "month"]).any()


@pytest.mark.portable
def test_the_counts_are_those_of_the_trajectories(cut: Path) -> None:
    monthly, tallies = pd.read_parquet(cut / "monthly"), pd.read_parquet(cut / "tables" / "tallies.parquet")
    assert (tallies["runs"] == 5).all()
    each = monthly.groupby(["scenario", "point", "run", "month", "state"], observed=True).size().reset_index(name="count")
    each["square"] = each["count"] ** 2
    expected = each.groupby(["scenario", "point", "month", "state"], observed=True)[["count", "square"]].sum().reset_index()
    states = set(monthly["state"].cat.categories)
    region = tallies[(tallies["group"] == "region") & tallies["measure"].isin(states)]
    both = region.merge(
        expected.astype({"scenario": str, "state": str}).rename(columns={"state": "measure"}),
        on=["scenario", "point", "month", "measure"], how="outer", indicator=True,
    )  # fmt: skip
    assert set(both["_merge"]) == {"both"}
    assert both["total"].tolist() == both["count"].tolist()
    assert both["squares"].tolist() == both["square"].tolist()


@pytest.mark.portable
def test_the_data_hash_of_a_dataset_is_that_of_one_table(folder: Path, cut: Path) -> None:
    for place in (folder, cut):
        assert check_folder(place, deep=True) == []
    assert read_declaration(folder / "tables" / "summary.parquet").name == "summary"
    manifest = manifest_of(folder)
    found = data_hash_of(folder / "tables" / "tallies.parquet")
    assert found == manifest["tables"]["tallies"]["data_hash"]


@pytest.mark.portable
def test_a_sweeps_folder_opens_like_a_runs(folder: Path, study: Study) -> None:
    run = Run.open(folder)
    assert set(run.tables) == {"points", "summary", "tallies", "fidelity_counts", "survival_counts"}
    assert len(run.table("points")) == 8
    assert run.manifest["kind"] == "sweep"
    assert run.manifest["plan_hash"] == study.hash
    assert run.manifest["datasets"]["runs"]["rows"] == 40
    assert "failures" not in run.tables
    listed = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"store.json", "study.json", "codebook.csv", "codebook.md", "log.jsonl", "manifest.json"} <= listed
    codebook = pd.read_csv(folder / "codebook.csv")
    assert {"runs", "monthly", "tallies", "summary", "points"} <= set(codebook["table"])
    assert f"Parameter values: {study.values_in_words}." in (folder / "codebook.md").read_text(encoding="utf-8")
    assert not [name for name in listed if name.startswith(".")]
    assert stored_study(folder).hash == study.hash


@pytest.mark.filterwarnings(DEPRECATED)
def test_a_sweeps_folder_is_a_crate(folder: Path, tmp_path: Path) -> None:
    assert issues_of(folder, tmp_path) == []
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    crate = json.loads((broken / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    (root,) = [one for one in crate["@graph"] if one["@id"] == "./"]
    del root["datePublished"]
    (broken / "ro-crate-metadata.json").write_text(json.dumps(crate), encoding="utf-8")
    assert issues_of(broken, tmp_path)  # the control


@pytest.mark.portable
def test_members_have_their_weights(tmp_path: Path) -> None:
    study = made(ensemble=MEMBERS, replicates=3, factors=TWO)
    swept(study, tmp_path / "a", blocks=[Block(4, 6)] * 2)
    swept(study, tmp_path / "b", blocks=[Block(1, 1), Block(1, 5)])
    assert data(tmp_path / "a") == data(tmp_path / "b")
    runs = pd.read_parquet(tmp_path / "a" / "runs")
    assert runs["member"].tolist() == [0, 1] * 24
    summary = pd.read_parquet(tmp_path / "a" / "tables" / "summary.parquet")
    weighted = 0
    for (scenario, point), mine in runs.groupby(["scenario", "point"], observed=True):
        its = (summary["scenario"] == scenario) & (summary["point"] == point) & (summary["outcome"] == "posts_delivering")
        there = summary[its].iloc[0]
        weights = np.where(mine["member"] == 0, 0.5, 1.5)
        assert mine["weight"].tolist() == weights.tolist()
        # added up in another order than numpy's
        assert there["mean"] == pytest.approx(np.average(mine["posts_delivering"], weights=weights), rel=1e-13)
        weighted += int(abs(there["mean"] - mine["posts_delivering"].mean()) > 1e-9)
    assert weighted > 5
    even = made(ensemble={name: values for name, values in MEMBERS.items() if name != "weight"}, replicates=3, factors=TWO)
    swept(even, tmp_path / "c")
    unweighted = pd.read_parquet(tmp_path / "c" / "runs")
    assert set(unweighted["weight"]) == {1.0}
    assert unweighted.drop(columns="weight").equals(runs.drop(columns="weight"))  # weights change no run
    assert data(tmp_path / "c")["summary"] != data(tmp_path / "a")["summary"]


@pytest.mark.parametrize("keep", [["outcomes"], ["aggregates"], ["monthly"], ["monthly", "aggregates"]])
def test_only_what_is_to_be_kept_is_there(folder: Path, tmp_path: Path, keep: list[str]) -> None:
    swept(made(factors=TWO, keep=keep), tmp_path / "sweep")
    kinds = {path.name for path in (tmp_path / "sweep").iterdir() if path.is_dir()} - {"jobs", "tables"}
    of = {"outcomes": {"runs"}, "aggregates": {"tallies", "fidelity_counts", "survival_counts"}, "monthly": {"monthly"}}
    assert kinds == set().union(*(of[one] for one in keep))
    found, whole = data(tmp_path / "sweep"), data(folder)
    assert {"points": whole["points"]} | found == {name: whole[name] for name in found}  # none depends on the others
    assert ("summary" in found) == ("outcomes" in keep)


def test_scenarios_of_other_horizons(tmp_path: Path) -> None:
    scenarios = [read_scenario("nine-services", months=26), read_scenario("all-active", months=13)]
    study = made(scenarios=scenarios, months=None, replicates=2, factors=TWO)
    swept(study, tmp_path / "a")
    swept(study, tmp_path / "b", blocks=[Block(1, 1), Block(3, 2)])
    assert data(tmp_path / "a") == data(tmp_path / "b")
    months = pd.read_parquet(tmp_path / "a" / "tables" / "tallies.parquet").groupby("scenario", observed=True)["month"].max()
    assert months.to_dict() == {"nine-services": 26, "all-active": 13}
    alone = made(scenarios=[read_scenario("all-active", months=13)], months=None, replicates=2, factors=TWO)
    swept(alone, tmp_path / "alone")
    mine = pd.read_parquet(tmp_path / "a" / "runs").query("scenario == 'all-active'")
    assert equal(mine["posts_delivering"], pd.read_parquet(tmp_path / "alone" / "runs")["posts_delivering"])


def test_two_thousand_services(tmp_path: Path) -> None:
    study = made(scenarios=["national"], factors={"switch.turnover": ["on", "off"]}, replicates=2, months=4)
    swept(study, tmp_path / "a")
    swept(study, tmp_path / "b", blocks=[Block(1, 1)])
    assert data(tmp_path / "a") == data(tmp_path / "b")
    tallies = pd.read_parquet(tmp_path / "a" / "tables" / "tallies.parquet")
    assert set(tallies["group"]) == {"region", "leader", "posts"}
    assert tallies.query("group == 'region' and month == 4 and measure in ['sustained', 'dormant', 'never_started', 'drifted', "
                         "'abandoned', 'shrunken', 'not_started']")["total"].sum() > 2000  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------- failures


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Points with a vacant leader and one of two settings cannot be; two runs have an infinite outcome."""
    settings, vector = work.with_settings, work.outcome_vector

    def refuses(scenario: Any, given: Any) -> Any:
        if given.get("services.D.leader") == "vacant":
            raise ValueError("nobody\tleads")
        return settings(scenario, given)

    def infinite(plan: Any, batches: Any, names: Any) -> Any:
        found = vector(plan, batches, names)
        hours = plan.parameters["hours_protected"][batches[0].members]
        found["helped_per_post"][(hours == 8.0) & (batches[0].replicates == 3)] = np.inf
        return found

    with monkeypatch.context() as patch:
        patch.setattr(work, "with_settings", refuses)
        patch.setattr(work, "outcome_vector", infinite)
        yield


@pytest.mark.portable
def test_failures_are_rows_whatever_the_jobs(study: Study, folder: Path, failing: None, tmp_path: Path) -> None:
    done = swept(study, tmp_path / "a", blocks=WHOLE)
    assert (done.failed, done.lost, done.complete) == (2 * (2 * 5 + 1), 0, True)
    found = pd.read_parquet(tmp_path / "a" / "tables" / "failures.parquet")
    settings = [json.loads(one) for one in found["settings"]]
    assert [one == study.design.settings(point) for one, point in zip(settings, found["point"], strict=True)] == [True] * 6
    cannot = found[found["stage"] == "resolve"]
    assert (cannot["runs"] == 5).all()
    assert set(cannot["message"]) == {"nobody leads"}
    infinite = found[found["stage"] == "measure"]
    assert infinite[["run", "runs"]].to_numpy().tolist() == [[3, 1]] * 2
    assert list(infinite["command"][:1]) == ["sustain rerun . 0:2:3"]
    assert manifest_of(tmp_path / "a")["title"] == "Small — 22 of 40 runs failed"
    for at, blocks in enumerate((CUT, [Block(3, 5), Block(1, 4)])):
        swept(study, tmp_path / str(at), blocks=blocks)
        assert data(tmp_path / str(at)) == data(tmp_path / "a")
    good, whole = pd.read_parquet(tmp_path / "a" / "runs"), pd.read_parquet(folder / "runs")
    both = good.merge(whole, on=["scenario", "point", "run"], suffixes=("", "_"))
    assert len(both) == len(good) == 18
    assert equal(both["posts_delivering"], both["posts_delivering_"])
    again = swept(study, tmp_path / "a")  # nothing is to be done, but they have failed all the same
    assert (again.failed, again.complete) == (22, True)


def test_failing_fast_keeps_what_is_finished(study: Study, failing: None, tmp_path: Path) -> None:
    with pytest.raises(FailedFast) as caught:
        swept(study, tmp_path / "a", blocks=CUT, fail_fast=True)
    assert caught.value.failure.type in {"ValueError", "ArithmeticError"}
    done = PartStore.open(tmp_path / "a").names()
    assert done == [job.name for job in jobs_of(study, CUT, PartStore.open(tmp_path / "a").identity["code"])][: len(done)]
    assert 0 < len(done) < 10
    swept(study, tmp_path / "a")
    swept(study, tmp_path / "b", blocks=CUT)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_nothing_but_failures(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise ValueError("never")

    monkeypatch.setattr(work, "resolve", never)
    done = swept(study, tmp_path / "a", report=True)
    assert done.failed == 40
    summary = pd.read_parquet(tmp_path / "a" / "tables" / "summary.parquet")
    assert (summary["runs"] == 0).all()
    assert summary["mean"].isna().all()
    assert "40 of 40 runs failed" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")


def test_a_larger_study_under_way_is_not_pruned_by_a_smaller_one(tmp_path: Path) -> None:
    small, large = made(replicates=20, factors=TWO), made(replicates=50, factors=TWO)
    out = tmp_path / "sweep"

    class Meanwhile(Watcher):
        """Another process begins with more replicates, and ends, while the smaller sweep computes."""

        def ran(self, runs: int, failed: int) -> None:
            if stored_study(out).replicates == 20:
                swept(large, out)

    swept(small, out, watcher=Meanwhile())
    assert stored_study(out).replicates == 50
    assert len(pd.read_parquet(out / "runs")) == large.total
    swept(large, tmp_path / "fresh")
    assert data(out) == data(tmp_path / "fresh")


def test_merging_a_smaller_folder_into_a_larger_one_loses_nothing(tmp_path: Path) -> None:
    swept(made(replicates=20, factors=TWO), tmp_path / "small")
    swept(made(replicates=20, factors=TWO), tmp_path / "large")
    swept(made(replicates=50, factors=TWO), tmp_path / "large")
    before = data(tmp_path / "large")
    assert merge([tmp_path / "small"], tmp_path / "large", report=False).complete
    assert data(tmp_path / "large") == before
    assert stored_study(tmp_path / "large").replicates == 50
