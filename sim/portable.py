"""The exponential, the logarithm and the normal quantile, the same to the last bit in CPython and in Numba.

The mathematics libraries that CPython and compiled code link to differ in the last bit from one machine to another,
and one bit is enough to turn a decision. These functions use only operations that IEEE 754 rounds correctly
(``+ - * /``, comparison, ``sqrt``), exact ones (``frexp``) and tables built from integers, so that both engines get
the same numbers everywhere. None of them raises: where Python would raise and compiled code go on with an infinity,
the value is fixed here. ``nan`` stays ``nan``, so that a fault is seen where it appears.
"""

import math
from decimal import Decimal, localcontext
from typing import Any, Final

import numpy as np

from sim.inlining import inlined

EXP_LIMIT: Final = 700.0
"""Arguments of :func:`exp` are held within plus and minus this, which keeps every power of two normal."""
LOG_OF_NOTHING: Final = -1e308
"""The value of :func:`log` for zero and below: finite, so that sums and products with it raise no warning."""
LARGEST: Final = 1.7976931348623157e308
SMALLEST_TAIL: Final = 1e-300
"""Tails smaller than this are held at it by :func:`normal`."""

_STEPS: Final = 32  # exp: parts of a factor of two held in a table; with 32 a polynomial of degree five is enough
_SHIFT: Final = 5  # 2**_SHIFT == _STEPS
_POWER_MAX: Final = 1012  # above EXP_LIMIT / ln 2 = 1009.9

# ln 2 / 32 in two parts: the first has trailing zero bits enough that its product with any step number is exact
_LN2: Final = Decimal("0.693147180559945309417232121458176568075500134360255254120680")
_LN2_HIGH: Final = float.fromhex("0x1.62e42fee00000p-1")
_LN2_LOW: Final = float(_LN2 - Decimal(_LN2_HIGH))
_STEP_HIGH: Final = _LN2_HIGH / _STEPS  # exact, like every division by a power of two
_STEP_LOW: Final = _LN2_LOW / _STEPS
_STEPS_PER_UNIT: Final = float(_STEPS / _LN2)
_ROUNDER: Final = 6755399441055744.0  # 1.5 * 2**52: adding and taking it away rounds to the nearest whole number


def _fractional_powers() -> "np.ndarray[Any, np.dtype[np.float64]]":
    """2**(j / 32) rounded once: decimal arithmetic is the same on every machine, ``pow`` is not."""
    with localcontext() as context:
        context.prec = 50
        return np.array([float((_LN2 * j / _STEPS).exp()) for j in range(_STEPS)])


_FRACTIONAL: Final = _fractional_powers()
_WHOLE: Final = np.array([math.ldexp(1.0, n) for n in range(-_POWER_MAX, _POWER_MAX + 1)])


@inlined
def exp(x: float) -> float:
    """Exponential function, relative error below 1e-14.

    Parameters
    ----------
    x : float
        Held within -700 and 700.

    Returns
    -------
    float
    """
    if x > EXP_LIMIT:
        x = EXP_LIMIT
    elif not x >= -EXP_LIMIT:
        if x != x:
            return x
        x = -EXP_LIMIT
    steps = (x * _STEPS_PER_UNIT + _ROUNDER) - _ROUNDER
    r = (x - steps * _STEP_HIGH) - steps * _STEP_LOW
    n = int(steps)
    r2 = r * r
    # Taylor: |r| <= ln 2 / 64, so the first term left out, r**6 / 720, is below 3e-15
    p = r + r2 * ((0.5 + r * (1.0 / 6.0)) + r2 * ((1.0 / 24.0) + r * (1.0 / 120.0)))
    base = float(_FRACTIONAL[n & (_STEPS - 1)])
    return (base + base * p) * float(_WHOLE[(n >> _SHIFT) + _POWER_MAX])


@inlined
def log(x: float) -> float:
    """Natural logarithm, relative error below 1e-14.

    Parameters
    ----------
    x : float
        Positive; infinity counts as the largest finite number.

    Returns
    -------
    float
        ``LOG_OF_NOTHING`` for zero and below.
    """
    if not x > 0.0:
        if x != x:
            return x
        return LOG_OF_NOTHING
    if x > LARGEST:
        x = LARGEST
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m = m + m
        e = e - 1
    # log m = 2 artanh(s): |s| <= 0.1716, so the first term left out, s**18 / 19, is below 1e-15
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = (1.0 / 3.0) + w * ((1.0 / 7.0) + w * ((1.0 / 11.0) + w * (1.0 / 15.0)))
    odd = (1.0 / 5.0) + w * ((1.0 / 9.0) + w * ((1.0 / 13.0) + w * (1.0 / 17.0)))
    s2 = s + s
    k = float(e)
    return k * _LN2_HIGH + (s2 + (s2 * (z * (even + z * odd)) + k * _LN2_LOW))


@inlined
def normal(u: float) -> float:
    """Quantile of the standard normal distribution (Wichura 1988, algorithm AS 241, PPND7).

    Parameters
    ----------
    u : float
        Probability between 0 and 1; tails below 1e-300 count as 1e-300.

    Returns
    -------
    float
        Within 1e-6 of the exact quantile.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = ((5.9109374720e01 * r + 1.5929113202e02) * r + 5.0434271938e01) * r + 3.3871327179e00
        below = ((6.7187563600e01 * r + 7.8757757664e01) * r + 1.7895169469e01) * r + 1.0
        return q * above / below
    tail = u
    if q > 0.0:
        tail = 1.0 - u
    if tail < SMALLEST_TAIL:
        tail = SMALLEST_TAIL
    r = math.sqrt(-log(tail))
    if r <= 5.0:
        r = r - 1.6
        above = ((1.7023821103e-01 * r + 1.3067284816e00) * r + 2.7568153900e00) * r + 1.4234372777e00
        below = (1.2021132975e-01 * r + 7.3700164250e-01) * r + 1.0
    else:
        r = r - 5.0
        above = ((1.7337203997e-02 * r + 4.2868294337e-01) * r + 3.0812263860e00) * r + 6.6579051150e00
        below = (1.2258202635e-02 * r + 2.4197894225e-01) * r + 1.0
    if q < 0.0:
        return -(above / below)
    return above / below
