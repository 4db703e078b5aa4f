"""How numbers, outcomes and settings are told: minus signs, titles and units, words for what has a name in the tables."""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from experiments.worlds.luck import agreeing
from sim.measures import CUT_NAMES, OLD_STOCKS, OUTCOMES
from sim.parameters import read_table
from sim.report.sentences import NBSP, count, per_cent, still_possible
from sim.rules import CUTS
from sim.words import words

_UNITS: Final = {outcome.name: outcome.unit for outcome in OUTCOMES} | {"months_to_first_abandonment": "months"}

_TITLES: Final[Mapping[str, str]] = {
    "fidelity": "fidelity",
    **{name: f"services {words(name.removeprefix('share_'))} (old stock)" for name in OLD_STOCKS},
    "months_sustained": "months sustained (old stock)",
    "share_ever_abandoned": "services ever abandoned",
    "share_kept_going": "services that kept going",
    "share_high_every_look": "services of high fidelity at every look",
    **{
        f"share_high_every_look_{name}": f"services at {cut} or more at every look"
        for name, cut in zip(CUT_NAMES, CUTS, strict=True)
    },
    "share_restarted_given_up": "services restarted after giving up",
    "share_restarted_gap": "services restarted after a gap",
    "share_silent_nine_months": "services without a session for nine months",
    "share_ever_given_up": "services that ever gave up",
    "share_ever_gap": "services that ever had a gap",
    "posts_kept_going": "posts that kept going",
    "posts_high_every_look": "posts of high fidelity at every look",
    **{
        f"posts_high_every_look_{name}": f"posts at {cut} or more at every look"
        for name, cut in zip(CUT_NAMES, CUTS, strict=True)
    },
    "posts_restarted_given_up": "posts restarted after giving up",
    "posts_restarted_gap": "posts restarted after a gap",
    "posts_silent_nine_months": "posts without a session for nine months",
    "fidelity_clinic": "fidelity as a rater scores the clinic",
    "posts_delivering": "posts delivering",
    "hours_leader_per_service": "leader hours per service",
    "months_to_first_abandonment": "months to first abandonment",
}


class Outcome(NamedTuple):
    """How an outcome is told.

    Attributes
    ----------
    name : str
        As in the tables, such as ``share_sustained@24``.
    title : str
        As a reader sees it.
    unit : str
        Empty for shares, which are told in per cent.
    share : bool
    """

    name: str
    title: str
    unit: str
    share: bool

    @property
    def axis(self) -> str:
        """Title with its unit, as an axis shows it; the ticks of shares say per cent themselves."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def heading(self) -> str:
        """As ``axis``, with a capital letter."""
        return self.axis[:1].upper() + self.axis[1:]


def minus(text: str) -> str:
    """Text of a number with a proper minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")


def decimal(value: float, digits: int, *, signed: bool = False) -> str:
    """Number as a reader sees it, with so many decimal places; what is rounded to 0 has no sign, and a dash is where none is.

    Examples
    --------
    >>> decimal(12.345, 1, signed=True), decimal(-0.02, 1), decimal(-1234.5, 0), decimal(float("nan"), 1)
    ('+12.3', '0.0', '−1,234', '–')
    """
    if not math.isfinite(value):
        return "∞" if value == math.inf else "–"
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    return minus(text) if any(digit in "123456789" for digit in text) else text.lstrip("+-")


def label_of(name: str) -> str:
    """What a parameter, switch, form or setting of services is called, as pages and the column ``label`` of tables have it.

    Parameters
    ----------
    name : str
        As ``--set`` and the tables have it; ``FORM=WORD`` stands for an equation that is written otherwise.

    Examples
    --------
    >>> label_of("chance_leader_leaves"), label_of("switch.leader_turnover"), label_of("services.all.clarity")
    ('leader turnover', 'leader turnover (switch)', 'clarity of all services')
    >>> label_of("forms.belief"), label_of("belief=smoothing"), label_of("forms.belief=smoothing")
    ('belief (form)', 'belief by smoothing instead', 'belief by smoothing instead')
    """
    form, _, word = name.partition("=")
    if word:
        return f"{words(form.removeprefix('forms.'))} by {words(word)} instead"
    kind, _, rest = name.partition(".")
    if kind == "services" and rest:
        service, _, field = rest.rpartition(".")
        return f"{words(field)} of {'all services' if service == 'all' else service}"
    label = read_table().label(name)
    return words(name) if label == name else label


def in_worlds(share: float, error: float, members: int) -> str:
    """Share of worlds, to stand after "in": where all worlds agree, how many were looked at, and what that leaves possible.

    Parameters
    ----------
    share, error : float
        Share with luck taken out, and its standard error; NaN where not known.
    members : int
        Different worlds that were looked at.

    Examples
    --------
    >>> in_worlds(1.0, 0.08, 20).replace(NBSP, " ")
    'all 20 worlds looked at (at least 86 % of plausible ones)'
    >>> in_worlds(0.0, 0.08, 20).replace(NBSP, " "), in_worlds(0.9, 0.02, 20).replace(NBSP, " ")
    ('none of the 20 worlds looked at (at most 14 % of plausible ones)', '90 % ± 2 of plausible worlds')
    """
    if not agreeing(share, members):
        return f"{per_cent(share, error)} of plausible worlds"
    which = "all" if share > 0.5 else "none of the"
    limit = f"at {'least' if share > 0.5 else 'most'} {_limit(share, members)} of plausible ones"
    return f"{which} {count(members)} worlds looked at ({limit})"


def in_worlds_short(share: float, error: float, members: int) -> str:
    """The same for a cell of a table.

    Examples
    --------
    >>> [in_worlds_short(share, 0.08, 20).replace(NBSP, " ") for share in (1.0, 0.0, 0.7)]
    ['all 20 (≥ 86 %)', 'none of 20 (≤ 14 %)', '70 % ± 8']
    """
    if not agreeing(share, members):
        return per_cent(share, error)
    which, sign = ("all", "≥") if share > 0.5 else ("none of", "≤")
    return f"{which}{NBSP}{count(members)} ({sign}{NBSP}{_limit(share, members)})"


def _limit(share: float, members: int) -> str:
    """Share of all plausible worlds that agreeing worlds leave possible, at 95 %, rounded away from what was seen."""
    possible = still_possible(members)
    digits = 0 if possible >= 0.01 else 1
    most = math.ceil(100 * possible * 10**digits) / 10**digits
    return f"{most if share < 0.5 else 100 - most:.{digits}f}{NBSP}%"


def _at(view: str) -> str:
    """When an outcome is read, behind its title: a month, or the months that it is a mean over."""
    if not view.startswith("mean"):
        return f", month {view}"
    mark = view.removeprefix("mean")
    return f", mean over months to {mark}" if mark else ", mean over months"


def outcome_of(name: str, months: int) -> Outcome:
    """Words and unit of an outcome.

    Parameters
    ----------
    name : str
        As ``sim.measures.vector_names`` has it.
    months : int
        Horizon.

    Examples
    --------
    >>> outcome_of("share_sustained@24", 84).axis
    'services sustained (old stock), month 24'
    >>> outcome_of("hours_leader_per_service", 84).unit
    'hours'
    """
    base, _, view = name.partition("@")
    unit = _UNITS.get(base, "")
    share = base.startswith(("share_", "posts_", "in_"))  # other quantities from 0 to 1 are scales, not parts of a whole
    title = _TITLES.get(base) or (f"services {words(base.removeprefix('share_'))}" if base.startswith("share_") else words(base))
    if view:
        title += _at(view)
    elif base in _UNITS and base != "months_to_first_abandonment":
        title += f", month {months}"
    return Outcome(
        name,
        title,
        ""
        if share
        else unit.removeprefix("share ").replace("scale ", "scale\N{NO-BREAK SPACE}").replace("1-5", "1–5").replace("0-", "0–"),
        share,
    )


def mean_and_error(outcome: Outcome, value: float, error: float = math.nan, *, runs: int | None = None) -> str:
    """Mean with its Monte Carlo standard error, with as many digits as the error allows.

    Examples
    --------
    >>> mean_and_error(outcome_of("fidelity", 84), 4.0712, 0.013).replace(chr(160), " ")
    '4.07 ± 0.01'
    """
    if math.isnan(value):
        return "–"
    if outcome.share:
        return per_cent(value, error, digits=None if math.isnan(error) or error < 0.0095 else 0, runs=runs)
    if math.isnan(error) or error == 0:
        return minus(f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}")
    digits = min(max(-math.floor(math.log10(error)), 0), 4)
    return minus(f"{value:,.{digits}f}") + f"{NBSP}±{NBSP}{error:,.{digits}f}"
