"""Search theory: what effort finds, where effort is best spent, what it takes to a threshold.

The exponential law of detection is used throughout: effort z on an area with effectiveness a finds
what is there with probability 1 - exp(-a z). It is what a search without any pattern achieves
(Koopman's random search) and the lowest of the three usual laws at every coverage, so planning by
it promises too little rather than too much. For surveyed ground a = rate x detection / area: what
is there is taken to lie at one unknown place, the hardest case.

Sources: B. O. Koopman, Search and Screening (OEG Report 56, 1946) for the laws; L. D. Stone, Theory
of Optimal Search (1975) for the allocation and its uniform optimality; H. Raiffa and R. Schlaifer,
Applied Statistical Decision Theory (1961) for the value of information; S. G. Pauker and J. P.
Kassirer, N. Engl. J. Med. 302 (1980) for the threshold as a ratio of losses. Vectors: domain
reference 4.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from landrelease.errors import SEARCH_NUMBER, LandReleaseError

Law = Literal["definite", "inverse_cube", "random"]
UNITS = 20_000  # at most so many steps of effort in the choice of areas


def random_search(width_m: float, length_m: float, area_m2: float) -> float:
    """Chance to find what lies anywhere in an area after `length_m` of random track.

    >>> round(random_search(0.5, 400, 100), 3)
    0.865

    Raises LandReleaseError ASS-301: a number is negative, or the area is not above 0.
    """
    _above("width_m", width_m, zero=True)
    _above("length_m", length_m, zero=True)
    _above("area_m2", area_m2)
    return -math.expm1(-width_m * length_m / area_m2)


def random_search_length(chance: float, width_m: float, area_m2: float) -> float:
    """Length of random track in m that finds with this chance (0 to below 1).

    Raises LandReleaseError ASS-301.

    >>> round(random_search_length(0.95, 0.5, 100))
    599
    """
    _share("chance", chance)
    _above("width_m", width_m)
    _above("area_m2", area_m2)
    return -math.log1p(-chance) * area_m2 / width_m


def detection(coverage: float, law: Law) -> float:
    """Chance to find at a coverage (sweep width over spacing, W/S >= 0) of parallel sweeps.

    `definite`: within the width for certain, beyond it never. `inverse_cube`: the chance falls with
    the cube of the distance, erf(sqrt(pi)/2 x coverage). `random`: sweeps without any pattern.

    Raises LandReleaseError ASS-301.
    """
    _above("coverage", coverage, zero=True)
    if law == "definite":
        return min(1.0, coverage)
    if law == "inverse_cube":
        return math.erf(math.sqrt(math.pi) / 2 * coverage)
    if law == "random":
        return -math.expm1(-coverage)
    raise LandReleaseError(SEARCH_NUMBER, name="law", found=law,
                           expected="definite, inverse_cube or random")


def coverage_for(chance: float, law: Law) -> float:
    """The coverage at which parallel sweeps find with this chance (0 to below 1). ASS-301.

    >>> [round(coverage_for(0.99, law), 2) for law in ("definite", "inverse_cube", "random")]
    [0.99, 2.06, 4.61]
    """
    _share("chance", chance)
    if law == "definite":
        return chance
    if law == "inverse_cube":
        from scipy.special import erfinv

        return float(erfinv(chance)) * 2 / math.sqrt(math.pi)
    if law == "random":
        return -math.log1p(-chance)
    raise LandReleaseError(SEARCH_NUMBER, name="law", found=law,
                           expected="definite, inverse_cube or random")


@dataclass(frozen=True, slots=True)
class Allocation:
    """Effort z over I areas. `multiplier` is what the last unit of effort still finds."""

    effort: np.ndarray  # float64 (I,), not negative; sums to the budget
    multiplier: float
    found: float  # sum of p_i (1 - exp(-a_i z_i))


def allocate(
    chance: ArrayLike, effectiveness: ArrayLike, budget: float
) -> Allocation:
    """The effort for each of I areas that finds most: z_i = [ln(p_i a_i / m)]+ / a_i.

    chance : (I,) p_i >= 0, a probability or a probability times a weight; the areas may be
        exclusive places of one thing or independent of each other: the sum of what is found is
        the same. effectiveness : (I,) a_i > 0, per unit of effort. budget : >= 0.

    Exact: the areas enter in the order of p_i a_i, and with k of them open the multiplier m has a
    closed form. Plans for larger budgets only add effort (uniform optimality), so that work can
    begin before the budget is settled.

    Raises LandReleaseError ASS-301.

    >>> allocate([0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 2).effort.round(3).tolist()
    [0.994, 0.706, 0.3, 0.0]
    """
    p, a = _pair("chance", chance, "effectiveness", effectiveness)
    _above("budget", budget, zero=True)
    effort = np.zeros(len(p))
    gain = p * a
    order = np.argsort(-gain, kind="stable")
    order = order[gain[order] > 0]
    if not len(order):
        return Allocation(effort, 0.0, 0.0)
    log_gain = np.log(gain[order])
    inverse = 1 / a[order]
    weight = np.cumsum(inverse)
    level = (np.cumsum(log_gain * inverse) - budget) / weight  # ln m with the first k areas open
    # k areas are right where the next one is not worth more than m; that first happens once.
    after = np.append(log_gain[1:], -math.inf)
    k = int(np.argmax(level >= after)) + 1
    effort[order[:k]] = np.maximum(0.0, log_gain[:k] - level[k - 1]) * inverse[:k]
    return Allocation(effort, math.exp(level[k - 1]), float(np.sum(p * -np.expm1(-a * effort))))


def after_clean_search(chance: float, effectiveness: float, effort: float) -> float:
    """The chance that an area is contaminated after effort on all of it found nothing. ASS-301.

    Bayes' rule; p exp(-az) / (1 - p + p exp(-az)).
    """
    _share("chance", chance, one=True)
    left = chance * math.exp(-effectiveness * effort)
    return left / (1 - chance + left) if left else 0.0


def effort_to_threshold(
    chance: ArrayLike, effectiveness: ArrayLike, threshold: float
) -> np.ndarray:
    """Effort without a find after which each area stands exactly at the threshold; float64 (I,).

    z_i = ln[p_i (1 - t) / (t (1 - p_i))] / a_i, 0 where the chance is below the threshold, inf
    where contamination is certain. An area at its threshold has not passed it: it takes any more
    than this. Raises LandReleaseError ASS-301.
    """
    p, a = _pair("chance", chance, "effectiveness", effectiveness)
    if (p > 1).any():
        raise LandReleaseError(SEARCH_NUMBER, name="chance", found=float(p.max()),
                               expected="a probability from 0 to 1")
    _inside("threshold", threshold)
    with np.errstate(divide="ignore"):
        logit = np.log(p) - np.log1p(-p)
    return np.maximum(0.0, logit - math.log(threshold / (1 - threshold))) / a


def passes_threshold(chance: float, threshold: float) -> bool:
    """Whether a chance is below the threshold: as computed, never rounded, and not when equal.

    A prior of 0.15 and a ratio of 0.3 give 0.0503, which prints as 0.050 and does not pass 0.05.
    """
    return chance < threshold


@dataclass(frozen=True, slots=True)
class Choice:
    """Which areas to bring past the threshold. `unit` is the step to which efforts were rounded up.
    """

    chosen: np.ndarray  # bool (I,)
    benefit: float
    effort: float  # in steps of `unit`, so a little more than what is needed
    unit: float


def choose_areas(
    effort: ArrayLike, benefit: ArrayLike, budget: float, unit: float = 0.1
) -> Choice:
    """The set of areas of the largest benefit whose efforts fit into the budget (knapsack).

    effort : (I,) >= 0, inf where the area cannot be brought there; benefit : (I,) >= 0.
    Efforts are rounded up to whole steps of `unit`, always to more than the exact value, because at
    the threshold is not past it; with more than 20,000 steps in the budget the step is
    budget / 20,000. For these efforts the choice is exact (dynamic programming over the budget). An
    empty choice says that nothing reaches the threshold with this effort. Raises ASS-301.
    """
    cost = np.asarray(effort, dtype=np.float64)
    worth = np.asarray(benefit, dtype=np.float64)
    _above("budget", budget, zero=True)
    _above("unit", unit)
    if cost.shape != worth.shape or cost.ndim != 1:
        raise LandReleaseError(SEARCH_NUMBER, name="effort and benefit",
                               found=f"{cost.shape} and {worth.shape}",
                               expected="one number of each for every area")
    if not (cost >= 0).all() or not (np.isfinite(worth) & (worth >= 0)).all():
        raise LandReleaseError(SEARCH_NUMBER, name="effort and benefit", found="a negative number",
                               expected="numbers from 0 on")
    unit = max(unit, budget / UNITS)
    nearly = 1 + 1e-12  # 0.3 / 0.1 is 3 steps, not 2
    size = math.floor(budget / unit * nearly)
    fits = np.flatnonzero((cost < unit * size) & (worth > 0))
    steps = np.floor(cost[fits] / unit * nearly).astype(np.int64) + 1
    fits, steps = fits[steps <= size], steps[steps <= size]
    best = np.zeros(size + 1)
    taken = np.zeros((len(fits), (size + 8) // 8), dtype=np.uint8)
    for k, (i, s) in enumerate(zip(fits.tolist(), steps.tolist(), strict=True)):
        with_it = best[:-s] + worth[i]
        better = with_it > best[s:]
        mark = np.zeros(size + 1, dtype=bool)
        mark[s:] = better
        taken[k] = np.packbits(mark)
        best[s:] = np.where(better, with_it, best[s:])
    chosen = np.zeros(len(cost), dtype=bool)
    at = size
    for k in range(len(fits) - 1, -1, -1):
        if taken[k, at >> 3] >> (7 - (at & 7)) & 1:
            chosen[fits[k]] = True
            at -= int(steps[k])
    return Choice(chosen, float(worth[chosen].sum()), (size - at) * unit, unit)


@dataclass(frozen=True, slots=True)
class SurveyValue:
    """What a hectare of survey in one area is worth, before anybody knows what it will find.

    Decision loss in hectares of clearance: an area that is treated as hazardous costs its area, one
    that is put forward for release although it is contaminated costs its area / threshold (that is
    what a threshold says). Nothing here decides (S09).
    """

    per_hectare: float  # least loss per hectare of survey, when it is carried to `best_hectares`
    best_hectares: float  # how far: hectares of survey; 0: each next hectare is worth most now
    next_hectare: float  # the very next hectare alone; 0 where it cannot change what to do
    hectares_to_threshold: float  # survey without a find to the threshold; inf: never
    review_per_hectare: float  # expected hectares that come up for review per hectare of survey


def loss_reduction(
    chance: float, threshold: float, area_ha: float, found_if_there: float
) -> float:
    """Expected reduction of the decision loss, in hectares, by a survey that finds what is there
    with probability `found_if_there`: preposterior analysis of Raiffa and Schlaifer. ASS-301.

    loss(p) = area x min(1, p / t); the survey finds something with probability p d, after which the
    chance is 1, or nothing, after which it is p (1 - d) / (1 - p d).
    """
    _share("chance", chance, one=True)
    _inside("threshold", threshold)
    _above("area_ha", area_ha)
    _share("found_if_there", found_if_there, one=True)
    nothing = 1 - chance * found_if_there
    left = chance * (1 - found_if_there)
    # nothing * min(1, posterior / t) without the division by `nothing`, which may be 0.
    after = chance * found_if_there + min(nothing, left / threshold)
    return area_ha * max(0.0, min(1.0, chance / threshold) - after)


def survey_value(
    chance: float, threshold: float, area_ha: float, detection_share: float
) -> SurveyValue:
    """The value of survey hectares in one area; `detection_share` of what was swept is found.

    With x = detection x hectares / area and k = p (1 - t) / t the loss falls by
    area x (1 - p - k e^-x) once x is past the threshold, and not at all before. Its average per
    hectare is largest where e^-x (1 + x) = (1 - p) / k, that is x = -1 - W(-(1 - p) / (k e)) on the
    lower branch of Lambert's W, and is then detection x k e^-x. Below the threshold each next
    hectare is worth less than the one before, and the first one detection x k.

    Raises LandReleaseError ASS-301.
    """
    _share("chance", chance, one=True)
    _inside("threshold", threshold)
    _above("area_ha", area_ha)
    _above("detection_share", detection_share)
    next_found = -math.expm1(-detection_share / area_ha)
    next_one = loss_reduction(chance, threshold, area_ha, next_found)
    if chance == 0:
        return SurveyValue(0.0, 0.0, 0.0, 0.0, 0.0)
    if chance == 1:
        return SurveyValue(0.0, math.inf, 0.0, math.inf, 0.0)
    k = chance * (1 - threshold) / threshold
    empty = 1 - chance
    to_hectares = area_ha / detection_share
    at_threshold = math.log(k / empty)
    if at_threshold <= 0:  # at or below the threshold already
        return SurveyValue(detection_share * k, 0.0, next_one, 0.0, 0.0)
    from scipy.special import lambertw

    x = max(0.0, -1.0 - float(lambertw(-empty / (k * math.e), -1).real))
    nothing = 1 - chance * -math.expm1(-at_threshold)
    return SurveyValue(detection_share * k * math.exp(-x), x * to_hectares, next_one,
                       at_threshold * to_hectares, nothing * detection_share / at_threshold)


def _pair(name: str, first: ArrayLike, other: str, second: ArrayLike
          ) -> tuple[np.ndarray, np.ndarray]:
    p, a = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if p.shape != a.shape or p.ndim != 1:
        raise LandReleaseError(SEARCH_NUMBER, name=f"{name} and {other}",
                               found=f"{p.shape} and {a.shape}",
                               expected="one number of each for every area")
    for label, values, good in ((name, p, np.isfinite(p) & (p >= 0)),
                                (other, a, np.isfinite(a) & (a > 0))):
        if not good.all():
            at = int(np.flatnonzero(~good)[0])
            raise LandReleaseError(
                SEARCH_NUMBER, name=f"{label} of area {at + 1}", found=float(values[at]),
                expected="a number " + ("from 0 on" if label == name else "above 0"))
    return p, a


def _above(name: str, value: float, zero: bool = False) -> None:
    if not (value >= 0 if zero else value > 0) or not value < math.inf:
        raise LandReleaseError(SEARCH_NUMBER, name=name, found=value,
                               expected="a number from 0 on" if zero else "a number above 0")


def _share(name: str, value: float, one: bool = False) -> None:
    if not (0 <= value <= 1 if one else 0 <= value < 1):
        raise LandReleaseError(SEARCH_NUMBER, name=name, found=value,
                               expected="a probability from 0 to 1" if one else
                               "a probability from 0 to below 1")


def _inside(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise LandReleaseError(SEARCH_NUMBER, name=name, found=value,
                               expected="a probability between 0 and 1, both excluded")
