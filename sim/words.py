"""Words that a reader sees: names of codes, forces, reasons; counts and lists in a sentence. Written once, for every page."""

from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "passive_supportive": "passive-supportive",
    "unsupportive_trusting": "unsupportive but trusting",
}

FORCE_WORDS: Final[Mapping[str, str]] = {
    "uncertainty": "uncertainty about what is to happen",
    "hesitation": "hesitation (autonomy that nobody supports)",
    "expectation": "a stated expectation",
    "patient reception": "what was seen of patients' response",
    "prioritisation dilemma": "the prioritisation dilemma",
    "commitment": "low commitment",
    "end of a course": "a course that ended just then",
    "backing for adaptation": "agreed backing for adaptation",
    "new leader or goal": "a new leader or goal",
    "champion": "a champion",
    "outside support": "outside support",
}
"""What tips decisions, by the names of ``sim.codes.FORCES``."""

REASON_WORDS: Final[Mapping[str, str]] = {
    "money": "lack of money",
    "lack_of_priority": "lack of priority",
    "workforce": "lack of people",
    "new_leader_or_goal": "a new leader or goal",
    "money_or_mandate": "money or a mandate",
    "champion": "a champion",
    "patients_who_ask": "patients who ask",
}
"""Why a service gives the practice up or takes it up again, by the names of ``StopReason`` and ``RestartReason``."""


def words(name: str) -> str:
    """Name of a code as a reader sees it."""
    return _WORDS.get(name, name.replace("_", " "))


def leader_words(name: str) -> str:
    """Type of a leader as a reader sees it."""
    return "no leader" if name == "vacant" else f"{words(name)} leader"


def with_article(name: str) -> str:
    """Name with a or an before it; 'no leader' stays."""
    return name if name.startswith("no ") else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def count(number: int) -> str:
    """Whole number with separators."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Whole number with its noun."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def joined(parts: list[str]) -> str:
    """Parts of a sentence as a list in words."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "nothing to count"
