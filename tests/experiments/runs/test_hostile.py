"""What a file of any kind may say has bounds, and what nobody sees is refused in every text: by types, not file by file."""

import json
import tomllib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from experiments.hypotheses.records import RecordFile, skeleton
from experiments.hypotheses.schema import HypothesisFile
from experiments.mine.schema import MineFile
from experiments.runs.files import KINDS, kind_of
from experiments.sweeps.schema import StudyFile
from experiments.trials.schema import StudyFile as TrialFile
from sim.scenario.schema import ScenarioFile, _readable, _visible
from tests.experiments.mine.small import SEEN
from tests.experiments.mine.small import SERVICE as MINE
from tests.experiments.trials.small import text_of

FORMS = {
    "scenario": ScenarioFile, "study": StudyFile, "hypothesis": HypothesisFile, "record": RecordFile, "mine": MineFile,
    "trial": TrialFile,
}  # fmt: skip

ELSEWHERE = ("dose", "parameters", "levels", "low", "high", "set")
"""Numbers whose bounds hang on what they are given to: a lever, a parameter; the table of these has them."""

SERVICE = """
setting = "primary"
staff = 14
leader = "active"
signal = "committed"
selection = "requested"
format = "group"
pool = 12
inflow = 1.0
"""
SCENARIO = f"""\
schema_version = 1
name = "small"
title = "Small"
question = "What?"
baseline = ""
months = 12

[[services]]
name = "A"
posts = 2
{SERVICE}"""
STUDY = """\
schema_version = 1
name = "small"
title = "Small"
question = "What?"
scenarios = ["all-active"]
replicates = 2
"""
HYPOTHESIS = """\
schema_version = 1
name = "small"
hypothesis = "H99"
title = "Small"
question = "What?"
prediction = "More."
source = "Nowhere."
reasoning = "None."
seed = 1

[arms.with]
scenario = "all-active"

[arms.without]
scenario = "all-passive"

[[claims]]
name = "more"
says = "More."
contrast = { with = 1, without = -1 }
outcome = "share_kept_going"
direction = "higher"
smallest = 0.05
"""
REGION = f"""\
schema_version = 1
name = "small"
title = "Small"
question = "What?"
baseline = ""

[synthetic]
count = 3

[synthetic.fields]
posts = 2
{SERVICE.replace("pool = 12", 'pool = { distribution = "lognormal", median = 12, sigma = 0.5, low = 0, high = 900 }')}"""
TEXTS = {
    "scenario": SCENARIO, "study": STUDY, "hypothesis": HYPOTHESIS, "record": skeleton("H1", "a" * 64, "b" * 64, "mixed"),
    "mine": MINE + SEEN, "trial": text_of(),
}  # fmt: skip


@pytest.fixture
def check(tmp_path):
    """Problems of a text as a file, by the checker of its kind, as lines."""

    def problems(text: str) -> str:
        path = tmp_path / f"{tomllib.loads(text).get('name', 'record')}.toml"
        path.write_text(text, encoding="utf-8")
        return "\n".join(str(one) for one in kind_of(path).check(path))

    return problems


def unbounded(schema: dict[str, Any], place: str, known: dict[str, Any], within: tuple[str, ...] = ()) -> Iterator[str]:
    """Texts, lists and numbers of a JSON Schema that can be of any size."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name not in within:
            yield from unbounded(known[name], place, known, (*within, name))
        return
    kind = schema.get("type")
    for one in schema.get("anyOf", ()):
        yield from unbounded(one, place, known, within)
    fixed = {"enum", "const"} & schema.keys()
    if kind == "string" and not fixed and "maxLength" not in schema:
        yield place
    low, high = {"minimum", "exclusiveMinimum"} & schema.keys(), {"maximum", "exclusiveMaximum"} & schema.keys()
    if kind in ("number", "integer") and not fixed and not (low and high) and not {*ELSEWHERE} & {*place.split(".")}:
        yield place
    if kind == "array":
        if "maxItems" not in schema:
            yield place
        yield from unbounded(schema.get("items", {}), place, known, within)
    for name, one in schema.get("properties", {}).items():
        yield from unbounded(one, f"{place}.{name}", known, within)
    for one in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
        if isinstance(one, dict):
            yield from unbounded(one, f"{place}.*", known, within)


def unchecked(annotation: Any, about: tuple[Any, ...], place: str, within: tuple[type, ...] = ()) -> Iterator[str]:
    """Texts of a form in which letters that nobody sees are not looked for."""
    if get_origin(annotation) is Annotated:
        kind, *more = get_args(annotation)
        inner = [part for one in more for part in (one.metadata if isinstance(one, FieldInfo) else [one])]
        yield from unchecked(kind, (*about, *inner), place, within)
    elif annotation is str:
        patterns = [getattr(one, "pattern", None) for one in about]
        lower_case = any(str(one).startswith("^[a-z0-9]+") for one in patterns)
        if not lower_case and not {getattr(one, "func", None) for one in about} & {_visible, _readable}:
            yield place
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items() if annotation not in within else ():
            yield from unchecked(info.annotation, tuple(info.metadata), f"{place}.{name}", (*within, annotation))
    elif get_origin(annotation) is not Literal:
        for one in get_args(annotation):
            yield from unchecked(one, about if get_origin(annotation) not in (list, dict, tuple) else (), place, within)


class _Loose(BaseModel):
    """What the two guards are there to find."""

    text: Annotated[str, Field(min_length=1)]
    number: float
    rows: dict[str, list[int]] = {}


def test_whatever_a_file_may_say_has_bounds():
    forms = {kind.name: kind.schema() for kind in KINDS.values() if kind.schema is not None}
    assert set(forms) == set(FORMS)
    assert [one for name, form in forms.items() for one in unbounded(form, name, form.get("$defs", {}))] == []
    control = _Loose.model_json_schema()
    assert [*unbounded(control, "x", {})] == ["x.text", "x.number", "x.rows.*", "x.rows.*"]


def test_letters_that_nobody_sees_are_looked_for_in_every_text_of_every_form():
    # a table named freely is looked up by its names: parameters, mechanisms, factors; fields are checked as those of a service
    of_scenarios = ("parameters", "switches", "forms", "synthetic.fields")
    looked_up = {f"{kind}.{key}" for kind in ("scenario", "mine") for key in of_scenarios} | {
        "study.factors",
        "trial.population.fields",
    }
    found = {one for name, form in FORMS.items() for one in unchecked(form, (), name)}
    assert found <= looked_up
    assert {*unchecked(_Loose, (), "x")} == {"x.text", "x.rows"}  # the control


@pytest.mark.parametrize("kind", FORMS)
def test_a_text_that_turns_the_writing_says_nothing_or_never_ends_is_refused(check, kind):
    lines = TEXTS[kind].splitlines()
    given = [key for key in ("question", "prediction", "reasoning", "result", "clusters") if f"\n{key} = " in TEXTS[kind]]
    titled = [*given, *(["title"] if kind != "record" else [])]

    def with_all(keys, value):
        return check("\n".join(next((f'{key} = "{value}"' for key in keys if one.startswith(f"{key} = ")), one) for one in lines))

    for letter, name in (("\\u202e", "U+202E"), ("\\u0000", "U+0000"), ("\\u200b", "U+200B")):
        said = with_all(titled, f"quick {letter}gnp")
        assert said.count(f"holds {name}") >= len(titled)
        assert all(f"{key}: " in said for key in titled)
    assert with_all(given, "  ").count("holds nothing but spaces") == len(given)
    assert with_all(given, "a" * 100_000).count("has 100,000 characters") == len(given)
    assert with_all(given, "Do 40\\u00a0%\\nkeep it?") == ""  # the control: a line break and a wide space are seen


@pytest.mark.parametrize("kind", ["scenario", "study", "hypothesis", "record", "trial"])
def test_true_is_no_version(check, kind):
    said = check(TEXTS[kind].replace("schema_version = 1", "schema_version = true"))
    assert "schema_version: is true (true or false)" in said
    assert "allowed: a whole number 1" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("smallest = 0.05", "smallest = inf", "inf is not a finite number"),
        ("smallest = 0.05", "smallest = 1e300", "out of bounds"),
        ("seed = 1", "seed = 1\n[rule]\ninterval = 1e-320", "rule.interval"),
        ("with = 1, without = -1", f"with = {2**64}, without = -{2**64}", "contrast"),
        ("with = 1, without = -1", "with = 1e-320, without = -1e-320", "next to nothing"),
        ("with = 1, without = -1", f"with = {10**400}, without = -1", "contrast"),
    ],
)
def test_a_hypothesis_has_numbers_that_can_be_reckoned_with(check, old, new, said):
    assert old in HYPOTHESIS
    assert said in check(HYPOTHESIS.replace(old, new))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('{ distribution = "lognormal", median = 12, sigma = 800 }', "pool.sigma: 800 is out of bounds"),
        ('{ distribution = "lognormal", median = 1e300, sigma = 1 }', "pool.median: 1e+300 is out of bounds"),
        ('{ distribution = "normal", mean = 1e308, sd = 1e308 }', "pool.sd: 1e+308 is out of bounds"),
        ('{ distribution = "lognormal", median = 1e9, sigma = 10 }', "out of bounds in the drawn service"),
        (f'{{ distribution = "uniform", low = 0, high = {10**400} }}', "high"),
        ('{ distribution = "poisson", mean = 501 }', "pool.mean: 501 is out of bounds"),
    ],
)
def test_a_distribution_has_numbers_that_can_be_drawn_with(check, rule, said):
    sound = next(one for one in REGION.splitlines() if one.startswith("pool = "))
    assert check(REGION) == ""
    assert said in check(REGION.replace(sound, f"pool = {rule}"))


HOSTILE = (
    True, -1, 1e308, float("inf"), float("nan"), 2**64, 10**400, "", "\u202egnp", "/dev/zero", "a" * 5_000, [], [[]], [{}], {},
    {"a": {"b": {}}}, {"distribution": "lognormal", "median": 1.0, "sigma": 800.0},
)  # fmt: skip


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value) if isinstance(value, str | bool) else hex(value) if value in (2**64, 10**400) else str(value)


@pytest.mark.parametrize("kind", FORMS)
def test_no_value_of_any_key_at_the_top_ends_in_a_traceback(check, kind):
    tables = tomllib.loads(TEXTS[kind])
    for at, key in enumerate(FORMS[kind].model_fields):
        if key == "name":
            continue
        for value in (HOSTILE[at % len(HOSTILE)], HOSTILE[(7 * at + 8) % len(HOSTILE)]):  # all of them with all keys take minutes
            assert isinstance(check("".join(f"{name} = {_toml(one)}\n" for name, one in (tables | {key: value}).items())), str)
