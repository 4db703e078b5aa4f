"""Outcomes that mean what they say: what is made of the practice now, and what has become of it since the first session.

Now: every service that started is *operating* (a session within the delivery window), *silent* or *given up* (nobody intends
to go on, for ``months_without_anybody`` months); the others have never, or not yet, started. History: *kept going* (since the
first session no gap of ``months_without_session`` months), *high at every yearly look*, *restarted*. The same of every
post established at the start, whoever holds it, never of added ones: above and below the line stand the same
posts. ``sim.months.observing`` says how each comes about; here they are only counted.
"""

from functools import partial
from typing import Final

import numpy as np

from sim.codes import Use
from sim.history import USES
from sim.measures.totals import Computed, Outcome, Totals, Value, months_of, total_of
from sim.rules import CUTS, FIRST_LOOK, LOOKS_EVERY

CUT_NAMES: Final = tuple(f"{round(10 * cut)}" for cut in CUTS)
"""End of the names of the outcomes under one of the cuts: 37, 40 and 43 for fidelity of 3.7, 4.0 and 4.3."""

_LOOKS: Final = f"from month {FIRST_LOOK} on, and at month {LOOKS_EVERY} until then; undefined before month {LOOKS_EVERY}"


def _both(name: str, of_service: str, of_post: str) -> tuple[Outcome, Outcome]:
    """An outcome of services and the same of posts."""
    return (
        Outcome(f"share_{name}", "share 0-1", f"services {of_service}"),
        Outcome(f"posts_{name}", "share of posts", f"posts {of_post}"),
    )


def _high(name: str, cut: str) -> tuple[Outcome, Outcome]:
    meaning = f"with a fidelity of at least {cut} at every yearly look ({_LOOKS})"
    return _both(name, meaning, meaning)


_PAIRS: Final = (
    _both(
        "operating",
        "that gave a session within the delivery window and have not given up",
        "that gave a session within the delivery window and have not been given up",
    ),
    _both(
        "silent",
        "that started, have not given up and gave no session within the delivery window",
        "that started, have not been given up and gave no session within the delivery window",
    ),
    _both(
        "given_up",
        "that started and in which nobody has intended to use the practice for months, or that decided to give it up, until a "
        "session is given again (sessions of courses that are only finished do not count)",
        "that started and in which nobody has intended to use the practice for months, or whose service decided to give it up, "
        "once no course is left in them, until a session is given again",
    ),
    _both(
        "kept_going",
        "that started and since their first session never had a gap: nine months without a session",
        "that started and since their first session never had a gap, whoever held them",
    ),
    _high("high_every_look", "what counts as high"),
    *(_high(f"high_every_look_{name}", f"{cut}") for name, cut in zip(CUT_NAMES, CUTS, strict=True)),
    _both("restarted_given_up", "that gave a session again after giving up", "that gave a session again after being given up"),
    _both("restarted_gap", "that gave a session again after a gap", "that gave a session again after a gap"),
    _both(
        "silent_nine_months",
        "that started and have given no session for nine months, as claims data would show",
        "that started and have given no session for nine months, as claims data would show",
    ),
)  # fmt: skip

HISTORIES: Final = (
    *(pair[0] for pair in _PAIRS),
    Outcome("share_ever_given_up", "share 0-1", "services that have given up at least once"),
    Outcome("share_ever_gap", "share 0-1", "services that have had a gap at least once: nine months without a session"),
    *(pair[1] for pair in _PAIRS),
    Outcome("posts_never_started", "share of posts", "posts without a session although the time for a first one is over"),
    Outcome("posts_not_yet_started", "share of posts", "posts without a session so far"),
    *(
        Outcome(f"months_{name}", "months", f"months {words} since the start, per service")
        for name, words in (
            ("operating", "operating"),
            ("silent", "silent"),
            ("given_up", "given up"),
            ("kept_going", "from the first session to the first gap"),
        )
    ),
    Outcome("months_operating_per_post", "months", "months operating since the start, per post"),
    Outcome("months_kept_going_per_post", "months", "months from the first session to the first gap, per post"),
)
"""Outcomes of this module."""

_FLAGS: Final = (
    ("kept_going", "kept_going"),
    ("restarted_given_up", "restarted_given_up"),
    ("restarted_gap", "restarted_gap"),
    ("silent_nine_months", "in_gap"),
)
"""Outcome, and the flag of a service that it counts; of posts the field has ``_posts`` at its end."""

_POSTS_HIGH: Final = (
    ("high_every_look", "high_look_posts"),
    *((f"high_every_look_{name}", f"high_look_posts_{name}") for name in CUT_NAMES),
)


def of_histories(totals: Totals, services: np.ndarray, posts: np.ndarray) -> Computed:
    """Outcomes of this module, each with what computes it.

    Parameters
    ----------
    totals : Totals
    services, posts : numpy.ndarray
        Number of services and of established posts of each unit, shape (units,).
    """
    yield from _of_services(totals, services)
    yield from _of_posts(totals, posts)
    yield from _of_months(totals, services, posts)


def _of_services(totals: Totals, services: np.ndarray) -> Computed:
    def of_use(name: str) -> Value:
        code = USES.index(name.removeprefix("share_"))
        return Value(name, totals.over(totals.field("use") == code), services, None)

    def at_least(cut: float, name: str) -> Value:
        return _from_first_look(name, totals.over(totals.field("lowest_look") >= cut), services)

    def ever_given_up(name: str) -> Value:
        return Value(name, totals.over(np.maximum.accumulate(totals.field("use") == Use.GIVEN_UP, axis=2)), services, None)

    def ever_gap(name: str) -> Value:
        return Value(name, totals.over(np.maximum.accumulate(totals.field("in_gap"), axis=2)), services, None)

    for use in ("operating", "silent", "given_up"):
        yield f"share_{use}", of_use
    for name, field in _FLAGS:
        yield f"share_{name}", partial(total_of, totals, field, services)
    yield "share_high_every_look", lambda name: _from_first_look(name, totals.of("high_every_look"), services)
    for end, cut in zip(CUT_NAMES, CUTS, strict=True):
        yield f"share_high_every_look_{end}", partial(at_least, cut)
    yield "share_ever_given_up", ever_given_up
    yield "share_ever_gap", ever_gap


def _of_posts(totals: Totals, posts: np.ndarray) -> Computed:
    def high(field: str, name: str) -> Value:
        return _from_first_look(name, totals.of(field), posts)

    def not_yet(name: str) -> Value:
        known = sum(totals.of(f"{one}_posts") for one in ("operating", "silent", "given_up", "never_started"))
        return Value(name, posts.astype(np.int64)[None, :, None] - known, posts, None)

    for use in ("operating", "silent", "given_up", "never_started"):
        yield f"posts_{use}", partial(total_of, totals, f"{use}_posts", posts)
    yield "posts_not_yet_started", not_yet
    for name, field in _FLAGS:
        yield f"posts_{name}", partial(total_of, totals, f"{field}_posts", posts)
    for name, field in _POSTS_HIGH:
        yield f"posts_{name}", partial(high, field)


def _of_months(totals: Totals, services: np.ndarray, posts: np.ndarray) -> Computed:
    """Months so far in which something was so."""

    def of_use(name: str) -> Value:
        code = USES.index(name.removeprefix("months_"))
        return Value(name, np.cumsum(totals.over(totals.field("use") == code), axis=2), services, None)

    for use in ("operating", "silent", "given_up"):
        yield f"months_{use}", of_use
    yield "months_kept_going", partial(months_of, totals, "kept_going", services)
    yield "months_operating_per_post", partial(months_of, totals, "operating_posts", posts)
    yield "months_kept_going_per_post", partial(months_of, totals, "kept_going_posts", posts)


def _from_first_look(name: str, count: np.ndarray, divisor: np.ndarray) -> Value:
    """Value that is defined from the first look on."""
    defined = np.broadcast_to(np.arange(1, count.shape[2] + 1) >= LOOKS_EVERY, count.shape)
    return Value(name, np.where(defined, count, 0), divisor, defined)
