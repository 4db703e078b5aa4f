"""Manifest and report of a gathered sweep."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.sweeps import ROOM
from experiments.sweeps.gather import Gathered
from experiments.sweeps.pairs import Runs
from experiments.sweeps.study import Study
from sim.figures.style import Pictures
from sim.store.parts import STORE, PartStore
from sim.store.writer import TABLES

COUNTS: Final = ("tallies", "fidelity_counts", "survival_counts")
REPORTED: Final = ("summary", "failures", *COUNTS)
"""Tables that the report reads; of the counts those of the region."""


def manifest_of(
    study: Study, store: PartStore, found: Gathered, *, started: datetime, timing: Mapping[str, float], folder: Path
) -> dict[str, Any]:
    """Manifest of a sweep, in the form of a run's: the study in the place of the scenario.

    Parameters
    ----------
    study : Study
    store : PartStore
    found : Gathered
    started : datetime.datetime
    timing : mapping of str to float
    folder : pathlib.Path

    Returns
    -------
    dict
        With ``datasets``: rows, parts and data hash of what the parts hold; ``failed``; ``study_runs``;
        ``gathered_by``: identity of the code that made the tables.
    """
    from sim.parameters import parameter_hash
    from sim.store.manifest import build_manifest

    records = np.concatenate([one.record() for one in study.scenarios])
    inputs = [name for name in (STORE, "study.json", "study.toml") if (folder / name).exists()]
    return build_manifest(
        title=study.title + failed_words(found.failed, study.total),
        scenario_name=study.name,
        scenario_text=study.text,
        plan_hash=study.hash,
        parameter_hash=parameter_hash(records),
        seed=study.seed,
        replicates=study.replicates,
        months=max(one.months for one in study.scenarios),
        engine="compiled",
        census=study.scenarios[0].table.census(),
        tables=found.tables,
        inputs=inputs,
        started=started,
        ended=datetime.now(UTC),
        timing=timing,
        extra={
            "kind": "sweep",
            "study_runs": study.total,
            "failed": found.failed,
            "datasets": found.datasets,
            "store": store.identity,
            "gathered_by": ROOM.identity(),
            "scenarios": [one.name for one in study.scenarios],
            "points": study.design.points,
            "members": study.members,
        },
    )


def failed_words(failed: int, total: int) -> str:
    """What a title says of failures; nothing when there are none.

    Examples
    --------
    >>> failed_words(3, 1200), failed_words(0, 10)
    (' — 3 of 1,200 runs failed', '')
    """
    return f" — {failed:,} of {total:,} runs failed" if failed else ""


def report_into(
    folder: Path, study: Study, found: Gathered, manifest: Mapping[str, Any], *, name: str, runs: Runs | None = None
) -> Pictures:
    """Write ``report.html`` from the tables that are in a folder.

    Parameters
    ----------
    folder : pathlib.Path
    study : Study
    found : Gathered
    manifest : mapping
    name : str
        What the folder is called.
    runs : callable, optional
        Gives every run of an outcome, as :func:`experiments.sweeps.pairs.stored_runs` makes it.

    Returns
    -------
    Pictures
        Those in it, with those that could not be drawn.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from experiments.sweeps.report import write_sweep_report

    frames = {}
    for one in found.tables:
        if one.name not in REPORTED:
            continue
        where = pc.field("group") == "region" if one.name in COUNTS else None  # of many points, the rest would fill the memory
        frames[one.name] = pq.read_table((folder / TABLES / f"{one.name}.parquet").absolute(), filters=where).to_pandas()
    return write_sweep_report(folder, study=study.machine_form(), frames=frames, manifest=manifest, name=name, runs=runs)
