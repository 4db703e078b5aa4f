"""Instruments of the nine services on batches made by hand: a known answer, and a control that gives another."""

from collections.abc import Callable

import numpy as np
import pytest

from experiments.patterns import later, nine
from experiments.patterns.nine import EIGHT, INSTRUMENTS, SEVEN
from experiments.patterns.seen import Seen
from sim.codes import ABANDONED, POST_VACANT, STOPPED, SUSTAINED
from tests.experiments.patterns.hand_made import blank_seen, posts, put

pytestmark = pytest.mark.portable

SCORES = dict(zip(EIGHT, (4.69, 4.77, 4.69, 4.77, 4.62, 4.62, 4.46, 4.23), strict=True))
"""Table 1 of the study."""

Setting = Callable[[Seen], None]


def scores(**control: float) -> Setting:
    """The study's scores, and others for the control."""

    def work(seen: Seen) -> None:
        for name, score in SCORES.items():
            put(seen, "fidelity", name, 12, score, control.get(name, score))

    return work


def engaged(seen: Seen) -> None:
    """Engagement that orders the services as fidelity does, and in the control the other way round."""
    scores()(seen)
    for name, score in SCORES.items():
        put(seen, "engagement", name, 12, score - 4, 5 - score)


def status(field: str, services: str, known: int, control: int) -> Setting:
    def work(seen: Seen) -> None:
        for name in "ABCDEFGHI":
            put(seen, "trained", name, 12, 4, 4)
        for name in services:
            put(seen, field, name, 12, known, control)

    return work


def of_posts(field: str, services: str, known: float, control: float, **beside: float) -> Setting:
    def work(seen: Seen) -> None:
        for name in services:
            here = posts(seen, name)
            seen.batch.ends[field][0, here] = known
            seen.batch.ends[field][1, here] = control
            for other, value in beside.items():
                seen.batch.ends[other][:, here] = value

    return work


def of_first_posts(field: str, service: str, known: tuple[float, ...], control: tuple[float, ...], **beside: float) -> Setting:
    def work(seen: Seen) -> None:
        here = posts(seen, service)
        for replicate, values in enumerate((known, control)):
            seen.batch.ends[field][replicate, here[: len(values)]] = values
        for other, value in beside.items():
            seen.batch.ends[other][:, here] = value

    return work


def monthly(field: str, service: str, known: float, control: float) -> Setting:
    return lambda seen: put(seen, field, service, 12, known, control)


def people_leave(seen: Seen) -> None:
    """One counted, one at the end of the last month; none in the control."""
    put(seen, "leavers", "B", 12, 1, 0)
    seen.batch.ends["leaving"][0, posts(seen, "D")[0]] = 1
    seen.batch.ends["status"][0, posts(seen, "D")[0]] = POST_VACANT


def waiting(seen: Seen) -> None:
    status("waiting", "AFG", 1, 1)(seen)
    put(seen, "waiting", "C", 12, 0, 2)


def improving(seen: Seen) -> None:
    """Review and outcome figures in full, a quarter of the fidelity figures used: three quarters together, or just not."""
    for field, known, control in (
        ("review", 1.0, 1.0),
        ("monitoring_use", 1.0, 1.0),
        ("fidelity_monitoring", 0.5, 0.5),
        ("monitoring_belief", 0.5, 0.49),
    ):
        put(seen, field, "B", 12, known, control)


TROUBLED = sum(n for name, n in {"A": 3, "B": 3, "D": 3, "F": 4, "G": 3, "H": 3, "I": 4}.items() if name in "AD") / 23

CASES: dict[str, tuple[Setting, float, float]] = {
    "mean_score": (scores(I=2.23), 4.60625, 4.35625),
    "spread_of_scores": (
        scores(I=4.62),
        np.std(list(SCORES.values()), ddof=1),
        np.std([*list(SCORES.values())[:-1], 4.62], ddof=1),
    ),
    "lowest_score": (scores(I=4.5), 4.23, 4.46),
    "highest_score": (scores(A=5.0), 4.77, 5.0),
    "services_at_4": (scores(I=3.99), 8.0, 7.0),
    "e_no_patients": (monthly("started", "E", 0, 1), 1.0, 0.0),
    "intend_to_continue": (status("full_use", EIGHT, 3, 2), 0.75, 0.5),
    "have_stopped": (status("stopped", EIGHT, 1, 0), 0.25, 0.0),
    "continue_in_afg": (status("waiting", "AFG", 3, 1), 0.75, 0.25),
    "waiting_in_afg": (status("waiting", "AFG", 1, 2), 0.25, 0.5),
    "waiting_afg_minus_c": (waiting, 0.25, -0.25),
    "services_with_autonomy": (of_posts("autonomy", "ABCDEFGH", 0.8, 0.4), 8.0, 0.0),
    "report_dilemmas": (of_posts("dilemma_months", "ADCE", 3, 2), TROUBLED, 0.0),
    "services_with_dilemmas": (of_first_posts("dilemma_months", "A", (3,), (2,)), 1.0, 0.0),
    "report_dilemmas_in_c": (of_first_posts("dilemma_months", "C", (5,), (5, 5)), 0.2, 0.4),
    "reception_difficult": (of_posts("belief", "ABCDEFGHI", 0.1, 0.5, seen_patients=1), 1.0, 0.0),
    "reception_difficult_in_c": (of_first_posts("belief", "C", (0, 0, 1, 1, 1), (1, 1, 1, 1, 1), seen_patients=2), 0.4, 0.0),
    "patients_per_practitioner": (monthly("started", "C", 44, 31), 44 / 31, 1.0),
    "fidelity_with_engagement": (engaged, 1.0, -1.0),
    "c_on_top": (scores(C=4.78), 0.0, 1.0),
    "lost_in_first_year": (people_leave, 2.0, 0.0),
    "services_using_monitoring": (monthly("monitoring_use", "B", 0.5, 0.49), 1.0, 0.0),
    "quality_improvement": (improving, 1.0, 0.0),
}


def test_every_instrument_has_a_case() -> None:
    assert set(CASES) == set(INSTRUMENTS)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_known_answer_and_the_control(name: str) -> None:
    setting, known, control = CASES[name]
    seen = blank_seen("nine")
    setting(seen)
    found = INSTRUMENTS[name](seen)
    assert found.shape == (2,)
    assert found == pytest.approx([known, control], abs=1e-12)
    assert known != control


def test_a_service_without_a_score_is_left_out() -> None:
    seen = blank_seen("nine")
    scores(I=0.0)(seen)
    assert nine.mean_score(seen)[1] == pytest.approx(np.mean([one for name, one in SCORES.items() if name != "I"]))
    assert nine.lowest_score(seen)[1] == 4.46
    assert nine.services_at_4(seen)[1] == 7
    nobody = blank_seen("nine")
    for name in ("mean_score", "lowest_score", "highest_score", "spread_of_scores", "fidelity_with_engagement"):
        assert np.isnan(INSTRUMENTS[name](nobody)).all()


def test_a_tie_does_not_put_c_on_top() -> None:
    seen = blank_seen("nine")
    scores(C=4.77)(seen)
    assert nine.c_on_top(seen).tolist() == [0.0, 0.0]


def test_who_has_left_or_come_later_is_not_asked_and_who_saw_nobody_has_no_difficulty() -> None:
    seen = blank_seen("nine", 4)
    here = posts(seen, "C")
    ends = seen.batch.ends
    ends["belief"][:, here] = 1.0
    ends["belief"][:, here[0]] = 0.0
    ends["seen_patients"][:, here] = 3
    ends["status"][1, here[4]] = POST_VACANT  # left some months ago: four are asked
    ends["status"][2, here[4]], ends["leaving"][2, here[4]] = POST_VACANT, 1  # leaves this very month: was still there
    ends["seen_patients"][3, here[0]] = 0
    assert nine.reception_difficult_in_c(seen) == pytest.approx([0.2, 0.25, 0.2, 0.0])
    ends["volunteer"][0, here[4]] = 0
    ends["status"][0, here[3]] = STOPPED  # who stopped is asked like anybody
    assert nine.reception_difficult_in_c(seen)[0] == 0.25


def test_the_threshold_of_difficulty_is_that_of_the_replicates_own_record() -> None:
    seen = blank_seen("nine")
    records = np.repeat(seen.plan.parameters, 2)
    records["gain_threshold"] = [0.1, 0.5]
    object.__setattr__(seen.plan, "parameters", records)
    seen.batch.members[:] = [0, 1]
    of_posts("belief", "ABCDEFGHI", 0.3, 0.3, seen_patients=1)(seen)
    assert nine.reception_difficult(seen).tolist() == [0.0, 1.0]


# ---------------------------------------------------------------------------------------------------------------- and later


def protected(services: str) -> Setting:
    def work(seen: Seen) -> None:
        for name in services:
            put(seen, "protected_time", name, 1, 4, 4)
            put(seen, "protected_time", name, 12, 1, 4)

    return work


def outcomes(seen: Seen) -> None:
    """Those with the higher score are sustained; in the control those with the lower."""
    scores()(seen)
    for name, score in SCORES.items():
        high = score > 4.65
        put(seen, "state", name, 48, *(SUSTAINED if one else ABANDONED for one in (high, not high)))


def waits_later(seen: Seen) -> None:
    for month in range(12, 25):
        for name in "ABCDEFGHI":
            put(seen, "trained", name, month, 4, 4)
            put(seen, "waiting", name, month, 0 if month == 12 else 1, 1)


LATER: dict[str, tuple[Setting, float, float]] = {
    "protected_time_passive": (protected("ABDFI"), 0.25, 1.0),
    "protected_time_active": (protected("C"), 0.25, 1.0),
    "fidelity_separates": (outcomes, 1.0, 0.0),
    "frustration_highest_in_d": (lambda seen: put(seen, "frustration", "D", 12, 0.3, 0.0), 1.0, 0.0),
    "waiting_grows": (waits_later, 0.25, 0.0),
}


def test_every_later_instrument_has_a_case() -> None:
    assert set(LATER) == set(later.INSTRUMENTS)
    assert set(SEVEN) | {"C", "E"} == set("ABCDEFGHI")


@pytest.mark.parametrize("name", later.INSTRUMENTS)
def test_the_known_answer_and_the_control_later(name: str) -> None:
    setting, known, control = LATER[name]
    seen = blank_seen("nine_later")
    setting(seen)
    assert later.INSTRUMENTS[name](seen) == pytest.approx([known, control], abs=1e-12)


def test_no_separation_where_all_are_sustained() -> None:
    seen = blank_seen("nine_later")
    scores()(seen)
    assert SUSTAINED == 0  # so all of the blank rows are
    assert np.isnan(later.fidelity_separates(seen)).all()
