"""Services drawn from a population: the national distributions, or the study's nine described services drawn anew."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.catalogue import find
from sim.scenario.definition import Scenario
from sim.scenario.messages import problems_of
from sim.scenario.schema import Event, Policy, Service, Synthetic
from sim.scenario.synthetic import FIELDS, check_rule, draw, drawn_services, names_apart, typed, uniform

NATIONAL: Final = "national"
"""Scenario whose distributions stand for services in general."""


@lru_cache
def national_fields() -> dict[str, Any]:
    """Distributions of the scenario ``national``."""
    fields: dict[str, Any] = tomllib.loads(find(NATIONAL).read_text(encoding="utf-8"))["synthetic"]["fields"]
    return fields


def drawn_nationally(
    count: int, *, seed: int, prefix: str, known: Mapping[str, Any], where: str = "services"
) -> tuple[Service, ...]:
    """Services drawn from the national distributions, with what is known of them put in.

    Parameters
    ----------
    count : int
    seed : int
        Of this drawing.
    prefix : str
        Services are named prefix-1, prefix-2, ...
    known : mapping
        Fields, each with a value or a distribution.
    where : str
        Place, for messages.

    Raises
    ------
    BadInput
        For fields or values that cannot be.
    """
    synthetic = Synthetic(count=count, seed=seed, prefix=prefix, fields={**national_fields(), **known})
    services, problems = drawn_services(synthetic, where)
    if problems:
        raise BadInput(problems)
    return tuple(services)


def drawn_anew(scenario: Scenario, count: int, *, seed: int, prefix: str, known: Mapping[str, Any], where: str) -> Scenario:
    """Scenario with so many services, each a copy of one of the scenario's own, drawn with replacement.

    What happens to a service by name happens to its copies. A copy has its own name, and so its own luck.

    Parameters
    ----------
    scenario : Scenario
    count : int
    seed : int
        Of this drawing.
    prefix : str
        Copies are named prefix-1, prefix-2, ...
    known : mapping
        Fields that all copies have, each with a value or a distribution; ``posts`` in place of the described practitioners.
    where : str
        Place, for messages.

    Raises
    ------
    BadInput
        For fields or values that cannot be.
    """
    problems = [one for field, rule in known.items() for one in _wrong_field(field, rule, where)]
    if problems:
        raise BadInput(problems)
    originals, services = scenario.services, []
    copies: dict[str, list[str]] = {one.name: [] for one in scenario.services}
    for number, name in islice(names_apart(prefix), count):
        original = originals[min(int(uniform(seed, number, "origin") * len(originals)), len(originals) - 1)]
        values = {field: _value(seed, number, field, rule) for field, rule in known.items()}
        services.append(_known(original, name, values, where))
        copies[original.name].append(name)
    return replace(
        scenario,
        services=tuple(services),
        policies=_of_copies(scenario.policies, copies),
        events=_of_copies(scenario.events, copies),
    )


def _wrong_field(field: str, rule: Any, where: str) -> list[Problem]:
    place = f"{where}.{field}"
    if field not in FIELDS:
        return [Problem(place, f"unknown key '{field}'", ", ".join(FIELDS), did_you_mean(field, FIELDS))]
    return check_rule(place, field, rule)


def _value(seed: int, number: int, field: str, rule: Any) -> Any:
    return typed(field, draw(rule, uniform(seed, number, field))) if isinstance(rule, Mapping) else rule


def _known(original: Service, name: str, values: dict[str, Any], where: str) -> Service:
    """Copy of a service, with another name and what is known."""
    form = original.model_dump(mode="json", exclude_none=True) | {"name": name}
    if "posts" in values:
        form.pop("practitioners", None)
    form |= values
    posts = form["posts"] if "posts" in form else len(form["practitioners"])
    form["staff"] = max(form["staff"], posts)  # everybody who is trained is employed
    try:
        return Service.model_validate(form)
    except ValidationError as error:
        found = problems_of(error, file=where, model=Service, raw=form)
        hint = "cut the distribution with low and high"
        raise BadInput([Problem(one.where, f"{one.what} in service {name}", one.allowed, hint) for one in found]) from None


def _of_copies(items: Sequence[Any], copies: Mapping[str, list[str]]) -> tuple[Any, ...]:
    """Policies or events of the copies of the services that they name."""
    found: list[Policy | Event] = []
    for one in items:
        if one.services == "all":
            found.append(one)
            continue
        names = [copy for name in one.services for copy in copies[name]]
        found += [one.model_copy(update={"services": names})] if names else []
    return tuple(found)
