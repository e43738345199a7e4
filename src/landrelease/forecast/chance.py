"""Random numbers that depend on a key and a counter alone, for the compiled runs.

Whoever asks for number k of a key gets the same one, in any order, on any number of workers: what a
run finds does not change because another team took a task. The numbers are those of SplitMix64
(G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), whose k-th output is a mix of seed + k * constant.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_FORK = np.uint64(0xD6E8FEB86659FD93)  # any odd constant: forks must not meet the numbers
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 2.0**-53
# How all of the runs is compiled. Nothing in it makes arrays, so nothing counts who holds them
# (`_nrt`): counting would take longer than the work.
QUICK: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
# Of functions that only compiled ones call (from Python they crash): less to compile.
INNER: Any = {**QUICK, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@njit(inline="always", **QUICK)
def mix(z):
    """The output function of SplitMix64; uint64 in and out."""
    z = (z ^ (z >> _S30)) * _A
    z = (z ^ (z >> _S27)) * _B
    return z ^ (z >> _S31)


@njit(inline="always", **QUICK)
def fork(key, number):
    """The key (uint64) of a stream of its own, for a whole number 0 or more."""
    return mix(mix(key + _GOLDEN * (np.uint64(number) + _ONE)) ^ _FORK)


@njit(inline="always", **QUICK)
def uniform(key, k):
    """Number k (0 or more) of a stream: in the open interval 0..1."""
    return ((mix(key + _GOLDEN * (np.uint64(k) + _ONE)) >> _S11) + 0.5) * _TO_UNIT


@njit(inline="always", **QUICK)
def exponential(key, k):
    return -math.log(uniform(key, k))


@njit(**QUICK)
def normal(key, k):
    return normal_quantile(uniform(key, k))


@njit(**QUICK)
def normal_quantile(p):
    """The quantile of the standard normal, 0 < p < 1, to about 16 digits.

    Source: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), 477.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r
                         + 67265.770927008700853) * r + 45921.953931549871457) * r
                       + 13731.693765509461125) * r + 1971.5909503065514427) * r
                     + 133.14166789178437745) * r + 3.387132872796366608) / (
            ((((((5226.495278852854561 * r + 28729.085735721942674) * r
                 + 39307.89580009271061) * r + 21213.794301586595867) * r
               + 5394.1960214247511077) * r + 687.1870074920579083) * r
             + 42.313330701600911252) * r + 1.0)
    r = p if q < 0 else 1.0 - p
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        found = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
                      + 0.24178072517745061177) * r + 1.27045825245236838258) * r
                    + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                  + 4.6303378461565452959) * r + 1.42343711074968357734) / (
            ((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                 + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
               + 0.68976733498510000455) * r + 1.6763848301838038494) * r
             + 2.05319162663775882187) * r + 1.0)
    else:
        r -= 5.0
        found = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                      + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                    + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                  + 5.4637849111641143699) * r + 6.6579046435011037772) / (
            ((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                 + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
               + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
             + 0.59983220655588793769) * r + 1.0)
    return -found if q < 0 else found


@njit(**QUICK)
def log_gamma_draw(key, begin, shape):
    """The logarithm of a draw from Gamma(shape, 1) by the numbers of the key from `begin` on.

    Source: G. Marsaglia, W. W. Tsang, ACM Trans. Math. Software 26 (2000), 363.
    """
    more = shape < 1.0
    d = (shape + 1.0 if more else shape) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    k = begin + 1
    while True:
        x = normal(key, k)
        v = 1.0 + c * x
        if v > 0.0:
            v, u = v * v * v, uniform(key, k + 1)
            # The first condition implies the second, and spares two logarithms of most draws.
            if u < 1.0 - 0.0331 * (x * x) * (x * x):
                break
            if math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
                break
        k += 2
    found = math.log(d * v)
    return found + math.log(uniform(key, begin)) / shape if more else found


@njit(**QUICK)
def beta_draw(key, a, b):
    """A draw from Beta(a, b); the key serves this one draw."""
    return 1.0 / (1.0 + math.exp(log_gamma_draw(key, 1 << 20, b) - log_gamma_draw(key, 0, a)))
