"""Keep small results of the shipped ensemble in the repository: ``results/reference``, from which the document is made.

``python -m experiments.calibration.reference recovery results/calibration`` takes the checks that ``sustain recover`` wrote into
the folder of the shipped calibration; ``python -m experiments.calibration.reference forms`` holds the ensemble against every
pattern once more, with each rival form. Both write ``docs/calibration.md`` anew. For maintainers, in a clone.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.calibration.adopting import about_of
from experiments.calibration.calibrating import ENSEMBLE
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import write_rows
from sim.ensembles import PLAUSIBLE_FILE
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem
from sim.store.folder import write_text_whole

RECOVERY: Final = ROOT / "results" / "reference" / "recovery"
FORMS: Final = ROOT / "results" / "reference" / "rival-forms"
IMAGES: Final = ROOT / "docs" / "images"

TABLES: Final = ("coverage.csv", "recovery.csv", "constrained.csv", "left_out.csv", "predictive.csv")
RECORD: Final = "checks.json"
FIGURES: Final = {"recovery.png": "recovery.png", "ranks.png": "recovery-ranks.png"}
"""Figures of the checks, and under which name the document shows them."""

FORMS_TABLE: Final = "rival-forms.csv"
FORMS_RECORD: Final = "rival-forms.json"
DEFAULT: Final = "default"


def study() -> str:
    """Name of the shipped ensemble."""
    found: str = json.loads(PLAUSIBLE_FILE.with_suffix(".json").read_text(encoding="utf-8"))["study"]
    return found


def keep_recovery(folder: Path, *, place: Path = RECOVERY, images: Path = IMAGES) -> None:
    """Keep the checks of the shipped ensemble.

    Parameters
    ----------
    folder : pathlib.Path
        Of the calibration that is shipped, after ``sustain recover``.
    place, images : pathlib.Path
        Where tables and figures go.

    Raises
    ------
    BadInput
        When the folder is that of another calibration, or has not been checked.
    """
    about_of(folder)
    problems = []
    if (folder / ENSEMBLE).read_bytes() != PLAUSIBLE_FILE.read_bytes():
        problems.append(Problem(str(folder), "is not the calibration that is shipped", f"that of {study()}"))
    checks = folder / "checks"
    wanted = (*TABLES, RECORD, *(f"figures/{name}" for name in FIGURES))
    lacking = [name for name in wanted if not (checks / name).is_file()]
    if lacking:
        hint = f"run `sustain recover {folder}`"
        problems.append(Problem(str(checks), f"lacks {', '.join(lacking)}", "the checks of a calibration", hint))
    if problems:
        raise BadInput(problems)
    place.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        write_text_whole(place / name, (checks / name).read_text(encoding="utf-8"))
    record = {"study": study(), **json.loads((checks / RECORD).read_text(encoding="utf-8"))}
    write_text_whole(place / RECORD, json.dumps(record, indent=1) + "\n")
    for name, shown in FIGURES.items():
        (images / shown).write_bytes((checks / "figures" / name).read_bytes())


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
    from experiments.patterns.prior import structure_of

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


def keep_forms(rows: Sequence[dict[str, Any]], *, replicates: int, place: Path = FORMS) -> None:
    """Keep what rival forms give.

    Parameters
    ----------
    rows : sequence of dict
        As :func:`measured_forms` gives them.
    replicates : int
        Of every member.
    place : pathlib.Path
    """
    from sim.store.manifest import commit

    place.mkdir(parents=True, exist_ok=True)
    write_rows(place / FORMS_TABLE, list(rows[0]), rows)
    record = {"study": study(), "replicates": replicates, "seed": 1, "commit": commit()}
    write_text_whole(place / FORMS_RECORD, json.dumps(record, indent=1) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Keep what is asked for, and write the document anew."""
    from experiments.calibration import documents
    from experiments.keeping.blocks import main as write
    from experiments.patterns.predictive import REPLICATES
    from sim.ensembles import read_ensemble

    if arguments[:1] == ["recovery"] and len(arguments) == 2:
        keep_recovery(Path(arguments[1]))
    elif arguments == ["forms"]:
        rows = measured_forms(read_ensemble(None), rival_forms(), stages=(1, 2, 3), replicates=REPLICATES)
        keep_forms(rows, replicates=REPLICATES)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return write([], path=ROOT / documents.DOCUMENT, blocks=documents.BLOCKS, module="experiments.calibration.documents")


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except BadInput as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
