import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from experiments.executors import clusters, waiting
from experiments.executors.many import run_many
from experiments.executors.pools import KINDS, WorkersLost, WrongWorker, borrowed, cluster_pool, pool_of
from sim.problems import BadInput
from sim.processors import processors
from sim.store.hashing import code_identity, text_hash
from tests.experiments.executors.many_work import PATIENT, Task, do

ROOT = Path(__file__).resolve().parents[3]


def problems_of(make, *args, **options):
    with pytest.raises(BadInput) as caught:
        make(*args, **options)
    return caught.value.problems


def numbers(pool, count=5):
    found = []
    run_many(abs, range(count), pool, finished=lambda _, result: found.append(result), failed=found.append)
    return sorted(found)


# ------------------------------------------------------------------------------------------------------------------ this machine


def test_every_problem_at_once():
    found = problems_of(pool_of, "proceses", 0)
    assert [one.where for one in found] == ["executor", "workers"]
    assert found[0].hint == "did you mean 'processes'?"


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_and_numbers_of_workers(kind):
    with pool_of(kind, 3) as pool:
        assert (pool.kind, pool.workers) == (kind, 1 if kind == "serial" else 3)
    with pool_of(kind) as pool:
        assert pool.workers == (1 if kind == "serial" else processors())


def test_a_pool_starts_what_it_needs_when_it_needs_it():
    before = threading.active_count()
    with pool_of("threads", 2) as pool:
        assert threading.active_count() == before
        assert numbers(pool) == [0, 1, 2, 3, 4]
        assert threading.active_count() > before
        assert pool.renew(OSError())
        assert numbers(pool) == [0, 1, 2, 3, 4]
    assert threading.active_count() == before


def test_a_lent_executor_says_how_many_workers_it_has():
    with ThreadPoolExecutor(3) as executor:
        pool = borrowed(executor)
        assert (pool.kind, pool.workers, borrowed(executor, 5).workers) == ("borrowed", 3, 5)
        assert not pool.renew(OSError())


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from experiments.executors.many import run_many\n"
        "from experiments.executors.pools import pool_of\n"
        "with pool_of('processes', 2) as pool:\n"
        "    run_many(abs, range(4), pool, finished=print, failed=print)\n",
        encoding="utf-8",
    )
    found = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENT, check=False)
    assert (found.returncode, found.stdout) == (1, "")
    assert "no worker process could be started: BrokenProcessPool" in found.stderr  # the last word, of the first process
    assert "hint: a script that uses processes needs `if __name__ == '__main__':`" in found.stderr.splitlines()[-1]


# ----------------------------------------------------------------------------------------------------------------------- clusters


@contextmanager
def cluster_elsewhere(workers=1):
    """A scheduler that is not ours; whose processes do the work is no matter here, so that none is begun."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
        processes=False, protocol="tcp",
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.mark.parametrize(
    "text", ["", "local", "local:0", "local:two", "tcp://host", "tcp://:8786", "http://host:80", "tcp://h:99999"]
)
def test_text_that_names_no_cluster(text):
    (found,) = problems_of(cluster_pool, text)
    assert found.where == f"--cluster {text}"
    assert "neither an address nor a file" in found.what
    assert "tcp://host:port" in found.allowed


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_out_that_is_none(seconds):
    (found,) = problems_of(cluster_pool, "local:1", timeout=seconds)
    assert found.where == "timeout"


def test_dask_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    (found,) = problems_of(cluster_pool, "local:1")
    assert found.what == "Dask is not installed"
    assert found.hint == "pip install 'practice-sustainment[cluster]'"


def test_a_scheduler_out_of_reach(capfd):
    with socket.socket() as silent:  # takes the connection and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        for _ in range(2):  # second round: nothing listens
            (found,) = problems_of(cluster_pool, f"tcp://127.0.0.1:{port}", timeout=0.2)
            assert found.where == f"--cluster tcp://127.0.0.1:{port}"
            assert f"no scheduler answers at tcp://127.0.0.1:{port} within 0.2 s" in found.what
            assert "dask scheduler" in found.hint
            silent.close()
    assert capfd.readouterr() == ("", "")


def test_tls_without_certificates():
    (found,) = problems_of(cluster_pool, "tls://127.0.0.1:8786", timeout=0.2)
    assert "no scheduler answers" in found.what


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "there is no such file"),
        ("{", "the file is not JSON"),
        ("\xff", "the file is not JSON"),
        ("{}", "the file names no 'address'"),
        ("[1]", "the file names no 'address'"),
        ("folder", "the file cannot be read"),
    ],
)
def test_a_faulty_scheduler_file(content, what, tmp_path):
    path = tmp_path / "scheduler.json"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content.encode("latin-1"))
    (found,) = problems_of(cluster_pool, str(path), timeout=0.1)
    assert found.what.startswith(what)
    assert found.what.endswith("after 0.1 s")
    assert "--scheduler-file" in found.hint


def test_a_scheduler_file_that_comes_a_little_later(tmp_path):
    path = tmp_path / "scheduler.json"
    with cluster_elsewhere() as cluster:
        text = json.dumps({"address": cluster.scheduler_address})
        writer = threading.Timer(0.2, lambda: path.write_text(text, encoding="utf-8"))
        writer.start()
        with cluster_pool(str(path), timeout=PATIENT) as pool:
            assert (pool.kind, pool.workers) == ("cluster", 1)
            assert numbers(pool) == [0, 1, 2, 3, 4]
        writer.join()
        with cluster_pool(cluster.scheduler_address, timeout=PATIENT) as pool:  # the first has left the cluster alone
            assert numbers(pool) == [0, 1, 2, 3, 4]


def comes(what, seconds=PATIENT):
    """Whether something becomes so."""
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    return what()


def test_new_workers_are_seen(monkeypatch):
    monkeypatch.setattr(clusters, "LOOKED", 0.0)
    with cluster_elsewhere() as cluster, cluster_pool(cluster.scheduler_address, timeout=PATIENT) as pool:
        assert pool.workers == 1
        cluster.scale(2)
        assert comes(lambda: pool.workers == 2)


def test_a_scheduler_without_workers():
    from distributed import Client

    with cluster_elsewhere(0) as cluster, Client(cluster, timeout=PATIENT, set_as_default=False) as client:
        (found,) = problems_of(clusters._wait_for_worker, client, label="--cluster tcp://here", timeout=0.2)
        assert found.where == "--cluster tcp://here"
        assert "has no workers after 0.2 s" in found.what
        assert found.hint == f"start some: `dask worker {cluster.scheduler_address}`"


def worker_at(address, folder):
    """A worker that imports what is in a folder before anything else."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard", "--no-nanny", "--nthreads", "1"]
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_workers_of_other_code_are_refused(tmp_path):
    older, study, none = (tmp_path / name for name in ("older", "study", "none"))
    for folder in (older, study, none):
        shutil.copytree(ROOT / "experiments", folder / "experiments", ignore=shutil.ignore_patterns("__pycache__"))
    for folder, changed in ((older, "sim/rules.py"), (study, "experiments/sweeps/work.py")):
        shutil.copytree(ROOT / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
        with (folder / changed).open("a", encoding="utf-8") as stream:
            stream.write("# another version\n")
    (none / "sim").mkdir()
    (none / "sim" / "__init__.py").touch()
    with cluster_elsewhere() as cluster:
        workers = [worker_at(cluster.scheduler_address, folder) for folder in (older, study, none)]
        try:
            assert comes(lambda: len(cluster.scheduler.workers) == 4)
            found = problems_of(cluster_pool, cluster.scheduler_address, timeout=PATIENT)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    theirs = [code_of(folder)[:8] for folder in (older, study)]
    ours = clusters.our_code()[:8]
    assert len(found) == 3  # the fourth has our code
    assert sorted(" ".join(one.what.split()[2:6]) for one in found) == sorted(
        ["cannot run this program:", *(f"has code {one}, not" for one in theirs)]
    )
    assert {one.allowed for one in found} == {f"workers with code {ours}"}
    assert "No module named" in "".join(one.what for one in found)


def code_of(folder):
    return text_hash(code_identity(folder / "sim") + code_identity(folder / "experiments"))


def test_a_worker_of_other_code_that_joins_later_does_nothing():
    assert clusters.our_code() == code_of(ROOT)
    assert clusters._with_our_code(clusters.our_code(), abs, -3) == 3
    with pytest.raises(WrongWorker, match=f"has code {clusters.our_code()[:8]}, not 12345678"):
        clusters._with_our_code("1234567890", abs, -3)


def test_such_a_worker_ends_the_run():
    class Wrong(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            return super().submit(clusters._with_our_code, "1234567890", fn, *args)

    with Wrong(1) as executor:
        failures = []
        with pytest.raises(BadInput) as caught:
            run_many(abs, [1], borrowed(executor), finished=print, failed=failures.append)
    assert caught.value.problems[0].where == "cluster"
    assert failures == []


@contextmanager
def cluster_of_processes(folder, *, answers):
    """Scheduler and worker as processes that can be stopped and killed, and a pool that soon misses workers.

    Within ``answers`` seconds a scheduler that is connected to again must answer: many where it lives, as it may be busy.
    """
    path = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1"]
    with subprocess.Popen([*command, "--scheduler-file", str(path)], cwd=ROOT, stderr=subprocess.DEVNULL) as scheduler:
        worker = None
        try:
            worker = worker_at(clusters._address_in(path, label="test", timeout=PATIENT), ROOT)
            with cluster_pool(str(path), timeout=PATIENT) as pool:
                pool._timeout = 0.4
                pool._reach = clusters.partial(pool._reach.func, *pool._reach.args, label="test", timeout=answers)
                yield pool, scheduler, worker
        finally:
            for process in (scheduler, worker):
                if process is not None:
                    process.kill()
                    process.wait()


def lose(tmp_path, how, *, answers=0.4):
    """Run jobs, lose what runs them after the first; what was finished, and the problem."""
    results = {}
    with cluster_of_processes(tmp_path, answers=answers) as (pool, scheduler, worker):

        def finished(job, result):
            if not results:
                how(pool, scheduler, worker)
            results[job.number] = result

        with pytest.raises(WorkersLost) as caught:
            run_many(do, (Task(number, "dawdle") for number in range(100_000)), pool, finished=finished, failed=print)
    assert results == {number: number * number for number in results}
    assert 1 <= len(results) < 100_000
    assert caught.value.status == 1
    (found,) = caught.value.problems
    assert "the cluster was lost in the middle of the work (" in found.what
    assert found.hint.startswith("what is finished is kept, and the same command goes on; ")
    return found


def test_a_scheduler_that_is_lost_mid_run(tmp_path):
    found = lose(tmp_path, lambda _pool, scheduler, _worker: scheduler.kill())
    assert "no scheduler answers" in found.what


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_a_scheduler_that_falls_silent_mid_run(tmp_path, monkeypatch, capsys):
    """Its connections stay open: nothing but its silence tells."""
    monkeypatch.setattr(clusters, "LOOKED", 0.2)

    def stop(pool, scheduler, _):
        """Only now is silence short: a scheduler that is busy before may take its time."""
        scheduler.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(waiting, "SAID", 0.2)
        monkeypatch.setattr(clusters, "CLOSING", 0.4)
        pool._pulse._silence.borne = 0.6

    found = lose(tmp_path, stop)
    assert "(the scheduler has not answered for " in found.what
    assert "no scheduler answers" in found.what
    assert ": the scheduler has not answered for " in capsys.readouterr().err


def test_a_cluster_whose_workers_leave_for_good(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(clusters, "LOOKED", 0.2)
    monkeypatch.setattr(waiting, "SAID", 0.2)
    monkeypatch.setattr(waiting, "WORKERLESS", 0.6)

    found = lose(tmp_path, lambda _pool, _scheduler, worker: worker.kill(), answers=PATIENT)
    assert "(the cluster has had no workers for " in found.what
    assert "has no workers after 0.4 s" in found.what
    assert "jobs wait for 1 s at most" in capsys.readouterr().err


def test_loggers_are_as_before(capfd):
    names = ("distributed", "distributed.client", "distributed.nanny", "tornado", "asyncio")
    before = [logging.getLogger(name).level for name in names]
    with cluster_pool("local:1", timeout=PATIENT) as pool:
        assert logging.getLogger("distributed.client").level > logging.CRITICAL
        results = []
        run_many(do, [Task(1), Task(2, "fail")], pool, finished=lambda job, _: results.append(job.number), failed=results.append)
        assert results[0] == 1
    assert [logging.getLogger(name).level for name in names] == before
    assert capfd.readouterr() == ("", "")
