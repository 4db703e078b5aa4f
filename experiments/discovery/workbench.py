"""PRIM of the EMA Workbench, whose versions 2.5 and 3.0 differ, behind one function; nothing else here knows the library.

Version 2.5 asks for a ``threshold`` and calls quasi-p values ``qp``; 3.0, which needs Python 3.12, does without and says
``p_values``. Both give the same boxes.
"""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd

INSTALL: Final = "pip install 'practice-sustainment[analysis]'"

LEAST_MASS: Final = 0.05
"""Share of the worlds that a box holds at least."""
MOST_DIMENSIONS: Final = 4
"""Inputs that a box restricts at most: a region of more can hardly be told in words."""
PEELS: Final = (0.05, 0.1, 0.2)
"""Shares of a box that one step of peeling takes away."""
FIRST_PEEL: Final = 0.1
"""The same where all inputs are looked at."""
SIGNIFICANT: Final = 0.05
"""Quasi-p value above which a limit is taken away again."""

SIDES: Final = ("above", "below")
"""A lower limit holds what lies above it, an upper limit what lies below."""

_MESSAGES: Final[tuple[tuple[str, type[Warning]], ...]] = (
    # ema-workbench 2.5, 3.0: told at every import; running on a cluster by ipyparallel is nothing we do
    ("ipyparallel not installed", UserWarning),
    # the same of its interactive plots
    ("altair based interactive inspection not available", ImportWarning),
    # its Prim with pandas 3.1 and later; can go when Prim no longer drops columns in place
    ("The inplace keyword in DataFrame.drop is deprecated", DeprecationWarning),
)


@dataclass(frozen=True)
class Limit:
    """One limit of a box.

    Attributes
    ----------
    name : str
        Of the input.
    side : str
        One of SIDES: what lies in the box.
    value : float
    quasi_p : float
        One-sided binomial probability of the box's density if this limit did nothing; NaN when it is not known.
    """

    name: str
    side: str
    value: float
    quasi_p: float = np.nan


@dataclass(frozen=True)
class Box:
    """A region: all limits hold at once.

    Attributes
    ----------
    limits : tuple of Limit
        In the order of the inputs; none for the whole space.
    """

    limits: tuple[Limit, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Restricted dimensions."""
        return tuple(dict.fromkeys(one.name for one in self.limits))

    @property
    def where(self) -> tuple[tuple[str, str, float], ...]:
        """The limits alone: boxes of the same place are the same, whatever their quasi-p values."""
        return tuple((one.name, one.side, one.value) for one in self.limits)

    def holds(self, inputs: "pd.DataFrame", *, without: Sequence[str] = ()) -> np.ndarray:
        """Which worlds lie in the box.

        Parameters
        ----------
        inputs : pandas.DataFrame
            A row a world, a column an input.
        without : sequence of str
            Inputs whose limits do not count.

        Returns
        -------
        numpy.ndarray
            bool, shape (worlds,).
        """
        inside = np.ones(len(inputs), bool)
        for one in self.limits:
            if one.name not in without:
                values = inputs[one.name].to_numpy()
                inside &= values >= one.value if one.side == "above" else values <= one.value
        return inside


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what the library says at import and of its own use of pandas; anything else is heard."""
    with warnings.catch_warnings():
        for text, kind in _MESSAGES:
            warnings.filterwarnings("ignore", text, kind)
        yield


def need_workbench() -> None:
    """Refuse to go on without the libraries. It looks for them only: to load them takes seconds.

    Raises
    ------
    BadInput
    """
    for name in ("ema_workbench", "sklearn"):
        if find_spec(name) is None:
            raise _missing(name)


def load_workbench() -> type[Any]:
    """Load the libraries.

    Returns
    -------
    type
        The library's ``Prim``.

    Raises
    ------
    BadInput
        Where one of them, or what it stands on, is missing.
    """
    try:
        with _quiet(), _without("altair"):
            prim = import_module("ema_workbench.analysis.prim")
            import_module("sklearn.tree")
    except ImportError as error:
        raise _missing(error.name) from None
    return prim.Prim


def _missing(name: str | None) -> BadInput:
    what = f"the library {name} is missing: scenario discovery stands on it"
    return BadInput([Problem("sustain discover", what, "the extra 'analysis'", INSTALL)])


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Spare a library that is loaded where it is there, a quarter of a second for interactive plots that nothing here draws."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(name, None)  # another thread may have done so


def candidates(inputs: "pd.DataFrame", fails: np.ndarray) -> list[Box]:
    """Boxes that PRIM comes through on its way to where worlds fail.

    PRIM is run over all inputs, and then again over the few whose limits were most significant anywhere on its way, with each
    of PEELS: small peels stop at the first peel that gains nothing, large ones are coarse.

    Parameters
    ----------
    inputs : pandas.DataFrame
        f8, a row a world, a column an input.
    fails : numpy.ndarray
        bool, shape (worlds,); some True, some False.

    Returns
    -------
    list of Box
        Of the second runs, each from the whole space on; without limits whose quasi-p value is above SIGNIFICANT, the weakest
        taken away first, one at a time.
    """
    prim = load_workbench()
    with _quiet():
        first = _prim(prim, inputs, fails, FIRST_PEEL).find_box()
        best: dict[str, float] = {}
        for one in (limit for at in range(len(first.box_lims)) for limit in _box(first, at).limits):
            best[one.name] = min(one.quasi_p, best.get(one.name, 1.0))
        few = inputs[sorted(best, key=lambda name: best[name])[:MOST_DIMENSIONS]]
        if few.empty:
            return [Box()]
        runs = [_prim(prim, few, fails, peel).find_box() for peel in PEELS]
        return [_pruned(run, at, few) for run in runs for at in range(len(run.box_lims))]


def _prim(prim: type[Any], inputs: "pd.DataFrame", fails: np.ndarray, peel: float) -> Any:
    options: dict[str, Any] = {"peel_alpha": peel, "mass_min": LEAST_MASS}
    if "threshold" in signature(prim).parameters:  # 2.5: any world that fails counts, and no box is refused
        options["threshold"] = 1e-9
    return prim(inputs.astype(float), np.asarray(fails, int), **options)


def _box(found: Any, at: int) -> Box:
    """Box of a place on the library's trajectory."""
    whole, mine = found.box_lims[0], found.box_lims[at]
    tests: Mapping[str, Sequence[float]] = (found.p_values if hasattr(found, "p_values") else found.qp)[at]
    limits = [
        Limit(name, side, float(mine[name].iloc[end]), float(tests[name][end]))
        for name in whole.columns
        for end, side in enumerate(SIDES)
        if mine[name].iloc[end] != whole[name].iloc[end]
    ]
    return Box(tuple(limits))


def _pruned(found: Any, at: int, inputs: "pd.DataFrame") -> Box:
    """Box without its weak limits; the library computes the quasi-p values of what is left after each that goes."""
    box = _box(found, at)
    while box.limits:
        weakest = max(box.limits, key=lambda one: one.quasi_p)
        if weakest.quasi_p <= SIGNIFICANT:
            break
        limits = found.box_lims[at].copy()
        limits.loc[SIDES.index(weakest.side), weakest.name] = found.box_lims[0].loc[SIDES.index(weakest.side), weakest.name]
        inside = Box(tuple(one for one in box.limits if one is not weakest)).holds(inputs)
        found.update(limits, np.flatnonzero(inside))
        at = len(found.box_lims) - 1
        box = _box(found, at)
    return box
