"""Scenarios joined by +: the same as one file that says it all; what does not go together is refused."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from sim.engine import simulate
from sim.problems import BadInput
from sim.scenario import check_file, diff, find, read_scenario, resolve
from sim.scenario.catalogue import catalogue, find_all, names_in, stem_of

pytestmark = pytest.mark.portable

HEAD = 'schema_version = 1\nname = "{name}"\ntitle = "{name}"\nquestion = "What of {name}?"\n'
POLICY = '[[policies]]\nlever = "{lever}"\ndose = {dose}\n'
OWN = (
    '[[services]]\nname = "Ours"\nsetting = "primary"\nstaff = 12\nposts = 2\nleader = "active"\nsignal = "committed"\n'
    'selection = "requested"\nformat = "group"\npool = 5\ninflow = 1.0\n'
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(f"{name}.toml").write_text(HEAD.format(name=name) + text, encoding="utf-8")
    return f"{name}.toml"


def refusal(name: str) -> str:
    with pytest.raises(BadInput) as caught:
        read_scenario(name)
    return str(caught.value)


def test_the_same_as_a_file_that_says_it_all(here: Path) -> None:
    text = find("all-passive").read_text(encoding="utf-8").split('events"', 1)[-1]
    changed = text[text.index("keep_baseline_events") :]
    policies = (
        '[[policies]]\nlever = "expectation"\ndose = {dose}\nstart = 12\n'
        '[[policies]]\nlever = "protected_time"\ndose = 8.0\nstart = 12\n'
        '[[policies]]\nlever = "reallocation"\ndose = 0.8\nstart = 12\n'
    )
    by_hand = read_scenario(write("by-hand", changed + policies.format(dose=0.8)))
    joined = read_scenario("all-passive+expectations+protected-time")
    assert joined.hash == by_hand.hash
    assert diff(joined, by_hand) == []
    other = read_scenario(write("other", changed + policies.format(dose=0.7)))  # the control
    assert joined.hash != other.hash


def test_its_name_title_question_and_text() -> None:
    joined = read_scenario("all-passive+expectations")
    parts = [read_scenario(name) for name in ("all-passive", "expectations")]
    assert joined.name == "all-passive+expectations"
    assert joined.title == f"{parts[0].title} + {parts[1].title}"
    assert joined.question == f"What comes of these together? {parts[0].question} {parts[1].question}"
    assert joined.text == f"# --- all-passive.toml\n{parts[0].text}\n# --- expectations.toml\n{parts[1].text}"
    assert joined.path == "all-passive.toml+expectations.toml"


def test_values_of_all_parts(here: Path) -> None:
    write("one", 'months = 60\n[parameters]\nchance_leaves = 0.02\n[switches]\nturnover = false\n[forms]\nrosy = "ratio"\n')
    write("two", "seed = 7\n[parameters]\nchance_leaves = 0.02\nchance_stops = 0.01\n[switches]\nfading = false\n")
    joined = read_scenario("one.toml + two.toml")
    assert (joined.name, joined.months, joined.seed, joined.replicates) == ("one+two", 60, 7, 200)
    assert joined.parameters == {"chance_leaves": 0.02, "chance_stops": 0.01}
    assert joined.switches == {"fading": False, "turnover": False}
    assert joined.forms == {"rosy": "ratio"}
    assert read_scenario("two.toml+one.toml").hash == joined.hash


def test_services_of_the_first_part(here: Path) -> None:
    write("ours", OWN)
    write("policy", POLICY.format(lever="clarity", dose=0.5))
    joined = read_scenario("ours.toml+policy.toml")
    assert joined.service_names == ("Ours",)
    assert [one.lever for one in joined.policies] == ["clarity"]
    assert "unknown service 'E'" in refusal("ours.toml+all-passive")  # what the second says of the baseline's services


def test_an_event_of_both_is_kept_once_and_one_twice_in_a_part_twice(here: Path) -> None:
    joined = read_scenario("all-passive+active-from-12")
    assert [(one.month, one.kind) for one in joined.events] == [(7, "leaves_support"), (12, "leader_becomes")]
    more = '[[events]]\nmonth = 20\nkind = "pool_changes"\npatients = 5\n'
    write("five", more)
    write("ten", more + more)
    for name, added in (("five.toml", 5), ("ten.toml", 10), ("ten.toml+five.toml", 10)):
        assert set(resolve(read_scenario(name)).calendars["event_pool"][:, 20]) == {added}


def test_any_part_may_leave_out_what_the_baseline_has() -> None:
    assert len(read_scenario("expectations").events) == 2  # control: the newcomer of service H
    for name in ("expectations+all-passive", "all-passive+expectations"):
        assert [one.kind for one in read_scenario(name).events] == ["leaves_support"]


def test_doses_of_a_lever_add_up_within_its_bounds(here: Path) -> None:
    write("less", POLICY.format(lever="expectation", dose=0.15))
    write("more", POLICY.format(lever="expectation", dose=0.4))
    calendar = resolve(read_scenario("expectations+less.toml")).calendars[0]["expectation"]
    assert (calendar[11], calendar[12]) == (0.15, 0.8 + 0.15)
    assert resolve(read_scenario("expectations+more.toml")).calendars[0]["expectation"][12] == 1.0


def test_the_order_of_policies_does_not_matter(here: Path) -> None:
    doses = (0.1, 0.2, 0.3)
    assert (doses[0] + doses[1]) + doses[2] != doses[0] + (doses[1] + doses[2])  # added up in turn it would
    names = [write(f"p{number}", POLICY.format(lever="clarity", dose=dose)) for number, dose in enumerate(doses)]
    plans = [resolve(read_scenario("+".join(order))) for order in permutations([*names, "protected-time"])]
    assert len({plan.calendars.tobytes() for plan in plans}) == 1
    assert len({plan.services.tobytes() + plan.posts.tobytes() + plan.parameters.tobytes() for plan in plans}) == 1


@pytest.mark.engine
def test_a_part_of_dose_zero_changes_nothing_to_the_bit(here: Path) -> None:
    def rows(name: str) -> bytes:
        (batch,) = simulate(resolve(read_scenario(name, months=40)), seed=3, replicates=4)
        return batch.rows.tobytes() + batch.ends.tobytes()

    zero = write("zero", POLICY.format(lever="expectation", dose=0.0) + POLICY.format(lever="champion", dose=0.0))
    alone = rows("all-active")
    assert rows(f"all-active+{zero}") == rows(f"{zero}+all-active") == alone
    assert rows("all-active+expectations") != alone  # the control


# --- what is refused

_MONTHS = "months = {}\n"
REFUSED = {
    "unknown part": ({}, "all-passive+expectatons", "expectatons: unknown scenario 'expectatons'|did you mean 'expectations'?"),
    "all unknown parts": ({}, "all-pasive+expectatons", "did you mean 'all-passive'?|did you mean 'expectations'?"),
    "nothing on one side": ({}, "all-passive+", "nothing stands on one side of a '+'"),
    "a part twice": ({}, "all-passive+expectations+all-passive", "'all-passive' stands 2 times"),
    "two parameters": (
        {"one": "[parameters]\nchance_leaves = 0.01\n", "two": "[parameters]\nchance_leaves = 0.02\n"},
        "one.toml+two.toml",
        "two.toml: parameters.chance_leaves: 0.02 in two.toml, 0.01 in one.toml",
    ),
    "two switches": (
        {"one": "[switches]\nfading = true\n", "two": "[switches]\nfading = false\n"},
        "one.toml+two.toml",
        "two.toml: switches.fading: false in two.toml, true in one.toml",
    ),
    "two forms": (
        {"one": '[forms]\nrosy = "ratio"\n', "two": '[forms]\nrosy = "shift"\n'},
        "one.toml+two.toml",
        "two.toml: forms.rosy: 'shift' in two.toml, 'ratio' in one.toml",
    ),
    "two horizons": (
        {"one": _MONTHS.format(60), "two": _MONTHS.format(84)},
        "one.toml+two.toml",
        "two.toml: months: 84 in two.toml, 60 in one.toml",
    ),
    "two seeds and replicates": (
        {"one": "seed = 1\nreplicates = 5\n", "two": "seed = 2\nreplicates = 6\n"},
        "one.toml+two.toml",
        "two.toml: seed: 2 in two.toml, 1 in one.toml|two.toml: replicates: 6",
    ),
    "services later": (
        {"ours": OWN},
        "expectations+ours.toml",
        "ours.toml: services: gives services after the first part|write it first",
    ),
    "services twice": (
        {"ours": OWN},
        "national+ours.toml",
        "ours.toml: services: gives services after|national.toml gives services too",
    ),
    "the baseline later": ({}, "expectations+baseline", "baseline.toml: baseline: stands alone|write 'baseline' first"),
    "two baselines": (
        {"one": 'baseline = "mine"\n'},
        "expectations+one.toml",
        "one.toml: baseline: is a difference from 'mine' (mine.toml), expectations.toml from 'baseline'",
    ),
    "two changes": (
        {},
        "all-passive+all-active",
        "all-active.toml: changes[1].set.leader: 'active' for all, 'passive_supportive' in all-passive.toml|leader_informed: 0.9",
    ),
    "a change of one service": (
        {"one": '[[changes]]\nset = { clarity = 0.5 }\n[[changes]]\nservices = ["B"]\nset = { clarity = 0.6 }\n',
         "two": '[[changes]]\nset = { clarity = 0.5 }\n'},
        "one.toml+two.toml",
        "two.toml: changes[1].set.clarity: 0.5 for B, 0.6 in one.toml",
    ),
    "two events of a sort": (
        {"one": '[[events]]\nmonth = 24\nkind = "leader_becomes"\nleader_type = "active"\n'},
        "active-leader-leaves+one.toml",
        "event for service A in month 24|the other is at active-leader-leaves.toml: events[2] (leader_leaves)",
    ),
    "wrong in both": (
        {"one": "replicates = 0\n", "two": "seed = -1\n"},
        "one.toml+two.toml",
        "one.toml: replicates: 0|two.toml: seed: -1",
    ),
    "unreadable in both": (
        {"one": "=", "two": "="},
        "one.toml+two.toml",
        "one.toml: is not valid TOML|two.toml: is not valid TOML",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "name", "said"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together(here: Path, files: dict[str, str], name: str, said: str) -> None:
    base = find("baseline").read_text(encoding="utf-8").replace('name = "baseline"', 'name = "mine"', 1)
    Path("mine.toml").write_text(base, encoding="utf-8")
    for one, text in files.items():
        write(one, text)
    shown = refusal(name)
    for message in said.split("|"):
        assert message in shown
    assert "\n".join(str(one) for one in check_file(name)) == shown


def test_parts_that_agree_are_not_refused(here: Path) -> None:
    write("one", "months = 60\n[parameters]\nchance_leaves = 0.02\n[[changes]]\nset = { clarity = 0.5 }\n")
    write("two", 'months = 60\n[parameters]\nchance_leaves = 0.02\n[[changes]]\nservices = ["A"]\nset = { clarity = 0.5 }\n')
    assert check_file("one.toml+two.toml") == []
    assert read_scenario("one.toml+two.toml").hash == read_scenario("one.toml").hash
    mine = find("baseline").read_text(encoding="utf-8").replace('name = "baseline"', 'name = "mine"', 1)
    Path("mine.toml").write_text(mine, encoding="utf-8")
    write("three", 'baseline = "mine"\n' + POLICY.format(lever="clarity", dose=0.5))
    write("four", 'baseline = "mine"\n' + POLICY.format(lever="champion", dose=0.5))
    assert len(read_scenario("three.toml+four.toml").policies) == 2


# --- look-up


def test_a_file_whose_path_has_a_plus_wins(here: Path) -> None:
    folder = Path("all-passive+expectations")
    folder.mkdir()
    assert names_in("all-passive+expectations") == ("all-passive", "expectations")  # a folder is no file
    path = folder / "mine.toml"
    assert len(names_in(path)) == 2  # not there yet
    path.write_text(HEAD.format(name="mine") + "months = 5\n", encoding="utf-8")
    assert find_all(path) == (path,)
    assert read_scenario(str(path)).months == 5
    assert (stem_of(path), stem_of("all-passive+expectations")) == ("mine", "all-passive+expectations")


def test_no_shipped_name_has_a_plus() -> None:
    assert [entry.name for entry in catalogue() if "+" in entry.name] == []


def test_settings_and_horizon_hold_for_the_whole() -> None:
    joined = read_scenario("all-passive+workload-shock", overrides={"services.A.leader": "active"}, months=20)
    assert joined.services[0].leader == "active"
    assert (joined.months, joined.policies) == (20, ())
    np.testing.assert_array_equal(joined.record(), read_scenario("all-passive").record())


def test_a_baseline_with_an_unknown_parameter_is_refused(here: Path) -> None:
    mine = find("baseline").read_text(encoding="utf-8").replace('name = "baseline"', 'name = "mine"', 1)
    Path("mine.toml").write_text(mine + "\n[parameters]\nchance_leave = 0.02\n", encoding="utf-8")
    assert "mine.toml: parameters.chance_leave: unknown parameter" in refusal(write("one", 'baseline = "mine"\n'))


def test_a_file_that_stands_alone_comes_first_and_takes_shipped_policies(here: Path) -> None:
    own = write("ours", f'baseline = ""\nmonths = 24\n{OWN}')
    both = read_scenario(f"{own}+supervision-boosters")
    alone, policy = read_scenario(own), read_scenario("supervision-boosters")
    assert both.services == alone.services
    assert both.policies == policy.policies
    assert both.months == 24
    same = write("same", f'baseline = "ours"\n{POLICY.format(lever="supervision", dose=0.6)}start = 12\n')
    assert [row.where for row in diff(read_scenario(same), both)] == []


def test_a_service_of_ones_own_that_is_no_baseline_is_told_what_to_write(here: Path) -> None:
    write("ours", OWN)
    what_if = write("if", 'baseline = "ours"\n')
    assert 'write baseline = "" into ours.toml, or add a policy to it, ours+POLICY' in refusal(what_if)
    write("plain", "months = 24\n")
    assert "ours+POLICY" not in refusal(write("other", 'baseline = "plain"\n'))  # the control: it has no services of its own
