"""What a scenario file may say: keys, types, units, bounds and defaults, as pydantic models.

Strict: a number in quotation marks is no number, an unknown key is refused, NaN is refused. The models are also the
source of the JSON Schema for editors and of the tables in ``scenarios/README.md``.
"""

from collections.abc import Iterator
from copy import copy
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model
from pydantic_core import PydanticCustomError

from sim.scenario.letters import BLANK, UNSEEN, hidden, unseen

SCHEMA_VERSION: Final = 1
MONTHS_MAX: Final = 1200
POSTS_MAX: Final = 1024
STAFF_MAX: Final = 100_000
PATIENTS_MAX: Final = 1_000_000
SERVICES_MAX: Final = 100_000

SettingWord = Literal["primary", "specialised"]
LeaderWord = Literal["active", "passive_supportive", "unsupportive_trusting", "unavailable", "vacant", "controlling"]
SignalWord = Literal["committed", "expansion_without_detail", "awaiting_permission", "left_to_practitioners"]
SelectionWord = Literal["in_passing", "requested", "joint_decision"]
MeetingsWord = Literal["not_raised", "mentioned", "strategic"]
FormatWord = Literal["individual", "group"]
PoolingWord = Literal["own", "service", "region"]
DisciplineWord = Literal["nursing", "therapy_or_pedagogy", "social_work", "medicine_or_psychology"]
UpperWord = Literal["grants", "delays", "withdraws"]
EventKind = Literal[
    "leader_leaves",
    "leader_arrives",
    "leader_becomes",
    "signal_changes",
    "leaves_support",
    "returns_to_support",
    "pool_changes",
    "practitioner_leaves",
    "upper_level",
    "expansion",
]

EVENT_NEEDS: Final[dict[str, str]] = {
    "leader_arrives": "leader_type",
    "leader_becomes": "leader_type",
    "signal_changes": "signal",
    "pool_changes": "patients",
    "practitioner_leaves": "post",
    "upper_level": "upper_level",
    "expansion": "posts",
}
"""The key that an event of a kind needs beside month, kind and services; the other kinds need none."""

_SEEN: Final = r"[^\s\x00-\x1f\x7f-\x9f]"
NAME_MAX: Final = 60
SENTENCE_MAX: Final = 400
TEXT_MAX: Final = 4_000
REFERENCE_MAX: Final = 1_000


def _visible(text: str) -> str:
    """Refuse a name with letters that nobody sees."""
    return _without(unseen(text), text)


def _readable(text: str) -> str:
    """Refuse a text with letters that nobody sees, such as those that turn the direction of writing, or with no other."""
    if text and not text.strip():
        raise PydanticCustomError(BLANK, "nothing but spaces")
    return _without(hidden(text), text)


def _without(letters: Iterator[tuple[int, str]], text: str) -> str:
    for place, letter in letters:
        raise PydanticCustomError(UNSEEN, "a letter that nobody sees", {"place": place, "letter": letter})
    return text


_LOOK: Final = rf"^{_SEEN}([^\x00-\x1f\x7f-\x9f]*{_SEEN})?$"
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=_LOOK), AfterValidator(_visible)]
PostName = Annotated[
    str, Field(min_length=1, max_length=NAME_MAX + len(f"-{POSTS_MAX}"), pattern=_LOOK), AfterValidator(_visible)
]
"""A post's alias may be made of its service's name and a number."""
Sentence = Annotated[str, Field(min_length=1, max_length=SENTENCE_MAX), AfterValidator(_readable)]
"""What is said in a sentence, for pages to show."""
Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX), AfterValidator(_readable)]
"""What is said in several."""
Reference = Annotated[str, Field(max_length=REFERENCE_MAX), AfterValidator(_readable)]
"""What names something else: a file, a scenario, a lever; whether it is there is looked up."""
Version = Annotated[int, Field(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)]
"""Version of a grammar; a whole number, as true would be one else."""
KebabName = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Services = Literal["all"] | Annotated[list[Name], Field(max_length=SERVICES_MAX)]


def _is(meaning: str, unit: str, default: Any = ..., **bounds: Any) -> Any:
    """Field with its meaning and unit where the JSON Schema and the grammar find them."""
    return Field(default, description=meaning, json_schema_extra={"unit": unit}, **bounds)


def _share(meaning: str, default: Any = ...) -> Any:
    return _is(meaning, "share 0-1", default, ge=0, le=1)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Practitioner(_Strict):
    """One trained-practitioner post and who holds it at the start; what is left out is drawn for each replicate."""

    alias: Name = _is("name of the post, once in a service", "text")
    discipline: DisciplineWord | None = _is("professional background; for tables only", "word", None)
    experience: float | None = _is("clinical experience", "years", None, ge=0, le=60)
    months_to_retirement: float | None = _is("time until retirement", "months", None, ge=0, le=720)
    other_duties: float | None = _is("duties other than the practice", "hours/month", None, ge=0, le=250)
    spare_time: float | None = _is("spare time the person is willing to use", "hours/month", None, ge=0, le=60)
    autonomy: float | None = _share("perceived autonomy", None)
    commitment: float | None = _share("commitment to the practice", None)
    belief_shift: float = _is("added to the prior belief in what a course gains patients", "IMR-scale points", 0.0, ge=-2, le=2)
    frustration: float = _share("frustration with carrying the practice from below", 0.0)
    pessimism: float = _share("expectation that raising the practice with the leader moves nothing", 0.0)
    dilemma_free: bool = _is("the practice replaces usual care hour for hour: no prioritisation dilemma", "true or false", False)
    champion: bool = _is("keeps the practice on the agenda for colleagues", "true or false", False)


class ServiceFields(_Strict):
    """What describes a service, apart from its name and its posts."""

    setting: SettingWord = _is("primary or specialised mental health care", "word")
    staff: int = _is("employees, trained practitioners included", "people", ge=1, le=STAFF_MAX)
    leader: LeaderWord = _is("how the leader leads at the start", "word")
    leader_tenure: int = _is("months for which the leader has been in the post", "months", 36, ge=0, le=600)
    leader_informed: float = _share("how far the leader knows what the practice is", 0.5)
    signal: SignalWord = _is("what has been said about the future of the practice", "word")
    selection: SelectionWord = _is("how practitioners were selected for training", "word")
    meetings: MeetingsWord = _is("what staff meetings are used for", "word", "mentioned")
    format: FormatWord = _is("courses for one patient or for a group", "word")
    briefing: float = _share("how far practitioners were told beforehand what the practice takes", 0.2)
    eligibility_checked: bool = _is("somebody checked beforehand that eligible patients exist", "true or false", True)
    capacity_checked: bool = _is("somebody checked beforehand that practitioners have the weekly hours", "true or false", False)
    pool: int = _is("eligible patients at the start", "patients", ge=0, le=PATIENTS_MAX)
    inflow: float = _is("newly eligible patients", "patients/month", ge=0, le=10_000)
    reserve_posts: int = _is("posts that an expansion could add from the untrained staff", "posts", 0, ge=0, le=POSTS_MAX)
    expansion_inflow: float = _is(
        "newly eligible patients that a full expansion adds, relative to the inflow", "relative 0-4", 0.0, ge=0, le=4
    )
    functioning_mean: float = _share("mean functioning of eligible patients", 0.5)
    share_demanding: float = _share("share of eligible patients for whom the programme is too demanding", 0.15)
    clarity: float = _share("clarity of goals and vision", 0.25)
    plan: float = _share("how far an implementation plan exists and is current", 0.1)
    reallocation: float = _share("share of protected work really taken over by colleagues", 0.0)
    backing: float = _share("backing by organisation and municipality", 0.3)
    upper_attention: float = _share("attention of the upper level (organisation, municipality) to the practice at the start", 0.2)
    upper_money: float = _share("money that the upper level has for the practice at the start", 0.3)
    justification: float = _share("how far practitioners have to justify the practice to their leader", 0.0)
    barriers: float = _is("barriers outstanding", "barriers", 3.0, ge=0, le=50)
    institutionalisation: float = _share("what stays of clarity, plan and supervision when the leader goes", 0.0)
    outcome_monitoring: float = _share("outcome monitoring that the service runs itself", 0.0)
    fidelity_monitoring: float = _share("fidelity monitoring that the service runs itself", 0.0)
    monitoring_belief: float = _share("how far practitioners see monitoring as a tool of their own", 0.0)
    pooling: PoolingWord = _is("whose patients believed outcome figures are pooled over", "word", "service")
    consideration: float = _share("the leader's consideration for the extra workload at the start", 0.5)
    autonomy_support_shift: float = _is("added to felt autonomy support, for good", "share -1-1", 0.0, ge=-1, le=1)
    expectation_at_start: float = _share("explicit expectation as perceived at the start", 0.1)
    evaluation_fatigue: float = _share("tiredness of evaluations at the start", 0.1)
    support_months: int = _is("months of outside support on offer", "months", 12, ge=0, le=MONTHS_MAX)
    months_observed: int = _is(
        "months of which it is known who led and what was said about the future: chance moves neither before",
        "months",
        0,
        ge=0,
        le=MONTHS_MAX,
    )


class Service(ServiceFields):
    """A service, whole: give ``practitioners`` (a table each) or ``posts`` (a number, all drawn)."""

    name: Name = _is("name of the service, once in a scenario; it addresses the service's random numbers", "text")
    posts: int | None = _is("number of trained-practitioner posts, all drawn", "posts", None, ge=1, le=POSTS_MAX)
    practitioners: list[Practitioner] | None = Field(
        None, min_length=1, max_length=POSTS_MAX, description="trained-practitioner posts", json_schema_extra={"unit": "tables"}
    )

    def post_table(self) -> list[Practitioner]:
        """Posts one by one, also where only their number was given."""
        if self.practitioners is not None:
            return list(self.practitioners)
        # made from a name that was checked: the limit of what a file may say does not hold for the longer alias
        return [Practitioner.model_construct(alias=alias) for alias in self.aliases()]

    def aliases(self) -> list[str]:
        """Aliases of the posts, without their table."""
        if self.practitioners is not None:
            return [post.alias for post in self.practitioners]
        return [f"{self.name}-{number}" for number in range(1, (self.posts or 0) + 1)]


def _optional_fields() -> dict[str, Any]:
    """All service fields, none of them needed: what a change may set."""
    fields: dict[str, Any] = {}
    for name, info in ServiceFields.model_fields.items():
        unneeded = copy(info)
        unneeded.default = None
        fields[name] = (info.annotation, unneeded)
    return fields


ServiceChange: type[BaseModel] = create_model("ServiceChange", __base__=_Strict, **_optional_fields())
"""Any of the service fields, to be set in services defined before."""


class Change(_Strict):
    """Fields to set in services after they were defined."""

    services: Services = _is("names of services, or all", '"all" or a list of names', "all")
    set: ServiceChange = _is("service fields and their new values", "table")


class Policy(_Strict):
    """A lever moved for a time."""

    lever: Reference = _is("which lever; see the table of levers", "word")
    dose: float = _is("how far; each lever has bounds", "unit of the lever")
    start: int = _is("first month in force", "month", 0, ge=0, lt=MONTHS_MAX)
    end: int | None = _is("first month no longer in force; the horizon when left out", "month", None, ge=1, le=MONTHS_MAX)
    taper: int = _is("months after the end over which the dose falls to nothing in equal steps", "months", 0, ge=0, le=MONTHS_MAX)
    services: Services = _is("names of services, or all", '"all" or a list of names', "all")


class Event(_Strict):
    """Something that happens in one month."""

    month: int = _is("month in which it happens, before the horizon", "month", ge=0, lt=MONTHS_MAX)
    kind: EventKind = _is("what happens", "word")
    leader_type: LeaderWord | None = _is("type of leader (leader_arrives, leader_becomes)", "word", None)
    signal: SignalWord | None = _is("new signal (signal_changes)", "word", None)
    patients: int | None = _is(
        "eligible patients added, or removed if negative (pool_changes)", "patients", None, ge=-PATIENTS_MAX, le=PATIENTS_MAX
    )
    posts: int | None = _is(
        "reserve posts that are opened, as far as there are any (expansion)", "posts", None, ge=1, le=POSTS_MAX
    )
    upper_level: UpperWord | None = _is("what the upper level decides (upper_level)", "word", None)
    post: PostName | None = _is("alias of the post whose holder leaves (practitioner_leaves)", "text", None)
    services: Services = _is("names of services, or all", '"all" or a list of names', "all")


class Synthetic(_Strict):
    """Services drawn from stated distributions, the same every time for a seed."""

    count: int = _is("number of services", "services", ge=1, le=SERVICES_MAX)
    seed: int = _is("seed of this drawing; apart from the seed of the runs", "seed", 1, ge=0, lt=2**64)
    prefix: Name = _is("services are named prefix-1, prefix-2, ...", "text", "S")
    fields: dict[str, Any] = _is("for each service field a value, or a distribution", "table")


class ScenarioFile(_Strict):
    """A scenario file: the baseline, or a difference from it."""

    schema_version: int = _is("version of this grammar", "number", ge=SCHEMA_VERSION, le=SCHEMA_VERSION)
    name: KebabName = _is("name of the scenario, the same as the file's", "lower-case words joined by hyphens")
    title: Name = _is("what to call it in figures and tables", "text")
    question: Sentence = _is("what the scenario asks, in one sentence", "text")
    baseline: Reference = _is('scenario that this one is a difference from; "" for a file that stands alone', "name", "baseline")
    months: int = _is("horizon", "months", 84, ge=1, le=MONTHS_MAX)
    replicates: int = _is("replicates unless the command line says otherwise", "replicates", 200, ge=1, le=10_000_000)
    seed: int = _is("seed of the runs unless the command line says otherwise", "seed", 1, ge=0, lt=2**64)
    keep_baseline_policies: bool = _is("keep the baseline's policies beside those given here", "true or false", True)
    keep_baseline_events: bool = _is("keep the baseline's events beside those given here", "true or false", True)
    parameters: dict[str, float] = _is("new values of parameters, by name", "table", {})
    switches: dict[str, bool] = _is("mechanisms switched off (false) or on, by name", "table", {})
    forms: dict[str, Reference] = _is("rival forms of parts of the model, by name", "table", {})
    services: list[Service] | None = Field(
        None, min_length=1, max_length=SERVICES_MAX, description="the services", json_schema_extra={"unit": "tables"}
    )
    services_file: Reference | None = _is("CSV file with a row a service, beside the scenario file", "file name", None)
    synthetic: Synthetic | None = _is("services drawn from distributions", "table", None)
    changes: list[Change] = _is(
        "fields set in services after their definition, in this order", "tables", [], max_length=SERVICES_MAX
    )
    policies: list[Policy] = _is("levers moved for a time", "tables", [], max_length=SERVICES_MAX)
    events: list[Event] = _is("dated events", "tables", [], max_length=SERVICES_MAX)
