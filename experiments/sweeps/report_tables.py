"""Tables of a sweep's report: plain cells, so that the template holds no arithmetic."""

import json
import math
from typing import Any, Final

import numpy as np

from experiments.kit.words import Outcome, mean_and_error, minus
from experiments.sweeps.digest import Digest, ShownFactor
from experiments.sweeps.effects import correlations, mean_of
from sim.report.sentences import NBSP, count, plural
from sim.report.tables import Cell, Grid
from sim.words import words

MOST_COLUMNS: Final = 6
MOST_ROWS: Final = 40
MOST_FACTORS: Final = 60
MOST_FAILURES: Final = 15
MOST_KINDS: Final = 8


def _unit(outcome: Outcome) -> str:
    return outcome.heading


def _columns(digest: Digest) -> list[tuple[str, int, np.ndarray]]:
    """Columns of the main table: heading, scenario, points. One a scenario and point where these are few, else one a scenario."""
    if digest.points > 1 and len(digest.names) * digest.points <= MOST_COLUMNS:
        alone = len(digest.names) == 1
        return [
            (digest.setting(point) if alone else f"{name}: {digest.setting(point)}", at, np.array([point]))
            for at, name in enumerate(digest.called())
            for point in range(digest.points)
        ]
    points = np.array([0]) if digest.kind == "one-at-a-time" else np.arange(digest.points)
    return [(name, at, points) for at, name in enumerate(digest.called())]


def _cell(digest: Digest, outcome: Outcome, scenario: int, points: np.ndarray) -> Cell:
    """Mean over points with the most that its error can be; below it the lowest and highest point."""
    mean, mcse, runs = (array[scenario, points] for array in digest.values(outcome.name))
    text = mean_and_error(outcome, float(mean_of(mean)), float(mean_of(mcse)), runs=int(runs[0]) if len(points) == 1 else None)
    known = mean[~np.isnan(mean)]
    if len(known) < 2:
        return Cell(text)
    return Cell(text, f"{mean_and_error(outcome, float(known.min()))} to {mean_and_error(outcome, float(known.max()))}")


def main_table(digest: Digest) -> Grid:
    """Every outcome in every scenario, or at every point where points are few."""
    columns = _columns(digest)
    pooled = any(len(points) > 1 for _, _, points in columns)
    caption = "Mean over runs ± Monte Carlo standard error"
    caption += (
        f" (at most so much), over all {count(digest.points)} design points; below it the lowest and the highest point."
        if pooled
        else "."
    )
    if digest.kind == "one-at-a-time" and digest.points > 1 and len(columns) == len(digest.names):
        caption += " The scenarios as they are, with no factor moved."
    if len(columns) > MOST_COLUMNS:
        shown = digest.headlines[:MOST_COLUMNS]
        rows = [(head, tuple(_cell(digest, one, at, points) for one in shown)) for head, at, points in columns]
        return Grid("outcomes", caption, ("Scenario", *(_unit(one) for one in shown)), tuple(rows), total=False)
    rows = [(_unit(one), tuple(_cell(digest, one, at, points) for _, at, points in columns)) for one in digest.headlines]
    return Grid("outcomes", caption, ("Outcome", *(head for head, _, _ in columns)), tuple(rows), total=False)


def points_table(digest: Digest) -> Grid | None:
    """Every point with its factors and the first outcomes; None where there are too many, or where the main table has them."""
    rows = len(digest.names) * digest.points
    if digest.points < 2 or rows <= MOST_COLUMNS or rows > MOST_ROWS:
        return None
    shown = digest.headlines[:4]
    several = len(digest.names) > 1
    factors = digest.factors if len(digest.factors) <= 3 else ()
    found = []
    for at, name in enumerate(digest.called()):
        for point in range(digest.points):
            cells = [Cell(one.text(one.values[point])) for one in factors]
            cells += [_cell(digest, one, at, np.array([point])) for one in shown]
            head = (
                (name if several else f"Point {point}")
                if factors
                else f"{name}: {digest.setting(point)}"
                if several
                else digest.setting(point)
            )
            found.append((head, tuple(cells)))
    heads = ("Scenario" if several else "Point", *(one.axis for one in factors), *(_unit(one) for one in shown))
    caption = "Every design point: mean over runs ± Monte Carlo standard error."
    return Grid("points", caption, heads, tuple(found), total=False)


def correlation_tables(digest: Digest) -> list[Grid]:
    """Rank correlations of factors with outcomes, a table a scenario, the strongest factor of the first outcome on top."""
    if not digest.kind or digest.kind in {"factorial", "one-at-a-time"} or not digest.varying:
        return []
    shown = digest.varying[:MOST_COLUMNS]
    found = {one.name: correlations(digest, one.name) for one in shown}
    grids = []
    for at, name in enumerate(digest.called()[:4]):
        order = np.argsort(-np.nan_to_num(found[shown[0].name].size[at]), kind="stable")[:20]
        rows = []
        for place in order.tolist():
            factor = digest.factors[place]
            cells = [_correlation(factor, found[one.name].value[at, place], found[one.name].error[at, place]) for one in shown]
            rows.append((factor.axis, tuple(cells)))
        caption = "Rank correlation (Spearman’s, \N{MINUS SIGN}1 to 1) of each factor with each outcome over the design points"
        caption += f" of “{name}”" if len(digest.names) > 1 else ""
        caption += ", ± simple standard error. Bars show its size."
        if any(not one.ordered for one in digest.factors):
            caption += " For factors whose words have no order: the correlation ratio (0 to 1), marked η."
            caption += " Chance alone makes it larger the more words there are, which the order of the rows allows for."
        if len(digest.factors) > len(rows):
            caption += f" The {len(rows)} of {len(digest.factors)} factors that do most."
        heads = ("Factor", *(one.title[0].upper() + one.title[1:] for one in shown))
        grids.append(Grid(f"correlations-{at + 1}", caption, heads, tuple(rows), total=False))
    return grids


def _correlation(factor: ShownFactor, value: float, error: float) -> Cell:
    if math.isnan(value):
        return Cell("–")
    text = minus(f"{value:+.2f}") + f"{NBSP}±{NBSP}{error:.2f}" if factor.ordered else f"η{NBSP}{value:.2f}"
    return Cell(text, bar=min(abs(float(value)), 1.0))


def factors_table(digest: Digest) -> Grid | None:
    """What each factor is and takes, and what the scenarios have; None without factors."""
    if not digest.factors:
        return None
    rows = []
    for factor in digest.factors[:MOST_FACTORS]:
        own = {_own(digest, at, factor) for at in range(len(digest.names))}
        cells = (
            Cell("", code=factor.name),
            Cell(_taken(factor)),
            Cell("–" if factor.labels else factor.unit or "–"),
            Cell(own.pop() if len(own) == 1 else "differs"),
        )
        rows.append((factor.title, cells))
    caption = "Factors of the design, with the names that studies and <--set> give them."
    if len(digest.factors) > len(rows):
        caption += f" The first {len(rows)} of {len(digest.factors)} are shown."
    heads = ("Factor", "Name", "Values", "Unit", "In the scenarios")
    return Grid("factors", caption.replace("<--set>", "--set"), heads, tuple(rows), total=False)


def _taken(factor: ShownFactor) -> str:
    levels = factor.levels
    if factor.labels or len(levels) <= 6:
        return ", ".join(factor.text(level) for level in levels)
    return f"{factor.text(levels[0])} to {factor.text(levels[-1])} ({count(len(levels))} values)"


def _own(digest: Digest, scenario: int, factor: ShownFactor) -> str:
    one = digest.study.scenarios[scenario]
    if factor.kind == "switch":
        return "on" if one.is_on(factor.name.removeprefix("switch.")) else "off"
    if factor.kind == "form":
        return words(one.form(factor.name.removeprefix("forms.")))
    if factor.kind == "service" and factor.labels:
        service, _, field = factor.name.removeprefix("services.").rpartition(".")
        found = {getattr(each, field) for each in one.services if service in ("all", each.name)}
        text = str(found.pop()) if len(found) == 1 else ""
        return {"True": "on", "False": "off", "": "differs"}.get(text, words(text))
    value = digest.own(scenario, factor)
    return "differs" if math.isnan(value) else factor.text(value)


def replicates_table(digest: Digest) -> Grid | None:
    """Largest Monte Carlo standard error of each outcome, and what it would take to halve it; None for single runs."""
    rows = []
    for outcome in digest.outcomes:
        mean, mcse, runs = digest.values(outcome.name)
        if np.all(np.isnan(mcse)):
            continue
        scenario, point = np.unravel_index(int(np.nanargmax(mcse)), mcse.shape)
        error = float(mcse[scenario, point])
        size = f"{100 * error:.2g}{NBSP}points" if outcome.share else f"{error:.2g}"
        at = digest.called()[scenario] if len(digest.names) > 1 else ""
        if digest.points > 1:
            at = "; ".join(part for part in (at, digest.setting(int(point))) if part)
        value = mean_and_error(outcome, float(mean[scenario, point]))
        needed = "–" if error == 0 else plural(4 * int(runs[scenario, point]), "run")
        rows.append(
            (
                _unit(outcome),
                (Cell(size), Cell(value), Cell(count(int(runs[scenario, point]))), Cell(needed), Cell("", at or "–")),
            )
        )
    if not rows:
        return None
    caption = (
        "Largest Monte Carlo standard error of each outcome, and the runs that would halve it, per scenario and point. "
        "“Points” are "
        "percentage points."
    )
    heads = ("Outcome", "Largest error", "Mean there", "Runs there", "To halve it", "Where")
    return Grid("replicates", caption, heads, tuple(rows), total=False)


def failure_table(digest: Digest) -> Grid | None:
    """Failures with what they set and the command that runs them again; None where there are none."""
    table = digest.frames.get("failures")
    if table is None or table.empty:
        return None
    rows = []
    for row in table.head(MOST_FAILURES).itertuples():
        runs, first = int(row.runs), int(row.run)
        which = f"run {first:,}" if runs == 1 else f"{runs:,} runs from {first:,}"
        settings = json.loads(str(row.settings))
        said = ", ".join(f"{name} = {_value(value)}" for name, value in settings.items()) or "as in the scenario"
        where = f"{row.scenario}, point {int(row.point):,}, {which}"
        cells = (
            Cell("", f"{row.type}: {row.message} ({row.stage})"),
            Cell("", said),
            Cell("", " ", code=str(row.command)),
        )
        rows.append((where, cells))
    caption = "What failed, with what it set and the command that runs it again."
    if len(table) > len(rows):
        caption = (
            f"The first {len(rows)} of {count(len(table))} rows; the others are in the table failures, as far as they are told."
        )
    return Grid("failed-runs", caption, ("Where", "Error", "Settings", "To run it again"), tuple(rows), total=False)


def kinds_of_failure(digest: Digest) -> list[str]:
    """What failed, the most frequent first, with the number of runs; says so where not all kinds or runs are listed."""
    table = digest.frames.get("failures")
    if table is None or table.empty:
        return []
    runs = (
        table.groupby(["type", "message", "stage"], observed=True, sort=False)["runs"]
        .sum()
        .sort_values(ascending=False, kind="stable")
    )
    said = [
        f"{plural(int(number), 'run')}: {kind}: {text} ({stage})" for (kind, text, stage), number in runs.head(MOST_KINDS).items()
    ]
    said += [f"and {plural(len(runs) - MOST_KINDS, 'other kind')} of failure"] if len(runs) > MOST_KINDS else []
    if digest.listed < digest.failed:
        said.append(
            f"The table lists {count(digest.listed)} of {count(digest.failed)} failed runs: of very many, not all are told."
        )
    return said


def _value(value: Any) -> str:
    return minus(f"{value:.6g}") if isinstance(value, float) else str(value)
