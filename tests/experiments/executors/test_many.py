import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from experiments.executors.many import FailedFast, run_many
from experiments.executors.pools import borrowed, pool_of
from sim.problems import BadInput
from tests.experiments.executors.many_work import PATIENT, Task, do, pool_called
from tests.thoroughly import some

ROOT = Path(__file__).resolve().parents[3]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are told and limited otherwise there")


def done(jobs, pool, work=do, **options):
    """Results by number, in the order in which they came, and failures."""
    results, failures = {}, []

    def finished(job, result):
        assert job not in results
        results[job] = result

    run_many(work, jobs, pool, finished=finished, failed=failures.append, **options)
    return {job.number: result for job, result in results.items()}, failures


# ---------------------------------------------------------------------------------------------------------------- any executor


@pytest.mark.portable
@pytest.mark.parametrize("name", ["serial", "threads", "processes", "local:2", "lent threads", "lent processes"])
def test_same_results_on_any_executor(name):
    jobs = [Task(number, "fail" if number in {4, 17} else "dawdle") for number in range(40)]
    if name.startswith("lent"):
        with ThreadPoolExecutor(3) if name.endswith("threads") else spawned() as executor:
            results, failures = done(jobs, borrowed(executor))
            assert executor.submit(len, "ours").result() == 4  # it was not shut down
    else:
        with pool_called(name) as pool:
            results, failures = done(jobs, pool)
    assert results == {number: number * number for number in range(40) if number not in {4, 17}}
    assert sorted((one.job.number, one.stage, one.type, one.message, one.attempts) for one in failures) == [
        (number, "job", "ValueError", f"task {number} cannot be done", 1) for number in (4, 17)
    ]
    assert all('raise ValueError(f"task {task.number}' in one.traceback for one in failures)


def spawned():
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


def test_jobs_end_in_another_order_than_they_began():
    """The test above means little unless this holds."""
    with pool_of("threads", 4) as pool:
        results, _ = done([Task(number, "dawdle") for number in range(40)], pool)
    assert list(results) != sorted(results)


def test_equal_jobs_are_each_done():
    with pool_called("local:1") as pool:
        found = []
        run_many(do, [Task(3)] * 5, pool, finished=lambda _, result: found.append(result), failed=found.append)
    assert found == [9] * 5


def test_no_jobs():
    with pool_of("processes", 1) as pool:
        assert done([], pool) == ({}, [])


# ------------------------------------------------------------------------------------------------------------ bounded in flight


def most_in_flight(pool, **options):
    """Most jobs drawn and not yet handed over."""
    drawn = handed = most = 0

    def jobs():
        nonlocal drawn, most
        for number in range(30):
            drawn += 1
            most = max(most, drawn - handed)
            yield Task(number, "dawdle")

    def finished(job, result):
        nonlocal handed
        assert threading.current_thread() is threading.main_thread()
        handed += 1

    run_many(do, jobs(), pool, finished=finished, failed=print, **options)
    assert (drawn, handed) == (30, 30)
    return most


def test_only_so_many_are_in_flight():
    with pool_of("threads", 3) as pool:
        assert most_in_flight(pool) == 6
        assert most_in_flight(pool, ahead=2) == 2
        assert most_in_flight(pool, ahead=30) > 6  # the control
    with pool_of("serial") as pool:
        assert most_in_flight(pool) == 1


# ------------------------------------------------------------------------------------------------------------------ lost workers


@LINUX
@pytest.mark.parametrize("name", ["processes", "local:2"])
def test_a_worker_that_dies_loses_no_job(name, tmp_path):
    jobs = [Task(number, "die once" if number in {3, 11} else "dawdle", str(tmp_path)) for number in range(20)]
    with pool_called(name) as pool:
        results, failures = done(jobs, pool)
    assert results == {number: number * number for number in range(20)}
    assert failures == []
    tried = {number: len((tmp_path / str(number)).read_text().splitlines()) for number in range(20)}
    assert tried[3] == tried[11] == 2  # it did die
    assert len({(tmp_path / str(number)).read_text() for number in range(20)}) > 2


@LINUX
@pytest.mark.parametrize("name", ["processes", "local:2"])
def test_a_job_that_kills_its_worker_is_told_from_its_neighbours(name, tmp_path):
    import dask

    jobs = [Task(number, "die" if number == 5 else "dawdle", str(tmp_path)) for number in range(12)]
    import distributed  # noqa: F401 - its settings come with it: were it loaded within, they would go again at the end

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), pool_called(name) as pool:
        results, failures = done(jobs, pool, attempts=2)
    assert results == {number: number * number for number in range(12) if number != 5}
    assert [(one.job.number, one.stage, one.attempts) for one in failures] == [(5, "worker", 2)]
    assert failures[0].type == {"processes": "BrokenProcessPool", "local:2": "KilledWorker"}[name]
    assert len((tmp_path / "5").read_text().splitlines()) == 2


@LINUX
def test_a_dask_worker_restarted_mid_run(tmp_path):
    from distributed import Client, LocalCluster

    from experiments.executors.pools import cluster_pool

    restarted = []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster, Client(cluster) as client:
        before = set(client.run(os.getpid).values())

        def finished(job, result):
            results[job.number] = result
            if len(results) == 5:
                restarted.append(client.restart_workers(list(client.nthreads())[:1], timeout=PATIENT))

        results, failures = {}, []
        with cluster_pool(cluster.scheduler_address, timeout=PATIENT) as pool:
            run_many(do, [Task(number, "dawdle") for number in range(30)], pool, finished=finished, failed=failures.append)
        after = set(client.run(os.getpid).values())
    assert len(restarted) == 1
    assert len(before & after) == 1
    assert failures == []
    assert results == {number: number * number for number in range(30)}


@LINUX
def test_a_worker_that_dies_while_it_writes_its_result(tmp_path):
    jobs = [Task(number, "die writing once" if number == 2 else "dawdle", str(tmp_path)) for number in range(6)]
    with pool_of("processes", 2) as pool:
        results, failures = done(jobs, pool)
    assert results == {number: number * number for number in range(6)}
    assert failures == []


@LINUX
def test_memory_that_runs_out_in_a_worker(tmp_path):
    jobs = [Task(number, "exhaust" if number == 2 else "dawdle", str(tmp_path)) for number in range(10)]
    with pool_of("processes", 2) as pool:
        results, failures = done(jobs, pool)
    assert set(results) == set(range(10)) - {2}
    assert [(one.job.number, one.stage, one.type, one.attempts) for one in failures] == [(2, "worker", "MemoryError", 3)]
    assert len((tmp_path / "2").read_text().splitlines()) == 3


def test_want_of_processes_is_tried_again_and_other_errors_are_not():
    jobs = [Task(0, "short of processes"), Task(1, "fail"), Task(2)]
    results, failures = done(jobs, pool_of("serial"), attempts=2)
    assert results == {2: 4}
    assert [(one.job.number, one.stage, one.attempts) for one in failures] == [(0, "worker", 2), (1, "job", 1)]


def test_what_cannot_be_pickled_is_a_failure_of_its_job():
    with pool_of("processes", 1) as pool:
        results, failures = done([Task(0, "unpicklable"), Task(1), Task(2, "leave")], pool)
        assert results == {1: 1}
        assert [(one.job.number, one.stage, one.attempts) for one in failures] == [(0, "job", 3), (2, "job", 1)]
        assert failures[1].type == "SystemExit"
        _, failures = done([Task(0)], pool, work=lambda _: 0)
        assert [one.stage for one in failures] == ["job"]


def test_a_slip_of_the_executor_is_tried_again():
    class Slips(ThreadPoolExecutor):
        slips = 2

        def submit(self, fn, /, *args, **kwargs):
            future = super().submit(fn, *args, **kwargs)
            if self.slips:
                self.slips -= 1
                future = Future()
                future.set_exception(TypeError("cannot unpack non-iterable int object"))
            return future

    with Slips(1) as executor:
        assert done([Task(0), Task(1)], borrowed(executor)) == ({0: 0, 1: 1}, [])
        executor.slips = 2
        _, failures = done([Task(0)], borrowed(executor), attempts=2)
        assert [(one.stage, one.type, one.attempts) for one in failures] == [("job", "TypeError", 2)]


@LINUX
def test_an_executor_of_the_callers_that_breaks_is_not_replaced():
    with spawned() as executor, pytest.raises(BadInput) as caught:
        done([Task(0, "die"), Task(1)], borrowed(executor))
    assert caught.value.problems[0].where == "executor"
    assert "BrokenProcessPool" in caught.value.problems[0].what


def test_an_executor_that_was_shut_down_blames_no_job():
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    failures = []
    with pytest.raises(RuntimeError, match="after shutdown"):
        run_many(do, [Task(0)], borrowed(executor), finished=print, failed=failures.append)
    assert failures == []


# ---------------------------------------------------------------------------------------------------------------------- stopping


@pytest.mark.parametrize("name", ["serial", "threads", "processes"])
def test_stop_at_the_first_failure(name):
    drawn, failures = [], []

    def jobs():
        for number in range(100):
            drawn.append(number)
            yield Task(number, "fail" if number == 3 else "dawdle")

    with pool_called(name) as pool:
        with pytest.raises(FailedFast, match="task 3 cannot be done") as caught:
            run_many(do, jobs(), pool, finished=lambda *_: None, failed=failures.append, fail_fast=True)
        assert failures == [caught.value.failure]
        assert len(drawn) <= 4 + 2 * pool.workers
        assert done([Task(7)], pool) == ({7: 49}, [])  # the pool can be used again


def test_stop_when_asked():
    handed = []
    with pool_of("threads", 2) as pool:
        jobs = (Task(number, "dawdle") for number in range(100))
        run_many(do, jobs, pool, finished=lambda job, _: handed.append(job), failed=print, stop=lambda: len(handed) >= 10)
    assert sorted(job.number for job in handed) == list(range(len(handed)))  # nothing that was begun is lost
    assert 10 <= len(handed) < 20


@pytest.mark.parametrize("name", ["serial", "threads", "processes", "local:1"])
def test_an_error_while_results_are_kept_ends_everything(name):
    failed_at = []

    def finished(job, result):
        failed_at.append(time.monotonic())
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space left"), pool_called(name) as pool:
        run_many(do, [Task(0), *(Task(1, "rest") for _ in range(4 * (name in {"processes", "local:1"})))], pool,
                 finished=finished, failed=print)  # fmt: skip


def test_cancelled_by_somebody_else_is_lost_and_not_failed():
    class Cancels(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with Cancels(1) as executor, pytest.raises(BadInput, match="CancelledError"):
        done([Task(0)], borrowed(executor))


def group_alive(group):
    """Whether a process of a group runs; one that has ended and waits to be collected does not."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, found = path.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if int(found) == group and state != "Z":
            return True
    return False


def vanishes(group, seconds):
    until = time.monotonic() + seconds
    while group_alive(group) and time.monotonic() < until:
        time.sleep(0.05)
    return not group_alive(group)


def interrupt(name, folder, number, *, whole_group):
    """Send a signal to a run under way; its status, what it printed, whether any process of it is left."""
    command = [sys.executable, "-m", "tests.experiments.executors.many_work", name, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            until = time.monotonic() + PATIENT
            while len(list(folder.iterdir())) < 2 and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            assert len(list(folder.iterdir())) == 2
            (os.killpg if whole_group else os.kill)(process.pid, number)
            if number == signal.SIGKILL:
                process.wait()
            told, said = process.communicate(timeout=PATIENT)
            assert vanishes(process.pid, PATIENT)
        finally:
            if group_alive(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, told, said


@LINUX
@pytest.mark.parametrize("name", ["processes", "local:2"])
def test_an_interrupt_leaves_no_process(name, tmp_path):
    """From the terminal, which tells the whole group, and by `kill`."""
    for whole_group in some([True, False], 1):
        place = tmp_path / str(whole_group)
        place.mkdir()
        assert interrupt(name, place, signal.SIGINT, whole_group=whole_group) == (130, "interrupted\n", ""), whole_group


@LINUX
@pytest.mark.parametrize("name", ["processes", "local:2"])
def test_workers_do_not_outlive_their_parent(name, tmp_path):
    status, told, _ = interrupt(name, tmp_path, signal.SIGKILL, whole_group=False)
    assert (status, told) == (-signal.SIGKILL, "")


@LINUX
def test_a_process_that_is_left_would_be_seen():
    code = "import subprocess; subprocess.Popen(['sleep', '30'])"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        process.wait()
        assert not vanishes(process.pid, 0.3)
        os.killpg(process.pid, signal.SIGKILL)
    assert vanishes(process.pid, PATIENT)


def test_workers_import_nothing_heavy():
    with pool_of("processes", 1) as pool:
        loaded = []
        run_many(heavy_modules, [0], pool, finished=lambda _, found: loaded.append(found), failed=print)
    assert loaded == [[]]


def heavy_modules(_):
    return sorted({"numpy", "pandas", "pyarrow", "numba", "dask", "distributed", "matplotlib", "typer"} & set(sys.modules))
