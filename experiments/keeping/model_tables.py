"""What ``docs/ODD.md`` and ``README.md`` say of the model: tables that are made from the code, and the picture of a run."""

import ast
import re
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Final

from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.kept import FEW_COLOURS, keep_picture
from sim import codes, markdown
from sim.order import ORDER
from sim.parameters import STATUSES, Parameter, read_table
from sim.plan import LEVERS
from sim.scenario import catalogue
from sim.state import FIELDS, Field
from sim.streams import STREAM_SETS

DOCUMENTS: Final = ("README.md", "docs/ODD.md")
"""Documents that hold generated blocks."""


_NUMBER: Final = re.compile(r"R\d+")

_CODES: Final[tuple[tuple[str, type[IntEnum]], ...]] = (
    ("status of a practitioner post", codes.PractitionerStatus),
    ("state of a service", codes.ServiceState),
    ("type of leader", codes.LeaderType),
    ("signal about the future", codes.Signal),
    ("staff meetings", codes.Meetings),
    ("selection for training", codes.Selection),
    ("course format", codes.Format),
    ("setting", codes.Setting),
    ("pooling of outcome figures", codes.Pooling),
    ("part in a group", codes.CourseRole),
    ("patient slot", codes.SlotState),
    ("end of a course", codes.CourseEnd),
    ("stop or cut that reception tipped", codes.Rejection),
    ("why a service gave the practice up by decision", codes.StopReason),
    ("why a service took it up again by decision", codes.RestartReason),
)

_KINDS: Final = ("service", "leader", "practitioner", "patient")


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


# --- what the code says about itself


def _functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def _month_functions() -> list[ast.FunctionDef]:
    return [one for path in sorted((ROOT / "sim" / "months").glob("*.py")) for one in _functions(path)]


def readers_of_parameters() -> dict[str, list[str]]:
    """Month functions that read each parameter, switch or form, by its name in the record."""
    found: dict[str, list[str]] = {}
    for function in _month_functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "p":
                readers = found.setdefault(node.attr, [])
                if function.name not in readers:
                    readers.append(function.name)
    return found


def users_of_rules() -> dict[str, list[str]]:
    """Functions that call each equation, by the equation's name: month functions, and other equations."""
    found: dict[str, list[str]] = {}
    for function in [*_functions(ROOT / "sim" / "rules.py"), *_month_functions()]:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                users = found.setdefault(node.func.id, [])
                if function.name not in users:
                    users.append(function.name)
    return found


def parameter_groups() -> list[tuple[str, list[str]]]:
    """Headings of the parameter file, each with the names that stand below it."""
    groups: list[tuple[str, list[str]]] = []
    inside = False
    for line in (ROOT / "sim" / "parameters.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            inside = line.strip() == "[parameters]"
        elif inside and line.startswith("# "):
            groups.append((line.removeprefix("# ").strip(), []))
        elif inside and "=" in line:
            groups[-1][1].append(line.split("=", 1)[0].strip())
    return groups


# --- the blocks


def census() -> str:
    """Count of the parameters by status, as every result prints it."""
    return read_table().census() + "."


def _status(one: Parameter) -> str:
    """Status, with the calibration that it comes from."""
    return f"{one.status} ({one.study})" if one.study else one.status


def _note(one: Parameter) -> str:
    """Note, with the mechanism that has to be on, or off, for the parameter to do anything."""
    if one.switch:
        return f"{one.note}; only where `{one.switch}` is on"
    return f"{one.note}; only where `{one.replaced_by}` is off" if one.replaced_by else one.note


def parameters() -> str:
    """Every parameter, in the groups of the file."""
    table, readers, parts = read_table(), readers_of_parameters(), []
    for heading, names in parameter_groups():
        rows = []
        for name in names:
            one = table.parameters[name]
            source = f"{one.source}: {one.locator}" if one.source and one.locator else one.source
            read = ", ".join(f"`{reader}`" for reader in readers.get(name, []))
            bounds = f"{one.low:g} to {one.high:g}"
            rows.append((f"`{name}`", f"{one.value:g}", bounds, one.unit, _status(one), source, _note(one), read))
        header = ("parameter", "value", "bounds", "unit", "status", "source", "note", "read by")
        parts.append(f"**{heading}**\n\n{markdown.table(header, rows)}")
    return "\n\n".join(parts)


def switches() -> str:
    """Mechanisms that can be switched off."""
    rows = [(f"`{name}`", one.mechanism, one.neutral, "on" if one.on else "off") for name, one in read_table().switches.items()]
    return markdown.table(("switch", "mechanism", "when off", "unless said otherwise"), rows)


def forms() -> str:
    """Parts of the model with rival equations."""
    table, rows = read_table(), []
    for name, one in table.forms.items():
        source = f"{one.source}: {one.locator}" if one.locator else one.source
        for word, says in one.options.items():
            first = word == one.default
            rows.append((f"`{name}`" if first else "", one.question if first else "", f"`{word}`", says, source if first else ""))
    return markdown.table(("form", "question", "option", "what it says", "source"), rows)


def sources() -> str:
    """Works that the parameter table cites, and how often by status."""
    table, rows = read_table(), []
    for key, one in table.sources.items():
        citing = [parameter.status for parameter in table.parameters.values() if parameter.source == key]
        counts = ", ".join(f"{citing.count(status)} {status}" for status in STATUSES if status in citing)
        rows.append((key, one.citation, one.doi, counts or "-"))
    return markdown.table(("key", "work", "DOI", "parameters"), rows)


def equations() -> str:
    """Numbered equations, as their docstrings say them, and who uses each."""
    users, rows = users_of_rules(), []
    for function in _functions(ROOT / "sim" / "rules.py"):
        text = " ".join((ast.get_docstring(function) or "").split())
        if _NUMBER.match(text):
            number, rest = text.split(",", 1)
            used = ", ".join(f"`{one}`" for one in users.get(function.name, []))
            rows.append((number, f"`{function.name}`", rest.strip().replace("``", "`"), used))
    return markdown.table(("no.", "equation", "what it says", "used by"), rows)


def order() -> str:
    """Stages of the month."""
    rows = [(f"{at}", f"7.{one.submodel}", one.entity, one.meaning, f"`{one.function}`") for at, one in enumerate(ORDER, start=1)]
    return markdown.table(("", "submodel", "for each", "what happens", "function"), rows)


def levers() -> str:
    """Policy levers."""
    rows = [(f"`{one.name}`", one.meaning, f"{one.low:g} to {one.high:g}", one.unit) for one in LEVERS]
    return markdown.table(("lever", "meaning", "dose", "unit"), rows)


def streams() -> str:
    """Streams of random numbers: decisions that luck has a part in."""
    rows = [
        (name, _KINDS[one.kind], f"{one.first_block}", ", ".join(f"`{stream}`" for stream in one.names))
        for name, one in STREAM_SETS.items()
    ]
    return markdown.table(("set", "addressed by", "first block", "decisions"), rows)


def scenarios() -> str:
    """Scenarios that ship, with their questions."""
    return markdown.table(("scenario", "what it asks"), [(f"`{one.name}`", one.question) for one in catalogue()])


def words() -> str:
    """Codes that a state can take, in words."""
    rows = [(what, ", ".join(_words(one.name) for one in enum)) for what, enum in _CODES]
    return markdown.table(("what", "values"), rows)


def _bounds(field: Field) -> str:
    low = "" if field.low == -float("inf") else f"{field.low:g}"
    high = "" if field.high == float("inf") else f"{field.high:g}"
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else "any"


def state_of(entity: str) -> str:
    """State variables of an entity (a key of ``sim.state.FIELDS``)."""
    kinds = {"f8": "real", "i8": "whole"}
    rows = []
    for one in FIELDS[entity]:
        kind = kinds[one.dtype] + (f", {one.length} values" if one.length else "")
        rows.append((f"`{one.name}`", one.meaning, one.unit, _bounds(one), kind, f"{one.start:g}"))
    return markdown.table(("variable", "meaning", "unit", "bounds", "type", "start"), rows)


def _state(entity: str) -> Callable[[], str]:
    return lambda: state_of(entity)


def blocks(_: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {
        "census": census,
        "parameters": parameters,
        "switches": switches,
        "forms": forms,
        "sources": sources,
        "equations": equations,
        "order": order,
        "levers": levers,
        "streams": streams,
        "scenarios": scenarios,
        "words": words,
        **{f"state-{entity.replace('_', '-')}": _state(entity) for entity in FIELDS},
    }


# --- pictures

PICTURES: Final = {"uses": "docs/images/nine-services.png"}
"""Figures of a run of the nine services that the documents show, and where they lie."""


def draw_images(root: Path = ROOT, *, replicates: int = 500) -> list[Path]:
    """Run the nine services and draw the pictures that the documents show.

    Parameters
    ----------
    root : pathlib.Path
    replicates : int

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        When a picture is too large for the repository.
    """
    from tempfile import TemporaryDirectory

    import sim
    from sim.figures import NEEDED_TABLES, draw_all

    run = sim.run("nine-services", replicates=replicates)
    written: list[Path] = []
    with TemporaryDirectory() as folder:
        drawn = {one.name: one.png for one in draw_all(Path(folder), {name: run.table(name) for name in NEEDED_TABLES})}
        for name, place in PICTURES.items():
            written += keep_picture(drawn[name], root / place, colours=FEW_COLOURS)
    return written
