"""Every published figure was read twice, and both readings say the same or what they differ in is settled."""

import csv
import hashlib
from decimal import Decimal
from importlib.resources import files

import pytest

from experiments.keeping.blocks import ROOT
from experiments.patterns.documents import second_count, trace_blocks
from experiments.patterns.reading import read_patterns
from experiments.patterns.second_reading import (
    COLUMNS,
    PARAMETER,
    PATTERN,
    Figure,
    agree,
    differences,
    first_reading,
    second_reading,
    unread,
)
from sim.parameters import read_table

NO_NUMBER = {
    "P2.continue", "P2.stopped", "P3.dilemmas", "P3.everywhere", "P3.C", "P6.correlation", "P7.waiting", "P7.intention",
    "P7.signal", "Q1.passive", "Q1.active", "Q2.separation", "Q3.frustration", "Q4.waiting", "P10.rise", "P11.year_1",
    "P11.year_3", "P12.provide", "P13.use_kept", "P13.components", "P14.leadership", "P14.climate",
}  # fmt: skip
"""Patterns in which the first reading made words, or a shape, into a number."""

OTHER = {"odds_dropout_feedback": ("value", Decimal("1.19"), Decimal("0.840"))}
"""Figures in which the readings differ: what in, first and second."""

WRITTEN = {
    (1, 76): "eb8d17e567d1981aacadb8c560a945544109bac6788ea28fd26fdb0b7b5ebbf5",
    (76, 88): "718f8625ca6cdb10880a77d17fdd1143c59b3b4610b1d67754f880dfb1daef79",
}
"""SHA-256 of either second reading as it was handed over, by its rows, without what was settled later."""


GONE = (
    15,
    [
        "parameter",
        "months_half_life",
        "8.3",
        "",
        "",
        "",
        "21 studies",
        "evidence X8, from W17",
        (
            "Derived there: .30/.76 = 39.5% lost in 6 months, exponential: 8.28 months. Motivational interviewing"
            " (transport warning 4). W17 says '6+ months', so 6 is a lower bound for the time and 8.3 for the "
            "half-life."
        ),
        (
            "The number stands; the second version frees it, and 6 months is the shortest time to which the "
            "source's figure can belong."
        ),
    ],
)
"""Place and row of a figure that was read twice and is none of the evidence by now: the half-life is an assumption, since it is
what a required pattern asks for too."""


def rows() -> list[list[str]]:
    path = files("experiments.patterns") / "second_reading.csv"
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True))


def as_written(first: int, end: int) -> str:
    lines = ["kind,name,value,low,high,spread,sample,where,remark\n"]
    place, gone = GONE
    for row in [*rows()[:place], gone, *rows()[place:]][first:end]:
        cells = [f'"{cell.replace(chr(34), chr(34) * 2)}"' if {",", '"'} & set(cell) else cell for cell in row[:-1]]
        lines.append(",".join(cells) + "\n")
    return "".join(lines)


def test_the_second_reading_is_kept_as_it_was_written() -> None:
    assert tuple(rows()[0]) == COLUMNS
    assert {span: hashlib.sha256(as_written(*span).encode()).hexdigest() for span in WRITTEN} == WRITTEN
    assert len(rows()) + 1 == max(end for _, end in WRITTEN)
    assert GONE[1][1] not in {row[1] for row in rows()}


def test_every_figure_was_read_twice_and_nothing_else() -> None:
    readings, first = second_reading(), first_reading()
    assert unread(readings, first) == []
    assert len({(one.kind, one.name) for one in readings}) == len(readings)
    assert [one.name for one in readings if (one.kind, one.name) not in first] == []
    # what is compared is what the model runs with
    table = read_table().parameters
    assert {name for kind, name in first if kind == PARAMETER} == {
        name for name, one in table.items() if one.status == "evidence"
    }
    for (kind, name), figure in first.items():
        if kind == PARAMETER:
            one = table[name]
            assert (float(figure.value), figure.low, figure.high) == (one.value, Decimal(str(one.low)), Decimal(str(one.high)))
    assert {name: float(first[PATTERN, name].value) for kind, name in first if kind == PATTERN} == {
        one.id: one.target for one in read_patterns().patterns
    }


@pytest.mark.parametrize("which", [(PARAMETER, "a_new_rate"), (PATTERN, "P15.new")])
def test_a_new_figure_without_a_second_reading_is_found(which: tuple[str, str]) -> None:
    assert unread(second_reading(), {**first_reading(), which: Figure(Decimal(1))}) == [which]


def test_readings_agree_but_where_it_is_listed() -> None:
    found = differences(second_reading(), first_reading())
    assert {one.reading.name for one in found if one.what == "no number"} == NO_NUMBER
    assert {one.reading.name: (one.what, one.first.value, one.reading.value) for one in found if one.what != "no number"} == OTHER
    assert [one.reading.name for one in found if not one.reading.settled] == []


def test_a_changed_value_is_found_in_every_row() -> None:
    # the control: no row is such that anything would agree with it
    first = first_reading()
    apart = {(one.reading.kind, one.reading.name) for one in differences(second_reading(), first)}
    assert len(apart) < len(first)
    for which, figure in first.items():
        changed = {**first, which: figure._replace(value=figure.value * Decimal("1.25") + Decimal("0.021"))}
        found = {(one.reading.kind, one.reading.name) for one in differences(second_reading(), changed)}
        assert found == apart | {which}, which


def test_a_changed_published_interval_of_a_parameter_is_found() -> None:
    first = first_reading()
    for name in ("odds_leaving_exhausted", "sessions_supervision_enough"):
        figure = first[PARAMETER, name]
        assert figure.high is not None
        found = differences(second_reading(), {**first, (PARAMETER, name): figure._replace(high=figure.high + Decimal("0.1"))})
        assert [one.what for one in found if one.reading.name == name] == ["interval"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (".55", ".547", True), (".56", ".547", False),
        ("4.3", "4.333", True), ("4.4", "4.333", False),
        ("8.0", "8", True), ("8.4", "8", False),
        (".39", ".395", True), ("-0.04", "0.04", False),
    ],
)  # fmt: skip
def test_rounding_is_to_the_coarser_figure(one: str, other: str, *, same: bool) -> None:
    assert agree(Decimal(one), Decimal(other)) is same
    assert agree(Decimal(other), Decimal(one)) is same


def test_every_difference_stands_in_trace() -> None:
    text = (ROOT / "docs" / "TRACE.md").read_text(encoding="utf-8")
    for made in trace_blocks().values():
        assert made() in text
    said = text.split("generated: second-reading-differences", 1)[1].split("<!-- end -->", 1)[0]
    assert {line.split("`")[1] for line in said.splitlines() if line.startswith("| `")} == NO_NUMBER | set(OTHER)
    assert second_count().startswith("Read twice: 20 parameters and 66 patterns.")
