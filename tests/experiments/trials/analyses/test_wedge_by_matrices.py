"""The stepped wedge against the formulas written out with matrices, one trial at a time."""

import numpy as np
import pytest

from experiments.trials.analyses import wedge
from tests.experiments.trials.analyses.closed_variances import wedge_variance


def wedge_by_matrices(value, crossing, model):
    """Least squares with Mancl and DeRouen's errors, independence, with matrices."""
    clusters, periods = value.shape
    rows = []
    for c in range(clusters):
        for t in range(periods):
            exposed = max(t - crossing[c] + 1, 0)
            effects = [float(exposed > 0)] if model == "immediate" else [float(exposed == e) for e in range(1, periods)]
            rows.append([float(t == u) for u in range(periods)] + effects)
    design, y = np.array(rows), value.ravel()
    omega = np.linalg.inv(design.T @ design)
    beta = omega @ design.T @ y
    meat = np.zeros_like(omega)
    for c in range(clusters):
        mine = design[c * periods : (c + 1) * periods]
        r = np.linalg.solve(np.eye(periods) - mine @ omega @ mine.T, (y - design @ beta)[c * periods : (c + 1) * periods])
        meat += np.outer(mine.T @ r, mine.T @ r)
    weights = np.concatenate([np.zeros(periods), np.full(design.shape[1] - periods, 1.0 / (design.shape[1] - periods))])
    return weights @ beta, np.sqrt(weights @ omega @ meat @ omega @ weights)


@pytest.mark.parametrize("model", ["exposure", "immediate"])
def test_wedge_is_that_of_the_matrix_formulas(model):
    rng = np.random.default_rng(11)
    crossing = np.stack([rng.permutation(np.repeat(np.arange(1, 5), 3)) for _ in range(4)])
    value = rng.standard_normal((4, 12, 1)) + rng.standard_normal((4, 12, 5))
    found = wedge(value, crossing, model=model, exchangeable=False)
    for at in range(4):
        estimate, error = wedge_by_matrices(value[at], crossing[at], model)
        assert found.estimate[at] == pytest.approx(estimate, abs=1e-9)
        assert found.error[at] == pytest.approx(error, rel=1e-7)
    assert not np.allclose(found.estimate, wedge(value, crossing, model=model).estimate)


def test_weighted_wedge_is_that_of_the_members_one_by_one():
    rng = np.random.default_rng(17)
    crossing = np.repeat(np.arange(1, 4), 3)
    size = rng.integers(1, 6, (9, 4))
    members = [[rng.standard_normal(size[c, t]) + rng.standard_normal() for t in range(4)] for c in range(9)]
    value = np.array([[one.mean() for one in row] for row in members])
    found = wedge(value[None], crossing[None], exchangeable=False, weight=size[None].astype(float))
    rows, y, cluster = [], [], []
    for c in range(9):
        for t in range(4):
            exposed = max(t - crossing[c] + 1, 0)
            rows += [[float(t == u) for u in range(4)] + [float(exposed == e) for e in (1, 2, 3)]] * size[c, t]
            y += [*members[c][t]]
            cluster += [c] * size[c, t]
    design, y, cluster = np.array(rows), np.array(y), np.array(cluster)
    omega = np.linalg.inv(design.T @ design)
    left = y - design @ (omega @ design.T @ y)
    meat = np.zeros_like(omega)
    for c in range(9):
        mine = design[cluster == c]
        score = mine.T @ np.linalg.solve(np.eye(len(mine)) - mine @ omega @ mine.T, left[cluster == c])
        meat += np.outer(score, score)
    contrast = np.array([0.0] * 4 + [1 / 3] * 3)
    assert found.estimate[0] == pytest.approx(contrast @ omega @ design.T @ y, abs=1e-10)
    assert found.error[0] == pytest.approx(np.sqrt(contrast @ omega @ meat @ omega @ contrast), rel=1e-8)
    assert found.error[0] != pytest.approx(wedge(value[None], crossing[None], exchangeable=False).error[0], rel=1e-3)


def test_wedge_with_a_known_correlation_is_generalised_least_squares():
    rng = np.random.default_rng(18)
    crossing, known = np.repeat(np.arange(1, 5), 2), 0.35
    value = rng.standard_normal((8, 5))
    value[3, 2] = np.nan
    found = wedge(value[None], crossing[None], model="immediate", correlation=known)
    information, score, blocks = np.zeros((6, 6)), np.zeros(6), []
    for c in range(8):
        there = ~np.isnan(value[c])
        mine = np.column_stack([np.eye(5), np.arange(5) >= crossing[c]])[there]
        inverse = np.linalg.inv((1 - known) * np.eye(len(mine)) + known)
        information += mine.T @ inverse @ mine
        score += mine.T @ inverse @ value[c][there]
        blocks.append((mine, inverse, value[c][there]))
    omega = np.linalg.inv(information)
    beta, meat = omega @ score, np.zeros((6, 6))
    for mine, inverse, y in blocks:
        part = mine.T @ inverse @ np.linalg.solve(np.eye(len(y)) - mine @ omega @ mine.T @ inverse, y - mine @ beta)
        meat += np.outer(part, part)
    assert found.estimate[0] == pytest.approx(beta[5], abs=1e-10)
    assert found.error[0] == pytest.approx(np.sqrt((omega @ meat @ omega)[5, 5]), rel=1e-8)


def test_wedge_variance_is_that_of_generalised_least_squares():
    within, between, periods, crossings = 0.7, 0.3, 5, [1, 1, 2, 3, 4, 4]
    size = len(crossings) * periods
    design = np.zeros((size, periods + 1))
    v = np.zeros((size, size))
    for c, crossing in enumerate(crossings):
        for t in range(periods):
            design[c * periods + t, t] = 1.0
            design[c * periods + t, periods] = float(t >= crossing)
        block = slice(c * periods, (c + 1) * periods)
        v[block, block] = within * np.eye(periods) + between
    exact = np.linalg.inv(design.T @ np.linalg.inv(v) @ design)[-1, -1]
    assert wedge_variance(within, between, crossings, periods) == pytest.approx(exact, rel=1e-12)
    assert wedge_variance(within, 0.0, crossings, periods) != pytest.approx(exact, rel=1e-3)
