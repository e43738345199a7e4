"""TIL: vector tiles hold what they were given; hazards do not shrink on their way (S01)."""

import struct

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.publish import tiles

# --- a decoder of its own, as the specification says ---------------------------------------------


def fields(content):
    at = 0
    while at < len(content):
        key, at = varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(content, at)
        elif wire == 1:
            value, at = content[at:at + 8], at + 8
        else:
            assert wire == 2
            size, at = varint(content, at)
            value, at = content[at:at + size], at + size
        yield number, value


def varint(content, at):
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def packed(content):
    at = 0
    while at < len(content):
        value, at = varint(content, at)
        yield value


def value_of(content):
    ((number, said),) = fields(content)
    if number == 1:
        return said.decode()
    if number == 3:
        return struct.unpack("<d", said)[0]
    if number == 6:
        return (said >> 1) ^ -(said & 1)
    return bool(said) if number == 7 else said


def paths(commands):
    out, cursor, numbers = [], (0, 0), list(commands)
    at = 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            out[-1].append(out[-1][0])
            continue
        for _ in range(count):
            dx, dy = ((v >> 1) ^ -(v & 1) for v in numbers[at:at + 2])
            at += 2
            cursor = cursor[0] + dx, cursor[1] + dy
            if command == 1:
                out.append([cursor])
            else:
                out[-1].append(cursor)
    return out


def decoded(content):
    """Layer -> [(kind, paths, values)]."""
    layers = {}
    for number, layer in fields(content):
        assert number == 3
        parts = list(fields(layer))
        (name,) = (v.decode() for n, v in parts if n == 1)
        keys = [v.decode() for n, v in parts if n == 3]
        values = [value_of(v) for n, v in parts if n == 4]
        assert [v for n, v in parts if n == 15] == [2]
        assert [v for n, v in parts if n == 5] == [tiles.EXTENT]
        found = []
        for _, feature in (p for p in parts if p[0] == 2):
            inner = dict(fields(feature))
            tags = list(packed(inner.get(2, b"")))
            found.append((inner[3], paths(packed(inner[4])), {
                keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}))
        layers[name] = found
    return layers


def area(ring):
    x, y = np.array(ring, float).T
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2


def polygon_of(rings):
    # In whole units a narrow ring may cross itself.
    outer = [shapely.make_valid(shapely.Polygon(r)) for r in rings if area(r) > 0]
    holes = [shapely.make_valid(shapely.Polygon(r)) for r in rings if area(r) < 0]
    return shapely.union_all(outer).difference(shapely.union_all(holes))


def tile_of(shape, z=12, **more):
    lon, lat = shape.centroid.coords[0]
    side = 2**z
    x = int((lon + 180) / 360 * side)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * side)
    return tiles.tile({"hazard": ([shape], [{}])}, z, x, y, **more), (z, x, y)


# --- what a tile holds ---------------------------------------------------------------------------

def test_values_of_every_type_come_back():
    said = {"name": "Sjeverno polje", "count": 5, "below": -7, "depth": 0.13, "yes": True,
            "no": False, "missing": None}
    content = tiles.tile({"item": ([shapely.Point(17.5, 44.1)], [said])}, 0, 0, 0)
    ((kind, path, values),) = decoded(content)["item"]
    assert kind == 1 and len(path) == 1
    del said["missing"]
    assert values == said and {k: type(v) for k, v in values.items()} == {
        k: type(v) for k, v in said.items()}


def test_a_place_stands_where_the_grid_says():
    """Known from the grid's definition: the middle of the world is the corner of four tiles."""
    content = tiles.tile({"item": ([shapely.Point(0, 0)], [{}])}, 1, 1, 1)
    ((_, ((place,),), _),) = decoded(content)["item"]
    assert place == (0, 0)
    content = tiles.tile({"item": ([shapely.Point(0, 0)], [{}])}, 0, 0, 0)
    assert decoded(content)["item"][0][1] == [[(2048, 2048)]]


def test_what_lies_outside_is_left_out_and_an_empty_tile_is_empty():
    assert tiles.tile({"item": ([shapely.Point(17.5, 44.1)], [{}])}, 5, 0, 0) == b""
    assert tiles.tile({"item": ([], [])}, 0, 0, 0) == b""


def test_lines_and_holes_and_several_parts():
    ring = shapely.Point(17.5, 44.1).buffer(0.02)
    with_hole = ring.difference(shapely.Point(17.5, 44.1).buffer(0.005))
    two = shapely.MultiPolygon([with_hole, shapely.affinity.translate(with_hole, 0.045)])
    content, at = tile_of(two, 7)
    ((kind, rings, _),) = decoded(content)["hazard"]
    assert kind == 3 and len(rings) == 4
    drawn = polygon_of(rings)
    given = tiles.to_tile(np.array([two], dtype=object), *at)[0]
    assert drawn.symmetric_difference(given).area < 0.02 * given.area
    line = shapely.LineString([(17.49, 44.1), (17.5, 44.11), (17.51, 44.1)])
    content, _ = tile_of(line)
    ((kind, (path,), _),) = decoded(content)["hazard"]
    assert kind == 2 and len(path) >= 3


SHAPES = st.builds(
    lambda lon, lat, radius, corners, turn: shapely.Polygon([
        (lon + radius * (1 + 0.6 * (k % 2)) * np.cos(turn + 2 * np.pi * k / corners),
         lat + radius * (1 + 0.6 * (k % 2)) * np.sin(turn + 2 * np.pi * k / corners))
        for k in range(corners)]),
    st.floats(-179, 179), st.floats(-60, 60), st.floats(1e-6, 0.3), st.integers(3, 12),
    st.floats(0, 6.28))


@given(SHAPES, st.integers(0, 14))
@settings(max_examples=300)
def test_safety_S01_a_hazard_covers_in_a_tile_what_it_covers_on_the_ground(shape, z):
    content, at = tile_of(shape, z, grows=frozenset(["hazard"]))
    layers = decoded(content)
    assert layers, "however small, a hazard is drawn"
    ((_, rings, _),) = layers["hazard"]
    box = shapely.box(-tiles.BUFFER, -tiles.BUFFER, tiles.EXTENT + tiles.BUFFER,
                      tiles.EXTENT + tiles.BUFFER)
    given = tiles.to_tile(np.array([shape], dtype=object), *at)[0]
    inside = shapely.make_valid(given).intersection(box)
    left = inside.difference(polygon_of(rings))
    # The edge of the tile's buffer itself is rounded by half a unit.
    assert left.difference(box.boundary.buffer(1)).area < 1e-6 * max(1.0, inside.area)


@given(SHAPES, SHAPES, st.integers(0, 14), st.booleans())
@settings(max_examples=300)
def test_safety_S01_released_ground_in_a_tile_lies_on_released_ground(shape, other, z, pierced):
    if pierced:
        hole = shapely.affinity.scale(shape, 0.4, 0.4)
        shape = shapely.make_valid(shape).difference(hole)
    shape = shapely.union(shape, shapely.affinity.translate(
        other, *(np.subtract(shape.centroid.coords[0], other.centroid.coords[0])
          + shape.length / 3))).buffer(0)
    content, at = tile_of(shape, z, shrinks=frozenset(["hazard"]))
    (given_,) = tiles.to_tile(np.array([shape], dtype=object), *at)
    for _, rings, _ in decoded(content).get("hazard", []):
        beyond = polygon_of(rings).difference(shapely.make_valid(given_))
        assert beyond.area < 1e-6 * max(1.0, given_.area)


def test_released_ground_that_is_large_enough_is_drawn_nearly_whole():
    field = shapely.box(17.5, 44.1, 17.52, 44.12)
    content, at = tile_of(field, 12, shrinks=frozenset(["hazard"]))
    ((_, rings, _),) = decoded(content)["hazard"]
    (given_,) = tiles.to_tile(np.array([field], dtype=object), *at)
    assert given_.buffer(-2, join_style="mitre").difference(polygon_of(rings)).is_empty


@given(SHAPES, st.integers(0, 22))
@settings(max_examples=200)
def test_boxes_of_the_world_hold_what_they_are_of_and_find_it(shape, z):
    boxes = tiles.world(np.array([shape.bounds]))
    left, top, right, bottom = (boxes[:, 0] / 2**32).tolist()
    (square,) = tiles.to_tile(np.array([shapely.box(*shape.bounds)], dtype=object), 0, 0, 0)
    drawn = shapely.transform(square, lambda xy: xy / tiles.EXTENT)
    assert shapely.box(left, top, right, bottom).buffer(1e-12).covers(drawn)
    lon, lat = shape.bounds[0], shape.bounds[1]
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z)
    assert tiles.touching(boxes, z, x, y).tolist() == [0]
    far = (x + 2**z // 2) % 2**z
    assert z < 4 or abs(far - x) < 3 or tiles.touching(boxes, z, far, y).size == 0


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 12), st.floats(0.1, 0.9))
@settings(max_examples=200)
def test_the_outline_of_cells_holds_these_cells_and_no_others(seed, rows, columns, share):
    grid = (np.random.default_rng(seed).random((rows, columns)) < share).astype(np.uint8)
    grid[0, 0] = 1
    commands, kind = tiles._outlines(grid)
    rings = paths(packed(commands))
    areas, at = [], tiles.CELL
    for ring in rings:  # a hole comes after the area that it lies in
        if area(ring) > 0:
            areas.append([ring, []])
        else:
            areas[-1][1].append(ring)
    drawn = [shapely.Polygon(outer, holes) for outer, holes in areas]
    assert kind == 3 and all(p.is_valid for p in drawn)
    cells = [shapely.box(c * at, r * at, (c + 1) * at, (r + 1) * at) for r, c in np.argwhere(grid)]
    given_ = shapely.transform(shapely.union_all(cells), lambda xy: xy - tiles.BUFFER)
    assert shapely.union_all(drawn).equals(given_)
    assert sum(p.area for p in drawn) == given_.area


@given(st.integers(0, 2**35 - 1), st.integers(0, 300))
def test_numbers_are_written_as_the_specification_says(number, small):
    written, ends = tiles._varints(np.array([small, number]))
    assert varint(written, 0) == (small, ends[1]) and varint(written, ends[1]) == (number, ends[2])


@given(st.integers(0, 500), st.sampled_from([0, 4, 8, 12]), st.booleans())
@settings(max_examples=25)
def test_safety_S01_many_small_hazards_drawn_together_cover_each_of_them(seed, z, far):
    rng = np.random.default_rng(seed)
    west, south, east, north = tiles.bounds_of(z, *(AT[z]), buffer=0)
    low = rng.uniform((west, south), (east, north), (200, 2))
    size = rng.uniform(0, 1, (200, 2)) * ((east - west) / 200, (north - south) / 200)
    boxes = np.clip(np.hstack([low, low + size]), [-180, -85] * 2, [180, 85] * 2)
    kinds = rng.choice(["CHA", "SHA"], 200).tolist()
    big = shapely.box(west + (east - west) / 4, south + (north - south) / 4,
                      west + (east - west) / 3, south + (north - south) / 3)
    both = np.array([("CHA", "SHA").index(k) for k in kinds])
    content = tiles.crowded(
        "hazard", tiles.world(boxes), both, [{"hazard_type": k} for k in ("CHA", "SHA")],
        ([big], [{"id": "big"}]) if far else ([], []), z, *AT[z], grows=True)
    layers = decoded(content)["hazard"]
    together = {said["hazard_type"]: (polygon_of(rings), said["count"])
                for kind, rings, said in layers if "count" in said}
    assert {k: n for k, (_, n) in together.items()} == {k: kinds.count(k) for k in set(kinds)}
    assert [said["id"] for _, _, said in layers if "id" in said] == ["big"] * far
    edge = shapely.box(-tiles.BUFFER, -tiles.BUFFER, tiles.EXTENT + tiles.BUFFER,
                       tiles.EXTENT + tiles.BUFFER)
    for box, kind in zip(boxes, kinds, strict=True):
        (given_,) = tiles.to_tile(np.array([shapely.box(*box)], dtype=object), z, *AT[z])
        assert together[kind][0].buffer(1e-6).covers(given_.intersection(edge))
    points = decoded(tiles.crowded(
        "item", tiles.world(boxes[:, [0, 1, 0, 1]]), np.zeros(200, dtype=int), [{}],
        ([], []), z, *AT[z], points=True))["item"]
    ((kind, spots, said),) = points
    assert kind == 1 and 0 < len(spots) <= 200 and said["count"] == 200


AT = {0: (0, 0), 4: (8, 5), 8: (140, 92), 12: (2247, 1475)}


@pytest.mark.parametrize(("z", "x", "y"), [(0, 0, 0), (3, 5, 2), (12, 2247, 1475)])
def test_bounds_hold_the_tile(z, x, y):
    west, south, east, north = tiles.bounds_of(z, x, y, buffer=0)
    corners = np.array([shapely.Point(west, north), shapely.Point(east, south)], dtype=object)
    found = shapely.get_coordinates(tiles.to_tile(corners, z, x, y))
    assert np.allclose(found, [[0, 0], [tiles.EXTENT, tiles.EXTENT]], atol=1e-6)
