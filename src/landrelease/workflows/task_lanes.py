"""Lanes over a task on record: what may not be entered, and from which side it is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landrelease.core import lineage
from landrelease.core.geometry import joined
from landrelease.core.record import Record
from landrelease.errors import (
    LANES_CLOSED,
    LANES_ENTRY,
    LANES_FORBIDDEN,
    LANES_WAITING,
    LANES_WAITING_NOWHERE,
    LandReleaseError,
)
from landrelease.workflows.coverage import recorded_ground
from landrelease.workflows.lanes import LaneOptions, measured_profiles
from landrelease.workflows.operate import Ground

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.profile import Profile
    from landrelease.store.registry import Registry

NEAR_M = 500.0  # roads and released ground farther from the task than this give no entry
EVERY_M = 10.0  # of them a place so far from the next is looked at
LEAST_M2 = 0.01  # ground of a task below this is rounding
INSIDE_M = 0.01  # by which an entry lies within the safe ground, not on its edge


@dataclass(frozen=True, slots=True)
class TaskGround:
    """A recorded task made ready for lanes; findings in words."""

    ground: Ground
    options: LaneOptions
    findings: tuple[str, ...]
    profiles: dict[str, Profile]  # with what the programme measured of them


def of_task(registry: Registry, reader: View, task: str, options: LaneOptions,
            stated: Assumptions, day: date, utc_offset_hours: float | None = None,
            profiles: Path | None = None) -> TaskGround:
    """The ground of a task, with what of it may not be entered and where to come from.

    Forbidden is ground of other hazards that stand, widened by their accuracy (S04), and of
    closures in force at any hour of the day; rows of both that wait in quarantine count as wide as
    they may be read, like those on record. The entry, unless stated, lies on ground that a signed
    release in force covers, else on a road that can be passed; never on a hazard; the place from
    which the straight way to the task crosses least of hazards and closures, then the nearest.

    Raises COV-004, COV-007, LAN-018 (a closure without ground closes everything, and so does what
    lies on all of the task).
    """
    from landrelease.operate.gate import closures_on
    from landrelease.workflows import hazards_that_stand, load_land
    from landrelease.workflows.operating import _waiting_closures, offset_of

    record, ground = recorded_ground(registry, reader, task)
    assert ground.plane is not None
    near = _near(ground, 2 * NEAR_M + (options.standoff_m or 0.0))
    standing = [h for h in hazards_that_stand(registry) if near(h)]
    own = _own(registry, record, standing, ground)
    waits, nowhere = _waiting_hazards(registry, own)
    waits = [h for h in waits if near(h)]
    others = [h for h in (*standing, *waits) if h.id not in own]
    closed = closures_on([*registry.records("closure"), *_waiting_closures(registry, {})], day,
                         offset_of(registry, utc_offset_hours))
    everywhere = [c.id for c in closed if c.geometry is None or c.geometry.is_empty]
    closed = [c for c in closed if near(c)]
    if everywhere:
        raise LandReleaseError(LANES_CLOSED, task=task, day=day, found=", ".join(everywhere))
    forbidden: list[BaseGeometry] = []
    findings: list[str] = []
    on_it: list[str] = []
    for what, listed in (("hazard", others), ("closure", closed)):
        hit = []
        for r in listed:
            shape = _widened(ground, r)
            if shape.intersects(ground.geometry) and not shape.touches(ground.geometry):
                hit.append(r.id)
                forbidden.append(shape)
        on_it += sorted(hit)
        if hit:
            findings.append(LANES_FORBIDDEN.text(what=what, found=", ".join(sorted(hit))))
    if forbidden and shapely.difference(ground.geometry, joined(forbidden)).area < LEAST_M2:
        raise LandReleaseError(LANES_CLOSED, task=task, day=day, found=", ".join(on_it))
    waiting = sorted({r.id for r in (*waits, *closed) if r.revision < 0})
    if waiting:
        findings.append(LANES_WAITING.text(found=", ".join(waiting)))
    if nowhere:
        findings.append(LANES_WAITING_NOWHERE.text(
            count=len(nowhere), found=", ".join(nowhere[:20]) + (
                " and more" if len(nowhere) > 20 else "")))
    danger = [_widened(ground, r) for r in (*standing, *waits, *closed)]
    entry = options.entry
    if entry is None:
        land = load_land(registry, stated, for_models=False)
        released = [o.ground for o in land.outcomes if o.id in land.in_force]
        roads = [r.geometry for r in registry.records("road")
                 if near(r) and r.value("passable") == "yes"]
        at, away, kind = _entry(ground, released, roads, danger)
        if at is not None:
            degrees = shapely.get_coordinates(ground.back(at))[0]
            entry = float(degrees[0]), float(degrees[1])
            findings.append(LANES_ENTRY.text(what=kind, metres=round(away, 1)))
    options = replace(options, entry=entry, forbidden=tuple(forbidden), danger=tuple(danger),
                      stated=stated)
    return TaskGround(ground, options, tuple(findings),
                      measured_profiles(registry, reader, profiles))


def _waiting_hazards(registry: Registry, own: set[str]) -> tuple[list[Record], list[str]]:
    """Rows of hazards that wait, `quarantine-7` and so on with a revision below 0, as wide as they
    may be read; and the names of those that nobody can place. A row about the task's own hazard has
    its name: it makes that wider and hinders no work on it."""
    from landrelease.core.names import folded
    from landrelease.workflows.waiting_rows import waiting_rows

    rows = waiting_rows(registry, ("hazard",))
    if not rows:
        return [], []
    names = {folded(n): r.id for r in registry.records("hazard") if r.id in own
             for n in (r.id, str(r.values.get("identifier") or "")) if n}
    placed, nowhere = [], []
    for row in rows:
        number = row.entry.number
        said = str(row.entry.row.values.get("identifier") or "")
        if row.place is None or row.place.is_empty:
            nowhere.append(f"quarantine-{number}")
            continue
        name = names.get(folded(said), f"quarantine-{number}") if said else f"quarantine-{number}"
        placed.append(Record("hazard", name, {"position_accuracy_m": row.reach_m}, row.place,
                             revision=-number))
    return placed, nowhere


def _near(ground: Ground, within_m: float) -> Callable[[Record], bool]:
    """Whether a record may matter for a task: by its bounds, so that not all is carried over."""
    around = shapely.buffer(ground.geometry, within_m)
    assert ground.plane is not None
    west, south, east, north = ground.plane.to_degrees(shapely.box(*around.bounds)).bounds
    step = max(north - south, east - west) / 10  # the box of a plane is no box in degrees

    def near(r: Record) -> bool:
        if r.geometry is None or r.geometry.is_empty:
            return False
        if _reach_m(r) > NEAR_M:
            return True
        a, b, c, d = r.geometry.bounds
        return bool(a <= east + step and c >= west - step and b <= north + step
                    and d >= south - step)

    return near


def _reach_m(r: Record) -> float:
    accuracy = r.values.get("position_accuracy_m")
    return float(accuracy) if isinstance(accuracy, (int, float)) else 0.0


def _own(registry: Registry, task: Record, standing: list[Record], ground: Ground) -> set[str]:
    """The hazard of the task with its ancestors and descendants; where the task names none, the
    one that shares most ground with it."""
    named = str(task.values.get("hazard") or "")
    every = registry.records("hazard")
    ids = {r.id for r in every if named and named in (r.id, r.values.get("identifier"))}
    if not ids:
        assert ground.plane is not None
        shared = [(ground.plane.to_plane(h.geometry).intersection(ground.geometry).area, h.id)
                  for h in standing if h.geometry is not None]
        ids = {max(shared)[1]} if shared and max(shared)[0] > 0 else set()
    line = lineage.lineage(every)
    # Of areas that were split the task's own part is the one that its ground lies on.
    return ids | {a for i in ids for a in (*line.ancestors(i), *line.descendants(i))}


def _widened(ground: Ground, r: Record) -> BaseGeometry:
    assert ground.plane is not None and r.geometry is not None
    shape: BaseGeometry = ground.plane.to_plane(r.geometry)
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
    reach = _reach_m(r)
    return shapely.buffer(shape, reach * 1.003, quad_segs=16) if reach > 0 else shape


def _entry(ground: Ground, released: list[Any], roads: list[Any], blocked: list[BaseGeometry]
           ) -> tuple[BaseGeometry | None, float, str]:
    """The place on safe ground with the best way to the task, how far it is, and what it lies on.
    """
    assert ground.plane is not None
    closed = joined([ground.geometry, *blocked])
    around = shapely.buffer(ground.geometry, NEAR_M)
    for kind, shapes, inside in (("released ground", released, INSIDE_M), ("a road", roads, 0.0)):
        planar = [ground.plane.to_plane(s) for s in shapes]
        near = [shapely.difference(shapely.buffer(s, -inside) if inside else s, closed)
                for s in planar if s.intersects(around)]
        near = [s for s in near if not s.is_empty]
        if not near:
            continue
        nearest = shapely.get_coordinates(shapely.shortest_line(near, ground.geometry))[::2]
        others = shapely.get_coordinates(shapely.segmentize(
            [shapely.intersection(s, around) for s in near], EVERY_M))
        legs = shapely.shortest_line(shapely.points(np.concatenate([nearest, others])),
                                     ground.geometry)
        away = shapely.length(legs)
        crossed = shapely.length(shapely.difference(shapely.intersection(
            legs, joined(blocked) if blocked else shapely.Polygon()), ground.geometry))
        # The way over least ground of hazards, then the shortest.
        n = int(np.lexsort([away, np.round(crossed, 2), away > NEAR_M])[0])
        if away[n] <= NEAR_M:
            return shapely.Point(shapely.get_coordinates(legs[n])[0]), float(away[n]), kind
    return None, 0.0, ""
