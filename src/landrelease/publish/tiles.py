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
CELL, POINT_CELL = 16, 8  # units of a cell in which what is small is drawn together
MOST_NORTH = 85.0511287798066  # where the square grid ends
_MOVE, _LINE, _CLOSE = 1, 2, 7
_POINT, _LINESTRING, _POLYGON = 1, 2, 3
_TYPE_POLYGON = 3  # of shapely


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


def tile(layers: Mapping[str, tuple[Sequence[Any], Sequence[Mapping[str, Any]]]],
         z: int, x: int, y: int, *, grows: frozenset[str] = frozenset()) -> bytes:
    """One tile as bytes; empty where nothing lies in it.

    Parameters
    ----------
    layers : name -> (N geometries in degrees, N mappings of name -> text, number or truth).
        Geometries that lie outside are left out; the others are cut at the edge and its buffer.
    grows : layers whose polygons must not lose ground on their way to whole units (S01): they are
        widened by one unit first, so that what is drawn covers what was given.
    """
    out = bytearray()
    for name, (geometries, values) in layers.items():
        out += _layer(name, np.asarray(geometries, dtype=object), values, z, x, y, name in grows)
    return bytes(out)


def crowded(name: str, boxes: np.ndarray, group: np.ndarray, values: Sequence[Mapping[str, Any]],
            large: tuple[Sequence[Any], Sequence[Mapping[str, Any]]], z: int, x: int, y: int, *,
            points: bool = False, grows: bool = False) -> bytes:
    """One tile of a layer with very many features: the small ones as the cells that they touch.

    Parameters
    ----------
    boxes : (N, 4) west, south, east, north in degrees of features that are small in this tile.
    group : (N,) which of the `values` a feature has: those of a group become one feature, with
        their number as `count`.
    large : geometries and values of the other features: they are drawn as in `tile`.
    points : of a group one point is drawn in each cell; else the ground of all cells that a box
        touches, which covers the boxes (S01).
    """
    from rasterio.features import shapes as outlines

    side, low = (POINT_CELL if points else CELL), -BUFFER
    many = (EXTENT + 2 * BUFFER) // side
    at = shapely.get_coordinates(to_tile(shapely.points(
        np.concatenate([boxes[:, [0, 3]], boxes[:, [2, 1]]])), z, x, y)).reshape(2, -1, 2)
    edge = 1.0 if grows else 0.0
    first = np.floor((at[0] - edge - low) / side).astype(np.int64)
    last = np.floor((at[1] + edge - low) / side).astype(np.int64)
    geometries: list[Any] = []
    told: list[Mapping[str, Any]] = []
    for number, said in enumerate(values):
        members = group == number
        if not members.any():
            continue
        a, b = first[members], last[members]
        grid = np.zeros((many, many), dtype=np.uint8)
        for right in range(int((b - a)[:, 0].max()) + 1):
            for down in range(int((b - a)[:, 1].max()) + 1):
                cell = a + np.array((right, down))
                inside = ((cell <= b) & (cell >= 0) & (cell < many)).all(axis=1)
                grid[cell[inside, 1], cell[inside, 0]] = 1
        if not grid.any():
            continue
        if points:
            row, column = np.nonzero(grid)
            shape = shapely.multipoints(np.column_stack([column, row]) * side + low + side / 2)
        else:
            shape = shapely.transform(shapely.multipolygons([
                shapely.Polygon(rings[0], rings[1:]) for rings in (
                    found["coordinates"]
                    for found, _ in outlines(grid, mask=grid.astype(bool)))]),
                lambda xy: xy * side + low)
        geometries.append(shape)
        told.append({**said, "count": int(members.sum())})
    return _layer(name, np.asarray(large[0], dtype=object), large[1], z, x, y, grows,
                  (geometries, told))


def _layer(name: str, geometries: np.ndarray, values: Sequence[Mapping[str, Any]], z: int, x: int,
           y: int, grows: bool,
           drawn: tuple[list[Any], list[Mapping[str, Any]]] = ([], [])) -> bytes:
    """`drawn`: features in units of the tile already."""
    if not len(geometries) and not drawn[0]:
        return b""
    shapes = to_tile(geometries, z, x, y) if len(geometries) else geometries
    if grows:
        areal = shapely.get_dimensions(shapes) == 2
        shapes[areal] = shapely.buffer(shapes[areal], 1.0, quad_segs=2)
    shapes = _cut(shapes, -BUFFER, EXTENT + BUFFER) if len(shapes) else shapes
    if drawn[0]:
        more = np.empty(len(drawn[0]), dtype=object)
        more[:] = drawn[0]
        shapes, values = np.concatenate([shapes, more]), [*values, *drawn[1]]
    keys: dict[str, int] = {}
    words: dict[tuple[type, Any], int] = {}
    features = bytearray()
    # Most areas are one ring: these are written all at once, the others one by one.
    single = (shapely.get_type_id(shapes) == _TYPE_POLYGON) & (
        shapely.get_num_interior_rings(shapes) == 0)
    rings = iter(_rings(shapes[single]))
    for shape, plain, said in zip(shapes, single.tolist(), values, strict=True):
        commands, kind = (next(rings), _POLYGON) if plain else _commands(shape)
        if not commands:
            continue
        tags: list[int] = []
        for key, value in said.items():
            if value is None:
                continue
            tags += (keys.setdefault(key, len(keys)),
                     words.setdefault((type(value), value), len(words)))
        feature = (_field(2, _packed(tags)) if tags else b"") + _number(3, kind) + _field(
            4, _packed(commands))
        features += _field(2, feature)
    if not features:
        return b""
    body = _field(1, name.encode()) + bytes(features)
    body += b"".join(_field(3, key.encode()) for key in keys)
    body += b"".join(_field(4, _value(value)) for _, value in words)
    return _field(3, body + _number(5, EXTENT) + _number(15, 2))


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


def _rings(shapes: np.ndarray) -> list[list[int]]:
    """The commands of polygons without holes (N); empty where a ring shrinks to nothing."""
    if not len(shapes):
        return []
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    whole = np.rint(xy).astype(np.int64)
    keep = np.ones(len(whole), dtype=bool)
    keep[1:] = (np.diff(whole, axis=0) != 0).any(axis=1) | (np.diff(of) != 0)
    whole, of = whole[keep], of[keep]
    number = np.arange(len(shapes))
    first, last = np.searchsorted(of, number), np.searchsorted(of, number, side="right") - 1
    some = last > first  # the end of a ring is its beginning
    keep = np.ones(len(whole), dtype=bool)
    keep[last[some][(whole[first[some]] == whole[last[some]]).all(axis=1)]] = False
    whole, of = whole[keep], of[keep]
    first, end = np.searchsorted(of, number), np.searchsorted(of, number, side="right")
    count = end - first
    after = np.arange(len(whole)) + 1
    after[end[count > 0] - 1] = first[count > 0]
    area = np.bincount(of, weights=whole[:, 0] * whole[after, 1] - whole[after, 0] * whole[:, 1],
                       minlength=len(shapes))
    # Outer rings turn to the right with y down (positive area).
    at = np.arange(len(whole))
    whole = whole[np.where(area[of] > 0, at, first[of] + end[of] - 1 - at)]
    steps = np.diff(whole, axis=0, prepend=0)
    steps[first[count > 0]] = whole[first[count > 0]]
    flat = _zigzag(steps)
    return [[_MOVE | 1 << 3, *flat[2 * a:2 * a + 2], _LINE | (n - 1) << 3,
             *flat[2 * a + 2:2 * (a + n)], _CLOSE | 1 << 3] if n >= 3 and size else []
            for a, n, size in zip(first.tolist(), count.tolist(), area.tolist(), strict=True)]


def _commands(shape: Any) -> tuple[list[int], int]:
    if shape is None or shape.is_empty:
        return [], 0
    parts = shapely.get_parts(shape)
    if shape.geom_type == "GeometryCollection":
        top = max(shapely.get_dimensions(parts))
        parts = np.concatenate([shapely.get_parts(p) for p in parts
                                if shapely.get_dimensions(p) == top])
    dimension = int(shapely.get_dimensions(parts[0]))
    cursor = np.zeros(2, dtype=np.int64)
    out: list[int] = []
    if dimension == 0:
        points = np.rint(shapely.get_coordinates(parts)).astype(np.int64)
        steps = np.diff(points, axis=0, prepend=cursor[None])
        return [_MOVE | len(points) << 3, *_zigzag(steps)], _POINT
    if dimension == 1:
        for part in parts:
            cursor = _path(shapely.get_coordinates(part), cursor, out, closed=False)
        return out, _LINESTRING
    for part in parts:
        for number, ring in enumerate((part.exterior, *part.interiors)):
            points = shapely.get_coordinates(ring)[:-1]
            # Outer rings turn to the right with y down (positive area), holes to the left.
            if (_area(points) > 0) != (number == 0):
                points = points[::-1]
            cursor = _path(points, cursor, out, closed=True)
    return out, _POLYGON


def _area(points: np.ndarray) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _path(points: np.ndarray, cursor: np.ndarray, out: list[int], *, closed: bool) -> np.ndarray:
    """Append a path in whole units; a ring or line that shrinks to nothing is left out."""
    whole = np.rint(points).astype(np.int64)
    keep = np.ones(len(whole), dtype=bool)
    keep[1:] = (np.diff(whole, axis=0) != 0).any(axis=1)
    whole = whole[keep]
    if closed and len(whole) > 1 and (whole[0] == whole[-1]).all():
        whole = whole[:-1]
    if len(whole) < (3 if closed else 2) or (closed and _area(whole.astype(float)) == 0):
        return cursor
    steps = np.diff(whole, axis=0, prepend=cursor[None])
    flat = _zigzag(steps)
    out += [_MOVE | 1 << 3, *flat[:2], _LINE | (len(whole) - 1) << 3, *flat[2:]]
    if closed:
        out.append(_CLOSE | 1 << 3)
    return whole[-1]


def _zigzag(steps: np.ndarray) -> list[int]:
    flat = steps.reshape(-1)
    return ((flat << 1) ^ (flat >> 63)).tolist()


# --- protocol buffers ----------------------------------------------------------------------------

def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _packed(numbers: Sequence[int]) -> bytes:
    out = bytearray()
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


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
