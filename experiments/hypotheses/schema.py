"""The grammar of a hypothesis file: what is asked, expected and decided is written down before anything runs."""

from typing import Annotated, Final, Literal

from pydantic import Field

from sim.scenario.schema import NAME_MAX, KebabName, Policy, Reference, Sentence, Text, Version, _Strict

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(max_length=NAME_MAX, pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
Label = Sentence
"""What stands beside a row, a column or a line."""

TITLE_MAX: Final = 120
TABLES_MAX: Final = 1_000
"""Claims, arms and the like of a file."""

LARGEST: Final = 1e6
"""Of a number in an outcome's unit."""

WEIGHT_LEAST: Final = 1e-3
Weight = Annotated[float, Field(ge=-1_000.0, le=1_000.0)]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]

Direction = Literal["higher", "lower", "no_benefit"]
"""What is predicted of a contrast; *no_benefit*: that it does not reach the smallest effect of interest."""


LEAST_ERROR: Final = 1e-6
"""A Monte Carlo error below this is asked for by nobody, and needs more runs than can be counted."""


class Arm(_Strict):
    """One world to live in: a scenario, or several joined by ``+``, with settings as ``--set`` takes them."""

    scenario: Reference = Field(min_length=1, description="name of a scenario, a file, or several joined by +")
    set: dict[Reference, Reference | float] = Field(
        default={}, max_length=TABLES_MAX, description="settings, as --set takes them"
    )
    policies: list[Policy] = Field(default=[], max_length=TABLES_MAX, description="policies of this arm, beside its scenario's")


class Claim(_Strict):
    """What is predicted: a contrast of arms in one outcome."""

    name: Name = Field(description="name, once in a file")
    says: Text = Field(description="the claim in a sentence")
    contrast: dict[Reference, Weight] = Field(
        min_length=2, max_length=TABLES_MAX, description="weights of the arms; they add up to 0"
    )
    outcome: Reference = Field(
        min_length=1, description="an outcome of the region, such as share_kept_going or share_given_up@48"
    )
    direction: Direction = Field(description="what is predicted")
    smallest: float = Field(ge=0.0, le=LARGEST, description="smallest effect of interest, in the outcome's unit")
    error: float | None = Field(
        default=None,
        ge=LEAST_ERROR,
        le=LARGEST,
        description="Monte Carlo error of the mean; a tenth of the smallest effect unless given",
    )


class Estimate(_Strict):
    """A contrast that is reported beside the claims and decides nothing."""

    name: Name = Field(description="name, once in a file")
    says: Text = Field(description="what it shows")
    contrast: dict[Reference, Weight] = Field(min_length=1, max_length=TABLES_MAX, description="weights of the arms")
    outcome: Reference = Field(min_length=1, description="an outcome of the region")


class Budget(_Strict):
    """How much is run."""

    worlds: int = Field(default=200, ge=20, le=4096, description="parameter sets of the plausible ensemble")
    worlds_knockout: int = Field(default=40, ge=20, le=4096, description="of these, for each mechanism switched off")
    replicates: int = Field(default=8, ge=2, le=1000, description="runs of every arm and world to begin with")
    replicates_most: int = Field(default=40, ge=2, le=1000, description="runs at the most, where the error asks for more")
    replicates_knockout: int = Field(default=8, ge=2, le=1000, description="runs of every arm and world for each mechanism")
    draws_prior: int = Field(default=256, ge=20, le=4096, description="draws of the prior, as it was before calibration")
    replicates_prior: int = Field(default=4, ge=2, le=1000, description="runs of every arm of a claim for each of these draws")


class Rule(_Strict):
    """When a claim counts as supported; see docs/hypotheses.md."""

    interval: float = Field(default=0.95, ge=0.5, le=0.9999, description="level of the interval that must lie beyond zero")
    sign_share: Share = Field(default=0.8, description="least share of plausible worlds with the predicted sign")
    mixed_from: Share = Field(default=0.2, description="least share at which a claim that is not supported is called mixed")
    prior_share: Annotated[float, Field(gt=0.5, le=1.0)] = Field(
        default=0.95, description="least share of draws of the prior with a sign at which that sign counts as assumed"
    )


Foretold = Literal["kept_going", "sustained"]


class Prediction(_Strict):
    """A question of prediction instead of contrasts."""

    arms: list[Name] = Field(min_length=1, max_length=TABLES_MAX, description="arms whose services make the cohort")
    outcome: Foretold = Field(description="what is foretold, of a service at the horizon")
    former: Foretold | None = Field(default=None, description="what was foretold before; told beside, for comparison")
    predictors: list[Literal["fidelity", "leadership"]] = Field(
        min_length=2, max_length=2, description="what foretells it, as it stands at month 12, in the order in which it is added"
    )
    services: int = Field(default=200, ge=9, le=100_000, description="services of a cohort at most: the first of its scenario")
    adds: Share = Field(default=0.02, description="least gain in the area under the curve by the last predictor beside the first")
    least_auc: Share = Field(default=0.6, description="area under the curve below which fidelity is called no guide")


class Surface(_Strict):
    """A heat map of arms: rows, columns and panels, whose keys joined by ``_`` are names of arms."""

    outcome: Reference = Field(min_length=1, description="an outcome of the region")
    title: Sentence = Field(description="what the map shows")
    rows: dict[Name, Label] = Field(min_length=2, max_length=TABLES_MAX, description="keys and labels of the rows, from below")
    columns: dict[Name, Label] = Field(min_length=2, max_length=TABLES_MAX, description="keys and labels of the columns")
    panels: dict[Name, Label] = Field(min_length=1, max_length=TABLES_MAX, description="keys and labels of the panels")
    row_title: Label = Field(description="what the rows are")
    column_title: Label = Field(description="what the columns are")


class Curve(_Strict):
    """Effects of arms over a number that each stands for, such as the month in which something begins.

    It draws contrasts that are stated as claims or beside them (an arm less ``against``), a line for each of their outcomes.
    """

    title: Sentence = Field(description="what the curve shows")
    axis: Label = Field(description="what the number is, with its unit")
    points: dict[Name, Number] = Field(
        min_length=2, max_length=TABLES_MAX, description="arms, and the number that each stands for"
    )
    against: Name = Field(description="arm with which each is compared")
    references: dict[Name, Label] = Field(
        default={}, max_length=TABLES_MAX, description="arms that are drawn as level lines, and their labels"
    )


class HypothesisFile(_Strict):
    """A hypothesis, whole."""

    schema_version: Version
    name: KebabName = Field(description="the same as the file's")
    hypothesis: Annotated[Sentence, Field(max_length=NAME_MAX)] = Field(description="its number, such as H4")
    title: Annotated[Sentence, Field(max_length=TITLE_MAX)] = Field(description="what to call it")
    question: Sentence = Field(description="the question in one sentence")
    prediction: Text = Field(description="what was expected, in a sentence, before it ran")
    source: Text = Field(description="where the idea comes from, such as a place in the study")
    reasoning: Text = Field(description="why it is expected, and what it would mean if it does not come out")
    months: int = Field(default=84, ge=13, le=1200, description="horizon")
    seed: int = Field(ge=0, lt=2**63, description="of the runs")
    about: list[Reference] = Field(
        default=[], max_length=TABLES_MAX, description="mechanisms that the hypothesis is itself about"
    )
    budget: Budget = Field(default=Budget(), description="how much is run")
    rule: Rule = Field(default=Rule(), description="when a claim counts as supported")
    arms: dict[Name, Arm] = Field(min_length=1, max_length=TABLES_MAX, description="worlds to live in")
    claims: list[Claim] = Field(default=[], max_length=TABLES_MAX, description="what is predicted")
    former: list[Claim] = Field(
        default=[],
        max_length=TABLES_MAX,
        description="claims as they were stated for outcomes that others have replaced; they decide nothing",
    )
    also: list[Estimate] = Field(default=[], max_length=TABLES_MAX, description="what is reported beside it")
    surface: Surface | None = Field(default=None, description="a heat map of arms")
    curves: list[Curve] = Field(default=[], max_length=TABLES_MAX, description="effects over a number that arms stand for")
    foretelling: Prediction | None = Field(default=None, description="for a question of prediction")

    @property
    def judged(self) -> tuple[Claim, ...]:
        """Claims, then the former ones, which decide nothing."""
        return (*self.claims, *self.former)

    @property
    def estimates(self) -> tuple[Claim | Estimate, ...]:
        """Claims, the former ones, and what is reported beside them."""
        return (*self.judged, *self.also)
