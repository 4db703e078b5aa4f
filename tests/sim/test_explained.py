"""The figure of one history: every state and event can be read, nothing is cut off or covered, the same bytes each time."""

from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pytest

import sim
from sim.codes import LeaderType, PractitionerStatus, Use
from sim.figures.explained import (
    MOST_POSTS,
    MOST_TURNING,
    NARROW_WIDTH,
    caption_of,
    draw_explained,
    explained,
    in_words,
)
from sim.figures.explained_looks import LEADER_LOOKS, MARKS
from sim.figures.files import DRAWN_WIDTH
from sim.figures.style import STATUS_LOOKS, USE_LOOKS
from sim.why.happening import EARLY, LATE, Happening
from sim.why.story import Story, story
from tests.experiments.sweeps.test_figures import misplaced, overlapping

pytestmark = pytest.mark.portable

LONG = "The Community Mental Health Centre of the Old Town North and of all that lies around it"
WORDS = "somebody stops (needed: what was seen of patients' response, the prioritisation dilemma and a course that ended then)"


class Turn(NamedTuple):
    month: int
    words: str


class Fate(NamedTuple):
    months: np.ndarray
    risk: np.ndarray
    error: np.ndarray
    turning: tuple[Turn, ...]


def made_up(posts: int = 3, months: int = 84, *, reserve: int = 0, name: str = "North", events: bool = True) -> Story:
    """A story in which all states, types of leaders and marks occur; nobody lived it."""
    rng = np.random.default_rng(8)
    total = posts + reserve
    happenings = []
    if events:
        for at, kind in enumerate(MARKS):
            of_post = kind in {"leaves", "arrives", "trained"}
            who = "leader" if kind.startswith("leader") else "service"
            for month in rng.integers(1, months + 1, 3):
                post = int(rng.integers(0, total)) if of_post else -1
                part, becomes = (LATE, 5) if kind.endswith("leaves") else (EARLY, 6 if of_post else -1)
                happenings.append(Happening(int(month), who, kind, f"event {at}", post=post, becomes=becomes, part=part))
        happenings.append(Happening(12, "service", "support_ends", "the outside support ends", part=LATE))

    def runs(kinds: Any, rows: int) -> np.ndarray:
        return np.array([np.repeat(rng.permutation(len(kinds)), -(-months // len(kinds)))[:months] for _ in range(rows)])

    return Story(
        service=name,
        replicate=4,
        months=months,
        happenings=tuple(sorted(happenings, key=lambda one: one.month)),
        statuses=runs(PractitionerStatus, total),
        delivers=np.ones((total, months), bool),
        leaders=runs(LeaderType, 1)[0],
        state=np.zeros(months, "i8"),
        use=runs(Use, 1)[0],
        post_names=tuple(f"{name} {at + 1}" for at in range(total)),
        established=posts,
    )


def fate_of(months: int = 84, turning: tuple[int, ...] = (3, 4, 5, 30, 31, 80), words: str = WORDS) -> Fate:
    at = np.arange(0, months + 1, 3)
    risk = np.linspace(0.3, 1.0, len(at))
    return Fate(at, risk, np.full(len(at), 0.05), tuple(Turn(month, words) for month in turning))


CASES: dict[str, tuple[Story, Fate | None]] = {
    "usual": (made_up(), fate_of()),
    "without fate": (made_up(), None),
    "one post, few months": (made_up(1, 7), fate_of(7, (2,))),
    "no events": (made_up(events=False), fate_of(turning=())),
    "many posts": (made_up(60), fate_of()),
    "added posts": (made_up(2, reserve=2), None),
    "long names": (made_up(name=LONG), fate_of(words=" ".join([WORDS] * 6))),
    "two dollars": (made_up(name="$a$ b"), fate_of(words="$x$ leaves")),
}


@pytest.mark.parametrize("width", [DRAWN_WIDTH, NARROW_WIDTH])
@pytest.mark.parametrize("case", CASES)
def test_no_text_is_cut_off_or_covered(case: str, width: float) -> None:
    one, fate = CASES[case]
    figure = draw_explained(one, fate=fate, title=f"Service {one.service}: how it came to be given up", width=width)
    with mpl.rc_context({"font.family": ["DejaVu Sans"]}):
        assert misplaced(figure) == []
    assert len(figure.axes) == (1 if fate is None else 2)
    assert figure.get_figwidth() == width


def test_every_row_has_a_name_and_every_state_that_occurs_a_legend() -> None:
    one = made_up()
    figure = draw_explained(one, title="North")
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows == ["North 1", "North 2", "North 3", "leader", "the practice"]
    told = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert len(told) == len(STATUS_LOOKS) + len(LEADER_LOOKS) + len(USE_LOOKS) + len(set(MARKS.values())) + 1
    plain = made_up(events=False)._replace(leaders=np.zeros(84, "i8"), use=np.zeros(84, "i8"))
    told = [text.get_text() for legend in draw_explained(plain, title="North").legends for text in legend.get_texts()]
    assert told[-2:] == ["active", "operating"]


def test_bars_and_marks_stand_where_the_story_has_them() -> None:
    statuses = np.zeros((1, 10), "i8")
    statuses[0, 6:] = PractitionerStatus.STOPPED
    left = Happening(8, "North 1", "leaves", "North 1 leaves", post=0, becomes=5, part=LATE)
    come = Happening(9, "North 1", "arrives", "a successor comes", post=0, becomes=6)
    decided = Happening(7, "service", "stops_by_decision", "the service decides")
    one = made_up(1, 10, events=False)._replace(statuses=statuses, happenings=(decided, left, come))
    axis = draw_explained(one, title="North").axes[0]
    shapes = [path.vertices for found in axis.collections for path in found.get_paths()]
    bars = sorted((shape[:, 0].min(), shape[:, 0].max()) for shape in shapes if shape[:, 1].max() < 0.5)
    assert bars == [(0.0, 6.0), (6.0, 10.0)]
    marks = {line.get_marker(): line.get_xydata().tolist() for line in axis.lines if line.get_marker() not in {"", "None"}}
    assert marks["X"] == [[8.0, 0.0]]
    assert marks[">"] == [[8.0, 0.0]]
    assert marks["s"] == [[6.5, 2.0]]
    assert marks["D"] == []


def test_what_is_not_opened_is_not_drawn() -> None:
    one = made_up(2, 20, reserve=1, events=False)
    come = Happening(9, "North 3", "arrives", "somebody comes to the new post", post=2, becomes=6)

    def first_of_added(each: Story) -> float:
        paths = [path for found in draw_explained(each, title="North").axes[0].collections for path in found.get_paths()]
        return min((path.vertices[:, 0].min() for path in paths if 1.5 < path.vertices[:, 1].mean() < 2.5), default=-1.0)

    assert first_of_added(one._replace(happenings=(come,))) == 8.0
    assert first_of_added(one) == -1.0


def test_the_curve_is_what_fate_has() -> None:
    fate = fate_of()
    figure = draw_explained(made_up(), fate=fate, title="North")
    curve = figure.axes[1].lines[0]
    assert curve.get_xdata().tolist() == fate.months.tolist()
    assert curve.get_ydata().tolist() == fate.risk.tolist()
    numbers = [text.get_text() for text in figure.axes[1].texts]
    assert numbers == [str(at + 1) for at in range(len(fate.turning))]
    many = fate_of(turning=tuple(range(5, 85, 8)))
    assert len(draw_explained(made_up(), fate=many, title="North").axes[1].texts) == MOST_TURNING


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    one, fate = CASES["usual"]
    first, second = (explained(one, tmp_path / place, "why", fate=fate, title="North") for place in "ab")
    assert dict(mpl.rcParams) == before
    assert first.png.read_bytes() == second.png.read_bytes()
    assert first.svg.read_bytes() == second.svg.read_bytes()
    assert first.png.read_bytes().startswith(b"\x89PNG")
    assert b"<dc:date>" not in first.svg.read_bytes()
    other = explained(one._replace(use=one.use[::-1]), tmp_path / "c", "why", fate=fate, title="North")
    assert other.svg.read_bytes() != first.svg.read_bytes()


def test_the_caption_says_what_it_means_and_what_it_does_not() -> None:
    one, fate = CASES["usual"]
    caption = caption_of(one, fate)
    assert "does not prove" in caption
    assert "end of the outside support" in caption
    assert "The curve" not in caption_of(one)
    assert "Numbers mark" not in caption_of(one, fate_of(turning=()))
    assert "support" not in caption_of(made_up(events=False))
    assert f"The first {MOST_POSTS} of 60 posts" in caption_of(made_up(60))
    words = in_words(one, fate)
    assert "The risk begins at 30% and ends at 100%." in words
    assert "Month 30: somebody stops" in words
    assert "3 practitioners and 3 leaders who left" in words


def test_numbers_of_turning_months_stand_apart() -> None:
    fate = fate_of(turning=(79, 80, 81, 82, 83, 84))
    for width in (DRAWN_WIDTH, NARROW_WIDTH):
        assert overlapping(draw_explained(made_up(), fate=fate, title="Apart", width=width)) == []


def _grey(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_types_of_leaders_differ_in_print_without_colour() -> None:
    assert set(LEADER_LOOKS) == {kind.name.lower() for kind in LeaderType}
    looks = list(LEADER_LOOKS.values())
    for at, one in enumerate(looks):
        for other in looks[at + 1 :]:
            assert one[1] != other[1] or abs(_grey(one[0]) - _grey(other[0])) > 25


@pytest.mark.engine
def test_a_history_that_was_run_is_drawn() -> None:
    world = sim.prepare("expansion", ensemble=None)
    figure = draw_explained(story(world, 0, "A"), title="Service A")
    assert misplaced(figure) == []
