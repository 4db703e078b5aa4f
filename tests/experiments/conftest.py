"""Fixtures of tests that write many files."""

import os
from collections.abc import Iterator

import pytest

from sim.store import placing


@pytest.fixture(scope="module")
def unsynced() -> Iterator[None]:
    """Nothing waits for the disk: for modules that are not about power cuts, where waiting would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "sync_folder", lambda *_: None)
        patch.setattr(os, "fsync", lambda *_: None)
        yield
