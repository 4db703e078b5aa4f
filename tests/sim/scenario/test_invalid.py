"""Every file under tests/cases/invalid is refused with the message that it must give; valid files are not."""

from pathlib import Path

import pytest

from sim.scenario import catalogue, check_file

pytestmark = pytest.mark.portable

CASES = Path(__file__).parents[2] / "cases"
INVALID = sorted(path for path in (CASES / "invalid").iterdir() if path.suffix in (".toml", ".csv"))
VALID = sorted(path for path in (CASES / "valid").iterdir() if path.suffix in (".toml", ".csv"))
JARGON = ("pydantic", "Input should", "validation", "type=", "Traceback", "NoneType", "ValueError", "dict", "str_", "float_")


def expected(path: Path) -> list[str]:
    beside = path.with_name(path.name + ".expect")
    if beside.exists():
        return [beside.read_text(encoding="utf-8").strip()]
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def test_there_are_at_least_sixty() -> None:
    assert len(INVALID) >= 60
    assert len(VALID) >= 5


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_invalid_file_gives_its_message(path: Path) -> None:
    problems = check_file(path)
    shown = "\n".join(str(one) for one in problems)
    assert expected(path), "the file must say what message it must give"
    for message in expected(path):
        assert message in shown
    for word in JARGON:
        assert word not in shown
    for one in problems:
        assert one.where
        assert one.what
        assert one.allowed
    assert len({(one.where, one.what) for one in problems}) == len(problems)


@pytest.mark.parametrize("path", [path for path in INVALID if len(expected(path)) == 1], ids=lambda path: path.name)
def test_one_mistake_gives_one_problem(path: Path) -> None:
    # two where one mistake has two consequences: a month that is no month, a file of that name and a wrong name
    assert len(check_file(path)) <= 2


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_valid_file_gives_no_problem(path: Path) -> None:
    assert check_file(path) == []


def test_shipped_scenarios_give_no_problem() -> None:
    assert {entry.name: check_file(entry.path) for entry in catalogue()} == {entry.name: [] for entry in catalogue()}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = check_file(tmp_path / "all-actve.toml")
    assert "no such file" in problem.what
    assert problem.hint == "did you mean 'all-active'?"


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "case.csv"
    folder.mkdir()
    (problem,) = check_file(folder)
    assert "is a folder" in problem.what


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "own-service.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (CASES / "valid" / "own-service.toml").read_bytes())
    assert check_file(path) == []
