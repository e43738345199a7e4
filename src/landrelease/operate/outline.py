"""Outlines of pieces that lie side by side: polygons that do not overlap in, their union out.

Where two pieces meet, the edge of one runs against that of the other. Corners nearer than `SNAP_M`
are one corner, each edge is cut at the corners that lie on it, and the parts that run both ways
cancel; what is left is the outline, with the ground on its left. No corner moves by more than
`SNAP_M`, and whether any ground was lost, the areas show: the caller compares them. Many times
quicker than an overlay, which has to expect that pieces lie over each other. Own method. Metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

from landrelease.operate.pieces import Pieces
from landrelease.operate.sweep import longer

SNAP_M = 2e-7  # pieces come from sums in floating point
STRAIGHT_M = 1e-9  # a corner nearer to the line of its neighbours is none


@dataclass(frozen=True, slots=True)
class Outlines:
    """Rings of the union, and which pieces hang together: G groups."""

    group: np.ndarray  # int64 (N,) of each piece
    x: np.ndarray  # float64 (V,) corners of all rings, not closed; shells anticlockwise
    y: np.ndarray  # float64 (V,)
    first: np.ndarray  # int64 (R + 1,)
    ring_group: np.ndarray  # int64 (R,)
    area_m2: np.ndarray  # float64 (R,) less than 0: a hole


def outlines(pieces: Pieces) -> Outlines:
    """The union of N polygons that do not overlap, as rings."""
    origin_x, origin_y = float(pieces.x.mean()), float(pieces.y.mean())
    x, y = pieces.x - origin_x, pieces.y - origin_y
    size = max(1e-3, min(1.0, 3 * math.sqrt(float(pieces.areas().sum()) / len(x))))
    low_x, low_y = float(x.min()) - size, float(y.min()) - size
    columns = int((float(x.max()) - low_x) / size) + 3
    cell = ((y - low_y) / size).astype(np.int64)
    cell *= columns
    cell += ((x - low_x) / size).astype(np.int64)
    order = np.argsort(cell, kind="stable").astype(np.int32)
    cell = cell[order]
    keys, at = _cells(cell)
    corner = _corners(x, y, order, cell, keys, at, low_x, low_y, size, columns, SNAP_M)
    a, b, of, root = _parts(x, y, pieces.first, pieces.outer, pieces.piece, corner, order, cell,
                            keys, at, low_x, low_y, size, columns, SNAP_M, len(pieces))
    del order, cell, corner, keys, at
    _, group = np.unique(root, return_inverse=True)
    # Parts that run both ways cancel.
    low, high = np.minimum(a, b), np.maximum(a, b)
    sort = np.argsort(low.astype(np.int64) << 32 | high, kind="stable").astype(np.int32)
    left = _uncancelled(low[sort], high[sort], a[sort])
    chosen = sort[left]
    del low, high, sort, left
    starts = chosen[np.argsort(a[chosen], kind="stable")]
    a, b, of = a[starts], b[starts], of[starts]
    found_x, found_y, found_first, some, area = _linked(x, y, a, b, of, STRAIGHT_M)
    return Outlines(group.astype(np.int64), found_x + origin_x, found_y + origin_y, found_first,
                    group[some].astype(np.int64), area)


def polygons(found: Outlines, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons of the chosen groups (G,) bool, with the group of each."""
    rings = np.flatnonzero(chosen[found.ring_group])
    if not len(rings):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    counts = np.diff(found.first)[rings]
    at = np.repeat(found.first[rings] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    at += np.arange(counts.sum())
    made = shapely.linearrings(np.column_stack([found.x[at], found.y[at]]),
                               indices=np.repeat(np.arange(len(rings)), counts))
    shell = found.area_m2[rings] > 0
    shells, group = shapely.polygons(made[shell]), found.ring_group[rings][shell]
    if shell.all():
        return shells, group
    # A hole belongs to the smallest shell that holds a point of it and is larger.
    holes = made[~shell]
    inside = shapely.point_on_surface(shapely.polygons(holes))
    hole, holder = shapely.STRtree(shells).query(inside, predicate="within")
    sizes, own = shapely.area(shells), -found.area_m2[rings][~shell]
    fits = sizes[holder] > own[hole]
    hole, holder = hole[fits], holder[fits]
    order = np.lexsort((sizes[holder], hole))
    hole, holder = hole[order], holder[order]
    begins = np.concatenate([[True], np.diff(hole) != 0]) if len(hole) else np.empty(0, bool)
    hole, holder = hole[begins], holder[begins]
    for k in np.unique(holder).tolist():
        shells[k] = shapely.polygons(made[shell][k], holes=holes[hole[holder == k]])
    return shells, group


@njit(cache=True, nogil=True)
def _from(keys, key):
    """The first place of a key among sorted ones."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _cells(sorted_keys):
    """A table of the cells that hold a vertex: key and first place, each at a slot of its own."""
    many = 1
    for k in range(1, len(sorted_keys)):
        if sorted_keys[k] != sorted_keys[k - 1]:
            many += 1
    size = 16
    while size < 1.6 * many:
        size *= 2
    keys, at = np.full(size, -1, np.int64), np.empty(size, np.int32)
    for k in range(len(sorted_keys)):
        if k and sorted_keys[k] == sorted_keys[k - 1]:
            continue
        slot = _slot(keys, sorted_keys[k])
        keys[slot], at[slot] = sorted_keys[k], k
    return keys, at


@njit(cache=True, nogil=True)
def _slot(keys, key):
    """Where a key stands in the table, or the free slot for it (linear probing)."""
    mask = len(keys) - 1
    slot = (key * 0x9E3779B97F4A7C1 >> 20) & mask
    while keys[slot] != key and keys[slot] != -1:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def _corners(x, y, order, cell, keys, at, low_x, low_y, size, columns, snap):
    """The corner that each vertex is: the first one within `snap`."""
    n = len(x)
    corner = np.full(n, -1, np.int32)
    for v in order:
        if corner[v] >= 0:
            continue
        corner[v] = v
        for row in range(math.floor((y[v] - snap - low_y) / size),
                         math.floor((y[v] + snap - low_y) / size) + 1):
            for column in range(math.floor((x[v] - snap - low_x) / size),
                                math.floor((x[v] + snap - low_x) / size) + 1):
                key = row * columns + column
                slot = _slot(keys, key)
                k = at[slot] if keys[slot] == key else n
                while k < n and cell[k] == key:
                    w = order[k]
                    if corner[w] < 0 and abs(x[w] - x[v]) <= snap and abs(y[w] - y[v]) <= snap:
                        corner[w] = v
                    k += 1
    return corner


@njit(cache=True, nogil=True)
def _root(parent, k):
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


@njit(cache=True, nogil=True)
def _parts(x, y, first, outer, piece, corner, order, cell, keys, table, low_x, low_y, size, columns,
           snap, many):
    """Edges cut at the corners on them: from, to, piece of each; and the root of each piece."""
    n = len(x)
    size_of = n + n // 4 + 16
    a, b, of = np.empty(size_of, np.int32), np.empty(size_of, np.int32), np.empty(size_of, np.int32)
    made = 0
    parent = np.arange(many).astype(np.int32)
    holder = np.full(n, -1, np.int32)  # a piece at each corner
    at, who = np.empty(256), np.empty(256)
    for ring in range(len(first) - 1):
        low, high = first[ring], first[ring + 1]
        twice = 0.0
        for k in range(low, high):
            j = k + 1 if k + 1 < high else low
            twice += (x[k] - x[low]) * (y[j] - y[low]) - (x[j] - x[low]) * (y[k] - y[low])
        forward = (twice > 0) == outer[ring]
        for k in range(low, high):
            j = k + 1 if k + 1 < high else low
            u, v = (corner[k], corner[j]) if forward else (corner[j], corner[k])
            if u == v:
                continue
            dx, dy = x[v] - x[u], y[v] - y[u]
            length = math.hypot(dx, dy)
            found = 0
            steps = max(1, math.ceil(length / size))
            for step in range(steps):
                xa, ya = x[u] + dx * step / steps, y[u] + dy * step / steps
                xb, yb = x[u] + dx * (step + 1) / steps, y[u] + dy * (step + 1) / steps
                south = math.floor((min(ya, yb) - snap - low_y) / size)
                north = math.floor((max(ya, yb) + snap - low_y) / size)
                west = math.floor((min(xa, xb) - snap - low_x) / size)
                east = math.floor((max(xa, xb) + snap - low_x) / size)
                for row in range(south, north + 1):
                    for column in range(west, east + 1):
                        key = row * columns + column
                        slot = _slot(keys, key)
                        m = table[slot] if keys[slot] == key else n
                        while m < n and cell[m] == key:
                            w = order[m]
                            m += 1
                            if corner[w] != w or w in (u, v):
                                continue
                            rx, ry = x[w] - x[u], y[w] - y[u]
                            along = (rx * dx + ry * dy) / length
                            if (abs(rx * dy - ry * dx) <= snap * length
                                    and 0 < along < length):
                                if found == len(at):
                                    at, who = longer(at, 2 * found), longer(who, 2 * found)
                                at[found], who[found] = along, w
                                found += 1
            for m in range(1, found):  # few, and nearly in order
                key_at, key_who = at[m], who[m]
                p = m - 1
                while p >= 0 and at[p] > key_at:
                    at[p + 1], who[p + 1] = at[p], who[p]
                    p -= 1
                at[p + 1], who[p + 1] = key_at, key_who
            last = u
            for m in range(found + 1):
                to = int(who[m]) if m < found else v
                if to == last:
                    continue
                if made == len(a):
                    a, b, of = longer(a, 2 * made), longer(b, 2 * made), longer(of, 2 * made)
                a[made], b[made], of[made] = last, to, piece[ring]
                made += 1
                for c in (last, to):
                    if holder[c] < 0:
                        holder[c] = piece[ring]
                    else:
                        one, two = _root(parent, holder[c]), _root(parent, piece[ring])
                        parent[max(one, two)] = min(one, two)
                last = to
    root = np.empty(many, np.int64)
    for k in range(many):
        root[k] = _root(parent, k)
    return a[:made].copy(), b[:made].copy(), of[:made].copy(), root


@njit(cache=True, nogil=True)
def _uncancelled(low, high, start):
    """Which of the sorted parts stay: as many as run more often one way than the other."""
    out = np.zeros(len(low), np.bool_)
    k = 0
    while k < len(low):
        z = k
        net = 0
        while z < len(low) and low[z] == low[k] and high[z] == high[k]:
            net += 1 if start[z] == low[z] else -1
            z += 1
        for m in range(k, z):
            if net > 0 and start[m] == low[m]:
                out[m] = True
                net -= 1
            elif net < 0 and start[m] == high[m]:
                out[m] = True
                net += 1
        k = z
    return out


@njit(cache=True, nogil=True)
def _linked(x, y, a, b, of, straight):
    """Rings of the parts (sorted by `a`): corners, first, piece, area of each."""
    n = len(a)
    used = np.zeros(n, np.bool_)
    out_x, out_y = np.empty(n), np.empty(n)
    first = np.empty(n + 1, np.int64)
    some, area = np.empty(n, np.int64), np.empty(n)
    made = rings = 0
    path = np.empty(n + 1, np.int64)  # parts on the way
    place = np.full(len(x), -1, np.int32)  # where a corner stands on the way
    for seed in range(n):
        if used[seed]:
            continue
        many = 0
        part = seed
        while part >= 0:
            used[part] = True
            place[a[part]] = many
            path[many] = part
            many += 1
            to = b[part]
            if place[to] >= 0:  # a ring is closed: it comes off the way
                start = place[to]
                begin = made
                twice = 0.0
                for m in range(start, many):
                    place[a[path[m]]] = -1
                    p, q = a[path[m]], b[path[m]]
                    twice += (x[p] - x[to]) * (y[q] - y[to]) - (x[q] - x[to]) * (y[p] - y[to])
                for m in range(start, many):
                    p, q = a[path[m]], b[path[m]]
                    if made > begin:  # a corner on the line of its neighbours is none
                        px, py = out_x[made - 1], out_y[made - 1]
                        dx, dy = x[q] - px, y[q] - py
                        length = math.hypot(dx, dy)
                        if (length > 0 and abs((x[p] - px) * dy - (y[p] - py) * dx)
                                <= straight * length
                                and (x[p] - px) * dx + (y[p] - py) * dy > 0
                                and (x[q] - x[p]) * dx + (y[q] - y[p]) * dy > 0):
                            continue
                    out_x[made], out_y[made] = x[p], y[p]
                    made += 1
                if made - begin >= 3:
                    first[rings], some[rings], area[rings] = begin, of[path[start]], twice / 2
                    rings += 1
                else:
                    made = begin
                many = start
                if many == 0:
                    break
                part = path[many - 1]
            # The sharpest turn to the left among the parts that go on from here.
            k = _from(a, b[part])
            rx, ry = x[a[part]] - x[b[part]], y[a[part]] - y[b[part]]
            here, best, least = b[part], -1, 10.0
            while k < n and a[k] == here:
                if not used[k]:
                    wx, wy = x[b[k]] - x[here], y[b[k]] - y[here]
                    turn = -math.atan2(rx * wy - ry * wx, rx * wx + ry * wy)
                    if turn <= 0:
                        turn += 2 * math.pi
                    if turn < least:
                        best, least = k, turn
                k += 1
            part = best
        for m in range(many):  # an end that leads nowhere: the areas will tell
            place[a[path[m]]] = -1
    first[rings] = made
    return (out_x[:made].copy(), out_y[:made].copy(), first[:rings + 1].copy(),
            some[:rings].copy(), area[:rings].copy())
