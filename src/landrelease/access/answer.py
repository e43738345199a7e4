"""What the public is told of a place: hazardous, released, or no information (S15). Pure.

There are three answers and no fourth; none of them is "safe". They are drawn from the same cells
and the same released ground that everybody sees on the public's map, so that an answer tells
nothing that the map does not, and the two never contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.access.ground import (
    _ARC,
    _ARC_INSIDE,
    _EARTH_M,
    _ROUNDING_M,
    _STEP_DEGREES,
    _length,
)
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Ground

Told = Literal["hazardous", "released", "no_information"]
ANSWERS: tuple[Told, ...] = ("hazardous", "released", "no_information")
# Why an answer is not the better one, as a code for the words.
UNSIGNED, PARTLY, UNPLACED, REPORTED = "unsigned", "partly", "unplaced", "reported"
_TOWARDS = ("north", "north_east", "east", "south_east", "south", "south_west", "west",
            "north_west")
_NEAREST_STEP_M = 100.0


@dataclass(frozen=True, slots=True)
class Release:
    """What is told of released ground. None: not reported (S12)."""

    outcome_type: str
    depth_m: float | None
    released_on: date | None


@dataclass(frozen=True, slots=True)
class ReleasedPart:
    """A piece of released ground as the public sees it, rounded inward; degrees.

    `signed`: whether a decision that counts stands behind it (S09).
    """

    release: Release
    ground: Ground
    signed: bool


@dataclass(frozen=True, slots=True)
class ReportedPart:
    """Cells in which somebody reported something dangerous that nobody dealt with yet, degrees;
    the day of the newest report, None where none states it."""

    ground: Ground
    day: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one place.

    Attributes
    ----------
    told : one of the three.
    releases : for "released" all that the place lies on, the least depth first.
    reasons : codes of what else has to be said: ``unsigned``, ``partly``, ``unplaced``,
        ``reported``.
    nearest_m : for a place that is not hazardous the distance to the nearest hazardous cell that is
        known, rounded down to 100 m; None where none is known.
    towards : the direction of that cell, one of eight; "" without one.
    reported_on : with the reason ``reported`` the day of the newest report there; None: not stated.
    """

    told: Told
    releases: tuple[Release, ...] = ()
    reasons: tuple[str, ...] = ()
    nearest_m: float | None = None
    towards: str = ""
    reported_on: date | None = None


class PublicLand:
    """The public's view of the land, ready to answer.

    Parameters
    ----------
    plane : of the public's grid.
    cells : hazardous cells in degrees (`ground.public_hazard_cells`).
    released : released ground in degrees (`ground.public_released`).
    unplaced : whether hazards or finds are on record of which nobody knows the place.
    reported : cells of open reports of danger. They change no answer, since anybody can report;
        each answer there names them.
    """

    def __init__(self, plane: LocalPlane, cells: Sequence[Ground],
                 released: Sequence[ReleasedPart] = (), unplaced: bool = False,
                 reported: Sequence[ReportedPart] = ()):
        self.plane, self.unplaced = plane, unplaced
        self.cells, self.released = tuple(cells), tuple(released)
        self.reported = tuple(reported)
        self._reported = _flat([r.ground for r in self.reported], plane)
        self._cells = _flat(self.cells, plane)
        self._parts = _flat([r.ground for r in self.released], plane)
        shapely.prepare(self._cells)
        shapely.prepare(self._parts)
        self._cell_tree = shapely.STRtree(self._cells)
        self._part_tree = shapely.STRtree(self._parts)

    def answer(self, place: BaseGeometry, within_m: float) -> Answer:
        """The answer for a place in degrees of which nobody knows better than `within_m` (m, 90 %).

        Hazardous where any ground within `within_m` of the place is; released only where all of it
        is, on decisions that count; otherwise there is no information. A drawn area that crosses
        itself stands for all that its line may enclose.
        """
        _length("within_m", within_m)
        shape = place if place.is_valid else shapely.convex_hull(place)
        flat = _flat([shape], self.plane)[0]
        if not np.isfinite(shapely.get_coordinates(flat)).all():  # the other end of the Earth
            return Answer("no_information", (), (UNPLACED,) if self.unplaced else ())
        reach = within_m * self._stretch(flat) + _slack(flat)
        reasons: tuple[str, ...] = (UNPLACED,) if self.unplaced else ()
        told_of = [r.day for r, shape in zip(self.reported, self._reported, strict=True)
                   if shapely.dwithin(flat, shape, reach)]
        if told_of:
            reasons = (REPORTED, *reasons)
        day = max((d for d in told_of if d is not None), default=None)
        if len(self._cells) and len(
                self._cell_tree.query(flat, predicate="dwithin", distance=reach)):
            return Answer("hazardous", (), reasons, reported_on=day)
        nearest, towards = self._nearest(flat, within_m)
        whole = shapely.buffer(flat, reach / _ARC_INSIDE, quad_segs=_ARC)
        met = self._part_tree.query(whole, predicate="intersects").tolist()
        signed = [n for n in met if self.released[n].signed]
        holding = self._holding(whole, signed)
        if holding:
            said = {self.released[n].release for n in holding}
            return Answer("released", tuple(sorted(said, key=_careful)), reasons, nearest, towards,
                          day)
        if met:
            reasons = (UNSIGNED if self._holding(whole, met) else PARTLY, *reasons)
        return Answer("no_information", (), reasons, nearest, towards, day)

    def within(self, box: tuple[float, float, float, float], least_m: float
               ) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
        """(released ground, cells) in a window of the plane, cut to it; all in m.

        Released pieces narrower than `least_m` both ways are left out; a cell never is.
        """
        window = shapely.box(*box)
        margin = 10 * least_m
        wide = (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
        met = self._parts[self._part_tree.query(window)]
        bounds = shapely.bounds(met)
        large = (bounds[:, 2] - bounds[:, 0] >= least_m) | (bounds[:, 3] - bounds[:, 1] >= least_m)
        signed = np.array([r.signed for r in self.released], dtype=bool)[
            self._part_tree.query(window)] if len(met) else np.zeros(0, dtype=bool)
        return ([shapely.clip_by_rect(s, *wide) for s in met[large & signed]],
                [shapely.clip_by_rect(s, *wide)
                 for s in self._cells[self._cell_tree.query(window)]])

    def reported_within(self, box: tuple[float, float, float, float]) -> list[BaseGeometry]:
        """Cells of reports that touch a window of the plane, in m."""
        window = shapely.box(*box)
        return [s for s in self._reported if shapely.intersects(s, window)]

    def _holding(self, whole: BaseGeometry, numbers: Sequence[int]) -> list[int]:
        """Those pieces that hold the place: each alone, else those that do so together."""
        alone = [n for n in numbers if shapely.covers(self._parts[n], whole)]
        if alone or len(numbers) < 2:
            return alone
        joined = shapely.union_all(self._parts[list(numbers)])
        return list(numbers) if shapely.covers(joined, whole) else []

    def _stretch(self, flat: BaseGeometry) -> float:
        """The plane keeps areas: away from its centre one direction is longer by 1 / cos(c / 2)."""
        away = float(np.abs(shapely.bounds(flat)).max()) * math.sqrt(2)
        return 1 / math.cos(math.asin(min(0.999, away / (2 * _EARTH_M))))

    def _nearest(self, flat: BaseGeometry, within_m: float) -> tuple[float | None, str]:
        if not len(self._cells):
            return None, ""
        number = int(self._cell_tree.nearest(flat))
        line = shapely.shortest_line(flat, self._cells[number])
        (x0, y0), (x1, y1) = shapely.get_coordinates(line)[:2]
        away = max(0.0, shapely.length(line) / self._stretch(flat) - within_m)
        turn = math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360
        return (math.floor(away / _NEAREST_STEP_M) * _NEAREST_STEP_M,
                _TOWARDS[round(turn / 45) % 8])


def _flat(shapes: Sequence[BaseGeometry], plane: LocalPlane) -> np.ndarray:
    found = np.empty(len(shapes), dtype=object)
    found[:] = list(shapes)
    flat: np.ndarray = plane.to_plane(shapely.segmentize(found, _STEP_DEGREES))
    bad = np.flatnonzero(~shapely.is_valid(flat))
    if len(bad):
        flat[bad] = shapely.make_valid(flat[bad], method="structure")
    return flat


def _slack(flat: BaseGeometry) -> float:
    """Room for edges that are straight in degrees and drawn straight in the plane, m."""
    away = min(1.4, float(np.abs(shapely.bounds(flat)).max()) / _EARTH_M)
    step = math.radians(_STEP_DEGREES) * _EARTH_M
    return _ROUNDING_M + step**2 * math.tan(away) / (8 * _EARTH_M)


def _careful(release: Release) -> tuple[float, str, str]:
    """The least depth first, an unknown one before all others."""
    return (-1.0 if release.depth_m is None else release.depth_m, release.outcome_type,
            str(release.released_on or ""))
