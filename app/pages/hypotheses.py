"""The page of hypotheses: what the kept full run says of each, read again; nothing is run here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.pages.asking import Ask, Page, packed, unknown, unpacked
from app.pages.lab import Lab
from experiments.hypotheses.remembered import remembered
from experiments.hypotheses.retold import overview, whole
from sim.problems import BadInput

NAME: Final = "hypotheses"

_KEYS: Final = ("hypothesis",)


def ask(asked: Mapping[str, Any], _lab: Lab) -> Ask:
    """Read what a message asks for: ``{"hypothesis": "H4"}``, or an empty text for none in full.

    Raises
    ------
    BadInput
        For another field, or no number of a hypothesis that ships.
    """
    problems = unknown(asked, _KEYS)
    if problems:
        raise BadInput(problems)
    kept, number = remembered(), asked.get("hypothesis", "")
    one = None if number == "" else whole(kept, number)
    answer = {"all": overview(kept), "one": one}

    def run(_first: int, _last: int, _wanted: Callable[[], bool]) -> bytes:
        return packed(answer)

    def told(results: Sequence[bytes], _replicates: int) -> dict[str, Any]:
        said = unpacked(results[-1])
        return said | {"command": (said["one"] or said["all"])["command"]}

    return Ask((NAME, number), 1, run, told)


PAGE: Final = Page(NAME, ask)
