"""The area ledger: hazards and outcomes in, one row a municipality out, each m² counted once.

Areas are geodesic areas of unions (S03). What is recorded as cleared and still recorded as
suspected is *contested* and counts as hazardous until a person decides (S01, S02): ground leaves
the hazardous column only by a geometric difference, never by a sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import WGS84, geodesic_area_m2, joined
from landrelease.core.hazard import AdministrativeArea, Land
from landrelease.core.ledger import LedgerRow
from landrelease.core.progress import Progress, silent

TOTAL = "total"
ELSEWHERE = "elsewhere"
_PARTS = ("cancelled", "reduced", "cleared")


def ledger(land: Land, progress: Progress = silent) -> tuple[LedgerRow, ...]:
    """One row per municipality with any record, `elsewhere` for ground outside all, and `total`.

    The total is measured on its own, not added up. A released part that no record reports is None
    (not reported), which is not zero (S12): it is None in every row where the whole programme has
    no such outcome on record, and 0.0 where it has some, but none here.

    Outcomes whose work was done in spite of a start-of-day gate, not reviewed by the authority
    (`land.without_credit`), count for nothing here, and a part of which there are no others on
    record is not reported (S08).

    Hazardous ground is not reported where no hazard is on record, or none with a place; contested
    ground where either side of it is not (S12).

    `land` geometry is longitude/latitude; areas are m² on the ellipsoid.
    """
    hazards = _Layer([h.id for h in land.hazards], [h.ground for h in land.hazards],
                     land.hazardous_known)
    parts = {
        part: _Layer(
            [o.id for o in land.outcomes if o.outcome_type == part],
            [o.ground for o in land.outcomes if o.outcome_type == part])
        for part in _PARTS
    }
    accidents = shapely.STRtree([a.place for a in land.accidents])
    homes = {m.id: 0 for m in land.municipalities}
    homes[""] = 0
    for hazard in land.hazards:
        homes[hazard.municipality_id] = homes.get(hazard.municipality_id, 0) + 1

    rows = []
    accidents_seen = 0
    nowhere = tuple(name for name, _ in land.placeless_hazards)
    count_all = len(land.accidents) + len(land.placeless_accidents)
    for number, municipality in enumerate(land.municipalities):
        progress("area ledger", number / max(1, len(land.municipalities)))
        count = len(accidents.query(municipality.ground, predicate="contains"))
        accidents_seen += count
        row = _row(municipality.id, municipality.name, municipality.ground, hazards, parts,
                   homes[municipality.id], count)
        if row.hazard_ids or row.outcome_ids or row.accidents:
            rows.append(row)
    rows.sort(key=lambda r: (-(r.hazardous_m2 or 0.0), r.name))
    if land.municipalities:
        outside = _outside(land.municipalities, [hazards, *parts.values()])
        row = _row(ELSEWHERE, "outside the recorded municipalities", outside, hazards, parts,
                   homes[""] + len(nowhere), max(0, count_all - accidents_seen), nowhere)
        if nowhere or (row.hazardous_m2 or 0) > 0.5 or any(
                (getattr(row, f"{p}_m2") or 0) > 0.5 for p in _PARTS):
            rows.append(row)
    rows.append(_row(TOTAL, "all", None, hazards, parts, len(land.hazards) + len(nowhere),
                     count_all, nowhere))
    progress("area ledger", 1.0)
    return tuple(rows)


def _outside(municipalities: Sequence[AdministrativeArea], layers: Sequence[_Layer]):
    """Ground of all layers that lies in no municipality: only where a layer crosses a border."""
    grounds = np.concatenate([layer.grounds for layer in layers])
    frames = np.array([m.ground for m in municipalities], dtype=object)
    shapely.prepare(frames)
    tree = shapely.STRtree(frames)
    inside = np.unique(tree.query(grounds, predicate="covered_by")[0])
    left = np.delete(grounds, inside)
    which, where = tree.query(left, predicate="intersects")
    return union(np.array([
        ground.difference(joined(frames[where[which == i]], degrees=True))
        for i, ground in enumerate(left)
    ], dtype=object))


class _Layer:
    """Grounds with their ids and a tree over them."""

    def __init__(self, ids: list[str], grounds: list[BaseGeometry], reported: bool = False):
        self.ids = ids
        self.grounds = np.array(grounds, dtype=object)
        self.tree = shapely.STRtree(self.grounds)
        self.reported = bool(ids) or reported

    def within(self, frame: BaseGeometry | None) -> tuple[BaseGeometry, tuple[str, ...]]:
        """Union of the grounds inside the frame (None: everywhere), and the records it rests on."""
        if frame is None:
            return union(self.grounds), tuple(self.ids)
        shapely.prepare(frame)
        touched = np.sort(self.tree.query(frame, predicate="intersects"))
        grounds = self.grounds[touched]
        whole = shapely.contains_properly(frame, grounds)
        cut = shapely.intersection(grounds[~whole], frame)
        return (
            union(np.concatenate([grounds[whole], cut])),
            tuple(self.ids[i] for i in touched.tolist()),
        )


def union(grounds: np.ndarray) -> BaseGeometry:
    """Union of many mostly separate grounds; areal parts only (areas that touch meet in lines)."""
    return joined(grounds, degrees=True)


def difference(ground: BaseGeometry, taken: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry]:
    """(ground outside `taken`, ground inside it), part by part with only the parts that meet."""
    pieces = shapely.get_parts(ground)
    others = shapely.get_parts(taken)
    which, where = shapely.STRtree(others).query(pieces, predicate="intersects")
    outside = list(pieces[np.setdiff1d(np.arange(len(pieces)), which)])
    inside = []
    for piece in np.unique(which).tolist():
        near = joined(others[where[which == piece]], degrees=True)
        outside.append(pieces[piece].difference(near))
        inside.append(pieces[piece].intersection(near))
    return union(np.array(outside, dtype=object)), union(np.array(inside, dtype=object))


SLIVER_M = 0.2  # coordinates of six decimals lie up to 0.11 m beside the corner that was meant


def without_slivers(ground: BaseGeometry) -> BaseGeometry:
    """Released ground without what only rounding left of it: parts narrower than `SLIVER_M`.

    A boundary that was drawn twice leaves such parts beside ground that is still hazardous; they
    are nobody's clearance. Only released ground may lose them: it only shrinks by it (S01).
    """
    parts = shapely.get_parts(ground)
    length = np.maximum(shapely.length(parts), 1e-15)
    thin = np.flatnonzero(2 * shapely.area(parts) / length * 111_320 < 2 * SLIVER_M)
    gone = []
    for n in thin.tolist():
        m2, metres = (abs(v) for v in WGS84.geometry_area_perimeter(parts[n]))
        if 2 * m2 < SLIVER_M * metres:
            gone.append(n)
    return ground if not gone else union(np.delete(parts, gone))


def _row(area_id, name, frame, hazards: _Layer, parts: dict[str, _Layer], count: int,
         accidents: int, nowhere: tuple[str, ...] = ()) -> LedgerRow:
    hazardous, hazard_ids = hazards.within(frame)
    areas: dict[str, float | None] = {}
    outcome_ids: list[str] = []
    # Ground is counted as the strongest release on record, once: cleared before reduced before
    # cancelled.
    taken: BaseGeometry = hazardous
    contested: list[BaseGeometry] = []
    for part in reversed(_PARTS):
        layer = parts[part]
        if not layer.reported:
            areas[part] = None
            continue
        ground, ids = layer.within(frame)
        outcome_ids.extend(ids)
        contested.append(difference(ground, hazardous)[1])
        areas[part] = geodesic_area_m2(without_slivers(difference(ground, taken)[0]))
        taken = union(np.array([taken, ground], dtype=object))
    return LedgerRow(
        area_id=area_id, name=name, hazards=count,
        hazardous_m2=geodesic_area_m2(hazardous) if hazards.reported else None,
        cancelled_m2=areas["cancelled"], reduced_m2=areas["reduced"], cleared_m2=areas["cleared"],
        contested_m2=geodesic_area_m2(union(np.array(contested, dtype=object)))
        if hazards.reported and any(layer.reported for layer in parts.values()) else None,
        accidents=accidents, hazard_ids=(*hazard_ids, *nowhere), outcome_ids=tuple(outcome_ids),
    )
