"""A scenario made ready once and asked often: in milliseconds, by notebooks, explanations, searches and pages.

>>> import sim
>>> world = sim.prepare("nine-services")
>>> batch = world.run(60)
>>> batch.rows.shape
(60, 9, 84)

A world says what a plan and a seed say: worlds with the same ``hash`` and seed give the same to the bit, whatever was run before
and on whichever thread.
"""

from sim.world.accumulate import MEASURES, Picture, Shares
from sim.world.prepared import World, prepare
from sim.world.stream import Pair, paired, stream

__all__ = ["MEASURES", "Pair", "Picture", "Shares", "World", "paired", "prepare", "stream"]
