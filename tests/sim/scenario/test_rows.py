"""CSV as spreadsheets of many countries save it: what stands there is read, or refused aloud; nothing falls away."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensembles.cells import read_cells
from sim.problems import BadInput
from sim.scenario.files import read_text, services_of_csv
from sim.scenario.rows import once_a_manner, rows_of_csv
from sim.scenario.values import YES_NO, folded, number_hint, number_of

CASES = Path(__file__).parents[2] / "cases"


def test_a_name_that_begins_with_a_comment_sign_is_a_service_in_quotation_marks() -> None:
    services, problems = services_of_csv(read_text(CASES / "valid" / "comment-sign.csv", "a table"), "comment-sign.csv")
    assert not problems
    assert [one.name for one in services] == ["#1 Nord", "Sør"]


def test_tables_as_spreadsheets_save_them() -> None:
    services, problems = services_of_csv(read_text(CASES / "valid" / "as-spreadsheets-save.csv", "a table"), "saved.csv")
    assert not problems
    assert [one.name for one in services] == ["#1 Nord", "# Sør", "Vest", "Midt"]
    assert [one.staff for one in services] == [1200, 1200, 14, 14]
    assert [one.pool for one in services] == [12_000, 12_000, 12, 12]
    assert [one.autonomy_support_shift for one in services] == [-0.5, -0.5, 0.5, -0.5]
    assert [one.capacity_checked for one in services] == [True] * 4
    assert [one.eligibility_checked for one in services] == [False] * 4


def test_a_comment_swallows_no_row_and_a_sign_within_a_cell_is_no_comment() -> None:
    text = 'a,b,c\n# say "this","that\n1,2,0\n"x\n#y",3,0\n# "open\n4,"5",0\n'
    rows, problems = rows_of_csv(text, "t.csv")
    assert not problems
    assert rows == [(1, ["a", "b", "c"]), (3, ["1", "2", "0"]), (5, ["x\n#y", "3", "0"]), (7, ["4", "5", "0"])]


def test_lines_that_may_be_rows_are_told_once_with_their_numbers() -> None:
    rows, (problem,) = rows_of_csv("#a,b\na,b\n#1,2\n#3,4\n# five\n#6,,\n", "t.csv")
    assert rows == []
    assert problem.where == "t.csv: row 3"
    assert "and 1 more such lines (4)" in problem.what


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=\t", "sep=|"])
def test_a_line_about_separators_is_one_problem_with_its_hint(first: str) -> None:
    _, (problem,) = rows_of_csv(f'{first}\nname;"staff"\n"A";"1,5"\n', "t.csv")
    assert problem.hint.startswith("delete the line ")


@pytest.mark.parametrize(("text", "word"), [('"a";"b"\n"1,5";2\n', "semicolons"), ("a\tb\n1,5\t2\n", "tabs")])
def test_other_separators_are_one_problem(text: str, word: str) -> None:
    _, (problem,) = rows_of_csv(text, "t.csv")
    assert problem.what == f"cells are separated by {word}"


def test_columns_in_which_nothing_stands_fall_away_and_no_others() -> None:
    assert rows_of_csv("a,,b,,\n1,,2,,,\n3,,4\n", "t.csv") == ([(1, ["a", "b"]), (2, ["1", "2"]), (3, ["3", "4"])], [])
    rows, _ = rows_of_csv("a,,b\n1,7,2\n1,,2,9\n", "t.csv")
    assert rows == [(1, ["a", "", "b"]), (2, ["1", "7", "2"]), (3, ["1", "", "2", "9"])]


def test_tables_of_studies_and_ensembles_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text('sep=,\nword,number,,\n"#1",−0.5,,\n# a comment\nx,1 200,,,\n', encoding="utf-8")
    cells = read_cells(path, "design.file")
    assert cells.names == ("word", "number")
    assert cells.columns == (["#1", "x"], ["−0.5", "1 200"])
    path.write_text("word,number\n#1,2\nx,3\n", encoding="utf-8")
    with pytest.raises(BadInput, match="a comment or a row"):
        read_cells(path, "design.file")


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u2009", "\u202f", "\u2007"])
@given(st.integers(0, 10**12))
def test_numbers_in_groups_of_three_are_numbers(space: str, number: int) -> None:
    assert number_of(f"{number:,}".replace(",", space)) == number
    assert number_of("\u2212" + f"{number:,}".replace(",", space) + ".25") == -number - (0.25)


@pytest.mark.parametrize("text", ["1 2", "12 34", "1 2000", "1234 567", "1_0", "0x10", "- 5", "1 200,5", "١٤", "--1", "−−1"])
def test_what_could_be_misread_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        number_of(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1,5", "write a decimal point: 1.5"),
        ("−0,5", "write a decimal point: -0.5"),
        ("20 %", "write a share: 0.2"),
        ("1.200,5", "write digits 0 to 9"),
        ("1'200", "write digits 0 to 9"),
        ("many", ""),
        ("-", ""),
    ],
)
def test_hints_of_numbers(text: str, hint: str) -> None:
    assert number_hint(text).startswith(hint)
    assert bool(number_hint(text)) == bool(hint)


@given(st.text())
def test_no_text_breaks_the_reading_of_numbers_or_rows(text: str) -> None:
    number_hint(text)
    with contextlib.suppress(ValueError):
        number_of(text)
    rows, problems = rows_of_csv(text, "t.csv")
    assert not rows or not problems
    once_a_manner(problems)


def test_yes_and_no_in_letters_of_any_size() -> None:
    assert YES_NO[folded("ＳＡＮＮ")] is True
    assert YES_NO[folded("EPÄTOSI")] is False
    assert YES_NO[folded("YANLIŞ")] is False
