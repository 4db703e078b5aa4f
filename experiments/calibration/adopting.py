"""Make a finished calibration the shipped one: ``python -m experiments.calibration.adopting results/calibration plausible-2``.

A second folder, of the same calibration with another seed, is kept as tables beside it: whether the two agree stands in the
document.

Who adopts a calibration with every mechanism on turns on in the table what was off (``on = false`` and ``switch`` go), in that
change: its values and vectors are of a model in which all of them act. This is not done here.

Copies the ensemble with its tables, and writes its medoid into the parameter table: the default vector is a vector that was run
and met every required pattern, not a mean of such. For maintainers, in a clone.
"""

import json
import re
import sys
from collections.abc import Mapping
from csv import DictReader
from pathlib import Path
from typing import Any, Final

import sim
from experiments.calibration import ROOM
from experiments.calibration.calibrating import ENSEMBLE, patterns_hash, short_of
from experiments.patterns.reading import read_patterns
from sim.ensembles import PLAUSIBLE_FILE
from sim.problems import BadInput, Problem

CONSTRAINED: Final = 0.8
"""A parameter counts as calibrated when the ensemble's 90 % range is at most this share of the prior's."""

RIVAL: Final = ("months_tipping", "rate_smoothing")
"""Parameters that act in rival forms alone: a calibration of the default forms says nothing of them, and does not move them."""

TABLES: Final = ("patterns.csv", "widths.csv", "waves.csv")

TOLD: Final = (
    "command", "seconds", "members", "effective_sample_size", "effective_sample_size_uncapped", "capped", "distinct_starts",
    "set_aside",
)  # fmt: skip
"""What is told of the calibration with another seed."""

WHOLE: Final = "a whole calibration by `sustain calibrate`, of this code"

_ROW: Final = re.compile(r"^(?P<name>\w+) = \{ (?P<first>(?:\w+ = \"[^\"]*\", )*)value = (?P<value>[^,]+), (?P<rest>.*) \}$")
"""A parameter's line: texts may stand before its value."""


SECOND: Final[Mapping[str, str]] = {
    "patterns.csv": "second-patterns.csv",
    "widths.csv": "second-widths.csv",
    ENSEMBLE: "second.csv",
}
"""What is kept of a calibration with another seed, its vectors too, and under which name."""


def adopt(
    folder: Path, study: str, second: Path | None = None, *, parameters: Path | None = None, place: Path | None = None
) -> dict[str, int]:
    """Adopt a calibration.

    Parameters
    ----------
    folder : pathlib.Path
        Of a finished calibration.
    study : str
        Name under which it is known from now on.
    second : pathlib.Path, optional
        Of the same calibration with another seed.
    parameters : pathlib.Path, optional
        The parameter table; the clone's unless given.
    place : pathlib.Path, optional
        Where the ensemble goes; the shipped one unless given.

    Returns
    -------
    dict of str to int
        Parameters ``set`` and ``calibrated``.

    Raises
    ------
    BadInput
        When the folder is no finished calibration, or not one that can be relied on.
    """
    parameters = parameters or Path(sim.__file__).with_name("parameters.toml")
    place = place or PLAUSIBLE_FILE
    about = about_of(folder)
    other = about_of(second) if second else None
    with (folder / "widths.csv").open(encoding="utf-8") as stream:
        left = {row["parameter"]: float(row["width_left"]) for row in DictReader(stream)}
    problems = [Problem(str(folder), what, WHOLE) for what in unfit(about)]
    if other is not None:
        problems += [Problem(str(second), what, WHOLE) for what in unfit(other)]
        if other["command"] == about["command"]:
            problems.append(Problem(str(second), f"was made by `{other['command']}` too", "another seed"))
        if other.get("structure") != about.get("structure"):
            problems.append(Problem(str(second), "has other mechanisms or forms than the first", "the same but for the seed"))
    if problems:
        raise BadInput(problems)
    values = {name: value for name, value in about["medoid_values"].items() if name not in RIVAL}
    text, counts = rewritten(parameters.read_text(encoding="utf-8"), values, left, study)
    if counts["set"] != len(values):
        what = f"{len(values) - counts['set']} of its parameters stand on no line of their own"
        raise BadInput([Problem(str(parameters), what, "a line NAME = { value = ... } a parameter")])
    place.parent.mkdir(exist_ok=True)
    texts = {place.with_name(f"{place.stem}-{name}"): (folder / name).read_text(encoding="utf-8") for name in TABLES}
    if second is not None and other is not None:
        texts |= {
            place.with_name(f"{place.stem}-{name}"): (second / own).read_text(encoding="utf-8") for own, name in SECOND.items()
        }
        about["second"] = {name: other[name] for name in TOLD if name in other}
    texts[place.with_suffix(".json")] = json.dumps({"study": study, **about}, indent=1) + "\n"
    texts |= {place: (folder / ENSEMBLE).read_text(encoding="utf-8"), parameters: text}
    for path, content in texts.items():
        path.with_name(f".{path.name}.part").write_text(content, encoding="utf-8")
    for path in texts:
        path.with_name(f".{path.name}.part").replace(path)
    for name in SECOND.values() if second is None else ():  # of the ensemble that was there before
        place.with_name(f"{place.stem}-{name}").unlink(missing_ok=True)
    return counts


def about_of(folder: Path) -> dict[str, Any]:
    """What a finished calibration says of itself."""
    missing = [name for name in (ENSEMBLE, *TABLES) if not (folder / name).is_file()]
    if missing:
        raise BadInput([Problem(str(folder), f"lacks {', '.join(missing)}", "the folder of a finished calibration")])
    found: dict[str, Any] = json.loads((folder / ENSEMBLE).with_suffix(".json").read_text(encoding="utf-8"))
    return found


def unfit(about: Mapping[str, Any]) -> list[str]:
    """Why a calibration cannot be the shipped one; nothing when it can."""
    found = list(short_of(about))
    if not about.get("whole"):
        found.append(f"it was made by `{about['command']}`")
    if about["code"] != ROOM.runs_identity():
        found.append("it was made by other code")
    if about["patterns"] != patterns_hash(read_patterns()):
        found.append("the patterns have changed since")
    return found


def rewritten(text: str, values: dict[str, float], left: dict[str, float], study: str) -> tuple[str, dict[str, int]]:
    """Parameter table with new values, and what stands behind each.

    Parameters
    ----------
    text : str
        Of the table; a line a parameter.
    values, left : dict of str to float
        By parameter: new value, and width left.
    study : str
    """
    lines, counts = [], {"set": 0, "calibrated": 0}
    for line in text.splitlines():
        row = _ROW.match(line)
        if row is None or row["name"] not in values:
            lines.append(line)
            continue
        name = row["name"]
        constrained = left[name] <= CONSTRAINED
        status = f'status = "calibrated", study = "{study}"' if constrained else 'status = "assumption"'
        rest = re.sub(r'status = "\w+"(, study = "[^"]*")?', status, row["rest"])
        lines.append(f"{name} = {{ {row['first']}value = {values[name]!r}, {rest} }}")
        counts["set"] += 1
        counts["calibrated"] += constrained
    return "\n".join(lines) + "\n", counts


if __name__ == "__main__":
    print(adopt(Path(sys.argv[1]), sys.argv[2], *(Path(one) for one in sys.argv[3:4])))
