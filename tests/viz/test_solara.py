"""Mesa's own browser page, SolaraViz, shows the model and resets it; needs the extra ``viz``; part of ``make test``."""

from typing import Any

import pytest

from sim.model import PracticeModel

# Mesa's own page calls a hook after an early return, of which solara warns; not ours to cure.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*found despite early return:UserWarning:solara.validate_hooks"),
    pytest.mark.portable,
]


def page(held: Any) -> Any:
    """The page that a reader of the README would write, in the layout that solara gives an app in the browser."""
    import solara
    from mesa.visualization import SolaraViz, make_plot_component

    parameters = {
        "case": {"type": "Select", "value": "nine-services", "values": ["nine-services", "all-active"], "label": "Scenario"},
        "replicate": {"type": "SliderInt", "value": 0, "label": "Replicate", "min": 0, "max": 99, "step": 1},
    }

    @solara.component
    def app() -> None:
        with solara.AppLayout():
            curves = make_plot_component({"sustained": "tab:green", "drifted": "tab:orange", "abandoned": "tab:red"})
            SolaraViz(held, components=[curves], model_params=parameters, name="Practice sustainment")

    return app()


def click(rendered: Any, label: str) -> None:
    import ipyvuetify

    buttons = [one for one in rendered.find(ipyvuetify.Btn).widgets if label in [str(part) for part in one.children]]
    assert len(buttons) == 1, f"no button {label}"
    buttons[0].click()


def test_page_renders_steps_and_resets() -> None:
    import solara

    held = solara.reactive(PracticeModel())
    first = held.value
    _, rendered = solara.render(page(held), handle_error=False)
    click(rendered, "Step")
    assert held.value.month == 1
    click(rendered, "Reset")
    assert held.value is not first
    assert held.value.month == 0
    assert len(held.value.services) == 9
    rendered.close()
