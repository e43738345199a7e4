"""Hazards in, workable tasks out: a partition, in which no ground is lost (S01, S02)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.assumption import Assumptions
from landrelease.core.geometry import LocalPlane, geodesic_area_m2
from landrelease.core.hazard import Ground, Hazard
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Task
from landrelease.errors import PLAN_ASSUMPTION_OUT_OF_RANGE, LandReleaseError

_BISECTIONS = 12  # the cut is placed to 1/4096 of the length of the piece


@dataclass(slots=True)
class _Piece:
    """A part of hazard `hazard` that is to become `tasks` tasks; `path` orders the parts."""

    hazard: int
    path: str
    tasks: int
    ground: BaseGeometry  # degrees


def cut(
    hazards: Sequence[Hazard],
    plane: LocalPlane,
    assumptions: Assumptions,
    progress: Progress = silent,
) -> tuple[Task, ...]:
    """Cut every hazard that is larger than `task_area_m2` into tasks of about equal area.

    Parameters
    ----------
    hazards : N hazards, longitude/latitude
    plane : equal-area plane of the data [m]; only the place of the cuts is computed in it
    assumptions : `task_area_m2`, the largest workable task [m²]

    Returns
    -------
    Tasks in the order of the hazards. The tasks of one hazard are a partition of it: their union
    is the hazard, their interiors are disjoint, their geodesic areas add up to the hazard's.

    A hazard of area A becomes ceil(A / task_area_m2) tasks by recursive bisection across the long
    axis of its minimum rotated rectangle. The hazard is cut in degrees by lines that are laid out
    in the plane: its own vertices are never moved, and both sides of a cut share its end points.

    Raises
    ------
    LandReleaseError
        PLN-004: `task_area_m2` is not positive.
    """
    largest = assumptions.value("task_area_m2")
    if not 0 < largest < math.inf:
        raise LandReleaseError(PLAN_ASSUMPTION_OUT_OF_RANGE, name="task_area_m2", found=largest,
                               expected="an area above 0 m²")
    done: list[_Piece] = []
    todo: list[_Piece] = []
    for index, hazard in enumerate(hazards):
        count = max(1, math.ceil(hazard.area_m2 / largest * (1 - 1e-9)))
        (done if count == 1 else todo).append(_Piece(index, "", count, hazard.ground))
    whole = sum(piece.tasks for piece in todo)
    while todo:
        progress("cutting areas into tasks", 1 - sum(piece.tasks for piece in todo) / whole)
        halves = _bisect(todo, plane)
        todo = [piece for piece in halves if piece.tasks > 1]
        done += [piece for piece in halves if piece.tasks == 1]
    done.sort(key=lambda piece: (piece.hazard, piece.path))
    points = shapely.get_coordinates(shapely.point_on_surface([piece.ground for piece in done]))
    tasks: list[Task] = []
    number, last = 0, -1
    for piece, (longitude, latitude) in zip(done, points, strict=True):
        number = number + 1 if piece.hazard == last else 1
        last = piece.hazard
        hazard = hazards[piece.hazard]
        area = geodesic_area_m2(piece.ground) if piece.path else hazard.area_m2
        tasks.append(Task(f"{hazard.id}/{number}", hazard.id, piece.ground, area,
                          float(longitude), float(latitude)))
    progress("cutting areas into tasks", 1.0)
    return tuple(tasks)


def _bisect(pieces: list[_Piece], plane: LocalPlane) -> list[_Piece]:
    """Cut each piece in two whose areas are in the ratio of the tasks that each is to become."""
    grounds = np.array([piece.ground for piece in pieces], dtype=object)
    flat = plane.to_plane(grounds)
    corners = np.array([_frame(ground) for ground in flat])  # (N, 3, 2): origin, long, short side
    origin, along, across = corners[:, 0], corners[:, 1], corners[:, 2]
    total = shapely.area(flat)
    first = np.array([piece.tasks // 2 for piece in pieces])
    wanted = total * first / np.array([piece.tasks for piece in pieces])
    low, high = np.zeros(len(pieces)), np.ones(len(pieces))
    # Area left of the cut grows with its place: a secant step first, then safe bisection between.
    place, area_low, area_high = wanted / total, np.zeros(len(pieces)), total.copy()
    for step in range(_BISECTIONS):
        area = shapely.area(shapely.intersection(flat, _half(origin, along, across, place)))
        if np.all(np.abs(area - wanted) <= 0.01 * wanted):
            break
        under = area < wanted
        low, area_low = np.where(under, place, low), np.where(under, area, area_low)
        high, area_high = np.where(under, high, place), np.where(under, area_high, area)
        secant = low + (high - low) * (wanted - area_low) / np.maximum(area_high - area_low, 1e-9)
        inside = low + (high - low) * np.clip((secant - low) / np.maximum(high - low, 1e-12),
                                              0.1, 0.9)
        place = inside if step % 3 < 2 else (low + high) / 2
    knife = plane.to_degrees(_half(origin, along, across, place))
    left = shapely.intersection(grounds, knife)
    right = shapely.difference(grounds, knife)
    halves: list[_Piece] = []
    for k, piece in enumerate(pieces):
        a, b = _polygons(left[k]), _polygons(right[k])
        if a is None or b is None:  # a sliver that no line divides stays one task
            halves.append(_Piece(piece.hazard, piece.path + "0", 1, piece.ground))
            continue
        halves.append(_Piece(piece.hazard, piece.path + "0", int(first[k]), a))
        halves.append(_Piece(piece.hazard, piece.path + "1", piece.tasks - int(first[k]), b))
    return halves


def _frame(ground: BaseGeometry) -> np.ndarray:
    """Origin, long side and short side (3, 2) of the minimum rotated rectangle, widened a little.

    The direction is fixed by the coordinates alone, so that the same ground is cut the same way.
    """
    box = shapely.minimum_rotated_rectangle(ground)
    ring = shapely.get_coordinates(box)[:4]
    if len(ring) < 4:  # a line-like ground: take the box along the axes
        west, south, east, north = ground.bounds
        ring = np.array([(west, south), (east, south), (east, north), (west, north)])
    start = int(np.lexsort((ring[:, 1], ring[:, 0]))[0])
    ring = np.roll(ring, -start, axis=0)
    one, other = ring[1] - ring[0], ring[3] - ring[0]
    if np.hypot(*one) < np.hypot(*other):
        one, other = other, one
    return np.array([ring[0], one, other])


def _half(origin: np.ndarray, along: np.ndarray, across: np.ndarray, place: np.ndarray):
    """Rectangles (N,) from far before the frame to `place` (N,) of its long side.

    They reach half a side past the frame: a straight line in degrees bends by metres in the plane,
    and the knife must still cover everything on its side.
    """
    side = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1.0)[:, None]
    unit = across / np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-9)[:, None]
    start, end = origin - 0.5 * along, origin + place[:, None] * along
    back, forth = -0.5 * side * unit, across + 0.5 * side * unit
    ring = np.stack([start + back, end + back, end + forth, start + forth, start + back], axis=1)
    return shapely.polygons(ring)


def _polygons(ground: BaseGeometry) -> Ground | None:
    """The polygons of an overlay's result; points and lines have no ground. None: none is left."""
    if ground.geom_type in ("Polygon", "MultiPolygon"):
        return None if ground.is_empty else ground
    parts = [p for p in shapely.get_parts(ground) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else None
