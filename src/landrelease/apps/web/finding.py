"""The map's search field: records by name or identifier, within what the reader may see."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromQuery

from landrelease.access.policy import View
from landrelease.apps.web.answers import note_reading, read
from landrelease.apps.web.tiers import VIEW
from landrelease.store.registry import Registry

_SAID = ("hazard_type", "recorded_type", "status", "hazardous", "verified", "widened", "contested")


@get("/api/find", opt=VIEW)
async def find(request: Request, q: FromQuery[str] = "") -> dict[str, Any]:
    """Hazards, tasks, settlements and administrative areas whose id, name or identifier holds `q`,
    without regard to capitals and accents: up to 8 of each kind, with their bounds in degrees
    (`null`: no place is on record); `more`: there are others."""

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import finding, is_synthetic

        found, more = finding.find(registry, view, q)
        return {"found": [{"kind": f.kind, "id": f.id, "name": f.name, "bounds": f.bounds,
                           "properties": {n: f.values[n] for n in _SAID
                                          if f.values.get(n) is not None}} for f in found],
                "more": more, **({"synthetic": True} if is_synthetic(registry) else {})}

    answer = await read(request, work)
    note_reading(request, "find", f"{len(answer['found'])} records by name")
    return answer


HANDLERS = [find]
