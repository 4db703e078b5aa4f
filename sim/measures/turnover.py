"""Turnover that came about in a run, as people know it: a share a year."""

import math
from typing import TYPE_CHECKING

from sim.scenario.rates import yearly_share

if TYPE_CHECKING:
    import pandas as pd


def realised_turnover(monthly: "pd.DataFrame") -> float:
    """Share of practitioners in post who left within a year, over all services, months and replicates; NaN if unknown.

    Everything that made people leave is in it: the chance to leave, exhaustion, retirement, dated events. It is
    1 - (1 - leavers / months in post)^12, so that it compares with what ``turnover`` sets.

    Parameters
    ----------
    monthly : pandas.DataFrame
        Table ``summary_monthly`` of a run.
    """
    mine = monthly[(monthly["group"] == "region") & monthly["outcome"].isin(("leavers_per_post", "posts_vacant"))]
    by_month = mine.pivot_table(index="month", columns="outcome", values="mean", observed=True)
    left = float(by_month["leavers_per_post"].iloc[-1])
    # who leaves has been in post in that month, and the post counts as vacant at its end
    exposed = float((1.0 - by_month["posts_vacant"]).sum()) + left
    return yearly_share(left / exposed) if exposed > left else math.nan
