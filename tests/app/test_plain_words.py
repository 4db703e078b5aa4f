"""Every page, and the hand-in, given what cannot be in every place of a message: each problem is told, in words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.classroom import handed
from app.pages import PAGES
from app.pages.lab import Lab
from sim.problems import BadInput, Problem
from tests.app import handing
from tests.app.plain_words import raw_words, spoilt

BAR = {"act": "champion", "start": 12, "end": 20, "dose": 1}
POLICY = {"lever": "protected_time", "dose": 1, "start": 12, "services": ["D"]}
LIFE = {"scenario": "nine-services", "service": "D", "replicate": 2, "bars": [BAR], "policies": [POLICY]}
FORM = {
    "name": "Ours", "setting": "primary", "staff": 14, "posts": 4, "leader": "active", "signal": "committed",
    "selection": "in_passing",
    "format": "individual", "pool": 12, "inflow": 1, "meetings": "mentioned", "backing": 0.3,
    "outcome_monitoring": 0.3, "now": 18,
    "delivering": [{"month": 18, "posts": 2, "tolerance": 1}], "fidelity": [{"month": 12, "score": 4, "error": 0.25}],
    "leaders": [{"month": 10, "change": "leaves", "months_tolerance": 2}],
    "patients": [{"month": 18, "started": 8, "tolerance": 2}],
    "waiting": [{"month": 18, "posts": 1, "tolerance": 0}],
}  # fmt: skip
ASKED: dict[str, dict[str, Any]] = {
    "two-worlds": {"scenario": "nine-services", "unit": "", "bars": [BAR]},
    "lead": {
        "service": "D", "luck": 3, "hours": 12, "decisions": [{"month": 12, "acts": ["clarity"]}],
        "forecasts": [{"month": 12, "chance": 0.5, "low": 1, "high": 2}], "now": 15,
    },
    "walk": LIFE | {"post": 1, "patient": None},
    "why": LIFE | {"outcome": "given-up"},
    "hypotheses": {"hypothesis": "H1"},
    "numbers": {"one": "forms.belief"},
    "mine": {"form": FORM, "acting": False},
    "trial": {"study": "leadership-24", "services": 24, "month": 24, "services_a_year": 0.1, "given_up_a_year": 0.1},
}  # fmt: skip


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab()


def problems_of(asks: Callable[[], object]) -> list[Problem]:
    try:
        asks()
    except BadInput as error:
        return error.problems
    return []


@pytest.mark.engine
@pytest.mark.parametrize("page", PAGES, ids=[one.name for one in PAGES])
def test_a_page_tells_every_problem_in_words(lab: Lab, page: Any) -> None:
    told = [problems_of(lambda asked=asked: page.ask(asked, lab)) for asked in spoilt(ASKED[page.name])]
    assert sum(map(bool, told)) > 10  # control: there was something to be told
    assert [one for problems in told for one in raw_words(problems)] == []


def test_a_hand_in_tells_every_problem_in_words() -> None:
    whole = handing.raw(found=[{"what": "Why?", "said": "So.", "link": ""}], time="")
    told = [problems_of(lambda one=one: handed.read(json.dumps(one))) for one in spoilt(whole)]
    assert sum(map(bool, told)) > 100
    assert [one for problems in told for one in raw_words(problems)] == []


def test_an_answer_that_is_left_out_is_told_beside_its_field(lab: Lab) -> None:
    page = next(one for one in PAGES if one.name == "mine")
    for left_out, field in (({"staff": 1}, "staff"), ({"posts": 1}, "posts"), ({}, "name")):
        form = {key: value for key, value in FORM.items() if key not in left_out} | ({} if left_out else {"name": ""})
        (found,) = problems_of(lambda form=form: page.ask({"form": form}, lab))
        assert (found.where, found.what) == (field, "this is not answered")
        assert found.allowed


@pytest.mark.parametrize(
    "what",
    [
        "is the number None",
        "string should match pattern '^[a-z]+$'",
        "input should be a valid list",
        "extra inputs are not permitted",
    ],
)
def test_raw_words_are_found_out(what: str) -> None:
    assert raw_words([Problem("here", what, "a list")])
