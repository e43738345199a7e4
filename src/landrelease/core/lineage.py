"""Descent of areas: split, merged, suspended in part, released in part.

A hazard is never cut by changing its outline: it gets children, and their line of descent is kept.
The parent counts no more where its children's shapes lie, and goes on counting where they do not:
nothing is lost (S01) and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import bounds_together, geodesic_area_m2, joined, plane_for
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    LINEAGE_NOT_COVERED,
    LINEAGE_NOTHING,
    LINEAGE_OUTSIDE,
    LINEAGE_OVERLAP,
    LandReleaseError,
)

# Slivers of less than this come from rounding coordinates; the ground of a sliver is never dropped,
# it joins a neighbour.
SLIVER_M2 = 1.0
# A place that may be farther off than this is none: it counts so far round, and may lie anywhere.
FARTHEST_OFF_M = 100_000.0
ROUNDING_M = 1.0  # by which the accuracy of a hazard may improve, as at the import
_ACCURACY = "position_accuracy_m"


@dataclass(frozen=True, slots=True)
class Lineage:
    """Who came from whom; ids of records."""

    parents: Mapping[str, tuple[str, ...]]
    children: Mapping[str, tuple[str, ...]]

    def ancestors(self, record_id: str) -> tuple[str, ...]:
        """All areas from which this one came, nearest first; a circle in bad data ends."""
        return _reach(record_id, self.parents)

    def descendants(self, record_id: str) -> tuple[str, ...]:
        """All areas that came from this one, nearest first."""
        return _reach(record_id, self.children)


def _reach(start: str, edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    waiting = list(edges.get(start, ()))
    while waiting:
        here = waiting.pop(0)
        if here != start and here not in seen:
            seen[here] = None
            waiting.extend(edges.get(here, ()))
    return tuple(seen)


def lineage(hazards: Iterable[Record]) -> Lineage:
    """The line of descent of areas, from their field `parents`."""
    parents: dict[str, tuple[str, ...]] = {}
    children: dict[str, list[str]] = {}
    for record in hazards:
        named = record.values.get("parents")
        if isinstance(named, (list, tuple)):
            parents[record.id] = tuple(str(p) for p in named)
            for parent in parents[record.id]:
                children.setdefault(parent, []).append(record.id)
    return Lineage(parents, {p: tuple(sorted(c)) for p, c in children.items()})


def widest(hazard: Record, said: Iterable[Record]) -> Record:
    """A hazard on all of the ground that is said, and off as far as it is said (S01, S04)."""
    every = [hazard, *said]
    shapes = [r.geometry for r in every if r.geometry is not None]
    ground = hazard.geometry
    if any(g != ground for g in shapes):
        ground = joined(shapes, degrees=True)
    return off_by(replace(hazard, geometry=ground), max(map(off_m, every)))


def reaching(hazard: Record, said: Iterable[Record]) -> Record:
    """A hazard that reaches as far as was said of it before. One whose outline is drawn so much
    wider that it holds all that it reached may be off less far; what it does not hold stays its
    ground, and as far off (S01, S04)."""
    lost = [r for r in said if not holds(hazard, r)]
    return widest(hazard, lost) if lost else hazard


def holds(now: Record, before: Record) -> bool:
    """Whether a record reaches all that another does; the rounding of an import apart. One that
    said no ground is held by any that is off as far."""
    if before.geometry is None or before.geometry.is_empty:
        return off_m(before) - off_m(now) <= ROUNDING_M
    if now.geometry is None or now.geometry.is_empty:
        return False
    less = off_m(before) - off_m(now) > ROUNDING_M
    if now.geometry == before.geometry and not less:
        return True
    try:
        if not less and now.geometry.covers(before.geometry):
            return True
        # Both on one plane, and where longitudes meet on one side.
        plane = plane_for(bounds_together(np.array([before.geometry, now.geometry], dtype=object)))
        reached = plane.to_plane(before.geometry).buffer(off_m(before))
        if not reached.area:  # a point or a line that says nothing of how far off it is
            return bool(now.geometry.covers(before.geometry))
        holds = plane.to_plane(now.geometry).buffer(
            off_m(now) if less else max(off_m(now), off_m(before)))
        return bool(reached.difference(holds).area <= SLIVER_M2)
    except shapely.errors.GEOSException:  # an outline that crosses itself holds nothing
        return False


def off_m(record: Record) -> float:
    """How far off a record says that it may be, m; 0 where it says nothing."""
    said = record.values.get(_ACCURACY)
    return float(said) if isinstance(said, (int, float)) else 0.0


def reach_m(record: Record, least_m: float = 0.0) -> float:
    """How far round its place a record counts, m: as far as it may be off, no farther than
    `FARTHEST_OFF_M`; `least_m` where it says nothing."""
    said = record.values.get(_ACCURACY)
    return min(float(said), FARTHEST_OFF_M) if isinstance(said, (int, float)) else least_m


def anywhere(record: Record) -> bool:
    """Whether a record may lie anywhere: it has no place, or one that is so far off that it is
    none."""
    return (record.geometry is None or record.geometry.is_empty
            or off_m(record) > FARTHEST_OFF_M)


def off_by(record: Record, metres: float) -> Record:
    """A record that may be off at least so far, m."""
    if metres <= off_m(record):
        return record
    return replace(record, values={**record.values, _ACCURACY: metres})


def inherited(hazards: Sequence[Record]) -> dict[str, tuple[float, str]]:
    """The hazards that may be off farther than they say, because an area from which they came may:
    how far, m, and the id of that area. What takes the place of an area on a map that was off is
    off as well; only the authority's signature says that it is not (S04)."""
    line = lineage(hazards)
    by_id = {r.id: r for r in hazards}
    out = {}
    for record in hazards:
        off, source, waiting, seen = off_m(record), "", [record.id], {record.id}
        while waiting:
            here = by_id[waiting.pop()]
            if off_m(here) > off:
                off, source = off_m(here), here.id
            if here.validation != "authority":
                more = [p for p in line.parents.get(here.id, ()) if p in by_id and p not in seen
                        and _meet(by_id[p].geometry, record.geometry)]
                seen.update(more)
                waiting += more
        if source:
            out[record.id] = off, source
    return out


def _meet(one: BaseGeometry | None, other: BaseGeometry | None) -> bool:
    if one is None or other is None:
        return False
    try:
        return bool(one.intersects(other))
    except shapely.errors.GEOSException:  # an outline that crosses itself
        return bool(shapely.box(*one.bounds).intersects(shapely.box(*other.bounds)))


def standing(hazards: Sequence[Record]) -> list[Record]:
    """The hazards that count now, each with the ground that it still stands for.

    A parent counts where none of its children's shapes lies, and not at all where they cover it.
    An area that names itself, or one that came from it, as its parent loses no ground by that.
    Children may be off as far as their parents, unless the authority signed them (S04).
    """
    line = lineage(hazards)
    if not line.children:
        return list(hazards)
    heirs_of = inherited(hazards)
    hazards = [off_by(r, heirs_of[r.id][0]) if r.id in heirs_of else r for r in hazards]
    by_id = {r.id: r for r in hazards}
    out = []
    for record in hazards:
        heirs = [by_id[c].geometry for c in line.children.get(record.id, ())
                 if c in by_id and c != record.id and c not in line.ancestors(record.id)]
        shapes = [g for g in heirs if g is not None]
        if not shapes or record.geometry is None:
            out.append(record)
            continue
        try:
            left = _areas(shapely.difference(record.geometry, joined(shapes, degrees=True)))
        except shapely.errors.GEOSException:  # an outline that crosses itself takes nothing away
            out.append(record)
            continue
        if left.is_empty or geodesic_area_m2(left) < SLIVER_M2:
            continue
        out.append(replace(record, geometry=left))
    return out


def split(hazard: Record, parts: Sequence[BaseGeometry], *, at: datetime, by: str, reason: str,
          descent: str = "split", values: Mapping[str, Any] | None = None) -> list[Revision]:
    """Children for the parts of a hazard, and one for what they leave over ("remainder").

    `parts`: polygons in degrees, inside the hazard and apart from each other. The union of the
    children is the hazard: a sliver that rounding leaves between them joins a neighbour. The first
    revision is that of the parent, which says what became of it.

    Raises
    ------
    LandReleaseError
        LIN-001: a part reaches outside. LIN-002: parts overlap. LIN-003: nothing to split.
    """
    whole = hazard.geometry
    if whole is None or not parts or any(p is None or p.is_empty for p in parts):
        raise LandReleaseError(LINEAGE_NOTHING, record=hazard.id)
    inside: list[BaseGeometry] = []
    taken: BaseGeometry = shapely.MultiPolygon()
    for number, part in enumerate(parts, 1):
        outside = geodesic_area_m2(_areas(shapely.difference(part, whole)))
        if outside >= SLIVER_M2:
            raise LandReleaseError(LINEAGE_OUTSIDE, record=hazard.id, part=number,
                                   found=f"{outside:,.0f} m²")
        double = geodesic_area_m2(_areas(shapely.intersection(part, taken)))
        if double >= SLIVER_M2:
            raise LandReleaseError(LINEAGE_OVERLAP, record=hazard.id, part=number,
                                   found=f"{double:,.0f} m²")
        inside.append(_areas(shapely.intersection(part, whole)))
        taken = shapely.union(taken, part)
    left = _areas(shapely.difference(whole, joined(inside, degrees=True)))
    children = [(shape, descent, dict(values or {})) for shape in inside]
    if geodesic_area_m2(left) >= SLIVER_M2:
        children.append((left, "remainder", {}))
    else:
        children[-1] = (_areas(shapely.union(children[-1][0], left)), *children[-1][1:])
    made, names = [], []
    for number, (shape, how, more) in enumerate(children, 1):
        child = f"{hazard.id}/{number}"
        said = {k: v for k, v in hazard.values.items() if k not in _NOT_INHERITED}
        if "identifier" in hazard.values:
            said["identifier"] = f"{hazard.values['identifier']}/{number}"
        said.update({"parents": [hazard.id], "descent": how, **more})
        names.append(child)
        made.append(Revision("hazard", child, said, shape, at, by, reason, "",
                             hazard.valid_from, hazard.validation))
    parent = Revision(
        "hazard", hazard.id, {**hazard.values, "status_reason": f"became {', '.join(names)}"},
        whole, at, by, reason, "", hazard.valid_from, hazard.validation)
    return [parent, *made]


_NOT_INHERITED = frozenset(("reported_area_m2", "status_reason", "status_changed_on",
                            "source_reference", "map_sheet", "parents", "descent"))


def merge(hazards: Sequence[Record], new_id: str, *, at: datetime, by: str, reason: str,
          geometry: BaseGeometry | None = None) -> list[Revision]:
    """One hazard for several; its shape is their union, or a given one that covers it (S01).

    What they agree on is inherited; where they differ it is left out, for a person to say. The
    type is CHA where any of them is.

    Raises LIN-003: fewer than two areas. LIN-004: the given shape leaves ground out.
    """
    shapes = [h.geometry for h in hazards if h.geometry is not None]
    if len({h.id for h in hazards}) < 2 or len(shapes) != len(hazards):
        raise LandReleaseError(LINEAGE_NOTHING, record=", ".join(h.id for h in hazards))
    union = _areas(joined(shapes, degrees=True))
    shape = union if geometry is None else geometry
    lost = geodesic_area_m2(_areas(shapely.difference(union, shape)))
    if lost >= SLIVER_M2:
        raise LandReleaseError(LINEAGE_NOT_COVERED, record=new_id, found=f"{lost:,.0f} m²")
    if geometry is not None:
        shape = _areas(shapely.union(geometry, union))
    first = hazards[0].values
    said = {k: v for k, v in first.items() if k not in _NOT_INHERITED and k != "identifier"
            and all(h.values.get(k) == v for h in hazards)}
    if any(h.values.get("hazard_type") == "CHA" for h in hazards):
        said["hazard_type"] = "CHA"
    accuracies = [v for h in hazards
                  if isinstance(v := h.values.get("position_accuracy_m"), (int, float))]
    if accuracies:
        said["position_accuracy_m"] = max(accuracies)  # the widest doubt of all
    said.update({"identifier": new_id, "parents": [h.id for h in hazards], "descent": "merged"})
    dates = [h.valid_from for h in hazards if h.valid_from is not None]
    made = [Revision("hazard", new_id, said, shape, at, by, reason, "",
                     max(dates, default=None))]
    for h in hazards:
        made.append(Revision("hazard", h.id, {**h.values, "status_reason": f"became {new_id}"},
                             h.geometry, at, by, reason, "", h.valid_from, h.validation))
    return made


def suspend_part(hazard: Record, part: BaseGeometry, *, at: datetime, by: str, reason: str
                 ) -> list[Revision]:
    """Split off ground that cannot be worked on, so that the rest can be released."""
    return split(hazard, [part], at=at, by=by, reason=reason, descent="suspended_part",
                 values={"status": "suspended"})


def release_part(hazard: Record, part: BaseGeometry, outcome_type: str, *, at: datetime, by: str,
                 reason: str, values: Mapping[str, Any] | None = None
                 ) -> tuple[list[Revision], list[Revision]]:
    """Split off ground that is released: (the split, the decision).

    The decision closes the part and records its outcome; it counts once a person has signed each
    of its revisions (S09). Until then the part is hazardous as before. `values` are those of the
    outcome, such as method and depth.
    """
    made = split(hazard, [part], at=at, by=by, reason=reason, descent="released_part")
    child = made[1]
    closed = replace(child, values={**child.values, "status": "closed"}, reason=reason)
    outcome = Revision(
        "outcome", f"outcome-{child.record_id}",
        {**(values or {}), "outcome_type": outcome_type, "hazard": child.record_id,
         "hazard_identifier": str(hazard.values.get("identifier", hazard.id))},
        child.geometry, at, by, reason, "", hazard.valid_from)
    return made, [outcome, closed]


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape; points and lines that an overlay leaves are no ground."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return joined(parts, degrees=True) if parts else shapely.MultiPolygon()
