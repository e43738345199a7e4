"""How long after the last work on it ground was released, as recorded: what no forecast adds."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.core.links import Links
from landrelease.core.record import Record

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

PARTS = ("cancelled", "reduced", "cleared")


def release_lags(registry: Registry, *, valid_at: date | None = None,
                 known_at: datetime | None = None) -> list[int]:
    """Days from the end of the work to the decision of each recorded release that states its day:
    of the work that it names, else of the last one on its area until then. In order of size."""
    def records(kind: str) -> list[Record]:
        return list(registry.records(kind, valid_at=valid_at, known_at=known_at))

    outcomes = [r for r in records("outcome") if r.values.get("outcome_type") in PARTS
                and isinstance(r.values.get("decided_on"), date)]
    if not outcomes:
        return []
    reports = [r for r in records("activity") if r.values.get("activity_status") != "planned"]
    hazards, links = Links(records("hazard")), Links(reports)
    on: dict[str, list[date]] = {}
    for r in reports:
        if (day := _ended(r)) is None:
            continue
        for hazard in hazards.of(r.values.get("hazard")):
            on.setdefault(hazard.id, []).append(day)
    found = []
    for r in outcomes:
        decided: Any = r.values["decided_on"]
        days = [d for a in links.of(r.values.get("activity")) if (d := _ended(a)) is not None]
        if not days:
            named = r.values.get("hazard") or r.values.get("hazard_identifier")
            days = [d for h in hazards.of(named) for d in on.get(h.id, ())]
        before = [d for d in days if d <= decided]
        if before:
            found.append((decided - max(before)).days)
    return sorted(found)


def release_note(registry: Registry, reader: View) -> str:
    """That a finish is the end of the work, and how much later releases were decided."""
    lags = release_lags(registry)
    if not lags or (reader.precision("outcome") != "exact" and reader.few(len(lags))):
        return ("A finish is the end of the work: nothing is added for inspection and signature, "
                "and no releases on record say how long they take.")
    low, middle, high = (lags[round(q * (len(lags) - 1))] for q in (0.1, 0.5, 0.9))
    return ("A finish is the end of the work: nothing is added for inspection and signature. On "
            f"record releases were decided {middle:,} days after the last work on their ground "
            f"({len(lags):,} releases; {low:,} to {high:,} days in 80 % of them).")


def _ended(report: Record) -> date | None:
    for name in ("ended_on", "started_on"):
        if isinstance(day := report.values.get(name), date):
            return day
    return None
