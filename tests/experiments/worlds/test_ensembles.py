"""Ensembles as files, and what is computed from their weights."""

import json
from dataclasses import replace

import numpy as np
import pytest

from experiments.hypotheses.worlds import worlds_of
from experiments.patterns.predictive import predicted
from experiments.patterns.reading import read_patterns
from experiments.worlds.ensembles import effective, medoid, quantiles, write_ensemble
from experiments.worlds.prior import prior_of
from sim.ensembles import chosen_ensemble, read_ensemble, shipped_files
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble, records_with
from sim.problems import BadInput

pytestmark = pytest.mark.portable


def test_written_and_read_again_it_is_the_same_to_the_bit(tmp_path):
    prior = prior_of()
    values = prior.draws(40, 1)
    weights = np.random.default_rng(1).random(40) + 0.1
    write_ensemble(tmp_path / "mine.csv", prior.names, values, weights, {"made": "today"})
    found = read_ensemble(tmp_path / "mine.csv")
    assert found.parameters == prior.names
    assert np.array_equal(found.values, values)
    assert found.weights == pytest.approx(weights / weights.mean(), rel=1e-3)
    assert json.loads((tmp_path / "mine.json").read_text()) == {"made": "today"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.csv", "mine.json"]


def test_uncapped_weights_are_read_where_they_are_recorded(tmp_path):
    names, values = ("autonomy_mean",), np.array([[0.6], [0.7]])
    write_ensemble(tmp_path / "mine.csv", names, values, np.array([1.0, 3.0]), {}, uncapped=np.array([1.0, 9.0]))
    found = read_ensemble(tmp_path / "mine.csv")
    assert found.weights.tolist() == [0.5, 1.5]
    assert found.uncapped.tolist() == [0.2, 1.8]
    assert chosen_ensemble(found) is found
    worlds = worlds_of(found, 8)
    share = worlds.uncapped[worlds.values[:, 0] == 0.7].sum() / worlds.uncapped.sum()
    assert share == pytest.approx(0.9)
    write_ensemble(tmp_path / "mine.csv", names, values, np.array([1.0, 3.0]), {})
    assert read_ensemble(tmp_path / "mine.csv").uncapped is None  # the control
    (tmp_path / "mine.csv").write_text("weight,weight_uncapped,autonomy_mean\n1,0,0.5\n")
    with pytest.raises(BadInput, match="0 is no weight"):
        read_ensemble(tmp_path / "mine.csv")


def test_every_ensemble_that_ships_is_found_and_no_other_table(tmp_path):
    assert "plausible" in shipped_files()
    for name, text in (
        ("second", "weight,autonomy_mean\n"),
        ("plausible", "weight,x\n"),
        ("plausible-widths", "parameter,unit\n"),
    ):
        (tmp_path / f"{name}.csv").write_text(text)
    assert list(shipped_files(tmp_path)) == ["plausible", "second"]


def test_records_hold_the_members_and_the_base_elsewhere():
    table = read_table()
    base = table.record({"ratio_rosy": 1.5})
    one = Ensemble("e", ("autonomy_mean",), np.array([[0.6], [0.7]]), np.ones(2), "")
    found = records_with(base, one.parameters, one.values)
    assert found["autonomy_mean"].tolist() == [0.6, 0.7]
    assert found["ratio_rosy"].tolist() == [1.5, 1.5]


def test_what_a_scenario_sets_holds_in_every_member():
    one = Ensemble("e", ("autonomy_mean", "belief_mean"), np.array([[0.6, 0.1], [0.7, 0.2]]), np.ones(2), "")
    assert one.within({"belief_mean": 0.3, "ratio_rosy": 1.0}).tolist() == [[0.6, 0.3], [0.7, 0.3]]
    assert one.values[:, 1].tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weight,autonomy_men\n1,0.5\n", "unknown parameter 'autonomy_men'"),
        ("weight,autonomy_mean\n0,0.5\n", "0 is no weight"),
        ("weight,autonomy_mean\n1,2\n", "2 is out of bounds"),
        ("weight,autonomy_mean\n", "holds no rows"),
        ("weight,autonomy_mean\n1,\n", "the cell is empty"),
    ],
)
def test_an_ensemble_that_cannot_be_used(tmp_path, text, said):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(BadInput) as caught:
        read_ensemble(tmp_path / "bad.csv")
    assert any(said in one.what for one in caught.value.problems), caught.value.problems


def test_no_file(tmp_path):
    with pytest.raises(BadInput, match="there is no such file"):
        read_ensemble(tmp_path / "none.csv")


def test_effective_sample_size():
    assert effective(np.array([1.0, 1.0, 1.0, 1.0])) == 4.0
    assert effective(np.array([3.0, 1.0])) == pytest.approx(16 / 10)


def test_medoid_is_the_row_nearest_to_all():
    rng = np.random.default_rng(2)
    shares, weights = rng.random((30, 5)), rng.random(30)
    sums = [sum(w * np.linalg.norm(a - b) for b, w in zip(shares, weights, strict=True)) for a in shares]
    assert medoid(shares, weights) == int(np.argmin(sums))


def test_weighted_quantiles_are_those_of_the_repeated_sample():
    values, weights = np.array([[3.0], [1.0], [2.0]]), np.array([1.0, 2.0, 3.0])
    repeated = np.repeat(values[:, 0], weights.astype(int))
    assert (
        quantiles(values, weights, (0.1, 0.5, 0.9))[:, 0].tolist()
        == np.quantile(repeated, (0.1, 0.5, 0.9), method="inverted_cdf").tolist()
    )


def test_predicted_weighs_the_members():
    pattern = replace(read_patterns().patterns[0], low=0.0, high=1.0)
    mean, error, weights = np.array([0.0, 2.0, np.nan]), np.array([0.1, 0.3, np.nan]), np.array([3.0, 1.0, 1.0])
    found = predicted(pattern, mean, error, weights)
    assert found.result.value == pytest.approx(0.5)
    assert found.result.mcse == pytest.approx(0.15)  # the members share their random numbers: no less than their mean
    assert found.result.inside
    assert found.members_inside == pytest.approx(3 / 5)
    assert found.result.undefined == 1
    nothing = predicted(pattern, np.full(3, np.nan), np.full(3, np.nan), weights)
    assert nothing.result.value is None
    assert not nothing.result.inside
