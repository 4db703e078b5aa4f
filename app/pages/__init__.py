"""The pages of the lab: each reads what is asked for, calls, and tells. What decides a number is elsewhere."""

from typing import Final

from app.pages import hypotheses, lead, mine, numbers, trial, two_worlds, walk, why
from app.pages.asking import Page

PAGES: Final[tuple[Page, ...]] = (
    two_worlds.PAGE, lead.PAGE, walk.PAGE, why.PAGE, hypotheses.PAGE, numbers.PAGE, mine.PAGE, trial.PAGE,
)  # fmt: skip
"""In the order of the menu."""
