"""What would have prevented it: every set of the contrasts of a kind, replayed with the same luck.

Sets are listed, not inferred: a set that prevents it may no longer do so once another contrast is added. Beside the answer always
stand how often services like this one come to it with other luck, what sham changes do, and in what share of plausible worlds
the answer holds. The luck is the exogenous noise of a structural causal model, and a replay is abduction, action
and prediction (Pearl); the responsibility of a contrast is 1 over the size of the smallest set that needs it (Chockler and
Halpern 2004); shares by Shapley's formula are exact, over all subsets of one kind.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Final, NamedTuple

import numpy as np

from sim.measures.hours import hours_spent, support
from sim.problems import BadInput, Problem
from sim.why.contrasts import Contrast, Variants, named, told
from sim.why.outcomes import Outcome, months_operating
from sim.why.shares import Share
from sim.why.yardsticks import LUCKS, Yardsticks, yardsticks
from sim.world import World

WORLDS: Final = 100
"""Other members of the ensemble with the same luck."""
CHECKED: Final = 3
"""Smallest sets that are tried in other worlds, the cheapest first."""


ONE, ANY, TOGETHER, NOTHING = "one thing", "any of these", "only together", "nothing here"


class Lives(NamedTuple):
    """Lives under one set of contrasts; each array of shape (lives,).

    Attributes
    ----------
    happened : numpy.ndarray
        bool: whether it came to the outcome.
    months : numpy.ndarray
        int64: months in which the practice was given.
    hours : numpy.ndarray
        f8: hours of support.
    """

    happened: np.ndarray
    months: np.ndarray
    hours: np.ndarray


class Tried(NamedTuple):
    """A set of contrasts and what came of it.

    Attributes
    ----------
    mask : int
        Bit i is contrast i.
    prevented : bool
    months : int
        Months more in which the practice is given (fewer if negative).
    hours : float
        Hours of support more, over the whole horizon.
    """

    mask: int
    prevented: bool
    months: int
    hours: float


@dataclass(frozen=True)
class Prevented:
    """What would have prevented an outcome of one life.

    Attributes
    ----------
    service : str
    replicate : int
    outcome : str
    kind : str
    contrasts : tuple of Contrast
    tried : tuple of Tried
        Every set, the empty one first, then by size.
    shapley : numpy.ndarray
        f8, shape (contrasts,): shares of the contrasts in its being prevented; they add up to 1 where all together prevent it,
        else to 0.
    background, shams : Share
        See :class:`Yardsticks`.
    other_worlds : tuple of (int, Share)
        For the smallest sets: the share of other plausible worlds in which the set prevents it, among those in which it comes to
        this with the same luck; of none where the run has one world only.
    inert : tuple of str
        Contrasts that change nothing in this life: so it is already, or it begins after the horizon.
    who : str
        The service, or the post that is explained.
    """

    service: str
    replicate: int
    outcome: str
    kind: str
    contrasts: tuple[Contrast, ...]
    tried: tuple[Tried, ...]
    shapley: np.ndarray
    background: Share
    shams: Share
    other_worlds: tuple[tuple[int, Share], ...]
    inert: tuple[str, ...] = ()
    who: str = ""

    @property
    def preventing(self) -> tuple[Tried, ...]:
        """Sets that prevent it, by size."""
        return tuple(one for one in self.tried if one.prevented)

    @property
    def singles(self) -> tuple[Tried, ...]:
        """Contrasts that prevent it alone, the cheapest first."""
        return tuple(sorted((one for one in self.preventing if one.mask.bit_count() == 1), key=_price))

    @property
    def smallest(self) -> tuple[Tried, ...]:
        """Sets that prevent it, and of which no part does: by size, then the cheapest first."""
        least = smallest_of({one.mask for one in self.preventing})
        found = [one for one in self.preventing if one.mask in least]
        return tuple(sorted(found, key=lambda one: (one.mask.bit_count(), *_price(one))))

    @property
    def responsibility(self) -> dict[str, float]:
        """For each contrast 1 over the size of the smallest set that needs it; 0 where none does."""
        found = {one.name: 0.0 for one in self.contrasts}
        for each in self.smallest:
            for name in named(self.contrasts, each.mask):
                found[name] = max(found[name], 1.0 / each.mask.bit_count())
        return found

    @property
    def ending(self) -> str:
        """``one thing``, ``any of these``, ``only together`` or ``nothing here``."""
        return ending_of({one.mask for one in self.preventing})

    @property
    def undone_by_more(self) -> Share:
        """Of the steps from a set that prevents it to one with a contrast more, how many bring it back."""
        prevented = {one.mask: one.prevented for one in self.tried}
        steps = [
            prevented[one.mask | 1 << at]
            for one in self.preventing
            for at in range(len(self.contrasts))
            if not one.mask >> at & 1
        ]
        return Share(1.0 - float(np.mean(steps)) if steps else 0.0, len(steps))


def smallest_of(masks: Collection[int]) -> set[int]:
    """Sets of which no part is among the others."""
    return {mask for mask in masks if not any(other != mask and other & mask == other for other in masks)}


def ending_of(masks: Collection[int]) -> str:
    """One of the four endings, by the sets that prevent it."""
    singles = sum(mask.bit_count() == 1 for mask in masks)
    if not masks:
        return NOTHING
    return TOGETHER if not singles else ONE if singles == 1 else ANY


def _price(one: Tried) -> tuple[float, int]:
    return one.hours, one.mask


def prevented(
    world: World,
    replicate: int,
    contrasts: Sequence[Contrast],
    outcome: Outcome,
    *,
    post: int | None = None,
    member: int | None = None,
    lucks: int = LUCKS,
    worlds: int = WORLDS,
    beside: Yardsticks | None = None,
    engine: str = "compiled",
) -> Prevented:
    """Replay one life with every set of the contrasts.

    Parameters
    ----------
    world : World
        Of one service (:meth:`sim.World.only`).
    replicate : int
    contrasts : sequence of Contrast
        Of one kind.
    outcome : Outcome
    post : int, optional
        A post's own outcome is explained.
    member : int, optional
        Parameter record; the replicate's unless given.
    lucks, worlds : int
        For the background risk, and to try the answer in.
    beside : Yardsticks, optional
        Of the same life and outcome, where they are known; worked out unless given.
    engine : str

    Raises
    ------
    BadInput
        When the life did not come to this: there is nothing to explain.
    """
    variants = Variants(world, contrasts)
    mine = int(world.members([replicate])[0]) if member is None else member
    who = world.services[0] if post is None else world.plan.post_names[post]
    lives = every_set(variants, np.array([replicate]), np.array([mine]), outcome, post=post, engine=engine)
    if not lives[0].happened[0]:
        what = f"{who} {outcome.instead} in replicate {replicate}"
        hint = "leave the replicate out for a typical one"
        raise BadInput([Problem("outcome", what, f"a replicate in which it {outcome.happened}", hint)])
    tried = _tried(lives)
    inert = tuple(one.name for at, one in enumerate(contrasts) if variants.inert(at, mine))
    beside = beside or yardsticks(world, replicate, outcome, post=post, member=mine, lucks=lucks)
    found = Prevented(
        service=world.services[0],
        replicate=replicate,
        outcome=outcome.name,
        kind=contrasts[0].kind if contrasts else "",
        contrasts=tuple(contrasts),
        tried=tried,
        shapley=shapley(np.array([not one.happened[0] for one in lives], float)),
        background=beside.background,
        shams=beside.shams,
        other_worlds=(),
        inert=inert,
        who=who,
    )
    sets = [one.mask for one in found.smallest[:CHECKED]]
    elsewhere = _elsewhere(variants, replicate, mine, sets, outcome, post=post, worlds=worlds)
    return replace(found, other_worlds=tuple(elsewhere))


def every_set(
    variants: Variants,
    replicates: np.ndarray,
    members: np.ndarray,
    outcome: Outcome,
    *,
    post: int | None = None,
    engine: str = "compiled",
) -> list[Lives]:
    """Lives under every set of the contrasts.

    Parameters
    ----------
    variants : Variants
    replicates, members : numpy.ndarray
        int64, shape (lives,): whose luck, and which parameter records.
    outcome : Outcome
    post : int, optional
    engine : str

    Returns
    -------
    list of Lives
        By mask, the empty set first.
    """
    masks = range(1 << len(variants.contrasts))
    return [lived(variants, mask, replicates, members, outcome, post=post, engine=engine) for mask in masks]


def lived(
    variants: Variants,
    mask: int,
    replicates: np.ndarray,
    members: np.ndarray,
    outcome: Outcome,
    *,
    post: int | None = None,
    engine: str = "compiled",
) -> Lives:
    """Lives under one set of contrasts, each with its own luck; the arguments are those of :func:`every_set`."""
    world, holds = variants.life(mask, members)
    records = np.arange(len(members), dtype=np.int64)
    batch = world.run(replicates, members=records, held=holds, engine=engine, into=world.room(len(replicates)))
    hours = support(hours_spent(world.plan, batch, 0))
    return Lives(outcome.holds(batch, post), months_operating(batch), hours)


def _tried(lives: Sequence[Lives]) -> tuple[Tried, ...]:
    """Every set and what came of it for the first life, by size."""
    own = lives[0]
    masks = sorted(range(len(lives)), key=lambda mask: (mask.bit_count(), mask))
    return tuple(
        Tried(
            mask,
            not lives[mask].happened[0],
            int(lives[mask].months[0] - own.months[0]),
            float(lives[mask].hours[0] - own.hours[0]),
        )
        for mask in masks
    )


def shapley(values: np.ndarray) -> np.ndarray:
    """Shares by Shapley's formula, exact over all subsets.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (2^count, ...): value of each set, by mask.

    Returns
    -------
    numpy.ndarray
        f8, shape (count, ...): adds up to the value of all less that of none.

    Examples
    --------
    >>> shapley(np.array([0.0, 1.0, 0.0, 1.0])).tolist()
    [1.0, 0.0]
    """
    count = len(values).bit_length() - 1
    masks = np.arange(len(values))
    sizes = np.array([int(mask).bit_count() for mask in masks])
    shares = np.zeros((count, *values.shape[1:]))
    for at in range(count):
        with_it = masks[masks >> at & 1 == 1]
        weights = np.array([1.0 / (count * comb(count - 1, int(size) - 1)) for size in sizes[with_it]])
        shares[at] = np.tensordot(weights, values[with_it] - values[with_it ^ (1 << at)], axes=1)
    return shares


def _elsewhere(
    variants: Variants, replicate: int, own: int, sets: Sequence[int], outcome: Outcome, *, post: int | None, worlds: int
) -> list[tuple[int, Share]]:
    """For each set, the share of other members of the ensemble in which the set prevents it, where it comes to this."""
    every = np.arange(variants.world.worlds, dtype=np.int64)
    members = every[every != own][:worlds]
    if not len(members):
        return [(mask, Share(float("nan"), 0)) for mask in sets]
    luck = np.full(len(members), replicate)
    there = members[lived(variants, 0, luck, members, outcome, post=post).happened]
    found = []
    for mask in sets:
        holds = ~lived(variants, mask, luck[: len(there)], there, outcome, post=post).happened
        found.append((mask, Share(float(holds.mean()) if len(there) else float("nan"), len(there))))
    return found


def in_words(found: Prevented) -> str:
    """Answer in a sentence, with its contrasts named; never without them."""
    sets = found.smallest
    if len(found.inert) == len(found.contrasts):
        return "Nothing could be tried: all of it is so already, or begins after the horizon."
    if found.ending == NOTHING:
        alone = "Nothing of what is tried here" if found.kind == "help" else "None of what is undone here"
        return f"{alone} would have prevented it, neither by itself nor together."
    words = [told(found.contrasts, one.mask) for one in sets]
    more = len(sets) - 1
    others = f"{more} other smallest set{'s' if more > 1 else ''}"
    if found.ending == ONE:
        return f"One thing would have prevented it: if {words[0]}." + (f" So would {others}." if more else "")
    if found.ending == ANY:
        singles = [told(found.contrasts, one.mask) for one in found.singles]
        return f"Any of these would have prevented it: if {'; or if '.join(singles)}."
    return f"No single one of those tried would have prevented it. Only together: if {words[0]}" + (
        f" ({others})." if more else "."
    )
