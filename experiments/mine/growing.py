"""The forecast of one service that grows: some histories at a time, then the futures, then one policy after the other.

For pages, which show something soon and may be left at any time. What comes out in the end is what ``sustain mine`` says, but for
the other descriptions: they take half a minute, and are left to the command.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from experiments.mine.acting import POLICIES, actions_of
from experiments.mine.finding import Acted, Findings, Question, acted_of, findings_of, lived_on
from experiments.mine.forecasting import Futures, Share, chosen, futures_of
from experiments.mine.matching import NEEDED, Match, match
from sim.world import World

MATCHING: Final = 480
"""Steps in which all histories are tried."""

STAGE: Final = 60
"""Steps of the futures of all kept histories, and of each policy."""

EARLY: Final = 40
"""Matching histories of one part that live on for the first pictures, with EACH lucks each."""

EACH: Final = 2


class Lived(NamedTuple):
    """What came of all kept histories; as in :class:`experiments.mine.finding.Findings`, without what everybody knows."""

    each: int
    lived: int
    shares: dict[str, Share]
    months_to_come: dict[str, tuple[float, float]]
    acted: list[Acted]


class Part(NamedTuple):
    """What came out of some steps.

    Attributes
    ----------
    agree : numpy.ndarray
        bool, shape (histories, observations): those that these steps tried.
    early : Futures or None
        Of the first matching ones among them; None where there are none.
    whole : Lived or None
        What came of all, where all were tried, with the policies whose steps are done. None before, and where too few match.
    """

    agree: np.ndarray
    early: Futures | None
    whole: Lived | None


class Growing:
    """A question about one service, asked step by step; any thread may ask.

    Parameters
    ----------
    question : Question
    acting : bool
        With policies from now on.
    beside : World, optional
        What does not differ from it is held once.
    """

    def __init__(self, question: Question, *, acting: bool, beside: World | None = None) -> None:
        self.question, self.acting = question, acting
        self.world: World = question.world(beside)
        self._agree = np.zeros((question.histories, len(question.mine.observations)), bool)
        self._known = np.zeros(question.histories, bool)
        self._none: Futures | None = None
        self._acted: dict[str, Acted] = {}
        self._lock = threading.Lock()

    @property
    def last(self) -> int:
        """Steps of the whole answer; the last one is not part of it."""
        return MATCHING + STAGE * (1 + (len(POLICIES) if self.acting else 0))

    def part(self, first: int, last: int, go_on: Callable[[], None]) -> Part:
        """Do some steps.

        Parameters
        ----------
        first, last : int
            As in ``range``.
        go_on : callable
            Asked again and again; what it raises stops the work.
        """

        def told(_: int) -> None:
            go_on()

        start, end = (self._history(step) for step in (first, last))
        agree = self._match(start, end, told)
        kept = start + np.flatnonzero(agree.all(axis=1))[:EARLY]
        early = self._early(kept, told)
        return Part(agree, early, None if last < MATCHING + STAGE else self._whole(last, told))

    def _history(self, step: int) -> int:
        return min(step, MATCHING) * self.question.histories // MATCHING

    def _match(self, start: int, end: int, told: Callable[[int], None]) -> np.ndarray:
        """Agreement of the histories from start to end."""
        if end > start and not self._known[start:end].all():
            about, now = self.question.mine.observations, self.question.now
            found = match(self.world, about, now, end - start, threads=1, told=told, first=start)
            self._agree[start:end] = found.agree
            self._known[start:end] = True
        return self._agree[start:end].copy()

    def _early(self, kept: np.ndarray, told: Callable[[int], None]) -> Futures | None:
        if not len(kept):
            return None
        return futures_of(self.world, kept, EACH, self.question.now, threads=1, told=told)

    def _whole(self, last: int, told: Callable[[int], None]) -> Lived | None:
        self._match(0, self.question.histories, told)
        every = Match(self.question.histories, self._agree)
        if len(every.kept) < NEEDED:
            return None
        histories, each = chosen(every.kept, self.question.futures)
        with self._lock:
            none = self._none
        if none is None:
            none = lived_on(self.question, self.world, histories, each, told)
            with self._lock:
                self._none = none
        names = POLICIES[: (last - MATCHING) // STAGE - 1] if self.acting else ()
        for name in names:
            if name not in self._acted:
                (action,) = actions_of(self.world, self.question.now, [name])
                futures = lived_on(self.question, action.world, histories, each, told)
                self._acted[name] = acted_of(self.question, none, action, futures)
        found = findings_of(self.question, every, none, [self._acted[name] for name in names], [])
        return Lived(found.each, found.lived, found.shares, found.months_to_come, found.acted)


class Grown(NamedTuple):
    """How far an answer is.

    Attributes
    ----------
    match : Match
        Of the histories that were tried so far.
    findings : Findings or None
        None where fewer than NEEDED match so far.
    early : bool
        Whether these are of a few futures of the histories so far; else of all.
    """

    match: Match
    findings: Findings | None
    early: bool


def grown(question: Question, parts: Sequence[Part]) -> Grown:
    """Join parts that follow each other from the first on.

    Parameters
    ----------
    question : Question
    parts : sequence of Part
    """
    so_far = Match(sum(len(one.agree) for one in parts), np.concatenate([one.agree for one in parts]))
    whole = parts[-1].whole
    if whole is not None:
        return Grown(so_far, Findings(question=question, match=so_far, described=[], **whole._asdict()), early=False)
    if len(so_far.kept) < NEEDED:
        return Grown(so_far, None, early=so_far.tried < question.histories)
    some = [one.early for one in parts if one.early is not None]
    early = Futures(np.concatenate([one.flags for one in some]), np.concatenate([one.hours for one in some]))
    return Grown(so_far, findings_of(question, so_far, early, [], []), early=True)
