"""Small tables whose numbers can be worked out by hand, and every way in which a fit fails."""

import numpy as np
import pytest
from scipy import stats

from experiments.trials.analyses import (
    FAILURES,
    FINE,
    by_exposure,
    cluster_t,
    gee,
    intracluster,
    mixed,
    permutation,
    wedge,
)
from experiments.trials.analyses.closed_forms import design_effect, two_arms_power, wedge_power
from experiments.trials.analyses.estimates import NO_VARIANCE, NOT_CONVERGED, SEPARATED, SINGULAR, TOO_FEW

ARM = np.array([[0, 0, 1, 1]])


def told(found) -> tuple[float, float, float]:
    """Estimate, variance and degrees of freedom of the only trial."""
    assert found.failed.tolist() == [FINE]
    return found.estimate[0], found.error[0] ** 2, found.df[0]


# ----------------------------------------------------------------------------------------------------------- one value a cluster


def test_two_arms():
    found = cluster_t(np.array([[1.0, 2.0, 3.0, 5.0]]), ARM)
    assert told(found) == pytest.approx((2.5, 1.25, 2.0))  # pooled variance (0.5 + 2) / 2, times 1/2 + 1/2
    # Student's t with two degrees of freedom has a closed form: P(T > t) = 1/2 - t / (2 sqrt(t^2 + 2))
    t = 2.5 / np.sqrt(1.25)
    assert found.p[0] == pytest.approx(1.0 - t / np.sqrt(t**2 + 2.0))
    assert found.upper[0] - found.estimate[0] == pytest.approx(4.302652729911275 * np.sqrt(1.25))


def test_weights():
    weight = np.array([[1.0, 2.0, 1.0, 1.0]])
    found = cluster_t(np.array([[0.0, 3.0, 4.0, 6.0]]), ARM, weight=weight)
    assert told(found) == pytest.approx((3.0, 4.0 * (1 / 3 + 1 / 2), 2.0))  # means 2 and 5; squares 4 + 2 + 1 + 1
    assert told(cluster_t(np.array([[0.0, 3.0, 4.0, 6.0]]), ARM))[0] == pytest.approx(3.5)


def test_pairs():
    found = cluster_t(np.array([[1.0, 2.0, 5.0, 8.0]]), np.array([[0, 1, 0, 1]]), stratum=np.array([[7, 7, 3, 3]]))
    assert told(found) == pytest.approx((2.0, 1.0, 1.0))  # differences 1 and 3
    assert found.p[0] == pytest.approx(1.0 - 2.0 * np.arctan(2.0) / np.pi)


def test_factorial():
    arm, other = np.array([[0, 0, 1, 1] * 2]), np.array([[0] * 4 + [1] * 4])
    value = np.array([[1.0, 3.0, 4.0, 6.0, 2.0, 4.0, 5.0, 9.0]])
    assert told(cluster_t(value, arm, other=other)) == pytest.approx((3.5, 2.9 / 2.0, 5.0))  # squares left 14.5
    assert told(cluster_t(value, other, other=arm))[0] == pytest.approx(1.5)


def test_three_arms_share_their_variance():
    value, arm = np.array([[1.0, 2.0, 3.0, 5.0, 0.0, 4.0]]), np.array([[0, 0, 1, 1, 2, 2]])
    assert told(cluster_t(value, arm)) == pytest.approx((2.5, (0.5 + 2.0 + 8.0) / 3.0, 3.0))
    anew = np.choose(arm, [0, 2, 1])
    assert told(cluster_t(value, anew))[0] == pytest.approx(0.5)


def test_strata_cost_a_degree_of_freedom_each_but_the_first():
    rng = np.random.default_rng(1)
    value, arm = rng.standard_normal((1, 12)), np.tile([0, 1], 6)[None]
    for strata in (1, 2, 3):
        assert cluster_t(value, arm, stratum=np.arange(12)[None] * strata // 12).df[0] == 12 - 2 - (strata - 1)


def test_permutation():
    every = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]], bool)
    found = permutation(np.array([[0.0, 0.0, 1.0, 1.0]]), ARM, every)
    assert found.p[0] == pytest.approx((1 + 2) / (1 + 6))
    assert found.estimate[0] == 1.0
    assert (found.lower[0], found.upper[0]) == (-np.inf, np.inf)  # seven values of p cannot exclude a shift at .05


# ------------------------------------------------------------------------------------------------------------------- members

PAIRS_OF_MEANS = np.array([[[0.0, 2.0], [2.0, 4.0], [3.0, 5.0], [7.0, 9.0]]])
"""Means 1 and 3, 4 and 8: they lie 1 and 2 from those of their arms."""


@pytest.mark.parametrize(("correction", "variance"), [("none", 2.5), ("kauermann_carroll", 5.0), ("mancl_derouen", 10.0)])
def test_corrections(correction, variance):
    found = told(gee(PAIRS_OF_MEANS, ARM, correction=correction))
    assert found == pytest.approx((4.0, variance, np.inf if correction == "none" else 2.0))


def test_odds():
    members = np.array([[[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]]], float)
    value, variance, _ = told(gee(members, ARM, link="logit", correction="none"))
    assert value == pytest.approx(np.log(3.0))  # 1/2 and 3/4
    assert variance == pytest.approx(1 / 2 + 8 / 9)


def test_clusters_may_weigh_the_same_or_members():
    members = np.array([[[0.0, np.nan], [3.0, 3.0], [5.0, 5.0], [8.0, np.nan]]])
    assert told(gee(members, ARM, exchangeable=False))[0] == pytest.approx(6.0 - 2.0)
    assert told(gee(members, ARM, exchangeable=False, weighting="cluster"))[0] == pytest.approx(6.5 - 1.5)


def test_restricted_likelihood():
    members = np.array([[[0.0, 2.0], [4.0, 6.0], [7.0, 9.0], [11.0, 13.0]]])
    # mean squares 16 between and 2 within clusters: variances 7 and 2
    for df in ("between_within", "satterthwaite"):
        assert told(mixed(members, ARM, df=df)) == pytest.approx((7.0, 8.0, 2.0))
    assert intracluster(members, group=ARM)[0] == pytest.approx(7 / 9)


def test_a_variance_of_nothing():
    members = np.array([[[0.0, 10.0], [10.0, 0.0], [4.0, 8.0], [9.0, 3.0]]])
    found = mixed(members, ARM, df="satterthwaite")
    assert told(found) == pytest.approx((1.0, 126 / 6 * (1 / 4 + 1 / 4), 6.0))
    assert found.at_bound.tolist() == [True]
    assert intracluster(members, group=ARM)[0] == pytest.approx(-1.0)


# --------------------------------------------------------------------------------------------------------------------- wedge


def stepped(first: float, second: float) -> tuple[np.ndarray, np.ndarray]:
    """Two sequences of two clusters, three periods; clusters lie 1 above and below, the effect is ``first``, then ``second``."""
    crossing = np.array([[1, 1, 2, 2]])
    exposure = np.maximum(np.arange(3) - crossing[..., None] + 1, 0)
    effect = np.array([0.0, first, second])[exposure]
    return effect + np.array([5.0, 4.0, 7.0]) + np.array([1.0, -1.0, 1.0, -1.0])[:, None], crossing


def test_effects_by_exposure():
    value, crossing = stepped(1.0, 3.0)
    effects, exposures = by_exposure(value, crossing)
    assert exposures.tolist() == [1, 2]
    np.testing.assert_allclose(effects, [[1.0, 3.0]])
    # sequences differ by 1 in the second period and by 3 - 1 in the third; a cluster has half the weight of its sequence
    found = wedge(value, crossing, exchangeable=False)
    assert told(found) == pytest.approx((2.0, 4 * 1.5**2, 2.0))
    assert told(wedge(value, crossing, exchangeable=False, only=2)) == pytest.approx((3.0, 4 * 2.0**2, 2.0))
    assert told(wedge(value, crossing, exchangeable=False, longest=1)) == pytest.approx((1.0, 4 * 1.0**2, 2.0))


def test_sign_of_the_immediate_model_flips():
    """The effect is never below 0, and grows: 1, then 5. The third period, where all are exposed, is taken for a baseline."""
    value, crossing = stepped(1.0, 5.0)
    # differences d of the sequences are 0, 1, 4; with c = r / (1 + 2r) the model estimates (d1 - c sum d) / (1 - c)
    for r in (0.1, 0.5, 0.9):
        c = r / (1.0 + 2.0 * r)
        usual = wedge(value, crossing, model="immediate", correlation=r)
        assert usual.estimate[0] == pytest.approx((1.0 - 5.0 * c) / (1.0 - c))
        assert wedge(value, crossing, correlation=r).estimate[0] == pytest.approx(3.0)
    assert usual.estimate[0] < -0.5


def test_what_a_wedge_cannot_be_asked():
    value, crossing = stepped(1.0, 3.0)
    with pytest.raises(ValueError, match="exchangeable=False"):
        wedge(value, crossing, weight=np.ones(value.shape))
    with pytest.raises(ValueError, match="only: 3; no cluster is exposed for other than 1 to 2 periods"):
        wedge(value, crossing, only=3)


# -------------------------------------------------------------------------------------------------------------- closed forms


def test_closed_forms():
    assert design_effect(11, 0.1) == pytest.approx(2.0)
    assert design_effect(10, 0.1, variation=1.0) == pytest.approx(2.9)
    assert wedge_power(stats.norm.ppf(0.975) + stats.norm.ppf(0.8), 1.0) == pytest.approx(0.8, abs=1e-4)
    assert two_arms_power(0.0, 1.0, 20, 5, 0.1) == pytest.approx(0.05)
    assert wedge_power(2.0, 1.0, df=1e6) == pytest.approx(wedge_power(2.0, 1.0), abs=1e-5)
    assert wedge_power(2.0, 1.0, df=4) < wedge_power(2.0, 1.0) - 0.1
    assert two_arms_power(50.0, 1.0, 20, 5, 0.1) == 1.0


def test_power_without_clusters_is_that_of_statsmodels():
    from statsmodels.stats.power import TTestIndPower

    expected = TTestIndPower().power(0.5, 20, 0.05)
    assert two_arms_power(0.5, 1.0, 40, 1, 0.0) == pytest.approx(expected, abs=1e-9)
    assert two_arms_power(0.5, 1.0, 40, 3, 0.2) != pytest.approx(expected, abs=1e-3)


# ------------------------------------------------------------------------------------------------------------------ failures


def fails(found, code: int) -> None:
    """The fit failed in this way, gives nothing, and rejects nothing."""
    assert [FAILURES[one] for one in found.failed] == [FAILURES[code]]
    assert not (found.p < 0.05).any()
    for name in ("estimate", "error", "df", "lower", "upper", "p"):
        assert np.isnan(getattr(found, name)).all(), name


ALIKE = np.full((1, 4), 0.1)
"""No double has this value: what is left of it after a mean is rounding, which is no variance."""
APART = np.array([[0.1, 0.1, 0.7, 0.7]])
ANALYSES_OF_VALUES = {
    "t": cluster_t,
    "weighted": lambda value, arm: cluster_t(value, arm, weight=np.array([[1.0, 3.0, 7.0, 2.0]])),
    "gee": lambda value, arm: gee(np.repeat(value[..., None], 3, axis=2), arm),
    "clusters": lambda value, arm: gee(np.repeat(value[..., None], 3, axis=2), arm, weighting="cluster"),
    "independence": lambda value, arm: gee(np.repeat(value[..., None], 3, axis=2), arm, exchangeable=False),
    "mixed": lambda value, arm: mixed(np.repeat(value[..., None], 3, axis=2), arm),
    "wedge": lambda value, _: wedge(np.repeat(value[..., None], 3, axis=2), np.array([[1, 1, 2, 2]]), model="immediate"),
}


@pytest.mark.parametrize("value", [ALIKE, 1e6 * ALIKE, APART], ids=["alike", "large", "apart"])
@pytest.mark.parametrize("name", ANALYSES_OF_VALUES)
def test_no_variance(name, value):
    if name == "wedge" and value is APART:
        value = ALIKE + 3.0  # there clusters of a sequence that lie apart from others vary
    fails(ANALYSES_OF_VALUES[name](value, ARM), NO_VARIANCE)
    rng = np.random.default_rng(2)
    varied = value + 1e-6 * rng.standard_normal(value.shape)
    assert ANALYSES_OF_VALUES[name](varied, ARM).failed[0] in (FINE, NOT_CONVERGED if name == "mixed" else FINE)


def test_no_variance_of_permutations():
    every = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]], bool)
    fails(permutation(ALIKE, ARM, every), NO_VARIANCE)


def test_too_few():
    one_each = np.array([[1.0, np.nan, 2.0, np.nan]])
    fails(cluster_t(one_each, ARM), TOO_FEW)
    fails(
        cluster_t(np.array([[1.0, 2.0, 3.0, 4.0]]), ARM, stratum=np.array([[0, 1, 0, 1]]), other=ARM * 0 + [[0, 1, 1, 0]]),
        TOO_FEW,
    )
    members = np.repeat(one_each[..., None], 2, axis=2) + np.array([0.0, 0.3])
    fails(gee(members, ARM), TOO_FEW)
    fails(mixed(members, ARM), TOO_FEW)
    fails(gee(PAIRS_OF_MEANS, np.array([[0, 1, 1, 1]])), TOO_FEW)  # an arm of one cluster fits it
    nobody = np.where(ARM == 1, np.nan, 1.0)
    fails(mixed(np.repeat(nobody[..., None], 2, axis=2), ARM), TOO_FEW)
    fails(permutation(nobody, ARM, np.array([[1, 0, 1, 0]], bool)), TOO_FEW)
    value, crossing = stepped(1.0, 2.0)
    fails(wedge(value[:, ::2], crossing[:, ::2]), TOO_FEW)


def test_singular():
    fails(
        cluster_t(
            np.array([[1.0, 2.0, 3.0, 5.0, 4.0, 4.5]]), np.array([[0, 0, 0, 1, 1, 1]]), other=np.array([[0, 0, 0, 1, 1, 1]])
        ),
        SINGULAR,
    )
    fails(mixed(np.array([[[1.0], [2.0], [3.0], [5.0]]]), ARM), SINGULAR)  # one member each: which variance is it?
    value, crossing = stepped(1.0, 2.0)
    fails(wedge(value[:, [0, 1, 2]], crossing[:, [0, 1, 2]]), SINGULAR)  # a sequence of one cluster
    fails(wedge(value, np.full((1, 4), 1)), SINGULAR)  # all cross at once: periods and effects are the same


def test_separated():
    members = np.array([[[0, 0, 0], [0, 0, 0], [1, 0, 1], [0, 1, 0]]], float)
    for about in ({}, {"exchangeable": False}, {"weighting": "cluster"}):
        fails(gee(members, ARM, link="logit", **about), SEPARATED)
        fails(gee(1.0 - members, ARM, link="logit", **about), SEPARATED)
        assert gee(members, ARM, **about).failed.tolist() == [FINE]  # a difference of shares is there


def test_not_converged():
    members = np.repeat(np.array([[1.0, 2.0, 3.0, 5.0]])[..., None], 3, axis=2)
    fails(mixed(members, ARM), NOT_CONVERGED)  # nothing varies within clusters: the ratio of variances is infinite
    assert gee(members, ARM).failed.tolist() == [FINE]
