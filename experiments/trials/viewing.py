"""A study looked at from all sides: its bank is made once and held in memory; then other sizes, months and losses cost little.

For pages. What comes out is what ``sustain trial`` says of the file of the same study with the same bank.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

from experiments.trials.bank import Filling
from experiments.trials.drawing import Trials
from experiments.trials.finding import Findings, alike_of, events_of, largest_of, month_of
from experiments.trials.fitting import groups_of, unfit
from experiments.trials.operating import GRID, Operating, operating
from experiments.trials.reading import Study, last_month, read_study, shipped
from sim.ensembles import read_ensemble
from sim.problems import BadInput, Problem, known_name
from sim.scenario.files import parse_toml
from sim.world import World

WORLDS: Final = 24
TRIALS: Final = 600
SERVICES: Final = 480
WEDGE_SERVICES: Final = 240
"""Of a bank that is held, some 12 MB: a fifth of it is the largest trial. A stepped wedge has a column for each step."""

OWN: Final = "-mine"
"""After the name of a study that was changed."""

LOSSES: Final = ("services_a_year", "given_up_a_year")
LOSS_MOST: Final = 0.6

KEPT_LOOKS: Final = 6
WEDGE_LOOKS: Final = 16
"""Looks at the largest trials that are kept while an answer is found, 5 MB each, of a wedge 2 MB: one for each month in it."""


def choices_of(study: Study) -> dict[str, list[int]]:
    """Sizes and months of a study that can be looked at.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict
        ``services`` and ``months``, each in order, the study's own among them.
    """
    file = study.file
    most = file.population.services // 5
    least = 2 * groups_of(file)
    step = file.design.step_months
    months = [*range(step, file.estimand.month + 1, step)] if step else [*range(1, last_month(file) + 1)]
    sizes = {one for one in GRID if least <= one <= most} | {file.design.services}
    return {"services": sorted(sizes), "months": months}


def shipped_study(name: object) -> Study:
    """A study that ships, with a bank that can be held in memory.

    Raises
    ------
    BadInput
        For what is no such name.
    """
    return _sized(known_name(name, shipped(), where="study", what="study"))


@cache
def _sized(name: str) -> Study:
    path = shipped()[name]
    wedge = read_study(path).file.design.kind == "stepped_wedge"
    return read_study(path, services=WEDGE_SERVICES if wedge else SERVICES, worlds=WORLDS, trials=TRIALS)


def chosen_study(name: object, *, services: object = None, month: object = None, loss: Mapping[str, Any] | None = None) -> Study:
    """A study that ships, of another size, looked at in another month, with other losses.

    Parameters
    ----------
    name : object
    services : object
        A number of :func:`choices_of`; the study's own unless given.
    month : object
        Likewise.
    loss : mapping, optional
        Of LOSSES, shares from 0 to LOSS_MOST; those that are left out are the study's own.

    Raises
    ------
    BadInput
        With every problem, each by its field.
    """
    study = shipped_study(name)
    choices, file, problems = choices_of(study), study.file, []
    for key, given in (("services", services), ("months", month)):
        if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given not in choices[key]):
            field = "month" if key == "months" else key
            problems.append(Problem(field, "cannot be looked at", f"one of {', '.join(map(str, choices[key]))}"))
    lost = dict(loss or {})
    for key, given in lost.items():
        sound = key in LOSSES and isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= LOSS_MOST
        if not sound:
            problems.append(Problem(str(key)[:40], "is no share that can be lost", f"a share from 0 to {LOSS_MOST:g}"))
    if problems:
        raise BadInput(problems)
    at = month if isinstance(month, int) else file.estimand.month
    looked = file.measurement.months if file.design.step_months else sorted({*file.measurement.months, at})
    parts: dict[str, dict[str, Any]] = {
        "design": {"services": services or file.design.services},
        "estimand": {"month": at},
        "loss": {key: float(value) for key, value in lost.items()},
        "measurement": {"months": looked},
    }
    changed = {part: getattr(file, part).model_copy(update=values) for part, values in parts.items()}
    found = file.model_copy(update=changed | {"name": f"{file.name}{OWN}"})
    if problems := unfit(found, found.name):
        raise BadInput(problems)
    return replace(study, file=found)


def tables_of(study: Study) -> dict[str, Any]:
    """Tables of the file of a chosen study: `sustain trial` gives the same numbers for it.

    Parameters
    ----------
    study : Study
        As :func:`chosen_study` gives it.
    """
    raw, file = parse_toml(study.text, study.file.name), study.file
    own: dict[str, Any] = {
        "name": file.name,
        "trials": file.trials,
        "estimand": {"month": file.estimand.month},
        "population": {"services": file.population.services, "worlds": file.population.worlds},
        "design": {"services": file.design.services},
        "measurement": {"months": file.measurement.months},
        "loss": file.loss.model_dump(),
    }
    return raw | {key: raw.get(key, {}) | value if isinstance(value, dict) else value for key, value in own.items()}


class Banked:
    """The bank of a shipped study, made step by step and held; any thread may ask.

    Parameters
    ----------
    name : str
    beside : World, optional
        What does not differ from it is held once.
    """

    def __init__(self, name: str, beside: World | None = None) -> None:
        self.study = shipped_study(name)
        self._filling = Filling(self.study, read_ensemble(), beside)
        self.steps = self._filling.jobs
        self._done: set[int] = set()
        self._lock, self._making, self._counting = threading.Lock(), threading.Lock(), threading.Lock()
        self._users = 0
        self._loss = ""
        self._known: dict[tuple[Any, ...], Any] = {}

    @property
    def ready(self) -> bool:
        """Whether every step is done."""
        return len(self._done) == self.steps

    @property
    def busy(self) -> bool:
        """Whether it is still to be made, or somebody looks at it now.

        Between two of its steps nobody is at work on one that is being made: the steps of others have their turn.
        """
        return not self.ready or self._users > 0

    @contextmanager
    def _used(self) -> Iterator[None]:
        with self._counting:
            self._users += 1
        try:
            yield
        finally:
            with self._counting:
                self._users -= 1

    def make(self, first: int, last: int, go_on: Callable[[], None]) -> None:
        """Do the steps from first to last that are not done.

        Parameters
        ----------
        first, last : int
            As in ``range``.
        go_on : callable
            Asked before each; what it raises stops the work.
        """
        for step in range(first, last):
            go_on()
            with self._used(), self._making:
                if step not in self._done:
                    self._filling.do(step)
                    self._done.add(step)
                    if self.ready:
                        self._filling.close()

    def findings(self, study: Study) -> Findings:
        """What is found out about a study of this bank, without sizes that are searched and trials run by themselves.

        Parameters
        ----------
        study : Study
            As :func:`chosen_study` gives it.
        """
        self.make(0, self.steps, lambda: None)
        with self._used(), self._lock:  # one after the other: there is no room for what two draw
            try:
                return self._find(study)
            finally:
                if self._loss:
                    self._trials.forget()

    def _find(self, study: Study) -> Findings:
        file, bank = study.file, self._filling.bank
        loss, wedge = file.loss.model_dump_json(), file.design.kind == "stepped_wedge"
        if self._loss != loss:
            self._loss, self._known = loss, {}
            self._trials = Trials(study, bank, file.trials, largest_of(study, bank), kept=WEDGE_LOOKS if wedge else KEPT_LOOKS)
        trials = self._trials.of(study)
        own, month, primary = file.design.services, file.estimand.month, file.analysis.primary

        def once(key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
            if key not in self._known:
                self._known[key] = make()
            return self._known[key]

        def power(services: int, at: int) -> Operating:
            """Without what happens where nothing is done; that of the trial itself has it."""
            return once((services, at), lambda: operating(trials, services, at, primary, with_null=False))

        words = (primary, "immediate_effect") if wedge else (primary,)
        planned = tuple(once((own, month, word), partial(operating, trials, own, month, word)) for word in words)
        curve = tuple(power(one, month) for one in choices_of(study)["services"] if one <= trials.most)
        later = [] if wedge else [one for one in file.measurement.months if one > 0]
        chart = tuple(power(own, one) for one in later)
        of_month = (own, month if wedge else 0)  # the last month of a wedge has the effect that is asked for
        months = tuple(once((*of_month, one, "month"), partial(month_of, trials, one)) for one in file.measurement.months)
        alike = once((month, "alike"), lambda: alike_of(trials))
        events = once(("events",), lambda: events_of(trials))
        return Findings(
            study=study, trials=trials, months=months, alike=alike, events=events, operating=planned, curve=curve, map=chart,
        )  # fmt: skip
