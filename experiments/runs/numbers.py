"""Where does this number come from? Every parameter, switch, form and lever with what is known of it, and a search over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from experiments.keeping.model_tables import parameter_groups, readers_of_parameters
from sim.parameters import FORM_PREFIX, STATUSES, SWITCH_PREFIX, Parameter, ParameterTable, read_table
from sim.plan import LEVERS
from sim.problems import BadInput, Problem, did_you_mean

PARAMETER, SWITCH, FORM, LEVER = "parameter", "switch", "form", "lever"
KINDS: Final = (PARAMETER, SWITCH, FORM, LEVER)

MOST_LETTERS: Final = 200
"""Letters of a search that are looked at."""


@dataclass(frozen=True)
class Entry:
    """A number or a choice of the model.

    Attributes
    ----------
    kind : str
        One of KINDS.
    name : str
        As ``--set`` and scenario files have it, such as ``chance_leader_leaves``, ``switch.fading``, ``forms.belief``.
    label : str
        In plain words.
    group : str
        Heading under which it stands.
    value : float or None
        None of what is no number, and of a lever.
    low, high : float or None
        Bounds, of a lever those of its dose.
    unit : str
    status : str
        One of the statuses of parameters; empty of the others, which are choices.
    study : str
        Calibration that constrained it; else empty.
    source : str
        What it cites, in full; empty where nothing.
    key : str
        Key of the source.
    doi, locator, note : str
    usual : str
        What holds unless a scenario says otherwise, of a switch or form; else empty.
    options : tuple of (str, str)
        Of a form, with what each says; of a switch, on and off.
    only : str
        Switch on which it hangs, and how, such as ``switch.peers is on``; else empty.
    instead : tuple of str
        Parameters of that mechanism that say the same.
    acts : bool
        Whether it does anything where a scenario turns no mechanism on or off.
    read_by : tuple of str
        Functions of the month that read it.
    """

    kind: str
    name: str
    label: str
    group: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    status: str = ""
    study: str = ""
    source: str = ""
    key: str = ""
    doi: str = ""
    locator: str = ""
    note: str = ""
    usual: str = ""
    options: tuple[tuple[str, str], ...] = ()
    only: str = ""
    instead: tuple[str, ...] = ()
    acts: bool = True
    read_by: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What a search looks through, what matters most first."""
        more = [
            self.group,
            self.kind,
            self.status,
            self.study,
            self.unit,
            self.note,
            self.key,
            self.source,
            self.locator,
            self.doi,
        ]
        more += [text for option in self.options for text in option]
        return (self.name, self.label, *more)


@cache
def entries() -> tuple[Entry, ...]:
    """Every parameter, switch, form and lever, in the order of their files."""
    table, readers = read_table(), readers_of_parameters()
    groups = {name: heading for heading, names in parameter_groups() for name in names}
    parameters = [
        _parameter(one, groups.get(one.name, ""), readers.get(one.name, ()), table) for one in table.parameters.values()
    ]
    switches = [
        Entry(
            SWITCH, f"switch.{name}", name.replace("_", " "), "Mechanisms", note=one.mechanism, usual="on" if one.on else "off",
            options=(("on", one.mechanism), ("off", one.neutral)), read_by=tuple(readers.get(SWITCH_PREFIX + name, ())),
        )
        for name, one in table.switches.items()
    ]  # fmt: skip
    forms = []
    for name, one in table.forms.items():
        source = table.sources.get(one.source)
        cited, doi = (source.citation, source.doi) if source else ("", "")
        forms.append(Entry(
            FORM, f"forms.{name}", name.replace("_", " "), "Rival equations", note=one.question, usual=one.default,
            options=tuple(one.options.items()), source=cited, key=one.source, doi=doi, locator=one.locator,
            read_by=tuple(readers.get(FORM_PREFIX + name, ())),
        ))  # fmt: skip
    pulled = [
        Entry(
            LEVER, one.name, one.name.replace("_", " "), "Levers of policies", None, one.low, one.high, one.unit, note=one.meaning
        )
        for one in LEVERS
    ]
    return (*parameters, *switches, *forms, *pulled)


def _parameter(one: Parameter, group: str, readers: Sequence[str], table: ParameterTable) -> Entry:
    source = table.sources.get(one.source)
    only = f"switch.{one.switch} is on" if one.switch else f"switch.{one.replaced_by} is off" if one.replaced_by else ""
    return Entry(
        PARAMETER, one.name, one.label or one.name, group, one.value, one.low, one.high, one.unit, one.status, one.study,
        source.citation if source else one.source, one.source, source.doi if source else "", one.locator, one.note,
        only=only, instead=one.instead, acts=table.acts(one.name), read_by=tuple(readers),
    )  # fmt: skip


def entry(name: object) -> Entry:
    """The entry of a name.

    Raises
    ------
    BadInput
        Where there is none.
    """
    every = _by_name()
    if isinstance(name, str) and name in every:
        return every[name]
    hint = did_you_mean(name[:80], every) if isinstance(name, str) else ""
    what = f"nothing is named '{name[:80]}'" if isinstance(name, str) else "is no name"
    raise BadInput([Problem("one", what, "a parameter, switch.NAME, forms.NAME or a lever", hint)])


@cache
def _by_name() -> dict[str, Entry]:
    return {one.name: one for one in entries()}


# ------------------------------------------------------------------------------------------------------------------ searching


def found(words: str = "", *, statuses: Iterable[str] = (), kinds: Iterable[str] = ()) -> tuple[Entry, ...]:
    """Entries in which every word of a search stands somewhere; the best first, else in the order of the files.

    Best are those whose name is what is asked for, then those that have all words in their name or label, then the others.

    Parameters
    ----------
    words : str
        Letter case and underscores make no difference.
    statuses, kinds : iterable of str
        Only these; all where none is named.

    Examples
    --------
    >>> [one.name for one in found("leader turnover", kinds=["parameter"])][:1]
    ['chance_leader_leaves']
    """
    asked = _plain(words[:MOST_LETTERS]).split()
    wanted, of = frozenset(statuses), frozenset(kinds)
    every = [one for one in _looked_through() if (not wanted or one[0].status in wanted) and (not of or one[0].kind in of)]
    fits = [(one, names, all_) for one, names, all_ in every if all(word in all_ for word in asked)]
    exact = "".join(words.split()).lower()
    ranked = sorted(fits, key=lambda fit: _rank(fit[0], fit[1], asked, exact))  # stable: equals stay in their order
    return tuple(one for one, _, _ in ranked)


def _rank(one: Entry, names: str, asked: Sequence[str], exact: str) -> int:
    if one.name == exact:
        return 0
    return 1 if all(word in names for word in asked) else 2


@cache
def _looked_through() -> tuple[tuple[Entry, str, str], ...]:
    """Entries with their name and label, and with all their texts, as a search sees them."""
    return tuple((one, _plain(" ".join(one.texts[:2])), _plain(" ".join(one.texts))) for one in entries())


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").replace("-", " ")


def closest(words: str) -> str:
    """A name or label near to a search that found nothing, as a hint; empty where none is near."""
    return did_you_mean(words[:80], [text for one in entries() for text in one.texts[:2]])


def census() -> dict[str, Any]:
    """How many of the parameters that act have which status, how many wait for a mechanism, and how many else there are."""
    table = read_table()
    counts = table.census_counts()
    return {
        "statuses": {status: counts[status] for status in STATUSES},
        "acting": sum(counts.values()),
        "waiting": len(table.parameters) - sum(counts.values()),
        "kinds": {kind: sum(one.kind == kind for one in entries()) for kind in KINDS},
    }
