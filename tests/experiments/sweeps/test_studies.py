"""The studies that ship, and the page that describes them."""

import re
from pathlib import Path
from typing import get_args

import pytest

from experiments.sweeps.building import TAKES
from experiments.sweeps.grammar import SECTIONS, grammar
from experiments.sweeps.reading import STUDIES, check_study, read_study
from experiments.sweeps.schema import KEEPS, DesignWord, KeepWord
from sim.measures import DEFINITIONS
from sim.parameters import read_table

pytestmark = pytest.mark.portable

README = STUDIES / "README.md"
SHIPPED = sorted(STUDIES.glob("*.toml"))


def test_there_are_three() -> None:
    assert [path.stem for path in SHIPPED] == ["leadership-one-at-a-time", "protected-time", "uncertainty"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_study_is_right_and_described(path: Path) -> None:
    assert check_study(path) == []
    study = read_study(path)
    assert f"| [`{study.name}`]({study.name}.toml) | {study.question} |" in README.read_text(encoding="utf-8")


def test_what_the_shipped_studies_vary() -> None:
    time = read_study("protected-time")
    assert (time.design.kind, len(time.design.factors), len(time.scenarios)) == ("factorial", 2, 2)
    assert read_study("leadership-one-at-a-time").design.settings(0) == {}
    unknown = read_study("uncertainty").design
    assert unknown.kind == "latin-hypercube"
    names = [one.name for one in unknown.factors]
    assert len(names) >= 12
    assert {read_table().parameters[name].status for name in names} <= {"assumption", "calibrated"}  # what no source says
    assert not set(names) & set(DEFINITIONS)  # what happens, not what it is called


def test_readme_holds_the_grammar_of_the_code() -> None:
    readme = README.read_text(encoding="utf-8")
    begin, end = "<!-- grammar: begin -->", "<!-- grammar: end -->"
    assert readme[readme.index(begin) + len(begin) : readme.index(end)].strip() == grammar()


def test_grammar_holds_every_key_and_kind() -> None:
    for _, model in SECTIONS:
        for name in model.model_fields:
            assert f"| `{name}` |" in grammar()
    assert tuple(TAKES) == get_args(DesignWord)
    assert get_args(KeepWord) == KEEPS
    for kind in TAKES:
        assert f"| `{kind}` |" in grammar()


def test_examples_of_the_readme_work(tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", readme, re.DOTALL)[::-1])

    (tmp_path / "leaving.toml").write_text(blocks["toml"], encoding="utf-8")
    assert read_study(tmp_path / "leaving.toml").total == 2400
    head, design = blocks["toml"].split("[design]")[0], re.findall(r"```toml\n(\[design\].*?)```", readme, re.DOTALL)[0]
    (tmp_path / "leaving.toml").write_text(head + design, encoding="utf-8")
    (tmp_path / "points.csv").write_text(blocks["csv"], encoding="utf-8")
    assert read_study(tmp_path / "leaving.toml").design.settings(1) == {"chance_leaves": 0.02, "switch.fading": "off"}
    exec(compile(blocks["python"], "README.md", "exec"), {})
