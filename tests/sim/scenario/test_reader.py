"""Reading scenarios: differences, overrides, CSV, machine form, look-up."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.addresses import service_key
from sim.parameters import read_table
from sim.problems import BadInput
from sim.scenario import (
    Scenario,
    catalogue,
    check_file,
    diff,
    find,
    from_machine_form,
    json_schema,
    read_scenario,
    resolve,
)
from sim.scenario.grammar import SECTIONS, grammar
from sim.scenario.schema import Practitioner
from sim.scenario.synthetic import draw, uniform
from tests.thoroughly import so_many

pytestmark = pytest.mark.portable

HEAD = 'schema_version = 1\nname = "{name}"\ntitle = "T"\nquestion = "Q?"\n'
COLUMNS = "name,setting,staff,posts,leader,signal,selection,format,pool,inflow"


def write(folder: Path, text: str, name: str = "case") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(HEAD.format(name=name) + text, encoding="utf-8")
    return path


def refusal(*args: object, **kwargs: object) -> str:
    with pytest.raises(BadInput) as caught:
        read_scenario(*args, **kwargs)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_difference_keeps_what_it_does_not_say(tmp_path: Path) -> None:
    base = read_scenario("baseline")
    one = read_scenario(write(tmp_path, ""))
    assert (one.months, one.replicates, one.seed) == (base.months, base.replicates, base.seed)
    assert one.services == base.services
    assert one.events == base.events
    assert one.hash == base.hash
    assert read_scenario("nine-services").hash == base.hash


def test_a_baseline_that_is_edited_is_read_anew(tmp_path: Path) -> None:
    """Although a baseline is remembered, as many scenarios are a difference from the same: by what stands in it."""
    mine = (
        'baseline = ""\nmonths = 30\n[[services]]\nname = "North"\nsetting = "specialised"\nstaff = 10\nposts = 1\n'
        'leader = "active"\nsignal = "committed"\nselection = "requested"\nformat = "individual"\npool = 10\ninflow = 1.0\n'
    )
    path = write(tmp_path, 'baseline = "mine"\n')
    write(tmp_path, mine, "mine")
    first = read_scenario(path)
    assert read_scenario(path) == first
    write(tmp_path, mine.replace("posts = 1", "posts = 3"), "mine")
    second = read_scenario(path)
    assert [len(one.services[0].post_table()) for one in (first, second)] == [1, 3]
    services, _, _ = mine.partition("[[services]]")
    write(tmp_path, services + 'services_file = "services.csv"\n', "mine")
    for posts in (2, 4):  # the baseline's own text stays as it is
        row = f"South,specialised,10,{posts},active,committed,requested,individual,10,1.0"
        (tmp_path / "services.csv").write_text(f"{COLUMNS}\n{row}\n", encoding="utf-8")
        assert len(read_scenario(path).services[0].post_table()) == posts
    (tmp_path / "services.csv").unlink()
    assert "services.csv" in refusal(path)


def test_a_difference_adds_and_may_drop_the_baselines_events(tmp_path: Path) -> None:
    event = '[[events]]\nmonth = 24\nkind = "leader_leaves"\nservices = ["C"]\n'
    assert len(read_scenario(write(tmp_path, event)).events) == 3
    assert len(read_scenario(write(tmp_path, "keep_baseline_events = false\n" + event)).events) == 1


def test_a_difference_from_a_file_beside_it(tmp_path: Path) -> None:
    base = Path(find("baseline")).read_text(encoding="utf-8")
    base = base.replace('name = "baseline"', 'name = "mine"').replace("months = 84", "months = 24")
    policy = (
        '\n[[policies]]\nlever = "clarity"\ndose = 0.5\n\n[parameters]\nchance_leaves = 0.02\n\n[switches]\nturnover = false\n'
        '\n[forms]\ndeciding = "threshold"\nbelief = "smoothing"\n'
    )
    (tmp_path / "mine.toml").write_text(base + policy, encoding="utf-8")
    mine = 'baseline = "mine"\n[switches]\nturnover = true\nfading = false\n[forms]\ndeciding = "hazard"\npeers = "independent"\n'
    one = read_scenario(write(tmp_path, mine))
    assert one.months == 24
    assert len(one.policies) == 1
    assert one.parameters == {"chance_leaves": 0.02}
    assert one.switches == {"fading": False}
    assert one.forms == {"belief": "smoothing", "peers": "independent"}
    assert read_scenario(write(tmp_path, 'baseline = "mine"\nkeep_baseline_policies = false\n')).policies == ()


def test_changes_in_their_order(tmp_path: Path) -> None:
    text = '[[changes]]\nset = { clarity = 0.5, leader = "active" }\n[[changes]]\nservices = ["B"]\nset = { clarity = 0.7 }\n'
    services = {one.name: one for one in read_scenario(write(tmp_path, text)).services}
    assert services["A"].clarity == 0.5
    assert services["B"].clarity == 0.7
    assert {one.leader for one in services.values()} == {"active"}
    assert [post.alias for post in services["B"].post_table()] == ["Bob", "Brit", "B3 (not interviewed)"]


def test_overrides() -> None:
    given = {
        "chance_leaves": "0.02",
        "switch.turnover": "off",
        "forms.deciding": " threshold ",
        "services.A.leader": "active",
        "services.all.clarity": "0.5",
        "services.B.clarity": 0.75,
        "services.B.capacity_checked": "true",
    }
    one = read_scenario("nine-services", overrides=given, months=24)
    services = {service.name: service for service in one.services}
    assert one.parameters == {"chance_leaves": 0.02}
    assert one.switches == {"turnover": False}
    assert one.record()["switch_turnover"] == 0
    assert one.forms == {"deciding": "threshold"}
    assert (one.form("deciding"), one.form("belief")) == ("threshold", "bayes")
    assert (one.record()["form_deciding"], one.record()["form_belief"]) == (1, 0)
    assert services["A"].leader == "active"
    assert (services["A"].clarity, services["B"].clarity) == (0.5, 0.75)
    assert services["B"].capacity_checked is True
    assert one.overrides["services.B.clarity"] == "0.75"
    assert one.months == 24


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("chance_leave", "0.02", "did you mean 'chance_leaves'?"),
        ("chance_leaves", "much", "'much' is text, not a number"),
        ("chance_leaves", "0.9", "out of bounds"),
        ("chance_leaves", "nan", "is not a finite number"),
        ("turnover", "off", "write switch.turnover=off"),
        ("switch.turn_over", "off", "did you mean 'turnover'?"),
        ("switch.turnover", "maybe", "'maybe' is neither on nor off"),
        ("deciding", "threshold", "write forms.deciding=threshold"),
        ("form.deciding", "threshold", "write forms.deciding=threshold"),
        ("forms.decidng", "threshold", "did you mean 'deciding'?"),
        ("forms.deciding", "treshold", "did you mean 'threshold'?"),
        ("forms.deciding", 1, "'1' is no form of deciding"),
        ("services.J.leader", "active", "unknown service 'J'"),
        ("services.leader", "active", "write services.NAME.field=VALUE"),
        ("services.A.leadr", "active", "did you mean 'leader'?"),
        ("services.A.leader", "actve", "did you mean 'active'?"),
        ("services.A.staff", "2", "2 employees, but 3 trained practitioners"),
        ("services.A.clarity", "1.5", "1.5 is out of bounds"),
        ("services.A.pool", "few", "is the text 'few'"),
    ],
)
def test_overrides_that_are_refused(name: str, value: str, message: str) -> None:
    assert message in refusal("nine-services", overrides={name: value})


def test_problems_of_file_and_overrides_come_together(tmp_path: Path) -> None:
    shown = refusal(write(tmp_path, "replicates = 0\n"), overrides={"nonsense": "1"}, months=0)
    assert "replicates: 0 is out of bounds" in shown
    assert "unknown parameter 'nonsense'" in shown
    assert "months: 0 is out of bounds" in shown


def test_a_shorter_look_leaves_out_what_comes_later() -> None:
    assert read_scenario("nine-services", months=8).events[-1].month == 7
    assert read_scenario("nine-services", months=1).events == ()
    assert read_scenario("monitoring-imposed", months=12).policies == ()
    short, long = resolve(read_scenario("all-active", months=10)), resolve(read_scenario("all-active", months=120))
    assert short.calendars.tobytes() == long.calendars[:, :10].tobytes()


def test_a_hundred_services_in_a_table(tmp_path: Path) -> None:
    rows = [f'"S {n}",primary,{10 + n},{1 + n % 5},active,committed,requested,group,{n},{n / 10}' for n in range(100)]
    (tmp_path / "mine.csv").write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    plan = resolve(read_scenario(write(tmp_path, 'services_file = "mine.csv"\n')))
    assert len(plan.services) == 100
    assert plan.service_names[99] == "S 99"
    assert plan.services["staff"].tolist() == list(range(10, 110))
    assert plan.services["inflow"][50] == 5.0
    assert check_file(tmp_path / "mine.csv") == []


def test_problems_of_a_table_name_row_and_column(tmp_path: Path) -> None:
    rows = ["A,primary,12,3,active,committed,requested,group,9,1", "B,primry,x,3,active,committed,requested,group,-9,1"]
    (tmp_path / "mine.csv").write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    shown = refusal(write(tmp_path, 'services_file = "mine.csv"\n[[policies]]\nlever = "clarity"\ndose = 9\n'))
    for message in ("row 3, column setting", "row 3, column staff", "row 3, column pool", "dose: 9 is out of bounds"):
        assert message in shown


def test_machine_form_and_back() -> None:
    for entry in catalogue():
        one = read_scenario(entry.name)
        form = json.loads(json.dumps(one.machine_form()))
        back = from_machine_form(form)
        assert back.machine_form() == form
        assert back.hash == one.hash
        there, here = resolve(one), resolve(back)
        assert there.services.tobytes() == here.services.tobytes()
        assert there.posts.tobytes() == here.posts.tobytes()
        assert there.calendars.tobytes() == here.calendars.tobytes()
        assert there.parameters.tobytes() == here.parameters.tobytes()


def test_machine_form_with_an_unknown_parameter_is_refused() -> None:
    form = read_scenario("nine-services").machine_form()
    form["parameters"]["chance_leave"] = 0.5
    with pytest.raises(BadInput, match="chance_leave"):
        from_machine_form(form)


def test_machine_form_with_forms_of_its_own() -> None:
    one = read_scenario("nine-services", overrides={"forms.belief": "smoothing"})
    form = one.machine_form()
    assert form["forms"] == {
        "deciding": "hazard",
        "belief": "smoothing",
        "peers": "linked",
        "rosy": "shift",
        "readiness": "proportional",
    }
    assert from_machine_form(form).forms == {"belief": "smoothing"}
    del form["forms"]  # written before there were any
    assert from_machine_form(form).forms == {}
    for wrong in ({"beleif": "bayes"}, {"belief": "bays"}):
        with pytest.raises(BadInput, match="did you mean"):
            from_machine_form(form | {"forms": wrong})


def test_hash_sees_every_change() -> None:
    base = read_scenario("nine-services")
    others = [
        read_scenario("nine-services", months=83),
        read_scenario("nine-services", overrides={"chance_leaves": 0.02}),
        read_scenario("nine-services", overrides={"switch.turnover": "off"}),
        read_scenario("nine-services", overrides={"services.I.clarity": "0.21"}),
        read_scenario("nine-services", overrides={"forms.rosy": "ratio"}),
    ]
    assert len({one.hash for one in [base, *others]}) == 6


def test_text_is_the_file_as_written() -> None:
    assert read_scenario("all-active").text == find("all-active").read_text(encoding="utf-8")


# --- diff


def test_diff_of_a_scenario_with_itself_is_empty() -> None:
    assert diff(read_scenario("nine-services"), read_scenario("baseline")) == []


def test_diff_rows(tmp_path: Path) -> None:
    text = (
        'months = 60\n[parameters]\nchance_leaves = 0.02\n[switches]\nturnover = false\n[forms]\nrosy = "ratio"\n'
        '[[changes]]\nservices = ["A", "B"]\nset = { leader = "active" }\n[[policies]]\nlever = "clarity"\ndose = 0.5\n'
    )
    rows = {one.where: one for one in diff(read_scenario("baseline"), read_scenario(write(tmp_path, text)))}
    assert (rows["months"].a, rows["months"].b) == ("84", "60")
    assert rows["parameters.chance_leaves"].b == "0.02"
    assert rows["parameters.chance_leaves"].unit == "per month"
    assert (rows["switches.turnover"].a, rows["switches.turnover"].b) == ("true", "false")
    assert (rows["forms.rosy"].a, rows["forms.rosy"].b) == ("shift", "ratio")
    assert (rows["services (A, B).leader"].a, rows["services (A, B).leader"].b) == ("passive_supportive", "active")
    assert rows["policies"].a == "-"
    assert "lever clarity" in rows["policies"].b
    assert len(rows) == 6
    assert set(rows["months"].as_row()) == {"where", "a", "b", "unit"}


def test_diff_of_other_services_and_practitioners(tmp_path: Path) -> None:
    service = '[[services]]\nname = "A"\nsetting = "primary"\nstaff = 12\nposts = 1\nleader = "active"\n'
    service += 'signal = "committed"\nselection = "requested"\nformat = "group"\npool = 5\ninflow = 1\n'
    rows = diff(read_scenario("baseline"), read_scenario(write(tmp_path, service)))
    shown = {(one.where, one.a, one.b) for one in rows}
    assert ("services (B, C, D, E, F, G, H, I)", "a service", "-") in shown
    assert ("services (A).practitioners (Asta).experience", "25", "-") in shown


def test_diff_of_parameter_records() -> None:
    a, b = read_scenario("baseline"), read_scenario("high-turnover", overrides={"switch.fading": "off"})
    assert {one.where for one in diff(a.record(), b.record())} == {"chance_leaves", "chance_leader_leaves", "switch_fading"}
    (row,) = diff(a.record(), read_scenario("rival-smoothing").record())
    assert row.as_row() == {"where": "form_belief", "a": "0", "b": "1", "unit": "0 bayes, 1 smoothing"}
    with pytest.raises(TypeError):
        diff(a, b.record())


# --- look-up


def test_catalogue_holds_the_promised_scenarios() -> None:
    names = [entry.name for entry in catalogue()]
    assert names[0] == "baseline"
    assert set(names) >= {
        "nine-services",
        "all-passive",
        "all-active",
        "active-leader-leaves",
        "no-autonomy-support",
        "monitoring-believed",
        "monitoring-imposed",
        "supervision-boosters",
        "high-turnover",
        "national",
    }
    assert all(entry.title and entry.question for entry in catalogue())


def test_the_users_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "months = 5\n", "national")
    monkeypatch.chdir(tmp_path)
    assert read_scenario("national.toml").months == 5
    assert read_scenario(path).months == 5
    assert read_scenario("national").months == 84


@pytest.mark.parametrize("name", ["nine-service", "nine-service.toml", "somewhere/nine-service.toml"])
def test_unknown_names(name: str) -> None:
    assert "did you mean 'nine-services'?" in refusal(name)


def test_the_packaged_copy_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("sim.scenario.catalogue")  # the package's name of it is the function
    inside = tmp_path / "sim" / "scenario" / "catalogue.py"
    copy = tmp_path / "sim" / "_scenarios"
    copy.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(inside))
    with pytest.raises(BadInput, match="not found"):
        module.folder()
    (copy / "baseline.toml").write_text("", encoding="utf-8")
    assert module.folder() == copy


# --- drawn services


def test_drawn_services_do_not_move_each_other(tmp_path: Path) -> None:
    fields = 'setting = "primary"\nstaff = { distribution = "normal", mean = 14, sd = 4, low = 3, high = 40 }\nposts = 2\n'
    fields += 'leader = "active"\nsignal = "committed"\nselection = "requested"\nformat = "group"\npool = 5\n'
    fields += 'inflow = { distribution = "uniform", low = 0.5, high = 2.0 }\n'
    text = "[synthetic]\ncount = {}\n[synthetic.fields]\n" + fields
    short = read_scenario(write(tmp_path, text.replace("{}", "3", 1))).services
    long = read_scenario(write(tmp_path, text.replace("{}", "6", 1))).services
    assert long[:3] == short
    more = text.replace("{}", "3", 1) + 'clarity = { distribution = "lognormal", median = 0.3, sigma = 1, high = 1 }\n'
    wider = read_scenario(write(tmp_path, more)).services
    assert [one.staff for one in wider] == [one.staff for one in short]
    assert len({one.clarity for one in wider}) == 3


@pytest.mark.parametrize(
    ("rule", "mean", "tolerance"),
    [
        ({"distribution": "normal", "mean": 3.0, "sd": 2.0}, 3.0, 0.15),
        ({"distribution": "uniform", "low": 1.0, "high": 2.0}, 1.5, 0.03),
        ({"distribution": "poisson", "mean": 3.5}, 3.5, 0.15),
        ({"distribution": "poisson", "mean": 0.0}, 0.0, 0.0),
        ({"distribution": "lognormal", "median": 10.0, "sigma": 0.5}, 11.33, 0.6),
    ],
)
def test_distributions(rule: dict[str, object], mean: float, tolerance: float) -> None:
    values = [float(draw(rule, uniform(1, n, "x"))) for n in range(4000)]
    assert sum(values) / 4000 == pytest.approx(mean, abs=tolerance)


def test_choice_keeps_its_shares() -> None:
    rule = {"distribution": "choice", "shares": {"a": 0.25, "b": 0.75}}
    words = [draw(rule, uniform(1, n, "x")) for n in range(4000)]
    assert words.count("a") / 4000 == pytest.approx(0.25, abs=0.03)
    assert draw(rule, 1 - 2**-54) == "b"


# --- grammar


def test_readme_holds_the_grammar_of_the_code() -> None:
    readme = find("baseline").with_name("README.md").read_text(encoding="utf-8")
    begin, end = "<!-- grammar: begin -->", "<!-- grammar: end -->"
    assert readme[readme.index(begin) + len(begin) : readme.index(end)].strip() == grammar()
    for entry in catalogue():
        assert entry.question in readme


def test_grammar_and_json_schema_hold_every_key() -> None:
    schema = json.dumps(json_schema())
    for _, _, model in SECTIONS:
        for name, info in model.model_fields.items():
            assert f'"{name}"' in schema
            assert info.description
            assert f"`{name}`" in grammar()


def test_json_schema_knows_the_words_of_the_forms() -> None:
    forms = json_schema()["properties"]["forms"]
    assert forms["properties"]["deciding"]["enum"] == ["hazard", "threshold"]
    assert list(forms["properties"]) == list(read_table().forms)
    assert forms["additionalProperties"] is False


# --- whatever stands in a file, it is refused or read, never a crash

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["all", "A", "active"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "services", "set", "x", "month"]), inner)
    ),
    max_leaves=6,
)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items() if one is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value if one is not None) + "]"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return str(value).lower() if isinstance(value, bool) else json.dumps(value, ensure_ascii=True).replace("NaN", "nan")


_KEYS = [
    *("months", "seed", "baseline", "parameters", "switches", "forms", "services", "services_file", "synthetic"),
    *("changes", "policies", "events", "keep_baseline_events"),
]


@settings(max_examples=so_many(60, 150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(_KEYS), _values, max_size=4))
def test_any_content_is_refused_or_read(tmp_path: Path, content: dict[str, object]) -> None:
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in content.items() if value is not None)
    path = write(tmp_path, text)
    problems = check_file(path)
    assert all(one.where and one.what for one in problems)
    if not problems:
        assert isinstance(read_scenario(path), Scenario)


def test_a_drawn_name_that_shares_random_numbers_is_stepped_over(tmp_path: Path) -> None:
    fields = "\n".join(
        f"{name} = {value}"
        for name, value in {
            "setting": '"primary"', "staff": 12, "posts": 1, "leader": '"active"', "signal": '"committed"',
            "selection": '"requested"', "format": '"individual"', "pool": 5, "inflow": 1.0,
        }.items()
    )  # fmt: skip
    text = '[synthetic]\ncount = {}\nprefix = "town5175"\n[synthetic.fields]\n' + fields
    path = write(tmp_path, 'baseline = ""\n' + text.format(1091))
    assert check_file(path) == []
    longer = read_scenario(path)
    assert longer.service_names[-2:] == ("town5175-1090", "town5175-1092")  # 1091 has the random numbers of 106
    shorter = read_scenario(write(tmp_path, 'baseline = ""\n' + text.format(1090)))
    assert longer.services[:1090] == shorter.services
    header = "name,setting,staff,posts,leader,signal,selection,format,pool,inflow"
    rows = [f"town5175-{number},primary,12,1,active,committed,requested,individual,5,1" for number in (106, 1091)]
    (tmp_path / "two.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    (problem,) = check_file(tmp_path / "two.csv")
    assert "'town5175-106' and 'town5175-1091' would share their random numbers" in problem.what
    assert problem.hint == "rename one of the two"


@pytest.mark.once
@pytest.mark.uncounted
def test_as_many_services_as_can_be_drawn_have_random_numbers_of_their_own(tmp_path: Path) -> None:
    count = so_many(60_000, 100_000)  # of so few, two share a key too if nobody looks
    fields = {
        "setting": '"primary"', "staff": 12, "posts": 1, "leader": '"active"', "signal": '"committed"',
        "selection": '"requested"', "format": '"individual"', "pool": 5, "inflow": 1.0,
    }  # fmt: skip
    text = 'baseline = ""\nmonths = 1\n[synthetic]\ncount = COUNT\n[synthetic.fields]\n'.replace("COUNT", str(count))
    path = write(tmp_path, text + "\n".join(f"{name} = {value}" for name, value in fields.items()))
    plain = {f"S-{number}" for number in range(1, count + 1)}
    assert len(plain) > len({service_key(name) for name in plain})  # names in plain order do collide
    plan = resolve(read_scenario(path))
    assert len(plan.services) == count
    assert len(np.unique(plan.services["key"])) == count


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0,03", "hint: write a decimal point: 0.03"),
        ("0_01", "hint: write digits 0 to 9"),
        ("\u0660.\u0661", "hint: write digits 0 to 9"),
    ],
)
def test_numbers_as_only_some_write_them(value: str, message: str) -> None:
    told = refusal("nine-services", overrides={"chance_leaves": value})
    assert f"'{value}' is not a number" in told
    assert message in told
    assert "is not a number" in refusal("nine-services", overrides={"services.A.briefing": value})


@pytest.mark.parametrize("name", ["a\x1bb", "a\tb", "a\x85b", "\x7f"])
def test_names_hold_no_control_characters(name: str) -> None:
    with pytest.raises(ValidationError):
        Practitioner(alias=name)
    assert Practitioner(alias="S\u00f8r 1").alias == "S\u00f8r 1"
