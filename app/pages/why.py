"""The page of one explanation: the story first, with what would have prevented it; the risk month by month gets better."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.jobs import Unwanted
from app.pages.asking import Ask, Page, packed, unpacked
from app.pages.lab import Lab
from app.pages.life import RUNS, Life, life_of
from sim.problems import BadInput, Problem
from sim.why.explain import as_plain, explain, plain_fate, plain_story, typical_of
from sim.why.fate import LUCKS, fate
from sim.why.outcomes import OUTCOMES, USUAL, Outcome
from sim.why.story import plain_rows, story

NAME: Final = "why"

SOON: Final = {"every": 12, "lucks": 20}
"""The first curve: few months, few lucks."""


def ask(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """Read what a message asks for: a life, and the ``outcome`` that is explained.

    Raises
    ------
    BadInput
        With every problem.
    """
    life = life_of(asked, lab, more=("outcome",))
    name = asked.get("outcome", USUAL)
    if not isinstance(name, str) or name not in OUTCOMES:
        raise BadInput([Problem("outcome", "there is no such outcome", ", ".join(OUTCOMES))])
    outcome = OUTCOMES[name]
    world = life.world

    def number() -> int:
        return typical_of(world, outcome, RUNS)[0] if life.replicate is None else life.replicate

    def run(first: int, last: int, wanted: Callable[[], bool]) -> bytes:
        found: dict[str, Any] = {"replicate": number()}
        if first == 0:
            found |= _first(life, found["replicate"], outcome)
        if not wanted():
            raise Unwanted
        if last == LUCKS:
            found["fate"] = plain_fate(fate(world, found["replicate"], outcome))
        return packed(found)

    return Ask((NAME, world.hash, world.seed, life.replicate, name), LUCKS, run, lambda results, _: _told(life, outcome, results))


def _first(life: Life, replicate: int, outcome: Outcome) -> dict[str, Any]:
    """Story, tables and a first curve."""
    world = life.world
    told = story(world, replicate, life.service)
    found: dict[str, Any] = {"story": plain_story(told), "people": plain_rows(told), "explained": None}
    if outcome.holds(world.run([replicate]))[0]:
        explained = explain(world, life.service, replicates=RUNS, replicate=life.replicate, outcome=outcome.name, with_fate=False)
        found["explained"] = as_plain(explained) | {"headline": explained.headline()}
    found["fate"] = plain_fate(fate(world, replicate, outcome, told=told, **SOON))
    return found


def _told(life: Life, outcome: Outcome, results: Sequence[bytes]) -> dict[str, Any]:
    found = unpacked(results[0]) | unpacked(results[-1])
    explained = found["explained"] or {}
    instead = f"In replicate {found['replicate']} {life.service} {outcome.instead}: there is nothing to explain."
    return (
        life.told()
        | found
        | {
            "headline": explained.get("headline", instead),
            "typical": life.replicate is None,
            "outcome": outcome.name,
            "outcomes": list(OUTCOMES),
            "command": life.why(found["replicate"], "--outcome", outcome.name, "--fate"),
        }
    )


PAGE: Final = Page(NAME, ask)
