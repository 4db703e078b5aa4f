"""Several scenarios as one: their differences from the same baseline, put together."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from sim.parameters import ParameterTable
from sim.problems import BadInput, Problem
from sim.scenario.catalogue import JOINT
from sim.scenario.messages import listed, shown
from sim.scenario.parts import PLAIN, SOURCES, TABLES, Parts, baseline_path, read_baseline, read_parts
from sim.scenario.schema import Event

_KEEPS: Final = ("keep_baseline_policies", "keep_baseline_events")
_CHOOSE: Final = "leave one of the two out, or write a scenario of your own that says which holds"


def read_difference(
    files: Sequence[Path], table: ParameterTable, apart: Collection[str] = ()
) -> tuple[Parts, Parts | None, list[Problem]]:
    """Difference that a file states, or several files together, and the file that it is a difference from.

    Parameters
    ----------
    files : sequence of pathlib.Path
        At least one.
    table : ParameterTable
    apart : collection of str
        Keys at the top that are no scenario's and that somebody else reads.

    Returns
    -------
    parts : Parts
        What the files say; in combinations changes, policies and events in the order of the files.
    base : Parts or None
        None for a file that stands alone.
    problems : list of Problem

    Raises
    ------
    BadInput
        When one is not a readable TOML file at all.
    """
    read: list[Parts] = []
    bases: list[Path | None] = []
    problems: list[Problem] = []
    unreadable: list[Problem] = []
    for path in files:
        try:
            parts, found = read_parts(path, table, apart)
        except BadInput as error:
            unreadable += error.problems
            continue
        base_path, more = baseline_path(parts, path)
        read.append(parts)
        bases.append(base_path)
        problems += found + more
    if unreadable:
        raise BadInput(unreadable + problems)
    base = None
    if bases[0] is not None:
        base, found = read_baseline(bases[0], f"{read[0].file}: baseline", table)
        problems += found
    if len(read) == 1:
        return read[0], base, problems
    problems += _stood_twice(read) + _without_the_baseline(read, bases) + _later_services(read) + _contradictions(read)
    source = read[0] if read[0].services is not None or base is None else base
    return _joined(read), base, problems + _contradicting_changes(read, source.service_names)


def _named(parts: Parts) -> str:
    return str(parts.raw.get("name", ""))


def _joined(read: Sequence[Parts]) -> Parts:
    """What several files say, as if one said it all."""
    raw = dict(read[0].raw)
    raw["name"] = JOINT.join(_named(one) for one in read)
    raw["title"] = " + ".join(str(one.raw.get("title", "")) for one in read)
    raw["question"] = " ".join(["What comes of these together?", *(str(one.raw.get("question", "")) for one in read)])
    for one in reversed(read):
        raw |= {key: one.raw[key] for key in PLAIN if key in one.raw}
    raw |= {key: all(one.plain(key) for one in read) for key in _KEEPS}
    raw |= {key: {name: value for one in read for name, value in one.plain(key).items()} for key in TABLES}
    events: list[tuple[str, Event]] = []
    for one in read:
        before = [event for _, event in events]
        events += [(where, event) for where, event in one.events if event not in before]
    return Parts(
        raw,
        file=JOINT.join(one.file for one in read),
        text="\n".join(f"# --- {one.file}\n{one.text}" for one in read),
        services=read[0].services,
        service_names=read[0].service_names,
        changes=[change for one in read for change in one.changes],
        policies=[policy for one in read for policy in one.policies],
        events=events,
    )


def _stood_twice(read: Sequence[Parts]) -> list[Problem]:
    names = [_named(one) for one in read]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    hint = "for twice the dose write a scenario of your own"
    return [Problem(JOINT.join(names), f"'{name}' stands {names.count(name)} times", "every part once", hint) for name in twice]


def _without_the_baseline(read: Sequence[Parts], bases: Sequence[Path | None]) -> list[Problem]:
    """Problems of later parts that are no difference, or one from another baseline than the first part that is.

    The first part may stand alone: the others are then differences to be made in it.
    """
    problems = []
    first: tuple[str, Path] | None = None
    for one, base in zip(read, bases, strict=True):
        where = f"{one.file}: baseline"
        if one is not read[0] and one.raw.get("baseline") == "":
            allowed = "differences from the same baseline, after the first part"
            problems.append(Problem(where, "stands alone, so it is no difference", allowed, f"write '{_named(one)}' first"))
        if base is None:
            continue
        if first is None:
            first = (one.file, base)
        elif first[1].resolve() != base.resolve():
            what = f"is a difference from '{base.stem}' ({base}), {first[0]} from '{first[1].stem}' ({first[1]})"
            problems.append(Problem(where, what, "differences from the same baseline", "combine those that have one in common"))
    return problems


def _later_services(read: Sequence[Parts]) -> list[Problem]:
    problems = []
    for one in read[1:]:
        if one.services is not None:
            key = next(key for key in SOURCES if key in one.raw)
            hint = (
                "write it first" if read[0].services is None else f"{read[0].file} gives services too: leave one of the two out"
            )
            problems.append(
                Problem(f"{one.file}: {key}", "gives services after the first part", "services in the first part", hint)
            )
    return problems


def _contradictions(read: Sequence[Parts]) -> list[Problem]:
    """Problems of numbers, parameters, switches and forms that two parts set to two values."""
    problems = []
    given: dict[str, tuple[str, Any]] = {}
    for one in read:
        said: dict[str, Any] = {key: one.plain(key) for key in PLAIN if key in one.raw}
        said |= {f"{key}.{name}": value for key in TABLES for name, value in one.plain(key).items()}
        for place, value in said.items():
            file, before = given.setdefault(place, (one.file, value))
            if before != value:
                what = f"{shown(value)} in {one.file}, {shown(before)} in {file}"
                problems.append(Problem(f"{one.file}: {place}", what, "the same value in both", _CHOOSE))
    return problems


def _contradicting_changes(read: Sequence[Parts], names: Sequence[str]) -> list[Problem]:
    """Problems of service fields that two parts change to two values: whichever came last would win unseen."""
    given: dict[tuple[str, str], tuple[str, Any]] = {}
    clashes: dict[tuple[str, str, str, str, str], list[str]] = {}
    for one in read:
        mine: dict[tuple[str, str], tuple[str, Any]] = {}
        for where, change in one.changes:
            values = change.set.model_dump(exclude_unset=True)
            for service in names if change.services == "all" else change.services:
                mine |= {(service, field): (where, value) for field, value in values.items()}
        for (service, field), (where, value) in mine.items():
            file, before = given.setdefault((service, field), (one.file, value))
            if before != value:
                clashes.setdefault((where, field, shown(value), file, shown(before)), []).append(service)
    return [
        Problem(
            f"{where}.set.{field}",
            f"{value} for {listed(services, len(names))}, {before} in {file}",
            "the same value in both",
            _CHOOSE,
        )
        for (where, field, value, file, before), services in clashes.items()
    ]
