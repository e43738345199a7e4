"""Ground that no swath covers: swaths of runs in, the exact rest as convex pieces out.

A run is a line of V vertices along which the tool was dragged with its bar across the way; its
swath is the rectangle of each segment and, on the outside of each bend, the sector that the bar
sweeps while it turns. Ends are flat. Planar metres.

Two steps. The first is quick and never claims too much: runs are merged into straight strips that
lie inside the swath, and for each band of `BAND_M` across the field the strips that span the whole
band are merged as intervals of real numbers. The second looks only at what the first could not
show to be covered, box by box, and takes the rectangles and sectors away exactly (convex polygons
less convex polygons). So the time goes with the length driven, and the answer is exact but for the
polygons that stand for arcs: inscribed where coverage must not be overstated, circumscribed where
it must not be understated.

Own method. A strip along a chord of which the line stays within e lies inside the swath when it is
narrowed by e: each point of it has a point of the line abreast of it within half - e + e.
"""

from __future__ import annotations

import functools
import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numba import njit
from shapely.geometry.base import BaseGeometry

from landrelease.operate.pieces import Block, Pieces, alone, pieces_of, together

BAND_M = 0.2  # height of a band
CELL_BANDS = 10  # bands in a cell of the index of strips; a cell is as wide as high
SLAB_BANDS = 120  # bands that are worked on together; a multiple of CELL_BANDS
DECK_CELLS = 250_000  # cells, some slabs of them, whose strips are kept at a time
CHORD_M = 0.02  # most that a line may stray from the chord of its strip
OVERLAP_M = 0.5  # strips of a run overlap by this, so that no band falls between two
LONGEST_M = 20.0  # segments are cut to this length
ARC_STEP = 0.05  # radians between the points of an arc
THIN_M = 1e-9  # gaps thinner than this are rounding of the computer
FEW_SEGMENTS = 48  # a box that more of them reach is halved,
LEAST_BOX_M = 0.1  # but for one smaller than this
BLOCK = 16  # segments whose reach is looked at together
_VERTICES, _PIECES = 96, 512


@dataclass(frozen=True, slots=True)
class Runs:
    """R runs of altogether V vertices; run k has the vertices first[k] to first[k + 1]."""

    x: np.ndarray  # float64 (V,) m
    y: np.ndarray  # float64 (V,) m
    half_m: np.ndarray  # float64 (V,) half width of the segment from vertex i to i + 1
    first: np.ndarray  # int64 (R + 1,)

    @property
    def length_m(self) -> float:
        steps = np.hypot(np.diff(self.x), np.diff(self.y))
        ends = self.first[1:-1] - 1
        return float(steps.sum() - steps[ends].sum()) if len(steps) else 0.0


class Rest:
    """What is left of a field: its area, and N convex pieces that do not overlap, in the field's
    own plane: `blocks` of them, side by side; `parts` and `pieces` (N,) of Polygon, all together.
    """

    def __init__(self, area_m2: float, blocks: Sequence[Block]):
        self.area_m2, self.blocks = area_m2, blocks

    @property
    def parts(self) -> Pieces:
        return together([b.pieces for b in self.blocks])

    @functools.cached_property
    def pieces(self) -> np.ndarray:
        return self.parts.polygons()


def rest(field: BaseGeometry, runs: Runs, *, outer_arcs: bool = False, exact: bool = True,
         threads: int | None = None) -> Rest:
    """The part of a field (Polygon or MultiPolygon, m) that no swath covers.

    `outer_arcs`: arcs as polygons around them instead of inside them, for "covered at best".
    Without `exact` only the first step: boxes of one band each that hold all that is left, and up
    to `CHORD_M` of covered ground along its sides; coverage is understated, never overstated.
    """
    parts = list(each_rest(field, runs, outer_arcs=outer_arcs, exact=exact, threads=threads))
    return Rest(math.fsum(area for area, _ in parts), [b for _, b in parts if len(b.pieces)])


def each_rest(field: BaseGeometry, runs: Runs, *, outer_arcs: bool = False, exact: bool = True,
              threads: int | None = None) -> Iterator[tuple[float, Block]]:
    """The same slab by slab, each with its area, for who needs none of it for long."""
    if field.is_empty:
        return
    if len(runs.first) < 2:
        whole = shapely.get_parts(field)
        yield float(shapely.area(whole).sum()), alone(pieces_of(whole))
        return
    parts, frame = _slabs(field, runs, outer_arcs, exact, False, threads)
    yield from _gathered(parts, field, *frame)


def covered_m2(field: BaseGeometry, runs: Runs, *, outer_arcs: bool = False,
               threads: int | None = None) -> float:
    """The area of a field that swaths cover, in m².

    The same work, but only in the cells of the index that a swath can reach, so that time and
    memory go with what is covered and not with what is left: their ground less what is left there.
    """
    if field.is_empty or len(runs.first) < 2:
        return 0.0
    parts, (origin, low, cos, sin) = _slabs(field, runs, outer_arcs, True, True, threads)
    covered = 0.0
    for xy, counts, _, areas, inner in parts:
        covered += inner
        if len(counts):  # at the edge: ground is positive, what is left of it negative
            cut = shapely.area(_each_cut(
                _placed(xy, counts, low, cos, sin, origin).polygons(), field))
            covered += float((np.sign(areas) * cut).sum())
    return max(0.0, covered)


def _slabs(field: BaseGeometry, runs: Runs, outer_arcs: bool, exact: bool, covered_only: bool,
           threads: int | None
           ) -> tuple[Iterator[Any], tuple[np.ndarray, np.ndarray, float, float]]:
    """What the bands of each slab give, some slabs ahead, and the frame that they are in."""
    cos, sin = _turn(runs)
    west, south, east, north = shapely.bounds(field)
    origin = np.array([(west + east) / 2, (south + north) / 2])
    turned = shapely.transform(field, lambda p: _rotated(p - origin, cos, sin))
    low_x, low_y, high_x, high_y = shapely.bounds(turned)
    workers = threads or os.cpu_count() or 1
    low = np.array([low_x, low_y])
    bands = max(1, math.ceil((high_y - low_y) / BAND_M))
    columns = max(1, math.ceil((high_x - low_x) / (BAND_M * CELL_BANDS)) + 1)
    rings = _rings(turned, low_x, low_y)
    # A deck is worked on after the other: what is kept of strips and cells goes with one of them.
    cells_of_slab = columns * (SLAB_BANDS // CELL_BANDS)
    tall = max(1, DECK_CELLS // cells_of_slab) * SLAB_BANDS
    decks = [(a, min(a + tall, bands)) for a in range(0, bands, tall)]

    def parts() -> Iterator[Any]:
        for low_band, high_band in decks:
            own = _carried_runs(runs, origin, cos, sin, low, None if len(decks) == 1 else (
                low_band * BAND_M, high_band * BAND_M), workers)
            yield from _deck(own, low_band, high_band, rings, columns, outer_arcs, exact,
                             covered_only, workers)

    return parts(), (origin, low, cos, sin)


def _carried_runs(runs: Runs, origin: np.ndarray, cos: float, sin: float, low: np.ndarray,
                  between: tuple[float, float] | None, workers: int) -> Runs:
    """Runs in the turned frame: all of them, or the parts whose swaths may reach the ground
    `between` two heights. A bend whose sector reaches it keeps both of its segments."""
    frame = (origin[0], origin[1], cos, sin, low[0], low[1])
    if between is not None:
        return Runs(*_reaching_runs(runs.x, runs.y, runs.half_m, runs.first, *frame, *between))
    x, y = np.empty(len(runs.x)), np.empty(len(runs.x))
    _shared(workers, len(x), lambda a, z: _carried(runs.x, runs.y, *frame, x, y, a, z))
    return Runs(x, y, runs.half_m, runs.first)


def _deck(runs: Runs, low_band: int, high_band: int,
          rings: tuple[np.ndarray, np.ndarray, np.ndarray], columns: int, outer_arcs: bool,
          exact: bool, covered_only: bool, workers: int) -> Iterator[Any]:
    """What the bands of each slab of a deck give, some slabs ahead."""
    x, y, half = runs.x, runs.y, runs.half_m
    strips = _all_strips(x, y, half, runs.first, workers)
    low_row = low_band // CELL_BANDS
    rows = (high_band + CELL_BANDS - 1) // CELL_BANDS - low_row
    cell_first, cell_strip = _index(_all_spans(runs, strips, low_row, rows, columns, workers),
                                    rows, columns)
    block = np.empty(((len(x) + BLOCK - 1) // BLOCK, 4))
    _shared(workers, len(block), lambda a, z: _blocks(x, y, half, block, a, z))
    slab: Any = _slab  # compiled
    jobs = [(k, min(k + SLAB_BANDS, high_band)) for k in range(low_band, high_band, SLAB_BANDS)]

    def work(job: tuple[int, int]):
        return slab(job[0], job[1], low_row, x, y, half, runs.first, *strips, *rings, cell_first,
                    cell_strip, columns, block, outer_arcs, exact, covered_only)

    if min(workers, len(jobs)) < 2:
        yield from map(work, jobs)
        return
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Any] = deque()
        for job in jobs:
            ahead.append(pool.submit(work, job))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _shared(workers: int, many: int, work: Callable[[int, int], object]) -> None:
    """Work on 0 to `many` in as many parts as there are threads."""
    if workers == 1 or many < 20_000:
        work(0, many)
        return
    cuts = np.linspace(0, many, workers + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))


def _all_strips(x: np.ndarray, y: np.ndarray, half: np.ndarray, first: np.ndarray, workers: int
                ) -> tuple[np.ndarray, ...]:
    """Strips of all runs; runs are shared out among threads, the order stays."""
    if workers == 1 or len(x) < 50_000:
        return _strips(x, y, half, first, CHORD_M, OVERLAP_M)
    at = np.searchsorted(first, np.linspace(0, len(x), workers + 1)[1:-1])
    cuts = np.unique(np.concatenate([[0], at, [len(first) - 1]]))
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(
            lambda k: _strips(x, y, half, first[cuts[k]:cuts[k + 1] + 1], CHORD_M, OVERLAP_M),
            range(len(cuts) - 1)))
    return tuple(np.concatenate([p[n] for p in parts]) for n in range(7))


def _all_spans(runs: Runs, strips: tuple[np.ndarray, ...], low_row: int, rows: int, columns: int,
               workers: int) -> np.ndarray:
    spans = np.empty((len(strips[0]), 4), np.int32)
    _shared(workers, len(spans), lambda a, z: _spans(
        runs.x, runs.y, runs.half_m, strips[5], strips[6], low_row, rows, columns,
        BAND_M * CELL_BANDS, spans, a, z))
    return spans


def _gathered(parts: Iterable[Any], field: BaseGeometry, origin: np.ndarray,
              low: np.ndarray, cos: float, sin: float) -> Iterator[tuple[float, Block]]:
    """Area and block of each slab, in the field's plane; pieces at its edge cut to it."""
    for k, (xy, counts, at_edge, areas, _) in enumerate(parts):
        area = float(areas[~at_edge].sum())
        own = _placed(xy[np.repeat(~at_edge, counts)], counts[~at_edge], low, cos, sin, origin)
        if at_edge.any():
            cut = _cut_to(_placed(xy[np.repeat(at_edge, counts)], counts[at_edge], low, cos, sin,
                                  origin).polygons(), field)
            area += float(shapely.area(cut).sum())
            own = together([own, pieces_of(cut)])
        if not len(own):
            yield area, alone(own)
            continue
        top = (k + 1) * SLAB_BANDS * BAND_M - 1e-6
        up = sin * (own.x - origin[0]) + cos * (own.y - origin[1]) - low[1]
        highest = np.maximum.reduceat(up, own.first[:-1][own.outer])
        yield area, Block(own, highest > top)


def _placed(xy: np.ndarray, counts: np.ndarray, low: np.ndarray, cos: float, sin: float,
            origin: np.ndarray) -> Pieces:
    """Pieces of a slab in the field's plane."""
    plain = _rotated(xy + low, cos, -sin) + origin
    return Pieces(np.ascontiguousarray(plain[:, 0]), np.ascontiguousarray(plain[:, 1]),
                  np.concatenate([[0], np.cumsum(counts)]),
                  np.arange(len(counts), dtype=np.int32))


def _cut_to(pieces: np.ndarray, field: BaseGeometry) -> np.ndarray:
    """What of the pieces lies in the field, as polygons."""
    parts = shapely.get_parts(_each_cut(pieces, field))
    return parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)]


def _each_cut(pieces: np.ndarray, field: BaseGeometry) -> np.ndarray:
    """Each piece cut to the field (N,)."""
    shapely.prepare(field)
    out = pieces.copy()
    at = np.flatnonzero(~shapely.contains_properly(field, pieces))
    if shapely.get_num_coordinates(field) > 200:  # a local part of a long outline each
        bounds = shapely.bounds(pieces[at])
        near = shapely.intersection(field, shapely.box(*(bounds.T + np.array(
            [[-0.01], [-0.01], [0.01], [0.01]]))))
        out[at] = shapely.intersection(pieces[at], near)
    else:
        out[at] = shapely.intersection(pieces[at], field)
    return out


def _turn(runs: Runs) -> tuple[float, float]:
    """Cosine and sine of the rotation that lays the main direction of travel along y."""
    angle = _main_direction(runs.x, runs.y, runs.first)
    quarter = round(angle / (math.pi / 2))
    if abs(angle - quarter * math.pi / 2) < 1e-6:  # along an axis: no rounding at all
        return (1.0, 0.0) if quarter % 2 else (0.0, 1.0)
    return math.cos(math.pi / 2 - angle), math.sin(math.pi / 2 - angle)


@njit(cache=True, nogil=True)
def _main_direction(x, y, first):
    """The angle from x of the longest way in one direction or its opposite, in radians."""
    twice, plain = 0.0, 0.0
    apart = 1 + len(x) // 200_000  # some of many segments tell it as well
    for run in range(len(first) - 1):
        for k in range(first[run], first[run + 1] - 1, apart):
            u, v = x[k + 1] - x[k], y[k + 1] - y[k]
            length = math.sqrt(u * u + v * v)
            if length > 0:
                twice += 2 * u * v / length
                plain += (u * u - v * v) / length
    return 0.5 * math.atan2(twice, plain)


@njit(cache=True, nogil=True)
def _carried(x, y, origin_x, origin_y, cos, sin, low_x, low_y, out_x, out_y, start, stop):
    """Shift to the origin, rotate, shift to the lower left corner."""
    for k in range(start, stop):
        a, b = x[k] - origin_x, y[k] - origin_y
        out_x[k], out_y[k] = cos * a - sin * b - low_x, sin * a + cos * b - low_y


@njit(cache=True, nogil=True)
def _reaching_runs(x, y, half, first, origin_x, origin_y, cos, sin, low_x, low_y, south, north):
    """The same of the segments on end that can reach from south to north: x, y, half, first."""
    count = runs = 0
    out_x = out_y = out_half = np.empty(0)
    out_first = np.zeros(1, np.int64)
    for fill in range(2):
        if fill == 1:
            out_x, out_y, out_half = np.empty(count), np.empty(count), np.empty(count)
            out_first = np.empty(runs + 1, np.int64)
            count = runs = 0
        for run in range(len(first) - 1):
            open_run = False
            up = 0.0
            for k in range(first[run], first[run + 1]):
                before = up
                a, b = x[k] - origin_x, y[k] - origin_y
                up = sin * a + cos * b - low_y
                if k == first[run]:
                    continue
                reach = half[k - 1] * 1.01  # arcs may be polygons round the true ones
                if max(before, up) + reach < south or min(before, up) - reach > north:
                    open_run = False
                    continue
                if not open_run:
                    open_run = True
                    if fill == 1:
                        u, v = x[k - 1] - origin_x, y[k - 1] - origin_y
                        out_x[count] = cos * u - sin * v - low_x
                        out_y[count], out_first[runs] = before, count
                    runs += 1
                    count += 1
                if fill == 1:
                    out_half[count - 1] = half[k - 1]
                    out_x[count], out_y[count] = cos * a - sin * b - low_x, up
                    out_half[count] = half[k]
                count += 1
    out_first[runs] = count
    return out_x, out_y, out_half, out_first


def _rotated(xy: np.ndarray, cos: float, sin: float) -> np.ndarray:
    return np.column_stack([cos * xy[:, 0] - sin * xy[:, 1], sin * xy[:, 0] + cos * xy[:, 1]])


def _rings(field: BaseGeometry, low_x: float, low_y: float
           ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rings = shapely.get_rings(shapely.get_parts(field))
    xy, index = shapely.get_coordinates(rings, return_index=True)
    first = np.concatenate([[0], np.cumsum(np.bincount(index, minlength=len(rings)))])
    return xy[:, 0] - low_x, xy[:, 1] - low_y, first.astype(np.int64)


@njit(cache=True, nogil=True)
def _strips(x, y, half, first, chord, overlap):
    """Straight strips inside the swaths: both ends, half width, and the vertices of each.

    A window of slopes about the anchor holds the chords that all vertices so far allow.
    """
    size = max(16, len(x) // 4)
    x0, y0 = np.empty(size), np.empty(size)
    x1, y1 = np.empty(size), np.empty(size)
    wide = np.empty(size)
    begin, end = np.empty(size, np.int64), np.empty(size, np.int64)
    made = 0
    for run in range(len(first) - 1):
        last = first[run + 1] - 1
        i = first[run]
        while i < last:
            ax, ay = x[i], y[i]
            bx, by = x[i + 1] - ax, y[i + 1] - ay
            norm = math.sqrt(bx * bx + by * by)
            j = i + 1
            if norm > 0:
                bx /= norm
                by /= norm
                low, high = -1e300, 1e300
                k = i + 1
                far = norm
                while k <= last:
                    dx, dy = x[k] - ax, y[k] - ay
                    along = bx * dx + by * dy
                    across = bx * dy - by * dx
                    if along <= 0.0 or along < far - chord or along > 60.0:
                        break
                    far = max(far, along)
                    slope = across / along
                    if low <= slope <= high:
                        j = k
                    low = max(low, (across - chord) / along)
                    high = min(high, (across + chord) / along)
                    if low > high:
                        break
                    k += 1
            if made == size:
                size *= 2
                x0, y0 = longer(x0, size), longer(y0, size)
                x1, y1 = longer(x1, size), longer(y1, size)
                wide = longer(wide, size)
                begin, end = longer(begin, size), longer(end, size)
            dx, dy = x[j] - ax, y[j] - ay
            norm = math.sqrt(dx * dx + dy * dy)
            stray, narrow = 0.0, half[i]
            sx, sy, ex, ey = ax, ay, x[j], y[j]
            if norm > 0:
                dx /= norm
                dy /= norm
                for k in range(i + 1, j):
                    stray = max(stray, abs(dx * (y[k] - ay) - dy * (x[k] - ax)))
                    narrow = min(narrow, half[k])
                narrow -= stray
                # Nothing of the strip behind the flat end of its first and last segment: there its
                # nearest point of the line would be a vertex that only a bend may cover.
                back = _behind(dx, dy, x[i + 1] - ax, y[i + 1] - ay) * narrow
                sx += dx * back
                sy += dy * back
                norm -= back
                back = _behind(dx, dy, x[j] - x[j - 1], y[j] - y[j - 1]) * narrow
                ex -= dx * back
                ey -= dy * back
                norm -= back
            else:
                narrow = 0.0
            x0[made], y0[made], x1[made], y1[made] = sx, sy, ex, ey
            wide[made] = narrow if norm > 0 else 0.0
            begin[made], end[made] = i, j
            made += 1
            if j == last:
                break
            k = j
            length = 0.0
            while k - 1 > i and length < overlap:
                length += math.hypot(x[k] - x[k - 1], y[k] - y[k - 1])
                k -= 1
            i = max(k, i + max(1, (j - i) // 4))
    return (x0[:made], y0[:made], x1[:made], y1[:made], wide[:made], begin[:made], end[:made])


@njit(cache=True, nogil=True)
def _behind(dx, dy, ux, uy):
    """Tangent of the angle between a chord and the end segment; large where they part."""
    cosine = dx * ux + dy * uy
    if cosine <= 0:
        return 1e9
    return abs(dx * uy - dy * ux) / cosine


@njit(cache=True, nogil=True)
def longer(values, size):
    """A longer copy; by a loop, which compiles far faster than a slice that checks its shape."""
    out = np.empty(size, values.dtype)
    for k in range(len(values)):
        out[k] = values[k]
    return out


@njit(cache=True, nogil=True)
def _spans(x, y, half, begin, end, low_row, rows, columns, side, spans, start, stop):
    """The cells that strips can reach: west, east, south, north of each; rows from low_row on."""
    for s in range(start, stop):
        low_x = high_x = x[begin[s]]
        low_y = high_y = y[begin[s]]
        reach = 0.0
        for k in range(begin[s], end[s] + 1):
            low_x, high_x = min(low_x, x[k]), max(high_x, x[k])
            low_y, high_y = min(low_y, y[k]), max(high_y, y[k])
            reach = max(reach, half[k])
        reach *= 1.01
        west = max(0, math.floor((low_x - reach) / side))
        east = min(columns - 1, math.floor((high_x + reach) / side))
        south = max(0, math.floor((low_y - reach) / side) - low_row)
        north = min(rows - 1, math.floor((high_y + reach) / side) - low_row)
        spans[s, 0], spans[s, 1], spans[s, 2], spans[s, 3] = west, east, south, north


@njit(cache=True, nogil=True)
def _index(spans, rows, columns):
    """Which strips can reach each cell: cell c has the strips at first[c] to first[c + 1]."""
    first = np.zeros(rows * columns + 1, np.int64)
    for s in range(len(spans)):
        for row in range(spans[s, 2], spans[s, 3] + 1):
            for column in range(spans[s, 0], spans[s, 1] + 1):
                first[row * columns + column + 1] += 1
    for c in range(rows * columns):
        first[c + 1] += first[c]
    fill = first[:-1].copy()
    strip = np.empty(first[-1], np.int32)
    for s in range(len(spans)):
        for row in range(spans[s, 2], spans[s, 3] + 1):
            for column in range(spans[s, 0], spans[s, 1] + 1):
                c = row * columns + column
                strip[fill[c]] = s
                fill[c] += 1
    return first, strip


@njit(cache=True, nogil=True)
def _section(level, cx, cy, dx, dy, half, reach):
    """Where a horizontal line cuts a rectangle: centre, direction, half width, half length."""
    low, high = -1e300, 1e300
    height = level - cy
    # |along| <= reach and |across| <= half
    if abs(dx) > 1e-14:
        a, b = (-reach - dy * height) / dx, (reach - dy * height) / dx
        low, high = max(low, min(a, b)), min(high, max(a, b))
    elif abs(dy * height) > reach:
        return 1.0, 0.0
    if abs(dy) > 1e-14:
        a, b = (dx * height - half) / dy, (dx * height + half) / dy
        low, high = max(low, min(a, b)), min(high, max(a, b))
    elif abs(dx * height) > half:
        return 1.0, 0.0
    return cx + low, cx + high


@njit(cache=True, nogil=True)
def _sorted_by_left(left, right, low, high):
    """Sort the pairs at low to high by their left end; they mostly come in order."""
    budget = 8 * (high - low) + 64
    for i in range(low + 1, high):
        a, b = left[i], right[i]
        j = i - 1
        while j >= low and left[j] > a:
            left[j + 1], right[j + 1] = left[j], right[j]
            j -= 1
            budget -= 1
        left[j + 1], right[j + 1] = a, b
        if budget < 0:
            _heap_sort(left, right, low, high - low)
            return


@njit(cache=True, nogil=True)
def _heap_sort(key, other, low, many):
    """Sort `many` keys from `low` on, and the other values with them (Williams 1964)."""
    for start in range(many // 2 - 1, -1, -1):
        _sift(key, other, low, start, many)
    for end in range(many - 1, 0, -1):
        key[low], key[low + end] = key[low + end], key[low]
        other[low], other[low + end] = other[low + end], other[low]
        _sift(key, other, low, 0, end)


@njit(cache=True, nogil=True)
def _sift(key, other, low, at, many):
    while True:
        child = 2 * at + 1
        if child >= many:
            return
        if child + 1 < many and key[low + child + 1] > key[low + child]:
            child += 1
        if key[low + at] >= key[low + child]:
            return
        key[low + at], key[low + child] = key[low + child], key[low + at]
        other[low + at], other[low + child] = other[low + child], other[low + at]
        at = child


@njit(cache=True, nogil=True)
def _edges(low_band, high_band, ring_x, ring_y, ring_first):
    """The outline in each band: where its edges run, and where lines between bands are inside.

    Returns first, left, right of the edges' extents, and first, x of the crossings of each line.
    """
    bands = high_band - low_band
    touch, cross = np.zeros(bands + 1, np.int64), np.zeros(bands + 2, np.int64)
    left = right = at = np.empty(0)
    next_touch, next_cross = touch, cross
    for fill in range(2):
        if fill == 1:
            for b in range(bands):
                touch[b + 1] += touch[b]
            for b in range(bands + 1):
                cross[b + 1] += cross[b]
            left, right = np.empty(touch[-1]), np.empty(touch[-1])
            at = np.empty(cross[-1])
            next_touch, next_cross = touch[:-1].copy(), cross[:-1].copy()
        for ring in range(len(ring_first) - 1):
            for k in range(ring_first[ring], ring_first[ring + 1] - 1):
                xa, ya, xb, yb = ring_x[k], ring_y[k], ring_x[k + 1], ring_y[k + 1]
                if ya > yb:
                    xa, ya, xb, yb = xb, yb, xa, ya
                a = max(low_band, math.floor(ya / BAND_M - 1e-9))
                z = min(high_band - 1, math.floor(yb / BAND_M + 1e-9))
                for band in range(a, z + 1):
                    b = band - low_band
                    if fill == 0:
                        touch[b + 1] += 1
                        continue
                    ta = max(ya, band * BAND_M - 1e-9)
                    tb = min(yb, (band + 1) * BAND_M + 1e-9)
                    if yb > ya:
                        slope = (xb - xa) / (yb - ya)
                        ea = xa + (min(max(ta, ya), yb) - ya) * slope
                        eb = xa + (min(max(tb, ya), yb) - ya) * slope
                    else:
                        ea, eb = xa, xb
                    left[next_touch[b]] = min(ea, eb) - 1e-9
                    right[next_touch[b]] = max(ea, eb) + 1e-9
                    next_touch[b] += 1
                if yb > ya:
                    a = max(low_band, math.ceil(ya / BAND_M))
                    z = min(high_band, math.ceil(yb / BAND_M))
                    for line in range(a, z + 1):
                        level = line * BAND_M
                        if ya <= level < yb:
                            b = line - low_band
                            if fill == 0:
                                cross[b + 1] += 1
                            else:
                                at[next_cross[b]] = xa + (level - ya) * (xb - xa) / (yb - ya)
                                next_cross[b] += 1
    for b in range(bands + 1):
        _sorted_by_left(at, at.copy(), cross[b], cross[b + 1])
    for b in range(bands):
        _sorted_by_left(left, right, touch[b], touch[b + 1])
    return touch, left, right, cross, at


@njit(cache=True, nogil=True)
def _slab(low_band, high_band, first_row, x, y, half, first, sx0, sy0, sx1, sy1, wide, begin, end,
          ring_x, ring_y, ring_first, cell_first, cell_strip, columns, block, outer_arcs, exact,
          covered_only):
    """The rest in the bands low_band to high_band: corners, counts, at the edge, areas. The index
    of cells begins with the row first_row.

    With `covered_only` the last value is the ground of the cells that a strip reaches less what is
    left there, but for pieces at the edge: these are kept, ground with its area, what is left with
    its area below zero.
    """
    bands = high_band - low_band
    # Strips of these bands: once each, through the index (a strip stands in many cells).
    seen = np.zeros(len(sx0), np.bool_)
    many = 0
    low_cell = low_band // CELL_BANDS - first_row
    high_cell = (high_band - 1) // CELL_BANDS + 1 - first_row
    for k in range(cell_first[low_cell * columns], cell_first[high_cell * columns]):
        if not seen[cell_strip[k]]:
            seen[cell_strip[k]] = True
            many += 1
    here = np.empty(many, np.int64)
    many = 0
    for s in range(len(seen)):
        if seen[s]:
            here[many] = s
            many += 1
    start = np.zeros(bands + 1, np.int64)
    left = right = np.empty(0)
    fill_at = start
    for fill in range(2):
        if fill == 1:
            for b in range(bands):
                start[b + 1] += start[b]
            left, right = np.empty(start[-1]), np.empty(start[-1])
            fill_at = start[:-1].copy()
        for k in range(many):
            s = here[k]
            if wide[s] <= 0:
                continue
            dx, dy = sx1[s] - sx0[s], sy1[s] - sy0[s]
            norm = math.sqrt(dx * dx + dy * dy)
            if norm <= 0:
                continue
            dx /= norm
            dy /= norm
            cx, cy = (sx0[s] + sx1[s]) / 2, (sy0[s] + sy1[s]) / 2
            reach = norm / 2
            tall = abs(dy) * reach + abs(dx) * wide[s]
            a = max(low_band, math.ceil((cy - tall) / BAND_M))
            z = min(high_band, math.floor((cy + tall) / BAND_M))
            if z <= a:
                continue
            if fill == 0:
                for line in range(a, z):
                    start[line - low_band + 1] += 1
                continue
            la, lb = _section(a * BAND_M, cx, cy, dx, dy, wide[s], reach)
            for line in range(a, z):
                ua, ub = _section((line + 1) * BAND_M, cx, cy, dx, dy, wide[s], reach)
                b = line - low_band
                left[fill_at[b]], right[fill_at[b]] = max(la, ua), min(lb, ub)
                fill_at[b] += 1
                la, lb = ua, ub
    touch, edge_left, edge_right, cross, at = _edges(
        low_band, high_band, ring_x, ring_y, ring_first)
    out = np.empty((1024, 2))
    counts, edge, areas = np.empty(256, np.int64), np.empty(256, np.bool_), np.empty(256)
    points = pieces = 0
    px, py = np.empty((_PIECES, _VERTICES)), np.empty((_PIECES, _VERTICES))
    pn, box = np.empty(_PIECES, np.int64), np.empty((_PIECES, 4))
    near, own, stack = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(
        (64, 4))
    side = BAND_M * CELL_BANDS
    gap_left, gap_right = np.empty(1024), np.empty(1024)
    gap_column, gap_band = np.empty(1024, np.int64), np.empty(1024, np.int64)
    covered = 0.0
    run_from, run_to = np.empty(columns, np.int64), np.empty(columns, np.int64)
    for low_row in range(low_band, high_band, CELL_BANDS):
        high_row = min(low_row + CELL_BANDS, high_band)
        gaps = 0
        row = (low_row // CELL_BANDS - first_row) * columns
        reached = 0  # columns on end that a strip reaches
        if covered_only:
            column = 0
            while column < columns:
                if cell_first[row + column] < cell_first[row + column + 1]:
                    run_from[reached] = column
                    while column < columns and (cell_first[row + column]
                                                < cell_first[row + column + 1]):
                        column += 1
                    run_to[reached] = column
                    reached += 1
                column += 1
        for band in range(low_row, high_row):
            b = band - low_band
            _sorted_by_left(left, right, start[b], start[b + 1])
            spans_left, spans_right = _inside(
                edge_left[touch[b]:touch[b + 1]], edge_right[touch[b]:touch[b + 1]],
                at[cross[b]:cross[b + 1]], at[cross[b + 1]:cross[b + 2]])
            for span in range(len(spans_left)):
                cursor, stop = spans_left[span], spans_right[span]
                for run in range(reached):
                    west = max(cursor, run_from[run] * side)
                    east = stop if run_to[run] == columns else min(stop, run_to[run] * side)
                    if east <= west:
                        continue
                    if not _any(edge_left, edge_right, touch[b], touch[b + 1], west, east):
                        covered += (east - west) * BAND_M
                        continue
                    stack[0, 0], stack[0, 1] = west, band * BAND_M
                    stack[0, 2], stack[0, 3] = east, (band + 1) * BAND_M
                    _whole(px, py, pn, box, stack[0])
                    out, counts, edge, areas = _put(out, counts, edge, areas, points, pieces,
                                                    px[0], py[0], 4, (east - west) * BAND_M)
                    points += 4
                    pieces += 1
                i = start[b]
                while cursor < stop:
                    while i < start[b + 1] and (left[i] >= right[i] or right[i] <= cursor):
                        i += 1
                    gap = stop if i == start[b + 1] else min(stop, left[i])
                    if gap - cursor > THIN_M:  # one gap, cut where a cell ends
                        column = min(columns - 1, max(0, math.floor(cursor / side)))
                        last = min(columns - 1, max(0, math.floor(gap / side)))
                        while column <= last:
                            if covered_only and (cell_first[row + column]
                                                 == cell_first[row + column + 1]):
                                column += 1
                                continue
                            if gaps == len(gap_left):
                                gap_left = longer(gap_left, 2 * gaps)
                                gap_right = longer(gap_right, 2 * gaps)
                                gap_column = longer(gap_column, 2 * gaps)
                                gap_band = longer(gap_band, 2 * gaps)
                            gap_left[gaps] = max(cursor, column * side)
                            gap_right[gaps] = gap if column == columns - 1 else min(
                                gap, (column + 1) * side)
                            gap_column[gaps], gap_band[gaps] = column, band
                            if gap_right[gaps] - gap_left[gaps] > 0:
                                gaps += 1
                            column += 1
                    if i == start[b + 1]:
                        break
                    cursor = max(cursor, right[i])
                    i += 1
        # Gaps of one cell that overlap in x become one box; boxes of cells do not overlap.
        order, place = np.empty(gaps), np.empty(gaps)
        for g in range(gaps):
            order[g] = g
            place[g] = gap_column[g] * side + gap_left[g]  # columns apart, then from the left
        if exact:
            _heap_sort(place, order, 0, gaps)
        k = 0
        while k < gaps:
            g = int(order[k])
            column = gap_column[g]
            a, z = gap_left[g], gap_right[g]
            south, north = gap_band[g], gap_band[g] + 1
            k += 1
            empty = cell_first[row + column] == cell_first[row + column + 1]
            at_column = column
            while exact and k < gaps:
                g = int(order[k])
                if gap_column[g] != at_column:
                    # Cells that no strip reaches are joined where they lie side by side.
                    nearby = cell_first[row + gap_column[g]] == cell_first[row + gap_column[g] + 1]
                    if not (empty and nearby and gap_column[g] == at_column + 1
                            and gap_left[g] <= z):
                        break
                    at_column += 1
                elif gap_left[g] > z:
                    break
                z = max(z, gap_right[g])
                south, north = min(south, gap_band[g]), max(north, gap_band[g] + 1)
                k += 1
            marked = False
            for band in range(south, north):
                b = band - low_band
                if _any(edge_left, edge_right, touch[b], touch[b + 1], a, z):
                    marked = True
                    break
            # A box with many segments is halved, so that the work grows with the segments and not
            # with their square: each is taken from few pieces.
            stack[0, 0], stack[0, 1] = a, south * BAND_M
            stack[0, 2], stack[0, 3] = z, north * BAND_M
            boxes = 1
            found = 0
            c = row + column
            if exact and not empty:
                # What strips cover goes first, in few pieces; only what they leave is looked at.
                _whole(px, py, pn, box, stack[0])
                left_over = _less_strips(px, py, pn, box, sx0, sy0, sx1, sy1, wide, cell_strip[
                    cell_first[c]:cell_first[c + 1]], outer_arcs)
                if left_over == 0:
                    continue
                for side_of in range(4):
                    stack[0, side_of] = box[0, side_of]
                for p in range(1, left_over):
                    stack[0, 0] = min(stack[0, 0], box[p, 0])
                    stack[0, 1] = min(stack[0, 1], box[p, 1])
                    stack[0, 2] = max(stack[0, 2], box[p, 2])
                    stack[0, 3] = max(stack[0, 3], box[p, 3])
                near, found = _near(stack[0], x, y, half, begin, end,
                                    cell_strip[cell_first[c]:cell_first[c + 1]], block, near)
            while boxes:
                boxes -= 1
                west, low, east, high = (stack[boxes, 0], stack[boxes, 1], stack[boxes, 2],
                                         stack[boxes, 3])
                own, many_here = _reaching(west, low, east, high, x, y, half, near,
                                           found, own)
                if many_here > FEW_SEGMENTS and max(east - west, high - low) > LEAST_BOX_M:
                    for part in range(2):
                        stack[boxes, 0], stack[boxes, 1] = west, low
                        stack[boxes, 2], stack[boxes, 3] = east, high
                        if east - west > high - low:
                            stack[boxes, 2 if part == 0 else 0] = (west + east) / 2
                        else:
                            stack[boxes, 3 if part == 0 else 1] = (low + high) / 2
                        boxes += 1
                    continue
                stack[boxes, 0], stack[boxes, 1] = west, low
                stack[boxes, 2], stack[boxes, 3] = east, high
                _whole(px, py, pn, box, stack[boxes])
                left_over = 1
                if exact and not empty:
                    left_over = _less_strips(px, py, pn, box, sx0, sy0, sx1, sy1, wide, cell_strip[
                        cell_first[c]:cell_first[c + 1]], outer_arcs)
                if many_here and left_over:
                    left_over = _less(px, py, pn, box, left_over, x, y, half, first, own,
                                      many_here, outer_arcs)
                for p in range(left_over):
                    n = pn[p]
                    area = _area(px[p], py[p], n)
                    if area <= THIN_M * _around(px[p], py[p], n):
                        continue
                    if covered_only:
                        if not marked:
                            covered -= area
                            continue
                        area = -area
                    out, counts, edge, areas = _put(out, counts, edge, areas, points, pieces,
                                                    px[p], py[p], n, area)
                    edge[pieces] = marked
                    points += n
                    pieces += 1
    return (out[:points].copy(), counts[:pieces].copy(), edge[:pieces].copy(),
            areas[:pieces].copy(), covered)


@njit(cache=True, nogil=True)
def _put(out, counts, edge, areas, points, pieces, px, py, n, area):
    """Write one more piece, at the edge; the arrays, longer where they have to be."""
    if points + n > len(out):
        more = np.empty((2 * len(out) + n, 2))
        for v in range(points):
            more[v, 0], more[v, 1] = out[v, 0], out[v, 1]
        out = more
    if pieces == len(counts):
        counts = longer(counts, 2 * pieces)
        edge = longer(edge, 2 * pieces)
        areas = longer(areas, 2 * pieces)
    for v in range(n):
        out[points + v, 0], out[points + v, 1] = px[v], py[v]
    counts[pieces], edge[pieces], areas[pieces] = n, True, area
    return out, counts, edge, areas


@njit(cache=True, nogil=True)
def _bound(px, py, pn, box, p):
    box[p, 0] = box[p, 2] = px[p, 0]
    box[p, 1] = box[p, 3] = py[p, 0]
    for k in range(1, pn[p]):
        box[p, 0], box[p, 2] = min(box[p, 0], px[p, k]), max(box[p, 2], px[p, k])
        box[p, 1], box[p, 3] = min(box[p, 1], py[p, k]), max(box[p, 3], py[p, k])


@njit(cache=True, nogil=True)
def _any(left, right, low, high, a, b):
    for k in range(low, high):
        if left[k] > b:
            return False
        if right[k] >= a:
            return True
    return False


@njit(cache=True, nogil=True)
def _inside(edge_left, edge_right, below, above):
    """Extents of the field in a band, joined: its edges, and its inside on both lines."""
    many = len(edge_left) + len(below) // 2 + len(above) // 2
    left, right = np.empty(many), np.empty(many)
    n = 0
    for k in range(len(edge_left)):
        left[n], right[n] = edge_left[k], edge_right[k]
        n += 1
    for k in range(len(below) // 2):
        left[n], right[n] = below[2 * k], below[2 * k + 1]
        n += 1
    for k in range(len(above) // 2):
        left[n], right[n] = above[2 * k], above[2 * k + 1]
        n += 1
    left, right = left[:n], right[:n]
    _sorted_by_left(left, right, 0, n)
    made = 0
    for k in range(n):
        if made and left[k] <= right[made - 1]:
            right[made - 1] = max(right[made - 1], right[k])
        else:
            left[made], right[made] = left[k], right[k]
            made += 1
    return left[:made], right[:made]


@njit(cache=True, nogil=True)
def _area(px, py, n):
    total = 0.0
    for k in range(1, n - 1):
        total += (px[k] - px[0]) * (py[k + 1] - py[0]) - (px[k + 1] - px[0]) * (py[k] - py[0])
    return total / 2


@njit(cache=True, nogil=True)
def _around(px, py, n):
    total = 0.0
    for k in range(n):
        j = k + 1 if k + 1 < n else 0
        total += math.hypot(px[j] - px[k], py[j] - py[k])
    return total


@njit(cache=True, nogil=True)
def _blocks(x, y, half, out, start, stop):
    """West, south, east, north of what each `BLOCK` segments on end can cover."""
    n = len(x)
    for b in range(start, stop):
        k = b * BLOCK
        west = east = x[k]
        south = north = y[k]
        reach = half[k]
        for m in range(k + 1, min(k + BLOCK + 1, n)):
            west, east = min(west, x[m]), max(east, x[m])
            south, north = min(south, y[m]), max(north, y[m])
            reach = max(reach, half[m])
        reach *= 1.01  # arcs may be polygons round the true ones
        out[b, 0], out[b, 1], out[b, 2], out[b, 3] = (
            west - reach, south - reach, east + reach, north + reach)


@njit(cache=True, nogil=True)
def _near(box, x, y, half, begin, end, strips, block, near):
    """The segments of strips that can reach a box, once each: their numbers, and how many."""
    many = 0
    done = -1
    for s in strips:
        k = max(begin[s], done + 1)
        while k < end[s]:
            b = k // BLOCK
            stop = min(end[s], (b + 1) * BLOCK)
            if (block[b, 0] >= box[2] or block[b, 2] <= box[0] or block[b, 1] >= box[3]
                    or block[b, 3] <= box[1]):
                k = stop
                continue
            while k < stop:
                if _reaches(box[0], box[1], box[2], box[3], x, y, half, k):
                    if many == len(near):
                        near = longer(near, 2 * many)
                    near[many] = k
                    many += 1
                k += 1
        done = max(done, end[s] - 1)
    return near, many


@njit(cache=True, nogil=True)
def _reaching(west, south, east, north, x, y, half, near, found, own):
    """Those of `near` that can reach a box, and how many."""
    many = 0
    for m in range(found):
        if _reaches(west, south, east, north, x, y, half, near[m]):
            if many == len(own):
                own = longer(own, 2 * many)
            own[many] = near[m]
            many += 1
    return own, many


@njit(cache=True, nogil=True)
def _reaches(west, south, east, north, x, y, half, k):
    """Whether the rectangle of a segment, or the sector at its far end, may touch a box."""
    h = half[k]
    ux, uy = x[k + 1] - x[k], y[k + 1] - y[k]
    length = math.sqrt(ux * ux + uy * uy)
    if length <= 0 or h <= 0:
        return False
    ux /= length
    uy /= length
    rx, ry = (west + east) / 2 - x[k], (south + north) / 2 - y[k]
    across_x, across_y = (east - west) / 2, (north - south) / 2
    along, across = ux * rx + uy * ry, ux * ry - uy * rx
    ahead = abs(ux) * across_x + abs(uy) * across_y  # half of what the box measures along the way
    aside = abs(uy) * across_x + abs(ux) * across_y
    if along < -ahead or abs(across) > h * 1.01 + aside:
        return False
    if along <= length + ahead:
        return True
    if along > length + ahead + h * 1.01 or k + 2 >= len(x):
        return False
    # The sector lies abreast of the bend: no farther ahead than the bar turns.
    wx, wy = x[k + 2] - x[k + 1], y[k + 2] - y[k + 1]
    if ux * wx + uy * wy <= 0:
        return True
    sine = abs(ux * wy - uy * wx) / math.sqrt(wx * wx + wy * wy)
    return along <= length + ahead + h * 1.01 * sine + 1e-9


@njit(cache=True, nogil=True)
def _whole(px, py, pn, box, of):
    """One piece: the box west, south, east, north."""
    px[0, 0], py[0, 0] = of[0], of[1]
    px[0, 1], py[0, 1] = of[2], of[1]
    px[0, 2], py[0, 2] = of[2], of[3]
    px[0, 3], py[0, 3] = of[0], of[3]
    pn[0] = 4
    _bound(px, py, pn, box, 0)


@njit(cache=True, nogil=True)
def _less_strips(px, py, pn, box, x0, y0, x1, y1, wide, strips, outer_arcs):
    """Take strips, which lie inside the swaths, from the piece in px[0], py[0]; pieces left."""
    wx, wy = np.empty(_VERTICES), np.empty(_VERTICES)
    qx, qy = np.empty(_VERTICES), np.empty(_VERTICES)
    vx, vy = np.empty(_VERTICES), np.empty(_VERTICES)
    tool_x, tool_y = np.empty(4), np.empty(4)
    west, south, east, north = box[0, 0], box[0, 1], box[0, 2], box[0, 3]
    count = 1
    for s in strips:
        w = wide[s]
        dx, dy = x1[s] - x0[s], y1[s] - y0[s]
        if w <= 0 or (max(x0[s], x1[s]) + w <= west or min(x0[s], x1[s]) - w >= east
                      or max(y0[s], y1[s]) + w <= south or min(y0[s], y1[s]) - w >= north):
            continue
        length = math.sqrt(dx * dx + dy * dy)
        if length <= 0:
            continue
        nx, ny = -dy / length * w, dx / length * w
        tool_x[0], tool_y[0] = x0[s] - nx, y0[s] - ny
        tool_x[1], tool_y[1] = x1[s] - nx, y1[s] - ny
        tool_x[2], tool_y[2] = x1[s] + nx, y1[s] + ny
        tool_x[3], tool_y[3] = x0[s] + nx, y0[s] + ny
        count = _take(px, py, pn, box, count, tool_x, tool_y, 4, wx, wy, qx, qy, vx, vy, outer_arcs)
        if count == 0:
            return 0
    return count


@njit(cache=True, nogil=True)
def _less(px, py, pn, box, count, x, y, half, first, near, many, outer_arcs):
    """Take the swaths of segments from the pieces in px, py; how many pieces are left.

    Where the pieces would not fit, coverage is understated; overstated with `outer_arcs`.
    """
    wx, wy = np.empty(_VERTICES), np.empty(_VERTICES)
    qx, qy = np.empty(_VERTICES), np.empty(_VERTICES)
    vx, vy = np.empty(_VERTICES), np.empty(_VERTICES)
    tool_x, tool_y = np.empty(_VERTICES), np.empty(_VERTICES)
    run_end = -1
    for m in range(many):
        k = near[m]
        h = half[k]
        ux, uy = x[k + 1] - x[k], y[k + 1] - y[k]
        length = math.sqrt(ux * ux + uy * uy)
        ux /= length
        uy /= length
        nx, ny = -uy * h, ux * h
        tool_x[0], tool_y[0] = x[k] - nx, y[k] - ny
        tool_x[1], tool_y[1] = x[k + 1] - nx, y[k + 1] - ny
        tool_x[2], tool_y[2] = x[k + 1] + nx, y[k + 1] + ny
        tool_x[3], tool_y[3] = x[k] + nx, y[k] + ny
        count = _take(px, py, pn, box, count, tool_x, tool_y, 4, wx, wy, qx, qy, vx, vy,
                      outer_arcs)
        if count == 0:
            return 0
        # The sector on the outside of the bend at the far end, inside its run.
        if not k < run_end or m == 0 or k < near[m - 1]:
            run_end = end_of_run(first, k)
        if k + 1 < run_end:
            n = _sector(x, y, half, k + 1, ux, uy, outer_arcs, tool_x, tool_y)
            if n:
                count = _take(px, py, pn, box, count, tool_x, tool_y, n, wx, wy, qx, qy, vx, vy,
                              outer_arcs)
                if count == 0:
                    return 0
    return count


@njit(cache=True, nogil=True)
def end_of_run(first, k):
    """The last vertex of the run that vertex k belongs to."""
    low, high = 0, len(first) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if first[middle] <= k:
            low = middle
        else:
            high = middle
    return first[high] - 1


@njit(cache=True, nogil=True)
def _sector(x, y, half, v, ux, uy, outer_arcs, tool_x, tool_y):
    """The sector at vertex v between the bar before and the bar after; number of its corners."""
    wx, wy = x[v + 1] - x[v], y[v + 1] - y[v]
    length = math.sqrt(wx * wx + wy * wy)
    radius = min(half[v - 1], half[v])
    if length <= 0 or radius <= 0:
        return 0
    wx /= length
    wy /= length
    cross, dot = ux * wy - uy * wx, ux * wx + uy * wy
    angle = math.atan2(abs(cross), dot)
    if angle < 1e-7:
        return 0
    steps = max(1, math.ceil(angle / ARC_STEP))
    step = angle / steps
    # Turning left, the outside is on the right, and the bar's right end goes anticlockwise.
    if cross > 0:
        sx, sy, way = uy, -ux, 1.0
    else:
        sx, sy, way = -wy, wx, 1.0  # from the bar after, anticlockwise to the bar before
    tool_x[0], tool_y[0] = x[v], y[v]
    n = 1
    if outer_arcs:  # corners where the tangents at the arc's points meet
        far = radius / math.cos(step / 2)
        tool_x[n], tool_y[n] = x[v] + sx * radius, y[v] + sy * radius
        n += 1
        for k in range(steps):
            a = way * (k + 0.5) * step
            c, s = math.cos(a), math.sin(a)
            tool_x[n] = x[v] + (sx * c - sy * s) * far
            tool_y[n] = y[v] + (sx * s + sy * c) * far
            n += 1
        c, s = math.cos(way * angle), math.sin(way * angle)
        tool_x[n] = x[v] + (sx * c - sy * s) * radius
        tool_y[n] = y[v] + (sx * s + sy * c) * radius
        return n + 1
    for k in range(steps + 1):
        a = way * k * step
        c, s = math.cos(a), math.sin(a)
        tool_x[n] = x[v] + (sx * c - sy * s) * radius
        tool_y[n] = y[v] + (sx * s + sy * c) * radius
        n += 1
    return n


@njit(cache=True, nogil=True)
def _take(px, py, pn, box, count, tool_x, tool_y, corners, wx, wy, qx, qy, vx, vy, outer_arcs):
    """Take one convex polygon (anticlockwise) from all pieces; how many pieces are left."""
    p = 0
    whole = count  # pieces that are new need not be looked at again
    west = east = tool_x[0]
    south = north = tool_y[0]
    for k in range(1, corners):
        west, east = min(west, tool_x[k]), max(east, tool_x[k])
        south, north = min(south, tool_y[k]), max(north, tool_y[k])
    while p < whole:
        if box[p, 0] >= east or box[p, 2] <= west or box[p, 1] >= north or box[p, 3] <= south:
            p += 1
            continue
        n = pn[p]
        apart = False
        for e in range(corners):  # all of the piece outside one edge: apart
            f = e + 1 if e + 1 < corners else 0
            ex, ey = tool_x[f] - tool_x[e], tool_y[f] - tool_y[e]
            outside = True
            for k in range(n):
                if ex * (py[p, k] - tool_y[e]) - ey * (px[p, k] - tool_x[e]) > 0:
                    outside = False
                    break
            if outside:
                apart = True
                break
        if apart:
            p += 1
            continue
        for k in range(n):
            wx[k], wy[k] = px[p, k], py[p, k]
        m = n
        failed = False
        new_from = count
        for e in range(corners):
            f = e + 1 if e + 1 < corners else 0
            inside_n, outside_n = _cut(wx, wy, m, tool_x[e], tool_y[e], tool_x[f], tool_y[f],
                                       qx, qy, vx, vy)
            if inside_n < 0:
                failed = True
                break
            if outside_n >= 3 and _area(vx, vy, outside_n) > THIN_M * 1e-3:
                if count == _PIECES:
                    failed = True
                    break
                for k in range(outside_n):
                    px[count, k], py[count, k] = vx[k], vy[k]
                pn[count] = outside_n
                _bound(px, py, pn, box, count)
                count += 1
            m = inside_n
            if m < 3:
                break
            for k in range(m):
                wx[k], wy[k] = qx[k], qy[k]
        if (m < 3 and not failed) or (failed and not outer_arcs):
            # Nothing of the piece lies in the polygon after all, and it is not cut up for nothing;
            # or it does not fit, and is kept as it was: understated.
            count = new_from
            p += 1
            continue
        # The piece at p is replaced by the last of the old ones, then of the new ones.
        whole -= 1
        if p < whole:
            _copy(px, py, pn, box, whole, p)
        count -= 1
        if whole < count:
            _copy(px, py, pn, box, count, whole)
    return count


@njit(cache=True, nogil=True)
def _copy(px, py, pn, box, source, target):
    for k in range(4):
        box[target, k] = box[source, k]
    for k in range(pn[source]):
        px[target, k], py[target, k] = px[source, k], py[source, k]
    pn[target] = pn[source]


@njit(cache=True, nogil=True)
def _cut(wx, wy, m, ax, ay, bx, by, qx, qy, vx, vy):
    """Cut a convex polygon by a line: q is what lies to the left of a to b, v what to the right.

    Returns both numbers of corners; -1 where they would not fit.
    """
    inside = outside = 0
    ex, ey = bx - ax, by - ay
    for k in range(m):
        j = k + 1 if k + 1 < m else 0
        here = ex * (wy[k] - ay) - ey * (wx[k] - ax)
        there = ex * (wy[j] - ay) - ey * (wx[j] - ax)
        if inside + 2 >= _VERTICES or outside + 2 >= _VERTICES:
            return -1, -1
        if here >= 0:
            qx[inside], qy[inside] = wx[k], wy[k]
            inside += 1
        if here <= 0:
            vx[outside], vy[outside] = wx[k], wy[k]
            outside += 1
        if (here > 0 and there < 0) or (here < 0 and there > 0):
            t = here / (here - there)
            cx, cy = wx[k] + t * (wx[j] - wx[k]), wy[k] + t * (wy[j] - wy[k])
            qx[inside], qy[inside] = cx, cy
            vx[outside], vy[outside] = cx, cy
            inside += 1
            outside += 1
    return inside, outside
