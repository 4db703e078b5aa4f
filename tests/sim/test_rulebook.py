"""The hash of the rules: what counts as a change, and which changes are proven to move no number."""

import re

import pytest

from sim.rulebook import PROVEN_EQUAL, Equal, rules_hash, same_rules

CODES = "from typing import Final\n\nWAITING: Final = 3\nNONE: Final = -1\nLONG: Final = 2.0\n"
MONTH = "def f(x):\n    return 2 * x if x <= 3 else -1\n"


@pytest.fixture
def hashed(tmp_path):
    (tmp_path / "months").mkdir()
    (tmp_path / "rules.py").write_text("def r(x):\n    return x\n", encoding="utf-8")

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


def test_rules_are_the_same_by_a_chain_of_proofs_that_ends_at_the_present():
    now = rules_hash()
    chain = (Equal("first", "second", "shown"), Equal("second", now, "shown"))
    assert same_rules(now, ())
    assert same_rules("first", chain)
    assert not same_rules("first", chain[:1])
    assert not same_rules("first", chain[1:])
    assert not same_rules("unknown", chain)
    assert not same_rules("first", (Equal("first", "second", "shown"), Equal("second", "first", "back again")))


def test_every_proof_is_of_two_hashes_and_says_what_was_run():
    for pair in PROVEN_EQUAL:
        assert re.fullmatch("[0-9a-f]{64}", pair.before)
        assert re.fullmatch("[0-9a-f]{64}", pair.after)
        assert len(pair.proof) > 40
