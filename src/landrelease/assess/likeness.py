"""What cells have in common: where they lie and their covariates, as kernels.

A kernel is a matrix of likeness, 1 for a cell and itself. Three of them, each a sum of parts that
can be told apart afterwards:

    place       (exp(-d / short) + exp(-d / long)) / 2, d the distance in km
    numbers     mean over the number columns of exp(-(z - z')² / 2), z the column's normal score
    categories  shared marks of the category columns, divided by their usual number

Normal scores (the rank among the training cells as a Normal quantile) make columns of any unit and
skew comparable; a value outside the range seen in training counts as the end of that range.
Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), sections 4.2 and
6.6 (sums of kernels); the exponential kernel is the exponential covariance of kriging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

EARTH_KM = 6371.0088  # mean radius (IUGG)
MOST_LEVELS = 40  # of a text column; more name the cells instead of describing them
_KNOTS = 1001


@dataclass(frozen=True, slots=True)
class Cells:
    """N cells of ground by columns.

    numbers : name -> (N,) float, NaN where not given.
    texts : name -> (N,) object, "" where not given.
    place_km : (N, 2) on a plane or (N, 3) on the sphere, in km; None where not given.
    """

    count: int
    numbers: Mapping[str, np.ndarray]
    texts: Mapping[str, np.ndarray]
    place_km: np.ndarray | None = None

    def __len__(self) -> int:
        return self.count

    def take(self, index: np.ndarray) -> Cells:
        """The cells at these positions."""
        where = np.arange(self.count)[index]
        return Cells(len(where), {k: v[where] for k, v in self.numbers.items()},
                     {k: v[where] for k, v in self.texts.items()},
                     None if self.place_km is None else self.place_km[where])


def sphere_km(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Degrees (N,) to points (N, 3) in km; their straight distance is that on the ground.

    Over 300 km the chord is 0.01 % shorter than the arc.
    """
    lat, lon = np.radians(latitude), np.radians(longitude)
    return EARTH_KM * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon),
                                       np.sin(lat)])


@dataclass(frozen=True, slots=True)
class Coded:
    """Cells as the kernels see them: place (N, 2 or 3) or None, scores (N, J), marks (N, Q)."""

    place_km: np.ndarray | None
    scores: np.ndarray
    marks: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: np.ndarray | slice) -> Coded:
        return Coded(None if self.place_km is None else self.place_km[index], self.scores[index],
                     self.marks[index])


class Coder:
    """Turns cells into scores and marks by what was seen in training.

    numbers : names of number columns with more than two values.
    categories : names of text columns and of number columns with two values.
    """

    def __init__(self, train: Cells, numbers: tuple[str, ...], categories: tuple[str, ...]):
        from scipy.special import ndtri

        self.numbers, self.categories = numbers, categories
        self.knots: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name in numbers:
            known = np.sort(train.numbers[name][np.isfinite(train.numbers[name])])
            value, first, count = np.unique(known, return_index=True, return_counts=True)
            score = ndtri((first + count / 2) / len(known))
            if len(value) > _KNOTS:
                keep = np.unique(np.linspace(0, len(value) - 1, _KNOTS).round().astype(int))
                value, score = value[keep], score[keep]
            self.knots[name] = (value, score)
        self.levels: list[tuple[str, object]] = []  # the column and value of each mark
        for name in categories:
            if name in train.texts:
                seen = sorted(set(train.texts[name].tolist()) - {""})
                self.levels += [(name, level) for level in seen]
            else:
                column = train.numbers[name]
                self.levels.append((name, float(np.nanmax(column))))
        marks = self._marks(train)
        self.usual = max(float((marks ** 2).sum(axis=1).mean()), 1.0) if marks.size else 1.0

    def _marks(self, cells: Cells) -> np.ndarray:
        columns = [(cells.texts[name] == level) if name in cells.texts else
                   (cells.numbers[name] == level) for name, level in self.levels]
        return (np.column_stack(columns).astype(float) if columns
                else np.zeros((len(cells), 0)))

    def code(self, cells: Cells) -> Coded:
        """A number that is not given counts as the middle of its column; a category as none."""
        scores = np.zeros((len(cells), len(self.numbers)))
        for j, name in enumerate(self.numbers):
            value = cells.numbers[name]
            scores[:, j] = np.where(np.isfinite(value), np.interp(
                np.nan_to_num(value), *self.knots[name]), 0.0)
        return Coded(cells.place_km, scores, self._marks(cells))

    def outside(self, cells: Cells) -> dict[str, float]:
        """Share of the given values of each number column that training did not reach."""
        out = {}
        for name in self.numbers:
            value = cells.numbers[name][np.isfinite(cells.numbers[name])]
            knots = self.knots[name][0]
            out[name] = float(np.mean((value < knots[0]) | (value > knots[-1]))) if len(value) \
                else 0.0
        return out


def distance_km(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, D) and (M, D) to (N, M), float32."""
    from scipy.spatial.distance import cdist

    return cdist(a, b).astype(np.float32)


def place_kernel(distance: np.ndarray, short_km: float, long_km: float) -> np.ndarray:
    """(N, M) of 0 to 1."""
    return (np.exp(-distance / short_km) + np.exp(-distance / long_km)) / 2


def number_kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """One column: scores (N,) and (M,) to (N, M)."""
    return np.exp(-np.subtract.outer(a, b) ** 2 / 2)


def numbers_kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """All number columns: (N, J) and (M, J) to (N, M), float32."""
    total = np.zeros((len(a), len(b)), dtype=np.float32)
    for j in range(a.shape[1]):
        total += number_kernel(a[:, j].astype(np.float32), b[:, j].astype(np.float32))
    return total / max(a.shape[1], 1)


def categories_kernel(a: np.ndarray, b: np.ndarray, usual: float) -> np.ndarray:
    """All category columns: marks (N, Q) and (M, Q) to (N, M), float32."""
    return ((a @ b.T) / usual).astype(np.float32)
