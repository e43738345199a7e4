"""Hazardous ground that has no record: hazards that wait in quarantine, and released ground that
reopened under a hazard that nobody recorded (S11).

Nobody accepted what waits, so it is in no figure and no plan; but somebody says that there is
danger, so whoever sees hazards as they are gets the ground, as wide as any reading of it (S01), and
how many wait whose place is not known. What the rows say is for who may see rows that wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import shapely

from landrelease.core.record import Record
from landrelease.core.recorded import Waiting, WaitingGround
from landrelease.workflows import _PLACE_IN_DOUBT, waiting_hazards
from landrelease.workflows.quarantine import may_hold_hazards, visible_quarantine
from landrelease.workflows.unsigned import unsigned
from landrelease.workflows.waiting_rows import (
    NO_DATUM,
    TURNED,
    said_of,
    waiting_places,
    waiting_rows,
)

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


def hazards_waiting(registry: Registry) -> tuple[list[Record], int]:
    """The hazards that wait, as wide as their place may be, off as far as their cells say; and of
    how many nobody knows where they lie. For decisions, not for a reader."""
    entries = registry.quarantine("waiting")
    nowhere = sum(may_hold_hazards(e.row) for e in entries if e.row.kind != "hazard")
    rows = waiting_rows(registry, ("hazard",))
    anywhere = _PLACE_IN_DOUBT - {NO_DATUM} - TURNED  # of these all readings are in the place
    nowhere += sum(row.place is None or row.place.is_empty or not row.known
                   or any(f.code in anywhere for f in row.entry.row.findings) for row in rows)
    return [Record("hazard", f"quarantine-{row.entry.number}", {"position_accuracy_m": row.reach_m},
                   row.place if row.place.is_valid else shapely.make_valid(row.place))
            for row in rows if row.place is not None and not row.place.is_empty], nowhere


def waiting_for_plans(registry: Registry, reader: View) -> Waiting:
    """What waits and bears on who gets where, and when: hazards with the widest reading of their
    ground, as at a release (`waiting_rows`), how many have none, and closures.

    A reader for certain areas gets what lies there; what of a row nobody can place counts for all.
    A closure whose place can be read counts with its days: without a beginning it is closed
    already, without an end open to the end, also where nobody can read what the row says of them.
    """
    rows = registry.quarantine("waiting")
    if not any(e.row.kind in ("hazard", "closure", "source") for e in rows):
        return Waiting()
    named = set()
    if reader.may("quarantine", "rows"):
        named = {e.number for e in visible_quarantine(registry, reader)}
    nowhere = sum(may_hold_hazards(e.row) for e in rows)
    hazards = {f"quarantine-{row.entry.number}": row for row in waiting_rows(registry, ("hazard",))}
    nowhere += sum(row.place is None for row in hazards.values())
    placed = reader.nearby([Record("hazard", name, {}, row.place)
                            for name, row in hazards.items() if row.place is not None])
    found = tuple(WaitingGround(
        r.id, _name(hazards[r.id].entry, named), r.geometry, hazards[r.id].reach_m,
        hazards[r.id].known) for r in placed)
    shut = waiting_rows(registry, ("closure",))
    unread = tuple(_name(row.entry, named) for row in shut if row.place is None)
    shut = [row for row in shut if row.place is not None]
    days = {name: said_of(registry, [row.entry for row in shut], name, date.max)
            for name in ("closed_from", "closed_until")}
    closures = reader.inside([Record(
        "closure", f"quarantine-{row.entry.number}",
        {name: said[n] for name, said in days.items() if said[n] is not None}, row.place)
        for n, row in enumerate(shut)])
    return Waiting(found, nowhere, tuple(closures), unread)


def _name(entry: QuarantineEntry, named: set[int]) -> str:
    """A row for people: as its programme calls it and where it stands, only its number for who may
    not see rows that wait."""
    if entry.number not in named:
        return f"quarantine-{entry.number}"
    row = entry.row
    own = str(row.values.get("identifier") or row.values.get("name") or "")[:200]
    return f"{own or f'quarantine-{entry.number}'} ({row.file}, row {row.row})"


def _reopened(registry: Registry) -> list[Record]:
    return [replace(r, values={"why": "reopened"})
            for r in unsigned(registry, "hazard").unrecorded if r.geometry is not None]


def _area(entry: QuarantineEntry, place: Any) -> WaitingArea:
    row = entry.row
    name = row.values.get("identifier") or row.values.get("name") or ""
    return WaitingArea(entry.number, str(name)[:200], row.file, row.row,
                       tuple(dict.fromkeys(f.code for f in row.findings)), place)
