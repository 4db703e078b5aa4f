"""Made-up gathered tables of sweeps, with the declared columns, for tests of figures and reports."""

import json

import numpy as np
import pandas as pd

from experiments.sweeps.reading import study_of
from sim.history import STATES
from sim.scenario import read_scenario

OUTCOMES = (
    "share_kept_going", "share_kept_going@24", "share_sustained", "fidelity", "posts_delivering", "helped_per_post",
    "hours_leader_per_service", "months_to_first_abandonment",
)  # fmt: skip
BOUNDS = {"hours_protected": (1, 8), "weight_hesitation": (-0.2, 0.6), "rate_perception": (0.1, 0.8), "belief_mean": (0.1, 0.7)}
LEADERS = ["active", "passive_supportive", "unavailable"]


def study_for(kind, *, scenarios, own, points, many, replicates, members, months, outcomes):
    """A real study with a design of each kind."""
    if kind == "factorial":
        every = {
            "hours_protected": {"levels": [1.0, 2.0, 4.0, 8.0]},
            "services.all.leader": {"levels": LEADERS},
            "switch.turnover": {"levels": [False, True]},
        }
    else:
        every = {name: {"low": low, "high": high} for name, (low, high) in BOUNDS.items()}
        every = dict(list(every.items())[: many - 1]) | {"services.all.leader": {"levels": LEADERS}}
    factors, design = dict(list(every.items())[:many]), {"kind": kind}
    if kind in {"latin-hypercube", "sobol"}:
        design["points"] = points
    ensemble = {"commitment_mean": [0.5 + 0.4 * at / members for at in range(members)]} if members > 1 else None
    read = [read_scenario(one, overrides=own, months=months) for one in scenarios]
    return study_of(
        scenarios=read, factors=factors if kind else None, design=design if kind else None, ensemble=ensemble,
        every_member=ensemble is not None,
        replicates=replicates, outcomes=list(outcomes), name="protected-time",
        title="Does protected time keep the practice going?",
        question="How much protected time does it take, and does it matter who leads?",
    )  # fmt: skip


def made_up(
    kind="factorial", *, scenarios=("nine-services", "all-active"), points=64, many=2, replicates=200, members=1, months=84,
    outcomes=OUTCOMES, aggregates=True, failed=0, own=None,
):  # fmt: skip
    """Study, frames and manifest of a sweep that never ran; ``own`` are values that the scenarios themselves set."""
    study = study_for(
        kind, scenarios=scenarios, points=points, many=many, replicates=replicates, members=members, months=months,
        outcomes=outcomes, own=own,
    )  # fmt: skip
    scenarios, count = tuple(one.name for one in study.scenarios), study.design.points
    noise = np.random.Generator(np.random.Philox(7))
    place = _places(study.design)
    means = {}
    for at, name in enumerate(outcomes):
        pull = np.stack([0.45 + 0.1 * s + 0.6 * place @ _weights(place.shape[1], at) for s in range(len(scenarios))])
        level = np.clip(pull + noise.normal(0, 0.02, pull.shape), 0, 1)
        means[name] = level if name.startswith(("share", "posts")) else 1 + 4 * level if name == "fidelity" else 40 * level
    names = pd.CategoricalDtype(list(scenarios))
    frames = {"summary": _summary(means, names, count, replicates * members)}
    if aggregates:
        frames |= _aggregates(means[outcomes[0]], names, count, replicates * members, months)
    if failed:
        frames["failures"] = _failures(failed, names, study.design)
    manifest = {
        "software": {"name": "practice-sustainment", "version": "0.1.0"}, "seed": 1, "engine": "compiled",
        "code": {"identity": "5ba65df1", "commit": "165e824b", "dirty": False},
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
        "census": "215 parameters: 19 evidence, 0 calibrated, 196 assumption", "study_hash": "a472cd63",
        "ended": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    return study.machine_form(), frames, manifest


def _weights(factors, outcome):
    return np.array([1.0, -0.5, 0.25, 0.1, -0.1][:factors]) * (1 if outcome % 3 != 2 else -1)


def _places(design):
    """Each factor from -0.5 to 0.5 at each point; 0 where it is not set."""
    columns = np.zeros((design.points, max(len(design.factors), 1)))
    for at, (factor, values) in enumerate(zip(design.factors, design.values, strict=True)):
        known = values >= 0 if factor.labels else ~np.isnan(values)
        low, high = values[known].min(), values[known].max()
        columns[known, at] = (values[known] - low) / (high - low) - 0.5
    return columns


def _summary(means, names, count, runs):
    parts = []
    for at, mean in enumerate(means.values()):
        sd = np.maximum(0.25 * np.abs(mean), 0.01)
        parts.append(pd.DataFrame({
            "scenario": pd.Categorical.from_codes(np.repeat(np.arange(len(mean)), count), dtype=names),
            "point": np.tile(np.arange(count), len(mean)),
            "outcome": pd.Categorical.from_codes(np.full(mean.size, at), list(means)),
            "runs": runs, "mean": mean.ravel(), "mcse": (sd / np.sqrt(runs)).ravel() if runs > 1 else np.nan, "sd": sd.ravel(),
            "low": (mean - sd).ravel(), "high": (mean + sd).ravel(),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True).sort_values(["scenario", "point", "outcome"], ignore_index=True)


def _aggregates(level, names, count, runs, months):
    """Tallies, survival and fidelity that follow the first outcome."""
    services, tallies, survival, fidelity = 9, [], [], []
    month = np.arange(1, months + 1)
    for s, label in enumerate(names.categories):
        for p in range(count):
            kept = float(np.clip(level[s, p], 0.02, 0.98))
            decay = np.exp(-np.maximum(month - 12, 0) / 30)
            sustained = kept * (1 - decay) * np.minimum(month / 8, 1) + 0.85 * decay * np.minimum(month / 8, 1)
            rest = np.maximum(1 - sustained, 0)
            begun = np.minimum(month / 10, 1)
            share = {
                "sustained": sustained, "shrunken": 0.15 * rest * begun, "drifted": 0.35 * rest * begun,
                "dormant": 0.1 * rest * begun,
                "abandoned": 0.37 * rest * begun, "never_started": 0.03 * rest * begun, "not_yet_started": rest * (1 - begun),
            }  # fmt: skip
            operating = (sustained + 0.5 * rest) * begun
            share |= {
                "operating": operating, "silent": 0.6 * (begun - operating), "given_up": 0.4 * (begun - operating),
                "kept_going": 0.9 * operating * decay,
            }  # fmt: skip
            for name, one in share.items():
                total = np.rint(one * services * runs).astype("i8")
                tallies.append({"scenario": label, "point": p, "month": month, "measure": name, "runs": runs, "total": total,
                                "squares": total * 3})  # fmt: skip
            events = np.rint(services * runs * (1 - kept) * np.exp(-month / 40) / 40).astype("i8")
            spells = {"events": events, "gap_events": 2 * events, "given_up_events": events // 2}
            left = {name.replace("events", "censored"): np.where(month == months, services * runs - one.sum(), 0)
                    for name, one in spells.items()}  # fmt: skip
            survival.append({"scenario": label, "point": p, "months": month, **spells, **left})
            marks = [one for one in (12, 24, 36, 48, 60, 84) if one <= months]
            for place in range(20, 40):
                middle = 36 - 8 * (1 - kept) * (1 - decay[np.array(marks, dtype=int) - 1])
                weight = np.exp(-((place - middle) ** 2) / 8)
                fidelity.append({"scenario": label, "point": p, "month": marks, "bin": place,
                                 "services": np.rint(weight * runs).astype("i8")})  # fmt: skip
    found = {}
    for name, rows in (("tallies", tallies), ("survival_counts", survival), ("fidelity_counts", fidelity)):
        frame = pd.concat([pd.DataFrame(row) for row in rows], ignore_index=True)
        frame["scenario"] = frame["scenario"].astype(names)
        frame["group"], frame["unit"] = (pd.Categorical.from_codes(np.zeros(len(frame), "i1"), [one])
                                         for one in ("region", "all services"))  # fmt: skip
        if "measure" in frame:
            frame["measure"] = pd.Categorical(
                frame["measure"], categories=[*STATES, "operating", "silent", "given_up", "kept_going", "posts_full_use"]
            )
        found[name] = frame
    return found


def _failures(failed, names, design):
    rows = range(failed)
    return pd.DataFrame({
        "scenario": pd.Categorical.from_codes(np.zeros(failed, "i1"), dtype=names), "point": 0, "run": rows, "runs": 1,
        "stage": pd.Categorical(["job" if at % 4 else "worker" for at in rows]),
        "type": pd.Categorical(["ZeroDivisionError"] * failed), "message": pd.Categorical(["float division by zero"] * failed),
        "settings": pd.Categorical([json.dumps(design.settings(0))] * failed),
        "command": pd.Categorical([f"sustain rerun OUT 000-00000000-{at:08d}" for at in rows]),
    })  # fmt: skip
