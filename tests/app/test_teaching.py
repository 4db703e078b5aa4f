"""The teaching guide: its links are read by the pages that they lead to, and its numbers are those of the product."""

import re

import pytest

from app.pages.lab import Lab
from experiments.keeping.blocks import ROOT
from experiments.trials.reading import shipped
from sim.problems import BadInput
from tests import teaching

TEXTS = teaching.texts()
LINKS = [(page, link) for page, text in TEXTS.items() for link in teaching.links(text)]
STATIC = ROOT / "app" / "static"
QUICK = ("walk", "why")
"""Pages whose numbers are quick as they stand; of two worlds, those after a few pairs are."""


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab()


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_is_read_by_its_page(lab: Lab, page: str, link: str) -> None:
    assert teaching.ask(link, lab).last >= 1
    name, state = teaching.read(link)
    assert set(state) <= teaching.SENT[name] | teaching.SHOWN.get(name, set()), page


def test_every_session_has_links_that_open_what_they_say() -> None:
    for page, text in TEXTS.items():
        assert list(map(teaching.read, teaching.links(text))) == list(map(teaching.read, teaching.opened(text))), page
    assert {page for page, _ in LINKS} >= {"session-1.md", "session-2.md"}


def test_a_link_that_says_what_cannot_be_is_found_out(lab: Lab) -> None:
    link = next(link for _, link in LINKS if "protected-time" in link)
    with pytest.raises(BadInput):
        teaching.ask(link.replace("protected-time", "magic"), lab)
    with pytest.raises(KeyError):
        teaching.ask(link.replace("two-worlds", "no-such-page"), lab)


@pytest.mark.parametrize("name", teaching.SENT)
def test_pages_read_from_their_link_what_links_say(name: str) -> None:
    module = (STATIC / f"{name}.js").read_text(encoding="utf-8") + (STATIC / "life.js").read_text(encoding="utf-8")
    for key in teaching.SENT[name] | teaching.SHOWN.get(name, set()):
        assert re.search(rf'state\.{key}\b|"{key}"', module), key


def test_numbers_stand_in_the_guide() -> None:
    names = [one.name for one in teaching.numbers()]
    assert len(set(names)) == len(names)
    for one in teaching.numbers():
        assert one.says in TEXTS[one.page], one.name
        if teaching.of_the_lab(one.source) and one.page.startswith("session"):
            same = [teaching.read(one.source) == teaching.read(link) for link in teaching.links(TEXTS[one.page])]
            assert any(same), f"{one.name}: no link of the page leads there"
        if one.command:
            assert one.command in TEXTS[one.page], one.name


@pytest.mark.engine
def test_quick_numbers_are_what_the_lab_says(lab: Lab) -> None:
    quick = [one for one in teaching.numbers() if one.few or one.source.startswith(QUICK)]
    expected = {one.name: one.few or one.says for one in quick}
    assert {one.name: said for one, said in teaching.computed(lab, quick, teaching.FEW)} == expected
    other = next(link for _, link in LINKS if '"facilitator"' in link)  # the control: another dose gives other numbers
    told = teaching.values("two-worlds", teaching.told(other.replace('"dose":1', '"dose":0.5'), lab, teaching.FEW))
    (form,) = [one.form for one in teaching.numbers() if one.name == "facilitator"]
    assert teaching.as_said(form, told) != expected["facilitator"]


def test_no_difference_is_quoted_that_nothing_checks() -> None:
    """Differences with an interval, and shares with an error, are all in the file of numbers."""
    said = " ".join(one.says for one in teaching.numbers())
    for page, text in TEXTS.items():
        if page == "README.md":  # quotes one to explain how it is read
            continue
        for quoted in re.findall(r"[+−]?\d[\d.]*(?: %)? \([^)]*(?:to|standard error)[^)]*\d\)|\d+ % ± \d+", text):
            assert quoted in said, f"{page}: {quoted}"


def test_what_is_named_is_on_the_pages() -> None:
    words = (STATIC.parent / "texts.toml").read_text(encoding="utf-8")
    begun = "Show|Predict first|Until|Raise it|Follow-up|Training of|What you|Hours it|How sure|Patients of|Next"
    buttons = rf"\*((?:{begun})[^*]*)\*"
    for page in ("session-1.md", "session-2.md"):
        found = re.findall(buttons, TEXTS[page])
        assert found, page
        for named in found:
            assert " ".join(named.split()) in words, f"{page}: {named}"
    assert set(re.findall(r"sustain trial ([a-z]+-\d+)", TEXTS["session-3.md"])) <= set(shipped())


def test_every_sheet_and_session_says_that_it_is_no_evidence() -> None:
    for page, text in TEXTS.items():
        if page.startswith(("sheet", "session")):
            assert "no evidence" in text, page
