"""What a team concluded, on record: written once, never changed, shown beside the run that it speaks of."""

import tomllib
from dataclasses import replace

import pytest

from experiments.hypotheses.reading import read_hypothesis
from experiments.hypotheses.records import RECORDS, check_records, on_record, short, skeleton, write_records
from experiments.hypotheses.verdicts import MIXED
from sim.problems import BadInput
from sim.store.parts import JOBS, PartStore
from tests.experiments.commanding import refused
from tests.experiments.hypotheses.made_up import filled_in, found_of

NAME = "h10-leader-leaves"
RUN, OTHER = "ab" * 32, "cd" * 32
FILLED = ('result = ""', 'result = "Fidelity keeps up."'), ('by = ""', 'by = "the team"'), ('date = ""', "date = 2026-03-01")


@pytest.fixture(scope="module")
def found():
    return found_of(read_hypothesis("H10"))


def path(folder):
    return folder / RECORDS / f"{NAME}.toml"


def fill_in(folder, *changes: tuple[str, str]) -> str:
    text = path(folder).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path(folder).write_text(text, encoding="utf-8")
    return text


def test_a_record_to_fill_in_is_written_and_says_of_what_it_speaks(tmp_path, found):
    write_records(tmp_path, [found], {found.hypothesis.file.name: RUN})
    raw = tomllib.loads(path(tmp_path).read_text(encoding="utf-8"))
    assert (raw["hypothesis"], raw["run"], raw["file"], raw["verdict"]) == ("H10", RUN, found.hypothesis.hash, found.verdict)
    assert {raw[name] for name in ("result", "decision", "by", "date")} == {""}
    assert on_record(tmp_path, found, RUN) is None  # nothing is concluded yet


def test_what_nobody_has_touched_speaks_of_the_last_run_and_what_was_touched_stays(tmp_path, found):
    write_records(tmp_path, [found], {found.hypothesis.file.name: RUN})
    write_records(tmp_path, [found], {found.hypothesis.file.name: OTHER})
    assert tomllib.loads(path(tmp_path).read_text(encoding="utf-8"))["run"] == OTHER
    filled = fill_in(tmp_path, *FILLED)
    write_records(tmp_path, [found], {found.hypothesis.file.name: RUN})
    assert path(tmp_path).read_text(encoding="utf-8") == filled
    path(tmp_path).write_text(skeleton("H10", RUN, "x", MIXED) + "# a note of ours\n", encoding="utf-8")
    write_records(tmp_path, [found], {found.hypothesis.file.name: OTHER})
    assert "a note of ours" in path(tmp_path).read_text(encoding="utf-8")


def test_a_record_of_this_run_is_shown_and_one_of_another_is_said_to_be(tmp_path, found):
    write_records(tmp_path, [found], {found.hypothesis.file.name: RUN})
    fill_in(tmp_path, *FILLED)
    same = on_record(tmp_path, found, RUN)
    assert same.said == (("result", "Fidelity keeps up."), ("by", "the team"), ("date", "2026-03-01"))
    assert same.open == ("decision",)
    assert same.differs == ()  # the control
    other = on_record(tmp_path, found, OTHER)
    assert other.said == same.said
    assert len(other.differs) == 1
    assert short(RUN) in other.differs[0]
    assert short(OTHER) in other.differs[0]
    reworded = replace(found, hypothesis=replace(found.hypothesis, text=found.hypothesis.text + "\n# more"))
    assert len(on_record(tmp_path, reworded, RUN).differs) == 1
    judged = replace(found.claims[0].judged, verdict=MIXED)
    turned = replace(found, claims=(replace(found.claims[0], judged=judged),))
    assert "mixed" in on_record(tmp_path, turned, RUN).differs[0]


@pytest.mark.parametrize(
    ("change", "where", "told"),
    [
        (('by = ""', "by = the team"), "", "not valid TOML"),
        (('by = ""', "by = 3"), ": by", "text in quotation marks"),
        (('by = ""', 'bye = ""'), ": bye", "did you mean 'by'"),
        (('date = ""', 'date = "1 March"'), ": date", "2026-03-01"),
        (('hypothesis = "H10"', 'hypothesis = "H1"'), ": hypothesis", "'H10'"),
        (("schema_version = 1", "schema_version = 2"), ": schema_version", "1"),
        ((f'run = "{RUN}"', f'ran = "{RUN}"'), ": run", "missing key 'run'"),
    ],
)
def test_what_is_wrong_with_a_record_is_said_and_nothing_is_written(tmp_path, found, change, where, told):
    write_records(tmp_path, [found], {found.hypothesis.file.name: RUN})
    fill_in(tmp_path, change)
    first = read_hypothesis("H1")
    for tried in (
        lambda: check_records(tmp_path, [found.hypothesis]),
        lambda: on_record(tmp_path, found, RUN),
        lambda: write_records(
            tmp_path, [found_of(first), found], dict.fromkeys(["h01-active-leadership", found.hypothesis.file.name], RUN)
        ),
    ):
        with pytest.raises(BadInput) as error:
            tried()
        said = [f"{one.where} {one.what} {one.allowed} {one.hint}" for one in error.value.problems]
        assert any(f"{RECORDS}/{NAME}.toml{where}" in one and told in one for one in said), said
    assert [one.name for one in (tmp_path / RECORDS).iterdir()] == [f"{NAME}.toml"]
    path(tmp_path).unlink()
    write_records(
        tmp_path, [found_of(first), found], dict.fromkeys(["h01-active-leadership", found.hypothesis.file.name], RUN)
    )  # the control
    assert len(list((tmp_path / RECORDS).iterdir())) == 2


def test_the_command_refuses_a_bad_record_before_anything_runs(tmp_path):
    (tmp_path / "mine.toml").write_text(filled_in(), encoding="utf-8")
    record = tmp_path / "out" / RECORDS / "mine.toml"
    record.parent.mkdir(parents=True)
    record.write_text("result = nothing", encoding="utf-8")
    said = refused("hypotheses", tmp_path / "mine.toml", "--quick", "--out", tmp_path / "out", "--workers", 1)
    assert "records/mine.toml: is not valid TOML" in said
    assert "allowed:" in said
    assert "hint:" in said
    assert [one for one in (tmp_path / "out").rglob("*") if one.is_file()] == [record]


def test_what_toml_does_not_take_as_it_is_is_written_so_that_it_can_be_read():
    odd = 'a "quoted" \\ name\nof two lines'
    assert tomllib.loads(skeleton(odd, "", "", MIXED))["hypothesis"] == odd


def test_a_restart_leaves_records(tmp_path, found):
    folder = tmp_path / "out"
    with PartStore.create_or_open(folder, {"code": "x"}):
        write_records(folder, [found], {found.hypothesis.file.name: RUN})
        (folder / JOBS / "one.json").parent.mkdir(exist_ok=True)
        (folder / JOBS / "one.json").write_text("{}", encoding="utf-8")
    with PartStore.create_or_open(folder, {"code": "y"}, restart=True) as store:
        assert store.names() == []  # the control: the rest is gone
    assert path(folder).exists()


def test_a_file_where_records_should_be_is_said(tmp_path, found):
    (tmp_path / RECORDS).write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="is a file"):
        check_records(tmp_path, [found.hypothesis])
