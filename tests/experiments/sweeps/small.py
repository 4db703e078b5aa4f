"""Small studies and what is compared of their folders, for the tests of sweeps."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.executors.pools import Pool, pool_of
from experiments.sweeps.jobs import Block
from experiments.sweeps.reading import study_of
from experiments.sweeps.running import Swept, sweep
from experiments.sweeps.study import Study

FACTORS: dict[str, Any] = {
    "hours_protected": [1.0, 8.0],
    "services.D.leader": ["active", "vacant"],
    "switch.turnover": ["on", "off"],
}
MEMBERS = {"chance_waits": [0.03, 0.05], "months_delivery_window": [3.0, 6.0], "weight": [1.0, 3.0]}

TIMED = ("manifest.json", "ro-crate-metadata.json", "report.html", "log.jsonl", "store.json")
"""Files that tell of times, of the machine or of how many jobs there were."""


def made(**given: Any) -> Study:
    """Two scenarios, eight points, five runs each of thirteen months; the default values, or every member of an ensemble."""
    defaults: dict[str, Any] = {
        "scenarios": ["nine-services", "all-active"],
        "factors": FACTORS,
        "replicates": 5,
        "months": 13,
        "seed": 3,
        "name": "small",
        "title": "Small",
        "ensemble": None,
        "every_member": given.get("ensemble") is not None,
    }
    return study_of(**(defaults | given))


def swept(
    study: Study, folder: Path, *, pool: Pool | None = None, blocks: Sequence[Block] | None = None, **options: Any
) -> Swept:
    """Sweep without a report, one job after the other unless said otherwise."""
    return sweep(study, folder, pool=pool or pool_of("serial"), blocks=blocks, **({"report": False} | options))


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def data(folder: Path) -> dict[str, Any]:
    """Data hashes and rows of all tables and datasets."""
    manifest = manifest_of(folder)
    found = {name: (table["data_hash"], table["rows"]) for name, table in manifest["tables"].items()}
    return found | {f"all {name}": (one["data_hash"], one["rows"]) for name, one in manifest["datasets"].items()}


def files(folder: Path) -> dict[str, str]:
    """Every file by its hash, but for those that tell of times."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in TIMED)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything in a folder and when it was made; changes when anything is written."""
    found = [folder, *sorted(folder.rglob("*"))]
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in found
    }


def equal(one: Any, other: Any) -> bool:
    """Whether two arrays of numbers agree to the bit, NaN with NaN."""
    return bool(np.array_equal(np.asarray(one, float), np.asarray(other, float), equal_nan=True))
