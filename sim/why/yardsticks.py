"""What stands beside every answer about a life: how often lives like it come to the same, and what sham changes do."""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from sim.why.outcomes import Outcome
from sim.why.shares import Share
from sim.world import World
from sim.world.asked import ELSE

LUCKS: Final = 200
"""Other lucks for the background risk."""

SHAMS: Final = (
    ("a hundredth of an hour of other work a month more", "workload", 0.01),
    ("a hundredth of an hour of other work a month less", "workload", -0.01),
    ("one eligible patient more at the start", "pool", 1),
    ("one eligible patient fewer at the start", "pool", -1),
    ("a thousandth more noise in what is seen of progress", "noise", 1.001),
    ("a thousandth less noise in what is seen of progress", "noise", 0.999),
)
"""Changes that explain nothing: an answer that they can make too would be no answer."""


class Yardsticks(NamedTuple):
    """What stands beside every answer about a life, whatever contrasts it was replayed with.

    Attributes
    ----------
    background : Share
        Of services like this one, in the same world with all luck new, how many come to it.
    shams : Share
        Sham changes that undo it.
    """

    background: Share
    shams: Share


def yardsticks(
    world: World, replicate: int, outcome: Outcome, *, post: int | None = None, member: int | None = None, lucks: int = LUCKS
) -> Yardsticks:
    """What stands beside every answer about a life; the arguments are those of :func:`prevented`."""
    mine = int(world.members([replicate])[0]) if member is None else member
    return Yardsticks(background(world, mine, outcome, post=post, lucks=lucks), shams(world, replicate, mine, outcome, post=post))


def background(world: World, member: int, outcome: Outcome, *, post: int | None = None, lucks: int = LUCKS) -> Share:
    """Of services like this one in the same world, with all luck new, how many come to it."""
    replicates = np.arange(ELSE, ELSE + lucks, dtype=np.int64)
    batch = world.run(replicates, members=np.full(lucks, member, np.int64))
    return Share(float(outcome.holds(batch, post).mean()), lucks)


def shams(world: World, replicate: int, member: int, outcome: Outcome, *, post: int | None = None) -> Share:
    """Of the sham changes, how many undo it."""
    undone = []
    for _, what, size in SHAMS:
        plan = world.plan
        if what == "workload":
            calendars = plan.calendars.copy()
            calendars["workload"] += size
            plan = replace(plan, calendars=calendars)
        elif what == "pool":
            services = plan.services.copy()
            services["pool"] = np.maximum(services["pool"] + size, 0)
            plan = replace(plan, services=services)
        else:
            parameters = plan.parameters[member : member + 1].copy()
            parameters["noise_seen"] *= size
            plan = replace(plan, parameters=parameters)
        only = np.zeros(1, np.int64) if what == "noise" else np.full(1, member, np.int64)
        undone.append(not outcome.holds(replace(world, plan=plan).run([replicate], members=only), post)[0])
    return Share(float(np.mean(undone)), len(undone))
