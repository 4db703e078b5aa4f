"""The pages of the lab: each reads what is asked for, calls, and tells. What decides a number is elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

from app.pages import hypotheses, lead, mine, numbers, two_worlds, walk, why
from app.pages.asking import Ask, Page
from app.pages.lab import Lab


def planned(asked: Mapping[str, Any], lab: Lab) -> Ask:
    """The page of a planned trial, imported when somebody asks: its analyses take 70 MB that most classes never need."""
    from app.pages import trial

    return trial.ask(asked, lab)


PAGES: Final[tuple[Page, ...]] = (
    two_worlds.PAGE, lead.PAGE, walk.PAGE, why.PAGE, hypotheses.PAGE, numbers.PAGE, mine.PAGE, Page("trial", planned),
)  # fmt: skip
"""In the order of the menu."""
