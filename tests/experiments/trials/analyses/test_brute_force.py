"""The analyses against the formulas written out with matrices, one trial at a time, and against statsmodels."""

import warnings

import numpy as np
import pytest
from scipy import optimize, stats

from experiments.trials.analyses import autocorrelation, cluster_t, gee, intracluster, mixed, permutation
from experiments.trials.analyses.gee import _correlation, summed
from experiments.trials.analyses.mixed import fitted

TRIALS = 6


def planted(seed: int, *, binary: bool = False, clusters: int = 11, most: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Members and arms of trials with clusters of unequal size."""
    rng = np.random.default_rng(seed)
    arm = np.stack([rng.permutation(np.arange(clusters) % 2) for _ in range(TRIALS)])
    size = rng.integers(1, most + 1, (TRIALS, clusters))
    true = 0.8 * rng.standard_normal((TRIALS, clusters)) + 0.6 * arm
    members = true[..., None] + rng.standard_normal((TRIALS, clusters, most))
    if binary:
        members = (members > 0.3).astype(float)
    return np.where(np.arange(most) < size[..., None], members, np.nan), arm


def flat(members: np.ndarray, arm: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One trial as rows: value, arm, cluster."""
    there = ~np.isnan(members)
    cluster, _ = np.nonzero(there)
    return members[there], arm[cluster].astype(float), cluster


def by_matrices(members, arm, *, correction, link, correlation):
    """Published formulas of the corrected sandwich, with matrices."""
    y, x, cluster = flat(members, arm)
    design = np.column_stack([np.ones(len(y)), x])
    means = {}
    for level in (0.0, 1.0):  # the estimate solves the weighted mean of each arm
        weights = {}
        for one in np.unique(cluster[x == level]):
            n = (cluster == one).sum()
            weights[one] = (n / (1 + (n - 1) * correlation), y[cluster == one].mean())
        means[level] = sum(w * m for w, m in weights.values()) / sum(w for w, _ in weights.values())
    mu = np.array([means[level] for level in x])
    phi = ((y - mu) ** 2).sum() / (len(y) - 2) if link == "identity" else 1.0
    bread, blocks = np.zeros((2, 2)), []
    for one in np.unique(cluster):
        mine = cluster == one
        n = mine.sum()
        slope = mu[mine] * (1 - mu[mine]) if link == "logit" else np.ones(n)
        root = np.sqrt(slope) if link == "logit" else np.ones(n)
        v = phi * np.outer(root, root) * ((1 - correlation) * np.eye(n) + correlation)
        d = design[mine] * slope[:, None]
        vi = np.linalg.inv(v)
        bread += d.T @ vi @ d
        blocks.append((d, vi, v, (y - mu)[mine]))
    omega = np.linalg.inv(bread)
    meat = np.zeros((2, 2))
    for d, vi, _, apart in blocks:
        r = apart
        h = d @ omega @ d.T @ vi
        if correction == "mancl_derouen":
            r = np.linalg.solve(np.eye(len(r)) - h, r)
        elif correction == "kauermann_carroll":
            values, vectors = np.linalg.eig(np.eye(len(r)) - h)
            r = (vectors @ np.diag(values**-0.5) @ np.linalg.inv(vectors)).real @ r
        score = d.T @ vi @ r
        if correction == "fay_graubard":
            q = np.diag(d.T @ vi @ d @ omega)
            score = score / np.sqrt(1 - np.minimum(q, 0.75))
        meat += np.outer(score, score)
    if correction == "morel":
        n, m, p = len(y), len(blocks), 2
        k = (n - 1) / (n - p) * m / (m - 1)
        delta = p / (m - p) if m > 3 * p else 0.5
        xi = max(1.0, np.trace(omega @ meat) / p)
        cov = k * omega @ meat @ omega + delta * xi * omega
    else:
        cov = omega @ meat @ omega
    scale = [np.log(m / (1 - m)) if link == "logit" else m for m in (means[0.0], means[1.0])]
    return scale[1] - scale[0], np.sqrt(cov[1, 1])


@pytest.mark.parametrize("link", ["identity", "logit"])
@pytest.mark.parametrize("correction", ["none", "mancl_derouen", "kauermann_carroll", "fay_graubard", "morel"])
@pytest.mark.parametrize("exchangeable", [True, False])
def test_corrected_sandwiches_are_those_of_the_matrix_formulas(link, correction, exchangeable):
    members, arm = planted(3, binary=link == "logit")
    found = gee(members, arm, correction=correction, link=link, exchangeable=exchangeable)
    alike = _correlation(summed(members, arm), link)[0] if exchangeable else np.zeros(TRIALS)
    for at in range(TRIALS):
        value, error = by_matrices(members[at], arm[at], correction=correction, link=link, correlation=alike[at])
        assert found.estimate[at] == pytest.approx(value, abs=1e-9)
        assert found.error[at] == pytest.approx(error, rel=1e-9)
    other, _ = by_matrices(members[0], arm[0], correction=correction, link=link, correlation=0.9)
    assert other != pytest.approx(found.estimate[0], abs=1e-6)  # the comparison can fail


def test_corrections_differ_from_each_other():
    members, arm = planted(4)
    errors = [
        gee(members, arm, correction=one).error for one in ("none", "kauermann_carroll", "mancl_derouen", "fay_graubard", "morel")
    ]
    for at, one in enumerate(errors):
        for other in errors[at + 1 :]:
            assert not np.allclose(one, other, rtol=1e-3)
    assert (errors[0] < errors[1]).all()
    assert (errors[1] < errors[2]).all()


@pytest.mark.parametrize(("link", "exchangeable"), [("identity", True), ("identity", False), ("logit", True), ("logit", False)])
def test_gee_is_that_of_statsmodels(link, exchangeable):
    import statsmodels.api as sm

    members, arm = planted(5, binary=link == "logit")
    plain = gee(members, arm, correction="none", link=link, exchangeable=exchangeable)
    corrected = gee(members, arm, link=link, exchangeable=exchangeable)
    family = sm.families.Binomial() if link == "logit" else sm.families.Gaussian()
    for at in range(TRIALS):
        y, x, cluster = flat(members[at], arm[at])
        structure = sm.cov_struct.Exchangeable() if exchangeable else sm.cov_struct.Independence()
        model = sm.GEE(y, sm.add_constant(x), cluster, family=family, cov_struct=structure)
        fit = model.fit(maxiter=500, ctol=1e-12, cov_type="bias_reduced")
        assert plain.estimate[at] == pytest.approx(fit.params[1], abs=1e-6)
        assert plain.error[at] == pytest.approx(fit.standard_errors("robust")[1], abs=1e-6)
        assert corrected.error[at] == pytest.approx(fit.standard_errors("bias_reduced")[1], abs=1e-6)


def test_clusters_that_weigh_the_same_are_members_with_weights():
    """Each member has one over the members of its cluster as weight."""
    import statsmodels.api as sm

    members, arm = planted(12)
    found = gee(members, arm, correction="none", weighting="cluster")
    for at in range(TRIALS):
        y, x, cluster = flat(members[at], arm[at])
        model = sm.GEE(y, sm.add_constant(x), cluster, weights=1.0 / np.bincount(cluster)[cluster])
        fit = model.fit(cov_type="robust")
        assert found.estimate[at] == pytest.approx(fit.params[1], abs=1e-9)
        assert found.error[at] == pytest.approx(fit.standard_errors("robust")[1], abs=1e-9)
    assert not np.allclose(found.estimate, gee(members, arm, exchangeable=False).estimate, atol=1e-3)


def test_kauermann_and_carroll_with_clusters_of_one_size_is_the_cluster_level_t():
    rng = np.random.default_rng(13)
    members, arm = rng.standard_normal((TRIALS, 12, 4)) + rng.standard_normal((TRIALS, 12, 1)), np.tile([0, 1], (TRIALS, 6))
    plain = cluster_t(members.mean(axis=2), arm)
    np.testing.assert_allclose(gee(members, arm, correction="kauermann_carroll").p, plain.p, rtol=1e-9)
    assert (gee(members, arm).p > plain.p).all()
    inside = ~mixed(members, arm).at_bound
    np.testing.assert_allclose(mixed(members, arm).p[inside], plain.p[inside], rtol=1e-9)


def test_mixed_model_is_that_of_statsmodels():
    import statsmodels.api as sm

    members, arm = planted(6, clusters=14)
    found, parts = mixed(members, arm), fitted(summed(members, arm))
    bound = 0
    for at in range(TRIALS):
        if found.at_bound[at]:
            bound += 1
            continue
        y, x, cluster = flat(members[at], arm[at])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.MixedLM(y, sm.add_constant(x), cluster).fit(reml=True, method=["bfgs"], gtol=1e-10)
        assert found.estimate[at] == pytest.approx(fit.fe_params[1], abs=1e-6)
        assert parts.within[at] == pytest.approx(fit.scale, rel=1e-6)
        assert parts.ratio[at] * parts.within[at] == pytest.approx(fit.cov_re[0, 0], rel=1e-6)
        # its standard errors are of the joint Hessian, with the variances: test_r.py has those that lme4 gives
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            likely = sm.MixedLM(y, sm.add_constant(x), cluster).fit(reml=False, method=["bfgs"])
        assert parts.ratio[at] * parts.within[at] != pytest.approx(likely.cov_re[0, 0], rel=1e-2)
    assert bound < TRIALS


def deviance(theta, y, x, cluster):
    """Twice the negative restricted log-likelihood, with matrices."""
    within, between = np.exp(theta)
    design = np.column_stack([np.ones(len(y)), x])
    v = within * np.eye(len(y)) + between * (cluster[:, None] == cluster)
    vi = np.linalg.inv(v)
    information = design.T @ vi @ design
    beta = np.linalg.solve(information, design.T @ vi @ y)
    r = y - design @ beta
    return np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + r @ vi @ r, beta, np.linalg.inv(information)


def test_restricted_likelihood_and_satterthwaite_by_matrices():
    """Maximised in the logarithms of the variances, with numerical derivatives: another way to the same numbers."""
    members, arm = planted(7, clusters=12)
    found = mixed(members, arm, df="satterthwaite")
    checked = 0
    for at in range(TRIALS):
        if found.at_bound[at]:
            continue
        rows = flat(members[at], arm[at])
        best = optimize.minimize(lambda t, rows=rows: deviance(t, *rows)[0], [0.0, -0.5], method="Nelder-Mead",
                                 options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000})  # fmt: skip
        theta, step = best.x, 1e-4
        _, beta, cov = deviance(theta, *rows)
        assert found.estimate[at] == pytest.approx(beta[1], abs=1e-6)
        assert found.error[at] == pytest.approx(np.sqrt(cov[1, 1]), abs=1e-6)
        hessian, gradient = np.zeros((2, 2)), np.zeros(2)
        unit = np.eye(2) * step
        for i in range(2):
            gradient[i] = (deviance(theta + unit[i], *rows)[2][1, 1] - deviance(theta - unit[i], *rows)[2][1, 1]) / (2 * step)
            for j in range(2):
                signs = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
                hessian[i, j] = sum(c * deviance(theta + a * unit[i] + b * unit[j], *rows)[0] for a, b, c in signs) / (
                    4 * step**2
                )
        spread = gradient @ np.linalg.inv(hessian / 2) @ gradient
        assert found.df[at] == pytest.approx(2 * cov[1, 1] ** 2 / spread, rel=1e-3)
        checked += 1
    assert checked >= 3


def test_cluster_t_is_that_of_scipy_and_of_least_squares():
    import statsmodels.api as sm

    members, arm = planted(8)
    value = np.nanmean(members, axis=2)
    value[:, 2] = np.nan
    found = cluster_t(value, arm)
    weight = (~np.isnan(members)).sum(axis=2).astype(float)
    weighted = cluster_t(value, arm, weight=weight)
    stratum = np.arange(value.shape[1])[None, :] % 3 + np.zeros_like(arm)
    within = cluster_t(value, arm, stratum=stratum)
    for at in range(TRIALS):
        there = ~np.isnan(value[at])
        y, x = value[at][there], arm[at][there]
        plain = stats.ttest_ind(y[x == 1], y[x == 0])
        assert found.p[at] == pytest.approx(plain.pvalue, abs=1e-12)
        assert found.df[at] == plain.df
        low, high = plain.confidence_interval()
        assert (found.lower[at], found.upper[at]) == (pytest.approx(low), pytest.approx(high))
        fit = sm.WLS(y, sm.add_constant(x.astype(float)), weights=weight[at][there]).fit()
        assert weighted.p[at] == pytest.approx(fit.pvalues[1], abs=1e-10)
        dummies = np.column_stack([x.astype(float), *(stratum[at][there] == one for one in range(3))]).astype(float)
        assert within.p[at] == pytest.approx(sm.OLS(y, dummies).fit().pvalues[0], abs=1e-10)


def test_pairs_are_the_paired_t():
    rng = np.random.default_rng(9)
    value, pair = rng.standard_normal((5, 12)), np.arange(12)[None, :] // 2 + np.zeros((5, 1), int)
    arm = np.tile([0, 1], 6)[None, :] + np.zeros((5, 1), int)
    found = cluster_t(value, arm, stratum=pair)
    for at in range(5):
        plain = stats.ttest_rel(value[at, 1::2], value[at, ::2])
        assert found.p[at] == pytest.approx(plain.pvalue, abs=1e-12)
    assert not np.allclose(found.p, cluster_t(value, arm).p)


def test_permutation_of_every_allocation_is_exact():
    from itertools import combinations

    rng = np.random.default_rng(10)
    value, arm = rng.standard_normal((3, 8)) + np.tile([0, 1.2], 4), np.tile([0, 1], (3, 4))
    every = np.array([[at in chosen for at in range(8)] for chosen in combinations(range(8), 4)])
    found = permutation(value, arm, every, alpha=0.2)
    for at in range(3):
        seen = value[at][arm[at] == 1].mean() - value[at][arm[at] == 0].mean()
        chance = [value[at][row].mean() - value[at][~row].mean() for row in every]
        beyond = sum(abs(one) >= abs(seen) - 1e-12 for one in chance)
        assert found.p[at] == pytest.approx((1 + beyond) / 71)
        # the interval holds just the shifts that are not rejected
        for edge, inside, outside in ((found.lower[at], 1e-6, -1e-6), (found.upper[at], -1e-6, 1e-6)):
            sides = []
            for step in (inside, outside):
                moved = value[at] - (edge + step) * arm[at]
                now = moved[arm[at] == 1].mean() - moved[arm[at] == 0].mean()
                far = [moved[row].mean() - moved[~row].mean() for row in every]
                count = (
                    sum(one >= now - 1e-12 for one in far) if edge == found.lower[at] else sum(one <= now + 1e-12 for one in far)
                )
                sides.append((1 + count) / 71 > 0.1)
            assert sides == [True, False]


def test_intracluster_correlation_by_hand():
    members = np.array([[[1.0, 2.0, np.nan], [4.0, 6.0, 5.0], [2.0, 2.0, np.nan]]])
    every = members[~np.isnan(members)]
    means, counts = np.array([1.5, 5.0, 2.0]), np.array([2.0, 3.0, 2.0])
    among = (counts * (means - every.mean()) ** 2).sum() / 2
    inside = (0.5 + 2.0 + 0.0) / 4
    size = (7 - (counts**2).sum() / 7) / 2
    assert intracluster(members)[0] == pytest.approx((among - inside) / (among + (size - 1) * inside))


def test_autocorrelation_leaves_out_what_is_not_seen_twice():
    early, late = np.array([[1.0, 2.0, 3.0, np.nan, 5.0]]), np.array([[2.0, 1.0, 4.0, 9.0, 7.0]])
    keep = [0, 1, 2, 4]
    assert autocorrelation(early, late)[0] == pytest.approx(np.corrcoef(early[0, keep], late[0, keep])[0, 1])
