"""How much a team misses: what it found, and what inspection found after it, as a Beta.

What goes in: for each lot what the team had found on it and what the inspection found afterwards.
What comes out: the share of items that the team misses, and the detection that goes with it as the
Beta distribution that `assess residual` takes as the detection of a pass.

Model. On lot l lie items as a Poisson process of unknown intensity; the team finds each with
probability p and leaves the rest, m = 1 - p; the inspection searches the share f of the lot again
and finds what was left there with probability q. Given that F + x items were found in all, x of
them by the inspection, x is binomial of F + x with m f q / ((1 - m) + m f q): the unknown intensity
falls out (its conjugate scale prior 1/intensity). Lots on which nobody found anything say nothing
about m. Prior of p: the Beta of the blind trials or assumptions. Joint work enters with the power
1/k, as in `teams`.

Source: removal estimator with known second effort (D. L. Otis et al., Wildlife Monographs 62,
1978); design, "Inspection": a failure raises the doubt about all lots of that team and detector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landrelease.errors import INSPECTED_LOT, LandReleaseError

_GRID = 4_000


@dataclass(frozen=True, slots=True)
class FoundTwice:
    """What was found on a lot, by the team and by the inspection after it."""

    lot: str
    by_team: int
    by_inspection: int
    share: float  # of the lot's ground that was searched again
    detection: float  # of the inspection
    weight: float = 1.0  # 1/k where k teams worked jointly


@dataclass(frozen=True, slots=True)
class Missed:
    """Share of items that are missed, with a central interval, and the detection as Beta(a, b)."""

    mean: float
    low: float
    high: float
    a: float
    b: float
    items: float  # that the estimate rests on, both searches together


def missed_share(lots: Sequence[FoundTwice], prior: tuple[float, float], *,
                 interval: float = 0.95) -> Missed:
    """The share that is missed, given a Beta(a, b) prior of the detection p.

    Where every lot was searched again whole by a perfect inspection (f q = 1) the posterior of p is
    Beta(a + found by the team, b + found by the inspection) exactly.

    Raises INS-003: counts below 0, a share or a detection outside 0..1.

    >>> found = missed_share([FoundTwice("l", 45, 5, 1.0, 1.0)], (1.0, 1.0))
    >>> round(found.a, 1), round(found.b, 1)
    (46.0, 6.0)
    """
    from scipy.special import betainc

    edges = np.linspace(0.0, 1.0, _GRID + 1)
    missed = (edges[1:] + edges[:-1]) / 2
    # Exact mass of each cell: a prior that is steep at its end is not cut off.
    mass = np.diff(betainc(prior[1], prior[0], edges))
    log_post = np.log(np.maximum(mass, 1e-300))
    items = 0.0
    for one in lots:
        if not (one.by_team >= 0 and one.by_inspection >= 0 and 0 <= one.share <= 1
                and 0 < one.detection <= 1):
            raise LandReleaseError(INSPECTED_LOT, lot=one.lot, name="finds, share or detection",
                                   found=(one.by_team, one.by_inspection, one.share,
                                          one.detection), expected="counts, and shares up to 1")
        second = missed * one.share * one.detection
        if one.share == 0:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = second / ((1 - missed) + second)
        log_post += one.weight * (one.by_inspection * np.log(ratio)
                                  + one.by_team * np.log1p(-ratio))
        items += one.weight * (one.by_team + one.by_inspection)
    weight = np.exp(log_post - log_post.max())
    weight /= weight.sum()
    mean = float(weight @ missed)
    variance = float(weight @ (missed - mean) ** 2)
    size = mean * (1 - mean) / variance - 1 if variance > 0 else 1e6
    cumulated = np.concatenate([[0.0], weight.cumsum()])
    tail = (1 - interval) / 2
    low, high = np.interp([tail, 1 - tail], cumulated, edges)
    return Missed(mean, float(low), float(high), (1 - mean) * size, mean * size, items)
