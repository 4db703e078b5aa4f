"""Which parts of the description the answer hangs on: each is replaced by what else there is among the nine services."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from experiments.mine.observations import observations_of
from experiments.mine.reading import Mine, impossible
from sim.scenario import read_scenario
from sim.scenario.overrides import with_fields
from sim.scenario.schema import Service, ServiceFields
from sim.world import World

LEFT_OUT: Final = ("months_observed", "support_months")
"""Fields that say what is known or when, not what the service is like."""


@dataclass(frozen=True, eq=False)
class Variant:
    """The service with one part of its description replaced.

    Attributes
    ----------
    part : str
        Field of the service; ``posts`` for the number of trained practitioners.
    own, other : object
        What the file says, and what stands there instead.
    mine : Mine
    world : World
    """

    part: str
    own: Any
    other: Any
    mine: Mine
    world: World


def variants_of(mine: Mine, world: World) -> Iterator[Variant]:
    """The service with each described part replaced, one at a time.

    Words are replaced by every other word, numbers by the lowest and the highest, that one of the study's nine services has.
    A variant in which what was seen is impossible, or which has more posts than staff, is left out.

    Parameters
    ----------
    mine : Mine
    world : World
        Of the service as it is described.
    """
    nine = read_scenario("baseline").services
    service = mine.service
    said = service.model_fields_set
    for part in (*ServiceFields.model_fields, "posts"):
        if part not in said or part in LEFT_OUT or (part == "posts" and service.practitioners is not None):
            continue
        own = getattr(service, part)
        there = [len(one.aliases()) if part == "posts" else getattr(one, part) for one in nine]
        for other in _others(own, there):
            changed = with_fields(service, {part: other})
            if len(changed.aliases()) + changed.reserve_posts > changed.staff:
                continue
            scenario = replace(world.scenario, services=(changed,))
            if any(impossible(mine.seen, scenario, "")):
                continue
            about = replace(mine, scenario=scenario, observations=observations_of(mine.seen, changed))
            yield Variant(part, own, other, about, world.with_scenario(scenario))


def _others(own: Any, there: list[Any]) -> list[Any]:
    if isinstance(own, bool | str):
        return [one for one in dict.fromkeys(there) if one != own]
    return [one for one in dict.fromkeys((min(there), max(there))) if one != own]


def described(service: Service) -> list[str]:
    """Parts that the file describes; those that :func:`variants_of` replaces among them."""
    return [one for one in (*ServiceFields.model_fields, "posts") if one in service.model_fields_set and one not in LEFT_OUT]
