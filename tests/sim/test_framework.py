"""Implementation drivers, leadership and climate: right at their limits, within their bounds, and read by no rule."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.codes import LEADER_VACANT, Selection
from sim.engine import Batch, simulate, trace
from sim.measures.framework import DIMENSIONS, DRIVERS, PARTS, SCALES, VIEWS, Framework
from sim.measures.units import units_of
from sim.measures.values import values_of
from sim.parameters import read_table
from sim.plan import Plan
from sim.rules import climate, supervision_dose
from sim.state import dtype_of
from tests.plans import plain_plan, shipped

ROOM = Path(sim.__file__).parent
SEEN = {
    *(view.name for view in VIEWS),
    *(f"{prefix}_{name}" for prefix in ("leadership", "perceived") for name in DIMENSIONS),
    "acted_for",
}
"""Names of what is a view alone: fields of a state or row, and outcomes."""


def view(plan: Plan, batch: Batch, name: str) -> np.ndarray:
    return Framework(plan, batch).view(name)[0]


def region(plan: Plan, batch: Batch, name: str) -> np.ndarray:
    units = units_of(plan)
    (value,) = values_of(plan, batch, units, wanted=(name,))
    return value.floats()[:, [unit.group for unit in units].index("region")]


def run(plan: Plan, *, seed: int, replicates: int) -> Batch:
    (batch,) = simulate(plan, seed=seed, replicates=replicates, batch=replicates)
    return batch


# ------------------------------------------------------------------------------------------------------------------ limits


def full(plan: Plan, batch: Batch) -> None:
    """Everything that there could be, in every row."""
    plan.services["selection"] = Selection.JOINT_DECISION
    plan.services["briefing"] = 1.0
    plan.services["capacity_checked"] = 1
    rows = batch.rows
    rows["trained"] = plan.services["posts"][None, :, None]
    rows["protected_time"] = float(plan.parameters["hours_protected"][0])
    for name in ("support", "plan_now", "review", "monitoring_use", "backing", "documentation", "engagement"):
        rows[name] = 1.0
    for name in DIMENSIONS:
        rows[f"leadership_{name}"] = rows[f"perceived_{name}"] = 4.0
    rows["climate_actual"] = 4.0


def test_nothing_is_0_and_everything_is_1(plan, batch_of):
    batch = batch_of(plan, 2)
    batch.rows["barriers"] = np.inf
    for name in (one.name for one in (*DRIVERS, *PARTS)):
        assert (view(plan, batch, name) == 0.0).all(), name
    full(plan, batch)
    batch.rows["barriers"] = 0.0
    for one in VIEWS:
        most = 4.0 if one in SCALES else 1.0
        assert (view(plan, batch, one.name) == most).all(), one.name
        assert (region(plan, batch, one.name) == most).all(), one.name
    # control: one piece less, and the driver above it is less, by its share
    batch.rows["review"] = 0.0
    assert view(plan, batch, "driver_organisation") == pytest.approx(1.0 - 1.0 / 12.0)
    batch.rows["support"] = 0.0
    assert view(plan, batch, "driver_competency") == pytest.approx(2.0 / 3.0)


def test_who_acts_for_the_leader_leads(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.rows["acted_for"] = 0.4
    assert (view(plan, batch, "driver_leadership") == 0.4).all()
    assert (view(plan, batch, "leadership") == 0.0).all()


@pytest.mark.parametrize("part", ["support", "supervision", "protected_time", "monitoring_belief", "barriers"])
def test_a_part_moves_its_driver_the_right_way(plan, batch_of, part):
    batch = batch_of(plan, 1)
    batch.rows["fidelity_monitoring"] = 1.0
    before = {one.name: view(plan, batch, one.name) for one in DRIVERS}
    batch.rows[part] = 0.3
    mine = "driver_competency" if part == "supervision" else "driver_organisation"
    for name, value in before.items():
        change = view(plan, batch, name) - value
        if name == mine:
            assert (change < 0.0 if part == "barriers" else change > 0.0).all()
        else:
            assert (change == 0.0).all() or part == "support"  # support coaches, and its visits show fidelity


@pytest.mark.parametrize(("support", "supervision"), [(1.0, 0.0), (0.05, 0.1), (0.0, 0.3), (0.0, 0.0), (0.0, 9.0)])
def test_coaching_is_the_rule_of_supervision(plan, batch_of, support, supervision):
    batch = batch_of(plan, 1)
    batch.rows["support"], batch.rows["supervision"] = support, supervision
    values = {name: one.value for name, one in read_table().parameters.items()}
    dose = supervision_dose(
        support * values["sessions_supervision_supported"] + supervision, values["sessions_supervision_enough"]
    )
    assert view(plan, batch, "competency_coaching") == pytest.approx(dose, abs=1e-15)


def test_parameters_of_every_member_hold(plan_of, batch_of):
    plan = plan_of(names=["Only"], posts=[1], leaders=[0], months=2)
    batch = batch_of(plan, 2)
    two = np.concatenate([plan.parameters, plan.parameters])
    two["sessions_supervision_enough"] = 0.5, 0.625
    framework = Framework(replace(plan, parameters=two), batch._replace(members=np.array([0, 1])))
    batch.rows["supervision"] = 0.25
    assert framework.coaching()[:, 0, 0].tolist() == [0.5, 0.4]


# -------------------------------------------------------------------------------------------------------- simulated services


@pytest.mark.engine
def test_limits_hold_in_the_nine_services():
    plan, seed = shipped("nine-services")
    batch = run(plan, seed=seed, replicates=20)
    coaching, leading = view(plan, batch, "competency_coaching"), view(plan, batch, "driver_leadership")
    supported, vacant = batch.rows["support"] == 1.0, batch.rows["leader_type"] == LEADER_VACANT
    assert supported.any()
    assert vacant.any()
    assert (coaching[supported] == 1.0).all()
    assert (leading[vacant] == 0.0).all()
    assert (batch.rows["leadership_supportive"][vacant] == 0.0).all()
    assert (batch.rows["perceived_supportive"][vacant] == 0.0).all()
    # controls: after the support less than everything, with a leader more than nothing
    assert coaching[~supported].mean() < 0.5
    assert (leading[~vacant] > 0.0).all()
    # service C stands out by its leader, as in the study
    names = list(plan.service_names)
    first = leading[:, :, 11].mean(axis=0)
    assert names[int(first.argmax())] == "C"


@pytest.mark.engine
@pytest.mark.parametrize("name", ["nine-services", "all-active", "monitoring-believed", "vacancy-with-champion", "high-turnover"])
def test_views_keep_their_bounds(name):
    plan, seed = shipped(name)
    batch = run(plan, seed=seed, replicates=20)
    for one in VIEWS:
        values = view(plan, batch, one.name)
        most = 4.0 if one in SCALES else 1.0
        assert values.shape == batch.rows.shape
        assert (values >= 0.0).all(), one.name
        assert (values <= most).all(), one.name
    assert view(plan, batch, "driver_competency").std() > 0.01


@pytest.mark.engine
def test_without_a_slant_leadership_is_perceived_as_it_is():
    service = {"leader": 0, "pool": 30}
    straight = plain_plan((3, 2), service=service, parameters={"spread_leader_view": 0.0})
    batch = run(straight, seed=3, replicates=5)
    rated = batch.rows["trained"] > 0
    for name in DIMENSIONS:
        actual, perceived = batch.rows[f"leadership_{name}"], batch.rows[f"perceived_{name}"]
        assert perceived[rated] == pytest.approx(actual[rated])
        assert (perceived[~rated] == 0.0).all()
    # control: with a slant it differs
    slanted = run(plain_plan((3, 2), service=service), seed=3, replicates=5)
    assert (slanted.rows["perceived_proactive"] != slanted.rows["leadership_proactive"]).any()


@pytest.mark.engine
def test_actual_climate_is_of_what_is_stated_given_and_recognised():
    plan, seed = shipped("nine-services")
    batch, states = trace(plan, seed=seed, replicate=0)
    service = states.services
    full_time = float(plan.parameters["hours_protected"][0])
    recognised = np.clip(
        np.maximum.reduce([service["protected_time"] / full_time, service["documentation"], service["review"]]), 0, 1
    )
    expected = climate(service["expectation_stated"], service["autonomy_support_given"], recognised)
    np.testing.assert_allclose(batch.rows["climate_actual"][0].T, expected, rtol=1e-12)
    assert (service["climate_actual"] != service["climate"]).any()


# ------------------------------------------------------------------------------------------------------------ nothing reads


def reads(source: str, *, recorded: bool) -> Iterator[str]:
    """Views that a module reads: loads of an attribute or name, and names as text; a row is written, so it may be named.

    Parameters
    ----------
    source : str
    recorded : bool
        Whether the module writes the rows: there a service's view may be loaded to be written down under its own name.
    """
    tree = ast.parse(source)
    written = [
        node.value
        for node in ast.walk(tree)
        if recorded
        and isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Attribute)
        and [ast.unparse(target) for target in node.targets] == [f"row.{node.value.attr}"]
    ]
    for node in ast.walk(tree):
        loaded = isinstance(getattr(node, "ctx", None), ast.Load) and node not in written
        if isinstance(node, ast.Attribute) and loaded and (node.attr in SEEN or ast.unparse(node.value) == "row"):
            yield ast.unparse(node)
        elif isinstance(node, ast.Name) and loaded and node.id in SEEN:
            yield node.id
        elif isinstance(node, ast.Constant) and node.value in SEEN:
            yield repr(node.value)


def modules() -> list[Path]:
    return [ROOM / "rules.py", *sorted((ROOM / "months").glob("*.py"))]


def test_no_rule_reads_a_view():
    assert len(modules()) > 10
    found = {path.name: list(reads(path.read_text(encoding="utf-8"), recorded=path.name == "recording.py")) for path in modules()}
    assert {name: one for name, one in found.items() if one} == {}


@pytest.mark.parametrize(
    "line",
    [
        "leader.raising = 0.1 * service.climate_actual",
        "x = max(service.acted_for, 0.2)",
        "y = row.leadership_proactive",
        "y = row.fidelity",
        "z = getattr(service, 'driver_leadership')",
        "w = driver_competency + 1",
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_a_rule_that_reads_a_view_is_found(line, *, recorded):
    # the control: the same module with one line more
    source = (ROOM / "months" / ("recording.py" if recorded else "deciding.py")).read_text(encoding="utf-8")
    assert list(reads(source + "\n" + line + "\n", recorded=recorded))


def test_every_view_that_a_run_writes_is_among_them():
    fields = set(dtype_of("service_month").names or ())
    assert {name for name in fields if name.startswith(("leadership_", "perceived_"))} - SEEN == {
        "perceived_engagement",
        "leadership_received",
    }
    assert {"climate_actual", "acted_for"} <= fields


def test_names_and_meanings_are_whole():
    assert len({one.name for one in VIEWS}) == len(VIEWS) == len(DRIVERS) + len(PARTS) + len(SCALES)
    for one in VIEWS:
        assert one.unit == ("scale 0-4" if one in SCALES else "share 0-1")
        assert one.meaning
