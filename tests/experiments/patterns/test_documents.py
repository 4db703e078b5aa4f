"""``docs/patterns.md`` says what the file of patterns says; a document that does not is caught."""

import pytest

from experiments.keeping.blocks import ROOT, renewed
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.documents import DOCUMENT, blocks
from experiments.patterns.reading import read_patterns


def text() -> str:
    return (ROOT / DOCUMENT).read_text(encoding="utf-8")


def test_every_pattern_and_cohort_stands_in_it() -> None:
    for one in read_patterns().patterns:
        assert f"| {one.id} |" in text()
    for name in COHORTS:
        assert f"| {name} |" in text()


def test_a_block_that_nothing_makes_or_nobody_closes_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing makes the block 'rest'"):
        renewed("<!-- generated: rest -->\n<!-- end -->", blocks())
    with pytest.raises(ValueError, match="not every one is closed"):
        renewed("<!-- generated: cohorts -->\n", blocks())
