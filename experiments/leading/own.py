"""A service of one's own that is led: its file is that of ``sustain mine``; what has been seen of it so far is left aside."""

from dataclasses import replace
from typing import Final

from experiments.leading.game import LEAST
from experiments.mine.reading import read_mine_text
from experiments.mine.schema import SEEN
from experiments.policies.exporting import toml
from sim.problems import BadInput, Problem
from sim.scenario.files import parse_toml
from sim.world import World

TEXT_BYTES: Final = 40_000
"""Of a file that is led: each step of a game sends it again, with all decisions."""


def own_world(base: World, text: str) -> World:
    """World of a file on one's own service, beside another one.

    Parameters
    ----------
    base : World
        Whose plausible worlds it has.
    text : str
        As ``sustain mine`` reads it; it can name no other file.

    Returns
    -------
    World
        Of one service.

    Raises
    ------
    BadInput
        With every problem; places are those of the file.
    """
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES:
        raise BadInput([Problem("file", f"is larger than {TEXT_BYTES // 1000} kB", "a smaller file", "leave comments out")])
    mine = read_mine_text(text)
    if mine.scenario.months < LEAST + 1:
        what = f"{mine.scenario.months} months leave nothing to be led"
        raise BadInput([Problem(f"{mine.scenario.name}.toml: months", what, f"at least {LEAST + 1}")])
    raw = {key: value for key, value in parse_toml(mine.scenario.text, mine.scenario.path).items() if key != SEEN}
    scenario = replace(mine.scenario, text=toml(raw), ensemble=base.scenario.ensemble)
    return base.with_scenario(scenario).with_seed(scenario.seed)
