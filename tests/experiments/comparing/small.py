"""Small comparisons for tests."""

from pathlib import Path
from typing import Any

from experiments.comparing.asking import Asked, Comparison, comparison_of
from experiments.comparing.finding import Findings, compare

TWIN = """\
schema_version = 1
name = "twin"
title = "The nine services with a policy of dose 0"
question = "Does a policy of dose 0 change nothing?"

[[policies]]
lever = "clarity"
dose = 0.0
start = 12
"""

OTHER = """\
schema_version = 1
name = "{name}"
title = "Another one"
question = "What differs?"
{more}
"""

ONE_SERVICE = """\
schema_version = 1
name = "{name}"
title = "A service"
question = "What becomes of it?"
months = {months}

[[services]]
name = "Ours"
setting = "primary"
staff = 14
posts = {posts}
leader = "{leader}"
signal = "left_to_practitioners"
selection = "in_passing"
format = "individual"
pool = 12
inflow = 1.0
"""


def written(folder: Path, name: str, text: str) -> str:
    """File of a scenario."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def other(folder: Path, name: str, more: str) -> str:
    """File of a scenario that differs from the nine services."""
    return written(folder, name, OTHER.format(name=name, more=more))


def one_service(folder: Path, name: str, *, posts: int = 4, months: int = 24, leader: str = "active") -> str:
    """File of a scenario with a single service."""
    return written(folder, name, ONE_SERVICE.format(name=name, posts=posts, months=months, leader=leader))


def compared(*names: str, replicate: int | None = None, **options: Any) -> Findings:
    """Comparison that was run."""
    return compare(asked(*names, **options), threads=2, replicate=replicate)


def asked(*names: str, **options: Any) -> Comparison:
    """Comparison that was read and checked."""
    return comparison_of(Asked(names, **options))
