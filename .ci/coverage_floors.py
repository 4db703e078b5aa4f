"""Hold the measured coverage against its floors: ``python .ci/coverage_floors.py coverage.json``."""

import json
import sys
from pathlib import Path

# What is counted, the paths it stands in, whether branches alone count, and the least per cent.
FLOORS = (
    ("sim", ("sim/",), False, 90.0),
    ("branches of the month functions and rules", ("sim/months/", "sim/rules.py"), True, 98.0),
)


def per_cent(files: dict[str, dict[str, dict[str, int]]], places: tuple[str, ...], branches_only: bool) -> float:
    """Return covered lines and branches, or branches alone, in per cent; nothing found is nothing covered."""
    covered = total = 0
    for name, measured in files.items():
        if Path(name).as_posix().startswith(places):
            summary = measured["summary"]
            covered += summary["covered_branches"]
            total += summary["num_branches"]
            if not branches_only:
                covered += summary["covered_lines"]
                total += summary["num_statements"]
    return 100 * covered / total if total else 0.0


def main() -> int:
    """Print every floor with what was reached; return 1 if one is missed."""
    files = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["files"]
    missed = 0
    for what, places, branches_only, floor in FLOORS:
        reached = per_cent(files, places, branches_only)
        missed += reached < floor
        print(f"coverage of {what}: {reached:.1f} %, floor {floor:.0f} %{'' if reached >= floor else ': MISSED'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
