"""Small results of a full policy search that are kept with the source: made from a finished folder, compared with what is now."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from experiments.keeping.kept import (
    Reference,
    files_of,
    finished,
    keep_picture,
    origin,
    read_rows,
    refuse,
    replacing,
    shipped_ensemble,
    write_record,
    write_rows,
)
from experiments.policies import ROOM
from experiments.policies.aims import KEPT_GOING as AIM
from experiments.policies.asked import BASE, Asked
from experiments.policies.evaluating import MONTHS
from experiments.policies.exporting import SCENARIOS
from experiments.policies.running import KIND, SEARCH
from experiments.policies.schedules import from_key
from experiments.policies.settings import settings_of
from experiments.policies.tables import beside_column
from sim.remake import FIGURES
from sim.rulebook import mechanisms_of, same_rules, same_settings
from sim.store.manifest import MANIFEST

REFERENCE: Final = "results/reference/search"
"""The full run that the document tells of, within the repository."""
PICTURE: Final = "docs/images/search-frontier.png"
COMMAND: Final = "search"
ANSWER: Final = "answer.toml"

_SHARES: Final = tuple(f"{AIM.column}_{month}{end}" for month in MONTHS for end in ("", "_error"))
_FRONTIER: Final = (
    "frontier", "answer", "source", "words", "schedule", "support", "support_error", *_SHARES, AIM.months_column,
    "worlds_above", "worlds_above_error", "worlds_above_beta", "regret", "regret_p90", f"searched_{MONTHS[-1]}",
    *(f"{beside_column(name)}{end}" for name in AIM.beside for end in ("", "_error")),
)  # fmt: skip
_TIMING: Final = (
    "length", "start", "support", *(f"effect_{month}{end}" for month in MONTHS for end in ("", "_error")),
)  # fmt: skip
_HANGS_ON: Final = {
    "the base scenario": ("base_hash",),
    "what counts as kept": ("outcome",),
    "the ingredients or their times": ("ingredients", "starts", "lengths"),
}


def changed_since(one: Reference) -> list[str]:
    """What the run hangs on and is otherwise now, in words."""
    form = one.record["settings"]
    if form["ensemble_hash"] != shipped_ensemble():
        return ["the ensemble"]
    settings = settings_of(Asked(base=form["base"]))
    now, on = settings.machine_form(), mechanisms_of([settings.base])
    found = [what for what, keys in _HANGS_ON.items() if any(not same_settings(form.get(key, ""), now[key]) for key in keys)]
    return found + (["the rules"] if not same_rules(one.record["rules"], on=on) else [])


def keep(folder: Path, root: Path, *, former_code: bool = False) -> list[Path]:
    """Keep the small results of a finished folder; see :class:`experiments.documents.Chapter`."""
    manifest = finished(folder, MANIFEST, COMMAND, kind=KIND)
    found = finished(folder, SEARCH, COMMAND)
    form = found["settings"]
    other_code = form["code"] != ROOM.identity()
    outcome = form.get("outcome", "share_sustained")  # it was the only one before it could be told
    question = tuple(form[name] for name in ("share", "worlds_share"))
    usual = (Asked.usual()["share"], Asked.usual()["worlds_share"])
    reasons = {
        f"is about {form['base']}, not {BASE}": form["base"] != BASE,
        f"asks for other shares ({question[0]:g} in {question[1]:g} of worlds) than {usual[0]:g} in {usual[1]:g}": question
        != usual,
        f"counts {outcome}, not {AIM.outcome}": outcome != AIM.outcome,
        f"is of another ensemble ({form['ensemble']}) than the shipped one": form["ensemble_hash"] != shipped_ensemble(),
    }
    refuse(folder, reasons, command=COMMAND, other_code=other_code and not former_code)
    now = settings_of(Asked()).machine_form()
    others = {
        f"has not the present state of {what}": any(now[key] != form.get(key) for key in keys) for what, keys in _HANGS_ON.items()
    }
    refuse(folder, others, command=COMMAND, other_code=False)
    rows = list(_rows(read_rows(folder / "tables" / "schedules.csv")))
    timing = read_rows(folder / "tables" / "timing.csv")
    record = {name: value for name, value in found.items() if name != "frontier"} | origin(manifest)
    with replacing(root / REFERENCE) as place:
        write_rows(place / "frontier.csv", _FRONTIER, rows)
        write_rows(place / "timing.csv", _TIMING, timing)
        shutil.copyfile(folder / SCENARIOS / ANSWER, place / ANSWER)
        write_record(place / SEARCH, record | {"code": form["code"], "former_code": other_code})
    return files_of(root / REFERENCE) + keep_picture(folder / FIGURES / "frontier.png", root / PICTURE)


def _rows(schedules: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """Nothing added, the single ingredients, the frontier and the answer, by price."""
    for row in schedules:
        if row["frontier"] != "0" or row["answer"] == "yes" or row["source"] in ("nothing", "single"):
            yield row | {"words": from_key(row["schedule"]).words()}
