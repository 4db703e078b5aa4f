"""The teaching guide: its links, and the numbers that it quotes, as the lab and the commands give them.

``python -m tests.teaching`` prints what every number of ``docs/teaching/numbers.toml`` is now.
"""

import csv
import json
import re
import tomllib
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import app.pages
from app.pages.asking import Ask
from app.pages.lab import Lab
from experiments.keeping.blocks import ROOT

GUIDE: Final = ROOT / "docs" / "teaching"
FEW: Final = 12
"""Pairs that are quick."""

SENT: Final = {
    "two-worlds": {"scenario", "bars", "unit"},
    "lead": {"service", "luck", "hours", "decisions", "forecasts", "now"},
    "walk": {"scenario", "service", "bars", "policies", "replicate", "post", "patient"},
    "why": {"scenario", "service", "bars", "policies", "replicate", "outcome"},
    "numbers": {"words", "status", "kind", "all", "one"},
    "trial": {"study", "services", "month", "services_a_year", "given_up_a_year"},
}
"""What of its state a page sends to the lab."""

SHOWN: Final = {"two-worlds": {"measure", "month", "shown", "predict"}, "walk": {"month"}, "why": {"month"}}
"""What else a page reads from its link."""

PAGES: Final = {one.name: one for one in app.pages.PAGES}

_RELATIVE: Final = re.compile(r"`([a-z-]+#v1=\{[^`]*\})`")
_ABSOLUTE: Final = re.compile(r"\(http://127\.0\.0\.1:8765/([a-z-]+#v1=[^)\s]+)\)")


class Link(NamedTuple):
    """A link of the guide."""

    page: str
    state: dict[str, Any]


class Number(NamedTuple):
    """A number of the guide: where it stands, what it says, where it comes from."""

    name: str
    page: str
    says: str
    form: str
    source: str
    few: str = ""
    command: str = ""


def texts() -> dict[str, str]:
    """Pages of the guide."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("*.md"))}


def read(link: str) -> Link:
    """Page and state of a link, as ``link.js`` reads them."""
    page, _, said = link.partition("#v1=")
    state = json.loads(urllib.parse.unquote(said))
    assert isinstance(state, dict)
    return Link(page, state)


def links(text: str) -> list[str]:
    """Links that are shown to be copied."""
    return _RELATIVE.findall(text)


def opened(text: str) -> list[str]:
    """Links that open the lab of this machine."""
    return _ABSOLUTE.findall(text)


def numbers() -> list[Number]:
    """Numbers that the guide quotes."""
    return [Number(**one) for one in tomllib.loads((GUIDE / "numbers.toml").read_text(encoding="utf-8"))["numbers"]]


def ask(link: str, lab: Lab) -> Ask:
    """What the page of a link asks for."""
    page, state = read(link)
    sent = {name: value for name, value in state.items() if name in SENT[page]}
    if page == "walk" and str(sent.get("post", "")).isdigit():
        sent["post"] = int(sent["post"])  # as walk.js does
    return PAGES[page].ask(sent, lab)


def told(link: str, lab: Lab, most: int | None = None) -> dict[str, Any]:
    """Answer of a page to a link: its best picture, or one of fewer replicates."""
    asked = ask(link, lab)
    last = asked.last if most is None or asked.last == 1 else min(most, asked.last)
    cuts = sorted({0, min(FEW, last), last})
    return asked.told([asked.run(at, end, lambda: True) for at, end in pairwise(cuts)], last)


# ------------------------------------------------------------------------------------------------------------------- values


def values(page: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a number may name, of an answer of a page."""
    return {"two-worlds": _two_worlds, "lead": _lead, "walk": _walk, "why": _why, "trial": _trial}[page](data)


def _two_worlds(data: Mapping[str, Any]) -> dict[str, Any]:
    effect = data["effect"]
    found = {name: 100 * effect[name] for name in ("difference", "low", "high", "mcse")}
    hours = {one["title"].replace(" ", "_"): one for rows in data["arm"]["hours"] for one in rows}
    found["worlds"] = _worlds(data["arm"]["sure"][1])
    return found | {"base": 100 * effect["mean_base"], "other": 100 * effect["mean_other"], "pairs": effect["pairs"]} | hours


def _worlds(sentence: str) -> str:
    """Between what nine of ten plausible worlds lie; nothing where pairs are too few to say."""
    found = re.search(r"worlds lie between (\S+) and (\S+),", sentence)
    return f"{found[1]} and {found[2]}" if found else ""


def _lead(data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"start": data["start"], "span": data["months"] - data["start"]}
    for way in ("own", "passive", "best"):
        one = data["ended"][way]
        found |= {f"{way}_months": one["months"], f"{way}_given": one["given"], f"{way}_hours": one["spent"]["leader"]}
        found |= {f"{way}_chance": 100 * one["chance"]["chance"], f"{way}_error": 100 * one["chance"]["error"]}
    return found


def _walk(data: Mapping[str, Any]) -> dict[str, Any]:
    walk, found = data["walk"], dict[str, Any]()
    keys = [one["key"] for one in walk["numbers"]]
    for month in walk["months"]:
        at = month["month"]
        for name, key in (("belief", "practitioner.belief"), ("expected", "gain_to_expect")):
            found[f"{name}_{at}"] = month["values"][keys.index(key)]
        for move in month["moves"]:
            if move["happens"]:
                found |= {f"chance_{at}": 100 * move["chance"], f"draw_{at}": move["draw"]}
    if data["what_if"]:
        for name, end in zip(("was", "well"), data["what_if"]["ends"], strict=True):
            found |= {f"{name}_months": end["months_operating"], f"{name}_use": end["use"], f"{name}_gained": end["gained"]}
        found["months_said"] = data["what_if"]["words"].rpartition(". ")[2].rstrip(".")
        found["sham_apart"] = data["sham"]["apart"]
    return found


def _why(data: Mapping[str, Any]) -> dict[str, Any]:
    explained = data["explained"]
    found: dict[str, Any] = {"replicate": data["replicate"]}
    for name, one in (("share", explained["chance"]), ("background", explained["help"]["background"])):
        found |= {name: 100 * one["share"], f"{name}_error": 100 * one["error"]}
    for kind in ("remove", "help"):
        found[f"{kind}_ending"] = explained[kind]["ending"]
        for one in explained[kind]["other_worlds"]:
            name = "_and_".join(one["set"]).replace("-", "_")
            found |= {name: 100 * one["share"], f"{name}_error": 100 * one["error"], f"{name}_of": one["of"]}
    return found


def _trial(data: Mapping[str, Any]) -> dict[str, Any]:
    planned, found = data["planned"], {"worlds": data["worlds"], "trials": data["planned"]["trials"]}
    for name in ("power", "type_one", "truth", "estimate"):
        found |= {name: 100 * planned[name]["value"], f"{name}_error": 100 * planned[name]["error"]}
    return found


def trial_values(folder: Path) -> dict[str, Any]:
    """The same of a results folder of ``sustain trial``."""
    said = json.loads((folder / "trial.json").read_text(encoding="utf-8"))
    found = _trial(said)
    planned, truth = said["planned"], re.search(r"from (\S+) percentage points to (\S+) percentage", said["reading"][0])
    assert truth is not None
    found |= {"exaggeration": planned["exaggeration"], "wrong_sign": 100 * planned["wrong_sign"]}
    found |= {"truth_low": truth[1], "truth_high": truth[2]}
    for row in _rows(folder, "power"):
        name = f"power_{row['month']}_{row['practitioners']}_{row['services']}"
        found |= {name: 100 * float(row["power"]), f"{name}_error": 100 * float(row["power_error"])}
    for row in _rows(folder, "months"):
        name = f"{row['group']}_{row['month']}"
        found |= {f"true_{name}": 100 * float(row["true"]), f"seen_{name}": 100 * float(row["seen"])}
        found[f"true_error_{name}"] = 100 * float(row["true_error"])
    for row in _rows(folder, "sizes"):
        found[f"services_{row['month']}_{row['practitioners']}"] = row["services"] or f"more than {row['largest']}"
        found[f"services_low_{row['month']}_{row['practitioners']}"] = row["services_low"]
    for row in _rows(folder, "surrogates"):
        found[f"not_confirmed_{row['month']}"] = 100 * float(row["not_confirmed"])
    return found


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_said(form: str, found: Mapping[str, Any]) -> str:
    """A number in words, with the signs that the guide prints."""
    return form.format(**found).replace("-", "−")


def of_the_lab(source: str) -> bool:
    """Whether a number comes from a page of the lab, not from a command."""
    return "#v1=" in source


def computed(lab: Lab, wanted: Iterable[Number], most: int | None = None) -> Iterator[tuple[Number, str]]:
    """Each number that comes from the lab, and what its page says now, of all replicates or of fewer."""
    answers: dict[str, dict[str, Any]] = {}
    for one in wanted:
        if one.source not in answers:
            answers[one.source] = values(read(one.source).page, told(one.source, lab, most))
        yield one, as_said(one.form, answers[one.source])


def main() -> None:
    """Print what is said now, and after few replicates."""
    lab, wanted = Lab(), [one for one in numbers() if of_the_lab(one.source)]
    few = {one.name: said for one, said in computed(lab, wanted, FEW)}
    for one, said in computed(lab, wanted):
        state = "as the file says" if one.says == said else f"the file says {one.says!r}"
        print(f"{one.name}: {said!r} ({state}); few: {few[one.name]!r}")


if __name__ == "__main__":
    main()
