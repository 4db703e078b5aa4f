"""What a report tells of the outcomes that lead: in its tables, its sentences and its definitions."""

import pytest

from sim.measures.values import LEADING
from sim.report import tables

pytestmark = pytest.mark.portable


def column(grid, head):
    """Texts of a column, by the name of the row."""
    at = grid.heads.index(head) - 1
    return {name: cells[at].text.replace("\N{NO-BREAK SPACE}", " ") for name, cells in grid.rows}


def without(frames, table, columns):
    """Tables as a folder has them that was written before there were some columns."""
    return frames | {table: frames[table].drop(columns=list(columns))}


def test_the_services_are_shown_at_every_month_that_headlines_are_told_at(plan_of, frames_of):
    grid = tables.main_table(frames_of(plan_of(months=84)))
    assert [head for head in grid.heads if head.startswith("Month")] == [f"Month {month}" for month in (12, 24, 36, 48, 60, 84)]
    odd = tables.main_table(frames_of(plan_of(months=30)))
    assert [head for head in odd.heads if head.startswith("Month")] == ["Month 12", "Month 24", "Month 30"]


def test_mostly_is_what_is_made_of_the_practice_and_not_an_old_stock(plan, frames_of):
    frames = frames_of(plan)
    shares = frames["summary_states"].assign(share_given_up=0.9, share_abandoned=0.9, share_operating=0.1, share_sustained=0.1)
    changed = frames | {"summary_states": shares.assign(share_silent=0.0, share_never_started=0.0, share_not_yet_started=0.0)}
    assert set(column(tables.main_table(changed), "Mostly, at 24").values()) == {"given up"}
    old = without(changed, "summary_states", ["share_operating", "share_silent", "share_given_up"])
    assert set(column(tables.main_table(old), "Mostly, at 24").values()) == {"abandoned"}


def test_the_table_by_size_leads_with_who_goes_on(plan, frames_of):
    frames = frames_of(plan)
    grid = tables.size_table(frames)
    assert grid.heads[2:5] == ("Kept going", "Given up", "Posts that deliver")
    assert all(head.endswith("(old stock)") for head in grid.heads[5:])
    row = frames["summary_states"].query("group == 'posts' and unit == '2' and month == 24").iloc[0]
    assert column(grid, "Given up")["2 posts"].startswith(f"{100 * row['share_given_up']:.0f} %")
    old = tables.size_table(without(frames, "summary_states", [*LEADING, *(f"{name}_mcse" for name in LEADING)]))
    assert old.heads[2:4] == ("Posts that deliver", "Sustained (old stock)")
