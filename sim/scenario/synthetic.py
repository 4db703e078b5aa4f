"""Services drawn from stated distributions, the same on every machine.

Every number is addressed by seed, service and field (a BLAKE2 hash gives the uniform draw), so that a longer list
begins with the same services and a field added changes no other. These draws define a scenario; they are
not part of a run's randomness.
"""

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

from pydantic import ValidationError

from sim.addresses import service_key
from sim.parameters import is_finite
from sim.problems import Problem, did_you_mean
from sim.scenario.files import convert
from sim.scenario.messages import allowed_of, problems_of, shown
from sim.scenario.schema import NAME_MAX, Service, Synthetic

FIELDS: Final = tuple(name for name in Service.model_fields if name not in ("name", "practitioners"))
"""Fields that can be drawn."""

SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "normal": ("mean", "sd"),
    "uniform": ("low", "high"),
    "lognormal": ("median", "sigma"),
    "poisson": ("mean",),
    "choice": ("shares",),
}
"""Distributions and the numbers each needs; all but ``choice`` may be cut with ``low`` and ``high``."""

LARGEST: Final = 1e9
"""Of a number in a distribution."""

SIGMA_MAX: Final = 10.0
"""Of a lognormal: of two values from its middle half, one may be some million times the other."""

_BOUNDS: Final = {"sd": (0.0, LARGEST), "median": (0.0, LARGEST), "sigma": (0.0, SIGMA_MAX)}
"""Of the numbers of a distribution that have bounds of their own."""

_STANDARD: Final = NormalDist()

_REMEMBERED_MAX: Final = 5_000
"""Services of a region that are kept in memory; more are drawn anew each time."""


def uniform(seed: int, service: int, field: str) -> float:
    """Uniform draw in the open interval (0, 1), addressed by seed, number of the service and field.

    Examples
    --------
    >>> uniform(1, 1, "staff") == uniform(1, 1, "staff")
    True
    """
    digest = hashlib.blake2b(f"{seed}|{service}|{field}".encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "little") >> 11) + 0.5) * 2.0**-53


def _poisson(chance: float, mean: float) -> int:
    """Quantile of the Poisson distribution; the mean is at most 500, so that exp does not underflow."""
    term = math.exp(-mean)
    total, count = term, 0
    while total < chance and count < 5000:
        count += 1
        term *= mean / count
        total += term
    return count


def draw(rule: Mapping[str, Any], chance: float) -> float | str:
    """Value of a distribution at a uniform draw.

    Parameters
    ----------
    rule : mapping
        Checked: see :func:`check_rule`.
    chance : float
        In (0, 1).

    Returns
    -------
    float or str
        A number, rounded to four decimals so that no platform's last digit matters, or the word chosen.
    """
    shape = rule["distribution"]
    if shape == "choice":
        total = sum(rule["shares"].values())
        reached = 0.0
        for word, share in rule["shares"].items():
            reached += share / total
            if chance < reached:
                return str(word)
        return str(word)
    if shape == "normal":
        value = rule["mean"] + rule["sd"] * _STANDARD.inv_cdf(chance)
    elif shape == "lognormal":
        value = rule["median"] * math.exp(rule["sigma"] * _STANDARD.inv_cdf(chance))
    elif shape == "poisson":
        value = float(_poisson(chance, rule["mean"]))
    else:
        value = rule["low"] + (rule["high"] - rule["low"]) * chance
    return round(min(max(value, rule.get("low", -math.inf)), rule.get("high", math.inf)), 4)


def _number_problem(where: str, key: str, value: object) -> list[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_finite(value):
        return [Problem(f"{where}.{key}", f"{shown(value)} is not a finite number", "a number")]
    low, high = _BOUNDS.get(key, (-LARGEST, LARGEST))
    if not low <= value <= high:
        return [Problem(f"{where}.{key}", f"{value:g} is out of bounds", f"a number from {low:g} to {high:g}")]
    return []


def _shares_problems(where: str, field: str, shares: object) -> list[Problem]:
    if not isinstance(shares, Mapping) or not shares:
        return [Problem(f"{where}.shares", "is not a table of shares", "word = share, for each word")]
    problems = []
    for word, share in shares.items():
        problems += _number_problem(f"{where}.shares", word, share)
        if not problems and share < 0:
            problems.append(Problem(f"{where}.shares.{word}", f"{share:g} is out of bounds", "a share from 0 to 1"))
        problems += _value_problems(f"{where}.shares.{word}", field, typed(field, word))
    if not problems and not math.isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        problems.append(Problem(f"{where}.shares", f"add up to {sum(shares.values()):g}", "shares that add up to 1"))
    return problems


def typed(field: str, value: float | str) -> Any:
    """Drawn value in the type of its field.

    Parameters
    ----------
    field : str
    value : float or str
        As :func:`draw` gives it.
    """
    if isinstance(value, str):
        return convert(value, Service.model_fields[field])
    return (
        round(value)
        if field in ("staff", "posts", "reserve_posts", "pool", "leader_tenure", "support_months", "months_observed")
        else value
    )


def _value_problems(where: str, field: str, value: Any) -> list[Problem]:
    """Problem of one value for a field: the service's own checks, asked for this field alone."""
    try:
        Service.model_validate({field: value})
    except ValidationError as error:
        found = problems_of(error, file="", model=Service, raw={field: value})
        mine = [one for one in found if one.where == f": {field}" and not one.what.startswith("missing")]
        return [Problem(where, one.what, one.allowed, one.hint) for one in mine]
    return []


def check_rule(where: str, field: str, rule: Any) -> list[Problem]:
    """Problems of what stands for one field: a value, or a table with a distribution.

    Parameters
    ----------
    where : str
    field : str
    rule : object

    Returns
    -------
    list of Problem
    """
    if not isinstance(rule, Mapping):
        return _value_problems(where, field, rule)
    shape = rule.get("distribution")
    if not isinstance(shape, str) or shape not in SHAPES:
        hint = did_you_mean(str(shape), SHAPES)
        what = f"unknown distribution {shown(shape)}" if shape is not None else "missing key 'distribution'"
        return [Problem(f"{where}.distribution", what, ", ".join(SHAPES), hint)]
    needed = SHAPES[shape]
    cuts = () if shape == "choice" else ("low", "high")
    known = ("distribution", *dict.fromkeys((*needed, *cuts)))
    shown_keys, needs = ", ".join(known), f"{shape} needs {', '.join(needed)}"
    problems = [Problem(where, f"unknown key '{key}'", shown_keys, did_you_mean(key, known)) for key in rule if key not in known]
    problems += [Problem(where, f"missing key '{key}'", needs) for key in needed if key not in rule]
    if shape == "choice":
        return problems + (_shares_problems(where, field, rule["shares"]) if "shares" in rule else [])
    for key in known[1:]:
        problems += _number_problem(where, key, rule[key]) if key in rule else []
    if problems:
        return problems
    if rule.get("low", -math.inf) > rule.get("high", math.inf):
        problems.append(Problem(where, f"low {rule['low']:g} is above high {rule['high']:g}", "low <= high"))
    if shape == "poisson" and not 0 <= rule["mean"] <= 500:
        problems.append(Problem(f"{where}.mean", f"{rule['mean']:g} is out of bounds", "a number from 0 to 500"))
    for key in ("low", "high"):
        if key in rule:
            problems += _value_problems(f"{where}.{key}", field, typed(field, float(rule[key])))
    return problems


def check_synthetic(synthetic: Synthetic, file: str) -> list[Problem]:
    """Problems of a ``[synthetic]`` table."""
    problems = []
    longest = NAME_MAX - len(f"-{2 * synthetic.count}")  # numbers that lead to another's random numbers are stepped over
    if len(synthetic.prefix) > longest:
        what = f"{shown(synthetic.prefix)} is too long: names are made of it and a number"
        problems.append(Problem(f"{file}: synthetic.prefix", what, f"a text of at most {longest} characters"))
    for field, rule in synthetic.fields.items():
        where = f"{file}: synthetic.fields.{field}"
        if field not in FIELDS:
            problems.append(Problem(where, f"unknown key '{field}'", ", ".join(FIELDS), did_you_mean(field, FIELDS)))
        else:
            problems += check_rule(where, field, rule)
    for field in FIELDS:
        info = Service.model_fields[field]
        if field not in synthetic.fields and (info.is_required() or field == "posts"):
            hint = f"it says: {info.description}"
            problems.append(Problem(f"{file}: synthetic.fields", f"missing key '{field}'", allowed_of(info), hint))
    return problems


def names_apart(prefix: str) -> Iterator[tuple[int, str]]:
    """Numbers and names prefix-1, prefix-2 and so on without end; one that would share the luck of an earlier one is left out."""
    keys: set[int] = set()
    for number in itertools.count(1):
        name = f"{prefix}-{number}"
        if (key := service_key(name)) not in keys:
            keys.add(key)
            yield number, name


def drawn_services(synthetic: Synthetic, file: str) -> tuple[list[Service], list[Problem]]:
    """Services of a ``[synthetic]`` table: prefix-1, prefix-2 and so on.

    A number whose name would lead to the random numbers of an earlier one is stepped over, so that a longer list still
    begins with the same services.

    Parameters
    ----------
    synthetic : Synthetic
    file : str

    Returns
    -------
    services : list of Service
        Empty when there are problems.
    problems : list of Problem
    """
    problems = check_synthetic(synthetic, file)
    if problems:
        return [], problems
    if synthetic.count > _REMEMBERED_MAX:
        return _drawn(synthetic, file)
    services, found = _drawn_once(synthetic.model_dump_json(), file)
    return [*services], [*found]


@lru_cache(maxsize=2)
def _drawn_once(said: str, file: str) -> tuple[tuple[Service, ...], tuple[Problem, ...]]:
    """Services of a region that many scenarios share, drawn once."""
    services, problems = _drawn(Synthetic.model_validate_json(said), file)
    return tuple(services), tuple(problems)


def _drawn(synthetic: Synthetic, file: str) -> tuple[list[Service], list[Problem]]:
    """Draw as is said: nothing is wrong with what is said, but a drawn service may be."""
    services: list[Service] = []
    for number, name in names_apart(synthetic.prefix):
        values: dict[str, Any] = {"name": name}
        for field, rule in synthetic.fields.items():
            drawn = draw(rule, uniform(synthetic.seed, number, field)) if isinstance(rule, Mapping) else None
            values[field] = rule if drawn is None else typed(field, drawn)
        # everybody who is trained is employed
        values["staff"] = max(values["staff"], values["posts"])
        try:
            services.append(Service.model_validate(values))
        except ValidationError as error:
            hint = "cut the distribution with low and high"
            return [], [
                Problem(one.where, f"{one.what} in the drawn service {name}", one.allowed, hint)
                for one in problems_of(error, file=f"{file}: synthetic", model=Service, raw=values)
            ]
        if len(services) == synthetic.count:
            break
    return services, []
