"""Hand-ins for tests."""

import json
from typing import Any

from app.classroom.handed import HandIn, read

WHAT = "Difference at month 84"


def raw(number: int = 0, word: str = "otter", **more: Any) -> dict[str, Any]:
    """A sound hand-in, as a page sends it."""
    forecast = {"what": WHAT, "unit": "points", "value": 0.1, "low": 0.0, "high": 0.2}
    usual = {"forecasts": [forecast], "results": [{"what": WHAT, "value": 0.15}], "decisions": [{"month": 3, "acts": ["coach"]}]}
    return {"version": 1, "id": f"{number:032x}", "page": "two-worlds", "word": word, **usual, **more}


def handed(number: int = 0, word: str = "otter", **more: Any) -> HandIn:
    return read(json.dumps(raw(number, word, **more)))
