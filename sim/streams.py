"""The decisions that luck has a part in, each with a stream of its own.

A stream is addressed (``sim.tape``), never drawn in call order: the number that decides whether the holder of a
post leaves in month 30 of replicate 7 is the same whatever else happens. Streams are appended to their set, never
renumbered or reused; a set is padded to a multiple of four because one call of the generator gives four numbers.
"""

from typing import Final, NamedTuple

KIND_SERVICE: Final = 0
KIND_LEADER: Final = 1
KIND_PRACTITIONER: Final = 2
KIND_PATIENT: Final = 3


class StreamSet(NamedTuple):
    """Streams that are drawn together.

    Attributes
    ----------
    kind : int
        KIND_… code: part of the address.
    first_block : int
        Number of the set's first block of four streams; sets of one kind do not overlap.
    names : tuple of str
        One a stream; the block of stream j is ``first_block + j // 4``, its word ``j % 4``.
    """

    kind: int
    first_block: int
    names: tuple[str, ...]

    @property
    def blocks(self) -> int:
        """Number of blocks of four that hold the set."""
        return -(-len(self.names) // 4)


STREAM_SETS: Final[dict[str, StreamSet]] = {
    # once for each service, before month 0
    "service_start": StreamSet(KIND_SERVICE, 256, ("skill",)),
    # every month, each service
    "service": StreamSet(KIND_SERVICE, 0, ("inflow", "barrier", "budget", "signal", "answer", "withdrawal", "expands")),
    # every month, each service that may decide about the practice as a whole
    "decision": StreamSet(KIND_SERVICE, 512, ("gives_up", "takes_up")),
    # every month, each leader post
    "leader": StreamSet(KIND_LEADER, 0, ("leaves", "arrives", "type", "dimensions")),
    # every month, each practitioner post
    "practitioner": StreamSet(
        KIND_PRACTITIONER,
        0,
        (
            "fills",
            "priority",
            "absence",
            "course_start",
            "group_size",
            "handover",
            "trained",
            "trained_informally",
            "waits",
            "leaves_waiting",
            "gives_up_waiting",
            "stops",
            "cuts",
            "adapts",
            "restarts",
            "leaves",
        ),
    ),
    # every month, each practitioner post, where parts are a place to rest
    "parts": StreamSet(KIND_PRACTITIONER, 512, ("from_waiting", "from_stopped")),
    # a person who takes a post: before month 0, or in the month of arrival
    "person": StreamSet(
        KIND_PRACTITIONER,
        64,
        (
            "autonomy",
            "commitment",
            "belief",
            "duties",
            "spare_willing",
            "spare_hours",
            "ceiling",
            "skill",
            "leader_view",
            "experience",
            "retirement",
            "exhaustion",
            # of the second candidate where capacity is checked before month 0
            "duties_second",
            "check_decides",
        ),
    ),
    # every month, each patient in a course
    "patient": StreamSet(KIND_PATIENT, 0, ("attendance", "relapse", "dropout", "noise_seen")),
    # a patient who is asked
    "intake": StreamSet(KIND_PATIENT, 64, ("accepts", "functioning", "demanding", "response", "engagement", "recovery")),
    # every month, each recruited patient who waits for a course
    "recruited": StreamSet(KIND_PATIENT, 128, ("withdraws",)),
}
"""All streams; month word 0 is 'before month 0', month m is word m + 1."""
