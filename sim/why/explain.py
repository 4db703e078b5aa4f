"""One explanation: a life that came to an outcome, its story, what it hung on, and what would have prevented it."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sim.problems import BadInput, Problem, did_you_mean
from sim.why.contrasts import Contrast, Variants, chosen, named, read_contrasts
from sim.why.contrasts import told as set_told
from sim.why.fate import Fate, fate
from sim.why.outcomes import USUAL, Outcome, outcome_of, replicates_with
from sim.why.prevented import Prevented, in_words, prevented
from sim.why.shares import Share, plain_share
from sim.why.story import Story, in_full, story
from sim.why.twin import Twin, twin
from sim.why.yardsticks import yardsticks
from sim.world import World

LOOKED: Final = ("not-high",)
FIRST_LOOK: Final = 12
"""Outcomes that hang on yearly looks at fidelity, and the month of the first look."""


@dataclass(frozen=True)
class Explanation:
    """Why one service, or one of its posts, came to an outcome in one replicate.

    Attributes
    ----------
    service : str
    post : str
        Alias; empty where the service as a whole is explained.
    replicate : int
    outcome : Outcome
    chance : Share
        Of all replicates of the run, how many came to it: other worlds and other luck.
    typical : bool
        The replicate was chosen as a typical one.
    story : Story
    fate : Fate or None
    remove, help : Prevented
    twin : Twin or None
        The life beside itself under the contrasts that were asked for.
    twin_words : str
    """

    service: str
    post: str
    replicate: int
    outcome: Outcome
    chance: Share
    typical: bool
    story: Story
    fate: Fate | None
    remove: Prevented
    help: Prevented
    twin: Twin | None = None
    twin_words: str = ""

    def headline(self) -> str:
        """Answer in one or two sentences."""
        who = self.post or self.service
        chance = f"{who} {self.outcome.happened} in {_per_cent(self.chance)} of {self.chance.of:,} replicates"
        return f"{chance}; this is replicate {self.replicate}{', a typical one' if self.typical else ''}."


def _per_cent(one: Share) -> str:
    return f"{100 * one.share:.0f} %"


def typical(which: np.ndarray, months: np.ndarray) -> int:
    """Replicate in the middle: that which gave the practice for the median of months, the first of several.

    Parameters
    ----------
    which, months : numpy.ndarray
        As :func:`replicates_with` gives them; at least one.
    """
    middle = np.quantile(months, 0.5, method="inverted_cdf")
    return int(which[np.flatnonzero(months == middle)[0]])


def post_of(world: World, post: str | int) -> int:
    """Place of a post of a service, by its number from 1 or its alias.

    Raises
    ------
    BadInput
        When there is none.
    """
    names = world.plan.post_names
    if isinstance(post, str) and post in names:
        return names.index(post)
    number = int(post) if isinstance(post, int) or post.isdecimal() else 0
    if not 1 <= number <= len(names):
        known = ", ".join(f"{at} ({name})" for at, name in enumerate(names, start=1))
        what = f"{world.services[0]} has no post '{post}'"
        raise BadInput([Problem("post", what, known, did_you_mean(str(post), names))])
    return number - 1


def checked_replicate(replicate: int, replicates: int) -> int:
    """A replicate of a run.

    Raises
    ------
    BadInput
        For one that there is not.
    """
    if not 0 <= replicate < replicates:
        raise BadInput([Problem("replicate", f"the run has no replicate {replicate}", f"a number from 0 to {replicates - 1}")])
    return replicate


def typical_of(world: World, outcome: Outcome, replicates: int, *, post: int | None = None) -> tuple[int, Share]:
    """A typical replicate of those that came to an outcome, and how many did.

    Parameters
    ----------
    world : World
        Of one service.
    outcome : Outcome
    replicates : int
        Replicates of the run.
    post : int, optional

    Raises
    ------
    BadInput
        When the outcome was never seen.
    """
    which, months, looked = replicates_with(world, outcome, replicates, post=post)
    if not len(which):
        who = world.services[0] if post is None else world.plan.post_names[post]
        what = f"{who} {outcome.instead} in every one of {looked:,} replicates" if looked else f"{who} was never opened"
        raise BadInput([Problem("outcome", what, "an outcome that was seen", "--outcome asks for another one")])
    return typical(which, months), Share(len(which) / looked, looked)


def explain(
    world: World,
    service: str,
    *,
    replicates: int,
    replicate: int | None = None,
    post: str | int | None = None,
    outcome: str = USUAL,
    with_fate: bool = True,
    contrasts: tuple[Contrast, ...] | None = None,
    twin_of: tuple[str, ...] = (),
) -> Explanation:
    """Explain what a service, or one of its posts, came to.

    Parameters
    ----------
    world : World
        The region, or the service alone.
    service : str
    replicates : int
        Replicates of the run that is explained.
    replicate : int, optional
        A typical one of those that came to the outcome unless given.
    post : str or int, optional
        Alias of a post, or its number from 1: the post's own outcome.
    outcome : str
        One of ``sim.why.outcomes.OUTCOMES``.
    with_fate : bool
        Also the risk month by month.
    contrasts : tuple of Contrast, optional
        Those of the shipped file unless given.
    twin_of : tuple of str
        Names of contrasts under which the life is compared with itself.

    Returns
    -------
    Explanation

    Raises
    ------
    BadInput
        For a service, post, replicate, outcome or contrast that there is not, or when it did not come to the outcome.
    """
    alone = world if world.services == (service,) else world.only(service)
    place = None if post is None else post_of(alone, post)
    found = outcome_of(outcome, post=place)
    if outcome in LOOKED and alone.months < FIRST_LOOK:
        what = f"a horizon of {alone.months} months has no yearly look at fidelity"
        raise BadInput([Problem("outcome", what, f"'{outcome}' from {FIRST_LOOK} months on", "ask for another outcome")])
    known = read_contrasts() if contrasts is None else contrasts
    asked = chosen(known, names=twin_of) if twin_of else ()
    if replicate is not None:
        checked_replicate(replicate, replicates)
    usual, chance = typical_of(alone, found, replicates, post=place)
    number = usual if replicate is None else replicate
    told = story(alone, number, service)
    measure = yardsticks(alone, number, found, post=place)
    remove, help_ = (
        prevented(alone, number, chosen(known, kind=kind), found, post=place, beside=measure) for kind in ("remove", "help")
    )
    beside = twin(alone, number, Variants(alone, asked), (1 << len(asked)) - 1, found, post=place) if asked else None
    return Explanation(
        service=service,
        post="" if place is None else alone.plan.post_names[place],
        replicate=number,
        outcome=found,
        chance=chance,
        typical=replicate is None,
        story=told,
        fate=fate(alone, number, found, post=place, told=told) if with_fate else None,
        remove=remove,
        help=help_,
        twin=beside,
        twin_words=set_told(asked, (1 << len(asked)) - 1) if asked else "",
    )


def as_plain(found: Explanation) -> dict[str, Any]:
    """Explanation as plain values that JSON can hold."""
    return {
        "service": found.service,
        "post": found.post or None,
        "replicate": found.replicate,
        "typical": found.typical,
        "outcome": found.outcome.name,
        "chance": plain_share(found.chance),
        "story": plain_story(found.story),
        "fate": None if found.fate is None else plain_fate(found.fate),
        "remove": _plain_prevented(found.remove),
        "help": _plain_prevented(found.help),
        "twin": None if found.twin is None else _plain_twin(found.twin, found.twin_words),
    }


def plain_story(one: Story) -> list[dict[str, Any]]:
    """Happenings of a story as plain values."""
    return [
        {"month": each.month, "who": each.who, "kind": each.kind, "words": in_full(each), "terms": each.terms}
        for each in one.happenings
    ]


def plain_fate(one: Fate) -> dict[str, Any]:
    """Risk month by month as plain values."""
    return {
        "months": one.months.tolist(),
        "risk": one.risk.tolist(),
        "error": one.error.tolist(),
        "lucks": one.lucks,
        "turning": [each._asdict() for each in one.turning],
    }


def _plain_prevented(one: Prevented) -> dict[str, Any]:
    return {
        "answer": in_words(one),
        "ending": one.ending,
        "contrasts": [each.model_dump(mode="json") for each in one.contrasts],
        "smallest": [
            {"set": named(one.contrasts, each.mask), "hours": each.hours, "months": each.months} for each in one.smallest
        ],
        "responsibility": one.responsibility,
        "shapley": dict(zip((each.name for each in one.contrasts), one.shapley.tolist(), strict=True)),
        "sets": [
            {"set": named(one.contrasts, each.mask), "prevented": each.prevented, "months": each.months, "hours": each.hours}
            for each in one.tried
        ],
        "background": plain_share(one.background),
        "shams": plain_share(one.shams),
        "inert": list(one.inert),
        "other_worlds": [{"set": named(one.contrasts, mask), **plain_share(share)} for mask, share in one.other_worlds],
        "undone_by_more": plain_share(one.undone_by_more),
    }


def _plain_twin(one: Twin, words: str) -> dict[str, Any]:
    return {
        "if": words,
        "apart": one.apart,
        "happened": one.happened,
        "chain": [each._asdict() for each in one.chain],
    }
