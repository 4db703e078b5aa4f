"""The Python lines of the page on Python run, in order; the page for the browser renders and steps."""

import re
from typing import Any

import pytest

from experiments.keeping.blocks import ROOT
from tests.quoted import blocks

pytestmark = pytest.mark.engine

CODE = blocks((ROOT / "docs" / "api.md").read_text(encoding="utf-8"), "python")


def run(codes: list[str]) -> dict[str, Any]:
    """Names after some blocks have run, each where the one before ended."""
    names: dict[str, Any] = {}
    for code in codes:
        exec(re.sub(r"replicates=\d+", "replicates=2", code), names)
    return names


def test_the_lines_on_runs_and_models_do_what_they_say() -> None:
    *lines, browser = CODE
    assert "SolaraViz" in browser
    names = run(lines)
    assert list(names["run"].state_shares()["service"])[-1] == "all services"
    model, rested = names["model"], names["rested"]
    assert model.month == rested.month == model.plan.months
    assert {one.exhaustion for one in rested.practitioners} == {0.0}
    assert {one.exhaustion for one in model.practitioners} != {0.0}  # the control


@pytest.mark.filterwarnings("ignore:.*found despite early return:UserWarning:solara.validate_hooks")  # Mesa's own
def test_the_page_for_the_browser_renders() -> None:
    import ipyvuetify
    import solara

    names = run(CODE[-1:])
    _, rendered = solara.render(solara.AppLayout(children=[names["page"]]), handle_error=False)
    (step,) = [one for one in rendered.find(ipyvuetify.Btn).widgets if "Step" in [str(part) for part in one.children]]
    step.click()
    assert names["model"].value.month == 1
    rendered.close()
