"""Areas by several criteria with visible weights: a ranking, how stable it is, and why.

Weighted sum: each value becomes a utility in 0..1, linear between the criterion's `low` and `high`
and clipped there; the score is the sum of utilities by weights that sum to 1 (R. L. Keeney and
H. Raiffa, Decisions with Multiple Objectives, 1976, the additive value function). TOPSIS: the
utilities times weights are points; the score is the distance from the worst point over the sum of
the distances from the worst and from the best (C.-L. Hwang and K. Yoon, Multiple Attribute Decision
Making, 1981; with linear instead of vector normalisation, so that an area that is added at the far
end moves nobody's utility where `low` and `high` are stated).

A value that is not reported is not zero (S12): it counts half, and in the draws anything between
nothing and all, so that the interval of its rank says what it may hide.

Stability: rankings are drawn with weights off by up to a stated share of themselves (uniform, each
on its own) and values from their own intervals (R. Lahdelma, J. Hokkanen and P. Salminen, SMAA,
EJOR 106 (1998): the share of draws in which an area takes a rank). What `holds` says is exact and
needs no draw: with d the difference of two scores and c_k the weighted difference in criterion k,
weights off by a share t leave the order as it is as long as t < d / Σ |c_k|.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from landrelease.core.progress import Progress, silent
from landrelease.core.ranking import (
    METHODS,
    MOST,
    Criterion,
    Difference,
    Method,
    Ranking,
    Stability,
)
from landrelease.errors import RANK_NOTHING, RANK_VALUE, LandReleaseError

HALF = 0.5  # of a value that is not reported
_AT_ONCE = 4_000_000  # scores in memory at a time
_TIE = 1e-12


def rank(
    area_ids: Sequence[str],
    criteria: Sequence[Criterion],
    values: npt.ArrayLike,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
    *,
    method: Method = "weighted_sum",
    stability: Stability | None = None,
    progress: Progress = silent,
) -> Ranking:
    """Rank N areas by K criteria.

    Parameters
    ----------
    values : (N, K) in the units of the criteria; NaN: not reported
    low, high : (N, K) bounds of the values, where they are doubtful; NaN or None: exact

    The same input and seed give the same result.

    Raises
    ------
    LandReleaseError
        PLN-501: no area, or no criterion with a weight. PLN-502: a weight, a bound, a method or a
        share out of range, an infinite value, bounds that do not hold the value.
    """
    stated = stability or Stability()
    _check(area_ids, criteria, method, stated)
    x = _table("values", values, area_ids, criteria)
    below = x if low is None else _or(_table("low", low, area_ids, criteria), x)
    above = x if high is None else _or(_table("high", high, area_ids, criteria), x)
    if (wrong := np.argwhere((below > x) | (above < x))).size:
        i, k = (int(v) for v in wrong[0])
        raise LandReleaseError(
            RANK_VALUE, name=f"{criteria[k].name} of {area_ids[i]}",
            found=f"{x[i, k]:g} with low {below[i, k]:g} and high {above[i, k]:g}",
            expected="low <= value <= high")
    used = tuple(_with_ends(c, x[:, k]) for k, c in enumerate(criteria))
    weights = np.array([c.weight for c in used], dtype=np.float64)
    weights /= weights.sum()
    ends = np.array([[c.low, c.high] for c in used], dtype=np.float64)
    less = np.array([c.better == "less" for c in used])
    utility = np.where(np.isnan(x), HALF, _utility(x, ends, less))
    idle = tuple(c.name for k, c in enumerate(used) if np.ptp(utility[:, k]) <= _TIE)
    score = _scores(utility, weights[None, :], method)[0]
    ranks = _ranks(score[None, :])[0]
    # Where more is better the lower bound gives the lower utility; else the upper one does.
    bounds = np.stack([_utility(below, ends, less), _utility(above, ends, less)])
    least, most = bounds.min(axis=0), bounds.max(axis=0)
    least, most = np.where(np.isnan(x), 0.0, least), np.where(np.isnan(x), 1.0, most)
    drawn, agreement = _draw(utility, least, most, weights, score, method, stated, progress)
    holds: tuple[float | None, ...] = (None,) * len(x)
    if method == "weighted_sum":
        order = np.lexsort((np.array([str(a) for a in area_ids]), ranks))
        holds = _holds(utility, weights, score, order)
    return Ranking(
        tuple(area_ids), used, method, x, utility, weights, score, ranks,
        np.quantile(drawn, 0.05, axis=0, method="lower").astype(np.int64),
        np.quantile(drawn, 0.95, axis=0, method="higher").astype(np.int64),
        (drawn <= stated.first).mean(axis=0),
        holds, agreement, idle, stated)


def why(ranking: Ranking, first: str, second: str) -> Difference:
    """Why one area comes before another, and what would change that.

    The parts of TOPSIS, which is no sum, are those of the weighted sum with the same weights; the
    smallest change of one weight is only given for the weighted sum.

    Raises PLN-502: an area is not in the ranking.
    """
    a, b = (_index(ranking, name) for name in (first, second))
    if ranking.score[a] < ranking.score[b]:
        a, b, first, second = b, a, second, first
    part = ranking.weights * (ranking.utility[a] - ranking.utility[b])
    total = float(part.sum())
    names = [c.name for c in ranking.criteria]
    parts = tuple(sorted(zip(names, part.tolist(), strict=True), key=lambda p: (-p[1], p[0])))
    swap = None
    if ranking.method == "weighted_sum":
        # total + (f - 1) part_k = 0 for the factor f on weight k. At 0 the two would be tied; no
        # weight is less, so that nothing turns there.
        factors = [(name, 1.0 - total / p) for name, p in zip(names, part.tolist(), strict=True)
                   if abs(p) > _TIE and 1.0 - total / p > _TIE]
        swap = min(factors, key=lambda f: (abs(math.log(f[1])), f[0]), default=None)
    reach = float(np.abs(part).sum())
    holds = min(1.0, total / reach) if ranking.method == "weighted_sum" and reach > _TIE else None
    return Difference(first, second, float(ranking.score[a] - ranking.score[b]), parts, swap, holds)


def reasons(ranking: Ranking, area: str, most: int = 3) -> tuple[str, ...]:
    """What put an area where it is: its largest shares of the score in plain words.

    Values that are not reported are named, however little they weigh. Raises PLN-502.
    """
    i = _index(ranking, area)
    part = ranking.weights * ranking.utility[i]
    said = []
    for k in np.argsort(-part, kind="stable")[:most]:
        c, value = ranking.criteria[int(k)], ranking.values[i, int(k)]
        if part[k] > _TIE and not math.isnan(value):
            said.append(f"{c.title}: {_words(value, c.unit)} ({part[k]:.2f} of "
                        f"{ranking.weights[k]:.2f})")
    missing = [c.title for k, c in enumerate(ranking.criteria)
               if math.isnan(ranking.values[i, k]) and ranking.weights[k] > 0]
    if missing:
        said.append(f"not reported, counts half: {', '.join(missing)}")
    return tuple(said) or ("nothing on record speaks for it",)


# --- inside ------------------------------------------------------------------------------------


def _check(area_ids: Sequence[str], criteria: Sequence[Criterion], method: str,
           stated: Stability) -> None:
    if not len(area_ids):
        raise LandReleaseError(RANK_NOTHING, found="no area")
    if not any(c.weight > 0 for c in criteria):
        raise LandReleaseError(RANK_NOTHING, found="no criterion with a weight above 0")

    def refuse(name: str, found: object, expected: str) -> None:
        raise LandReleaseError(RANK_VALUE, name=name, found=found, expected=expected)

    if method not in METHODS:
        refuse("method", method, " or ".join(METHODS))
    names = [c.name for c in criteria]
    for c in criteria:
        if not 0 <= c.weight < MOST:
            refuse(f"the weight of {c.name}", c.weight,
                   f"a number of 0 or more and less than {MOST:g}")
        if c.better not in ("more", "less"):
            refuse(f"better of {c.name}", c.better, "more or less")
        for end in (c.low, c.high):
            if end is not None and not abs(end) < MOST:
                refuse(f"low or high of {c.name}", end,
                       f"a number of less than {MOST:g} either way")
        if c.low is not None and c.high is not None and c.low >= c.high:
            refuse(f"low and high of {c.name}", f"{c.low:g} and {c.high:g}", "low < high")
        if names.count(c.name) > 1:
            refuse("criteria", f"{c.name} twice", "each criterion once")
    if len(set(area_ids)) < len(area_ids):
        refuse("areas", "an area twice", "each area once")
    if not 0 <= stated.spread <= 1:
        refuse("spread", stated.spread, "a share in 0..1 of each weight")
    if not 1 <= stated.samples <= 1_000_000:
        refuse("samples", stated.samples, "1 to 1,000,000")
    if stated.first < 1:
        refuse("first", stated.first, "1 or more")


def _table(name: str, values: npt.ArrayLike, area_ids: Sequence[str],
           columns: Sequence[Criterion]) -> np.ndarray:
    table = np.asarray(values, dtype=np.float64)
    if table.shape != (len(area_ids), len(columns)):
        raise LandReleaseError(RANK_VALUE, name=name, found=f"a table {table.shape}",
                               expected=f"({len(area_ids)}, {len(columns)})")
    if np.isinf(table).any():
        raise LandReleaseError(RANK_VALUE, name=name, found="an infinite value",
                               expected="numbers; empty where nothing is reported")
    if (far := np.argwhere(np.abs(table) >= MOST)).size:
        i, k = (int(v) for v in far[0])
        raise LandReleaseError(RANK_VALUE, name=f"{columns[k].name} of {area_ids[i]}",
                               found=f"{table[i, k]:g}",
                               expected=f"a number of less than {MOST:g} either way")
    return table


def _or(bound: np.ndarray, value: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(bound), value, bound)


def _with_ends(c: Criterion, values: np.ndarray) -> Criterion:
    known = values[~np.isnan(values)]
    low = c.low if c.low is not None else float(known.min()) if len(known) else 0.0
    high = c.high if c.high is not None else float(known.max()) if len(known) else 1.0
    return Criterion(c.name, c.title, c.unit, float(c.weight), c.better, low, max(low, high))


def _utility(x: np.ndarray, ends: np.ndarray, less: np.ndarray) -> np.ndarray:
    """(N, K) in 0..1; NaN stays. A criterion whose ends are equal tells nothing: 0 for all."""
    width = ends[:, 1] - ends[:, 0]
    share = np.clip((x - ends[:, 0]) / np.where(width > 0, width, 1.0), 0.0, 1.0)
    share = np.where(less, 1.0 - share, share)
    return np.where(np.isnan(x), np.nan, np.where(width > 0, share, 0.0))


def _scores(utility: np.ndarray, weights: np.ndarray, method: Method) -> np.ndarray:
    """(S, N) of utilities (N, K) or (S, N, K) and weights (S, K)."""
    if method == "weighted_sum":
        if utility.ndim == 2:
            return weights @ utility.T
        return np.einsum("snk,sk->sn", utility, weights)
    squared = weights[:, None, :] ** 2
    worst = np.sqrt((squared * utility ** 2).sum(axis=2))
    best = np.sqrt((squared * (1.0 - utility) ** 2).sum(axis=2))
    return worst / (worst + best)  # weights are not all 0, so that one of the two is above 0


def _ranks(scores: np.ndarray) -> np.ndarray:
    """(S, N): 1 is the highest score; equal scores share the better rank."""
    rounded = np.round(scores, 12)
    ordered = -np.sort(-rounded, axis=1)
    return np.stack([np.searchsorted(-ordered[s], -rounded[s], side="left") + 1
                     for s in range(len(rounded))])


def _draw(utility: np.ndarray, least: np.ndarray, most: np.ndarray, weights: np.ndarray,
          score: np.ndarray, method: Method, stated: Stability, progress: Progress
          ) -> tuple[np.ndarray, float]:
    """Ranks (S, N) under drawn weights and values, and their mean agreement with the ranking."""
    from scipy.stats import kendalltau

    generator = np.random.default_rng(stated.seed)
    areas, columns = utility.shape
    exact = bool((least == most).all())
    block = max(1, _AT_ONCE // (areas * columns))
    drawn = np.empty((stated.samples, areas), dtype=np.int32)
    agreements = []
    for begin in range(0, stated.samples, block):
        count = min(block, stated.samples - begin)
        w = weights * (1.0 + stated.spread * generator.uniform(-1.0, 1.0, (count, columns)))
        w = np.maximum(w, 0.0)
        total = w.sum(axis=1, keepdims=True)
        # With a spread of 1 all weights may fall to nothing together; then they are as stated.
        w = np.where(total > _TIE, w / np.where(total > _TIE, total, 1.0), weights)
        u = utility if exact else least + generator.uniform(size=(count, areas, columns)) * (
            most - least)
        scores = _scores(u, w, method)
        drawn[begin:begin + count] = _ranks(scores)
        agreements += [float(kendalltau(score, s).statistic) for s in scores[:max(
            1, 200 * count // stated.samples)]] if areas > 1 else [1.0]
        progress("drawing rankings", (begin + count) / stated.samples)
    known = [a for a in agreements if not math.isnan(a)]
    return drawn, float(np.mean(known)) if known else 1.0


def _holds(utility: np.ndarray, weights: np.ndarray, score: np.ndarray, order: np.ndarray
           ) -> tuple[float | None, ...]:
    """For each area the smallest d / Σ |c_k| over all areas behind it; 0 where one is level."""
    part = (utility * weights)[order]
    ranked = score[order]
    out: list[float | None] = [None] * len(score)
    for place, area in enumerate(order[:-1].tolist()):
        behind = part[place] - part[place + 1:]
        reach = np.abs(behind).sum(axis=1)
        gap = ranked[place] - ranked[place + 1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(reach > _TIE, np.clip(gap / reach, 0.0, 1.0), 0.0)
        out[area] = float(share.min())
    return tuple(out)


def _index(ranking: Ranking, area: str) -> int:
    try:
        return ranking.area_ids.index(area)
    except ValueError:
        raise LandReleaseError(RANK_VALUE, name="the area", found=area,
                               expected="the id of an area that is ranked") from None


def _words(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.2g}"
    return f"{number} {unit}".rstrip()
