"""Hazardous ground that has no record: hazards that wait in quarantine, and released ground that
reopened under a hazard that nobody recorded (S11).

Nobody accepted what waits, so it is in no figure and no plan; but somebody says that there is
danger, so whoever sees hazards as they are gets the ground, as wide as any reading of it (S01), and
how many wait whose place is not known. What the rows say is for who may see rows that wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import shapely

from landrelease.core.record import Record
from landrelease.workflows import waiting_hazards
from landrelease.workflows.quarantine import visible_quarantine
from landrelease.workflows.unsigned import unsigned
from landrelease.workflows.waiting_rows import waiting_places

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import QuarantineEntry, Registry

MOST_WHOLE = 2_000  # rows that are drawn with their outline; of more, each by the box around it


@dataclass(frozen=True, slots=True)
class WaitingArea:
    """A row that waits, or released ground that reopened under a hazard that nobody recorded
    (`why`). `place`: in degrees, its widest reading, or a point where it has no area; `codes`: what
    is wrong with it. Only why and place for who may not see rows that wait."""

    number: int
    name: str
    file: str
    row: int
    codes: tuple[str, ...]
    place: Any
    why: Literal["waiting", "reopened"] = "waiting"


def waiting_areas(registry: Registry, reader: View) -> tuple[list[WaitingArea], int]:
    """The hazards that wait and the ground that reopened under none, for whoever sees hazards as
    they are, and how many others wait whose place is not known: they may lie anywhere."""
    if reader.precision("hazard") != "exact":
        return [], 0
    waits, nowhere = _waiting(registry, reader)
    return [*waits, *(WaitingArea(n, "", "", 0, (), r.geometry, "reopened") for n, r in enumerate(
        reader.inside(_reopened(registry)), 1))], nowhere


def _waiting(registry: Registry, reader: View) -> tuple[list[WaitingArea], int]:
    if not reader.may("quarantine", "rows"):
        places, nowhere = _grounds(registry)
        return [WaitingArea(n, "", "", 0, (), r.geometry) for n, r in enumerate(reader.inside(
            Record("hazard", str(number), {}, place) for number, place in places.items()), 1)
            ], nowhere
    entries = {e.number: e for e in visible_quarantine(registry, reader)
               if e.row.kind == "hazard"}
    if not entries:
        return [], 0
    grounds, _ = _grounds(registry)
    found = [_area(e, grounds[n]) for n, e in entries.items() if n in grounds]
    if len(found) > MOST_WHOLE:
        found = [WaitingArea(a.number, a.name, a.file, a.row, a.codes, shapely.box(*a.place.bounds)
                             if a.place.area else a.place) for a in found]
    return found, len(entries) - len(found)


def _grounds(registry: Registry) -> tuple[dict[int, Any], int]:
    """Number -> place of the rows of hazards that wait, and how many of them have none."""
    rows = [e.number for e in registry.quarantine("waiting") if e.row.kind == "hazard"]
    if not rows:
        return {}, 0
    grounds: dict[int, Any] = {
        int(h.id.rpartition("-")[2]): h.ground for h in waiting_hazards(registry)[0]}
    for entry, place in waiting_places(registry, ("hazard",)):
        grounds.setdefault(entry.number, place)
    return grounds, sum(n not in grounds for n in rows)


def without_record(registry: Registry, reader: View) -> list[Record]:
    """The ground for a reader who sees hazards as they are, with why it counts as `why`: "waiting"
    or "reopened"."""
    found = [Record("hazard", a, {"why": "waiting"}, place) for a, place in (
        (f"waiting-{n}", place) for n, place in enumerate(_grounds(registry)[0].values(), 1))]
    return reader.inside([*found, *_reopened(registry)])


def _reopened(registry: Registry) -> list[Record]:
    return [replace(r, values={"why": "reopened"})
            for r in unsigned(registry, "hazard").unrecorded if r.geometry is not None]


def _area(entry: QuarantineEntry, place: Any) -> WaitingArea:
    row = entry.row
    name = row.values.get("identifier") or row.values.get("name") or ""
    return WaitingArea(entry.number, str(name)[:200], row.file, row.row,
                       tuple(dict.fromkeys(f.code for f in row.findings)), place)
