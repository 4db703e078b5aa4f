"""The analyses against R: what lme4, lmerTest, gee, geepack and clubSandwich give for published data.

``fixtures/make.R`` made both tables and stands beside them. Data: pups of rats by litter, treated litter by litter (RatPupWeight
of nlme, Pinheiro and Bates 2000), teeth (Orthodont of nlme, Potthoff and Roy 1964), respiratory illness (respiratory of geepack,
Koch and others 1990), sleep (Student 1908), and a stepped wedge that was drawn. Fay and Graubard's correction and that of Morel
and others are in none of these packages: test_brute_force.py has them by matrices.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.trials.analyses import by_exposure, cluster_t, gee, mixed, wedge
from experiments.trials.analyses.estimates import SINGULAR
from experiments.trials.analyses.gee import summed
from experiments.trials.analyses.mixed import fitted

FIXTURES = Path(__file__).with_name("fixtures")
DATA = pd.read_csv(FIXTURES / "data.csv")
NUMBERS = pd.read_csv(FIXTURES / "numbers.csv")
TABLES = ("rats_high", "rats_low", "teeth")
EXACT = 1e-9
NEAR = 1e-6
"""For what R finds by iteration."""


def told(table: str, analysis: str) -> dict[str, float]:
    """What R gives."""
    mine = NUMBERS[(NUMBERS.table == table) & (NUMBERS.analysis == analysis)]
    assert len(mine)
    return dict(zip(mine.name, mine.value.astype(float), strict=True))


def read(table: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Members, arm and stratum of one trial."""
    mine = DATA[DATA.table == table]
    members = [one.value.to_numpy() for _, one in mine.groupby("cluster")]
    most = max(map(len, members))
    filled = np.stack([np.pad(one, (0, most - len(one)), constant_values=np.nan) for one in members])
    first = mine.groupby("cluster").first()
    return filled[None], first.arm.to_numpy()[None], first.stratum.to_numpy()[None]


def same(found, expected: dict[str, float], tolerance: float) -> None:
    """Every number that R gives and the analysis has."""
    names = [name for name in ("estimate", "error", "df", "p", "lower", "upper") if name in expected]
    assert {"estimate", "error"} <= {*names}
    for name in names:
        assert getattr(found, name)[0] == pytest.approx(expected[name], rel=tolerance, abs=tolerance), name


@pytest.mark.parametrize("table", TABLES)
def test_cluster_level_t(table):
    members, arm, stratum = read(table)
    value, weight = np.nanmean(members, axis=2), (~np.isnan(members)).sum(axis=2).astype(float)
    same(cluster_t(value, arm), told(table, "cluster_t"), EXACT)
    same(cluster_t(value, arm, weight=weight), told(table, "cluster_t_weighted"), EXACT)
    same(cluster_t(value, arm, stratum=stratum), told(table, "cluster_t_stratified"), EXACT)
    same(cluster_t(value, arm, other=(stratum == 1).astype(int)), told(table, "cluster_t_factorial"), EXACT)
    with pytest.raises(AssertionError):
        same(cluster_t(value, arm), told(table, "cluster_t_stratified"), EXACT)


def test_pairs():
    members, arm, pair = read("sleep")
    same(cluster_t(members[..., 0], arm, stratum=pair), told("sleep", "pairs"), EXACT)
    with pytest.raises(AssertionError):
        same(cluster_t(members[..., 0], arm), told("sleep", "pairs"), EXACT)


@pytest.mark.parametrize(("table", "link"), [*((one, "identity") for one in TABLES), ("sick", "logit")])
def test_estimating_equations(table, link):
    members, arm, _ = read(table)
    independent = gee(members, arm, correction="none", link=link, exchangeable=False)
    same(independent, told(table, "gee_independence"), NEAR)
    alike = told(table, "gee_exchangeable")
    same(gee(members, arm, correction="none", link=link), alike, NEAR)
    same(gee(members, arm, correction="none", link=link, correlation=alike["correlation"]), alike, NEAR)
    corrected = told(table, "independence_corrected")
    for correction, error in corrected.items():
        found = gee(members, arm, correction=correction, link=link, exchangeable=False)
        assert found.error[0] == pytest.approx(error, rel=NEAR)
        assert found.error[0] != pytest.approx(independent.error[0], rel=1e-3)


@pytest.mark.parametrize("table", TABLES)
def test_estimating_equations_with_a_known_correlation(table):
    members, arm, _ = read(table)
    known = told(table, "gee_known")
    same(gee(members, arm, correction="none", correlation=known["correlation"]), known, NEAR)
    for correction, error in told(table, "mixed_corrected").items():
        found = gee(members, arm, correction=correction, correlation=known["correlation"])
        assert found.error[0] == pytest.approx(error, rel=NEAR)
    if table != "teeth":  # in which all clusters are of a size: then no correlation changes anything
        with pytest.raises(AssertionError):
            same(gee(members, arm, correction="none", correlation=known["correlation"] + 0.05), known, NEAR)


def test_a_working_correlation_that_is_none_is_an_error_for_both():
    unlike, random = (gee(*read(table)[:2], correction="none") for table in ("unlike", "random"))
    assert told("unlike", "gee_exchangeable")["code"] != 0
    assert unlike.failed.tolist() == [SINGULAR]
    assert told("random", "gee_exchangeable")["code"] == 0
    same(random, told("random", "gee_exchangeable"), NEAR)


@pytest.mark.parametrize("table", TABLES)
def test_mixed_model(table):
    members, arm, _ = read(table)
    expected = told(table, "mixed")
    found, fit = mixed(members, arm, df="satterthwaite"), fitted(summed(members, arm))
    assert found.estimate[0] == pytest.approx(expected["estimate"], rel=NEAR)
    assert found.error[0] == pytest.approx(expected["error"], rel=NEAR)
    assert fit.within[0] == pytest.approx(expected["within"], rel=NEAR)
    assert fit.within[0] * fit.ratio[0] == pytest.approx(expected["between"], rel=NEAR)
    # lmerTest takes its derivatives numerically
    assert found.df[0] == pytest.approx(expected["df"], rel=1e-5)
    assert found.p[0] == pytest.approx(expected["p"], rel=1e-5)
    plain = mixed(members, arm)
    assert plain.df[0] == members.shape[1] - 2
    if table != "teeth":  # there all clusters are of a size, and both are the same
        assert plain.p[0] != pytest.approx(expected["p"], rel=1e-4)


@pytest.mark.parametrize("model", ["exposure", "immediate"])
@pytest.mark.parametrize("working", ["independence", "weighted", "exchangeable"])
def test_stepped_wedge(model, working):
    mine = DATA[DATA.table == "wedge"].sort_values(["cluster", "period"])
    value, crossing, size = (mine[name].to_numpy().reshape(12, 5) for name in ("value", "arm", "stratum"))
    expected = told("wedge", f"{model}_{working}")
    about = {"exchangeable": working == "exchangeable", "correlation": expected.get("correlation")}
    about["weight"] = size[None].astype(float) if working == "weighted" else None
    same(wedge(value[None], crossing[None, :, 0], model=model, **about), expected, NEAR)
    other = "immediate" if model == "exposure" else "exposure"
    with pytest.raises(AssertionError):
        same(wedge(value[None], crossing[None, :, 0], model=other, **about), expected, NEAR)
    if model == "exposure":
        for only in range(1, 5):
            found = wedge(value[None], crossing[None, :, 0], only=only, **about)
            same(found, {name: expected[f"{name}_{only}"] for name in ("estimate", "error")}, NEAR)
        if working == "independence":
            effects, _ = by_exposure(value[None], crossing[None, :, 0])
            np.testing.assert_allclose(effects[0], [expected[f"estimate_{one}"] for one in range(1, 5)], rtol=NEAR)


def test_versions_are_named():
    versions = NUMBERS[NUMBERS.table == "made with"]
    assert {"R", "lme4", "lmerTest", "gee", "geepack", "clubSandwich"} <= {*versions.analysis}
