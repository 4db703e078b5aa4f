"""Small results of a full discovery that are kept with the source: made from a finished folder, compared with what is now."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.discovery import ROOM
from experiments.discovery.analysing import FAILURES, Finding
from experiments.discovery.asked import BASE, POLICY, Asked
from experiments.discovery.finding import Worlds
from experiments.discovery.noise import ROUNDS
from experiments.discovery.running import DISCOVERY
from experiments.discovery.settings import Settings, settings_of
from experiments.discovery.trees import grown
from experiments.discovery.words import leaf_words, meaning
from experiments.keeping.kept import (
    Reference,
    files_of,
    finished,
    keep_picture,
    read_rows,
    refuse,
    replacing,
    shipped_ensemble,
    write_record,
    write_rows,
)
from experiments.worlds.luck import share_between
from sim.problems import BadInput, Problem
from sim.remake import FIGURES
from sim.rulebook import mechanisms_of, rules_hash, same_rules, same_settings
from sim.store.manifest import commit

REFERENCE: Final = "results/reference/discovery"
"""The full run that the document tells of, within the repository."""
PICTURE: Final = "docs/images/discovery-worlds.png"
COMMAND: Final = "discover"

_SUMMARY: Final = (
    "failure", "worlds", "failures", "misclassified", "replicates", "found", "half", "half_worlds", "half_failures", "inside",
    "failures_inside", "coverage", "coverage_low", "coverage_high", "density", "density_low", "density_high", "elsewhere",
    "elsewhere_low", "elsewhere_high", "p", "shuffles", "shuffles_held",
)  # fmt: skip
_LIMITS: Final = ("failure", "input", "what", "kind", "side", "value", "limit", "drawn_between", "quasi_p", "holds")
_TREE: Final = ("failure", "where", "training_worlds", "training_failures", "test_worlds", "test_failures")
_CLOSE: Final = 2e-5
"""Relative difference that six significant digits leave."""


def changed_since(one: Reference) -> list[str]:
    """What the run hangs on and is otherwise now, in words."""
    record = one.record
    if record["settings"]["ensemble_hash"] != shipped_ensemble():
        return ["the ensemble"]
    settings = settings_of(_asked(record["settings"]))
    now = settings.machine_form()
    found = {
        "the outcome by which a world fails": record["settings"].get("outcome") != now["outcome"],
        "the scenarios": not same_settings(record["settings"]["scenarios_hash"], now["scenarios_hash"]),
        "the conditions": now["conditions"] != record["settings"]["conditions"],
        "the rules": not same_rules(record["rules"], on=mechanisms_of(settings.scenarios)),
    }
    return [what for what, changed in found.items() if changed]


def keep(folder: Path, root: Path, *, former_code: bool = False) -> list[Path]:
    """Keep the small results of a finished folder; see :class:`experiments.documents.Chapter`."""
    found = finished(folder, DISCOVERY, COMMAND)
    form = found["settings"]
    pair, other_code = (form["policy"], form["base"]), form["code"] != ROOM.identity()
    reasons = {
        f"is about {pair[0]} against {pair[1]}, not {POLICY} against {BASE}": pair != (POLICY, BASE),
        f"is of another ensemble ({form['ensemble']}) than the shipped one": form["ensemble_hash"] != shipped_ensemble(),
    }
    refuse(folder, reasons, command=COMMAND, other_code=other_code and not former_code)
    settings = settings_of(_asked(form))
    others = {
        "is of other scenarios or values than the shipped ones": settings.machine_form()["scenarios_hash"]
        != form["scenarios_hash"]
    }
    refuse(folder, others, command=COMMAND, other_code=False)
    rows = read_rows(folder / "worlds.csv")
    values = _values(folder, settings, rows)
    tree = list(_tree(found, settings, rows, values))
    name = next((name for name in _shown(found) if (folder / FIGURES / f"{name}-worlds.png").exists()), "")
    code = commit() if not other_code else {"commit": None, "dirty": None}
    record = found | {
        "ended": found["made"],
        "seed": form["seed"],
        "code": form["code"],
        "former_code": other_code,
        "commit": code["commit"] or "",
        "dirty": bool(code["dirty"]),
        "rules": rules_hash(),
        "members": len({row["member"] for row in rows}),
        "meanings": {one.failure.name: meaning(one, settings) for one in _findings(rows)},
        "picture": name,
    }
    with replacing(root / REFERENCE) as place:
        write_rows(place / "summary.csv", _SUMMARY, _summary(found))
        write_rows(place / "limits.csv", _LIMITS, _limits(found, settings))
        write_rows(place / "tree.csv", _TREE, tree)
        shutil.copyfile(folder / "boxes.csv", place / "boxes.csv")
        write_record(place / DISCOVERY, record)
    return files_of(root / REFERENCE) + keep_picture(folder / FIGURES / f"{name}-worlds.png" if name else None, root / PICTURE)


def _asked(form: Mapping[str, Any]) -> Asked:
    """What was asked of a discovery with settings, but for its ensemble, which is the shipped one."""
    rounds = tuple(form["rounds"])
    return Asked(
        policy=form["policy"], base=form["base"], worlds=form["worlds"], replicates=None if rounds == ROUNDS else rounds[-1],
        shuffles=form["shuffles"], parameters=form["parameters_at_most"], months=form["months"], seed=form["seed"],
    )  # fmt: skip


def _shown(found: Mapping[str, Any]) -> list[str]:
    """Kinds of failure, those with a region that holds first."""
    return sorted(found["failures"], key=lambda name: not (found["failures"][name]["region"] or {}).get("found"))


def _values(folder: Path, settings: Settings, rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    """Inputs of the worlds, drawn anew with all digits; refused where they are not those of the folder."""
    values = settings.values()
    there = {name: np.array([float(row[name]) for row in rows]) for name in values if rows and name in rows[0]}
    same = [int(row["member"]) for row in rows] == settings.members.tolist() and len(there) == len(values)
    if not same or not all(np.allclose(there[name], values[name], rtol=_CLOSE, atol=1e-9) for name in values):
        raise BadInput([
            Problem(str(folder / "worlds.csv"), "has other worlds than its settings draw now", "the same", "run it again")
        ])  # fmt: skip
    return values


def _findings(rows: list[dict[str, str]]) -> Iterator[Finding]:
    """Which worlds fail, of every kind of failure."""
    policy, base = (np.array([float(row[name]) for row in rows]) for name in ("policy", "base"))
    for failure in FAILURES:
        fails = np.array([row[f"fails_{failure.name}"] == "1" for row in rows])
        yield Finding(failure, policy - base if failure.paired else policy, fails, 0.0, 0, None, None, None)


def _tree(
    found: Mapping[str, Any], settings: Settings, rows: list[dict[str, str]], values: Mapping[str, np.ndarray]
) -> Iterator[dict[str, Any]]:
    """Leaves of the trees, grown again from the folder's worlds: the same worlds, halves and failures give the same tree."""
    import pandas as pd

    training = np.array([row["half"] == "training" for row in rows])
    worlds = Worlds(pd.DataFrame(dict(values)), settings.known(), training, settings.offered)
    for one in _findings(rows):
        region = found["failures"][one.failure.name]["region"]
        if region is None:
            continue
        names = [*worlds.conditions, *(screened["parameter"] for screened in region["screened"])]
        root = grown(worlds.inputs[names], one.fails, training, worlds.known)
        for path, leaf in root.leaves():
            yield {
                "failure": one.failure.name,
                "where": leaf_words(path, worlds.known),
                "training_worlds": leaf.train[0],
                "training_failures": leaf.train[1],
                "test_worlds": leaf.test[0],
                "test_failures": leaf.test[1],
            }


def _summary(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row a kind of failure and half, with 95 % intervals; one row where no region was looked for."""
    for name, one in found["failures"].items():
        region, control = one["region"], one["control"] or {}
        about = {
            "failure": name, "worlds": one["worlds"], "failures": one["failures"], "misclassified": one["misclassified"],
            "replicates": found["replicates"], "shuffles": control.get("shuffles", ""), "shuffles_held": control.get("held", ""),
        }  # fmt: skip
        if region is None:
            yield about
            continue
        for half in ("training", "test"):
            yield about | {"found": int(region["found"]), "half": half, "p": region[half].get("p", "")} | _half(region[half])


def _half(score: Mapping[str, Any]) -> dict[str, Any]:
    failures, inside, both = score["failures"], score["inside"], score["failures_inside"]
    parts = {
        "coverage": (both, failures),
        "density": (both, inside),
        "elsewhere": (failures - both, score["worlds"] - inside),
    }
    told: dict[str, Any] = {
        "half_worlds": score["worlds"], "half_failures": failures, "inside": inside, "failures_inside": both,
    }  # fmt: skip
    for name, (part, whole) in parts.items():
        if whole:
            low, high = share_between(part, whole)
            told |= {name: f"{part / whole:.4f}", f"{name}_low": f"{low:.4f}", f"{name}_high": f"{high:.4f}"}
    return told


def _limits(found: Mapping[str, Any], settings: Settings) -> Iterator[dict[str, Any]]:
    """Limits of the chosen boxes, with their words."""
    known = settings.known()
    for name, one in found["failures"].items():
        for limit in (one["region"] or {"limits": ()})["limits"]:
            what = known[limit["input"]]
            yield {
                "failure": name,
                "input": limit["input"],
                "what": what.noun,
                "kind": "condition" if what.condition else "parameter",
                "side": limit["side"],
                "value": limit["value"],
                "limit": what.text(limit["value"]),
                "drawn_between": what.between(what.low, what.high),
                "quasi_p": f"{limit['quasi_p']:.2g}",
                "holds": int(one["region"]["found"]),
            }
