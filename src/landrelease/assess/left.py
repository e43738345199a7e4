"""What is left in the part of a hazard that lies in one cell: chances in, chances after search out.

The cell's part is its own stratum of a m²: a clean search of it reassures only the ground that it
swept (S10), as in `residual` with `unsearched_ground` = "prior". With s m² swept and E m² of
effective effort, a clean search leaves

    swept      A = π (m - G_s) / (1 - π + π m),   m = (β / (β + E))^α,  G_s = (β / (β + s))^α
    not swept  B = π (1 - (β / (β + a - s))^α)
    together   min(1 - (1 - A) (1 - B), π (1 - (β / (β + a))^α))

The minimum: cutting the cell in two must not make it more dangerous than it was before the search.
Items found make the hazard contaminated for certain. Their density is then read in three ways, that
of the prior, that of the cell (Gamma(α + its finds, β + its effort)) and that of the whole hazard;
the reading that leaves most counts, so that a find raises the doubt around it.

Detection is shared by all passes of a cell in its doubt: `probability` is mixed over its low end,
value and high end with weights 0.3, 0.4, 0.3 (Swanson's rule for the 10, 50 and 90 % points) times
the probability of what was found. `lower` and `upper` take the ends of π and of the detection, and
of seven densities between the ends of the density the one that gives least or most: more items make
a clean search more telling, so that the largest chance may lie in between. They hold whatever the
three are inside their ranges; they are no central interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WEIGHTS = np.array([0.3, 0.4, 0.3])
DENSITIES = 7


@dataclass(frozen=True, slots=True)
class Density:
    """Gamma(shape, shape / mean) per m²; mean, and the ends of its range, in items per m²."""

    shape: float
    mean: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        return self.shape / self.mean


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """N parts of hazards in cells. Areas in m²; `found` and `hazard_found` at the three levels."""

    chance: np.ndarray  # (N, 3) π: value, low, high
    area: np.ndarray
    swept: np.ndarray
    found: np.ndarray  # (N, 3) effective effort in the cell
    items: np.ndarray  # found in the cell
    hazard_items: np.ndarray  # found in the whole hazard; above 0: contaminated for certain
    hazard_found: np.ndarray  # (N, 3) effective effort in the whole hazard

    def take(self, which: np.ndarray) -> Ground:
        return Ground(self.chance[which], self.area[which], self.swept[which], self.found[which],
                      self.items[which], self.hazard_items[which], self.hazard_found[which])


def left(ground: Ground, density: Density) -> np.ndarray:
    """Chance that at least one item is left: float64 (3, N), probability, lower and upper."""
    shape = density.shape
    out = np.empty((3, len(ground.area)))
    for band, mean in ((0, density.mean), (1, density.low), (2, density.high)):
        out[band] = ground.chance[:, band] * some(shape, shape / mean, ground.area)
    worked = np.flatnonzero((ground.swept > 0) | (ground.hazard_items > 0))
    if len(worked):
        out[:, worked] = _after(ground.take(worked), density)
    return out


def some(shape, rate, area):
    """Chance of at least one item on contaminated ground, 1 - (rate / (rate + area))^shape."""
    return -np.expm1(-shape * np.log1p(area / rate))


def _after(ground: Ground, density: Density) -> np.ndarray:
    shape = density.shape
    nodes = [_parts(ground, 0, shape, density.rate, k) for k in range(3)]
    log = np.array([n[3] for n in nodes])
    weight = WEIGHTS[:, None] * np.exp(log - log.max(axis=0))
    weight /= weight.sum(axis=0)
    probability = (weight * [np.minimum(_either(a, b), cap) for a, b, cap, _ in nodes]).sum(axis=0)
    means = np.geomspace(density.low, density.high, DENSITIES)
    low = [_parts(ground, 1, shape, shape / mean, 2) for mean in means]
    high = [_parts(ground, 2, shape, shape / mean, 0) for mean in means]
    least = [np.min([p[i] for p in low], axis=0) for i in range(3)]
    most = [np.max([p[i] for p in high], axis=0) for i in range(3)]
    lower = np.minimum(_either(least[0], least[1]), least[2])
    upper = np.minimum(_either(most[0], most[1]), most[2])
    return np.array([probability, np.minimum(lower, probability), np.maximum(upper, probability)])


def _either(a, b):
    return a + b - a * b


def _parts(ground: Ground, band: int, shape: float, rate: float, level: int):
    """(A, B, cap, log of the probability of what was found) at one density and detection."""
    pi, found = ground.chance[:, band], ground.found[:, level]
    missed = np.maximum(ground.swept - found, 0.0)
    rest = np.maximum(ground.area - ground.swept, 0.0)
    log_clean = -shape * np.log1p(found / rate)
    with np.errstate(divide="ignore"):
        empty, items = np.log1p(-pi), np.log(pi) + log_clean
    log = np.logaddexp(empty, items)  # in logarithms: a very telling search must not become 0 / 0
    a = np.exp(items - log) * some(shape, rate + found, missed)
    b = pi * some(shape, rate, rest)
    cap = pi * some(shape, rate, ground.area)
    hit = np.flatnonzero(ground.hazard_items > 0)
    if len(hit):
        n, found, missed, rest = ground.items[hit], found[hit], missed[hit], rest[hit]
        whole, whole_rate = shape + ground.hazard_items[hit], rate + ground.hazard_found[hit, level]
        dense = whole / whole_rate > shape / rate
        a[hit] = np.maximum(some(shape + n, rate + found, missed),
                            some(whole, whole_rate, missed))
        b[hit] = np.maximum.reduce([
            some(shape, rate, rest),
            np.where((shape + n) / (rate + found) > shape / rate,
                     some(shape + n, rate + found, rest), 0.0),
            np.where(dense, some(whole, whole_rate, rest), 0.0)])
        area = ground.area[hit]
        before = np.maximum(some(shape, rate, area),
                            np.where(dense, some(whole, whole_rate, area), 0.0))
        cap[hit] = np.where(n > 0, 1.0, before)
        with np.errstate(divide="ignore", invalid="ignore"):
            told = np.where((n > 0) & (found > 0), n * np.log(found / (rate + found)), 0.0)
        log[hit] = log_clean[hit] + told
    return a, b, cap, log
