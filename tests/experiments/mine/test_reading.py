"""The file on one's own service: what it may say, and what bad input gets."""

import pytest

from experiments.mine.reading import check_mine, read_mine
from sim.problems import BadInput
from tests.experiments.commanding import refused, sustain
from tests.experiments.mine.small import SEEN, SERVICE, file_of, mine_of

pytestmark = pytest.mark.portable


def problems(folder, seen, service=SERVICE):
    with pytest.raises(BadInput) as caught:
        mine_of(folder, seen, service)
    return [str(one) for one in caught.value.problems]


def test_everything_that_was_seen_is_read(tmp_path):
    mine = mine_of(
        tmp_path,
        "[seen]\nnow = 20\n"
        "delivering = [{ month = 20, posts = 3, tolerance = 1 }]\n"
        "fidelity = [{ month = 12, score = 4.0, error = 0.25, tolerance = 0.1 }]\n"
        'leader = [{ month = 9, change = "leaves" }, { month = 11, change = "arrives", type = "active" }]\n'
        "patients = [{ month = 18, in_courses = 3, started = 9, tolerance = 2 }]\n"
        "waiting = [{ month = 19, posts = 1 }]\n",
    )
    found = [(one.kind, one.month, one.low, one.high) for one in mine.observations]
    assert found == [
        ("delivering", 20, 2, 4),
        ("fidelity", 12, 3.4, 4.6),
        ("leaves", 9, 8, 10),
        ("arrives", 11, 10, 12),
        ("in_courses", 18, 1, 5),
        ("started", 18, 7, 11),
        ("waiting", 19, 1, 1),
    ]
    assert mine.observations[0].words == "3 of 4 posts deliver in month 20 (± 1)"


def test_all_but_now_may_be_left_out(tmp_path):
    assert mine_of(tmp_path, "[seen]\nnow = 1\n").observations == ()


@pytest.mark.parametrize(
    ("seen", "where", "said"),
    [
        ("[seen]\nnow = 48\n", "seen.now", "48 leaves no month to come before the horizon, month 48"),
        ("[seen]\nnow = 9\ndelivering = [{ month = 12, posts = 1 }]\n", "delivering[1].month", "12 is in the future: now is 9"),
        ("[seen]\nnow = 9\ndelivering = [{ month = 60, posts = 1 }]\n", "delivering[1].month", "beyond the horizon, month 48"),
        ("[seen]\nnow = 9\ndelivering = [{ month = 9, posts = 5 }]\n", "delivering[1].posts", "5 of 4 posts is impossible"),
        ("[seen]\nnow = 9\nwaiting = [{ month = 9, posts = 5 }]\n", "waiting[1].posts", "5 of 4 posts is impossible"),
        ("[seen]\nnow = 9\nfidelity = [{ month = 9, score = 6, error = 0.1 }]\n", "fidelity[1].score", "6 is out of bounds"),
        ("[seen]\nnow = 9\nfidelity = [{ month = 9, score = 4 }]\n", "fidelity[1]", "missing key 'error'"),
        ("[seen]\nnow = 9\nfidelity = [{ month = 9, score = 4, error = 0 }]\n", "fidelity[1]", "without an error no history"),
        ("[seen]\nnow = 9\npatients = [{ month = 9 }]\n", "patients[1]", "says nothing"),
        (
            "[seen]\nnow = 9\npatients = [{ month = 9, in_courses = 25 }]\n",
            "in_courses",
            "25 patients at a time are more than 4 posts",
        ),
        ("[seen]\nnow = 9\npatients = [{ month = 9, in_courses = 4, started = 2 }]\n", "patients[1]", "only 2 began one"),
        (
            "[seen]\nnow = 9\npatients = [{ month = 6, started = 5 }, { month = 9, started = 4 }]\n",
            "patients[2].started",
            "4 patients have begun by month 9, but 5 by month 6",
        ),
        (
            "[seen]\nnow = 9\ndelivering = [{ month = 9, posts = 0 }]\nfidelity = [{ month = 9, score = 4, error = 0.1 }]\n",
            "fidelity[1]",
            "in which no post delivers",
        ),
        (
            "[seen]\nnow = 9\nwaiting = [{ month = 9, posts = 1 }, { month = 9, posts = 2 }]\n",
            "waiting[2].month",
            "month 9 is said twice",
        ),
        ('[seen]\nnow = 9\nleader = [{ month = 9, change = "goes" }]\n', "leader[1].change", "unknown word 'goes'"),
        (
            '[seen]\nnow = 9\nleader = [{ month = 9, change = "stays" }, { month = 5, change = "leaves" }]\n',
            "leader[2]",
            "leaves by month 6, but stays to month 9",
        ),
        ('[seen]\nnow = 9\nleader = [{ month = 9, change = "leaves", type = "active" }]\n', "leader[1].type", "says nothing"),
        ("[seen]\nnow = 9\npatience = 3\n", "seen.patience", "unknown key 'patience'"),
        ("[[seen]]\nnow = 9\n", "seen", "is a list"),
        ("", "ours.toml", "missing key 'seen'"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(tmp_path, seen, where, said):
    (found,) = problems(tmp_path, seen)
    assert where in found.splitlines()[0]
    assert said in found


def test_all_problems_are_told_at_once(tmp_path):
    seen = "[seen]\nnow = 9\ndelivering = [{ month = 12, posts = 5 }]\nwaiting = [{ month = 9, posts = 7 }]\n"
    assert len(problems(tmp_path, seen)) == 3
    wrong = SERVICE.replace("staff = 14", 'staff = "many"')
    assert len(problems(tmp_path, "[seen]\nnow = 0\n", wrong)) == 2


def test_a_leader_who_is_known_to_stay_cannot_leave(tmp_path):
    seen = '[seen]\nnow = 18\nleader = [{ month = 9, change = "leaves" }]\n'
    known = SERVICE + "months_observed = 12\n"
    assert "chance changes no leader before month 12" in problems(tmp_path, seen, known)[0]
    event = known + '\n[[events]]\nmonth = 8\nkind = "leader_leaves"\nservices = "all"\n'
    assert len(mine_of(tmp_path, seen, event).observations) == 1  # the control: it was said


def test_exactly_one_service_is_needed(tmp_path):
    no_service = SERVICE.split("[[services]]", maxsplit=1)[0].replace('baseline = ""\n', "")
    assert "there are 9 services" in problems(tmp_path, SEEN, no_service)[0]
    one = 'schema_version = 1\nname = "ours"\ntitle = "x"\nquestion = "x"\nbaseline = "theirs"\n'
    (tmp_path / "theirs.toml").write_text(SERVICE.replace('"ours"', '"theirs"', 1), encoding="utf-8")
    changed = one + '[[changes]]\nset = { leader = "active" }\n'
    assert mine_of(tmp_path, SEEN, changed).service.leader == "active"  # a difference from another file


def test_a_scenario_may_not_say_what_was_seen(tmp_path):
    """The control: only this reader knows the table."""
    path = file_of(tmp_path)
    assert check_mine(path) == []
    assert "unknown key 'seen'" in refused("run", path, "-n", "2")


def test_the_command_refuses_before_it_runs(tmp_path):
    path = file_of(tmp_path, "[seen]\nnow = 99\n")
    said = refused("mine", path, "--histories", "3", "--seed", "-1")
    assert "99 leaves no month to come" in said
    assert "--histories" in said
    assert "--seed" in said
    assert "3 problems" in said


def test_check_and_schema_know_it(tmp_path):
    path = file_of(tmp_path)
    assert sustain("check", path).stdout == f"{path}: ok (mine)\n"
    assert "Seen" in sustain("schema", "mine").stdout


@pytest.mark.parametrize("name", ["half-left", "all-still-there", "one-carries-on"])
def test_the_examples_can_be_used(name):
    from experiments.kit.identity import EXPERIMENTS

    assert read_mine(EXPERIMENTS.with_name("docs") / "services" / f"{name}.toml").scenario.name == name


def test_the_document_has_every_key():
    from experiments.kit.identity import EXPERIMENTS
    from experiments.mine.schema import Delivering, Fidelity, Leader, Patients, Seen, Waiting

    text = (EXPERIMENTS.with_name("docs") / "my-service.md").read_text(encoding="utf-8")
    for model in (Delivering, Fidelity, Leader, Patients, Waiting):
        assert f"`[[seen.{model.__name__.lower()}]]`" in text
        assert all(f"`{key}`" in text for key in model.model_fields)
    assert set(Seen.model_fields) == {"now", "delivering", "fidelity", "leader", "patients", "waiting"}


def test_another_command_given_such_a_file_says_which_one_asks_it(tmp_path):
    said = refused("run", str(file_of(tmp_path)))
    assert "unknown key 'seen'" in said
    assert "`sustain mine`" in said
