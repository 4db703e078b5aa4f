"""What a file on one's own service says beside the scenario: the table ``[seen]``, as pydantic models.

Months are completed months since the training: month 18 is the end of the eighteenth month. Everything but ``now`` may be left
out. What is not said is not known: it binds no history.
"""

from typing import Any, Final, Literal

from pydantic import Field

from sim.scenario.schema import MONTHS_MAX, PATIENTS_MAX, POSTS_MAX, LeaderWord, ScenarioFile, _is, _Strict

SEEN: Final = "seen"
"""Key of the table at the top of the file."""

ERRORS: Final = 2.0
"""A history agrees with a score if it is no farther from it than so many of the rater's errors, and the tolerance."""


def _month(meaning: str) -> Any:
    return _is(meaning, "month", ge=1, le=MONTHS_MAX)


class Delivering(_Strict):
    """How many posts delivered."""

    month: int = _month("month of which it is said")
    posts: int = _is("posts that gave a session in that month or shortly before", "posts", ge=0, le=POSTS_MAX)
    tolerance: int = _is("posts by which a history may differ", "posts", 0, ge=0, le=POSTS_MAX)


class Waiting(_Strict):
    """How many practitioners waited."""

    month: int = _month("month of which it is said")
    posts: int = _is("posts whose holder waited to be told how to go on", "posts", ge=0, le=POSTS_MAX)
    tolerance: int = _is("posts by which a history may differ", "posts", 0, ge=0, le=POSTS_MAX)


class Fidelity(_Strict):
    """A fidelity score of the clinic."""

    month: int = _month("month of the score")
    score: float = _is("fidelity of the clinic as a rater scored it", "scale 1-5", ge=1, le=5)
    error: float = _is("standard error of the rater's score", "scale points", ge=0, le=2)
    tolerance: float = _is("points by which a history may differ beyond two errors", "scale points", 0.0, ge=0, le=4)


class Leader(_Strict):
    """A change of leader, or none."""

    month: int = _month(
        "first month without the leader who left, or with the one who arrived; with stays, the last one of which it is known"
    )
    change: Literal["leaves", "arrives", "stays"] = _is("what happened", "word")
    type: LeaderWord | None = _is("how the leader who arrives leads", "word", None)
    months_tolerance: int = _is("months by which a history may be earlier or later", "months", 1, ge=0, le=24)


class Patients(_Strict):
    """Numbers of patients."""

    month: int = _month("month of which it is said")
    in_courses: int | None = _is("patients in running courses", "patients", None, ge=0, le=PATIENTS_MAX)
    started: int | None = _is("patients who have begun a course since the training", "patients", None, ge=0, le=PATIENTS_MAX)
    tolerance: int = _is("patients by which a history may differ", "patients", 0, ge=0, le=PATIENTS_MAX)


def _tables(meaning: str) -> Any:
    return Field(default_factory=list, max_length=MONTHS_MAX, description=meaning, json_schema_extra={"unit": "tables"})


class Seen(_Strict):
    """What has been seen of a service so far."""

    now: int = _is("months since the training that are over", "month", ge=1, lt=MONTHS_MAX)
    delivering: list[Delivering] = _tables("how many posts deliver in which month")
    fidelity: list[Fidelity] = _tables("scores of fidelity")
    leader: list[Leader] = _tables("changes of leader")
    patients: list[Patients] = _tables("numbers of patients")
    waiting: list[Waiting] = _tables("how many practitioners wait in which month")


class OnlySeen(_Strict):
    """The part of the file that no scenario has."""

    seen: Seen = Field(description="what has been seen so far", json_schema_extra={"unit": "table"})


class MineFile(ScenarioFile):
    """A scenario of one service, and what has been seen of it so far."""

    seen: Seen = Field(description="what has been seen so far", json_schema_extra={"unit": "table"})


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors."""
    from sim.scenario import json_schema as of_scenario

    schema = MineFile.model_json_schema()
    schema["properties"]["forms"] = of_scenario()["properties"]["forms"]
    return schema
