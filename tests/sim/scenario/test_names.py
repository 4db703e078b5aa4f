"""Names: letters that nobody sees, names that look alike, names that ``--set`` or a reader of CSV takes for something else."""

import re
import shutil
import subprocess
import tomllib
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.kit.options import read_settings
from sim.columns import Column, Table
from sim.problems import BadInput
from sim.scenario import check_file, read_scenario
from sim.scenario.letters import looking_alike, unseen
from sim.store.writer import write_codebook, write_table
from tests.small_scenarios import small_scenario


def written(folder: Path, *names: str) -> Path:
    path = folder / "mine.toml"
    escaped = (name.replace("\\", "\\\\").replace('"', '\\"') for name in names)
    path.write_text(small_scenario(*escaped), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("letter", "called"),
    [
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u00ad", "U+00AD SOFT HYPHEN"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("\u00a0", "U+00A0 NO-BREAK SPACE"),
        ("\u2028", "U+2028 LINE SEPARATOR"),
        ("\u3164", "U+3164 HANGUL FILLER"),
        ("\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("\ue000", "U+E000 character of private use"),
        ("\u2800", "U+2800 BRAILLE PATTERN BLANK"),
    ],
)
@pytest.mark.parametrize("name", ["Nord{}", "{}Nord", "No{}rd"])
def test_letters_that_nobody_sees_are_refused_by_name(tmp_path: Path, name: str, letter: str, called: str) -> None:
    (problem,) = check_file(written(tmp_path, name.format(letter)))
    assert f"holds {called} as character {name.index('{') + 1}" in problem.what
    assert problem.where.startswith("mine.toml: services[1]")


@pytest.mark.parametrize("name", ["Sør-Østre Byen", "Здоровье", "精神科", "Ψυχή 2", "A & B (2)", "e\u0301"])
def test_names_of_all_languages_are_names(tmp_path: Path, name: str) -> None:
    assert check_file(written(tmp_path, name)) == []


@given(st.text(min_size=1, max_size=20))
def test_what_is_seen_has_no_format_character(text: str) -> None:
    assert any(unseen(text)) or not {"Cf", "Cc", "Zl", "Zp"} & {unicodedata.category(letter) for letter in text}


@pytest.mark.parametrize(("one", "other"), [("Nord", "NORD"), ("Nord 1", "Nord  1"), ("Nord", "Ｎord"), ("Straße", "STRASSE")])
def test_names_that_look_alike_are_refused(tmp_path: Path, one: str, other: str) -> None:
    (problem,) = check_file(written(tmp_path, one, other))
    assert f"looks like '{one}'" in problem.what
    table = tmp_path / "t.csv"
    header = "name,setting,staff,posts,leader,signal,selection,format,pool,inflow"
    rows = [f"{name},primary,9,3,passive_supportive,committed,requested,individual,12,1.0" for name in (one, other)]
    table.write_text("\n".join([header, *rows]), encoding="utf-8")
    (problem,) = check_file(table)
    assert f"looks like '{one}'" in problem.what


def test_names_that_differ_are_not_refused() -> None:
    assert looking_alike(["Nord", "Nord 1", "Nord1", "Sor", "Sør"]) == {}


@pytest.mark.parametrize("name", ["A=B", "St. Olav", "Nord Øst", 'the "old" one', "a.b=c.d", "=", "x.staff=1"])
def test_every_name_can_be_set(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    scenario = read_scenario(path, overrides=read_settings([f'services."{name}".staff = 12']))
    assert scenario.services[0].staff == 12


def test_a_name_with_an_equals_sign_outside_quotation_marks_has_a_hint(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a name with an equals sign stands in quotation marks"):
        read_scenario(written(tmp_path, "A=B"), overrides=read_settings(["services.A=B.staff=12"]))


def test_a_name_whose_quotation_marks_are_escaped_has_a_hint_that_works(tmp_path: Path) -> None:
    path = written(tmp_path, 'A"B')
    with pytest.raises(BadInput) as refused:
        read_scenario(path, overrides=read_settings(['services."A\\"B".staff=12']))
    hint = refused.value.problems[0].hint
    assert hint == """quotation marks in a name stay as they are: 'services."A"B".staff=VALUE'"""
    (setting,) = re.findall("'(.*)'", hint)
    assert read_scenario(path, overrides=read_settings([setting.replace("VALUE", "12")])).services[0].staff == 12


@pytest.mark.parametrize("name", ["all", "All", "all services", "All  Services"])
def test_a_service_is_not_called_as_all_are(tmp_path: Path, name: str) -> None:
    (problem,) = [one for one in check_file(written(tmp_path, name)) if "cannot be" in one.what]
    assert problem.hint == "it stands for all services"
    assert check_file(written(tmp_path, f"{name} of them")) == []  # the control


def test_a_setting_is_the_same_with_and_without_quotation_marks() -> None:
    assert read_settings(['services."St. Olav".staff=12']) == read_settings(["services.St. Olav.staff=12"])
    with pytest.raises(BadInput, match="set twice"):
        read_settings(['services."A".staff=12', "services.A.staff=13"])


NAMES = ("NA", "nan", "None", "null", "TRUE", "#N/A", "1.0", "-")


def test_names_survive_as_csv(tmp_path: Path) -> None:
    columns = (Column("service", "i2", "", "a service", NAMES), Column("value", "f8", "share", "a number"))
    table = Table("made_up", ("service",), columns, "A table.")
    values = {"service": np.arange(len(NAMES), dtype="i2"), "value": np.where(np.arange(len(NAMES)) == 1, np.nan, 0.5)}
    write_table(tmp_path, table, values, csv=True)
    path = tmp_path / "tables" / "made_up.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(line.startswith(f'"{name}",') for name, line in zip(NAMES, lines[1:], strict=True))
    assert pd.read_csv(path)["service"].isna().any()  # so it must be told
    write_codebook(tmp_path, [table])
    told = (tmp_path / "codebook.md").read_text(encoding="utf-8").replace("\n", " ")
    assert 'pandas.read_csv(file, keep_default_na=False, na_values=[""], dtype={"service": str})' in told
    assert 'read.csv(file, na.strings = "", colClasses = c(service = "character"))' in told
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"service": str})
    assert tuple(frame["service"]) == NAMES
    assert frame["value"].dtype == "float64"
    assert list(frame["value"].isna()) == [at == 1 for at in range(len(NAMES))]
    if shutil.which("Rscript"):
        _read_by_r(path)


def _read_by_r(path: Path) -> None:
    command = 'd <- read.csv(commandArgs(TRUE), na.strings = "", colClasses = c(service = "character")); '
    command += 'cat(d$service, is.numeric(d$value), sep = "\\n")'
    found = subprocess.run(["Rscript", "-e", command, str(path)], capture_output=True, text=True, check=True, timeout=300)
    assert found.stdout.splitlines() == [*NAMES, "TRUE"]


def test_names_made_of_a_long_name_are_not_held_to_its_limit(tmp_path: Path) -> None:
    name = "Avdeling for psykisk helse og rusbehandling i Sor-Ostre Byen"
    path = written(tmp_path, name)
    assert len(name) == 60
    event = f'\n[[events]]\nmonth = 3\nkind = "practitioner_leaves"\npost = "{name}-3"\nservices = ["{name}"]\n'
    path.write_text(path.read_text(encoding="utf-8") + event, encoding="utf-8")
    assert tomllib.loads(path.read_text(encoding="utf-8"))
    assert check_file(path) == []
    assert read_scenario(path).services[0].post_table()[2].alias == f"{name}-3"
    (problem,) = check_file(written(tmp_path, name + "!"))
    assert "has 61 characters" in problem.what
