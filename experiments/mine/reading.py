"""Reading the file on one's own service: the scenario by the scenario reader, ``[seen]`` by its own grammar, all at once."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from experiments.mine.observations import Observation, observations_of
from experiments.mine.schema import SEEN, OnlySeen, Seen
from sim.problems import BadInput, Problem, tried
from sim.scenario.catalogue import catalogue, find
from sim.scenario.definition import Scenario
from sim.scenario.files import parse_toml, read_text
from sim.scenario.messages import problems_of, tidy
from sim.scenario.reader import read_files
from sim.scenario.schema import NAME_MAX, Service
from sim.state import SLOTS

KIND: Final = "a file on one service (TOML)"

TEXT_NAME: Final = "my-service"
"""What a text is called that says no name by which a file can be called."""

TEXT_BYTES: Final = 60_000
"""Longer texts are refused: nobody writes so much about one service."""

TEXT_POSTS: Final = 40
TEXT_MONTHS: Final = 240
"""What a page asks about at most; the command asks about larger ones."""


@dataclass(frozen=True, eq=False)
class Mine:
    """One service, and what has been seen of it.

    Attributes
    ----------
    scenario : Scenario
        Of one service.
    seen : Seen
    observations : tuple of Observation
        What is seen, one by one.
    """

    scenario: Scenario
    seen: Seen
    observations: tuple[Observation, ...]

    @property
    def service(self) -> Service:
        """The service as it is described."""
        return self.scenario.services[0]


def read_mine(path: str | Path) -> Mine:
    """Read a file on one's own service.

    Parameters
    ----------
    path : str or pathlib.Path

    Raises
    ------
    BadInput
        With every problem of the scenario and of what was seen.
    """
    file = find(path)
    raw = parse_toml(read_text(file, KIND), file.name)
    problems: list[Problem] = []
    scenario = tried(lambda: read_files([file], apart=(SEEN,)), problems)
    seen, found = _seen(raw, file.name)
    problems += found
    if scenario is not None and len(scenario.services) != 1:
        count, hint = len(scenario.services), "give one table [[services]]; a file without one has those of its baseline"
        problems.append(Problem(f"{file.name}: services", f"there are {count} services", "exactly one", hint))
    elif scenario is not None and seen is not None:
        problems += [*impossible(seen, scenario, file.name)]
    if problems or scenario is None or seen is None:
        raise BadInput(tidy(problems))
    return Mine(scenario, seen, observations_of(seen, scenario.services[0]))


def read_mine_text(text: str) -> Mine:
    """Read a file on one's own service that was sent as text: by the same checker, but it can name no other file.

    Parameters
    ----------
    text : str

    Raises
    ------
    BadInput
        With every problem; places are named after the file that the text says it is.
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput([Problem("file", "is not UTF-8 text", KIND)]) from None
    if len(data) > TEXT_BYTES:
        raise BadInput([Problem("file", f"is larger than {TEXT_BYTES // 1000} kB", KIND, "`sustain mine` reads larger ones")])
    if not text.strip():
        raise BadInput([Problem("file", "is empty", KIND, "`sustain new NAME --mine` writes one")])
    raw = parse_toml(text.removeprefix("\ufeff"), f"{TEXT_NAME}.toml")
    said = raw.get("name")
    sound = isinstance(said, str) and len(said) <= NAME_MAX and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", said)
    file = f"{said if sound else TEXT_NAME}.toml"
    if problems := [*_not_alone(raw, file)]:
        raise BadInput(tidy(problems))
    with tempfile.TemporaryDirectory(prefix="sustain-") as folder:  # a file's reader reads files, and those named beside them
        path = Path(folder) / file
        path.write_bytes(data)
        mine = read_mine(path)
    posts = len(mine.service.aliases()) + mine.service.reserve_posts
    hint = "`sustain mine` asks about larger ones"
    if posts > TEXT_POSTS:
        problems.append(Problem(f"{file}: services[1].posts", f"{posts} posts are many", f"up to {TEXT_POSTS} on a page", hint))
    if mine.scenario.months > TEXT_MONTHS:
        what = f"{mine.scenario.months} months are long"
        problems.append(Problem(f"{file}: months", what, f"up to {TEXT_MONTHS} on a page", hint))
    if problems:
        raise BadInput(problems)
    return mine


def _not_alone(raw: dict[str, Any], file: str) -> Iterator[Problem]:
    """What a text may not ask for: other files, many services."""
    for key in ("services_file", "synthetic"):
        if key in raw:
            yield Problem(f"{file}: {key}", "a page reads no services from elsewhere", "one table [[services]]")
    base, shipped = raw.get("baseline", "baseline"), {one.name for one in catalogue()}
    if not isinstance(base, str) or (base and base not in shipped):
        yield Problem(f"{file}: baseline", "a page reads no other file", "a shipped scenario's name, or nothing")
    services = raw.get("services")
    if isinstance(services, list) and len(services) != 1:
        yield Problem(f"{file}: services", f"there are {len(services)} services", "exactly one")


def check_mine(path: Path) -> list[Problem]:
    """Problems of a file on one's own service; empty when it can be used."""
    try:
        read_mine(path)
    except BadInput as error:
        return error.problems
    return []


def _seen(raw: dict[str, Any], file: str) -> tuple[Seen | None, list[Problem]]:
    try:
        return OnlySeen.model_validate({SEEN: raw[SEEN]} if SEEN in raw else {}).seen, []
    except ValidationError as error:
        return None, problems_of(error, file=file, model=OnlySeen, raw=raw)


def _entries(seen: Seen) -> Iterator[tuple[str, Any]]:
    """Everything that is said, with its place."""
    for kind in ("delivering", "fidelity", "leader", "patients", "waiting"):
        for number, one in enumerate(getattr(seen, kind), start=1):
            yield f"{SEEN}.{kind}[{number}]", one


def impossible(seen: Seen, scenario: Scenario, file: str) -> Iterator[Problem]:
    """What cannot have been seen, whatever the model is.

    Parameters
    ----------
    seen : Seen
    scenario : Scenario
        Of one service.
    file : str
        Name for the messages.
    """
    months = scenario.months
    if seen.now >= months:
        what, hint = f"{seen.now} leaves no month to come before the horizon, month {months}", "raise months, or lower now"
        yield Problem(f"{file}: {SEEN}.now", what, f"a month from 1 to {months - 1}", hint)
    for place, one in _entries(seen):
        where = f"{file}: {place}.month"
        if one.month > months:
            yield Problem(where, f"{one.month} is beyond the horizon, month {months}", f"a month from 1 to {seen.now}")
        elif one.month > seen.now:
            hint = "what is to come cannot have been seen; is now right?"
            yield Problem(where, f"{one.month} is in the future: now is {seen.now}", f"a month from 1 to {seen.now}", hint)
    yield from _twice(seen, file)
    yield from _beyond_the_service(seen, scenario, file)
    yield from _leaders(seen, scenario, file)


def _twice(seen: Seen, file: str) -> Iterator[Problem]:
    for kind in ("delivering", "fidelity", "patients", "waiting"):
        months: set[int] = set()
        for number, one in enumerate(getattr(seen, kind), start=1):
            if one.month in months:
                where = f"{file}: {SEEN}.{kind}[{number}].month"
                yield Problem(where, f"month {one.month} is said twice", "every month once", "keep one of the two")
            months.add(one.month)


def _beyond_the_service(seen: Seen, scenario: Scenario, file: str) -> Iterator[Problem]:
    """Numbers that are larger than the service, or that contradict each other."""
    posts = len(scenario.services[0].aliases())
    for kind in ("delivering", "waiting"):
        for number, one in enumerate(getattr(seen, kind), start=1):
            if one.posts > posts:
                where = f"{file}: {SEEN}.{kind}[{number}].posts"
                yield Problem(where, f"{one.posts} of {posts} posts is impossible", f"a whole number from 0 to {posts}")
    nobody = {one.month for one in seen.delivering if one.posts + one.tolerance == 0}
    for number, score in enumerate(seen.fidelity, start=1):
        where = f"{file}: {SEEN}.fidelity[{number}]"
        if score.error == 0.0 and score.tolerance == 0.0:
            what, hint = "without an error no history can have just this score", "say the rater's error, or a tolerance"
            yield Problem(where, what, "error or tolerance above 0", hint)
        if score.month in nobody:
            what = f"a score in month {score.month}, in which no post delivers"
            yield Problem(where, what, "a score of a month with sessions", "without sessions there is nothing to be scored")
    began: tuple[int, int] = (0, 0)
    for number, one in sorted(enumerate(seen.patients, start=1), key=lambda pair: pair[1].month):
        where = f"{file}: {SEEN}.patients[{number}]"
        if one.in_courses is None and one.started is None:
            yield Problem(where, "says nothing", "in_courses or started", "leave the table out")
        room = SLOTS * (posts + scenario.services[0].reserve_posts)
        if one.in_courses is not None and one.in_courses - one.tolerance > room:
            what, allowed = (
                f"{one.in_courses} patients at a time are more than {posts} posts can have",
                f"up to {room} ({SLOTS} a post)",
            )
            yield Problem(f"{where}.in_courses", what, allowed)
        if one.started is not None:
            if one.in_courses is not None and one.in_courses - one.started > 2 * one.tolerance:
                what = f"{one.in_courses} patients are in courses, but only {one.started} began one"
                yield Problem(where, what, "no more in courses than have begun")
            if one.started + one.tolerance < began[0]:
                what = f"{one.started} patients have begun by month {one.month}, but {began[0]} by month {began[1]}"
                yield Problem(f"{where}.started", what, "a number that does not fall", "it counts all since the training")
            began = max(began, (one.started - one.tolerance, one.month))


def _leaders(seen: Seen, scenario: Scenario, file: str) -> Iterator[Problem]:
    """Changes of leader that contradict each other or what the file says is known."""
    dated = {one.month for one in scenario.events if one.kind.startswith("leader_")}
    known = scenario.services[0].months_observed
    stays = max((one.month for one in seen.leader if one.change == "stays"), default=0)
    for number, one in enumerate(seen.leader, start=1):
        where = f"{file}: {SEEN}.leader[{number}]"
        if one.type is not None and one.change != "arrives":
            yield Problem(f"{where}.type", f"says nothing where the leader {one.change}", "only with change = arrives")
        if one.type == "vacant":
            yield Problem(f"{where}.type", "nobody arrives as a vacancy", "how the new leader leads", "change = leaves says that")
        if one.change == "stays" and "months_tolerance" in one.model_fields_set:
            yield Problem(f"{where}.months_tolerance", "does nothing with change = stays", "leave it out")
        late = one.month + one.months_tolerance
        if one.change == "leaves" and late <= stays:
            what = f"the leader leaves by month {late}, but stays to month {stays}"
            yield Problem(where, what, "one of the two", "stays speaks of the first leader")
        elif one.change != "stays" and late < known and not dated:
            what = f"chance changes no leader before month {known} (months_observed of the service)"
            yield Problem(where, what, f"months from {known} on", "lower months_observed, or say it in [[events]]")
