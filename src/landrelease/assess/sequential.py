"""Survey as a sequence: which cells next, with which chance each was drawn, and what that proves.

Most of a budget goes where finds are most likely. A share is kept for cells drawn by chance, with a
known chance for every waiting cell (its propensity): a model that only goes where it believes
something cannot find out where it is wrong, and finds that come in from its own choices would make
it believe itself. With the propensities, the drawn cells say without bias how many cells with finds
are among all those that the model did not order.

It orders survey; cells that are not ordered stay as they are (S09).

Sources: Sampford and systematic sampling with unequal chances (Tille 2006, Sampling Algorithms,
section 7.1); Horvitz and Thompson 1952 (the estimate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landrelease.errors import SURVEY_BUDGET, SURVEY_NOTHING_LEFT, LandReleaseError

LEAST_WEIGHT = 0.05  # of a cell in the draw, against 0.5 for a chance of one half


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The next cells to survey, out of M waiting ones.

    order : indices of the chosen cells; first those by expectation, then the drawn ones.
    drawn : (len(order),) bool, True where the cell was drawn to explore.
    propensity : (M,) chance with which each waiting cell came into this batch; 1 where it stands
        by expectation. Never 0 when a share is kept for exploring.
    """

    order: np.ndarray
    drawn: np.ndarray
    propensity: np.ndarray


def next_batch(chance: np.ndarray, budget: float, explore: float, rng: np.random.Generator,
               area: np.ndarray | None = None) -> Batch:
    """Choose cells for the next survey.

    Parameters
    ----------
    chance : (M,) of the waiting cells, 0 to 1.
    budget : how many cells; with `area`, how much of it (same unit).
    explore : 0 to 1, share of the budget that is drawn by chance.
    area : (M,) size of each cell, above 0. By expectation the cells with the most expected finds
        for their size come first, as long as they fit; the drawn ones take their share on average.

    Raises
    ------
    LandReleaseError
        ASS-410 no cell waits, ASS-411 a budget that is not above 0.
    """
    count = len(chance)
    if not count:
        raise LandReleaseError(SURVEY_NOTHING_LEFT)
    if not budget > 0 or not np.isfinite(budget) or (area is None and budget != int(budget)):
        raise LandReleaseError(SURVEY_BUDGET, found=budget, expected="a number above 0" if
                               area is not None else "a whole number of at least 1")
    size = np.ones(count) if area is None else np.asarray(area, dtype=float)
    if budget >= size.sum():
        return Batch(np.argsort(-chance / size, kind="stable"), np.zeros(count, dtype=bool),
                     np.ones(count))
    kept = explore * budget
    if area is None:
        kept = float(min(max(round(kept), 1 if explore > 0 and budget >= 2 else 0), budget))
    by_value = np.argsort(-chance / size, kind="stable")
    top = by_value[np.cumsum(size[by_value]) <= budget - kept + 1e-9]
    rest = np.setdiff1d(np.arange(count), top)
    propensity = np.zeros(count)
    propensity[top] = 1.0
    drawn = np.empty(0, dtype=np.int64)
    if kept > 0:
        share = inclusion(np.maximum(np.sqrt(chance[rest] * (1 - chance[rest])), LEAST_WEIGHT),
                          size[rest], kept)
        propensity[rest] = share
        drawn = rest[systematic(share, rng)]
    return Batch(np.concatenate([top, drawn]),
                 np.repeat([False, True], [len(top), len(drawn)]), propensity)


def inclusion(weight: np.ndarray, size: np.ndarray, budget: float) -> np.ndarray:
    """Chances (M,) proportional to `weight`, at most 1, that use `budget` on average.

    >>> inclusion(np.array([1.0, 1.0, 8.0]), np.ones(3), 2.0).tolist()
    [0.5, 0.5, 1.0]
    """
    share = np.zeros(len(weight))
    open_ = np.ones(len(weight), dtype=bool)
    while open_.any():
        left = budget - size[~open_].sum()
        share[open_] = weight[open_] * max(left, 0.0) / (weight[open_] * size[open_]).sum()
        over = open_ & (share > 1)
        if not over.any():
            break
        share[over] = 1.0
        open_ &= ~over
    return share


def systematic(share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw cells so that each comes in with exactly its chance; indices in ascending order.

    The number drawn is the sum of the chances, up or down to a whole number. The cells are put in
    random order first, so that neighbours are drawn together no more than others.
    """
    order = rng.permutation(len(share))
    ends = np.cumsum(share[order])
    total = round(float(ends[-1]), 9)
    points = rng.random() + np.arange(int(np.ceil(total)) + 1)
    hits = np.searchsorted(ends, points[points < total], side="right")
    return np.sort(order[np.minimum(hits, len(order) - 1)])


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many cells with finds are among those that were not ordered by expectation."""

    cells: float
    standard_error: float
    drawn: int
    found: int


def unordered_finds(propensity: np.ndarray, found: np.ndarray) -> Estimate:
    """From the drawn cells alone: propensity (D,) above 0, found (D,) of 0 and 1.

    Unbiased whatever the model said. The standard error takes the draws as independent, which is
    a little too wide for the systematic draw.

    >>> unordered_finds(np.array([0.5, 0.25]), np.array([1, 1])).cells
    6.0
    """
    weight = found / propensity
    return Estimate(float(weight.sum()),
                    float(np.sqrt(np.sum(found * (1 - propensity) / propensity ** 2))),
                    len(found), int(found.sum()))


def recall_at(order: Sequence[int] | np.ndarray, found: np.ndarray, shares: Sequence[float],
              size: np.ndarray | None = None) -> np.ndarray:
    """Share of all cells with finds that are met within each share of the whole budget.

    order : all cells, in the order in which they were surveyed; found (M,) of 0 and 1; size (M,).
    A cell that is begun within the share but not ended does not count.
    """
    ordered = np.asarray(order)
    weight = np.ones(len(found)) if size is None else np.asarray(size, dtype=float)
    spent = np.cumsum(weight[ordered])
    got = np.concatenate([[0], np.cumsum(found[ordered])])
    ends = np.searchsorted(spent, np.asarray(shares) * weight.sum() + 1e-9, side="right")
    return got[ends] / max(int(found.sum()), 1)
