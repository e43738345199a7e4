"""The overlay of search passes on a piece of hazardous ground, and what its faces found (S06).

Each face is ground that the same passes swept. Of the items there they find
1 - Π (1 - p_j) where passes miss independently, else what the best of them finds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from landrelease.assess.shapes import planar, polygons
from landrelease.core.geometry import LocalPlane
from landrelease.core.search import EPOCH, SearchPass
from landrelease.errors import MAP_DETECTION, MAP_PASS, LandReleaseError

LEVELS = 3  # detection at its low end, its value and its high end
DEPTH_ROUNDING_M = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Planar ground, and the share of its items that was found at the three levels of detection."""

    ground: Any
    found: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """The passes in the plane (P,), their detection (P, 3), depth and day (P,), and an index."""

    ground: np.ndarray
    detection: np.ndarray
    depth_m: np.ndarray
    days: np.ndarray  # since 1970; NaN: not reported
    independent: bool
    tree: shapely.STRtree


def swept_ground(passes: Sequence[SearchPass], plane: LocalPlane, independent: bool) -> Swept:
    """The passes, by id, as the plane has them; narrowed by their accuracy and never widened (S01).

    Raises ASS-201: a detection of 1 or outside 0..1. ASS-206: a depth or an accuracy that is none,
    or an id that occurs twice. ASS-003: a shape is not valid.
    """
    passes = sorted(passes, key=lambda p: p.id)
    for one, other in itertools.pairwise(passes):
        if one.id == other.id:
            raise LandReleaseError(MAP_PASS, record=one.id, problem="its id occurs twice")
    for one in passes:
        found = one.detection
        if not 0 <= found.low <= found.value <= found.high < 1:
            raise LandReleaseError(MAP_DETECTION, found=f"{found.value:g} ({found.low:g} to "
                                   f"{found.high:g}) in {found.name}")
        if not (one.depth_m >= 0 and one.accuracy_m >= 0):
            raise LandReleaseError(
                MAP_PASS, record=one.id,
                problem=f"depth {one.depth_m:g} m, accuracy {one.accuracy_m:g} m")
    ground = planar(passes, plane, widen=False)
    narrow = np.array([p.accuracy_m for p in passes], dtype=float)
    for i in np.flatnonzero(narrow > 0):
        ground[i] = polygons(shapely.buffer(ground[i], -narrow[i]))
    detection = np.array([[p.detection.low, p.detection.value, p.detection.high] for p in passes],
                         dtype=float).reshape(len(passes), LEVELS)
    depth = np.array([p.depth_m for p in passes], dtype=float)
    days = np.array([days_of(p.day) for p in passes], dtype=float)
    return Swept(ground, detection, depth, days, independent, shapely.STRtree(ground))


def days_of(day: date | None) -> float:
    """Days since 1 January 1970; NaN where none is reported."""
    return math.nan if day is None else float((day - EPOCH).days)


def faces_of(
    ground: np.ndarray, required_m: np.ndarray, since: np.ndarray, swept: Swept,
    only: Sequence[int] | None = None,
) -> Mapping[int, tuple[Face, ...]]:
    """Index of a ground (S,) -> the faces of the passes on it; grounds without any are left out.

    required_m (S,): depth that the ground asks for; passes less deep find nothing there.
    since (S,): first day on which it was recorded, NaN where unknown; earlier passes, and those
    without a day, say nothing of what was suspected from then on.
    only : indices of the grounds that are wanted.
    """
    wanted = np.arange(len(ground)) if only is None else np.asarray(only, dtype=int)
    if not len(swept.ground) or not len(wanted):
        return {}
    which, pass_ = swept.tree.query(ground[wanted], predicate="intersects")
    shape = wanted[which]
    deep = swept.depth_m[pass_] >= required_m[shape] - DEPTH_ROUNDING_M
    deep &= np.isnan(since[shape]) | (swept.days[pass_] >= since[shape])
    by_shape: dict[int, list[int]] = {}
    for s, p in zip(shape[deep].tolist(), pass_[deep].tolist(), strict=True):
        by_shape.setdefault(s, []).append(p)
    found = {s: overlay(ground[s], sorted(ps), swept) for s, ps in sorted(by_shape.items())}
    return {s: faces for s, faces in found.items() if faces}


def overlay(ground: Any, members: Sequence[int], swept: Swept) -> tuple[Face, ...]:
    """Disjoint faces of some passes on one ground, in an order that depends on the faces alone."""
    shapes: list[Any] = []
    owners: list[tuple[int, ...]] = []
    for p in members:
        rest = polygons(shapely.intersection(ground, swept.ground[p]))
        if rest.is_empty:
            continue
        whole = rest
        for i in np.flatnonzero(shapely.intersects(np.array(shapes, dtype=object), whole)):
            both = polygons(shapely.intersection(shapes[i], whole))
            if both.is_empty:
                continue
            alone = polygons(shapely.difference(shapes[i], whole))
            rest = polygons(shapely.difference(rest, shapes[i]))
            shapes.append(both)
            owners.append((*owners[i], p))
            shapes[i] = alone
        shapes.append(rest)
        owners.append((p,))
        kept = [i for i, s in enumerate(shapes) if not s.is_empty]
        shapes, owners = [shapes[i] for i in kept], [owners[i] for i in kept]
    faces = [Face(shape, tuple(_found(swept, who))) for shape, who in  # type: ignore[arg-type]
             zip(shapes, owners, strict=True)]
    return tuple(sorted(faces, key=lambda f: (shapely.to_wkb(f.ground), f.found)))


def _found(swept: Swept, who: tuple[int, ...]) -> list[float]:
    p = swept.detection[list(who)]
    found = 1 - np.prod(1 - p, axis=0) if swept.independent else p.max(axis=0)
    return [float(v) for v in found]
