"""A ranking of areas by criteria with visible weights: what goes in, and what comes out.

A ranking orders; it is no plan (nobody's time, roads or money stand in it) and no decision (S09).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Method = Literal["weighted_sum", "topsis"]
METHODS: tuple[Method, ...] = ("weighted_sum", "topsis")
MOST = 1e15  # of any weight or value, either way; with it sums and differences stay numbers


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion and its weight.

    `weight` is 0 or more; only the shares of the weights matter. `better` says whether more or less
    of it puts an area first. `low` and `high`: the values that count as nothing and as all of it;
    None: the smallest and the largest value on record among the areas that are ranked.
    """

    name: str
    title: str
    unit: str
    weight: float
    better: Literal["more", "less"] = "more"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Stability:
    """How far weights and values may be off: each weight by up to `spread` of itself.

    `samples` rankings are drawn with `seed`; `first` is the number of places at the top whose
    chance is told for every area.
    """

    spread: float = 0.5
    samples: int = 1_000
    first: int = 10
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Ranking:
    """N areas by K criteria. Arrays are in the order of `area_ids`, not in that of the ranks.

    `rank` 1 is first; areas with equal scores share the better rank. `rank_low` and `rank_high`
    are the central 90 % of the ranks that an area took when weights and values were drawn;
    `chance_first` the share of draws in which it was among the first. `holds` is exact: all weights
    may be off by up to this share of themselves, each in its own direction, before an area of a
    later rank gets past it (None for the last one, and where the method has no such figure).
    """

    area_ids: tuple[str, ...]
    criteria: tuple[Criterion, ...]  # with `low` and `high` as they were used
    method: Method
    values: np.ndarray  # float64 (N, K), NaN: not reported
    utility: np.ndarray  # float64 (N, K), 0..1; a value that is not reported counts 0.5
    weights: np.ndarray  # float64 (K,), they sum to 1
    score: np.ndarray  # float64 (N,), 0..1
    rank: np.ndarray  # int64 (N,)
    rank_low: np.ndarray  # int64 (N,)
    rank_high: np.ndarray  # int64 (N,)
    chance_first: np.ndarray  # float64 (N,)
    holds: tuple[float | None, ...]
    agreement: float  # mean Kendall tau-b of the drawn rankings with this one
    idle: tuple[str, ...]  # criteria that tell no area from another
    stability: Stability

    @property
    def order(self) -> np.ndarray:
        """int64 (N,): indices of the areas from the first to the last."""
        return np.lexsort((np.array(self.area_ids, dtype=object).astype(str), self.rank))


@dataclass(frozen=True, slots=True)
class Difference:
    """Why one area comes before another: `parts` sum to the difference of the scores.

    `parts` : (criterion, share of the difference in score), largest first; positive: for the first.
    `swap` : (criterion, factor on its weight) of the smallest change of one weight by which they
    change places; None where no single weight does it.
    """

    first: str
    second: str
    score: float
    parts: tuple[tuple[str, float], ...]
    swap: tuple[str, float] | None
    holds: float | None
