"""Why a mechanism may move little among the nine services, and a shipped scenario in which it has an occasion to act.

The reasons are read off the equations: what has to be there before a mechanism acts. They are no measurements; what a mechanism
moves where there is an occasion is measured (``experiments.keeping.mechanisms``).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Occasion(NamedTuple):
    """Where a mechanism has something to act on.

    Attributes
    ----------
    scenario : str
        Name of a shipped scenario.
    why : str
        What the mechanism needs before it acts, a sentence or two.
    """

    scenario: str
    why: str


_FIGURES: Final = (
    "It acts where outcome figures are collected; of the nine services nobody does so at the start, and only leaders who "
    "raise the practice do it later"
)
_INSTITUTIONALISED: Final = (
    "It needs a leader who has raised the practice, with a plan, for long, and is then gone. Leaders who never raised it "
    "leave nothing that could be carried"
)
_CHECKED: Final = "It acts where somebody checked capacity before the training, which is service C alone"

OCCASIONS: Final[Mapping[str, Occasion]] = {
    "hesitation": Occasion(
        "no-autonomy-support",
        "It is a product: no support of autonomy, and uncertainty or a dilemma besides. Its weight may have either sign, so "
        "that worlds differ in which way it pulls",
    ),
    "directive_pull": Occasion(
        "expectations",
        "It is a product: what is expected, support of autonomy, and commitment that is lacking. Passive leaders state no "
        "expectations. Its weight may have either sign",
    ),
    "reactance": Occasion(
        "expectations-without-support",
        "It acts only as far as what is expected exceeds the support of autonomy; passive leaders expect nothing",
    ),
    "adaptation": Occasion(
        "planned-adaptation",
        "An adaptation is planned only where the leader backs it, patients are glad of the practice, and hours are short, "
        "all at once",
    ),
    "selective_recruiting": Occasion(
        "demanding-patients",
        "Whom to ask is learned from patients whom one has had. It changes who is asked, hence what they gain, more than "
        "whether a service goes on",
    ),
    "institutionalisation": Occasion("active-leader-leaves-institutionalised", _INSTITUTIONALISED),
    "meetings_lapse": Occasion(
        "all-active",
        "It works both ways: meetings lapse where nobody raises the practice, and begin where somebody does. Over nine "
        "services of both kinds these are added up",
    ),
    "passive_raising": Occasion(
        "all-passive",
        "Leaders below the threshold raise the practice by a share of what active ones do, and that share may be nothing",
    ),
    "routines": Occasion("active-leader-leaves-institutionalised", _INSTITUTIONALISED),
    "leadership_programme": Occasion(
        "programme-ends",
        "No leader of the nine services takes part in a programme",
    ),
    "critical_mass": Occasion(
        "two-carriers",
        "It tells services with few carriers from those with many. It adds cover and voice and takes away from who leads a "
        "group alone, and each of the three may be nothing",
    ),
    "upper_level": Occasion(
        "upper-level-withdraws",
        "A decision is sought only by leaders who raise the practice, and a commitment is withdrawn only where there is one. "
        "Grants and withdrawals are added up",
    ),
    "bottom_up": Occasion(
        "all-passive",
        "It works both ways: leaders who can be reached are moved, and what is raised in vain frustrates. Over nine services "
        "of both kinds these are added up",
    ),
    "monitoring_burden": Occasion("monitoring-imposed", _FIGURES),
    "monitoring_judgement": Occasion("monitoring-believed", _FIGURES),
    "check_room": Occasion("joint-selection", _CHECKED),
    "check_known": Occasion("joint-selection", _CHECKED),
    "agreed_core": Occasion(
        "cuts-planned",
        "It acts where an adaptation was planned, on what is kept of the programme and on what patients gain, not on the "
        "hours it takes",
    ),
    "monitoring_minutes": Occasion("monitoring-imposed", _FIGURES),
    "monitoring_untiring": Occasion("monitoring-imposed", _FIGURES),
    "feedback": Occasion("monitoring-believed", f"{_FIGURES}. The published effect on patients is small"),
    "feedback_dropout": Occasion("monitoring-believed", f"{_FIGURES}. The published effect on dropout is small"),
    "expansion": Occasion(
        "expansion",
        "It acts in A and F, to which an expansion was promised, and there only if it is decided",
    ),
    "forms.peers=independent": Occasion(
        "five-carriers",
        "It works both ways: colleagues lift each other where many deliver, and pull each other down where few do. Over nine "
        "services both are added up",
    ),
    "forms.readiness=weighing": Occasion(
        "all-controlling",
        "The two forms differ where something is expected that people would not do by themselves; passive leaders expect nothing",
    ),
}
"""By mechanism, each that moves no share of the nine services by a point."""
