"""Small results of the shipped ensemble that are kept with the source: its recovery, and its patterns with each rival form."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.calibration.adopting import about_of
from experiments.calibration.calibrating import ENSEMBLE
from experiments.keeping.kept import files_of, replacing, write_record, write_rows
from experiments.patterns.asked import REPLICATES_OF_A_MEMBER
from experiments.patterns.reading import STAGES
from sim.ensembles import PLAUSIBLE_FILE, about, read_ensemble
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem

RECOVERY: Final = "results/reference/recovery"
FORMS: Final = "results/reference/rival-forms"

TABLES: Final = ("coverage.csv", "recovery.csv", "constrained.csv", "left_out.csv", "predictive.csv")
RECORD: Final = "checks.json"
PICTURES: Final = {"recovery.png": "docs/images/recovery.png", "ranks.png": "docs/images/recovery-ranks.png"}
"""Figures of the checks that the document shows, and where they lie."""

FORMS_TABLE: Final = "rival-forms"
FORMS_RECORD: Final = "rival-forms.json"
DEFAULT: Final = "default"


def study() -> str:
    """Name of the shipped ensemble."""
    return str(about()["study"])


def keep(folder: Path, root: Path) -> list[Path]:
    """Keep the checks of the shipped ensemble; see :class:`experiments.documents.Chapter`."""
    about_of(folder)
    problems = []
    if (folder / ENSEMBLE).read_bytes() != PLAUSIBLE_FILE.read_bytes():
        problems.append(Problem(str(folder), "is not the calibration that is shipped", f"that of {study()}"))
    checks = folder / "checks"
    wanted = (*TABLES, RECORD, *(f"figures/{name}" for name in PICTURES))
    lacking = [name for name in wanted if not (checks / name).is_file()]
    if lacking:
        hint = f"run `sustain recover {folder}`"
        problems.append(Problem(str(checks), f"lacks {', '.join(lacking)}", "the checks of a calibration", hint))
    if problems:
        raise BadInput(problems)
    with replacing(root / RECOVERY) as place:
        for name in TABLES:
            shutil.copyfile(checks / name, place / name)
        write_record(place / RECORD, {"study": study(), **json.loads((checks / RECORD).read_text(encoding="utf-8"))})
    written = files_of(root / RECOVERY)
    for name, shown in PICTURES.items():
        target = root / shown
        target.parent.mkdir(parents=True, exist_ok=True)
        written.append(Path(shutil.copyfile(checks / "figures" / name, target)))
    return written


def rival_forms() -> tuple[str, ...]:
    """Every form that is not the default, as ``NAME=WORD``."""
    forms = read_table().forms
    return tuple(f"{name}={word}" for name, one in forms.items() for word in one.words if word != one.default)


def measured_forms(members: Ensemble, forms: Iterable[str], *, stages: Sequence[int], replicates: int) -> list[dict[str, Any]]:
    """Every pattern over an ensemble, with the default forms and with each rival.

    Parameters
    ----------
    members : Ensemble
    forms : iterable of str
    stages : sequence of int
    replicates : int
        Of every member.

    Returns
    -------
    list of dict of str to object
        A row a form and pattern.
    """
    from experiments.executors.pools import pool_of
    from experiments.kit import terminal
    from experiments.patterns import checking, predictive
    from experiments.worlds.prior import structure_of

    rows: list[dict[str, Any]] = []
    for form in (DEFAULT, *forms):
        structure, wrong = structure_of({} if form == DEFAULT else {f"forms.{form.split('=')[0]}": form.split("=")[1]})
        if wrong:
            raise BadInput(wrong)
        total = checking.runs_of(stages, replicates, members=members.members)
        with pool_of("threads") as pool, terminal.ProgressShown(total, form, unit="runs") as progress:
            found, _ = predictive.predict(
                members, pool, stages=tuple(stages), replicates=replicates, seed=1, structure=structure, progress=progress
            )
        for one in found:
            result = one.result
            if result.measured and result.fitted:
                mean = np.nan if result.value is None else result.value
                rows.append({
                    "form": form, "pattern": result.id, "low": f"{result.low:g}", "high": f"{result.high:g}",
                    "mean": f"{mean:.5g}", "inside": int(result.inside), "members_inside": f"{one.members_inside:.4f}",
                })  # fmt: skip
    return rows


def keep_forms(
    root: Path, rows: Sequence[dict[str, Any]] | None = None, *, replicates: int = REPLICATES_OF_A_MEMBER
) -> list[Path]:
    """Keep what rival forms give.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the repository.
    rows : sequence of dict, optional
        As :func:`measured_forms` gives them; measured on the shipped ensemble unless given, which takes minutes.
    replicates : int
        Of every member.

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    from sim.store.manifest import commit

    if rows is None:
        rows = measured_forms(read_ensemble(None), rival_forms(), stages=STAGES, replicates=replicates)
    with replacing(root / FORMS) as place:
        write_rows(place / f"{FORMS_TABLE}.csv", list(rows[0]), rows)
        write_record(place / FORMS_RECORD, {"study": study(), "replicates": replicates, "seed": 1, "commit": commit()})
    return files_of(root / FORMS)
