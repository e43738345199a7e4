"""What inspection says of teams: items that they left a hectare, on the same terms for all.

What goes in: inspected lots, each with the team or teams that worked on it. What comes out: for
each team the density of units in which an item was left, per hectare, adjusted for what the
inspection itself misses and for the size of its units, with a credible interval; which teams can be
told apart at all; and what it means for lots that were accepted.

Model. A team leaves items as a Poisson process of density L per m², so that a unit of a m² holds
one with probability 1 - exp(-L a), and an inspection of detection q finds it with probability
q (1 - exp(-L a)). Of n units that were searched again x had an item: binomial. The densities of the
teams come from one Gamma distribution, so that teams with few units are drawn towards the others
(partial pooling); its mean is log-uniform between 0.001 and 100 per hectare, its shape log-uniform
between 0.2 and 20. All is summed over a grid; nothing is drawn at random.

Joint work counts once: a lot of k teams enters for each of them with the power 1/k of its
likelihood, so that the units and the finds of all teams together are those of the lots. It assumes
that joint teams share what they left equally; nothing on record says more.

Source: A. Gelman et al., Bayesian Data Analysis, 3rd ed. (2013), chapter 5 (hierarchical models);
fractional counting of joint work as in bibliometrics (Waltman and van Eck, J. Informetrics 9,
2015).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landrelease.errors import INSPECTED_LOT, LandReleaseError
from landrelease.units import M2_PER_HECTARE

_GRID = 420  # densities, from 1e-5 to 1e4 a hectare
_MEANS, _SHAPES = 36, 13
_MEAN_RANGE = (1e-3, 1e2)  # per hectare
_SHAPE_RANGE = (0.2, 20.0)


@dataclass(frozen=True, slots=True)
class InspectedLot:
    """A lot that was inspected. `groups`: teams (or detectors, organisations) that worked on it."""

    id: str
    groups: tuple[str, ...]
    searched: int  # units that were searched again
    defective: int  # of them, units with an item
    unit_m2: float  # mean area of a unit
    detection: float  # of the inspection itself, above 0, at most 1
    area_m2: float = 0.0  # of the lot; 0: not known
    accepted: bool | None = None  # None: not decided


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What the inspections say of one team. Densities are units with an item, per hectare."""

    group: str
    lots: int
    joint_lots: int
    units: float  # its share of the units searched
    hectares: float  # its share of the ground searched
    defective: float  # its share of the units with an item
    adjusted: float | None  # finds a hectare divided by the detection; None: nothing searched
    mean: float
    low: float
    high: float
    rank_low: int  # best place that the intervals allow; 1 is the fewest items left
    rank_high: int
    better_than: tuple[str, ...]  # groups of which it is better with the stated certainty


@dataclass(frozen=True, slots=True)
class Comparison:
    """All groups on identical terms. `told_apart`: whether any two can be told apart."""

    groups: tuple[GroupResult, ...]  # by mean
    pooled_mean: float  # of the whole programme, per hectare
    certainty: float
    interval: float
    told_apart: bool
    # Chance that an item was left in a lot: lot -> chance, over its teams' densities.
    left_in_lot: Mapping[str, float]


def compare(lots: Sequence[InspectedLot], *, interval: float = 0.95, certainty: float = 0.95
            ) -> Comparison:
    """Compare the groups of these lots.

    Parameters
    ----------
    lots : inspected lots; those without a group or without a searched unit teach nothing
    interval : probability of the central credible intervals
    certainty : a group ranks before another where it is better with at least this probability

    Raises
    ------
    LandReleaseError
        INS-003: a lot's numbers cannot be (more defective units than searched ones, a detection
        outside 0..1, a unit without area).
    """
    for lot in lots:
        _check(lot)
    used = [lot for lot in lots if lot.groups and lot.searched > 0]
    names = sorted({g for lot in used for g in lot.groups})
    edges = np.geomspace(1e-5, 1e4, _GRID + 1) / M2_PER_HECTARE
    density = np.sqrt(edges[1:] * edges[:-1])  # (B,) per m²
    log_like = np.zeros((len(names), _GRID))
    place = {name: n for n, name in enumerate(names)}
    for lot in used:
        chance = lot.detection * -np.expm1(-density * lot.unit_m2)
        own = (lot.defective * np.log(chance)
               + (lot.searched - lot.defective) * np.log1p(-np.minimum(chance, 1 - 1e-15)))
        for group in lot.groups:
            log_like[place[group]] += own / len(lot.groups)
    prior = _priors(edges)  # (H, B), each row sums to 1
    top = log_like.max(axis=1, keepdims=True) if len(names) else log_like
    like = np.exp(log_like - top)  # (T, B)
    evidence = like @ prior.T  # (T, H)
    weight = _normalised(np.log(evidence).sum(axis=0))  # (H,) of the common distribution
    # Of each group, given the common distribution; those that weigh nothing are left out.
    held = weight > 1e-9 * weight.max()
    weight, prior = weight[held] / weight[held].sum(), prior[held]
    posterior, better = _posterior(like, prior, evidence[:, held], weight)
    tail = (1 - interval) / 2
    results = []
    for n, name in enumerate(names):
        mine = [lot for lot in used if name in lot.groups]
        share = [1 / len(lot.groups) for lot in mine]
        cumulated = posterior[n].cumsum()
        low, high = (_at(edges, cumulated, p) for p in (tail, 1 - tail))
        effort = sum(s * lot.searched * lot.unit_m2 * lot.detection
                     for s, lot in zip(share, mine, strict=True))
        found = sum(s * lot.defective for s, lot in zip(share, mine, strict=True))
        sure = [m for m in range(len(names)) if m != n and better[n, m] >= certainty]
        worse = [m for m in range(len(names)) if m != n and better[m, n] >= certainty]
        results.append(GroupResult(
            name, len(mine), sum(len(lot.groups) > 1 for lot in mine),
            sum(s * lot.searched for s, lot in zip(share, mine, strict=True)),
            sum(s * lot.searched * lot.unit_m2
                for s, lot in zip(share, mine, strict=True)) / M2_PER_HECTARE,
            found, found / effort * M2_PER_HECTARE if effort else None,
            float(posterior[n] @ density) * M2_PER_HECTARE, low * M2_PER_HECTARE,
            high * M2_PER_HECTARE, 1 + len(worse), len(names) - len(sure),
            tuple(names[m] for m in sure)))
    pooled = float(weight @ (prior @ density)) * M2_PER_HECTARE
    return Comparison(
        tuple(sorted(results, key=lambda r: (r.mean, r.group))), pooled, certainty, interval,
        any(r.better_than for r in results),
        {lot.id: _left(lot, posterior, place, density) for lot in used if lot.area_m2 > 0})


def _priors(edges: np.ndarray) -> np.ndarray:
    """Mass of each cell of the grid under the Gamma of each mean and shape: (H, B)."""
    from scipy.special import gammainc

    means = np.geomspace(*_MEAN_RANGE, _MEANS) / M2_PER_HECTARE
    shapes = np.geomspace(*_SHAPE_RANGE, _SHAPES)
    mean, shape = (a.ravel()[:, None] for a in np.meshgrid(means, shapes))
    mass = np.diff(gammainc(shape, shape * edges[None] / mean), axis=1)
    # What lies outside the grid belongs to its ends.
    mass[:, 0] += gammainc(shape[:, 0], shape[:, 0] * edges[0] / mean[:, 0])
    mass[:, -1] += 1 - gammainc(shape[:, 0], shape[:, 0] * edges[-1] / mean[:, 0])
    mass = np.maximum(mass, 1e-300)
    return mass / mass.sum(axis=1, keepdims=True)


def _posterior(like: np.ndarray, prior: np.ndarray, evidence: np.ndarray, weight: np.ndarray
               ) -> tuple[np.ndarray, np.ndarray]:
    """(T, B) posterior of each group, and (T, T) the chance that the density of the first is
    smaller than that of the second. Given the common distribution groups are independent."""
    posterior = np.zeros_like(like)
    better = np.zeros((len(like), len(like)))
    for h, share in enumerate(weight):
        given = like * prior[h] / evidence[:, h, None]
        posterior += share * given
        below = given.cumsum(axis=1) - given / 2  # half of the cell in which both lie
        better += share * (below @ given.T)
    return posterior, better


def _left(lot: InspectedLot, posterior: np.ndarray, place: Mapping[str, int],
          density: np.ndarray) -> float:
    """Chance that the lot still holds an item: of the ground not searched again all that was left,
    of the rest what the inspection missed. Joint teams share the ground equally."""
    searched = min(lot.area_m2, lot.searched * lot.unit_m2)
    ground = lot.area_m2 - lot.detection * searched
    none = 1.0
    for group in lot.groups:
        none *= float(posterior[place[group]] @ np.exp(-density * ground / len(lot.groups)))
    return 1.0 - none


def _at(edges: np.ndarray, cumulated: np.ndarray, p: float) -> float:
    """The density below which p of the mass lies; within a cell on the scale of its logarithm."""
    n = int(np.searchsorted(cumulated, p))
    n = min(n, len(cumulated) - 1)
    before = cumulated[n - 1] if n else 0.0
    inside = (p - before) / max(cumulated[n] - before, 1e-300)
    return float(edges[n] * (edges[n + 1] / edges[n]) ** min(max(inside, 0.0), 1.0))


def _normalised(log_weight: np.ndarray) -> np.ndarray:
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def _check(lot: InspectedLot) -> None:
    for name, value, good in (
            ("detection", lot.detection, 0 < lot.detection <= 1),
            ("units searched", lot.searched, lot.searched >= 0),
            ("units with an item", lot.defective, 0 <= lot.defective <= lot.searched),
            ("area of a unit", lot.unit_m2, lot.unit_m2 > 0 and math.isfinite(lot.unit_m2))):
        if not good:
            raise LandReleaseError(INSPECTED_LOT, lot=lot.id, name=name, found=value,
                                   expected="at most the units searched"
                                   if name == "units with an item" else "a value that can be")
