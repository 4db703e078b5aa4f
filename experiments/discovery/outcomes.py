"""What is measured of every run: the outcome by which a world fails, and what stands beside it."""

from typing import Final

from sim.measures import LEADING

OUTCOME: Final = LEADING[0]
"""Share of services that kept going, by which a world fails or does not."""


def column(side: str, name: str) -> str:
    """Column of an outcome: what fails by it has the side's own name.

    Examples
    --------
    >>> column("base", "share_kept_going"), column("policy", "share_given_up")
    ('base', 'policy_given_up')
    """
    return side if name == OUTCOME else f"{side}_{name.removeprefix('share_')}"
