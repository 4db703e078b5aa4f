"""What happens in a service, as a reader is told: the record of one thing, and the parts of a month."""

from typing import NamedTuple

EARLY, ENDED, DECIDED, OBSERVED, LATE, DATED = range(6)
"""Parts of a month in which things happen, in their order."""


class Happening(NamedTuple):
    """One thing that happened.

    Attributes
    ----------
    month : int
        Months since training; see the module on what is late in its month.
    who : str
        Alias of the practitioner's post, ``leader``, ``service``, ``patients`` or ``upper level``.
    kind : str
        ``trained``, ``arrives``, ``leaves``, ``decides``; ``leader_begins``, ``leader_leaves``, ``leader_arrives``,
        ``leader_becomes``; ``signal``, ``support_ends``, ``support_returns``, ``budget``, ``upper_level``, ``expansion``;
        ``stops_by_decision``, ``restarts``, ``state``, ``use``, ``gap``; ``course_ends``, ``patients_lost``.
    words : str
        Plain English, without the month and the full stop.
    tipped : tuple of str
        Words of the forces without any one of which the decision had gone the other way.
    terms : dict or None
        Of a decision of a practitioner's own: its chance a month (``hazard``) and the factors in it, by TERMS.
    post : int
        Place of the post in the service; -1 none.
    becomes : int
        PractitionerStatus of the post, or LeaderType, after it; -1 where it changes neither.
    part : int
        Part of the month, EARLY to DATED.
    """

    month: int
    who: str
    kind: str
    words: str
    tipped: tuple[str, ...] = ()
    terms: dict[str, float] | None = None
    post: int = -1
    becomes: int = -1
    part: int = EARLY

    @property
    def late(self) -> bool:
        """Whether it comes after the observation of its month."""
        return self.part >= LATE
