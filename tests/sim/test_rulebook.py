"""The hash of the rules: what counts as a change, and which changes are proven to move no number."""

import json
import re

import pytest

from sim import rulebook
from sim.cache import FOLDER_VARIABLES, sources_hash
from sim.parameters import read_table
from sim.rulebook import PROVEN_EQUAL, RULES, SECOND_VERSION, Equal, mechanisms_of, rules_hash, same_rules, same_settings
from sim.scenario import read_scenario

CODES = "from typing import Final\n\nWAITING: Final = 3\nNONE: Final = -1\nLONG: Final = 2.0\n"
MONTH = "def f(x):\n    return 2 * x if x <= 3 else -1\n"


@pytest.fixture
def hashed(tmp_path):
    (tmp_path / "months").mkdir()
    for name in RULES:
        if "*" not in name:
            (tmp_path / name).write_text("def r(x):\n    return x\n", encoding="utf-8")

    def of(month, codes=CODES):
        (tmp_path / "codes.py").write_text(codes, encoding="utf-8")
        (tmp_path / "months" / "deciding.py").write_text(month, encoding="utf-8")
        return rules_hash(tmp_path)

    return of


def test_comments_layout_and_documentation_do_not_count(hashed):
    text = '"""What it is."""\n\ndef f(x):\n    """Double."""\n    # why\n    return (\n        2 * x if x <= 3 else -1)\n'
    assert hashed(text) == hashed(MONTH)


@pytest.mark.parametrize(
    "text",
    [
        "from sim.codes import NONE, WAITING\n\ndef f(x):\n    return 2 * x if x <= WAITING else NONE\n",
        "from sim.codes import WAITING as W\n\ndef f(x):\n    return 2 * x if x <= W else -1\n",
        "MOST: Final = 3\n\ndef f(x):\n    return 2 * x if x <= MOST else -1\n",
    ],
)
def test_the_name_of_a_whole_number_does_not_count(hashed, text):
    assert hashed(text) == hashed(MONTH)


def test_what_can_change_a_number_counts(hashed):
    named = "from sim.codes import WAITING\n\ndef f(x):\n    return 2 * x if x <= WAITING else -1\n"
    others = [
        hashed(MONTH),
        hashed(MONTH.replace("2 * x", "3 * x")),
        hashed(MONTH.replace("2 * x", "x * 2")),
        hashed(MONTH.replace("2 * x", "2.0 * x")),
        hashed(MONTH.replace("2 * x", "'2 * x'")),
        hashed(MONTH.replace("-1", "1")),
        hashed(MONTH.replace("<= 3", "<= True")),
        hashed(named, CODES.replace("3", "4")),
        hashed(named.replace("WAITING", "LONG")),
        hashed(named.replace("WAITING", "OTHER")),
    ]
    assert len(set(others)) == len(others)


def test_a_file_more_counts(hashed, tmp_path):
    before = hashed(MONTH)
    (tmp_path / "months" / "more.py").write_text("", encoding="utf-8")
    assert rules_hash(tmp_path) != before


@pytest.mark.parametrize("name", ["rules.py", "order.py", "streams.py", "addresses.py", "tape.py", "portable.py"])
def test_each_file_that_decides_numbers_counts(hashed, tmp_path, name):
    before = hashed(MONTH)
    (tmp_path / name).write_text("def r(x):\n    return 2.0 * x\n", encoding="utf-8")
    assert rules_hash(tmp_path) != before
    (tmp_path / "other.py").write_text("def r(x):\n    return 2.0 * x\n", encoding="utf-8")
    (tmp_path / name).write_text("def r(x):\n    return x\n", encoding="utf-8")
    assert rules_hash(tmp_path) == before  # the control: another file does not


def test_of_a_stage_what_runs_for_whom_counts_and_not_how_it_is_told(hashed, tmp_path):
    def with_order(text):
        hashed(MONTH)
        (tmp_path / "order.py").write_text(f"ORDER = ({text})\n", encoding="utf-8")
        return rules_hash(tmp_path)

    first = with_order('Stage("service", "f", 1, "one"), Stage("leader", "g", 1, "two")')
    assert with_order('Stage("service", "f", 2, "in other words"), Stage("leader", "g", 1, "two")') == first
    assert with_order('Stage("leader", "g", 1, "two"), Stage("service", "f", 1, "one")') != first
    assert with_order('Stage("patient", "f", 1, "one"), Stage("leader", "g", 1, "two")') != first


def test_the_hash_is_kept_for_the_same_bytes_of_all_sources_only(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLES[0], str(tmp_path / "new"))
    made = []
    monkeypatch.setattr(rulebook, "rules_hash", lambda: made.append(1) or f"{len(made):064x}")
    kept, ask = tmp_path / "new" / rulebook.KEPT_HASH, rulebook.present_rules.__wrapped__
    assert ask() == ask() == f"{1:064x}"
    assert json.loads(kept.read_text(encoding="utf-8")) == {"sources": sources_hash(left_out=()), "rules": f"{1:064x}"}
    assert [one.name for one in kept.parent.iterdir()] == [kept.name]
    wrong = [
        '{"sources": "',
        "[1]",
        "null",
        "[" * 100_000,
        "\udcff",
        json.dumps({"sources": sources_hash(left_out=()), "rules": 3}),
    ]
    for number, text in enumerate(wrong, 2):
        kept.write_bytes(text.encode("utf-8", "surrogateescape"))
        assert ask() == ask() == f"{number:064x}"
    monkeypatch.setattr(rulebook, "sources_hash", lambda **_: "others")
    assert ask() == f"{len(wrong) + 2:064x}"
    monkeypatch.setenv(FOLDER_VARIABLES[0], str(kept / "below a file"))  # nothing can be kept there
    assert ask() != ask()


def test_every_source_counts_for_the_kept_hash(tmp_path):
    (tmp_path / "words.py").write_text("A = 1\n", encoding="utf-8")
    before = sources_hash(tmp_path, left_out=())
    compiled = sources_hash(tmp_path)
    (tmp_path / "words.py").write_text("A = 2\n", encoding="utf-8")
    assert sources_hash(tmp_path, left_out=()) != before
    assert sources_hash(tmp_path) == compiled  # the control: what is never compiled does not count for machine code


def test_rules_are_the_same_by_a_chain_of_proofs_that_ends_at_the_present():
    now = rules_hash()
    chain = (Equal("first", "second", "shown"), Equal("second", now, "shown"))

    def same(recorded, known):
        return same_rules(recorded, on=(), known=known)

    assert same(now, ())
    assert same("first", chain)
    assert not same("first", chain[:1])
    assert not same("first", chain[1:])
    assert not same("unknown", chain)
    assert not same("first", (Equal("first", "second", "shown"), Equal("second", "first", "back again")))


def test_a_proof_holds_of_results_in_which_its_mechanisms_are_off():
    now = rules_hash()
    chain = (Equal("first", "second", "shown"), Equal("second", now, "shown", off=("expansion", "feedback")))
    assert same_rules("second", on={"turnover", "fading"}, known=chain)
    for on in ({"expansion"}, {"turnover", "feedback"}):
        assert not same_rules("second", on=on, known=chain)
        assert not same_rules("first", on=on, known=chain)
        assert same_rules(now, on=on, known=chain)  # the very same rules need no proof
        assert same_rules("first", on=on, known=(Equal("first", now, "shown"),))  # the control: a pair without such a scope


def test_what_was_proven_with_the_second_version_off_is_asked_of_every_former_hash():
    table = read_table()
    assert set(SECOND_VERSION) <= set(table.switches)
    usual = {name for name in table.switches if name not in SECOND_VERSION}
    assert all(same_rules(pair.before, on=usual) for pair in PROVEN_EQUAL)
    last = max(at for at, pair in enumerate(PROVEN_EQUAL) if pair.off)  # what came later was proven with everything on
    for name in SECOND_VERSION:
        assert not any(same_rules(pair.before, on=usual | {name}) for pair in PROVEN_EQUAL[: last + 1]), name
    assert PROVEN_EQUAL[last + 1 :]
    assert all(same_rules(pair.before, on=table.switches) for pair in PROVEN_EQUAL[last + 1 :])


def test_mechanisms_of_scenarios_are_those_on_in_one_of_them():
    one, grown = read_scenario("nine-services", overrides={"switch.expansion": "off"}), read_scenario("nine-services")
    assert mechanisms_of([one, grown]) - mechanisms_of([one]) == {"expansion"}
    assert "turnover" in mechanisms_of([one])
    assert "turnover" not in mechanisms_of([read_scenario("nine-services", overrides={"switch.turnover": "off"})])
    # the hash of a scenario holds which are on, so that the one with a mechanism on is in no proven pair
    assert not same_settings(one.hash, grown.hash)


def test_every_proof_is_of_two_hashes_and_says_what_was_run():
    for pair in PROVEN_EQUAL:
        assert re.fullmatch("[0-9a-f]{64}", pair.before)
        assert re.fullmatch("[0-9a-f]{64}", pair.after)
        assert len(pair.proof) > 40
