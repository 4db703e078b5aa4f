"""The first screen of every page: what came out in one sentence, and the picture beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from experiments.hypotheses.beside import balanced
from experiments.hypotheses.figures import VERDICT_LOOKS
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.foretelling import CHANCE
from experiments.hypotheses.outcomes import is_foretold
from experiments.hypotheses.robustness import signs_told
from experiments.hypotheses.schema import Claim, HypothesisFile
from experiments.hypotheses.verdicts import SUPPORTED
from experiments.hypotheses.words import (
    ORDER,
    areas_of,
    capital,
    deciding,
    effect_of,
    is_area,
    level_words,
    number,
    numbered,
    proper,
    scale_of,
    shown_of,
    title_of,
    unit_of,
    verdict_of,
    verdict_with_sign,
    word_of,
)
from experiments.kit.glance import LETTERS, plain_panel
from experiments.kit.looks import wrapped
from sim.figures.style import GREY, INK
from sim.report.answers import HEIGHT, answer_picture
from sim.report.pages import Figure
from sim.report.sentences import count, joined

MOST_CLAIMS: Final = 4
"""Claims that the picture of a hypothesis has room for."""

LABEL_ROOM: Final = 56
"""Letters in a line of a claim above its interval."""

MOST_TILES: Final = 7
"""Hypotheses in a row of the picture of all."""

TILE_LETTERS: Final = 4
"""Letters of a hypothesis' number that a tile has room for."""

AS_CLAIMED: Final = "#DCEFE6"
"""Ground on which an effect is as claimed."""


# ------------------------------------------------------------------------------------------------------------------ sentences


def answer_of(found: Found) -> str:
    """What came of a hypothesis in one sentence: its verdict, and the claim that decides it."""
    claims, file = found.claims, found.hypothesis.file
    one = claims[deciding(found)]
    head, says = capital(verdict_with_sign(found)), f"“{proper(one.judged.claim.says)}”"
    if len(claims) == 1:
        return f"{head}: {says}; the model gives {given(one, file)}."
    hold = sum(one.judged.verdict == SUPPORTED for one in claims)
    part = f"all {count(hold)}" if hold == len(claims) else f"{count(hold) if hold else 'none'} of {count(len(claims))}"
    return f"{head}: {part} claims {'hold' if hold > 1 else 'holds'}; for {says} the model gives {given(one, file)}."


def given(one: ClaimFound, file: HypothesisFile) -> str:
    """Effect of a claim with its interval; of an area, the area itself."""
    mean, low, high = shown_of(one, file)
    between = f"{level_words(file)} {low} to {high}"
    outcome = one.judged.claim.outcome
    if is_foretold(outcome):
        return f"{'an area' if is_area(one) else 'a gain'} of {mean} ({between})"
    unit = unit_of(outcome, file.months)
    return f"{mean} ({unit}; {between})" if any(letter.isdigit() for letter in unit) else f"{mean} {unit} ({between})"


def answer_of_all(every: Sequence[Found]) -> str:
    """How many hypotheses have which verdict, in one sentence."""
    if len(every) == 1:
        said = answer_of(every[0])
        return f"{every[0].hypothesis.file.hypothesis} is {said[:1].lower()}{said[1:]}"
    words = [verdict_of(one) for one in every]
    counts = [(words.count(word), word) for word in ORDER if word in words]
    (first, word), *others = counts
    parts = [f"{count(first)} {'is' if first == 1 else 'are'} {word}", *(f"{count(many)} {other}" for many, other in others)]
    said = joined(parts)
    signs = signs_told(every)
    return f"Of {count(len(every))} hypotheses {said} in the model.{f' {signs}' if signs else ''}"


# ------------------------------------------------------------------------------------------------------- picture of a hypothesis


@dataclass(frozen=True)
class Row:
    """A claim as the picture shows it, in the scale of the axis.

    Attributes
    ----------
    label : str
    mean, low, high : float
    limit : float
        From where on it is as claimed.
    above : bool
        Whether it is as claimed above the limit.
    told : str
        The effect in its own unit.
    looks : (str, str)
        Colour and mark.
    beside : float
        What the effect is measured from, drawn hollow; NaN for nothing.
    """

    label: str
    mean: float
    low: float
    high: float
    limit: float
    above: bool
    told: str
    looks: tuple[str, str]
    beside: float = math.nan

    @property
    def numbers(self) -> list[float]:
        """Numbers that the axis has to hold."""
        every = (self.mean, self.low, self.high, self.limit, self.beside)
        return [one for one in every if math.isfinite(one)]


def picture_of(found: Found) -> Figure:
    """Draw the claims of a hypothesis: each mean with its interval, against the smallest effect that matters."""
    file = found.hypothesis.file
    rows, axis, origin = rows_of(found)
    more = len(found.claims) - len(rows)
    least = "The line is no effect, the dashes are the smallest effect that matters."
    if file.foretelling is not None:
        least = f"The line is chance, the dashes are the claimed limit; the ring is {file.foretelling.predictors[0]} alone."
    caption = f"Mean over plausible worlds with its {level_words(file)}. {least} Green: as claimed."
    caption += f" {count(more)} more claims stand below." if more > 0 else ""
    pairs = zip(rows, found.claims, strict=False)
    told = "; ".join(f"{row.label}: {given(one, file)}, {word_of(one.judged)}" for row, one in pairs)
    return answer_picture(lambda: drawn_rows(rows, axis, origin), caption=caption, alternative=told)


def rows_of(found: Found) -> tuple[list[Row], str, float]:
    """Claims as the picture shows them, what its axis is, and where nothing is.

    Claims of one unit have an axis in that unit; of several, one in multiples of each claim's smallest effect.

    Parameters
    ----------
    found : Found

    Returns
    -------
    rows : list of Row
    axis : str
    origin : float
    """
    file, shown = found.hypothesis.file, found.claims[:MOST_CLAIMS]
    if file.foretelling:
        rows = [_area_row(found, at, one) for at, one in enumerate(shown)]
        return rows, f"area under the curve ({CHANCE:g}: chance)", CHANCE
    claims = [one.judged.claim for one in shown]
    units = {unit_of(claim.outcome, file.months) for claim in claims}
    rows = [_row(found, at, one, alike=len(units) == 1) for at, one in enumerate(shown)]
    if len(units) > 1:
        return rows, "change, in multiples of the smallest that matters", 0.0
    titles = {title_of(claim.outcome, file.months) for claim in claims}
    unit = units.pop()
    return rows, f"change of {titles.pop()} ({unit})" if len(titles) == 1 else f"change ({unit})", 0.0


def _row(found: Found, at: int, one: ClaimFound, *, alike: bool) -> Row:
    file, claim = found.hypothesis.file, one.judged.claim
    scale = scale_of(claim.outcome, file.months) if alike else 1.0 / (claim.smallest or 0.1)
    told = number(one.effect.mean, claim.outcome, file.months)
    unit = unit_of(claim.outcome, file.months)
    unit = f"({unit})" if any(letter.isdigit() for letter in unit) else unit
    told = told if alike else f"{told}\n{wrapped(unit, 15, 2)}"
    mean, low, high = (scale * value for value in (one.effect.mean, one.effect.low, one.effect.high))
    looks, above = VERDICT_LOOKS[word_of(one.judged)], claim.direction == "higher"
    return Row(numbered(found, at), mean, low, high, scale * _limit(claim), above, proper(told), looks)


def _limit(claim: Claim) -> float:
    """Effect, as the contrast is written, from which on it is as claimed."""
    return -claim.smallest if claim.direction == "lower" else claim.smallest


def _area_row(found: Found, at: int, one: ClaimFound) -> Row:
    """Claim on an area under the curve: the area, and for what is added, from where it rises."""
    file, looks = found.hypothesis.file, VERDICT_LOOKS[word_of(one.judged)]
    mean, low, high = effect_of(one, file)
    if is_area(one):
        limit = file.foretelling.least_auc if file.foretelling else math.nan
        return Row(numbered(found, at), mean, low, high, limit, False, f"{mean:.3f}", looks)
    alone, both = areas_of(found)
    told = f"{alone:.2f} to {both:.2f}"
    limit = alone + one.judged.claim.smallest
    return Row(numbered(found, at), alone + mean, alone + low, alone + high, limit, True, told, looks, beside=alone)


def drawn_rows(rows: Sequence[Row], axis_title: str, origin: float) -> Any:
    """Draw rows of claims, each below its label.

    Parameters
    ----------
    rows : sequence of Row
    axis_title : str
    origin : float
        Where nothing is.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    labels = [balanced(proper(row.label), LABEL_ROOM, 3) for row in rows]
    heights = [0.17 * (1 + label.count("\n")) + 0.44 for label in labels]
    title = balanced(axis_title, LABEL_ROOM, 2)
    bottom, top = 0.5 + 0.16 * title.count("\n"), 0.1
    figure, axis = plain_panel(
        height=max(HEIGHT * 0.6, sum(heights) + bottom + top), left=0.15, right=1.0, top=top, bottom=bottom
    )
    low, high = (side([origin, *(one for row in rows for one in row.numbers)]) for side in (min, max))
    room = 0.12 * (high - low) or 1.0
    axis.set_xlim(low - room, high + room)
    axis.set_ylim(-sum(heights), 0.0)
    at = 0.0
    for row, label, height in zip(rows, labels, heights, strict=True):
        axis.annotate(label, (0.0, at - 0.05), xycoords=("axes fraction", "data"), va="top", fontsize=LETTERS, color=INK)
        _draw_row(axis, row, origin, (at - height + 0.04, at - height + 0.4))
        at -= height
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: proper(f"{value:g}" if abs(value) > 1e-12 else "0")))
    axis.set_xlabel(title, labelpad=2)
    return figure


def _draw_row(axis: Any, row: Row, origin: float, band: tuple[float, float]) -> None:
    """Draw one interval in its band, with the ground on which it is as claimed."""
    (below, above), middle = band, 0.5 * sum(band)
    left, right = axis.get_xlim()
    if math.isfinite(row.limit):
        edges = (row.limit, right) if row.above else (left, row.limit)
        axis.fill_between(edges, below, above, color=AS_CLAIMED, linewidth=0, zorder=1)
        axis.plot([row.limit, row.limit], [below, above], color=INK, linewidth=1.0, linestyle=(0, (3, 2)), zorder=3)
    axis.plot([origin, origin], [below, above], color=INK, linewidth=1.0, zorder=3)
    axis.plot([left, right], [middle, middle], color=GREY, linewidth=0.5, zorder=2)
    if math.isfinite(row.beside):
        axis.plot([row.beside], [middle], marker="o", markersize=7, markerfacecolor="white", markeredgecolor=INK, zorder=4)
    if math.isfinite(row.mean):
        colour, mark = row.looks
        axis.plot([row.low, row.high], [middle, middle], color=INK, linewidth=2.0, zorder=5, solid_capstyle="butt")
        axis.plot([row.mean], [middle], marker=mark, markersize=9, color=colour, markeredgecolor=INK, linestyle="", zorder=6)
    axis.annotate(
        row.told, (1.0, middle), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
        fontsize=LETTERS, color=INK, annotation_clip=False,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------- picture of all


def picture_of_all(every: Sequence[Found]) -> Figure:
    """Draw which hypotheses have which verdict: a tile each, a row a verdict."""
    by_word = {word: [one.hypothesis.file.hypothesis for one in every if verdict_of(one) == word] for word in ORDER}
    told = "; ".join(f"{word}: {', '.join(names) or 'none'}" for word, names in by_word.items())
    caption = "A tile for each hypothesis, in the row of its verdict; it has the weakest verdict of its claims."
    return answer_picture(lambda: drawn_tiles(by_word), caption=caption, alternative=told)


def drawn_tiles(by_word: dict[str, list[str]]) -> Any:
    """Draw tiles by verdict.

    Parameters
    ----------
    by_word : dict of str to list of str
        Numbers of the hypotheses by verdict, in order.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.patches import Rectangle

    lines = {word: max(1, -(-len(names) // MOST_TILES)) for word, names in by_word.items()}
    figure, axis = plain_panel(height=0.15 + 0.46 * sum(lines.values()), left=1.35, right=0.05, top=0.05, bottom=0.1)
    axis.set_xlim(0.0, MOST_TILES + 0.05)
    axis.set_ylim(-sum(lines.values()), 0.0)
    axis.axis("off")
    at = 0
    for word, names in by_word.items():
        colour, _ = VERDICT_LOOKS[word]
        axis.annotate(
            f"{balanced(word, 14, 2)}  {len(names)}", (0.0, at - 0.5), xytext=(-6, 0), textcoords="offset points", ha="right",
            va="center", fontsize=LETTERS, fontweight="bold" if names else "normal", color=INK if names else "#666666",
            annotation_clip=False,
        )  # fmt: skip
        for place, name in enumerate(names):
            column, row = place % MOST_TILES, at - place // MOST_TILES
            axis.add_patch(Rectangle((column + 0.04, row - 0.92), 0.92, 0.84, facecolor=colour, edgecolor=INK, linewidth=0.7))
            axis.annotate(wrapped(name, TILE_LETTERS, 1), (column + 0.5, row - 0.5), ha="center", va="center", fontsize=LETTERS)
        at -= lines[word]
    return figure
