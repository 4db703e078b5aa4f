"""What a study file may say: a trial that is planned, as pydantic models.

Months of a study file count from the randomisation, but for ``design.start``, which says how many months after the training that
is. The first arm is the one that the others are compared with.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from sim.scenario.schema import (
    POSTS_MAX,
    Event,
    KebabName,
    Name,
    Policy,
    Reference,
    Sentence,
    Version,
    _is,
    _share,
    _Strict,
)

FOLLOW_UP_MAX: Final = 240
SERVICES_MAX: Final = 5_000
BANK_MAX: Final = 20_000
WORLDS_LEAST: Final = 8
PART_LEAST: Final = 0.001
"""Where fewer answer, nobody does."""

PARTS_MAX: Final = 1_000
"""Policies, or events, of an arm."""

MeasureWord = Literal[
    "posts_delivering", "operating", "kept_going", "given_up", "fidelity", "leadership", "climate", "sessions_per_post",
    "patients_started", "patient_gain",
]  # fmt: skip
InstrumentWord = Literal[
    "truth", "fidelity_visit", "leadership_scale", "climate_scale", "still_using", "claims", "client_scale", "clinician_scale"
]
StrategyWord = Literal["treatment_policy", "composite", "while_before"]
DesignWord = Literal["parallel", "stratified", "matched", "stepped_wedge", "factorial"]
AnalysisWord = Literal[
    "cluster_t", "cluster_t_weighted", "cluster_baseline", "permutation", "gee_mancl_derouen", "gee_kauermann_carroll",
    "gee_fay_graubard", "gee_morel", "gee_uncorrected", "mixed_between_within", "mixed_satterthwaite", "independence",
    "exposure_time", "immediate_effect",
]  # fmt: skip
StratumWord = Literal["setting", "leader", "posts", "delivering"]


def _part(meaning: str, default: Any) -> Any:
    return _is(meaning, "share 0-1", default, ge=PART_LEAST, le=1)


class Estimand(_Strict):
    """What the trial is to find out, after ICH E9(R1) and its extension to cluster trials."""

    clusters: Sentence = _is("which services the answer is about, in words", "text")
    measure: MeasureWord = _is("what is compared, as it truly is", "word")
    month: int = _is("when it is compared", "months after randomisation", ge=1, le=FOLLOW_UP_MAX)
    weighting: Literal["cluster", "member"] = _is("whether every service counts the same, or every post", "word")
    effect: Literal["marginal", "cluster_specific"] = _is("over all services together, or within a service", "word")
    summary: Literal["difference", "odds_ratio"] = _is("how two arms are compared", "word", "difference")
    service_gives_up: StrategyWord = _is("what holds when a service gives the practice up", "word")
    closes_recruitment: StrategyWord = _is("what holds when a service begins with no patient for six months", "word")
    leader_leaves: StrategyWord = _is("what holds when the leader's post falls vacant", "word")
    no_sessions: Literal["lowest", "where_defined"] = _is(
        "what a score is where there are no sessions to be scored: the lowest, or none", "word", "lowest"
    )


class Population(_Strict):
    """Services of which those of a trial are drawn."""

    kind: Literal["narrow", "wide", "scenario"] = _is(
        "narrow: drawn anew from the study's nine; wide: as the scenario national has them; scenario: those of a file", "word"
    )
    scenario: Reference = _is("scenario whose services they are, or which they are added to", "name or file", "baseline")
    services: int = _is("services of the bank, in each world", "services", 2_000, ge=8, le=BANK_MAX)
    worlds: int = _is("plausible worlds of the bank", "worlds", 48, ge=WORLDS_LEAST, le=4096)
    seed: int = _is("seed by which services are drawn", "seed", 1, ge=0, lt=2**64)
    fields: dict[str, Any] = _is("fields of the services that are known, or their distributions", "table", {})


class Design(_Strict):
    """Who is randomised, how and when."""

    kind: DesignWord = _is("how services are allocated", "word")
    services: int = _is("services of the trial", "services", ge=2, le=SERVICES_MAX)
    start: int = _is("when services are randomised", "months after the training", 12, ge=1, le=FOLLOW_UP_MAX)
    strata: list[StratumWord] = _is("what is balanced (stratified)", "words", [], max_length=24)
    match: list[StratumWord] = _is("by what services are paired (matched)", "words", [], max_length=24)
    sequences: int | None = _is("sequences of services that cross over together (stepped_wedge)", "sequences", None, ge=2, le=24)
    step_months: int | None = _is("months from one crossing to the next (stepped_wedge)", "months", None, ge=1, le=60)
    contamination: float = _share("part of the other arm's policies that reaches the first arm", 0.0)


class FidelityVisit(_Strict):
    """A rater scores the clinic."""

    error: float = _is("standard error of the rater", "scale points", 0.093, ge=0, le=2)
    items: int = _is("items of the scale: scores are means of whole numbers", "items", 13, ge=1, le=1000)


class StaffScale(_Strict):
    """Staff answer a questionnaire."""

    response: float = _part("of the practitioners present, how many answer", 0.8)
    spread: float = _is("standard deviation between practitioners of a service", "scale points", 0.9, ge=0, le=3)


class StillUsing(_Strict):
    """Practitioners say whether they still use the practice."""

    response: float = _part("of the practitioners present, how many answer", 0.8)
    desirable: float = _share("of those who do not use it, how many say that they do", 0.2)
    forgotten: float = _share("of those who use it, how many say that they do not", 0.02)


class Claims(_Strict):
    """Sessions as they are claimed or booked."""

    recorded: float = _part("of the sessions, how many are on record", 0.9)


class PatientScale(_Strict):
    """Patients, or clinicians, rate change over a course."""

    response: float = _part("of the courses that ended, how many are rated", 0.7)
    error: float = _is("standard deviation of change of one patient, rating error included", "scale points", 0.57, ge=0, le=5)
    seen: float = _is("change that is seen, relative to the true one", "ratio", 1.0, ge=0, le=5)


class Measurement(_Strict):
    """When services are looked at, and with what."""

    months: list[Annotated[int, Field(ge=0, le=FOLLOW_UP_MAX)]] = _is(
        "when", "months after randomisation", min_length=1, max_length=60
    )
    instrument: InstrumentWord = _is("what the measure is seen by; truth: without any error", "word")
    members: int | None = _is(
        "most practitioners of a service who are asked or looked at; all unless given", "posts", None, ge=1, le=POSTS_MAX
    )
    fidelity_visit: FidelityVisit = _is("particulars", "table", FidelityVisit())
    leadership_scale: StaffScale = _is("particulars", "table", StaffScale())
    climate_scale: StaffScale = _is("particulars", "table", StaffScale())
    still_using: StillUsing = _is("particulars", "table", StillUsing())
    claims: Claims = _is("particulars", "table", Claims())
    client_scale: PatientScale = _is("particulars", "table", PatientScale())
    clinician_scale: PatientScale = _is("particulars", "table", PatientScale(error=0.48, seen=2.0))


class Loss(_Strict):
    """Who is lost to follow-up."""

    services_a_year: float = _share("services that leave the study within a year, of those that have not given up", 0.0)
    given_up_a_year: float = _share("the same, of those that have given the practice up", 0.0)


class Analysis(_Strict):
    """How the trial is analysed."""

    primary: AnalysisWord = _is("analysis that decides", "word")
    also: list[AnalysisWord] = _is("analyses shown beside it", "words", [], max_length=24)
    alpha: float = _is("two-sided level", "probability", 0.05, ge=1e-6, lt=0.5)
    power: float = _is("power that is wanted", "probability", 0.8, gt=0.05, le=0.9999)


class Arm(_Strict):
    """What is done in an arm from the randomisation on, or from the crossing of a stepped wedge."""

    name: KebabName = _is("name", "lower-case words joined by hyphens")
    title: Name = _is("what to call it", "text")
    scenario: Reference | None = _is("scenario whose policies and events begin", "name or file", None)
    policies: list[Policy] = _is("levers; months count from the randomisation", "tables", [], max_length=PARTS_MAX)
    events: list[Event] = _is("events; months count from the randomisation", "tables", [], max_length=PARTS_MAX)


class StudyFile(_Strict):
    """A trial that is planned."""

    schema_version: Version = _is("version of this grammar", "number")
    name: KebabName = _is("name of the study, the same as the file's", "lower-case words joined by hyphens")
    title: Name = _is("what to call it", "text")
    question: Sentence = _is("what the trial asks, in one sentence", "text")
    seed: int = _is("seed of services' luck, allocation and measurement", "seed", 1, ge=0, lt=2**64)
    trials: int = _is("trials that are drawn for each number", "trials", 2_000, ge=100, le=1_000_000)
    estimand: Estimand = _is("what the trial is to find out", "table")
    population: Population = _is("services of which those of a trial are drawn", "table")
    design: Design = _is("who is randomised, how and when", "table")
    measurement: Measurement = _is("when services are looked at, and with what", "table")
    loss: Loss = _is("who is lost to follow-up", "table", Loss())
    analysis: Analysis = _is("how the trial is analysed", "table")
    arms: list[Arm] = Field(
        min_length=2, max_length=8, description="arms, the one compared with first", json_schema_extra={"unit": "tables"}
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors."""
    return StudyFile.model_json_schema()
