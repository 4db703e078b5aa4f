"""What a report tells of the outcomes that lead: in its tables, its sentences and its definitions."""

import math

import pandas as pd
import pytest

from sim.measures.luck import LUCKY
from sim.measures.values import LEADING, OUTCOMES
from sim.report import definitions_of, outcomes, tables, write_report

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


def test_the_ends_are_those_of_the_summary(plan, frames_of):
    frames = frames_of(plan)
    grid = outcomes.ends_table(frames, definitions_of(plan) | {"months_without_session": 7.0})
    assert grid.heads[1:3] == ("Kept going", "Given up")
    monthly = frames["summary_monthly"].query("unit == 'North' and month == 24").set_index("outcome")["mean"]
    for head, name in (("No session for 7 months", "share_silent_nine_months"), ("Restarted after a gap", "share_restarted_gap")):
        share = column(grid, head)["North"]
        assert share.startswith(f"{100 * monthly[name]:.0f} %") or "of 6" in share
    assert column(grid, "Fidelity of the clinic")["North"].startswith(f"{monthly['fidelity_clinic']:.2f}")
    assert column(grid, "Fidelity of sessions")["North"].startswith(f"{monthly['fidelity']:.2f}")
    lacking = frames["summary_monthly"][~frames["summary_monthly"]["outcome"].isin(["fidelity_clinic", "share_restarted_gap"])]
    old = outcomes.ends_table(frames | {"summary_monthly": lacking}, definitions_of(plan))
    assert {"Fidelity of the clinic", "Restarted after a gap"}.isdisjoint(old.heads)
    assert len(old.heads) == len(grid.heads) - 2


def test_risks_are_those_of_the_summary(plan_of, frames_of):
    frames = frames_of(plan_of(months=60))
    grid = outcomes.risks_table(frames)
    assert grid.heads[1:] == ("Given up in 24 months", "Given up in 48 months", "First long gap in 24 months",
                              "First long gap in 48 months")  # fmt: skip
    table = frames["summary_risks"].assign(risk=0.25, low=0.125, high=0.5)
    cell = outcomes.risks_table(frames | {"summary_risks": table}).rows[-1][1][0]
    assert (cell.text, cell.small, cell.bar) == ("25\N{NO-BREAK SPACE}%", "12–50\N{NO-BREAK SPACE}%", 0.25)
    nothing = outcomes.risks_table(frames | {"summary_risks": table.assign(risk=0.0, low=0.0, high=0.0, at_risk=1234)})
    assert nothing.rows[0][1][0].small == "none of 1,234; at most 0.3\N{NO-BREAK SPACE}%"
    few = frames["summary_risks"].assign(risk=0.0, low=0.0, high=0.0)
    few["at_risk"] = few["at_risk"].where(few["group"] != "service", 20)
    small = outcomes.risks_table(frames | {"summary_risks": few}).rows[0][1][0].small
    # services of one run are no more than one: what 20 runs leave possible, however many services they have
    assert small.endswith("at most 14\N{NO-BREAK SPACE}%")
    unknown = outcomes.risks_table(frames | {"summary_risks": table.assign(risk=math.nan)})
    assert {cell.text for _, cells in unknown.rows for cell in cells} == {"–"}
    assert outcomes.risks_table(frames_of(plan_of(months=24))) is None  # nobody can be watched for so long
    assert outcomes.risks_table({name: one for name, one in frames.items() if name != "summary_risks"}) is None


def luck(*, months=0.4, ends=0.8, worlds=24):
    """Table of luck, made by hand: the share of months, and that of all the others."""
    rows = [
        {"group": group, "unit": unit, "what": what, "month": month, "luck": share if group == "region" else 0.01}
        for group, unit in (("region", "all services"), ("service", "North"))
        for what, share in ((what, months if what.startswith("months") else ends) for what in LUCKY)
        for month in (12, 24)
    ]
    return pd.DataFrame(rows).assign(worlds=worlds, replicates=8)


def test_luck_is_told_with_what_it_means(plan, frames_of):
    frames = frames_of(plan) | {"summary_luck": luck()}
    said = outcomes.luck_sentence(frames)[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "80 % of whether it keeps going, 80 % of whether it has given up and 40 % of how many months" in said
    assert "to month 24" in said
    assert "read months and risks first" in outcomes.luck_meaning(frames)
    grid = outcomes.luck_table(frames)
    assert grid.heads[1:] == ("Month 12", "Month 24")
    assert len(grid.rows) == len(LUCKY)
    assert grid.rows[0][0] == "Whether it has kept going"
    assert grid.rows[-1][0].endswith("(old stock)")
    assert "24 sets of parameter values, each run 8 times" in grid.caption
    assert "between services and sets of values." in grid.note
    alike = frames | {"summary_luck": luck(worlds=1)}
    assert "sets of" not in outcomes.luck_table(alike).caption + outcomes.luck_table(alike).note
    alone = frames | {"services_start": frames["services_start"].iloc[:1]}
    assert "between sets of values." in outcomes.luck_table(alone).note
    other = frames | {"summary_luck": luck(months=0.9)}  # months are no better known: nothing is advised
    assert "read months" not in outcomes.luck_meaning(other)
    assert "90 % of how many months" in outcomes.luck_sentence(other)[0].replace("\N{NO-BREAK SPACE}", " ")


def test_nothing_is_said_of_luck_that_is_not_known(plan, frames_of):
    frames = frames_of(plan)
    for table in ({}, {"summary_luck": luck().iloc[:0]}, {"summary_luck": luck(months=math.nan, ends=math.nan)}):
        assert outcomes.luck_sentence(frames | table) == []
        assert outcomes.luck_table(frames | table) is None
        assert outcomes.luck_meaning(frames | table) == ""


def test_the_page_defines_what_leads_before_the_old_stocks(tmp_path, plan_of, frames_of):
    plan = plan_of(months=60)
    frames = frames_of(plan) | {"summary_luck": luck()}
    path = write_report(
        tmp_path, title="", question="", frames=frames, pictures=[], manifest={}, definitions=definitions_of(plan)
    )  # fmt: skip
    page = path.read_text(encoding="utf-8")
    told = ("Kept going", "High at every look", "Operating", "Silent", "Given up", "Restarted after a gap")
    places = [page.index(f"<dt>{head}</dt>") for head in (*told, "Sustained", "Abandoned")]
    assert places == sorted(places)
    meaning = next(one.meaning for one in OUTCOMES if one.name == "share_kept_going")
    assert f"<dd>S{meaning[1:]}.</dd>" in page
    assert "Risks and luck" in page
    assert "luck alone decides" in page
