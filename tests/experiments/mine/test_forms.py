"""A service as a form has it, and as text that was sent: one checker, and no other file."""

from pathlib import Path
from typing import Any

import pytest

from experiments.mine.forms import FIELDS, KINDS, SERVICE, field_of, form_of, tables_of
from experiments.mine.reading import read_mine, read_mine_text
from experiments.policies.exporting import toml
from experiments.runs.beginning import questions
from sim.problems import BadInput
from tests.experiments.mine.small import SEEN, file_of
from tests.experiments.mine.small import SERVICE as DESCRIBED

pytestmark = pytest.mark.portable

FORM: dict[str, Any] = {
    "name": "Ours", "setting": "primary", "staff": 14, "posts": 4, "leader": "passive_supportive",
    "signal": "left_to_practitioners", "selection": "in_passing", "format": "individual", "pool": 12, "inflow": 1.0,
    "meetings": "mentioned", "backing": 0.3, "outcome_monitoring": 0.2, "now": 18,
    "delivering": [{"month": 12, "posts": 4, "tolerance": 1}, {"month": 18, "posts": 2}],
    "leaders": [{"month": 9, "change": "leaves", "months_tolerance": 3}],
}  # fmt: skip


def refused(form: dict[str, Any]) -> dict[str, str]:
    """Problems of a form by field."""
    tables, problems = tables_of(form)
    if problems:
        return {one.where: one.what for one in problems}
    with pytest.raises(BadInput) as caught:
        read_mine_text(toml(tables))
    return {field_of(one.where): one.what for one in caught.value.problems}


def test_a_form_goes_into_a_file_and_back() -> None:
    tables, problems = tables_of(FORM)
    assert not problems
    mine = read_mine_text(toml(tables))
    back = form_of(mine)
    assert back == FORM | {"delivering": [{"month": 12, "posts": 4, "tolerance": 1}, {"month": 18, "posts": 2, "tolerance": 0}]}
    assert tables_of(back)[1] == []


def test_the_twelve_questions_are_those_of_the_command() -> None:
    assert tuple(one.key for one in questions(mine=True)) == SERVICE
    assert set(FIELDS) == {"name", "now", *SERVICE, *KINDS}


def test_a_text_is_what_the_file_is(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    one, other = read_mine(file), read_mine_text(DESCRIBED + SEEN)
    assert (one.scenario.hash, one.observations, one.scenario.name) == (other.scenario.hash, other.observations, "ours")
    assert read_mine_text("\ufeff" + DESCRIBED + SEEN).scenario.hash == one.scenario.hash


@pytest.mark.parametrize(
    ("changed", "field", "what"),
    [
        ({"staff": 2}, "staff", "4 trained"),
        ({"staff": 10**300}, "staff", "out of bounds"),
        ({"staff": 1e300}, "staff", "not a whole number"),
        ({"posts": 1000, "staff": 5000}, "posts", "many"),
        ({"leader": "<script>alert(1)</script>"}, "leader", "unknown word"),
        ({"name": "a\0b"}, "name", ""),
        ({"now": 84}, "now", "leaves no month to come"),
        ({"now": "soon"}, "now", "text"),
        ({"now": None}, "now", "missing key"),
        ({"delivering": [{"month": 12, "posts": 9}]}, "delivering.0.posts", "impossible"),
        ({"fidelity": [{"month": 12, "score": 4.0}]}, "fidelity.0.error", "missing key"),
        ({"patients": [{"month": 12}]}, "patients.0.month", "says nothing"),
        ({"delivering": [{}] * 13}, "delivering", "no list"),
        ({"delivering": "all"}, "delivering", "no list"),
        ({"waiting": [["month", 3]]}, "waiting", "no list"),
        ({"waiting": [{"mnth": 3}]}, "waiting.0.mnth", "no such field"),
        ({"services_file": "../../etc/passwd"}, "services_file", "no such field"),
        ({"inflow": [1]}, "inflow", "neither"),
        ({"inflow": 10**400}, "inflow", "neither"),
        ({"name": "x" * 5000}, "name", "no text"),
        ({"name": "\ud800"}, "name", "no text"),
    ],
)
def test_each_problem_has_its_field(changed: dict[str, Any], field: str, what: str) -> None:
    found = refused(FORM | changed)
    assert field in found
    assert what in found[field]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b', "o'clock (B).staff", "Nordlys ❄", "\U0001f600"])
def test_any_name_that_can_be_seen_is_one(name: str) -> None:
    assert read_mine_text(toml(tables_of(FORM | {"name": name})[0])).service.name == name


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "file", "is empty"),
        ("x" * 70_000, "file", "larger than 60 kB"),
        ("\ud800", "file", "UTF-8"),
        ("a = \0", "my-service.toml", "not valid TOML"),
        ("not toml", "my-service.toml", "not valid TOML"),
        ("now = " + "9" * 5000, "my-service.toml: line 1", "more digits"),
        ("[" * 3000, "my-service.toml", "not valid TOML"),
        ('services_file = "/etc/passwd"\n', "my-service.toml: services_file", "no services from elsewhere"),
        ("[synthetic]\ncount = 100000\n", "my-service.toml: synthetic", "no services from elsewhere"),
        ('baseline = "/etc/passwd"\n', "my-service.toml: baseline", "no other file"),
        ('baseline = "../ours.toml"\n', "my-service.toml: baseline", "no other file"),
        ('name = "../../x"\nbaseline = 7\n', "my-service.toml: baseline", "no other file"),
        ("[[services]]\n" * 3000, "my-service.toml: services", "there are 3000 services"),
        (DESCRIBED.replace("months = 48", "months = 1200") + SEEN, "ours.toml: months", "1200 months are long"),
    ],
)
def test_a_text_reads_no_other_file(text: str, where: str, what: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_mine_text(text)
    found = {one.where: one.what for one in caught.value.problems}
    assert what in found[where]
    assert not any("/tmp" in str(one) for one in caught.value.problems)
