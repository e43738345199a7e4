"""The records that bind a plan, read from a registry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.record import Record
from landrelease.core.recorded import KINDS_NOT_READ, Note, Recorded, Sources
from landrelease.errors import GATE_VALUE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.currency import Rate
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
    from landrelease.workflows.inspections import inspections_told

    found = tuple(reader.inside(inspections_told(registry)))
    if not rejections(found):
        return found, ()
    return found, tuple(reader.inside(registry.records("outcome")))


def exchange_of(sources: Sources, currency: str, start: date, max_age_days: float) -> Exchange:
    """Amounts in the currency of the teams by recorded rates (`core.currency`): the rate of the
    amount's day, and the newest one on record for what lies ahead. None where no recorded rate can
    be used."""
    from landrelease.core.currency import RateTable, rates_of

    rates = rates_of(sources.exchange_rates)[0]
    against = {r.id for pair in contradicting(rates) for r in pair}
    rates = tuple(r for r in rates if r.id not in against)
    table = RateTable(rates, int(max_age_days))
    newest = max((r.day for r in rates), default=start)

    def changed(amount: float, of: str, day: date) -> float | None:
        found = table.convert(amount, of.strip().upper(), currency, min(day, start, newest))
        return None if found is None else found.value

    return changed


MOST_APART = 0.1  # by which rates of publishers for one day may differ: more is an error of one


def contradicting(rates: Sequence[Rate]) -> list[tuple[Rate, ...]]:
    """Rates of one day and pair, in either direction, that differ by more than `MOST_APART`."""
    of_day: dict[tuple[Any, str, str], list[tuple[float, Rate]]] = {}
    for r in rates:
        turned = r.before > r.after
        key = (r.day, r.after, r.before) if turned else (r.day, r.before, r.after)
        of_day.setdefault(key, []).append((1.0 / r.rate if turned else r.rate, r))
    return [tuple(r for _, r in own) for own in of_day.values()
            if max(v for v, _ in own) > (1.0 + MOST_APART) * min(v for v, _ in own)]


def rate_notes(sources: Sources) -> Recorded:
    """Recorded rates of exchange that a plan does not use, in words."""
    from landrelease.core.currency import rates_of

    rates, unusable = rates_of(sources.exchange_rates)
    notes = [Note("exchange_rate", pair[0].id, " and ".join(
        f"{r.rate:g} {r.after} for 1 {r.before} ({r.id})" for r in pair)
        + f" are recorded of {pair[0].day.isoformat()}: they contradict each other, and none of "
        "them is used") for pair in contradicting(rates)]
    notes += [Note("exchange_rate", name, "it has no day, not two currencies or no rate: not "
                   "used") for name in unusable]
    return Recorded({}, tuple(notes))


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

