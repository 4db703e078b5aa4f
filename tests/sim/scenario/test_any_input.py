"""Whatever stands in a file: ``check`` answers with problems, never with an exception."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.kit.options import read_settings
from sim.problems import BadInput, Problem
from sim.scenario import check_file, read_scenario
from sim.scenario.files import CSV_COLUMNS
from tests.thoroughly import so_many

pytestmark = pytest.mark.uncounted

HEAD = {
    "schema_version": "1",
    "name": '"mine"',
    "title": '"Ours"',
    "question": '"What becomes of it?"',
    "baseline": '""',
    "months": "24",
    "replicates": "10",
    "seed": "1",
    "keep_baseline_policies": "true",
    "keep_baseline_events": "true",
}
SERVICE = {
    "name": '"Nord"',
    "setting": '"primary"',
    "staff": "9",
    "leader": '"active"',
    "leader_tenure": "12",
    "signal": '"committed"',
    "selection": '"requested"',
    "format": '"group"',
    "pool": "12",
    "inflow": "1.0",
    "clarity": "0.5",
    "capacity_checked": "true",
    "support_months": "12",
}
PRACTITIONER = {
    "alias": '"N1"', "experience": "3.0", "months_to_retirement": "100.0", "discipline": '"nursing"', "champion": "true"
}  # fmt: skip
POLICY = {"lever": '"clarity"', "dose": "0.5", "start": "3", "end": "12", "taper": "3", "services": '["Nord"]'}
EVENT = {"month": "6", "kind": '"pool_changes"', "patients": "3", "services": '"all"'}
SYNTHETIC = {"count": "3", "seed": "1", "prefix": '"S"'}
FIELDS = SERVICE | {"posts": '{ distribution = "poisson", mean = 3, low = 1, high = 5 }'}
PARTS: dict[str, dict[str, str]] = {
    "": HEAD,
    "[parameters]": {"chance_leaves": "0.01"},
    "[switches]": {"turnover": "true"},
    "[forms]": {"deciding": '"threshold"'},
    "[[services]]": SERVICE,
    "[[services.practitioners]]": PRACTITIONER,
    "[[changes]]": {"services": '"all"', "set": "{ clarity = 0.5 }"},
    "[[policies]]": POLICY,
    "[[events]]": EVENT,
}
DRAWN: dict[str, dict[str, str]] = {
    "": HEAD,
    "[synthetic]": SYNTHETIC,
    "[synthetic.fields]": {key: value for key, value in FIELDS.items() if key != "name"},
}
DEEP = 200
LITERALS = (
    "9" * 5000, "-" + "9" * 5000, "9" * 400, "0x" + "f" * 6000,
    "1e400", "-1e400", "nan", "inf", "1e308", "0.5e-400", "-0.0", "-1",
    "2024-01-01", "2024-01-01T12:00:00Z", "12:00:00", "true", '""', '" "', '"\\t"', '"\\u00a0"', '"\\u0000"', '"\\u200b"',
    '"all"',     '"' + "x" * 61 + '"', '"' + "x" * 60 + '"', '"' + "x" * 100_000 + '"', '"a=b"', '"../x"', "[]", "[[]]",
    "{}", "{ a = { b = 1 } }", "[" * DEEP + "]" * DEEP, "[" * 300 + "]" * 300, "[" * 5000 + "]" * 5000,
    "[" + "1," * 2000 + "]", '[1, "a", 2024-01-01, nan, {}]',
    '{ distribution = "normal", mean = 1e300, sd = 1e300 }', '{ distribution = "choice", shares = { a = nan } }',
    '{ distribution = 2024-01-01 }',
)  # fmt: skip
QUIET = settings(max_examples=so_many(60, 150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def text_of(parts: dict[str, dict[str, str]], place: tuple[str, str], literal: str) -> str:
    lines = []
    for heading, values in parts.items():
        lines += [heading] if heading else []
        changed = values | ({place[1]: literal} if place[0] == heading else {})
        lines += [f"{key} = {value}" for key, value in changed.items()]
    return "\n".join(lines) + "\n"


def checked(folder: Path, text: str, name: str = "mine.toml") -> list[Problem]:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    problems = check_file(path)
    for one in problems:
        assert one.where
        assert one.what
        assert len(str(one)) < 2500
        assert "Traceback" not in str(one)
    return problems


@pytest.mark.parametrize("parts", [PARTS, DRAWN], ids=["services", "synthetic"])
def test_the_frames_are_right(tmp_path: Path, parts: dict[str, dict[str, str]]) -> None:
    assert checked(tmp_path, text_of(parts, ("", "months"), "24")) == []


@pytest.mark.parametrize("parts", [PARTS, DRAWN], ids=["services", "synthetic"])
@pytest.mark.parametrize("literal", LITERALS, ids=range(len(LITERALS)))
def test_no_value_of_any_key_ends_in_an_exception(tmp_path: Path, parts: dict[str, dict[str, str]], literal: str) -> None:
    for heading, values in parts.items():
        for key in values:
            problems = checked(tmp_path, text_of(parts, (heading, key), literal))
            if len(literal) > 1000 and literal[-1] in "9f":
                assert problems


@QUIET
@given(place=st.sampled_from([(heading, key) for heading, values in PARTS.items() for key in values]), value=st.text())
def test_no_text_ends_in_an_exception(tmp_path: Path, place: tuple[str, str], value: str) -> None:
    escaped = "".join(f"\\U{ord(letter):08x}" for letter in value if not 0xD800 <= ord(letter) < 0xE000)
    checked(tmp_path, text_of(PARTS, place, f'"{escaped}"'))


@QUIET
@given(place=st.sampled_from([(heading, key) for heading, values in PARTS.items() for key in values]), value=st.text())
def test_no_piece_of_a_file_ends_in_an_exception(tmp_path: Path, place: tuple[str, str], value: str) -> None:
    with contextlib.suppress(UnicodeEncodeError):
        checked(tmp_path, text_of(PARTS, place, value))


@pytest.mark.parametrize("key", ["x" * 100_000, '"' + "\u200b" * 70 + '"', '""', ".".join(["a"] * 3000), '"a.b=c"'])
@pytest.mark.parametrize("heading", [*PARTS, "[synthetic]", "[synthetic.fields]"])
def test_no_key_ends_in_an_exception(tmp_path: Path, heading: str, key: str) -> None:
    for parts in (PARTS, DRAWN):
        assert checked(tmp_path, text_of(parts, (heading, key), "1")) if heading in parts else True


@QUIET
@given(column=st.sampled_from(CSV_COLUMNS), cell=st.text() | st.sampled_from(LITERALS))
def test_no_cell_ends_in_an_exception(tmp_path: Path, column: str, cell: str) -> None:
    row = {one: SERVICE.get(one, "").strip('"') for one in CSV_COLUMNS} | {"posts": "3", column: cell}
    quoted = ('"' + value.replace('"', '""') + '"' for value in row.values())
    with contextlib.suppress(UnicodeEncodeError):
        checked(tmp_path, ",".join(row) + "\n" + ",".join(quoted) + "\n", "mine.csv")


NAMES = (
    "chance_leaves",
    "switch.turnover",
    "forms.deciding",
    "services.A.staff",
    "services.all.clarity",
    "services.A.leader",
    "x",
)


@QUIET
@given(name=st.sampled_from(NAMES), value=st.text() | st.sampled_from(LITERALS))
def test_no_setting_ends_in_another_exception(name: str, value: str) -> None:
    with contextlib.suppress(BadInput):
        read_scenario("baseline", overrides=read_settings([f"{name}={value}"]))


@pytest.mark.parametrize("value", [10**5000, -(10**400), float("inf"), float("nan"), True], ids=range(5))
@pytest.mark.parametrize("name", NAMES)
def test_no_setting_of_a_program_ends_in_another_exception(name: str, value: float) -> None:
    with contextlib.suppress(BadInput):
        read_scenario("baseline", overrides={name: value})


def test_dates_where_months_are_wanted_say_how_months_count(tmp_path: Path) -> None:
    for place in (("[[events]]", "month"), ("[[policies]]", "start"), ("", "months"), ("[[services]]", "support_months")):
        problems = checked(tmp_path, text_of(PARTS, place, "2024-01-01"))
        assert any("the date 2024-01-01" in one.what and "counted from the training" in one.hint for one in problems), place
    (problem,) = checked(tmp_path, text_of(PARTS, ("[[services]]", "clarity"), "12:00:00"))
    assert problem.what == "is the time of day 12:00:00"


def test_numbers_of_thousands_of_digits_are_told_with_their_place(tmp_path: Path) -> None:
    (problem,) = checked(tmp_path, text_of(PARTS, ("", "months"), "9" * 5000))
    assert (problem.where, problem.what) == ("mine.toml: line 6", "a number of more digits than can be used")
    (problem,) = checked(tmp_path, text_of(PARTS, ("[[services]]", "staff"), "0x" + "f" * 5000))
    assert problem.where == "mine.toml: services[1].staff"


def test_a_prefix_leaves_room_for_numbers(tmp_path: Path) -> None:
    (problem,) = checked(tmp_path, text_of(DRAWN, ("[synthetic]", "prefix"), '"' + "x" * 59 + '"'))
    assert problem.where == "mine.toml: synthetic.prefix"
    assert checked(tmp_path, text_of(DRAWN, ("[synthetic]", "prefix"), '"' + "x" * 58 + '"')) == []
