"""Nobody appears from nowhere and nobody vanishes: patients and posts are counted in every service and month."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from sim.codes import IN_COURSE, POST_VACANT, RECRUITED, UNTRAINED, PractitionerStatus
from sim.engine import Batch, Trace, trace
from sim.plan import Plan, room_of
from sim.state import SLOTS
from tests.plans import GROUP, INDIVIDUAL, plain_plan, shipped
from tests.strategies import REPLICATES, SEEDS, WIDELY, plans

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

IN_ROWS = ("state", "pool", "sessions", "fidelity", "started", "completed", "dropped_out", "lost", "helped", "leavers", "climate")


def of_service(plan: Plan, states: Trace, s: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State of a service, its posts (months, posts) and its slots (months, posts, slots)."""
    first = int(plan.services["first_post"][s])
    last = first + int(room_of(plan.services)[s])  # reserve posts follow the established ones
    slots = states.patients[:, first * SLOTS : last * SLOTS].reshape(plan.months, last - first, SLOTS)
    return states.services[:, s], states.practitioners[:, first:last], slots


def imbalances(plan: Plan, batch: Batch, states: Trace) -> list[str]:
    """Laws of bookkeeping that a run breaks."""
    found = []
    for s in range(len(plan.services)):
        service, posts, slots = of_service(plan, states, s)
        recruited = (slots["state"] == RECRUITED).sum(axis=(1, 2))
        running = (slots["state"] == IN_COURSE).sum(axis=(1, 2))
        ended = service["completed"] + service["dropped_out"] + service["lost"]
        accepted = service["asked"] - service["refused"]
        row = batch.rows[0, s]
        laws = {
            "everybody who became eligible is somewhere": service["pool_added"]
            == service["pool"] + service["resting"].sum(axis=1) + recruited + running + ended,
            "who accepted waits, began or withdrew": accepted == recruited + service["started"] + service["withdrew"],
            "who began is in a course or it ended": service["started"] == running + ended,
            "asked this month": np.diff(service["asked"], prepend=0) == (slots["asked"] == 1).sum(axis=(1, 2)),
            "refused this month": np.diff(service["refused"], prepend=0) == service["resting"][:, 0],
            "posts count their patients in courses": (posts["course_patients"] == (slots["state"] == IN_COURSE).sum(axis=2)).all(
                1
            ),
            "posts count their recruits": (posts["recruited_patients"] == (slots["state"] == RECRUITED).sum(axis=2)).all(1),
            "posts' starts are the service's": posts["started"].sum(axis=1) == service["started"],
            "established posts stay": service["established"] == plan.services["posts"][s],
            "posts are added from the reserve, and stay": (np.diff(service["posts"], prepend=plan.services["posts"][s]) >= 0)
            & (service["posts"] <= room_of(plan.services)[s]),
            "a status for every post": sum(row[name] for name in STATUS_COLUMNS) == plan.services["posts"][s],
            "trained posts": row["trained"] == (posts["status"][:, : plan.services["posts"][s]] < POST_VACANT).sum(axis=1),
            "patients of the row": row["course_patients"] == running,
            "the row is the service": np.all([row[name] == service[name] for name in IN_ROWS], axis=0),
            "attendance": (slots["sessions_attended"] <= slots["sessions_offered"]).all(axis=(1, 2)),
            "half attended and helped are of those whose course ended": (service["attended_half"] <= ended)
            & (service["helped"] <= ended),
            "one holder after another": (np.diff(posts["person"], axis=0, prepend=0) >= 0).all(axis=1)
            & (np.diff(posts["person"], axis=0, prepend=0) <= 1).all(axis=1),
            "nobody holds a vacant post's hours": (posts["hours_given"][posts["status"] >= POST_VACANT] == 0).all(),
        }
        laws |= {f"{name} only grows": np.diff(service[name], prepend=0) >= 0 for name in GROWING}
        found += [
            f"service {s}, month {int(np.argmin(np.atleast_1d(holds)))}: {law}"
            for law, holds in laws.items()
            if not np.all(holds)
        ]
    return found


STATUS_COLUMNS = [
    {"VACANT": "vacant", "UNTRAINED": "untrained"}.get(status.name, status.name.lower()) for status in PractitionerStatus
]
GROWING = (
    "asked",
    "refused",
    "started",
    "completed",
    "dropped_out",
    "lost",
    "withdrew",
    "helped",
    "attended_half",
    "leavers",
    "successors_trained",
    "leader_changes",
    "false_rejections",
    "true_rejections",
    "false_continuations",
    "hours_leader",
    "hours_practitioner",
    "hours_supervision",
    "hours_monitoring",
    "hours_covered",
    "hours_training",
)


@WIDELY
@given(plan=plans(months_max=80), seed=SEEDS, replicate=REPLICATES)
def test_books_balance_in_plans_of_all_kinds(plan: Plan, seed: int, replicate: int) -> None:
    assert not imbalances(plan, *trace(plan, seed=seed, replicate=replicate))


@pytest.mark.parametrize("name", ["nine-services", "high-turnover", "active-leader-leaves"])
def test_books_balance_in_shipped_scenarios(name: str) -> None:
    plan, seed = shipped(name)
    for replicate in range(20):
        batch, states = trace(plan, seed=seed, replicate=replicate)
        assert not imbalances(plan, batch, states)
        assert (batch.rows["started"][0, :, -1] > 0).any()


def test_a_patient_who_vanishes_is_caught() -> None:
    plan, seed = shipped("nine-services")
    batch, states = trace(plan, seed=seed, replicate=0)
    for field in ("pool", "lost", "withdrew", "started", "refused", "completed", "leavers"):
        services = states.services.copy()
        services[field][40:, 2] -= 1
        assert imbalances(plan, batch, states._replace(services=services)), field
    patients = states.patients.copy()
    where = np.argwhere(patients["state"] == IN_COURSE)[5]
    patients["state"][tuple(where)] = 0
    assert len(imbalances(plan, batch, states._replace(patients=patients))) >= 3


def test_who_leaves_is_gone_and_who_comes_is_new() -> None:
    plan = plain_plan((6, 6), months=84, parameters={"chance_leaves": 0.06}, service={"format": INDIVIDUAL})
    turnovers = 0
    for replicate in range(10):
        states = trace(plan, seed=1, replicate=replicate)[1]
        status, person = states.practitioners["status"], states.practitioners["person"]
        came = np.diff(person, axis=0) == 1
        turnovers += int(came.sum())
        # only somebody new is untrained from one month to the next after a vacancy, or within a month of leaving
        assert (status[1:][came] == UNTRAINED).all()
        slant = states.practitioners["leader_view"]
        assert (slant[1:][came] != slant[:-1][came]).all()
        assert (slant[1:][~came] == slant[:-1][~came]).all()
        left = states.services["leavers"][-1].sum()
        vacant = (status[-1] == POST_VACANT).sum()
        assert left == person[-1].sum() + vacant
    assert turnovers > 100


@pytest.mark.parametrize("kind", [GROUP, INDIVIDUAL])
def test_handed_over_patients_are_neither_lost_nor_doubled(kind: int) -> None:
    plan = plain_plan((6,), months=84, parameters={"chance_leaves": 0.06, "chance_handed_over": 1.0}, service={"format": kind})
    calendar = plan.calendars.copy()
    calendar["event_pool"][:, 3::4] = 6
    plan = replace(plan, calendars=calendar)
    handed = 0
    for replicate in range(10):
        batch, states = trace(plan, seed=1, replicate=replicate)
        assert not imbalances(plan, batch, states)
        state = states.patients["state"]
        handed += int(((state[:-1] == 0) & (state[1:] == IN_COURSE)).sum())
    assert handed > 0
