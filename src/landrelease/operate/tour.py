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

from landrelease.errors import LANES_NO_WAY, LandReleaseError

FAR = 1e12  # no way
REACH_M = 1e-6  # rounding that a way may stand over the edge by
OFF_M = 0.12  # ways keep about so far off the corners that they go round
TOLERANCE_M = 0.05  # corners nearer than this to the line of their neighbours are passed over,
MOST_CORNERS = 1500  # where there are more than this, those nearer than twice this and so on,
COARSEST_M = 1.0  # up to this: ways get longer, none is lost


@dataclass(frozen=True, slots=True)
class Graph:
    """H corners of a piece of ground that ways go round, and the shortest ways between them."""

    ground: BaseGeometry
    roomy: BaseGeometry
    corners: np.ndarray  # float64 (H, 2)
    between: np.ndarray  # float64 (H, H) m; FAR: no way
    following: np.ndarray  # int64 (H, H) predecessor matrix of the corners


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
        """Coordinates (K, 2) of the way from point a to point b, both included.

        Raises LAN-029 where no way over the ground leads there: it never leaves the ground.
        """
        if self.straight[a, b] or a == b:
            return self.points[[a, b]]
        if self.length[a, b] >= FAR:
            raise LandReleaseError(LANES_NO_WAY, start=_place(self.points[a]),
                                   end=_place(self.points[b]))
        over = (self.to_corner[a][:, None] + self.between + self.to_corner[b][None, :])
        i, j = np.unravel_index(int(np.argmin(over)), over.shape)
        chain = [int(j)]
        while chain[-1] != i:
            chain.append(int(self.following[i, chain[-1]]))
        return np.concatenate([self.points[[a]], self.corners[chain[::-1]], self.points[[b]]])


def graph(ground: BaseGeometry, *, exact: bool = False) -> Graph:
    """The corners of some ground and the ways between them, for many questions about it.

    `exact`: all corners where they stand, else those that are left of a simplified outline, a
    little off it.
    """
    from scipy.sparse.csgraph import dijkstra

    roomy = shapely.buffer(ground, REACH_M)
    shapely.prepare(roomy)
    tolerance = TOLERANCE_M
    corners = _corners(ground, roomy, 0.0 if exact else tolerance)
    while not exact and len(corners) > MOST_CORNERS and 2 * tolerance <= COARSEST_M:
        tolerance *= 2
        corners = _corners(ground, roomy, tolerance)
    if not len(corners):
        return Graph(ground, roomy, corners, np.empty((0, 0)), np.empty((0, 0), dtype=np.int64))
    between, following = dijkstra(
        np.where((seen := _in_sight(roomy, corners, corners)) >= FAR, np.inf, seen),
        directed=False, return_predecessors=True)
    return Graph(ground, roomy, corners, np.where(np.isfinite(between), between, FAR), following)


def ways(ground: BaseGeometry | Graph, points: np.ndarray) -> Ways:
    """Ways on `ground` (where the machine's middle may be) between points (P, 2) on it.

    Where a simplified outline leaves points of one piece of ground apart, all of its corners are
    taken.
    """
    known = ground if isinstance(ground, Graph) else graph(ground)
    found = _between(known, points)
    parts = shapely.get_parts(known.ground)
    if (found.length >= FAR).any() and len(parts):
        belongs = np.argmin(shapely.distance(
            parts[:, None], shapely.points(points)[None]), axis=0)
        if ((found.length >= FAR) & (belongs[:, None] == belongs[None, :])).any():
            return _between(graph(known.ground, exact=True), points)
    return found


def _between(known: Graph, points: np.ndarray) -> Ways:
    corners, between = known.corners, known.between
    to_corner = _in_sight(known.roomy, points, corners)
    length = _in_sight(known.roomy, points, points)
    straight = length < FAR
    if len(corners):
        length = _over(to_corner, between, length)
    return Ways(points, corners, np.minimum(length, FAR), straight, to_corner, between,
                known.following)


@njit(cache=True, nogil=True)
def _over(to_corner, between, length):
    """The shortest of the straight way and those over the first and the last corner in sight."""
    many, hubs = to_corner.shape
    out = length.copy()
    reach = np.empty(hubs)
    for a in range(many):
        reach[:] = 1e300
        for h in range(hubs):
            if to_corner[a, h] < 1e12:
                for k in range(hubs):
                    way = to_corner[a, h] + between[h, k]
                    if way < reach[k]:
                        reach[k] = way
        for b in range(many):
            for k in range(hubs):
                if to_corner[b, k] < 1e12:
                    way = reach[k] + to_corner[b, k]
                    if way < out[a, b]:
                        out[a, b] = way
    return out


def _corners(ground: BaseGeometry, roomy: BaseGeometry, tolerance: float) -> np.ndarray:
    """Corners that stick into the ground, which ways go round: with a tolerance of a simplified
    outline and a little off it, as far as those places are on the ground; without, all of them."""
    out = []
    for part in shapely.get_parts(shapely.simplify(ground, tolerance) if tolerance else ground):
        for n, ring in enumerate(shapely.get_rings(part)):
            xy = shapely.get_coordinates(ring)[:-1]
            if len(xy) < 3:
                continue
            before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
            unit_b = before / np.maximum(np.hypot(*before.T), 1e-12)[:, None]
            unit_a = after / np.maximum(np.hypot(*after.T), 1e-12)[:, None]
            turn = unit_b[:, 0] * unit_a[:, 1] - unit_b[:, 1] * unit_a[:, 0]
            # With the ground on the left, a corner to the right sticks into it.
            left = 1.0 if shapely.is_ccw(ring) == (n == 0) else -1.0
            into = turn * left < 0
            out.append((xy + (OFF_M * (unit_b - unit_a) if tolerance else 0.0))[into])
    found = np.concatenate(out) if out else np.empty((0, 2))
    if tolerance and len(found):
        found = found[shapely.covers(roomy, shapely.points(found))]
    return np.unique(np.round(found, 4), axis=0) if tolerance else np.unique(found, axis=0)


def _place(xy: np.ndarray) -> str:
    return f"{xy[0]:.2f}, {xy[1]:.2f}"


def _in_sight(roomy: BaseGeometry, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Length of the straight way from each of a (N, 2) to each of b (M, 2); FAR if off ground.

    The points stand on the ground, so that a way is on it where it crosses no edge of `roomy`.
    """
    rings = [shapely.get_coordinates(r) for r in shapely.get_rings(shapely.get_parts(roomy))]
    edges = np.concatenate([np.column_stack([r[:-1], r[1:]]) for r in rings])
    return _sight(edges, np.ascontiguousarray(a), np.ascontiguousarray(b), FAR)


@njit(cache=True, nogil=True)
def _sight(edges, a, b, far):
    out = np.empty((len(a), len(b)))
    many = len(edges)
    blocker = 0  # the edge that was in the way last is looked at first
    for i in range(len(a)):
        ax, ay = a[i, 0], a[i, 1]
        for j in range(len(b)):
            bx, by = b[j, 0], b[j, 1]
            wx, wy = bx - ax, by - ay
            low_x, high_x = min(ax, bx), max(ax, bx)
            low_y, high_y = min(ay, by), max(ay, by)
            out[i, j] = np.hypot(wx, wy)
            if wx == 0.0 and wy == 0.0:
                continue
            for n in range(-1, many):
                k = blocker if n < 0 else n
                px, py, qx, qy = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
                if (max(px, qx) < low_x or min(px, qx) > high_x or max(py, qy) < low_y
                        or min(py, qy) > high_y):
                    continue
                left = wx * (py - ay) - wy * (px - ax)
                right = wx * (qy - ay) - wy * (qx - ax)
                if (left > 0.0 and right > 0.0) or (left < 0.0 and right < 0.0):
                    continue
                ex, ey = qx - px, qy - py
                one = ex * (ay - py) - ey * (ax - px)
                other = ex * (by - py) - ey * (bx - px)
                if (one > 0.0 and other > 0.0) or (one < 0.0 and other < 0.0):
                    continue
                out[i, j] = far
                blocker = k
                break
    return out


NEAR = 12  # neighbours of an end that are tried
ROUNDS_A_PIECE = 120  # shakes of the order, for each piece
MOST_ROUNDS = 60_000


def order(length: np.ndarray, start: int, *, back: bool = False, rounds: int | None = None,
          seed: int = 1) -> np.ndarray:
    """Order and direction of S pieces: int64 (S, 2) of piece and 0 forwards or 1 backwards.

    `length` (P, P), symmetric: points 2 k and 2 k + 1 are the ends of piece k; `start` (not below
    2 S) is the point to begin from, with `back` also the one to end at. Nearest end first; then
    stretches are turned round and up to three pieces moved while that shortens the way, and the
    order is shaken and mended again `rounds` times. The same seed gives the same order.

    Source: 2-opt (Croes 1958) and Or-opt (Or 1976) with lists of neighbours; iterated local search
    with the double bridge (Martin, Otto and Felten 1991).
    """
    many = start // 2
    if many == 0:
        return np.empty((0, 2), dtype=np.int64)
    ends = 2 * many
    # The start is a piece of its own: it is left at one end and, at no cost unless `back`, come
    # back to at the other.
    cost = np.zeros((ends + 2, ends + 2))
    cost[:ends, :ends] = length[:ends, :ends]
    cost[ends, :ends] = cost[:ends, ends] = length[start, :ends]
    if back:
        cost[ends + 1, :ends] = cost[:ends, ends + 1] = length[start, :ends]
    near = np.argsort(cost, axis=1, kind="stable")[:, :NEAR + 2].astype(np.int64)
    path = _nearest(cost, ends)
    shakes = min(ROUNDS_A_PIECE * many, MOST_ROUNDS) if rounds is None else rounds
    path = _shaken(cost, near, path, shakes, seed)
    at = int(np.flatnonzero(path == ends)[0])  # the out end of the start's piece
    path = np.roll(path, -(at + 1)) if at % 2 == 1 else np.roll(path[::-1], at - len(path))
    path = path[:ends]
    return np.column_stack([path[::2] // 2, path[::2] % 2])


@njit(cache=True, nogil=True)
def _nearest(cost, ends):
    """Ends in the order of the path: in and out of each piece in turn; the start's piece last."""
    many = ends // 2
    path = np.empty(ends + 2, np.int64)
    done = np.zeros(many, np.bool_)
    at = ends
    for n in range(many):
        best, chosen = 1e300, -1
        for e in range(ends):
            if not done[e // 2] and cost[at, e] < best:
                best, chosen = cost[at, e], e
        done[chosen // 2] = True
        path[2 * n], path[2 * n + 1] = chosen, chosen ^ 1
        at = chosen ^ 1
    path[ends], path[ends + 1] = ends + 1, ends
    return path


@njit(cache=True, nogil=True)
def _total(cost, path):
    total = 0.0
    for k in range(1, len(path) - 1, 2):
        total += cost[path[k], path[k + 1]]
    return total + cost[path[-1], path[0]]


@njit(cache=True, nogil=True)
def _shaken(cost, near, path, rounds, seed):
    many = len(path) // 2
    place = np.empty(len(path), np.int64)
    awake = np.ones(many, np.bool_)
    _mend(cost, near, path, place, awake)
    best = path.copy()
    length = least = _total(cost, path)
    kept = path.copy()
    random = np.uint64(seed * 2 + 1)
    if many < 5:
        return best
    for n in range(rounds):
        # Three cuts not far apart: of the stretches between them the second comes first.
        cuts = np.empty(3, np.int64)
        window = min(many - 1, 30)
        random = random * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        first = np.int64((random >> np.uint64(33)) % np.uint64(many - window))
        for k in range(3):
            random = random * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            cuts[k] = first + np.int64((random >> np.uint64(33)) % np.uint64(window + 1))
        cuts.sort()
        a, b, c = cuts[0], cuts[1], cuts[2]
        if a == b or b == c:
            continue
        moved = np.concatenate((path[2 * b:2 * c], path[2 * a:2 * b]))
        path[2 * a:2 * c] = moved
        awake[:] = False
        for k in (a - 1, a, a + c - b - 1, a + c - b, c - 1, c % many):
            awake[path[2 * (k % many)] // 2] = True
        _mend(cost, near, path, place, awake)
        found = _total(cost, path)
        # A little longer is let through at first, so that the search leaves a hollow.
        if found < length + 1e-9 + 0.002 * least * (1 - n / rounds) / many:
            length = found
            kept[:] = path
            if found < least - 1e-9:
                least = found
                best[:] = path
        else:
            path[:] = kept
    return best


@njit(cache=True, nogil=True)
def _turn(path, place, i, j):
    """Turn the stretch from piece i to piece j (places in the path) round; the shorter side."""
    many = len(path) // 2
    inside = (j - i) % many + 1
    if 2 * inside > many:
        i, j = (j + 1) % many, (i - 1) % many
        inside = many - inside
    for _ in range((inside + 1) // 2):
        a, b = path[2 * i], path[2 * i + 1]
        c, d = path[2 * j], path[2 * j + 1]
        if i == j:
            path[2 * i], path[2 * i + 1] = b, a
            place[a // 2] = i
        else:
            path[2 * i], path[2 * i + 1] = d, c
            path[2 * j], path[2 * j + 1] = b, a
            place[c // 2], place[a // 2] = i, j
        i, j = (i + 1) % many, (j - 1) % many


@njit(cache=True, nogil=True)
def _mend(cost, near, path, place, awake):
    """Turn stretches and move pieces as long as that shortens; pieces that are awake first."""
    many = len(path) // 2
    for k in range(many):
        place[path[2 * k] // 2] = k
    todo = True
    while todo:
        todo = False
        for piece in range(many):
            if not awake[piece]:
                continue
            awake[piece] = False
            if _better(cost, near, path, place, awake, piece):
                awake[piece] = todo = True


@njit(cache=True, nogil=True)
def _better(cost, near, path, place, awake, piece):
    """One move at a piece that shortens the path; whether there was one."""
    many = len(path) // 2
    i = place[piece]
    for side in range(2):  # the link behind the piece, the link before it
        mine = path[2 * i + 1] if side == 0 else path[2 * i]
        n = (i + 1) % many if side == 0 else (i - 1) % many
        other = path[2 * n] if side == 0 else path[2 * n + 1]
        old = cost[mine, other]
        for c in near[mine]:
            gain = old - cost[mine, c]
            if gain <= 1e-9:
                break
            j = place[c // 2]
            if j in (i, n):
                continue
            if (path[2 * j + 1] == c) == (side == 0):  # both are out ends, or both in ends
                m = (j + 1) % many if side == 0 else (j - 1) % many
                beyond = path[2 * m] if side == 0 else path[2 * m + 1]
                if gain + cost[c, beyond] - cost[other, beyond] > 1e-9:
                    if side == 0:
                        _turn(path, place, n, j)
                    else:
                        _turn(path, place, j, n)
                    for k in (i, n, j, m):
                        awake[path[2 * k] // 2] = True
                    for e in (mine, other, c, beyond):
                        awake[e // 2] = True
                    return True
    for size in range(1, min(4, many - 2)):  # the stretch that begins or ends at the piece
        for side in range(2):
            first = i if side == 0 else (i - size + 1) % many
            last = (first + size - 1) % many
            before, after = (first - 1) % many, (last + 1) % many
            head, tail = path[2 * first], path[2 * last + 1]
            a, b = path[2 * before + 1], path[2 * after]
            freed = cost[a, head] + cost[tail, b] - cost[a, b]
            if freed <= 1e-9:
                continue
            end, far_end = (head, tail) if side == 0 else (tail, head)
            for c in near[end]:
                if freed - cost[end, c] <= 1e-9:
                    break
                j = place[c // 2]
                if (j - first) % many < size:
                    continue
                # `end` is joined to c, `far_end` to what is beyond c.
                out_end = path[2 * j + 1] == c
                m = (j + 1) % many if out_end else (j - 1) % many
                if (m - first) % many < size:
                    continue  # it stands there already
                beyond = path[2 * m] if out_end else path[2 * m + 1]
                if freed - cost[end, c] - cost[far_end, beyond] + cost[c, beyond] <= 1e-9:
                    continue
                _move(path, place, first, size, j if out_end else m,
                      end == (tail if out_end else head))
                for e in (a, b, head, tail, c, beyond):
                    awake[e // 2] = True
                return True
    return False


@njit(cache=True, nogil=True)
def _move(path, place, first, size, low, round_):
    """Move `size` pieces from place `first` behind the piece at place `low`, turned or not."""
    many = len(path) // 2
    held = np.empty(2 * size, np.int64)
    for k in range(size):
        at = (first + k) % many
        held[2 * k], held[2 * k + 1] = path[2 * at], path[2 * at + 1]
    if round_:
        held = held[::-1].copy()
    at = first
    for _ in range((low - (first + size)) % many + 1):  # pieces between it and its new place
        source = (at + size) % many
        path[2 * at], path[2 * at + 1] = path[2 * source], path[2 * source + 1]
        place[path[2 * at] // 2] = at
        at = (at + 1) % many
    for k in range(size):
        to = (at + k) % many
        path[2 * to], path[2 * to + 1] = held[2 * k], held[2 * k + 1]
        place[held[2 * k] // 2] = to
