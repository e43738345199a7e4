"""Chance that a pass finds an item, where it is not known exactly: values of p with weights.

What goes in: a number, a Beta distribution, a mixture, or the counts of a blind trial with what its
targets were spared. What comes out: few values of p and their weights, chosen so that integrals
over p come out right (Gauss quadrature), and the chance that several passes all miss an item.

Source: G. H. Golub and J. H. Welsch, Calculation of Gauss quadrature rules, Math. Comp. 23 (1969);
W. Gautschi, Orthogonal Polynomials: Computation and Approximation (2004), 2.2 (discrete measures).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

FINE = 48  # values by which one uncertain detection is held before it meets what was found
COMMON_CAUSE = 24  # values of the part that all passes over one item share
TRIAL_NODES = (32, 9)  # of the trial's Beta, and of its discount


def beta_nodes(a: float, b: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes in (0, 1) and weights (sum 1) for the Beta(a, b) distribution.

    Exact for polynomials of degree 2 `count` - 1. Golub and Welsch (1969): eigenvalues of the
    three-term recurrence of the Jacobi polynomials.
    """
    from scipy.linalg import eigh_tridiagonal

    if count == 1:
        return np.array([a / (a + b)]), np.ones(1)
    right, left = b - 1.0, a - 1.0  # exponents of 1 - x and 1 + x on (-1, 1)
    k = np.arange(1, count, dtype=float)
    total = 2 * k + left + right
    diagonal = np.concatenate([
        [(left - right) / (left + right + 2)],
        (left - right) * (left + right) / (total * (total + 2))])
    # For k = 1 the factor (k + left + right) / (2k + left + right - 1) is 1, also where it is 0/0.
    factor = np.ones_like(k)
    factor[1:] = (k[1:] + left + right) / (total[1:] - 1)
    off = np.sqrt(4 * k * (k + left) * (k + right) * factor / (total ** 2 * (total + 1)))
    x, vectors = eigh_tridiagonal(diagonal, off)
    weight = vectors[0] ** 2
    return np.clip((x + 1) / 2, 0.0, 1.0), weight / weight.sum()


@lru_cache(maxsize=32)
def normal_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Hermite nodes and weights (sum 1) of the standard normal distribution."""
    x, w = np.polynomial.hermite_e.hermegauss(count)
    return x, w / w.sum()


@lru_cache(maxsize=4_096)
def trial_nodes(a: float, b: float, shift: float, spread: float
                ) -> tuple[np.ndarray, np.ndarray]:
    """Detection in the field after a blind trial: values of p and weights.

    In the trial p is Beta(a, b). In the field its log-odds are lower by a normal amount with mean
    `shift` and standard deviation `spread`: targets of a trial lie better than items do, and the
    team of this ground is not the one that was tried. Held by `FINE` Gauss nodes of the product.
    """
    from scipy.special import expit, logit

    p, w = beta_nodes(a, b, TRIAL_NODES[0])
    if shift == 0 and spread == 0:
        return gauss_of(p, w, FINE)
    t, v = normal_nodes(TRIAL_NODES[1] if spread > 0 else 1)
    p = np.clip(p, 1e-12, 1 - 1e-12)
    field = expit(logit(p)[:, None] - (shift + spread * t)[None, :])
    return gauss_of(field.ravel(), np.outer(w, v).ravel(), FINE)


def gauss_of(values: np.ndarray, weights: np.ndarray, count: int
             ) -> tuple[np.ndarray, np.ndarray]:
    """`count` Gauss nodes and weights with the first 2 `count` - 1 moments of a discrete measure.

    The weights of both sum to the same. Nodes lie inside the range of the values. Lanczos with
    full re-orthogonalisation; where the values are no more than `count`, they are returned.
    """
    from scipy.linalg import eigh_tridiagonal

    values, weights = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    total = weights.sum()
    held = weights > total * 1e-18
    values, weights = values[held], weights[held]
    if len(values) <= count:
        return values, weights
    middle, width = values.mean(), max(float(np.ptp(values)), 1e-300)
    x = (values - middle) / width
    basis = np.zeros((count, len(x)))
    basis[0] = np.sqrt(weights / total)
    diagonal, off = np.zeros(count), np.zeros(count - 1)
    used = count
    for k in range(count):
        ahead = x * basis[k]
        diagonal[k] = ahead @ basis[k]
        if k + 1 == count:
            break
        for _ in range(2):  # twice is enough
            ahead = ahead - basis[:k + 1].T @ (basis[:k + 1] @ ahead)
        off[k] = np.sqrt(ahead @ ahead)
        if off[k] < 1e-13:
            used = k + 1
            break
        basis[k + 1] = ahead / off[k]
    if used == 1:
        return np.array([values @ weights / total]), np.array([total])
    node, vectors = eigh_tridiagonal(diagonal[:used], off[:used - 1])
    return (np.clip(middle + width * node, values.min(), values.max()),
            total * vectors[0] ** 2)


@lru_cache(maxsize=64)
def common_cause(correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights (sum 1) of the standard normal part that all passes over an item share.

    Gauss-Hermite where the integrand is smooth, else the trapezoidal rule with a step that follows
    how steep it is; relative error of the chance that two passes both miss below 1e-6.
    """
    if correlation <= 0.35:
        return normal_nodes(COMMON_CAUSE)
    step = min(0.4, 0.7 * float(np.sqrt((1 - correlation) / correlation)))
    u = np.arange(-8.0, 8.0 + step / 2, step)
    w = np.exp(-u * u / 2)
    return u, w / w.sum()


def missed_given_cause(p: np.ndarray, correlation: float) -> np.ndarray:
    """Chance (.., values of `common_cause`) that a pass of detection p misses an item.

    Each item has a part that every pass over it shares (how it lies, what hides it); `correlation`
    is its share of the variance of a normal score, between 0 (misses independent) and 1 (what one
    pass misses, every pass of lower detection misses too). The mean over the common cause is 1 - p
    whatever the correlation (one-factor Gaussian copula).

    Source: D. X. Li, On default correlation: a copula function approach (2000), for the one-factor
    form; as a model of unequal catchability, D. L. Otis et al., Wildlife Monographs 62 (1978).
    """
    from scipy.special import ndtr, ndtri

    u, _ = common_cause(correlation)
    score = ndtri(1.0 - np.asarray(p, dtype=float))[..., None]
    return ndtr((score - np.sqrt(correlation) * u) / np.sqrt(1.0 - correlation))
