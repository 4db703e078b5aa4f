"""Trials drawn from a bank, as a trialist would see them: services, allocation, what is measured, who is lost."""

from copy import copy
from typing import Final

import numpy as np

from experiments.trials.bank import Bank
from experiments.trials.designs import Drawn, chosen, drawn, random
from experiments.trials.fitting import has_members, periods_of
from experiments.trials.instruments import Seen, seen
from experiments.trials.looks import Looks
from experiments.trials.reading import Study
from experiments.trials.truth import effects

KEPT: Final = 6
"""Looks at the largest trials that are kept, to be cut to smaller ones."""


class Trials:
    """Trials of a study, drawn from its bank.

    Those of fewer services are the first services of those of more, so that curves over the number are smooth.

    Parameters
    ----------
    study : Study
    bank : Bank
    count : int
        Trials.
    most : int
        Services of the largest trial.
    kept : int
        Looks at these that are kept.
    """

    def __init__(self, study: Study, bank: Bank, count: int, most: int, *, kept: int = KEPT) -> None:
        self.study, self.bank, self.count, self._keeps = study, bank, count, kept
        self.looks = Looks(study, bank)
        self._truths: dict[int, np.ndarray] = {}
        self._services = chosen(random(study, "services"), count, bank.services, most)
        self._lost = random(study, "lost").random((count, most))
        self._kept: dict[tuple[int, bool, int | None], Seen] = {}
        self._whole: Drawn | None = None

    def of(self, study: Study) -> "Trials":
        """The same trials, of a study that differs in nothing but their size and the month of the estimand.

        Parameters
        ----------
        study : Study
        """
        found = copy(self)
        found.study = study
        return found

    def forget(self) -> None:
        """Give back the room of what was looked at and seen: it is worked out again when it is asked for, and is the same."""
        self.looks.forget()
        self._kept.clear()

    @property
    def most(self) -> int:
        """Services of the largest trial."""
        return self._services.shape[1]

    def truths(self, month: int) -> np.ndarray:
        """True effect in each world; f8, shape (worlds,). See :func:`experiments.trials.truth.effects`."""
        if month not in self._truths:
            self._truths[month] = effects(self.study, self.bank, self.looks, month)
        return self._truths[month]

    @property
    def nested(self) -> bool:
        """Whether a trial of fewer services is part of one of more, allocation and measurement too: where nothing is balanced."""
        return self.study.file.design.kind not in ("stratified", "matched")

    def drawn(self, services: int) -> Drawn:
        """Trials of so many services, allocated.

        Parameters
        ----------
        services : int
            Up to ``most``.
        """
        if not self.nested:
            rng = random(self.study, "allocation", services)
            return drawn(self.study, self.bank, self.looks(0), self._services[:, :services], rng)
        if self._whole is None:
            self._whole = drawn(self.study, self.bank, self.looks(0), self._services, random(self.study, "allocation"))
        return of_few(self._whole, self.count, services)

    def places(self, trials: Drawn, *, null: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Condition, world and place in the bank of each service; int, shape (trials, services) each.

        Parameters
        ----------
        trials : Drawn
        null : bool
            Nothing is done in any arm, whatever the allocation says.
        """
        condition = np.zeros_like(trials.group) if null else np.array(self.study.column)[trials.group]
        return condition, np.broadcast_to(trials.world[:, None], condition.shape), trials.services

    def seen(self, trials: Drawn, month: int, *, null: bool = False, members: int | None = None) -> Seen:
        """What is seen in a month.

        Parameters
        ----------
        trials : Drawn
        month : int
            Months after the randomisation.
        null : bool
            Nothing is done in any arm.
        members : int, optional
            So many practitioners of a service are asked at most, in place of what the study file says.
        """
        size = trials.services.shape[1]
        if not self.nested or size == self.most:
            return self._seen(trials, month, null, members, size)
        key = (month, null, members)
        if key not in self._kept:
            while len(self._kept) >= self._keeps:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = self._seen(self.drawn(self.most), month, null, members, self.most)
        return self._kept[key].first(len(trials.world), size)

    def _seen(self, trials: Drawn, month: int, null: bool, members: int | None, size: int) -> Seen:
        about, look = self.study.file.measurement, self.looks(month)
        if members is not None:
            about = about.model_copy(update={"members": members})
        which = self.places(trials, null=null)
        found = seen(
            about, look, which, self.bank.posts, random(self.study, "measure", size, month, int(null)),
            lowest=self.study.measure.lowest, of_posts=self.study.measure.members,
            scored=self.study.file.estimand.no_sessions == "lowest",
        )  # fmt: skip
        gone = look.lost[which]
        return found.without(self._lost[:, :size] < gone) if gone.any() else found

    def seen_in_periods(self, trials: Drawn, *, null: bool = False) -> Seen:
        """What is seen at the end of every period of a stepped wedge; periods are the last axis but one of members.

        Returns
        -------
        Seen
            ``value`` and ``true`` of shape (trials, services, periods), ``members`` with practitioners as the last axis.
        """
        found = [self.seen(trials, month, null=null) for month in periods_of(self.study.file)]
        members = None
        if has_members(self.study.file):
            room = max(one.members.shape[-1] for one in found if one.members is not None)
            members = np.stack([_room(one.members, room) for one in found if one.members is not None], axis=2)
        return Seen(np.stack([one.value for one in found], axis=2), members, np.stack([one.true for one in found], axis=2))


def _room(members: np.ndarray, room: int) -> np.ndarray:
    """Members with room for more, who are not there."""
    lacking = room - members.shape[-1]
    return np.pad(members, ((0, 0), (0, 0), (0, lacking)), constant_values=np.nan)


def of_few(trials: Drawn, count: int, services: int) -> Drawn:
    """The first so many trials, and of each the first so many services."""
    part = (slice(count), slice(services))
    return Drawn(trials.world[:count], trials.services[part], trials.group[part], trials.stratum[part])
