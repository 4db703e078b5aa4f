"""A hypothesis with made-up effects, for tests of what is written of one."""

from dataclasses import replace

import numpy as np

from experiments.hypotheses import reading
from experiments.hypotheses.estimating import Effect, Luck
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.prior import PriorControls, prior_effects
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import Claim, Estimate, HypothesisFile
from experiments.hypotheses.stability import ByWorld, Reading, Sources, readings_of
from experiments.hypotheses.verdicts import Knockout, judge, sign_of

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


OPEN = replace(made_up(0.05), sign_share=0.7)
"""An effect over draws of the prior that leaves the sign open."""


def size_of(what: Claim | Estimate) -> float:
    """Effect that an estimate gets: another for every first arm and outcome."""
    return 0.1 + 0.001 * (sum(next(iter(what.contrast)).encode()) % 97) + 0.2 * ("@" in what.outcome)


def prior_behaving() -> PriorControls:
    """Controls over the prior that behave, of arms in which nothing happens."""
    nothing = np.zeros((20, 4))
    return PriorControls(prior_effects(nothing, nothing, nothing))


def by_world(mean: float, worlds: int = 30) -> ByWorld:
    """A claim by world, towards its prediction, known well."""
    values = np.linspace(mean - 0.03, mean + 0.03, worlds)
    return ByWorld(values, np.full(worlds, 1e-6), np.zeros(worlds, bool), np.arange(worlds), 8)


def readings_made_up(claim: Claim, file: HypothesisFile) -> tuple[Reading, ...]:
    """Readings of a claim: it falls below the smallest effect over another ensemble, and holds else."""
    main = by_world(size_of(claim))
    sources = Sources(
        horizon=file.months, main=main, toward=made_up(size_of(claim)), weights=np.linspace(0.5, 1.5, 30),
        at_outcome=lambda outcome: by_world(size_of(claim) + 0.001 * len(outcome)), ensembles={"second": by_world(0.01)},
        at_point=lambda _: (by_world(size_of(claim), 20), np.full(20, 0.0)),
    )  # fmt: skip
    return readings_of(claim, file.rule, sources)


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
            prior=OPEN,
            sign=sign_of(OPEN, file.rule),
            readings=readings_made_up(one, file),
        )
        for one in file.claims
    )
    former = tuple(
        ClaimFound(judge(one, made_up(0.02), (), file.rule), made_up(0.02), (), (), Luck(0.005, seen=True), 0.001)
        for one in file.former
    )
    also = tuple((one, made_up(size_of(one))) for one in file.also)
    outcomes = {outcome for one in file.estimates for outcome in one.outcome.split("+")}
    arms = {
        arm: dict.fromkeys(sorted(outcomes | ({file.surface.outcome} if file.surface else set())), (0.1 + 0.01 * at, 0.01))
        for at, arm in enumerate(file.arms)
    }
    worlds = {one.name: np.linspace(-0.1, 0.3, 30) for one in file.claims}
    return Found(hypothesis, claims, also, arms, worlds, 8, former=former)
