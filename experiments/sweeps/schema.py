"""What a study file may say: keys, types, bounds and defaults, as pydantic models.

As strict as scenario files, and in the same manner the source of the JSON Schema and of the tables in
``experiments/studies/README.md``.
"""

from typing import Final, Literal

from pydantic import Field

from sim.ensembles import PLAUSIBLE
from sim.scenario.schema import MONTHS_MAX, KebabName, Name, Reference, Sentence, _is, _Strict

STUDY_VERSION: Final = 1
POINTS_MAX: Final = 10_000_000
REPLICATES_MAX: Final = 10_000_000
CELLS_MAX: Final = 100_000_000
"""Most numbers in a design, points times factors: 0.8 GB."""

NO_ENSEMBLE: Final = "none"
"""Word for the default values in every run."""

KEEPS: Final = ("outcomes", "aggregates", "monthly")

DesignWord = Literal["factorial", "latin-hypercube", "sobol", "one-at-a-time", "table"]
ScaleWord = Literal["linear", "log"]
KeepWord = Literal["outcomes", "aggregates", "monthly"]


class FactorTable(_Strict):
    """What a factor takes: levels, or a range."""

    levels: list[bool | float | Reference] | None = Field(
        None,
        min_length=1,
        max_length=POINTS_MAX,
        description="values, one by one; words, true or false for fields, switches and forms that take them",
        json_schema_extra={"unit": "numbers or words"},
    )
    low: float | None = _is("smallest value; a parameter's lower bound when left out", "unit of the factor", None)
    high: float | None = _is("largest value; a parameter's upper bound when left out", "unit of the factor", None)
    scale: ScaleWord = _is("how values are spread between low and high", "word", "linear")


class DesignTable(_Strict):
    """How the points of the design come about."""

    kind: DesignWord = _is("kind of design; see the table of designs", "word")
    points: int | None = _is("number of points (latin-hypercube, sobol)", "points", None, ge=1, le=POINTS_MAX)
    seed: int = _is("seed of the design (latin-hypercube, sobol); apart from the seed of the runs", "seed", 1, ge=0, lt=2**64)
    file: Reference | None = _is(
        "CSV or Parquet file beside the study: a column a factor, a row a point (table)", "file name", None
    )


class StudyFile(_Strict):
    """A study file: scenarios, each run at every point of a design."""

    schema_version: int = _is("version of this grammar", "number", ge=STUDY_VERSION, le=STUDY_VERSION)
    name: KebabName = _is("name of the study, the same as the file's", "lower-case words joined by hyphens")
    title: Name = _is("what to call it in figures and tables", "text")
    question: Sentence = _is("what the study asks, in one sentence", "text")
    scenarios: list[Reference] = Field(
        min_length=1,
        max_length=1000,
        description="names of shipped scenarios, or scenario files (ending in .toml) beside the study; + combines them",
        json_schema_extra={"unit": "names"},
    )
    replicates: int = _is(
        "runs of every scenario and point, each with values of its own; with every_member of every member too",
        "replicates",
        200,
        ge=1,
        le=REPLICATES_MAX,
    )
    seed: int = _is("seed of the runs", "seed", 1, ge=0, lt=2**64)
    months: int | None = _is("horizon of all scenarios; each scenario's own when left out", "months", None, ge=1, le=MONTHS_MAX)
    keep: list[KeepWord] = Field(
        ["outcomes", "aggregates"],
        min_length=1,
        max_length=len(KEEPS),
        description="what is written: outcomes (a row a run), aggregates (counts), monthly (a row a run and month)",
        json_schema_extra={"unit": "outcomes, aggregates, monthly"},
    )
    outcomes: list[Reference] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description='outcomes on every row, or ["all"]; the main ones when left out',
        json_schema_extra={"unit": "names"},
    )
    ensemble: Reference = _is(
        "sets of parameter values, of which each run has one: plausible (those that ship), none (all have the default values), "
        "or a CSV or Parquet file beside the study: a row a member, a column a parameter, and weight",
        "plausible, none, or a file name",
        PLAUSIBLE,
    )
    every_member: bool = _is(
        "run every point with every member of the ensemble, as often as replicates says", "true or false", False
    )
    design: DesignTable | None = _is(
        "how the points come about; left out with no factors: the scenarios as they are", "table", None
    )
    factors: dict[str, FactorTable] = _is("what is varied, a table each, by name", "tables", {})
