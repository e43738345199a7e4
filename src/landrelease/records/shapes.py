"""Repair of invalid polygons by S01: hazards only grow, released land only shrinks.

An outline that crosses or touches itself can be read as an area in several ways. With the winding
number w of a place (how often the outline goes round it) the common readings are nested:

    even-odd (w odd)  is within  non-zero (w not 0)  is within  filled (all that it encloses)

so the union of all readings is the filled one, joined with the structural one, and the
intersection of all is the even-odd one cut with the structural one. Corners that somebody drew on
a phone in the wrong order make such an outline too: of a field of four corners two triangles, with
half of the field outside of both. What was drawn is therefore also read as if its corners stood in
an order in which no sides cross (`uncrossed`). `buffer(0)` is not taken as a
reading: it keeps only ground that the outline goes round in one direction and loses whole lobes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import geodesic_area_m2, joined

# Readings differ "much" when they differ by more than both: then a person must look at the source.
# Of the 304 invalid suspected areas of the Bosnian map sheets none is beyond both, of the 495
# cleared ones 7; with 10 % it would be 3 and 10, and a hazard in quarantine is missing on the
# danger map, whereas a union that is a fifth too large is not.
DIFFERENCE_SHARE = 0.20
DIFFERENCE_M2 = 1_000.0

# Beyond these an outline is a scribble: noding it would exhaust memory, and no reading is an area.
TANGLE_VERTICES = 2_000
TANGLE_CROSSINGS = 100_000
# Crossings that are taken out of an outline one by one; of one that has more the convex hull is the
# reading: no order of its corners goes round any ground outside.
MOST_UNCROSSED = 60
# What is less of a scribble than that can still be noded, but takes minutes for three hundred
# corners, and no reading means anything: the hull is. The worst of the 799 invalid areas of the
# Bosnian map sheets has 12 crossings.
MOST_CROSSINGS = 1_500


@dataclass(frozen=True, slots=True)
class Repair:
    """`shape` by the rule of S01, and how far the readings are apart. Areas in m², geodesic."""

    shape: Polygon | MultiPolygon
    widest: Polygon | MultiPolygon
    area_m2: float
    widest_m2: float
    difference_m2: float  # union of all readings less their intersection

    @property
    def share(self) -> float:
        return self.difference_m2 / self.widest_m2 if self.widest_m2 > 0 else 0.0

    def much(self, share: float = DIFFERENCE_SHARE, area_m2: float = DIFFERENCE_M2) -> bool:
        """Whether a person must look: the readings differ by more than both."""
        return self.share > share and self.difference_m2 > area_m2


def readings(shape: BaseGeometry, *, drawn: bool = False) -> tuple[BaseGeometry, ...]:
    """Even-odd, structural and filled reading of an invalid polygon or multipolygon; of what was
    drawn by hand (`drawn`) the uncrossed one as well, where sides cross.

    Filled: all ground that an outer ring encloses; an inner ring is left open only where it is a
    clean hole (simple, and inside that outer ring), because then no reading fills it. Uncrossed:
    the corners of each outer ring in an order in which no sides cross. Of a scribble (more than
    `MOST_CROSSINGS`) nothing is known but that it lies in its convex hull: nothing, and the hull.
    Sources: `make_valid` of GEOS 3.14 (linework, structure); polygonising of the noded outline.
    """
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and not p.is_empty]
    if any(len(_crossings(shapely.get_coordinates(shapely.get_exterior_ring(p))[:-1]))
           > MOST_CROSSINGS for p in parts):
        return Polygon(), polygons_of(joined(
            [shapely.convex_hull(p) for p in parts], degrees=True, exact=True))
    even_odd = polygons_of(shapely.make_valid(shape, method="linework"))
    structural = polygons_of(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    filled = polygons_of(joined([_outline(p) for p in parts], degrees=True, exact=True))
    if not drawn:
        return even_odd, structural, filled
    orders = [uncrossed(shapely.get_coordinates(shapely.get_exterior_ring(p))) for p in parts]
    if all(order is None for order in orders):  # sides touch or lie on each other at most
        return even_odd, structural, filled
    ordered = polygons_of(joined([_outline(p if order is None else Polygon(order, p.interiors))
                                  for p, order in zip(parts, orders, strict=True)],
                                 degrees=True, exact=True))
    return even_odd, structural, filled, ordered


def uncrossed(ring: np.ndarray) -> BaseGeometry | None:
    """The outer ring `(n, 2)` with its corners in an order in which no sides cross, or its convex
    hull where `MOST_UNCROSSED` moves were not enough, or there are more than `MOST_CROSSINGS`; None
    where no sides cross.

    Where two sides cross, all that lies between them is gone through the other way round: they then
    no longer cross, and the outline is shorter, so that this ends. Source: the 2-opt move of G. A.
    Croes, A Method for Solving Traveling-Salesman Problems, Operations Research 6 (1958).
    """
    corners = ring[:-1]
    for number in range(MOST_UNCROSSED + 1):
        pairs = _crossings(corners)
        if not len(pairs):
            return Polygon(corners).exterior if number else None
        if len(pairs) > MOST_CROSSINGS:
            break
        i, j = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))[0]]
        corners = np.concatenate([corners[:i + 1], corners[i + 1:j + 1][::-1], corners[j + 1:]])
    return shapely.get_exterior_ring(shapely.convex_hull(shapely.multipoints(ring)))


def _crossings(corners: np.ndarray) -> np.ndarray:
    """Pairs `(k, 2)` of sides that cross, of a closed ring without its last corner `(n, 2)`."""
    sides = shapely.linestrings(np.stack([corners, np.roll(corners, -1, axis=0)], axis=1))
    first, second = shapely.STRtree(sides).query(sides, predicate="crosses")
    found: np.ndarray = np.stack([first, second], axis=1)[first < second]
    return found


def _outline(part: Polygon) -> BaseGeometry:
    """All ground that the outer ring encloses, less the clean holes."""
    lines = shapely.union_all([shapely.force_2d(shapely.get_exterior_ring(part))])
    faces = shapely.get_parts(shapely.polygonize([shapely.node(lines)]))
    if not len(faces):
        return Polygon()
    filled = joined(shapely.polygons(shapely.get_exterior_ring(faces)), degrees=True, exact=True)
    holes = [hole for ring in part.interiors if shapely.is_valid(hole := Polygon(ring))
             and shapely.covers(filled, hole)]
    if not holes:
        return filled
    return shapely.difference(filled, joined(holes, degrees=True, exact=True))


def repair(shape: BaseGeometry, rule: Literal["union", "intersection"], *, drawn: bool = False
           ) -> Repair:
    """Repair a polygon or multipolygon in longitude/latitude, WGS 84.

    `rule` "union" (hazards) gives ground that covers every reading; "intersection" (cleared or
    released land) gives ground that every reading covers; both to within the rounding of
    coordinates (1e-12 degrees). The result is valid, 2-D, polygonal; it may be empty. `drawn`: by
    hand, so that its corners may stand in the wrong order.
    """
    read = readings(shape, drawn=drawn)
    widest = polygons_of(joined(read, degrees=True, exact=True))
    common = read[0]
    for other in read[1:]:
        common = polygons_of(shapely.intersection(common, other))
    widest_m2, common_m2 = geodesic_area_m2(widest), geodesic_area_m2(common)
    chosen, area = (widest, widest_m2) if rule == "union" else (common, common_m2)
    return Repair(chosen, widest, area, widest_m2, max(0.0, widest_m2 - common_m2))


def enclosed(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """The ground that somebody means by shapes of any type, in one system of coordinates.

    A line is the outline of the ground that it encloses, closed where it is open; where it crosses
    itself, or closed ones cross each other, it stands for the convex hull. Several open lines and
    points are sides and corners of one field, in whatever order: they stand for their hull. One
    point, or what lies on one line, encloses nothing and stays what it is. A polygon is its ground,
    one that crosses itself its convex hull; where there is nothing else, it comes back as it is.
    """
    grounds: list[BaseGeometry] = []
    rings: list[Polygon] = []
    loose: list[BaseGeometry] = []
    parts = _single(shapes)
    if len(parts) == 1 and parts[0].geom_type in ("Polygon", "MultiPolygon"):
        return parts[0]
    for part in parts:
        if part.geom_type in ("Polygon", "MultiPolygon"):
            grounds.append(part if part.is_valid else shapely.convex_hull(part))
        elif part.geom_type == "LineString" and part.is_closed and len(part.coords) > 3:
            ring = Polygon(part.coords)
            rings.append(ring if ring.is_valid else shapely.convex_hull(part))
        else:
            loose.append(part)
    if len(loose) == 1 and loose[0].geom_type == "LineString" and len(loose[0].coords) > 2:
        ring = Polygon(loose[0].coords)
        loose = [ring if ring.is_valid else shapely.convex_hull(loose[0])]
    elif loose:
        loose = [shapely.convex_hull(shapely.GeometryCollection(loose))]
    tree = shapely.STRtree(rings)
    if rings and len(tree.query(rings, predicate="overlaps")[0]):
        rings = [shapely.convex_hull(shapely.GeometryCollection(rings))]
    # What several outlines enclose between them is enclosed as well.
    around = [Polygon(p.exterior) if p.geom_type == "Polygon" else p
              for p in shapely.get_parts(shapely.union_all(rings))]
    found = [*grounds, *around, *loose]
    return found[0] if len(found) == 1 else shapely.union_all(found)


def _single(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Collections, lines and points one by one; polygons of one shape stay together."""
    parts = [s for s in shapes if not s.is_empty]
    while any(p.geom_type in _TOGETHER for p in parts):
        parts = [q for p in parts for q in (
            shapely.get_parts(p) if p.geom_type in _TOGETHER else [p]) if not q.is_empty]
    return parts


_TOGETHER = ("GeometryCollection", "MultiLineString", "MultiPoint")


def polygons_of(shape: BaseGeometry | None) -> Polygon | MultiPolygon:
    """The polygons of any geometry: lines, points and empty parts have no area and fall away."""
    if shape is None or shape.is_empty:
        return Polygon()
    if shape.geom_type == "Polygon":
        return shape
    parts: list[BaseGeometry] = [shape]
    while any(p.geom_type == "GeometryCollection" or p.geom_type.startswith("Multi")
              for p in parts):
        parts = list(shapely.get_parts(np.array(parts, dtype=object)))
    found = [p for p in parts if p.geom_type == "Polygon" and not p.is_empty]
    if not found:
        return Polygon()
    return found[0] if len(found) == 1 else MultiPolygon(found)


def crossings_estimate(shape: BaseGeometry, *, sample: int = 200) -> int:
    """About how often an outline crosses itself, from every n-th of its segments."""
    xy = shapely.get_coordinates(shape)
    segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    probes = segments[:: max(1, len(segments) // sample)]
    hits = 0
    tree = shapely.STRtree(segments)
    for probe in probes:
        hits += max(0, len(tree.query(probe, predicate="intersects")) - 3)
    return int(hits / len(probes) * len(segments) / 2)


def distinct_points(shape: BaseGeometry) -> int:
    """Distinct corners of a polygon's first outer ring."""
    part = shapely.get_geometry(shape, 0)
    if part is None or part.is_empty or part.geom_type != "Polygon":
        return 0
    return len(np.unique(shapely.get_coordinates(shapely.get_exterior_ring(part)), axis=0))
