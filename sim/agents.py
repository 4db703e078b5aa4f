"""The agents of the Mesa model: what they carry comes from the field table, what they do from the month functions.

Each method is one stage of ``sim.order.ORDER``; it calls the very function that the compiled engine runs, with the
agent itself as the record. Subclass an agent and override a stage to try another behaviour; the compiled engine does not
follow such a change, and ``tests/sim/test_twins.py`` shows how the two are compared.
"""

from enum import IntEnum
from typing import Any, Final

import mesa

from sim.codes import IN_COURSE, RECRUITED, STOPPED, WAITING, LeaderType, PractitionerStatus, ServiceState, SlotState
from sim.months.continuing import service_takes_stock
from sim.months.deciding import practitioner_decides, worth_it
from sim.months.delivering import (
    patient_month,
    practitioner_counts_patients,
    practitioner_hears_of_end,
    recruited_month,
    service_counts_ended,
    service_gives_sessions,
)
from sim.months.joining import person_enters, post_filled
from sim.months.leaders import leader_arrives
from sim.months.leading import leader_leads
from sim.months.learning import practitioner_feels, practitioner_learns, service_within
from sim.months.leaving import leader_leaves, practitioner_leaves, service_hands_over, successor_trained
from sim.months.observing import practitioner_observed, service_observed
from sim.months.prioritising import practitioner_perceives, practitioner_prioritises
from sim.months.receiving import practitioner_believes, practitioner_sees, region_adds, region_month, service_pools
from sim.months.world import (
    patient_asked,
    service_allocates,
    service_arranges_roles,
    service_counts_asked,
    service_outside_world,
)
from sim.state import FIELDS, start_value

_STARTS: Final = {entity: tuple((field.name, start_value(field)) for field in fields) for entity, fields in FIELDS.items()}


def set_start(one: object, entity: str) -> None:
    """Give an object the fields of an entity at their start values; array fields become lists of its own."""
    for name, value in _STARTS[entity]:
        setattr(one, name, list(value) if isinstance(value, list) else value)


def _name(enum: type[IntEnum], code: int) -> str:
    """Word of a code."""
    return enum(code).name.lower()


class Region:
    """The region's register of outcome figures: read a month after it is written."""

    def __init__(self) -> None:
        set_start(self, "region")

    def region_month(self) -> None:
        """Turn the register's page."""
        region_month(self)


class Service(mesa.Agent):
    """A service organisation with its leader, its practitioner posts and their patient slots.

    Attributes are those of ``sim.state.SERVICE``; beside them ``leader``, ``practitioners`` (by post) and ``patients``
    (by post and slot), and ``start``, the service's start in the plan.
    """

    def __init__(self, model: Any, start: Any) -> None:
        super().__init__(model)
        set_start(self, "service")
        self.start = start
        self.leader: Leader
        self.practitioners: list[Practitioner] = []
        self.patients: list[Patient] = []
        self.worth = 0.0
        self.draws: Any = None
        self.post_draws: list[Any] = []
        self.decision_draws: Any = None

    @property
    def name(self) -> str:
        """Name in the scenario."""
        model: Any = self.model
        return str(model.plan.service_names[self.index])

    def __repr__(self) -> str:
        return f"<Service {self.name}: {_name(ServiceState, self.state)}, month {self.model.month}>"

    def service_outside_world(self) -> None:
        """Look the month's draws up, then let the outside world act."""
        model: Any = self.model
        word = model.month + 1
        self.draws = model.tape.draws("service", self.start.key, 0, 0, word)
        self.leader.draws = model.tape.draws("leader", self.start.key, 0, 0, word)
        self.post_draws = [model.tape.draws("practitioner", self.start.key, i, 0, word) for i in range(len(self.practitioners))]
        for one, draws in zip(self.practitioners, self.post_draws, strict=True):
            one.draws = draws
        service_outside_world(self, model.p, self.policy, model.month, self.start, self.draws)

    @property
    def policy(self) -> Any:
        """The calendar's month for this service."""
        model: Any = self.model
        return model.calendars[self.start.calendar][model.month]

    def service_takes_stock(self) -> None:
        """See who carries the practice and can teach it; decide about it."""
        model: Any = self.model
        if model.p.switch_service_decides == 1:
            self.decision_draws = model.tape.draws("decision", self.start.key, 0, 0, model.month + 1)
        service_takes_stock(self, self.leader, self.practitioners, model.p, model.month, self.decision_draws)

    def service_allocates(self) -> None:
        """Share the eligible patients among those who ask."""
        service_allocates(self, self.practitioners, self.patients, self.post_draws)

    def service_counts_asked(self) -> None:
        """Count those asked and those who refused."""
        service_counts_asked(self, self.practitioners, self.patients)

    def service_arranges_roles(self) -> None:
        """Decide who leads and who co-leads."""
        service_arranges_roles(self, self.practitioners)

    def service_gives_sessions(self) -> None:
        """Give the month's sessions."""
        service_gives_sessions(self, self.practitioners, self.model.p, self.post_draws)

    def service_counts_ended(self) -> None:
        """Count the courses that ended."""
        service_counts_ended(self, self.practitioners, self.patients, self.model.p)

    def service_pools(self) -> None:
        """Sum what was seen over colleagues."""
        service_pools(self, self.practitioners)

    def service_within(self) -> None:
        """Sum up what colleagues notice; then what a course is worth here, for the decisions that follow."""
        service_within(self, self.practitioners, self.model.p)
        self.worth = worth_it(self, self.model.p)

    def service_observed(self) -> None:
        """Classify the service by behaviour."""
        service_observed(self, self.practitioners, self.model.p, self.model.month)

    def service_hands_over(self) -> None:
        """Hand patients over, or lose them."""
        service_hands_over(self, self.practitioners, self.patients, self.model.p, self.post_draws)

    def region_adds(self) -> None:
        """Report to the regional register."""
        region_adds(self.model.region, self)


class Leader(mesa.Agent):
    """The holder of a service's leader post; attributes are those of ``sim.state.LEADER``."""

    def __init__(self, model: Any, service: Service) -> None:
        super().__init__(model)
        set_start(self, "leader")
        self.service = service
        self.draws: Any = None

    def __repr__(self) -> str:
        return f"<Leader of service {self.service.name}: {_name(LeaderType, self.type)}, month {self.model.month}>"

    def leader_arrives(self) -> None:
        """Leader events, and the filling of a vacant post."""
        leader_arrives(self, self.service, self.model.p, self.service.policy, self.draws)

    def leader_leads(self) -> None:
        """Raise the practice or not, with what follows through each channel."""
        leader_leads(self, self.service, self.model.p, self.service.policy)

    def leader_leaves(self) -> None:
        """Leave, perhaps."""
        leader_leaves(self, self.service, self.model.p, self.draws)


class Practitioner(mesa.Agent):
    """The holder of a practitioner post; attributes are those of ``sim.state.PRACTITIONER``."""

    def __init__(self, model: Any, service: Service) -> None:
        super().__init__(model)
        set_start(self, "practitioner")
        self.service = service
        self.draws: Any = None
        self.parts_draws: Any = None

    def __repr__(self) -> str:
        status = _name(PractitionerStatus, self.status)
        return f"<Practitioner of service {self.service.name}, post {self.post}: {status}, month {self.model.month}>"

    def post_filled(self) -> None:
        """Fill the post if it is vacant and somebody comes."""
        if post_filled(self, self.service, self.model.p, self.draws):
            model: Any = self.model
            person = model.tape.draws("person", self.service.start.key, self.post, 0, model.month + 1)
            person_enters(self, self.service, model.p, person)

    def practitioner_perceives(self) -> None:
        """Perceive leader engagement, autonomy support and expectation."""
        practitioner_perceives(self, self.service, self.service.leader, self.model.p)

    def practitioner_prioritises(self) -> None:
        """Give hours to the practice or to other duties; begin courses."""
        service = self.service
        practitioner_prioritises(self, service, service.patients, self.model.p, service.policy, self.draws)

    def practitioner_counts_patients(self) -> None:
        """Clear the slots of patients whose course ended."""
        practitioner_counts_patients(self, self.service, self.service.patients, self.model.p)

    def practitioner_hears_of_end(self) -> None:
        """Hear that a co-led group ended."""
        practitioner_hears_of_end(self, self.service.practitioners)

    def practitioner_sees(self) -> None:
        """See the patients' progress."""
        practitioner_sees(self, self.service, self.service.patients, self.model.p)

    def practitioner_believes(self) -> None:
        """Update the belief that the practice helps."""
        practitioner_believes(self, self.service, self.model.region, self.model.p)

    def practitioner_learns(self) -> None:
        """Gain or lose competence and fidelity."""
        practitioner_learns(self, self.service, self.model.p)

    def practitioner_feels(self) -> None:
        """Become uncertain, frustrated, exhausted, committed."""
        practitioner_feels(self, self.service, self.model.p)

    def practitioner_decides(self) -> None:
        """Decide about the practice."""
        service, model = self.service, self.model
        if model.p.switch_parts_last == 1 and WAITING <= self.status <= STOPPED:  # nobody else reads it
            self.parts_draws = model.tape.draws("parts", service.start.key, self.post, 0, model.month + 1)
        practitioner_decides(self, service, model.p, service.worth, model.month, self.draws, self.parts_draws)

    def practitioner_observed(self) -> None:
        """Have the month's behaviour written down."""
        practitioner_observed(self, self.service, self.model.p, self.service.worth, self.model.month)

    def practitioner_leaves(self) -> None:
        """Leave, perhaps."""
        practitioner_leaves(self, self.model.p, self.service.policy, self.draws)

    def successor_trained(self) -> None:
        """Be trained, if an untrained successor."""
        successor_trained(self, self.service, self.model.p, self.draws)


class Patient(mesa.Agent):
    """The holder of a patient slot; attributes are those of ``sim.state.PATIENT``."""

    def __init__(self, model: Any, service: Service, practitioner: Practitioner) -> None:
        super().__init__(model)
        set_start(self, "patient")
        self.service = service
        self.practitioner = practitioner

    def __repr__(self) -> str:
        where = f"service {self.service.name}, post {self.post}, slot {self.slot}"
        return f"<Patient of {where}: {_name(SlotState, self.state)}, month {self.model.month}>"

    def _draws(self, name: str) -> Any:
        model: Any = self.model
        return model.tape.draws(name, self.service.start.key, self.post, self.slot, model.month + 1)

    def patient_asked(self) -> None:
        """Accept or refuse, when asked."""
        if self.asked == 1:
            service = self.service
            patient_asked(self, self.practitioner, service, self.model.p, self._draws("intake"))

    def patient_month(self) -> None:
        """Spend a month in a course."""
        if self.state == IN_COURSE:
            patient_month(self, self.practitioner, self.service, self.model.p, self._draws("patient"))

    def recruited_month(self) -> None:
        """Spend a month waiting for a course."""
        if self.state == RECRUITED:
            recruited_month(self, self.practitioner, self.model.p, self._draws("recruited"))
