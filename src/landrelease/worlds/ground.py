"""The land before the war: relief, settlements, roads, parcels, and the line of confrontation.

Planar metres in `PLANE`, x to the east from 0 to width, y to the north from 0 to height, minus half
of each, so that the plane's centre is the world's centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.worlds.sizes import PLANE, Dice, Size

LAND_USE = ("arable", "pasture", "orchard", "forest", "fallow")
CLASSES = ("primary", "secondary", "tertiary", "track")
SURFACE = {"primary": "asphalt", "secondary": "asphalt", "tertiary": "gravel", "track": "earth"}


@dataclass(frozen=True, slots=True)
class Relief:
    """Heights in m (rows from north to south) on a grid of degrees: what the GeoTIFF holds."""

    height_m: np.ndarray  # float32 (R, C)
    west: float
    north: float
    step_deg: float

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height at places in planar metres: the nearest cell."""
        row, column = self._cell(x, y)
        return self.height_m[row, column]

    def slope_deg(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Slope in degrees at places in planar metres, by central differences."""
        row, column = self._cell(x, y)
        rows, columns = self.height_m.shape
        up, down = np.clip(row - 1, 0, rows - 1), np.clip(row + 1, 0, rows - 1)
        left, right = np.clip(column - 1, 0, columns - 1), np.clip(column + 1, 0, columns - 1)
        north_m = self.step_deg * 111_200.0
        east_m = north_m * np.cos(np.radians(self.north - row * self.step_deg))
        h = self.height_m.astype(np.float64)
        dy = (h[up, column] - h[down, column]) / ((down - up) * north_m)
        dx = (h[row, right] - h[row, left]) / ((right - left) * east_m)
        return np.degrees(np.arctan(np.hypot(dx, dy)))

    def _cell(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lonlat = degrees(np.column_stack([np.atleast_1d(x), np.atleast_1d(y)]))
        rows, columns = self.height_m.shape
        row = np.clip(((self.north - lonlat[:, 1]) / self.step_deg).astype(int), 0, rows - 1)
        column = np.clip(((lonlat[:, 0] - self.west) / self.step_deg).astype(int), 0, columns - 1)
        return row, column


@dataclass(frozen=True, slots=True)
class Settlements:
    """K communities, the largest first; the first `bases` of them have a base."""

    xy: np.ndarray  # float64 (K, 2)
    population: np.ndarray  # int64 (K,)
    node: np.ndarray  # int64 (K,) node of the road network
    municipality: np.ndarray  # int64 (K,)
    bases: int


@dataclass(frozen=True, slots=True)
class Roads:
    """N nodes, M segments; segment m runs from node `ends[m, 0]` to `ends[m, 1]`."""

    nodes: np.ndarray  # float64 (N, 2)
    ends: np.ndarray  # int64 (M, 2)
    lines: np.ndarray  # object (M,) LineString; first and last vertex are the nodes
    road_class: np.ndarray  # int8 (M,) index of CLASSES

    def unreached(self, start: np.ndarray, blocked: np.ndarray) -> np.ndarray:
        """bool (N,): nodes that no passable chain of segments joins to a node of `start`."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        count = len(self.nodes)
        a, b = self.ends[~blocked].T
        _, label = connected_components(coo_matrix(
            (np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count)), directed=False)
        return ~np.isin(label, label[start])


@dataclass(frozen=True, slots=True)
class Parcels:
    """Q fields; `settlement` is the community that farms them."""

    shapes: np.ndarray  # object (Q,) Polygon
    land_use: np.ndarray  # int8 (Q,) index of LAND_USE
    slope_deg: np.ndarray  # float64 (Q,)
    settlement: np.ndarray  # int64 (Q,)


@dataclass(frozen=True, slots=True)
class Ground:
    size: Size
    relief: Relief
    front: np.ndarray  # float64 (F, 2): the old line of confrontation, west to east
    settlements: Settlements
    roads: Roads
    parcels: Parcels
    municipalities: np.ndarray  # object (P,) Polygon

    def front_distance_m(self, xy: np.ndarray) -> np.ndarray:
        """Distance of places (N, 2) from the line of confrontation, m."""
        line = shapely.LineString(self.front)
        shapely.prepare(line)
        return shapely.distance(shapely.points(xy), line)


def degrees(xy: np.ndarray) -> np.ndarray:
    """Planar metres (N, 2) to longitude, latitude (N, 2), rounded to 1e-7 degrees (1 cm)."""
    points = PLANE.to_degrees(shapely.points(xy))
    return np.round(shapely.get_coordinates(points), 7)


def make_ground(size: Size, dice: Dice) -> Ground:
    """Relief, line of confrontation, settlements, roads, parcels, municipalities."""
    relief = _relief(size, dice)
    front = _front(size, dice)
    xy, population = _places(size, dice)
    roads = _roads(size, dice, xy)
    municipalities, home = _municipalities(size, xy)
    settlements = Settlements(xy, population, np.arange(len(xy)), home, size.bases)
    parcels = _parcels(size, dice, settlements, relief, roads)
    return Ground(size, relief, front, settlements, roads, parcels, municipalities)


def _relief(size: Size, dice: Dice) -> Relief:
    """Random hills: noise whose power falls with the cube of the frequency."""
    from scipy import fft

    rng = dice("relief")
    half = np.array([size.width_m, size.height_m]) / 2 + 1_500
    corners = degrees(np.array([-half, half, [-half[0], half[1]], [half[0], -half[1]]]))
    west, south = np.floor(corners.min(axis=0) * 100) / 100
    east, north = np.ceil(corners.max(axis=0) * 100) / 100
    step = size.dem_step_deg
    rows, columns = round((north - south) / step), round((east - west) / step)
    noise = rng.standard_normal((rows, columns))
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None, :])
    cut = 1.0 / (12_000 / (step * 100_000))  # no hills longer than 12 km
    shape = (frequency + cut) ** -1.9
    height = fft.irfft2(fft.rfft2(noise) * shape, s=(rows, columns))
    height = 180 + 38 * (height - height.mean()) / height.std()
    return Relief(np.round(np.maximum(height, 2.0), 1).astype(np.float32), float(west),
                  float(north), step)


def _front(size: Size, dice: Dice) -> np.ndarray:
    """A wandering line from west to east, north of the middle, every 100 m."""
    rng = dice("front")
    count = int(size.width_m / 100) + 1
    x = np.linspace(-size.width_m / 2, size.width_m / 2, count)
    t = (x + size.width_m / 2) / size.width_m
    y = np.full(count, 0.06 * size.height_m)
    for wave in range(1, 9):
        y += (0.11 / wave) * size.height_m * rng.standard_normal() * np.sin(
            np.pi * wave * t * 1.7 + rng.uniform(0, 2 * np.pi))
    limit = 0.38 * size.height_m
    return np.column_stack([x, limit * np.tanh(y / limit)])


def _spread(rng: np.random.Generator, size: Size, count: int, apart_m: float,
            others: np.ndarray) -> np.ndarray:
    """`count` places at least `apart_m` from each other and from `others`; nearer where full."""
    half = np.array([size.width_m, size.height_m]) / 2 - 700
    chosen = list(others)
    tries, apart = 0, apart_m
    while len(chosen) < count + len(others):
        place = rng.uniform(-half, half)
        if not chosen or np.min(np.hypot(*(np.array(chosen) - place).T)) >= apart:
            chosen.append(place)
        tries += 1
        if tries % 400 == 0:
            apart *= 0.9
    return np.array(chosen[len(others):]).reshape(-1, 2)


def _places(size: Size, dice: Dice) -> tuple[np.ndarray, np.ndarray]:
    rng = dice("settlements")
    typical = np.sqrt(size.width_m * size.height_m / size.communities)
    xy = _spread(rng, size, size.communities, 0.62 * typical, np.empty((0, 2)))
    people = np.round(np.exp(rng.normal(np.log(320), 0.75, size.communities))).astype(np.int64)
    people = np.clip(people, 24, 2_600)
    people[: size.towns] = np.round(rng.uniform(3_500, 14_000, size.towns))
    people[: size.towns].sort()
    people[: size.towns] = people[: size.towns][::-1]
    # Towns with a base lie behind the line: those of the southern third come first.
    south = np.argsort(xy[:, 1], kind="stable")[: max(size.towns, size.communities // 4)]
    towns: list[int] = []
    while len(towns) < size.towns:  # far from each other
        gap = [min((float(np.hypot(*(xy[i] - xy[j]))) for j in towns), default=1e9)
               if i not in towns else -1.0 for i in south]
        towns.append(int(south[int(np.argmax(gap))]))
    rest = [i for i in range(len(xy)) if i not in set(towns)]
    return np.round(xy[[*towns, *rest]], 2), people


def _roads(size: Size, dice: Dice, places: np.ndarray) -> Roads:
    """A Gabriel graph of settlements and junctions, thinned, with bends, nodes along it and spurs.

    Two places are joined when the circle over them holds no third (Gabriel and Sokal 1969): no two
    such roads cross, and the whole is connected.
    """
    from scipy.spatial import Delaunay

    rng = dice("roads")
    typical = np.sqrt(size.width_m * size.height_m / (size.communities + size.junctions))
    junctions = _spread(rng, size, size.junctions, 0.5 * typical, places)
    points = np.vstack([places, np.round(junctions, 2)])
    triangles = Delaunay(points).simplices
    pairs = np.unique(np.sort(np.vstack(
        [triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1), axis=0)
    middle = points[pairs].mean(axis=1)
    radius = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2
    tree = shapely.STRtree(shapely.points(points))
    nearest = tree.query_nearest(shapely.points(middle), return_distance=True, all_matches=False)
    distance = np.full(len(pairs), np.inf)
    distance[nearest[0][0]] = nearest[1]
    pairs, radius = pairs[distance >= radius - 1e-6], radius[distance >= radius - 1e-6]
    keep = _thinned(rng, len(points), pairs, radius)
    pairs = pairs[keep]
    return _segments(rng, size, points, pairs)


def _thinned(rng: np.random.Generator, count: int, pairs: np.ndarray, length: np.ndarray
             ) -> np.ndarray:
    """The shortest spanning tree and four in ten of the other pairs: bool (E,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    graph = coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    in_tree = {(min(a, b), max(a, b)) for a, b in zip(tree.row.tolist(), tree.col.tolist(),
                                                     strict=True)}
    drawn = rng.random(len(pairs)) < 0.4
    return np.array([drawn[k] or (a, b) in in_tree for k, (a, b) in enumerate(pairs.tolist())])


def _segments(rng: np.random.Generator, size: Size, points: np.ndarray, pairs: np.ndarray
              ) -> Roads:
    """Bend each road, cut it about every 1.5 km, add spurs that end in the fields."""
    nodes = [tuple(p) for p in points]
    ends: list[tuple[int, int]] = []
    lines: list[np.ndarray] = []
    classes: list[int] = []
    curves = [_bent(rng, points[a], points[b]) for a, b in pairs.tolist()]
    shapes = shapely.linestrings(np.concatenate(curves), indices=np.repeat(
        np.arange(len(curves)), [len(c) for c in curves]))
    crossing = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    for k in np.unique(crossing).tolist():  # a bend that runs into a neighbour is straightened
        a, b = points[pairs[k, 0]], points[pairs[k, 1]]
        curves[k] = a + np.linspace(0, 1, len(curves[k]))[:, None] * (b - a)
    degree = np.bincount(pairs.ravel(), minlength=len(points))
    for k, (a, b) in enumerate(pairs.tolist()):
        curve = curves[k]
        towns = (a < size.towns) + (b < size.towns)
        kind = 0 if towns == 2 else (1 if towns or min(degree[a], degree[b]) >= 3 else 2)
        if a < size.communities and b < size.communities and kind == 1 and rng.random() < 0.5:
            kind = 2
        pieces = max(1, round(np.hypot(*np.diff(curve, axis=0).T).sum() / 1_500))
        cuts = np.unique(np.round(np.linspace(0, len(curve) - 1, pieces + 1)).astype(int))
        last = a
        for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            if end == len(curve) - 1:
                here = b
            else:
                here = len(nodes)
                nodes.append(tuple(curve[end]))
            ends.append((last, here))
            lines.append(curve[start:end + 1])
            classes.append(kind)
            last = here
    _spurs(rng, size, nodes, ends, lines, classes)
    flat = np.concatenate(lines)
    made = shapely.linestrings(flat, indices=np.repeat(
        np.arange(len(lines)), [len(c) for c in lines]))
    return Roads(np.array(nodes), np.array(ends), made, np.array(classes, dtype=np.int8))


def _bent(rng: np.random.Generator, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A curve from a to b with a vertex about every 150 m."""
    length = float(np.hypot(*(b - a)))
    count = max(3, int(length / 150) + 1)
    t = np.linspace(0, 1, count)
    across = np.array([-(b - a)[1], (b - a)[0]]) / max(length, 1e-9)
    offset = np.zeros(count)
    for wave in (1, 2, 3, 5):
        offset += rng.normal(0, 0.035 * length / wave) * np.sin(np.pi * wave * t)
    curve = a + t[:, None] * (b - a) + offset[:, None] * across
    curve = np.round(curve, 2)
    curve[0], curve[-1] = a, b
    return curve


def _spurs(rng: np.random.Generator, size: Size, nodes: list, ends: list, lines: list,
           classes: list) -> None:
    """Farm tracks that end in the fields, one at every third node, where they cross nothing."""
    base = shapely.linestrings(np.concatenate(lines), indices=np.repeat(
        np.arange(len(lines)), [len(c) for c in lines]))
    tree = shapely.STRtree(base)
    half = np.array([size.width_m, size.height_m]) / 2 - 300
    made: list[shapely.LineString] = []
    for node in range(0, len(nodes), 3):
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(350, 1_100)
        start = np.array(nodes[node])
        end = np.round(start + length * np.array([np.cos(angle), np.sin(angle)]), 2)
        if np.any(np.abs(end) > half):
            continue
        off = shapely.LineString([start + 0.03 * (end - start), end]).buffer(60)
        if len(tree.query(off, predicate="intersects")) or any(off.intersects(s) for s in made):
            continue
        made.append(shapely.LineString([start, end]))
        ends.append((node, len(nodes)))
        nodes.append(tuple(end))
        lines.append(np.array([start, end]))
        classes.append(3)


def _municipalities(size: Size, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells of the communities that are farthest from each other, cut by the world's edge."""
    box = shapely.box(-size.width_m / 2, -size.height_m / 2, size.width_m / 2, size.height_m / 2)
    if size.municipalities == 1:
        return np.array([box], dtype=object), np.zeros(len(xy), dtype=np.int64)
    seats = [0]
    while len(seats) < size.municipalities:
        gap = np.min(np.hypot(xy[:, None, 0] - xy[seats][None, :, 0],
                              xy[:, None, 1] - xy[seats][None, :, 1]), axis=1)
        seats.append(int(np.argmax(gap)))
    home = np.argmin(np.hypot(xy[:, None, 0] - xy[seats][None, :, 0],
                              xy[:, None, 1] - xy[seats][None, :, 1]), axis=1)
    cells = shapely.get_parts(shapely.voronoi_polygons(
        shapely.multipoints(xy[seats]), extend_to=box))
    tree = shapely.STRtree(cells)
    order = tree.query(shapely.points(xy[seats]), predicate="intersects")[1]
    return shapely.intersection(cells[order], box), home


def _parcels(size: Size, dice: Dice, settlements: Settlements, relief: Relief, roads: Roads
             ) -> Parcels:
    """Fields of 1 to 8 ha in crooked blocks around each community, none across a road."""
    xy = settlements.xy
    shapes: list[np.ndarray] = []
    owners: list[np.ndarray] = []
    tree = shapely.STRtree(shapely.points(xy))
    for k in range(len(xy)):
        rng = dice("parcels", k)
        count = size.parcels_per_community
        side = int(np.ceil(np.sqrt(count * 2.2)))
        angle = rng.uniform(0, np.pi)
        wide = np.cumsum(rng.uniform(110, 320, side + 1))
        deep = np.cumsum(rng.uniform(90, 260, side + 1))
        wide, deep = wide - wide.mean(), deep - deep.mean()
        corner = np.stack(np.meshgrid(wide, deep, indexing="ij"), axis=-1)
        corner = corner + rng.normal(0, 9, corner.shape)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corner = np.einsum("ijk,lk->ijl", corner, turn) + xy[k]
        rings = np.stack([corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]],
                         axis=2).reshape(-1, 4, 2)
        middle = rings.mean(axis=1)
        away = np.hypot(*(middle - xy[k]).T)
        order = np.argsort(away + rng.uniform(0, 250, len(away)), kind="stable")
        order = order[away[order] > 140][:count]
        nearest = tree.query_nearest(shapely.points(middle[order]), all_matches=False)[1]
        order = order[nearest == k]
        shapes.append(shapely.polygons(np.round(rings[order], 2)))
        owners.append(np.full(len(order), k))
    made, owner = np.concatenate(shapes), np.concatenate(owners)
    crossed = np.unique(shapely.STRtree(roads.lines).query(made, predicate="intersects")[0])
    half = shapely.box(-size.width_m / 2, -size.height_m / 2, size.width_m / 2, size.height_m / 2)
    keep = np.ones(len(made), dtype=bool)
    keep[crossed] = False
    keep &= shapely.covered_by(made, half) & shapely.is_valid(made)
    made, owner = made[keep], owner[keep]
    middle = shapely.get_coordinates(shapely.centroid(made))
    slope = relief.slope_deg(middle[:, 0], middle[:, 1])
    rng = dice("land use")
    chance = rng.random(len(made))
    use = np.select([slope > 9, chance < 0.55, chance < 0.75, chance < 0.82, chance < 0.9],
                    [3, 0, 1, 2, 3], 4).astype(np.int8)
    return Parcels(made, use, np.round(slope, 1), owner)
