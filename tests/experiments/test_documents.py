"""The documents say what the code says; a document that does not is caught."""

import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest

from experiments.command_line import whole_app
from experiments.discovery import asked as discovery
from experiments.documents import BAD_INPUT, CHAPTERS, DOCUMENTS, main, renewed_in, stale
from experiments.keeping import model_tables
from experiments.keeping.blocks import ROOT, renewed
from experiments.keeping.kept import MOST_PICTURE
from experiments.keeping.model_tables import PICTURES
from experiments.kit.request import requests_of
from experiments.policies import asked as policies
from experiments.sensitivity import asked as sensitivity
from sim.measures import OUTCOME_NAMES
from sim.order import ORDER
from sim.parameters import read_table
from sim.scenario.schema import Service
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


REFERENCES = "results/reference"
MEASURES = ROOT / "sim" / "measures"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the documents, their pictures and the references."""
    for name in DOCUMENTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "docs" / "images", tmp_path / "docs" / "images")
    shutil.copytree(ROOT / REFERENCES, tmp_path / REFERENCES)
    return tmp_path


def blocks_in(text: str) -> list[str]:
    """Names of the blocks of a document."""
    return re.findall(r"<!-- generated: (\S+) -->", text)


def block_of(text: str, name: str) -> str:
    """What stands in a block."""
    return text.split(f"<!-- generated: {name} -->\n\n", 1)[1].split("\n\n<!-- end -->", 1)[0]


def changed(text: str, name: str) -> str:
    """Text with one letter more in a block."""
    before, mark, after = text.partition(f"<!-- generated: {name} -->\n\n")
    assert mark
    return f"{before}{mark}x{after}"


def test_the_documents_are_up_to_date() -> None:
    assert stale() == {}
    assert main(["--check"]) == 0


def test_every_block_that_is_not_what_the_code_says_is_caught_and_mended(root: Path) -> None:
    # the control: one letter more in a block, in every block of every document, and the check must fail
    for name in DOCUMENTS:
        text = (root / name).read_text(encoding="utf-8")
        assert renewed_in(name, root) == text
        made = {block: partial(str, block_of(text, block)) for block in blocks_in(text)}  # once: it takes seconds
        for block in blocks_in(text):
            assert renewed(changed(text, block), made) == text != changed(text, block), block
        (root / name).write_text(changed(text, blocks_in(text)[0]), encoding="utf-8")
    before = {name: (root / name).read_bytes() for name in DOCUMENTS}
    assert main(["--check"], root=root) == 1
    assert {name: (root / name).read_bytes() for name in DOCUMENTS} == before
    assert main([], root=root) == 0
    assert {name: (root / name).read_bytes() for name in DOCUMENTS} == {name: (ROOT / name).read_bytes() for name in DOCUMENTS}


def test_words_outside_the_blocks_are_left_alone(root: Path) -> None:
    with (root / "README.md").open("a", encoding="utf-8") as stream:
        stream.write("\nA word.\n")
    assert main([], root=root, documents=["README.md"]) == 0
    assert (root / "README.md").read_text(encoding="utf-8").endswith("A word.\n")


def test_check_names_every_document_that_is_out_of_date(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(model_tables, "census", lambda: "nothing is known")
    assert main(["--check"]) == 1
    said = capsys.readouterr().err
    assert said.count("out of date; `python -m experiments.documents` writes it anew") == len(model_tables.DOCUMENTS)


def test_a_kept_run_that_does_not_fit_is_told_without_a_traceback(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = root / REFERENCES / "hypotheses" / "hypotheses.json"
    before = {name: (root / name).read_bytes() for name in DOCUMENTS}
    assert main([], root=root) == 0  # the control: as it is kept
    kept = json.loads(record.read_text(encoding="utf-8"))
    kept["hypotheses"][0]["hash"] = "of another text"
    record.write_text(json.dumps(kept), encoding="utf-8")
    assert main([], root=root) == BAD_INPUT
    assert "edited after the reference run" in capsys.readouterr().err
    assert before == {name: (root / name).read_bytes() for name in DOCUMENTS}


def test_no_two_chapters_make_the_same_block_and_every_block_stands_in_a_document() -> None:
    made = [name for chapter in CHAPTERS.values() for name in chapter.blocks(ROOT)]
    there = [name for document in DOCUMENTS for name in blocks_in((ROOT / document).read_text(encoding="utf-8"))]
    assert len(made) == len(set(made))
    assert set(there) == set(made)


def test_numbers_in_the_prose_are_those_of_the_options() -> None:
    search, discover, analyse = (asked.usual() for asked in (policies.Asked, discovery.Asked, sensitivity.Asked))
    spoken = {
        "docs/policies.md": (
            f"{discover['worlds']:,} of them (`--worlds`)",
            f"done again, {discover['shuffles']} times",
            f"tries {search['evaluations']:,} schedules on {search['worlds']} worlds with {search['replicates']} runs each",
            f"run again in the next {search['check_worlds']} worlds",
        ),
        "docs/sensitivity.md": (
            f"along {analyse['screen']} trajectories (`--screen`)",
            f"at most {analyse['keep']} (`--keep`)",
            f"from {analyse['base']} base samples (`--base`)",
        ),
    }
    for document, sentences in spoken.items():
        text = " ".join((ROOT / document).read_text(encoding="utf-8").split())
        assert [sentence for sentence in sentences if sentence not in text] == []


def test_the_page_of_commands_has_every_option_with_its_bounds() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, request in requests_of(whole_app()).items():
        part = text.split(f"## sustain {name}\n")[1].split("\n## ")[0]
        rows = [line for line in part.splitlines() if line.startswith("| `")]
        assert len(rows) == len(request.options())
        assert all(declared.allowed in row for row, declared in zip(rows, request.options().values(), strict=True))
    assert "| `--worlds` | Worlds of the search | 60; 6 with `--quick` | a whole number from 2 to 4,096 |" in text


@pytest.mark.parametrize("words", [["--check"], ["--images"], ["--rival-forms"], ["--mechanisms"]])
def test_what_is_kept_is_kept_alone(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "keep", "discovery", "nowhere"])
    assert ended.value.code == BAD_INPUT


@pytest.mark.parametrize("room", [name for name, chapter in CHAPTERS.items() if chapter.keep])
def test_a_folder_that_no_command_has_finished_is_refused_and_nothing_is_changed(
    root: Path, room: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert main(["keep", room, str(root / "nowhere")], root=root) == BAD_INPUT
    assert "nowhere" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


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
        renewed(text, model_tables.blocks())


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
    grouped = [name for _, names in model_tables.parameter_groups() for name in names]
    assert grouped == list(read_table().parameters)


def test_equations_are_numbered_without_a_gap_and_used() -> None:
    rows = [line.split(" | ") for line in model_tables.equations().splitlines()[2:]]
    assert [row[0].removeprefix("| ") for row in rows] == [f"R{number}" for number in range(1, len(rows) + 1)]
    assert [row[0] for row in rows if not row[-1].strip(" |")] == []


def test_equations_of_the_last_section_come_in_their_order() -> None:
    def rising(text: str) -> bool:
        numbers = [int(one) for one in re.findall(r"\bR(\d+)\b", text)]
        own = [one for one in dict.fromkeys(numbers) if one not in known]
        return own == sorted(own) and len(own) > 1

    text = odd()
    before, section = text[: text.index("### 8.7 Expansion")], text[text.index("### 8.7 Expansion") : text.index("## Appendix")]
    known = {int(one) for one in re.findall(r"\bR(\d+)\b", before)}
    assert rising(section)
    assert not rising("R67 " + section)  # the control


def test_every_parameter_and_switch_is_read_by_a_month_function() -> None:
    table, readers = read_table(), model_tables.readers_of_parameters()
    assert [name for name in table.parameters if name not in readers] == []
    assert [name for name in table.switches if f"switch_{name}" not in readers] == []


def test_names_in_the_prose_exist() -> None:
    # `weight_...`, `chance_...` and the like in the text, tables aside, are parameters, switches, fields, stages, outcomes,
    # tables or keys of a service in a scenario
    prose = re.sub(r"<!-- generated: .*?<!-- end -->", "", odd(), flags=re.DOTALL)
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", prose))
    known = set(read_table().parameters) | set(read_table().switches) | {one.name for fields in FIELDS.values() for one in fields}
    known |= {stage.function for stage in ORDER} | set(OUTCOME_NAMES) | set(Service.model_fields) | {"follow_up"}  # a lever
    known |= {
        name
        for path in MEASURES.glob("*.py")
        for name in re.findall(r'^ +"(summary_[a-z_]+)",$', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named - known == set()


def test_pictures_are_there_and_small() -> None:
    for place in PICTURES.values():
        picture = (ROOT / place).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) <= MOST_PICTURE


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
