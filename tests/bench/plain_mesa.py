"""The reference that the engines are measured against: the model as somebody who knows Mesa well would write it.

The agents and month functions are those of the model itself. What differs is all that the engines add: draws are made with
Mesa's own ``random.Random`` when an agent needs them, every stage is ``AgentSet.shuffle_do``, and a ``DataCollector`` with
four model reporters collects each month. Nothing is slower than it has to be: draws are made in one go, agents hold their
service and model, sets of agents are looked up once.
"""

from random import Random
from typing import Any

import mesa

from sim.addresses import draws_class, fields_of
from sim.agents import Leader, Patient, Practitioner, Region, Service
from sim.codes import IN_COURSE, POST_VACANT, SUSTAINED
from sim.model import plain
from sim.months.beginning import patient_begins, practitioner_begins, service_begins
from sim.order import ORDER
from sim.parameters import as_tuple
from sim.plan import Plan
from sim.state import SLOTS
from sim.streams import STREAM_SETS


class DrawnAtTheCall:
    """Takes the place of the tape: fresh numbers whenever somebody asks, whatever the address."""

    def __init__(self, random: Random) -> None:
        self.random = random.random
        self.makes = {name: (draws_class(name)._make, range(len(fields_of(name)))) for name in STREAM_SETS}

    def draws(self, name: str, *_address: int) -> Any:
        make, count = self.makes[name]
        random = self.random
        return make([random() for _ in count])


class PlainModel(mesa.Model):
    """The region, on nothing but Mesa."""

    def __init__(self, plan: Plan, seed: int) -> None:
        super().__init__(rng=seed)
        self.tape = DrawnAtTheCall(self.random)
        self.month = 0
        self.p = as_tuple(plan.parameters[0])
        self.calendars = [[plain(month) for month in calendar] for calendar in plan.calendars]
        self.region = Region()
        self.services = []
        for index, row in enumerate(plan.services):
            self.add_service(plan, plain(row), index)
        sets = {name: self.agents_by_type[one] for name, one in AGENTS.items()}
        self.stages = [(sets.get(stage.entity), stage.function) for stage in ORDER]
        self.practitioners = list(sets["practitioner"])
        self.patients = list(sets["patient"])
        self.datacollector = collector()

    def add_service(self, plan: Plan, start: Any, index: int) -> None:
        service = Service(self, start)
        service.leader = leader = Leader(self, service)
        service_begins(service, leader, start, index, self.p, self.tape.draws("service_start"))
        for post in range(start.posts):
            one = Practitioner(self, service)
            begun = plain(plan.posts[start.first_post + post])
            practitioner_begins(one, service, begun, post, self.p, start.evaluation_fatigue, self.tape.draws("person"))
            service.practitioners.append(one)
            for slot in range(SLOTS):
                patient = Patient(self, service, one)
                patient_begins(patient, post, slot)
                service.patients.append(patient)
        self.services.append(service)

    def step(self) -> None:
        for agents, function in self.stages:
            if agents is None:
                self.region.region_month()
            else:
                agents.shuffle_do(function)
        self.month += 1
        self.datacollector.collect(self)


AGENTS = {"service": Service, "leader": Leader, "practitioner": Practitioner, "patient": Patient}


def collector() -> mesa.DataCollector:
    """Four reporters, of any model that has services, practitioners and patients."""
    return mesa.DataCollector(
        model_reporters={
            "sustained": lambda model: sum(one.state == SUSTAINED for one in model.services),
            "fidelity": lambda model: sum(one.fidelity for one in model.services) / len(model.services),
            "commitment": commitment,
            "patients": lambda model: sum(one.state == IN_COURSE for one in model.patients),
        }
    )


def commitment(model: Any) -> float:
    held = [one.commitment for one in model.practitioners if one.status != POST_VACANT]
    return sum(held) / len(held) if held else 0.0


def run_plain(plan: Plan, seed: int) -> PlainModel:
    model = PlainModel(plan, seed)
    for _ in range(plan.months):
        model.step()
    return model
