"""Why services give the practice up and take it up again, as a report tells it."""

import pandas as pd
import pytest

from sim.codes import RestartReason, StopReason
from sim.report import definitions_of, reasons, write_report
from sim.report.reasons import DECIDED, decisions_of, why_decided
from sim.runs import run

pytestmark = pytest.mark.portable


def said(frames):
    return [one.replace("\N{NO-BREAK SPACE}", " ") for one in why_decided(frames)]


def counted(**counts):
    """Counts of decisions, made by hand; those that are not given are 0."""
    rows = [("given up", one.name.lower()) for one in StopReason if one]
    rows += [("taken up again", one.name.lower()) for one in RestartReason if one]
    found = pd.DataFrame(rows, columns=["decision", "reason"])
    return {DECIDED: found.assign(count=[counts.get(reason, 0) for _, reason in rows])}


@pytest.mark.engine
def test_decisions_are_counted_each_once(tmp_path, monkeypatch):
    found = run("nine-services", replicates=6, months=72, seed=3, threads=1, figures=False, out=tmp_path / "run")
    table = decisions_of(found.folder).set_index(["decision", "reason"])["count"]
    months = found.services_monthly
    for decision, column in (("given up", "stop"), ("taken up again", "restart")):
        # a decision is noted in all rows from its month to the next one
        once = months.dropna(subset=[f"{column}_month"]).drop_duplicates(["replicate", "service", f"{column}_month"])
        expected = once[f"{column}_reason"].astype(str).value_counts()
        assert expected.sum() > 3
        assert {name: int(number) for name, number in table[decision].items() if number} == expected.to_dict()
    monkeypatch.setattr(reasons, "read_columns", lambda *_: ("month", "stop_month", "stop_reason"))
    assert decisions_of(found.folder) is None  # services of the first version decided nothing


def test_reasons_come_with_counts_and_shares_the_most_frequent_first():
    ended, again = said(counted(money=1, workforce=1500, lack_of_priority=499, champion=1, patients_who_ask=3))
    assert "decided 2,000 times to give the practice up" in ended
    assert "for lack of people (1,500, 75 %), lack of priority (499, 25 %) and lack of money (1, <1 %)." in ended
    assert "decided 4 times to take up again" in again
    assert "what led to it was patients who ask (3, 75 %) and a champion (1, 25 %)." in again
    assert "leader or goal" not in again


def test_what_was_never_decided_is_not_told():
    assert len(said(counted(money=1))) == 1
    assert "decided 1 time to give" in said(counted(money=1))[0]
    assert said(counted()) == []
    assert said({}) == []


def test_the_page_tells_the_reasons_of_services_first(tmp_path, plan, frames_of):
    def page(frames):
        path = write_report(
            tmp_path, title="", question="", frames=frames, pictures=[], manifest={}, definitions=definitions_of(plan)
        )  # fmt: skip
        return path.read_text(encoding="utf-8")

    frames = frames_of(plan)
    told = page(frames | counted(money=2))
    assert 0 < told.index("lack of money") < told.index("at the end (all runs together)")
    assert "lack of money" not in page(frames)
