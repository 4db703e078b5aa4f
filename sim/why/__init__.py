"""Why it came so: a life told from its trace, and tried out by replaying it with the same luck.

>>> import sim
>>> from sim.why import explain
>>> found = explain(sim.prepare("nine-services"), "D", replicates=50, with_fate=False)
>>> found.help.ending in {"one thing", "any of these", "only together", "nothing here"}
True
"""

from sim.why.aggregate import Aggregate, aggregate
from sim.why.contrasts import Contrast, Variants, chosen, read_contrasts
from sim.why.courses import WhatIf, courses_of, what_if
from sim.why.explain import Explanation, as_plain, explain
from sim.why.fate import Fate, fate
from sim.why.outcomes import OUTCOMES, Outcome, outcome_of
from sim.why.prevented import Prevented, prevented
from sim.why.story import Story, story
from sim.why.twin import Twin, twin
from sim.why.walk import Walk, walk
from sim.why.walked import plain_what_if

__all__ = [
    "OUTCOMES",
    "Aggregate",
    "Contrast",
    "Explanation",
    "Fate",
    "Outcome",
    "Prevented",
    "Story",
    "Twin",
    "Variants",
    "Walk",
    "WhatIf",
    "aggregate",
    "as_plain",
    "chosen",
    "courses_of",
    "explain",
    "fate",
    "outcome_of",
    "plain_what_if",
    "prevented",
    "read_contrasts",
    "story",
    "twin",
    "walk",
    "what_if",
]
