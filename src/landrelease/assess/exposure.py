"""Who lives near a hazard, when settlements are only known roughly.

A settlement's true place is Gaussian around its recorded one, with the standard deviation
`position_error_m` of each coordinate. It counts with the probability that the true place lies
within the exposure distance of the hazard: the Gaussian measure of the hazard's polygon widened by
that distance. All residents of a settlement are taken to live at one place, and settlements' errors
as independent of each other; both are simplifications and are said so beside the figures.

Method. With the field F(x) = (1 - exp(-r²/2σ²)) (x - s) / (2π r²), whose divergence is the Gaussian
density around s, the divergence theorem turns the integral over the polygon into one along its
boundary (the same step that leads to Owen's T function: D. B. Owen, Tables for computing bivariate
normal probabilities, Ann. Math. Statist. 27, 1956). The integrand is smooth at the scale of σ, so
three Gauss points on pieces of at most half a σ integrate it to about 1e-8.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.assess.shapes import checked, planar
from landrelease.core.assumption import Assumptions
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Land, Settlement
from landrelease.core.progress import Progress, silent
from landrelease.errors import SETTLEMENT_POSITION, LandReleaseError

REACH_SIGMA = 4.0  # beyond this many standard deviations a settlement's chance is below 1e-4
EXACT = 9  # up to this many settlements all 512 sums are written out
POINTS = 1_024  # else: points of the grid on which the distribution of people is computed
LEAST_CHANCE = 1e-4  # settlements below it count in the mean only


@dataclass(frozen=True, slots=True)
class Exposure:
    """People within the exposure distance of each of H hazards, in the order of the land.

    `expected`, `low`, `high`: float64 (H,). low and high hold at least the central 80 %; they are
    widened to hold the expectation too, which a large town with a small chance can push out of it.
    `settlements_without_population` were reported without a population and count nowhere here
    (S12); `unreported` says what they may add.
    """

    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    settlements_in_reach: np.ndarray  # int64 (H,)
    settlements_without_population: int
    distance_m: float


def exposure(
    land: Land, plane: LocalPlane, assumptions: Assumptions, progress: Progress = silent
) -> Exposure:
    """Residents whose home lies within `exposure_distance_m` of each hazard.

    Reads the assumption `exposure_distance_m`. Distances are planar metres of `plane`.

    The number of people is a sum of independent yes/no settlements. Its distribution is exact for
    up to nine settlements in reach. With more it is computed on a grid of 1,024 points from zero
    to all of them, each settlement split between two neighbouring points, so that the expectation
    stays exact and the bounds are good to a few thousandths of all residents in reach. A Normal
    approximation is not used: one town among hamlets makes it wrong.

    Raises
    ------
    LandReleaseError
        ASS-001: the assumption is missing or not above 0. ASS-003: a hazard's shape.
        ASS-012: a settlement's position error or population is negative or not a number.
    """
    distance = checked(assumptions, "exposure_distance_m").value
    counted = _counted(land.settlements)
    without = len(land.settlements) - len(counted)
    total = len(land.hazards)
    if not counted or not total:
        nothing = np.zeros(total)
        return Exposure(nothing, nothing.copy(), nothing.copy(), np.zeros(total, np.int64),
                        without, distance)
    ground = planar(land.hazards, plane, widen=True)
    places = np.array([s.place for s in counted], dtype=object)
    x, y = plane.points(shapely.get_x(places), shapely.get_y(places))
    sigma = np.array([s.position_error_m for s in counted], dtype=float)
    people = np.array([s.population for s in counted], dtype=float)
    progress("people near the hazards", 0.1)
    hazard, settlement = _in_reach(ground, x, y, distance + REACH_SIGMA * sigma)
    chance = chance_within(ground, x, y, sigma, hazard, settlement, distance)
    progress("people near the hazards", 0.8)
    begin = np.searchsorted(hazard, np.arange(total + 1))
    expected, low, high = _sum_of_settlements(begin, people[settlement], chance)
    progress("people near the hazards", 1.0)
    return Exposure(expected, low, high, np.diff(begin), without, distance)


@dataclass(frozen=True, slots=True)
class Unreported:
    """What settlements that state no population may add to the people near each of H hazards.

    `near`: bool (H,), whether any of them may lie within the exposure distance. `expected`, `high`:
    float64 (H,), each of them with the mean and with the largest of the numbers that are reported;
    nan near such a settlement where nobody reports any. `names`: of those near any hazard.
    """

    near: np.ndarray
    expected: np.ndarray
    high: np.ndarray
    mean: float
    names: tuple[str, ...]


def unreported(land: Land, plane: LocalPlane, assumptions: Assumptions) -> Unreported:
    """People whom nobody counted, near each hazard: not reported is not zero (S12)."""
    distance = checked(assumptions, "exposure_distance_m").value
    lacking = [s for s in land.settlements if s.population is None]
    said = [float(s.population) for s in land.settlements if s.population is not None]
    total = len(land.hazards)
    mean = math.fsum(said) / len(said) if said else math.nan
    none = np.zeros(total)
    if not lacking or not total:
        return Unreported(none > 0, none, none, mean, ())
    ground = planar(land.hazards, plane, widen=True)
    places = np.array([s.place for s in lacking], dtype=object)
    x, y = plane.points(shapely.get_x(places), shapely.get_y(places))
    sigma = np.array([s.position_error_m for s in lacking], dtype=float)
    hazard, settlement = _in_reach(ground, x, y, distance + REACH_SIGMA * sigma)
    chance = chance_within(ground, x, y, sigma, hazard, settlement, distance)
    counts = chance >= LEAST_CHANCE
    hazard, settlement, chance = hazard[counts], settlement[counts], chance[counts]
    near = np.bincount(hazard, minlength=total) > 0
    nobody = np.where(near, math.nan, 0.0)
    return Unreported(
        near,
        np.bincount(hazard, chance, minlength=total) * mean if said else nobody,
        np.bincount(hazard, minlength=total) * max(said) if said else nobody, mean,
        tuple(lacking[n].name or lacking[n].id for n in sorted(set(settlement.tolist()))))


def chance_within(
    ground: np.ndarray, x: np.ndarray, y: np.ndarray, sigma: np.ndarray,
    hazard: np.ndarray, settlement: np.ndarray, distance_m: float,
) -> np.ndarray:
    """Chance that settlement[k] truly lies within `distance_m` of ground[hazard[k]], (K,).

    `ground` (H,) planar polygons; `x`, `y`, `sigma` (N,) in m; the pairs are sorted by hazard.
    Rounded corners are drawn with a rise of at most σ/400 below the true arc, so the chance is low
    by at most 0.001. With σ = 0 the answer is yes or no, by the distance itself.
    """
    chance = np.zeros(len(hazard))
    exact = sigma[settlement] == 0
    chance[exact] = shapely.dwithin(
        ground[hazard[exact]],
        shapely.points(x[settlement[exact]], y[settlement[exact]]), distance_m)
    blurred = np.flatnonzero(~exact)
    if not len(blurred):
        return chance
    rise = float(sigma[settlement[blurred]].min()) / 400
    quad_segs = math.ceil(math.pi / 2 / math.sqrt(8 * rise / distance_m)) if distance_m else 1
    used, place = np.unique(hazard[blurred], return_inverse=True)
    wide = shapely.buffer(ground[used], distance_m, quad_segs=min(max(quad_segs, 4), 128))
    xy, ring_begin, shape_begin = _rings(wide)
    chance[blurred] = _gaussian_measure(
        xy, ring_begin, shape_begin, place.astype(np.int64),
        x[settlement[blurred]], y[settlement[blurred]], sigma[settlement[blurred]])
    return chance


def _counted(settlements: tuple[Settlement, ...]) -> list[Settlement]:
    counted = []
    for s in settlements:
        if not (math.isfinite(s.position_error_m) and s.position_error_m >= 0):
            raise LandReleaseError(SETTLEMENT_POSITION, record=s.id, field="position error",
                                   found=s.position_error_m, expected="metres, 0 or more")
        if s.population is None:
            continue
        if s.population < 0:
            raise LandReleaseError(SETTLEMENT_POSITION, record=s.id, field="population",
                                   found=s.population, expected="a number of people, 0 or more")
        if s.population > 0:
            counted.append(s)
    return counted


def _in_reach(ground, x, y, reach) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (hazard, settlement) within the settlement's reach, sorted by hazard."""
    tree = shapely.STRtree(ground)
    settlement, hazard = tree.query(shapely.points(x, y), predicate="dwithin", distance=reach)
    order = np.lexsort((settlement, hazard))
    return hazard[order], settlement[order]


def _rings(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (V, 2) of all rings, where each ring begins, and each shape's first ring.

    Exterior rings run counter-clockwise and holes clockwise, so that holes take away.
    """
    parts, of_shape = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    ring_begin = np.searchsorted(of_ring, np.arange(len(rings) + 1))
    shape_begin = np.searchsorted(of_shape[of_part], np.arange(len(shapes) + 1))
    return xy, ring_begin, shape_begin


def _gaussian_measure(xy, ring_begin, shape_begin, shape, sx, sy, sigma):
    """The measure (K,) of shape[k] under the Gaussian around (sx[k], sy[k]); `_rings` of shapes.

    Arrays over all pieces of edges of some pairs at once, at most about `_AT_ONCE` edges. (Compiled
    it takes a fourth of the time; loading what compiles takes as long as 30,000 hazards.)
    """
    node = math.sqrt(0.6)
    first = ring_begin[shape_begin[shape]]  # the vertices of a shape stand together
    count = ring_begin[shape_begin[shape + 1]] - first
    closes = np.zeros(len(xy), dtype=bool)
    closes[ring_begin[1:] - 1] = True
    until = np.cumsum(count)
    out = np.zeros(len(shape))
    low = 0
    while low < len(shape):
        done = until[low] - count[low]
        high = max(low + 1, int(np.searchsorted(until, done + _AT_ONCE, side="right")))
        pair = np.repeat(np.arange(low, high), count[low:high])
        v = _counted_up(count[low:high]) + first[pair]
        edge = ~closes[v]
        pair, v = pair[edge], v[edge]
        scale = 1.0 / sigma[pair]
        ax, ay = (xy[v, 0] - sx[pair]) * scale, (xy[v, 1] - sy[pair]) * scale
        dx, dy = (xy[v + 1, 0] - sx[pair]) * scale - ax, (xy[v + 1, 1] - sy[pair]) * scale - ay
        cross = ax * dy - ay * dx  # normal distance from the settlement x length
        pieces = np.maximum(1, np.ceil(2.0 * np.hypot(dx, dy))).astype(np.int64)
        k = np.repeat(np.arange(len(v)), pieces)
        middle, each = _counted_up(pieces) + 0.5, 1.0 / pieces[k]
        ax, ay, dx, dy = ax[k], ay[k], dx[k], dy[k]
        part = np.zeros(len(k))
        for shift, weight in ((-0.5 * node, 5.0), (0.0, 8.0), (0.5 * node, 5.0)):
            t = (middle + shift) * each
            u = np.maximum(0.5 * ((ax + t * dx) ** 2 + (ay + t * dy) ** 2), 1e-300)
            part -= weight * np.expm1(-u) / u
        part *= (cross / (18.0 * pieces))[k]
        out[low:high] = np.bincount(pair[k] - low, part, minlength=high - low)
        low = high
    return np.clip(out / (4.0 * math.pi), 0.0, 1.0)


_AT_ONCE = 200_000


def _counted_up(counts: np.ndarray) -> np.ndarray:
    """0 .. n - 1 for each n of counts, one after the other."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _sum_of_settlements(begin, people, chance):
    """Expectation, and where 10 % and 90 % lie, of the sum of people[k] with chance[k] over
    k = begin[h] .. begin[h + 1] - 1, of each hazard: three arrays (H,)."""
    hazards = len(begin) - 1
    low, high = np.zeros(hazards), np.zeros(hazards)
    expected = np.array([float(people[i:j] @ chance[i:j])
                         for i, j in itertools.pairwise(begin.tolist())])
    for h in np.flatnonzero(np.diff(begin)).tolist():
        n, p = people[begin[h]:begin[h + 1]], chance[begin[h]:begin[h + 1]]
        sure, some = float(n[p >= 1.0].sum()), (p < 1.0) & (p >= LEAST_CHANCE)
        n, p = n[some], p[some]
        value, mass = _all_sums(n, p) if len(n) <= EXACT else _sums_on_a_grid(n, p)
        below = np.cumsum(mass)
        last = len(value) - 1
        tenth = value[min(int(np.searchsorted(below, 0.1 - 1e-12)), last)]
        ninetieth = value[min(int(np.searchsorted(below, 0.9 - 1e-12)), last)]
        low[h] = min(sure + tenth, expected[h])
        high[h] = max(sure + ninetieth, expected[h])
    return expected, low, high


def _all_sums(people: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All sums of some of the numbers, ascending, and the chance of each: (2^n,)."""
    value, mass = np.zeros(1), np.ones(1)
    for n, p in zip(people.tolist(), chance.tolist(), strict=True):
        value = np.concatenate([value, value + n])
        mass = np.concatenate([mass * (1.0 - p), mass * p])
    order = np.argsort(value, kind="stable")
    return value[order], mass[order]


def _sums_on_a_grid(people: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `_all_sums` on `POINTS` points from zero to all: the part of a step is split between
    neighbours, so that the mean stays exact."""
    step = float(people.sum()) / (POINTS - 1)
    mass = np.zeros(POINTS)
    mass[0] = 1.0
    for n, p in zip(people.tolist(), chance.tolist(), strict=True):
        whole = int(n / step)
        part = n / step - whole
        new = mass * (1.0 - p)
        new[whole:] += p * (1.0 - part) * mass[:POINTS - whole]
        new[whole + 1:] += p * part * mass[:POINTS - whole - 1]
        mass = new
    return step * np.arange(POINTS), mass
