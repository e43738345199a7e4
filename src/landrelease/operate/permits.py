"""Whether permits that are held cover the ground of a task, and what of it is refused (S08).

Who may enter is asked of each m²: a permit for a corner is none for the rest. An uncertain position
never gives leave: ground that is granted counts narrowed by its accuracy, ground that is refused
widened by it (S04). Longitude and latitude on WGS 84; distances in metres.
"""

from __future__ import annotations

from collections.abc import Iterable

from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import geodesic_area_m2, joined, plane_for
from landrelease.core.lineage import reach_m
from landrelease.core.record import Record

# Ground narrower than this is no ground: two outlines of one boundary never meet exactly.
_SLIVER_M = 0.1
_AREAL = ("Polygon", "MultiPolygon")


def without_leave(ground: BaseGeometry, held: Iterable[Record]) -> float | None:
    """m² of the ground that the permits held do not cover together; None: all is covered. 0 where
    the ground has no area and is not covered. A permit with the outline of the ground itself is
    for this ground, however uncertain the outline is: both are off together."""
    held = list(held)
    if any(_same(p.geometry, ground) for p in held):
        return None
    leave = joined([s for p in held if (s := _moved(p, -1)) is not None], degrees=True)
    return None if not leave.is_empty and _nothing(left := ground.difference(leave), ground) \
        else geodesic_area_m2(ground if leave.is_empty else left)


def narrowed_by(ground: BaseGeometry, held: Iterable[Record]) -> float | None:
    """The largest accuracy of permits that cover the ground as drawn and not for certain; None:
    they do not cover it as drawn either, or state no accuracy."""
    held = [p for p in held if p.geometry is not None]
    by = max((accuracy_of(p) for p in held), default=0.0)
    drawn = joined([p.geometry for p in held], degrees=True)
    return by if by > 0 and not drawn.is_empty and _nothing(ground.difference(drawn), ground) \
        else None


def _same(shape: BaseGeometry | None, ground: BaseGeometry) -> bool:
    """Whether two outlines are the same, but for strips that are no ground."""
    return (shape is not None and {shape.geom_type, ground.geom_type} <= {*_AREAL}
            and _nothing(shape.symmetric_difference(ground), ground))


def refused_part(ground: BaseGeometry, refused: Iterable[Record], margin_m: float) -> float | None:
    """m² of the ground on which leave was refused; None: on none of it. `margin_m`: the accuracy
    of the ground itself."""
    closed = [s for p in refused if (s := _moved(p, 1, margin_m)) is not None]
    parts = [c for s in closed if not (c := ground.intersection(s)).is_empty]
    if not parts or all(_nothing(c, ground) for c in parts):
        return None
    return geodesic_area_m2(joined(parts, degrees=True))


def accuracy_of(record: Record) -> float:
    """The accuracy of a record's position in m; 0 where it is not reported."""
    return reach_m(record)


def _moved(permit: Record, sign: int, more_m: float = 0.0) -> BaseGeometry | None:
    shape = permit.geometry
    if shape is None or shape.is_empty:
        return None
    by = sign * (accuracy_of(permit) + more_m)
    if by == 0:
        return shape
    plane = plane_for(shape.bounds)
    return plane.to_degrees(plane.to_plane(shape).buffer(by))


def _nothing(part: BaseGeometry, ground: BaseGeometry) -> bool:
    """Whether a part of the ground is none, or so narrow that it is a boundary drawn twice."""
    if part.is_empty or ground.geom_type not in _AREAL:
        return bool(part.is_empty)
    return bool(plane_for(part.bounds).to_plane(part).buffer(-_SLIVER_M / 2).is_empty)
