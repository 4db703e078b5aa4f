"""The picture of a service that the documents show: the first example, asked as the command asks."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import FEW_COLOURS, keep_picture
from experiments.mine.asked import FUTURES, HISTORIES
from experiments.mine.figures import forecast
from experiments.mine.finding import Question, find, matched
from experiments.mine.reading import read_mine
from sim.ensembles import read_ensemble
from sim.figures.style import drawing
from sim.processors import processors

EXAMPLE: Final = "docs/services/half-left.toml"
PICTURE: Final = "docs/images/my-service.png"


def draw_images(root: Path = ROOT, *, histories: int = HISTORIES) -> list[Path]:
    """Ask about the first example and keep the picture of its forecast.

    Parameters
    ----------
    root : pathlib.Path
        Of a repository.
    histories : int

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        When the picture is too large for the repository.
    """
    mine = read_mine(root / EXAMPLE)
    question = Question(mine, read_ensemble(), histories, FUTURES, mine.scenario.seed, processors())
    world = question.world()
    match = matched(question, world, told=lambda _: None)
    findings = find(question, world, match, stage=lambda *_: lambda _: None)
    with TemporaryDirectory() as folder, drawing():
        return keep_picture(forecast(findings, Path(folder)).png, root / PICTURE, colours=FEW_COLOURS)
