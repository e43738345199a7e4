"""What lies around the work of a plan on its map: hazards that it does not work on, as the reader
sees them, and communities. Ground that is on record as hazardous is never blank there (S01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landrelease.workflows.collections import UNRECORDED, every

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

AREAS_MOST = 4_000  # areas that are drawn one by one; the others lie in coarse squares
COMMUNITIES_MOST = 5_000
SQUARES = 200.0  # of coarse squares in a degree
_NEAR = 0.1  # degrees around what is drawn in which communities are shown
_ROUNDED = 1e-10  # square degrees, about 1 m²: what is left by rounding is drawn and not counted


@dataclass(frozen=True, slots=True)
class Around:
    """What a plan's map shows beside the plan.

    areas : GeoJSON features; `kind` is `unplanned` (a hazard that the plan does not work on),
    `part` (ground of an area of the plan beyond the ground that it works on), `unrecorded` (a
    hazard without a record) or `together` (coarse squares that hold all that is not drawn by
    itself). listed : hazards that the plan does not work on, by id, with the values that the
    reader sees, also those without a place. nowhere : how many of these have no place. parts,
    unrecorded, together : how many areas of these kinds there are. closed : hazards that the plan
    does not work on and that a decision that counts has closed; they are not drawn.
    communities : GeoJSON features with `id` and `name`; more : there are others.
    """

    areas: tuple[dict[str, Any], ...]
    listed: tuple[Mapping[str, Any], ...]
    nowhere: int
    parts: int
    unrecorded: int
    together: int
    closed: int
    communities: tuple[dict[str, Any], ...]
    more: bool


def around_plan(drawn: Mapping[str, Any], planned: frozenset[str], registry: Registry,
                reader: View) -> Around:
    """The surroundings of a plan for who sees hazards as they stand.

    drawn : hazard -> its ground on the plan's map, in degrees. planned : all hazards that the plan
    works on; those that are not drawn lie in the coarse squares.
    """
    areas: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    late: list[Any] = []
    count = {"nowhere": 0, "part": 0, "unrecorded": 0, "together": 0, "closed": 0}

    def put(kind: str, hazard: str, ground: Any, **said: Any) -> None:
        if len(areas) >= AREAS_MOST:
            late.append(ground)
            return
        mixed = ground.geom_type == "GeometryCollection"
        areas.extend({"type": "Feature", "id": n,
                      "properties": {"kind": kind, "hazard": hazard, **said},
                      "geometry": shapely.geometry.mapping(part)}
                     for n, part in enumerate(ground.geoms if mixed else [ground],
                                              len(areas) + 1))

    for page in every(registry, reader, "hazard"):
        for one in page:
            placed = one.geometry is not None and not one.geometry.is_empty
            counts = one.values.get("hazardous") is not False
            if one.id in drawn:
                if placed and counts and not (beyond := _beyond(
                        one.geometry, drawn[one.id])).is_empty:
                    count["part"] += beyond.area > _ROUNDED
                    put("part", one.id, beyond)
            elif one.id in planned:
                if placed:
                    late.append(one.geometry)
            elif not counts:
                count["closed"] += 1
            else:
                said = {n: one.values.get(n) for n in ("name", "hazard_type", "status")}
                listed.append({"hazard": one.id, "placed": placed, **said})
                if placed:
                    put("unplanned", one.id, one.geometry,
                        **{n: str(v) for n, v in said.items() if v is not None})
                else:
                    count["nowhere"] += 1
    for page in every(registry, reader, UNRECORDED):
        for one in page:
            count["unrecorded"] += 1
            if one.geometry is not None and not one.geometry.is_empty:
                put("unrecorded", "", one.geometry)
    count["together"] = len(late)
    if late:
        areas.append({"type": "Feature", "id": len(areas) + 1,
                      "properties": {"kind": "together", "hazard": ""},
                      "geometry": shapely.geometry.mapping(squares(late))})
    communities, more = _communities(
        [*drawn.values(), *(shapely.geometry.shape(a["geometry"]) for a in areas)],
        registry, reader)
    return Around(tuple(areas), tuple(listed), count["nowhere"], count["part"],
                  count["unrecorded"], count["together"], count["closed"], communities, more)


def _beyond(hazard: Any, ground: Any) -> Any:
    """The ground of a hazard that a plan does not work on; the whole of it where what is left
    cannot be told."""
    if hazard.equals(ground):
        return shapely.Polygon()
    try:
        left = shapely.difference(hazard, shapely.make_valid(ground))
    except shapely.GEOSException:
        return hazard
    parts = [p for p in getattr(left, "geoms", [left])
             if p.geom_type == "Polygon" and p.area > 0]
    return shapely.MultiPolygon(parts) if parts else shapely.Polygon()


def squares(shapes: Sequence[Any]) -> Any:
    """The coarse squares that touch the boxes around shapes: they hold all of each (S01)."""
    bounds = shapely.bounds(np.array(shapes, dtype=object)) * SQUARES
    low, high = np.floor(bounds[:, :2] - 1e-6) / SQUARES, np.ceil(bounds[:, 2:] + 1e-6) / SQUARES
    return shapely.union_all(shapely.box(*np.unique(np.hstack((low, high)), axis=0).T))


def _communities(shapes: Sequence[Any], registry: Registry, reader: View
                 ) -> tuple[tuple[dict[str, Any], ...], bool]:
    """Those in the box around shapes and a little beyond it, and whether there are more."""
    if not shapes or reader.precision("settlement") != "exact":
        return (), False
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    box = (max(-180.0, west - _NEAR), max(-90.0, south - _NEAR),
           min(180.0, east + _NEAR), min(90.0, north + _NEAR))
    out: list[dict[str, Any]] = []
    for page in every(registry, reader, "settlement", bounds=box):
        for one in page:
            if len(out) == COMMUNITIES_MOST:
                return tuple(out), True
            point = one.geometry.representative_point()
            out.append({"type": "Feature", "id": len(out) + 1,
                        "properties": {"id": one.id, "name": str(one.values.get("name") or one.id)},
                        "geometry": shapely.geometry.mapping(point)})
    return tuple(out), False
