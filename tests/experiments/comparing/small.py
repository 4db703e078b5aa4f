"""Small comparisons for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.comparing.asked import Asked
from experiments.comparing.asking import Comparison, comparison_of
from experiments.comparing.finding import Findings, compare
from tests.small_scenarios import small_scenario

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
    text = small_scenario("Ours", scenario=name, months=months, staff=14, posts=posts, leader=leader)
    return written(folder, name, text)


def compared(*names: str, replicate: int | None = None, **options: Any) -> Findings:
    """Comparison that was run."""
    return compare(asked(*names, **options), threads=2, replicate=replicate)


def asked(*names: str, settings: Mapping[str, str] | None = None, **options: Any) -> Comparison:
    """Comparison that was read and checked."""
    return comparison_of(
        Asked(names=list(names), settings=[f"{name}={value}" for name, value in (settings or {}).items()], **options)
    )
