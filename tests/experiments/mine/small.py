"""A described service, and worlds of it, for tests of one's own service."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from experiments.mine.reading import Mine, read_mine
from sim.ensembles import read_ensemble
from sim.world import World, prepare

SERVICE: Final = """\
schema_version = 1
name = "ours"
title = "Ours"
question = "What may come?"
baseline = ""
months = 48

[[services]]
name = "Ours"
setting = "primary"
staff = 14
posts = 4
leader = "passive_supportive"
signal = "left_to_practitioners"
selection = "in_passing"
format = "individual"
pool = 12
inflow = 1.0
"""

SEEN: Final = """
[seen]
now = 18
delivering = [{ month = 12, posts = 4, tolerance = 1 }, { month = 18, posts = 2 }]
"""


def file_of(folder: Path, seen: str = SEEN, service: str = SERVICE) -> Path:
    """Write a file; gives its place."""
    path = folder / "ours.toml"
    path.write_text(service + seen, encoding="utf-8")
    return path


def mine_of(folder: Path, seen: str = SEEN, service: str = SERVICE) -> Mine:
    """Read what :func:`file_of` writes."""
    return read_mine(file_of(folder, seen, service))


def world_of(mine: Mine) -> World:
    """World of a service over the plausible ensemble."""
    return prepare(replace(mine.scenario, ensemble=read_ensemble()))
