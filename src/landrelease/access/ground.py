"""What the public sees of the ground (S15). Pure: longitude/latitude in, longitude/latitude out.

Hazardous ground only grows on its way out, released ground only shrinks. Both keep a margin for
what happens to a shape after it was computed: its corners are rounded to 5 decimals (at most 0.79 m
away) and its edges, straight in the plane, are drawn straight in degrees (the sagitta of an edge of
length L at latitude φ is about L² tan φ / 8R, R the radius of the Earth). A shape whose boundary
moves by less than the margin cannot lose a point that was deeper inside than the margin. What lies
across the meridian of 180 degrees is cut there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import LocalPlane, cut_at_180, geodesic_distance_m, joined
from landrelease.core.hazard import Ground, Hazard, Outcome
from landrelease.core.lineage import FARTHEST_OFF_M
from landrelease.errors import CELL_SIZE_REFUSED, GRID_LEFT, LandReleaseError

DECIMALS = 5
GRID_SERVES_M = 2_000_000.0  # from the centre of the grid: sides of cells are true to 1.3 %
_MAP_ENDS_DEG = 84.9
GRID_ENDS_M = 5_000_000.0  # beyond it the stretch that widening allows for is not proven
_EARTH_M = 6_378_137.0
# Half a unit of the 5th decimal on both axes, on the equator, where a degree is longest.
_ROUNDING_M = math.hypot(0.5, 0.5) * 10.0**-DECIMALS * math.radians(1) * _EARTH_M
_STEP_DEGREES = 0.01  # edges of the records are cut to this length before they are projected
_EDGE_M = 2_000.0  # edges of the results are cut to this length before they go to degrees
_ARC = 8  # segments of a quarter circle
# A buffer's arc is drawn by chords that lie up to this factor inside of the true circle.
_ARC_INSIDE = math.cos(math.pi / (4 * _ARC))
_RELEASED = frozenset({"cancelled", "reduced", "cleared"})  # "searched" is not (S03)
_PAIRS = 2_000_000  # hazard-cell pairs looked at in one go: bounds the memory


def public_hazard_cells(
    hazards: Sequence[Hazard | Ground],
    plane: LocalPlane,
    cell_m: float,
    widen_m: float | Sequence[float] | np.ndarray,
) -> list[Polygon]:
    """All cells of a fixed grid that touch a hazard widened by its accuracy, merged.

    Parameters
    ----------
    hazards : H hazards, or grounds in degrees.
    plane : the plane of the grid. Keep one plane for a programme: a grid that moves from one
        publication to the next would tell more than its cells.
    cell_m : side of a cell, at least 50 m.
    widen_m : how far every hazard (or each of the H) is widened, in m, 0 or more.

    Returns
    -------
    Polygons in degrees, corners rounded to 5 decimals, disjoint but for corners. Their union covers
    every hazard widened by `widen_m`, whatever is done by rounding and drawing (S15): a cell is
    taken when the true distance between it and the hazard, not that of a buffer, is at most
    `widen_m` and the margin. Boundaries follow the grid and say nothing of the shape inside.

    Raises ACC-002 for a cell or a distance that is no length.
    """
    _length("cell_m", cell_m, at_least=50.0)
    shapes, widths = _planar(hazards, widen_m, "widen_m", plane)
    if not len(shapes):
        return []
    reach = widths + _margin(hazards)
    bounds = shapely.bounds(shapes)
    west = np.floor((bounds[:, 0] - reach) / cell_m).astype(np.int64)
    south = np.floor((bounds[:, 1] - reach) / cell_m).astype(np.int64)
    wide = np.floor((bounds[:, 2] + reach) / cell_m).astype(np.int64) - west + 1
    high = np.floor((bounds[:, 3] + reach) / cell_m).astype(np.int64) - south + 1
    pairs = wide * high
    shapely.prepare(shapes)
    cells: list[np.ndarray] = []
    for first, last in _parts(pairs):
        for start in range(0, int(pairs[first:last].sum()), _PAIRS):
            # Pair p of this part: hazard `which`, cell number `place` of its bounding box.
            ends = np.cumsum(pairs[first:last])
            numbers = np.arange(start, min(start + _PAIRS, int(ends[-1])))
            which = np.searchsorted(ends, numbers, side="right")
            place = numbers - (ends[which] - pairs[first:last][which])
            which += first
            column = west[which] + place % wide[which]
            row = south[which] + place // wide[which]
            near = shapely.dwithin(
                shapes[which],
                shapely.box(column * cell_m, row * cell_m, (column + 1) * cell_m,
                            (row + 1) * cell_m),
                reach[which])
            cells.append(np.unique(np.column_stack([column[near], row[near]]), axis=0))
    chosen = np.unique(np.concatenate(cells), axis=0).astype(float)
    # Joined in whole numbers of cells, where nothing has to be rounded.
    merged = shapely.coverage_union_all(shapely.box(
        chosen[:, 0], chosen[:, 1], chosen[:, 0] + 1, chosen[:, 1] + 1))
    outlines = shapely.get_parts(shapely.simplify(merged, 0))
    outlines = shapely.segmentize(outlines, max(_EDGE_M / cell_m, 1.0))
    metres = shapely.transform(outlines, lambda xy: xy * cell_m)
    return list(_rounded(shapely.get_parts(cut_at_180(
        plane.to_degrees(metres), plane.longitude))))


def hazard_widths_m(hazards: Sequence[Hazard], at_least_m: float) -> list[float]:
    """How far each of the H hazards is widened for the public, in m (S04, S15).

    `at_least_m`, or the accuracy of the hazard's position where that is worse. An accuracy that
    nobody reported (None) adds nothing to `at_least_m`, which stands for it. One of more than
    `FARTHEST_OFF_M` says that nobody knows the place: it counts so far, and every answer says so.
    """
    return [max(at_least_m, min(h.position_accuracy_m or 0.0, FARTHEST_OFF_M)) for h in hazards]


def on_grid(grounds: Sequence[Ground], plane: LocalPlane) -> np.ndarray:
    """Which of N grounds (degrees) lie where the public's grid can show them: all corners of their
    extent within `GRID_ENDS_M` of its centre, and on maps (latitudes to `_MAP_ENDS_DEG`)."""
    if not len(grounds):
        return np.zeros(0, dtype=bool)
    shapes = np.empty(len(grounds), dtype=object)
    shapes[:] = list(grounds)
    bounds = shapely.bounds(shapes)
    corners = bounds[:, [0, 1, 0, 3, 2, 1, 2, 3]].reshape(-1, 2)
    there = np.isfinite(corners).all(axis=1)
    far = np.full(len(corners), math.inf)
    if there.any():
        far[there] = geodesic_distance_m(
            np.full(int(there.sum()), plane.longitude), np.full(int(there.sum()), plane.latitude),
            *corners[there].T)
    good = (far <= GRID_ENDS_M) & (np.abs(corners[:, 1]) <= _MAP_ENDS_DEG)
    return np.asarray(good.reshape(-1, 4).all(axis=1))


def beyond_grid(hazards: Sequence[Hazard], plane: LocalPlane) -> tuple[float, float]:
    """How far the hazards reach from the centre of the public's grid, and what that does to cells.

    Returns the distance in m, and by which share the longest side of the farthest cell differs from
    what it is called: the plane keeps areas, so at the angle c from its centre one direction is
    longer by 1 / cos(c / 2). (0, 0) while all lies within `GRID_SERVES_M`: the share is then 1.3 %
    at most.

    Raises ACC-003: a hazard lies farther than `GRID_ENDS_M`, where the widening is no longer proven
    to hold. The grid is never centred anew for it: that would tell more than its cells do (S15).
    """
    shapes = np.array([h.ground for h in hazards], dtype=object)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if not len(there):
        return 0.0, 0.0
    bounds = shapely.bounds(shapes[there])
    corners = bounds[:, [0, 1, 0, 3, 2, 1, 2, 3]].reshape(-1, 2)
    far = geodesic_distance_m(np.full(len(corners), plane.longitude),
                              np.full(len(corners), plane.latitude), *corners.T)
    far = np.asarray(far).reshape(-1, 4).max(axis=1)
    worst = int(np.argmax(far))
    reach = float(far[worst])
    if reach > GRID_ENDS_M:
        raise LandReleaseError(
            GRID_LEFT, record=hazards[int(there[worst])].id, found=f"{reach / 1000:,.0f} km",
            longitude=plane.longitude, latitude=plane.latitude,
            expected=f"{GRID_ENDS_M / 1000:,.0f} km")
    if reach <= GRID_SERVES_M:
        return 0.0, 0.0
    return reach, 1 / math.cos(reach / _EARTH_M / 2) - 1


def public_released(
    outcomes: Sequence[Outcome | Ground],
    hazards: Sequence[Hazard | Ground],
    plane: LocalPlane,
    inward_m: float,
    *,
    widen_m: float | Sequence[float] | np.ndarray = 0.0,
    cells: Sequence[Polygon] = (),
) -> list[Polygon | MultiPolygon | None]:
    """Released ground for the public: rounded inward, without ground that is still suspected.

    Parameters
    ----------
    outcomes : N outcomes, or grounds in degrees that somebody knows to be released. Of outcomes
        only the cancelled, reduced and cleared count: searched is not cleared (S03).
    hazards : all hazards that are still recorded. Ground recorded as both is contested and counts
        as hazardous (S01).
    inward_m : how far each outline is drawn inward, m.
    widen_m : how far the hazards (each, or all) are widened, m.
    cells : polygons in degrees that are taken away as well, such as `public_hazard_cells`, where a
        reader's layer must not show ground as both.

    Returns
    -------
    For each of the N the ground that is left, in degrees rounded to 5 decimals, or None. Each is
    inside its outcome and apart from every hazard, also after the rounding (S15).
    """
    _length("inward_m", inward_m)
    out: list[Polygon | MultiPolygon | None] = [None] * len(outcomes)
    which = [n for n, o in enumerate(outcomes)
             if (not isinstance(o, Outcome) or o.outcome_type in _RELEASED) and _there(o)]
    if not which:
        return out
    chosen = [outcomes[n] for n in which]
    grounds, inward = _planar(chosen, inward_m, "inward_m", plane)
    margin = _margin([*chosen, *hazards, *cells])
    # Both buffers err to the side of the hazard: their arcs are drawn outside of the true circle.
    kept = shapely.buffer(grounds, -(inward + margin) / _ARC_INSIDE, quad_segs=_ARC)
    suspected, widths = _planar(hazards, widen_m, "widen_m", plane)
    taken = shapely.buffer(suspected, (widths + margin) / _ARC_INSIDE, quad_segs=_ARC)
    if len(cells):
        blocks, _ = _planar(list(cells), 0.0, "cells", plane)
        taken = np.concatenate([taken, shapely.buffer(blocks, margin / _ARC_INSIDE, quad_segs=4)])
    if len(taken):
        left, right = shapely.STRtree(taken).query(kept, predicate="intersects")
        order = np.argsort(left, kind="stable")
        left, right = left[order], right[order]
        touched, starts = np.unique(left, return_index=True)
        groups = np.split(right, starts[1:]) if len(touched) else []
        for n, near in zip(touched.tolist(), groups, strict=True):
            kept[n] = shapely.difference(kept[n], joined(taken[near]))
    kept = shapely.segmentize(kept, _EDGE_M)
    degrees = _rounded(cut_at_180(plane.to_degrees(kept), plane.longitude))
    for n, shape in zip(which, degrees, strict=True):
        out[n] = _polygons(shape)
    return out


def _there(ground: Outcome | Ground | None) -> bool:
    shape = ground.ground if isinstance(ground, Outcome) else ground
    return shape is not None and not shape.is_empty


def _planar(
    grounds: Sequence[Hazard | Outcome | Ground],
    width_m: float | Sequence[float] | np.ndarray,
    name: str,
    plane: LocalPlane,
) -> tuple[np.ndarray, np.ndarray]:
    """Grounds in the plane, and how far each is widened there; empty ones are left out."""
    widths = np.broadcast_to(np.asarray(width_m, dtype=float), (len(grounds),))
    for width in np.unique(widths):
        _length(name, float(width))
    shapes = np.empty(len(grounds), dtype=object)
    shapes[:] = [g.ground if isinstance(g, (Hazard, Outcome)) else g for g in grounds]
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    shapes, widths = shapes[there], widths[there]
    if not len(shapes):
        return shapes, widths
    planar = plane.to_plane(shapely.segmentize(shapes, _STEP_DEGREES))
    # The plane keeps areas, so away from its centre one direction is longer than on the ground, by
    # 1 / cos(c / 2) at the angle c from the centre. Widening takes the longest.
    away = np.abs(shapely.total_bounds(planar)).max() * math.sqrt(2) + widths.max()
    stretch = 1 / math.cos(math.asin(min(1.0, away / (2 * _EARTH_M)))) if away < _EARTH_M else 2.0
    return planar, widths * stretch


def _margin(grounds: Sequence[Hazard | Outcome | Ground | BaseGeometry]) -> float:
    """Room for rounding and for the edges of inputs and outputs, in m (see the module)."""
    shapes = [g.ground if isinstance(g, (Hazard, Outcome)) else g for g in grounds]
    bounds = shapely.total_bounds([s for s in shapes if s is not None])
    latitude = min(89.0, float(np.nanmax(np.abs(bounds[[1, 3]]))) + 0.5)
    step_m = math.radians(_STEP_DEGREES) * _EARTH_M
    sagitta = (_EDGE_M**2 + step_m**2) * math.tan(math.radians(latitude)) / (8 * _EARTH_M)
    return _ROUNDING_M + 2 * sagitta + 0.3


def _parts(pairs: np.ndarray) -> list[tuple[int, int]]:
    """Runs of hazards with about `_PAIRS` pairs each."""
    if not len(pairs):
        return []
    group = (np.cumsum(pairs) - pairs) // _PAIRS
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(pairs)], strict=True))


def _rounded(shapes: np.ndarray) -> np.ndarray:
    """Corners rounded to 5 decimals; an outline that crosses itself by that is put right."""
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    bad = np.flatnonzero(~shapely.is_valid(rounded))
    if len(bad):
        # Ground that appears or goes by this lies within the rounding of an outline: the margin
        # holds it.
        rounded[bad] = shapely.make_valid(rounded[bad], method="structure")
    return rounded


def _polygons(shape: BaseGeometry) -> Polygon | MultiPolygon | None:
    parts = [p for p in shapely.get_parts(shapely.get_parts([shape]))
             if isinstance(p, Polygon) and not p.is_empty]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _length(field: str, value: float, at_least: float = 0.0) -> None:
    if not at_least <= value < math.inf:  # refuses nan too
        raise LandReleaseError(CELL_SIZE_REFUSED, field=field, found=value,
                               expected=f"a length of {at_least:g} m or more")
