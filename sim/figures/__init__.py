"""Figures of a run, as SVG, PNG or PDF: the same tables give the same bytes.

Drawn from the summary tables alone, so that a results folder can be drawn again without running anything.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sim.figures import drawings, framework, uses
from sim.figures.style import NotMade, Picture, Pictures, drawing, not_made

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEEDED_TABLES", "OPTIONAL_TABLES", "NotMade", "Picture", "Pictures", "draw_all", "not_made"]

NEEDED_TABLES = (
    "services_start", "summary_monthly", "summary_states", "summary_fidelity", "summary_survival", "summary_starts",
    "summary_replicates",
)  # fmt: skip
"""Tables that the figures are drawn from."""
OPTIONAL_TABLES = ("trace_practitioners",)
"""Without it there is no status strip."""


def draw_all(folder: Path, frames: Mapping[str, "pd.DataFrame"], *, fidelity_high: float = 4.0) -> Pictures:
    """Draw every figure of a run.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    frames : mapping of str to pandas.DataFrame
        NEEDED_TABLES, and OPTIONAL_TABLES if there are any.
    fidelity_high : float
        What counts as high fidelity, for the line in the fidelity figure.

    Returns
    -------
    Pictures
        With those that could not be drawn.

    Raises
    ------
    KeyError
        If a needed table is missing.
    """
    missing = [name for name in NEEDED_TABLES if name not in frames]
    if missing:
        raise KeyError(f"tables missing for the figures: {', '.join(missing)}")
    folder = Path(folder)
    pictures = Pictures()
    with drawing():
        pictures.add("uses", lambda: uses.uses(frames, folder))
        pictures.add("states", lambda: drawings.states(frames, folder))
        pictures.add("fidelity", lambda: drawings.fidelity(frames, folder, high=fidelity_high))
        pictures.add("survival", lambda: drawings.survival(frames, folder))
        pictures.add("strip", lambda: drawings.strip(frames, folder))
        pictures.add("dilemma", lambda: drawings.dilemma(frames, folder))
        pictures.add("drivers", lambda: framework.drivers(frames, folder))
        pictures.add("leadership", lambda: framework.leadership(frames, folder))
    return pictures
