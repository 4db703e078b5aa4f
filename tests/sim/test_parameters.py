"""The parameter table and its loader."""

import math
from pathlib import Path

import numpy as np
import pytest

from sim import parameters
from sim.parameters import Form, Parameter, ParameterTable, Switch, as_tuple, load_table, parameter_hash, read_table
from sim.problems import BadInput

pytestmark = pytest.mark.portable

GOOD = """
[parameters.rate_one]
value = 0.1
unit = "per month"
low = 0
high = 0.5
status = "evidence"
source = "S1"
locator = "table 2"
note = "a number"

[parameters.months_two]
value = 6
unit = "months"
low = 1
high = 12
status = "assumption"
source = ""
locator = ""
note = "another"

[switches.fading]
mechanism = "it fades"
neutral = "it does not"

[forms.asking]
question = "who asks?"
source = "S1"
locator = "table 3"
options = { everybody = "all ask", nobody = "none asks" }
"""
SOURCES = """
[sources.S1]
citation = "Somebody 2020"
doi = "10.1/x"
id = "S1"
"""


def table_of(folder: Path, text: str = GOOD, sources: str = SOURCES) -> ParameterTable:
    (folder / "parameters.toml").write_text(text, encoding="utf-8")
    (folder / "sources.toml").write_text(sources, encoding="utf-8")
    return load_table(folder / "parameters.toml", folder / "sources.toml")


def test_a_good_table(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    assert table.parameters["rate_one"] == Parameter(
        "rate_one", 0.1, "per month", 0.0, 0.5, "evidence", "S1", "table 2", "a number"
    )
    assert table.switches == {"fading": Switch("fading", "it fades", "it does not")}
    asking = table.forms["asking"]
    assert asking == Form("asking", "who asks?", {"everybody": "all ask", "nobody": "none asks"}, "S1", "table 3")
    assert (asking.words, asking.default) == (("everybody", "nobody"), "everybody")
    assert table.census() == "2 parameters: 1 evidence, 0 calibrated, 1 assumption"
    assert isinstance(table.parameters["months_two"].value, float)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = 0.1", "value = 0.7", "low 0, value 0.7, high 0.5"),
        ("value = 0.1", "value = nan", "rate_one.value: nan is not a finite number"),
        ("value = 0.1", "value = true", "rate_one.value: 'True' is not a number"),
        ("value = 0.1", 'value = "0.1"', "rate_one.value: '0.1' is not a number"),
        ("value = 0.1\n", "", "missing key 'value'"),
        ('unit = "per month"\n', "", "missing key 'unit'"),
        ('unit = "per month"', "unit = 3", "'3' is not text"),
        ("value = 0.1", "valeu = 0.1", "did you mean 'value'?"),
        ('status = "evidence"', 'status = "evidense"', "did you mean 'evidence'?"),
        ('source = "S1"', 'source = "S9"', "unknown source 'S9'"),
        ('source = "S1"', 'source = ""', "evidence without a source"),
        ('locator = "table 2"', 'locator = ""', "evidence without a locator"),
        ("[parameters.months_two]", "[parameters.rate_one]", "is not valid TOML"),
        ("[parameters.months_two]", '[parameters."Months Two"]', "'Months Two' cannot be a name"),
        ('neutral = "it does not"', "", "missing key 'neutral'"),
        ("[switches.fading]", "[switch.fading]", "unknown key 'switch'"),
        ("[forms.asking]", "[form.asking]", "unknown key 'form'"),
        ("[forms.asking]", '[forms."Asking who"]', "'Asking who' cannot be a name"),
        ('question = "who asks?"', "question = 3", "forms.asking.question: '3' is not text"),
        ('question = "who asks?"\n', "", "missing key 'question'"),
        ('source = "S1"\nlocator = "table 3"', 'source = "S9"', "unknown source 'S9'"),
        ('source = "S1"\nlocator = "table 3"', 'source = "assumptoin"', "did you mean 'assumption'?"),
        ('source = "S1"\nlocator = "table 3"', "", "missing key 'source'"),
        (', nobody = "none asks"', "", "asking.options: are not at least two options"),
        ('{ everybody = "all ask", nobody = "none asks" }', "3", "asking.options: are not at least two options"),
        ('nobody = "none asks"', "nobody = 0", "options.nobody: '0' is not text"),
        ('nobody = "none asks"', 'No-body = "none asks"', "'No-body' cannot be a name"),
    ],
)
def test_problems_of_a_table(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(BadInput) as caught:
        table_of(tmp_path, GOOD.replace(old, new, 1))
    assert message in str(caught.value)


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("value = 0.1", "value = nan").replace("value = 6", "value = 60").replace('"S1"', '"S9"')
    with pytest.raises(BadInput) as caught:
        table_of(tmp_path, text, SOURCES.replace("citation", "citaton"))
    assert len(caught.value.problems) >= 4


@pytest.mark.parametrize(("data", "message"), [(None, "cannot be read"), (b"\xff", "is not UTF-8 text")])
def test_unreadable_files(tmp_path: Path, data: bytes | None, message: str) -> None:
    (tmp_path / "parameters.toml").write_text(GOOD, encoding="utf-8")
    if data is not None:
        (tmp_path / "sources.toml").write_bytes(data)
    with pytest.raises(BadInput) as caught:
        load_table(tmp_path / "parameters.toml", tmp_path / "sources.toml")
    assert message in str(caught.value)


def test_record_has_a_float_a_parameter_and_an_int_a_switch_or_form(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    assert table.dtype.names == ("rate_one", "months_two", "switch_fading", "form_asking")
    assert [table.dtype[name].str[1:] for name in table.dtype.names] == ["f8", "f8", "i8", "i8"]
    record = table.record({"months_two": 3}, {"fading": False}, {"asking": "nobody"})
    assert record.shape == (1,)
    assert record[0].item() == (0.1, 3.0, 0, 1)
    assert table.record()[0].item() == (0.1, 6.0, 1, 0)
    assert table.record(forms={"asking": "everybody"}).tobytes() == table.record().tobytes()


@pytest.mark.parametrize(
    ("overrides", "switches", "forms", "message"),
    [
        ({"rate_on": 0.1}, {}, {}, "did you mean 'rate_one'?"),
        ({"rate_one": 0.6}, {}, {}, "0.6 is out of bounds"),
        ({"rate_one": math.nan}, {}, {}, "nan is not a finite number"),
        ({"rate_one": "x"}, {}, {}, "'x' is text, not a number"),
        ({}, {"fadin": False}, {}, "did you mean 'fading'?"),
        ({}, {}, {"askin": "nobody"}, "did you mean 'asking'?"),
        ({}, {}, {"asking": "nobdy"}, "did you mean 'nobody'?"),
        ({}, {}, {"asking": 1}, "'1' is no form of asking"),
    ],
)
def test_record_refuses(
    tmp_path: Path, overrides: dict[str, float], switches: dict[str, bool], forms: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInput) as caught:
        table_of(tmp_path).record(overrides, switches, forms)
    assert message in str(caught.value)


def test_record_as_a_tuple_of_python_numbers(tmp_path: Path) -> None:
    values = as_tuple(table_of(tmp_path).record())
    assert values.rate_one == 0.1
    assert type(values.months_two) is float
    assert type(values.switch_fading) is int
    assert type(values.form_asking) is int
    with pytest.raises(ValueError, match="one parameter record"):
        as_tuple(np.concatenate([table_of(tmp_path).record()] * 2))


def test_hash_follows_values_and_names_only(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    first = parameter_hash(table.record())
    assert first == parameter_hash(table.record({"rate_one": 0.1}))
    assert first != parameter_hash(table.record({"rate_one": 0.1 + 2**-55}))
    assert first != parameter_hash(table.record(switches={"fading": False}))
    assert first != parameter_hash(table.record(forms={"asking": "nobody"}))
    assert parameter_hash(table.record({"rate_one": 0.0})) == parameter_hash(table.record({"rate_one": -0.0}))
    renamed = table_of(tmp_path, GOOD.replace("rate_one", "rate_won"))
    assert first != parameter_hash(renamed.record())


def test_shipped_table() -> None:
    table = read_table()
    assert table is read_table()
    assert parameters.record().dtype == table.dtype
    assert parameters.record().shape == (1,)
    counts = table.census_counts()
    assert all(one.on for one in table.switches.values())
    # no mechanism waits to be calibrated: every parameter acts, and counts, but those that a mechanism has replaced
    replaced = {name for name, one in table.parameters.items() if one.replaced_by}
    assert not any(one.switch for one in table.parameters.values())
    assert {name for name in table.parameters if not table.acts(name)} == replaced
    assert sum(counts.values()) == len(table.parameters) - len(replaced)
    assert counts["evidence"] > 0
    for one in table.parameters.values():
        assert one.low < one.high, f"{one.name} cannot vary"
        assert one.note, one.name


SECOND = (
    GOOD.replace('note = "another"', 'note = "another"\nswitch = "asking_twice"')
    + """
[switches.asking_twice]
mechanism = "they ask twice"
neutral = "once"
on = false
"""
)


def test_a_mechanism_may_be_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    table = table_of(tmp_path, SECOND)
    assert [table.record({}, turned)["switch_asking_twice"][0] for turned in ({}, {"asking_twice": True})] == [0, 1]
    assert [table.record({}, turned)["switch_fading"][0] for turned in ({}, {"fading": False})] == [1, 0]
    assert (table.acts("rate_one"), table.acts("months_two")) == (True, False)
    assert table.census() == "1 parameters: 1 evidence, 0 calibrated, 0 assumption"
    assert table.turned({"asking_twice": False, "fading": True}) == {}
    assert table.turned({"asking_twice": True, "fading": False}) == {"fading": False, "asking_twice": True}


def test_a_parameter_names_a_mechanism_that_is_off(tmp_path: Path) -> None:
    for text, what in (
        (SECOND.replace('switch = "asking_twice"', 'switch = "asking_once"'), "unknown switch 'asking_once'"),
        (SECOND.replace("on = false", "on = true"), "the mechanism 'asking_twice' is on"),
        (SECOND.replace("on = false", 'on = "no"'), "'no' is neither true nor false"),
    ):
        with pytest.raises(BadInput) as refused:
            table_of(tmp_path, text)
        assert [one.what for one in refused.value.problems] == [what]


def test_a_parameter_does_nothing_where_a_mechanism_has_replaced_it(tmp_path: Path) -> None:
    table = table_of(tmp_path, GOOD.replace('note = "another"', 'note = "another"\nreplaced_by = "fading"'))
    assert [table.acts_with("months_two", on) for on in ((), ("fading",))] == [True, False]
    assert (table.acts("rate_one"), table.acts("months_two")) == (True, False)
    assert table.census() == "1 parameters: 1 evidence, 0 calibrated, 0 assumption"
    with pytest.raises(BadInput) as refused:
        table_of(tmp_path, GOOD.replace('note = "another"', 'note = "another"\nreplaced_by = "fadin"'))
    assert [(one.where, one.what) for one in refused.value.problems] == [
        ("parameters.toml: parameters.months_two.replaced_by", "unknown switch 'fadin'")
    ]
    with pytest.raises(BadInput, match="'3' is not text"):
        table_of(tmp_path, GOOD.replace('note = "another"', 'note = "another"\nreplaced_by = 3'))


def test_what_a_mechanism_has_in_the_place_of_a_number_is_a_parameter(tmp_path: Path) -> None:
    def with_keys(keys: str) -> ParameterTable:
        return table_of(tmp_path, GOOD.replace('note = "another"', f'note = "another"\n{keys}'))

    assert with_keys('replaced_by = "fading"\ninstead = ["rate_one"]').parameters["months_two"].instead == ("rate_one",)
    assert with_keys('replaced_by = "fading"').parameters["months_two"].instead == ()
    for keys, what in (
        ('replaced_by = "fading"\ninstead = ["rate_on"]', "unknown parameter 'rate_on'"),
        ('replaced_by = "fading"\ninstead = "rate_one"', "is no list of texts"),
        ('instead = ["rate_one"]', "stands without 'replaced_by'"),
    ):
        with pytest.raises(BadInput) as refused:
            with_keys(keys)
        assert [(one.where, one.what) for one in refused.value.problems] == [
            ("parameters.toml: parameters.months_two.instead", what)
        ]
