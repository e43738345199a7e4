"""Areas that were measured as traverses: points and legs in, one outline for each area out.

An area is recorded as paper forms have it: benchmark or reference point, start point, turning
points, each with its place or with bearing and distance from another one. The points of one area
stand in one cell, as `written` puts them there and as a person can mend them:

    BM (reference) at 44.2, 17.5; SP from BM: 45 / 100; TP1 from SP: 90 / 50; SP from TP1: 270 / 50

Nothing is adjusted: the closure is told and counts in the accuracy (S04).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landrelease.errors import (
    TRAVERSE_CLOSURE,
    TRAVERSE_INCOMPLETE,
    TRAVERSE_NOT_CLOSED,
    TRAVERSE_WITHOUT_CHECK,
)
from landrelease.records.coordinates import (
    SETTINGS,
    Notation,
    Problem,
    Settings,
    Unclear,
    leg_end,
)
from landrelease.records.places import combined_accuracy

UNCLEAR = "(corner or reference?)"  # before the name of a first point of which nothing says it
Place = tuple[tuple[float, float], float]  # longitude and latitude on WGS 84, accuracy in m


@dataclass(frozen=True, slots=True)
class TraversePoint:
    """One point of an area: `place` as written, or `bearing` and `distance` (m) from `start`.

    `start`: the name of the point that the leg begins at; "" is the point before. `corner`: False
    for a benchmark, reference point or landmark, which only leads to the area.
    """

    name: str
    corner: bool
    place: str = ""
    start: str = ""
    bearing: str = ""
    distance: str = ""


@dataclass(frozen=True, slots=True)
class Traverse:
    """An area from its points, never adjusted. `ring`: (M, 2) longitude, latitude, closed (one
    position for a single point); None where the closure is too large or something is missing.
    `closure_m` is not a number without a last leg back to the start. `accuracy_m` of its worst
    corner."""

    ring: np.ndarray | None
    closure_m: float
    length_m: float
    accuracy_m: float
    problems: list[Problem]


# --- one cell ----------------------------------------------------------------------------------

_ITEM = re.compile(r"(?P<name>.*?)(?P<reference>\s*\(reference\))?\s+"
                   r"(?:at\s+(?P<place>.+)|from(?:\s+(?P<start>.+?))?\s*:\s*(?P<bearing>[^/]*)/"
                   r"(?P<distance>.*))", re.S)


def _bare(name: str) -> str:
    """A name without the marks of the cell."""
    return " ".join(re.sub(r"[;:/]|\b(at|from)\b|\(reference\)", " ", name).split())


def written(points: Sequence[TraversePoint]) -> str:
    """The points of one area as they stand in a cell; `points_of` reads them back."""
    return "; ".join(
        f"{_bare(p.name) or '?'}{'' if p.corner else ' (reference)'} "
        + (f"at {p.place.replace(';', ' ')}" if p.place else
           f"from {_bare(p.start)}: {p.bearing.replace(';', ' ').replace('/', ' ')} / "
           f"{p.distance.replace(';', ' ')}".replace("from :", "from:"))
        for p in points)


def points_of(cell: str) -> list[TraversePoint] | str:
    """The points of a cell, or what of it cannot be read."""
    out = []
    for item in filter(None, (part.strip() for part in cell.split(";"))):
        match = _ITEM.fullmatch(item)
        if match is None:
            return f"{item[:60]!r} is neither `NAME at PLACE` nor `NAME from NAME: BEARING / M`"
        if item.startswith(UNCLEAR):
            return "nothing says whether its first point is the start point or only leads there"
        out.append(TraversePoint(
            match["name"].strip().removeprefix("?"), match["reference"] is None,
            *((match[part] or "").strip() for part in ("place", "start", "bearing", "distance"))))
    return out


# --- one area ----------------------------------------------------------------------------------

def draw(points: Sequence[TraversePoint], places: Mapping[int, Place], notation: Notation, *,
         name: str = "", settings: Settings = SETTINGS) -> Traverse:
    """The outline of one area from its points.

    Parameters
    ----------
    places : index of a point -> its position, for all points that state a place.
    notation : which north the bearings start from, and their unit.

    Returns
    -------
    Traverse
        Its problems carry the index of the point. A leg that ends at the first corner again closes
        the traverse: closure over `closure_share` of the length (and over `closure_m`) gives a
        finding and no outline.
    """
    problems: list[Problem] = []
    known: dict[str, Place] = {}
    corners: list[tuple[str, Place]] = []
    before: Place | None = None
    length, closing, measured = 0.0, None, False

    def stop(k: int, reason: str) -> Traverse:
        problems.append((k, TRAVERSE_INCOMPLETE, {"found": name, "reason": reason}))
        return Traverse(None, math.nan, length, math.nan, problems)

    for k, point in enumerate(points):
        key = point.name.casefold()
        metres = 0.0
        if k in places:
            here = places[k]
        else:
            origin = known.get(point.start.casefold()) if point.start else before
            if origin is None:
                return stop(k, f"the place of {point.start or 'its first point'} is not known")
            try:
                end, doubt, metres = leg_end(point.bearing, point.distance, origin[0], notation,
                                             settings)
            except Unclear as unclear:
                problems.append((k, unclear.message, unclear.facts))
                return Traverse(None, math.nan, length, math.nan, problems)
            here = end, float(combined_accuracy(origin[1], doubt))
        before = here
        if point.corner:
            measured |= k not in places
            length += metres if corners else 0.0
            if corners and key and key == corners[0][0]:
                if k + 1 < len(points):
                    return stop(k, f"{point.name} stands twice, and not only at the end")
                closing = here
                continue
            corners.append((key, here))
        if key and key in known:
            return stop(k, f"{point.name} stands twice")
        known[key] = here
    last = max(len(points) - 1, 0)
    if len(corners) == 1 and closing is None:
        place, accuracy = corners[0][1]
        return Traverse(np.array([place]), math.nan, length, accuracy, problems)
    if closing is None and len(corners) > 3 and last not in places and not corners[-1][0] and (
            _apart(corners[-1][1], corners[0][1]) <= _limit(length, settings)):
        closing = corners.pop()[1]  # without a name, but where the area begins
    if len(corners) < 3:
        return stop(last, f"it has {len(corners)} corners")
    accuracy, closure = max(c[1][1] for c in corners), math.nan
    if closing is not None:
        closure = _apart(closing, corners[0][1])
        accuracy = float(combined_accuracy(max(accuracy, closing[1]), closure))
        facts = {"found": name, "closure": f"{closure:.1f}", "length": f"{length:.0f}"}
        if closure > _limit(length, settings):
            problems.append((last, TRAVERSE_NOT_CLOSED, {
                **facts, "limit": f"{_limit(length, settings):.1f}"}))
            return Traverse(None, closure, length, accuracy, problems)
        problems.append((last, TRAVERSE_CLOSURE, facts))
    elif measured:
        problems.append((last, TRAVERSE_WITHOUT_CHECK, {"found": name}))
    ring = [place for _, (place, _) in corners]
    return Traverse(np.array([*ring, ring[0]]), closure, length, accuracy, problems)


def _limit(length: float, settings: Settings) -> float:
    return max(settings.closure_m, settings.closure_share * length)


def _apart(one: Place, other: Place) -> float:
    from pyproj import Geod

    return float(Geod(ellps="WGS84").inv(*one[0], *other[0])[2])


# --- one list of legs -------------------------------------------------------------------------

def read_traverse(reference: tuple[float, float], reference_accuracy_m: float,
                  legs: Sequence[tuple[Any, Any]], notation: Notation, *, name: str = "",
                  returns: bool, settings: Settings = SETTINGS) -> Traverse:
    """Reference point -> start point -> turning points (-> start point), as areas are recorded.

    Parameters
    ----------
    reference : longitude, latitude on WGS 84 of the reference point.
    legs : bearing and distance (m) of each leg; the first leads from the reference to the start.
    returns : whether the last leg leads back to the start, so that the closure can be computed.
    """
    last = len(legs) - 1
    points = [TraversePoint("reference", False, place="given")] + [
        TraversePoint("start" if k == 0 or (returns and k == last) else f"turning {k}", True,
                      bearing=str(bearing), distance=str(distance))
        for k, (bearing, distance) in enumerate(legs)]
    return draw(points, {0: (reference, reference_accuracy_m)}, notation, name=name,
                settings=settings)
