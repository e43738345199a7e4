"""A few rows come in: what the registry holds beside them, by its indexes.

An import reads all records of its kind first. A phone sends one or a few rows at a time; for them
only those records matter that have the same id, the same shape or an identifier that looks alike,
and those are found without reading all others. The fate of every row is the same.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from landrelease.core.finding import Intake
    from landrelease.core.record import Record
    from landrelease.core.revision import Revision
    from landrelease.store.registry import Registry

Bounds = tuple[float, float, float, float]
MOST_ROWS = 200  # of a file that is taken in so
# An identifier that a phone made: nobody types it, so that nobody types one that looks alike.
_MADE = re.compile(r"[a-z_]+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEAST = 20  # records of which the bounds say where a programme works (records.ground)
_GROWN = 1.2  # more records than so: their bounds are computed anew
_REACH_DEG = 0.05  # around a find whose place is good to `_REACH_M`
_REACH_M = 2_000.0


def existing_for(registry: Registry, kind: str, dry: Callable[[Mapping[str, Record]], Intake]
                 ) -> dict[str, Record]:
    """The records of a kind that decide the fate of a few rows.

    `dry` takes the rows in beside the given records, and writes nothing. Beside none at all it says
    which ids and shapes the rows have.
    """
    known: dict[str, Record] = {}
    for revision in dry({}).revisions:
        known |= {r.id: r for r in _same(registry, kind, revision)}
    return known


def _same(registry: Registry, kind: str, revision: Revision) -> Iterable[Record]:
    found = record_of(registry, kind, revision.record_id)
    if found is not None:
        yield found
    shape = revision.geometry
    if kind in ("hazard", "outcome") and shape is not None and not shape.is_empty:
        after = ""
        while True:  # a twin has the same bounds
            batch = registry.find(kind, bounds=shape.bounds, after=after, limit=500)
            yield from (r for r in batch if r.geometry is not None
                        and r.geometry.bounds == shape.bounds)
            if len(batch) < 500:
                break
            after = batch[-1].id
    identifier = str(revision.values.get("identifier") or "")
    if found is None and identifier and not _MADE.fullmatch(identifier):
        yield from _alike(registry, kind, identifier)


def _alike(registry: Registry, kind: str, identifier: str) -> Iterable[Record]:
    """Records whose identifier looks like this one; all identifiers are read, nothing else."""
    from landrelease.records.geochecks import look
    from landrelease.store.columns import columns

    wanted = look(identifier)
    held = columns(registry, kind, ("identifier",))
    said = {str(v) for v in held.cells["identifier"] if v is not None and look(str(v)) == wanted}
    for name in sorted(said):
        yield from registry.find(kind, where={"identifier": name})


def record_of(registry: Registry, kind: str, record_id: str) -> Record | None:
    """The current record of an id, found by its place in the order of ids."""
    before = record_id[:-1] + (chr(ord(record_id[-1]) - 1) + "\U0010ffff"
                               if record_id and ord(record_id[-1]) > 1 else "")
    for record in registry.find(kind, after=before, limit=1):
        if record.id == record_id:
            return record
    return None


class _Bounds:
    """Where the records of a kind lie, computed anew when there are many more of them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, Bounds | None]] = {}
        self._lock = threading.Lock()

    def of(self, registry: Registry, kind: str) -> Bounds | None:
        if registry.kinds[kind].geometry == "none":
            return None
        now = registry.count()
        key = (registry.address, kind)
        with self._lock:
            count, bounds = self._kept.get(key, (-1, None))
            if not count <= now <= max(count * _GROWN, count + 5) or bounds is None:
                bounds = self._read(registry, kind)
                self._kept[key] = now, bounds
            return bounds

    @staticmethod
    def _read(registry: Registry, kind: str) -> Bounds | None:
        shapes = [r.geometry for r in registry.records(kind) if r.geometry is not None]
        if len(shapes) < _LEAST:
            return None
        west, south, east, north = shapely.total_bounds(shapes)
        return float(west), float(south), float(east), float(north)


_BOUNDS = _Bounds()


def bounds_for(registry: Registry, kind: str, margin_deg: float) -> Bounds | None:
    """Where the rows may lie where no administrative area says so: as `records.ground` takes it
    from all records, so that what it adds (`margin_deg`) comes out the same."""
    bounds = _BOUNDS.of(registry, kind)
    if bounds is None:
        return None
    west, south, east, north = bounds
    wider = max(0.0, east - west - margin_deg, north - south - margin_deg)
    return west - wider, south - wider, east + wider, north + wider


def may_reopen(registry: Registry, revisions: Iterable[Revision]) -> bool:
    """Whether what came in can reopen released ground (S11); False only where it cannot.

    A find matters to ground that was released: near its place, or under the area that it names. An
    area that was only searched releases nothing. All else is looked at whole.
    """
    for r in revisions:
        if r.kind in ("item", "accident"):
            if r.geometry is None or r.geometry.is_empty or _near_released(registry, r):
                return True
        elif r.kind == "outcome":
            if r.values.get("outcome_type") != "searched" or len(registry.history(r.record_id)) > 1:
                return True
        elif r.kind in ("handover", "inspection"):
            return True
    return False


def _near_released(registry: Registry, revision: Revision) -> bool:
    accuracy = revision.values.get("position_accuracy_m")
    if isinstance(accuracy, (int, float)) and accuracy > _REACH_M:
        return True
    if abs(revision.geometry.bounds[1]) > 65:  # type: ignore[union-attr]
        return True  # degrees of longitude are short
    hazard = revision.values.get("hazard")
    if hazard:
        named = record_of(registry, "hazard", str(hazard))
        if named is None or _closed(named) or registry.find(
                "outcome", where={"hazard": str(hazard)}, limit=1):
            return True
    west, south, east, north = revision.geometry.bounds  # type: ignore[union-attr]
    window = (west - _REACH_DEG, south - _REACH_DEG, east + _REACH_DEG, north + _REACH_DEG)
    if registry.find("outcome", bounds=window, where={
            "outcome_type": ["cancelled", "reduced", "cleared"]}, limit=1):
        return True
    return bool(registry.find("hazard", bounds=window, where={
        "status": ["closed", "handed_over", "reopened"]}, limit=1))


def _closed(record: Record) -> bool:
    return record.value("status") in ("closed", "handed_over", "reopened")
