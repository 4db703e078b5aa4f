"""The picture of a planned trial that the documents show: the first study that ships, asked as the command asks."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from experiments.executors.pools import pool_of
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import FEW_COLOURS, keep_picture
from experiments.trials.bank import bank_of, worlds_of
from experiments.trials.figures import power
from experiments.trials.finding import SIZE, find
from experiments.trials.reading import read_study
from sim.ensembles import read_ensemble
from sim.figures.style import drawing
from sim.processors import processors

EXAMPLE: Final = "leadership-24"
PICTURE: Final = "docs/images/trial-power.png"


def draw_images(
    root: Path = ROOT, *, services: int | None = None, worlds: int | None = None, trials: int | None = None
) -> list[Path]:
    """Plan the first study that ships and keep the picture of its power.

    Parameters
    ----------
    root : pathlib.Path
        Of a repository.
    services, worlds, trials : int, optional
        Of the bank, and trials that are drawn, in place of the study's.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        When the picture is too large for the repository.
    """
    study, ensemble = read_study(EXAMPLE, services=services, worlds=worlds, trials=trials), read_ensemble()
    with pool_of("threads", processors()) as pool:
        bank = bank_of(study, ensemble, pool)
    findings = find(study, bank, worlds_of(study, ensemble), (SIZE,), threads=processors())
    with TemporaryDirectory() as folder, drawing():
        return keep_picture(power(findings, Path(folder)).png, root / PICTURE, colours=FEW_COLOURS)
