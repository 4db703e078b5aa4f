"""What a report tells of one service that gave up: a typical life of it, what made it come to this, what would have helped."""

import math
import shlex
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sim.figures.style import Picture
from sim.problems import BadInput
from sim.report.pages import Figure
from sim.report.sentences import Frames, count, per_cent
from sim.report.tables import Cell, Grid

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.why.explain import Explanation
    from sim.why.prevented import Prevented
    from sim.why.shares import Share

SERVICES_MOST: Final = 60
"""Services of a region in which one stands out; of more, none is told of."""

SETS: Final = 4
"""Smallest sets that a table shows of each kind."""

_KINDS: Final = {"remove": "undone", "help": "added"}


class Told(NamedTuple):
    """Section of a report.

    Attributes
    ----------
    title : str
    sentences : list of str
    story : list of str
        A line for each month in which something happened.
    table : Grid
    command : str
        That tells all of it.
    picture : Figure or None
    """

    title: str
    sentences: list[str]
    story: list[str]
    table: Grid
    command: str
    picture: Figure | None


def service_to_explain(frames: Frames) -> str:
    """Service that gave the practice up most often; empty where none did, or where there are too many.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
    """
    states = frames["summary_states"]
    if "share_given_up" not in states or len(frames["services_start"]) > SERVICES_MOST:
        return ""
    last = states[(states["group"] == "service") & (states["month"] == states["month"].max())]
    last = last[last["share_given_up"] > 0.0]
    return "" if last.empty else str(last.sort_values("share_given_up", ascending=False, kind="stable")["unit"].iloc[0])


def explanation_of(scenario: "Scenario", manifest: Mapping[str, Any], frames: Frames) -> "Explanation | None":
    """Explain a typical life of the service that gave the practice up most often.

    Parameters
    ----------
    scenario : Scenario
        That ran.
    manifest, frames : mapping

    Returns
    -------
    Explanation or None
        None where no service gave up, where one cannot be run alone, and after runs of the Mesa engine: who has no compiler need
        not wait for it.
    """
    service = service_to_explain(frames)
    if not service or manifest.get("engine") != "compiled":
        return None
    from sim.why.explain import explain
    from sim.world import prepare

    try:
        world = prepare(scenario, seed=int(manifest["seed"]))
        return explain(world, service, replicates=int(manifest["replicates"]), with_fate=False)
    except BadInput:  # it reads the figures of the whole region: alone it would be another service
        return None


def told(found: "Explanation", folder: str, picture: Picture | None = None) -> Told:
    """Section of a report that tells an explanation.

    Parameters
    ----------
    found : Explanation
    folder : str
        Name of the results folder.
    picture : Picture, optional
    """
    from sim.why.prevented import in_words
    from sim.why.story import told as lines_of

    runs = f"{per_cent(found.chance.share)} of {count(found.chance.of)} runs"
    shams = found.help.shams
    ended = f"{found.service} has given the practice up by the horizon in {runs}."
    beside = f"Of lives like this one, in the same world but with other luck, {_share(found.help.background)} come to it."
    sentences = [
        f"{ended} This is what happened in a typical one of them, replicate {found.replicate}.",
        f"What made it happen? {in_words(found.remove)}",
        f"What would have helped? {in_words(found.help)}",
        f"{beside} Of {shams.of} changes that should explain nothing, {round(shams.share * shams.of)} undo it.",
    ]
    return Told(
        title=f"Why did {found.service} give up?",
        sentences=sentences,
        story=lines_of(found.story),
        table=_table(found),
        command=shlex.join(["sustain", "why", folder, "--service", found.service, "--replicate", str(found.replicate), "--fate"]),
        picture=None if picture is None else replace(Figure.of(picture), title=""),  # it stands in the picture
    )


def _share(one: "Share") -> str:
    return per_cent(one.share)


def _table(found: "Explanation") -> Grid:
    """Smallest sets that would have prevented it, of both kinds; in how many worlds they do, where the run has several."""
    several = any(share.of for one in (found.remove, found.help) for _, share in one.other_worlds)
    rows = [row for one in (found.remove, found.help) for row in _rows(one, several=several)]
    note = (
        "The same life with the same luck, and one thing or several undone or added: every combination was run. A smallest set "
        "prevents it, and no part of it does. Hours of support are those more than in this life, over the whole time."
    )
    if several:
        note += (
            " The last column: of the other plausible sets of parameter values with which it comes to the same, in how many this "
            "prevents it; a dash: that was not tried."
        )
    heads = ("If ...", "Kind", "Hours of support", "Months more with the practice")
    caption = f"What would have prevented that {found.service} gave up"
    return Grid("why", caption, (*heads, *(("Holds in plausible worlds",) if several else ())), tuple(rows), note, total=False)


def _rows(one: "Prevented", *, several: bool) -> list[tuple[str, tuple[Cell, ...]]]:
    from sim.why.contrasts import told as words_of

    worlds = dict(one.other_worlds)
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    for each in one.smallest[:SETS]:
        share = worlds.get(each.mask)
        known = share is not None and not math.isnan(share.share)
        held = Cell(per_cent(share.share), bar=share.share) if known and share is not None else Cell("–")
        cells = (Cell(_KINDS[one.kind]), Cell(f"{each.hours:+,.0f}"), Cell(f"{each.months:+d}"), *([held] if several else []))
        rows.append((textwrap.shorten(words_of(one.contrasts, each.mask), 120, placeholder=" ..."), cells))
    return rows
