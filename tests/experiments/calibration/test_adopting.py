"""A calibration that is adopted: its medoid stands in the parameter table, its figures in the document."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim
from experiments import calibration
from experiments.calibration import adopting, calibrating, documents, waves
from experiments.keeping.blocks import ROOT
from experiments.patterns.reading import read_patterns
from experiments.worlds import ensembles, prior
from experiments.worlds.prior import Structure, prior_of, structure_of
from sim.ensembles import PLAUSIBLE_FILE, read_ensemble
from sim.parameters import STATE_DEFINITIONS, load_table, read_table
from sim.problems import BadInput

pytestmark = pytest.mark.portable

TEXT = """# a comment
[parameters]
one = { value = 0.5, unit = "share", low = 0.0, high = 1.0, status = "assumption", source = "", locator = "", note = "a" }
two = { value = 2.0, unit = "hours", low = 1.0, high = 3.0, status = "calibrated", study = "old", source = "", note = "b" }
six = { value = 6.0, unit = "hours", low = 1.0, high = 9.0, status = "evidence", source = "x", locator = "y", note = "c" }
"""


def test_values_and_what_stands_behind_them_are_written_and_nothing_else_changes():
    text, counts = adopting.rewritten(TEXT, {"one": 0.25, "two": 2.5}, {"one": 0.3, "two": 0.95}, "new-1")
    assert counts == {"set": 2, "calibrated": 1}
    before, after = TEXT.splitlines(), text.splitlines()
    assert [k for k, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [2, 3]
    assert 'value = 0.25, unit = "share"' in after[2]
    assert 'status = "calibrated", study = "new-1", source' in after[2]
    assert 'value = 2.5, unit = "hours"' in after[3]
    assert 'status = "assumption", source' in after[3]


def test_every_free_parameter_stands_on_a_line_that_can_be_rewritten():
    text = Path(sim.__file__).with_name("parameters.toml").read_text(encoding="utf-8")
    every, problems = structure_of({}, every=True)
    assert not problems
    values = {name: read_table().parameters[name].value for name in prior_of(structure=every).names}
    after, counts = adopting.rewritten(text, values, dict.fromkeys(values, 0.1), "new-1")
    assert counts == {"set": len(values), "calibrated": len(values)}
    assert after.count('study = "new-1"') == len(values)


def test_what_a_calibration_cannot_be_shipped_for_is_said():
    good = {"members": 500, "effective_sample_size": 200.0, "distinct_starts": 100, "whole": True, "command": "x"}
    good |= {"code": calibration.ROOM.runs_identity(), "patterns": calibrating.patterns_hash(read_patterns())}
    assert adopting.unfit(good) == []
    for change, told in (
        ({"members": 499}, "members 499"),
        ({"whole": False, "command": "sustain calibrate --quick"}, "--quick"),
        ({"code": "0"}, "other code"),
        ({"patterns": "0"}, "patterns have changed"),
    ):
        (one,) = adopting.unfit(good | change)
        assert told in one


def test_one_with_the_tables_mechanisms_may_be_shipped_and_one_without_some_may_not():
    assert calibrating.is_whole(structure_of({}, every=True)[0], waves.Plan())
    assert not calibrating.is_whole(structure_of({"switch.parts_last": "off"}, every=True)[0], waves.Plan())


def test_one_with_every_mechanism_may_be_shipped_and_one_without_some_may_not(monkeypatch):
    known = read_table()
    off = {name: replace(known.switches[name], on=False) for name in ("parts_last", "upper_level")}
    table = replace(known, switches=known.switches | off)
    monkeypatch.setattr(prior, "read_table", lambda: table)
    every, _ = structure_of({}, table, every=True)
    assert len(every.switches) == 2
    assert calibrating.is_whole(every, waves.Plan())
    assert calibrating.is_whole(Structure(), waves.Plan())
    for structure in (Structure(every.switches[1:]), replace(every, forms=(("deciding", "threshold"),))):
        assert not calibrating.is_whole(structure, waves.Plan())
    assert not calibrating.is_whole(every, waves.Plan(), ["P1.mean"])
    assert not calibrating.is_whole(every, replace(waves.Plan(), wanted=5))


def test_two_seeds_of_different_models_are_refused(tmp_path):
    table = tmp_path / "parameters.toml"
    table.write_text(TEXT)
    one, two = finished(tmp_path / "1", 1, structure=[]), finished(tmp_path / "2", 2, structure=["switch.parts_last=on"])
    with pytest.raises(BadInput, match="other mechanisms"):
        adopting.adopt(one, "new-1", two, parameters=table, place=tmp_path / "place" / "plausible.csv")
    assert table.read_text() == TEXT


def test_an_unfinished_calibration_is_refused_and_nothing_is_written(tmp_path):
    table = tmp_path / "parameters.toml"
    table.write_text(TEXT)
    with pytest.raises(BadInput, match=r"lacks ensemble\.csv"):
        adopting.adopt(tmp_path, "x", parameters=table, place=tmp_path / "place" / "plausible.csv")
    assert table.read_text() == TEXT
    assert not (tmp_path / "place").exists()


def finished(folder, seed, **change):
    """Folder of a calibration that can be shipped, but for ``change``."""
    folder.mkdir()
    about = {"members": 500, "effective_sample_size": 200.0, "distinct_starts": 100, "whole": True, "set_aside": []}
    about |= {"code": calibration.ROOM.runs_identity(), "patterns": calibrating.patterns_hash(read_patterns())}
    about |= {"command": f"sustain calibrate --seed {seed}", "seconds": 1.0, "medoid_values": {"one": 0.25, "two": 2.5}} | change
    (folder / "ensemble.json").write_text(json.dumps(about))
    (folder / "widths.csv").write_text("parameter,width_left\none,0.3\ntwo,0.95\n")
    for name in ("ensemble.csv", "patterns.csv", "waves.csv"):
        (folder / name).write_text(f"{name} of {seed}\n")
    return folder


def test_a_second_seed_is_kept_beside_the_first(tmp_path):
    table, place = tmp_path / "parameters.toml", tmp_path / "place" / "plausible.csv"
    table.write_text(TEXT)
    one, two = (finished(tmp_path / str(seed), seed) for seed in (1, 2))
    assert adopting.adopt(one, "new-1", two, parameters=table, place=place) == {"set": 2, "calibrated": 1}
    assert (place.parent / "plausible-patterns.csv").read_text() == "patterns.csv of 1\n"
    assert (place.parent / "plausible-second-patterns.csv").read_text() == "patterns.csv of 2\n"
    about = json.loads(place.with_suffix(".json").read_text())
    assert about["second"]["command"] == "sustain calibrate --seed 2"
    assert not [path for path in place.parent.iterdir() if path.suffix == ".part"]


def test_a_second_folder_that_says_nothing_is_refused_and_nothing_is_written(tmp_path):
    table, place = tmp_path / "parameters.toml", tmp_path / "place" / "plausible.csv"
    table.write_text(TEXT)
    one = finished(tmp_path / "1", 1)
    for name, change, told in (("a", {}, "too"), ("b", {"code": "0"}, "other code"), ("c", {"members": 3}, "members 3")):
        with pytest.raises(BadInput, match=told):
            adopting.adopt(
                one, "new-1", finished(tmp_path / name, 1 if name == "a" else 2, **change), parameters=table, place=place
            )
    assert table.read_text() == TEXT
    assert not place.exists()


def test_two_seeds_agree_on_the_table_of_patterns_or_the_document_says_that_it_is_not_shown():
    text = (ROOT / documents.DOCUMENT).read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- generated: (\S+) -->", text)) == set(documents.blocks())
    if "second" not in documents.about():
        assert "Not shown for this ensemble" in text
        assert not PLAUSIBLE_FILE.with_name("plausible-second-patterns.csv").exists()
        return
    told = documents.statements_compared()
    assert {one.name for one in told} >= set(documents.about()["required"])
    assert [one.name for one in told if one.first != one.second and one.apart > 0.25] == []
    assert sum(one.first != one.second for one in told) <= 2
    assert np.median([one.apart for one in told]) < 0.15


def test_a_statement_is_compared_by_its_tolerance():
    row = {"pattern": "P", "low": "0", "high": "2", "mean_other_seed": "1.5"}
    near, far = (
        documents.compared(row, row | {"mean_other_seed": "1.75"}),
        documents.compared(row, row | {"mean_other_seed": "3"}),
    )
    assert (near.first, near.second, near.apart) == (True, True, 0.25)
    assert (far.first, far.second, far.apart) == (True, False, 1.5)
    with pytest.raises(ValueError, match="is not"):
        documents.compared(row, row | {"pattern": "Q"})


def test_calibrated_needs_a_study_and_nothing_else_has_one(tmp_path):
    real = Path(sim.__file__).with_name("parameters.toml").read_text(encoding="utf-8")
    name, other = (
        next(one for one in read_table().parameters.values() if one.status == status) for status in ("calibrated", "evidence")
    )
    lines = real.splitlines()
    for place, line in enumerate(lines):
        if line.startswith(f"{name.name} ="):
            lines[place] = line.replace(f', study = "{name.study}"', "")
        if line.startswith(f"{other.name} ="):
            lines[place] = line.replace('status = "evidence"', 'status = "evidence", study = "x"')
    path = tmp_path / "parameters.toml"
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput) as caught:
        load_table(path, Path(sim.__file__).with_name("sources.toml"))
    told = {one.where: one.what for one in caught.value.problems}
    assert told[f"parameters.toml: parameters.{name.name}.study"] == "calibrated without a study"
    assert told[f"parameters.toml: parameters.{other.name}.study"] == "'evidence' with a calibration"


def test_the_shipped_ensemble_is_as_large_and_as_wide_as_it_must_be():
    found = read_ensemble()
    about = documents.about()
    assert found.members == about["members"] >= 500
    assert ensembles.effective(found.weights) >= 200
    assert about["distinct_starts"] >= 100
    assert found.parameters == prior_of().names
    assert not set(STATE_DEFINITIONS) & set(found.parameters)
    fitted = {one.id for one in read_patterns().patterns if one.fitted and one.measured}
    assert {*about["required"], *about["set_aside"]} == fitted
    # what was turned on for it is on in the table by now
    structure, problems = structure_of(dict(word.split("=") for word in about.get("structure", [])))
    assert (structure, problems) == (Structure(), [])


def test_the_default_vector_is_the_medoid_of_the_shipped_ensemble():
    found, about = read_ensemble(), documents.about()
    best = ensembles.medoid(prior_of().shares(found.values), found.weights)
    assert dict(zip(found.parameters, found.values[best].tolist(), strict=True)) == about["medoid_values"]
    left = set(found.parameters) - set(adopting.RIVAL)
    values = {name: one.value for name, one in read_table().parameters.items() if name in left}
    assert values == {name: about["medoid_values"][name] for name in left}
    other = (best + 1) % found.members  # the control
    assert values != {
        name: value for name, value in zip(found.parameters, found.values[other].tolist(), strict=True) if name in left
    }


def test_calibrated_is_what_the_ensemble_constrains():
    left = {row["parameter"]: float(row["width_left"]) for row in documents.rows("widths")}
    status = {name: one.status for name, one in read_table().parameters.items() if name in left}
    assert status == {name: "calibrated" if one <= adopting.CONSTRAINED else "assumption" for name, one in left.items()}
    studies = {one.study for one in read_table().parameters.values() if one.status == "calibrated"}
    assert studies == {documents.about()["study"]}
    found = read_ensemble()
    low, high = ensembles.quantiles(found.values, found.weights, (0.05, 0.95))
    wide = (high - low) / (0.9 * (prior_of().high - prior_of().low))
    assert np.allclose(wide, [left[name] for name in found.parameters], atol=0.02)
