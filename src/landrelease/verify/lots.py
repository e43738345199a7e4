"""Lots: completed ground in, lots made of numbered units out, every m² in one unit of one lot.

A lot is completed ground that is accepted or rejected as one. It is cut into units: squares of a
grid, clipped to the ground, that are searched again as a whole. Units lie within strata (team,
tool, day), so that a draw can be spread over whoever worked and whatever was used. Planar metres.

Source: lots and sampling by attributes as ISO 2859-1:1999, 3.1.13 and 8.2 (a lot is made of items
of one kind, made under uniform conditions), applied to cleared ground as IMAS 09.20 did and IMAS
07.40 leaves to the national authority.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import GRID_M, joined
from landrelease.errors import LOT_SETTING, LOT_TOO_MANY_UNITS, LandReleaseError

Form = Literal["team", "day", "size"]
FORMS: tuple[Form, ...] = ("team", "day", "size")
MOST_UNITS = 100_000  # of one task; so many polygons still fit in memory with room to spare
THIN_M = 0.1  # ground that is nowhere wider is an edge, not a place where somebody worked
SLIVER = 0.25  # of a square: a smaller piece at the edge joins the unit beside it


@dataclass(frozen=True, slots=True)
class Piece:
    """Ground that was completed in one go: by whom, with what, when. Planar metres."""

    id: str
    ground: BaseGeometry  # Polygon or MultiPolygon
    teams: tuple[str, ...] = ()  # several where they worked jointly
    detectors: tuple[str, ...] = ()
    tool: str = ""
    day: date | None = None
    works: tuple[str, ...] = ()  # the work that is on record of it


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a lot that is searched again as a whole. `number` counts from 1 in its lot."""

    number: int
    stratum: str
    ground: BaseGeometry  # planar metres
    teams: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of a lot within which units are drawn: work of the same team, tool and day."""

    name: str
    ground: BaseGeometry
    teams: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lot:
    """Ground that is accepted or rejected as one, before its units are numbered."""

    name: str  # what its pieces have in common
    ground: BaseGeometry
    pieces: tuple[str, ...]
    teams: tuple[str, ...]
    detectors: tuple[str, ...]


def disjoint(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces without overlap: ground that was worked twice belongs to the last work.

    Pieces without a day come before all others, because nobody knows that they were last. In the
    order of day and id; pieces of which nothing is left fall out.
    """
    ordered = sorted(pieces, key=lambda p: (p.day or date.min, p.id))
    taken: BaseGeometry = shapely.Polygon()
    out = []
    for piece in reversed(ordered):
        left = areal(piece.ground.difference(taken))
        taken = taken.union(piece.ground)
        if left.area > 0:
            out.append(Piece(piece.id, left, piece.teams, piece.detectors, piece.tool, piece.day))
    return tuple(reversed(out))


def form_lots(pieces: Sequence[Piece], form: Form, *, unit_m: float,
              size_m2: float | None = None) -> tuple[Lot, ...]:
    """Form lots from completed ground: by team, by day, or of a fixed size.

    pieces : completed ground, planar metres; may overlap (see `disjoint`)
    unit_m : side of the squares of the grid, in m; lots of a fixed size end at its lines
    size_m2 : largest area of a lot; needed for the form "size", else a lot has no largest size

    The ground of the lots is disjoint, and together it is that of the pieces.

    Raises
    ------
    LandReleaseError
        INS-001: the form, the side or the size is none that a lot can have.
        INS-002: more units than can be handled.
    """
    if form not in FORMS:
        raise LandReleaseError(LOT_SETTING, name="--form", found=form,
                               expected=", ".join(FORMS))
    _length("--unit", unit_m)
    if form == "size" and size_m2 is None:
        raise LandReleaseError(LOT_SETTING, name="--size", found="nothing",
                               expected="the area of a lot in m², for example 10000")
    if size_m2 is not None and not (math.isfinite(size_m2) and size_m2 >= unit_m ** 2):
        raise LandReleaseError(LOT_SETTING, name="--size", found=size_m2,
                               expected=f"an area in m² of at least one unit, {unit_m ** 2:g}")
    groups: dict[str, list[Piece]] = {}
    for piece in disjoint(pieces):
        groups.setdefault(_group(piece, form), []).append(piece)
    lots = []
    for name, members in sorted(groups.items()):
        ground = areal(joined([p.ground for p in members]))
        if size_m2 is None or ground.area <= size_m2 * (1 + 1e-9):
            parts = [ground]
        else:
            units = units_of(ground, members, unit_m)
            parts = _of_size([u.ground for u in units], size_m2)
        for n, part in enumerate(parts, 1):
            mine = [p for p in members if p.ground.intersection(part).area > 1e-6]
            lots.append(Lot(
                name if len(parts) == 1 else f"{name} {n}".strip(), part,
                tuple(p.id for p in mine),
                tuple(sorted({t for p in mine for t in p.teams})),
                tuple(sorted({d for p in mine for d in p.detectors}))))
    return tuple(lots)


def units_of(ground: BaseGeometry, pieces: Sequence[Piece], unit_m: float) -> tuple[Unit, ...]:
    """The units of a lot: a partition of its ground, numbered from 1 by stratum, row and column.

    ground : the lot, planar metres. pieces : completed ground that the strata come from (what of
    the lot lies in none of them is a stratum of its own, so that nothing falls out).

    Squares start at the origin of the plane, so that the same ground gives the same units. A part
    of a square that is smaller than a quarter of it joins the unit of its stratum with which it
    shares the longest border; alone it stays a unit.

    Raises INS-001 for a side that is none, INS-002 for too many units.
    """
    _length("--unit", unit_m)
    west, south, east, north = ground.bounds
    across = math.floor(east / unit_m) - math.floor(west / unit_m) + 1
    along = math.floor(north / unit_m) - math.floor(south / unit_m) + 1
    if max(ground.area / unit_m ** 2, across * along / 50) > MOST_UNITS:
        raise LandReleaseError(LOT_TOO_MANY_UNITS, unit_m=f"{unit_m:g}",
                               found=f"{ground.area / unit_m ** 2:,.0f}",
                               expected=f"{MOST_UNITS:,}")
    out: list[Unit] = []
    for part in strata_of(ground, pieces):
        for cell in _cells(part.ground, unit_m):
            out.append(Unit(len(out) + 1, part.name, cell, part.teams, part.detectors))
    return tuple(out)


def strata_of(ground: BaseGeometry, pieces: Sequence[Piece]) -> list[Stratum]:
    """The strata of a lot, a partition of it, by name.

    Named by team, tool and day, as far as they differ within the lot.
    """
    inside: list[tuple[tuple[str, str, str], Piece, BaseGeometry]] = []
    for piece in disjoint(pieces):
        part = areal(piece.ground.intersection(ground))
        if part.area > 1e-6:
            inside.append((("+".join(piece.teams) or "team not reported",
                            piece.tool or "tool not reported",
                            piece.day.isoformat() if piece.day else "day not reported"),
                           piece, part))
    differ = [n for n in range(3) if len({key[n] for key, *_ in inside}) > 1]
    grounds: dict[str, list[tuple[Piece, BaseGeometry]]] = {}
    for key, piece, part in inside:
        grounds.setdefault(", ".join(key[n] for n in differ) or "all", []).append((piece, part))
    out = [Stratum(name, areal(joined([g for _, g in found])), found[0][0].teams,
                   tuple(sorted({d for p, _ in found for d in p.detectors})))
           for name, found in sorted(grounds.items())]
    rest = areal(ground.difference(joined([s.ground for s in out]))) if out else ground
    unknown = []
    for part in shapely.get_parts(rest):
        if out and not broad(part):
            # Rounding of shapes along an edge: it belongs to the work beside it.
            border = [s.ground.buffer(THIN_M / 10).intersection(part).area for s in out]
            n = int(np.argmax(border))
            out[n] = replace(out[n], ground=areal(out[n].ground.union(part)))
        else:
            unknown.append(part)
    if unknown:
        out.append(Stratum("work not on record", areal(joined(unknown))))
    return out


ROUNDING_M = 1e-5


def broad(ground: BaseGeometry) -> bool:
    """Whether ground is anywhere wider than what rounding and straight edges on curved ground
    leave between shapes that meet (`THIN_M`)."""
    return not ground.buffer(-THIN_M / 2).is_empty


def _group(piece: Piece, form: Form) -> str:
    if form == "team":
        return "+".join(piece.teams) or "team not reported"
    if form == "day":
        return piece.day.isoformat() if piece.day else "day not reported"
    return ""


def _of_size(units: Sequence[BaseGeometry], size_m2: float) -> list[BaseGeometry]:
    """Consecutive units joined to lots of nearly equal area, none larger than `size_m2` by more
    than the part of a unit."""
    area = np.array([u.area for u in units])
    count = math.ceil(area.sum() / size_m2 - 1e-9)
    # The lot in which the middle of a unit falls, when all lie behind one another.
    middle = np.cumsum(area) - area / 2
    which = np.minimum((middle / area.sum() * count).astype(int), count - 1)
    grounds = np.array(units, dtype=object)
    return [areal(joined(grounds[which == n])) for n in range(count)
            if (which == n).any()]


def _cells(ground: BaseGeometry, unit_m: float) -> list[BaseGeometry]:
    """Squares of the grid clipped to the ground, in rows that run to and fro."""
    west, south, east, north = ground.bounds
    columns = np.arange(math.floor(west / unit_m), math.floor(east / unit_m) + 1)
    rows = np.arange(math.floor(south / unit_m), math.floor(north / unit_m) + 1)
    column, row = (a.ravel() for a in np.meshgrid(columns, rows))
    squares = shapely.box(column * unit_m, row * unit_m, (column + 1) * unit_m,
                          (row + 1) * unit_m)
    shapely.prepare(ground)
    met = shapely.intersects(ground, squares)
    column, row, squares = column[met], row[met], squares[met]
    cut = ~shapely.contains_properly(ground, squares)
    # On a grid: without one, the overlay of a square with a spike of the ground that only touches
    # it has given the whole square (GEOS 3.13).
    squares[cut] = shapely.intersection(squares[cut], ground, grid_size=GRID_M)
    parts, origin = shapely.get_parts(squares, return_index=True)
    areas = shapely.area(parts)
    # Of collections only their polygons are ground; what is thinner than a hundredth of a
    # millimetre comes from rounding the ground's edge beside a line of the grid.
    held = (shapely.get_type_id(parts) == 3) & (2 * areas > ROUNDING_M * shapely.length(parts))
    if not held.all():
        parts, origin, areas = parts[held], origin[held], areas[held]
    # To and fro, so that neighbours in number are neighbours on the ground.
    turn = np.where(row[origin] % 2 == 0, column[origin], -column[origin])
    west_of = shapely.bounds(parts)[:, 0]
    order = np.lexsort((west_of, turn, row[origin]))
    small = SLIVER * unit_m ** 2
    units: list[BaseGeometry] = list(parts[order])
    while True:
        joined = _joined(units, small)
        if len(joined) == len(units):
            return joined
        units = joined  # a few pieces together may still be less than a quarter


def _joined(parts: list[BaseGeometry], small: float) -> list[BaseGeometry]:
    """Parts below `small` m² joined once to the larger neighbour of the longest border."""
    shapes = np.array(parts, dtype=object)
    areas = shapely.area(shapes)
    few = np.flatnonzero(areas < small)
    if not len(few):
        return parts
    tree = shapely.STRtree(shapes)
    into = np.arange(len(shapes))
    for i in few[np.argsort(areas[few], kind="stable")]:
        near = tree.query(shapes[i], predicate="intersects")
        near = np.sort(near[near != i])
        if not len(near):
            continue
        border = shapely.length(shapely.intersection(shapes[near], shapes[i]))
        # Towards larger pieces only, so that no two join each other in a circle.
        good = (border > 0) & ((areas[near] > areas[i]) | ((areas[near] == areas[i]) & (near < i)))
        if good.any():
            into[i] = near[good][np.argmax(border[good])]
    while (into[into] != into).any():
        into = into[into]
    out = list(parts)
    taken = np.flatnonzero(into != np.arange(len(shapes)))
    for n in np.unique(into[taken]).tolist():
        members = [shapes[n], *shapes[taken[into[taken] == n]]]
        out[n] = areal(joined(members))
    for n in taken.tolist():
        out[n] = None
    return [p for p in out if p is not None]


def areal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, as one: lines and points in which grounds meet are none."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts: list[Any] = [p for p in shapely.get_parts(geometry)
                        if p.geom_type in ("Polygon", "MultiPolygon")]
    return joined(parts) if parts else shapely.Polygon()


def _length(name: str, value: float) -> None:
    if not (math.isfinite(value) and 0.5 <= value <= 1000):
        raise LandReleaseError(LOT_SETTING, name=name, found=value,
                               expected="a length in m from 0.5 to 1000")
