"""Loaded by a worker of a cluster before it works: it does the first job of a sweep, and is then held up for good."""

import threading

from experiments.sweeps import work


def held_up(compute, done):
    """The first job is computed; every other one is held up, so that whoever is to lose the worker can take his time."""

    def compute_or_wait(job):
        if done.is_set():
            threading.Event().wait()
        done.set()
        return compute(job)

    return compute_or_wait


if work.compute.__name__ == "compute":  # Dask loads a file twice
    work.compute = held_up(work.compute, threading.Event())
