"""Regression on likeness (Gaussian process, kriging), and what it would say of hidden cells.

    value(x) = 1/2 + sum over the training cells i of k(x, x_i) a_i
    a = (K + noise I)^-1 (y - 1/2)

`y` is 1 for found and 0 for free, so that the value is a least-squares estimate of the chance,
which is calibrated afterwards. With G = (K + noise I)^-1 the value of a hidden set B of training
cells, computed without any of their labels, is exactly

    y_B - (G_BB)^-1 a_B

so one inverse gives every leave-one-municipality-out result, every pair of them left out, and every
buffer around them, without fitting again.

Source: Rasmussen and Williams 2006, equations 2.25, 2.26 and section 5.4.2; the block form follows
from the inverse of a partitioned matrix (their A.12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

START = 0.5  # fixed, so that no label of a hidden cell enters through a mean
_START_VARIANCE = 1.0  # of the common level, which is learned: wide against 0..1


@dataclass(frozen=True, slots=True)
class Inverse:
    """G (N, N) symmetric, weights a (N,), labels y (N,)."""

    g: np.ndarray
    weights: np.ndarray
    labels: np.ndarray

    def hidden(self, block: np.ndarray) -> np.ndarray:
        """Values of the cells `block` (indices) as if none of their labels were known."""
        from scipy.linalg import solve

        inner = self.g[np.ix_(block, block)].astype(np.float64)
        return self.labels[block] - solve(inner, self.weights[block].astype(np.float64),
                                          assume_a="pos", check_finite=False)


def inverse_of(kernel: np.ndarray, labels: np.ndarray, noise: float) -> Inverse:
    """One inverse in the precision of the kernel; kernel (N, N), labels (N,) of 0 and 1.

    The kernel is overwritten. float32 is enough to compare settings (noise is at least 0.1, so the
    condition stays far from its limit); fit with float64.
    """
    from scipy.linalg.lapack import get_lapack_funcs

    matrix = np.asfortranarray(kernel)
    matrix += matrix.dtype.type(_START_VARIANCE)
    matrix[np.diag_indices(len(matrix))] += matrix.dtype.type(noise)
    factor, invert = get_lapack_funcs(("potrf", "potri"), (matrix,))
    lower, failed = factor(matrix, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError(f"the kernel is not positive: order {failed}")
    g, _ = invert(lower, lower=1, overwrite_c=1)
    g = np.tril(g)
    g += np.tril(g, -1).T
    return Inverse(g, g @ (labels - START).astype(g.dtype), labels)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted regression: `weights` (N,) and the Cholesky factor (N, N)."""

    weights: np.ndarray
    factor: np.ndarray
    scale: float  # of the doubt: its maximum-likelihood size given the labels

    def level(self) -> float:
        """The value far from everything: the start and what the training cells moved it by."""
        return START + _START_VARIANCE * float(self.weights.sum())

    def value(self, kernel: np.ndarray) -> np.ndarray:
        """kernel (M, N) between new and training cells -> (M,)."""
        return self.level() + kernel @ self.weights

    def doubt(self, kernel: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Standard deviation (M,) of the value; `own` (M,) is the kernel of each cell with itself.
        """
        from scipy.linalg import solve_triangular

        seen = solve_triangular(self.factor, (kernel + _START_VARIANCE).T, lower=True,
                                check_finite=False)
        return self.scale * np.sqrt(np.maximum(
            own + _START_VARIANCE - (seen ** 2).sum(axis=0), 0.0))


def fit(kernel: np.ndarray, labels: np.ndarray, noise: float) -> Fit:
    """kernel (N, N) float64, overwritten; labels (N,) of 0 and 1."""
    from scipy.linalg import cho_solve, cholesky

    kernel += _START_VARIANCE
    kernel[np.diag_indices(len(kernel))] += noise
    factor = cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
    weights = cho_solve((factor, True), labels - START, check_finite=False)
    scale = float(np.sqrt(max((labels - START) @ weights / len(labels), 0.0)))
    return Fit(weights, factor, scale)
