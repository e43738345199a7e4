"""Hazards that wait in quarantine, for the map of who may see rows that wait.

Nobody accepted them, so they are in no figure and no plan; but somebody says that there is danger,
so they are drawn as wide as any reading of them (S01), and those whose place is not known are
counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.workflows import waiting_hazards
from landrelease.workflows.quarantine import visible_quarantine, waiting_places

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import QuarantineEntry, Registry

MOST_WHOLE = 2_000  # rows that are drawn with their outline; of more, each by the box around it


@dataclass(frozen=True, slots=True)
class WaitingArea:
    """A row that waits. `place`: in degrees, its widest reading, or a point where it has no area;
    `codes`: what is wrong with it."""

    number: int
    name: str
    file: str
    row: int
    codes: tuple[str, ...]
    place: Any


def waiting_areas(registry: Registry, reader: View) -> tuple[list[WaitingArea], int]:
    """The rows of hazards that wait and that the reader may see, and how many others of them wait
    whose place is not known: they may lie anywhere. Raises ACC-101."""
    entries = {e.number: e for e in visible_quarantine(registry, reader)
               if e.row.kind == "hazard"}
    if not entries:
        return [], 0
    grounds: dict[int, Any] = {
        int(h.id.rpartition("-")[2]): h.ground for h in waiting_hazards(registry)[0]}
    for entry, place in waiting_places(registry, ("hazard",)):
        grounds.setdefault(entry.number, place)
    found = [_area(e, grounds[n]) for n, e in entries.items() if n in grounds]
    if len(found) > MOST_WHOLE:
        found = [WaitingArea(a.number, a.name, a.file, a.row, a.codes, shapely.box(*a.place.bounds)
                             if a.place.area else a.place) for a in found]
    return found, len(entries) - len(found)


def _area(entry: QuarantineEntry, place: Any) -> WaitingArea:
    row = entry.row
    name = row.values.get("identifier") or row.values.get("name") or ""
    return WaitingArea(entry.number, str(name)[:200], row.file, row.row,
                       tuple(dict.fromkeys(f.code for f in row.findings)), place)
