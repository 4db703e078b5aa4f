"""Text of people stands in a Markdown table as it was written, whatever signs it has."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sim.columns import Column, Table
from sim.markdown import code, literal, table
from sim.store.writer import write_codebook

AWKWARD = [
    "A|B", "<script>alert(1)</script>", "Café `x` ``y``", "line\nbreak\r\nand\ttab", "*bold* _it_ __x__ ~~no~~ [a](b) ![c](d)",
    "$x$ and $5", "&amp; &lt;", "\\| back\\slash", "<!-- no comment", "a_b_c", "http://x.example/<b>", "`", "|", "\u2028x",
]  # fmt: skip


class Cells(HTMLParser):
    """Texts of the cells of a page's tables, and the elements that are no part of a table."""

    def __init__(self):
        super().__init__()
        self.cells, self.others = [], []

    def handle_starttag(self, tag, attrs):
        if tag == "td":
            self.cells.append("")
        elif tag not in {"table", "thead", "tbody", "tr", "th", "td"}:
            self.others.append(tag)

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data.strip("\n")


def read(text):
    """What a reader of Markdown makes of a text."""
    page = Cells()
    page.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    page.close()
    return page


def shown(cells):
    """What a reader of Markdown makes of one row of a table."""
    return read(f"|{'a|' * len(cells)}\n|{'---|' * len(cells)}\n" + "| " + " | ".join(cells) + " |\n")


def plain(text):
    return " ".join(text.split())


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_reads_as_written(text):
    page = shown([literal(text), "end"])
    assert [plain(cell) for cell in page.cells] == [plain(text), "end"]
    assert page.others == []
    page = shown(["begin", code(text)])
    assert plain(page.cells[0]) == "begin"
    assert page.others == ["code"]


def test_control_text_that_is_not_escaped_reads_otherwise():
    wrong = [text for text in AWKWARD if [plain(cell) for cell in shown([text, "end"]).cells] != [plain(text), "end"]]
    assert len(wrong) >= 9


def test_a_table_shows_every_cell_and_sets_numbers_to_the_right():
    page = read(table(("what", "how many"), [("a|b and <i>", "1"), (code("c|d <e>"), "2\n3"), (literal("a|b"), "x")], right=[1]))
    assert page.cells == ["a|b and <i>", "1", "c|d <e>", "2 3", "a|b", "x"]
    assert page.others == ["code"]
    assert table(("a", "b"), [("1 | 2", "<i>\nx")], right=(1,)) == "| a | b |\n|---|---:|\n| 1 \\| 2 | &lt;i> x |"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1).filter(lambda text: text.strip()))
def test_any_text_reads_as_written(text):
    page = shown([literal(text), "end"])
    assert [plain(cell) for cell in page.cells] == [plain(text), "end"]


def test_labels_of_a_codebook_are_as_the_user_wrote_them(tmp_path):
    labels = tuple(text for text in AWKWARD if "\u2028" not in text)[:12]
    services = Table("of_services", ("service",), (Column("service", "i2", "category", "Service.", labels),), "All of <them>.")
    names = replace(services.columns[0], name="a|`b`", categories=())
    write_codebook(tmp_path, [replace(services, columns=(*services.columns, names))])
    page = read((tmp_path / "codebook.md").read_text("utf-8"))
    assert set(page.others) == {"h1", "h2", "p", "code"}
    assert len(page.cells) == 10
    assert plain(page.cells[4]).startswith(plain(f"Service. Labels: {', '.join(labels)}"))
    assert page.cells[5] == "a|`b`"
