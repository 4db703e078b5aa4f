"""What ``sustain new --mine`` asks of what has been seen of a service so far, and the table ``[seen]`` that it writes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from experiments.runs.beginning import Question, answered, reader_of

NOT_KNOWN: Final = "-"
"""Answer that nothing is known."""

NOW: Final = 18
"""Months that Enter gives: half a year after the outside support of the study ended."""

ERROR: Final = 0.25
"""Rater's error that Enter gives, in scale points: an example (assumption)."""

_HEAD: Final = """\
# What has been seen so far. Months are whole months since the training. Everything but now may be left out: what is not said
# is not known. A tolerance says by how much a history of the model may differ and still count as one that did what was seen.
[seen]
now = {now}  # months since the training that are over
"""

_EXAMPLES: Final = """
# Take the marks away from what you know. Each may stand several times, with another month.
# [[seen.delivering]]         # posts that gave a session in that month or shortly before
# month = 12
# posts = 3
# tolerance = 1

# [[seen.fidelity]]           # a score of the clinic; error is the rater's standard error
# month = 12
# score = 4.2
# error = 0.2

# [[seen.leader]]             # leaves, arrives or stays; months_tolerance is 1 unless given
# month = 9
# change = "leaves"

# [[seen.patients]]           # in_courses: now in courses; started: have begun one since the training
# month = 12
# in_courses = 4
# started = 9
# tolerance = 2

# [[seen.waiting]]            # posts whose holder waits to be told how to go on
# month = 12
# posts = 1
"""


def seen_text(service: Mapping[str, Any], *, ask: bool) -> str:
    """Text of the table ``[seen]``.

    Parameters
    ----------
    service : mapping
        Answers on the service, by key: its posts are told in the questions.
    ask : bool
        Ask; say only which month is now otherwise.
    """
    from experiments.mine.schema import Delivering, Fidelity, Leader, Patients, Seen, Waiting

    if not ask:
        return _HEAD.format(now=NOW) + _EXAMPLES
    now = answered(_question(Seen, "now", "How many months ago was the training?", NOW))
    posts = service["posts"]
    text = _HEAD.format(now=now)
    delivering = _perhaps(Delivering, "posts", f"Of the {posts} trained, how many still give sessions?")
    if delivering is not None:
        text += _table("delivering", month=now, posts=delivering)
    score = _perhaps(Fidelity, "score", "What was the last fidelity score of the clinic?")
    if score is not None:
        month = answered(_question(Fidelity, "month", "In which month was that?", now))
        error = answered(_question(Fidelity, "error", "How far is such a rater usually off? (standard error)", ERROR))
        text += _table("fidelity", month=month, score=score, error=error)
    left = _perhaps(Leader, "month", "In which month did the first leader leave?")
    if left is not None:
        text += _table("leader", month=left, change='"leaves"')
        came = _perhaps(Leader, "month", "In which month did the new leader come?")
        text += "" if came is None else _table("leader", month=came, change='"arrives"')
    patients = {
        "in_courses": _perhaps(Patients, "in_courses", "How many patients are in courses now?"),
        "started": _perhaps(Patients, "started", "How many have begun a course since the training?"),
    }
    if any(value is not None for value in patients.values()):
        known = {key: value for key, value in patients.items() if value is not None}
        text += _table("patients", month=now, **known)
    waiting = _perhaps(Waiting, "posts", "How many of the trained wait to be told how to go on?")
    return text if waiting is None else text + _table("waiting", month=now, posts=waiting)


def _question(model: Any, key: str, text: str, usual: Any) -> Question:
    from sim.scenario.messages import allowed_of

    field = model.model_fields[key]
    return Question(key, text, usual, allowed_of(field), field.description or "", reader_of(field))


def _perhaps(model: Any, key: str, text: str) -> Any:
    """Answer to a question that may be left open; None where it is."""
    about = _question(model, key, text, NOT_KNOWN)
    read: Callable[[str], Any] = about.read

    def known(answer: str) -> Any:
        return None if answer.strip() == NOT_KNOWN else read(answer)

    allowed = f"{about.allowed}; {NOT_KNOWN} if it is not known"
    return answered(Question(key, text, NOT_KNOWN, allowed, about.meaning, known))


def _table(kind: str, **values: Any) -> str:
    return f"\n[[seen.{kind}]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
