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
    region = monthly[monthly["group"] == "region"]
    vacant, leavers = (region.loc[region["outcome"] == one, "mean"] for one in ("posts_vacant", "leavers_per_post"))
    left = float(leavers.iloc[-1])
    # who leaves has been in post in that month, and the post counts as vacant at its end
    exposed = float((1.0 - vacant).sum()) + left
    return yearly_share(left / exposed) if exposed > left else math.nan
