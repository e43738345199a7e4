"""A clean search over a grid of cells: chances in, chances after it out, at the speed of memory.

Each cell of a m² holds at least one item with chance P; given contamination (π) its items are
Poisson with a density of Gamma(α, β), so that P = π g with g = 1 - (β / (β + a))^α. A clean search
swept the share s of the cell and finds each item there with probability p. Ground that it did not
sweep keeps its prior (S10). With x = s a / β, m = (1 + p x)^-α, G = (1 + x)^-α:

    swept      A = π (m - G) / (1 - π + π m)
    not swept  B = π (1 - (1 + (1 - s) a / β)^-α)
    after it   min(P, 1 - (1 - A) (1 - B))

which is `residual` with one pass, for a cell as its own stratum; a clean search never raises a
chance, hence the minimum. P above g (more than this density explains) shrinks by the same factor as
π = 1. Always start from the chances before any search, with all that was swept since: a cell's
chance alone does not say how much of it was swept before.

Float32, errors to one side: powers go through polynomials for log2 and exp2, exact to the share
ERROR (1 + α + α log2(1 + a / β) / 2) of each power, which is added where it makes the result
larger, so that no cell gets less than the exact value (S01). With α = 1 there are no powers, and
the time is that of reading and writing the arrays.

One block function, `update_block`, whatever runs it: one thread, several (`update`), or Dask on
many machines (`update_dask`).

Source: the design's model; the polynomials are minimax fits of our own (Lawson's weighted least
squares on 4,000 Chebyshev points), held to their error by a test over every mantissa.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit

from landrelease.errors import (
    MAP_DENSITY,
    MAP_DETECTION,
    MAP_PROBABILITY,
    MAP_SHAPES_DIFFER,
    MAP_SWEPT,
    LandReleaseError,
)

ERROR = 2.5e-7  # of each power, see above; a test holds the polynomials to it
CHUNK = 1 << 22  # cells that a thread takes at a time
SCRATCH = 1 << 16  # cells of a detour
MOST_SHAPE = 20.0  # of the Gamma density: above it the density is as good as known

MOST_DOUBLINGS = 110  # powers stay above 2^-110, well inside what float32 holds

_F = np.float32
_ZERO, _ONE, _LOWEST, _MAGIC = _F(0), _F(1), _F(-120), _F(12582912.0)  # 1.5 x 2^23
_ROOT, _MANTISSA, _BIAS = np.int32(0x3F3504F3), np.int32(23), np.int32(127)
_UP = _F(1 + 2.0 ** -21)  # more than the roundings of the last few operations
# log2(1 + f) / f on [sqrt(1/2) - 1, sqrt(2) - 1], absolute error of log2 4.9e-8.
_L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (_F(c) for c in (
    1.4426947832107544, -0.7213571667671204, 0.48093944787979126, -0.36008721590042114,
    0.28670746088027954, -0.2500690519809723, 0.23689040541648865, -0.14574448764324188))
# 2^r on [-1/2, 1/2], relative error 1e-7; 1 at 0 without any.
_E1, _E2, _E3, _E4, _E5 = (_F(c) for c in (
    0.6931472420692444, 0.24022234976291656, 0.055503085255622864, 0.009671875275671482,
    0.0013407259248197079))


def update(
    probability: np.ndarray, swept: np.ndarray, *, detection: float | np.ndarray, shape: float,
    rate_m2: float, cell_m2: float, out: np.ndarray | None = None, threads: int = 2,
) -> np.ndarray:
    """The chance that each cell holds an item after a clean search of a part of it.

    Parameters
    ----------
    probability : float32, any shape; chance before any search; NaN (no information) stays NaN
    swept : float32, the same shape; share of the cell that was swept; NaN (not reported) is none
    detection : chance that an item on swept ground is found, 0 <= p < 1; a number, or float32 of
        the same shape (several passes: see `nested`)
    shape, rate_m2 : of the density, Gamma(shape, rate) per m² of contaminated ground
    cell_m2 : area of a cell in m²
    out : where to write; may be `probability` itself
    threads : chunks that are computed at the same time; the result is the same

    Raises
    ------
    LandReleaseError
        ASS-201: a detection outside 0..1, or of 1. ASS-202: a share outside 0..1. ASS-203: a
        chance outside 0..1. ASS-204: density or cell not usable. ASS-205: arrays do not match.
    """
    known = _ready(probability, swept, detection, out)
    constants = _constants(shape, rate_m2, cell_m2)
    chance, share, found, result = (a.reshape(-1) if isinstance(a, np.ndarray) else a
                                    for a in known)
    pieces = [slice(i, i + CHUNK) for i in range(0, chance.size, CHUNK)]

    # Loops that write where they read are not vectors: those results take a detour through cache.
    detour = any(np.may_share_memory(result, a) for a in (chance, share, found)
                 if isinstance(a, np.ndarray))

    def one(piece: slice) -> int:
        if not detour:
            return _run(chance[piece], share[piece], _at(found, piece), result[piece], constants)
        scratch, wrong = np.empty(SCRATCH, dtype=np.float32), 0
        for i in range(piece.start, min(piece.stop, chance.size), SCRATCH):
            part = slice(i, min(i + SCRATCH, piece.stop, chance.size))
            end = scratch[:part.stop - part.start]
            wrong |= _run(chance[part], share[part], _at(found, part), end, constants)
            result[part] = end
        return wrong

    if threads > 1 and len(pieces) > 1:
        with ThreadPoolExecutor(threads) as pool:
            wrong = max(pool.map(one, pieces), default=0)
    else:
        wrong = max((one(piece) for piece in pieces), default=0)
    if wrong:
        _explain(probability, swept, detection)
    return known[3]


def _at(found: Any, piece: slice) -> Any:
    return found[piece] if isinstance(found, np.ndarray) else found


def update_block(
    probability: np.ndarray, swept: np.ndarray, detection: Any, *, shape: float, rate_m2: float,
    cell_m2: float,
) -> np.ndarray:
    """`update` of one block on the thread that calls it: what Dask runs."""
    return update(np.ascontiguousarray(probability), np.ascontiguousarray(swept),
                  detection=detection if np.ndim(detection) == 0
                  else np.ascontiguousarray(detection),
                  shape=shape, rate_m2=rate_m2, cell_m2=cell_m2, threads=1)


def update_dask(
    probability: Any, swept: Any, *, detection: Any, shape: float, rate_m2: float, cell_m2: float,
) -> Any:
    """`update` on Dask arrays of float32, lazily, block by block: the same function and result."""
    import dask.array as da

    return da.map_blocks(update_block, probability, swept, detection, dtype=np.float32,
                         shape=shape, rate_m2=rate_m2, cell_m2=cell_m2,
                         meta=np.array((), dtype=np.float32))


def nested(
    shares: Sequence[np.ndarray], detections: Sequence[float], *, independent: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Swept share and detection on it, where only the shares of J passes in a cell are known (S06).

    The pessimistic reading: the smaller share lies inside the larger, so that passes find the same
    items as often as they can. shares : J arrays of one shape, 0..1. detections : J numbers.
    independent : whether misses of different passes on the same ground are independent; else
    further passes find nothing there that the best of them does not.

    Returns float32 swept share and detection (found share / swept share; 0 where nothing is swept).
    Raises ASS-201, ASS-202 and ASS-205 as `update`.
    """
    if not len(shares) or len(shares) != len(detections):
        raise LandReleaseError(MAP_SHAPES_DIFFER, found=f"{len(shares)} shares, "
                               f"{len(detections)} detections")
    for p in detections:
        _check_detection(float(p))
    stack = np.stack([np.nan_to_num(np.asarray(s, dtype=float), nan=0.0) for s in shares])
    if ((stack < 0) | (stack > 1)).any():
        _refuse_share(stack)
    order = np.argsort(-stack, axis=0, kind="stable")
    share = np.take_along_axis(stack, order, axis=0)
    chances = np.asarray(detections, dtype=float)[order]
    missed = (np.cumprod(1 - chances, axis=0) if independent
              else 1 - np.maximum.accumulate(chances, axis=0))
    inner = np.concatenate([share[1:], np.zeros_like(share[:1])])
    found = ((share - inner) * (1 - missed)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        detection = np.where(share[0] > 0, found / share[0], 0.0)
    # Both are rounded down: more credit than there is would be on the side of danger.
    return _down(share[0]), _down(detection)


def _down(value: np.ndarray) -> np.ndarray:
    rounded = value.astype(np.float32)
    return np.where(rounded > value, np.nextafter(rounded, _ZERO), rounded)


def _ready(probability: Any, swept: Any, detection: Any, out: Any) -> tuple[Any, Any, Any, Any]:
    arrays = [probability, swept, *([detection] if isinstance(detection, np.ndarray) else []),
              *([] if out is None else [out])]
    for a in arrays:
        if not (isinstance(a, np.ndarray) and a.dtype == np.float32 and a.flags.c_contiguous
                and a.shape == probability.shape):
            raise LandReleaseError(MAP_SHAPES_DIFFER, found=", ".join(
                f"{getattr(b, 'dtype', type(b).__name__)} {getattr(b, 'shape', '')}"
                for b in arrays))
    if not isinstance(detection, np.ndarray):
        _check_detection(float(detection))
    found: Any = (detection if isinstance(detection, np.ndarray)
                  else np.nextafter(_F(detection), _ZERO))  # rounded down, never to 1
    return probability, swept, found, np.empty_like(probability) if out is None else out


def _check_detection(p: float) -> None:
    if not 0 <= p < 1:
        raise LandReleaseError(MAP_DETECTION, found=f"{p:g}")


def _constants(shape: float, rate_m2: float, cell_m2: float) -> tuple[Any, ...]:
    if not (0 < shape <= MOST_SHAPE and 0 < rate_m2 < math.inf and 0 < cell_m2 < math.inf
            and 1e-6 < cell_m2 / rate_m2 < 1e6
            and shape * math.log2(1 + cell_m2 / rate_m2) < MOST_DOUBLINGS):
        raise LandReleaseError(MAP_DENSITY, shape=f"{shape:g}", rate=f"{rate_m2:g}",
                               cell=f"{cell_m2:g}", most=f"{MOST_SHAPE:g}")
    x = cell_m2 / rate_m2
    inverse = -1.0 / math.expm1(-shape * math.log1p(x))
    return shape == 1, _F(shape), _F(x), _F(inverse), _F(error_of(shape, x))


def error_of(shape: float, x: float) -> float:
    """Relative error of a power (1 + y)^-shape, 0 <= y <= x, as the loops compute it."""
    return ERROR * (1 + shape + shape * math.log2(1 + x) / 2)


def _run(chance: np.ndarray, share: np.ndarray, p: Any, out: np.ndarray, constants: Any) -> int:
    plain, shape, x, inverse, error = constants
    if isinstance(p, np.ndarray):
        return (_plain_each(chance, share, p, out, x, inverse) if plain else
                _power_each(chance, share, p, out, shape, x, inverse, error))
    return (_plain(chance, share, p, out, x, inverse) if plain else
            _power(chance, share, p, out, shape, x, inverse, error))


def _explain(probability: np.ndarray, swept: np.ndarray, detection: Any) -> None:
    """Say which value was outside. The result, written already, is safe but must not be used."""
    if isinstance(detection, np.ndarray):
        bad = ~((detection >= 0) & (detection < 1))
        if bad.any():
            raise LandReleaseError(MAP_DETECTION, found=f"{detection[bad][0]:g}")
    if ((swept < 0) | (swept > 1)).any():
        _refuse_share(swept)
    bad = (probability < 0) | (probability > 1)
    raise LandReleaseError(MAP_PROBABILITY, found=f"{probability[bad][0]:g}" if bad.any()
                           else "overwritten", cells=int(bad.sum()))


def _refuse_share(share: np.ndarray) -> None:
    bad = (share < 0) | (share > 1)
    raise LandReleaseError(MAP_SWEPT, found=f"{share[bad][0]:g}", cells=int(bad.sum()))


@njit(inline="always")
def _log2(u):
    """log2 of u >= 1: the exponent, and a polynomial of the mantissa around 1."""
    bits = np.float32(u).view(np.int32)
    k = np.int32(np.int32(bits - _ROOT) >> _MANTISSA)
    f = np.int32(bits - np.int32(k << _MANTISSA)).view(np.float32) - _ONE
    return np.float32(k) + f * (_L1 + f * (_L2 + f * (_L3 + f * (_L4 + f * (
        _L5 + f * (_L6 + f * (_L7 + f * _L8)))))))


@njit(inline="always")
def _exp2(z):
    """2^z for z <= 0: adding 1.5 x 2^23 rounds z to a whole number that stands in the low bits."""
    z = max(z, _LOWEST)
    t = z + _MAGIC
    r = z - (t - _MAGIC)
    n = np.int32(np.float32(t).view(np.int32) + _BIAS)
    power = np.int32(n << _MANTISSA).view(np.float32)
    return power * (_ONE + r * (_E1 + r * (_E2 + r * (_E3 + r * (_E4 + r * _E5)))))


@njit(inline="always")
def _joined(chance, pi, swept, unswept, inverse):
    """Both kinds of ground together; more than π = 1 explains shrinks by the same factor."""
    beyond = max(_ONE, chance * inverse)
    after = (swept + unswept - swept * unswept) * beyond * _UP
    return after if after < chance else chance  # also where one of them is NaN


@njit(inline="always")
def _cell_plain(chance, s, p, x, inverse):
    pi = min(_ONE, chance * inverse * _UP)
    y = s * x
    z = (_ONE - s) * x
    swept = pi * y * (_ONE - p) * _UP / ((_ONE + y) * ((_ONE - pi) * (_ONE + p * y) + pi))
    return _joined(chance, pi, swept, pi * z / (_ONE + z), inverse)


@njit(inline="always")
def _cell_power(chance, s, p, shape, x, inverse, error):
    pi = min(_ONE, chance * inverse * _UP)
    y = s * x
    m = _exp2(-shape * _log2(_ONE + p * y))
    g = _exp2(-shape * _log2(_ONE + y))
    u = _exp2(-shape * _log2(_ONE + (_ONE - s) * x))
    less, more = _ONE - error, _ONE + error
    swept = pi * (m * more - g * less) / ((_ONE - pi) + pi * m * less)
    return _joined(chance, pi, min(swept, _ONE), pi * (_ONE - u * less), inverse)


# `contract` joins a product and a sum into one rounding; nothing is reordered, so that the tricks
# of `_exp2` hold. Values outside 0..1 are counted, not refused, so that the loops stay vectors.
_FAST: dict[str, Any] = {
    "nogil": True, "cache": True, "fastmath": {"contract"}, "error_model": "numpy"}


@njit(inline="always")
def _outside(chance, s):
    return np.int32((chance < _ZERO) | (chance > _ONE) | (s < _ZERO) | (s > _ONE))


@njit(inline="always")
def _share(s):
    s = s if s > _ZERO else _ZERO  # NaN: not reported, nothing is credited
    return s if s < _ONE else _ONE


@njit(**_FAST)
def _plain(chance, share, p, out, x, inverse):
    wrong = np.int32(0)
    for i in range(chance.size):
        wrong = np.int32(wrong | _outside(chance[i], share[i]))
        out[i] = _cell_plain(chance[i], _share(share[i]), p, x, inverse)
    return wrong


@njit(**_FAST)
def _plain_each(chance, share, p, out, x, inverse):
    wrong = np.int32(0)
    for i in range(chance.size):
        bad = not ((p[i] >= _ZERO) & (p[i] < _ONE))
        wrong = np.int32(wrong | _outside(chance[i], share[i]) | np.int32(bad))
        out[i] = _cell_plain(chance[i], _share(share[i]), _share(p[i]), x, inverse)
    return wrong


@njit(**_FAST)
def _power(chance, share, p, out, shape, x, inverse, error):
    wrong = np.int32(0)
    for i in range(chance.size):
        wrong = np.int32(wrong | _outside(chance[i], share[i]))
        out[i] = _cell_power(chance[i], _share(share[i]), p, shape, x, inverse, error)
    return wrong


@njit(**_FAST)
def _power_each(chance, share, p, out, shape, x, inverse, error):
    wrong = np.int32(0)
    for i in range(chance.size):
        bad = not ((p[i] >= _ZERO) & (p[i] < _ONE))
        wrong = np.int32(wrong | _outside(chance[i], share[i]) | np.int32(bad))
        out[i] = _cell_power(chance[i], _share(share[i]), _share(p[i]), shape, x, inverse, error)
    return wrong
