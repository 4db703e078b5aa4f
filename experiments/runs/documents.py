"""The picture of an explanation that the documents show: a service that gave up, in a typical run."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import FEW_COLOURS, keep_picture

SERVICE: Final = "D"
REPLICATES: Final = 200
PICTURE: Final = "docs/images/why.png"


def draw_images(root: Path = ROOT, *, replicates: int = REPLICATES) -> list[Path]:
    """Explain the service and keep the picture.

    Parameters
    ----------
    root : pathlib.Path
        Of a repository.
    replicates : int
        That the typical one is chosen from.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        When the picture is too large for the repository.
    """
    from sim.figures.explained import explained
    from sim.why import explain
    from sim.world import prepare

    found = explain(prepare("nine-services"), SERVICE, replicates=replicates)
    title = f"{found.service} in replicate {found.replicate}"
    with TemporaryDirectory() as folder:
        drawn = explained(found.story, Path(folder), "why", fate=found.fate, title=title)
        return keep_picture(drawn.png, root / PICTURE, colours=FEW_COLOURS)
