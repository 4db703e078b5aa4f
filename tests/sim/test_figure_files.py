"""Figures in the formats and at the width that are asked, the pages with their pictures whatever is asked."""

import re

import pytest
from pypdf import PdfReader

from sim.figures.files import DRAWN_WIDTH, FigureFiles, asked_files, figure_files, read_files
from sim.figures.style import drawing, save
from sim.problems import BadInput
from sim.remake import draw
from sim.runs import run
from sim.store.reader import check_folder
from tests.small_scenarios import small_scenario

CM = 72 / 2.54


def drawn(folder, files=None):
    """A figure of the usual width with a title, written as asked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with drawing(), figure_files(files or FigureFiles()):
        figure = Figure(figsize=(DRAWN_WIDTH, 3))
        FigureCanvasAgg(figure)
        figure.add_subplot().set_title("months")
        picture = save(figure, folder, "one", title="One", caption="", alternative="")
        return picture, picture.svg.read_bytes()


def points(svg):
    return [float(one) for one in re.findall(rb'(?:width|height)="([0-9.]+)pt"', svg[:1000])]


def enlarged(path):
    """Size of a PDF's page in points, and by how much what is on it is scaled."""
    (page,) = PdfReader(path).pages
    first = next((one for one, name in page.get_contents().operations if name == b"cm"), [1.0])
    return [float(page.mediabox.width), float(page.mediabox.height)], float(first[0])


def test_usual_files_are_as_they_are_laid_out(tmp_path):
    picture, svg = drawn(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"one.svg", "one.png"}
    assert picture.svg == tmp_path / "one.svg"
    assert points(svg) == [648, 216]


@pytest.mark.parametrize("width", [8.5, 17.4, 40.0])
def test_every_format_has_the_width_that_is_asked(width, tmp_path):
    from PIL import Image

    _, page = drawn(tmp_path, FigureFiles(("svg", "png", "pdf"), width))
    wanted = [pytest.approx(width * CM, rel=1e-4), pytest.approx(width * CM / 3, rel=1e-4)]
    assert points((tmp_path / "one.svg").read_bytes()) == wanted
    size, scale = enlarged(tmp_path / "one.pdf")
    assert size == wanted
    assert scale == pytest.approx(width / (DRAWN_WIDTH * 2.54), rel=1e-4)
    with Image.open(tmp_path / "one.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.width == pytest.approx(width / 2.54 * 300, abs=1)
    assert points(page) == [648, 216]  # a page shows it as it is laid out
    assert b'viewBox="0 0 648 216"' in (tmp_path / "one.svg").read_bytes()


def test_control_without_a_width_nothing_is_scaled(tmp_path):
    drawn(tmp_path, FigureFiles(("pdf",)))
    assert enlarged(tmp_path / "one.pdf") == ([648.0, 216.0], 1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["one.pdf"]


@pytest.mark.parametrize("width", [None, 12.0])
def test_same_bytes_each_time(width, tmp_path):
    files = FigureFiles(("svg", "png", "pdf"), width)
    for name in ("a", "b"):
        drawn(tmp_path / name, files)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_page_has_its_pictures_whatever_is_asked(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(small_scenario("Ours"), encoding="utf-8")
    with figure_files(read_files("pdf", "120mm")):
        made = run(path, replicates=2, months=12, out=tmp_path / "run")
    assert made.not_made == ()
    assert {path.suffix for path in (tmp_path / "run" / "figures").iterdir()} == {".pdf"}
    text = made.report.read_text(encoding="utf-8")
    assert text.count("data:image/svg+xml") >= 4
    assert check_folder(tmp_path / "run", deep=True) == []
    assert asked_files() == FigureFiles()
    draw(tmp_path / "run")  # the same page comes of the usual files: the control
    assert {path.suffix for path in (tmp_path / "run" / "figures").iterdir()} == {".svg", ".png"}
    assert made.report.read_text(encoding="utf-8").count("data:image/svg+xml") == text.count("data:image/svg+xml")


@pytest.mark.parametrize(
    ("formats", "width", "files"),
    [
        ("pdf", "17.4cm", FigureFiles(("pdf",), 17.4)),
        (["pdf", " PNG , pdf"], "174 mm", FigureFiles(("pdf", "png"), 17.4)),
        (None, "6.85in", FigureFiles(("svg", "png"), 17.399)),
        ("svg", 12, FigureFiles(("svg",), 12.0)),
    ],
)
def test_as_a_person_writes_it(formats, width, files):
    assert read_files(formats, width) == files


@pytest.mark.parametrize(
    ("formats", "width", "count"),
    [("jpg", None, 1), ("", None, 1), ("png,,pdf", "wide", 2), (None, "7.9", 1), (None, "0", 1), (None, "-12", 1),
     (None, "101cm", 1), (None, "17 pt", 1), (None, "1e9", 1), (None, "nan", 1), ("tiff,jpg", "9" * 400, 3)],
)  # fmt: skip
def test_what_cannot_be_is_refused(formats, width, count):
    with pytest.raises(BadInput) as caught:
        read_files(formats, width)
    assert len(caught.value.problems) == count
    assert all(one.where.startswith("--figure-") and one.allowed for one in caught.value.problems)


def test_small_letters_are_said():
    assert "2.8 points" in FigureFiles(width=8.0).note
    assert FigureFiles(width=17.4).note == FigureFiles().note == ""
