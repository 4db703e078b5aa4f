"""What ``sustain run``, ``report`` and ``replay`` do and print."""

import math
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.kit import terminal
from experiments.kit.drawing import two_drawing
from experiments.kit.files import named_or_free
from experiments.kit.options import read_settings, worlds_of
from experiments.runs.asked import AskedRun
from sim.problems import BadInput, tried

if TYPE_CHECKING:
    from sim.parameters.ensemble import Ensemble
    from sim.result import Run


SHOWN_SERVICES: Final = 20
"""Services of which each has lines of its own after a run; of more only the mean is shown."""

SHOWN_SHARES: Final = ("kept_going", "operating", "silent", "given_up", "never_started", "sustained")
"""What the table after a run shows: what leads first, and one of the old stocks last, as more would not fit on a screen."""


def run_scenario(asked: AskedRun) -> int:
    """Run a scenario into a folder, with progress, and print what became of the services.

    Returns
    -------
    int
        Exit status: 1 when the tables are there and figures or report could not be made.

    Raises
    ------
    BadInput
        With every problem; nothing has been written then.
    """
    with two_drawing(wanted=bool(asked.value("figures"))):  # first of all, so that it is ready when there are tables
        found = _run(asked)
        if asked.as_json:
            terminal.show_json(_as_plain(found))
        else:
            show_run(found)
    return 1 if found.not_made else 0


def _run(asked: AskedRun) -> "Run":
    """Run what is asked, with progress."""
    from sim.runs import run

    name, settings, members = _checked(asked)
    given = {option: asked.value(option) for option in ("months", "seed", "engine", "keep", "csv", "figures", "threads", "force")}
    with (
        named_or_free(asked.out, name) as folder,
        terminal.ProgressShown(_total(name, asked.replicates), name) as progress,
    ):
        return run(
            name, out=folder, replicates=asked.replicates, ensemble=members, settings=settings, progress=progress,
            announce=terminal.note, **given,
        )  # fmt: skip


def _checked(asked: AskedRun) -> tuple[str, dict[str, str], "Ensemble | None"]:
    """Scenario, settings and ensemble that are asked for; all problems at once."""
    from sim.runs import check_settings
    from sim.scenario import read_scenario

    problems = asked.wrong() + check_settings(engine=asked.value("engine"), keep=asked.value("keep"))
    settings = tried(partial(read_settings, asked.settings), problems) or {}
    members, wrong = worlds_of(asked.ensemble, asked.ensemble_file)
    problems += wrong
    name = asked.scenario or ""
    tried(partial(read_scenario, name, overrides=settings, months=asked.sound("months")), problems)
    if problems:
        raise BadInput(problems)
    return name, settings, members


def _total(scenario: str, replicates: int | None) -> int:
    """Replicates that there will be; what is wrong is told by the run itself."""
    from sim.scenario import read_scenario

    if isinstance(replicates, int) and replicates > 0:
        return replicates
    try:
        return read_scenario(scenario).replicates
    except BadInput:
        return 1


def _as_plain(found: "Run") -> dict[str, Any]:
    """Run as plain values, for a program to read."""
    one = found.manifest
    keys = ("replicates", "months", "seed", "engine", "census", "timing", "typical_replicate", "extreme_replicate")
    tables = {name: {"rows": table["rows"], "data_hash": table["data_hash"]} for name, table in one["tables"].items()}
    return {
        "folder": str(found.folder),
        "not_made": [asdict(failure) for failure in found.not_made],
        "report": None if found.report is None else str(found.report),
        "scenario": one["scenario"]["name"],
        **{key: one[key] for key in keys},
        "ensemble": one.get("ensemble"),
        "realised_turnover": None if math.isnan(turnover := found.realised_turnover()) else turnover,
        "tables": tables,
        "states": [
            {str(name): _plain_value(value) for name, value in row.items()} for row in found.state_shares().to_dict("records")
        ],
    }


def _plain_value(value: Any) -> Any:
    """Value as JSON knows it: what is not defined, such as high fidelity at looks before the first one, is null."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def show_run(found: "Run") -> None:
    """Print what became of the services over time, and where the results are."""
    from sim.ensembles import values_in_words
    from sim.report.run_answer import how_sure_in_short

    one = found.manifest
    shares = found.state_shares()
    if shares["service"].nunique() > SHOWN_SERVICES:
        shares = shares[shares["service"] == shares["service"].iloc[-1]]
    shown = [name for name in SHOWN_SHARES if name in shares and shares[name].any()]
    rows: list[tuple[object, ...]] = []
    previous = None
    for row in shares.itertuples(index=False):
        service = row.service if row.service != previous else ""  # once, so that the eye finds where a service begins
        rows.append((service, row.month, *(_percent(getattr(row, name)) for name in shown)))
        previous = row.service
    columns = ("service", "month", *(name.replace("_", " ") for name in shown))
    frames = {name: found.table(name) for name in ("summary_numbers", "summary_monthly", "services_start")}
    print(how_sure_in_short(frames, worlds=one.get("ensemble") is not None) + "\n")
    terminal.show_table(columns, rows, title=f"{one['title']}: % of {one['replicates']} replicates", right=range(1, len(columns)))
    print("Kept going: no long gap since the first session. Sustained: the old stock, of that month alone.")
    turnover = found.realised_turnover()
    left = "" if math.isnan(turnover) else f"Of the practitioners in post {100 * turnover:.0f} % left within a year.\n"
    print(f"\n{left}Parameter values: {values_in_words(one.get('ensemble'))}.")
    print(f"{one['census']}. What comes after month 12 is what these say, not a finding of the study.")
    print(f"Results: {found.folder} ({terminal.duration(one['timing']['total'])})")
    if found.report is not None:
        print(f"Report: {found.report} (open it in a browser)")


def _percent(share: float) -> str:
    """Share as a whole percentage; a dot for none, so that the eye finds the rest.

    Examples
    --------
    >>> _percent(0.0), _percent(0.004), _percent(0.256)
    ('.', '<1', '26')
    """
    if share == 0.0:
        return "."
    return "<1" if share < 0.01 else f"{100 * share:.0f}"


def draw_run(folder: Path) -> int:
    """Make figures and report of a run anew from the stored tables; the exit status: 1 when something could not be made.

    Parameters
    ----------
    folder : pathlib.Path
        Whose tables and manifest are sound.

    Raises
    ------
    BadInput
        When manifest, scenario and tables do not go together.
    """
    from sim.proof import page_problems
    from sim.remake import draw, stored_scenario
    from sim.result import Run
    from sim.store.reader import read_manifest
    from sim.store.version import other_version

    problems = page_problems(folder)
    if problems:
        raise BadInput(problems)
    other = other_version(read_manifest(folder), stored_scenario(folder), folder.resolve())
    if other is not None:
        print(other.on_a_page, file=sys.stderr)
    with two_drawing():
        pictures = draw(folder)
    for failure in pictures.failed:
        print(failure, file=sys.stderr)
    if pictures.missing:
        print(f"the figures' font has no signs for {', '.join(pictures.missing)}: a box stands for each", file=sys.stderr)
    print(f"Report: {Run.open(folder).report or 'could not be made; the tables are as they were'}")
    return 1 if pictures.failed else 0


def replay_run(folder: Path, *, as_json: bool = False) -> bool:
    """Replay a results folder and say how it compares.

    Parameters
    ----------
    folder : pathlib.Path
    as_json : bool

    Returns
    -------
    bool
        Whether every table came out the same.

    Raises
    ------
    BadInput
        When the folder is damaged.
    """
    from sim.processors import processors
    from sim.proof import replay
    from sim.store.reader import read_manifest

    with terminal.ProgressShown(int(read_manifest(folder)["replicates"]), "replay") as progress:
        found = replay(folder, threads=processors(), progress=progress)
    if as_json:
        terminal.show_json(asdict(found) | {"folder": str(folder)})
        return found.equal
    if found.other_version:
        print(found.other_version)
    for note in found.notes:
        print(f"note: {note}")
    for one in () if found.other_version else found.differences:  # of another version they are what is to be expected
        print(f"{one.table}: differs ({_short(one.old)} in the folder, {_short(one.new)} now)")
    count = len(found.tables)
    print(
        f"equal: all {count} tables have the same data hashes" if found.equal else f"different: {len(found.differences)} tables"
    )
    return found.equal


def _short(digest: str | None) -> str:
    return "missing" if digest is None else digest[:12]
