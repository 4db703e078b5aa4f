"""Where a number comes from: the search finds what stands in the table, and what a number moves is what the kept runs say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.keeping import knobs_kept, mechanisms
from experiments.keeping.kept import home, read_reference
from experiments.runs import moved
from experiments.runs.moved import CURRENT, MISSING, kept_runs, knobs_changed, moved_by, pulled_in
from experiments.runs.numbers import KINDS, MOST_LETTERS, census, closest, entries, entry, found
from sim.parameters import STATUSES, read_table
from sim.plan import LEVERS
from sim.problems import BadInput

TABLE = read_table()


def names(words: str = "", **only: object) -> list[str]:
    return [one.name for one in found(words, **only)]  # type: ignore[arg-type]


def test_everything_is_there_once() -> None:
    expected = [*TABLE.parameters, *(f"switch.{one}" for one in TABLE.switches), *(f"forms.{one}" for one in TABLE.forms)]
    expected += [one.name for one in LEVERS]
    assert [one.name for one in entries()] == expected
    assert len(set(expected)) == len(expected)
    assert names() == expected


@pytest.mark.parametrize("name", ["chance_leader_leaves", "belief_mean", "gain_adaptation", "years_experience_mean"])
def test_a_parameter_is_as_the_table_has_it(name: str) -> None:
    one, kept = entry(name), TABLE.parameters[name]
    assert (one.value, one.low, one.high, one.unit) == (kept.value, kept.low, kept.high, kept.unit)
    assert (one.status, one.note, one.label, one.locator) == (kept.status, kept.note, kept.label, kept.locator)
    assert one.source == (TABLE.sources[kept.source].citation if kept.source else "")
    assert one.group


def test_the_census_is_that_of_the_table() -> None:
    told = census()
    assert told["statuses"] == TABLE.census_counts()
    assert f"{told['acting']} parameters: " in TABLE.census()
    assert told["acting"] + told["waiting"] == len(TABLE.parameters) == told["kinds"]["parameter"]
    assert sum(told["kinds"].values()) == len(entries())


def test_all_words_must_stand_somewhere_and_names_come_first() -> None:
    assert names("chance_leader_leaves")[0] == "chance_leader_leaves"
    assert names("LEADER  turnover")[:2] == ["chance_leader_leaves", "switch.leader_turnover"]
    assert set(names("leader turnover")) <= set(names("leader")) & set(names("turnover"))
    assert "belief_mean" in names("roosenschoon")  # who is cited
    assert "years_experience_mean" in names("8.4")  # where in it
    assert names("no such word anywhere") == []
    assert names("a" * (MOST_LETTERS + 50)) == []


def test_filters_keep_only_what_they_say() -> None:
    for status in STATUSES:
        assert {one.status for one in found(statuses=[status])} == {status}
    for kind in KINDS:
        assert {one.kind for one in found(kinds=[kind])} == {kind}
    assert names("leader", statuses=["evidence"], kinds=["switch"]) == []
    assert sum(len(found(kinds=[kind])) for kind in KINDS) == len(found())


def test_a_search_in_vain_has_a_hint() -> None:
    assert closest("leadr turnover") == "did you mean 'leader turnover'?"
    assert closest("xyzzy qwop") == ""


@pytest.mark.parametrize("name", ["", "nonsense", "../parameters.toml", 3, None, ["belief_mean"], "x" * 10_000])
def test_what_is_not_there_is_refused(name: object) -> None:
    with pytest.raises(BadInput):
        entry(name)


# ------------------------------------------------------------------------------------------------------------------ moved


def test_every_kept_run_is_of_this_model() -> None:
    assert set(kept_runs().states.values()) == {CURRENT}


def test_what_is_missing_is_said_and_moves_nothing(tmp_path: Path) -> None:
    runs = kept_runs(tmp_path)
    assert set(runs.states.values()) == {MISSING}
    told = moved_by(entry("hours_capacity"), runs)
    assert (told["knobs"], told["mechanisms"], told["sensitivity"], told["recovery"]) == ([], [], None, None)


def test_knobs_of_another_model_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = knobs_kept.read(home())
    assert kept is not None
    assert knobs_changed(kept, TABLE) == []
    other = replace(kept, record={**kept.record, "values": "0" * 64, "rules": "0" * 64})
    assert knobs_changed(other, TABLE) == ["the default values", "the rules"]


def test_a_number_moves_what_the_kept_tables_say() -> None:
    told = moved_by(entry("hours_capacity"))
    (knob,) = told["knobs"]
    kept = knobs_kept.read(home())
    assert kept is not None
    one = kept.findings["hours_capacity"]
    assert float(knob["best"]["told"].replace("−", "-")) == pytest.approx(one.best.mean, rel=0.01)
    assert (knob["low"], knob["high"]) == ("130", "165")
    assert [each["outcome"] for each in knob["main"]] == [
        "services that kept going, month 84",
        "fidelity, month 84",
        "helped per post, month 84",
    ]
    assert told["sensitivity"]["rank"] == 1
    assert told["sensitivity"]["indices"][0]["total"] == "76 ± 4"
    assert len(told["sensitivity"]["alone"]) == 2
    assert told["recovery"]["identifiable"]
    control = moved_by(entry("belief_spread"))
    assert control["sensitivity"]["alone"] == []
    assert not control["recovery"]["identifiable"]


def test_a_mechanism_moves_what_its_table_says() -> None:
    (told,) = moved_by(entry("switch.fading"))["mechanisms"]
    kept = read_reference(home() / mechanisms.REFERENCE, mechanisms.RECORD)
    assert kept is not None
    rows = {row["outcome"]: row for row in kept.rows(mechanisms.TABLE) if row["mechanism"] == "fading"}
    assert len(told["rows"]) == len(rows) == len(mechanisms.HEADLINES)
    assert told["rows"][0]["told"].replace("−", "-") == f"{100 * float(rows['share_kept_going']['mean']):+.1f}"
    form = moved_by(entry("forms.belief"))["mechanisms"]
    assert [(one["low"], one["high"]) for one in form] == [("bayes", "smoothing")]


def test_everything_is_told_as_plain_json_and_no_parameter_moves_nothing() -> None:
    for one in entries():
        told = json.loads(json.dumps(moved_by(one), allow_nan=False))
        if one.kind != "lever":
            assert told["knobs"], one.name
            assert all(knob["alive"] for knob in told["knobs"])
        if one.kind in ("switch", "form"):
            assert told["mechanisms"], one.name


def test_levers_name_the_hypotheses_that_try_them() -> None:
    assert {"H1", "H5"} <= {one["hypothesis"] for one in pulled_in("protected_time")}
    assert pulled_in("no such lever") == []


@pytest.mark.parametrize(("error", "digits"), [(0.013, 2), (2.4, 1), (12.0, 0), (0.0, 0), (1e-12, 8)])
def test_a_number_has_as_many_digits_as_its_error_allows(error: float, digits: int) -> None:
    assert moved.digits_of(error) == digits
