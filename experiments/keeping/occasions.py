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


_USED: Final = (
    "It acts as far as outcome figures are both collected and believed in. Without a leader who promotes them hardly anybody "
    "believes in them; of the nine services only C has such a leader"
)
_COLLECTED: Final = (
    "Figures and visits come with the outside support, so that nearly all hours for them lie in the first year. Later only "
    "leaders who raise the practice go on with them"
)
_CHECKED: Final = "It acts where somebody checked capacity before the training, which is service C alone"

OCCASIONS: Final[Mapping[str, Occasion]] = {
    "hesitation": Occasion(
        "no-autonomy-support",
        "It is a product: support of autonomy that is lacking, and uncertainty or a dilemma. Its weight may have either "
        "sign, so that worlds differ in which way it pulls",
    ),
    "directive_pull": Occasion(
        "expectations",
        "It is a product: what is expected, support of autonomy, and commitment that is lacking. Passive leaders state "
        "hardly any expectation. Its weight may have either sign",
    ),
    "reactance": Occasion(
        "expectations-without-support",
        "It acts only as far as what is expected exceeds the support of autonomy, and passive leaders state hardly any "
        "expectation",
    ),
    "adaptation": Occasion(
        "planned-adaptation",
        "An adaptation is planned only as far as the leader backs it, and few do. Progress that disappoints and a dilemma "
        "make it likelier",
    ),
    "selective_recruiting": Occasion(
        "selected-in-passing",
        "Whom to ask is learned from patients one has had. Where somebody checks whom the programme suits, as in seven of "
        "the nine services, little is left to be learned",
    ),
    "institutionalisation": Occasion(
        "active-leader-leaves",
        "It builds up while the practice is raised and there is a plan, and slows what is lost later. Passive leaders build "
        "up hardly any: of the nine services only C has some",
    ),
    "meetings_lapse": Occasion(
        "all-active", "Only C has strategic meetings that can lapse; elsewhere they begin only where somebody raises the practice"
    ),
    "passive_raising": Occasion(
        "all-passive",
        "Leaders below the threshold raise the practice a little, by their engagement, knowledge and proactivity; how much "
        "is drawn from bounds that hold nothing",
    ),
    "routines": Occasion(
        "active-leader-leaves",
        "A routine is what is left of what a leader did. Passive leaders do little that could be left, and nothing is "
        "carried that the leader still does",
    ),
    "leadership_programme": Occasion("programme-ends", "No leader of the nine services takes part in a programme"),
    "critical_mass": Occasion(
        "two-carriers",
        "It works in several ways: it covers absent colleagues, is heard by the leader, and makes it harder to lead a group "
        "alone. The size of each may be nothing, and only three of the nine services have groups",
    ),
    "upper_level": Occasion(
        "upper-level-withdraws",
        "A decision is sought only by leaders who raise the practice, and a commitment is withdrawn only where there is one. "
        "Grants and withdrawals are added up",
    ),
    "bottom_up": Occasion(
        "all-passive",
        "It works both ways in the same service: a leader who can be reached is moved, and what is raised in vain frustrates "
        "and makes pessimistic",
    ),
    "monitoring_burden": Occasion("monitoring-imposed", _COLLECTED),
    "monitoring_judgement": Occasion("monitoring-believed", _USED),
    "check_room": Occasion("joint-selection", _CHECKED),
    "check_known": Occasion(
        "joint-selection",
        f"{_CHECKED}. It tells only what briefing has not told, and where people are chosen jointly they are briefed well",
    ),
    "agreed_core": Occasion(
        "cuts-planned",
        "It acts where an adaptation was planned, on what is kept of the programme and on what patients gain, not on the "
        "hours it takes",
    ),
    "monitoring_minutes": Occasion("monitoring-imposed", _COLLECTED),
    "monitoring_untiring": Occasion("monitoring-imposed", _COLLECTED),
    "feedback": Occasion("monitoring-believed", f"{_USED}. The published effect on patients is small"),
    "feedback_dropout": Occasion("monitoring-believed", f"{_USED}. The published effect on dropout is small"),
    "expansion": Occasion(
        "expansion",
        "It acts in A and F, to which an expansion was promised, and works both ways there: posts are added if it is "
        "decided, and uncertainty grows as long as it is not",
    ),
    "forms.peers=independent": Occasion(
        "five-carriers",
        "It takes away what lifts and what pulls down: colleagues who deliver or do not, and their energy. It also takes "
        "away skill that is passed on and champions who convey what is expected, which only help",
    ),
    "forms.readiness=weighing": Occasion(
        "all-passive",
        "The forms differ as far as autonomy is lacking, and most where nothing is expected. Practitioners feel much "
        "autonomy, in these services and in all that ship",
    ),
}
"""By mechanism, each that moves no share of the nine services by a point."""
