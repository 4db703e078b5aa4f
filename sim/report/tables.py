"""Tables of a report: plain cells, so that the template holds no arithmetic."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.history import STATES, USES
from sim.parameters import read_table
from sim.report.former import lead_of
from sim.report.sentences import NBSP, counted_note, months_of, per_cent
from sim.scenario.diff import Difference
from sim.words import leader_words, with_article, words

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]

_SIZES: Final = (
    ("share_kept_going", "Kept going"),
    ("share_given_up", "Given up"),
    ("posts_delivering", "Posts that deliver"),
    ("share_sustained", "Sustained (old stock)"),
    ("share_shrunken", "Shrunken (old stock)"),
    ("share_abandoned", "Abandoned (old stock)"),
)
"""Columns of the table by number of posts: what leads first, the old stocks last."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a smaller second line, how far its bar goes (0 to 1; none below 0), and a command after the text."""

    text: str
    small: str = ""
    bar: float = -1.0
    code: str = ""


@dataclass(frozen=True)
class Grid:
    """One table of the report."""

    identifier: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str = ""
    total: bool = True
    """Whether the last row is all services together."""


def unit_name(frames: Frames, group: str, unit: str) -> str:
    """How a unit is named at the head of its row."""
    if group == "region":
        return "All services" if len(frames["services_start"]) > 1 else "The service"
    if group == "leader":
        return f"Began with {with_article(leader_words(unit))}"
    return f"{unit} post" + ("s" if unit != "1" else "") if group == "posts" else unit


def units(frames: Frames, groups: Sequence[str]) -> list[tuple[str, str]]:
    """Units of some kinds, in the tables' order."""
    table = frames["summary_starts"]
    return [(group, str(unit)) for group in groups for unit in table[table["group"] == group]["unit"].astype(str)]


def many(frames: Frames) -> bool:
    """Whether the run has too many services to list, so that groups stand in for them."""
    return not units(frames, ["service"])


def main_table(frames: Frames) -> Grid:
    """Table of the services, or of groups of services, at the landmark months."""
    listed = units(frames, ["leader", "posts"] if many(frames) else ["service"])
    months, states, lead = months_of(frames), _indexed(frames), lead_of(frames)
    kinds = USES if "share_operating" in states else STATES  # the first version told no uses
    start = frames["services_start"].assign(service=frames["services_start"]["service"].astype(str)).set_index("service")
    rows = []
    for group, unit in [*listed, ("region", "all services")]:
        cells = [] if many(frames) else [_leader_cell(start, group, unit)]
        for month in months:
            row = states.loc[(group, unit, month)]
            share, middle = float(row[f"share_{lead.outcome}"]), float(row["fidelity_50"])
            small = "no sessions" if math.isnan(middle) else f"fidelity {middle:.2f}"
            error = float(row[f"share_{lead.outcome}_mcse"])
            cells.append(Cell(per_cent(share, error, digits=0, runs=int(row["replicates"])), small, share))
        last = states.loc[(group, unit, months[-1])]
        best = max((float(last[f"share_{name}"]), -at, name) for at, name in enumerate(kinds))[2]
        cells.append(Cell(words(best), per_cent(float(last[f"share_{best}"]))))
        rows.append((unit_name(frames, group, unit), tuple(cells)))
    end = months[-1]
    heads = ("Services" if many(frames) else "Service", *(() if many(frames) else ("Leader at start, posts",)),
             *(f"Month {month}" for month in months), f"Mostly, at {end}")  # fmt: skip
    caption = (
        f"Share of runs in which a service {lead.one}, ± Monte Carlo standard error; below it the median fidelity among runs "
        f"with sessions. Last column: what is made of the practice most often at month {end}. {counted_note(runs_of(frames))}"
    )
    if many(frames):
        caption = f"{caption} Services are grouped by their leader and their number of posts at the start."
    return Grid("services", caption, heads, tuple(rows))


def _leader_cell(start: "pd.DataFrame", group: str, unit: str) -> Cell:
    if group != "service":
        return Cell("", f"{int(start['posts'].sum())} posts")
    row = start.loc[unit]
    posts = int(row["posts"])
    return Cell(leader_words(str(row["leader"])), f"{posts} post" + ("s" if posts != 1 else ""))


def _indexed(frames: Frames) -> "pd.DataFrame":
    table = frames["summary_states"]
    return table.assign(group=table["group"].astype(str), unit=table["unit"].astype(str)).set_index(["group", "unit", "month"])


def _share_cell(row: "pd.Series[float]", name: str) -> Cell:
    """Share with its standard error and a bar; counted where it is nothing or all in every run."""
    share = float(row[name])
    return Cell(per_cent(share, float(row[f"{name}_mcse"]), digits=0, runs=int(row["replicates"])), bar=share)


def runs_of(frames: Frames) -> int:
    """Runs that the tables stand on."""
    return int(frames["summary_states"]["replicates"].max())


def posts_table(frames: Frames) -> Grid:
    """Table of posts by what their holders do at the horizon: the results per post."""
    names = ("delivering", "full_use", "planned_adaptation", "partial_use", "waiting", "stopped", "vacant", "untrained")
    states, month = _indexed(frames), months_of(frames)[-1]
    rows = []
    for group, unit in listed(frames):
        row = states.loc[(group, unit, month)]
        cells = tuple(_share_cell(row, f"posts_{name}") for name in names)
        rows.append((unit_name(frames, group, unit), cells))
    heads = ("Services", "Deliver", *(words(name).capitalize() for name in names[1:]))
    caption = (
        f"Posts at month {month}: share of posts, mean over runs ± Monte Carlo standard error. 'Deliver' goes by sessions given "
        f"in the last months, the other columns by what the holder intends. {counted_note(runs_of(frames))}"
    )
    return Grid("posts", caption, heads, tuple(rows))


def size_table(frames: Frames) -> Grid:
    """Table by number of posts, because 'at least half' means other things in small services."""
    states, month = _indexed(frames), months_of(frames)[-1]
    shown = [(name, head) for name, head in _SIZES if name in states]
    rows = []
    for group, unit in units(frames, ["posts"]):
        row = states.loc[(group, unit, month)]
        cells = [Cell(f"{int(row['services']):,}")]
        cells += [_share_cell(row, name) for name, _ in shown]
        rows.append((unit_name(frames, group, unit), tuple(cells)))
    heads = ("Posts of the service", "Services", *(head for _, head in shown))
    caption = (
        f"By number of posts, at month {month}. Old stocks are counts at that one month. 'At least half of the posts deliver', "
        "which they ask for, is easier or harder to meet by the number of posts alone; the share of posts that deliver does not "
        f"depend on it. {counted_note(runs_of(frames))}"
    )
    return Grid("sizes", caption, heads, tuple(rows), total=False)


def listed(frames: Frames) -> list[tuple[str, str]]:
    """Units that have a row in tables of the horizon: services, or groups of many, and all together."""
    return [*units(frames, ["leader", "posts"] if many(frames) else ["service"]), ("region", "all services")]


def outcome_grid(
    frames: Frames, identifier: str, caption: str, columns: Sequence[tuple[str, str, str, float]], note: str = ""
) -> Grid:
    """Table of outcomes at the horizon; columns: outcome, heading, kind of number (``share``, or its digits), factor."""
    table, month = frames["summary_monthly"], months_of(frames)[-1]
    last = table[(table["month"] == month) & table["outcome"].isin([name for name, *_ in columns])]
    by = last.assign(group=last["group"].astype(str), unit=last["unit"].astype(str), outcome=last["outcome"].astype(str))
    by = by.set_index(["group", "unit", "outcome"])
    present = [column for column in columns if ("region", "all services", column[0]) in by.index]
    present = [column for column in present if int(by.loc[("region", "all services", column[0]), "replicates"]) > 0]
    rows = []
    for group, unit in listed(frames):
        cells = []
        for name, _, kind, factor in present:
            row = by.loc[(group, unit, name)]
            mean, error = float(row["mean"]) * factor, float(row["mcse"]) * factor
            if kind == "share":
                share = per_cent(mean, error, digits=0, runs=int(row["replicates"]))
                cells.append(Cell(share, bar=-1.0 if math.isnan(mean) else mean))
            else:
                cells.append(Cell(number(mean, error, kind)))
        rows.append((unit_name(frames, group, unit), tuple(cells)))
    return Grid(identifier, caption, ("Services", *(head for _, head, *_ in present)), tuple(rows), note)


def number(value: float, error: float, kind: str) -> str:
    """Number with its Monte Carlo standard error, with as many digits as ``kind`` says."""
    if math.isnan(value):
        return "–"
    digits = int(kind)
    text = f"{value:,.{digits}f}"
    return text if math.isnan(error) else f"{text}{NBSP}±{NBSP}{error:,.{digits}f}"


def patients_table(frames: Frames) -> Grid:
    """Table of patient outcomes: reach, benefit, equity, patients helped per practitioner hour."""
    return outcome_grid(
        frames,
        "patients",
        f"Patients, from the start to month {months_of(frames)[-1]}: mean over runs ± Monte Carlo standard error.",
        (
            ("started_per_post", "Began a course, per post", "2", 1.0),
            ("completed_per_post", "Completed, per post", "2", 1.0),
            ("reached_per_post", "Attended at least half, per post", "2", 1.0),
            ("helped_per_post", "Helped, per post", "2", 1.0),
            ("benefit_per_course", "Gain per course (scale points)", "3", 1.0),
            ("benefit_gap", "Gain: higher minus lower functioning", "3", 1.0),
            ("helped_per_1000_hours", "Helped per 1,000 practitioner hours", "1", 1.0),
        ),
        "Helped: a gain on the recovery scale (1 to 5) of at least the minimal worthwhile benefit. A dash: no course ended.",
    )


def decisions_table(frames: Frames) -> Grid:
    """Table of decision errors, always together."""
    return outcome_grid(
        frames,
        "errors",
        f"Right and wrong decisions per 100 posts up to month {months_of(frames)[-1]}, ± Monte Carlo standard error.",
        (
            ("false_rejections_per_post", "False rejections", "1", 100.0),
            ("true_rejections_per_post", "True rejections", "1", 100.0),
            ("false_continuations_per_post", "False continuations", "1", 100.0),
        ),
        "Rejection: a practitioner stopped or cut because of how patients were seen to respond; false if the practice, delivered "
        "as well as that service could, was still worth it, true if not. False continuation: going on for over twelve months "
        "where it was not worth it. They are shown together because what lowers one may raise another.",
    )


def costs_table(frames: Frames) -> Grid:
    """Table of hours."""
    return outcome_grid(
        frames,
        "costs",
        f"Hours, from the start to month {months_of(frames)[-1]}: mean over runs ± Monte Carlo standard error.",
        (
            ("hours_leader_per_service", "Leader, per service", "0", 1.0),
            ("hours_practitioner_per_post", "Practitioner, per post", "0", 1.0),
            ("hours_supervision_per_post", "Supervision, per post", "0", 1.0),
            ("hours_monitoring_per_post", "Monitoring, per post", "1", 1.0),
            ("hours_covered_per_post", "Taken over by colleagues, per post", "1", 1.0),
            ("hours_training_per_post", "Training of successors, per post", "1", 1.0),
        ),
        "Practitioner hours are net of the usual care that the practice replaces.",
    )


def differing_table(differing: Sequence[Difference]) -> Grid:
    """Table of what a scenario sets otherwise than the parameter table."""
    label = read_table().label
    rows = tuple((label(one.where), (Cell(one.b), Cell(one.a), Cell(one.unit), Cell("", code=one.where))) for one in differing)
    caption = "Numbers, mechanisms and forms that the scenario sets otherwise than the parameter table; they hold in every run."
    return Grid("differs", caption, ("What", "Here", "Parameter table", "Unit", "Name"), rows, total=False)
