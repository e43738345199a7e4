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

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

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
    `settlements_without_population` were reported without a population and count nowhere (S12).
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
    expected, low, high = _sum_of_settlements(
        begin, people[settlement], chance, EXACT, POINTS, LEAST_CHANCE)
    progress("people near the hazards", 1.0)
    return Exposure(expected, low, high, np.diff(begin), without, distance)


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


@njit(cache=True)
def _gaussian_measure(xy, ring_begin, shape_begin, shape, sx, sy, sigma):
    node = math.sqrt(0.6)
    out = np.zeros(len(shape))
    for k in range(len(shape)):
        scale = 1.0 / sigma[k]
        total = 0.0
        for ring in range(shape_begin[shape[k]], shape_begin[shape[k] + 1]):
            last = ring_begin[ring + 1] - 1
            bx = (xy[ring_begin[ring], 0] - sx[k]) * scale
            by = (xy[ring_begin[ring], 1] - sy[k]) * scale
            for v in range(ring_begin[ring], last):
                ax, ay = bx, by
                bx = (xy[v + 1, 0] - sx[k]) * scale
                by = (xy[v + 1, 1] - sy[k]) * scale
                dx, dy = bx - ax, by - ay
                cross = ax * dy - ay * dx  # normal distance from the settlement x length
                pieces = max(1, math.ceil(2.0 * math.sqrt(dx * dx + dy * dy)))
                part = 0.0
                for piece in range(pieces):
                    for g in range(3):
                        t = (piece + 0.5 + 0.5 * node * (g - 1)) / pieces
                        px, py = ax + t * dx, ay + t * dy
                        u = 0.5 * (px * px + py * py)
                        value = 1.0 - 0.5 * u if u < 1e-9 else (1.0 - math.exp(-u)) / u
                        part += value * (8.0 if g == 1 else 5.0)
                total += cross * part / (18.0 * pieces)
        out[k] = min(1.0, max(0.0, total / (4.0 * math.pi)))
    return out


@njit(cache=True)
def _sum_of_settlements(begin, people, chance, exact, points, least):
    hazards = len(begin) - 1
    expected, low, high = np.zeros(hazards), np.zeros(hazards), np.zeros(hazards)
    size = max(points, 1 << exact)
    value, mass = np.zeros(size), np.zeros(size)
    new_value, new_mass = np.zeros(size), np.zeros(size)
    for h in range(hazards):
        sure, total, uncertain = 0.0, 0.0, 0
        for k in range(begin[h], begin[h + 1]):
            expected[h] += people[k] * chance[k]
            if chance[k] >= 1.0:
                sure += people[k]
            elif chance[k] >= least:
                total += people[k]
                uncertain += 1
        value[0], mass[0], n = 0.0, 1.0, 1
        step = 0.0 if uncertain <= exact else total / (points - 1)
        if step > 0.0:
            n = points
            for i in range(points):
                value[i], mass[i] = i * step, 0.0
            mass[0] = 1.0
        for k in range(begin[h], begin[h + 1]):
            p = chance[k]
            if p >= 1.0 or p < least:
                continue
            if step > 0.0:
                # On a grid: the part of a step is split between neighbours, the mean stays exact.
                whole = int(people[k] / step)
                part = people[k] / step - whole
                for i in range(points - 1, -1, -1):
                    moved = 0.0
                    if i >= whole:
                        moved = (1.0 - part) * mass[i - whole]
                    if i > whole:
                        moved += part * mass[i - whole - 1]
                    new_mass[i] = mass[i] * (1.0 - p) + p * moved
                for i in range(points):
                    mass[i] = new_mass[i]
                continue
            # All sums: merge those without and with this settlement, both in ascending order.
            i, j = 0, 0
            for m in range(2 * n):
                if j >= n or (i < n and value[i] <= value[j] + people[k]):
                    new_value[m], new_mass[m] = value[i], mass[i] * (1.0 - p)
                    i += 1
                else:
                    new_value[m], new_mass[m] = value[j] + people[k], mass[j] * p
                    j += 1
            n *= 2
            for i in range(n):
                value[i], mass[i] = new_value[i], new_mass[i]
        below, tenth, ninetieth = 0.0, -1.0, value[n - 1]
        for i in range(n):
            below += mass[i]
            if tenth < 0.0 and below >= 0.1 - 1e-12:
                tenth = value[i]
            if below >= 0.9 - 1e-12:
                ninetieth = value[i]
                break
        low[h] = min(sure + tenth, expected[h])
        high[h] = max(sure + ninetieth, expected[h])
    return expected, low, high
