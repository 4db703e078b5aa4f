import pytest

import sim
from experiments.leading.game import Decision, Game, begin
from sim.world import World

LED = (Decision(12, ("meetings", "clarity", "protected-time")), Decision(30, ("raising", "successors")))


@pytest.fixture(scope="session")
def region() -> World:
    return sim.prepare("nine-services")


@pytest.fixture(scope="session")
def game(region: World) -> Game:
    return begin(region, "D", luck=1)
