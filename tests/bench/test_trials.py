"""Trials: the bank, a number of power after it, and mixed models beside those of statsmodels, in one run.

``pytest tests/bench/test_trials.py -s`` on an idle machine of two processors.
"""

import statistics
import time
import warnings

import numpy as np

from experiments.executors.pools import pool_of
from experiments.trials.analyses import FINE, mixed
from experiments.trials.bank import bank_of, worlds_of
from experiments.trials.drawing import Trials
from experiments.trials.operating import operating
from experiments.trials.reading import read_study
from sim.ensembles import read_ensemble
from sim.store.parts import PartStore

BANK, POWER, MIXED = 15.0, 2.0, 10.0
"""Seconds that the bank of the 24 services, a number of power after it, and 2,000 mixed models may take."""


def test_bank_and_power(tmp_path):
    study, ensemble = read_study("leadership-24"), read_ensemble()
    worlds_of(study, ensemble)[0].warm()
    seconds = []
    for at in range(3):
        start = time.perf_counter()
        with pool_of("threads", 2) as pool, PartStore.create_or_open(tmp_path / str(at), {"bench": "trials"}, about={}) as store:
            bank = bank_of(study, ensemble, pool, store)
        seconds.append(time.perf_counter() - start)
    print(f"\nbank of {bank.shape} in the store: {statistics.median(seconds):.1f} s (gate {BANK:.0f})")
    trials = Trials(study, bank, study.file.trials, 24)
    spent = []
    for word in ("cluster_t", "permutation", "cluster_baseline"):
        start = time.perf_counter()
        operating(trials, 24, 24, word)
        spent.append(time.perf_counter() - start)
        print(f"power and type I of 2,000 trials, {word}: {spent[-1]:.2f} s (gate {POWER:.0f})")
    assert statistics.median(seconds) <= BANK
    assert max(spent) <= POWER


def test_mixed_models_beside_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    arm = np.broadcast_to(np.arange(24) % 2, (2_000, 24))
    members = 0.4 * rng.standard_normal((2_000, 24, 1)) + rng.standard_normal((2_000, 24, 4)) + 0.3 * arm[..., None]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = mixed(members, arm, df="satterthwaite")
        seconds.append(time.perf_counter() - start)
    cluster, design = np.repeat(np.arange(24), 4), sm.add_constant(np.repeat(arm[0], 4).astype(float))
    start, checked = time.perf_counter(), 0
    for at in range(50):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.MixedLM(members[at].ravel(), design, cluster).fit(reml=True)
        if not found.at_bound[at] and fit.converged:
            assert abs(found.estimate[at] - fit.fe_params[1]) < 1e-3
            checked += 1
    theirs, ours = (time.perf_counter() - start) / 50, statistics.median(seconds) / 2_000
    print(
        f"\n2,000 mixed models: {statistics.median(seconds):.2f} s (gate {MIXED:.0f}); statsmodels takes "
        f"{theirs / ours:,.0f} x as long each"
    )
    assert checked > 20
    assert (found.failed == FINE).all()
    assert statistics.median(seconds) <= MIXED
    assert theirs > ours
