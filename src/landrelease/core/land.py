"""Records in, the typed land that the stages read out. Pure: the caller fetched the records."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

import numpy as np
import shapely

from landrelease.core.assumption import Assumptions
from landrelease.core.evidence import collect_evidence, is_lifted
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import (
    Accident,
    AdministrativeArea,
    Ground,
    Hazard,
    Land,
    LiftedMinefield,
    Outcome,
    PlacelessSettlement,
    Settlement,
)
from landrelease.core.record import Record


def build_land(
    *,
    hazards: Iterable[Record],
    outcomes: Iterable[Record],
    accidents: Iterable[Record],
    activities: Iterable[Record],
    settlements: Iterable[Record],
    administrative_areas: Iterable[Record],
    assumptions: Assumptions,
    chain_head: str,
    evidence: Iterable[Record] = (),
    items: Iterable[Record] = (),
    inspections: Iterable[Record] = (),
    uncredited: Container[str] = (),
) -> Land:
    """Collect records into a `Land`.

    Of the administrative areas only the most detailed level that is present serves as
    municipality, so that no ground counts twice. An outcome or hazard belongs to the municipality
    that holds the largest part of it. A settlement without a stated accuracy gets the standard
    deviation of the assumption `settlement_error_m`; a stated 90 % radius is divided by 2.146
    (the 90 % point of the Rayleigh distribution). Outcomes named in `uncredited` get no credit
    (S08): they stand apart, so that no stage takes their ground for released.
    """
    outcomes, accidents, activities = list(outcomes), list(accidents), list(activities)
    placed = list(settlements)
    municipalities = _municipalities(administrative_areas)
    find = _Finder(municipalities)
    # Whatever its recorded status: a word in a file closes nothing, a signed decision does (S09).
    listed = list(hazards)
    hazard_records = [r for r in listed if r.geometry is not None]
    outcome_records = [r for r in outcomes if r.geometry is not None]
    hazard_homes = find.homes([r.geometry for r in hazard_records])
    outcome_homes = find.homes([r.geometry for r in outcome_records])
    error_m = assumptions.value("settlement_error_m")
    made = [
        Outcome(r.id, r.geometry, geodesic_area_m2(r.geometry), str(r.value("outcome_type")), home,
                r.values.get("depth_m"), r.valid_from)
        for r, home in zip(outcome_records, outcome_homes, strict=True)
    ]
    return Land(
        hazards=tuple(
            Hazard(r.id, r.geometry, geodesic_area_m2(r.geometry), str(r.value("hazard_type")),
                   str(r.value("status")), home, _metres(r, "position_accuracy_m"))
            for r, home in zip(hazard_records, hazard_homes, strict=True)
        ),
        outcomes=tuple(o for o in made if o.id not in uncredited),
        without_credit=tuple(o for o in made if o.id in uncredited),
        accidents=tuple(Accident(r.id, r.geometry) for r in accidents if r.geometry is not None),
        placeless_hazards=tuple((r.id, str(r.value("hazard_type"))) for r in listed
                                if r.geometry is None),
        placeless_accidents=tuple(r.id for r in accidents if r.geometry is None),
        lifted=tuple(
            LiftedMinefield(r.id, r.geometry) for r in activities
            if r.geometry is not None and is_lifted(r)
        ),
        settlements=tuple(
            Settlement(
                r.id, str(r.values.get("name", "")), r.geometry,
                _count(r, "population"),
                error_m if (said := _metres(r, "position_accuracy_m")) is None else said / 2.146,
            )
            for r in placed if r.geometry is not None
        ),
        placeless_settlements=tuple(
            PlacelessSettlement(r.id, str(r.values.get("name", "")), _count(r, "population"))
            for r in placed if r.geometry is None),
        municipalities=municipalities,
        chain_head=chain_head,
        evidence=collect_evidence(
            evidence=evidence, items=items, accidents=accidents, activities=activities,
            inspections=inspections, outcomes=outcomes, hazards=hazard_records),
    )


def _count(record: Record, name: str) -> int | None:
    """A number that was reported; "declined" and "not_reported" are none (S12)."""
    value = record.values.get(name)
    return int(value) if isinstance(value, (int, float)) else None


def _metres(record: Record, name: str) -> float | None:
    value = record.values.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _municipalities(records: Iterable[Record]) -> tuple[AdministrativeArea, ...]:
    """The most detailed level present; records without a level only where none has one."""
    areas = [
        AdministrativeArea(
            r.id, str(r.values.get("name", r.id)),
            _count(r, "level"), r.geometry)
        for r in records if r.geometry is not None
    ]
    levels = [a.level for a in areas if a.level is not None]
    finest = max(levels) if levels else None
    return tuple(a for a in areas if a.level == finest)


class _Finder:
    """Which municipality holds the largest part of a ground."""

    def __init__(self, municipalities: Sequence[AdministrativeArea]):
        self.ids = [m.id for m in municipalities]
        self.grounds = np.array([m.ground for m in municipalities], dtype=object)
        shapely.prepare(self.grounds)
        self.tree = shapely.STRtree(self.grounds)

    def homes(self, grounds: Sequence[Ground]) -> list[str]:
        homes = [""] * len(grounds)
        if not self.ids or not grounds:
            return homes
        shapes = np.array(grounds, dtype=object)
        which, where = self.tree.query(shapes, predicate="intersects")
        candidates: dict[int, list[int]] = {}
        for g, m in zip(which.tolist(), where.tolist(), strict=True):
            candidates.setdefault(g, []).append(m)
        for g, found in candidates.items():
            if len(found) > 1:
                # Degrees squared only rank the parts of one small ground against each other.
                parts = shapely.area(shapely.intersection(self.grounds[found], shapes[g]))
                found = [found[int(np.argmax(parts))]]
            homes[g] = self.ids[found[0]]
        return homes
