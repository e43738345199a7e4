"""In which order pieces of a plan are driven, and on which way from one to the next. Metres.

Ways between pieces stay on the ground where the machine may be: straight where that is possible,
else over corners of the ground grown around what is in the way (a visibility graph).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit
from shapely.geometry.base import BaseGeometry

FAR = 1e12  # no way
REACH_M = 1e-6  # rounding that a way may stand over the edge by


@dataclass(frozen=True, slots=True)
class Ways:
    """Shortest ways between P points over H corners, all on the ground."""

    points: np.ndarray  # float64 (P, 2)
    corners: np.ndarray  # float64 (H, 2)
    length: np.ndarray  # float64 (P, P) m; FAR: none
    straight: np.ndarray  # bool (P, P)
    to_corner: np.ndarray  # float64 (P, H) m; FAR: not in sight
    between: np.ndarray  # float64 (H, H) m
    following: np.ndarray  # int64 (H, H) predecessor matrix of the corners

    def way(self, a: int, b: int) -> np.ndarray:
        """Coordinates (K, 2) of the way from point a to point b, both included."""
        if self.straight[a, b] or a == b or not len(self.corners):
            return self.points[[a, b]]
        over = (self.to_corner[a][:, None] + self.between + self.to_corner[b][None, :])
        i, j = np.unravel_index(int(np.argmin(over)), over.shape)
        chain = [int(j)]
        while chain[-1] != i:
            chain.append(int(self.following[i, chain[-1]]))
        return np.concatenate([self.points[[a]], self.corners[chain[::-1]], self.points[[b]]])


def ways(ground: BaseGeometry, points: np.ndarray) -> Ways:
    """Ways on `ground` (where the machine's middle may be) between points (P, 2) on it."""
    from scipy.sparse.csgraph import dijkstra

    roomy = shapely.buffer(ground, REACH_M)
    shapely.prepare(roomy)
    corners = _corners(ground, roomy)
    many, hubs = len(points), len(corners)
    to_corner = _in_sight(roomy, points, corners)
    between = _in_sight(roomy, corners, corners) if hubs else np.empty((0, 0))
    following = np.empty((hubs, hubs), dtype=np.int64)
    if hubs:
        between, following = dijkstra(np.where(between >= FAR, np.inf, between),
                                      directed=False, return_predecessors=True)
        between = np.where(np.isfinite(between), between, FAR)
    length = _in_sight(roomy, points, points)
    straight = length < FAR
    if hubs:
        reach = np.full((many, hubs), FAR)
        for h in range(hubs):
            reach = np.minimum(reach, to_corner[:, [h]] + between[[h]])
        for h in range(hubs):
            length = np.minimum(length, reach[:, [h]] + to_corner[:, h][None, :])
    return Ways(points, corners, np.minimum(length, FAR), straight, to_corner, between, following)


def _corners(ground: BaseGeometry, roomy: BaseGeometry) -> np.ndarray:
    """Corners that stick into the ground, a little away from them, on the ground."""
    out = []
    for ring in shapely.get_rings(shapely.get_parts(shapely.simplify(ground, 0.05))):
        xy = shapely.get_coordinates(ring)[:-1]
        if len(xy) < 3:
            continue
        before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
        unit_b = before / np.maximum(np.hypot(*before.T), 1e-12)[:, None]
        unit_a = after / np.maximum(np.hypot(*after.T), 1e-12)[:, None]
        out.append(xy + 0.12 * (unit_b - unit_a))
        out.append(xy - 0.12 * (unit_b - unit_a))
    found = np.concatenate(out) if out else np.empty((0, 2))
    found = found[shapely.covers(roomy, shapely.points(found))] if len(found) else found
    # Of both sides of a corner that bulges outwards neither shortens a way; keep those that do.
    return np.unique(np.round(found, 4), axis=0)[:400]


def _in_sight(roomy: BaseGeometry, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Length of the straight way from each of a (N, 2) to each of b (M, 2); FAR if off ground."""
    out = np.full((len(a), len(b)), FAR)
    if not len(a) or not len(b):
        return out
    for k in range(len(a)):
        lines = shapely.linestrings(np.stack([np.broadcast_to(a[k], b.shape), b], axis=1))
        sees = shapely.covers(roomy, lines)
        same = np.hypot(*(b - a[k]).T) == 0
        out[k] = np.where(sees | same, np.hypot(*(b - a[k]).T), FAR)
    return out


def order(length: np.ndarray, start: int) -> np.ndarray:
    """Order and direction of S pieces: int64 (S, 2) of piece and 0 forwards or 1 backwards.

    `length` (1 + 2 S points): points 2 k and 2 k + 1 are the ends of piece k; `start` is the point
    to begin from. Nearest end first, then pieces turned round and moved while that shortens it.
    """
    many = (len(length) - 1) // 2
    if many == 0:
        return np.empty((0, 2), dtype=np.int64)
    best, best_length = np.empty((0, 2), dtype=np.int64), np.inf
    for first in (start, -1):
        found = _nearest(length, start, many, first)
        total = _improve(length, found, start)
        if total < best_length:
            best, best_length = found, total
    return best


@njit(cache=True, nogil=True)
def _nearest(length, start, many, variant):
    out = np.empty((many, 2), np.int64)
    done = np.zeros(many, np.bool_)
    at = start
    for n in range(many):
        best, chosen, side = 1e300, -1, 0
        for k in range(many):
            if not done[k]:
                for s in range(2):
                    cost = length[at, 2 * k + s]
                    if variant < 0 and n == 0:  # another first piece: the farthest near end
                        cost = -min(length[at, 2 * k], length[at, 2 * k + 1])
                    if cost < best:
                        best, chosen, side = cost, k, s
        done[chosen] = True
        out[n, 0], out[n, 1] = chosen, side
        at = 2 * chosen + 1 - side
    return out


@njit(cache=True, nogil=True)
def _improve(length, tour, start):
    """Turn stretches of the tour round, and move single pieces, until nothing gets shorter."""
    many = len(tour)
    better, rounds = True, 0
    while better and rounds < 60:
        better = False
        rounds += 1
        for i in range(many):
            before = start if i == 0 else 2 * tour[i - 1, 0] + 1 - tour[i - 1, 1]
            for j in range(i, many):
                first = 2 * tour[i, 0] + tour[i, 1]
                last = 2 * tour[j, 0] + 1 - tour[j, 1]
                old = length[before, first]
                new = length[before, last]
                if j + 1 < many:
                    after = 2 * tour[j + 1, 0] + tour[j + 1, 1]
                    old += length[last, after]
                    new += length[first, after]
                if new < old - 1e-9:
                    a, b = i, j
                    while a < b:
                        for c in range(2):
                            keep = tour[a, c]
                            tour[a, c] = tour[b, c]
                            tour[b, c] = keep
                        a += 1
                        b -= 1
                    for k in range(i, j + 1):
                        tour[k, 1] = 1 - tour[k, 1]
                    better = True
        for size in range(1, 4):  # move up to three pieces on end elsewhere
            i = 0
            while i + size <= many:
                before = start if i == 0 else 2 * tour[i - 1, 0] + 1 - tour[i - 1, 1]
                first = 2 * tour[i, 0] + tour[i, 1]
                last = 2 * tour[i + size - 1, 0] + 1 - tour[i + size - 1, 1]
                gain = length[before, first]
                if i + size < many:
                    after = 2 * tour[i + size, 0] + tour[i + size, 1]
                    gain += length[last, after] - length[before, after]
                best, where, turned = gain - 1e-9, -1, 0
                for k in range(-1, many):  # behind piece k
                    if i - 1 <= k < i + size:
                        continue
                    a = start if k < 0 else 2 * tour[k, 0] + 1 - tour[k, 1]
                    plain, round_ = length[a, first], length[a, last]
                    if k + 1 < many:
                        b = 2 * tour[k + 1, 0] + tour[k + 1, 1]
                        plain += length[last, b] - length[a, b]
                        round_ += length[first, b] - length[a, b]
                    if plain < best:
                        best, where, turned = plain, k, 0
                    if round_ < best:
                        best, where, turned = round_, k, 1
                if where > -2 and best < gain - 1e-9 and (where >= 0 or i > 0):
                    moved = np.empty((size, 2), np.int64)
                    for k in range(size):
                        source = i + size - 1 - k if turned else i + k
                        moved[k, 0] = tour[source, 0]
                        moved[k, 1] = 1 - tour[source, 1] if turned else tour[source, 1]
                    if where < i:
                        for k in range(i - 1, where, -1):
                            tour[k + size, 0], tour[k + size, 1] = tour[k, 0], tour[k, 1]
                        at = where + 1
                    else:
                        for k in range(i + size, where + 1):
                            tour[k - size, 0], tour[k - size, 1] = tour[k, 0], tour[k, 1]
                        at = where + 1 - size
                    for k in range(size):
                        tour[at + k, 0], tour[at + k, 1] = moved[k, 0], moved[k, 1]
                    better = True
                i += 1
    total = 0.0
    at = start
    for k in range(many):
        total += length[at, 2 * tour[k, 0] + tour[k, 1]]
        at = 2 * tour[k, 0] + 1 - tour[k, 1]
    return total
