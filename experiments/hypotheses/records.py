"""What a team concluded from a run, on record: a file for each hypothesis, with the hash of the run it speaks of.

The run writes the file with nothing concluded; people fill it in; the next run shows it on the hypothesis' page.
What people wrote is never changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationError

from experiments.hypotheses.finding import Found
from experiments.hypotheses.reading import Hypothesis
from sim.problems import BadInput, Problem, read_each
from sim.scenario.files import parse_toml, read_text
from sim.scenario.messages import problems_of, tidy
from sim.scenario.schema import Reference, Version, _readable, _Strict
from sim.store.folder import write_text_whole

RECORDS: Final = "records"
FILLED_IN: Final = ("result", "decision", "by", "date")
"""What people fill in, in the order in which it is shown."""

SAID_MAX: Final = 20_000
Said = Annotated[str, Field(max_length=SAID_MAX), AfterValidator(_readable)]
"""What a team says; empty as long as it has said nothing."""

_KIND: Final = "a team's record (TOML)"
_DAY: Final = "a day such as 2026-03-01"


class RecordFile(_Strict):
    """A team's record of a hypothesis."""

    schema_version: Version = Field(description="version of this file's form")
    hypothesis: Reference = Field(description="number of the hypothesis, such as H4")
    run: Reference = Field(description="hash of the run that the record speaks of, as hypotheses.json has it")
    file: Reference = Field(description="hash of the hypothesis file as it then was")
    verdict: Reference = Field(description="verdict of that run")
    result: Said = Field(default="", description="what came out, in the team's words")
    decision: Said = Field(default="", description="what is done about it")
    by: Said = Field(default="", description="who decided")
    date: Said = Field(default="", description="when: a day such as 2026-03-01")


@dataclass(frozen=True)
class OnRecord:
    """A team's record, beside the present run.

    Attributes
    ----------
    said : tuple of (str, str)
        What was filled in, by field, in the order of FILLED_IN.
    open : tuple of str
        Fields that were left empty.
    verdict : str
        Verdict of the run that it speaks of.
    differs : tuple of str
        In what the present run is another one than the record's: sentences; empty when it is the same.
    """

    said: tuple[tuple[str, str], ...]
    open: tuple[str, ...]
    verdict: str
    differs: tuple[str, ...]


def check_records(folder: Path, hypotheses: Iterable[Hypothesis]) -> None:
    """Read the records that are there, so that a faulty one is told before anything runs.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    hypotheses : iterable of Hypothesis

    Raises
    ------
    BadInput
        With every problem of all of them.
    """
    _read_all(folder, hypotheses)


def check_record(path: Path) -> list[Problem]:
    """Problems of a record file by itself; empty when it can be used.

    Parameters
    ----------
    path : pathlib.Path
    """
    try:
        _read(path, None)
    except BadInput as error:
        return error.problems
    return []


def write_records(folder: Path, found: Sequence[Found], runs: Mapping[str, str]) -> None:
    """Write a record to fill in for each hypothesis that has none; one that nobody has touched is renewed.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    found : sequence of Found
    runs : mapping of str to str
        Hash of the run by name of the hypothesis.

    Raises
    ------
    BadInput
        When a record that is there cannot be used; then none is written.
    OSError
        If a file cannot be written.
    """
    there = _read_all(folder, [one.hypothesis for one in found])
    (folder / RECORDS).mkdir(parents=True, exist_ok=True)
    for one in found:
        hypothesis = one.hypothesis
        known, path = there.get(hypothesis.file.name), _path(folder, hypothesis)
        if known is None or path.read_text(encoding="utf-8") == skeleton(known.hypothesis, known.run, known.file, known.verdict):
            write_text_whole(path, skeleton(hypothesis.file.hypothesis, runs[hypothesis.file.name], hypothesis.hash, one.verdict))


def on_record(folder: Path, found: Found, run: str) -> OnRecord | None:
    """Record of a hypothesis, beside the present run; none as long as nothing is filled in.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    found : Found
    run : str
        Hash of the present run.

    Raises
    ------
    BadInput
        When it cannot be used.
    """
    known = _read_all(folder, [found.hypothesis]).get(found.hypothesis.file.name)
    said = tuple((name, getattr(known, name).strip()) for name in FILLED_IN) if known else ()
    if known is None or not any(text for _, text in said):
        return None
    return OnRecord(
        tuple((name, text) for name, text in said if text),
        tuple(name for name, text in said if not text),
        known.verdict,
        _differs(known, found, run),
    )


def _differs(known: RecordFile, found: Found, run: str) -> tuple[str, ...]:
    """In what the present run is another one than that of a record."""
    said = []
    if known.run != run:
        which = f" ({short(known.run)}; this one is {short(run)})" if known.run and run else ""
        said.append(f"It speaks of another run{which}.")
    if known.file != found.hypothesis.hash:
        said.append("The hypothesis was worded otherwise then.")
    if known.verdict != found.verdict:
        said.append(f"The verdict was then: {known.verdict}; it is now: {found.verdict}.")
    return tuple(said)


def short(text: str) -> str:
    """Beginning of a hash, to be told apart by eye.

    Examples
    --------
    >>> short("0123456789abcdef0123")
    '0123456789ab…'
    """
    return f"{text[:12]}…" if len(text) > 13 else text


def skeleton(hypothesis: str, run: str, file: str, verdict: str) -> str:
    """Text of a record with nothing filled in.

    Parameters
    ----------
    hypothesis, run, file, verdict : str
        Number of the hypothesis, hash of the run, hash of its file, verdict.
    """
    return f"""\
# What the team concludes from the run. Fill in the lower four; the next `sustain hypotheses` into this folder shows them on the
# page of the hypothesis, and says so when it is another run than this one. A file that is filled in is never changed by a run.
schema_version = 1
hypothesis = {_quoted(hypothesis)}
run = {_quoted(run)}  # the run that this speaks of; see hypotheses.json
file = {_quoted(file)}  # the hypothesis file as it was
verdict = {_quoted(verdict)}

result = ""    # what came out, in your own words
decision = ""  # what you do about it
by = ""        # who decided
date = ""      # when, such as "2026-03-01"
"""


def _quoted(text: str) -> str:
    """Text as TOML writes it."""
    kept = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in kept) + '"'


def _path(folder: Path, hypothesis: Hypothesis) -> Path:
    return folder / RECORDS / f"{hypothesis.file.name}.toml"


def _read_all(folder: Path, hypotheses: Iterable[Hypothesis]) -> dict[str, RecordFile]:
    """Records that are there, by the name of their hypothesis."""
    place = folder / RECORDS
    if place.exists() and not place.is_dir():
        raise BadInput([Problem(str(place), "is a file", "a folder of records", "move it away")])
    places = [(one.file, _path(folder, one)) for one in hypotheses]
    there = [(file, path) for file, path in places if path.exists() or path.is_symlink()]
    found = read_each(lambda one: _read(one[1], one[0].hypothesis), there)
    return {file.name: record for (file, _), record in zip(there, found, strict=True)}


def _read(path: Path, number: str | None) -> RecordFile:
    """Read one record; of the hypothesis with this number, if one is given."""
    where = f"{path.parent.name}/{path.name}"
    hint = "mend it, or remove it: an empty one is then written"
    try:
        text = read_text(path, _KIND)
        raw = parse_toml(text, where)
    except BadInput as error:
        raise BadInput([Problem(where, one.what, one.allowed, hint) for one in error.problems]) from None
    if isinstance(raw.get("date"), date):  # TOML knows days of its own, without quotation marks
        raw["date"] = raw["date"].isoformat()
    try:
        file = RecordFile.model_validate(raw)
    except ValidationError as error:
        raise BadInput(tidy(problems_of(error, file=where, model=RecordFile, raw=raw))) from None
    problems = _wrong(file, where, number)
    if problems:
        raise BadInput(tidy(problems))
    return file


def _wrong(file: RecordFile, where: str, number: str | None) -> list[Problem]:
    """What is wrong between the fields of a record and its hypothesis."""
    problems = []
    if number is not None and file.hypothesis != number:
        hint = f"each hypothesis has a file of its own name in {RECORDS}/"
        problems.append(Problem(f"{where}: hypothesis", f"is '{file.hypothesis}'", f"'{number}'", hint))
    if file.date and not _is_day(file.date):
        problems.append(Problem(f"{where}: date", f"'{file.date}' is no day", _DAY, "year, month, day"))
    return problems


def _is_day(text: Any) -> bool:
    """Whether a text is a day, with or without a time."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return len(text) == 10 or text[10:11] in ("T", " ")
