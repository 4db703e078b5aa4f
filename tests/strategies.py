"""Hypothesis strategies for whole plans: every parameter, switch, form, lever, event, start of service and post, and size."""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sim import codes
from sim.parameters import FORM_PREFIX, SWITCH_PREFIX, read_table
from sim.plan import EVENT_FIELDS, LEVERS, POST_START, SERVICE_START, Plan, room_of
from sim.scenario.resolve import WORDS
from sim.scenario.schema import Practitioner, ServiceFields
from tests.plans import DRAWN_FIELDS, blank_calendar
from tests.thoroughly import so_many

MONTHS_MAX = 30
SERVICES_MAX = 4
POSTS_MAX = 6

CODES = WORDS
"""Fields of a service that hold a code."""
LIKELY: dict[str, tuple[float, float]] = {
    "pool": (0, 30),
    "inflow": (0.0, 6.0),
    "staff": (1, 60),
    "support_months": (0, MONTHS_MAX + 1),
    "leader_tenure": (0, 80),
}
"""Ranges in which most plans lie, within far wider bounds."""
ELSEWHERE = ("key", "posts", "reserve", "first_post", "calendar")


class DrawnPlan(Plan):
    """A plan that shows in a failure what sets it apart, not its thousand numbers."""

    def __repr__(self) -> str:
        table = read_table()
        usual = {
            **{name: one.value for name, one in table.parameters.items()},
            **{SWITCH_PREFIX + name: int(one.on) for name, one in table.switches.items()},
            **{FORM_PREFIX + name: 0 for name in table.forms},
        }
        said = {name: self.parameters[name].tolist() for name, value in usual.items() if (self.parameters[name] != value).any()}
        dated = {
            name: self.calendars[name].tolist()
            for name in self.calendars.dtype.names or ()
            if (self.calendars[name] != blank_calendar(1)[name][0]).any()
        }
        starts = [dict(zip(row.dtype.names, row.item(), strict=True)) for row in self.services]
        return f"Plan(months={self.months}, parameters={said}, calendars={dated}, services={starts}, posts={self.posts.tolist()})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


@cache
def bounds_of(model: type[Any], name: str) -> tuple[float, float]:
    """Bounds that the scenario grammar gives a field."""
    info = model.model_fields[name]
    if info.annotation is bool:
        return 0, 1
    low = [one.ge for one in info.metadata if hasattr(one, "ge")]
    high = [one.le for one in info.metadata if hasattr(one, "le")]
    assert len(low) == len(high) == 1, f"{name} has no bounds"
    return low[0], high[0]


@cache
def number(low: float, high: float) -> st.SearchStrategy[float]:
    """Float in [low, high], the bounds themselves often."""
    return st.one_of(st.sampled_from((float(low), float(high))), st.floats(float(low), float(high)))


@cache
def _parameter(name: str) -> st.SearchStrategy[float]:
    one = read_table().parameters[name]
    return st.one_of(st.just(one.value), number(one.low, one.high), st.floats(one.low, one.high))


@cache
def _service_field(name: str) -> st.SearchStrategy[Any]:
    if name in CODES:
        return st.sampled_from([int(code) for code in CODES[name]])
    low, high = bounds_of(ServiceFields, name)
    whole = SERVICE_START[name].kind == "i"
    wide = st.integers(int(low), int(high)) if whole else number(low, high)
    if name not in LIKELY:
        return wide
    first, last = LIKELY[name]
    near = st.integers(int(first), int(last)) if whole else number(first, last)
    return st.one_of(near, near, near, st.just(type(first)(low)), wide)


@cache
def _post_field(name: str) -> st.SearchStrategy[Any]:
    low, high = bounds_of(Practitioner, name)
    if POST_START[name].kind == "i":
        return st.integers(int(low), int(high))
    if name in DRAWN_FIELDS:
        return st.one_of(st.just(float("nan")), st.just(float("nan")), number(low, high))
    return number(low, high)


@st.composite
def calendars(draw: st.DrawFn, months: int, posts: int) -> np.ndarray:
    """One calendar: up to a dozen policies with dose, start and end, and up to six events."""
    calendar = blank_calendar(months)
    for _ in range(draw(st.integers(0, 12))):
        lever = draw(st.sampled_from(LEVERS))
        start = draw(st.integers(0, months - 1))
        end = draw(st.integers(start + 1, months))
        calendar[lever.name][start:end] += draw(number(lever.low, lever.high))
    for lever in LEVERS:
        calendar[lever.name] = np.clip(calendar[lever.name], lever.low, lever.high) + 0.0
    for _ in range(draw(st.integers(0, 6))):
        row = calendar[draw(st.integers(0, months - 1))]
        kind = draw(st.sampled_from([name for name, _ in EVENT_FIELDS if name != "event_leader_type"]))
        if kind == "event_leader":
            row[kind] = draw(st.sampled_from((1, 2, 3)))
            types = [int(code) for code in codes.LeaderType if row[kind] == 3 or code != codes.LEADER_VACANT]
            row["event_leader_type"] = draw(st.sampled_from(types)) if row[kind] > 1 else 0
        elif kind == "event_signal":
            row[kind] = draw(st.sampled_from([int(code) for code in codes.Signal]))
        elif kind == "event_support":
            row[kind] = draw(st.sampled_from((1, 2)))
        elif kind == "event_upper":
            row[kind] = draw(st.sampled_from((1, 2, 3)))
        elif kind == "event_expansion":
            row[kind] = draw(st.sampled_from((1, 2, 1024)))
        elif kind == "event_pool":
            row[kind] = draw(st.one_of(st.integers(-20, 20), st.sampled_from((-1_000_000, 1_000_000))))
        else:
            row[kind] = draw(st.integers(0, posts - 1))
    return calendar


@st.composite
def parameter_records(draw: st.DrawFn) -> np.ndarray:
    """One or two members of parameters, each within its bounds, switches, and forms."""
    table = read_table()
    record = table.record()
    for name in table.parameters:
        record[name] = draw(_parameter(name))
    for name in table.switches:
        record[SWITCH_PREFIX + name] = draw(st.sampled_from((1, 1, 0)))
    for name, one in table.forms.items():
        record[FORM_PREFIX + name] = draw(st.sampled_from(range(len(one.words))))
    if not draw(st.booleans()):
        return record
    second = record.copy()
    for name in draw(st.lists(st.sampled_from(list(table.parameters)), max_size=10)):
        second[name] = draw(_parameter(name))
    for name, one in table.forms.items():
        second[FORM_PREFIX + name] = draw(st.sampled_from(range(len(one.words))))
    return np.concatenate([record, second])


@st.composite
def plans(draw: st.DrawFn, *, months_max: int = MONTHS_MAX) -> DrawnPlan:
    """A whole plan."""
    months = draw(st.integers(1, months_max))
    sizes = draw(st.lists(st.integers(1, POSTS_MAX), min_size=1, max_size=SERVICES_MAX))
    count = len(sizes)
    keys = draw(
        st.lists(
            st.one_of(st.sampled_from((0, 2**32 - 1)), st.integers(0, 2**32 - 1)), min_size=count, max_size=count, unique=True
        )
    )
    several = draw(st.integers(1, count))
    starts = np.zeros(count, SERVICE_START)
    for index, row in enumerate(starts):
        for name in SERVICE_START.names or ():
            if name not in ELSEWHERE:
                row[name] = draw(_service_field(name))
        row["key"] = keys[index]
        row["posts"] = sizes[index]
        row["calendar"] = index % several
    starts["reserve"] = draw(st.lists(st.sampled_from((0, 0, 1, 3)), min_size=count, max_size=count))
    rooms = room_of(starts)
    starts["first_post"] = np.cumsum(rooms) - rooms
    posts = np.zeros(rooms.sum(), POST_START)
    for row in posts:
        for name in POST_START.names or ():
            row[name] = draw(_post_field(name))
    dated = np.stack([draw(calendars(months, min(sizes))) for _ in range(several)])
    names = tuple(f"S{i}" for i in range(count))
    return DrawnPlan(months, starts, posts, dated, draw(parameter_records()), names, tuple(f"p{i}" for i in range(len(posts))))


SEEDS = st.one_of(st.sampled_from((0, 2**64 - 1)), st.integers(0, 2**64 - 1))
REPLICATES = st.one_of(st.integers(0, 3), st.just(2**32 - 1))


def reached(plan: Plan) -> Counter[str]:
    """What of all that a plan can say this one says: the strategy is shown to reach everything by adding these up."""
    seen: Counter[str] = Counter()
    for name, one in read_table().parameters.items():
        value = plan.parameters[name][0]
        seen[f"{name} low"] += int(value == one.low)
        seen[f"{name} high"] += int(value == one.high)
        seen[f"{name} between"] += int(one.low < value < one.high and value != one.value)
    for name in read_table().switches:
        seen[f"{name} off"] += int(plan.parameters[SWITCH_PREFIX + name][0] == 0)
        seen[f"{name} on"] += int(plan.parameters[SWITCH_PREFIX + name][0] == 1)
    for name, one in read_table().forms.items():
        for code, word in enumerate(one.words):
            seen[f"{name} {word}"] += int(plan.parameters[FORM_PREFIX + name][0] == code)
    for lever in LEVERS:
        dose = plan.calendars[lever.name]
        seen[f"{lever.name} highest"] += int((dose == lever.high).any())
        seen[f"{lever.name} least"] += int(lever.low == 0 or (dose == lever.low).any())
        seen[f"{lever.name} between"] += int(((dose > lever.low) & (dose < lever.high) & (dose != 0)).any())
    seen.update(_events_reached(plan))
    for name in ("format", *CODES):
        seen.update(f"{name} {value}" for value in plan.services[name])
    for name in SERVICE_START.names or ():
        if name not in ELSEWHERE and name not in CODES:
            low, _ = bounds_of(ServiceFields, name)
            seen[f"start {name} low"] += int((plan.services[name] == low).any())
            seen[f"start {name} above"] += int((plan.services[name] > low).any())
    for name in DRAWN_FIELDS:
        seen[f"post {name} drawn"] += int(np.isnan(plan.posts[name]).any())
        seen[f"post {name} given"] += int((~np.isnan(plan.posts[name])).any())
    for name in ("dilemma_free", "champion"):
        seen[f"post {name}"] += int((plan.posts[name] == 1).any())
    seen[f"{len(plan.services)} services"] += 1
    seen.update(f"{posts} posts" for posts in plan.services["posts"])
    seen["one service with one practitioner"] += int(len(plan.posts) == 1)
    seen["horizon 1"] += int(plan.months == 1)
    seen["a horizon of more than 20"] += int(plan.months > 20)
    seen["two members"] += int(len(plan.parameters) == 2)
    return seen


def _events_reached(plan: Plan) -> Counter[str]:
    seen: Counter[str] = Counter()
    for name, wanted in (
        ("event_leader", (1, 2, 3)),
        ("event_signal", range(4)),
        ("event_support", (1, 2)),
        ("event_upper", (1, 2, 3)),
    ):
        for value in wanted:
            seen[f"{name} {value}"] += int((plan.calendars[name] == value).any())
    dated = plan.calendars["event_leader"] > 1
    for code in codes.LeaderType:
        seen[f"leader type {code.name} by event"] += int((plan.calendars["event_leader_type"][dated] == code).any())
    seen["posts added by event"] += int((plan.calendars["event_expansion"] > 0).any())
    seen["reserve posts"] += int((plan.services["reserve"] > 0).any())
    seen["no reserve posts"] += int((plan.services["reserve"] == 0).any())
    seen["patients added"] += int((plan.calendars["event_pool"] > 0).any())
    seen["patients taken away"] += int((plan.calendars["event_pool"] < 0).any())
    seen["a practitioner leaves by event"] += int((plan.calendars["event_post_leaves"] >= 0).any())
    return seen


WIDELY = settings(
    max_examples=so_many(50, 150),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""How widely a property is tried over drawn plans; the same plans every time."""
