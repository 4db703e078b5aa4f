"""Small studies and their banks, shared by the tests of trials."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from experiments.executors.pools import pool_of
from experiments.trials.bank import Bank, bank_of, worlds_of
from experiments.trials.drawing import Trials
from experiments.trials.reading import STUDIES, TEMPLATE, Study, read_study
from sim.ensembles import read_ensemble
from sim.world import World

SERVICES, WORLDS, TRIALS = 120, 8, 400

STUDY = """
schema_version = 1
name = "small"
title = "A small study"
question = "Does follow-up keep posts delivering?"
seed = {seed}
trials = 400

[estimand]
clusters = "services"
measure = "{measure}"
month = {month}
weighting = "{weighting}"
effect = "marginal"
service_gives_up = "{gives_up}"
closes_recruitment = "treatment_policy"
leader_leaves = "{leaves}"
{estimand}

[population]
kind = "{kind}"
services = 120
worlds = 8

[design]
{design}

[measurement]
months = {months}
instrument = "{instrument}"
{measurement}

[loss]
{loss}

[analysis]
primary = "{primary}"
{analysis}

[[arms]]
name = "usual"
title = "Usual"

{arms}
"""

ARM = """
[[arms]]
name = "follow-up"
title = "Follow-up"
[[arms.policies]]
lever = "follow_up"
dose = 1.0
start = 0
"""

MORE = ARM.replace("follow-up", "more").replace("Follow-up", "More").replace("1.0", "0.5")
CLARITY = ARM.replace("follow-up", "clarity").replace("Follow-up", "Clarity").replace("follow_up", "clarity")
"""Further arms: half the dose, and another lever."""

USUAL: dict[str, Any] = {
    "seed": 1, "measure": "posts_delivering", "month": 12, "weighting": "cluster", "gives_up": "treatment_policy",
    "leaves": "treatment_policy", "estimand": "", "kind": "wide",
    "design": 'kind = "parallel"\nservices = 24', "months": "[0, 6, 12]",
    "instrument": "truth", "measurement": "", "loss": "", "primary": "cluster_t", "analysis": "", "arms": ARM,
}  # fmt: skip

WEDGE: dict[str, Any] = {
    "design": 'kind = "stepped_wedge"\nservices = 12\nsequences = 3\nstep_months = 3', "months": "[3, 6, 9, 12]", "month": 6,
    "primary": "exposure_time", "analysis": 'also = ["immediate_effect"]',
}  # fmt: skip


def text_of(**changed: Any) -> str:
    """Text of a small study."""
    return STUDY.format(**(USUAL | changed))


def written(folder: Path, **changed: Any) -> Path:
    """File of a small study."""
    path = folder / "small.toml"
    path.write_text(text_of(**changed), encoding="utf-8")
    return path


def study_of(folder: Path, **changed: Any) -> Study:
    """A small study, read."""
    return read_study(written(folder, **changed))


@lru_cache(maxsize=24)
def _banked(text: str, folder: Path) -> tuple[Study, Bank, list[World]]:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    study, ensemble = read_study(path), read_ensemble()
    with pool_of("serial") as pool:
        return study, bank_of(study, ensemble, pool), worlds_of(study, ensemble)


def trials_of(folder: Path, *, count: int = TRIALS, most: int = 60, **changed: Any) -> Trials:
    """Trials of a small study; banks are made once a session and folder."""
    study, bank, _ = _banked(text_of(**changed), folder)
    return Trials(study, bank, count, most)


def worlds(folder: Path, **changed: Any) -> list[World]:
    """Its population under each condition."""
    return _banked(text_of(**changed), folder)[2]


def template() -> str:
    """Text of the template."""
    return (STUDIES / f"{TEMPLATE}.toml").read_text(encoding="utf-8")
