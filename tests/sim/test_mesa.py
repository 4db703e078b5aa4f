"""The Mesa model in Mesa's own ways: keyword scalars, data collector, agents that can be looked at and subclassed."""

from typing import Any

import mesa
import numpy as np
import pytest

import sim
from sim.agents import Leader, Patient, Practitioner, Service
from sim.codes import FULL_USE, LeaderType, PractitionerStatus, ServiceState
from sim.engine import trace
from sim.ensembles import read_ensemble
from sim.model import PracticeModel, plain
from sim.parameters import record
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput
from sim.state import SLOTS
from tests.plans import plain_plan, shipped

pytestmark = pytest.mark.portable


def test_model_is_built_from_keyword_scalars() -> None:
    model = PracticeModel(case="all-active", replicate=3)
    assert isinstance(model, mesa.Model)
    assert len(model.services) == 9
    assert model.tape.replicate == 3
    assert model.tape.seed == shipped("all-active")[1]
    assert model.month == 0
    assert model.running


def test_agents_are_mesa_agents_that_know_each_other() -> None:
    model = PracticeModel()
    posts = len(model.practitioners)
    assert len(model.agents) == 2 * 9 + posts + posts * SLOTS
    assert [len(model.agents_by_type[kind]) for kind in (Service, Leader, Practitioner, Patient)] == [9, 9, posts, posts * SLOTS]
    for service in model.services:
        assert service.leader.service is service
        room = range(len(service.practitioners))  # posts, and behind them those held in reserve
        assert [one.post for one in service.practitioners] == list(room)
        assert [one.reserve for one in service.practitioners] == [int(post >= service.posts) for post in room]
        assert all(one.service is service for one in service.practitioners)
        assert [(one.post, one.slot) for one in service.patients] == [(i, k) for i in room for k in range(SLOTS)]
        assert all(one.practitioner is service.practitioners[one.post] for one in service.patients)


def test_data_collector_has_a_row_a_month_and_the_start() -> None:
    model = PracticeModel(replicate=1)
    for _ in range(15):
        model.step()
    table = model.datacollector.get_model_vars_dataframe()
    assert len(table) == 16
    assert set(table.columns) == {*(state.name.lower() for state in ServiceState), "fidelity"}
    states = [service.state for service in model.services]
    last = table.iloc[-1]
    assert [last[state.name.lower()] for state in ServiceState] == [states.count(state) for state in ServiceState]
    assert (table.drop(columns="fidelity").sum(axis=1) == len(states)).all()
    scores = [service.fidelity for service in model.services if service.fidelity > 0]
    assert last["fidelity"] == sum(scores) / len(scores)
    assert table["fidelity"].isna().iloc[0]


def test_a_data_collector_of_ones_own() -> None:
    model = PracticeModel.from_plan(plain_plan((2,), months=4), seed=1)
    collector = mesa.DataCollector(
        model_reporters={"month": "month"}, agenttype_reporters={Practitioner: {"status": "status", "commitment": "commitment"}}
    )
    for _ in range(4):
        model.step()
        collector.collect(model)
    agents = collector.get_agenttype_vars_dataframe(Practitioner)
    assert len(agents) == 4 * 2
    assert agents["commitment"].between(0, 1).all()


def test_the_horizon_ends_the_run_and_later_steps_do_nothing() -> None:
    model = PracticeModel.from_plan(plain_plan((1,), months=2), seed=1)
    model.step()
    assert model.running
    model.step()
    assert not model.running
    commitment = model.practitioners[0].commitment
    model.step()
    assert (model.month, model.running, model.practitioners[0].commitment) == (2, False, commitment)


class Faithful(Practitioner):
    """Never decides to drop the practice."""

    def practitioner_decides(self) -> None:
        """Go on."""


class Absent(Leader):
    """Raises nothing."""

    def leader_raises(self) -> None:
        """Look away."""


class Eager(Patient):
    """Is always there."""


class Large(Service):
    """Is like any other."""


class FaithfulModel(PracticeModel):
    """A model of faithful practitioners."""

    practitioner_class = Faithful


def statuses(model: PracticeModel, months: int = 40) -> set[int]:
    for _ in range(months):
        model.step()
    return {one.status for one in model.practitioners if not one.reserve}  # reserve posts stand empty


def test_an_agent_can_be_subclassed() -> None:
    kept: dict[str, Any] = {"replicate": 1, "parameters": {"switch.turnover": "off"}}
    assert statuses(PracticeModel(**kept, practitioner_class=Faithful)) == {FULL_USE}
    assert statuses(FaithfulModel(**kept)) == {FULL_USE}
    assert statuses(PracticeModel(**kept)) != {FULL_USE}  # the control
    plan = plain_plan((4,), months=40, off=("turnover",))
    assert statuses(PracticeModel.from_plan(plan, seed=1, practitioner_class=Faithful)) == {FULL_USE}
    assert statuses(FaithfulModel.from_plan(plan, seed=1)) == {FULL_USE}
    assert statuses(PracticeModel.from_plan(plan, seed=1)) != {FULL_USE}


def test_every_class_of_agents_can_be_given() -> None:
    model = PracticeModel(leader_class=Absent, patient_class=Eager, service_class=Large, practitioner_class=Faithful)
    model.step()
    kinds = (model.leaders, model.patients, model.services, model.practitioners)
    assert [{type(one) for one in kind} for kind in kinds] == [{Absent}, {Eager}, {Large}, {Faithful}]


@pytest.mark.parametrize("given", [{"leader_class": Practitioner}, {"patient_class": "Patient"}, {"region_class": Service}])
def test_what_is_no_class_of_agents_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(given))):
        PracticeModel.from_plan(plain_plan((1,), months=1), **given)


@pytest.mark.engine
@pytest.mark.parametrize("ensemble", ["plausible", None])
def test_a_replicate_is_that_of_a_run(ensemble: str | None) -> None:
    settings = {"chance_leaves": 0.02, "services.A.leader": "active"}
    rows = sim.run("nine-services", replicates=4, months=20, settings=settings, ensemble=ensemble).services_monthly
    model = PracticeModel(replicate=3, ensemble=ensemble, parameters=settings)
    sessions: list[list[int]] = []
    model.sink = lambda one: sessions.append([service.sessions for service in one.services])
    for _ in range(20):
        model.step()
    mine = rows[rows["replicate"] == 3].pivot(index="month", columns="service", values="sessions")
    assert sessions == mine.to_numpy().tolist()
    other = PracticeModel(replicate=3, ensemble=None if ensemble else "plausible", parameters=settings)
    assert other.p != model.p  # the control


def test_a_member_of_the_ensemble_can_be_named() -> None:
    shipped_ones = read_ensemble()
    for member in (0, 7):
        p = PracticeModel(replicate=5, member=member, parameters={"chance_leaves": 0.02}).p
        expected = dict(zip(shipped_ones.parameters, shipped_ones.values[member].tolist(), strict=True)) | {"chance_leaves": 0.02}
        assert {name: getattr(p, name) for name in expected} == expected
    small = Ensemble("two", ("autonomy_mean",), np.array([[0.5], [0.6]]), np.ones(2), "")
    assert PracticeModel(ensemble=small, member=1).p.autonomy_mean == 0.6


def test_every_problem_of_a_model_is_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        PracticeModel(case="nine-servces", replicate=-1, member=652)
    assert len(caught.value.problems) == 3
    for given in ({"member": -1}, {"member": 1.0}, {"member": True}, {"ensemble": None, "member": 0}):
        with pytest.raises(BadInput, match="member"):
            PracticeModel(**given)  # type: ignore[arg-type]


def test_the_same_model_as_the_engine_runs() -> None:
    plan, seed = shipped("nine-services")
    model = PracticeModel(case="nine-services", replicate=2, ensemble=None)
    months: list[list[int]] = []
    model.sink = lambda one: months.append([service.state for service in one.services])
    for _ in range(20):
        model.step()
    rows = trace(plan, seed=seed, replicate=2)[0].rows[0]
    assert months == rows["state"][:, :20].T.tolist()


def test_records_become_plain_numbers() -> None:
    row = plain(plain_plan((1,), months=1).services[0])
    assert type(row.pool) is int
    assert type(row.inflow) is float
    assert type(plain(record()[0]).rate_commitment) is float
    with pytest.raises(TypeError, match="structured"):
        plain(plain_plan((1,), months=1).services["pool"])


def test_unknown_case_is_refused() -> None:
    with pytest.raises(BadInput, match="nine-servces"):
        PracticeModel(case="nine-servces")


def test_agents_say_who_they_are() -> None:
    model = PracticeModel()
    model.step()
    assert repr(model.services[1]) == "<Service B: not_yet_started, month 1>"
    assert repr(model.leaders[1]) == f"<Leader of service B: {LeaderType(model.leaders[1].type).name.lower()}, month 1>"
    one = model.services[2].practitioners[0]
    assert repr(one) == f"<Practitioner of service C, post 0: {PractitionerStatus(one.status).name.lower()}, month 1>"
    slot = model.services[2].patients[1]
    assert repr(slot).startswith("<Patient of service C, post 0, slot 1: ")


@pytest.mark.parametrize("replicate", [-1, 2**32, 1.5, "1", True, None])
def test_a_replicate_that_cannot_be_is_refused(replicate: object) -> None:
    with pytest.raises(BadInput) as caught:
        PracticeModel(replicate=replicate)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert problem.where == "replicate"
    assert problem.allowed
    assert problem.hint
