"""How long a sweep takes and how large it gets, before it is begun."""

from dataclasses import replace
from time import perf_counter
from typing import Any

from experiments.sweeps.jobs import Job, blocks_of, job_count, jobs_of, single
from experiments.sweeps.study import Study
from experiments.sweeps.work import compute


def foretold(study: Study, workers: int) -> dict[str, Any]:
    """Foretell a sweep from the first job of each scenario, done on this machine.

    Parameters
    ----------
    study : Study
    workers : int
        Jobs that run at a time.

    Returns
    -------
    dict
        ``runs``, ``jobs``, ``service_years``, ``seconds``, ``bytes``, ``workers``.
    """
    blocks = blocks_of(study)
    first: dict[int, Job] = {}
    for job in jobs_of(study, blocks, ""):
        first.setdefault(job.scenario, job)
        if len(first) == len(study.scenarios):
            break
    seconds = size = years = 0.0
    for at, scenario in enumerate(study.scenarios):
        job = first[at]
        compute(single(study, at, 0, 0))  # compiled, and what is looked up once
        before = perf_counter()
        part = compute(job)
        runs = study.design.points * study.runs
        seconds += (perf_counter() - before) * runs / job.total / workers
        # a job's aggregates take as much room for many runs as for a few, so it is jobs that count
        size += sum(len(one.content) for one in part.files) * job_count(
            replace(study, scenarios=(scenario,)), blocks[at : at + 1]
        )
        years += len(scenario.services) * scenario.months / 12 * runs
    return {
        "runs": study.total,
        "jobs": job_count(study, blocks),
        "service_years": years,
        "seconds": seconds,
        "bytes": size,
        "workers": workers,
    }
