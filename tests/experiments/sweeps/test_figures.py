import dataclasses

import matplotlib as mpl
import numpy as np
import pytest

from experiments.sweeps import areas, figures, glance, over_time, spread
from experiments.sweeps.digest import Digest
from experiments.sweeps.figures import draw_all
from experiments.sweeps.study import from_machine_form
from sim.figures.files import FigureFiles, figure_files
from sim.figures.style import Picture, drawing
from tests.experiments.sweeps.made_up import made_up
from tests.thoroughly import some

MANY = ("nine-services", "all-active", "all-passive", "high-turnover", "demanding-patients")
ALWAYS = ["uses", "fidelity", "survival", "survival-gap", "states", "survival-abandoned"]
CASES = {
    "factorial": ({"kind": "factorial", "many": 3, "replicates": 20, "months": 36}, ["scenarios", "effects", "heat", *ALWAYS]),
    "one factor": ({"kind": "factorial", "many": 1, "scenarios": MANY[:1], "months": 36}, ["effects", *ALWAYS]),
    "one at a time": ({"kind": "one-at-a-time", "many": 4, "months": 36}, ["scenarios", "tornado-1", "tornado-2", *ALWAYS]),
    "spread": (
        {"kind": "latin-hypercube", "many": 4, "points": 24, "months": 36},
        ["scenarios", "scatter-1", "scatter-2", *ALWAYS],
    ),
    "many scenarios": (
        {"kind": "sobol", "many": 2, "points": 16, "scenarios": MANY}, ["scenarios", "scatter-1", "scatter-2", *ALWAYS]
    ),
    "no design": ({"kind": None, "months": 30}, ["scenarios", *ALWAYS]),
    "one run": ({"kind": None, "scenarios": MANY[:1], "replicates": 1}, ALWAYS),
    "no aggregates": ({"kind": "factorial", "many": 2, "aggregates": False}, ["scenarios", "effects", "heat"]),
}  # fmt: skip


def digest_of(**given):
    study, frames, _ = made_up(**given)
    return Digest(from_machine_form(study), frames)


def texts_in(figure):
    """Every text that is drawn, with its box in pixels."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    found = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for axes in figure.axes:
        if not axes.axison:
            continue
        found += [axes.title, axes._left_title, axes._right_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        for axis in (axes.xaxis, axes.yaxis):
            found += [label for tick in axis._update_ticks() for label in (tick.label1, tick.label2)]
    seen = [one for one in found if one.get_visible() and one.get_text().strip()]
    return [(one.get_text(), one.get_window_extent(renderer)) for one in seen]


def misplaced(figure):
    """What is cut off or covered; measured once, as measuring takes most of the time."""
    texts = texts_in(figure)
    return [*cut_off(figure, texts), *overlapping(figure, texts)]


def cut_off(figure, texts=None):
    """Texts that reach beyond the figure."""
    width, height = figure.get_size_inches() * figure.dpi
    slack = 1.0
    return [
        text
        for text, box in texts or texts_in(figure)
        if box.x0 < -slack or box.y0 < -slack or box.x1 > width + slack or box.y1 > height + slack
    ]


def overlapping(figure, texts=None):
    """Pairs of texts that cover each other by more than a hair."""
    texts = texts or texts_in(figure)
    found = []
    for at, (one, box) in enumerate(texts):
        for other, rest in texts[at + 1 :]:
            wide, high = min(box.x1, rest.x1) - max(box.x0, rest.x0), min(box.y1, rest.y1) - max(box.y0, rest.y0)
            if wide > 1.5 and high > 1.5:
                found.append((one, other))
    return found


@pytest.fixture
def looked_at(monkeypatch):
    """Figures by name, kept instead of written: writing is the slow part."""
    seen = {}

    def keep(figure, folder, name, *, title, caption, alternative):
        seen[name] = figure
        return Picture(name, title, caption, alternative, folder / f"{name}.png", folder / f"{name}.svg")

    for module in (areas, figures, spread, over_time):
        monkeypatch.setattr(module, "save", keep)
    return seen


def test_every_design_has_its_figures_and_no_text_is_cut_off_or_covered(tmp_path, looked_at):
    for case in some(list(CASES), 3):
        given, expected = CASES[case]
        pictures = draw_all(tmp_path, digest_of(**given))
        assert [one.name for one in pictures] == expected, case
        for one in pictures:
            assert len(one.caption) > 80
            assert len(one.alternative) > 30
            assert "nan" not in one.caption + one.alternative
            with mpl.rc_context({"font.family": ["DejaVu Sans"]}):
                assert misplaced(looked_at[one.name]) == [], case


def test_long_names_fit(tmp_path, looked_at):
    long = [
        "every-service-with-another-leader-and-twice-the-turnover-1",
        "every-service-with-another-leader-and-twice-the-turnover-2",
    ]
    for kind in some(["factorial", "one-at-a-time", "latin-hypercube"], 1):
        study, frames, _ = made_up(kind, many=2, replicates=10, points=12, months=36, aggregates=kind == "factorial")
        for form, name in zip(study["scenarios"], long, strict=True):
            form["name"] = name
        for name in frames:
            frames[name]["scenario"] = frames[name]["scenario"].cat.rename_categories(long)
        digest = Digest(from_machine_form(study), frames)
        wordy = "services.The Community Mental Health Centre of the Old Town North.autonomy_support_shift"
        digest.factors = (
            dataclasses.replace(digest.factors[0], name=wordy, kind="service", unit="share -1-1"),
            *digest.factors[1:],
        )
        for one in draw_all(tmp_path, digest):
            assert misplaced(looked_at[one.name]) == []


@pytest.mark.portable
def test_texts_that_are_cut_off_or_covered_would_be_noticed(tmp_path, looked_at):
    draw_all(tmp_path, digest_of(**CASES["no aggregates"][0]))
    figure = looked_at["effects"]
    axis = figure.axes[0]
    axis.set_title("far too long for this panel " * 6)
    assert any("too long" in text for text in cut_off(figure))
    axis.annotate("over it", (0.5, 0.5), xycoords="axes fraction")
    axis.annotate("over it too", (0.5, 0.5), xycoords="axes fraction")
    assert ("over it", "over it too") in overlapping(figure)


@pytest.mark.portable
def test_the_same_tables_give_the_same_bytes_and_others_do_not(tmp_path):
    given = {"kind": "latin-hypercube", "many": 2, "points": 8, "replicates": 10, "scenarios": MANY[:1], "months": 36}
    before = dict(mpl.rcParams)
    first, again = draw_all(tmp_path / "a", digest_of(**given)), draw_all(tmp_path / "b", digest_of(**given))
    assert dict(mpl.rcParams) == before
    digest = digest_of(**given)
    spells = ("events", "gap_events", "given_up_events")
    counted = {"summary": ("mean",), "tallies": ("total",), "survival_counts": spells, "fidelity_counts": ("services",)}
    for name, columns in counted.items():
        turned = {column: digest.frames[name][column].to_numpy()[::-1] for column in columns}
        digest.frames[name] = digest.frames[name].assign(**turned)
    with figure_files(FigureFiles(("png",))):
        other = draw_all(tmp_path / "c", digest)
    for one, same, changed in zip(first, again, other, strict=True):
        assert one.png.read_bytes() == same.png.read_bytes()
        assert one.svg.read_bytes() == same.svg.read_bytes()
        assert one.png.read_bytes().startswith(b"\x89PNG")
        assert b"<dc:date>" not in one.svg.read_bytes()
        assert one.png.read_bytes() != changed.png.read_bytes()


@pytest.mark.portable
def test_scatter_says_what_it_samples(tmp_path):
    digest = digest_of(kind="latin-hypercube", many=2, points=2000, aggregates=False, outcomes=("share_kept_going",))
    pictures = {one.name: one for one in draw_all(tmp_path, digest)}
    assert "750 of 2,000 points are drawn; lines and correlations are of all of them." in pictures["scatter-1"].caption
    assert pictures["scatter-1"].svg.stat().st_size < 500_000


@pytest.mark.portable
def test_gaps_are_left_out(tmp_path):
    digest = digest_of(kind="factorial", many=2, aggregates=False)
    table = digest.frames["summary"]
    digest.frames["summary"] = table.assign(mean=np.where(table["point"] % 3 == 0, np.nan, table["mean"]), mcse=np.nan)
    assert [one.name for one in draw_all(tmp_path, digest)] == CASES["no aggregates"][1]


@pytest.mark.portable
def test_levels_without_any_run_are_gaps(tmp_path, looked_at):
    digest = digest_of(kind="one-at-a-time", many=3, aggregates=False)
    table, factor = digest.frames["summary"], digest.factors[0]
    lost = np.flatnonzero(factor.values == factor.levels[0])
    digest.frames["summary"] = table[~table["point"].isin(lost)]
    pictures = {one.name: one for one in draw_all(tmp_path, digest)}
    assert "Bars of differences, strongest factors first. protected time: up to" in pictures["tornado-1"].alternative
    # a scenario in which every run failed
    for kind in ("one-at-a-time", "factorial"):
        digest = digest_of(kind=kind, many=2, aggregates=False)
        table = digest.frames["summary"]
        digest.frames["summary"] = table[table["scenario"] != "nine-services"]
        pictures = draw_all(tmp_path, digest)
        assert len(pictures) == 3
        assert not any("nan" in one.alternative for one in pictures)


@pytest.mark.portable
def test_counts_say_that_members_have_no_weights(tmp_path, looked_at):
    def captions(weights):
        digest = digest_of(kind="sobol", many=2, points=8, members=3, months=36)
        ensemble = dataclasses.replace(digest.study.ensemble, weights=np.array(weights))
        digest.study = dataclasses.replace(digest.study, ensemble=ensemble)
        return {one.name for one in draw_all(tmp_path, digest) if "members unweighted" in one.caption}

    assert captions([0.5, 1.0, 1.5]) == set(ALWAYS)
    assert captions([1.0, 1.0, 1.0]) == set()


@pytest.mark.portable
def test_words_that_are_not_shown_are_told(tmp_path, looked_at):
    cases = [("factorial", "Only the first 4 of the 6 words"), ("one-at-a-time", "Only 2 of the 6 words")]
    for kind, expected in some(cases, 1):
        words_are_told(kind, expected, tmp_path)


def words_are_told(kind, expected, tmp_path):
    digest = digest_of(kind=kind, many=4 if kind == "one-at-a-time" else 2, months=36)
    values = np.arange(digest.points) % 6 * 1.0
    if kind == "one-at-a-time":
        values = np.concatenate([[np.nan], values[:-1]])
    words = dataclasses.replace(digest.factors[0], name="who", labels=tuple("abcdef"), values=values)
    digest.factors = (words,)
    for one in draw_all(tmp_path, digest):
        assert (expected in one.caption) == (one.name in ALWAYS)
    assert not any("Only" in one.caption for one in draw_all(tmp_path, digest_of(kind=kind, many=2, months=36)))


@pytest.mark.portable
def test_the_small_picture_is_not_cut_off(monkeypatch):
    drawn = []

    def keep(draw, *, caption, alternative):
        with drawing():
            drawn.append(draw())
        assert caption
        assert alternative

    monkeypatch.setattr(glance, "answer_picture", keep)
    for case in some(list(CASES), 3):
        drawn.clear()
        glance.glance(digest_of(**CASES[case][0]))
        assert cut_off(drawn[0]) == [], case
        letters = [text.get_fontsize() for text in drawn[0].findobj(mpl.text.Text) if text.get_text().strip()]
        assert min(letters) >= 9, case


@pytest.mark.portable
def test_a_map_shows_its_errors_and_one_scale(tmp_path):
    picture = figures.heat(digest_of(**CASES["factorial"][0]), tmp_path)
    assert "±: one Monte Carlo standard error" in picture.caption
    assert "All panels have one scale." in picture.caption
    single = figures.heat(digest_of(kind="factorial", many=2, replicates=1), tmp_path)
    assert "How far chance moves a cell is not known." in single.caption
