"""The page of one practitioner: what this person sees, what is true, what is decided; and one patient who goes well."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.pages.asking import Ask, Page, packed, unpacked
from app.pages.lab import Lab
from app.pages.life import life_of
from sim.problems import BadInput, Problem
from sim.why import what_if
from sim.why.explain import post_of
from sim.why.story import plain_rows, story
from sim.why.walk import walk
from sim.why.walked import as_plain, plain_what_if

NAME: Final = "walk"


def ask(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """Read what a message asks for: a life, ``post`` by alias or number from 1, and a ``patient`` by number, or null.

    Raises
    ------
    BadInput
        With every problem.
    """
    life = life_of(asked, lab, more=("post", "patient"))
    given, patient = asked.get("post", 1), asked.get("patient")
    problems = []
    if isinstance(given, bool) or not isinstance(given, str | int):
        problems.append(Problem("post", "there is no such post", ", ".join(life.world.plan.post_names)))
    if patient is not None and (isinstance(patient, bool) or not isinstance(patient, int) or not 1 <= patient < 10_000):
        problems.append(Problem("patient", "there is no such patient", "the number of a patient of the post"))
    if problems:
        raise BadInput(problems)
    post, number = post_of(life.world, given), life.replicate or 0

    words = ["--post", str(post + 1), "--walk", *([] if patient is None else ["--patient", str(patient)])]

    def run(_first: int, _last: int, _wanted: Callable[[], bool]) -> bytes:
        one = walk(life.world, number, life.service, post)
        told = story(life.world, number, life.service)
        found: dict[str, Any] = {"walk": as_plain(one), "people": plain_rows(told), "what_if": None}
        if patient is not None:
            found["what_if"] = plain_what_if(what_if(life.world, number, life.service, post, patient))
            sham = what_if(life.world, number, life.service, post, patient, how="sham")
            found["sham"] = {"apart": sham.twin.apart, "held": len(sham.held)}
        return packed(found)

    def told(results: Sequence[bytes], _replicates: int) -> dict[str, Any]:
        return (
            unpacked(results[0]) | life.told() | {"post": life.world.plan.post_names[post], "command": life.why(number, *words)}
        )

    return Ask((NAME, life.world.hash, life.world.seed, number, post, patient), 1, run, told)


PAGE: Final = Page(NAME, ask)
