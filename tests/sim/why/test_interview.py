"""The interview guide: numbers of a month beside the study's topics, with honest percentiles and nobody's words."""

import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import sim
from sim.codes import POST_VACANT
from sim.problems import BadInput
from sim.state import FIELDS
from sim.why.interview import Asked, Reference, guide, in_lines, in_office, percentile, reference, topics
from sim.world import World

THE_STUDYS = {"Brit", "Carl", "Cate", "Dagny", "David", "Erik", "Faye", "Freya", "Frida", "Gina", "Grete", "Hanna", "Asta", "Ann"}
"""Aliases under which the study quotes its practitioners."""


@pytest.fixture(scope="module")
def world() -> World:
    return sim.prepare("nine-services")


@pytest.fixture(scope="module")
def among(world: World) -> Reference:
    return reference(world, 60)


# ---------------------------------------------------------------------------------------------------------------- percentiles


@pytest.mark.portable
def test_the_median_is_in_the_middle_and_ties_count_half() -> None:
    noise = np.sort(np.random.default_rng(3).normal(size=999))
    assert percentile(float(np.median(noise)), noise) == pytest.approx(50.0, abs=1e-9)
    assert percentile(4.0, np.full(7, 4.0)) == 50.0
    assert percentile(1.0, np.array([0.0, 0.0, 0.0, 1.0])) == 87.5
    assert percentile(0.0, np.array([0.0, 0.0, 0.0, 1.0])) == 37.5


@pytest.mark.portable
def test_percentiles_rise_and_extremes_are_at_the_ends() -> None:
    noise = np.sort(np.random.default_rng(4).integers(0, 20, 200).astype(float))
    ranks = [percentile(value, noise) for value in np.linspace(-1, 21, 89)]
    assert (np.diff(ranks) >= 0).all()
    assert ranks[0] == 0.0
    assert ranks[-1] == 100.0
    assert np.mean([percentile(value, noise) for value in noise]) == pytest.approx(50.0)  # what midranks add up to


@pytest.mark.engine
def test_a_planted_extreme_is_found(world: World, among: Reference) -> None:
    pushed = world.with_settings({"services.D.backing": 1.0, "services.D.barriers": 40})
    rows = [row for row in guide(pushed, 0, "D", among) if row.value is not None]
    found = {row.field: (row.percentile, row.reason) for row in rows}
    backing, barriers = found["service.backing_now"], found["service.barriers"]
    assert backing == (100.0, "those above stand behind it")
    assert barriers == (100.0, "things that stand in the way are still there")


# ------------------------------------------------------------------------------------------------------------------ reference


@pytest.mark.engine
def test_the_reference_is_everybody_in_office_at_the_month(world: World, among: Reference) -> None:
    asked, beliefs = 0, []
    for replicate in range(60):
        people = world.trace(replicate)[1].practitioners[11]  # of the whole run: what comes later moves nothing before
        asked += int(in_office(people).sum())
        beliefs += people["belief"][in_office(people)].tolist()
    assert among.practitioners == asked
    assert among.values["practitioner.belief"].tolist() == sorted(beliefs)
    assert {len(values) for values in among.values.values()} == {asked}
    assert (among.month, among.replicates) == (12, 60)


@pytest.mark.engine
def test_numbers_of_a_service_count_at_each_of_its_posts(world: World) -> None:
    few = reference(world, 1)
    trace = world.trace(0)[1]
    asked = in_office(trace.practitioners[11])
    starts = world.plan.services
    backing = np.repeat(trace.services[11]["backing_now"], starts["posts"] + starts["reserve"])[asked]
    assert few.values["service.backing_now"].tolist() == sorted(backing.tolist())


@pytest.mark.engine
def test_a_practitioner_of_the_reference_is_in_the_middle_on_average(world: World, among: Reference) -> None:
    ranks = [
        row.percentile
        for replicate in range(60)
        for service in ("A", "D")
        for row in guide(world, replicate, service, among)
        if row.field == "practitioner.autonomy" and row.percentile is not None
    ]
    assert 30 < np.mean(ranks) < 70
    assert min(ranks) < 15
    assert max(ranks) > 85


# ---------------------------------------------------------------------------------------------------------------------- guide


@pytest.mark.engine
def test_values_are_those_of_the_trace(world: World, among: Reference) -> None:
    d = world.only("D")
    trace, rows = d.trace(3)[1], guide(world, 3, "D", among)
    for row in rows:
        entity, name = row.field.split(".")
        post = int(row.practitioner.removeprefix("practitioner ")) - 1
        records = {
            "service": trace.services[11, 0],
            "leader": trace.leaders[11, 0],
            "practitioner": trace.practitioners[11, post],
        }
        if row.value is not None:
            assert row.value == records[entity][name]
            assert row.percentile == percentile(row.value, among.values[row.field])
    assert guide(d, 3, "D", among) == rows


@pytest.mark.engine
def test_who_is_not_in_office_has_none(world: World, among: Reference) -> None:
    d, seen = world.only("D"), 0
    for replicate in range(40):
        people = d.trace(replicate)[1].practitioners[11]
        for post in np.flatnonzero(people["status"] >= POST_VACANT):
            mine = [row for row in guide(d, replicate, "D", among) if row.practitioner == f"practitioner {post + 1}"]
            assert mine
            assert {(row.value, row.percentile, row.reason) for row in mine} == {(None, None, "")}
            seen += 1
    assert seen == 3


@pytest.mark.engine
def test_posts_that_are_not_opened_are_left_out(world: World, among: Reference) -> None:
    expanding = sim.prepare("expansion", ensemble=None)
    assert {row.practitioner for row in guide(expanding, 0, "A", among)} == {f"practitioner {at}" for at in (1, 2, 3)}


@pytest.mark.engine
def test_lines_name_a_topic_and_reasons_only_where_a_number_stands_out(world: World, among: Reference) -> None:
    rows = guide(world, 3, "D", among)
    lines = in_lines(rows)
    assert [line for line in lines if not line.startswith(" ")] == [topic.title for topic in topics()]
    assert len([line for line in lines if "has reason to bring up" in line]) == len([row for row in rows if row.reason])
    for row in rows:
        assert bool(row.reason) == (row.percentile is not None and not 25 < row.percentile < 75)


@pytest.mark.engine
def test_a_month_out_of_reach_is_refused(world: World, among: Reference) -> None:
    with pytest.raises(BadInput, match="month 85 is not in this run"):
        reference(world, 1, month=85)
    short = sim.prepare("nine-services", months=6, ensemble=None)
    with pytest.raises(BadInput, match="month 12 is not in this run"):
        guide(short, 0, "D", among)
    with pytest.raises(BadInput, match="nobody is in office"):
        reference(world, 0)
    with pytest.raises(BadInput, match="there is no service"):
        guide(world, 0, "Z", among)


# --------------------------------------------------------------------------------------------------------------------- topics


@pytest.mark.portable
def test_every_topic_of_the_study_is_there_and_every_field_exists() -> None:
    assert len(topics()) == 10
    assert len({topic.name for topic in topics()}) == 10
    for topic in topics():
        for one in topic.fields:
            entity, name = one.field.split(".")
            assert [field.length for field in FIELDS[entity] if field.name == name] == [0]
            assert one.unit
            assert one.high != one.low
    with pytest.raises(ValidationError):
        Asked(field="patient.recovery", words="a", reason="b", high="c", low="d")


@pytest.mark.portable
def test_nobody_of_the_study_is_named_or_quoted() -> None:
    text = Path(sim.why.interview.__file__).with_name("topics.toml").read_text(encoding="utf-8")
    assert not THE_STUDYS & set(re.findall(r"\w+", text))
    assert "THE MAPPING IS AN ASSUMPTION" in text
    # nobody speaks: no first person, no quotation within the words
    for topic in topics():
        for one in topic.fields:
            assert not re.search(r"\b(I|my|we|our)\b|[“”]", " ".join((one.words, one.high, one.low)))
