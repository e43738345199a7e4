"""The records that bind a plan, read from a registry."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from landrelease.core.record import Record
from landrelease.core.recorded import KINDS_NOT_READ, Recorded, Sources
from landrelease.errors import GATE_VALUE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.plan.recorded.money import Exchange
    from landrelease.store.registry import Registry


def sources_of(registry: Registry, reader: View) -> Sources:
    """Records as they stand, of which a reader may know; decisions as signed (S09).

    Raises OPS-001: the registry's setting of local time is none.
    """
    from landrelease.workflows.identities import doubts, standing_records
    from landrelease.workflows.operating import OFFSET
    from landrelease.workflows.waiting_areas import waiting_for_plans

    def records(kind: str) -> tuple[Record, ...]:
        return tuple(reader.inside(registry.records(kind)))

    def standing(kind: str) -> tuple[Record, ...]:
        return tuple(reader.inside(standing_records(registry, kind)))

    offset = None
    if (stated := registry.setting(OFFSET)) is not None:
        try:
            hours = float(stated)
        except ValueError:
            hours = math.nan
        if not -12 <= hours <= 14:
            raise LandReleaseError(GATE_VALUE, name=OFFSET, found=stated,
                                   expected="local time less UTC in hours, -12 to 14")
        offset = timedelta(hours=hours)
    accreditations = standing("accreditation")
    inspections, outcomes = inspected(registry, reader)
    return Sources(
        closures=records("closure"), teams=records("team"), accreditations=accreditations,
        machines=records("machine"), detectors=records("detector"), funds=records("fund"),
        expenses=records("expense"), exchange_rates=records("exchange_rate"),
        projects=records("project"),
        handovers=standing("handover"), tasks=standing("task"), reported=records("task"),
        activities=records("activity"), inspections=inspections, outcomes=outcomes,
        hazards=records("hazard"), roads=records("road"),
        settlements=records("settlement"), areas=records("administrative_area"),
        others={kind: there for kind in KINDS_NOT_READ if (there := len(records(kind)))},
        unsigned=frozenset(doubts(registry, "accreditation")) if accreditations
        else frozenset(), utc_offset=offset,
        waiting=waiting_for_plans(registry, reader))


def inspected(registry: Registry, reader: View
              ) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Inspections as they stand, and the outcomes, where any of them rejected ground: else neither
    bears on a plan."""
    from landrelease.core.inspection import rejections
    from landrelease.workflows.identities import standing_records

    found = tuple(reader.inside(standing_records(registry, "inspection")))
    if not rejections(found):
        return found, ()
    return found, tuple(reader.inside(registry.records("outcome")))


def exchange_of(sources: Sources, currency: str, start: date, max_age_days: float) -> Exchange:
    """Amounts in the currency of the teams by recorded rates (`core.currency`): the rate of the
    amount's day, and the newest one on record for what lies ahead. None where no recorded rate can
    be used."""
    from landrelease.core.currency import RateTable, rates_of

    rates = rates_of(sources.exchange_rates)[0]
    table = RateTable(rates, int(max_age_days))
    newest = max((r.day for r in rates), default=start)

    def changed(amount: float, of: str, day: date) -> float | None:
        found = table.convert(amount, of.strip().upper(), currency, min(day, start, newest))
        return None if found is None else found.value

    return changed


def recorded_words(read: Recorded, most: int = 12) -> list[str]:
    """What a plan read, in lines for people."""
    used = [f"{there} {kind.replace('_', ' ')}{'s' if there != 1 else ''} ({kept} used)"
            for kind, (there, kept) in read.counts.items()
            if there and kind not in ("hazard", "quarantine")]
    facts = read.counts.get("hazard", (0, 0))
    if facts[1]:
        used.append(f"the ground of {facts[1]} of {facts[0]} hazards")
    lines = ["From the records: " + (", ".join(used) or "nothing besides land and people")]
    said: dict[tuple[str, str], list[str]] = {}  # the same words of many records in one line
    for note in read.notes:
        said.setdefault((note.kind, note.words), []).append(note.record)
    for (kind, words), records in list(said.items())[:most]:
        name = records[0] if len(records) == 1 else f"({len(records)}: {records[0]} ...)"
        lines.append(f"  {kind} {name}".rstrip() + f": {words}")
    if len(said) > most:
        lines.append(f"  and {len(said) - most} more (--json)")
    return lines

