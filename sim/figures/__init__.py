"""Figures of a run, as PNG and SVG: the same tables give the same bytes.

Drawn from the summary tables alone, so that a results folder can be drawn again without running anything.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sim.figures import drawings
from sim.figures.style import Picture, drawing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEEDED_TABLES", "OPTIONAL_TABLES", "Picture", "draw_all"]

NEEDED_TABLES = (
    "services_start", "summary_monthly", "summary_states", "summary_fidelity", "summary_survival", "summary_starts",
    "summary_replicates",
)  # fmt: skip
"""Tables that the figures are drawn from."""
OPTIONAL_TABLES = ("trace_practitioners",)
"""Without it there is no status strip."""


def draw_all(folder: Path, frames: Mapping[str, "pd.DataFrame"], *, fidelity_high: float = 4.0) -> list[Picture]:
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
    list of Picture

    Raises
    ------
    KeyError
        If a needed table is missing.
    OSError
        If a file cannot be written.
    """
    missing = [name for name in NEEDED_TABLES if name not in frames]
    if missing:
        raise KeyError(f"tables missing for the figures: {', '.join(missing)}")
    folder = Path(folder)
    with drawing():
        pictures = [
            drawings.states(frames, folder),
            drawings.fidelity(frames, folder, high=fidelity_high),
            drawings.survival(frames, folder),
            drawings.strip(frames, folder),
            drawings.dilemma(frames, folder),
        ]
    return [picture for picture in pictures if picture is not None]
