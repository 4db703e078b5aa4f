"""The documents say what the code says; a document that does not is caught."""

import re
from pathlib import Path

import pytest

from experiments.keeping import model_tables as documents
from experiments.keeping.blocks import PICTURE_BYTES, ROOT, renewed
from experiments.keeping.model_tables import BLOCKS, DOCUMENTS, PICTURES, main, rewrite, stale
from sim.order import ORDER
from sim.parameters import read_table
from sim.state import FIELDS
from sim.streams import STREAM_SETS

CONCEPTS = (
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
)  # fmt: skip
ELEMENTS = (
    "1 Purpose and patterns", "2 Entities, state variables, and scales", "3 Process overview and scheduling",
    "4 Design concepts", "5 Initialisation", "6 Input data", "7 Submodels",
)  # fmt: skip


def odd() -> str:
    return (ROOT / "docs" / "ODD.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    text = odd()
    return text.split(f"<!-- generated: {name} -->", 1)[1].split("<!-- end -->", 1)[0]


def copied(folder: Path) -> Path:
    for name in DOCUMENTS:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def test_the_documents_are_up_to_date() -> None:
    assert stale() == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_number_that_the_code_does_not_have_is_caught(tmp_path: Path, name: str) -> None:
    # the control: one digit changed inside a block, and the check must fail
    root = copied(tmp_path)
    path = root / name
    text = path.read_text(encoding="utf-8")
    before, mark, after = text.partition("<!-- generated: census -->")
    path.write_text(before + mark + after.replace("parameters:", "parameters, more or less:", 1), encoding="utf-8")
    assert stale(root) == [name]
    assert rewrite(root) == [name]
    assert stale(root) == []
    assert path.read_text(encoding="utf-8") == text


def test_words_outside_the_blocks_are_left_alone(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "README.md").write_text((root / "README.md").read_text(encoding="utf-8") + "\nA word.\n", encoding="utf-8")
    assert rewrite(root) == []
    assert (root / "README.md").read_text(encoding="utf-8").endswith("A word.\n")


def test_check_exits_1_when_out_of_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    monkeypatch.setitem(BLOCKS, "census", lambda: "nothing is known")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.count("out of date") == len(DOCUMENTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- generated: nonsense -->\n<!-- end -->", "nothing makes the block 'nonsense'"),
        ("<!-- generated: census -->\nnever closed", "not every one is closed"),
        ("<!-- generated: census -->\n<!-- generated: order -->\n<!-- end -->", "not every one is closed"),
    ],
)
def test_a_block_that_cannot_be_made_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        renewed(text, BLOCKS)


def test_every_block_stands_in_a_document() -> None:
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS)
    assert {name for name in BLOCKS if f"<!-- generated: {name} -->" not in texts} == set()


def test_the_odd_has_its_seven_elements_and_all_concepts() -> None:
    text = odd()
    places = [text.index(f"\n## {heading}\n") for heading in ELEMENTS]
    assert places == sorted(places)
    concepts = text[places[3] : places[4]]
    assert [name for name in CONCEPTS if f"**{name}.**" not in concepts] == []


def test_the_odd_has_every_submodel_of_the_order() -> None:
    headings = re.findall(r"^### 7\.(\d+) ", odd(), re.MULTILINE)
    assert headings == [str(number) for number in range(1, 11)]
    assert {str(stage.submodel) for stage in ORDER} == set(headings)


def test_the_odd_names_everything_there_is() -> None:
    table = read_table()
    listed = {
        "parameters": table.parameters,
        "switches": table.switches,
        "order": [stage.function for stage in ORDER],
        "streams": [stream for one in STREAM_SETS.values() for stream in one.names],
        **{f"state-{entity.replace('_', '-')}": [one.name for one in fields] for entity, fields in FIELDS.items()},
    }
    missing = {name: [one for one in there if f"`{one}`" not in block(name)] for name, there in listed.items()}
    assert {name: some for name, some in missing.items() if some} == {}


def test_the_groups_hold_every_parameter_once() -> None:
    grouped = [name for _, names in documents.parameter_groups() for name in names]
    assert grouped == list(read_table().parameters)


def test_equations_are_numbered_without_a_gap_and_used() -> None:
    rows = [line.split(" | ") for line in documents.equations().splitlines()[2:]]
    assert [row[0].removeprefix("| ") for row in rows] == [f"R{number}" for number in range(1, len(rows) + 1)]
    assert [row[0] for row in rows if not row[-1].strip(" |")] == []


def test_every_parameter_and_switch_is_read_by_a_month_function() -> None:
    table, readers = read_table(), documents.readers_of_parameters()
    assert [name for name in table.parameters if name not in readers] == []
    assert [name for name in table.switches if f"switch_{name}" not in readers] == []


def test_names_in_the_prose_exist() -> None:
    # `weight_...`, `chance_...` and the like in the text, tables aside, are parameters, switches, fields, stages or equations
    prose = re.sub(r"<!-- generated: .*?<!-- end -->", "", odd(), flags=re.DOTALL)
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", prose))
    known = set(read_table().parameters) | set(read_table().switches) | {one.name for fields in FIELDS.values() for one in fields}
    known |= {stage.function for stage in ORDER} | {"support_months", "months_observed", "follow_up"}
    assert named - known == set()


def test_pictures_are_there_and_small() -> None:
    for place in PICTURES.values():
        picture = (ROOT / place).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) <= PICTURE_BYTES


def test_a_cell_stays_in_its_table() -> None:
    assert documents.markdown_table(("a", "b"), [("1 | 2", "<i>\nx")]) == "| a | b |\n|---|---|\n| 1 \\| 2 | &lt;i> x |"


def test_every_source_that_the_rules_cite_is_named() -> None:
    cited = {
        key
        for path in [ROOT / "sim" / "rules.py", *(ROOT / "sim" / "months").glob("*.py")]
        for key in re.findall(r"\b[ADFLMPTWX]\d{1,2}\b", path.read_text(encoding="utf-8"))
    }
    cited.discard("P8")  # a pattern: nobody lost in the first year
    assert cited
    assert {key for key in cited if f"\n| {key} |" not in odd()} == set()


def test_the_definitions_in_words_are_those_of_the_table() -> None:
    # README and ODD say: four months, 4.0, half of the posts, nine months, three months, month 9
    spoken = {
        "months_delivery_window": 4.0,
        "fidelity_high": 4.0,
        "share_posts_sustained": 0.5,
        "months_without_session": 9.0,
        "months_without_anybody": 3.0,
        "months_never_started": 9.0,
    }
    table = read_table().parameters
    assert {name: table[name].value for name in spoken} == spoken
