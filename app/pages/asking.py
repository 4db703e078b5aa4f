"""What a page of the lab makes of a message: what is to be run, and how its results are told."""

import json
import zlib
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.jobs import Unwanted
from app.pages.lab import Lab
from sim.problems import Problem


def packed(answer: Any) -> bytes:
    """A result of plain JSON as it is kept and sent around: many dicts and lists take some twenty times as much memory.

    Parameters
    ----------
    answer : object
        Of dicts, lists, texts, numbers.
    """
    return zlib.compress(json.dumps(answer, separators=(",", ":")).encode(), 1)


def unpacked(result: bytes) -> Any:
    """A result that was packed."""
    return json.loads(zlib.decompress(result))


@dataclass(frozen=True)
class Ask:
    """What is to be run.

    Attributes
    ----------
    key : hashable
        Asks of the same key give the same results for the same replicates: name of the page, hashes of the plans, and whatever
        else ``run`` hangs on. How it is told need not be part of it.
    last : int
        Replicates of the best picture; 1 for what is computed at once.
    run : callable
        ``run(first, last, wanted)``, in a thread: the result of the replicates ``range(first, last)``. It can be pickled, and
        nobody changes it. One of many dicts and lists is :func:`packed`. Where it takes long it asks ``wanted()`` and raises
        :class:`app.jobs.Unwanted` if not.
    told : callable
        ``told(results, replicates)``: the answer as plain JSON, from the results of all chunks so far, in their order.
    joined : callable, optional
        ``joined(results)``: one result that stands for those of chunks that follow each other, where that is smaller. Every open
        page holds what it has been given.
    """

    key: Hashable
    last: int
    run: Callable[[int, int, Callable[[], bool]], Any]
    told: Callable[[Sequence[Any], int], dict[str, Any]]
    joined: Callable[[Sequence[Any]], Any] | None = None


class Page(NamedTuple):
    """A page of the lab that asks.

    Attributes
    ----------
    name : str
        In its address and in messages; its template, module and section of words are called so, too.
    ask : callable
        ``ask(asked, lab)`` reads what a message asks for. It raises :class:`sim.problems.BadInput` with every problem; the place
        of each is the name of the field.
    """

    name: str
    ask: Callable[[Mapping[str, Any], Lab], Ask]


def unknown(asked: Mapping[str, Any], known: Collection[str]) -> list[Problem]:
    """Problems of fields that a page does not have.

    Parameters
    ----------
    asked : mapping
        As a message has it.
    known : collection of str
    """
    return [Problem(str(key)[:40], "there is no such field", ", ".join(known)) for key in asked if key not in known]


def going_on(wanted: Callable[[], bool]) -> Callable[[], None]:
    """What raises :class:`app.jobs.Unwanted` as soon as nobody wants a work any more, for calls that ask now and then.

    Parameters
    ----------
    wanted : callable
        As :class:`Ask` hands it to ``run``.
    """

    def go_on() -> None:
        if not wanted():
            raise Unwanted

    return go_on
