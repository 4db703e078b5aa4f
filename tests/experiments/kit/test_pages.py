"""Pages that may fail: what of them failed is named, letters that the font lacks are said."""

from pathlib import Path

import pytest

from experiments.kit.files import Pages, pages_are_made
from sim.figures import NotMade, Picture, Pictures
from sim.figures.files import FigureFiles, figure_files


def fails() -> Picture:
    raise ValueError("on purpose")


def test_a_picture_that_fails_is_named_and_the_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    def page() -> Pictures:
        several = Pictures(), Pictures()
        several[0].add("good", lambda: Picture("good", "", "", "", Path("a.png"), Path("a.svg"), missing="東"))
        several[1].add("bad", fails)
        return Pictures.joined(several)

    pages = Pages()
    pages.make("report", page)
    said = capsys.readouterr().err
    assert "bad could not be made (ValueError: on purpose); the tables are there" in said
    assert "no signs for 東" in said
    assert (pages.status, [str(one) for one in pages.not_made]) == (1, ["bad could not be made (ValueError: on purpose)"])


def test_a_sound_page_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pages = Pages()
    pages.make("report", Pictures)
    pages.make("page without pictures", lambda: None)
    assert (pages.status, capsys.readouterr().err) == (0, "")


def test_a_page_that_fails_as_a_whole(capsys: pytest.CaptureFixture[str]) -> None:
    pages = Pages("`sustain merge` tries again")
    pages.make("report", lambda: Pictures([fails()]))
    assert (
        "report could not be made (ValueError: on purpose); the tables are there, and `sustain merge`" in capsys.readouterr().err
    )


def test_pages_are_made_when_nothing_failed_and_the_files_are_those_that_are_asked() -> None:
    usual, wide = FigureFiles(), FigureFiles(width=30.0)
    assert pages_are_made({"not_made": []})
    assert pages_are_made({"figures": usual.as_plain()})
    assert not pages_are_made({"figures": wide.as_plain()})
    assert not pages_are_made({"not_made": [str(one) for one in Pages.not_tried("report").not_made]})
    assert Pages.not_tried("report").not_made == [NotMade("report", "not tried yet")]
    with figure_files(wide):
        assert pages_are_made({"figures": wide.as_plain()})
        assert not pages_are_made({"not_made": []})
