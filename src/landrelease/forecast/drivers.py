"""What moves the finish: runs in, the share of their spread that each uncertain factor explains."""

from __future__ import annotations

import math

import numpy as np

MOST_FACTORS = 14  # 2 ** F regressions


def explained_shares(factors: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Share of the spread of `outcome` that each factor explains, (F,), 0 or more, sum at most 1.

    Parameters
    ----------
    factors : (R, F) independent factors, one row a run; F up to `MOST_FACTORS`
    outcome : (R,) may be inf; ties share their rank

    Both sides are replaced by normal scores of their ranks, so that any rising relation counts in
    full and infinite values do no harm. R² of the linear regression is divided among the factors
    by its mean increase over all orders in which they can enter (a Shapley value), and scaled down
    to the adjusted R²: with few runs, chance alone explains something.

    Sources: R. H. Lindeman, P. F. Merenda, R. Z. Gold, Introduction to Bivariate and Multivariate
    Analysis (1980), and U. Grömping, J. Stat. Software 17 (2006), for the division; M. Ezekiel,
    Methods of Correlation Analysis (1930), for the adjustment.
    """
    runs, count = factors.shape
    if count > MOST_FACTORS:
        raise ValueError(f"{count} factors; at most {MOST_FACTORS} can be told apart")
    if count == 0 or runs < count + 3:
        return np.zeros(count)
    y = _scores(outcome)
    x = np.column_stack([_scores(factors[:, j]) for j in range(count)])
    spread_y, spread_x = y.std(), x.std(axis=0)
    if spread_y <= 0:
        return np.zeros(count)
    x = np.divide(x, spread_x, out=np.zeros_like(x), where=spread_x > 0)
    between = x.T @ x / runs
    with_y = x.T @ (y / spread_y) / runs

    r2 = np.zeros(1 << count)
    subsets = np.arange(1 << count)
    inside = (subsets[:, None] >> np.arange(count) & 1) == 1
    size = inside.sum(axis=1)
    for k in range(1, count + 1):  # all subsets of a size at once
        here = np.flatnonzero(size == k)
        members = np.nonzero(inside[here])[1].reshape(-1, k)
        own = between[members[:, :, None], members[:, None, :]] + 1e-12 * np.eye(k)
        r2[here] = np.sum(with_y[members] * np.linalg.solve(
            own, with_y[members][:, :, None])[:, :, 0], axis=1)
    shares = np.zeros(count)
    weight = np.array([
        math.factorial(k) * math.factorial(count - k - 1) / math.factorial(count)
        for k in range(count)
    ])  # fmt: skip
    for j in range(count):
        without = subsets[(subsets >> j & 1) == 0]
        shares[j] = weight[size[without]] @ (r2[without | 1 << j] - r2[without])
    shares = np.maximum(shares, 0.0)
    whole = float(shares.sum())
    adjusted = 1 - (1 - min(r2[-1], 1.0)) * (runs - 1) / (runs - count - 1)
    return shares * (max(0.0, min(adjusted, 1.0)) / whole) if whole > 0 else shares


def _scores(values: np.ndarray) -> np.ndarray:
    """Normal scores of the ranks, mean 0."""
    from scipy.special import ndtri

    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # ties share their mean rank
    scores = ndtri((rank - 0.375) / (len(values) + 0.25))  # G. Blom, 1958
    return scores - scores.mean()
