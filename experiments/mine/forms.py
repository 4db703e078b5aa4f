"""A service as a form has it: to the tables of a file and back, and which field a problem of the file is about."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from experiments.mine.reading import TEXT_NAME, Mine
from experiments.mine.schema import SEEN, Delivering, Fidelity, Leader, Patients, Waiting
from sim.problems import Problem, did_you_mean
from sim.scenario.files import parse_toml
from sim.scenario.messages import allowed_of
from sim.scenario.schema import Service

SERVICE: Final = (
    "setting", "staff", "posts", "leader", "signal", "selection", "format", "pool", "inflow", "meetings", "backing",
    "outcome_monitoring",
)  # fmt: skip
"""The twelve questions on the service, by its keys."""

KINDS: Final[dict[str, Any]] = {
    "delivering": Delivering, "fidelity": Fidelity, "leaders": Leader, "patients": Patients, "waiting": Waiting,
}  # fmt: skip
"""What may have been seen, each a list of rows."""

_LEADERS: Final = "leaders"  # how the leader leads is a question of its own

ROWS: Final = 12
"""Rows of one kind at most."""

TEXT: Final = 200
"""Characters of one answer at most: what is longer is no word and no name."""

MONTHS: Final = 84
"""Horizon of a form."""

FIELDS: Final = ("name", *SERVICE, "now", *KINDS)

_SERVICE_PLACE: Final = re.compile(r": services(?:\[1\])?(?: .*)?\.(\w+)$", re.DOTALL)
_SEEN_PLACE: Final = re.compile(rf": {SEEN}\.(\w+)(?:\[(\d+)\])?(?:[^.]*\.(\w+))?")


def tables_of(form: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Tables of a file on the service.

    Nothing is said here of whether the answers can be: the file's own checker does.

    Parameters
    ----------
    form : mapping
        By FIELDS: the name of the service, the twelve answers, ``now``, and of each kind of observation a list of rows, each a
        mapping. An answer that is left out is not in the file.

    Returns
    -------
    tables : dict
    problems : list of Problem
        Of what can stand in no file, each by its field: ``staff``, ``delivering.0.month``.
    """
    problems = [*_unknown(form, FIELDS, "")]
    seen: dict[str, Any] = {}
    service = _plain(form, ("name", *SERVICE), "", problems)
    seen |= _plain(form, ("now",), "", problems)
    for kind, model in KINDS.items():
        rows = form.get(kind, [])
        if not isinstance(rows, list) or len(rows) > ROWS or not all(isinstance(row, Mapping) for row in rows):
            problems.append(Problem(kind, "is no list of observations", f"up to {ROWS} observations"))
            continue
        found = []
        for at, row in enumerate(rows):
            keys, place = tuple(model.model_fields), f"{kind}.{at}."
            problems += _unknown(row, keys, place)
            found.append(_plain(row, keys, place, problems))
        seen |= {_key(kind): found} if found else {}
    tables = {
        "schema_version": 1,
        "name": TEXT_NAME,
        "title": "My service",
        "question": "What might become of the practice in a service like ours?",
        "baseline": "",
        "months": MONTHS,
        "services": [service],
        SEEN: seen,
    }
    return tables, problems


def _key(kind: str) -> str:
    """Key of a kind of observation in the file."""
    return "leader" if kind == _LEADERS else kind


def _unknown(given: Mapping[str, Any], known: tuple[str, ...], place: str) -> Iterator[Problem]:
    for key in given:
        if key not in known:
            short = str(key)[:40]
            yield Problem(f"{place}{short}", "there is no such field", ", ".join(known), did_you_mean(short, known))


def _plain(given: Mapping[str, Any], keys: tuple[str, ...], place: str, problems: list[Problem]) -> dict[str, Any]:
    """Answers that a file can hold: texts, numbers, yes or no."""
    found = {}
    for key in keys:
        value = given.get(key)
        if value is None:
            continue
        if isinstance(value, str):
            if len(value) > TEXT or (not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value)):
                problems.append(Problem(f"{place}{key}", "is no text that can be read", f"up to {TEXT} characters"))
                continue
        elif not isinstance(value, bool | int | float) or (isinstance(value, int) and value.bit_length() > 1000):
            problems.append(Problem(f"{place}{key}", "is neither a text nor a number that can be read", "a text or a number"))
            continue
        found[key] = value
    return found


def form_of(mine: Mine) -> dict[str, Any]:
    """What a form shows of a file: everything that it has a field for, the defaults of the service among them.

    Parameters
    ----------
    mine : Mine
    """
    service, seen = mine.service, mine.seen
    answers = {key: getattr(service, key) for key in SERVICE} | {"posts": len(service.aliases())}
    rows = {kind: [one.model_dump(exclude_none=True) for one in getattr(seen, _key(kind))] for kind in KINDS}
    return {"name": service.name, **answers, "now": seen.now, **{kind: found for kind, found in rows.items() if found}}


_OPEN: Final = "this is not answered"
_TYPE_OF_TEXT: Final = "text in quotation marks"
"""What the checker of files allows where a text is wanted: a form has no quotation marks."""

_PLAIN: Final = {"schema_version", "name", "title", "question", "baseline", "months", "services", SEEN}


def is_whole(mine: Mine) -> bool:
    """Whether the form shows all that a file says: else an answer to the form is not one to the file.

    Parameters
    ----------
    mine : Mine
    """
    raw = parse_toml(mine.scenario.text, TEXT_NAME)
    same = raw.get("baseline") == "" and raw.get("months") == MONTHS and set(raw) <= _PLAIN
    return same and all(set(one) <= {"name", *SERVICE} for one in raw.get("services", []))


def field_of(where: str) -> str:
    """Field of a form that a problem of the file is about; empty where none is.

    Parameters
    ----------
    where : str
        As the file's checker says it.

    Examples
    --------
    >>> field_of("my-service.toml: services[1] (Ours).staff"), field_of("my-service.toml: seen.delivering[2].posts")
    ('staff', 'delivering.1.posts')
    >>> field_of("my-service.toml: seen.patients[1]"), field_of("my-service.toml: seen.now"), field_of("my-service.toml")
    ('patients.0.month', 'now', '')
    """
    service, seen = _SERVICE_PLACE.search(where), _SEEN_PLACE.search(where)
    if service:
        return service[1] if service[1] in ("name", *SERVICE) else ""
    if seen is None:
        return ""
    if seen[1] == "now":
        return "now"
    kind = next((one for one in KINDS if _key(one) == seen[1]), None)
    return "" if kind is None else f"{kind}.{int(seen[2] or 1) - 1}.{seen[3] or 'month'}"


def of_form(problem: Problem) -> Problem:
    """A problem of the file as one of the form: by its field, in the words of somebody who writes no file.

    Parameters
    ----------
    problem : Problem
        As the file's checker says it.

    Examples
    --------
    >>> of_form(Problem("my-service.toml: services[1].staff", "missing key 'staff'", "a whole number", "it says: employees"))
    Problem(where='staff', what='this is not answered', allowed='a whole number', hint='')
    """
    field, missing = field_of(problem.where), problem.what.startswith(("missing key", "is empty"))
    if missing and "'posts'" in problem.what:  # of a file it is one of two keys
        return Problem("posts", _OPEN, allowed_of(Service.model_fields["posts"]))
    allowed = "a text" if problem.allowed == _TYPE_OF_TEXT else problem.allowed
    return Problem(field, _OPEN if missing else problem.what, allowed, "" if missing else problem.hint)
