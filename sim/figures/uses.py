"""What is made of the practice month by month, and who has kept it going: the figure that a run's page leads with."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.figures.drawings import Frames, areas, caveat, last_month, outcome_rows, stacked_states, support_words
from sim.figures.style import INK, USE_LOOKS, Picture, save

if TYPE_CHECKING:
    import pandas as pd

KEPT_GOING: Final[dict[str, Any]] = {"color": INK, "linewidth": 1.8}
"""Look of the line of who has kept going."""


def stacked_uses(axis: Any, monthly: "pd.DataFrame") -> dict[str, tuple[float, float]]:
    """Stack what is made of the practice in one unit over time, with the line of who has kept going.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    monthly : pandas.DataFrame
        Rows of ``summary_monthly`` for the unit.

    Returns
    -------
    dict of str to (float, float)
        Lower and upper edge of each area at the end; of ``kept_going`` the height of the line, twice.
    """
    edges = stacked_states(axis, monthly, USE_LOOKS)
    # nobody has begun in month 0, and so nobody has kept going
    line = [0.0, *monthly.loc[monthly["outcome"] == "share_kept_going", "mean"]]
    axis.plot(range(len(line)), line, **KEPT_GOING)
    return edges | {"kept_going": (line[-1], line[-1])}


def uses(frames: Frames, folder: Path) -> Picture:
    """Draw what is made of the practice over time, for the region and each service."""
    figure, many = areas(frames, USE_LOOKS, stacked_uses, columns=6, lines={"kept_going": KEPT_GOING})
    caption = (
        "Who goes on. At each month the height of a colour is the share of simulated runs in which "
        + ("a service is" if many else "the service is")
        + " operating (green: it gave a session within the delivery window), silent (yellow: no session, and not given up), "
        "or has given the practice up (red: nobody has intended to use it for three months, or the service decided so). The "
        "line is who has kept going: no gap of nine months so far (the months are definitions, and can be set). Who has kept "
        "going may be silent for a while, or have just given up: the line is no part of the areas."
        + (" The top panel is the mean over services." if many else "")
        + support_words(frames)
        + caveat(frames)
    )
    alternative = "Stacked areas over months, and a line: shares of runs. " + _in_words(frames)
    return save(figure, folder, "uses", title="Who goes on", caption=caption, alternative=alternative)


def _in_words(frames: Frames) -> str:
    kept = outcome_rows(frames, "share_kept_going")
    kept = kept[kept["group"] == "region"].set_index("month")["mean"]
    given = outcome_rows(frames, "share_given_up")
    given = given[given["group"] == "region"].set_index("month")["mean"]
    months = [month for month in (12, 24, 48, last_month(frames)) if month in kept.index]
    return " ".join(
        f"Month {month}: {kept[month]:.0%} have kept going, {given[month]:.0%} have given up." for month in dict.fromkeys(months)
    )
