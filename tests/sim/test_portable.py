"""The portable functions: accurate, without exceptions, and the same bits in CPython and in compiled code."""

import math
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numba import njit
from numba.extending import register_jitable

from sim import portable

pytestmark = pytest.mark.portable

Function = Callable[[float], float]
GENERATOR = np.random.default_rng(20240613)
POINTS = 100_000

EDGES: dict[str, list[float]] = {
    "exp": [
        *(0.0, -0.0, 5e-324, 1e-17, -1e-17, 0.5, 1.0, 700.0, -700.0, 700.1, -701.0, 1e308, -1e308, math.inf, -math.inf),
        *(k * math.log(2.0) / 64.0 for k in range(-70, 71)),
    ],
    "log": [
        *(1.0, 1 + 2**-52, 1 - 2**-53, 0.5, 2.0, math.sqrt(0.5), 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308),
        *(0.0, -0.0, -1.0, math.inf, -math.inf),
    ],
    "normal": [
        *(2**-33, 1 - 2**-33, 0.5, 0.075, 0.925, 0.0750000001, 0.9249999999, math.exp(-25.0), 1e-299, 1e-300, 1e-301),
        *(5e-324, 1 - 2**-53, 0.0, 1.0, -0.5, 1.5),
    ],
}
HALF = POINTS // 2
INSIDE: dict[str, list[float]] = {
    "exp": [*GENERATOR.uniform(-700.0, 700.0, HALF).tolist(), *GENERATOR.uniform(-5.0, 5.0, HALF).tolist()],
    "log": [
        *(math.exp(x) for x in GENERATOR.uniform(-700.0, 700.0, HALF).tolist()),
        *GENERATOR.uniform(0.5, 2.0, HALF).tolist(),
    ],
    "normal": [
        *(GENERATOR.integers(0, 2**32, HALF) * 2.0**-32 + 2.0**-33).tolist(),
        *(GENERATOR.random(HALF) * 1e-4 + 1e-12).tolist(),
    ],
}
FUNCTIONS: dict[str, Function] = {"exp": portable.exp, "log": portable.log, "normal": portable.normal}


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def compiled(function: Function) -> Callable[[Any], list[float]]:
    """The function over an array in compiled code."""

    @njit
    def loop(values: Any) -> Any:
        result = np.empty(values.size)
        for i in range(values.size):
            result[i] = function(values[i])
        return result

    def run(values: Any) -> list[float]:
        answer: list[float] = loop(np.asarray(values, dtype=np.float64)).tolist()
        return answer

    return run


def count_different(first: Sequence[float], second: Sequence[float]) -> int:
    return sum(bits(a) != bits(b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_same_bits_in_cpython_and_compiled(name: str) -> None:
    values = INSIDE[name] + EDGES[name]
    assert count_different([FUNCTIONS[name](x) for x in values], compiled(FUNCTIONS[name])(values)) == 0


@register_jitable
def _exp_one_bit_off(x: float) -> float:
    return portable.exp(x) * (1.0 + 2.0**-52)


def test_control_one_bit_is_caught() -> None:
    values = INSIDE["exp"][:100]
    plain = [portable.exp(x) for x in values]
    changed = list(plain)
    changed[57] = math.nextafter(changed[57], math.inf)
    assert count_different(plain, changed) == 1
    assert count_different(plain, compiled(_exp_one_bit_off)(values)) > 50
    assert count_different([0.0], [-0.0]) == 1


def largest_relative_error(function: Function, exact: Callable[[Decimal], Decimal], values: Sequence[float]) -> float:
    with localcontext() as context:
        context.prec = 40
        worst = Decimal(0)
        for x in values:
            right = exact(Decimal(x))
            wrong = abs(Decimal(function(x)) - right)
            worst = max(worst, wrong / abs(right) if right else wrong)
        return float(worst)


EXP_SAMPLE = INSIDE["exp"][::20] + [x for x in EDGES["exp"] if abs(x) <= 700.0]
LOG_SAMPLE = INSIDE["log"][::20] + [x for x in EDGES["log"] if 0.0 < x < math.inf]


def test_exp_and_log_are_accurate() -> None:
    assert largest_relative_error(portable.exp, Decimal.exp, EXP_SAMPLE) < 1e-14
    assert largest_relative_error(portable.log, Decimal.ln, LOG_SAMPLE) < 1e-14


def test_control_small_error_is_caught() -> None:
    assert largest_relative_error(lambda x: portable.exp(x) * (1 + 2e-14), Decimal.exp, EXP_SAMPLE) > 1e-14
    assert largest_relative_error(lambda x: portable.log(x) * (1 + 2e-14), Decimal.ln, LOG_SAMPLE) > 1e-14


def largest_quantile_error(function: Function) -> float:
    exact = NormalDist()
    inside = INSIDE["normal"][::10] + [u for u in EDGES["normal"] if 1e-12 < u < 1.0]
    return max(abs(function(u) - exact.inv_cdf(u)) for u in inside)


def test_normal_is_accurate() -> None:
    assert largest_quantile_error(portable.normal) < 1e-6


def test_control_wrong_quantile_is_caught() -> None:
    assert largest_quantile_error(lambda u: portable.normal(u) * (1 + 1e-6)) > 1e-6


def test_values_that_are_exact() -> None:
    assert portable.exp(0.0) == portable.exp(-0.0) == 1.0
    assert bits(portable.log(1.0)) == bits(0.0)
    assert portable.normal(0.5) == 0.0
    assert all(portable.normal(u) == -portable.normal(1.0 - u) for u in (2**-33, 0.25, 0.0625))


def test_order_is_kept() -> None:
    for name in ("exp", "log", "normal"):
        values = sorted(INSIDE[name])[:: POINTS // 1000]
        results = [FUNCTIONS[name](x) for x in values]
        assert results == sorted(results)


def test_outside_the_domain() -> None:
    assert portable.exp(math.inf) == portable.exp(1e9) == portable.exp(700.0) < math.inf
    assert portable.exp(-math.inf) == portable.exp(-1e9) == portable.exp(-700.0) > 0.0
    assert portable.log(0.0) == portable.log(-1.0) == portable.log(-math.inf) == portable.LOG_OF_NOTHING
    assert portable.log(math.inf) == portable.log(portable.LARGEST)
    assert portable.normal(0.0) == portable.normal(-1.0) == -portable.normal(1.0) == -portable.normal(2.0)
    assert portable.normal(1e-300) == portable.normal(0.0) < -37.0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_stays_nan(name: str) -> None:
    assert math.isnan(FUNCTIONS[name](math.nan))
    assert math.isnan(compiled(FUNCTIONS[name])([math.nan])[0])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_python_floats(name: str) -> None:
    assert {type(FUNCTIONS[name](x)) for x in INSIDE[name][:100] + EDGES[name]} == {float}
