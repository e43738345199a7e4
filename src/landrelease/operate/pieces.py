"""Polygons that do not overlap, as rings of corners in plain arrays. Metres.

A field of a thousand hectares can leave a million pieces; as objects of a geometry library each
takes half a kilobyte, as corners eighty bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True, slots=True)
class Pieces:
    """N polygons of altogether R rings and V corners; a ring is not closed by its first corner.

    The first ring of a piece is its shell, the others are holes in it.
    """

    x: np.ndarray  # float64 (V,)
    y: np.ndarray  # float64 (V,)
    first: np.ndarray  # int64 (R + 1,)
    piece: np.ndarray  # int32 (R,) of each ring, ascending

    def __len__(self) -> int:
        return int(self.piece[-1]) + 1 if len(self.piece) else 0

    @property
    def outer(self) -> np.ndarray:
        """(R,) bool: whether a ring is a shell."""
        return np.concatenate([[True], np.diff(self.piece) != 0]) if len(self.piece) else (
            np.empty(0, dtype=bool))

    def areas(self) -> np.ndarray:
        """(N,) m²."""
        after = self._next()
        # About a corner of each ring: far from the origin the products would lose digits.
        low = np.repeat(self.first[:-1], np.diff(self.first))
        x, y = self.x - self.x[low], self.y - self.y[low]
        twice = np.add.reduceat(x * y[after] - x[after] * y, self.first[:-1])
        return np.bincount(self.piece, np.where(self.outer, np.abs(twice), -np.abs(twice)),
                           len(self)) / 2

    def around(self) -> np.ndarray:
        """(N,) length of the rings in m."""
        after = self._next()
        steps = np.hypot(self.x[after] - self.x, self.y[after] - self.y)
        return np.bincount(self.piece, np.add.reduceat(steps, self.first[:-1]), len(self))

    def bounds(self) -> tuple[np.ndarray, ...]:
        """West, south, east, north (N,)."""
        shell = self.first[:-1][self.outer]
        return (np.minimum.reduceat(self.x, shell), np.minimum.reduceat(self.y, shell),
                np.maximum.reduceat(self.x, shell), np.maximum.reduceat(self.y, shell))

    def polygons(self, chosen: np.ndarray | None = None) -> np.ndarray:
        """Polygons of all pieces, or of the chosen ones (N,) bool."""
        rings = np.arange(len(self.piece)) if chosen is None else np.flatnonzero(
            chosen[self.piece])
        if not len(rings):
            return np.empty(0, dtype=object)
        counts = np.diff(self.first)[rings]
        at = np.repeat(self.first[rings] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        at += np.arange(len(at))
        made = shapely.linearrings(np.column_stack([self.x[at], self.y[at]]),
                                   indices=np.repeat(np.arange(len(rings)), counts))
        _, number = np.unique(self.piece[rings], return_inverse=True)
        return shapely.polygons(made, indices=number)

    def _next(self) -> np.ndarray:
        after = np.arange(1, len(self.x) + 1)
        after[self.first[1:] - 1] = self.first[:-1]
        return after


def nothing() -> Pieces:
    return Pieces(np.empty(0), np.empty(0), np.zeros(1, np.int64), np.empty(0, np.int32))


def pieces_of(polygons: np.ndarray) -> Pieces:
    """From polygons (N,) that are not empty."""
    if not len(polygons):
        return nothing()
    rings, piece = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    keep = np.ones(len(ring), dtype=bool)
    keep[np.concatenate([np.flatnonzero(np.diff(ring)), [len(ring) - 1]])] = False
    first = np.concatenate([[0], np.cumsum(np.bincount(ring[keep], minlength=len(rings)))])
    x, y = np.ascontiguousarray(xy[keep].T)
    return Pieces(x, y, first.astype(np.int64), piece.astype(np.int32))


def together(parts: Sequence[Pieces]) -> Pieces:
    """Several as one, in their order."""
    some = [p for p in parts if len(p)]
    if not some:
        return nothing()
    if len(some) == 1:
        return some[0]
    corners = np.concatenate([[0], np.cumsum([len(p.x) for p in some])])
    numbers = np.concatenate([[0], np.cumsum([len(p) for p in some])])
    return Pieces(
        np.concatenate([p.x for p in some]), np.concatenate([p.y for p in some]),
        np.concatenate([*(p.first[:-1] + c for p, c in zip(some, corners, strict=False)),
                        corners[-1:]]),
        np.concatenate([p.piece + np.int32(n) for p, n in zip(some, numbers, strict=False)]))
