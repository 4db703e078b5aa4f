"""Fixtures of tests that write many files."""

import os
from collections.abc import Callable, Iterator

import pytest

from experiments.kit import identity
from sim.store import placing


@pytest.fixture(scope="module")
def unsynced() -> Iterator[None]:
    """Nothing waits for the disk: for modules that are not about power cuts, where waiting would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "sync_folder", lambda *_: None)
        patch.setattr(os, "fsync", lambda *_: None)
        yield


@pytest.fixture
def changed_code(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From the call on, the code is another one: that of all runs, or only what is judged by."""

    def change(*, runs: bool = True) -> None:
        known = identity._identity

        def other(room: identity.Room, *, judged: bool) -> str:
            return ("d" if judged else "e") * 64 if runs or judged else known(room, judged=judged)

        monkeypatch.setattr(identity, "_identity", other)

    return change
