"""Vector tiles: geometries in longitude/latitude in, one Mapbox Vector Tile out.

Source: Mapbox Vector Tile specification 2.1; tiles in the Web Mercator grid of EPSG:3857
(OGC Two Dimensional Tile Matrix Set, WebMercatorQuad). The message is written as its protocol
buffers say; `tests/test_tiles.py` reads it back with a decoder of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

EXTENT = 4096  # units of a tile's side
BUFFER = 64  # units beyond its edges, so that outlines do not show at seams
CELL = 16  # units of a cell in which what is small is drawn together
MOST_NORTH = 85.0511287798066  # where the square grid ends
_MOVE, _LINE, _CLOSE = 1, 2, 7
_POINT, _LINESTRING, _POLYGON = 1, 2, 3
_TYPES_AREA, _TYPE_COLLECTION = (3, 6), 7  # of shapely
_BITS, _UNIT_BITS, _CELL_BITS = 32, 12, 4  # of the grid's side; of a tile's, a cell's side in units
_WORLD = 1 << _BITS


def bounds_of(z: int, x: int, y: int, *, buffer: int = BUFFER
              ) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in degrees, with `buffer` units around it.

    >>> [round(v, 2) for v in bounds_of(0, 0, 0, buffer=0)]
    [-180.0, -85.05, 180.0, 85.05]
    """
    more = buffer / EXTENT
    side = 2.0 ** z

    def north(v: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * v / side))))

    return ((x - more) / side * 360 - 180, north(y + 1 + more),
            (x + 1 + more) / side * 360 - 180, north(y - more))


def to_tile(geometries: np.ndarray, z: int, x: int, y: int) -> np.ndarray:
    """Geometries in degrees -> units of a tile, y down; latitudes beyond the grid at its edge."""
    side = 2.0 ** z

    def units(coordinates: np.ndarray) -> np.ndarray:
        lon = coordinates[:, 0]
        lat = np.radians(np.clip(coordinates[:, 1], -MOST_NORTH, MOST_NORTH))
        across = ((lon + 180) / 360 * side - x) * EXTENT
        down = ((1 - np.arcsinh(np.tan(lat)) / np.pi) / 2 * side - y) * EXTENT
        return np.column_stack([across, down])

    return shapely.transform(geometries, units)


def world(boxes: np.ndarray) -> np.ndarray:
    """Boxes in degrees (N, 4: west, south, east, north) as whole numbers of the grid of all zooms.

    Returns uint32 (4, N): left, top, right, bottom in 2^-32 of the grid's side, y down, rounded
    outward: a quarter of the memory of degrees as numbers of Python, and a shift gives a tile.
    """
    lat = np.radians(np.clip(boxes[:, [3, 1]], -MOST_NORTH, MOST_NORTH))
    across = (boxes[:, [0, 2]] + 180) / 360 * _WORLD
    down = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2 * _WORLD
    low = np.floor([across[:, 0], down[:, 0]])
    high = np.ceil([across[:, 1], down[:, 1]])
    return np.clip(np.vstack([low, high]), 0, _WORLD - 1).astype(np.uint32)


def extent_of(boxes: np.ndarray) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees of all `world` boxes (4, N); None of none."""
    if not boxes.shape[1]:
        return None

    def north(v: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * v / _WORLD))))

    left, top = boxes[:2].min(axis=1).tolist()
    right, bottom = boxes[2:].max(axis=1).tolist()
    return (left / _WORLD * 360 - 180, north(bottom), right / _WORLD * 360 - 180, north(top))


def touching(boxes: np.ndarray, z: int, x: int, y: int) -> np.ndarray:
    """The places (int64) in `world` boxes (4, N) of those that touch a tile or its buffer."""
    bits, more = _BITS - z, (BUFFER << (_BITS - z)) >> _UNIT_BITS
    left, top, right, bottom = (min(max(v, 0), _WORLD - 1) for v in (
        (x << bits) - more, (y << bits) - more,
        ((x + 1) << bits) + more, ((y + 1) << bits) + more))
    return np.flatnonzero((boxes[2] >= left) & (boxes[0] <= right) & (boxes[3] >= top)
                          & (boxes[1] <= bottom))


def sides(boxes: np.ndarray, z: int) -> np.ndarray:
    """The longer side of `world` boxes (4, N) in units of a tile of zoom z, float (N)."""
    across, down = boxes[2] - boxes[0], boxes[3] - boxes[1]
    return np.asarray(np.maximum(across, down) / 2.0 ** (_BITS - _UNIT_BITS - z))


def tile(layers: Mapping[str, tuple[Sequence[Any], Sequence[Mapping[str, Any]]]],
         z: int, x: int, y: int, *, grows: frozenset[str] = frozenset(),
         shrinks: frozenset[str] = frozenset()) -> bytes:
    """One tile as bytes; empty where nothing lies in it.

    Parameters
    ----------
    layers : name -> (N geometries in degrees, N mappings of name -> text, number or truth).
        Geometries that lie outside are left out; the others are cut at the edge and its buffer.
    grows : layers whose polygons must not lose ground on their way to whole units (S01): they are
        widened by one unit first, so that what is drawn covers what was given.
    shrinks : layers whose polygons must not gain ground (S01): they are narrowed by one unit first,
        so that what was given covers what is drawn; what is narrower than two units is left out.
    """
    out = bytearray()
    for name, (geometries, values) in layers.items():
        out += _layer(name, np.asarray(geometries, dtype=object), values, z, x, y, name in grows,
                      name in shrinks)
    return bytes(out)


def crowded(name: str, boxes: np.ndarray, group: np.ndarray, values: Sequence[Mapping[str, Any]],
            large: tuple[Sequence[Any], Sequence[Mapping[str, Any]]], z: int, x: int, y: int, *,
            points: bool = False, grows: bool = False, shrinks: bool = False) -> bytes:
    """One tile of a layer with very many features: the small ones as the cells that they touch.

    Parameters
    ----------
    boxes : `world` boxes (4, N) of the features that are drawn together.
    group : (N,) which of the `values` a feature has: those of a group become one feature, with
        their number as `count`.
    large : geometries and values of the other features: they are drawn as in `tile`.
    points : of a group one point is drawn in each cell; else the ground of all cells that a box
        touches, which covers the boxes (S01).
    """
    drawn: list[tuple[bytes, int]] = []
    told: list[Mapping[str, Any]] = []
    bits = _BITS - _UNIT_BITS - z + _CELL_BITS
    edge = max(1, 1 << _BITS >> _UNIT_BITS >> z) if grows else 0
    many = (EXTENT + 2 * BUFFER) // CELL
    origin = [((v << (_BITS - z)) >> bits) - BUFFER // CELL for v in (x, y)]
    for number, said in enumerate(values):
        members = np.flatnonzero(group == number)
        if not len(members):
            continue
        # Beyond the edges of the grid there is a row and a column for what lies outside.
        first = [np.clip(((boxes[k][members].astype(np.int64) - edge) >> bits) - origin[k], -1,
                         many) + 1 for k in (0, 1)]
        grid = np.zeros((many + 2, many + 2), dtype=np.uint8)
        grid[first[1], first[0]] = 1
        if not points:
            last = [np.clip(((boxes[k + 2][members].astype(np.int64) + edge) >> bits) - origin[k],
                            -1, many) + 1 for k in (0, 1)]
            grid[last[1], last[0]] = 1
            for right in range(int((last[0] - first[0]).max()) + 1):
                for down in range(int((last[1] - first[1]).max()) + 1):
                    if right or down:
                        column, row = first[0] + right, first[1] + down
                        inside = (column <= last[0]) & (row <= last[1])
                        grid[row[inside], column[inside]] = 1
        grid = grid[1:-1, 1:-1]
        if not grid.any():
            continue
        drawn.append(_dots(grid) if points else _outlines(grid))
        told.append({**said, "count": len(members)})
    return _layer(name, np.asarray(large[0], dtype=object), large[1], z, x, y, grows, shrinks,
                  (drawn, told))


def _dots(grid: np.ndarray) -> tuple[bytes, int]:
    """A point in each cell that is set."""
    row, column = np.nonzero(grid)
    at = np.column_stack([column, row]) * CELL - BUFFER + CELL // 2
    steps = np.diff(at, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return _varints(np.append(_MOVE | len(at) << 3, _zigzag(steps).reshape(-1)))[0], _POINT


def _outlines(grid: np.ndarray) -> tuple[bytes, int]:
    """The ground of the cells that are set, as areas with holes; cells that touch only at a corner
    are areas of their own.

    Each side of a cell with nothing beyond it is an edge that has the ground to its right. Which
    edge follows which is known from their ends; the order along each ring by pointer doubling (list
    ranking: J. C. Wyllie, "The complexity of parallel computations", 1979), so that no edge is
    visited one by one.
    """
    from scipy.ndimage import label

    rows, columns = grid.shape
    ground, _ = label(np.pad(grid, 1))
    there = ground > 0
    width = columns + 2
    # To the right along the top, down the right side, back along the bottom, up the left side.
    beyond = ((-1, 0), (0, 1), (1, 0), (0, -1))
    begins = ((0, 0), (0, 1), (1, 1), (1, 0))  # (row, column) of the corner, from the cell's
    step = (1, width, -1, -width)
    start, turn, of = [], [], []
    for way, ((up, side), (down, right)) in enumerate(zip(beyond, begins, strict=True)):
        r, c = np.nonzero(there & ~np.roll(there, (-up, -side), (0, 1)))
        start.append((r + down) * width + c + right)
        turn.append(np.full(len(r), way))
        of.append(ground[r, c])
    begin, way_of, area = np.concatenate(start), np.concatenate(turn), np.concatenate(of)
    at = np.full((4, (rows + 3) * width), -1)
    at[way_of, begin] = np.arange(len(begin))
    end = begin + np.array(step)[way_of]
    follows = np.full(len(begin), -1)
    for turned in (3, 0, 1):  # what turns to the right goes last, so that it stands
        found = at[(way_of + turned) % 4, end]
        follows = np.where(found >= 0, found, follows)
    corner = np.zeros(len(begin), dtype=bool)
    corner[follows] = way_of[follows] != way_of
    ahead = follows
    while not corner[ahead].all():
        ahead = np.where(corner[ahead], ahead, ahead[ahead])
    kept = np.flatnonzero(corner)
    place = np.empty(len(begin), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    ahead = place[ahead[kept]]
    ring, rank = _ranked(ahead)
    order = np.lexsort((rank, ring))
    corners = begin[kept][order]
    rings, counts = np.unique(ring, return_counts=True)
    corners, counts, owner = _apart(corners, counts, area[kept][rings])
    whole = np.column_stack([corners % width, corners // width]) * CELL - CELL - BUFFER
    return _rings_of_one(whole, counts, owner), _POLYGON


def _apart(corners: np.ndarray, count: np.ndarray, area: np.ndarray
           ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rings (corners, how many each has, its area) without one that touches itself: where it comes
    to a corner again, what lies between is a ring of its own (a hole that touches the outside)."""
    ring = np.repeat(np.arange(len(count)), count)
    pairs = np.column_stack([ring, corners])
    found, times = np.unique(pairs, axis=0, return_counts=True)
    twice = np.zeros(len(count), dtype=bool)
    twice[found[times > 1, 0]] = True
    if not twice.any():
        return corners, count, area
    out, counts, owners = [corners[~twice[ring]]], [count[~twice]], [area[~twice]]
    first = np.cumsum(count) - count
    for n in np.flatnonzero(twice).tolist():
        line: list[int] = []
        where: dict[int, int] = {}
        for corner in corners[first[n]:first[n] + count[n]].tolist():
            if corner in where:
                loop = line[where[corner]:]
                del line[where[corner]:]
                for gone in loop:
                    del where[gone]
                out.append(np.array(loop))
                counts.append(np.array([len(loop)]))
                owners.append(area[n:n + 1])
            where[corner] = len(line)
            line.append(corner)
        out.append(np.array(line))
        counts.append(np.array([len(line)]))
        owners.append(area[n:n + 1])
    return np.concatenate(out), np.concatenate(counts), np.concatenate(owners)


def _ranked(ahead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a permutation: the least member of the cycle of each, and its place along the cycle from
    that member on."""
    least, jump = np.arange(len(ahead)), ahead
    while True:
        lower = np.minimum(least, least[jump])
        if (lower == least).all() and (least[ahead] == least).all():
            break
        least, jump = lower, jump[jump]
    # Steps that are left until the least member is reached again.
    first = least == np.arange(len(ahead))
    left = np.where(first, 0, 1)
    jump = np.where(first, np.arange(len(ahead)), ahead)
    while not first[jump].all():
        left, jump = left + left[jump], jump[jump]
    return least, np.where(first, -len(ahead) - 1, -left)


def _rings_of_one(whole: np.ndarray, count: np.ndarray, area: np.ndarray) -> bytes:
    """The commands of one multipolygon: corners (N, 2) of rings, how many each has, and the area
    that each belongs to; outer rings have a positive area already."""
    first = np.cumsum(count) - count
    after = np.arange(len(whole)) + 1
    after[first + count - 1] = first
    size = np.add.reduceat(
        whole[:, 0] * whole[after, 1] - whole[after, 0] * whole[:, 1], first)
    order = np.lexsort((size < 0, area))
    count, first = count[order], first[order]
    at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(whole))
    return _ring_commands(whole[at], count, np.zeros(len(count), dtype=np.int64), 1)[0]


def _layer(name: str, geometries: np.ndarray, values: Sequence[Mapping[str, Any]], z: int, x: int,
           y: int, grows: bool, shrinks: bool = False,
           drawn: tuple[list[tuple[bytes, int]], list[Mapping[str, Any]]] = ([], [])) -> bytes:
    """`drawn`: features whose commands are written already, with their values."""
    if not len(geometries) and not drawn[0]:
        return b""
    shapes = to_tile(geometries, z, x, y) if len(geometries) else geometries
    if grows or shrinks:
        areal = shapely.get_dimensions(shapes) == 2
        shapes[areal] = shapely.buffer(shapes[areal], 1.0 if grows else -1.0, quad_segs=2)
    shapes = _cut(shapes, -BUFFER, EXTENT + BUFFER) if len(shapes) else shapes
    keys: dict[str, int] = {}
    words: dict[tuple[type, Any], int] = {}
    features: list[bytes] = []
    for (commands, kind), said in zip([*_encoded(shapes), *drawn[0]], [*values, *drawn[1]],
                                      strict=True):
        if not commands:
            continue
        tags: list[int] = []
        for key, value in said.items():
            if value is not None:
                tags += (keys.setdefault(key, len(keys)),
                         words.setdefault((value.__class__, value), len(words)))
        feature = (_field(2, b"".join(map(_varint, tags))) if tags else b"") + _number(
            3, kind) + _field(4, commands)
        features.append(_field(2, feature))
    if not features:
        return b""
    body = [_field(1, name.encode()), *features, *(_field(3, key.encode()) for key in keys),
            *(_field(4, _value(value)) for _, value in words), _number(5, EXTENT), _number(15, 2)]
    return _field(3, b"".join(body))


def _cut(shapes: np.ndarray, low: float, high: float) -> np.ndarray:
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        whole = ((bounds[:, 0] >= low) & (bounds[:, 1] >= low) & (bounds[:, 2] <= high)
                 & (bounds[:, 3] <= high))
        apart = ((bounds[:, 0] > high) | (bounds[:, 1] > high) | (bounds[:, 2] < low)
                 | (bounds[:, 3] < low) | np.isnan(bounds[:, 0]))
    out = shapes.copy()
    out[apart] = None
    cross = ~whole & ~apart
    if cross.any():
        # Some outlines are not valid in whole units; the box is cut from what they enclose.
        out[cross] = shapely.intersection(
            shapely.make_valid(shapes[cross]), shapely.box(low, low, high, high))
    return out


def _encoded(shapes: np.ndarray) -> list[tuple[bytes, int]]:
    """Commands and type of each of N geometries in units; no commands where it shrinks to nothing.

    Areas and single points are written all at once, the others one by one.
    """
    out: list[tuple[bytes, int]] = [(b"", 0)] * len(shapes)
    types = shapely.get_type_id(shapes)
    for n in np.flatnonzero(types == _TYPE_COLLECTION).tolist():
        shapes[n] = _highest(shapes[n])
    types = shapely.get_type_id(shapes)
    areal = np.flatnonzero(np.isin(types, _TYPES_AREA))
    for n, commands in zip(areal.tolist(), _areas(shapes[areal]), strict=True):
        out[n] = commands, _POLYGON
    single = np.flatnonzero((types == 0) & ~shapely.is_empty(shapes))
    if len(single):
        whole = np.rint(shapely.get_coordinates(shapes[single])).astype(np.int64)
        numbers = np.column_stack([np.full(len(whole), _MOVE | 1 << 3), _zigzag(whole)])
        written, ends = _varints(numbers.reshape(-1))
        ends = ends[::3].tolist()
        for k, n in enumerate(single.tolist()):
            out[n] = written[ends[k]:ends[k + 1]], _POINT
    for n in np.flatnonzero((types > 0) & ~np.isin(types, _TYPES_AREA)).tolist():
        numbers, kind = _commands(shapes[n])
        out[n] = _varints(numbers)[0], kind
    return out


def _highest(collection: Any) -> Any:
    """The parts of a collection that have its highest dimension."""
    parts = shapely.get_parts(collection)
    top = shapely.get_dimensions(parts)
    return shapely.union_all(parts[top == top.max()]) if len(parts) else collection


def _areas(shapes: np.ndarray) -> list[bytes]:
    """The commands of N polygons or multipolygons; empty where one shrinks to nothing."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(xy).astype(np.int64)
    keep = np.ones(len(whole), dtype=bool)
    keep[1:] = (np.diff(whole, axis=0) != 0).any(axis=1) | (np.diff(ring) != 0)
    whole, ring = whole[keep], ring[keep]
    every = np.arange(len(rings))
    first, last = np.searchsorted(ring, every), np.searchsorted(ring, every, side="right") - 1
    some = np.flatnonzero(last > first)  # the end of a ring is its beginning
    keep = np.ones(len(whole), dtype=bool)
    keep[last[some][(whole[first[some]] == whole[last[some]]).all(axis=1)]] = False
    whole, ring = whole[keep], ring[keep]
    first, end = np.searchsorted(ring, every), np.searchsorted(ring, every, side="right")
    count = end - first
    after = np.arange(len(whole)) + 1
    after[end[count > 0] - 1] = first[count > 0]
    area = np.bincount(ring, weights=whole[:, 0] * whole[after, 1] - whole[after, 0] * whole[:, 1],
                       minlength=len(rings))
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = np.diff(part) != 0
    # Outer rings turn to the right with y down (positive area), holes to the left.
    at = np.arange(len(whole))
    turned = (area > 0) != outer
    whole = whole[np.where(turned[ring], first[ring] + end[ring] - 1 - at, at)]
    there = (count >= 3) & (area != 0)
    there &= there[np.maximum.accumulate(np.where(outer, every, 0))]  # no hole without its area
    return _ring_commands(whole[there[ring]], count[there], of[part[there]], len(shapes))


def _ring_commands(whole: np.ndarray, count: np.ndarray, feature: np.ndarray, many: int
                   ) -> list[bytes]:
    """The commands of `many` features from the corners of their rings, one ring after the other:
    corners (N, 2), how many each ring has, and the feature of each ring, ascending."""
    out = [b""] * many
    if not len(count):
        return out
    start = np.cumsum(count) - count
    newly = np.ones(len(count), dtype=bool)
    newly[1:] = np.diff(feature) != 0
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    steps[start[newly]] = whole[start[newly]]
    begin = np.cumsum(2 * count + 3) - (2 * count + 3)
    numbers = np.empty(int(begin[-1] + 2 * count[-1] + 3), dtype=np.int64)
    numbers[begin] = _MOVE | 1 << 3
    numbers[begin + 3] = _LINE | (count - 1) << 3
    numbers[begin + 2 * count + 2] = _CLOSE | 1 << 3
    within = np.arange(len(whole)) - np.repeat(start, count)
    place = np.repeat(begin, count) + 1 + 2 * within + (within > 0)
    flat = _zigzag(steps)
    numbers[place], numbers[place + 1] = flat[:, 0], flat[:, 1]
    written, ends = _varints(numbers)
    froms = ends[begin[newly]].tolist()
    for n, a, b in zip(feature[newly].tolist(), froms, [*froms[1:], len(written)], strict=True):
        out[n] = written[a:b]
    return out


def _commands(shape: Any) -> tuple[np.ndarray, int]:
    """The commands of lines or of several points, as numbers, and their type."""
    parts = shapely.get_parts(shape)
    if not len(parts):
        return np.zeros(0, dtype=np.int64), 0
    if shapely.get_dimensions(parts[0]) == 0:
        points = np.rint(shapely.get_coordinates(parts)).astype(np.int64)
        steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
        return np.append(_MOVE | len(points) << 3, _zigzag(steps).reshape(-1)), _POINT
    out: list[np.ndarray] = [np.zeros(0, dtype=np.int64)]
    cursor = np.zeros(2, dtype=np.int64)
    for part in parts:
        whole = np.rint(shapely.get_coordinates(part)).astype(np.int64)
        keep = np.ones(len(whole), dtype=bool)
        keep[1:] = (np.diff(whole, axis=0) != 0).any(axis=1)
        whole = whole[keep]
        if len(whole) < 2:  # it shrinks to nothing
            continue
        flat = _zigzag(np.diff(whole, axis=0, prepend=cursor[None])).reshape(-1)
        out += [np.append(_MOVE | 1 << 3, flat[:2]),
                np.append(_LINE | (len(whole) - 1) << 3, flat[2:])]
        cursor = whole[-1]
    return np.concatenate(out), _LINESTRING


def _zigzag(steps: np.ndarray) -> np.ndarray:
    return np.asarray((steps << 1) ^ (steps >> 63))


# --- protocol buffers ----------------------------------------------------------------------------

def _varints(numbers: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Numbers from 0 to 2^35 - 1 as varints, and where each begins (and the last one ends)."""
    size = np.ones(len(numbers), dtype=np.int64)
    for bits in (7, 14, 21, 28):
        size += numbers >= 1 << bits
    ends = np.concatenate([[0], np.cumsum(size)])
    out = np.empty(int(ends[-1]), dtype=np.uint8)
    for k in range(int(size.max(initial=0))):
        longer = size > k
        some = numbers[longer]
        out[ends[:-1][longer] + k] = some >> 7 * k & 0x7F | np.where(size[longer] > k + 1, 0x80, 0)
    return out.tobytes(), ends


def _varint(number: int) -> bytes:
    if number < 0x80:
        return _ONE[number]
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_ONE = [bytes((n,)) for n in range(0x80)]


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _value(value: Any) -> bytes:
    import struct

    if isinstance(value, (bool, np.bool_)):
        return _number(7, int(value))
    if isinstance(value, (int, np.integer)):
        return (_number(5, int(value)) if value >= 0
                else _number(6, (int(value) << 1 ^ int(value) >> 63) & (1 << 64) - 1))
    if isinstance(value, (float, np.floating)):
        return _varint(3 << 3 | 1) + struct.pack("<d", value)
    return _field(1, str(value).encode())
