"""What ``sustain mine`` prints: short sentences and small tables."""

from pathlib import Path
from typing import Any

from experiments.kit import terminal
from experiments.mine.forecasting import TOLD
from experiments.mine.words import NAMED, interval, points, shown, signed


def tell(found: dict[str, Any], folder: Path) -> None:
    """Print a forecast.

    Parameters
    ----------
    found : dict
        As ``mine.json`` holds it.
    folder : pathlib.Path
    """
    print(f"{found['title']}\n")
    for sentence in found["reading"]:
        print(sentence)
    print()
    tell_seen(found)
    shares = [(one["month"], *(interval(one[name]) for name in TOLD)) for one in found["forecast"]]
    title = f"What may come (month {found['now']} is now)"
    terminal.show_table(("month", *(NAMED[name] for name in TOLD)), shares, title=title, right=range(6))
    print()
    acted = [
        (one["policy"], points(one["kept_going"]), points(one["operating"]), signed(one["hours_a_year"]["support"]),
         signed(one["hours_a_year"]["practitioner"]))
        for one in sorted(found["policies"], key=lambda one: -one["operating"]["difference"])
    ]  # fmt: skip
    title = f"Policies from now on: change at month {found['months']} in percentage points, and more hours a year"
    columns = ("policy", "kept going", "operating", "hours of support", "practitioners' hours")
    terminal.show_table(columns, acted, title=title, right=range(1, 5))
    print()
    described = [
        (one["part"], shown(one["own"]), shown(one["other"]), f"{one['matched']:,} of {one['tried']:,}",
         points(one["kept_going"]), points(one["operating"]))
        for one in found["descriptions"]
    ]  # fmt: skip
    title = f"The description, one part replaced at a time, matched anew: change at month {found['months']} in percentage points"
    heads = ("part", "described", "instead", "matched", "kept going", "operating")
    terminal.show_table(heads, described, title=title, right=(3, 4, 5))
    print()
    terminal.show_folder(folder, found["seconds"])


def tell_refused(found: dict[str, Any]) -> None:
    """Print why nothing is forecast."""
    print(f"{found['service']}, month {found['now']}: no forecast\n")
    for sentence in found["reading"]:
        print(sentence)
    print()
    tell_seen(found)


def tell_seen(found: dict[str, Any]) -> None:
    """Print what was seen, and how many histories agree."""
    if found["seen"]:
        rows = [(one["observation"], f"{100 * one['agree_alone']:.2g} %", f"{one['matched_without']:,}") for one in found["seen"]]
        terminal.show_table(("what was seen", "agree with it alone", "match without it"), rows, right=(1, 2))
        print()
