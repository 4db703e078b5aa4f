"""The bank: both fates, the same luck, resumed to the same bytes."""

import numpy as np
import pytest

from experiments.executors.pools import pool_of
from experiments.trials import ROOM
from experiments.trials.bank import Filling, bank_of, jobs_of
from experiments.trials.recorded import recorded
from sim.ensembles import read_ensemble
from sim.store.parts import PartStore
from tests.experiments.trials.small import SERVICES, WEDGE, WORLDS, study_of, trials_of, worlds


def test_fates_part_at_the_randomisation_and_not_before(folder):
    bank = trials_of(folder).bank
    assert bank.shape == (2, WORLDS, SERVICES, 24)
    for name, values in bank.columns.items():
        np.testing.assert_array_equal(values[0, ..., :12], values[1, ..., :12], err_msg=name)
    assert (bank.columns["delivering"][0, ..., 12:] != bank.columns["delivering"][1, ..., 12:]).any()


def test_a_wedge_has_the_usual_fate_until_each_crossing(folder):
    bank = trials_of(folder, most=24, **WEDGE).bank
    delivering = bank.columns["delivering"]
    for sequence in (1, 2, 3):
        before = 12 + 3 * sequence
        np.testing.assert_array_equal(delivering[0, ..., :before], delivering[sequence, ..., :before])
    assert (delivering[1] != delivering[2]).any()


def test_columns_are_those_of_the_world(folder):
    (usual, led) = worlds(folder)
    bank = trials_of(folder).bank
    for at, world in enumerate((usual, led)):
        found = recorded(world.run([5]).rows[0], world.plan.services["posts"])
        np.testing.assert_array_equal(bank.columns["delivering"][at, 5], found["delivering"])
        np.testing.assert_array_equal(bank.columns["hours"][at, 5], found["hours"].astype("f4"))


def test_running_totals_never_fall_and_shares_stay_within_posts(folder):
    bank = trials_of(folder).bank
    for name in ("started", "hours"):
        assert (np.diff(bank.columns[name], axis=-1) >= 0).all()
    assert (bank.columns["delivering"] <= bank.posts[..., None]).all()
    assert (bank.columns["present"] <= bank.posts[..., None]).all()


def test_a_bank_that_was_broken_off_is_gone_on_with_to_the_same_numbers(folder, tmp_path):
    study, ensemble = trials_of(folder).study, read_ensemble()
    identity = {"kind": "trial", "code": ROOM.runs_identity(), "ensemble": ensemble.text_hash}
    whole = trials_of(folder).bank
    seen = 0

    def stop(_: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 5:
            raise KeyboardInterrupt

    with pool_of("serial") as pool:
        with PartStore.create_or_open(tmp_path / "store", identity, about={}) as store, pytest.raises(KeyboardInterrupt):
            bank_of(study, ensemble, pool, store, done=stop)
        told: list[int] = []
        with PartStore.create_or_open(tmp_path / "store", identity, about={}) as store:
            again = bank_of(study, ensemble, pool, store, done=told.append)
    assert sum(told) == jobs_of(study)
    for name, values in whole.columns.items():
        np.testing.assert_array_equal(values, again.columns[name])


def test_another_seed_is_other_luck(folder, tmp_path):
    with pool_of("serial") as pool:
        other = bank_of(study_of(tmp_path, seed=2), read_ensemble(), pool)
    assert (other.columns["delivering"] != trials_of(folder).bank.columns["delivering"]).any()


def test_a_bank_that_is_filled_job_by_job_is_the_same(folder):
    study = study_of(folder)
    filling = Filling(study, read_ensemble())
    for job in reversed(range(filling.jobs)):
        filling.do(job)
    filling.close()
    with pool_of("serial") as pool:
        bank = bank_of(study, read_ensemble(), pool)
    assert filling.bank.conditions == bank.conditions
    for name, values in bank.columns.items():
        assert np.array_equal(filling.bank.columns[name], values, equal_nan=values.dtype.kind == "f")
    assert not np.array_equal(bank.columns["started"][0], bank.columns["started"][1])  # control: conditions differ
