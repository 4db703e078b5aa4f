"""From a study file to conditions that can be run: read, look up, check; every problem at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from experiments.trials.fitting import groups_of, unfit
from experiments.trials.recorded import MEASURES, Measure
from experiments.trials.schema import Arm, StudyFile
from experiments.worlds.beginning import own_of, with_beginning
from experiments.worlds.populations import drawn_anew, drawn_nationally
from sim.problems import BadInput, Problem, tried
from sim.scenario import read_scenario
from sim.scenario.catalogue import file_named, files_named
from sim.scenario.checks import check_event, check_mechanisms, check_policy
from sim.scenario.definition import Scenario
from sim.scenario.files import parse_toml, read_text
from sim.scenario.messages import problems_of, tidy
from sim.scenario.reader import read_files
from sim.scenario.schema import Event, Policy
from sim.store.hashing import text_hash

STUDIES: Final = Path(__file__).parent / "studies"
"""Folder of the studies that ship."""

TEMPLATE: Final = "template"
"""A file to begin one's own with; it runs as it stands."""

KIND: Final = "a study file (TOML)"

PREFIX: Final = "T"
"""Services of a bank are named T-1, T-2, ..."""

BANK_MONTHS: Final = 400_000_000
"""Months of services that a bank may have: some ten bytes each are held in memory."""

BASELINE: Final = "baseline"


class Condition(NamedTuple):
    """What a service may be under: a column of the bank.

    Attributes
    ----------
    name, title : str
    arms : tuple of int
        Arms of the file whose policies it has beside those of the first.
    begins : int
        Months from the randomisation to their beginning.
    part : float
        Of their doses; events happen in this part of the services.
    """

    name: str
    title: str
    arms: tuple[int, ...]
    begins: int = 0
    part: float = 1.0


@dataclass(frozen=True, eq=False)
class Study:
    """A trial that is planned, read and checked.

    Attributes
    ----------
    file : StudyFile
    text : str
        As it was written.
    population : Scenario
        Services of the bank, to the horizon, under nothing but what is usual.
    doings : tuple of (list of Policy, list of Event)
        Of each arm, months counting from the randomisation.
    """

    file: StudyFile
    text: str
    population: Scenario
    doings: tuple[tuple[list[Policy], list[Event]], ...]

    @property
    def start(self) -> int:
        """Completed months from the training to the randomisation."""
        return self.file.design.start

    @property
    def months(self) -> int:
        """Horizon of the bank, months from the training."""
        return self.start + last_month(self.file)

    @property
    def measure(self) -> Measure:
        """What the trial is about."""
        return MEASURES[self.file.estimand.measure]

    @property
    def hash(self) -> str:
        """SHA-256 of the file's text."""
        return text_hash(self.text)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Columns of the bank, the usual one first."""
        return conditions_of(self.file)

    @cached_property
    def column(self) -> tuple[int, ...]:
        """Column of the bank that services of each group of the allocation are under."""
        if self.file.design.kind == "stepped_wedge":
            return tuple(range(1, len(self.conditions)))
        first = len(self.conditions) - 1 if self.file.design.contamination else 0
        return (first, *range(1, groups_of(self.file)))

    @property
    def touching(self) -> bool:
        """Whether services of a trial touch each other: some pool their figures over the region."""
        return any(one.pooling == "region" for one in self.population.services)

    def scenario(self, condition: Condition) -> Scenario:
        """Scenario of all services of the bank under one condition.

        Parameters
        ----------
        condition : Condition
        """
        found = self.population
        for arm in dict.fromkeys((0, *condition.arms)):
            policies, events = self.doings[arm]
            if not policies and not events:
                continue
            begins = 0 if arm == 0 else condition.begins
            part = 1.0 if arm == 0 else condition.part
            found = _begun(found, policies, events, self.start + begins, part)
        return found


def _begun(scenario: Scenario, policies: list[Policy], events: list[Event], start: int, part: float) -> Scenario:
    """Scenario with what begins, in a part of the services where that is no dose."""
    names = [name for at, name in enumerate(scenario.service_names) if int((at + 1) * part) > int(at * part)]
    later = [
        one.model_copy(
            update={"start": one.start + start, "end": None if one.end is None else one.end + start, "dose": one.dose * part}
        )
        for one in policies
    ]
    dated = [one.model_copy(update={"month": one.month + start, "services": "all" if part == 1.0 else names}) for one in events]
    months = scenario.months
    return replace(
        scenario,
        policies=(*scenario.policies, *(_within(one, months) for one in later if one.start < months)),
        events=(*scenario.events, *(one for one in dated if one.month < months and one.services)),
    )


def _within(policy: Policy, months: int) -> Policy:
    """A policy that ends beyond the horizon lasts to it."""
    return policy if policy.end is None or policy.end <= months else policy.model_copy(update={"end": None, "taper": 0})


def last_month(file: StudyFile) -> int:
    """Last month of a trial, from the randomisation."""
    return max(*file.measurement.months, file.estimand.month, 1)


def conditions_of(file: StudyFile) -> tuple[Condition, ...]:
    """Columns of the bank that a design needs, the usual one first.

    Parameters
    ----------
    file : StudyFile
    """
    usual, *others = file.arms
    first, part = Condition(usual.name, usual.title, ()), file.design.contamination
    if file.design.kind == "stepped_wedge":
        steps, months = file.design.sequences or 0, file.design.step_months or 0
        return (
            first,
            *(
                Condition(
                    f"{others[0].name}-from-{step * months}",
                    f"{others[0].title}, from month {step * months}",
                    (1,),
                    step * months,
                )
                for step in range(1, steps + 1)
            ),
        )
    found = [first, *(Condition(arm.name, arm.title, (at,)) for at, arm in enumerate(others, 1))]
    if file.design.kind == "factorial" and len(others) == 2:
        one, two = others
        found.append(Condition(f"{one.name}-and-{two.name}", f"{one.title} and {two.title}", (1, 2)))
    if part:
        found.append(Condition(f"{usual.name}-reached", f"{usual.title}, reached by the other arm", (1,), 0, part))
    return tuple(found)


def shipped() -> dict[str, Path]:
    """Files of the studies that ship, by name."""
    return {one.stem: one for one in sorted(STUDIES.glob("*.toml")) if one.stem != TEMPLATE}


def find_study(name_or_path: str | Path) -> Path:
    """File of a study: one of the user's, or a shipped one's name.

    Raises
    ------
    BadInput
        When there is none.
    """
    return file_named(name_or_path, shipped(), what="study")


def read_study(
    name_or_path: str | Path, *, services: int | None = None, worlds: int | None = None, trials: int | None = None
) -> Study:
    """Read a study file, with all its checks.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        A shipped study's name, or a file.
    services, worlds, trials : int, optional
        Of the bank, and trials that are drawn, in place of the file's.

    Raises
    ------
    BadInput
        With every problem found.
    """
    path = find_study(name_or_path)
    text = read_text(path, KIND)
    raw, name = parse_toml(text, path.name), path.name
    try:
        file = StudyFile.model_validate(raw)
    except ValidationError as error:
        raise BadInput(tidy([*map(_hinted, problems_of(error, file=name, model=StudyFile, raw=raw))])) from None
    sizes = {"services": services or file.population.services, "worlds": worlds or file.population.worlds}
    changed = {"population": file.population.model_copy(update=sizes), "trials": trials or file.trials}
    file = file.model_copy(update=changed)
    problems = [] if file.name == path.stem else [Problem(f"{name}: name", f"is '{file.name}'", f"'{path.stem}'", "rename one")]
    problems += unfit(file, name)
    population = tried(lambda: population_of(file, path.parent, name), problems)
    doings = [(_doing(arm, path.parent, f"{name}: arms[{at}]", problems)) for at, arm in enumerate(file.arms, 1)]
    unread = any(arm.scenario is not None and not any(doing) for arm, doing in zip(file.arms, doings, strict=True))
    if population is not None:
        for at, (policies, events) in enumerate(doings, 1):
            problems += _wrong_doing(policies, events, population, f"{name}: arms[{at}]", last_month(file))
        problems += [] if unread else _same_doings(file, doings, name)
        if file.design.services > len(population.services):
            what = f"{file.design.services} services are more than the bank holds in a world, {len(population.services)}"
            hint = "give the scenario more services" if file.population.kind == "scenario" else "raise population.services"
            problems.append(Problem(f"{name}: design.services", what, f"up to {len(population.services)}", hint))
        problems += _too_large(file, len(population.services), name)
    if problems or population is None:
        raise BadInput(tidy(problems))
    return Study(file, text, population, tuple(doings))


def _too_large(file: StudyFile, services: int, name: str) -> list[Problem]:
    """A bank that no usual memory holds."""
    months = file.design.start + last_month(file)
    cells = len(conditions_of(file)) * file.population.worlds * services * months
    if cells <= BANK_MONTHS:
        return []
    what = f"{cells:,} months of services, over all worlds and conditions, are more than a bank holds"
    return [Problem(f"{name}: population", what, f"up to {BANK_MONTHS:,}", "take fewer services, worlds or months")]


def check_study(path: Path) -> list[Problem]:
    """Problems of a study file; empty when it can be used."""
    problems: list[Problem] = []
    tried(lambda: read_study(path), problems)
    return problems


def _hinted(problem: Problem) -> Problem:
    """What is missing most often gets a word on why it is asked."""
    if "missing key 'estimand'" in problem.what:
        hint = "say what the trial is to find out before anything is run: `sustain trial --template` shows how"
        return Problem(problem.where, problem.what, problem.allowed, hint)
    return problem


def population_of(file: StudyFile, folder: Path, name: str) -> Scenario:
    """Services of the bank.

    Parameters
    ----------
    file : StudyFile
    folder : pathlib.Path
        In which a scenario file is looked for first.
    name : str
        Of the file, for messages.

    Raises
    ------
    BadInput
        With every problem found.
    """
    asked, where = file.population, f"{name}: population"
    scenario = _read(asked.scenario, folder, f"{where}.scenario", file.design.start + last_month(file))
    if asked.kind == "scenario":
        if asked.fields:
            what, hint = "fields go with narrow or wide", "set them in the scenario file"
            raise BadInput([Problem(f"{where}.fields", what, "none with kind = 'scenario'", hint)])
        return scenario
    drawn: dict[str, Any] = {"seed": asked.seed, "prefix": PREFIX, "known": asked.fields, "where": f"{where}.fields"}
    if asked.kind == "narrow":
        return drawn_anew(scenario, asked.services, **drawn)
    services = drawn_nationally(asked.services, **drawn)
    policies = tuple(one for one in scenario.policies if one.services == "all")
    events = tuple(one for one in scenario.events if one.services == "all")
    return replace(scenario, services=services, policies=policies, events=events)


def _read(scenario: str, folder: Path, where: str, months: int | None = None) -> Scenario:
    try:
        return read_files(files_named(scenario, folder), months=months)
    except BadInput as error:
        raise BadInput([Problem(f"{where} ({one.where})", one.what, one.allowed, one.hint) for one in error.problems]) from None


def _doing(arm: Arm, folder: Path, where: str, problems: list[Problem]) -> tuple[list[Policy], list[Event]]:
    """What is done in an arm, months counting from the randomisation."""
    policies, events = list(arm.policies), list(arm.events)
    if arm.scenario is None:
        return policies, events
    shipped = tried(lambda: _read(str(arm.scenario), folder, f"{where}.scenario"), problems)
    if shipped is None:
        return policies, events
    own = own_of(shipped, read_scenario(BASELINE))
    if not any(own):
        problems.append(Problem(f"{where}.scenario", f"{arm.scenario} has no policy and no event of its own", "one that has"))
        return policies, events
    alone = with_beginning(replace(shipped, policies=(), events=(), months=10**6), *own, 0)
    return [*alone.policies, *policies], [*alone.events, *events]


def _wrong_doing(policies: list[Policy], events: list[Event], population: Scenario, where: str, months: int) -> Iterator[Problem]:
    known = population.service_names
    for number, policy in enumerate(policies, 1):
        place = f"{where}.policies[{number}]"
        if policy.services != "all":
            yield Problem(f"{place}.services", "an arm's policies are for all its services", "all", "leave it out")
        cut = policy if policy.end is None or policy.end <= months else policy.model_copy(update={"end": None, "taper": 0})
        yield from check_policy(cut.model_copy(update={"services": "all"}), place, months=months, known=known)
    for number, event in enumerate(events, 1):
        place = f"{where}.events[{number}]"
        if event.services != "all":
            yield Problem(f"{place}.services", "an arm's events are for all its services", "all", "leave it out")
        yield from check_event(
            event.model_copy(update={"services": "all"}), place, months=months, posts={one: [] for one in known[:1]}
        )
    named = [(f"{where}.policies[{at}]", one) for at, one in enumerate(policies, 1)]
    dated = [(f"{where}.events[{at}]", one) for at, one in enumerate(events, 1)]
    yield from check_mechanisms(named, dated, population.switches, population.table)


def _same_doings(file: StudyFile, doings: list[tuple[list[Policy], list[Event]]], name: str) -> Iterator[Problem]:
    """Arms that do the same, or nothing, under two names."""
    seen: dict[str, str] = {}
    for at, (arm, doing) in enumerate(zip(file.arms, doings, strict=True), 1):
        told = repr(sorted(repr(one) for part in doing for one in part))
        if told in seen:
            what = f"'{arm.name}' does the same as '{seen[told]}'"
            yield Problem(
                f"{name}: arms[{at}]", what, "arms that differ in policies or events", "give it scenario, policies or events"
            )
        seen.setdefault(told, arm.name)
