"""What the public's answers have to add: danger that somebody reported, and finds on record or
waiting that nobody can place (S01, S15).

A report is no record that counts and anybody can send one, so that it changes no answer; it is said
beside the answer until somebody of the programme has dealt with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from landrelease.core.kinds import KINDS

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.core.columns import Columns
    from landrelease.store.registry import Registry

# What a report may be about without saying that something dangerous lies there.
_NO_DANGER = frozenset(KINDS["complaint"].field("complaint_type").choices) - {
    "suspicion", "other", "not_reported"}
DEALT_WITH = ("answered", "closed")


@dataclass(frozen=True, slots=True)
class Reported:
    """Where somebody reported something dangerous, degrees; how far from there it may be, m; and
    on which day, None where nothing says it."""

    place: BaseGeometry
    reach_m: float
    day: date | None


def reported_danger(registry: Registry) -> list[Reported]:
    """Reports of something dangerous that nobody dealt with: rows that wait, those of community
    forms that wait as a whole among them, and complaints on record that are open, as any office
    says. A report without a place that names an area is about all ground that is known of it; one
    that names none that is known is left out. One whose place is not known (`report_place_m`)
    counts so far round the place that it says, and no farther: anybody can send one, and a district
    in which every answer warns is warned of nothing."""
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.exchange import all_said
    from landrelease.workflows.quarantine import kinds_in
    from landrelease.workflows.waiting_rows import waiting_rows

    stated = load_assumptions(None, registry)
    least, most = stated.value("find_accuracy_m"), stated.value("report_place_m")
    told: list[tuple[BaseGeometry | None, float, str, date | None]] = []
    for row in waiting_rows(registry, ("complaint", "source")):
        waits = row.entry.row
        if waits.kind == "source" and "complaint" not in kinds_in(waits):
            continue
        if says_danger(waits.values):
            told.append((row.place, row.reach_m, row.hazard, _day(waits.values)))
    for record in all_said(registry, "complaint"):
        if not says_danger(record.values) or record.value("complaint_status") in DEALT_WITH:
            continue
        said = record.values.get("position_accuracy_m")
        told.append((record.geometry, float(said) if isinstance(said, (int, float)) else 0.0,
                     str(record.value("hazard") or ""), _day(record.values)))
    named: Mapping[str, BaseGeometry] | None = None
    out = []
    for place, reach_m, area, day in told:
        if place is None or place.is_empty:
            if named is None:
                named = _areas(registry) if any(area for _, _, area, _ in told) else {}
            place = named.get(area)
        if place is not None:
            out.append(Reported(place, min(max(least, reach_m), most), day))
    return out


def _areas(registry: Registry) -> dict[str, BaseGeometry]:
    """Each name of an area with the extents of all ground that is known of it, released or not,
    in degrees: of the hazard, also where it is closed, and of its outcomes, since the hazard itself
    may not be on record."""
    import numpy as np
    import shapely

    from landrelease.core.geometry import bounds_together
    from landrelease.workflows.exchange import all_said

    ground: dict[str, list[BaseGeometry]] = {}
    same: dict[str, str] = {}  # a hazard's id -> the name by which people call it
    for kind in ("hazard", "outcome"):
        for r in all_said(registry, kind):
            called = str(r.values.get("identifier") or "")
            if kind == "hazard" and called:
                same[r.id] = called
            if r.geometry is None or r.geometry.is_empty:
                continue
            area = str(r.values.get("hazard") or "")
            box = bounds_together(np.array([r.geometry], dtype=object))
            # Where longitudes meet the extent of the whole would reach round the Earth.
            extents = list(shapely.envelope(shapely.get_parts(r.geometry))) if box[2] > 180 \
                else [shapely.envelope(r.geometry)]
            for name in {r.id, called, area, same.get(area, "")} - {""}:
                ground.setdefault(name, []).extend(extents)
    for area, called in same.items():
        if area in ground and called in ground:
            ground[area] = ground[called] = [*ground[area], *ground[called]]
    return {name: shapely.union_all(extents) for name, extents in ground.items()}


def finds_nowhere(registry: Registry, *, valid_at: Any = None, known_at: Any = None,
                  read: Callable[..., Columns] | None = None) -> bool:
    """Whether an item or an accident, on record or waiting, may lie anywhere: its place is missing
    or in doubt, and it names no area that is known. `read`: as `store.columns.columns`."""
    from landrelease.core.lineage import anywhere
    from landrelease.workflows import certain
    from landrelease.workflows.exchange import all_said
    from landrelease.workflows.waiting_rows import waiting_finds

    areas = {name for r in registry.records("hazard", valid_at=valid_at, known_at=known_at)
             for name in (r.id, str(r.values.get("identifier") or ""))} - {""}
    if valid_at is None and known_at is None and {
            row.hazard for row, _ in waiting_finds(registry)
            if row.place is None or not row.known or not certain(row.entry.row)} - areas:
        return True
    for kind in ("item", "accident"):
        # Half a million finds are not made into records where none of them can be lost.
        if len(registry.chains()) < 2 and not _off_the_map(
                registry, kind, valid_at, known_at, read) - areas:
            continue
        if any(anywhere(r) and str(r.values.get("hazard") or "") not in areas for r in all_said(
                registry, kind, valid_at=valid_at, known_at=known_at)):
            return True
    return False


OFF_THE_MAP = ("hazard", "position_accuracy_m")  # fields


def _off_the_map(registry: Registry, kind: str, valid_at: Any, known_at: Any,
                 read: Callable[..., Columns] | None) -> set[str]:
    """The areas that records name, "" for none, whose place is no point: none at all, or ground;
    or one that is so far off that it is none."""
    import numpy as np

    from landrelease.core.lineage import FARTHEST_OFF_M
    from landrelease.store.columns import columns

    found = (read or columns)(registry, kind, OFF_THE_MAP, valid_at=valid_at, known_at=known_at,
                              places=True, beyond=("position_accuracy_m", FARTHEST_OFF_M))
    if found.places is None or not len(found):
        return set()
    off = np.isnan(found.places).any(axis=1) | (
        found.numbers("position_accuracy_m") > FARTHEST_OFF_M)
    return {str(area or "") for area in found.cells["hazard"][off]}


def says_danger(values: Mapping[str, Any]) -> bool:
    """What is about something else in so many words is not; all else may be."""
    return str(_said(values, "complaint_type") or "").strip() not in _NO_DANGER


def _day(values: Mapping[str, Any]) -> date | None:
    said = _said(values, "received_on")
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(str(said or "").strip()[:10])
    except ValueError:
        return None


def _said(values: Mapping[str, Any], name: str) -> Any:
    """A field of a record or a row; of a submission that waits as a whole the answer to it."""
    return values.get(name) or next((v for k, v in values.items() if k.endswith(f"/{name}")), None)
