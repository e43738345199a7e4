"""How well an order of survey fits what was found: measures inside groups, with intervals.

An order is judged inside a municipality, because survey is ordered there: a model that only knows
which municipality is worse scores 0.5. A score over all cells at once would reward that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class GroupScore:
    """One group that has both found and free cells."""

    group: str
    cells: int
    found: int
    auroc: float
    average_precision: float


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float


def auroc(found: np.ndarray, score: np.ndarray) -> float:
    """Chance that a cell with finds stands above one without (ties count half); (N,) each.

    NaN where one of the two is missing. Mann-Whitney form.

    >>> auroc(np.array([0, 1, 1]), np.array([0.1, 0.1, 0.9]))
    0.75
    """
    from scipy.stats import rankdata

    yes = int(np.sum(found == 1))
    no = len(found) - yes
    if yes == 0 or no == 0:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[found == 1].sum() - yes * (yes + 1) / 2) / (yes * no))


def average_precision(found: np.ndarray, score: np.ndarray) -> float:
    """Mean over the finds of the share of finds among the cells that stand as high or higher.

    Cells of equal score are taken together. NaN without finds.
    """
    if not np.any(found == 1):
        return float("nan")
    return _precision_and_area(found, score)[1]


def by_group(groups: np.ndarray, found: np.ndarray, score: np.ndarray) -> tuple[GroupScore, ...]:
    """The measures of each group that has both classes, in the order of the groups' names.

    groups (N,) of text, found (N,) of 0 and 1, score (N,); cells with a NaN score are left out.
    """
    out = []
    for name in sorted(set(groups.tolist())):
        mine = (groups == name) & np.isfinite(score)
        y, s = found[mine], score[mine]
        if 0 < y.sum() < len(y):
            out.append(GroupScore(name, len(y), int(y.sum()), auroc(y, s),
                                  average_precision(y, s)))
    return tuple(out)


def pooled_auroc(scores: Sequence[GroupScore]) -> float:
    """AUROC over all pairs of a found and a free cell of the same group."""
    weights = [s.found * (s.cells - s.found) for s in scores]
    if not weights:
        return float("nan")
    return float(np.average([s.auroc for s in scores], weights=weights))


def resampled(
    groups: np.ndarray, found: np.ndarray, scores: Mapping[str, np.ndarray], *, seed: int,
    draws: int = 1000, confidence: float = 0.95, against: str = "",
) -> dict[str, dict[str, Interval]]:
    """Bootstrap intervals of each score, paired: the same draw for all of them.

    Groups are drawn with replacement, then cells inside each drawn group, found and free cells
    apart so that each draw can be scored. With `against` the value is the difference to that
    score. Measures: "auroc" and "average_precision" (means over the groups), "pooled_auroc".

    Source: two-stage (cluster) bootstrap, Davison and Hinkley 1997, section 3.8.
    """
    rng = np.random.default_rng(seed)
    names = [s.group for s in by_group(groups, found, next(iter(scores.values())))]
    members = [(np.flatnonzero((groups == n) & (found == 1)),
                np.flatnonzero((groups == n) & (found == 0))) for n in names]
    centre = {k: _measures([_one(found[np.concatenate(m)], v[np.concatenate(m)], m)
                            for m in members]) for k, v in scores.items()}
    drawn: dict[str, list[np.ndarray]] = {k: [] for k in scores}
    for _ in range(draws):
        rows: dict[str, list[tuple[float, float, int]]] = {k: [] for k in scores}
        for j in rng.integers(0, len(members), len(members)):
            yes, no = members[j]
            take = np.concatenate([rng.choice(yes, len(yes)), rng.choice(no, len(no))])
            for k, v in scores.items():
                rows[k].append(_one(found[take], v[take], (yes, no)))
        for k in scores:
            drawn[k].append(_measures(rows[k]))
    tail = 100 * (1 - confidence) / 2
    out: dict[str, dict[str, Interval]] = {}
    base = np.array(drawn[against]) if against else np.zeros((draws, 3))
    start = centre[against] if against else np.zeros(3)
    for k in scores:
        if k == against:
            continue
        low, high = np.percentile(np.array(drawn[k]) - base, [tail, 100 - tail], axis=0)
        value = centre[k] - start
        out[k] = {n: Interval(float(value[i]), float(low[i]), float(high[i]))
                  for i, n in enumerate(("auroc", "average_precision", "pooled_auroc"))}
    return out


def _one(found: np.ndarray, score: np.ndarray, members: tuple[np.ndarray, np.ndarray]
         ) -> tuple[float, float, int]:
    area, precision = _precision_and_area(found, score)
    return area, precision, len(members[0]) * len(members[1])


def _precision_and_area(found: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """AUROC and average precision from one sort: the bootstrap runs this many thousand times."""
    order = np.argsort(-score, kind="stable")
    y = found[order]
    last = np.append(np.diff(score[order]) != 0, True)  # end of each run of equal scores
    true = np.cumsum(y)[last].astype(float)
    seen = np.flatnonzero(last) + 1.0
    yes, no = true[-1], seen[-1] - true[-1]
    gained = np.diff(true, prepend=0.0)
    precision = float((gained * true / seen).sum() / yes)
    false = seen - true
    before = np.append(0.0, false[:-1])
    area = float((gained * (no - (false + before) / 2)).sum() / (yes * no)) if no else math.nan
    return area, precision


def _measures(rows: Sequence[tuple[float, float, int]]) -> np.ndarray:
    values = np.array(rows)
    return np.array([values[:, 0].mean(), values[:, 1].mean(),
                     np.average(values[:, 0], weights=values[:, 2])])


@dataclass(frozen=True, slots=True)
class Band:
    """Cells whose chance lies in one band: what was said, and what was found."""

    low: float
    high: float
    cells: int
    said: float  # mean chance
    observed: float  # share with finds


def reliability(found: np.ndarray, chance: np.ndarray, bands: int = 10) -> tuple[Band, ...]:
    """Said against observed in bands of equal numbers of cells; cells without a chance left out."""
    good = np.isfinite(chance)
    y, p = found[good], chance[good]
    order = np.argsort(p, kind="stable")
    return tuple(Band(float(p[i].min()), float(p[i].max()), len(i), float(p[i].mean()),
                      float(y[i].mean()))
                 for i in np.array_split(order, min(bands, len(order))) if len(i))
