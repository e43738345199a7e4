"""Hazards and other ground in the plane: checked, and widened rather than narrowed in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.geometry import LocalPlane, joined, plane_for
from landrelease.core.hazard import Hazard, Land, Outcome
from landrelease.core.search import SearchPass
from landrelease.errors import ASSESS_SHAPE, ASSUMPTION_OUT_OF_RANGE, LandReleaseError


def plane_of(land: Land) -> LocalPlane:
    """The equal-area plane centred on the hazards; on (0, 0) where there are none."""
    if not land.hazards:
        return plane_for((0.0, 0.0, 0.0, 0.0))
    ground = np.array([h.ground for h in land.hazards], dtype=object)
    west, south, east, north = (float(v) for v in shapely.total_bounds(ground))
    return plane_for((west, south, east, north))


def planar(records: Sequence[Hazard | Outcome | SearchPass], plane: LocalPlane, *, widen: bool
           ) -> np.ndarray:
    """The ground of H records in the plane, an object array (H,) of valid polygons.

    Rounding in the projection may make a valid ring touch itself. It is then read in both of the
    usual ways; `widen` takes their union (hazards), else their intersection (cleared ground): S01.

    Raises
    ------
    LandReleaseError
        ASS-003: a shape is empty, not a polygon, or not valid as recorded.
    """
    degrees = np.array([r.ground for r in records], dtype=object)
    if not len(degrees):
        return degrees
    kind = shapely.get_type_id(degrees)
    good = ((kind == 3) | (kind == 6)) & ~shapely.is_empty(degrees)
    good[good] &= shapely.is_valid(degrees[good])
    if not good.all():
        bad = int(np.flatnonzero(~good)[0])
        shape = degrees[bad]
        found = ("missing" if shape is None else "empty" if shape.is_empty else
                 shape.geom_type if kind[bad] not in (3, 6) else shapely.is_valid_reason(shape))
        raise LandReleaseError(ASSESS_SHAPE, record=records[bad].id, found=found)
    ground = np.asarray(plane.to_plane(degrees), dtype=object)
    for i in np.flatnonzero(~shapely.is_valid(ground)):
        ground[i] = read_again(ground[i], widen=widen)
    return ground


def read_again(shape: Any, *, widen: bool) -> Any:
    """A valid shape of polygons in place of one that touches or crosses itself: the union of both
    usual readings, or their intersection (S01)."""
    readings = [
        polygons(shapely.make_valid(shape, method="linework")),
        polygons(shapely.make_valid(shape, method="structure", keep_collapsed=False))]
    return (joined(readings) if widen else
            polygons(shapely.intersection(readings[0], readings[1])))


def polygons(geometry: Any) -> Any:
    """Only the parts that have an area."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon")]
    return joined(parts) if parts else shapely.Polygon()


def checked(
    assumptions: Assumptions, name: str, above: float = 0.0, below: float = float("inf")
) -> Assumption:
    """An assumption whose low <= value <= high lie strictly between two bounds; else ASS-001."""
    try:
        found = assumptions[name]
    except KeyError:
        raise LandReleaseError(
            ASSUMPTION_OUT_OF_RANGE, name=name, value="not given", low="not given",
            high="not given", expected="one row with this name") from None
    if not above < found.low <= found.value <= found.high < below:
        bounds = f"above {above:g}" + (f" and below {below:g}" if below < float("inf") else "")
        raise LandReleaseError(
            ASSUMPTION_OUT_OF_RANGE, name=name, value=found.value, low=found.low, high=found.high,
            expected=f"low <= value <= high, each {bounds}")
    return found
