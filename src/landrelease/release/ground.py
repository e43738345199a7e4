"""The ground of a release: a geometric difference, never more than was recorded (S01, S02).

Longitude and latitude on WGS 84.
"""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import geodesic_area_m2, joined

NOTHING = shapely.MultiPolygon()
_STEP = 1e-10  # degrees: 0.01 mm; by how much ground draws back where rounding put it outside
DECIMALS = 7  # of a degree, on paper: 1.1 cm


@dataclass(frozen=True, slots=True)
class Cut:
    """What a wanted shape takes out of a hazard.

    `ground` lies inside the hazard, corner by corner; `outside` is what was asked for beyond the
    recorded boundary: a class of its own, never released with it; `left` stays hazardous.
    """

    ground: BaseGeometry
    outside: BaseGeometry
    left: BaseGeometry

    @property
    def whole(self) -> bool:
        return self.left.is_empty


def cut(hazard: BaseGeometry, wanted: BaseGeometry | None = None) -> Cut:
    """The part of a hazard that a shape takes; without a shape all of it.

    The ground never exceeds the hazard, nor the shape, not by a rounded digit: where an overlay
    puts a corner outside, the ground draws back by hundredths of a millimetre until both cover it.
    """
    if wanted is None or shapely.covers(wanted, hazard):
        return Cut(hazard, NOTHING if wanted is None else areas(wanted.difference(hazard)),
                   NOTHING)
    ground = inward(areas(shapely.intersection(hazard, wanted)), hazard, wanted)
    return Cut(ground, areas(wanted.difference(hazard)), areas(hazard.difference(ground)))


def inward(ground: BaseGeometry, *limits: BaseGeometry) -> BaseGeometry:
    """The ground, drawn back until each of the limits covers it; empty where nothing remains."""
    step = _STEP
    shape = ground
    while not shape.is_empty and not all(shapely.covers(limit, shape) for limit in limits):
        shape = areas(shapely.buffer(ground, -step, join_style="mitre"))
        step *= 4
    return shape


def on_paper(ground: BaseGeometry, decimals: int = DECIMALS) -> BaseGeometry:
    """The ground with corners of so many decimals, rounded inward: never beyond the ground.

    It draws back by a unit of the last digit (which is more than rounding moves a corner), then
    rounds; at 7 decimals a corner moves by at most 3 cm or so, always inward. Corners sharper than
    that lose their tip.
    """
    unit = 10.0**-decimals
    margin = unit
    while True:
        drawn = areas(shapely.buffer(ground, -margin, join_style="mitre", mitre_limit=5))
        snapped = areas(shapely.set_precision(drawn, unit))  # where edges cross too
        rounded = shapely.transform(snapped, lambda xy: xy.round(decimals))
        if rounded.is_empty or shapely.covers(ground, rounded):
            return rounded
        margin *= 2


def areas(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape; points and lines that an overlay leaves are no ground."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return joined(parts, degrees=True) if parts else NOTHING


def area_m2(shape: BaseGeometry) -> float:
    """Geodesic area in m² of the polygons of a shape."""
    return geodesic_area_m2(areas(shape))
