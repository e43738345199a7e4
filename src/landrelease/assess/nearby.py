"""What is on record in and around each hazard: accidents, lifted minefields, cleared ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.assess.shapes import checked, planar, polygons
from landrelease.core.assumption import Assumptions
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Accident, Land, LiftedMinefield


@dataclass(frozen=True, slots=True)
class Nearby:
    """Counts and areas of each of H hazards, in the order of the land; arrays of shape (H,).

    An accident counts either as inside (its border counts as inside) or as nearby, never as both.
    """

    accidents_inside: np.ndarray  # int64
    accidents_nearby: np.ndarray  # int64: within the distance, outside the hazard
    lifted_nearby: np.ndarray  # int64: lifted minefields inside or within the distance
    cleared_overlap_m2: np.ndarray  # float64: recorded as cleared and still as hazardous
    distance_m: float


def nearby(land: Land, plane: LocalPlane, assumptions: Assumptions) -> Nearby:
    """Count what lies in or within `nearby_distance_m` of each hazard; planar metres and m².

    Cleared ground counts once where clearance records overlap (S03). The plane is equal-area, so
    planar m² are those of the ellipsoid, up to about 1e-5 from the
    curve of long edges.

    Raises
    ------
    LandReleaseError
        ASS-001: the assumption is missing or not above 0. ASS-003: a shape that is not valid.
    """
    distance = checked(assumptions, "nearby_distance_m").value
    ground = planar(land.hazards, plane, widen=True)
    tree = shapely.STRtree(ground)
    total = len(ground)
    inside, within = _count(tree, _points(land.accidents, plane), distance, total)
    _, lifted = _count(tree, _points(land.lifted, plane), distance, total)
    return Nearby(inside, within - inside, lifted,
                  _cleared_overlap(land, ground, tree, plane), distance)


def _points(records: Sequence[Accident | LiftedMinefield], plane: LocalPlane) -> np.ndarray:
    places = np.array([r.place for r in records], dtype=object)
    if not len(places):
        return places
    return shapely.points(*plane.points(shapely.get_x(places), shapely.get_y(places)))


def _count(tree, points: np.ndarray, distance: float, total: int) -> tuple[np.ndarray, np.ndarray]:
    if not len(points) or not total:
        return np.zeros(total, np.int64), np.zeros(total, np.int64)
    _, inside = tree.query(points, predicate="intersects")
    _, within = tree.query(points, predicate="dwithin", distance=distance)
    return np.bincount(inside, minlength=total), np.bincount(within, minlength=total)


def _cleared_overlap(land: Land, ground: np.ndarray, tree, plane: LocalPlane) -> np.ndarray:
    overlap = np.zeros(len(ground))
    outcomes = [o for o in land.outcomes if o.outcome_type == "cleared"]
    if not outcomes or not len(ground):
        return overlap
    cleared = planar(outcomes, plane, widen=False)
    piece, hazard = tree.query(cleared, predicate="intersects")
    if not len(hazard):
        return overlap
    order = np.argsort(hazard, kind="stable")
    piece, hazard = piece[order], hazard[order]
    shared = shapely.intersection(ground[hazard], cleared[piece])
    which, begin = np.unique(hazard, return_index=True)
    for h, pieces in zip(which, np.split(shared, begin[1:]), strict=True):
        overlap[h] = (shapely.area(pieces[0]) if len(pieces) == 1 else
                      shapely.union_all([polygons(p) for p in pieces]).area)
    return overlap
