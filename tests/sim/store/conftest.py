"""A small table of every declared type, and a finished results folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sim.columns import Column, Table
from sim.store.folder import ResultsFolder
from sim.store.manifest import build_manifest, finish
from sim.store.writer import write_codebook, write_table

SMALL = Table(
    "service_months",
    ("replicate", "service", "month"),
    (
        Column("replicate", "i4", "count", "Replicate."),
        Column("service", "i2", "", "Service.", ("Ålesund", 'B, "quoted"', "never used")),
        Column("month", "i8", "months", "Month since training."),
        Column("status", "i1", "", "What most practitioners do.", ("full use", "waiting", "stopped")),
        Column("fidelity", "f8", "1-5", "True fidelity | mean."),
    ),
    "One row a service and month.",
)


@pytest.fixture
def table() -> Table:
    return SMALL


@pytest.fixture
def rows() -> dict[str, np.ndarray]:
    count = 5 * 2 * 7
    index = np.arange(count)
    return {
        "replicate": (index // 14).astype("i4"),
        "service": (index // 7 % 2).astype("i2"),
        "month": (index % 7).astype("i8"),
        "status": np.random.default_rng(3).integers(0, 3, count).astype("i1"),
        "fidelity": np.random.default_rng(4).uniform(1, 5, count),
    }


@pytest.fixture
def make_results(tmp_path: Path, rows: dict[str, np.ndarray]) -> Callable[..., Path]:
    def make(name: str = "run", *, csv: bool = False, **changes: object) -> Path:
        arguments: dict = {
            "title": "Nine services",
            "scenario_name": "nine-services",
            "scenario_text": "question = 'what lasts?'\n",
            "plan_hash": "a" * 64,
            "parameter_hash": "b" * 64,
            "seed": 7,
            "replicates": 5,
            "months": 7,
            "engine": "compiled",
            "started": datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
            "ended": datetime(2025, 1, 2, 3, 4, 9, tzinfo=UTC),
            "timing": {"run": 1.25, "tables": 0.5},
            "census": "61 parameters: 14 evidence, 0 calibrated, 47 assumption.",
            "inputs": ["scenario.toml"],
        }
        with ResultsFolder(tmp_path / name) as working:
            record = write_table(working, SMALL, rows, csv=csv)
            write_codebook(working, [SMALL])
            (working / "scenario.toml").write_text("question = 'what lasts?'\n", encoding="utf-8")
            (working / "figures").mkdir()
            (working / "figures" / "status over time.svg").write_text("<svg/>", encoding="utf-8")
            finish(working, build_manifest(**{**arguments, "tables": [record], **changes}))
        return tmp_path / name

    return make
