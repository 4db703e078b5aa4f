"""The room as a whole: its folder, its secrets, and what the pages are told of how it stands."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.classroom.guesses import Guesses, Limit, remember
from app.classroom.keeping import Folder, State
from app.classroom.secret import new_key
from app.texts import texts_of

HAND_INS: Final = (1 / 5, 40)
"""Hand-ins of one address, a second and at once: a class may sit behind one address; nobody fills the folder within a lesson."""


class Room:
    """A room: what stands above the pages of a lab.

    Parameters
    ----------
    folder : Folder
        Of the teacher, held.
    clock : callable, optional
        Gives seconds.
    """

    def __init__(self, folder: Folder, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.key, self.guesses = folder, new_key(), Guesses(clock)
        self.words: Mapping[str, Any] = texts_of("classroom")
        self._clock = clock
        self._limits: OrderedDict[str, Limit] = OrderedDict()

    @property
    def prefix(self) -> str:
        """First part of every address of a student."""
        return f"/r/{self.folder.state.code}"

    @property
    def teacher(self) -> str:
        """First part of every address of the teacher."""
        return f"/t/{self.key}"

    def refusal(self) -> str:
        """Why no move is taken now, without a full stop at its end; empty where moves are taken."""
        now = self.folder.state
        return str(self.words["told"]["closed" if now.closed else "frozen"]).rstrip(".") if now.closed or now.frozen else ""

    def state(self) -> dict[str, Any]:
        """What every page is told, with the sentence that it shows."""
        return told(self.folder.state, self.words["told"])

    def wait(self, address: str) -> float:
        """Seconds that an address must wait before it hands in again.

        Parameters
        ----------
        address : str
        """
        found = self._limits.get(address)
        return 0.0 if found is None else found.wait()

    def count(self, address: str) -> None:
        """Count a hand-in of an address."""
        if address not in self._limits:
            remember(self._limits, address, Limit(*HAND_INS, self._clock))
        self._limits[address].count()


def told(state: State, words: Mapping[str, str]) -> dict[str, Any]:
    """State of a room with its sentence: what is stronger is said.

    Parameters
    ----------
    state : State
    words : mapping of str to str
        Sentences by the name of the state.
    """
    said = next((words[name] for name in ("closed", "frozen", "revealed") if state.told[name]), "")
    return {**state.told, "said": said}
