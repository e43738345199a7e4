"""Who can be reached over the recorded roads: a layer of the map.

Roads, hazards and closures are the records of the registry at a moment; the bases are given. What
`plan reach` says of a file of roads, this says of the records (docs/roads.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely

from landrelease.core.assumption import Assumptions
from landrelease.core.record import Record
from landrelease.core.roads import Place
from landrelease.errors import NOTHING_HAZARDOUS, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry


@dataclass(frozen=True, slots=True)
class Community:
    """`state`: reached, cut_off, off_road; without bases what its record says: yes, no, partly,
    not_reported. `openings`: how many blocked segments must open at least; None: does not apply."""

    id: str
    name: str
    people: int | None
    place: shapely.Point
    state: str
    openings: int | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """A piece of road that is blocked, and by what: record (what its record says), hazard, closure.
    `by`: ids of the hazards and closures that the reader may know."""

    road: str
    line: shapely.LineString
    why: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReachLayer:
    """Communities and blocked pieces of road on a day; `bases`: how many were given."""

    on: date
    bases: int
    communities: tuple[Community, ...]
    blocked: tuple[Blocked, ...]


def closed_on(record: Record, day: date) -> bool:
    """Whether a closure is in force on a day somewhere on earth; one without an end lasts, and one
    that does not say from when is in force (doubt counts against the road)."""
    from landrelease.plan.recorded.closures import closed_days

    first, last = closed_days(record, None)
    return first <= day and (last is None or day <= last)


def reach_layer(registry: Registry, reader: View, assumptions: Assumptions,
                bases: Sequence[Place], on: date, *, valid_at: date | None = None,
                known_at: datetime | None = None) -> ReachLayer:
    """Which communities the bases reach on a day over the recorded roads, and what blocks.

    A hazard that may lie within `road_margin_m` of a road blocks it, as far off as its record says
    that it may be (S04), also one that waits in quarantine, a
    closure that touches it on that day, and what its own record says (not passable or not known to
    be; suspected, under clearance, closed). Bases and communities stand on the nearest road within
    `road_distance_m`; a base farther from every road reaches nothing. Without bases or roads a
    community's own record speaks.

    valid_at, known_at : the records as they were, as they were known; None: now.

    Raises ACC-101 where the reader may not see it.
    """
    from landrelease import workflows
    from landrelease.plan import reach
    from landrelease.records.roads import network_of_records
    from landrelease.workflows.roads import (
        LONGEST_SEGMENT_M,
        blocks_within_m,
        recorded_shut,
        shut_by_waiting,
    )

    reader.check("plan reach")

    def records(kind: str) -> list[Record]:
        return list(reader.records(registry.records(kind, valid_at=valid_at, known_at=known_at)))

    roads = records("road")
    settlements = [(r, r.geometry.centroid) for r in records("settlement")
                   if r.geometry is not None and not r.geometry.is_empty]
    closures = [r for r in records("closure")
                if r.geometry is not None and not r.geometry.is_empty and closed_on(r, on)]
    try:
        land = workflows.load_land(registry, assumptions, reader=reader, valid_at=valid_at,
                                   known_at=known_at, for_models=False)
        hazards = list(land.hazards)
    except LandReleaseError as error:
        if error.code != NOTHING_HAZARDOUS.code:
            raise
        land, hazards = workflows.no_land(synthetic=False), []
    network = network_of_records(roads)
    if network is None:
        return ReachLayer(on, len(bases), tuple(_recorded(r, at) for r, at in settlements), ())
    nearest = assumptions.value("road_distance_m")
    network, places = reach.attach(network, [
        Place(r.id, str(r.values.get("name") or ""), at.x, at.y, _people(r))
        for r, at in settlements], max_distance_m=nearest)
    network, from_ = reach.attach(network, list(bases), max_distance_m=nearest)
    network = reach.subdivide(network, LONGEST_SEGMENT_M)
    index = reach.index_segments(network)
    margin = assumptions.value("road_margin_m")
    by_hazard = reach.blocking(network, [h.id for h in hazards], [h.ground for h in hazards],
                               blocks_within_m(hazards, margin), index)
    dangerous = by_hazard.blocked() | shut_by_waiting(land, network, margin, index)
    by_closure = reach.blocking(network, [c.id for c in closures], [c.geometry for c in closures],
                                0.0, index)
    shut = {r.id for r in roads if recorded_shut(r)}
    said = np.array([s in shut for s in network.source_ids], dtype=bool)
    blocked = dangerous | by_closure.blocked() | said
    if len(from_.node):
        graph = reach.graph(network)
        first = reach.of_places(places, reach.earliest(
            graph, np.where(blocked, reach.NEVER, reach.OPEN), from_.node))
        fewest = reach.fewest_openings(graph, places, from_.node, blocked).count
        communities = [Community(
            r.id, str(r.values.get("name") or ""), _people(r), at,
            "off_road" if not there else "reached" if day != reach.NEVER else "cut_off",
            int(count) if there and count > 0 else None)
            for (r, at), there, day, count in zip(settlements, places.on_network, first, fewest,
                                            strict=True)]
    else:
        communities = [_recorded(r, at) for r, at in settlements]
    # Beside the areas of a reader a hazard counts that the reader may not know by its id.
    known = {r.id for r in records("hazard")} | {c.id for c in closures}
    names: dict[int, list[str]] = {}
    for told in (by_hazard, by_closure):
        for k, m in zip(told.blocker.tolist(), told.segment.tolist(), strict=True):
            if told.ids[k] in known:
                names.setdefault(m, []).append(told.ids[k])
    lines = network.lines()
    return ReachLayer(on, len(from_.node), tuple(communities), tuple(
        Blocked(network.source_ids[m], lines[m], tuple(
            word for word, mask in (("record", said), ("hazard", dangerous),
                                    ("closure", by_closure.blocked())) if mask[m]),
                tuple(dict.fromkeys(names.get(m, ()))))
        for m in np.flatnonzero(blocked).tolist()))


def _people(record: Record) -> int | None:
    value = record.values.get("population")
    return int(value) if isinstance(value, int | float) else None


def _recorded(record: Record, at: shapely.Point) -> Community:
    said = record.values.get("reachable")
    return Community(record.id, str(record.values.get("name") or ""), _people(record), at,
                     said if said in ("yes", "no", "partly") else "not_reported")
