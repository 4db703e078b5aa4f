"""Hold the measured coverage against its floors: ``python .ci/coverage_floors.py coverage.json``."""

import json
import sys
from pathlib import Path

# What is counted, the paths it stands in, and the least per cent. The month functions and rules are counted, branch by branch, by
# tests/sim/test_branches.py.
FLOORS = (("sim", ("sim/",), 90.0),)


def per_cent(files: dict[str, dict[str, dict[str, int]]], places: tuple[str, ...]) -> float:
    """Return covered lines and branches in per cent; nothing found is nothing covered."""
    summaries = [one["summary"] for name, one in files.items() if Path(name).as_posix().startswith(places)]
    covered = sum(one["covered_branches"] + one["covered_lines"] for one in summaries)
    total = sum(one["num_branches"] + one["num_statements"] for one in summaries)
    return 100 * covered / total if total else 0.0


def main() -> int:
    """Print every floor with what was reached; return 1 if one is missed."""
    files = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["files"]
    missed = 0
    for what, places, floor in FLOORS:
        reached = per_cent(files, places)
        missed += reached < floor
        print(f"coverage of {what}: {reached:.1f} %, floor {floor:.0f} %{'' if reached >= floor else ': MISSED'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
