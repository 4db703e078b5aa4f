"""``docs/patterns.md`` says what the file of patterns says; a document that does not is caught."""

from pathlib import Path

import pytest

from experiments.keeping.blocks import ROOT, main, renewed
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.documents import BLOCKS, DOCUMENT
from experiments.patterns.reading import read_patterns

MADE = {"blocks": BLOCKS, "module": "experiments.patterns.documents"}


def text() -> str:
    return (ROOT / DOCUMENT).read_text(encoding="utf-8")


def test_the_document_is_up_to_date() -> None:
    assert main(["--check"], path=ROOT / DOCUMENT, **MADE) == 0


def test_every_block_pattern_and_cohort_stands_in_it() -> None:
    for name in BLOCKS:
        assert f"<!-- generated: {name} -->" in text()
    for one in read_patterns().patterns:
        assert f"| {one.id} |" in text()
    for name in COHORTS:
        assert f"| {name} |" in text()


def test_a_stale_document_is_caught_and_mended(tmp_path: Path) -> None:
    path = tmp_path / "patterns.md"
    path.write_text(text().replace("4.48 to 4.74", "4.0 to 5.0"), encoding="utf-8")
    assert main(["--check"], path=path, **MADE) == 1
    assert main([], path=path, **MADE) == 0
    assert path.read_text(encoding="utf-8") == text()
    assert main([], path=path, **MADE) == 0


def test_a_block_that_nothing_makes_or_nobody_closes_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing makes the block 'rest'"):
        renewed("<!-- generated: rest -->\n<!-- end -->", BLOCKS)
    with pytest.raises(ValueError, match="not every one is closed"):
        renewed("<!-- generated: cohorts -->\n", BLOCKS)
