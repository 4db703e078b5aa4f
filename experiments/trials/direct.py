"""Trials that are simulated one by one, each with its own services, allocation and luck.

A draw from the bank is exact where services do not touch each other. Where they do (figures that are pooled over the region), a
trial is another region than the bank, and has to be run. It is also the check of the bank: power must come out the same.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from experiments.trials.bank import Bank, columns_for
from experiments.trials.designs import Drawn
from experiments.trials.drawing import Trials, of_few
from experiments.trials.reading import Study
from experiments.trials.recorded import recorded
from sim.plan import Plan, cut
from sim.world import World

FIRST: Final = 2**30
"""First of the replicates whose luck simulated trials have: none of the bank has as high a number."""


def is_needed(study: Study) -> bool:
    """Whether services of a trial touch each other: some pool their figures over the region.

    Parameters
    ----------
    study : Study
    """
    return study.touching


def joined(plans: Sequence[Plan], services: np.ndarray, condition: np.ndarray) -> Plan:
    """Plan of a trial: services of a bank, each under its own condition.

    Parameters
    ----------
    plans : sequence of Plan
        One for each condition, alike but for their calendars.
    services, condition : numpy.ndarray
        int, shape (services,): places in the plans, and which plan.

    Returns
    -------
    Plan
    """
    found = cut(plans[0], services.tolist())
    starts, calendars, at = found.services.copy(), [], 0
    for number, plan in enumerate(plans):
        mine = np.flatnonzero(condition == number)
        if not len(mine):
            continue
        wanted, place = np.unique(plan.services["calendar"][services[mine]], return_inverse=True)
        calendars.append(plan.calendars[wanted])
        for name in ("signal", "calendar"):  # what a condition may change of a service at the start
            starts[name][mine] = plan.services[name][services[mine]]
        starts["calendar"][mine] = at + place
        at += len(wanted)
    return replace(found, services=starts, calendars=np.ascontiguousarray(np.concatenate(calendars)))


class Simulated(Trials):
    """Trials of one number of services, each of which was run by itself; what they are compared with is the bank's truth.

    Parameters
    ----------
    trials : Trials
        From whose bank services were drawn.
    drawn : Drawn
        Who takes part, and how they are allocated.
    bank : Bank
        What became of them: a world a trial, under the one condition that each was under.
    """

    def __init__(self, trials: Trials, drawn: Drawn, bank: Bank) -> None:
        super().__init__(trials.study, bank, len(drawn.world), drawn.services.shape[1])
        self._trials, self._drawn = trials, drawn

    def truths(self, month: int) -> np.ndarray:
        """True effect in each world of the bank that services were drawn from."""
        return self._trials.truths(month)

    def drawn(self, services: int) -> Drawn:
        """The trials, as they were run."""
        if services != self.most:
            raise ValueError(f"these trials have {self.most} services, not {services}")
        return self._drawn

    def places(self, trials: Drawn, *, null: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # noqa: ARG002
        """Places in the bank: the trial itself is the world, and all are under the one condition that was run."""
        shape = trials.services.shape
        world = np.repeat(np.arange(shape[0])[:, None], shape[1], axis=1)
        return np.zeros(shape, np.int64), world, np.broadcast_to(np.arange(shape[1]), shape)


def simulated(
    trials: Trials,
    worlds: Sequence[World],
    services: int,
    count: int,
    *,
    null: bool = False,
    threads: int = 1,
    told: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Simulate trials with luck of their own.

    Parameters
    ----------
    trials : Trials
        Which services take part, and how they are allocated.
    worlds : sequence of World
        The population under each condition, as :func:`experiments.trials.bank.worlds_of` gives them.
    services, count : int
        Of each trial, and trials: up to those there are.
    null : bool
        Nothing is done in any arm.
    threads : int
    told : callable
        Told of trials, one by one.
    """
    study, drawn = trials.study, of_few(trials.drawn(services), count, services)
    condition, _, _ = trials.places(drawn, null=null)
    plans = [one.plan for one in worlds]
    names = columns_for(study)
    columns = {name: np.zeros((1, count, services, plans[0].months), trials.bank.columns[name].dtype) for name in names}
    posts = np.zeros((count, services))

    def run(trial: int) -> None:
        plan = joined(plans, drawn.services[trial], condition[trial])
        posts[trial] = plan.services["posts"]
        rows = replace(worlds[0], plan=plan).run([FIRST + trial], members=drawn.world[trial : trial + 1]).rows[0]
        for name, values in recorded(rows, plan.services["posts"]).items():
            if name in columns:
                columns[name][0, trial] = values
        told(1)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(count)))
    return Simulated(trials, drawn, Bank(("as allocated",), plans[0], columns, study.start, posts))
