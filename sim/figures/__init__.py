"""Figures of a run, as SVG, PNG or PDF: the same tables give the same bytes.

Drawn from the summary tables alone, so that a results folder can be drawn again without running anything.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim.figures import beside, drawings, framework, lasting, uses
from sim.figures.sheets import sheets_again
from sim.figures.style import NotMade, Picture, Pictures, drawing, not_made

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEEDED_TABLES", "OPTIONAL_TABLES", "NotMade", "Picture", "Pictures", "draw_all", "drawers", "not_made"]

NEEDED_TABLES = (
    "services_start", "summary_monthly", "summary_states", "summary_fidelity", "summary_survival", "summary_starts",
    "summary_replicates",
)  # fmt: skip
"""Tables that the figures are drawn from."""
MEASURED: Final[Mapping[str, tuple[str, ...]]] = {
    "uses": ("share_operating", "share_silent", "share_given_up", "share_kept_going"),
    "drivers": tuple(line.outcome for line in framework.DRIVER_LINES),
    "leadership": tuple(line.outcome for line in framework.SCALE_LINES),
}
"""Outcomes of a figure that the first version did not measure: its results are drawn without that figure."""
OPTIONAL_TABLES = ("trace_practitioners", "summary_endings")
"""Without a trace there is no status strip; without endings, survival is to the first abandonment, as in the first version."""


def draw_all(
    folder: Path, frames: Mapping[str, "pd.DataFrame"], *, fidelity_high: float = 4.0, first: Callable[[], object] = bool
) -> Pictures:
    """Draw every figure of a run; the process of ``drawn_beside`` draws some, if there is one.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    frames : mapping of str to pandas.DataFrame
        NEEDED_TABLES, and OPTIONAL_TABLES if there are any.
    fidelity_high : float
        What counts as high fidelity, for the line in the fidelity figure.
    first : callable
        What else is to be done in this process, before its first figure: a second process draws meanwhile.

    Returns
    -------
    Pictures
        With those that could not be drawn.

    Raises
    ------
    KeyError
        If a needed table is missing.
    """
    folder = Path(folder)
    draws = drawers(folder, frames, fidelity_high=fidelity_high)
    mine = {name: Pictures() for name in draws}
    helper = beside.helper_of_now()
    with drawing(), sheets_again():
        if helper is None:
            first()
            for name, draw in draws.items():
                mine[name].add(name, draw)
        else:
            needed = {name: frames[name] for name in (*NEEDED_TABLES, *OPTIONAL_TABLES) if name in frames}
            order = beside.Order(needed, folder.absolute(), fidelity_high)
            made = helper.share(order, list(draws), lambda name: mine[name].add(name, draws[name]), first=first)
            for name, picture in made.items():
                if picture is not None:
                    mine[name].append(picture)
    return Pictures.joined(mine.values())


def drawers(
    folder: Path, frames: Mapping[str, "pd.DataFrame"], *, fidelity_high: float
) -> dict[str, Callable[[], Picture | None]]:
    """What draws each figure of a run, by its name, in the order of the page; those without what they show are left out.

    Parameters
    ----------
    folder, frames, fidelity_high
        As for ``draw_all``.

    Raises
    ------
    KeyError
        If a needed table is missing.
    """
    missing = [name for name in NEEDED_TABLES if name not in frames]
    if missing:
        raise KeyError(f"tables missing for the figures: {', '.join(missing)}")
    measured = set(frames["summary_monthly"]["outcome"].unique())
    draws: dict[str, Callable[[], Picture | None]] = {
        "uses": lambda: uses.uses(frames, folder),
        "states": lambda: drawings.states(frames, folder),
        "fidelity": lambda: drawings.fidelity(frames, folder, high=fidelity_high),
        "survival": lambda: lasting.survival(frames, folder),
        "strip": lambda: drawings.strip(frames, folder),
        "dilemma": lambda: drawings.dilemma(frames, folder),
        "drivers": lambda: framework.drivers(frames, folder),
        "leadership": lambda: framework.leadership(frames, folder),
    }
    return {name: draw for name, draw in draws.items() if measured.issuperset(MEASURED.get(name, ()))}
