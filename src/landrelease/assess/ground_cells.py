"""A grid of cells over the programme's land: what was found there, and covariates from layers.

The table that `unsurveyed.learn` reads, made from what a programme has on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.assess import shapes
from landrelease.assess.shapes import checked
from landrelease.core.assumption import Assumptions
from landrelease.core.evidence import ACCIDENT_RECORDED, ITEM_FOUND, LIFTED_MINEFIELD
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Land
from landrelease.errors import (
    ASSESS_NO_HAZARDS,
    CELL_SIZE,
    CELLS_TOO_MANY_FOR_TABLE,
    LandReleaseError,
)

LARGEST = 2_000_000  # rows
NO_MUNICIPALITY = "(none)"
SEARCHED = ("cleared", "reduced")  # by clearance and by technical survey; NTS searches no ground
FINDS = (ITEM_FOUND, ACCIDENT_RECORDED, LIFTED_MINEFIELD)


@dataclass(frozen=True, slots=True, eq=False)
class GroundCells:
    """N square cells, by rows from the north, in an equal-area plane.

    easting, northing : (N,) centres in m; longitude, latitude : (N,) the same in degrees.
    municipality : (N,) names; `NO_MUNICIPALITY` where none is recorded at the centre.
    """

    plane: LocalPlane
    cell_m: float
    names: np.ndarray
    easting: np.ndarray
    northing: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    municipality: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def boxes(self) -> np.ndarray:
        half = self.cell_m / 2
        return shapely.box(self.easting - half, self.northing - half, self.easting + half,
                           self.northing + half)


def ground_cells(land: Land, cell_m: float, within_km: float | None = None) -> GroundCells:
    """Cells on multiples of their size whose centre lies in a recorded municipality.

    Where no municipality is recorded: all of the box around hazards and finds. `within_km`: only
    cells whose centre is so near to a hazard or a find; land that the records do not reach is no
    background to compare finds with.

    Raises
    ------
    LandReleaseError
        ASS-002 nothing is recorded, ASS-005 a size that is not above 0, ASS-413 too many cells.
    """
    if not 0 < cell_m < np.inf:
        raise LandReleaseError(CELL_SIZE, cell_m=cell_m, problem="not a length", limit=LARGEST)
    if not land.hazards:
        raise LandReleaseError(ASSESS_NO_HAZARDS)
    plane = shapes.plane_of(land)
    grounds = np.array([m.ground for m in land.municipalities], dtype=object)
    outline = plane.to_plane(grounds) if len(grounds) else np.concatenate(
        [shapes.planar(land.hazards, plane, widen=True), _finds(land, plane)])
    west, south, east, north = shapely.total_bounds(outline)
    column = np.arange(np.floor(west / cell_m), np.ceil(east / cell_m))
    row = np.arange(np.ceil(north / cell_m) - 1, np.floor(south / cell_m) - 1, -1)
    if len(column) * len(row) > 4 * LARGEST:
        raise LandReleaseError(CELLS_TOO_MANY_FOR_TABLE, cell_m=cell_m,
                               found=f"{len(column) * len(row):,}", limit=f"{LARGEST:,}")
    x, y = (v.ravel() for v in np.meshgrid((column + 0.5) * cell_m, (row + 0.5) * cell_m))
    home = np.full(len(x), NO_MUNICIPALITY, dtype=object)
    inside = np.ones(len(x), dtype=bool)
    if len(grounds):
        inside[:] = False
        for area, ground in zip(land.municipalities, outline, strict=True):
            shapely.prepare(ground)
            mine = ~inside & shapely.contains_xy(ground, x, y)
            home[mine], inside = area.name, inside | mine
    if within_km is not None:
        near = np.concatenate([shapes.planar(land.hazards, plane, widen=True),
                               _finds(land, plane)])
        inside[inside] = _nearest_km(shapely.points(x[inside], y[inside]), near) <= within_km
    x, y, home = x[inside], y[inside], home[inside]
    if len(x) > LARGEST:
        raise LandReleaseError(CELLS_TOO_MANY_FOR_TABLE, cell_m=cell_m, found=f"{len(x):,}",
                               limit=f"{LARGEST:,}")
    lonlat = shapely.get_coordinates(plane.to_degrees(shapely.points(x, y)))
    # A letter first: a spreadsheet would take "-7_5" for a formula.
    ids = np.array([f"e{int(np.floor(a / cell_m))}_n{int(np.floor(b / cell_m))}"
                    for a, b in zip(x, y, strict=True)], dtype=object)
    return GroundCells(plane, cell_m, ids, x, y, lonlat[:, 0], lonlat[:, 1], home)


def labels(cells: GroundCells, land: Land, assumptions: Assumptions) -> np.ndarray:
    """(N,) of 1, 0, -1: something was found in the cell; searched without; not searched.

    Found: an item, an accident or a lifted minefield whose recorded place lies in the cell.
    Searched: at least `cell_searched_share` of it was cleared or reduced. Cancelled ground was not
    searched.
    """
    share = checked(assumptions, "cell_searched_share", 0.0).value
    out = np.full(len(cells), -1, dtype=np.int64)
    done = [o for o in land.outcomes if o.outcome_type in SEARCHED]
    if done:
        ground = shapely.union_all(shapes.planar(done, cells.plane, widen=False))
        out[_share_of(cells, ground) >= share] = 0
    places = _finds(land, cells.plane)
    if len(places):
        hit = shapely.STRtree(cells.boxes()).query(places, predicate="intersects")[1]
        out[hit] = 1
    return out


def covariates(cells: GroundCells, land: Land, assumptions: Assumptions,
               layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Name -> (N,) of what is on record about each cell; NaN where a layer is empty.

    layers : name -> geometries in degrees (roads, lines of confrontation, rivers, borders); each
        gives `NAME_km`, the distance of the cell's centre to the nearest of them.

    Past finds are no column: the nearest would be the cell's own label. The prior sees them by
    place, with the labels of hidden ground hidden.
    """
    reach = checked(assumptions, "people_reach_m", 0.0).value
    points = shapely.points(cells.easting, cells.northing)
    out: dict[str, np.ndarray] = {}
    homes = np.array([s.place for s in land.settlements], dtype=object)
    out["settlement_km"] = _nearest_km(points, cells.plane.to_plane(homes) if len(homes) else homes)
    out["people_near"] = _people(cells, land, reach)
    grounds = np.array([m.ground for m in land.municipalities], dtype=object)
    borders = shapely.boundary(cells.plane.to_plane(grounds)) if len(grounds) else grounds
    out["municipal_border_km"] = _nearest_km(points, borders)
    hazards = shapes.planar(land.hazards, cells.plane, widen=True)
    out["hazard_km"] = _nearest_km(points, hazards)
    out["hazard_share"] = _share_of(cells, shapely.union_all(hazards))
    for name, geometry in layers.items():
        out[f"{name}_km"] = _nearest_km(points, cells.plane.to_plane(geometry)
                                        if len(geometry) else geometry)
    return out


def _finds(land: Land, plane: LocalPlane) -> np.ndarray:
    places = {(e.record_kind, e.record_id): e.place for e in land.evidence
              if e.kind in FINDS and e.place is not None and not e.place.is_empty}
    found = np.array(list(places.values()), dtype=object)
    return np.asarray(plane.to_plane(found), dtype=object) if len(found) else found


def _nearest_km(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    if not len(others):
        return np.full(len(points), np.nan)
    tree = shapely.STRtree(others)
    (asked, _), distance = tree.query_nearest(points, return_distance=True, all_matches=False)
    out = np.full(len(points), np.nan)
    out[asked] = distance / 1000
    return out


def _share_of(cells: GroundCells, ground: shapely.Geometry) -> np.ndarray:
    """Exact share of each cell that the ground covers."""
    boxes = cells.boxes()
    out = np.zeros(len(cells))
    pieces = shapely.get_parts(ground)
    if not len(pieces):
        return out
    which, cell = shapely.STRtree(boxes).query(pieces, predicate="intersects")
    part = shapely.area(shapely.intersection(pieces[which], boxes[cell]))
    np.add.at(out, cell, part)
    return np.minimum(out / cells.cell_m ** 2, 1.0)


def _people(cells: GroundCells, land: Land, reach_m: float) -> np.ndarray:
    """Residents of settlements within reach of the centre; unknown populations count as none."""
    from scipy.spatial import cKDTree

    known = [s for s in land.settlements if s.population is not None]
    if not known:
        return np.full(len(cells), np.nan)
    places = shapely.get_coordinates(cells.plane.to_plane(
        np.array([s.place for s in known], dtype=object)))
    people = np.array([s.population for s in known], dtype=float)
    near = cKDTree(places).query_ball_point(np.column_stack([cells.easting, cells.northing]),
                                            reach_m)
    return np.array([people[n].sum() for n in near])
