"""What ``sustain new`` does: ask a few questions and write a scenario file with a comment on every line."""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.problems import BadInput, Problem

TRIES: Final = 3
"""Answers to one question that may be wrong before it is given up: a program that answers would be asked for ever."""

_SENTENCES: Final = {
    "setting": "Is the service in primary or in specialised care?",
    "staff": "How many people work there, trained practitioners included?",
    "posts": "How many of them are trained in the practice?",
    "leader": "How does the leader lead?",
    "signal": "What has been said about the future of the practice?",
    "selection": "How were the practitioners chosen for the training?",
    "format": "Are courses for one patient or for a group?",
    "pool": "How many patients there could take part at the start?",
    "inflow": "How many more can take part each month?",
}
"""Questions by the key of a service that the answer goes to, in the order in which they are asked."""

FURTHER: Final = {
    "meetings": "What are staff meetings used for?",
    "backing": "How far do the organisation and the municipality back the practice?",
    "outcome_monitoring": "How far does the service itself follow how its patients fare?",
}
"""What ``sustain mine`` is told besides: twelve questions in all."""

_USUAL: Final = {
    "setting": "primary", "staff": 14, "posts": 4, "leader": "passive_supportive", "signal": "left_to_practitioners",
    "selection": "in_passing", "format": "individual", "pool": 12, "inflow": 1.0,
}  # fmt: skip
"""Answers that Enter gives: an example to begin with (assumption), near the middle of the study's nine services."""

_FURTHER: Final = """\
# More can be said of a service, for instance: clarity of goals, backing by the organisation, barriers. scenarios/README.md lists
# all keys and what they mean. What is left out has its usual value.

# What could be done differently? Take the marks away. `sustain compare` runs two such files side by side.
# [[policies]]
# lever = "clarity"     # clear long-term goals
# dose = 0.8            # from 0 to 1
# start = 12            # months since the training
"""

_DIFFERENCE: Final = """\
# What is different? Take the marks away from what you need.
# [[changes]]                       # fields of services, set after their definition
# services = "all"
# set = {{ leader = "active" }}

# [[policies]]                      # a lever moved for a time: `scenarios/README.md` lists them
# lever = "clarity"
# dose = 0.8
# start = 12
# services = "all"

# [parameters]                      # `sustain parameters` lists them
# chance_leader_leaves = {leaves:g}
"""


@dataclass(frozen=True)
class Question:
    """A question with what may be answered.

    Attributes
    ----------
    key : str
        Of the service.
    text : str
    usual : str or int or float
    allowed : str
    meaning : str
    read : callable
        Value of an answer; ValueError where it cannot be.
    """

    key: str
    text: str
    usual: Any
    allowed: str
    meaning: str
    read: Callable[[str], Any]


def questions(*, mine: bool = False) -> list[Question]:
    """Questions about a service, in order.

    Parameters
    ----------
    mine : bool
        With those that ``sustain mine`` asks beyond the others.
    """
    from sim.scenario.messages import allowed_of
    from sim.scenario.schema import Service

    asked = []
    for key, text in (_SENTENCES | (FURTHER if mine else {})).items():
        field = Service.model_fields[key]
        usual = _USUAL.get(key, field.default)
        asked.append(Question(key, text, usual, allowed_of(field), field.description or "", reader_of(field)))
    return asked


def reader_of(field: Any) -> Callable[[str], Any]:
    """What takes an answer to the value of a field."""
    from typing import Annotated

    from pydantic import ConfigDict, TypeAdapter

    from sim.scenario.messages import allowed_of, words_of
    from sim.scenario.values import number_of

    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[field.annotation, field], config=ConfigDict(strict=True, allow_inf_nan=False)
    )
    words, whole = words_of(field), "whole number" in allowed_of(field)

    def read(answer: str) -> Any:
        text = answer.strip()
        if words:
            return adapter.validate_python(text.lower().replace(" ", "_").replace("-", "_"))
        value = number_of(text)
        return adapter.validate_python(int(value) if whole and value.is_integer() else value)

    return read


def begin(name: str, *, base: str | None, folder: Path, ask: bool, mine: bool = False) -> Path:
    """Write a scenario file.

    Parameters
    ----------
    name : str
        Of the scenario: lower-case words joined by hyphens.
    base : str or None
        Scenario that the new one is to differ from; a service of one's own, asked for, if None.
    folder : pathlib.Path
        Where the file goes.
    ask : bool
        Ask; take the usual answers otherwise.
    mine : bool
        A file for ``sustain mine``, with what has been seen so far.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    BadInput
        For a name that cannot be, a file that is there already, a base that cannot be read, or answers that cannot be.
    """
    from sim.scenario import check_file

    path = folder / f"{name}.toml"
    problems = _wrong_place(name, path)
    if mine and base is not None:
        problems.append(Problem("--mine", "cannot be joined with --from", "one of the two", "leave one out"))
    base_months = None
    if base is not None:
        base_months, found = _months_of(base)
        problems += found
    if problems:
        raise BadInput(problems)
    text = _difference(name, str(base), base_months or 0) if base is not None else _own(name, ask=ask, mine=mine)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        raise BadInput(_wrong_place(name, path)) from None
    if mine:
        from experiments.mine.reading import check_mine

        if problems := check_mine(path):
            path.unlink()
            raise BadInput(problems)
        return path
    wrong = check_file(path)  # such as a base that is itself a difference; its place is known only beside the file
    if wrong:
        path.unlink()
        raise BadInput([Problem("--from", problem.what, problem.allowed, problem.hint) for problem in wrong])
    return path


def _wrong_place(name: str, path: Path) -> list[Problem]:
    from sim.scenario import catalogue

    problems = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 60:
        hint = "such as my-service"
        problems.append(
            Problem("NAME", f"'{name[:60]}' cannot be", "at most 60 letters: lower-case words joined by hyphens", hint)
        )
    elif path.exists():
        problems.append(Problem(str(path), "is there already", "a file that does not exist yet", "choose another name"))
    elif name in {entry.name for entry in catalogue()}:
        hint = f"choose another name, such as my-{name}"
        problems.append(Problem("NAME", f"'{name}' is a scenario that is there for everybody", "a name of its own", hint))
    return problems


def _months_of(base: str) -> tuple[int | None, list[Problem]]:
    from sim.scenario import read_scenario

    try:
        return read_scenario(base).months, []
    except BadInput as error:
        return None, error.problems


def _own(name: str, *, ask: bool, mine: bool) -> str:
    """Text of a scenario about a service of one's own."""
    title = say("What is the service called?", "Ours") if ask else "Ours"
    answers = [(question, answered(question) if ask else question.usual) for question in questions(mine=mine)]
    width = max(len(f"{question.key} = {_toml(value)}") for question, value in answers)
    lines = [
        f"{f'{question.key} = {_toml(value)}':<{width}}  # {question.meaning}: {question.allowed}" for question, value in answers
    ]
    asked = "What might become of the practice in a service like ours?"
    command, does = (
        (f"new {name} --mine", f"`sustain mine {name}.toml` asks") if mine else (f"new {name}", f"`sustain run {name}.toml` runs")
    )
    if mine:
        from experiments.runs.beginning_mine import seen_text

        last = seen_text({question.key: value for question, value in answers}, ask=ask)
    else:
        last = _FURTHER
    return (
        f"# Written by `sustain {command}`. `sustain check {name}.toml` checks it, {does} it.\n"
        "schema_version = 1\n"
        f"name = {_toml(name)}  # the same as the file's\n"
        f"title = {_toml(_title(name))}\n"
        f"question = {_toml(asked)}\n"
        'baseline = ""  # stands alone: nothing is taken from the nine services of the study\n'
        "months = 84  # from the training on: seven years\n"
        "\n[[services]]\n"
        f"name = {_toml(title)}\n" + "\n".join(lines) + f"\n\n{last}"
    )


def _difference(name: str, base: str, months: int) -> str:
    """Text of a what-if."""
    from sim.parameters import read_table

    leaves = read_table().parameters["chance_leader_leaves"].value
    asked = f"What would be different from {base}?"
    return (
        f"# Written by `sustain new {name} --from {base}`. `sustain diff {base} {name}.toml` shows what it changes.\n"
        "schema_version = 1\n"
        f"name = {_toml(name)}  # the same as the file's\n"
        f"title = {_toml(_title(name))}\n"
        f"question = {_toml(asked)}\n"
        f"baseline = {_toml(base)}  # everything that is not said here is as there\n"
        f"months = {months}  # from the training on\n\n" + _DIFFERENCE.format(leaves=leaves)
    )


def answered(question: Question) -> Any:
    """Answer to a question, asked again when it cannot be.

    Raises
    ------
    BadInput
        After TRIES answers that cannot be.
    """
    said = ""
    for _ in range(TRIES):
        said = say(f"{question.text}\n  ({question.allowed})", str(question.usual))
        try:
            return question.read(said)
        except ValueError:
            print(f"'{said[:60]}' cannot be: {question.allowed}", file=sys.stderr)
    raise BadInput([Problem(question.key, f"'{said[:60]}' cannot be", question.allowed, "nothing was written")])


def say(question: str, usual: str) -> str:
    """Ask at the terminal; gives the text of the answer.

    Parameters
    ----------
    question, usual : str

    Raises
    ------
    BadInput
        When standard input ends.
    """
    import typer

    try:
        return str(typer.prompt(question, default=usual, err=True))
    except typer.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        hint = "nothing was written; --usual asks nothing"
        raise BadInput([Problem("standard input", "ends before every question is answered", "an answer a line", hint)]) from None


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _toml(value: Any) -> str:
    """Value as TOML writes it."""
    import json

    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
