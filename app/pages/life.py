"""What the pages of one life have in common: which service of which world in which replicate a message asks about."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.pages.asking import unknown
from app.pages.lab import Lab, with_added
from experiments.policies import bars
from sim.problems import BadInput, Problem, tried
from sim.world import World

RUNS: Final = 200
"""Replicates of the run whose lives the pages look at."""

FILE: Final = "my-world"

KEYS: Final = ("scenario", "bars", "policies", "service", "replicate")

MOST: Final = 200
"""Policies that a message may have."""


@dataclass(frozen=True)
class Life:
    """One service in one replicate.

    Attributes
    ----------
    region : World
        All services.
    world : World
        The service alone.
    service : str
    replicate : int or None
        None for one that the page chooses.
    toml : str
        The scenario's file; empty for one that ships.
    """

    region: World
    world: World
    service: str
    replicate: int | None
    toml: str

    @property
    def folder(self) -> str:
        """Folder of the run: another world has another one, as a folder is used once."""
        return folder_of(self.region.scenario.name, self.region)

    def why(self, replicate: int, *words: str) -> str:
        """Commands that run the world and explain this service of it in a replicate."""
        asked = ["sustain", "why", self.folder, "--service", self.service, "--replicate", str(replicate), *words]
        return f"{self.command} && {shlex.join(asked)}"

    @property
    def command(self) -> str:
        """Command that runs the world."""
        name = f"{FILE}.toml" if self.toml else self.region.scenario.name
        return f"sustain run {name} --months {self.region.months} -n {RUNS} --no-figures --out {self.folder}"

    def told(self) -> dict[str, Any]:
        """What every picture of a life holds besides its own: the services of the world, the file, what was done."""
        return {
            "services": list(self.region.services),
            "posts": list(self.world.plan.post_names),
            "service": self.service,
            "toml": self.toml,
            "file": f"{FILE}.toml" if self.toml else "",
        }


def life_of(asked: Mapping[str, Any], lab: Lab, *, more: tuple[str, ...] = ()) -> Life:
    """Read which life a message asks about.

    Parameters
    ----------
    asked : mapping
        ``scenario``: name of one that ships; ``bars`` of a timeline and ``policies`` as a scenario file has them, added to it;
        ``service``: the first unless given; ``replicate``: from 0, or null.
    lab : Lab
    more : tuple of str
        Other fields that the page reads.

    Raises
    ------
    BadInput
        With every problem.
    """
    known = (*KEYS, *more)
    problems = unknown(asked, known)
    try:
        base = lab.world(asked.get("scenario", "nine-services"))
    except BadInput as error:
        raise BadInput([*problems, *error.problems]) from None
    region, toml = tried(lambda: _changed(base, asked), problems) or (base, "")
    service = asked.get("service") or base.services[0]
    alone = tried(lambda: region.only(service) if isinstance(service, str) else _no_service(base), problems)
    replicate = asked.get("replicate")
    if replicate is not None and (isinstance(replicate, bool) or not isinstance(replicate, int) or not 0 <= replicate < RUNS):
        problems.append(Problem("replicate", "the run has no such replicate", f"a whole number from 0 to {RUNS - 1}, or none"))
    if problems or alone is None:
        raise BadInput(problems)
    return Life(region, alone, service, replicate, toml)


def folder_of(name: str, world: World, *more: object) -> str:
    """Results folder that a quoted command makes: the same one only for the same world, as no folder is written twice.

    Parameters
    ----------
    name : str
    world : World
    *more : object
        What else tells runs apart.

    Examples
    --------
    Of a scenario ``my-world``: ``results/my-world-1f0c93ab``.
    """
    return "-".join(["results/" + name, *map(str, more), world.hash[:8]])


def _no_service(base: World) -> World:
    raise BadInput([Problem("service", "there is no such service", ", ".join(base.services))])


def _changed(base: World, asked: Mapping[str, Any]) -> tuple[World, str]:
    """World with what is done in it, and its scenario file."""
    found = bars.read_bars(asked.get("bars", []), months=base.months)
    raw = asked.get("policies", [])
    if not isinstance(raw, list) or len(raw) > MOST:
        raise BadInput([Problem("policies", "these are no policies", f"a list of at most {MOST} policies")])
    if not found and not raw:
        return base, ""
    policies = [*bars.policies_of(found, base.months), *raw]
    told = bars.told(found, base.months) if found else f"{len(raw)} policies"
    return with_added(base, policies, told=told, count=len(policies), name=FILE)
