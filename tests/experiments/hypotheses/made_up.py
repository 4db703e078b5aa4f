"""A hypothesis with made-up effects, for tests of what is written of one."""

import numpy as np

from experiments.hypotheses import reading
from experiments.hypotheses.estimating import Effect, Luck
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import Claim, Estimate
from experiments.hypotheses.verdicts import Knockout, judge

KNOCKOUTS = (
    Knockout("turnover", 0.02, 0.02),
    Knockout("hesitation", 0.2, 0.01, own=True),
    Knockout("belief=smoothing", 0.2, 0.01, counts=False),
)


def filled_in(name: str = "mine") -> str:
    """The template as a file of one's own, with its texts filled in."""
    text = (reading.STUDIES / f"{reading.TEMPLATE}.toml").read_text(encoding="utf-8")
    for old, new in (
        ('name = "template" ', f'name = "{name}" '), ("What it is about", "Clarity"),
        ("What do we want to know?", "Does clarity help?"), ("What do we expect to come out?", "It does."),
        ("Where the idea comes from.", "A talk."), ("Why do we expect it?", "People need to know what is wanted."),
    ):  # fmt: skip
        assert old in text, old
        text = text.replace(old, new)
    return text


def made_up(mean: float) -> Effect:
    """An effect that is known well."""
    return Effect(
        mean=mean,
        error=0.01,
        mcse=0.005,
        spread=0.02,
        low=mean - 0.02,
        high=mean + 0.02,
        sign_share=0.97,
        sign_error=0.02,
        counted=0.9,
        still=0.0,
        worlds=30,
        members=30,
        runs=8,
        correlation=0.5,
        reduction=2.0,
    )


def size_of(what: Claim | Estimate) -> float:
    """Effect that an estimate gets: another for every first arm and outcome."""
    return 0.1 + 0.001 * (sum(next(iter(what.contrast)).encode()) % 97) + 0.2 * ("@" in what.outcome)


def found_of(hypothesis: Hypothesis, knockouts: tuple[Knockout, ...] = KNOCKOUTS) -> Found:
    """What came of a hypothesis of contrasts, made up: every claim but for a mechanism is supported."""
    file = hypothesis.file
    claims = tuple(
        ClaimFound(
            judge(one, made_up(size_of(one)), knockouts, file.rule),
            made_up(size_of(one)),
            knockouts,
            (),
            Luck(0.005, seen=True),
            0.001,
        )
        for one in file.claims
    )
    also = tuple((one, made_up(size_of(one))) for one in file.also)
    outcomes = {outcome for one in file.estimates for outcome in one.outcome.split("+")}
    arms = {
        arm: dict.fromkeys(sorted(outcomes | ({file.surface.outcome} if file.surface else set())), (0.1 + 0.01 * at, 0.01))
        for at, arm in enumerate(file.arms)
    }
    worlds = {one.name: np.linspace(-0.1, 0.3, 30) for one in file.claims}
    return Found(hypothesis, claims, also, arms, worlds, 8)
