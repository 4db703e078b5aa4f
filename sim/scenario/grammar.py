"""The grammar of scenario files as Markdown tables, made from the schema so that the two cannot differ."""

from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sim.markdown import table
from sim.plan import LEVERS
from sim.scenario.messages import allowed_of, unit_of
from sim.scenario.schema import EVENT_NEEDS, Change, Event, EventKind, Policy, Practitioner, ScenarioFile, Service, Synthetic

SECTIONS: Final[tuple[tuple[str, str, type[BaseModel]], ...]] = (
    ("scenario", "Top of the file", ScenarioFile),
    ("services", "[[services]], a column of a services_file, or a key of [synthetic.fields]", Service),
    ("practitioners", "[[services.practitioners]]", Practitioner),
    ("synthetic", "[synthetic]", Synthetic),
    ("changes", "[[changes]]", Change),
    ("policies", "[[policies]]", Policy),
    ("events", "[[events]]", Event),
)
"""Key, heading and model of each table of the grammar."""


def _default(info: Any) -> str:
    if info.default is PydanticUndefined:
        return "**needed**"
    if info.default is None:
        return "-"
    if isinstance(info.default, bool):
        return str(info.default).lower()
    return f"`{info.default!r}`".replace("'", '"') if isinstance(info.default, str) else f"{info.default}"


def model_table(model: type[BaseModel]) -> str:
    """Table of a model's keys: meaning, what is allowed, unit, default.

    Parameters
    ----------
    model : type of pydantic.BaseModel

    Returns
    -------
    str
        Markdown.
    """
    rows = []
    for name, info in model.model_fields.items():
        unit = unit_of(info)
        allowed = allowed_of(info).removesuffix(f" ({unit})") or unit
        rows.append((f"`{name}`", info.description or "", allowed, unit, _default(info)))
    return table(("key", "meaning", "allowed", "unit", "default"), rows)


def lever_table() -> str:
    """Table of the levers."""
    rows = [(f"`{one.name}`", one.meaning, f"from {one.low:g} to {one.high:g}", one.unit) for one in LEVERS]
    return table(("lever", "meaning", "dose", "unit"), rows)


def event_table() -> str:
    """Table of the kinds of event and what each needs."""
    needs = {kind: f"`{EVENT_NEEDS[kind]}`" if kind in EVENT_NEEDS else "-" for kind in get_args(EventKind)}
    return table(("kind", "also needs"), [(f"`{kind}`", needed) for kind, needed in needs.items()])


def grammar() -> str:
    """All tables of the grammar, with their headings; they stand in ``scenarios/README.md`` between two marks."""
    parts = []
    for _, heading, model in SECTIONS:
        parts += [f"### `{heading}`" if heading.startswith("[") else f"### {heading}", model_table(model)]
    parts += ["### Levers", lever_table(), "### Kinds of event", event_table()]
    return "\n\n".join(parts)
