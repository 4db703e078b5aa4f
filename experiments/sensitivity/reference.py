"""Small results of a full run that are kept with the source: made from a finished folder, read again, compared with the model."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.keeping import kept
from experiments.kit.words import minus
from experiments.sensitivity import ROOM
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.figures import drawn_as, scale_of, unit_of
from experiments.sensitivity.quantities import MAIN, headline
from experiments.sensitivity.running import KIND, SUMMARY
from experiments.sensitivity.settings import PAIR, Settings, settings_of
from experiments.sensitivity.space import DUMMY
from sim.ensembles import PLAUSIBLE_FILE, about
from sim.parameters import parameter_hash
from sim.remake import FIGURES
from sim.rulebook import mechanisms_of, same_rules, same_settings
from sim.store.manifest import MANIFEST

REFERENCE: Final = "results/reference/sensitivity"
"""The full run that the document tells of, within the repository."""
COMMAND: Final = "sensitivity"
RECORD: Final = "sensitivity.json"
WHOLE: Final = ("sobol", "noise", "alone", "survivors")
"""Tables that are kept as they are; of the screening only the largest effects are."""

MOST_SCREENED: Final = 20
"""Parameters of an outcome that are kept of the screening, the largest first, beside the dummy."""

PICTURES: Final = {"tornado": "docs/images/sensitivity-tornado.png", "heat": "docs/images/sensitivity-heat.png"}
"""Figures that the document shows, and where they lie."""

_DRAWN: Final = {"tornado": drawn_as(MAIN), "heat": "heat"}


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

    def shown(self, name: str, value: str, form: str) -> str:
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
    values = not same_settings(record["parameter_hash"], _values(settings))
    found = {
        "the outcomes": record["settings"].get("outcomes") != now["outcomes"],
        "the default values": values,
        "the scenarios": not values and not same_settings(record["settings"]["scenarios_hash"], now["scenarios_hash"]),
        "the bounds": now["bounds_hash"] != record["settings"]["bounds_hash"],
        "the rules": not same_rules(record["rules"], on=mechanisms_of(settings.scenarios)),
    }
    return [what for what, changed in found.items() if changed]


def _values(settings: Settings) -> str:
    import numpy as np

    return parameter_hash(np.concatenate([scenario.record() for scenario in settings.scenarios]))


def keep(folder: Path, root: Path, *, former_code: bool = False) -> list[Path]:
    """Keep the small results of a finished folder; see :class:`experiments.documents.Chapter`."""
    manifest = kept.finished(folder, MANIFEST, COMMAND, kind=KIND)
    settings = manifest["settings"]
    other_code = settings["code"] != ROOM.identity()
    _refuse(folder, settings, other_code=other_code and not former_code)
    found, asked = kept.finished(folder, SUMMARY, COMMAND), settings_of(Asked(months=settings["months"]))
    screened = kept.read_rows(folder / "tables" / "morris.csv")
    record = kept.origin(manifest) | {
        "settings": settings,
        "code": settings["code"],
        "former_code": other_code,
        "calibration": about()["study"],
        "ensemble_hash": hashlib.sha256(PLAUSIBLE_FILE.read_bytes()).hexdigest(),
        "versions": manifest["versions"] | manifest["analysis"],
        "runs": manifest["runs"],
        "failed": manifest["failed"],
        "passed": found["passed"],
        "survivors": found["survivors"],
        "above": {name: sum(row["above"] == "yes" and key_of(row) == name for row in screened) for name in found["outcomes"]},
        "outcomes": {
            outcome.name: {"title": outcome.title, "scale": scale_of(outcome), "unit": unit_of(outcome)}
            for outcome in asked.quantities
        },
        "headline": headline(asked.quantities).name,
    }
    with kept.replacing(root / REFERENCE) as place:
        for name in WHOLE:
            if (folder / "tables" / f"{name}.csv").exists():
                shutil.copyfile(folder / "tables" / f"{name}.csv", place / f"{name}.csv")
        kept.write_rows(place / "morris.csv", list(screened[0]), _largest(screened))
        kept.write_record(place / RECORD, record)
    written = kept.files_of(root / REFERENCE)
    for name, shown in PICTURES.items():
        written += kept.keep_picture(folder / FIGURES / f"{_DRAWN[name]}.png", root / shown, colours=kept.FEW_COLOURS)
    return written


def _refuse(folder: Path, settings: dict[str, Any], *, other_code: bool) -> None:
    """Refuse a finished folder that cannot be the reference."""
    reasons = {
        f"has the scenarios {', '.join(settings['scenarios'])}": settings["scenarios"] != list(PAIR),
        f"has the bounds of {settings['bounds']}": bool(settings["bounds"]),
        f"has base values of the ensemble {settings['ensemble']}": bool(settings["ensemble"]),
        "varies the definitions of outcomes": settings["definitions"],
    }
    kept.refuse(folder, reasons, command=COMMAND, other_code=other_code)
    now = settings_of(Asked(months=settings["months"])).machine_form()
    other = any(settings[name] != now[name] for name in ("scenarios_hash", "bounds_hash"))
    kept.refuse(
        folder, {"is of other values, scenarios or bounds than the shipped ones": other}, command=COMMAND, other_code=False
    )


def _largest(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Largest effects of every outcome, and the dummy's."""
    largest = []
    for key in dict.fromkeys(key_of(row) for row in rows):
        own = [row for row in rows if key_of(row) == key]
        own.sort(key=lambda row: (row["parameter"] == DUMMY, -float(row["mu_star"])))
        largest += [*own[:-1][:MOST_SCREENED], own[-1]]
    return largest
