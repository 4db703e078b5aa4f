"""Checks that look at more than one value of a scenario: names that must exist, orders, bounds that depend on a word."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sim.addresses import service_keys
from sim.parameters import Parameter, ParameterTable
from sim.plan import LEVERS, NEEDS_SWITCH
from sim.problems import Problem, did_you_mean
from sim.scenario.letters import looking_alike
from sim.scenario.schema import EVENT_NEEDS, POSTS_MAX, Event, Policy, Service
from sim.scenario.values import folded

_ALL: Final = frozenset({"all", "all services"})
"""Names, without what the eye does not tell apart, that stand for all services: in files, and as a row of tables."""

LEVER_BY_NAME: Final = {lever.name: lever for lever in LEVERS}

_LEADER_KINDS: Final = ("leader_leaves", "leader_arrives", "leader_becomes")
_SUPPORT_KINDS: Final = ("leaves_support", "returns_to_support")
_SLOTS: Final = (
    ("leader", _LEADER_KINDS),
    ("signal", ("signal_changes", "upper_level")),
    ("support", _SUPPORT_KINDS),
    ("practitioner", ("practitioner_leaves",)),
)
"""Of each of these a service can have one event a month."""


def check_services(services: Sequence[Service], file: str) -> list[Problem]:
    """Problems among services: names that stand twice, posts given twice or not at all, fewer staff than posts.

    Parameters
    ----------
    services : sequence of Service
    file : str

    Returns
    -------
    list of Problem
    """
    problems = []
    for name, count in Counter(service.name for service in services).items():
        if count > 1:
            problems.append(Problem(f"{file}: services ({name})", f"{count} services are named '{name}'", "every name once"))
        problems += check_name(name, f"{file}: services ({name})")
    problems += check_alike([service.name for service in services], f"{file}: services")
    for service in services:
        problems += check_posts(service, f"{file}: services ({service.name})")
    return problems


def check_name(name: str, where: str) -> list[Problem]:
    """Problem of a service's name that means something else: what files say of all services, or the row of their total."""
    if folded(name) not in _ALL:
        return []
    return [Problem(f"{where}.name", f"'{name}' cannot be a service's name", "another name", "it stands for all services")]


def check_alike(names: Iterable[str], where: str) -> list[Problem]:
    """Problems of names that the eye does not tell apart from an earlier one.

    Parameters
    ----------
    names : iterable of str
    where : str
    """
    allowed = "names that differ in more than large and small letters, their form and spaces"
    return [
        Problem(f"{where} ({name})", f"the name {name!r} looks like {other!r}", allowed, "give one of the two another name")
        for name, other in looking_alike(names).items()
    ]


def check_posts(service: Service, where: str) -> list[Problem]:
    """Problems of one service's posts."""
    if service.posts is None and service.practitioners is None:
        what = "missing key 'posts' or 'practitioners'"
        return [Problem(where, what, "posts = a number, or a [[services.practitioners]] table for each")]
    if service.posts is not None and service.practitioners is not None:
        return [Problem(where, "has both 'posts' and 'practitioners'", "one of the two", "delete 'posts'")]
    problems = []
    for alias, count in Counter(one.alias for one in service.practitioners or ()).items():
        if count > 1:
            what = f"{count} practitioners have the alias '{alias}'"
            problems.append(Problem(f"{where}.practitioners", what, "every alias once in a service"))
    problems += check_alike((one.alias for one in service.practitioners or ()), f"{where}.practitioners")
    posts = service.posts or len(service.practitioners or ())
    most = posts + service.reserve_posts
    if service.reserve_posts and posts <= service.staff < most:
        what = f"{posts} trained practitioners and {service.reserve_posts} reserve posts, but {service.staff} employees"
        hint = "an expansion trains people of the staff"
        problems.append(Problem(f"{where}.reserve_posts", what, f"a whole number from 0 to {service.staff - posts}", hint))
    if service.reserve_posts and most > POSTS_MAX:
        what = f"{posts} posts and {service.reserve_posts} reserve posts"
        problems.append(Problem(f"{where}.reserve_posts", what, f"{POSTS_MAX} posts at most in all"))
    if service.staff < posts:
        reserve = f" and {service.reserve_posts} reserve posts" if service.reserve_posts else ""
        what = f"{service.staff} employees, but {posts} trained practitioners{reserve}"
        problems.append(Problem(f"{where}.staff", what, f"a whole number from {most} (people)", "staff counts everybody"))
    return problems


def check_keys(names: Sequence[str], where: str, hint: str) -> list[Problem]:
    """Problem of services whose names lead to the same random numbers.

    Parameters
    ----------
    names : sequence of str
        Every one once.
    where : str
    hint : str
        What to do about it.
    """
    try:
        service_keys(names)
    except ValueError as error:
        return [Problem(where, str(error), "names that lead to different random numbers", hint)]
    return []


def check_names(where: str, wanted: str | Iterable[str], known: Sequence[str]) -> list[Problem]:
    """Problems of a list of service names."""
    if wanted == "all":
        return []
    names = list(wanted)
    problems = []
    if not names:
        problems.append(Problem(f"{where}.services", "is an empty list", '"all" or names of services'))
    shown = "all, " + ", ".join(list(known)[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return problems + [
        Problem(f"{where}.services", f"unknown service '{name}'", shown, did_you_mean(name, known))
        for name in names
        if name not in known
    ]


def check_policy(policy: Policy, where: str, *, months: int, known: Sequence[str]) -> list[Problem]:
    """Problems of one policy.

    Parameters
    ----------
    policy : Policy
    where : str
    months : int
        Horizon.
    known : sequence of str
        Names of the services.
    """
    problems = check_names(where, policy.services, known)
    lever = LEVER_BY_NAME.get(policy.lever)
    if lever is None:
        hint = did_you_mean(policy.lever, LEVER_BY_NAME)
        problems.append(Problem(f"{where}.lever", f"unknown lever '{policy.lever}'", ", ".join(LEVER_BY_NAME), hint))
    elif not lever.low <= policy.dose <= lever.high:
        allowed = f"a number from {lever.low:g} to {lever.high:g} ({lever.unit})"
        problems.append(Problem(f"{where}.dose", f"{policy.dose:g} is out of bounds for {lever.name}", allowed, lever.meaning))
    if policy.start >= months:
        what = f"starts in month {policy.start}, after the horizon"
        problems.append(Problem(f"{where}.start", what, f"a month from 0 to {months - 1}", "or set months to more"))
    if policy.end is not None and policy.end <= policy.start:
        what = f"ends in month {policy.end}, not after its start in month {policy.start}"
        problems.append(Problem(f"{where}.end", what, f"a month from {policy.start + 1}", "the end is the first month without"))
    if policy.end is not None and policy.end > months:
        what = f"ends in month {policy.end}, after the horizon"
        problems.append(Problem(f"{where}.end", what, f"a month up to {months}", "leave it out for the whole horizon"))
    if policy.end is None and policy.taper:
        problems.append(Problem(f"{where}.taper", "a taper without an end", "a taper follows the end", "give the policy an end"))
    return problems


def check_event(event: Event, where: str, *, months: int, posts: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Problems of one event.

    Parameters
    ----------
    event : Event
    where : str
    months : int
        Horizon.
    posts : mapping of str to sequence of str
        Aliases of every service's posts.
    """
    problems = check_names(where, event.services, list(posts))
    if event.month >= months:
        what = f"is in month {event.month}, after the horizon"
        problems.append(Problem(f"{where}.month", what, f"a month from 0 to {months - 1}", "or set months to more"))
    needed = EVENT_NEEDS.get(event.kind)
    for key in dict.fromkeys(EVENT_NEEDS.values()):
        given = getattr(event, key) is not None
        if key == needed and not given:
            problems.append(Problem(where, f"missing key '{key}'", f"{event.kind} needs {key}"))
        elif key != needed and given:
            allowed = f"month, kind, services{', ' + needed if needed else ''}"
            problems.append(Problem(f"{where}.{key}", f"{event.kind} takes no '{key}'", allowed, "delete it, or change the kind"))
    if event.kind == "leader_arrives" and event.leader_type == "vacant":
        problems.append(Problem(f"{where}.leader_type", "a vacancy cannot arrive", "a type of leader", "use kind leader_leaves"))
    if event.kind == "leader_becomes" and event.leader_type == "vacant":
        problems.append(
            Problem(f"{where}.leader_type", "a leader cannot become vacant", "a type of leader", "use kind leader_leaves")
        )
    if event.kind == "practitioner_leaves" and event.post is not None:
        wanted = list(posts) if event.services == "all" else [name for name in event.services if name in posts]
        for name in wanted:
            if event.post not in posts[name]:
                what = f"service {name} has no post '{event.post}'"
                problems.append(Problem(f"{where}.post", what, ", ".join(posts[name]), did_you_mean(event.post, posts[name])))
    return problems


def check_mechanisms(
    policies: Iterable[tuple[str, Policy]],
    events: Iterable[tuple[str, Event]],
    switches: Mapping[str, bool],
    table: ParameterTable,
) -> list[Problem]:
    """Problems of policies and events that can do nothing because nobody has said whether their mechanism is on.

    Parameters
    ----------
    policies : iterable of (str, Policy)
        Place and policy.
    events : iterable of (str, Event)
    switches : mapping of str to bool
        Those that the files and the overrides speak of: one that is off on purpose is no problem.
    table : ParameterTable
    """
    moved = [(f"{where}.lever", one.lever) for where, one in policies if one.dose != 0.0]
    problems = []
    for where, name in moved + [(f"{where}.kind", one.kind) for where, one in events]:
        switch = NEEDS_SWITCH.get(name)
        if switch is not None and switch not in switches and not table.switches[switch].on:
            what = f"'{name}' does nothing while the mechanism '{switch}' is off"
            hint = f"`--set switch.{switch}=on` does it too; = false says that it shall do nothing"
            problems.append(Problem(where, what, f"[switches] {switch} = true", hint))
    return problems


def check_replaced(placed: Mapping[str, str], on: Collection[str], table: ParameterTable) -> list[Problem]:
    """Problems of numbers that are set and do nothing, since a mechanism that is on has numbers of its own in their place.

    Values of ensembles, draws and stored runs are nobody's settings, and are not asked here.

    Parameters
    ----------
    placed : mapping of str to str
        Place that sets it, by parameter.
    on : collection of str
        Mechanisms that are on.
    table : ParameterTable
    """
    found = [(where, table.parameters[name]) for name, where in placed.items() if name in table.parameters]
    return [replaced(where, one) for where, one in found if one.replaced_by in on]


def replaced(where: str, one: Parameter) -> Problem:
    """Problem of a number that does nothing where it is set."""
    switch = one.replaced_by
    allowed = ", ".join(one.instead) if one.instead else f"no value of it while '{switch}' is on"
    hint = f"turn it off to have the old number act: switch.{switch}=off, in a scenario file [switches] {switch} = false"
    return Problem(where, f"'{one.name}' does nothing here: '{switch}' has numbers of its own in its place", allowed, hint)


def check_clashes(events: Sequence[tuple[str, Event]], known: Sequence[str]) -> list[Problem]:
    """Problems between events: two of one sort in the same service and month.

    Parameters
    ----------
    events : sequence of (str, Event)
        Place and event.
    known : sequence of str
        Names of the services.
    """
    problems = []
    for sort, kinds in _SLOTS:
        taken: dict[tuple[str, int], str] = {}
        reported = set()
        for where, event in events:
            if event.kind not in kinds:
                continue
            for name in known if event.services == "all" else event.services:
                first = taken.setdefault((name, event.month), where)
                if first != where and where not in reported:
                    reported.add(where)
                    what = f"a second {sort} event for service {name} in month {event.month}"
                    file = where.split(": ")[0]
                    problems.append(
                        Problem(where, what, "one a month", f"the other is at {first.removeprefix(f'{file}: ')}; move one")
                    )
    return problems


def check_parameters(
    values: Mapping[str, object],
    switches: Mapping[str, object],
    forms: Mapping[str, object],
    file: str,
    table: ParameterTable,
) -> list[Problem]:
    """Problems of parameter values, switches and forms."""
    problems = [one for name, value in values.items() for one in table.check_value(name, value, f"{file}: parameters.{name}")]
    problems += [one for name, on in switches.items() for one in table.check_switch(name, f"{file}: switches.{name}", on)]
    return problems + [one for name, word in forms.items() for one in table.check_form(name, f"{file}: forms.{name}", word)]
