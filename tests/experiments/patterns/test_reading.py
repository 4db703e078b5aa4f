"""The file of patterns: it loads with all checks, and every kind of mistake is named."""

from pathlib import Path

import pytest

from experiments.patterns.cohorts import COHORTS
from experiments.patterns.instruments import INSTRUMENTS
from experiments.patterns.reading import load_patterns, read_patterns
from sim.problems import BadInput

pytestmark = pytest.mark.portable

GOOD = """schema_version = 1
[sources]
A5 = "The study, Table 1"
[[patterns]]
id = "P1.mean"
pattern = "P1"
statement = "Mean fidelity."
target = 4.61
low = 4.48
high = 4.74
unit = "scale 1-5"
reason = "sampling"
source = ["A5"]
cohort = "nine"
instrument = "mean_score"
must_hold = true
fitted = true
stage = 1
"""


def problems(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_patterns(path)
    return str(caught.value)


def test_the_shipped_file_loads_and_holds_every_pattern() -> None:
    table = read_patterns()
    assert {one.pattern for one in table.patterns} == {f"P{k}" for k in range(1, 15)} | {f"Q{k}" for k in range(1, 6)}
    assert {one.cohort for one in table.patterns} == set(COHORTS)
    assert {one.instrument for one in table.patterns if one.measured} == set(INSTRUMENTS)  # no instrument that nobody reads
    assert not [one.id for one in table.patterns if one.must_hold and not (one.fitted and one.measured and one.stage == 1)]


def test_a_good_file_loads_and_its_numbers_are_floats(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("low = 4.48", "low = 4"), encoding="utf-8")
    (one,) = load_patterns(path).patterns
    assert (one.low, type(one.low), one.source) == (4.0, float, ("A5",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = ["A5"]', 'source = ["A5", "A6"]', "unknown source 'A6'"),
        ("target = 4.61", "target = 4.80", "low <= target <= high"),
        ("low = 4.48\nhigh = 4.74", "low = 4.61\nhigh = 4.61", "low <= target <= high"),
        ("target = 4.61", "target = nan", "not a finite number"),
        ("target = 4.61", 'target = "4.61"', "not a finite number"),
        ("target = 4.61", "target = true", "not a finite number"),
        ('instrument = "mean_score"', 'instrument = "mean_scores"', "did you mean 'mean_score'"),
        ('cohort = "nine"', 'cohort = "ten"', "unknown cohort 'ten'"),
        ("stage = 1", "stage = 4", "unknown stage '4'"),
        ("stage = 1", "stage = 3", "its cohort runs in stage 1"),
        ('pattern = "P1"', 'pattern = "P15"', "unknown pattern 'P15'"),
        ('id = "P1.mean"', 'id = "P2.mean"', "'P1.' and a name"),
        ("fitted = true", 'fitted = "yes"', "neither true nor false"),
        ("fitted = true", "fitted = false", "what is not fitted cannot have to hold"),
        ('unit = "scale 1-5"', 'unit = ""', "not empty"),
        ('unit = "scale 1-5"', 'units = "scale 1-5"', "did you mean 'unit'"),
        ('reason = "sampling"\n', "", "missing key 'reason'"),
        ('source = ["A5"]', 'source = "A5"', "is no list of sources"),
        ("stage = 1", "stage = 1\nmeasured = false", "why it is not measured"),
        ("stage = 1", 'stage = 1\nmeasured = false\nmissing = "a field"', "what is not measured cannot have to hold"),
        ("stage = 1", 'stage = 1\nmissing = "a field"', "nothing is missing"),
        ('A5 = "The study, Table 1"', 'A5 = "The study"\nA6 = "E"', "no pattern cites it"),
        ("stage = 1", "stage = 1\nevery_mechanism = 1", "neither true nor false"),
        ("must_hold = true\nfitted = true", "must_hold = false\nfitted = false\nevery_mechanism = true", "a prediction is one"),
        ("schema_version = 1", "schema_version = 2", "schema_version"),
        ("schema_version = 1", "schema_version = 1\nrest = 2", "unknown key 'rest'"),
        ('id = "P1.mean"', "id = [", "not valid TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in problems(tmp_path, GOOD.replace(old, new))


def test_a_prediction_is_not_fitted(tmp_path: Path) -> None:
    text = GOOD.replace('"P1', '"Q1').replace("must_hold = true", "must_hold = false")
    assert "a prediction is not fitted" in problems(tmp_path, text)


def test_what_needs_every_mechanism_is_a_prediction_without_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    later = GOOD.split('A5 = "The study, Table 1"\n')[1].replace("P1.mean", "P1.later") + "every_mechanism = true\n"
    path.write_text(GOOD + later, encoding="utf-8")
    table = load_patterns(path)
    assert table.where(every=True) is table
    assert [(one.fitted, one.must_hold) for one in table.where(every=False).patterns] == [(True, True), (False, False)]
    assert [(one.fitted, one.must_hold) for one in table.patterns] == [(True, True), (True, True)]  # the table itself stays


def test_an_id_stands_once_and_all_problems_come_together(tmp_path: Path) -> None:
    twice = GOOD + GOOD.split("[sources]", 1)[1].split("\n", 2)[2]
    assert "stands twice" in problems(tmp_path, twice)
    said = problems(tmp_path, twice.replace('cohort = "nine"', 'cohort = "ten"'))
    assert said.count("unknown cohort") == 2
    assert "stands twice" in said


def test_a_file_that_is_not_there_or_empty_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_patterns(tmp_path / "none.toml")
    assert "holds no pattern" in problems(tmp_path, "schema_version = 1\n")
