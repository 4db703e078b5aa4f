"""``sustain new`` writes files that can be run, and nothing when an answer cannot be."""

import pytest
from typer.testing import CliRunner

from experiments.runs import beginning
from sim.problems import BadInput
from sim.scenario import check_file, read_scenario
from tests.experiments.commanding import APP, refused, sustain


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(*words, answers=""):
    return CliRunner().invoke(APP, ["new", *words], input=answers, catch_exceptions=False)


def test_answers_go_into_the_file(here):
    done = new("north", answers="Nord\nspecialised\n20\n5\nactive\ncommitted\njoint decision\ngroup\n30\n2.5\n")
    assert done.exit_code == 0, done.output
    (service,) = read_scenario(here / "north.toml").services
    assert (service.name, service.setting, service.staff, service.posts) == ("Nord", "specialised", 20, 5)
    assert (service.leader, service.signal, service.selection, service.format) == (
        "active",
        "committed",
        "joint_decision",
        "group",
    )
    assert (service.pool, service.inflow) == (30, 2.5)


def test_enter_gives_what_usual_gives(here):
    assert new("asked", answers="\n" * 10).exit_code == 0
    assert new("usual", "--usual").exit_code == 0
    asked, usual = ((here / f"{name}.toml").read_text(encoding="utf-8") for name in ("asked", "usual"))
    assert asked.replace("asked", "usual").replace("Asked", "Usual") == usual


def test_every_line_has_a_comment(here):
    new("mine", "--usual")
    fields = (here / "mine.toml").read_text(encoding="utf-8").split("[[services]]")[1].split("\n\n")[0].splitlines()[2:]
    assert len(fields) == len(beginning.questions())
    assert all("  # " in line for line in fields)


def test_a_wrong_answer_is_asked_again_and_then_given_up(here):
    done = new("mine", answers="Ours\nprivate\nprimary\nten\n10\n" + "\n" * 8)
    assert done.exit_code == 0
    assert "'private' cannot be: primary, specialised" in done.stderr
    assert read_scenario(here / "mine.toml").services[0].staff == 10
    given_up = new("other", answers="Ours\n" + "private\n" * beginning.TRIES)
    assert given_up.exit_code == 2
    assert not (here / "other.toml").exists()


def test_answers_that_end_early_write_nothing(here):
    done = new("mine", answers="Ours\nprimary\n")
    assert done.exit_code == 2
    assert "standard input: ends before every question is answered" in done.stderr
    assert list(here.iterdir()) == []


def test_ctrl_c_writes_nothing(here, monkeypatch):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.prompt", pressed)
    assert new("mine").exit_code == 130
    assert list(here.iterdir()) == []


def test_more_posts_than_staff_are_refused(here):
    done = new("mine", answers="Ours\nprimary\n2\n5\n" + "\n" * 6)
    assert done.exit_code == 2
    assert list(here.iterdir()) == []


def test_a_what_if_differs_from_a_scenario(here):
    assert new("goals", "--from", "baseline").exit_code == 0
    assert check_file(here / "goals.toml") == []
    assert [one.name for one in read_scenario(here / "goals.toml").services] == list("ABCDEFGHI")
    text = (here / "goals.toml").read_text(encoding="utf-8")
    free = "\n".join(line.removeprefix("# ") for line in text.splitlines() if "[parameters]" not in line and "chance" not in line)
    (here / "goals.toml").write_text(free.replace("What is different?", "# What").replace("Written by", "# "), encoding="utf-8")
    assert check_file(here / "goals.toml") == []  # what stands behind the marks can be used
    assert len(read_scenario(here / "goals.toml").policies) == len(read_scenario("baseline").policies) + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Mine", "--usual"], "'Mine' cannot be"),
        (["../mine", "--usual"], "'../mine' cannot be"),
        (["m" * 61, "--usual"], "cannot be"),
        (["nine-services"], "such as my-nine-services"),  # before any question: there is nobody to answer
        (["mine", "--from", "nowhere"], "unknown scenario 'nowhere'"),
        (["mine", "--from", "all-active"], "is itself a difference"),
    ],
)
def test_what_cannot_be_is_refused(words, said, here):
    assert said in refused("new", *words)
    assert list(here.iterdir()) == []


def test_a_file_that_is_there_stays(here):
    new("mine", "--usual")
    before = (here / "mine.toml").read_bytes()
    assert "is there already" in refused("new", "mine", "--usual")
    assert (here / "mine.toml").read_bytes() == before


def test_it_can_be_run(here):
    new("mine", "--usual")
    assert sustain("check", "mine.toml").stdout == "mine.toml: ok (scenario)\n"


def test_questions_are_asked_of_every_key_that_a_service_needs():
    from sim.scenario.schema import Service

    needed = {name for name, info in Service.model_fields.items() if info.is_required()} - {"name"}
    assert needed <= {question.key for question in beginning.questions()}
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        next(one for one in beginning.questions() if one.key == "staff").read("0")
    with pytest.raises(BadInput):
        beginning.begin("Bad name", base=None, folder=beginning.Path(), ask=False)
