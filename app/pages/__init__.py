"""The pages of the lab: each reads what is asked for, calls, and tells. What decides a number is elsewhere."""

from typing import Final

from app.pages import lead, mine, trial, two_worlds, walk, why
from app.pages.asking import Page

PAGES: Final[tuple[Page, ...]] = (two_worlds.PAGE, lead.PAGE, walk.PAGE, why.PAGE, mine.PAGE, trial.PAGE)
"""In the order of the menu."""
