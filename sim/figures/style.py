"""Looks that all figures share: colours that colour-blind readers can tell apart, panels, saving without a date."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.figures.files import DRAWN_WIDTH, write_figure
from sim.figures.letters import letters_of
from sim.figures.sheets import give_back, sheet
from sim.words import leader_words, words

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito's palette; a hatch goes with each colour that a neighbour could be taken for, and for black-and-white print.
GREEN: Final = "#009E73"
SKY: Final = "#56B4E9"
ORANGE: Final = "#E69F00"
YELLOW: Final = "#F0E442"
VERMILLION: Final = "#D55E00"
BLUE: Final = "#0072B2"
GREY: Final = "#999999"
PALE: Final = "#E6E6E6"
INK: Final = "#222222"
EDGE: Final = "#5B5B5B"
"""Of hatches, and around what is filled."""

STATE_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "sustained": (GREEN, ""),
    "shrunken": (SKY, ""),
    "drifted": (ORANGE, "////"),
    "dormant": (YELLOW, ""),
    "abandoned": (VERMILLION, "xxxx"),
    "never_started": (GREY, "...."),
    "not_yet_started": (PALE, ""),
}
"""Colour and hatch of each service state, in stacking order from below."""

USE_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "operating": (GREEN, ""),
    "silent": (YELLOW, ""),
    "given_up": (VERMILLION, "xxxx"),
    "never_started": (GREY, "...."),
    "not_yet_started": (PALE, ""),
}
"""Colour and hatch of what a service makes of the practice, in stacking order from below."""

STATUS_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "full_use": (GREEN, ""),
    "planned_adaptation": (SKY, ""),
    "partial_use": (ORANGE, "////"),
    "waiting": (YELLOW, ""),
    "stopped": (VERMILLION, "xxxx"),
    "vacant": (PALE, ""),
    "untrained": (GREY, "...."),
}
"""Colour and hatch of each practitioner status."""

MOST_PANELS: Final = 16
"""With more services than these, figures show the region and the groups by leader at the start."""

SETTINGS: Final[Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#777777",
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # where it stands anyway: else the ticks of every panel are measured for it at every drawing
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "hatch.color": EDGE,
    "hatch.linewidth": 0.35,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "pdf.fonttype": 42,  # letters stay letters, as journals ask
    "svg.fonttype": "path",
    "svg.hashsalt": "practice-sustainment",
    "text.parse_math": False,  # names are people's: two dollar signs are no formula
    "xtick.color": "#444444",
    "xtick.labelsize": 8,
    "ytick.color": "#444444",
    "ytick.labelsize": 8,
}


@dataclass(frozen=True)
class Picture:
    """A figure that was written.

    Attributes
    ----------
    name : str
        File name without ending.
    title : str
    caption : str
        What it means, in plain language.
    alternative : str
        Words for those who cannot see it.
    png : pathlib.Path
        Where its PNG is, if that format was asked.
    svg : pathlib.Path
        Drawing that a page holds.
    missing : str
        Letters of the figure's texts that its font lacks; they are drawn as boxes, and the caption says so.
    """

    name: str
    title: str
    caption: str
    alternative: str
    png: Path
    svg: Path
    missing: str = ""


@dataclass(frozen=True)
class NotMade:
    """A figure or page that could not be made.

    Attributes
    ----------
    name : str
    reason : str
        Type and message of what went wrong.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        """Return it as a sentence without its full stop."""
        return f"{self.name} could not be made ({self.reason})"


class Pictures(list[Picture]):
    """Pictures that were drawn, in order, and those that could not be.

    Attributes
    ----------
    failed : list of NotMade
    """

    def __init__(self, pictures: Iterable[Picture] = ()) -> None:
        super().__init__(pictures)
        self.failed: list[NotMade] = []

    def add(self, name: str, draw: Callable[[], Picture | None]) -> None:
        """Draw a picture; what goes wrong is kept, so that it costs neither the other pictures nor any table.

        Parameters
        ----------
        name : str
        draw : callable
            Gives the picture, or None where there is nothing to show.
        """
        try:
            picture = draw()
        except Exception as error:
            self.failed.append(not_made(name, error))
        else:
            if picture is not None:
                self.append(picture)

    @classmethod
    def joined(cls, several: "Iterable[Pictures]") -> "Pictures":
        """Pictures of several draws as one, with what failed of them."""
        whole = cls()
        for pictures in several:
            whole += pictures
            whole.failed += pictures.failed
        return whole

    @property
    def missing(self) -> str:
        """Letters that the font of some picture lacks, each once."""
        return "".join(dict.fromkeys("".join(picture.missing for picture in self)))

    @property
    def note(self) -> str:
        """Sentence on letters that the font lacks; empty where it lacks none."""
        lacking = ", ".join(self.missing)
        return f"the figures' font has no signs for {lacking}: a box stands for each" if lacking else ""


def not_made(name: str, error: BaseException) -> NotMade:
    """What could not be made, with the first line of the reason."""
    lines = str(error).strip().splitlines()
    return NotMade(name, f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


NARROW: Final = 3.2
"""Inches of a panel below which it has fewer ticks."""

WIDE_PANELS: Final = 12
"""Services whose panels stand three in a row; of more, four do."""

MOST_TICKS: Final = 10
MOST_NARROW_TICKS: Final = 5
"""Ticks of an axis of months."""


@dataclass(frozen=True)
class Panel:
    """One unit that a figure gives a panel: its place in the tables and its heading."""

    group: str
    unit: str
    heading: str


@contextmanager
def drawing() -> Iterator[None]:
    """Settings of this module for the time of drawing; matplotlib's own are restored."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


def panels_of(frames: Mapping[str, "pd.DataFrame"]) -> list[Panel]:
    """Panels of a run: the region, then its services, or groups of services when they are many."""
    start = frames["services_start"]
    count = len(start)
    region = Panel("region", "all services", f"All {count:,} services" if count > 1 else "The service")
    if count == 1:
        return [region]
    if count <= MOST_PANELS:
        services = zip(start["service"].astype(str), start["leader"].astype(str), strict=True)
        narrow = count > WIDE_PANELS
        return [region, *(Panel("service", one, _heading(one, kind, narrow=narrow)) for one, kind in services)]
    kinds = start["leader"].astype(str).value_counts()
    order = [kind for kind in start["leader"].cat.categories if kind in kinds.index]
    return [region, *(Panel("leader", kind, f"{_short(kind).capitalize()} ({kinds[kind]:,})") for kind in order)]


def _short(kind: str) -> str:
    """Type of a leader, without the noun where a panel's heading has no room for it."""
    whole = leader_words(kind)
    return whole if len(whole) <= 26 else words(kind)


def _heading(service: str, kind: str, *, narrow: bool) -> str:
    """Name of a service with its leader, in what letters a panel has room for: fewer where four stand in a row."""
    leader, letters = (words(kind), 24) if narrow else (leader_words(kind), 36)
    room = max(6, letters - len(leader) - 3) if narrow else max(6, letters - len(leader))
    if narrow and len(service) > room:  # the name says more than the leader
        return service if len(service) <= letters else service[: letters - 1] + "…"
    return f"{service if len(service) <= room else service[: room - 1] + '…'} · {leader}"


def pick(frame: "pd.DataFrame", panel: Panel) -> "pd.DataFrame":
    """Rows of one panel's unit, in order."""
    return frame[(frame["group"] == panel.group) & (frame["unit"] == panel.unit)]


def support_end(frames: Mapping[str, "pd.DataFrame"]) -> int:
    """Month at which the outside support ends (the latest of the services); 0 without support."""
    return int(frames["services_start"]["support_months"].max())


def grid(panels: list[Panel], *, width: float = DRAWN_WIDTH, height: float = 1.75, legend: float = 0.3) -> tuple[Any, list[Any]]:
    """Figure with one panel over the full width and the others in rows of three below it, and room for a legend on top.

    Parameters
    ----------
    panels : list of Panel
    width, height : float
        Of the figure, and of one row, in inches.
    legend : float
        Inches kept free on top.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : list of matplotlib.axes.Axes
        One a panel.
    """
    return sheet((*panels, width, height, legend), partial(_new_grid, panels, width, height, legend))


def _new_grid(panels: list[Panel], width: float, height: float, legend: float) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = 3 if len(panels) <= WIDE_PANELS + 1 else 4
    rows = 1 + -(-(len(panels) - 1) // columns)
    total = 0.75 + legend + rows * (height + 0.45)
    figure = Figure(figsize=(width, total))
    FigureCanvasAgg(figure)
    spec = figure.add_gridspec(
        rows, columns, left=0.09, right=0.985, bottom=0.48 / total, top=1 - (legend + 0.32) / total, hspace=0.42, wspace=0.16
    )
    axes = [figure.add_subplot(spec[0, :])]
    axes += [figure.add_subplot(spec[1 + at // columns, at % columns]) for at in range(len(panels) - 1)]
    for at, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
        axis.set_title(panel.heading)
        if at and (at - 1) % columns:
            axis.tick_params(labelleft=False)
    return figure, axes


def is_narrow(axis: Any) -> bool:
    """Say whether a panel is one of several in a row: it has fewer ticks."""
    return bool(axis.get_position().width * axis.figure.get_figwidth() < NARROW)


def month_axis(axis: Any, months: int, *, mark: int = 0, label: bool = False, label_height: float = 0.08) -> None:
    """Axis of months with a tick a year (or fewer: on narrow panels above all), and a mark where the outside support ends."""
    step = 12 if months > 24 else 6 if months > 12 else 3 if months > 4 else 1
    while months / step > (MOST_NARROW_TICKS if is_narrow(axis) else MOST_TICKS):
        step *= 2
    axis.set_xlim(0, months)
    axis.set_xticks(range(0, months + 1, step))
    if 0 < mark <= months:
        axis.axvline(mark, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=6)
        if label:
            axis.annotate(
                "support ends", (mark, label_height), xycoords=("data", "axes fraction"), xytext=(4, 0), va="center",
                textcoords="offset points", fontsize=8, color=INK, annotation_clip=False, zorder=7,
                bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2},
            )  # fmt: skip


def share_axis(axis: Any, label: str = "") -> None:
    """Axis of shares in per cent."""
    axis.set_ylim(0, 1)
    if is_narrow(axis):
        axis.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    else:
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "", "50 %", "", "100 %"])
    if label:
        axis.set_ylabel(label)


def below(axes: list[Any], label: str) -> None:
    """Label of the horizontal axis, under the panels that have none below them."""
    lowest = min(axis.get_position().y0 for axis in axes)
    for axis in axes:
        if axis.get_position().y0 <= lowest + 1e-6 or len(axes) == 1:
            axis.set_xlabel(label)


def patches(looks: Mapping[str, tuple[str, str]], label: Callable[[str], str] = words) -> list[Any]:
    """Entries of a legend for areas and bars.

    Parameters
    ----------
    looks : mapping of str to (str, str)
        Colour and hatch, by name.
    label : callable
        Gives the words of a name.
    """
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=colour, hatch=hatch, edgecolor=EDGE, linewidth=0.3, label=label(name))
        for name, (colour, hatch) in looks.items()
    ]


def save(figure: Any, folder: Path, name: str, *, title: str, caption: str, alternative: str) -> Picture:
    """Write a figure in the formats that are asked, the same bytes each time; see ``sim.figures.files``.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    with letters_of(figure) as (missing, sentence):
        svg = write_figure(figure, folder, name, title=title)
    give_back(figure)
    caption += sentence
    return Picture(name, title, caption, alternative, folder / f"{name}.png", svg, missing)
