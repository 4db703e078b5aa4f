"""Small results of a full run that are kept with the source: made from a finished folder, read again, compared with the model."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.keeping import kept
from experiments.keeping.blocks import PICTURE_BYTES, small_picture
from experiments.kit.files import stored_summary
from experiments.kit.words import minus
from experiments.sensitivity import ROOM
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.figures import scale_of, unit_of
from experiments.sensitivity.quantities import headline
from experiments.sensitivity.running import KIND, SUMMARY
from experiments.sensitivity.settings import PAIR, Settings, settings_of
from experiments.sensitivity.space import DUMMY
from sim.ensembles import PLAUSIBLE_FILE
from sim.parameters import parameter_hash
from sim.problems import BadInput, Problem
from sim.rulebook import rules_hash, same_rules
from sim.store.manifest import MANIFEST

RECORD: Final = "sensitivity.json"
WHOLE: Final = ("sobol", "noise", "alone", "survivors")
"""Tables that are kept as they are; of the screening only the largest effects are."""

MOST_SCREENED: Final = 20
"""Parameters of an outcome that are kept of the screening, the largest first, beside the dummy."""

PICTURES: Final = {"tornado": "docs/images/sensitivity-tornado.png", "heat": "docs/images/sensitivity-heat.png"}
"""Figures that the document shows, and where they lie."""

_DRAWN: Final = {"tornado": "tornado-share-sustained", "heat": "heat"}


class Reference(kept.Reference):
    """A run whose small results are kept."""

    def rows(self, name: str) -> list[dict[str, str]]:
        """Rows of a table, the dummy left out; none where there is no such table."""
        return [row for row in super().rows(name) if row.get("parameter") != DUMMY]

    def noise(self, stage: str) -> list[dict[str, str]]:
        """What chance does to each outcome at a stage."""
        return [row for row in self.rows("noise") if row["stage"] == stage]

    def title(self, row: Mapping[str, str]) -> str:
        """Words for the outcome of a row."""
        return str(self.record["outcomes"][key_of(row)]["title"])

    def told(self, name: str, value: str, form: str) -> str:
        """A change of an outcome as it is shown: shares in percentage points."""
        return minus(f"{self.record['outcomes'][name]['scale'] * float(value):{form}}")

    def unit(self, name: str) -> str:
        """Unit in which changes of an outcome are told."""
        return str(self.record["outcomes"][name]["unit"])


def key_of(row: Mapping[str, str]) -> str:
    """Name of the outcome of a row."""
    return f"{row['scenario']}: {row['outcome']}"


def read_reference(folder: Path) -> Reference | None:
    """Reference in a folder; None without one."""
    path = folder / RECORD
    return Reference(folder, json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def changed_since(one: Reference) -> list[str]:
    """What the run hangs on and is otherwise now, in words.

    Default values, scenarios, bounds, and the code of rules and month functions; nothing is said of the rest of the program.
    """
    record, settings = one.record, settings_of(Asked(months=one.record["settings"]["months"]))
    now = settings.machine_form()
    values = _values(settings) != record["parameter_hash"]
    found = {
        "the default values": values,
        "the scenarios": not values and now["scenarios_hash"] != record["settings"]["scenarios_hash"],
        "the bounds": now["bounds_hash"] != record["settings"]["bounds_hash"],
        "the rules": not same_rules(record["rules"]),
    }
    return [what for what, changed in found.items() if changed]


def _values(settings: Settings) -> str:
    import numpy as np

    return parameter_hash(np.concatenate([scenario.record() for scenario in settings.scenarios]))


def write_reference(folder: Path, target: Path, root: Path) -> list[Path]:
    """Keep the small results of a finished folder.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder of ``sustain sensitivity``.
    target : pathlib.Path
        Where tables and record go; what an earlier reference left there is removed.
    root : pathlib.Path
        Folder of the repository, for the pictures.

    Returns
    -------
    list of pathlib.Path
        What was written.

    Raises
    ------
    BadInput
        With every reason why the folder cannot be the reference.
    ValueError
        When a picture is too large for the repository.
    """
    manifest = _manifest(folder)
    settings = manifest["settings"]
    problems = _unfit(folder, settings)
    if problems:
        raise BadInput(problems)
    found, asked = stored_summary(folder, SUMMARY), settings_of(Asked(months=settings["months"]))
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    there = [name for name in WHOLE if (folder / "tables" / f"{name}.csv").exists()]
    written = [Path(shutil.copyfile(folder / "tables" / f"{name}.csv", target / f"{name}.csv")) for name in there]
    screened = kept.read_rows(folder / "tables" / "morris.csv")
    written.append(kept.write_rows(target / "morris.csv", list(screened[0]), _largest(screened)))
    record = {
        "settings": settings,
        "seed": manifest["seed"],
        "commit": manifest["code"].get("commit") or "",
        "dirty": bool(manifest["code"].get("dirty")),
        "rules": rules_hash(),
        "parameter_hash": manifest["parameter_hash"],
        "calibration": json.loads(PLAUSIBLE_FILE.with_suffix(".json").read_text(encoding="utf-8"))["study"],
        "ensemble_hash": hashlib.sha256(PLAUSIBLE_FILE.read_bytes()).hexdigest(),
        "versions": manifest["versions"] | manifest["analysis"],
        "ended": manifest["ended"],
        "runs": manifest["runs"],
        "failed": manifest["failed"],
        "passed": found["passed"],
        "survivors": found["survivors"],
        "above": {name: sum(row["above"] == "yes" and key_of(row) == name for row in screened) for name in found["outcomes"]},
        "outcomes": {one.name: {"title": one.title, "scale": scale_of(one), "unit": unit_of(one)} for one in asked.quantities},
        "headline": headline(asked.quantities).name,
    }
    path = target / RECORD
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return [*written, path, *_pictures(folder, root)]


def _manifest(folder: Path) -> dict[str, Any]:
    """Manifest of a finished analysis."""
    allowed = "a finished folder of `sustain sensitivity`"
    try:
        found = dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadInput([Problem(str(folder), f"has no manifest that can be read: {error}", allowed)]) from None
    if found.get("kind") != KIND:
        raise BadInput([Problem(str(folder), f"is of kind {found.get('kind')}", allowed)])
    return found


def _unfit(folder: Path, settings: dict[str, Any]) -> list[Problem]:
    """Why a finished folder cannot be the reference."""
    allowed, hint = "`sustain sensitivity` with the shipped values, bounds and code", "run it again"
    now = settings_of(Asked(months=settings["months"])).machine_form()
    reasons = {
        f"has the scenarios {', '.join(settings['scenarios'])}": settings["scenarios"] != list(PAIR),
        f"has the bounds of {settings['bounds']}": bool(settings["bounds"]),
        f"has base values of the ensemble {settings['ensemble']}": bool(settings["ensemble"]),
        "varies the definitions of outcomes": settings["definitions"],
        "is of another version of the software": settings["code"] != ROOM.identity(),
    }
    found = [what for what, is_so in reasons.items() if is_so]
    if not found and any(settings[name] != now[name] for name in ("scenarios_hash", "bounds_hash")):
        found = ["is of other values, scenarios or bounds than the shipped ones"]
    return [Problem(str(folder), what, allowed, hint) for what in found]


def _largest(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Largest effects of every outcome, and the dummy's."""
    kept = []
    for key in dict.fromkeys(key_of(row) for row in rows):
        own = [row for row in rows if key_of(row) == key]
        own.sort(key=lambda row: (row["parameter"] == DUMMY, -float(row["mu_star"])))
        kept += [*own[:-1][:MOST_SCREENED], own[-1]]
    return kept


def _pictures(folder: Path, root: Path) -> list[Path]:
    """Copy the figures that were drawn, with few colours; one that was not drawn is removed."""
    written = []
    for name, place in PICTURES.items():
        drawn, target = folder / "figures" / f"{_DRAWN[name]}.png", root / place
        target.unlink(missing_ok=True)
        if not drawn.exists():
            continue
        picture = small_picture(drawn)
        if len(picture) > PICTURE_BYTES:
            raise ValueError(f"{place} would take {len(picture):,} bytes; {PICTURE_BYTES:,} are allowed")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture)
        written.append(target)
    return written
