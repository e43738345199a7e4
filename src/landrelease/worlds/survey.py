"""What is believed: roads that nobody dares to drive, and suspected areas drawn by surveys.

Surveys differ: some draw what is there with a margin, some draw much too large, some draw it beside
its place, some never came. Most suspicions are about nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import shapely
import shapely.ops

from landrelease.worlds.contamination import Contamination
from landrelease.worlds.ground import Ground
from landrelease.worlds.sizes import START, Dice

QUALITY = ("careful", "generous", "shifted", "guessed")
# Between an open road and any suspicion, besides the accuracy of the position: it is driven on.
VERGE_M = 25.0
EVIDENCE = {  # IMSMA wiki, standard values
    "direct": ("detonation", "accident, known location", "record (high reliability)",
               "mine sign/fence", "visual observation"),
    "indirect": ("old survey", "former combatant zone", "accident, unknown location",
                 "mine/ERW record (low reliability)", "productive land not in use",
                 "verbal report"),
}


@dataclass(frozen=True, slots=True)
class Survey:
    """A suspected areas. `site[a]` is the site that gave rise to area a, -1 for a false one."""

    shapes: np.ndarray  # object (A,) Polygon or MultiPolygon
    area_m2: np.ndarray  # float64 (A,)
    site: np.ndarray  # int64 (A,)
    quality: np.ndarray  # int8 (A,) index of QUALITY
    organisation: np.ndarray  # int8 (A,) who drew it
    accuracy_m: np.ndarray  # float64 (A,)
    surveyed: tuple[date, ...]  # A dates
    direct: np.ndarray  # bool (A,) direct evidence: a CHA
    evidence: tuple[str, ...]  # A words
    suspected_category: tuple[str, ...]  # A words; "" where nobody said
    segment: np.ndarray  # int64 (A,) road segment that it blocks, -1: none
    item_area: np.ndarray  # int64 (I,) the area that holds an item; -1 outside all


def blocked_roads(ground: Ground, dice: Dice) -> np.ndarray:
    """bool (M,): segments that are blocked at the start, so that exactly `cut_off` are unreached.

    Segments are taken in a random order in which those near the line come first; one that would
    cut off too many communities is passed over. Then some are added that cut off nobody.
    """
    size, roads = ground.size, ground.roads
    rng = dice("blocked roads")
    middle = shapely.get_coordinates(shapely.line_interpolate_point(
        roads.lines, 0.5, normalized=True))
    north = np.sign(middle[:, 1] - np.interp(middle[:, 0], *ground.front.T))
    distance = ground.front_distance_m(middle)
    order = np.argsort(distance / (0.25 * size.height_m) + 0.25 * (north < 0)
                       + rng.gumbel(0, 0.35, len(distance)), kind="stable")
    long_enough = shapely.length(roads.lines) > 330
    order = order[long_enough[order]]
    bases = ground.settlements.node[: size.bases]
    homes = ground.settlements.node
    blocked = np.zeros(len(roads.ends), dtype=bool)
    cut = 0
    for m in order.tolist():
        if cut == size.cut_off:
            break
        blocked[m] = True
        now = int(roads.unreached(bases, blocked)[homes].sum())
        if now > size.cut_off:
            blocked[m] = False
        else:
            cut = now
    reached = ~roads.unreached(bases, blocked)
    both = ~blocked & (reached[roads.ends[:, 0]] == reached[roads.ends[:, 1]]) & long_enough
    inside = np.flatnonzero(both & ~reached[roads.ends[:, 0]])
    extra = rng.permutation(inside)[: max(1, len(inside) // 7)]
    blocked[extra] = True
    return blocked


def make_survey(ground: Ground, contamination: Contamination, blocked: np.ndarray, dice: Dice
                ) -> Survey:
    """Suspected areas of `size.suspected_m2` in all; every blocked segment is crossed by one, no
    open segment by any."""
    size, roads = ground.size, ground.roads
    half = np.array([size.width_m, size.height_m]) / 2
    world = shapely.box(-half[0] + 20, -half[1] + 20, half[0] - 20, half[1] - 20)
    mined = set(contamination.site_segment[contamination.site_segment >= 0].tolist())
    real = _real(contamination, dice, size.name)
    road = [_across(roads.lines[m], m, dice)
            for m in np.flatnonzero(blocked).tolist() if m not in mined]
    accuracy = np.array([5.0, 10.0, 20.0])
    drawn = [(*r, 0) for r in real] + [(*r, 1) for r in road]
    open_roads = roads.lines[~blocked]
    tree = shapely.STRtree(open_roads)
    shapes = np.array([d[0] for d in drawn], dtype=object)
    sites = np.array([d[1] for d in drawn])
    quality = np.array([d[2] for d in drawn])
    segment = np.array([d[3] for d in drawn])
    shapes = _clear_of(shapes, open_roads, tree, world, accuracy.max(), segment >= 0)
    shapes, kept = _apart(shapes, 2_000.0, segment >= 0)
    sites, quality, segment = sites[kept], quality[kept], segment[kept]
    false = _false(ground, dice, shapes, open_roads, tree, world, accuracy.max(),
                   size.suspected_m2 - float(shapely.area(shapes).sum()))
    shapes = np.concatenate([shapes, false])
    count = len(shapes)
    sites = np.concatenate([sites, np.full(len(false), -1)])
    quality = np.concatenate([quality, np.full(len(false), 3)])
    segment = np.concatenate([segment, np.full(len(false), -1)])
    rng = dice("survey facts")
    order = rng.permutation(count)  # false ones must not stand at the end
    shapes, sites, quality, segment = shapes[order], sites[order], quality[order], segment[order]
    direct = np.where(sites >= 0, rng.random(count) < 0.5, rng.random(count) < 0.07)
    days = rng.integers(40, 900, count)
    words = []
    suspected = []
    for a in range(count):
        known = EVIDENCE["direct" if direct[a] else "indirect"]
        words.append(known[int(rng.integers(len(known)))])
        suspected.append(_suspected(rng, contamination, int(sites[a])))
    return Survey(
        shapes, shapely.area(shapes), sites.astype(np.int64), quality.astype(np.int8),
        rng.integers(0, 5, count).astype(np.int8), rng.choice(accuracy, count),
        tuple(START - timedelta(days=int(d)) for d in days), direct, tuple(words),
        tuple(suspected), segment.astype(np.int64), _holds(shapes, contamination.xy))


def _real(contamination: Contamination, dice: Dice, size: str
          ) -> list[tuple[shapely.Geometry, int, int, int]]:
    """(shape, site, quality, segment) of the sites that some survey heard of."""
    out = []
    for s, footprint in enumerate(contamination.footprint):
        rng = dice("survey", s)
        segment = int(contamination.site_segment[s])
        if segment < 0 and rng.random() < (0.08 if size != "village" else 0.0):
            continue  # nobody ever reported it
        quality = int(rng.choice(3, p=[0.42, 0.42, 0.16]))
        if segment >= 0:
            quality = int(rng.choice(2))
        if quality == 0:
            shape = shapely.buffer(footprint, rng.uniform(12, 45), quad_segs=2)
        elif quality == 1:
            shape = _ragged(rng, shapely.buffer(footprint, rng.uniform(40, 150), quad_segs=2))
        else:
            angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(40, 320)
            shape = shapely.transform(
                shapely.buffer(footprint, rng.uniform(20, 90), quad_segs=2),
                lambda xy, a=angle, d=away: xy + d * np.array([np.cos(a), np.sin(a)]))
        if rng.random() < 0.08 and segment < 0:  # only one half was walked
            shape = _half(rng, shape)
        out.append((shape, s, quality, segment))
    return out


def _ragged(rng: np.random.Generator, shape: shapely.Geometry) -> shapely.Geometry:
    """Drawn on a map by hand: corners wander, few of them, never inside the shape's hull."""
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.simplify(shape, 12)))[:-1]
    centre = hull.mean(axis=0)
    out = centre + (hull - centre) * rng.uniform(1.0, 1.2, (len(hull), 1))
    made = shapely.convex_hull(shapely.multipoints(out))
    return shapely.union(made, shapely.convex_hull(shape))


def _half(rng: np.random.Generator, shape: shapely.Geometry) -> shapely.Geometry:
    west, south, east, north = shape.bounds
    share = rng.uniform(0.45, 0.75)
    box = (shapely.box(west, south, west + share * (east - west), north)
           if east - west > north - south else
           shapely.box(west, south, east, south + share * (north - south)))
    return _largest(shapely.intersection(shape, box))


def _across(line: shapely.LineString, m: int, dice: Dice):
    """A suspicion over the middle of a road: a stretch of it and its sides."""
    rng = dice("believed road", m)
    length = line.length
    stretch = min(rng.uniform(80, 400), length - 260)
    middle = rng.uniform(130 + stretch / 2, length - 130 - stretch / 2)
    part = shapely.ops.substring(line, middle - stretch / 2, middle + stretch / 2)
    shape = shapely.buffer(part, rng.uniform(25, 90), cap_style="flat", join_style="mitre")
    return _largest(shapely.make_valid(shape)), -1, 3, m


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return max(parts, key=lambda p: p.area) if parts else shapely.Polygon()


def _clear_of(shapes: np.ndarray, roads: np.ndarray, tree: shapely.STRtree,
              world: shapely.Geometry, accuracy_m: float, blocking: np.ndarray) -> np.ndarray:
    """Cut away open roads and their verges; the largest part stays, for roads the one across."""
    out = shapely.intersection(shapes, world)
    which, near = tree.query(out, predicate="dwithin", distance=VERGE_M + accuracy_m + 1)
    verge: dict[int, list[int]] = {}
    for a, m in zip(which.tolist(), near.tolist(), strict=True):
        verge.setdefault(a, []).append(m)
    for a, found in verge.items():
        strip = shapely.union_all(shapely.buffer(roads[found], VERGE_M + accuracy_m, quad_segs=2))
        out[a] = shapely.difference(out[a], strip)
    for a in range(len(out)):
        if not blocking[a]:
            out[a] = _largest(out[a])
    # Rounding to 1 cm as in the file, so that areas and crossings are those of the file.
    return shapely.set_precision(out, 0.01)


def _apart(shapes: np.ndarray, smallest_m2: float, blocking: np.ndarray
           ) -> tuple[np.ndarray, np.ndarray]:
    """Cut later shapes by earlier ones; leave out what is too small. The rest and their indices."""
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="intersects")
    before: dict[int, list[int]] = {}
    for later, earlier in zip(a.tolist(), b.tolist(), strict=True):
        if _rank(earlier, blocking) < _rank(later, blocking):
            before.setdefault(later, []).append(earlier)
    out = shapes.copy()
    for later, earlier in before.items():
        cut = shapely.difference(shapes[later], shapely.union_all(shapes[earlier]))
        out[later] = cut if blocking[later] else _largest(cut)
    keep = np.flatnonzero((shapely.area(out) >= smallest_m2) | blocking & ~shapely.is_empty(out))
    return out[keep], keep


def _rank(a: int, blocking: np.ndarray) -> int:
    """Areas over roads come first: nothing may cut them off their road."""
    return a - (len(blocking) if blocking[a] else 0)


def _false(ground: Ground, dice: Dice, taken: np.ndarray, roads: np.ndarray,
           tree: shapely.STRtree, world: shapely.Geometry, accuracy_m: float, area_m2: float
           ) -> np.ndarray:
    """Suspicions about nothing, of `area_m2` in all; none overlaps an area that is there."""
    size = ground.size
    made: list[shapely.Geometry] = []
    left, batch = area_m2, 0
    placed = taken
    while left > 0 and batch < 400:
        rng = dice("false suspicion", batch)
        batch += 1
        many = 64 if size.name != "village" else 8
        shapes = np.array([_blob(rng, ground, size.site_items / 620) for _ in range(many)],
                          dtype=object)
        shapes = _clear_of(shapes, roads, tree, world, accuracy_m, np.zeros(many, dtype=bool))
        shapes, _ = _apart(shapes, 4_000.0, np.zeros(many, dtype=bool))
        hit = np.unique(shapely.STRtree(placed).query(shapes, predicate="intersects")[0])
        shapes = np.delete(shapes, hit)
        for shape in shapes:
            area = shape.area
            if area > left:  # the last one is made to fit
                centre = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
                factor = np.sqrt(left / area)
                small = shapely.transform(
                    shape, lambda xy, c=centre, f=factor: c + f * (xy - c))
                shape = _largest(shapely.intersection(small, shape))
            made.append(shape)
            left -= shape.area
            if left <= 1.0:
                break
        placed = np.concatenate([taken, np.array(made, dtype=object)])
        if 0 < left <= 1.0:
            break
    return np.array(made, dtype=object)


def _blob(rng: np.random.Generator, ground: Ground, scale: float) -> shapely.Geometry:
    """A field, a strip of wood, a former position: where people stay away for no reason."""
    size, front = ground.size, ground.front
    if rng.random() < 0.35 and len(ground.parcels.shapes):
        parcels = ground.parcels.shapes
        p = int(rng.integers(len(parcels)))
        around = shapely.get_coordinates(shapely.centroid(parcels[p]))[0]
        return shapely.buffer(parcels[p], rng.uniform(5, 60), join_style="mitre"
                              ) if rng.random() < 0.5 else _star(rng, around, 190, scale)
    k = int(rng.integers(len(front)))
    away = rng.normal(0, 0.26 * size.height_m)
    return _star(rng, front[k] + np.array([rng.normal(0, 300), away]), 240, scale)


def _star(rng: np.random.Generator, centre: np.ndarray, radius_m: float, scale: float
          ) -> shapely.Geometry:
    corners = int(rng.integers(5, 14))
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = (radius_m * np.sqrt(max(scale, 0.4)) * np.exp(rng.normal(0, 0.5))
              * rng.uniform(0.6, 1.4, corners))
    stretch, turn = rng.uniform(0.4, 1.0), rng.uniform(0, np.pi)
    xy = np.column_stack([radius * np.cos(angle), stretch * radius * np.sin(angle)])
    turned = np.column_stack([xy[:, 0] * np.cos(turn) - xy[:, 1] * np.sin(turn),
                              xy[:, 0] * np.sin(turn) + xy[:, 1] * np.cos(turn)])
    return _largest(shapely.make_valid(shapely.Polygon(centre + turned)))


def _suspected(rng: np.random.Generator, contamination: Contamination, site: int) -> str:
    if site < 0:
        return str(rng.choice(["", "ap_mine", "av_mine", "submunition", "uxo"],
                              p=[0.4, 0.25, 0.15, 0.1, 0.1]))
    kind = int(contamination.site_kind[site])
    right = ("av_mine; ap_mine", "ap_mine", "submunition", "uxo", "axo", "uxo")[kind]
    return right if rng.random() < 0.75 else ""


def _holds(shapes: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """int64 (I,): the first area that covers each item, -1 outside all; in blocks of items."""
    out = np.full(len(xy), -1, dtype=np.int64)
    tree = shapely.STRtree(shapes)
    for start in range(0, len(xy), 100_000):
        which, area = tree.query(shapely.points(xy[start:start + 100_000]), predicate="intersects")
        first = np.unique(which, return_index=True)
        out[start + first[0]] = area[first[1]]
    return out
