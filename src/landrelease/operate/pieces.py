"""Polygons that do not overlap, as rings of corners in plain arrays. Metres.

A field of a thousand hectares can leave a million pieces; as objects of a geometry library each
takes half a kilobyte, as corners eighty bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit


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
        return _measured(self.x, self.y, self.first, self.piece, len(self))[0]

    def around(self) -> np.ndarray:
        """(N,) length of the rings in m."""
        return _measured(self.x, self.y, self.first, self.piece, len(self))[1]

    def bounds(self) -> tuple[np.ndarray, ...]:
        """West, south, east, north (N,)."""
        shell = self.first[:-1][self.outer]
        return (np.minimum.reduceat(self.x, shell), np.minimum.reduceat(self.y, shell),
                np.maximum.reduceat(self.x, shell), np.maximum.reduceat(self.y, shell))

    def chosen(self, which: np.ndarray) -> Pieces:
        """Those of the pieces that are chosen (N,) bool, in their order."""
        rings = np.flatnonzero(which[self.piece])
        counts = np.diff(self.first)[rings]
        first = np.concatenate([[0], np.cumsum(counts)])
        at = np.repeat(self.first[rings] - first[:-1], counts)
        at += np.arange(len(at))
        number = np.cumsum(which, dtype=np.int32) - np.int32(1)
        return Pieces(self.x[at], self.y[at], first, number[self.piece[rings]])

    def polygons(self, which: np.ndarray | None = None) -> np.ndarray:
        """Polygons of all pieces, or of the chosen ones (N,) bool."""
        some = self if which is None else self.chosen(which)
        if not len(some):
            return np.empty(0, dtype=object)
        rings = shapely.linearrings(np.column_stack([some.x, some.y]), indices=np.repeat(
            np.arange(len(some.piece)), np.diff(some.first)))
        return shapely.polygons(rings, indices=some.piece)


@njit(cache=True, nogil=True)
def _measured(x, y, first, piece, many):
    """Area and length of the rings of each piece; the first ring of a piece is its shell."""
    areas, around = np.zeros(many), np.zeros(many)
    for ring in range(len(piece)):
        low, high = first[ring], first[ring + 1]
        twice = length = 0.0
        for k in range(low, high):
            j = k + 1 if k + 1 < high else low
            # About a corner of the ring: far from the origin the products would lose digits.
            twice += (x[k] - x[low]) * (y[j] - y[low]) - (x[j] - x[low]) * (y[k] - y[low])
            length += math.hypot(x[j] - x[k], y[j] - y[k])
        shell = ring == 0 or piece[ring] != piece[ring - 1]
        areas[piece[ring]] += abs(twice) / 2 if shell else -abs(twice) / 2
        around[piece[ring]] += length
    return areas, around


@dataclass(frozen=True, slots=True)
class Block:
    """Pieces of a part of a field that lies between the blocks before and after it."""

    pieces: Pieces
    goes_on: np.ndarray  # (N,) bool: the piece reaches the next block


def alone(pieces: Pieces) -> Block:
    """Pieces that no other block follows."""
    return Block(pieces, np.zeros(len(pieces), dtype=bool))


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
